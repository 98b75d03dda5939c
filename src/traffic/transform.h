// SPDX-License-Identifier: GPL-3.0-or-later
/* What may be done to any source, recorded or synthetic: more or less of it, later. Less is
 * thinning: each request is kept with the same probability. More is superposition: further copies
 * of the source, with random streams of their own; copies of one recorded file are moved by a
 * random time each, lest its bursts coincide. */
#ifndef TRAFFIC_TRANSFORM_H
#define TRAFFIC_TRANSFORM_H

#include "traffic/traffic.h"

#define TRANSFORM_COPIES_MOST 1000

typedef struct TransformConfig {
    double rate_scale;
    sim_time shift; /* added to all times */
} TransformConfig;

/* Rows of the option table of a config with the TransformConfig `member`. */
#define TRANSFORM_OPTIONS(Config, member)                                                          \
    {.name = "rate_scale",                                                                         \
     .type = OPTION_NUMBER,                                                                        \
     .offset = offsetof(Config, member.rate_scale),                                                \
     .maximum = TRANSFORM_COPIES_MOST,                                                             \
     .above_minimum = true,                                                                        \
     .default_text = "1",                                                                          \
     .help = "multiplies the rate: below 1 by leaving requests out at random, above 1 by adding "  \
             "independent copies of the source"},                                                  \
    {                                                                                              \
        .name = "shift", .type = OPTION_DURATION, .offset = offsetof(Config, member.shift),        \
        .maximum = 315619200, .default_text = "0s",                                                \
        .help = "the whole source comes this much later"                                           \
    }

typedef asim_traffic_source *TransformOpen(const void *config, const TrafficContext *context);

/* Opens the source by `open` and transforms it. Copies begin up to `jitter` late, at random. */
asim_traffic_source *transform_open(const TransformConfig *transform, sim_time jitter,
                                    const void *config, const TrafficContext *context,
                                    TransformOpen *open);

#endif
