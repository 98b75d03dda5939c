// SPDX-License-Identifier: GPL-3.0-or-later
/* What a test needs to hold a simulated value against a formula: confidence intervals of means of
 * correlated values by batch means, narrowed by control variates, and a chi-square test. The
 * distributions are GSL's. */
#ifndef SUPPORT_STATISTICS_H
#define SUPPORT_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Interval {
    double mean;
    double half_width;
} Interval;

bool interval_holds(Interval interval, double expected);

/* The mean of `count` values in order of time, correlated though they be, from the means of
 * `batches` consecutive batches, which are as good as independent when a batch is far longer than
 * the correlation; what does not fill a batch is left out at the start. Student's t. */
Interval interval_of_batch_means(const double values[], size_t count, size_t batches,
                                 double confidence);

/* A quantity of the input beside each value, whose true mean is known: when the draws of this run
 * happened to be a little above it, the result is corrected for what that explains. */
typedef struct ControlVariate {
    const double *values;
    double mean;
} ControlVariate;

/* As interval_of_batch_means, by linear regression of the batch means on those of the controls
 * (Lavenberg and Welch 1981): the intercept, and its standard error. */
Interval interval_with_controls(const double values[], size_t count,
                                const ControlVariate controls[], size_t control_count,
                                size_t batches, double confidence);

/* The probability of a chi-square statistic as large as that of the observed counts, which are
 * independent draws, against the expected ones of the same total. Neighbouring cells are pooled
 * until at least ten are expected in each. */
double chi_square_p(const double observed[], const double expected[], size_t cells);

#endif
