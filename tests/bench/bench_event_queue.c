// SPDX-License-Identifier: GPL-3.0-or-later
/* The event queue under the hold model (take the earliest event, schedule it again an exponential
 * time later: D. Jones, CACM 29(4), 1986), beside a textbook binary heap of 16-byte (time, id)
 * entries with pop and push. Gaps are drawn beforehand, so that only the queues are timed; the best
 * of five runs in CPU time, the queues taking turns, since other programs can only slow one down.
 */
#include "base/memory.h"
#include "bench/figures.h"
#include "engine/event_queue.h"
#include "engine/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { GAPS = 1 << 16, EVENTS = 2000000, RUNS = 5 };

/* The textbook's heap ------------------------------------------------------------------------- */

typedef struct Entry {
    sim_time time;
    uint64_t id;
} Entry;

typedef struct BinaryHeap {
    Entry *entries; /* from 1 */
    size_t count;
} BinaryHeap;

static void binary_push(BinaryHeap *heap, Entry entry) {
    size_t i = ++heap->count;
    for (; i > 1 && entry.time < heap->entries[i / 2].time; i /= 2) {
        heap->entries[i] = heap->entries[i / 2];
    }
    heap->entries[i] = entry;
}

static Entry binary_pop(BinaryHeap *heap) {
    const Entry top = heap->entries[1];
    const Entry last = heap->entries[heap->count--];
    size_t i = 1;
    for (size_t child = 2; child <= heap->count; child = 2 * i) {
        if (child < heap->count && heap->entries[child + 1].time < heap->entries[child].time) {
            child++;
        }
        if (last.time <= heap->entries[child].time) {
            break;
        }
        heap->entries[i] = heap->entries[child];
        i = child;
    }
    heap->entries[i] = last;
    return top;
}

/* Each hold function returns a number that depends on all events: the compiler must do the work. */

static sim_time hold_binary(const sim_time gaps[GAPS], uint32_t pending) {
    BinaryHeap heap = {.entries = memory_new((size_t)pending + 2, sizeof(Entry))};
    for (uint32_t i = 0; i < pending; i++) {
        binary_push(&heap, (Entry){gaps[(i * 7919u) % GAPS], i});
    }
    sim_time sum = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        Entry entry = binary_pop(&heap);
        sum += entry.time & 1023;
        entry.time += gaps[i % GAPS];
        binary_push(&heap, entry);
    }
    free(heap.entries);
    return sum;
}

static void fill(EventQueue *queue, const sim_time gaps[GAPS], uint32_t pending) {
    event_queue_init(queue);
    for (uint32_t i = 0; i < pending; i++) {
        event_queue_schedule(queue, event_queue_open(queue, i), gaps[(i * 7919u) % GAPS], i % 16);
    }
}

static sim_time hold_queue(const sim_time gaps[GAPS], uint32_t pending) {
    EventQueue queue;
    fill(&queue, gaps, pending);
    sim_time sum = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        const EventKey top = event_queue_top(&queue);
        const sim_time now = event_queue_key_time(top);
        sum += now & 1023;
        event_queue_schedule(&queue, event_queue_key_slot(top), now + gaps[i % GAPS],
                             event_queue_key_order(top));
    }
    event_queue_clear(&queue);
    return sum;
}

/* As a replica does: it also asks when the next event of anybody else is due. */
static sim_time hold_queue_second(const sim_time gaps[GAPS], uint32_t pending) {
    EventQueue queue;
    fill(&queue, gaps, pending);
    sim_time sum = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        const EventKey top = event_queue_top(&queue);
        const sim_time now = event_queue_key_time(top);
        sum += event_queue_second_time(&queue) & 1023;
        event_queue_schedule(&queue, event_queue_key_slot(top), now + gaps[i % GAPS],
                             event_queue_key_order(top));
    }
    event_queue_clear(&queue);
    return sum;
}

/* A timer at random is put off: the sift starts from the middle of the heap. */
static sim_time hold_queue_timers(const sim_time gaps[GAPS], uint32_t pending) {
    EventQueue queue;
    fill(&queue, gaps, pending);
    sim_time sum = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        const sim_time now = event_queue_top_time(&queue);
        const uint32_t slot = i % 2 ? event_queue_key_slot(event_queue_top(&queue))
                                    : (uint32_t)((uint64_t)gaps[i % GAPS] % pending);
        sum += now & 1023;
        event_queue_schedule(&queue, slot, now + gaps[(i + 77) % GAPS], 0);
    }
    event_queue_clear(&queue);
    return sum;
}

/* Timing -------------------------------------------------------------------------------------- */

typedef sim_time Hold(const sim_time gaps[GAPS], uint32_t pending);

static const struct {
    const char *name;
    Hold *hold;
} rows[] = {
    {"binary heap, pop and push", hold_binary},
    {"event_queue", hold_queue},
    {"event_queue, second_time asked", hold_queue_second},
    {"event_queue, half are timers put off", hold_queue_timers},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void measure(const sim_time gaps[GAPS], uint32_t pending, double best[ROWS]) {
    volatile sim_time sink;
    for (int run = 0; run < RUNS; run++) {
        for (int row = 0; row < ROWS; row++) {
            const double before = figures_cpu_s();
            sink = rows[row].hold(gaps, pending);
            const double seconds = figures_cpu_s() - before;
            best[row] = run == 0 || seconds < best[row] ? seconds : best[row];
        }
    }
    (void)sink;
}

int main(void) {
    static const uint32_t pendings[] = {10, 1000, 100000};
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "bench");
    sim_time *gaps = memory_new(GAPS, sizeof gaps[0]);
    for (size_t i = 0; i < GAPS; i++) {
        gaps[i] = (sim_time)(1e9 * random_exponential(&stream));
    }
    for (size_t p = 0; p < sizeof pendings / sizeof pendings[0]; p++) {
        double seconds[ROWS];
        measure(gaps, pendings[p], seconds);
        for (int row = 0; row < ROWS; row++) {
            char *name = memory_format("hold model, %u pending: %s", pendings[p], rows[row].name);
            figures_print(name, EVENTS / seconds[row] * 1e-6, "M events/s");
            printf("%-64s %12.1f ns, %.2f times the binary heap's speed\n", "",
                   seconds[row] / EVENTS * 1e9, seconds[0] / seconds[row]);
            free(name);
        }
    }
    free(gaps);
    return 0;
}
