// SPDX-License-Identifier: GPL-3.0-or-later
/* Checks that the command-line tests share. */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdlib.h>
#include <string.h>

const char tiny_scenario[] =
    "// ten requests\n"
    "{\n"
    "    \"name\": \"tiny\",\n"
    "    \"duration\": \"10m\",\n"
    "    \"deployments\": {\n"
    "        \"chat\": {\n"
    "            \"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\",\n"
    "            \"cold_start\": \"90s\",\n"
    "            \"autoscaling\": {\"min_replica_count\": 0, \"max_replica_count\": 1},\n"
    "            \"traffic\": {\"type\": \"constant\", \"rate_per_s\": 0.02, \"stop\": \"8m\",\n"
    "                        \"prompt_tokens\": 100, \"output_tokens\": 20}\n"
    "        }\n"
    "    }\n"
    "}\n";

const char *const result_files[] = {"summary.csv",           "timeseries.csv", "events.csv",
                                    "latency_histogram.csv", "requests.csv",   "refusals.csv",
                                    "scenario.json",         "verdicts.json",  NULL};

void expect_done(ProgramResult result) {
    cr_assert_eq(result.status, 0, "status %d: %s", result.status, result.errors);
    cr_assert_str_empty(result.errors, "stderr: %s", result.errors);
    program_clear(&result);
}

void expect_says(ProgramResult result, const char *const texts[]) {
    for (; *texts != NULL; texts++) {
        cr_assert_not_null(strstr(result.output, *texts), "\"%s\" is not in: %s", *texts,
                           result.output);
    }
    expect_done(result);
}

static void expect_whole_lines(const char *text) {
    const size_t length = strlen(text);
    cr_assert(length > 0 && text[length - 1] == '\n', "an unfinished line: \"%s\"", text);
    for (const char *at = text; *at != '\0'; at++) {
        cr_assert(*at == '\n' || (unsigned char)*at >= 0x20, "byte 0x%02x in: %s",
                  (unsigned)(unsigned char)*at, text);
    }
}

static void expect_told(ProgramResult result, int status, const char *const texts[]) {
    cr_assert_eq(result.status, status, "status %d: %s", result.status, result.errors);
    cr_assert_eq(result.output_length, 0, "stdout: %s", result.output);
    expect_whole_lines(result.errors);
    for (; *texts != NULL; texts++) {
        cr_assert_not_null(strstr(result.errors, *texts), "\"%s\" is not in: %s", *texts,
                           result.errors);
    }
    cr_assert_leq(result.errors_length, 4096, "%zu bytes of errors", result.errors_length);
    program_clear(&result);
}

void expect_refused(ProgramResult result, const char *const texts[]) {
    expect_told(result, 2, texts);
}

void expect_failed(ProgramResult result, const char *const texts[]) {
    expect_told(result, 1, texts);
}

cJSON *expect_json(ProgramResult result) {
    cr_assert_eq(result.status, 0, "status %d: %s", result.status, result.errors);
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithOpts(result.output, &end, true);
    cr_assert_not_null(json, "no JSON: %.200s", result.output);
    program_clear(&result);
    return json;
}

double cli_json_number(const cJSON *object, const char *key) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert(cJSON_IsNumber(node), "%s is no number", key);
    return node->valuedouble;
}

const cJSON *json_deployment(const cJSON *summary, const char *name) {
    const cJSON *deployments = cJSON_GetObjectItemCaseSensitive(summary, "deployments");
    const cJSON *deployment = cJSON_GetObjectItemCaseSensitive(deployments, name);
    cr_assert_not_null(deployment, "there is no deployment %s", name);
    return deployment;
}

static double json_sum(const cJSON *object, const char *const keys[]) {
    double sum = 0;
    for (; *keys != NULL; keys++) {
        sum += cli_json_number(object, *keys);
    }
    return sum;
}

void expect_accounted(const cJSON *deployment) {
    static const char *const fates[] = {"completed", "given_up",  "abandoned",
                                        "rejected",  "in_flight", NULL};
    static const char *const answers[] = {"answers_200", "answers_400", "answers_404",
                                          "answers_429", "answers_503", "unanswered",
                                          NULL};
    cr_assert_eq(cli_json_number(deployment, "requests"), json_sum(deployment, fates));
    cr_assert_eq(cli_json_number(deployment, "sends"), json_sum(deployment, answers));
}

static void expect_same_file(const char *one_folder, const char *other_folder, const char *name) {
    size_t one_length, other_length;
    char *one = folder_file_bytes(one_folder, name, &one_length);
    char *other = folder_file_bytes(other_folder, name, &other_length);
    cr_assert(one != NULL && other != NULL, "%s is missing", name);
    cr_assert(one_length == other_length && memcmp(one, other, one_length) == 0,
              "%s differs between %s and %s", name, one_folder, other_folder);
    free(one);
    free(other);
}

void expect_same_files(const char *one_folder, const char *other_folder,
                       const char *const names[]) {
    for (; *names != NULL; names++) {
        expect_same_file(one_folder, other_folder, *names);
    }
}

void expect_case(const char *script, const char *name) {
    enum { SECONDS = 300, CANNOT_BE = 77 };
    const ProgramPlace place = {.program = script, .seconds = SECONDS};
    ProgramResult result = RUN_IN(place, name);
    if (result.status == CANNOT_BE) {
        cr_skip_test("%s: %s", name, result.errors);
    }
    cr_assert_eq(result.status, 0, "status %d: %s%s", result.status, result.errors, result.output);
    cr_log_info("%s", result.output);
    program_clear(&result);
}
