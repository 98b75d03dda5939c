// SPDX-License-Identifier: GPL-3.0-or-later
/* One replica by itself: requests that are known beforehand are sent to it, and what their client
 * saw comes back. No autoscaler, no balancer, no retries: what a benchmark of one engine is, and so
 * what a recorded benchmark is compared with. */
#ifndef CLUSTER_REPLAY_H
#define CLUSTER_REPLAY_H

#include "cluster/config.h"

typedef struct ReplayRequest {
    sim_time arrival; /* when its client would send it; no request's is before the one's ahead */
    uint32_t prompt_tokens; /* at least 1, as output_tokens */
    uint32_t output_tokens;
} ReplayRequest;

typedef struct ReplayScript {
    const ReplayRequest *requests; /* lent */
    size_t count;
    uint32_t concurrency; /* the most that may be on the way: who arrives beyond it is sent when one
                             of these ends (all arrivals 0: a closed loop); 0: no limit */
} ReplayScript;

/* A request that never fits into the KV cache is refused at once: all but `sent` are
 * SIM_TIME_NEVER. */
typedef struct ReplayOutcome {
    sim_time sent;
    sim_time admitted;
    sim_time first_token; /* as its client sees it, with the overhead; likewise finish */
    sim_time finish;
    uint32_t preemptions;
} ReplayOutcome;

/* A stretch of iterations that did the same work. */
typedef struct ReplayLeap {
    sim_time begin, end;
    uint64_t iterations;
    uint32_t decoding;      /* sequences */
    uint32_t prompt_tokens; /* of each iteration */
    uint64_t kv_tokens;     /* held by decoding sequences in the first of them, not in blocks */
} ReplayLeap;

/* Is told of every leap, if it wants to know. */
typedef struct ReplayWatch {
    void (*leap)(void *self, const ReplayLeap *leap); /* NULL: does not */
    void *self;
} ReplayWatch;

/* Sends them all and waits for the last. outcomes has room for script->count, in its order. */
void replay_run(const Profile *profile, const ReplayScript *script, ReplayWatch watch,
                ReplayOutcome outcomes[]);

#endif
