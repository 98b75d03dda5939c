// SPDX-License-Identifier: GPL-3.0-or-later
/* From JSON to config structs, by table, and where mistakes were made. */
#include "scenario/reader.h"

#include "base/memory.h"
#include "base/text.h"
#include "scenario/option_json.h"
#include "scenario/overrides.h"
#include "scenario/scenario_options.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Mistakes ----------------------------------------------------------------------------------- */

void reader_error(Reader *reader, const JsonPath *at, const char *expected, const char *suggestion,
                  const char *found, ...) {
    Text text = {0};
    va_list arguments;
    va_start(arguments, found);
    text_add_arguments(&text, found, arguments);
    va_end(arguments);
    char *place = json_path_text(at);
    error_at(reader->errors, &(Error){.place = place}, text.text, expected, suggestion);
    text_clear(&text);
    free(place);
}

void reader_refuse(Reader *reader, const cJSON *node, const JsonPath *at, const char *expected,
                   const char *suggestion) {
    if (node != NULL && cJSON_IsInvalid(node)) {
        return; /* told when it was parsed */
    }
    char *found = json_found(node);
    reader_error(reader, at, expected, suggestion, "%s", found);
    free(found);
}

void reader_check(Reader *reader, const JsonPath *at,
                  void (*check)(const void *config, const Error *where, ErrorList *errors),
                  const void *config) {
    char *place = json_path_text(at);
    check(config, &(Error){.place = place}, reader->errors);
    free(place);
}

bool reader_is_object(Reader *reader, const char *expected) {
    const cJSON *root = reader->tree->root;
    if (root != NULL && !cJSON_IsObject(root)) {
        const Error where = {.file = reader->file, .line = json_place(reader->tree, root).line};
        json_refuse(reader->errors, &where, root, expected, NULL);
    }
    return cJSON_IsObject(root);
}

/* Options ------------------------------------------------------------------------------------ */

const cJSON *reader_member(const cJSON *object, const char *key) {
    const cJSON *member =
        cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
    return cJSON_IsNull(member) ? NULL : member;
}

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
                       const JsonPath *at) {
    if (option->short_for != NULL && !cJSON_IsObject(node)) {
        reader_option(reader, node, option_find(option->group, option->short_for), config, at);
        return;
    }
    if (!cJSON_IsString(node)) {
        reader_options(reader, node, option->group, config, at);
        return;
    }
    cJSON *pairs = reader_pairs(node->valuestring);
    if (pairs == NULL) {
        reader_refuse(reader, node, at, "key=value[,key=value...], or an object", NULL);
        return;
    }
    reader_options(reader, pairs, option->group, config, at);
    cJSON_Delete(pairs);
}

void reader_option(Reader *reader, const cJSON *node, const Option *option, void *config,
                   const JsonPath *at) {
    if (cJSON_IsInvalid(node) || option->type == OPTION_CUSTOM) {
        return;
    }
    if (cJSON_IsNull(node)) {
        const Option alone[] = {*option, OPTION_END};
        options_clear(alone, config);
        options_set_defaults(alone, config);
    } else if (option->type == OPTION_GROUP) {
        read_group(reader, node, option, (char *)config + option->offset, at);
    } else {
        option_from_json(reader, node, option, config, at);
    }
    if (option->given != 0 && !cJSON_IsNull(node)) {
        *(bool *)((char *)config + option->given) = true;
    }
}

/* section: whose misplaced keys are told where they belong. */
static void refuse_key(Reader *reader, const char *key, const Option table[], const JsonPath *at,
                       bool section, const char *also) {
    size_t count = 0;
    while (table[count].name != NULL) {
        count++;
    }
    const char **names = memory_new(count + 1, sizeof names[0]);
    size_t used = 0;
    if (also != NULL) {
        names[used++] = also;
    }
    for (size_t i = 0; i < count; i++) {
        names[used++] = table[i].name;
    }
    char *elsewhere = section ? scenario_key_home(table, key) : NULL;
    const char *nearest = error_nearest(key, names, used);
    if (elsewhere != NULL) {
        reader_error(reader, at, NULL, "it does not belong here", "%s", elsewhere);
    } else if (nearest != NULL) {
        reader_error(reader, at, NULL, nearest, "an unknown key");
    } else {
        char *list = text_join(names, used, ", ");
        char *expected = memory_format("one of %s", list);
        reader_error(reader, at, expected, NULL, "an unknown key");
        free(expected);
        free(list);
    }
    free(names);
    free(elsewhere);
}

/* An option that another one leaves without effect is a mistake, not a silence. `others` are the
 * members beside it. */
static void check_company(Reader *reader, const cJSON *member, const Option table[],
                          const Option *option, const void *config, const cJSON *others,
                          const JsonPath *at) {
    for (const char *const *other = option->not_with; other != NULL && *other != NULL; other++) {
        if (reader_member(others, *other) != NULL) {
            char *expected =
                memory_format("no %s beside %s, which takes its place", option->name, *other);
            reader_refuse(reader, member, at, expected, NULL);
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
    reader_refuse(reader, member, at, expected, NULL);
    free(expected);
}

static void read_members(Reader *reader, const cJSON *node, const Option table[], void *config,
                         const JsonPath *at, bool section, const char *also) {
    const cJSON *member;
    cJSON_ArrayForEach (member, node) {
        const JsonPath place = {.above = at, .key = member->string};
        const Option *option = option_find(table, member->string);
        if (option != NULL) {
            reader_option(reader, member, option, config, &place);
        } else if (also == NULL || strcmp(member->string, also) != 0) {
            refuse_key(reader, member->string, table, &place, section, also);
        }
    }
    cJSON_ArrayForEach (member, node) { /* all are read now */
        const Option *option = option_find(table, member->string);
        if (option != NULL && !cJSON_IsNull(member)) {
            const JsonPath place = {.above = at, .key = member->string};
            check_company(reader, member, table, option, config, node, &place);
        }
    }
}

void reader_options(Reader *reader, const cJSON *node, const Option table[], void *config,
                    const JsonPath *at) {
    if (cJSON_IsObject(node)) {
        read_members(reader, node, table, config, at, false, NULL);
    } else {
        reader_refuse(reader, node, at, "an object", NULL);
    }
}

void reader_section(Reader *reader, const cJSON *node, const Option table[], void *config,
                    const JsonPath *at, const char *also) {
    if (!cJSON_IsObject(node)) {
        reader_refuse(reader, node, at, "an object", NULL);
        return;
    }
    read_members(reader, node, table, config, at, true, also);
    for (const Option *option = table; option->name != NULL; option++) {
        if (option->part != NULL && option->part->read != NULL) {
            const JsonPath place = {.above = at, .key = option->name};
            option->part->read(reader, reader_member(node, option->name), &place, config);
        }
    }
}

/* Where a mistake was made ------------------------------------------------------------------- */

/* Past the segment "key" or "\"key\"" if path begins with it, or NULL. */
static const char *after_key(const char *path, const char *key) {
    const size_t quote = *path == '"';
    const size_t length = strlen(key);
    if (strncmp(path + quote, key, length) != 0) {
        return NULL;
    }
    path += quote + length;
    if (quote && *path++ != '"') {
        return NULL;
    }
    return *path == '.' ? path + 1 : *path == '\0' ? path : NULL;
}

static const char *after_index(const char *path, size_t index) {
    char *end;
    if (*path < '0' || *path > '9' || strtoul(path, &end, 10) != index) {
        return NULL;
    }
    return *end == '.' ? end + 1 : *end == '\0' ? end : NULL;
}

/* The child that the path goes through, and the rest of the path. */
static const cJSON *child_on_path(const cJSON *node, const char *path, const char **rest) {
    size_t index = 0;
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        *rest = child->string != NULL ? after_key(path, child->string) : after_index(path, index);
        index++;
        if (*rest != NULL) {
            return child;
        }
    }
    return NULL;
}

/* The place of the nearest node to path that has one; *below: the part of the path within all that
 * a change made there, or "". */
static JsonPlace nearest_place(const JsonTree *tree, const char *path, const char **below) {
    JsonPlace nearest = json_place(tree, tree->root);
    *below = "";
    const cJSON *node = tree->root;
    while (*path != '\0' && (node = child_on_path(node, path, &path)) != NULL) {
        const JsonPlace place = json_place(tree, node);
        if (place.line != 0 || place.origin != NULL) {
            nearest = place;
        }
        if (place.origin == NULL) {
            *below = "";
        } else if (place.whole) {
            *below = path;
        }
    }
    return nearest;
}

static void locate(const Reader *reader, Error *error) {
    const char *below;
    const JsonPlace nearest = nearest_place(reader->tree, error->place, &below);
    if (nearest.origin != NULL) {
        const ScenarioOverride *change = nearest.origin;
        char *place = override_place(change, below);
        error_move(error, change->file != NULL ? change->file : "command line", change->line,
                   place);
        free(place);
    } else {
        error_move(error, reader->file, nearest.line, *error->place != '\0' ? error->place : NULL);
    }
}

/* Too much of the same ----------------------------------------------------------------------- */

static int compare_texts(const char *a, const char *b) {
    if (a == NULL || b == NULL) {
        return (a != NULL) - (b != NULL);
    }
    return strcmp(a, b);
}

static int by_place(const void *left, const void *right) {
    const Error *a = *(Error *const *)left, *b = *(Error *const *)right;
    const int difference = compare_texts(a->place, b->place);
    return difference != 0 ? difference : (a > b) - (a < b);
}

static int by_texts(const void *left, const void *right) {
    const Error *a = *(Error *const *)left, *b = *(Error *const *)right;
    int difference = compare_texts(a->file, b->file);
    difference = difference != 0 ? difference : compare_texts(a->place, b->place);
    difference = difference != 0 ? difference : compare_texts(a->found, b->found);
    difference = difference != 0 ? difference : compare_texts(a->expected, b->expected);
    return difference != 0 ? difference : (a > b) - (a < b);
}

/* A value that was refused left its option absent, which must not be told as well. */
static bool is_echo(const Error *before, const Error *error) {
    return error->found != NULL && strcmp(error->found, "nothing") == 0 &&
           compare_texts(before->place, error->place) == 0;
}

/* One change may have gone to several deployments. */
static bool is_again(const Error *before, const Error *error) {
    return error->file != NULL && before->line == error->line &&
           compare_texts(before->file, error->file) == 0 &&
           compare_texts(before->place, error->place) == 0 &&
           compare_texts(before->found, error->found) == 0 &&
           compare_texts(before->expected, error->expected) == 0;
}

/* Drops the errors kept since `from` that the test finds superfluous after one before them in the
 * order. */
static void drop(ErrorList *errors, size_t from, int (*order)(const void *, const void *),
                 bool (*superfluous)(const Error *, const Error *)) {
    const size_t count = errors->kept - from;
    Error **sorted = memory_new(count, sizeof sorted[0]);
    bool *dropped = memory_new(count, sizeof dropped[0]);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &errors->items[from + i];
    }
    qsort(sorted, count, sizeof sorted[0], order);
    for (size_t i = 1; i < count; i++) {
        dropped[sorted[i] - &errors->items[from]] = superfluous(sorted[i - 1], sorted[i]);
    }
    error_list_drop(errors, from, dropped);
    free(sorted);
    free(dropped);
}

typedef struct Placed {
    Error error;
    size_t order;
} Placed;

/* The command line's mistakes first, then those of the file from its top. */
static int by_line(const void *left, const void *right) {
    const Placed *a = left, *b = right;
    if (a->error.line != b->error.line) {
        return a->error.line < b->error.line ? -1 : 1;
    }
    return (a->order > b->order) - (a->order < b->order);
}

static void sort_by_line(ErrorList *errors, size_t from) {
    const size_t count = errors->kept - from;
    Placed *placed = memory_new(count, sizeof placed[0]);
    for (size_t i = 0; i < count; i++) {
        placed[i] = (Placed){errors->items[from + i], i};
    }
    qsort(placed, count, sizeof placed[0], by_line);
    for (size_t i = 0; i < count; i++) {
        errors->items[from + i] = placed[i].error;
    }
    free(placed);
}

void reader_locate(const Reader *reader, size_t from) {
    ErrorList *errors = reader->errors;
    drop(errors, from, by_place, is_echo);
    for (size_t i = from; i < errors->kept; i++) {
        if (errors->items[i].file == NULL && errors->items[i].place != NULL) {
            locate(reader, &errors->items[i]);
        }
    }
    drop(errors, from, by_texts, is_again);
    sort_by_line(errors, from);
}
