// SPDX-License-Identifier: GPL-3.0-or-later
/* The pictures of a sweep, deployment by deployment: figures over the axes, as heat maps of a grid
 * of two or more axes, curves with bands of one axis, and dots by axis where the cells are a sample
 * and no grid; and the Pareto front. */
#include "output/pictures.h"

#include "base/memory.h"
#include "output/plot_front.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FIGURES_MOST = 4,
    AXES_MOST = 4,
    MULTIPLES_MOST = 8,
    FRONTS_MOST = 2
};                                  /* what the scripts have room for */
static const double LOG_RATIO = 10; /* a scale that spans more than this is logarithmic */

typedef struct Cell {
    size_t deployment;
    size_t *at; /* per axis, the place of its value */
    double replications;
    PlotEstimate figures[FIGURES_MOST];
} Cell;

/* The axes with their values as the user wrote them, in order; the cells of all deployments. */
typedef struct Sweep {
    PlotNames axes, deployments;
    PlotNames *values; /* by axis */
    size_t values_room;
    const MetricRow **figures;
    size_t figure_count;
    Cell *cells;
    size_t count, room;
} Sweep;

/* Reading -------------------------------------------------------------------------------------- */

static bool read_axes(Sweep *sweep, const char *directory, ErrorList *errors) {
    char *path = gnuplot_path(directory, "axes.csv");
    CsvReader reader;
    const bool ok = csv_reader_open(&reader, path, errors);
    const size_t axis = ok ? csv_reader_need(&reader, "axis") : CSV_READER_ABSENT;
    const size_t value = ok ? csv_reader_need(&reader, "value") : CSV_READER_ABSENT;
    while (ok && csv_reader_next(&reader)) {
        const size_t before = sweep->axes.count;
        const size_t place = plot_names_place(&sweep->axes, csv_reader_text(&reader, axis));
        if (place == before) {
            sweep->values =
                memory_grow(sweep->values, place, &sweep->values_room, sizeof sweep->values[0]);
            sweep->values[place] = (PlotNames){0};
        }
        plot_names_place(&sweep->values[place], csv_reader_text(&reader, value));
    }
    free(path);
    return csv_reader_close(&reader);
}

/* A value that axes.csv does not have is added. */
static void take_cell(Sweep *sweep, CsvReader *reader, size_t deployment, size_t replications) {
    Cell cell = {.deployment =
                     plot_names_place(&sweep->deployments, csv_reader_text(reader, deployment)),
                 .at = memory_new(sweep->axes.count + 1, sizeof cell.at[0]),
                 .replications = csv_reader_number(reader, replications)};
    for (size_t i = 0; i < sweep->axes.count; i++) {
        const size_t column = csv_reader_find(reader, sweep->axes.items[i]);
        cell.at[i] = plot_names_place(&sweep->values[i], csv_reader_text(reader, column));
    }
    for (size_t i = 0; i < sweep->figure_count; i++) {
        cell.figures[i] = plot_estimate(reader, sweep->figures[i]->name);
    }
    sweep->cells = memory_grow(sweep->cells, sweep->count, &sweep->room, sizeof sweep->cells[0]);
    sweep->cells[sweep->count++] = cell;
}

/* A figure that the sweep was not asked for does not apply; all of them are a mistake. */
static bool read_cells(Sweep *sweep, const char *path, ErrorList *errors) {
    CsvReader reader;
    const bool ok = csv_reader_open(&reader, path, errors);
    const size_t deployment = ok ? csv_reader_need(&reader, "deployment") : CSV_READER_ABSENT;
    const size_t replications = ok ? csv_reader_need(&reader, "replications") : CSV_READER_ABSENT;
    for (size_t i = 0; ok && i < sweep->axes.count; i++) {
        csv_reader_need(&reader, sweep->axes.items[i]);
    }
    bool any = !ok;
    for (size_t i = 0; i < sweep->figure_count; i++) {
        any = any || csv_reader_find(&reader, sweep->figures[i]->name) != CSV_READER_ABSENT;
    }
    if (!any) {
        csv_reader_need(&reader, sweep->figures[0]->name);
    }
    while (ok && csv_reader_next(&reader)) {
        take_cell(sweep, &reader, deployment, replications);
    }
    return csv_reader_close(&reader) &&
           (sweep->count > 0 || error_in_file(errors, path, "no rows", NULL, "nothing to draw")) &&
           (sweep->axes.count > 0 ||
            error_in_file(errors, path, "no axis in axes.csv", NULL, "nothing to draw"));
}

static bool sweep_read(Sweep *sweep, const char *directory, ErrorList *errors) {
    char *path = gnuplot_path(directory, "aggregate.csv");
    sweep->figures = metric_view(METRIC_SWEEPS, &sweep->figure_count);
    sweep->figure_count = sweep->figure_count < FIGURES_MOST ? sweep->figure_count : FIGURES_MOST;
    const bool ok =
        (access(path, F_OK) == 0 ||
         error_in_file(
             errors, path, strerror(errno), NULL,
             "it is written when all cells are there: `sweep` with --resume finishes them")) &&
        read_axes(sweep, directory, errors) && read_cells(sweep, path, errors);
    free(path);
    return ok;
}

static void sweep_clear(Sweep *sweep) {
    for (size_t i = 0; i < sweep->axes.count; i++) {
        plot_names_clear(&sweep->values[i]);
    }
    for (size_t i = 0; i < sweep->count; i++) {
        free(sweep->cells[i].at);
    }
    plot_names_clear(&sweep->axes);
    plot_names_clear(&sweep->deployments);
    free(sweep->values);
    free(sweep->cells);
    free(sweep->figures);
}

/* What the pictures of one deployment share -----------------------------------------------------
 */

typedef struct View {
    const Gnuplot *gnuplot;
    const Sweep *sweep; /* its cells are those of the deployment alone */
    const char *title;
    const char *replications; /* in words */
    PlotScale scales[FIGURES_MOST];
} View;

/* "scale_up_window 5s, min_replica_count 0": the values of the axes but for those two (SIZE_MAX:
 * none), with the axes' names or without. Owned by the caller. */
static char *cell_text(const Sweep *sweep, const Cell *cell, size_t but, size_t but_too,
                       bool names) {
    char *text = memory_text("");
    for (size_t i = 0; i < sweep->axes.count; i++) {
        if (i != but && i != but_too) {
            char *part = memory_format("%s%s%s", names ? sweep->axes.items[i] : "",
                                       names ? " " : "", sweep->values[i].items[cell->at[i]]);
            text = plot_list(text, part);
            free(part);
        }
    }
    return text;
}

/* gnuplot takes the names of places on an axis for formats. Owned by the caller. */
static char *label_text(const char *text) {
    char *doubled = memory_new(2 * strlen(text) + 1, 1), *to = doubled;
    for (; *text != '\0'; text++) {
        *to++ = *text;
        if (*text == '%') {
            *to++ = '%';
        }
    }
    return doubled;
}

/* Tables "figures" (title, unit, log, least, most; of the means) and "labels" (axis from 1, place
 * from 1, text). */
static bool write_scales(View *view) {
    const Sweep *sweep = view->sweep;
    GnuplotTable figures, labels;
    gnuplot_table_open(&figures, view->gnuplot, "figures");
    for (size_t f = 0; f < sweep->figure_count; f++) {
        PlotScale *scale = &view->scales[f];
        *scale = plot_scale_empty;
        for (size_t i = 0; i < sweep->count; i++) {
            plot_scale_take(scale, sweep->cells[i].figures[f].mean);
        }
        plot_scale_end(scale, sweep->figures[f]);
        gnuplot_row(&figures, "Ttcnn", metric_short_title(sweep->figures[f]), scale->unit,
                    (size_t)(scale->least > 0 && scale->most > LOG_RATIO * scale->least),
                    scale->least * scale->factor, scale->most * scale->factor);
    }
    gnuplot_table_open(&labels, view->gnuplot, "labels");
    for (size_t a = 0; a < sweep->axes.count; a++) {
        for (size_t v = 0; v < sweep->values[a].count; v++) {
            char *label = label_text(sweep->values[a].items[v]);
            gnuplot_row(&labels, "cct", a + 1, v + 1, label);
            free(label);
        }
    }
    const bool ok = gnuplot_table_close(&figures);
    return gnuplot_table_close(&labels) && ok;
}

/* Heat maps: the two longest axes make a panel, the values of the others a row of panels each ---
 */

/* The longest two, in their order. */
static void choose_two(const Sweep *sweep, size_t *across, size_t *up) {
    *across = 0;
    *up = 1;
    for (size_t i = 2; i < sweep->axes.count; i++) {
        const size_t shorter =
            sweep->values[*across].count < sweep->values[*up].count ? *across : *up;
        if (sweep->values[i].count > sweep->values[shorter].count) {
            *across = *across == shorter ? *up : *across;
            *up = i;
        }
    }
}

/* A figure in as few letters as a cell of a map has room for. */
static const char *short_text(MetricUnit unit, double value, char text[HUMAN_TEXT]) {
    char number[HUMAN_TEXT];
    if (isnan(value)) {
        return strcpy(text, "\xe2\x80\x93");
    }
    if (unit == METRIC_UNIT_SHARE) {
        snprintf(text, HUMAN_TEXT, value >= 0.0995 ? "%.0f %%" : "%.2g %%", 100 * value);
    } else if (unit == METRIC_UNIT_SECONDS) {
        human_seconds(value, text);
    } else {
        snprintf(text, HUMAN_TEXT, "%s%.32s", unit == METRIC_UNIT_USD ? "$" : "",
                 human_number(value, number));
    }
    return text;
}

/* Tables "cells" (row of panels, figure, across, up, value, text) and "rows" (number, title).
 * Returns how many combinations of the other axes there are; those past MULTIPLES_MOST are left
 * out. */
static size_t write_multiples(const View *view, GnuplotTable *table, GnuplotTable *rows,
                              size_t across, size_t up) {
    const Sweep *sweep = view->sweep;
    PlotNames multiples = {0};
    for (size_t i = 0; i < sweep->count; i++) {
        const Cell *cell = &sweep->cells[i];
        char *others = cell_text(sweep, cell, across, up, true);
        const size_t before = multiples.count, row = plot_names_place(&multiples, others);
        if (row == before && row < MULTIPLES_MOST) {
            gnuplot_row(rows, "ct", row + 1, others);
        }
        free(others);
        for (size_t f = 0; row < MULTIPLES_MOST && f < sweep->figure_count; f++) {
            char text[HUMAN_TEXT];
            gnuplot_row(table, "ccccnt", row + 1, f + 1, cell->at[across] + 1, cell->at[up] + 1,
                        cell->figures[f].mean * view->scales[f].factor,
                        short_text(sweep->figures[f]->unit, cell->figures[f].mean, text));
        }
    }
    const size_t count = multiples.count;
    plot_names_clear(&multiples);
    return count;
}

static bool draw_map(const View *view, const char *name) {
    const PlotNames *axes = &view->sweep->axes;
    size_t across, up;
    choose_two(view->sweep, &across, &up);
    GnuplotTable table, rows;
    gnuplot_table_open(&table, view->gnuplot, "cells");
    gnuplot_table_open(&rows, view->gnuplot, "rows");
    const size_t multiples = write_multiples(view, &table, &rows, across, up);
    bool ok = gnuplot_table_close(&table);
    ok = gnuplot_table_close(&rows) && ok;
    const int means = (int)strcspn(view->replications, ","); /* intervals: not here */
    char *note = multiples > MULTIPLES_MOST
                     ? memory_format("%.*s; the first %d of %zu combinations of the other axes",
                                     means, view->replications, MULTIPLES_MOST, multiples)
                     : memory_format("%.*s", means, view->replications);
    char *x = memory_format("%zu", across + 1), *y = memory_format("%zu", up + 1);
    ok = ok && gnuplot_draw(view->gnuplot, name, "heat-map.gp", view->gnuplot->data,
                            (const char *[]){view->title, x, y, axes->items[across],
                                             axes->items[up], note, NULL});
    free(y);
    free(x);
    free(note);
    return ok;
}

/* Curves: each figure against each of the axes that vary, as a line with its band if it is one,
 * else as dots ----------------------------------------------------------------------------------
 */

/* The rows of a figure by the order of the axis: neighbours on a line are neighbours in the table.
 * A band has gaps where there is no interval. */
static void write_curve(const View *view, GnuplotTable *table, size_t figure, size_t axis,
                        size_t column, bool is_band) {
    const Sweep *sweep = view->sweep;
    const double factor = view->scales[figure].factor;
    for (size_t place = 0; place < sweep->values[axis].count; place++) {
        for (size_t i = 0; i < sweep->count; i++) {
            const PlotEstimate *estimate = &sweep->cells[i].figures[figure];
            if (sweep->cells[i].at[axis] != place) {
                continue;
            }
            if (is_band && !isfinite(estimate->low)) {
                gnuplot_row(table, "");
            } else {
                gnuplot_row(table, "cccinn", figure + 1, column, place + 1, estimate->mean * factor,
                            estimate->low * factor, estimate->high * factor);
            }
        }
    }
}

/* The intervals of each figure along the only axis. */
static bool write_bands(const View *view, size_t axis) {
    bool ok = true;
    for (size_t f = 0; f < view->sweep->figure_count; f++) {
        char *name = memory_format("band-%zu", f + 1);
        GnuplotTable table;
        gnuplot_table_open(&table, view->gnuplot, name);
        write_curve(view, &table, f, axis, 1, true);
        ok = gnuplot_table_close(&table) && ok;
        free(name);
    }
    return ok;
}

/* The axes that vary, or the first if none does. */
static size_t choose_axes(const Sweep *sweep, size_t chosen[AXES_MOST], size_t *varying) {
    size_t count = 0;
    *varying = 0;
    for (size_t i = 0; i < sweep->axes.count; i++) {
        if (sweep->values[i].count > 1) {
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

static bool draw_curves(const View *view, const char *name) {
    const Sweep *sweep = view->sweep;
    size_t chosen[AXES_MOST], varying;
    const size_t count = choose_axes(sweep, chosen, &varying);
    GnuplotTable points, axes;
    gnuplot_table_open(&points, view->gnuplot, "points");
    gnuplot_table_open(&axes, view->gnuplot, "axes");
    for (size_t i = 0; i < count; i++) {
        gnuplot_row(&axes, "cct", chosen[i] + 1, sweep->values[chosen[i]].count,
                    sweep->axes.items[chosen[i]]);
        for (size_t f = 0; f < sweep->figure_count; f++) {
            write_curve(view, &points, f, chosen[i], i + 1, false);
        }
    }
    bool ok = gnuplot_table_close(&points);
    ok = gnuplot_table_close(&axes) && ok && (count > 1 || write_bands(view, chosen[0]));
    char *note =
        varying > AXES_MOST
            ? memory_format("%s; each dot a cell; the first %d of %zu axes", view->replications,
                            AXES_MOST, varying)
            : memory_format("%s%s", view->replications, count > 1 ? "; each dot a cell" : "");
    ok =
        ok && gnuplot_draw(view->gnuplot, name, "curves.gp", view->gnuplot->data,
                           (const char *[]){view->title, count == 1 ? "line" : "dots", note, NULL});
    free(note);
    return ok;
}

/* The front: of each latency among the figures, against cost ------------------------------------
 */

static size_t figure_of(const Sweep *sweep, MetricId metric) {
    size_t f = 0;
    while (f + 1 < sweep->figure_count && sweep->figures[f] != &metric_rows[metric]) {
        f++;
    }
    return f;
}

/* The cells as points of cost and one latency. Owned by the caller. */
static FrontPoint *front_points(const Sweep *sweep, size_t latency) {
    const size_t cost = figure_of(sweep, METRIC_total_usd);
    const size_t share = figure_of(sweep, METRIC_given_up_share);
    FrontPoint *points = memory_new(sweep->count, sizeof points[0]);
    for (size_t i = 0; i < sweep->count; i++) {
        const Cell *cell = &sweep->cells[i];
        const double given_up = cell->figures[share].mean;
        points[i] = (FrontPoint){
            .cost = cell->figures[cost],
            .latency = cell->figures[latency],
            .text = cell_text(sweep, cell, SIZE_MAX, SIZE_MAX, false),
            .remark = given_up > 0 ? memory_format("%.2g %% gave up", 100 * given_up) : NULL};
    }
    return points;
}

static bool draw_front(const View *view, const char *name) {
    const Sweep *sweep = view->sweep;
    FrontPoint *points[FRONTS_MOST];
    FrontPanel panels[FRONTS_MOST];
    size_t count = 0;
    for (size_t f = 0; f < sweep->figure_count && count < FRONTS_MOST; f++) {
        if (sweep->figures[f]->unit == METRIC_UNIT_SECONDS) {
            points[count] = front_points(sweep, f);
            panels[count] = (FrontPanel){.cost = metric_rows[METRIC_total_usd].name,
                                         .latency = sweep->figures[f]->name,
                                         .points = points[count],
                                         .count = sweep->count,
                                         .confirmed = sweep->count,
                                         .heading = ""};
            count++;
        }
    }
    char *what = memory_text("");
    for (size_t i = 0; i < sweep->axes.count; i++) {
        what = plot_list(what, sweep->axes.items[i]);
    }
    const bool ok =
        plot_front_draw(view->gnuplot, name, panels, count, what, view->replications, view->title);
    free(what);
    for (size_t p = 0; p < count; p++) {
        for (size_t i = 0; i < sweep->count; i++) {
            free(points[p][i].text);
            free(points[p][i].remark);
        }
        free(points[p]);
    }
    return ok;
}

/* The sweep ------------------------------------------------------------------------------------ */

/* At least half of the grid has been run: a map has more cells than holes. */
static bool is_grid(const Sweep *sweep) {
    double grid = 1;
    for (size_t i = 0; i < sweep->axes.count; i++) {
        grid *= (double)sweep->values[i].count;
    }
    return sweep->axes.count >= 2 && 2 * (double)sweep->count >= grid;
}

static bool draw_deployment(const Gnuplot *gnuplot, const Sweep *all, size_t deployment,
                            const char *part) {
    Sweep sweep = *all;
    PlotReplications replications = {0};
    sweep.cells = memory_new(all->count, sizeof sweep.cells[0]);
    sweep.count = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (all->cells[i].deployment == deployment) {
            sweep.cells[sweep.count++] = all->cells[i];
            plot_replications_take(&replications, all->cells[i].replications);
        }
    }
    char *title = plot_title(all->deployments.items[deployment], part);
    char *words = plot_replications_text(&replications);
    char *fit = gnuplot_file_name(all->deployments.items, all->deployments.count, deployment);
    const bool is_map = is_grid(&sweep);
    char *name = memory_format("%s-%s", is_map ? "heat-map" : "curves", fit);
    char *front = memory_format("front-%s", fit);
    View view = {.gnuplot = gnuplot, .sweep = &sweep, .title = title, .replications = words};
    const bool ok = write_scales(&view) &&
                    (is_map ? draw_map(&view, name) : draw_curves(&view, name)) &&
                    draw_front(&view, front);
    free(front);
    free(name);
    free(fit);
    free(words);
    free(title);
    free(sweep.cells);
    return ok;
}

bool pictures_draw_sweep(const char *directory, const char *scripts_directory, ErrorList *errors) {
    Gnuplot gnuplot;
    Sweep sweep = {0};
    bool ok = gnuplot_begin(&gnuplot, directory, scripts_directory, errors) &&
              sweep_read(&sweep, gnuplot.directory, errors);
    char *part = plot_last_part(directory);
    for (size_t i = 0; ok && i < sweep.deployments.count; i++) {
        ok = draw_deployment(&gnuplot, &sweep, i, part);
    }
    free(part);
    sweep_clear(&sweep);
    gnuplot_end(&gnuplot);
    return ok;
}
