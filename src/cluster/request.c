// SPDX-License-Identifier: GPL-3.0-or-later
/* The pool grows by chunks of 4,096 requests: places keep their address, and a growing pool is
 * never copied. */
#include "cluster/request.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

static_assert(sizeof(Request) <= 72,
              "a request in flight takes at most 100 bytes with its timer's 24");

void request_pool_init(RequestPool *pool) {
    *pool = (RequestPool){.free = REQUEST_NONE};
}

void request_pool_clear(RequestPool *pool) {
    for (size_t i = 0; i < pool->chunk_count; i++) {
        free(pool->chunks[i]);
    }
    free(pool->chunks);
    request_pool_init(pool);
}

void request_pool_add_chunk(RequestPool *pool) {
    const size_t first = pool->chunk_count << REQUEST_CHUNK_BITS;
    asim_assert(first + REQUEST_CHUNK < REQUEST_NONE);
    pool->chunks =
        memory_grow(pool->chunks, pool->chunk_count, &pool->chunk_room, sizeof *pool->chunks);
    Request *chunk = memory_resize(NULL, REQUEST_CHUNK, sizeof *chunk);
    pool->chunks[pool->chunk_count++] = chunk;
    for (uint32_t i = 0; i < REQUEST_CHUNK; i++) {
        chunk[i].stage = REQUEST_FREE;
        chunk[i].next = (uint32_t)(first + i + 1);
    }
    chunk[REQUEST_CHUNK - 1].next = pool->free;
    pool->free = (uint32_t)first;
}
