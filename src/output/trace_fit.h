// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace fit`: the fitted models with their goodness, and each as a source that a scenario's
 * "traffic" takes as it is. */
#ifndef OUTPUT_TRACE_FIT_H
#define OUTPUT_TRACE_FIT_H

#include "stats/traffic_fit.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct TrafficFit TrafficFit;

/* All lent. */
typedef struct TraceFitReport {
    const char *file;
    const char *format; /* NULL: not known */
    bool has_tokens;
    const TrafficFit *fit;
} TraceFitReport;

void trace_fit_print(FILE *stream, const TraceFitReport *report);
/* {"gaps": {...}, "lengths": {...}, "sources": {"poisson": {...}, ...}}; owned by the caller. */
cJSON *trace_fit_json(const TraceFitReport *report);

/* The sources by name ("poisson", "gamma", "weibull", "onoff", "diurnal", "diurnal_hourly"); those
 * that could not be fitted are left out. Owned by the caller. */
cJSON *trace_fit_sources(const TraceFitReport *report);

/* Words for the gaps' families, by FitFamily. */
extern const char *const trace_fit_names[FIT_FAMILIES];

#endif
