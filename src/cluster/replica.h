// SPDX-License-Identifier: GPL-3.0-or-later
/* One replica: its life from pending_scheduling to gone, what it serves, and the meters that the
 * autoscaler and the bill read. A replica's one event slot carries its next transition while it
 * boots and its next iteration boundary while it serves. */
#ifndef CLUSTER_REPLICA_H
#define CLUSTER_REPLICA_H

#include "autoscale_sim/observer.h"
#include "cluster/cold_start.h"
#include "cluster/pool.h"
#include "cluster/serving.h"
#include "policy/policies.h"

typedef struct Replica {
    Serving serving;
    asim_replica_state state;
    uint32_t deployment;
    uint32_t number; /* from 1 within its deployment, in order of creation */
    uint32_t index;  /* among all replicas of the run */
    uint32_t slot;   /* its event slot */
    uint32_t rank;   /* its place in the load balancer while it serves */
    bool has_gpus;
    PoolGrant grant;
    ColdStart start;
    /* Meters. */
    sim_time metered_until;
    uint64_t held_ns;    /* requests held x ns since the last evaluation */
    double load_ns;      /* load x ns since the last evaluation */
    sim_time busy_since; /* SIM_TIME_NEVER when not computing */
    sim_time busy_ns;    /* computed in all, up to busy_since */
    sim_time busy_ns_at_evaluation;
} Replica;

/* Load now, 1 = full (SPEC 5), for every signal but busy. One division: which share is larger is
 * told by cross-multiplication. */
static inline double replica_load(const Replica *replica, PolicyLoadSignal signal) {
    const Serving *serving = &replica->serving;
    const double held = (double)serving->held;
    const double kv_held = (double)serving->kv_held;
    const double slots = (double)serving->model->batch_slots;
    const double kv_capacity = (double)serving->model->kv_capacity;
    const bool by_kv = signal == POLICY_LOAD_KV ||
                       (signal != POLICY_LOAD_SLOTS && kv_held * slots > held * kv_capacity);
    return by_kv ? kv_held / kv_capacity : held / slots;
}

/* Brings held and load meters up to now; call before what it holds changes. */
static inline void replica_meter(Replica *replica, sim_time now, PolicyLoadSignal signal) {
    const sim_time elapsed = now - replica->metered_until;
    if (elapsed > 0) {
        replica->held_ns += (uint64_t)replica->serving.held * (uint64_t)elapsed;
        replica->load_ns += replica_load(replica, signal) * (double)elapsed;
        replica->metered_until = now;
    }
}

/* Nanoseconds in which it has computed up to now. */
static inline sim_time replica_busy_ns(const Replica *replica, sim_time now) {
    return replica->busy_ns +
           (replica->busy_since == SIM_TIME_NEVER ? 0 : now - replica->busy_since);
}

static inline bool replica_is_booting(const Replica *replica) {
    return replica->state < ASIM_REPLICA_SERVING;
}

#endif
