// SPDX-License-Identifier: GPL-3.0-or-later
/* One pass over the arrivals. Windows that are empty cost nothing: their number follows from the
 * time that has passed. */
#include "stats/arrival_statistics.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lengths -------------------------------------------------------------------------------------- */

/* A sum of values below 2^18 stays within 64 bits for 2^46 requests. */
enum { ROOM_LEAST = 2048 };

void token_counts_init(TokenCounts *tokens) {
    *tokens = (TokenCounts){0};
    histogram_init(&tokens->beyond);
}

void token_counts_clear(TokenCounts *tokens) {
    free(tokens->counts);
    histogram_clear(&tokens->beyond);
    token_counts_init(tokens);
}

void token_counts_record_far(TokenCounts *tokens, uint32_t value) {
    if (value >= TOKEN_COUNTS_EXACT) {
        histogram_record(&tokens->beyond, value);
        return;
    }
    uint32_t room = tokens->room ? tokens->room : ROOM_LEAST;
    while (room <= value) {
        room *= 2; /* powers of two: TOKEN_COUNTS_EXACT at most */
    }
    tokens->counts = memory_resize(tokens->counts, room, sizeof tokens->counts[0]);
    memset(tokens->counts + tokens->room, 0, (room - tokens->room) * sizeof tokens->counts[0]);
    tokens->room = room;
    token_counts_record(tokens, value);
}

uint64_t token_counts_count(const TokenCounts *tokens) {
    return tokens->below + tokens->beyond.count;
}

double token_counts_mean(const TokenCounts *tokens) {
    const uint64_t count = token_counts_count(tokens);
    return count ? (double)(tokens->sum + tokens->beyond.sum) / (double)count : 0.0;
}

uint32_t token_counts_quantile(const TokenCounts *tokens, double q) {
    const uint64_t count = token_counts_count(tokens);
    if (count == 0) {
        return 0;
    }
    const uint64_t rank = histogram_rank(count, q);
    if (rank > tokens->below) {
        return (uint32_t)histogram_at_rank(&tokens->beyond, rank - tokens->below);
    }
    uint32_t value = 0;
    for (uint64_t seen = tokens->counts[0]; seen < rank; seen += tokens->counts[value]) {
        value++;
    }
    return value;
}

/* Arrivals ------------------------------------------------------------------------------------- */

static const sim_time window_widths[ARRIVAL_WINDOWS] = {SIM_TIME_SECOND, 10 * SIM_TIME_SECOND,
                                                        SIM_TIME_MINUTE};
static const sim_time idle_lengths[ARRIVAL_IDLES] = {SIM_TIME_MINUTE, 5 * SIM_TIME_MINUTE,
                                                     10 * SIM_TIME_MINUTE, SIM_TIME_HOUR};

void arrival_statistics_init(ArrivalStatistics *statistics) {
    *statistics = (ArrivalStatistics){.steps.width = SIM_TIME_SECOND};
    histogram_init(&statistics->gaps);
    token_counts_init(&statistics->prompt_tokens);
    token_counts_init(&statistics->output_tokens);
    for (size_t i = 0; i < ARRIVAL_WINDOWS; i++) {
        statistics->windows[i].width = window_widths[i];
        statistics->windows[i].end = window_widths[i];
    }
    for (size_t i = 0; i < ARRIVAL_IDLES; i++) {
        statistics->idles[i].length = idle_lengths[i];
    }
}

void arrival_statistics_clear(ArrivalStatistics *statistics) {
    histogram_clear(&statistics->gaps);
    token_counts_clear(&statistics->prompt_tokens);
    token_counts_clear(&statistics->output_tokens);
}

static void end_window(ArrivalWindow *window, sim_time since) {
    const double in_hand = (double)window->in_hand;
    window->complete_requests += window->in_hand;
    window->complete_squares += in_hand * in_hand;
    window->in_hand = 0;
    window->end = (since / window->width + 1) * window->width;
}

static inline void add_to_window(ArrivalWindow *window, sim_time since) {
    if (since >= window->end) {
        end_window(window, since);
    }
    window->in_hand++;
    if (window->in_hand > window->peak) {
        window->peak = window->in_hand;
        window->peak_begin = window->end - window->width;
    }
}

static void widen(ArrivalSteps *steps) {
    for (size_t i = 0; i < ARRIVAL_STEPS / 2; i++) {
        steps->counts[i] = steps->counts[2 * i] + steps->counts[2 * i + 1];
    }
    memset(&steps->counts[ARRIVAL_STEPS / 2], 0, ARRIVAL_STEPS / 2 * sizeof steps->counts[0]);
    steps->width *= 2;
    steps->used = (steps->used + 1) / 2;
}

static inline void add_to_steps(ArrivalSteps *steps, sim_time since) {
    while (since / ARRIVAL_STEPS >= steps->width) {
        widen(steps);
    }
    const size_t step = (size_t)(since / steps->width);
    steps->counts[step]++;
    steps->used = step >= steps->used ? step + 1 : steps->used;
}

static inline void add_gap(ArrivalStatistics *statistics, sim_time gap) {
    if (statistics->gaps.count == 0) {
        statistics->gap_shift = gap;
    }
    const double off = (double)(gap - statistics->gap_shift);
    statistics->gap_squares += off * off;
    histogram_record(&statistics->gaps, gap);
    if (gap > statistics->longest_gap) {
        statistics->longest_gap = gap;
        statistics->longest_gap_begin = statistics->last - statistics->first;
    }
    for (size_t i = 0; i < ARRIVAL_IDLES && gap >= idle_lengths[i]; i++) {
        statistics->idles[i].count++;
        statistics->idles[i].beyond += gap - idle_lengths[i];
    }
}

void arrival_statistics_add(ArrivalStatistics *statistics, const asim_arrival *block,
                            size_t count) {
    for (size_t i = 0; i < count; i++) {
        const sim_time time = block[i].time;
        if (statistics->count == 0) {
            statistics->first = time;
        } else {
            add_gap(statistics, time - statistics->last);
        }
        const sim_time since = time - statistics->first;
        for (size_t window = 0; window < ARRIVAL_WINDOWS; window++) {
            add_to_window(&statistics->windows[window], since);
        }
        add_to_steps(&statistics->steps, since);
        token_counts_record(&statistics->prompt_tokens, block[i].prompt_tokens);
        token_counts_record(&statistics->output_tokens, block[i].output_tokens);
        statistics->last = time;
        statistics->count++;
    }
}

sim_time arrival_statistics_span(const ArrivalStatistics *statistics) {
    return statistics->last - statistics->first;
}

double arrival_statistics_rate(const ArrivalStatistics *statistics) {
    const double span_s = (double)arrival_statistics_span(statistics) * 1e-9;
    return span_s > 0 ? (double)statistics->count / span_s : NAN;
}

double arrival_statistics_gap_cv(const ArrivalStatistics *statistics) {
    const double count = (double)statistics->gaps.count;
    const double mean = histogram_mean(&statistics->gaps);
    if (count < 2 || !(mean > 0)) {
        return NAN;
    }
    const double off = mean - (double)statistics->gap_shift;
    const double variance = (statistics->gap_squares - count * off * off) / (count - 1);
    return sqrt(fmax(variance, 0)) / mean;
}

double arrival_statistics_dispersion(const ArrivalStatistics *statistics, size_t window) {
    const ArrivalWindow *counts = &statistics->windows[window];
    const double windows = (double)(counts->end / counts->width - 1);
    const double mean = (double)counts->complete_requests / windows;
    if (windows < 2 || !(mean > 0)) {
        return NAN;
    }
    const double variance = (counts->complete_squares - windows * mean * mean) / (windows - 1);
    return fmax(variance, 0) / mean;
}

double arrival_statistics_peak(const ArrivalStatistics *statistics, size_t window) {
    const ArrivalWindow *counts = &statistics->windows[window];
    return (double)counts->peak / ((double)counts->width * 1e-9);
}
