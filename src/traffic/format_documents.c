// SPDX-License-Identifier: GPL-3.0-or-later
/* Recordings that are one JSON document, read whole: Prometheus' answer to query_range, and the
 * result of vLLM's benchmark. Both are small (a server gives at most 11,000 points per series). */
#include "traffic/field.h"
#include "traffic/json_object.h"
#include "traffic/row_reader.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MOST ((size_t)256 << 20)

/* An error about the document as a whole. Always false. */
static bool refuse_document(RowReader *reader, const char *place, const char *found,
                            const char *expected) {
    const Error where = {.file = reader->input.path, .place = place};
    reader->failed = true;
    return error_at(reader->errors, &where, found, expected, NULL);
}

/* A recording in memory: as text, for the places in messages, and as JSON. */
typedef struct Document {
    RowReader *reader;
    InputText text;
    cJSON *json;
} Document;

/* A place in the text, as a line and a column; NULL: neither is known. */
static RowPlace place_of(InputText text, const char *at, const char *name) {
    RowPlace place = {at != NULL, 0, name};
    const char *start = text.start;
    for (const char *p = text.start; at != NULL && p < at; p++) {
        if (*p == '\n') {
            place.line++;
            start = p + 1;
        }
    }
    place.column = at == NULL ? 0 : (long)(at - start) + 1;
    return place;
}

/* Where parsing stopped. */
static void refuse_json(RowReader *reader, InputText text, const char *stop) {
    const RowPlace place = place_of(text, stop, NULL);
    const Error where = {.file = reader->input.path, .line = place.line, .column = place.column};
    reader->failed = true;
    if (stop < text.end) {
        error_found(reader->errors, &where, "a whole JSON document", NULL, "\"%.*s\"",
                    text.end - stop > 40 ? 40 : (int)(text.end - stop), stop);
    } else {
        error_at(reader->errors, &where, "the end of the file", "a whole JSON document", NULL);
    }
}

/* Reads the document and makes rows of it by `add`; false after adding an error. */
static bool add_document(RowReader *reader, bool (*add)(const Document *document)) {
    Document document = {.reader = reader};
    InputText *text = &document.text;
    if (!input_rest(&reader->input, DOCUMENT_MOST, text)) {
        return false;
    }
    const char *stop = memchr(text->start, '\0', (size_t)(text->end - text->start));
    if (stop != NULL) { /* cJSON would take it for the end */
        refuse_json(reader, *text, stop);
        return false;
    }
    document.json =
        cJSON_ParseWithLengthOpts(text->start, (size_t)(text->end - text->start) + 1, &stop, true);
    if (document.json == NULL) {
        refuse_json(reader, *text, stop < text->start || stop > text->end ? text->end : stop);
        return false;
    }
    const bool added = add(&document);
    cJSON_Delete(document.json);
    return added;
}

/* A key's value in the text; empty when it is not there. */
static InputText find_value(InputText object, const char *key) {
    const char *expected;
    InputText value = {NULL, NULL};
    return json_object_find(object, &key, &value, 1, &expected) == NULL && value.start != NULL
               ? value
               : (InputText){object.start, object.start};
}

/* A bad element, whose text begins at `at` (NULL: not known): skipped (true), or an error (false).
 */
static bool refuse_element(const Document *document, const char *place, const char *at,
                           const cJSON *item, const char *expected) {
    char *found = item ? cJSON_PrintUnformatted(item) : NULL;
    const bool go_on = row_reader_refuse(document->reader, place_of(document->text, at, place),
                                         found ? found : "nothing", expected, NULL);
    free(found);
    return go_on;
}

/* Prometheus ------------------------------------------------------------------------------------
 */

/* [1784000000, "12.5"] */
static bool begins_with_point(JsonWalk *walk) {
    InputText time, value;
    double seconds;
    return json_walk_char(walk, '[', "") && json_walk_value(walk, &time) &&
           json_walk_char(walk, ',', "") && json_walk_value(walk, &value) &&
           json_walk_char(walk, ']', "") && value.start[-1] == '"' && field_amount(time, &seconds);
}

/* Written with indents, the first lines are few words: with the keys sorted, they show no status
 * and no resultType. */
bool format_prometheus_matches(const InputText lines[], size_t count) {
    const InputText text = {lines[0].start, lines[count - 1].end};
    JsonWalk walk = {text.start, text.end, NULL};
    if (json_walk_char(&walk, '[', "")) { /* a list of series, or the points of one */
        const InputText series = {walk.p, walk.end};
        return (json_object_has(series, "metric") && json_object_has(series, "values")) ||
               begins_with_point(&walk);
    }
    if (json_object_has(text, "status") &&
        (text_span_holds(text, "\"resultType\"") || text_span_holds(text, "\"errorType\""))) {
        return true;
    }
    const char *data = json_object_first(text, "data");
    if (data == NULL) {
        return false;
    }
    const InputText inner = {data, text.end};
    const char *result = json_object_first(inner, "result");
    return json_object_first(inner, "resultType") != NULL ||
           (result != NULL && result < text.end && *result == '[');
}

/* One point of a series. A value that is not a number (stale, 0/0) is no point. */
typedef enum PointResult { POINT_OK, POINT_NONE, POINT_BAD } PointResult;

static PointResult read_point(const cJSON *point, FieldUnit unit, int64_t *time, double *value) {
    const cJSON *at = cJSON_GetArrayItem(point, 0), *text = cJSON_GetArrayItem(point, 1);
    const double ms = cJSON_IsNumber(at) ? at->valuedouble * pow(10, (double)unit - 6) : NAN;
    if (cJSON_GetArraySize(point) != 2 || !(fabs(ms) < 9e12)) {
        return POINT_BAD;
    }
    *time = (int64_t)rint(ms) * SIM_TIME_MILLISECOND; /* its resolution */
    if (cJSON_IsNumber(text)) {                       /* not Prometheus itself, but seen */
        *value = text->valuedouble;
        return *value >= 0 && *value < 1e300 ? POINT_OK : POINT_BAD;
    }
    if (!cJSON_IsString(text)) {
        return POINT_BAD;
    }
    const char *digits = text->valuestring;
    if (strcmp(digits, "NaN") == 0) {
        return POINT_NONE;
    }
    return field_amount((InputText){digits, digits + strlen(digits)}, value) ? POINT_OK : POINT_BAD;
}

/* A point in the text; NULL where no message will tell. */
static const char *locate_point(const Document *document, size_t series, size_t point) {
    InputText item;
    const InputText text = document->text;
    const bool is_list = cJSON_IsArray(document->json);
    const InputText result = is_list ? text : find_value(find_value(text, "data"), "result");
    if (document->reader->skip_bad_rows) {
        return NULL;
    }
    const bool is_bare = is_list && cJSON_IsArray(document->json->child);
    return (is_bare || json_list_element(result, series, &item)) &&
                   json_list_element(is_bare ? result : find_value(item, "values"), point, &item)
               ? item.start
               : NULL;
}

/* The points of the n-th series as rows; of a counter, what it has grown by since the point before.
 * A rate that is held is told by its changes, which can be summed over series whatever their
 * points: up at a point, and back to 0 when the last one has lasted as long as the shortest step.
 */
static bool add_series(const Document *document, size_t n, const cJSON *values) {
    RowReader *reader = document->reader;
    const cJSON *point;
    size_t number = 0;
    bool has_before = false;
    int64_t time = 0, time_before = 0;
    double value = 0, before = 0;
    sim_time step = SIM_TIME_NEVER;
    const bool changes =
        reader->config->gaps == TRACE_GAPS_HOLD && reader->config->values != TRACE_VALUES_COUNTER;
    cJSON_ArrayForEach (point, values) {
        const size_t i = number++;
        reader->counts->rows++;
        const PointResult result = read_point(point, reader->unit, &time, &value);
        const bool falls = result == POINT_OK && has_before && time <= time_before;
        if (result == POINT_NONE) {
            reader->counts->outside++;
        } else if ((result == POINT_BAD || falls) &&
                   !refuse_element(document, "values", locate_point(document, n, i), point,
                                   falls ? "times that rise" : "[time, \"number >= 0\"]")) {
            return false;
        }
        if (result != POINT_OK || falls) {
            continue;
        }
        if (has_before && time - time_before < step) {
            step = time - time_before;
        }
        if (changes) {
            *row_reader_prepare(reader) = (TrafficRow){.time = time, .value = value - before};
        } else if (reader->config->values != TRACE_VALUES_COUNTER) {
            *row_reader_prepare(reader) = (TrafficRow){.time = time, .value = value};
        } else if (has_before) {
            const double growth = value >= before ? value - before : value; /* restarted at 0 */
            *row_reader_prepare(reader) = (TrafficRow){
                .time = time_before,
                .value = growth,
                .width = time - time_before,
            };
        }
        has_before = true;
        before = value;
        time_before = time;
    }
    if (changes && has_before) {
        step = step == SIM_TIME_NEVER ? SIM_TIME_MINUTE : step;
        *row_reader_prepare(reader) = (TrafficRow){.time = time_before + step, .value = -before};
    }
    return true;
}

/* Do the series' labels pass the filter? */
static bool passes_labels(RowReader *reader, const cJSON *series) {
    const cJSON *labels = cJSON_GetObjectItemCaseSensitive(series, "metric");
    InputText values[ROLE_COUNT + ROW_FILTER_MOST] = {{NULL, NULL}};
    for (size_t i = 0; i < reader->filter.count; i++) {
        const size_t column = reader->filter.conditions[i].column;
        const char *label =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(labels, reader->names[column]));
        if (label != NULL) {
            values[column] = (InputText){label, label + strlen(label)};
        }
    }
    return row_passes(reader, values);
}

/* A series that does not pass. */
static void leave_out(RowReader *reader, const cJSON *values) {
    reader->counts->rows += (uint64_t)cJSON_GetArraySize(values);
    reader->counts->outside += (uint64_t)cJSON_GetArraySize(values);
}

static int compare_times(const void *a, const void *b) {
    const TrafficRow *left = a, *right = b;
    return (left->time > right->time) - (left->time < right->time);
}

/* Changes of held rates become the rates between them; the last one ends them all. */
static void hold_rates(RowReader *reader, size_t count) {
    TrafficRow *rows = reader->prepared;
    double rate = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        rate += rows[i].value;
        rows[i].value = rate < 1e-9 ? 0 : rate; /* what is left of sums that should be 0 */
        rows[i].width = rows[i + 1].time - rows[i].time;
    }
    reader->prepared_count = count - 1;
}

/* Sums the series: points of one time become one. Sets the widths: each holds for the shortest step
 * between two points, so that a gap is silence, or until the next one of its series. */
void format_sum_series(RowReader *reader) {
    TrafficRow *rows = reader->prepared;
    size_t count = 0;
    if (reader->prepared_count == 0) {
        return;
    }
    qsort(rows, reader->prepared_count, sizeof rows[0], compare_times);
    for (size_t i = 0; i < reader->prepared_count; i++) {
        if (count > 0 && rows[count - 1].time == rows[i].time) {
            TrafficRow *sum = &rows[count - 1];
            sum->value += rows[i].value;
            sum->width = rows[i].width < sum->width ? rows[i].width : sum->width;
        } else {
            rows[count++] = rows[i];
        }
    }
    reader->prepared_count = count;
    if (reader->config->gaps == TRACE_GAPS_HOLD && reader->config->values != TRACE_VALUES_COUNTER) {
        hold_rates(reader, count);
        return;
    }
    sim_time step = SIM_TIME_NEVER;
    for (size_t i = 1; i < count; i++) {
        const sim_time gap = rows[i].time - rows[i - 1].time;
        step = gap < step ? gap : step;
    }
    step = count > 1 ? step : SIM_TIME_MINUTE;
    for (size_t i = 0; i < count && reader->config->values != TRACE_VALUES_COUNTER; i++) {
        rows[i].width = step;
    }
}

/* The answer's series; or a list of series, or of points, that somebody took out of one. NULL after
 * adding an error. */
static const cJSON *find_series(const Document *document) {
    if (cJSON_IsArray(document->json)) {
        return document->json;
    }
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(document->json, "data");
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(data, "resultType");
    const cJSON *result = cJSON_GetObjectItemCaseSensitive(data, "result");
    if (cJSON_IsString(type) && strcmp(type->valuestring, "matrix") == 0 && cJSON_IsArray(result)) {
        return result;
    }
    refuse_document(document->reader, "data.resultType",
                    cJSON_IsString(type) ? type->valuestring : "nothing",
                    "\"matrix\", as query_range gives it");
    return NULL;
}

static bool add_matrix(const Document *document) {
    RowReader *reader = document->reader;
    const cJSON *result = find_series(document), *series;
    size_t number = 0;
    if (result == NULL) {
        return false;
    }
    if (cJSON_IsArray(result->child)) {
        const bool added = add_series(document, 0, result);
        format_sum_series(reader);
        return added;
    }
    cJSON_ArrayForEach (series, result) {
        if (passes_labels(reader, series)) {
            if (!add_series(document, number, cJSON_GetObjectItemCaseSensitive(series, "values"))) {
                return false;
            }
        } else {
            leave_out(reader, cJSON_GetObjectItemCaseSensitive(series, "values"));
        }
        number++;
    }
    if (number == 0) {
        return refuse_document(reader, "data.result", "no series",
                               "at least one series of the matrix");
    }
    if (!row_filter_check(&reader->filter, "series", reader->input.path, reader->errors)) {
        return false;
    }
    format_sum_series(reader);
    return true;
}

bool format_prometheus_begin(RowReader *reader) {
    const bool added = add_document(reader, add_matrix);
    reader->names[ROLE_TIME] = "values";
    return added;
}

/* vLLM ------------------------------------------------------------------------------------------
 */

/* Written with indents and sorted keys, the first lines end before model_id. */
bool format_vllm_matches(const InputText lines[], size_t count) {
    const InputText text = {lines[0].start, lines[count - 1].end};
    return json_object_has(text, "backend") &&
           (json_object_has(text, "model_id") || json_object_has(text, "burstiness"));
}

/* A whole number of tokens from a JSON number; false when it is none. */
static bool read_tokens(const cJSON *item, double least, uint32_t *tokens) {
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= least) ||
        item->valuedouble > (double)FIELD_TOKENS_MOST ||
        item->valuedouble != rint(item->valuedouble)) {
        return false;
    }
    *tokens = (uint32_t)item->valuedouble;
    return true;
}

/* A bad figure of the n-th request. */
static bool refuse_figure(const Document *document, const char *key, size_t n, const cJSON *item,
                          const char *expected) {
    InputText element;
    const bool located = !document->reader->skip_bad_rows &&
                         json_list_element(find_value(document->text, key), n, &element);
    return refuse_element(document, key, located ? element.start : NULL, item, expected);
}

/* The n-th request, from the three lists. Failed ones have no output. */
static bool add_request(const Document *document, size_t n, const cJSON *time, const cJSON *prompt,
                        const cJSON *output) {
    RowReader *reader = document->reader;
    TrafficRow row = {0};
    reader->counts->rows++;
    const double ns =
        cJSON_IsNumber(time) ? time->valuedouble * pow(10, (double)reader->unit) : NAN;
    if (!(fabs(ns) < 9e18)) {
        return refuse_figure(document, "start_times", n, time, row_time_expected(reader->unit));
    }
    if (!read_tokens(output, 0, &row.output_tokens)) {
        return refuse_figure(document, "output_lens", n, output,
                             "a whole number from 0 to 2147483648");
    }
    row.time = (int64_t)rint(ns);
    if (row.output_tokens == 0) {
        reader->counts->failed++;
        if (row.time < reader->earliest_left_out) {
            reader->earliest_left_out = row.time;
        }
        return true;
    }
    if (!read_tokens(prompt, 1, &row.prompt_tokens)) {
        return refuse_figure(document, "input_lens", n, prompt,
                             "a whole number from 1 to 2147483648");
    }
    *row_reader_prepare(reader) = row;
    return true;
}

static bool add_requests(const Document *document) {
    RowReader *reader = document->reader;
    const cJSON *times = cJSON_GetObjectItemCaseSensitive(document->json, "start_times");
    const cJSON *prompts = cJSON_GetObjectItemCaseSensitive(document->json, "input_lens");
    const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(document->json, "output_lens");
    if (!cJSON_IsArray(times) || !cJSON_IsArray(prompts) || !cJSON_IsArray(outputs)) {
        return refuse_document(reader, "start_times", "no list of each request's figures",
                               "start_times, input_lens and output_lens (--save-detailed)");
    }
    const cJSON *time = times->child, *prompt = prompts->child, *output = outputs->child;
    for (size_t n = 0; time && prompt && output;
         n++, time = time->next, prompt = prompt->next, output = output->next) {
        if (!add_request(document, n, time, prompt, output)) {
            return false;
        }
    }
    return (!time && !prompt && !output) ||
           refuse_document(reader, "start_times", "lists of different lengths",
                           "start_times, input_lens and output_lens of one length");
}

bool format_vllm_begin(RowReader *reader) {
    return add_document(reader, add_requests);
}
