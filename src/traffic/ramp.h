// SPDX-License-Identifier: GPL-3.0-or-later
/* Poisson processes whose rate changes once: at a stroke (step), or over a time (ramp), in a
 * straight line or by the same factor per second. */
#ifndef TRAFFIC_RAMP_H
#define TRAFFIC_RAMP_H

#include "traffic/intensity.h"

typedef struct RampConfig {
    IntensityConfig intensity;
    double from_rate_per_s, to_rate_per_s;
    sim_time at;   /* since start: when the change begins */
    sim_time over; /* how long it takes; a step: 0 */
    int shape;     /* RAMP_LINEAR, RAMP_EXPONENTIAL */
} RampConfig;

enum { RAMP_LINEAR, RAMP_EXPONENTIAL };

extern const Option ramp_options[];
extern const Option step_options[];
void ramp_check(const void *config, const Error *where, ErrorList *errors);
void step_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *ramp_open(const void *config, const TrafficContext *context);
asim_traffic_source *step_open(const void *config, const TrafficContext *context);

#endif
