// SPDX-License-Identifier: GPL-3.0-or-later
/* The pictures of runs: what happened over time, the distributions of latency; runs side by side,
 * and their differences with their intervals. */
#include "output/pictures.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "base/text.h"
#include "output/gnuplot.h"
#include "output/manifest.h"
#include "output/plot_front.h"
#include "output/plot_run.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Runs ----------------------------------------------------------------------------------------- */

static bool draw_run_of(Gnuplot *gnuplot, const PlotRun *run) {
    return run->series.count > 0
               ? plot_run_draw(gnuplot, run)
               : error_in_file(gnuplot->errors, gnuplot->directory, "no rows in timeseries.csv",
                               NULL, "nothing to draw");
}

static bool draw_run(Gnuplot *gnuplot) {
    PlotRun run;
    const bool ok =
        plot_run_read(&run, gnuplot, gnuplot->directory, "") && draw_run_of(gnuplot, &run);
    plot_run_clear(&run);
    return ok;
}

/* Differences ---------------------------------------------------------------------------------- */

enum { PANELS_MOST = 6 };

typedef enum Class { CLASS_NONE_SHOWN, CLASS_BETTER, CLASS_WORSE } Class;

typedef struct Difference {
    const MetricRow *metric;
    size_t run; /* 0 is the baseline */
    double mean;
    PlotEstimate difference;
    bool none_shown;
} Difference;

typedef struct Differences {
    TextList runs; /* in order; the first is the baseline */
    Difference *rows;
    size_t count, room;
    PlotReplications replications; /* of what applies in any */
    bool have_intervals;
} Differences;

/* What the verdict says counts, for it knows of the other metrics too (Holm); where it says
 * nothing, an interval that holds 0 shows nothing, and neither does one replication, which has
 * none. */
static bool shows_nothing(const char *verdict, PlotEstimate difference) {
    if (*verdict != '\0') {
        return strstr(verdict, "no difference") != NULL || strstr(verdict, "equal") != NULL;
    }
    return !(difference.low > 0 || difference.high < 0);
}

static const char *field(const CsvReader *reader, const char *name) {
    return csv_reader_text(reader, csv_reader_find(reader, name));
}

static void take_difference(Differences *all, CsvReader *reader) {
    const size_t run = text_list_place(&all->runs, field(reader, "run"));
    const MetricRow *metric = metric_find(field(reader, "metric"));
    if (metric == NULL || metric->shown[METRIC_PICTURES] == 0) {
        return;
    }
    Difference row = {.metric = metric,
                      .run = run,
                      .mean = csv_reader_number(reader, csv_reader_find(reader, "mean")),
                      .difference = plot_estimate(reader, "difference")};
    row.none_shown = shows_nothing(field(reader, "verdict"), row.difference);
    const double replications = csv_reader_number(reader, csv_reader_find(reader, "replications"));
    plot_replications_take(&all->replications, replications);
    all->have_intervals =
        all->have_intervals || (replications > 0 && row.difference.high > row.difference.low);
    all->rows = memory_grow(all->rows, all->count, &all->room, sizeof all->rows[0]);
    all->rows[all->count++] = row;
}

static bool read_differences(Differences *all, const char *path, const char *deployment,
                             ErrorList *errors) {
    static const char *const needed[] = {
        "metric", "run", "difference", "difference_low", "difference_high", "deployment"};
    CsvReader reader;
    bool ok = csv_reader_open(&reader, path, errors);
    for (size_t i = 0; ok && i < sizeof needed / sizeof needed[0]; i++) {
        ok = csv_reader_need(&reader, needed[i]) != CSV_READER_ABSENT;
    }
    while (ok && csv_reader_next(&reader)) {
        if (strcmp(field(&reader, "deployment"), deployment) == 0) {
            take_difference(all, &reader);
        }
    }
    return csv_reader_close(&reader) && ok;
}

/* The largest size of a difference or an end of its interval, but not above `most`; NAN if the
 * metric has none. */
static double extent(const Differences *all, const MetricRow *metric, double most) {
    double largest = NAN;
    for (size_t i = 0; i < all->count; i++) {
        const PlotEstimate *row = &all->rows[i].difference;
        const double sizes[] = {fabs(row->mean), fabs(row->low), fabs(row->high)};
        for (size_t k = 0; all->rows[i].metric == metric && k < 3; k++) {
            largest = sizes[k] <= most ? fmax(largest, sizes[k]) : largest;
        }
    }
    return largest;
}

/* The first of those for pictures of which there is a difference to see. */
static size_t choose_metrics(const Differences *all, const MetricRow *chosen[PANELS_MOST]) {
    size_t count = 0, metrics;
    const MetricRow **rows = metric_view(METRIC_PICTURES, &metrics);
    for (size_t i = 0; i < metrics && count < PANELS_MOST; i++) {
        if (extent(all, rows[i], INFINITY) > 0) {
            chosen[count++] = rows[i];
        }
    }
    free(rows);
    return count;
}

static size_t class_of(const Difference *row) {
    if (row->none_shown || row->difference.mean == 0) {
        return CLASS_NONE_SHOWN;
    }
    return (row->difference.mean > 0) == (row->metric->better == METRIC_HIGHER) ? CLASS_BETTER
                                                                                : CLASS_WORSE;
}

static void write_difference(Gnuplot *gnuplot, const Difference *row, size_t panel, double factor) {
    const PlotEstimate *difference = &row->difference;
    char text[HUMAN_ESTIMATE_TEXT];
    plot_estimate_text(row->metric, HUMAN_ESTIMATE_DIFFERENCE, *difference, text);
    gnuplot_row(gnuplot, "rows", "ccnnnct", panel, row->run, difference->mean * factor,
                difference->low * factor, difference->high * factor, class_of(row),
                !isnan(difference->mean) ? text
                : isinf(row->mean)       ? "never in both"
                                         : "does not apply");
}

/* Tables for differences.gp: panels (title, unit), runs (labels), rows (panel, run, difference,
 * low, high, class, text). */
static void write_differences(const Differences *all, Gnuplot *gnuplot,
                              const MetricRow *const chosen[], size_t panels) {
    for (size_t i = 0; i < all->runs.count; i++) {
        gnuplot_row(gnuplot, "runs", "t", all->runs.items[i]);
    }
    gnuplot_row(gnuplot, "rows", NULL);
    for (size_t p = 0; p < panels; p++) {
        PlotScale scale = plot_scale_empty;
        plot_scale_take(&scale, extent(all, chosen[p], DBL_MAX));
        plot_scale_end(&scale, chosen[p]);
        gnuplot_row(gnuplot, "panels", "Tt", chosen[p]->title,
                    chosen[p]->unit == METRIC_UNIT_SHARE ? "percentage points" : scale.unit);
        for (size_t i = 0; i < all->count; i++) {
            if (all->rows[i].metric == chosen[p] && all->rows[i].run > 0) {
                write_difference(gnuplot, &all->rows[i], p + 1, scale.factor);
            }
        }
    }
}

/* Draws plots/NAME for a deployment. A directory without statistics.csv, or with one run only, has
 * no such picture, and that is well. */
static bool draw_differences(Gnuplot *gnuplot, const char *name, const char *deployment,
                             const char *title) {
    const char *path = gnuplot_text(gnuplot, "%s/statistics.csv", gnuplot->directory);
    if (access(path, F_OK) != 0) {
        return true;
    }
    Differences all = {0};
    const MetricRow *chosen[PANELS_MOST];
    bool ok = read_differences(&all, path, deployment, gnuplot->errors);
    const size_t panels = ok && all.runs.count > 1 ? choose_metrics(&all, chosen) : 0;
    if (panels > 0) {
        const char *note = all.replications.most == 1 && all.have_intervals
                               ? "one replication, with intervals over its days"
                               : plot_replications_text(gnuplot, &all.replications);
        write_differences(&all, gnuplot, chosen, panels);
        ok = gnuplot_draw(gnuplot, name, "differences.gp", gnuplot->data,
                          (const char *[]){title, note, NULL});
    }
    text_list_clear(&all.runs);
    free(all.rows);
    return ok;
}

/* Comparisons, and any directory ----------------------------------------------------------------
 */

typedef bool Draw(Gnuplot *gnuplot);

static bool draw_directory(Draw *kind, const char *directory, const char *scripts_directory,
                           const char *format, ErrorList *errors) {
    Gnuplot gnuplot;
    const bool ok =
        gnuplot_begin(&gnuplot, directory, scripts_directory, format, errors) && kind(&gnuplot);
    gnuplot_end(&gnuplot);
    return ok;
}

/* Whether there are any, and all could be read. */
static bool read_runs(Gnuplot *gnuplot, const TextList *names, PlotRun runs[]) {
    bool ok = names->count > 0 ||
              error_in_file(gnuplot->errors, "comparison.csv", "no column of a run", NULL, NULL);
    for (size_t i = 0; ok && i < names->count; i++) {
        ok = plot_run_read(&runs[i], gnuplot,
                           gnuplot_text(gnuplot, "%s/%s", gnuplot->directory, names->items[i]),
                           names->items[i]);
    }
    return ok;
}

static bool draw_comparison(Gnuplot *gnuplot) {
    TextList names = {0}, deployments = {0};
    PlotTable table = {0};
    bool ok =
        plot_table_read(&table, gnuplot_text(gnuplot, "%s/comparison.csv", gnuplot->directory),
                        &names, &deployments, gnuplot->errors);
    PlotRun *runs = memory_new(names.count + 1, sizeof runs[0]);
    ok = ok && read_runs(gnuplot, &names, runs);
    for (size_t i = 0; ok && i < deployments.count; i++) {
        const char *deployment = deployments.items[i];
        const char *file = gnuplot_file_name(gnuplot, deployments.items, deployments.count, i);
        const char *title = plot_title(gnuplot, runs[0].name, deployment);
        ok = plot_runs_draw(gnuplot, gnuplot_text(gnuplot, "comparison-%s", file), deployment,
                            title, runs, names.count, &table) &&
             draw_differences(gnuplot, gnuplot_text(gnuplot, "differences-%s", file), deployment,
                              title);
    }
    for (size_t i = 0; ok && i < names.count; i++) {
        Gnuplot inner;
        ok = gnuplot_begin(&inner,
                           gnuplot_text(gnuplot, "%s/%s", gnuplot->directory, names.items[i]),
                           gnuplot->scripts, gnuplot->format, gnuplot->errors) &&
             draw_run_of(&inner, &runs[i]);
        gnuplot_end(&inner);
    }
    for (size_t i = 0; i < names.count; i++) {
        plot_run_clear(&runs[i]);
    }
    free(runs);
    plot_table_clear(&table);
    text_list_clear(&names);
    text_list_clear(&deployments);
    return ok;
}

bool pictures_draw(const char *directory, const char *scripts_directory, const char *format,
                   ErrorList *errors) {
    static Draw *const draws[OUTPUT_KINDS] = {[OUTPUT_NOTHING] = draw_run,
                                              [OUTPUT_RUN] = draw_run,
                                              [OUTPUT_COMPARISON] = draw_comparison,
                                              [OUTPUT_SWEEP] = plot_sweep_draw,
                                              [OUTPUT_SEARCH] = plot_search_draw};
    return draw_directory(draws[run_directory_kind(directory)], directory, scripts_directory,
                          format, errors);
}

/* The data of a trace is ours as it is: nothing in it needs a copy. */
bool pictures_draw_trace(const char *directory, const char *scripts_directory, const char *format,
                         const char *title, int64_t start_epoch_s, ErrorList *errors) {
    Gnuplot gnuplot;
    bool ok = gnuplot_begin(&gnuplot, directory, scripts_directory, format, errors);
    const char *start_s = gnuplot_text(&gnuplot, "%" PRId64, start_epoch_s);
    ok = ok && gnuplot_draw(&gnuplot, "trace", "trace.gp", gnuplot.directory,
                            (const char *[]){plot_last_part(&gnuplot, title), start_s, NULL});
    gnuplot_end(&gnuplot);
    return ok;
}
