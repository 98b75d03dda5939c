// SPDX-License-Identifier: GPL-3.0-or-later
/* A uniform sample of bounded size out of a stream of unknown length (Vitter's algorithm R), the
 * same for the same stream: its random stream has a fixed seed. */
#ifndef STATS_RESERVOIR_H
#define STATS_RESERVOIR_H

#include "engine/random.h"

#include <stddef.h>

typedef struct Reservoir {
    double *values; /* owned */
    size_t count, room;
    uint64_t seen;
    RandomStream stream;
} Reservoir;

/* name tells it from other samples of the same stream. Must not be moved afterwards. */
void reservoir_init(Reservoir *reservoir, size_t room, const char *name);
void reservoir_clear(Reservoir *reservoir);
void reservoir_add(Reservoir *reservoir, double value);

/* In rising order, for quantiles and KS; no more may be added afterwards. */
void reservoir_sort(Reservoir *reservoir);

#endif
