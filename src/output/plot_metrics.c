// SPDX-License-Identifier: GPL-3.0-or-later
/* The table, and units that fit. */
#include "output/plot_metrics.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

const PlotMetric plot_metrics[] = {
    {"total_usd", "Cost", NULL, false},
    {"ttft_p95_s", "TTFT p95", NULL, false},
    {"e2e_p95_s", "E2E p95", NULL, false},
    {"given_up", "Given up", "requests", false},
    {"slo_attainment", "Objective met", NULL, true},
    {"answers_503", "503 answers", "answers", false},
    {"ttft_p99_s", "TTFT p99", NULL, false},
    {"cold_starts", "Cold starts", "starts", false},
    {"idle_share_of_paid_time", "Idle share of paid time", NULL, false},
};
const size_t plot_metric_count = sizeof plot_metrics / sizeof plot_metrics[0];

const PlotMetric *plot_metric_find(const char *name) {
    for (size_t i = 0; i < plot_metric_count; i++) {
        if (strcmp(plot_metrics[i].name, name) == 0) {
            return &plot_metrics[i];
        }
    }
    return NULL;
}

MetricUnit plot_metric_unit(const char *column) {
    for (size_t i = 0; i < metric_count; i++) {
        if (strcmp(metric_rows[i].name, column) == 0) {
            return metric_rows[i].unit;
        }
    }
    return METRIC_UNIT_PER_SECOND;
}

double plot_metric_scale(MetricUnit unit, const char *things, double largest,
                         const char **axis_unit) {
    double factor = 1;
    *axis_unit = things ? things : "";
    if (unit == METRIC_UNIT_USD) {
        *axis_unit = "US dollars";
    } else if (unit == METRIC_UNIT_HOURS) {
        *axis_unit = "hours";
    } else if (unit == METRIC_UNIT_SHARE) {
        *axis_unit = "%";
        factor = 100;
    } else if (unit == METRIC_UNIT_SECONDS) {
        factor = largest < 1 ? 1000 : largest < 600 ? 1 : largest < 7200 ? 1.0 / 60 : 1.0 / 3600;
        *axis_unit = largest < 1 ? "ms" : largest < 600 ? "s" : largest < 7200 ? "min" : "h";
    }
    return factor;
}

char *plot_replications_text(double least, double most) {
    if (!(most >= 2)) {
        return memory_text("one replication, so no intervals");
    }
    return least < most ? memory_format("means of %.0f to %.0f replications, with 95 %% intervals",
                                        least, most)
                        : memory_format("means of %.0f replications, with 95 %% intervals", most);
}
