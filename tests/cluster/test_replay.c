// SPDX-License-Identifier: GPL-3.0-or-later
/* One replica by itself, on cases small enough to work out by hand, and against the step-by-step
 * oracle. */
#include "cluster/replay.h"
#include "engine/random.h"
#include "oracle/serving_oracle.h"

#include <criterion/criterion.h>

#define MS INT64_C(1000000)
#define NEVER SIM_TIME_NEVER

/* 10 ms, 0.1 ms per prompt token and 1 ms per decoding sequence: a prompt of 50 takes 15 ms. */
static Profile plain(void) {
    return (Profile){.c0_ms = 10,
                     .c_prefill_ms = 0.1,
                     .c_decode_ms = 1,
                     .batch_slots = 4,
                     .kv_capacity_tokens = 1000,
                     .kv_block_tokens = 1,
                     .max_batched_tokens = 100,
                     .request_overhead = 2 * MS};
}

static const ReplayWatch nobody = {0};

Test(replay, a_request_alone_is_seen_with_the_overhead) {
    const ReplayRequest request = {.arrival = 5 * MS, .prompt_tokens = 50, .output_tokens = 3};
    const Profile profile = plain();
    ReplayOutcome outcome;
    replay_run(&profile, &(ReplayScript){.requests = &request, .count = 1}, nobody, &outcome);
    cr_expect_eq(outcome.sent, 5 * MS);
    cr_expect_eq(outcome.admitted, 5 * MS);
    cr_expect_eq(outcome.first_token, (5 + 15 + 2) * MS);
    cr_expect_eq(outcome.finish, (5 + 15 + 11 + 11 + 2) * MS);
}

/* Of 50 prompt tokens 30 are computed while the weights are read; decoding ones all are. */
Test(replay, tokens_beyond_the_free_ones_take_their_time) {
    const ReplayRequest request = {.prompt_tokens = 50, .output_tokens = 2};
    Profile profile = plain();
    profile.c_token_ms = 1;
    profile.free_tokens = 30;
    ReplayOutcome outcome;
    replay_run(&profile, &(ReplayScript){.requests = &request, .count = 1}, nobody, &outcome);
    cr_expect_eq(outcome.first_token, (15 + 20 + 2) * MS);
    cr_expect_eq(outcome.finish, (15 + 20 + 11 + 2) * MS);
}

/* 250 tokens in chunks of 100: 250 x 251 / 2 pairs, however they are cut. */
Test(replay, attention_is_over_all_of_the_prompt_before) {
    const ReplayRequest request = {.prompt_tokens = 250, .output_tokens = 1};
    Profile profile = plain();
    profile.c_attention_ms = 0.01;
    ReplayOutcome outcome;
    replay_run(&profile, &(ReplayScript){.requests = &request, .count = 1}, nobody, &outcome);
    cr_expect_eq(outcome.finish, (3 * 10 + 25 + 2) * MS + 31375 * MS / 100);
}

/* Two decode while a third begins; and an answer of two tokens is over before its first one would
 * be seen. */
Test(replay, a_first_token_waits_for_the_streams_beside_it) {
    const ReplayRequest requests[] = {
        {.prompt_tokens = 10, .output_tokens = 100},
        {.prompt_tokens = 10, .output_tokens = 100},
        {.arrival = 12 * MS, .prompt_tokens = 10, .output_tokens = 9},
        {.arrival = 25 * MS, .prompt_tokens = 10, .output_tokens = 2}};
    Profile profile = plain();
    profile.stream_overhead = 5 * MS;
    ReplayOutcome outcomes[4];
    replay_run(&profile, &(ReplayScript){.requests = requests, .count = 4}, nobody, outcomes);
    cr_expect_eq(outcomes[0].first_token, (12 + 2) * MS);
    cr_expect_eq(outcomes[2].first_token, (12 + 13 + 2 + 2 * 5) * MS);
    cr_expect_eq(outcomes[3].finish, (25 + 14 + 14 + 2) * MS);
    cr_expect_eq(outcomes[3].first_token, outcomes[3].finish);
}

Test(replay, what_never_fits_is_refused_and_holds_no_place) {
    const ReplayRequest requests[] = {{.prompt_tokens = 999, .output_tokens = 2},
                                      {.prompt_tokens = 50, .output_tokens = 1}};
    const Profile profile = plain();
    ReplayOutcome outcomes[2];
    replay_run(&profile, &(ReplayScript){.requests = requests, .count = 2, .concurrency = 1},
               nobody, outcomes);
    cr_expect_eq(outcomes[0].first_token, NEVER);
    cr_expect_eq(outcomes[0].finish, NEVER);
    cr_expect_eq(outcomes[1].sent, 0);
    cr_expect_eq(outcomes[1].finish, 17 * MS);
}

Test(replay, a_closed_loop_sends_when_one_ends) {
    const ReplayRequest requests[] = {
        {.prompt_tokens = 50, .output_tokens = 1},
        {.prompt_tokens = 10, .output_tokens = 1},
        {.arrival = 100 * MS, .prompt_tokens = 10, .output_tokens = 1},
        {.arrival = 100 * MS, .prompt_tokens = 10, .output_tokens = 1}};
    const Profile profile = plain();
    ReplayOutcome outcomes[4];
    replay_run(&profile, &(ReplayScript){.requests = requests, .count = 4, .concurrency = 1},
               nobody, outcomes);
    cr_expect_eq(outcomes[1].sent, 17 * MS);
    cr_expect_eq(outcomes[1].finish, (17 + 11 + 2) * MS);
    cr_expect_eq(outcomes[2].sent, 100 * MS); /* a free place waits for its arrival */
    cr_expect_eq(outcomes[3].sent, 113 * MS);
}

static void add_up(void *self, const ReplayLeap *leap) {
    uint64_t *sums = self;
    sums[0] += leap->iterations;
    sums[1] += leap->iterations * leap->decoding;
    sums[2] += leap->iterations * leap->prompt_tokens;
    sums[3] += (uint64_t)(leap->end - leap->begin);
    sums[4] = leap->kv_tokens > sums[4] ? leap->kv_tokens : sums[4];
}

Test(replay, a_watch_is_told_of_every_leap) {
    const ReplayRequest requests[] = {{.prompt_tokens = 50, .output_tokens = 3},
                                      {.prompt_tokens = 20, .output_tokens = 2}};
    const Profile profile = plain();
    ReplayOutcome outcomes[2];
    uint64_t sums[5] = {0};
    replay_run(&profile, &(ReplayScript){.requests = requests, .count = 2},
               (ReplayWatch){add_up, sums}, outcomes);
    cr_expect_eq(sums[0], 3);
    cr_expect_eq(sums[1], 3); /* tokens after the first ones */
    cr_expect_eq(sums[2], 70);
    cr_expect_eq((sim_time)sums[3], outcomes[0].finish - 2 * MS);
    cr_expect_eq(sums[4], 51 + 21); /* the second iteration's: prompts and first tokens */
}

#define REQUESTS 60

static void draw(RandomStream *stream, ReplayRequest requests[], ScriptRequest scripted[]) {
    sim_time arrival = 0;
    for (size_t i = 0; i < REQUESTS; i++) {
        arrival += (sim_time)random_below(stream, 120) * MS;
        requests[i] = (ReplayRequest){arrival, 1 + (uint32_t)random_below(stream, 300),
                                      1 + (uint32_t)random_below(stream, 60)};
        scripted[i] =
            (ScriptRequest){arrival, requests[i].prompt_tokens, requests[i].output_tokens, NEVER};
    }
}

Test(replay, agrees_with_the_oracle) {
    RandomStream stream;
    random_stream_init(&stream, 7, 0, "replay");
    for (int round = 0; round < 20; round++) {
        ReplayRequest requests[REQUESTS];
        ScriptRequest scripted[REQUESTS];
        ReplayOutcome outcomes[REQUESTS];
        Profile profile = plain();
        profile.kv_admission = round % 3;
        profile.c_kv_ms = 0.001;
        draw(&stream, requests, scripted);
        replay_run(&profile, &(ReplayScript){.requests = requests, .count = REQUESTS}, nobody,
                   outcomes);
        ServingOutcome oracle;
        serving_oracle_run(
            &(ServingScript){
                .profile = profile, .requests = scripted, .request_count = REQUESTS, .kill = NEVER},
            &oracle, NULL);
        for (size_t i = 0; i < REQUESTS; i++) {
            cr_assert_eq(outcomes[i].admitted, oracle.requests[i].admitted);
            cr_assert_eq(outcomes[i].first_token, oracle.requests[i].first_token);
            cr_assert_eq(outcomes[i].finish, oracle.requests[i].finish);
            cr_assert_eq(outcomes[i].preemptions, oracle.requests[i].preemptions);
        }
        serving_outcome_clear(&oracle);
    }
}
