// SPDX-License-Identifier: GPL-3.0-or-later
/* Ways to pick. A pick that is full passes to the next replica in order of service that is
 * not, so that a request is refused only when every replica is full. */
#include "cluster/cluster.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <stdlib.h>

const char *const load_balancing_names[] = {
    "least_outstanding", "round_robin", "random", "power_of_two", "session", "cache_aware", NULL};

void load_balancer_init(LoadBalancer *balancer, LoadBalancing balancing, int64_t max_concurrency,
                        int64_t imbalance, uint64_t seed, uint64_t replication,
                        const char *deployment) {
    *balancer = (LoadBalancer){
        .balancing = balancing,
        .limit = max_concurrency > 0 ? (uint64_t)max_concurrency : MIN_TREE_NONE,
        .imbalance = (uint64_t)imbalance,
    };
    min_tree_init(&balancer->held, 1);
    random_stream_init_named(&balancer->stream, seed, replication, "load_balancer.%s", deployment);
}

void load_balancer_clear(LoadBalancer *balancer) {
    free(balancer->replicas);
    balancer->replicas = NULL;
    min_tree_clear(&balancer->held);
}

void load_balancer_add(LoadBalancer *balancer, Replica *replica) {
    asim_assert(replica->state == ASIM_REPLICA_SERVING);
    asim_assert(balancer->turn <= balancer->count);
    balancer->replicas = memory_grow(balancer->replicas, balancer->count, &balancer->room,
                                     sizeof *balancer->replicas);
    replica->rank = balancer->count++;
    balancer->replicas[replica->rank] = replica;
    min_tree_reserve(&balancer->held, balancer->count);
    min_tree_set(&balancer->held, replica->rank, replica->serving.held);
}

void load_balancer_remove(LoadBalancer *balancer, Replica *replica) {
    asim_assert(balancer->count > 0);
    asim_assert(replica->rank < balancer->count && balancer->replicas[replica->rank] == replica);
    balancer->count--;
    for (uint32_t rank = replica->rank; rank < balancer->count; rank++) {
        Replica *next = balancer->replicas[rank + 1];
        balancer->replicas[rank] = next;
        next->rank = rank;
        min_tree_set(&balancer->held, rank, next->serving.held);
    }
    min_tree_set(&balancer->held, balancer->count, MIN_TREE_NONE);
    if (balancer->turn > replica->rank) {
        balancer->turn--;
    }
}

static Replica *first_with_room(LoadBalancer *balancer, uint32_t from) {
    uint32_t rank = min_tree_next_below(&balancer->held, from, balancer->limit);
    if (rank == UINT32_MAX) {
        rank = min_tree_next_below(&balancer->held, 0, balancer->limit);
    }
    asim_assert(rank < balancer->count);
    asim_assert(balancer->replicas[rank]->serving.held < balancer->limit);
    return balancer->replicas[rank];
}

static Replica *pick_power_of_two(LoadBalancer *balancer) {
    if (balancer->count == 1) {
        return balancer->replicas[0];
    }
    uint32_t a = (uint32_t)random_below(&balancer->stream, balancer->count);
    uint32_t b = (uint32_t)random_below(&balancer->stream, balancer->count - 1);
    b += b >= a;
    if (a > b) { /* a has served longer and wins ties */
        const uint32_t swap = a;
        a = b;
        b = swap;
    }
    const uint64_t held_a = min_tree_key(&balancer->held, a);
    const uint64_t held_b = min_tree_key(&balancer->held, b);
    return first_with_room(balancer, held_b < held_a ? b : a);
}

/* ---- By what was seen before: a look at each replica ---- */

/* A conversation, a user, or prompts that begin alike; false: the request belongs to none. */
static bool session_of(const Request *request, uint64_t *session) {
    const asim_prompt_hashes *hashes =
        request->past_kind == ASIM_PAST_HASHES ? request->past.hashes : NULL;
    const uint64_t key = hashes ? hashes->key : request->past.seen.key;
    if (request->past_kind == ASIM_PAST_NONE || (hashes && key == 0 && hashes->count == 0) ||
        (request->past_kind == ASIM_PAST_CACHED && key == 0)) {
        return false;
    }
    *session = (hashes && key == 0 ? hashes->ids[0] : key) ^ (uint64_t)request->source << 48;
    return true;
}

static uint64_t mixed(uint64_t value) {
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

/* Rendezvous hashing (Thaler and Ravishankar 1998): of those with room the one that draws most for
 * this session. A replica that comes or goes moves only the sessions that it gets or had. */
static Replica *pick_by_session(const LoadBalancer *balancer, uint64_t session) {
    Replica *best = NULL;
    uint64_t most = 0;
    for (uint32_t rank = 0; rank < balancer->count; rank++) {
        Replica *replica = balancer->replicas[rank];
        const uint64_t drawn =
            mixed(mixed(session) + replica->number * UINT64_C(0x9e3779b97f4a7c15));
        if (min_tree_key(&balancer->held, rank) < balancer->limit && (!best || drawn > most)) {
            best = replica;
            most = drawn;
        }
    }
    return best;
}

/* Where most of its prompt is cached, among equals where least is held, unless that is too much. */
static Replica *pick_by_cache(const LoadBalancer *balancer, const Request *request, sim_time now) {
    const uint64_t least_held = min_tree_least(&balancer->held);
    uint32_t best = min_tree_winner(&balancer->held), most = 0;
    for (uint32_t rank = 0; rank < balancer->count; rank++) {
        const uint64_t held = min_tree_key(&balancer->held, rank);
        if (held >= balancer->limit || held - least_held > balancer->imbalance) {
            continue;
        }
        const uint32_t cached =
            serving_cached_tokens(&balancer->replicas[rank]->serving, now, request);
        if (cached > most ||
            (cached == most && cached > 0 && held < min_tree_key(&balancer->held, best))) {
            best = rank;
            most = cached;
        }
    }
    return balancer->replicas[best];
}

Replica *load_balancer_pick(LoadBalancer *balancer, const Request *request, sim_time now) {
    uint64_t session;
    if (balancer->count == 0 || min_tree_least(&balancer->held) >= balancer->limit) {
        return NULL;
    }
    switch (balancer->balancing) {
    case LOAD_BALANCING_ROUND_ROBIN: {
        Replica *replica = first_with_room(balancer, balancer->turn);
        balancer->turn = replica->rank + 1 < balancer->count ? replica->rank + 1 : 0;
        return replica;
    }
    case LOAD_BALANCING_RANDOM:
        return first_with_room(balancer,
                               (uint32_t)random_below(&balancer->stream, balancer->count));
    case LOAD_BALANCING_POWER_OF_TWO: return pick_power_of_two(balancer);
    case LOAD_BALANCING_SESSION:
        if (session_of(request, &session)) {
            return pick_by_session(balancer, session);
        }
        break;
    case LOAD_BALANCING_CACHE_AWARE: return pick_by_cache(balancer, request, now);
    case LOAD_BALANCING_LEAST_OUTSTANDING:
    case LOAD_BALANCINGS: break;
    }
    return balancer->replicas[min_tree_winner(&balancer->held)];
}
