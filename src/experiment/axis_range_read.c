// SPDX-License-Identifier: GPL-3.0-or-later
/* Ranges from JSON. */
#include "experiment/axis_reader.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "experiment/axis_range.h"
#include "scenario/scenario_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Ranges ------------------------------------------------------------------------------------- */

static bool read_end(AxisReader *self, const char *key, double *number, bool *is_duration) {
    const cJSON *node = reader_member(self->node, key);
    sim_time time;
    *is_duration = cJSON_IsString(node) && sim_time_parse(node->valuestring, &time);
    if (node == NULL) {
        axis_refuse(self, key, "nothing", "the other end of the range", NULL);
    } else if (*is_duration) {
        *number = sim_time_to_seconds(time);
        return true;
    } else if (cJSON_IsNumber(node)) {
        *number = node->valuedouble;
        return true;
    } else {
        axis_refuse_node(self, node, key, "a number, or a duration such as 30s");
    }
    return false;
}

/* Does every option of that name take whole numbers only? */
static bool is_integer_option(const char *path) {
    const char *dot = strrchr(path, '.'), *name = dot != NULL ? dot + 1 : path;
    ScenarioSection section;
    bool found = false;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        const Option *option = option_find(section.options, name);
        if (option != NULL && option->type != OPTION_INTEGER) {
            return false;
        }
        found = found || option != NULL;
    }
    return found;
}

/* Of the same sort, numbers or durations; the number 0 is either. */
static bool same_sort(bool one_is_duration, double one, bool other_is_duration, double other) {
    return one_is_duration == other_is_duration || (one_is_duration ? other == 0.0 : one == 0.0);
}

static bool read_ends(AxisReader *self, AxisRange *range) {
    bool from_is_duration, to_is_duration;
    const bool from = read_end(self, "from", &range->from, &from_is_duration);
    const bool to = read_end(self, "to", &range->to, &to_is_duration);
    if (!from || !to) {
        return false;
    }
    range->is_duration = from_is_duration || to_is_duration;
    if (!same_sort(from_is_duration, range->from, to_is_duration, range->to)) {
        axis_refuse_node(self, reader_member(self->node, "to"), "to",
                         from_is_duration ? "a duration, as from is" : "a number, as from is");
        return false;
    }
    if (range->from >= range->to) {
        axis_refuse_node(self, reader_member(self->node, "to"), "to", "an end above from");
        return false;
    }
    return true;
}

static bool read_step(AxisReader *self, AxisRange *range) {
    const cJSON *node = reader_member(self->node, "step");
    bool is_duration;
    if (node == NULL) {
        return true;
    }
    if (!read_end(self, "step", &range->step, &is_duration)) {
        return false;
    }
    const size_t before = self->reader.errors->count;
    if (is_duration != range->is_duration) {
        axis_refuse_node(self, node, "step",
                         range->is_duration ? "a duration, as from is" : "a number, as from is");
    } else if (range->step <= 0) {
        axis_refuse_node(self, node, "step", "a step above 0");
    } else if (range->is_log) {
        axis_refuse_node(self, node, "step", "a count: a logarithmic scale has ratios, no steps");
    } else if (range->count > 0) {
        axis_refuse_node(self, node, "step", "either step or count");
    } else if (axis_range_count(range) > AXIS_VALUES_MOST) {
        axis_refuse_node(self, node, "step", "a step that gives at most 100,000 values");
    }
    return self->reader.errors->count == before;
}

/* Rounded whole numbers may be alike: each is taken once. */
static void add_range_values(AxisReader *self, const AxisRange *range, long line) {
    Axis *axis = self->axis;
    size_t room = 0;
    double last = NAN;
    const size_t count = axis_range_count(range);
    for (size_t i = 0; i < count; i++) {
        const double number = axis_range_value(range, i);
        if (number == last) {
            continue;
        }
        last = number;
        char *text = axis_range_text(range, number);
        axis_push(axis, &room, axis_option_value(axis, text, self->reader.file, line));
        free(text);
    }
}

void axis_read_range(AxisReader *self, const cJSON *from) {
    Axis *axis = self->axis;
    AxisRange range = {.count = self->keys.count > 0 ? (size_t)self->keys.count : 0,
                       .is_integer = is_integer_option(self->keys.option),
                       .is_log = self->keys.scale == AXIS_LOG};
    if (!read_ends(self, &range)) {
        return;
    }
    if (range.is_log && range.from <= 0) {
        axis_refuse_node(self, from, "from", "a beginning above 0, for the scale is logarithmic");
        return;
    }
    if (range.is_integer && (range.from != floor(range.from) || range.to != floor(range.to))) {
        axis_refuse_node(self,
                         range.from != floor(range.from) ? from : reader_member(self->node, "to"),
                         range.from != floor(range.from) ? "from" : "to",
                         "a whole number, for the option takes no other");
        return;
    }
    if (!read_step(self, &range)) {
        return;
    }
    axis->from = range.from;
    axis->to = range.to;
    axis->is_duration = range.is_duration;
    axis->is_integer = range.is_integer;
    axis->is_log = range.is_log;
    axis->file = memory_text(self->reader.file);
    axis->line = from->valueint;
    if (range.step > 0 || range.count > 0) {
        add_range_values(self, &range, axis->line);
    } else {
        axis->continuous = true;
    }
}

AxisValue axis_value_at(const Axis *axis, double share) {
    const AxisRange range = {.from = axis->from,
                             .to = axis->to,
                             .is_duration = axis->is_duration,
                             .is_integer = axis->is_integer,
                             .is_log = axis->is_log};
    char *text = axis_range_text(&range, axis_range_at(&range, share));
    const AxisValue value = axis_option_value(axis, text, axis->file, axis->line);
    free(text);
    return value;
}
