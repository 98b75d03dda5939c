// SPDX-License-Identifier: GPL-3.0-or-later
/* Recordings that are one JSON document, read whole: Prometheus' answer to query_range, and the
 * result of vLLM's benchmark. Both are small (a server gives at most 11,000 points per series). */
#include "traffic/json_line.h"
#include "traffic/row_reader.h"

#include "engine/memory.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MOST ((size_t)256 << 20)

/* An error about the document as a whole. Always false. */
static bool refuse_document(RowReader *reader, const char *place, const char *found,
                            const char *expected) {
    const Error error = {
        .file = reader->input.path, .place = place, .found = found, .expected = expected};
    error_add(reader->errors, &error);
    reader->failed = true;
    return false;
}

/* Where parsing stopped, as a line and a column. */
static void refuse_json(RowReader *reader, InputText text, const char *stop) {
    long line = 1;
    const char *start = text.start;
    for (const char *p = text.start; p < stop; p++) {
        if (*p == '\n') {
            line++;
            start = p + 1;
        }
    }
    char *found =
        stop < text.end
            ? memory_format("\"%.*s\"", text.end - stop > 40 ? 40 : (int)(text.end - stop), stop)
            : memory_text("the end of the file");
    const Error error = {.file = reader->input.path,
                         .line = line,
                         .column = (long)(stop - start) + 1,
                         .found = found,
                         .expected = "a whole JSON document"};
    error_add(reader->errors, &error);
    reader->failed = true;
    free(found);
}

/* The document, owned by the caller; NULL after adding an error. */
static cJSON *read_document(RowReader *reader) {
    InputText text;
    if (!input_rest(&reader->input, DOCUMENT_MOST, &text)) {
        return NULL;
    }
    const char *stop = memchr(text.start, '\0', (size_t)(text.end - text.start));
    if (stop != NULL) { /* cJSON would take it for the end */
        refuse_json(reader, text, stop);
        return NULL;
    }
    cJSON *document =
        cJSON_ParseWithLengthOpts(text.start, (size_t)(text.end - text.start) + 1, &stop, true);
    if (document == NULL) {
        refuse_json(reader, text, stop < text.start || stop > text.end ? text.end : stop);
    }
    return document;
}

/* A bad element: skipped (true), or an error (false). */
static bool refuse_element(RowReader *reader, const char *place, const cJSON *item,
                           const char *expected) {
    char *found = item ? cJSON_PrintUnformatted(item) : NULL;
    const bool go_on = row_reader_refuse(reader, place, found ? found : "nothing", expected, NULL);
    free(found);
    return go_on;
}

/* Prometheus ------------------------------------------------------------------------------------
 */

/* Does the text hold this word? */
static bool text_holds(InputText text, const char *word) {
    const size_t length = strlen(word);
    for (const char *p = text.start; (size_t)(text.end - p) >= length; p++) {
        p = memchr(p, word[0], (size_t)(text.end - p));
        if (p == NULL || (size_t)(text.end - p) < length) {
            return false;
        }
        if (memcmp(p, word, length) == 0) {
            return true;
        }
    }
    return false;
}

bool format_prometheus_matches(const InputText lines[], size_t count) {
    const InputText text = {lines[0].start, lines[count - 1].end};
    return json_line_has(text, "status") &&
           (text_holds(text, "\"resultType\"") || text_holds(text, "\"errorType\""));
}

/* One point of a series. A value that is not a number (stale, 0/0) is no point. */
typedef enum PointResult { POINT_OK, POINT_NONE, POINT_BAD } PointResult;

static PointResult read_point(const cJSON *point, int64_t *time, double *value) {
    const cJSON *at = cJSON_GetArrayItem(point, 0), *text = cJSON_GetArrayItem(point, 1);
    if (cJSON_GetArraySize(point) != 2 || !cJSON_IsNumber(at) || !(fabs(at->valuedouble) < 9e9)) {
        return POINT_BAD;
    }
    *time = (int64_t)rint(at->valuedouble * 1e3) * SIM_TIME_MILLISECOND; /* its resolution */
    if (cJSON_IsNumber(text)) { /* not Prometheus itself, but seen */
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

/* The points of one series as rows; of a counter, what it has grown by since the point before. */
static bool add_series(RowReader *reader, const cJSON *values) {
    const cJSON *point;
    bool has_before = false;
    int64_t time, time_before = 0;
    double value = 0, before = 0;
    cJSON_ArrayForEach (point, values) {
        reader->counts->rows++;
        const PointResult result = read_point(point, &time, &value);
        if (result == POINT_BAD) {
            if (!refuse_element(reader, "values", point, "[time, \"number >= 0\"]")) {
                return false;
            }
            continue;
        }
        if (result == POINT_NONE) {
            reader->counts->outside++;
            continue;
        }
        if (has_before && time <= time_before) {
            if (!refuse_element(reader, "values", point, "times that rise")) {
                return false;
            }
            continue;
        }
        if (!reader->counters) {
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
    return true;
}

static bool has_label(const RowReader *reader, const cJSON *series) {
    if (reader->filter_value == NULL) {
        return true;
    }
    const cJSON *label = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(series, "metric"), reader->names[ROLE_FILTER]);
    return cJSON_IsString(label) && strcmp(label->valuestring, reader->filter_value) == 0;
}

static int compare_times(const void *a, const void *b) {
    const TrafficRow *left = a, *right = b;
    return (left->time > right->time) - (left->time < right->time);
}

/* Sums the series: points of one time become one. Sets the widths: each holds for the shortest step
 * between two points, so that a gap is silence, or until the next one. */
static void sum_series(RowReader *reader) {
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
    sim_time step = SIM_TIME_NEVER;
    for (size_t i = 1; i < count; i++) {
        const sim_time gap = rows[i].time - rows[i - 1].time;
        step = gap < step ? gap : step;
    }
    step = count > 1 ? step : SIM_TIME_MINUTE;
    for (size_t i = 0; i < count && !reader->counters; i++) {
        const bool hold = reader->hold_gaps && i + 1 < count;
        rows[i].width = hold ? rows[i + 1].time - rows[i].time : step;
    }
}

static bool add_matrix(RowReader *reader, const cJSON *document) {
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(document, "data");
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(data, "resultType");
    const cJSON *result = cJSON_GetObjectItemCaseSensitive(data, "result"), *series;
    if (!cJSON_IsString(type) || strcmp(type->valuestring, "matrix") != 0 ||
        !cJSON_IsArray(result)) {
        return refuse_document(reader, "data.resultType",
                               cJSON_IsString(type) ? type->valuestring : "nothing",
                               "\"matrix\", as query_range gives it");
    }
    size_t chosen = 0;
    cJSON_ArrayForEach (series, result) {
        if (has_label(reader, series)) {
            chosen++;
            if (!add_series(reader, cJSON_GetObjectItemCaseSensitive(series, "values"))) {
                return false;
            }
        }
    }
    if (chosen == 0) {
        return refuse_document(reader, reader->filter_value ? "filter" : "data.result", "no series",
                               "at least one series of the matrix");
    }
    sum_series(reader);
    return true;
}

bool format_prometheus_begin(RowReader *reader) {
    cJSON *document = read_document(reader);
    const bool added = document != NULL && add_matrix(reader, document);
    cJSON_Delete(document);
    reader->names[ROLE_TIME] = "values";
    return added;
}

/* vLLM ------------------------------------------------------------------------------------------
 */

bool format_vllm_matches(const InputText lines[], size_t count) {
    const InputText text = {lines[0].start, lines[count - 1].end};
    return json_line_has(text, "backend") && json_line_has(text, "model_id");
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

/* The request of one index of the three lists. Failed ones have no output. */
static bool add_request(RowReader *reader, const cJSON *time, const cJSON *prompt,
                        const cJSON *output) {
    TrafficRow row = {0};
    reader->counts->rows++;
    if (!cJSON_IsNumber(time) || !(fabs(time->valuedouble) < 9e9)) {
        return refuse_element(reader, "start_times", time, "a time in seconds");
    }
    if (!read_tokens(output, 0, &row.output_tokens)) {
        return refuse_element(reader, "output_lens", output, "a whole number from 0 to 2147483648");
    }
    row.time = (int64_t)rint(time->valuedouble * 1e9);
    if (row.output_tokens == 0) {
        reader->counts->failed++;
        if (row.time < reader->earliest_left_out) {
            reader->earliest_left_out = row.time;
        }
        return true;
    }
    if (!read_tokens(prompt, 1, &row.prompt_tokens)) {
        return refuse_element(reader, "input_lens", prompt, "a whole number from 1 to 2147483648");
    }
    *row_reader_prepare(reader) = row;
    return true;
}

static bool add_requests(RowReader *reader, const cJSON *document) {
    const cJSON *times = cJSON_GetObjectItemCaseSensitive(document, "start_times");
    const cJSON *prompts = cJSON_GetObjectItemCaseSensitive(document, "input_lens");
    const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(document, "output_lens");
    if (!cJSON_IsArray(times) || !cJSON_IsArray(prompts) || !cJSON_IsArray(outputs)) {
        return refuse_document(reader, "start_times", "no list of each request's figures",
                               "start_times, input_lens and output_lens (--save-detailed)");
    }
    const cJSON *time = times->child, *prompt = prompts->child, *output = outputs->child;
    for (; time && prompt && output;
         time = time->next, prompt = prompt->next, output = output->next) {
        if (!add_request(reader, time, prompt, output)) {
            return false;
        }
    }
    return (!time && !prompt && !output) ||
           refuse_document(reader, "start_times", "lists of different lengths",
                           "start_times, input_lens and output_lens of one length");
}

bool format_vllm_begin(RowReader *reader) {
    cJSON *document = read_document(reader);
    const bool added = document != NULL && add_requests(reader, document);
    cJSON_Delete(document);
    return added;
}
