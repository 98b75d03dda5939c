// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_summary.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "output/page_metrics.h"
#include "output/page_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void take_row(PageSummary *summary, CsvReader *reader, size_t deployment) {
    const size_t row = summary->deployment_count;
    summary->deployments = memory_grow(summary->deployments, row, &summary->deployment_room,
                                       sizeof summary->deployments[0]);
    summary->deployments[summary->deployment_count++] =
        memory_text(csv_reader_text(reader, deployment));
    summary->values = memory_resize(
        summary->values, summary->deployment_count * (summary->metric_count + 1), sizeof(double));
    for (size_t i = 0; i < summary->metric_count; i++) {
        const size_t column = csv_reader_find(reader, summary->metrics[i]);
        summary->values[row * summary->metric_count + i] = csv_reader_number(reader, column);
    }
}

bool page_summary_read(PageSummary *summary, const char *path, ErrorList *errors) {
    *summary = (PageSummary){0};
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        const size_t deployment = csv_reader_need(&reader, "deployment");
        summary->metrics = memory_new(reader.header_count + 1, sizeof summary->metrics[0]);
        for (size_t i = 0; i < reader.header_count; i++) {
            if (i != deployment) {
                summary->metrics[summary->metric_count++] = memory_text(reader.header[i]);
            }
        }
        while (csv_reader_next(&reader)) {
            take_row(summary, &reader, deployment);
        }
    }
    return csv_reader_close(&reader);
}

void page_summary_clear(PageSummary *summary) {
    for (size_t i = 0; i < summary->metric_count; i++) {
        free(summary->metrics[i]);
    }
    for (size_t i = 0; i < summary->deployment_count; i++) {
        free(summary->deployments[i]);
    }
    free(summary->metrics);
    free(summary->deployments);
    free(summary->values);
    *summary = (PageSummary){0};
}

double page_summary_value(const PageSummary *summary, size_t deployment, const char *metric) {
    for (size_t i = 0; i < summary->metric_count; i++) {
        if (strcmp(summary->metrics[i], metric) == 0) {
            return summary->values[deployment * summary->metric_count + i];
        }
    }
    return NAN;
}

/* Key figures -------------------------------------------------------------------------------- */

void page_summary_write_key_figures(const PageSummary *summary, size_t deployment, FILE *stream) {
    static const char *const keys[] = {"total_usd",
                                       "usd_per_thousand_requests",
                                       "requests",
                                       "ttft_p50_s",
                                       "ttft_p95_s",
                                       "e2e_p95_s",
                                       "slo_attainment",
                                       "answers_503",
                                       "cold_starts",
                                       "time_at_zero_s",
                                       "idle_share_of_paid_time"};
    fputs("<dl class=\"figures\">\n", stream);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const PageMetric metric = page_metric(keys[i]);
        const double value = page_summary_value(summary, deployment, keys[i]);
        char text[HUMAN_TEXT];
        if (!isnan(value)) {
            fputs("<div>", stream);
            page_element(stream, "dt", metric.title);
            page_element(stream, "dd", page_metric_value(metric.unit, value, text));
            fputs("</div>\n", stream);
        }
    }
    fputs("</dl>\n", stream);
}

/* Latencies ---------------------------------------------------------------------------------- */

typedef struct LatencyRow {
    const char *name;
    const char *title;
} LatencyRow;

static const LatencyRow latency_rows[] = {
    {"ttft", "first token (TTFT)"},
    {"tpot", "per token (TPOT)"},
    {"e2e", "whole answer (E2E)"},
    {"retry_wait", "E2E: retry wait"},
    {"queue_wait", "E2E: queue wait"},
    {"prefill", "E2E: prefill"},
    {"decode", "E2E: decode"},
    {"ttft_without_retry", "TTFT without retries"},
    {"e2e_without_retry", "E2E without retries"},
};

static void write_latencies(const PageSummary *summary, size_t deployment, FILE *stream) {
    static const struct {
        const char *name, *title;
        MetricUnit unit;
    } statistics[] = {
        {"p50_s", "p50", METRIC_UNIT_SECONDS},     {"p90_s", "p90", METRIC_UNIT_SECONDS},
        {"p95_s", "p95", METRIC_UNIT_SECONDS},     {"p99_s", "p99", METRIC_UNIT_SECONDS},
        {"p99_9_s", "p99.9", METRIC_UNIT_SECONDS}, {"never_share", "never", METRIC_UNIT_SHARE},
        {"mean_s", "mean", METRIC_UNIT_SECONDS},   {"max_s", "max", METRIC_UNIT_SECONDS},
        {"count", "of", METRIC_UNIT_COUNT}};
    enum { STATISTICS = sizeof statistics / sizeof statistics[0] };
    if (isnan(page_summary_value(summary, deployment, "e2e_p50_s"))) {
        return; /* nothing ended */
    }
    fputs("<div class=\"box\" tabindex=\"0\"><table class=\"numbers\"><caption>Latency</caption>"
          "<thead><tr><td></td>",
          stream);
    for (size_t i = 0; i < STATISTICS; i++) {
        fprintf(stream, "<th scope=\"col\">%s</th>", statistics[i].title);
    }
    fputs("</tr></thead>\n<tbody>\n", stream);
    for (size_t row = 0; row < sizeof latency_rows / sizeof latency_rows[0]; row++) {
        fprintf(stream, "<tr><th scope=\"row\">%s</th>", latency_rows[row].title);
        for (size_t i = 0; i < STATISTICS; i++) {
            char name[64], text[HUMAN_TEXT];
            snprintf(name, sizeof name, "%s_%s", latency_rows[row].name, statistics[i].name);
            const double value = page_summary_value(summary, deployment, name);
            fprintf(stream, "<td>%s</td>", page_metric_value(statistics[i].unit, value, text));
        }
        fputs("</tr>\n", stream);
    }
    fputs("</tbody></table></div>\n", stream);
}

/* The rest ----------------------------------------------------------------------------------- */

static void write_group(const PageSummary *summary, size_t deployment, const char *group,
                        FILE *stream) {
    bool begun = false;
    for (size_t i = 0; i < summary->metric_count; i++) {
        const PageMetric metric = page_metric(summary->metrics[i]);
        const double value = summary->values[deployment * summary->metric_count + i];
        char text[HUMAN_TEXT];
        if (strcmp(metric.group, group) != 0 || isnan(value)) {
            continue;
        }
        if (!begun) {
            fprintf(stream, "<div class=\"box\"><table class=\"numbers\"><caption>%s</caption>\n",
                    group);
            begun = true;
        }
        fputs("<tr><th scope=\"row\">", stream);
        page_text(stream, metric.title);
        fprintf(stream, "%s</th><td>%s</td></tr>\n",
                metric.unit == METRIC_UNIT_PER_SECOND && metric.known ? " (1/s)" : "",
                page_metric_value(metric.unit, value, text));
    }
    fputs(begun ? "</table></div>\n" : "", stream);
}

void page_summary_write_tables(const PageSummary *summary, size_t deployment, FILE *stream) {
    write_latencies(summary, deployment, stream);
    fputs("<div class=\"tables\">\n", stream);
    for (size_t i = 0; i < PAGE_METRIC_GROUPS; i++) {
        if (strcmp(page_metric_groups[i], "Latency") != 0) {
            write_group(summary, deployment, page_metric_groups[i], stream);
        }
    }
    fputs("</div>\n", stream);
}
