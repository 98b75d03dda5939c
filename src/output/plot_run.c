// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/plot_run.h"

#include "base/csv_reader.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "figures/human.h"
#include "output/gnuplot.h"
#include "output/plot_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double WIDTH = 1400;

/* Reading -------------------------------------------------------------------------------------- */

static void read_scenario(PlotRun *run, Gnuplot *gnuplot, const char *folder) {
    ErrorList ignored = {0};
    cJSON *scenario = json_load(gnuplot_text(gnuplot, "%s/scenario.json", folder), &ignored);
    const struct {
        const char *key, **text;
    } texts[] = {{"name", &run->name}, {"question", &run->question}};
    for (size_t i = 0; i < 2; i++) {
        const char *text =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, texts[i].key));
        if (text != NULL && *text != '\0') {
            *texts[i].text = gnuplot_text(gnuplot, "%s", text);
        }
    }
    const char *begin = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, "start"));
    int32_t nanoseconds;
    if (begin == NULL || !sim_time_parse_calendar(begin, &run->start_epoch_s, &nanoseconds)) {
        run->start_epoch_s = 0;
    }
    cJSON_Delete(scenario);
    error_list_clear(&ignored);
}

bool plot_run_read(PlotRun *run, Gnuplot *gnuplot, const char *folder, const char *column) {
    *run = (PlotRun){.name = plot_last_part(gnuplot, folder), .question = "", .column = column};
    read_scenario(run, gnuplot, folder);
    return plot_series_read(&run->series, gnuplot_text(gnuplot, "%s/timeseries.csv", folder),
                            gnuplot->errors) &&
           plot_distributions_read(&run->distributions,
                                   gnuplot_text(gnuplot, "%s/latency_histogram.csv", folder),
                                   gnuplot->errors);
}

void plot_run_clear(PlotRun *run) {
    plot_series_clear(&run->series);
    plot_distributions_clear(&run->distributions);
}

const char *plot_run_title(Gnuplot *gnuplot, const PlotRun *run, const char *deployment) {
    const bool both = *run->column != '\0' && strcmp(run->column, run->name) != 0;
    return plot_title(gnuplot, both ? plot_list(gnuplot, run->name, run->column) : run->name,
                      deployment);
}

/* A run over time: panels as data -------------------------------------------------------------- */

typedef struct Curve {
    const char *style; /* as panels.gp has them */
    PlotTake take;
    PlotColumn column;
    const char *colour;
    double width;
    size_t dash;
    const char *title;
} Curve;

enum { CURVES_MOST = 8 };

typedef struct Panel {
    const char *title;
    enum { AMOUNT, WHOLE, MONEY, LATENCY } axis;
    size_t decides; /* so many curves at the head: the panel is left out if they are all empty or 0
                     */
    PlotColumn needs; /* or if this one is; PLOT_COLUMNS: none */
    Curve curves[CURVES_MOST + 1];
} Panel;

#define PEAK(column, colour, title)                                                                \
    { "fill", PLOT_PEAK, PLOT_##column, colour, 1, 1, title }
#define MEAN(column, colour, dash, title)                                                          \
    { "line", PLOT_MEAN, PLOT_##column, colour, 1.8, dash, title }
#define STACK(state, colour, title)                                                                \
    { "fill", PLOT_STACK, PLOT_replicas_##state, colour, 1, 1, title }
#define LOAD(key, words)                                                                           \
    {                                                                                              \
        "Load per serving replica against its target (" words ")", AMOUNT, 2, PLOT_##key##_target, \
        {                                                                                          \
            PEAK(key##_measured, "#cfe0ee", "peak of a step"),                                     \
                MEAN(key##_measured, PLOT_BLUE, 1, "mean"),                                        \
                MEAN(key##_target, "black", 2, "target")                                           \
        }                                                                                          \
    }

/* Stacks: the largest sum first, so that each next covers it. */
static const Panel panels[] = {
    {"Requests (per second)",
     AMOUNT,
     3,
     PLOT_COLUMNS,
     {PEAK(arrivals, "#e2e2e2", "arrivals, peak of a step"),
      {"fill", PLOT_MEAN, PLOT_arrivals, "#bdbdbd", 1, 1, "arrivals"},
      MEAN(answers_200, PLOT_BLUE, 1, "answered (200)")}},
    {"Refused sends (per second)",
     AMOUNT,
     5,
     PLOT_COLUMNS,
     {PEAK(answers_503, "#f6d2b8", "503, peak of a step"),
      MEAN(answers_503, PLOT_RED, 1, "503 (scaling up: retry)"),
      MEAN(answers_429, "black", 2, "429 (overloaded)"),
      MEAN(answers_404, PLOT_SKY, 4, "404 (deleted)"),
      MEAN(answers_400, PLOT_BROWN, 3, "400 (never fits)")}},
    {"Replicas by state",
     WHOLE,
     6,
     PLOT_COLUMNS,
     {STACK(pending_scheduling, "#e9e9e9", "waiting for GPUs"),
      STACK(downloading_model, "#f7d26c", "downloading"),
      STACK(initializing, "#c97a00", "initializing"),
      STACK(ready, "#8cc6ec", "ready"),
      STACK(draining, "#b0569a", "draining"),
      STACK(serving, PLOT_BLUE, "serving"),
      {"line", PLOT_PEAK, PLOT_target, "white", 3.6, 1, ""},
      {"line", PLOT_PEAK, PLOT_target, "black", 1.5, 1, "target"}}},
    LOAD(default, "share of capacity"),
    LOAD(concurrent_requests, "concurrent requests"),
    LOAD(requests_per_second, "requests per second"),
    LOAD(prompt_tokens_per_second, "prompt tokens per second"),
    LOAD(tokens_generated_per_second, "generated tokens per second"),
    {"Latency, retry wait included (log scale; of a step the worst interval)",
     LATENCY,
     4,
     PLOT_COLUMNS,
     {{"line", PLOT_PEAK, PLOT_ttft_p50_s, PLOT_BLUE, 2, 1, "TTFT p50"},
      {"line", PLOT_PEAK, PLOT_ttft_p95_s, PLOT_SKY, 1.4, 2, "TTFT p95"},
      {"line", PLOT_PEAK, PLOT_e2e_p50_s, PLOT_BROWN, 2, 1, "E2E p50"},
      {"line", PLOT_PEAK, PLOT_e2e_p95_s, PLOT_ORANGE, 1.4, 2, "E2E p95"}}},
    {"Cost so far",
     MONEY,
     1,
     PLOT_COLUMNS,
     {{"fill", PLOT_PEAK, PLOT_cost_usd, "#cfe0ee", 1, 1, "US dollars"},
      {"line", PLOT_PEAK, PLOT_cost_usd, PLOT_BLUE, 1.8, 1, ""}}},
};

enum { PANELS = sizeof panels / sizeof panels[0] };

/* Is a mean line of single intervals no more than its peaks? */
static bool is_single(const PlotTrack *track) {
    return track->intervals == 1;
}

/* Is a column empty or 0 throughout? Of a stack its own. */
static bool is_empty(const PlotTrack *track, PlotColumn column) {
    for (size_t i = 0; i < track->count; i++) {
        if (plot_step_value(&track->steps[i], PLOT_PEAK, column) > 0) {
            return false;
        }
    }
    return true;
}

static bool is_shown(const PlotTrack *track, const Panel *panel) {
    if (panel->needs < PLOT_COLUMNS && is_empty(track, panel->needs)) {
        return false;
    }
    for (size_t i = 0; i < panel->decides && panel->curves[i].style != NULL; i++) {
        if (!is_empty(track, panel->curves[i].column)) {
            return true;
        }
    }
    return false;
}

/* Those that show something; of a run of nothing the replicas. Returns how many. */
static size_t choose_panels(const PlotTrack *track, const Panel *shown[PANELS]) {
    size_t count = 0;
    for (size_t i = 0; i < PANELS; i++) {
        if (is_shown(track, &panels[i])) {
            shown[count++] = &panels[i];
        }
    }
    for (size_t i = 0; count == 0; i++) {
        shown[0] = &panels[i];
        count += panels[i].axis == WHOLE;
    }
    return count;
}

/* In steps: corners where the value changes, a gap where there is none. */
static void put_steps(PlotPanels *all, const char *table, const PlotTrack *track, PlotTake take,
                      PlotColumn column) {
    double before = NAN, to = NAN;
    for (size_t i = 0; i <= track->count; i++) {
        const bool end = i == track->count;
        const double value = end ? NAN : plot_step_value(&track->steps[i], take, column);
        const double from = end ? NAN : track->steps[i].from_s;
        if (!isnan(before) && value != before) { /* NAN differs */
            gnuplot_row(all->gnuplot, table, "nn", to, before);
        }
        if (isnan(value) && !isnan(before)) {
            gnuplot_row(all->gnuplot, table, "");
        } else if (!isnan(value) && value != before) {
            gnuplot_row(all->gnuplot, table, "nn", from, value);
        }
        before = value;
        to = end ? NAN : track->steps[i].to_s;
    }
}

static bool is_never(const PlotTrack *track, PlotColumn column) {
    bool never = false;
    for (size_t i = 0; i < track->count; i++) {
        never = never || isinf(plot_step_value(&track->steps[i], PLOT_PEAK, column));
    }
    return never;
}

/* Through the middles of the steps; one without neighbours as a dot, one that is never at the top.
 */
static void put_latencies(PlotPanels *all, const PlotTrack *track, const Curve *curve, double top) {
    Gnuplot *gnuplot = all->gnuplot;
    const char *line =
        plot_panels_curve(all, "line", curve->colour, curve->width, curve->dash, curve->title);
    const char *dots = plot_panels_curve(all, "dot", curve->colour, 0.5, 1, "");
    const bool named = curve[1].style == NULL && is_never(track, curve->column);
    const char *never =
        plot_panels_curve(all, "up", curve->colour, 1.2, 1, named ? "never (at the top)" : "");
    bool drawn = false;
    for (size_t i = 0; i < track->count; i++) {
        const PlotStep *step = &track->steps[i];
        const double middle = (step->from_s + step->to_s) / 2;
        const double value = plot_step_value(step, curve->take, curve->column);
        const bool is_there = isfinite(value) && value > 0;
        const double next =
            i + 1 < track->count ? plot_step_value(step + 1, curve->take, curve->column) : NAN;
        if (is_there) {
            gnuplot_row(gnuplot, line, "nn", middle, value);
            if (!drawn && !isfinite(next)) {
                gnuplot_row(gnuplot, dots, "nn", middle, value);
            }
        } else if (drawn) {
            gnuplot_row(gnuplot, line, "");
        }
        if (isinf(value)) {
            gnuplot_row(gnuplot, never, "nn", middle, top);
        }
        drawn = is_there;
    }
    plot_panels_curve_end(all, line);
    plot_panels_curve_end(all, dots);
    plot_panels_curve_end(all, never);
}

static PlotAxis axis_of(const PlotTrack *track, const Panel *panel) {
    double most = 0, least = INFINITY;
    for (const Curve *curve = panel->curves; curve->style != NULL; curve++) {
        most = fmax(most, plot_track_most(track, curve->take, curve->column));
        for (size_t i = 0; i < track->count && panel->axis == LATENCY; i++) {
            const double value = plot_step_value(&track->steps[i], curve->take, curve->column);
            least = value > 0 ? fmin(least, value) : least;
        }
    }
    return panel->axis != LATENCY ? plot_panels_amount_axis(most)
           : isfinite(least)      ? plot_panels_latency_axis(least, most)
                                  : plot_panels_latency_axis(0.1, 1);
}

static const char *span_text(double seconds, char text[HUMAN_TEXT]) {
    const struct {
        double seconds;
        const char *unit;
    } units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}, {0, "s"}};
    size_t i = 0;
    while (units[i].seconds > 0 && seconds < units[i].seconds) {
        i++;
    }
    snprintf(text, HUMAN_TEXT, "%.4g %s",
             units[i].seconds > 0 ? seconds / units[i].seconds : seconds, units[i].unit);
    return text;
}

static const char *note_on_steps(Gnuplot *gnuplot, const PlotTrack *track, bool has_calendar) {
    char step[HUMAN_TEXT], interval[HUMAN_TEXT];
    const double width = (double)track->intervals * track->interval_s;
    return gnuplot_text(
        gnuplot,
        is_single(track)
            ? "Time is %s; intervals of %s"
            : "Time is %s; steps of %s, means, and in light the peak interval (%s) of each",
        has_calendar ? "UTC" : "since the beginning", span_text(width, step),
        span_text(track->interval_s, interval));
}

static void draw_panel(PlotPanels *all, const Panel *panel, const PlotTrack *track, double top) {
    for (const Curve *curve = panel->curves; curve->style != NULL; curve++) {
        const bool again = curve[1].style != NULL && is_single(track) && curve->take == PLOT_PEAK &&
                           curve[1].take == PLOT_MEAN && curve->column == curve[1].column;
        if (is_empty(track, curve->column) || again) {
            continue;
        }
        if (panel->axis == LATENCY) {
            put_latencies(all, track, curve, top);
            continue;
        }
        const char *table = plot_panels_curve(all, curve->style, curve->colour, curve->width,
                                              curve->dash, curve->title);
        put_steps(all, table, track, curve->take, curve->column);
        plot_panels_curve_end(all, table);
    }
}

static bool draw_series(Gnuplot *gnuplot, const PlotRun *run, const PlotTrack *track,
                        const char *name) {
    const double left = 100, right = 1090, gap = 50;
    double tall = 140;
    char text[HUMAN_TEXT];
    PlotPanels all;
    plot_panels_begin(&all, gnuplot, WIDTH);
    const PlotAxis x = {.from = track->steps[0].from_s, .to = plot_track_end(track)};
    const char *lines[] = {run->question, note_on_steps(gnuplot, track, run->start_epoch_s != 0)};
    double y = plot_panels_heading(&all, plot_run_title(gnuplot, run, track->deployment), lines, 2);
    const Panel *shown[PANELS];
    const size_t count = choose_panels(track, shown);
    for (size_t i = 0; i < count; i++) {
        const Panel *panel = shown[i];
        const PlotAxis axis = axis_of(track, panel);
        const char *title =
            panel->axis != MONEY
                ? panel->title
                : gnuplot_text(gnuplot, "%s: %s in all", panel->title,
                               human_usd(plot_track_most(track, PLOT_PEAK, PLOT_cost_usd), text));
        plot_panels_text(&all, left, y + 20, PLOT_LEFT, 1, true, PLOT_DARK, title);
        y += 35;
        tall = panel->axis == WHOLE ? 170 : 140; /* the legend of all states */
        plot_panels_add(&all, left, right, y, y + tall, x, axis, false);
        plot_panels_times(&all, x, run->start_epoch_s, i + 1 == count);
        if (panel->axis == LATENCY) {
            plot_panels_latencies(&all, axis, true);
        } else {
            plot_panels_amounts(&all, axis, 4.5, panel->axis == WHOLE,
                                panel->axis == MONEY ? "$" : "");
        }
        draw_panel(&all, panel, track, axis.to);
        y += tall + gap - 35;
    }
    if (!is_shown(track, shown[0])) {
        plot_panels_text(&all, (left + right) / 2, y - gap - tall / 2, PLOT_CENTRE, 1, false,
                         PLOT_GREY, "nothing happened: no request, no replica, no cost");
    }
    all.height += 20;
    return plot_panels_draw(&all, name);
}

/* Latencies ------------------------------------------------------------------------------------ */

static const char *const latency_colours[PLOT_LATENCY_COUNT] = {PLOT_BLUE, PLOT_SKY, PLOT_BROWN,
                                                                PLOT_ORANGE};

static void add_distributions(PlotPanels *all, const PlotDistribution *const of[], PlotAxis x,
                              double (*height)(double), double top) {
    for (size_t i = 0; i < PLOT_LATENCY_COUNT; i++) {
        if (of[i] != NULL) {
            plot_distribution_curve(all, of[i], x, height, top, latency_colours[i],
                                    i % 2 ? 1.7 : 2.6, 1 + i % 2, plot_latency_titles[i]);
        }
    }
}

static void tail_ticks(PlotPanels *all, double highest, bool whole) {
    static const struct {
        double share;
        const char *name;
        bool whole_only;
    } ticks[] = {{0, "0 %", true},           {0.5, "50 %", true},
                 {0.75, "75 %", true},       {0.9, "90 %", false},
                 {0.95, "95 %", false},      {0.99, "99 %", false},
                 {0.995, "99.5 %", false},   {0.999, "99.9 %", false},
                 {0.9999, "99.99 %", false}, {0.99999, "99.999 %", false}};
    for (size_t i = 0; i < sizeof ticks / sizeof ticks[0]; i++) {
        if ((whole || !ticks[i].whole_only) && plot_height_tail(ticks[i].share) <= highest) {
            plot_panels_tick(all, true, plot_height_tail(ticks[i].share), ticks[i].name);
        }
    }
}

/* The quantiles as a table at y. */
static void add_quantiles(PlotPanels *all, const PlotDistribution *const of[], double y) {
    static const struct {
        const char *name;
        double share;
    } heads[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}, {"slowest", 1}};
    const double first = 560, apart = 125;
    char text[HUMAN_TEXT];
    plot_panels_text(all, first - apart, y, PLOT_RIGHT, 1, false, PLOT_GREY, "requests");
    for (size_t k = 0; k < 5; k++) {
        plot_panels_text(all, first + (double)k * apart, y, PLOT_RIGHT, 1, false, PLOT_GREY,
                         heads[k].name);
    }
    plot_panels_text(all, first + 5 * apart, y, PLOT_RIGHT, 1, false, PLOT_GREY, "never");
    for (size_t i = 0; i < PLOT_LATENCY_COUNT; i++) {
        if (of[i] == NULL) {
            continue;
        }
        y += 26;
        plot_panels_text(all, 100, y, PLOT_LEFT, 1, true, latency_colours[i],
                         plot_latency_titles[i]);
        plot_panels_text(all, first - apart, y, PLOT_RIGHT, 1, false, PLOT_DARK,
                         human_count((uint64_t)of[i]->total, text));
        for (size_t k = 0; k < 5; k++) {
            const double share = heads[k].share;
            const double at = share < 1          ? plot_distribution_quantile(of[i], share)
                              : of[i]->count > 0 ? of[i]->buckets[of[i]->count - 1].upper_s
                                                 : INFINITY;
            plot_panels_text(all, first + (double)k * apart, y, PLOT_RIGHT, 1, false, PLOT_DARK,
                             human_seconds(at, text));
        }
        plot_panels_text(all, first + 5 * apart, y, PLOT_RIGHT, 1, false, PLOT_DARK,
                         human_share(of[i]->never / of[i]->total, text));
    }
}

/* Of the latencies that have buckets; `is_none`: no request got there. */
static PlotAxis axis_of_distributions(const PlotDistribution *const of[], size_t count,
                                      bool *is_none) {
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < count; i++) {
        if (of[i] != NULL && of[i]->count > 0) {
            least = fmin(least, of[i]->least_s);
            most = fmax(most, of[i]->buckets[of[i]->count - 1].upper_s);
        }
    }
    *is_none = !(most > 0);
    return *is_none ? plot_panels_latency_axis(0.1, 1) : plot_panels_latency_axis(least, most);
}

static bool draw_latencies(Gnuplot *gnuplot, const PlotRun *run, const PlotTrack *track,
                           const char *name) {
    const double left = 100, right = 1090, tall = 300;
    const PlotDistribution *of[PLOT_LATENCY_COUNT];
    bool any = false, is_none;
    double tail = 1;
    for (size_t i = 0; i < PLOT_LATENCY_COUNT; i++) {
        of[i] = plot_distributions_find(&run->distributions, track->deployment, (PlotLatency)i);
        any = any || of[i] != NULL;
        if (i % 2 == 1 && of[i] != NULL && of[i - 1] != NULL &&
            plot_distributions_equal(of[i], of[i - 1])) {
            of[i] = NULL; /* nobody waited to try again: one curve */
        }
        for (size_t k = 0; of[i] != NULL && k < of[i]->count; k++) {
            const double left_over = 1 - of[i]->buckets[k].share;
            tail = left_over > 1e-12 ? fmin(tail, left_over) : tail;
        }
    }
    if (!any) {
        return true;
    }
    PlotPanels all;
    plot_panels_begin(&all, gnuplot, WIDTH);
    const PlotAxis x = axis_of_distributions(of, PLOT_LATENCY_COUNT, &is_none);
    const double highest = tail > 1e-3 ? 3.1 : tail < 1e-5 ? 5.1 : 0.1 - log10(tail);
    const struct {
        const char *title;
        PlotAxis y;
        double (*height)(double);
    } halves[] = {{"Share of requests within a latency (log scale)",
                   {.from = 0, .to = 100.5},
                   plot_height_percent},
                  {"The slowest tenth", {.from = 1, .to = highest}, plot_height_tail}};
    const char *lines[] = {run->question,
                           "All requests that ended after the warm-up; a curve that ends below 100 "
                           "% leaves room for those that never got there"};
    double y = plot_panels_heading(&all, plot_run_title(gnuplot, run, track->deployment), lines, 2);
    for (size_t i = 0; i < (is_none ? 0 : 2); i++) {
        plot_panels_text(&all, left, y + 20, PLOT_LEFT, 1, true, PLOT_DARK, halves[i].title);
        y += 35;
        plot_panels_add(&all, left, right, y, y + tall, x, halves[i].y, false);
        plot_panels_latencies(&all, x, false);
        if (i == 0) {
            for (double share = 0; share <= 100; share += 25) {
                plot_panels_tick(&all, true, share, gnuplot_text(gnuplot, "%.0f %%", share));
            }
        } else {
            tail_ticks(&all, highest, false);
        }
        add_distributions(&all, of, x, halves[i].height, halves[i].y.to);
        y += tall + 40;
    }
    add_quantiles(&all, of, y + 20);
    return plot_panels_draw(&all, name);
}

/* "KIND-NAME", fit for a file. */
static const char *picture_name(Gnuplot *gnuplot, const PlotRun *run, const char *kind, size_t i) {
    char **names = memory_new(run->series.count, sizeof names[0]);
    for (size_t k = 0; k < run->series.count; k++) {
        names[k] = run->series.tracks[k].deployment;
    }
    const char *name = gnuplot_text(gnuplot, "%s-%s", kind,
                                    gnuplot_file_name(gnuplot, names, run->series.count, i));
    free(names);
    return name;
}

bool plot_run_draw(Gnuplot *gnuplot, const PlotRun *run) {
    bool ok = true;
    for (size_t i = 0; ok && i < run->series.count; i++) {
        const PlotTrack *track = &run->series.tracks[i];
        ok = draw_series(gnuplot, run, track, picture_name(gnuplot, run, "run", i)) &&
             draw_latencies(gnuplot, run, track, picture_name(gnuplot, run, "latency", i));
    }
    return ok;
}

/* Runs side by side ---------------------------------------------------------------------------- */

bool plot_table_read(PlotTable *table, const char *path, TextList *runs, TextList *deployments,
                     ErrorList *errors) {
    CsvReader reader;
    bool ok = csv_reader_open(&reader, path, errors);
    const size_t deployment = csv_reader_need(&reader, "deployment");
    const size_t metric = csv_reader_need(&reader, "metric");
    ok = ok && !reader.failed;
    for (size_t i = 2; ok && i < reader.header_count; i++) {
        text_list_place(runs, reader.header[i]);
    }
    while (ok && csv_reader_next(&reader)) {
        table->rows = memory_grow(table->rows, table->count, &table->room, sizeof table->rows[0]);
        struct PlotTableRow *row = &table->rows[table->count++];
        *row =
            (struct PlotTableRow){.deployment = memory_text(csv_reader_text(&reader, deployment)),
                                  .metric = memory_text(csv_reader_text(&reader, metric)),
                                  .values = memory_new(runs->count + 1, sizeof(double))};
        text_list_place(deployments, row->deployment);
        for (size_t i = 2; i < reader.header_count; i++) {
            row->values[i - 2] = csv_reader_number(&reader, i);
        }
    }
    return csv_reader_close(&reader) && ok;
}

void plot_table_clear(PlotTable *table) {
    for (size_t i = 0; i < table->count; i++) {
        free(table->rows[i].deployment);
        free(table->rows[i].metric);
        free(table->rows[i].values);
    }
    free(table->rows);
    *table = (PlotTable){0};
}

static double figure(const PlotTable *table, const char *deployment, const char *metric,
                     size_t run) {
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].metric, metric) == 0 &&
            strcmp(table->rows[i].deployment, deployment) == 0) {
            return table->rows[i].values[run];
        }
    }
    return NAN;
}

/* Bars: `share_of` divides, `also` is added. */
static const struct Bar {
    const char *title, *note, *metric, *also, *share_of;
    MetricUnit unit;
} bars[] = {{"Cost", "dark: on demand, light: reserved", "on_demand_usd", "reserved_usd", NULL,
             METRIC_UNIT_USD},
            {"TTFT p95", "retry wait included", "ttft_p95_s", NULL, NULL, METRIC_UNIT_SECONDS},
            {"E2E p95", "retry wait included", "e2e_p95_s", NULL, NULL, METRIC_UNIT_SECONDS},
            {"Given up", "share of requests", "given_up", NULL, "requests", METRIC_UNIT_SHARE}};
enum { BARS = sizeof bars / sizeof bars[0] };

typedef struct Sides {
    PlotPanels all;
    const char *deployment;
    const PlotRun *runs;
    size_t count;
    const PlotTable *table;
} Sides;

static const char *colour_of(size_t run) {
    static const char *const colours[] = {PLOT_BLUE, "#c77f00", "#303030", PLOT_SKY,
                                          "#b03a00", "#5f8f3f", "#b0569a", "#808080"};
    return colours[run % (sizeof colours / sizeof colours[0])];
}

static const char *short_name(const Sides *sides, size_t run, size_t most) {
    const char *name = sides->runs[run].column;
    size_t letters = 0, cut = 0;
    for (size_t i = 0; name[i] != '\0'; i++) {
        letters += ((unsigned char)name[i] & 0xC0) != 0x80;
        cut = letters < most ? i + 1 : cut;
    }
    return letters <= most ? name
                           : gnuplot_text(sides->all.gnuplot, "%.*s\xe2\x80\xa6", (int)cut, name);
}

static double bar_value(const Sides *sides, const struct Bar *bar, size_t run) {
    const double value = figure(sides->table, sides->deployment, bar->metric, run);
    if (bar->also != NULL) {
        const double also = figure(sides->table, sides->deployment, bar->also, run);
        return isnan(value) ? also : isnan(also) ? value : value + also;
    }
    return bar->share_of == NULL
               ? value
               : value / figure(sides->table, sides->deployment, bar->share_of, run);
}

/* Each bar with its value; those of what is nowhere or 0 everywhere are left out. */
static double add_bars(Sides *sides, double y) {
    PlotPanels *all = &sides->all;
    const double row = 30, tall = row * (double)sides->count;
    double left = 285;
    char text[HUMAN_TEXT];
    for (size_t r = 0; r < sides->count; r++) {
        plot_panels_text(all, left - 14, y + 45 + row * ((double)r + 0.5) + 5, PLOT_RIGHT, 1, true,
                         colour_of(r), short_name(sides, r, 28));
    }
    for (size_t b = 0; b < BARS; b++) {
        double most = 0;
        bool any = false;
        for (size_t r = 0; r < sides->count; r++) {
            const double value = bar_value(sides, &bars[b], r);
            most = isfinite(value) ? fmax(most, value) : most;
            any = any || value > 0;
        }
        if (!any) {
            continue;
        }
        const double scale = 165 / (most > 0 ? most : 1);
        plot_panels_text(all, left, y + 20, PLOT_LEFT, 1, true, PLOT_DARK, bars[b].title);
        plot_panels_text(all, left, y + 38, PLOT_LEFT, 0.85, false, PLOT_GREY, bars[b].note);
        plot_panels_add(all, left, left + 270, y + 45, y + 45 + tall,
                        (PlotAxis){.from = 0, .to = 270},
                        (PlotAxis){.from = (double)sides->count, .to = 0}, true);
        const char *table = plot_panels_curve(all, "box", b == 0 ? "#9cc4e4" : "#4a7fb0", 1, 1, "");
        const char *dark = plot_panels_curve(all, "box", PLOT_BLUE, 1, 1, "");
        for (size_t r = 0; r < sides->count; r++) {
            const double value = bar_value(sides, &bars[b], r);
            const double wide = isfinite(value) ? value * scale : 0;
            const double own = figure(sides->table, sides->deployment, bars[b].metric, r) * scale;
            if (wide > 0) {
                gnuplot_row(all->gnuplot, table, "nnnn", 0.0, wide, (double)r + 0.17,
                            (double)r + 0.83);
            }
            if (bars[b].also != NULL && own > 0) {
                gnuplot_row(all->gnuplot, dark, "nnnn", 0.0, own, (double)r + 0.17,
                            (double)r + 0.83);
            }
            plot_panels_text(all, left + wide + 8, y + 45 + row * ((double)r + 0.5) + 5, PLOT_LEFT,
                             1, false, PLOT_DARK,
                             isnan(value)   ? "\xe2\x80\x93"
                             : isinf(value) ? "never"
                                            : human_value(bars[b].unit, value, text));
        }
        plot_panels_curve_end(all, table);
        plot_panels_curve_end(all, dark);
        left += 280;
    }
    return y + 45 + tall;
}

static void add_strip(PlotPanels *all, const PlotTrack *track, double top, double tall, PlotAxis x,
                      PlotAxis y, const PlotRun *run, bool last, const Curve curves[], size_t count,
                      bool whole) {
    plot_panels_add(all, 285, 1370, top, top + tall, x, y, false);
    plot_panels_times(all, x, run->start_epoch_s, last);
    plot_panels_amounts(all, y, tall < 70 ? 2 : 3.2, whole, "");
    for (size_t i = 0; track != NULL && i < count; i++) {
        if (plot_track_most(track, curves[i].take, curves[i].column) > 0) {
            const char *table =
                plot_panels_curve(all, curves[i].style, curves[i].colour, 1.6, 1, "");
            put_steps(all, table, track, curves[i].take, curves[i].column);
            plot_panels_curve_end(all, table);
        }
    }
}

/* The arrivals, and below them a strip for each run's replicas, all on one scale. */
static double add_strips(Sides *sides, double y) {
    PlotPanels *all = &sides->all;
    PlotAxis x = {.from = INFINITY, .to = -INFINITY};
    double most = 0, arrivals = 0;
    for (size_t r = 0; r < sides->count; r++) {
        const PlotTrack *track = plot_series_find(&sides->runs[r].series, sides->deployment);
        if (track != NULL && track->count > 0) {
            x.from = fmin(x.from, track->steps[0].from_s);
            x.to = fmax(x.to, plot_track_end(track));
            most = fmax(most, plot_track_most(track, PLOT_STACK, PLOT_replicas_pending_scheduling));
            arrivals = fmax(arrivals, plot_track_most(track, PLOT_PEAK, PLOT_arrivals));
        }
    }
    if (!(x.to > x.from)) {
        return y;
    }
    const double tall = fmax(44, fmin(110, 440 / (double)sides->count)), gap = 14;
    if (arrivals > 0) {
        const Curve curves[] = {PEAK(arrivals, "#e2e2e2", ""),
                                {"fill", PLOT_MEAN, PLOT_arrivals, "#bdbdbd", 1, 1, ""}};
        plot_panels_text(all, 245, y + 55, PLOT_RIGHT, 1, true, PLOT_DARK, "Arrivals per second");
        plot_panels_text(all, 245, y + 75, PLOT_RIGHT, 0.85, false, PLOT_GREY, "light: peaks");
        add_strip(all, plot_series_find(&sides->runs[0].series, sides->deployment), y + 20, 80, x,
                  plot_panels_amount_axis(arrivals), sides->runs, false, curves, 2, false);
        y += 20 + 80 + gap;
    }
    plot_panels_text(all, 285, y + 20, PLOT_LEFT, 1, true, PLOT_DARK, "Replicas");
    plot_panels_text(all, 365, y + 20, PLOT_LEFT, 0.85, false, PLOT_GREY,
                     "serving; above them, light, those that start or drain; all on one scale");
    y += 32;
    for (size_t r = 0; r < sides->count; r++) {
        const Curve curves[] = {
            {"fill", PLOT_STACK, PLOT_replicas_pending_scheduling, "#f0c36d", 1, 1, ""},
            {"fill", PLOT_STACK, PLOT_replicas_serving, colour_of(r), 1, 1, ""}};
        plot_panels_text(all, 245, y + tall / 2 + 5, PLOT_RIGHT, 1, true, colour_of(r),
                         short_name(sides, r, 26));
        add_strip(all, plot_series_find(&sides->runs[r].series, sides->deployment), y, tall, x,
                  plot_panels_amount_axis(most), &sides->runs[r], r + 1 == sides->count, curves, 2,
                  true);
        y += tall + gap;
    }
    return y + 20;
}

static double add_curves(Sides *sides, double y) {
    static const struct {
        PlotLatency latency;
        const char *title;
        double left, right;
    } halves[] = {{PLOT_LATENCY_ttft,
                   "TTFT, retry wait included (log scale): share of requests within", 110, 560},
                  {PLOT_LATENCY_e2e, "E2E, retry wait included (log scale)", 660, 1110}};
    const double tall = 330;
    PlotPanels *all = &sides->all;
    const PlotDistribution **of = memory_new(sides->count, sizeof of[0]);
    bool drawn = false;
    for (size_t m = 0; m < 2; m++) {
        bool is_none;
        for (size_t r = 0; r < sides->count; r++) {
            const PlotTrack *track = plot_series_find(&sides->runs[r].series, sides->deployment);
            of[r] = track != NULL ? plot_distributions_find(&sides->runs[r].distributions,
                                                            track->deployment, halves[m].latency)
                                  : NULL;
        }
        const PlotAxis x = axis_of_distributions(of, sides->count, &is_none);
        if (is_none) {
            continue;
        }
        drawn = true;
        plot_panels_text(all, halves[m].left, y + 25, PLOT_LEFT, 1, true, PLOT_DARK,
                         halves[m].title);
        plot_panels_add(all, halves[m].left, halves[m].right, y + 40, y + 40 + tall, x,
                        (PlotAxis){.from = 0, .to = 3.3}, false);
        plot_panels_latencies(all, x, false);
        tail_ticks(all, 3.3, true);
        for (size_t r = 0; r < sides->count; r++) {
            if (of[r] != NULL) {
                plot_distribution_curve(all, of[r], x, plot_height_tail, 3.3, colour_of(r), 2,
                                        1 + (r + r / 8) % 4,
                                        m == 1 ? short_name(sides, r, 26) : "");
            }
        }
    }
    free(of);
    return drawn ? y + 40 + tall : y;
}

bool plot_runs_draw(Gnuplot *gnuplot, const char *name, const char *deployment, const char *title,
                    const PlotRun runs[], size_t count, const PlotTable *table) {
    Sides sides = {.deployment = deployment, .runs = runs, .count = count, .table = table};
    plot_panels_begin(&sides.all, gnuplot, WIDTH);
    const char *lines[] = {runs[0].question,
                           gnuplot_text(gnuplot, "%zu %s side by side%s", count,
                                        count == 1 ? "run" : "runs",
                                        runs[0].start_epoch_s != 0 ? "; time is UTC" : "")};
    double y = plot_panels_heading(&sides.all, title, lines, 2);
    y = add_bars(&sides, y);
    y = add_strips(&sides, y + 15);
    add_curves(&sides, y + 15);
    sides.all.height += 15;
    return plot_panels_draw(&sides.all, name);
}
