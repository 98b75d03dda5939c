// SPDX-License-Identifier: GPL-3.0-or-later
/* Inversion of a piecewise linear rate. On a segment with rate r at the clock and slope b, the
 * integral over the next x is r x + b x^2 / 2; it reaches `need` at x = 2 need / (r + sqrt(r^2 + 2
 * b need)), the form of the root that neither cancels nor divides by a zero slope. */
#include "traffic/intensity.h"

#include <gsl/gsl_randist.h>
#include <math.h>

static double whole_rate(const IntensitySource *source, sim_time time) {
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
static void take_segment(IntensitySource *source, sim_time begin) {
    source->begin = begin;
    source->next_segment(source);
    source->whole_begin = begin;
    source->whole_end = source->end;
    source->whole_begin_rate = source->begin_rate;
    source->whole_end_rate = source->end_rate;
}

/* The integral of the whole segment's rate. */
static double whole_mass(const IntensitySource *source, sim_time from, sim_time to) {
    const double mean_rate = (whole_rate(source, from) + whole_rate(source, to)) / 2;
    return mean_rate * (double)(to - from);
}

/* What the window from `begin` on holds on average; the segments ahead are looked at, and the
 * present one taken again. */
static double window_mass(IntensitySource *source, sim_time end) {
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
 * count. */
static void next_window(IntensitySource *source) {
    source->window_end += source->window;
    const double count = window_mass(source, earlier(source->window_end, source->common.stop));
    const double shape = count / (source->dispersion - 1);
    source->factor = shape > 0 ? gsl_ran_gamma(&source->factors.gsl, shape, 1 / shape) : 1;
}

/* The next part of the rate, from `begin` on: a segment, or as much of it as lies in one window. */
static void next_part(IntensitySource *source) {
    if (source->dispersion <= 1) {
        source->next_segment(source);
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

/* Moves the clock on to the next candidate; false when the source ends, or halts, before. */
static inline bool next_candidate(IntensitySource *source) {
    const sim_time stop = source->common.stop;
    double need = random_exponential(&source->common.arrivals);
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
        if (source->end >= stop || synthetic_halted(&source->common)) {
            return false;
        }
        source->clock = source->begin = source->end;
        source->fraction = 0;
        next_part(source);
    }
}

static size_t intensity_fill(SyntheticSource *common, asim_arrival *block, size_t room) {
    IntensitySource *source = (IntensitySource *)common;
    size_t count = 0;
    while (count < room && next_candidate(source)) {
        if (source->keep == NULL || source->keep(source)) {
            block[count++].time = source->clock;
        } else if (synthetic_halted(common)) {
            break;
        }
    }
    return count;
}

void *intensity_new(size_t size, const SyntheticConfig *config, const TrafficContext *context,
                    void (*next_segment)(IntensitySource *), bool (*keep)(IntensitySource *)) {
    IntensitySource *source = synthetic_new(size, config, context, intensity_fill);
    /* An empty segment at the start: the first candidate asks for the first real one. */
    source->clock = source->begin = source->end = config->start;
    source->next_segment = next_segment;
    source->keep = keep;
    return source;
}

void intensity_disperse(IntensitySource *source, const IntensityConfig *config,
                        const TrafficContext *context) {
    source->dispersion = config->dispersion;
    source->window = config->dispersion_window;
    source->window_end = source->begin;
    source->whole_begin = source->whole_end = source->begin;
    random_stream_init_named(&source->factors, context->seed, context->replication, "%s.dispersion",
                             context->stream);
}
