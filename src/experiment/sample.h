// SPDX-License-Identifier: GPL-3.0-or-later
/* Which cells an experiment has: all of the grid, or some of it. After sampling no axis is
 * continuous: it has the values that were drawn, in rising order. */
#ifndef EXPERIMENT_SAMPLE_H
#define EXPERIMENT_SAMPLE_H

#include "experiment/axis.h"

#define SAMPLE_CELLS_MOST 1000000

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

#endif
