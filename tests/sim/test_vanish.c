// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 7 on whole simulations: replicas that are taken, and that fail. A replica serves 20 s after
 * it was asked for. */
#include "sim/sim_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLEET(min, max)                                                                            \
    PLAIN ",'cold_start':'20s','autoscaling':{'min_replica_count':" #min                           \
          ",'max_replica_count':" #max "}"

/* The n-th change (from 0) of the deployment's replicas with that reason; NULL: there are fewer. */
static const asim_replica_change *change_of(const RecordedRun *run, uint32_t deployment,
                                            const char *reason, size_t n) {
    for (size_t i = 0; i < run->change_count; i++) {
        const asim_replica_change *change = &run->changes[i];
        if (change->deployment == deployment && strcmp(change->reason, reason) == 0 && n-- == 0) {
            return change;
        }
    }
    return NULL;
}

static void expect_change(const RecordedRun *run, const char *reason, size_t n, sim_time time) {
    const asim_replica_change *change = change_of(run, 0, reason, n);
    cr_assert_not_null(change, "%s %zu", reason, n);
    cr_expect_eq(change->time, time, "%s %zu at %g s", reason, n, (double)change->time / 1e9);
}

/* Losses ------------------------------------------------------------------------------------- */

/* Every 100 s one of two; the next one is asked for at once, and serves 20 s later. */
Test(sim_vanish, the_target_is_refilled_at_once) {
    RecordedRun *run =
        sim_run_one("'duration':'350s'", FLEET(2, 2) ",'preemptible':'100s',"
                                                     "'client':'none','traffic':" ONE("0s", 1, 1));
    for (uint32_t n = 0; n < 3; n++) {
        expect_change(run, "preempted", n, (n + 1) * 100 * S);
        cr_expect_eq(sim_entered(run, 0, 3 + n, ASIM_REPLICA_PENDING_SCHEDULING),
                     (n + 1) * 100 * S);
    }
    cr_expect_eq(sim_entered(run, 0, 3, ASIM_REPLICA_SERVING), 120 * S);
    cr_expect_null(change_of(run, 0, "preempted", 3));
    cr_expect_eq(sim_created(run, 0), 5);
    cr_expect_eq(run->ends[0].totals.replicas_preempted, 3);
    cr_expect_eq(run->ends[0].totals.replicas_failed, 0);
    cr_expect_eq(run->ends[0].totals.cold_starts, 3);
    cr_expect_eq(run->ends[0].totals.scale_ups + run->ends[0].totals.scale_downs, 0);
    /* two all the time, but for 3 x 20 s, at half of 8 USD per hour */
    cr_expect_float_eq(run->ends[0].costs.billed_gpu_s, 2 * 350 - 60, 1e-9);
    cr_expect_float_eq(run->ends[0].costs.on_demand_usd, (2 * 350 - 60) / 3600.0 * 4, 1e-9);
    recorded_run_destroy(run);
}

/* A loss where there is nothing to lose takes nothing; one that boots can be taken too. */
Test(sim_vanish, what_boots_is_taken_and_nothing_from_nobody) {
    RecordedRun *run =
        sim_run_one("'duration':'10m'", FLEET(0, 1) ",'preemptible':'110s',"
                                                    "'client':'none','traffic':" ONE("210s", 1, 1));
    expect_change(run, "preempted", 0, 220 * S);
    cr_expect_eq(change_of(run, 0, "preempted", 0)->from, ASIM_REPLICA_INITIALIZING);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_SERVING), 240 * S);
    cr_expect_eq(run->ends[0].totals.cancelled_starts, 1);
    cr_expect_eq(run->ends[0].totals.replicas_preempted, 4); /* at 220, 330, 440 and 550 s */
    recorded_run_destroy(run);
}

/* The 10 s of an answer that begins at 95 s are cut at 100 s, when 500 of its tokens are made. */
#define CUT FLEET(1, 1) ",'preemptible':'100s','traffic':" ONE("95s", 1, 1000)

Test(sim_vanish, a_broken_answer_is_not_asked_for_again) {
    static const char *const clients[] = {"'python'", "'javascript'", "'curl'", "'none'"};
    for (size_t i = 0; i < 4; i++) {
        RecordedRun *run = sim_run_one("'duration':'4m'", CUT ",'client':%s", clients[i]);
        const asim_request *request = sim_request(run, 1);
        cr_expect_eq(request->outcome, ASIM_BROKEN);
        cr_expect_eq(request->last_answer, ASIM_ANSWER_BROKEN);
        cr_expect_eq(request->ended, 100 * S);
        cr_expect_eq(request->first_token, 95010 * MS);
        cr_expect_eq(run->ends[0].totals.outcomes[ASIM_BROKEN], 1);
        cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_BROKEN], 1);
        cr_expect_eq(run->ends[0].totals.broken_tokens, 500);
        cr_expect_eq(run->ends[0].totals.generated_tokens, 500);
        cr_expect_eq(run->refusal_count, 1);
        cr_expect_eq(change_of(run, 0, "preempted", 0)->held, 1);
        recorded_run_destroy(run);
    }
}

/* Sent again after 5 s, when the next replica boots: 503; after 7.5 s: 503; after 11.25 s, at
 * 123.75 s, it is served, from its first token on. */
Test(sim_vanish, a_retry_begins_the_answer_anew) {
    RecordedRun *run =
        sim_run_one("'duration':'4m'", CUT ",'client':{'preset':'python','retry_broken':true}");
    const asim_request *request = sim_request(run, 1);
    cr_expect_eq(request->outcome, ASIM_COMPLETED);
    cr_expect_eq(request->sends, 4);
    cr_expect_eq(request->last_send, 123750 * MS);
    cr_expect_eq(request->admitted, 123750 * MS);
    cr_expect_eq(request->first_token, 123760 * MS);
    cr_expect_eq(request->ended, 133750 * MS);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_503], 2);
    cr_expect_eq(run->ends[0].totals.generated_tokens, 1500);
    recorded_run_destroy(run);
}

/* A second time at 200 s: the last of two sends. What it has seen by then is the second's. */
Test(sim_vanish, whose_last_send_breaks_is_given_up) {
    RecordedRun *run = sim_run_one(
        "'duration':'4m'", FLEET(1, 1) ",'preemptible':'100s','client':{'preset':'custom',"
                                       "'max_sends':2,'first_delay':'50s','retry_broken':true},"
                                       "'traffic':" ONE("95s", 1, 10000));
    const asim_request *request = sim_request(run, 1);
    cr_expect_eq(request->outcome, ASIM_GIVEN_UP);
    cr_expect_eq(request->last_answer, ASIM_ANSWER_BROKEN);
    cr_expect_eq(request->ended, 200 * S);
    cr_expect_eq(request->first_token, 150010 * MS);
    recorded_run_destroy(run);
}

/* A token is seen 5 s after it is made: at the loss none of the second answer, and the first's is
 * of no account any more. */
Test(sim_vanish, what_an_earlier_answer_showed_is_no_first_token) {
    RecordedRun *run = sim_run_one(
        "'duration':'4m'", HARDWARE
        ",'profile':{'c0_ms':10,'c_prefill_ms':0,'c_decode_ms':0,'kv_capacity_tokens':"
        "20000,'request_overhead':'4s'},'cold_start':'20s','autoscaling':{"
        "'min_replica_count':1},'preemptible':'100s','client':{'preset':'custom',"
        "'max_sends':2,'first_delay':'97s','retry_broken':true},'traffic':" ONE("95s", 1, 10000));
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_GIVEN_UP);
    cr_expect_eq(sim_request(run, 1)->admitted, 197 * S);
    cr_expect_eq(sim_request(run, 1)->first_token, SIM_TIME_NEVER);
    recorded_run_destroy(run);
}

/* A queued request is cut like one that runs; a client that had left is not told. */
Test(sim_vanish, the_queue_is_cut_and_who_had_left_is_left) {
    RecordedRun *run = sim_run_one(
        "'duration':'4m'", HARDWARE
        "," PROFILE(1, 1000000) ",'cold_start':'20s','autoscaling':{"
                                "'min_replica_count':1},'preemptible':'100s',"
                                "'client':{'preset':'none','timeout':'6s'},"
                                "'traffic':[" ONE("93.995s", 1, 1000) "," ONE("99s", 1, 1000) "]");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_ABANDONED); /* at 99.995 s, until 100.005 s */
    cr_expect_eq(sim_request(run, 2)->outcome, ASIM_BROKEN);
    cr_expect_eq(sim_request(run, 2)->first_token, SIM_TIME_NEVER);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_BROKEN], 1);
    recorded_run_destroy(run);
}

/* Notice ------------------------------------------------------------------------------------- */

static RecordedRun *run_notice(const char *notice) {
    return sim_run_one("'duration':'190s'",
                       FLEET(1, 1) ",'client':'none','preemptible':{'gaps':'100s','notice':'%s'},"
                                   "'traffic':[" ONE("95s", 1, 1000) "," ONE("101s", 1, 1) "]",
                       notice);
}

/* From 100 s on it gets nothing new, and at 103 s what it holds is cut; its successor has been
 * asked for at 100 s. It is billed until it is gone. */
Test(sim_vanish, after_its_notice_a_replica_is_taken) {
    RecordedRun *run = run_notice("3s");
    expect_change(run, "preemption_notice", 0, 100 * S);
    expect_change(run, "preempted", 0, 103 * S);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_PENDING_SCHEDULING), 100 * S);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_BROKEN);
    cr_expect_eq(sim_request(run, 1)->ended, 103 * S);
    cr_expect_eq(sim_request(run, 2)->last_answer, ASIM_ANSWER_503);
    cr_expect_eq(run->ends[0].totals.broken_tokens, 800);
    cr_expect_float_eq(run->ends[0].costs.billed_gpu_s, 103 + 70, 1e-9);
    cr_expect_float_eq(run->ends[0].costs.draining_gpu_s, 3, 1e-9);
    cr_expect_eq(run->ends[0].totals.replicas_preempted, 1);
    recorded_run_destroy(run);
}

/* With notice enough it ends what it has begun, and goes. */
Test(sim_vanish, what_is_finished_within_the_notice_is_not_cut) {
    RecordedRun *run = run_notice("10s");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    expect_change(run, "drained", 0, 105 * S);
    cr_expect_null(change_of(run, 0, "preempted", 0));
    cr_expect_eq(run->ends[0].totals.replicas_preempted, 1);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_BROKEN], 0);
    recorded_run_destroy(run);
}

/* The replica that is to be taken at 105 s fails at 102 s: its GPU is repaired then. */
Test(sim_vanish, one_may_fail_within_its_notice) {
    RecordedRun *run = sim_run_one(
        "'duration':'130s'",
        FLEET(1,
              1) ",'client':'none','preemptible':{'gaps':'100s','notice':'5s'},'failures':'102s',"
                 "'traffic':" ONE("95s", 1, 1000));
    expect_change(run, "preemption_notice", 0, 100 * S);
    expect_change(run, "failed", 0, 102 * S);
    cr_expect_eq(sim_request(run, 1)->ended, 102 * S);
    cr_expect_eq(run->ends[0].totals.replicas_preempted, 1);
    cr_expect_eq(run->ends[0].totals.replicas_failed, 1);
    cr_expect_eq(sim_created(run, 0), 2);
    recorded_run_destroy(run);
}

/* Chance ------------------------------------------------------------------------------------- */

/* Whatever there is to lose, the n-th loss has its instant. */
Test(sim_vanish, losses_are_the_same_under_every_policy) {
    static const char members[] = PLAIN
        ",'cold_start':'20s','autoscaling':{'min_replica_count':%d},'preemptible':"
        "{'distribution':'exponential','mean':'5m'},'client':'none','traffic':" ONE("0s", 1, 1);
    RecordedRun *one = sim_run_one("'duration':'12h'", members, 1);
    RecordedRun *five = sim_run_one("'duration':'12h'", members, 5);
    size_t losses = 0, others = 0;
    for (const asim_replica_change *a; (a = change_of(one, 0, "preempted", losses)); losses++) {
        const asim_replica_change *b = change_of(five, 0, "preempted", losses);
        cr_assert_not_null(b);
        cr_expect_eq(a->time, b->time);
        others += a->replica != b->replica;
    }
    cr_expect_null(change_of(five, 0, "preempted", losses));
    cr_expect(losses > 100 && losses < 190, "%zu, of 144 on average", losses);
    cr_expect(others > losses / 2, "%zu", others);
    recorded_run_destroy(one);
    recorded_run_destroy(five);
}

/* Which one is taken is drawn evenly: of 4 warm ones the first loss takes each about 100 times. */
Test(sim_vanish, every_replica_may_be_the_one) {
    int taken[5] = {0};
    for (int seed = 1; seed <= 400; seed++) {
        RecordedRun *run = sim_run("{'seed':%d,'duration':'2s','deployments':{'d':{" FLEET(
                                       4, 4) ",'preemptible':'1s','traffic':" ONE("0s", 1, 1) "}}}",
                                   seed);
        const uint32_t replica = change_of(run, 0, "preempted", 0)->replica;
        cr_assert(replica >= 1 && replica <= 4);
        taken[replica]++;
        recorded_run_destroy(run);
    }
    for (int replica = 1; replica <= 4; replica++) {
        cr_expect(abs(taken[replica] - 100) < 35, "replica %d: %d", replica, taken[replica]);
    }
}

/* Money and GPUs ----------------------------------------------------------------------------- */

static void expect_usd(const char *members, double usd) {
    RecordedRun *run =
        sim_run_one("'duration':'1h'", FLEET(1, 1) ",'traffic':" ONE("0s", 1, 1) "%s", members);
    cr_expect_float_eq(run->ends[0].costs.on_demand_usd, usd, 1e-9, "%s: %g", members,
                       run->ends[0].costs.on_demand_usd);
    recorded_run_destroy(run);
}

Test(sim_vanish, half_of_the_price) {
    expect_usd("", 8);
    expect_usd(",'preemptible':'2d'", 4);
    expect_usd(",'preemptible':'2d','usd_per_gpu_hour':5", 2.5);
    expect_usd(",'preemptible':'2d','region_restricted':true", 6);
    expect_usd(",'preemptible':{'gaps':'2d','price_share':0.3}", 2.4);
    expect_usd(",'failures':'2d'", 8);
}

/* 2 reserved GPUs are free; the preemptible replicas take the on-demand ones all the same, wait
 * for them, and pay for them. The others have the reservation for themselves. */
Test(sim_vanish, preemptible_gpus_are_no_reserved_ones) {
    RecordedRun *run = sim_run(
        "{'duration':'1h','pools':{'H100':{'reserved_gpus':2,'on_demand_gpus':1}},"
        "'deployments':{'spot':{" PLAIN
        ",'cold_start':'20s','initial_replica_count':1,'autoscaling':{'min_replica_count':2}"
        ",'preemptible':'2d','client':'none','traffic':" ONE("40s", 1, 1) "},'d':{" FLEET(
            1, 1) ",'traffic':" ONE("0s", 1, 1) "}}}");
    cr_expect_eq(sim_created(run, 0), 2);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_SERVING), SIM_TIME_NEVER);
    cr_expect_float_eq(run->ends[0].costs.on_demand_usd, 4, 1e-9);
    cr_expect_eq(run->ends[0].costs.reserved_usd, 0);
    cr_expect_eq(run->ends[0].costs.covered_gpu_s, 0);
    cr_expect_float_eq(run->ends[1].costs.reserved_usd, 16, 1e-9);
    cr_expect_eq(run->ends[1].costs.on_demand_usd, 0);
    recorded_run_destroy(run);
}

/* Failures ----------------------------------------------------------------------------------- */

/* Each serves for 100 s. */
Test(sim_vanish, a_replica_fails_when_its_time_has_come) {
    RecordedRun *run = sim_run_one("'duration':'330s'",
                                   FLEET(2, 2) ",'failures':'100s','traffic':" ONE("99s", 1, 200));
    for (uint32_t n = 0; n < 4; n++) {
        expect_change(run, "failed", n, (n / 2 * 120 + 100) * S);
        cr_expect_eq(sim_entered(run, 0, 3 + n, ASIM_REPLICA_SERVING), (n / 2 * 120 + 120) * S);
    }
    cr_expect_eq(run->ends[0].totals.replicas_failed, 4);
    cr_expect_eq(run->ends[0].totals.replicas_preempted, 0);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_BROKEN);
    cr_expect_float_eq(run->ends[0].costs.billed_gpu_s, 2 * (330 - 2 * 20), 1e-9);
    recorded_run_destroy(run);
}

/* A replica has its luck by its number. */
Test(sim_vanish, replicas_have_the_same_luck_under_every_policy) {
    static const char members[] = PLAIN
        ",'cold_start':'20s','autoscaling':{'min_replica_count':%d},'failures':"
        "{'distribution':'exponential','mean':'5m'},'client':'none','traffic':" ONE("0s", 1, 1);
    RecordedRun *few = sim_run_one("'duration':'1h'", members, 2);
    RecordedRun *many = sim_run_one("'duration':'1h'", members, 6);
    const sim_time failed = sim_entered(few, 0, 2, ASIM_REPLICA_GONE);
    cr_expect(failed != SIM_TIME_NEVER && failed != sim_entered(few, 0, 1, ASIM_REPLICA_GONE));
    cr_expect_eq(failed, sim_entered(many, 0, 2, ASIM_REPLICA_GONE));
    recorded_run_destroy(few);
    recorded_run_destroy(many);
}

/* The only GPU is repaired for 50 s, be it reserved or not. */
static void check_repair(const char *pool) {
    RecordedRun *run =
        sim_run("{'duration':'10m','pools':{'H100':{%s}},'deployments':{'d':{" FLEET(
                    1, 1) ",'failures':{'time_to_failure':'100s','time_to_repair':'50s'},"
                          "'client':'none','traffic':" ONE("0s", 1, 1) "}}}",
                pool);
    for (uint32_t n = 0; n < 3; n++) {
        expect_change(run, "failed", n, (n * 170 + 100) * S);
        cr_expect_eq(sim_entered(run, 0, 2 + n, ASIM_REPLICA_PENDING_SCHEDULING),
                     (n * 170 + 100) * S);
        cr_expect_eq(sim_entered(run, 0, 2 + n, ASIM_REPLICA_SERVING), (n * 170 + 170) * S);
    }
    recorded_run_destroy(run);
}

Test(sim_vanish, gpus_come_back_when_they_are_repaired) {
    check_repair("'on_demand_gpus':1");
    check_repair("'reserved_gpus':1,'on_demand_gpus':0");
    check_repair("'on_demand_gpus':1,'quota_gpus':1"); /* what is broken is not asked for */
}

/* Where there is another, nobody waits for the repair. */
Test(sim_vanish, other_gpus_take_their_place) {
    RecordedRun *run =
        sim_run("{'duration':'150s','pools':{'H100':{'reserved_gpus':1,'on_demand_gpus':1}},"
                "'deployments':{'d':{" FLEET(1, 1) ",'failures':{'time_to_failure':'100s',"
                                                   "'time_to_repair':'1h'},'client':'none',"
                                                   "'traffic':" ONE("0s", 1, 1) "}}}");
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_SERVING), 120 * S);
    /* the fee runs on, and covers what is in use */
    cr_expect_eq(run->ends[0].costs.on_demand_usd, 0);
    cr_expect_float_eq(run->ends[0].costs.reserved_usd, 150 / 3600.0 * 8, 1e-9);
    recorded_run_destroy(run);
}

/* One replica on the only GPU: availability = MTTF / (MTTF + MTTR), and failures = time served /
 * MTTF, over 120 days with 2,160 expected failures. */
Test(sim_vanish, availability) {
    RecordedRun *run =
        sim_run("{'duration':'120d','interval':'1d','pools':{'H100':{'on_demand_gpus':1}},"
                "'deployments':{'d':{" PLAIN
                ",'cold_start':'0s','autoscaling':{'min_replica_count':1,'evaluation_interval':"
                "'1m'},'failures':{'time_to_failure':{'distribution':'exponential','mean':'1h'},"
                "'time_to_repair':{'distribution':'exponential','mean':'20m'}},"
                "'client':'none','traffic':" ONE("0s", 1, 1) "}}}");
    const double span_s = 120 * 86400, served_s = span_s - run->ends[0].costs.zero_s;
    const double failures = (double)run->ends[0].totals.replicas_failed;
    /* standard deviation of the share: sqrt(2 A^2 (1 - A)^2 / n) */
    cr_expect_float_eq(served_s / span_s, 0.75, 4 * sqrt(2 / 2160.0) * 0.75 * 0.25);
    cr_expect_float_eq(failures, served_s / 3600, 4 * sqrt(2160));
    recorded_run_destroy(run);
}

/* Deployments -------------------------------------------------------------------------------- */

Test(sim_vanish, who_is_deleted_loses_no_more) {
    RecordedRun *run =
        sim_run_one("'duration':'9d'",
                    FLEET(0, 1) ",'preemptible':'5h',"
                                "'failures':'3h','client':'none','traffic':" ONE("1h", 1, 1));
    cr_expect_not_null(sim_deletion(run, 0));
    cr_expect_float_eq(run->ends[0].costs.deleted_s, 2 * 86400 - 3600, 1e-3);
    recorded_run_destroy(run);
}

/* Recorded losses: one at 50 s, three at 100.5 s of the two there are. */
Test(sim_vanish, a_recorded_file) {
    char path[] = "/tmp/test_vanish_XXXXXX";
    const int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    fputs("time_s,replicas\n50,1\n100.5,3\n", file);
    fclose(file);
    RecordedRun *run = sim_run_one("'duration':'10m'",
                                   FLEET(2, 2) ",'preemptible':{'file':'%s'},"
                                               "'client':'none','traffic':" ONE("0s", 1, 1),
                                   path);
    expect_change(run, "preempted", 0, 50 * S);
    expect_change(run, "preempted", 1, 100500 * MS);
    expect_change(run, "preempted", 2, 100500 * MS);
    cr_expect_null(change_of(run, 0, "preempted", 3));
    cr_expect_eq(run->ends[0].totals.replicas_preempted, 3);
    cr_expect_eq(sim_entered(run, 0, 5, ASIM_REPLICA_SERVING), 120500 * MS);
    recorded_run_destroy(run);
    unlink(path);
}
