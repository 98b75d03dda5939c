// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 5 as the simulator measures it: what the policy observes at each evaluation, and when what
 * it decides is done. The policy itself is tested in tests/policy/. */
#include "sim/sim_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define CONCURRENCY ASIM_SIGNAL_CONCURRENT_REQUESTS
#define REQUESTS ASIM_SIGNAL_REQUESTS_PER_SECOND
#define PROMPT ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND
#define GENERATED ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND

static void check_signal(const RecordedRun *run, sim_time time, asim_signal signal,
                         double expected) {
    const double found = sim_observed(run, time)->signals[signal];
    cr_expect_float_eq(found, expected, 1e-12, "at %g s: %.17g, not %.17g", (double)time / 1e9,
                       found, expected);
}

/* One warm replica, or more. */
#define WARM(count) PLAIN ",'autoscaling':{'min_replica_count':" #count "},'traffic':"

/* Evaluations ------------------------------------------------------------------------------ */

/* Every 5 s from 5 s on; [0, 20 s) has three of them. Another interval: 7 s. */
Test(sim_autoscaler, evaluates_every_interval) {
    RecordedRun *run = sim_run_one("'duration':'20s'", WARM(1) ONE("0s", 1, 1));
    cr_assert_eq(run->decision_count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(run->decisions[i].time, 5 * S * ((sim_time)i + 1));
        cr_expect(run->decisions[i].at_evaluation);
    }
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'20s'",
                      PLAIN ",'autoscaling':{'min_replica_count':1,'evaluation_interval':'7s'},"
                            "'traffic':" ONE("0s", 1, 1));
    cr_assert_eq(run->decision_count, 2);
    cr_expect_eq(run->decisions[0].time, 7 * S);
    cr_expect_eq(run->decisions[1].time, 14 * S);
    recorded_run_destroy(run);
}

/* A decision is kept with its key, its value and its reason: 0.4 held against a target of 3. */
Test(sim_autoscaler, decisions_say_why) {
    RecordedRun *run = sim_run_one(
        "'duration':'20s'",
        PLAIN ",'autoscaling':{'min_replica_count':1,'max_replica_count':3,'load_targets':"
              "{'requests_per_second':100,'concurrent_requests':3}},'traffic':" ONE("1s", 1, 200));
    const asim_decision *decision = run->decisions[0].decision;
    cr_assert_eq(decision->term_count, 2);
    cr_expect_str_eq(decision->terms[0].key, "requests_per_second");
    cr_expect_float_eq(decision->terms[0].measured, 0.2, 1e-12);
    cr_expect_str_eq(decision->terms[1].key, "concurrent_requests");
    cr_expect_float_eq(decision->terms[1].measured, 0.4, 1e-12);
    cr_expect_eq(decision->terms[1].target, 3);
    cr_expect_eq(decision->terms[1].wanted, 1);
    cr_expect_str_eq(decision->reason, "hold_on_target");
    recorded_run_destroy(run);
}

/* Concurrency ------------------------------------------------------------------------------ */

/* One request from 1 to 3 s: 2 of 5 s; nothing after. */
Test(sim_autoscaler, concurrency_is_a_time_average) {
    RecordedRun *run = sim_run_one("'duration':'20s'", WARM(1) ONE("1s", 1, 200));
    check_signal(run, 5 * S, CONCURRENCY, 0.4);
    check_signal(run, 10 * S, CONCURRENCY, 0);
    recorded_run_destroy(run);
}

/* From 4 to 7 s: 1 s of the first interval, 2 s of the second. */
Test(sim_autoscaler, concurrency_across_evaluations) {
    RecordedRun *run = sim_run_one("'duration':'20s'", WARM(1) ONE("4s", 1, 300));
    check_signal(run, 5 * S, CONCURRENCY, 0.2);
    check_signal(run, 10 * S, CONCURRENCY, 0.4);
    check_signal(run, 15 * S, CONCURRENCY, 0);
    recorded_run_destroy(run);
}

/* One batch slot, two requests of 1 s at 0: the second is held for 2 s, queued for the first. */
Test(sim_autoscaler, concurrency_counts_the_queue) {
    RecordedRun *run =
        sim_run_one("'duration':'20s'", HARDWARE
                    "," PROFILE(1, 1000) ",'autoscaling':{'min_replica_count':1},"
                                         "'traffic':[" ONE("0s", 1, 100) "," ONE("0s", 1, 100) "]");
    check_signal(run, 5 * S, CONCURRENCY, 0.6);
    recorded_run_destroy(run);
}

/* Three replicas: 1 + 2 + 3 request-seconds of 5 s, all added up. */
Test(sim_autoscaler, concurrency_is_a_total) {
    RecordedRun *run =
        sim_run_one("'duration':'20s'",
                    WARM(3) "[" ONE("0s", 1, 100) "," ONE("0s", 1, 200) "," ONE("0s", 1, 300) "]");
    check_signal(run, 5 * S, CONCURRENCY, 1.2);
    recorded_run_destroy(run);
}

/* Two replicas with one request each from 0 to 20 s: 2 on average until 5 s. One is drained then;
 * what it still holds counts no more. */
Test(sim_autoscaler, draining_replicas_do_not_count) {
    RecordedRun *run = sim_run_one(
        "'duration':'30s'", PLAIN ",'initial_replica_count':2,'autoscaling':{'min_replica_count':1,"
                                  "'max_replica_count':2,'scale_down_window':'0s',"
                                  "'load_targets':{'concurrent_requests':2}},"
                                  "'traffic':[" ONE("0s", 10, 2000) "," ONE("0s", 10, 2000) "]");
    check_signal(run, 5 * S, CONCURRENCY, 2);
    check_signal(run, 5 * S, GENERATED, 200); /* 2 x 500 tokens in 5 s */
    sim_check_scaling(run, 0, 5 * S, 2, 1);
    check_signal(run, 10 * S, CONCURRENCY, 1);
    check_signal(run, 10 * S, ASIM_SIGNAL_LOAD, 0.125);
    /* 2 x 500 until 5 s, then 500 of replica 1 alone, over 10 s */
    check_signal(run, 10 * S, GENERATED, 150);
    check_signal(run, 10 * S, PROMPT, 2); /* both prompts of 10, made before */
    cr_expect_eq(sim_observed(run, 10 * S)->serving, 1);
    recorded_run_destroy(run);
}

/* A replica that begins to serve within the interval: woken at 0, serving at 7 s; one request held
 * from 8 to 9 s is 1 of the 5 s that ended at 10 s. */
Test(sim_autoscaler, average_over_the_whole_interval) {
    RecordedRun *run =
        sim_run_one("'duration':'20s'", PLAIN ",'client':'none','cold_start':'7s','traffic':[" ONE(
                                            "0s", 1, 1) "," ONE("8s", 1, 100) "]");
    check_signal(run, 10 * S, CONCURRENCY, 0.2);
    recorded_run_destroy(run);
}

/* Requests per second ---------------------------------------------------------------------- */

/* At 1, 2, 3 s. Within the first minute the divisor is the time since the deployment began to
 * serve, here 0; then the window is (t - 60 s, t]. */
Test(sim_autoscaler, requests_per_second) {
    RecordedRun *run = sim_run_one("'duration':'2m'", WARM(1) EVERY(1, "1s", "4s", 1, 1));
    check_signal(run, 5 * S, REQUESTS, 3.0 / 5);
    check_signal(run, 10 * S, REQUESTS, 3.0 / 10);
    check_signal(run, 60 * S, REQUESTS, 3.0 / 60);
    check_signal(run, 65 * S, REQUESTS, 0);
    recorded_run_destroy(run);
}

/* A request at the instant of an evaluation has been sent before it: counted at 5 and at 60 s, out
 * of the window at 65 s. */
Test(sim_autoscaler, rate_window_edges) {
    RecordedRun *run = sim_run_one("'duration':'2m'", WARM(1) ONE("5s", 1, 1));
    check_signal(run, 5 * S, REQUESTS, 1.0 / 5);
    check_signal(run, 60 * S, REQUESTS, 1.0 / 60);
    check_signal(run, 65 * S, REQUESTS, 0);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'2m'", WARM(1) ONE("5s1ns", 1, 1));
    check_signal(run, 5 * S, REQUESTS, 0);
    check_signal(run, 65 * S, REQUESTS, 1.0 / 60);
    check_signal(run, 70 * S, REQUESTS, 0);
    recorded_run_destroy(run);
}

/* What gets 503 is not handed to a replica. The boot ends at 102.5 s; requests at 103 and 104 s:
 * 2 in 2.5 s, 2 in 57.5 s, and 2 in 60 s once it has served for that long. */
Test(sim_autoscaler, rates_since_it_began_to_serve) {
    RecordedRun *run =
        sim_run_one("'duration':'4m'", PLAIN
                    ",'client':'none','cold_start':'102s500ms','traffic':[" ONE("0s", 1, 1) "," ONE(
                        "50s", 1, 1) "," ONE("103s", 1, 1) "," ONE("104s", 1, 1) "]");
    check_signal(run, 100 * S, REQUESTS, 0);
    cr_expect_eq(sim_observed(run, 100 * S)->serving, 0);
    cr_expect_eq(sim_observed(run, 100 * S)->booting, 1);
    check_signal(run, 105 * S, REQUESTS, 2 / 2.5);
    check_signal(run, 160 * S, REQUESTS, 2 / 57.5);
    check_signal(run, 165 * S, REQUESTS, 0); /* (105, 165] */
    recorded_run_destroy(run);
}

/* Again from zero: served until 305 s (idle since 1.01 s), woken at 400 s, serving at 401 s. The
 * requests of its first life are forgotten, though within the hour of the window. */
Test(sim_autoscaler, rates_of_this_life_only) {
    RecordedRun *run =
        sim_run_one("'duration':'10m'", PLAIN
                    ",'initial_replica_count':1,'client':'none','cold_start':'1s',"
                    "'autoscaling':{'scale_to_zero_window':'5m','rate_window':'1h'},"
                    "'traffic':[" ONE("1s", 1, 1) "," ONE("400s", 1, 1) "," ONE("402s", 1, 1) "]");
    check_signal(run, 300 * S, REQUESTS, 1.0 / 300);
    sim_check_scaling(run, 0, 305 * S, 1, 0);
    sim_check_scaling(run, 1, 400 * S, 0, 1);
    check_signal(run, 405 * S, REQUESTS, 1.0 / 4);
    check_signal(run, 405 * S, GENERATED, 1.0 / 4);
    recorded_run_destroy(run);
}

/* A window that is no whole number of intervals: (3, 10] and (8, 15] of requests at 1, 2, ... 9 s;
 * and one shorter than an interval: (3, 5], (8, 10]. */
Test(sim_autoscaler, odd_rate_windows) {
    static const char members[] = PLAIN
        ",'autoscaling':{'min_replica_count':1,'rate_window':'%s'},'traffic':" EVERY(1, "1s", "10s",
                                                                                     1, 1);
    RecordedRun *run = sim_run_one("'duration':'30s'", members, "7s");
    check_signal(run, 5 * S, REQUESTS, 5.0 / 5);
    check_signal(run, 10 * S, REQUESTS, 6.0 / 7);
    check_signal(run, 15 * S, REQUESTS, 1.0 / 7);
    check_signal(run, 20 * S, REQUESTS, 0);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'30s'", members, "2s");
    check_signal(run, 5 * S, REQUESTS, 2.0 / 2);
    check_signal(run, 10 * S, REQUESTS, 1.0 / 2);
    check_signal(run, 15 * S, REQUESTS, 0);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'30s'", members, "5s");
    check_signal(run, 10 * S, REQUESTS, 4.0 / 5);
    check_signal(run, 15 * S, REQUESTS, 0);
    recorded_run_destroy(run);
}

/* Tokens per second ------------------------------------------------------------------------ */

/* Tokens of finished iterations, in mid-leap too. From 4.505 s on one token every 10 ms: 49 by 5 s,
 * 549 by 10 s; from 4.5 s on the 50th is made at 5 s itself. */
Test(sim_autoscaler, generated_tokens_per_second) {
    RecordedRun *run = sim_run_one("'duration':'20s'", WARM(1) ONE("4505ms", 1, 1000));
    check_signal(run, 5 * S, GENERATED, 49.0 / 5);
    check_signal(run, 10 * S, GENERATED, 549.0 / 10);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'20s'", WARM(1) ONE("4500ms", 1, 1000));
    check_signal(run, 5 * S, GENERATED, 50.0 / 5);
    recorded_run_destroy(run);
}

/* A prompt of 1,000 tokens in chunks of 10: 490 of them by 5 s. Its 8 output tokens come with the
 * last chunk, at 5.505 s, and in the 7 iterations after. */
Test(sim_autoscaler, prompt_tokens_per_second) {
    RecordedRun *run = sim_run_one(
        "'duration':'20s'", HARDWARE
        ",'profile':{'c0_ms':10,'c_prefill_ms':0,'c_decode_ms':0,'kv_capacity_tokens':2000,"
        "'max_batched_tokens':10,'request_overhead':'0s'},"
        "'autoscaling':{'min_replica_count':1},'traffic':" ONE("4505ms", 1000, 8));
    check_signal(run, 5 * S, PROMPT, 490.0 / 5);
    check_signal(run, 5 * S, GENERATED, 0);
    check_signal(run, 10 * S, PROMPT, 1000.0 / 10);
    check_signal(run, 10 * S, GENERATED, 8.0 / 10);
    recorded_run_destroy(run);
}

/* Load --------------------------------------------------------------------------------------- */

/* 8 slots, 1,000 tokens of KV; one request of 400 + 100 tokens from 0 to 1 s, two of 50 + 50 from 0
 * to 0.5 s: slots (3 x 0.5 + 1 x 0.5) / 8 / 5, KV (0.7 x 0.5 + 0.5 x 0.5) / 5, busy 1 s of 5. */
static void check_load(const char *signal, double expected) {
    RecordedRun *run =
        sim_run_one("'duration':'20s'",
                    HARDWARE "," PROFILE(8, 1000) ",'autoscaling':{'min_replica_count':1%s%s%s},"
                                                  "'traffic':[" ONE("0s", 400, 100) "," ONE(
                                                      "0s", 50, 50) "," ONE("0s", 50, 50) "]",
                    *signal ? ",'load_signal':'" : "", signal, *signal ? "'" : "");
    check_signal(run, 5 * S, ASIM_SIGNAL_LOAD, expected);
    check_signal(run, 10 * S, ASIM_SIGNAL_LOAD, 0);
    recorded_run_destroy(run);
}

Test(sim_autoscaler, load_signals) {
    check_load("slots", 2.0 / 8 / 5);
    check_load("kv", 0.6 / 5);
    check_load("busy", 0.2);
    check_load("max", 0.6 / 5);
    check_load("", 0.6 / 5);
}

/* Paged: 16 tokens in the prompt's iteration, 32 in the 16 decodes that see 17 to 32 tokens, 48 in
 * the 15 after. The second waits for its two blocks, of three that there are. */
Test(sim_autoscaler, load_grows_with_the_blocks) {
    static const char members[] =
        HARDWARE ",'profile':{'c0_ms':10,'c_prefill_ms':0,'c_decode_ms':0,"
                 "'kv_capacity_tokens':60,'batch_slots':8,'request_overhead':'0s'},"
                 "'autoscaling':{'min_replica_count':1},'traffic':[" ONE("0s", 16, 32) "%s]";
    RecordedRun *run = sim_run_one("'duration':'20s'", members, "");
    const double alone = (16 * 1 + 32 * 16 + 48 * 15) / 48.0 * 0.01 / 5;
    check_signal(run, 5 * S, ASIM_SIGNAL_LOAD, alone);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'20s'", members, "," ONE("10ms", 32, 1));
    check_signal(run, 5 * S, ASIM_SIGNAL_LOAD, alone + 32 / 48.0 * (0.31 + 0.01) / 5);
    recorded_run_destroy(run);
}

/* The maximum is one of each instant, not of the averages: KV leads with 0.5 against 1/8 until 1 s,
 * slots lead with 4/8 against 0.04 from 2 to 3 s. */
Test(sim_autoscaler, load_is_the_larger_at_each_instant) {
    RecordedRun *run = sim_run_one(
        "'duration':'20s'", HARDWARE
        "," PROFILE(8, 10100) ",'autoscaling':{'min_replica_count':1},"
                              "'traffic':[" ONE("0s", 4950, 100) "," ONE("2s", 1, 100) "," ONE(
                                  "2s", 1, 100) "," ONE("2s", 1, 100) "," ONE("2s", 1, 100) "]");
    check_signal(run, 5 * S, ASIM_SIGNAL_LOAD, (0.5 + 0.5) / 5);
    recorded_run_destroy(run);
}

/* It passes 1 when requests queue: 3 requests on 1 slot are a load of 3; 2 of 60 + 40 tokens on
 * 100 tokens of KV are a load of 2. */
Test(sim_autoscaler, load_passes_1) {
    RecordedRun *run =
        sim_run_one("'duration':'20s'",
                    HARDWARE "," PROFILE(1, 1000) ",'autoscaling':{'min_replica_count':1},"
                                                  "'traffic':[" ONE("0s", 1, 900) "," ONE(
                                                      "0s", 1, 900) "," ONE("0s", 1, 900) "]");
    check_signal(run, 5 * S, ASIM_SIGNAL_LOAD, 3);
    recorded_run_destroy(run);
    run = sim_run_one(
        "'duration':'20s'", HARDWARE
        "," PROFILE(8, 1000) ",'autoscaling':{'min_replica_count':1},"
                             "'traffic':[" ONE("0s", 100, 900) "," ONE("0s", 100, 900) "]");
    check_signal(run, 5 * S, ASIM_SIGNAL_LOAD, 2);
    recorded_run_destroy(run);
}

/* A sum over replicas, not a mean: two full ones are 2. */
Test(sim_autoscaler, load_is_a_sum) {
    RecordedRun *run = sim_run_one(
        "'duration':'20s'",
        HARDWARE "," PROFILE(1, 10000) ",'autoscaling':{'min_replica_count':2},"
                                       "'traffic':[" ONE("0s", 1, 900) "," ONE("0s", 1, 900) "]");
    check_signal(run, 5 * S, ASIM_SIGNAL_LOAD, 2);
    recorded_run_destroy(run);
}

/* Busy from 4 to 7 s: 0.2, then 0.4, though one of eight slots is taken. */
Test(sim_autoscaler, busy_across_evaluations) {
    RecordedRun *run = sim_run_one(
        "'duration':'20s'", PLAIN
        ",'autoscaling':{'min_replica_count':1,'load_signal':'busy'},'traffic':" ONE("4s", 1, 300));
    check_signal(run, 5 * S, ASIM_SIGNAL_LOAD, 0.2);
    check_signal(run, 10 * S, ASIM_SIGNAL_LOAD, 0.4);
    check_signal(run, 15 * S, ASIM_SIGNAL_LOAD, 0);
    recorded_run_destroy(run);
}

/* Windows ------------------------------------------------------------------------------------ */

/* Three requests held from `start` on, one wanted each: the load is seen at `seen`, acted on at
 * `acted`. */
static void check_scale_up(const char *window, const char *source, sim_time acted) {
    RecordedRun *run =
        sim_run_one("'duration':'5m'",
                    PLAIN ",'cold_start':'10s','autoscaling':{'min_replica_count':1,"
                          "'max_replica_count':3,'scale_up_window':'%s','scale_down_window':'1h',"
                          "'load_targets':{'concurrent_requests':1}},'traffic':[%s,%s,%s]",
                    window, source, source, source);
    sim_check_scaling(run, 0, acted, 1, 3);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_PENDING_SCHEDULING), acted);
    cr_expect_eq(sim_entered(run, 0, 3, ASIM_REPLICA_PENDING_SCHEDULING), acted);
    cr_expect_eq(sim_entered(run, 0, 3, ASIM_REPLICA_SERVING), acted + 10 * S);
    recorded_run_destroy(run);
}

/* At the first evaluation at or after s + W. From 0 on: 3 held, seen at 5 s. From 16 s on: 2.4 on
 * average, rounded up to 3, seen at 20 s. */
Test(sim_autoscaler, scale_up_window) {
    check_scale_up("30s", ONE("0s", 1, 30000), 35 * S);
    check_scale_up("31s", ONE("0s", 1, 30000), 40 * S);
    check_scale_up("0s", ONE("0s", 1, 30000), 5 * S);
    check_scale_up("1ns", ONE("0s", 1, 30000), 10 * S);
    check_scale_up("30s", ONE("16s", 1, 30000), 50 * S);
}

/* The target counts booting replicas: three wanted and asked for at 5 s are not asked for again
 * while they boot for a minute. */
Test(sim_autoscaler, booting_replicas_count_as_target) {
    RecordedRun *run = sim_run_one(
        "'duration':'70s'",
        PLAIN ",'cold_start':'1m','autoscaling':{'min_replica_count':1,'max_replica_count':10,"
              "'scale_up_window':'0s','load_targets':{'concurrent_requests':1}},"
              "'traffic':[" ONE("0s", 1, 9000) "," ONE("0s", 1, 9000) "," ONE("0s", 1, 9000) "]");
    sim_check_scaling(run, 0, 5 * S, 1, 3);
    cr_expect_eq(recorded_scalings(run, 0), 1);
    cr_expect_eq(sim_created(run, 0), 3);
    cr_expect_eq(sim_observed(run, 10 * S)->target, 3);
    cr_expect_eq(sim_observed(run, 10 * S)->booting, 2);
    cr_expect_eq(sim_observed(run, 10 * S)->serving, 1);
    recorded_run_destroy(run);
}

/* Two requests until 20 s on two replicas, then nothing: at 20 s the average is still 2, at 25 s it
 * is 0. Ten minutes later, at 625 s, one replica leaves. */
Test(sim_autoscaler, scale_down_window) {
    RecordedRun *run = sim_run_one(
        "'duration':'20m'", PLAIN ",'initial_replica_count':2,'autoscaling':{'min_replica_count':1,"
                                  "'max_replica_count':2,'load_targets':{'concurrent_requests':1}},"
                                  "'traffic':[" ONE("0s", 1, 2000) "," ONE("0s", 1, 2000) "]");
    check_signal(run, 20 * S, CONCURRENCY, 2);
    sim_check_scaling(run, 0, 625 * S, 2, 1);
    recorded_run_destroy(run);
}

/* Idle --------------------------------------------------------------------------------------- */

#define IDLE(initial)                                                                              \
    PLAIN ",'client':'none','initial_replica_count':" #initial ",'autoscaling':{"                  \
          "'min_replica_count':0,'max_replica_count':3,'scale_down_window':'1h',"                  \
          "'scale_to_zero_window':'5m'},'traffic':"

/* A warm replica has been idle since 0, when it began to serve: 300 s. */
Test(sim_autoscaler, idle_from_the_start) {
    RecordedRun *run = sim_run_one("'duration':'10m'", IDLE(1) ONE("590s", 1, 1));
    sim_check_scaling(run, 0, 300 * S, 1, 0);
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_GONE), 300 * S);
    cr_expect_str_eq(recorded_scaling(run, 0, 0)->decision->reason, "scale_to_zero");
    recorded_run_destroy(run);
}

/* From any count: three at once, though the scale-down window is an hour. */
Test(sim_autoscaler, to_zero_from_any_count) {
    RecordedRun *run = sim_run_one("'duration':'10m'", IDLE(3) ONE("590s", 1, 1));
    sim_check_scaling(run, 0, 300 * S, 3, 0);
    for (uint32_t replica = 1; replica <= 3; replica++) {
        cr_expect_eq(sim_entered(run, 0, replica, ASIM_REPLICA_GONE), 300 * S);
    }
    recorded_run_destroy(run);
}

/* Since the last completion: 2 s + 98 s = 100 s. The first evaluation at or after 400 s is 400 s;
 * one token more, and it is 405 s. */
Test(sim_autoscaler, idle_since_the_last_completion) {
    RecordedRun *run = sim_run_one("'duration':'10m'", IDLE(1) ONE("2s", 1, 9800));
    cr_expect_eq(sim_observed(run, 95 * S)->idle_since, SIM_TIME_NEVER);
    cr_expect_eq(sim_observed(run, 100 * S)->idle_since, 100 * S);
    sim_check_scaling(run, 0, 400 * S, 1, 0);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'10m'", IDLE(1) ONE("2s", 1, 9801));
    cr_expect_eq(sim_observed(run, 105 * S)->idle_since, 100 * S + 10 * MS);
    sim_check_scaling(run, 0, 405 * S, 1, 0);
    recorded_run_destroy(run);
}

/* While a request is held it is not idle, however long: one of 400 s from 0 on. */
Test(sim_autoscaler, busy_is_not_idle) {
    RecordedRun *run = sim_run_one("'duration':'20m'", IDLE(1) ONE("0s", 1, 40000));
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    sim_check_scaling(run, 0, 700 * S, 1, 0);
    recorded_run_destroy(run);
}

/* Since the last arrival, whatever its answer: 400 at 100 s (it can never fit). */
Test(sim_autoscaler, idle_since_the_last_arrival) {
    RecordedRun *run = sim_run_one("'duration':'10m'", IDLE(1) ONE("100s", 1000000, 1));
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_400);
    sim_check_scaling(run, 0, 400 * S, 1, 0);
    recorded_run_destroy(run);
}

/* Since it began to serve: a boot of 400 s, longer than the window, lives to serve from 403 s to
 * 705 s (the first evaluation at or after 703 s). */
Test(sim_autoscaler, a_long_boot_lives_to_serve) {
    RecordedRun *run = sim_run_one(
        "'duration':'20m'",
        PLAIN ",'client':'none','cold_start':'400s','autoscaling':{'scale_to_zero_window':'5m'},"
              "'traffic':" ONE("3s", 1, 1));
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_SERVING), 403 * S);
    cr_expect_eq(sim_observed(run, 400 * S)->idle_since, SIM_TIME_NEVER);
    sim_check_scaling(run, 0, 3 * S, 0, 1);
    sim_check_scaling(run, 1, 705 * S, 1, 0);
    recorded_run_destroy(run);
}

/* A second replica that begins to serve does not touch the clock. Held: 2 on average until 5 s, so
 * a second replica is asked for at 5 s and serves at 105 s; idle since 10 s. */
Test(sim_autoscaler, only_the_first_start_counts) {
    RecordedRun *run =
        sim_run_one("'duration':'10m'",
                    PLAIN ",'initial_replica_count':1,'cold_start':'100s','autoscaling':{"
                          "'max_replica_count':2,'scale_up_window':'0s','scale_down_window':'1h',"
                          "'scale_to_zero_window':'5m','load_targets':{'concurrent_requests':1}},"
                          "'traffic':[" ONE("0s", 1, 1000) "," ONE("0s", 1, 1000) "]");
    sim_check_scaling(run, 0, 5 * S, 1, 2);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_SERVING), 105 * S);
    cr_expect_eq(sim_observed(run, 110 * S)->idle_since, 10 * S);
    sim_check_scaling(run, 1, 310 * S, 2, 0);
    recorded_run_destroy(run);
}

/* A minimum of 1 never goes to zero. */
Test(sim_autoscaler, a_minimum_stays) {
    RecordedRun *run = sim_run_one("'duration':'3h'", PLAIN
                                   ",'autoscaling':{'min_replica_count':1,'max_replica_count':2},"
                                   "'traffic':" ONE("0s", 1, 1));
    cr_expect_eq(recorded_scalings(run, 0), 0);
    recorded_run_destroy(run);
}
