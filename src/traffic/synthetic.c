// SPDX-License-Identifier: GPL-3.0-or-later
/* What generated sources share, and the inversion of a piecewise linear rate. On a segment with
 * rate r at the clock and slope b, the integral over the next x is r x + b x^2 / 2; it reaches
 * `need` at x = 2 need / (r + sqrt(r^2 + 2 b need)), the form of the root that neither cancels nor
 * divides by a zero slope. */
#include "traffic/synthetic.h"

#include "base/memory.h"
#include "engine/sim_time.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

/* Checks ----------------------------------------------------------------------------------------
 */

void synthetic_check_span(const SyntheticConfig *config, const Error *where, ErrorList *errors) {
    if (config->stop <= config->start) {
        char text[SIM_TIME_TEXT];
        error_add_at(where, "stop", sim_time_format(config->stop, text),
                     "a duration longer than start", errors);
    }
}

void synthetic_check(const TrafficKind *kind, const void *config_, const Error *where,
                     ErrorList *errors) {
    const SyntheticConfig *config = config_;
    if (kind->way->check != NULL) {
        kind->way->check(config, where, errors);
    }
    for (size_t i = 0; kind->way->required[i].name != NULL; i++) {
        const char *name = kind->way->required[i].name;
        const char *expected = kind->way->required[i].expected;
        if (option_is_absent(option_find(kind->options, name), config)) {
            error_add_at(where, name, "nothing", expected ? expected : "a number above 0", errors);
        }
    }
    synthetic_check_span(config, where, errors);
    if (!kind->way->own_lengths) {
        lengths_check(&config->requests, where, errors);
    }
}

/* Segments --------------------------------------------------------------------------------------
 */

static double whole_rate(const SyntheticSource *source, sim_time time) {
    const double rise = source->whole_end_rate - source->whole_begin_rate;
    const double length = (double)(source->whole_end - source->whole_begin);
    return rise == 0
               ? source->whole_begin_rate
               : source->whole_begin_rate + rise * ((double)(time - source->whole_begin) / length);
}

static sim_time earlier(sim_time one, sim_time other) {
    return one < other ? one : other;
}

/* The whole segment becomes the one that begins at `begin`. */
static void take_segment(SyntheticSource *source, sim_time begin) {
    source->begin = begin;
    source->segment(source);
    source->whole_begin = begin;
    source->whole_end = source->end;
    source->whole_begin_rate = source->begin_rate;
    source->whole_end_rate = source->end_rate;
}

/* The integral of the whole segment's rate. */
static double whole_mass(const SyntheticSource *source, sim_time from, sim_time to) {
    const double mean_rate = (whole_rate(source, from) + whole_rate(source, to)) / 2;
    return mean_rate * (double)(to - from);
}

/* What the window from `begin` on holds on average; the segments ahead are looked at, and the
 * present one taken again. */
static double window_mass(SyntheticSource *source, sim_time end) {
    const sim_time begin = source->begin, whole_begin = source->whole_begin;
    double mass = whole_mass(source, begin, earlier(end, source->whole_end));
    if (end <= source->whole_end) {
        return mass;
    }
    while (source->whole_end < end) {
        take_segment(source, source->whole_end);
        mass += whole_mass(source, source->whole_begin, earlier(end, source->whole_end));
    }
    take_segment(source, whole_begin);
    source->begin = begin;
    return mass;
}

/* The factor of the window that begins: Gamma with mean 1 and variance (dispersion - 1) / mean
 * count. Counts per window then are Gamma-Poisson mixtures (negative binomial) with `dispersion`
 * times the Poisson variance. Where the rate is sampled by thinning, that is judged by its bound, a
 * few percent above it. */
static void next_window(SyntheticSource *source) {
    source->window_end += source->config.dispersion_window;
    const double count = window_mass(source, earlier(source->window_end, source->stop));
    const double shape = count / (source->config.dispersion - 1);
    source->factor = shape > 0 ? gsl_ran_gamma(&source->factors.gsl, shape, 1 / shape) : 1;
}

/* The next part of the rate, from `begin` on: a segment, or as much of it as lies in one window. */
static void next_part(SyntheticSource *source) {
    if (!(source->config.dispersion > 1)) {
        source->segment(source);
        return;
    }
    if (source->begin >= source->whole_end) {
        take_segment(source, source->begin);
    }
    if (source->begin >= source->window_end) {
        next_window(source);
    }
    source->end = earlier(source->whole_end, source->window_end);
    source->begin_rate = source->factor * whole_rate(source, source->begin);
    source->end_rate = source->factor * whole_rate(source, source->end);
}

bool synthetic_keeps(SyntheticSource *source, double rate_per_s) {
    const bool dispersed = source->config.dispersion > 1;
    const sim_time begin = dispersed ? source->whole_begin : source->begin;
    const sim_time end = dispersed ? source->whole_end : source->end;
    const double begin_rate = dispersed ? source->whole_begin_rate : source->begin_rate;
    const double end_rate = dispersed ? source->whole_end_rate : source->end_rate;
    const double share = (double)(source->clock - begin) / (double)(end - begin);
    const double bound = 1e9 * (begin_rate + share * (end_rate - begin_rate));
    return random_uniform(&source->arrivals) * bound < rate_per_s;
}

/* Moves the clock on to the next candidate; false when the source ends, or halts, before. */
static inline bool next_candidate(SyntheticSource *source) {
    const sim_time stop = source->stop;
    double need = random_exponential(&source->arrivals);
    for (;;) {
        const double left = (double)(source->end - source->clock) - source->fraction;
        const double rise = source->end_rate - source->begin_rate;
        const double slope = rise == 0 ? 0 : rise / (double)(source->end - source->begin);
        const double rate = source->end_rate - slope * left;
        const double mass = (rate + source->end_rate) / 2 * left;
        if (need < mass) {
            const double root = slope == 0 ? rate : sqrt(fmax(rate * rate + 2 * slope * need, 0));
            const double gap = 2 * need / (rate + root);
            return synthetic_step(&source->clock, &source->fraction, fmin(gap, left), stop);
        }
        need -= mass > 0 ? mass : 0;
        if (source->end >= stop || synthetic_halted(source)) {
            return false;
        }
        source->clock = source->begin = source->end;
        source->fraction = 0;
        next_part(source);
    }
}

size_t synthetic_fill_by_segments(SyntheticSource *source, asim_arrival *block, size_t room) {
    size_t count = 0;
    while (count < room && next_candidate(source)) {
        if (source->keep == NULL || source->keep(source)) {
            block[count++].time = source->clock;
        } else if (synthetic_halted(source)) {
            break;
        }
    }
    return count;
}

/* The source ------------------------------------------------------------------------------------
 */

static size_t synthetic_next(asim_traffic_source *base, asim_arrival *block, size_t room,
                             bool *failed) {
    SyntheticSource *source = (SyntheticSource *)base;
    if (source->ended) {
        return 0;
    }
    for (size_t i = 0; i < room; i++) {
        block[i].past_kind = ASIM_PAST_NONE;
        block[i].waits = 0;
    }
    const size_t count = source->fill(source, block, room);
    if (source->halted) {
        *failed = true;
        return 0;
    }
    source->ended = count < room;
    for (size_t i = 0; i < count; i++) {
        block[i].source = source->number;
    }
    lengths_draw(&source->lengths, block, count);
    base->counts.requests += count;
    return count;
}

static void synthetic_destroy(asim_traffic_source *base) {
    SyntheticSource *source = (SyntheticSource *)base;
    if (source->way->clear != NULL) {
        source->way->clear(source);
    }
    free(source);
}

static asim_traffic_source *synthetic_begin(const TrafficKind *kind, const void *config_,
                                            const TrafficContext *context) {
    const SyntheticConfig *config = config_;
    const SyntheticWay *way = kind->way;
    SyntheticSource *source = memory_new(1, sizeof *source);
    source->base.next = synthetic_next;
    source->base.destroy = synthetic_destroy;
    source->config = *config;
    source->way = way;
    source->fill = way->fill != NULL ? way->fill : synthetic_fill_by_segments;
    source->segment = way->segment;
    source->keep = way->keep;
    source->halt = context->halt;
    source->number = context->source;
    source->start = config->start;
    source->stop = earlier(earlier(config->stop, context->until), SIM_TIME_LONGEST);
    source->ended = source->start >= source->stop;
    /* An empty segment at the start: the first candidate asks for the first real one. */
    source->clock = source->begin = source->end = source->start;
    source->window_end = source->whole_begin = source->whole_end = source->start;
    random_stream_init_named(&source->arrivals, context->seed, context->replication, "%s.arrivals",
                             context->stream);
    random_stream_init_named(&source->phases, context->seed, context->replication, "%s.phases",
                             context->stream);
    random_stream_init_named(&source->factors, context->seed, context->replication, "%s.dispersion",
                             context->stream);
    lengths_init(&source->lengths, &source->config.requests, context);
    if (way->prepare != NULL) {
        way->prepare(source, context);
    }
    return &source->base;
}

asim_traffic_source *synthetic_open(const TrafficKind *kind, const void *config,
                                    const TrafficContext *context) {
    if (kind->loops) { /* which of them an answer was for, a merged source would not know */
        return synthetic_begin(kind, config, context);
    }
    return requests_open(&((const SyntheticConfig *)config)->requests, 0, kind, config, context,
                         synthetic_begin);
}
