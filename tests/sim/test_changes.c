// SPDX-License-Identifier: GPL-3.0-or-later
/* What is done to a deployment while a run goes on: options that are set, replicas that vanish. */
#include "sim/sim_fixture.h"

#include "base/json.h"
#include "base/memory.h"
#include "scenario/deployment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE_A_SECOND "'traffic':" EVERY(1, "0s", "1h", 1, 10)
#define SCALES(options) "'autoscaling':{'load_targets':{'concurrent_requests':1}," options "}"

/* A minimum that is raised acts at once, one that is lowered passes the window that holds then. */
Test(sim_changes, a_minimum_is_set) {
    RecordedRun *run =
        sim_run_one("'duration':'30m'", PLAIN
                    ",'cold_start':'10s'," ONE_A_SECOND
                    "," SCALES("'min_replica_count':1,'max_replica_count':5,'scale_down_window':'"
                               "10m'") ","
                                       "'changes':[{'at':'10m','set':{'min_replica_count':1,'scale_"
                                       "down_window':'2m'}},"
                                       "{'at':'7m1s','set':{'min_replica_count':3}}]");
    sim_check_scaling(run, 0, 421 * S, 1, 3);
    cr_expect_str_eq(recorded_scaling(run, 0, 0)->decision->reason, "minimum_raised");
    sim_check_scaling(run, 1, 12 * 60 * S, 3, 1);
    recorded_run_destroy(run);
}

/* The decision after the change is taken by the new target. */
Test(sim_changes, a_load_target_is_set) {
    RecordedRun *run = sim_run_one(
        "'duration':'10m'",
        PLAIN ",'cold_start':'10s','traffic':" EVERY(
            20, "0s", "1h", 1,
            10) ","
                "'autoscaling':{'load_targets':{'concurrent_requests':2},'min_replica_count':1,"
                "'max_replica_count':9,'scale_up_window':'0s'},"
                "'changes':[{'at':'5m','set':{'load_targets':{'concurrent_requests':0.5}}}]");
    sim_check_scaling(run, 0, 5 * 60 * S, 1, 4);
    recorded_run_destroy(run);
}

/* What it holds breaks off, and another one is started in its place. */
Test(sim_changes, a_replica_vanishes) {
    RecordedRun *run = sim_run_one(
        "'duration':'2m'",
        PLAIN ",'cold_start':'10s','client':'none','traffic':[" ONE(
            "59s", 1, 500) "],'autoscaling':{'min_replica_count':1},"
                           "'changes':[{'at':'1m','lose_replica':1},{'at':'61s','lose_replica':1},"
                           "{'at':'62s','lose_replica':9}]");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_BROKEN);
    cr_expect_eq(sim_request(run, 1)->ended, 60 * S);
    cr_expect_eq(recorded_time_of(run, 1, ASIM_REPLICA_GONE), 60 * S);
    cr_expect_eq(recorded_time_of(run, 2, ASIM_REPLICA_SERVING), 70 * S);
    cr_expect_eq(run->ends[0].totals.replicas_failed, 1);
    recorded_run_destroy(run);
}

/* 7 days without traffic delete only what may go to zero. */
Test(sim_changes, the_rule_of_7_days_begins_and_ends_with_them) {
    static const char *const sets[] = {"0", "1"};
    for (int i = 0; i < 2; i++) {
        RecordedRun *run = sim_run_one(
            "'duration':'9d','interval':'1d'",
            PLAIN
            ",'traffic':[" ONE("0s", 1, 1) "],'autoscaling':{'min_replica_count':%d},"
                                           "'changes':[{'at':'2d','set':{'min_replica_count':%s}}]",
            1 - i, sets[i]);
        const asim_decision_taken *deletion = sim_deletion(run, 0);
        cr_expect(i == 0 ? deletion != NULL && deletion->time == 7 * DAY : deletion == NULL);
        recorded_run_destroy(run);
    }
}

/* As run, it reads the same. */
Test(sim_changes, are_written_as_they_were_read) {
    RecordedRun *run = sim_run_one(
        "'duration':'1m'", PLAIN
        "," ONE_A_SECOND ",'changes':[{'at':'20s','lose_replica':2},"
        "{'at':'1.000000001s','set':{'scale_up_window':'3s','load_targets':{'default':0.5}}}]");
    const DeploymentConfig *config = &run->scenario->deployments[0];
    cr_assert_eq(config->change_count, 2);
    cr_expect_eq(config->changes[0].at, S + 1);
    cr_expect_eq(config->changes[1].lose_replica, 2);
    cr_expect_not_null(strstr(run->scenario->as_run, "\"scale_up_window\": \"3s\""));
    RecordedRun *again = recorded_run(run->scenario->as_run, NULL);
    cr_expect_str_eq(again->scenario->as_run, run->scenario->as_run);
    recorded_run_destroy(again);
    recorded_run_destroy(run);
}

static void check_refused(const char *members, const char *expected) {
    char *text = memory_format(
        "{'duration':'1m','deployments':{'d':{" PLAIN "," ONE_A_SECOND ",%s}}}", members);
    for (char *c = text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    ErrorList errors = {0};
    cr_assert_null(scenario_read_text(text, "test.json", NULL, NULL, 0, &errors), "%s", text);
    char *told = error_list_text(&errors);
    cr_expect(strstr(told, expected) != NULL, "%s\n%s", told, expected);
    error_list_clear(&errors);
    free(told);
    free(text);
}

Test(sim_changes, mistakes_are_told) {
    check_refused(
        "'changes':[{'at':'1s','set':{'scale_up_windw':'1s'}}]",
        "changes.0.set.scale_up_windw: found an unknown key; did you mean \"scale_up_window\"?");
    check_refused("'changes':[{'at':'1s','set':{'scale_up_window':'2h'}}]",
                  "changes.0.set.scale_up_window: found \"2h\"");
    check_refused("'changes':[{'at':'1s','set':{'min_replica_count':3}}]", "max_replica_count");
    check_refused("'changes':[{'set':{'min_replica_count':1}}]", "changes.0.at: found nothing");
    check_refused("'changes':[{'at':'1s'}]", "expected set, lose_replica, or both");
    check_refused("'changes':{'at':'1s'}", "changes: found an object, expected an array");
    check_refused("'changes':[{'at':'1s','set':{'evaluation_interval':'1s'}}]",
                  "expected what is measured, and how often, as the run began");
    check_refused("'changes':[{'at':'1s','set':{'scaling_schedules':[]}}]",
                  "expected schedules as the run began");
    check_refused(
        "'policy':'hpa','changes':[{'at':'1s','set':{'minReplicas':2}}]",
        "found options of policy hpa, expected policy fireworks, fixed or one of one's own");
}
