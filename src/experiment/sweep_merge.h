// SPDX-License-Identifier: GPL-3.0-or-later
/* Parts of a sweep, computed by several processes, become the whole. */
#ifndef EXPERIMENT_SWEEP_MERGE_H
#define EXPERIMENT_SWEEP_MERGE_H

#include "experiment/sweep_results.h"

/* Where each cell of the plan is among the directories; NULL for none. Lent texts in an array of
 * the caller's (free). *missing: how many have none. */
const char **sweep_find_cells(const SweepPlan *plan, const char *const directories[], size_t count,
                              size_t *missing, ErrorList *errors);

/* Adds an error that says which cells are missing, and what computes them. */
void sweep_tell_missing(const SweepPlan *plan, const char *const sources[],
                        const char *const directories[], size_t count, ErrorList *errors);

/* Reads the plans of all directories, which must be the same; *plan is to be cleared either way. */
bool sweep_read_plans(SweepPlan *plan, const char *const directories[], size_t count,
                      ErrorList *errors);

/* Copies the cells that `directory` does not have, so that it is a sweep's like any other. */
bool sweep_gather_cells(const SweepPlan *plan, const char *const sources[], const char *directory,
                        ErrorList *errors);

#endif
