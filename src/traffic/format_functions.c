// SPDX-License-Identifier: GPL-3.0-or-later
/* Azure Functions 2019: a row per function, a column per minute of the day. All functions (or those
 * that the filter names) are one stream of requests, so the file becomes 1,440 counts. */
#include "base/csv_reader.h"
#include "traffic/row_reader.h"

#include "base/memory.h"

#include <stdlib.h>

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
    for (size_t i = 0; i < MINUTES; i++) {
        uint64_t value;
        if (!field_whole(field_trimmed(fields[BEFORE + i]), UINT64_C(1) << 40, &value)) {
            return row_bad(reader, fields[BEFORE + i].start, "count", fields[BEFORE + i],
                           "a whole number of invocations");
        }
        counts[i] = (double)value;
    }
    const int column = reader->columns[ROLE_FILTER];
    if (column >= 0 && !row_passes_filter(reader, fields[column])) {
        return ROW_OUTSIDE;
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
    InputText header;
    if (!format_csv_header(reader, &header) || !format_csv_columns(reader, header)) {
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
