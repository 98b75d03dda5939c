// SPDX-License-Identifier: GPL-3.0-or-later
/* Many clients of unequal weight and burstiness, as ServeGen finds behind real services (arXiv
 * 2505.09999): client i has a share of the rate proportional to i^-zipf_exponent, and Gamma gaps
 * whose coefficient of variation is lognormal over clients. A few heavy, bursty clients make the
 * bursts. */
#ifndef TRAFFIC_CLIENT_MIX_H
#define TRAFFIC_CLIENT_MIX_H

#include "traffic/synthetic.h"

typedef struct ClientMixConfig {
    SyntheticConfig common;
    double rate_per_s;
    int64_t clients;
    double zipf_exponent;
    double cv;        /* median over clients */
    double cv_spread; /* sigma of its logarithm */
} ClientMixConfig;

extern const Option client_mix_options[];
void client_mix_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *client_mix_open(const void *config, const TrafficContext *context);

#endif
