// SPDX-License-Identifier: GPL-3.0-or-later
/* The pictures of a sweep, deployment by deployment: figures over the axes, and the Pareto front.
 */
#include "output/plots.h"

#include "base/memory.h"
#include "output/plot_folder.h"
#include "output/plot_front.h"
#include "output/plot_heat.h"

#include <math.h>
#include <stdlib.h>

/* At least half of the grid has been run: a map has more cells than holes. */
static bool is_grid(const SweepCells *cells, size_t deployment) {
    double grid = 1, found = 0;
    for (size_t i = 0; i < cells->axis_count; i++) {
        grid *= (double)cells->axes[i].count;
    }
    for (size_t i = 0; i < cells->count; i++) {
        found += cells->cells[i].deployment == deployment;
    }
    return 2 * found >= grid;
}

static bool draw_axes(const PlotFolder *folder, const SweepCells *cells, size_t deployment,
                      const char *fit, const char *title) {
    const bool is_map = cells->axis_count >= 2 && is_grid(cells, deployment);
    char *name = memory_format("%s-%s", is_map ? "heat-map" : "curves", fit);
    const bool ok = is_map ? plot_heat_draw(folder, name, cells, deployment, title)
                           : plot_curves_draw(folder, name, cells, deployment, title);
    free(name);
    return ok;
}

/* The cells of a deployment as points of cost and one latency. Owned by the caller. */
static FrontPoint *front_points(const SweepCells *cells, size_t deployment, SweepFigure latency,
                                size_t *count) {
    FrontPoint *points = memory_new(cells->count, sizeof points[0]);
    *count = 0;
    for (size_t i = 0; i < cells->count; i++) {
        const SweepCell *cell = &cells->cells[i];
        if (cell->deployment != deployment) {
            continue;
        }
        FrontPoint *point = &points[(*count)++];
        point->cost = cell->figures[SWEEP_COST];
        point->latency = cell->figures[latency];
        point->text = sweep_cells_text(cells, cell, ~0u, false);
        const double given_up = cell->figures[SWEEP_GIVEN_UP].mean;
        if (given_up > 0) {
            point->remark = memory_format("%.2g %% gave up", 100 * given_up);
        }
    }
    return points;
}

static void free_points(FrontPoint *points, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(points[i].text);
        free(points[i].remark);
    }
    free(points);
}

static char *axis_names(const SweepCells *cells) {
    char *names = memory_text("");
    for (size_t i = 0; i < cells->axis_count; i++) {
        char *longer = memory_format("%s%s%s", names, *names ? ", " : "", cells->axes[i].name);
        free(names);
        names = longer;
    }
    return names;
}

static bool draw_front(const PlotFolder *folder, const SweepCells *cells, size_t deployment,
                       const char *fit, const char *title) {
    static const SweepFigure latencies[] = {SWEEP_TTFT, SWEEP_E2E};
    FrontPoint *points[2];
    FrontPanel panels[2];
    for (size_t i = 0; i < 2; i++) {
        size_t count;
        points[i] = front_points(cells, deployment, latencies[i], &count);
        panels[i] = (FrontPanel){.cost_title = sweep_figure_titles[SWEEP_COST],
                                 .latency_title = sweep_figure_titles[latencies[i]],
                                 .cost_column = sweep_figure_columns[SWEEP_COST],
                                 .latency_column = sweep_figure_columns[latencies[i]],
                                 .points = points[i],
                                 .count = count,
                                 .confirmed = count};
    }
    char *name = memory_format("front-%s", fit);
    char *what = axis_names(cells);
    char *note = sweep_replications_text(cells, deployment);
    const bool ok = plot_front_draw(folder, name, panels, 2, what, note, title);
    free(note);
    free(what);
    free(name);
    for (size_t i = 0; i < 2; i++) {
        free_points(points[i], panels[i].count);
    }
    return ok;
}

bool plots_draw_sweep(const char *directory, const char *scripts_directory, ErrorList *errors) {
    PlotFolder folder;
    SweepCells cells = {0};
    bool ok = plot_folder_begin(&folder, directory, scripts_directory, errors) &&
              sweep_cells_read(&cells, folder.directory, errors);
    if (ok && cells.axis_count == 0) {
        ok = plot_fail(errors, directory, "no axis in axes.csv", "nothing to draw");
    }
    char *part = plot_last_part(directory);
    for (size_t i = 0; ok && i < cells.deployment_count; i++) {
        char *fit = plot_unique_file_name(cells.deployments, cells.deployment_count, i);
        char *title = plot_title(cells.deployments[i], part);
        ok =
            draw_axes(&folder, &cells, i, fit, title) && draw_front(&folder, &cells, i, fit, title);
        free(title);
        free(fit);
    }
    free(part);
    sweep_cells_clear(&cells);
    plot_folder_end(&folder);
    return ok;
}
