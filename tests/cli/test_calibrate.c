// SPDX-License-Identifier: GPL-3.0-or-later
/* `calibrate`: from a log to a profile to a scenario, and what is refused on the way. */
#include "cli/cli_checks.h"

#include "base/memory.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *scratch, *log_file, *profile, *scenario;

/* Requests one after another on an idle replica: 10 ms, 0.05 ms a prompt token. */
static char *easy_log(void) {
    Text text = {0};
    text_add(&text, "arrival_s,prompt_tokens,output_tokens,ttft_ms,tpot_ms\n");
    for (int i = 0; i < 24; i++) {
        const int prompt = 100 + 37 * (i * 7 % 24);
        text_addf(&text, "%d,%d,%d,%.3f,%.3f\n", 3 * i, prompt, 20 + i, 17 + 0.05 * prompt,
                  10.05 + 5e-5 * prompt);
    }
    return text_take(&text);
}

static void set_up(void) {
    scratch = scratch_make();
    char *text = easy_log();
    log_file = scratch_text(scratch, "log.csv", text);
    profile = scratch_path(scratch, "mine.json");
    scenario = scratch_text(
        scratch, "s.json",
        "{\"duration\": \"1m\", \"deployments\": {\"chat\": {\"profile\": "
        "\"mine.json\", \"usd_per_gpu_hour\": 2, \"cold_start\": \"1s\", \"traffic\": {\"type\": "
        "\"constant\", \"rate_per_s\": 1, \"prompt_tokens\": 100, "
        "\"output_tokens\": 20}}}}");
    free(text);
}

static void tear_down(void) {
    free(log_file);
    free(profile);
    free(scenario);
    scratch_remove(scratch);
}

TestSuite(calibrate, .init = set_up, .fini = tear_down, .timeout = 300);

static const cJSON *at(const cJSON *tree, const char *a, const char *b) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(tree, a);
    return b != NULL ? cJSON_GetObjectItemCaseSensitive(node, b) : node;
}

Test(calibrate, writes_a_profile_that_a_scenario_takes) {
    SAYS(RUN("calibrate", log_file, "--model", "llama-v3p1-8b-instruct", "--accelerator",
             "RTX 9090", "--accelerator-count", "1", "--out", profile),
         "24 requests within", "Limits", "Coefficients", "second half, held out",
         "To be believed from", "Written to");
    cJSON *run = expect_json(RUN("validate", scenario, "--json"));
    cJSON_Delete(run);
    ProgramResult printed = RUN("validate", scenario, "--print");
    cJSON *tree = cJSON_Parse(printed.output);
    const cJSON *chat = at(at(tree, "deployments", NULL), "chat", NULL);
    cr_assert_not_null(chat);
    cr_expect_str_eq(at(chat, "accelerator", NULL)->valuestring, "RTX 9090");
    cr_expect_str_eq(at(chat, "profile_source", NULL)->valuestring,
                     "calibrated on log.csv: 24 requests");
    cr_expect_float_eq(at(chat, "profile", "c0_ms")->valuedouble, 10, 0.5);
    cr_expect_float_eq(at(chat, "profile", "c_prefill_ms")->valuedouble, 0.05, 0.005);
    cr_expect_eq(at(chat, "profile_range", "decoding_most")->valueint, 1);
    cJSON_Delete(tree);
    program_clear(&printed);
    expect_done(RUN("run", scenario));
}

/* 0.2 requests a second are one at a time; 20 are not. */
Test(calibrate, a_run_far_beyond_the_range_is_told_so) {
    char *out = scratch_path(scratch, "out");
    expect_done(RUN("calibrate", log_file, "--out", profile, "--quiet", "--set",
                    "kv_capacity_tokens=100000"));
    cJSON *quiet = expect_json(RUN("run", scenario, "--json", "--set",
                                   "deployments.chat.traffic.rate_per_s=0.2", "--set",
                                   "deployments.chat.autoscaling.min_replica_count=1"));
    cr_expect_null(at(at(quiet, "verdicts", "chat"), "warning", NULL));
    cJSON_Delete(quiet);
    SAYS(RUN("run", scenario, "--out", out, "--set", "deployments.chat.traffic.rate_per_s=20"),
         "warning", "beyond the load at which the profile was measured (1 sequences decoding");
    char *manifest = folder_file_bytes(out, "manifest.json", NULL);
    cJSON *tree = cJSON_Parse(manifest);
    cr_expect_not_null(
        strstr(cJSON_GetArrayItem(at(tree, "warnings", NULL), 0)->valuestring, "chat: "));
    cr_expect_not_null(strstr(manifest, "mine.json"), "the profile is an input");
    cJSON_Delete(tree);
    free(manifest);
    free(out);
}

/* The same bytes again, and nothing over what is there. */
Test(calibrate, gives_the_same_again_and_spares_what_is_there) {
    char *again = scratch_path(scratch, "again.json");
    expect_done(RUN("calibrate", log_file, "--out", profile, "--quiet"));
    expect_done(RUN("calibrate", log_file, "--out", again, "--quiet"));
    char *one = file_bytes(profile, NULL), *other = file_bytes(again, NULL);
    cr_expect_str_eq(one, other);
    REFUSED(RUN("calibrate", log_file, "--out", profile), "--out", "--force");
    expect_done(RUN("calibrate", log_file, "--out", profile, "--force", "--quiet"));
    free(one);
    free(other);
    free(again);
}

Test(calibrate, what_is_known_is_not_fitted) {
    cJSON *tree = expect_json(RUN("calibrate", log_file, "--json", "--set", "c0_ms=9", "--set",
                                  "batch_slots=33", "--fit-on", "first-half"));
    cr_expect_float_eq(at(tree, "profile", "c0_ms")->valuedouble, 9, 0);
    cr_expect_eq(at(tree, "profile", "batch_slots")->valueint, 33);
    const cJSON *limits = at(tree, "calibration", "limits");
    cr_expect_str_eq(at(limits, "batch_slots", "from")->valuestring, "given");
    cr_expect_str_eq(at(tree, "calibration", "fit_on")->valuestring, "first-half");
    cJSON_Delete(tree);
}

/* Any name will do, so a name that is nearly known is pointed out. */
Test(calibrate, what_the_catalogue_does_not_know_is_named) {
    SAYS(RUN("calibrate", log_file, "--model", "llama-v3p1-8b-instrct", "--accelerator", "H10O"),
         "no model \"llama-v3p1-8b-instrct\": did you mean \"llama-v3p1-8b-instruct\"?",
         "no GPU \"H10O\": did you mean \"H100\"?");
}

Test(calibrate, mistakes_of_the_command_line) {
    REFUSED(RUN("calibrate", log_file, "--out", scratch, "--force"), "--out",
            "expected a file, not a directory");
    REFUSED(RUN("calibrate", log_file, "--set", "batch_slot=3"), "--set", "batch_slots");
    REFUSED(RUN("calibrate", log_file, "--set", "batch_slots=x"), "--set", "x", "whole number");
    REFUSED(RUN("calibrate", log_file, "--set", "kv_block_tokens=3"), "a power of two");
    REFUSED(RUN("calibrate", log_file, "--fit-on", "half"), "--fit-on", "first-half");
    REFUSED(RUN("calibrate", log_file, "--precision", "fp7"), "--precision", "fp8");
    REFUSED(RUN("calibrate", log_file, "--json", "--quiet"), "--json");
    REFUSED(RUN("calibrate", "nothing.jsonl"), "nothing.jsonl");
    REFUSED(RUN("calibrate"), "LOG");
    cr_expect_not(file_exists(profile));
}

/* Else the other values would be the catalogue's, and nobody would know. */
Test(calibrate, one_value_of_a_profile_file_is_not_set_from_outside) {
    free(scratch_text(
        scratch, "mine.json",
        "{\"accelerator\": \"H200\", \"model\": \"llama-v3p1-8b-instruct\", "
        "\"profile\": {\"c0_ms\": 6, \"c_prefill_ms\": 0.02, \"c_decode_ms\": 0.02}}"));
    expect_done(RUN("validate", scenario));
    REFUSED(RUN("validate", scenario, "--set", "deployments.chat.profile.batch_slots=20"),
            "profile.batch_slots: found the file mine.json");
}

Test(calibrate, mistakes_in_a_profile_file_have_their_place) {
    REFUSED(RUN("validate", scenario), "mine.json", "No such file");
    free(scratch_text(scratch, "mine.json",
                      "{\"profile\": {\"c0_ms\": 6,\n\"c_prefill_ms\": 0.02, \"c_decode_ms\": "
                      "-1,\n\"kv_capacity_tokens\": 90000}}"));
    REFUSED(RUN("validate", scenario), "mine.json:2: profile.c_decode_ms: found -1");
    free(scratch_text(scratch, "mine.json", "{\"profiles\": {}}"));
    REFUSED(RUN("validate", scenario), "mine.json:1: profiles", "did you mean \"profile\"");
    free(scratch_text(
        scratch, "mine.json",
        "{\"accelerator\": \"H200\", \"model\": \"llama-v3p1-8b-instruct\", "
        "\"profile\": {\"c0_ms\": 6, \"c_prefill_ms\": 0.02, \"c_decode_ms\": 0.02}}"));
    REFUSED(RUN("validate", scenario, "--set", "deployments.chat.accelerator=H100"), "H200",
            "which the profile is of");
    expect_done(RUN("validate", scenario));
}
