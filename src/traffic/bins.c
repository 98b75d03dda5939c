// SPDX-License-Identifier: GPL-3.0-or-later
/* Spreading the requests of a bin. */
#include "traffic/bins.h"

#include <gsl/gsl_randist.h>
#include <math.h>

void bin_init(Bin *bin, RandomStream *stream, BinSpread spread, bool is_rate) {
    *bin = (Bin){.stream = stream, .spread = spread, .is_rate = is_rate, .need = -1};
}

void bin_begin(Bin *bin, sim_time begin, const TrafficRow *row) {
    bin->begin = begin;
    bin->width = row->width;
    bin->total = bin->is_rate ? row->value * 1e-9 * (double)row->width : row->value;
    bin->left = bin->total;
    bin->position = 0;
    if (bin->gaps != row->gaps || bin->shape != row->shape) {
        bin->gaps = row->gaps;
        bin->shape = row->shape;
        bin->scale = row->gaps == GAPS_WEIBULL ? 1 / tgamma(1 + 1 / row->shape)
                     : row->gaps == GAPS_GAMMA ? 1 / row->shape
                                               : 1;
    }
}

/* A gap of mean 1. */
static double draw_gap(const Bin *bin) {
    switch (bin->gaps) {
    case GAPS_GAMMA: return gsl_ran_gamma(&bin->stream->gsl, bin->shape, bin->scale);
    case GAPS_WEIBULL: return bin->scale * pow(random_exponential(bin->stream), 1 / bin->shape);
    case GAPS_POISSON: break;
    }
    return random_exponential(bin->stream);
}

/* The instant at `position`, which rounding must not move to the next bin. */
static sim_time bin_instant(const Bin *bin, double position) {
    const sim_time offset = (sim_time)(position * (double)bin->width);
    return bin->begin + (offset < bin->width ? offset : bin->width - 1);
}

static bool bin_next_of_rate(Bin *bin, sim_time *time) {
    if (bin->need < 0) {
        bin->need = draw_gap(bin);
    }
    if (bin->need >= bin->left) {
        bin->need -= bin->left;
        bin->left = 0;
        return false;
    }
    bin->left -= bin->need;
    bin->need = -1;
    *time = bin_instant(bin, 1 - bin->left / bin->total);
    return true;
}

bool bin_next(Bin *bin, sim_time *time) {
    if (bin->is_rate) {
        return bin_next_of_rate(bin, time);
    }
    if (bin->left < 1) {
        return false;
    }
    if (bin->spread == BIN_SPREAD_EVEN) {
        *time = bin_instant(bin, (bin->total - bin->left + 0.5) / bin->total);
    } else {
        const double share = -expm1(-random_exponential(bin->stream) / bin->left);
        bin->position += (1 - bin->position) * share;
        *time = bin_instant(bin, bin->position);
    }
    bin->left--;
    return true;
}
