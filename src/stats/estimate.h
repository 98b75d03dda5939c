// SPDX-License-Identifier: GPL-3.0-or-later
/* What a handful of replications, or draws of a bootstrap, allows one to say: means and paired
 * differences with confidence intervals, and p-values adjusted for looking at many metrics at once.
 * Source: A. M. Law, Simulation Modeling and Analysis, 5th ed., 4.5 and 10.2; S. Holm, A simple
 * sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979). */
#ifndef STATS_INFERENCE_H
#define STATS_INFERENCE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* A mean and how far from it the truth may be. A value that is not a number does not apply and is
 * left out. An infinite one (a quantile that was never reached) makes the mean infinite, and there
 * is no interval unless all are. */
typedef struct Estimate {
    size_t count;      /* values that applied */
    size_t never;      /* of these, infinite */
    double mean;       /* NAN when count is 0 */
    double sd;         /* of one value; NAN when count < 2, INFINITY when some are infinite */
    double half_width; /* the interval is mean -+ half_width; NAN when count < 2, 0 when all values
                          are alike. Of an interval with unequal sides the longer one */
    double low, high;  /* the interval; NAN where half_width is */
} Estimate;

/* Nothing is known. */
#define ESTIMATE_NONE ((Estimate){0, 0, NAN, NAN, NAN, NAN, NAN})

/* confidence in (0, 1): 0.95. */
Estimate estimate_mean(const double values[], size_t count, double confidence);

/* Of other[i] - baseline[i], where both apply: what common random numbers make narrow.
 * *p_value (may be NULL): two-sided, of no difference; NAN when fewer than two pairs apply, 1 when
 * all differences are 0. When all are the same other number, 0, but with fewer than ten pairs the
 * sign test's 2^(1 - pairs): two replications with one cold start more each show nothing.
 * An infinite value: two of them are alike, one is further than any other number. The mean is then
 * infinite too, its p-value the sign test's, as far as there is a direction: NAN when both samples
 * have an infinite one and are not the same throughout, for a mean over the rest would be false. */
Estimate estimate_difference(const double baseline[], const double other[], size_t count,
                             double confidence, double *p_value);

/* How many times other[i] is baseline[i]: the geometric mean over the pairs, by their logarithms;
 * none where not all are above 0 and finite. */
Estimate estimate_ratio(const double baseline[], const double other[], size_t count,
                        double confidence);

/* Of the means of two independent samples (Welch): what it would be without common random numbers.
 */
Estimate estimate_independent_difference(const double baseline[], size_t baseline_count,
                                         const double other[], size_t other_count,
                                         double confidence);

/* Of a bootstrap: the value as it was, and what it came to in `count` draws of `blocks` blocks and
 * a rest of so many more that is not drawn. Few blocks make percentile intervals too narrow, by the
 * factor between Student's t and a normal with the variance divided by n and not n - 1; the
 * percentiles are moved out by as much (expanded percentile interval: T. C. Hesterberg, What
 * teachers should know about the bootstrap, Am. Statist. 69 (2015), 4.3 and 5.3). */
typedef struct EstimateDraws {
    double *draws;       /* are sorted */
    size_t count, least; /* fewer than `least` say nothing */
    size_t blocks;
    double rest;
} EstimateDraws;

Estimate estimate_of_draws(double value, const EstimateDraws *draws, double confidence);
/* The level at which the interval would just touch 0. Beyond the last draw: by Student's t, with
 * the draws' standard deviation, and not more than what one draw more would have given. */
double estimate_draws_p_value(double value, const EstimateDraws *draws);
/* The percentile (0 to 0.5) of the interval's lower end. */
double estimate_draws_tail(double confidence, size_t blocks, double rest);

/* Holm's step-down: adjusted[i] is the smallest level at which p_values[i] is still significant
 * among all of them. NAN stays NAN and does not count. The arrays may be the same. */
void holm_adjust(const double p_values[], size_t count, double adjusted[]);

/* Which of several choices nobody would pass over: less of x is better, and so is less of y.
 * on_front[i]: no other point is at most as large in both coordinates and smaller in one. Exact
 * duplicates share the answer, so all or none of them are on it. A point with a NAN is never on the
 * front and dominates nothing. O(n log n). */
void pareto_front(const double x[], const double y[], size_t count, bool on_front[]);

#endif
