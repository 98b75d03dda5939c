// SPDX-License-Identifier: GPL-3.0-or-later
/* Files that no program should be given, through the whole program: each is told with its place,
 * and leaves nothing behind. What each reader makes of it in detail is tested beside the readers.
 */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CODE "scenarios/azure-code.json"
#define HEADER "TIMESTAMP,ContextTokens,GeneratedTokens\n"
#define ROW "2023-11-16 18:17:03.9799600,10,20\n"

enum { LONG_LINE = 10 * 1000 * 1000 };

static char *scratch, *out;

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "out");
}

static void tear_down(void) {
    free(out);
    scratch_remove(scratch);
}

TestSuite(cli_bad_files, .init = set_up, .fini = tear_down);

/* Scenarios ------------------------------------------------------------------------------------ */

/* The one file given is all that there is afterwards. */
static void refused_bytes(const void *bytes, size_t length, const char *const texts[]) {
    char *file = scratch_write(scratch, "bad.json", bytes, length);
    expect_refused(RUN("run", file, "--out", out), texts);
    cr_assert_eq(folder_count(scratch), 1, "something is left beside %s", file);
    free(file);
}
#define REFUSED_TEXT(text, ...)                                                                    \
    refused_bytes(text, strlen(text), (const char *const[]){__VA_ARGS__, NULL})

/* A deployment named a with this traffic. */
#define WITH_TRAFFIC(traffic)                                                                      \
    "{\"duration\": \"1m\", \"deployments\": {\"a\": {\"model\": \"llama-v3p1-8b-instruct\",\n"    \
    "\"traffic\": " traffic "}}}"

/* All of them in few processes: each is refused, by its name and with a place. */
static void expect_all_refused(char *files[], size_t count) {
    enum { AT_ONCE = 200 };
    for (size_t from = 0; from < count; from += AT_ONCE) {
        const char *arguments[AT_ONCE + 2] = {"validate"};
        size_t given = 0;
        for (; given < AT_ONCE && from + given < count; given++) {
            arguments[given + 1] = files[from + given];
        }
        ProgramResult result = program_run(NULL, arguments);
        cr_assert_eq(result.status, 2, "status %d: %.300s", result.status, result.errors);
        cr_assert_str_empty(result.output, "valid: %s", result.output);
        for (size_t i = 0; i < given; i++) {
            const char *told = strstr(result.errors, files[from + i]);
            cr_assert_not_null(told, "%s is not refused", files[from + i]);
            cr_assert_eq(told[strlen(files[from + i])], ':', "no line in: %.100s", told);
        }
        program_clear(&result);
    }
}

Test(cli_bad_files, a_scenario_cut_short_at_every_byte) {
    const size_t length = strlen(tiny_scenario);
    const size_t last = (size_t)(strrchr(tiny_scenario, '}') - tiny_scenario);
    char **files = calloc(length, sizeof *files);
    cr_assert_not_null(files);
    for (size_t cut = 0; cut <= last; cut++) {
        char name[32];
        snprintf(name, sizeof name, "cut-%03zu.json", cut);
        files[cut] = scratch_write(scratch, name, tiny_scenario, cut);
    }
    expect_all_refused(files, last + 1);
    for (size_t cut = 0; cut <= last; cut++) {
        free(files[cut]);
    }
    free(files);
}

/* Every byte in turn replaced: read or refused, with no crash and a place for each. */
Test(cli_bad_files, a_scenario_with_one_wrong_byte) {
    const size_t length = strlen(tiny_scenario);
    const char *arguments[200] = {"validate"};
    size_t count = 0;
    for (size_t at = 0; at < length; at += 4) {
        static const char wrong[] = {'\0', '"', '}', '\x80', '9', '\n'};
        char name[32], *bytes = strdup(tiny_scenario);
        snprintf(name, sizeof name, "wrong-%03zu.json", at);
        bytes[at] = wrong[at / 4 % sizeof wrong];
        arguments[++count] = scratch_write(scratch, name, bytes, length);
        free(bytes);
    }
    ProgramResult result = program_run(NULL, arguments);
    cr_assert_eq(result.status, 2, "status %d", result.status);
    for (size_t i = 1; i <= count; i++) {
        cr_assert(strstr(result.errors, arguments[i]) || strstr(result.output, arguments[i]),
                  "nothing is said of %s", arguments[i]);
        free((void *)arguments[i]);
    }
    program_clear(&result);
}

Test(cli_bad_files, garbage) {
    unsigned char bytes[100000];
    unsigned state = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        state = state * 1664525U + 1013904223U;
        bytes[i] = (unsigned char)(state >> 24);
    }
    refused_bytes(bytes, sizeof bytes, (const char *const[]){"bad.json:", "expected", NULL});
    refused_bytes("\x7f"
                  "ELF\x02\x01\x01\0\0\0",
                  10, (const char *const[]){"bad.json:1", "expected", NULL});
    refused_bytes("\0\0\0\0", 4, (const char *const[]){"bad.json:1", NULL});
}

Test(cli_bad_files, empty_ones) {
    REFUSED_TEXT("", "bad.json:1:1: found the end of the text, expected a JSON object");
    REFUSED_TEXT("// nothing but a comment\n", "bad.json:2:1:", "a JSON object");
    REFUSED_TEXT("[]", "bad.json:1", "found an array", "an object { ... }");
    REFUSED_TEXT("{}", "bad.json:1: deployments:");
    REFUSED_TEXT("{\"deployments\": {}}", "deployments: found 0 deployments");
}

Test(cli_bad_files, numbers_that_are_none) {
    REFUSED_TEXT(WITH_TRAFFIC("{\"type\": \"constant\", \"rate_per_s\": NaN}"),
                 "bad.json:2:47:", "deployments.a.traffic.rate_per_s: found \"NaN\"",
                 "expected a value");
    REFUSED_TEXT(WITH_TRAFFIC("{\"type\": \"constant\", \"rate_per_s\": -Infinity}"),
                 "bad.json:2:", "deployments.a.traffic.rate_per_s", "expected");
    REFUSED_TEXT(WITH_TRAFFIC("{\"type\": \"constant\", \"rate_per_s\": 1e400,\n"
                              "\"prompt_tokens\": -5, \"output_tokens\": 0}"),
                 "bad.json:2:47: deployments.a.traffic.rate_per_s: found \"1e400\"",
                 "bad.json:3: deployments.a.traffic.prompt_tokens: found -5, expected a number of "
                 "tokens from 1",
                 "bad.json:3: deployments.a.traffic.output_tokens: found 0", "3 errors");
    REFUSED_TEXT(WITH_TRAFFIC("{\"type\": \"constant\", \"rate_per_s\": -1, \"prompt_tokens\": 5, "
                              "\"output_tokens\": 1}"),
                 "bad.json:2: deployments.a.traffic.rate_per_s: found -1, expected a number above");
}

Test(cli_bad_files, all_mistakes_at_once) {
    REFUSED_TEXT("{\"duration\": \"soon\",\n"
                 "\"deployments\": {\"a\": {\"modell\": 3,\n"
                 "\"autoscaling\": {\"scale_up_window\": \"2h\", \"min_replica_count\": 3,\n"
                 "\"max_replica_count\": 2, \"scale_to_zero_window\": \"1m\"},\n"
                 "\"client\": \"pyhton\"}}}",
                 "bad.json:1: duration: found \"soon\"",
                 "bad.json:2: deployments.a.modell:", "did you mean \"model\"?",
                 "bad.json:3: deployments.a.autoscaling.scale_up_window",
                 "bad.json:4: deployments.a.autoscaling.max_replica_count: found 2",
                 "bad.json:4: deployments.a.autoscaling.scale_to_zero_window",
                 "did you mean "
                 "\"python\"?",
                 "deployments.a.traffic:");
}

static char *long_text(const char *before, char filler, const char *after, size_t *length) {
    const size_t head = strlen(before), tail = strlen(after);
    char *text = malloc(head + LONG_LINE + tail);
    cr_assert_not_null(text);
    memcpy(text, before, head);
    memset(text + head, filler, LONG_LINE);
    memcpy(text + head + LONG_LINE, after, tail);
    *length = head + LONG_LINE + tail;
    return text;
}

static void refused_long_json(const char *before, char filler, const char *after,
                              const char *expected) {
    size_t length;
    char *text = long_text(before, filler, after, &length);
    refused_bytes(text, length, (const char *const[]){expected, NULL});
    free(text);
}

Test(cli_bad_files, ten_megabytes_in_a_line_of_a_scenario) {
    refused_long_json("{\"", 'x', "\": 1}", "bad.json:1: xxxxxxxx");
    refused_long_json("", '[', "", "bad.json:1:65: found \"[\"");
    refused_long_json("{\"duration\": ", '9', "}", "bad.json:1:14: duration: found \"9999");
    refused_long_json("{\"seed\": \"", 'x', "", "bad.json:1:");
}

Test(cli_bad_files, what_is_no_file) {
    REFUSED(RUN("run", scratch, "--out", out), scratch, "found Is a directory");
    REFUSED(RUN("run", "/dev/null"), "/dev/null:1:1: found the end of the text");
    REFUSED(RUN("run", "no-such.json"), "no-such.json: found No such file or directory");
    REFUSED(RUN("run", CODE, "--trace", scratch), scratch, "found a directory");
    REFUSED(RUN("run", CODE, "--trace", "/no/such"), "/no/such: found No such file or directory");
    REFUSED(RUN("run", CODE, "--trace", ""), "--trace: found nothing, expected the name of a file");
    cr_assert_eq(folder_count(scratch), 0);
}

Test(cli_bad_files, what_may_not_be_read) {
    if (geteuid() == 0) {
        tear_down(); /* a test that is skipped does not get there */
        cr_skip_test("root may read everything");
    }
    char *file = scratch_text(scratch, "secret.json", tiny_scenario);
    cr_assert_eq(chmod(file, 0), 0);
    REFUSED(RUN("run", file, "--out", out), file, "found Permission denied");
    REFUSED(RUN("run", CODE, "--trace", file), file, "found Permission denied");
    free(file);
}

/* Traces --------------------------------------------------------------------------------------- */

static void refused_trace(const char *name, const void *bytes, size_t length,
                          const char *const texts[]) {
    char *file = scratch_write(scratch, name, bytes, length);
    expect_refused(RUN("run", CODE, "--out", out, "--trace", file), texts);
    cr_assert_eq(folder_count(scratch), 1, "something is left beside %s", file);
    cr_assert_eq(remove(file), 0);
    free(file);
}
#define REFUSED_TRACE(text, ...)                                                                   \
    refused_trace("bad.csv", text, strlen(text), (const char *const[]){__VA_ARGS__, NULL})

Test(cli_bad_files, fields_of_a_trace) {
    REFUSED_TRACE(HEADER ROW "2023-11-16 18:17:04.9799600,-10,20\n",
                  "bad.csv:3:29: ContextTokens: found \"-10\", expected a whole number from 1");
    REFUSED_TRACE(HEADER "2023-11-16 18:17:04.9799600,nan,20\n", "bad.csv:2:29: ContextTokens:");
    REFUSED_TRACE(HEADER "2023-11-16 18:17:04.9799600,1e400,20\n", "found \"1e400\"");
    REFUSED_TRACE(HEADER "2023-11-16 18:17:04.9799600,10\n", "bad.csv:2:", "GeneratedTokens");
    REFUSED_TRACE(HEADER "yesterday,10,20\n", "bad.csv:2:1: TIMESTAMP: found \"yesterday\"",
                  "a date and time");
    REFUSED_TRACE(HEADER ROW "2023-11-16 18:17", "bad.csv:3:");
}

Test(cli_bad_files, a_trace_that_runs_backwards) {
    REFUSED_TRACE(HEADER ROW "2023-11-16 18:16:03.9799600,10,20\n",
                  "bad.csv:3:1: TIMESTAMP: found a row 1m before the latest one",
                  "expected rows in order of time", "reorder_window");
}

Test(cli_bad_files, a_trace_of_no_format) {
    REFUSED_TRACE("", "bad.csv: found an empty file");
    REFUSED_TRACE("\x89PNG\r\n\x1a\n", "bad.csv: found a picture", "next: ");
    REFUSED_TRACE("a,b,c\n1,2,3\n", "bad.csv:1: found CSV with the columns a, b, c",
                  "name the columns");
}

Test(cli_bad_files, ten_megabytes_in_a_line_of_a_trace) {
    size_t length;
    char *text = long_text(HEADER ROW "2023-11-16 18:17:04.9799600,", '1', ",20\n", &length);
    refused_trace("bad.csv", text, length,
                  (const char *const[]){"bad.csv:3:29: ContextTokens: found \"1111", NULL});
    free(text);
    text = long_text("", 'x', "", &length);
    refused_trace("bad.csv", text, length,
                  (const char *const[]){"bad.csv:1: found text: \"xxxx", "a known format", NULL});
    free(text);
}

/* Compressed traces ---------------------------------------------------------------------------- */

enum { ROWS = 1000 };

/* A thousand rows, compressed; owned by the caller. */
static unsigned char *compressed_trace(size_t *length) {
    char *file = scratch_path(scratch, "whole.csv.gz");
    gzFile stream = gzopen(file, "wb");
    gzputs(stream, HEADER);
    for (int i = 0; i < ROWS; i++) {
        gzprintf(stream, "2023-11-16 18:%02d:%02d.%07d,%d,%d\n", i / 60 % 60, i % 60, i * 7919,
                 1 + i * i % 97, 1 + i % 13);
    }
    cr_assert_eq(gzclose(stream), Z_OK);
    unsigned char *bytes = (unsigned char *)file_bytes(file, length);
    cr_assert_eq(remove(file), 0);
    free(file);
    return bytes;
}

Test(cli_bad_files, a_compressed_trace_as_it_should_be) {
    size_t length;
    unsigned char *bytes = compressed_trace(&length);
    char *file = scratch_write(scratch, "good.csv.gz", bytes, length);
    cJSON *summary = expect_json(RUN("run", CODE, "--json", "--trace", file));
    cr_assert_eq(cli_json_number(json_deployment(summary, "code"), "requests"), ROWS);
    cJSON_Delete(summary);
    free(file);
    free(bytes);
}

Test(cli_bad_files, a_compressed_trace_cut_short) {
    size_t length;
    unsigned char *bytes = compressed_trace(&length);
    const size_t cuts[] = {length / 2, length - 8, length - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        refused_trace("bad.csv.gz", bytes, cuts[i],
                      (const char *const[]){"bad.csv.gz", "cut short", NULL});
    }
    free(bytes);
}

Test(cli_bad_files, a_compressed_trace_with_a_wrong_byte) {
    size_t length;
    unsigned char *bytes = compressed_trace(&length);
    bytes[length - 6] ^= 1; /* of the checksum */
    refused_trace("bad.csv.gz", bytes, length,
                  (const char *const[]){"bad.csv.gz:", "found incorrect data check", NULL});
    bytes[length - 6] ^= 1;
    for (size_t at = 20; at < length - 8; at += length / 8) {
        bytes[at] ^= 0xff;
        refused_trace("bad.csv.gz", bytes, length, (const char *const[]){"bad.csv.gz", NULL});
        bytes[at] ^= 0xff;
    }
    free(bytes);
}
