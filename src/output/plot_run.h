// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of a run, and of runs side by side. */
#ifndef OUTPUT_PLOT_RUN_H
#define OUTPUT_PLOT_RUN_H

#include "output/plot_distribution.h"
#include "output/plot_series.h"

#include "base/text.h"

#include <stdint.h>

/* What a run has left in its folder. */
typedef struct PlotRun {
    const char *name;      /* of the scenario, or of the folder; until gnuplot_end, as all texts */
    const char *question;  /* the scenario's, or "" */
    const char *column;    /* what a comparison calls it, or "" */
    int64_t start_epoch_s; /* 0: no calendar */
    PlotSeries series;
    PlotDistributions distributions;
} PlotRun;

/* False after adding an error; clear is due in either case. */
bool plot_run_read(PlotRun *run, Gnuplot *gnuplot, const char *folder, const char *column);
void plot_run_clear(PlotRun *run);
/* "SCENARIO, COLUMN - DEPLOYMENT". */
const char *plot_run_title(Gnuplot *gnuplot, const PlotRun *run, const char *deployment);

/* run-NAME and latency-NAME for each deployment; without requests no latencies. */
bool plot_run_draw(Gnuplot *gnuplot, const PlotRun *run);
/* NAME: the runs' figures of comparison.csv, `value(run, metric)`, NAN for none; their replicas, a
 * strip each; their latencies. */
typedef struct PlotTable PlotTable;
bool plot_runs_draw(Gnuplot *gnuplot, const char *name, const char *deployment, const char *title,
                    const PlotRun runs[], size_t count, const PlotTable *table);

/* comparison.csv: figures by deployment, metric and run. */
struct PlotTable {
    struct PlotTableRow {
        char *deployment, *metric;
        double *values;
    } * rows;
    size_t count, room;
};
bool plot_table_read(PlotTable *table, const char *path, TextList *runs, TextList *deployments,
                     ErrorList *errors);
void plot_table_clear(PlotTable *table);

#endif
