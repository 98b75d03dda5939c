// SPDX-License-Identifier: GPL-3.0-or-later
/* What an explanation gathers adds up to what the run's books say, whole or in parts. */
#include "output/explain.h"
#include "scenario/scenario.h"
#include "sim/simulation.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const files[] = {
    "tests/golden/drain.json",        "tests/golden/quota.json",   "tests/golden/refusals.json",
    "tests/golden/stock_out.json",    "tests/golden/windows.json", "tests/golden/reservation.json",
    "scenarios/scale-from-zero.json", "tests/golden/vanish.json",
};
enum { FILES = sizeof files / sizeof files[0] };

typedef struct Gathered {
    Scenario *scenario;
    ExplainLog log;
} Gathered;

static Gathered gather(const char *file, sim_time from, sim_time to) {
    Gathered gathered;
    ErrorList errors = {0};
    gathered.scenario = scenario_read_file(file, NULL, 0, &errors);
    cr_assert_not_null(gathered.scenario, "%s", file);
    explain_log_init(&gathered.log, gathered.scenario, from, to);
    const asim_observer observer = explain_log_observer(&gathered.log);
    const asim_observer *const observers[] = {&observer};
    const asim_run_options options = {.observers = observers, .observer_count = 1};
    cr_assert_eq(simulation_run(gathered.scenario, &options, &errors), ASIM_RUN_DONE, "%s", file);
    return gathered;
}

static void gathered_clear(Gathered *gathered) {
    explain_log_clear(&gathered->log);
    scenario_destroy(gathered->scenario);
}

/* Adds up the stretches of a deployment, from entry log->first on. */
static void add_stretches(const ExplainLog *log, uint32_t deployment, asim_counters *sum) {
    for (size_t i = log->first; i < log->entry_count; i++) {
        const ExplainEntry *entry = log->entries[i];
        for (size_t s = 0; entry->deployment == deployment && s < entry->stretch_count; s++) {
            for (size_t k = 0; k < ASIM_OUTCOME_COUNT; k++) {
                sum->outcomes[k] += entry->stretches[s].outcomes[k];
            }
            for (size_t k = 0; k < ASIM_ANSWER_COUNT; k++) {
                sum->answers[k] += entry->stretches[s].refused[k];
            }
        }
    }
}

static void expect_same(const char *file, const asim_counters *sum, const asim_counters *totals) {
    for (size_t k = 0; k < ASIM_OUTCOME_COUNT; k++) {
        cr_expect_eq(sum->outcomes[k], totals->outcomes[k], "%s: outcome %zu", file, k);
    }
    for (size_t k = ASIM_ANSWER_400; k < ASIM_ANSWER_NONE; k++) {
        cr_expect_eq(sum->answers[k], totals->answers[k], "%s: answer %zu", file, k);
    }
}

Test(explain_log, stretches_add_up_to_the_run) {
    for (size_t f = 0; f < FILES; f++) {
        Gathered gathered = gather(files[f], 0, SIM_TIME_NEVER);
        for (uint32_t d = 0; d < gathered.scenario->deployment_count; d++) {
            asim_counters sum = {0};
            add_stretches(&gathered.log, d, &sum);
            expect_same(files[f], &sum, &gathered.log.deployments[d].end.totals);
        }
        gathered_clear(&gathered);
    }
}

/* A run cut in three anywhere: nothing is told twice, nothing is left out. */
Test(explain_log, parts_add_up_to_the_run) {
    static const sim_time cuts[][2] = {
        {61 * SIM_TIME_SECOND, 333 * SIM_TIME_SECOND},
        {5 * SIM_TIME_MINUTE, 5 * SIM_TIME_MINUTE + 1},
        {160 * SIM_TIME_SECOND + 123456789, 3 * SIM_TIME_HOUR},
    };
    for (size_t c = 0; c < sizeof cuts / sizeof cuts[0]; c++) {
        const sim_time bounds[] = {0, cuts[c][0], cuts[c][1], SIM_TIME_NEVER};
        for (size_t f = 0; f < FILES; f++) {
            asim_counters sums[4] = {{0}}, totals[4] = {{0}};
            size_t deployments = 0;
            for (size_t part = 0; part < 3; part++) {
                const sim_time to = part < 2 ? bounds[part + 1] - 1 : SIM_TIME_NEVER;
                Gathered gathered = gather(files[f], bounds[part], to);
                deployments = gathered.scenario->deployment_count;
                cr_assert_leq(deployments, 4);
                for (uint32_t d = 0; d < deployments; d++) {
                    /* A part that begins after the run has ended has nothing to tell. */
                    if (gathered.log.resumed) {
                        add_stretches(&gathered.log, d, &sums[d]);
                    }
                    totals[d] = gathered.log.deployments[d].end.totals;
                }
                gathered_clear(&gathered);
            }
            for (size_t d = 0; d < deployments; d++) {
                expect_same(files[f], &sums[d], &totals[d]);
            }
        }
    }
}

Test(explain_log, entries_and_replicas_are_those_of_the_run) {
    for (size_t f = 0; f < FILES; f++) {
        Gathered gathered = gather(files[f], 0, SIM_TIME_NEVER);
        for (uint32_t d = 0; d < gathered.scenario->deployment_count; d++) {
            const ExplainDeployment *deployment = &gathered.log.deployments[d];
            const asim_counters *totals = &deployment->end.totals;
            uint64_t changes = 0, starts = 0, cancelled = 0, ends = 0, told = 0, stopped = 0;
            sim_time before = 0;
            for (size_t i = 0; i < gathered.log.entry_count; i++) {
                const ExplainEntry *entry = gathered.log.entries[i];
                changes += entry->deployment == d && entry->kind == EXPLAIN_DECISION;
                cr_expect_geq(entry->time, before, "%s: entries are in order of time", files[f]);
                before = entry->time;
                told += entry->deployment == d ? entry->started_count : 0;
                stopped += entry->deployment == d ? entry->stopped_count : 0;
            }
            for (size_t i = 0; i < deployment->replica_count; i++) {
                const ExplainReplica *replica = &deployment->replicas[i];
                starts += !replica->is_warm;
                ends += replica->ended != NULL ||
                        replica->entered[ASIM_REPLICA_DRAINING] != SIM_TIME_NEVER;
                cancelled +=
                    replica->ended && replica->entered[ASIM_REPLICA_SERVING] == SIM_TIME_NEVER;
            }
            cr_expect_eq(told, deployment->replica_count, "%s: each start is someone's", files[f]);
            cr_expect_eq(stopped, ends, "%s: each end is someone's", files[f]);
            cr_expect_eq(changes, totals->scale_ups + totals->scale_downs, "%s", files[f]);
            cr_expect_eq(starts, totals->cold_starts, "%s", files[f]);
            cr_expect_eq(cancelled, totals->cancelled_starts, "%s", files[f]);
        }
        gathered_clear(&gathered);
    }
}

/* Consecutive stretches of a deployment leave no time between them. */
Test(explain_log, stretches_have_no_gaps) {
    for (size_t f = 0; f < FILES; f++) {
        Gathered gathered = gather(files[f], 0, SIM_TIME_NEVER);
        for (uint32_t d = 0; d < gathered.scenario->deployment_count; d++) {
            sim_time until = 0;
            for (size_t i = 0; i < gathered.log.entry_count; i++) {
                const ExplainEntry *entry = gathered.log.entries[i];
                for (size_t s = 0; entry->deployment == d && s < entry->stretch_count; s++) {
                    cr_expect_eq(entry->stretches[s].from, until, "%s", files[f]);
                    until = entry->stretches[s].to;
                }
            }
            cr_expect_eq(until, gathered.log.deployments[d].end.drained_at, "%s", files[f]);
        }
        gathered_clear(&gathered);
    }
}
