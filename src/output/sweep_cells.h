// SPDX-License-Identifier: GPL-3.0-or-later
/* What a sweep has found, as its pictures need it: the axes with their values as the user wrote
 * them, and of each cell and deployment four figures with their intervals. */
#ifndef OUTPUT_SWEEP_CELLS_H
#define OUTPUT_SWEEP_CELLS_H

#include "base/error.h"

typedef enum SweepFigure {
    SWEEP_COST,     /* US dollars */
    SWEEP_TTFT,     /* p95, s */
    SWEEP_E2E,      /* p95, s */
    SWEEP_GIVEN_UP, /* share of the requests */
    SWEEP_FIGURES
} SweepFigure;

/* NAN: does not apply; low and high: one replication. */
typedef struct SweepEstimate {
    double mean, low, high;
} SweepEstimate;

typedef struct SweepAxis {
    char *name;
    char **values; /* in order */
    size_t count, room;
} SweepAxis;

typedef struct SweepCell {
    size_t deployment; /* index */
    size_t *at;        /* per axis, index of its value */
    double replications;
    SweepEstimate figures[SWEEP_FIGURES];
} SweepCell;

typedef struct SweepCells {
    SweepAxis *axes;
    size_t axis_count, axis_room;
    char **deployments;
    size_t deployment_count, deployment_room;
    SweepCell *cells;
    size_t count, room;
} SweepCells;

/* What a figure is called; its column. */
extern const char *const sweep_figure_titles[SWEEP_FIGURES];
extern const char *const sweep_figure_columns[SWEEP_FIGURES];

/* Reads axes.csv and aggregate.csv of a sweep's directory. False after adding an error;
 * sweep_cells_clear is due in either case. */
bool sweep_cells_read(SweepCells *cells, const char *directory, ErrorList *errors);
void sweep_cells_clear(SweepCells *cells);

/* "scale_up_window 5s, min_replica_count 0": the axes whose bits are set in `which`, without their
 * names if names is false. Owned by the caller. */
char *sweep_cells_text(const SweepCells *cells, const SweepCell *cell, unsigned which, bool names);

/* How many replications there were, as plot_replications_text has it. Owned by the caller. */
char *sweep_replications_text(const SweepCells *cells, size_t deployment);

#endif
