// SPDX-License-Identifier: GPL-3.0-or-later
/* What recorded traffic says of its prompts' past: cached tokens, whose requests they are, and the
 * ids of their blocks. */
#include "traffic/past_shares.h"
#include "traffic/prompt_hashes.h"
#include "traffic/row_past.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES "../shared/traces/_format_samples/"
#define MOONCAKE "../shared/traces/mooncake_fast25/synthetic_trace.jsonl"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_past, .init = setup, .fini = teardown);

/* The key of whoever is called so; 0: nobody. */
static uint32_t key_of(const char *name) {
    return row_past_key((InputText){name, name + strlen(name)});
}

static void check_cached(size_t i, uint32_t tokens, const char *name) {
    const asim_arrival *arrival = &harness.arrivals[i];
    cr_assert_lt(i, harness.count);
    if (arrival->past_kind == ASIM_PAST_NONE) {
        cr_assert(tokens == 0 && *name == '\0', "request %zu", i);
        return;
    }
    cr_assert_eq(arrival->past_kind, ASIM_PAST_CACHED, "request %zu", i);
    cr_assert_eq(arrival->past.seen.tokens, tokens, "request %zu: %u", i,
                 arrival->past.seen.tokens);
    cr_assert_eq(arrival->past.seen.key, key_of(name), "request %zu", i);
}

static const asim_prompt_hashes *hashes_of(size_t i, uint32_t count, uint32_t block_tokens) {
    cr_assert_lt(i, harness.count);
    cr_assert_eq(harness.arrivals[i].past_kind, ASIM_PAST_HASHES, "request %zu", i);
    const asim_prompt_hashes *hashes = harness.arrivals[i].past.hashes;
    cr_assert_eq(hashes->count, count, "request %zu: %u ids", i, hashes->count);
    cr_assert_eq(hashes->block_tokens, block_tokens);
    return hashes;
}

Test(traffic_past, keys_are_of_names) {
    cr_assert_neq(key_of("a"), key_of("b"));
    cr_assert_neq(key_of("a"), 0);
    cr_assert_eq(key_of("a"), key_of(" a "));
    cr_assert_eq(key_of(""), 0);
    cr_assert_eq(key_of("null"), 0);
}

#define BILLING                                                                                    \
    "email,start_time,end_time,usage_type,prompt_tokens,completion_tokens,cached_prompt_tokens,"   \
    "uncached_prompt_tokens\n"
#define BILLED(SECOND, EMAIL, PROMPT, CACHED)                                                      \
    EMAIL ",2025-10-20 17:16:" SECOND " UTC,2025-10-20 17:16:" SECOND                              \
          " UTC,TEXT_COMPLETION_INFERENCE_USAGE," PROMPT ",9," CACHED ",\n"

Test(traffic_past, fireworks_bills_tell_cached_tokens) {
    harness_reads(&harness,
                  BILLING BILLED("48", "a@b.c", "803", "200") BILLED("49", "a@b.c", "10", "10")
                      BILLED("50", "", "7", "") BILLED("51", "", "7", "0"),
                  NO_OPTIONS);
    check_cached(0, 200, "a@b.c");
    check_cached(1, 10, "a@b.c");
    check_cached(2, 0, "");
    check_cached(3, 0, "");
    /* Older exports have no such column. */
    harness_reads(&harness,
                  "email,start_time,usage_type,prompt_tokens,completion_tokens\na@b.c,2025-10-20 "
                  "17:16:48 UTC,TEXT_COMPLETION_INFERENCE_USAGE,803,9\n",
                  NO_OPTIONS);
    check_cached(0, 0, "a@b.c");
}

Test(traffic_past, more_cached_than_the_prompt_has_is_a_bad_row) {
    harness_refuses(&harness, BILLING BILLED("48", "a", "5", "5") BILLED("49", "a", "5", "6"),
                    NO_OPTIONS,
                    "bad:3:87: cached_prompt_tokens: found \"6\", expected a whole number of "
                    "cached tokens, at most those of the prompt");
    harness_refuses(&harness, BILLING BILLED("49", "a", "5", "many"), NO_OPTIONS,
                    "cached_prompt_tokens: found \"many\"");
    harness_reads(&harness, BILLING BILLED("48", "a", "5", "5") BILLED("49", "a", "5", "6"),
                  OPTIONS("on_bad_row=skip"));
    cr_assert_eq(harness.count, 1);
    cr_assert_eq(harness.source->counts.skipped, 1);
}

#define BUCKET(CACHED)                                                                             \
    "{\"object\":\"bucket\",\"start_time\":1730419200,\"end_time\":1730505600,\"results\":[{"      \
    "\"input_tokens\":1000,\"output_tokens\":500," CACHED                                          \
    "\"num_model_requests\":4},{\"input_tokens\":600,\"output_tokens\":500,"                       \
    "\"num_model_requests\":4}]}\n"

Test(traffic_past, openai_tells_them_per_bucket) {
    harness_reads(&harness, BUCKET("\"input_cached_tokens\":800,"), OPTIONS("spread=even"));
    cr_assert_eq(harness.count, 8);
    for (size_t i = 0; i < 8; i++) {
        cr_assert_eq(harness.arrivals[i].prompt_tokens, 200);
        check_cached(i, 100, "");
    }
    harness_reads(&harness, BUCKET(""), NO_OPTIONS);
    check_cached(0, 0, "");
    harness_refuses(&harness, BUCKET("\"input_cached_tokens\":1001,"), NO_OPTIONS,
                    "input_cached_tokens: found \"1001\"");
    harness_reads(&harness,
                  "[{\"aggregation_timestamp\": 1730419200, \"n_requests\": 2, "
                  "\"n_context_tokens_total\": 100, \"n_generated_tokens_total\": 20, "
                  "\"n_cached_context_tokens_total\": 60}]",
                  NO_OPTIONS);
    check_cached(1, 30, "");
}

#define LITELLM(METADATA, SESSION)                                                                 \
    "{\"call_type\": \"acompletion\", \"startTime\": 7, \"prompt_tokens\": 100, "                  \
    "\"completion_tokens\": 5, \"session_id\": " SESSION ", \"metadata\": {" METADATA "}}\n"

Test(traffic_past, gateways_and_answers_tell_them_by_request) {
    harness_reads(
        &harness,
        LITELLM("\"additional_usage_values\": {\"cache_read_input_tokens\": 64}", "\"s1\"")
            LITELLM("\"additional_usage_values\": {\"cache_read_input_tokens\": null}", "null"),
        NO_OPTIONS);
    check_cached(0, 64, "s1");
    check_cached(1, 0, "");
    harness_reads(&harness,
                  LITELLM("\"additional_usage_values\": {\"prompt_tokens_details\": "
                          "{\"cached_tokens\": 48}}",
                          "\"\""),
                  NO_OPTIONS);
    check_cached(0, 48, "");
    harness_reads(&harness,
                  "{\"object\": \"chat.completion\", \"created\": 1730419200, \"usage\": "
                  "{\"prompt_tokens\": 30, \"completion_tokens\": 4, \"prompt_tokens_details\": "
                  "{\"cached_tokens\": 16}}}\n",
                  NO_OPTIONS);
    harness_gives(&harness, 0, 0, 30, 4);
    check_cached(0, 16, "");
    harness_reads(&harness,
                  "{\"object\": \"response\", \"created_at\": 1730419200, \"user\": \"u\", "
                  "\"usage\": {\"input_tokens\": 30, \"output_tokens\": 4, "
                  "\"input_tokens_details\": {\"cached_tokens\": 20}}}\n",
                  NO_OPTIONS);
    check_cached(0, 20, "u");
    harness_reads(&harness,
                  "{\"metadata\": {\"request_start_ns\": 5, \"conversation_id\": \"c\"}, "
                  "\"metrics\": {\"input_sequence_length\": {\"value\": 9}, "
                  "\"output_sequence_length\": {\"value\": 2}, "
                  "\"usage_prompt_cache_read_tokens\": {\"value\": 8}}}\n",
                  NO_OPTIONS);
    check_cached(0, 8, "c");
}

#define OWN                                                                                        \
    "format=csv", "time_column=t", "prompt_column=in", "output_column=out", "cached_column=hit",   \
        "session_column=who"

Test(traffic_past, columns_of_ones_own) {
    static const char rows[] = "t,in,out,hit,who\n1,10,2,4,ann\n2,10,2,,bob\n3,10,2,0,ann\n";
    harness_reads(&harness, rows, OPTIONS(OWN));
    check_cached(0, 4, "ann");
    check_cached(1, 0, "bob");
    check_cached(2, 0, "ann");
    harness_refuses(&harness, rows, OPTIONS(OWN, "hash_column=ids"),
                    "cached_column: found a "
                    "column beside hash_column");
    harness_refuses(
        &harness, rows,
        OPTIONS("time_column=t", "prompt_tokens=5", "output_column=out", "cached_column=hit"),
        "cached_column: found the past of prompts whose lengths are drawn");
    harness_refuses(&harness, rows, OPTIONS("session_column=who"),
                    "session_column: found a column's name, expected time_column beside it");
    harness_refuses(&harness, "{\"timestamp\": 1, \"input_length\": 1, \"output_length\": 1}\n",
                    OPTIONS("format=mooncake", "session_column=who"),
                    "session_column: found a column's name for the format mooncake");
}

#define MOON(TIME, PROMPT, MORE)                                                                   \
    "{\"timestamp\": " TIME ", \"input_length\": " PROMPT ", \"output_length\": 5" MORE "}\n"

Test(traffic_past, mooncake_has_ids_of_blocks) {
    harness_reads(&harness,
                  MOON("0", "1025", ", \"hash_ids\": [7, 18446744073709551615,-1 ]")
                      MOON("27000", "512", ", \"hash_ids\": [7], \"session_id\": \"s\"")
                          MOON("30000", "512", ", \"session_id\": \"s\"")
                              MOON("30000", "9000", ", \"hash_ids\": []"),
                  NO_OPTIONS);
    const asim_prompt_hashes *hashes = hashes_of(0, 3, 512);
    cr_assert_eq(hashes->ids[0], 7);
    cr_assert_eq(hashes->ids[1], UINT64_MAX);
    cr_assert_eq(hashes->ids[2], UINT64_MAX);
    cr_assert_eq(hashes->key, 0);
    cr_assert_eq(hashes_of(1, 1, 512)->key, key_of("s"));
    check_cached(2, 0, "s");
    check_cached(3, 0, "");
    /* Texts stand for themselves; blocks are as long as one says. */
    harness_reads(&harness,
                  MOON("0", "40", ", \"hash_ids\": [\"9f\", \"a0\"]")
                      MOON("27000", "40", ", \"hash_ids\": [\"9f\",\"a1\"]"),
                  OPTIONS("hash_block_tokens=20"));
    const asim_prompt_hashes *first = hashes_of(0, 2, 20), *second = hashes_of(1, 2, 20);
    cr_assert_eq(first->ids[0], second->ids[0]);
    cr_assert_neq(first->ids[1], second->ids[1]);
}

Test(traffic_past, bailian_has_blocks_of_16) {
    harness_reads(&harness,
                  "{\"chat_id\": 1, \"timestamp\": 61.1, \"input_length\": 33, \"output_length\": "
                  "1, \"hash_ids\": [1, 2, 3]}\n",
                  NO_OPTIONS);
    hashes_of(0, 3, 16);
}

Test(traffic_past, ids_that_cannot_be_are_bad_rows) {
    static const char list[] = "expected a list of ids, whole numbers or texts";
    harness_refuses(&harness, MOON("0", "512", "") MOON("9999", "512", ", \"hash_ids\": [1, 2]"),
                    NO_OPTIONS,
                    "bad:2:78: hash_ids: found \"[1, 2]\", expected at most one id for each block "
                    "of the prompt: see hash_block_tokens");
    harness_refuses(&harness, MOON("0", "5120", ", \"hash_ids\": [1, x]"), NO_OPTIONS, list);
    harness_refuses(&harness, MOON("0", "5120", ", \"hash_ids\": [1, 2.5]"), NO_OPTIONS, list);
    harness_refuses(&harness, MOON("0", "5120", ", \"hash_ids\": 12"), NO_OPTIONS, list);
    harness_refuses(&harness, MOON("0", "5120", ", \"hash_ids\": [18446744073709551616]"),
                    NO_OPTIONS, list);
    harness_refuses(&harness, MOON("0", "5120", ", \"hash_ids\": [1 2]"), NO_OPTIONS, list);
    harness_mutilate(&harness, MOON("0", "1000", ", \"hash_ids\": [1, \"a\"]"), NO_OPTIONS, true);
}

/* Rows that come late, that are out of the span, that are left in hand when reading ends. */
Test(traffic_past, ids_go_with_their_rows) {
    static const char rows[] =
        MOON("0", "9", ", \"hash_ids\": [0]") MOON("3000", "9", ", \"hash_ids\": [3]")
            MOON("1000", "9", ", \"hash_ids\": [1]") MOON("2000", "9", ", \"hash_ids\": [2]")
                MOON("9000", "9", ", \"hash_ids\": [9]") MOON("8000", "9", ", \"hash_ids\": [8]");
    harness_reads(&harness, rows, OPTIONS("time_unit=ms", "reorder_window=2s"));
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(hashes_of(i, 1, 512)->ids[0], i);
    }
    harness_reads(&harness, rows,
                  OPTIONS("time_unit=ms", "reorder_window=2s", "from=1s", "to=4s", "repeat=2"));
    cr_assert_eq(harness.count, 6);
    harness_reads(&harness, rows,
                  OPTIONS("time_unit=ms", "on_bad_row=skip", "rate_scale=0.5", "to=9s"));
    harness_text_file(&harness, "a", rows);
    harness_text_file(&harness, "b", rows);
    harness_trace(
        &harness, "a,b",
        OPTIONS("time_unit=ms", "reorder_window=2s", "to=2500ms", "clocks=one", "rate_scale=3"));
    cr_assert_eq(harness.count, 18);
}

/* Twins are other users: else each would find the other's whole prompt cached. */
Test(traffic_past, copies_and_passes_have_content_of_their_own) {
    static const char rows[] = MOON("0", "900", ", \"hash_ids\": [0, 1], \"session_id\": \"s\"")
        MOON("3000", "900", ", \"hash_ids\": [0, 2], \"session_id\": \"s\"");
    static const char *const twice[] = {"rate_scale=2", "repeat=2"};
    for (size_t i = 0; i < 2; i++) {
        harness_reads(&harness, rows, OPTIONS("time_unit=ms", twice[i]));
        cr_assert_eq(harness.count, 4);
        uint64_t first[4], second[4];
        uint32_t keys[4];
        for (size_t k = 0; k < 4; k++) {
            const asim_prompt_hashes *hashes = hashes_of(k, 2, 512);
            first[k] = hashes->ids[0];
            second[k] = hashes->ids[1];
            keys[k] = hashes->key;
        }
        size_t alike = 0, alike_keys = 0;
        for (size_t a = 0; a < 4; a++) {
            for (size_t b = 0; b < a; b++) {
                alike += first[a] == first[b];
                alike_keys += keys[a] == keys[b];
                cr_assert_neq(second[a], second[b]);
            }
        }
        cr_assert_eq(alike, 2, "one pair of each twin");
        cr_assert_eq(alike_keys, 2);
    }
    harness_reads(&harness, "t,in,out,hit,who\n1,10,2,4,ann\n", OPTIONS(OWN, "rate_scale=2"));
    cr_assert_neq(harness.arrivals[0].past.seen.key, harness.arrivals[1].past.seen.key);
}

Test(traffic_past, prompts_that_are_drawn_have_no_content) {
    harness_reads(&harness, MOON("0", "9000", ", \"hash_ids\": [1], \"session_id\": \"s\""),
                  OPTIONS("prompt_tokens=20"));
    check_cached(0, 0, "s");
    harness_reads(&harness, MOON("0", "9000", ", \"hash_ids\": [1]"), OPTIONS("output_tokens=20"));
    hashes_of(0, 1, 512);
}

/* Shares --------------------------------------------------------------------------------------- */

Test(traffic_past, shares_of_what_was_cached_and_seen) {
    PastShares shares;
    past_shares_init(&shares);
    harness_reads(&harness,
                  MOON("0", "700", ", \"hash_ids\": [0, 1]")
                      MOON("3000", "800", ", \"hash_ids\": [0, 1]") MOON("3000", "500", ""),
                  OPTIONS("time_unit=ms"));
    past_shares_add(&shares, harness.arrivals, harness.count);
    cr_assert_float_eq(past_shares_seen(&shares), 800.0 / 2000, 1e-12);
    cr_assert(isnan(past_shares_cached(&shares)));
    past_shares_clear(&shares);
    past_shares_init(&shares);
    harness_reads(&harness, "t,in,out,hit,who\n1,10,2,4,ann\n2,6,2,4,\n3,4,2,,\n", OPTIONS(OWN));
    past_shares_add(&shares, harness.arrivals, harness.count);
    cr_assert_float_eq(past_shares_cached(&shares), 8.0 / 20, 1e-12);
    cr_assert(isnan(past_shares_seen(&shares)));
    past_shares_clear(&shares);
}

/* Four million blocks, each twice, then two million once: a third of the tokens was not seen. */
Test(traffic_past, beyond_a_million_blocks_a_sample_tells) {
    enum { MILLION = 1000000 };
    PastShares shares;
    past_shares_init(&shares);
    for (uint64_t i = 0; i < 10 * MILLION; i++) {
        const uint64_t id = i < 8 * MILLION ? i / 2 : i;
        asim_arrival arrival = {.prompt_tokens = 512, .past_kind = ASIM_PAST_HASHES};
        arrival.past.hashes = prompt_hashes_new(&id, 1, 512);
        past_shares_add(&shares, &arrival, 1);
        arrival_drop(&arrival);
    }
    cr_assert_gt(shares.weight, 1);
    cr_assert_leq(shares.seen_count, PAST_SHARES_BLOCKS);
    cr_assert_float_eq(past_shares_seen(&shares), 0.4, 0.002, "%.5f", past_shares_seen(&shares));
    past_shares_clear(&shares);
}

/* Counted once with another program: 121,877 ids, of which 43,924 differ. */
Test(traffic_past, mooncakes_trace_is_counted_as_it_is) {
    if (access(MOONCAKE, R_OK) != 0) {
        cr_skip_test("%s is absent", MOONCAKE);
    }
    harness_trace(&harness, MOONCAKE, NO_OPTIONS);
    uint64_t ids = 0;
    for (size_t i = 0; i < harness.count; i++) {
        ids += harness.arrivals[i].past.hashes->count;
    }
    cr_assert_eq(harness.count, 3993);
    cr_assert_eq(ids, 121877);
    PastShares shares;
    past_shares_init(&shares);
    past_shares_add(&shares, harness.arrivals, harness.count);
    cr_assert_eq(shares.seen_count, 43924);
    past_shares_clear(&shares);
}
