// SPDX-License-Identifier: GPL-3.0-or-later
/* Recorded traffic: a file's rows, put in order, cut to a span, stretched, repeated; bins spread
 * into requests; lengths drawn where the file has none. Streamed: what is held is a buffer of the
 * file and the rows within the reorder window. */
#ifndef TRAFFIC_TRACE_H
#define TRAFFIC_TRACE_H

#include "base/text.h"
#include "engine/options.h"
#include "traffic/format.h"
#include "traffic/requests.h"

#include <stdio.h>

typedef struct TraceConfig {
    TextList files;          /* the option `file` */
    int clocks;              /* TRACE_CLOCKS_ONE, ...; or OPTION_ABSENT_CHOICE */
    int format;              /* index into traffic_formats; 0: told by the file */
    int on_bad_row;          /* TRACE_FAIL, TRACE_SKIP */
    sim_time reorder_window; /* SIM_TIME_NEVER: the format's own */
    double time_scale;
    sim_time from, to; /* into the trace */
    int64_t repeat;
    sim_time repeat_every; /* SIM_TIME_NEVER: the trace's span */
    char *origin;          /* NULL: as dates have it; TraceClock */
    char *time_column, *prompt_column, *output_column, *duration_column;
    char *cached_column, *session_column, *hash_column;
    int64_t hash_block_tokens; /* OPTION_ABSENT_INTEGER: the format's own */
    int time_unit; /* index into the choices auto, s, ms, us, ns, calendar; or OPTION_ABSENT_CHOICE
                    */
    int duration_unit; /* into s, ms, us, ns; or OPTION_ABSENT_CHOICE: s */
    int time_is;       /* into start, end; OPTION_ABSENT_CHOICE: as the format has it */
    sim_time bin;      /* SIM_TIME_NEVER: told by the first two rows */
    int bin_label;     /* TRACE_BIN_START, ...; or OPTION_ABSENT_CHOICE, likewise: */
    int values;        /* TRACE_VALUES_COUNT, ...; OPTION_ABSENT_CHOICE: the format's own */
    int gaps;          /* TRACE_GAPS_ZERO, TRACE_GAPS_HOLD */
    TextList value_column;
    TextList filter; /* conditions (traffic/row_filter.h) */
    int spread;      /* TRACE_SPREAD_POISSON, ... */
    RequestsConfig requests;
    sim_time rate_scale_jitter; /* SIM_TIME_NEVER: a minute */
    /* No options: for who only looks at a trace. With `told`, tokens that the format has none of
     * are 1. */
    struct TraceTold *told; /* lent; filled when the trace is opened */
} TraceConfig;

/* One of several files, in their order. */
typedef struct TraceToldFile {
    char *name;
    const char *format;
    uint64_t rows;
    bool has_dates;
    int64_t first; /* ns on the file's clock (since 1970, with dates); INT64_MAX: no row counts */
} TraceToldFile;

/* A condition of the filter, in the order in which rows are asked. */
typedef struct TraceToldCondition {
    char *text;
    uint64_t left_out; /* rows that met those before it, and not this one */
} TraceToldCondition;

/* What the content of a file tells: when it is opened, */
typedef struct TraceTold {
    const TrafficFormat *format;
    bool has_tokens;
    char names[ROLE_COUNT][FORMAT_NAME_MOST]; /* of columns or keys; "": none, or without names */
    FieldUnit unit;
    bool ends, rates;
    /* and when all was read; to be cleared: */
    TraceToldFile *files; /* if there are several */
    size_t file_count;
    TraceToldCondition *conditions;
    size_t condition_count;
} TraceTold;

void trace_told_clear(TraceTold *told);

/* Each copy by rate_scale reads the file for itself, with half a MiB of buffer. */
#define TRACE_COPIES_MOST 100

enum { TRACE_FAIL, TRACE_SKIP };
enum { TRACE_CLOCKS_ONE, TRACE_CLOCKS_EACH };
enum { TRACE_BIN_START, TRACE_BIN_CENTRE, TRACE_BIN_END };
enum { TRACE_SPREAD_POISSON, TRACE_SPREAD_EVEN };
enum { TRACE_VALUES_COUNT, TRACE_VALUES_RATE, TRACE_VALUES_COUNTER };
enum { TRACE_GAPS_ZERO, TRACE_GAPS_HOLD };
enum { TRACE_UNIT_AUTO, TRACE_UNIT_CALENDAR = 5 }; /* of time_unit's choices */
enum { TRACE_TIME_IS_START, TRACE_TIME_IS_END };

extern const Option trace_options[];
/* See TrafficKind. */
void trace_check(const TrafficKind *kind, const void *config, const Error *where,
                 ErrorList *errors);
asim_traffic_source *trace_open(const TrafficKind *kind, const void *config,
                                const TrafficContext *context);

/* What its first lines tell, of streams those of the context's heads. False: it cannot be opened,
 * as is told when it is run. */
bool trace_tells(const TraceConfig *config, const TrafficContext *context, TraceTold *told);

/* Of those of its files that can be read but once. */
void trace_read_heads(InputHeads *heads, const TraceConfig *config);
/* Is one of its files standard input? */
bool trace_reads_standard_input(const TraceConfig *config);
/* That, or a pipe? */
bool trace_reads_once(const TraceConfig *config);

/* Adds an error for each option given that the format does not take; false if any. */
bool trace_check_format(const TraceConfig *config, const TrafficFormat *format, const Error *where,
                        ErrorList *errors);

/* How a recording lies on the run's clock. A recording with dates lies where they put it; one with
 * bare numbers begins at time 0 with its first row. `origin` says otherwise: "first_row" and
 * "zero" lay that on time 0, an instant or a number of the file's own lays itself there. */
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

/* trace_writer.c: a source's requests as a trace that other tools read too. */
typedef enum TraceWriterFormat {
    TRACE_WRITER_AZURE, /* as of 2023: "2023-11-16 18:15:46.6805900,374,44", CRLF, no final line end
                         */
    TRACE_WRITER_AZURE_2024, /* "2024-05-10 00:00:00.009930+00:00,2162,5", a zero fraction left out,
                                LF */
    TRACE_WRITER_VIDUR       /* "4.314579,396,109": seconds, to the nanosecond; LF */
} TraceWriterFormat;

/* Names as a user writes them ("azure", "azure_2024", "vidur"), indexed by format, NULL-terminated.
 */
extern const char *const trace_writer_format_names[];

/* Writes all requests of the source, which stays the caller's, with time 0 at start_epoch_s. The
 * 2023 form has a resolution of 100 ns, the 2024 form of 1 us; times are cut to it. Returns false
 * when the source failed (which it reports) or the stream did (ferror), and once *halt is set (halt
 * may be NULL). *forgets_past: some prompts have a past, for which none of the forms has a place.
 */
bool trace_write(asim_traffic_source *source, TraceWriterFormat format, int64_t start_epoch_s,
                 const volatile sig_atomic_t *halt, FILE *stream, bool *forgets_past);

#endif
