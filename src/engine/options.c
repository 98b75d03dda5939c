// SPDX-License-Identifier: GPL-3.0-or-later
/* Options by table: a value goes from a user's text into the config struct through one function per
 * type, and back. Invariant: a config that options_set_defaults has filled holds, under every
 * option, a value of its type that options_clear can free; a refused text leaves the old value. */
#include "engine/options.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_MOST                                                                                 \
    9007199254740991.0 /* 2^53 - 1: beyond, a double stands for several whole numbers */

/* Where an option lives in a config struct. */
static void *option_place(const Option *option, void *config) {
    return (char *)config + option->offset;
}

static const void *option_value(const Option *option, const void *config) {
    return (const char *)config + option->offset;
}

const Option *option_find(const Option table[], const char *name) {
    for (const Option *option = table; option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0) {
            return option;
        }
    }
    return NULL;
}

const char *option_nearest(const Option table[], const char *name) {
    size_t count = 0;
    while (table[count].name != NULL) {
        count++;
    }
    return error_nearest_row(name, table, count, name);
}

/* Numbers ------------------------------------------------------------------------------------ */

static bool parse_number(const char *text, double *number) {
    const char *end;
    return text_read_number(text, &end, number) && *end == '\0' && isfinite(*number);
}

/* Limits ------------------------------------------------------------------------------------- */

static bool has_lower_limit(const Option *option) {
    const bool unlimited = option->minimum == 0.0 && option->maximum == 0.0;
    return option->above_minimum || (!unlimited && option->minimum > -OPTION_NO_LIMIT);
}

static bool has_upper_limit(const Option *option) {
    const bool unlimited = option->minimum == 0.0 && option->maximum == 0.0;
    return !unlimited && option->maximum < OPTION_NO_LIMIT;
}

bool option_within_limits(const Option *option, double value) {
    if (!isfinite(value)) {
        return false;
    }
    if (has_lower_limit(option) &&
        (option->above_minimum ? value <= option->minimum : value < option->minimum)) {
        return false;
    }
    return !has_upper_limit(option) || value <= option->maximum;
}

static bool is_timed(const Option *option) {
    return option->type == OPTION_DURATION || option->type == OPTION_SPAN;
}

/* A limit as the user would write it. */
static char *limit_text(const Option *option, double limit) {
    if (is_timed(option)) {
        char text[SIM_TIME_TEXT];
        return memory_text(sim_time_format(sim_time_from_seconds(limit), text));
    }
    char text[32];
    return memory_text(text_number(limit, text));
}

/* ", at most 1h", " from 0 to 100", " above 0 and at most 1" after what is limited. */
static char *limits_text(const Option *option, const char *noun) {
    const bool natural = option->minimum == 0.0 && is_timed(option); /* no duration is below 0 */
    const bool lower = has_lower_limit(option) && (option->above_minimum || !natural);
    const bool upper = has_upper_limit(option);
    char *least = limit_text(option, option->minimum);
    char *most = limit_text(option, option->maximum);
    const char *comma = is_timed(option) ? "," : "";
    const char *from = option->above_minimum ? " above" : " from";
    char *text;
    if (lower && upper) {
        const char *to = option->above_minimum ? "and at most" : "to";
        text = memory_format("%s%s%s %s %s %s", noun, comma, from, least, to, most);
    } else if (lower && option->above_minimum) {
        text = memory_format("%s%s above %s", noun, comma, least);
    } else if (lower) {
        text = memory_format("%s, at least %s", noun, least);
    } else {
        text = upper ? memory_format("%s, at most %s", noun, most) : memory_text(noun);
    }
    free(least);
    free(most);
    return text;
}

/* The first of some usual durations that the option would accept. */
static const char *example_duration(const Option *option, char text[SIM_TIME_TEXT]) {
    static const sim_time usual[] = {30 * SIM_TIME_SECOND, 10 * SIM_TIME_MINUTE, SIM_TIME_HOUR,
                                     SIM_TIME_DAY, SIM_TIME_SECOND};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (option_within_limits(option, sim_time_to_seconds(usual[i]))) {
            return sim_time_format(usual[i], text);
        }
    }
    return sim_time_format(sim_time_from_seconds(option->maximum), text);
}

static char *duration_expected(const Option *option) {
    char example[SIM_TIME_TEXT];
    char *noun = memory_format("a duration such as %s", example_duration(option, example));
    char *text = limits_text(option, noun);
    free(noun);
    return text;
}

static char *points_expected(const Option *option) {
    char *limits = limits_text(option, "");
    char *text = memory_format("an array of [duration, number] pairs with rising times%s%s",
                               *limits != '\0' ? ", each number" : "", limits);
    free(limits);
    return text;
}

const char *option_choice(const Option *option, size_t index) {
    const size_t size = option->choice_size > 0 ? option->choice_size : sizeof option->choices[0];
    return *(const char *const *)((const char *)option->choices + index * size);
}

static char *choice_expected(const Option *option) {
    char *text = memory_text("one of ");
    for (size_t i = 0; option_choice(option, i) != NULL; i++) {
        char *longer = memory_format("%s%s%s", text, i > 0 ? ", " : "", option_choice(option, i));
        free(text);
        text = longer;
    }
    return text;
}

static char *or_distribution(char *text) {
    char *both = memory_format("%s, or a distribution", text);
    free(text);
    return both;
}

char *option_expected(const Option *option) {
    switch (option->type) {
    case OPTION_BOOLEAN: return memory_text("true or false");
    case OPTION_INTEGER: return limits_text(option, "a whole number");
    case OPTION_NUMBER: return limits_text(option, "a number");
    case OPTION_DURATION: return duration_expected(option);
    case OPTION_TEXT: return memory_text(option->is_name ? text_name_expected : "a text");
    case OPTION_CHOICE: return choice_expected(option);
    case OPTION_INSTANT: return memory_text("an instant such as 2026-11-16T00:00:00Z");
    case OPTION_SPAN: return or_distribution(duration_expected(option));
    case OPTION_LENGTH: return or_distribution(limits_text(option, "a number of tokens"));
    case OPTION_NUMBERS: return limits_text(option, "an array of numbers");
    case OPTION_POINTS: return points_expected(option);
    case OPTION_GROUP: return memory_text("an object");
    case OPTION_CUSTOM: break;
    }
    return memory_format("a value for %s", option->name);
}

/* Mistakes ----------------------------------------------------------------------------------- */

/* Adds "found X, expected what the option takes" at *where. */
static void refuse(const Option *option, const char *found, const char *suggestion,
                   const Error *where, ErrorList *errors) {
    char *expected = option_expected(option);
    Error error = *where;
    error.found = found;
    error.expected = expected;
    error.suggestion = suggestion;
    error_add(errors, &error);
    free(expected);
}

/* What a mistaken text was probably meant to be, NULL if nobody knows; owned by the caller. */
static char *guess(const Option *option, const char *text) {
    if (option->type == OPTION_CHOICE) {
        enum { MOST = 64 };
        const char *words[MOST];
        size_t count = 0;
        while (count < MOST && (words[count] = option_choice(option, count)) != NULL) {
            count++;
        }
        return memory_text(error_nearest(text, words, count));
    }
    if (!is_timed(option)) {
        return NULL;
    }
    /* "30" and "30 s" were meant as 30s */
    char *compact = memory_new(strlen(text) + 2, 1);
    size_t length = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p != ' ') {
            compact[length++] = *p;
        }
    }
    double number;
    if (parse_number(compact, &number)) {
        compact[length] = 's';
    }
    sim_time duration;
    if (strcmp(compact, text) != 0 && sim_time_parse(compact, &duration) &&
        option_within_limits(option, sim_time_to_seconds(duration))) {
        return compact;
    }
    free(compact);
    return NULL;
}

static bool refuse_text(const Option *option, const char *text, const Error *where,
                        ErrorList *errors) {
    char *found = memory_format("\"%s\"", text);
    char *suggestion = guess(option, text);
    refuse(option, found, suggestion, where, errors);
    free(found);
    free(suggestion);
    return false;
}

/* Setting ------------------------------------------------------------------------------------ */

static void store_fixed(Distribution *place, double value) {
    distribution_clear(place);
    *place = distribution_fixed(value);
}

/* The setters below return false when the text or number is not one that the option takes. */

static bool set_boolean(bool *place, const char *text) {
    const bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0) {
        return false;
    }
    *place = yes;
    return true;
}

static bool set_duration(const Option *option, void *place, const char *text) {
    sim_time duration;
    if (!sim_time_parse(text, &duration) ||
        !option_within_limits(option, sim_time_to_seconds(duration))) {
        return false;
    }
    if (option->type == OPTION_SPAN) {
        store_fixed(place, sim_time_to_seconds(duration));
    } else {
        *(sim_time *)place = duration;
    }
    return true;
}

static bool set_choice(const Option *option, int *place, const char *text) {
    for (size_t i = 0; option_choice(option, i) != NULL; i++) {
        if (strcmp(option_choice(option, i), text) == 0) {
            *place = (int)i;
            return true;
        }
    }
    return false;
}

static bool set_instant(int64_t *place, const char *text) {
    int64_t epoch_s;
    int32_t nanoseconds;
    if (!sim_time_parse_calendar(text, &epoch_s, &nanoseconds) || nanoseconds != 0) {
        return false;
    }
    *place = epoch_s;
    return true;
}

static bool set_number(const Option *option, void *place, double number) {
    if (!option_within_limits(option, number)) {
        return false;
    }
    switch (option->type) {
    case OPTION_INTEGER:
        if (number != floor(number) || fabs(number) > WHOLE_MOST) {
            return false;
        }
        *(int64_t *)place = (int64_t)number;
        return true;
    case OPTION_NUMBER: *(double *)place = number; return true;
    case OPTION_LENGTH:
        if (number < 0.0) {
            return false;
        }
        store_fixed(place, number);
        return true;
    default: return false;
    }
}

static bool set_number_text(const Option *option, void *place, const char *text) {
    double number;
    return parse_number(text, &number) && set_number(option, place, number);
}

static bool set_text(char **place, const char *text) {
    char *copy = memory_text(text);
    free(*place);
    *place = copy;
    return true;
}

static bool set_by_type(const Option *option, void *place, const char *text) {
    switch (option->type) {
    case OPTION_BOOLEAN: return set_boolean(place, text);
    case OPTION_INTEGER:
    case OPTION_NUMBER:
    case OPTION_LENGTH: return set_number_text(option, place, text);
    case OPTION_DURATION:
    case OPTION_SPAN: return set_duration(option, place, text);
    case OPTION_TEXT:
        return (!option->is_name || *text == '\0' || text_is_name(text)) && set_text(place, text);
    case OPTION_CHOICE: return set_choice(option, place, text);
    case OPTION_INSTANT: return set_instant(place, text);
    case OPTION_NUMBERS:
    case OPTION_POINTS:
    case OPTION_GROUP:
    case OPTION_CUSTOM: break;
    }
    return false;
}

bool option_set_text(const Option *option, void *config, const char *text, const Error *where,
                     ErrorList *errors) {
    return set_by_type(option, option_place(option, config), text) ||
           (where != NULL && refuse_text(option, text, where, errors));
}

bool option_set_number(const Option *option, void *config, double number, const Error *where,
                       ErrorList *errors) {
    const bool set = set_number(option, option_place(option, config), number);
    if (set || where == NULL) {
        return set;
    }
    char found[32];
    text_number(number, found);
    char *suggestion = guess(option, found);
    refuse(option, found, suggestion, where, errors);
    free(suggestion);
    return false;
}

/* Defaults ----------------------------------------------------------------------------------- */

static void set_absent(const Option *option, void *place) {
    switch (option->type) {
    case OPTION_BOOLEAN: *(bool *)place = false; break;
    case OPTION_INTEGER:
    case OPTION_INSTANT: *(int64_t *)place = OPTION_ABSENT_INTEGER; break;
    case OPTION_NUMBER: *(double *)place = NAN; break;
    case OPTION_DURATION: *(sim_time *)place = SIM_TIME_NEVER; break;
    case OPTION_TEXT: *(char **)place = NULL; break;
    case OPTION_CHOICE: *(int *)place = OPTION_ABSENT_CHOICE; break;
    case OPTION_SPAN:
    case OPTION_LENGTH: *(Distribution *)place = distribution_fixed(NAN); break;
    case OPTION_NUMBERS: *(OptionNumbers *)place = (OptionNumbers){0}; break;
    case OPTION_POINTS: *(OptionPoints *)place = (OptionPoints){0}; break;
    case OPTION_GROUP:
    case OPTION_CUSTOM: break;
    }
}

bool option_is_absent(const Option *option, const void *config) {
    const void *value = option_value(option, config);
    switch (option->type) {
    case OPTION_INTEGER:
    case OPTION_INSTANT: return *(const int64_t *)value == OPTION_ABSENT_INTEGER;
    case OPTION_NUMBER: return isnan(*(const double *)value);
    case OPTION_DURATION: return *(const sim_time *)value == SIM_TIME_NEVER;
    case OPTION_TEXT: return *(char *const *)value == NULL;
    case OPTION_CHOICE: return *(const int *)value == OPTION_ABSENT_CHOICE;
    case OPTION_SPAN:
    case OPTION_LENGTH: return !distribution_is_given(value);
    case OPTION_NUMBERS: return ((const OptionNumbers *)value)->count == 0;
    case OPTION_POINTS: return ((const OptionPoints *)value)->count == 0;
    case OPTION_BOOLEAN:
    case OPTION_GROUP:
    case OPTION_CUSTOM: break;
    }
    return false;
}

bool option_is_on(const Option *option, const void *config) {
    const void *value = option_value(option, config);
    switch (option->type) {
    case OPTION_BOOLEAN: return *(const bool *)value;
    case OPTION_INTEGER: /* an absent one is below all minima */
        return (double)*(const int64_t *)value > option->minimum;
    case OPTION_NUMBER: return *(const double *)value > option->minimum;
    default: return !option_is_absent(option, config);
    }
}

bool option_is_moot(const Option table[], const Option *option, const void *config) {
    const Option *needed = option->needs != NULL ? option_find(table, option->needs) : NULL;
    for (const char *const *other = option->not_with; other != NULL && *other != NULL; other++) {
        if (!option_is_absent(option_find(table, *other), config)) {
            return true;
        }
    }
    return needed != NULL && needed->type == OPTION_BOOLEAN && !option_is_on(needed, config);
}

void options_set_defaults(const Option table[], void *config) {
    for (const Option *option = table; option->name != NULL; option++) {
        void *place = option_place(option, config);
        if (option->type == OPTION_GROUP) {
            options_set_defaults(option->group, place);
            continue;
        }
        set_absent(option, place);
        if (option->default_text != NULL && option->type != OPTION_CUSTOM) {
            const bool accepted = set_by_type(option, place, option->default_text);
            asim_assert(accepted); /* a table's default must satisfy its own row */
            (void)accepted;
        }
    }
}

static void clear_numbers(OptionNumbers *numbers) {
    free(numbers->values);
    *numbers = (OptionNumbers){0};
}

static void clear_points(OptionPoints *points) {
    free(points->times);
    free(points->values);
    *points = (OptionPoints){0};
}

static void clear_by_type(const Option *option, void *place) {
    switch (option->type) {
    case OPTION_TEXT: set_text(place, NULL); break;
    case OPTION_SPAN:
    case OPTION_LENGTH: distribution_clear(place); break;
    case OPTION_NUMBERS: clear_numbers(place); break;
    case OPTION_POINTS: clear_points(place); break;
    case OPTION_GROUP: options_clear(option->group, place); break;
    default: break; /* nothing of its own */
    }
}

void options_clear(const Option table[], void *config) {
    for (const Option *option = table; option->name != NULL; option++) {
        clear_by_type(option, option_place(option, config));
    }
}

/* Showing ------------------------------------------------------------------------------------ */

static char *number_copy(double number) {
    char text[32];
    return memory_text(isnan(number) ? "" : text_number(number, text));
}

static char *duration_copy(sim_time duration) {
    char text[SIM_TIME_TEXT];
    return memory_text(duration == SIM_TIME_NEVER ? "" : sim_time_format(duration, text));
}

static char *instant_copy(int64_t epoch_s) {
    char text[SIM_TIME_TEXT];
    return memory_text(epoch_s == OPTION_ABSENT_INTEGER ? ""
                                                        : sim_time_format_calendar(epoch_s, text));
}

/* One fixed value as it is written; anything else by its kind and mean, for people to read. */
static char *distribution_copy_text(const Option *option, const Distribution *distribution) {
    const bool fixed = distribution->kind == DISTRIBUTION_FIXED;
    const double mean = distribution_mean(distribution);
    if (isnan(mean)) {
        return memory_text("");
    }
    char *value = option->type == OPTION_SPAN ? duration_copy(sim_time_from_seconds(mean))
                                              : number_copy(mean);
    if (fixed) {
        return value;
    }
    char *text = memory_format("%s of mean %s", distribution_kind_names[distribution->kind], value);
    free(value);
    return text;
}

static char *count_text(size_t count, const char *noun) {
    return count == 0 ? memory_text("") : memory_format("%zu %s", count, noun);
}

char *option_value_text(const Option *option, const void *config) {
    const void *value = option_value(option, config);
    switch (option->type) {
    case OPTION_BOOLEAN: return memory_text(*(const bool *)value ? "true" : "false");
    case OPTION_INTEGER:
        if (*(const int64_t *)value == OPTION_ABSENT_INTEGER) {
            return memory_text("");
        }
        return memory_format("%lld", (long long)*(const int64_t *)value);
    case OPTION_NUMBER: return number_copy(*(const double *)value);
    case OPTION_DURATION: return duration_copy(*(const sim_time *)value);
    case OPTION_TEXT: return memory_text(*(char *const *)value ? *(char *const *)value : "");
    case OPTION_CHOICE:
        return memory_text(*(const int *)value == OPTION_ABSENT_CHOICE
                               ? ""
                               : option_choice(option, (size_t) * (const int *)value));
    case OPTION_INSTANT: return instant_copy(*(const int64_t *)value);
    case OPTION_SPAN:
    case OPTION_LENGTH: return distribution_copy_text(option, value);
    case OPTION_NUMBERS: return count_text(((const OptionNumbers *)value)->count, "numbers");
    case OPTION_POINTS: return count_text(((const OptionPoints *)value)->count, "points");
    case OPTION_GROUP:
    case OPTION_CUSTOM: break;
    }
    return memory_text("");
}
