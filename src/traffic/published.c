// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables, which are data: lengths.def and presets.def; and a preset as a kind of traffic. */
#include "traffic/synthetic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Nobody writes to what a config points to, so the tables are constant. */
#define NUMBERS(...)                                                                               \
    {                                                                                              \
        .values = (double *)(const double[]){__VA_ARGS__},                                         \
        .count = sizeof((const double[]){__VA_ARGS__}) / sizeof(double)                            \
    }
#define QUANTILES(...)                                                                             \
    {                                                                                              \
        .kind = DISTRIBUTION_QUANTILES, .maximum = INFINITY,                                       \
        .table = (const DistributionPoint[]){__VA_ARGS__},                                         \
        .table_count =                                                                             \
            sizeof((const DistributionPoint[]){__VA_ARGS__}) / sizeof(DistributionPoint)           \
    }
/* Cut at a context window of 128 Ki tokens. */
#define LOGNORMAL(MEAN, CV)                                                                        \
    { .kind = DISTRIBUTION_LOGNORMAL, .a = MEAN, .b = CV, .minimum = 1, .maximum = 131072 }

const LengthTable length_tables[] = {
#include "traffic/lengths.def"
    {.name = NULL},
};

const TrafficPreset traffic_presets[] = {
#include "traffic/presets.def"
    {.name = NULL},
};

static void preset_check(const TrafficKind *kind, const void *config_, const Error *where,
                         ErrorList *errors) {
    const SyntheticConfig *config = config_;
    if (config->name == OPTION_ABSENT_CHOICE) {
        char *expected = option_expected(option_find(kind->options, "name"));
        error_add_at(where, "name", "nothing", expected, errors);
        free(expected);
    }
    synthetic_check_span(config, where, errors);
    lengths_check_named(&config->requests, where, errors);
}

static asim_traffic_source *preset_open(const TrafficKind *kind, const void *config_,
                                        const TrafficContext *context) {
    const SyntheticConfig *config = config_;
    const TrafficPreset *preset = &traffic_presets[config->name];
    SyntheticConfig own = preset->config;
    kind = traffic_kind_find(preset->kind);
    own.start = config->start;
    own.stop = config->stop;
    own.requests = config->requests;
    for (int i = 0; own.requests.lengths == OPTION_ABSENT_CHOICE; i++) {
        if (strcmp(length_tables[i].name, preset->lengths) == 0) {
            own.requests.lengths = i;
        }
    }
    distribution_prepare(&own.on);
    distribution_prepare(&own.off);
    // cppcheck-suppress returnDanglingLifetime ; the source copies its config
    return kind->open(kind, &own, context);
}

const TrafficKind preset_kind = {
    .name = "preset",
    .help = "published traffic by name",
    .options = (const Option[]){{.name = "name",
                                 .type = OPTION_CHOICE,
                                 .offset = offsetof(SyntheticConfig, name),
                                 .choices = &traffic_presets[0].name,
                                 .choice_size = sizeof traffic_presets[0],
                                 .help = "which traffic; rate_scale makes it more or less"},
                                SYNTHETIC_OPTIONS,
                                OPTION_END},
    .config_size = sizeof(SyntheticConfig),
    .endless = true,
    .check = preset_check,
    .open = preset_open,
};
