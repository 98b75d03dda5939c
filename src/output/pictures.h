// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of runs, comparisons, sweeps, searches and traces: CSV in, SVG or PNG out, drawn by
 * gnuplot with the scripts in scripts/, which a user may copy and change. scripts_directory NULL:
 * scripts/ or share/autoscale-sim/ near the program, else where it was installed. format: "svg" or
 * "png". Both return false after adding an error; pictures that were complete by then stay. */
#ifndef OUTPUT_PICTURES_H
#define OUTPUT_PICTURES_H

#include "base/error.h"

#include <stdint.h>

/* Of what the directory holds, in plots/ within it; in NAME, a deployment's, what is not fit for a
 * file name is '_'. With statistics.csv or comparison.csv a comparison: comparison-NAME and
 * differences-NAME, and the pictures of each of its runs, in folders named as the columns. With
 * sweep.json a sweep (axes.csv, aggregate.csv): heat-map-NAME, or curves-NAME where there is one
 * axis or no grid, and front-NAME. With front.csv a search: front. Else a run (timeseries.csv,
 * latency_histogram.csv and, if there, scenario.json for title and calendar): run-NAME and
 * latency-NAME. */
bool pictures_draw(const char *directory, const char *scripts_directory, const char *format,
                   ErrorList *errors);

/* plots/trace in `directory`, which holds rate.csv, gaps.csv and lengths.csv. title: of the
 * picture; start_epoch_s: of its time axis, 0 if it has no calendar. */
bool pictures_draw_trace(const char *directory, const char *scripts_directory, const char *format,
                         const char *title, int64_t start_epoch_s, ErrorList *errors);

#endif
