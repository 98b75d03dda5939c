// SPDX-License-Identifier: GPL-3.0-or-later
/* What load testers leave behind: k6's CSV (several lines per request, of which http_reqs is the
 * one), and locust's history (totals, once a second). */
#include "traffic/row_reader.h"

#include <math.h>

/* k6 --------------------------------------------------------------------------------------------
 */

bool format_k6_begin(RowReader *reader) {
    InputText header;
    return format_csv_header(reader, &header) &&
           format_csv_extra_column(reader, header, "metric_name", &reader->extra_columns[0]) &&
           format_csv_columns(reader, header);
}

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
    *row = (TrafficRow){0};
    if (format_csv_values(reader, line, values) == ROW_BAD) {
        return ROW_BAD;
    }
    if (!field_says(reader->fields[reader->extra_columns[0]], "http_reqs")) {
        return ROW_NONE;
    }
    const FieldUnit unit = reader->unit;
    if (unit == FIELD_UNIT_AUTO) {
        reader->unit = epoch_unit(field_trimmed(values[ROLE_TIME]));
    }
    const RowResult result = row_from_values(reader, values, row);
    if (result == ROW_BAD) {
        reader->unit = unit; /* a mangled row says nothing about the others */
    }
    return result;
}

/* locust ----------------------------------------------------------------------------------------
 */

enum { NAME, TOTAL };

bool format_locust_begin(RowReader *reader) {
    InputText header;
    return format_csv_header(reader, &header) &&
           format_csv_extra_column(reader, header, "Name", &reader->extra_columns[NAME]) &&
           format_csv_extra_column(reader, header, "Total Request Count",
                                   &reader->extra_columns[TOTAL]) &&
           format_csv_columns(reader, header);
}

/* The requests since the row before, which are spread from it to this one. Requests/s is a sliding
 * average of 10 s; the total is exact. The first row's only says where counting begins: a history
 * cut from a longer one starts in mid-test, and when those requests came is not known. A total that
 * falls is a test begun anew. */
RowResult format_locust_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText values[ROLE_COUNT];
    double total;
    *row = (TrafficRow){0};
    if (format_csv_values(reader, line, values) == ROW_BAD) {
        return ROW_BAD;
    }
    if (!field_says(reader->fields[reader->extra_columns[NAME]], "Aggregated")) {
        return ROW_NONE;
    }
    if (row_from_values(reader, values, row) != ROW_OK) {
        return ROW_BAD;
    }
    const InputText text = field_trimmed(reader->fields[reader->extra_columns[TOTAL]]);
    if (!field_amount(text, &total) || total > 1e15 || total != rint(total)) {
        return row_bad(reader, text.start, "Total Request Count", text, "a whole number");
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
