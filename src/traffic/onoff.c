// SPDX-License-Identifier: GPL-3.0-or-later
/* The on/off source, as segments of constant rate. */
#include "traffic/onoff.h"

#include "engine/sim_time.h"
#include "traffic/intensity.h"

typedef struct OnOffSource {
    IntensitySource intensity;
    const OnOffConfig *config;
    bool was_on;
} OnOffSource;

static const char *const begin_choices[] = {"on", "off", NULL};

const Option onoff_options[] = {
    {.name = "on",
     .type = OPTION_SPAN,
     .offset = offsetof(OnOffConfig, on),
     .minimum = SYNTHETIC_SPAN_LEAST_S,
     .maximum = 315619200,
     .help = "how long a burst lasts; each is computed"},
    {.name = "off",
     .type = OPTION_SPAN,
     .offset = offsetof(OnOffConfig, off),
     .minimum = SYNTHETIC_SPAN_LEAST_S,
     .maximum = 315619200,
     .help = "how long the pause after it lasts; each is computed"},
    SYNTHETIC_RATE(OnOffConfig, on_rate_per_s, "on_rate_per_s", "requests per second in a burst"),
    {.name = "off_rate_per_s",
     .type = OPTION_NUMBER,
     .offset = offsetof(OnOffConfig, off_rate_per_s),
     .maximum = SYNTHETIC_RATE_MOST,
     .default_text = "0",
     .help = "requests per second in a pause"},
    {.name = "begin",
     .type = OPTION_CHOICE,
     .offset = offsetof(OnOffConfig, begin),
     .choices = begin_choices,
     .default_text = "on",
     .help = "which of the two comes first"},
    SYNTHETIC_OPTIONS(OnOffConfig, common),
    OPTION_END,
};

void onoff_check(const void *config_, const Error *where, ErrorList *errors) {
    static const char expected[] = "a duration such as 30s, or a distribution";
    const OnOffConfig *config = config_;
    if (!lengths_given(&config->on)) {
        error_add_at(where, "on", "nothing", expected, errors);
    }
    if (!lengths_given(&config->off)) {
        error_add_at(where, "off", "nothing", expected, errors);
    }
    synthetic_require(config->on_rate_per_s, "on_rate_per_s", where, errors);
    synthetic_check(&config->common, where, errors);
}

static void onoff_segment(IntensitySource *intensity) {
    OnOffSource *source = (OnOffSource *)intensity;
    const OnOffConfig *config = source->config;
    source->was_on = !source->was_on;
    const double seconds =
        distribution_sample(source->was_on ? &config->on : &config->off, &intensity->common.phases);
    const sim_time length = sim_time_from_seconds(seconds);
    const sim_time most = SIM_TIME_LONGEST;
    intensity->end = intensity->begin + (length < 1 ? 1 : length > most ? most : length);
    const double rate = source->was_on ? config->on_rate_per_s : config->off_rate_per_s;
    intensity_rates(intensity, rate, rate);
}

static asim_traffic_source *onoff_begin(const void *config_, const TrafficContext *context) {
    const OnOffConfig *config = config_;
    OnOffSource *source =
        intensity_new(sizeof *source, &config->common, context, onoff_segment, NULL);
    source->config = config;
    source->was_on = config->begin == 1;
    return &source->intensity.common.base;
}

asim_traffic_source *onoff_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const OnOffConfig *)config)->common, context, onoff_begin);
}
