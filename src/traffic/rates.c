// SPDX-License-Identifier: GPL-3.0-or-later
/* Generated kinds with a rate that changes over time, as segments on which it is a straight line,
 * or lies under one. mmpp and onoff jump between rates at random, by a random stream of their own,
 * so that another rate shifts no jump; ramp, step, flash_crowd, piecewise and diurnal follow a
 * given course. */
#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/synthetic.h"

#include <math.h>
#include <stdlib.h>

/* Counts that must agree. */
static void check_count(const OptionNumbers *numbers, const char *name, const OptionNumbers *as,
                        const char *as_name, const Error *where, ErrorList *errors) {
    if (numbers->count != as->count) {
        char *found = memory_format("%zu numbers", numbers->count);
        char *expected = memory_format("as many as %s (%zu)", as_name, as->count);
        error_add_at(where, name, found, expected, errors);
        free(found);
        free(expected);
    }
}

/* A segment of one rate that lasts a random time, at least a nanosecond. */
static void random_segment(SyntheticSource *source, double seconds, double rate_per_s) {
    const sim_time length = sim_time_from_seconds(seconds), most = SIM_TIME_LONGEST;
    source->end = source->begin + (length < 1 ? 1 : length > most ? most : length);
    synthetic_rates(source, rate_per_s, rate_per_s);
}

/* mmpp ------------------------------------------------------------------------------------------
 * A Markov-modulated Poisson process: the rate is that of a hidden state, which lasts an
 * exponential time and is followed by any of the others with equal probability. */

static void mmpp_check(const SyntheticConfig *config, const Error *where, ErrorList *errors) {
    const size_t states = config->rates_per_s.count;
    if (states < 2) {
        error_add_at(where, "rates_per_s", states == 0 ? "nothing" : "one number",
                     "the rates of at least two states", errors);
    }
    check_count(&config->mean_durations_s, "mean_durations_s", &config->rates_per_s, "rates_per_s",
                where, errors);
}

static void mmpp_segment(SyntheticSource *source) {
    const SyntheticConfig *config = &source->config;
    size_t *state = &source->own.state.number;
    if (source->own.state.begun) {
        const size_t other = (size_t)random_below(&source->phases, config->rates_per_s.count - 1);
        *state = other + (other >= *state);
    }
    source->own.state.begun = true;
    random_segment(source,
                   config->mean_durations_s.values[*state] * random_exponential(&source->phases),
                   config->rates_per_s.values[*state]);
}

const TrafficKind mmpp_kind = {
    .name = "mmpp",
    .help = "a Poisson process whose rate jumps between hidden states",
    .options =
        (const Option[]){
            SYNTHETIC(NUMBERS, rates_per_s, .maximum = SYNTHETIC_RATE_MOST,
                      .help = "requests per second in each state; the source begins in the first"),
            SYNTHETIC(NUMBERS, mean_durations_s, .minimum = SYNTHETIC_SPAN_LEAST_S,
                      .maximum = 315619200,
                      .help = "mean time in each state, in seconds; each stay is computed"),
            SYNTHETIC_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(.check = mmpp_check, .segment = mmpp_segment),
};

/* onoff -----------------------------------------------------------------------------------------
 * Bursts: on and off in turn, each for a random time (an interrupted Poisson process when both are
 * exponential). */

static void onoff_prepare(SyntheticSource *source, const TrafficContext *context) {
    (void)context;
    source->own.state.begun = source->config.begin == 1;
}

static void onoff_segment(SyntheticSource *source) {
    const SyntheticConfig *config = &source->config;
    const bool on = source->own.state.begun = !source->own.state.begun;
    random_segment(source, distribution_sample(on ? &config->on : &config->off, &source->phases),
                   on ? config->on_rate_per_s : config->off_rate_per_s);
}

const TrafficKind onoff_kind = {
    .name = "onoff",
    .help = "bursts and pauses of random length",
    .options =
        (const Option[]){
            SYNTHETIC(SPAN, on, .minimum = SYNTHETIC_SPAN_LEAST_S, .maximum = 315619200,
                      .help = "how long a burst lasts; each is computed"),
            SYNTHETIC(SPAN, off, .minimum = SYNTHETIC_SPAN_LEAST_S, .maximum = 315619200,
                      .help = "how long the pause after it lasts; each is computed"),
            SYNTHETIC_RATE(on_rate_per_s, "requests per second in a burst"),
            SYNTHETIC(NUMBER, off_rate_per_s, .maximum = SYNTHETIC_RATE_MOST, .default_text = "0",
                      .help = "requests per second in a pause"),
            SYNTHETIC(CHOICE, begin, .choices = (const char *const[]){"on", "off", NULL},
                      .default_text = "on", .help = "which of the two comes first"),
            SYNTHETIC_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(.required = {{"on", "a duration such as 30s, or a distribution"},
                                {"off", "a duration such as 30s, or a distribution"},
                                {.name = "on_rate_per_s"}},
                   .prepare = onoff_prepare, .segment = onoff_segment),
};

/* ramp, step ------------------------------------------------------------------------------------
 * The rate changes once: at a stroke, or over a time, in a straight line or by the same factor per
 * second. The exponential ramp is thinned under its chords, which lie above it since it is convex;
 * with 64 of them hardly a candidate is lost. */

enum { RAMP_LINEAR, RAMP_EXPONENTIAL, RAMP_CHORDS = 64 };

static void ramp_check(const SyntheticConfig *config, const Error *where, ErrorList *errors) {
    if (config->over == SIM_TIME_NEVER) {
        error_add_at(where, "over", "nothing", "a duration such as 10m", errors);
    }
    if (config->ramp_shape == RAMP_EXPONENTIAL &&
        (config->from_rate_per_s == 0 || config->to_rate_per_s == 0)) {
        error_add_at(where, "shape", "exponential with a rate of 0", "rates above 0", errors);
    }
}

/* The rate at a time since start. */
static double ramp_rate(const SyntheticConfig *config, sim_time since) {
    const double from = config->from_rate_per_s, to = config->to_rate_per_s;
    const sim_time past = since - config->at;
    if (past < 0) {
        return from;
    }
    if (past >= config->over) {
        return to;
    }
    const double share = (double)past / (double)config->over;
    return config->ramp_shape == RAMP_LINEAR ? from + share * (to - from)
                                             : from * pow(to / from, share);
}

static void ramp_segment(SyntheticSource *source) {
    const SyntheticConfig *config = &source->config;
    const sim_time since = source->begin - source->start, past = since - config->at;
    if (past < 0) {
        source->end = source->start + config->at;
        synthetic_rates(source, config->from_rate_per_s, config->from_rate_per_s);
        return;
    }
    if (past >= config->over) {
        source->end = SIM_TIME_NEVER;
        synthetic_rates(source, config->to_rate_per_s, config->to_rate_per_s);
        return;
    }
    sim_time end = config->over;
    if (config->ramp_shape == RAMP_EXPONENTIAL) {
        const sim_time chord = config->over / RAMP_CHORDS + 1;
        end = past + chord < config->over ? past + chord : config->over;
    }
    source->end = source->start + config->at + end;
    synthetic_rates(source, ramp_rate(config, since),
                    end < config->over ? ramp_rate(config, config->at + end)
                                       : config->to_rate_per_s);
}

static bool ramp_keep(SyntheticSource *source) {
    return synthetic_keeps(source, ramp_rate(&source->config, source->clock - source->start));
}

static void ramp_prepare(SyntheticSource *source, const TrafficContext *context) {
    (void)context;
    source->keep = source->config.ramp_shape == RAMP_LINEAR ? NULL : ramp_keep;
}

#define RAMP_OPTIONS                                                                               \
    SYNTHETIC_RATE_OR_ZERO(from_rate_per_s, "requests per second before the change"),              \
        SYNTHETIC_RATE_OR_ZERO(to_rate_per_s, "requests per second after it"),                     \
        SYNTHETIC(DURATION, at, .maximum = 315619200, .default_text = "0s",                        \
                  .help = "when the change begins, since start")

const TrafficKind ramp_kind = {
    .name = "ramp",
    .help = "a rate that goes from one value to another over a time",
    .options =
        (const Option[]){RAMP_OPTIONS,
                         SYNTHETIC(DURATION, over, .maximum = 315619200, .above_minimum = true,
                                   .help = "how long the change takes"),
                         {.name = "shape",
                          .type = OPTION_CHOICE,
                          .offset = offsetof(SyntheticConfig, ramp_shape),
                          .choices = (const char *const[]){"linear", "exponential", NULL},
                          .default_text = "linear",
                          .help = "a straight line, or the same factor per second"},
                         SYNTHETIC_DISPERSED_OPTIONS,
                         OPTION_END},
    SYNTHETIC_KIND(.required = {{.name = "from_rate_per_s"}, {.name = "to_rate_per_s"}},
                   .check = ramp_check, .prepare = ramp_prepare, .segment = ramp_segment),
};

const TrafficKind step_kind = {
    .name = "step",
    .help = "a rate that jumps from one value to another",
    .options = (const Option[]){RAMP_OPTIONS, SYNTHETIC_DISPERSED_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(.required = {{.name = "from_rate_per_s"}, {.name = "to_rate_per_s"}},
                   .segment = ramp_segment),
};

/* piecewise -------------------------------------------------------------------------------------
 * Straight lines between given points, which are the segments' ends. */

void synthetic_follow_points(SyntheticSource *source) {
    const OptionPoints *points = &source->config.points;
    size_t next = source->own.state.number;
    while (next > 0 && source->start + points->times[next - 1] > source->begin) {
        next--;
    }
    while (next < points->count && source->start + points->times[next] <= source->begin) {
        next++;
    }
    source->own.state.number = next;
    const double before = points->values[next > 0 ? next - 1 : 0];
    const bool last = next == points->count;
    source->end = last ? SIM_TIME_NEVER : source->start + points->times[next];
    synthetic_rates(source, before, last ? before : points->values[next]);
}

const TrafficKind piecewise_kind = {
    .name = "piecewise",
    .help = "a rate along straight lines between given points",
    .options =
        (const Option[]){
            SYNTHETIC(POINTS, points, .maximum = SYNTHETIC_RATE_MOST,
                      .help = "[time since start, requests per second] pairs, joined by straight "
                              "lines; the first and the last rate hold before and after"),
            SYNTHETIC_DISPERSED_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(
            .required = {{"points",
                          "pairs of a time and a rate, such as [[\"0s\", 1], [\"10m\", 5]]"}},
            .segment = synthetic_follow_points),
};

/* flash_crowd -----------------------------------------------------------------------------------
 * A base rate, a straight rise to a peak that holds for a while, and an exponential decay, which is
 * thinned under its chords, of an eighth of the decay time each; when it is down to a 10^-17th of
 * the peak, the base rate is all that is left. */

enum { CROWD_CHORDS = 8, CROWD_DECAYS = 40 };

static void flash_crowd_check(const SyntheticConfig *config, const Error *where,
                              ErrorList *errors) {
    if (config->peak_rate_per_s < config->base_rate_per_s) {
        error_add_at(where, "peak_rate_per_s", "less than base_rate_per_s",
                     "at least base_rate_per_s", errors);
    }
}

/* The rate at a time since the decay's begin. */
static double decay_rate(const SyntheticConfig *config, sim_time since) {
    const double excess = config->peak_rate_per_s - config->base_rate_per_s;
    return config->base_rate_per_s + excess * exp(-(double)since / (double)config->decay);
}

static void flash_crowd_segment(SyntheticSource *source) {
    const SyntheticConfig *config = &source->config;
    const double base = config->base_rate_per_s, peak = config->peak_rate_per_s;
    const sim_time rise = source->start + config->at, top = rise + config->rise;
    const sim_time decay = top + config->hold, since = source->begin - decay;
    const sim_time chord = config->decay / CROWD_CHORDS + 1;
    source->own.state.begun = false;
    if (source->begin < rise) {
        source->end = rise;
        synthetic_rates(source, base, base);
    } else if (source->begin < top) {
        source->end = top;
        synthetic_rates(source, base, peak);
    } else if (since < 0) {
        source->end = decay;
        synthetic_rates(source, peak, peak);
    } else if (since < CROWD_DECAYS * config->decay) {
        source->own.state.begun = true;
        source->end = source->begin + chord;
        synthetic_rates(source, decay_rate(config, since), decay_rate(config, since + chord));
    } else {
        source->end = SIM_TIME_NEVER;
        synthetic_rates(source, base, base);
    }
}

static bool flash_crowd_keep(SyntheticSource *source) {
    const SyntheticConfig *config = &source->config;
    const sim_time decay = source->start + config->at + config->rise + config->hold;
    return !source->own.state.begun ||
           synthetic_keeps(source, decay_rate(config, source->clock - decay));
}

const TrafficKind flash_crowd_kind = {
    .name = "flash_crowd",
    .help = "a base rate, a rise to a peak, and a decay",
    .options =
        (const Option[]){
            SYNTHETIC_RATE_OR_ZERO(base_rate_per_s, "requests per second before and long after"),
            SYNTHETIC_RATE(peak_rate_per_s, "requests per second at the peak"),
            SYNTHETIC(DURATION, at, .maximum = 315619200, .default_text = "0s",
                      .help = "when the rise begins, since start"),
            SYNTHETIC(DURATION, rise, .maximum = 31536000, .default_text = "1m",
                      .help = "from base to peak, in a straight line"),
            SYNTHETIC(DURATION, hold, .maximum = 31536000, .default_text = "0s",
                      .help = "how long the peak lasts"),
            SYNTHETIC(DURATION, decay, .maximum = 31536000, .above_minimum = true,
                      .default_text = "10m",
                      .help = "in which time what exceeds the base falls to 1/e; to a tenth in 2.3 "
                              "times that"),
            SYNTHETIC_DISPERSED_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(.required = {{.name = "base_rate_per_s"}, {.name = "peak_rate_per_s"}},
                   .check = flash_crowd_check, .segment = flash_crowd_segment,
                   .keep = flash_crowd_keep),
};

/* diurnal ---------------------------------------------------------------------------------------
 * Days and weeks: the rate follows the local time of day, as harmonics of 24 h
 *   rate(h) = mean x (1 + sum over k of A_k cos(2 pi k (h - p_k) / 24)), not below 0, x
 * weekend_factor on Saturdays and Sundays, or as a table of hourly rates for a day or a week.
 *
 * The harmonics are sampled by thinning under a bound per quarter of an hour, which each cosine's
 * range over that quarter gives exactly: some 95 % of the candidates are kept, most of them without
 * computing the rate, for they also lie under a lower bound. */

enum { HARMONICS_MOST = 12 };
#define WEEK (7 * SIM_TIME_DAY)
#define QUARTER (15 * SIM_TIME_MINUTE)
#define TURN 6.283185307179586

static void diurnal_check(const SyntheticConfig *config, const Error *where, ErrorList *errors) {
    const size_t hours = config->hourly_rates.count;
    const bool has_mean = !isnan(config->mean_rate_per_s);
    char *found = memory_format("%zu numbers", hours);
    const ErrorRule rules[] = {
        {hours == 0 && !has_mean, "mean_rate_per_s", "nothing", "a number above 0"},
        {hours > 0 && (has_mean || config->amplitudes.count > 0), "hourly_rates",
         "a table beside mean_rate_per_s or amplitudes", "either the table or the harmonics"},
        {hours == 168 && config->weekend_factor != 1, "weekend_factor",
         "a factor beside the rates of a whole week",
         "none: the table has the weekend's own rates"},
        {hours > 0 && hours != 24 && hours != 168, "hourly_rates", found,
         "24 numbers, or 168 from Monday on"},
        {config->amplitudes.count > HARMONICS_MOST, "amplitudes", "more than 12 numbers",
         "at most 12"},
    };
    error_add_broken(where, rules, errors);
    free(found);
    check_count(&config->peak_hours, "peak_hours", &config->amplitudes, "amplitudes", where,
                errors);
}

/* Local time since Monday 00:00, within the week. */
static sim_time local_week_time(const SyntheticSource *source, sim_time time) {
    return (source->own.day.week_at_zero + time) % WEEK;
}

static bool is_weekend(sim_time week_time) {
    return week_time >= 5 * SIM_TIME_DAY;
}

/* Table of hours ----------------------------------------------------------------------------------
 */

static void hourly_segment(SyntheticSource *source) {
    const OptionNumbers *rates = &source->config.hourly_rates;
    const sim_time week_time = local_week_time(source, source->begin);
    const size_t hour = (size_t)(week_time / SIM_TIME_HOUR) % rates->count;
    const bool reduced = rates->count == 24 && is_weekend(week_time);
    const double rate = rates->values[hour] * (reduced ? source->config.weekend_factor : 1);
    source->end = source->begin + SIM_TIME_HOUR - week_time % SIM_TIME_HOUR;
    synthetic_rates(source, rate, rate);
}

/* Harmonics ---------------------------------------------------------------------------------------
 */

static double harmonics_rate(const SyntheticSource *source, sim_time time) {
    const SyntheticConfig *config = &source->config;
    const double hour = (double)(local_week_time(source, time) % SIM_TIME_DAY) * (1.0 / 3.6e12);
    double sum = 1;
    for (size_t k = 0; k < config->amplitudes.count; k++) {
        const double turns = (double)(k + 1) * (hour - config->peak_hours.values[k]) / 24;
        sum += config->amplitudes.values[k] * cos(TURN * turns);
    }
    return fmax(sum, 0) * config->mean_rate_per_s * source->own.day.factor;
}

/* Range of cos(2 pi x) for x from a to b. */
static void cosine_range(double a, double b, double *low, double *high) {
    const double at_a = cos(TURN * a), at_b = cos(TURN * b);
    *high = floor(b) >= a ? 1 : fmax(at_a, at_b);
    *low = floor(b - 0.5) + 0.5 >= a ? -1 : fmin(at_a, at_b);
}

static void harmonics_segment(SyntheticSource *source) {
    const SyntheticConfig *config = &source->config;
    const sim_time week_time = local_week_time(source, source->begin);
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
    source->own.day.factor = is_weekend(week_time) ? config->weekend_factor : 1;
    const double scale = config->mean_rate_per_s * source->own.day.factor;
    /* A hair wider than computed: rounding must not let the rate pass its bounds. */
    source->own.day.lower = fmax(lower - 1e-12, 0) * scale;
    source->own.day.upper = fmax(upper + 1e-12, 0) * scale;
    source->end = source->begin + length;
    synthetic_rates(source, source->own.day.upper, source->own.day.upper);
}

static bool harmonics_keep(SyntheticSource *source) {
    const double height = random_uniform(&source->arrivals) * source->own.day.upper;
    return height < source->own.day.lower || height < harmonics_rate(source, source->clock);
}

/* Local time since Monday 00:00 at simulated time 0. */
static sim_time local_week_start(const SyntheticConfig *config, int64_t start_epoch_s) {
    const int64_t week = WEEK / SIM_TIME_SECOND;
    const int64_t monday = 3 * 86400; /* 1970 began on a Thursday, three days into its week */
    const int64_t offset = (int64_t)rint(config->utc_offset_hours * 3600);
    const int64_t since = (start_epoch_s % week + monday + offset) % week;
    return (since < 0 ? since + week : since) * SIM_TIME_SECOND;
}

static void diurnal_prepare(SyntheticSource *source, const TrafficContext *context) {
    const bool table = source->config.hourly_rates.count > 0;
    source->segment = table ? hourly_segment : harmonics_segment;
    source->keep = table ? NULL : harmonics_keep;
    source->own.day.week_at_zero = local_week_start(&source->config, context->start_epoch_s);
}

const TrafficKind diurnal_kind = {
    .name = "diurnal",
    .help = "a rate that follows the time of day and the weekend",
    .options =
        (const Option[]){
            SYNTHETIC_RATE(mean_rate_per_s, "requests per second, on average over a weekday"),
            SYNTHETIC(NUMBERS, amplitudes, .maximum = 10,
                      .help = "of the harmonics of 24 h, 12 h, 8 h, ..., relative to the mean"),
            SYNTHETIC(NUMBERS, peak_hours, .maximum = 24,
                      .help = "local hour at which each harmonic peaks"),
            SYNTHETIC(NUMBER, weekend_factor, .maximum = 100, .default_text = "1",
                      .help = "rate on Saturdays and Sundays, relative to weekdays"),
            SYNTHETIC(NUMBERS, hourly_rates, .maximum = SYNTHETIC_RATE_MOST,
                      .help = "instead of harmonics: requests per second in each of 24 hours, or "
                              "of 168 from Monday on"),
            SYNTHETIC(NUMBER, utc_offset_hours, .minimum = -14, .maximum = 14, .default_text = "0",
                      .help = "local time is UTC and this"),
            SYNTHETIC_DISPERSED_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(.check = diurnal_check, .prepare = diurnal_prepare),
};
