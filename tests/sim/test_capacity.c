// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 7 on whole simulations: who gets GPUs, and when. A granted replica leaves
 * pending_scheduling after its node allocation of 10 s, so it serves 20 s after the grant. */
#include "sim/sim_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START                                                                                      \
    "'cold_start':{'cv':0,'node_allocation':'10s','downloading_model':'4s','initializing':'5s',"   \
    "'routing_lag':'1s'}"

/* A deployment that a request at `time` wakes with `count` replicas of `gpus` GPUs each. */
#define WOKEN(time, count, gpus)                                                                   \
    PLAIN ",'client':'none'," START ",'accelerator_count':" #gpus                                  \
          ",'initial_replica_count':0,'autoscaling':{'min_replica_count':" #count                  \
          ",'scale_up_window':'1h'},'traffic':" ONE(time, 1, 1)

/* When the GPUs of a replica were granted; SIM_TIME_NEVER if they were not. */
static sim_time granted(const RecordedRun *run, uint32_t deployment, uint32_t replica) {
    const sim_time time = sim_entered(run, deployment, replica, ASIM_REPLICA_DOWNLOADING_MODEL);
    return time == SIM_TIME_NEVER ? SIM_TIME_NEVER : time - 10 * S;
}

static void check_granted(const RecordedRun *run, uint32_t deployment, const sim_time times[],
                          uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        cr_expect_eq(granted(run, deployment, i + 1), times[i], "replica %u at %g s", i + 1,
                     (double)granted(run, deployment, i + 1) / 1e9);
    }
    cr_expect_eq(sim_created(run, deployment), count);
}

/* Without a pool there is no end of GPUs. */
Test(sim_capacity, unlimited_by_default) {
    RecordedRun *run = sim_run_one("'duration':'1m'", WOKEN("3s", 50, 8));
    for (uint32_t i = 1; i <= 50; i++) {
        cr_expect_eq(granted(run, 0, i), 3 * S);
    }
    recorded_run_destroy(run);
}

/* 2 reserved and 3 on-demand GPUs; replicas of 1 GPU: five are granted, the sixth waits. */
Test(sim_capacity, a_fixed_count) {
    RecordedRun *run =
        sim_run_one("'duration':'10m','pools':{'H100':{'reserved_gpus':2,'on_demand_gpus':3}}",
                    WOKEN("3s", 6, 1));
    check_granted(run, 0, (const sim_time[]){3 * S, 3 * S, 3 * S, 3 * S, 3 * S, SIM_TIME_NEVER}, 6);
    recorded_run_destroy(run);
}

/* A replica may take reserved and on-demand GPUs together: 3 + 1; what is left, 2, does not do for
 * another of 4. */
Test(sim_capacity, reserved_and_on_demand_mix) {
    RecordedRun *run =
        sim_run_one("'duration':'10m','pools':{'H100':{'reserved_gpus':3,'on_demand_gpus':3}}",
                    WOKEN("3s", 2, 4));
    check_granted(run, 0, (const sim_time[]){3 * S, SIM_TIME_NEVER}, 2);
    /* billed from 23 to 600 s: 577 s x 4 GPUs, of which 3 are covered */
    cr_expect_eq(run->ends[0].costs.billed_gpu_s, 577 * 4);
    cr_expect_float_eq(run->ends[0].costs.covered_gpu_s, 577 * 3, 1e-9);
    recorded_run_destroy(run);
}

/* Available for 100 s, stocked out for 50 s, and so on. Of one instant the market's change comes
 * before the request that asks. */
static void check_market(const char *time, sim_time expected) {
    RecordedRun *run =
        sim_run("{'duration':'10m','pools':{'H100':{'on_demand_available':'100s',"
                "'on_demand_stocked_out':'50s'}},'deployments':{'d':{" PLAIN
                ",'client':'none'," START ",'traffic':{'type':'constant','rate_per_s':1e-9,"
                "'start':'%s','prompt_tokens':1,'output_tokens':1}}}}",
                time);
    cr_expect_eq(granted(run, 0, 1), expected, "asked at %s, granted at %g s", time,
                 (double)granted(run, 0, 1) / 1e9);
    recorded_run_destroy(run);
}

Test(sim_capacity, stock_outs) {
    check_market("99s999999999ns", 100 * S - 1);
    check_market("100s", 150 * S);
    check_market("120s", 150 * S);
    check_market("149s999999999ns", 150 * S);
    check_market("150s", 150 * S);
    check_market("250s", 300 * S);
}

/* A granted replica keeps its GPUs through a stock-out; the deployment serves on with what it has
 * while another waits: scaled up at 105 s, granted at 150 s, serving at 170 s. */
Test(sim_capacity, serves_on_while_a_replica_waits) {
    RecordedRun *run =
        sim_run_one("'duration':'10m','pools':{'H100':{'on_demand_available':'100s',"
                    "'on_demand_stocked_out':'50s'}}",
                    PLAIN "," START ",'autoscaling':{'min_replica_count':1,'max_replica_count':2,"
                          "'scale_up_window':'0s','scale_down_window':'1h',"
                          "'load_targets':{'concurrent_requests':1}},"
                          "'traffic':[" ONE("101s", 1, 400) "," ONE("101s", 1, 400) "," EVERY(
                              1, "110s", "180s", 1, 1) "]");
    sim_check_scaling(run, 0, 105 * S, 1, 2);
    cr_expect_eq(granted(run, 0, 2), 150 * S);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_SERVING), 170 * S);
    cr_expect_eq(run->ends[0].totals.outcomes[ASIM_COMPLETED], 72);
    recorded_run_destroy(run);
}

/* Reserved GPUs are granted at once, always: the market is out from 1 s to 3,601 s. */
Test(sim_capacity, reserved_in_a_stock_out) {
    RecordedRun *run =
        sim_run_one("'duration':'2h','pools':{'H100':{'reserved_gpus':4,'on_demand_available':'1s',"
                    "'on_demand_stocked_out':'1h'}}",
                    WOKEN("10s", 3, 2));
    check_granted(run, 0, (const sim_time[]){10 * S, 10 * S, 3601 * S}, 3);
    recorded_run_destroy(run);
}

/* Recorded capacity: 1 GPU until 60 s, none until 120 s, then 2, then as many as you like. */
Test(sim_capacity, recorded_market) {
    char path[] = "/tmp/test_capacity_XXXXXX";
    const int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    fputs("time_s,on_demand_gpus\n0,1\n60,0\n120,2\n200.5,unlimited\n", file);
    fclose(file);
    RecordedRun *run = sim_run("{'duration':'10m','pools':{'H100':{'on_demand_file':'%s'}},"
                               "'deployments':{'d':{%s}}}",
                               path, WOKEN("3s", 5, 1));
    check_granted(run, 0, (const sim_time[]){3 * S, 120 * S, 200500 * MS, 200500 * MS, 200500 * MS},
                  5);
    recorded_run_destroy(run);
    unlink(path);
}

/* First come, first served: b asked for 2 GPUs at 20 s, c for 1 at 30 s. The market of 2 is a's
 * until 1 GPU comes back at 300 s, when a goes to zero: that would do for c, but b is first. */
#define SHARED(pool, a, b, c)                                                                      \
    "{'duration':'30m','pools':{'H100':{" pool "}},'deployments':{'a':{" a "},'b':{" b "},'c':{" c \
    "}}}"

Test(sim_capacity, first_come_first_served) {
    RecordedRun *run = sim_run(SHARED(
        "'on_demand_gpus':2",
        PLAIN ",'initial_replica_count':1,'client':'none','autoscaling':{'scale_to_zero_window':"
              "'5m'},'traffic':" ONE("0s", 1, 1),
        PLAIN ",'client':'none'," START ",'accelerator_count':2,'autoscaling':{"
              "'scale_to_zero_window':'5m'},'traffic':" ONE("20s", 1, 1),
        PLAIN ",'client':'none'," START ",'autoscaling':{'scale_to_zero_window':'5m'},"
              "'traffic':" ONE("30s", 1, 1)));
    /* a: idle since 10 ms, to zero at 305 s. b: serves at 325 s, to zero at 625 s. */
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_GONE), 305 * S);
    cr_expect_eq(granted(run, 1, 1), 305 * S);
    cr_expect_eq(sim_entered(run, 1, 1, ASIM_REPLICA_GONE), 625 * S);
    cr_expect_eq(granted(run, 2, 1), 625 * S);
    recorded_run_destroy(run);
}

/* But what fits into free reserved GPUs never waits behind it, for that is what a reservation
 * guarantees: 1 reserved GPU is free, b wants 2. */
Test(sim_capacity, reservation_passes_the_queue) {
    RecordedRun *run = sim_run(SHARED(
        "'reserved_gpus':2,'on_demand_gpus':0",
        PLAIN ",'initial_replica_count':1,'client':'none','autoscaling':{'min_replica_count':1},"
              "'traffic':" ONE("0s", 1, 1),
        WOKEN("20s", 1, 2), WOKEN("30s", 1, 1)));
    cr_expect_eq(granted(run, 1, 1), SIM_TIME_NEVER);
    cr_expect_eq(granted(run, 2, 1), 30 * S);
    recorded_run_destroy(run);
}

/* One's peak takes the other's reservation: a has all 4 GPUs from 3 s on, and b, asking for them at
 * 60 s while the market is out until 3,601 s, gets them when a is at zero: it serves from 23 s,
 * idle until 323 s, evaluated at 325 s. */
Test(sim_capacity, deployments_share_a_reservation) {
    RecordedRun *run = sim_run(
        "{'duration':'2h','pools':{'H100':{'reserved_gpus':4,'on_demand_available':'1s',"
        "'on_demand_stocked_out':'1h'}},'deployments':{'a':{" PLAIN ",'client':'none'," START
        ",'accelerator_count':4,'autoscaling':{'scale_to_zero_window':'5m'},'traffic':" ONE(
            "3s", 1, 1) "},'b':{" WOKEN("60s", 1, 4) "}}}");
    cr_expect_eq(granted(run, 0, 1), 3 * S);
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_GONE), 325 * S);
    cr_expect_eq(granted(run, 1, 1), 325 * S);
    recorded_run_destroy(run);
}

/* GPUs come back when a replica has drained, not when it begins to: a drains from 5 s to 10 s. */
Test(sim_capacity, drained_gpus_come_back) {
    RecordedRun *run = sim_run(
        "{'duration':'5m','pools':{'H100':{'on_demand_gpus':2}},'deployments':{'a':{" PLAIN
        ",'initial_replica_count':2,'autoscaling':{'min_replica_count':1,'scale_down_window':'0s',"
        "'max_replica_count':2,'load_targets':{'concurrent_requests':5}},'traffic':[" ONE(
            "0s", 1, 1000) "," ONE("0s", 1, 1000) "]},'b':{" WOKEN("3s", 1, 1) "}}}");
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_DRAINING), 5 * S);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_GONE), 10 * S);
    cr_expect_eq(granted(run, 1, 1), 10 * S);
    recorded_run_destroy(run);
}

/* GPUs that come back at 10 s serve a start without delay before a request that is sent at 10 s:
 * transitions come before sends. */
Test(sim_capacity, drained_gpus_come_back_before_sends) {
    RecordedRun *run = sim_run(
        "{'duration':'5m','pools':{'H100':{'on_demand_gpus':2}},'deployments':{'a':{" PLAIN
        ",'initial_replica_count':2,'autoscaling':{'min_replica_count':1,'scale_down_window':'0s',"
        "'max_replica_count':2,'load_targets':{'concurrent_requests':5}},'traffic':[" ONE(
            "0s", 1, 1000) "," ONE("0s", 1,
                                   1000) "]},'b':{" PLAIN
                                         ",'client':'none','cold_start':'0s','traffic':[" ONE(
                                             "3s", 1, 1) "," ONE("10s", 1, 1) "]}}}");
    cr_expect_eq(sim_entered(run, 1, 1, ASIM_REPLICA_SERVING), 10 * S);
    cr_expect_eq(sim_request(run, 4)->first_send, 10 * S);
    cr_expect_eq(sim_request(run, 4)->last_answer, ASIM_ANSWER_200);
    recorded_run_destroy(run);
}

/* A waiting replica that is no longer wanted steps back, and the next one gets its GPUs: a's
 * second waits for 2 GPUs from 5 s, b for 1 from 7 s; a gives up at 10 s, where 1 GPU is left. */
Test(sim_capacity, cancelled_waiter) {
    RecordedRun *run =
        sim_run("{'duration':'5m','pools':{'H100':{'on_demand_gpus':3}},'deployments':{'a':{" PLAIN
                "," START ",'accelerator_count':2,'autoscaling':{'min_replica_count':1,"
                "'scale_up_window':'0s','scale_down_window':'0s','max_replica_count':2,"
                "'load_targets':{'concurrent_requests':1}},'traffic':[" ONE("0s", 1, 400) "," ONE(
                    "0s", 1, 400) "]},'b':{" WOKEN("7s", 1, 1) "}}}");
    sim_check_scaling(run, 0, 5 * S, 1, 2);
    sim_check_scaling(run, 1, 10 * S, 2, 1);
    cr_expect_eq(granted(run, 0, 2), SIM_TIME_NEVER);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_GONE), 10 * S);
    cr_expect_eq(granted(run, 1, 1), 10 * S);
    recorded_run_destroy(run);
}

/* A quota of 5 GPUs, replicas of 2: of a target of 4 two are asked for, and two are reported. */
Test(sim_capacity, quota) {
    RecordedRun *run =
        sim_run_one("'duration':'103s','pools':{'H100':{'quota_gpus':5}}", WOKEN("3s", 4, 2));
    check_granted(run, 0, (const sim_time[]){3 * S, 3 * S}, 2);
    const asim_decision_taken *wake = recorded_scaling(run, 0, 0);
    cr_expect_eq(wake->decision->target, 4);
    cr_expect_eq(wake->not_asked, 2);
    cr_expect_eq(run->intervals[0].target, 4);
    cr_expect_eq(run->intervals[0].not_asked, 2);
    cr_expect_eq(run->ends[0].costs.quota_limited_s, 100);
    recorded_run_destroy(run);
}

/* What others give back is asked for then: a holds 4 of a quota of 5 until 305 s. */
Test(sim_capacity, quota_freed) {
    RecordedRun *run =
        sim_run("{'duration':'10m','pools':{'H100':{'quota_gpus':5}},'deployments':{'a':{" PLAIN
                ",'accelerator_count':4,'initial_replica_count':1,'client':'none','autoscaling':{"
                "'scale_to_zero_window':'5m'},'traffic':" ONE("1s", 1, 1) "},'b':{" WOKEN("60s", 3,
                                                                                          1) "}}}");
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_GONE), 305 * S);
    check_granted(run, 1, (const sim_time[]){60 * S, 305 * S, 305 * S}, 3);
    cr_expect_eq(run->ends[1].costs.quota_limited_s, 245);
    recorded_run_destroy(run);
}

/* Pools are by accelerator: no H100 on demand does not bother a B200. */
Test(sim_capacity, pools_are_apart) {
    RecordedRun *run =
        sim_run("{'duration':'10m','pools':{'H100':{'on_demand_gpus':0}},'deployments':{'a':"
                "{" WOKEN("3s", 1, 1) "},'b':{'model':'m','accelerator':'B200','weights_gb':"
                                      "16," PROFILE(8, 1000) ",'client':'none'," START
                                                             ",'traffic':" ONE("3s", 1, 1) "}}}");
    cr_expect_eq(granted(run, 0, 1), SIM_TIME_NEVER);
    cr_expect_eq(granted(run, 1, 1), 3 * S);
    recorded_run_destroy(run);
}
