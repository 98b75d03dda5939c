// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs a scenario given as JSON text and keeps all that the observers were told, so that a test can
 * look at single numbers. */
#ifndef SUPPORT_RECORDED_RUN_H
#define SUPPORT_RECORDED_RUN_H

#include "autoscale_sim/observer.h"
#include "scenario/scenario.h"

typedef struct RecordedRun {
    Scenario *scenario;
    asim_request *requests; /* in order of id */
    size_t request_count, request_room;
    asim_replica_change *changes;
    size_t change_count, change_room;
    asim_refusal *refusals;
    size_t refusal_count, refusal_room;
    asim_decision_taken *decisions; /* their decision and observation point into the arrays below,
                                       by index */
    asim_decision *decided;
    asim_observation *observed; /* zeroed where there was none */
    size_t decision_count, decision_room, decided_room, observed_room;
    asim_interval *intervals;
    size_t interval_count, interval_room;
    asim_run_end *ends; /* one per deployment */
    size_t end_count, end_room;
} RecordedRun;

/* Reads and runs; fails the test with the messages when either fails. overrides: NULL or a
 * NULL-terminated list of "path=value". Owned by the caller (recorded_run_destroy). */
RecordedRun *recorded_run(const char *json, const char *const overrides[]);
void recorded_run_destroy(RecordedRun *run);

/* The n-th (from 0) change of a replica (number from 1; deployment 0) to a state, or
 * SIM_TIME_NEVER. */
sim_time recorded_time_of(const RecordedRun *run, uint32_t replica, asim_replica_state state);
/* The target in force at an instant (decisions at that instant included), of deployment d; initial:
 * before the first. */
int recorded_target_at(const RecordedRun *run, uint32_t deployment, sim_time time, int initial);
/* Number of decisions that changed the target, and the i-th of them. */
size_t recorded_scalings(const RecordedRun *run, uint32_t deployment);
const asim_decision_taken *recorded_scaling(const RecordedRun *run, uint32_t deployment, size_t i);

#endif
