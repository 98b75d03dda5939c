// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch means, control variates by least squares, chi-square. */
#include "support/statistics.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_multifit.h>
#include <math.h>
#include <stdlib.h>

bool interval_holds(Interval interval, double expected) {
    return fabs(interval.mean - expected) <= interval.half_width;
}

Interval interval_of_batch_means(const double values[], size_t count, size_t batches,
                                 double confidence) {
    return interval_with_controls(values, count, NULL, 0, batches, confidence);
}

static double batch_mean(const double values[], size_t count, size_t batches, size_t batch) {
    const size_t length = count / batches;
    const double *first = values + count % batches + batch * length;
    double sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum += first[i];
    }
    return sum / (double)length;
}

/* y = mean + sum of beta x (control - its mean) + noise. */
Interval interval_with_controls(const double values[], size_t count,
                                const ControlVariate controls[], size_t control_count,
                                size_t batches, double confidence) {
    const size_t terms = 1 + control_count;
    cr_assert(count >= batches && batches > terms);
    gsl_matrix *x = gsl_matrix_alloc(batches, terms);
    gsl_vector *y = gsl_vector_alloc(batches);
    gsl_vector *beta = gsl_vector_alloc(terms);
    gsl_matrix *covariance = gsl_matrix_alloc(terms, terms);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(batches, terms);
    for (size_t batch = 0; batch < batches; batch++) {
        gsl_vector_set(y, batch, batch_mean(values, count, batches, batch));
        gsl_matrix_set(x, batch, 0, 1);
        for (size_t i = 0; i < control_count; i++) {
            const double mean = batch_mean(controls[i].values, count, batches, batch);
            gsl_matrix_set(x, batch, 1 + i, mean - controls[i].mean);
        }
    }
    double squares;
    gsl_multifit_linear(x, y, beta, covariance, &squares, work);
    const double t = gsl_cdf_tdist_Pinv((1 + confidence) / 2, (double)(batches - terms));
    const Interval interval = {.mean = gsl_vector_get(beta, 0),
                               .half_width = t * sqrt(gsl_matrix_get(covariance, 0, 0))};
    gsl_multifit_linear_free(work);
    gsl_matrix_free(covariance);
    gsl_vector_free(beta);
    gsl_vector_free(y);
    gsl_matrix_free(x);
    return interval;
}

double chi_square_p(const double observed[], const double expected[], size_t cells) {
    double statistic = 0, last_observed = 0, last_expected = 0;
    double pooled_observed = 0, pooled_expected = 0;
    size_t pools = 0;
    for (size_t i = 0; i < cells; i++) {
        pooled_observed += observed[i];
        pooled_expected += expected[i];
        if (pooled_expected < 10 && i + 1 < cells) {
            continue;
        }
        if (pooled_expected < 10 && pools > 0) { /* the tail joins the pool before it */
            statistic -= pow(last_observed - last_expected, 2) / last_expected;
            pooled_observed += last_observed;
            pooled_expected += last_expected;
            pools--;
        }
        statistic += pow(pooled_observed - pooled_expected, 2) / pooled_expected;
        last_observed = pooled_observed;
        last_expected = pooled_expected;
        pooled_observed = pooled_expected = 0;
        pools++;
    }
    cr_assert(pools > 1);
    return gsl_cdf_chisq_Q(statistic, (double)(pools - 1));
}
