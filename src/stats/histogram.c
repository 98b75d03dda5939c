// SPDX-License-Identifier: GPL-3.0-or-later
/* A log-linear histogram, as G. Tene's HdrHistogram: each power of two is cut into 512 equal
 * buckets, so a bucket is at most 1/512 of its values wide and its middle at most 1/1024 off.
 * Invariant: counts outside the buckets of minimum and maximum are zero; minimum, maximum, count
 * and sum are exact.
 */
#include "stats/histogram.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Histograms ----------------------------------------------------------------------------------- */

enum { SUB_COUNT = 1 << HISTOGRAM_SUB_BITS };

static void set_empty(Histogram *histogram) {
    histogram->count = histogram->never = 0;
    histogram->minimum = INT64_MAX;
    histogram->maximum = 0;
    histogram->sum = 0;
}

void histogram_init(Histogram *histogram) {
    *histogram = (Histogram){0};
    set_empty(histogram);
}

static uint32_t page_count(void) {
    return (histogram_bucket_count() + HISTOGRAM_PAGE - 1) / HISTOGRAM_PAGE;
}

void histogram_clear(Histogram *histogram) {
    for (uint32_t i = 0; histogram->pages != NULL && i < page_count(); i++) {
        free(histogram->pages[i]);
    }
    free(histogram->pages);
    histogram_init(histogram);
}

/* The pages in use lie between those of minimum and maximum. */
void histogram_reset(Histogram *histogram) {
    if (histogram->count != 0) {
        const uint32_t last = histogram_highest(histogram) / HISTOGRAM_PAGE;
        for (uint32_t i = histogram_lowest(histogram) / HISTOGRAM_PAGE; i <= last; i++) {
            if (histogram->pages[i] != NULL) {
                memset(histogram->pages[i], 0, HISTOGRAM_PAGE * sizeof *histogram->pages[i]);
            }
        }
    }
    set_empty(histogram);
}

uint64_t *histogram_add_page(Histogram *histogram, uint32_t bucket) {
    asim_assert(bucket < histogram_bucket_count());
    if (histogram->pages == NULL) {
        histogram->pages = memory_new(page_count(), sizeof *histogram->pages);
    }
    uint64_t **page = &histogram->pages[bucket / HISTOGRAM_PAGE];
    if (*page == NULL) {
        *page = memory_new(HISTOGRAM_PAGE, sizeof **page);
    }
    return *page;
}

void histogram_record_times(Histogram *histogram, int64_t value, uint64_t times) {
    if (times > 0) {
        histogram_record(histogram, value);
        value = value < 0 ? 0 : value;
        const uint32_t bucket = histogram_bucket(value);
        histogram_add_page(histogram, bucket)[bucket % HISTOGRAM_PAGE] += times - 1;
        histogram->count += times - 1;
        histogram->sum += (HistogramSum)value * (times - 1);
    }
}

uint32_t histogram_bucket_count(void) {
    return histogram_bucket(INT64_MAX) + 1;
}

static unsigned bucket_shift(uint32_t bucket) {
    return bucket < 2 * SUB_COUNT ? 0 : (bucket >> HISTOGRAM_SUB_BITS) - 1;
}

int64_t histogram_bucket_lower(uint32_t bucket) {
    const unsigned shift = bucket_shift(bucket);
    return (int64_t)(bucket - shift * SUB_COUNT) << shift;
}

int64_t histogram_bucket_upper(uint32_t bucket) {
    const uint64_t width = UINT64_C(1) << bucket_shift(bucket);
    const uint64_t upper = (uint64_t)histogram_bucket_lower(bucket) + width;
    return upper > INT64_MAX ? INT64_MAX : (int64_t)upper;
}

void histogram_merge(Histogram *into, const Histogram *from) {
    into->never += from->never;
    if (from->count == 0) {
        return;
    }
    for (uint32_t i = 0; i < page_count(); i++) {
        const uint64_t *more = from->pages[i];
        uint64_t *page = more ? histogram_add_page(into, i * HISTOGRAM_PAGE) : NULL;
        for (uint32_t k = 0; more != NULL && k < HISTOGRAM_PAGE; k++) {
            page[k] += more[k];
        }
    }
    into->count += from->count;
    into->sum += from->sum;
    into->minimum = from->minimum < into->minimum ? from->minimum : into->minimum;
    into->maximum = from->maximum > into->maximum ? from->maximum : into->maximum;
}

/* How many values a share q makes; 0.07 of 100 is 7, though the product is a hair above it. */
uint64_t histogram_rank(uint64_t count, double q) {
    const double rank = ceil(q * (double)count * (1.0 - 4.0 * DBL_EPSILON));
    if (!(rank > 1.0)) {
        return 1;
    }
    return rank < (double)count ? (uint64_t)rank : count;
}

static int64_t bucket_middle(const Histogram *histogram, uint32_t bucket) {
    const int64_t width = INT64_C(1) << bucket_shift(bucket);
    const int64_t middle = histogram_bucket_lower(bucket) + (width - 1) / 2;
    if (middle < histogram->minimum) {
        return histogram->minimum;
    }
    return middle > histogram->maximum ? histogram->maximum : middle;
}

int64_t histogram_at_rank(const Histogram *histogram, uint64_t rank) {
    if (rank >= histogram->count) {
        return rank > histogram->count ? HISTOGRAM_NEVER : histogram->maximum;
    }
    uint64_t seen = 0;
    uint32_t bucket = histogram_lowest(histogram);
    while ((seen += histogram_at(histogram, bucket)) < rank) {
        bucket++;
    }
    return bucket_middle(histogram, bucket);
}

int64_t histogram_quantile(const Histogram *histogram, double q) {
    const uint64_t members = histogram_members(histogram);
    return members ? histogram_at_rank(histogram, histogram_rank(members, q)) : 0;
}

double histogram_mean(const Histogram *histogram) {
    return histogram->count ? (double)histogram->sum / (double)histogram->count : 0.0;
}

/* Packed ones ---------------------------------------------------------------------------------- */

PackedHistogram histogram_pack(const Histogram *histogram) {
    PackedHistogram packed = {.count = histogram->count,
                              .never = histogram->never,
                              .minimum = histogram->minimum,
                              .maximum = histogram->maximum,
                              .sum = histogram->sum};
    if (packed.count == 0) {
        return packed;
    }
    packed.lowest = histogram_lowest(histogram);
    packed.buckets = histogram_highest(histogram) - packed.lowest + 1;
    packed.counts = memory_new(packed.buckets, sizeof *packed.counts);
    for (uint32_t i = 0; i < packed.buckets; i++) {
        const uint64_t count = histogram_at(histogram, packed.lowest + i);
        asim_assert(count <= UINT32_MAX);
        packed.counts[i] = (uint32_t)count;
    }
    return packed;
}

void packed_histogram_clear(PackedHistogram *packed) {
    free(packed->counts);
    *packed = (PackedHistogram){0};
}

void histogram_merge_packed(Histogram *into, const PackedHistogram *packed, uint64_t times) {
    into->never += times * packed->never;
    if (packed->count == 0 || times == 0) {
        return;
    }
    for (uint32_t i = 0, end; i < packed->buckets; i = end) {
        const uint32_t bucket = packed->lowest + i, at = bucket % HISTOGRAM_PAGE;
        uint64_t *page = histogram_add_page(into, bucket) + at;
        end = i + HISTOGRAM_PAGE - at < packed->buckets ? i + HISTOGRAM_PAGE - at : packed->buckets;
        for (uint32_t k = i; k < end; k++) {
            page[k - i] += times * packed->counts[k];
        }
    }
    into->count += times * packed->count;
    into->sum += (HistogramSum)times * packed->sum;
    into->minimum = packed->minimum < into->minimum ? packed->minimum : into->minimum;
    into->maximum = packed->maximum > into->maximum ? packed->maximum : into->maximum;
}
