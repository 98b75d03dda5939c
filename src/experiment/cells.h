// SPDX-License-Identifier: GPL-3.0-or-later
/* Which cells a sweep has: all of the grid, or some of it; and whether they are scenarios, which is
 * told before anything runs. After sampling no axis is continuous: it has the values that were
 * drawn, in rising order. */
#ifndef EXPERIMENT_CELLS_H
#define EXPERIMENT_CELLS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLE_CELLS_MOST 1000000

typedef struct Axes Axes;
typedef struct AxisValue AxisValue;
typedef struct asim_scenario Scenario;
typedef struct TextList TextList;
typedef struct Shard Shard;
typedef struct SweepFile SweepFile;
typedef struct TaskPool TaskPool;

typedef enum SampleKind { SAMPLE_GRID, SAMPLE_RANDOM, SAMPLE_LATIN_HYPERCUBE } SampleKind;

typedef struct Sample {
    SampleKind kind;
    size_t count;  /* cells wanted; of a grid: not used */
    uint64_t seed; /* of the draws, which nothing else shares */
} Sample;

typedef struct Cells {
    size_t count, axis_count;
    uint32_t *choices; /* cell by cell, the number of each axis's value; owned */
} Cells;

/* The last axis changes fastest in a grid. Random: of discrete axes alone, distinct cells in the
 * grid's order (fewer than the grid has); with a continuous one, independent draws. Latin
 * hypercube: each axis is cut into as many parts as there are cells, of equal length (of the
 * logarithm on a log scale), and each part has one cell; the numbers of a discrete axis's values
 * likewise. 1 <= cells <= SAMPLE_CELLS_MOST is the caller's to check. */
Cells sample_cells(Axes *axes, const Sample *sample);
void cells_clear(Cells *cells);

/* Of that axis in that cell. */
const AxisValue *cells_value(const Cells *cells, const Axes *axes, size_t cell, size_t axis);

/* The scenario of a cell; NULL after adding errors. Owned by the caller. May be called from several
 * threads. */
Scenario *sweep_cell_scenario(const SweepFile *sweep, size_t cell, ErrorList *errors);

/* "12 (scale_up_window=30s, size=2/10)"; owned by the caller. */
char *sweep_cell_text(const SweepFile *sweep, size_t cell);

/* Looks for each value of each axis for a cell in which it is valid, and adds that cell's input
 * files; values that are in no valid cell are mistakes. Unless the sweep skips invalid cells, all
 * cells of the shard are read, and each mistake is told once, with the cells that it is in. False
 * after adding errors, or when *stop came true. */
bool sweep_check(const SweepFile *sweep, const Shard *shard, const TaskPool *pool, TextList *inputs,
                 ErrorList *errors);

/* Sorts numbers of cells; what comes twice is left out. How many are left. */
size_t cells_distinct(size_t numbers[], size_t count);

#endif
