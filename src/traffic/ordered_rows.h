// SPDX-License-Identifier: GPL-3.0-or-later
/* A recorded file's rows in order of time. Logs are often a little out of order (written when
 * requests end, or by several writers): rows that come at most `window` after a later one are put
 * in their place; rows later than that are bad. Equal times keep the file's order. Memory holds the
 * rows of one window. */
#ifndef TRAFFIC_ORDERED_ROWS_H
#define TRAFFIC_ORDERED_ROWS_H

#include "traffic/row_reader.h"

#define ORDERED_ROWS_MOST ((size_t)1 << 22) /* rows in the window: 200 MB of them */

typedef struct OrderedEntry {
    TrafficRow row;
    uint64_t sequence;
} OrderedEntry;

typedef struct OrderedRows {
    RowReader reader;
    sim_time window;
    int64_t latest;     /* time of the latest row read; INT64_MIN before the first */
    bool ended;         /* nothing more to read */
    OrderedEntry *heap; /* read, not given out: a binary heap by (time, sequence) */
    size_t count;
    size_t capacity;
    uint64_t sequence;
} OrderedRows;

/* window SIM_TIME_NEVER: the format's own. False after adding an error; closing is due in either
 * case. */
bool ordered_rows_open(OrderedRows *rows, const RowReaderSetup *setup, sim_time window,
                       asim_traffic_counts *counts, ErrorList *errors);
/* The rows that were read and never given out are counted as outside. */
void ordered_rows_close(OrderedRows *rows);

/* The next row; false at the end, or after adding an error (rows->reader.failed). */
bool ordered_rows_next(OrderedRows *rows, TrafficRow *row);

#endif
