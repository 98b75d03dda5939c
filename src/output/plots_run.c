// SPDX-License-Identifier: GPL-3.0-or-later
/* The pictures of a run: what happened over time, and the distributions of latency. */
#include "output/plots.h"

#include "base/memory.h"
#include "output/plot_data.h"
#include "output/plot_folder.h"

#include <stdlib.h>

static bool draw(const PlotFolder *folder, const PlotData *data, size_t deployment,
                 const char *kind, const char *script, const char *input, const char *title,
                 const char *start_s) {
    char *fit = plot_unique_file_name(data->names, data->name_count, deployment);
    char *name = memory_format("%s-%s", kind, fit);
    char *path = plot_join(folder->data, input);
    char *key = memory_format("d%zu", deployment + 1);
    const bool ok =
        plot_folder_draw(folder, name, script, path, (const char *[]){key, title, start_s, NULL});
    free(key);
    free(path);
    free(name);
    free(fit);
    return ok;
}

static bool draw_run(const PlotFolder *folder, const PlotData *data) {
    char *run, *start_s;
    plot_data_read_scenario(folder->directory, &run, &start_s);
    bool ok = true;
    for (size_t i = 0; ok && i < data->name_count; i++) {
        char *title = plot_title(data->names[i], run);
        ok = draw(folder, data, i, "run", "run.gp", "timeseries.csv", title, start_s) &&
             draw(folder, data, i, "latency", "cdf.gp", "latency_histogram.csv", title, start_s);
        free(title);
    }
    free(run);
    free(start_s);
    return ok;
}

bool plots_draw(const char *directory, const char *scripts_directory, ErrorList *errors) {
    PlotData data = {.errors = errors};
    PlotFolder folder;
    bool ok = plot_folder_begin(&folder, directory, scripts_directory, errors) &&
              plot_data_copy_run(&data, folder.directory, folder.data);
    if (ok && data.name_count == 0) {
        ok = plot_fail(errors, directory, "no rows in timeseries.csv", "nothing to draw");
    }
    ok = ok && draw_run(&folder, &data);
    plot_data_clear(&data);
    plot_folder_end(&folder);
    return ok;
}
