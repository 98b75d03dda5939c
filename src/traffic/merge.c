// SPDX-License-Identifier: GPL-3.0-or-later
/* Several sources as one, in order of time: each has a block read ahead, and a tournament of their
 * next times picks the earliest, of equals the lowest-numbered. Invariant: a part's key is the time
 * of its first arrival that is not given out, MIN_TREE_NONE when it has no more. */
#include "traffic/traffic.h"

#include "base/memory.h"
#include "engine/min_tree.h"

#include <stdlib.h>

enum { BLOCK = 128 }; /* arrivals read ahead per part: 3 KiB */

typedef struct MergePart {
    asim_traffic_source *source;
    size_t next, count;
    asim_arrival block[BLOCK];
} MergePart;

typedef struct MergedSource {
    asim_traffic_source base;
    MergePart *parts;
    size_t part_count;
    MinTree tree;
    bool begun, failed;
} MergedSource;

static void set_key(MergedSource *merged, size_t part_number) {
    const MergePart *part = &merged->parts[part_number];
    const uint64_t key =
        part->next < part->count ? (uint64_t)part->block[part->next].time : MIN_TREE_NONE;
    min_tree_set(&merged->tree, (uint32_t)part_number, key);
}

static void refill(MergedSource *merged, MergePart *part) {
    part->next = 0;
    part->count = part->source->next(part->source, part->block, BLOCK, &merged->failed);
}

/* The parts' counts together; requests are those that have left the merge. */
static void sum_counts(MergedSource *merged, size_t given) {
    asim_traffic_counts sum = {.requests = merged->base.counts.requests + given};
    for (size_t i = 0; i < merged->part_count; i++) {
        const asim_traffic_counts *part = &merged->parts[i].source->counts;
        sum.rows += part->rows;
        sum.failed += part->failed;
        sum.skipped += part->skipped;
        sum.outside += part->outside;
        sum.ends_moved += part->ends_moved;
        sum.ends_kept += part->ends_kept;
        sum.units |= part->units;
    }
    merged->base.counts = sum;
}

static void merge_begin(MergedSource *merged) {
    merged->begun = true;
    for (size_t i = 0; i < merged->part_count; i++) {
        refill(merged, &merged->parts[i]);
        set_key(merged, i);
    }
}

static size_t merge_next(asim_traffic_source *source, asim_arrival *block, size_t room,
                         bool *failed) {
    MergedSource *merged = (MergedSource *)source;
    if (!merged->begun) {
        merge_begin(merged);
    }
    size_t count = 0;
    while (count < room && !merged->failed) {
        const uint32_t winner = min_tree_winner(&merged->tree);
        if (min_tree_key(&merged->tree, winner) == MIN_TREE_NONE) {
            break;
        }
        MergePart *part = &merged->parts[winner];
        block[count++] = part->block[part->next++];
        if (part->next == part->count) {
            refill(merged, part);
        }
        set_key(merged, winner);
    }
    sum_counts(merged, count);
    *failed = *failed || (count == 0 && merged->failed);
    return count;
}

static void merge_destroy(asim_traffic_source *source) {
    MergedSource *merged = (MergedSource *)source;
    for (size_t i = 0; i < merged->part_count; i++) {
        merged->parts[i].source->destroy(merged->parts[i].source);
    }
    min_tree_clear(&merged->tree);
    free(merged->parts);
    free(merged);
}

asim_traffic_source *traffic_merge(asim_traffic_source **sources, size_t count) {
    if (count == 1) {
        return sources[0];
    }
    MergedSource *merged = memory_new(1, sizeof *merged);
    merged->base.next = merge_next;
    merged->base.destroy = merge_destroy;
    merged->parts = memory_new(count, sizeof merged->parts[0]);
    merged->part_count = count;
    min_tree_init(&merged->tree, count > 0 ? (uint32_t)count : 1);
    for (size_t i = 0; i < count; i++) {
        merged->parts[i].source = sources[i];
    }
    return &merged->base;
}
