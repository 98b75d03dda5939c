// SPDX-License-Identifier: GPL-3.0-or-later
/* Sources whose gaps are independent and alike: constant, Poisson, Gamma, Weibull. The first
 * request comes one gap after the start; a constant source's first comes at the start. */
#ifndef TRAFFIC_RENEWAL_H
#define TRAFFIC_RENEWAL_H

#include "traffic/synthetic.h"

typedef struct RenewalConfig {
    SyntheticConfig common;
    double rate_per_s;
    double cv;    /* of the gaps: gamma */
    double shape; /* of the gaps: weibull */
} RenewalConfig;

extern const Option constant_options[];
extern const Option poisson_options[];
extern const Option gamma_options[];
extern const Option weibull_options[];
void renewal_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *constant_open(const void *config, const TrafficContext *context);
asim_traffic_source *poisson_open(const void *config, const TrafficContext *context);
asim_traffic_source *gamma_open(const void *config, const TrafficContext *context);
asim_traffic_source *weibull_open(const void *config, const TrafficContext *context);

#endif
