// SPDX-License-Identifier: GPL-3.0-or-later
/* The pictures of runs: what happened over time, the distributions of latency; runs side by side,
 * and their differences with their intervals. In the copies of their CSV, each deployment is called
 * by its number ("d1", "d2", ...), each run by a name without commas and quotes. */
#include "output/pictures.h"

#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "output/gnuplot.h"
#include "output/plot_data.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Data {
    Gnuplot gnuplot;
    PlotNames deployments; /* d1 is the first */
    PlotNames runs;        /* of a comparison */
} Data;

static void end(Data *data) {
    plot_names_clear(&data->deployments);
    plot_names_clear(&data->runs);
    gnuplot_end(&data->gnuplot);
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

static void put_rows(FILE *to, CsvReader *reader, PlotNames *deployments, bool are_curves) {
    const size_t deployment = csv_reader_find(reader, "deployment");
    char name[32], *curve = NULL;
    put_row(to, reader, true, deployment, "deployment");
    while (csv_reader_next(reader)) {
        const size_t place = plot_names_place(deployments, csv_reader_text(reader, deployment));
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
    ErrorList *errors = data->gnuplot.errors;
    char *from = gnuplot_path(folder, name), *to = gnuplot_path(copies, name);
    CsvReader reader;
    bool ok = csv_reader_open(&reader, from, errors) &&
              csv_reader_need(&reader, "deployment") != CSV_READER_ABSENT;
    const bool is_comparison = strcmp(name, "comparison.csv") == 0;
    for (size_t i = 2; ok && is_comparison && i < reader.header_count; i++) {
        plot_names_place(&data->runs, reader.header[i]);
    }
    FILE *stream = ok ? fopen(to, "wb") : NULL;
    if (stream != NULL) {
        put_rows(stream, &reader, &data->deployments, strcmp(name, "latency_histogram.csv") == 0);
        ok = !ferror(stream);
        ok = fclose(stream) == 0 && ok;
        stream = ok ? stream : NULL;
    }
    if (csv_reader_close(&reader) && stream == NULL) {
        error_unwritable(errors, to, errno, NULL);
    }
    free(from);
    free(to);
    return ok && stream != NULL;
}

static bool copy_run(Data *data, const char *folder, const char *copies) {
    return copy(data, folder, copies, "timeseries.csv") &&
           copy(data, folder, copies, "latency_histogram.csv");
}

/* What scenario.json says of the run, if it is there: "NAME" or "NAME, FOLDER", and its beginning
 * in seconds since 1970 ("0" if it does not say). Both owned by the caller. */
static void read_scenario(const char *folder, char **title, char **start_s) {
    char *path = gnuplot_path(folder, "scenario.json");
    ErrorList ignored = {0};
    cJSON *scenario = json_load(path, &ignored);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, "name"));
    const char *begin = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, "start"));
    char *part = plot_last_part(folder);
    const bool both = name && *name && *part && strcmp(name, part) != 0;
    int64_t epoch_s = 0;
    int32_t nanoseconds;
    if (begin == NULL || !sim_time_parse_calendar(begin, &epoch_s, &nanoseconds)) {
        epoch_s = 0;
    }
    *title = both ? memory_format("%s, %s", name, part) : memory_text(name && *name ? name : part);
    *start_s = memory_format("%" PRId64, epoch_s);
    free(part);
    cJSON_Delete(scenario);
    error_list_clear(&ignored);
    free(path);
}

/* Draws plots/KIND-NAME of a deployment from what is at `input` among the copies. */
static bool draw(const Data *data, size_t deployment, const char *kind, const char *script,
                 const char *input, const char *title, const char *start_s) {
    const PlotNames *names = &data->deployments;
    char *fit = gnuplot_file_name(names->items, names->count, deployment);
    char *name = memory_format("%s-%s", kind, fit);
    char *path = memory_format("%s%s", data->gnuplot.data, input);
    char *key = memory_format("d%zu", deployment + 1);
    const bool ok = gnuplot_draw(&data->gnuplot, name, script, path,
                                 (const char *[]){key, title, start_s, NULL});
    free(key);
    free(path);
    free(name);
    free(fit);
    return ok;
}

/* Runs ----------------------------------------------------------------------------------------- */

bool pictures_draw_run(const char *directory, const char *scripts_directory, ErrorList *errors) {
    Data data = {0};
    bool ok = gnuplot_begin(&data.gnuplot, directory, scripts_directory, errors) &&
              copy_run(&data, data.gnuplot.directory, data.gnuplot.data);
    if (ok && data.deployments.count == 0) {
        ok = error_in_file(errors, directory, "no rows in timeseries.csv", NULL, "nothing to draw");
    }
    char *run = NULL, *start_s = NULL;
    if (ok) {
        read_scenario(data.gnuplot.directory, &run, &start_s);
    }
    for (size_t i = 0; ok && i < data.deployments.count; i++) {
        char *title = plot_title(data.deployments.items[i], run);
        ok = draw(&data, i, "run", "run.gp", "/timeseries.csv", title, start_s) &&
             draw(&data, i, "latency", "cdf.gp", "/latency_histogram.csv", title, start_s);
        free(title);
    }
    free(run);
    free(start_s);
    end(&data);
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
    PlotNames runs; /* in order; the first is the baseline */
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
    const size_t run = plot_names_place(&all->runs, field(reader, "run"));
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

static void write_difference(GnuplotTable *table, const Difference *row, size_t panel,
                             double factor) {
    const PlotEstimate *difference = &row->difference;
    char text[HUMAN_ESTIMATE_TEXT];
    plot_estimate_text(row->metric, HUMAN_ESTIMATE_DIFFERENCE, *difference, text);
    gnuplot_row(table, "ccnnnct", panel, row->run, difference->mean * factor,
                difference->low * factor, difference->high * factor, class_of(row),
                !isnan(difference->mean) ? text
                : isinf(row->mean)       ? "never in both"
                                         : "does not apply");
}

/* Tables for differences.gp: panels (title, unit), runs (labels), rows (panel, run, difference,
 * low, high, class, text). */
static bool write_differences(const Differences *all, const Gnuplot *gnuplot,
                              const MetricRow *const chosen[], size_t panels) {
    GnuplotTable runs, titles, rows;
    gnuplot_table_open(&runs, gnuplot, "runs");
    gnuplot_table_open(&titles, gnuplot, "panels");
    gnuplot_table_open(&rows, gnuplot, "rows");
    for (size_t i = 0; i < all->runs.count; i++) {
        gnuplot_row(&runs, "t", all->runs.items[i]);
    }
    for (size_t p = 0; p < panels; p++) {
        PlotScale scale = plot_scale_empty;
        plot_scale_take(&scale, extent(all, chosen[p], DBL_MAX));
        plot_scale_end(&scale, chosen[p]);
        gnuplot_row(&titles, "Tt", chosen[p]->title,
                    chosen[p]->unit == METRIC_UNIT_SHARE ? "percentage points" : scale.unit);
        for (size_t i = 0; i < all->count; i++) {
            if (all->rows[i].metric == chosen[p] && all->rows[i].run > 0) {
                write_difference(&rows, &all->rows[i], p + 1, scale.factor);
            }
        }
    }
    bool ok = gnuplot_table_close(&runs);
    ok = gnuplot_table_close(&titles) && ok;
    return gnuplot_table_close(&rows) && ok;
}

/* Draws plots/NAME for a deployment. A directory without statistics.csv, or with one run only, has
 * no such picture, and that is well. */
static bool draw_differences(const Gnuplot *gnuplot, const char *name, const char *deployment,
                             const char *title) {
    char *path = gnuplot_path(gnuplot->directory, "statistics.csv");
    Differences all = {0};
    const MetricRow *chosen[PANELS_MOST];
    bool ok = true;
    if (access(path, F_OK) == 0) {
        ok = read_differences(&all, path, deployment, gnuplot->errors);
        const size_t panels = ok && all.runs.count > 1 ? choose_metrics(&all, chosen) : 0;
        if (panels > 0) {
            char *note = all.replications.most == 1 && all.have_intervals
                             ? memory_text("one replication, with intervals over its days")
                             : plot_replications_text(&all.replications);
            ok = write_differences(&all, gnuplot, chosen, panels) &&
                 gnuplot_draw(gnuplot, name, "differences.gp", gnuplot->data,
                              (const char *[]){title, note, NULL});
            free(note);
        }
    }
    plot_names_clear(&all.runs);
    free(all.rows);
    free(path);
    return ok;
}

/* Comparisons ---------------------------------------------------------------------------------- */

/* The runs' data, each in a folder of its own in the copy. */
static bool copy_runs(Data *data) {
    const Gnuplot *gnuplot = &data->gnuplot;
    bool ok = data->runs.count > 0 ||
              error_in_file(gnuplot->errors, "comparison.csv", "no column of a run", NULL, NULL);
    for (size_t i = 0; ok && i < data->runs.count; i++) {
        char *plain = plain_text(data->runs.items[i]);
        char *from = gnuplot_path(gnuplot->directory, data->runs.items[i]);
        char *to = gnuplot_path(gnuplot->data, plain);
        ok = gnuplot_make_folder(to, gnuplot->errors) && copy_run(data, from, to);
        free(from);
        free(to);
        free(plain);
    }
    return ok;
}

/* `deployments` are those of comparison.csv: the runs' own may be called otherwise. */
static bool draw_comparison(const Data *data, size_t deployments) {
    const Gnuplot *gnuplot = &data->gnuplot;
    char *first = gnuplot_path(gnuplot->directory, data->runs.items[0]);
    char *run, *start_s, *part = plot_last_part(gnuplot->directory);
    read_scenario(first, &run, &start_s);
    bool ok = true;
    for (size_t i = 0; ok && i < deployments; i++) {
        const PlotNames *names = &data->deployments;
        char *title = plot_title(names->items[i], part);
        char *fit = gnuplot_file_name(names->items, names->count, i);
        char *differences = memory_format("differences-%s", fit);
        ok = draw(data, i, "comparison", "comparison.gp", "", title, start_s) &&
             draw_differences(gnuplot, differences, names->items[i], title);
        free(differences);
        free(fit);
        free(title);
    }
    free(part);
    free(run);
    free(start_s);
    free(first);
    return ok;
}

bool pictures_draw_comparison(const char *directory, const char *scripts_directory,
                              ErrorList *errors) {
    Data data = {0};
    bool ok = gnuplot_begin(&data.gnuplot, directory, scripts_directory, errors) &&
              copy(&data, data.gnuplot.directory, data.gnuplot.data, "comparison.csv");
    const size_t deployments = data.deployments.count;
    ok = ok && copy_runs(&data) && draw_comparison(&data, deployments);
    for (size_t i = 0; ok && i < data.runs.count; i++) {
        char *run = gnuplot_path(data.gnuplot.directory, data.runs.items[i]);
        ok = pictures_draw_run(run, scripts_directory, errors);
        free(run);
    }
    end(&data);
    return ok;
}

/* Traces, and any directory -------------------------------------------------------------------- */

/* The data of a trace is ours as it is: nothing in it needs a copy. */
bool pictures_draw_trace(const char *directory, const char *scripts_directory, const char *title,
                         int64_t start_epoch_s, ErrorList *errors) {
    char *part = plot_last_part(title);
    char *start_s = memory_format("%" PRId64, start_epoch_s);
    Gnuplot gnuplot;
    const bool ok = gnuplot_begin(&gnuplot, directory, scripts_directory, errors) &&
                    gnuplot_draw(&gnuplot, "trace", "trace.gp", gnuplot.directory,
                                 (const char *[]){part, start_s, NULL});
    gnuplot_end(&gnuplot);
    free(start_s);
    free(part);
    return ok;
}

bool pictures_draw(const char *directory, const char *scripts_directory, ErrorList *errors) {
    static const struct {
        const char *file; /* that only it has */
        bool (*draw)(const char *directory, const char *scripts_directory, ErrorList *errors);
    } kinds[] = {
        {"statistics.csv", pictures_draw_comparison},
        {"comparison.csv", pictures_draw_comparison},
        {"sweep.json", pictures_draw_sweep},
        {"front.csv", pictures_draw_search},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char *path = gnuplot_path(directory, kinds[i].file);
        const bool is_there = access(path, F_OK) == 0;
        free(path);
        if (is_there) {
            return kinds[i].draw(directory, scripts_directory, errors);
        }
    }
    return pictures_draw_run(directory, scripts_directory, errors);
}
