// SPDX-License-Identifier: GPL-3.0-or-later
/* The smallest or largest value that a step function took in the last `span` of time.
 *
 * A value pushed at time u is in force from u until the next push. The window at time t is closed,
 * [t - span, t], so it sees every value in force at some instant of it: also the one that was in
 * force at t - span, however long ago it was pushed.
 *
 * Kept as a monotone queue (folklore; Lemire, "Streaming maximum-minimum filter", 2006): an entry
 * is dropped as soon as a later one makes it irrelevant, so a push costs O(1) amortised, and there
 * are never more entries than pushes within one span, or than distinct values. */
#ifndef POLICY_WINDOW_H
#define POLICY_WINDOW_H

#include "autoscale_sim/types.h"

typedef enum WindowKind { WINDOW_SMALLEST, WINDOW_LARGEST } WindowKind;

typedef struct WindowEntry {
    sim_time since; /* when the run of values that this entry stands for began */
    int key;        /* the run's extremum, times the window's sign */
} WindowEntry;

/* A ring. From first to last, `key` rises strictly and `since` does not fall; an entry's key is the
 * smallest from its `since` until now. */
typedef struct Window {
    sim_time span;
    int sign; /* 1: smallest; -1: largest, kept as the smallest of the negated values */
    WindowEntry *ring;
    size_t capacity; /* a power of two, or 0 */
    size_t first;
    size_t count;
    size_t gone; /* so many of the first fell out of the window with the last push; the next frees
                    them */
} Window;

/* span >= 0, in nanoseconds. Allocates nothing. */
void window_init(Window *window, WindowKind kind, sim_time span);
void window_clear(Window *window);

/* From `time` (not before the last push) on, the value is `value` (not INT_MIN). Of several at one
 * instant all count while they are within the window, and the last stays in force. */
void window_push(Window *window, sim_time time, int value);

/* The extremum over the window that ends with the last push; there must have been one. */
int window_value(const Window *window);

/* Since when the value has been at least `bound` (smallest) or at most `bound` (largest) without a
 * break until now: the time of a push; SIM_TIME_NEVER when the last value is not. Exact when the
 * window has a value beyond the bound, or had one until the last push; otherwise as far back as is
 * remembered, which is the window's start at least. O(log entries). */
sim_time window_since(const Window *window, int bound);

#endif
