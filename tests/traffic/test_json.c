// SPDX-License-Identifier: GPL-3.0-or-later
/* JSON records, however they lie in a file, and their keys by dotted path. */
#include "traffic/json_object.h"
#include "traffic/traffic_harness.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SECOND SIM_TIME_SECOND
#define KEYS "time_column=t", "prompt_column=u.in", "output_column=u.out"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_json, .init = setup, .fini = teardown);

/* Requests at 0 and 2 s. */
static void check_two(const char *text) {
    cr_assert_eq(harness.count, 2, "%zu requests in\n%s", harness.count, text);
    cr_assert_eq(harness.arrivals[1].time, 2 * SECOND);
    cr_assert_eq(harness.arrivals[0].prompt_tokens, 10);
    cr_assert_eq(harness.arrivals[1].prompt_tokens, 30);
    cr_assert_eq(harness.arrivals[1].output_tokens, 4);
    cr_assert_eq(harness.source->counts.rows, 2);
}

#define ONE "{\"t\": 5, \"x\": [{\"t\": \"no\"}], \"u\": {\"in\": 10, \"out\": \"2\"}}"
#define TWO "{\"u\": {\"out\": 4, \"in\": \"30\"}, \"t\": \"7\"}"
#define TWO_OVER_LINES "{\r\n  \"u\": {\r\n \"out\": 4,\r\n\"in\": 30\r\n  },\r\n  \"t\": 7\r\n}"

Test(traffic_json, records_lie_anyhow) {
    static const char *const texts[] = {
        ONE "\n" TWO "\n",
        ONE "\r\n  \r\n" TWO,
        "\xef\xbb\xbf" ONE "\n" TWO "\n\n",
        ONE TWO,
        ONE " " TWO_OVER_LINES "\r\n",
        TWO_OVER_LINES ONE,
        "[" ONE "," TWO "]",
        "\xef\xbb\xbf[" ONE ", " TWO "]  \r\n\r\n",
        "[\n" ONE ",\n" TWO "\n]\n",
        "[\n  " ONE ",\n  " TWO_OVER_LINES "\n]\n",
        "\n[" ONE "]\n[" TWO "]\n[]\n",
        "{\"data\": [" ONE ", " TWO "]}",
        "{\"has_more\": false, \"none\": [], \"numbers\": [1, [2, {\"t\": 3}]], \"data\": [" ONE
        ", " TWO_OVER_LINES "], \"after\": {\"data\": [" ONE "]}}\n",
        "{\n\"hits\": {\n\"total\": {\"value\": 2},\n\"hits\": [\n" ONE ",\n" TWO "\n]\n}\n}\n",
        "{\"data\": [" ONE "]}\n{\"data\": [" TWO "]}\n{\"data\": null}\n",
        "[{\"data\": [" ONE "]}, {\"more\": 1, \"data\": [" TWO "]}]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        harness_reads(&harness, texts[i], OPTIONS(KEYS, "reorder_window=10s"));
        check_two(texts[i]);
    }
}

Test(traffic_json, a_known_format_lies_anyhow) {
    harness_reads(&harness,
                  "{\"rows\": [{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 2},\n"
                  "{\"timestamp\": 2000, \"input_length\": 30, \"output_length\": 4}]}",
                  OPTIONS("time_unit=ms"));
    check_two("rows");
    harness_reads(&harness,
                  "[{\"timestamp\": 0.0, \"input_length\": 10, \"output_length\": 2},\n"
                  "{\"timestamp\": 2.0, \"input_length\": 30, \"output_length\": 4}]",
                  NO_OPTIONS);
    check_two("fractions are seconds");
    harness_reads(&harness,
                  "[{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 2},"
                  "{\"timestamp\": 2000, \"input_length\": 30, \"output_length\": 4}]",
                  OPTIONS("format=mooncake"));
    check_two("named");
}

/* A record of 5 MB, others behind it, and 200,000 small ones: what is held is one of them. */
Test(traffic_json, long_records_and_many) {
    Text text = {0};
    text_add(&text, "{\"skipped\": [");
    for (int i = 0; i < 300000; i++) {
        text_addf(&text, "%s[%d]", i > 0 ? "," : "", i);
    }
    text_add(&text, "], \"rows\": [{\"t\": 0, \"long\": [0");
    for (int i = 0; i < 800000; i++) {
        text_add(&text, ",12345");
    }
    text_add(&text, "], \"u\": {\"in\": 1, \"out\": 2}}");
    for (int i = 1; i < 200000; i++) {
        text_addf(&text, ",\n{\"t\": %d, \"u\": {\"in\": %d, \"out\": 3}}", i, i);
    }
    text_add(&text, "]}");
    harness_reads(&harness, text.text, OPTIONS(KEYS));
    text_clear(&text);
    cr_assert_eq(harness.count, 200000);
    cr_assert_eq(harness.arrivals[199999].prompt_tokens, 199999);
}

Test(traffic_json, keys_by_path) {
    static const char text[] =
        "{\"a.b\": 1, \"a\": {\"b\": 2, \"c\": [{\"d\": 3}, \"four\"], \"e.f\": {\"g\": 5}}, "
        "\"h\": {\"a.b\": 6}, \"n\": null}";
    static const char *const keys[] = {"a.b",     "a.c.0.d", "a.c.1", "a.e.f.g", "h.a.b",
                                       "a.c.2.d", "a.b.c",   "a.c",   "n",       NULL};
    static const char *const expected[] = {
        "1", "3", "four", "5", "6", NULL, NULL, "[{\"d\": 3}, \"four\"]", "null", NULL};
    enum { COUNT = sizeof keys / sizeof keys[0] };
    InputText values[COUNT];
    const char *problem;
    cr_assert_null(
        json_object_find((InputText){text, text + strlen(text)}, keys, values, COUNT, &problem));
    for (size_t i = 0; i < COUNT; i++) {
        const InputText value = values[i];
        cr_assert_eq(value.start == NULL, expected[i] == NULL, "%s", keys[i]);
        cr_assert(value.start == NULL ||
                      (strlen(expected[i]) == (size_t)(value.end - value.start) &&
                       memcmp(expected[i], value.start, strlen(expected[i])) == 0),
                  "%s: %.*s", keys[i], (int)(value.end - value.start), value.start);
    }
}

Test(traffic_json, a_key_that_is_nowhere) {
    harness_refuses(
        &harness, "[\n  " ONE ",\n  " TWO "]",
        OPTIONS("time_column=t", "prompt_column=u.im", "output_column=u.out"),
        "bad:2:3: u.im: found {\"t\": 5, \"x\": [{\"t\": \"no\"}], \"u\": {\"in\": 10, "
        "\"out\": \"2\"}}, expected an object with the key \"u.im\"; did you mean \"u.in\"?");
    harness_refuses(&harness, "\n" ONE "\n",
                    OPTIONS("time_column=t", "prompt_column=in", "output_column=u.out"),
                    "bad:2:1: in: found");
    cr_assert(strstr(harness_error(&harness), "did you mean \"u.in\"?"));
    harness_refuses(&harness, "{\"data\": [" ONE "]}",
                    OPTIONS("time_column=tt", "prompt_column=u.in", "output_column=u.out"),
                    "bad:1:11: tt: found");
    harness_refuses(&harness, ONE "\n", OPTIONS(KEYS, "duration_column=long"),
                    "bad:1:1: long: found");
    /* One that is there later is told row by row. */
    harness_refuses(&harness, "{\"t\": 1, \"u\": {\"in\": 1}}\n" ONE, OPTIONS(KEYS),
                    "bad:1: u.out: found nothing");
}

Test(traffic_json, places_of_mistakes) {
    harness_refuses(&harness,
                    "[" ONE ",\n " ONE ", {\"t\": 8, \"u\": {\"in\": \"x\", \"out\": 1}}]",
                    OPTIONS(KEYS), "bad:2:83: u.in: found \"x\"");
    harness_refuses(&harness, "[{\"t\": 8, \"u\": {\n\"in\": 1,\n \"out\": -1}}]", OPTIONS(KEYS),
                    "bad:3:9: u.out: found \"-1\"");
    harness_refuses(&harness, "[" ONE ",\n  {\"t\": 8 \"u\": {}}]", OPTIONS(KEYS),
                    "bad:2:11: found \"\"u\": {}}\", expected \",\" or \"}\"");
    harness_refuses(&harness, "[" ONE ",\n 5, " TWO "]", OPTIONS(KEYS), "bad:2:2: found \"5\"");
    harness_refuses(&harness, "[" ONE " " TWO "]", OPTIONS(KEYS), "expected \",\" or \"]\"");
    harness_refuses(&harness, "{\"data\": [" ONE "] \"x\": 1}", OPTIONS(KEYS),
                    "expected \",\" or \"}\"");
    harness_refuses(&harness, "[" ONE "] and more", OPTIONS(KEYS),
                    "expected a JSON object {...} or list [...]");
    harness_refuses(&harness, "[" ONE ",\n" TWO, OPTIONS(KEYS),
                    "bad:2:40: found nothing, expected closing");
}

/* What is cut off is a bad row; what is no JSON before the end is an error whatever is skipped. */
Test(traffic_json, skipping) {
    harness_reads(&harness, "[" ONE ",\n {\"t\": 6}, 5,\n" TWO ", {\"t\": 9, \"u\"",
                  OPTIONS(KEYS, "on_bad_row=skip"));
    cr_assert_eq(harness.count, 2);
    cr_assert_eq(harness.source->counts.skipped, 3);
    cr_assert_eq(harness.source->counts.rows, 5);
    harness_refuses(&harness, "[" ONE ",\n {\"t\": ]}, " TWO "]", OPTIONS(KEYS, "on_bad_row=skip"),
                    "bad:2:8: found \"]}, ");
}

Test(traffic_json, mutilated) {
    harness_mutilate(&harness, "[" ONE ",\n" TWO "]", OPTIONS(KEYS), true);
    harness_mutilate(&harness, "{\"a\": {\"b\": [" ONE ", " TWO "]}, \"c\": []}\n", OPTIONS(KEYS),
                     true);
    harness_mutilate(&harness, TWO_OVER_LINES, OPTIONS(KEYS), true);
}
