// SPDX-License-Identifier: GPL-3.0-or-later
/* The decay is thinned under its chords, of an eighth of the decay time each; when it is down to a
 * 10^-17th of the peak, the base rate is all that is left. */
#include "traffic/flash_crowd.h"

#include <math.h>

enum { CHORDS = 8, DECAYS = 40 };

typedef struct FlashCrowdSource {
    IntensitySource intensity;
    const FlashCrowdConfig *config;
    bool decaying; /* in this segment: chords, not the rate itself */
} FlashCrowdSource;

#define AT(member) .offset = offsetof(FlashCrowdConfig, member)

const Option flash_crowd_options[] = {
    SYNTHETIC_RATE_OR_ZERO(FlashCrowdConfig, base_rate_per_s, "base_rate_per_s",
                           "requests per second before and long after"),
    SYNTHETIC_RATE(FlashCrowdConfig, peak_rate_per_s, "peak_rate_per_s",
                   "requests per second at the peak"),
    {.name = "at",
     .type = OPTION_DURATION,
     AT(at),
     .maximum = 315619200,
     .default_text = "0s",
     .help = "when the rise begins, since start"},
    {.name = "rise",
     .type = OPTION_DURATION,
     AT(rise),
     .maximum = 31536000,
     .default_text = "1m",
     .help = "from base to peak, in a straight line"},
    {.name = "hold",
     .type = OPTION_DURATION,
     AT(hold),
     .maximum = 31536000,
     .default_text = "0s",
     .help = "how long the peak lasts"},
    {.name = "decay",
     .type = OPTION_DURATION,
     AT(decay),
     .maximum = 31536000,
     .above_minimum = true,
     .default_text = "10m",
     .help = "in which time what exceeds the base falls to 1/e; to a tenth in 2.3 times that"},
    INTENSITY_OPTIONS(FlashCrowdConfig, intensity),
    OPTION_END,
};

void flash_crowd_check(const void *config_, const Error *where, ErrorList *errors) {
    const FlashCrowdConfig *config = config_;
    synthetic_require(config->base_rate_per_s, "base_rate_per_s", where, errors);
    synthetic_require(config->peak_rate_per_s, "peak_rate_per_s", where, errors);
    if (config->peak_rate_per_s < config->base_rate_per_s) {
        error_add_at(where, "peak_rate_per_s", "less than base_rate_per_s",
                     "at least base_rate_per_s", errors);
    }
    synthetic_check(&config->intensity.common, where, errors);
}

/* The rate at a time since the decay's begin. */
static double decay_rate(const FlashCrowdConfig *config, sim_time since) {
    const double excess = config->peak_rate_per_s - config->base_rate_per_s;
    return config->base_rate_per_s + excess * exp(-(double)since / (double)config->decay);
}

static void flash_crowd_segment(IntensitySource *intensity) {
    FlashCrowdSource *source = (FlashCrowdSource *)intensity;
    const FlashCrowdConfig *config = source->config;
    const double base = config->base_rate_per_s, peak = config->peak_rate_per_s;
    const sim_time rise = intensity->common.start + config->at, top = rise + config->rise;
    const sim_time decay = top + config->hold, since = intensity->begin - decay;
    const sim_time chord = config->decay / CHORDS + 1;
    source->decaying = false;
    if (intensity->begin < rise) {
        intensity->end = rise;
        intensity_rates(intensity, base, base);
    } else if (intensity->begin < top) {
        intensity->end = top;
        intensity_rates(intensity, base, peak);
    } else if (since < 0) {
        intensity->end = decay;
        intensity_rates(intensity, peak, peak);
    } else if (since < DECAYS * config->decay) {
        source->decaying = true;
        intensity->end = intensity->begin + chord;
        intensity_rates(intensity, decay_rate(config, since), decay_rate(config, since + chord));
    } else {
        intensity->end = SIM_TIME_NEVER;
        intensity_rates(intensity, base, base);
    }
}

static bool flash_crowd_keep(IntensitySource *intensity) {
    const FlashCrowdSource *source = (const FlashCrowdSource *)intensity;
    const FlashCrowdConfig *config = source->config;
    if (!source->decaying) {
        return true;
    }
    const sim_time decay = intensity->common.start + config->at + config->rise + config->hold;
    const double chord = 1e9 * intensity_bound(intensity);
    return random_uniform(&intensity->common.arrivals) * chord <
           decay_rate(config, intensity->clock - decay);
}

static asim_traffic_source *flash_crowd_begin(const void *config_, const TrafficContext *context) {
    const FlashCrowdConfig *config = config_;
    FlashCrowdSource *source = intensity_new(sizeof *source, &config->intensity.common, context,
                                             flash_crowd_segment, flash_crowd_keep);
    source->config = config;
    intensity_disperse(&source->intensity, &config->intensity, context);
    return &source->intensity.common.base;
}

asim_traffic_source *flash_crowd_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const FlashCrowdConfig *)config)->intensity.common, context,
                          flash_crowd_begin);
}
