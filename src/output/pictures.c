// SPDX-License-Identifier: GPL-3.0-or-later
/* The pictures of runs: what happened over time, the distributions of latency; runs side by side,
 * and their differences with their intervals. In the copies of their CSV, each deployment is called
 * by its number ("d1", "d2", ...), each run by a name without commas and quotes. */
#include "output/pictures.h"

#include "base/csv_reader.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "output/gnuplot.h"
#include "output/manifest.h"
#include "output/plot_front.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is copied for a picture. */
typedef struct Data {
    Gnuplot *gnuplot;
    TextList deployments; /* d1 is the first */
    TextList runs;        /* of a comparison */
} Data;

static void clear(Data *data) {
    text_list_clear(&data->deployments);
    text_list_clear(&data->runs);
}

/* Copies --------------------------------------------------------------------------------------- */

/* A field, or a run's folder, as gnuplot can read it. Owned by the caller. */
static char *plain_text(const char *text) {
    char *plain = memory_text(text);
    for (char *p = plain; *p != '\0'; p++) {
        *p = *p == ',' ? ';' : *p == '"' ? '\'' : *p == '/' || (unsigned char)*p < ' ' ? '_' : *p;
    }
    return plain;
}

/* The fields of a row, or the header; deployment is the column that gets `name`. */
static void put_row(FILE *to, const CsvReader *reader, bool is_header, size_t deployment,
                    const char *name) {
    for (size_t i = 0; i < reader->header_count; i++) {
        char *plain = plain_text(i == deployment ? name
                                 : is_header     ? reader->header[i]
                                                 : csv_reader_text(reader, i));
        fprintf(to, "%s%s", i > 0 ? "," : "", plain);
        free(plain);
    }
    fputc('\n', to);
}

/* A curve of a distribution begins with nothing at the lower bound of its first bucket. */
static void put_curve(FILE *to, const CsvReader *reader, const char *name, char **curve) {
    const char *lower = csv_reader_text(reader, csv_reader_find(reader, "lower_s"));
    char *own =
        memory_format("%s,%s", name, csv_reader_text(reader, csv_reader_find(reader, "metric")));
    if (*curve == NULL || strcmp(*curve, own) != 0) {
        fprintf(to, "%s,%s,%s,0,0\n", own, lower, lower);
    }
    free(*curve);
    *curve = own;
}

static void put_rows(FILE *to, CsvReader *reader, TextList *deployments, bool are_curves) {
    const size_t deployment = csv_reader_find(reader, "deployment");
    char name[32], *curve = NULL;
    put_row(to, reader, true, deployment, "deployment");
    while (csv_reader_next(reader)) {
        const size_t place = text_list_place(deployments, csv_reader_text(reader, deployment));
        snprintf(name, sizeof name, "d%zu", place + 1);
        if (are_curves) {
            put_curve(to, reader, name, &curve);
        }
        put_row(to, reader, false, deployment, name);
    }
    free(curve);
}

/* FOLDER/NAME as COPY/NAME; the columns of a comparison are runs. */
static bool copy(Data *data, const char *folder, const char *copies, const char *name) {
    const char *from = gnuplot_text(data->gnuplot, "%s/%s", folder, name);
    const char *to = gnuplot_text(data->gnuplot, "%s/%s", copies, name);
    ErrorList *errors = data->gnuplot->errors;
    CsvReader reader;
    csv_reader_open(&reader, from, errors);
    const bool ok = csv_reader_need(&reader, "deployment") != CSV_READER_ABSENT;
    const bool is_comparison = strcmp(name, "comparison.csv") == 0;
    for (size_t i = 2; is_comparison && i < reader.header_count; i++) {
        text_list_place(&data->runs, reader.header[i]);
    }
    FILE *stream = ok ? fopen(to, "wb") : NULL;
    bool written = false;
    if (stream != NULL) {
        put_rows(stream, &reader, &data->deployments, strcmp(name, "latency_histogram.csv") == 0);
        written = !ferror(stream);
        written = fclose(stream) == 0 && written;
    }
    return csv_reader_close(&reader) && (written || error_unwritable(errors, to, errno, NULL));
}

static bool copy_run(Data *data, const char *folder, const char *copies) {
    return copy(data, folder, copies, "timeseries.csv") &&
           copy(data, folder, copies, "latency_histogram.csv");
}

/* What scenario.json says of the run, if it is there: "NAME" or "NAME, FOLDER", and its beginning
 * in seconds since 1970 ("0" if it does not say). */
static const char *read_scenario(Gnuplot *gnuplot, const char *folder, const char **start_s) {
    ErrorList ignored = {0};
    cJSON *scenario = json_load(gnuplot_text(gnuplot, "%s/scenario.json", folder), &ignored);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, "name"));
    const char *begin = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, "start"));
    const char *title = plot_last_part(gnuplot, folder);
    int64_t epoch_s = 0;
    int32_t nanoseconds;
    if (begin == NULL || !sim_time_parse_calendar(begin, &epoch_s, &nanoseconds)) {
        epoch_s = 0;
    }
    *start_s = gnuplot_text(gnuplot, "%" PRId64, epoch_s);
    if (name != NULL && *name != '\0') {
        const bool both = *title != '\0' && strcmp(name, title) != 0;
        title = gnuplot_text(gnuplot, "%s%s%s", name, both ? ", " : "", both ? title : "");
    }
    cJSON_Delete(scenario);
    error_list_clear(&ignored);
    return title;
}

/* "KIND-NAME", fit for a file. */
static const char *picture_name(const Data *data, const char *kind, size_t deployment) {
    const TextList *names = &data->deployments;
    return gnuplot_text(data->gnuplot, "%s-%s", kind,
                        gnuplot_file_name(data->gnuplot, names->items, names->count, deployment));
}

/* Draws plots/KIND-NAME of a deployment from what is at `input` among the copies. */
static bool draw(const Data *data, size_t deployment, const char *kind, const char *script,
                 const char *input, const char *title, const char *start_s) {
    Gnuplot *gnuplot = data->gnuplot;
    const char *key = gnuplot_text(gnuplot, "d%zu", deployment + 1);
    return gnuplot_draw(gnuplot, picture_name(data, kind, deployment), script,
                        gnuplot_text(gnuplot, "%s%s", gnuplot->data, input),
                        (const char *[]){key, title, start_s, NULL});
}

/* Runs ----------------------------------------------------------------------------------------- */

static bool draw_run(Gnuplot *gnuplot) {
    Data data = {.gnuplot = gnuplot};
    bool ok = copy_run(&data, gnuplot->directory, gnuplot->data);
    if (ok && data.deployments.count == 0) {
        ok = error_in_file(gnuplot->errors, gnuplot->directory, "no rows in timeseries.csv", NULL,
                           "nothing to draw");
    }
    const char *start_s, *run = read_scenario(gnuplot, gnuplot->directory, &start_s);
    for (size_t i = 0; ok && i < data.deployments.count; i++) {
        const char *title = plot_title(gnuplot, data.deployments.items[i], run);
        ok = draw(&data, i, "run", "run.gp", "/timeseries.csv", title, start_s) &&
             draw(&data, i, "latency", "cdf.gp", "/latency_histogram.csv", title, start_s);
    }
    clear(&data);
    return ok;
}

/* Differences ---------------------------------------------------------------------------------- */

enum { PANELS_MOST = 6, METRICS_ALWAYS = 4 };

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

/* The first four of those for pictures where they apply, then those of which there is a difference
 * to see. */
static size_t choose_metrics(const Differences *all, const MetricRow *chosen[PANELS_MOST]) {
    size_t count = 0, metrics;
    const MetricRow **rows = metric_view(METRIC_PICTURES, &metrics);
    for (size_t i = 0; i < metrics && count < PANELS_MOST; i++) {
        const double largest = extent(all, rows[i], INFINITY);
        if (largest > 0 || (i < METRICS_ALWAYS && !isnan(largest))) {
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

/* The runs' data, each in a folder of its own in the copy. */
static bool copy_runs(Data *data) {
    Gnuplot *gnuplot = data->gnuplot;
    bool ok = data->runs.count > 0 ||
              error_in_file(gnuplot->errors, "comparison.csv", "no column of a run", NULL, NULL);
    for (size_t i = 0; ok && i < data->runs.count; i++) {
        const char *name = data->runs.items[i];
        char *plain = plain_text(name);
        const char *to = gnuplot_text(gnuplot, "%s/%s", gnuplot->data, plain);
        ok = gnuplot_make_folder(to, gnuplot->errors) &&
             copy_run(data, gnuplot_text(gnuplot, "%s/%s", gnuplot->directory, name), to);
        free(plain);
    }
    return ok;
}

static bool draw_comparison(Gnuplot *gnuplot) {
    Data data = {.gnuplot = gnuplot};
    bool ok = copy(&data, gnuplot->directory, gnuplot->data, "comparison.csv");
    const size_t deployments = data.deployments.count; /* the runs' own may be called otherwise */
    ok = ok && copy_runs(&data);
    const char *part = plot_last_part(gnuplot, gnuplot->directory), *start_s;
    for (size_t i = 0; ok && i < deployments; i++) {
        const char *name = data.deployments.items[i], *title = plot_title(gnuplot, name, part);
        read_scenario(gnuplot,
                      gnuplot_text(gnuplot, "%s/%s", gnuplot->directory, data.runs.items[0]),
                      &start_s);
        ok = draw(&data, i, "comparison", "comparison.gp", "", title, start_s) &&
             draw_differences(gnuplot, picture_name(&data, "differences", i), name, title);
    }
    for (size_t i = 0; ok && i < data.runs.count; i++) {
        ok = draw_directory(draw_run,
                            gnuplot_text(gnuplot, "%s/%s", gnuplot->directory, data.runs.items[i]),
                            gnuplot->scripts, gnuplot->format, gnuplot->errors);
    }
    clear(&data);
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
