// SPDX-License-Identifier: GPL-3.0-or-later
/* A ring of blocks between one producer and one consumer. Invariant: blocks [taken, made) belong to
 * the consumer, the others, `inner` and `own` to the producer; `ended` is set after the last block,
 * which may be empty and bring errors. The first block is read in the consumer's thread: what has
 * no more starts none. */
#include "traffic/ahead.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "traffic/prompt_hashes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifdef ASIM_HOSTILE
enum { BLOCK = 3, BLOCKS = 2 };
#else
enum { BLOCK = 512, BLOCKS = 8 }; /* 160 KiB */
#endif

typedef struct Block {
    asim_arrival arrivals[BLOCK];
    size_t count;
    bool failed;
    asim_traffic_counts counts; /* of the inner source, behind this block */
    ErrorList errors;           /* that came with it */
} Block;

typedef struct AheadSource {
    asim_traffic_source base;

    /* The producer's */
    asim_traffic_source *inner;
    ErrorList *own;

    /* Between them */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t made, taken; /* blocks */
    bool ended, stopped;
    Block blocks[BLOCKS];

    /* The consumer's */
    ErrorList *errors;
    size_t offset; /* in the first block */
    bool has_thread;
    pthread_t thread;
} AheadSource;

/* Producing ------------------------------------------------------------------------------------ */

static void make_block(AheadSource *ahead) {
    Block *block = &ahead->blocks[ahead->made % BLOCKS];
    block->failed = false;
    block->count = ahead->inner->next(ahead->inner, block->arrivals, BLOCK, &block->failed);
    block->counts = ahead->inner->counts;
    block->errors = *ahead->own;
    *ahead->own = (ErrorList){0};
}

static void publish(AheadSource *ahead) {
    pthread_mutex_lock(&ahead->mutex);
    ahead->ended = ahead->blocks[ahead->made % BLOCKS].count == 0;
    ahead->made++;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->mutex);
}

/* Once the ring is full, half of it is emptied first: each of the two wakes the other seldom. */
static bool wait_for_room(AheadSource *ahead) {
    pthread_mutex_lock(&ahead->mutex);
    const bool full = ahead->made - ahead->taken == BLOCKS;
    while (full && ahead->made - ahead->taken > BLOCKS / 2 && !ahead->stopped) {
        pthread_cond_wait(&ahead->changed, &ahead->mutex);
    }
    const bool wanted = !ahead->stopped && !ahead->ended;
    pthread_mutex_unlock(&ahead->mutex);
    return wanted;
}

static void *produce(void *self) {
    AheadSource *ahead = self;
    while (wait_for_room(ahead)) {
        make_block(ahead);
        publish(ahead);
    }
    return NULL;
}

static void start_thread(AheadSource *ahead) {
    ahead->has_thread = task_thread_start(&ahead->thread, produce, ahead);
}

/* Consuming ------------------------------------------------------------------------------------ */

/* The block to read from; without a thread, as at first, it is made here. */
static Block *need_block(AheadSource *ahead) {
    if (!ahead->has_thread && ahead->made == ahead->taken) {
        if (ahead->made == 1) {
            start_thread(ahead);
        }
        if (!ahead->has_thread) {
            make_block(ahead);
            publish(ahead);
        }
    }
    pthread_mutex_lock(&ahead->mutex);
    while (ahead->made == ahead->taken) {
        pthread_cond_wait(&ahead->changed, &ahead->mutex);
    }
    pthread_mutex_unlock(&ahead->mutex);
    return &ahead->blocks[ahead->taken % BLOCKS];
}

static void give_back(AheadSource *ahead) {
    ahead->offset = 0;
    pthread_mutex_lock(&ahead->mutex);
    ahead->taken++;
    if (ahead->made - ahead->taken <= BLOCKS / 2) {
        pthread_cond_signal(&ahead->changed);
    }
    pthread_mutex_unlock(&ahead->mutex);
}

/* The last block, which is empty, is never given back: it tells the end however often. */
static size_t ahead_next(asim_traffic_source *source, asim_arrival *block, size_t room,
                         bool *failed) {
    AheadSource *ahead = (AheadSource *)source;
    Block *from = need_block(ahead);
    asim_assert(ahead->offset < from->count || from->count == 0);
    error_add_all(ahead->errors, &from->errors);
    error_list_clear(&from->errors);
    const size_t left = from->count - ahead->offset, count = left < room ? left : room;
    memcpy(block, from->arrivals + ahead->offset, count * sizeof *block);
    ahead->offset += count;
    ahead->base.counts = from->counts;
    ahead->base.counts.requests -= left - count;
    *failed = *failed || from->failed;
    if (count > 0 && count == left) {
        give_back(ahead);
    }
    return count;
}

static void stop_thread(AheadSource *ahead) {
    pthread_mutex_lock(&ahead->mutex);
    ahead->stopped = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->mutex);
    pthread_join(ahead->thread, NULL);
}

static void ahead_destroy(asim_traffic_source *source) {
    AheadSource *ahead = (AheadSource *)source;
    if (ahead->has_thread) {
        stop_thread(ahead);
    }
    for (; ahead->taken < ahead->made; ahead->taken++) {
        Block *block = &ahead->blocks[ahead->taken % BLOCKS];
        for (size_t i = ahead->offset; i < block->count; i++) {
            arrival_drop(&block->arrivals[i]);
        }
        ahead->offset = 0;
        error_list_clear(&block->errors);
    }
    error_list_clear(ahead->own);
    ahead->inner->destroy(ahead->inner);
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->mutex);
    free(ahead);
}

asim_traffic_source *traffic_ahead(asim_traffic_source *inner, ErrorList *own, ErrorList *errors) {
    asim_assert(inner->again == NULL);
    asim_assert(own != errors);
    AheadSource *ahead = memory_new(1, sizeof *ahead);
    ahead->base.next = ahead_next;
    ahead->base.destroy = ahead_destroy;
    ahead->inner = inner;
    ahead->own = own;
    ahead->errors = errors;
    pthread_mutex_init(&ahead->mutex, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    return &ahead->base;
}
