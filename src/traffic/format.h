// SPDX-License-Identifier: GPL-3.0-or-later
/* The recorded formats, in one table: a new one is one row of it and, if no parser there fits, one
 * function. A format is told by what the file says of itself (its header or keys), never by its
 * name.
 *
 * A format's parser gives one row at a time to the row reader (traffic/row_reader.h), which owns
 * everything that formats share: lines, columns, what becomes of bad rows, counts. */
#ifndef TRAFFIC_FORMAT_H
#define TRAFFIC_FORMAT_H

#include "autoscale_sim/types.h"
#include "traffic/field.h"
#include "traffic/input.h"
#include "traffic/prompt_hashes.h"

typedef struct RowReader RowReader;

/* What a column or key is to us. */
typedef enum RowRole {
    ROLE_TIME,
    ROLE_PROMPT,
    ROLE_OUTPUT,
    ROLE_DURATION, /* from the request's arrival to its end */
    ROLE_VALUE,    /* of formats of bins */
    ROLE_ERROR,    /* says something where the request failed */
    ROLE_CACHED,   /* prompt tokens that hit the provider's cache */
    ROLE_SESSION,  /* whose request it is: a conversation, a session or a user */
    ROLE_HASHES,   /* what the prompt's blocks are: a list of ids */
    ROLE_WAITED,   /* how long its client, who sent it once, waited before it hung up */
    ROLE_COUNT
} RowRole;

/* What an access log tells besides, by whatever keys; of a path without what follows a "?". */
typedef enum FormatField { FORMAT_METHOD, FORMAT_PATH, FORMAT_STATUS, FORMAT_FIELDS } FormatField;

#define FORMAT_NAME_MOST 96 /* bytes of a name, with its end */

/* How arrivals follow each other where a format gives rates. */
typedef enum RowGaps { GAPS_POISSON, GAPS_GAMMA, GAPS_WEIBULL } RowGaps;

/* One row, as every format gives it. */
typedef struct TrafficRow {
    int64_t time;           /* ns on the file's own clock */
    uint32_t prompt_tokens; /* 0: the format has none */
    uint32_t output_tokens;
    uint8_t past_kind; /* asim_past_kind; of a row that is good, and then its holder's to drop */
    asim_past past;
    sim_time waits; /* asim_arrival's */
    /* Formats of bins: */
    double value;   /* requests in the bin, or their rate per second */
    double shape;   /* of the gaps */
    sim_time width; /* of the bin; 0: all are of one length */
    RowGaps gaps;
    /* Where it stands, for messages; 0: unknown. Set by the row reader. */
    uint32_t time_column, value_column;
    long line;
} TrafficRow;

typedef enum RowResult {
    ROW_OK,
    ROW_FAILED_REQUEST, /* a request that the log says failed: left out, counted */
    ROW_OUTSIDE,        /* left out by the user's filter: counted */
    ROW_BAD,            /* the reader's `problem` says why */
    ROW_NONE            /* not a row at all: counted nowhere */
} RowResult;

/* Options of a trace that not every format takes: bits of TrafficFormat.takes. */
enum {
    TAKES_NAMES = 1 << 0,    /* time_column, prompt_column, output_column */
    TAKES_DURATION = 1 << 1, /* duration_column, duration_unit */
    TAKES_UNIT = 1 << 2,     /* time_unit */
    TAKES_TIME_IS = 1 << 3,
    TAKES_FILTER = 1 << 4,
    TAKES_REORDER = 1 << 5, /* reorder_window */
    TAKES_BIN = 1 << 6,
    TAKES_LABEL = 1 << 7,  /* bin_label */
    TAKES_VALUES = 1 << 8, /* but counter */
    TAKES_COUNTER = 1 << 9,
    TAKES_GAPS = 1 << 10,
    TAKES_SPREAD = 1 << 11,
    TAKES_VALUE_COLUMN = 1 << 12,
    TAKES_BLOCKS = 1 << 13 /* hash_block_tokens */
};

/* SHAPE_JSON: an object each row. SHAPE_LOG: lines without column names. SHAPE_DOCUMENT: read whole
 * by `begin` (RowReader.prepared). */
typedef enum FormatShape { SHAPE_CSV, SHAPE_JSON, SHAPE_LOG, SHAPE_DOCUMENT } FormatShape;

/* Is this the format? `lines` holds the first few (at least one), one after another in memory. */
typedef bool FormatMatches(const InputText lines[], size_t count);
/* Gets ready before the first row. False after adding an error. */
typedef bool FormatBegin(RowReader *reader);
typedef RowResult FormatParse(RowReader *reader, InputText line, TrafficRow *row);

typedef struct TrafficFormat {
    const char *name;  /* heads the row: the choices of `format` */
    const char *tells; /* by what, in docs/traffic.md; NULL: the user must name the format */
    FormatShape shape;
    /* Columns or keys by role; NULL: none. "a|b": the first that is there; "?a": if there is one,
     * which need not be in the first row. */
    const char *names[ROLE_COUNT];
    const char *fields[FORMAT_FIELDS]; /* likewise, what the filter also knows by these names */
    const char *marker; /* one more column or key that must be there, or NULL; "a|b", "a&b" */
    const char *only;   /* what it says in the lines that are rows at all; NULL: all are */
    const char *filter; /* rows that count, unless the user's filter says so by this name; or NULL
                         */
    FieldUnit unit;     /* of the time column */
    unsigned takes;     /* TAKES_... */
    const char *other_unit;  /* the same names are used in s and in ms: the format that is
                                meant when it is not `unit`; NULL: there is but one */
    bool ends;               /* times are of the answers' ends, unless the user says otherwise */
    bool bins;               /* rows are counts per bin */
    bool rates;              /* rows are rates, unless the user says otherwise */
    bool zero_output_fails;  /* 0 output tokens record a failed request */
    uint32_t block_tokens;   /* that an id of its hashes stands for; 0: 512 */
    sim_time reorder_window; /* unless the user says otherwise */
    bool is_any_order;      /* newest first too: then all rows are read before the first is given */
    FormatMatches *matches; /* NULL: all its names are in the first line */
    FormatBegin *begin;     /* NULL: nothing */
    FormatParse *parse;
} TrafficFormat;

/* The choices of `format`: row 0 is no format, but the wish that the file tell it. Ends with a row
 * whose name is NULL. */
extern const TrafficFormat traffic_formats[];

/* The format with that name, or NULL. */
const TrafficFormat *traffic_format_find(const char *name);

/* The first format of the table that fits, or NULL. */
const TrafficFormat *traffic_format_detect(const InputText lines[], size_t count);

/* In format_json.c. Of a file that is JSON, what stands for its first lines, be they of any length:
 * 1; else 0. */
size_t format_json_head(TrafficInput *input, InputText *head);
/* Settles how the records of a JSON file lie, and the reader's format, if it was not. False: it is
 * of no format, and the user has named no keys. */
bool format_json_detect(RowReader *reader);

/* Is one of these names (as in TrafficFormat.names) in the first line, a header or an object?
 * *name: which, without what is around it. */
bool traffic_format_has(const TrafficFormat *format, InputText line, const char *names,
                        InputText *name);

/* Whether an object, which may be cut short, has all keys of the format. */
bool traffic_format_fits(const TrafficFormat *format, InputText object);

/* In format_lines.c, format_json.c, format_logs.c, format_balancers.c and format_documents.c:
 * columns or keys by name, and what needs more than that. */
FormatBegin format_csv_begin, format_json_begin, format_openai_begin;
FormatParse format_csv_parse, format_json_parse;
FormatMatches format_llmservingsim_matches, format_counts_matches, format_grafana_matches,
    format_servegen_matches, format_alb_matches, format_elb_matches, format_haproxy_matches,
    format_w3c_matches, format_traefik_matches, format_apache_matches, format_nginx_matches,
    format_envoy_matches, format_functions_2019_matches, format_k6_json_matches,
    format_openai_matches, format_prometheus_matches, format_vllm_matches;
FormatBegin format_counts_begin, format_grafana_begin, format_log_begin, format_w3c_begin,
    format_servegen_begin, format_functions_2019_begin, format_prometheus_begin, format_vllm_begin;
FormatParse format_llmservingsim_parse, format_azure_parse, format_counts_parse,
    format_servegen_parse, format_nginx_parse, format_traefik_parse, format_apache_parse,
    format_alb_parse, format_elb_parse, format_haproxy_parse, format_w3c_parse, format_envoy_parse,
    format_k6_parse, format_locust_parse, format_k6_json_parse;

#include <string.h>

/* The column of a header by its name; false after adding an error with the nearest. */
bool format_csv_find(RowReader *reader, InputText header, const char *name, int *column);

/* In format_documents.c: sums the prepared rows of several series: those of one time become one,
 * and each holds for the shortest step between two. */
void format_sum_series(RowReader *reader);

/* Cuts a row into fields and puts them into roles; ROW_BAD when it has too few. */
RowResult format_csv_values(RowReader *reader, InputText line, InputText values[ROLE_COUNT]);

#endif
