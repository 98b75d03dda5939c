// SPDX-License-Identifier: GPL-3.0-or-later
#include "stats/packed_histogram.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <stdlib.h>

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
        asim_assert(histogram->counts[packed.lowest + i] <= UINT32_MAX);
        packed.counts[i] = (uint32_t)histogram->counts[packed.lowest + i];
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
    histogram_reserve(into, packed->lowest + packed->buckets - 1);
    uint64_t *counts = into->counts + packed->lowest;
    for (uint32_t i = 0; i < packed->buckets; i++) {
        counts[i] += times * packed->counts[i];
    }
    into->count += times * packed->count;
    into->sum += (HistogramSum)times * packed->sum;
    into->minimum = packed->minimum < into->minimum ? packed->minimum : into->minimum;
    into->maximum = packed->maximum > into->maximum ? packed->maximum : into->maximum;
}
