// SPDX-License-Identifier: GPL-3.0-or-later
/* All axes of an experiment: names that tell them apart, options on one axis each, the grid. */
#include "experiment/axis.h"

#include "base/json_scan.h"
#include "base/memory.h"
#include "experiment/axis_reader.h"
#include "figures/metrics.h"

#include <stdlib.h>
#include <string.h>

/* All axes ----------------------------------------------------------------------------------- */

/* Columns that the results have anyway. */
static bool is_reserved(const char *name) {
    static const char *const others[] = {"cell", "replication", "replications", "deployment"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(name, others[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < metric_count; i++) {
        if (strcmp(name, metric_rows[i].name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_taken(const Axes *axes, const Axis *axis) {
    for (const Axis *other = axes->items; other < axes->items + axes->count; other++) {
        if (other != axis && strcmp(other->name, axis->name) == 0) {
            return true;
        }
    }
    return false;
}

/* Names given come first; default names that are taken become whole paths. */
static void tell_apart(Axes *axes, Reader *reader, const char *prefix) {
    for (size_t i = 0; i < axes->count; i++) {
        Axis *axis = &axes->items[i];
        if (!axis->named && axis->option != NULL &&
            (is_taken(axes, axis) || is_reserved(axis->name))) {
            free(axis->name);
            axis->name = memory_text(axis->option);
        }
    }
    for (size_t i = 0; i < axes->count; i++) {
        char *path = json_path_index(prefix, i), *place = json_path(path, "name");
        const Axis *axis = &axes->items[i];
        if (is_reserved(axis->name)) {
            reader_error(reader, place, axis->name, "a name that is no column of the results",
                         NULL);
        } else if (is_taken(axes, axis)) {
            reader_error(reader, place, axis->name, "a name that no other axis has", NULL);
        }
        free(path);
        free(place);
    }
}

/* Segment by segment; * is any. */
static bool same_option(const char *one, const char *other) {
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

static const char *option_of(const Axis *axis, size_t index) {
    if (axis->continuous) {
        return index == 0 ? axis->option : NULL;
    }
    return index < axis->values[0].changes.count ? axis->values[0].changes.items[index].path : NULL;
}

/* An option that both change, or NULL. All values of an axis change the same ones. */
static const char *shared_option(const Axis *one, const Axis *other) {
    for (size_t i = 0; option_of(one, i) != NULL; i++) {
        for (size_t k = 0; option_of(other, k) != NULL; k++) {
            if (same_option(option_of(one, i), option_of(other, k))) {
                return option_of(other, k);
            }
        }
    }
    return NULL;
}

/* A preset may be refined by the axes that follow it, not the other way round. */
static void refuse_shared(const Axes *axes, Reader *reader, const char *prefix) {
    for (size_t i = 1; i < axes->count; i++) {
        for (size_t k = 0; k < i; k++) {
            const Axis *axis = &axes->items[i], *before = &axes->items[k];
            const char *option = shared_option(before, axis);
            if (option == NULL || (before->is_preset && !axis->is_preset)) {
                continue;
            }
            char *path = json_path_index(prefix, i);
            char *found = memory_format("%s, which the axis %s varies too", option, before->name);
            reader_error(reader, path, found, "each option on one axis",
                         axis->is_preset ? "put the presets first, others refine them" : NULL);
            free(path);
            free(found);
        }
    }
}

static void read_all(Reader *reader, const cJSON *array, const char *prefix, Axes *axes) {
    const size_t before = reader->errors->count;
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        char *path = json_path_index(prefix, axes->count);
        axes->items = memory_grow(axes->items, axes->count, &axes->room, sizeof axes->items[0]);
        Axis *axis = &axes->items[axes->count++];
        *axis = (Axis){0};
        axis_read(reader, node, path, false, axis);
        free(path);
    }
    if (reader->errors->count == before) {
        tell_apart(axes, reader, prefix);
        refuse_shared(axes, reader, prefix);
    }
}

bool axes_read(const cJSON *array, const char *file, Axes *axes, ErrorList *errors) {
    const size_t before = errors->count;
    /* Places begin with the array's own key, so that they are looked up one level higher. */
    const char *prefix = array->string != NULL ? array->string : "";
    const cJSON above = {.type = cJSON_Object, .child = (cJSON *)array};
    Reader reader = {.file = file, .errors = errors};
    *axes = (Axes){0};
    if (!cJSON_IsArray(array) || array->child == NULL) {
        reader_refuse(&reader, array, prefix, "an array of one or more axes", NULL);
    } else {
        read_all(&reader, array, prefix, axes);
    }
    reader_locate(&reader, *prefix != '\0' ? &above : array, before);
    return errors->count == before;
}

void axes_clear(Axes *axes) {
    for (size_t i = 0; i < axes->count; i++) {
        axis_clear(&axes->items[i]);
    }
    free(axes->items);
    *axes = (Axes){0};
}

/* The grid ----------------------------------------------------------------------------------- */

size_t axes_grid_size(const Axes *axes) {
    size_t size = 1;
    for (size_t i = 0; i < axes->count; i++) {
        const size_t count = axes->items[i].count;
        if (count > 0 && size > SIZE_MAX / count) {
            return SIZE_MAX;
        }
        size *= count;
    }
    return size;
}

void axes_grid_cell(const Axes *axes, size_t cell, const AxisValue *values[]) {
    for (size_t i = axes->count; i-- > 0;) {
        const Axis *axis = &axes->items[i];
        values[i] = &axis->values[cell % axis->count];
        cell /= axis->count;
    }
}
