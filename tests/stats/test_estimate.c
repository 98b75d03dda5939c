// SPDX-License-Identifier: GPL-3.0-or-later
/* Intervals against tables and worked examples. */
#include "stats/estimate.h"

#include <criterion/criterion.h>
#include <math.h>

/* 1, 2, 3, 4, 5: mean 3, sd sqrt(2.5). Student's t for 4 degrees, from the tables: 2.776 (95 %),
 * 4.604 (99 %), 2.132 (90 %). */
Test(inference, means_by_students_t) {
    const double values[] = {1, 2, 3, 4, 5};
    const struct { double confidence, t; } table[] = {{0.95, 2.776}, {0.99, 4.604}, {0.90, 2.132}};
    for (int i = 0; i < 3; i++) {
        const Estimate estimate = estimate_mean(values, 5, table[i].confidence);
        cr_assert_eq(estimate.count, 5);
        cr_assert_float_eq(estimate.mean, 3, 1e-12);
        cr_assert_float_eq(estimate.sd, sqrt(2.5), 1e-12);
        cr_assert_float_eq(estimate.half_width, table[i].t * sqrt(2.5 / 5), 4e-4);
    }
}

Test(inference, what_does_not_apply_is_left_out) {
    const double some[] = {NAN, 1, NAN, 3}, one[] = {NAN, 7}, none[] = {NAN};
    Estimate estimate = estimate_mean(some, 4, 0.95);
    cr_assert_eq(estimate.count, 2);
    cr_assert_float_eq(estimate.mean, 2, 1e-12);
    cr_assert_float_eq(estimate.half_width, 12.706, 1e-3, "t of 1 degree times sqrt(2) / sqrt(2)");
    estimate = estimate_mean(one, 2, 0.95);
    cr_assert(estimate.count == 1 && estimate.mean == 7 && isnan(estimate.half_width));
    estimate = estimate_mean(none, 1, 0.95);
    cr_assert(estimate.count == 0 && isnan(estimate.mean));
    const double other[] = {5, NAN, 5, 9};
    estimate = estimate_difference(some, other, 4, 0.95, NULL);
    cr_assert(estimate.count == 1 && estimate.mean == 6, "only the last is a pair");
}

/* A quantile that is never reached in one replication has no finite mean. */
Test(inference, what_is_infinite_leaves_no_finite_mean) {
    const double some[] = {1, INFINITY, 3}, all[] = {INFINITY, INFINITY, INFINITY};
    Estimate estimate = estimate_mean(some, 3, 0.95);
    cr_assert(estimate.count == 3 && estimate.mean == INFINITY && isnan(estimate.half_width));
    cr_assert_eq(estimate.never, 1);
    cr_assert(estimate.sd == INFINITY, "they are not alike");
    estimate = estimate_mean(all, 3, 0.95);
    cr_assert(estimate.mean == INFINITY && estimate.sd == 0 && estimate.half_width == 0);
    estimate = estimate_mean(some + 1, 1, 0.95);
    cr_assert(estimate.count == 1 && estimate.mean == INFINITY && isnan(estimate.half_width));
}

/* Ten pairs. One infinite difference: the mean is infinite, and what can be said is that 8 of 9
 * are above 0 (one is 0): 2 (1 + 9) / 2^9. */
Test(inference, infinite_differences_have_a_direction_at_most) {
    const double finite[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const double once[] = {2, 3, 4, 5, 6, 7, 8, INFINITY, 0, 1};
    const double always[] = {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY,
                             INFINITY, INFINITY, INFINITY, INFINITY, INFINITY};
    double p_value;
    Estimate difference = estimate_difference(finite, once, 10, 0.95, &p_value);
    cr_assert(difference.mean == INFINITY && isnan(difference.half_width));
    cr_assert_float_eq(p_value, 20.0 / 512, 1e-12);
    difference = estimate_difference(once, finite, 10, 0.95, &p_value);
    cr_assert(difference.mean == -INFINITY && isnan(difference.half_width));
    cr_assert_float_eq(p_value, 20.0 / 512, 1e-12);
    difference = estimate_difference(finite, always, 10, 0.95, &p_value);
    cr_assert(difference.mean == INFINITY && p_value == 0, "ten times the same");
    difference = estimate_difference(always, always, 10, 0.95, &p_value);
    cr_assert(difference.mean == 0 && difference.half_width == 0 && p_value == 1, "the same");
    difference = estimate_difference(once, always, 10, 0.95, &p_value);
    cr_assert(isnan(difference.mean) && isnan(p_value), "both means are infinite");
    const double other[] = {9, 9, 9, 9, 9, 9, INFINITY, 9, 9, 9};
    difference = estimate_difference(once, other, 10, 0.95, &p_value);
    cr_assert(isnan(difference.mean) && isnan(p_value), "both means are infinite");
    difference = estimate_difference(always, always, 1, 0.95, &p_value);
    cr_assert(difference.mean == 0 && isnan(p_value));
    difference = estimate_independent_difference(finite, 10, once, 10, 0.95);
    cr_assert(difference.mean == INFINITY && isnan(difference.half_width));
}

/* 0.1 ten times has a sum that is not 1. */
Test(inference, rounding_is_no_spread) {
    double values[10];
    for (int i = 0; i < 10; i++) {
        values[i] = 0.1;
    }
    const Estimate estimate = estimate_mean(values, 10, 0.95);
    cr_assert(estimate.mean == 0.1 && estimate.sd == 0 && estimate.half_width == 0);
}

/* The sleep of ten patients under two drugs (Student, The probable error of a mean, 1908): paired,
 * t = 4.062 with 9 degrees, p = 0.00283; unpaired by Welch, 95 % from -0.205 to 3.365. */
Test(inference, students_own_example) {
    const double first[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
    const double second[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    double p_value;
    const Estimate paired = estimate_difference(first, second, 10, 0.95, &p_value);
    cr_assert_float_eq(paired.mean, 1.58, 1e-12);
    cr_assert_float_eq(paired.half_width, 0.8799, 1e-3);
    cr_assert_float_eq(p_value, 0.00283, 1e-5);
    const Estimate apart = estimate_independent_difference(first, 10, second, 10, 0.95);
    cr_assert_float_eq(apart.mean - apart.half_width, -0.2055, 1e-3);
    cr_assert_float_eq(apart.mean + apart.half_width, 3.3655, 1e-3);
}

Test(inference, differences_that_are_all_alike) {
    const double zero[12] = {0};
    double more[12], p_value;
    for (int i = 0; i < 12; i++) {
        more[i] = 1;
    }
    estimate_difference(zero, zero, 12, 0.95, &p_value);
    cr_assert_eq(p_value, 1);
    estimate_difference(zero, more, 12, 0.95, &p_value);
    cr_assert_eq(p_value, 0);
    estimate_difference(zero, more, 3, 0.95, &p_value);
    cr_assert_float_eq(p_value, 0.25, 1e-12, "three heads in a row, or three tails");
    estimate_difference(zero, more, 1, 0.95, &p_value);
    cr_assert(isnan(p_value));
}

/* 0.01, 0.04, 0.03, 0.005, one that does not apply: 4 x 0.005 = 0.02, 3 x 0.01 = 0.03, 2 x 0.03 =
 * 0.06, and 0.04 not below the one before it. */
Test(inference, holm_by_hand) {
    const double p_values[] = {0.01, 0.04, NAN, 0.03, 0.005};
    const double expected[] = {0.03, 0.06, NAN, 0.06, 0.02};
    double adjusted[5];
    holm_adjust(p_values, 5, adjusted);
    for (int i = 0; i < 5; i++) {
        cr_assert(isnan(expected[i]) ? isnan(adjusted[i]) : fabs(adjusted[i] - expected[i]) < 1e-12,
                  "%d: %g", i, adjusted[i]);
    }
    double in_place[] = {0.6, 0.7};
    holm_adjust(in_place, 2, in_place);
    cr_assert(in_place[0] == 1 && in_place[1] == 1, "no probability above 1");
}
