// SPDX-License-Identifier: GPL-3.0-or-later
/* Requests in flight, in a pool: chunks that never move, freed places reused first, so that memory
 * follows the number in flight and the loop allocates nothing. A request carries what its record
 * will need on its one way up and out. */
#ifndef CLUSTER_REQUEST_H
#define CLUSTER_REQUEST_H

#include "autoscale_sim/types.h"
#include "base/assertion.h"

#define REQUEST_NONE UINT32_MAX

/* Where a request is. */
typedef enum RequestStage {
    REQUEST_FREE,    /* not in use */
    REQUEST_OUTSIDE, /* with its client: being sent, or waiting for a retry */
    REQUEST_QUEUED,  /* at a replica, not yet in its batch */
    REQUEST_PREFILLING,
    REQUEST_DECODING,
    REQUEST_LEFT /* has left its replica at the last boundary */
} RequestStage;

typedef struct Request {
    uint64_t id; /* from 1, in order of arrival */
    sim_time first_send;
    sim_time last_send;
    sim_time admitted; /* SIM_TIME_NEVER until then */
    union {
        sim_time first_token; /* SIM_TIME_NEVER until then; not there while it is in the queue */
        struct {
            uint32_t next; /* in its replica's queue, or the next free place */
            uint32_t previous;
        };
    };
    uint32_t prompt_tokens;
    uint32_t output_tokens;
    uint32_t replica; /* slot of the replica that holds it */
    uint32_t timer;   /* event slot of its client's timer; EVENT_SLOT_IDLE if none */
    uint32_t user;    /* of a closed loop */
    uint16_t sends;
    uint16_t deployment;
    uint16_t source;
    uint8_t stage;  /* RequestStage */
    bool abandoned; /* its client has gone; it leaves at the next boundary */
} Request;

/* A hostile build has chunks of one. */
#ifdef ASIM_HOSTILE
#define REQUEST_CHUNK_BITS 0
#else
#define REQUEST_CHUNK_BITS 12
#endif
#define REQUEST_CHUNK (UINT32_C(1) << REQUEST_CHUNK_BITS)

typedef struct RequestPool {
    Request **chunks;
    size_t chunk_count;
    size_t chunk_room;
    uint32_t free; /* first free place, REQUEST_NONE if none */
    uint32_t used; /* requests in flight */
    uint32_t most; /* the most there ever were */
} RequestPool;

void request_pool_init(RequestPool *pool);
void request_pool_clear(RequestPool *pool);
void request_pool_add_chunk(RequestPool *pool);

static inline Request *request_at(const RequestPool *pool, uint32_t index) {
    return &pool->chunks[index >> REQUEST_CHUNK_BITS][index & (REQUEST_CHUNK - 1)];
}

/* A place for one more request; all its members are the caller's to set. */
static inline uint32_t request_take(RequestPool *pool) {
    if (pool->free == REQUEST_NONE) {
        request_pool_add_chunk(pool);
    }
    const uint32_t index = pool->free;
    asim_assert_often(request_at(pool, index)->stage == REQUEST_FREE);
    asim_assert_often(pool->used < pool->chunk_count << REQUEST_CHUNK_BITS);
    pool->free = request_at(pool, index)->next;
    pool->used++;
    if (pool->used > pool->most) {
        pool->most = pool->used;
    }
    return index;
}

static inline void request_release(RequestPool *pool, uint32_t index) {
    Request *request = request_at(pool, index);
    asim_assert_often(request->stage != REQUEST_FREE);
    asim_assert_often(pool->used > 0);
    request->stage = REQUEST_FREE;
    request->next = pool->free;
    pool->free = index;
    pool->used--;
}

#endif
