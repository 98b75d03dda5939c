// SPDX-License-Identifier: GPL-3.0-or-later
/* `init`: a starter for every model, for a log, for a pasted command; and from a log to a command
 * with its cost per month without an editor. */
#include "cli/cli_checks.h"

#include "base/memory.h"
#include "base/text.h"
#include "scenario/catalogue.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *scratch, *out;

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "mine.json");
}

static void tear_down(void) {
    free(out);
    scratch_remove(scratch);
}

TestSuite(cli_init, .init = set_up, .fini = tear_down, .timeout = 300);

/* The text of the starter; owned by the caller. */
static char *starter(const char *const options[]) {
    const char *arguments[16] = {"init", "--out", out, "--force"};
    size_t count = 4;
    while (*options) {
        arguments[count++] = *options++;
    }
    ProgramResult result = program_run(NULL, arguments);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    return memory_checked(file_bytes(out, NULL));
}

#define STARTER(...) starter((const char *const[]){__VA_ARGS__, NULL})

static void expect_in(const char *text, const char *part) {
    cr_expect(strstr(text, part), "\"%s\" is not in\n%s", part, text);
}

Test(cli_init, every_model_of_the_catalogue_has_a_starter_that_runs) {
    for (size_t i = 0; i < catalogue.model_count; i++) {
        const CatalogueModel *model = &catalogue.models[i];
        char *text = STARTER("--model", model->name);
        char *named = memory_format("\"model\": \"%s\"", model->name);
        expect_in(text, named);
        expect_in(text, "\"accelerator_count\": ");
        expect_in(text, "\"precision\": ");
        free(named);
        free(text);
        ProgramResult result =
            RUN("run", out, "--set", "duration=2m", "--set", "start=2026-11-16T10:00:00Z");
        cr_expect_eq(result.status, 0, "%s: %s", model->name, result.errors);
        expect_in(result.output, "completed (");
        program_clear(&result);
    }
}

/* Options say what they are once, in their tables. */
Test(cli_init, each_key_has_its_help_and_default) {
    char *text = STARTER("--scale-up-window", "45s");
    expect_in(text, "// fewest replicas; 0 allows scaling to zero; a whole number");
    expect_in(text, "default 0\n                // (documented)");
    expect_in(text, "default 30s (documented)\n                \"scale_up_window\": \"45s\"");
    free(text);
    ProgramResult result = RUN("validate", out);
    cr_expect_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
}

Test(cli_init, a_pasted_command_is_in_it) {
    char *text = STARTER(
        "--firectl", "firectl deployment create accounts/fireworks/models/llama-v3p1-405b-instruct "
                     "--min-replica-count 1 --max-replica-count 3 --accelerator-type "
                     "NVIDIA_H200_141GB --accelerator-count 8 --precision FP8 "
                     "--load-targets concurrent_requests=12");
    expect_in(text, "\"model\": \"llama-v3p1-405b-instruct\"");
    expect_in(text, "\"accelerator\": \"H200\"");
    expect_in(text, "\"accelerator_count\": 8");
    expect_in(text, "\"max_replica_count\": 3");
    expect_in(text, "\"concurrent_requests\": 12");
    free(text);
}

Test(cli_init, what_is_there_stays) {
    free(STARTER("--seed", "3"));
    ProgramResult result = RUN("init", "--out", out);
    cr_expect_eq(result.status, 2);
    expect_in(result.errors, "--force");
    program_clear(&result);
    result = RUN("init", "--out", "-", "--model", "llama-v3p1-70b-instrct");
    cr_expect_eq(result.status, 2);
    cr_expect_str_empty(result.output);
    expect_in(result.errors, "llama-v3p1-70b-instruct");
    program_clear(&result);
    result = RUN("init", "--out", "-");
    cr_expect_eq(result.status, 0);
    cr_expect_eq(strncmp(result.output, "// ", 3), 0);
    cr_expect_eq(strcmp(result.output + result.output_length - 2, "}\n"), 0);
    program_clear(&result);
}

/* Two hours: a request every 20 s, and a health check every 5 s. */
static char *write_log(void) {
    Text text = {0};
    for (int s = 0; s < 7200; s += 5) {
        const int h = 9 + s / 3600, m = s / 60 % 60;
        text_addf(&text,
                  "10.0.0.1 - - [16/Nov/2026:%02d:%02d:%02d +0000] \"GET /healthz HTTP/1.1\" 200 2 "
                  "\"-\" \"kube-probe/1.29\" 0.000\n",
                  h, m, s % 60);
        if (s % 20 == 0) {
            text_addf(&text,
                      "10.0.0.2 - - [16/Nov/2026:%02d:%02d:%02d +0000] \"POST /v1/completions "
                      "HTTP/1.1\" 200 900 \"-\" \"python\" 0.000\n",
                      h, m, s % 60);
        }
    }
    char *path = scratch_text(scratch, "access.log", text.text);
    text_clear(&text);
    return path;
}

Test(cli_init, from_a_log_to_a_command_with_its_cost_per_month) {
    char *log = write_log();
    const ProgramPlace place = {.folder = scratch, .seconds = 240};
    ProgramResult result =
        RUN_IN(place, "init", "--trace", "access.log", "--filter", "path!=/healthz");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    expect_in(result.output, "optimize access.json");
    program_clear(&result);
    result = RUN_IN(place, "run", "access.json");
    expect_in(result.output, "requests   360:"); /* of 1,800 lines */
    program_clear(&result);
    char *text = folder_file_bytes(scratch, "access.json", NULL);
    expect_in(text, "\"file\": \"access.log\"");
    expect_in(text, "\"format\": \"nginx\"");
    expect_in(text, "\"start\": \"2026-11-16T09:00:00Z\"");
    expect_in(text, "// AN ASSUMPTION");
    expect_in(text, "\"lengths\": \"azure-conv\"");
    free(text);
    result = RUN_IN(place, "optimize", "access.json", "--budget", "30", "--quiet");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    result = RUN_IN(place, "optimize", "access.json", "--budget", "30");
    expect_in(result.output, "NO OBJECTIVE WAS GIVEN");
    expect_in(result.output, "with ttft_p95_s <= 2s and given_up_share <= 0.1%");
    expect_in(result.output, "\nfirectl deployment create accounts/fireworks/models/llama-v3p1-8b");
    expect_in(result.output, " per 30 days, projected from 2h00m");
    program_clear(&result);
    result = RUN_IN(place, "optimize", "access.json", "--budget", "30", "--slo",
                    "ttft_p50_s <= 20s", "--slo", "e2e_p50_s <= 40s");
    expect_in(result.output, "with ttft_p50_s <= 20s and e2e_p50_s <= 40s");
    cr_expect_null(strstr(result.output, "NO OBJECTIVE"));
    program_clear(&result);
    result = RUN_IN(place, "optimize", "access.json", "--slo", "ttft_p50 <= 20s");
    cr_expect_eq(result.status, 2);
    expect_in(result.errors, "--slo");
    program_clear(&result);
    free(log);
}

/* What `run` assumes is what `init` writes; it is told, and what was written runs again. */
Test(cli_init, a_log_runs_without_a_scenario) {
    char *log = write_log();
    const ProgramPlace place = {.folder = scratch};
    ProgramResult result = RUN_IN(place, "run", "--trace", "access.log", "--filter",
                                  "path!=/healthz", "--out", "one", "--json", "--requests");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    expect_in(result.errors, "no scenario: llama-v3p1-8b-instruct on 1 x H100 (--model NAME)");
    expect_in(result.errors, "lengths are those of azure-conv");
    expect_in(result.errors, "autoscale-sim init --trace access.log");
    expect_in(result.output, "\"requests\": 360,");
    program_clear(&result);
    char *text = folder_file_bytes(scratch, "one/scenario.json", NULL);
    expect_in(text, "\"lengths\": \"azure-conv\"");
    expect_in(text, "\"name\": \"access\"");
    free(text);
    expect_done(RUN_IN(place, "run", "one/scenario.json", "--out", "two", "--quiet"));
    expect_done(RUN_IN(place, "init", "--trace", "access.log", "--filter", "path!=/healthz"));
    expect_done(RUN_IN(place, "run", "access.json", "--out", "three", "--quiet"));
    char *one = scratch_path(scratch, "one"), *two = scratch_path(scratch, "two"),
         *three = scratch_path(scratch, "three");
    expect_same_files(one, two, result_files);
    expect_same_files(one, three, (const char *const[]){"summary.csv", "events.csv", NULL});
    free(one);
    free(two);
    free(three);
    free(log);
}

Test(cli_init, other_commands_take_a_log_without_a_scenario_too) {
    char *log = write_log();
    const ProgramPlace place = {.folder = scratch};
    ProgramResult result =
        RUN_IN(place, "validate", "--trace", "access.log", "--model", "llama-v3p1-405b-instruct");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    expect_in(result.errors, "no scenario: llama-v3p1-405b-instruct on 8 x ");
    expect_in(result.output, "format nginx");
    program_clear(&result);
    result = RUN_IN(place, "explain", "--trace", "access.log", "--why-not", "1m");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    result = RUN_IN(place, "compare", "--trace", "access.log", "--preset", "performance",
                    "--preset", "cost-optimization", "--replications", "2");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    const char *note = strstr(result.errors, "no scenario");
    cr_expect(note && strstr(note + 1, "no scenario") == NULL, "%s", result.errors);
    program_clear(&result);
    result = RUN_IN(place, "compare", "--trace", "access.log", "--replications", "2", "--quiet",
                    "--out", "both");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    cr_expect_str_empty(result.errors);
    program_clear(&result);
    char *text = folder_file_bytes(scratch, "both/access/scenario.json", NULL);
    expect_in(text, "\"lengths\": \"azure-conv\"");
    free(text);
    REFUSED(RUN_IN(place, "run", "access.log"), "a recording", "--trace access.log");
    REFUSED(RUN_IN(place, "run"), "nothing to work on", "--trace=LOG");
    REFUSED(RUN_IN(place, "run", "--model", "llama-v3p1-8b-instruct"), "nothing to work on");
    free(log);
}

/* Lengths that the user gives are not assumed, nor those of a log that has tokens. */
Test(cli_init, lengths_are_assumed_only_where_there_are_none) {
    char *log = write_log();
    free(scratch_text(scratch, "t.csv",
                      "arrived_at,num_prefill_tokens,num_decode_tokens\n"
                      "0,100,10\n5,200,20\n"));
    const ProgramPlace place = {.folder = scratch};
    ProgramResult result = RUN_IN(place, "run", "--trace", "access.log", "--set",
                                  "deployments.*.traffic.*.prompt_tokens=7", "--set",
                                  "deployments.*.traffic.*.output_tokens=9", "--json");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    cr_expect_null(strstr(result.errors, "lengths"), "%s", result.errors);
    program_clear(&result);
    result = RUN_IN(place, "run", "--trace", "t.csv", "--json");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    cr_expect_null(strstr(result.errors, "lengths"), "%s", result.errors);
    expect_in(result.output, "\"requests\": 2,");
    program_clear(&result);
    free(log);
}

/* What is read once is not lost by the look at it. */
Test(cli_init, a_log_from_a_pipe_runs_without_a_scenario) {
    char *log = write_log();
    char *bytes = file_bytes(log, NULL);
    const ProgramPlace place = {.folder = scratch, .input = bytes};
    ProgramResult result = RUN_IN(place, "run", "--trace", "-", "--json");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    expect_in(result.output, "\"requests\": 1800,");
    program_clear(&result);
    free(bytes);
    free(log);
}

/* The figures of another model are not those of the scenario's. */
Test(cli_init, another_model_in_a_scenario_brings_its_accelerators) {
    free(scratch_text(scratch, "s.json", tiny_scenario));
    const ProgramPlace place = {.folder = scratch};
    ProgramResult result = RUN_IN(place, "run", "s.json", "--model", "llama-v3p1-405b-instruct");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    expect_in(result.output, "chat: llama-v3p1-405b-instruct on 8 x ");
    program_clear(&result);
}

/* Relative names start from the scenario's place. */
Test(cli_init, a_log_is_named_from_where_the_scenario_is) {
    char *log = write_log(), *folder = scratch_path(scratch, "below");
    const ProgramPlace place = {.folder = scratch};
    cr_assert_eq(mkdir(folder, 0777), 0);
    ProgramResult result =
        RUN_IN(place, "init", "--trace", "access.log", "--out", "below/mine.json");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    char *text = folder_file_bytes(folder, "mine.json", NULL);
    expect_in(text, "\"file\": \"../access.log\"");
    free(text);
    result = RUN_IN(place, "validate", "below/mine.json");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    free(folder);
    free(log);
}
