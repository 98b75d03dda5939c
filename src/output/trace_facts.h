// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace describe`: what a trace is, as text for people, as JSON, and as CSV files to draw. */
#ifndef OUTPUT_TRACE_FACTS_H
#define OUTPUT_TRACE_FACTS_H

#include "autoscale_sim/traffic_source.h"
#include "base/output_directory.h"

#include <cJSON.h>
#include <stdint.h>
#include <stdio.h>

typedef struct ArrivalStatistics ArrivalStatistics;

/* All lent. */
typedef struct TraceFacts {
    const char *file;
    const char *format; /* NULL: not known */
    bool has_tokens;    /* token counts are the file's own, not drawn */
    bool has_calendar;
    int64_t start_ns; /* the calendar instant of time 0 since 1970, with has_calendar */
    asim_traffic_counts counts;
    const ArrivalStatistics *statistics;
    double time_per_token_s; /* assumed, for the offered concurrency */
} TraceFacts;

/* rate x mean output tokens x time per token (Little's law). per_s: requests per second. */
double trace_facts_concurrency(const TraceFacts *facts, double per_s);

/* The instants of the first and the last request: of the calendar, with has_calendar; else since
 * time 0. The statistics' own are since the first request. */
int64_t trace_facts_first_ns(const TraceFacts *facts);
int64_t trace_facts_last_ns(const TraceFacts *facts);

void trace_facts_print(FILE *stream, const TraceFacts *facts);
/* Owned by the caller (cJSON_Delete). */
cJSON *trace_facts_json(const TraceFacts *facts);
/* rate.csv, gaps.csv and lengths.csv: what trace.gp draws. */
bool trace_facts_write(const TraceFacts *facts, const OutputDirectory *directory,
                       ErrorList *errors);

#endif
