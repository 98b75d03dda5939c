// SPDX-License-Identifier: GPL-3.0-or-later
/* Are the cells scenarios? Told before anything runs. */
#ifndef EXPERIMENT_SWEEP_CHECK_H
#define EXPERIMENT_SWEEP_CHECK_H

#include "base/task_pool.h"
#include "experiment/shard.h"
#include "experiment/sweep_file.h"
#include "output/inputs.h"

/* The scenario of a cell; NULL after adding errors. Owned by the caller. May be called from several
 * threads. */
Scenario *sweep_cell_scenario(const SweepFile *sweep, size_t cell, ErrorList *errors);

/* "12 (scale_up_window=30s, size=2/10)"; owned by the caller. */
char *sweep_cell_text(const SweepFile *sweep, size_t cell);

/* Looks for each value of each axis for a cell in which it is valid, and adds that cell's input
 * files; values that are in no valid cell are mistakes. Unless the sweep skips invalid cells, all
 * cells of the shard are read, and each mistake is told once, with the cells that it is in. False
 * after adding errors, or when *stop came true. */
bool sweep_check(const SweepFile *sweep, const Shard *shard, const TaskPool *pool,
                 InputFiles *inputs, ErrorList *errors);

#endif
