// SPDX-License-Identifier: GPL-3.0-or-later
/* Formats and their names, one table, and the roads to the rows: objects one a line or in a list,
 * arrays side by side (vLLM's benchmark), lists of requests within benchmarks (GuideLLM), CSV.
 * Names are those of LLMServingSim's bench recorder, vLLM (benchmarks/serve.py, --save-detailed),
 * GuideLLM (schemas/request_stats.py, benchmark/objects.py), aiperf (profile_export.jsonl), and
 * what people call such columns. */
#include "experiment/calibration_log.h"

#include "base/assertion.h"
#include "base/csv_reader.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "traffic/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const logged_metric_names[LOGGED_METRICS] = {"TTFT", "TPOT", "E2E"};

/* Names ---------------------------------------------------------------------------------------
 */

typedef enum Role {
    ARRIVAL,     /* the client sends it */
    ENGINE,      /* the engine has it; tells the clocks of client and engine from each other */
    FIRST_TOKEN, /* instants */
    LAST_TOKEN,
    TTFT, /* spans */
    TPOT,
    E2E,
    PROMPT, /* tokens */
    OUTPUT,
    FAILED, /* a text that is not empty, true, or an object: the request failed */
    SUCCESS,
    STRATEGY, /* a text: how an operating point was loaded */
    RATE,     /* of an operating point */
    CONCURRENCY,
    PROMPT_MEAN,
    PROMPT_SD,
    OUTPUT_MEAN,
    OUTPUT_SD,
    TTFT_MEAN,
    TPOT_MEAN,
    E2E_MEAN,
    REQUESTS,
    DURATION,
    ROLES,
} Role;

#define BARE 0.0 /* the key does not say its unit */

/* In order of preference. A name with dots leads down into objects. */
static const struct {
    Role role;
    const char *name;
    double unit_s; /* seconds of 1; of what is no time: 1 */
} names[] = {
    {ARRIVAL, "arrival_time", 1},
    {ARRIVAL, "arrival_time_ns", 1e-9},
    {ARRIVAL, "arrival_s", 1},
    {ARRIVAL, "arrival_time_s", 1},
    {ARRIVAL, "arrival_ms", 1e-3},
    {ARRIVAL, "arrival_time_ms", 1e-3},
    {ARRIVAL, "arrival_ns", 1e-9},
    {ARRIVAL, "metadata.request_start_ns", 1e-9},
    {ARRIVAL, "info.timings.request_start", 1},
    {ARRIVAL, "scheduler_info.request_timings.request_start", 1},
    {ARRIVAL, "request_start_ns", 1e-9},
    {ARRIVAL, "request_start_time", 1},
    {ARRIVAL, "start_time", 1},
    {ARRIVAL, "start_time_s", 1},
    {ARRIVAL, "start_s", 1},
    {ARRIVAL, "start_ms", 1e-3},
    {ARRIVAL, "start_ns", 1e-9},
    {ARRIVAL, "timestamp_s", 1},
    {ARRIVAL, "timestamp_ms", 1e-3},
    {ARRIVAL, "arrival", BARE},
    {ARRIVAL, "start", BARE},
    {ARRIVAL, "timestamp", BARE},
    {ENGINE, "queued_ts", 1},
    {FIRST_TOKEN, "first_token_ts", 1},
    {FIRST_TOKEN, "first_token_time", 1},
    {FIRST_TOKEN, "first_token_time_s", 1},
    {FIRST_TOKEN, "first_token_s", 1},
    {FIRST_TOKEN, "first_token_ns", 1e-9},
    {LAST_TOKEN, "last_token_ts", 1},
    {LAST_TOKEN, "last_token_time", 1},
    {LAST_TOKEN, "last_token_time_s", 1},
    {LAST_TOKEN, "last_token_s", 1},
    {LAST_TOKEN, "last_token_ns", 1e-9},
    {LAST_TOKEN, "finished_time", 1},
    {TTFT, "ttft_ms", 1e-3},
    {TTFT, "ttft_s", 1},
    {TTFT, "ttft_ns", 1e-9},
    {TTFT, "time_to_first_token_ms", 1e-3},
    {TTFT, "time_to_first_token_s", 1},
    {TTFT, "metrics.time_to_first_token.value", 1e-3},
    {TTFT, "ttft", BARE},
    {TTFT, "time_to_first_token", BARE},
    {TPOT, "inter_token_latency_ms", 1e-3},
    {TPOT, "metrics.inter_token_latency.value", 1e-3},
    {TPOT, "itl_ms", 1e-3},
    {TPOT, "itl_s", 1},
    {TPOT, "tpot_ms", 1e-3},
    {TPOT, "tpot_s", 1},
    {TPOT, "time_per_output_token_s", 1},
    {TPOT, "tpot", BARE},
    {TPOT, "itl", BARE},
    {E2E, "request_latency", 1}, /* GuideLLM; aiperf's lies deeper */
    {E2E, "metrics.request_latency.value", 1e-3},
    {E2E, "e2e_ms", 1e-3},
    {E2E, "e2e_s", 1},
    {E2E, "e2e_latency_ms", 1e-3},
    {E2E, "e2e_latency_s", 1},
    {E2E, "latency_ms", 1e-3},
    {E2E, "latency_s", 1},
    {E2E, "latency_ns", 1e-9},
    {E2E, "e2e", BARE},
    {E2E, "e2el", BARE},
    {E2E, "e2e_latency", BARE},
    {E2E, "latency", BARE},
    {PROMPT, "input_toks", 1},
    {PROMPT, "prompt_tokens", 1},
    {PROMPT, "input_tokens", 1},
    {PROMPT, "prompt_len", 1},
    {PROMPT, "input_len", 1},
    {PROMPT, "input_length", 1},
    {PROMPT, "usage.prompt_tokens", 1},
    {PROMPT, "metrics.input_sequence_length.value", 1},
    {PROMPT, "input_metrics.text_tokens", 1},
    {OUTPUT, "output_toks", 1},
    {OUTPUT, "output_tokens", 1},
    {OUTPUT, "completion_tokens", 1},
    {OUTPUT, "output_len", 1},
    {OUTPUT, "output_length", 1},
    {OUTPUT, "usage.completion_tokens", 1},
    {OUTPUT, "metrics.output_sequence_length.value", 1},
    {OUTPUT, "output_metrics.text_tokens", 1},
    {FAILED, "error", 1},
    {FAILED, "metadata.was_cancelled", 1},
    {SUCCESS, "success", 1},
    {STRATEGY, "strategy", 1},
    {RATE, "rps", 1},
    {RATE, "rate_per_s", 1},
    {RATE, "request_rate", 1},
    {RATE, "requests_per_second", 1},
    {CONCURRENCY, "concurrency", 1},
    {PROMPT_MEAN, "in_mean", 1},
    {PROMPT_MEAN, "prompt_tokens_mean", 1},
    {PROMPT_MEAN, "input_tokens_mean", 1},
    {PROMPT_SD, "in_sd", 1},
    {PROMPT_SD, "prompt_tokens_sd", 1},
    {PROMPT_SD, "input_tokens_sd", 1},
    {OUTPUT_MEAN, "out_mean", 1},
    {OUTPUT_MEAN, "output_tokens_mean", 1},
    {OUTPUT_SD, "out_sd", 1},
    {OUTPUT_SD, "output_tokens_sd", 1},
    {TTFT_MEAN, "ttft_mean_ms", 1e-3},
    {TTFT_MEAN, "ttft_mean_s", 1},
    {TTFT_MEAN, "mean_ttft_ms", 1e-3},
    {TPOT_MEAN, "itl_mean_ms", 1e-3},
    {TPOT_MEAN, "itl_mean_s", 1},
    {TPOT_MEAN, "mean_itl_ms", 1e-3},
    {TPOT_MEAN, "tpot_mean_ms", 1e-3},
    {TPOT_MEAN, "mean_tpot_ms", 1e-3},
    {E2E_MEAN, "e2e_mean_s", 1},
    {E2E_MEAN, "e2e_mean_ms", 1e-3},
    {E2E_MEAN, "mean_e2el_ms", 1e-3},
    {REQUESTS, "n_ok", 1},
    {REQUESTS, "requests", 1},
    {REQUESTS, "completed", 1},
    {DURATION, "duration_s", 1},
    {DURATION, "duration", 1},
};
enum { NAMES = sizeof names / sizeof names[0] };

static const char *const role_expected[ROLES] = {
    [ARRIVAL] = "when the request was sent, such as arrival_s, start_time or request_start_ns",
    [PROMPT] = "its prompt's tokens, such as prompt_tokens, input_tokens or input_toks",
    [OUTPUT] = "its output's tokens, such as output_tokens, completion_tokens or output_toks",
    [TTFT] = "what its client saw: ttft_ms or first_token_ts, and tpot_ms, e2e_ms or last_token_ts",
    [PROMPT_MEAN] = "tokens of prompts in the mean: in_mean or prompt_tokens_mean",
    [OUTPUT_MEAN] = "tokens of outputs in the mean: out_mean or output_tokens_mean",
    [RATE] = "requests per second, rps or rate_per_s, or how many at a time, concurrency",
};

/* A row -----------------------------------------------------------------------------------------
 */

/* Where a row's values come from: an object, or fields under a header. */
typedef struct Row {
    const char *path;
    long line;
    const cJSON *object; /* NULL: fields */
    const TextSpan *fields;
    const int *columns; /* by name; -1: there is none */
    size_t field_count;
} Row;

typedef struct Values {
    double of[ROLES]; /* in seconds; NAN: not there */
    bool failed;
} Values;

/* A request as it was told, before clocks are related. */
typedef struct RawRequest {
    double of[OUTPUT + 1];
    uint32_t stretch;
    uint32_t number;
} RawRequest;

typedef struct LogReader {
    CalibrationLog *log;
    const char *path;
    double bare_unit_s;
    ErrorList *errors;
    long first_line;  /* of the first row; 0: there was none */
    char *told;       /* the keys or columns that the first row has */
    bool seen[ROLES]; /* in any row */
    RawRequest *raw;
    size_t raw_count, raw_room;
} LogReader;

static const cJSON *walk(const cJSON *object, const char *name) {
    while (object != NULL && name != NULL) {
        const size_t length = strcspn(name, ".");
        char key[64];
        asim_assert(length < sizeof key);
        memcpy(key, name, length);
        key[length] = '\0';
        object = cJSON_GetObjectItemCaseSensitive(object, key);
        name = name[length] == '.' ? name + length + 1 : NULL;
    }
    return object;
}

static bool is_instant(Role role) {
    return role == ARRIVAL || role == ENGINE || role == FIRST_TOKEN || role == LAST_TOKEN;
}

/* A number in the unit of its name, as the role has it: seconds, or tokens. */
static double in_role(LogReader *reader, size_t name, double number) {
    const bool is_bare = names[name].unit_s == BARE;
    reader->log->bare_times |= is_bare;
    return number * (is_bare ? reader->bare_unit_s : names[name].unit_s);
}

/* What is no number may be an instant of the calendar, in seconds since 1970; else it is refused.
 */
static bool text_value(const LogReader *reader, const Row *row, size_t name, TextSpan text,
                       double *value) {
    FieldCalendar calendar = {.known = false};
    const bool may_be_date = is_instant(names[name].role);
    const InputText date = {text.start, text.end};
    int64_t ns;
    if (may_be_date && field_time(date, FIELD_CALENDAR, &calendar, &ns)) {
        *value = (double)ns * 1e-9;
        return true;
    }
    const Error where = {.file = reader->path, .line = row->line, .place = names[name].name};
    return error_found(
        reader->errors, &where, may_be_date ? "a number, or a date and time" : "a number", NULL,
        row->object != NULL ? "\"%.*s\"" : "%.*s", (int)(text.end - text.start), text.start);
}

static bool object_value(LogReader *reader, const Row *row, size_t name, double *value) {
    const cJSON *node = walk(row->object, names[name].name);
    *value = NAN;
    if (node == NULL || cJSON_IsNull(node)) {
        return true;
    }
    if (cJSON_IsNumber(node)) {
        *value = in_role(reader, name, node->valuedouble);
        return true;
    }
    if (cJSON_IsString(node)) {
        const char *text = node->valuestring;
        return text_value(reader, row, name, (TextSpan){text, text + strlen(text)}, value);
    }
    const Error where = {.file = reader->path, .line = row->line, .place = names[name].name};
    return json_refuse(reader->errors, &where, node, "a number", NULL);
}

static bool field_value(LogReader *reader, const Row *row, size_t name, double *value) {
    *value = NAN;
    const int column = row->columns[name];
    if (column < 0 || (size_t)column >= row->field_count) {
        return true;
    }
    const TextSpan text = field_trimmed(row->fields[column]);
    double number;
    if (text.start == text.end) {
        return true;
    }
    if (!field_number(text, &number)) {
        return text_value(reader, row, name, text, value);
    }
    *value = in_role(reader, name, number);
    return true;
}

/* Does it say yes: true, a text, an object? */
static bool is_on(const Row *row, size_t name) {
    if (row->object != NULL) {
        const cJSON *node = walk(row->object, names[name].name);
        return cJSON_IsTrue(node) || cJSON_IsObject(node) ||
               (cJSON_IsString(node) && node->valuestring[0] != '\0');
    }
    const int column = row->columns[name];
    if (column < 0 || (size_t)column >= row->field_count) {
        return false;
    }
    const TextSpan text = field_trimmed(row->fields[column]);
    return text.start < text.end && !field_says(text, "false") && !field_says(text, "0") &&
           !field_says(text, "none") && !field_says(text, "null");
}

/* The text of the first name of a role; empty: there is none. */
static TextSpan row_text(const Row *row, Role role) {
    size_t name = 0;
    while (names[name].role != role) {
        name++;
    }
    if (row->object != NULL) {
        const cJSON *node = walk(row->object, names[name].name);
        const char *text = cJSON_IsString(node) ? node->valuestring : "";
        return (TextSpan){text, text + strlen(text)};
    }
    const int column = row->columns[name];
    return column >= 0 && (size_t)column < row->field_count
               ? field_trimmed(row->fields[column])
               : (TextSpan){names[name].name, names[name].name};
}

static bool is_there(const Row *row, size_t name) {
    return row->object != NULL ? walk(row->object, names[name].name) != NULL
                               : row->columns[name] >= 0;
}

static bool row_values(LogReader *reader, const Row *row, Values *values) {
    *values = (Values){.failed = false};
    for (int role = 0; role < ROLES; role++) {
        values->of[role] = NAN;
    }
    for (size_t i = 0; i < NAMES; i++) {
        const Role role = names[i].role;
        double value;
        if (role == FAILED || role == SUCCESS) {
            values->failed |= is_there(row, i) && is_on(row, i) == (role == FAILED);
            continue;
        }
        if (role == STRATEGY || !isnan(values->of[role])) {
            continue;
        }
        if (!(row->object != NULL ? object_value(reader, row, i, &value)
                                  : field_value(reader, row, i, &value))) {
            return false;
        }
        if (!isnan(value)) {
            reader->seen[role] = true;
            values->of[role] = value;
        }
    }
    return true;
}

static void add_raw(LogReader *reader, const double of[]) {
    CalibrationLog *log = reader->log;
    reader->raw =
        memory_grow(reader->raw, reader->raw_count, &reader->raw_room, sizeof *reader->raw);
    RawRequest *raw = &reader->raw[reader->raw_count];
    memcpy(raw->of, of, sizeof raw->of);
    raw->stretch = (uint32_t)log->stretches;
    raw->number = (uint32_t)reader->raw_count++;
}

static bool is_tokens(double number) {
    return number >= 1 && number <= (double)(FIELD_TOKENS_MOST / 2) && floor(number) == number;
}

static bool is_given(double value) {
    return !isnan(value);
}

/* Whether the row tells of means over many requests. */
static bool is_point(const Values *values) {
    return is_given(values->of[TTFT_MEAN]) || is_given(values->of[TPOT_MEAN]);
}

/* GuideLLM's names of loads that keep so many requests on the way: what was served was not asked
 * for. */
static bool is_closed(const Row *row, const Values *values) {
    static const char *const closed[] = {"synchronous", "concurrent", "throughput"};
    const TextSpan text = row_text(row, STRATEGY);
    bool is = !(values->of[RATE] > 0);
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        is = is || (field_says(text, closed[i]) && values->of[CONCURRENCY] > 0);
    }
    return is;
}

static void add_point(LogReader *reader, const Row *row, const Values *values) {
    CalibrationLog *log = reader->log;
    const double *of = values->of;
    const bool is_time = !(of[TTFT_MEAN] <= 0) && !(of[TPOT_MEAN] <= 0) && !(of[E2E_MEAN] <= 0);
    if (values->failed || !is_time || !(of[PROMPT_MEAN] >= 1) || !(of[OUTPUT_MEAN] >= 1) ||
        !(of[RATE] > 0 || of[CONCURRENCY] > 0)) {
        log->left_out++;
        return;
    }
    log->points = memory_grow(log->points, log->point_count, &log->point_room, sizeof *log->points);
    log->points[log->point_count++] = (LoggedPoint){
        .rate_per_s = is_closed(row, values) ? NAN : of[RATE],
        .concurrency = of[CONCURRENCY],
        .prompt_mean = of[PROMPT_MEAN],
        .prompt_sd = is_given(of[PROMPT_SD]) ? of[PROMPT_SD] : 0,
        .output_mean = of[OUTPUT_MEAN],
        .output_sd = is_given(of[OUTPUT_SD]) ? of[OUTPUT_SD] : 0,
        .requests = of[REQUESTS],
        .duration_s = of[DURATION],
        .seconds = {of[TTFT_MEAN], of[TPOT_MEAN], of[E2E_MEAN]},
    };
}

/* Of objects within this one no more than their keys. */
static void note_keys(LogReader *reader, const cJSON *object) {
    Text keys = {0};
    const cJSON *child;
    cJSON_ArrayForEach (child, object) {
        text_addf(&keys, "%s%s", keys.length > 0 ? ", " : "", child->string);
    }
    reader->told = text_take(&keys);
}

static bool add_row(LogReader *reader, const Row *row) {
    Values values;
    if (reader->told == NULL) {
        note_keys(reader, row->object);
    }
    if (!row_values(reader, row, &values)) {
        return false;
    }
    reader->first_line = reader->first_line == 0 ? row->line : reader->first_line;
    const double *of = values.of;
    const bool has_time = is_given(of[ARRIVAL]) || is_given(of[ENGINE]);
    const bool has_seen = is_given(of[TTFT]) || is_given(of[FIRST_TOKEN]) || is_given(of[E2E]) ||
                          is_given(of[LAST_TOKEN]);
    if (is_point(&values)) {
        add_point(reader, row, &values);
    } else if (values.failed || !has_time || !has_seen || !is_tokens(of[PROMPT]) ||
               !is_tokens(of[OUTPUT])) {
        reader->log->left_out++;
    } else {
        add_raw(reader, of);
    }
    return true;
}

/* From told to compared ------------------------------------------------------------------------
 */

/* The engine's clock less the client's: by the request that took the shortest way from one to the
 * other. 0 where they are one clock. */
static double clock_shift(const RawRequest raw[], size_t count) {
    double shortest = INFINITY;
    for (size_t i = 0; i < count; i++) {
        const double way = raw[i].of[ENGINE] - raw[i].of[ARRIVAL];
        shortest = way < shortest ? way : shortest;
    }
    const double plausible_s = 60;
    return isfinite(shortest) && (shortest < 0 || shortest > plausible_s) ? shortest : 0;
}

static double either(double first, double second) {
    return is_given(first) ? first : second;
}

/* What the client saw; false: that cannot be. */
static bool settle_seconds(const RawRequest *raw, double shift, LoggedRequest *logged) {
    const double *of = raw->of;
    const double sent = either(of[ARRIVAL] + shift, of[ENGINE]);
    const double gaps = of[OUTPUT] - 1;
    double ttft = either(of[TTFT], of[FIRST_TOKEN] - sent);
    double e2e = either(of[E2E], of[LAST_TOKEN] - sent);
    double tpot = gaps < 1 ? NAN : either(of[TPOT], (e2e - ttft) / gaps);
    ttft = either(ttft, gaps < 1 ? e2e : e2e - tpot * gaps);
    e2e = either(e2e, gaps < 1 ? ttft : ttft + tpot * gaps);
    logged->seconds[LOGGED_TTFT] = ttft;
    logged->seconds[LOGGED_TPOT] = tpot;
    logged->seconds[LOGGED_E2E] = e2e;
    const double day_s = 86400;
    return !(ttft <= 0) && !(e2e <= 0) && !(tpot <= 0) && !(ttft > day_s) && !(e2e > day_s);
}

static int by_arrival(const void *a, const void *b) {
    const RawRequest *x = a, *y = b;
    const double at_x = either(x->of[ARRIVAL], x->of[ENGINE]);
    const double at_y = either(y->of[ARRIVAL], y->of[ENGINE]);
    if (x->stretch != y->stretch) {
        return x->stretch < y->stretch ? -1 : 1;
    }
    if (at_x != at_y) {
        return at_x < at_y ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

static void settle_stretch(LogReader *reader, const RawRequest raw[], size_t count) {
    CalibrationLog *log = reader->log;
    const double shift = clock_shift(raw, count);
    const double first = either(raw[0].of[ARRIVAL], raw[0].of[ENGINE]);
    log->two_clocks |= shift != 0;
    for (size_t i = 0; i < count; i++) {
        LoggedRequest logged = {.stretch = raw[i].stretch};
        if (!settle_seconds(&raw[i], shift, &logged)) {
            log->left_out++;
            continue;
        }
        const double arrival = either(raw[i].of[ARRIVAL], raw[i].of[ENGINE]) - first;
        logged.request = (ReplayRequest){
            .arrival = sim_time_from_seconds(arrival),
            .prompt_tokens = (uint32_t)raw[i].of[PROMPT],
            .output_tokens = (uint32_t)raw[i].of[OUTPUT],
        };
        log->requests = memory_grow(log->requests, log->count, &log->room, sizeof *log->requests);
        log->requests[log->count++] = logged;
    }
}

static void settle(LogReader *reader) {
    if (reader->raw_count > 0) {
        qsort(reader->raw, reader->raw_count, sizeof *reader->raw, by_arrival);
    }
    for (size_t from = 0, to; from < reader->raw_count; from = to) {
        for (to = from;
             to < reader->raw_count && reader->raw[to].stretch == reader->raw[from].stretch; to++) {
        }
        settle_stretch(reader, reader->raw + from, to - from);
    }
}

/* Objects --------------------------------------------------------------------------------------
 */

static bool add_object(LogReader *reader, const JsonTree *tree, const cJSON *object, long line) {
    const Row row = {.path = reader->path,
                     .line = line > 0 ? line : json_place(tree, object).line,
                     .object = object};
    if (cJSON_IsObject(object)) {
        return add_row(reader, &row);
    }
    return json_refuse(reader->errors, &(Error){.file = reader->path, .line = row.line}, object,
                       "a request: an object", NULL);
}

static bool add_list(LogReader *reader, const JsonTree *tree, const cJSON *list) {
    const cJSON *node;
    bool ok = true;
    cJSON_ArrayForEach (node, list) {
        ok = ok && add_object(reader, tree, node, 0);
    }
    return ok;
}

/* GuideLLM: each benchmark of the report is a run by itself. */
static bool add_benchmarks(LogReader *reader, const JsonTree *tree, const cJSON *benchmarks) {
    static const char *const failed[] = {"incomplete", "errored"};
    const cJSON *benchmark;
    bool ok = true;
    reader->log->format = "GuideLLM";
    cJSON_ArrayForEach (benchmark, benchmarks) {
        const cJSON *requests = walk(benchmark, "requests");
        for (size_t i = 0; i < sizeof failed / sizeof failed[0]; i++) {
            reader->log->left_out += (size_t)cJSON_GetArraySize(walk(requests, failed[i]));
        }
        ok = ok && add_list(reader, tree, walk(requests, "successful"));
        reader->log->stretches++;
    }
    return ok;
}

/* vLLM's benchmark: arrays side by side. */
typedef struct VllmResult {
    const cJSON *prompts, *outputs, *ttfts, *itls, *starts, *errors;
} VllmResult;

static bool is_array_of(const cJSON *array, int count) {
    return cJSON_IsArray(array) && cJSON_GetArraySize(array) == count;
}

static bool check_arrays(LogReader *reader, const JsonTree *tree, const VllmResult *result) {
    const int count = cJSON_GetArraySize(result->prompts);
    const struct {
        const char *name;
        const cJSON *array;
    } arrays[] = {{"input_lens", result->prompts},
                  {"output_lens", result->outputs},
                  {"ttfts", result->ttfts},
                  {"itls", result->itls},
                  {"start_times", result->starts}};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        const Error where = {.file = reader->path,
                             .line = json_place(tree, arrays[i].array).line,
                             .place = arrays[i].name};
        if (arrays[i].array == NULL) {
            return error_at(reader->errors, &where, "nothing",
                            "the details of every request: a result of `vllm bench serve "
                            "--save-result --save-detailed`, of a version that records when each "
                            "was sent",
                            NULL);
        }
        if (!is_array_of(arrays[i].array, count)) {
            return error_at(reader->errors, &where, "another number of values",
                            "as many as input_lens has", NULL);
        }
    }
    return true;
}

static double number_of(const cJSON *node) {
    return cJSON_IsNumber(node) ? node->valuedouble : NAN;
}

static double sum_of(const cJSON *array) {
    double sum = 0;
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        sum += number_of(node);
    }
    return sum;
}

static const cJSON *next_of(const cJSON *node) {
    return node != NULL ? node->next : NULL;
}

static bool add_vllm(LogReader *reader, const JsonTree *tree, const cJSON *root) {
    const VllmResult result = {walk(root, "input_lens"),  walk(root, "output_lens"),
                               walk(root, "ttfts"),       walk(root, "itls"),
                               walk(root, "start_times"), walk(root, "errors")};
    reader->log->format = "vLLM benchmark";
    if (!check_arrays(reader, tree, &result)) {
        return false;
    }
    const cJSON *output = result.outputs->child, *ttft = result.ttfts->child;
    const cJSON *itl = result.itls->child, *start = result.starts->child;
    const cJSON *error = result.errors != NULL ? result.errors->child : NULL, *prompt;
    cJSON_ArrayForEach (prompt, result.prompts) {
        double of[OUTPUT + 1];
        for (int role = 0; role <= OUTPUT; role++) {
            of[role] = NAN;
        }
        of[ARRIVAL] = number_of(start);
        of[PROMPT] = number_of(prompt);
        of[OUTPUT] = number_of(output);
        of[TTFT] = number_of(ttft);
        of[E2E] = of[TTFT] + sum_of(itl);
        const bool failed = cJSON_IsString(error) && error->valuestring[0] != '\0';
        if (failed || !is_tokens(of[PROMPT]) || !is_tokens(of[OUTPUT]) || !(of[TTFT] > 0) ||
            !is_given(of[ARRIVAL])) {
            reader->log->left_out++;
        } else {
            add_raw(reader, of);
        }
        output = next_of(output);
        ttft = next_of(ttft);
        itl = next_of(itl);
        start = next_of(start);
        error = next_of(error);
    }
    return true;
}

/* Its means alone, as it writes them without --save-detailed. */
static bool is_vllm_summary(const cJSON *root) {
    return cJSON_IsNumber(walk(root, "mean_ttft_ms")) && walk(root, "request_throughput") != NULL &&
           walk(root, "total_input_tokens") != NULL;
}

static bool add_document(LogReader *reader, const JsonTree *tree, const cJSON *root, long line) {
    if (cJSON_IsArray(root)) {
        return add_list(reader, tree, root);
    }
    if (cJSON_IsArray(walk(root, "benchmarks"))) {
        return add_benchmarks(reader, tree, walk(root, "benchmarks"));
    }
    if (cJSON_IsArray(walk(root, "input_lens")) || is_vllm_summary(root)) {
        const bool ok = add_vllm(reader, tree, root);
        reader->log->stretches++;
        return ok;
    }
    return add_object(reader, tree, root, line);
}

static bool read_document(LogReader *reader, TextSpan text) {
    JsonTree tree;
    const bool ok = json_parse(&tree, text.start, (size_t)(text.end - text.start), reader->path,
                               reader->errors) &&
                    add_document(reader, &tree, tree.root, 0);
    json_clear(&tree);
    return ok;
}

/* Lines ---------------------------------------------------------------------------------------
 */

/* The next line that is not empty; the text goes on behind it. */
static bool next_line(TextSpan *text, TextSpan *line, long *number) {
    while (text->start < text->end) {
        const char *end = memchr(text->start, '\n', (size_t)(text->end - text->start));
        end = end != NULL ? end : text->end;
        *line = (TextSpan){text->start, end};
        text->start = end < text->end ? end + 1 : end;
        ++*number;
        while (line->end > line->start && strchr(" \t\r", line->end[-1]) != NULL) {
            line->end--;
        }
        if (line->start < line->end) {
            return true;
        }
    }
    return false;
}

/* Is each of the first lines an object by itself? */
static bool is_lines(TextSpan text) {
    TextSpan line;
    long number = 0;
    for (int i = 0; i < 2 && next_line(&text, &line, &number); i++) {
        const char *end = NULL;
        cJSON *tree =
            cJSON_ParseWithLengthOpts(line.start, (size_t)(line.end - line.start), &end, false);
        const bool whole = tree != NULL && cJSON_IsObject(tree) && end == line.end;
        cJSON_Delete(tree);
        if (!whole) {
            return false;
        }
    }
    return true;
}

static bool read_object_line(LogReader *reader, TextSpan line, long number) {
    char *copy = memory_text_n(line.start, (size_t)(line.end - line.start));
    const size_t before = reader->errors->kept;
    JsonTree tree;
    const bool ok =
        json_parse(&tree, copy, (size_t)(line.end - line.start), reader->path, reader->errors) &&
        add_document(reader, &tree, tree.root, number);
    for (size_t i = before; i < reader->errors->kept; i++) {
        Error *error = &reader->errors->items[i];
        error_move(error, reader->path, number, error->place);
    }
    json_clear(&tree);
    free(copy);
    return ok;
}

static bool read_lines(LogReader *reader, TextSpan text) {
    TextSpan line;
    long number = 0;
    while (next_line(&text, &line, &number)) {
        if (!read_object_line(reader, line, number)) {
            return false;
        }
    }
    return true;
}

enum { FIELDS_MOST = 256 };

static bool read_csv(LogReader *reader, TextSpan text) {
    TextSpan header, line, fields[FIELDS_MOST];
    int columns[NAMES];
    long number = 0;
    if (!next_line(&text, &header, &number)) {
        return error_in_file(reader->errors, reader->path, "an empty file",
                             "requests of a benchmark, with what their clients saw", NULL);
    }
    const char delimiter = csv_line_delimiter(header);
    reader->told = memory_text_n(header.start, (size_t)(header.end - header.start));
    for (size_t i = 0; i < NAMES; i++) {
        columns[i] = field_column(header, delimiter, names[i].name);
    }
    while (next_line(&text, &line, &number)) {
        const Row row = {.path = reader->path,
                         .line = number,
                         .fields = fields,
                         .columns = columns,
                         .field_count = csv_line_split(line, delimiter, fields, FIELDS_MOST)};
        if (!add_row(reader, &row)) {
            return false;
        }
    }
    return true;
}

/* The whole ------------------------------------------------------------------------------------
 */

enum { KEYS_SHOWN = 300 }; /* bytes of them */

/* Nothing came of the rows: which key is it that none of them has? */
static bool refuse_rows(LogReader *reader) {
    const bool of_points = reader->seen[TTFT_MEAN] || reader->seen[TPOT_MEAN];
    const bool *seen = reader->seen;
    const Role missing = of_points                         ? (!seen[PROMPT_MEAN]   ? PROMPT_MEAN
                                                              : !seen[OUTPUT_MEAN] ? OUTPUT_MEAN
                                                                                   : RATE)
                         : !seen[ARRIVAL] && !seen[ENGINE] ? ARRIVAL
                         : !seen[PROMPT]                   ? PROMPT
                         : !seen[OUTPUT]                   ? OUTPUT
                                                           : TTFT;
    const Error where = {.file = reader->path, .line = reader->first_line};
    return error_found(reader->errors, &where, role_expected[missing], NULL,
                       "no row that can be used (%zu left out)%s%.*s", reader->log->left_out,
                       reader->told != NULL ? " of those with " : "", KEYS_SHOWN,
                       reader->told != NULL ? reader->told : "");
}

static bool read_text(LogReader *reader, TextSpan text) {
    const char *first = text.start;
    while (first < text.end && strchr(" \t\r\n", *first) != NULL) {
        first++;
    }
    const bool is_json = first < text.end && (*first == '{' || *first == '[');
    const bool by_lines = is_json && *first == '{' && is_lines(text);
    reader->log->format = is_json ? "JSON" : "CSV";
    return by_lines  ? read_lines(reader, text)
           : is_json ? read_document(reader, text)
                     : read_csv(reader, text);
}

/* Is there enough for a fit? */
static bool check_enough(LogReader *reader) {
    const CalibrationLog *log = reader->log;
    const Error where = {.file = reader->path};
    if (log->count + log->point_count == 0) {
        return refuse_rows(reader);
    }
    if (log->count > 0 && log->count < LOGGED_REQUESTS_LEAST) {
        return error_found(reader->errors, &where, "20 at least", NULL,
                           "%zu requests that can be used (%zu left out)", log->count,
                           log->left_out);
    }
    return log->count > 0 || log->point_count >= LOGGED_POINTS_LEAST ||
           error_found(reader->errors, &where, "4 at least", NULL, "%zu operating points",
                       log->point_count);
}

bool calibration_log_read(CalibrationLog *log, const char *path, double bare_unit_s,
                          const volatile sig_atomic_t *stop, ErrorList *errors) {
    LogReader reader = {.log = log, .path = path, .bare_unit_s = bare_unit_s, .errors = errors};
    TrafficInput input;
    InputText text;
    *log = (CalibrationLog){.format = ""};
    bool ok = input_open(&input, path, NULL, NULL, stop, errors) &&
              input_rest(&input, JSON_FILE_MOST, &text);
    if (ok) {
        char *copy = memory_text_n(text.start, (size_t)(text.end - text.start));
        ok = read_text(&reader, (TextSpan){copy, copy + strlen(copy)});
        free(copy);
    }
    input_close(&input);
    if (ok) {
        settle(&reader);
        log->stretches += log->stretches == 0;
        ok = check_enough(&reader);
    }
    free(reader.raw);
    free(reader.told);
    return ok;
}

void calibration_log_clear(CalibrationLog *log) {
    free(log->requests);
    free(log->points);
    *log = (CalibrationLog){.format = ""};
}
