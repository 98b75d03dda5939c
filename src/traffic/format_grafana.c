// SPDX-License-Identifier: GPL-3.0-or-later
/* CSV as Grafana exports a panel's data: Time and a column for each series, or "series as rows",
 * Series, Time, Value. The series are one stream of requests, so their values are summed by time.
 * Formatted values have scales and units (grafana/data/src/valueFormats: "1.20 K", "12 req/s"). */
#include "base/csv_reader.h"
#include "traffic/field.h"
#include "traffic/row_reader.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 1024 };

/* Values ----------------------------------------------------------------------------------------
 */

/* What a unit makes of a number; per_s 0: a count. */
typedef struct ValueUnit {
    const char *text;
    double per_s;
} ValueUnit;

static const ValueUnit value_units[] = {
    {"", 0},
    {"req", 0},
    {"reqs", 0},
    {"requests", 0},
    {"req/s", 1},
    {"reqs/s", 1},
    {"req/sec", 1},
    {"requests/s", 1},
    {"requests/sec", 1},
    {"rps", 1},
    {"ops/s", 1},
    {"c/s", 1},
    {"/s", 1},
    {"req/m", 1.0 / 60},
    {"req/min", 1.0 / 60},
    {"requests/min", 1.0 / 60},
    {"rpm", 1.0 / 60},
    {"ops/m", 1.0 / 60},
    {"c/m", 1.0 / 60},
};

/* Beyond K, k, M and Mil, letters are as well bytes, or milli. */
static double read_scale(InputText *text) {
    static const struct {
        const char *text;
        double factor;
    } scales[] = {{"Mil", 1e6}, {"K", 1e3}, {"k", 1e3}, {"M", 1e6}};
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        const char *after = text->start + strlen(scales[i].text);
        if (text_span_begins(*text, scales[i].text) && (after == text->end || *after == ' ')) {
            text->start = after;
            return scales[i].factor;
        }
    }
    return 1;
}

/* A number, a scale, a unit; *per_s as of ValueUnit. */
static bool read_value(InputText text, double *value, double *per_s) {
    const char *end = text.start;
    *per_s = 0;
    if (field_amount(text, value)) {
        return true;
    }
    while (end < text.end && ((*end >= '0' && *end <= '9') || *end == '.')) {
        end++;
    }
    if (!field_amount((InputText){text.start, end}, value)) {
        return false;
    }
    InputText unit = field_trimmed((InputText){end, text.end});
    *value *= read_scale(&unit);
    unit = field_trimmed(unit);
    for (size_t i = 0; i < sizeof value_units / sizeof value_units[0]; i++) {
        if (field_says(unit, value_units[i].text)) {
            *per_s = value_units[i].per_s;
            return true;
        }
    }
    return false;
}

/* A point without a value. */
static bool is_none(InputText text) {
    return text.start == text.end || field_says(text, "null") || field_says(text, "NaN") ||
           field_says(text, "undefined");
}

/* Columns ---------------------------------------------------------------------------------------
 */

static bool has_text(InputText text, const char *part) {
    const size_t length = strlen(part);
    for (const char *p = text.start; (size_t)(text.end - p) >= length; p++) {
        if (field_says((InputText){p, p + length}, part)) {
            return true;
        }
    }
    return false;
}

/* The rate that a header tells of: a unit, or Prometheus's functions; else 0. */
static double rate_in_name(InputText name) {
    static const ValueUnit parts[] = {
        {"req/s", 1},
        {"reqs/s", 1},
        {"requests/s", 1},
        {"ops/s", 1},
        {"per second", 1},
        {"per_second", 1},
        {"(rps)", 1},
        {"rate(", 1},
        {"req/m", 1. / 60},
        {"requests/m", 1. / 60},
        {"per minute", 1. / 60},
        {"(rpm)", 1. / 60},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (has_text(name, parts[i].text)) {
            return parts[i].per_s;
        }
    }
    return field_says(name, "rps") ? 1 : field_says(name, "rpm") ? 1. / 60 : 0;
}

static bool is_long(const InputText fields[], size_t count) {
    int time = 0, value = 0, series = 0;
    for (size_t i = 0; i < count; i++) {
        time += field_says(fields[i], "Time");
        value += field_says(fields[i], "Value");
        series += field_says(fields[i], "Series") || field_says(fields[i], "Metric");
    }
    return count == 3 && time == 1 && value == 1 && series == 1;
}

/* Is a data row a time and what begins as values do, of which there may be none? */
static bool is_wide_row(InputText line, char delimiter, size_t columns, int64_t *time) {
    InputText fields[COLUMNS_MOST];
    FieldCalendar calendar = {.known = false};
    const size_t count = csv_line_split(line, delimiter, fields, COLUMNS_MOST);
    bool good =
        count == columns && field_time(field_trimmed(fields[0]), FIELD_UNIT_AUTO, &calendar, time);
    for (size_t i = 1; good && i < count; i++) {
        const InputText text = field_trimmed(fields[i]);
        good = is_none(text) || (*text.start >= '0' && *text.start <= '9');
    }
    return good;
}

/* Columns of numbers can be anything: theirs are no tokens, and their times are evenly spaced. */
static bool is_wide(const InputText fields[], size_t columns, char delimiter,
                    const InputText lines[], size_t count) {
    int64_t time = 0, before = 0, step = 0;
    size_t rows = 0;
    if (memcmp(fields[0].start, "Time", 4) != 0 || !field_says(fields[0], "Time")) {
        return false;
    }
    for (size_t i = 1; i < columns; i++) {
        if (has_text(fields[i], "token")) {
            return false;
        }
    }
    for (size_t i = 1; i < count; i++) {
        if (lines[i].start == lines[i].end) {
            continue;
        }
        if (!is_wide_row(lines[i], delimiter, columns, &time)) {
            return i + 1 == count && rows > 0; /* cut off, or bad */
        }
        if (rows > 0 && (time <= before || (rows > 1 && time - before != step))) {
            return false;
        }
        step = time - before;
        before = time;
        rows++;
    }
    return rows > 0;
}

bool format_grafana_matches(const InputText lines[], size_t count) {
    InputText fields[COLUMNS_MOST];
    const char delimiter = csv_line_delimiter(lines[0]);
    const size_t columns = csv_line_split(lines[0], delimiter, fields, COLUMNS_MOST);
    for (size_t i = 0; i < columns; i++) {
        fields[i] = field_trimmed(fields[i]);
    }
    return is_long(fields, columns) || (columns > 1 && fields[0].end - fields[0].start == 4 &&
                                        is_wide(fields, columns, delimiter, lines, count));
}

/* Rows ------------------------------------------------------------------------------------------
 */

typedef struct Series {
    char *name; /* of the column; owned */
    bool counts;
    double per_s;              /* of the header, or of a value: that of all of them */
    bool has_plain, has_per_s; /* values without and with a rate's unit */
} Series;

typedef struct Panel {
    RowReader *reader;
    Series *columns;
    size_t count, time;
} Panel;

static void read_names(Panel *panel, InputText header) {
    RowReader *reader = panel->reader;
    csv_line_split(header, reader->delimiter, reader->fields, panel->count);
    panel->columns = memory_new(panel->count, sizeof panel->columns[0]);
    const bool rows = is_long(reader->fields, panel->count);
    for (size_t i = 0; i < panel->count; i++) {
        const InputText name = field_trimmed(reader->fields[i]);
        panel->columns[i] = (Series){
            .name = memory_text_n(name.start, (size_t)(name.end - name.start)),
            .per_s = rate_in_name(name),
        };
        if (field_says(name, "Time")) {
            panel->time = i;
        }
    }
    for (size_t i = 0; i < panel->count; i++) {
        const bool is_value = !rows || strcmp(panel->columns[i].name, "Value") == 0 ||
                              strcmp(panel->columns[i].name, "value") == 0;
        panel->columns[i].counts =
            i != panel->time && is_value && reader->config->value_column.count == 0;
    }
}

/* The columns that the user names. */
static bool choose_columns(Panel *panel, InputText header) {
    const TextList *names = &panel->reader->config->value_column;
    bool found = true;
    for (size_t i = 0; i < names->count; i++) {
        int column = -1;
        found = format_csv_find(panel->reader, header, names->items[i], &column) && found;
        if (column >= 0) {
            panel->columns[column].counts = true;
        }
    }
    return found;
}

static RowResult bad_value(const Panel *panel, size_t column, InputText text) {
    const bool has_comma = memchr(text.start, ',', (size_t)(text.end - text.start)) != NULL;
    return row_bad(panel->reader, text.start, panel->columns[column].name, text,
                   has_comma ? "a number without commas: export it unformatted, or with decimal "
                               "points"
                             : "a number of requests such as 12, 1.2 K or 12 req/s; value_column "
                               "names the columns that are");
}

static RowResult add_value(Panel *panel, size_t column, InputText text, double *sum) {
    Series *series = &panel->columns[column];
    double value, per_s;
    if (!read_value(text, &value, &per_s) || value > 1e15) {
        return bad_value(panel, column, text);
    }
    if (per_s > 0) {
        series->has_per_s = true;
        value *= per_s;
    } else {
        series->has_plain = series->has_plain || value > 0;
        value *= series->per_s > 0 && panel->reader->config->values == OPTION_ABSENT_CHOICE
                     ? series->per_s
                     : 1;
    }
    *sum += value;
    return ROW_OK;
}

static uint32_t place(InputText line, const char *at) {
    return (uint32_t)(at - line.start) + 1;
}

static RowResult read_row(Panel *panel, InputText line, TrafficRow *row) {
    RowReader *reader = panel->reader;
    InputText values[ROLE_COUNT];
    bool any = false;
    *row = (TrafficRow){.line = reader->input.line};
    if (format_csv_values(reader, line, values) == ROW_BAD) {
        return ROW_BAD;
    }
    if (!row_passes(reader, reader->fields)) {
        return ROW_OUTSIDE;
    }
    const InputText time = field_trimmed(reader->fields[panel->time]);
    if (!field_time(time, reader->unit, &reader->calendar, &row->time)) {
        return row_bad(reader, time.start, panel->columns[panel->time].name, time,
                       row_time_expected(reader->unit));
    }
    row->time_column = place(line, time.start);
    for (size_t i = 0; i < panel->count; i++) {
        const InputText text = field_trimmed(reader->fields[i]);
        if (panel->columns[i].counts && !is_none(text)) {
            if (add_value(panel, i, text, &row->value) == ROW_BAD) {
                return ROW_BAD;
            }
            row->value_column = any ? row->value_column : place(line, text.start);
            any = true;
        }
    }
    return any ? ROW_OK : ROW_NONE;
}

/* A row without any value is a bin without requests: it has its place all the same. */
static bool read_rows(Panel *panel) {
    RowReader *reader = panel->reader;
    InputText line;
    TrafficRow row;
    while (input_line(&reader->input, &line)) {
        if (row_reader_halted(reader)) {
            return false;
        }
        if (line.start == line.end) {
            continue;
        }
        reader->counts->rows++;
        const RowResult result = read_row(panel, line, &row);
        if (result == ROW_BAD && !row_reader_bad_row(reader, line)) {
            return false;
        }
        reader->counts->outside += result == ROW_OUTSIDE || result == ROW_NONE;
        if (result == ROW_OK || result == ROW_NONE) {
            *row_reader_prepare(reader) = row;
        }
    }
    return !reader->input.failed;
}

static bool refuse(RowReader *reader, const char *place, const char *found, const char *expected) {
    const Error where = {.file = reader->input.path, .place = place};
    reader->failed = true;
    return error_at(reader->errors, &where, found, expected, NULL);
}

/* Are they rates? All are, or none is. */
static bool settle_values(Panel *panel) {
    RowReader *reader = panel->reader;
    const int given = reader->config->values;
    const Series *rates = NULL, *counts = NULL, *with_unit = NULL;
    for (size_t i = 0; i < panel->count; i++) {
        const Series *series = &panel->columns[i];
        if (series->has_per_s) {
            with_unit = series;
        }
        const bool by_name =
            given == OPTION_ABSENT_CHOICE && series->per_s > 0 && !series->has_per_s;
        if (series->has_per_s || (by_name && series->has_plain)) {
            rates = series;
        }
        if (series->has_plain && !by_name) {
            counts = series;
        }
    }
    if (given == TRACE_VALUES_COUNT && with_unit != NULL) {
        return refuse(reader, "values", "count",
                      "rate_per_s, or nothing: the values are in requests per second or minute");
    }
    if (rates != NULL && counts != NULL && given == OPTION_ABSENT_CHOICE) {
        return refuse(reader, "value_column", counts->name,
                      "rates or counts, not both: name the columns that are requests");
    }
    if (given == OPTION_ABSENT_CHOICE) {
        reader->rates = rates != NULL;
        reader->counts->values |= rates != NULL ? ASIM_RATES_BY_UNIT : ASIM_COUNTS_WITHOUT_UNIT;
    }
    if (reader->rates && reader->config->spread != OPTION_ABSENT_CHOICE) {
        return refuse(reader, "spread", "a spread of rates",
                      "no spread: their arrivals are a process of their own");
    }
    return true;
}

static bool read_panel(Panel *panel, InputText header) {
    RowReader *reader = panel->reader;
    panel->count = reader->field_count;
    if (csv_line_count(header, reader->delimiter) != panel->count) {
        return row_reader_refuse_header(reader, NULL, header, "names of columns on one line", NULL);
    }
    read_names(panel, header);
    reader->names[ROLE_TIME] = "Time";
    if (!choose_columns(panel, header) || !read_rows(panel) || !settle_values(panel)) {
        return false;
    }
    format_sum_series(reader);
    if (reader->prepared_count == 1 && reader->config->bin == SIM_TIME_NEVER) {
        return refuse(reader, "bin", "values of one time", "the length of a bin");
    }
    for (size_t i = 0; i < reader->prepared_count && reader->config->bin != SIM_TIME_NEVER; i++) {
        reader->prepared[i].width = reader->config->bin;
    }
    return true;
}

bool format_grafana_begin(RowReader *reader) {
    Panel panel = {.reader = reader};
    InputText first;
    if (input_peek(&reader->input, &first, 1) == 0) {
        return format_csv_begin(reader);
    }
    char *copy = memory_text_n(first.start, (size_t)(first.end - first.start));
    const bool read =
        format_csv_begin(reader) && read_panel(&panel, (InputText){copy, copy + strlen(copy)});
    for (size_t i = 0; i < panel.count && panel.columns != NULL; i++) {
        free(panel.columns[i].name);
    }
    free(panel.columns);
    free(copy);
    return read;
}
