// SPDX-License-Identifier: GPL-3.0-or-later
/* The pictures of a comparison: its runs side by side, and their differences with their intervals.
 */
#include "output/plots.h"

#include "base/memory.h"
#include "output/plot_data.h"
#include "output/plot_differences.h"
#include "output/plot_folder.h"

#include <stdlib.h>

/* The runs' data, each in a folder of its own in the copy. */
static bool copy_runs(const PlotFolder *folder, PlotData *data) {
    bool ok = data->run_count > 0 ||
              plot_fail(folder->errors, "comparison.csv", "no column of a run", NULL);
    for (size_t i = 0; ok && i < data->run_count; i++) {
        char *from = plot_join(folder->directory, data->run_folders[i]);
        char *to = plot_join(folder->data, data->runs[i]);
        ok = plot_make_folder(to, folder->errors) && plot_data_copy_run(data, from, to);
        free(from);
        free(to);
    }
    return ok;
}

static bool draw_deployment(const PlotFolder *folder, const PlotData *data, size_t deployment,
                            const char *title, const char *start_s) {
    char *fit = plot_unique_file_name(data->names, data->name_count, deployment);
    char *name = memory_format("comparison-%s", fit);
    char *differences = memory_format("differences-%s", fit);
    char *key = memory_format("d%zu", deployment + 1);
    const bool ok = plot_folder_draw(folder, name, "comparison.gp", folder->data,
                                     (const char *[]){key, title, start_s, NULL}) &&
                    plot_differences_draw(folder, differences, data->names[deployment], title);
    free(key);
    free(differences);
    free(name);
    free(fit);
    return ok;
}

/* `deployments` are those of comparison.csv: the runs' own may be called otherwise. */
static bool draw_comparison(const PlotFolder *folder, const PlotData *data, size_t deployments) {
    char *first = plot_join(folder->directory, data->run_folders[0]);
    char *run, *start_s;
    plot_data_read_scenario(first, &run, &start_s);
    char *part = plot_last_part(folder->directory);
    bool ok = true;
    for (size_t i = 0; ok && i < deployments; i++) {
        char *title = plot_title(data->names[i], part);
        ok = draw_deployment(folder, data, i, title, start_s);
        free(title);
    }
    free(part);
    free(run);
    free(start_s);
    free(first);
    return ok;
}

bool plots_draw_comparison(const char *directory, const char *scripts_directory,
                           ErrorList *errors) {
    PlotData data = {.errors = errors};
    PlotFolder folder;
    bool ok = plot_folder_begin(&folder, directory, scripts_directory, errors);
    ok = ok && plot_data_copy(&data, folder.directory, folder.data, "comparison.csv", true);
    const size_t deployments = data.name_count;
    ok = ok && copy_runs(&folder, &data) && draw_comparison(&folder, &data, deployments);
    for (size_t i = 0; ok && i < data.run_count; i++) {
        char *run = plot_join(folder.directory, data.run_folders[i]);
        ok = plots_draw(run, scripts_directory, errors);
        free(run);
    }
    plot_data_clear(&data);
    plot_folder_end(&folder);
    return ok;
}
