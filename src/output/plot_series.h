// SPDX-License-Identifier: GPL-3.0-or-later
/* A run's time series as pictures show it: per deployment, equal steps of whole intervals, few
 * enough to be seen apart. A step knows the mean of each column over its true width and its peak,
 * so that no peak is lost. A last step or interval that is less than half as wide as the others is
 * no peak of a rate and no step of its own: little time makes large rates of few requests. */
#ifndef OUTPUT_PLOT_SERIES_H
#define OUTPUT_PLOT_SERIES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Columns of timeseries.csv by kind: RATE counts, per second; PART replicas by state, in the order
 * in which they are stacked; LOAD totals, per serving replica; VALUE as they are. */
#define PLOT_SERIES(COLUMN)                                                                        \
    COLUMN(arrivals, RATE)                                                                         \
    COLUMN(answers_200, RATE)                                                                      \
    COLUMN(answers_400, RATE)                                                                      \
    COLUMN(answers_404, RATE)                                                                      \
    COLUMN(answers_429, RATE)                                                                      \
    COLUMN(answers_503, RATE)                                                                      \
    COLUMN(replicas_serving, PART)                                                                 \
    COLUMN(replicas_draining, PART)                                                                \
    COLUMN(replicas_ready, PART)                                                                   \
    COLUMN(replicas_initializing, PART)                                                            \
    COLUMN(replicas_downloading_model, PART)                                                       \
    COLUMN(replicas_pending_scheduling, PART)                                                      \
    COLUMN(target, VALUE)                                                                          \
    COLUMN(not_asked_quota, VALUE)                                                                 \
    COLUMN(default_measured, LOAD)                                                                 \
    COLUMN(default_target, VALUE)                                                                  \
    COLUMN(concurrent_requests_measured, LOAD)                                                     \
    COLUMN(concurrent_requests_target, VALUE)                                                      \
    COLUMN(requests_per_second_measured, LOAD)                                                     \
    COLUMN(requests_per_second_target, VALUE)                                                      \
    COLUMN(prompt_tokens_per_second_measured, LOAD)                                                \
    COLUMN(prompt_tokens_per_second_target, VALUE)                                                 \
    COLUMN(tokens_generated_per_second_measured, LOAD)                                             \
    COLUMN(tokens_generated_per_second_target, VALUE)                                              \
    COLUMN(ttft_p50_s, VALUE)                                                                      \
    COLUMN(ttft_p95_s, VALUE)                                                                      \
    COLUMN(e2e_p50_s, VALUE)                                                                       \
    COLUMN(e2e_p95_s, VALUE)                                                                       \
    COLUMN(cost_usd, VALUE)

typedef enum PlotColumn {
#define COLUMN(name, kind) PLOT_##name,
    PLOT_SERIES(COLUMN)
#undef COLUMN
        PLOT_COLUMNS
} PlotColumn;

/* What of a step: the mean or the peak of a column; of a PART the sum up to it, in the interval
 * that had most replicas. */
typedef enum PlotTake { PLOT_MEAN, PLOT_PEAK, PLOT_STACK } PlotTake;

typedef struct PlotStep {
    double from_s, to_s;
    double sum[PLOT_COLUMNS], weight[PLOT_COLUMNS];
    double peak[PLOT_COLUMNS]; /* NAN: empty throughout; INFINITY: never */
} PlotStep;

typedef struct PlotTrack {
    char *deployment;
    PlotStep *steps;
    size_t count;
    size_t intervals; /* that a step has */
    double interval_s;
} PlotTrack;

typedef struct PlotSeries {
    PlotTrack *tracks;
    size_t count, room;
} PlotSeries;

/* False after adding an error; plot_series_clear is due in either case. */
bool plot_series_read(PlotSeries *series, const char *path, ErrorList *errors);
void plot_series_clear(PlotSeries *series);

/* Of that name, or the only one there is, or NULL. */
const PlotTrack *plot_series_find(const PlotSeries *series, const char *deployment);
/* NAN: nothing. */
double plot_step_value(const PlotStep *step, PlotTake take, PlotColumn column);
/* Where the span ends: what drains after it has no replicas. */
double plot_track_end(const PlotTrack *track);
/* The largest that is finite, 0 if there is none. */
double plot_track_most(const PlotTrack *track, PlotTake take, PlotColumn column);

#endif
