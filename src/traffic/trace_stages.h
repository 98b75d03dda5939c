// SPDX-License-Identifier: GPL-3.0-or-later
/* Stages that a recorded row passes through in trace.c: put in order, laid on the run's clock. */
#ifndef TRAFFIC_TRACE_STAGES_H
#define TRAFFIC_TRACE_STAGES_H

#include "traffic/row_reader.h"
#include "traffic/traffic.h"

/* Order -----------------------------------------------------------------------
 */

/* A recorded file's rows in order of time. Logs are often a little out of order (written when
 * requests end, or by several writers): rows that come at most `window` after a later one are put
 * in their place; rows later than that are bad. Equal times keep the file's order. Memory holds the
 * rows of one window. */
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

/* False after adding an error; closing is due in either
 * case. */
bool ordered_rows_open(OrderedRows *rows, const TraceConfig *config, const TrafficContext *context,
                       asim_traffic_counts *counts);
/* The rows that were read and never given out are counted as outside. */
void ordered_rows_close(OrderedRows *rows);

/* The next row; false at the end, or after adding an error (rows->reader.failed). */
bool ordered_rows_next(OrderedRows *rows, TrafficRow *row);

/* Clock -------------------------------------------------------------------------
 */

/* How a recording lies on the run's clock. A recording with dates lies where they put it; one with
 * bare numbers begins at time 0 with its first row. `origin` says otherwise: "first_row" and
 * "zero" lay that on time 0, an instant or a number of the file's own lays itself there.
 *
 * Dates are calendar times, and numbers from 1,000,000,000 s on (2001-09-09): those are seconds
 * since 1970, in whatever unit the file counts. */
typedef enum TraceOrigin {
    TRACE_ORIGIN_DATES, /* not given */
    TRACE_ORIGIN_FIRST_ROW,
    TRACE_ORIGIN_ZERO,
    TRACE_ORIGIN_INSTANT
} TraceOrigin;

typedef struct TraceClock {
    const char *text; /* `origin` as the user wrote it, or NULL; lent */
    TraceOrigin kind;
    sim_time from;         /* of the config */
    int64_t start_s;       /* run time 0, since 1970 */
    sim_time since, until; /* the run, as the source sees it */
    bool is_known;         /* the first row was seen: what follows holds */
    bool has_dates;        /* of the file */
    int64_t origin;        /* file time of the trace's time 0 */
    sim_time place;        /* run time of `from` */
    /* Rows that lie within from and to: */
    bool any_within; /* the run */
    bool any_beyond;
    bool any_unread;                   /* more of these may follow */
    int64_t first_beyond, last_beyond; /* file times of the latter */
} TraceClock;

TraceClock trace_clock_of(const char *origin, sim_time from, const TrafficContext *context);

/* Reads `origin` in the file's unit. False after adding an error. */
bool trace_clock_read_origin(TraceClock *clock, const RowReader *reader, ErrorList *errors);

/* Lays the recording by the time of its first row. False after adding an error: dates have no
 * zero. */
bool trace_clock_settle(TraceClock *clock, int64_t first_row, const RowReader *reader,
                        ErrorList *errors);

/* The calendar instant at which the recording, from `from` on, begins; false: it tells none. */
bool trace_clock_instant(const TraceClock *clock, int64_t *ns);

/* A row that lies beyond the run. */
void trace_clock_note_beyond(TraceClock *clock, int64_t file_time);

/* Adds the error that no row lies within the run, with both spans and the way out. */
void trace_clock_refuse(const TraceClock *clock, const char *path, ErrorList *errors);

/* trace_options.c: adds an error for each option given that the format does not take; false if any.
 */
bool trace_check_format(const TraceConfig *config, const TrafficFormat *format, const Error *where,
                        ErrorList *errors);

#endif
