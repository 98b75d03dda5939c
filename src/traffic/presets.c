// SPDX-License-Identifier: GPL-3.0-or-later
/* A preset's source is the one of its kind, opened with a config that its row fills. */
#include "traffic/presets.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/client_mix.h"
#include "traffic/diurnal.h"
#include "traffic/flash_crowd.h"
#include "traffic/length_tables.h"
#include "traffic/onoff.h"

#include <stdlib.h>
#include <string.h>

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
        .hourly_rates = {24.296, 23.405, 21.965, 17.874, 14.209, 11.753, 10.113, 8.478,
                         7.902,  8.094,  8.662,  12.633, 23.589, 40.581, 57.749, 63.321,
                         59.900, 68.276, 75.529, 77.154, 72.661, 52.835, 38.404, 28.617},
        .weekend_factor = 0.32,
        .dispersion = 4.5,
    },
    {
        .name = "azure-conv-weekday",
        .help = "a chat service: a gentle day, weekends at a half",
        .source = "mean rate of each hour of the weekdays of the Azure LLM inference trace 2024, "
                  "conversation (Stojkovic et al., DynamoLLM, HPCA 2025; CC-BY 4.0), in UTC: mean "
                  "51.5/s, peak to valley 1.92; dispersion within its 3.6 to 5.8",
        .kind = "diurnal",
        .lengths = "azure-conv",
        .hourly_rates = {45.84, 49.67, 49.68, 40.73, 41.16, 44.68, 52.03, 55.68,
                         57.22, 55.61, 50.50, 52.90, 58.80, 65.57, 68.86, 64.35,
                         58.50, 55.52, 55.75, 52.54, 47.95, 39.66, 35.87, 37.15},
        .weekend_factor = 0.57,
        .dispersion = 4.5,
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
        .on_rate_per_s = 9.1,
        .on_s = 16.7,
        .on_cv = 0.57,
        .off_s = 43.3,
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
        .mean_rate_per_s = 0.56,
        .amplitudes = {0.87},
        .peak_hours = {15},
        .weekend_factor = 1,
        .dispersion = 1,
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
        .base_rate_per_s = 0.1,
        .peak_rate_per_s = 10,
        .at_s = 3600,
        .rise_s = 1800,
        .decay_s = 573,
    },
    {
        .name = "servegen-clients",
        .help = "a hundred clients, a few of which make most of the load and its bursts",
        .source =
            "Zipf exponents of 1.05 to 1.81 and bursty Gamma clients in ServeGen (Xiang et al., "
            "arXiv 2505.09999); rate, coefficient of variation and lengths are assumed: no trace's",
        .kind = "client_mix",
        .lengths = "azure-conv",
        .mean_rate_per_s = 10,
        .clients = 100,
        .zipf_exponent = 1.4,
        .cv = 1.5,
    },
    {.name = NULL},
};

const char *const traffic_preset_choices[] = {
    "azure-code-weekday",
    "azure-conv-weekday",
    "azure-code-bursts",
    "burstgpt-campus",
    "flash-crowd-aapl",
    "servegen-clients",
    NULL,
};

const Option preset_options[] = {
    {.name = "name",
     .type = OPTION_CHOICE,
     .offset = offsetof(PresetConfig, name),
     .choices = traffic_preset_choices,
     .help = "which traffic; rate_scale makes it more or less"},
    SYNTHETIC_OPTIONS(PresetConfig, common),
    OPTION_END,
};

void preset_check(const void *config_, const Error *where, ErrorList *errors) {
    const PresetConfig *config = config_;
    if (config->name == OPTION_ABSENT_CHOICE) {
        error_add_at(where, "name", "nothing",
                     "one of azure-code-weekday, azure-conv-weekday, azure-code-bursts, "
                     "burstgpt-campus, flash-crowd-aapl, servegen-clients",
                     errors);
    }
    synthetic_check_span(&config->common, where, errors);
    lengths_check_named(&config->common.prompt_tokens, &config->common.output_tokens,
                        config->common.lengths, where, errors);
}

/* Configs -----------------------------------------------------------------------------------------
 */

/* Those above 0, of `most`. */
static OptionNumbers copy_numbers(const double numbers[], size_t most) {
    OptionNumbers copy = {.values = memory_new(most, sizeof copy.values[0])};
    while (copy.count < most && numbers[copy.count] > 0) {
        copy.values[copy.count] = numbers[copy.count];
        copy.count++;
    }
    return copy;
}

static SyntheticConfig *fill_diurnal(const TrafficPreset *preset, void *config) {
    DiurnalConfig *diurnal = config;
    diurnal->mean_rate_per_s = preset->mean_rate_per_s;
    diurnal->weekend_factor = preset->weekend_factor;
    diurnal->amplitudes = copy_numbers(preset->amplitudes, 3);
    diurnal->peak_hours = copy_numbers(preset->peak_hours, 3);
    diurnal->hourly_rates = copy_numbers(preset->hourly_rates, 24);
    diurnal->intensity.dispersion = preset->dispersion;
    return &diurnal->intensity.common;
}

static SyntheticConfig *fill_onoff(const TrafficPreset *preset, void *config) {
    OnOffConfig *onoff = config;
    onoff->on_rate_per_s = preset->on_rate_per_s;
    onoff->on = (Distribution){.kind = DISTRIBUTION_GAMMA, .a = preset->on_s, .b = preset->on_cv};
    onoff->off = (Distribution){.kind = DISTRIBUTION_EXPONENTIAL, .a = preset->off_s};
    distribution_prepare(&onoff->on);
    distribution_prepare(&onoff->off);
    return &onoff->common;
}

static SyntheticConfig *fill_flash_crowd(const TrafficPreset *preset, void *config) {
    FlashCrowdConfig *crowd = config;
    crowd->base_rate_per_s = preset->base_rate_per_s;
    crowd->peak_rate_per_s = preset->peak_rate_per_s;
    crowd->at = sim_time_from_seconds(preset->at_s);
    crowd->rise = sim_time_from_seconds(preset->rise_s);
    crowd->decay = sim_time_from_seconds(preset->decay_s);
    return &crowd->intensity.common;
}

static SyntheticConfig *fill_client_mix(const TrafficPreset *preset, void *config) {
    ClientMixConfig *mix = config;
    mix->rate_per_s = preset->mean_rate_per_s;
    mix->clients = (int64_t)preset->clients;
    mix->zipf_exponent = preset->zipf_exponent;
    mix->cv = preset->cv;
    return &mix->common;
}

static SyntheticConfig *fill_config(const TrafficPreset *preset, void *config) {
    if (strcmp(preset->kind, "diurnal") == 0) {
        return fill_diurnal(preset, config);
    }
    if (strcmp(preset->kind, "onoff") == 0) {
        return fill_onoff(preset, config);
    }
    return strcmp(preset->kind, "flash_crowd") == 0 ? fill_flash_crowd(preset, config)
                                                    : fill_client_mix(preset, config);
}

static int lengths_index(const char *name) {
    int index = 0;
    while (strcmp(length_tables[index].name, name) != 0) {
        index++;
    }
    return index;
}

/* The source --------------------------------------------------------------------------------------
 */

typedef struct PresetSource {
    asim_traffic_source base;
    asim_traffic_source *inner;
    const TrafficKind *kind;
    void *config; /* of the inner source; owned */
} PresetSource;

static size_t preset_next(asim_traffic_source *base, asim_arrival *block, size_t room,
                          bool *failed) {
    PresetSource *source = (PresetSource *)base;
    const size_t count = source->inner->next(source->inner, block, room, failed);
    base->counts = source->inner->counts;
    return count;
}

static void preset_destroy(asim_traffic_source *base) {
    PresetSource *source = (PresetSource *)base;
    if (source->inner != NULL) {
        source->inner->destroy(source->inner);
    }
    options_clear(source->kind->options, source->config);
    free(source->config);
    free(source);
}

asim_traffic_source *preset_open(const void *config_, const TrafficContext *context) {
    const PresetConfig *config = config_;
    const TrafficPreset *preset = &traffic_presets[config->name];
    PresetSource *source = memory_new(1, sizeof *source);
    source->base.next = preset_next;
    source->base.destroy = preset_destroy;
    source->kind = traffic_kind_find(preset->kind);
    source->config = memory_new(1, source->kind->config_size);
    options_set_defaults(source->kind->options, source->config);
    SyntheticConfig *common = fill_config(preset, source->config);
    common->start = config->common.start;
    common->stop = config->common.stop;
    common->transform = config->common.transform;
    common->prompt_tokens = distribution_copy(&config->common.prompt_tokens);
    common->output_tokens = distribution_copy(&config->common.output_tokens);
    common->lengths = config->common.lengths == OPTION_ABSENT_CHOICE
                          ? lengths_index(preset->lengths)
                          : config->common.lengths;
    source->inner = source->kind->open(source->config, context);
    if (source->inner == NULL) {
        preset_destroy(&source->base);
        return NULL;
    }
    return &source->base;
}
