// SPDX-License-Identifier: GPL-3.0-or-later
/* Several scenarios, each run several times: replication r of every one draws from the same streams
 * (common random numbers), so that their differences are pairs. */
#ifndef EXPERIMENT_REPLICATIONS_H
#define EXPERIMENT_REPLICATIONS_H

#include "experiment/measurement.h"
#include "figures/daily_summary.h"
#include "output/progress.h"
#include "output/run_report.h"

/* One scenario and what its replications came to. label, scenario and report are lent. */
typedef struct ReplicatedRun {
    const char *label;
    const Scenario *scenario;
    RunReport *report;         /* watches the first replication; NULL: it is only measured */
    Measurement *measurements; /* by replication */
    DailySummary **days;       /* by replication; NULL unless by_days */
} ReplicatedRun;

typedef struct Replications {
    ReplicatedRun *runs;
    size_t run_count;
    size_t count; /* replications of each that are done */
    bool by_days; /* keep every day's outcome too */
} Replications;

typedef struct ReplicationsOptions {
    size_t jobs;                       /* threads at most */
    const volatile sig_atomic_t *stop; /* may be NULL */
    FILE *progress;                    /* one bar for all, if it is a terminal; NULL: none */
} ReplicationsOptions;

/* Adds a run; its replications are numbered from the scenario's own replication on. */
void replications_add(Replications *replications, const char *label, const Scenario *scenario,
                      RunReport *report);

/* Runs replications until there are `count` of each run. The result and the errors, which are those
 * of the first run that failed, do not depend on the number of threads. */
asim_run_result replications_run(Replications *replications, size_t count,
                                 const ReplicationsOptions *options, ErrorList *errors);

void replications_clear(Replications *replications);

/* The values of a metric in all replications of a run; deployment SIZE_MAX: NAN. */
void replications_values(const Replications *replications, size_t run, size_t deployment,
                         size_t column, double values[]);

#endif
