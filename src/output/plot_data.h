// SPDX-License-Identifier: GPL-3.0-or-later
/* What the pictures share: names in order, figures with their intervals, and how they are written
 * on an axis and beside a mark. */
#ifndef OUTPUT_PLOT_DATA_H
#define OUTPUT_PLOT_DATA_H

#include "figures/human.h"

typedef struct CsvReader CsvReader;
typedef struct Gnuplot Gnuplot;

/* The last part of a path; empty for "/", "." and "..". All texts live until gnuplot_end. */
const char *plot_last_part(Gnuplot *gnuplot, const char *path);
/* The scenario that the directory's manifest.json names, or the directory. */
const char *plot_scenario(Gnuplot *gnuplot);
/* The title with the question of that file of the directory, such as sweep.json, on a line below
 * it, if there is one. */
const char *plot_asking(Gnuplot *gnuplot, const char *title, const char *file);
/* "SCENARIO - DEPLOYMENT". */
const char *plot_title(Gnuplot *gnuplot, const char *scenario, const char *deployment);
/* "one, more"; "more" if there was nothing. */
const char *plot_list(Gnuplot *gnuplot, const char *one, const char *more);

/* A range of values of a figure, and how an axis shows it. */
typedef struct PlotScale {
    double least, most;
    double factor; /* by which values are multiplied: 1000 for "ms" */
    const char *unit;
} PlotScale;

/* A scale of nothing; values that are not finite leave it as it is; its factor and its unit, of a
 * metric, or NULL for a plain number. */
extern const PlotScale plot_scale_empty;
void plot_scale_take(PlotScale *scale, double value);
void plot_scale_end(PlotScale *scale, const MetricRow *metric);

/* NAN: does not apply; low and high: one replication. */
typedef struct PlotEstimate {
    double mean, low, high;
} PlotEstimate;

/* COLUMN, COLUMN_low and COLUMN_high of a row. */
PlotEstimate plot_estimate(CsvReader *reader, const char *column);
/* "$31.20 ± 0.80", "+4.1 ± 0.3 s". */
const char *plot_estimate_text(const MetricRow *metric, HumanEstimate kind, PlotEstimate estimate,
                               char text[HUMAN_ESTIMATE_TEXT]);

/* How many replications there were: least and most of those that are above 0. */
typedef struct PlotReplications {
    double least, most;
} PlotReplications;
void plot_replications_take(PlotReplications *replications, double count);
/* "means of 10 replications, with 95 % intervals", "one replication, so no intervals". */
const char *plot_replications_text(Gnuplot *gnuplot, const PlotReplications *replications);

#endif
