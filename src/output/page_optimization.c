// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_optimization.h"

#include "base/csv_reader.h"
#include "base/json.h"
#include "base/memory.h"
#include "output/page_metrics.h"
#include "output/page_origin.h"
#include "output/page_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A metric of front.csv: a column that has its bounds beside it. */
typedef struct FrontMetric {
    char *name;
    size_t columns[3]; /* mean, low, high */
} FrontMetric;

typedef struct FrontColumns {
    size_t candidate, replications, chosen;
    size_t *options;
    size_t option_count;
    FrontMetric *metrics;
    size_t metric_count;
} FrontColumns;

static size_t find_bound(const CsvReader *reader, const char *name, const char *suffix) {
    char *bound = memory_format("%s_%s", name, suffix);
    const size_t column = csv_reader_find(reader, bound);
    free(bound);
    return column;
}

static void find_columns(FrontColumns *columns, CsvReader *reader) {
    *columns = (FrontColumns){
        .candidate = csv_reader_need(reader, "candidate"),
        .replications = csv_reader_need(reader, "replications"),
        .chosen = csv_reader_need(reader, "chosen"),
        .options = memory_new(reader->header_count + 1, sizeof columns->options[0]),
        .metrics = memory_new(reader->header_count + 1, sizeof columns->metrics[0]),
    };
    for (size_t i = 0; i < reader->header_count; i++) {
        const size_t low = find_bound(reader, reader->header[i], "low");
        const size_t high = find_bound(reader, reader->header[i], "high");
        if (low != CSV_READER_ABSENT && high != CSV_READER_ABSENT) {
            columns->metrics[columns->metric_count++] =
                (FrontMetric){memory_text(reader->header[i]), {i, low, high}};
        } else if (i > columns->candidate && i < columns->replications) {
            columns->options[columns->option_count++] = i;
        }
    }
    if (columns->metric_count < 2 && !reader->failed) {
        error_add(reader->errors, &(Error){.file = reader->path,
                                           .line = 1,
                                           .found = "fewer than two metrics",
                                           .expected = "cost and latency with _low and _high"});
        reader->failed = true;
    }
}

static void clear_columns(FrontColumns *columns) {
    for (size_t i = 0; i < columns->metric_count; i++) {
        free(columns->metrics[i].name);
    }
    free(columns->metrics);
    free(columns->options);
}

static bool is_yes(const char *text) {
    static const char *const no[] = {"", "0", "no", "false"};
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        if (strcmp(text, no[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* The front ---------------------------------------------------------------------------------- */

static void write_figure(FILE *stream, CsvReader *reader, const FrontMetric *metric) {
    const MetricUnit unit = page_metric(metric->name).unit;
    char text[HUMAN_TEXT], low[HUMAN_TEXT], high[HUMAN_TEXT];
    fprintf(stream, "<td>%s",
            page_metric_value(unit, csv_reader_number(reader, metric->columns[0]), text));
    const double from = csv_reader_number(reader, metric->columns[1]);
    if (isfinite(from)) {
        page_metric_value(unit, from, low);
        page_metric_value(unit, csv_reader_number(reader, metric->columns[2]), high);
        fprintf(stream, "<small class=\"interval\">%s to %s</small>", low, high);
    }
    fputs("</td>", stream);
}

static void write_table_head(FILE *stream, const CsvReader *reader, const FrontColumns *columns) {
    fputs(
        "<div class=\"box\" tabindex=\"0\"><table class=\"numbers\"><caption>Nothing tried is both "
        "cheaper and faster than one of these</caption><thead><tr><th scope=\"col\">candidate</th>",
        stream);
    for (size_t i = 0; i < columns->option_count; i++) {
        fputs("<th scope=\"col\">", stream);
        page_text(stream, reader->header[columns->options[i]]);
        fputs("</th>", stream);
    }
    for (size_t i = 0; i < columns->metric_count; i++) {
        fputs("<th scope=\"col\">", stream);
        page_text(stream, page_metric(columns->metrics[i].name).title);
        fputs("</th>", stream);
    }
    fputs("<th scope=\"col\">replications</th></tr></thead>\n<tbody>\n", stream);
}

static void write_table_row(FILE *stream, CsvReader *reader, const FrontColumns *columns) {
    const bool chosen = is_yes(csv_reader_text(reader, columns->chosen));
    fputs(chosen ? "<tr class=\"chosen\"><th scope=\"row\">" : "<tr><th scope=\"row\">", stream);
    page_text(stream, csv_reader_text(reader, columns->candidate));
    fputs(chosen ? " <small>chosen</small></th>" : "</th>", stream);
    for (size_t i = 0; i < columns->option_count; i++) {
        fputs("<td>", stream);
        page_text(stream, csv_reader_text(reader, columns->options[i]));
        fputs("</td>", stream);
    }
    for (size_t i = 0; i < columns->metric_count; i++) {
        write_figure(stream, reader, &columns->metrics[i]);
    }
    fputs("<td>", stream);
    page_text(stream, csv_reader_text(reader, columns->replications));
    fputs("</td></tr>\n", stream);
}

static void write_point(FILE *stream, CsvReader *reader, const FrontColumns *columns) {
    fputs("{\"name\":", stream);
    page_json_text(stream, csv_reader_text(reader, columns->candidate));
    fprintf(stream, ",\"chosen\":%s,\"options\":[",
            is_yes(csv_reader_text(reader, columns->chosen)) ? "true" : "false");
    for (size_t i = 0; i < columns->option_count; i++) {
        fputs(i > 0 ? ",[" : "[", stream);
        page_json_text(stream, reader->header[columns->options[i]]);
        putc(',', stream);
        page_json_text(stream, csv_reader_text(reader, columns->options[i]));
        putc(']', stream);
    }
    fputs("],\"values\":[", stream);
    for (size_t i = 0; i < 3 * columns->metric_count; i++) {
        fputs(i > 0 ? "," : "", stream);
        page_json_number(stream, csv_reader_number(reader, columns->metrics[i / 3].columns[i % 3]),
                         6);
    }
    fputs("]}", stream);
}

typedef void WriteRow(FILE *stream, CsvReader *reader, const FrontColumns *columns);

/* All rows of the front, one pass; the caller has opened the reader. */
static bool each_row(FILE *stream, const char *path, WriteRow *write, const char *separator,
                     ErrorList *errors) {
    CsvReader reader;
    FrontColumns columns = {0};
    if (csv_reader_open(&reader, path, errors)) {
        find_columns(&columns, &reader);
        if (write == write_table_row && !reader.failed) {
            write_table_head(stream, &reader, &columns);
        }
        for (const char *before = ""; csv_reader_next(&reader); before = separator) {
            fputs(before, stream);
            write(stream, &reader, &columns);
        }
    }
    clear_columns(&columns);
    return csv_reader_close(&reader);
}

/* The metrics of the front, for the script; `names` gets them, owned by the caller. */
static bool write_metrics(FILE *stream, const char *path, char *names[2], ErrorList *errors) {
    CsvReader reader;
    FrontColumns columns = {0};
    if (csv_reader_open(&reader, path, errors)) {
        find_columns(&columns, &reader);
        for (size_t i = 0; i < columns.metric_count; i++) {
            const PageMetric metric = page_metric(columns.metrics[i].name);
            fputs(i > 0 ? ",{\"name\":" : "{\"name\":", stream);
            page_json_text(stream, columns.metrics[i].name);
            fputs(",\"title\":", stream);
            page_json_text(stream, metric.title);
            fprintf(stream, ",\"unit\":\"%s\"}", page_metric_unit(metric.unit));
            if (i < 2) {
                names[i] = memory_text(columns.metrics[i].name);
            }
        }
    }
    clear_columns(&columns);
    return csv_reader_close(&reader);
}

/* Everything else that was tried ------------------------------------------------------------- */

/* Candidates with the front's two metrics, each evaluation; a file without them has nothing to
 * show. */
static bool write_tried(FILE *stream, const char *folder, char *const names[2], ErrorList *errors) {
    char *path = memory_format("%s/evaluations.csv", folder);
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        const size_t candidate = csv_reader_need(&reader, "candidate");
        const size_t stage = csv_reader_find(&reader, "stage");
        const size_t feasible = csv_reader_find(&reader, "feasible");
        const size_t x = csv_reader_find(&reader, names[0]);
        const size_t y = csv_reader_find(&reader, names[1]);
        const char *before = "";
        while (csv_reader_next(&reader)) {
            const double cost = csv_reader_number(&reader, x);
            const double latency = csv_reader_number(&reader, y);
            if (isnan(cost) || isnan(latency)) {
                continue;
            }
            fprintf(stream, "%s\n[", before);
            page_json_text(stream, csv_reader_text(&reader, candidate));
            putc(',', stream);
            page_json_text(stream, csv_reader_text(&reader, stage));
            fprintf(stream, ",%s,", is_yes(csv_reader_text(&reader, feasible)) ? "true" : "false");
            page_json_number(stream, cost, 6);
            putc(',', stream);
            page_json_number(stream, latency, 6);
            putc(']', stream);
            before = ",";
        }
    }
    free(path);
    return csv_reader_close(&reader);
}

/* The page ----------------------------------------------------------------------------------- */

static bool write_data(FILE *stream, const char *folder, const char *front, ErrorList *errors) {
    char *names[2] = {NULL, NULL};
    fputs("<div class=\"charts\" data-kind=\"optimization\">"
          "<noscript><p>The charts need JavaScript.</p></noscript></div>\n"
          "<script type=\"application/json\">{\"metrics\":[",
          stream);
    bool ok = write_metrics(stream, front, names, errors);
    fputs("],\n\"front\":[\n", stream);
    ok = ok && each_row(stream, front, write_point, ",\n", errors);
    fputs("],\n\"tried\":[", stream);
    ok = ok && write_tried(stream, folder, names, errors);
    fputs("]}</script>\n", stream);
    free(names[0]);
    free(names[1]);
    return ok;
}

/* Nothing that meets the objectives: no winner. */
static bool write_winner(FILE *stream, const char *folder, ErrorList *errors) {
    char *path = memory_format("%s/winner.firectl.txt", folder);
    bool ok = true;
    if (access(path, F_OK) == 0) {
        size_t length;
        char *text = json_file_read(path, &length, errors);
        ok = text != NULL;
        fputs("<h2>The chosen policy</h2>\n<pre class=\"command\" tabindex=\"0\"><code>", stream);
        page_text(stream, text);
        fputs("</code></pre>\n", stream);
        free(text);
    }
    free(path);
    return ok;
}

bool page_optimization_write(FILE *stream, const char *folder, ErrorList *errors) {
    char *front = memory_format("%s/front.csv", folder);
    fputs("<header><p class=\"kind\">A search by autoscale-sim</p>\n"
          "<h1>Cost against latency</h1></header>\n<main>\n<section>",
          stream);
    bool ok = write_winner(stream, folder, errors);
    ok = ok && write_data(stream, folder, front, errors);
    ok = ok && each_row(stream, front, write_table_row, "", errors);
    fputs("</tbody></table></div>\n</section>\n<section id=\"origin\">"
          "<h2>Where this comes from</h2>\n",
          stream);
    ok = ok && page_origin_write_manifest(stream, folder, errors);
    page_origin_write_assumptions(stream, NULL, 0);
    fputs("</section>\n</main>\n", stream);
    free(front);
    return ok;
}
