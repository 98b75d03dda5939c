// SPDX-License-Identifier: GPL-3.0-or-later
/* Columns by name: those of axes.csv are the axes, METRIC, METRIC_low and METRIC_high the figures.
 */
#include "output/sweep_cells.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "output/plot_folder.h"
#include "output/plot_metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const sweep_figure_titles[SWEEP_FIGURES] = {"Cost", "TTFT p95", "E2E p95", "Given up"};
const char *const sweep_figure_columns[SWEEP_FIGURES] = {"total_usd", "ttft_p95_s", "e2e_p95_s",
                                                         "given_up_share"};

/* Axes ----------------------------------------------------------------------------------------- */

static SweepAxis *axis_of(SweepCells *cells, const char *name) {
    for (size_t i = 0; i < cells->axis_count; i++) {
        if (strcmp(cells->axes[i].name, name) == 0) {
            return &cells->axes[i];
        }
    }
    cells->axes =
        memory_grow(cells->axes, cells->axis_count, &cells->axis_room, sizeof cells->axes[0]);
    cells->axes[cells->axis_count] = (SweepAxis){.name = memory_text(name)};
    return &cells->axes[cells->axis_count++];
}

/* Index of the value; one that axes.csv does not have is added. */
static size_t position_of(SweepAxis *axis, const char *value) {
    for (size_t i = 0; i < axis->count; i++) {
        if (strcmp(axis->values[i], value) == 0) {
            return i;
        }
    }
    axis->values = memory_grow(axis->values, axis->count, &axis->room, sizeof axis->values[0]);
    axis->values[axis->count] = memory_text(value);
    return axis->count++;
}

static bool read_axes(SweepCells *cells, const char *directory, ErrorList *errors) {
    char *path = plot_join(directory, "axes.csv");
    CsvReader reader;
    bool ok = csv_reader_open(&reader, path, errors);
    const size_t axis = ok ? csv_reader_need(&reader, "axis") : CSV_READER_ABSENT;
    const size_t value = ok ? csv_reader_need(&reader, "value") : CSV_READER_ABSENT;
    while (ok && csv_reader_next(&reader)) {
        position_of(axis_of(cells, csv_reader_text(&reader, axis)),
                    csv_reader_text(&reader, value));
    }
    ok = csv_reader_close(&reader) && ok;
    free(path);
    return ok;
}

/* Cells ---------------------------------------------------------------------------------------- */

typedef struct Columns {
    size_t deployment, replications;
    size_t *axes; /* by axis */
    size_t mean[SWEEP_FIGURES], low[SWEEP_FIGURES], high[SWEEP_FIGURES];
} Columns;

static size_t find_end(const CsvReader *reader, const char *metric, const char *end) {
    char *name = memory_format("%s_%s", metric, end);
    const size_t column = csv_reader_find(reader, name);
    free(name);
    return column;
}

/* A figure that the sweep was not asked for does not apply; all of them are a mistake. */
static void find_columns(Columns *columns, const SweepCells *cells, CsvReader *reader) {
    columns->deployment = csv_reader_need(reader, "deployment");
    columns->replications = csv_reader_need(reader, "replications");
    columns->axes = memory_new(cells->axis_count + 1, sizeof columns->axes[0]);
    for (size_t i = 0; i < cells->axis_count; i++) {
        columns->axes[i] = csv_reader_need(reader, cells->axes[i].name);
    }
    bool any = false;
    for (size_t i = 0; i < SWEEP_FIGURES; i++) {
        columns->mean[i] = csv_reader_find(reader, sweep_figure_columns[i]);
        columns->low[i] = find_end(reader, sweep_figure_columns[i], "low");
        columns->high[i] = find_end(reader, sweep_figure_columns[i], "high");
        any = any || columns->mean[i] != CSV_READER_ABSENT;
    }
    if (!any) {
        csv_reader_need(reader, sweep_figure_columns[SWEEP_COST]);
    }
}

static size_t deployment_of(SweepCells *cells, const char *name) {
    for (size_t i = 0; i < cells->deployment_count; i++) {
        if (strcmp(cells->deployments[i], name) == 0) {
            return i;
        }
    }
    cells->deployments = memory_grow(cells->deployments, cells->deployment_count,
                                     &cells->deployment_room, sizeof cells->deployments[0]);
    cells->deployments[cells->deployment_count] = memory_text(name);
    return cells->deployment_count++;
}

static void read_cell(SweepCells *cells, const Columns *columns, CsvReader *reader) {
    SweepCell cell = {.deployment =
                          deployment_of(cells, csv_reader_text(reader, columns->deployment)),
                      .at = memory_new(cells->axis_count + 1, sizeof cell.at[0]),
                      .replications = csv_reader_number(reader, columns->replications)};
    for (size_t i = 0; i < cells->axis_count; i++) {
        cell.at[i] = position_of(&cells->axes[i], csv_reader_text(reader, columns->axes[i]));
    }
    for (size_t i = 0; i < SWEEP_FIGURES; i++) {
        cell.figures[i] = (SweepEstimate){.mean = csv_reader_number(reader, columns->mean[i]),
                                          .low = csv_reader_number(reader, columns->low[i]),
                                          .high = csv_reader_number(reader, columns->high[i])};
    }
    cells->cells = memory_grow(cells->cells, cells->count, &cells->room, sizeof cells->cells[0]);
    cells->cells[cells->count++] = cell;
}

bool sweep_cells_read(SweepCells *cells, const char *directory, ErrorList *errors) {
    *cells = (SweepCells){0};
    char *path = plot_join(directory, "aggregate.csv");
    if (access(path, F_OK) != 0) {
        plot_fail(errors, path, strerror(errno),
                  "it is written when all cells are there: `sweep` with --resume finishes them");
        free(path);
        return false;
    }
    if (!read_axes(cells, directory, errors)) {
        free(path);
        return false;
    }
    CsvReader reader;
    Columns columns = {0};
    bool ok = csv_reader_open(&reader, path, errors);
    if (ok) {
        find_columns(&columns, cells, &reader);
    }
    while (ok && csv_reader_next(&reader)) {
        read_cell(cells, &columns, &reader);
    }
    ok = csv_reader_close(&reader) && ok;
    if (ok && cells->count == 0) {
        ok = plot_fail(errors, path, "no rows", "nothing to draw");
    }
    free(columns.axes);
    free(path);
    return ok;
}

static void free_texts(char **texts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(texts[i]);
    }
    free(texts);
}

void sweep_cells_clear(SweepCells *cells) {
    for (size_t i = 0; i < cells->axis_count; i++) {
        free(cells->axes[i].name);
        free_texts(cells->axes[i].values, cells->axes[i].count);
    }
    for (size_t i = 0; i < cells->count; i++) {
        free(cells->cells[i].at);
    }
    free_texts(cells->deployments, cells->deployment_count);
    free(cells->axes);
    free(cells->cells);
    *cells = (SweepCells){0};
}

char *sweep_cells_text(const SweepCells *cells, const SweepCell *cell, unsigned which, bool names) {
    char *text = memory_text("");
    for (size_t i = 0; i < cells->axis_count; i++) {
        if (i < 32 && !(which >> i & 1)) {
            continue;
        }
        const SweepAxis *axis = &cells->axes[i];
        char *longer = memory_format("%s%s%s%s%s", text, *text ? ", " : "", names ? axis->name : "",
                                     names ? " " : "", axis->values[cell->at[i]]);
        free(text);
        text = longer;
    }
    return text;
}

char *sweep_replications_text(const SweepCells *cells, size_t deployment) {
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < cells->count; i++) {
        if (cells->cells[i].deployment == deployment) {
            least = fmin(least, cells->cells[i].replications);
            most = fmax(most, cells->cells[i].replications);
        }
    }
    return plot_replications_text(least, most);
}
