// SPDX-License-Identifier: GPL-3.0-or-later
/* Recordings made by the simulator with hidden readings: what is assumed is read from them, and
 * what cannot be is said to be open. */
#include "experiment/identification.h"

#include "experiment/recording.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "support/recorded_run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS                                                                                     \
    "\"prompt_tokens\": {\"distribution\": \"lognormal\", \"mean\": 1000, \"cv\": 1.2, "           \
    "\"maximum\": 16000}, \"output_tokens\": {\"distribution\": \"lognormal\", \"mean\": 220, "    \
    "\"cv\": 0.8, \"maximum\": 4000}"

/* Bursts over a course of hours, so that the target moves all the time. */
static const char scenario[] =
    "{\"duration\": \"3h\", \"interval\": \"15s\", \"deployments\": {\"chat\": {"
    "\"model\": \"llama-v3p1-70b-instruct\", \"accelerator\": \"H100\", \"accelerator_count\": 4, "
    "\"precision\": \"fp8\", \"client\": \"python\", \"autoscaling\": {\"min_replica_count\": 1, "
    "\"max_replica_count\": 10, \"scale_up_window\": \"30s\", \"scale_down_window\": \"4m\", "
    "\"load_targets\": {\"concurrent_requests\": 5}}, \"traffic\": [{\"type\": \"diurnal\", "
    "\"hourly_rates\": [3, 6, 4, 3, 5, 7, 4, 2, 3, 6, 4, 3, 5, 7, 4, 2, 3, 6, 4, 3, 5, 7, 4, "
    "2], " TOKENS
    "}, {\"type\": \"onoff\", \"on\": {\"distribution\": \"exponential\", \"mean\": \"2m\"}, "
    "\"off\": {\"distribution\": \"exponential\", \"mean\": \"10m\"}, \"on_rate_per_s\": "
    "10, " TOKENS "}]}}}";

typedef struct Hidden {
    const char *rule, *interval, *target, *window;
} Hidden;

/* What a user can export of the run: each interval's end, and what happened within. */
static void record(const RecordedRun *run, Recording *recording) {
    uint64_t requests = 0;
    *recording = (Recording){.has_dates = false};
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        recording->series[kind].shape =
            kind == RECORDING_REQUESTS ? RECORDING_MEAN : RECORDING_INSTANT;
    }
    for (size_t i = 0; i < run->interval_count; i++) {
        const asim_interval *interval = &run->intervals[i];
        const sim_time at = interval->to - 1;
        const double seconds = (double)(interval->to - interval->from) / (double)SIM_TIME_SECOND;
        recording_add(recording, RECORDING_TARGET, at, interval->target);
        recording_add(recording, RECORDING_CONCURRENT, at, interval->held);
        recording_add(recording, RECORDING_REQUESTS, at,
                      (double)(interval->totals.requests - requests) / seconds);
        requests = interval->totals.requests;
    }
    recording_finish(recording);
}

static RecordedRun *hidden_run(const Hidden *hidden, int seed, const char *duration) {
    char texts[6][100];
    const char *changes[7] = {NULL};
    snprintf(texts[0], 100, "deployments.chat.autoscaling.window_rule=%s", hidden->rule);
    snprintf(texts[1], 100, "deployments.chat.autoscaling.evaluation_interval=%s",
             hidden->interval);
    snprintf(texts[2], 100, "deployments.chat.autoscaling.load_targets=%s", hidden->target);
    snprintf(texts[3], 100, "deployments.chat.autoscaling.rate_window=%s", hidden->window);
    snprintf(texts[4], 100, "seed=%d", seed);
    snprintf(texts[5], 100, "duration=%s", duration);
    for (size_t i = 0; i < 6; i++) {
        changes[i] = texts[i];
    }
    return recorded_run(scenario, changes);
}

/* What is known: all but what is assumed. */
static FireworksConfig known_of(const RecordedRun *run) {
    FireworksConfig config = *(const FireworksConfig *)run->scenario->deployments[0].autoscaling;
    config.window_rule = FIREWORKS_STABILIZE;
    config.evaluation_interval = 5 * SIM_TIME_SECOND;
    config.rate_window = SIM_TIME_MINUTE;
    return config;
}

static bool is_truth(const Identification *identification, const Reading *reading,
                     const Hidden *hidden) {
    const char *const values[] = {hidden->rule, hidden->interval, hidden->window};
    bool same = !reading->default_always;
    for (IdentificationOption option = 0; option <= IDENTIFICATION_RATE_WINDOW; option++) {
        char *value = identification_value(reading, option);
        same = same && (!identification->used[option] || strcmp(value, values[option]) == 0);
        free(value);
    }
    return same;
}

static size_t count_fits(const Identification *identification, const Hidden *hidden,
                         bool *holds_truth) {
    size_t fits = 0;
    *holds_truth = false;
    for (size_t i = 0; i < identification->result_count; i++) {
        const ReadingResult *result = &identification->results[i];
        if (result->verdict == READING_FITS) {
            fits++;
            *holds_truth = *holds_truth || is_truth(identification, &result->reading, hidden);
        }
    }
    return fits;
}

static const char *const rules[] = {"stabilize", "sustain", "delay"};
static const char *const intervals[] = {"5s", "15s", "1s", "30s", "10s"};

/* At least ten changes: the true reading, or a set that holds it, in 19 of 20; and the sets are
 * small. */
Test(identification, hidden_readings_are_found) {
    size_t right = 0, one_rule = 0;
    double shares = 0;
    for (int i = 0; i < 20; i++) {
        const Hidden hidden = {rules[i % 3], intervals[i % 5],
                               i % 2 == 0 ? "concurrent_requests=5" : "requests_per_second=3",
                               i % 4 == 1 ? "30s" : "1m"};
        RecordedRun *run = hidden_run(&hidden, i, "3h");
        Recording recording;
        ErrorList errors = {0};
        bool holds;
        record(run, &recording);
        Identification identification = {
            .recording = &recording, .known = known_of(run), .jobs = 1};
        cr_assert(identification_run(&identification, &errors));
        cr_assert_geq(identification.scored, 10);
        const size_t fits = count_fits(&identification, &hidden, &holds);
        right += holds;
        shares += (double)fits / (double)identification.result_count / 20;
        one_rule += !identification_is_open(&identification, IDENTIFICATION_WINDOW_RULE);
        identification_clear(&identification);
        recording_clear(&recording);
        recorded_run_destroy(run);
    }
    cr_expect_geq(right, 19, "%zu of 20", right);
    cr_expect_lt(shares, 0.4, "the sets hold %.2f of all readings", shares);
    cr_expect_geq(one_rule, 7, "one rule alone in %zu of 20", one_rule);
}

/* Two changes tell nothing, and an experiment is named that would. */
Test(identification, few_changes_rule_nothing_out) {
    const Hidden hidden = {"sustain", "15s", "concurrent_requests=5", "1m"};
    RecordedRun *run = hidden_run(&hidden, 1, "10m");
    Recording recording;
    ErrorList errors = {0};
    IdentificationAdvice advice;
    bool holds;
    record(run, &recording);
    Identification identification = {.recording = &recording, .known = known_of(run), .jobs = 1};
    cr_assert(identification_run(&identification, &errors));
    cr_assert_lt(identification.scored, IDENTIFICATION_CHANGES_LEAST);
    cr_expect_not(identification.decided);
    cr_expect_eq(count_fits(&identification, &hidden, &holds), 21);
    cr_expect(holds);
    cr_expect(identification_is_open(&identification, IDENTIFICATION_WINDOW_RULE));
    identification_advise(&identification, &advice);
    cr_expect_not_null(advice.experiment);
    cr_expect_geq(advice.groups, 3);
    cr_expect_eq(advice.outcomes.count, advice.groups);
    identification_advice_clear(&advice);
    identification_clear(&identification);
    recording_clear(&recording);
    recorded_run_destroy(run);
}

/* A load of one key, told to the second, and the target that a policy made of it. */
static void play_recording(const FireworksConfig *config, const int load[], int seconds,
                           Recording *recording) {
    void *state = calloc(1, fireworks_policy.state_size);
    int target = 1;
    *recording = (Recording){.has_dates = false};
    recording->series[RECORDING_CONCURRENT].shape = RECORDING_MEAN;
    recording->series[RECORDING_TARGET].shape = RECORDING_INSTANT;
    fireworks_policy.init(state, config, target);
    for (int second = 1; second <= seconds; second++) {
        const sim_time now = second * SIM_TIME_SECOND;
        asim_decision decision;
        asim_observation observation = {
            .time = now, .target = target, .serving = target, .idle_since = SIM_TIME_NEVER};
        observation.signals[ASIM_SIGNAL_CONCURRENT_REQUESTS] = load[second - 1];
        if (now % config->evaluation_interval == 0) {
            fireworks_policy.decide(state, &observation, &decision);
            target = decision.target;
        }
        recording_add(recording, RECORDING_CONCURRENT, now, load[second - 1]);
        recording_add(recording, RECORDING_TARGET, now, target);
    }
    recording_finish(recording);
    fireworks_policy.clear(state);
    free(state);
}

/* Bursts that dip: each rule does something else, so the others are ruled out, by an instant of a
 * burst. */
Test(identification, the_instant_that_rules_a_reading_out) {
    enum { SECONDS = 7200 };
    static int load[SECONDS];
    FireworksConfig config;
    options_set_defaults(fireworks_options, &config);
    config.min_replica_count = 1;
    config.max_replica_count = 10;
    config.scale_down_window = 2 * SIM_TIME_MINUTE;
    config.load_targets.concurrent_requests = 2;
    config.window_rule = FIREWORKS_DELAY;
    for (int i = 0; i < SECONDS; i++) {
        const int within = i % 600;
        load[i] = (within >= 100 && within < 115) || (within >= 125 && within < 140) ? 5 : 1;
    }
    Recording recording;
    ErrorList errors = {0};
    play_recording(&config, load, SECONDS, &recording);
    Identification identification = {.recording = &recording, .known = config, .jobs = 2};
    cr_assert(identification_run(&identification, &errors));
    cr_expect_eq(identification.scored, 24);
    cr_expect_eq(identification.results[0].reading.window_rule, FIREWORKS_DELAY);
    for (size_t i = 0; i < identification.result_count; i++) {
        const ReadingResult *result = &identification.results[i];
        if (result->verdict == READING_UNRECORDED) {
            cr_expect_eq(result->reading.default_always, true);
        } else if (result->reading.window_rule != FIREWORKS_DELAY) {
            cr_expect_eq(result->verdict, READING_RULED_OUT);
            cr_expect_gt(result->ruling_loss, 0);
            const sim_time at = result->ruling_is_still ? result->still[result->ruling].time
                                                        : identification.changes[result->ruling].by;
            cr_expect_gt(at, 0);
            cr_expect_leq(at, SECONDS * SIM_TIME_SECOND);
        }
    }
    cr_expect(identification_is_open(&identification, IDENTIFICATION_DEFAULT_ALWAYS));
    cr_expect_not(identification_is_open(&identification, IDENTIFICATION_WINDOW_RULE));
    identification_clear(&identification);
    recording_clear(&recording);
}

/* Only the replicas that serve are known, a minute and a half after they were asked for. */
Test(identification, a_boot_is_found_where_no_target_is_recorded) {
    enum { SECONDS = 14400 };
    static int load[SECONDS];
    FireworksConfig config;
    options_set_defaults(fireworks_options, &config);
    config.min_replica_count = 1;
    config.max_replica_count = 10;
    config.scale_down_window = 2 * SIM_TIME_MINUTE;
    config.load_targets.concurrent_requests = 2;
    for (int i = 0; i < SECONDS; i++) {
        load[i] = i % 900 >= 100 && i % 900 < 400 ? 5 : 1;
    }
    Recording recording, serving = {.has_dates = false};
    ErrorList errors = {0};
    play_recording(&config, load, SECONDS, &recording);
    const RecordingSeries *target = &recording.series[RECORDING_TARGET];
    for (size_t i = 0; i < target->count; i++) {
        const double now = target->points[i].value;
        const double before = recording_at(target, target->points[i].time - 90 * SIM_TIME_SECOND);
        recording_add(&serving, RECORDING_SERVING, target->points[i].time,
                      now > before ? before : now);
        recording_add(&serving, RECORDING_CONCURRENT, target->points[i].time, load[i]);
    }
    serving.series[RECORDING_CONCURRENT].shape = RECORDING_MEAN;
    recording_finish(&serving);
    Identification identification = {.recording = &serving, .known = config, .jobs = 2};
    cr_assert(identification_run(&identification, &errors));
    cr_expect_eq(identification.boot, 90 * SIM_TIME_SECOND);
    identification_clear(&identification);
    recording_clear(&serving);
    recording_clear(&recording);
}
