// SPDX-License-Identifier: GPL-3.0-or-later
/* Options by table: a value goes from a user's text into the config struct through one function per
 * type, and back. Invariant: a config that options_set_defaults has filled holds, under every
 * option, a value of its type that options_clear can free; a refused text leaves the old value. */
#include "engine/options.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/distribution.h"
#include "engine/sim_time.h"

#include <math.h>
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
static void add_limit(Text *text, const Option *option, double limit) {
    char shown[SIM_TIME_TEXT];
    _Static_assert(SIM_TIME_TEXT >= 32, "a number fits too");
    text_add(text, is_timed(option) ? sim_time_format(sim_time_from_seconds(limit), shown)
                                    : text_number(limit, shown));
}

/* ", at most 1h", " from 0 to 100", " above 0 and at most 1" after what is limited. */
static void add_limits(Text *text, const Option *option) {
    const bool natural = option->minimum == 0.0 && is_timed(option); /* no duration is below 0 */
    const bool lower = has_lower_limit(option) && (option->above_minimum || !natural);
    const bool upper = has_upper_limit(option);
    if (lower) {
        text_add(text, is_timed(option) || (!upper && !option->above_minimum) ? "," : "");
        text_add(text, option->above_minimum ? " above " : upper ? " from " : " at least ");
        add_limit(text, option, option->minimum);
    }
    if (upper) {
        text_add(text, !lower ? ", at most " : option->above_minimum ? " and at most " : " to ");
        add_limit(text, option, option->maximum);
    }
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

const char *option_choice(const Option *option, size_t index) {
    const size_t size = option->choice_size > 0 ? option->choice_size : sizeof option->choices[0];
    return *(const char *const *)((const char *)option->choices + index * size);
}

static void add_choices(Text *text, const Option *option) {
    for (size_t i = 0; option_choice(option, i) != NULL; i++) {
        text_addf(text, "%s%s", i == 0 ? "one of " : ", ", option_choice(option, i));
    }
}

/* The noun, whose numbers have the row's limits. */
static void add_expected(Text *text, const Option *option) {
    static const char *const nouns[] = {
        [OPTION_BOOLEAN] = "true or false",
        [OPTION_INTEGER] = "a whole number",
        [OPTION_NUMBER] = "a number",
        [OPTION_DURATION] = "a duration such as ",
        [OPTION_TEXT] = "a text",
        [OPTION_TEXTS] = "a text or an array of texts",
        [OPTION_CHOICE] = "",
        [OPTION_INSTANT] = "an instant such as 2026-11-16T00:00:00Z",
        [OPTION_SPAN] = "a duration such as ",
        [OPTION_LENGTH] = "a number of tokens",
        [OPTION_NUMBERS] = "an array of numbers",
        [OPTION_POINTS] = "an array of [duration, number] pairs with rising times",
        [OPTION_LIST] = "an array",
        [OPTION_GROUP] = "an object",
        [OPTION_CUSTOM] = "a value for ",
    };
    char example[SIM_TIME_TEXT];
    text_add(text, option->is_name    ? text_name_expected
                   : option->is_count ? nouns[OPTION_INTEGER]
                                      : nouns[option->type]);
    switch (option->type) {
    case OPTION_CHOICE: add_choices(text, option); break;
    case OPTION_CUSTOM: text_add(text, option->name); break;
    case OPTION_BOOLEAN:
    case OPTION_TEXT:
    case OPTION_TEXTS:
    case OPTION_INSTANT:
    case OPTION_LIST:
    case OPTION_GROUP: break;
    case OPTION_DURATION:
    case OPTION_SPAN: text_add(text, example_duration(option, example)); /* fall through */
    default:
        if (option->type == OPTION_POINTS && (has_lower_limit(option) || has_upper_limit(option))) {
            text_add(text, ", each number");
        }
        add_limits(text, option);
    }
}

char *option_expected(const Option *option) {
    Text text = {0};
    if (option->type == OPTION_GROUP && option->short_for != NULL) {
        add_expected(&text, option_find(option->group, option->short_for));
        text_add(&text, ", or ");
    }
    add_expected(&text, option);
    if (option->may_lack) {
        text_add(&text, ", or null");
    }
    if (option->type == OPTION_SPAN || option->type == OPTION_LENGTH) {
        text_add(&text, ", or a distribution");
    }
    return text_take(&text);
}

/* Mistakes ----------------------------------------------------------------------------------- */

/* Adds "found X, expected what the option takes" at *where. */
static void refuse(const Option *option, const char *found, const char *suggestion,
                   const Error *where, ErrorList *errors) {
    char *expected = option_expected(option);
    error_at(errors, where, found, expected, suggestion);
    free(expected);
}

/* What a mistaken text was probably meant to be, NULL if nobody knows; owned by the caller. */
static char *guess(const Option *option, const char *text) {
    if (option->type == OPTION_CHOICE) {
        NearestName nearest = {.word = text};
        for (size_t i = 0; option_choice(option, i) != NULL; i++) {
            nearest_try(&nearest, option_choice(option, i));
        }
        return memory_text(nearest.name);
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

static bool set_texts(TextList *place, const char *text) {
    text_list_clear(place);
    text_list_add(place, memory_text(text));
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
    case OPTION_TEXTS: return set_texts(place, text);
    case OPTION_CHOICE: return set_choice(option, place, text);
    case OPTION_INSTANT: return set_instant(place, text);
    case OPTION_NUMBERS:
    case OPTION_POINTS:
    case OPTION_LIST:
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
    case OPTION_TEXTS: *(TextList *)place = (TextList){0}; break;
    case OPTION_CHOICE: *(int *)place = OPTION_ABSENT_CHOICE; break;
    case OPTION_SPAN:
    case OPTION_LENGTH: *(Distribution *)place = distribution_fixed(NAN); break;
    case OPTION_NUMBERS: *(OptionNumbers *)place = (OptionNumbers){0}; break;
    case OPTION_POINTS: *(OptionPoints *)place = (OptionPoints){0}; break;
    case OPTION_LIST: *(OptionList *)place = (OptionList){0}; break;
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
    case OPTION_TEXTS: return ((const TextList *)value)->count == 0;
    case OPTION_CHOICE: return *(const int *)value == OPTION_ABSENT_CHOICE;
    case OPTION_SPAN:
    case OPTION_LENGTH: return !distribution_is_given(value);
    case OPTION_NUMBERS: return ((const OptionNumbers *)value)->count == 0;
    case OPTION_POINTS: return ((const OptionPoints *)value)->count == 0;
    case OPTION_LIST: return ((const OptionList *)value)->count == 0;
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
        if (option->given != 0) {
            *(bool *)((char *)config + option->given) = false;
        }
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

static void clear_list(const Option *option, OptionList *list) {
    for (size_t i = 0; i < list->count; i++) {
        options_clear(option->group, (char *)list->items + i * option->item_size);
    }
    free(list->items);
}

static void clear_by_type(const Option *option, void *place) {
    OptionPoints *points = place;
    switch (option->type) {
    case OPTION_TEXT: free(*(char **)place); break;
    case OPTION_TEXTS: text_list_clear(place); break;
    case OPTION_SPAN:
    case OPTION_LENGTH: distribution_clear(place); return;
    case OPTION_NUMBERS: free(((OptionNumbers *)place)->values); break;
    case OPTION_POINTS:
        free(points->times);
        free(points->values);
        break;
    case OPTION_LIST: clear_list(option, place); break;
    case OPTION_GROUP: options_clear(option->group, place); return;
    default: return; /* nothing of its own */
    }
    set_absent(option, place);
}

void options_clear(const Option table[], void *config) {
    for (const Option *option = table; option->name != NULL; option++) {
        clear_by_type(option, option_place(option, config));
    }
}

/* Showing ------------------------------------------------------------------------------------ */

/* One fixed value as it is written; anything else by its kind and mean, for people to read. */
static void add_distribution(Text *text, OptionType type, const Distribution *distribution) {
    char shown[SIM_TIME_TEXT];
    const double mean = distribution_mean(distribution);
    if (isnan(mean)) {
        return;
    }
    if (distribution->kind != DISTRIBUTION_FIXED) {
        text_addf(text, "%s of mean ", distribution_kind_names[distribution->kind]);
    }
    text_add(text, type == OPTION_SPAN ? sim_time_format(sim_time_from_seconds(mean), shown)
                                       : text_number(mean, shown));
}

static void add_texts(Text *text, const TextList *list) {
    for (size_t i = 0; i < list->count; i++) {
        text_add_listed(text, list->items[i], i, list->count, " and ");
    }
}

static void add_value(Text *text, const Option *option, const void *value) {
    char shown[SIM_TIME_TEXT];
    switch (option->type) {
    case OPTION_BOOLEAN: text_add(text, *(const bool *)value ? "true" : "false"); break;
    case OPTION_INTEGER: text_addf(text, "%lld", (long long)*(const int64_t *)value); break;
    case OPTION_NUMBER: text_add(text, text_number(*(const double *)value, shown)); break;
    case OPTION_DURATION: text_add(text, sim_time_format(*(const sim_time *)value, shown)); break;
    case OPTION_TEXT: text_add(text, *(char *const *)value); break;
    case OPTION_TEXTS: add_texts(text, value); break;
    case OPTION_CHOICE: text_add(text, option_choice(option, (size_t) * (const int *)value)); break;
    case OPTION_INSTANT:
        text_add(text, sim_time_format_calendar(*(const int64_t *)value, shown));
        break;
    case OPTION_SPAN:
    case OPTION_LENGTH: add_distribution(text, option->type, value); break;
    case OPTION_NUMBERS:
        text_addf(text, "%zu numbers", ((const OptionNumbers *)value)->count);
        break;
    case OPTION_POINTS: text_addf(text, "%zu points", ((const OptionPoints *)value)->count); break;
    case OPTION_LIST: text_addf(text, "%zu items", ((const OptionList *)value)->count); break;
    case OPTION_GROUP:
    case OPTION_CUSTOM: break;
    }
}

char *option_value_text(const Option *option, const void *config) {
    Text text = {0};
    if (!option_is_absent(option, config)) {
        add_value(&text, option, option_value(option, config));
    }
    return text_take(&text);
}
