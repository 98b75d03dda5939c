// SPDX-License-Identifier: GPL-3.0-or-later
/* What all recorded formats share. Invariant: counts->rows = rows given out + counts->failed +
 * counts->skipped, the row that ends the run with an error apart. */
#include "traffic/row_reader.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "traffic/field.h"
#include "traffic/no_trace.h"
#include "traffic/row_past.h"
#include "traffic/traffic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was found, in quotes, cut where a long line, or several, would drown the message. */
static char *found_text(InputText found) {
    const size_t whole = (size_t)(found.end - found.start);
    const char *line_end = found.start ? memchr(found.start, '\n', whole) : NULL;
    const size_t length = line_end != NULL ? (size_t)(line_end - found.start) : whole;
    return found.start == NULL
               ? memory_text("nothing")
               : memory_format("\"%.*s%s\"", (int)(length > 80 ? 80 : length), found.start,
                               length > 80 || length < whole ? "..." : "");
}

RowResult row_bad(RowReader *reader, const char *at, const char *place, InputText found,
                  const char *expected) {
    reader->problem = (RowProblem){at, place, found, expected};
    return ROW_BAD;
}

bool row_reader_refuse_header(RowReader *reader, const char *place, InputText found,
                              const char *expected, const char *suggestion) {
    char *text = found_text(found);
    const Error where = {.file = reader->input.path, .line = reader->input.line, .place = place};
    error_at(reader->errors, &where, text, expected, suggestion);
    free(text);
    reader->failed = true;
    return false;
}

/* Units -----------------------------------------------------------------------------------------
 * Seconds or milliseconds? Public files have timestamp, input_length and output_length in either:
 * Mooncake's in ms, GuideLLM's and vLLM's timed_trace in s, with nothing that says which. What
 * decides, on the first rows alone (at most ROWS_PEEK_MOST, so that a stream can be told too): a
 * fraction (then it is seconds); numbers that are seconds or milliseconds since 1970; else the rate
 * that each unit would mean, when only one of the two is one that is recorded. */

/* Whole numbers are of the unit if, read in it, the first rows come at a rate in these limits and
 * are instants in these years. Fewer than one request in 100 s is not what traces of inference
 * record to the second, more than 200/s on average is beyond every public one (Azure 2024: 52/s);
 * from 10^9 on a number is an instant since 1970, of this century in just one of the units. */
static const struct {
    FieldUnit unit;
    double per_second;              /* units in a second */
    double least_per_s, most_per_s; /* requests */
    double instant_from, instant_to;
    uint32_t by_fraction, by_rate, by_instant; /* in asim_traffic_counts.units */
} candidates[] = {
    {FIELD_SECONDS, 1, 0.01, INFINITY, 1e9, 1e11, ASIM_SECONDS_BY_FRACTION, ASIM_SECONDS_BY_RATE,
     ASIM_SECONDS_BY_INSTANT},
    {FIELD_MILLISECONDS, 1e3, 0, 200, 1e11, 1e14, 0, ASIM_MILLISECONDS_BY_RATE,
     ASIM_MILLISECONDS_BY_INSTANT},
};
enum { CANDIDATES = sizeof candidates / sizeof candidates[0] };

typedef struct Evidence {
    size_t rows;
    double least, most;
    bool has_fraction;
} Evidence;

/* The text of the row's time; start NULL: none. */
static InputText time_of(RowReader *reader, InputText line) {
    InputText values[ROLE_COUNT] = {{NULL, NULL}};
    const char *expected;
    const bool is_json = reader->format->shape == SHAPE_JSON;
    if (is_json ? json_object_find(line, reader->names, values, ROLE_COUNT, &expected) != NULL
                : format_csv_values(reader, line, values) == ROW_BAD) {
        return (InputText){NULL, NULL};
    }
    return values[ROLE_TIME];
}

static void add_row(Evidence *evidence, InputText text) {
    double value;
    if (text.start == NULL || !field_amount(field_trimmed(text), &value)) {
        return; /* a bad row is told when it is read in earnest */
    }
    evidence->has_fraction = evidence->has_fraction || value != floor(value);
    evidence->least = evidence->rows == 0 || value < evidence->least ? value : evidence->least;
    evidence->most = evidence->rows == 0 || value > evidence->most ? value : evidence->most;
    evidence->rows++;
}

/* is_all: no row follows them. */
static Evidence gather(RowReader *reader, bool *is_all) {
    InputText *texts = memory_new(ROWS_PEEK_MOST, sizeof texts[0]);
    Evidence evidence = {0};
    const size_t count = row_reader_peek(reader, texts, ROWS_PEEK_MOST, is_all);
    for (size_t i = 0; i < count; i++) {
        if (texts[i].start < texts[i].end) {
            add_row(&evidence, time_of(reader, texts[i]));
        }
    }
    free(texts);
    return evidence;
}

/* The one candidate for which the test holds, or CANDIDATES. */
static size_t only_one(const bool holds[CANDIDATES]) {
    _Static_assert(CANDIDATES == 2, "if not the one, then the other");
    return holds[0] == holds[1] ? CANDIDATES : holds[1];
}

/* Requests per second, were the numbers of the candidate's unit. */
static double rate_per_s(const Evidence *evidence, size_t i) {
    return (double)(evidence->rows - 1) / (evidence->most - evidence->least) *
           candidates[i].per_second;
}

static bool set(RowReader *reader, size_t i, uint32_t how) {
    reader->unit = candidates[i].unit;
    reader->counts->units |= how;
    return true;
}

static bool refuse_both(RowReader *reader, const Evidence *evidence) {
    const bool any_rate = evidence->rows > 1 && evidence->most > evidence->least;
    char *found =
        any_rate ? memory_format("whole numbers that can be seconds (%.3g requests/s) as well as "
                                 "milliseconds (%.3g/s)",
                                 rate_per_s(evidence, 0), rate_per_s(evidence, 1))
                 : memory_text("numbers that do not show whether they are seconds or milliseconds");
    const Error where = {.file = reader->input.path, .place = reader->names[ROLE_TIME]};
    error_at(reader->errors, &where, found,
             "time_unit: s (GuideLLM, vLLM's timed_trace) or ms (Mooncake)", NULL);
    free(found);
    reader->failed = true;
    return false;
}

static bool time_unit_decide(RowReader *reader) {
    bool is_all, by_instant[CANDIDATES], by_rate[CANDIDATES];
    const Evidence evidence = gather(reader, &is_all);
    const bool any_span = evidence.rows > 1 && evidence.most > evidence.least;
    if (evidence.rows == 0) { /* no numbers: dates, or nothing but bad rows */
        reader->unit = FIELD_UNIT_AUTO;
        return true;
    }
    if (is_all && !any_span && evidence.least == 0) {
        return true; /* all at one instant: any unit says so */
    }
    if (evidence.has_fraction && evidence.most < candidates[0].instant_to) {
        return set(reader, 0, candidates[0].by_fraction);
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        by_instant[i] = evidence.least >= candidates[i].instant_from &&
                        evidence.most < candidates[i].instant_to;
        const double rate = any_span ? rate_per_s(&evidence, i) : NAN;
        by_rate[i] = rate >= candidates[i].least_per_s && rate <= candidates[i].most_per_s;
    }
    const size_t instant = only_one(by_instant), rate = only_one(by_rate);
    return instant < CANDIDATES  ? set(reader, instant, candidates[instant].by_instant)
           : rate < CANDIDATES   ? set(reader, rate, candidates[rate].by_rate)
           : is_all && !any_span ? true
                                 : refuse_both(reader, &evidence);
}

/* Opening ---------------------------------------------------------------------------------------
 */

/* What is known to be no trace is named before anything is taken for a row, whatever the user calls
 * it; some of it only where nobody can read it. */
static bool row_reader_is_trace(RowReader *reader, bool unless_read) {
    enum { HEAD = 4096 };
    const InputText head = input_head(&reader->input, HEAD);
    const NoTrace *kind = reader->input.failed ? NULL : no_trace_find(head, unless_read);
    return !reader->input.failed && (kind == NULL || no_trace_refuse(kind, &reader->input));
}

static void refuse_unknown(RowReader *reader) {
    InputText lines[INPUT_PEEK_LEAST];
    if (row_reader_is_trace(reader, true)) {
        no_trace_refuse_unknown(&reader->input, lines,
                                input_peek(&reader->input, lines, INPUT_PEEK_LEAST));
    }
}

/* Does the user call it JSON of a format that names its keys? */
static bool is_json_by_order(const RowReader *reader) {
    return reader->config->format > 0 && reader->config->time_column == NULL &&
           reader->format->shape == SHAPE_JSON;
}

/* "sep=;" stands before the header of files for Excel; the header shows the separator itself. */
static void skip_separator_line(TrafficInput *input) {
    InputText line;
    if (input_peek(input, &line, 1) > 0 && line.end - line.start == 5 &&
        field_says((InputText){line.start, line.end - 1}, "sep=")) {
        input_line(input, &line);
    }
}

/* The format of which a line behind a prefix is a row, or NULL: one of lines, and that which the
 * user has named, or whose keys. */
static const TrafficFormat *format_behind(const RowReader *reader, InputText line) {
    const bool is_object = line.start < line.end && *line.start == '{';
    const TrafficFormat *format = reader->format;
    if (line.start == line.end || *line.start == '#') { /* W3C's header: of the whole file */
        return NULL;
    }
    if (reader->config->time_column != NULL && format == NULL) {
        format = traffic_format_find("jsonl");
    }
    if (format == NULL) {
        format = traffic_format_detect(&line, 1);
    } else if ((format->takes & TAKES_NAMES) != 0 ? !is_object
                                                  : !traffic_format_fits(format, line)) {
        return NULL;
    }
    return format != NULL && (format->shape == SHAPE_LOG || format->shape == SHAPE_JSON) ? format
                                                                                         : NULL;
}

static const TrafficFormat *format_behind_any(const RowReader *reader, const InputText lines[],
                                              size_t count) {
    const TrafficFormat *format = NULL;
    for (size_t i = 0; i < count && format == NULL; i++) {
        format = format_behind(reader, lines[i]);
    }
    return format;
}

/* Have all lines a prefix, with rows behind it? Programs tell much before the first request. */
static bool row_reader_find_prefix(RowReader *reader) {
    TrafficInput *input = &reader->input;
    LinePrefix *prefix = &reader->prefix;
    const TrafficFormat *format = NULL;
    const char *time = reader->config->time_column;
    InputText *lines = memory_new(2 * INPUT_PEEK_MOST, sizeof lines[0]);
    InputText *const texts = lines + INPUT_PEEK_MOST;
    size_t count = input_peek(input, lines, INPUT_PEEK_LEAST);
    const bool is_own = count > 0 && time != NULL && json_object_has(lines[0], time);
    if (!is_own && line_prefix_find(prefix, lines, texts, count)) {
        count = input_peek(input, lines, INPUT_PEEK_MOST);
    }
    for (; prefix->count > 0 && format == NULL; prefix->count -= format == NULL) {
        line_prefix_peek(prefix, lines, texts, count);
        format = format_behind_any(reader, texts, count);
    }
    free(lines);
    if (format != NULL) {
        reader->format = format;
        reader->counts->prefixes |= line_prefix_bits(prefix);
    }
    return format != NULL;
}

/* The format by the file's first lines. Where the user names the columns, only the shape is asked.
 */
static bool row_reader_detect(RowReader *reader) {
    InputText lines[INPUT_PEEK_LEAST];
    TrafficInput *input = &reader->input;
    skip_separator_line(input);
    const bool is_told = reader->format != NULL, named = reader->config->time_column != NULL;
    if (!is_told && reader->config->value_column.count > 0) {
        reader->format = traffic_format_find("grafana");
        return true;
    }
    if (row_reader_find_prefix(reader) || (is_told && reader->format->shape != SHAPE_JSON)) {
        return true;
    }
    size_t count = format_json_head(input, lines);
    const bool is_json = count > 0;
    count = is_json ? count : input_peek(input, lines, INPUT_PEEK_LEAST);
    const TrafficFormat *format = is_told || named ? NULL : traffic_format_detect(lines, count);
    if (is_json && (format == NULL || format->shape == SHAPE_JSON)) {
        format_json_detect(reader);
    } else if (!is_told) {
        reader->format = named ? traffic_format_find("csv") : format;
    }
    if (reader->format == NULL && !input->failed) {
        refuse_unknown(reader);
    }
    return reader->format != NULL;
}

/* The unit and the names of the format, where the user says nothing else. */
static void row_reader_settle(RowReader *reader) {
    static const FieldUnit units[] = {FIELD_UNIT_AUTO,    FIELD_SECONDS,     FIELD_MILLISECONDS,
                                      FIELD_MICROSECONDS, FIELD_NANOSECONDS, FIELD_CALENDAR};
    const TrafficFormat *format = reader->format;
    const TraceConfig *config = reader->config;
    const bool named = (format->takes & TAKES_NAMES) != 0;
    const char *const own[ROLE_COUNT] = {
        [ROLE_TIME] = config->time_column,     [ROLE_PROMPT] = config->prompt_column,
        [ROLE_OUTPUT] = config->output_column, [ROLE_DURATION] = config->duration_column,
        [ROLE_CACHED] = config->cached_column, [ROLE_SESSION] = config->session_column,
        [ROLE_HASHES] = config->hash_column};
    for (int role = 0; role < ROLE_COUNT; role++) {
        reader->names[role] = named ? own[role] : format->names[role];
        reader->columns[role] = -1;
    }
    row_past_settle(reader);
    for (size_t i = 0; i < reader->filter.count; i++) {
        reader->names[ROLE_COUNT + i] = reader->filter.conditions[i].name;
        reader->filter.conditions[i].column = ROLE_COUNT + i;
        reader->filter_fields[i] = FORMAT_FIELDS;
    }
    reader->unit = config->time_unit > TRACE_UNIT_AUTO ? units[config->time_unit] : format->unit;
    reader->duration_unit = config->duration_unit == OPTION_ABSENT_CHOICE
                                ? FIELD_SECONDS
                                : units[1 + config->duration_unit];
    reader->rates = config->values == OPTION_ABSENT_CHOICE ? format->rates
                                                           : config->values == TRACE_VALUES_RATE;
    reader->ends = config->time_is == OPTION_ABSENT_CHOICE
                       ? (named ? reader->names[ROLE_DURATION] != NULL : format->ends)
                       : config->time_is == TRACE_TIME_IS_END;
}

/* Of the names that a column or key may have, the one that is there: in the header, or with a value
 * in one of the first records. */
static void choose_name(RowReader *reader, size_t i, const char *names, const InputText rows[],
                        size_t count) {
    InputText name = {NULL, NULL};
    bool found = false;
    for (size_t row = 0; row < count && !found; row++) {
        found = rows[row].start < rows[row].end &&
                traffic_format_has(reader->format, rows[row], names, &name);
    }
    if (!found && *names == '?') {
        reader->names[i] = NULL;
        return;
    }
    const int length = (int)(found ? name.end - name.start : (ptrdiff_t)strcspn(names, "|"));
    snprintf(reader->chosen[i], FORMAT_NAME_MOST, "%.*s", length, found ? name.start : names);
    reader->names[i] = reader->chosen[i];
}

/* What the name of the i-th condition stands for in the format. */
static FormatField field_of(const RowReader *reader, size_t i) {
    static const char *const names[FORMAT_FIELDS] = {
        [FORMAT_METHOD] = "method", [FORMAT_PATH] = "path", [FORMAT_STATUS] = "status"};
    for (int field = 0; field < FORMAT_FIELDS; field++) {
        if (reader->format->fields[field] != NULL &&
            strcmp(reader->filter.conditions[i].name, names[field]) == 0) {
            return (FormatField)field;
        }
    }
    return FORMAT_FIELDS;
}

static void choose_names(RowReader *reader) {
    const TrafficFormat *format = reader->format;
    const bool is_csv = format->shape == SHAPE_CSV;
    if ((!is_csv && format->shape != SHAPE_JSON) || (format->takes & TAKES_NAMES) != 0) {
        return;
    }
    bool is_all;
    InputText *rows = memory_new(ROWS_PEEK_MOST, sizeof rows[0]);
    const size_t count = row_reader_peek(reader, rows, is_csv ? 1 : ROWS_PEEK_MOST, &is_all);
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        const char *names = reader->names[role];
        if (names != NULL && strpbrk(names, "?|") != NULL) {
            choose_name(reader, role, names, rows, count);
        }
    }
    for (size_t i = 0; i < reader->filter.count && !is_csv; i++) {
        const FormatField field = field_of(reader, i);
        reader->filter_fields[i] = field;
        if (field != FORMAT_FIELDS) {
            choose_name(reader, ROLE_COUNT + i, format->fields[field], rows, count);
        }
    }
    free(rows);
}

/* Once the header is read: a file's format is as good as its unit. */
static bool row_reader_settle_unit(RowReader *reader) {
    const char *other = reader->format->other_unit;
    if (other == NULL || reader->config->format > 0 ||
        reader->config->time_unit > TRACE_UNIT_AUTO) {
        return true;
    }
    if (!time_unit_decide(reader)) {
        return false;
    }
    if (reader->unit != reader->format->unit) {
        reader->format = traffic_format_find(other);
    }
    return true;
}

/* False, after adding an error, when the filter has left out all rows there are; of one file of
 * several it may. */
static bool check_filter(const RowReader *reader) {
    return reader->config->files.count > 1 ||
           row_filter_check(&reader->filter, "rows", reader->input.path, reader->errors);
}

static bool row_reader_open(RowReader *reader, const TraceConfig *config, const char *file,
                            const TrafficContext *context, asim_traffic_counts *counts) {
    InputText first;
    *reader = (RowReader){
        .config = config,
        .format = config->format > 0 ? &traffic_formats[config->format] : NULL,
        .skip_bad_rows = config->on_bad_row == TRACE_SKIP,
        .halt = context->halt,
        .earliest_left_out = INT64_MAX,
        .counts = counts,
        .errors = context->errors,
    };
    const Error where = {.file = file};
    if (!row_filter_read(&reader->filter, &config->filter, &where, context->errors) ||
        !input_open(&reader->input, file, context->directory, context->heads, context->halt,
                    context->errors) ||
        !row_reader_is_trace(reader, false)) {
        reader->failed = true;
        return false;
    }
    reader->is_empty = input_peek(&reader->input, &first, 1) == 0;
    if (!row_reader_detect(reader) ||
        (is_json_by_order(reader) && !row_reader_is_trace(reader, true))) {
        reader->failed = true;
        return false;
    }
    if (reader->format->filter != NULL) {
        row_filter_add_default(&reader->filter, reader->format->filter);
    }
    row_reader_settle(reader);
    choose_names(reader);
    reader->failed = (reader->format->begin != NULL && !reader->format->begin(reader)) ||
                     !row_reader_settle_unit(reader) ||
                     (reader->format->shape == SHAPE_DOCUMENT && !check_filter(reader));
    return !reader->failed;
}

static void row_reader_close(RowReader *reader) {
    if (reader->prepared != NULL && !reader->format->bins) {
        reader->counts->outside += reader->prepared_count - reader->prepared_next;
    }
    input_close(&reader->input);
    json_records_clear(&reader->records);
    line_prefix_clear(&reader->prefix);
    free(reader->fields);
    free(reader->ids);
    free(reader->prepared);
    row_filter_clear(&reader->filter);
    reader->fields = NULL;
    reader->ids = NULL;
    reader->prepared = NULL;
}

/* Rows ------------------------------------------------------------------------------------------
 */

#define FIRST_DATE (INT64_C(1000000000) * SIM_TIME_SECOND)

bool row_reader_has_dates(const RowReader *reader, int64_t time) {
    return reader->unit == FIELD_CALENDAR || reader->calendar.known || time >= FIRST_DATE;
}

RowPlace row_time_place(const RowReader *reader, const TrafficRow *row) {
    return (RowPlace){row->line, (long)row->time_column, reader->names[ROLE_TIME]};
}

RowPlace row_count_place(const TrafficRow *row) {
    return (RowPlace){row->line, (long)row->value_column, "count"};
}

bool row_reader_refuse(RowReader *reader, RowPlace at, const char *found, const char *expected,
                       const char *suggestion) {
    if (reader->skip_bad_rows) {
        reader->counts->skipped++;
        return true;
    }
    const Error where = {
        .file = reader->input.path, .line = at.line, .column = at.column, .place = at.name};
    error_at(reader->errors, &where, found, expected, suggestion);
    reader->failed = true;
    return false;
}

/* The place in the line as the file's column, from 1; 0: none. */
static inline uint32_t column_of(RowReader *reader, InputText line, const char *at) {
    if (at < line.start) {
        return 0;
    }
    return reader->prefix.count > 0
               ? (uint32_t)(line_prefix_offset(&reader->prefix, at) + 1)
               : (uint32_t)((size_t)(at - line.start) + reader->line_offset + 1);
}

/* Of the file; where the text read last begins. */
static inline long line_of(const RowReader *reader) {
    return reader->prefix.count > 0 ? reader->prefix.line : reader->input.line;
}

/* Of a row that is several lines of the file: makes `line` the one that the place is in; how many
 * are before it. */
static long lines_before(RowReader *reader, InputText *line, const char *at) {
    long count = 0;
    const char *end;
    while (at != NULL && (end = memchr(line->start, '\n', (size_t)(at - line->start))) != NULL) {
        line->start = end + 1;
        reader->line_offset = 0;
        count++;
    }
    return count;
}

bool row_reader_bad_row(RowReader *reader, InputText line) {
    const RowProblem *problem = &reader->problem;
    char *found = reader->skip_bad_rows ? NULL : found_text(problem->found);
    RowPlace place = {.line = line_of(reader), .name = problem->place};
    place.line += lines_before(reader, &line, problem->at);
    place.column = (long)column_of(reader, line, problem->at);
    const bool go_on = row_reader_refuse(reader, place, found, problem->expected, NULL);
    free(found);
    return go_on;
}

TrafficRow *row_reader_prepare(RowReader *reader) {
    /* Capacities are powers of two, told by the count alone. */
    const size_t count = reader->prepared_count++;
    if ((count & (count - 1)) == 0) {
        const size_t capacity = count == 0 ? 1 : 2 * count;
        reader->prepared = memory_resize(reader->prepared, capacity, sizeof reader->prepared[0]);
    }
    reader->prepared[count] = (TrafficRow){0};
    return &reader->prepared[count];
}

/* A row that is left out is part of the trace all the same, and may be its first. */
static void note_left_out(RowReader *reader, const TrafficRow *row) {
    if (row->time < reader->earliest_left_out) {
        reader->earliest_left_out = row->time;
    }
}

bool row_reader_halted(RowReader *reader) {
    if (++reader->steps >= TRAFFIC_LOOK) {
        reader->steps = 0;
        reader->failed = reader->failed || traffic_halted(reader->halt);
    }
    return reader->failed;
}

/* Parses a row again, together with the lines that it goes on in. If no quote ends it, or then it
 * has not the header's columns, the quote was a slip, and only its first line is bad. */
static RowResult parse_lines(RowReader *reader, InputText *line, TrafficRow *row) {
    const size_t length = (size_t)(line->end - line->start);
    InputText added;
    bool open = true;
    while (open && input_extend(&reader->input, line, &added)) {
        open = csv_line_stays_open(added, reader->delimiter);
    }
    if (reader->input.extra > 0 &&
        (open || (reader->field_count > 0 &&
                  csv_line_count(*line, reader->delimiter) != reader->field_count))) {
        input_shorten(&reader->input, line, length);
    }
    reader->time_at = line->start;
    return reader->format->parse(reader, *line, row);
}

/* A row that looks bad for a quote that is open at its line's end. */
static RowResult parse_again(RowReader *reader, InputText *line, TrafficRow *row) {
    return reader->format->shape == SHAPE_CSV && !reader->bare &&
                   csv_line_is_open(*line, reader->delimiter)
               ? parse_lines(reader, line, row)
               : ROW_BAD;
}

/* The next record that is not a line of its own. One that the file's end cuts off is a bad row, as
 * lines are; what breaks the structure before is an error in any case, for nothing can be said of
 * what follows. */
static bool next_record(RowReader *reader, InputText *record) {
    const char *at, *expected;
    const JsonRecordResult result =
        json_records_next(&reader->records, &reader->input, record, &at, &expected);
    reader->line_offset = reader->records.column;
    if (result == JSON_RECORD_BAD || result == JSON_RECORD_CUT) {
        reader->counts->rows++;
        reader->skip_bad_rows = reader->skip_bad_rows && result == JSON_RECORD_CUT;
        row_bad(reader, at, NULL, (InputText){at < record->end ? at : NULL, record->end}, expected);
        row_reader_bad_row(reader, *record);
    }
    return result == JSON_RECORD;
}

bool row_reader_text(RowReader *reader, InputText *text) {
    return reader->is_laid            ? next_record(reader, text)
           : reader->prefix.count > 0 ? line_prefix_next(&reader->prefix, &reader->input, text)
                                      : input_line(&reader->input, text);
}

/* Lines without their prefixes; those of other programs are empty. */
static void peek_behind(RowReader *reader, InputText texts[], size_t count) {
    line_prefix_peek(&reader->prefix, texts, texts, count);
    for (size_t i = 0; i < count; i++) {
        if (format_behind(reader, texts[i]) == NULL) {
            texts[i].end = texts[i].start;
        }
    }
}

size_t row_reader_peek(RowReader *reader, InputText texts[], size_t most, bool *is_all) {
    if (reader->is_laid) {
        return json_records_peek(&reader->records, &reader->input, texts, most, is_all);
    }
    const size_t count = input_peek(&reader->input, texts, most);
    const char *end = reader->input.buffer + reader->input.end; /* after a line's end: \r, \n */
    *is_all = reader->input.ended && (count == 0 || end - texts[count - 1].end <= 2);
    if (reader->prefix.count > 0) {
        peek_behind(reader, texts, count);
    }
    return count;
}

/* Behind prefixes, no row of the format at all. */
static bool is_foreign(const RowReader *reader, InputText line) {
    return reader->prefix.count > 0 && format_behind(reader, line) == NULL;
}

static bool row_reader_next(RowReader *reader, TrafficRow *row) {
    InputText line;
    if (reader->prepared_next < reader->prepared_count) {
        *row = reader->prepared[reader->prepared_next++];
        return true;
    }
    while (row_reader_text(reader, &line)) {
        if (row_reader_halted(reader)) {
            return false;
        }
        if (line.start == line.end) {
            continue;
        }
        reader->counts->rows++;
        reader->time_at = line.start;
        reader->end = ROW_AS_LOGGED;
        row->past_kind = ASIM_PAST_NONE;
        row->waits = 0;
        RowResult result = reader->format->parse(reader, line, row);
        if (result == ROW_BAD) {
            result = parse_again(reader, &line, row);
        }
        if (result == ROW_BAD && is_foreign(reader, line)) {
            reader->counts->outside++;
            reader->counts->foreign++;
            continue;
        }
        switch (result) {
        case ROW_OK:
            row->line = line_of(reader);
            if (reader->input.extra > 0 || reader->is_laid) {
                row->line += lines_before(reader, &line, reader->time_at);
            }
            row->time_column = column_of(reader, line, reader->time_at);
            row->value_column = column_of(reader, line, reader->value_at);
            reader->counts->ends_moved += reader->end == ROW_END_MOVED;
            reader->counts->ends_kept += reader->end == ROW_END_KEPT;
            return true;
        case ROW_FAILED_REQUEST:
            reader->counts->failed++;
            note_left_out(reader, row);
            break;
        case ROW_OUTSIDE:
            reader->counts->outside++;
            note_left_out(reader, row);
            break;
        case ROW_NONE: reader->counts->rows--; break;
        case ROW_BAD:
            if (!row_reader_bad_row(reader, line)) {
                return false;
            }
            break;
        }
    }
    reader->failed = reader->failed || reader->input.failed || !check_filter(reader);
    return false;
}

/* For parsers -----------------------------------------------------------------------------------
 */

static const struct {
    const char *time, *duration;
} unit_expected[] = {
    [FIELD_NANOSECONDS] = {"a time in nanoseconds (see time_unit)", "a duration in nanoseconds"},
    [FIELD_MICROSECONDS] = {"a time in microseconds (see time_unit)", "a duration in microseconds"},
    [FIELD_MILLISECONDS] = {"a time in milliseconds (see time_unit)", "a duration in milliseconds"},
    [FIELD_SECONDS] = {"a time in seconds (see time_unit)", "a duration in seconds"},
    [FIELD_CALENDAR] = {"a date and time such as 2023-11-16 18:15:46.68", NULL},
    [FIELD_UNIT_AUTO] = {"a time in seconds, or a date and time such as 2023-11-16 18:15:46 "
                         "(see time_unit)",
                         NULL},
};

const char *row_time_expected(FieldUnit unit) {
    return unit_expected[unit].time;
}

static RowResult bad_value(RowReader *reader, RowRole role, InputText value, const char *expected) {
    return row_bad(reader, value.start, reader->names[role], value, expected);
}

bool row_ended(RowReader *reader, int64_t duration, TrafficRow *row) {
    if (!reader->ends) {
        return true;
    }
    reader->end = duration < 0 ? ROW_END_KEPT : ROW_END_MOVED;
    return duration < 0 || !__builtin_sub_overflow(row->time, duration, &row->time);
}

/* Times that record a request's end become its begin; logs write nothing, - or null for a duration
 * that is not known. */
static RowResult row_subtract_duration(RowReader *reader, InputText value, TrafficRow *row) {
    FieldCalendar unused = {.known = false};
    int64_t duration = -1;
    const InputText text = value.start ? field_trimmed(value) : value;
    const bool is_known = text.start != NULL && text.start < text.end && !field_says(text, "-") &&
                          !field_says(text, "null");
    if ((is_known &&
         (!field_time(text, reader->duration_unit, &unused, &duration) || duration < 0)) ||
        !row_ended(reader, duration, row)) {
        return bad_value(reader, ROLE_DURATION, text,
                         unit_expected[reader->duration_unit].duration);
    }
    return ROW_OK;
}

/* A token count; *tokens is left alone when the row has none. */
static RowResult row_tokens(RowReader *reader, RowRole role, InputText value, uint64_t least,
                            uint32_t *tokens) {
    uint64_t number;
    if (value.start == NULL) {
        return reader->names[role] == NULL
                   ? ROW_OK
                   : bad_value(reader, role, value, "a whole number from 1 to 2147483648");
    }
    const InputText trimmed = field_trimmed(value);
    if (!field_whole(trimmed, FIELD_TOKENS_MOST, &number) || number < least) {
        return bad_value(reader, role, trimmed,
                         least == 0 ? "a whole number from 0 to 2147483648"
                                    : "a whole number from 1 to 2147483648");
    }
    *tokens = (uint32_t)number;
    return ROW_OK;
}

/* A recording that tells how long clients waited is of clients that sent each request once: those
 * of whom it tells nothing did not hang up, those of 0 do as the deployment's clients do. */
static RowResult row_waits(RowReader *reader, InputText value, TrafficRow *row) {
    FieldCalendar unused = {.known = false};
    if (reader->names[ROLE_WAITED] == NULL) {
        return ROW_OK;
    }
    const InputText text = value.start ? field_trimmed(value) : value;
    row->waits = SIM_TIME_NEVER;
    if (text.start == NULL || text.start == text.end || field_says(text, "null")) {
        return ROW_OK;
    }
    const bool is_read = field_time(text, FIELD_NANOSECONDS, &unused, &row->waits);
    return is_read && row->waits >= 0 && row->waits <= SIM_TIME_LONGEST
               ? ROW_OK
               : bad_value(reader, ROLE_WAITED, text, "nothing, or a whole number of nanoseconds");
}

/* Neither nothing nor null nor false. */
static bool says_something(InputText value) {
    const InputText text = value.start ? field_trimmed(value) : value;
    return text.start < text.end && !field_says(text, "null") && !field_says(text, "false");
}

/* The row's arrival, by its time and duration. */
static RowResult row_arrival(RowReader *reader, const InputText values[ROLE_COUNT],
                             TrafficRow *row) {
    const InputText time =
        values[ROLE_TIME].start ? field_trimmed(values[ROLE_TIME]) : values[ROLE_TIME];
    if (time.start == NULL || !field_time(time, reader->unit, &reader->calendar, &row->time)) {
        return bad_value(reader, ROLE_TIME, time, row_time_expected(reader->unit));
    }
    reader->time_at = time.start;
    return reader->names[ROLE_DURATION] != NULL || reader->ends
               ? row_subtract_duration(reader, values[ROLE_DURATION], row)
               : ROW_OK;
}

RowResult row_left_out(RowReader *reader, const InputText values[ROLE_COUNT], TrafficRow *row) {
    if (row_arrival(reader, values, row) != ROW_OK) {
        row->time = INT64_MAX;
    }
    return ROW_OUTSIDE;
}

RowResult row_from_values(RowReader *reader, const InputText values[ROLE_COUNT], TrafficRow *row) {
    if (row_arrival(reader, values, row) == ROW_BAD) {
        return ROW_BAD;
    }
    if (says_something(values[ROLE_ERROR])) {
        return ROW_FAILED_REQUEST;
    }
    const bool zero_fails = reader->format->zero_output_fails;
    row->prompt_tokens = 0;
    row->output_tokens = 0;
    if (row_tokens(reader, ROLE_OUTPUT, values[ROLE_OUTPUT], zero_fails ? 0 : 1,
                   &row->output_tokens) == ROW_BAD) {
        return ROW_BAD;
    }
    const bool request_failed =
        zero_fails && reader->names[ROLE_OUTPUT] != NULL && row->output_tokens == 0;
    if (row_tokens(reader, ROLE_PROMPT, values[ROLE_PROMPT], request_failed ? 0 : 1,
                   &row->prompt_tokens) == ROW_BAD) {
        return ROW_BAD;
    }
    if (request_failed) {
        return ROW_FAILED_REQUEST;
    }
    return row_waits(reader, values[ROLE_WAITED], row) == ROW_BAD ? ROW_BAD
                                                                  : row_past(reader, values, row);
}

/* Order -----------------------------------------------------------------------------------------
 * Every row in the heap may still be preceded by one that is not read yet, or the file has ended; a
 * window of zero never uses the heap. */

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

/* The format's; where the user's rows are written when answers end, as long as those may last. */
static sim_time usual_window(const RowReader *reader) {
    const bool own = (reader->format->takes & TAKES_NAMES) != 0;
    return own && reader->ends ? SIM_TIME_HOUR : reader->format->reorder_window;
}

/* Do the times of the first rows fall, and never rise? */
static bool is_newest_first(RowReader *reader) {
    InputText *rows = memory_new(ROWS_PEEK_MOST, sizeof rows[0]);
    bool is_all, rises = false, falls = false, any = false;
    int64_t time, before = 0;
    FieldCalendar calendar = {.known = false};
    const size_t count = row_reader_peek(reader, rows, ROWS_PEEK_MOST, &is_all);
    for (size_t i = 0; i < count; i++) {
        const InputText text = rows[i].start < rows[i].end ? time_of(reader, rows[i]) : rows[i];
        if (text.start < text.end &&
            field_time(field_trimmed(text), reader->unit, &calendar, &time)) {
            rises = rises || (any && time > before);
            falls = falls || (any && time < before);
            before = time;
            any = true;
        }
    }
    free(rows);
    return falls && !rises;
}

bool ordered_rows_open(OrderedRows *rows, const TraceConfig *config, const char *file,
                       const TrafficContext *context, asim_traffic_counts *counts) {
    *rows = (OrderedRows){.latest = INT64_MIN};
    if (!row_reader_open(&rows->reader, config, file, context, counts)) {
        return false;
    }
    rows->window = config->reorder_window == SIM_TIME_NEVER ? usual_window(&rows->reader)
                                                            : config->reorder_window;
    if (rows->reader.format->is_any_order && is_newest_first(&rows->reader)) {
        rows->window = SIM_TIME_NEVER;
    }
    return true;
}

void ordered_rows_close(OrderedRows *rows) {
    if (rows->reader.counts != NULL) {
        rows->reader.counts->outside += rows->count;
    }
    for (size_t i = 0; i < rows->count; i++) {
        past_drop(rows->heap[i].row.past_kind, rows->heap[i].row.past);
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
        past_drop(row->past_kind, row->past);
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
            past_drop(read.past_kind, read.past);
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
