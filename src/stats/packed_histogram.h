// SPDX-License-Identifier: GPL-3.0-or-later
/* A histogram that is finished and kept: only the range of its buckets in use, at half the width.
 * A day of a run has nine; a comparison keeps a hundred days and more. */
#ifndef STATS_PACKED_HISTOGRAM_H
#define STATS_PACKED_HISTOGRAM_H

#include "stats/histogram.h"

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
