// SPDX-License-Identifier: GPL-3.0-or-later
/* Closed loops: users who send, wait, think and send again; by hand, and against the response time
 * law. */
#include "support/recorded_run.h"

#include "base/error.h"
#include "scenario/scenario.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A request of N output tokens alone takes N iterations of 10 ms. */
#define PROFILE                                                                                    \
    "\"profile\": {\"c0_ms\": 10, \"c_prefill_ms\": 0, \"c_decode_ms\": 0, "                       \
    "\"kv_capacity_tokens\": 1000000, \"batch_slots\": 64, \"request_overhead\": \"0s\"}"
#define DEPLOYMENT(autoscaling, client, traffic)                                                   \
    "\"deployments\": {\"d\": {\"model\": \"m\", \"accelerator\": \"H100\", \"weights_gb\": 16, "  \
    "\"cold_start\": \"100s\", " PROFILE ", \"autoscaling\": " autoscaling                         \
    ", \"client\": \"" client "\", \"traffic\": " traffic "}}"
#define ONE "{\"min_replica_count\": 1, \"max_replica_count\": 1}"

/* Thinks 2 s, is served for 1 s: sends at 2, 5, 8, ... until the end at 10 s; the last one is
 * finished. */
Test(sim_closed_loop, one_user_sends_after_answer_and_thought) {
    RecordedRun *run =
        recorded_run("{\"duration\": \"10s\", " DEPLOYMENT(
                         ONE, "none",
                         "{\"type\": \"closed_loop\", \"users\": 1, \"think_time\": \"2s\", "
                         "\"prompt_tokens\": 1, \"output_tokens\": 100}") "}",
                     NULL);
    cr_assert_eq(run->request_count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(run->requests[i].first_send, (sim_time)(2 + 3 * i) * SIM_TIME_SECOND);
        cr_expect_eq(run->requests[i].ended, (sim_time)(3 + 3 * i) * SIM_TIME_SECOND);
        cr_expect_eq(run->requests[i].outcome, ASIM_COMPLETED);
    }
    cr_expect_eq(run->ends[0].traffic.requests, 3);
    recorded_run_destroy(run);
}

/* A refused user comes back too: no retries, a boot of 100 s from the first request at 2 s on, so
 * 503 at 2, 4, ..., 100; the send at 102 s finds the replica that serves from 102 s on. */
Test(sim_closed_loop, a_refused_user_thinks_and_comes_back) {
    RecordedRun *run =
        recorded_run("{\"duration\": \"104s\", " DEPLOYMENT(
                         "{\"min_replica_count\": 0, \"max_replica_count\": 1}", "none",
                         "{\"type\": \"closed_loop\", \"users\": 1, \"think_time\": \"2s\", "
                         "\"prompt_tokens\": 1, \"output_tokens\": 100}") "}",
                     NULL);
    cr_assert_eq(run->request_count, 51);
    for (size_t i = 0; i < 50; i++) {
        cr_expect_eq(run->requests[i].outcome, ASIM_GIVEN_UP);
        cr_expect_eq(run->requests[i].ended, (sim_time)(2 + 2 * i) * SIM_TIME_SECOND);
    }
    cr_expect_eq(run->requests[50].first_send, 102 * SIM_TIME_SECOND);
    cr_expect_eq(run->requests[50].outcome, ASIM_COMPLETED);
    recorded_run_destroy(run);
}

/* Response time law of a closed system: users = rate x (response + thought). Every iteration takes
 * 10 ms whatever the batch holds, so a response is its tokens times 10 ms, and up to one iteration
 * of waiting. */
Test(sim_closed_loop, users_are_rate_times_cycle) {
    RecordedRun *run =
        recorded_run("{\"duration\": \"2h\", " DEPLOYMENT(
                         ONE, "none",
                         "[{\"type\": \"closed_loop\", \"users\": 20, "
                         "\"think_time\": {\"distribution\": \"exponential\", \"mean\": \"4s\"}, "
                         "\"prompt_tokens\": 1, \"output_tokens\": 100}, "
                         "{\"type\": \"closed_loop\", \"users\": 10, \"think_time\": \"4s\", "
                         "\"prompt_tokens\": 1, \"output_tokens\": 100}]") "}",
                     NULL);
    double response_s = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        const asim_request *request = &run->requests[i];
        response_s += (double)(request->ended - request->first_send) / 1e9;
    }
    response_s /= (double)run->request_count;
    const double users = (double)run->request_count / 7200 * (response_s + 4.0);
    cr_expect_gt(response_s, 1.0);
    cr_expect_lt(response_s, 1.011);
    cr_expect_lt(fabs(users - 30) / 30, 0.01, "%.3f users", users);
    recorded_run_destroy(run);
}

/* Common random numbers: the n-th thought and request of a user are the same when answers are
 * slower. */
Test(sim_closed_loop, slower_answers_shift_no_draw) {
    static const char json[] =
        "{\"duration\": \"60s\", " DEPLOYMENT(ONE, "none",
                                              "{\"type\": \"closed_loop\", \"users\": 1, "
                                              "\"think_time\": {\"distribution\": \"exponential\", "
                                              "\"mean\": \"1s\"}, \"prompt_tokens\": 1, "
                                              "\"output_tokens\": {\"distribution\": \"uniform\", "
                                              "\"minimum\": 10, \"maximum\": 100}}") "}";
    const char *const slower[] = {"deployments.d.profile.c0_ms=20", NULL};
    RecordedRun *fast = recorded_run(json, NULL);
    RecordedRun *slow = recorded_run(json, slower);
    cr_assert_lt(slow->request_count, fast->request_count);
    for (size_t i = 1; i < slow->request_count; i++) {
        const asim_request *a = &fast->requests[i];
        const asim_request *b = &slow->requests[i];
        cr_expect_eq(a->output_tokens, b->output_tokens);
        cr_expect_eq(a->first_send - fast->requests[i - 1].ended,
                     b->first_send - slow->requests[i - 1].ended);
    }
    recorded_run_destroy(fast);
    recorded_run_destroy(slow);
}

/* Turns of 1 s each, thoughts of 2 s: a slower replica puts later turns off, and no request is lost
 * by that. */
Test(sim_closed_loop, a_conversations_next_turn_waits_for_the_answer) {
    static const char json[] = "{\"duration\": \"1h\", " DEPLOYMENT(
        ONE, "none",
        "{\"type\": \"conversation\", \"rate_per_s\": 0.01, \"turns\": 4, \"think_time\": \"2s\", "
        "\"new_tokens\": 1, \"output_tokens\": 100, \"system_prompt_tokens\": 7, \"stop\": "
        "\"30m\"}") "}";
    const char *const slower[] = {"deployments.d.profile.c0_ms=20", NULL};
    for (int slow = 0; slow < 2; slow++) {
        RecordedRun *run = recorded_run(json, slow ? slower : NULL);
        size_t turns = 0, after = 0;
        cr_assert_gt(run->request_count, 20);
        cr_expect_eq(run->request_count % 4, 0);
        for (size_t i = 0; i < run->request_count; i++) {
            const asim_request *request = &run->requests[i];
            cr_expect_eq(request->prompt_tokens % 101, 8);
            for (size_t k = 0; k < run->request_count; k++) {
                after += run->requests[k].prompt_tokens == request->prompt_tokens + 101 &&
                         run->requests[k].first_send == request->ended + 2 * SIM_TIME_SECOND;
            }
            turns += request->prompt_tokens < 8 + 3 * 101;
        }
        cr_expect_eq(after, turns, "%zu turns of %zu", after, turns);
        recorded_run_destroy(run);
    }
}

/* Without a duration nobody knows when its last answer comes. */
Test(sim_closed_loop, needs_a_duration) {
    ErrorList errors = {0};
    Scenario *scenario = scenario_read_text(
        "{" DEPLOYMENT(ONE, "none",
                       "{\"type\": \"closed_loop\", \"users\": 1, \"think_time\": \"2s\", "
                       "\"stop\": \"1h\", \"prompt_tokens\": 1, \"output_tokens\": 1}") "}",
        "s.json", NULL, NULL, 0, &errors);
    cr_assert_null(scenario);
    cr_assert_eq(errors.count, 1);
    char *text = error_text(&errors.items[0]);
    cr_assert(strstr(text, "a duration such as 24h"), "%s", text);
    free(text);
    error_list_clear(&errors);
}
