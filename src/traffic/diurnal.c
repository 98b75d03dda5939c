// SPDX-License-Identifier: GPL-3.0-or-later
/* The harmonics are sampled by thinning under a bound per quarter of an hour, which each cosine's
 * range over that quarter gives exactly: some 95 % of the candidates are kept, most of them without
 * computing the rate, for they also lie under a lower bound. */
#include "traffic/diurnal.h"

#include "base/memory.h"
#include "traffic/intensity.h"

#include <math.h>
#include <stdlib.h>

enum { HARMONICS_MOST = 12 };
#define WEEK (7 * SIM_TIME_DAY)
#define QUARTER (15 * SIM_TIME_MINUTE)
#define TURN 6.283185307179586

typedef struct DiurnalSource {
    IntensitySource intensity;
    const DiurnalConfig *config;
    sim_time week_at_zero; /* local time since Monday 00:00 at simulated time 0 */
    double factor;         /* of the day of the segment */
    double lower, upper;   /* bounds of the segment's rate, per s */
} DiurnalSource;

#define AT(member) .offset = offsetof(DiurnalConfig, member)

const Option diurnal_options[] = {
    SYNTHETIC_RATE(DiurnalConfig, mean_rate_per_s, "mean_rate_per_s",
                   "requests per second, on average over a weekday"),
    {.name = "amplitudes",
     .type = OPTION_NUMBERS,
     AT(amplitudes),
     .maximum = 10,
     .help = "of the harmonics of 24 h, 12 h, 8 h, ..., relative to the mean"},
    {.name = "peak_hours",
     .type = OPTION_NUMBERS,
     AT(peak_hours),
     .maximum = 24,
     .help = "local hour at which each harmonic peaks"},
    {.name = "weekend_factor",
     .type = OPTION_NUMBER,
     AT(weekend_factor),
     .maximum = 100,
     .default_text = "1",
     .help = "rate on Saturdays and Sundays, relative to weekdays"},
    {.name = "hourly_rates",
     .type = OPTION_NUMBERS,
     AT(hourly_rates),
     .maximum = SYNTHETIC_RATE_MOST,
     .help =
         "instead of harmonics: requests per second in each of 24 hours, or of 168 from Monday on"},
    {.name = "utc_offset_hours",
     .type = OPTION_NUMBER,
     AT(utc_offset_hours),
     .minimum = -14,
     .maximum = 14,
     .default_text = "0",
     .help = "local time is UTC and this"},
    INTENSITY_OPTIONS(DiurnalConfig, intensity),
    OPTION_END,
};

static void check_counts(const DiurnalConfig *config, const Error *where, ErrorList *errors) {
    const size_t hours = config->hourly_rates.count;
    if (hours > 0 && hours != 24 && hours != 168) {
        char *found = memory_format("%zu numbers", hours);
        error_add_at(where, "hourly_rates", found, "24 numbers, or 168 from Monday on", errors);
        free(found);
    }
    if (config->amplitudes.count > HARMONICS_MOST) {
        error_add_at(where, "amplitudes", "more than 12 numbers", "at most 12", errors);
    }
    if (config->amplitudes.count != config->peak_hours.count) {
        char *found = memory_format("%zu numbers", config->peak_hours.count);
        char *expected = memory_format("as many as amplitudes (%zu)", config->amplitudes.count);
        error_add_at(where, "peak_hours", found, expected, errors);
        free(found);
        free(expected);
    }
}

void diurnal_check(const void *config_, const Error *where, ErrorList *errors) {
    const DiurnalConfig *config = config_;
    if (config->hourly_rates.count == 0) {
        synthetic_require(config->mean_rate_per_s, "mean_rate_per_s", where, errors);
    } else if (!isnan(config->mean_rate_per_s) || config->amplitudes.count > 0) {
        error_add_at(where, "hourly_rates", "a table beside mean_rate_per_s or amplitudes",
                     "either the table or the harmonics", errors);
    }
    if (config->hourly_rates.count == 168 && config->weekend_factor != 1) {
        error_add_at(where, "weekend_factor", "a factor beside the rates of a whole week",
                     "none: the table has the weekend's own rates", errors);
    }
    check_counts(config, where, errors);
    synthetic_check(&config->intensity.common, where, errors);
}

/* Local time since Monday 00:00, within the week. */
static sim_time local_week_time(const DiurnalSource *source, sim_time time) {
    return (source->week_at_zero + time) % WEEK;
}

static bool is_weekend(sim_time week_time) {
    return week_time >= 5 * SIM_TIME_DAY;
}

/* Table of hours ----------------------------------------------------------------------------------
 */

static void hourly_segment(IntensitySource *intensity) {
    DiurnalSource *source = (DiurnalSource *)intensity;
    const OptionNumbers *rates = &source->config->hourly_rates;
    const sim_time week_time = local_week_time(source, intensity->begin);
    const size_t hour = (size_t)(week_time / SIM_TIME_HOUR) % rates->count;
    const bool reduced = rates->count == 24 && is_weekend(week_time);
    const double rate = rates->values[hour] * (reduced ? source->config->weekend_factor : 1);
    intensity->end = intensity->begin + SIM_TIME_HOUR - week_time % SIM_TIME_HOUR;
    intensity_rates(intensity, rate, rate);
}

/* Harmonics ---------------------------------------------------------------------------------------
 */

static double harmonics_rate(const DiurnalSource *source, sim_time time) {
    const DiurnalConfig *config = source->config;
    const double hour = (double)(local_week_time(source, time) % SIM_TIME_DAY) * (1.0 / 3.6e12);
    double sum = 1;
    for (size_t k = 0; k < config->amplitudes.count; k++) {
        const double turns = (double)(k + 1) * (hour - config->peak_hours.values[k]) / 24;
        sum += config->amplitudes.values[k] * cos(TURN * turns);
    }
    return fmax(sum, 0) * config->mean_rate_per_s * source->factor;
}

/* Range of cos(2 pi x) for x from a to b. */
static void cosine_range(double a, double b, double *low, double *high) {
    const double at_a = cos(TURN * a), at_b = cos(TURN * b);
    *high = floor(b) >= a ? 1 : fmax(at_a, at_b);
    *low = floor(b - 0.5) + 0.5 >= a ? -1 : fmin(at_a, at_b);
}

static void harmonics_segment(IntensitySource *intensity) {
    DiurnalSource *source = (DiurnalSource *)intensity;
    const DiurnalConfig *config = source->config;
    const sim_time week_time = local_week_time(source, intensity->begin);
    const sim_time length = QUARTER - week_time % QUARTER;
    const double from = (double)(week_time % SIM_TIME_DAY) / (double)SIM_TIME_HOUR;
    const double to = from + (double)length / (double)SIM_TIME_HOUR;
    double lower = 1, upper = 1;
    for (size_t k = 0; k < config->amplitudes.count; k++) {
        const double pace = (double)(k + 1) / 24, peak = config->peak_hours.values[k];
        double low, high;
        cosine_range(pace * (from - peak), pace * (to - peak), &low, &high);
        lower += config->amplitudes.values[k] * low;
        upper += config->amplitudes.values[k] * high;
    }
    source->factor = is_weekend(week_time) ? config->weekend_factor : 1;
    const double scale = config->mean_rate_per_s * source->factor;
    /* A hair wider than computed: rounding must not let the rate pass its bounds. */
    source->lower = fmax(lower - 1e-12, 0) * scale;
    source->upper = fmax(upper + 1e-12, 0) * scale;
    intensity->end = intensity->begin + length;
    intensity_rates(intensity, source->upper, source->upper);
}

static bool harmonics_keep(IntensitySource *intensity) {
    DiurnalSource *source = (DiurnalSource *)intensity;
    const double height = random_uniform(&intensity->common.arrivals) * source->upper;
    return height < source->lower || height < harmonics_rate(source, intensity->clock);
}

/* Local time since Monday 00:00 at simulated time 0. */
static sim_time local_week_start(const DiurnalConfig *config, int64_t start_epoch_s) {
    const int64_t week = WEEK / SIM_TIME_SECOND;
    const int64_t monday = 3 * 86400; /* 1970 began on a Thursday, three days into its week */
    const int64_t offset = (int64_t)rint(config->utc_offset_hours * 3600);
    const int64_t since = (start_epoch_s % week + monday + offset) % week;
    return (since < 0 ? since + week : since) * SIM_TIME_SECOND;
}

static asim_traffic_source *diurnal_begin(const void *config_, const TrafficContext *context) {
    const DiurnalConfig *config = config_;
    const bool table = config->hourly_rates.count > 0;
    DiurnalSource *source =
        intensity_new(sizeof *source, &config->intensity.common, context,
                      table ? hourly_segment : harmonics_segment, table ? NULL : harmonics_keep);
    source->config = config;
    intensity_disperse(&source->intensity, &config->intensity, context);
    source->week_at_zero = local_week_start(config, context->start_epoch_s);
    return &source->intensity.common.base;
}

asim_traffic_source *diurnal_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const DiurnalConfig *)config)->intensity.common, context,
                          diurnal_begin);
}
