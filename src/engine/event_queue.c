// SPDX-License-Identifier: GPL-3.0-or-later
/* A 4-ary implicit heap (D. Johnson 1975; LaMarca and Ladner 1996 for the arity) of 128-bit integer
 * keys with an index of positions. Invariants: heap[i] < heap[4i+1 .. 4i+4]; slots[s].position is
 * where slot s' key is; every key from heap[count] on is KEY_NONE, so that a group of four children
 * is compared without asking how many of them exist; the heap has room for every slot that is open,
 * so that scheduling never allocates. */
#include "engine/event_queue.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_NONE (~(EventKey)0)
#define TIME_END (INT64_C(1) << 60)
#define INSERTION_END (UINT64_C(1) << 36)

void event_queue_init(EventQueue *queue) {
    *queue = (EventQueue){.free_slot = EVENT_SLOT_IDLE};
}

void event_queue_clear(EventQueue *queue) {
    free(queue->heap);
    free(queue->slots);
    event_queue_init(queue);
}

/* Slots -------------------------------------------------------------------------------------- */

static void grow(EventQueue *queue) {
    if (queue->slot_count >= EVENT_SLOTS_MOST) {
        fprintf(stderr, "autoscale-sim: more than %u things happen at once\n", EVENT_SLOTS_MOST);
        exit(EXIT_FAILURE);
    }
    const uint32_t room = queue->slot_room ? 2 * queue->slot_room : MEMORY_FIRST_ROOM(16);
    queue->slots = memory_resize(queue->slots, room, sizeof queue->slots[0]);
    queue->slot_room = room;
    queue->heap = memory_resize(queue->heap, (size_t)room + 4, sizeof queue->heap[0]);
    for (uint32_t i = queue->heap_room; i < room + 4; i++) {
        queue->heap[i] = KEY_NONE;
    }
    queue->heap_room = room + 4;
}

uint32_t event_queue_open(EventQueue *queue, uint32_t subject) {
    uint32_t slot = queue->free_slot;
    if (slot != EVENT_SLOT_IDLE) {
        queue->free_slot = queue->slots[slot].subject;
    } else {
        if (queue->slot_count == queue->slot_room) {
            grow(queue);
        }
        slot = queue->slot_count++;
    }
    queue->slots[slot] = (EventSlot){.position = EVENT_SLOT_IDLE, .subject = subject};
    return slot;
}

void event_queue_close(EventQueue *queue, uint32_t slot) {
    event_queue_cancel(queue, slot);
    queue->slots[slot].subject = queue->free_slot;
    queue->free_slot = slot;
}

/* The heap ----------------------------------------------------------------------------------- */

static inline void put(EventQueue *queue, size_t position, EventKey key) {
    queue->heap[position] = key;
    queue->slots[event_queue_key_slot(key)].position = (uint32_t)position;
}

/* Both sifts move a hole from `position` to where key belongs. */
static inline void sift_up(EventQueue *queue, size_t position, EventKey key) {
    while (position > 0) {
        const size_t parent = (position - 1) / 4;
        if (queue->heap[parent] < key) {
            break;
        }
        put(queue, position, queue->heap[parent]);
        position = parent;
    }
    put(queue, position, key);
}

/* The smallest of four children by two independent matches and a final, whose results are added to
 * and masked into the index: nothing for the processor to mispredict. Written so that gcc 12 and
 * clang 14 both keep it free of branches; a plain `right ? high_at : low_at` costs gcc a third. */
static inline void sift_down(EventQueue *queue, size_t position, EventKey key) {
    const EventKey *const heap = queue->heap;
    const size_t count = queue->count;
    for (size_t child = 4 * position + 1; child < count; child = 4 * position + 1) {
        const EventKey key_0 = heap[child], key_1 = heap[child + 1];
        const EventKey key_2 = heap[child + 2], key_3 = heap[child + 3];
        const bool odd_low = key_1 < key_0, odd_high = key_3 < key_2;
        const EventKey low = odd_low ? key_1 : key_0, high = odd_high ? key_3 : key_2;
        const bool is_high = high < low;
        const EventKey smallest = is_high ? high : low;
        if (key < smallest) {
            break;
        }
        const size_t low_at = child + odd_low, high_at = child + 2 + odd_high;
        put(queue, position, smallest);
        position = low_at ^ ((low_at ^ high_at) & -(size_t)is_high);
    }
    put(queue, position, key);
}

static int compare_keys(const void *a, const void *b) {
    const EventKey left = *(const EventKey *)a, right = *(const EventKey *)b;
    return (left > right) - (left < right);
}

/* 2^36 insertions are used up (some half an hour of nothing else): the pending events are numbered
 * afresh in their order. A sorted array is a heap. */
static void renumber(EventQueue *queue) {
    qsort(queue->heap, queue->count, sizeof queue->heap[0], compare_keys);
    for (uint32_t i = 0; i < queue->count; i++) {
        const EventKey key = queue->heap[i];
        put(queue, i, (key >> 64 << 64) | (EventKey)i << 28 | event_queue_key_slot(key));
    }
    queue->insertion = queue->count;
}

void event_queue_schedule(EventQueue *queue, uint32_t slot, sim_time time, unsigned order) {
    asim_assert(slot < queue->slot_count);
    asim_assert(time >= 0 && time < TIME_END && order < 16);
    if (queue->insertion == INSERTION_END) {
        renumber(queue);
    }
    const uint64_t high = (uint64_t)time << 4 | order;
    const uint64_t low = queue->insertion++ << 28 | slot;
    const EventKey key = (EventKey)high << 64 | low;
    const uint32_t position = queue->slots[slot].position;
    if (position == 0) {
        sift_down(queue, 0, key);
    } else if (position == EVENT_SLOT_IDLE) {
        sift_up(queue, queue->count++, key);
    } else if (key < queue->heap[position]) {
        sift_up(queue, position, key);
    } else {
        sift_down(queue, position, key);
    }
}

void event_queue_cancel(EventQueue *queue, uint32_t slot) {
    asim_assert(slot < queue->slot_count);
    const uint32_t position = queue->slots[slot].position;
    if (position == EVENT_SLOT_IDLE) {
        return;
    }
    queue->slots[slot].position = EVENT_SLOT_IDLE;
    const EventKey last = queue->heap[--queue->count];
    queue->heap[queue->count] = KEY_NONE;
    if (position == queue->count) {
        return;
    }
    if (position > 0 && last < queue->heap[(position - 1) / 4]) {
        sift_up(queue, position, last);
    } else {
        sift_down(queue, position, last);
    }
}
