// SPDX-License-Identifier: GPL-3.0-or-later
/* A sum of values below 2^18 stays within 64 bits for 2^46 requests. */
#include "stats/token_counts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

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

uint32_t token_counts_maximum(const TokenCounts *tokens) {
    return token_counts_quantile(tokens, 1);
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
