// SPDX-License-Identifier: GPL-3.0-or-later
/* Log-linear histogram of non-negative integers (nanoseconds): 512 buckets per power of two, so
 * that a quantile's relative error is at most 1/1024 < 0.1 % (model 10). Values below 1024 are
 * exact. Counts add, so merging histograms is exact.
 *
 * What never came to pass is a member too (histogram_record_never): larger than any value, in every
 * quantile, in no mean, minimum or maximum. */
#ifndef STATS_HISTOGRAM_H
#define STATS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/* Histograms ----------------------------------------------------------------------------------- */

#define HISTOGRAM_SUB_BITS 9
#define HISTOGRAM_PAGE (UINT32_C(1) << HISTOGRAM_SUB_BITS) /* buckets of a power of two: 4 KiB */

__extension__ typedef __int128 HistogramSum;

typedef struct Histogram {
    uint64_t **pages; /* counts of HISTOGRAM_PAGE buckets each; NULL where none has a value */
    uint64_t count;   /* of values */
    uint64_t never;   /* members that have none: infinite */
    int64_t minimum;  /* exact */
    int64_t maximum;  /* exact */
    HistogramSum sum; /* exact */
} Histogram;

#define HISTOGRAM_NEVER INT64_MAX /* a quantile that is infinite */

void histogram_init(Histogram *histogram);
void histogram_clear(Histogram *histogram);
/* Empties it and keeps its memory; costs only the range that was in use. */
void histogram_reset(Histogram *histogram);
/* The page of a bucket that has none so far; called by histogram_record. */
uint64_t *histogram_add_page(Histogram *histogram, uint32_t bucket);

uint32_t histogram_bucket_count(void); /* buckets needed for any int64 */
/* Bounds of a bucket: lower <= value < upper. */
int64_t histogram_bucket_lower(uint32_t bucket);
int64_t histogram_bucket_upper(uint32_t bucket);

static inline uint32_t histogram_bucket(int64_t value) {
    const uint64_t v = (uint64_t)value;
    if (v < (UINT64_C(2) << HISTOGRAM_SUB_BITS)) {
        return (uint32_t)v;
    }
    const unsigned shift = 63u - (unsigned)__builtin_clzll(v) - HISTOGRAM_SUB_BITS;
    return (uint32_t)((shift << HISTOGRAM_SUB_BITS) + (uint32_t)(v >> shift));
}

/* What a bucket counts. */
static inline uint64_t histogram_at(const Histogram *histogram, uint32_t bucket) {
    const uint64_t *page = histogram->pages ? histogram->pages[bucket / HISTOGRAM_PAGE] : NULL;
    return page ? page[bucket % HISTOGRAM_PAGE] : 0;
}

/* Range of the buckets in use; lowest > highest when empty. */
static inline uint32_t histogram_lowest(const Histogram *histogram) {
    return histogram->count ? histogram_bucket(histogram->minimum) : UINT32_MAX;
}
static inline uint32_t histogram_highest(const Histogram *histogram) {
    return histogram_bucket(histogram->maximum);
}

/* value >= 0; a negative one counts as 0. */
static inline void histogram_record(Histogram *histogram, int64_t value) {
    value = value < 0 ? 0 : value;
    const uint32_t bucket = histogram_bucket(value);
    uint64_t *page = histogram->pages ? histogram->pages[bucket / HISTOGRAM_PAGE] : NULL;
    if (page == NULL) {
        page = histogram_add_page(histogram, bucket);
    }
    page[bucket % HISTOGRAM_PAGE]++;
    histogram->count++;
    histogram->sum += value;
    if (value < histogram->minimum) { /* rare once there are many */
        histogram->minimum = value;
    }
    if (value > histogram->maximum) {
        histogram->maximum = value;
    }
}
/* The same one so many times. */
void histogram_record_times(Histogram *histogram, int64_t value, uint64_t times);
static inline void histogram_record_never(Histogram *histogram) {
    histogram->never++;
}
void histogram_merge(Histogram *into, const Histogram *from);

/* All of which a quantile is taken. */
static inline uint64_t histogram_members(const Histogram *histogram) {
    return histogram->count + histogram->never;
}

/* The smallest recorded value v such that at least a share q (0 < q <= 1) of the members is <= v,
 * to the resolution of a bucket (its middle, kept within [minimum, maximum]), and exactly the
 * maximum where v is the largest; HISTOGRAM_NEVER when fewer have a value; 0 when it has no member.
 */
int64_t histogram_quantile(const Histogram *histogram, double q);
/* The nearest rank of a share q among `count` values, from 1 to count. */
uint64_t histogram_rank(uint64_t count, double q);
/* The member of that rank (1 to histogram_members), to the same resolution. */
int64_t histogram_at_rank(const Histogram *histogram, uint64_t rank);
/* Mean of the recorded values (not of buckets); 0 when there are none. */
double histogram_mean(const Histogram *histogram);

/* Packed ones ---------------------------------------------------------------------------------- */

/* A histogram that is finished and kept: only the range of its buckets in use, at half the width.
 * A day of a run has nine; a comparison keeps a hundred days and more. */
typedef struct PackedHistogram {
    uint32_t *counts; /* owned; from bucket `lowest` on; NULL when empty */
    uint32_t lowest, buckets;
    uint64_t count, never;
    int64_t minimum, maximum;
    HistogramSum sum;
} PackedHistogram;

/* Of a histogram with fewer than 2^32 values in each bucket. To be cleared. */
PackedHistogram histogram_pack(const Histogram *histogram);
void packed_histogram_clear(PackedHistogram *packed);

/* Adds it `times` times: exact, as histogram_merge. */
void histogram_merge_packed(Histogram *into, const PackedHistogram *packed, uint64_t times);

#endif
