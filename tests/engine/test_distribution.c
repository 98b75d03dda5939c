// SPDX-License-Identifier: GPL-3.0-or-later
/* engine/distribution: draws against the laws they claim to follow (Kolmogorov-Smirnov, chi-square,
 * moments), the checks of parameters, cuts and copies. */
#include "engine/distribution.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

enum { DRAWS = 20000 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define OF(kind_, a_, b_) ((Distribution){.kind = DISTRIBUTION_##kind_, .a = (a_), .b = (b_)})

static Distribution prepared(Distribution distribution) {
    const char *wrong = distribution_prepare(&distribution);
    cr_assert_null(wrong, "%s", wrong ? wrong : "");
    return distribution;
}

/* A table of its own, as distribution_clear frees it. */
static Distribution with_table(DistributionKind kind, const DistributionPoint *points,
                               size_t count) {
    DistributionPoint *table = memory_new(count, sizeof *table);
    memcpy(table, points, count * sizeof *table);
    return (Distribution){.kind = kind, .table = table, .table_count = count};
}

static int compare_doubles(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Kolmogorov and Smirnov's statistic times sqrt(n): above 1.95 once in a thousand. */
static double ks_statistic(const Distribution *distribution,
                           double (*cdf)(const Distribution *, double)) {
    static double sample[DRAWS];
    RandomStream stream;
    random_stream_init(&stream, 11, 0, "ks");
    for (int i = 0; i < DRAWS; i++) {
        sample[i] = distribution_sample(distribution, &stream);
    }
    qsort(sample, DRAWS, sizeof sample[0], compare_doubles);
    double distance = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        const double p = cdf(distribution, sample[i]);
        distance = fmax(distance, fmax(p - (double)i / DRAWS, (double)(i + 1) / DRAWS - p));
    }
    return distance * sqrt(DRAWS);
}

static double uniform_cdf(const Distribution *d, double x) {
    return gsl_cdf_flat_P(x, d->a, d->b);
}

static double exponential_cdf(const Distribution *d, double x) {
    return gsl_cdf_exponential_P(x, d->a);
}

static double lognormal_cdf(const Distribution *d, double x) {
    const double variance = log(1.0 + d->b * d->b);
    return gsl_cdf_lognormal_P(x, log(d->a) - variance / 2.0, sqrt(variance));
}

static double gamma_cdf(const Distribution *d, double x) {
    return gsl_cdf_gamma_P(x, 1.0 / (d->b * d->b), d->a * d->b * d->b);
}

static double weibull_cdf(const Distribution *d, double x) {
    return gsl_cdf_weibull_P(x, d->a, d->b);
}

static double quantiles_cdf(const Distribution *d, double x) {
    size_t i = 1;
    while (i + 1 < d->table_count && d->table[i].value < x) {
        i++;
    }
    const DistributionPoint *low = &d->table[i - 1], *high = &d->table[i];
    return low->probability +
           (x - low->value) / (high->value - low->value) * (high->probability - low->probability);
}

Test(distribution, draws_follow_their_laws) {
    const struct {
        Distribution distribution;
        double (*cdf)(const Distribution *, double);
    } cases[] = {
        {OF(UNIFORM, 3.0, 8.0), uniform_cdf},
        {OF(EXPONENTIAL, 7.0, 0), exponential_cdf},
        {OF(LOGNORMAL, 500.0, 0.35), lognormal_cdf},
        {OF(LOGNORMAL, 1.0, 3.0), lognormal_cdf},
        {OF(GAMMA, 2.0, 0.5), gamma_cdf},
        {OF(GAMMA, 10.0, 2.5), gamma_cdf},
        {OF(WEIBULL, 4.0, 0.7), weibull_cdf},
        {OF(WEIBULL, 4.0, 2.0), weibull_cdf},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const Distribution distribution = prepared(cases[i].distribution);
        const double statistic = ks_statistic(&distribution, cases[i].cdf);
        cr_expect_lt(statistic, 1.95, "%s (%g, %g): %g", distribution_kind_names[distribution.kind],
                     distribution.a, distribution.b, statistic);
    }
}

Test(distribution, quantiles_are_the_inverse_of_the_table) {
    static const DistributionPoint points[] = {
        {0.0, 10.0}, {0.5, 100.0}, {0.9, 300.0}, {1.0, 2000.0}};
    Distribution distribution = prepared(with_table(DISTRIBUTION_QUANTILES, points, COUNT(points)));
    cr_expect_lt(ks_statistic(&distribution, quantiles_cdf), 1.95);
    cr_expect_float_eq(distribution_mean(&distribution), 0.5 * 55 + 0.4 * 200 + 0.1 * 1150, 1e-9);
    distribution_clear(&distribution);
}

Test(distribution, empirical_draws_each_row_equally_often) {
    static const DistributionPoint rows[] = {
        {.value = 5}, {.value = 1}, {.value = 1}, {.value = 9}};
    Distribution distribution = prepared(with_table(DISTRIBUTION_EMPIRICAL, rows, COUNT(rows)));
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "rows");
    int ones = 0, fives = 0, nines = 0;
    for (int i = 0; i < DRAWS; i++) {
        const double value = distribution_sample(&distribution, &stream);
        ones += value == 1.0;
        fives += value == 5.0;
        nines += value == 9.0;
    }
    cr_expect_eq(ones + fives + nines, DRAWS);
    cr_expect_lt(fabs(ones - DRAWS / 2.0), 4.0 * sqrt(DRAWS / 4.0));
    cr_expect_lt(fabs(fives - DRAWS / 4.0), 4.0 * sqrt(DRAWS * 3.0 / 16.0));
    cr_expect_float_eq(distribution_mean(&distribution), 4.0, 1e-12);
    distribution_clear(&distribution);
}

/* Observed against expected frequencies, cells pooled until each expects at least 20. */
static double zipf_p_value(double exponent, double most) {
    enum { CELLS = 200 };
    double weights = 0.0, expected[CELLS + 1] = {0}, observed[CELLS + 1] = {0};
    for (double k = most; k >= 1.0; k--) {
        const double weight = pow(k, -exponent);
        weights += weight;
        expected[k <= CELLS ? (size_t)k - 1 : CELLS] += weight;
    }
    const Distribution distribution = prepared(OF(ZIPF, exponent, most));
    RandomStream stream;
    random_stream_init(&stream, 3, 0, "zipf");
    for (int i = 0; i < DRAWS; i++) {
        const double k = distribution_sample(&distribution, &stream);
        cr_assert(k >= 1.0 && k <= most && k == floor(k), "%g", k);
        observed[k <= CELLS ? (size_t)k - 1 : CELLS]++;
    }
    double chi_square = 0.0, cells = 0.0, e = 0.0, o = 0.0;
    for (size_t i = 0; i <= CELLS; i++) {
        e += expected[i] / weights * DRAWS;
        o += observed[i];
        if (e >= 20.0 || (i == CELLS && e > 1.0)) {
            chi_square += (o - e) * (o - e) / e;
            cells++;
            e = o = 0.0;
        }
    }
    return cells > 1.0 ? gsl_cdf_chisq_Q(chi_square, cells - 1.0) : 1.0;
}

Test(distribution, zipf_follows_its_law) {
    static const double cases[][2] = {{1.0, 1},     {1.0, 2},    {0.5, 10},       {1.0, 1000},
                                      {1.2, 50000}, {2.0, 1000}, {1.000001, 300}, {3.5, 1000000},
                                      {0.01, 100},  {40.0, 5}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const double p = zipf_p_value(cases[i][0], cases[i][1]);
        cr_expect_gt(p, 0.001, "exponent %g, most %g: p = %g", cases[i][0], cases[i][1], p);
    }
}

Test(distribution, zipf_mean_is_the_sum) {
    static const double cases[][2] = {{1.0, 1},    {0.3, 999},  {1.0, 1000},     {1.0, 1001},
                                      {1.5, 5000}, {2.0, 2e5},  {1.0, 1000000},  {2.5, 300000},
                                      {0.1, 2e6},  {30.0, 1e5}, {1.0000001, 1e5}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const double exponent = cases[i][0], most = cases[i][1];
        long double above = 0, below = 0;
        for (double k = most; k >= 1.0; k--) {
            above += powl(k, 1.0L - exponent);
            below += powl(k, -(long double)exponent);
        }
        const Distribution distribution = prepared(OF(ZIPF, exponent, most));
        const double exact = (double)(above / below);
        cr_expect_float_eq(distribution_mean(&distribution) / exact, 1.0, 1e-13, "%g, %g: %.17g",
                           exponent, most, distribution_mean(&distribution) / exact - 1.0);
    }
    const Distribution widest = prepared(OF(ZIPF, 1.0, 1e9)); /* 1e9 / (ln 1e9 + gamma + 5e-10) */
    cr_expect_float_eq(distribution_mean(&widest), 1e9 / 21.300481502347944, 1e-3);
}

Test(distribution, zipf_takes_extremes) {
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "zipf");
    const Distribution wide = prepared(OF(ZIPF, 0.2, 1e9)), steep = prepared(OF(ZIPF, 900.0, 1e9));
    for (int i = 0; i < 1000; i++) {
        const double k = distribution_sample(&wide, &stream);
        cr_assert(k >= 1.0 && k <= 1e9);
        cr_assert_float_eq(distribution_sample(&steep, &stream), 1.0, 0.0);
    }
    cr_expect_float_eq(distribution_mean(&steep), 1.0, 1e-15);
}

Test(distribution, moments_agree_with_mean_and_cv) {
    const Distribution cases[] = {OF(FIXED, 3.0, 0),        OF(UNIFORM, 2.0, 4.0),
                                  OF(EXPONENTIAL, 90.0, 0), OF(LOGNORMAL, 500.0, 1.0),
                                  OF(GAMMA, 500.0, 1.5),    OF(WEIBULL, 3.0, 1.5),
                                  OF(ZIPF, 2.5, 1000)};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const Distribution distribution = prepared(cases[i]);
        RandomStream stream;
        random_stream_init(&stream, 5, 0, "moments");
        double sum = 0.0, squares = 0.0;
        const int draws = 10 * DRAWS;
        for (int n = 0; n < draws; n++) {
            const double x = distribution_sample(&distribution, &stream);
            sum += x;
            squares += x * x;
        }
        const double mean = sum / draws, deviation = sqrt(fmax(squares / draws - mean * mean, 0.0));
        cr_expect_leq(fabs(mean - distribution_mean(&distribution)),
                      4.5 * deviation / sqrt(draws) + 1e-9, "%s: %g",
                      distribution_kind_names[distribution.kind], mean);
        if (distribution.kind == DISTRIBUTION_LOGNORMAL ||
            distribution.kind == DISTRIBUTION_GAMMA) {
            cr_expect_float_eq(deviation / mean, distribution.b, 0.05 * distribution.b);
        }
    }
}

Test(distribution, no_variation_is_the_mean_exactly) {
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "fixed");
    const Distribution cases[] = {OF(FIXED, 0.1, 0),      OF(LOGNORMAL, 0.1, 0),
                                  OF(GAMMA, 0.1, 0),      OF(UNIFORM, 0.1, 0.1),
                                  OF(GAMMA, 0.1, 1e-200), OF(LOGNORMAL, 0.1, 1e-200)};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const Distribution distribution = prepared(cases[i]);
        cr_expect_float_eq(distribution_sample(&distribution, &stream), 0.1, 0.0, "case %zu", i);
    }
    const Distribution nothing[] = {OF(EXPONENTIAL, 0, 0), OF(LOGNORMAL, 0, 1), OF(GAMMA, 0, 1),
                                    OF(WEIBULL, 0, 1)};
    for (size_t i = 0; i < COUNT(nothing); i++) {
        const Distribution distribution = prepared(nothing[i]);
        cr_expect_float_eq(distribution_sample(&distribution, &stream), 0.0, 0.0, "case %zu", i);
    }
}

Test(distribution, draws_are_cut) {
    Distribution distribution = OF(EXPONENTIAL, 10.0, 0);
    distribution.minimum = 5.0;
    distribution.maximum = 15.0;
    distribution = prepared(distribution);
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "cut");
    int lowest = 0, highest = 0;
    for (int i = 0; i < 1000; i++) {
        const double x = distribution_sample(&distribution, &stream);
        cr_assert(x >= 5.0 && x <= 15.0);
        lowest += x == 5.0;
        highest += x == 15.0;
    }
    cr_expect_gt(lowest, 100);
    cr_expect_gt(highest, 100);
    cr_expect_float_eq(distribution_mean(&distribution), 10.0, 0.0);
}

Test(distribution, tokens_are_whole_and_at_least_one) {
    static const struct {
        double value;
        uint32_t tokens;
    } cases[] = {{0.0, 1},          {0.4, 1},     {1.49, 1},
                 {1.5, 2},          {500.0, 500}, {4294967295.0, UINT32_MAX},
                 {1e12, UINT32_MAX}};
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "tokens");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const Distribution distribution = distribution_fixed(cases[i].value);
        cr_expect_eq(distribution_sample_tokens(&distribution, &stream), cases[i].tokens, "%g",
                     cases[i].value);
    }
}

static void expect_refused(Distribution distribution, const char *words) {
    const char *wrong = distribution_prepare(&distribution);
    cr_expect_not_null(wrong, "expected '%s'", words);
    cr_expect_not_null(strstr(wrong ? wrong : "", words), "expected '%s', got '%s'", words,
                       wrong ? wrong : "");
}

Test(distribution, prepare_names_what_is_wrong) {
    expect_refused(OF(FIXED, -1, 0), "value must be");
    expect_refused(OF(FIXED, NAN, 0), "value must be");
    expect_refused(OF(FIXED, INFINITY, 0), "value must be");
    expect_refused(OF(UNIFORM, 2, 1), "min <= max");
    expect_refused(OF(UNIFORM, -1, 1), "min <= max");
    expect_refused(OF(EXPONENTIAL, -1, 0), "mean must be");
    expect_refused(OF(LOGNORMAL, -1, 1), "mean must be");
    expect_refused(OF(LOGNORMAL, 1, -1), "cv must be");
    expect_refused(OF(GAMMA, 1, NAN), "cv must be");
    expect_refused(OF(GAMMA, 1, 1e9), "cv must be");
    expect_refused(OF(WEIBULL, 1, 0), "shape must be");
    expect_refused(OF(WEIBULL, 1, 1e-3), "mean is not finite");
    expect_refused(OF(ZIPF, 0, 10), "exponent must be");
    expect_refused(OF(ZIPF, 1, 0), "whole number");
    expect_refused(OF(ZIPF, 1, 1.5), "whole number");
    expect_refused(OF(ZIPF, 1, 2e9), "whole number");
    expect_refused(OF(QUANTILES, 0, 0), "two points");
    expect_refused(OF(EMPIRICAL, 0, 0), "one value");
    expect_refused((Distribution){.kind = (DistributionKind)99}, "unknown");
    Distribution cut = distribution_fixed(1.0);
    cut.minimum = 5.0;
    cut.maximum = 4.0;
    expect_refused(cut, "max must be");
    cut.minimum = -5.0;
    expect_refused(cut, "min must be");
    cut.minimum = 0.0;
    cut.maximum = NAN;
    expect_refused(cut, "max must be");
}

Test(distribution, prepare_checks_tables) {
    static const DistributionPoint level[] = {{0, 1}, {0.5, 2}, {0.5, 3}, {1, 4}};
    static const DistributionPoint falling[] = {{0, 1}, {0.5, 3}, {1, 2}};
    static const DistributionPoint late[] = {{0.1, 1}, {1, 2}};
    static const DistributionPoint early[] = {{0, 1}, {0.9, 2}};
    static const DistributionPoint negative[] = {{0, -1}, {1, 2}};
    static const struct {
        const DistributionPoint *points;
        size_t count;
        const char *words;
    } cases[] = {{level, 4, "probabilities must rise"},
                 {falling, 3, "must not fall"},
                 {late, 2, "begin at 0"},
                 {early, 2, "end at 1"},
                 {negative, 2, "values must be"},
                 {late, 1, "two points"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_refused((Distribution){.kind = DISTRIBUTION_QUANTILES,
                                      .table = cases[i].points,
                                      .table_count = cases[i].count},
                       cases[i].words);
    }
}

Test(distribution, kinds_have_names) {
    cr_expect_eq(distribution_kind_count, DISTRIBUTION_EMPIRICAL + 1);
    cr_expect_str_eq(distribution_kind_names[DISTRIBUTION_ZIPF], "zipf");
    for (size_t i = 0; i < distribution_kind_count; i++) {
        cr_expect_not_null(distribution_kind_names[i]);
    }
}
