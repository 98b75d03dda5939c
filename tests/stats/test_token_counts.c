// SPDX-License-Identifier: GPL-3.0-or-later
/* Quantiles of token counts by nearest rank: values that occurred. */
#include "stats/arrival_statistics.h"

#include <criterion/criterion.h>

Test(token_counts, quantiles_are_values_that_occurred) {
    TokenCounts tokens;
    token_counts_init(&tokens);
    cr_expect_eq(token_counts_quantile(&tokens, 0.5), 0);
    cr_expect_eq(token_counts_quantile(&tokens, 1), 0);
    for (uint32_t i = 1; i <= 1000; i++) {
        token_counts_record(&tokens, 7 * i + 3); /* 10 to 7003 */
    }
    cr_expect_eq(token_counts_quantile(&tokens, 0.0001), 10);
    cr_expect_eq(token_counts_quantile(&tokens, 0.5), 3503);
    cr_expect_eq(token_counts_quantile(&tokens, 0.99), 6933);
    cr_expect_eq(token_counts_quantile(&tokens, 0.9901), 6940);
    cr_expect_eq(token_counts_quantile(&tokens, 1), 7003);
    cr_expect_float_eq(token_counts_mean(&tokens), 3506.5, 1e-9);
    token_counts_clear(&tokens);
}

Test(token_counts, beyond_the_exact_ones_is_a_histogram) {
    static const uint32_t values[] = {0, 262143, 262144, 1000003, UINT32_MAX};
    TokenCounts tokens;
    token_counts_init(&tokens);
    for (size_t i = 0; i < 5; i++) {
        token_counts_record(&tokens, values[i]);
    }
    cr_expect_eq(token_counts_count(&tokens), 5);
    cr_expect_eq(tokens.room, TOKEN_COUNTS_EXACT);
    cr_expect_eq(token_counts_quantile(&tokens, 0.2), 0);
    cr_expect_eq(token_counts_quantile(&tokens, 0.4), 262143);
    cr_expect_float_eq((double)token_counts_quantile(&tokens, 0.6), 262144, 262144 / 1024.0);
    cr_expect_float_eq((double)token_counts_quantile(&tokens, 0.8), 1000003, 1000003 / 1024.0);
    cr_expect_eq(token_counts_quantile(&tokens, 1), UINT32_MAX);
    cr_expect_float_eq(token_counts_mean(&tokens), (262143. + 262144 + 1000003 + UINT32_MAX) / 5,
                       1e-3);
    token_counts_clear(&tokens);
}
