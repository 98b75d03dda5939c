// SPDX-License-Identifier: GPL-3.0-or-later
/* Formats whose records are JSON objects: one a line, or however else they lie in the file; most
 * are no more than keys by name. */
#include "traffic/field.h"
#include "traffic/row_reader.h"

#include "base/memory.h"
#include "engine/sim_time.h"

#include <math.h>
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

/* "POST /v1/x?y=1 HTTP/1.1", or one of its parts, as the method or the path without its query. */
static InputText field_value(FormatField field, InputText value) {
    if (value.start == NULL || field == FORMAT_STATUS || field == FORMAT_FIELDS) {
        return value;
    }
    const char *blank = memchr(value.start, ' ', (size_t)(value.end - value.start));
    if (field == FORMAT_METHOD) {
        return (InputText){value.start, blank != NULL ? blank : value.end};
    }
    const char *const from = blank != NULL ? blank + 1 : value.start;
    const char *to = from;
    while (to < value.end && *to != '?' && *to != ' ') {
        to++;
    }
    return (InputText){from, to};
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
        values[i] = field_value(reader->filter_fields[i - ROLE_COUNT], values[i]);
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

/* k6 --------------------------------------------------------------------------------------------
 * Its metrics and their points, one a line; the points of http_reqs are requests, with the time at
 * which they ended. */

static bool says_member(InputText object, const char *key, const char *text) {
    const char *expected;
    InputText value = {NULL, NULL};
    json_object_find(object, &key, &value, 1, &expected);
    return value.start != NULL && field_says(value, text);
}

bool format_k6_json_matches(const InputText lines[], size_t count) {
    (void)count;
    return json_object_has(lines[0], "metric") && json_object_has(lines[0], "data") &&
           (says_member(lines[0], "type", "Metric") || says_member(lines[0], "type", "Point"));
}

RowResult format_k6_json_parse(RowReader *reader, InputText line, TrafficRow *row) {
    *row = (TrafficRow){0};
    if (says_member(line, "type", "Metric") ||
        !(says_member(line, "metric", reader->format->only) || !json_object_has(line, "metric"))) {
        return ROW_NONE;
    }
    return format_json_parse(reader, line, row);
}

/* OpenAI's usage --------------------------------------------------------------------------------
 * Requests and tokens per bucket: sums by whatever the answer was grouped by, in a list of the
 * bucket; or in the older form rows of five minutes. All sums of a bucket are one. They are few,
 * and in any order, so they are read before the first is given out. */

#define OPENAI_OLDER_BUCKET (5 * SIM_TIME_MINUTE)

typedef struct Usage {
    sim_time begin, width;
    double requests, prompt, output, cached; /* sums */
} Usage;

typedef struct UsageList {
    Usage *items;
    size_t count, capacity;
} UsageList;

bool format_openai_matches(const InputText lines[], size_t count) {
    (void)count;
    return json_object_has(lines[0], "start_time") && json_object_has(lines[0], "end_time") &&
           json_object_has(lines[0], "results");
}

static RowResult read_sum(RowReader *reader, InputText object, InputText value, RowRole role,
                          double *sum) {
    uint64_t number;
    const InputText text = value.start != NULL ? field_trimmed(value) : value;
    if (text.start == NULL && role == ROLE_CACHED) {
        return ROW_OK; /* older answers do not tell it */
    }
    if (text.start == NULL || !field_whole(text, UINT64_C(1) << 50, &number)) {
        return row_bad(reader, text.start != NULL ? text.start : object.start, reader->names[role],
                       text, "a whole number");
    }
    *sum += (double)number;
    return ROW_OK;
}

/* Adds the sums of one object. */
static RowResult add_sums(RowReader *reader, InputText object, Usage *usage) {
    InputText values[ROLE_COUNT];
    const char *expected;
    const char *stop = json_object_find(object, reader->names, values, ROLE_COUNT, &expected);
    if (stop != NULL) {
        return row_bad(reader, stop, NULL, (InputText){stop, object.end}, expected);
    }
    if (read_sum(reader, object, values[ROLE_VALUE], ROLE_VALUE, &usage->requests) == ROW_BAD ||
        read_sum(reader, object, values[ROLE_PROMPT], ROLE_PROMPT, &usage->prompt) == ROW_BAD ||
        read_sum(reader, object, values[ROLE_OUTPUT], ROLE_OUTPUT, &usage->output) == ROW_BAD ||
        read_sum(reader, object, values[ROLE_CACHED], ROLE_CACHED, &usage->cached) == ROW_BAD) {
        return ROW_BAD;
    }
    const InputText cached = values[ROLE_CACHED];
    return usage->cached <= usage->prompt || reader->names[ROLE_CACHED] == NULL
               ? ROW_OK
               : row_bad(reader, cached.start, reader->names[ROLE_CACHED], cached,
                         "a whole number of cached tokens, at most those of the prompts");
}

static RowResult add_results(RowReader *reader, InputText results, Usage *usage) {
    InputText result;
    JsonWalk walk = {results.start, results.end, NULL};
    if (!json_walk_char(&walk, '[', "a list of results")) {
        return row_bad(reader, walk.p, "results", results, walk.expected);
    }
    if (json_walk_char(&walk, ']', "")) {
        return ROW_OK;
    }
    do {
        if (!json_walk_value(&walk, &result)) {
            return row_bad(reader, walk.p, "results", (InputText){walk.p, walk.end}, walk.expected);
        }
        if (add_sums(reader, result, usage) == ROW_BAD) {
            return ROW_BAD;
        }
    } while (json_walk_char(&walk, ',', ""));
    return ROW_OK;
}

/* Requests have tokens, unless the user says how many. */
static RowResult check_tokens(RowReader *reader, InputText record, const Usage *usage) {
    const RequestsConfig *drawn = &reader->config->requests;
    const bool table = drawn->lengths != OPTION_ABSENT_CHOICE;
    const bool no_prompt = usage->prompt == 0 && !table && !lengths_given(&drawn->prompt_tokens);
    const bool no_output = usage->output == 0 && !table && !lengths_given(&drawn->output_tokens);
    return usage->requests > 0 && (no_prompt || no_output)
               ? row_bad(reader, record.start, reader->names[no_prompt ? ROLE_PROMPT : ROLE_OUTPUT],
                         (InputText){NULL, NULL}, "tokens of the bucket's requests")
               : ROW_OK;
}

static RowResult read_usage(RowReader *reader, InputText record, Usage *usage) {
    static const char *const keys[] = {"end_time", "results"};
    enum { END, RESULTS, KEYS };
    InputText values[KEYS], time = {NULL, NULL};
    const char *expected;
    int64_t end;
    FieldCalendar calendar = {.known = false};
    *usage = (Usage){.width = OPENAI_OLDER_BUCKET};
    const char *stop = json_object_find(record, reader->names, &time, 1, &expected);
    if (stop != NULL) {
        return row_bad(reader, stop, NULL, (InputText){stop, record.end}, expected);
    }
    if (time.start == NULL || !field_time(time, reader->unit, &calendar, &usage->begin)) {
        return row_bad(reader, time.start != NULL ? time.start : record.start,
                       reader->names[ROLE_TIME], time, row_time_expected(reader->unit));
    }
    reader->time_at = time.start;
    if (reader->format->matches == NULL) {
        return add_sums(reader, record, usage);
    }
    json_object_find(record, keys, values, KEYS, &expected);
    if (values[END].start == NULL || !field_time(values[END], reader->unit, &calendar, &end) ||
        __builtin_sub_overflow(end, usage->begin, &usage->width) || usage->width <= 0) {
        return row_bad(reader, values[END].start != NULL ? values[END].start : record.start,
                       "end_time", values[END], "a time after start_time");
    }
    const InputText none = {record.start, record.start};
    return add_results(reader, values[RESULTS].start != NULL ? values[RESULTS] : none, usage);
}

static int compare_usages(const void *a, const void *b) {
    const Usage *left = a, *right = b;
    return (left->begin > right->begin) - (left->begin < right->begin);
}

/* Sums of one bucket as one, in order. */
static void merge_usages(UsageList *list) {
    size_t count = 0;
    if (list->count > 0) {
        qsort(list->items, list->count, sizeof list->items[0], compare_usages);
    }
    for (size_t i = 0; i < list->count; i++) {
        Usage *item = &list->items[i], *last = count > 0 ? &list->items[count - 1] : NULL;
        if (last != NULL && last->begin == item->begin) {
            last->requests += item->requests;
            last->prompt += item->prompt;
            last->output += item->output;
            last->cached += item->cached;
        } else {
            list->items[count++] = *item;
        }
    }
    list->count = count;
}

static uint32_t mean_tokens(double sum, double requests) {
    const double mean = requests > 0 ? rint(sum / requests) : 0;
    return mean < 1 ? 1 : mean > FIELD_TOKENS_MOST ? (uint32_t)FIELD_TOKENS_MOST : (uint32_t)mean;
}

static bool read_usages(RowReader *reader, UsageList *list) {
    InputText record;
    while (row_reader_text(reader, &record)) {
        if (row_reader_halted(reader)) {
            return false;
        }
        if (record.start == record.end) {
            continue;
        }
        Usage usage;
        reader->counts->rows++;
        if (read_usage(reader, record, &usage) != ROW_OK ||
            check_tokens(reader, record, &usage) != ROW_OK) {
            if (!row_reader_bad_row(reader, record)) {
                return false;
            }
            continue;
        }
        list->items = memory_grow(list->items, list->count, &list->capacity, sizeof list->items[0]);
        list->items[list->count++] = usage;
    }
    return !reader->failed && !reader->input.failed;
}

bool format_openai_begin(RowReader *reader) {
    UsageList list = {0};
    const bool read = read_usages(reader, &list);
    merge_usages(&list);
    for (size_t i = 0; read && i < list.count; i++) {
        const Usage *usage = &list.items[i];
        TrafficRow *row = row_reader_prepare(reader);
        *row = (TrafficRow){.time = usage->begin,
                            .width = usage->width,
                            .value = usage->requests,
                            .prompt_tokens = mean_tokens(usage->prompt, usage->requests),
                            .output_tokens = mean_tokens(usage->output, usage->requests)};
        if (usage->cached > 0) {
            row->past_kind = ASIM_PAST_CACHED;
            row->past.seen.tokens = mean_tokens(usage->cached, usage->requests);
        }
    }
    free(list.items);
    return read;
}
