// SPDX-License-Identifier: GPL-3.0-or-later
/* Poisson processes whose rate changes over time, exactly: never a fixed time step. The rate is
 * given as segments on each of which it is a straight line; the next arrival is where the integral
 * of the rate has grown by an exponential variate of mean 1 (inversion). A rate that is no straight
 * line is given an upper bound by segments, and candidates are kept with probability rate / bound
 * (thinning: Lewis & Shedler 1979). */
#ifndef TRAFFIC_INTENSITY_H
#define TRAFFIC_INTENSITY_H

#include "traffic/synthetic.h"

typedef struct IntensityConfig {
    SyntheticConfig common;
    double dispersion;
    sim_time dispersion_window;
} IntensityConfig;

/* Rows of the option table of a kind whose rate changes; `member` is the config's IntensityConfig.
 */
#define INTENSITY_OPTIONS(Config, member)                                                          \
    {.name = "dispersion",                                                                         \
     .type = OPTION_NUMBER,                                                                        \
     .offset = offsetof(Config, member.dispersion),                                                \
     .minimum = 1,                                                                                 \
     .maximum = 1e6,                                                                               \
     .default_text = "1",                                                                          \
     .help = "variance of the requests per dispersion_window, relative to a Poisson process's"},   \
        {.name = "dispersion_window",                                                              \
         .type = OPTION_DURATION,                                                                  \
         .offset = offsetof(Config, member.dispersion_window),                                     \
         .minimum = SYNTHETIC_SPAN_LEAST_S,                                                        \
         .maximum = 86400,                                                                         \
         .default_text = "10s",                                                                    \
         .needs = "dispersion",                                                                    \
         .help = "over which spans the rate varies at random when dispersion is above 1; each "    \
                 "span is computed"},                                                              \
        SYNTHETIC_OPTIONS(Config, member.common)

typedef struct IntensitySource IntensitySource;

struct IntensitySource {
    SyntheticSource common;
    sim_time clock;      /* up to here everything is decided */
    double fraction;     /* of a nanosecond, of the clock */
    sim_time begin, end; /* the segment */
    double begin_rate;   /* requests per ns at its ends */
    double end_rate;
    /* Overdispersion: in each window the rate is multiplied by a Gamma variate of mean 1. */
    double dispersion;
    sim_time window, window_end;
    double factor;
    sim_time whole_begin, whole_end; /* the segment, of which [begin, end) is a part in one window
                                      */
    double whole_begin_rate, whole_end_rate;
    RandomStream factors;
    /* Sets end (> begin), and both rates by intensity_rates, for the segment that begins at
     * `begin`. A pure function of `begin`: overdispersion looks ahead, and comes back. */
    void (*next_segment)(IntensitySource *source);
    /* Whether the candidate at `clock` becomes an arrival; NULL: all do. */
    bool (*keep)(IntensitySource *source);
};

/* As synthetic_new. next_segment is called for the first time when the first block is asked for. */
void *intensity_new(size_t size, const SyntheticConfig *config, const TrafficContext *context,
                    void (*next_segment)(IntensitySource *), bool (*keep)(IntensitySource *));

/* Makes the source overdispersed as the config says: counts per window then are Gamma-Poisson
 * mixtures (negative binomial) with `dispersion` times the Poisson variance. Where the rate is
 * sampled by thinning, that is judged by its bound, a few percent above it. */
void intensity_disperse(IntensitySource *source, const IntensityConfig *config,
                        const TrafficContext *context);

/* Rates per second at the ends of the segment. */
static inline void intensity_rates(IntensitySource *source, double begin_per_s, double end_per_s) {
    source->begin_rate = begin_per_s * 1e-9;
    source->end_rate = end_per_s * 1e-9;
}

/* For `keep`: the bound on the rate, in requests per ns, at the clock, without any random factor.
 */
static inline double intensity_bound(const IntensitySource *source) {
    const bool dispersed = source->dispersion > 1;
    const sim_time begin = dispersed ? source->whole_begin : source->begin;
    const sim_time end = dispersed ? source->whole_end : source->end;
    const double begin_rate = dispersed ? source->whole_begin_rate : source->begin_rate;
    const double end_rate = dispersed ? source->whole_end_rate : source->end_rate;
    const double share = (double)(source->clock - begin) / (double)(end - begin);
    return begin_rate + share * (end_rate - begin_rate);
}

#endif
