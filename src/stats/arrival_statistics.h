// SPDX-License-Identifier: GPL-3.0-or-later
/* What can be said of a stream of requests in one pass and constant memory: gaps, rates over
 * windows, idle times, lengths. Arrivals come in order of time; instants are counted from the
 * first. */
#ifndef STATS_ARRIVAL_STATISTICS_H
#define STATS_ARRIVAL_STATISTICS_H

#include "autoscale_sim/traffic_source.h"
#include "stats/histogram.h"

/* Lengths -------------------------------------------------------------------------------------- */

/* How often each number of tokens occurs: exact below TOKEN_COUNTS_EXACT, where lengths of requests
 * are, so that quantiles are values that occurred; beyond that a log-linear histogram. */
#define TOKEN_COUNTS_EXACT (UINT32_C(1) << 18)

typedef struct TokenCounts {
    uint64_t *counts; /* by number of tokens; grown to the largest below TOKEN_COUNTS_EXACT */
    uint32_t room;
    uint64_t below; /* how many are in counts */
    uint64_t sum;   /* of those */
    Histogram beyond;
} TokenCounts;

void token_counts_init(TokenCounts *tokens);
void token_counts_clear(TokenCounts *tokens);
/* Makes room for a value or puts it beyond; called by token_counts_record. */
void token_counts_record_far(TokenCounts *tokens, uint32_t value);

static inline void token_counts_record(TokenCounts *tokens, uint32_t value) {
    if (value >= tokens->room) {
        token_counts_record_far(tokens, value);
        return;
    }
    tokens->counts[value]++;
    tokens->below++;
    tokens->sum += value;
}

uint64_t token_counts_count(const TokenCounts *tokens);
double token_counts_mean(const TokenCounts *tokens);
/* By nearest rank: the smallest value such that at least a share q (0 < q <= 1) of all is at most
 * that; exact below TOKEN_COUNTS_EXACT, and for q = 1; 0 when empty. */
uint32_t token_counts_quantile(const TokenCounts *tokens, double q);

/* Arrivals ------------------------------------------------------------------------------------- */

enum { ARRIVAL_WINDOWS = 3, ARRIVAL_IDLES = 4, ARRIVAL_STEPS = 2048 };

/* Requests in each of a row of equal windows. */
typedef struct ArrivalWindow {
    sim_time width;
    sim_time end; /* of the window in hand */
    uint64_t in_hand;
    uint64_t peak;
    sim_time peak_begin;
    uint64_t complete_requests; /* in the windows that are over */
    double complete_squares;
} ArrivalWindow;

/* Gaps of at least some length: what a scale-to-zero window of that length would see. */
typedef struct ArrivalIdle {
    sim_time length;
    uint64_t count;
    sim_time beyond; /* sum of what the gaps have beyond it: time at zero */
} ArrivalIdle;

/* Requests over time, in at most ARRIVAL_STEPS steps that double in width as time goes on. */
typedef struct ArrivalSteps {
    sim_time width;
    size_t used;
    uint64_t counts[ARRIVAL_STEPS];
} ArrivalSteps;

typedef struct ArrivalStatistics {
    uint64_t count;
    sim_time first, last; /* arrivals, as they came */
    Histogram gaps;       /* ns */
    sim_time gap_shift;   /* the first gap: squares are taken around it */
    double gap_squares;
    sim_time longest_gap, longest_gap_begin;
    ArrivalIdle idles[ARRIVAL_IDLES];       /* 1m, 5m, 10m, 1h */
    ArrivalWindow windows[ARRIVAL_WINDOWS]; /* 1 s, 10 s, 60 s */
    ArrivalSteps steps;
    TokenCounts prompt_tokens, output_tokens;
} ArrivalStatistics;

void arrival_statistics_init(ArrivalStatistics *statistics);
void arrival_statistics_clear(ArrivalStatistics *statistics);
void arrival_statistics_add(ArrivalStatistics *statistics, const asim_arrival *block, size_t count);

/* From the first arrival to the last. */
sim_time arrival_statistics_span(const ArrivalStatistics *statistics);
/* Requests per second over the span; NAN when it is 0. */
double arrival_statistics_rate(const ArrivalStatistics *statistics);
/* Standard deviation of the gaps over their mean; NAN with fewer than 2 gaps, or all of them 0. */
double arrival_statistics_gap_cv(const ArrivalStatistics *statistics);
/* Variance of the requests per complete window over their mean, 1 for a Poisson process; NAN with
 * fewer than 2 complete windows. */
double arrival_statistics_dispersion(const ArrivalStatistics *statistics, size_t window);
/* Requests per second in the fullest window. */
double arrival_statistics_peak(const ArrivalStatistics *statistics, size_t window);

#endif
