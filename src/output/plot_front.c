// SPDX-License-Identifier: GPL-3.0-or-later
/* Computes the front (stats/pareto.h), chooses which of its points are named, and writes tables for
 * front.gp: panels (titles, units, log, ends of the axes, heading), dots (panel, class, x, low,
 * high, y, low, high, number) and names (panel, number, text, cost, latency, remark). */
#include "output/plot_front.h"

#include "base/memory.h"
#include "figures/human.h"
#include "output/plot_metrics.h"
#include "output/plot_table.h"
#include "stats/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MOST = 8 };
static const double LOG_RATIO = 15; /* an axis that spans more than this is logarithmic */
static const double APART = 0.045;  /* named points are at least so far apart, in axes' lengths */

typedef enum Class { CLASS_DOT, CLASS_FRONT, CLASS_CHOSEN } Class;

typedef struct Scale {
    double least, most, factor;
    bool is_log;
    const char *unit;
} Scale;

/* One panel on its way. */
typedef struct Front {
    const FrontPanel *panel;
    Scale x, y;
    bool *on_front;
    size_t *order; /* the points on the front, in rising order of cost */
    size_t count;  /* of these */
    int *numbers;  /* by point; 0: not named */
} Front;

/* Front ---------------------------------------------------------------------------------------- */

/* Over the means: an interval that leaves the picture is cut. */
static Scale scale_of(const FrontPanel *panel, bool is_cost) {
    Scale scale = {.least = INFINITY, .most = -INFINITY};
    for (size_t i = 0; i < panel->count; i++) {
        const FrontPoint *point = &panel->points[i];
        const double mean = is_cost ? point->cost.mean : point->latency.mean;
        if (isfinite(mean) && !isnan(point->cost.mean) && !isnan(point->latency.mean)) {
            scale.least = fmin(scale.least, mean);
            scale.most = fmax(scale.most, mean);
        }
    }
    scale.is_log = scale.least > 0 && scale.most > LOG_RATIO * scale.least;
    scale.factor =
        plot_metric_scale(plot_metric_unit(is_cost ? panel->cost_column : panel->latency_column),
                          NULL, isfinite(scale.most) ? scale.most : 1, &scale.unit);
    return scale;
}

/* Where on the axis: 0 to 1. */
static double place(const Scale *scale, double value) {
    if (isinf(value)) {
        return 1.1; /* beyond the edge */
    }
    if (!(scale->most > scale->least)) {
        return 0.5;
    }
    return scale->is_log ? log(value / scale->least) / log(scale->most / scale->least)
                         : (value - scale->least) / (scale->most - scale->least);
}

static void find_front(Front *front) {
    const FrontPanel *panel = front->panel;
    double *x = memory_new(panel->count + 1, sizeof x[0]);
    double *y = memory_new(panel->count + 1, sizeof y[0]);
    front->on_front = memory_new(panel->count + 1, sizeof front->on_front[0]);
    front->order = memory_new(panel->count + 1, sizeof front->order[0]);
    front->numbers = memory_new(panel->count + 1, sizeof front->numbers[0]);
    for (size_t i = 0; i < panel->count; i++) {
        x[i] = panel->points[i].cost.mean;
        y[i] = panel->points[i].latency.mean;
    }
    pareto_front(x, y, panel->confirmed, front->on_front);
    for (size_t i = 0; i < panel->count; i++) {
        if (!front->on_front[i]) {
            continue;
        }
        size_t at = front->count++;
        for (; at > 0 && x[front->order[at - 1]] > x[i]; at--) {
            front->order[at] = front->order[at - 1];
        }
        front->order[at] = i;
    }
    free(x);
    free(y);
}

static void front_clear(Front *front) {
    free(front->on_front);
    free(front->order);
    free(front->numbers);
}

/* Distance of a point to the nearest that is named. */
static double distance(const Front *front, size_t i) {
    const FrontPoint *points = front->panel->points;
    double nearest = INFINITY;
    for (size_t j = 0; j < front->panel->count; j++) {
        if (front->numbers[j] != 0) {
            const double across =
                place(&front->x, points[i].cost.mean) - place(&front->x, points[j].cost.mean);
            const double up =
                place(&front->y, points[i].latency.mean) - place(&front->y, points[j].latency.mean);
            nearest = fmin(nearest, hypot(across, up));
        }
    }
    return nearest;
}

/* The ends and the winner, then whatever is farthest from those named: a handful, spread out. */
static void choose_names(Front *front) {
    size_t named = 0;
    for (size_t i = 0; i < front->panel->count; i++) {
        if (front->panel->points[i].chosen && !isnan(front->panel->points[i].latency.mean)) {
            front->numbers[i] = 1;
            named++;
        }
    }
    for (size_t end = 0; front->count > 0 && end < 2; end++) {
        const size_t i = front->order[end == 0 ? 0 : front->count - 1];
        if (front->numbers[i] == 0 && distance(front, i) >= APART) {
            front->numbers[i] = 1;
            named++;
        }
    }
    while (named < NAMES_MOST) {
        size_t farthest = SIZE_MAX;
        double most = APART;
        for (size_t k = 0; k < front->count; k++) {
            const double apart = distance(front, front->order[k]);
            if (apart >= most) {
                most = apart;
                farthest = front->order[k];
            }
        }
        if (farthest == SIZE_MAX) {
            break;
        }
        front->numbers[farthest] = 1;
        named++;
    }
}

/* In rising order of cost, from 1. */
static void number_names(Front *front) {
    const FrontPoint *points = front->panel->points;
    int *ranks = memory_new(front->panel->count + 1, sizeof ranks[0]);
    for (size_t i = 0; i < front->panel->count; i++) {
        for (size_t j = 0; front->numbers[i] && j < front->panel->count; j++) {
            const double one = points[j].cost.mean, other = points[i].cost.mean;
            const bool before = one < other || (j <= i && one <= other);
            ranks[i] += front->numbers[j] && before;
        }
    }
    memcpy(front->numbers, ranks, front->panel->count * sizeof ranks[0]);
    free(ranks);
}

/* Tables --------------------------------------------------------------------------------------- */

static void write_scale(PlotTable *table, const char *title, const Scale *scale) {
    plot_table_text(table, title);
    plot_table_text(table, scale->unit);
    plot_table_count(table, scale->is_log);
    plot_table_number(table, scale->least * scale->factor);
    plot_table_number(table, scale->most * scale->factor);
}

/* What is infinite stands at the picture's edge, without an interval. */
static void write_estimate(PlotTable *table, SweepEstimate estimate, double factor) {
    if (isinf(estimate.mean)) {
        for (size_t i = 0; i < 3; i++) {
            plot_table_text(table, "inf");
        }
        return;
    }
    plot_table_number(table, estimate.mean * factor);
    plot_table_number(table,
                      isfinite(estimate.low) ? estimate.low * factor : estimate.mean * factor);
    plot_table_number(table,
                      isfinite(estimate.high) ? estimate.high * factor : estimate.mean * factor);
}

static void write_dot(PlotTable *table, const Front *front, size_t panel, size_t i) {
    const FrontPoint *point = &front->panel->points[i];
    plot_table_count(table, panel);
    plot_table_count(table, point->chosen        ? CLASS_CHOSEN
                            : front->on_front[i] ? CLASS_FRONT
                                                 : CLASS_DOT);
    plot_table_count(table, front->on_front[i]);
    write_estimate(table, point->cost, front->x.factor);
    write_estimate(table, point->latency, front->y.factor);
    plot_table_count(table, (size_t)front->numbers[i]);
    plot_table_end_row(table);
}

static void write_estimate_text(PlotTable *table, const char *column, SweepEstimate estimate) {
    char text[HUMAN_ESTIMATE_TEXT];
    plot_table_text(table, human_estimate(plot_metric_unit(column), HUMAN_ESTIMATE_VALUE,
                                          estimate.mean, (estimate.high - estimate.low) / 2, text));
}

static void write_name(PlotTable *table, const Front *front, size_t panel, size_t i) {
    const FrontPoint *point = &front->panel->points[i];
    plot_table_count(table, panel);
    plot_table_count(table, (size_t)front->numbers[i]);
    plot_table_text(table, point->text);
    write_estimate_text(table, front->panel->cost_column, point->cost);
    write_estimate_text(table, front->panel->latency_column, point->latency);
    plot_table_text(table, point->remark ? point->remark : "");
    plot_table_count(table, point->chosen);
    plot_table_end_row(table);
}

static void write_front(const Front *front, size_t number, PlotTable *titles, PlotTable *dots,
                        PlotTable *names) {
    write_scale(titles, front->panel->cost_title, &front->x);
    write_scale(titles, front->panel->latency_title, &front->y);
    plot_table_text(titles, front->panel->heading ? front->panel->heading : "");
    plot_table_end_row(titles);
    for (size_t i = 0; i < front->panel->count; i++) {
        if (!front->on_front[i]) {
            write_dot(dots, front, number, i);
        }
    }
    for (size_t k = 0; k < front->count; k++) { /* in order, for the line */
        write_dot(dots, front, number, front->order[k]);
    }
    for (size_t i = 0; i < front->panel->count; i++) {
        if (front->numbers[i] != 0) {
            write_name(names, front, number, i);
        }
    }
}

bool plot_front_draw(const PlotFolder *folder, const char *name, const FrontPanel panels[],
                     size_t panel_count, const char *what, const char *note, const char *title) {
    PlotTable titles, dots, names;
    plot_table_open(&titles, folder->data, "panels", folder->errors);
    plot_table_open(&dots, folder->data, "dots", folder->errors);
    plot_table_open(&names, folder->data, "names", folder->errors);
    for (size_t p = 0; p < panel_count; p++) {
        Front front = {
            .panel = &panels[p], .x = scale_of(&panels[p], true), .y = scale_of(&panels[p], false)};
        find_front(&front);
        choose_names(&front);
        number_names(&front);
        write_front(&front, p + 1, &titles, &dots, &names);
        front_clear(&front);
    }
    bool ok = plot_table_close(&titles);
    ok = plot_table_close(&dots) && ok;
    ok = plot_table_close(&names) && ok;
    return ok && plot_folder_draw(folder, name, "front.gp", folder->data,
                                  (const char *[]){title, what, note, NULL});
}
