// SPDX-License-Identifier: GPL-3.0-or-later
/* The figures that the pictures of experiments show, and how they are written on an axis and beside
 * a mark. */
#ifndef OUTPUT_PLOT_METRICS_H
#define OUTPUT_PLOT_METRICS_H

#include "figures/human.h"

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

/* A figure of the summary by its column; one of another name is a plain number. */
MetricUnit plot_metric_unit(const char *column);

/* By what values up to `largest` (in size) are to be multiplied for an axis, and the unit they have
 * then: 1000 and "ms". */
double plot_metric_scale(MetricUnit unit, const char *things, double largest,
                         const char **axis_unit);

/* "means of 10 replications, with 95 % intervals", "one replication, so no intervals". Owned by the
 * caller. */
char *plot_replications_text(double least, double most);

#endif
