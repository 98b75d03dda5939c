// SPDX-License-Identifier: GPL-3.0-or-later
/* The extremum window against a scan of everything that was ever pushed, and its edges by hand. */
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <gsl/gsl_rng.h>

Test(window, the_left_edge_belongs_to_the_window) {
    Window window;
    window_init(&window, WINDOW_SMALLEST, 30);
    window_push(&window, 0, 1);
    window_push(&window, 5, 4);
    cr_assert_eq(window_value(&window), 1);
    window_push(&window, 34, 4); /* [4, 34]: at 4 the value was still 1 */
    cr_assert_eq(window_value(&window), 1);
    window_push(&window, 35, 4); /* [5, 35] */
    cr_assert_eq(window_value(&window), 4);
    window_clear(&window);
}

Test(window, a_value_stays_in_force_until_the_next_push) {
    Window window;
    window_init(&window, WINDOW_LARGEST, 7);
    window_push(&window, 0, 9);
    window_push(&window, 5, 2);
    window_push(&window, 10, 2); /* [3, 10]: nothing was pushed at 3, but 9 was in force */
    cr_assert_eq(window_value(&window), 9);
    window_push(&window, 15, 2);
    cr_assert_eq(window_value(&window), 2);
    window_clear(&window);
}

Test(window, no_span_is_the_last_value) {
    Window window;
    window_init(&window, WINDOW_SMALLEST, 0);
    for (int i = 0; i < 10; i++) {
        window_push(&window, i, i % 4);
        cr_assert_eq(window_value(&window), i % 4);
    }
    window_clear(&window);
}

Test(window, at_one_instant_the_last_value_stays_in_force) {
    Window window;
    window_init(&window, WINDOW_SMALLEST, 10);
    window_push(&window, 0, 1);
    window_push(&window, 0, 5);
    cr_assert_eq(window_value(&window), 1, "both were pushed within the window");
    window_push(&window, 10, 5);
    cr_assert_eq(window_value(&window), 5, "at the window's start 5 was in force");
    window_clear(&window);
}

Test(window, since_is_where_the_unbroken_run_began) {
    Window window;
    window_init(&window, WINDOW_SMALLEST, 100);
    const int values[] = {1, 4, 2, 3, 5, 3}; /* pushed at 0, 10, 20, ... */
    for (int i = 0; i < 6; i++) {
        window_push(&window, 10 * i, values[i]);
    }
    cr_assert_eq(window_since(&window, 1), 0);
    cr_assert_eq(window_since(&window, 2), 10);
    cr_assert_eq(window_since(&window, 3), 30);
    cr_assert_eq(window_since(&window, 4), SIM_TIME_NEVER);
    window_clear(&window);
}

Test(window, since_sees_what_has_just_fallen_out) {
    Window window;
    window_init(&window, WINDOW_SMALLEST, 10);
    window_push(&window, 0, 1);
    window_push(&window, 5, 2);
    window_push(&window, 7, 3);
    window_push(&window, 30, 4); /* [20, 30] holds 3 and 4 */
    cr_assert_eq(window_value(&window), 3);
    cr_assert_eq(window_since(&window, 3), 7);
    cr_assert_eq(window_since(&window, 2), 5);
    window_clear(&window);
}

Test(window, memory_is_bounded_by_pushes_in_a_span) {
    Window window;
    window_init(&window, WINDOW_SMALLEST, 100);
    for (int i = 0; i < 100000; i++) {
        window_push(&window, i, i); /* rising: nothing is dropped before it falls out */
    }
    cr_assert_leq(window.count, 103);
    cr_assert_leq(window.capacity, 128);
    window_clear(&window);
    window_init(&window, WINDOW_SMALLEST, 100000);
    for (int i = 0; i < 100000; i++) {
        window_push(&window, i, i * 7 % 10);
    }
    cr_assert_leq(window.count, 10, "no more entries than values");
    window_clear(&window);
}

Test(window, the_ring_grows_from_wherever_it_starts) {
    Window window;
    window_init(&window, WINDOW_SMALLEST, 100);
    for (int i = 0; i < 20; i++) {
        window_push(&window, 10 * i, i); /* 11 at a time: the ring has turned */
    }
    for (int i = 0; i < 40; i++) {
        window_push(&window, 191, 20 + i);
    }
    cr_assert_eq(window_value(&window), 9);
    cr_assert_eq(window_since(&window, 15), 150);
    window_push(&window, 251, 100);
    cr_assert_eq(window_value(&window), 15);
    window_clear(&window);
}

#define PUSHES 300

typedef struct History {
    sim_time times[PUSHES];
    int values[PUSHES];
    int count;
} History;

static int scan(const History *history, WindowKind kind, sim_time span) {
    sim_time start = history->times[history->count - 1] - span;
    int extremum = history->values[history->count - 1];
    for (int i = 0; i + 1 < history->count; i++) {
        int value = history->values[i];
        if (history->times[i + 1] > start &&
            (kind == WINDOW_SMALLEST ? value < extremum : value > extremum)) {
            extremum = value;
        }
    }
    return extremum;
}

static sim_time scan_since(const History *history, WindowKind kind, int bound) {
    sim_time since = SIM_TIME_NEVER;
    for (int i = history->count - 1; i >= 0; i--) {
        int value = history->values[i];
        if (kind == WINDOW_SMALLEST ? value < bound : value > bound) {
            break;
        }
        since = history->times[i];
    }
    return since;
}

static void compare(const Window *window, const History *history, WindowKind kind, sim_time span) {
    int extremum = scan(history, kind, span);
    cr_assert_eq(window_value(window), extremum, "push %d, span %d", history->count, (int)span);
    for (int bound = -12; bound <= 12; bound++) {
        sim_time expected = scan_since(history, kind, bound);
        sim_time since = window_since(window, bound);
        if (kind == WINDOW_SMALLEST ? extremum < bound : extremum > bound) {
            cr_assert_eq(since, expected, "push %d, bound %d", history->count, bound);
        } else {
            cr_assert(since >= expected && (since <= history->times[history->count - 1] - span ||
                                            since == history->times[0]));
        }
    }
}

ParameterizedTestParameters(window, agrees_with_a_scan) {
    static int kinds[] = {WINDOW_SMALLEST, WINDOW_LARGEST};
    return cr_make_param_array(int, kinds, 2);
}

ParameterizedTest(int *kind, window, agrees_with_a_scan) {
    gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(random, 7);
    for (int round = 0; round < 300; round++) {
        sim_time span = (sim_time)gsl_rng_uniform_int(random, 60);
        unsigned long variety = 1 + gsl_rng_uniform_int(random, 20);
        Window window;
        window_init(&window, (WindowKind)*kind, span);
        History history = {.count = 0};
        sim_time now = 0;
        while (history.count < PUSHES) {
            now += (sim_time)gsl_rng_uniform_int(random, 6);
            int value = (int)gsl_rng_uniform_int(random, variety) - 10;
            history.times[history.count] = now;
            history.values[history.count++] = value;
            window_push(&window, now, value);
            compare(&window, &history, (WindowKind)*kind, span);
        }
        window_clear(&window);
    }
    gsl_rng_free(random);
}
