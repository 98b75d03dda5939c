// SPDX-License-Identifier: GPL-3.0-or-later
/* The serving rules of model 8, sentence by sentence, on cases small enough to work out by hand.
 * Every script is played by the real Serving and by the step-by-step oracle: the numbers here check
 * both. */
#include "cluster/cluster.h"
#include "oracle/serving_oracle.h"
#include "support/serving_harness.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

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
                     .kv_admission = KV_ADMISSION_OUTPUT,
                     .max_batched_tokens = 100};
}

/* The same with so many blocks of 8 tokens. */
static Profile paged(KvAdmission admission, int64_t blocks) {
    Profile profile = plain();
    profile.kv_admission = (int)admission;
    profile.kv_block_tokens = 8;
    profile.kv_capacity_tokens = 8 * blocks;
    return profile;
}

#define AT_MOST 8

typedef struct Played {
    RequestOutcome requests[AT_MOST];
    ProbeOutcome probes[AT_MOST];
    uint64_t prompt_tokens, generated_tokens;
    size_t ends;
} Played;

/* Plays by both; they must agree. */
static Played play_script(ServingScript script) {
    Played played = {0};
    HarnessReport report;
    ServingOutcome outcome, oracle;
    serving_harness_run(&script, &outcome, &report);
    serving_oracle_run(&script, &oracle, NULL);
    cr_expect_str_eq(report.complaint, "");
    cr_expect_arr_eq(outcome.requests, oracle.requests,
                     script.request_count * sizeof *oracle.requests);
    for (size_t i = 0; i < script.probe_count; i++) {
        const ProbeOutcome *a = &outcome.probes[i], *b = &oracle.probes[i];
        cr_expect_eq(a->prompt_tokens, b->prompt_tokens);
        cr_expect_eq(a->generated_tokens, b->generated_tokens);
        cr_expect_eq(a->held, b->held);
        cr_expect_eq(a->kv_held, b->kv_held);
    }
    cr_expect_eq(outcome.prompt_tokens, oracle.prompt_tokens);
    cr_expect_eq(outcome.generated_tokens, oracle.generated_tokens);
    cr_assert(script.request_count <= AT_MOST && script.probe_count <= AT_MOST);
    memcpy(played.requests, outcome.requests, script.request_count * sizeof *played.requests);
    if (script.probe_count > 0) {
        memcpy(played.probes, outcome.probes, script.probe_count * sizeof *played.probes);
    }
    played.prompt_tokens = outcome.prompt_tokens;
    played.generated_tokens = outcome.generated_tokens;
    played.ends = report.ends;
    serving_outcome_clear(&outcome);
    serving_outcome_clear(&oracle);
    return played;
}

/* {arrival, prompt tokens, output tokens, abandon} ... */
#define PLAY(a_profile, ...)                                                                       \
    play_script((ServingScript){.profile = (a_profile),                                            \
                                .requests = (ScriptRequest[]){__VA_ARGS__},                        \
                                .request_count = sizeof((ScriptRequest[]){__VA_ARGS__}) /          \
                                                 sizeof(ScriptRequest),                            \
                                .kill = NEVER})

/* ---- One request
 * --------------------------------------------------------------------------------- */

Test(serving, one_request_alone) {
    const Played played = PLAY(plain(), {5 * MS, 50, 3, NEVER});
    cr_expect_eq(played.requests[0].admitted, 5 * MS);
    cr_expect_eq(played.requests[0].first_token, (5 + 15) * MS);     /* its prompt's last chunk */
    cr_expect_eq(played.requests[0].finish, (5 + 15 + 2 * 11) * MS); /* then two tokens more */
    cr_expect_eq(played.prompt_tokens, 50);
    cr_expect_eq(played.generated_tokens, 3);
}

Test(serving, one_token_ends_with_the_prompt) {
    const Played played = PLAY(plain(), {0, 50, 1, NEVER});
    cr_expect_eq(played.requests[0].first_token, 15 * MS);
    cr_expect_eq(played.requests[0].finish, 15 * MS);
}

Test(serving, a_prompt_beyond_the_budget_is_done_in_chunks) {
    const Played played = PLAY(plain(), {0, 250, 1, NEVER});
    cr_expect_eq(played.requests[0].first_token, (20 + 20 + 15) * MS);
    cr_expect_eq(played.requests[0].admitted, 0);
    cr_expect_eq(PLAY(plain(), {0, 200, 1, NEVER}).requests[0].first_token, 2 * 20 * MS);
    cr_expect_eq(PLAY(plain(), {0, 201, 1, NEVER}).requests[0].first_token,
                 2 * 20 * MS + 10 * MS + MS / 10);
}

Test(serving, overhead_is_the_clients_and_not_the_replicas) {
    Profile profile = plain();
    profile.request_overhead = 7 * MS;
    profile.batch_slots = 1;
    const Played played = PLAY(profile, {0, 50, 2, NEVER}, {0, 50, 1, NEVER});
    cr_expect_eq(played.requests[0].first_token, (15 + 7) * MS);
    cr_expect_eq(played.requests[0].finish, (26 + 7) * MS);
    cr_expect_eq(played.requests[0].left, 26 * MS);
    cr_expect_eq(played.requests[1].admitted, 26 * MS);
    cr_expect_eq(played.requests[1].finish, (26 + 15 + 7) * MS);
}

/* ---- Who joins when
 * ------------------------------------------------------------------------------ */

Test(serving, requests_that_arrive_together_at_an_idle_replica_start_together) {
    const Played played = PLAY(plain(), {MS, 30, 1, NEVER}, {MS, 20, 1, NEVER});
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(played.requests[i].admitted, MS);
        cr_expect_eq(played.requests[i].finish, (1 + 15) * MS);
    }
}

Test(serving, an_arrival_at_a_boundary_joins_the_iteration_that_begins_there) {
    const Played played = PLAY(plain(), {0, 50, 3, NEVER}, {15 * MS, 10, 1, NEVER});
    cr_expect_eq(played.requests[1].admitted, 15 * MS);
    cr_expect_eq(played.requests[1].first_token, (15 + 12) * MS); /* 10 + 1 + 1 */
    cr_expect_eq(played.requests[0].finish, (15 + 12 + 11) * MS);
}

/* The first decodes from 15 ms to 114 ms in one leap, with boundaries every 11 ms. */
Test(serving, an_arrival_in_mid_leap_joins_at_the_next_boundary) {
    const struct {
        sim_time arrival, admitted;
    } cases[] = {{30 * MS, 37 * MS},       {37 * MS, 37 * MS},      {37 * MS - 1, 37 * MS},
                 {37 * MS + 1, 48 * MS},   {15 * MS + 1, 26 * MS},  {103 * MS, 103 * MS},
                 {114 * MS - 1, 114 * MS}, {103 * MS + 1, 114 * MS}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const Played played = PLAY(plain(), {0, 50, 10, NEVER}, {cases[i].arrival, 10, 1, NEVER});
        cr_expect_eq(played.requests[1].admitted, cases[i].admitted, "case %zu", i);
        const bool together = cases[i].admitted < 114 * MS;
        cr_expect_eq(played.requests[1].finish, cases[i].admitted + (together ? 12 : 11) * MS);
        cr_expect_eq(played.requests[0].finish, (together ? 115 : 114) * MS);
    }
}

Test(serving, a_replica_that_ran_idle_starts_again_at_once) {
    const Played played = PLAY(plain(), {0, 50, 1, NEVER}, {15 * MS + 1, 50, 1, NEVER});
    cr_expect_eq(played.requests[1].admitted, 15 * MS + 1);
    cr_expect_eq(played.requests[1].finish, 30 * MS + 1);
}

/* ---- The token budget
 * ---------------------------------------------------------------------------- */

Test(serving, the_budget_goes_first_come_first_served_and_only_the_last_gets_a_part) {
    const Played played = PLAY(plain(), {0, 60, 1, NEVER}, {0, 60, 1, NEVER}, {0, 60, 1, NEVER});
    cr_expect_eq(played.requests[0].finish, 20 * MS); /* 60 + 40 tokens */
    cr_expect_eq(played.requests[1].finish, 38 * MS); /* 20 + 60 */
    cr_expect_eq(played.requests[2].finish, 38 * MS);
}

Test(serving, several_prompts_in_one_iteration) {
    const Played played = PLAY(plain(), {0, 30, 2, NEVER}, {0, 30, 2, NEVER}, {0, 30, 2, NEVER});
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(played.requests[i].first_token, 19 * MS);
        cr_expect_eq(played.requests[i].finish, (19 + 13) * MS);
    }
}

/* The decoding sequence takes one token of the budget: 99 are left. */
Test(serving, decoding_sequences_come_before_prompts) {
    const Played fits = PLAY(plain(), {0, 50, 3, NEVER}, {15 * MS, 99, 1, NEVER});
    cr_expect_eq(fits.requests[1].finish, 15 * MS + 20 * MS + 9 * MS / 10);
    const Played exceeds = PLAY(plain(), {0, 50, 3, NEVER}, {15 * MS, 100, 1, NEVER});
    cr_expect_eq(exceeds.requests[1].finish, 15 * MS + 20 * MS + 9 * MS / 10 + 11 * MS + MS / 10);
    cr_expect_eq(exceeds.requests[0].finish, exceeds.requests[1].finish);
}

/* Three decode on a budget of two: all three yield, and the prompt waits until one is left. */
Test(serving, a_budget_below_the_number_of_decoders_holds_up_prompts_alone) {
    Profile profile = plain();
    profile.c_prefill_ms = 0;
    profile.max_batched_tokens = 2;
    const Played played =
        PLAY(profile, {0, 1, 4, NEVER}, {0, 1, 4, NEVER}, {0, 2, 3, NEVER}, {0, 1, 1, NEVER});
    /* 10: A and B have their first; 22: the budget is theirs; 34: still; 46: both are done. */
    cr_expect_eq(played.requests[0].finish, 46 * MS);
    cr_expect_eq(played.requests[1].finish, 46 * MS);
    cr_expect_eq(played.requests[2].first_token, 56 * MS);
    cr_expect_eq(played.requests[2].finish, 78 * MS);
    cr_expect_eq(played.requests[3].first_token, 67 * MS); /* one token beside C's decoding */
    cr_expect_eq(played.requests[3].admitted, 56 * MS);

    profile.max_batched_tokens = 3;
    profile.c_decode_ms = 0;
    const Played three =
        PLAY(profile, {0, 1, 9, NEVER}, {0, 1, 9, NEVER}, {0, 1, 9, NEVER}, {0, 1, 1, NEVER});
    cr_expect_eq(three.requests[2].finish, 90 * MS);
    cr_expect_eq(three.requests[3].finish, 100 * MS);
}

/* ---- Admission
 * ----------------------------------------------------------------------------------- */

Test(serving, batch_slots_hold_back_the_queue) {
    Profile profile = plain();
    profile.batch_slots = 2;
    const Played played = PLAY(profile, {0, 10, 2, NEVER}, {0, 10, 3, NEVER}, {0, 10, 1, NEVER});
    cr_expect_eq(played.requests[0].finish, (12 + 12) * MS);
    cr_expect_eq(played.requests[2].admitted, 24 * MS); /* at the boundary that frees the slot */
    cr_expect_eq(played.requests[2].finish, (24 + 12) * MS);
    cr_expect_eq(played.requests[1].finish, (24 + 12) * MS);
}

Test(serving, a_prefilling_sequence_takes_a_slot) {
    Profile profile = plain();
    profile.batch_slots = 1;
    const Played played = PLAY(profile, {0, 110, 1, NEVER}, {0, 10, 1, NEVER});
    cr_expect_eq(played.requests[0].finish, (20 + 11) * MS);
    cr_expect_eq(played.requests[1].admitted, 31 * MS); /* though 90 tokens of budget were left */
}

/* 100 tokens of KV: A takes 60, B needs 50, C needs 10 and would fit, but nobody overtakes. */
Test(serving, the_kv_reservation_blocks_the_head_and_nobody_overtakes) {
    Profile profile = plain();
    profile.kv_capacity_tokens = 100;
    const Played played = PLAY(profile, {0, 50, 10, NEVER}, {0, 49, 1, NEVER}, {0, 9, 1, NEVER});
    cr_expect_eq(played.requests[0].finish, (15 + 9 * 11) * MS);
    cr_expect_eq(played.requests[1].admitted, 114 * MS);
    cr_expect_eq(played.requests[2].admitted, 114 * MS);
    cr_expect_eq(played.requests[2].finish, 114 * MS + 15 * MS + 8 * MS / 10);
}

Test(serving, prompt_and_output_are_set_aside_to_the_last_token) {
    Profile profile = plain();
    profile.kv_capacity_tokens = 100;
    const Played fits = PLAY(profile, {0, 30, 30, NEVER}, {0, 20, 20, NEVER});
    cr_expect_eq(fits.requests[1].admitted, 0);
    const Played exceeds = PLAY(profile, {0, 30, 30, NEVER}, {0, 20, 21, NEVER});
    cr_expect_eq(exceeds.requests[1].admitted, exceeds.requests[0].finish);
}

Test(serving, what_can_never_fit) {
    ServingModel model;
    Profile profile = plain();
    serving_model_init(&model, &profile);
    cr_expect(serving_can_fit(&model, 900, 100));
    cr_expect_not(serving_can_fit(&model, 900, 101));
    cr_expect_not(serving_can_fit(&model, UINT32_MAX, UINT32_MAX)); /* beyond 32 bits */
    cr_expect_not(serving_can_fit(&model, UINT32_MAX, 1));
    serving_model_clear(&model);
}

/* ---- Pages
 * ----------------------------------------------------------------------------------- */

/* A prompt of 16 has two blocks, its first decode 17 tokens and so a third. */
Test(serving, blocks_are_taken_as_a_sequence_grows) {
    const ScriptRequest request = {0, 16, 10, NEVER};
    const sim_time probes[] = {0, 13 * MS, 89 * MS, 90 * MS, 100 * MS};
    const Profile profile = paged(KV_ADMISSION_PROMPT, 4);
    const Played played = play_script((ServingScript){.profile = profile,
                                                      .requests = &request,
                                                      .request_count = 1,
                                                      .probes = probes,
                                                      .probe_count = 5,
                                                      .kill = NEVER});
    const uint64_t kv_held[] = {16, 24, 24, 24, 32}; /* the prompt ends at 11.6 ms; the ninth
                                                        decode, of 25 tokens, begins at 99.6 */
    for (size_t i = 0; i < 5; i++) {
        cr_expect_eq(played.probes[i].kv_held, kv_held[i], "probe %zu", i);
    }
}

/* Four blocks: A and B, of two each, make one token; the next wants a block for each. B, admitted
 * last, gives its own back, and comes again when A has gone, with the token made as a prompt of 17.
 */
Test(serving, who_was_admitted_last_is_preempted_and_computed_again) {
    const Played played = PLAY(paged(KV_ADMISSION_PROMPT, 4), {0, 16, 5, NEVER}, {0, 16, 5, NEVER});
    const sim_time both = 13 * MS + 2 * MS / 10;
    cr_expect_eq(played.requests[0].preemptions, 0);
    cr_expect_eq(played.requests[1].preemptions, 1);
    cr_expect_eq(played.requests[1].admitted, 0); /* first */
    cr_expect_eq(played.requests[0].first_token, both);
    cr_expect_eq(played.requests[1].first_token, both); /* seen once, and never taken back */
    const sim_time first = both + 4 * 11 * MS;
    cr_expect_eq(played.requests[0].finish, first);
    cr_expect_eq(played.requests[1].finish, first + 11 * MS + 7 * MS / 10 + 3 * 11 * MS);
    cr_expect_eq(played.prompt_tokens, 16 + 16 + 17);
    cr_expect_eq(played.generated_tokens, 10); /* each once */
}

/* C waits behind B, which was preempted, though its one block is free. */
Test(serving, who_was_preempted_heads_the_queue) {
    const Played played = PLAY(paged(KV_ADMISSION_PROMPT, 4), {0, 16, 5, NEVER}, {0, 16, 5, NEVER},
                               {14 * MS, 8, 1, NEVER});
    cr_expect_eq(played.requests[2].admitted, played.requests[0].finish);
}

/* Two blocks are free beside A's two: a prompt of 40 has five and waits; its first chunk of 10 has
 * two. */
Test(serving, a_prompt_is_admitted_whole_or_by_its_first_chunk) {
    Profile profile = paged(KV_ADMISSION_PROMPT, 6);
    profile.max_batched_tokens = 10;
    const Played whole = PLAY(profile, {0, 10, 3, NEVER}, {0, 40, 1, NEVER});
    cr_expect_eq(whole.requests[1].admitted, whole.requests[0].finish);
    profile.kv_admission = KV_ADMISSION_CHUNK;
    const Played chunk = PLAY(profile, {0, 10, 3, NEVER}, {0, 40, 1, NEVER});
    cr_expect_eq(chunk.requests[1].admitted, 11 * MS); /* with the nine tokens left of the budget */
    cr_expect_eq(chunk.requests[1].preemptions, 0);
}

/* In mid-prompt it is the asker that was admitted last: A's growth and its own chunks do not fit.
 */
Test(serving, a_prompt_in_the_middle_is_preempted_by_its_own_wish) {
    Profile profile = paged(KV_ADMISSION_CHUNK, 6);
    profile.max_batched_tokens = 9;
    const Played played = PLAY(profile, {0, 9, 9, NEVER}, {0, 40, 1, NEVER});
    /* Four chunks of 8, then none, then three more beside A. */
    cr_expect_eq(played.requests[0].finish, (10 + 8 * 11) * MS + 9 * MS / 10 + 7 * 8 * MS / 10);
    cr_expect_eq(played.requests[1].preemptions, 1);
    cr_expect_eq(played.requests[0].preemptions, 0);
}

/* Whoever is not given a token of the budget is not admitted. */
Test(serving, the_budget_admits) {
    const Played played = PLAY(plain(), {0, 100, 1, NEVER}, {0, 10, 1, NEVER});
    cr_expect_eq(played.requests[1].admitted, 20 * MS);
}

/* ---- The iteration time
 * -------------------------------------------------------------------------- */

/* 1, 2 and 3 tokens beyond the prompt's 100 are held: 0.01 ms for each. */
Test(serving, the_kv_term_grows_with_every_token) {
    Profile profile = plain();
    profile.c_kv_ms = 0.01;
    const Played played = PLAY(profile, {0, 100, 4, NEVER});
    cr_expect_eq(played.requests[0].first_token, 20 * MS);      /* prefilling holds none */
    cr_expect_eq(played.requests[0].finish, 53 * MS + 3060000); /* 1.01 + 1.02 + 1.03 */
    cr_expect_eq(played.ends, 2);                               /* the prompt, and one leap */
}

/* n sequences from KV0: m iterations take m T0 + c_kv n m(m-1)/2. */
Test(serving, a_leap_takes_the_quadratic_sum) {
    Profile profile = plain();
    profile.c_kv_ms = 0.001;
    const Played played = PLAY(profile, {0, 40, 501, NEVER}, {0, 60, 201, NEVER});
    /* Both: 200 iterations of 12.102 ms and 0.002 ms more each time. */
    const sim_time both = 20 * MS + 200 * INT64_C(12102000) + 2000 * (200 * 199 / 2);
    cr_expect_eq(played.requests[1].finish, both);
    /* Alone: 300 iterations from 40 + 201 tokens. */
    cr_expect_eq(played.requests[0].finish,
                 both + 300 * INT64_C(11241000) + 1000 * (300 * 299 / 2));
    cr_expect_eq(played.ends, 3);
}

/* Two experts, one active: 1 - 2^-n of 8 ms. */
Test(serving, experts_are_covered_by_the_sequences_of_the_iteration) {
    Profile profile = {.c0_ms = 1,
                       .c_moe_ms = 8,
                       .experts = 2,
                       .active_experts = 1,
                       .batch_slots = 4,
                       .kv_capacity_tokens = 1000,
                       .kv_block_tokens = 1,
                       .max_batched_tokens = 10};
    cr_expect_eq(PLAY(profile, {0, 10, 1, NEVER}).requests[0].finish, (1 + 4) * MS);
    cr_expect_eq(PLAY(profile, {0, 5, 1, NEVER}, {0, 5, 1, NEVER}).requests[0].finish,
                 (1 + 6) * MS);
    cr_expect_eq(
        PLAY(profile, {0, 5, 1, NEVER}, {0, 4, 1, NEVER}, {0, 9, 1, NEVER}).requests[0].finish,
        (1 + 7) * MS); /* one is given a single token, and counts */
    cr_expect_eq(PLAY(profile, {0, 10, 1, NEVER}, {0, 9, 1, NEVER}).requests[0].finish,
                 (1 + 4) * MS); /* one is given none, and does not */
    const Played mixed = PLAY(profile, {0, 10, 3, NEVER}, {5 * MS, 5, 1, NEVER});
    cr_expect_eq(mixed.requests[1].finish, (5 + 1 + 6) * MS); /* one decodes, one prefills */
    cr_expect_eq(mixed.requests[0].finish, (12 + 1 + 4) * MS);
}

/* ---- Boundaries in nanoseconds
 * ------------------------------------------------------------------- */

/* Iterations of 1.4 ns: the boundaries are at 1, 3, 4, 6, 7 from the phase's start, not at 1, 2, 3.
 */
Test(serving, boundaries_are_rounded_from_the_start_of_the_phase) {
    const Profile profile = {.c0_ms = 1.4e-6,
                             .batch_slots = 4,
                             .kv_capacity_tokens = 1000,
                             .kv_block_tokens = 1,
                             .max_batched_tokens = 10};
    const sim_time boundaries[] = {1, 3, 4, 6, 7};
    for (uint32_t i = 0; i < 5; i++) {
        cr_expect_eq(PLAY(profile, {0, 10 * (i + 1), 1, NEVER}).requests[0].finish,
                     boundaries[i]); /* one phase of i + 1 chunks */
        cr_expect_eq(PLAY(profile, {0, 1, i + 2, NEVER}).requests[0].finish,
                     1 + boundaries[i]); /* one of the prompt, one of decoding */
    }
}

/* B and C wait behind A's long prompt, which is given the whole budget, and C leaves again: A's
 * iterations do the same work as before, in the same phase. */
Test(serving, a_phase_goes_on_when_a_request_merely_waits) {
    const Profile profile = {.c0_ms = 1.4e-6,
                             .batch_slots = 4,
                             .kv_capacity_tokens = 1000,
                             .kv_block_tokens = 1,
                             .max_batched_tokens = 10};
    const Played played = PLAY(profile, {0, 50, 1, NEVER}, {1, 1, 1, NEVER}, {2, 1, 1, 5});
    cr_expect_eq(played.requests[1].admitted, 7);
    cr_expect_eq(played.requests[2].admitted, NEVER);
    cr_expect_eq(played.requests[2].left, 6);
    cr_expect_eq(played.requests[0].finish, 7);
    cr_expect_eq(played.requests[1].finish, 8); /* a new phase: 7 + 1 */
}

/* Nor does it end when a queued request that cannot enter goes away. */
Test(serving, a_phase_goes_on_when_a_queued_request_leaves) {
    const Profile profile = {.c0_ms = 1.4e-6,
                             .batch_slots = 1,
                             .kv_capacity_tokens = 1000,
                             .kv_block_tokens = 1,
                             .max_batched_tokens = 10};
    const Played played = PLAY(profile, {0, 1, 6, NEVER}, {2, 1, 1, 3});
    cr_expect_eq(played.requests[1].left, 4);
    cr_expect_eq(played.requests[0].finish, 1 + 7);
}

/* ---- Clients that go away
 * ------------------------------------------------------------------------ */

Test(serving, an_abandoned_decoding_request_frees_its_slot_at_the_next_boundary) {
    Profile profile = plain();
    profile.batch_slots = 1;
    const Played played = PLAY(profile, {0, 50, 10, 30 * MS}, {0, 50, 1, NEVER});
    cr_expect_eq(played.requests[0].first_token, 15 * MS);
    cr_expect_eq(played.requests[0].left, 37 * MS);
    cr_expect_eq(played.requests[0].finish, NEVER);
    cr_expect_eq(played.requests[1].admitted, 37 * MS);
    cr_expect_eq(played.generated_tokens, 1 + 2 + 1); /* the iteration that ran still counts */
}

Test(serving, abandoned_at_a_boundary_it_leaves_there) {
    Profile profile = plain();
    profile.batch_slots = 1;
    const Played played = PLAY(profile, {0, 50, 10, 37 * MS}, {0, 50, 1, NEVER});
    cr_expect_eq(played.requests[0].left, 37 * MS);
    cr_expect_eq(played.requests[1].admitted, 37 * MS);
    const Played first = PLAY(profile, {0, 50, 10, 15 * MS}, {0, 50, 1, NEVER});
    cr_expect_eq(first.requests[0].first_token, 15 * MS);
    cr_expect_eq(first.requests[0].left, 15 * MS);
    cr_expect_eq(first.requests[1].admitted, 15 * MS);
}

Test(serving, an_abandoned_prompt_gives_up_the_rest_of_its_tokens) {
    const Played played = PLAY(plain(), {0, 300, 5, 5 * MS}, {0, 50, 1, NEVER});
    cr_expect_eq(played.requests[0].left, 20 * MS);
    cr_expect_eq(played.requests[0].first_token, NEVER);
    cr_expect_eq(played.requests[1].finish, (20 + 15) * MS);
    cr_expect_eq(played.prompt_tokens, 150);
}

Test(serving, an_abandoned_head_of_the_queue_lets_the_next_one_in) {
    Profile profile = plain();
    profile.kv_capacity_tokens = 100;
    const Played played = PLAY(profile, {0, 50, 10, NEVER}, {0, 49, 1, 16 * MS}, {0, 9, 1, NEVER});
    cr_expect_eq(played.requests[1].admitted, NEVER);
    cr_expect_eq(played.requests[1].left, 26 * MS);
    cr_expect_eq(played.requests[2].admitted, 26 * MS);
}

Test(serving, abandoned_on_arrival_it_never_starts) {
    const Played played = PLAY(plain(), {3 * MS, 50, 1, 3 * MS});
    cr_expect_eq(played.requests[0].admitted, NEVER);
    cr_expect_eq(played.requests[0].left, 3 * MS);
    cr_expect_eq(played.ends, 0);
}

Test(serving, abandoned_after_its_last_token_it_has_finished) {
    const Played played = PLAY(plain(), {0, 50, 2, 26 * MS});
    cr_expect_eq(played.requests[0].finish, 26 * MS);
    const Played before = PLAY(plain(), {0, 50, 2, 26 * MS - 1}); /* during its last iteration */
    cr_expect_eq(before.requests[0].finish, NEVER);
    cr_expect_eq(before.requests[0].left, 26 * MS);
    cr_expect_eq(before.generated_tokens, 2);
}

Test(serving, a_killed_replica_holds_nothing_at_once) {
    const ScriptRequest requests[] = {
        {0, 50, 10, NEVER}, {0, 80, 10, NEVER}, {1, 900, 10, NEVER}, {2, 900, 10, NEVER}};
    const Played played = play_script((ServingScript){
        .profile = plain(), .requests = requests, .request_count = 4, .kill = 51 * MS});
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(played.requests[i].left, 51 * MS);
        cr_expect_eq(played.requests[i].finish, NEVER);
    }
    cr_expect_eq(played.requests[0].first_token, 20 * MS);
    cr_expect_eq(played.requests[2].admitted, NEVER);
}

/* ---- Signals
 * ------------------------------------------------------------------------------------- */

/* One leap from 15 ms to 114 ms: tokens appear at its boundaries, to the nanosecond. */
Test(serving, tokens_and_requests_held_are_exact_in_mid_leap) {
    const ScriptRequest requests[] = {{0, 50, 10, NEVER}, {200 * MS, 250, 1, NEVER}};
    const sim_time probes[] = {15 * MS - 1, 15 * MS,  26 * MS - 1,  26 * MS,
                               103 * MS,    114 * MS, 240 * MS - 1, 240 * MS};
    const Played played = play_script((ServingScript){.profile = plain(),
                                                      .requests = requests,
                                                      .request_count = 2,
                                                      .probes = probes,
                                                      .probe_count = 8,
                                                      .kill = NEVER});
    const uint64_t generated[] = {0, 1, 1, 2, 9, 10, 10, 10};
    const uint64_t prompt[] = {0, 50, 50, 50, 50, 50, 150, 250};
    const uint32_t held[] = {1, 1, 1, 1, 1, 0, 1, 1};
    const uint64_t kv_held[] = {60, 60, 60, 60, 60, 0, 251, 251};
    for (size_t i = 0; i < 8; i++) {
        cr_expect_eq(played.probes[i].generated_tokens, generated[i], "probe %zu", i);
        cr_expect_eq(played.probes[i].prompt_tokens, prompt[i], "probe %zu", i);
        cr_expect_eq(played.probes[i].held, held[i], "probe %zu", i);
        cr_expect_eq(played.probes[i].kv_held, kv_held[i], "probe %zu", i);
    }
}

/* ---- What its caller is told
 * ---------------------------------------------------------------------- */

typedef struct Bench {
    ServingModel model;
    RequestPool pool;
    Serving serving;
} Bench;

static void bench_open(Bench *bench, const Profile *profile) {
    serving_model_init(&bench->model, profile);
    request_pool_init(&bench->pool);
    serving_init(&bench->serving, &bench->model, &bench->pool);
}

static void bench_close(Bench *bench) {
    serving_clear(&bench->serving);
    request_pool_clear(&bench->pool);
    serving_model_clear(&bench->model);
}

static ServingChange bench_enqueue(Bench *bench, sim_time now, uint32_t prompt, uint32_t output,
                                   uint32_t *place) {
    *place = request_take(&bench->pool);
    *request_at(&bench->pool, *place) = (Request){.admitted = NEVER,
                                                  .first_token = NEVER,
                                                  .prompt_tokens = prompt,
                                                  .output_tokens = output,
                                                  .stage = REQUEST_OUTSIDE};
    return serving_enqueue(&bench->serving, now, *place);
}

Test(serving, a_leap_is_one_event_and_is_cut_only_when_something_changes) {
    Bench bench;
    Profile profile = plain();
    profile.batch_slots = 2;
    bench_open(&bench, &profile);
    Serving *serving = &bench.serving;
    uint32_t a, b, c;
    cr_expect_eq(serving->boundary, NEVER);
    cr_expect_eq(bench_enqueue(&bench, 0, 50, 10, &a), SERVING_TO_BEGIN);
    serving_begin(serving, 0);
    cr_expect_eq(serving->boundary, 15 * MS);
    serving_end(serving);
    serving_begin(serving, 15 * MS);
    cr_expect_eq(serving->boundary, 114 * MS); /* the leap */
    cr_expect_eq(bench_enqueue(&bench, 40 * MS, 10, 900, &b), SERVING_RESCHEDULED);
    cr_expect_eq(serving->boundary, 48 * MS);
    cr_expect_eq(bench_enqueue(&bench, 41 * MS, 10, 5, &c), SERVING_UNCHANGED); /* no slot for it */
    serving_end(serving);
    serving_begin(serving, 48 * MS);
    cr_expect_eq(serving->boundary, 60 * MS);
    cr_expect_eq(request_at(&bench.pool, b)->stage, REQUEST_PREFILLING);
    cr_expect_eq(request_at(&bench.pool, c)->stage, REQUEST_QUEUED);
    serving_end(serving);
    serving_begin(serving, 60 * MS);
    cr_expect_eq(serving->boundary, (60 + 5 * 12) * MS); /* a's end */
    cr_expect_eq(serving_abandon(serving, 61 * MS, c), SERVING_RESCHEDULED);
    cr_expect_eq(serving->boundary, 72 * MS);
    cr_expect_eq(serving_abandon(serving, 62 * MS, a), SERVING_UNCHANGED);
    serving_end(serving);
    serving_begin(serving, 72 * MS);
    cr_expect_eq(serving->left_count, 2);
    cr_expect_eq(serving->held, 1);
    cr_expect_eq(serving_kv_at(serving, 72 * MS), 910);
    serving->left_count = 0;
    serving_evict_all(serving, 73 * MS);
    cr_expect_eq(serving->left_count, 1);
    cr_expect_eq(serving->left[0], b);
    cr_expect_eq(serving->boundary, NEVER);
    serving->left_count = 0;
    cr_expect_eq(bench_enqueue(&bench, 80 * MS, 50, 1, &a), SERVING_TO_BEGIN); /* serves again */
    serving_begin(serving, 80 * MS);
    cr_expect_eq(serving->boundary, 95 * MS);
    bench_close(&bench);
}

/* Whoever cannot enter at the next boundary does not cut the leap: for want of a slot, of KV
 * capacity, or because somebody waits before it. */
Test(serving, an_arrival_that_cannot_enter_leaves_the_leap_alone) {
    Bench bench;
    Profile profile = plain();
    profile.batch_slots = 3;
    bench_open(&bench, &profile);
    Serving *serving = &bench.serving;
    uint32_t place;
    bench_enqueue(&bench, 0, 50, 10, &place);
    bench_enqueue(&bench, 0, 50, 10, &place);
    serving_begin(serving, 0);
    serving_end(serving);
    serving_begin(serving, 20 * MS);
    cr_expect_eq(serving->boundary, (20 + 9 * 12) * MS);
    cr_expect_eq(bench_enqueue(&bench, 21 * MS, 881, 1, &place), SERVING_UNCHANGED);
    cr_expect_eq(bench_enqueue(&bench, 22 * MS, 1, 1, &place), SERVING_UNCHANGED);
    cr_expect_eq(serving->boundary, (20 + 9 * 12) * MS);
    serving_end(serving);
    serving_begin(serving, 128 * MS);
    cr_expect_eq(serving->left_count, 2);
    cr_expect_eq(serving->kv_reserved, 882);
    bench_close(&bench);
    bench_open(&bench, &profile);
    for (int i = 0; i < 3; i++) {
        bench_enqueue(&bench, 0, 20, 10, &place);
    }
    serving_begin(serving, 0);
    serving_end(serving);
    serving_begin(serving, 16 * MS);
    cr_expect_eq(bench_enqueue(&bench, 17 * MS, 1, 1, &place), SERVING_UNCHANGED);
    cr_expect_eq(serving->boundary, (16 + 9 * 13) * MS);
    bench_close(&bench);
}

/* A replica that was killed remembers nothing: neither the phase it was in nor who was about to
 * leave. */
Test(serving, after_an_eviction_all_is_new) {
    Bench bench;
    const Profile profile = plain();
    bench_open(&bench, &profile);
    Serving *serving = &bench.serving;
    uint32_t a, b;
    bench_enqueue(&bench, 0, 500, 1, &a);
    serving_begin(serving, 0);
    serving_abandon(serving, 5 * MS, a);
    serving_evict_all(serving, 6 * MS);
    cr_assert_eq(serving->left_count, 1);
    serving->left_count = 0;
    request_release(&bench.pool, a);
    cr_expect_eq(bench_enqueue(&bench, 80 * MS, 500, 1, &b), SERVING_TO_BEGIN);
    cr_assert_eq(a, b);
    serving_begin(serving, 80 * MS);
    cr_expect_eq(serving->left_count, 0);
    cr_expect_eq(serving->boundary, (80 + 5 * 20) * MS);
    bench_close(&bench);
}

/* Iterations are numbered beyond 32 bits, which is all that the heap's keys have. */
Test(serving, iteration_numbers_beyond_32_bits) {
    Bench bench;
    const Profile profile = {.c0_ms = 1e-6,
                             .batch_slots = 4,
                             .kv_capacity_tokens = INT64_C(100000000000),
                             .kv_block_tokens = 16,
                             .max_batched_tokens = 10};
    bench_open(&bench, &profile);
    Serving *serving = &bench.serving;
    const uint32_t output = 3000000000;
    uint32_t place;
    bench_enqueue(&bench, 0, 1, output, &place);
    serving_begin(serving, 0);
    serving_end(serving);
    serving_begin(serving, 1);
    sim_time end_before = 1 + (sim_time)(output - 1);
    cr_assert_eq(serving->boundary, end_before);
    for (int i = 0; i < 10; i++) { /* each begins 1000 iterations before the last one ends */
        const sim_time arrival = end_before - 1000;
        const uint32_t former = place;
        cr_expect_eq(bench_enqueue(&bench, arrival, 1, output, &place), SERVING_RESCHEDULED);
        cr_assert_eq(serving->boundary, arrival);
        serving_end(serving);
        serving_begin(serving, arrival);
        cr_assert_eq(serving->boundary, arrival + 1);
        serving_end(serving);
        serving_begin(serving, arrival + 1);
        cr_assert_eq(serving->boundary, end_before);
        serving_end(serving);
        cr_assert_eq(serving->left_count, 1);
        cr_expect_eq(serving->left[0], former);
        serving->left_count = 0;
        serving_begin(serving, end_before);
        end_before = arrival + 1 + (sim_time)(output - 1);
        cr_assert_eq(serving->boundary, end_before);
    }
    uint64_t prompt, generated;
    serving_tokens_at(serving, end_before - 1, &prompt, &generated);
    cr_expect_eq(generated, UINT64_C(11) * output - 1);
    cr_expect_eq(prompt, 11);
    bench_close(&bench);
}

/* Tokens of the iterations that a killed replica has finished in its leap still count. */
Test(serving, an_eviction_keeps_the_tokens_of_the_leap) {
    Bench bench;
    const Profile profile = plain();
    uint64_t prompt, generated;
    uint32_t place;
    bench_open(&bench, &profile);
    Serving *serving = &bench.serving;
    bench_enqueue(&bench, 0, 50, 10, &place);
    serving_begin(serving, 0); /* 10 + 5 ms */
    serving_end(serving);
    serving_begin(serving, 15 * MS); /* then iterations of 11 ms */
    serving_evict_all(serving, (15 + 3 * 11) * MS);
    serving_tokens_at(serving, 100 * MS, &prompt, &generated);
    cr_expect_eq(prompt, 50);
    cr_expect_eq(generated, 1 + 3);
    bench_close(&bench);
}
