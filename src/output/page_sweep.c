// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_sweep.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "figures/names.h"
#include "output/page_metrics.h"
#include "output/page_origin.h"
#include "output/page_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Texts {
    char **items;
    size_t count, room;
} Texts;

typedef struct Axis {
    char *name;
    Texts values;
    size_t column; /* of aggregate.csv */
} Axis;

typedef struct SweepMetric {
    char *name;
    size_t columns[3]; /* mean, low, high */
    bool says_something;
} SweepMetric;

typedef struct Cell {
    char *name;
    size_t deployment;
    double replications;
    size_t *positions; /* by axis */
    double *values;    /* by metric: mean, low, high */
} Cell;

typedef struct Sweep {
    Axis *axes;
    size_t axis_count, axis_room;
    SweepMetric *metrics;
    size_t metric_count, metric_room;
    Texts deployments;
    Cell *cells;
    size_t cell_count, cell_room;
} Sweep;

/* Where the text is; it is added if it is not. */
static size_t place_of(Texts *texts, const char *text) {
    for (size_t i = 0; i < texts->count; i++) {
        if (strcmp(texts->items[i], text) == 0) {
            return i;
        }
    }
    texts->items = memory_grow(texts->items, texts->count, &texts->room, sizeof texts->items[0]);
    texts->items[texts->count++] = memory_text(text);
    return texts->count - 1;
}

static void clear_texts(Texts *texts) {
    for (size_t i = 0; i < texts->count; i++) {
        free(texts->items[i]);
    }
    free(texts->items);
}

/* Reading ------------------------------------------------------------------------------------ */

static Axis *axis_of(Sweep *sweep, const char *name) {
    for (size_t i = 0; i < sweep->axis_count; i++) {
        if (strcmp(sweep->axes[i].name, name) == 0) {
            return &sweep->axes[i];
        }
    }
    sweep->axes =
        memory_grow(sweep->axes, sweep->axis_count, &sweep->axis_room, sizeof sweep->axes[0]);
    sweep->axes[sweep->axis_count] = (Axis){.name = memory_text(name)};
    return &sweep->axes[sweep->axis_count++];
}

static bool read_axes(Sweep *sweep, const char *folder, ErrorList *errors) {
    char *path = memory_format("%s/axes.csv", folder);
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        const size_t axis = csv_reader_need(&reader, "axis");
        const size_t value = csv_reader_need(&reader, "value");
        while (csv_reader_next(&reader)) {
            place_of(&axis_of(sweep, csv_reader_text(&reader, axis))->values,
                     csv_reader_text(&reader, value));
        }
    }
    free(path);
    return csv_reader_close(&reader);
}

static size_t find_bound(const CsvReader *reader, const char *name, const char *suffix) {
    char *bound = memory_format("%s_%s", name, suffix);
    const size_t column = csv_reader_find(reader, bound);
    free(bound);
    return column;
}

static void find_metrics(Sweep *sweep, const CsvReader *reader) {
    for (size_t i = 0; i < reader->header_count; i++) {
        const char *name = reader->header[i];
        const PageMetric metric = page_metric(name);
        if (metric.known && metric.in_short) {
            sweep->metrics = memory_grow(sweep->metrics, sweep->metric_count, &sweep->metric_room,
                                         sizeof sweep->metrics[0]);
            sweep->metrics[sweep->metric_count++] = (SweepMetric){
                .name = memory_text(name),
                .columns = {i, find_bound(reader, name, "low"), find_bound(reader, name, "high")}};
        }
    }
}

static void take_cell(Sweep *sweep, CsvReader *reader, size_t cell, size_t deployment,
                      size_t replications) {
    Cell row = {
        .name = memory_text(csv_reader_text(reader, cell)),
        .deployment = place_of(&sweep->deployments, csv_reader_text(reader, deployment)),
        .replications = csv_reader_number(reader, replications),
        .positions = memory_new(sweep->axis_count + 1, sizeof row.positions[0]),
        .values = memory_new(3 * sweep->metric_count + 1, sizeof row.values[0]),
    };
    for (size_t i = 0; i < sweep->axis_count; i++) {
        Axis *axis = &sweep->axes[i];
        row.positions[i] = place_of(&axis->values, csv_reader_text(reader, axis->column));
    }
    for (size_t m = 0; m < sweep->metric_count; m++) {
        for (size_t i = 0; i < 3; i++) {
            row.values[3 * m + i] = csv_reader_number(reader, sweep->metrics[m].columns[i]);
        }
        const double mean = row.values[3 * m];
        sweep->metrics[m].says_something |= !isnan(mean) && mean != 0;
    }
    sweep->cells =
        memory_grow(sweep->cells, sweep->cell_count, &sweep->cell_room, sizeof sweep->cells[0]);
    sweep->cells[sweep->cell_count++] = row;
}

static bool read_cells(Sweep *sweep, const char *folder, ErrorList *errors) {
    char *path = memory_format("%s/aggregate.csv", folder);
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        const size_t cell = csv_reader_need(&reader, "cell");
        const size_t deployment = csv_reader_need(&reader, "deployment");
        const size_t replications = csv_reader_need(&reader, "replications");
        for (size_t i = 0; i < sweep->axis_count; i++) {
            sweep->axes[i].column = csv_reader_need(&reader, sweep->axes[i].name);
        }
        find_metrics(sweep, &reader);
        while (csv_reader_next(&reader)) {
            take_cell(sweep, &reader, cell, deployment, replications);
        }
    }
    free(path);
    return csv_reader_close(&reader);
}

static void clear_sweep(Sweep *sweep) {
    for (size_t i = 0; i < sweep->axis_count; i++) {
        free(sweep->axes[i].name);
        clear_texts(&sweep->axes[i].values);
    }
    for (size_t i = 0; i < sweep->metric_count; i++) {
        free(sweep->metrics[i].name);
    }
    for (size_t i = 0; i < sweep->cell_count; i++) {
        free(sweep->cells[i].name);
        free(sweep->cells[i].positions);
        free(sweep->cells[i].values);
    }
    clear_texts(&sweep->deployments);
    free(sweep->axes);
    free(sweep->metrics);
    free(sweep->cells);
}

/* The end of a path that no other axis ends with: "scale_up_window" of
 * "deployments.chat.autoscaling.scale_up_window". Lent. */
static const char *short_name(const Sweep *sweep, const char *name) {
    const char *shorter = name + strlen(name);
    while (shorter > name) {
        do {
            shorter--;
        } while (shorter > name && shorter[-1] != '.');
        size_t same = 0;
        for (size_t i = 0; i < sweep->axis_count; i++) {
            const size_t length = strlen(sweep->axes[i].name), own = strlen(shorter);
            same += length >= own && strcmp(sweep->axes[i].name + length - own, shorter) == 0;
        }
        if (same == 1) {
            break;
        }
    }
    const bool is_load_key = names_load_key(shorter) < NAMES_LOAD_KEYS;
    if (is_load_key && shorter > name) { /* "load_targets.default" says more than "default" */
        do {
            shorter--;
        } while (shorter > name && shorter[-1] != '.');
    }
    return shorter;
}

/* JSON --------------------------------------------------------------------------------------- */

static void write_texts(FILE *stream, const Texts *texts) {
    putc('[', stream);
    for (size_t i = 0; i < texts->count; i++) {
        fputs(i > 0 ? "," : "", stream);
        page_json_text(stream, texts->items[i]);
    }
    putc(']', stream);
}

static void write_metrics(FILE *stream, const Sweep *sweep) {
    const char *separator = "";
    for (size_t i = 0; i < sweep->metric_count; i++) {
        if (sweep->metrics[i].says_something) {
            const PageMetric metric = page_metric(sweep->metrics[i].name);
            fprintf(stream, "%s\n{\"name\":", separator);
            page_json_text(stream, sweep->metrics[i].name);
            fputs(",\"title\":", stream);
            page_json_text(stream, metric.title);
            fputs(",\"group\":", stream);
            page_json_text(stream, metric.group);
            fprintf(stream, ",\"unit\":\"%s\"}", page_metric_unit(metric.unit));
            separator = ",";
        }
    }
}

static void write_cell(FILE *stream, const Sweep *sweep, const Cell *cell) {
    putc('[', stream);
    page_json_text(stream, cell->name);
    fprintf(stream, ",%zu,[", cell->deployment);
    for (size_t i = 0; i < sweep->axis_count; i++) {
        fprintf(stream, "%s%zu", i > 0 ? "," : "", cell->positions[i]);
    }
    fputs("],", stream);
    page_json_number(stream, cell->replications, 9);
    fputs(",[", stream);
    const char *separator = "";
    for (size_t m = 0; m < sweep->metric_count; m++) {
        for (size_t i = 0; sweep->metrics[m].says_something && i < 3; i++) {
            fputs(separator, stream);
            page_json_number(stream, cell->values[3 * m + i], 6);
            separator = ",";
        }
    }
    fputs("]]", stream);
}

static void write_data(FILE *stream, const Sweep *sweep) {
    fputs("<div class=\"charts\" data-kind=\"sweep\">"
          "<noscript><p>The charts need JavaScript.</p></noscript></div>\n"
          "<script type=\"application/json\">{\"axes\":[",
          stream);
    for (size_t i = 0; i < sweep->axis_count; i++) {
        fputs(i > 0 ? ",\n{\"name\":" : "\n{\"name\":", stream);
        page_json_text(stream, short_name(sweep, sweep->axes[i].name));
        fputs(",\"values\":", stream);
        write_texts(stream, &sweep->axes[i].values);
        putc('}', stream);
    }
    fputs("],\n\"deployments\":", stream);
    write_texts(stream, &sweep->deployments);
    fputs(",\n\"metrics\":[", stream);
    write_metrics(stream, sweep);
    fputs("],\n\"cells\":[", stream);
    for (size_t i = 0; i < sweep->cell_count; i++) {
        fputs(i > 0 ? ",\n" : "\n", stream);
        write_cell(stream, sweep, &sweep->cells[i]);
    }
    fputs("]}</script>\n", stream);
}

/* The page ----------------------------------------------------------------------------------- */

bool page_sweep_write(FILE *stream, const char *folder, ErrorList *errors) {
    Sweep sweep = {0};
    bool ok = read_axes(&sweep, folder, errors);
    ok = ok && read_cells(&sweep, folder, errors);
    if (ok) {
        fputs("<header><p class=\"kind\">A sweep by autoscale-sim</p>\n<h1>", stream);
        for (size_t i = 0; i < sweep.axis_count; i++) {
            fputs(i > 0 ? " \xc3\x97 <wbr>" : "", stream);
            page_text(stream, short_name(&sweep, sweep.axes[i].name));
        }
        fprintf(stream, "</h1>\n<p class=\"quiet\">%zu cells of ",
                sweep.deployments.count > 0 ? sweep.cell_count / sweep.deployments.count : 0);
        for (size_t i = 0; i < sweep.axis_count; i++) {
            fputs(i > 0 ? ", " : "", stream);
            page_text(stream, sweep.axes[i].name);
        }
        fputs("</p></header>\n<main>\n<section>", stream);
        write_data(stream, &sweep);
        fputs("</section>\n<section id=\"origin\"><h2>Where this comes from</h2>\n", stream);
        ok = page_origin_write_manifest(stream, folder, errors) &&
             page_origin_write_document(stream, folder, "sweep.json", "The plan of the sweep",
                                        errors);
        page_origin_write_assumptions(stream, NULL, 0);
        fputs("</section>\n</main>\n", stream);
    }
    clear_sweep(&sweep);
    return ok;
}
