// SPDX-License-Identifier: GPL-3.0-or-later
/* Invariant: every row in the heap may still be preceded by one that is not read yet, or the file
 * has ended; a window of zero never uses the heap. */
#include "traffic/trace_stages.h"

#include "base/memory.h"
#include "engine/sim_time.h"

#include <stdlib.h>

/* The heap --------------------------------------------------------------------------------------
 */

static inline bool is_before(const OrderedEntry *a, const OrderedEntry *b) {
    return a->row.time != b->row.time ? a->row.time < b->row.time : a->sequence < b->sequence;
}

static void heap_push(OrderedRows *rows, const TrafficRow *row) {
    rows->heap = memory_grow(rows->heap, rows->count, &rows->capacity, sizeof rows->heap[0]);
    const OrderedEntry entry = {*row, rows->sequence++};
    size_t hole = rows->count++;
    while (hole > 0) {
        const size_t parent = (hole - 1) / 2;
        if (!is_before(&entry, &rows->heap[parent])) {
            break;
        }
        rows->heap[hole] = rows->heap[parent];
        hole = parent;
    }
    rows->heap[hole] = entry;
}

static TrafficRow heap_pop(OrderedRows *rows) {
    OrderedEntry *const heap = rows->heap;
    const TrafficRow first = heap[0].row;
    const OrderedEntry last = heap[--rows->count];
    size_t hole = 0;
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child >= rows->count) {
            break;
        }
        child += child + 1 < rows->count && is_before(&heap[child + 1], &heap[child]);
        if (!is_before(&heap[child], &last)) {
            break;
        }
        heap[hole] = heap[child];
        hole = child;
    }
    heap[hole] = last;
    return first;
}

/* Rows ------------------------------------------------------------------------------------------
 */

/* The format's; where the user's rows are written when answers end, as long as those may last. */
static sim_time usual_window(const RowReader *reader) {
    const bool own = (reader->format->takes & TAKES_NAMES) != 0;
    return own && reader->ends ? SIM_TIME_HOUR : reader->format->reorder_window;
}

bool ordered_rows_open(OrderedRows *rows, const TraceConfig *config, const TrafficContext *context,
                       asim_traffic_counts *counts) {
    *rows = (OrderedRows){.latest = INT64_MIN};
    if (!row_reader_open(&rows->reader, config, context, counts)) {
        return false;
    }
    rows->window = config->reorder_window == SIM_TIME_NEVER ? usual_window(&rows->reader)
                                                            : config->reorder_window;
    return true;
}

void ordered_rows_close(OrderedRows *rows) {
    if (rows->reader.counts != NULL) {
        rows->reader.counts->outside += rows->count;
    }
    row_reader_close(&rows->reader);
    free(rows->heap);
    rows->heap = NULL;
    rows->count = 0;
}

/* A row that comes too late: an error, or skipped. */
static bool refuse_late(OrderedRows *rows, const TrafficRow *row, sim_time late) {
    char by[SIM_TIME_TEXT], window[SIM_TIME_TEXT];
    char *found = memory_format("a row %s before the latest one", sim_time_format(late, by));
    char *expected = memory_format("rows in order of time, or at most reorder_window (%s) late",
                                   sim_time_format(rows->window, window));
    const bool go_on = row_reader_refuse(&rows->reader, row_time_place(&rows->reader, row), found,
                                         expected, "raise reorder_window to have them sorted");
    free(found);
    free(expected);
    return go_on;
}

/* The next row that is not too late, in the file's order. */
static inline bool next_timely_row(OrderedRows *rows, TrafficRow *row) {
    while (row_reader_next(&rows->reader, row)) {
        if (row->time >= rows->latest) {
            rows->latest = row->time;
            return true;
        }
        sim_time late;
        if (__builtin_sub_overflow(rows->latest, row->time, &late)) {
            late = SIM_TIME_NEVER;
        }
        if (late <= rows->window) {
            return true;
        }
        if (!refuse_late(rows, row, late)) {
            return false;
        }
    }
    return false;
}

/* May a row that is not read yet precede the heap's first? */
static bool may_be_preceded(const OrderedRows *rows) {
    sim_time ahead;
    return rows->count == 0 ||
           (!__builtin_sub_overflow(rows->latest, rows->heap[0].row.time, &ahead) &&
            ahead < rows->window);
}

bool ordered_rows_next(OrderedRows *rows, TrafficRow *row) {
    if (rows->window == 0) {
        return next_timely_row(rows, row);
    }
    while (!rows->ended && may_be_preceded(rows)) {
        TrafficRow read;
        if (!next_timely_row(rows, &read)) {
            rows->ended = true;
        } else if (rows->count == ORDERED_ROWS_MOST) {
            rows->reader.skip_bad_rows = false;
            rows->ended =
                !row_reader_refuse(&rows->reader, (RowPlace){read.line, 0, "reorder_window"},
                                   "4194304 rows within it", "a shorter window", NULL);
        } else {
            heap_push(rows, &read);
        }
    }
    if (rows->count == 0 || rows->reader.failed) {
        return false;
    }
    *row = heap_pop(rows);
    return true;
}
