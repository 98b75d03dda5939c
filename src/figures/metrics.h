// SPDX-License-Identifier: GPL-3.0-or-later
/* What a run is measured by, ONCE: one row per metric in metrics.def, which everything that shows
 * one reads: summary.csv, --json, the tables of the terminal, comparisons and their verdicts,
 * objectives of `optimize`, sweeps, pages, pictures and the documentation. */
#ifndef FIGURES_METRICS_H
#define FIGURES_METRICS_H

#include "autoscale_sim/types.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct CsvWriter CsvWriter;
typedef struct Summary Summary;

/* What a number is, so that it can be shown to people. */
typedef enum MetricUnit {
    METRIC_UNIT_COUNT,
    METRIC_UNIT_SECONDS,
    METRIC_UNIT_HOURS,
    METRIC_UNIT_USD,
    METRIC_UNIT_SHARE, /* 0..1 */
    METRIC_UNIT_PER_SECOND
} MetricUnit;

/* Groups of a long list, in the order of being shown. */
typedef enum MetricGroup {
    METRIC_GROUP_COST,
    METRIC_GROUP_LATENCY,
    METRIC_GROUP_REQUESTS,
    METRIC_GROUP_REPLICAS,
    METRIC_GROUP_TRAFFIC,
    METRIC_GROUP_OTHER, /* of no row: what a file of another version has */
    METRIC_GROUPS
} MetricGroup;

typedef enum MetricBetter { METRIC_NEITHER, METRIC_LOWER, METRIC_HIGHER } MetricBetter;

/* Where some of the metrics are shown. */
typedef enum MetricView {
    METRIC_TABLE,       /* a comparison's: what a decision between the runs would look at */
    METRIC_VERDICTS,    /* its sentences */
    METRIC_PICTURES,    /* of the differences between runs; the first four always */
    METRIC_KEY_FIGURES, /* at the head of a run's page */
    METRIC_SWEEPS,      /* pictures of a sweep */
    METRIC_SEARCHES,    /* by `optimize`, beside its objectives */
    METRIC_VIEWS
} MetricView;

/* The number of a row: METRIC_total_usd. */
typedef enum MetricId {
#define METRIC(name, ...) METRIC_##name,
#include "figures/metrics.def"
} MetricId;

typedef enum MetricValueKind {
    METRIC_VALUE_NONE, /* does not apply: an empty field, null in JSON */
    METRIC_VALUE_COUNT,
    METRIC_VALUE_TIME,  /* exact nanoseconds, written as seconds */
    METRIC_VALUE_NUMBER /* INFINITY for what is never reached: "inf", null in JSON */
} MetricValueKind;

typedef struct MetricValue {
    MetricValueKind kind;
    uint64_t count;
    sim_time time;
    double number;
} MetricValue;

typedef struct MetricSource MetricSource;
typedef struct MetricRow {
    const char *name;        /* "ttft_p95_s" */
    const char *title;       /* "TTFT p95" */
    const char *short_title; /* among rows or panels that explain it; NULL: the title */
    const char *help;        /* what it is, in a line */
    MetricUnit unit;
    MetricGroup group;
    MetricBetter better;
    bool is_total;    /* adds up over deployments; and, but for a rate_of, grows with time: told per
                         day */
    unsigned rate_of; /* MetricId of the total that it is per time: of runs of one length it says
                         what that says; 0: none */
    bool in_short;    /* among those that decide between two policies */
    unsigned char shown[METRIC_VIEWS]; /* its place in the view; 0: it is not */
    const char *verdict;               /* words of a sentence: "p95 TTFT"; NULL: the title */
    const char *things;                /* what an axis counts: "requests"; NULL: its unit says it */
    MetricValue (*value)(const MetricSource *source);
    size_t member; /* of DeploymentSummary: an offset, or a LatencyMetric */
    double share;  /* of a quantile */
} MetricRow;

/* In the order of the columns of summary.csv, after `deployment`. */
extern const MetricRow metric_rows[];
extern const size_t metric_count;
extern const char *const metric_group_titles[METRIC_GROUPS];

/* The row of that name, or NULL (error_nearest_row(name, metric_rows, metric_count, name) then says
 * which is near). */
const MetricRow *metric_find(const char *name);
/* The rows of a view, in its order. Owned by the caller. */
const MetricRow **metric_view(MetricView view, size_t *count);
/* The title where others explain it: in a table, beside a picture. */
const char *metric_short_title(const MetricRow *row);

MetricValue metric_of(const MetricRow *row, const Summary *summary, size_t deployment);
/* The value as a double (times in seconds, INFINITY for never); NAN when it does not apply. */
double metric_number(MetricValue value);
/* One field. */
void metric_write(MetricValue value, CsvWriter *writer);

/* The table of all metrics in Markdown, for the documentation. Owned by the caller. */
char *metric_markdown(void);

#endif
