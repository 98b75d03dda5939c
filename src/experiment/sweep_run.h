// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs the cells of a sweep, or of one shard of it, that its directory does not have yet. */
#ifndef EXPERIMENT_SWEEP_RUN_H
#define EXPERIMENT_SWEEP_RUN_H

#include "autoscale_sim/simulation.h"
#include "experiment/shard.h"
#include "experiment/sweep_plan.h"
#include "output/progress.h"

typedef struct SweepRun {
    const SweepFile *sweep;
    const SweepPlan *plan;
    const char *directory; /* entered */
    Shard shard;
    size_t jobs;
    const volatile sig_atomic_t *stop;
    Progress *progress; /* NULL: none */
    /* Set by sweep_run. */
    size_t cells; /* the shard's */
    size_t found; /* of these, there already */
    size_t computed;
} SweepRun;

/* ASIM_RUN_FAILED after adding errors: of a run, or of a file that cannot be written. Cells that
 * are whole stay in any case. */
asim_run_result sweep_run(SweepRun *run, ErrorList *errors);

#endif
