// SPDX-License-Identifier: GPL-3.0-or-later
/* A Poisson process whose rate runs along straight lines between given points. */
#ifndef TRAFFIC_PIECEWISE_H
#define TRAFFIC_PIECEWISE_H

#include "traffic/intensity.h"

typedef struct PiecewiseConfig {
    IntensityConfig intensity;
    OptionPoints points; /* time since start, requests per second */
} PiecewiseConfig;

extern const Option piecewise_options[];
void piecewise_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *piecewise_open(const void *config, const TrafficContext *context);

#endif
