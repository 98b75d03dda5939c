// SPDX-License-Identifier: GPL-3.0-or-later
/* The numbers of a summary, written down once: a table of name, unit and getter, which summary.csv,
 * --json and comparisons all follow. */
#ifndef FIGURES_SUMMARY_COLUMNS_H
#define FIGURES_SUMMARY_COLUMNS_H

#include "base/csv_writer.h"
#include "figures/summary.h"

/* What a number is, so that it can be shown to people. */
typedef enum SummaryUnit {
    SUMMARY_UNIT_COUNT,
    SUMMARY_UNIT_SECONDS,
    SUMMARY_UNIT_HOURS,
    SUMMARY_UNIT_USD,
    SUMMARY_UNIT_SHARE, /* 0..1 */
    SUMMARY_UNIT_PER_SECOND
} SummaryUnit;

typedef enum SummaryValueKind {
    SUMMARY_NONE, /* does not apply: an empty field, null in JSON */
    SUMMARY_COUNT,
    SUMMARY_TIME,  /* exact nanoseconds, written as seconds */
    SUMMARY_NEVER, /* an infinite time: "inf", null in JSON, where the share is beside it */
    SUMMARY_NUMBER
} SummaryValueKind;

typedef struct SummaryValue {
    SummaryValueKind kind;
    uint64_t count;
    sim_time time;
    double number;
} SummaryValue;

typedef struct SummaryColumn SummaryColumn;
struct SummaryColumn {
    const char *name; /* "ttft_p95_s" */
    SummaryUnit unit;
    SummaryValue (*value)(const SummaryColumn *column, const Summary *summary,
                          const DeploymentSummary *deployment);
    size_t member; /* of DeploymentSummary: an offset, or a LatencyMetric */
    double share;  /* of a quantile */
};

/* In the order of the columns of summary.csv, after `deployment`. */
extern const SummaryColumn summary_columns[];
extern const size_t summary_column_count;

SummaryValue summary_value(const SummaryColumn *column, const Summary *summary, size_t deployment);

/* The value as a double (times in seconds, INFINITY for never); NAN when it does not apply. */
double summary_value_number(SummaryValue value);

/* One field. */
void summary_value_write(SummaryValue value, CsvWriter *writer);

/* The column of that name; there must be one. */
const SummaryColumn *summary_column_find(const char *name);

/* summary.csv: one row per deployment. */
void summary_write_csv(const Summary *summary, CsvWriter *writer);

#endif
