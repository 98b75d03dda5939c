// SPDX-License-Identifier: GPL-3.0-or-later
/* Generated traffic. All kinds have one config, of which each reads its part by its option table,
 * and are one source, each with its own way to the next arrival. Most are Poisson processes whose
 * rate changes over time, sampled exactly, never by a fixed time step. The rate is given as
 * segments on each of which it is a straight line; the next arrival is where the integral of the
 * rate has grown by an exponential variate of mean 1 (inversion). A rate that is no straight line
 * is given an upper bound by segments, and candidates are kept with probability rate / bound
 * (thinning: Lewis & Shedler 1979). */
#ifndef TRAFFIC_SYNTHETIC_H
#define TRAFFIC_SYNTHETIC_H

#include "engine/options.h"
#include "traffic/requests.h"

#define SYNTHETIC_RATE_MOST 1e7 /* requests per second; gaps stay far above a nanosecond */
/* The least span over which a rate changes: each is computed, with or without an arrival in it,
 * some 20 to 100 ns apiece, so that a simulated day of the shortest takes seconds. */
#define SYNTHETIC_SPAN_LEAST_S 1e-3

typedef struct SyntheticConfig {
    sim_time start, stop; /* active in [start, stop) */
    RequestsConfig requests;
    double dispersion; /* kinds whose rate changes */
    sim_time dispersion_window;
    /* constant, poisson, gamma, weibull, client_mix */
    double rate_per_s, cv, shape;
    int64_t clients;
    double zipf_exponent, cv_spread; /* cv: the median; spread: sigma of its logarithm */
    /* closed_loop */
    int64_t users;
    Distribution think_time;
    /* conversation, with think_time */
    Distribution turns, new_tokens;
    int64_t system_prompt_tokens, context_tokens;
    /* mmpp */
    OptionNumbers rates_per_s, mean_durations_s;
    /* onoff */
    Distribution on, off; /* s */
    double on_rate_per_s, off_rate_per_s;
    int begin; /* 0: on, 1: off */
    /* ramp, step, flash_crowd: the change begins `at`, since start */
    double from_rate_per_s, to_rate_per_s;
    sim_time at, over; /* over: how long it takes; a step: 0 */
    int ramp_shape;
    double base_rate_per_s, peak_rate_per_s;
    sim_time rise, hold, decay;
    /* piecewise: time since start, requests per second */
    OptionPoints points;
    /* diurnal */
    double mean_rate_per_s, weekend_factor, utc_offset_hours;
    OptionNumbers amplitudes, peak_hours, hourly_rates;
    /* preset: index into traffic_presets */
    int name;
} SyntheticConfig;

/* Published traffic by name, with the parameters of real services: published.c. */
typedef struct TrafficPreset {
    const char *name;       /* heads the row: the choices of `name` */
    const char *help;       /* one line: what it is like */
    const char *source;     /* where the parameters come from */
    const char *kind;       /* of the source that it is */
    const char *lengths;    /* name of its length table */
    SyntheticConfig config; /* what its kind asks for; distributions to be prepared before use */
} TrafficPreset;

/* Ends with a row whose name is NULL. */
extern const TrafficPreset traffic_presets[];

/* One row of a kind's option table. */
#define SYNTHETIC(Type, member, ...)                                                               \
    {                                                                                              \
        .name = #member, .type = OPTION_##Type, .offset = offsetof(SyntheticConfig, member),       \
        __VA_ARGS__                                                                                \
    }
/* A rate above 0, and one that may be 0. */
#define SYNTHETIC_RATE(member, text)                                                               \
    SYNTHETIC(NUMBER, member, .maximum = SYNTHETIC_RATE_MOST, .above_minimum = true, .help = text)
#define SYNTHETIC_RATE_OR_ZERO(member, text)                                                       \
    SYNTHETIC(NUMBER, member, .maximum = SYNTHETIC_RATE_MOST, .help = text)

/* The last rows of every kind. */
#define SYNTHETIC_OPTIONS                                                                          \
    SYNTHETIC(DURATION, start, .maximum = 315619200, .default_text = "0s",                         \
              .help = "when the source begins"),                                                   \
        SYNTHETIC(DURATION, stop, .maximum = 315619200,                                            \
                  .help = "when the source ends (default: with the scenario)"),                    \
        REQUESTS_OPTIONS(SyntheticConfig, "")

/* So, of a kind that can be overdispersed. */
#define SYNTHETIC_DISPERSED_OPTIONS                                                                \
    SYNTHETIC(NUMBER, dispersion, .minimum = 1, .maximum = 1e6, .default_text = "1",               \
              .help = "variance of the requests per dispersion_window, relative to a Poisson "     \
                      "process's"),                                                                \
        SYNTHETIC(DURATION, dispersion_window, .minimum = SYNTHETIC_SPAN_LEAST_S,                  \
                  .maximum = 86400, .default_text = "10s", .needs = "dispersion",                  \
                  .help = "over which spans the rate varies at random when dispersion is above "   \
                          "1; each span is computed"),                                             \
        SYNTHETIC_OPTIONS

typedef struct SyntheticSource SyntheticSource;

/* How a kind does it; what is not needed is left out. */
typedef struct SyntheticWay {
    /* What must be given, NULL-terminated, and what would do; NULL: a number above 0. */
    struct {
        const char *name, *expected;
    } required[5];
    bool own_lengths; /* prompts are not drawn by prompt_tokens or lengths */
    void (*check)(const SyntheticConfig *config, const Error *where, ErrorList *errors);
    /* Makes a new source ready; may set its `fill`, `segment` and `keep`. */
    void (*prepare)(SyntheticSource *source, const TrafficContext *context);
    /* Writes up to `room` arrival times, >= start and never falling, that are before stop; fewer
     * than room only when no more will come. NULL: by segments. */
    size_t (*fill)(SyntheticSource *source, asim_arrival *block, size_t room);
    /* Sets end (> begin), and both rates by synthetic_rates, for the segment that begins at
     * `begin`. A pure function of `begin` where the kind can be overdispersed, which looks ahead,
     * and comes back. */
    void (*segment)(SyntheticSource *source);
    /* Whether the candidate at `clock` becomes an arrival; NULL: all do. */
    bool (*keep)(SyntheticSource *source);
    void (*clear)(SyntheticSource *source);
} SyntheticWay;

struct SyntheticSource {
    asim_traffic_source base;
    sim_time start, stop; /* stop: the earlier of the source's and the scenario's */
    sim_time clock;       /* up to here everything is decided */
    double fraction;      /* of a nanosecond, of the clock */
    RandomStream arrivals;
    RandomStream phases; /* for what modulates the arrivals */
    size_t (*fill)(SyntheticSource *source, asim_arrival *block, size_t room);
    void (*segment)(SyntheticSource *source);
    bool (*keep)(SyntheticSource *source);
    const SyntheticWay *way;
    uint16_t number;
    bool ended;
    const volatile sig_atomic_t *halt; /* as in TrafficContext */
    uint32_t steps;                    /* since the last look at it */
    bool halted;

    sim_time begin, end; /* the segment */
    double begin_rate;   /* requests per ns at its ends */
    double end_rate;
    /* Overdispersion: in each window the rate is multiplied by a Gamma variate of mean 1. */
    sim_time window_end;
    double factor;
    /* The segment, of which [begin, end) is a part in one window. */
    sim_time whole_begin, whole_end;
    double whole_begin_rate, whole_end_rate;
    RandomStream factors;

    struct Conversations *conversations; /* owned; beside the segments' own state */
    union {                              /* the kind's own */
        struct {
            double mean_ns, shape;
            uint64_t sent; /* constant */
        } gaps;
        struct ClientMix *mix;   /* owned */
        struct ClosedLoop *loop; /* owned */
        struct {
            size_t number; /* of the state; of the point that ends the segment */
            bool begun;    /* onoff: in a burst; flash_crowd: in the decay */
        } state;
        struct {
            sim_time week_at_zero; /* local time since Monday 00:00 at simulated time 0 */
            double factor;         /* of the day of the segment */
            double lower, upper;   /* bounds of the segment's rate, per s */
        } day;
    } own;
    RequestLengths lengths;
    SyntheticConfig config; /* what it points to is lent */
};

/* `check` and `open` of a generated kind. */
void synthetic_check(const TrafficKind *kind, const void *config, const Error *where,
                     ErrorList *errors);
asim_traffic_source *synthetic_open(const TrafficKind *kind, const void *config,
                                    const TrafficContext *context);

/* What a row of the table of kinds says of a generated one, beside its name, help and options. */
#define SYNTHETIC_KIND(...)                                                                        \
    .config_size = sizeof(SyntheticConfig), .endless = true, .check = synthetic_check,             \
    .open = synthetic_open, .way = &(const SyntheticWay) {                                         \
        __VA_ARGS__                                                                                \
    }

/* Adds an error for a stop that is not after start. */
void synthetic_check_span(const SyntheticConfig *config, const Error *where, ErrorList *errors);

/* For `fill`, on each step that may give nothing out: true when the source is to halt. */
static inline bool synthetic_halted(SyntheticSource *source) {
    if (++source->steps >= TRAFFIC_LOOK) {
        source->steps = 0;
        source->halted = traffic_halted(source->halt);
    }
    return source->halted;
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

/* A `fill`: arrivals by segments. */
size_t synthetic_fill_by_segments(SyntheticSource *source, asim_arrival *block, size_t room);

/* A `segment`: straight lines between the config's points, which are its ends. */
void synthetic_follow_points(SyntheticSource *source);

/* Rates per second at the ends of the segment. */
static inline void synthetic_rates(SyntheticSource *source, double begin_per_s, double end_per_s) {
    source->begin_rate = begin_per_s * 1e-9;
    source->end_rate = end_per_s * 1e-9;
}

/* For `keep`: true with the probability that the rate per s has under the segment's bound at the
 * clock, which no random factor raises. */
bool synthetic_keeps(SyntheticSource *source, double rate_per_s);

#endif
