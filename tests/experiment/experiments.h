// SPDX-License-Identifier: GPL-3.0-or-later
/* Many simulated experiments: each compares two scenarios over some replications, as `compare`
 * does, and what it claims is held against what is known to be true. Seeds are fixed, so that a
 * test passes always or never.
 *
 * ASIM_EXPERIMENTS says how many of each (`make statistics`: 1,000). Less than that, 200 by
 * default, is the short form: only metrics whose truth is a formula, nothing printed. */
#ifndef TESTS_EXPERIMENT_EXPERIMENTS_H
#define TESTS_EXPERIMENT_EXPERIMENTS_H

#include "experiment/comparison.h"
#include "scenario/scenario.h"

enum { EXPERIMENT_METRICS_MOST = 8 };

typedef struct ExperimentMetric {
    const char *column;
    double truth;       /* of the difference; NAN: from `truth_runs` replications of another seed */
    double least, most; /* of the share of intervals that cover it; 0: 0.93 and 0.97 */
} ExperimentMetric;

typedef struct ExperimentDesign {
    const char *name;
    const char *scenario;   /* of the baseline: JSON with ' for " */
    const char *changes[4]; /* what makes the other run of it: "path=value" */
    bool independent;       /* the other run has a seed of its own: no common random numbers */
    size_t replications;
    const Precision *precision; /* replications until it is reached; NULL: as many as said */
    size_t truth_runs;
    ExperimentMetric metrics[EXPERIMENT_METRICS_MOST]; /* ends with a NULL column */
} ExperimentDesign;

/* Whether the thorough form was asked for. */
bool experiments_thorough(void);
size_t experiments_wanted(void);

/* Runs the experiments and prints a line for each metric. Fails the test where the share of
 * covering intervals is not within the limits, each widened by two standard errors in the short
 * form. */
void experiments_check_coverage(const ExperimentDesign *design);

/* With a truth of no difference in any metric: false alarms of each metric, and of any by Holm's
 * adjustment, at most 5 % (two standard errors allowed). In the thorough form five times as many
 * experiments: of six metrics each allowed two standard errors, one is beyond them by chance in
 * every tenth set of 1,000. */
void experiments_check_alarms(const ExperimentDesign *design);

/* A scenario from text with ' for ", and changes (a NULL-terminated list, or NULL). */
Scenario *experiments_scenario(const char *text, const char *const changes[]);

#endif
