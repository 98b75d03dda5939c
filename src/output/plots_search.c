// SPDX-License-Identifier: GPL-3.0-or-later
/* The picture of a search: its front with the winner, and beside it all that was looked at. */
#include "output/plots.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "output/plot_folder.h"
#include "output/plot_front.h"
#include "output/plot_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Search {
    char *metrics[2]; /* the columns: cost and latency */
    char *options;    /* their names */
    FrontPoint *points;
    char **candidates; /* by point */
    size_t count, room, candidate_room;
    size_t confirmed;                             /* the first ones, of front.csv */
    double replications_least, replications_most; /* of these */
} Search;

static void search_clear(Search *search) {
    for (size_t i = 0; i < search->count; i++) {
        free(search->points[i].text);
        free(search->candidates[i]);
    }
    free(search->points);
    free(search->candidates);
    free(search->metrics[0]);
    free(search->metrics[1]);
    free(search->options);
}

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
            search->metrics[found++] = memory_text_n(name, strlen(name) - strlen("_low"));
        }
    }
    if (found < 2) {
        error_add(reader->errors, &(Error){.file = reader->path,
                                           .line = 1,
                                           .found = "columns without intervals",
                                           .expected = "a cost and a latency, each with _low and "
                                                       "_high"});
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
static char *joined(const CsvReader *reader, size_t first, size_t end, bool is_header) {
    char *text = memory_text("");
    for (size_t i = first; i < end; i++) {
        char *longer = memory_format("%s%s%s", text, *text ? ", " : "",
                                     is_header ? short_name(reader, first, end, i)
                                               : csv_reader_text(reader, i));
        free(text);
        text = longer;
    }
    return text;
}

static SweepEstimate estimate(CsvReader *reader, const char *metric) {
    char *low = memory_format("%s_low", metric), *high = memory_format("%s_high", metric);
    const SweepEstimate estimate = {
        .mean = csv_reader_number(reader, csv_reader_find(reader, metric)),
        .low = csv_reader_number(reader, csv_reader_find(reader, low)),
        .high = csv_reader_number(reader, csv_reader_find(reader, high))};
    free(low);
    free(high);
    return estimate;
}

/* The point of a candidate: a new one if there is none. */
static FrontPoint *point_of(Search *search, const char *candidate) {
    for (size_t i = 0; i < search->count; i++) {
        if (strcmp(search->candidates[i], candidate) == 0) {
            return &search->points[i];
        }
    }
    search->points =
        memory_grow(search->points, search->count, &search->room, sizeof search->points[0]);
    search->candidates = memory_grow(search->candidates, search->count, &search->candidate_room,
                                     sizeof search->candidates[0]);
    search->candidates[search->count] = memory_text(candidate);
    search->points[search->count] = (FrontPoint){0};
    return &search->points[search->count++];
}

static bool is_yes(const char *text) {
    return strcmp(text, "true") == 0 || strcmp(text, "1") == 0 || strcmp(text, "yes") == 0;
}

static bool read_front(Search *search, const char *directory, ErrorList *errors) {
    char *path = plot_join(directory, "front.csv");
    CsvReader reader;
    bool ok = csv_reader_open(&reader, path, errors);
    const size_t candidate = ok ? csv_reader_need(&reader, "candidate") : CSV_READER_ABSENT;
    const size_t end = ok ? csv_reader_need(&reader, "replications") : CSV_READER_ABSENT;
    ok = ok && !reader.failed && find_metrics(search, &reader);
    const size_t chosen = ok ? csv_reader_need(&reader, "chosen") : CSV_READER_ABSENT;
    search->options = ok ? joined(&reader, candidate + 1, end, true) : NULL;
    while (ok && csv_reader_next(&reader)) {
        FrontPoint *point = point_of(search, csv_reader_text(&reader, candidate));
        if (point->text == NULL) {
            point->text = joined(&reader, candidate + 1, end, false);
        }
        point->cost = estimate(&reader, search->metrics[0]);
        point->latency = estimate(&reader, search->metrics[1]);
        const double replications = csv_reader_number(&reader, end);
        search->replications_least = fmin(search->replications_least, replications);
        search->replications_most = fmax(search->replications_most, replications);
        point->chosen = is_yes(csv_reader_text(&reader, chosen));
    }
    ok = csv_reader_close(&reader) && ok;
    search->confirmed = search->count;
    if (ok && search->count == 0) {
        ok = plot_fail(errors, path, "no rows", "nothing to draw");
    }
    free(path);
    return ok;
}

/* Candidates that are not on the front, by their last evaluation; without intervals. */
static bool read_evaluations(Search *search, const char *directory, ErrorList *errors) {
    char *path = plot_join(directory, "evaluations.csv");
    if (access(path, F_OK) != 0) {
        free(path);
        return true;
    }
    CsvReader reader;
    bool ok = csv_reader_open(&reader, path, errors);
    const size_t candidate = ok ? csv_reader_need(&reader, "candidate") : CSV_READER_ABSENT;
    while (ok && csv_reader_next(&reader)) {
        FrontPoint *point = point_of(search, csv_reader_text(&reader, candidate));
        if (point < search->points + search->confirmed) {
            continue;
        }
        if (point->text == NULL) {
            point->text = memory_text("");
        }
        for (size_t i = 0; i < 2; i++) {
            const double mean =
                csv_reader_number(&reader, csv_reader_find(&reader, search->metrics[i]));
            *(i == 0 ? &point->cost : &point->latency) =
                (SweepEstimate){.mean = mean, .low = NAN, .high = NAN};
        }
    }
    ok = csv_reader_close(&reader) && ok;
    free(path);
    return ok;
}

static const char *title_of(const char *column) {
    const PlotMetric *metric = plot_metric_find(column);
    return metric ? metric->title : column;
}

bool plots_draw_search(const char *directory, const char *scripts_directory, ErrorList *errors) {
    PlotFolder folder;
    Search search = {.replications_least = INFINITY};
    bool ok = plot_folder_begin(&folder, directory, scripts_directory, errors) &&
              read_front(&search, folder.directory, errors) &&
              read_evaluations(&search, folder.directory, errors);
    if (ok) {
        char *part = plot_last_part(directory);
        const FrontPanel all = {.cost_title = title_of(search.metrics[0]),
                                .latency_title = title_of(search.metrics[1]),
                                .cost_column = search.metrics[0],
                                .latency_column = search.metrics[1],
                                .points = search.points,
                                .count = search.count,
                                .confirmed = search.confirmed,
                                .heading = "all candidates, by their last evaluation"};
        FrontPanel confirmed = all; /* by itself, for it may be a small part of the other */
        confirmed.count = search.confirmed;
        confirmed.heading = search.count > search.confirmed ? "the confirmed ones alone" : NULL;
        const FrontPanel panels[] = {confirmed, all};
        char *note = plot_replications_text(search.replications_least, search.replications_most);
        ok = plot_front_draw(&folder, "front", panels, search.count > search.confirmed ? 2 : 1,
                             search.options, note, *part ? part : "search");
        free(note);
        free(part);
    }
    search_clear(&search);
    plot_folder_end(&folder);
    return ok;
}
