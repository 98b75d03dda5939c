// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables of a run that are written while it goes on, one observer each:
 *
 *  timeseries.csv  a row per deployment and interval: traffic, answers, replicas by state, load
 *                  against its target, tokens, latency quantiles of the requests that ended in it,
 *                  cost so far
 *  events.csv      every transition of a replica and every decision with its reason. An evaluation
 *                  that changes nothing gets a row only when its reason, what the load asks for or
 *                  what the window yields is news against the last row of that deployment's
 *                  decisions
 *  requests.csv    a row per request, in the order in which they end
 *  refusals.csv    a row per send that was refused, or broke off, and when its client sends again
 *
 * and latency_histogram.csv, of a summary, at its end. */
#ifndef FIGURES_RUN_FILES_H
#define FIGURES_RUN_FILES_H

#include "autoscale_sim/observer.h"

typedef struct CsvWriter CsvWriter;
typedef struct asim_scenario Scenario;
typedef struct Summary Summary;
typedef struct RunFile RunFile;

typedef enum RunFileKind {
    RUN_FILE_TIMESERIES,
    RUN_FILE_EVENTS,
    RUN_FILE_REQUESTS, /* this one and the next: write_requests */
    RUN_FILE_REFUSALS,
    RUN_FILES
} RunFileKind;

extern const char *const run_file_names[RUN_FILES]; /* "timeseries.csv", ... */

/* Writes to `writer`, which is lent and is the caller's to close; the header at once. Owned by the
 * caller (run_file_destroy). */
RunFile *run_file_create(RunFileKind kind, const Scenario *scenario, CsvWriter *writer);
void run_file_destroy(RunFile *file);
asim_observer run_file_observer(RunFile *file);

/* What a column of timeseries.csv is, so that its rows can be put together. */
typedef enum SeriesKind {
    SERIES_KEY,   /* which row it is */
    SERIES_VALUE, /* at the end of the interval, or over it */
    SERIES_COUNT, /* of what happened in the interval */
    SERIES_PART,  /* of a whole: parts of one instant add up */
    SERIES_TOTAL  /* since the run's beginning */
} SeriesKind;

typedef struct SeriesColumn {
    const char *name;
    SeriesKind kind;
} SeriesColumn;

extern const SeriesColumn series_columns[];
extern const size_t series_column_count;

/* An interval, the last one mostly, that is less than half as long as the others is no peak of a
 * rate: little time makes large rates of few requests. */
bool series_is_short(double interval_s, double usual_s);

/* deployment,metric,lower_s,upper_s,count,cumulative: the histograms, bucket by bucket. */
void latency_histogram_write(const Summary *summary, CsvWriter *writer);

#endif
