// SPDX-License-Identifier: GPL-3.0-or-later
/* Ramp and step. The exponential ramp is thinned under its chords, which lie above it since it is
 * convex; with 64 of them hardly a candidate is lost. */
#include "traffic/ramp.h"

#include <math.h>

enum { CHORDS = 64 };

typedef struct RampSource {
    IntensitySource intensity;
    const RampConfig *config;
    sim_time over;
    int shape;
} RampSource;

#define AT(member) .offset = offsetof(RampConfig, member)
#define RATES                                                                                      \
    SYNTHETIC_RATE_OR_ZERO(RampConfig, from_rate_per_s, "from_rate_per_s",                         \
                           "requests per second before the change"),                               \
        SYNTHETIC_RATE_OR_ZERO(RampConfig, to_rate_per_s, "to_rate_per_s",                         \
                               "requests per second after it"),                                    \
    {                                                                                              \
        .name = "at", .type = OPTION_DURATION, AT(at), .maximum = 315619200, .default_text = "0s", \
        .help = "when the change begins, since start"                                              \
    }

static const char *const shape_choices[] = {"linear", "exponential", NULL};

const Option ramp_options[] = {
    RATES,
    {.name = "over",
     .type = OPTION_DURATION,
     AT(over),
     .maximum = 315619200,
     .above_minimum = true,
     .help = "how long the change takes"},
    {.name = "shape",
     .type = OPTION_CHOICE,
     AT(shape),
     .choices = shape_choices,
     .default_text = "linear",
     .help = "a straight line, or the same factor per second"},
    INTENSITY_OPTIONS(RampConfig, intensity),
    OPTION_END,
};

const Option step_options[] = {
    RATES,
    INTENSITY_OPTIONS(RampConfig, intensity),
    OPTION_END,
};

void step_check(const void *config_, const Error *where, ErrorList *errors) {
    const RampConfig *config = config_;
    synthetic_require(config->from_rate_per_s, "from_rate_per_s", where, errors);
    synthetic_require(config->to_rate_per_s, "to_rate_per_s", where, errors);
    synthetic_check(&config->intensity.common, where, errors);
}

void ramp_check(const void *config_, const Error *where, ErrorList *errors) {
    const RampConfig *config = config_;
    if (config->over == SIM_TIME_NEVER) {
        error_add_at(where, "over", "nothing", "a duration such as 10m", errors);
    }
    if (config->shape == RAMP_EXPONENTIAL &&
        (config->from_rate_per_s == 0 || config->to_rate_per_s == 0)) {
        error_add_at(where, "shape", "exponential with a rate of 0", "rates above 0", errors);
    }
    step_check(config, where, errors);
}

/* The rate at a time since start. */
static double ramp_rate(const RampSource *source, sim_time since) {
    const RampConfig *config = source->config;
    const double from = config->from_rate_per_s, to = config->to_rate_per_s;
    const sim_time past = since - config->at;
    if (past < 0) {
        return from;
    }
    if (past >= source->over) {
        return to;
    }
    const double share = (double)past / (double)source->over;
    return source->shape == RAMP_LINEAR ? from + share * (to - from) : from * pow(to / from, share);
}

static void ramp_segment(IntensitySource *intensity) {
    RampSource *source = (RampSource *)intensity;
    const RampConfig *config = source->config;
    const sim_time start = intensity->common.start, since = intensity->begin - start;
    const sim_time past = since - config->at;
    if (past < 0) {
        intensity->end = start + config->at;
        intensity_rates(intensity, config->from_rate_per_s, config->from_rate_per_s);
        return;
    }
    if (past >= source->over) {
        intensity->end = SIM_TIME_NEVER;
        intensity_rates(intensity, config->to_rate_per_s, config->to_rate_per_s);
        return;
    }
    sim_time end = source->over;
    if (source->shape == RAMP_EXPONENTIAL) {
        const sim_time chord = source->over / CHORDS + 1;
        end = past + chord < source->over ? past + chord : source->over;
    }
    intensity->end = start + config->at + end;
    intensity_rates(intensity, ramp_rate(source, since),
                    end < source->over ? ramp_rate(source, config->at + end)
                                       : config->to_rate_per_s);
}

static bool ramp_keep(IntensitySource *intensity) {
    const RampSource *source = (const RampSource *)intensity;
    const double rate = ramp_rate(source, intensity->clock - intensity->common.start);
    const double chord = 1e9 * intensity_bound(intensity);
    return random_uniform(&intensity->common.arrivals) * chord < rate;
}

static RampSource *ramp_new(const RampConfig *config, const TrafficContext *context, sim_time over,
                            int shape) {
    RampSource *source = intensity_new(sizeof *source, &config->intensity.common, context,
                                       ramp_segment, shape == RAMP_LINEAR ? NULL : ramp_keep);
    source->config = config;
    source->over = over;
    source->shape = shape;
    intensity_disperse(&source->intensity, &config->intensity, context);
    return source;
}

static asim_traffic_source *ramp_begin(const void *config_, const TrafficContext *context) {
    const RampConfig *config = config_;
    return &ramp_new(config, context, config->over, config->shape)->intensity.common.base;
}

static asim_traffic_source *step_begin(const void *config, const TrafficContext *context) {
    return &ramp_new(config, context, 0, RAMP_LINEAR)->intensity.common.base;
}

asim_traffic_source *ramp_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const RampConfig *)config)->intensity.common, context,
                          ramp_begin);
}

asim_traffic_source *step_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const RampConfig *)config)->intensity.common, context,
                          step_begin);
}
