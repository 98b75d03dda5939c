// SPDX-License-Identifier: GPL-3.0-or-later
/* What the pictures share: names in order, figures with their intervals, and how they are written
 * on an axis and beside a mark. */
#ifndef OUTPUT_PLOT_DATA_H
#define OUTPUT_PLOT_DATA_H

#include "base/csv_reader.h"
#include "figures/human.h"

/* Names as they come, each once; owned. */
typedef struct PlotNames {
    char **items;
    size_t count, room;
} PlotNames;

/* The place of a name; a new one is added. */
size_t plot_names_place(PlotNames *names, const char *name);
void plot_names_clear(PlotNames *names);

/* The last part of a path; empty for "/", "." and "..". Owned by the caller, as all that follow. */
char *plot_last_part(const char *path);
/* "DEPLOYMENT - RUN". */
char *plot_title(const char *deployment, const char *run);
/* Takes `text` and gives it with `more` after it, and between them ", " unless it was empty. */
char *plot_list(char *text, const char *more);

typedef struct PlotMetric {
    const char *name;   /* the column: "ttft_p95_s" */
    const char *title;  /* "TTFT p95" */
    const char *things; /* what a count counts: "requests"; NULL for what is no count */
    bool more_is_better;
} PlotMetric;

/* In the order in which they matter; the first four are always shown. */
extern const PlotMetric plot_metrics[];
extern const size_t plot_metric_count;
enum { PLOT_METRICS_ALWAYS = 4 };

/* NULL if the column is not among them. */
const PlotMetric *plot_metric_find(const char *name);
/* "TTFT p95"; the column's own name if it is not among them. */
const char *plot_metric_title(const char *name);
/* A figure of the summary by its column; one of another name is a plain number. */
SummaryUnit plot_metric_unit(const char *column);

/* A range of values of a figure, and how an axis shows it. */
typedef struct PlotScale {
    double least, most;
    double factor; /* by which values are multiplied: 1000 for "ms" */
    const char *unit;
} PlotScale;

/* A scale of nothing; values that are not finite leave it as it is; its factor and its unit. */
extern const PlotScale plot_scale_empty;
void plot_scale_take(PlotScale *scale, double value);
void plot_scale_end(PlotScale *scale, SummaryUnit unit, const char *things);

/* NAN: does not apply; low and high: one replication. */
typedef struct PlotEstimate {
    double mean, low, high;
} PlotEstimate;

/* METRIC, METRIC_low and METRIC_high of a row. */
PlotEstimate plot_estimate(CsvReader *reader, const char *metric);

/* How many replications there were: least and most of those that are above 0. */
typedef struct PlotReplications {
    double least, most;
} PlotReplications;
void plot_replications_take(PlotReplications *replications, double count);
/* "means of 10 replications, with 95 % intervals", "one replication, so no intervals". Owned by the
 * caller. */
char *plot_replications_text(const PlotReplications *replications);

bool plot_fail(ErrorList *errors, const char *file, const char *found, const char *suggestion);

#endif
