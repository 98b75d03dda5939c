// SPDX-License-Identifier: GPL-3.0-or-later
/* Of what requests have in common, what can be said in one pass and bounded memory: how much of
 * their prompts hit the recorded cache, and how much would hit one that forgets nothing. */
#ifndef TRAFFIC_PAST_SHARES_H
#define TRAFFIC_PAST_SHARES_H

#include "autoscale_sim/traffic_source.h"

/* Distinct blocks that are remembered. Beyond that a sample of them is, half of it at a time, and
 * shares of tokens seen before are estimates (Waldspurger et al., SHARDS, FAST 2015). */
#define PAST_SHARES_BLOCKS ((size_t)1 << 20)

typedef struct PastShares {
    uint64_t prompt_tokens; /* of all requests */
    uint64_t cached;        /* requests that tell how much of their prompt was cached, */
    uint64_t cached_tokens; /* and that */
    uint64_t hashed;        /* requests with ids of their blocks */
    double seen_tokens;     /* of blocks that had come before */
    uint64_t *seen;         /* a set of mixed ids, of 2^n places: 0: free */
    size_t seen_count, seen_room;
    uint64_t sampled_below; /* the mixed ids that are remembered; 0: all */
    double weight;          /* of a token of those */
} PastShares;

void past_shares_init(PastShares *self);
void past_shares_clear(PastShares *self);
void past_shares_add(PastShares *self, const asim_arrival *block, size_t count);

/* Shares of all prompt tokens; NAN: no request tells it. */
double past_shares_cached(const PastShares *self);
double past_shares_seen(const PastShares *self);

#endif
