// SPDX-License-Identifier: GPL-3.0-or-later
/* The policy that knows the arrivals: it keeps its load target, and nothing that keeps it is
 * cheaper. */
#include "sim/sim_fixture.h"

#include "autoscale_sim/scenario.h"
#include "autoscale_sim/simulation.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* All schedules ------------------------------------------------------------------------------ */

/* Six intervals of 10 s, starts of 20 s, up to 2 replicas, one request at a time on each. */
enum { CELLS = 6, COUNTS = 3, SCHEDULES = 729 };
#define CELL (10 * S)
#define START "'20s'"

/* A schedule, and whether it has what is needed. */
typedef struct Schedule {
    int targets[CELLS], needed[CELLS];
    bool *keeps;
} Schedule;

typedef struct ScheduleState {
    const Schedule *schedule;
} ScheduleState;

static void schedule_init(void *state, const void *config, int initial_target) {
    ((ScheduleState *)state)->schedule = config;
    *((const Schedule *)config)->keeps = initial_target >= ((const Schedule *)config)->needed[0];
}

/* All that changes what serves does so at the beginning of an interval. */
static void schedule_decide(void *state, const asim_observation *observation,
                            asim_decision *decision) {
    const Schedule *schedule = ((ScheduleState *)state)->schedule;
    const size_t cell = (size_t)(observation->time / CELL);
    *decision = (asim_decision){.target = cell < CELLS ? schedule->targets[cell] : 0,
                                .reason = "schedule",
                                .winner = -1,
                                .window_since = SIM_TIME_NEVER,
                                .window_until = SIM_TIME_NEVER};
    if (cell < CELLS && !observation->request_at_zero) {
        const int serving =
            observation->serving < decision->target ? observation->serving : decision->target;
        *schedule->keeps = *schedule->keeps && serving >= schedule->needed[cell];
    }
}

static void schedule_clear(void *state) {
    ((ScheduleState *)state)->schedule = NULL;
}

static const asim_policy schedule_policy = {.name = "schedule",
                                            .state_size = sizeof(ScheduleState),
                                            .init = schedule_init,
                                            .decide = schedule_decide,
                                            .clear = schedule_clear};

/* In each interval as many requests of 5 s, side by side, as make that need: none, 1, or 3. */
static char *scenario_of(const char *needed, int initial) {
    static const char *const sources[] = {
        "", ONE("%d1s", 1, 500) ",",
        ONE("%d1s", 1, 500) "," ONE("%d1s", 1, 500) "," ONE("%d1s", 1, 500) ","};
    char *text = memory_format("{'duration':'60s','deployments':{'d':{" PLAIN
                               ",'client':'none','cold_start':" START
                               ",'initial_replica_count':%d,'policy':'foresight','autoscaling':{"
                               "'max_replica_count':2,'evaluation_interval':'10s','load_targets':{"
                               "'concurrent_requests':1}},'traffic':[",
                               initial);
    for (int cell = 0; needed[cell] != '\0'; cell++) {
        char *source = memory_format(sources[needed[cell] - '0'], cell, cell, cell);
        char *longer = memory_format("%s%s", text, source);
        free(source);
        free(text);
        text = longer;
    }
    char *all = memory_format("%s" ONE("2m", 1, 1) "]}}}", text);
    free(text);
    for (char *c = all; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    return all;
}

static void keep_replica_s(void *self, const asim_run_end *end) {
    *(double *)self = end->costs.replica_s;
}

/* What the scenario pays for, in replica seconds, under a policy (NULL: its own). */
static double pay(const char *needed, int initial, const Schedule *schedule) {
    double replica_s = -1;
    const asim_observer observer = {.self = &replica_s, .run_ended = keep_replica_s};
    const asim_observer *const observers[] = {&observer};
    char *message = NULL, *text = scenario_of(needed, initial);
    asim_scenario *scenario = asim_scenario_read_text(text, NULL, &message);
    cr_assert_not_null(scenario, "%s", message);
    const asim_run_options options = {.observers = observers,
                                      .observer_count = 1,
                                      .policy = schedule != NULL ? &schedule_policy : NULL,
                                      .policy_config = schedule,
                                      .policy_interval = CELL};
    cr_assert_eq(asim_run(scenario, &options, &message), ASIM_RUN_DONE, "%s", message);
    asim_scenario_destroy(scenario);
    free(text);
    return replica_s;
}

/* The least that any schedule pays that has what is needed in every interval. */
static double pay_least(const char *needed) {
    double least = 1e9;
    for (int number = 0; number < SCHEDULES; number++) {
        bool keeps;
        Schedule schedule = {.keeps = &keeps};
        for (int cell = 0, rest = number; cell < CELLS; cell++, rest /= COUNTS) {
            schedule.targets[cell] = rest % COUNTS;
            schedule.needed[cell] = needed[cell] - '0';
        }
        const double paid = pay(needed, schedule.targets[0], &schedule);
        least = keeps && paid < least ? paid : least;
    }
    return least;
}

/* Dips shorter than a start, as long as one, and longer; steps up and down; nothing at all. */
static const char *const needs[] = {"000000", "111111", "101001", "100100", "100010",
                                    "012210", "200002", "020100", "000200", "210120"};

Test(sim_foresight, no_schedule_that_keeps_the_target_is_cheaper, .timeout = 120) {
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        const double least = pay_least(needs[i]);
        const double paid = pay(needs[i], 0, NULL);
        cr_expect_float_eq(paid, least, 1e-6, "%s: pays for %g s, and %g s would do", needs[i],
                           paid, least);
    }
}

/* Any fewer would not have kept it: the load that came is what was foreseen. */
Test(sim_foresight, has_in_every_interval_what_is_needed) {
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        char *text = scenario_of(needs[i], 0);
        RecordedRun *run = recorded_run(text, NULL);
        for (int cell = 1; cell < CELLS; cell++) {
            const asim_observation *seen = sim_observed(run, cell * CELL);
            const int serving = seen->serving, needed = needs[i][cell - 1] - '0';
            cr_expect_geq(serving, needed, "%s before interval %d", needs[i], cell);
            cr_expect_leq(seen->signals[ASIM_SIGNAL_CONCURRENT_REQUESTS], serving);
        }
        cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_503], 0);
        recorded_run_destroy(run);
        free(text);
    }
}

/* What it knows ------------------------------------------------------------------------------ */

/* Starts vary; those of this policy are their mean, from before the first request on. */
Test(sim_foresight, a_request_never_meets_zero) {
    RecordedRun *run = sim_run_one(
        "'duration':'3h'",
        PLAIN ",'client':'none','policy':'foresight','autoscaling':{'max_replica_count':4},"
              "'traffic':[" ONE("0s", 10, 100) "," ONE("1h", 10, 100) "," ONE("2h", 10, 30000) "]");
    cr_expect_eq(run->request_count, 3);
    for (size_t i = 1; i <= run->request_count; i++) {
        cr_expect_eq(sim_request(run, i)->outcome, ASIM_COMPLETED);
    }
    const sim_time serves = sim_entered(run, 0, 2, ASIM_REPLICA_SERVING);
    cr_expect_leq(serves, HOUR);
    cr_expect_gt(serves, HOUR - 10 * S);
    cr_expect_eq(recorded_target_at(run, 0, HOUR + 30 * S, -1), 0);
    cr_expect_eq(recorded_target_at(run, 0, 2 * HOUR + 4 * 60 * S, -1), 1);
    recorded_run_destroy(run);
}

/* 3 a second for 2 minutes, 1 a second per replica: over a window of 20 s it is reached, and left,
 * bit by bit. */
Test(sim_foresight, rates_are_of_what_comes) {
    RecordedRun *run = sim_run_one(
        "'duration':'10m'",
        PLAIN ",'client':'none','cold_start':'30s','policy':'foresight','autoscaling':{"
              "'max_replica_count':9,'rate_window':'20s','load_targets':{'requests_per_second':1}},"
              "'traffic':" EVERY(3, "2m", "4m", 1, 10));
    cr_expect_eq(recorded_target_at(run, 0, 84 * S, 0), 0);
    cr_expect_eq(recorded_target_at(run, 0, 90 * S, 0), 1);
    cr_expect_eq(recorded_target_at(run, 0, 120 * S, 0), 3);
    cr_expect_eq(recorded_target_at(run, 0, 239 * S, 0), 3);
    cr_expect_eq(recorded_target_at(run, 0, 265 * S, 0), 0);
    recorded_run_destroy(run);
}

Test(sim_foresight, keeps_within_its_limits) {
    RecordedRun *run =
        sim_run_one("'duration':'10m'", PLAIN
                    ",'client':'none','cold_start':'30s','policy':'foresight','autoscaling':{"
                    "'min_replica_count':2,'max_replica_count':3,'load_targets':{'default':0.5}},"
                    "'traffic':" EVERY(10, "2m", "4m", 1, 1000));
    cr_expect_eq(recorded_target_at(run, 0, 60 * S, 2), 2);
    cr_expect_eq(recorded_target_at(run, 0, 200 * S, 2), 3);
    cr_expect_eq(recorded_target_at(run, 0, 500 * S, 2), 2);
    recorded_run_destroy(run);
}

/* What is needed from the first instant on has been started before it, as far as there are GPUs. */
Test(sim_foresight, begins_with_what_it_needs) {
    static const char *const pools[] = {"", "'pools':{'H100':{'on_demand_gpus':2}},",
                                        "'pools':{'H100':{'quota_gpus':1}},"};
    static const int begins_with[] = {3, 2, 1};
    for (size_t i = 0; i < 3; i++) {
        RecordedRun *run =
            sim_run("{%s'duration':'5m','deployments':{'d':{" PLAIN
                    ",'client':'none','policy':'foresight','autoscaling':{'max_replica_count':9,"
                    "'load_targets':{'concurrent_requests':1}},'traffic':[" ONE(
                        "0s", 1, 3000) "," ONE("0s", 1, 3000) "," ONE("0s", 1, 3000) "]}}}",
                    pools[i]);
        const asim_decision_taken *first = recorded_scaling(run, 0, 0);
        cr_expect_eq(first->time, 0);
        cr_expect_eq(first->decision->target, 3);
        cr_expect_eq(sim_observed(run, 5 * S)->serving, begins_with[i]);
        cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_200], 3);
        recorded_run_destroy(run);
    }
}

/* What it cannot know ------------------------------------------------------------------------ */

static void check_refused(const char *deployment, const char *expected) {
    char *message = NULL;
    char *text = memory_format("{\"duration\":\"1m\",\"deployments\":{\"d\":{\"model\":"
                               "\"llama-v3p1-8b-instruct\",\"policy\":\"foresight\",%s}}}",
                               deployment);
    asim_scenario *scenario = asim_scenario_read_text(text, NULL, &message);
    cr_expect_null(scenario, "%s", deployment);
    cr_expect(message != NULL && strstr(message, expected) != NULL, "%s", message);
    free(message);
    free(text);
}

Test(sim_foresight, refuses_what_cannot_be_read_ahead) {
    check_refused("\"traffic\":{\"type\":\"closed_loop\",\"users\":2,\"think_time\":\"1s\","
                  "\"prompt_tokens\":1,\"output_tokens\":1}",
                  "deployments.d.traffic.0: found traffic whose users wait for their answers, "
                  "under policy foresight");
    check_refused("\"traffic\":{\"type\":\"trace\",\"file\":\"-\"}",
                  "deployments.d.traffic.0: found a recording that can be read but once");
    check_refused("\"autoscaling\":{\"rate_window\":\"12s\",\"load_targets\":{"
                  "\"requests_per_second\":1}},\"traffic\":{\"type\":\"poisson\",\"rate_per_s\":1,"
                  "\"prompt_tokens\":1,\"output_tokens\":1}",
                  "rate_window: found no whole number of evaluation_interval");
    check_refused("\"autoscaling\":{\"load_signal\":\"busy\"},\"traffic\":{\"type\":\"poisson\","
                  "\"rate_per_s\":1,\"prompt_tokens\":1,\"output_tokens\":1}",
                  "expected one of max, slots, kv");
}
