// SPDX-License-Identifier: GPL-3.0-or-later
/* Lengths: quantiles wherever the trace was at hand (from 0.1 % to 99.9 %, closer where its tail
 * asks for it), so that a table has the trace's mean within 2 % and its deciles within 5 %; a
 * fitted lognormal where only the fit is known. Presets: the source is the one of its kind, opened
 * with the row's config. */
#include "traffic/published.h"

#include "base/memory.h"
#include "engine/sim_time.h"

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
    {
        .name = "azure-code",
        .source =
            "Azure LLM inference trace 2023, code (Patel et al., Splitwise, ISCA 2024; CC-BY 4.0): "
            "quantiles of its 8,819 requests",
        .prompt_mean = 2047.85,
        .output_mean = 27.88,
        .prompt =
            QUANTILES({0, 3}, {.001, 7}, {.005, 12}, {.01, 17}, {.02, 35}, {.03, 50}, {.05, 75},
                      {.075, 102.4}, {.1, 147}, {.15, 232}, {.2, 385.6}, {.25, 578}, {.3, 770},
                      {.35, 938.6}, {.4, 1075}, {.45, 1261.1}, {.5, 1469}, {.55, 1690}, {.6, 1909},
                      {.65, 2163.7}, {.7, 2433}, {.75, 2744.5}, {.8, 3192.4}, {.85, 3920.2},
                      {.9, 5187.6}, {.925, 6097}, {.95, 7303.3}, {.96, 7430.3}, {.97, 7435},
                      {.98, 7436}, {.995, 7436}, {.999, 7437}, {1, 7437}),
        .output =
            QUANTILES({0, 6}, {.075, 6}, {.1, 7}, {.15, 7}, {.2, 8}, {.25, 9}, {.3, 9}, {.35, 10},
                      {.4, 11}, {.45, 12}, {.5, 13}, {.55, 14}, {.6, 16}, {.65, 18}, {.7, 20},
                      {.75, 24}, {.8, 29}, {.85, 39}, {.9, 55}, {.925, 69}, {.95, 90}, {.96, 105},
                      {.97, 128}, {.98, 170.9}, {.99, 251.5}, {.995, 359.4}, {.997, 511.7},
                      {.998, 669.6}, {.999, 825.3}, {.9995, 885.2}, {.9998, 1019.4}, {1, 1899}),
    },
    {
        .name = "azure-conv",
        .source =
            "Azure LLM inference trace 2023, conversation (Patel et al., Splitwise, ISCA 2024; "
            "CC-BY 4.0): quantiles of its 19,366 requests",
        .prompt_mean = 1154.7,
        .output_mean = 211.13,
        .prompt =
            QUANTILES({0, 2}, {.001, 8}, {.005, 16.8}, {.01, 29}, {.02, 91}, {.03, 161}, {.05, 181},
                      {.075, 200}, {.1, 207}, {.15, 372}, {.2, 387}, {.25, 396}, {.3, 403},
                      {.35, 414}, {.4, 703}, {.45, 984}, {.5, 1020}, {.55, 1045}, {.6, 1071},
                      {.65, 1097}, {.7, 1130}, {.75, 1189}, {.8, 1315}, {.85, 1876.2}, {.9, 2734.5},
                      {.925, 4075}, {.95, 4083}, {.96, 4086}, {.97, 4090}, {.98, 4098}, {.99, 4142},
                      {.995, 4831}, {.999, 6179.2}, {1, 14050}),
        .output = QUANTILES({0, 7}, {.001, 12}, {.005, 14}, {.01, 16}, {.02, 24}, {.03, 32},
                            {.05, 41}, {.075, 48}, {.1, 54}, {.15, 67}, {.2, 77}, {.25, 85},
                            {.3, 91}, {.35, 96}, {.4, 103}, {.45, 113}, {.5, 129}, {.55, 151},
                            {.6, 177}, {.65, 217}, {.7, 384}, {.75, 395}, {.8, 400}, {.85, 411},
                            {.9, 424}, {.925, 430}, {.95, 451}, {.96, 468}, {.97, 509}, {.98, 540},
                            {.99, 601}, {.995, 643.2}, {.999, 954}, {1, 1000}),
    },
    {
        .name = "burstgpt-conversation",
        .source =
            "BurstGPT v2.0, conversations (Wang et al., KDD 2025; CC-BY 4.0): quantiles of its "
            "first 418 only",
        .prompt_mean = 614.51,
        .output_mean = 167.80,
        .prompt = QUANTILES(
            {0, 8}, {.01, 14.2}, {.02, 15.3}, {.03, 17}, {.05, 20}, {.075, 22.3}, {.1, 26.7},
            {.15, 38}, {.2, 62.4}, {.25, 91.2}, {.3, 132.5}, {.35, 170.9}, {.4, 214.2}, {.45, 278},
            {.5, 328}, {.55, 380}, {.6, 432}, {.65, 482.1}, {.7, 553.4}, {.75, 638}, {.8, 726.6},
            {.85, 868.9}, {.9, 1133.3}, {.925, 1271.7}, {.95, 1497.3}, {.96, 1561.3}, {.97, 1638.4},
            {.98, 2342.8}, {.9821, 2573}, {.9844, 5299}, {.9868, 5805}, {.9892, 5866},
            {.9916, 12149}, {.994, 12570}, {.9964, 13103}, {.9988, 25085}, {1, 25085}),
        .output = QUANTILES({0, 2}, {.01, 5}, {.02, 6.3}, {.03, 7.5}, {.05, 11}, {.075, 15},
                            {.1, 16}, {.15, 26}, {.2, 34}, {.25, 44.2}, {.3, 50}, {.35, 57},
                            {.4, 69}, {.45, 81.7}, {.5, 97}, {.55, 113}, {.6, 138.4}, {.65, 156.1},
                            {.7, 184.6}, {.75, 213}, {.8, 280.6}, {.85, 329.3}, {.9, 415.9},
                            {.925, 497.9}, {.95, 552.1}, {.96, 622.8}, {.97, 702.3}, {.98, 770.6},
                            {.985, 824.3}, {.99, 858.8}, {.995, 910.1}, {.9975, 927.4}, {1, 1101}),
    },
    {
        .name = "mooncake-conversation",
        .source =
            "Mooncake trace, conversation (Qin et al., FAST 2025; Apache-2.0): quantiles of its "
            "12,031 requests",
        .prompt_mean = 12035.06,
        .output_mean = 342.62,
        .prompt = QUANTILES({0, 891}, {.001, 892}, {.005, 893}, {.01, 894}, {.02, 896}, {.03, 897},
                            {.05, 901}, {.075, 913}, {.1, 964}, {.15, 1261}, {.2, 1662},
                            {.25, 2306.5}, {.3, 3263}, {.35, 4251}, {.4, 4993}, {.45, 5870.5},
                            {.5, 6909}, {.55, 8186.5}, {.6, 9570}, {.65, 11237.5}, {.7, 13196},
                            {.75, 15367}, {.8, 17869}, {.85, 21464}, {.9, 27367}, {.925, 31519},
                            {.95, 39550.5}, {.96, 44612.8}, {.97, 52215.4}, {.98, 66448.6},
                            {.99, 85400.4}, {.995, 100810.3}, {.999, 121300.9}, {1, 126195}),
        .output = QUANTILES({0, 1}, {.005, 1}, {.01, 3}, {.02, 3}, {.03, 5}, {.05, 10}, {.075, 17},
                            {.1, 24}, {.15, 46}, {.2, 100}, {.25, 156.5}, {.3, 213}, {.35, 256},
                            {.4, 291}, {.45, 322.5}, {.5, 350}, {.55, 375}, {.6, 399}, {.65, 423},
                            {.7, 447}, {.75, 472}, {.8, 504}, {.85, 543}, {.9, 597}, {.925, 639},
                            {.95, 698}, {.96, 738}, {.97, 800.2}, {.98, 891.8}, {.99, 1118.5},
                            {.995, 1567.6}, {.999, 2000}, {1, 2000}),
    },
    {
        .name = "mooncake-synthetic",
        .source =
            "Mooncake trace, synthetic (Qin et al., FAST 2025; Apache-2.0): quantiles of its 3,993 "
            "requests",
        .prompt_mean = 15325.48,
        .output_mean = 149.12,
        .prompt =
            QUANTILES({0, 13}, {.005, 13}, {.01, 16}, {.02, 18}, {.03, 19}, {.05, 22}, {.075, 26},
                      {.1, 30}, {.15, 45}, {.2, 88}, {.25, 277}, {.3, 912.6}, {.35, 2777},
                      {.4, 4364.8}, {.45, 6657}, {.5, 11587}, {.55, 14724.4}, {.6, 16290.2},
                      {.65, 17642}, {.7, 19408.6}, {.75, 23175}, {.8, 28425.2}, {.85, 34319.2},
                      {.9, 38611.2}, {.925, 41325}, {.95, 48904.6}, {.96, 51386}, {.97, 54833.2},
                      {.98, 56631}, {.99, 66456.2}, {.995, 76328}, {.999, 191373}, {1, 191378}),
        .output = QUANTILES(
            {0, 1}, {.001, 2}, {.05, 2}, {.075, 3}, {.1, 4}, {.15, 6}, {.2, 8}, {.25, 11}, {.3, 16},
            {.35, 22}, {.4, 32}, {.45, 49}, {.5, 69}, {.55, 92}, {.6, 126}, {.65, 169}, {.7, 210.4},
            {.75, 250}, {.8, 288.6}, {.85, 332.2}, {.9, 389}, {.925, 443.6}, {.95, 519}, {.96, 564},
            {.97, 609}, {.98, 688.8}, {.99, 768.1}, {.995, 782}, {.999, 813.1}, {1, 893}),
    },
    {
        .name = "deepseek-r1",
        .source =
            "ServeGen, deepseek-r1 (Xiang et al., arXiv 2505.09999): lognormal fits, cut at "
            "131,072 "
            "tokens, long answers; "
            "the lengths themselves are not published, so by how much the fits miss their means "
            "and deciles is not known",
        .prompt_mean = NAN,
        .output_mean = NAN,
        .prompt = LOGNORMAL(1010.6, 5.311),
        .output = LOGNORMAL(1400.3, 1.25),
    },
    {.name = NULL},
};

const TrafficPreset traffic_presets[] = {
    {
        .name = "azure-code-weekday",
        .help = "a coding assistant: one steep peak a day, weekends at a third",
        .source =
            "mean rate of each hour of the weekdays of the Azure LLM inference trace 2024, coding "
            "(Stojkovic et al., DynamoLLM, HPCA 2025; CC-BY 4.0), in UTC: mean 34.5/s, peak to "
            "valley 9.8; dispersion within its 3.6 to 5.8",
        .kind = "diurnal",
        .lengths = "azure-code",
        .config =
            {
                .hourly_rates =
                    NUMBERS(24.296, 23.405, 21.965, 17.874, 14.209, 11.753, 10.113, 8.478, 7.902,
                            8.094, 8.662, 12.633, 23.589, 40.581, 57.749, 63.321, 59.900, 68.276,
                            75.529, 77.154, 72.661, 52.835, 38.404, 28.617),
                .weekend_factor = 0.32,
                .dispersion = 4.5,
                .dispersion_window = 10 * SIM_TIME_SECOND,
            },
    },
    {
        .name = "azure-conv-weekday",
        .help = "a chat service: a gentle day, weekends at a half",
        .source = "mean rate of each hour of the weekdays of the Azure LLM inference trace 2024, "
                  "conversation (Stojkovic et al., DynamoLLM, HPCA 2025; CC-BY 4.0), in UTC: mean "
                  "51.5/s, peak to valley 1.92; dispersion within its 3.6 to 5.8",
        .kind = "diurnal",
        .lengths = "azure-conv",
        .config =
            {
                .hourly_rates = NUMBERS(45.84, 49.67, 49.68, 40.73, 41.16, 44.68, 52.03, 55.68,
                                        57.22, 55.61, 50.50, 52.90, 58.80, 65.57, 68.86, 64.35,
                                        58.50, 55.52, 55.75, 52.54, 47.95, 39.66, 35.87, 37.15),
                .weekend_factor = 0.57,
                .dispersion = 4.5,
                .dispersion_window = 10 * SIM_TIME_SECOND,
            },
    },
    {
        .name = "azure-code-bursts",
        .help = "a coding assistant within the hour: bursts of 17 s, pauses of 43 s",
        .source =
            "on/off fit to the Azure LLM inference trace 2023, code (Patel et al., Splitwise, ISCA "
            "2024; CC-BY 4.0), a gap of 5 s or more being a pause: its rate within 2 %, but gaps "
            "within a burst are Poisson's here, and no pause is as long as its longest (217 s) "
            "but by chance",
        .kind = "onoff",
        .lengths = "azure-code",
        .config =
            {
                .on_rate_per_s = 9.1,
                .on = {.kind = DISTRIBUTION_GAMMA, .a = 16.7, .b = 0.57},
                .off = {.kind = DISTRIBUTION_EXPONENTIAL, .a = 43.3},
            },
    },
    {
        .name = "burstgpt-campus",
        .help = "a campus: half a request per second by day, silence at night",
        .source =
            "mean rate of BurstGPT v2.0 and first harmonic of its first week (Wang et al., KDD "
            "2025; CC-BY 4.0); the peak hour is assumed, and so is that the lengths of 418 "
            "conversations are those of all requests: neither was checked against the whole trace",
        .kind = "diurnal",
        .lengths = "burstgpt-conversation",
        .config =
            {
                .mean_rate_per_s = 0.56,
                .amplitudes = NUMBERS(0.87),
                .peak_hours = NUMBERS(15),
                .weekend_factor = 1,
                .dispersion = 1,
                .dispersion_window = 10 * SIM_TIME_SECOND,
            },
    },
    {
        .name = "flash-crowd-aapl",
        .help = "a hundredfold rush an hour in, gone within another",
        .source = "middle of the six largest rushes of the AAPL mentions in the Numenta Anomaly "
                  "Benchmark: "
                  "peak 30 to 278 times the base, rise up to 115 min, down to a tenth in 10 to 35 "
                  "min; no "
                  "single rush, and not of requests: rate and lengths are assumed",
        .kind = "flash_crowd",
        .lengths = "azure-conv",
        .config =
            {
                .base_rate_per_s = 0.1,
                .peak_rate_per_s = 10,
                .at = SIM_TIME_HOUR,
                .rise = 30 * SIM_TIME_MINUTE,
                .decay = 573 * SIM_TIME_SECOND,
            },
    },
    {
        .name = "servegen-clients",
        .help = "a hundred clients, a few of which make most of the load and its bursts",
        .source =
            "Zipf exponents of 1.05 to 1.81 and bursty Gamma clients in ServeGen (Xiang et al., "
            "arXiv 2505.09999); rate, coefficient of variation and lengths are assumed: no trace's",
        .kind = "client_mix",
        .lengths = "azure-conv",
        .config =
            {
                .rate_per_s = 10,
                .clients = 100,
                .zipf_exponent = 1.4,
                .cv = 1.5,
                .cv_spread = 0.5,
            },
    },
    {.name = NULL},
};

static void preset_check(const TrafficKind *kind, const void *config_, const Error *where,
                         ErrorList *errors) {
    const SyntheticConfig *config = config_;
    (void)kind;
    if (config->name == OPTION_ABSENT_CHOICE) {
        char *expected = memory_text("one of ");
        for (const TrafficPreset *preset = traffic_presets; preset->name != NULL; preset++) {
            char *longer = memory_format("%s%s%s", expected, preset > traffic_presets ? ", " : "",
                                         preset->name);
            free(expected);
            expected = longer;
        }
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
