// SPDX-License-Identifier: GPL-3.0-or-later
/* One axis from JSON. It takes its values from one of four keys (axis_forms), each with a reader of
 * its own; a zip's parts are axes themselves. */
#include "experiment/axis_reader.h"

#include "base/json_scan.h"
#include "base/memory.h"
#include "experiment/axis_range.h"

#include <stdlib.h>
#include <string.h>

static const char *const axis_scales[] = {"linear", "log", NULL};

#define AT(member) offsetof(AxisKeys, member)
/* clang-format off */
const Option axis_options[] = {
    {.name = "name", .type = OPTION_TEXT, .is_name = true, .offset = AT(name),
     .help = "its column in the results (default: the last part of the option's path)"},
    {.name = "option", .type = OPTION_TEXT, .offset = AT(option),
     .help = "what varies, as --set spells it: deployments.chat.autoscaling.scale_up_window"},
    {.name = "values", .type = OPTION_CUSTOM, .help = "an array of the option's values"},
    {.name = "from", .type = OPTION_CUSTOM,
     .help = "instead of values: the first number or duration of a range"},
    {.name = "to", .type = OPTION_CUSTOM, .help = "the range's end"},
    {.name = "step", .type = OPTION_CUSTOM, .help = "the distance of the range's values"},
    {.name = "count", .type = OPTION_INTEGER, .offset = AT(count), .minimum = 2,
     .maximum = AXIS_VALUES_MOST, .help = "instead of step: how many values, both ends included"},
    {.name = "scale", .type = OPTION_CHOICE, .offset = AT(scale), .choices = axis_scales,
     .default_text = "linear", .help = "log: equal ratios instead of equal distances"},
    {.name = "presets", .type = OPTION_CUSTOM,
     .help = "instead of option: an array of documented patterns (see presets)"},
    {.name = "deployment", .type = OPTION_TEXT, .offset = AT(deployment),
     .help = "that the presets are for (default: every one)"},
    {.name = "zip", .type = OPTION_CUSTOM,
     .help = "instead of option: an array of axes that vary together"},
    OPTION_END};
/* clang-format on */

void axis_refuse(AxisReader *self, const char *key, const char *found, const char *expected,
                 const char *suggestion) {
    char *place = key != NULL ? json_path(self->path, key) : memory_text(self->path);
    reader_error(&self->reader, place, found, expected, suggestion);
    free(place);
}

void axis_refuse_node(AxisReader *self, const cJSON *node, const char *key, const char *expected) {
    char *place = json_path(self->path, key);
    reader_refuse(&self->reader, node, place, expected, NULL);
    free(place);
}

/* Zips --------------------------------------------------------------------------------------- */

/* The i-th values of all parts as one: "2/10". */
static AxisValue zipped_value(const Axis parts[], size_t count, size_t index) {
    AxisValue value = {.label = memory_text(parts[0].values[index].label)};
    for (size_t i = 0; i < count; i++) {
        const AxisValue *part = &parts[i].values[index];
        overrides_add_all(&value.changes, &part->changes);
        if (i > 0) {
            char *longer = memory_format("%s/%s", value.label, part->label);
            free(value.label);
            value.label = longer;
        }
    }
    return value;
}

static void zip_parts(AxisReader *self, const Axis parts[], size_t count) {
    size_t room = 0;
    for (size_t i = 1; i < count; i++) {
        if (parts[i].count != parts[0].count) {
            char *found = memory_format("%zu values of %s beside %zu of %s", parts[i].count,
                                        parts[i].name, parts[0].count, parts[0].name);
            axis_refuse(self, "zip", found, "as many of each: they vary together", NULL);
            free(found);
            return;
        }
    }
    for (size_t i = 0; i < parts[0].count; i++) {
        axis_push(self->axis, &room, zipped_value(parts, count, i));
    }
}

/* "min_replica_count+max_replica_count" for a zip without a name. */
static char *joined_names(const Axis parts[], size_t count) {
    char *name = memory_text(parts[0].name);
    for (size_t i = 1; i < count; i++) {
        char *longer = memory_format("%s+%s", name, parts[i].name);
        free(name);
        name = longer;
    }
    return name;
}

void axis_clear(Axis *axis) {
    for (size_t i = 0; i < axis->count; i++) {
        axis_value_clear(&axis->values[i]);
    }
    free(axis->values);
    free(axis->name);
    free(axis->option);
    free(axis->file);
    *axis = (Axis){0};
}

static void axis_read_zip(AxisReader *self, const cJSON *array) {
    const size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
    if (count < 2) {
        axis_refuse_node(self, array, "zip", "an array of two or more axes");
        return;
    }
    Axis *parts = memory_new(count, sizeof parts[0]);
    char *path = json_path(self->path, "zip");
    bool sound = true;
    size_t index = 0;
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        char *place = json_path_index(path, index);
        sound = axis_read(&self->reader, node, place, true, &parts[index++]) && sound;
        free(place);
    }
    if (sound) {
        if (self->axis->name == NULL) {
            self->axis->name = joined_names(parts, count);
        }
        zip_parts(self, parts, count);
    }
    for (size_t i = 0; i < count; i++) {
        axis_clear(&parts[i]);
    }
    free(parts);
    free(path);
}

/* An axis ------------------------------------------------------------------------------------ */

static const struct {
    const char *key;
    void (*read)(AxisReader *self, const cJSON *node);
    bool of_an_option; /* which `option` names */
} axis_forms[] = {{"values", axis_read_values, true},
                  {"from", axis_read_range, true},
                  {"presets", axis_read_presets, false},
                  {"zip", axis_read_zip, false}};

enum { AXIS_FORMS = sizeof axis_forms / sizeof axis_forms[0] };

/* The one form that the axis has, or AXIS_FORMS. */
static size_t find_form(AxisReader *self) {
    size_t form = AXIS_FORMS;
    for (size_t i = 0; i < AXIS_FORMS; i++) {
        if (reader_member(self->node, axis_forms[i].key) == NULL) {
            continue;
        }
        if (form < AXIS_FORMS) {
            char *found = memory_format("%s beside %s", axis_forms[i].key, axis_forms[form].key);
            axis_refuse(self, axis_forms[i].key, found, "one of the two", NULL);
            free(found);
            return AXIS_FORMS;
        }
        form = i;
    }
    if (form == AXIS_FORMS) {
        axis_refuse(self, NULL, "nothing to vary", "values, from and to, presets or zip", NULL);
    }
    return form;
}

/* Keys that say nothing in this form are mistakes. */
static bool keys_fit(AxisReader *self, size_t form) {
    static const struct {
        const char *key;
        const char *form;
        const char *expected;
    } homes[] = {{"to", "from", "from beside it"},
                 {"step", "from", "from and to beside it"},
                 {"count", "from", "from and to beside it"},
                 {"scale", "from", "from and to beside it"},
                 {"deployment", "presets", "presets beside it"}};
    const size_t before = self->reader.errors->count;
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        const cJSON *node = reader_member(self->node, homes[i].key);
        if (node != NULL && strcmp(homes[i].form, axis_forms[form].key) != 0) {
            axis_refuse_node(self, node, homes[i].key, homes[i].expected);
        }
    }
    const cJSON *option = reader_member(self->node, "option");
    if (axis_forms[form].of_an_option && (self->keys.option == NULL || *self->keys.option == 0)) {
        axis_refuse(self, "option", "nothing",
                    "what varies, such as deployments.chat.autoscaling.scale_up_window", NULL);
    } else if (!axis_forms[form].of_an_option && option != NULL) {
        axis_refuse_node(self, option, "option", "no option beside presets or zip");
    } else if (option != NULL && strcmp(self->keys.option, "replication") == 0) {
        axis_refuse_node(self, option, "option",
                         "another option: every cell has the same replications");
    }
    return self->reader.errors->count == before;
}

static const char *last_part(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

static void name_axis(Axis *axis, const AxisKeys *keys, size_t form) {
    if (keys->name != NULL) {
        axis->name = memory_text(keys->name);
        axis->named = true;
    } else if (axis_forms[form].of_an_option) {
        axis->name = memory_text(last_part(keys->option));
    } else if (strcmp(axis_forms[form].key, "presets") == 0) {
        axis->name = memory_text("preset");
    } /* a zip is named after its parts */
    axis->option = memory_text(keys->option);
}

static void read_form(AxisReader *self, size_t form, bool part) {
    name_axis(self->axis, &self->keys, form);
    axis_forms[form].read(self, reader_member(self->node, axis_forms[form].key));
    if (part && (self->axis->continuous || strcmp(axis_forms[form].key, "zip") == 0)) {
        axis_refuse(self, NULL, self->axis->continuous ? "a range without steps" : "a zip in a zip",
                    "values, or a range with step or count", NULL);
    }
}

/* part: of a zip. *axis is all zero, and to be cleared either way. */
bool axis_read(Reader *reader, const cJSON *node, const char *path, bool part, Axis *axis) {
    const size_t before = reader->errors->count;
    AxisReader self = {.reader = *reader, .node = node, .path = path, .axis = axis};
    options_set_defaults(axis_options, &self.keys);
    reader_options(&self.reader, node, axis_options, &self.keys, path, NULL);
    if (self.keys.name != NULL && *self.keys.name == '\0') {
        axis_refuse(&self, "name", "an empty name", "a name for its column", NULL);
    }
    if (cJSON_IsObject(node) && reader->errors->count == before) {
        const size_t form = find_form(&self);
        if (form < AXIS_FORMS && keys_fit(&self, form)) {
            read_form(&self, form, part);
        }
    }
    options_clear(axis_options, &self.keys);
    return reader->errors->count == before;
}
