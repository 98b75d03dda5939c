// SPDX-License-Identifier: GPL-3.0-or-later
/* Rows whose values are found by name: columns of a CSV header, keys of JSON lines. */
#include "base/csv_reader.h"
#include "traffic/json_line.h"
#include "traffic/row_reader.h"

#include "base/memory.h"

#include <stdlib.h>

/* CSV -------------------------------------------------------------------------------------------
 */

/* The header's name nearest to the one that is missing, or NULL; owned by the caller. */
static char *nearest_column(RowReader *reader, InputText header, const char *name) {
    enum { MOST = 64 };
    InputText fields[MOST];
    NearestName nearest = {.word = name};
    char *names[MOST];
    const size_t count = csv_line_split(header, reader->delimiter, fields, MOST);
    for (size_t i = 0; i < count; i++) {
        const InputText field = field_trimmed(fields[i]);
        names[i] = memory_text_n(field.start, (size_t)(field.end - field.start));
        nearest_try(&nearest, names[i]);
    }
    char *found = memory_text(nearest.name);
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    return found;
}

bool format_csv_extra_column(RowReader *reader, InputText header, const char *name, int *column) {
    *column = field_column(header, reader->delimiter, name);
    if (*column < 0) {
        char *expected = memory_format("a header with the column \"%s\"", name);
        char *nearest = nearest_column(reader, header, name);
        row_reader_refuse_header(reader, name, header, expected, nearest);
        free(nearest);
        free(expected);
        return false;
    }
    return true;
}

bool format_csv_header(RowReader *reader, InputText *header) {
    if (!input_line(&reader->input, header)) {
        return reader->input.failed
                   ? false
                   : row_reader_refuse_header(reader, NULL, (InputText){NULL, NULL},
                                              "a header with the names of the columns", NULL);
    }
    reader->delimiter = csv_line_delimiter(*header);
    InputText added;
    for (bool open = csv_line_is_open(*header, reader->delimiter);
         open && input_extend(&reader->input, header, &added);
         open = csv_line_stays_open(added, reader->delimiter)) {
    }
    return true;
}

bool format_csv_columns(RowReader *reader, InputText header) {
    bool found = true;
    reader->field_count = csv_line_count(header, reader->delimiter);
    for (int role = 0; role < ROLE_COUNT; role++) {
        const char *name = reader->names[role];
        if (name != NULL) {
            found = format_csv_extra_column(reader, header, name, &reader->columns[role]) && found;
        }
    }
    reader->fields = memory_new(reader->field_count + 1, sizeof reader->fields[0]);
    return found;
}

bool format_csv_begin(RowReader *reader) {
    InputText header;
    return format_csv_header(reader, &header) && format_csv_columns(reader, header);
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
    for (int role = 0; role < ROLE_COUNT; role++) {
        if (reader->columns[role] >= (int)count) {
            return row_bad(reader, line.end, reader->names[role], (InputText){NULL, NULL},
                           "as many fields as the header has columns");
        }
    }
    return row_bad(reader, line.end, NULL, (InputText){NULL, NULL},
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
    return format_csv_values(reader, line, values) == ROW_BAD
               ? ROW_BAD
               : row_from_values(reader, values, row);
}

/* JSON lines ------------------------------------------------------------------------------------
 */

RowResult format_json_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText values[ROLE_COUNT];
    const char *expected;
    const char *stop = json_line_find(line, reader->names, values, ROLE_COUNT, &expected);
    if (stop != NULL) {
        return row_bad(reader, stop, NULL, (InputText){stop, line.end}, expected);
    }
    return row_from_values(reader, values, row);
}

/* LLMServingSim has single requests and chains of them in one file. */
bool format_llmservingsim_matches(const InputText lines[], size_t count) {
    (void)count;
    return json_line_has(lines[0], "arrival_time_ns") &&
           (json_line_has(lines[0], "input_toks") || json_line_has(lines[0], "sub_requests"));
}

/* A chain's later requests wait for the answers to the earlier ones: no trace of arrivals can say
 * when. */
RowResult format_llmservingsim_parse(RowReader *reader, InputText line, TrafficRow *row) {
    const RowResult result = format_json_parse(reader, line, row);
    if (result == ROW_BAD && json_line_has(line, "sub_requests")) {
        return row_bad(reader, line.start, "sub_requests", line,
                       "single requests: a chain of requests has no arrival times to replay");
    }
    return result;
}
