// SPDX-License-Identifier: GPL-3.0-or-later
/* Values that are listed: of an option, or presets. */
#include "experiment/axis_reader.h"

#include "base/json_print.h"
#include "base/json_scan.h"
#include "base/memory.h"
#include "base/text.h"
#include "scenario/presets.h"

#include <stdlib.h>
#include <string.h>

/* Values ------------------------------------------------------------------------------------- */

void axis_value_clear(AxisValue *value) {
    free(value->label);
    overrides_clear(&value->changes);
    *value = (AxisValue){0};
}

bool axis_has_label(const Axis *axis, const char *label) {
    char *line = text_line(label);
    bool has = false;
    for (size_t i = 0; i < axis->count && !has; i++) {
        has = strcmp(axis->values[i].label, line) == 0;
    }
    free(line);
    return has;
}

/* The value is the axis's from then on. */
void axis_push(Axis *axis, size_t *room, AxisValue value) {
    axis->values = memory_grow(axis->values, axis->count, room, sizeof axis->values[0]);
    axis->values[axis->count++] = value;
}

AxisValue axis_option_value(const Axis *axis, const char *label, const char *file, long line) {
    AxisValue value = {.label = text_line(label)};
    char *flag = memory_format("axis %s=%s", axis->name, label);
    overrides_add_from(&value.changes, axis->option, label, flag, file, line);
    free(flag);
    return value;
}

void axis_read_values(AxisReader *self, const cJSON *array) {
    Axis *axis = self->axis;
    if (!cJSON_IsArray(array) || array->child == NULL) {
        axis_refuse_node(self, array, "values", "an array of one or more values");
        return;
    }
    size_t room = 0;
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        char *text = cJSON_IsString(node) ? memory_text(node->valuestring) : json_print_line(node);
        if (cJSON_IsInvalid(node) || axis_has_label(axis, text)) {
            axis_refuse_node(self, node, "values", "each value once");
        } else {
            axis_push(axis, &room,
                      axis_option_value(axis, text, self->reader.file, node->valueint));
        }
        free(text);
    }
}

/* Presets ------------------------------------------------------------------------------------ */

static void add_preset(AxisReader *self, const cJSON *node, const ScenarioPreset *preset,
                       size_t *room) {
    OverrideList plain = {0};
    AxisValue value = {.label = memory_text(preset->name)};
    char *flag = memory_format("axis %s=%s", self->axis->name, preset->name);
    overrides_add_preset(&plain, self->keys.deployment, preset);
    for (size_t i = 0; i < plain.count; i++) {
        overrides_add_from(&value.changes, plain.items[i].path, plain.items[i].value, flag,
                           self->reader.file, node->valueint);
    }
    overrides_clear(&plain);
    free(flag);
    axis_push(self->axis, room, value);
}

void axis_read_presets(AxisReader *self, const cJSON *array) {
    if (!cJSON_IsArray(array) || array->child == NULL) {
        axis_refuse_node(self, array, "presets", "an array of one or more presets");
        return;
    }
    self->axis->is_preset = true;
    size_t room = 0, index = 0;
    char *path = json_path(self->path, "presets");
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        const char *name = cJSON_IsString(node) ? node->valuestring : NULL;
        const ScenarioPreset *preset = name != NULL ? scenario_preset_find(name) : NULL;
        char *place = json_path_index(path, index++);
        if (preset == NULL) {
            reader_refuse(&self->reader, node, place, "a preset that `autoscale-sim presets` lists",
                          name != NULL ? scenario_preset_nearest(name) : NULL);
        } else if (axis_has_label(self->axis, name)) {
            reader_refuse(&self->reader, node, place, "each preset once", NULL);
        } else {
            add_preset(self, node, preset, &room);
        }
        free(place);
    }
    free(path);
}
