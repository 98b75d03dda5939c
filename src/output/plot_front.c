// SPDX-License-Identifier: GPL-3.0-or-later
/* Computes the front (stats/estimate.h), chooses which of its points are named, and writes tables
 * for front.gp: panels (titles, units, log, ends of the axes, heading), dots (panel, class, x, low,
 * high, y, low, high, number) and names (panel, number, text, cost, latency, remark). And the
 * picture of a search: its front with the winner, and beside it all that was looked at. */
#include "output/plot_front.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "base/text.h"
#include "output/gnuplot.h"
#include "stats/estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MOST = 8 };
static const double LOG_RATIO = 15; /* an axis that spans more than this is logarithmic */
static const double APART = 0.045;  /* named points are at least so far apart, in axes' lengths */

typedef enum Class { CLASS_DOT, CLASS_FRONT, CLASS_CHOSEN } Class;

/* One panel on its way. */
typedef struct Front {
    const FrontPanel *panel;
    PlotScale x, y;
    bool *on_front;
    size_t *order;   /* the points on the front, in rising order of cost */
    size_t count;    /* of these */
    size_t *numbers; /* by point; 0: not named */
} Front;

/* Front ---------------------------------------------------------------------------------------- */

/* Over the means: an interval that leaves the picture is cut. */
static PlotScale scale_of(const FrontPanel *panel, bool is_cost) {
    PlotScale scale = plot_scale_empty;
    for (size_t i = 0; i < panel->count; i++) {
        const FrontPoint *point = &panel->points[i];
        if (!isnan(point->cost.mean) && !isnan(point->latency.mean)) {
            plot_scale_take(&scale, is_cost ? point->cost.mean : point->latency.mean);
        }
    }
    plot_scale_end(&scale, metric_find(is_cost ? panel->cost : panel->latency));
    return scale;
}

static bool is_log(const PlotScale *scale) {
    return scale->least > 0 && scale->most > LOG_RATIO * scale->least;
}

/* Where on the axis: 0 to 1. */
static double place(const PlotScale *scale, double value) {
    if (isinf(value)) {
        return 1.1; /* beyond the edge */
    }
    if (!(scale->most > scale->least)) {
        return 0.5;
    }
    return is_log(scale) ? log(value / scale->least) / log(scale->most / scale->least)
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

/* The winner, the ends, then whatever is farthest from those named: a handful, spread out. */
static void choose_names(Front *front) {
    size_t named = 0;
    for (size_t i = 0; i < front->panel->count; i++) {
        front->numbers[i] =
            front->panel->points[i].chosen && !isnan(front->panel->points[i].latency.mean);
        named += front->numbers[i];
    }
    for (size_t step = 0; step < 2 || named < NAMES_MOST; step++) {
        size_t farthest = SIZE_MAX;
        double most = APART;
        for (size_t k = 0; k < front->count; k++) {
            const double apart = distance(front, front->order[k]);
            const bool asked = step > 1 || k == (step == 0 ? 0 : front->count - 1);
            farthest = asked && apart >= most ? front->order[k] : farthest;
            most = asked ? fmax(most, apart) : most;
        }
        if (farthest != SIZE_MAX) {
            front->numbers[farthest] = 1;
            named++;
        } else if (step > 1) {
            break;
        }
    }
}

/* In rising order of cost, from 1. */
static void number_names(Front *front) {
    const FrontPoint *points = front->panel->points;
    size_t *ranks = memory_new(front->panel->count + 1, sizeof ranks[0]);
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

/* What is infinite stands at the picture's edge, without an interval; what has none is its own. */
static PlotEstimate scaled(PlotEstimate estimate, double factor) {
    const double mean = estimate.mean * factor;
    return (PlotEstimate){
        .mean = mean,
        .low = isinf(mean) || !isfinite(estimate.low) ? mean : estimate.low * factor,
        .high = isinf(mean) || !isfinite(estimate.high) ? mean : estimate.high * factor};
}

static void write_dot(Gnuplot *gnuplot, const Front *front, size_t panel, size_t i) {
    const FrontPoint *point = &front->panel->points[i];
    const PlotEstimate x = scaled(point->cost, front->x.factor);
    const PlotEstimate y = scaled(point->latency, front->y.factor);
    const Class class = point->chosen ? CLASS_CHOSEN : front->on_front[i] ? CLASS_FRONT : CLASS_DOT;
    gnuplot_row(gnuplot, "dots", "ccciiiiiic", panel, (size_t) class, (size_t)front->on_front[i],
                x.mean, x.low, x.high, y.mean, y.low, y.high, front->numbers[i]);
}

static void write_name(Gnuplot *gnuplot, const Front *front, size_t panel, size_t i) {
    const FrontPoint *point = &front->panel->points[i];
    char cost[HUMAN_ESTIMATE_TEXT], latency[HUMAN_ESTIMATE_TEXT];
    gnuplot_row(gnuplot, "names", "ccttttc", panel, front->numbers[i], point->text,
                plot_estimate_text(metric_find(front->panel->cost), HUMAN_ESTIMATE_VALUE,
                                   point->cost, cost),
                plot_estimate_text(metric_find(front->panel->latency), HUMAN_ESTIMATE_VALUE,
                                   point->latency, latency),
                point->remark, (size_t)point->chosen);
}

static const char *title_of(const char *column) {
    const MetricRow *metric = metric_find(column);
    return metric ? metric->title : column;
}

static void write_front(Gnuplot *gnuplot, const Front *front, size_t number) {
    const PlotScale *x = &front->x, *y = &front->y;
    gnuplot_row(gnuplot, "panels", "TtcnnTtcnnt", title_of(front->panel->cost), x->unit,
                (size_t)is_log(x), x->least * x->factor, x->most * x->factor,
                title_of(front->panel->latency), y->unit, (size_t)is_log(y), y->least * y->factor,
                y->most * y->factor, front->panel->heading);
    for (size_t i = 0; i < front->panel->count; i++) {
        if (!front->on_front[i]) {
            write_dot(gnuplot, front, number, i);
        }
    }
    for (size_t k = 0; k < front->count; k++) { /* in order, for the line */
        write_dot(gnuplot, front, number, front->order[k]);
    }
    for (size_t i = 0; i < front->panel->count; i++) {
        if (front->numbers[i] != 0) {
            write_name(gnuplot, front, number, i);
        }
    }
}

bool plot_front_draw(Gnuplot *gnuplot, const char *name, const FrontPanel panels[],
                     size_t panel_count, const char *what, const char *note, const char *title) {
    gnuplot_row(gnuplot, "panels", NULL);
    gnuplot_row(gnuplot, "dots", NULL);
    gnuplot_row(gnuplot, "names", NULL);
    for (size_t p = 0; p < panel_count; p++) {
        Front front = {
            .panel = &panels[p], .x = scale_of(&panels[p], true), .y = scale_of(&panels[p], false)};
        find_front(&front);
        choose_names(&front);
        number_names(&front);
        write_front(gnuplot, &front, p + 1);
        front_clear(&front);
    }
    return gnuplot_draw(gnuplot, name, "front.gp", gnuplot->data,
                        (const char *[]){title, what, note, NULL});
}

/* Searches ------------------------------------------------------------------------------------- */

typedef struct Search {
    Gnuplot *gnuplot;
    const char *metrics[2]; /* the columns: cost and latency */
    const char *options;    /* their names */
    TextList candidates;    /* by point */
    FrontPoint *points;
    size_t room;
    size_t confirmed;              /* the first ones, of front.csv */
    PlotReplications replications; /* of these */
} Search;

static bool ends_with(const char *name, const char *end) {
    const size_t length = strlen(name), rest = strlen(end);
    return length >= rest && strcmp(name + length - rest, end) == 0;
}

/* The two columns that have an interval beside them: cost, then latency. */
static bool find_metrics(Search *search, CsvReader *reader) {
    size_t found = 0;
    for (size_t i = 0; i < reader->header_count && found < 2; i++) {
        const char *name = reader->header[i];
        if (ends_with(name, "_low")) {
            search->metrics[found++] =
                gnuplot_text(search->gnuplot, "%.*s", (int)(strlen(name) - strlen("_low")), name);
        }
    }
    if (found < 2) {
        error_at(reader->errors, &(Error){.file = reader->path, .line = 1},
                 "columns without intervals", "a cost and a latency, each with _low and _high",
                 NULL);
    }
    return found == 2;
}

/* The last part of an option's path, unless another option has the same. */
static const char *short_name(const CsvReader *reader, size_t first, size_t end, size_t column) {
    const char *name = reader->header[column];
    const char *dot = strrchr(name, '.');
    for (size_t i = first; dot && i < end; i++) {
        if (i != column && ends_with(reader->header[i], dot)) {
            return name;
        }
    }
    return dot ? dot + 1 : name;
}

/* The columns from `first` to before `end`: their names, or what the row has in them. */
static const char *joined(const Search *search, const CsvReader *reader, size_t first, size_t end,
                          bool is_header) {
    const char *text = "";
    for (size_t i = first; i < end; i++) {
        text =
            plot_list(search->gnuplot, text,
                      is_header ? short_name(reader, first, end, i) : csv_reader_text(reader, i));
    }
    return text;
}

/* The point of a candidate: a new one if there is none. */
static FrontPoint *point_of(Search *search, const char *candidate) {
    const size_t before = search->candidates.count;
    const size_t place = text_list_place(&search->candidates, candidate);
    if (place == before) {
        search->points =
            memory_grow(search->points, place, &search->room, sizeof search->points[0]);
        search->points[place] = (FrontPoint){.text = "", .remark = ""};
    }
    return &search->points[place];
}

static bool is_yes(const char *text) {
    return strcmp(text, "true") == 0 || strcmp(text, "1") == 0 || strcmp(text, "yes") == 0;
}

static bool read_front(Search *search) {
    const char *path = gnuplot_text(search->gnuplot, "%s/front.csv", search->gnuplot->directory);
    CsvReader reader;
    csv_reader_open(&reader, path, search->gnuplot->errors);
    const size_t candidate = csv_reader_need(&reader, "candidate");
    const size_t end = csv_reader_need(&reader, "replications");
    const bool ok = !reader.failed && find_metrics(search, &reader);
    const size_t chosen = csv_reader_need(&reader, "chosen");
    search->options = ok ? joined(search, &reader, candidate + 1, end, true) : "";
    while (ok && csv_reader_next(&reader)) {
        FrontPoint *point = point_of(search, csv_reader_text(&reader, candidate));
        point->text = joined(search, &reader, candidate + 1, end, false);
        point->cost = plot_estimate(&reader, search->metrics[0]);
        point->latency = plot_estimate(&reader, search->metrics[1]);
        point->chosen = is_yes(csv_reader_text(&reader, chosen));
        plot_replications_take(&search->replications, csv_reader_number(&reader, end));
    }
    search->confirmed = search->candidates.count;
    return csv_reader_close(&reader) && ok &&
           (search->confirmed > 0 ||
            error_in_file(search->gnuplot->errors, path, "no rows", NULL, "nothing to draw"));
}

/* Candidates that are not on the front, by their last evaluation; without intervals. */
static bool read_evaluations(Search *search) {
    const char *path =
        gnuplot_text(search->gnuplot, "%s/evaluations.csv", search->gnuplot->directory);
    if (access(path, F_OK) != 0) {
        return true;
    }
    CsvReader reader;
    csv_reader_open(&reader, path, search->gnuplot->errors);
    const size_t candidate = csv_reader_need(&reader, "candidate");
    while (csv_reader_next(&reader)) {
        FrontPoint *point = point_of(search, csv_reader_text(&reader, candidate));
        if (point >= search->points + search->confirmed) {
            point->cost = plot_estimate(&reader, search->metrics[0]);
            point->latency = plot_estimate(&reader, search->metrics[1]);
        }
    }
    return csv_reader_close(&reader);
}

bool plot_search_draw(Gnuplot *gnuplot) {
    Search search = {.gnuplot = gnuplot};
    bool ok = read_front(&search) && read_evaluations(&search);
    if (ok) {
        const bool more = search.candidates.count > search.confirmed;
        const FrontPanel all = {.cost = search.metrics[0],
                                .latency = search.metrics[1],
                                .points = search.points,
                                .count = search.candidates.count,
                                .confirmed = search.confirmed,
                                .heading = "all candidates, by their last evaluation"};
        FrontPanel confirmed = all; /* by itself, for it may be a small part of the other */
        confirmed.count = search.confirmed;
        confirmed.heading = more ? "the confirmed ones alone" : "";
        const char *scenario = plot_scenario(gnuplot);
        ok = plot_front_draw(
            gnuplot, "front", (const FrontPanel[]){confirmed, all}, more ? 2 : 1, search.options,
            plot_replications_text(gnuplot, &search.replications),
            plot_asking(gnuplot, *scenario ? scenario : "search", "optimization.json"));
    }
    free(search.points);
    text_list_clear(&search.candidates);
    return ok;
}
