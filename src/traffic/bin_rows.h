// SPDX-License-Identifier: GPL-3.0-or-later
/* The rows of a file of bins as bins: when each begins, how long all of them are, and what is in
 * it. */
#ifndef TRAFFIC_BIN_ROWS_H
#define TRAFFIC_BIN_ROWS_H

#include "traffic/ordered_rows.h"

typedef enum BinLabel { BIN_LABEL_START, BIN_LABEL_CENTRE, BIN_LABEL_END } BinLabel;

typedef struct BinRows {
    BinLabel label;
    bool is_rate;   /* values are rates, else whole counts */
    sim_time width; /* of rows that do not say; SIM_TIME_NEVER: the first two rows will tell */
    bool has_ahead; /* the second row, read to know the width */
    TrafficRow ahead;
    bool has_previous;
    int64_t previous; /* the time of the bin given out last, and its width */
    sim_time previous_width;
} BinRows;

/* The next bin: row->time is when it begins, row->width how long it is. False at the end, or after
 * adding an error. */
bool bin_rows_next(BinRows *bins, OrderedRows *rows, TrafficRow *row);

#endif
