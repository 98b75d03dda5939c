// SPDX-License-Identifier: GPL-3.0-or-later
/* sweep.json: what a sweep runs, complete, so that a directory can be gone on with or merged, and
 * whatever has changed since is noticed: the program's version, the scenario, the options of the
 * command line, digests of input files, axes, cells. Its SHA-256 digest stands for all of it. The
 * same sweep gives the same bytes. */
#ifndef EXPERIMENT_SWEEP_PLAN_H
#define EXPERIMENT_SWEEP_PLAN_H

#include "base/digest.h"
#include "experiment/sweep_file.h"
#include "output/inputs.h"

typedef struct SweepPlan {
    cJSON *tree;
    char *text; /* of sweep.json */
    char digest[DIGEST_TEXT];
    /* What results need; texts are lent from the tree. */
    const char *file; /* the sweep file's name, without its directory */
    size_t replications;
    size_t axis_count, cell_count, metric_count;
    const char **axes;
    const char **labels; /* cell by cell, one for each axis */
    const char **metrics;
} SweepPlan;

/* inputs: the files that the cells' scenarios read, digested here. */
void sweep_plan_make(SweepPlan *plan, const SweepFile *sweep, const InputFiles *inputs,
                     const char *version);
/* Reads DIR/sweep.json. False after adding an error; *plan is to be cleared either way. */
bool sweep_plan_read(SweepPlan *plan, const char *directory, ErrorList *errors);
void sweep_plan_clear(SweepPlan *plan);

/* Are they the same? If not, adds an error for each thing that differs: `other` in its directory
 * has what the plan has not. */
bool sweep_plan_same(const SweepPlan *plan, const SweepPlan *other, const char *directory,
                     const char *remedy, ErrorList *errors);

#endif
