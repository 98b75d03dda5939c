// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/comparison_table.h"

#include "base/terminal.h"
#include "figures/human_estimate.h"
#include "figures/metrics.h"

enum { LABEL_MOST = 40 };

static void add_value(Table *table, const MetricStatistics *metric, MetricUnit unit) {
    char text[HUMAN_ESTIMATE_TEXT];
    if (metric->never > 0 && metric->never < metric->count) {
        table_cell(table, "never in %zu of %zu", metric->never, metric->count);
    } else {
        table_cell(table, "%s",
                   human_estimate(unit, HUMAN_ESTIMATE_VALUE, metric->mean.value,
                                  interval_half_width(&metric->mean), text));
    }
}

static void add_difference(Table *table, const MetricStatistics *metric, MetricUnit unit) {
    static const char *const marks[] = {[VERDICT_LOWER] = "*",
                                        [VERDICT_HIGHER] = "*",
                                        [VERDICT_NOT_SHOWN] = " ",
                                        [VERDICT_EQUAL] = "\u2248"};
    char text[HUMAN_ESTIMATE_TEXT];
    if (metric->verdict == VERDICT_NONE) {
        table_cell(table, "%s", "");
    } else if (metric->verdict == VERDICT_SAME) {
        table_cell(table, "=  "); /* over the digits */
    } else {
        human_estimate(unit, HUMAN_ESTIMATE_DIFFERENCE, metric->difference.value,
                       interval_half_width(&metric->difference), text);
        table_cell(table, "%s %s", text, marks[metric->verdict]);
    }
}

static void add_row(Table *table, const ComparisonStatistics *statistics, size_t deployment,
                    const ComparisonRow *row) {
    const MetricRow *column = metric_find(row->column);
    const size_t number = (size_t)(column - metric_rows);
    if (!comparison_says_something(statistics, deployment, number)) {
        return;
    }
    table_row(table, "%s", row->title);
    for (size_t run = 0; run < statistics->deployments.run_count; run++) {
        const MetricStatistics *metric = comparison_metric(statistics, run, deployment, number);
        add_value(table, metric, column->unit);
        if (run > 0) {
            add_difference(table, metric, column->unit);
        }
    }
}

void comparison_table_print(FILE *stream, const ComparisonStatistics *statistics) {
    Table table = {0};
    table_columns(&table, "  %-22s");
    table_head(&table, "%s", "");
    for (size_t run = 0; run < statistics->deployments.run_count; run++) {
        table_columns(&table, run == 0 ? "   %*s" : "   %*s   %*s");
        table_cell(&table, run == 0 ? "%.*s" : "%.*s\t", LABEL_MOST,
                   statistics->replications->cells[run].label);
    }
    for (size_t i = 0; i < statistics->deployments.count; i++) {
        table_line(&table, "%s", statistics->deployments.names[i]);
        for (size_t row = 0; row < comparison_row_count; row++) {
            add_row(&table, statistics, i, &comparison_rows[row]);
        }
    }
    table_print(&table, stream);
}
