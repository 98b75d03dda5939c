// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/plot_distribution.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "output/gnuplot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double POINTS_MOST = 600; /* of a curve: a panel is about as many dots wide */

const char *const plot_latency_titles[PLOT_LATENCY_COUNT] = {
#define METRIC(name, title) title,
    PLOT_LATENCIES(METRIC)
#undef METRIC
};

static const char *const names[PLOT_LATENCY_COUNT] = {
#define METRIC(name, title) #name,
    PLOT_LATENCIES(METRIC)
#undef METRIC
};

/* Reading -------------------------------------------------------------------------------------- */

static PlotDistribution *distribution_of(PlotDistributions *all, const char *deployment,
                                         const char *metric) {
    size_t latency = 0;
    while (latency < PLOT_LATENCY_COUNT && strcmp(metric, names[latency]) != 0) {
        latency++;
    }
    if (latency == PLOT_LATENCY_COUNT) {
        return NULL;
    }
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].latency == (PlotLatency)latency &&
            strcmp(all->items[i].deployment, deployment) == 0) {
            return &all->items[i];
        }
    }
    all->items = memory_grow(all->items, all->count, &all->room, sizeof all->items[0]);
    all->items[all->count] = (PlotDistribution){.deployment = memory_text(deployment),
                                                .latency = (PlotLatency)latency,
                                                .least_s = INFINITY};
    return &all->items[all->count++];
}

static void take(PlotDistribution *self, double lower, double upper, double count, double share) {
    if (!(count > 0)) {
        return;
    }
    self->total += count;
    if (isinf(lower)) {
        self->never += count;
        return;
    }
    const double end = isfinite(upper) ? upper : lower;
    self->least_s = fmin(self->least_s, lower > 0 ? lower : end);
    self->buckets = memory_grow(self->buckets, self->count, &self->room, sizeof self->buckets[0]);
    self->buckets[self->count++] = (struct PlotBucket){.upper_s = end, .share = share};
}

bool plot_distributions_read(PlotDistributions *all, const char *path, ErrorList *errors) {
    static const char *const needed[] = {"deployment", "metric", "lower_s",
                                         "upper_s",    "count",  "cumulative"};
    CsvReader reader;
    size_t at[6];
    bool ok = csv_reader_open(&reader, path, errors);
    for (size_t i = 0; i < 6; i++) {
        at[i] = csv_reader_need(&reader, needed[i]);
    }
    ok = ok && !reader.failed;
    while (ok && csv_reader_next(&reader)) {
        PlotDistribution *self =
            distribution_of(all, csv_reader_text(&reader, at[0]), csv_reader_text(&reader, at[1]));
        if (self != NULL) {
            take(self, csv_reader_number(&reader, at[2]), csv_reader_number(&reader, at[3]),
                 csv_reader_number(&reader, at[4]), csv_reader_number(&reader, at[5]));
        }
    }
    return csv_reader_close(&reader) && ok;
}

void plot_distributions_clear(PlotDistributions *all) {
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].deployment);
        free(all->items[i].buckets);
    }
    free(all->items);
    *all = (PlotDistributions){0};
}

const PlotDistribution *plot_distributions_find(const PlotDistributions *all,
                                                const char *deployment, PlotLatency latency) {
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].latency == latency && all->items[i].total > 0 &&
            strcmp(all->items[i].deployment, deployment) == 0) {
            return &all->items[i];
        }
    }
    return NULL;
}

bool plot_distributions_equal(const PlotDistribution *one, const PlotDistribution *other) {
    bool equal = one->count == other->count && one->never == other->never;
    for (size_t i = 0; equal && i < one->count; i++) {
        equal = one->buckets[i].upper_s == other->buckets[i].upper_s &&
                one->buckets[i].share == other->buckets[i].share;
    }
    return equal;
}

double plot_distribution_quantile(const PlotDistribution *self, double share) {
    for (size_t i = 0; i < self->count; i++) {
        if (self->buckets[i].share >= share - 1e-12) {
            return self->buckets[i].upper_s;
        }
    }
    return INFINITY;
}

/* Curves --------------------------------------------------------------------------------------- */

double plot_height_percent(double share) {
    return 100 * share;
}

double plot_height_tail(double share) {
    return share < 1 ? -log10(1 - share) : INFINITY;
}

void plot_distribution_curve(PlotPanels *panels, const PlotDistribution *self, PlotAxis x,
                             double (*height)(double), double top, const char *colour, double width,
                             size_t dash, const char *title) {
    const char *table = plot_panels_curve(panels, "line", colour, width, dash, title);
    const double apart = pow(x.to / x.from, 1 / POINTS_MOST);
    double at = x.from, before = height(0);
    gnuplot_row(panels->gnuplot, table, "nn", fmin(self->least_s, x.to), before);
    for (size_t i = 0; i < self->count; i++) {
        const struct PlotBucket *bucket = &self->buckets[i];
        if (bucket->upper_s >= at * apart || i == 0 || i + 1 == self->count) {
            /* The same digits by any log10. */
            const double up = round(fmin(height(bucket->share), top) * 1e6) / 1e6;
            gnuplot_row(panels->gnuplot, table, "nn", bucket->upper_s, before);
            gnuplot_row(panels->gnuplot, table, "nn", bucket->upper_s, up);
            at = bucket->upper_s;
            before = up;
        }
    }
    if (self->never > 0) { /* the others are beyond the edge */
        gnuplot_row(panels->gnuplot, table, "nn", x.to, before);
    }
    plot_panels_curve_end(panels, table);
}
