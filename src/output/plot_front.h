// SPDX-License-Identifier: GPL-3.0-or-later
/* The Pareto front: cost against latency, what nobody would pass over joined and named. */
#ifndef OUTPUT_PLOT_FRONT_H
#define OUTPUT_PLOT_FRONT_H

#include "output/plot_data.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Gnuplot Gnuplot;

/* One choice: a cell of a sweep, a candidate of a search. */
typedef struct FrontPoint {
    PlotEstimate cost, latency; /* as the columns have them: US dollars, s */
    const char *text;           /* what was chosen: "5s, 0"; lent */
    const char *remark;         /* beside the figures: "0.1 % given up", or ""; lent */
    bool chosen;                /* the winner */
} FrontPoint;

/* Cost against one latency. */
typedef struct FrontPanel {
    const char *cost, *latency; /* the columns */
    const FrontPoint *points;
    size_t count;
    size_t confirmed;    /* only the first so many may be on the front */
    const char *heading; /* what the panel shows of them, or "" */
} FrontPanel;

/* Draws plots/NAME of one or two panels; `what`: the names of what each text has values of; `note`:
 * on the replications. False after adding an error. */
bool plot_front_draw(Gnuplot *gnuplot, const char *name, const FrontPanel panels[],
                     size_t panel_count, const char *what, const char *note, const char *title);

/* The pictures of a search and of a sweep. */
bool plot_search_draw(Gnuplot *gnuplot);
bool plot_sweep_draw(Gnuplot *gnuplot);

#endif
