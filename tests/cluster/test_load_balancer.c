// SPDX-License-Identifier: GPL-3.0-or-later
/* The load balancer by itself, against what the words say. */
#include "cluster/cluster.h"

#include <criterion/criterion.h>

enum { MOST = 64 };

typedef struct Bench {
    LoadBalancer balancer;
    Replica replicas[MOST];
    Request request; /* that is sent next */
} Bench;

/* Replicas 0 .. count - 1 begin to serve in this order, holding nothing. */
static void set_up(Bench *bench, LoadBalancing balancing, int64_t limit, uint32_t count) {
    *bench = (Bench){0};
    load_balancer_init(&bench->balancer, balancing, limit, 4, 1, 0, "d");
    for (uint32_t i = 0; i < MOST; i++) {
        bench->replicas[i].index = i;
        bench->replicas[i].number = i + 1;
        bench->replicas[i].state = ASIM_REPLICA_SERVING;
    }
    for (uint32_t i = 0; i < count; i++) {
        load_balancer_add(&bench->balancer, &bench->replicas[i]);
    }
}

static void hold(Bench *bench, uint32_t replica, uint32_t held) {
    bench->replicas[replica].serving.held = held;
    load_balancer_update(&bench->balancer, &bench->replicas[replica]);
}

/* Index of the next pick; MOST for none. */
static uint32_t pick(Bench *bench) {
    const Replica *replica = load_balancer_pick(&bench->balancer, &bench->request, 0);
    return replica ? replica->index : MOST;
}

Test(sim_load_balancer, nobody_serves) {
    for (LoadBalancing kind = LOAD_BALANCING_LEAST_OUTSTANDING; kind < LOAD_BALANCINGS; kind++) {
        Bench bench;
        set_up(&bench, kind, 0, 0);
        cr_expect_eq(pick(&bench), MOST);
        load_balancer_add(&bench.balancer, &bench.replicas[3]);
        cr_expect_eq(pick(&bench), 3);
        load_balancer_remove(&bench.balancer, &bench.replicas[3]);
        cr_expect_eq(pick(&bench), MOST);
        load_balancer_clear(&bench.balancer);
    }
}

Test(sim_load_balancer, least_outstanding) {
    Bench bench;
    set_up(&bench, LOAD_BALANCING_LEAST_OUTSTANDING, 0, 3);
    cr_expect_eq(pick(&bench), 0);
    hold(&bench, 0, 2);
    hold(&bench, 1, 1);
    hold(&bench, 2, 3);
    cr_expect_eq(pick(&bench), 1);
    hold(&bench, 1, 2);
    cr_expect_eq(pick(&bench), 0);
    load_balancer_clear(&bench.balancer);
}

/* Ties go to who has served longest, not to the lower number: 5 before 2. */
Test(sim_load_balancer, ties_by_length_of_service) {
    Bench bench;
    set_up(&bench, LOAD_BALANCING_LEAST_OUTSTANDING, 0, 0);
    load_balancer_add(&bench.balancer, &bench.replicas[7]);
    load_balancer_add(&bench.balancer, &bench.replicas[5]);
    load_balancer_add(&bench.balancer, &bench.replicas[2]);
    cr_expect_eq(pick(&bench), 7);
    load_balancer_remove(&bench.balancer, &bench.replicas[7]);
    cr_expect_eq(pick(&bench), 5);
    load_balancer_add(&bench.balancer, &bench.replicas[7]); /* begins anew, behind the others */
    cr_expect_eq(pick(&bench), 5);
    hold(&bench, 5, 1);
    cr_expect_eq(pick(&bench), 2);
    hold(&bench, 2, 1);
    cr_expect_eq(pick(&bench), 7);
    load_balancer_clear(&bench.balancer);
}

/* What a replica that is not routed to holds does not matter. */
Test(sim_load_balancer, draining_ones_are_out) {
    Bench bench;
    set_up(&bench, LOAD_BALANCING_LEAST_OUTSTANDING, 0, 3);
    hold(&bench, 0, 5);
    hold(&bench, 1, 6);
    hold(&bench, 2, 7);
    load_balancer_remove(&bench.balancer, &bench.replicas[0]);
    bench.replicas[0].state = ASIM_REPLICA_DRAINING;
    hold(&bench, 0, 0);
    cr_expect_eq(pick(&bench), 1);
    load_balancer_clear(&bench.balancer);
}

/* Beyond the limit everywhere: none. */
Test(sim_load_balancer, limit) {
    for (LoadBalancing kind = LOAD_BALANCING_LEAST_OUTSTANDING; kind < LOAD_BALANCINGS; kind++) {
        Bench bench;
        set_up(&bench, kind, 2, 4);
        for (uint32_t i = 0; i < 4; i++) {
            hold(&bench, i, 2);
        }
        cr_expect_eq(pick(&bench), MOST);
        hold(&bench, 2, 1);
        for (int i = 0; i < 20; i++) {
            cr_expect_eq(pick(&bench), 2); /* the only one with room, whoever is drawn */
        }
        load_balancer_clear(&bench.balancer);
    }
}

static void expect_picks(Bench *bench, const uint32_t expected[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t found = pick(bench);
        cr_expect_eq(found, expected[i], "pick %zu: %u, not %u", i, found, expected[i]);
    }
}

/* In turn, and on in turn after one left or came; full ones are passed over. */
Test(sim_load_balancer, round_robin) {
    Bench bench;
    set_up(&bench, LOAD_BALANCING_ROUND_ROBIN, 2, 4);
    expect_picks(&bench, (const uint32_t[]){0, 1, 2, 3, 0, 1}, 6);
    load_balancer_remove(&bench.balancer, &bench.replicas[0]); /* it is 2's turn still */
    expect_picks(&bench, (const uint32_t[]){2, 3, 1, 2}, 4);
    hold(&bench, 3, 2);
    expect_picks(&bench, (const uint32_t[]){1, 2, 1}, 3);
    load_balancer_add(&bench.balancer, &bench.replicas[9]); /* order of service: 1 2 3 9 */
    expect_picks(&bench, (const uint32_t[]){2, 9, 1, 2}, 4);
    load_balancer_remove(&bench.balancer, &bench.replicas[9]); /* whose turn it was */
    expect_picks(&bench, (const uint32_t[]){1, 2}, 2);
    load_balancer_clear(&bench.balancer);
}

/* 10,000 picks of 4: 2,500 each, within 5 standard deviations (43.3). */
Test(sim_load_balancer, random_is_even) {
    Bench bench;
    int counts[4] = {0};
    set_up(&bench, LOAD_BALANCING_RANDOM, 0, 4);
    for (int i = 0; i < 10000; i++) {
        counts[pick(&bench)]++;
    }
    for (int i = 0; i < 4; i++) {
        cr_expect(abs(counts[i] - 2500) < 217, "%d", counts[i]);
    }
    load_balancer_clear(&bench.balancer);
}

/* Two of four different ones are drawn, the less loaded wins: of loads 0, 1, 2, 3 the least is in
 * 3 of 6 pairs, the next wins 2, then 1; the most loaded never wins. */
Test(sim_load_balancer, power_of_two) {
    Bench bench;
    int counts[4] = {0};
    set_up(&bench, LOAD_BALANCING_POWER_OF_TWO, 0, 4);
    for (uint32_t i = 0; i < 4; i++) {
        hold(&bench, i, 3 - i);
    }
    for (int i = 0; i < 12000; i++) {
        counts[pick(&bench)]++;
    }
    cr_expect_eq(counts[0], 0);
    cr_expect(abs(counts[1] - 2000) < 205, "%d", counts[1]); /* 5 x sqrt(12000 x 1/6 x 5/6) */
    cr_expect(abs(counts[2] - 4000) < 259, "%d", counts[2]);
    cr_expect(abs(counts[3] - 6000) < 274, "%d", counts[3]);
    load_balancer_clear(&bench.balancer);
}

/* Against a scan of all, through thousands of random comings, goings and changes. */
Test(sim_load_balancer, least_outstanding_as_by_scan) {
    Bench bench;
    RandomStream stream;
    uint32_t order[MOST], count = 0;
    random_stream_init(&stream, 1, 0, "test");
    set_up(&bench, LOAD_BALANCING_LEAST_OUTSTANDING, 5, 0);
    for (int step = 0; step < 20000; step++) {
        const uint32_t replica = (uint32_t)random_below(&stream, MOST);
        uint32_t at = 0;
        while (at < count && order[at] != replica) {
            at++;
        }
        if (at < count && random_below(&stream, 5) > 0) {
            hold(&bench, replica, (uint32_t)random_below(&stream, 7));
        } else if (at < count) {
            load_balancer_remove(&bench.balancer, &bench.replicas[replica]);
            for (count--; at < count; at++) {
                order[at] = order[at + 1];
            }
        } else {
            load_balancer_add(&bench.balancer, &bench.replicas[replica]);
            order[count++] = replica;
        }
        uint32_t least = MOST;
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t held = bench.replicas[order[i]].serving.held;
            if (held < 5 && (least == MOST || held < bench.replicas[least].serving.held)) {
                least = order[i];
            }
        }
        cr_assert_eq(pick(&bench), least, "step %d", step);
    }
    load_balancer_clear(&bench.balancer);
}

/* ---- By what was seen before ---- */

static void send_of(Bench *bench, asim_past_kind kind, uint32_t key) {
    bench->request = (Request){.past_kind = (uint8_t)kind, .past.seen = {.key = key}};
}

Test(sim_load_balancer, a_session_stays_while_its_replica_serves) {
    enum { SESSIONS = 1000 };
    Bench bench;
    set_up(&bench, LOAD_BALANCING_SESSION, 2, 4);
    uint32_t first[SESSIONS], count[5] = {0};
    for (uint32_t session = 0; session < SESSIONS; session++) {
        send_of(&bench, ASIM_PAST_CONVERSATION, session);
        count[first[session] = pick(&bench)]++;
        hold(&bench, first[session], 1);
        cr_expect_eq(pick(&bench), first[session]);
        hold(&bench, first[session], 2);
        cr_expect_neq(pick(&bench), first[session], "full: another one");
        hold(&bench, first[session], 0);
    }
    load_balancer_add(&bench.balancer, &bench.replicas[4]);
    load_balancer_remove(&bench.balancer, &bench.replicas[1]);
    for (uint32_t session = 0; session < SESSIONS; session++) {
        send_of(&bench, ASIM_PAST_CONVERSATION, session);
        const uint32_t now = pick(&bench);
        cr_expect(now == first[session] || now == 4 || first[session] == 1);
        count[4] += now == 4;
    }
    for (uint32_t i = 0; i < 5; i++) {
        cr_expect_gt(count[i], 150);
        cr_expect_lt(count[i], 350);
    }
    load_balancer_clear(&bench.balancer);
}

/* By its session where that is known, else by the first block. */
Test(sim_load_balancer, prompts_with_ids_of_blocks_have_sessions_too) {
    Bench bench;
    set_up(&bench, LOAD_BALANCING_SESSION, 0, 4);
    for (uint32_t key = 1; key < 50; key++) {
        const uint64_t ids[] = {key + 7, key * 1000};
        send_of(&bench, ASIM_PAST_CONVERSATION, key);
        const uint32_t of_session = pick(&bench);
        send_of(&bench, ASIM_PAST_CONVERSATION, key + 7);
        const uint32_t of_first_block = pick(&bench);
        asim_prompt_hashes *hashes = prompt_hashes_new(ids, 2, 512);
        bench.request = (Request){.past_kind = ASIM_PAST_HASHES, .past.hashes = hashes};
        cr_expect_eq(pick(&bench), of_first_block);
        hashes->key = key;
        cr_expect_eq(pick(&bench), of_session);
        prompt_hashes_release(hashes);
    }
    load_balancer_clear(&bench.balancer);
}

Test(sim_load_balancer, who_belongs_to_no_session_goes_where_least_is_held) {
    Bench bench;
    set_up(&bench, LOAD_BALANCING_SESSION, 0, 4);
    for (uint32_t least = 0; least < 4; least++) {
        for (uint32_t i = 0; i < 4; i++) {
            hold(&bench, i, i == least ? 1 : 2);
        }
        send_of(&bench, ASIM_PAST_NONE, 7);
        cr_expect_eq(pick(&bench), least);
        send_of(&bench, ASIM_PAST_CACHED, 0);
        cr_expect_eq(pick(&bench), least);
    }
    load_balancer_clear(&bench.balancer);
}

/* The replica has served so many blocks of conversation 1. */
static void remember(Bench *bench, uint32_t replica, uint32_t blocks) {
    const PrefixPrompt prompt = {.kind = ASIM_PAST_CONVERSATION, .past.seen = {.key = 1}};
    prefix_cache_move(&bench->replicas[replica].serving.cache, &prompt, blocks, 0, 0);
}

Test(sim_load_balancer, most_of_the_prompt_is_cached_there) {
    Bench bench;
    set_up(&bench, LOAD_BALANCING_CACHE_AWARE, 20, 4);
    const ServingModel model = {.kv_block = 16, .kv_capacity = 16000, .prefix_cache = true};
    for (uint32_t i = 0; i < 4; i++) {
        serving_init(&bench.replicas[i].serving, &model, NULL);
    }
    hold(&bench, 0, 5);
    hold(&bench, 2, 1);
    hold(&bench, 3, 1);
    send_of(&bench, ASIM_PAST_CONVERSATION, 1);
    bench.request.prompt_tokens = 1000;
    cr_expect_eq(pick(&bench), 1, "nobody knows it: least is held there");
    remember(&bench, 2, 3);
    remember(&bench, 3, 3);
    cr_expect_eq(pick(&bench), 2, "it has served longer");
    hold(&bench, 2, 2);
    cr_expect_eq(pick(&bench), 3, "it holds less");
    remember(&bench, 2, 4);
    cr_expect_eq(pick(&bench), 2, "more is cached there");
    hold(&bench, 2, 4);
    cr_expect_eq(pick(&bench), 2, "4 more than the least are not too many");
    hold(&bench, 2, 5);
    cr_expect_eq(pick(&bench), 3, "5 more are");
    bench.request.prompt_tokens = 10;
    cr_expect_eq(pick(&bench), 1, "no whole block");
    for (uint32_t i = 0; i < 4; i++) {
        serving_clear(&bench.replicas[i].serving);
    }
    load_balancer_clear(&bench.balancer);
}
