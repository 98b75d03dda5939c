// SPDX-License-Identifier: GPL-3.0-or-later
/* Student's t by GSL; percentiles of draws; fronts. */
#include "stats/estimate.h"

#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

static void set_interval(Estimate *estimate, double half_width) {
    estimate->half_width = half_width;
    estimate->low = estimate->mean - half_width;
    estimate->high = estimate->mean + half_width;
}

static Estimate with_interval(double value, double low, double high) {
    Estimate estimate = ESTIMATE_NONE;
    estimate.mean = value;
    estimate.low = low;
    estimate.high = high;
    estimate.half_width = fmax(value - low, high - value);
    return estimate;
}

/* Two passes: the sum of squares is of deviations, so that large means cost no digits. */
static Estimate moments(const double values[], size_t count) {
    Estimate estimate = ESTIMATE_NONE;
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
        set_interval(&estimate, t_quantile(confidence, n - 1) * estimate.sd / sqrt(n));
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
        difference.mean = NAN;
        set_interval(&difference, NAN);
    }
    if (p_value) {
        *p_value = p_of_no_difference(&difference, differences, count);
    }
    free(differences);
    return difference;
}

Estimate estimate_ratio(const double baseline[], const double other[], size_t count,
                        double confidence) {
    double *logarithms = memory_new(count, sizeof *logarithms);
    bool positive = true;
    for (size_t i = 0; i < count; i++) {
        positive = positive && baseline[i] > 0 && other[i] > 0 && isfinite(baseline[i]) &&
                   isfinite(other[i]);
        logarithms[i] = positive ? log(other[i] / baseline[i]) : NAN;
    }
    const Estimate estimate = estimate_mean(logarithms, count, confidence);
    free(logarithms);
    return positive ? with_interval(exp(estimate.mean), exp(estimate.mean - estimate.half_width),
                                    exp(estimate.mean + estimate.half_width))
                    : ESTIMATE_NONE;
}

Estimate estimate_independent_difference(const double baseline[], size_t baseline_count,
                                         const double other[], size_t other_count,
                                         double confidence) {
    const Estimate a = estimate_mean(baseline, baseline_count, confidence);
    const Estimate b = estimate_mean(other, other_count, confidence);
    Estimate difference = ESTIMATE_NONE;
    difference.count = a.count < b.count ? a.count : b.count;
    difference.mean = b.mean - a.mean;
    if (difference.count < 2 || !isfinite(difference.mean)) {
        return difference;
    }
    const double variance_a = a.sd * a.sd / (double)a.count;
    const double variance_b = b.sd * b.sd / (double)b.count;
    const double variance = variance_a + variance_b;
    difference.sd = sqrt(a.sd * a.sd + b.sd * b.sd);
    if (variance == 0) {
        set_interval(&difference, 0);
        return difference;
    }
    /* Welch and Satterthwaite's degrees of freedom. */
    const double degrees = variance * variance /
                           (variance_a * variance_a / (double)(a.count - 1) +
                            variance_b * variance_b / (double)(b.count - 1));
    set_interval(&difference, t_quantile(confidence, degrees) * sqrt(variance));
    return difference;
}

/* Bootstrap ----------------------------------------------------------------------------------- */

/* Of a normal's deviate to that of Student's t. */
static double shrink_of(size_t blocks, double rest) {
    const double n = (double)blocks;
    return sqrt((n - 1) / (n + rest));
}

double estimate_draws_tail(double confidence, size_t blocks, double rest) {
    const double t = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, (double)blocks - 1);
    return gsl_cdf_ugaussian_Q(t / shrink_of(blocks, rest));
}

static int by_size(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The share q of sorted values, linear between them. */
static double percentile(const double sorted[], size_t count, double q) {
    const double at = q * (double)(count - 1);
    const size_t below = (size_t)at;
    const double rest = at - (double)below;
    return rest > 0 && isfinite(sorted[below])
               ? sorted[below] + rest * (sorted[below + 1] - sorted[below])
               : sorted[below];
}

Estimate estimate_of_draws(double value, const EstimateDraws *draws, double confidence) {
    if (isnan(value) || draws->count < draws->least) {
        Estimate estimate = ESTIMATE_NONE;
        estimate.mean = value;
        return estimate;
    }
    const double tail = estimate_draws_tail(confidence, draws->blocks, draws->rest);
    qsort(draws->draws, draws->count, sizeof *draws->draws, by_size);
    /* With every draw alike rounding may differ from the value in the last digit. */
    return with_interval(value, fmin(value, percentile(draws->draws, draws->count, tail)),
                         fmax(value, percentile(draws->draws, draws->count, 1 - tail)));
}

double estimate_draws_p_value(double value, const EstimateDraws *draws) {
    if (isnan(value) || draws->count < draws->least) {
        return NAN;
    }
    size_t beyond = 0;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < draws->count; i++) {
        beyond += value > 0 ? draws->draws[i] <= 0 : draws->draws[i] >= 0;
        sum += draws->draws[i];
    }
    const double mean = sum / (double)draws->count;
    for (size_t i = 0; i < draws->count; i++) {
        squares += (draws->draws[i] - mean) * (draws->draws[i] - mean);
    }
    const double n = (double)draws->blocks, shrink = shrink_of(draws->blocks, draws->rest);
    const double share = ((double)beyond + 1) / ((double)draws->count + 1);
    const double by_percentile =
        share >= 0.5 ? 1 : 2 * gsl_cdf_tdist_Q(gsl_cdf_ugaussian_Qinv(share) * shrink, n - 1);
    const double sd = sqrt(squares / (double)draws->count);
    if (beyond > 0 || value == 0 || !isfinite(sd)) {
        return by_percentile;
    }
    return sd > 0 ? fmin(by_percentile, 2 * gsl_cdf_tdist_Q(fabs(value) / sd * shrink, n - 1)) : 0;
}

/* Many at once -------------------------------------------------------------------------------- */

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

/* Fronts --------------------------------------------------------------------------------------
 * In rising order of x (and of y where x is equal), a point is on the front if its y is below that
 * of all with a smaller x, and the least of those with its own. */

typedef struct Point {
    double x, y;
    size_t index;
} Point;

static int compare_points(const void *one, const void *other) {
    const Point *a = one, *b = other;
    return a->x != b->x ? (a->x < b->x ? -1 : 1) : (a->y > b->y) - (a->y < b->y);
}

void pareto_front(const double x[], const double y[], size_t count, bool on_front[]) {
    Point *points = memory_new(count > 0 ? count : 1, sizeof points[0]);
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        on_front[i] = false;
        if (!isnan(x[i]) && !isnan(y[i])) {
            points[known++] = (Point){.x = x[i], .y = y[i], .index = i};
        }
    }
    qsort(points, known, sizeof points[0], compare_points);
    const Point *last = NULL; /* on the front so far, with the least y */
    for (size_t i = 0; i < known; i++) {
        const bool same = last != NULL && points[i].x == last->x && points[i].y == last->y;
        if (last == NULL || points[i].y < last->y || same) {
            on_front[points[i].index] = true;
            last = &points[i];
        }
    }
    free(points);
}
