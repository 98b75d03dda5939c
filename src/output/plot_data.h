// SPDX-License-Identifier: GPL-3.0-or-later
/* The data of runs as gnuplot can read it: in the copies, each deployment is called by its number
 * ("d1", "d2", ...), each run of a comparison by a name without commas and quotes. */
#ifndef OUTPUT_PLOT_DATA_H
#define OUTPUT_PLOT_DATA_H

#include "base/error.h"

typedef struct PlotData {
    char **names; /* the deployments; d1 is the first */
    size_t name_count, name_capacity;
    char **runs; /* of a comparison, as they are called in the copy */
    char **run_folders;
    size_t run_count, run_capacity, folder_capacity;
    ErrorList *errors; /* lent */
} PlotData;

void plot_data_clear(PlotData *data);

/* FOLDER/NAME as COPY/NAME. is_comparison: comparison.csv, whose columns are runs. False after
 * adding an error. */
bool plot_data_copy(PlotData *data, const char *folder, const char *copy, const char *name,
                    bool is_comparison);
/* timeseries.csv and latency_histogram.csv. */
bool plot_data_copy_run(PlotData *data, const char *folder, const char *copy);

/* What scenario.json says of the run: "NAME" or "NAME, FOLDER", and its beginning in seconds since
 * 1970 ("0" if it does not say). Both owned by the caller. */
void plot_data_read_scenario(const char *folder, char **title, char **start_s);

#endif
