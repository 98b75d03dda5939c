// SPDX-License-Identifier: GPL-3.0-or-later
/* How often each number of tokens occurs: exact below TOKEN_COUNTS_EXACT, where lengths of requests
 * are, so that quantiles are values that occurred; beyond that a log-linear histogram. */
#ifndef STATS_TOKEN_COUNTS_H
#define STATS_TOKEN_COUNTS_H

#include "stats/histogram.h"

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
/* 0 when empty. */
uint32_t token_counts_maximum(const TokenCounts *tokens);
double token_counts_mean(const TokenCounts *tokens);
/* By nearest rank: the smallest value such that at least a share q (0 < q <= 1) of all is at most
 * that; exact below TOKEN_COUNTS_EXACT, and for q = 1; 0 when empty. */
uint32_t token_counts_quantile(const TokenCounts *tokens, double q);

#endif
