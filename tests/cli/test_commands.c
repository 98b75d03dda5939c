// SPDX-License-Identifier: GPL-3.0-or-later
/* The command line itself: every command and option, what is refused and in which words, and what
 * goes to which stream. */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEMO "scenarios/demo.json"

static const char *const command_names[] = {"run",         "compare", "explain", "validate",
                                            "plot",        "trace",   "presets", "models",
                                            "assumptions", "help",    NULL};

/* Help ----------------------------------------------------------------------------------------- */

Test(cli_commands, help_lists_every_command) {
    for (size_t i = 0; command_names[i] != NULL; i++) {
        SAYS(RUN("help"), command_names[i]);
    }
}

Test(cli_commands, help_has_its_usual_spellings) {
    ProgramResult help = RUN("help");
    SAYS(RUN("--help"), help.output);
    SAYS(RUN("-h"), help.output);
    ProgramResult bare = program_run(NULL, (const char *const[]){NULL});
    SAYS(bare, help.output);
    program_clear(&help);
}

Test(cli_commands, every_command_explains_itself) {
    for (size_t i = 0; command_names[i] != NULL; i++) {
        ProgramResult help = RUN("help", command_names[i]);
        SAYS(RUN(command_names[i], "--help"), help.output);
        SAYS(help, command_names[i], "Example");
    }
}

Test(cli_commands, help_of_run_has_every_option_and_flag) {
    SAYS(RUN("help", "run"), "--out, -o DIR", "--force", "--plot", "--requests", "--json",
         "--quiet, -q", "--seed N", "--replication N", "--preset PRESET", "--set PATH=VALUE",
         "--trace FILE", "--firectl", "--min-replica-count", "--max-replica-count",
         "--scale-up-window", "--scale-down-window", "--scale-to-zero-window", "--load-targets");
}

Test(cli_commands, version) {
    SAYS(RUN("--version"), "autoscale-sim ");
}

Test(cli_commands, lists) {
    SAYS(RUN("presets"), "cost-optimization", "performance", "predictable-traffic",
         "source: docs.");
    SAYS(RUN("models"), "llama-v3p1-8b-instruct", "H100");
    SAYS(RUN("assumptions"), "window_rule", "evaluation_interval", "load_signal");
}

/* What is refused ------------------------------------------------------------------------------ */

Test(cli_commands, unknown_commands) {
    REFUSED(RUN("rum"), "command line: rum: found unknown command", "did you mean \"run\"?");
    REFUSED(RUN("help", "comparee"), "did you mean \"compare\"?");
    REFUSED(RUN("zzz"), "`autoscale-sim help` lists");
    REFUSED(RUN(""), "found an empty command");
}

Test(cli_commands, unknown_options) {
    REFUSED(RUN("run", DEMO, "--sede", "3"), "--sede: found unknown option",
            "did you mean \"--seed\"?");
    REFUSED(RUN("run", DEMO, "--min-replica-cont", "3"), "did you mean \"--min-replica-count\"?");
    REFUSED(RUN("run", DEMO, "--outt=x"), "--outt: found unknown option",
            "did you mean \"--out\"?");
    REFUSED(RUN("run", DEMO, "-x"), "-x: found unknown option");
    REFUSED(RUN("run", DEMO, "--print"), "--print: found an option of another command");
    REFUSED(RUN("presets", "--requests"), "--requests: found an option of another command");
}

Test(cli_commands, values_that_are_missing_or_too_many) {
    REFUSED(RUN("run", DEMO, "--seed"), "--seed: found no value");
    REFUSED(RUN("run", DEMO, "--min-replica-count"), "--min-replica-count: found no value");
    REFUSED(RUN("run", DEMO, "--json=yes"), "--json: found yes, expected no value");
}

Test(cli_commands, operands) {
    REFUSED(RUN("run"), "run: found nothing to work on, expected SCENARIO");
    REFUSED(RUN("compare"), "compare: found nothing to work on");
    REFUSED(RUN("validate"), "validate: found nothing to work on");
    REFUSED(RUN("plot"), "plot: found nothing to work on, expected DIR");
    REFUSED(RUN("run", DEMO, "other.json"), "run: found other.json");
    REFUSED(RUN("presets", "extra"), "presets: found extra, expected no operands");
    REFUSED(RUN("run", ""), "run: found an empty name");
}

Test(cli_commands, options_that_do_not_agree) {
    REFUSED(RUN("run", DEMO, "--plot"), "--plot: found no --out");
    REFUSED(RUN("run", DEMO, "--plot-format", "png"), "--plot-format: found no --plot");
    REFUSED(RUN("plot", "nowhere", "--plot-format", "gif"), "--plot-format: found gif",
            "svg or png");
    REFUSED(RUN("run", DEMO, "--force"), "--force: found no --out");
    REFUSED(RUN("run", DEMO, "--requests"), "--requests: found no --out");
    REFUSED(RUN("run", DEMO, "--json", "--quiet"), "--quiet: found --json beside it");
}

Test(cli_commands, several_mistakes_are_told_at_once) {
    REFUSED(RUN("run", DEMO, "--sed", "--quite", "-y"), "--sed:", "--quite:", "-y:", "3 errors");
    REFUSED(RUN("run", DEMO, "--scale-up-window", "2h", "--seed", "-1"),
            "--scale-up-window:", "--seed:", "2 errors");
}

Test(cli_commands, values_are_checked_like_the_file_s) {
    REFUSED(RUN("run", DEMO, "--seed", "x"), "--seed: found \"x\", expected a whole number");
    REFUSED(RUN("run", DEMO, "--seed", "1e400"), "--seed: found \"1e400\"");
    REFUSED(RUN("run", DEMO, "--scale-up-window", "2h"), "--scale-up-window: found \"2h\"",
            "at most 1h");
    REFUSED(RUN("run", DEMO, "--scale-to-zero-window", "4m"), "at least 5m");
    REFUSED(RUN("run", DEMO, "--min-replica-count", "5", "--max-replica-count", "2"),
            "--max-replica-count: found 2, expected at least min_replica_count, 5");
    REFUSED(RUN("run", DEMO, "--load-targets", "default=3"), "--load-targets default: found 3");
    REFUSED(RUN("run", DEMO, "--load-targets", "gpu=0.5"),
            "--load-targets gpu:", "tokens_generated_per_second");
    REFUSED(RUN("run", DEMO, "--load-targets", "default"), "expected key=value");
    REFUSED(RUN("run", DEMO, "--preset", "perf"), "did you mean \"performance\"?");
    REFUSED(RUN("run", DEMO, "--trace", "x.csv"), "nothing in the scenario that it could change");
}

Test(cli_commands, set_needs_a_path_that_is_there) {
    REFUSED(RUN("run", DEMO, "--set", "a"), "--set: found \"a\", expected path=value");
    REFUSED(RUN("run", DEMO, "--set", "=3"), "expected path=value");
    REFUSED(RUN("run", DEMO, "--set", "..a=3"), "found an empty name between dots");
    REFUSED(RUN("run", DEMO, "--set", "durration=1h"), "--set durration: found an unknown key",
            "did you mean \"duration\"?");
    REFUSED(RUN("run", DEMO, "--set", "deployments.chatt.model=m"), "did you mean \"chat\"?");
    REFUSED(RUN("run", DEMO, "--set", "deployments.chat.autoscaling.scale_up_windw=3s"),
            "did you mean \"scale_up_window\"?");
    REFUSED(RUN("run", DEMO, "--set", "duration=-1s"), "found \"-1s\", expected a duration");
    REFUSED(RUN("run", DEMO, "--set", "name=\xff\xfe"), "not UTF-8");
}

/* validate ------------------------------------------------------------------------------------- */

Test(cli_commands, every_shipped_scenario_is_valid) {
    SAYS(RUN("validate", "scenarios/auto-delete.json", "scenarios/azure-code.json",
             "scenarios/cost-optimization.json", "scenarios/demo.json",
             "scenarios/flash-crowd.json", "scenarios/performance.json",
             "scenarios/predictable-traffic.json", "scenarios/reservation.json",
             "scenarios/scale-from-zero.json"),
         "scenarios/auto-delete.json: valid\n", "scenarios/scale-from-zero.json: valid\n");
}

Test(cli_commands, a_valid_one_beside_an_invalid_one) {
    ProgramResult result = RUN("validate", DEMO, "no-such.json");
    cr_assert_eq(result.status, 2);
    cr_assert_str_eq(result.output, DEMO ": valid\n");
    cr_assert_not_null(strstr(result.errors, "no-such.json: found No such file or directory"));
    program_clear(&result);
}

static const cJSON *json_row(const cJSON *list, const char *key, const char *value) {
    const cJSON *row;
    cJSON_ArrayForEach (row, list) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(row, key));
        if (text != NULL && strcmp(text, value) == 0) {
            return row;
        }
    }
    cr_assert_fail("no row has %s %s", key, value);
    return NULL;
}

static const char *json_word(const cJSON *object, const char *key) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));
    cr_assert_not_null(text, "%s is no text", key);
    return text;
}

Test(cli_commands, validate_tells_mistakes_as_json) {
    char *scratch = scratch_make();
    char *file =
        scratch_text(scratch, "bad.json", "{\n  \"duration\": \"30 parsecs\",\n  \"sede\": 3\n}\n");
    ProgramResult result = RUN("validate", "--json", file, "--set", "warmup=-1s");
    cr_assert_eq(result.status, 2);
    cJSON *json = cJSON_Parse(result.output);
    cr_assert_str_eq(json_word(json, "file"), file);
    cr_assert(cJSON_IsFalse(cJSON_GetObjectItem(json, "valid")));
    const cJSON *errors = cJSON_GetObjectItem(json, "errors");
    cr_assert_eq(cJSON_GetArraySize(errors), (int)cli_json_number(json, "error_count"));
    const cJSON *duration = json_row(errors, "place", "duration");
    cr_assert_eq(cli_json_number(duration, "line"), 2);
    cr_assert_str_eq(json_word(duration, "found"), "\"30 parsecs\"");
    cr_assert_not_null(strstr(result.errors, json_word(duration, "expected")));
    cr_assert_str_eq(json_word(json_row(errors, "place", "sede"), "suggestion"), "seed");
    cJSON_Delete(json);
    program_clear(&result);
    free(file);
    scratch_remove(scratch);
}

Test(cli_commands, validate_tells_valid_ones_as_json) {
    cJSON *json = expect_json(RUN("validate", "--json", DEMO));
    cr_assert(cJSON_IsTrue(cJSON_GetObjectItem(json, "valid")));
    cr_assert_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "errors")), 0);
    cJSON_Delete(json);
    json = expect_json(RUN("validate", "--json", DEMO, "scenarios/azure-code.json"));
    cr_assert_eq(cJSON_GetArraySize(json), 2);
    const cJSON *recording =
        cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetArrayItem(json, 1), "recordings"), 0);
    SAYS(RUN("validate", "scenarios/azure-code.json"), json_word(recording, "format"));
    cJSON_Delete(json);
    REFUSED(RUN("validate", "--json", "--print", DEMO), "--print: found --json beside it");
}

Test(cli_commands, lists_are_json_too) {
    cJSON *json = expect_json(RUN("models", "--json"));
    const cJSON *model =
        json_row(cJSON_GetObjectItem(json, "models"), "model", "llama-v3p1-8b-instruct");
    char c0[32];
    snprintf(c0, sizeof c0, "%.2f", cli_json_number(model, "c0_ms"));
    SAYS(RUN("models"), json_word(model, "source"), c0);
    cJSON_Delete(json);

    json = expect_json(RUN("presets", "--json"));
    const cJSON *preset =
        json_row(cJSON_GetObjectItem(json, "presets"), "name", "cost-optimization");
    SAYS(RUN("presets"), json_word(preset, "title"), json_word(preset, "source"),
         json_word(cJSON_GetObjectItem(preset, "autoscaling"), "scale_up_window"));
    cJSON_Delete(json);

    json = expect_json(RUN("assumptions", "--json"));
    const cJSON *row;
    ProgramResult text = RUN("assumptions");
    cJSON_ArrayForEach (row, cJSON_GetObjectItem(json, "rules")) {
        cr_assert_not_null(strstr(text.output, json_word(row, "assumed")));
    }
    cJSON_ArrayForEach (row, cJSON_GetObjectItem(json, "options")) {
        cr_assert_not_null(strstr(text.output, json_word(row, "meaning")));
        cr_assert_not_null(strstr(text.output, json_word(row, "section")));
    }
    cJSON_Delete(json);
    program_clear(&text);
}

Test(cli_commands, print_gives_a_scenario_that_validates_and_prints_the_same) {
    char *scratch = scratch_make();
    ProgramResult printed = RUN("validate", "--print", "scenarios/reservation.json");
    char *file = scratch_text(scratch, "printed.json", printed.output);
    cJSON_Delete(expect_json(printed));
    char *first = file_bytes(file, NULL);
    ProgramResult again = RUN("validate", "--print", file);
    cr_assert_str_eq(again.output, first);
    expect_done(again);
    free(first);
    free(file);
    scratch_remove(scratch);
}

Test(cli_commands, a_scenario_comes_from_standard_input_too) {
    const ProgramPlace place = {.input = tiny_scenario};
    SAYS(RUN_IN(place, "validate", "-"), "-: valid\n");
    SAYS(RUN_IN(place, "run", "-"), "10 completed");
    const ProgramPlace bad = {.input = "{\"duration\": }"};
    REFUSED(RUN_IN(bad, "run", "-"), "-:1:14: duration:");
}
