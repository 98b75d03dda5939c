// SPDX-License-Identifier: GPL-3.0-or-later
/* Poisson processes whose rate changes over time, exactly: never a fixed time step. The rate is
 * given as segments on each of which it is a straight line; the next arrival is where the integral
 * of the rate has grown by an exponential variate of mean 1 (inversion). A rate that is no straight
 * line is given an upper bound by segments, and candidates are kept with probability rate / bound
 * (thinning: Lewis & Shedler 1979). */
#ifndef TRAFFIC_INTENSITY_H
#define TRAFFIC_INTENSITY_H

#include "traffic/synthetic.h"

typedef struct IntensitySource IntensitySource;

struct IntensitySource {
    SyntheticSource common;
    sim_time clock;      /* up to here everything is decided */
    double fraction;     /* of a nanosecond, of the clock */
    sim_time begin, end; /* the segment */
    double begin_rate;   /* requests per ns at its ends */
    double end_rate;
    /* Sets end (> begin), and both rates by intensity_rates, for the segment that begins at
     * `begin`. */
    void (*next_segment)(IntensitySource *source);
    /* Whether the candidate at `clock` becomes an arrival; NULL: all do. */
    bool (*keep)(IntensitySource *source);
};

/* As synthetic_new. next_segment is called for the first time when the first block is asked for. */
void *intensity_new(size_t size, const SyntheticConfig *config, const TrafficContext *context,
                    void (*next_segment)(IntensitySource *), bool (*keep)(IntensitySource *));

/* Rates per second at the ends of the segment. */
static inline void intensity_rates(IntensitySource *source, double begin_per_s, double end_per_s) {
    source->begin_rate = begin_per_s * 1e-9;
    source->end_rate = end_per_s * 1e-9;
}

#endif
