// SPDX-License-Identifier: GPL-3.0-or-later
/* Requests out of bins: N of them spread over the bin, or a rate that holds for its length.
 * - poisson: as a Poisson process that is known to have made N arrivals, i.e. N uniform instants in
 *   order, drawn one by one: of k left over the rest of the bin, the first lies a share
 *   1 - U^(1/k) into it;
 * - even: at the middles of N equal parts;
 * - a rate: a process by inversion of the integrated rate, carried on from bin to bin; Poisson, or
 * with Gamma or Weibull gaps (of mean 1 in units of the integrated rate) for bursty clients. */
#ifndef TRAFFIC_BINS_H
#define TRAFFIC_BINS_H

#include "autoscale_sim/types.h"
#include "engine/random.h"
#include "traffic/format.h"

typedef enum BinSpread { BIN_SPREAD_POISSON, BIN_SPREAD_EVEN } BinSpread;

typedef struct Bin {
    RandomStream *stream; /* lent */
    BinSpread spread;
    bool is_rate;
    sim_time begin, width;
    double total, left; /* counts: requests in the bin, and still to come */
    double position;    /* share of the bin that is past */
    double need;        /* rates: integrated rate until the next arrival; < 0: to be drawn */
    RowGaps gaps;
    double shape, scale; /* of the gaps */
} Bin;

void bin_init(Bin *bin, RandomStream *stream, BinSpread spread, bool is_rate);
/* The next bin, which begins at `begin`, not before the previous one's end; row: its width (> 0),
 * its value (a whole count, or a rate per s), its gaps. */
void bin_begin(Bin *bin, sim_time begin, const TrafficRow *row);
/* The next arrival of this bin; false: it has no more. */
bool bin_next(Bin *bin, sim_time *time);

#endif
