// SPDX-License-Identifier: GPL-3.0-or-later
/* Which replica gets the next request (SPEC 4). The serving replicas stand in order of service, the
 * longest-serving first, in a tournament tree keyed by what they hold: picking the least loaded of
 * 1,000 costs ten steps, and ties go to the one that has served longest. */
#ifndef CLUSTER_LOAD_BALANCER_H
#define CLUSTER_LOAD_BALANCER_H

#include "autoscale_sim/observer.h"
#include "cluster/replica.h"
#include "engine/min_tree.h"
#include "engine/random.h"

/* The values of the option load_balancer. */
typedef enum LoadBalancing {
    LOAD_BALANCING_LEAST_OUTSTANDING,
    LOAD_BALANCING_ROUND_ROBIN,
    LOAD_BALANCING_RANDOM,
    LOAD_BALANCING_POWER_OF_TWO
} LoadBalancing;
extern const char *const load_balancing_names[]; /* NULL-terminated */

typedef struct LoadBalancer {
    LoadBalancing balancing;
    uint64_t limit;     /* requests that a replica may hold; MIN_TREE_NONE: no limit */
    Replica **replicas; /* serving ones, in order of service; lent */
    uint32_t count;
    size_t room;
    uint32_t turn; /* round robin: whose turn it is */
    MinTree held;
    RandomStream stream;
} LoadBalancer;

/* max_concurrency: 0 = no limit. */
void load_balancer_init(LoadBalancer *balancer, LoadBalancing balancing, int64_t max_concurrency,
                        uint64_t seed, uint64_t replication, const char *deployment);
void load_balancer_clear(LoadBalancer *balancer);

/* A replica begins / ceases to be routed to. */
void load_balancer_add(LoadBalancer *balancer, Replica *replica);
void load_balancer_remove(LoadBalancer *balancer, Replica *replica);

/* Call after the number of requests that a replica holds has changed; nothing happens if it is not
 * routed to. */
static inline void load_balancer_update(LoadBalancer *balancer, const Replica *replica) {
    if (replica->state == ASIM_REPLICA_SERVING) {
        min_tree_set(&balancer->held, replica->rank, replica->serving.held);
    }
}

/* The replica for the next request, NULL when every one holds as many as it may (or there is none).
 */
Replica *load_balancer_pick(LoadBalancer *balancer);

#endif
