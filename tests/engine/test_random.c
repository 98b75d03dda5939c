// SPDX-License-Identifier: GPL-3.0-or-later
/* engine/random: published outputs of the generator, streams that depend on their name alone, and
 * the distributions of the primitive draws. */
#include "engine/random.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <string.h>

enum { DRAWS = 20000 };

/* Outputs for state {1, 2, 3, 4}, worked out independently (and published with Rust's rand). */
Test(random, xoshiro256pp_reference_outputs) {
    static const uint64_t expected[] = {
        41943041,
        58720359,
        UINT64_C(3588806011781223),
        UINT64_C(3591011842654386),
        UINT64_C(9228616714210784205),
        UINT64_C(9973669472204895162),
        UINT64_C(14011001112246962877),
        UINT64_C(12406186145184390807),
        UINT64_C(15849039046786891736),
        UINT64_C(10450023813501588000),
    };
    uint64_t state[4] = {1, 2, 3, 4};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        cr_expect_eq(random_step(state), expected[i]);
    }
}

/* SplitMix64's outputs for seed 1234567. */
Test(random, gsl_seeds_by_splitmix64) {
    static const uint64_t expected[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431)};
    gsl_rng *rng = gsl_rng_alloc(random_xoshiro256pp);
    gsl_rng_set(rng, 1234567);
    cr_expect_eq(gsl_rng_size(rng), sizeof expected);
    cr_expect_arr_eq(gsl_rng_state(rng), expected, sizeof expected);
    gsl_rng_free(rng);
}

/* The hash of (seed, replication, name) is part of every result's reproducibility. */
Test(random, streams_are_seeded_as_ever) {
    RandomStream stream;
    random_stream_init(&stream, 42, 7, "traffic.chat.0.arrivals");
    cr_expect_eq(stream.state[0], UINT64_C(0x9f7a8f7ca239665d));
    cr_expect_eq(stream.state[1], UINT64_C(0xd95c2adcf7c94098));
    cr_expect_eq(stream.state[2], UINT64_C(0x51c01229dd3d1615));
    cr_expect_eq(stream.state[3], UINT64_C(0x5c7007fff6a9de54));
}

Test(random, gsl_and_inline_draws_are_one_sequence) {
    RandomStream a, b;
    random_stream_init(&a, 1, 0, "x");
    random_stream_init(&b, 1, 0, "x");
    for (int i = 0; i < 100; i++) {
        cr_expect_eq(random_bits(&a), gsl_rng_get(&b.gsl));
        cr_expect_float_eq(random_uniform(&a), gsl_rng_uniform(&b.gsl), 0.0);
    }
    cr_expect_eq(gsl_rng_max(&a.gsl), UINT64_MAX);
    cr_expect_eq(gsl_rng_min(&a.gsl), 0);
    cr_expect_str_eq(gsl_rng_name(&a.gsl), "xoshiro256++");
}

Test(random, equal_names_draw_alike_and_other_names_do_not) {
    static const struct {
        uint64_t seed, replication;
        const char *name;
    } others[] = {{2, 0, "a"}, {1, 1, "a"}, {1, 0, "b"}, {1, 0, "aa"}, {1, 0, ""}, {0, 1, "a"}};
    RandomStream stream, same;
    random_stream_init(&stream, 1, 0, "a");
    random_stream_init(&same, 1, 0, "a");
    const uint64_t first = random_bits(&stream);
    cr_expect_eq(first, random_bits(&same));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        RandomStream other;
        random_stream_init(&other, others[i].seed, others[i].replication, others[i].name);
        cr_expect_neq(random_bits(&other), first, "stream %zu", i);
    }
}

Test(random, named_is_the_formatted_name) {
    RandomStream a, b;
    random_stream_init(&a, 5, 3, "cold_start.chat.17");
    random_stream_init_named(&b, 5, 3, "cold_start.%s.%d", "chat", 17);
    cr_expect_arr_eq(a.state, b.state, sizeof a.state);
    char name[600];
    memset(name, 'n', sizeof name - 1);
    name[599] = '\0';
    random_stream_init_named(&a, 5, 3, "%s", name);
    name[255] = '\0';
    random_stream_init(&b, 5, 3, name);
    cr_expect_arr_eq(a.state, b.state, sizeof a.state);
}

/* Neighbouring seeds and names must not be correlated: 10,000 streams' first draws are uniform. */
Test(random, first_draws_of_neighbouring_streams_are_uniform) {
    int cells[100] = {0};
    for (unsigned i = 0; i < 10000; i++) {
        RandomStream stream;
        random_stream_init_named(&stream, i / 100, i / 10 % 10, "replica.%u", i % 10);
        cells[(int)(100 * random_uniform(&stream))]++;
    }
    double chi_square = 0.0;
    for (int i = 0; i < 100; i++) {
        chi_square += (cells[i] - 100.0) * (cells[i] - 100.0) / 100.0;
    }
    cr_expect_gt(gsl_cdf_chisq_Q(chi_square, 99), 0.001);
}

Test(random, streams_are_uncorrelated) {
    RandomStream a, b;
    random_stream_init(&a, 1, 0, "a");
    random_stream_init(&b, 1, 0, "b");
    double sum = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        sum += (random_uniform(&a) - 0.5) * (random_uniform(&b) - 0.5);
    }
    const double deviation = 1.0 / 12.0 * sqrt(DRAWS); /* of the sum, if independent */
    cr_expect_lt(fabs(sum), 4.0 * deviation);
}

Test(random, uniform_is_half_open) {
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "u");
    for (int i = 0; i < DRAWS; i++) {
        const double u = random_uniform(&stream);
        cr_assert(u >= 0.0 && u < 1.0);
        cr_assert(random_exponential(&stream) >= 0.0);
    }
    memset(stream.state, 0xff, sizeof stream.state);
    stream.state[0] = 0; /* the next output is all ones */
    cr_expect_eq((UINT64_MAX << 23 | UINT64_MAX >> 41), random_bits(&stream));
}

Test(random, below_is_unbiased_at_awkward_sizes) {
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "below");
    static const uint64_t sizes[] = {1, 2, 3, 10, 1000, UINT64_C(1) << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int draw = 0; draw < 1000; draw++) {
            cr_assert_lt(random_below(&stream, sizes[i]), sizes[i]);
        }
    }
    /* Two thirds of 2^64: without rejection the lower half would be drawn twice as often. */
    const uint64_t n = UINT64_MAX / 3 * 2;
    int lower = 0;
    for (int i = 0; i < DRAWS; i++) {
        lower += random_below(&stream, n) < n / 2;
    }
    cr_expect_lt(fabs(lower - DRAWS / 2.0), 4.0 * sqrt(DRAWS / 4.0));
}

Test(random, below_fills_its_range_evenly) {
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "dice");
    int faces[6] = {0};
    for (int i = 0; i < 6 * 3000; i++) {
        faces[random_below(&stream, 6)]++;
    }
    double chi_square = 0.0;
    for (int i = 0; i < 6; i++) {
        chi_square += (faces[i] - 3000.0) * (faces[i] - 3000.0) / 3000.0;
    }
    cr_expect_gt(gsl_cdf_chisq_Q(chi_square, 5), 0.001);
}

static int compare_doubles(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Kolmogorov and Smirnov's statistic times sqrt(n): above 1.95 once in a thousand. */
static double ks_statistic(double (*draw)(RandomStream *), double (*cdf)(double)) {
    static double sample[DRAWS];
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "ks");
    for (int i = 0; i < DRAWS; i++) {
        sample[i] = draw(&stream);
    }
    qsort(sample, DRAWS, sizeof sample[0], compare_doubles);
    double distance = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        const double p = cdf(sample[i]);
        distance = fmax(distance, fmax(p - (double)i / DRAWS, (double)(i + 1) / DRAWS - p));
    }
    return distance * sqrt(DRAWS);
}

static double uniform_cdf(double x) {
    return gsl_cdf_flat_P(x, 0.0, 1.0);
}

static double exponential_cdf(double x) {
    return gsl_cdf_exponential_P(x, 1.0);
}

Test(random, draws_follow_their_laws) {
    cr_expect_lt(ks_statistic(random_uniform, uniform_cdf), 1.95);
    cr_expect_lt(ks_statistic(random_exponential, exponential_cdf), 1.95);
    cr_expect_lt(ks_statistic(random_normal, gsl_cdf_ugaussian_P), 1.95);
}

/* Its inline way out and GSL's agree in every bit, and use up as much. */
Test(random, normal_is_that_of_gsl) {
    RandomStream ours, theirs;
    random_stream_init(&ours, 7, 0, "normal");
    random_stream_init(&theirs, 7, 0, "normal");
    for (int i = 0; i < 1000000; i++) {
        const double x = random_normal(&ours);
        const double y = gsl_ran_gaussian_ziggurat(&theirs.gsl, 1.0);
        cr_assert(memcmp(&x, &y, sizeof x) == 0, "draw %d: %a and %a", i, x, y);
    }
    cr_expect_eq(random_bits(&ours), random_bits(&theirs));
}
