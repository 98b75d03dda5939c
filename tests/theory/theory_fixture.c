// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs of stations, a light observer, and checks by interval. */
#include "theory/theory_fixture.h"

#include "base/error.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "sim/simulation.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdlib.h>

#ifndef THEORY_SEED /* another one to see that the intervals cover: 1 check in 1000 then fails */
#define THEORY_SEED 1
#endif

static const double confidence = 0.999;
enum { BATCHES = 60, SKIPPED = 50 /* one part in */ };

const TheoryLaw theory_exponential = {"exponential",
                                      "{'distribution':'exponential','mean':1000000}", 2};
const TheoryLaw theory_fixed = {"fixed", "1000000", 1};
const TheoryLaw theory_uniform = {
    "uniform", "{'distribution':'uniform','minimum':1,'maximum':1999999}", 4.0 / 3};
const TheoryLaw theory_lognormal = {"lognormal, cv 1",
                                    "{'distribution':'lognormal','mean':1000000,'cv':1}", 2};
const TheoryLaw theory_gamma_low = {"gamma, cv 0.5",
                                    "{'distribution':'gamma','mean':1000000,'cv':0.5}", 1.25};
const TheoryLaw theory_gamma_high = {"gamma, cv 1.5",
                                     "{'distribution':'gamma','mean':1000000,'cv':1.5}", 3.25};

/* ---- Running ---- */

static double seconds(sim_time time) {
    return sim_time_to_seconds(time);
}

static void keep_request(void *self, const asim_request *request) {
    TheoryRun *run = self;
    const size_t at = request->id - 1; /* requests end in another order than they arrive */
    while (at >= run->request_room) {
        run->requests = memory_grow(run->requests, run->request_room, &run->request_room,
                                    sizeof *run->requests);
    }
    run->requests[at] = (TheoryRequest){.sent = request->first_send,
                                        .admitted = request->admitted,
                                        .first_token = request->first_token,
                                        .ended = request->ended,
                                        .prompt_tokens = request->prompt_tokens,
                                        .output_tokens = request->output_tokens,
                                        .replica = request->replica,
                                        .answer = request->last_answer};
    run->request_count = at >= run->request_count ? at + 1 : run->request_count;
}

static void keep_sample(void *self, const asim_interval *interval) {
    TheoryRun *run = self;
    if (seconds(interval->to) > run->span_s) {
        return;
    }
    const size_t at = run->sample_count++;
    run->held = memory_grow(run->held, at, &run->held_room, sizeof *run->held);
    run->busy = memory_grow(run->busy, at, &run->busy_room, sizeof *run->busy);
    run->zero = memory_grow(run->zero, at, &run->zero_room, sizeof *run->zero);
    const double length_s = seconds(interval->to - interval->from);
    run->held[at] = interval->held;
    run->busy[at] = (interval->costs.busy_gpu_s - run->before.busy_gpu_s) / length_s;
    run->zero[at] = (interval->costs.zero_s - run->before.zero_s) / length_s;
    run->before = interval->costs;
}

static void keep_concurrency(void *self, const asim_decision_taken *taken) {
    TheoryRun *run = self;
    if (seconds(taken->time) > run->span_s || !taken->at_evaluation) {
        return;
    }
    const size_t at = run->evaluation_count++;
    run->concurrency =
        memory_grow(run->concurrency, at, &run->concurrency_room, sizeof *run->concurrency);
    run->concurrency[at] = taken->observation->signals[ASIM_SIGNAL_CONCURRENT_REQUESTS];
}

static void keep_end(void *self, const asim_run_end *end) {
    TheoryRun *run = self;
    run->end = *end;
}

static const char *or_else(const char *text, const char *otherwise) {
    return text ? text : otherwise;
}

static double or_hour(double span_s) {
    return span_s > 0 ? span_s : 3600;
}

static char *scenario_text(const TheoryScenario *theory) {
    const int replicas = theory->replicas > 0 ? theory->replicas : 1;
    char *fixed =
        memory_format("'min_replica_count':%d,'max_replica_count':%d", replicas, replicas);
    const char *prompt = theory->law_is_of_prompts ? theory->law->tokens : "1";
    const char *output = theory->law_is_of_prompts ? "1" : theory->law->tokens;
    char *text = memory_format(
        "{'seed':%d,'duration':'%.9fs','interval':'%.9fs','deployments':{'d':{'model':'m',"
        "'accelerator':'H100','weights_gb':16,'client':%s,"
        "'profile':{%s,'request_overhead':'0s'},"
        "'autoscaling':{%s,'evaluation_interval':'%.9fs','rate_window':'1h'},"
        "'traffic':{%s,'rate_per_s':%.17g,'prompt_tokens':%s,'output_tokens':%s}%s}}}",
        THEORY_SEED, theory->requests / theory->rate_per_s, or_hour(theory->sample_s),
        or_else(theory->client, "'none'"), theory->profile, or_else(theory->autoscaling, fixed),
        or_hour(theory->evaluation_s), or_else(theory->source, "'type':'poisson'"),
        theory->rate_per_s, or_else(theory->prompt_tokens, prompt), output,
        or_else(theory->deployment, ""));
    for (char *c = text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    free(fixed);
    return text;
}

static void must_be_clean(const ErrorList *errors) {
    char *text = error_list_text(errors);
    cr_assert_null(text, "%s", text);
}

TheoryRun *theory_run(const TheoryScenario *theory) {
    TheoryRun *run = memory_new(1, sizeof *run);
    ErrorList errors = {0};
    char *text = scenario_text(theory);
    run->rate_per_s = theory->rate_per_s;
    run->law = theory->law;
    run->law_is_of_prompts = theory->law_is_of_prompts;
    run->scenario = scenario_read_text(text, "theory.json", NULL, NULL, 0, &errors);
    free(text);
    must_be_clean(&errors);
    run->span_s = seconds(run->scenario->duration);
    const asim_observer observer = {.self = run,
                                    .request_ended = keep_request,
                                    .decision_taken = keep_concurrency,
                                    .interval_ended = keep_sample,
                                    .run_ended = keep_end};
    const asim_observer *const observers[] = {&observer};
    const asim_run_options options = {.observers = observers, .observer_count = 1};
    const asim_run_result result = simulation_run(run->scenario, &options, &errors);
    must_be_clean(&errors);
    cr_assert_eq(result, ASIM_RUN_DONE);
    cr_assert_eq(run->request_count, run->end.totals.requests);
    return run;
}

void theory_run_destroy(TheoryRun *run) {
    scenario_destroy(run->scenario);
    free(run->requests);
    free(run->held);
    free(run->busy);
    free(run->zero);
    free(run->concurrency);
    free(run);
}

/* ---- Measures ---- */

double theory_wait(const TheoryRequest *request) {
    return seconds(request->admitted - request->sent);
}

double theory_sojourn(const TheoryRequest *request) {
    return seconds(request->ended - request->sent);
}

double theory_refused(const TheoryRequest *request) {
    return request->answer == ASIM_ANSWER_429 || request->answer == ASIM_ANSWER_503;
}

enum { GAP, SERVICE, SQUARE, CONTROLS };

/* All requests (replica 0), or those that one replica served. */
static Interval mean_where(const TheoryRun *run, TheoryMeasure *measure, uint32_t replica) {
    double *values = memory_new(run->request_count, sizeof *values);
    double *columns[CONTROLS];
    for (int i = 0; i < CONTROLS; i++) {
        columns[i] = memory_new(run->request_count, sizeof *values);
    }
    size_t count = 0;
    for (size_t i = run->request_count / SKIPPED; i < run->request_count; i++) {
        const TheoryRequest *request = &run->requests[i];
        if (replica && request->replica != replica) {
            continue;
        }
        const double service =
            (run->law_is_of_prompts ? request->prompt_tokens : request->output_tokens) / 1e6;
        values[count] = measure(request);
        columns[GAP][count] = seconds(request->sent - request[-1].sent);
        columns[SERVICE][count] = service;
        columns[SQUARE][count++] = service * service;
    }
    const ControlVariate controls[CONTROLS] = {
        {columns[GAP], 1 / run->rate_per_s},
        {columns[SERVICE], 1},
        {columns[SQUARE], run->law->second_moment},
    };
    const size_t used = run->law->second_moment > 1 ? CONTROLS : 1; /* a constant explains nothing
                                                                     */
    const Interval interval =
        interval_with_controls(values, count, controls, used, BATCHES, confidence);
    for (int i = 0; i < CONTROLS; i++) {
        free(columns[i]);
    }
    free(values);
    return interval;
}

Interval theory_mean(const TheoryRun *run, TheoryMeasure *measure) {
    return mean_where(run, measure, 0);
}

Interval theory_mean_of_replica(const TheoryRun *run, TheoryMeasure *measure, uint32_t replica) {
    return mean_where(run, measure, replica);
}

Interval theory_mean_of_samples(const double samples[], size_t count) {
    const size_t skipped = count / SKIPPED;
    return interval_of_batch_means(samples + skipped, count - skipped, BATCHES, confidence);
}

/* ---- Checks ---- */

void theory_check(const char *what, Interval simulated, double formula, double resolution) {
    cr_log_info("%s: formula %.6g, simulated %.6g +- %.2g (%.2f %%), %+.2f half-widths", what,
                formula, simulated.mean, simulated.half_width, 100 * simulated.half_width / formula,
                (simulated.mean - formula) / simulated.half_width);
    cr_expect(interval_holds(simulated, formula), "%s: simulated %.6g +- %.2g, formula %.6g", what,
              simulated.mean, simulated.half_width, formula);
    cr_expect(simulated.half_width <= resolution * formula,
              "%s: an interval of +- %.2g does not tell a difference of %.2g", what,
              simulated.half_width, resolution * formula);
}

void theory_check_little(const TheoryRun *run) {
    double sojourns_s = 0, held_s = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        sojourns_s += theory_sojourn(&run->requests[i]);
    }
    for (size_t i = 0; i < run->evaluation_count; i++) {
        held_s += run->concurrency[i] * run->span_s / (double)run->evaluation_count;
    }
    cr_expect_float_eq(held_s / sojourns_s, 1, 1e-3, "held for %.6g s, sojourns of %.6g s", held_s,
                       sojourns_s);
}

void theory_check_held(const char *what, const TheoryRun *run, const double probabilities[],
                       size_t cells) {
    double *observed = memory_new(cells, sizeof *observed);
    double *expected = memory_new(cells, sizeof *expected);
    const size_t skipped = run->sample_count / SKIPPED;
    for (size_t i = skipped; i < run->sample_count; i++) {
        const size_t held = (size_t)run->held[i];
        observed[held < cells ? held : cells - 1]++;
    }
    for (size_t i = 0; i < cells; i++) {
        expected[i] = probabilities[i] * (double)(run->sample_count - skipped);
    }
    const double p = chi_square_p(observed, expected, cells);
    cr_log_info("%s: %zu samples, chi-square p = %.3g", what, run->sample_count - skipped, p);
    cr_expect_gt(p, 1e-3, "%s: chi-square p = %.3g", what, p);
    free(expected);
    free(observed);
}
