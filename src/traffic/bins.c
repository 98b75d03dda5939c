// SPDX-License-Identifier: GPL-3.0-or-later
/* Rows as bins, and the requests of a bin spread over it. Invariant: bins given out do not overlap,
 * and counts are whole. */
#include "traffic/trace_stages.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/synthetic.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

/* Rows ------------------------------------------------------------------------------------------
 */

/* The length of all bins: from the first row to the second. */
static bool find_width(BinRows *bins, OrderedRows *rows, const TrafficRow *first) {
    bins->has_ahead = ordered_rows_next(rows, &bins->ahead);
    if (rows->reader.failed) {
        return false;
    }
    if (bins->has_ahead && bins->ahead.time > first->time &&
        !__builtin_sub_overflow(bins->ahead.time, first->time, &bins->width)) {
        return true;
    }
    rows->reader.skip_bad_rows = false; /* nothing can be said about any row */
    const TrafficRow *last = bins->has_ahead ? &bins->ahead : first;
    return row_reader_refuse(&rows->reader, (RowPlace){last->line, (long)last->time_column, "bin"},
                             bins->has_ahead ? "two rows of one time" : "a single row",
                             "two rows that show the length of a bin, or the option bin", NULL);
}

static sim_time label_offset(const BinRows *bins, sim_time width) {
    switch (bins->label) {
    case BIN_LABEL_CENTRE: return width / 2;
    case BIN_LABEL_END: return width;
    case BIN_LABEL_START: break;
    }
    return 0;
}

/* False when the row is bad; *go_on then tells whether it is merely skipped. */
static bool check_count(const BinRows *bins, OrderedRows *rows, const TrafficRow *row,
                        bool *go_on) {
    if (bins->is_rate || row->value == rint(row->value)) {
        return true;
    }
    char *found = memory_format("%g requests", row->value);
    *go_on = row_reader_refuse(&rows->reader, row_count_place(row), found,
                               "a whole number, or values: \"rate_per_s\"", NULL);
    free(found);
    return false;
}

/* No source gives out more, and none would ever end that did. */
static bool check_rate(const BinRows *bins, OrderedRows *rows, const TrafficRow *row, bool *go_on) {
    const double width_s = (double)row->width / (double)SIM_TIME_SECOND;
    const double rate_per_s = bins->is_rate ? row->value : row->value / width_s;
    if (rate_per_s <= SYNTHETIC_RATE_MOST) {
        return true;
    }
    char *found = memory_format("%g requests per second", rate_per_s);
    *go_on = row_reader_refuse(&rows->reader, row_count_place(row), found,
                               "at most 10,000,000 requests per second", NULL);
    free(found);
    return false;
}

static bool check_distance(const BinRows *bins, OrderedRows *rows, const TrafficRow *row,
                           bool *go_on) {
    sim_time distance;
    if (!bins->has_previous || __builtin_sub_overflow(row->time, bins->previous, &distance) ||
        distance >= bins->previous_width) {
        return true;
    }
    char found_text[SIM_TIME_TEXT], width_text[SIM_TIME_TEXT];
    char *found =
        memory_format("a bin %s after the one before", sim_time_format(distance, found_text));
    char *expected = memory_format("bins at least %s apart (the option bin)",
                                   sim_time_format(bins->previous_width, width_text));
    *go_on =
        row_reader_refuse(&rows->reader, row_time_place(&rows->reader, row), found, expected, NULL);
    free(found);
    free(expected);
    return false;
}

static bool next_row(BinRows *bins, OrderedRows *rows, TrafficRow *row) {
    if (bins->has_ahead) {
        *row = bins->ahead;
        bins->has_ahead = false;
        return true;
    }
    return ordered_rows_next(rows, row);
}

bool bin_rows_next(BinRows *bins, OrderedRows *rows, TrafficRow *row) {
    bool go_on = true;
    while (go_on && next_row(bins, rows, row)) {
        if (!check_count(bins, rows, row, &go_on)) {
            continue;
        }
        if (row->width == 0 && bins->width == SIM_TIME_NEVER && !find_width(bins, rows, row)) {
            return false;
        }
        row->width = row->width > 0 ? row->width : bins->width;
        if (!check_rate(bins, rows, row, &go_on)) {
            continue;
        }
        if (check_distance(bins, rows, row, &go_on)) {
            bins->has_previous = true;
            bins->previous = row->time;
            bins->previous_width = row->width;
            if (!__builtin_sub_overflow(row->time, label_offset(bins, row->width), &row->time)) {
                return true;
            }
            go_on = row_reader_refuse(&rows->reader, row_time_place(&rows->reader, row),
                                      "a time beyond all clocks", "a time within 292 years", NULL);
        }
    }
    return false;
}

/* Requests --------------------------------------------------------------------------------------
 */

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
