// SPDX-License-Identifier: GPL-3.0-or-later
/* Axes of an experiment. One takes its values from one of four keys (forms), each with a reader of
 * its own; a zip's parts are axes themselves. Of all of them: names that tell them apart, options
 * on one axis each, the grid. */
#include "experiment/axis.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "figures/metrics.h"
#include "scenario/presets.h"
#include "scenario/scenario_options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AXIS_VALUES_MOST 100000

enum { AXIS_LINEAR, AXIS_LOG };
static const char *const axis_scales[] = {"linear", "log", NULL};

/* What a table can read of an axis. */
typedef struct AxisKeys {
    char *name, *option, *deployment;
    int64_t count;
    int scale; /* AXIS_LINEAR, ... */
} AxisKeys;

#define AT(member) offsetof(AxisKeys, member)
/* clang-format off */
const Option axis_options[] = {
    {.name = "name", .type = OPTION_TEXT, .is_name = true, .offset = AT(name),
     .help = "its column in the results (default: the last part of the option's path)"},
    {.name = "option", .type = OPTION_TEXT, .offset = AT(option),
     .help = "what varies, as --set spells it: deployments.chat.autoscaling.scale_up_window"},
    {.name = "values", .type = OPTION_CUSTOM, .help = "an array of the option's values"},
    {.name = "windows", .type = OPTION_CUSTOM,
     .help = "instead of values, in optimize: scaling_schedules that follow from the traffic: "
             "{\"timezone\": \"Europe/Berlin\", \"minima\": [1, 2]}"},
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

typedef struct AxisReader {
    Reader *reader;
    const cJSON *node; /* of the axis */
    const JsonPath *at;
    AxisKeys keys;
    Axis *axis;  /* with its name, but for a zip without one */
    size_t room; /* of its values */
} AxisReader;

/* Adds an error at the axis's key (NULL: at the axis). */
static void refuse(AxisReader *self, const char *key, const char *found, const char *expected) {
    const JsonPath place = {.above = self->at, .key = key};
    reader_error(self->reader, key != NULL ? &place : self->at, expected, NULL, "%s", found);
}

/* Adds "found <the node, or nothing>, expected ...". */
static void refuse_node(AxisReader *self, const cJSON *node, const char *key,
                        const char *expected) {
    reader_refuse(self->reader, node, &(JsonPath){.above = self->at, .key = key}, expected, NULL);
}

/* Ranges ------------------------------------------------------------------------------------- */

/* Values are rounded far below their distance, so that they read well: 0.3 and not
 * 0.30000000000000004, 23.4s and not 23.403473193s. */

/* Without what the arithmetic of doubles leaves in the 16th digit. */
static double cleaned(double value) {
    char text[32];
    snprintf(text, sizeof text, "%.14g", value);
    return strtod(text, NULL);
}

/* To a thousandth of the distance's power of ten. */
static double rounded(double value, double distance) {
    const double power = floor(log10(distance)) - 3;
    const double unit = pow(10, fabs(power));
    return cleaned(power < 0 ? round(value * unit) / unit : round(value / unit) * unit);
}

static double within(const AxisRange *range, double value) {
    return fmin(fmax(value, range->from), range->to);
}

/* How many values a stepped or counted range has; more than AXIS_VALUES_MOST count as one more than
 * that. */
static size_t range_count(const AxisRange *range) {
    if (range->count > 0) {
        return range->count;
    }
    /* The end counts if a step hits it but for rounding. */
    const double steps = floor((range->to - range->from) / range->step * (1 + 1e-12));
    return steps >= AXIS_VALUES_MOST ? AXIS_VALUES_MOST + 1 : (size_t)steps + 1;
}

static double counted_value(const AxisRange *range, size_t index) {
    asim_assert(index < range->count && range->count >= 2);
    const double parts = (double)(range->count - 1), share = (double)index / parts;
    if (index == 0 || index == range->count - 1) {
        return index == 0 ? range->from : range->to;
    }
    if (!range->is_log) {
        const double distance = (range->to - range->from) / parts;
        return rounded(range->from + (range->to - range->from) * share, distance);
    }
    const double ratio = pow(range->to / range->from, 1 / parts);
    const double value = range->from * pow(range->to / range->from, share);
    return rounded(value, value * (1 - 1 / ratio));
}

/* The index-th of them; whole numbers may come twice. The ends are exact. */
static double range_value(const AxisRange *range, size_t index) {
    const double value = range->step > 0 ? cleaned(range->from + (double)index * range->step)
                                         : counted_value(range, index);
    return within(range, range->is_integer ? round(value) : value);
}

/* The value at a share in [0, 1]; each whole number has its share of an integer range. */
static double range_at(const AxisRange *range, double share) {
    asim_assert(share >= 0 && share <= 1);
    const double from = range->from, to = range->to + (range->is_integer ? 1 : 0);
    const double value = range->is_log ? from * pow(to / from, share) : from + (to - from) * share;
    if (range->is_integer) {
        return within(range, floor(value));
    }
    return within(range, rounded(value, range->is_log ? value : to - from));
}

/* As a user would write it: "30s", "0.5". Owned by the caller. */
static char *range_text(const AxisRange *range, double value) {
    char text[SIM_TIME_TEXT];
    _Static_assert(SIM_TIME_TEXT >= 32, "a number fits too");
    return memory_text(range->is_duration ? sim_time_format(sim_time_from_seconds(value), text)
                                          : text_number(value, text));
}

/* Values ------------------------------------------------------------------------------------- */

void axis_value_clear(AxisValue *value) {
    free(value->label);
    overrides_clear(&value->changes);
    *value = (AxisValue){0};
}

static bool has_label(const Axis *axis, const char *label) {
    char *line = text_line(label);
    bool has = false;
    for (size_t i = 0; i < axis->count && !has; i++) {
        has = strcmp(axis->values[i].label, line) == 0;
    }
    free(line);
    return has;
}

/* The value is the axis's from then on. */
static void push(AxisReader *self, AxisValue value) {
    Axis *axis = self->axis;
    axis->values = memory_grow(axis->values, axis->count, &self->room, sizeof axis->values[0]);
    axis->values[axis->count++] = value;
}

/* A value that sets the axis's option; errors call it "axis window=30s". */
static AxisValue option_value(const Axis *axis, const char *label, const char *file, long line) {
    AxisValue value = {.label = text_line(label)};
    char *flag = memory_format("axis %s=%s", axis->name, label);
    overrides_add_from(&value.changes, axis->option, label, flag, file, line);
    free(flag);
    return value;
}

static long line_of(const AxisReader *self, const cJSON *node) {
    return json_place(self->reader->tree, node).line;
}

static void read_values(AxisReader *self, const cJSON *array) {
    Axis *axis = self->axis;
    if (!cJSON_IsArray(array) || array->child == NULL) {
        refuse_node(self, array, "values", "an array of one or more values");
        return;
    }
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        char *text = cJSON_IsString(node) ? memory_text(node->valuestring) : json_print_line(node);
        if (cJSON_IsInvalid(node) || has_label(axis, text)) {
            refuse_node(self, node, "values", "each value once");
        } else {
            push(self, option_value(axis, text, self->reader->file, line_of(self, node)));
        }
        free(text);
    }
}

/* Presets ------------------------------------------------------------------------------------ */

static void add_preset(AxisReader *self, const cJSON *node, const ScenarioPreset *preset) {
    OverrideList plain = {0};
    AxisValue value = {.label = memory_text(preset->name)};
    char *flag = memory_format("axis %s=%s", self->axis->name, preset->name);
    overrides_add_preset(&plain, self->keys.deployment, preset);
    for (size_t i = 0; i < plain.count; i++) {
        overrides_add_from(&value.changes, plain.items[i].path, plain.items[i].value, flag,
                           self->reader->file, line_of(self, node));
    }
    overrides_clear(&plain);
    free(flag);
    push(self, value);
}

static void read_presets(AxisReader *self, const cJSON *array) {
    if (!cJSON_IsArray(array) || array->child == NULL) {
        refuse_node(self, array, "presets", "an array of one or more presets");
        return;
    }
    self->axis->is_preset = true;
    const JsonPath all = {.above = self->at, .key = "presets"};
    JsonPath place = {.above = &all};
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        const char *name = cJSON_IsString(node) ? node->valuestring : NULL;
        const ScenarioPreset *preset = name != NULL ? scenario_preset_find(name) : NULL;
        if (preset == NULL) {
            reader_refuse(self->reader, node, &place, "a preset that `autoscale-sim presets` lists",
                          name != NULL ? scenario_preset_nearest(name) : NULL);
        } else if (has_label(self->axis, name)) {
            reader_refuse(self->reader, node, &place, "each preset once", NULL);
        } else {
            add_preset(self, node, preset);
        }
        place.index++;
    }
}

/* Ranges from JSON --------------------------------------------------------------------------- */

static bool read_end(AxisReader *self, const char *key, double *number, bool *is_duration) {
    const cJSON *node = reader_member(self->node, key);
    sim_time time;
    *is_duration = cJSON_IsString(node) && sim_time_parse(node->valuestring, &time);
    if (node == NULL) {
        refuse_node(self, node, key, "the other end of the range");
    } else if (*is_duration) {
        *number = sim_time_to_seconds(time);
        return true;
    } else if (cJSON_IsNumber(node)) {
        *number = node->valuedouble;
        return true;
    } else {
        refuse_node(self, node, key, "a number, or a duration such as 30s");
    }
    return false;
}

static const char *last_part(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

/* Does every option of that name take whole numbers only? */
static bool is_integer_option(const char *path) {
    const char *name = last_part(path);
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
        refuse_node(self, reader_member(self->node, "to"), "to",
                    from_is_duration ? "a duration, as from is" : "a number, as from is");
        return false;
    }
    if (range->from >= range->to) {
        refuse_node(self, reader_member(self->node, "to"), "to", "an end above from");
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
    const size_t before = self->reader->errors->count;
    if (is_duration != range->is_duration) {
        refuse_node(self, node, "step",
                    range->is_duration ? "a duration, as from is" : "a number, as from is");
    } else if (range->step <= 0) {
        refuse_node(self, node, "step", "a step above 0");
    } else if (range->is_log) {
        refuse_node(self, node, "step", "a count: a logarithmic scale has ratios, no steps");
    } else if (range->count > 0) {
        refuse_node(self, node, "step", "either step or count");
    } else if (range_count(range) > AXIS_VALUES_MOST) {
        refuse_node(self, node, "step", "a step that gives at most 100,000 values");
    }
    return self->reader->errors->count == before;
}

/* Rounded whole numbers may be alike: each is taken once. */
static void add_range_values(AxisReader *self, const AxisRange *range, long line) {
    double last = NAN;
    const size_t count = range_count(range);
    for (size_t i = 0; i < count; i++) {
        const double number = range_value(range, i);
        if (number == last) {
            continue;
        }
        asim_assert(!(number < last)); /* rounding keeps the order */
        last = number;
        char *text = range_text(range, number);
        push(self, option_value(self->axis, text, self->reader->file, line));
        free(text);
    }
}

static void read_range(AxisReader *self, const cJSON *from) {
    Axis *axis = self->axis;
    AxisRange range = {.count = self->keys.count > 0 ? (size_t)self->keys.count : 0,
                       .is_integer = is_integer_option(self->keys.option),
                       .is_log = self->keys.scale == AXIS_LOG};
    if (!read_ends(self, &range)) {
        return;
    }
    if (range.is_log && range.from <= 0) {
        refuse_node(self, from, "from", "a beginning above 0, for the scale is logarithmic");
        return;
    }
    if (range.is_integer && (range.from != floor(range.from) || range.to != floor(range.to))) {
        refuse_node(self, range.from != floor(range.from) ? from : reader_member(self->node, "to"),
                    range.from != floor(range.from) ? "from" : "to",
                    "a whole number, for the option takes no other");
        return;
    }
    if (!read_step(self, &range)) {
        return;
    }
    axis->range = range;
    axis->file = memory_text(self->reader->file);
    axis->line = line_of(self, from);
    if (range.step > 0 || range.count > 0) {
        add_range_values(self, &range, axis->line);
    } else {
        axis->continuous = true;
    }
}

AxisValue axis_value_at(const Axis *axis, double share) {
    asim_assert(axis->option != NULL && axis->range.from < axis->range.to);
    char *text = range_text(&axis->range, range_at(&axis->range, share));
    const AxisValue value = option_value(axis, text, axis->file, axis->line);
    free(text);
    return value;
}

/* Zips --------------------------------------------------------------------------------------- */

/* The i-th values of all parts as one: "2/10". */
static AxisValue zipped_value(const Axis parts[], size_t count, size_t index) {
    AxisValue value = {0};
    Text label = {0};
    for (size_t i = 0; i < count; i++) {
        asim_assert(index < parts[i].count);
        const AxisValue *part = &parts[i].values[index];
        overrides_add_all(&value.changes, &part->changes);
        text_addf(&label, "%s%s", i == 0 ? "" : "/", part->label);
    }
    value.label = text_take(&label);
    return value;
}

static void zip_parts(AxisReader *self, const Axis parts[], size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (parts[i].count != parts[0].count) {
            char *found = memory_format("%zu values of %s beside %zu of %s", parts[i].count,
                                        parts[i].name, parts[0].count, parts[0].name);
            refuse(self, "zip", found, "as many of each: they vary together");
            free(found);
            return;
        }
    }
    for (size_t i = 0; i < parts[0].count; i++) {
        push(self, zipped_value(parts, count, i));
    }
}

/* "min_replica_count+max_replica_count" for a zip without a name. */
static char *joined_names(const Axis parts[], size_t count) {
    Text name = {0};
    for (size_t i = 0; i < count; i++) {
        text_addf(&name, "%s%s", i == 0 ? "" : "+", parts[i].name);
    }
    return text_take(&name);
}

static void axis_clear(Axis *axis) {
    for (size_t i = 0; i < axis->count; i++) {
        axis_value_clear(&axis->values[i]);
    }
    free(axis->values);
    free(axis->name);
    free(axis->option);
    free(axis->file);
    *axis = (Axis){0};
}

static bool axis_read(Reader *reader, const cJSON *node, const JsonPath *at, bool part, Axis *axis);

static void read_zip(AxisReader *self, const cJSON *array) {
    const size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
    if (count < 2) {
        refuse_node(self, array, "zip", "an array of two or more axes");
        return;
    }
    Axis *parts = memory_new(count, sizeof parts[0]);
    const JsonPath all = {.above = self->at, .key = "zip"};
    JsonPath place = {.above = &all};
    bool sound = true;
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        sound = axis_read(self->reader, node, &place, true, &parts[place.index]) && sound;
        place.index++;
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
}

/* An axis ------------------------------------------------------------------------------------ */

typedef enum FormKind { FORM_VALUES, FORM_RANGE, FORM_PRESETS, FORM_ZIP, FORM_COUNT } FormKind;

static const struct {
    const char *key;
    void (*read)(AxisReader *self, const cJSON *node);
    bool of_an_option; /* which `option` names */
    const char *name;  /* of the axis where no option names it; NULL: its parts do */
} forms[FORM_COUNT] = {[FORM_VALUES] = {"values", read_values, true, NULL},
                       [FORM_RANGE] = {"from", read_range, true, NULL},
                       [FORM_PRESETS] = {"presets", read_presets, false, "preset"},
                       [FORM_ZIP] = {"zip", read_zip, false, NULL}};

/* The one form that the axis has, or FORM_COUNT. */
static FormKind find_form(AxisReader *self) {
    FormKind form = FORM_COUNT;
    for (size_t i = 0; i < FORM_COUNT; i++) {
        if (reader_member(self->node, forms[i].key) == NULL) {
            continue;
        }
        if (form < FORM_COUNT) {
            char *found = memory_format("%s beside %s", forms[i].key, forms[form].key);
            refuse(self, forms[i].key, found, "one of the two");
            free(found);
            return FORM_COUNT;
        }
        form = (FormKind)i;
    }
    if (form == FORM_COUNT) {
        refuse(self, NULL, "nothing to vary", "values, from and to, presets or zip");
    }
    return form;
}

/* Keys that say nothing in this form are mistakes. */
static bool keys_fit(AxisReader *self, FormKind form) {
    static const struct {
        const char *key;
        FormKind form;
        const char *expected;
    } homes[] = {{"to", FORM_RANGE, "from beside it"},
                 {"step", FORM_RANGE, "from and to beside it"},
                 {"count", FORM_RANGE, "from and to beside it"},
                 {"scale", FORM_RANGE, "from and to beside it"},
                 {"deployment", FORM_PRESETS, "presets beside it"}};
    const size_t before = self->reader->errors->count;
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        const cJSON *node = reader_member(self->node, homes[i].key);
        if (node != NULL && homes[i].form != form) {
            refuse_node(self, node, homes[i].key, homes[i].expected);
        }
    }
    const cJSON *option = reader_member(self->node, "option");
    if (forms[form].of_an_option && (self->keys.option == NULL || *self->keys.option == 0)) {
        refuse(self, "option", "nothing",
               "what varies, such as deployments.chat.autoscaling.scale_up_window");
    } else if (!forms[form].of_an_option && option != NULL) {
        refuse_node(self, option, "option", "no option beside presets or zip");
    } else if (option != NULL && strcmp(self->keys.option, "replication") == 0) {
        refuse_node(self, option, "option", "another option: every cell has the same replications");
    }
    return self->reader->errors->count == before;
}

static void name_axis(Axis *axis, const AxisKeys *keys, FormKind form) {
    axis->named = keys->name != NULL;
    axis->name = memory_text(axis->named                ? keys->name
                             : forms[form].of_an_option ? last_part(keys->option)
                                                        : forms[form].name);
    axis->option = memory_text(keys->option);
}

static void read_form(AxisReader *self, FormKind form, bool part) {
    name_axis(self->axis, &self->keys, form);
    forms[form].read(self, reader_member(self->node, forms[form].key));
    if (part && (self->axis->continuous || form == FORM_ZIP)) {
        refuse(self, NULL, self->axis->continuous ? "a range without steps" : "a zip in a zip",
               "values, or a range with step or count");
    }
}

/* part: of a zip. *axis is all zero, and to be cleared either way. False after adding errors. */
static bool axis_read(Reader *reader, const cJSON *node, const JsonPath *at, bool part,
                      Axis *axis) {
    const size_t before = reader->errors->count;
    AxisReader self = {.reader = reader, .node = node, .at = at, .axis = axis};
    options_set_defaults(axis_options, &self.keys);
    reader_options(reader, node, axis_options, &self.keys, at);
    if (self.keys.name != NULL && *self.keys.name == '\0') {
        refuse(&self, "name", "an empty name", "a name for its column");
    }
    if (cJSON_IsObject(node) && reader->errors->count == before) {
        const FormKind form = find_form(&self);
        if (form < FORM_COUNT && keys_fit(&self, form)) {
            read_form(&self, form, part);
        }
    }
    options_clear(axis_options, &self.keys);
    return reader->errors->count == before;
}

/* All axes ----------------------------------------------------------------------------------- */

/* Columns that the results have anyway. */
static bool is_reserved(const char *name) {
    static const char *const others[] = {"cell", "replication", "replications", "deployment"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(name, others[i]) == 0) {
            return true;
        }
    }
    return metric_find(name) != NULL;
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
static void tell_apart(Axes *axes, Reader *reader, const JsonPath *at) {
    for (size_t i = 0; i < axes->count; i++) {
        Axis *axis = &axes->items[i];
        if (!axis->named && axis->option != NULL &&
            (is_taken(axes, axis) || is_reserved(axis->name))) {
            free(axis->name);
            axis->name = memory_text(axis->option);
        }
    }
    for (size_t i = 0; i < axes->count; i++) {
        const JsonPath path = {.above = at, .index = i}, place = {.above = &path, .key = "name"};
        const Axis *axis = &axes->items[i];
        if (is_reserved(axis->name) || is_taken(axes, axis)) {
            reader_error(reader, &place,
                         is_reserved(axis->name) ? "a name that is no column of the results"
                                                 : "a name that no other axis has",
                         NULL, "%s", axis->name);
        }
    }
}

static const char *option_of(const Axis *axis, size_t index) {
    if (axis->continuous) {
        return index == 0 ? axis->option : NULL;
    }
    asim_assert(axis->count > 0); /* what was read without a mistake has values */
    return index < axis->values[0].changes.count ? axis->values[0].changes.items[index].path : NULL;
}

/* An option that both change, or NULL. All values of an axis change the same ones. */
static const char *shared_option(const Axis *one, const Axis *other) {
    for (size_t i = 0; option_of(one, i) != NULL; i++) {
        for (size_t k = 0; option_of(other, k) != NULL; k++) {
            if (overrides_same_option(option_of(one, i), option_of(other, k))) {
                return option_of(other, k);
            }
        }
    }
    return NULL;
}

/* A preset may be refined by the axes that follow it, not the other way round. */
static void refuse_shared(const Axes *axes, Reader *reader, const JsonPath *at) {
    for (size_t i = 1; i < axes->count; i++) {
        for (size_t k = 0; k < i; k++) {
            const Axis *axis = &axes->items[i], *before = &axes->items[k];
            const char *option = shared_option(before, axis);
            if (option == NULL || (before->is_preset && !axis->is_preset)) {
                continue;
            }
            reader_error(reader, &(JsonPath){.above = at, .index = i}, "each option on one axis",
                         axis->is_preset ? "put the presets first, others refine them" : NULL,
                         "%s, which the axis %s varies too", option, before->name);
        }
    }
}

bool axes_read(Reader *reader, const cJSON *array, const JsonPath *at, Axes *axes) {
    const size_t before = reader->errors->count;
    *axes = (Axes){0};
    if (!cJSON_IsArray(array) || array->child == NULL) {
        reader_refuse(reader, array, at, "an array of one or more axes", NULL);
        return false;
    }
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        const JsonPath place = {.above = at, .index = axes->count};
        axes->items = memory_grow(axes->items, axes->count, &axes->room, sizeof axes->items[0]);
        Axis *axis = &axes->items[axes->count++];
        *axis = (Axis){0};
        axis_read(reader, node, &place, false, axis);
    }
    if (reader->errors->count == before) {
        tell_apart(axes, reader, at);
        refuse_shared(axes, reader, at);
    }
    return reader->errors->count == before;
}

/* Of the command line ------------------------------------------------------------------------ */

/* The path of an option that is called by its name alone; NULL: there is none. Owned by the caller.
 * Those of policies come first, then what is below a deployment, then the others. */
static char *path_of_name(const char *name, NearestName *nearest) {
    ScenarioSection section;
    const char *found = NULL;
    int best = 0;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        const bool below = strncmp(section.path, "deployments.NAME", 16) == 0;
        const int rank = section.is_traffic      ? 0
                         : section.kind != NULL  ? 3
                         : below                 ? 2
                         : *section.path == '\0' ? 1
                                                 : 0;
        for (const Option *option = section.options; rank > 0 && option->name; option++) {
            nearest_try(nearest, option->name);
        }
        if (rank > best && option_find(section.options, name) != NULL) {
            best = rank;
            found = section.path;
        }
    }
    if (found == NULL) {
        return NULL;
    }
    return best == 1
               ? memory_text(name)
               : memory_format("deployments.*%s.%s", found + strlen("deployments.NAME"), name);
}

static cJSON *values_of_text(const char *text) {
    cJSON *values = json_array();
    for (const char *at = text;; at++) {
        const size_t length = strcspn(at, ",");
        char *value = memory_text_n(at, length);
        cJSON *parsed = cJSON_ParseWithOpts(value, NULL, true);
        json_append(values, cJSON_IsNumber(parsed) || cJSON_IsBool(parsed)
                                ? cJSON_Duplicate(parsed, true)
                                : json_text(value));
        cJSON_Delete(parsed);
        free(value);
        at += length;
        if (*at == '\0') {
            return values;
        }
    }
}

/* "option=value,value" as an axis; NULL after adding an error. */
static cJSON *axis_of_text(const char *text, const char *flag, ErrorList *errors) {
    const char *equals = strchr(text, '=');
    char *name = memory_text_n(text, equals != NULL ? (size_t)(equals - text) : strlen(text));
    char *path = strchr(name, '.') != NULL ? memory_text(name) : NULL;
    NearestName nearest = {.word = name};
    for (char *at = name; path == NULL && *at != '\0'; at++) {
        *at = *at == '-' ? '_' : *at;
    }
    path = path != NULL ? path : path_of_name(name, &nearest);
    cJSON *axis = NULL;
    if (equals == NULL || equals[1] == '\0') {
        error_in_option(errors, flag, *text != '\0' ? text : "nothing",
                        "an option and its values, scale_down_window=1m,10m,30m", NULL);
    } else if (path == NULL) {
        error_in_option(errors, flag, name,
                        "an option of the policy, the deployment or the scenario, or its path as "
                        "--set has it",
                        nearest.name);
    } else {
        axis = json_object();
        json_add(axis, "option", json_text(path));
        json_add(axis, "values", values_of_text(equals + 1));
    }
    free(path);
    free(name);
    return axis;
}

/* Each text as an axis of one array, as a file would have them. */
static cJSON *axes_of_texts(const TextList *texts, const char *flag, ErrorList *errors) {
    cJSON *array = json_array();
    for (size_t i = 0; i < texts->count; i++) {
        const char *text = texts->items[i];
        JsonTree tree = {0};
        cJSON *axis = NULL;
        if (text[strspn(text, " ")] != '{') {
            axis = axis_of_text(text, flag, errors);
        } else if (json_parse(&tree, text, strlen(text), flag, errors)) {
            axis = memory_checked(cJSON_Duplicate(tree.root, true));
        }
        if (axis != NULL) {
            json_append(array, axis);
        }
        json_clear(&tree);
    }
    return array;
}

bool axes_read_texts(const TextList *texts, const char *flag, Axes *axes, ErrorList *errors) {
    const size_t before = errors->count, kept = errors->kept;
    *axes = (Axes){0};
    if (texts->count == 0) {
        return true;
    }
    JsonTree tree = {.root = axes_of_texts(texts, flag, errors)};
    Reader reader = {.tree = &tree, .file = "command line", .errors = errors};
    if (errors->count == before) {
        axes_read(&reader, tree.root, &(JsonPath){.key = flag}, axes);
        for (size_t i = kept; i < errors->kept; i++) {
            error_move(&errors->items[i], "command line", 0, errors->items[i].place);
        }
    }
    json_clear(&tree);
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

const AxisValue *axes_grid_value(const Axes *axes, size_t cell, size_t axis) {
    asim_assert(axis < axes->count && cell < axes_grid_size(axes));
    for (size_t i = axes->count; i-- > axis + 1;) {
        cell /= axes->items[i].count;
    }
    return &axes->items[axis].values[cell % axes->items[axis].count];
}
