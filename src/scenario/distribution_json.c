// SPDX-License-Identifier: GPL-3.0-or-later
/* Distributions in JSON, by one table of their parameters. */
#include "scenario/distribution_json.h"

#include "base/json_print.h"
#include "base/json_scan.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum Member { MEMBER_A, MEMBER_B, MEMBER_LEAST, MEMBER_MOST, MEMBER_TABLE } Member;

typedef struct Parameter {
    DistributionKind kind;
    const char *name;
    Member member;
    bool is_value; /* of the distribution's dimension: a duration for a span */
} Parameter;

static const Parameter parameters[] = {
    {DISTRIBUTION_FIXED, "value", MEMBER_A, true},
    {DISTRIBUTION_UNIFORM, "minimum", MEMBER_A, true},
    {DISTRIBUTION_UNIFORM, "maximum", MEMBER_B, true},
    {DISTRIBUTION_EXPONENTIAL, "mean", MEMBER_A, true},
    {DISTRIBUTION_LOGNORMAL, "mean", MEMBER_A, true},
    {DISTRIBUTION_LOGNORMAL, "cv", MEMBER_B, false},
    {DISTRIBUTION_GAMMA, "mean", MEMBER_A, true},
    {DISTRIBUTION_GAMMA, "cv", MEMBER_B, false},
    {DISTRIBUTION_WEIBULL, "scale", MEMBER_A, true},
    {DISTRIBUTION_WEIBULL, "shape", MEMBER_B, false},
    {DISTRIBUTION_ZIPF, "exponent", MEMBER_A, false},
    {DISTRIBUTION_ZIPF, "largest", MEMBER_B, true},
    {DISTRIBUTION_QUANTILES, "table", MEMBER_TABLE, true},
    {DISTRIBUTION_EMPIRICAL, "values", MEMBER_TABLE, true},
};

enum { PARAMETERS = sizeof parameters / sizeof parameters[0] };

/* Every kind that is not bounded by itself may be cut. */
static const Parameter cuts[] = {
    {DISTRIBUTION_FIXED, "minimum", MEMBER_LEAST, true},
    {DISTRIBUTION_FIXED, "maximum", MEMBER_MOST, true},
};

static bool may_be_cut(DistributionKind kind) {
    return kind != DISTRIBUTION_FIXED && kind != DISTRIBUTION_UNIFORM;
}

static const Parameter *find_parameter(DistributionKind kind, const char *name) {
    for (size_t i = 0; i < PARAMETERS; i++) {
        if (parameters[i].kind == kind && strcmp(parameters[i].name, name) == 0) {
            return &parameters[i];
        }
    }
    for (size_t i = 0; i < 2 && may_be_cut(kind); i++) {
        if (strcmp(cuts[i].name, name) == 0) {
            return &cuts[i];
        }
    }
    return NULL;
}

static double *number_member(Distribution *distribution, Member member) {
    switch (member) {
    case MEMBER_A: return &distribution->a;
    case MEMBER_B: return &distribution->b;
    case MEMBER_LEAST: return &distribution->minimum;
    case MEMBER_MOST: return &distribution->maximum;
    case MEMBER_TABLE: break;
    }
    return NULL;
}

/* Reading ------------------------------------------------------------------------------------ */

/* A duration in seconds or a number; NAN after adding an error. */
static double read_value(Reader *reader, const cJSON *node, bool span, const char *path) {
    if (!span) {
        if (cJSON_IsNumber(node)) {
            return node->valuedouble;
        }
        reader_refuse(reader, node, path, "a number", NULL);
        return NAN;
    }
    sim_time time;
    const bool zero = cJSON_IsNumber(node) && node->valuedouble == 0.0;
    if (zero || (cJSON_IsString(node) && sim_time_parse(node->valuestring, &time))) {
        return zero ? 0.0 : sim_time_to_seconds(time);
    }
    reader_refuse(reader, node, path, "a duration such as 30s", NULL);
    return NAN;
}

/* [probability, value] or a bare value. */
static void read_point(Reader *reader, const cJSON *node, bool quantiles, bool span,
                       const char *path, DistributionPoint *point) {
    if (!quantiles) {
        point->value = read_value(reader, node, span, path);
        return;
    }
    if (!cJSON_IsArray(node) || cJSON_GetArraySize(node) != 2) {
        reader_refuse(reader, node, path, "a pair of a probability and a value", NULL);
        return;
    }
    char *first = json_path_index(path, 0), *second = json_path_index(path, 1);
    point->probability = read_value(reader, node->child, false, first);
    point->value = read_value(reader, node->child->next, span, second);
    free(first);
    free(second);
}

static void read_table(Reader *reader, const cJSON *node, bool span, const char *path,
                       Distribution *distribution) {
    const bool quantiles = distribution->kind == DISTRIBUTION_QUANTILES;
    if (!cJSON_IsArray(node)) {
        reader_refuse(reader, node, path,
                      quantiles ? "an array of pairs of a probability and a value"
                                : "an array of values",
                      NULL);
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(node);
    DistributionPoint *table = memory_new(count, sizeof *table);
    size_t i = 0;
    const cJSON *element;
    cJSON_ArrayForEach (element, node) {
        char *place = json_path_index(path, i);
        read_point(reader, element, quantiles, span, place, &table[i++]);
        free(place);
    }
    free((void *)distribution->table);
    distribution->table = table;
    distribution->table_count = count;
}

static void read_parameter(Reader *reader, const cJSON *node, const Parameter *parameter, bool span,
                           const char *path, Distribution *distribution) {
    if (parameter->member == MEMBER_TABLE) {
        read_table(reader, node, span, path, distribution);
    } else {
        *number_member(distribution, parameter->member) =
            read_value(reader, node, span && parameter->is_value, path);
    }
}

/* "\"cv\" is of lognormal, gamma": kinds that have the parameter. */
static char *other_kinds(const char *name) {
    char *text = NULL;
    for (size_t i = 0; i < PARAMETERS; i++) {
        if (strcmp(parameters[i].name, name) == 0) {
            const char *kind = distribution_kind_names[parameters[i].kind];
            char *longer = text == NULL ? memory_format("a parameter of %s", kind)
                                        : memory_format("%s, %s", text, kind);
            free(text);
            text = longer;
        }
    }
    return text;
}

static void refuse_parameter(Reader *reader, const char *name, DistributionKind kind,
                             const char *path) {
    const char *names[PARAMETERS + 2];
    size_t count = 0;
    char *expected = memory_text("");
    for (size_t i = 0; i < PARAMETERS; i++) {
        if (parameters[i].kind == kind) {
            char *longer = memory_format("%s%s, ", expected, parameters[i].name);
            free(expected);
            expected = longer;
            names[count++] = parameters[i].name;
        }
    }
    for (size_t i = 0; i < 2 && may_be_cut(kind); i++) {
        names[count++] = cuts[i].name;
    }
    char *found = other_kinds(name);
    char *whole = memory_format("%s%sof %s", expected, may_be_cut(kind) ? "minimum, maximum " : "",
                                distribution_kind_names[kind]);
    reader_error(reader, path, found != NULL ? found : "an unknown key", whole,
                 error_nearest(name, names, count));
    free(found);
    free(expected);
    free(whole);
}

static void read_parameters(Reader *reader, const cJSON *node, bool span, const char *path,
                            Distribution *distribution) {
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (strcmp(child->string, "distribution") == 0) {
            continue;
        }
        char *place = json_path(path, child->string);
        const Parameter *parameter = find_parameter(distribution->kind, child->string);
        if (parameter != NULL) {
            read_parameter(reader, child, parameter, span, place, distribution);
        } else {
            refuse_parameter(reader, child->string, distribution->kind, place);
        }
        free(place);
    }
}

static void require_parameters(Reader *reader, const cJSON *node, const char *path,
                               DistributionKind kind) {
    for (size_t i = 0; i < PARAMETERS; i++) {
        if (parameters[i].kind == kind && reader_member(node, parameters[i].name) == NULL) {
            char *expected = memory_format("\"%s\" of a %s distribution", parameters[i].name,
                                           distribution_kind_names[kind]);
            char *place = json_path(path, parameters[i].name);
            reader_error(reader, place, "nothing", expected, NULL);
            free(expected);
            free(place);
        }
    }
}

static bool read_kind(Reader *reader, const cJSON *node, const char *path, DistributionKind *kind) {
    const cJSON *name = reader_member(node, "distribution");
    char *place = json_path(path, "distribution");
    if (cJSON_IsString(name)) {
        for (size_t i = 0; i < distribution_kind_count; i++) {
            if (strcmp(distribution_kind_names[i], name->valuestring) == 0) {
                *kind = (DistributionKind)i;
                free(place);
                return true;
            }
        }
    }
    const char *expected = "one of fixed, uniform, exponential, lognormal, gamma, weibull, zipf, "
                           "quantiles, empirical";
    if (name == NULL) {
        reader_error(reader, place, "nothing", expected, NULL);
    } else {
        const char *nearest =
            cJSON_IsString(name)
                ? error_nearest(name->valuestring, distribution_kind_names, distribution_kind_count)
                : NULL;
        reader_refuse(reader, name, place, expected, nearest);
    }
    free(place);
    return false;
}

static bool is_within(Reader *reader, const Distribution *distribution, const Option *option,
                      const char *path) {
    const double mean = distribution_mean(distribution);
    if (option_within_limits(option, mean)) {
        return true;
    }
    char text[32];
    char *found = memory_format("a distribution of mean %s%s", text_number(mean, text),
                                option->type == OPTION_SPAN ? " s" : "");
    char *expected = option_expected(option);
    reader_error(reader, path, found, expected, NULL);
    free(found);
    free(expected);
    return false;
}

void distribution_read(Reader *reader, const cJSON *node, const Option *option,
                       Distribution *distribution, const char *path) {
    const size_t mistakes = reader->errors->count;
    Distribution read = {.maximum = INFINITY};
    if (!read_kind(reader, node, path, &read.kind)) {
        return;
    }
    read_parameters(reader, node, option->type == OPTION_SPAN, path, &read);
    require_parameters(reader, node, path, read.kind);
    if (reader->errors->count == mistakes) {
        if (read.kind == DISTRIBUTION_FIXED && option->type == OPTION_SPAN) {
            /* A bare duration is a mean that varies; one given as a distribution stands by itself.
             */
            read.kind = DISTRIBUTION_UNIFORM;
            read.b = read.a;
        }
        const char *wrong = distribution_prepare(&read);
        if (wrong != NULL) {
            reader_error(reader, path, "a distribution that cannot be", NULL, wrong);
        } else {
            is_within(reader, &read, option, path);
        }
    }
    if (reader->errors->count > mistakes) {
        distribution_clear(&read);
        return;
    }
    distribution_clear(distribution);
    *distribution = read;
}

/* Writing ------------------------------------------------------------------------------------ */

static cJSON *write_value(double value, bool span) {
    char text[SIM_TIME_TEXT];
    return span ? json_text(sim_time_format(sim_time_from_seconds(value), text))
                : json_number(value);
}

static cJSON *write_table(const Distribution *distribution, bool span) {
    cJSON *array = json_array();
    for (size_t i = 0; i < distribution->table_count; i++) {
        const DistributionPoint *point = &distribution->table[i];
        cJSON *value = write_value(point->value, span);
        if (distribution->kind == DISTRIBUTION_QUANTILES) {
            cJSON *pair = json_array();
            json_append(pair, json_number(point->probability));
            json_append(pair, value);
            value = pair;
        }
        json_append(array, value);
    }
    return array;
}

static void write_cuts(const Distribution *distribution, bool span, cJSON *object) {
    if (distribution->minimum > 0.0) {
        json_add(object, "minimum", write_value(distribution->minimum, span));
    }
    if (isfinite(distribution->maximum)) {
        json_add(object, "maximum", write_value(distribution->maximum, span));
    }
}

cJSON *distribution_write(const Distribution *distribution, OptionType type) {
    const bool span = type == OPTION_SPAN;
    if (distribution->kind == DISTRIBUTION_FIXED) {
        return write_value(distribution->a, span);
    }
    Distribution copy = *distribution; /* number_member gives out no const */
    cJSON *object = json_object();
    json_add(object, "distribution", json_text(distribution_kind_names[distribution->kind]));
    for (size_t i = 0; i < PARAMETERS; i++) {
        const Parameter *parameter = &parameters[i];
        if (parameter->kind != distribution->kind) {
            continue;
        }
        json_add(object, parameter->name,
                 parameter->member == MEMBER_TABLE
                     ? write_table(distribution, span)
                     : write_value(*number_member(&copy, parameter->member),
                                   span && parameter->is_value));
    }
    if (may_be_cut(distribution->kind)) {
        write_cuts(distribution, span, object);
    }
    return object;
}
