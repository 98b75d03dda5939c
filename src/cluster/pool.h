// SPDX-License-Identifier: GPL-3.0-or-later
/* The GPUs of one accelerator type while a run goes on: who holds how many, who waits, and what the
 * on-demand market has left. The rules are those of capacity.h; the account of who pays for what is
 * billing.h's. */
#ifndef CLUSTER_POOL_H
#define CLUSTER_POOL_H

#include "cluster/capacity.h"

/* What a replica holds. */
typedef struct PoolGrant {
    int64_t reserved;
    int64_t on_demand;
} PoolGrant;

typedef struct PoolWaiter {
    uint32_t replica; /* the caller's number for it */
    int64_t gpus;
} PoolWaiter;

typedef struct PoolChange {
    sim_time time;
    int64_t on_demand_gpus;
} PoolChange;

typedef struct Pool {
    const PoolConfig *config; /* lent */
    int64_t reserved_free;
    int64_t on_demand_used;
    int64_t on_demand_limit; /* now; INT64_MAX: unlimited */
    int64_t asked; /* GPUs of all replicas there are: granted and waiting; the quota's measure */
    PoolWaiter *waiters; /* in order of asking */
    size_t waiter_count, waiter_room;
    RandomStream stream;
    bool stocked_out;
    sim_time next_change; /* of the on-demand limit; SIM_TIME_NEVER: none */
    PoolChange *recorded; /* from on_demand_file, in order of time */
    size_t recorded_count, recorded_next;
} Pool;

/* Returns false after adding errors: the recorded capacity cannot be read. */
bool pool_init(Pool *pool, const PoolConfig *config, const char *directory, uint64_t seed,
               uint64_t replication, ErrorList *errors);
void pool_clear(Pool *pool);

/* How many GPUs more may be asked for under the quota; INT64_MAX without one. */
int64_t pool_quota_left(const Pool *pool);

/* Asks for a replica's GPUs. True: granted at once, *grant is set; else it waits. */
bool pool_ask(Pool *pool, uint32_t replica, int64_t gpus, PoolGrant *grant);
/* Takes GPUs that a warm replica already has at time 0, whatever the market says then. */
PoolGrant pool_take_warm(Pool *pool, int64_t gpus);
/* A waiting replica no longer wants its GPUs. */
void pool_withdraw(Pool *pool, uint32_t replica);
void pool_give_back(Pool *pool, PoolGrant grant);

/* The next waiter that can be served now: removed from the queue, *replica and *grant are set. Call
 * until false after GPUs have come back or the market has changed. */
bool pool_serve_waiter(Pool *pool, uint32_t *replica, PoolGrant *grant);

/* The market changes at next_change: sets the new limit and the time of the change after. */
void pool_change(Pool *pool);

#endif
