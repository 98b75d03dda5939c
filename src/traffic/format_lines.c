// SPDX-License-Identifier: GPL-3.0-or-later
/* Formats that are lines of fields: columns found by their names in a header, and the few whose
 * rows need more than names. */
#include "base/csv_reader.h"
#include "traffic/field.h"
#include "traffic/row_reader.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns by name -------------------------------------------------------------------------------
 */

/* The header's name nearest to the one that is missing, or NULL; owned by the caller. */
static char *nearest_column(RowReader *reader, InputText header, const char *name) {
    enum { MOST = 64 };
    InputText fields[MOST];
    NearestName nearest = {.word = name};
    char *best = NULL;
    const size_t count = csv_line_split(header, reader->delimiter, fields, MOST);
    for (size_t i = 0; i < count; i++) {
        const InputText field = field_trimmed(fields[i]);
        char *tried = memory_text_n(field.start, (size_t)(field.end - field.start));
        nearest_try(&nearest, tried);
        const bool is_nearer = nearest.name == tried;
        free(is_nearer ? best : tried);
        best = is_nearer ? tried : best;
    }
    return best;
}

bool format_csv_find(RowReader *reader, InputText header, const char *name, int *column) {
    *column = field_column(header, reader->delimiter, name);
    if (*column < 0) {
        char *expected = memory_format("a header with the column \"%s\"", name);
        char *nearest = nearest_column(reader, header, name);
        row_reader_refuse_header(reader, name, header, expected, nearest);
        free(nearest);
        free(expected);
    }
    return *column >= 0;
}

bool format_csv_begin(RowReader *reader) {
    const TrafficFormat *format = reader->format;
    InputText header;
    if (!input_line(&reader->input, &header)) {
        return !reader->input.failed &&
               row_reader_refuse_header(reader, NULL, (InputText){NULL, NULL},
                                        "a header with the names of the columns", NULL);
    }
    reader->delimiter = csv_line_delimiter(header);
    InputText added;
    for (bool open = csv_line_is_open(header, reader->delimiter);
         open && input_extend(&reader->input, &header, &added);
         open = csv_line_stays_open(added, reader->delimiter)) {
    }
    reader->field_count = csv_line_count(header, reader->delimiter);
    reader->fields = memory_new(reader->field_count + 1, sizeof reader->fields[0]);
    if (format->only != NULL &&
        !format_csv_find(reader, header, format->marker, &reader->marker_column)) {
        return false;
    }
    /* A filter on the marker says itself which lines count. */
    reader->only = format->only != NULL && !row_filter_names(&reader->filter, format->marker)
                       ? format->only
                       : NULL;
    bool found = true;
    for (int role = 0; role < ROLE_COUNT; role++) {
        const char *name = reader->names[role];
        found = (name == NULL || format_csv_find(reader, header, name, &reader->columns[role])) &&
                found;
    }
    for (size_t i = 0; i < reader->filter.count; i++) {
        RowCondition *condition = &reader->filter.conditions[i];
        int column = -1;
        found = format_csv_find(reader, header, condition->name, &column) && found;
        condition->column = (size_t)column;
    }
    return found;
}

/* A row that has not as many fields as the header: it is cut short, or no row of this file. */
static RowResult wrong_fields(RowReader *reader, InputText line, size_t count) {
    const InputText last = reader->fields[count - 1];
    if (csv_field_is_open(last)) {
        return row_bad(reader, last.start, NULL, last, "a quote that ends the field");
    }
    if (count > reader->field_count) {
        return row_bad(reader, last.start, NULL, (InputText){last.start, line.end},
                       "no more fields than the header has columns");
    }
    const char *missing = NULL; /* the first that is not there */
    for (int role = 0; role < ROLE_COUNT && missing == NULL; role++) {
        missing = reader->columns[role] >= (int)count ? reader->names[role] : NULL;
    }
    return row_bad(reader, line.end, missing, (InputText){NULL, NULL},
                   "as many fields as the header has columns");
}

RowResult format_csv_values(RowReader *reader, InputText line, InputText values[ROLE_COUNT]) {
    const size_t count =
        csv_line_split(line, reader->delimiter, reader->fields, reader->field_count + 1);
    const InputText last = reader->fields[count - 1];
    if (count != reader->field_count || (*last.start == '"' && csv_field_is_open(last))) {
        return wrong_fields(reader, line, count);
    }
    for (int role = 0; role < ROLE_COUNT; role++) {
        const int column = reader->columns[role];
        values[role] = column < 0 ? (InputText){NULL, NULL} : reader->fields[column];
    }
    return ROW_OK;
}

RowResult format_csv_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText values[ROLE_COUNT];
    if (format_csv_values(reader, line, values) == ROW_BAD) {
        return ROW_BAD;
    }
    if (reader->only != NULL && !field_says(reader->fields[reader->marker_column], reader->only)) {
        return ROW_NONE;
    }
    return row_passes(reader, reader->fields) ? row_from_values(reader, values, row)
                                              : row_left_out(reader, values, row);
}

/* azure -----------------------------------------------------------------------------------------
 * These traces are the large ones (27 million rows a week), so their rows have a fast way:
 * "2023-11-16 18:15:46.6805900,374,44" read left to right, in the date read last. Whatever is not
 * written just so (quotes, offsets other than +00:00, another order of columns, mistakes) is left
 * to the general parser, which alone decides what is wrong. */

static inline unsigned digit_of(char c) {
    return (unsigned)(unsigned char)c - '0';
}

/* Digits from *p as a token count; 0 when there are none or too many. Moves *p past them. */
static inline uint32_t read_tokens(const char **p) {
    const char *q = *p;
    uint32_t value = 0;
    while (digit_of(*q) <= 9) {
        value = 10 * value + digit_of(*q++);
    }
    const ptrdiff_t length = q - *p;
    *p = q;
    return length <= 9 ? value : 0;
}

/* "18:15:46" in nanoseconds, or -1. */
static inline int64_t read_clock(const char *p) {
    const unsigned h1 = digit_of(p[0]), h2 = digit_of(p[1]), m1 = digit_of(p[3]);
    const unsigned m2 = digit_of(p[4]), s1 = digit_of(p[6]), s2 = digit_of(p[7]);
    const unsigned hour = 10 * h1 + h2;
    const bool digits = (h1 <= 9) & (h2 <= 9) & (m1 <= 5) & (m2 <= 9) & (s1 <= 5) & (s2 <= 9);
    if (!digits || hour > 23 || p[2] != ':' || p[5] != ':') {
        return -1;
    }
    return (int64_t)(3600 * hour + 60 * (10 * m1 + m2) + 10 * s1 + s2) * SIM_TIME_SECOND;
}

static inline bool read_fast(const RowReader *reader, InputText line, TrafficRow *row) {
    static const int32_t scale[] = {0,     100000000, 10000000, 1000000, 100000,
                                    10000, 1000,      100,      10,      1};
    const char *p = line.start;
    if (line.end - p < 23 || memcmp(p, reader->calendar.date, sizeof reader->calendar.date) != 0 ||
        p[10] != ' ') {
        return false;
    }
    const int64_t clock = read_clock(p + 11);
    int64_t fraction = 0;
    p += 19;
    if (*p == '.') {
        const char *const start = ++p;
        uint32_t digits = 0;
        while (digit_of(*p) <= 9) {
            digits = 10 * digits + digit_of(*p++);
        }
        if (p == start || p - start > 9) {
            return false;
        }
        fraction = (int64_t)digits * scale[p - start];
    }
    if (*p == '+' && line.end - p > 6 && memcmp(p, "+00:00", 6) == 0) {
        p += 6;
    }
    if (clock < 0 || *p++ != ',') {
        return false;
    }
    row->prompt_tokens = read_tokens(&p);
    if (*p++ != ',') {
        return false;
    }
    row->output_tokens = read_tokens(&p);
    row->time = reader->calendar.day_ns + clock + fraction;
    return p == line.end && row->prompt_tokens != 0 && row->output_tokens != 0;
}

RowResult format_azure_parse(RowReader *reader, InputText line, TrafficRow *row) {
    const bool usual = reader->calendar.known && reader->delimiter == ',' &&
                       reader->filter.count == 0 && reader->columns[ROLE_TIME] == 0 &&
                       reader->columns[ROLE_PROMPT] == 1 && reader->columns[ROLE_OUTPUT] == 2;
    return usual && read_fast(reader, line, row) ? ROW_OK : format_csv_parse(reader, line, row);
}

/* k6 --------------------------------------------------------------------------------------------
 * Several lines per request, of which http_reqs is the one. */

/* K6_CSV_TIME_FORMAT is not written down: epoch times in s, ms, us and ns are told by their size.
 */
static FieldUnit epoch_unit(InputText text) {
    uint64_t value;
    if (!field_whole(text, UINT64_MAX / 2, &value)) {
        return FIELD_CALENDAR;
    }
    return value < 100000000000                   ? FIELD_SECONDS
           : value < 100000000000000              ? FIELD_MILLISECONDS
           : value < UINT64_C(100000000000000000) ? FIELD_MICROSECONDS
                                                  : FIELD_NANOSECONDS;
}

RowResult format_k6_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText values[ROLE_COUNT];
    const FieldUnit unit = reader->unit;
    *row = (TrafficRow){0};
    if (unit == FIELD_UNIT_AUTO && format_csv_values(reader, line, values) == ROW_OK) {
        reader->unit = epoch_unit(field_trimmed(values[ROLE_TIME]));
    }
    const RowResult result = format_csv_parse(reader, line, row);
    if (result == ROW_BAD || result == ROW_NONE) {
        reader->unit = unit; /* a mangled row says nothing about the others */
    }
    return result;
}

/* locust ----------------------------------------------------------------------------------------
 * Its history: totals, once a second. */

/* The requests since the row before, which are spread from it to this one. Requests/s is a sliding
 * average of 10 s; the total is exact. The first row's only says where counting begins: a history
 * cut from a longer one starts in mid-test, and when those requests came is not known. A total that
 * falls is a test begun anew. */
RowResult format_locust_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText values[ROLE_COUNT];
    double total;
    *row = (TrafficRow){0};
    const RowResult result = format_csv_parse(reader, line, row);
    if (result != ROW_OK) {
        return result;
    }
    format_csv_values(reader, line, values);
    const InputText text = field_trimmed(values[ROLE_VALUE]);
    if (!field_amount(text, &total) || total > 1e15 || total != rint(total)) {
        return row_bad(reader, text.start, reader->names[ROLE_VALUE], text, "a whole number");
    }
    const int64_t now = row->time;
    if (reader->has_total && now <= reader->total_time) {
        return row_bad(reader, values[ROLE_TIME].start, reader->names[ROLE_TIME], values[ROLE_TIME],
                       "a later time than in the row before");
    }
    if (reader->has_total) {
        row->value = total >= reader->total ? total - reader->total : total;
    }
    row->width = reader->has_total ? now - reader->total_time : SIM_TIME_SECOND;
    row->time = now - row->width;
    reader->value_at = text.start;
    reader->has_total = true;
    reader->total = total;
    reader->total_time = now;
    return ROW_OK;
}

/* servegen --------------------------------------------------------------------------------------
 * One client of ServeGen (arXiv 2505.09999): per window of 600 s `start,rate,cv,family,shape,scale`
 * without a header; no family means that the client is silent. The client's requests come at that
 * rate with gaps of that family and shape; the scale follows from the rate. */

enum { START, RATE, CV, FAMILY, SHAPE, SCALE, FIELDS };

static bool find_family(InputText name, RowGaps *gaps) {
    static const char *const names[] = {
        [GAPS_POISSON] = "poisson", [GAPS_GAMMA] = "gamma", [GAPS_WEIBULL] = "weibull"};
    for (int i = 0; i < 3; i++) {
        if (field_says(name, names[i])) {
            *gaps = (RowGaps)i;
            return true;
        }
    }
    *gaps = GAPS_POISSON;
    return field_says(name, "exponential") || name.start == name.end;
}

bool format_servegen_matches(const InputText lines[], size_t count) {
    InputText fields[FIELDS + 1];
    RowGaps gaps;
    double number;
    (void)count;
    return csv_line_split(lines[0], ',', fields, FIELDS + 1) == FIELDS &&
           field_amount(field_trimmed(fields[START]), &number) &&
           find_family(field_trimmed(fields[FAMILY]), &gaps);
}

bool format_servegen_begin(RowReader *reader) {
    reader->delimiter = ',';
    reader->names[ROLE_TIME] = "start";
    return true;
}

RowResult format_servegen_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText fields[FIELDS + 1], values[ROLE_COUNT] = {{NULL, NULL}};
    *row = (TrafficRow){0};
    if (csv_line_split(line, ',', fields, FIELDS + 1) != FIELDS) {
        return row_bad(reader, line.start, NULL, line,
                       "six fields: start, rate, cv, family, shape, scale");
    }
    values[ROLE_TIME] = fields[START];
    if (row_from_values(reader, values, row) != ROW_OK) {
        return ROW_BAD;
    }
    const InputText rate = field_trimmed(fields[RATE]), family = field_trimmed(fields[FAMILY]);
    const InputText shape = field_trimmed(fields[SHAPE]);
    if (!find_family(family, &row->gaps)) {
        return row_bad(reader, family.start, "family", family, "Gamma, Weibull or nothing");
    }
    if (family.start == family.end) {
        return ROW_OK; /* silent: what stands in the other fields means nothing */
    }
    if (!field_amount(rate, &row->value) || row->value > 1e7) {
        return row_bad(reader, rate.start, "rate", rate, "requests per second, up to 10000000");
    }
    if (row->gaps != GAPS_POISSON &&
        (!field_amount(shape, &row->shape) || !(row->shape >= 0.05 && row->shape <= 1e6))) {
        return row_bad(reader, shape.start, "shape", shape, "a number from 0.05 to 1000000");
    }
    return ROW_OK;
}

/* counts ----------------------------------------------------------------------------------------
 * Requests per bin: two columns, the bin's time and its count, with or without a header (of any
 * names). Azure's 10-second counts, NAB's `timestamp,value` and pandas' exports look so. Or bare
 * counts, any number of them in a line, of bins whose length the user gives. */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == ',' || c == ';';
}

/* Does the line hold a time and a number of requests, and nothing else? */
static bool is_count_row(InputText line) {
    const char delimiter = csv_line_delimiter(line);
    InputText fields[3];
    FieldCalendar calendar = {.known = false};
    int64_t time;
    double value;
    return csv_line_split(line, delimiter, fields, 3) == 2 &&
           field_time(field_trimmed(fields[0]), FIELD_UNIT_AUTO, &calendar, &time) &&
           field_amount(field_trimmed(fields[1]), &value);
}

/* The next number of a line of bare counts. */
static InputText next_count(InputText line) {
    const char *p = line.start;
    while (p < line.end && is_blank(*p)) {
        p++;
    }
    const char *const start = p;
    while (p < line.end && !is_blank(*p)) {
        p++;
    }
    return (InputText){start, p};
}

/* One number, or several with blanks or tabs between: not with commas; two with a tab are a time
 * and a count rather. */
static bool is_bare_row(InputText line) {
    double value;
    const InputText first = next_count(line);
    if (first.start == first.end || !field_amount(first, &value)) {
        return false;
    }
    if (first.end == line.end || *first.end == ' ') {
        return true;
    }
    const InputText second = next_count((InputText){first.end, line.end});
    return *first.end == '\t' && (second.start == second.end || field_amount(second, &value));
}

bool format_counts_matches(const InputText lines[], size_t count) {
    while (count > 1 && lines[0].start == lines[0].end) { /* empty lines before the first row */
        lines++;
        count--;
    }
    return is_count_row(lines[0]) || is_bare_row(lines[0]) ||
           (count > 1 && csv_line_count(lines[0], csv_line_delimiter(lines[0])) == 2 &&
            is_count_row(lines[1]));
}

static bool begin_bare(RowReader *reader) {
    reader->bare = true;
    if (reader->unit != FIELD_UNIT_AUTO) {
        return row_reader_refuse_header(reader, "time_unit", (InputText){NULL, NULL},
                                        "no unit: the counts have no times", NULL);
    }
    if (reader->config->bin != SIM_TIME_NEVER) {
        return true;
    }
    return row_reader_refuse_header(reader, "bin", (InputText){NULL, NULL},
                                    "the length of a bin, for counts without times", NULL);
}

/* Column names are used in messages and need not be there: a first row that is data stays. */
bool format_counts_begin(RowReader *reader) {
    InputText first = {NULL, NULL};
    reader->names[ROLE_TIME] = "time";
    while (input_peek(&reader->input, &first, 1) > 0 && first.start == first.end) {
        input_line(&reader->input, &first);
    }
    if (input_peek(&reader->input, &first, 1) == 0) {
        return reader->input.failed ? false
                                    : row_reader_refuse_header(reader, NULL, first,
                                                               "a time and a count per line", NULL);
    }
    reader->delimiter = csv_line_delimiter(first);
    if (is_bare_row(first) && !is_count_row(first)) {
        return begin_bare(reader);
    }
    if (!is_count_row(first)) {
        input_line(&reader->input, &first);
    }
    return true;
}

static RowResult parse_count(RowReader *reader, InputText value, TrafficRow *row) {
    reader->value_at = value.start;
    if (value.start == value.end || field_says(value, "null") || field_says(value, "NaN")) {
        return ROW_OUTSIDE; /* Grafana: no point there */
    }
    if (!field_amount(value, &row->value) || row->value > 1e15) {
        return row_bad(reader, value.start, "count", value, "a number of requests >= 0");
    }
    return ROW_OK;
}

static RowResult parse_bare(RowReader *reader, InputText line, TrafficRow *row) {
    const InputText value = next_count(line);
    InputText rest = {value.end, line.end};
    rest = next_count(rest);
    reader->line_offset = reader->rest_offset;
    reader->rest_offset = 0;
    reader->input.line -= reader->line_offset > 0; /* the file's line is the same still */
    if (rest.start < rest.end) {
        input_push_back(&reader->input, line, rest.start);
        reader->rest_offset = reader->line_offset + (size_t)(rest.start - line.start);
    }
    reader->time_at = value.start;
    if (value.start == value.end) {
        return ROW_NONE;
    }
    if (__builtin_mul_overflow(reader->bare_number, reader->config->bin, &row->time)) {
        return row_bad(reader, value.start, "count", value, "fewer counts");
    }
    reader->bare_number++;
    return parse_count(reader, value, row);
}

RowResult format_counts_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText fields[3], values[ROLE_COUNT] = {{NULL, NULL}};
    *row = (TrafficRow){0};
    if (reader->bare) {
        return parse_bare(reader, line, row);
    }
    const size_t count = csv_line_split(line, reader->delimiter, fields, 3);
    if (count != 2) {
        return row_bad(reader, count > 2 ? fields[2].start : line.end, NULL, line,
                       "two fields: a time and a count");
    }
    values[ROLE_TIME] = fields[0];
    if (row_from_values(reader, values, row) != ROW_OK) {
        return ROW_BAD;
    }
    return parse_count(reader, field_trimmed(fields[1]), row);
}

/* azure_functions_2019 --------------------------------------------------------------------------
 * A row per function, a column per minute of the day. All functions (or those that the filter
 * names) are one stream of requests, so the file becomes 1,440 counts. */

enum { MINUTES = 1440, BEFORE = 4 };

bool format_functions_2019_matches(const InputText lines[], size_t count) {
    InputText fields[BEFORE + 1];
    (void)count;
    return csv_line_split(lines[0], ',', fields, BEFORE + 1) == BEFORE + 1 &&
           field_says(fields[0], "HashOwner") && field_says(fields[1], "HashApp") &&
           field_says(fields[2], "HashFunction") && field_says(fields[BEFORE], "1");
}

/* Adds one function's counts. */
static RowResult add_function(RowReader *reader, InputText line, double sums[MINUTES]) {
    InputText *fields = reader->fields;
    double counts[MINUTES];
    const size_t count = csv_line_split(line, ',', fields, BEFORE + MINUTES + 1);
    if (count != BEFORE + MINUTES) {
        return row_bad(reader, line.end, NULL, (InputText){line.start, line.end},
                       "four names and 1440 counts");
    }
    if (!row_passes(reader, fields)) {
        return ROW_OUTSIDE;
    }
    for (size_t i = 0; i < MINUTES; i++) {
        uint64_t value;
        if (!field_whole(field_trimmed(fields[BEFORE + i]), UINT64_C(1) << 40, &value)) {
            return row_bad(reader, fields[BEFORE + i].start, "count", fields[BEFORE + i],
                           "a whole number of invocations");
        }
        counts[i] = (double)value;
    }
    for (size_t i = 0; i < MINUTES; i++) {
        sums[i] += counts[i];
    }
    return ROW_OK;
}

/* All lines into sums; false after adding an error. */
static bool add_functions(RowReader *reader, double sums[MINUTES]) {
    InputText line;
    while (input_line(&reader->input, &line)) {
        if (line.start == line.end) {
            continue;
        }
        reader->counts->rows++;
        switch (add_function(reader, line, sums)) {
        case ROW_BAD:
            if (!row_reader_bad_row(reader, line)) {
                return false;
            }
            break;
        case ROW_OUTSIDE: reader->counts->outside++; break;
        default: break;
        }
    }
    return !reader->input.failed;
}

bool format_functions_2019_begin(RowReader *reader) {
    if (!format_csv_begin(reader)) {
        return false;
    }
    free(reader->fields);
    reader->fields = memory_new(BEFORE + MINUTES + 1, sizeof reader->fields[0]);
    reader->names[ROLE_TIME] = "minute";
    double sums[MINUTES] = {0};
    if (!add_functions(reader, sums)) {
        return false;
    }
    for (int minute = 0; minute < MINUTES; minute++) {
        *row_reader_prepare(reader) = (TrafficRow){
            .time = minute * SIM_TIME_MINUTE, .value = sums[minute], .width = SIM_TIME_MINUTE};
    }
    return true;
}
