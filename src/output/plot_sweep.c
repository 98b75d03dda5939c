// SPDX-License-Identifier: GPL-3.0-or-later
/* The pictures of a sweep, deployment by deployment: figures over the axes, as heat maps of a grid
 * of two or more axes, curves with bands of one axis, and dots by axis where the cells are a sample
 * and no grid; and the Pareto front. */
#include "base/text.h"
#include "output/plot_front.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "output/gnuplot.h"

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
    TextList axes, deployments;
    TextList *values; /* by axis */
    size_t values_room;
    const MetricRow **figures;
    size_t figure_count;
    Cell *cells;
    size_t count, room;
} Sweep;

/* Reading -------------------------------------------------------------------------------------- */

static bool read_axes(Sweep *sweep, const char *path, ErrorList *errors) {
    CsvReader reader;
    csv_reader_open(&reader, path, errors);
    const size_t axis = csv_reader_need(&reader, "axis");
    const size_t value = csv_reader_need(&reader, "value");
    while (csv_reader_next(&reader)) {
        const size_t before = sweep->axes.count;
        const size_t place = text_list_place(&sweep->axes, csv_reader_text(&reader, axis));
        if (place == before) {
            sweep->values =
                memory_grow(sweep->values, place, &sweep->values_room, sizeof sweep->values[0]);
            sweep->values[place] = (TextList){0};
        }
        text_list_place(&sweep->values[place], csv_reader_text(&reader, value));
    }
    return csv_reader_close(&reader);
}

/* A value that axes.csv does not have is added. */
static void take_cell(Sweep *sweep, CsvReader *reader, size_t deployment, size_t replications) {
    Cell cell = {.deployment =
                     text_list_place(&sweep->deployments, csv_reader_text(reader, deployment)),
                 .at = memory_new(sweep->axes.count + 1, sizeof cell.at[0]),
                 .replications = csv_reader_number(reader, replications)};
    for (size_t i = 0; i < sweep->axes.count; i++) {
        const size_t column = csv_reader_find(reader, sweep->axes.items[i]);
        cell.at[i] = text_list_place(&sweep->values[i], csv_reader_text(reader, column));
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
    bool any = !csv_reader_open(&reader, path, errors);
    const size_t deployment = csv_reader_need(&reader, "deployment");
    const size_t replications = csv_reader_need(&reader, "replications");
    for (size_t i = 0; i < sweep->axes.count; i++) {
        csv_reader_need(&reader, sweep->axes.items[i]);
    }
    for (size_t i = 0; i < sweep->figure_count; i++) {
        any = any || csv_reader_find(&reader, sweep->figures[i]->name) != CSV_READER_ABSENT;
    }
    if (!any) {
        csv_reader_need(&reader, sweep->figures[0]->name);
    }
    while (csv_reader_next(&reader)) {
        take_cell(sweep, &reader, deployment, replications);
    }
    return csv_reader_close(&reader) &&
           (sweep->count > 0 || error_in_file(errors, path, "no rows", NULL, "nothing to draw")) &&
           (sweep->axes.count > 0 ||
            error_in_file(errors, path, "no axis in axes.csv", NULL, "nothing to draw"));
}

static bool sweep_read(Sweep *sweep, Gnuplot *gnuplot) {
    const char *path = gnuplot_text(gnuplot, "%s/aggregate.csv", gnuplot->directory);
    sweep->figures = metric_view(METRIC_SWEEPS, &sweep->figure_count);
    sweep->figure_count = sweep->figure_count < FIGURES_MOST ? sweep->figure_count : FIGURES_MOST;
    if (access(path, F_OK) != 0) {
        return error_in_file(
            gnuplot->errors, path, strerror(errno), NULL,
            "it is written when all cells are there: `sweep` with --resume finishes them");
    }
    return read_axes(sweep, gnuplot_text(gnuplot, "%s/axes.csv", gnuplot->directory),
                     gnuplot->errors) &&
           read_cells(sweep, path, gnuplot->errors);
}

static void sweep_clear(Sweep *sweep) {
    for (size_t i = 0; i < sweep->axes.count; i++) {
        text_list_clear(&sweep->values[i]);
    }
    for (size_t i = 0; i < sweep->count; i++) {
        free(sweep->cells[i].at);
    }
    text_list_clear(&sweep->axes);
    text_list_clear(&sweep->deployments);
    free(sweep->values);
    free(sweep->cells);
    free(sweep->figures);
}

/* What the pictures of one deployment share -----------------------------------------------------
 */

typedef struct View {
    Gnuplot *gnuplot;
    const Sweep *sweep; /* its cells are those of the deployment alone */
    const char *title;
    const char *replications; /* in words */
    PlotScale scales[FIGURES_MOST];
    size_t shown[FIGURES_MOST]; /* figures that are not 0 or absent throughout */
    size_t shown_count;
    const char *absent; /* what is said of the others */
} View;

/* "scale_up_window 5s, min_replica_count 0": the values of the axes but for those two (SIZE_MAX:
 * none), with the axes' names or without. */
static const char *cell_text(const View *view, const Cell *cell, size_t but, size_t but_too,
                             bool names) {
    const Sweep *sweep = view->sweep;
    const char *text = "";
    for (size_t i = 0; i < sweep->axes.count; i++) {
        if (i != but && i != but_too) {
            const char *value = sweep->values[i].items[cell->at[i]];
            text = plot_list(
                view->gnuplot, text,
                names ? gnuplot_text(view->gnuplot, "%s %s", sweep->axes.items[i], value) : value);
        }
    }
    return text;
}

/* Tables "figures" (title, unit, log, least, most; of the means) and "labels" (axis from 1, place
 * from 1, text). */
static void write_scales(View *view) {
    const Sweep *sweep = view->sweep;
    for (size_t f = 0; f < sweep->figure_count; f++) {
        PlotScale *scale = &view->scales[f];
        bool shows = false;
        *scale = plot_scale_empty;
        for (size_t i = 0; i < sweep->count; i++) {
            const double mean = sweep->cells[i].figures[f].mean;
            plot_scale_take(scale, mean);
            shows = shows || (!isnan(mean) && mean != 0);
        }
        plot_scale_end(scale, sweep->figures[f]);
        const char *title = metric_short_title(sweep->figures[f]);
        if (!shows && (view->shown_count > 0 || f + 1 < sweep->figure_count)) {
            view->absent = gnuplot_text(view->gnuplot, "%s; %s: %s", view->absent, title,
                                        scale->least == 0 ? "0 everywhere" : "does not apply");
            continue;
        }
        view->shown[view->shown_count++] = f;
        gnuplot_row(view->gnuplot, "figures", "Ttcnn", title, scale->unit,
                    (size_t)(scale->least > 0 && scale->most > LOG_RATIO * scale->least),
                    scale->least * scale->factor, scale->most * scale->factor);
    }
    for (size_t a = 0; a < sweep->axes.count; a++) {
        for (size_t v = 0; v < sweep->values[a].count; v++) {
            gnuplot_row(view->gnuplot, "labels", "ccf", a + 1, v + 1, sweep->values[a].items[v]);
        }
    }
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
static size_t write_multiples(const View *view, size_t across, size_t up) {
    const Sweep *sweep = view->sweep;
    TextList multiples = {0};
    for (size_t i = 0; i < sweep->count; i++) {
        const Cell *cell = &sweep->cells[i];
        const char *others = cell_text(view, cell, across, up, true);
        const size_t before = multiples.count, row = text_list_place(&multiples, others);
        if (row == before && row < MULTIPLES_MOST) {
            gnuplot_row(view->gnuplot, "rows", "ct", row + 1, others);
        }
        for (size_t k = 0; row < MULTIPLES_MOST && k < view->shown_count; k++) {
            const size_t f = view->shown[k];
            char text[HUMAN_TEXT];
            gnuplot_row(view->gnuplot, "cells", "ccccnt", row + 1, k + 1, cell->at[across] + 1,
                        cell->at[up] + 1, cell->figures[f].mean * view->scales[f].factor,
                        short_text(sweep->figures[f]->unit, cell->figures[f].mean, text));
        }
    }
    const size_t count = multiples.count;
    text_list_clear(&multiples);
    return count;
}

static bool draw_map(const View *view, const char *name) {
    const TextList *axes = &view->sweep->axes;
    size_t across, up;
    choose_two(view->sweep, &across, &up);
    const size_t multiples = write_multiples(view, across, up);
    const char *note = /* intervals: not here */
        gnuplot_text(view->gnuplot, "%.*s%s", (int)strcspn(view->replications, ","),
                     view->replications, view->absent);
    if (multiples > MULTIPLES_MOST) {
        note = gnuplot_text(view->gnuplot, "%s; the first %d of %zu combinations of the other axes",
                            note, MULTIPLES_MOST, multiples);
    }
    const char *x = gnuplot_text(view->gnuplot, "%zu", across + 1);
    const char *y = gnuplot_text(view->gnuplot, "%zu", up + 1);
    return gnuplot_draw(
        view->gnuplot, name, "heat-map.gp", view->gnuplot->data,
        (const char *[]){view->title, x, y, axes->items[across], axes->items[up], note, NULL});
}

/* Curves: each figure against each of the axes that vary, as a line with its band if it is one,
 * else as dots ----------------------------------------------------------------------------------
 */

/* The rows of a figure by the order of the axis: neighbours on a line are neighbours in the table.
 * A band has gaps where there is no interval. */
static void write_curve(const View *view, const char *table, size_t number, size_t axis,
                        size_t column, bool is_band) {
    const Sweep *sweep = view->sweep;
    const size_t figure = view->shown[number];
    const double factor = view->scales[figure].factor;
    for (size_t place = 0; place < sweep->values[axis].count; place++) {
        for (size_t i = 0; i < sweep->count; i++) {
            const PlotEstimate *estimate = &sweep->cells[i].figures[figure];
            if (sweep->cells[i].at[axis] != place) {
                continue;
            }
            if (is_band && !isfinite(estimate->low)) {
                gnuplot_row(view->gnuplot, table, "");
            } else {
                gnuplot_row(view->gnuplot, table, "cccinn", number + 1, column, place + 1,
                            estimate->mean * factor, estimate->low * factor,
                            estimate->high * factor);
            }
        }
    }
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
    for (size_t i = 0; i < count; i++) {
        gnuplot_row(view->gnuplot, "axes", "cct", chosen[i] + 1, sweep->values[chosen[i]].count,
                    sweep->axes.items[chosen[i]]);
        for (size_t f = 0; f < view->shown_count; f++) {
            write_curve(view, "points", f, chosen[i], i + 1, false);
        }
    }
    for (size_t f = 0; count == 1 && f < view->shown_count; f++) {
        write_curve(view, gnuplot_text(view->gnuplot, "band-%zu", f + 1), f, chosen[0], 1, true);
    }
    const char *note = gnuplot_text(view->gnuplot, "%s%s%s", view->replications,
                                    count > 1 ? "; each dot a cell" : "", view->absent);
    if (varying > AXES_MOST) {
        note =
            gnuplot_text(view->gnuplot, "%s; the first %d of %zu axes", note, AXES_MOST, varying);
    }
    return gnuplot_draw(view->gnuplot, name, "curves.gp", view->gnuplot->data,
                        (const char *[]){view->title, count == 1 ? "line" : "dots", note, NULL});
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
static FrontPoint *front_points(const View *view, size_t latency) {
    const Sweep *sweep = view->sweep;
    const size_t cost = figure_of(sweep, METRIC_total_usd);
    const size_t share = figure_of(sweep, METRIC_given_up_share);
    FrontPoint *points = memory_new(sweep->count, sizeof points[0]);
    for (size_t i = 0; i < sweep->count; i++) {
        const Cell *cell = &sweep->cells[i];
        const double given_up = cell->figures[share].mean;
        points[i] = (FrontPoint){
            .cost = cell->figures[cost],
            .latency = cell->figures[latency],
            .text = cell_text(view, cell, SIZE_MAX, SIZE_MAX, false),
            .remark =
                given_up > 0 ? gnuplot_text(view->gnuplot, "%.2g %% gave up", 100 * given_up) : ""};
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
            points[count] = front_points(view, f);
            panels[count] = (FrontPanel){.cost = metric_rows[METRIC_total_usd].name,
                                         .latency = sweep->figures[f]->name,
                                         .points = points[count],
                                         .count = sweep->count,
                                         .confirmed = sweep->count,
                                         .heading = ""};
            count++;
        }
    }
    const char *what = "";
    for (size_t i = 0; i < sweep->axes.count; i++) {
        what = plot_list(view->gnuplot, what, sweep->axes.items[i]);
    }
    const bool ok =
        plot_front_draw(view->gnuplot, name, panels, count, what, view->replications, view->title);
    for (size_t p = 0; p < count; p++) {
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

static bool draw_deployment(Gnuplot *gnuplot, const Sweep *all, size_t deployment) {
    const TextList *names = &all->deployments;
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
    View view = {.gnuplot = gnuplot,
                 .sweep = &sweep,
                 .title = plot_asking(
                     gnuplot, plot_title(gnuplot, plot_scenario(gnuplot), names->items[deployment]),
                     "sweep.json"),
                 .absent = "",
                 .replications = plot_replications_text(gnuplot, &replications)};
    const char *fit = gnuplot_file_name(gnuplot, names->items, names->count, deployment);
    write_scales(&view);
    bool ok = (is_grid(&sweep) ? draw_map(&view, gnuplot_text(gnuplot, "heat-map-%s", fit))
                               : draw_curves(&view, gnuplot_text(gnuplot, "curves-%s", fit)));
    ok = ok && draw_front(&view, gnuplot_text(gnuplot, "front-%s", fit));
    free(sweep.cells);
    return ok;
}

bool plot_sweep_draw(Gnuplot *gnuplot) {
    Sweep sweep = {0};
    bool ok = sweep_read(&sweep, gnuplot);
    for (size_t i = 0; ok && i < sweep.deployments.count; i++) {
        ok = draw_deployment(gnuplot, &sweep, i);
    }
    sweep_clear(&sweep);
    return ok;
}
