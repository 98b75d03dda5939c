// SPDX-License-Identifier: GPL-3.0-or-later
/* Edits of the tree by path. */
#include "scenario/overrides.h"

#include "base/memory.h"
#include "base/text.h"
#include "scenario/reader.h"
#include "scenario/scenario.h"
#include "scenario/scenario_options.h"
#include "traffic/traffic.h"

#include <stdlib.h>
#include <string.h>

/* The list ----------------------------------------------------------------------------------- */

static void add(OverrideList *list, const ScenarioOverride *override) {
    list->items = memory_grow(list->items, list->count, &list->capacity, sizeof list->items[0]);
    list->items[list->count++] = (ScenarioOverride){.form = override->form,
                                                    .path = memory_text(override->path),
                                                    .value = memory_text(override->value),
                                                    .flag = memory_text(override->flag),
                                                    .file = memory_text(override->file),
                                                    .line = override->line};
}

void overrides_add(OverrideList *list, const char *path, const char *value, const char *flag) {
    add(list, &(ScenarioOverride){.path = path, .value = value, .flag = flag});
}

void overrides_add_as(OverrideList *list, OverrideForm form, const char *path, const char *value) {
    const char *flag = form == OVERRIDE_SET ? "--set" : "--trace";
    add(list, &(ScenarioOverride){.form = form, .path = path, .value = value, .flag = flag});
}

void overrides_add_model(OverrideList *list, const char *path, const char *model,
                         const char *flag) {
    add(list,
        &(ScenarioOverride){.form = OVERRIDE_MODEL, .path = path, .value = model, .flag = flag});
}

void overrides_add_from(OverrideList *list, const char *path, const char *value, const char *flag,
                        const char *file, long line) {
    add(list, &(ScenarioOverride){
                  .path = path, .value = value, .flag = flag, .file = file, .line = line});
}

void overrides_add_all(OverrideList *list, const OverrideList *others) {
    for (size_t i = 0; i < others->count; i++) {
        add(list, &others->items[i]);
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

/* Segment by segment. */
bool overrides_same_option(const char *one, const char *other) {
    while (true) {
        const size_t length = strcspn(one, "."), other_length = strcspn(other, ".");
        const bool any = (length == 1 && *one == '*') || (other_length == 1 && *other == '*');
        if (!any && (length != other_length || strncmp(one, other, length) != 0)) {
            return false;
        }
        one += length;
        other += other_length;
        if (*one == '\0' || *other == '\0') {
            return *one == *other;
        }
        one++;
        other++;
    }
}

bool overrides_add_set(OverrideList *list, const char *text, ErrorList *errors) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        const Error where = {.file = "command line", .place = "--set"};
        return error_found(errors, &where,
                           "path=value, such as deployments.chat.autoscaling.scale_up_window=15s",
                           NULL, "\"%s\"", text);
    }
    char *path = memory_text_n(text, (size_t)(equals - text));
    overrides_add_as(list, OVERRIDE_SET, path, equals + 1);
    free(path);
    return true;
}

char *override_place(const ScenarioOverride *override, const char *below) {
    const bool set = override->form == OVERRIDE_SET;
    return memory_format("%s%s%s%s%s", override->flag, set ? " " : "", set ? override->path : "",
                         *below != '\0' ? (set ? "." : " ") : "", below);
}

/* Editing ------------------------------------------------------------------------------------ */

typedef struct Edit {
    const ScenarioOverride *override;
    JsonTree *tree;
    size_t changed; /* places where the value was put */
    bool failed;
    ErrorList *errors;
} Edit;

static void refuse(Edit *edit, const char *found, const char *expected, const char *suggestion) {
    char *place = override_place(edit->override, "");
    const char *file = edit->override->file;
    const Error where = {
        .file = file != NULL ? file : "command line", .line = edit->override->line, .place = place};
    edit->failed = !error_at(edit->errors, &where, found, expected, suggestion);
    free(place);
}

/* whole: the node is all of the override's value, not a part of it. */
static cJSON *mark(Edit *edit, cJSON *node, bool whole) {
    json_place_set(edit->tree, (JsonPlace){.node = node, .origin = edit->override, .whole = whole});
    cJSON *child;
    cJSON_ArrayForEach (child, node) {
        mark(edit, child, false);
    }
    return node;
}

/* JSON if it is JSON, else a text. */
static cJSON *value_node(Edit *edit) {
    const char *text = edit->override->value;
    cJSON *node = cJSON_ParseWithOpts(text, NULL, 1);
    const bool sound = node != NULL && strchr("-0123456789[{\"tfn", *text) != NULL;
    if (!sound) {
        cJSON_Delete(node);
        node = json_text(text);
    }
    return mark(edit, node, true);
}

/* Another node at the same address must not seem to be this one. */
static void forget(Edit *edit, const cJSON *node) {
    json_place_set(edit->tree, (JsonPlace){.node = node});
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        forget(edit, child);
    }
}

/* Puts item in the place of the child, which is freed, under the same key. */
static void put_in_place(Edit *edit, cJSON *parent, cJSON *child, cJSON *item) {
    forget(edit, child);
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

/* The key whose value alone may stand in the place of the object, or NULL. */
static const char *short_for(const cJSON *node) {
    const Option *option =
        node->string != NULL ? option_find(deployment_options, node->string) : NULL;
    return option != NULL ? option->short_for : NULL;
}

/* What the node is short for: an object with the one key, or a group as firectl writes it. */
static cJSON *longhand(const cJSON *node) {
    const char *key = short_for(node);
    if (key != NULL) {
        cJSON *object = json_object();
        json_add(object, key, memory_checked(cJSON_Duplicate(node, 1)));
        return object;
    }
    cJSON *pairs = cJSON_IsString(node) ? reader_pairs(node->valuestring) : NULL;
    return pairs != NULL ? pairs : json_object();
}

/* The child as something that has members, in its place in the tree. */
static cJSON *with_members(Edit *edit, cJSON *parent, cJSON *child) {
    if (cJSON_IsObject(child) || cJSON_IsArray(child)) {
        return child;
    }
    cJSON *object = longhand(child);
    JsonPlace place = json_place(edit->tree, child);
    forget(edit, object);
    place.node = object;
    json_place_set(edit->tree, place);
    if (short_for(child) != NULL) {
        place.node = object->child;
        json_place_set(edit->tree, place);
    }
    put_in_place(edit, parent, child, object);
    return object;
}

static const char *last_name(const char *model) {
    const char *slash = strrchr(model, '/');
    return slash != NULL ? slash + 1 : model;
}

/* What a deployment says of its model, which another model makes untrue. */
static void forget_model(Edit *edit, cJSON *deployment, const cJSON *model) {
    if (edit->override->form != OVERRIDE_MODEL ||
        (cJSON_IsString(model) &&
         strcmp(last_name(model->valuestring), last_name(edit->override->value)) == 0)) {
        return;
    }
    for (const Option *option = deployment_options; option->name != NULL; option++) {
        cJSON *said = cJSON_GetObjectItemCaseSensitive(deployment, option->name);
        if (option->of_model && said != NULL) {
            forget(edit, said);
            cJSON_Delete(cJSON_DetachItemViaPointer(deployment, said));
        }
    }
}

static void edit_at(Edit *edit, cJSON *node, const char *path, int depth);

static char *first_segment(const char *path, const char **rest) {
    const size_t length = strcspn(path, ".");
    *rest = path[length] == '.' ? path + length + 1 : NULL;
    return memory_text_n(path, length);
}

/* A deployment's profile that stands in a file: nothing of it is in the tree, so a change of one
 * value would quietly leave the others to the catalogue. */
static bool is_profile_file(const cJSON *child, int depth) {
    return depth == 2 && cJSON_IsString(child) && child->string != NULL &&
           strcmp(child->string, "profile") == 0;
}

/* Goes on below the child, or puts the value in its place. */
static void edit_child(Edit *edit, cJSON *parent, cJSON *child, const char *rest, int depth) {
    if (rest == NULL) {
        if (child->string != NULL) {
            forget_model(edit, parent, child);
        }
        put_in_place(edit, parent, child, value_node(edit));
        edit->changed++;
    } else if (is_profile_file(child, depth)) {
        char *found = memory_format("the file %s", child->valuestring);
        refuse(edit, found, "the profile's values in the scenario, or a change in that file", NULL);
        free(found);
    } else {
        edit_at(edit, with_members(edit, parent, child), rest, depth + 1);
    }
}

static void refuse_deployment(Edit *edit, const cJSON *deployments, const char *name) {
    NearestName nearest = {.word = name};
    const cJSON *child;
    cJSON_ArrayForEach (child, deployments) {
        nearest_try(&nearest, child->string);
    }
    char *found = memory_format("a deployment \"%s\" that the scenario does not have", name);
    refuse(edit, found, NULL, nearest.name);
    free(found);
}

/* What a change puts where nothing was: its value, or what leads on to it. */
static cJSON *new_node(Edit *edit, const char *rest) {
    return rest == NULL ? value_node(edit) : mark(edit, json_object(), false);
}

static void go_on(Edit *edit, cJSON *node, const char *rest, int depth) {
    if (rest == NULL) {
        edit->changed++;
    } else {
        edit_at(edit, node, rest, depth + 1);
    }
}

static void add_member(Edit *edit, cJSON *object, const char *key, const char *rest, int depth) {
    const bool deployment =
        depth == 1 && object->string != NULL && strcmp(object->string, "deployments") == 0;
    if (deployment && rest != NULL) {
        refuse_deployment(edit, object, key);
        return;
    }
    cJSON *item = new_node(edit, rest);
    json_add(object, key, item);
    go_on(edit, item, rest, depth);
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
        cJSON *item = new_node(edit, rest);
        json_append(array, item);
        go_on(edit, item, rest, depth);
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

/* The file of a deployment's first recording, or NULL. */
static const cJSON *recording_of(const cJSON *deployment) {
    const cJSON *traffic = cJSON_GetObjectItemCaseSensitive(deployment, "traffic");
    const cJSON *source = cJSON_IsArray(traffic) ? traffic->child : traffic;
    for (; source != NULL; source = cJSON_IsArray(traffic) ? source->next : NULL) {
        const cJSON *type = cJSON_GetObjectItemCaseSensitive(source, "type");
        if (cJSON_IsString(type) && strcmp(type->valuestring, trace_kind.name) == 0) {
            return cJSON_GetObjectItemCaseSensitive(source, "file");
        }
    }
    return NULL;
}

/* False after refusing one recording in the place of several. */
static bool check_recordings(Edit *edit) {
    const cJSON *deployments = cJSON_GetObjectItemCaseSensitive(edit->tree->root, "deployments");
    const cJSON *first = NULL, *deployment;
    bool differ = false;
    Text expected = {0};
    cJSON_ArrayForEach (deployment, deployments) {
        const cJSON *file = recording_of(deployment);
        if (file != NULL) {
            text_addf(&expected, "%s--trace %s=FILE", first != NULL ? " " : "", deployment->string);
            differ = differ || (first != NULL && !cJSON_Compare(first, file, 1));
            first = first != NULL ? first : file;
        }
    }
    if (differ) {
        refuse(edit, "files for deployments that read different ones", expected.text, NULL);
    }
    text_clear(&expected);
    return !differ;
}

void overrides_apply(const ScenarioOverride overrides[], size_t count, JsonTree *tree,
                     ErrorList *errors) {
    for (size_t i = 0; i < count; i++) {
        Edit edit = {.override = &overrides[i], .tree = tree, .errors = errors};
        if (!json_is_utf8(overrides[i].value) || !json_is_utf8(overrides[i].path)) {
            refuse(&edit, "bytes that are not UTF-8", "text in UTF-8", NULL);
            continue;
        }
        if (edit.override->form == OVERRIDE_TRACE &&
            strncmp(edit.override->path, "deployments.*", 13) == 0 && !check_recordings(&edit)) {
            continue;
        }
        edit_at(&edit, tree->root, overrides[i].path, 0);
        if (edit.changed == 0 && !edit.failed) {
            refuse(&edit, "nothing in the scenario that it could change",
                   "a scenario that has what it changes (a file: a source of type \"trace\")",
                   NULL);
        }
    }
}
