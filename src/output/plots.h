// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of runs, comparisons, sweeps, searches and traces: CSV in, PNG and SVG out, drawn by
 * gnuplot with the scripts in scripts/, which a user may copy and change. */
#ifndef OUTPUT_PLOTS_H
#define OUTPUT_PLOTS_H

#include "base/error.h"

#include <stdint.h>

/* Draws each deployment of the run in `directory` (with timeseries.csv, latency_histogram.csv and,
 * if there, scenario.json for title and calendar): plots/run-NAME and plots/latency-NAME in it, as
 * .png and .svg. In NAME, what is not fit for a file name is '_'. scripts_directory NULL: scripts/
 * or share/autoscale-sim/ near the program, else where it was installed. Returns false after adding
 * an error; pictures that were complete by then stay. */
bool plots_draw(const char *directory, const char *scripts_directory, ErrorList *errors);

/* Draws plots/comparison-NAME in `directory`, which holds comparison.csv and for each of its runs a
 * folder named as the column; with statistics.csv also plots/differences-NAME; and then each run as
 * plots_draw does. */
bool plots_draw_comparison(const char *directory, const char *scripts_directory, ErrorList *errors);

/* Draws, for each deployment of the sweep in `directory` (with axes.csv and aggregate.csv),
 * plots/heat-map-NAME, or plots/curves-NAME where there is one axis or no grid, and
 * plots/front-NAME. */
bool plots_draw_sweep(const char *directory, const char *scripts_directory, ErrorList *errors);

/* Draws plots/front in `directory`, of a search, from front.csv and, if there, evaluations.csv. */
bool plots_draw_search(const char *directory, const char *scripts_directory, ErrorList *errors);

/* Draws plots/trace in `directory`, which holds rate.csv, gaps.csv and lengths.csv. title: of the
 * picture; start_epoch_s: of its time axis, 0 if it has no calendar. */
bool plots_draw_trace(const char *directory, const char *scripts_directory, const char *title,
                      int64_t start_epoch_s, ErrorList *errors);

#endif
