// SPDX-License-Identifier: GPL-3.0-or-later
/* Requests per bin: two columns, the bin's time and its count, with or without a header (of any
 * names). Azure's 10-second counts, NAB's `timestamp,value` and pandas' exports look so. Or bare
 * counts, any number of them in a line, of bins whose length the user gives. */
#include "base/csv_reader.h"
#include "traffic/row_reader.h"

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
    if (reader->bin != SIM_TIME_NEVER) {
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
    if (__builtin_mul_overflow(reader->bare_number, reader->bin, &row->time)) {
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
