// SPDX-License-Identifier: GPL-3.0-or-later
/* What a sweep is to run, as its file says:
 *
 *     {
 *         "question": "How many replicas must wait at night?",
 *         "scenario": "demo.json",            or a scenario's object
 *         "axes": [...],                      experiment/axis.h
 *         "sample": "grid",                   or {"random": 100}, {"latin_hypercube": 100, "seed":
 * 2} "replications": 5,                  the same ones in every cell "metrics": ["total_usd"],
 * columns of the results; all if left out "invalid_cells": "refuse"           or "skip"
 *     } */
#ifndef EXPERIMENT_SWEEP_FILE_H
#define EXPERIMENT_SWEEP_FILE_H

#include "engine/options.h"
#include "experiment/axis.h"
#include "experiment/base_scenario.h"
#include "experiment/cells.h"

#define SWEEP_REPLICATIONS_MOST 10000

/* Keys of the file, and of a sample, for help. */
extern const Option sweep_options[];
extern const Option sweep_sample_options[];

typedef struct SweepFile {
    char *file;
    char *question;      /* may be NULL */
    char *scenario_file; /* as the file says, NULL: within it */
    char *scenario_path; /* where that is */
    BaseScenario base;
    Axes axes; /* none continuous any more */
    Sample sample;
    Cells cells;
    size_t replications;
    size_t *metrics; /* numbers of metric_rows, in their order */
    size_t metric_count;
    bool skips_invalid;
} SweepFile;

/* Reads the file ("-": standard input) and the scenario's text, and draws the cells. replications:
 * instead of the file's; 0: as it says. Whether the cells are scenarios is not known yet. False
 * after adding all mistakes; *sweep is to be cleared either way. */
bool sweep_file_read(SweepFile *sweep, const char *path, size_t replications, ErrorList *errors);
void sweep_file_clear(SweepFile *sweep);

#endif
