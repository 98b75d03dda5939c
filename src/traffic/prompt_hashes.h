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
    uint64_t ids[];
};

/* A copy of `count` ids with one holder, which frees it by prompt_hashes_release. */
asim_prompt_hashes *prompt_hashes_new(const uint64_t *ids, uint32_t count, uint32_t block_tokens);
asim_prompt_hashes *prompt_hashes_hold(asim_prompt_hashes *hashes);
/* The last holder frees it; NULL is allowed. */
void prompt_hashes_release(asim_prompt_hashes *hashes);

/* The same arrival for one more. */
static inline asim_arrival arrival_shared(const asim_arrival *arrival) {
    if (arrival->past_kind == ASIM_PAST_HASHES) {
        prompt_hashes_hold(arrival->past.hashes);
    }
    return *arrival;
}

/* What an arrival that nobody takes over still holds. */
static inline void arrival_drop(const asim_arrival *arrival) {
    if (arrival->past_kind == ASIM_PAST_HASHES) {
        prompt_hashes_release(arrival->past.hashes);
    }
}

#endif
