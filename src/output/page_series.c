// SPDX-License-Identifier: GPL-3.0-or-later
/* Thinning, in two passes: the first counts the rows of each deployment, which says how many make a
 * stretch; the second needs no more memory than what is written. */
#include "output/page_data.h"

#include "base/memory.h"
#include "figures/run_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    POINTS_MOST = 2000,   /* of each series of a deployment */
    DECISIONS_MOST = 2000 /* of a deployment */
};

typedef struct Series {
    size_t column;
    const char *name; /* lent */
    SeriesKind kind;  /* SERIES_COUNT: drawn per second; SERIES_TOTAL: its increase, per hour */
} Series;

typedef struct Extremes {
    double least, greatest;
    bool greatest_first;
    double before; /* of a running total: its value at the row before */
    double now;    /* the value of this row */
} Extremes;

/* The rows of a deployment. */
typedef struct Track {
    char *name;
    size_t rows, changes; /* in the file; `changes`: of the target */
    double first, last;   /* times of the first and the last change */
    size_t points;        /* kept */
    /* A series: */
    size_t row, stretch;
    double begins;
    Extremes *extremes;    /* by series; after them, of the parts' sum */
    double *time, *values; /* values[series * POINTS_MOST + point] */
    /* Decisions: */
    char **texts; /* [decision * columns + column] */
    size_t last_stretch;
    double last_size;
} Track;

typedef struct Tracks {
    const PageFile *file;
    Track *items;
    size_t count, room;
    Series *series;
    size_t series_count;
    size_t columns, deployment, time, interval, event, from, to; /* of the file */
} Tracks;

static Track *track_of(Tracks *tracks, const char *name) {
    for (size_t i = 0; i < tracks->count; i++) {
        if (strcmp(tracks->items[i].name, name) == 0) {
            return &tracks->items[i];
        }
    }
    tracks->items =
        memory_grow(tracks->items, tracks->count, &tracks->room, sizeof tracks->items[0]);
    tracks->items[tracks->count] = (Track){.name = memory_text(name)};
    return &tracks->items[tracks->count++];
}

static void find_tracks(Tracks *tracks, const CsvReader *reader) {
    tracks->columns = reader->header_count;
    tracks->deployment = csv_reader_find(reader, "deployment");
    tracks->time = csv_reader_find(reader, "time_s");
    tracks->interval = csv_reader_find(reader, "interval_s");
    tracks->event = csv_reader_find(reader, "event");
    tracks->from = csv_reader_find(reader, "from");
    tracks->to = csv_reader_find(reader, "to");
}

/* Of a file of events: other events are not in the page. */
static bool is_left_out(const Tracks *tracks, const CsvReader *reader) {
    return tracks->file->kind == PAGE_DECISIONS &&
           strcmp(csv_reader_text(reader, tracks->event), "decision") != 0;
}

static double change_size(const Tracks *tracks, CsvReader *reader) {
    return fabs(csv_reader_number(reader, tracks->to) - csv_reader_number(reader, tracks->from));
}

static bool count_rows(Tracks *tracks, const char *path, ErrorList *errors) {
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        find_tracks(tracks, &reader);
        free(page_find_columns(tracks->file, &reader));
        while (csv_reader_next(&reader)) {
            if (is_left_out(tracks, &reader)) {
                continue;
            }
            Track *track = track_of(tracks, csv_reader_text(&reader, tracks->deployment));
            track->rows++;
            if (tracks->file->kind == PAGE_DECISIONS && change_size(tracks, &reader) != 0) {
                track->last = csv_reader_number(&reader, tracks->time);
                track->first = track->changes++ == 0 ? track->last : track->first;
            }
        }
    }
    return csv_reader_close(&reader);
}

static void clear_tracks(Tracks *tracks) {
    for (size_t t = 0; t < tracks->count; t++) {
        Track *track = &tracks->items[t];
        for (size_t i = 0; track->texts != NULL && i < track->points * tracks->columns; i++) {
            free(track->texts[i]);
        }
        free(track->texts);
        free(track->extremes);
        free(track->time);
        free(track->values);
        free(track->name);
    }
    free(tracks->items);
    free(tracks->series);
}

/* Series: of each stretch of rows every series keeps its least and its greatest value, in the order
 * in which they came, so that no peak is lost
 * -------------------------------------------------------- */

static void add_series(Tracks *tracks, size_t column, const char *name, SeriesKind kind,
                       size_t *room) {
    tracks->series =
        memory_grow(tracks->series, tracks->series_count, room, sizeof tracks->series[0]);
    tracks->series[tracks->series_count++] = (Series){column, name, kind};
}

/* A column of another version is a mere value. */
static SeriesKind kind_of(const char *name) {
    for (size_t i = 0; i < series_column_count; i++) {
        if (strcmp(series_columns[i].name, name) == 0) {
            return series_columns[i].kind;
        }
    }
    return SERIES_VALUE;
}

static void find_series(Tracks *tracks, const CsvReader *reader) {
    size_t room = 0;
    for (size_t i = 0; i < reader->header_count; i++) {
        const char *name = reader->header[i];
        const SeriesKind kind = kind_of(name);
        if (strcmp(name, "cost_usd") == 0) { /* drawn as it is, and per hour */
            add_series(tracks, i, "usd_per_hour", SERIES_TOTAL, &room);
            add_series(tracks, i, "usd_total", SERIES_VALUE, &room);
        } else if (kind != SERIES_KEY) {
            add_series(tracks, i, name, kind == SERIES_TOTAL ? SERIES_VALUE : kind, &room);
        }
    }
}

static double row_value(Extremes *extremes, SeriesKind kind, double value, double interval_s) {
    if (kind == SERIES_COUNT) {
        return value / interval_s;
    }
    if (kind == SERIES_TOTAL) {
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

/* The parts are those of the row at which their sum is extreme. */
static void take_values(const Tracks *tracks, Track *track, bool is_first) {
    Extremes *whole = &track->extremes[tracks->series_count];
    whole->now = 0;
    for (size_t i = 0; i <= tracks->series_count; i++) {
        Extremes *extremes = &track->extremes[i];
        if (is_first) {
            extremes->least = extremes->greatest = NAN;
            extremes->greatest_first = false;
        }
        if (i < tracks->series_count && tracks->series[i].kind == SERIES_PART &&
            !isnan(extremes->now)) {
            whole->now += extremes->now;
        }
    }
    const Found found = look_at(whole);
    take_value(whole, found);
    for (size_t i = 0; i < tracks->series_count; i++) {
        Extremes *extremes = &track->extremes[i];
        take_value(extremes, tracks->series[i].kind == SERIES_PART ? found : look_at(extremes));
    }
}

static void end_stretch(const Tracks *tracks, Track *track, double time, bool is_single) {
    const size_t points = is_single ? 1 : 2;
    for (size_t i = 0; i < tracks->series_count; i++) {
        const Extremes *extremes = &track->extremes[i];
        double *at = track->values + i * POINTS_MOST + track->points;
        at[0] = extremes->greatest_first ? extremes->greatest : extremes->least;
        if (!is_single) {
            at[1] = extremes->greatest_first ? extremes->least : extremes->greatest;
        }
    }
    track->time[track->points] = track->begins;
    track->time[track->points + points - 1] = time;
    track->points += points;
}

static void begin_series(const Tracks *tracks, Track *track) {
    const size_t stretches = POINTS_MOST / 2;
    track->stretch = track->rows <= POINTS_MOST ? 1 : (track->rows + stretches - 1) / stretches;
    track->time = memory_new(POINTS_MOST, sizeof track->time[0]);
    track->values = memory_new(tracks->series_count * POINTS_MOST + 1, sizeof track->values[0]);
    track->extremes = memory_new(tracks->series_count + 1, sizeof track->extremes[0]);
}

static void take_interval(const Tracks *tracks, Track *track, CsvReader *reader) {
    const double interval_s = csv_reader_number(reader, tracks->interval);
    const double time = csv_reader_number(reader, tracks->time) + interval_s;
    if (track->row == 0) {
        begin_series(tracks, track);
    }
    const bool is_first = track->row % track->stretch == 0;
    track->begins = is_first ? time : track->begins;
    for (size_t i = 0; i < tracks->series_count; i++) {
        const Series *series = &tracks->series[i];
        Extremes *extremes = &track->extremes[i];
        extremes->now = row_value(extremes, series->kind, csv_reader_number(reader, series->column),
                                  interval_s);
    }
    take_values(tracks, track, is_first);
    if ((track->row + 1) % track->stretch == 0 || track->row + 1 == track->rows) {
        end_stretch(tracks, track, time, is_first);
    }
}

static bool says_something(const double values[], size_t count) {
    bool something = false;
    for (size_t i = 0; i < count; i++) {
        something = something || (!isnan(values[i]) && values[i] != 0);
    }
    return something;
}

/* Time is the end of an interval, in s to the millisecond. What is empty or 0 throughout is left
 * out. */
static void put_series(FILE *stream, const Tracks *tracks, const Track *track) {
    fputs("\"columns\":[\"time_s\"", stream);
    for (size_t s = 0; s < tracks->series_count; s++) {
        if (says_something(track->values + s * POINTS_MOST, track->points)) {
            fputc(',', stream);
            page_put_text(stream, tracks->series[s].name);
        }
    }
    fputs("],\n\"data\":[[", stream);
    for (size_t i = 0; i < track->points; i++) {
        fputs(i > 0 ? "," : "", stream);
        page_put_number(stream, round(track->time[i] * 1e3) / 1e3, 13);
    }
    for (size_t s = 0; s < tracks->series_count; s++) {
        const double *values = track->values + s * POINTS_MOST;
        const bool shown = says_something(values, track->points);
        for (size_t i = 0; shown && i < track->points; i++) {
            fputs(i > 0 ? "," : "],\n[", stream);
            page_put_number(stream, values[i], tracks->file->digits);
        }
    }
    fputs("]]", stream);
}

/* Decisions: where there are too many, those that hold are left out; where even the changes are
 * more, of each of that many equal stretches of time the largest is kept
 * ------------------------------ */

static size_t stretch_of(const Track *track, double time) {
    const double share =
        track->last > track->first ? (time - track->first) / (track->last - track->first) : 0;
    return (size_t)fmax(0, fmin(share * DECISIONS_MOST, DECISIONS_MOST - 1));
}

static void take_decision(const Tracks *tracks, Track *track, CsvReader *reader,
                          const PageColumn columns[]) {
    const double size = change_size(tracks, reader);
    const bool all = track->rows <= DECISIONS_MOST, changes = track->changes <= DECISIONS_MOST;
    const size_t stretch =
        all || changes ? track->points : stretch_of(track, csv_reader_number(reader, tracks->time));
    const bool again = track->points > 0 && stretch == track->last_stretch;
    if ((!all && size == 0) || (again && !(size > track->last_size))) {
        return;
    }
    if (track->texts == NULL) {
        const size_t most = all ? track->rows : DECISIONS_MOST;
        track->texts = memory_new(most * tracks->columns, sizeof track->texts[0]);
    }
    char **row = track->texts + (track->points - again) * tracks->columns;
    for (size_t i = 0; i < tracks->columns; i++) {
        if (columns[i] == PAGE_COLUMN_NUMBER) {
            csv_reader_number(reader, i); /* tells what is none */
        }
        free(row[i]);
        row[i] = memory_text(csv_reader_text(reader, i));
    }
    track->points += !again;
    track->last_stretch = stretch;
    track->last_size = size;
}

static bool has_text(const Tracks *tracks, const Track *track, size_t column) {
    bool has = false;
    for (size_t row = 0; row < track->points; row++) {
        has = has || *track->texts[row * tracks->columns + column] != '\0';
    }
    return has;
}

/* Columns that are empty throughout are left out. */
static void put_decisions(FILE *stream, const Tracks *tracks, const Track *track,
                          const CsvReader *reader, const PageColumn columns[]) {
    bool begun = false;
    fprintf(stream, "\"changes\":%zu,\"left_out\":%zu,\n\"columns\":[", track->changes,
            track->rows - track->points);
    for (size_t i = 0; i < tracks->columns; i++) {
        if (columns[i] != PAGE_LEFT_OUT && has_text(tracks, track, i)) {
            page_put_comma(stream, &begun, ",");
            page_put_text(stream, reader->header[i]);
        }
    }
    fputs("],\n\"data\":[", stream);
    begun = false;
    for (size_t i = 0; i < tracks->columns; i++) {
        const bool shown = columns[i] != PAGE_LEFT_OUT && has_text(tracks, track, i);
        for (size_t row = 0; shown && row < track->points; row++) {
            const char *text = track->texts[row * tracks->columns + i];
            page_put_comma(stream, &begun, row > 0 ? "," : "],\n");
            fputs(row == 0 ? "[" : "", stream);
            if (columns[i] == PAGE_COLUMN_TEXT) {
                page_put_text(stream, text);
            } else {
                page_put_number(stream, *text != '\0' ? strtod(text, NULL) : NAN,
                                tracks->file->digits);
            }
        }
    }
    fputs(begun ? "]]" : "]", stream);
}

/* Both ----------------------------------------------------------------------------------------- */

static void take_rows(Tracks *tracks, CsvReader *reader, const PageColumn columns[]) {
    while (csv_reader_next(reader)) {
        if (is_left_out(tracks, reader)) {
            continue;
        }
        Track *track = track_of(tracks, csv_reader_text(reader, tracks->deployment));
        if (track->row == track->rows) {
            continue; /* rows that came after the first pass are for another page */
        }
        if (tracks->file->kind == PAGE_SERIES) {
            take_interval(tracks, track, reader);
        } else {
            take_decision(tracks, track, reader, columns);
        }
        track->row++;
    }
}

bool page_put_thinned(FILE *stream, const PageFile *file, const char *path, ErrorList *errors) {
    Tracks tracks = {.file = file};
    CsvReader reader = {0};
    bool ok = count_rows(&tracks, path, errors);
    if (ok && csv_reader_open(&reader, path, errors)) {
        PageColumn *columns = page_find_columns(file, &reader);
        find_tracks(&tracks, &reader);
        find_series(&tracks, &reader);
        if (file->kind == PAGE_DECISIONS) { /* the same throughout */
            columns[tracks.deployment] = columns[tracks.event] = PAGE_LEFT_OUT;
        }
        take_rows(&tracks, &reader, columns);
        fputc('[', stream);
        for (size_t i = 0; i < tracks.count; i++) {
            const Track *track = &tracks.items[i];
            fputs(i > 0 ? ",\n{\"deployment\":" : "{\"deployment\":", stream);
            page_put_text(stream, track->name);
            fprintf(stream, ",\"rows\":%zu,", track->rows);
            if (file->kind == PAGE_SERIES) {
                fprintf(stream, "\"stretch\":%zu,\n", track->stretch);
                put_series(stream, &tracks, track);
            } else {
                put_decisions(stream, &tracks, track, &reader, columns);
            }
            fputc('}', stream);
        }
        fputc(']', stream);
        free(columns);
    }
    ok = csv_reader_close(&reader) && ok;
    clear_tracks(&tracks);
    return ok;
}
