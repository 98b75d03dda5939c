// SPDX-License-Identifier: GPL-3.0-or-later
/* Models of a stream of requests, fitted in one pass and bounded memory: gaps and lengths from a
 * sample of fixed size, bursts and the day's course from all of it. */
#ifndef STATS_TRAFFIC_FIT_H
#define STATS_TRAFFIC_FIT_H

#include "stats/bursts.h"
#include "stats/daily_profile.h"
#include "stats/fit.h"
#include "stats/reservoir.h"

#define TRAFFIC_FIT_SAMPLE 200000

enum { TRAFFIC_FIT_RENEWALS = 3 }; /* exponential, Gamma, Weibull */

/* Token lengths of prompts or outputs. */
typedef struct LengthFit {
    Reservoir sample; /* sorted */
    Fit lognormal, exponential;
} LengthFit;

typedef struct TrafficFit {
    uint64_t requests;
    sim_time first, last;
    Reservoir gaps;   /* s; sorted by traffic_fit_end */
    size_t tied_gaps; /* of the sample that were 0 */
    Fit renewals[TRAFFIC_FIT_RENEWALS];
    BurstScan scan;
    const Bursts *bursts; /* of the threshold that fits best, or NULL: no pauses; in scan */
    Fit on_off;
    DailyCounts daily;
    DailyProfile profile;
    LengthFit prompt_tokens, output_tokens;
} TrafficFit;

/* start_s: the calendar instant of the arrivals' time 0. threshold: of pauses; 0: the one that
 * fits best. */
void traffic_fit_init(TrafficFit *fit, int64_t start_s, sim_time threshold);
void traffic_fit_clear(TrafficFit *fit);
void traffic_fit_add(TrafficFit *fit, const asim_arrival *block, size_t count);
/* weekdays: the calendar is real. lengths: the arrivals have token counts of their own. */
void traffic_fit_end(TrafficFit *fit, bool weekdays, bool lengths);

/* Requests per second from the first to the last. */
double traffic_fit_rate(const TrafficFit *fit);

#endif
