// SPDX-License-Identifier: GPL-3.0-or-later
/* Names of columns and metrics are rows of one table. What a row of this program's timeseries.csv
 * says of the end of an interval is true just before it: the tick comes ahead of an evaluation of
 * the same instant. */
#include "experiment/recording.h"

#include "base/csv_reader.h"
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *const recording_kind_names[RECORDING_KINDS] = {
    [RECORDING_TARGET] = "target",
    [RECORDING_SERVING] = "serving",
    [RECORDING_LOAD] = "load",
    [RECORDING_SLOTS] = "slots",
    [RECORDING_KV] = "kv",
    [RECORDING_BUSY] = "busy",
    [RECORDING_CONCURRENT] = "concurrent_requests",
    [RECORDING_REQUESTS] = "requests_per_second",
    [RECORDING_PROMPT_TOKENS] = "prompt_tokens_per_second",
    [RECORDING_GENERATED_TOKENS] = "tokens_generated_per_second",
};

/* Names --------------------------------------------------------------------------------------- */

typedef struct RecordingName {
    const char *name;
    RecordingKind kind;
    RecordingShape shape;
    bool per_replica;
} RecordingName;

/* Of several that a file has the first is taken. Those with a colon are Fireworks' own, gauges the
 * mean of the replicas, rates over a minute (docs.fireworks.ai/deployments/exporting-metrics). */
static const RecordingName recording_names[] = {
    {"target", RECORDING_TARGET, RECORDING_INSTANT, false},
    {"target_replicas", RECORDING_TARGET, RECORDING_INSTANT, false},
    {"desired_replicas", RECORDING_TARGET, RECORDING_INSTANT, false},
    {"desired_replica_count", RECORDING_TARGET, RECORDING_INSTANT, false},
    {"kube_deployment_spec_replicas", RECORDING_TARGET, RECORDING_INSTANT, false},
    {"serving", RECORDING_SERVING, RECORDING_INSTANT, false},
    {"serving_replicas", RECORDING_SERVING, RECORDING_INSTANT, false},
    {"ready_replicas", RECORDING_SERVING, RECORDING_INSTANT, false},
    {"ready_replica_count", RECORDING_SERVING, RECORDING_INSTANT, false},
    {"replicas_serving", RECORDING_SERVING, RECORDING_INSTANT, false},
    {"ready", RECORDING_SERVING, RECORDING_INSTANT, false},
    {"replicas", RECORDING_SERVING, RECORDING_INSTANT, false},
    {"replica_count", RECORDING_SERVING, RECORDING_INSTANT, false},
    {"load", RECORDING_LOAD, RECORDING_UNTOLD, false},
    {"default_measured", RECORDING_LOAD, RECORDING_MEASURED, false},
    {"load_fraction", RECORDING_LOAD, RECORDING_UNTOLD, true},
    {"slots", RECORDING_SLOTS, RECORDING_UNTOLD, false},
    {"slots_load", RECORDING_SLOTS, RECORDING_UNTOLD, false},
    {"slots_fraction", RECORDING_SLOTS, RECORDING_UNTOLD, true},
    {"generator_kv_slots_fraction:avg_by_deployment", RECORDING_SLOTS, RECORDING_INSTANT, true},
    {"kv", RECORDING_KV, RECORDING_UNTOLD, false},
    {"kv_load", RECORDING_KV, RECORDING_UNTOLD, false},
    {"kv_fraction", RECORDING_KV, RECORDING_UNTOLD, true},
    {"kv_usage", RECORDING_KV, RECORDING_UNTOLD, true},
    {"generator_kv_blocks_fraction:avg_by_deployment", RECORDING_KV, RECORDING_INSTANT, true},
    {"busy", RECORDING_BUSY, RECORDING_UNTOLD, false},
    {"busy_load", RECORDING_BUSY, RECORDING_UNTOLD, false},
    {"busy_fraction", RECORDING_BUSY, RECORDING_UNTOLD, true},
    {"concurrent_requests", RECORDING_CONCURRENT, RECORDING_UNTOLD, false},
    {"concurrency", RECORDING_CONCURRENT, RECORDING_UNTOLD, false},
    {"concurrent_requests_measured", RECORDING_CONCURRENT, RECORDING_MEASURED, false},
    {"held", RECORDING_CONCURRENT, RECORDING_INSTANT, false},
    {"requests_coordinator_concurrent_count:avg_by_deployment", RECORDING_CONCURRENT,
     RECORDING_INSTANT, true},
    {"requests_per_second", RECORDING_REQUESTS, RECORDING_MEAN, false},
    {"requests_per_s", RECORDING_REQUESTS, RECORDING_MEAN, false},
    {"request_rate", RECORDING_REQUESTS, RECORDING_MEAN, false},
    {"rps", RECORDING_REQUESTS, RECORDING_MEAN, false},
    {"request_counter_total:sum_by_deployment", RECORDING_REQUESTS, RECORDING_MEAN, false},
    {"requests_per_second_measured", RECORDING_REQUESTS, RECORDING_MEASURED, false},
    {"prompt_tokens_per_second", RECORDING_PROMPT_TOKENS, RECORDING_MEAN, false},
    {"prompt_tokens_per_s", RECORDING_PROMPT_TOKENS, RECORDING_MEAN, false},
    {"tokens_prompt_total:sum_by_deployment", RECORDING_PROMPT_TOKENS, RECORDING_MEAN, false},
    {"prompt_tokens_per_second_measured", RECORDING_PROMPT_TOKENS, RECORDING_MEASURED, false},
    {"tokens_generated_per_second", RECORDING_GENERATED_TOKENS, RECORDING_MEAN, false},
    {"generated_tokens_per_second", RECORDING_GENERATED_TOKENS, RECORDING_MEAN, false},
    {"generated_tokens_per_s", RECORDING_GENERATED_TOKENS, RECORDING_MEAN, false},
    {"tokens_generated_per_second_measured", RECORDING_GENERATED_TOKENS, RECORDING_MEASURED, false},
};
#define RECORDING_NAMES (sizeof recording_names / sizeof *recording_names)

bool recording_known_name(size_t index, const char **name, RecordingKind *kind) {
    if (index >= RECORDING_NAMES) {
        return false;
    }
    *name = recording_names[index].name;
    *kind = recording_names[index].kind;
    return true;
}

static const RecordingShape usual_shapes[RECORDING_KINDS] = {
    [RECORDING_TARGET] = RECORDING_INSTANT,        [RECORDING_SERVING] = RECORDING_INSTANT,
    [RECORDING_REQUESTS] = RECORDING_MEAN,         [RECORDING_PROMPT_TOKENS] = RECORDING_MEAN,
    [RECORDING_GENERATED_TOKENS] = RECORDING_MEAN,
};

typedef struct RecordingFile {
    Recording *recording;
    const RecordingQuestion *question;
    const char *path;
    ErrorList *errors;
} RecordingFile;

/* The file's name for a series, as the user says: the text behind "target=", or NULL. */
static const char *column_said(const RecordingQuestion *question, RecordingKind kind) {
    const char *name = recording_kind_names[kind];
    const size_t length = strlen(name);
    for (size_t i = question->columns.count; i-- > 0;) {
        const char *text = question->columns.items[i];
        if (strncmp(text, name, length) == 0 && text[length] == '=') {
            return text + length + 1;
        }
    }
    return NULL;
}

/* What a name of the file stands for; false: nothing. `rank`: less is better. */
static bool find_name(const RecordingFile *file, const char *name, RecordingName *found,
                      size_t *rank) {
    for (RecordingKind kind = 0; kind < RECORDING_KINDS; kind++) {
        const char *said = column_said(file->question, kind);
        if (said != NULL && strcmp(said, name) == 0) {
            *found = (RecordingName){name, kind, usual_shapes[kind], false};
            *rank = 0;
            return true;
        }
    }
    for (size_t i = 0; i < RECORDING_NAMES; i++) {
        if (strcmp(recording_names[i].name, name) == 0 &&
            column_said(file->question, recording_names[i].kind) == NULL) {
            *found = recording_names[i];
            *rank = i + 1;
            return true;
        }
    }
    return false;
}

/* Series -------------------------------------------------------------------------------------- */

void recording_add(Recording *recording, RecordingKind kind, sim_time time, double value) {
    RecordingSeries *series = &recording->series[kind];
    if (!isfinite(value) || (series->count > 0 && series->points[series->count - 1].time >= time)) {
        return;
    }
    series->points =
        memory_grow(series->points, series->count, &series->room, sizeof *series->points);
    series->points[series->count++] = (RecordingPoint){time, value};
}

bool recording_has(const Recording *recording, RecordingKind kind) {
    return recording->series[kind].count > 0;
}

double recording_at(const RecordingSeries *series, sim_time time) {
    size_t low = 0, high = series->count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (series->points[middle].time <= time) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return series->points[low].value;
}

void recording_span(const Recording *recording, sim_time *from, sim_time *to) {
    *from = INT64_MIN;
    *to = INT64_MAX;
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        const RecordingSeries *series = &recording->series[kind];
        if (series->count > 0 && !series->exact) {
            const sim_time first = series->points[0].time;
            const sim_time last = series->points[series->count - 1].time;
            *from = first > *from ? first : *from;
            *to = last < *to ? last : *to;
        }
    }
}

static int compare_times(const void *a, const void *b) {
    const sim_time left = *(const sim_time *)a, right = *(const sim_time *)b;
    return (left > right) - (left < right);
}

/* The median. */
static sim_time usual_step(const RecordingSeries *series) {
    if (series->count < 2) {
        return 0;
    }
    sim_time *steps = memory_new(series->count - 1, sizeof *steps);
    for (size_t i = 1; i < series->count; i++) {
        steps[i - 1] = series->points[i].time - series->points[i - 1].time;
    }
    qsort(steps, series->count - 1, sizeof *steps, compare_times);
    const sim_time step = steps[(series->count - 1) / 2];
    free(steps);
    return step;
}

void recording_finish(Recording *recording) {
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        RecordingSeries *series = &recording->series[kind];
        series->step = series->exact ? 0 : usual_step(series);
    }
}

void recording_clear(Recording *recording) {
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        free(recording->series[kind].points);
        free(recording->series[kind].name);
        free(recording->series[kind].file);
    }
    *recording = (Recording){.has_dates = false};
}

/* Takes the series for this file, if no other has it. */
static bool claim(const RecordingFile *file, const RecordingName *name) {
    RecordingSeries *series = &file->recording->series[name->kind];
    if (series->name == NULL) {
        series->name = memory_text(name->name);
        series->file = memory_text(file->path);
        series->shape = name->shape;
        series->per_replica = name->per_replica;
        return true;
    }
    return strcmp(series->file, file->path) == 0 && strcmp(series->name, name->name) == 0;
}

/* Times --------------------------------------------------------------------------------------- */

/* Seconds; from 10^11 on what makes an instant since 1970 of it: ms, us or ns. */
static sim_time time_of_number(double number) {
    double seconds = number;
    for (int i = 0; i < 3 && fabs(seconds) >= 1e11; i++) {
        seconds /= 1e3;
    }
    return sim_time_from_seconds(seconds);
}

static bool read_time(const char *text, bool *has_date, sim_time *time) {
    int64_t seconds;
    int32_t nanoseconds;
    const char *end;
    double number;
    if (text_read_number(text, &end, &number) && *end == '\0' && isfinite(number)) {
        *time = time_of_number(number);
        *has_date = fabs(number) >= 1e9;
        return *time != SIM_TIME_NEVER;
    }
    if (!sim_time_parse_calendar(text, &seconds, &nanoseconds) ||
        llabs(seconds) > INT64_MAX / SIM_TIME_SECOND / 2) {
        return false;
    }
    *has_date = true;
    *time = seconds * SIM_TIME_SECOND + nanoseconds;
    return true;
}

static bool is_other_deployment(const RecordingFile *file, const char *name) {
    const char *asked = file->question->deployment;
    const char *last = strrchr(name, '/');
    return asked != NULL && strcmp(asked, name) != 0 &&
           (last == NULL || strcmp(asked, last + 1) != 0);
}

/* Always false. */
static bool refuse_several(const RecordingFile *file, const char *first, const char *second) {
    char *found = memory_format("%s and %s", first, second);
    error_in_file(file->errors, file->path, found, "one deployment, or --deployment NAME", NULL);
    free(found);
    return false;
}

/* CSV ----------------------------------------------------------------------------------------- */

typedef struct CsvColumns {
    size_t time, interval, deployment;
    size_t of[RECORDING_KINDS];      /* CSV_READER_ABSENT: none */
    size_t sends, refusals[4];       /* of timeseries.csv */
    size_t event, from, to, serving; /* of events.csv */
} CsvColumns;

static const char *const time_names[] = {"time_s", "time", "timestamp", "ts", "Time", "date"};

static size_t first_column(const CsvReader *reader, const char *const names[], size_t count) {
    size_t column = CSV_READER_ABSENT;
    for (size_t i = 0; i < count && column == CSV_READER_ABSENT; i++) {
        column = csv_reader_find(reader, names[i]);
    }
    return column;
}

static void find_series_columns(const RecordingFile *file, const CsvReader *reader,
                                CsvColumns *columns) {
    size_t ranks[RECORDING_KINDS];
    RecordingName names[RECORDING_KINDS], name;
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        columns->of[kind] = CSV_READER_ABSENT;
    }
    for (size_t i = 0, rank; i < reader->header_count; i++) {
        if (find_name(file, reader->header[i], &name, &rank) &&
            (columns->of[name.kind] == CSV_READER_ABSENT || rank < ranks[name.kind])) {
            columns->of[name.kind] = i;
            ranks[name.kind] = rank;
            names[name.kind] = name;
        }
    }
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        if (columns->of[kind] != CSV_READER_ABSENT && !claim(file, &names[kind])) {
            columns->of[kind] = CSV_READER_ABSENT;
        }
    }
}

/* Requests handed to replicas are the sends that were not refused. */
static void find_sends(const RecordingFile *file, const CsvReader *reader, CsvColumns *columns) {
    static const char *const refusals[] = {"answers_400", "answers_404", "answers_429",
                                           "answers_503"};
    const RecordingName name = {"sends", RECORDING_REQUESTS, RECORDING_MEAN, false};
    bool whole = columns->interval != CSV_READER_ABSENT;
    columns->sends = csv_reader_find(reader, name.name);
    for (size_t i = 0; i < 4; i++) {
        columns->refusals[i] = csv_reader_find(reader, refusals[i]);
        whole = whole && columns->refusals[i] != CSV_READER_ABSENT;
    }
    if (!whole || columns->sends == CSV_READER_ABSENT ||
        column_said(file->question, RECORDING_REQUESTS) != NULL) {
        columns->sends = CSV_READER_ABSENT;
        return;
    }
    RecordingSeries *series = &file->recording->series[RECORDING_REQUESTS];
    if (columns->of[RECORDING_REQUESTS] != CSV_READER_ABSENT) { /* claimed, by a poorer name */
        free(series->name);
        free(series->file);
        series->name = series->file = NULL;
        columns->of[RECORDING_REQUESTS] = CSV_READER_ABSENT;
    }
    if (!claim(file, &name)) {
        columns->sends = CSV_READER_ABSENT;
    }
}

/* Is it an events.csv? Its decisions tell the target's changes with their instants. */
static bool find_events(const CsvReader *reader, CsvColumns *columns) {
    columns->event = csv_reader_find(reader, "event");
    columns->from = csv_reader_find(reader, "from");
    columns->to = csv_reader_find(reader, "to");
    columns->serving = csv_reader_find(reader, "window_target");
    return columns->event != CSV_READER_ABSENT && columns->from != CSV_READER_ABSENT &&
           columns->to != CSV_READER_ABSENT && columns->serving != CSV_READER_ABSENT;
}

static void add_event(const RecordingFile *file, CsvReader *reader, const CsvColumns *columns,
                      sim_time time) {
    RecordingSeries *series = &file->recording->series[RECORDING_TARGET];
    if (strcmp(csv_reader_text(reader, columns->event), "decision") != 0) {
        return;
    }
    const double from = csv_reader_number(reader, columns->from);
    const double to = csv_reader_number(reader, columns->to);
    if (series->count == 0) {
        recording_add(file->recording, RECORDING_TARGET, time - 1, from);
    }
    if (from != to) {
        recording_add(file->recording, RECORDING_TARGET, time, to);
    }
}

static void add_row(const RecordingFile *file, CsvReader *reader, const CsvColumns *columns,
                    sim_time time) {
    const double interval = csv_reader_number(reader, columns->interval);
    const bool is_own = columns->interval != CSV_READER_ABSENT;
    const sim_time at = is_own ? time + sim_time_from_seconds(interval) - 1 : time;
    for (RecordingKind kind = 0; kind < RECORDING_KINDS; kind++) {
        recording_add(file->recording, kind, at, csv_reader_number(reader, columns->of[kind]));
    }
    if (columns->sends != CSV_READER_ABSENT && interval > 0) {
        double handed = csv_reader_number(reader, columns->sends);
        for (size_t i = 0; i < 4; i++) {
            handed -= csv_reader_number(reader, columns->refusals[i]);
        }
        recording_add(file->recording, RECORDING_REQUESTS, at, handed / interval);
    }
}

static bool add_rows(const RecordingFile *file, CsvReader *reader, const CsvColumns *columns,
                     bool is_events) {
    char *deployment = NULL;
    bool sound = true;
    while (sound && csv_reader_next(reader)) {
        const char *name = csv_reader_text(reader, columns->deployment);
        const char *text = csv_reader_text(reader, columns->time);
        const Error where = {.file = file->path, .line = reader->line, .place = "time"};
        sim_time time;
        bool has_date = false;
        if (is_other_deployment(file, name)) {
            continue;
        }
        if (deployment != NULL && strcmp(deployment, name) != 0) {
            sound = refuse_several(file, deployment, name);
        } else if (!read_time(text, &has_date, &time)) {
            sound = error_at(file->errors, &where, *text ? text : "nothing",
                             "seconds, or an instant such as 2026-11-16T12:00:00Z", NULL);
        } else if (is_events) {
            add_event(file, reader, columns, time);
        } else {
            add_row(file, reader, columns, time);
        }
        file->recording->has_dates |= has_date;
        if (deployment == NULL) {
            deployment = memory_text(name);
        }
    }
    free(deployment);
    return sound && !reader->failed;
}

static bool read_csv(const RecordingFile *file) {
    CsvReader reader = {0};
    CsvColumns columns = {.sends = CSV_READER_ABSENT};
    const RecordingName events = {"events.csv", RECORDING_TARGET, RECORDING_INSTANT, false};
    bool sound = csv_reader_open(&reader, file->path, file->errors);
    if (sound) {
        columns.time = first_column(&reader, time_names, sizeof time_names / sizeof time_names[0]);
        columns.interval = csv_reader_find(&reader, "interval_s");
        columns.deployment = csv_reader_find(&reader, "deployment");
        if (columns.time == CSV_READER_ABSENT) {
            sound = error_in_file(file->errors, file->path, "no column of times",
                                  "time_s, time or timestamp in the first line", NULL);
        }
    }
    if (sound && find_events(&reader, &columns)) {
        file->recording->series[RECORDING_TARGET].exact |= claim(file, &events);
        sound = add_rows(file, &reader, &columns, true);
    } else if (sound) {
        find_series_columns(file, &reader, &columns);
        find_sends(file, &reader, &columns);
        sound = add_rows(file, &reader, &columns, false);
    }
    return csv_reader_close(&reader) && sound;
}

/* Prometheus ---------------------------------------------------------------------------------- */

/* Values of one time are added up: series of a metric that differ in other labels. */
static void add_sample(Recording *recording, RecordingKind kind, sim_time time, double value) {
    RecordingSeries *series = &recording->series[kind];
    size_t low = 0, high = series->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (series->points[middle].time < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (!isfinite(value)) {
        return;
    }
    if (low < series->count && series->points[low].time == time) {
        series->points[low].value += value;
        return;
    }
    series->points =
        memory_grow(series->points, series->count, &series->room, sizeof *series->points);
    memmove(&series->points[low + 1], &series->points[low],
            (series->count - low) * sizeof *series->points);
    series->points[low] = (RecordingPoint){time, value};
    series->count++;
}

static bool read_value(const char *text, double *value) {
    const char *end;
    return text_read_number(text, &end, value) && *end == '\0';
}

static bool add_points(const RecordingFile *file, const cJSON *values, RecordingKind kind) {
    const cJSON *point;
    cJSON_ArrayForEach (point, values) {
        const cJSON *at = cJSON_GetArrayItem(point, 0), *text = cJSON_GetArrayItem(point, 1);
        double value = NAN;
        const bool is_none = cJSON_IsString(text) && (strcmp(text->valuestring, "NaN") == 0 ||
                                                      strstr(text->valuestring, "Inf") != NULL);
        const bool is_value = cJSON_IsString(text) && read_value(text->valuestring, &value);
        if (!cJSON_IsNumber(at) || (!is_none && !is_value)) {
            char *found = json_print_line(point);
            error_in_file(file->errors, file->path, found, "[time, \"number\"]", NULL);
            free(found);
            return false;
        }
        add_sample(file->recording, kind, time_of_number(at->valuedouble), value);
        file->recording->has_dates |= at->valuedouble >= 1e9;
    }
    return true;
}

static const char *label_of(const cJSON *labels, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(labels, name));
}

/* One series of the matrix; one without a name is called like its file. */
static bool add_series(const RecordingFile *file, const cJSON *series, const char **deployment) {
    const cJSON *labels = cJSON_GetObjectItemCaseSensitive(series, "metric");
    const char *name = label_of(labels, "__name__"), *id = label_of(labels, "deployment_id");
    char *stem = file_name_stem(file->path);
    RecordingName known;
    size_t rank;
    bool sound = true;
    id = id != NULL ? id : label_of(labels, "deployment");
    const bool is_other = id != NULL && is_other_deployment(file, id);
    if (!is_other && find_name(file, name != NULL ? name : stem, &known, &rank) &&
        claim(file, &known)) {
        if (id != NULL && *deployment != NULL && strcmp(id, *deployment) != 0) {
            sound = refuse_several(file, *deployment, id);
        }
        *deployment = id != NULL ? id : *deployment;
        sound = sound &&
                add_points(file, cJSON_GetObjectItemCaseSensitive(series, "values"), known.kind);
    }
    free(stem);
    return sound;
}

static bool read_matrix(const RecordingFile *file) {
    JsonTree tree = {0};
    bool sound = json_read(&tree, file->path, file->errors);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(tree.root, "data");
    const cJSON *result =
        cJSON_IsArray(tree.root) ? tree.root : cJSON_GetObjectItemCaseSensitive(data, "result");
    const cJSON *series;
    const char *deployment = NULL;
    if (sound &&
        (!cJSON_IsArray(result) || !cJSON_GetObjectItemCaseSensitive(result->child, "values"))) {
        sound = error_in_file(file->errors, file->path, "no series of points",
                              "Prometheus' answer to query_range (resultType matrix)", NULL);
    }
    for (series = sound ? result->child : NULL; sound && series != NULL; series = series->next) {
        sound = add_series(file, series, &deployment);
    }
    json_clear(&tree);
    return sound;
}

/* Scrapes ------------------------------------------------------------------------------------- */

/* A line of the exposition format, cut in place: name, the value of a label, number, time. */
typedef struct ScrapeLine {
    const char *name, *value;
    char *deployment; /* owned; NULL: none */
    double time_ms;   /* NAN: the line has none */
} ScrapeLine;

static char *scrape_label(const char *labels, const char *name) {
    const char *at = strstr(labels, name);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(name);
    return memory_text_n(at, strcspn(at, "\""));
}

static bool cut_line(char *line, ScrapeLine *cut) {
    char *brace = strchr(line, '{'), *end = brace != NULL ? strrchr(line, '}') : NULL;
    char *rest = end != NULL ? end + 1 : line + strcspn(line, " \t");
    *cut = (ScrapeLine){.name = line, .time_ms = NAN};
    if (*rest == '\0' || (brace != NULL && end == NULL)) {
        return false;
    }
    if (brace != NULL) {
        *brace = *end = '\0';
        cut->deployment = scrape_label(brace + 1, "deployment_id=\"");
    } else {
        *rest++ = '\0';
    }
    cut->value = rest + strspn(rest, " \t");
    rest = rest + strspn(rest, " \t");
    rest += strcspn(rest, " \t");
    if (*rest != '\0') {
        *rest++ = '\0';
        read_value(rest + strspn(rest, " \t"), &cut->time_ms);
    }
    return true;
}

static bool add_scrape_line(const RecordingFile *file, char *line, long number, sim_time scrape,
                            char **deployment) {
    ScrapeLine cut;
    RecordingName known;
    size_t rank;
    double value;
    const Error where = {.file = file->path, .line = number};
    bool sound = cut_line(line, &cut);
    if (!sound) {
        error_at(file->errors, &where, line, "a line of a scrape: name{labels} value", NULL);
    } else if (find_name(file, cut.name, &known, &rank) &&
               !(cut.deployment != NULL && is_other_deployment(file, cut.deployment)) &&
               claim(file, &known) && read_value(cut.value, &value)) {
        const sim_time time = isnan(cut.time_ms) ? scrape : time_of_number(cut.time_ms / 1e3);
        if (time == SIM_TIME_NEVER) {
            sound = error_at(file->errors, &where, "a scrape without its time",
                             "the time after the value, or a line \"# 2026-11-16T12:00:00Z\" "
                             "ahead of each scrape",
                             NULL);
        } else if (*deployment != NULL && cut.deployment != NULL &&
                   strcmp(*deployment, cut.deployment) != 0) {
            sound = refuse_several(file, *deployment, cut.deployment);
        } else {
            add_sample(file->recording, known.kind, time, value);
            file->recording->has_dates = true;
        }
        if (*deployment == NULL && cut.deployment != NULL) {
            *deployment = memory_text(cut.deployment);
        }
    }
    free(cut.deployment);
    return sound;
}

static bool read_scrapes(const RecordingFile *file) {
    size_t length;
    char *text = json_file_read(file->path, &length, file->errors), *deployment = NULL;
    sim_time scrape = SIM_TIME_NEVER, time;
    bool sound = text != NULL, has_date;
    long number = 1;
    for (char *line = text, *next; sound && line != NULL && *line != '\0'; line = next, number++) {
        char *end = line + strcspn(line, "\n");
        next = *end != '\0' ? end + 1 : end;
        *end = '\0';
        if (end > line && end[-1] == '\r') {
            end[-1] = '\0';
        }
        if (line[0] == '#') {
            const char *said = line + 1 + strspn(line + 1, " ");
            scrape = read_time(said, &has_date, &time) ? time : scrape;
        } else if (line[strspn(line, " \t")] != '\0') {
            sound = add_scrape_line(file, line, number, scrape, &deployment);
        }
    }
    free(deployment);
    free(text);
    return sound;
}

/* Files --------------------------------------------------------------------------------------- */

typedef enum RecordingForm { FORM_CSV, FORM_MATRIX, FORM_SCRAPES } RecordingForm;

/* By its first line: { or [; a comment, or a name and a value without a comma between; else CSV. */
static RecordingForm form_of(const char *path) {
    char head[4096];
    FILE *stream = fopen(path, "r");
    const size_t length = stream != NULL ? fread(head, 1, sizeof head - 1, stream) : 0;
    head[length] = '\0';
    if (stream != NULL) {
        fclose(stream);
    }
    const char *at = head + strspn(head, " \t\r\n");
    const size_t word = strcspn(at, "{ ,;\t\r\n");
    if (*at == '{' || *at == '[') {
        return FORM_MATRIX;
    }
    return *at == '#' || at[word] == '{' ||
                   (at[word] == ' ' && (isdigit((unsigned char)at[word + 1]) != 0))
               ? FORM_SCRAPES
               : FORM_CSV;
}

static void check_question(const RecordingQuestion *question, ErrorList *errors) {
    for (size_t i = 0; i < question->columns.count; i++) {
        const char *text = question->columns.items[i];
        char *name = memory_text_n(text, strcspn(text, "="));
        bool known = false;
        for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
            known = known || strcmp(name, recording_kind_names[kind]) == 0;
        }
        if (!known || strchr(text, '=') == NULL) {
            char *list = text_join(recording_kind_names, RECORDING_KINDS, " or ");
            char *expected = memory_format("SERIES=NAME, where SERIES is %s", list);
            error_in_option(errors, "--column", text, expected,
                            error_nearest(name, recording_kind_names, RECORDING_KINDS));
            free(expected);
            free(list);
        }
        free(name);
    }
}

/* Columns that the user names are there. */
static void check_found(const Recording *recording, const RecordingQuestion *question,
                        ErrorList *errors) {
    bool any = question->deployment == NULL;
    for (RecordingKind kind = 0; kind < RECORDING_KINDS; kind++) {
        const char *said = column_said(question, kind);
        if (said != NULL && !recording_has(recording, kind)) {
            error_in_option(errors, "--column", said, "a column or series of the recording", NULL);
        }
        any = any || recording_has(recording, kind);
    }
    if (!any) {
        error_in_option(errors, "--deployment", question->deployment,
                        "a deployment of the recording", NULL);
    }
}

static void read_file(const RecordingFile *file) {
    struct stat status;
    if (stat(file->path, &status) == 0 && S_ISDIR(status.st_mode)) {
        char *path = memory_format("%s/timeseries.csv", file->path);
        const RecordingFile within = {file->recording, file->question, path, file->errors};
        read_csv(&within);
        free(path);
        return;
    }
    switch (form_of(file->path)) {
    case FORM_CSV: read_csv(file); break;
    case FORM_MATRIX: read_matrix(file); break;
    case FORM_SCRAPES: read_scrapes(file); break;
    }
}

bool recording_read(Recording *recording, const char *const files[], size_t count,
                    const RecordingQuestion *question, ErrorList *errors) {
    const size_t before = errors->count;
    *recording = (Recording){.has_dates = false};
    check_question(question, errors);
    for (size_t i = 0; i < count && errors->count == before; i++) {
        const RecordingFile file = {recording, question, files[i], errors};
        read_file(&file);
    }
    if (errors->count == before) {
        check_found(recording, question, errors);
        recording_finish(recording);
    }
    return errors->count == before;
}
