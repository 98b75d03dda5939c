// SPDX-License-Identifier: GPL-3.0-or-later
/* Each figure against each axis, for curves.gp. */
#include "output/plot_heat.h"

#include "base/memory.h"
#include "output/plot_table.h"

#include <math.h>
#include <stdlib.h>

enum { AXES_MOST = 4 };

static void write_point(PlotTable *table, size_t figure, size_t column, size_t place,
                        SweepEstimate estimate, double factor) {
    plot_table_count(table, figure + 1);
    plot_table_count(table, column);
    plot_table_count(table, place + 1);
    if (isinf(estimate.mean)) {
        plot_table_text(table, "inf");
    } else {
        plot_table_number(table, estimate.mean * factor);
    }
    plot_table_number(table, estimate.low * factor);
    plot_table_number(table, estimate.high * factor);
    plot_table_end_row(table);
}

/* By figure, and in the order of the axis: neighbours on a line are neighbours in the table. */
static void write_points(PlotTable *table, const SweepCells *cells, size_t deployment, size_t axis,
                         size_t column, const double factors[SWEEP_FIGURES]) {
    for (size_t f = 0; f < SWEEP_FIGURES; f++) {
        for (size_t place = 0; place < cells->axes[axis].count; place++) {
            for (size_t i = 0; i < cells->count; i++) {
                const SweepCell *cell = &cells->cells[i];
                if (cell->deployment == deployment && cell->at[axis] == place) {
                    write_point(table, f, column, place, cell->figures[f], factors[f]);
                }
            }
        }
    }
}

/* The intervals of one figure along an axis, with gaps where there are none. */
static bool write_band(const PlotFolder *folder, const SweepCells *cells, size_t deployment,
                       size_t axis, size_t figure, double factor) {
    char *name = memory_format("band-%zu", figure + 1);
    PlotTable table;
    plot_table_open(&table, folder->data, name, folder->errors);
    for (size_t place = 0; place < cells->axes[axis].count; place++) {
        for (size_t i = 0; i < cells->count; i++) {
            const SweepCell *cell = &cells->cells[i];
            if (cell->deployment != deployment || cell->at[axis] != place) {
                continue;
            }
            if (isfinite(cell->figures[figure].low)) {
                write_point(&table, figure, 1, place, cell->figures[figure], factor);
            } else {
                plot_table_gap(&table);
            }
        }
    }
    free(name);
    return plot_table_close(&table);
}

/* The axes that vary, or the first if none does. */
static size_t choose_axes(const SweepCells *cells, size_t chosen[AXES_MOST], size_t *varying) {
    size_t count = 0;
    *varying = 0;
    for (size_t i = 0; i < cells->axis_count; i++) {
        if (cells->axes[i].count > 1) {
            (*varying)++;
            if (count < AXES_MOST) {
                chosen[count++] = i;
            }
        }
    }
    if (count == 0) {
        chosen[count++] = 0;
    }
    return count;
}

bool plot_curves_draw(const PlotFolder *folder, const char *name, const SweepCells *cells,
                      size_t deployment, const char *title) {
    double factors[SWEEP_FIGURES];
    size_t chosen[AXES_MOST], varying;
    const size_t count = choose_axes(cells, chosen, &varying);
    bool ok = plot_heat_write_scales(folder, cells, deployment, factors);
    PlotTable points, axes;
    plot_table_open(&points, folder->data, "points", folder->errors);
    plot_table_open(&axes, folder->data, "axes", folder->errors);
    for (size_t i = 0; i < count; i++) {
        plot_table_count(&axes, chosen[i] + 1);
        plot_table_count(&axes, cells->axes[chosen[i]].count);
        plot_table_text(&axes, cells->axes[chosen[i]].name);
        plot_table_end_row(&axes);
        write_points(&points, cells, deployment, chosen[i], i + 1, factors);
    }
    ok = plot_table_close(&points) && ok;
    ok = plot_table_close(&axes) && ok;
    for (size_t f = 0; count == 1 && f < SWEEP_FIGURES; f++) {
        ok = write_band(folder, cells, deployment, chosen[0], f, factors[f]) && ok;
    }
    char *replications = sweep_replications_text(cells, deployment);
    char *note = varying > AXES_MOST
                     ? memory_format("%s; each dot a cell; the first %d of %zu axes", replications,
                                     AXES_MOST, varying)
                     : memory_format("%s%s", replications, count > 1 ? "; each dot a cell" : "");
    ok = ok && plot_folder_draw(folder, name, "curves.gp", folder->data,
                                (const char *[]){title, count == 1 ? "line" : "dots", note, NULL});
    free(note);
    free(replications);
    return ok;
}
