// SPDX-License-Identifier: GPL-3.0-or-later
/* The search of an optimisation, run: on several threads, and then on a day it has not seen. */
#ifndef EXPERIMENT_OPTIMIZATION_RUN_H
#define EXPERIMENT_OPTIMIZATION_RUN_H

#include "experiment/optimization.h"
#include "stats/inference.h"

#include <signal.h>

/* All lent. */
typedef struct OptimizationWork {
    size_t jobs;
    const volatile sig_atomic_t *stop;
    const BaseScenario *holdout; /* NULL: none */
    /* After each simulation; what: the stage. May be NULL. */
    void (*progress)(void *self, const char *what, size_t done, size_t budget);
    void *progress_self;
} OptimizationWork;

/* Who is told of, beside the front. */
enum { OPTIMIZATION_WINNER, OPTIMIZATION_RUNNER_UP, OPTIMIZATION_BASE, OPTIMIZATION_TOLD };

typedef struct OptimizationResult {
    Search search;
    /* Candidates; the runner-up is the next best that is not the same in every figure. SEARCH_NONE:
     * there is none. */
    size_t winner, runner_up;
    SearchVerdict verdict;              /* of the winner */
    size_t not_allowed;                 /* combinations looked at that are no scenario */
    double *holdout[OPTIMIZATION_TOLD]; /* figures; NULL: no holdout, or nobody to run */
    size_t holdout_simulations;
} OptimizationResult;

/* On anything but ASIM_RUN_DONE errors have been added, or it was stopped. *result is to be cleared
 * either way. */
asim_run_result optimization_run(const Optimization *optimization, const OptimizationWork *work,
                                 OptimizationResult *result, ErrorList *errors);
void optimization_result_clear(OptimizationResult *result);

/* The problem as the search sees it, without its functions. Owned by the caller (free limits). */
SearchProblem optimization_problem(const Optimization *optimization);

/* Where to run what the search found: a scenario, or a recorded trace in the place of the base's.
 * False after adding errors; *holdout is to be cleared either way. */
bool optimization_holdout(const Optimization *optimization, const char *path, BaseScenario *holdout,
                          ErrorList *errors);

/* Figures of one who is told of, on fresh replications; NULL: there is nobody. */
const double *optimization_fresh(const OptimizationResult *result, size_t who);
/* Its cell; SEARCH_BASE. */
size_t optimization_told_cell(const OptimizationResult *result, size_t who);

/* Of one of the figures, over the replications of a confirmation. */
Estimate optimization_estimate(const Optimization *optimization, const double *figures,
                               size_t figure);
/* What the other costs more than the first; intervals of `comparisons` of them hold together
 * (Bonferroni; Law, 10.3). */
Estimate optimization_difference(const Optimization *optimization, const double *first,
                                 const double *other, size_t comparisons);

#endif
