// SPDX-License-Identifier: GPL-3.0-or-later
/* A Markov-modulated Poisson process: the rate is that of a hidden state, which lasts an
 * exponential time and is followed by any of the others with equal probability. */
#ifndef TRAFFIC_MMPP_H
#define TRAFFIC_MMPP_H

#include "traffic/synthetic.h"

typedef struct MmppConfig {
    SyntheticConfig common;
    OptionNumbers rates_per_s;
    OptionNumbers mean_durations_s;
} MmppConfig;

extern const Option mmpp_options[];
void mmpp_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *mmpp_open(const void *config, const TrafficContext *context);

#endif
