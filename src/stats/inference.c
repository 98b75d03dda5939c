// SPDX-License-Identifier: GPL-3.0-or-later
/* Student's t by GSL; see inference.h. */
#include "stats/inference.h"

#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Two passes: the sum of squares is of deviations, so that large means cost no digits. */
static Estimate moments(const double values[], size_t count) {
    Estimate estimate = {.mean = NAN, .sd = NAN, .half_width = NAN};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            sum += values[i];
            estimate.count++;
            estimate.never += isinf(values[i]) ? 1 : 0;
        }
    }
    if (estimate.count == 0) {
        return estimate;
    }
    estimate.mean = sum / (double)estimate.count;
    if (!isfinite(estimate.mean)) {
        estimate.sd = estimate.count >= 2 ? INFINITY : NAN;
        return estimate;
    }
    for (size_t i = 0; i < count; i++) {
        const double deviation = isnan(values[i]) ? 0 : values[i] - estimate.mean;
        squares += deviation * deviation;
    }
    if (estimate.count >= 2) {
        estimate.sd = sqrt(squares / (double)(estimate.count - 1));
    }
    return estimate;
}

/* All alike: the sum's rounding must not pass for a spread. */
static void settle_constant(Estimate *estimate, const double values[], size_t count) {
    double first = NAN;
    for (size_t i = 0; i < count; i++) {
        if (isnan(first)) {
            first = values[i];
        } else if (!isnan(values[i]) && values[i] != first) {
            return;
        }
    }
    estimate->mean = first;
    estimate->sd = estimate->count >= 2 ? 0 : NAN;
}

static double t_quantile(double confidence, double degrees) {
    return gsl_cdf_tdist_Pinv(0.5 + confidence / 2, degrees);
}

Estimate estimate_mean(const double values[], size_t count, double confidence) {
    Estimate estimate = moments(values, count);
    settle_constant(&estimate, values, count);
    if (estimate.count >= 2 && isfinite(estimate.sd)) {
        const double n = (double)estimate.count;
        estimate.half_width = t_quantile(confidence, n - 1) * estimate.sd / sqrt(n);
    }
    return estimate;
}

/* From here on differences that are all the same number are no coincidence of small counts. */
enum { ALIKE_ENOUGH = 10 };

/* Two-sided; values that are 0 say nothing. */
static double sign_test(const double differences[], size_t count) {
    unsigned above = 0, below = 0;
    for (size_t i = 0; i < count; i++) {
        above += differences[i] > 0;
        below += differences[i] < 0;
    }
    return fmin(1, 2 * gsl_cdf_binomial_P(above < below ? above : below, 0.5, above + below));
}

static double p_of_no_difference(const Estimate *difference, const double differences[],
                                 size_t count) {
    if (difference->count < 2 || isnan(difference->mean)) {
        return NAN;
    }
    const double n = (double)difference->count;
    if (difference->sd == 0) {
        return difference->mean == 0 ? 1 : n < ALIKE_ENOUGH ? exp2(1 - n) : 0;
    }
    if (isinf(difference->mean)) {
        return sign_test(differences, count);
    }
    return 2 * gsl_cdf_tdist_Q(fabs(difference->mean) * sqrt(n) / difference->sd, n - 1);
}

Estimate estimate_difference(const double baseline[], const double other[], size_t count,
                             double confidence, double *p_value) {
    double *differences = memory_new(count ? count : 1, sizeof *differences);
    bool both_infinite = false, same = true;
    for (size_t i = 0; i < count; i++) {
        const bool alike = other[i] == baseline[i]; /* infinite ones too */
        same = same && (alike || isnan(other[i] - baseline[i]));
        differences[i] = alike ? 0 : other[i] - baseline[i];
        both_infinite = both_infinite || (alike && isinf(other[i]));
    }
    Estimate difference = estimate_mean(differences, count, confidence);
    if (both_infinite && !same) {
        difference.mean = difference.half_width = NAN;
    }
    if (p_value) {
        *p_value = p_of_no_difference(&difference, differences, count);
    }
    free(differences);
    return difference;
}

Estimate estimate_independent_difference(const double baseline[], size_t baseline_count,
                                         const double other[], size_t other_count,
                                         double confidence) {
    const Estimate a = estimate_mean(baseline, baseline_count, confidence);
    const Estimate b = estimate_mean(other, other_count, confidence);
    Estimate difference = {.count = a.count < b.count ? a.count : b.count,
                           .mean = b.mean - a.mean,
                           .sd = NAN,
                           .half_width = NAN};
    if (difference.count < 2 || !isfinite(difference.mean)) {
        return difference;
    }
    const double variance_a = a.sd * a.sd / (double)a.count;
    const double variance_b = b.sd * b.sd / (double)b.count;
    const double variance = variance_a + variance_b;
    difference.sd = sqrt(a.sd * a.sd + b.sd * b.sd);
    if (variance == 0) {
        difference.half_width = 0;
        return difference;
    }
    /* Welch and Satterthwaite's degrees of freedom. */
    const double degrees = variance * variance /
                           (variance_a * variance_a / (double)(a.count - 1) +
                            variance_b * variance_b / (double)(b.count - 1));
    difference.half_width = t_quantile(confidence, degrees) * sqrt(variance);
    return difference;
}

typedef struct Ranked {
    double p_value;
    size_t index;
} Ranked;

static int by_p_value(const void *left, const void *right) {
    const Ranked *a = left, *b = right;
    if (a->p_value != b->p_value) {
        return a->p_value < b->p_value ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

void holm_adjust(const double p_values[], size_t count, double adjusted[]) {
    Ranked *ranked = memory_new(count ? count : 1, sizeof *ranked);
    size_t tests = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(p_values[i])) {
            ranked[tests++] = (Ranked){.p_value = p_values[i], .index = i};
        } else {
            adjusted[i] = NAN;
        }
    }
    qsort(ranked, tests, sizeof *ranked, by_p_value);
    double highest = 0;
    for (size_t rank = 0; rank < tests; rank++) {
        const double scaled = fmin(1, (double)(tests - rank) * ranked[rank].p_value);
        highest = fmax(highest, scaled);
        adjusted[ranked[rank].index] = highest;
    }
    free(ranked);
}
