// SPDX-License-Identifier: GPL-3.0-or-later
/* Two passes: the first counts the rows of each deployment, which says how many make a stretch; the
 * second needs no more memory than what is written. */
#include "output/page_series.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "figures/names.h"
#include "output/page_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum SeriesKind {
    SERIES_VALUE,
    SERIES_RATE,     /* a count of the interval, to be divided by its length */
    SERIES_PER_HOUR, /* a running total: its increase, per hour */
    SERIES_PART,     /* of a whole, with which it is thinned: parts of one instant add up */
} SeriesKind;

typedef struct SeriesColumn {
    const char *column;
    const char *name; /* in the page; NULL: the column's */
    SeriesKind kind;
} SeriesColumn;

static const SeriesColumn fixed_columns[] = {
    {"arrivals", NULL, SERIES_RATE},
    {"sends", NULL, SERIES_RATE},
    {"answers_200", NULL, SERIES_RATE},
    {"answers_400", NULL, SERIES_RATE},
    {"answers_404", NULL, SERIES_RATE},
    {"answers_429", NULL, SERIES_RATE},
    {"answers_503", NULL, SERIES_RATE},
    {"completed", NULL, SERIES_RATE},
    {"in_flight", NULL, SERIES_VALUE},
    {"held", NULL, SERIES_VALUE},
    {"queued", NULL, SERIES_VALUE},
    {"replicas_pending_scheduling", NULL, SERIES_PART},
    {"replicas_downloading_model", NULL, SERIES_PART},
    {"replicas_initializing", NULL, SERIES_PART},
    {"replicas_ready", NULL, SERIES_PART},
    {"replicas_serving", NULL, SERIES_PART},
    {"replicas_draining", NULL, SERIES_PART},
    {"target", NULL, SERIES_VALUE},
    {"recommended", NULL, SERIES_VALUE},
    {"not_asked_quota", NULL, SERIES_VALUE},
    {"prompt_tokens_per_s", NULL, SERIES_VALUE},
    {"generated_tokens_per_s", NULL, SERIES_VALUE},
    {"ttft_p50_s", NULL, SERIES_VALUE},
    {"ttft_p95_s", NULL, SERIES_VALUE},
    {"ttft_p99_s", NULL, SERIES_VALUE},
    {"e2e_p50_s", NULL, SERIES_VALUE},
    {"e2e_p95_s", NULL, SERIES_VALUE},
    {"e2e_p99_s", NULL, SERIES_VALUE},
    {"cost_usd", "usd_per_hour", SERIES_PER_HOUR},
    {"cost_usd", "usd_total", SERIES_VALUE},
};

enum {
    FIXED = sizeof fixed_columns / sizeof fixed_columns[0],
    SERIES = FIXED + 2 * NAMES_LOAD_KEYS, /* then each load key's measured and target */
    COLUMN_NAME = 64
};

typedef struct Extremes {
    double least, greatest;
    bool greatest_first;
    double before; /* of a running total: its value at the row before */
    double now;    /* the value of this row */
} Extremes;

struct PageTrack {
    char *name;
    size_t rows, stretch;
    size_t row; /* of the second pass */
    double begins;
    Extremes extremes[SERIES];
    Extremes whole; /* of the parts' sum */
    double *time;
    double *values[SERIES];
    size_t points, room;
};

static void column_name(size_t series, char name[COLUMN_NAME]) {
    if (series < FIXED) {
        snprintf(name, COLUMN_NAME, "%s", fixed_columns[series].column);
        return;
    }
    const size_t key = (series - FIXED) / 2;
    snprintf(name, COLUMN_NAME, "%s_%s", names_of_load_keys[key],
             (series - FIXED) % 2 == 0 ? "measured" : "target");
}

/* The first pass ----------------------------------------------------------------------------- */

const char *page_series_name(const PageSeries *series, size_t index) {
    return series->tracks[index].name;
}

size_t page_series_find(const PageSeries *series, const char *name) {
    size_t i = 0;
    while (i < series->count && strcmp(series->tracks[i].name, name) != 0) {
        i++;
    }
    return i;
}

static bool count_rows(PageSeries *series, const char *path, ErrorList *errors) {
    CsvReader reader;
    size_t room = 0;
    if (csv_reader_open(&reader, path, errors)) {
        const size_t deployment = csv_reader_need(&reader, "deployment");
        while (csv_reader_next(&reader)) {
            const char *name = csv_reader_text(&reader, deployment);
            const size_t index = page_series_find(series, name);
            if (index == series->count) {
                series->tracks =
                    memory_grow(series->tracks, series->count, &room, sizeof series->tracks[0]);
                series->tracks[series->count++] = (PageTrack){.name = memory_text(name)};
            }
            series->tracks[index].rows++;
        }
    }
    return csv_reader_close(&reader);
}

static void make_room(PageTrack *track) {
    const size_t most = track->rows < PAGE_SERIES_POINTS ? track->rows : PAGE_SERIES_POINTS;
    const size_t stretches = PAGE_SERIES_POINTS / 2;
    track->stretch = track->rows <= most ? 1 : (track->rows + stretches - 1) / stretches;
    track->room = most;
    track->time = memory_new(most, sizeof track->time[0]);
    for (size_t i = 0; i < SERIES; i++) {
        track->values[i] = memory_new(most, sizeof track->values[i][0]);
    }
}

/* The second pass ---------------------------------------------------------------------------- */

static SeriesKind kind_of(size_t series) {
    return series < FIXED ? fixed_columns[series].kind : SERIES_VALUE;
}

static double row_value(Extremes *extremes, size_t series, double value, double interval_s) {
    const SeriesKind kind = kind_of(series);
    if (kind == SERIES_RATE) {
        return value / interval_s;
    }
    if (kind == SERIES_PER_HOUR) {
        const double increase = value - extremes->before;
        extremes->before = value;
        return increase / interval_s * 3600;
    }
    return value;
}

typedef enum Found { FOUND_NOTHING, FOUND_FIRST, FOUND_GREATEST, FOUND_LEAST } Found;

static Found look_at(const Extremes *extremes) {
    if (isnan(extremes->now)) {
        return FOUND_NOTHING;
    }
    return isnan(extremes->least)               ? FOUND_FIRST
           : extremes->now > extremes->greatest ? FOUND_GREATEST
           : extremes->now < extremes->least    ? FOUND_LEAST
                                                : FOUND_NOTHING;
}

static void take_value(Extremes *extremes, Found found) {
    if (found == FOUND_FIRST || found == FOUND_GREATEST) {
        extremes->greatest = extremes->now;
        extremes->greatest_first = false;
    }
    if (found == FOUND_FIRST || found == FOUND_LEAST) {
        extremes->least = extremes->now;
        extremes->greatest_first = found == FOUND_LEAST;
    }
}

static void forget(Extremes *extremes) {
    extremes->least = extremes->greatest = NAN;
    extremes->greatest_first = false;
}

/* The parts are those of the row at which their sum is extreme. */
static void take_values(PageTrack *track, bool is_first) {
    track->whole.now = 0;
    for (size_t i = 0; i < SERIES; i++) {
        if (is_first) {
            forget(&track->extremes[i]);
        }
        if (kind_of(i) == SERIES_PART && !isnan(track->extremes[i].now)) {
            track->whole.now += track->extremes[i].now;
        }
    }
    if (is_first) {
        forget(&track->whole);
    }
    const Found whole = look_at(&track->whole);
    take_value(&track->whole, whole);
    for (size_t i = 0; i < SERIES; i++) {
        Extremes *extremes = &track->extremes[i];
        take_value(extremes, kind_of(i) == SERIES_PART ? whole : look_at(extremes));
    }
}

static void end_stretch(PageTrack *track, double time, bool is_single) {
    const size_t points = is_single ? 1 : 2;
    for (size_t i = 0; i < SERIES; i++) {
        const Extremes *extremes = &track->extremes[i];
        double *at = track->values[i] + track->points;
        at[0] = extremes->greatest_first ? extremes->greatest : extremes->least;
        if (!is_single) {
            at[1] = extremes->greatest_first ? extremes->least : extremes->greatest;
        }
    }
    track->time[track->points] = track->begins;
    track->time[track->points + points - 1] = time;
    track->points += points;
}

static void take_row(PageTrack *track, CsvReader *reader, const size_t columns[], double time,
                     double interval_s) {
    const bool is_first = track->row % track->stretch == 0;
    if (is_first) {
        track->begins = time;
    }
    for (size_t i = 0; i < SERIES; i++) {
        Extremes *extremes = &track->extremes[i];
        const double value = csv_reader_number(reader, columns[i]);
        extremes->now = row_value(extremes, i, value, interval_s);
    }
    take_values(track, is_first);
    track->row++;
    if (track->row % track->stretch == 0 || track->row == track->rows) {
        end_stretch(track, time, is_first);
    }
}

static bool take_rows(PageSeries *series, const char *path, ErrorList *errors) {
    CsvReader reader;
    size_t columns[SERIES];
    if (csv_reader_open(&reader, path, errors)) {
        const size_t deployment = csv_reader_need(&reader, "deployment");
        const size_t time = csv_reader_need(&reader, "time_s");
        const size_t interval = csv_reader_need(&reader, "interval_s");
        for (size_t i = 0; i < SERIES; i++) {
            char name[COLUMN_NAME];
            column_name(i, name);
            columns[i] = csv_reader_find(&reader, name);
        }
        while (csv_reader_next(&reader)) {
            const size_t index = page_series_find(series, csv_reader_text(&reader, deployment));
            const double interval_s = csv_reader_number(&reader, interval);
            /* Rows that came after the first pass are for another page. */
            if (index < series->count && series->tracks[index].row < series->tracks[index].rows) {
                take_row(&series->tracks[index], &reader, columns,
                         csv_reader_number(&reader, time) + interval_s, interval_s);
            }
        }
    }
    return csv_reader_close(&reader);
}

bool page_series_read(PageSeries *series, const char *path, ErrorList *errors) {
    *series = (PageSeries){0};
    if (!count_rows(series, path, errors)) {
        return false;
    }
    for (size_t i = 0; i < series->count; i++) {
        make_room(&series->tracks[i]);
    }
    return take_rows(series, path, errors);
}

void page_series_clear(PageSeries *series) {
    for (size_t t = 0; t < series->count; t++) {
        for (size_t i = 0; i < SERIES; i++) {
            free(series->tracks[t].values[i]);
        }
        free(series->tracks[t].time);
        free(series->tracks[t].name);
    }
    free(series->tracks);
    *series = (PageSeries){0};
}

/* JSON --------------------------------------------------------------------------------------- */

static bool says_something(const double values[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i]) && values[i] != 0) {
            return true;
        }
    }
    return false;
}

void page_series_write(const PageSeries *series, size_t index, FILE *stream) {
    const PageTrack *track = &series->tracks[index];
    fprintf(stream, "\"rows\":%zu,\"stretch\":%zu,\n\"time\":[", track->rows, track->stretch);
    for (size_t i = 0; i < track->points; i++) {
        fputs(i > 0 ? "," : "", stream);
        page_json_time(stream, track->time[i]);
    }
    fputs("],\n\"series\":{", stream);
    const char *separator = "";
    for (size_t s = 0; s < SERIES; s++) {
        if (!says_something(track->values[s], track->points)) {
            continue;
        }
        char name[COLUMN_NAME];
        column_name(s, name);
        fputs(separator, stream);
        page_json_text(stream, s < FIXED && fixed_columns[s].name ? fixed_columns[s].name : name);
        separator = ",\n";
        for (size_t i = 0; i < track->points; i++) {
            fputs(i > 0 ? "," : ":[", stream);
            page_json_number(stream, track->values[s][i], 6);
        }
        putc(']', stream);
    }
    putc('}', stream);
}
