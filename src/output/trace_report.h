// SPDX-License-Identifier: GPL-3.0-or-later
/* What `trace describe` and `trace fit` have found, as text for people, as JSON, and as CSV files
 * to draw. */
#ifndef OUTPUT_TRACE_REPORT_H
#define OUTPUT_TRACE_REPORT_H

#include "autoscale_sim/traffic_source.h"
#include "base/error.h"
#include "figures/human.h"

#include <cJSON.h>
#include <stdio.h>

typedef struct ArrivalStatistics ArrivalStatistics;
typedef struct PastShares PastShares;
typedef struct TraceTold TraceTold;
typedef struct TrafficFit TrafficFit;
typedef struct OutputDirectory OutputDirectory;

#define TRACE_FACTS_FIRST 3

/* trace_facts.c: what a trace is. All lent. */
typedef struct TraceFacts {
    const char *file;
    const char *format; /* NULL: not known */
    bool has_tokens;    /* token counts are the file's own, not drawn */
    bool has_calendar;
    int64_t start_ns; /* the calendar instant of time 0 since 1970, with has_calendar */
    asim_traffic_counts counts;
    const TraceTold *told;
    const asim_arrival *first; /* requests, at most TRACE_FACTS_FIRST */
    size_t first_count;
    const char *run, *init; /* command lines that read the same; init may be NULL */
    const ArrivalStatistics *statistics;
    const PastShares *past;
    double time_per_token_s; /* assumed, for the offered concurrency */
} TraceFacts;

/* The instant of the first request: of the calendar, with has_calendar; else since time 0. The
 * statistics' own are since the first request. */
int64_t trace_facts_first_ns(const TraceFacts *facts);

void trace_facts_print(FILE *stream, const TraceFacts *facts);
/* Owned by the caller (cJSON_Delete). */
cJSON *trace_facts_json(const TraceFacts *facts);
/* rate.csv, gaps.csv and lengths.csv: what trace.gp draws. */
bool trace_facts_write(const TraceFacts *facts, const OutputDirectory *directory,
                       ErrorList *errors);

/* trace_fit.c: the fitted models with their goodness, and each as a source that a scenario's
 * "traffic" takes as it is. All lent. */
typedef struct TraceFitReport {
    const char *file;
    const char *format; /* NULL: not known */
    bool has_tokens;
    const TrafficFit *fit;
} TraceFitReport;

void trace_fit_print(FILE *stream, const TraceFitReport *report);
/* {"gaps": {...}, ..., "sources": {"poisson": {...}, ...}}: of the sources "poisson", "gamma",
 * "weibull", "onoff", "diurnal", "diurnal_hourly" those that could be fitted. Owned by the caller.
 */
cJSON *trace_fit_json(const TraceFitReport *report);

/* Words that others use too -------------------------------------------------------------------- */

/* All digits, for a trace is known by them: "16,803,695". Fills text and returns it. */
const char *trace_text_count(uint64_t count, char text[HUMAN_TEXT]);

/* What arrivals were made of: "as logged", "ends minus durations (3 rows)", "... taken for
 * arrivals". */
void trace_text_ends(FILE *stream, const asim_traffic_counts *counts);

/* What prefixes were taken off the lines, and how many lines are then no rows; there are some. */
void trace_text_prefix(FILE *stream, const asim_traffic_counts *counts);

/* What the values of bins were taken for, where only the file tells; else NULL. Static. */
const char *trace_text_values(uint32_t values);

/* What unit the times were taken to be in and why, where their format leaves that open; else NULL.
 * Static. */
const char *trace_text_unit(uint32_t units);

#endif
