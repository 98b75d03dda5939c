// SPDX-License-Identifier: GPL-3.0-or-later
/* How a rate follows the time of day: quarters of an hour counted in one pass, then harmonics of
 * 24 h fitted to them by least squares, and a table of hours. */
#ifndef STATS_DAILY_PROFILE_H
#define STATS_DAILY_PROFILE_H

#include "autoscale_sim/traffic_source.h"

enum { DAILY_HARMONICS = 3, DAILY_HOURS = 24 };

/* Requests per quarter of an hour of the calendar. */
typedef struct DailyCounts {
    int64_t start_s;  /* calendar instant of the source's time 0, s since 1970 */
    int64_t first;    /* quarter of the first arrival, since 1970 */
    uint64_t *counts; /* owned */
    size_t used, room;
    sim_time begin, end; /* first and last arrival */
    /* How requests per 10 s vary within quarters of an hour. */
    int64_t ten; /* the 10 s in hand, since 1970 */
    uint64_t in_ten;
    double quarter_sum, quarter_squares;
    double residual, expected; /* sums of squares: found, and of a Poisson process */
} DailyCounts;

typedef struct DailyProfile {
    bool known;             /* every hour of the day is covered by whole quarters */
    double mean_rate_per_s; /* on weekdays; on all days when there are not both kinds */
    double amplitudes[DAILY_HARMONICS], peak_hours[DAILY_HARMONICS];
    double harmonics_r2;
    bool has_weekend;
    double weekend_factor;
    double hourly_rates[DAILY_HOURS];
    double hourly_r2;
    size_t quarters;   /* that the fit rests on */
    double dispersion; /* of requests per 10 s around the quarter's mean; 1: Poisson */
} DailyProfile;

void daily_counts_init(DailyCounts *counts, int64_t start_s);
void daily_counts_clear(DailyCounts *counts);
void daily_counts_add(DailyCounts *counts, const asim_arrival *block, size_t count);

/* Ends the quarter in hand. */
void daily_counts_end(DailyCounts *counts);

/* weekdays: Saturdays and Sundays are told apart, which needs a calendar that is real. */
DailyProfile daily_profile_fit(const DailyCounts *counts, bool weekdays);

#endif
