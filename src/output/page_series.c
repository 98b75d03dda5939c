// SPDX-License-Identifier: GPL-3.0-or-later
/* Thinning, in two passes: the first counts the rows of each deployment, which says how many make a
 * stretch; the second needs no more memory than what is written. */
#include "output/page.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "figures/run_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    POINTS_MOST = 2000, /* of each series of a deployment, and of its decisions */
    TIME_DIGITS = 13    /* to the millisecond */
};

typedef struct Series {
    size_t column;
    char *name; /* owned */
    SeriesKind kind;
    bool is_text;
    bool per_hour; /* the increase of a running total */
} Series;

/* Of a series in a stretch. */
typedef struct Extremes {
    double least, greatest;
    bool greatest_first;
    double before; /* of a running total: its value at the row before */
    double now;    /* the value of this row */
} Extremes;

/* The rows of a deployment. */
typedef struct Track {
    char *name;
    size_t rows, changes; /* in the file; `changes`: decisions that change the target */
    double first, last;   /* times of the first and the last change */
    size_t row, points;   /* taken and kept */
    double *values;       /* [series * POINTS_MOST + point] */
    char **texts;         /* likewise, of series that are texts */
    size_t stretch;       /* rows of it; of decisions, the number of the last one */
    Extremes *extremes;   /* by series; after them, of the parts' sum */
    double size;          /* of the last change */
    double usual_s;       /* length of the longest interval so far */
} Track;

typedef struct Tracks {
    const PageFile *file;
    Track *items;
    size_t count, room;
    Series *series; /* the first is time */
    size_t series_count, series_room;
    size_t deployment, time, interval, event, from, to; /* columns */
} Tracks;

static bool of_decisions(const Tracks *tracks) {
    return tracks->file->kind == PAGE_DECISIONS;
}

/* Reading -------------------------------------------------------------------------------------- */

static void add_series(Tracks *tracks, Series series) {
    tracks->series = memory_grow(tracks->series, tracks->series_count, &tracks->series_room,
                                 sizeof tracks->series[0]);
    tracks->series[tracks->series_count++] = series;
}

/* As the table of the time series' columns says; one that it does not have is a value. */
static SeriesKind kind_of(const char *name) {
    size_t i = 0;
    while (i < series_column_count && strcmp(series_columns[i].name, name) != 0) {
        i++;
    }
    return i < series_column_count ? series_columns[i].kind : SERIES_VALUE;
}

/* Time, then all columns but those that say which row it is; running totals per hour too. */
static void find_series(Tracks *tracks, const CsvReader *reader, const PageColumn columns[]) {
    add_series(tracks,
               (Series){.column = tracks->time, .name = memory_text("time_s"), .kind = SERIES_KEY});
    for (size_t i = 0; i < reader->header_count; i++) {
        const char *name = reader->header[i];
        const SeriesKind kind = of_decisions(tracks) ? SERIES_VALUE : kind_of(name);
        if (kind == SERIES_KEY || i == tracks->time || i == tracks->deployment ||
            i == tracks->event) {
            continue;
        }
        add_series(tracks, (Series){.column = i,
                                    .name = memory_text(name),
                                    .kind = kind,
                                    .is_text = columns[i] == PAGE_COLUMN_TEXT});
        if (kind == SERIES_TOTAL) {
            add_series(tracks, (Series){.column = i,
                                        .name = memory_format("%s_per_hour", name),
                                        .kind = kind,
                                        .per_hour = true});
        }
    }
}

static void clear_series(Tracks *tracks) {
    for (size_t i = 0; i < tracks->series_count; i++) {
        free(tracks->series[i].name);
    }
    tracks->series_count = 0;
}

/* False after adding an error. */
static bool open_file(Tracks *tracks, CsvReader *reader, const char *path, ErrorList *errors) {
    if (!csv_reader_open(reader, path, errors)) {
        return false;
    }
    PageColumn *columns = page_find_columns(tracks->file, reader);
    tracks->deployment = csv_reader_find(reader, "deployment");
    tracks->time = csv_reader_find(reader, "time_s");
    tracks->interval = csv_reader_find(reader, "interval_s");
    tracks->event = csv_reader_find(reader, "event");
    tracks->from = csv_reader_find(reader, "from");
    tracks->to = csv_reader_find(reader, "to");
    clear_series(tracks);
    find_series(tracks, reader, columns);
    free(columns);
    return !reader->failed;
}

/* The next row that a page shows, and its deployment's track, which may be new. NULL: no more. */
static Track *next_row(Tracks *tracks, CsvReader *reader) {
    do {
        if (!csv_reader_next(reader)) {
            return NULL;
        }
    } while (of_decisions(tracks) &&
             strcmp(csv_reader_text(reader, tracks->event), "decision") != 0);
    const char *name = csv_reader_text(reader, tracks->deployment);
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

static double change_size(const Tracks *tracks, CsvReader *reader) {
    return fabs(csv_reader_number(reader, tracks->to) - csv_reader_number(reader, tracks->from));
}

static void count_rows(Tracks *tracks, CsvReader *reader) {
    Track *track;
    while ((track = next_row(tracks, reader)) != NULL) {
        track->rows++;
        if (of_decisions(tracks) && change_size(tracks, reader) != 0) {
            track->last = csv_reader_number(reader, tracks->time);
            track->first = track->changes++ == 0 ? track->last : track->first;
        }
    }
}

static void begin_track(const Tracks *tracks, Track *track) {
    const size_t stretches = POINTS_MOST / 2, size = tracks->series_count * POINTS_MOST;
    track->stretch = track->rows <= POINTS_MOST ? 1 : (track->rows + stretches - 1) / stretches;
    track->values = memory_new(size, sizeof track->values[0]);
    track->texts = memory_new(of_decisions(tracks) ? size : 1, sizeof track->texts[0]);
    track->extremes = memory_new(tracks->series_count + 1, sizeof track->extremes[0]);
}

static void clear_tracks(Tracks *tracks) {
    for (size_t t = 0; t < tracks->count; t++) {
        Track *track = &tracks->items[t];
        for (size_t i = 0; i < tracks->series_count * POINTS_MOST && track->texts != NULL; i++) {
            if (tracks->series[i / POINTS_MOST].is_text) {
                free(track->texts[i]);
            }
        }
        free(track->texts);
        free(track->values);
        free(track->extremes);
        free(track->name);
    }
    free(tracks->items);
    clear_series(tracks);
    free(tracks->series);
}

/* Series: of each stretch of rows every series keeps its least and its greatest value, in the order
 * in which they came, so that no peak is lost ---------------------------------------------------
 */

static double row_value(Extremes *extremes, const Series *series, double value, double interval_s,
                        bool is_short) {
    const double increase = value - extremes->before;
    const bool is_rate = series->per_hour || series->kind == SERIES_COUNT;
    extremes->before = value;
    return is_rate && is_short            ? NAN
           : series->per_hour             ? increase / interval_s * 3600
           : series->kind == SERIES_COUNT ? value / interval_s
                                          : value;
}

/* What the value of this row is to its stretch so far: both, if it is the first. */
enum { LEAST = 1, GREATEST = 2 };

static unsigned look_at(const Extremes *extremes) {
    const bool first = isnan(extremes->least), known = !isnan(extremes->now);
    return (known && (first || extremes->now < extremes->least) ? LEAST : 0U) |
           (known && (first || extremes->now > extremes->greatest) ? GREATEST : 0U);
}

static void take_value(Extremes *extremes, unsigned found) {
    if (found != 0) {
        extremes->greatest_first = found == LEAST;
    }
    extremes->least = found & LEAST ? extremes->now : extremes->least;
    extremes->greatest = found & GREATEST ? extremes->now : extremes->greatest;
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
    const unsigned found = look_at(whole);
    take_value(whole, found);
    for (size_t i = 0; i < tracks->series_count; i++) {
        Extremes *extremes = &track->extremes[i];
        take_value(extremes, tracks->series[i].kind == SERIES_PART ? found : look_at(extremes));
    }
}

static void take_interval(const Tracks *tracks, Track *track, CsvReader *reader) {
    const double interval_s = csv_reader_number(reader, tracks->interval);
    track->usual_s = fmax(track->usual_s, interval_s);
    const bool is_short = series_is_short(interval_s, track->usual_s);
    const bool is_first = track->row % track->stretch == 0;
    const bool is_last = (track->row + 1) % track->stretch == 0 || track->row + 1 == track->rows;
    for (size_t i = 0; i < tracks->series_count; i++) {
        const double value = csv_reader_number(reader, tracks->series[i].column);
        Extremes *extremes = &track->extremes[i];
        extremes->now = row_value(extremes, &tracks->series[i], value, interval_s, is_short);
    }
    track->extremes[0].now += interval_s; /* time: the end of the interval */
    take_values(tracks, track, is_first);
    for (size_t i = 0; is_last && i < tracks->series_count; i++) {
        const Extremes *extremes = &track->extremes[i];
        double *at = track->values + i * POINTS_MOST + track->points;
        at[0] = extremes->greatest_first ? extremes->greatest : extremes->least;
        if (!is_first) {
            at[1] = extremes->greatest_first ? extremes->least : extremes->greatest;
        }
    }
    track->points += !is_last ? 0 : is_first ? 1 : 2;
}

/* Decisions: where there are too many, those that hold are left out; where even the changes are
 * more, of each of that many equal stretches of time the largest is kept -------------------------
 */

static size_t stretch_of(const Track *track, double time) {
    const double share =
        track->last > track->first ? (time - track->first) / (track->last - track->first) : 0;
    return (size_t)fmax(0, fmin(share * POINTS_MOST, POINTS_MOST - 1));
}

static void take_decision(const Tracks *tracks, Track *track, CsvReader *reader) {
    const double size = change_size(tracks, reader);
    const bool all = track->rows <= POINTS_MOST, changes = track->changes <= POINTS_MOST;
    const size_t stretch =
        all || changes ? track->points : stretch_of(track, csv_reader_number(reader, tracks->time));
    const bool again = track->points > 0 && stretch == track->stretch;
    if ((!all && size == 0) || (again ? !(size > track->size) : track->points == POINTS_MOST)) {
        return;
    }
    for (size_t i = 0; i < tracks->series_count; i++) {
        const size_t column = tracks->series[i].column;
        const size_t at = i * POINTS_MOST + track->points - again;
        if (tracks->series[i].is_text) {
            free(track->texts[at]);
            track->texts[at] = memory_text(csv_reader_text(reader, column));
        } else {
            track->values[at] = csv_reader_number(reader, column);
        }
    }
    track->points += !again;
    track->stretch = stretch;
    track->size = size;
}

static void take_rows(Tracks *tracks, CsvReader *reader) {
    Track *track;
    while ((track = next_row(tracks, reader)) != NULL) {
        if (track->row == track->rows) {
            continue; /* rows that came after the first pass are for another page */
        }
        if (track->row == 0) {
            begin_track(tracks, track);
        }
        if (of_decisions(tracks)) {
            take_decision(tracks, track, reader);
        } else {
            take_interval(tracks, track, reader);
        }
        track->row++;
    }
}

/* JSON ----------------------------------------------------------------------------------------- */

/* What is empty throughout says nothing, nor does a series that is 0. */
static bool says_something(const Tracks *tracks, const Track *track, size_t series) {
    bool something = false;
    for (size_t i = series * POINTS_MOST; i < series * POINTS_MOST + track->points; i++) {
        something =
            something || (tracks->series[series].is_text
                              ? *track->texts[i] != '\0'
                              : !isnan(track->values[i]) &&
                                    (of_decisions(tracks) || series == 0 || track->values[i] != 0));
    }
    return something;
}

static void put_series(FILE *stream, const Tracks *tracks, const Track *track, size_t series) {
    for (size_t p = 0; p < track->points; p++) {
        const size_t i = series * POINTS_MOST + p;
        fputc(p > 0 ? ',' : '[', stream);
        if (tracks->series[series].is_text) {
            page_put_text(stream, track->texts[i]);
        } else if (series == 0) {
            page_put_number(stream, round(track->values[i] * 1e3) / 1e3, TIME_DIGITS);
        } else {
            page_put_number(stream, track->values[i], tracks->file->digits);
        }
    }
    fputc(']', stream);
}

static void put_track(FILE *stream, const Tracks *tracks, const Track *track) {
    bool begun = false;
    fputs("{\"deployment\":", stream);
    page_put_text(stream, track->name);
    if (of_decisions(tracks)) {
        fprintf(stream, ",\"changes\":%zu,\"left_out\":%zu", track->changes,
                track->rows - track->points);
    } else {
        fprintf(stream, ",\"stretch\":%zu", track->stretch);
    }
    fprintf(stream, ",\"rows\":%zu,\n\"columns\":[", track->rows);
    for (size_t s = 0; s < tracks->series_count; s++) {
        if (says_something(tracks, track, s)) {
            page_put_comma(stream, &begun, ",");
            page_put_text(stream, tracks->series[s].name);
        }
    }
    fputs("],\n\"data\":[", stream);
    begun = false;
    for (size_t s = 0; s < tracks->series_count; s++) {
        if (says_something(tracks, track, s)) {
            page_put_comma(stream, &begun, ",\n");
            put_series(stream, tracks, track, s);
        }
    }
    fputs("]}", stream);
}

bool page_put_thinned(FILE *stream, const PageFile *file, const char *path, ErrorList *errors) {
    Tracks tracks = {.file = file};
    bool ok = true;
    for (size_t pass = 0; ok && pass < 2; pass++) {
        CsvReader reader = {0};
        if (open_file(&tracks, &reader, path, errors)) {
            (pass == 0 ? count_rows : take_rows)(&tracks, &reader);
        }
        for (size_t i = 0; pass == 1 && i < tracks.count; i++) {
            fputs(i > 0 ? ",\n" : "[", stream);
            put_track(stream, &tracks, &tracks.items[i]);
        }
        fputs(pass == 0 ? "" : tracks.count > 0 ? "]" : "[]", stream);
        ok = csv_reader_close(&reader);
    }
    clear_tracks(&tracks);
    return ok;
}
