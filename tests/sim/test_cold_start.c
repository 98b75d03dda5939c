// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 6 on whole simulations: the phases of a replica's start, to the nanosecond. */
#include "sim/sim_fixture.h"

#include <criterion/criterion.h>
#include <math.h>

static const asim_replica_state phases[] = {
    ASIM_REPLICA_PENDING_SCHEDULING, ASIM_REPLICA_DOWNLOADING_MODEL, ASIM_REPLICA_INITIALIZING,
    ASIM_REPLICA_READY, ASIM_REPLICA_SERVING};

/* Length of the n-th phase (0: pending_scheduling) of a replica of deployment 0. */
static sim_time phase_of(const RecordedRun *run, uint32_t replica, int n) {
    return sim_entered(run, 0, replica, phases[n + 1]) - sim_entered(run, 0, replica, phases[n]);
}

static void check_phases(const RecordedRun *run, uint32_t replica, const double seconds[4]) {
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(phase_of(run, replica, i), sim_seconds(seconds[i]), "phase %d: %g s", i,
                     (double)phase_of(run, replica, i) / 1e9);
    }
}

/* A request at 3 s wakes a deployment with these members. */
static RecordedRun *run_woken(const char *members) {
    return sim_run_one("'duration':'1h'",
                       "'model':'m','accelerator':'H100'," PROFILE(
                           8, 1000) ",'client':'none','traffic':" ONE("3s", 1, 1) ",%s",
                       members);
}

static void check_woken(const char *members, const double seconds[4]) {
    RecordedRun *run = run_woken(members);
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_PENDING_SCHEDULING), 3 * S);
    check_phases(run, 1, seconds);
    recorded_run_destroy(run);
}

/* 8 x 10^9 parameters of 2 bytes are 16 GB: at 12.5 GB/s 1.28 s, at 0.4 s/GB on one GPU 6.4 s more
 * than 35 s. */
Test(sim_cold_start, eight_billion_in_bf16) {
    check_woken("'parameters_b':8,'precision':'bf16','cold_start':{'cv':0}",
                (const double[]){10, 1.28, 41.4, 10});
}

/* Half the bytes; half of them on each of two GPUs; given weights. */
Test(sim_cold_start, follows_the_weights) {
    check_woken("'parameters_b':8,'precision':'fp8','cold_start':{'cv':0}",
                (const double[]){10, 0.64, 38.2, 10});
    check_woken("'parameters_b':8,'precision':'bf16','accelerator_count':2,'cold_start':{'cv':0}",
                (const double[]){10, 1.28, 38.2, 10});
    check_woken("'weights_gb':100,'accelerator_count':4,'cold_start':{'cv':0}",
                (const double[]){10, 8, 45, 10});
}

/* Requests find the replica only after the routing lag: at 65.68 s = 3 + 10 + 1.28 + 41.4 + 10. */
Test(sim_cold_start, ready_is_not_routed_to) {
    RecordedRun *run =
        sim_run_one("'duration':'5m'",
                    PLAIN ",'client':'none','cold_start':{'cv':0},'traffic':[" ONE(
                        "3s", 1, 1) "," ONE("65s679999999ns", 1, 1) "," ONE("65s680ms", 1, 1) "]");
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_READY), sim_seconds(55.68));
    cr_expect_eq(sim_request(run, 2)->last_answer, ASIM_ANSWER_503);
    cr_expect_eq(sim_request(run, 3)->last_answer, ASIM_ANSWER_200);
    recorded_run_destroy(run);
}

/* The start as one number: nothing but its sum, with no spread, is known. */
Test(sim_cold_start, as_one_number) {
    RecordedRun *run = run_woken("'weights_gb':16,'cold_start':'90s'");
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_SERVING), 93 * S);
    recorded_run_destroy(run);
}

/* As one distribution: uniform from 60 to 120 s. */
Test(sim_cold_start, as_one_distribution) {
    RecordedRun *run = run_woken("'weights_gb':16,'cold_start':{'distribution':'uniform',"
                                 "'minimum':'60s','maximum':'120s'}");
    const sim_time start = sim_entered(run, 0, 1, ASIM_REPLICA_SERVING) - 3 * S;
    cr_expect(start > 60 * S && start < 120 * S && start != 90 * S);
    recorded_run_destroy(run);
}

/* Phase by phase. */
Test(sim_cold_start, per_phase) {
    check_woken("'weights_gb':16,'cold_start':{'cv':0,'node_allocation':'1s','downloading_model':"
                "'2s','initializing':'3s','routing_lag':'4s'}",
                (const double[]){1, 2, 3, 4});
    check_woken("'weights_gb':16,'cold_start':{'cv':0,'bandwidth_gb_per_s':4,'initialize_base':"
                "'20s','initialize_s_per_gb_per_gpu':0.5}",
                (const double[]){10, 4, 28, 10});
}

/* Two replicas start at once: 16 GB from afar at 2 GB/s for the first, then from the cache. */
#define TWO_AT_ONCE                                                                                \
    "'client':'none','initial_replica_count':0,'autoscaling':{'min_replica_count':2},"             \
    "'cold_start':{'cv':0,'cold_region':%s},'traffic':" ONE("3s", 1, 1)

Test(sim_cold_start, cold_region) {
    RecordedRun *run = sim_run_one("'duration':'5m'", PLAIN "," TWO_AT_ONCE, "true");
    check_phases(run, 1, (const double[]){10, 8, 41.4, 10});
    check_phases(run, 2, (const double[]){10, 1.28, 41.4, 10});
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'5m'", PLAIN "," TWO_AT_ONCE, "false");
    check_phases(run, 1, (const double[]){10, 1.28, 41.4, 10});
    recorded_run_destroy(run);
}

/* A model's first start in the run: another deployment of the same model, woken later, is not the
 * first; one that was warm from the beginning has it in the region. */
Test(sim_cold_start, cold_region_is_per_model) {
    RecordedRun *run = sim_run("{'duration':'5m','deployments':{'a':{%s,%s},'b':{%s,%s}}}",
                               PLAIN ",'client':'none','cold_start':{'cv':0,'cold_region':true}",
                               "'traffic':" ONE("3s", 1, 1),
                               PLAIN ",'client':'none','cold_start':{'cv':0,'cold_region':true}",
                               "'traffic':" ONE("60s", 1, 1));
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_INITIALIZING), 21 * S);
    cr_expect_eq(sim_entered(run, 1, 1, ASIM_REPLICA_INITIALIZING), sim_seconds(71.28));
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'5m'",
                      PLAIN ",'initial_replica_count':1,'autoscaling':{'min_replica_count':2,"
                            "'scale_up_window':'0s'},'cold_start':{'cv':0,'cold_region':true},"
                            "'traffic':" ONE("3s", 1, 1));
    check_phases(run, 2, (const double[]){10, 1.28, 41.4, 10});
    recorded_run_destroy(run);
}

/* 2,000 replicas start at once. */
static RecordedRun *run_many(const char *cold_start) {
    return sim_run_one("'duration':'1d','interval':'1h','drain':false",
                       PLAIN ",'client':'none','initial_replica_count':0,'autoscaling':{"
                             "'min_replica_count':2000,'evaluation_interval':'1h'},"
                             "'cold_start':{%s},'traffic':" ONE("3s", 1, 1),
                       cold_start);
}

/* Each phase is its mean x a lognormal factor of mean 1 and cv 0.35, by default: the average of
 * 2,000 within 5 standard errors (5 x 0.35 / sqrt(2000) = 0.039), the sample's cv near 0.35. */
Test(sim_cold_start, spread) {
    static const double means[] = {10, 1.28, 41.4, 10};
    RecordedRun *run = run_many("");
    cr_assert_eq(sim_created(run, 0), 2000);
    double sum[4] = {0}, squares[4] = {0}, product = 0;
    sim_time entered[2001][5];
    for (size_t i = 0; i < run->change_count; i++) {
        if (run->changes[i].to <= ASIM_REPLICA_SERVING) {
            entered[run->changes[i].replica][run->changes[i].to] = run->changes[i].time;
        }
    }
    for (size_t replica = 1; replica <= 2000; replica++) {
        double factors[4];
        for (int i = 0; i < 4; i++) {
            factors[i] = (double)(entered[replica][i + 1] - entered[replica][i]) / 1e9 / means[i];
            sum[i] += factors[i];
            squares[i] += factors[i] * factors[i];
        }
        product += (factors[0] - 1) * (factors[2] - 1);
    }
    for (int i = 0; i < 4; i++) {
        const double mean = sum[i] / 2000;
        cr_expect_float_eq(mean, 1, 0.039, "phase %d: %g", i, mean);
        cr_expect_float_eq(sqrt(squares[i] / 2000 - mean * mean), 0.35, 0.05);
    }
    cr_expect_float_eq(product / 2000 / (0.35 * 0.35), 0, 0.12); /* phases are independent */
    recorded_run_destroy(run);
}

/* The heavy tail: one phase in ten takes 7 times as long; 5 standard errors are 0.034. */
Test(sim_cold_start, tail) {
    RecordedRun *run = run_many("'cv':0,'tail_probability':0.1,'tail_factor':7");
    int slow = 0;
    for (size_t i = 0; i < run->change_count; i++) {
        const asim_replica_change *change = &run->changes[i];
        if (change->to == ASIM_REPLICA_DOWNLOADING_MODEL) {
            const sim_time pending = change->time - 3 * S;
            cr_assert(pending == 10 * S || pending == 70 * S);
            slow += pending == 70 * S;
        }
    }
    cr_expect_float_eq(slow / 2000.0, 0.1, 0.034);
    recorded_run_destroy(run);
}

/* The n-th start of a deployment has the same luck under another policy: here the second replica
 * is asked for at 5 or at 65 s. */
Test(sim_cold_start, same_luck_under_another_policy) {
    static const char members[] =
        PLAIN ",'autoscaling':{'min_replica_count':1,'max_replica_count':2,'scale_up_window':'%s',"
              "'load_targets':{'concurrent_requests':1}},"
              "'traffic':[" ONE("0s", 1, 90000) "," ONE("0s", 1, 90000) "]";
    RecordedRun *a = sim_run_one("'duration':'10m'", members, "0s");
    RecordedRun *b = sim_run_one("'duration':'10m'", members, "1m");
    sim_check_scaling(a, 0, 5 * S, 1, 2);
    sim_check_scaling(b, 0, 65 * S, 1, 2);
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(phase_of(a, 2, i), phase_of(b, 2, i));
    }
    recorded_run_destroy(a);
    recorded_run_destroy(b);
}
