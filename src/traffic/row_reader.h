// SPDX-License-Identifier: GPL-3.0-or-later
/* Rows of a recorded file, one after another in order of time, whatever its format. Each data row
 * is counted once: rows = given out + failed + skipped. */
#ifndef TRAFFIC_ROW_READER_H
#define TRAFFIC_ROW_READER_H

#include "traffic/format.h"
#include "traffic/json_records.h"
#include "traffic/line_prefix.h"
#include "traffic/log_line.h"
#include "traffic/row_filter.h"
#include "traffic/trace.h"

/* What a row's time was made of. */
typedef enum RowEnd {
    ROW_AS_LOGGED,
    ROW_END_MOVED, /* the end, less the duration */
    ROW_END_KEPT   /* the end, for no duration is known */
} RowEnd;

/* Why a row is bad, and where. */
typedef struct RowProblem {
    const char *at;    /* in the line */
    const char *place; /* column or key, or NULL */
    InputText found;
    const char *expected; /* static */
} RowProblem;

/* Where a row that is refused stands; 0: unknown. */
typedef struct RowPlace {
    long line, column;
    const char *name; /* of the column, key or option */
} RowPlace;

struct RowReader {
    const TraceConfig *config; /* what the user says about the file; lent */
    TrafficInput input;
    const TrafficFormat *format;
    /* in use: the user's, or the format's; behind them those of the filter */
    const char *names[ROLE_COUNT + ROW_FILTER_MOST];
    char chosen[ROLE_COUNT + ROW_FILTER_MOST][FORMAT_NAME_MOST]; /* of several, which is there */
    FormatField filter_fields[ROW_FILTER_MOST]; /* what the filter's names stand for */
    FieldUnit unit, duration_unit;
    bool rates;   /* values of bins are per second: by the user, the format, or the file */
    bool ends;    /* times are of the answers' ends */
    RowEnd end;   /* of the row read last; parsers set it by row_ended */
    bool is_laid; /* JSON that is not one record a line: */
    JsonRecords records;
    LinePrefix prefix;
    /* CSV */
    char delimiter;
    int columns[ROLE_COUNT]; /* by role, -1: none */
    InputText *fields;       /* as many as the line is cut into */
    size_t field_count;
    FieldCalendar calendar;
    int marker_column;
    W3cColumns w3c;
    const char *only;      /* what it says in the lines that are rows; NULL: all are */
    RowFilter filter;      /* owned */
    bool bare;             /* counts without times */
    int64_t bare_number;   /* of the next one */
    size_t line_offset;    /* the line begins so far into the file's: bare counts, records */
    size_t rest_offset;    /* and the one that was pushed back */
    uint32_t block_tokens; /* of the prompt that an id of the hashes stands for */
    uint64_t *ids;         /* of the row in hand; owned */
    size_t id_room;
    TrafficRow *prepared; /* SHAPE_DOCUMENT: all rows, in order; owned */
    size_t prepared_count, prepared_next;
    bool has_total; /* locust: the row before */
    double total;
    int64_t total_time;
    bool is_empty; /* the file has no line */
    bool skip_bad_rows;
    bool failed;
    int64_t earliest_left_out; /* time of the earliest failed or filtered row; INT64_MAX: none yet
                                */
    RowProblem problem;
    const volatile sig_atomic_t *halt; /* reading fails, without an error, soon after it is set */
    uint32_t steps;                    /* since the last look at it */
    const char *time_at, *value_at;    /* in the line; parsers set them where rows are good */
    asim_traffic_counts *counts;
    ErrorList *errors;
};

/* For whoever makes nothing of a row: counts a step, and is true once the reader has failed or is
 * to halt, which is a failure without an error. */
bool row_reader_halted(RowReader *reader);

/* For the user of the reader: a row is bad after all. As a bad row it is skipped and counted
 * (true), or becomes an error (false). */
bool row_reader_refuse(RowReader *reader, RowPlace at, const char *found, const char *expected,
                       const char *suggestion);

/* Do its times stand for instants? `time`: of a row of it. Dates are calendar times, and numbers
 * from 1,000,000,000 s on (2001-09-09): those are seconds since 1970, in whatever unit the file
 * counts. */
bool row_reader_has_dates(const RowReader *reader, int64_t time);

/* Where the row's time, or its count, stands. */
RowPlace row_time_place(const RowReader *reader, const TrafficRow *row);
RowPlace row_count_place(const TrafficRow *row);

/* For parsers: "a time in seconds"; static. */
const char *row_time_expected(FieldUnit unit);

/* For parsers: describes the problem; always ROW_BAD. */
RowResult row_bad(RowReader *reader, const char *at, const char *place, InputText found,
                  const char *expected);

/* For parsers: fills the row from its values by role (start NULL: the role has none), with each
 * value's place in the line for messages. */
RowResult row_from_values(RowReader *reader, const InputText values[ROLE_COUNT], TrafficRow *row);

/* For parsers: the row's time, when an answer ended, becomes its arrival: `duration` (ns; negative:
 * not known) earlier. Nothing is done where times are of the start. False when that is beyond all
 * clocks. */
bool row_ended(RowReader *reader, int64_t duration, TrafficRow *row);

/* For parsers: does the row count, by the values that the filter's conditions point into? To be
 * asked of all that is a row, before its fields are judged. */
static inline bool row_passes(RowReader *reader, const InputText values[]) {
    return reader->filter.count == 0 || row_filter_passes(&reader->filter, values);
}

/* For parsers: the row does not count, but its time does, if it has one. Always ROW_OUTSIDE. */
RowResult row_left_out(RowReader *reader, const InputText values[ROLE_COUNT], TrafficRow *row);

/* Up to `most` rows ahead as texts (some may be empty), without moving on; *is_all: no other
 * follows them. Lent as by input_line. */
size_t row_reader_peek(RowReader *reader, InputText texts[], size_t most, bool *is_all);
#define ROWS_PEEK_MOST INPUT_PEEK_MOST

/* For parsers of logs: the row that was read with this result, unless its parts are not what the
 * filter asks for. */
RowResult row_of_parts(RowReader *reader, const InputText parts[LOG_PARTS], TrafficRow *row,
                       RowResult result);

/* For `begin` of documents: a bad row of which only the line is known. As row_reader_refuse. */
bool row_reader_bad_row(RowReader *reader, InputText line);

/* For `begin`: the next line or record, lent until the next call. False at the end, or after adding
 * an error. */
bool row_reader_text(RowReader *reader, InputText *text);

/* For `begin` of documents: room for one more prepared row. */
TrafficRow *row_reader_prepare(RowReader *reader);

/* For `begin`: an error at the header. Always false. */
bool row_reader_refuse_header(RowReader *reader, const char *place, InputText found,
                              const char *expected, const char *suggestion);

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

/* One of the config's files. False after adding an error; closing is due in either case. */
bool ordered_rows_open(OrderedRows *rows, const TraceConfig *config, const char *file,
                       const TrafficContext *context, asim_traffic_counts *counts);
/* The rows that were read and never given out are counted as outside. */
void ordered_rows_close(OrderedRows *rows);

/* The next row; false at the end, or after adding an error (rows->reader.failed). */
bool ordered_rows_next(OrderedRows *rows, TrafficRow *row);

#endif
