// SPDX-License-Identifier: GPL-3.0-or-later
/* Quantiles where the trace was at hand, fitted lognormals elsewhere (whose fit is only fair: the
 * Kolmogorov-Smirnov distances are in the sources). */
#include "traffic/length_tables.h"

#include <math.h>

#define QUANTILES(...)                                                                             \
    {                                                                                              \
        .kind = DISTRIBUTION_QUANTILES, .maximum = INFINITY,                                       \
        .table = (const DistributionPoint[]){__VA_ARGS__},                                         \
        .table_count =                                                                             \
            sizeof((const DistributionPoint[]){__VA_ARGS__}) / sizeof(DistributionPoint)           \
    }
/* Cut at a context window of 128 Ki tokens. */
#define LOGNORMAL(MEAN, CV)                                                                        \
    { .kind = DISTRIBUTION_LOGNORMAL, .a = MEAN, .b = CV, .minimum = 1, .maximum = 131072 }

const LengthTable length_tables[] = {
    {
        .name = "azure-code",
        .source =
            "Azure LLM inference trace 2023, code (Patel et al., Splitwise, ISCA 2024; CC-BY 4.0): "
            "quantiles of its 8,819 requests",
        .prompt = QUANTILES({0, 3}, {.01, 17}, {.05, 75}, {.1, 147}, {.2, 385.6}, {.3, 770},
                            {.4, 1075}, {.5, 1469}, {.6, 1909}, {.7, 2433}, {.8, 3192.4},
                            {.9, 5187.6}, {.95, 7303.3}, {.99, 7436}, {1, 7437}),
        .output = QUANTILES({0, 6}, {.05, 6}, {.1, 7}, {.2, 8}, {.3, 9}, {.4, 11}, {.5, 13},
                            {.6, 16}, {.7, 20}, {.8, 29}, {.9, 55}, {.95, 90}, {.98, 170.9},
                            {.99, 251.5}, {.995, 359.4}, {.999, 825.3}, {1, 1899}),
    },
    {
        .name = "azure-conv",
        .source =
            "Azure LLM inference trace 2023, conversation (Patel et al., Splitwise, ISCA 2024): "
            "lognormal fits, KS .159 and .182",
        .prompt = LOGNORMAL(1234.1, 1.28),
        .output = LOGNORMAL(218.8, 1.045),
    },
    {
        .name = "burstgpt-conversation",
        .source =
            "BurstGPT v2.0, conversations (Wang et al., KDD 2025; CC-BY 4.0): quantiles of its "
            "first 418",
        .prompt = QUANTILES({0, 8}, {.05, 20}, {.1, 26.7}, {.2, 62.4}, {.3, 132.5}, {.4, 214.2},
                            {.5, 328}, {.6, 432}, {.7, 553.4}, {.8, 726.6}, {.9, 1133.3},
                            {.95, 1497.3}, {.98, 2342.8}, {.99, 5855.6}, {1, 25085}),
        .output = QUANTILES({0, 2}, {.05, 11}, {.1, 16}, {.2, 34}, {.3, 50}, {.4, 69}, {.5, 97},
                            {.6, 138.4}, {.7, 184.6}, {.8, 280.6}, {.9, 415.9}, {.95, 552.1},
                            {.99, 858.8}, {1, 1101}),
    },
    {
        .name = "mooncake-conversation",
        .source = "Mooncake trace, conversation (Qin et al., FAST 2025): lognormal fits, KS .067 "
                  "and .212",
        .prompt = LOGNORMAL(12782.1, 1.792),
        .output = LOGNORMAL(522.2, 2.307),
    },
    {
        .name = "mooncake-synthetic",
        .source =
            "Mooncake trace, synthetic (Qin et al., FAST 2025; Apache-2.0): quantiles of its 3,993 "
            "requests",
        .prompt =
            QUANTILES({0, 13}, {.05, 22}, {.1, 30}, {.2, 88}, {.3, 912.6}, {.4, 4364.8},
                      {.5, 11587}, {.6, 16290.2}, {.7, 19408.6}, {.8, 28425.2}, {.9, 38611.2},
                      {.95, 48904.6}, {.99, 66456.2}, {.995, 76328}, {.999, 191373}, {1, 191378}),
        .output =
            QUANTILES({0, 1}, {.05, 2}, {.1, 4}, {.2, 8}, {.3, 16}, {.4, 32}, {.5, 69}, {.6, 126},
                      {.7, 210.4}, {.8, 288.6}, {.9, 389}, {.95, 519}, {.99, 768.1}, {1, 893}),
    },
    {
        .name = "deepseek-r1",
        .source =
            "ServeGen, deepseek-r1 (Xiang et al., arXiv 2505.09999): lognormal fits; long answers",
        .prompt = LOGNORMAL(1010.6, 5.311),
        .output = LOGNORMAL(1400.3, 1.25),
    },
    {.name = NULL},
};

const char *const length_table_choices[] = {
    "azure-code",
    "azure-conv",
    "burstgpt-conversation",
    "mooncake-conversation",
    "mooncake-synthetic",
    "deepseek-r1",
    NULL,
};
