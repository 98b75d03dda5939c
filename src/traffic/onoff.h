// SPDX-License-Identifier: GPL-3.0-or-later
/* Bursts: a Poisson source that is on and off in turn, each for a random time (an interrupted
 * Poisson process when both are exponential). The times come from a random stream of their own, so
 * that another rate shifts no burst. */
#ifndef TRAFFIC_ONOFF_H
#define TRAFFIC_ONOFF_H

#include "traffic/synthetic.h"

typedef struct OnOffConfig {
    SyntheticConfig common;
    Distribution on, off; /* s */
    double on_rate_per_s, off_rate_per_s;
    int begin; /* 0: on, 1: off */
} OnOffConfig;

extern const Option onoff_options[];
void onoff_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *onoff_open(const void *config, const TrafficContext *context);

#endif
