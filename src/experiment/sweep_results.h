// SPDX-License-Identifier: GPL-3.0-or-later
/* The whole sweep's files, from its cells' files alone, so that it does not matter who made them:
 * results.csv (a row per cell, replication and deployment), aggregate.csv (means and their 95 %
 * intervals over the replications), axes.csv (what the axes' values are, in order). */
#ifndef EXPERIMENT_SWEEP_RESULTS_H
#define EXPERIMENT_SWEEP_RESULTS_H

#include "experiment/sweep_plan.h"
#include "stats/inference.h"

#define SWEEP_CONFIDENCE 0.95

/* What a cell costs, and how it feels. */
typedef struct SweepOutcome {
    bool skipped;
    Estimate usd;     /* of all deployments together */
    Estimate latency; /* p95 of the time to the first token, of the slowest deployment, in s */
    Estimate served;  /* share of the requests that were completed */
} SweepOutcome;

typedef struct SweepOutcomes {
    SweepOutcome *cells;
    size_t count, skipped;
    bool measured; /* the metrics that the outcomes are made of are among the sweep's */
} SweepOutcomes;

/* sources[cell]: the directory that has its file. Writes into `directory`, each file whole.
 * *outcomes is to be cleared either way. False after adding errors. */
bool sweep_results_write(const SweepPlan *plan, const char *const sources[], const char *directory,
                         SweepOutcomes *outcomes, ErrorList *errors);
void sweep_outcomes_clear(SweepOutcomes *outcomes);

#endif
