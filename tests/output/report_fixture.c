// SPDX-License-Identifier: GPL-3.0-or-later
/* The shared part of the report tests. */
#include "output/report_fixture.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fixture_scenario(FixtureScenario *fixture) {
    *fixture = (FixtureScenario){
        .deployments = {{.name = "chat",
                         .model = "llama-v3p1-8b-instruct",
                         .accelerator = "H100",
                         .accelerator_count = 1,
                         .initial_replica_count = 1},
                        {.name = "batch, \"nightly\"",
                         .model = "qwen3-30b-a3b",
                         .accelerator = "B200",
                         .accelerator_count = 2}},
    };
    fixture->scenario = (Scenario){.name = "day",
                                   .seed = 7,
                                   .duration = SIM_TIME_HOUR,
                                   .interval = SIM_TIME_MINUTE,
                                   .write_requests = true,
                                   .slo = {SIM_TIME_NEVER, SIM_TIME_NEVER, SIM_TIME_NEVER},
                                   .deployments = fixture->deployments,
                                   .deployment_count = 2,
                                   .as_run = "{\n  \"name\": \"day\"\n}\n"};
}

char *fixture_place(void) {
    char *place = memory_text("/tmp/autoscale-sim-report-XXXXXX");
    cr_assert_not_null(mkdtemp(place));
    return place;
}

static void remove_all(const char *path) {
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        DIR *stream = opendir(path);
        const struct dirent *entry;
        while (stream && (entry = readdir(stream)) != NULL) {
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
                char *inner = fixture_path(path, entry->d_name);
                remove_all(inner);
                free(inner);
            }
        }
        if (stream) {
            closedir(stream);
        }
    }
    remove(path);
}

void fixture_remove_place(char *place) {
    remove_all(place);
    free(place);
}

char *fixture_path(const char *place, const char *name) {
    return memory_format("%s/%s", place, name);
}

size_t fixture_entries(const char *directory) {
    DIR *stream = opendir(directory);
    cr_assert_not_null(stream, "%s", directory);
    size_t count = 0;
    while (readdir(stream) != NULL) {
        count++;
    }
    closedir(stream);
    return count - 2;
}

char *fixture_read(const char *path) {
    FILE *stream = fopen(path, "rb");
    cr_assert_not_null(stream, "%s", path);
    size_t length = 0, room = 1 << 16;
    char *text = memory_new(room, 1);
    size_t got;
    while ((got = fread(text + length, 1, room - length - 1, stream)) > 0) {
        length += got;
        if (length + 1 == room) {
            room *= 2;
            text = memory_resize(text, room, 1);
        }
    }
    text[length] = '\0';
    fclose(stream);
    return text;
}

asim_request fixture_request(uint64_t id, sim_time sent_ms, sim_time admitted_ms,
                             sim_time first_token_ms, sim_time ended_ms, uint32_t output_tokens) {
    return (asim_request){.id = id,
                          .prompt_tokens = 100,
                          .output_tokens = output_tokens,
                          .sends = 1,
                          .replica = 1,
                          .outcome = ASIM_COMPLETED,
                          .last_answer = ASIM_ANSWER_200,
                          .first_send = sent_ms * SIM_TIME_MILLISECOND,
                          .last_send = sent_ms * SIM_TIME_MILLISECOND,
                          .admitted = admitted_ms * SIM_TIME_MILLISECOND,
                          .first_token = first_token_ms * SIM_TIME_MILLISECOND,
                          .ended = ended_ms * SIM_TIME_MILLISECOND};
}

/* CSV ---------------------------------------------------------------------------------------- */

/* One field from *at on, which is left behind it. */
static char *csv_field(const char **at) {
    const char *p = *at;
    char *field = memory_new(strlen(p) + 1, 1), *to = field;
    if (*p == '"') {
        for (p++; *p != '"' || p[1] == '"'; p++) {
            cr_assert_neq(*p, '\0', "a quoted field that does not end");
            p += *p == '"';
            *to++ = *p;
        }
        p++;
    } else {
        while (strchr(",\n", *p) == NULL) {
            cr_assert(*p != '"' && *p != '\r', "an unquoted field with a quote or CR");
            *to++ = *p++;
        }
    }
    cr_assert(*p == ',' || *p == '\n', "a field is followed by a comma or a line feed");
    *at = p;
    return field;
}

FixtureCsv fixture_csv(const char *text) {
    FixtureCsv csv = {0};
    size_t count = 0, capacity = 0, lines = 0, in_line = 0;
    while (*text != '\0') {
        csv.fields = memory_grow(csv.fields, count, &capacity, sizeof csv.fields[0]);
        csv.fields[count++] = csv_field(&text);
        in_line++;
        if (*text++ == '\n') {
            csv.columns = lines == 0 ? in_line : csv.columns;
            cr_assert_eq(in_line, csv.columns, "line %zu has %zu fields, the header %zu", lines + 1,
                         in_line, csv.columns);
            lines++;
            in_line = 0;
        }
    }
    cr_assert(lines > 0 && in_line == 0, "every line ends");
    csv.rows = lines - 1;
    return csv;
}

void fixture_csv_clear(FixtureCsv *csv) {
    for (size_t i = 0; i < csv->columns * (csv->rows + 1); i++) {
        free(csv->fields[i]);
    }
    free(csv->fields);
}

const char *fixture_field(const FixtureCsv *csv, size_t row, const char *column) {
    cr_assert_lt(row, csv->rows);
    size_t i = 0;
    while (i < csv->columns && strcmp(csv->fields[i], column) != 0) {
        i++;
    }
    cr_assert_lt(i, csv->columns, "no column %s", column);
    return csv->fields[(row + 1) * csv->columns + i];
}
