// SPDX-License-Identifier: GPL-3.0-or-later
/* stats/histogram: buckets at every edge, quantiles against the sorted sample within 0.1 %, merges
 * that equal recording everything in one. */
#include "stats/histogram.h"

#include "base/memory.h"
#include "engine/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(histogram, buckets_tile_the_range) {
    cr_expect_eq(histogram_bucket_lower(0), 0);
    for (uint32_t bucket = 0; bucket + 1 < histogram_bucket_count(); bucket++) {
        const int64_t lower = histogram_bucket_lower(bucket);
        const int64_t upper = histogram_bucket_upper(bucket);
        cr_assert_lt(lower, upper);
        cr_assert_eq(histogram_bucket(lower), bucket);
        cr_assert_eq(histogram_bucket(upper - 1), bucket);
        cr_assert_eq(histogram_bucket_lower(bucket + 1), upper);
        if (lower < 1024) {
            cr_assert_eq(upper, lower + 1);
        } else {
            cr_assert_leq((double)(upper - lower), (double)lower / 512.0);
        }
    }
    const uint32_t last = histogram_bucket_count() - 1;
    cr_expect_eq(histogram_bucket(INT64_MAX), last);
    cr_expect_eq(histogram_bucket_upper(last), INT64_MAX);
}

Test(histogram, empty) {
    Histogram histogram;
    histogram_init(&histogram);
    cr_expect_eq(histogram.count, 0);
    cr_expect_eq(histogram_quantile(&histogram, 0.5), 0);
    cr_expect_eq(histogram_quantile(&histogram, 1.0), 0);
    cr_expect_float_eq(histogram_mean(&histogram), 0.0, 0.0);
    histogram_reset(&histogram);
    histogram_merge(&histogram, &histogram);
    cr_expect_eq(histogram.count, 0);
    histogram_clear(&histogram);
}

Test(histogram, one_value_is_exact) {
    static const int64_t values[] = {0, 1, 1023, 1024, 123456789, INT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        Histogram histogram;
        histogram_init(&histogram);
        histogram_record(&histogram, values[i]);
        cr_expect_eq(histogram_quantile(&histogram, 0.001), values[i]);
        cr_expect_eq(histogram_quantile(&histogram, 1.0), values[i]);
        cr_expect_float_eq(histogram_mean(&histogram), (double)values[i], 0.0);
        histogram_clear(&histogram);
    }
}

Test(histogram, negative_counts_as_zero) {
    Histogram histogram;
    histogram_init(&histogram);
    histogram_record(&histogram, -5);
    cr_expect_eq(histogram.minimum, 0);
    cr_expect(histogram.sum == 0);
    histogram_clear(&histogram);
}

/* Shares such as 0.07 of 100, whose product is a hair above 7, must not reach for the next value.
 */
Test(histogram, quantiles_of_small_whole_numbers_are_exact) {
    Histogram histogram;
    histogram_init(&histogram);
    for (int64_t value = 100; value >= 1; value--) {
        histogram_record(&histogram, value);
    }
    for (int64_t percent = 1; percent <= 100; percent++) {
        cr_expect_eq(histogram_quantile(&histogram, (double)percent / 100.0), percent);
    }
    cr_expect_eq(histogram_quantile(&histogram, 0.011), 2);
    cr_expect_eq(histogram_quantile(&histogram, 0.999), 100);
    histogram_clear(&histogram);
}

Test(histogram, sum_is_exact_beyond_64_bits) {
    Histogram histogram;
    histogram_init(&histogram);
    for (int i = 0; i < 1000; i++) {
        histogram_record(&histogram, INT64_MAX);
    }
    histogram_record(&histogram, 1);
    cr_expect(histogram.sum == (HistogramSum)INT64_MAX * 1000 + 1);
    cr_expect_float_eq(histogram_mean(&histogram) / (0x1p63 * 1000.0 / 1001.0), 1.0, 1e-15);
    histogram_clear(&histogram);
}

/* Members without a value are larger than any: 19 values and one of them. The nearest rank of 0.95
 * among 20 is the 19th, the largest value; that of anything above is infinite. */
Test(histogram, what_never_came_is_in_every_quantile) {
    Histogram histogram;
    histogram_init(&histogram);
    for (int64_t value = 19; value >= 1; value--) {
        histogram_record(&histogram, value);
    }
    histogram_record_never(&histogram);
    cr_expect_eq(histogram_members(&histogram), 20);
    cr_expect_eq(histogram_quantile(&histogram, 0.05), 1);
    cr_expect_eq(histogram_quantile(&histogram, 0.5), 10);
    cr_expect_eq(histogram_quantile(&histogram, 0.95), 19, "exactly at the share that has a value");
    cr_expect_eq(histogram_quantile(&histogram, 0.950001), HISTOGRAM_NEVER);
    cr_expect_eq(histogram_quantile(&histogram, 1.0), HISTOGRAM_NEVER);
    cr_expect_eq(histogram.maximum, 19, "of those that have one");
    cr_expect_float_eq(histogram_mean(&histogram), 10, 0, "of those that have one");
    histogram_record_never(&histogram); /* 19 of 21: less than 95 % */
    cr_expect_eq(histogram_quantile(&histogram, 0.95), HISTOGRAM_NEVER);
    cr_expect_eq(histogram_quantile(&histogram, 0.9), 19);
    histogram_reset(&histogram);
    cr_expect_eq(histogram_members(&histogram), 0);
    histogram_record_never(&histogram);
    cr_expect_eq(histogram_quantile(&histogram, 0.001), HISTOGRAM_NEVER, "nobody has one");
    cr_expect_float_eq(histogram_mean(&histogram), 0, 0);
    histogram_clear(&histogram);
}

/* As many as not, exactly: the median is the largest value. */
Test(histogram, the_largest_value_is_exact_below_the_infinite) {
    Histogram histogram;
    histogram_init(&histogram);
    histogram_record(&histogram, 1000000001);
    histogram_record(&histogram, 1000000003); /* in one bucket with it */
    histogram_record_never(&histogram);
    histogram_record_never(&histogram);
    cr_expect_eq(histogram_quantile(&histogram, 0.5), 1000000003);
    cr_expect_eq(histogram_quantile(&histogram, 0.51), HISTOGRAM_NEVER);
    histogram_clear(&histogram);
}

enum { SAMPLE = 50000 };

static int compare_values(const void *a, const void *b) {
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Latencies from microseconds to hours in nanoseconds. */
static int64_t latency(RandomStream *stream, double spread) {
    return (int64_t)(1e9 * exp(spread * random_normal(stream)));
}

Test(histogram, quantiles_are_within_a_thousandth) {
    static const double spreads[] = {0.01, 0.5, 2.0, 4.0};
    static const double shares[] = {0.0001, 0.01, 0.1,   0.25,   0.5, 0.9,
                                    0.95,   0.99, 0.999, 0.9999, 1};
    int64_t *values = memory_new(SAMPLE, sizeof *values);
    for (size_t s = 0; s < sizeof spreads / sizeof spreads[0]; s++) {
        Histogram histogram;
        histogram_init(&histogram);
        RandomStream stream;
        random_stream_init_named(&stream, 1, 0, "latency.%zu", s);
        for (int i = 0; i < SAMPLE; i++) {
            values[i] = latency(&stream, spreads[s]);
            histogram_record(&histogram, values[i]);
        }
        qsort(values, SAMPLE, sizeof *values, compare_values);
        for (size_t q = 0; q < sizeof shares / sizeof shares[0]; q++) {
            const int64_t exact = values[(size_t)ceil(shares[q] * SAMPLE - 1e-6) - 1];
            const int64_t found = histogram_quantile(&histogram, shares[q]);
            cr_expect_leq(fabs((double)(found - exact)), (double)exact / 1024.0, "q %g: %lld, %lld",
                          shares[q], (long long)found, (long long)exact);
        }
        cr_expect_eq(histogram_quantile(&histogram, 1.0), values[SAMPLE - 1]);
        cr_expect_eq(histogram.minimum, values[0]);
        histogram_clear(&histogram);
    }
    free(values);
}

Test(histogram, counts_at_most_agree_at_bucket_bounds) {
    Histogram histogram;
    histogram_init(&histogram);
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "bounds");
    int64_t *values = memory_new(SAMPLE, sizeof *values);
    for (int i = 0; i < SAMPLE; i++) {
        values[i] = latency(&stream, 3.0);
        histogram_record(&histogram, values[i]);
    }
    for (uint32_t bucket = 0; bucket < histogram_bucket_count(); bucket += 211) {
        const int64_t last = histogram_bucket_upper(bucket) - 1;
        uint64_t exact = 0, counted = 0;
        for (int i = 0; i < SAMPLE; i++) {
            exact += values[i] <= last;
        }
        for (uint32_t i = histogram_lowest(&histogram);
             i <= bucket && i <= histogram_highest(&histogram); i++) {
            counted += histogram_at(&histogram, i);
        }
        cr_assert_eq(counted, exact);
    }
    free(values);
    histogram_clear(&histogram);
}

static void expect_equal(const Histogram *a, const Histogram *b) {
    cr_assert_eq(a->count, b->count);
    cr_assert_eq(a->never, b->never);
    cr_assert(a->sum == b->sum);
    cr_assert_eq(a->minimum, b->minimum);
    cr_assert_eq(a->maximum, b->maximum);
    cr_assert_eq(histogram_lowest(a), histogram_lowest(b));
    cr_assert_eq(histogram_highest(a), histogram_highest(b));
    for (uint32_t bucket = histogram_lowest(a); bucket <= histogram_highest(a); bucket++) {
        cr_assert_eq(histogram_at(a, bucket), histogram_at(b, bucket));
    }
}

Test(histogram, merging_equals_recording_everything_in_one) {
    Histogram whole, merged, twice, parts[4];
    histogram_init(&twice);
    histogram_init(&whole);
    histogram_init(&merged);
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "merge");
    for (int part = 0; part < 4; part++) {
        histogram_init(&parts[part]);
        for (int i = 0; i < 1000 * part; i++) { /* the first stays empty */
            const int64_t value = latency(&stream, 1.0 + part);
            histogram_record(&parts[part], value);
            histogram_record(&whole, value);
        }
        for (int i = 0; i < 10 * (4 - part); i++) { /* the first has nothing but these */
            histogram_record_never(&parts[part]);
            histogram_record_never(&whole);
        }
    }
    for (int part = 4; part-- > 0;) {
        PackedHistogram packed = histogram_pack(&parts[part]);
        histogram_merge(&merged, &parts[part]);
        histogram_merge_packed(&twice, &packed, 2);
        packed_histogram_clear(&packed);
        histogram_clear(&parts[part]);
    }
    expect_equal(&merged, &whole);
    histogram_merge(&whole, &merged);
    expect_equal(&twice, &whole);
    histogram_clear(&twice);
    histogram_clear(&merged);
    histogram_clear(&whole);
}

Test(histogram, reset_leaves_nothing_behind) {
    Histogram used, fresh;
    histogram_init(&used);
    histogram_init(&fresh);
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "reset");
    for (int i = 0; i < 5000; i++) {
        histogram_record(&used, latency(&stream, 4.0));
    }
    histogram_reset(&used);
    cr_expect_eq(used.count, 0);
    cr_expect_eq(histogram_quantile(&used, 0.5), 0);
    for (int i = 0; i < 5000; i++) {
        const int64_t value = latency(&stream, 1.0);
        histogram_record(&used, value);
        histogram_record(&fresh, value);
    }
    expect_equal(&used, &fresh);
    for (uint32_t bucket = 0; bucket < histogram_bucket_count(); bucket++) {
        cr_assert(bucket >= histogram_lowest(&used) || histogram_at(&used, bucket) == 0);
        cr_assert(bucket <= histogram_highest(&used) || histogram_at(&used, bucket) == 0);
    }
    histogram_clear(&used);
    histogram_clear(&fresh);
}
