// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs the cells of a sweep, or of one shard of it, that its directory does not have yet; makes the
 * whole sweep's files of its cells' files alone, so that it does not matter who made them; and says
 * which cells nobody would pass over. */
#ifndef EXPERIMENT_SWEEP_H
#define EXPERIMENT_SWEEP_H

#include "autoscale_sim/simulation.h"
#include "base/error.h"
#include "base/json.h"
#include "experiment/shard.h"
#include "stats/estimate.h"

#include <stdio.h>

typedef struct SweepFile SweepFile;
typedef struct SweepPlan SweepPlan;

typedef struct SweepRun {
    const SweepFile *sweep;
    const SweepPlan *plan;
    const char *directory; /* entered */
    Shard shard;
    size_t jobs;
    const volatile sig_atomic_t *stop;
    FILE *bar; /* of progress, if it is a terminal; NULL: none */
    /* Set by sweep_run. */
    size_t cells; /* the shard's */
    size_t found; /* of these, there already */
    size_t computed;
} SweepRun;

/* ASIM_RUN_FAILED after adding errors: of a run, or of a file that cannot be written. Cells that
 * are whole stay in any case. */
asim_run_result sweep_run(SweepRun *run, ErrorList *errors);

#define SWEEP_CONFIDENCE 0.95

/* What a cell costs, and how it feels. */
typedef struct SweepOutcome {
    bool skipped;
    Estimate usd;       /* of all deployments together */
    Estimate projected; /* that, per 30 days */
    Estimate latency;   /* p95 of the time to the first token, of the slowest deployment, in s */
    Estimate served;    /* share of the requests that were completed */
} SweepOutcome;

typedef struct SweepOutcomes {
    SweepOutcome *cells;
    size_t count, skipped;
    bool measured;  /* the metrics that the outcomes are made of are among the sweep's */
    bool projected; /* and so is the cost per 30 days */
} SweepOutcomes;

/* Writes into `directory`, each file whole: results.csv (a row per cell, replication and
 * deployment), aggregate.csv (means and their 95 % intervals over the replications), axes.csv (what
 * the axes' values are, in order). sources[cell]: the directory that has its file. *outcomes is to
 * be cleared either way. False after adding errors. */
bool sweep_results_write(const SweepPlan *plan, const char *const sources[], const char *directory,
                         SweepOutcomes *outcomes, ErrorList *errors);
void sweep_outcomes_clear(SweepOutcomes *outcomes);

/* What a whole sweep says at its end: the cells that nobody would pass over, from the cheapest to
 * the quickest. elapsed_s: since the command began. */
void sweep_print(FILE *stream, const SweepPlan *plan, const SweepOutcomes *outcomes,
                 double elapsed_s);

/* The same as a document: every cell with its axes and outcome, and `best`: the cells of that
 * table, all of them. Owned by the caller. */
cJSON *sweep_json(const SweepPlan *plan, const SweepOutcomes *outcomes);

#endif
