// SPDX-License-Identifier: GPL-3.0-or-later
/* What a replica's prefix cache does for a run: conversations by hand, blocks of 16 tokens. */
#include "sim/sim_fixture.h"

#include <criterion/criterion.h>

/* Prompts of 64 tokens that all share and 32 new ones; answers of 16. One conversation begins each
 * 100 s, has three turns, and thinks for 10 s between them. */
#define CONVERSATIONS                                                                              \
    "'traffic':{'type':'conversation','points':[['0s',0.01],['1000s',0.01]],'turns':3,"            \
    "'think_time':'10s','new_tokens':32,'output_tokens':16,'system_prompt_tokens':64,"             \
    "'context_tokens':4096}"
#define CACHED(members)                                                                            \
    HARDWARE ",'profile':{'c0_ms':10,'c_prefill_ms':1,'c_decode_ms':0,"                            \
             "'kv_capacity_tokens':100000,'request_overhead':'0s'" members "},"                    \
             "'autoscaling':{'min_replica_count':1}," CONVERSATIONS

static uint64_t sum(const uint64_t counters[ASIM_REPLICA_AGES]) {
    uint64_t total = 0;
    for (size_t age = 0; age < ASIM_REPLICA_AGES; age++) {
        total += counters[age];
    }
    return total;
}

/* A turn has the prompt and the answer before it in the cache, but for the last token and what is
 * no whole block: of 96 + 16 - 1 tokens 96, of 144 + 16 - 1 tokens 144. A later conversation has
 * the 64 that all share. */
Test(sim_prefix_cache, a_turn_begins_with_the_one_before) {
    RecordedRun *run = sim_run_one("'duration':'1000s'", CACHED(""));
    uint64_t prompt = 0, cached = 0;
    cr_assert_gt(run->request_count, 12);
    for (size_t i = 0; i < run->request_count; i++) {
        const asim_request *request = &run->requests[i];
        const uint32_t turn = (request->prompt_tokens - 96) / 48;
        cr_expect_eq(request->prompt_tokens, 96 + 48 * turn);
        cr_expect(request->has_past);
        cr_expect_eq(request->cached_tokens, turn == 0 ? i > 0 ? 64 : 0 : 48 + 48 * turn);
        const uint32_t computed = request->prompt_tokens - request->cached_tokens;
        cr_expect_eq(request->first_token - request->admitted, 10 * MS + computed * MS);
        prompt += request->prompt_tokens;
        cached += request->cached_tokens;
    }
    const asim_counters *totals = &run->ends[0].totals;
    cr_expect_eq(sum(totals->asked_tokens), prompt);
    cr_expect_eq(sum(totals->cached_tokens), cached);
    cr_expect_eq(totals->prompt_tokens, prompt - cached);
    cr_expect_eq(totals->asked_tokens[4], 0, "the replica does not serve for an hour");
    cr_expect_gt(totals->asked_tokens[2], totals->asked_tokens[0]);
    recorded_run_destroy(run);
}

Test(sim_prefix_cache, without_it_all_is_computed) {
    RecordedRun *run = sim_run_one("'duration':'1000s'", CACHED(",'prefix_cache':false"));
    const asim_counters *totals = &run->ends[0].totals;
    cr_expect_gt(sum(totals->asked_tokens), 0);
    cr_expect_eq(sum(totals->cached_tokens), 0);
    cr_expect_eq(totals->prompt_tokens, sum(totals->asked_tokens));
    recorded_run_destroy(run);
}

/* Two replicas that take turns: every other turn finds the one before it elsewhere. With the
 * balancers that look at conversations none does. */
Test(sim_prefix_cache, balancers_that_look_find_more) {
    static const char *const balancers[] = {"round_robin", "session", "cache_aware"};
    uint64_t cached[3];
    for (size_t i = 0; i < 3; i++) {
        RecordedRun *run = sim_run_one(
            "'duration':'1000s'",
            HARDWARE ","
                     "'profile':{'c0_ms':10,'c_prefill_ms':1,"
                     "'c_decode_ms':0,'kv_capacity_tokens':100000,'request_overhead':'0s'},"
                     "'load_balancer':'%s','autoscaling':{'min_replica_count':2,'max_replica_count'"
                     ":2}," CONVERSATIONS,
            balancers[i]);
        cached[i] = sum(run->ends[0].totals.cached_tokens);
        recorded_run_destroy(run);
    }
    cr_expect_lt(cached[0], cached[1]);
    cr_expect_lt(cached[0], cached[2]);
}
