// SPDX-License-Identifier: GPL-3.0-or-later
/* A fit finds again what a log was made of, whatever was done to the log; and foretells recorded
 * runs that it has seen the half of. */
#include "base/memory.h"
#include "engine/options.h"
#include "engine/random.h"
#include "engine/sim_time.h"
#include "experiment/calibration.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define MS INT64_C(1000000)

TestSuite(calibration, .timeout = 300);

static Profile profile_of(double c0, double prefill, double decode, double kv) {
    Profile profile;
    options_set_defaults(profile_options, &profile);
    profile.c0_ms = c0;
    profile.c_prefill_ms = prefill;
    profile.c_decode_ms = decode;
    profile.c_kv_ms = kv;
    return profile;
}

typedef struct Made {
    CalibrationLog log;
    ReplayRequest *requests;
    ReplayOutcome *outcomes;
} Made;

/* Requests at a rate that rises and falls, as the profile serves them, with scatter. */
static Made make(const Profile *truth, size_t count, double rate_per_s, double scatter,
                 uint64_t seed) {
    Made made = {.log = {.format = "made", .count = count, .stretches = 1}};
    RandomStream stream;
    random_stream_init(&stream, seed, 0, "calibration");
    made.requests = memory_new(count, sizeof *made.requests);
    made.outcomes = memory_new(count, sizeof *made.outcomes);
    made.log.requests = memory_new(count, sizeof *made.log.requests);
    double at_s = 0;
    for (size_t i = 0; i < count; i++) {
        const double rate = rate_per_s * (1.2 + sin(2 * 3.14159 * at_s / 20));
        at_s += random_exponential(&stream) / rate;
        made.requests[i] =
            (ReplayRequest){sim_time_from_seconds(at_s), 1 + (uint32_t)random_below(&stream, 1500),
                            2 + (uint32_t)random_below(&stream, 300)};
    }
    replay_run(truth, &(ReplayScript){.requests = made.requests, .count = count}, (ReplayWatch){0},
               made.outcomes);
    for (size_t i = 0; i < count; i++) {
        const ReplayOutcome *outcome = &made.outcomes[i];
        LoggedRequest *logged = &made.log.requests[i];
        const double off = exp(scatter * random_normal(&stream));
        const double ttft = sim_time_to_seconds(outcome->first_token - outcome->sent) * off;
        const double e2e = sim_time_to_seconds(outcome->finish - outcome->sent) * off;
        *logged = (LoggedRequest){.request = made.requests[i], .seconds = {ttft, 0, e2e}};
        logged->seconds[LOGGED_TPOT] = (e2e - ttft) / (made.requests[i].output_tokens - 1.0);
    }
    return made;
}

static void clear(Made *made) {
    free(made->log.requests);
    free(made->requests);
    free(made->outcomes);
}

static void expect_near(double found, double truth, double share, const char *what) {
    cr_expect(fabs(found / truth - 1) <= share, "%s: %g, made of %g", what, found, truth);
}

static CalibrationResult run(const CalibrationLog *log, const Profile *start) {
    CalibrationResult result;
    const CalibrationSettings settings = {.start = *start};
    cr_assert(calibrate(log, &settings, &result));
    return result;
}

static void expect_foretold(const CalibrationResult *result, double share) {
    for (int split = 0; split < CALIBRATION_SPLITS; split++) {
        for (int metric = 0; metric < LOGGED_METRICS; metric++) {
            const CalibrationCheck *check = &result->checks[split][PART_HELD_OUT][metric];
            cr_assert_gt(check->told.count, 0);
            expect_near(check->fitted.mean, check->told.mean, share, logged_metric_names[metric]);
            expect_near(check->fitted.p50, check->told.p50, share, logged_metric_names[metric]);
        }
    }
}

/* From a start that is far off, through scatter. */
Test(calibration, finds_what_a_log_was_made_of) {
    const Profile start = profile_of(6.67, 0.0222, 0.0235, 5.33e-5);
    for (uint64_t seed = 1; seed <= 2; seed++) {
        Profile truth = profile_of(14, 0.06, 0.15, 8e-5);
        truth.request_overhead = 12 * MS;
        truth.kv_capacity_tokens = 300000;
        Made made = make(&truth, 160, 6, 0.01, seed);
        CalibrationResult result = run(&made.log, &start);
        expect_near(result.fitted.c0_ms, truth.c0_ms, 0.1, "c0_ms");
        expect_near(result.fitted.c_prefill_ms, truth.c_prefill_ms, 0.05, "c_prefill_ms");
        expect_near((double)result.fitted.request_overhead, 12 * MS, 0.3, "request_overhead");
        expect_foretold(&result, 0.05);
        cr_expect_not(result.goes_on);
        clear(&made);
    }
}

/* The same, with every tenth request ten times too slow. */
Test(calibration, outliers_count_little) {
    const Profile start = profile_of(6.67, 0.0222, 0.0235, 5.33e-5);
    Profile truth = profile_of(14, 0.06, 0.15, 8e-5);
    truth.kv_capacity_tokens = 300000;
    Made made = make(&truth, 160, 6, 0.01, 3);
    for (size_t i = 5; i < made.log.count; i += 10) {
        for (int metric = 0; metric < LOGGED_METRICS; metric++) {
            made.log.requests[i].seconds[metric] *= 10;
        }
    }
    CalibrationResult result = run(&made.log, &start);
    expect_near(result.fitted.c0_ms, truth.c0_ms, 0.2, "c0_ms");
    expect_near(result.fitted.c_prefill_ms, truth.c_prefill_ms, 0.25, "c_prefill_ms");
    clear(&made);
}

/* Slots and KV memory that made requests wait are seen, and which of the two it was. */
Test(calibration, limits_that_a_log_shows) {
    const Profile start = profile_of(6.67, 0.0222, 0.0235, 5.33e-5);
    Profile truth = profile_of(14, 0.06, 0.15, 8e-5);
    truth.kv_capacity_tokens = 300000;
    truth.batch_slots = 24;
    Made made = make(&truth, 160, 12, 0.01, 4);
    CalibrationResult result = run(&made.log, &start);
    cr_expect(llabs(result.fitted.batch_slots - 24) <= 1);
    cr_expect_eq(result.origins[LIMIT_SLOTS], LIMIT_LOGGED);
    clear(&made);
    truth.batch_slots = 256;
    truth.kv_capacity_tokens = 20000;
    made = make(&truth, 160, 12, 0.01, 5);
    result = run(&made.log, &start);
    cr_expect_eq(result.origins[LIMIT_KV], LIMIT_LOGGED);
    expect_near((double)result.fitted.kv_capacity_tokens, 20000, 0.05, "kv_capacity_tokens");
    cr_expect_eq(result.origins[LIMIT_SLOTS], LIMIT_DEFAULT);
    clear(&made);
}

/* The first half of a log that is cut there ran beside requests that it does not have. */
Test(calibration, a_log_that_was_cut_is_seen_to_be) {
    const Profile start = profile_of(6.67, 0.0222, 0.0235, 5.33e-5);
    Profile truth = profile_of(14, 0.06, 0.15, 8e-5);
    truth.kv_capacity_tokens = 300000;
    truth.batch_slots = 32;
    Made made = make(&truth, 240, 12, 0.01, 6);
    made.log.count = 120;
    const CalibrationResult result = run(&made.log, &start);
    cr_expect(result.goes_on);
    expect_near(result.fitted.c0_ms, truth.c0_ms, 0.15, "c0_ms");
    expect_near(result.fitted.c_prefill_ms, truth.c_prefill_ms, 0.2, "c_prefill_ms");
    clear(&made);
}

Test(calibration, what_is_known_stays) {
    CalibrationResult result;
    Profile truth = profile_of(14, 0.06, 0.15, 8e-5);
    truth.kv_capacity_tokens = 300000;
    Made made = make(&truth, 60, 6, 0, 7);
    CalibrationSettings settings = {.start = profile_of(9, 0.05, 0.1, 5e-5)};
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        settings.is_fixed[i] = true;
    }
    settings.start.batch_slots = 77;
    settings.is_given[LIMIT_SLOTS] = true;
    cr_assert(calibrate(&made.log, &settings, &result));
    cr_expect_float_eq(result.fitted.c0_ms, 9, 0);
    cr_expect_float_eq(result.fitted.c_kv_ms, 5e-5, 0);
    cr_expect_eq(result.fitted.request_overhead, settings.start.request_overhead);
    cr_expect_eq(result.fitted.batch_slots, 77);
    cr_expect_eq(result.origins[LIMIT_SLOTS], LIMIT_GIVEN);
    clear(&made);
}

/* One request at a time tells nothing of what others add. */
Test(calibration, a_log_tells_what_it_cannot_tell) {
    Profile truth = profile_of(14, 0.06, 0.15, 8e-5);
    truth.kv_capacity_tokens = 300000;
    Made made = make(&truth, 60, 0.05, 0.01, 8);
    const Profile start = profile_of(6.67, 0.0222, 0.0235, 5.33e-5);
    const CalibrationResult result = run(&made.log, &start);
    cr_expect(calibrated_is_vague(&result.coefficients[3]), "c_decode");
    cr_expect_not(calibrated_is_vague(&result.coefficients[0]), "c0");
    cr_expect_leq(result.range.decoding_most, 3);
    clear(&made);
}

/* Two real runs, one of which waits for slots, the other for memory; recorded traffic stays where
 * it is. */
Test(calibration, foretells_the_other_half_of_recorded_runs) {
    static const char *const runs[] = {
        "../shared/traces/vllm_runs/RTXPRO6000_Llama-3.1-8B.requests.jsonl",
        "../shared/traces/vllm_runs/RTX4090_Llama-3.1-8B.requests.jsonl"};
    const Profile start = profile_of(6.67, 0.0222, 0.0235, 5.33e-5);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        CalibrationLog log;
        ErrorList errors = {0};
        if (access(runs[i], R_OK) != 0) {
            cr_skip_test("%s is not there", runs[i]);
        }
        cr_assert(calibration_log_read(&log, runs[i], 1, NULL, &errors));
        const CalibrationResult result = run(&log, &start);
        expect_foretold(&result, 0.04);
        calibration_log_clear(&log);
    }
}
