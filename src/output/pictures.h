// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of runs, comparisons, sweeps, searches and traces: CSV in, PNG and SVG out, drawn by
 * gnuplot with the scripts in scripts/, which a user may copy and change. scripts_directory NULL:
 * scripts/ or share/autoscale-sim/ near the program, else where it was installed. All return false
 * after adding an error; pictures that were complete by then stay. In NAME, a deployment's, what is
 * not fit for a file name is '_'. */
#ifndef OUTPUT_PICTURES_H
#define OUTPUT_PICTURES_H

#include "base/error.h"

#include <stdint.h>

/* Of what the directory holds: with statistics.csv or comparison.csv a comparison, with sweep.json
 * a sweep, with front.csv a search, else a run. */
bool pictures_draw(const char *directory, const char *scripts_directory, ErrorList *errors);

/* Each deployment of the run in `directory` (with timeseries.csv, latency_histogram.csv and, if
 * there, scenario.json for title and calendar): plots/run-NAME and plots/latency-NAME in it, as
 * .png and .svg. */
bool pictures_draw_run(const char *directory, const char *scripts_directory, ErrorList *errors);

/* plots/comparison-NAME in `directory`, which holds comparison.csv and for each of its runs a
 * folder named as the column; with statistics.csv also plots/differences-NAME; and then each run as
 * pictures_draw_run does. */
bool pictures_draw_comparison(const char *directory, const char *scripts_directory,
                              ErrorList *errors);

/* For each deployment of the sweep in `directory` (with axes.csv and aggregate.csv)
 * plots/heat-map-NAME, or plots/curves-NAME where there is one axis or no grid, and
 * plots/front-NAME. */
bool pictures_draw_sweep(const char *directory, const char *scripts_directory, ErrorList *errors);

/* plots/front in `directory`, of a search, from front.csv and, if there, evaluations.csv. */
bool pictures_draw_search(const char *directory, const char *scripts_directory, ErrorList *errors);

/* plots/trace in `directory`, which holds rate.csv, gaps.csv and lengths.csv. title: of the
 * picture; start_epoch_s: of its time axis, 0 if it has no calendar. */
bool pictures_draw_trace(const char *directory, const char *scripts_directory, const char *title,
                         int64_t start_epoch_s, ErrorList *errors);

#endif
