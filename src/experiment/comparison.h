// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs side by side.
 *
 * What the replications of several runs say of each metric: means with confidence intervals, paired
 * differences to the first run with theirs, and which of these are shown not to be chance, by
 * p-values that Holm's procedure adjusts for all the differences that the table shows. */
#ifndef EXPERIMENT_COMPARISON_H
#define EXPERIMENT_COMPARISON_H

#include "base/error.h"
#include "stats/estimate.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct OutputDirectory OutputDirectory;
typedef struct Plan Plan;
typedef struct TextList TextList;

/* Which deployment of each run stands in which row: matched by name, in the order of the runs; if
 * every run has just one, these are matched whatever they are called, under the first one's name.
 */
typedef struct ComparisonDeployments {
    char **names;
    size_t *places; /* [deployment * run_count + run]: its number in that run's scenario */
    size_t count, run_count;
} ComparisonDeployments;

#define COMPARISON_ABSENT SIZE_MAX /* a place: that run has no such deployment */

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

typedef struct MetricStatistics {
    Estimate level;      /* of the metric itself, over the replications in which it applied */
    Estimate difference; /* to the first run; NAN for the first */
    /* How many times the first run's: the geometric mean over the pairs, where all are above 0.
     * What grows with the traffic grows in both, which a difference of unlike sizes cannot use. */
    Estimate ratio;
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

/* deployment: of statistics->deployments; metric: of metric_rows[]. */
MetricStatistics *comparison_metric(const ComparisonStatistics *statistics, size_t run,
                                    size_t deployment, size_t metric);

/* Adjusts the p-values of the table's differences (METRIC_TABLE) and gives the verdicts, once
 * estimates and p-values are there. Called by comparison_statistics; again by who replaces them. */
void comparison_judge(ComparisonStatistics *statistics);

/* Whether the row has anything but zeros. */
bool comparison_says_something(const ComparisonStatistics *statistics, size_t deployment,
                               size_t metric);

/* Whether chance has been looked at: several replications, or drawn days. */
bool comparison_has_intervals(const ComparisonStatistics *statistics);

/* Days ----------------------------------------------------------------------------------------- */

/* Intervals that speak of other days: the days of a run are drawn with replacement, the same for
 * every run (paired), metrics are computed anew from the days put together, and the percentiles of
 * many such draws are the interval (stats/estimate.h). With several replications these are drawn
 * with replacement too.
 *
 * Days are blocks: what hangs together within a day stays together; that a day begins as the one
 * before has left the deployment is neglected. With five days the 95 % interval is from the 0.1st
 * to the 99.9th percentile, which is what 2,000 draws can just show; so five are the least. What a
 * run has beyond whole days is in every draw as it was, so that all files tell the same span; that
 * it would be another one too makes intervals wider, by the root of the span over the whole days.
 * Source: H. R. Kuensch, The jackknife and the bootstrap for general stationary observations, Ann.
 * Statist. 17 (1989). */
#define DAY_BOOTSTRAP_LEAST 5
#define DAY_BOOTSTRAP_DRAWS 2000

/* Why the days of these runs cannot be drawn: too few, or not the same number in all; NULL: they
 * can. The runs must have been made by_days. Owned by the caller. */
char *comparison_days_obstacle(const Plan *replications);

/* Puts intervals by the bootstrap in place of those by Student's t, and judges anew. The draws are
 * of the stream "bootstrap.N" of the first run's seed, N the number of the draw, so that threads do
 * not matter. False when *stop has become non-zero. */
bool comparison_resample_days(ComparisonStatistics *statistics, size_t jobs,
                              const volatile sig_atomic_t *stop);

/* How many replications are enough ------------------------------------------------------------- */

/* Until the interval of a metric is as narrow as is asked for.
 *
 * The rule looks at the data after each batch, so an interval that happens to be narrow stops it,
 * and intervals cover a little less often than they say: less so the more replications it begins
 * with and the fewer looks it takes. Hence at least ten, and batches that aim at the number the
 * variance seen so far calls for, at most twice as many as there are.
 * Source: A. M. Law, Simulation Modeling and Analysis, 5th ed., 9.4.1 (at least ten); Y. S. Chow
 * and H. Robbins, On the asymptotic theory of fixed-width sequential confidence intervals for the
 * mean, Ann. Math. Statist. 36 (1965) (coverage in the limit of narrow intervals). */
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

/* For people ----------------------------------------------------------------------------------- */

typedef struct ComparisonTextOptions {
    const Precision *precision; /* NULL: the number of replications was given */
    const char *no_days; /* why days of the recording are not resampled; NULL: not asked for, or
                            they are */
} ComparisonTextOptions;

/* The table, rows are metrics and columns runs: each value with half its confidence interval, all
 * but the first run's with the paired difference to it, and "*" where that is shown not to be
 * chance; of one replication values, and differences in percent. Below it verdicts, and what they
 * rest on: replications, confidence, correction, and what was left to chance. */
void comparison_print(FILE *stream, const ComparisonStatistics *statistics,
                      const ComparisonTextOptions *options);

/* What the figures rest on, a paragraph an item, behind those that are there. */
void comparison_basis(const ComparisonStatistics *statistics, const ComparisonTextOptions *options,
                      TextList *said);

/* The sentences on a run (>= 1) and a deployment against the first run, on one line: "performance
 * costs $31.20 ± 0.80 more a day and cuts p95 E2E by 4.1 ± 0.3 s". Only of what a decision turns
 * on (METRIC_VERDICTS), only differences that are shown; totals per day of simulated time. Owned by
 * the caller. */
char *comparison_verdict(const ComparisonStatistics *statistics, size_t run, size_t deployment);

/* Beside a run that knows the arrivals ----------------------------------------------------------
 */

/* What a deployment pays under policy fireworks, and what it would pay under policy foresight: for
 * the same load target, and within the same limits. Of means over the replications. */
typedef struct NotKnowing {
    size_t knowing; /* the run of policy foresight */
    double paid_usd, least_usd;
    Estimate price_usd; /* the paired differences, by Student's t */
} NotKnowing;

/* False if no run has such a policy for that deployment. */
bool comparison_not_knowing(const ComparisonStatistics *statistics, size_t run, size_t deployment,
                            NotKnowing *told);
/* "of the $201.20 a day that performance pays, $62.10 ± 3.10 is the price of not knowing what
 * comes: ..."; NULL likewise. Owned by the caller. */
char *comparison_not_knowing_text(const ComparisonStatistics *statistics, size_t run,
                                  size_t deployment);

/* Files ---------------------------------------------------------------------------------------- */

/* In a directory, beside the folders of the runs: comparison.csv (deployment, metric, a column per
 * run: values of one replication, means of several), statistics.csv (a row per deployment, metric
 * and run: intervals, differences, verdicts; the first run has no difference) replications.csv
 * (run, replication, deployment, every metric) and verdict.json ({"against": the first run,
 * "verdicts": [{"deployment", "run", "text"}], of what has intervals, and of what knowing the
 * arrivals would have saved, "basis": paragraphs}). False after adding an error. */
bool comparison_write(const ComparisonStatistics *statistics, const ComparisonTextOptions *options,
                      const OutputDirectory *directory, ErrorList *errors);

/* An array, one object per run: its label, the summary of its first replication, and of all of
 * them the statistics by deployment and metric and the verdicts in words. Owned by the caller. */
char *comparison_json(const ComparisonStatistics *statistics);

#endif
