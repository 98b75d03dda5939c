// SPDX-License-Identifier: GPL-3.0-or-later
/* Scaling schedules in whole runs (model 5): what a deployment does when a window opens and closes.
 * The zone is UTC, which needs no file; time 0 is midnight. */
#include "sim/sim_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

#define WINDOW(minimum, cron, duration)                                                            \
    "{'min_replica_count':" #minimum ",'schedule':'" cron "','duration':'" duration                \
    "','timezone':'UTC'}"
#define SCALED(options, schedules)                                                                 \
    PLAIN ",'cold_start':'60s','client':'none','autoscaling':{" options                            \
          ",'load_targets':{'concurrent_requests':2},'scaling_schedules':[" schedules              \
          "]},'traffic':"

/* The n-th decision about another minimum (from 0): when, why, and what it made of the target. */
static void check_minimum(const RecordedRun *run, size_t n, sim_time time, const char *reason,
                          int from, int to) {
    for (size_t i = 0; i < run->decision_count; i++) {
        const asim_decision_taken *taken = &run->decisions[i];
        if (taken->observation == NULL || !taken->observation->minimum_changed || n-- > 0) {
            continue;
        }
        cr_expect_eq(taken->time, time, "at %g s", (double)taken->time / 1e9);
        cr_expect_str_eq(taken->decision->reason, reason);
        cr_expect_eq(taken->from, from);
        cr_expect_eq(taken->decision->target, to);
        cr_expect_not(taken->at_evaluation);
        return;
    }
    cr_assert_fail("no such decision");
}

/* Up at the very instant, between two evaluations; down as the scale-down window lets it: what was
 * recommended while the window was open counts until 10 min after its end. */
Test(sim_schedules, a_window_opens_and_closes) {
    RecordedRun *run = sim_run_one("'duration':'2h','start':'2026-11-16T00:00:02Z'",
                                   SCALED("'min_replica_count':1,'max_replica_count':4",
                                          WINDOW(3, "30 0 * * *", "30m")) ONE("0s", 1, 1));
    check_minimum(run, 0, 1798 * S, "minimum_raised", 1, 3);
    check_minimum(run, 1, 3598 * S, "minimum_lowered", 3, 3);
    sim_check_scaling(run, 0, 1798 * S, 1, 3);
    sim_check_scaling(run, 1, 4200 * S, 3, 1); /* lower first at the evaluation at 3600 s */
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_SERVING), 1858 * S);
    recorded_run_destroy(run);
}

/* From zero, without a request; it does not idle to zero while the window is open, and afterwards
 * only when the scale-down window has passed too. */
Test(sim_schedules, not_at_zero_under_a_window) {
    RecordedRun *run =
        sim_run_one("'duration':'6h'", SCALED("'max_replica_count':2,'scale_to_zero_window':'5m'",
                                              WINDOW(1, "0 1 * * *", "2h")) ONE("5h", 1, 1));
    check_minimum(run, 0, HOUR, "minimum_raised", 0, 1);
    check_minimum(run, 1, 3 * HOUR, "minimum_lowered", 1, 1);
    sim_check_scaling(run, 0, HOUR, 0, 1);
    sim_check_scaling(run, 1, 3 * HOUR + 600 * S, 1, 0);
    sim_check_scaling(run, 2, 5 * HOUR, 0, 1); /* the request wakes it */
    recorded_run_destroy(run);
}

/* A smaller minimum takes the base's place too: nights at zero; in the morning the base is back. */
Test(sim_schedules, a_window_with_a_smaller_minimum) {
    RecordedRun *run =
        sim_run_one("'duration':'4h'", SCALED("'min_replica_count':2,'scale_to_zero_window':'5m'",
                                              WINDOW(0, "0 1 * * *", "2h")) ONE("0s", 1, 1));
    check_minimum(run, 0, HOUR, "minimum_lowered", 2, 2);
    check_minimum(run, 1, 3 * HOUR, "minimum_raised", 0, 2);
    sim_check_scaling(run, 0, HOUR + 600 * S, 2, 0);
    sim_check_scaling(run, 1, 3 * HOUR, 0, 2);
    recorded_run_destroy(run);
}

Test(sim_schedules, the_largest_wins) {
    RecordedRun *run = sim_run_one(
        "'duration':'4h'",
        SCALED("'min_replica_count':1,'max_replica_count':5,"
               "'scale_down_window':'0s'",
               WINDOW(2, "0 1 * * *", "2h") "," WINDOW(4, "30 1 * * *", "30m")) ONE("0s", 1, 1));
    check_minimum(run, 0, HOUR, "minimum_raised", 1, 2);
    check_minimum(run, 1, 5400 * S, "minimum_raised", 2, 4);
    check_minimum(run, 2, 7200 * S, "minimum_lowered", 4, 4);
    check_minimum(run, 3, 3 * HOUR, "minimum_lowered", 2, 2);
    recorded_run_destroy(run);
}

/* The load asks for more than the window does: its opening and closing change no target. */
Test(sim_schedules, load_above_the_window) {
    RecordedRun *run =
        sim_run_one("'duration':'40m'", SCALED("'min_replica_count':1,'max_replica_count':5",
                                               WINDOW(2, "10 0 * * *", "10m"))
                                            EVERY(10, "0s", "39m", 1, 50)); /* 10 x 0.5 s: 5 held, 3
                                                                               replicas */
    check_minimum(run, 0, 600 * S, "minimum_raised", 3, 3);
    check_minimum(run, 1, 1200 * S, "minimum_lowered", 3, 3);
    recorded_run_destroy(run);
}

/* Warm from the start under a window that is open then, unless the scenario says otherwise. */
Test(sim_schedules, open_at_the_start) {
    RecordedRun *run =
        sim_run_one("'duration':'20m'",
                    SCALED("'max_replica_count':3", WINDOW(3, "0 0 * * *", "5m")) ONE("1s", 1, 1));
    cr_expect_eq(sim_entered(run, 0, 3, ASIM_REPLICA_SERVING), 0);
    check_minimum(run, 0, 300 * S, "minimum_lowered", 3, 3);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'20m'", SCALED("'max_replica_count':3", "") ONE("1s", 1, 1));
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_SERVING), 61 * S);
    recorded_run_destroy(run);
}

Test(sim_schedules, a_disabled_schedule_does_nothing) {
    RecordedRun *run =
        sim_run_one("'duration':'3h'",
                    SCALED("'max_replica_count':3",
                           "{'min_replica_count':2,'schedule':'0 1 * * *',"
                           "'duration':'1h','timezone':'UTC','disabled':true}") ONE("2h", 1, 1));
    sim_check_scaling(run, 0, 2 * HOUR, 0, 1);
    recorded_run_destroy(run);
}

/* Seven days without traffic end it, window or not; then no window opens any more. */
Test(sim_schedules, deleted_all_the_same) {
    RecordedRun *run = sim_run_one("'duration':'10d'",
                                   SCALED("'max_replica_count':1", WINDOW(1, "0 12 * * *", "12h"))
                                       ONE("9d", 1, 1));
    const asim_decision_taken *deletion = sim_deletion(run, 0);
    cr_assert_not_null(deletion);
    cr_expect_eq(deletion->time, 7 * DAY);
    for (size_t i = 0; i < run->decision_count; i++) {
        cr_expect_leq(run->decisions[i].time, 7 * DAY);
    }
    recorded_run_destroy(run);
}

/* Timers: a window that lifts the target stops them, and what falls passes its own. */
Test(sim_schedules, under_the_other_rules) {
    static const char *const rules[] = {"sustain", "delay"};
    for (size_t i = 0; i < 2; i++) {
        RecordedRun *run = sim_run_one(
            "'duration':'2h'",
            PLAIN ",'cold_start':'60s','client':'none','autoscaling':{'min_replica_count':1,"
                  "'max_replica_count':4,'window_rule':'%s','load_targets':{'concurrent_requests':"
                  "2},'scaling_schedules':[" WINDOW(3, "30 0 * * *",
                                                    "30m") "]},'traffic':" ONE("0s", 1, 1),
            rules[i]);
        sim_check_scaling(run, 0, 1800 * S, 1, 3);
        sim_check_scaling(run, 1, 4200 * S, 3, 1);
        recorded_run_destroy(run);
    }
}
