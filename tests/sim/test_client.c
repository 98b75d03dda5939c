// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 3 on whole simulations: when clients send, when they give up, what a timeout does. To see
 * the n-th send by itself, the replica's boot is made to end just then: of one instant the
 * transition comes before the send, so that send is the one that is served; a nanosecond later it
 * is not. */
#include "sim/sim_fixture.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* One request at 0 wakes the deployment, whose boot takes exactly `boot_ns`. */
static RecordedRun *run_boot(const char *client, sim_time boot_ns) {
    return sim_run_one("'duration':'8d','interval':'1d'",
                       PLAIN ",'client':%s,'cold_start':'%lldns',"
                             "'autoscaling':{'evaluation_interval':'1h'},"
                             "'traffic':" ONE("0s", 1, 1),
                       client, (long long)boot_ns);
}

/* A boot that ends a nanosecond after one send is found by the next. */
static void check_missed(const char *client, double time_s, double next_s) {
    RecordedRun *run = run_boot(client, sim_seconds(time_s) + 1);
    cr_expect_eq(sim_request(run, 1)->last_send, sim_seconds(next_s));
    recorded_run_destroy(run);
}

/* delay 5 s, then min(delay x 1.5, 60 s): 5, 7.5, 11.25, 16.875, 25.3125, 37.96875 s between sends,
 * then 56.953125, then the cap. */
static const double python_s[] = {5,         12.5,       23.75,      40.625,    65.9375,
                                  103.90625, 160.859375, 220.859375, 280.859375};

static void check_python_like(const char *client) {
    for (uint32_t i = 0; i < sizeof python_s / sizeof python_s[0]; i++) {
        RecordedRun *run = run_boot(client, sim_seconds(python_s[i]));
        cr_expect_eq(sim_request(run, 1)->last_send, sim_seconds(python_s[i]));
        cr_expect_eq(sim_request(run, 1)->sends, i + 2);
        recorded_run_destroy(run);
    }
}

Test(sim_client, python_sends) {
    check_python_like("'python'");
    check_missed("'python'", 5, 12.5);
    check_missed("'python'", 160.859375, 220.859375);
}

Test(sim_client, javascript_sends_as_python_does) {
    check_python_like("'javascript'");
}

/* Every refused send is told, with the wait that follows it and what it found. */
Test(sim_client, refusals_are_told) {
    static const double waits_s[] = {5, 7.5, 11.25, 16.875};
    RecordedRun *run = run_boot("'python'", 40 * S);
    cr_assert_eq(run->refusal_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        const asim_refusal *refusal = &run->refusals[i];
        cr_expect_eq(refusal->time, i == 0 ? 0 : sim_seconds(python_s[i - 1]));
        cr_expect_eq(refusal->again, sim_seconds(python_s[i]));
        cr_expect_eq(refusal->delay, sim_seconds(waits_s[i]));
        cr_expect_eq(refusal->request, 1);
        cr_expect_eq(refusal->sends, i + 1);
        cr_expect_eq(refusal->answer, ASIM_ANSWER_503);
        cr_expect_eq(refusal->target, 1);
        cr_expect_eq(refusal->serving, 0);
        cr_expect_eq(refusal->booting, 1);
    }
    recorded_run_destroy(run);
}

/* The last refusal has no send after it; jitter shortens the wait that is told beside it. */
Test(sim_client, the_last_refusal_and_jitter_are_told) {
    RecordedRun *run = run_boot("{'preset':'custom','max_sends':3,'jitter':'full'}", 1000 * S);
    cr_assert_eq(run->refusal_count, 3);
    cr_expect_eq(run->refusals[0].delay, 5 * S);
    cr_expect_lt(run->refusals[0].again, 5 * S);
    cr_expect_eq(run->refusals[1].time, run->refusals[0].again);
    cr_expect_eq(run->refusals[2].again, SIM_TIME_NEVER);
    cr_expect_eq(run->refusals[2].delay, 0);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_503], 3);
    recorded_run_destroy(run);
}

/* The boot of exactly 100 s: seven sends, the last at 103.90625 s, served within 10 ms. */
Test(sim_client, python_against_100_s) {
    RecordedRun *run = run_boot("'python'", 100 * S);
    const asim_request *request = sim_request(run, 1);
    cr_expect_eq(request->sends, 7);
    cr_expect_eq(request->outcome, ASIM_COMPLETED);
    cr_expect_eq(request->last_answer, ASIM_ANSWER_200);
    cr_expect_eq(request->first_send, 0);
    cr_expect_eq(request->last_send, sim_seconds(103.90625));
    cr_expect_eq(request->admitted, sim_seconds(103.90625));
    cr_expect_eq(request->first_token, sim_seconds(103.91625));
    cr_expect_eq(request->ended, sim_seconds(103.91625));
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_503], 6);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_200], 1);
    cr_expect_eq(run->ends[0].totals.sends, 7);
    recorded_run_destroy(run);
}

/* Doubled each time, no cap: 5 x (2^n - 1). The 17th send is at 5 x 65,535 = 327,675 s. */
Test(sim_client, curl_sends) {
    for (uint32_t n = 1; n <= 16; n++) {
        const sim_time time = 5 * S * ((INT64_C(1) << n) - 1);
        RecordedRun *run = run_boot("'curl'", time);
        cr_expect_eq(sim_request(run, 1)->last_send, time);
        cr_expect_eq(sim_request(run, 1)->sends, n + 1);
        recorded_run_destroy(run);
    }
    check_missed("'curl'", 75, 155);
}

Test(sim_client, curl_against_100_s) {
    RecordedRun *run = run_boot("'curl'", 100 * S);
    cr_expect_eq(sim_request(run, 1)->sends, 6); /* 0, 5, 15, 35, 75, 155 */
    cr_expect_eq(sim_request(run, 1)->last_send, 155 * S);
    recorded_run_destroy(run);
}

/* 30 sends in all: after 7 growing delays, 160.859375 s, come 22 of 60 s: 1,480.859375 s. It is
 * given up on the answer to the 30th send, without waiting. */
Test(sim_client, python_gives_up_after_30_sends) {
    RecordedRun *run = run_boot("'python'", 2000 * S);
    const asim_request *request = sim_request(run, 1);
    cr_expect_eq(request->outcome, ASIM_GIVEN_UP);
    cr_expect_eq(request->sends, 30);
    cr_expect_eq(request->last_answer, ASIM_ANSWER_503);
    cr_expect_eq(request->last_send, sim_seconds(1480.859375));
    cr_expect_eq(request->ended, sim_seconds(1480.859375));
    cr_expect_eq(request->admitted, SIM_TIME_NEVER);
    cr_expect_eq(request->first_token, SIM_TIME_NEVER);
    cr_expect_eq(request->replica, 0);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_503], 30);
    cr_expect_eq(run->ends[0].totals.outcomes[ASIM_GIVEN_UP], 1);
    recorded_run_destroy(run);
}

/* The same with curl, from a first delay of 1 ns: the 30th send is at 2^29 - 1 ns. */
Test(sim_client, curl_gives_up_after_30_sends) {
    RecordedRun *run = run_boot("{'preset':'curl','first_delay':'1ns'}", 2000 * S);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_GIVEN_UP);
    cr_expect_eq(sim_request(run, 1)->sends, 30);
    cr_expect_eq(sim_request(run, 1)->last_send, 536870911);
    recorded_run_destroy(run);
}

Test(sim_client, none_sends_once) {
    RecordedRun *run = run_boot("'none'", 100 * S);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_GIVEN_UP);
    cr_expect_eq(sim_request(run, 1)->sends, 1);
    cr_expect_eq(sim_request(run, 1)->ended, 0);
    recorded_run_destroy(run);
}

/* 2 s, 6 s, then 18 s capped at 7 s: sends at 0, 2, 8, 15 s; four in all. */
Test(sim_client, custom_sends) {
    static const double times_s[] = {2, 8, 15};
    static const char client[] =
        "{'preset':'custom','max_sends':4,'first_delay':'2s','factor':3,'cap':'7s'}";
    for (uint32_t i = 0; i < 3; i++) {
        RecordedRun *run = run_boot(client, sim_seconds(times_s[i]));
        cr_expect_eq(sim_request(run, 1)->last_send, sim_seconds(times_s[i]));
        cr_expect_eq(sim_request(run, 1)->sends, i + 2);
        recorded_run_destroy(run);
    }
    RecordedRun *run = run_boot(client, 15 * S + 1);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_GIVEN_UP);
    cr_expect_eq(sim_request(run, 1)->ended, 15 * S);
    recorded_run_destroy(run);
}

/* A single replica that holds one request at most, and a first request from 0 to 1 s; a second
 * comes at 0.5 s. */
static RecordedRun *run_full(const char *client) {
    return sim_run_one("'duration':'1m'",
                       PLAIN ",'autoscaling':{'min_replica_count':1},'client':%s,"
                             "'max_concurrency_per_replica':1,"
                             "'traffic':[" ONE("0s", 1, 100) "," ONE("500ms", 1, 1) "]",
                       client);
}

/* The samples retry after DEPLOYMENT_SCALING_UP only. */
Test(sim_client, samples_do_not_retry_429) {
    static const char *const clients[] = {"'python'", "'javascript'", "'curl'"};
    for (size_t i = 0; i < 3; i++) {
        RecordedRun *run = run_full(clients[i]);
        cr_expect_eq(sim_request(run, 2)->outcome, ASIM_REJECTED);
        cr_expect_eq(sim_request(run, 2)->last_answer, ASIM_ANSWER_429);
        cr_expect_eq(sim_request(run, 2)->sends, 1);
        cr_expect_eq(sim_request(run, 2)->ended, 500 * MS);
        recorded_run_destroy(run);
    }
}

/* 429 at 0.5 s and, after 0.3 s, at 0.8 s; after 0.45 s more, at 1.25 s, there is room. */
Test(sim_client, custom_retries_429) {
    RecordedRun *run = run_full("{'preset':'custom','retry_on':[429],'first_delay':'300ms'}");
    cr_expect_eq(sim_request(run, 2)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 2)->sends, 3);
    cr_expect_eq(sim_request(run, 2)->last_send, 1250 * MS);
    cr_expect_eq(sim_request(run, 2)->ended, 1260 * MS);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_429], 2);
    recorded_run_destroy(run);
}

/* Codes to retry: 503 is not among them. */
Test(sim_client, custom_may_leave_503_alone) {
    RecordedRun *run = run_boot("{'preset':'custom','retry_on':[429]}", 100 * S);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_REJECTED);
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_503);
    cr_expect_eq(sim_request(run, 1)->sends, 1);
    recorded_run_destroy(run);
}

/* 400 requests, each sent twice, the first delay 10 s. */
static RecordedRun *run_jitter(const char *jitter) {
    return sim_run_one("'duration':'1h'",
                       PLAIN ",'autoscaling':{'max_replica_count':0},'client':"
                             "{'preset':'custom','max_sends':2,'first_delay':'10s','jitter':'%s'},"
                             "'traffic':" EVERY(1, "0s", "400s", 1, 1),
                       jitter);
}

/* All delays lie within [least, most]; their mean is that of a uniform law within 5 standard errors
 * ((most - least) / sqrt(12 x 400)). */
static void check_jitter(const char *jitter, double least_s, double most_s) {
    RecordedRun *run = run_jitter(jitter);
    double sum_s = 0;
    cr_assert_eq(run->request_count, 400);
    for (size_t i = 1; i <= 400; i++) {
        const sim_time delay = sim_request(run, i)->last_send - sim_request(run, i)->first_send;
        cr_expect(delay >= sim_seconds(least_s) && delay <= sim_seconds(most_s));
        sum_s += (double)delay / 1e9;
    }
    cr_expect_float_eq(sum_s / 400, (least_s + most_s) / 2, 5 * (most_s - least_s) / 69 + 1e-9);
    recorded_run_destroy(run);
}

Test(sim_client, jitter) {
    check_jitter("none", 10, 10);
    check_jitter("full", 0, 10);
    check_jitter("equal", 5, 10);
}

/* A replica with one batch slot: a request of 10 s whose client leaves after `timeout`, and one
 * that waits behind it from 0.3 s. */
static RecordedRun *run_timeout(const char *timeout) {
    return sim_run_one("'duration':'1m'",
                       HARDWARE "," PROFILE(1, 1000000) ",'autoscaling':{'min_replica_count':1},"
                                                        "'client':{'timeout':'%s'},"
                                                        "'traffic':[" ONE("0s", 1, 1000) "," ONE(
                                                            "300ms", 1, 1) "]",
                       timeout);
}

/* 1.005 s: abandoned then; the slot is free at the next boundary, 1.010 s. */
Test(sim_client, timeout_abandons_and_frees_the_place) {
    RecordedRun *run = run_timeout("1005ms");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_ABANDONED);
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_NONE);
    cr_expect_eq(sim_request(run, 1)->ended, 1005 * MS);
    cr_expect_eq(sim_request(run, 1)->first_token, 10 * MS);
    cr_expect_eq(sim_request(run, 2)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 2)->admitted, 1010 * MS);
    cr_expect_eq(sim_request(run, 2)->ended, 1020 * MS);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_NONE], 1);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_200], 1);
    recorded_run_destroy(run);
}

/* 1 s is a boundary itself. */
Test(sim_client, timeout_at_a_boundary) {
    RecordedRun *run = run_timeout("1s");
    cr_expect_eq(sim_request(run, 1)->ended, 1 * S);
    cr_expect_eq(sim_request(run, 2)->admitted, 1 * S);
    recorded_run_destroy(run);
}

/* A client may leave the queue as well: it waits from 0.3 s, and gives way at 0.4 s. */
Test(sim_client, timeout_in_the_queue) {
    RecordedRun *run = run_timeout("100ms");
    cr_expect_eq(sim_request(run, 1)->ended, 100 * MS);
    cr_expect_eq(sim_request(run, 2)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 2)->admitted, 300 * MS);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'1m'", HARDWARE
                      "," PROFILE(1, 1000000) ",'autoscaling':{'min_replica_count':1},"
                                              "'client':{'timeout':'400ms'},"
                                              "'traffic':[" ONE("0s", 1, 40) "," ONE(
                                                  "100ms", 1, 40) "," ONE("200ms", 1, 10) "]");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 1)->ended, 400 * MS); /* at the very limit */
    cr_expect_eq(sim_request(run, 2)->outcome, ASIM_ABANDONED);
    cr_expect_eq(sim_request(run, 2)->ended, 500 * MS);
    cr_expect_eq(sim_request(run, 3)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 3)->admitted, 500 * MS);
    cr_expect_eq(sim_request(run, 3)->ended, 600 * MS);
    recorded_run_destroy(run);
}

/* The clock of a timeout is that of one send: 103.9 s of retries do not count, and from there
 * a request of 2 s is in time, one of 4 s is not. */
Test(sim_client, timeout_is_per_send) {
    static const char members[] =
        PLAIN ",'client':{'preset':'python','timeout':'3s'},'cold_start':'100s','traffic':%s";
    RecordedRun *run = sim_run_one("'duration':'10m'", members, ONE("0s", 1, 200));
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 1)->ended, sim_seconds(105.90625));
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'10m'", members, ONE("0s", 1, 400));
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_ABANDONED);
    cr_expect_eq(sim_request(run, 1)->ended, sim_seconds(106.90625));
    recorded_run_destroy(run);
}

/* What counts is what the client sees: the last token of a request of 1 s, and 5 ms of overhead. */
Test(sim_client, timeout_counts_the_overhead) {
    static const char members[] =
        HARDWARE ",'profile':{'c0_ms':10,'c_prefill_ms':0,'c_decode_ms':0,"
                 "'kv_capacity_tokens':1000,'request_overhead':'5ms'},"
                 "'autoscaling':{'min_replica_count':1},'client':{'timeout':'%s'},"
                 "'traffic':" ONE("0s", 1, 100);
    RecordedRun *run = sim_run_one("'duration':'10m'", members, "1005ms");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 1)->first_token, 15 * MS);
    cr_expect_eq(sim_request(run, 1)->ended, 1005 * MS);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'10m'", members, "1004999999ns");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_ABANDONED);
    cr_expect_eq(sim_request(run, 1)->ended, 1005 * MS - 1);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_NONE], 1);
    recorded_run_destroy(run);
}

/* The first token is made at 10 ms and seen at 15 ms. A client that leaves in between has not seen
 * it; one that leaves at that very instant has. */
Test(sim_client, a_first_token_after_the_end_was_never_seen) {
    static const char members[] =
        HARDWARE ",'profile':{'c0_ms':10,'c_prefill_ms':0,'c_decode_ms':0,"
                 "'kv_capacity_tokens':1000,'request_overhead':'5ms'},"
                 "'autoscaling':{'min_replica_count':1},'client':{'timeout':'%s'},"
                 "'traffic':" ONE("0s", 1, 100);
    RecordedRun *run = sim_run_one("'duration':'10m'", members, "12ms");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_ABANDONED);
    cr_expect_eq(sim_request(run, 1)->ended, 12 * MS);
    cr_expect_eq(sim_request(run, 1)->admitted, 0);
    cr_expect_eq(sim_request(run, 1)->first_token, SIM_TIME_NEVER);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'10m'", members, "15ms");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_ABANDONED);
    cr_expect_eq(sim_request(run, 1)->first_token, 15 * MS);
    recorded_run_destroy(run);
    /* Cut at 12 ms: no more than that has been seen. */
    run = sim_run_one("'duration':'12ms','drain':false", members, "1m");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_IN_FLIGHT);
    cr_expect_eq(sim_request(run, 1)->first_token, SIM_TIME_NEVER);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'15ms','drain':false", members, "1m");
    cr_expect_eq(sim_request(run, 1)->first_token, 15 * MS);
    recorded_run_destroy(run);
}

/* The parts of what the user feels. One batch slot; 40 tokens of prompt in chunks of 10: a first
 * request from 5 s (its second send) to 5.1 s; the second, sent at 5.02 s, waits 80 ms, is in
 * prefill for 4 iterations (40 ms) and decodes 6 more tokens (60 ms). */
Test(sim_client, end_to_end_parts) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'", HARDWARE
                    ",'profile':{'c0_ms':10,'c_prefill_ms':0,'c_decode_ms':0,'batch_slots':1,"
                    "'kv_capacity_tokens':1000,'max_batched_tokens':10,'request_overhead':'0s'},"
                    "'cold_start':'5s','client':'python',"
                    "'traffic':[" ONE("0s", 1, 10) "," ONE("20ms", 40, 7) "]");
    const asim_request *request = sim_request(run, 2);
    cr_expect_eq(request->first_send, 20 * MS);
    cr_expect_eq(request->last_send, 5020 * MS);
    cr_expect_eq(request->admitted, 5100 * MS);
    cr_expect_eq(request->first_token, 5140 * MS);
    cr_expect_eq(request->ended, 5200 * MS);
    cr_expect_eq(request->replica, 1);
    recorded_run_destroy(run);
}

/* Recorded clients ---------------------------------------------------------------------------- */

#define RECORDED_HEADER "arrived_ns,prompt_tokens,output_tokens,abandoned_after_ns\n"

static RecordedRun *run_recorded(const char *rows, const char *members) {
    char *scratch = scratch_make(), *path = scratch_text(scratch, "rows.csv", rows);
    RecordedRun *run = sim_run_one("'duration':'1m'",
                                   PLAIN ",'client':'python','cold_start':'2s',%s,"
                                         "'traffic':{'type':'trace','file':'%s','origin':'zero'}",
                                   members, path);
    scratch_remove(scratch);
    free(path);
    return run;
}

/* 10 tokens take 100 ms. Who hangs up leaves at that instant; who is answered by then does not. */
Test(sim_client, recorded_clients_hang_up_when_they_did) {
    RecordedRun *run = run_recorded(RECORDED_HEADER "0,1,10,\n"
                                                    "200000001,1,10,45000000\n"
                                                    "400000000,1,10,100000001\n"
                                                    "600000000,1,10,100000000\n",
                                    "'autoscaling':{'min_replica_count':1}");
    static const asim_outcome outcomes[] = {ASIM_COMPLETED, ASIM_ABANDONED, ASIM_COMPLETED,
                                            ASIM_COMPLETED};
    for (size_t n = 1; n <= 4; n++) {
        const asim_request *request = sim_request(run, n);
        const sim_time took = n == 2 ? 45 * MS : 100 * MS;
        cr_expect_eq(request->outcome, outcomes[n - 1], "%zu", n);
        cr_expect_eq(request->ended - request->first_send, took, "%zu", n);
        cr_expect_eq(request->sends, 1);
    }
    cr_expect_eq(sim_request(run, 2)->first_send, 200 * MS + 1);
    recorded_run_destroy(run);
}

/* Whatever the deployment's clients would do. */
Test(sim_client, recorded_clients_never_send_again) {
    RecordedRun *run = run_recorded(RECORDED_HEADER "0,1,10,\n1,1,10,5000000000\n",
                                    "'autoscaling':{'min_replica_count':0}");
    for (size_t n = 1; n <= 2; n++) {
        cr_expect_eq(sim_request(run, n)->outcome, ASIM_REJECTED);
        cr_expect_eq(sim_request(run, n)->sends, 1);
        cr_expect_eq(sim_request(run, n)->last_answer, ASIM_ANSWER_503);
    }
    recorded_run_destroy(run);
}

/* They wait at the gateway, and a replica is there after 2 s: one hangs up before, one just then,
 * one after that. Where the gateway has less patience, they get its answer. */
Test(sim_client, recorded_clients_hang_up_while_they_wait) {
    const char *rows = RECORDED_HEADER "0,1,10,1999999999\n"
                                       "0,1,10,2000000000\n"
                                       "0,1,1000,2050000000\n";
    RecordedRun *run = run_recorded(rows, "'at_zero':'hold'");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_ABANDONED);
    cr_expect_eq(sim_request(run, 1)->ended, 2 * S - 1);
    cr_expect_eq(sim_request(run, 2)->ended, 2 * S);
    cr_expect_eq(sim_request(run, 2)->replica, 1); /* the boot ends before clients go */
    cr_expect_eq(sim_request(run, 3)->first_token, 2010 * MS);
    cr_expect_eq(sim_request(run, 3)->outcome, ASIM_ABANDONED);
    cr_expect_eq(sim_request(run, 3)->ended, 2050 * MS);
    recorded_run_destroy(run);
    run = run_recorded(rows, "'at_zero':'hold','hold_timeout':'1s'");
    for (size_t n = 1; n <= 3; n++) {
        cr_expect_eq(sim_request(run, n)->outcome, ASIM_REJECTED);
        cr_expect_eq(sim_request(run, n)->ended, S);
    }
    recorded_run_destroy(run);
}
