// SPDX-License-Identifier: GPL-3.0-or-later
/* engine/event_queue: the order of events by hand, and the whole interface against a plain array
 * that is scanned for its minimum, with the heap's invariants checked from outside. */
#include "engine/event_queue.h"

#include "engine/random.h"

#include <criterion/criterion.h>
#include <string.h>

/* Takes the earliest event away and returns its slot. */
static uint32_t pop(EventQueue *queue) {
    const uint32_t slot = event_queue_key_slot(event_queue_top(queue));
    event_queue_cancel(queue, slot);
    return slot;
}

Test(event_queue, empty_queue) {
    EventQueue queue;
    event_queue_init(&queue);
    cr_expect_eq(queue.count, 0);
    cr_expect_eq(event_queue_top_time(&queue), SIM_TIME_NEVER);
    cr_expect_eq(event_queue_second_time(&queue), SIM_TIME_NEVER);
    event_queue_clear(&queue);
}

Test(event_queue, key_carries_time_order_and_slot) {
    EventQueue queue;
    event_queue_init(&queue);
    const uint32_t slot = event_queue_open(&queue, 77);
    cr_expect_not(event_queue_is_pending(&queue, slot));
    static const sim_time times[] = {0, 1, SIM_TIME_LONGEST, (INT64_C(1) << 60) - 1};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        for (unsigned order = 0; order < 16; order++) {
            event_queue_schedule(&queue, slot, times[i], order);
            const EventKey top = event_queue_top(&queue);
            cr_expect(event_queue_is_pending(&queue, slot));
            cr_expect_eq(event_queue_key_time(top), times[i]);
            cr_expect_eq(event_queue_key_order(top), order);
            cr_expect_eq(event_queue_key_slot(top), slot);
            cr_expect_eq(queue.slots[slot].subject, 77);
            cr_expect_eq(event_queue_second_time(&queue), SIM_TIME_NEVER);
        }
    }
    event_queue_clear(&queue);
}

Test(event_queue, equals_come_in_order_of_scheduling) {
    EventQueue queue;
    event_queue_init(&queue);
    uint32_t slots[100];
    for (uint32_t i = 0; i < 100; i++) {
        slots[i] = event_queue_open(&queue, i);
    }
    for (uint32_t i = 0; i < 100; i++) {
        event_queue_schedule(&queue, slots[(i * 37) % 100], 5, 3);
    }
    event_queue_schedule(&queue, slots[0], 5, 3); /* again: now it is the last */
    for (uint32_t i = 1; i < 100; i++) {
        cr_expect_eq(pop(&queue), slots[(i * 37) % 100]);
    }
    cr_expect_eq(pop(&queue), slots[0]);
    event_queue_clear(&queue);
}

Test(event_queue, order_decides_within_an_instant) {
    EventQueue queue;
    event_queue_init(&queue);
    for (uint32_t i = 0; i < 16; i++) {
        event_queue_schedule(&queue, event_queue_open(&queue, i), 9, 15 - i);
    }
    event_queue_schedule(&queue, event_queue_open(&queue, 16), 8, 15);
    cr_expect_eq(pop(&queue), 16);
    for (uint32_t i = 16; i-- > 0;) {
        cr_expect_eq(pop(&queue), i);
    }
    event_queue_clear(&queue);
}

Test(event_queue, closed_slots_are_reused) {
    EventQueue queue;
    event_queue_init(&queue);
    const uint32_t a = event_queue_open(&queue, 1), b = event_queue_open(&queue, 2);
    event_queue_schedule(&queue, a, 1, 0);
    event_queue_schedule(&queue, b, 2, 0);
    event_queue_close(&queue, a);
    cr_expect_eq(event_queue_top_time(&queue), 2);
    const uint32_t c = event_queue_open(&queue, 3);
    cr_expect_eq(c, a);
    cr_expect_not(event_queue_is_pending(&queue, c));
    cr_expect_eq(queue.slots[c].subject, 3);
    cr_expect_eq(queue.slot_count, 2);
    event_queue_cancel(&queue, c); /* nothing pending: nothing happens */
    cr_expect_eq(queue.count, 1);
    event_queue_clear(&queue);
}

/* The naive model ---------------------------------------------------------------------------- */

enum { SLOTS = 300 };

typedef struct NaiveEvent {
    bool open, pending;
    sim_time time;
    unsigned order;
    uint64_t insertion;
    uint32_t subject;
} NaiveEvent;

typedef struct NaiveQueue {
    NaiveEvent events[SLOTS];
    uint64_t insertions;
} NaiveQueue;

static bool is_before(const NaiveEvent *a, const NaiveEvent *b) {
    if (a->time != b->time) {
        return a->time < b->time;
    }
    return a->order != b->order ? a->order < b->order : a->insertion < b->insertion;
}

/* The earliest pending slot but `besides`; SLOTS when there is none. */
static uint32_t naive_first(const NaiveQueue *naive, uint32_t besides) {
    uint32_t first = SLOTS;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        const NaiveEvent *event = &naive->events[slot];
        if (event->pending && slot != besides &&
            (first == SLOTS || is_before(event, &naive->events[first]))) {
            first = slot;
        }
    }
    return first;
}

static void expect_same(const EventQueue *queue, const NaiveQueue *naive) {
    const uint32_t first = naive_first(naive, SLOTS);
    if (first == SLOTS) {
        cr_assert_eq(queue->count, 0);
        cr_assert_eq(event_queue_top_time(queue), SIM_TIME_NEVER);
        return;
    }
    const EventKey top = event_queue_top(queue);
    cr_assert_eq(event_queue_key_slot(top), first);
    cr_assert_eq(event_queue_key_time(top), naive->events[first].time);
    cr_assert_eq(event_queue_key_order(top), naive->events[first].order);
    const uint32_t second = naive_first(naive, first);
    cr_assert_eq(event_queue_second_time(queue),
                 second == SLOTS ? SIM_TIME_NEVER : naive->events[second].time);
}

static void expect_invariants(const EventQueue *queue, const NaiveQueue *naive) {
    uint32_t pending = 0;
    for (uint32_t slot = 0; slot < queue->slot_count; slot++) {
        const uint32_t position = queue->slots[slot].position;
        cr_assert_eq(position != EVENT_SLOT_IDLE, naive->events[slot].pending);
        if (position != EVENT_SLOT_IDLE) {
            cr_assert_eq(event_queue_key_slot(queue->heap[position]), slot);
            cr_assert(position == 0 || queue->heap[(position - 1) / 4] < queue->heap[position]);
            cr_assert_eq(queue->slots[slot].subject, naive->events[slot].subject);
            pending++;
        }
    }
    cr_assert_eq(queue->count, pending);
    for (uint32_t i = queue->count; i < queue->heap_room; i++) {
        cr_assert(queue->heap[i] == ~(EventKey)0);
    }
}

static void schedule_both(EventQueue *queue, NaiveQueue *naive, RandomStream *stream,
                          uint32_t slot) {
    NaiveEvent *event = &naive->events[slot];
    /* Few instants and orders, so that ties are common; now and then a far one. */
    event->time = (sim_time)random_below(stream, random_below(stream, 8) ? 20 : UINT64_C(1) << 60);
    event->order = (unsigned)random_below(stream, 4);
    event->insertion = naive->insertions++;
    event->pending = true;
    event_queue_schedule(queue, slot, event->time, event->order);
}

static void open_both(EventQueue *queue, NaiveQueue *naive, RandomStream *stream) {
    const uint32_t subject = (uint32_t)random_bits(stream);
    uint32_t free_slots = 0;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        free_slots += !naive->events[slot].open;
    }
    if (free_slots == 0) {
        return;
    }
    const uint32_t slot = event_queue_open(queue, subject);
    cr_assert(slot < SLOTS && !naive->events[slot].open);
    naive->events[slot] = (NaiveEvent){.open = true, .subject = subject};
}

/* One random operation on both. */
static void step_both(EventQueue *queue, NaiveQueue *naive, RandomStream *stream, uint32_t calm) {
    const uint32_t slot = (uint32_t)random_below(stream, SLOTS);
    const uint32_t what = (uint32_t)random_below(stream, calm);
    const uint32_t first = naive_first(naive, SLOTS);
    if (what == 0) {
        open_both(queue, naive, stream);
    } else if (what < 4 && first != SLOTS) { /* replace the top */
        schedule_both(queue, naive, stream, first);
    } else if (!naive->events[slot].open) {
        return;
    } else if (what == 4) {
        event_queue_close(queue, slot);
        naive->events[slot] = (NaiveEvent){0};
    } else if (what < 8) {
        event_queue_cancel(queue, slot);
        naive->events[slot].pending = false;
    } else {
        schedule_both(queue, naive, stream, slot);
    }
}

static void run_both(uint64_t seed, uint32_t calm, uint64_t first_insertion) {
    static NaiveQueue naive;
    memset(&naive, 0, sizeof naive);
    EventQueue queue;
    event_queue_init(&queue);
    queue.insertion = first_insertion;
    RandomStream stream;
    random_stream_init(&stream, seed, 0, "queue");
    for (int step = 0; step < 20000; step++) {
        step_both(&queue, &naive, &stream, calm);
        expect_same(&queue, &naive);
        if (step % 97 == 0) {
            expect_invariants(&queue, &naive);
        }
    }
    event_queue_clear(&queue);
}

Test(event_queue, agrees_with_a_naive_queue) {
    run_both(1, 9, 0);   /* small: much is closed and cancelled */
    run_both(2, 20, 0);  /* medium */
    run_both(3, 200, 0); /* nearly all slots pending */
}

/* When the counter of insertions is used up, the pending events are numbered afresh. */
Test(event_queue, insertions_may_run_out) {
    run_both(4, 20, (UINT64_C(1) << 36) - 10000);
    run_both(5, 20, (UINT64_C(1) << 36) - 1);
}

Test(event_queue, many_slots_sort) {
    enum { MANY = 50000 };
    EventQueue queue;
    event_queue_init(&queue);
    RandomStream stream;
    random_stream_init(&stream, 9, 0, "sort");
    for (uint32_t i = 0; i < MANY; i++) {
        const sim_time time = (sim_time)random_below(&stream, 1000000);
        event_queue_schedule(&queue, event_queue_open(&queue, i), time, i % 3);
    }
    EventKey before = 0;
    while (queue.count > 0) {
        const EventKey top = event_queue_top(&queue);
        cr_assert(top > before);
        before = top;
        pop(&queue);
    }
    event_queue_clear(&queue);
}
