// SPDX-License-Identifier: GPL-3.0-or-later
/* Observers that keep everything. */
#include "support/recorded_run.h"

#include "base/memory.h"
#include "scenario/overrides.h"
#include "sim/simulation.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void keep_request(void *self, const asim_request *request) {
    RecordedRun *run = self;
    run->requests =
        memory_grow(run->requests, run->request_count, &run->request_room, sizeof *request);
    run->requests[run->request_count++] = *request;
}

static void keep_refusal(void *self, const asim_refusal *refusal) {
    RecordedRun *run = self;
    run->refusals =
        memory_grow(run->refusals, run->refusal_count, &run->refusal_room, sizeof *refusal);
    run->refusals[run->refusal_count++] = *refusal;
}

static void keep_change(void *self, const asim_replica_change *change) {
    RecordedRun *run = self;
    run->changes = memory_grow(run->changes, run->change_count, &run->change_room, sizeof *change);
    run->changes[run->change_count++] = *change;
}

static void keep_decision(void *self, const asim_decision_taken *taken) {
    RecordedRun *run = self;
    const size_t at = run->decision_count;
    run->decisions = memory_grow(run->decisions, at, &run->decision_room, sizeof *taken);
    run->decided = memory_grow(run->decided, at, &run->decided_room, sizeof *run->decided);
    run->observed = memory_grow(run->observed, at, &run->observed_room, sizeof *run->observed);
    run->decisions[at] = *taken;
    run->decided[at] = *taken->decision;
    run->observed[at] = taken->observation ? *taken->observation : (asim_observation){0};
    run->decision_count++;
}

static void keep_interval(void *self, const asim_interval *interval) {
    RecordedRun *run = self;
    run->intervals =
        memory_grow(run->intervals, run->interval_count, &run->interval_room, sizeof *interval);
    run->intervals[run->interval_count++] = *interval;
}

static void keep_end(void *self, const asim_run_end *end) {
    RecordedRun *run = self;
    run->ends = memory_grow(run->ends, run->end_count, &run->end_room, sizeof *end);
    run->ends[run->end_count++] = *end;
}

static int by_id(const void *a, const void *b) {
    const asim_request *x = a;
    const asim_request *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static void must_be_clean(const ErrorList *errors, const char *what) {
    char *text = error_list_text(errors);
    cr_assert_null(text, "%s: %s", what, text);
}

static size_t parse_overrides(const char *const texts[], ScenarioOverride overrides[16]) {
    size_t count = 0;
    while (texts && texts[count]) {
        const char *equals = strchr(texts[count], '=');
        overrides[count] = (ScenarioOverride){
            .path = memory_text_n(texts[count], (size_t)(equals - texts[count])),
            .value = equals + 1,
            .form = OVERRIDE_SET,
            .flag = "--set",
        };
        count++;
    }
    return count;
}

RecordedRun *recorded_run(const char *json, const char *const texts[]) {
    RecordedRun *run = memory_new(1, sizeof *run);
    ErrorList errors = {0};
    ScenarioOverride overrides[16];
    const size_t count = parse_overrides(texts, overrides);
    run->scenario = scenario_read_text(json, "test.json", NULL, overrides, count, &errors);
    for (size_t i = 0; i < count; i++) {
        free((char *)overrides[i].path);
    }
    must_be_clean(&errors, "scenario");
    const asim_observer observer = {.self = run,
                                    .request_ended = keep_request,
                                    .send_refused = keep_refusal,
                                    .replica_changed = keep_change,
                                    .decision_taken = keep_decision,
                                    .interval_ended = keep_interval,
                                    .run_ended = keep_end};
    const asim_observer *const observers[] = {&observer};
    const asim_run_options options = {.observers = observers, .observer_count = 1};
    const asim_run_result result = simulation_run(run->scenario, &options, &errors);
    must_be_clean(&errors, "run");
    cr_assert_eq(result, ASIM_RUN_DONE);
    if (run->request_count > 1) {
        qsort(run->requests, run->request_count, sizeof *run->requests, by_id);
    }
    for (size_t i = 0; i < run->decision_count; i++) {
        run->decisions[i].decision = &run->decided[i];
        run->decisions[i].observation = &run->observed[i];
    }
    return run;
}

void recorded_run_destroy(RecordedRun *run) {
    scenario_destroy(run->scenario);
    free(run->requests);
    free(run->changes);
    free(run->refusals);
    free(run->decisions);
    free(run->decided);
    free(run->observed);
    free(run->intervals);
    free(run->ends);
    free(run);
}

sim_time recorded_time_of(const RecordedRun *run, uint32_t replica, asim_replica_state state) {
    for (size_t i = 0; i < run->change_count; i++) {
        const asim_replica_change *change = &run->changes[i];
        if (change->deployment == 0 && change->replica == replica && change->to == state) {
            return change->time;
        }
    }
    return SIM_TIME_NEVER;
}

static bool is_scaling(const asim_decision_taken *taken, uint32_t deployment) {
    return taken->deployment == deployment && taken->decision->target != taken->from;
}

int recorded_target_at(const RecordedRun *run, uint32_t deployment, sim_time time, int initial) {
    int target = initial;
    for (size_t i = 0; i < run->decision_count && run->decisions[i].time <= time; i++) {
        if (is_scaling(&run->decisions[i], deployment)) {
            target = run->decisions[i].decision->target;
        }
    }
    return target;
}

size_t recorded_scalings(const RecordedRun *run, uint32_t deployment) {
    size_t count = 0;
    for (size_t i = 0; i < run->decision_count; i++) {
        count += is_scaling(&run->decisions[i], deployment);
    }
    return count;
}

const asim_decision_taken *recorded_scaling(const RecordedRun *run, uint32_t deployment, size_t n) {
    for (size_t i = 0; i < run->decision_count; i++) {
        if (is_scaling(&run->decisions[i], deployment) && n-- == 0) {
            return &run->decisions[i];
        }
    }
    return NULL;
}
