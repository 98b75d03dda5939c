// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace describe` shows rows as `run` sees them: what it counts is what the command counts that it
 * ends with, in a shell, for files of all shapes and whatever options are given. */
#include "cli/cli_checks.h"

#include "base/file_name.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *scratch;

static void set_up(void) {
    scratch = scratch_make();
    char *program = file_name_absolute(NULL, getenv("ASIM_BINARY"));
    char *link = scratch_path(scratch, "autoscale-sim");
    cr_assert_eq(symlink(program, link), 0);
    free(link);
    free(program);
}

static void tear_down(void) {
    scratch_remove(scratch);
}

TestSuite(cli_describe, .init = set_up, .fini = tear_down, .timeout = 300);

#define NGINX(second, path, status)                                                                \
    "10.0.0.1 - - [16/Nov/2026:09:00:" second " +0000] \"POST " path " HTTP/1.1\" " status         \
    " 9 \"-\" \"curl\"\n"
#define LOG                                                                                        \
    NGINX("01", "/v1/x", "200")                                                                    \
    NGINX("02", "/healthz", "200")                                                                 \
    NGINX("03", "/v1/x", "429")                                                                    \
    NGINX("09", "/v1/it's", "200")

static const struct {
    const char *file, *text;
    const char *options[12];
    int requests; /* -1: as many as are drawn */
    const char *time, *rows_are;
} cases[] = {
    {"access.log", LOG, {NULL}, 4, NULL, "requests"},
    {"a log, it's=mine.log",
     LOG,
     {"--filter", "path!=/healthz", "--filter", "status=2xx", "--filter", "path!=/v1/it's"},
     1,
     NULL,
     "requests"},
    {"$HOME.log", LOG, {"--format", "nginx", "--set", "time_is=start"}, 4, NULL, "requests"},
    {"azure.csv",
     "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n"
     "2023-11-16 18:15:50.9951690,396,109\n",
     {NULL},
     2,
     "TIMESTAMP",
     "requests"},
    {"own.csv",
     "1,in tokens,out\n100,5,6\nbad,7,8\n103,9,10\n",
     {"--set", "time_column=1", "--set", "prompt_column=in tokens", "--set", "output_column=out",
      "--set", "on_bad_row=skip"},
     2,
     "1",
     "requests"},
    {"own.jsonl",
     "{\"a\": {\"t\": 1000}, \"k\": \"x\"}\n{\"a\": {\"t\": 4000}, \"k\": \"y\"}\n"
     "{\"a\": {\"t\": 9000}, \"k\": \"x\"}\n",
     {"--set", "time_column=a.t", "--set", "time_unit=ms", "--filter", "k=x", "--set",
      "prompt_tokens=7", "--set", "output_tokens=9"},
     2,
     "a.t",
     "requests"},
    {"litellm.json",
     "[{\"startTime\": \"2026-11-16T09:00:00Z\", \"prompt_tokens\": 5, \"completion_tokens\": 6, "
     "\"call_type\": \"acompletion\"}, {\"startTime\": \"2026-11-16T09:00:04Z\", "
     "\"prompt_tokens\": 5, \"completion_tokens\": 6, \"call_type\": \"aembedding\"}]",
     {NULL},
     1,
     "startTime",
     "requests"},
    {"counts.csv", "2026-11-16T09:00:00Z,3\n2026-11-16T09:01:00Z,5\n", {NULL}, 8, "time", "bins"},
    {"rates.json",
     "{\"status\": \"success\", \"data\": {\"resultType\": \"matrix\", \"result\": [{\"metric\": "
     "{\"m\": \"a\"}, \"values\": [[1794787200, \"2\"], [1794787260, \"3\"]]}]}}",
     {"--filter", "m=a"},
     -1,
     "values",
     "rates of a bin each"},
};

static const char *text_at(const cJSON *tree, const char *key) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, key));
}

static double requests_of(const cJSON *facts) {
    return cli_json_number(cJSON_GetObjectItemCaseSensitive(facts, "counts"), "requests");
}

/* What the command of a description comes to, in a shell. */
static ProgramResult in_shell(const char *command, const char *more) {
    const ProgramPlace place = {.folder = scratch, .program = "/bin/sh"};
    char *line = memory_format("PATH=.:$PATH; %s%s", command, more);
    ProgramResult result = RUN_IN(place, "-c", line);
    free(line);
    return result;
}

static cJSON *describe(const char *const files[], const char *const options[]) {
    const char *arguments[24] = {"trace", "describe", "--json"};
    const ProgramPlace place = {.folder = scratch};
    size_t count = 3;
    while (*files) {
        arguments[count++] = *files++;
    }
    while (*options) {
        arguments[count++] = *options++;
    }
    return expect_json(program_run(&place, arguments));
}

static void expect_run_counts(const cJSON *facts) {
    ProgramResult result = in_shell(text_at(facts, "run"), " --json");
    cr_assert_eq(result.status, 0, "%s: %s", text_at(facts, "run"), result.errors);
    cJSON *summary = cJSON_Parse(result.output);
    cr_expect_eq(cli_json_number(json_deployment(summary, "chat"), "requests"), requests_of(facts),
                 "%s", text_at(facts, "run"));
    cJSON_Delete(summary);
    program_clear(&result);
    result = in_shell(text_at(facts, "init"), " --out - > made.json");
    cr_expect_eq(result.status, 0, "%s: %s", text_at(facts, "init"), result.errors);
    program_clear(&result);
}

Test(cli_describe, the_command_at_its_end_counts_the_same) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        free(scratch_text(scratch, cases[i].file, cases[i].text));
        cJSON *facts = describe((const char *const[]){cases[i].file, NULL}, cases[i].options);
        const cJSON *columns = cJSON_GetObjectItemCaseSensitive(facts, "columns");
        const char *time = text_at(columns, "time");
        if (cases[i].requests >= 0) {
            cr_expect_eq(requests_of(facts), cases[i].requests, "%s", cases[i].file);
        }
        cr_expect_str_eq(time ? time : "", cases[i].time ? cases[i].time : "", "%s", cases[i].file);
        cr_expect_str_eq(text_at(facts, "rows_are"), cases[i].rows_are, "%s", cases[i].file);
        expect_run_counts(facts);
        cJSON_Delete(facts);
    }
}

/* In the order of their times, whatever their names; rows are counted once. */
Test(cli_describe, several_files_are_told_in_their_order) {
    free(scratch_text(scratch, "a.log", NGINX("20", "/v1/x", "200") NGINX("30", "/h", "200")));
    free(scratch_text(scratch, "b.log", NGINX("02", "/h", "200") NGINX("04", "/v1/x", "200")));
    free(scratch_text(scratch, "c.log", NGINX("01", "/h", "200")));
    cJSON *facts = describe((const char *const[]){"a.log", "b.log", "c.log", NULL},
                            (const char *const[]){"--filter", "path!=/h", NULL});
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(facts, "files");
    const cJSON *first = cJSON_GetArrayItem(files, 0), *second = cJSON_GetArrayItem(files, 1);
    cr_expect_str_eq(text_at(first, "file"), "b.log");
    cr_expect_str_eq(text_at(first, "first"), "2026-11-16T09:00:04Z");
    cr_expect_eq(cli_json_number(first, "rows"), 2);
    cr_expect_str_eq(text_at(second, "file"), "a.log");
    cr_expect_eq(cli_json_number(second, "rows"), 2);
    cr_expect_eq(cli_json_number(cJSON_GetArrayItem(files, 2), "rows"), 1);
    const cJSON *filter = cJSON_GetObjectItemCaseSensitive(facts, "filter");
    cr_expect_eq(cli_json_number(cJSON_GetArrayItem(filter, 0), "left_out"), 3);
    cr_expect_eq(requests_of(facts), 2);
    expect_run_counts(facts);
    cJSON_Delete(facts);
}

Test(cli_describe, the_text_tells_the_same) {
    free(scratch_text(scratch, "access.log", LOG));
    free(scratch_text(scratch, "azure.csv", cases[3].text));
    const ProgramPlace place = {.folder = scratch};
    SAYS(RUN_IN(place, "trace", "describe", "access.log", "--filter", "path!=/healthz", "--filter",
                "status=2xx"),
         "2 from 4 rows, 2 left out", "2026-11-16T09:00:01Z, a Monday",
         "path!=/healthz: leaves out 1", "status=2xx: leaves out 1",
         "\nautoscale-sim run --trace access.log --filter 'path!=/healthz' --filter status=2xx\n"
         "autoscale-sim init --trace access.log --filter 'path!=/healthz' --filter status=2xx\n");
    SAYS(RUN_IN(place, "trace", "describe", "azure.csv"), "a Thursday",
         "requests: time TIMESTAMP, prompt tokens ContextTokens, output tokens GeneratedTokens; "
         "times are dates",
         "2023-11-16T18:15:46.680Z, 374 prompt tokens, 44 output tokens");
    const ProgramPlace piped = {.folder = scratch, .input = LOG};
    ProgramResult result = RUN_IN(piped, "trace", "describe", "-");
    cr_expect(strstr(result.output, "\nautoscale-sim run --trace -\n"), "%s", result.output);
    cr_expect_null(strstr(result.output, "autoscale-sim init"));
    program_clear(&result);
}
