// SPDX-License-Identifier: GPL-3.0-or-later
/* The states are segments of constant rate; their path has a random stream of its own. */
#include "traffic/mmpp.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/intensity.h"

#include <stdlib.h>

typedef struct MmppSource {
    IntensitySource intensity;
    const MmppConfig *config;
    bool begun;
    size_t state;
} MmppSource;

const Option mmpp_options[] = {
    {.name = "rates_per_s",
     .type = OPTION_NUMBERS,
     .offset = offsetof(MmppConfig, rates_per_s),
     .maximum = SYNTHETIC_RATE_MOST,
     .help = "requests per second in each state; the source begins in the first"},
    {.name = "mean_durations_s",
     .type = OPTION_NUMBERS,
     .offset = offsetof(MmppConfig, mean_durations_s),
     .minimum = SYNTHETIC_SPAN_LEAST_S,
     .maximum = 315619200,
     .help = "mean time in each state, in seconds; each stay is computed"},
    SYNTHETIC_OPTIONS(MmppConfig, common),
    OPTION_END,
};

void mmpp_check(const void *config_, const Error *where, ErrorList *errors) {
    const MmppConfig *config = config_;
    const size_t states = config->rates_per_s.count;
    if (states < 2) {
        error_add_at(where, "rates_per_s", states == 0 ? "nothing" : "one number",
                     "the rates of at least two states", errors);
    }
    if (config->mean_durations_s.count != states) {
        char *found = memory_format("%zu numbers", config->mean_durations_s.count);
        char *expected = memory_format("as many as rates_per_s (%zu)", states);
        error_add_at(where, "mean_durations_s", found, expected, errors);
        free(found);
        free(expected);
    }
    synthetic_check(&config->common, where, errors);
}

static void mmpp_segment(IntensitySource *intensity) {
    MmppSource *source = (MmppSource *)intensity;
    const MmppConfig *config = source->config;
    RandomStream *phases = &intensity->common.phases;
    if (source->begun) {
        const size_t other = (size_t)random_below(phases, config->rates_per_s.count - 1);
        source->state = other + (other >= source->state);
    }
    source->begun = true;
    const double seconds =
        config->mean_durations_s.values[source->state] * random_exponential(phases);
    const sim_time length = sim_time_from_seconds(seconds);
    intensity->end = intensity->begin + (length < 1                  ? 1
                                         : length > SIM_TIME_LONGEST ? SIM_TIME_LONGEST
                                                                     : length);
    const double rate = config->rates_per_s.values[source->state];
    intensity_rates(intensity, rate, rate);
}

static asim_traffic_source *mmpp_begin(const void *config_, const TrafficContext *context) {
    const MmppConfig *config = config_;
    MmppSource *source =
        intensity_new(sizeof *source, &config->common, context, mmpp_segment, NULL);
    source->config = config;
    return &source->intensity.common.base;
}

asim_traffic_source *mmpp_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const MmppConfig *)config)->common, context, mmpp_begin);
}
