// SPDX-License-Identifier: GPL-3.0-or-later
/* What all synthetic sources share: when they are active, their random streams, the requests'
 * lengths. A kind is a config that begins with SyntheticConfig, and a `fill` that writes arrival
 * times. */
#ifndef TRAFFIC_SYNTHETIC_H
#define TRAFFIC_SYNTHETIC_H

#include "traffic/lengths.h"
#include "traffic/transform.h"

#define SYNTHETIC_RATE_MOST 1e7 /* requests per second; gaps stay far above a nanosecond */
/* The least span over which a rate changes: each is computed, with or without an arrival in it,
 * some 20 to 100 ns apiece, so that a simulated day of the shortest takes seconds. */
#define SYNTHETIC_SPAN_LEAST_S 1e-3

typedef struct SyntheticConfig {
    sim_time start, stop; /* active in [start, stop) */
    Distribution prompt_tokens, output_tokens;
    int lengths; /* index into length_tables, or OPTION_ABSENT_CHOICE */
    TransformConfig transform;
} SyntheticConfig;

/* Rows of every synthetic kind's option table; `common` is the config's SyntheticConfig. */
#define SYNTHETIC_OPTIONS(Config, common)                                                          \
    {.name = "start",                                                                              \
     .type = OPTION_DURATION,                                                                      \
     .offset = offsetof(Config, common.start),                                                     \
     .maximum = 315619200,                                                                         \
     .default_text = "0s",                                                                         \
     .help = "when the source begins"},                                                            \
        {.name = "stop",                                                                           \
         .type = OPTION_DURATION,                                                                  \
         .offset = offsetof(Config, common.stop),                                                  \
         .maximum = 315619200,                                                                     \
         .help = "when the source ends (default: with the scenario)"},                             \
        {.name = "prompt_tokens",                                                                  \
         .type = OPTION_LENGTH,                                                                    \
         .offset = offsetof(Config, common.prompt_tokens),                                         \
         .minimum = 1,                                                                             \
         .maximum = 2147483648.0,                                                                  \
         .help = "prompt tokens per request"},                                                     \
        {.name = "output_tokens",                                                                  \
         .type = OPTION_LENGTH,                                                                    \
         .offset = offsetof(Config, common.output_tokens),                                         \
         .minimum = 1,                                                                             \
         .maximum = 2147483648.0,                                                                  \
         .help = "output tokens per request"},                                                     \
        LENGTHS_OPTION(Config, common.lengths), TRANSFORM_OPTIONS(Config, common.transform)

/* One row for a rate above 0. */
#define SYNTHETIC_RATE(Config, member, option, text)                                               \
    {                                                                                              \
        .name = option, .type = OPTION_NUMBER, .offset = offsetof(Config, member),                 \
        .maximum = SYNTHETIC_RATE_MOST, .above_minimum = true, .help = text                        \
    }

/* One row for a rate that may be 0. */
#define SYNTHETIC_RATE_OR_ZERO(Config, member, option, text)                                       \
    {                                                                                              \
        .name = option, .type = OPTION_NUMBER, .offset = offsetof(Config, member),                 \
        .maximum = SYNTHETIC_RATE_MOST, .help = text                                               \
    }

typedef struct SyntheticSource SyntheticSource;
struct SyntheticSource {
    asim_traffic_source base;
    sim_time start, stop; /* stop: the earlier of the source's and the scenario's */
    RandomStream arrivals;
    RandomStream phases; /* for what modulates the arrivals */
    /* Writes up to `room` arrival times, >= start and never falling, that are before stop; fewer
     * than room only when no more will come. */
    size_t (*fill)(SyntheticSource *source, asim_arrival *block, size_t room);
    uint32_t number;
    bool ended;
    const volatile sig_atomic_t *halt; /* as in TrafficContext */
    uint32_t steps;                    /* since the last look at it */
    bool halted;
    TrafficLengths lengths;
};

/* Adds errors for the common part: lengths absent, stop not after start. */
void synthetic_check_span(const SyntheticConfig *config, const Error *where, ErrorList *errors);
void synthetic_check(const SyntheticConfig *config, const Error *where, ErrorList *errors);
/* A required number that is absent (NAN) is an error. */
void synthetic_require(double value, const char *name, const Error *where, ErrorList *errors);

/* A zeroed source of `size` bytes, which begins with a SyntheticSource, with the common part set
 * up. */
void *synthetic_new(size_t size, const SyntheticConfig *config, const TrafficContext *context,
                    size_t (*fill)(SyntheticSource *, asim_arrival *, size_t));

/* For `fill`, on each step that may give nothing out: true when the source is to halt. */
static inline bool synthetic_halted(SyntheticSource *source) {
    if (++source->steps >= TRAFFIC_LOOK) {
        source->steps = 0;
        source->halted = traffic_halted(source->halt);
    }
    return source->halted;
}

/* What a kind's `open` is: the source that `begin` makes from the config, transformed. */
static inline asim_traffic_source *synthetic_open(const void *config, const SyntheticConfig *common,
                                                  const TrafficContext *context,
                                                  TransformOpen *begin) {
    return transform_open(&common->transform, 0, config, context, begin);
}

/* Moves *clock on by gap_ns >= 0, of which the fraction is carried to the next gap, so that no
 * rounding accumulates. False when that passes `stop`. */
static inline bool synthetic_step(sim_time *clock, double *fraction, double gap_ns, sim_time stop) {
    const double step = gap_ns + *fraction;
    if (!(step < (double)SIM_TIME_LONGEST)) {
        return false;
    }
    const sim_time whole = (sim_time)step;
    *fraction = step - (double)whole;
    *clock += whole;
    return *clock < stop;
}

#endif
