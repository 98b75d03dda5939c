// SPDX-License-Identifier: GPL-3.0-or-later
/* How many replications are enough: until the interval of a metric is as narrow as is asked for.
 *
 * The rule looks at the data after each batch, so an interval that happens to be narrow stops it,
 * and intervals cover a little less often than they say: less so the more replications it begins
 * with and the fewer looks it takes. Hence at least ten, and batches that aim at the number the
 * variance seen so far calls for, at most twice as many as there are.
 * Source: A. M. Law, Simulation Modeling and Analysis, 5th ed., 9.4.1 (at least ten); Y. S. Chow
 * and H. Robbins, On the asymptotic theory of fixed-width sequential confidence intervals for the
 * mean, Ann. Math. Statist. 36 (1965) (coverage in the limit of narrow intervals). */
#ifndef EXPERIMENT_PRECISION_H
#define EXPERIMENT_PRECISION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct ComparisonStatistics ComparisonStatistics;

#define PRECISION_LEAST 10
#define PRECISION_MOST 1000

typedef struct Precision {
    size_t column; /* of metric_rows[] */
    double width;  /* half of the interval at most; a share of the baseline's mean, if relative */
    bool relative;
} Precision;

/* "total_usd=1%", "ttft_p95_s=0.2" (the metric's own unit). False after adding an error at
 * `place`. */
bool precision_read(const char *text, const char *place, Precision *precision, ErrorList *errors);

/* The widest interval against what is asked for. */
typedef struct PrecisionState {
    bool applies;      /* the metric has values to judge, none of them infinite */
    bool reached;      /* in every deployment and run */
    double half_width; /* of the interval that is furthest from it */
    double target;     /* what it should be */
} PrecisionState;

/* Of the paired differences of all runs to the first; with a single run, of its mean. */
PrecisionState precision_state(const Precision *precision, const ComparisonStatistics *statistics);

/* How many replications to have next: more than count, at most `most`. It depends on the data
 * alone. */
size_t precision_next(const PrecisionState *state, size_t count, size_t most);

#endif
