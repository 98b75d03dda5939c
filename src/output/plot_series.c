// SPDX-License-Identifier: GPL-3.0-or-later
/* One pass: steps begin as single intervals, and when there are too many each two become one. */
#include "output/plot_series.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "figures/run_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MOST = 960 }; /* even: a panel is about as many dots wide */

typedef enum Kind { RATE, PART, LOAD, VALUE } Kind;

static const struct {
    const char *name;
    Kind kind;
} columns[PLOT_COLUMNS] = {
#define COLUMN(name, kind) [PLOT_##name] = {#name, kind},
    PLOT_SERIES(COLUMN)
#undef COLUMN
};

/* An interval as it is read. */
typedef struct Row {
    double from_s, length_s;
    double values[PLOT_COLUMNS];
} Row;

/* Steps ---------------------------------------------------------------------------------------- */

static double whole(const double parts[]) {
    double sum = NAN;
    for (size_t i = 0; i < PLOT_COLUMNS; i++) {
        if (columns[i].kind == PART && !isnan(parts[i])) {
            sum = (isnan(sum) ? 0 : sum) + parts[i];
        }
    }
    return sum;
}

/* `peak` takes from `other`: the larger of each column, and all parts of the larger whole. */
static void take_peaks(double peak[], const double other[]) {
    const double mine = whole(peak), others = whole(other);
    const bool takes_parts = isnan(mine) || others > mine;
    for (size_t i = 0; i < PLOT_COLUMNS; i++) {
        peak[i] = columns[i].kind != PART ? fmax(peak[i], other[i])
                  : takes_parts           ? other[i]
                                          : peak[i];
    }
}

static void join(PlotStep *step, const PlotStep *next) {
    step->to_s = next->to_s;
    for (size_t i = 0; i < PLOT_COLUMNS; i++) {
        step->sum[i] += next->sum[i];
        step->weight[i] += next->weight[i];
    }
    take_peaks(step->peak, next->peak);
}

static PlotStep step_of(const Row *row, bool is_short) {
    PlotStep step = {.from_s = row->from_s, .to_s = row->from_s + row->length_s};
    for (size_t i = 0; i < PLOT_COLUMNS; i++) {
        const double value = row->values[i];
        if (isfinite(value)) {
            step.sum[i] = value * row->length_s;
            step.weight[i] = row->length_s;
        }
        step.peak[i] = is_short && columns[i].kind == RATE ? NAN : value;
    }
    return step;
}

static void double_intervals(PlotTrack *track) {
    for (size_t i = 0; i < track->count / 2; i++) {
        track->steps[i] = track->steps[2 * i];
        join(&track->steps[i], &track->steps[2 * i + 1]);
    }
    track->count /= 2;
    track->intervals *= 2;
}

/* `rows`: that the track has had before. */
static void take_row(PlotTrack *track, const Row *row, size_t rows) {
    track->interval_s = fmax(track->interval_s, row->length_s);
    const PlotStep step = step_of(row, series_is_short(row->length_s, track->interval_s));
    if (rows % track->intervals != 0) {
        join(&track->steps[track->count - 1], &step);
        return;
    }
    if (track->count == STEPS_MOST) {
        double_intervals(track);
    }
    track->steps[track->count++] = step;
}

static void end(PlotTrack *track) {
    PlotStep *last = track->steps + track->count - 1;
    if (track->count > 1 &&
        series_is_short(last->to_s - last->from_s, (double)track->intervals * track->interval_s)) {
        join(last - 1, last);
        track->count--;
    }
}

/* Reading -------------------------------------------------------------------------------------- */

static size_t track_of(PlotSeries *series, const char *deployment) {
    size_t i = 0;
    while (i < series->count && strcmp(series->tracks[i].deployment, deployment) != 0) {
        i++;
    }
    if (i == series->count) {
        series->tracks =
            memory_grow(series->tracks, series->count, &series->room, sizeof series->tracks[0]);
        series->tracks[series->count++] =
            (PlotTrack){.deployment = memory_text(deployment),
                        .steps = memory_new(STEPS_MOST, sizeof(PlotStep)),
                        .intervals = 1};
    }
    return i;
}

static double number(CsvReader *reader, size_t column) {
    return column == CSV_READER_ABSENT ? NAN : csv_reader_number(reader, column);
}

static void read_row(CsvReader *reader, const size_t places[], size_t serving, Row *row) {
    const double replicas = number(reader, serving);
    for (size_t i = 0; i < PLOT_COLUMNS; i++) {
        const double value = number(reader, places[i]);
        row->values[i] = columns[i].kind == RATE   ? value / row->length_s
                         : columns[i].kind != LOAD ? value
                         : replicas > 0            ? value / replicas
                                                   : NAN;
    }
}

bool plot_series_read(PlotSeries *series, const char *path, ErrorList *errors) {
    CsvReader reader;
    bool ok = csv_reader_open(&reader, path, errors);
    const size_t deployment = csv_reader_need(&reader, "deployment");
    const size_t from = csv_reader_need(&reader, "time_s");
    const size_t length = csv_reader_need(&reader, "interval_s");
    const size_t serving = csv_reader_find(&reader, "serving_measured");
    size_t places[PLOT_COLUMNS], *rows = NULL, room = 0;
    for (size_t i = 0; i < PLOT_COLUMNS; i++) {
        places[i] = csv_reader_find(&reader, columns[i].name);
    }
    ok = ok && !reader.failed;
    while (ok && csv_reader_next(&reader)) {
        const size_t tracks = series->count;
        const size_t at = track_of(series, csv_reader_text(&reader, deployment));
        if (at == tracks) {
            rows = memory_grow(rows, at, &room, sizeof rows[0]);
            rows[at] = 0;
        }
        Row row = {.from_s = number(&reader, from), .length_s = number(&reader, length)};
        if (row.length_s > 0 && isfinite(row.from_s)) {
            read_row(&reader, places, serving, &row);
            take_row(&series->tracks[at], &row, rows[at]++);
        }
    }
    for (size_t i = 0; i < series->count; i++) {
        if (series->tracks[i].count > 0) {
            end(&series->tracks[i]);
        }
    }
    free(rows);
    return csv_reader_close(&reader) && ok;
}

void plot_series_clear(PlotSeries *series) {
    for (size_t i = 0; i < series->count; i++) {
        free(series->tracks[i].deployment);
        free(series->tracks[i].steps);
    }
    free(series->tracks);
    *series = (PlotSeries){0};
}

/* Looking -------------------------------------------------------------------------------------- */

const PlotTrack *plot_series_find(const PlotSeries *series, const char *deployment) {
    for (size_t i = 0; i < series->count; i++) {
        if (strcmp(series->tracks[i].deployment, deployment) == 0) {
            return &series->tracks[i];
        }
    }
    return series->count == 1 ? series->tracks : NULL;
}

double plot_step_value(const PlotStep *step, PlotTake take, PlotColumn column) {
    if (take == PLOT_MEAN) {
        return step->weight[column] > 0 ? step->sum[column] / step->weight[column] : NAN;
    }
    if (take == PLOT_PEAK) {
        return step->peak[column];
    }
    double sum = isnan(whole(step->peak)) ? NAN : 0;
    for (size_t i = PLOT_replicas_serving; i <= column; i++) {
        sum += isnan(step->peak[i]) ? 0 : step->peak[i];
    }
    return sum;
}

double plot_track_end(const PlotTrack *track) {
    size_t last = track->count - 1;
    for (size_t i = 0; i < track->count; i++) {
        last = isnan(whole(track->steps[i].peak)) ? last : i;
    }
    return track->steps[last].to_s;
}

double plot_track_most(const PlotTrack *track, PlotTake take, PlotColumn column) {
    double most = 0;
    for (size_t i = 0; i < track->count; i++) {
        const double value = plot_step_value(&track->steps[i], take, column);
        most = isfinite(value) ? fmax(most, value) : most;
    }
    return most;
}
