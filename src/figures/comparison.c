// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs side by side. The CSV has every column of summary.csv as a row; the table only what a
 * decision between the runs would look at, and of these only what is not zero in all. */
#include "figures/comparison.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "figures/human_estimate.h"
#include "figures/metrics.h"
#include "figures/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Matching ----------------------------------------------------------------------------------- */

static bool each_has_one(const Summary *const summaries[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (summaries[i]->deployment_count != 1) {
            return false;
        }
    }
    return true;
}

static size_t find_deployment(const Summary *summary, const char *name) {
    for (size_t i = 0; i < summary->deployment_count; i++) {
        if (strcmp(summary->deployments[i].name, name) == 0) {
            return i;
        }
    }
    return COMPARISON_ABSENT;
}

static bool is_known(const ComparisonDeployments *deployments, const char *name) {
    for (size_t i = 0; i < deployments->count; i++) {
        if (strcmp(deployments->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

ComparisonDeployments comparison_match(const Summary *const summaries[], size_t count) {
    ComparisonDeployments deployments = {.run_count = count};
    const bool single = each_has_one(summaries, count);
    size_t room = 0;
    for (size_t run = 0; run < (single ? 1 : count); run++) {
        for (size_t i = 0; i < summaries[run]->deployment_count; i++) {
            const char *name = summaries[run]->deployments[i].name;
            if (!is_known(&deployments, name)) {
                deployments.names = memory_grow(deployments.names, deployments.count, &room,
                                                sizeof *deployments.names);
                deployments.names[deployments.count++] = memory_text(name);
            }
        }
    }
    deployments.places = memory_new(deployments.count * count, sizeof *deployments.places);
    for (size_t i = 0; i < deployments.count; i++) {
        for (size_t run = 0; run < count; run++) {
            deployments.places[i * count + run] =
                single ? 0 : find_deployment(summaries[run], deployments.names[i]);
        }
    }
    return deployments;
}

void comparison_match_clear(ComparisonDeployments *deployments) {
    for (size_t i = 0; i < deployments->count; i++) {
        free(deployments->names[i]);
    }
    free(deployments->names);
    free(deployments->places);
    *deployments = (ComparisonDeployments){0};
}

static MetricValue value_of(const ComparisonRun runs[], const ComparisonDeployments *deployments,
                            size_t deployment, size_t run, const MetricRow *column) {
    const size_t place = deployments->places[deployment * deployments->run_count + run];
    if (place == COMPARISON_ABSENT) {
        return (MetricValue){.kind = METRIC_VALUE_NONE};
    }
    return metric_of(column, runs[run].summary, place);
}

static ComparisonDeployments match_runs(const ComparisonRun runs[], size_t count) {
    const Summary **summaries = memory_new(count, sizeof *summaries);
    for (size_t run = 0; run < count; run++) {
        summaries[run] = runs[run].summary;
    }
    const ComparisonDeployments deployments = comparison_match(summaries, count);
    free(summaries);
    return deployments;
}

/* CSV ---------------------------------------------------------------------------------------- */

static void write_rows(const ComparisonRun runs[], const ComparisonDeployments *deployments,
                       size_t deployment, CsvWriter *writer) {
    for (size_t i = 0; i < metric_count; i++) {
        csv_writer_text(writer, deployments->names[deployment]);
        csv_writer_text(writer, metric_rows[i].name);
        for (size_t run = 0; run < deployments->run_count; run++) {
            metric_write(value_of(runs, deployments, deployment, run, &metric_rows[i]), writer);
        }
        csv_writer_end_row(writer);
    }
}

void comparison_write_csv(const ComparisonRun runs[], size_t count, CsvWriter *writer) {
    csv_writer_text(writer, "deployment");
    csv_writer_text(writer, "metric");
    for (size_t run = 0; run < count; run++) {
        csv_writer_text(writer, runs[run].label);
    }
    csv_writer_end_row(writer);
    ComparisonDeployments deployments = match_runs(runs, count);
    for (size_t i = 0; i < deployments.count; i++) {
        write_rows(runs, &deployments, i, writer);
    }
    comparison_match_clear(&deployments);
}

/* The table ---------------------------------------------------------------------------------- */

const ComparisonRow comparison_rows[] = {
    {"requests", "requests"},
    {"completed", "completed"},
    {"given up", "given_up"},
    {"abandoned", "abandoned"},
    {"rejected", "rejected"},
    {"cut in flight", "in_flight"},
    {"got no first token", "ttft_never_share"},
    {"got no whole answer", "e2e_never_share"},
    {"503 answers", "answers_503"},
    {"429 answers", "answers_429"},
    {"TTFT p50", "ttft_p50_s"},
    {"TTFT p95", "ttft_p95_s"},
    {"TTFT p99", "ttft_p99_s"},
    {"TTFT max", "ttft_max_s"},
    {"TPOT p50", "tpot_p50_s"},
    {"TPOT p99", "tpot_p99_s"},
    {"E2E p50", "e2e_p50_s"},
    {"E2E p95", "e2e_p95_s"},
    {"E2E p99", "e2e_p99_s"},
    {"objective met", "slo_attainment"},
    {"goodput per second", "goodput_per_s"},
    {"cold starts", "cold_starts"},
    {"scale-ups", "scale_ups"},
    {"scale-downs", "scale_downs"},
    {"time at zero", "time_at_zero_s"},
    {"time short of quota", "quota_limited_s"},
    {"replica-hours", "replica_hours"},
    {"GPU-hours paid", "billed_gpu_hours"},
    {"idle share of these", "idle_share_of_paid_time"},
    {"cost", "total_usd"},
    {"of it, reserved", "reserved_usd"},
    {"per 1M output tokens", "usd_per_million_output_tokens"},
    {"per 1,000 completed", "usd_per_thousand_requests"},
};

const size_t comparison_row_count = sizeof comparison_rows / sizeof comparison_rows[0];

enum { CHANGE_WIDTH = 11, LABEL_MOST = 30 };

static bool says_something(const ComparisonRun runs[], const ComparisonDeployments *deployments,
                           size_t deployment, const MetricRow *column) {
    for (size_t run = 0; run < deployments->run_count; run++) {
        const double number = metric_number(value_of(runs, deployments, deployment, run, column));
        if (!isnan(number) && number != 0) {
            return true;
        }
    }
    return false;
}

/* "+12.3 %" against the first run; a share's difference is in percentage points; what rounds to
 * nothing is neither more nor less. */
static const char *difference(MetricUnit unit, double first, double number,
                              char text[HUMAN_ESTIMATE_TEXT]) {
    const double points = 100 * (number - first);
    text[0] = '\0';
    if (number == first) {
        return strcpy(text, "=");
    }
    if (isnan(first) || isnan(number)) {
        return text;
    }
    if (isinf(points)) {
        return human_estimate(unit, HUMAN_ESTIMATE_DIFFERENCE, points, 0, text);
    }
    if (unit == METRIC_UNIT_SHARE) {
        snprintf(text, HUMAN_ESTIMATE_TEXT, "%+.1f pp", fabs(points) < 1e6 ? points : 0);
    } else if (first > 0 && fabs(points / first) < 999.5) {
        snprintf(text, HUMAN_ESTIMATE_TEXT, "%+.1f %%", points / first);
    } else if (first > 0) {
        snprintf(text, HUMAN_ESTIMATE_TEXT, "x %.3g", number / first);
    }
    return human_shows_zero(text) && *text != '\0' ? strcpy(text, "\u2248") : text;
}

static void add_row(Table *table, const ComparisonRun runs[],
                    const ComparisonDeployments *deployments, size_t deployment,
                    const ComparisonRow *row) {
    const MetricRow *column = metric_find(row->column);
    if (!says_something(runs, deployments, deployment, column)) {
        return;
    }
    const double first = metric_number(value_of(runs, deployments, deployment, 0, column));
    table_row(table, "%s", row->title);
    for (size_t run = 0; run < deployments->run_count; run++) {
        const MetricValue value = value_of(runs, deployments, deployment, run, column);
        char text[HUMAN_TEXT], change[HUMAN_ESTIMATE_TEXT] = "";
        human_value(column->unit, value, text);
        if (run == 0) {
            table_cell(table, "%s", text);
        } else {
            difference(column->unit, first, metric_number(value), change);
            table_cell(table, "%s%*s%s", text, CHANGE_WIDTH - text_width(change), "", change);
        }
    }
}

void comparison_print(FILE *stream, const ComparisonRun runs[], size_t count) {
    Table table = {0};
    table_columns(&table, "  %-22s");
    table_row(&table, "%s", "");
    for (size_t run = 0; run < count; run++) {
        table_columns(&table, run == 0 ? "  %10*s" : "  %21*s"); /* with room for the change */
        table_cell(&table, "%.*s", LABEL_MOST, runs[run].label);
    }
    ComparisonDeployments deployments = match_runs(runs, count);
    for (size_t i = 0; i < deployments.count; i++) {
        table_line(&table, "%s", deployments.names[i]);
        for (size_t row = 0; row < comparison_row_count; row++) {
            add_row(&table, runs, &deployments, i, &comparison_rows[row]);
        }
    }
    table_print(&table, stream);
    comparison_match_clear(&deployments);
}

/* JSON --------------------------------------------------------------------------------------- */

char *comparison_json(const ComparisonRun runs[], size_t count) {
    cJSON *tree = json_array();
    for (size_t run = 0; run < count; run++) {
        cJSON *item = json_object();
        json_add(item, "run", json_text(runs[run].label));
        json_add(item, "summary", summary_json_tree(runs[run].summary));
        json_append(tree, item);
    }
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}
