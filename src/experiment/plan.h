// SPDX-License-Identifier: GPL-3.0-or-later
/* The one runner of experiments: cells (a scenario each) x replications, side by side in threads.
 * Replication r of every cell draws from the same streams (common random numbers), so that their
 * differences are pairs; where cells have the same traffic, its arrivals are drawn or read once and
 * shared, as long as they fit in PLAN_ARRIVALS_BYTES (beyond it each run draws for itself). What
 * comes of it does not depend on the number of threads, nor on what is shared. */
#ifndef EXPERIMENT_PLAN_H
#define EXPERIMENT_PLAN_H

#include "autoscale_sim/simulation.h"
#include "base/error.h"

#include <signal.h>

#include <stdio.h>

typedef struct asim_scenario Scenario;
typedef struct DailySummary DailySummary;
typedef struct RunReport RunReport;

#define PLAN_ARRIVALS_BYTES ((size_t)256 << 20)

typedef struct cJSON cJSON;

/* One run as numbers only: every metric (figures/metrics.h), per deployment. What experiments
 * compare, average and search by. */
typedef struct Measurement {
    size_t deployment_count;
    double *values; /* owned; by deployment, metric_count each; NAN: does not apply */
} Measurement;

/* Runs the scenario, beside the observers, the stop mark and the progress of options (lent), and
 * takes all its metrics. On anything but ASIM_RUN_DONE *measurement holds nothing, and errors are
 * added as simulation_run does. */
asim_run_result measurement_run(const Scenario *scenario, const asim_run_options *options,
                                Measurement *measurement, ErrorList *errors);
void measurement_clear(Measurement *measurement);

/* metric: a number of metric_rows[]. */
double measurement_value(const Measurement *measurement, size_t deployment, size_t metric);

/* A scenario and what its replications came to. */
typedef struct PlanCell {
    const char *label;         /* lent; may be NULL */
    size_t number;             /* by which its owner knows it */
    const Scenario *scenario;  /* lent; of a plan that passes, while the cell is at work */
    RunReport *report;         /* lent: watches the first replication; NULL: only measured */
    int64_t first;             /* number of its first replication */
    size_t count;              /* replications */
    Measurement *measurements; /* by replication */
    DailySummary **days;       /* by replication; NULL unless by_days */
    /* The runner's own. */
    size_t before; /* runs of the cells before it */
    size_t ended;  /* of its own runs */
    int state;
    struct PlanTraffic *traffic;
} PlanCell;

/* Cells whose results are all kept, and to which replications can be added. */
typedef struct Plan {
    PlanCell *cells;
    size_t cell_count;
    size_t count; /* replications of each that are done */
    bool by_days; /* keep every day's outcome too */
} Plan;

typedef struct PlanOptions {
    size_t jobs;                       /* threads at most */
    const volatile sig_atomic_t *stop; /* may be NULL */
    size_t arrivals; /* bytes of arrivals that may be held; 0: PLAN_ARRIVALS_BYTES */
    FILE *bar;       /* plan_run: one progress bar for all, if it is a terminal; NULL: none */
    /* plan_pass: called in the caller's thread after each run; may be NULL. */
    void (*progress)(void *self, size_t done, size_t count);
    void *progress_self;
} PlanOptions;

/* Who makes scenarios when they are wanted, and takes what came of them, so that of a million cells
 * only those at work are held. Called from several threads, for one cell from one at a time. */
typedef struct PlanOwner {
    void *self;
    /* The plan's to destroy. NULL after adding errors; NULL without: the cell is passed over. */
    Scenario *(*read)(void *self, const PlanCell *cell, ErrorList *errors);
    /* All its replications are there, and are cleared afterwards. False after adding errors. Not
     * called of a cell that was passed over. */
    bool (*ended)(void *self, const PlanCell *cell, ErrorList *errors);
    /* Tells in a failed run's errors which cell it was; may be NULL. */
    void (*blame)(void *self, const PlanCell *cell, ErrorList *errors);
} PlanOwner;

/* Adds a cell; its replications are numbered from the scenario's own replication on. */
void plan_add(Plan *plan, const char *label, const Scenario *scenario, RunReport *report);

/* Runs replications until there are `count` of each cell: the first ones, which write files, first,
 * and pairs close to each other. The errors are those of the first run that failed. */
asim_run_result plan_run(Plan *plan, size_t count, const PlanOptions *options, ErrorList *errors);
void plan_clear(Plan *plan);

/* Runs cells one after the other (number, first and count are set), and keeps nothing. */
asim_run_result plan_pass(PlanCell cells[], size_t count, const PlanOwner *owner,
                          const PlanOptions *options, ErrorList *errors);

/* The values of a metric in all replications of a cell; deployment SIZE_MAX: NAN. */
void plan_values(const Plan *plan, size_t cell, size_t deployment, size_t column, double values[]);

/* The part of the scenario as run that decides which requests come. Owned by the caller. */
cJSON *plan_traffic(const Scenario *scenario);

#endif
