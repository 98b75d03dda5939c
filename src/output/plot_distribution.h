// SPDX-License-Identifier: GPL-3.0-or-later
/* Distributions of latency, from latency_histogram.csv, and their curves. */
#ifndef OUTPUT_PLOT_DISTRIBUTION_H
#define OUTPUT_PLOT_DISTRIBUTION_H

#include "output/plot_panels.h"

#include "base/error.h"

#define PLOT_LATENCIES(METRIC)                                                                     \
    METRIC(ttft, "TTFT")                                                                           \
    METRIC(ttft_without_retry, "TTFT without retry wait")                                          \
    METRIC(e2e, "E2E")                                                                             \
    METRIC(e2e_without_retry, "E2E without retry wait")

typedef enum PlotLatency {
#define METRIC(name, title) PLOT_LATENCY_##name,
    PLOT_LATENCIES(METRIC)
#undef METRIC
        PLOT_LATENCY_COUNT
} PlotLatency;

extern const char *const plot_latency_titles[PLOT_LATENCY_COUNT];

/* Of one deployment and latency: shares of all requests that ended, with those that never got
 * there. */
typedef struct PlotDistribution {
    char *deployment;
    PlotLatency latency;
    struct PlotBucket {
        double upper_s, share;
    } * buckets;
    size_t count, room;
    double total, never; /* requests */
    double least_s;
} PlotDistribution;

typedef struct PlotDistributions {
    PlotDistribution *items;
    size_t count, room;
} PlotDistributions;

/* False after adding an error; clear is due in either case. */
bool plot_distributions_read(PlotDistributions *all, const char *path, ErrorList *errors);
void plot_distributions_clear(PlotDistributions *all);
/* NULL: nothing of it was measured. */
const PlotDistribution *plot_distributions_find(const PlotDistributions *all,
                                                const char *deployment, PlotLatency latency);
bool plot_distributions_equal(const PlotDistribution *one, const PlotDistribution *other);
/* The latency that a share of requests was within: INFINITY: never. */
double plot_distribution_quantile(const PlotDistribution *self, double share);

/* How high a share of requests stands: as it is, in percent, or by tenths of those still slower. */
double plot_height_percent(double share);
double plot_height_tail(double share);
/* A curve of the last panel; no more points than are seen. `top`: of the panel. */
void plot_distribution_curve(PlotPanels *panels, const PlotDistribution *self, PlotAxis x,
                             double (*height)(double), double top, const char *colour, double width,
                             size_t dash, const char *title);

#endif
