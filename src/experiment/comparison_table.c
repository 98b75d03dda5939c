// SPDX-License-Identifier: GPL-3.0-or-later
/* All cells are written first, for each column is as wide as its widest. */
#include "experiment/comparison_table.h"

#include "base/memory.h"
#include "base/text.h"
#include "figures/human_estimate.h"
#include "figures/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE_WIDTH = 22, LABEL_MOST = 40, GAP = 3 };

typedef struct Cell {
    char value[HUMAN_ESTIMATE_TEXT];
    char difference[HUMAN_ESTIMATE_TEXT + 4];
} Cell;

typedef struct TableLine {
    const char *title; /* lent; with `cells` NULL: a deployment's name */
    Cell *cells;
} TableLine;

typedef struct Table {
    const ComparisonStatistics *statistics;
    TableLine *lines;
    size_t count, room;
    int *value_widths, *difference_widths; /* by run */
} Table;

static int widest(int width, const char *text) {
    const int own = text_width(text);
    return own > width ? own : width;
}

static void write_cell(const MetricStatistics *metric, MetricUnit unit, Cell *cell) {
    human_estimate(unit, HUMAN_ESTIMATE_VALUE, metric->mean.value,
                   interval_half_width(&metric->mean), cell->value);
    if (metric->never > 0 && metric->never < metric->count) {
        snprintf(cell->value, sizeof cell->value, "never in %zu of %zu", metric->never,
                 metric->count);
    }
    if (metric->verdict == VERDICT_SAME) {
        strcpy(cell->difference, "=  "); /* over the digits */
    } else if (metric->verdict != VERDICT_NONE) {
        char text[HUMAN_ESTIMATE_TEXT];
        human_estimate(unit, HUMAN_ESTIMATE_DIFFERENCE, metric->difference.value,
                       interval_half_width(&metric->difference), text);
        snprintf(cell->difference, sizeof cell->difference, "%s %s", text,
                 metric->verdict == VERDICT_NOT_SHOWN ? " "
                 : metric->verdict == VERDICT_EQUAL   ? "\u2248"
                                                      : "*");
    }
}

static TableLine *add_line(Table *table, const char *title) {
    table->lines = memory_grow(table->lines, table->count, &table->room, sizeof *table->lines);
    table->lines[table->count] = (TableLine){.title = title};
    return &table->lines[table->count++];
}

static void add_row(Table *table, size_t deployment, const ComparisonRow *row) {
    const MetricRow *column = metric_find(row->column);
    const size_t number = (size_t)(column - metric_rows);
    const size_t runs = table->statistics->deployments.run_count;
    if (!comparison_says_something(table->statistics, deployment, number)) {
        return;
    }
    TableLine *line = add_line(table, row->title);
    line->cells = memory_new(runs, sizeof *line->cells);
    for (size_t run = 0; run < runs; run++) {
        Cell *cell = &line->cells[run];
        write_cell(comparison_metric(table->statistics, run, deployment, number), column->unit,
                   cell);
        table->value_widths[run] = widest(table->value_widths[run], cell->value);
        table->difference_widths[run] = widest(table->difference_widths[run], cell->difference);
    }
}

static void put(FILE *stream, int width, const char *text) {
    fprintf(stream, "%*s%s", width - text_width(text), "", text);
}

/* Over both columns of its run, which are widened for it. */
static void print_labels(FILE *stream, const Table *table) {
    fprintf(stream, "  %-*s", TITLE_WIDTH, "");
    for (size_t run = 0; run < table->statistics->deployments.run_count; run++) {
        const char *label = table->statistics->replications->runs[run].label;
        const int most = strlen(label) < LABEL_MOST ? (int)strlen(label) : LABEL_MOST;
        const int gaps = run == 0 ? 0 : GAP;
        if (table->value_widths[run] + gaps + table->difference_widths[run] < most) {
            table->value_widths[run] = most - gaps - table->difference_widths[run];
        }
        const int value = table->value_widths[run];
        fprintf(stream, "%*s%*.*s%*s", GAP, "", value > most ? value : most, LABEL_MOST, label,
                gaps + table->difference_widths[run] - (value > most ? 0 : most - value), "");
    }
    fputc('\n', stream);
}

static void print_line(FILE *stream, const Table *table, const TableLine *line) {
    if (!line->cells) {
        fprintf(stream, "%s\n", line->title);
        return;
    }
    fprintf(stream, "  %-*s", TITLE_WIDTH, line->title);
    for (size_t run = 0; run < table->statistics->deployments.run_count; run++) {
        put(stream, GAP + table->value_widths[run], line->cells[run].value);
        if (run > 0) {
            put(stream, GAP + table->difference_widths[run], line->cells[run].difference);
        }
    }
    fputc('\n', stream);
}

/* Without the blanks that fill the last column. */
static void print_trimmed(FILE *stream, const char *text) {
    while (*text) {
        const char *end = strchr(text, '\n');
        size_t length = (size_t)(end - text);
        while (length > 0 && text[length - 1] == ' ') {
            length--;
        }
        fprintf(stream, "%.*s\n", (int)length, text);
        text = end + 1;
    }
}

void comparison_table_print(FILE *stream, const ComparisonStatistics *statistics) {
    const size_t runs = statistics->deployments.run_count;
    Table table = {.statistics = statistics,
                   .value_widths = memory_new(runs, sizeof(int)),
                   .difference_widths = memory_new(runs, sizeof(int))};
    for (size_t i = 0; i < statistics->deployments.count; i++) {
        add_line(&table, statistics->deployments.names[i]);
        for (size_t row = 0; row < comparison_row_count; row++) {
            add_row(&table, i, &comparison_rows[row]);
        }
    }
    char *text = NULL;
    size_t length;
    FILE *page = memory_checked(open_memstream(&text, &length));
    print_labels(page, &table);
    for (size_t i = 0; i < table.count; i++) {
        print_line(page, &table, &table.lines[i]);
        free(table.lines[i].cells);
    }
    memory_close(page);
    print_trimmed(stream, text);
    free(text);
    free(table.lines);
    free(table.value_widths);
    free(table.difference_widths);
}
