// SPDX-License-Identifier: GPL-3.0-or-later
/* The traffic tests' tools. */
#include "traffic/traffic_harness.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "traffic/prompt_hashes.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

void harness_init(TrafficHarness *harness) {
    *harness = (TrafficHarness){0};
    strcpy(harness->directory, "/tmp/asim-traffic-XXXXXX");
    if (mkdtemp(harness->directory) == NULL) {
        abort();
    }
    harness->context = (TrafficContext){
        .seed = 1,
        .stream = "traffic.test.0",
        .until = SIM_TIME_NEVER,
        .directory = harness->directory,
        .errors = &harness->errors,
    };
}

static void clear_arrivals(TrafficHarness *harness) {
    /* A test may have taken them over. */
    for (size_t i = 0; harness->arrivals != NULL && i < harness->count; i++) {
        arrival_drop(&harness->arrivals[i]);
    }
    free(harness->arrivals);
    harness->arrivals = NULL;
    harness->count = 0;
}

static void clear_source(TrafficHarness *harness) {
    if (harness->source != NULL) {
        harness->source->destroy(harness->source);
    }
    if (harness->config != NULL) {
        options_clear(harness->kind->options, harness->config);
    }
    free(harness->config);
    clear_arrivals(harness);
    harness->source = NULL;
    harness->config = NULL;
    harness->failed = false;
    error_list_clear(&harness->errors);
}

void harness_clear(TrafficHarness *harness) {
    clear_source(harness);
    char *command = memory_format("rm -r '%s'", harness->directory);
    if (system(command) != 0) {
        fprintf(stderr, "%s is left behind\n", harness->directory);
    }
    free(command);
}

void harness_file(TrafficHarness *harness, const char *name, const char *bytes, size_t length) {
    char *path = memory_format("%s/%s", harness->directory, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
        abort();
    }
    free(path);
}

void harness_text_file(TrafficHarness *harness, const char *name, const char *text) {
    harness_file(harness, name, text, strlen(text));
}

void harness_gzip_file(TrafficHarness *harness, const char *name, const char *text) {
    char *path = memory_format("%s/%s", harness->directory, name);
    gzFile file = gzopen(path, "wb");
    if (file == NULL || gzputs(file, text) != (int)strlen(text) || gzclose(file) != Z_OK) {
        abort();
    }
    free(path);
}

/* "a,b" */
static void set_files(TextList *files, const char *text) {
    for (const char *p = text; *p != '\0'; p += *p == ',') {
        const size_t length = strcspn(p, ",");
        text_list_add(files, memory_text_n(p, length));
        p += length;
    }
}

/* "1,2,3" */
static void set_numbers(OptionNumbers *numbers, const char *text) {
    numbers->values = memory_new(strlen(text) + 1, sizeof numbers->values[0]);
    for (char *p = (char *)text; *p != '\0'; p += *p == ',') {
        numbers->values[numbers->count++] = strtod(p, &p);
    }
}

/* "0s:1,10m:5" */
static void set_points(OptionPoints *points, const char *text) {
    points->values = memory_new(strlen(text) + 1, sizeof points->values[0]);
    points->times = memory_new(strlen(text) + 1, sizeof points->times[0]);
    for (char *p = (char *)text; *p != '\0'; p += *p == ',') {
        char time[32];
        const size_t length = strcspn(p, ":");
        snprintf(time, sizeof time, "%.*s", (int)length, p);
        if (!sim_time_parse(time, &points->times[points->count])) {
            abort();
        }
        points->values[points->count++] = strtod(p + length + 1, &p);
    }
}

static void set_option(TrafficHarness *harness, void *config, const char *setting) {
    const char *equals = strchr(setting, '=');
    char *name = memory_text_n(setting, (size_t)(equals - setting));
    const Option *option = option_find(harness->kind->options, name);
    if (option == NULL) {
        fprintf(stderr, "no option %s\n", name);
        abort();
    }
    void *place = (char *)config + option->offset;
    const Error where = {.place = name};
    if (option->type == OPTION_TEXTS && option->is_file) {
        set_files(place, equals + 1);
    } else if (option->type == OPTION_NUMBERS) {
        set_numbers(place, equals + 1);
    } else if (option->type == OPTION_POINTS) {
        set_points(place, equals + 1);
    } else if (option->type == OPTION_TEXTS) {
        text_list_add(place, memory_text(equals + 1));
    } else if (!option_set_text(option, config, equals + 1, &where, &harness->errors)) {
        error_list_print(&harness->errors, stderr);
        abort();
    }
    free(name);
}

void *harness_config(TrafficHarness *harness, const char *kind, const char *const options[]) {
    harness->kind = traffic_kind_find(kind);
    assert(harness->kind != NULL);
    void *config = memory_new(1, harness->kind->config_size);
    options_set_defaults(harness->kind->options, config);
    for (size_t i = 0; options[i] != NULL; i++) {
        set_option(harness, config, options[i]);
    }
    return config;
}

bool harness_open(TrafficHarness *harness, const char *kind, const char *const options[]) {
    clear_source(harness);
    harness->config = harness_config(harness, kind, options);
    const Error where = {.file = NULL};
    harness->kind->check(harness->kind, harness->config, &where, &harness->errors);
    if (harness->errors.count > 0) {
        return false;
    }
    harness->source = harness->kind->open(harness->kind, harness->config, &harness->context);
    return harness->source != NULL;
}

void harness_read(TrafficHarness *harness, size_t most) {
    size_t capacity = 0;
    clear_arrivals(harness);
    while (harness->count < most) {
        enum { BLOCK = 100 };
        while (capacity < harness->count + BLOCK) {
            harness->arrivals =
                memory_grow(harness->arrivals, capacity, &capacity, sizeof harness->arrivals[0]);
        }
        const size_t left = most - harness->count;
        const size_t got =
            harness->source->next(harness->source, harness->arrivals + harness->count,
                                  left < BLOCK ? left : BLOCK, &harness->failed);
        if (got == 0) {
            break;
        }
        harness->count += got;
    }
}

void harness_trace(TrafficHarness *harness, const char *file, const char *const options[]) {
    const char *all[32] = {NULL};
    char *setting = memory_format("file=%s", file);
    size_t count = 0;
    all[count++] = "origin=first_row";
    all[count++] = setting;
    for (size_t i = 0; options[i] != NULL; i++) {
        all[count++] = options[i];
    }
    harness->context.directory = strchr(file, '/') != NULL ? NULL : harness->directory;
    if (harness_open(harness, "trace", all)) {
        harness_read(harness, HARNESS_MOST);
    } else {
        harness->failed = true;
    }
    free(setting);
}

void harness_reads(TrafficHarness *harness, const char *text, const char *const options[]) {
    harness_text_file(harness, "f", text);
    harness_trace(harness, "f", options);
    cr_assert(!harness->failed, "%s in\n%s", harness_error(harness), text);
}

void harness_refuses(TrafficHarness *harness, const char *text, const char *const options[],
                     const char *expected) {
    harness_text_file(harness, "bad", text);
    harness_trace(harness, "bad", options);
    cr_assert(harness->failed, "no error in \"%s\", expected %s", text, expected);
    cr_assert(strstr(harness_error(harness), expected), "\"%s\": %s", text, harness_error(harness));
}

void harness_gives(TrafficHarness *harness, size_t i, sim_time time, uint32_t prompt_tokens,
                   uint32_t output_tokens) {
    cr_assert_lt(i, harness->count, "request %zu is missing: %s", i, harness_error(harness));
    const asim_arrival *arrival = &harness->arrivals[i];
    cr_assert_eq(arrival->time, time, "request %zu: %lld ns", i, (long long)arrival->time);
    cr_assert_eq(arrival->prompt_tokens, prompt_tokens, "request %zu: %u", i,
                 arrival->prompt_tokens);
    cr_assert_eq(arrival->output_tokens, output_tokens, "request %zu: %u", i,
                 arrival->output_tokens);
}

/* What must hold of whatever was read. */
static void check_reading(const TrafficHarness *harness, bool by_rows) {
    cr_assert(harness->failed == (harness->errors.count > 0));
    if (!harness->failed && by_rows) {
        const asim_traffic_counts *counts = &harness->source->counts;
        cr_assert_eq(counts->rows,
                     counts->requests + counts->failed + counts->skipped + counts->outside);
        cr_assert_eq(counts->requests, harness->count);
    }
    for (size_t i = 0; i < harness->count; i++) {
        const asim_arrival *arrivals = harness->arrivals;
        cr_assert(arrivals[i].prompt_tokens > 0 && arrivals[i].output_tokens > 0);
        cr_assert(arrivals[i].time >= (i > 0 ? arrivals[i - 1].time : 0));
    }
}

void harness_mutilate(TrafficHarness *harness, const char *text, const char *const options[],
                      bool by_rows) {
    const size_t length = strlen(text);
    char *copy = malloc(length + 1);
    for (size_t i = 0; i < 3 * length; i++) {
        memcpy(copy, text, length);
        if (i >= length) {
            char *byte = &copy[i % length];
            *byte = i < 2 * length ? (char)(*byte ^ 1) : (char)(i * 37);
        }
        harness_file(harness, "mutilated", copy, i < length ? i : length);
        harness_trace(harness, "mutilated", options);
        check_reading(harness, by_rows);
    }
    free(copy);
}

const char *harness_error(TrafficHarness *harness) {
    static char text[2048]; /* each test is a process of its own */
    text[0] = '\0';
    if (harness->errors.count > 0) {
        char *first = error_text(&harness->errors.items[0]);
        snprintf(text, sizeof text, "%s", first);
        free(first);
    }
    return text;
}
