// SPDX-License-Identifier: GPL-3.0-or-later
/* A flash crowd: a base rate, a straight rise to a peak that holds for a while, and an exponential
 * decay. */
#ifndef TRAFFIC_FLASH_CROWD_H
#define TRAFFIC_FLASH_CROWD_H

#include "traffic/intensity.h"

typedef struct FlashCrowdConfig {
    IntensityConfig intensity;
    double base_rate_per_s, peak_rate_per_s;
    sim_time at, rise, hold, decay;
} FlashCrowdConfig;

extern const Option flash_crowd_options[];
void flash_crowd_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *flash_crowd_open(const void *config, const TrafficContext *context);

#endif
