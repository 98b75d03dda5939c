// SPDX-License-Identifier: GPL-3.0-or-later
/* Bursts and pauses in a stream of arrivals: a gap of at least a threshold is a pause, what lies
 * between two pauses is a burst, for several thresholds at once, in one pass. */
#ifndef STATS_BURSTS_H
#define STATS_BURSTS_H

#include "autoscale_sim/traffic_source.h"

enum { BURSTS_THRESHOLDS = 16 };

typedef struct Bursts {
    sim_time threshold;
    uint64_t bursts, pauses;   /* that are over */
    double on_s, on_squares;   /* sums over the bursts' lengths, first to last arrival */
    double off_s, off_squares; /* over the pauses */
    sim_time begin;            /* of the burst in hand */
} Bursts;

typedef struct BurstScan {
    Bursts by_threshold[BURSTS_THRESHOLDS]; /* thresholds rising */
    size_t count;
    uint64_t arrivals;
    sim_time last;
} BurstScan;

/* threshold 0: a series from 10 ms to 1 h, to choose from; else that one alone. */
void burst_scan_init(BurstScan *scan, sim_time threshold);
void burst_scan_add(BurstScan *scan, const asim_arrival *block, size_t count);
/* Ends the last burst. */
void burst_scan_end(BurstScan *scan);

double bursts_on_mean_s(const Bursts *bursts);
double bursts_off_mean_s(const Bursts *bursts);
/* Coefficients of variation; 0 with fewer than two. */
double bursts_on_cv(const Bursts *bursts);
double bursts_off_cv(const Bursts *bursts);
/* Requests per second while on; `arrivals` is the scan's. NAN when bursts have no length. */
double bursts_on_rate(const Bursts *bursts, uint64_t arrivals);

#endif
