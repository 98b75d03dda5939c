// SPDX-License-Identifier: GPL-3.0-or-later
/* From what traffic says of its prompts' past to what a replica need not compute: Mooncake's trace
 * against a plain LRU, conversations against a formula, cached tokens as they are recorded. What
 * was hit is what of all prompts was not computed, for nothing is preempted here. */
#include "base/memory.h"
#include "support/recorded_run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOONCAKE "../shared/traces/mooncake_fast25/synthetic_trace.jsonl"

/* One replica; prompts in the order of their arrival, `slots` at a time. */
static RecordedRun *run_traffic(const char *traffic, uint64_t kv_tokens, int slots) {
    char *json = memory_format(
        "{\"duration\": \"1h\", \"deployments\": {\"d\": {\"model\": \"m\", \"accelerator\": "
        "\"H100\", \"weights_gb\": 16, \"cold_start\": \"100s\", \"profile\": {\"c0_ms\": 1, "
        "\"c_prefill_ms\": 0.001, \"c_decode_ms\": 0, \"kv_capacity_tokens\": %llu, "
        "\"batch_slots\": %d, \"request_overhead\": \"0s\"}, \"autoscaling\": "
        "{\"min_replica_count\": 1, \"max_replica_count\": 1}, \"client\": \"none\", "
        "\"traffic\": %s}}}",
        (unsigned long long)kv_tokens, slots, traffic);
    RecordedRun *run = recorded_run(json, NULL);
    free(json);
    return run;
}

static uint64_t prompts_of(const RecordedRun *run) {
    uint64_t sum = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        cr_assert_eq(run->requests[i].outcome, ASIM_COMPLETED);
        sum += run->requests[i].prompt_tokens;
    }
    return sum;
}

static uint64_t hits_of(const RecordedRun *run) {
    return prompts_of(run) - run->ends[0].totals.prompt_tokens;
}

/* Whole blocks of KV memory, in tokens. */
static uint64_t whole(uint64_t tokens) {
    return tokens & ~UINT64_C(15);
}

/* Mooncake --------------------------------------------------------------------------------------
 */

enum { IDS_MOST = 1 << 16, ROW_MOST = 1024, BLOCK = 512 };

typedef struct Row {
    uint32_t prompt, output, count;
    uint32_t ids[ROW_MOST];
} Row;

static uint32_t number_behind(const char *line, const char *key) {
    const char *at = strstr(line, key);
    cr_assert_not_null(at);
    return (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static void read_row(const char *line, Row *row) {
    row->prompt = number_behind(line, "\"input_length\": ");
    row->output = number_behind(line, "\"output_length\": ");
    row->count = 0;
    for (char *p = strchr(strstr(line, "\"hash_ids\""), '['); *p != ']';) {
        cr_assert_lt(row->count, ROW_MOST);
        row->ids[row->count] = (uint32_t)strtoul(p + 1, &p, 10);
        cr_assert_lt(row->ids[row->count++], IDS_MOST);
    }
}

/* A cache of so many tokens, of which the block of 512 that was unused longest goes. */
typedef struct Lru {
    uint64_t room, tokens;
    uint32_t older[IDS_MOST + 1], newer[IDS_MOST + 1]; /* a ring through IDS_MOST; newer 0: out */
    uint32_t sizes[IDS_MOST];
} Lru;

static void unlink_id(Lru *lru, uint32_t id) {
    lru->newer[lru->older[id] - 1] = lru->newer[id];
    lru->older[lru->newer[id] - 1] = lru->older[id];
    lru->newer[id] = 0;
    lru->tokens -= lru->sizes[id];
}

static void use_id(Lru *lru, uint32_t id, uint32_t size) {
    if (lru->newer[id] != 0) {
        unlink_id(lru, id);
    }
    const uint32_t newest = lru->older[IDS_MOST] - 1;
    lru->newer[newest] = lru->older[IDS_MOST] = id + 1;
    lru->older[id] = newest + 1;
    lru->newer[id] = IDS_MOST + 1;
    lru->sizes[id] = size;
    lru->tokens += size;
    while (lru->tokens > lru->room) {
        unlink_id(lru, lru->newer[IDS_MOST] - 1);
    }
}

/* Tokens of the prompt that it finds, of which the last is always computed; then it is there. */
static uint64_t lru_hits(Lru *lru, const Row *row) {
    uint32_t hit = 0;
    while (hit < row->count && lru->newer[row->ids[hit]] != 0) {
        hit++;
    }
    for (uint32_t i = row->count; i-- > 0;) { /* of a prompt its end goes first */
        const uint32_t left = row->prompt - i * BLOCK;
        use_id(lru, row->ids[i], (uint32_t)whole(left < BLOCK ? left : BLOCK));
    }
    const uint64_t found = (uint64_t)hit * BLOCK;
    return whole(found < row->prompt - 1 ? found : row->prompt - 1);
}

static uint64_t hits_by_hand(uint64_t room) {
    Lru *lru = calloc(1, sizeof *lru);
    Row *row = calloc(1, sizeof *row);
    char *line = NULL;
    size_t length = 0;
    uint64_t sum = 0;
    FILE *file = fopen(MOONCAKE, "r");
    lru->room = room;
    lru->older[IDS_MOST] = lru->newer[IDS_MOST] = IDS_MOST + 1;
    while (getline(&line, &length, file) > 0) {
        read_row(line, row);
        sum += lru_hits(lru, row);
    }
    fclose(file);
    free(line);
    free(row);
    free(lru);
    return sum;
}

/* A replica whose memory is the cache, one request at a time. Where everything fits the run agrees
 * to the token; where not, within a ten-thousandth of all prompt tokens: the request that runs has
 * room for its answer too, and memory is given up by blocks of 16, so that of 512 a part may stay.
 */
Test(sim_pasts, mooncakes_hits_are_those_of_a_plain_lru) {
    static const uint64_t blocks[] = {44000, 16000, 8000, 4000, 2000, 1000};
    if (access(MOONCAKE, R_OK) != 0) {
        cr_skip_test("%s is absent", MOONCAKE);
    }
    double before = 1;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        const uint64_t room = blocks[i] * BLOCK;
        RecordedRun *run =
            run_traffic("{\"type\": \"trace\", \"file\": \"" MOONCAKE "\"}", room, 1);
        const double all = (double)prompts_of(run), share = (double)hits_of(run) / all;
        const uint64_t by_hand = hits_by_hand(room);
        cr_assert_eq(run->request_count, 3993);
        cr_expect(i > 0 || hits_of(run) == by_hand);
        cr_expect_float_eq(share, (double)by_hand / all, 1e-4, "%llu blocks: %.5f, by hand %.5f",
                           (unsigned long long)blocks[i], share, (double)by_hand / all);
        cr_expect(share > 0 && share < before, "a smaller cache hits less");
        before = share;
        recorded_run_destroy(run);
    }
}

/* Conversations --------------------------------------------------------------------------------
 */

/* With room for all, a turn finds all whole blocks of what was before it (but the last token of the
 * answer, whose keys nobody computed), and of two conversations the second finds the system
 * prompt. New texts have 100 tokens, answers 50. */
Test(sim_pasts, a_turn_finds_everything_before_it) {
    RecordedRun *run = run_traffic(
        "{\"type\": \"conversation\", \"rate_per_s\": 0.05, \"turns\": 5, \"think_time\": "
        "\"5s\", \"new_tokens\": 100, \"output_tokens\": 50, \"system_prompt_tokens\": 1003, "
        "\"stop\": \"50m\"}",
        100000000, 64);
    uint64_t hits = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        const uint32_t prompt = run->requests[i].prompt_tokens;
        cr_assert_eq((prompt - 1103) % 150, 0);
        hits += prompt > 1103 ? whole(prompt - 100 - 1) : i > 0 ? whole(1003) : 0;
    }
    cr_assert_gt(run->request_count, 500);
    cr_assert_eq(run->request_count % 5, 0);
    cr_assert_eq(hits_of(run), hits, "%llu, not %llu", (unsigned long long)hits_of(run),
                 (unsigned long long)hits);
    recorded_run_destroy(run);
}

/* Cached tokens ---------------------------------------------------------------------------------
 */

/* As they are recorded, but for the first request of each session. */
Test(sim_pasts, cached_tokens_are_taken_as_recorded) {
    char path[] = "/tmp/asim-pasts-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    fputs("t,in,out,hit,who\n0,100,5,60,ann\n10,100,5,64,ann\n20,100,5,90,bob\n"
          "30,100,5,0,bob\n40,100,5,33,bob\n50,100,5,100,ann\n",
          file);
    fclose(file);
    char *traffic = memory_format(
        "{\"type\": \"trace\", \"file\": \"%s\", \"time_column\": \"t\", \"prompt_column\": "
        "\"in\", \"output_column\": \"out\", \"cached_column\": \"hit\", \"session_column\": "
        "\"who\"}",
        path);
    RecordedRun *run = run_traffic(traffic, 100000, 64);
    cr_expect_eq(hits_of(run), 64 + 33 + 99, "%llu", (unsigned long long)hits_of(run));
    recorded_run_destroy(run);
    free(traffic);
    unlink(path);
}
