// SPDX-License-Identifier: GPL-3.0-or-later
/* engine/options: a table of every type, its defaults, what it accepts and refuses, and the words
 * in which it does so. */
#include "engine/options.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/distribution.h"
#include "engine/random.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef struct Inner {
    double factor;
    char *name;
} Inner;

typedef struct Config {
    bool drain;
    int64_t count;
    double share;
    double any;
    sim_time window;
    sim_time delay;
    char *model;
    int rule;
    int64_t start;
    Distribution boot;
    Distribution output;
    OptionNumbers hours;
    OptionPoints rates;
    Inner inner;
    void *custom;
    int64_t absent_count;
    double absent_share;
    sim_time absent_window;
    char *absent_text;
    int absent_rule;
    int64_t absent_start;
    Distribution absent_boot;
    Distribution absent_output;
} Config;

static const char *const rules[] = {"stabilize", "sustain", "delay", NULL};

static const Option inner_table[] = {
    {.name = "factor",
     .type = OPTION_NUMBER,
     .offset = offsetof(Inner, factor),
     .default_text = "1.5"},
    {.name = "name", .type = OPTION_TEXT, .offset = offsetof(Inner, name), .default_text = "inner"},
    OPTION_END,
};

#define AT(member) .name = #member, .offset = offsetof(Config, member)

static const Option table[] = {
    {AT(drain), .type = OPTION_BOOLEAN, .default_text = "true"},
    {AT(count), .type = OPTION_INTEGER, .minimum = 0, .maximum = 100, .default_text = "3"},
    {AT(share), .type = OPTION_NUMBER, .minimum = 0, .maximum = 1, .above_minimum = true,
     .default_text = "0.8"},
    {AT(any), .type = OPTION_NUMBER, .default_text = "-1e30"},
    {AT(window), .type = OPTION_DURATION, .minimum = 0, .maximum = 3600, .default_text = "30s"},
    {AT(delay), .type = OPTION_DURATION, .minimum = 300, .maximum = 3600, .default_text = "1h"},
    {AT(model), .type = OPTION_TEXT, .default_text = "llama"},
    {AT(rule), .type = OPTION_CHOICE, .choices = rules, .default_text = "sustain"},
    {AT(start), .type = OPTION_INSTANT, .default_text = "2026-11-16T00:00:00Z"},
    {AT(boot), .type = OPTION_SPAN, .minimum = 0, .maximum = 3600, .default_text = "90s"},
    {AT(output), .type = OPTION_LENGTH, .minimum = 1, .maximum = OPTION_NO_LIMIT,
     .default_text = "500"},
    {AT(hours), .type = OPTION_NUMBERS, .minimum = 0, .maximum = OPTION_NO_LIMIT},
    {AT(rates), .type = OPTION_POINTS, .minimum = 0, .maximum = 10},
    {AT(inner), .type = OPTION_GROUP, .group = inner_table},
    {AT(custom), .type = OPTION_CUSTOM, .default_text = "whatever"},
    {AT(absent_count), .type = OPTION_INTEGER},
    {AT(absent_share), .type = OPTION_NUMBER},
    {AT(absent_window), .type = OPTION_DURATION},
    {AT(absent_text), .type = OPTION_TEXT},
    {AT(absent_rule), .type = OPTION_CHOICE, .choices = rules},
    {AT(absent_start), .type = OPTION_INSTANT},
    {AT(absent_boot), .type = OPTION_SPAN},
    {AT(absent_output), .type = OPTION_LENGTH},
    OPTION_END,
};

static const Option *row(const char *name) {
    const Option *option = option_find(table, name);
    cr_assert_not_null(option, "%s", name);
    return option;
}

static const Error here = {.file = "day.json", .line = 7, .column = 3, .place = "deployments.chat"};

Test(options, rows_are_found_by_name) {
    cr_expect_eq(option_find(table, "window")->type, OPTION_DURATION);
    cr_expect_null(option_find(table, "windows"));
    cr_expect_str_eq(option_nearest(table, "windwo"), "window");
    cr_expect_null(option_nearest(table, "temperature"));
    cr_expect_null(option_nearest((const Option[]){OPTION_END}, "window"));
}

Test(options, defaults_are_set_and_cleared) {
    Config config;
    memset(&config, 0xaa, sizeof config);
    options_set_defaults(table, &config);
    cr_expect_eq(config.drain, true);
    cr_expect_eq(config.count, 3);
    cr_expect_float_eq(config.share, 0.8, 0.0);
    cr_expect_float_eq(config.any, -1e30, 0.0);
    cr_expect_eq(config.window, 30 * SIM_TIME_SECOND);
    cr_expect_eq(config.delay, SIM_TIME_HOUR);
    cr_expect_str_eq(config.model, "llama");
    cr_expect_eq(config.rule, 1);
    cr_expect_eq(config.start, 1794787200);
    cr_expect_eq(config.boot.kind, DISTRIBUTION_FIXED);
    cr_expect_float_eq(config.boot.a, 90.0, 0.0);
    cr_expect_float_eq(config.output.a, 500.0, 0.0);
    cr_expect_eq(config.hours.count, 0);
    cr_expect_null(config.rates.times);
    cr_expect_float_eq(config.inner.factor, 1.5, 0.0);
    cr_expect_str_eq(config.inner.name, "inner");
    cr_expect_eq(config.absent_count, OPTION_ABSENT_INTEGER);
    cr_expect(isnan(config.absent_share));
    cr_expect_eq(config.absent_window, SIM_TIME_NEVER);
    cr_expect_null(config.absent_text);
    cr_expect_eq(config.absent_rule, OPTION_ABSENT_CHOICE);
    cr_expect_eq(config.absent_start, OPTION_ABSENT_INTEGER);
    cr_expect(isnan(config.absent_boot.a));
    config.hours = (OptionNumbers){memory_new(24, sizeof(double)), 24};
    config.rates =
        (OptionPoints){memory_new(2, sizeof(sim_time)), memory_new(2, sizeof(double)), 2};
    options_clear(table, &config);
    cr_expect_null(config.model);
    cr_expect_null(config.inner.name);
    cr_expect_null(config.hours.values);
    cr_expect_eq(config.rates.count, 0);
    options_clear(table, &config);
}

static void expect_value(const Config *config, const char *name, const char *expected) {
    char *text = option_value_text(row(name), config);
    cr_expect_str_eq(text, expected, "%s", name);
    free(text);
}

Test(options, texts_are_accepted_and_written_back) {
    static const struct {
        const char *name, *text, *written;
    } cases[] = {
        {"drain", "false", "false"},
        {"drain", "true", "true"},
        {"count", "0", "0"},
        {"count", "100", "100"},
        {"count", "7e1", "70"},
        {"absent_count", "-9007199254740991", "-9007199254740991"},
        {"share", "1", "1"},
        {"share", "1e-300", "1e-300"},
        {"share", "0.1", "0.1"},
        {"any", "-0.125", "-0.125"},
        {"any", "1E+3", "1000"},
        {"window", "0", "0s"},
        {"window", "60m", "1h"},
        {"window", "90s", "1m30s"},
        {"window", "500ms", "500ms"},
        {"delay", "5m", "5m"},
        {"model", "", ""},
        {"model", "a \"b\"", "a \"b\""},
        {"rule", "stabilize", "stabilize"},
        {"rule", "delay", "delay"},
        {"start", "2024-02-29", "2024-02-29T00:00:00Z"},
        {"start", "1969-12-31 23:00:00", "1969-12-31T23:00:00Z"},
        {"boot", "1h", "1h"},
        {"boot", "0", "0s"},
        {"output", "1", "1"},
        {"output", "12.5", "12.5"},
    };
    Config config;
    options_set_defaults(table, &config);
    ErrorList errors = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_expect(option_set_text(row(cases[i].name), &config, cases[i].text, &here, &errors),
                  "%s = %s", cases[i].name, cases[i].text);
        expect_value(&config, cases[i].name, cases[i].written);
    }
    cr_expect_eq(errors.count, 0);
    options_clear(table, &config);
}

Test(options, values_that_are_no_scalars_are_described) {
    Config config;
    options_set_defaults(table, &config);
    static const char *const absent[] = {"absent_count", "absent_share",  "absent_window",
                                         "absent_text",  "absent_rule",   "absent_start",
                                         "absent_boot",  "absent_output", "hours",
                                         "rates",        "inner",         "custom"};
    for (size_t i = 0; i < COUNT(absent); i++) {
        expect_value(&config, absent[i], "");
    }
    config.boot = (Distribution){.kind = DISTRIBUTION_LOGNORMAL, .a = 90.0, .b = 0.3};
    expect_value(&config, "boot", "lognormal of mean 1m30s");
    config.output = (Distribution){.kind = DISTRIBUTION_GAMMA, .a = 500.5, .b = 1.0};
    expect_value(&config, "output", "gamma of mean 500.5");
    config.hours = (OptionNumbers){memory_new(24, sizeof(double)), 24};
    expect_value(&config, "hours", "24 numbers");
    options_clear(table, &config);
}

static void expect_refused(const char *name, const char *text, const char *message) {
    Config config;
    options_set_defaults(table, &config);
    char *before = option_value_text(row(name), &config);
    ErrorList errors = {0};
    cr_expect_not(option_set_text(row(name), &config, text, &here, &errors), "%s = %s", name, text);
    cr_expect_eq(errors.count, 1);
    char *said = error_text(&errors.items[0]);
    char *expected = memory_format("day.json:7:3: deployments.chat: %s", message);
    cr_expect_str_eq(said, expected);
    expect_value(&config, name, before); /* the old value stands */
    free(said);
    free(expected);
    free(before);
    error_list_clear(&errors);
    options_clear(table, &config);
}

Test(options, mistakes_are_told_in_plain_words) {
    expect_refused("drain", "yes", "found \"yes\", expected true or false");
    expect_refused("count", "101", "found \"101\", expected a whole number from 0 to 100");
    expect_refused("count", "-1", "found \"-1\", expected a whole number from 0 to 100");
    expect_refused("count", "1.5", "found \"1.5\", expected a whole number from 0 to 100");
    expect_refused("count", "", "found \"\", expected a whole number from 0 to 100");
    expect_refused("absent_count", "9007199254740994",
                   "found \"9007199254740994\", expected a whole number");
    expect_refused("share", "0", "found \"0\", expected a number above 0 and at most 1");
    expect_refused("share", "1.01", "found \"1.01\", expected a number above 0 and at most 1");
    expect_refused("window", "2h", "found \"2h\", expected a duration such as 30s, at most 1h");
    expect_refused(
        "window", "30",
        "found \"30\", expected a duration such as 30s, at most 1h; did you mean \"30s\"?");
    expect_refused(
        "window", "30 s",
        "found \"30 s\", expected a duration such as 30s, at most 1h; did you mean \"30s\"?");
    expect_refused("window", "30 sec",
                   "found \"30 sec\", expected a duration such as 30s, at most 1h");
    expect_refused("delay", "30s", "found \"30s\", expected a duration such as 10m, from 5m to 1h");
    expect_refused("delay", "30", "found \"30\", expected a duration such as 10m, from 5m to 1h");
    expect_refused("rule", "sustian",
                   "found \"sustian\", expected one of stabilize, sustain, delay; "
                   "did you mean \"sustain\"?");
    expect_refused("rule", "7", "found \"7\", expected one of stabilize, sustain, delay");
    expect_refused("start", "yesterday",
                   "found \"yesterday\", expected an instant such as 2026-11-16T00:00:00Z");
    expect_refused("start", "2026-11-16T00:00:00.5Z",
                   "found \"2026-11-16T00:00:00.5Z\", expected an instant such as "
                   "2026-11-16T00:00:00Z");
    expect_refused("boot", "90",
                   "found \"90\", expected a duration such as 30s, at most 1h, or a distribution; "
                   "did you mean \"90s\"?");
    expect_refused("output", "0",
                   "found \"0\", expected a number of tokens, at least 1, or a distribution");
    expect_refused("hours", "1", "found \"1\", expected an array of numbers, at least 0");
    expect_refused("rates", "1",
                   "found \"1\", expected an array of [duration, number] pairs with rising times, "
                   "each number from 0 to 10");
    expect_refused("inner", "1", "found \"1\", expected an object");
    expect_refused("custom", "1", "found \"1\", expected a value for custom");
}

/* strtod would take all of these. */
Test(options, numbers_are_decimal_only) {
    static const char *const texts[] = {"inf", "nan", "0x10", " 1",    "1 ",  "+1",  ".5",
                                        "5.",  "1e",  "1e+",  "--1",   "1_0", "1,5", "1e999",
                                        "-",   "NaN", "1d",   "1.2.3", "e5",  ""};
    Config config;
    options_set_defaults(table, &config);
    for (size_t i = 0; i < COUNT(texts); i++) {
        ErrorList errors = {0};
        cr_expect_not(option_set_text(row("any"), &config, texts[i], &here, &errors), "%s",
                      texts[i]);
        cr_expect_eq(errors.count, 1);
        error_list_clear(&errors);
    }
    options_clear(table, &config);
}

static void expect_number_refused(const char *name, double number, const char *message) {
    Config config;
    options_set_defaults(table, &config);
    ErrorList errors = {0};
    cr_expect_not(option_set_number(row(name), &config, number, &(Error){0}, &errors));
    cr_assert_eq(errors.count, 1);
    char *said = error_text(&errors.items[0]);
    cr_expect_str_eq(said, message);
    free(said);
    error_list_clear(&errors);
    options_clear(table, &config);
}

Test(options, numbers_go_where_numbers_belong) {
    Config config;
    options_set_defaults(table, &config);
    ErrorList errors = {0};
    cr_expect(option_set_number(row("count"), &config, 42.0, &here, &errors));
    cr_expect(option_set_number(row("share"), &config, 0.25, &here, &errors));
    cr_expect(option_set_number(row("output"), &config, 1000.0, &here, &errors));
    cr_expect_eq(config.count, 42);
    cr_expect_float_eq(config.share, 0.25, 0.0);
    cr_expect_float_eq(config.output.a, 1000.0, 0.0);
    cr_expect_eq(errors.count, 0);
    options_clear(table, &config);
    expect_number_refused("count", 1.5, "found 1.5, expected a whole number from 0 to 100");
    expect_number_refused("share", NAN, "found nan, expected a number above 0 and at most 1");
    expect_number_refused("any", INFINITY, "found inf, expected a number");
    expect_number_refused("absent_count", 0x1p53 + 2,
                          "found 9007199254740994, expected a whole number");
    expect_number_refused("absent_output", -1.0,
                          "found -1, expected a number of tokens, or a distribution");
    expect_number_refused("drain", 1.0, "found 1, expected true or false");
    expect_number_refused("window", 30.0,
                          "found 30, expected a duration such as 30s, at most 1h; "
                          "did you mean \"30s\"?");
    expect_number_refused("model", 30.0, "found 30, expected a text");
}

static void expect_expected(Option option, const char *expected) {
    char *text = option_expected(&option);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(options, limits_are_said_as_people_say_them) {
    expect_expected((Option){.type = OPTION_INTEGER}, "a whole number");
    expect_expected((Option){.type = OPTION_INTEGER, .minimum = 1, .maximum = OPTION_NO_LIMIT},
                    "a whole number, at least 1");
    expect_expected(
        (Option){.type = OPTION_INTEGER, .maximum = OPTION_NO_LIMIT, .above_minimum = true},
        "a whole number above 0");
    expect_expected((Option){.type = OPTION_NUMBER, .above_minimum = true}, "a number above 0");
    expect_expected((Option){.type = OPTION_NUMBER, .minimum = -OPTION_NO_LIMIT, .maximum = 5},
                    "a number, at most 5");
    expect_expected((Option){.type = OPTION_NUMBER, .minimum = -0.5, .maximum = 0.5},
                    "a number from -0.5 to 0.5");
    expect_expected((Option){.type = OPTION_DURATION}, "a duration such as 30s");
    expect_expected((Option){.type = OPTION_DURATION, .maximum = 3600, .above_minimum = true},
                    "a duration such as 30s, above 0s and at most 1h");
    expect_expected(
        (Option){.type = OPTION_DURATION, .maximum = OPTION_NO_LIMIT, .above_minimum = true},
        "a duration such as 30s, above 0s");
    expect_expected((Option){.type = OPTION_DURATION, .minimum = 300, .maximum = OPTION_NO_LIMIT},
                    "a duration such as 10m, at least 5m");
    expect_expected((Option){.type = OPTION_DURATION, .maximum = 0.01},
                    "a duration such as 10ms, at most 10ms");
    expect_expected((Option){.type = OPTION_POINTS},
                    "an array of [duration, number] pairs with rising times");
}

Test(options, limits_include_their_ends_unless_said_otherwise) {
    const Option closed = {.minimum = 1, .maximum = 2};
    cr_expect(option_within_limits(&closed, 1) && option_within_limits(&closed, 2));
    cr_expect_not(option_within_limits(&closed, 0.999) || option_within_limits(&closed, 2.001));
    const Option open = {.minimum = 1, .maximum = 2, .above_minimum = true};
    cr_expect_not(option_within_limits(&open, 1));
    cr_expect(option_within_limits(&open, 1.0000001));
    const Option none = {0};
    cr_expect(option_within_limits(&none, -1e300) && option_within_limits(&none, 1e300));
    cr_expect_not(option_within_limits(&none, NAN) || option_within_limits(&none, INFINITY));
}

Test(options, numbers_are_written_shortest) {
    static const struct {
        double number;
        const char *text;
    } cases[] = {{0, "0"},
                 {12, "12"},
                 {0.1, "0.1"},
                 {1e30, "1e+30"},
                 {-2.5, "-2.5"},
                 {1.0 / 3, "0.3333333333333333"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {5e-324, "5e-324"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"},
                 {-2.2250738585072014e-308, "-2.2250738585072014e-308"},
                 {123456789, "123456789"},
                 {NAN, "nan"},
                 {INFINITY, "inf"},
                 {-INFINITY, "-inf"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[32];
        cr_expect_str_eq(text_number(cases[i].number, text), cases[i].text);
    }
}

Test(options, numbers_read_back_to_the_same_double) {
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "doubles");
    for (int i = 0; i < 100000; i++) {
        const uint64_t bits = random_bits(&stream);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number)) {
            char text[32];
            cr_assert(strtod(text_number(number, text), NULL) == number, "%s", text);
        }
    }
}

/* A program that embeds the library may have set a locale with another decimal point. */
Test(options, the_locale_changes_nothing) {
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL) {
        cr_skip_test("no German locale here");
    }
    Config config;
    options_set_defaults(table, &config);
    cr_expect_float_eq(config.share, 0.8, 0.0);
    expect_value(&config, "share", "0.8");
    options_clear(table, &config);
}
