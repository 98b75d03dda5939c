// SPDX-License-Identifier: GPL-3.0-or-later
/* Intervals that speak of other days: the days of a run are drawn with replacement, the same for
 * every run (paired), metrics are computed anew from the days put together, and the percentiles of
 * many such draws are the interval. With several replications these are drawn with replacement too.
 *
 * Days are blocks: what hangs together within a day stays together; that a day begins as the one
 * before has left the deployment is neglected. Few blocks make percentile intervals too narrow, by
 * the factor between Student's t and a normal with the variance divided by n and not n - 1; the
 * percentiles are moved out by as much (expanded percentile interval). With five days the 95 %
 * interval is from the 0.1st to the 99.9th percentile, which is what 2,000 draws can just show; so
 * five are the least. What a run has beyond whole days is in every draw as it was, so that all
 * files tell the same span; that it would be another one too makes intervals wider, by the root of
 * the span over the whole days. Sources: H. R. Kuensch, The jackknife and the bootstrap for general
 * stationary observations, Ann. Statist. 17 (1989); T. C. Hesterberg, What teachers should know
 * about the bootstrap, Am. Statist. 69 (2015), 4.3 and 5.3. */
#ifndef EXPERIMENT_DAY_BOOTSTRAP_H
#define EXPERIMENT_DAY_BOOTSTRAP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ComparisonStatistics ComparisonStatistics;
typedef struct Plan Plan;

#define DAY_BOOTSTRAP_LEAST 5
#define DAY_BOOTSTRAP_DRAWS 2000

/* Why the days of these runs cannot be drawn: too few, or not the same number in all; NULL: they
 * can. The runs must have been made by_days. Owned by the caller. */
char *day_bootstrap_obstacle(const Plan *replications);

/* Puts intervals by the bootstrap in place of those by Student's t, and judges anew. The draws are
 * of the stream "bootstrap.N" of the first run's seed, N the number of the draw, so that threads do
 * not matter. False when *stop has become non-zero. */
bool day_bootstrap(ComparisonStatistics *statistics, size_t jobs,
                   const volatile sig_atomic_t *stop);

/* The percentile (0 to 0.5) of the lower end of an interval from `blocks` blocks, and a rest of so
 * many more that is not drawn. */
double day_bootstrap_tail(double confidence, size_t blocks, double rest);

#endif
