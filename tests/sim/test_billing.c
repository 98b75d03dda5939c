// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 9 on whole simulations: what is billed from when to when, at what price, and by whom it is
 * covered. Dollars are compared exactly where all figures are exact in binary. */
#include "sim/sim_fixture.h"

#include <criterion/criterion.h>

#define COSTS(run) (&(run)->ends[0].costs)
#define SAME(found, expected)                                                                      \
    cr_expect_eq(found, expected, "line %d: %.17g, not %.17g", __LINE__, (double)(found),          \
                 (double)(expected))
#define SELDOM "'interval':'1h'"

/* Prices ------------------------------------------------------------------------------------- */

/* One replica of one GPU for a day, with these members and this pool. */
static void check_day(const char *accelerator, const char *members, const char *pools,
                      double expected) {
    RecordedRun *run = sim_run(
        "{'duration':'1d'," SELDOM ",%s'deployments':{'d':{'model':'m',"
        "'accelerator':'%s','weights_gb':16," PROFILE(
            8, 1000) ",'autoscaling':{'min_replica_count':1},'traffic':" ONE("0s", 1, 1) "%s}}}",
        pools, accelerator, members);
    cr_expect_float_eq(COSTS(run)->on_demand_usd, expected, 1e-12 * expected, "%s: %.17g",
                       accelerator, COSTS(run)->on_demand_usd);
    SAME(COSTS(run)->reserved_usd, 0);
    SAME(COSTS(run)->billed_gpu_s, 86400);
    SAME(COSTS(run)->replica_s, 86400);
    recorded_run_destroy(run);
}

/* 24 h at $8. */
Test(sim_billing, a_day_of_one_h100_is_192_dollars) {
    RecordedRun *run =
        sim_run_one("'duration':'1d'," SELDOM,
                    PLAIN ",'autoscaling':{'min_replica_count':1},'traffic':" ONE("0s", 1, 1));
    SAME(COSTS(run)->on_demand_usd, 192);
    recorded_run_destroy(run);
}

Test(sim_billing, list_prices) {
    check_day("H100", "", "", 24 * 8);
    check_day("H200", "", "", 24 * 8);
    check_day("B200", "", "", 24 * 13);
    check_day("B300", "", "", 24 * 15);
    check_day("GB300", "", "", 24 * 20);
    check_day("A100", "", "", 24 * 2.90);
}

Test(sim_billing, prices_can_be_overridden) {
    check_day("H100", ",'usd_per_gpu_hour':2.5", "", 24 * 2.5);
    check_day("H100", "", "'pools':{'H100':{'usd_per_gpu_hour':3}},", 24 * 3);
    check_day("H100", ",'usd_per_gpu_hour':2.5", "'pools':{'H100':{'usd_per_gpu_hour':3}},",
              24 * 2.5);
}

/* x 1.5: $288. */
Test(sim_billing, region_restricted) {
    check_day("H100", ",'region_restricted':true", "", 288);
    check_day("H100", ",'region_restricted':true,'usd_per_gpu_hour':4", "", 24 * 6);
}

/* x the GPUs of a replica, x replicas: 3 x 4 x 24 x 8. */
Test(sim_billing, per_gpu) {
    RecordedRun *run = sim_run_one(
        "'duration':'1d'," SELDOM, PLAIN
        ",'accelerator_count':4,'autoscaling':{'min_replica_count':3},'traffic':" ONE("0s", 1, 1));
    SAME(COSTS(run)->on_demand_usd, 2304);
    SAME(COSTS(run)->billed_gpu_s, 12 * 86400);
    SAME(COSTS(run)->replica_s, 3 * 86400);
    recorded_run_destroy(run);
}

/* From serving to drained -------------------------------------------------------------------- */

/* Woken at 3 s, it serves from 103 s and is idle until 403 s; evaluated at 405 s: gone. 302 s at
 * $8 an hour. */
#define WOKEN                                                                                      \
    PLAIN ",'client':'none','cold_start':'100s','autoscaling':{'scale_to_zero_window':'5m'}"

Test(sim_billing, from_serving_to_gone) {
    RecordedRun *run = sim_run_one("'duration':'1h'", WOKEN ",'traffic':" ONE("3s", 1, 1));
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_SERVING), 103 * S);
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_GONE), 405 * S);
    SAME(COSTS(run)->billed_gpu_s, 302);
    cr_expect_float_eq(COSTS(run)->on_demand_usd, 302 * 8 / 3600.0, 1e-12);
    SAME(COSTS(run)->booting_gpu_s, 100);
    SAME(COSTS(run)->idle_gpu_s, 302);
    SAME(COSTS(run)->busy_gpu_s, 0);
    SAME(COSTS(run)->zero_s, 3600 - 302);
    recorded_run_destroy(run);
}

/* As other clouds bill: from the grant of GPUs on. */
Test(sim_billing, bill_startup) {
    RecordedRun *run =
        sim_run_one("'duration':'1h'", WOKEN ",'bill_startup':true,'traffic':" ONE("3s", 1, 1));
    SAME(COSTS(run)->billed_gpu_s, 402);
    recorded_run_destroy(run);
}

/* Not while it waits for them: stocked out from 1 to 61 s. Granted at 61 s, serving at 161 s, to
 * zero at 465 s (the first evaluation at or after 461 s). */
Test(sim_billing, bill_startup_not_the_wait_for_gpus) {
    RecordedRun *run = sim_run_one("'duration':'1h','pools':{'H100':{'on_demand_available':{"
                                   "'distribution':'empirical','values':['1s']},"
                                   "'on_demand_stocked_out':'1m'}}",
                                   WOKEN ",'bill_startup':true,'traffic':" ONE("3s", 1, 1));
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_SERVING), 161 * S);
    SAME(COSTS(run)->billed_gpu_s, 465 - 61);
    recorded_run_destroy(run);
}

/* A start that is cancelled was never billed; with bill_startup it was, from 5 to 10 s. */
Test(sim_billing, cancelled_start) {
    static const char members[] =
        PLAIN ",'cold_start':'100s','bill_startup':%s,'autoscaling':{'min_replica_count':1,"
              "'max_replica_count':2,'scale_up_window':'0s','scale_down_window':'0s',"
              "'load_targets':{'concurrent_requests':1}},"
              "'traffic':[" ONE("0s", 1, 400) "," ONE("0s", 1, 400) "]";
    RecordedRun *run = sim_run_one("'duration':'1m'", members, "false");
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_GONE), 10 * S);
    SAME(COSTS(run)->billed_gpu_s, 60);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'1m'", members, "true");
    SAME(COSTS(run)->billed_gpu_s, 65);
    recorded_run_destroy(run);
}

/* Two replicas; the second drains from 5 s, with a request that it finishes at 10 s; the first is
 * busy until 10 s and idle until 20 s. 20 + 10 s billed: 15 busy, 10 idle, 5 draining. */
Test(sim_billing, gpu_seconds_by_state) {
    RecordedRun *run =
        sim_run_one("'duration':'20s'",
                    PLAIN ",'accelerator_count':2,'initial_replica_count':2,'autoscaling':{"
                          "'min_replica_count':1,'max_replica_count':2,'scale_down_window':'0s',"
                          "'load_targets':{'concurrent_requests':5}},"
                          "'traffic':[" ONE("0s", 1, 1000) "," ONE("0s", 1, 1000) "]");
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_DRAINING), 5 * S);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_GONE), 10 * S);
    SAME(COSTS(run)->billed_gpu_s, 2 * 30);
    SAME(COSTS(run)->busy_gpu_s, 2 * 15);
    SAME(COSTS(run)->idle_gpu_s, 2 * 10);
    SAME(COSTS(run)->draining_gpu_s, 2 * 5);
    SAME(COSTS(run)->booting_gpu_s, 0);
    recorded_run_destroy(run);
}

/* The bill ends with the scenario: a request from 9 to 19 s is finished, at no cost after 10 s. */
Test(sim_billing, the_drain_costs_nothing) {
    RecordedRun *run =
        sim_run_one("'duration':'10s'",
                    PLAIN ",'autoscaling':{'min_replica_count':1},'traffic':" ONE("9s", 1, 1000));
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 1)->ended, 19 * S);
    SAME(COSTS(run)->billed_gpu_s, 10);
    SAME(COSTS(run)->busy_gpu_s, 1);
    SAME(COSTS(run)->idle_gpu_s, 9);
    recorded_run_destroy(run);
}

/* Without a duration the scenario ends with its last arrival, at 9 s. */
Test(sim_billing, ends_with_the_traffic) {
    RecordedRun *run = sim_run(
        "{'deployments':{'d':{" PLAIN
        ",'autoscaling':{'min_replica_count':1},'traffic':" EVERY(1, "0s", "9s1ns", 1, 1) "}}}");
    cr_expect_eq(run->ends[0].totals.requests, 10);
    cr_expect_float_eq(COSTS(run)->billed_gpu_s, 9, 2e-9);
    recorded_run_destroy(run);
}

/* Running totals: a day of 24 intervals costs $8 each. */
Test(sim_billing, cost_so_far) {
    RecordedRun *run =
        sim_run_one("'duration':'1d'," SELDOM,
                    PLAIN ",'autoscaling':{'min_replica_count':1},'traffic':" ONE("0s", 1, 1));
    cr_assert_eq(run->interval_count, 24);
    for (size_t i = 0; i < 24; i++) {
        cr_expect_eq(run->intervals[i].costs.on_demand_usd, 8.0 * (double)(i + 1));
    }
    recorded_run_destroy(run);
}

/* Reservations ------------------------------------------------------------------------------- */

/* Two replicas of 8 GPUs against 12 reserved: 4 on-demand for a day, 4 x 24 x 8 = $768; the fee for
 * 12 is $2,304. */
Test(sim_billing, beyond_the_reservation_is_on_demand) {
    RecordedRun *run = sim_run_one(
        "'duration':'1d'," SELDOM ",'pools':{'H100':{'reserved_gpus':12}}", PLAIN
        ",'accelerator_count':8,'autoscaling':{'min_replica_count':2},'traffic':" ONE("0s", 1, 1));
    SAME(COSTS(run)->billed_gpu_s, 16 * 86400);
    cr_expect_float_eq(COSTS(run)->covered_gpu_s, 12 * 86400, 1e-6);
    cr_expect_float_eq(COSTS(run)->on_demand_usd, 768, 1e-9);
    cr_expect_float_eq(COSTS(run)->reserved_usd, 2304, 1e-9);
    recorded_run_destroy(run);
}

/* Used or not: 12 reserved for a day with 8 in use, and with none. */
Test(sim_billing, the_fee_runs_all_the_time) {
    static const char members[] =
        PLAIN ",'accelerator_count':8,'autoscaling':{'min_replica_count':%d},'traffic':%s";
    RecordedRun *run =
        sim_run_one("'duration':'1d'," SELDOM ",'pools':{'H100':{'reserved_gpus':12}}", members, 1,
                    ONE("0s", 1, 1));
    SAME(COSTS(run)->on_demand_usd, 0);
    cr_expect_float_eq(COSTS(run)->reserved_usd, 2304, 1e-9);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'1d'," SELDOM ",'pools':{'H100':{'reserved_gpus':12}}", members,
                      0, ONE("23h59m59s", 1, 1));
    SAME(COSTS(run)->on_demand_usd, 0);
    SAME(COSTS(run)->billed_gpu_s, 0);
    cr_expect_float_eq(COSTS(run)->reserved_usd, 2304, 1e-9);
    recorded_run_destroy(run);
}

/* At a price of its own: 12 x 24 x $5 = $1,440. */
Test(sim_billing, reserved_price) {
    RecordedRun *run = sim_run_one(
        "'duration':'1d'," SELDOM
        ",'pools':{'H100':{'reserved_gpus':12,'reserved_usd_per_gpu_hour':5}}",
        PLAIN
        ",'accelerator_count':8,'autoscaling':{'min_replica_count':2},'traffic':" ONE("0s", 1, 1));
    cr_expect_float_eq(COSTS(run)->reserved_usd, 1440, 1e-9);
    cr_expect_float_eq(COSTS(run)->on_demand_usd, 768, 1e-9);
    recorded_run_destroy(run);
}

/* At each instant: 4 reserved; one replica of 4 GPUs all the time, a second from 105 s (asked for
 * at 5 s) to the end at 600 s: 495 s x 4 on-demand. What a boot does not bill it does not cover. */
Test(sim_billing, covered_at_each_instant) {
    RecordedRun *run = sim_run_one(
        "'duration':'10m','pools':{'H100':{'reserved_gpus':4}}",
        PLAIN ",'accelerator_count':4,'cold_start':'100s','autoscaling':{'min_replica_count':1,"
              "'max_replica_count':2,'scale_up_window':'0s','scale_down_window':'1h',"
              "'load_targets':{'concurrent_requests':1}},"
              "'traffic':[" ONE("0s", 1, 1000) "," ONE("0s", 1, 1000) "]");
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_SERVING), 105 * S);
    SAME(COSTS(run)->billed_gpu_s, 4 * (600 + 495));
    cr_expect_float_eq(COSTS(run)->covered_gpu_s, 4 * 600, 1e-6);
    cr_expect_float_eq(COSTS(run)->on_demand_usd, 4 * 495 * 8 / 3600.0, 1e-9);
    recorded_run_destroy(run);
}

/* Two deployments of 4 and 12 GPUs share 8 reserved ones: each has half of its own covered, pays 2
 * and 6 on demand, and bears a quarter and three quarters of the fee of 8 x 24 x 8 = $1,536. */
Test(sim_billing, deployments_share_a_reservation) {
    RecordedRun *run = sim_run(
        "{'duration':'1d'," SELDOM ",'pools':{'H100':{'reserved_gpus':8}},'deployments':{"
        "'a':{" PLAIN ",'accelerator_count':4,'autoscaling':{'min_replica_count':1},"
        "'traffic':" ONE("0s", 1, 1) "},'b':{" PLAIN
                                     ",'accelerator_count':4,'autoscaling':{'min_replica_count':3},"
                                     "'traffic':" ONE("0s", 1, 1) "}}}");
    const asim_costs *a = &run->ends[0].costs;
    const asim_costs *b = &run->ends[1].costs;
    cr_expect_float_eq(a->covered_gpu_s, 2 * 86400, 1e-6);
    cr_expect_float_eq(b->covered_gpu_s, 6 * 86400, 1e-6);
    cr_expect_float_eq(a->on_demand_usd, 2 * 192, 1e-9);
    cr_expect_float_eq(b->on_demand_usd, 6 * 192, 1e-9);
    cr_expect_float_eq(a->reserved_usd, 1536 / 4.0, 1e-9);
    cr_expect_float_eq(b->reserved_usd, 1536 * 3 / 4.0, 1e-9);
    recorded_run_destroy(run);
}

/* Together they pay exactly the pool's bill, also when one of them is dearer. */
Test(sim_billing, the_fee_is_paid_once) {
    RecordedRun *run = sim_run(
        "{'duration':'1h','pools':{'H100':{'reserved_gpus':6}},'deployments':{"
        "'a':{" PLAIN ",'accelerator_count':4,'autoscaling':{'min_replica_count':1},"
        "'traffic':" ONE(
            "0s", 1,
            1) "},'b':{" PLAIN
               ",'region_restricted':true,'cold_start':'97s','client':'python','traffic':" ONE(
                   "11s", 1, 1) "}}}");
    const double fee = run->ends[0].costs.reserved_usd + run->ends[1].costs.reserved_usd;
    cr_expect_float_eq(fee, 48, 1e-9);
    cr_expect_eq(run->ends[0].costs.on_demand_usd + run->ends[1].costs.on_demand_usd, 0);
    recorded_run_destroy(run);
}
