// SPDX-License-Identifier: GPL-3.0-or-later
/* Edits of the tree by path. */
#include "scenario/overrides.h"

#include "base/json_print.h"
#include "base/json_scan.h"
#include "base/memory.h"
#include "scenario/reader.h"

#include <stdlib.h>
#include <string.h>

/* The list ----------------------------------------------------------------------------------- */

void overrides_add_from(OverrideList *list, const char *path, const char *value, const char *flag,
                        const char *file, long line) {
    list->items = memory_grow(list->items, list->count, &list->capacity, sizeof list->items[0]);
    list->items[list->count++] = (ScenarioOverride){.path = memory_text(path),
                                                    .value = memory_text(value),
                                                    .flag = memory_text(flag),
                                                    .file = memory_text(file),
                                                    .line = line};
}

void overrides_add(OverrideList *list, const char *path, const char *value, const char *flag) {
    overrides_add_from(list, path, value, flag, NULL, 0);
}

void overrides_add_all(OverrideList *list, const OverrideList *others) {
    for (size_t i = 0; i < others->count; i++) {
        const ScenarioOverride *item = &others->items[i];
        overrides_add_from(list, item->path, item->value, item->flag, item->file, item->line);
    }
}

void overrides_clear(OverrideList *list) {
    for (size_t i = 0; i < list->count; i++) {
        free((void *)list->items[i].path);
        free((void *)list->items[i].value);
        free((void *)list->items[i].flag);
        free((void *)list->items[i].file);
    }
    free(list->items);
    *list = (OverrideList){0};
}

bool overrides_add_set(OverrideList *list, const char *text, ErrorList *errors) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        char *found = memory_format("\"%s\"", text);
        error_add(errors, &(Error){.file = "command line",
                                   .place = "--set",
                                   .found = found,
                                   .expected = "path=value, such as "
                                               "deployments.chat.autoscaling.scale_up_window=15s"});
        free(found);
        return false;
    }
    char *path = memory_text_n(text, (size_t)(equals - text));
    overrides_add(list, path, equals + 1, "--set");
    free(path);
    return true;
}

/* Editing ------------------------------------------------------------------------------------ */

typedef struct Edit {
    const ScenarioOverride *override;
    size_t number;
    size_t changed; /* places where the value was put */
    bool failed;
    ErrorList *errors;
} Edit;

static void refuse(Edit *edit, const char *found, const char *expected, const char *suggestion) {
    const bool set = strcmp(edit->override->flag, "--set") == 0;
    char *place =
        set ? memory_format("--set %s", edit->override->path) : memory_text(edit->override->flag);
    const char *file = edit->override->file;
    error_add(edit->errors, &(Error){.file = file != NULL ? file : "command line",
                                     .line = edit->override->line,
                                     .place = place,
                                     .found = found,
                                     .expected = expected,
                                     .suggestion = suggestion});
    free(place);
    edit->failed = true;
}

static void mark(cJSON *node, size_t number, bool whole) {
    node->valueint = reader_override_mark(number, whole);
    cJSON *child;
    cJSON_ArrayForEach (child, node) {
        mark(child, number, false);
    }
}

/* JSON if it is JSON, else a text. */
static cJSON *value_node(const Edit *edit) {
    const char *text = edit->override->value;
    cJSON *node = cJSON_ParseWithOpts(text, NULL, 1);
    const bool sound = node != NULL && strchr("-0123456789[{\"tfn", *text) != NULL;
    if (!sound) {
        cJSON_Delete(node);
        node = json_text(text);
    }
    mark(node, edit->number, true);
    return node;
}

/* Puts item in the place of the child, which is freed, under the same key. */
static void put_in_place(cJSON *parent, cJSON *child, cJSON *item) {
    char *key = memory_text(child->string);
    const bool replaced = cJSON_ReplaceItemViaPointer(parent, child, item);
    if (replaced && key != NULL) {
        free(item->string);
        item->string = key;
    } else {
        free(key);
    }
}

static bool is_index(const char *segment) {
    return *segment != '\0' && strlen(segment) < 10 &&
           strspn(segment, "0123456789") == strlen(segment);
}

/* Texts that are short for an object, and for which of its keys. */
static const struct {
    const char *key;
    const char *member;
} shorthands[] = {{"client", "preset"}, {"cold_start", "total"}};

static cJSON *longhand(const cJSON *node) {
    for (size_t i = 0; i < sizeof shorthands / sizeof shorthands[0]; i++) {
        if (node->string != NULL && strcmp(node->string, shorthands[i].key) == 0) {
            cJSON *object = json_object();
            json_add(object, shorthands[i].member, memory_checked(cJSON_Duplicate(node, 1)));
            return object;
        }
    }
    cJSON *pairs = cJSON_IsString(node) ? reader_pairs(node->valuestring) : NULL;
    return pairs != NULL ? pairs : json_object();
}

/* The child as something that has members, in its place in the tree. */
static cJSON *with_members(cJSON *parent, cJSON *child) {
    if (cJSON_IsObject(child) || cJSON_IsArray(child)) {
        return child;
    }
    cJSON *object = longhand(child);
    object->valueint = child->valueint;
    put_in_place(parent, child, object);
    return object;
}

/* What a deployment says of its model, which another model makes untrue. */
static const char *const of_the_model[] = {
    "accelerator",  "accelerator_count", "precision",      "weights_gb",
    "parameters_b", "profile",           "profile_source", NULL};

static const char *last_name(const char *model) {
    const char *slash = strrchr(model, '/');
    return slash != NULL ? slash + 1 : model;
}

static void forget_model(const Edit *edit, cJSON *deployment, const cJSON *model) {
    const bool command = strcmp(edit->override->flag, OVERRIDE_FIRECTL) == 0;
    if (!command || strcmp(model->string, "model") != 0 ||
        (cJSON_IsString(model) &&
         strcmp(last_name(model->valuestring), last_name(edit->override->value)) == 0)) {
        return;
    }
    for (size_t i = 0; of_the_model[i] != NULL; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(deployment, of_the_model[i]);
    }
}

static void edit_at(Edit *edit, cJSON *node, const char *path, int depth);

static char *first_segment(const char *path, const char **rest) {
    const size_t length = strcspn(path, ".");
    *rest = path[length] == '.' ? path + length + 1 : NULL;
    return memory_text_n(path, length);
}

/* Goes on below the child, or puts the value in its place. */
static void edit_child(Edit *edit, cJSON *parent, cJSON *child, const char *rest, int depth) {
    if (rest == NULL) {
        if (child->string != NULL) {
            forget_model(edit, parent, child);
        }
        put_in_place(parent, child, value_node(edit));
        edit->changed++;
    } else {
        edit_at(edit, with_members(parent, child), rest, depth + 1);
    }
}

static void refuse_deployment(Edit *edit, const cJSON *deployments, const char *name) {
    const size_t count = (size_t)cJSON_GetArraySize(deployments);
    const char **names = memory_new(count, sizeof names[0]);
    size_t i = 0;
    const cJSON *child;
    cJSON_ArrayForEach (child, deployments) {
        names[i++] = child->string;
    }
    char *found = memory_format("a deployment \"%s\" that the scenario does not have", name);
    refuse(edit, found, NULL, error_nearest(name, names, count));
    free(found);
    free(names);
}

static void add_member(Edit *edit, cJSON *object, const char *key, const char *rest, int depth) {
    const bool deployment =
        depth == 1 && object->string != NULL && strcmp(object->string, "deployments") == 0;
    if (deployment && rest != NULL) {
        refuse_deployment(edit, object, key);
        return;
    }
    cJSON *item = rest == NULL ? value_node(edit) : json_object();
    if (rest != NULL) {
        mark(item, edit->number, false);
    }
    json_add(object, key, item);
    if (rest == NULL) {
        edit->changed++;
    } else {
        edit_at(edit, item, rest, depth + 1);
    }
}

/* A source of traffic takes part in a * only if its type has the option. */
static bool takes_part(const cJSON *child, const char *rest) {
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(child, "type");
    const TrafficKind *kind = cJSON_IsString(type) ? traffic_kind_find(type->valuestring) : NULL;
    if (kind == NULL || rest == NULL) {
        return true;
    }
    const char *after;
    char *key = first_segment(rest, &after);
    const bool known = option_find(kind->options, key) != NULL || strcmp(key, "type") == 0;
    free(key);
    return known;
}

static void edit_every(Edit *edit, cJSON *node, const char *rest, int depth) {
    cJSON *next;
    for (cJSON *child = node->child; child != NULL; child = next) {
        next = child->next;
        if (takes_part(child, rest)) {
            edit_child(edit, node, child, rest, depth);
        }
    }
}

static void edit_element(Edit *edit, cJSON *array, const char *segment, const char *path,
                         const char *rest, int depth) {
    const int count = cJSON_GetArraySize(array);
    if (!is_index(segment)) {
        if (count == 1 && cJSON_IsObject(array->child)) { /* of one element, its number may be left
                                                             out */
            edit_at(edit, array->child, path, depth + 1);
            return;
        }
        char *found = memory_format("\"%s\" in an array of %d elements", segment, count);
        refuse(edit, found, "an element's number, from 0, or *", NULL);
        free(found);
        return;
    }
    const int index = atoi(segment);
    if (index < count) {
        edit_child(edit, array, cJSON_GetArrayItem(array, index), rest, depth);
    } else if (index == count) {
        cJSON *item = rest == NULL ? value_node(edit) : json_object();
        mark(item, edit->number, rest == NULL);
        json_append(array, item);
        edit->changed += rest == NULL;
        if (rest != NULL) {
            edit_at(edit, item, rest, depth + 1);
        }
    } else {
        char *found = memory_format("element %d of an array of %d", index, count);
        refuse(edit, found, "an element that is there, or the next one", NULL);
        free(found);
    }
}

/* depth counts the segments before path: 1 is just below "deployments". */
static void edit_at(Edit *edit, cJSON *node, const char *path, int depth) {
    const char *rest;
    char *segment = first_segment(path, &rest);
    cJSON *child = cJSON_IsObject(node) ? cJSON_GetObjectItemCaseSensitive(node, segment) : NULL;
    const bool source =
        cJSON_IsObject(node) && node->string != NULL && strcmp(node->string, "traffic") == 0;
    if (*segment == '\0') {
        refuse(edit, "an empty name between dots", "names with a dot between them", NULL);
    } else if (source && (strcmp(segment, "*") == 0 || strcmp(segment, "0") == 0) && rest != NULL) {
        if (segment[0] == '0' || takes_part(node, rest)) { /* the only source, without an array */
            edit_at(edit, node, rest, depth + 1);
        }
    } else if (strcmp(segment, "*") == 0) {
        edit_every(edit, node, rest, depth);
    } else if (cJSON_IsArray(node)) {
        edit_element(edit, node, segment, path, rest, depth);
    } else if (child != NULL) {
        edit_child(edit, node, child, rest, depth);
    } else {
        add_member(edit, node, segment, rest, depth);
    }
    free(segment);
}

void overrides_apply(const ScenarioOverride overrides[], size_t count, cJSON *root,
                     ErrorList *errors) {
    for (size_t i = 0; i < count; i++) {
        Edit edit = {.override = &overrides[i], .number = i, .errors = errors};
        if (!json_is_utf8(overrides[i].value) || !json_is_utf8(overrides[i].path)) {
            refuse(&edit, "bytes that are not UTF-8", "text in UTF-8", NULL);
            continue;
        }
        edit_at(&edit, root, overrides[i].path, 0);
        if (edit.changed == 0 && !edit.failed) {
            refuse(&edit, "nothing in the scenario that it could change",
                   "a scenario that has what it changes (a file: a source of type \"trace\")",
                   NULL);
        }
    }
}
