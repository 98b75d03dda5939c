// SPDX-License-Identifier: GPL-3.0-or-later
/* Options and distributions in JSON. An absent option is left out: that is how it is read again.
 * Which parameters a kind of distribution has is one table. */
#include "scenario/option_json.h"

#include "base/file_name.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/distribution.h"
#include "engine/sim_time.h"
#include "scenario/overrides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void refuse_option(Reader *reader, const cJSON *node, const Option *option,
                          const JsonPath *at) {
    char *expected = option_expected(option);
    reader_refuse(reader, node, at, expected, NULL);
    free(expected);
}

/* Scalars ------------------------------------------------------------------------------------ */

/* A name from the command line starts from where the user is, one from a file at its directory. */
static char *absolute_name(const Reader *reader, const ScenarioOverride *override,
                           const char *name) {
    if (override == NULL || override->file == NULL) {
        return file_name_absolute(override != NULL ? NULL : reader->directory, name);
    }
    char *directory = file_name_directory(override->file);
    char *absolute = file_name_absolute(directory, name);
    free(directory);
    return absolute;
}

char *option_file_name(const Reader *reader, const cJSON *node) {
    const ScenarioOverride *override = json_place(reader->tree, node).origin;
    return cJSON_IsString(node) ? absolute_name(reader, override, node->valuestring) : NULL;
}

/* override: the change that the text comes from, or NULL. */
static void read_text(Reader *reader, const Option *option, void *config, const char *text,
                      const JsonPath *at, const ScenarioOverride *override) {
    char *file = option->is_file ? absolute_name(reader, override, text) : NULL;
    text = file != NULL ? file : text;
    if (!option_set_text(option, config, text, NULL, NULL)) {
        char *place = json_path_text(at);
        option_set_text(option, config, text, &(Error){.place = place}, reader->errors);
        free(place);
    }
    free(file);
}

static void read_number(Reader *reader, const Option *option, void *config, double number,
                        const JsonPath *at) {
    if (!option_set_number(option, config, number, NULL, NULL)) {
        char *place = json_path_text(at);
        option_set_number(option, config, number, &(Error){.place = place}, reader->errors);
        free(place);
    }
}

static bool takes_text(OptionType type) {
    return type == OPTION_DURATION || type == OPTION_TEXT || type == OPTION_TEXTS ||
           type == OPTION_CHOICE || type == OPTION_INSTANT || type == OPTION_SPAN;
}

/* A duration without its unit is refused as a number is, with a suggestion. */
static bool takes_number(OptionType type) {
    return type == OPTION_INTEGER || type == OPTION_NUMBER || type == OPTION_LENGTH ||
           type == OPTION_DURATION || type == OPTION_SPAN;
}

static void read_scalar(Reader *reader, const cJSON *node, const Option *option, void *config,
                        const JsonPath *at) {
    const JsonPlace place = json_place(reader->tree, node);
    const ScenarioOverride *override = place.origin;
    if (override != NULL && place.whole && !cJSON_IsArray(node) && !cJSON_IsObject(node)) {
        /* On the command line 8 may be a text and "true" a model's name: what counts is the option.
         */
        read_text(reader, option, config,
                  cJSON_IsString(node) ? node->valuestring : override->value, at, override);
    } else if (cJSON_IsBool(node) && option->type == OPTION_BOOLEAN) {
        read_text(reader, option, config, cJSON_IsTrue(node) ? "true" : "false", at, NULL);
    } else if (cJSON_IsNumber(node) && takes_number(option->type)) {
        read_number(reader, option, config, node->valuedouble, at);
    } else if (cJSON_IsString(node) && takes_text(option->type)) {
        read_text(reader, option, config, node->valuestring, at, override);
    } else {
        refuse_option(reader, node, option, at);
    }
}

/* Arrays ------------------------------------------------------------------------------------- */

static bool read_number_element(Reader *reader, const cJSON *node, const Option *option,
                                const JsonPath *at, double *number) {
    if (cJSON_IsNumber(node) && option_within_limits(option, node->valuedouble)) {
        *number = node->valuedouble;
        return true;
    }
    if (cJSON_IsNull(node) && option->may_lack) {
        *number = NAN;
        return true;
    }
    Option element = *option;
    element.type = OPTION_NUMBER;
    refuse_option(reader, node, &element, at);
    return false;
}

static void read_numbers(Reader *reader, const cJSON *node, const Option *option,
                         OptionNumbers *numbers, const JsonPath *at) {
    OptionNumbers read = {.values = memory_new((size_t)cJSON_GetArraySize(node), sizeof(double))};
    const cJSON *element;
    cJSON_ArrayForEach (element, node) {
        const JsonPath place = {.above = at, .index = read.count};
        read_number_element(reader, element, option, &place, &read.values[read.count]);
        read.count++;
    }
    free(numbers->values);
    *numbers = read;
}

/* A file's name, or a pattern of names, stands for what is there. */
static bool add_text(Reader *reader, const cJSON *node, const Option *option, const JsonPath *at,
                     bool is_element, TextList *texts) {
    const JsonPlace place = json_place(reader->tree, node);
    const ScenarioOverride *override = place.origin;
    const char *text = override != NULL && place.whole && !cJSON_IsString(node) ? override->value
                                                                                : node->valuestring;
    if (text == NULL) {
        Option element = *option;
        element.type = is_element ? OPTION_TEXT : OPTION_TEXTS;
        refuse_option(reader, node, &element, at);
        return false;
    }
    if (!option->is_file) {
        text_list_add(texts, memory_text(text));
        return true;
    }
    char *name = absolute_name(reader, override, text);
    const bool any = file_name_expand(name, texts);
    free(name);
    if (!any) {
        reader_refuse(reader, node, at, file_name_expand_expected, NULL);
    }
    return any;
}

static void read_texts(Reader *reader, const cJSON *node, const Option *option, TextList *texts,
                       const JsonPath *at) {
    TextList read = {0};
    bool ok = true;
    if (cJSON_IsArray(node)) {
        JsonPath place = {.above = at};
        const cJSON *element;
        cJSON_ArrayForEach (element, node) {
            ok = add_text(reader, element, option, &place, true, &read) && ok;
            place.index++;
        }
    } else {
        ok = add_text(reader, node, option, at, false, &read);
    }
    if (ok) {
        text_list_clear(texts);
        *texts = read;
    } else {
        text_list_clear(&read);
    }
}

/* A duration, or the number 0. */
static bool read_time(Reader *reader, const cJSON *node, const JsonPath *at, const char *expected,
                      sim_time *time) {
    if (cJSON_IsNumber(node) && node->valuedouble == 0.0) {
        *time = 0;
        return true;
    }
    if (cJSON_IsString(node) && sim_time_parse(node->valuestring, time)) {
        return true;
    }
    reader_refuse(reader, node, at, expected, NULL);
    return false;
}

static void read_point(Reader *reader, const cJSON *pair, const Option *option,
                       OptionPoints *points, const JsonPath *at) {
    if (!cJSON_IsArray(pair) || cJSON_GetArraySize(pair) != 2) {
        reader_refuse(reader, pair, at, "a pair such as [\"30m\", 5]", NULL);
        return;
    }
    const size_t last = points->count;
    const JsonPath first = {.above = at, .index = 0}, second = {.above = at, .index = 1};
    const bool timed =
        read_time(reader, pair->child, &first, "a duration such as 30m", &points->times[last]);
    const bool valued =
        read_number_element(reader, pair->child->next, option, &second, &points->values[last]);
    if (timed && last > 0 && points->times[last] < points->times[last - 1]) {
        reader_refuse(reader, pair->child, &first, "a time not before the last one", NULL);
    } else if (timed && valued) {
        points->count++;
    }
}

static void read_points(Reader *reader, const cJSON *node, const Option *option,
                        OptionPoints *points, const JsonPath *at) {
    const size_t room = (size_t)cJSON_GetArraySize(node);
    OptionPoints read = {.times = memory_new(room, sizeof(sim_time)),
                         .values = memory_new(room, sizeof(double))};
    JsonPath place = {.above = at};
    const cJSON *pair;
    cJSON_ArrayForEach (pair, node) {
        read_point(reader, pair, option, &read, &place);
        place.index++;
    }
    free(points->times);
    free(points->values);
    *points = read;
}

/* Lists of structs --------------------------------------------------------------------------- */

/* An array in the order of the table. */
static void read_row(Reader *reader, const cJSON *node, const Option *list, void *item,
                     const JsonPath *at) {
    const Option *option = list->group;
    const cJSON *value = cJSON_IsArray(node) ? node->child : NULL;
    JsonPath place = {.above = at};
    for (; option->name != NULL && value != NULL; option++, value = value->next, place.index++) {
        reader_option(reader, value, option, item, &place);
    }
    if (option->name != NULL || value != NULL) {
        Text expected = {0};
        for (option = list->group; option->name != NULL; option++) {
            text_addf(&expected, "%s%s", option == list->group ? "[" : ", ", option->name);
        }
        text_add(&expected, "]");
        reader_refuse(reader, node, at, expected.text, NULL);
        text_clear(&expected);
    }
}

static void read_list(Reader *reader, const cJSON *node, const Option *option, OptionList *list,
                      const JsonPath *at) {
    const Option alone[] = {*option, OPTION_END};
    options_clear(alone, (char *)list - option->offset);
    list->items = memory_new((size_t)cJSON_GetArraySize(node), option->item_size);
    JsonPath place = {.above = at};
    const cJSON *element;
    cJSON_ArrayForEach (element, node) {
        void *item = (char *)list->items + list->count++ * option->item_size;
        options_set_defaults(option->group, item);
        if (option->in_a_row) {
            read_row(reader, element, option, item, &place);
        } else {
            reader_options(reader, element, option->group, item, &place);
        }
        place.index++;
    }
}

/* Distributions ------------------------------------------------------------------------------ */

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

/* A duration in seconds or a number; NAN after adding an error. */
static double read_value(Reader *reader, const cJSON *node, bool span, const JsonPath *at) {
    sim_time time;
    if (span) {
        return read_time(reader, node, at, "a duration such as 30s", &time)
                   ? sim_time_to_seconds(time)
                   : NAN;
    }
    if (!cJSON_IsNumber(node)) {
        reader_refuse(reader, node, at, "a number", NULL);
        return NAN;
    }
    return node->valuedouble;
}

/* [probability, value] or a bare value. */
static void read_quantile(Reader *reader, const cJSON *node, bool quantiles, bool span,
                          const JsonPath *at, DistributionPoint *point) {
    if (!quantiles) {
        point->value = read_value(reader, node, span, at);
        return;
    }
    if (!cJSON_IsArray(node) || cJSON_GetArraySize(node) != 2) {
        reader_refuse(reader, node, at, "a pair of a probability and a value", NULL);
        return;
    }
    const JsonPath first = {.above = at, .index = 0}, second = {.above = at, .index = 1};
    point->probability = read_value(reader, node->child, false, &first);
    point->value = read_value(reader, node->child->next, span, &second);
}

static void read_table(Reader *reader, const cJSON *node, bool span, const JsonPath *at,
                       Distribution *distribution) {
    const bool quantiles = distribution->kind == DISTRIBUTION_QUANTILES;
    if (!cJSON_IsArray(node)) {
        reader_refuse(reader, node, at,
                      quantiles ? "an array of pairs of a probability and a value"
                                : "an array of values",
                      NULL);
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(node);
    DistributionPoint *table = memory_new(count, sizeof *table);
    JsonPath place = {.above = at};
    const cJSON *element;
    cJSON_ArrayForEach (element, node) {
        read_quantile(reader, element, quantiles, span, &place, &table[place.index]);
        place.index++;
    }
    free((void *)distribution->table);
    distribution->table = table;
    distribution->table_count = count;
}

static void read_parameter(Reader *reader, const cJSON *node, const Parameter *parameter, bool span,
                           const JsonPath *at, Distribution *distribution) {
    if (parameter->member == MEMBER_TABLE) {
        read_table(reader, node, span, at, distribution);
    } else {
        *number_member(distribution, parameter->member) =
            read_value(reader, node, span && parameter->is_value, at);
    }
}

/* "found a parameter of lognormal, gamma": kinds that have it. */
static void refuse_parameter(Reader *reader, const char *name, DistributionKind kind,
                             const JsonPath *at) {
    Text found = {0}, expected = {0};
    NearestName nearest = {.word = name};
    for (size_t i = 0; i < PARAMETERS; i++) {
        if (parameters[i].kind == kind) {
            text_addf(&expected, "%s, ", parameters[i].name);
            nearest_try(&nearest, parameters[i].name);
        }
        if (strcmp(parameters[i].name, name) == 0) {
            text_add(&found, found.length == 0 ? "a parameter of " : ", ");
            text_add(&found, distribution_kind_names[parameters[i].kind]);
        }
    }
    for (size_t i = 0; i < 2 && may_be_cut(kind); i++) {
        nearest_try(&nearest, cuts[i].name);
    }
    text_addf(&expected, "%sof %s", may_be_cut(kind) ? "minimum, maximum " : "",
              distribution_kind_names[kind]);
    reader_error(reader, at, expected.text, nearest.name, "%s",
                 found.length > 0 ? found.text : "an unknown key");
    text_clear(&found);
    text_clear(&expected);
}

static void read_parameters(Reader *reader, const cJSON *node, bool span, const JsonPath *at,
                            Distribution *distribution) {
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (strcmp(child->string, "distribution") == 0) {
            continue;
        }
        const JsonPath place = {.above = at, .key = child->string};
        const Parameter *parameter = find_parameter(distribution->kind, child->string);
        if (parameter != NULL) {
            read_parameter(reader, child, parameter, span, &place, distribution);
        } else {
            refuse_parameter(reader, child->string, distribution->kind, &place);
        }
    }
}

static void require_parameters(Reader *reader, const cJSON *node, const JsonPath *at,
                               DistributionKind kind) {
    for (size_t i = 0; i < PARAMETERS; i++) {
        if (parameters[i].kind == kind && reader_member(node, parameters[i].name) == NULL) {
            const JsonPath place = {.above = at, .key = parameters[i].name};
            char *expected = memory_format("\"%s\" of a %s distribution", parameters[i].name,
                                           distribution_kind_names[kind]);
            reader_refuse(reader, NULL, &place, expected, NULL);
            free(expected);
        }
    }
}

static bool read_kind(Reader *reader, const cJSON *node, const JsonPath *at,
                      DistributionKind *kind) {
    const cJSON *name = reader_member(node, "distribution");
    const JsonPath place = {.above = at, .key = "distribution"};
    for (size_t i = 0; i < distribution_kind_count && cJSON_IsString(name); i++) {
        if (strcmp(distribution_kind_names[i], name->valuestring) == 0) {
            *kind = (DistributionKind)i;
            return true;
        }
    }
    reader_refuse(reader, name, &place,
                  "one of fixed, uniform, exponential, lognormal, gamma, weibull, zipf, quantiles, "
                  "empirical",
                  cJSON_IsString(name) ? error_nearest(name->valuestring, distribution_kind_names,
                                                       distribution_kind_count)
                                       : NULL);
    return false;
}

static void check_mean(Reader *reader, const Distribution *distribution, const Option *option,
                       const JsonPath *at) {
    const double mean = distribution_mean(distribution);
    if (!option_within_limits(option, mean)) {
        char text[32];
        char *expected = option_expected(option);
        reader_error(reader, at, expected, NULL, "a distribution of mean %s%s",
                     text_number(mean, text), option->type == OPTION_SPAN ? " s" : "");
        free(expected);
    }
}

/* Replaces *distribution, unless there is a mistake. */
static void read_distribution(Reader *reader, const cJSON *node, const Option *option,
                              Distribution *distribution, const JsonPath *at) {
    const size_t mistakes = reader->errors->count;
    Distribution read = {.maximum = INFINITY};
    if (!read_kind(reader, node, at, &read.kind)) {
        return;
    }
    read_parameters(reader, node, option->type == OPTION_SPAN, at, &read);
    require_parameters(reader, node, at, read.kind);
    if (reader->errors->count == mistakes) {
        if (read.kind == DISTRIBUTION_FIXED && option->type == OPTION_SPAN) {
            /* A bare duration is a mean that varies; one given as a distribution stands by itself.
             */
            read.kind = DISTRIBUTION_UNIFORM;
            read.b = read.a;
        }
        const char *wrong = distribution_prepare(&read);
        if (wrong != NULL) {
            reader_error(reader, at, NULL, wrong, "a distribution that cannot be");
        } else {
            check_mean(reader, &read, option, at);
        }
    }
    if (reader->errors->count > mistakes) {
        distribution_clear(&read);
        return;
    }
    distribution_clear(distribution);
    *distribution = read;
}

void option_from_json(Reader *reader, const cJSON *node, const Option *option, void *config,
                      const JsonPath *at) {
    void *place = (char *)config + option->offset;
    const bool array = option->type == OPTION_NUMBERS || option->type == OPTION_POINTS ||
                       option->type == OPTION_LIST;
    if (array && !cJSON_IsArray(node)) {
        refuse_option(reader, node, option, at);
    } else if (option->type == OPTION_NUMBERS) {
        read_numbers(reader, node, option, place, at);
    } else if (option->type == OPTION_LIST) {
        read_list(reader, node, option, place, at);
    } else if (option->type == OPTION_TEXTS) {
        read_texts(reader, node, option, place, at);
    } else if (option->type == OPTION_POINTS) {
        read_points(reader, node, option, place, at);
    } else if (cJSON_IsObject(node) &&
               (option->type == OPTION_SPAN || option->type == OPTION_LENGTH)) {
        read_distribution(reader, node, option, place, at);
    } else {
        read_scalar(reader, node, option, config, at);
    }
}

/* Writing ------------------------------------------------------------------------------------ */

static cJSON *write_value(double value, bool span) {
    char text[SIM_TIME_TEXT];
    return span ? json_text(sim_time_format(sim_time_from_seconds(value), text))
                : json_number(value);
}

static cJSON *write_numbers(const OptionNumbers *numbers) {
    cJSON *array = json_array();
    for (size_t i = 0; i < numbers->count; i++) {
        json_append(array, json_number(numbers->values[i]));
    }
    return array;
}

/* One by itself, as it is read. */
static cJSON *write_texts(const TextList *texts) {
    if (texts->count == 1) {
        return json_text(texts->items[0]);
    }
    cJSON *array = json_array();
    for (size_t i = 0; i < texts->count; i++) {
        json_append(array, json_text(texts->items[i]));
    }
    return array;
}

static cJSON *write_points(const OptionPoints *points) {
    cJSON *array = json_array();
    for (size_t i = 0; i < points->count; i++) {
        cJSON *pair = json_array();
        json_append(pair, write_value(sim_time_to_seconds(points->times[i]), true));
        json_append(pair, json_number(points->values[i]));
        json_append(array, pair);
    }
    return array;
}

static cJSON *write_list(const Option *option, const OptionList *list) {
    cJSON *array = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const void *item = (const char *)list->items + i * option->item_size;
        cJSON *object = options_json(option->group, item);
        if (option->in_a_row) {
            cJSON *row = json_array();
            while (object->child != NULL) {
                json_append(row, cJSON_DetachItemViaPointer(object, object->child));
            }
            cJSON_Delete(object);
            object = row;
        }
        json_append(array, object);
    }
    return array;
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

static cJSON *write_distribution(const Distribution *distribution, OptionType type) {
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

/* A text as the user would write it. */
static cJSON *write_text(const Option *option, const void *config) {
    char *text = option_value_text(option, config);
    cJSON *node = json_text(text);
    free(text);
    return node;
}

cJSON *options_json(const Option table[], const void *config) {
    cJSON *object = json_object();
    options_to_json(object, table, config);
    return object;
}

static cJSON *option_to_json(const Option *option, const void *config) {
    const void *value = (const char *)config + option->offset;
    switch (option->type) {
    case OPTION_NUMBERS: return write_numbers(value); /* none is an empty array */
    case OPTION_POINTS: return write_points(value);
    case OPTION_LIST: return option_is_absent(option, config) ? NULL : write_list(option, value);
    case OPTION_GROUP:
        return option->given != 0 && !*(const bool *)((const char *)config + option->given)
                   ? NULL
                   : options_json(option->group, value);
    case OPTION_CUSTOM: return option->part != NULL ? option->part->write(config) : NULL;
    default: break;
    }
    if (option_is_absent(option, config)) {
        return NULL;
    }
    switch (option->type) {
    case OPTION_BOOLEAN: return json_boolean(*(const bool *)value);
    case OPTION_INTEGER: return json_number((double)*(const int64_t *)value);
    case OPTION_NUMBER: return json_number(*(const double *)value);
    case OPTION_SPAN:
    case OPTION_LENGTH: return write_distribution(value, option->type);
    case OPTION_TEXTS: return write_texts(value);
    default: return write_text(option, config);
    }
}

void options_to_json(cJSON *object, const Option table[], const void *config) {
    for (const Option *option = table; option->name != NULL; option++) {
        cJSON *value =
            option_is_moot(table, option, config) ? NULL : option_to_json(option, config);
        if (value != NULL) {
            json_add(object, option->name, value);
        }
    }
}
