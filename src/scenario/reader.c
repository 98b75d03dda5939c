// SPDX-License-Identifier: GPL-3.0-or-later
/* From JSON to config structs, by table. */
#include "scenario/reader.h"

#include "base/file_name.h"
#include "base/json_print.h"
#include "base/json_scan.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "scenario/distribution_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void reader_error(Reader *reader, const char *path, const char *found, const char *expected,
                  const char *suggestion) {
    error_add(reader->errors, &(Error){.place = path != NULL ? path : "",
                                       .found = found,
                                       .expected = expected,
                                       .suggestion = suggestion});
}

void reader_refuse(Reader *reader, const cJSON *node, const char *path, const char *expected,
                   const char *suggestion) {
    if (cJSON_IsInvalid(node)) {
        return; /* told when it was parsed */
    }
    char *found = json_found(node);
    reader_error(reader, path, found, expected, suggestion);
    free(found);
}

const cJSON *reader_member(const cJSON *object, const char *key) {
    const cJSON *member =
        cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
    return cJSON_IsNull(member) ? NULL : member;
}

static void refuse_option(Reader *reader, const cJSON *node, const Option *option,
                          const char *path) {
    char *expected = option_expected(option);
    reader_refuse(reader, node, path, expected, NULL);
    free(expected);
}

/* Scalars ------------------------------------------------------------------------------------ */

bool reader_is_file(const Option *option) {
    const size_t length = strlen(option->name);
    const bool suffix = length > 5 && strcmp(option->name + length - 5, "_file") == 0;
    return option->type == OPTION_TEXT && (suffix || strcmp(option->name, "file") == 0);
}

/* A name from the command line starts from where the user is, one from a file at its directory. */
static char *absolute_name(const Reader *reader, const ScenarioOverride *override,
                           const char *name) {
    if (override == NULL || override->file == NULL) {
        return file_name_absolute(override != NULL ? NULL : reader->directory, name);
    }
    char *directory = file_name_directory(override->file);
    char *absolute = file_name_absolute(directory, name);
    free(directory);
    return absolute;
}

/* override: the change that the text comes from, or NULL. */
static void read_text(Reader *reader, const Option *option, void *config, const char *text,
                      const char *path, const ScenarioOverride *override) {
    const Error where = {.place = path};
    char *file = reader_is_file(option) ? absolute_name(reader, override, text) : NULL;
    option_set_text(option, config, file != NULL ? file : text, &where, reader->errors);
    free(file);
}

static bool wants_text(OptionType type) {
    return type == OPTION_DURATION || type == OPTION_TEXT || type == OPTION_CHOICE ||
           type == OPTION_INSTANT || type == OPTION_SPAN;
}

static bool wants_number(OptionType type) {
    return type == OPTION_INTEGER || type == OPTION_NUMBER || type == OPTION_LENGTH;
}

/* On the command line 8 may be a text and "true" a model's name: what counts is the option. */
static void read_raw(Reader *reader, const cJSON *node, const Option *option, void *config,
                     const char *path, const ScenarioOverride *override) {
    const char *text = cJSON_IsString(node) ? node->valuestring : override->value;
    read_text(reader, option, config, text, path, override);
}

static void read_scalar(Reader *reader, const cJSON *node, const Option *option, void *config,
                        const char *path) {
    const Error where = {.place = path};
    bool whole = false;
    const long override = reader_override(node, &whole);
    if (override >= 0 && whole && node->child == NULL && !cJSON_IsArray(node) &&
        !cJSON_IsObject(node)) {
        read_raw(reader, node, option, config, path, &reader->overrides[override]);
    } else if (cJSON_IsBool(node) && option->type == OPTION_BOOLEAN) {
        option_set_text(option, config, cJSON_IsTrue(node) ? "true" : "false", &where,
                        reader->errors);
    } else if (cJSON_IsNumber(node) &&
               (wants_number(option->type) || option->type == OPTION_DURATION ||
                option->type == OPTION_SPAN)) {
        option_set_number(option, config, node->valuedouble, &where, reader->errors);
    } else if (cJSON_IsString(node) && wants_text(option->type)) {
        read_text(reader, option, config, node->valuestring, path,
                  override >= 0 ? &reader->overrides[override] : NULL);
    } else {
        refuse_option(reader, node, option, path);
    }
}

/* Arrays ------------------------------------------------------------------------------------- */

static bool read_number_element(Reader *reader, const cJSON *node, const Option *option,
                                const char *path, double *number) {
    if (cJSON_IsNumber(node) && option_within_limits(option, node->valuedouble)) {
        *number = node->valuedouble;
        return true;
    }
    Option element = *option;
    element.type = OPTION_NUMBER;
    refuse_option(reader, node, &element, path);
    return false;
}

static void read_numbers(Reader *reader, const cJSON *node, const Option *option,
                         OptionNumbers *numbers, const char *path) {
    if (!cJSON_IsArray(node)) {
        refuse_option(reader, node, option, path);
        return;
    }
    OptionNumbers read = {.values = memory_new((size_t)cJSON_GetArraySize(node), sizeof(double))};
    const cJSON *element;
    cJSON_ArrayForEach (element, node) {
        char *place = json_path_index(path, read.count);
        read_number_element(reader, element, option, place, &read.values[read.count]);
        read.count++;
        free(place);
    }
    free(numbers->values);
    *numbers = read;
}

static bool read_point_time(Reader *reader, const cJSON *node, const char *path, sim_time *time) {
    const bool zero = cJSON_IsNumber(node) && node->valuedouble == 0.0;
    if (zero) {
        *time = 0;
        return true;
    }
    if (cJSON_IsString(node) && sim_time_parse(node->valuestring, time)) {
        return true;
    }
    reader_refuse(reader, node, path, "a duration such as 30m", NULL);
    return false;
}

static void read_point(Reader *reader, const cJSON *pair, const Option *option,
                       OptionPoints *points, const char *path) {
    if (!cJSON_IsArray(pair) || cJSON_GetArraySize(pair) != 2) {
        reader_refuse(reader, pair, path, "a pair such as [\"30m\", 5]", NULL);
        return;
    }
    const size_t last = points->count;
    char *first_path = json_path_index(path, 0), *second_path = json_path_index(path, 1);
    const bool timed = read_point_time(reader, pair->child, first_path, &points->times[last]);
    const bool valued =
        read_number_element(reader, pair->child->next, option, second_path, &points->values[last]);
    if (timed && last > 0 && points->times[last] < points->times[last - 1]) {
        reader_refuse(reader, pair->child, first_path, "a time not before the last one", NULL);
    } else if (timed && valued) {
        points->count++;
    }
    free(first_path);
    free(second_path);
}

static void read_points(Reader *reader, const cJSON *node, const Option *option,
                        OptionPoints *points, const char *path) {
    if (!cJSON_IsArray(node)) {
        refuse_option(reader, node, option, path);
        return;
    }
    const size_t room = (size_t)cJSON_GetArraySize(node);
    OptionPoints read = {.times = memory_new(room, sizeof(sim_time)),
                         .values = memory_new(room, sizeof(double))};
    size_t index = 0;
    const cJSON *pair;
    cJSON_ArrayForEach (pair, node) {
        char *place = json_path_index(path, index++);
        read_point(reader, pair, option, &read, place);
        free(place);
    }
    free(points->times);
    free(points->values);
    *points = read;
}

/* Groups ------------------------------------------------------------------------------------- */

/* The value as JSON would have it: a number if it is one. */
static cJSON *pair_value(const char *text) {
    cJSON *value = cJSON_ParseWithOpts(text, NULL, 1);
    if (cJSON_IsNumber(value)) {
        return value;
    }
    cJSON_Delete(value);
    return json_text(text);
}

cJSON *reader_pairs(const char *text) {
    cJSON *object = json_object();
    for (const char *p = text;;) {
        const size_t length = strcspn(p, ",");
        const char *equals = memchr(p, '=', length);
        if (equals == NULL || equals == p) {
            cJSON_Delete(object);
            return NULL;
        }
        char *key = memory_text_n(p, (size_t)(equals - p));
        char *value = memory_text_n(equals + 1, (size_t)(p + length - equals) - 1);
        json_add(object, key, pair_value(value));
        free(key);
        free(value);
        if (p[length] == '\0') {
            return object;
        }
        p += length + 1;
    }
}

static void read_group(Reader *reader, const cJSON *node, const Option *option, void *config,
                       const char *path) {
    if (!cJSON_IsString(node)) {
        reader_options(reader, node, option->group, config, path, NULL);
        return;
    }
    cJSON *pairs = reader_pairs(node->valuestring);
    if (pairs == NULL) {
        reader_refuse(reader, node, path, "key=value[,key=value...], or an object", NULL);
        return;
    }
    reader_options(reader, pairs, option->group, config, path, NULL);
    cJSON_Delete(pairs);
}

/* Options ------------------------------------------------------------------------------------ */

static void set_default(const Option *option, void *config) {
    const Option alone[] = {*option, OPTION_END};
    options_clear(alone, config);
    options_set_defaults(alone, config);
}

void reader_option(Reader *reader, const cJSON *node, const Option *option, void *config,
                   const char *path) {
    void *place = (char *)config + option->offset;
    if (cJSON_IsInvalid(node) || option->type == OPTION_CUSTOM) {
        return;
    }
    if (cJSON_IsNull(node)) {
        set_default(option, config);
        return;
    }
    switch (option->type) {
    case OPTION_NUMBERS: read_numbers(reader, node, option, place, path); break;
    case OPTION_POINTS: read_points(reader, node, option, place, path); break;
    case OPTION_GROUP: read_group(reader, node, option, place, path); break;
    case OPTION_SPAN:
    case OPTION_LENGTH:
        if (cJSON_IsObject(node)) {
            distribution_read(reader, node, option, place, path);
            break;
        }
        read_scalar(reader, node, option, config, path);
        break;
    default: read_scalar(reader, node, option, config, path); break;
    }
}

/* "one of a, b, c" over the names of the table and those that the caller reads. */
static char *names_expected(const char *const names[], size_t count) {
    char *text = memory_text("one of ");
    for (size_t i = 0; i < count; i++) {
        char *longer = memory_format("%s%s%s", text, i == 0 ? "" : ", ", names[i]);
        free(text);
        text = longer;
    }
    return text;
}

static size_t count_names(const Option table[], const ReaderKeys *keys) {
    size_t count = 0;
    while (table[count].name != NULL) {
        count++;
    }
    for (const char *const *also = keys->also; also != NULL && *also != NULL; also++) {
        count++;
    }
    return count;
}

static const char **list_names(const Option table[], const ReaderKeys *keys, size_t *count) {
    const char **names = memory_new(count_names(table, keys), sizeof names[0]);
    *count = 0;
    for (const char *const *also = keys->also; also != NULL && *also != NULL; also++) {
        names[(*count)++] = *also;
    }
    for (const Option *option = table; option->name != NULL; option++) {
        names[(*count)++] = option->name;
    }
    return names;
}

static void refuse_key(Reader *reader, const char *key, const Option table[], const char *path,
                       const ReaderKeys *keys) {
    size_t count;
    const char **names = list_names(table, keys, &count);
    char *elsewhere = keys->foreign != NULL ? keys->foreign(keys->context, key) : NULL;
    const char *nearest = elsewhere != NULL ? NULL : error_nearest(key, names, count);
    char *expected = elsewhere == NULL && nearest == NULL ? names_expected(names, count) : NULL;
    reader_error(reader, path, elsewhere != NULL ? elsewhere : "an unknown key", expected,
                 elsewhere != NULL ? "it does not belong here" : nearest);
    free(names);
    free(elsewhere);
    free(expected);
}

static bool is_also(const ReaderKeys *keys, const char *key) {
    for (const char *const *also = keys->also; also != NULL && *also != NULL; also++) {
        if (strcmp(*also, key) == 0) {
            return true;
        }
    }
    return false;
}

/* An option that another one leaves without effect is a mistake, not a silence. `others` are the
 * members beside it. */
static void check_company(Reader *reader, const cJSON *member, const Option table[],
                          const Option *option, const void *config, const cJSON *others,
                          const char *path) {
    for (const char *const *other = option->not_with; other != NULL && *other != NULL; other++) {
        if (reader_member(others, *other) != NULL) {
            char *expected =
                memory_format("no %s beside %s, which takes its place", option->name, *other);
            reader_refuse(reader, member, path, expected, NULL);
            free(expected);
            return;
        }
    }
    const Option *needed = option->needs != NULL ? option_find(table, option->needs) : NULL;
    if (needed == NULL || option_is_on(needed, config) ||
        (needed->type != OPTION_BOOLEAN && reader_member(others, needed->name) != NULL)) {
        return;
    }
    char *expected = memory_format("%s%s beside it, without which it does nothing", needed->name,
                                   needed->type == OPTION_BOOLEAN ? ": true" : "");
    reader_refuse(reader, member, path, expected, NULL);
    free(expected);
}

void reader_options(Reader *reader, const cJSON *node, const Option table[], void *config,
                    const char *path, const ReaderKeys *keys) {
    static const ReaderKeys no_keys = {.also = NULL};
    if (!cJSON_IsObject(node)) {
        reader_refuse(reader, node, path, "an object", NULL);
        return;
    }
    keys = keys != NULL ? keys : &no_keys;
    const cJSON *member;
    cJSON_ArrayForEach (member, node) {
        char *place = json_path(path, member->string);
        const Option *option = option_find(table, member->string);
        if (option != NULL) {
            reader_option(reader, member, option, config, place);
        } else if (!is_also(keys, member->string)) {
            refuse_key(reader, member->string, table, place, keys);
        }
        free(place);
    }
    cJSON_ArrayForEach (member, node) { /* all are read now */
        const Option *option = option_find(table, member->string);
        if (option != NULL && !cJSON_IsNull(member)) {
            char *place = json_path(path, member->string);
            check_company(reader, member, table, option, config, node, place);
            free(place);
        }
    }
}
