// SPDX-License-Identifier: GPL-3.0-or-later
/* How far the candidates of an optimisation are from the defaults. */
#include "base/text.h"
#include "experiment/optimization.h"

#include <criterion/criterion.h>

static void expect_away(const SearchAxis *axis, const double expected[]) {
    for (size_t i = 0; i < axis->count; i++) {
        cr_expect_float_eq(axis->away[i], expected[i], 1e-12, "%zu: %g", i, axis->away[i]);
    }
}

/* Defaults: 0 replicas at least, windows of 30s and 10m; a load target has none. */
Test(optimization, distance_is_the_steps_to_the_default) {
    Optimization optimization;
    ErrorList errors = {0};
    const OverrideList unchanged = {0};
    cr_assert(optimization_read(&optimization, "scenarios/optimize/small-space.json", &unchanged,
                                &(TextList){0}, 0, &errors));
    expect_away(&optimization.grid[0], (double[]){1 / 3.0, 2 / 3.0, 1});
    expect_away(&optimization.grid[1], (double[]){0.5, 0.25, 0.25, 0.5});
    expect_away(&optimization.grid[2], (double[]){0.5, 0.25, 0.25, 0.5});
    expect_away(&optimization.grid[3], (double[]){0, 0, 0, 0, 0});
    const SearchProblem problem = {.axes = optimization.grid, .axis_count = 4};
    cr_expect_eq(search_distance(&problem, 0), 1.333333333);
    cr_expect_eq(search_distance(&problem, 5 * 4 * 4 * 3 - 1), 2);
    optimization_clear(&optimization);
}
