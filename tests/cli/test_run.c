// SPDX-License-Identifier: GPL-3.0-or-later
/* `run`: the same bytes again, options that change what they say, and the documentation's own
 * commands pasted. */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCALE_FROM_ZERO "scenarios/scale-from-zero.json"
#define CROWD "scenarios/flash-crowd.json"
#define REAL_TRACE "../shared/traces/azure_llm_2023/AzureLLMInferenceTrace_code.csv"

static char *scratch;

static void set_up(void) {
    scratch = scratch_make();
}

static void tear_down(void) {
    scratch_remove(scratch);
}

TestSuite(cli_run, .init = set_up, .fini = tear_down);

/* What it prints ------------------------------------------------------------------------------- */

Test(cli_run, prints_a_summary_and_nothing_on_stderr) {
    ProgramResult result = RUN("run", SCALE_FROM_ZERO);
    cr_assert_not_null(strstr(result.output, "30 completed"));
    cr_assert_not_null(strstr(result.output, "policy"));
    cr_assert_null(strchr(result.output, '\r'), "a progress bar on stdout");
    expect_done(result); /* no progress bar, for it is no terminal */
}

/* 360 requests of 1,000 and 100 tokens at $1 and $10 per million are $0.72; an H100 for that hour
 * is $8, so at 11.1 times the requests both cost the same. A request that is turned away asked for
 * tokens too. */
Test(cli_run, tells_a_serverless_price_beside_the_cost) {
    char *path = scratch_text(
        scratch, "hour.json",
        "{\"duration\": \"1h\", \"deployments\": {\"d\": {\"model\": \"llama-v3p1-8b-instruct\", "
        "\"client\": \"none\", \"autoscaling\": {\"min_replica_count\": 1}, \"traffic\": "
        "{\"type\": "
        "\"constant\", \"rate_per_s\": 0.1, \"prompt_tokens\": 1000, \"output_tokens\": 100}}}}");
    ProgramResult result = RUN("run", path, "--serverless-price", "1,10");
    cr_expect_not_null(strstr(result.output, "serverless $0.720 for the same tokens"), "%s",
                       result.output);
    cr_expect_not_null(strstr(result.output, "break-even at 1.11 such requests"), "%s",
                       result.output);
    expect_done(result);
    result = RUN("run", path, "--serverless-price", "1,10", "--min-replica-count", "0");
    cr_expect_not_null(strstr(result.output, " x 503"));
    cr_expect_not_null(strstr(result.output, "serverless $0.720 for"), "%s", result.output);
    expect_done(result);
    result = RUN("run", path, "--json");
    cr_expect_not_null(strstr(result.output, "\"serverless_usd\": null"));
    expect_done(result);
    result =
        RUN("run", path, "--set", "deployments.d.serverless_price.input_usd_per_million_tokens=1");
    cr_expect_eq(result.status, 2);
    cr_expect_not_null(strstr(result.errors, "output_usd_per_million_tokens"));
    program_clear(&result);
    result = RUN("run", path, "--serverless-price", "1");
    cr_expect_eq(result.status, 2);
    cr_expect_not_null(strstr(result.errors, "INPUT,OUTPUT"));
    program_clear(&result);
    free(path);
}

Test(cli_run, quiet_prints_nothing) {
    ProgramResult result = RUN("run", SCALE_FROM_ZERO, "--quiet");
    cr_assert_str_empty(result.output);
    expect_done(result);
    char *out = scratch_path(scratch, "out");
    result = RUN("run", SCALE_FROM_ZERO, "--quiet", "--out", out);
    cr_assert_str_empty(result.output);
    expect_done(result);
    cr_assert(file_exists(out));
    free(out);
}

Test(cli_run, json_is_the_summary) {
    cJSON *summary = expect_json(RUN("run", SCALE_FROM_ZERO, "--json"));
    static const char *const names[] = {"python", "javascript", "curl"};
    for (size_t i = 0; i < 3; i++) {
        const cJSON *deployment = json_deployment(summary, names[i]);
        cr_assert_eq(cli_json_number(deployment, "requests"), 30);
        expect_accounted(deployment);
    }
    cJSON_Delete(summary);
}

Test(cli_run, says_where_it_wrote) {
    char *out = scratch_path(scratch, "out");
    ProgramResult result = RUN("run", SCALE_FROM_ZERO, "--out", out);
    cr_assert_not_null(strstr(result.output, "Written to "));
    cr_assert_not_null(strstr(result.output, out));
    expect_done(result);
    free(out);
}

/* The same bytes ------------------------------------------------------------------------------- */

Test(cli_run, twice_gives_the_same_bytes) {
    char *one = scratch_path(scratch, "one"), *other = scratch_path(scratch, "a/b/other");
    expect_done(RUN("run", CROWD, "--quiet", "--requests", "--set", "duration=70m", "--out", one));
    expect_done(
        RUN("run", CROWD, "--quiet", "--requests", "--set", "duration=70m", "--out", other));
    expect_same_files(one, other, result_files);
    free(one);
    free(other);
}

/* With every kind of option that changes a scenario, in another directory. */
Test(cli_run, scenario_as_run_gives_the_same_bytes) {
    char *one = scratch_path(scratch, "one"), *other = scratch_path(scratch, "other");
    expect_done(RUN("run", CROWD, "--quiet", "--requests", "--out", one, "--seed", "7",
                    "--replication", "2", "--preset", "performance", "--scale-up-window", "20s",
                    "--set", "duration=70m", "--set",
                    "deployments.chat.cold_start={\"distribution\": \"gamma\", \"mean\": \"80s\", "
                    "\"cv\": 0.5}"));
    const ProgramPlace place = {.folder = one};
    expect_done(RUN_IN(place, "run", "scenario.json", "--quiet", "--out", other));
    expect_same_files(one, other, result_files);
    free(one);
    free(other);
}

/* The trace's name in scenario.json leads to the trace from wherever it is run. */
Test(cli_run, scenario_as_run_finds_its_trace) {
    char *one = scratch_path(scratch, "one"), *other = scratch_path(scratch, "other");
    expect_done(RUN("run", "scenarios/azure-code.json", "--quiet", "--requests", "--out", one));
    const ProgramPlace place = {.folder = one};
    expect_done(RUN_IN(place, "run", "scenario.json", "--quiet", "--out", other));
    expect_same_files(one, other, result_files);
    free(one);
    free(other);
}

Test(cli_run, requests_come_only_when_asked_for) {
    char *out = scratch_path(scratch, "out");
    expect_done(RUN("run", "scenarios/auto-delete.json", "--quiet", "--out", out));
    char *requests = scratch_path(out, "requests.csv");
    cr_assert_not(file_exists(requests));
    cr_assert_eq(folder_count(out), 7);
    expect_done(
        RUN("run", "scenarios/auto-delete.json", "--quiet", "--out", out, "--force", "--requests"));
    cr_assert(file_exists(requests));
    cr_assert_eq(folder_count(out), 9);
    cr_assert_eq(folder_count(scratch), 1);
    free(requests);
    free(out);
}

/* CSV as RFC 4180 has it, but for \n: as many fields in each row as the header has. */
static void expect_square(const char *folder, const char *name) {
    char *text = folder_file_bytes(folder, name, NULL);
    cr_assert_not_null(text, "%s", name);
    cr_assert_null(strchr(text, '\r'));
    size_t columns = 0, fields = 1, rows = 0;
    bool quoted = false;
    for (const char *at = text; *at != '\0'; at++) {
        quoted = quoted != (*at == '"');
        if (*at == ',' && !quoted) {
            fields++;
        } else if (*at == '\n' && !quoted) {
            columns = rows++ == 0 ? fields : columns;
            cr_assert_eq(fields, columns, "%s, row %zu: %zu fields of %zu", name, rows, fields,
                         columns);
            fields = 1;
        }
    }
    cr_assert(fields == 1 && !quoted && rows > 0, "%s ends within a row", name);
    free(text);
}

Test(cli_run, every_csv_is_square) {
    char *out = scratch_path(scratch, "out");
    expect_done(RUN("run", SCALE_FROM_ZERO, "--quiet", "--out", out));
    for (size_t i = 0; result_files[i] != NULL; i++) {
        if (strstr(result_files[i], ".csv") != NULL) {
            expect_square(out, result_files[i]);
        }
    }
    free(out);
}

Test(cli_run, names_that_csv_must_quote) {
    static const char text[] =
        "{\"name\": \"a, \\\"b\\\"\\n\", \"duration\": \"1m\", \"deployments\": {\"x,\\\"y\\\"\": {"
        "\"model\": \"llama-v3p1-8b-instruct\", \"autoscaling\": {\"min_replica_count\": 1},"
        "\"traffic\": {\"type\": \"constant\", \"rate_per_s\": 1, \"prompt_tokens\": 9,"
        "\"output_tokens\": 2}}}}";
    char *file = scratch_text(scratch, "odd.json", text), *out = scratch_path(scratch, "out");
    ProgramResult result = RUN("run", file, "--out", out);
    if (result.status == 0) { /* or the name is refused, which is as well */
        expect_square(out, "summary.csv");
        expect_square(out, "timeseries.csv");
        expect_done(result);
        cJSON_Delete(expect_json(RUN("run", file, "--json")));
    } else {
        REFUSED(result, "odd.json:1:");
    }
    free(file);
    free(out);
}

/* Options that change the scenario ------------------------------------------------------------- */

static double summary_number(const char *const arguments[], const char *deployment,
                             const char *key) {
    cJSON *summary = expect_json(program_run(NULL, arguments));
    expect_accounted(json_deployment(summary, deployment));
    const double value = cli_json_number(json_deployment(summary, deployment), key);
    cJSON_Delete(summary);
    return value;
}
#define NUMBER(deployment, key, ...)                                                               \
    summary_number((const char *const[]){"run", "--json", __VA_ARGS__, NULL}, deployment, key)

/* A client that sends at 0, 5, 12.5, ... (python) against a start of 100 s. */
Test(cli_run, set_changes_one_deployment_or_all) {
    cr_assert_eq(NUMBER("python", "retry_wait_max_s", SCALE_FROM_ZERO), 103.90625);
    cr_assert_eq(NUMBER("python", "retry_wait_max_s", SCALE_FROM_ZERO, "--set",
                        "deployments.python.cold_start=10s"),
                 12.5);
    cr_assert_eq(NUMBER("curl", "retry_wait_max_s", SCALE_FROM_ZERO, "--set",
                        "deployments.python.cold_start=10s"),
                 155);
    cr_assert_eq(NUMBER("curl", "retry_wait_max_s", SCALE_FROM_ZERO, "--set",
                        "deployments.*.cold_start=10s"),
                 15);
}

Test(cli_run, the_last_of_several_wins) {
    cr_assert_eq(NUMBER("curl", "retry_wait_max_s", SCALE_FROM_ZERO, "--set",
                        "deployments.*.cold_start=10s", "--set", "deployments.curl.cold_start=4s"),
                 5);
}

Test(cli_run, a_flag_given_twice_is_an_error) {
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--min-replica-count", "1", "--min-replica-count=0"),
            "--min-replica-count: found a flag given twice, expected once");
}

Test(cli_run, policy_flags_are_firectl_s) {
    cr_assert_eq(NUMBER("curl", "answers_503", SCALE_FROM_ZERO), 39);
    cr_assert_eq(NUMBER("curl", "answers_503", SCALE_FROM_ZERO, "--min-replica-count", "1"), 0);
    cr_assert_eq(NUMBER("curl", "cold_starts", SCALE_FROM_ZERO, "--min-replica-count", "1"), 0);
    cr_assert_eq(NUMBER("curl", "completed", SCALE_FROM_ZERO, "--max-replica-count", "0"), 0);
    cr_assert_eq(NUMBER("python", "scale_downs", SCALE_FROM_ZERO, "--scale-to-zero-window", "5m",
                        "--set", "duration=20m"),
                 1);
}

Test(cli_run, seed_and_replication_change_random_traffic) {
    const double one = NUMBER("chat", "requests", CROWD, "--set", "duration=20m");
    cr_assert_eq(NUMBER("chat", "requests", CROWD, "--set", "duration=20m", "--seed", "1"), one);
    cr_assert_neq(NUMBER("chat", "requests", CROWD, "--set", "duration=20m", "--seed", "2"), one);
    cr_assert_neq(NUMBER("chat", "requests", CROWD, "--set", "duration=20m", "--replication", "1"),
                  one);
}

Test(cli_run, another_policy_sees_the_same_requests) {
    const double plain = NUMBER("chat", "prompt_tokens", CROWD, "--set", "duration=30m");
    cr_assert_gt(plain, 0);
    cr_assert_eq(
        NUMBER("chat", "prompt_tokens", CROWD, "--set", "duration=30m", "--preset", "performance"),
        plain);
}

Test(cli_run, every_preset_runs) {
    static const char *const presets[] = {"cost-optimization", "performance",
                                          "predictable-traffic"};
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        cr_assert_eq(NUMBER("curl", "requests", SCALE_FROM_ZERO, "--preset", presets[i]), 30);
    }
}

/* --firectl ------------------------------------------------------------------------------------ */

/* A value of deployments.chat.autoscaling, as `validate --print` has it. */
static cJSON *printed_autoscaling(const char *command) {
    ProgramResult result = RUN("validate", "--print", "scenarios/demo.json", "--firectl", command);
    cr_assert_not_null(strstr(result.errors, "note: <MODEL_NAME>"), "%s", result.errors);
    cJSON *scenario = expect_json(result);
    cJSON *chat = cJSON_DetachItemFromObjectCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(scenario, "deployments"), "chat");
    cJSON *autoscaling = cJSON_DetachItemFromObjectCaseSensitive(chat, "autoscaling");
    cr_assert_not_null(autoscaling);
    cJSON_Delete(chat);
    cJSON_Delete(scenario);
    return autoscaling;
}

static void expect_text(const cJSON *object, const char *key, const char *text) {
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    cr_assert(value != NULL && strcmp(value, text) == 0, "%s is %s, not %s", key,
              value != NULL ? value : "no text", text);
}

static double load_target(const cJSON *autoscaling, const char *key) {
    const cJSON *targets = cJSON_GetObjectItemCaseSensitive(autoscaling, "load_targets");
    return cli_json_number(targets, key);
}

/* docs.fireworks.ai/deployments/autoscaling, "Common patterns", as they stand there. */
Test(cli_run, the_documented_commands_pasted) {
    cJSON *cost = printed_autoscaling("firectl deployment create <MODEL_NAME> \\\n"
                                      "  --min-replica-count 0 \\\n"
                                      "  --max-replica-count 3 \\\n"
                                      "  --scale-to-zero-window 1h\n");
    cr_assert_eq(cli_json_number(cost, "min_replica_count"), 0);
    cr_assert_eq(cli_json_number(cost, "max_replica_count"), 3);
    expect_text(cost, "scale_to_zero_window", "1h");
    expect_text(cost, "scale_up_window", "30s");
    cJSON_Delete(cost);

    cJSON *performance = printed_autoscaling("firectl deployment create <MODEL_NAME> \\\n"
                                             "  --min-replica-count 2 \\\n"
                                             "  --max-replica-count 10 \\\n"
                                             "  --scale-up-window 15s \\\n"
                                             "  --load-targets concurrent_requests=5\n");
    cr_assert_eq(cli_json_number(performance, "min_replica_count"), 2);
    cr_assert_eq(cli_json_number(performance, "max_replica_count"), 10);
    expect_text(performance, "scale_up_window", "15s");
    cr_assert_eq(load_target(performance, "concurrent_requests"), 5);
    cJSON_Delete(performance);

    cJSON *predictable = printed_autoscaling("firectl deployment create <MODEL_NAME> \\\n"
                                             "  --min-replica-count 3 \\\n"
                                             "  --max-replica-count 5 \\\n"
                                             "  --scale-down-window 30m \\\n"
                                             "  --load-targets tokens_generated_per_second=150\n");
    cr_assert_eq(cli_json_number(predictable, "min_replica_count"), 3);
    cr_assert_eq(cli_json_number(predictable, "max_replica_count"), 5);
    expect_text(predictable, "scale_down_window", "30m");
    cr_assert_eq(load_target(predictable, "tokens_generated_per_second"), 150);
    cJSON_Delete(predictable);
}

Test(cli_run, a_pasted_command_runs) {
    cJSON *summary = expect_json(
        RUN("run", SCALE_FROM_ZERO, "--json", "--firectl",
            "firectl deployment create accounts/fireworks/models/llama-v3p1-8b-instruct "
            "--min-replica-count 1 --accelerator-type NVIDIA_H200_141GB --wait"));
    cr_assert_eq(cli_json_number(json_deployment(summary, "curl"), "answers_503"), 0);
    cJSON_Delete(summary);
}

Test(cli_run, firectl_s_mistakes_are_told) {
    REFUSED(RUN("run", CROWD, "--firectl", "firectl deployment create M --min-replica-cont 0"),
            "--firectl: --min-replica-cont: found an unknown flag",
            "did you mean \"--min-replica-count\"?");
    REFUSED(RUN("run", CROWD, "--firectl", "firectl deployment create M --scale-up-window 2h"),
            "--scale-up-window", "found \"2h\"", "at most 1h");
    REFUSED(RUN("run", CROWD, "--firectl", ""),
            "--firectl: found \"\", expected firectl deployment");
    REFUSED(RUN("run", CROWD, "--firectl", "rm -rf"), "found \"rm\"");
    REFUSED(RUN("run", CROWD, "--firectl", "firectl deployment create 'M"), "a closing quote");
}

/* The real trace ------------------------------------------------------------------------------- */

Test(cli_run, the_real_trace_loses_nothing) {
    if (!file_exists(REAL_TRACE)) {
        tear_down(); /* a test that is skipped does not get there */
        cr_skip_test("there is no %s", REAL_TRACE);
    }
    cJSON *summary =
        expect_json(RUN("run", "scenarios/azure-code.json", "--json", "--trace", REAL_TRACE));
    const cJSON *code = json_deployment(summary, "code");
    cr_assert_eq(cli_json_number(code, "requests"), 8819);
    cr_assert_eq(cli_json_number(code, "trace_rows"), 8819);
    cr_assert_eq(cli_json_number(code, "trace_skipped"), 0);
    expect_accounted(code);
    cJSON_Delete(summary);
}

/* Two requests of a constant source: what the loop did is told from the start. */
Test(cli_run, trace_events_tells_the_loop) {
    char *folder = scratch_make();
    const ProgramPlace place = {.folder = folder};
    free(scratch_text(folder, "s.json",
                      "{\"duration\": \"1m\", \"deployments\": {\"chat\": {\"model\": "
                      "\"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", \"autoscaling\": "
                      "{\"min_replica_count\": 1}, \"traffic\": {\"type\": \"constant\", "
                      "\"rate_per_s\": 0.1, \"prompt_tokens\": 10, \"output_tokens\": 1}}}}"));
    ProgramResult result = RUN_IN(place, "run", "s.json", "--quiet", "--trace-events", "t.csv");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    char *text = folder_file_bytes(folder, "t.csv", NULL);
    static const char first[] = "time_s,event,deployment,subject,slot\n"
                                "0,arrival,chat,1,\n";
    cr_assert(strncmp(text, first, strlen(first)) == 0, "%.200s", text);
    cr_assert_not_null(strstr(text, ",iteration_end,chat,1,"));
    cr_assert_not_null(strstr(text, "\n5,evaluation,chat,0,"));
    free(text);
    result = RUN_IN(place, "run", "s.json", "--quiet", "--trace-events", "t.csv");
    cr_assert_eq(result.status, 2, "an earlier one is replaced only by --force");
    program_clear(&result);
    cr_assert_eq(folder_count(folder), 2);
    result = RUN_IN(place, "run", "s.json", "--quiet", "--trace-events", "u.csv", "--out", "all",
                    "--requests");
    cr_assert_eq(result.status, 0, "beside all other files: %s", result.errors);
    program_clear(&result);
    scratch_remove(folder);
}

/* All else is byte for byte what it is with it. */
Test(cli_run, a_histogram_is_left_out_where_nobody_wants_it) {
    char *with = scratch_path(scratch, "with"), *without = scratch_path(scratch, "without");
    ProgramResult result =
        RUN("run", "scenarios/demo.json", "--set", "duration=10m", "--quiet", "--out", with);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    result = RUN("run", "scenarios/demo.json", "--set", "duration=10m", "--quiet", "--out", without,
                 "--no-histogram");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    cr_expect_eq(folder_count(without) + 1, folder_count(with));
    cr_expect_null(folder_file_bytes(without, "latency_histogram.csv", NULL));
    static const char *const same[] = {"summary.csv", "timeseries.csv", "events.csv"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        char *one = folder_file_bytes(with, same[i], NULL);
        char *other = folder_file_bytes(without, same[i], NULL);
        cr_expect_str_eq(one, other, "%s", same[i]);
        free(one);
        free(other);
    }
    result = RUN("run", "scenarios/demo.json", "--no-histogram");
    cr_expect_eq(result.status, 2);
    cr_expect_not_null(strstr(result.errors, "--no-histogram: found no --out"), "%s",
                       result.errors);
    program_clear(&result);
    result = RUN("run", "scenarios/demo.json", "--out", with, "--plot", "--no-histogram");
    cr_expect_eq(result.status, 2);
    cr_expect_not_null(strstr(result.errors, "found --plot beside it"), "%s", result.errors);
    program_clear(&result);
    free(without);
    free(with);
}

/* KV memory for two requests of 1,600 tokens, and many more at a time: who lacks a block gives all
 * of its own back. */
Test(cli_run, preemptions_are_told) {
    char *file = scratch_text(
        scratch, "short.json",
        "{\"duration\": \"2m\", \"deployments\": {\"chat\": {\"model\": "
        "\"llama-v3p1-8b-instruct\", "
        "\"accelerator\": \"H100\", \"accelerator_count\": 1, \"profile\": "
        "{\"kv_capacity_tokens\": 3200}, \"autoscaling\": {\"min_replica_count\": 1, "
        "\"max_replica_count\": 1}, \"traffic\": {\"type\": \"constant\", \"rate_per_s\": 1, "
        "\"prompt_tokens\": 100, \"output_tokens\": 1500}}}}");
    SAYS(RUN("run", file), "preempted ", " times for want of KV memory; ",
         " tokens computed again");
    ProgramResult calm = RUN("run", file, "--set", "deployments.chat.profile.kv_admission=output");
    cr_expect_null(strstr(calm.output, "preempted"), "%s", calm.output);
    program_clear(&calm);
    free(file);
}
