// SPDX-License-Identifier: GPL-3.0-or-later
/* The front against its definition, point by point, on random sets with ties, duplicates,
 * infinities and holes. */
#include "stats/estimate.h"

#include "base/memory.h"
#include "engine/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { MOST = 200 };

static bool dominated(const double x[], const double y[], size_t count, size_t i) {
    for (size_t j = 0; j < count; j++) {
        if (x[j] <= x[i] && y[j] <= y[i] && (x[j] < x[i] || y[j] < y[i])) {
            return true;
        }
    }
    return false;
}

static void expect_front(const double x[], const double y[], size_t count) {
    bool on_front[MOST];
    pareto_front(x, y, count, on_front);
    for (size_t i = 0; i < count; i++) {
        const bool expected = !isnan(x[i]) && !isnan(y[i]) && !dominated(x, y, count, i);
        cr_assert_eq(on_front[i], expected, "point %zu of %zu: (%g, %g)", i, count, x[i], y[i]);
    }
}

/* Few distinct values: ties and duplicates are common. */
static double draw(RandomStream *stream, uint64_t values) {
    const uint64_t value = random_below(stream, values + 3);
    return value == values ? NAN : value == values + 1 ? INFINITY : (double)value - 2;
}

Test(pareto, agrees_with_its_definition) {
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "pareto");
    for (int round = 0; round < 2000; round++) {
        double x[MOST], y[MOST];
        const size_t count = random_below(&stream, round < 1000 ? 12 : MOST);
        const uint64_t values = 1 + random_below(&stream, round % 2 ? 6 : 1000);
        for (size_t i = 0; i < count; i++) {
            x[i] = draw(&stream, values);
            y[i] = draw(&stream, values);
        }
        expect_front(x, y, count);
    }
}

Test(pareto, known_fronts) {
    const double cost[] = {10, 20, 30, 20, 10, 40, NAN, 5};
    const double wait[] = {9, 4, 4, 4, 9.5, 1, 0, NAN};
    const bool expected[] = {true, true, false, true, false, true, false, false};
    bool on_front[8];
    pareto_front(cost, wait, 8, on_front);
    cr_assert_arr_eq(on_front, expected, sizeof expected);
}

Test(pareto, of_nothing_and_of_one) {
    const double one = 3, none = NAN;
    bool on_front = true;
    pareto_front(NULL, NULL, 0, &on_front);
    cr_assert(on_front); /* untouched */
    pareto_front(&none, &one, 1, &on_front);
    cr_assert_not(on_front);
    pareto_front(&one, &one, 1, &on_front);
    cr_assert(on_front);
}

Test(pareto, a_million_points_are_quick) {
    enum { MILLION = 1000000 };
    double *x = memory_new(MILLION, sizeof x[0]), *y = memory_new(MILLION, sizeof y[0]);
    bool *on_front = memory_new(MILLION, sizeof on_front[0]);
    for (size_t i = 0; i < MILLION; i++) {
        x[i] = (double)((i * 7919) % MILLION);
        y[i] = -x[i]; /* all are on it: the worst case of a quadratic one */
    }
    pareto_front(x, y, MILLION, on_front);
    for (size_t i = 0; i < MILLION; i++) {
        cr_assert(on_front[i]);
    }
    free(x);
    free(y);
    free(on_front);
}
