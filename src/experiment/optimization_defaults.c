// SPDX-License-Identifier: GPL-3.0-or-later
/* How far the values of an axis are from the defaults; see optimization.h. */
#include "experiment/optimization.h"

#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "scenario/scenario_options.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Paths -------------------------------------------------------------------------------------- */

/* The first part of a path; *rest: what is behind the dot, or the empty end. */
static size_t part(const char *path, const char **rest) {
    const size_t length = strcspn(path, ".");
    *rest = path + length + (path[length] == '.');
    return length;
}

/* Is it "deployments.NAME.traffic" and an option's name, where a part in capitals stands for any,
 * and traffic's number may be there or not? */
static bool is_option_path(const char *pattern, const char *name, const char *path) {
    const char *pattern_rest, *rest;
    while (*pattern != '\0') {
        const size_t length = part(pattern, &pattern_rest), own = part(path, &rest);
        if (!isupper((unsigned char)*pattern) &&
            (length != own || strncmp(pattern, path, own) != 0)) {
            return false;
        }
        pattern = pattern_rest;
        path = rest;
    }
    const bool numbered = isdigit((unsigned char)*path) || *path == '*';
    part(path, &rest);
    return strcmp(numbered ? rest : path, name) == 0;
}

/* NULL: there is none, or kinds of policies or traffic have different ones. */
static const char *option_default(const char *path) {
    const char *found = NULL;
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        for (const Option *option = section.options; option->name; option++) {
            if (is_option_path(section.path, option->name, path)) {
                if (!option->default_text || (found && strcmp(found, option->default_text) != 0)) {
                    return NULL;
                }
                found = option->default_text;
            }
        }
    }
    return found;
}

/* What the scenario as it stands has there; NULL: nothing. Owned by the caller. */
static char *value_at(const cJSON *node, const char *path) {
    while (node && *path != '\0') {
        const char *rest;
        char *name = memory_text_n(path, part(path, &rest));
        const bool number = isdigit((unsigned char)*name);
        const cJSON *below = strcmp(name, "*") == 0 ? node->child
                             : cJSON_IsArray(node)
                                 ? cJSON_GetArrayItem(node, number ? atoi(name) : 0)
                                 : cJSON_GetObjectItemCaseSensitive(node, name);
        node = below;
        path = rest;
        free(name);
    }
    return !node                  ? NULL
           : cJSON_IsString(node) ? memory_text(node->valuestring)
                                  : json_print_line(node);
}

/* The option's own default, or else what the scenario has. */
static char *usual_value(const cJSON *as_run, const char *path) {
    const char *usual = option_default(path);
    return usual ? memory_text(usual) : value_at(as_run, path);
}

/* Values ------------------------------------------------------------------------------------- */

/* A number, or a duration in seconds; NAN: neither. */
static double number_of(const char *text) {
    char *end;
    sim_time time;
    const double number = strtod(text, &end);
    if (*text != '\0' && *end == '\0') {
        return number;
    }
    return sim_time_parse(text, &time) ? sim_time_to_seconds(time) : NAN;
}

static bool is_same_value(const char *one, const char *other) {
    const double a = number_of(one), b = number_of(other);
    return isnan(a) || isnan(b) ? strcmp(one, other) == 0 : a == b;
}

/* 0 if all that the value sets is usual. */
static double is_other(const cJSON *as_run, const AxisValue *value) {
    bool other = false;
    for (size_t i = 0; i < value->changes.count; i++) {
        char *usual = usual_value(as_run, value->changes.items[i].path);
        other = other || (usual && !is_same_value(usual, value->changes.items[i].value));
        free(usual);
    }
    return other ? 1 : 0;
}

/* Steps on the way from the value to the usual one, as a share of the axis. */
static double steps(const double numbers[], size_t count, size_t from, double usual) {
    size_t passed = numbers[from] != usual;
    for (size_t i = 0; i < count; i++) {
        passed += (numbers[i] > numbers[from] && numbers[i] < usual) ||
                  (numbers[i] < numbers[from] && numbers[i] > usual);
    }
    return (double)passed / (double)count;
}

/* Does the axis put numbers into one option? */
static bool read_numbers(const Axis *axis, double numbers[]) {
    bool all = true;
    for (size_t i = 0; i < axis->count; i++) {
        const OverrideList *changes = &axis->values[i].changes;
        all = all && changes->count == 1 &&
              strcmp(changes->items[0].path, axis->values[0].changes.items[0].path) == 0;
        numbers[i] = all ? number_of(changes->items[0].value) : NAN;
        all = all && !isnan(numbers[i]);
    }
    return all;
}

static double *axis_distances(const Axis *axis, const cJSON *as_run) {
    double *away = memory_new(axis->count, sizeof *away);
    double *numbers = memory_new(axis->count, sizeof *numbers);
    const bool numeric = read_numbers(axis, numbers);
    char *usual = numeric ? usual_value(as_run, axis->values[0].changes.items[0].path) : NULL;
    const double middle = usual ? number_of(usual) : NAN;
    for (size_t i = 0; i < axis->count; i++) {
        away[i] = !numeric        ? is_other(as_run, &axis->values[i])
                  : isnan(middle) ? 0
                                  : steps(numbers, axis->count, i, middle);
    }
    free(usual);
    free(numbers);
    return away;
}

void optimization_find_defaults(Optimization *optimization) {
    cJSON *as_run = memory_checked(cJSON_Parse(optimization->scenario->as_run));
    for (size_t i = 0; i < optimization->axes.count; i++) {
        optimization->grid[i].away = axis_distances(&optimization->axes.items[i], as_run);
    }
    cJSON_Delete(as_run);
}
