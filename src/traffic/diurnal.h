// SPDX-License-Identifier: GPL-3.0-or-later
/* Days and weeks: a Poisson process whose rate follows the local time of day, as harmonics of 24 h
 *   rate(h) = mean x (1 + sum over k of A_k cos(2 pi k (h - p_k) / 24)), not below 0, x
 * weekend_factor on Saturdays and Sundays, or as a table of hourly rates for a day or a week. */
#ifndef TRAFFIC_DIURNAL_H
#define TRAFFIC_DIURNAL_H

#include "traffic/intensity.h"

typedef struct DiurnalConfig {
    IntensityConfig intensity;
    double mean_rate_per_s;
    OptionNumbers amplitudes, peak_hours;
    double weekend_factor;
    OptionNumbers hourly_rates;
    double utc_offset_hours;
} DiurnalConfig;

extern const Option diurnal_options[];
void diurnal_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *diurnal_open(const void *config, const TrafficContext *context);

#endif
