// SPDX-License-Identifier: GPL-3.0-or-later
/* Heat maps: the two longest axes make a panel, the values of the others a row of panels each. */
#include "output/plot_heat.h"

#include "base/memory.h"
#include "output/plot_metrics.h"
#include "output/plot_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MULTIPLES_MOST = 8 };
static const double LOG_RATIO = 10; /* a scale that spans more than this is logarithmic */

/* Scales --------------------------------------------------------------------------------------- */

static void write_scale(PlotTable *table, const SweepCells *cells, size_t deployment, size_t figure,
                        double *factor) {
    double least = INFINITY, most = -INFINITY, least_above_0 = INFINITY;
    for (size_t i = 0; i < cells->count; i++) {
        const double mean = cells->cells[i].figures[figure].mean;
        if (cells->cells[i].deployment == deployment && isfinite(mean)) {
            least = fmin(least, mean);
            most = fmax(most, mean);
            least_above_0 = mean > 0 ? fmin(least_above_0, mean) : least_above_0;
        }
    }
    const char *unit = "";
    *factor = plot_metric_scale(plot_metric_unit(sweep_figure_columns[figure]), NULL,
                                isfinite(most) ? most : 1, &unit);
    plot_table_text(table, sweep_figure_titles[figure]);
    plot_table_text(table, figure == SWEEP_GIVEN_UP ? "% of requests" : unit);
    plot_table_count(table, least > 0 && most > LOG_RATIO * least);
    plot_table_number(table, least * *factor);
    plot_table_number(table, most * *factor);
    plot_table_end_row(table);
}

/* gnuplot takes the names of places on an axis for formats. */
static void write_label(PlotTable *table, const char *text) {
    char *doubled = memory_new(2 * strlen(text) + 1, 1), *to = doubled;
    for (; *text != '\0'; text++) {
        *to++ = *text;
        if (*text == '%') {
            *to++ = '%';
        }
    }
    plot_table_text(table, doubled);
    free(doubled);
}

bool plot_heat_write_scales(const PlotFolder *folder, const SweepCells *cells, size_t deployment,
                            double factors[SWEEP_FIGURES]) {
    PlotTable table;
    plot_table_open(&table, folder->data, "figures", folder->errors);
    for (size_t f = 0; f < SWEEP_FIGURES; f++) {
        write_scale(&table, cells, deployment, f, &factors[f]);
    }
    const bool ok = plot_table_close(&table);
    plot_table_open(&table, folder->data, "labels", folder->errors);
    for (size_t a = 0; a < cells->axis_count; a++) {
        for (size_t v = 0; v < cells->axes[a].count; v++) {
            plot_table_count(&table, a + 1);
            plot_table_count(&table, v + 1);
            write_label(&table, cells->axes[a].values[v]);
            plot_table_end_row(&table);
        }
    }
    return plot_table_close(&table) && ok;
}

/* Multiples ------------------------------------------------------------------------------------ */

/* The two axes of a panel: the longest, in their order. */
static void choose_axes(const SweepCells *cells, size_t *across, size_t *up) {
    *across = 0;
    *up = 1;
    for (size_t i = 2; i < cells->axis_count; i++) {
        const size_t shorter = cells->axes[*across].count < cells->axes[*up].count ? *across : *up;
        if (cells->axes[i].count > cells->axes[shorter].count) {
            *across = *across == shorter ? *up : *across;
            *up = i;
        }
    }
}

/* The number of a cell's combination of the other axes, the last changing fastest. */
static size_t multiple_of(const SweepCells *cells, const SweepCell *cell, size_t across,
                          size_t up) {
    size_t number = 0;
    for (size_t i = 0; i < cells->axis_count; i++) {
        if (i != across && i != up) {
            number = number * cells->axes[i].count + cell->at[i];
        }
    }
    return number;
}

/* A figure in as few letters as a cell of a map has room for. Owned by the caller. */
static char *short_text(size_t figure, double value) {
    char text[HUMAN_TEXT];
    if (isnan(value)) {
        return memory_text("\xe2\x80\x93");
    }
    switch ((SweepFigure)figure) {
    case SWEEP_COST: return memory_format("$%s", human_number(value, text));
    case SWEEP_GIVEN_UP:
        return value >= 0.0995 ? memory_format("%.0f %%", 100 * value)
                               : memory_format("%.2g %%", 100 * value);
    default: return memory_text(human_seconds(value, text));
    }
}

static void write_cell(PlotTable *table, const SweepCell *cell, size_t row, size_t across,
                       size_t up, const double factors[SWEEP_FIGURES]) {
    for (size_t f = 0; f < SWEEP_FIGURES; f++) {
        char *text = short_text(f, cell->figures[f].mean);
        plot_table_count(table, row);
        plot_table_count(table, f + 1);
        plot_table_count(table, cell->at[across] + 1);
        plot_table_count(table, cell->at[up] + 1);
        plot_table_number(table, cell->figures[f].mean * factors[f]);
        plot_table_text(table, text);
        plot_table_end_row(table);
        free(text);
    }
}

/* Tables "cells" (row of panels, figure, across, up, value, text) and "rows" (number, title).
 * Returns how many combinations there are; those past MULTIPLES_MOST are left out. */
static size_t write_multiples(PlotTable *table, PlotTable *rows, const SweepCells *cells,
                              size_t deployment, size_t across, size_t up,
                              const double factors[SWEEP_FIGURES]) {
    size_t seen[MULTIPLES_MOST], shown = 0, left_out = 0, room = 0;
    size_t *others = NULL;
    for (size_t i = 0; i < cells->count; i++) {
        const SweepCell *cell = &cells->cells[i];
        if (cell->deployment != deployment) {
            continue;
        }
        const size_t number = multiple_of(cells, cell, across, up);
        size_t row = 0, other = 0;
        while (row < shown && seen[row] != number) {
            row++;
        }
        if (row == shown && shown < MULTIPLES_MOST) {
            seen[shown++] = number;
            char *text = sweep_cells_text(cells, cell, ~(1u << across | 1u << up), true);
            plot_table_count(rows, shown);
            plot_table_text(rows, text);
            plot_table_end_row(rows);
            free(text);
        }
        if (row < shown) {
            write_cell(table, cell, row + 1, across, up, factors);
            continue;
        }
        while (other < left_out && others[other] != number) {
            other++;
        }
        if (other == left_out) {
            others = memory_grow(others, left_out, &room, sizeof others[0]);
            others[left_out++] = number;
        }
    }
    free(others);
    return shown + left_out;
}

bool plot_heat_draw(const PlotFolder *folder, const char *name, const SweepCells *cells,
                    size_t deployment, const char *title) {
    size_t across, up;
    choose_axes(cells, &across, &up);
    double factors[SWEEP_FIGURES];
    bool ok = plot_heat_write_scales(folder, cells, deployment, factors);
    PlotTable table, rows;
    plot_table_open(&table, folder->data, "cells", folder->errors);
    plot_table_open(&rows, folder->data, "rows", folder->errors);
    const size_t multiples = write_multiples(&table, &rows, cells, deployment, across, up, factors);
    ok = plot_table_close(&table) && ok;
    ok = plot_table_close(&rows) && ok;
    char *replications = sweep_replications_text(cells, deployment);
    char *means = memory_text_n(replications, strcspn(replications, ",")); /* intervals: not here */
    char *note = multiples > MULTIPLES_MOST
                     ? memory_format("%s; the first %d of %zu combinations of the other axes",
                                     means, MULTIPLES_MOST, multiples)
                     : memory_text(means);
    free(means);
    free(replications);
    char *x = memory_format("%zu", across + 1), *y = memory_format("%zu", up + 1);
    ok = ok && plot_folder_draw(folder, name, "heat-map.gp", folder->data,
                                (const char *[]){title, x, y, cells->axes[across].name,
                                                 cells->axes[up].name, note, NULL});
    free(y);
    free(x);
    free(note);
    return ok;
}
