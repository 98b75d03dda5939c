// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 4 on whole simulations: what the gateway answers, where requests go, how a deployment ends,
 * who leaves when it shrinks. */
#include "sim/sim_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

#define WEEK (7 * DAY) /* 604,800 s */

/* From zero ---------------------------------------------------------------------------------- */

/* The first request, at 3 s, starts the boot of 100 s. Until 103 s each gets its 503 at once and is
 * not queued; the one at 103 s is served at once, alone: 10 ms. */
Test(sim_gateway, at_zero_503_at_once_and_not_queued) {
    RecordedRun *run =
        sim_run_one("'duration':'5m','interval':'1s'", PLAIN
                    ",'client':'none','cold_start':'100s',"
                    "'traffic':[" ONE("3s", 1, 1) "," ONE("4s", 1, 1) "," ONE("50s", 1, 1) "," ONE(
                        "102s999999999ns", 1, 1) "," ONE("103s", 1, 1) "]");
    for (size_t i = 1; i <= 4; i++) {
        cr_expect_eq(sim_request(run, i)->last_answer, ASIM_ANSWER_503);
        cr_expect_eq(sim_request(run, i)->ended, sim_request(run, i)->first_send);
        cr_expect_eq(sim_request(run, i)->replica, 0);
    }
    cr_expect_eq(sim_request(run, 5)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 5)->ended, 103 * S + 10 * MS);
    cr_expect_eq(sim_created(run, 0), 1);
    cr_expect_eq(run->ends[0].totals.cold_starts, 1);
    for (size_t i = 0; i < run->interval_count; i++) {
        cr_expect_eq(run->intervals[i].held, 0);
    }
    recorded_run_destroy(run);
}

/* It is the request that starts the replica, not an evaluation. */
Test(sim_gateway, first_request_starts_the_scale_up) {
    RecordedRun *run =
        sim_run_one("'duration':'5m'", PLAIN ",'client':'none','cold_start':'100s','traffic':[" ONE(
                                           "3s", 1, 1) "," ONE("4s", 1, 1) "]");
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_PENDING_SCHEDULING), 3 * S);
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_SERVING), 103 * S);
    cr_assert_eq(recorded_scalings(run, 0), 1);
    sim_check_scaling(run, 0, 3 * S, 0, 1);
    const asim_decision_taken *wake = recorded_scaling(run, 0, 0);
    cr_expect_not(wake->at_evaluation);
    cr_expect(wake->observation->request_at_zero);
    cr_expect_eq(wake->request, 1);
    cr_expect_str_eq(wake->decision->reason, "wake");
    cr_expect_eq(run->ends[0].totals.scale_ups, 1);
    recorded_run_destroy(run);
}

/* To max(1, min): from an initial count of 0, below the minimum of 2. */
Test(sim_gateway, wake_goes_to_the_minimum) {
    RecordedRun *run = sim_run_one(
        "'duration':'1m'", PLAIN
        ",'client':'none','cold_start':'100s','initial_replica_count':0,"
        "'autoscaling':{'min_replica_count':2,'max_replica_count':3},'traffic':" ONE("1s", 1, 1));
    sim_check_scaling(run, 0, 1 * S, 0, 2);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_PENDING_SCHEDULING), 1 * S);
    recorded_run_destroy(run);
}

/* Warm replicas serve from 0 on; a request at 0 finds them. */
Test(sim_gateway, begins_with_its_minimum_warm) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'",
                    PLAIN ",'autoscaling':{'min_replica_count':2},'traffic':" ONE("0s", 1, 1));
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_SERVING), 0);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_SERVING), 0);
    cr_expect_eq(sim_created(run, 0), 2);
    cr_expect_eq(run->ends[0].totals.cold_starts, 0);
    cr_expect_eq(sim_request(run, 1)->ended, 10 * MS);
    recorded_run_destroy(run);
}

Test(sim_gateway, initial_replica_count) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'", PLAIN ",'initial_replica_count':3,"
                                             "'autoscaling':{'min_replica_count':0,"
                                             "'max_replica_count':4},'traffic':" ONE("0s", 1, 1));
    cr_expect_eq(sim_created(run, 0), 3);
    cr_expect_eq(run->intervals[0].target, 3);
    recorded_run_destroy(run);
}

/* Load balancing ----------------------------------------------------------------------------- */

/* Two warm replicas. 1 goes to the first (a tie), 2 to the second, which is free again after 10 ms
 * and gets 3; then a tie once more: 4 to the first, 5 to the second. */
Test(sim_gateway, least_outstanding_by_default) {
    static const uint32_t replicas[] = {1, 2, 2, 1, 2};
    RecordedRun *run = sim_run_one(
        "'duration':'1m'",
        PLAIN ",'autoscaling':{'min_replica_count':2},'traffic':[" ONE("0s", 1, 1000) "," ONE(
            "0s", 1, 1) "," ONE("1s", 1, 1000) "," ONE("2s", 1, 1000) "," ONE("2s", 1, 1) "]");
    for (size_t i = 0; i < 5; i++) {
        cr_expect_eq(sim_request(run, i + 1)->replica, replicas[i], "request %zu", i + 1);
    }
    recorded_run_destroy(run);
}

static void check_round_robin(const char *balancer, const uint32_t replicas[7]) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'",
                    PLAIN ",'autoscaling':{'min_replica_count':3},"
                          "'load_balancer':'%s','traffic':" EVERY(1, "0s", "7s", 1, 1),
                    balancer);
    for (size_t i = 0; i < 7; i++) {
        cr_expect_eq(sim_request(run, i + 1)->replica, replicas[i]);
    }
    recorded_run_destroy(run);
}

/* All idle each time: least_outstanding stays with the longest-serving one. */
Test(sim_gateway, round_robin) {
    check_round_robin("round_robin", (const uint32_t[]){1, 2, 3, 1, 2, 3, 1});
    check_round_robin("least_outstanding", (const uint32_t[]){1, 1, 1, 1, 1, 1, 1});
}

/* 900 requests to three replicas at random: 300 each, within 5 standard deviations (14.1). Of two
 * drawn among three idle ones the longer-serving wins: 1 is among them in 2 of 3 draws (600), 2
 * wins only against 3 (300), 3 never. */
static void check_shares(const char *balancer, const double shares[3]) {
    RecordedRun *run =
        sim_run_one("'duration':'20m'",
                    PLAIN ",'autoscaling':{'min_replica_count':3},"
                          "'load_balancer':'%s','traffic':" EVERY(1, "0s", "900s", 1, 1),
                    balancer);
    double counts[4] = {0};
    cr_assert_eq(run->request_count, 900);
    for (size_t i = 1; i <= 900; i++) {
        counts[sim_request(run, i)->replica]++;
    }
    for (int i = 0; i < 3; i++) {
        cr_expect_float_eq(counts[i + 1], shares[i], shares[i] > 0 ? 71 : 0, "%s: %g", balancer,
                           counts[i + 1]);
    }
    recorded_run_destroy(run);
}

Test(sim_gateway, random_and_power_of_two) {
    check_shares("random", (const double[]){300, 300, 300});
    check_shares("power_of_two", (const double[]){600, 300, 0});
}

/* The replica queues what does not fit into its batch: slots for 2, four requests of 100 ms. */
Test(sim_gateway, replica_queues) {
    static const sim_time ended[] = {100 * MS, 100 * MS, 200 * MS, 200 * MS};
    RecordedRun *run = sim_run_one(
        "'duration':'1m'",
        HARDWARE "," PROFILE(2, 1000) ",'autoscaling':{'min_replica_count':1},"
                                      "'traffic':[" ONE("0s", 1, 10) "," ONE("0s", 1, 10) "," ONE(
                                          "0s", 1, 10) "," ONE("0s", 1, 10) "]");
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(sim_request(run, i + 1)->ended, ended[i]);
    }
    recorded_run_destroy(run);
}

/* 429 and 400 -------------------------------------------------------------------------------- */

#define FIVE_AT_0                                                                                  \
    ONE("0s", 1, 100)                                                                              \
    "," ONE("0s", 1, 100) "," ONE("0s", 1, 100) "," ONE("0s", 1, 100) "," ONE("0s", 1, 100)

/* Two replicas of two places: the fifth request is one too many, on every replica. */
Test(sim_gateway, beyond_the_limit_429) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'", PLAIN ",'autoscaling':{'min_replica_count':2},"
                                             "'max_concurrency_per_replica':2,"
                                             "'traffic':[" FIVE_AT_0 "]");
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_200], 4);
    cr_expect_eq(sim_request(run, 5)->last_answer, ASIM_ANSWER_429);
    cr_expect_eq(sim_request(run, 5)->outcome, ASIM_REJECTED);
    cr_expect_eq(sim_request(run, 5)->ended, 0);
    recorded_run_destroy(run);
}

/* Queued requests count: one batch slot, a limit of 3. */
Test(sim_gateway, limit_counts_the_queue) {
    RecordedRun *run = sim_run_one("'duration':'1m'", HARDWARE
                                   "," PROFILE(1, 1000) ",'autoscaling':{'min_replica_count':1},"
                                                        "'max_concurrency_per_replica':3,"
                                                        "'traffic':[" FIVE_AT_0 "]");
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_200], 3);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_429], 2);
    recorded_run_destroy(run);
}

Test(sim_gateway, no_limit_by_default) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'", HARDWARE "," PROFILE(1, 1000) ",'autoscaling':{"
                                                                     "'min_replica_count':1},"
                                                                     "'traffic':[" FIVE_AT_0 "]");
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_200], 5);
    recorded_run_destroy(run);
}

/* Who ends at 1 s makes room for who comes at 1 s, not for who comes a nanosecond before. */
Test(sim_gateway, room_at_the_instant_of_an_end) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'",
                    PLAIN ",'autoscaling':{'min_replica_count':1},"
                          "'max_concurrency_per_replica':1,'traffic':[" ONE("0s", 1, 100) "," ONE(
                              "999999999ns", 1, 1) "," ONE("1s", 1, 1) "]");
    cr_expect_eq(sim_request(run, 2)->last_answer, ASIM_ANSWER_429);
    cr_expect_eq(sim_request(run, 3)->last_answer, ASIM_ANSWER_200);
    recorded_run_destroy(run);
}

/* 60 + 40 tokens fit into a KV cache of 100, 60 + 41 never will. */
Test(sim_gateway, beyond_the_kv_cache_400) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'", HARDWARE
                    "," PROFILE(8, 100) ",'autoscaling':{'min_replica_count':1},"
                                        "'traffic':[" ONE("0s", 60, 40) "," ONE("1s", 60, 41) "]");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 2)->outcome, ASIM_REJECTED);
    cr_expect_eq(sim_request(run, 2)->last_answer, ASIM_ANSWER_400);
    cr_expect_eq(sim_request(run, 2)->ended, 1 * S);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_400], 1);
    recorded_run_destroy(run);
}

/* Parked and deleted ------------------------------------------------------------------------- */

/* An hour of requests, one per second: 3,600 answers 503, and no replica. */
Test(sim_gateway, max_0_parks) {
    RecordedRun *run =
        sim_run_one("'duration':'2h'",
                    PLAIN ",'client':'none','autoscaling':{'max_replica_count':0},'traffic':" EVERY(
                        1, "0s", "1h", 1, 1));
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_503], 3600);
    cr_expect_eq(sim_created(run, 0), 0);
    cr_expect_eq(recorded_scalings(run, 0), 0);
    cr_expect_eq(run->ends[0].costs.billed_gpu_s, 0);
    recorded_run_destroy(run);
}

/* When deployment 0 was deleted, if it was. */
static sim_time deleted_at(const RecordedRun *run) {
    const asim_decision_taken *deletion = sim_deletion(run, 0);
    return deletion ? deletion->time : SIM_TIME_NEVER;
}

#define ASLEEP                                                                                     \
    PLAIN ",'client':'none','cold_start':'100s','autoscaling':{'evaluation_interval':'1h'},"       \
          "'traffic':"

/* The clock starts at creation. At the very instant of the deletion the answer is 404 already, */
Test(sim_gateway, deleted_after_604800_s) {
    RecordedRun *run = sim_run_one("'duration':'8d','interval':'1h'", ASLEEP ONE("604800s", 1, 1));
    cr_expect_eq(deleted_at(run), WEEK);
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_404);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_REJECTED);
    cr_expect_eq(sim_created(run, 0), 0);
    cr_expect_eq(run->ends[0].costs.deleted_s, 86400);
    recorded_run_destroy(run);
}

/* and a nanosecond before it is 503, and the clock starts afresh. */
Test(sim_gateway, not_deleted_a_nanosecond_before) {
    RecordedRun *run =
        sim_run_one("'duration':'15d','interval':'1h'", ASLEEP ONE("604799s999999999ns", 1, 1));
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_503);
    cr_expect_eq(deleted_at(run), 2 * WEEK - 1);
    recorded_run_destroy(run);
}

/* A completed request at 1,000 s; nothing is billed, nothing is woken after the deletion. */
Test(sim_gateway, deleted_after_a_completed_request) {
    RecordedRun *run =
        sim_run_one("'duration':'9d','interval':'1h'",
                    PLAIN ",'initial_replica_count':1,'client':'python',"
                          "'autoscaling':{'evaluation_interval':'1m'},'traffic':[" ONE(
                              "1000s", 1, 100) "," ONE("605799s", 1, 1) "," ONE("8d", 1, 1) "]");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 2)->first_send, 605799 * S);
    cr_expect_neq(sim_request(run, 2)->last_answer, ASIM_ANSWER_404);
    cr_expect_eq(sim_deletion(run, 0), NULL); /* 605,799 s, and its retries, were traffic */
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'9d','interval':'1h'",
                      PLAIN ",'initial_replica_count':1,'client':'python',"
                            "'autoscaling':{'evaluation_interval':'1m'},'traffic':[" ONE(
                                "1000s", 1, 100) "," ONE("605800s", 1, 1) "," ONE("8d", 1, 1) "]");
    cr_expect_eq(deleted_at(run), 605800 * S);
    cr_expect_eq(sim_request(run, 2)->last_answer, ASIM_ANSWER_404);
    cr_expect_eq(sim_request(run, 3)->last_answer, ASIM_ANSWER_404);
    cr_expect_eq(sim_created(run, 0), 1);
    recorded_run_destroy(run);
}

/* Whatever its answer: 400 at 1,000 s, 429 at 1,000.5 s. The replica itself has long gone. */
Test(sim_gateway, any_answer_is_traffic) {
    static const char members[] =
        HARDWARE "," PROFILE(8, 1000) ",'initial_replica_count':1,'client':'none',"
                                      "'autoscaling':{'evaluation_interval':'1h'},"
                                      "'max_concurrency_per_replica':1,'traffic':[%s]";
    RecordedRun *run =
        sim_run_one("'duration':'9d','interval':'1h'", members, ONE("1000s", 1000, 1));
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_400);
    cr_expect_eq(deleted_at(run), 1000 * S + WEEK);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'9d','interval':'1h'", members,
                      ONE("1000s", 1, 100) "," ONE("1000s500ms", 1, 100));
    cr_expect_eq(sim_request(run, 2)->last_answer, ASIM_ANSWER_429);
    cr_expect_eq(deleted_at(run), 1000 * S + 500 * MS + WEEK);
    recorded_run_destroy(run);
}

/* Retries are traffic too. Against a parked deployment curl sends at 5 x (2^n - 1) s: 655,355 s
 * (n = 17) is 327,680 s after 327,675 s, but the next, at 1,310,715 s, is 655,360 s later: too
 * late. It is the 19th send. */
Test(sim_gateway, a_retry_is_traffic) {
    RecordedRun *run = sim_run_one(
        "'duration':'20d','interval':'1h'",
        PLAIN ",'client':'curl','autoscaling':{'max_replica_count':0,'evaluation_interval':'1h'},"
              "'traffic':" ONE("0s", 1, 1));
    cr_expect_eq(deleted_at(run), 655355 * S + WEEK);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_REJECTED);
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_404);
    cr_expect_eq(sim_request(run, 1)->sends, 19);
    recorded_run_destroy(run);
}

/* With a window of 8 days the replica still serves when the deployment is deleted: it is gone then,
 * and was billed for 7 days: 604,800 GPU-seconds, $1,344. */
Test(sim_gateway, deletion_ends_serving_replicas) {
    RecordedRun *run = sim_run_one("'duration':'9d','interval':'1h'",
                                   PLAIN ",'initial_replica_count':1,'client':'none','autoscaling':"
                                         "{'scale_to_zero_window':'8d','evaluation_interval':'1h'},"
                                         "'traffic':" ONE("8d", 1, 1));
    cr_expect_eq(deleted_at(run), WEEK);
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_GONE), WEEK);
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_404);
    cr_expect_eq(run->ends[0].costs.billed_gpu_s, 604800);
    cr_expect_eq(run->ends[0].costs.on_demand_usd, 1344);
    recorded_run_destroy(run);
}

Test(sim_gateway, a_minimum_of_1_is_never_deleted) {
    RecordedRun *run = sim_run_one(
        "'duration':'15d','interval':'1h'", PLAIN
        ",'autoscaling':{'min_replica_count':1,'evaluation_interval':'1h'},'traffic':" ONE("14d23h",
                                                                                           1, 1));
    cr_expect_null(sim_deletion(run, 0));
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    recorded_run_destroy(run);
}

/* Scaling down ------------------------------------------------------------------------------- */

/* Four warm replicas, down without a window; wanted = ceil(concurrency / target). */
#define FOUR(target)                                                                               \
    PLAIN ",'initial_replica_count':4,'autoscaling':{'min_replica_count':1,"                       \
          "'max_replica_count':4,'scale_down_window':'0s','scale_up_window':'1h',"                 \
          "'load_targets':{'concurrent_requests':" #target "}},'traffic':"

/* Two requests each on replicas 1 and 2, one each on 3 and 4, all through the first 5 s: 6 held.
 * At a target of 3 each, 2 replicas are wanted: the least loaded go, the newest first. What they
 * hold they finish, at 10 s; nobody sends them more. */
Test(sim_gateway, least_loaded_then_newest_leave) {
    RecordedRun *run = sim_run_one(
        "'duration':'12s'",
        FOUR(3) "[" ONE("0s", 1, 1000) "," ONE("0s", 1, 1000) "," ONE("0s", 1, 1000) "," ONE(
            "0s", 1, 1000) "," ONE("0s", 1, 1000) "," ONE("0s", 1, 1000) "," ONE("6s", 1, 1) "]");
    sim_check_scaling(run, 0, 5 * S, 4, 2);
    size_t first_drained = 0, second_drained = 0;
    for (size_t i = 0; i < run->change_count; i++) {
        if (run->changes[i].to == ASIM_REPLICA_DRAINING) {
            *(first_drained ? &second_drained : &first_drained) = i;
        }
    }
    cr_expect_eq(run->changes[first_drained].replica, 4);
    cr_expect_eq(run->changes[second_drained].replica, 3);
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_DRAINING), SIM_TIME_NEVER);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_DRAINING), SIM_TIME_NEVER);
    cr_expect_eq(sim_entered(run, 0, 4, ASIM_REPLICA_GONE), 10 * S);
    cr_expect_eq(sim_entered(run, 0, 3, ASIM_REPLICA_GONE), 10 * S);
    cr_expect_eq(run->ends[0].totals.outcomes[ASIM_COMPLETED], 7);
    cr_expect_eq(sim_request(run, 7)->replica, 1); /* 2 held on 1 and 2 each, against 1 on 3 and 4
                                                    */
    recorded_run_destroy(run);
}

/* Replica 1 is idle after 10 ms, the others hold one each: 3.002 held on average, 2 wanted at a
 * target of 2. The idle one goes, at once, though it is the oldest; then the newest of the rest. */
Test(sim_gateway, load_before_age) {
    RecordedRun *run =
        sim_run_one("'duration':'20s'", FOUR(2) "[" ONE("0s", 1, 1) "," ONE("0s", 1, 1000) "," ONE(
                                            "0s", 1, 1000) "," ONE("0s", 1, 1000) "]");
    sim_check_scaling(run, 0, 5 * S, 4, 2);
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_DRAINING), 5 * S);
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_GONE), 5 * S);
    cr_expect_eq(sim_entered(run, 0, 4, ASIM_REPLICA_DRAINING), 5 * S);
    cr_expect_eq(sim_entered(run, 0, 4, ASIM_REPLICA_GONE), 10 * S);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_DRAINING), SIM_TIME_NEVER);
    recorded_run_destroy(run);
}

/* One replica, 4 requests from 0 to 4 s: 3.2 on average over 5 s, 4 wanted at a target of 1. Three
 * boot, for 100 s. One request from 6 to 9.5 s is 0.7 over the next 5 s: wanted 1 again. The three
 * are cancelled, the newest first, and replica 1, loaded or not, stays. Nothing of a boot is
 * billed: 60 s of replica 1. */
Test(sim_gateway, booting_ones_leave_first) {
    RecordedRun *run = sim_run_one(
        "'duration':'1m'",
        PLAIN ",'cold_start':'100s','autoscaling':{'min_replica_count':1,'max_replica_count':4,"
              "'scale_up_window':'0s','scale_down_window':'0s',"
              "'load_targets':{'concurrent_requests':1}},"
              "'traffic':[" ONE("0s", 1, 400) "," ONE("0s", 1, 400) "," ONE("0s", 1, 400) "," ONE(
                  "0s", 1, 400) "," ONE("6s", 1, 350) "]");
    sim_check_scaling(run, 0, 5 * S, 1, 4);
    sim_check_scaling(run, 1, 10 * S, 4, 1);
    uint32_t expected = 4;
    for (size_t i = 0; i < run->change_count; i++) {
        if (run->changes[i].to == ASIM_REPLICA_GONE) {
            cr_expect_eq(run->changes[i].replica, expected--);
            cr_expect_eq(run->changes[i].time, 10 * S);
            cr_expect_str_eq(run->changes[i].reason, "cancelled");
        }
    }
    cr_expect_eq(expected, 1);
    cr_expect_eq(run->ends[0].totals.cancelled_starts, 3);
    cr_expect_eq(run->ends[0].totals.cold_starts, 3);
    cr_expect_eq(run->ends[0].costs.billed_gpu_s, 60);
    recorded_run_destroy(run);
}

/* A replica that leaves gets no more: it drains from 5 s on, holding one request, while the other
 * gets all that come, though it holds more. */
Test(sim_gateway, draining_gets_no_more_requests) {
    RecordedRun *run =
        sim_run_one("'duration':'30s'", PLAIN
                    ",'initial_replica_count':2,'autoscaling':{'min_replica_count':1,"
                    "'max_replica_count':2,'scale_down_window':'0s','scale_up_window':'1h',"
                    "'load_targets':{'concurrent_requests':9}},"
                    "'traffic':[" ONE("0s", 1, 1000) "," ONE("0s", 1, 1000) "," EVERY(1, "5s", "9s",
                                                                                      1, 200) "]");
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_DRAINING), 5 * S);
    for (size_t i = 3; i <= 6; i++) { /* the first of them by the tie */
        cr_expect_eq(sim_request(run, i)->replica, 1);
    }
    cr_expect_eq(sim_request(run, 2)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_GONE), 10 * S);
    recorded_run_destroy(run);
}
