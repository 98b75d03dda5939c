// SPDX-License-Identifier: GPL-3.0-or-later
/* Copies of CSV that gnuplot can read, and what scenario.json says of a run. */
#include "output/plot_data.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "output/plot_folder.h"

#include <cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The whole stream with a NUL after it. */
static char *read_stream(FILE *stream, size_t *length) {
    size_t capacity = 0;
    char *text = NULL;
    *length = 0;
    do {
        if (*length + 1 >= capacity) {
            capacity = capacity ? 2 * capacity : 65536;
            text = memory_resize(text, capacity, 1);
        }
        *length += fread(text + *length, 1, capacity - *length - 1, stream);
    } while (!feof(stream) && !ferror(stream));
    text[*length] = '\0';
    return text;
}

/* NULL with errno set if it cannot be read. */
static char *read_file(const char *path, size_t *length) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return NULL;
    }
    char *text = read_stream(stream, length);
    const int error = ferror(stream) ? errno : 0;
    fclose(stream);
    if (error != 0) {
        free(text);
        errno = error;
        return NULL;
    }
    return text;
}

/* Reads an RFC 4180 field and moves *at to what ends it: a comma, a line end or the NUL. Owned by
 * the caller. */
static char *take_field(const char **at) {
    const char *p = *at;
    char *field = memory_new(strcspn(p, ",\r\n") + 1, 1);
    size_t used = 0;
    if (*p != '"') {
        used = strcspn(p, ",\r\n");
        memcpy(field, p, used);
        p += used;
    } else {
        size_t capacity = strcspn(p, ",\r\n") + 1;
        for (p++; *p != '\0' && (*p != '"' || p[1] == '"'); p++) {
            p += *p == '"';
            if (used + 1 >= capacity) {
                capacity *= 2;
                field = memory_resize(field, capacity, 1);
            }
            field[used++] = *p;
        }
        p += *p == '"';
        p += strcspn(p, ",\r\n");
        field = memory_resize(field, used + 1, 1);
    }
    field[used] = '\0';
    *at = p;
    return field;
}

static void append(char ***texts, size_t *count, size_t *capacity, char *text) {
    *texts = memory_grow(*texts, *count, capacity, sizeof **texts);
    (*texts)[(*count)++] = text;
}

/* The number of a deployment, from 1; a new one is added. Takes the name. */
static size_t number_of(PlotData *data, char *name) {
    for (size_t i = 0; i < data->name_count; i++) {
        if (strcmp(data->names[i], name) == 0) {
            free(name);
            return i + 1;
        }
    }
    append(&data->names, &data->name_count, &data->name_capacity, name);
    return data->name_count;
}

/* A curve of a distribution begins with nothing at the lower bound of its first bucket. `fields`:
 * ",METRIC,LOWER,UPPER,..." of the first row. */
static void begin_curve(size_t deployment, const char *fields, FILE *to) {
    const size_t metric = 1 + strcspn(fields + 1, ",");
    const char *lower = fields + metric + (fields[metric] == ',');
    const int length = (int)strcspn(lower, ",\r\n");
    fprintf(to, "d%zu%.*s,%.*s,%.*s,0,0\n", deployment, (int)metric, fields, length, lower, length,
            lower);
}

static bool same_curve(const char *row, const char *before) {
    const size_t metric = 1 + strcspn(row + 1, ",");
    return before != NULL && strncmp(row, before, metric) == 0 && before[metric] == ',';
}

/* A copy of the rows with numbers for the deployments. */
static void copy_rows(PlotData *data, const char *rows, bool are_distributions, FILE *to) {
    const char *before = NULL; /* the fields of the row before, from its first comma on */
    size_t deployment_before = 0;
    while (*rows != '\0') {
        char *name = take_field(&rows);
        if (*name == '\0' && *rows != ',') { /* an empty line */
            free(name);
        } else {
            const size_t rest = strcspn(rows, "\n");
            const size_t deployment = number_of(data, name);
            if (are_distributions &&
                (deployment != deployment_before || !same_curve(rows, before))) {
                begin_curve(deployment, rows, to);
            }
            fprintf(to, "d%zu", deployment);
            fwrite(rows, 1, rest, to);
            fputc('\n', to);
            before = rows;
            deployment_before = deployment;
            rows += rest;
        }
        rows += strspn(rows, "\r\n");
    }
}

/* The first line of comparison.csv: the runs, by names that gnuplot can read. */
static void copy_runs(PlotData *data, const char *header, FILE *to) {
    fputs("deployment,metric", to);
    for (size_t column = 0; *header != '\0' && *header != '\n' && *header != '\r'; column++) {
        char *name = take_field(&header);
        header += *header == ',';
        if (column < 2) {
            free(name);
            continue;
        }
        char *plain = memory_text(name);
        for (char *p = plain; *p != '\0'; p++) {
            *p = *p == ','                              ? ';'
                 : *p == '"'                            ? '\''
                 : *p == '/' || (unsigned char)*p < ' ' ? '_'
                                                        : *p;
        }
        fprintf(to, ",%s", plain);
        size_t count = data->run_count;
        append(&data->run_folders, &count, &data->folder_capacity, name);
        append(&data->runs, &data->run_count, &data->run_capacity, plain);
    }
    fputc('\n', to);
}

bool plot_data_copy(PlotData *data, const char *folder, const char *copy, const char *name,
                    bool is_comparison) {
    char *from = plot_join(folder, name);
    char *to = plot_join(copy, name);
    size_t length;
    char *text = read_file(from, &length);
    bool ok = text != NULL || error_unreadable(data->errors, from, errno, NULL);
    if (ok && strncmp(text, "deployment,", 11) != 0) {
        error_add(data->errors, &(Error){.file = from,
                                         .line = 1,
                                         .found = *text ? "another first line" : "nothing",
                                         .expected = "columns that begin with \"deployment\""});
        ok = false;
    }
    FILE *stream = ok ? fopen(to, "wb") : NULL;
    if (stream != NULL) {
        const char *rows = text + strcspn(text, "\n");
        if (is_comparison) {
            copy_runs(data, text, stream);
        } else {
            fprintf(stream, "%.*s\n", (int)strcspn(text, "\r\n"), text);
        }
        copy_rows(data, rows + strspn(rows, "\n"), strcmp(name, "latency_histogram.csv") == 0,
                  stream);
        const bool written = !ferror(stream);
        ok = (fclose(stream) == 0 && written) || error_unwritable(data->errors, to, errno, NULL);
    } else if (ok) {
        ok = error_unwritable(data->errors, to, errno, NULL);
    }
    free(text);
    free(from);
    free(to);
    return ok;
}

bool plot_data_copy_run(PlotData *data, const char *folder, const char *copy) {
    return plot_data_copy(data, folder, copy, "timeseries.csv", false) &&
           plot_data_copy(data, folder, copy, "latency_histogram.csv", false);
}

void plot_data_read_scenario(const char *folder, char **title, char **start_s) {
    char *path = plot_join(folder, "scenario.json");
    size_t length = 0;
    char *text = read_file(path, &length);
    cJSON *scenario = text ? cJSON_ParseWithLength(text, length) : NULL;
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, "name"));
    const char *begin = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, "start"));
    char *part = plot_last_part(folder);
    const bool both = name && *name && *part && strcmp(name, part) != 0;
    int64_t epoch_s = 0;
    int32_t nanoseconds;
    if (begin == NULL || !sim_time_parse_calendar(begin, &epoch_s, &nanoseconds)) {
        epoch_s = 0;
    }
    *title = both ? memory_format("%s, %s", name, part) : memory_text(name && *name ? name : part);
    *start_s = memory_format("%" PRId64, epoch_s);
    free(part);
    cJSON_Delete(scenario);
    free(text);
    free(path);
}

static void free_texts(char **texts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(texts[i]);
    }
    free(texts);
}

void plot_data_clear(PlotData *data) {
    free_texts(data->names, data->name_count);
    free_texts(data->runs, data->run_count);
    free_texts(data->run_folders, data->run_count);
    *data = (PlotData){.errors = data->errors};
}
