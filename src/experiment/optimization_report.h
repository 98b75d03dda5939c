// SPDX-License-Identifier: GPL-3.0-or-later
/* What an optimisation came to: for people, as JSON, as files. */
#ifndef EXPERIMENT_OPTIMIZATION_REPORT_H
#define EXPERIMENT_OPTIMIZATION_REPORT_H

#include "base/output_directory.h"
#include "experiment/optimization_run.h"

#include <cJSON.h>
#include <stdio.h>

/* A column of the evaluations: the cost, the latency and the metrics of the limits, each once. */
typedef struct ReportedFigure {
    const Metric *metric;
    size_t figure; /* of the search */
} ReportedFigure;

/* Owned by the caller (free). */
ReportedFigure *optimization_figures(const Optimization *optimization, size_t *count);

/* The confirmed candidates on the front of cost against latency, and the winner, cheapest first.
 * Owned by the caller (free). */
size_t *optimization_front(const Optimization *optimization, const OptimizationResult *result,
                           size_t *count);

/* Confirmed candidates that keep the limits as well as the winner does and are indistinguishable
 * from it: first its equals (search.equals, but for itself), then those of which it is not shown
 * that they cost more by more than the indifference. *comparisons: with how many the winner was
 * compared. Owned by the caller (free). */
size_t *optimization_ties(const Optimization *optimization, const OptimizationResult *result,
                          size_t *count, size_t *comparisons);

/* How many rivals of the winner were given up before all of their fresh replications. */
size_t optimization_given_up(const Optimization *optimization, const OptimizationResult *result);

/* Cells that were not confirmed because they gave the very same figures as the winner in all
 * replications of the search. Owned by the caller (free). */
size_t *optimization_twins(const Optimization *optimization, const OptimizationResult *result,
                           size_t *count);

/* The firectl command of each deployment, with a line "# ..." for each option that firectl cannot
 * set. NULL: nothing meets the limits. Owned by the caller. */
char *optimization_firectl(const Optimization *optimization, const OptimizationResult *result);

/* "winner", "runner_up", "base". */
extern const char *const optimization_told_names[];
extern const char *const search_verdict_names[]; /* "no", "on_average", "confirmed" */

void optimization_print(FILE *stream, const Optimization *optimization,
                        const OptimizationResult *result, const char *holdout);

/* Owned by the caller. */
char *optimization_json(const Optimization *optimization, const OptimizationResult *result,
                        const char *holdout);

/* evaluations.csv, front.csv and winner.firectl.txt. False after adding errors. */
bool optimization_write(const Optimization *optimization, const OptimizationResult *result,
                        const OutputDirectory *directory, ErrorList *errors);

#endif
