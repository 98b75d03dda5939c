// SPDX-License-Identifier: GPL-3.0-or-later
/* Reads the rows of one deployment, chooses the metrics, and writes the tables for differences.gp:
 * panels (title, unit), runs (labels), rows (panel, run, difference, low, high, class, text). */
#include "output/plot_differences.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "figures/human.h"
#include "output/plot_metrics.h"
#include "output/plot_table.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PANELS_MOST = 6 };

typedef enum Class { CLASS_NONE_SHOWN, CLASS_BETTER, CLASS_WORSE } Class;

typedef struct Difference {
    const PlotMetric *metric;
    size_t run; /* 0 is the baseline */
    double replications, mean, difference, low, high;
    bool none_shown;
} Difference;

typedef struct Differences {
    char **runs; /* in order; the first is the baseline */
    size_t run_count, run_room;
    Difference *rows;
    size_t count, room;
} Differences;

static void differences_clear(Differences *all) {
    for (size_t i = 0; i < all->run_count; i++) {
        free(all->runs[i]);
    }
    free(all->runs);
    free(all->rows);
}

static size_t run_of(Differences *all, const char *label) {
    for (size_t i = 0; i < all->run_count; i++) {
        if (strcmp(all->runs[i], label) == 0) {
            return i;
        }
    }
    all->runs = memory_grow(all->runs, all->run_count, &all->run_room, sizeof all->runs[0]);
    all->runs[all->run_count] = memory_text(label);
    return all->run_count++;
}

/* What the verdict says counts, for it knows of the other metrics too (Holm); where it says
 * nothing, an interval that holds 0 shows nothing, and neither does one replication, which has
 * none. */
static bool shows_nothing(const char *verdict, double low, double high) {
    if (*verdict != '\0') {
        return strstr(verdict, "no difference") != NULL || strstr(verdict, "equal") != NULL;
    }
    return !(low > 0 || high < 0);
}

static void read_row(Differences *all, CsvReader *reader) {
    const size_t column[] = {
        csv_reader_find(reader, "metric"),         csv_reader_find(reader, "run"),
        csv_reader_find(reader, "replications"),   csv_reader_find(reader, "difference"),
        csv_reader_find(reader, "difference_low"), csv_reader_find(reader, "difference_high"),
        csv_reader_find(reader, "verdict"),        csv_reader_find(reader, "mean"),
    };
    const size_t run = run_of(all, csv_reader_text(reader, column[1]));
    const PlotMetric *metric = plot_metric_find(csv_reader_text(reader, column[0]));
    if (metric == NULL) {
        return;
    }
    Difference row = {.metric = metric,
                      .run = run,
                      .replications = csv_reader_number(reader, column[2]),
                      .mean = csv_reader_number(reader, column[7]),
                      .difference = csv_reader_number(reader, column[3]),
                      .low = csv_reader_number(reader, column[4]),
                      .high = csv_reader_number(reader, column[5])};
    row.none_shown = shows_nothing(csv_reader_text(reader, column[6]), row.low, row.high);
    all->rows = memory_grow(all->rows, all->count, &all->room, sizeof all->rows[0]);
    all->rows[all->count++] = row;
}

static bool read_statistics(Differences *all, const char *path, const char *deployment,
                            ErrorList *errors) {
    CsvReader reader;
    bool ok = csv_reader_open(&reader, path, errors);
    static const char *const needed[] = {"metric", "run", "difference", "difference_low",
                                         "difference_high"};
    for (size_t i = 0; ok && i < sizeof needed / sizeof needed[0]; i++) {
        ok = csv_reader_need(&reader, needed[i]) != CSV_READER_ABSENT;
    }
    const size_t whose = ok ? csv_reader_need(&reader, "deployment") : CSV_READER_ABSENT;
    while (ok && csv_reader_next(&reader)) {
        if (strcmp(csv_reader_text(&reader, whose), deployment) == 0) {
            read_row(all, &reader);
        }
    }
    return csv_reader_close(&reader) && ok;
}

/* The largest size of a difference or an end of its interval, but not above `most`; NAN if the
 * metric has none. */
static double extent(const Differences *all, const PlotMetric *metric, double most) {
    double largest = NAN;
    for (size_t i = 0; i < all->count; i++) {
        const Difference *row = &all->rows[i];
        const double sizes[] = {fabs(row->difference), fabs(row->low), fabs(row->high)};
        for (size_t k = 0; row->metric == metric && k < 3; k++) {
            largest = sizes[k] <= most ? fmax(largest, sizes[k]) : largest;
        }
    }
    return largest;
}

/* The first four where they apply, then those of which there is a difference to see. */
static size_t choose_metrics(const Differences *all, const PlotMetric *chosen[PANELS_MOST]) {
    size_t count = 0;
    for (size_t i = 0; i < plot_metric_count && count < PANELS_MOST; i++) {
        const double largest = extent(all, &plot_metrics[i], INFINITY);
        if (largest > 0 || (i < PLOT_METRICS_ALWAYS && !isnan(largest))) {
            chosen[count++] = &plot_metrics[i];
        }
    }
    return count;
}

static Class class_of(const Difference *row) {
    if (row->none_shown || row->difference == 0) {
        return CLASS_NONE_SHOWN;
    }
    return (row->difference > 0) == row->metric->more_is_better ? CLASS_BETTER : CLASS_WORSE;
}

static void write_row(PlotTable *table, const Difference *row, size_t panel, double factor) {
    char text[HUMAN_ESTIMATE_TEXT];
    human_estimate(plot_metric_unit(row->metric->name), HUMAN_ESTIMATE_DIFFERENCE, row->difference,
                   (row->high - row->low) / 2, text);
    plot_table_count(table, panel);
    plot_table_count(table, row->run);
    plot_table_number(table, row->difference * factor);
    plot_table_number(table, row->low * factor);
    plot_table_number(table, row->high * factor);
    plot_table_count(table, class_of(row));
    plot_table_text(table, !isnan(row->difference) ? text
                           : isinf(row->mean)      ? "never in both"
                                                   : "does not apply");
    plot_table_end_row(table);
}

static bool write_tables(const Differences *all, const PlotFolder *folder,
                         const PlotMetric *const chosen[], size_t panels) {
    PlotTable runs, titles, rows;
    plot_table_open(&runs, folder->data, "runs", folder->errors);
    for (size_t i = 0; i < all->run_count; i++) {
        plot_table_text(&runs, all->runs[i]);
        plot_table_end_row(&runs);
    }
    plot_table_open(&titles, folder->data, "panels", folder->errors);
    plot_table_open(&rows, folder->data, "rows", folder->errors);
    for (size_t p = 0; p < panels; p++) {
        const MetricUnit unit = plot_metric_unit(chosen[p]->name);
        const double most = extent(all, chosen[p], DBL_MAX);
        const char *axis_unit;
        const double factor =
            plot_metric_scale(unit, chosen[p]->things, isnan(most) ? 1 : most, &axis_unit);
        plot_table_text(&titles, chosen[p]->title);
        plot_table_text(&titles, unit == METRIC_UNIT_SHARE ? "percentage points" : axis_unit);
        plot_table_end_row(&titles);
        for (size_t i = 0; i < all->count; i++) {
            if (all->rows[i].metric == chosen[p] && all->rows[i].run > 0) {
                write_row(&rows, &all->rows[i], p + 1, factor);
            }
        }
    }
    bool ok = plot_table_close(&runs);
    ok = plot_table_close(&titles) && ok;
    return plot_table_close(&rows) && ok;
}

static char *replications_text(const Differences *all) {
    double least = INFINITY, most = 0;
    bool intervals = false;
    for (size_t i = 0; i < all->count; i++) {
        if (!(all->rows[i].replications > 0)) { /* it applies in none */
            continue;
        }
        least = fmin(least, all->rows[i].replications);
        most = fmax(most, all->rows[i].replications);
        intervals = intervals || all->rows[i].high > all->rows[i].low;
    }
    if (most == 1 && intervals) {
        return memory_text("one replication, with intervals over its days");
    }
    return plot_replications_text(least, most);
}

bool plot_differences_draw(const PlotFolder *folder, const char *name, const char *deployment,
                           const char *title) {
    char *path = plot_join(folder->directory, "statistics.csv");
    Differences all = {0};
    const PlotMetric *chosen[PANELS_MOST];
    bool ok = true;
    if (access(path, F_OK) == 0) {
        ok = read_statistics(&all, path, deployment, folder->errors);
        const size_t panels = ok && all.run_count > 1 ? choose_metrics(&all, chosen) : 0;
        if (panels > 0) {
            char *replications = replications_text(&all);
            ok = write_tables(&all, folder, chosen, panels) &&
                 plot_folder_draw(folder, name, "differences.gp", folder->data,
                                  (const char *[]){title, replications, NULL});
            free(replications);
        }
    }
    differences_clear(&all);
    free(path);
    return ok;
}
