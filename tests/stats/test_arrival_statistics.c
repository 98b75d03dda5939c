// SPDX-License-Identifier: GPL-3.0-or-later
/* stats/arrival_statistics: small streams whose figures can be worked out by hand, and a Poisson
 * stream, whose figures are known. */
#include "stats/arrival_statistics.h"

#include "engine/random.h"

#include <criterion/criterion.h>
#include <math.h>

static void add(ArrivalStatistics *statistics, double time_s, uint32_t prompt, uint32_t output) {
    const asim_arrival arrival = {
        .time = (sim_time)llrint(time_s * 1e9), .prompt_tokens = prompt, .output_tokens = output};
    arrival_statistics_add(statistics, &arrival, 1);
}

Test(arrival_statistics, empty_and_single) {
    ArrivalStatistics statistics;
    arrival_statistics_init(&statistics);
    cr_expect_eq(arrival_statistics_span(&statistics), 0);
    cr_expect(isnan(arrival_statistics_rate(&statistics)));
    add(&statistics, 5, 10, 20);
    cr_expect_eq(statistics.count, 1);
    cr_expect(isnan(arrival_statistics_rate(&statistics)));
    cr_expect(isnan(arrival_statistics_gap_cv(&statistics)));
    cr_expect(isnan(arrival_statistics_dispersion(&statistics, 0)));
    cr_expect_float_eq(arrival_statistics_peak(&statistics, 0), 1, 0);
    arrival_statistics_clear(&statistics);
}

Test(arrival_statistics, figures_by_hand) {
    static const double times_s[] = {100, 100, 100.5, 101.5, 165.5, 465.5, 4065.5};
    ArrivalStatistics statistics;
    arrival_statistics_init(&statistics);
    for (size_t i = 0; i < 7; i++) {
        add(&statistics, times_s[i], (uint32_t)(i + 1), 3);
    }
    cr_expect_eq(arrival_statistics_span(&statistics), INT64_C(3965500000000));
    cr_expect_eq(statistics.longest_gap, 3600 * SIM_TIME_SECOND);
    cr_expect_eq(statistics.longest_gap_begin, INT64_C(365500000000));
    cr_expect_eq(statistics.idles[0].count, 3); /* 64 s, 5m, 1h */
    cr_expect_eq(statistics.idles[1].count, 2);
    cr_expect_eq(statistics.idles[2].count, 1);
    cr_expect_eq(statistics.idles[3].count, 1);
    cr_expect_eq(statistics.idles[1].beyond, 3300 * SIM_TIME_SECOND);
    cr_expect_eq(statistics.idles[3].beyond, 0);
    cr_expect_eq(statistics.windows[0].peak, 3);
    cr_expect_eq(statistics.windows[0].peak_begin, 0);
    cr_expect_float_eq(arrival_statistics_peak(&statistics, 1), 0.4, 1e-12);
    const double gaps[] = {0, 0.5, 1, 64, 300, 3600};
    double mean = 0, squares = 0;
    for (size_t i = 0; i < 6; i++) {
        mean += gaps[i] / 6;
    }
    for (size_t i = 0; i < 6; i++) {
        squares += (gaps[i] - mean) * (gaps[i] - mean);
    }
    cr_expect_float_eq(arrival_statistics_gap_cv(&statistics), sqrt(squares / 5) / mean, 1e-12);
    cr_expect_eq(token_counts_quantile(&statistics.prompt_tokens, 0.5), 4);
    cr_expect_eq(token_counts_quantile(&statistics.prompt_tokens, 1), 7);
    arrival_statistics_clear(&statistics);
}

/* 60 windows of 10 s with 2 and 0 requests in turn: mean 1, variance 60/59. */
Test(arrival_statistics, dispersion_counts_empty_windows) {
    ArrivalStatistics statistics;
    arrival_statistics_init(&statistics);
    for (size_t i = 0; i <= 30; i++) {
        add(&statistics, 20.0 * (double)i, 1, 1);
        add(&statistics, 20.0 * (double)i, 1, 1);
    }
    cr_expect_float_eq(arrival_statistics_dispersion(&statistics, 1), 60.0 / 59, 1e-12);
    arrival_statistics_clear(&statistics);
}

Test(arrival_statistics, even_gaps_vary_not_at_all) {
    ArrivalStatistics statistics;
    arrival_statistics_init(&statistics);
    for (size_t i = 0; i < 100000; i++) {
        add(&statistics, 0.1 * (double)i, 1, 1);
    }
    cr_expect_float_eq(arrival_statistics_gap_cv(&statistics), 0, 1e-9);
    cr_expect_float_eq(arrival_statistics_dispersion(&statistics, 1), 0, 1e-12);
    arrival_statistics_clear(&statistics);
}

Test(arrival_statistics, poisson_figures_are_one) {
    ArrivalStatistics statistics;
    RandomStream stream;
    arrival_statistics_init(&statistics);
    random_stream_init(&stream, 1, 0, "poisson");
    double time_s = 0;
    for (size_t i = 0; i < 500000; i++) {
        time_s += random_exponential(&stream) / 5;
        add(&statistics, time_s, 1, 1);
    }
    cr_expect_float_eq(arrival_statistics_rate(&statistics), 5, 0.03);
    cr_expect_float_eq(arrival_statistics_gap_cv(&statistics), 1, 0.007);
    /* Standard error sqrt(2 / windows). */
    cr_expect_float_eq(arrival_statistics_dispersion(&statistics, 0), 1, 4 * sqrt(2.0 / 1e5));
    cr_expect_float_eq(arrival_statistics_dispersion(&statistics, 1), 1, 4 * sqrt(2.0 / 1e4));
    arrival_statistics_clear(&statistics);
}

/* Steps double, and none is lost. */
Test(arrival_statistics, steps_hold_every_request) {
    ArrivalStatistics statistics;
    arrival_statistics_init(&statistics);
    for (size_t i = 0; i < 30000; i++) {
        add(&statistics, 7.0 * (double)i, 1, 1);
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < statistics.steps.used; i++) {
        sum += statistics.steps.counts[i];
    }
    cr_expect_eq(sum, 30000);
    cr_expect_eq(statistics.steps.width, 128 * SIM_TIME_SECOND); /* 209,993 s in 2048 steps */
    arrival_statistics_clear(&statistics);
}
