// SPDX-License-Identifier: GPL-3.0-or-later
/* What the replications of several runs say of each metric: means with confidence intervals, paired
 * differences to the first run with theirs, and which of these are shown not to be chance, by
 * p-values that Holm's procedure adjusts for all the differences that the table shows. */
#ifndef EXPERIMENT_COMPARISON_STATISTICS_H
#define EXPERIMENT_COMPARISON_STATISTICS_H

#include "experiment/plan.h"
#include "figures/comparison.h"

typedef enum Verdict {
    VERDICT_NONE, /* the baseline, nothing to compare, or not among the differences judged */
    VERDICT_SAME, /* in every replication */
    VERDICT_LOWER,
    VERDICT_HIGHER,
    VERDICT_NOT_SHOWN, /* the adjusted p-value is above 1 - confidence */
    VERDICT_EQUAL      /* the whole interval of the difference is within the indifference */
} Verdict;

/* "", "the same", "lower", "higher", "no difference shown", "equal within the indifference". */
extern const char *const verdict_names[];

/* A value and its interval; NAN where there is none. */
typedef struct IntervalEstimate {
    double value, low, high;
} IntervalEstimate;

typedef struct MetricStatistics {
    size_t count; /* replications in which it applied */
    size_t never; /* of these, in which it was infinite: then its mean is, too */
    IntervalEstimate mean;
    IntervalEstimate difference; /* to the first run; NAN for the first */
    /* How many times the first run's: the geometric mean over the pairs, where all are above 0.
     * What grows with the traffic grows in both, which a difference of unlike sizes cannot use. */
    IntervalEstimate ratio;
    double p_value, p_adjusted;
    Verdict verdict;
} MetricStatistics;

typedef struct ComparisonStatistics {
    ComparisonDeployments deployments;
    const Plan *replications; /* lent */
    double confidence;
    double indifference; /* a share of the first run's mean; of a share: of it or of its complement,
                            whichever is smaller */
    MetricStatistics *metrics;
    size_t judged;  /* differences that Holm's procedure counts */
    bool all_alike; /* no metric of any run differs between its replications */
    size_t days;    /* resampled by the bootstrap; 0: intervals are Student's t */
} ComparisonStatistics;

/* Intervals by Student's t over the replications; of one replication there are none. */
ComparisonStatistics comparison_statistics(const Plan *replications, double confidence,
                                           double indifference);
void comparison_statistics_clear(ComparisonStatistics *statistics);

/* deployment: of statistics->deployments; column: of metric_rows[]. */
MetricStatistics *comparison_metric(const ComparisonStatistics *statistics, size_t run,
                                    size_t deployment, size_t column);

/* Adjusts the p-values of the table's differences and gives the verdicts, once estimates and
 * p-values are there. Called by comparison_statistics; again by who replaces them. */
void comparison_judge(ComparisonStatistics *statistics);

/* Half the interval, by its longer side; NAN where there is none. */
double interval_half_width(const IntervalEstimate *estimate);

/* Whether the row has anything but zeros. */
bool comparison_says_something(const ComparisonStatistics *statistics, size_t deployment,
                               size_t column);

/* Whether chance has been looked at: several replications, or drawn days. */
bool comparison_statistics_have_intervals(const ComparisonStatistics *statistics);

#endif
