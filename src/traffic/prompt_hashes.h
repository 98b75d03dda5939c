// SPDX-License-Identifier: GPL-3.0-or-later
/* The blocks of a prompt by content, as Mooncake's and Bailian's traces tell them (model 2). One
 * list is shared by the arrivals of all replications and by requests in flight, in several threads,
 * so it counts its holders. */
#ifndef TRAFFIC_PROMPT_HASHES_H
#define TRAFFIC_PROMPT_HASHES_H

#include "autoscale_sim/traffic_source.h"

#include <stdatomic.h>

struct asim_prompt_hashes {
    atomic_uint holders;
    uint32_t count;
    uint32_t block_tokens; /* that an id stands for; the last block of a prompt may have fewer */
    uint32_t key;          /* conversation, user or the like, within its source; 0: not known */
    uint64_t ids[];
};

/* A copy of `count` ids with one holder, which frees it by prompt_hashes_release. */
asim_prompt_hashes *prompt_hashes_new(const uint64_t *ids, uint32_t count, uint32_t block_tokens);
asim_prompt_hashes *prompt_hashes_hold(asim_prompt_hashes *hashes);
/* The last holder frees it; NULL is allowed. */
void prompt_hashes_release(asim_prompt_hashes *hashes);

/* The bits of an id, or of a key, made to look like chance (the finaliser of SplitMix64). */
static inline uint64_t prompt_hash_mixed(uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

/* The same arrival for one more. */
static inline asim_arrival arrival_shared(const asim_arrival *arrival) {
    if (arrival->past_kind == ASIM_PAST_HASHES) {
        prompt_hashes_hold(arrival->past.hashes);
    }
    return *arrival;
}

static inline void past_drop(uint8_t kind, asim_past past) {
    if (kind == ASIM_PAST_HASHES) {
        prompt_hashes_release(past.hashes);
    }
}

/* What an arrival that nobody takes over still holds. */
static inline void arrival_drop(const asim_arrival *arrival) {
    past_drop(arrival->past_kind, arrival->past);
}

#endif
