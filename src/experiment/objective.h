// SPDX-License-Identifier: GPL-3.0-or-later
/* What a search asks for, as its user writes it: a metric of summary.csv, of one deployment or of
 * all ("total_usd", "chat: ttft_p95_s"), and a limit on one ("ttft_p95_s <= 2s",
 * "chat: given_up_share <= 0.1%"), in the metric's unit. */
#ifndef EXPERIMENT_OBJECTIVE_H
#define EXPERIMENT_OBJECTIVE_H

#include "experiment/measurement.h"
#include "figures/metrics.h"

typedef struct Metric {
    size_t column;    /* of metric_rows[] */
    char *deployment; /* NULL: all of them */
    char *name;       /* of a column of CSV: "ttft_p95_s", "chat.ttft_p95_s" */
} Metric;

typedef struct SloLimit {
    Metric metric;
    double limit;  /* in the metric's unit: s, a share of 1 */
    bool at_least; /* else at most */
    char *text;    /* "ttft_p95_s <= 2s", as it was written */
} SloLimit;

/* where: file, line and place of the text. False after adding an error; what was read is to be
 * cleared either way. */
bool metric_read(const char *text, const Error *where, Metric *metric, ErrorList *errors);
bool slo_limit_read(const char *text, const Error *where, SloLimit *limit, ErrorList *errors);
void metric_clear(Metric *metric);
void slo_limit_clear(SloLimit *limit);

Metric metric_copy(const Metric *metric);
const MetricRow *metric_column(const Metric *metric);

/* Can it be added up over deployments: counts, hours and dollars, but no quantile or ratio. */
bool metric_adds_up(const Metric *metric);

/* Of one run: of its deployment; or, of all of them, the sum of what adds up, else the largest. NAN
 * where it does not apply to one of them. */
double metric_value(const Metric *metric, const Scenario *scenario, const Measurement *measurement);

#endif
