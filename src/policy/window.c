// SPDX-License-Identifier: GPL-3.0-or-later
/* Monotone queue over a step function: policy/policies.h has the idea. */
#include "policy/policies.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <stdlib.h>

#define WINDOW_FIRST_CAPACITY MEMORY_FIRST_ROOM(16)

static WindowEntry *window_at(const Window *window, size_t index) {
    return &window->ring[(window->first + index) & (window->capacity - 1)];
}

void window_init(Window *window, WindowKind kind, sim_time span) {
    asim_assert(span >= 0);
    *window = (Window){.span = span, .sign = kind == WINDOW_SMALLEST ? 1 : -1};
}

void window_clear(Window *window) {
    free(window->ring);
    window->ring = NULL;
    window->capacity = window->first = window->count = window->gone = 0;
}

/* Doubles the ring, laid out from its first entry on. */
static void window_grow(Window *window) {
    size_t capacity = window->capacity ? 2 * window->capacity : WINDOW_FIRST_CAPACITY;
    WindowEntry *ring = memory_new(capacity, sizeof *ring);
    asim_assert(window->count == window->capacity);
    asim_assert((capacity & (capacity - 1)) == 0);
    for (size_t i = 0; i < window->count; i++) {
        ring[i] = *window_at(window, i);
    }
    free(window->ring);
    window->ring = ring;
    window->capacity = capacity;
    window->first = 0;
}

void window_push(Window *window, sim_time time, int value) {
    asim_assert(window->gone <= window->count);
    asim_assert(window->count == 0 || window_at(window, window->count - 1)->since <= time);
    window->first += window->gone;
    window->count -= window->gone;
    window->gone = 0;
    WindowEntry entry = {.since = time, .key = window->sign * value};
    while (window->count > 0 && window_at(window, window->count - 1)->key >= entry.key) {
        entry.since = window_at(window, --window->count)->since;
    }
    if (window->count == window->capacity) {
        window_grow(window);
    }
    *window_at(window, window->count++) = entry;
    /* An entry's extremum was last in force until the next one's run began. */
    while (window->gone + 1 < window->count &&
           window_at(window, window->gone + 1)->since <= time - window->span) {
        window->gone++;
    }
}

int window_value(const Window *window) {
    asim_assert(window->count > 0);
    return window->sign * window_at(window, window->gone)->key;
}

sim_time window_since(const Window *window, int bound) {
    size_t low = 0, high = window->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (window_at(window, middle)->key >= window->sign * bound) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low < window->count ? window_at(window, low)->since : SIM_TIME_NEVER;
}
