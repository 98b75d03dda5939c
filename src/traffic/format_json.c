// SPDX-License-Identifier: GPL-3.0-or-later
/* Formats whose records are JSON objects: one a line, or however else they lie in the file; most
 * are no more than keys by name. */
#include "traffic/field.h"
#include "traffic/row_reader.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* How the records lie --------------------------------------------------------------------------
 */

/* Where the user names the keys, or the format, is it this? Else any format's records will do. */
static bool fits(void *context, InputText object) {
    RowReader *reader = context;
    const char *time = reader->config->time_column;
    const bool is_told = reader->config->format > 0;
    if (time != NULL || (is_told && (reader->format->takes & TAKES_NAMES) != 0)) {
        return time != NULL && json_object_has(object, time);
    }
    if (is_told) {
        return traffic_format_fits(reader->format, object);
    }
    const TrafficFormat *format = traffic_format_detect(&object, 1);
    if (format == NULL || format->shape != SHAPE_JSON) {
        return false;
    }
    reader->format = format;
    return true;
}

/* As much of the text as that, or all there is. */
static InputText read_head(TrafficInput *input, size_t enough) {
    while ((size_t)(input_ahead(input).end - input_ahead(input).start) < enough &&
           input_more(input)) {
    }
    return input_ahead(input);
}

/* Does it begin an object, or a list of objects or lists? Logs begin with brackets too. */
static bool is_json(InputText text) {
    JsonWalk walk = {text.start, text.end, NULL};
    json_walk_blanks(&walk);
    const bool is_list = json_walk_char(&walk, '[', "");
    json_walk_blanks(&walk);
    return walk.p < walk.end && strchr(is_list ? "[{]" : "{", *walk.p) != NULL;
}

size_t format_json_head(TrafficInput *input, InputText *head) {
    enum { FEW = 4096 };
    if (!is_json(read_head(input, FEW))) {
        return 0;
    }
    *head = read_head(input, INPUT_LONGEST_RECORD);
    return 1;
}

/* Looks into the first MiB, and on while nothing fits: a record may be long. */
static bool find_records(RowReader *reader) {
    for (size_t enough = INPUT_LONGEST_RECORD;; enough *= 2) {
        const InputText head = read_head(&reader->input, enough);
        json_records_clear(&reader->records);
        if (json_records_find(&reader->records, head, fits, reader)) {
            return true;
        }
        if ((size_t)(head.end - head.start) < enough) {
            return false;
        }
    }
}

/* Lines that are objects, of the first ones; of a list there are none. */
static size_t count_lines(TrafficInput *input) {
    InputText lines[INPUT_PEEK_LEAST];
    JsonWalk walk = {input_ahead(input).start, input_ahead(input).end, NULL};
    return json_walk_char(&walk, '[', "")
               ? 0
               : json_records_count_lines(lines, input_peek(input, lines, INPUT_PEEK_LEAST));
}

bool format_json_detect(RowReader *reader) {
    const bool is_known = reader->config->format > 0 || reader->config->time_column != NULL;
    const bool found = find_records(reader), is_inside = reader->records.path.count > 0;
    if (found && is_inside) {
        reader->is_laid = true;
    } else { /* what is wrong where nothing fits, the first row tells */
        reader->is_laid = count_lines(&reader->input) < (is_inside ? 2 : 1);
    }
    if (reader->format == NULL && is_known) {
        reader->format = traffic_format_find("jsonl");
    }
    return reader->format != NULL;
}

/* Keys -----------------------------------------------------------------------------------------
 */

/* The key is in none of the first records. */
static bool refuse_key(RowReader *reader, InputText record, const char *name) {
    const char *line = input_ahead(&reader->input).start, *end;
    Error where = {.file = reader->input.path, .line = 1, .place = name};
    while ((end = memchr(line, '\n', (size_t)(record.start - line))) != NULL) {
        line = end + 1;
        where.line++;
    }
    where.column = record.start - line + 1;
    end = memchr(record.start, '\n', (size_t)(record.end - record.start));
    const ptrdiff_t length = (end != NULL ? end : record.end) - record.start;
    char *expected = memory_format("an object with the key \"%s\"", name);
    char *nearest = json_object_nearest(record, name);
    reader->failed = true;
    error_found(reader->errors, &where, expected, nearest, "%.*s%s",
                (int)(length > 80 ? 80 : length), record.start,
                length > 80 || end != NULL ? "..." : "");
    free(nearest);
    free(expected);
    return false;
}

static bool check_keys(RowReader *reader, const InputText records[], size_t count) {
    size_t first = count;
    bool is_there[ROLE_COUNT] = {false}, found = true;
    for (size_t i = count; i-- > 0;) {
        InputText values[ROLE_COUNT];
        const char *expected;
        if (json_object_find(records[i], reader->names, values, ROLE_COUNT, &expected) == NULL) {
            first = i;
            for (int role = 0; role < ROLE_COUNT; role++) {
                is_there[role] = is_there[role] || values[role].start != NULL;
            }
        }
    }
    for (int role = 0; role < ROLE_COUNT && first < count; role++) {
        found = (reader->names[role] == NULL || is_there[role] ||
                 refuse_key(reader, records[first], reader->names[role])) &&
                found;
    }
    return found;
}

/* The keys that the user has named are in one of the first records, or misspelt. */
bool format_json_begin(RowReader *reader) {
    if ((reader->format->takes & TAKES_NAMES) == 0) {
        return true;
    }
    bool is_all;
    InputText *records = memory_new(ROWS_PEEK_MOST, sizeof records[0]);
    const size_t count = row_reader_peek(reader, records, ROWS_PEEK_MOST, &is_all);
    const bool found = check_keys(reader, records, count);
    free(records);
    return found;
}

static bool is_blank(InputText line) {
    JsonWalk walk = {line.start, line.end, NULL};
    json_walk_blanks(&walk);
    return walk.p == walk.end;
}

/* null, and not "null". */
static bool is_null(InputText value) {
    return value.start != NULL && value.start[-1] != '"' && field_says(value, "null");
}

RowResult format_json_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText values[ROLE_COUNT + ROW_FILTER_MOST];
    const size_t count = ROLE_COUNT + reader->filter.count;
    const char *expected;
    const char *stop = json_object_find(line, reader->names, values, count, &expected);
    if (stop != NULL) {
        return is_blank(line) ? ROW_NONE
                              : row_bad(reader, stop, NULL, (InputText){stop, line.end}, expected);
    }
    for (size_t i = ROLE_COUNT; i < count; i++) {
        if (is_null(values[i])) {
            values[i] = (InputText){NULL, NULL};
        }
    }
    return row_passes(reader, values) ? row_from_values(reader, values, row)
                                      : row_left_out(reader, values, row);
}

/* LLMServingSim has single requests and chains of them in one file. */
bool format_llmservingsim_matches(const InputText lines[], size_t count) {
    (void)count;
    return json_object_has(lines[0], "arrival_time_ns") &&
           (json_object_has(lines[0], "input_toks") || json_object_has(lines[0], "sub_requests"));
}

/* A chain's later requests wait for the answers to the earlier ones: no trace of arrivals can say
 * when. */
RowResult format_llmservingsim_parse(RowReader *reader, InputText line, TrafficRow *row) {
    const RowResult result = format_json_parse(reader, line, row);
    if (result == ROW_BAD && json_object_has(line, "sub_requests")) {
        return row_bad(reader, line.start, "sub_requests", line,
                       "single requests: a chain of requests has no arrival times to replay");
    }
    return result;
}
