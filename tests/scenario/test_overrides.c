// SPDX-License-Identifier: GPL-3.0-or-later
/* Changes from the command line: paths, flags, presets, and a pasted firectl command. */
#include "base/text.h"
#include "scenario/firectl.h"
#include "scenario/presets.h"
#include "scenario/reading.h"

#include "base/memory.h"
#include "policy/policies.h"
#include "scenario/deployment.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const FireworksConfig *autoscaling(const Scenario *scenario) {
    return scenario->deployments[0].autoscaling;
}

static void expect_set_told(const char *set, const char *told) {
    OverrideList list = {0};
    ErrorList errors = {0};
    cr_assert(overrides_add_set(&list, set, &errors));
    char *mistakes = reading_mistakes(reading_base, &list);
    cr_expect(strstr(mistakes, told) != NULL, "--set %s: expected %s, but was told %s", set, told,
              mistakes);
    free(mistakes);
    overrides_clear(&list);
}

Test(overrides, paths) {
    Scenario *scenario = reading_with((const char *const[]){
        "deployments.chat.autoscaling.scale_up_window=15s", "deployments.*.initial_replica_count=1",
        "deployments.chat.traffic.0.rate_per_s=7", "slo.e2e=9s", "name=5", NULL});
    cr_expect(eq(i64, autoscaling(scenario)->scale_up_window, 15 * SIM_TIME_SECOND));
    cr_expect(eq(i64, scenario->deployments[0].initial_replica_count, 1));
    cr_expect(eq(i64, scenario->slo.e2e, 9 * SIM_TIME_SECOND));
    cr_expect(eq(str, scenario->name, "5"));
    cr_expect(strstr(scenario->as_run, "\"rate_per_s\": 7") != NULL);
    scenario_destroy(scenario);
}

Test(overrides, shorthands_keep_what_they_stand_for) {
    Scenario *scenario = reading_with((const char *const[]){
        "deployments.chat.client=curl", "deployments.chat.client.cap=40s",
        "deployments.chat.autoscaling.load_targets=requests_per_second=2",
        "deployments.chat.autoscaling.load_targets.concurrent_requests=3", NULL});
    const DeploymentConfig *chat = &scenario->deployments[0];
    cr_expect(ieee_ulp_eq(dbl, chat->client.factor, 2, 0));
    cr_expect(eq(i64, chat->client.cap, 40 * SIM_TIME_SECOND));
    cr_expect(ieee_ulp_eq(dbl, autoscaling(scenario)->load_targets.requests_per_second, 2, 0));
    cr_expect(ieee_ulp_eq(dbl, autoscaling(scenario)->load_targets.concurrent_requests, 3, 0));
    scenario_destroy(scenario);
}

Test(overrides, sources_are_added_and_addressed_by_number) {
    Scenario *scenario = reading_with((const char *const[]){
        "deployments.chat.traffic=[{\"type\":\"constant\",\"rate_per_s\":1,\"prompt_tokens\":1,"
        "\"output_tokens\":1}]",
        "deployments.chat.traffic.1={\"type\":\"trace\",\"file\":\"a.csv\"}",
        "deployments.*.traffic.*.file=/b.csv", NULL});
    cr_assert(eq(sz, scenario->deployments[0].traffic_count, 2));
    cr_expect(strstr(scenario->as_run, "\"file\": \"/b.csv\"") != NULL);
    scenario_destroy(scenario);
}

Test(overrides, mistakes_name_the_flag) {
    expect_set_told("seed=x", "command line: --set seed: found \"x\", expected a whole number");
    expect_set_told("sed=1", "--set sed: found an unknown key; did you mean \"seed\"?");
    expect_set_told("slo={\"ttf\":\"1s\"}", "--set slo.ttf: found an unknown key");
    expect_set_told("deployments.chta.model=x",
                    "--set deployments.chta.model: found a deployment \"chta\" that the scenario "
                    "does not have; did you mean \"chat\"?");
    expect_set_told("deployments.chat.autoscaling.scale_to_zero_window=1m",
                    "scale_to_zero_window: found \"1m\"");
    expect_set_told("deployments.*.traffic.*.file=x",
                    "nothing in the scenario that it could change");
    expect_set_told("deployments.chat..model=x", "an empty name between dots");
    expect_set_told("deployments.chat.autoscaling.max_replica_count=1e400", "found \"1e400\"");
    expect_set_told("name=\xff", "bytes that are not UTF-8");
}

Test(overrides, a_set_without_a_value) {
    OverrideList list = {0};
    ErrorList errors = {0};
    cr_expect(not(overrides_add_set(&list, "seed", &errors)));
    cr_expect(not(overrides_add_set(&list, "=3", &errors)));
    cr_expect(eq(sz, errors.count, 2));
    cr_expect(eq(sz, list.count, 0));
    error_list_clear(&errors);
}

/* Flags -------------------------------------------------------------------------------------- */

Test(overrides, firectls_flags_set_options) {
    OverrideList list = {0};
    static const char *const flags[][2] = {
        {"min-replica-count", "2"},
        {"max-replica-count", "5"},
        {"scale-up-window", "1m"},
        {"scale-down-window", "20m"},
        {"scale-to-zero-window", "2h"},
        {"load-targets", "requests_per_second=3"},
        {"load-targets", "default=0.5"},
        {"max-concurrency-per-replica", "64"},
        {"accelerator-type", "NVIDIA_H200_141GB"},
        {"accelerator-count", "2"},
        {"precision", "FP8_MM"},
        {"region", "us-iowa-1"},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        cr_assert(overrides_add_flag(&list, NULL, flags[i][0], flags[i][1]), "%s", flags[i][0]);
    }
    Scenario *scenario = reading_scenario(reading_base, &list);
    const DeploymentConfig *chat = &scenario->deployments[0];
    const FireworksConfig *config = autoscaling(scenario);
    cr_expect(eq(i64, config->min_replica_count, 2));
    cr_expect(eq(i64, config->max_replica_count, 5));
    cr_expect(eq(i64, config->scale_up_window, SIM_TIME_MINUTE));
    cr_expect(eq(i64, config->scale_down_window, 20 * SIM_TIME_MINUTE));
    cr_expect(eq(i64, config->scale_to_zero_window, 2 * SIM_TIME_HOUR));
    cr_expect(ieee_ulp_eq(dbl, config->load_targets.requests_per_second, 3, 0));
    cr_expect(ieee_ulp_eq(dbl, config->load_targets.default_load, 0.5, 0));
    cr_expect(eq(i64, chat->max_concurrency_per_replica, 64));
    cr_expect(eq(str, chat->accelerator, "H200"));
    cr_expect(eq(i64, chat->accelerator_count, 2));
    cr_expect(eq(str, chat->precision, "fp8"));
    cr_expect(chat->region_restricted);
    scenario_destroy(scenario);
    overrides_clear(&list);
}

Test(overrides, a_flags_mistake_is_told_once_for_all_deployments) {
    OverrideList list = {0};
    overrides_add_as(&list, OVERRIDE_SET, "deployments.code",
                     "{\"model\":\"llama-v3p1-8b-instruct\",\"traffic\":{\"type\":\"constant\","
                     "\"rate_per_s\":1,\"prompt_tokens\":1,\"output_tokens\":1}}");
    overrides_add_flag(&list, NULL, "scale-up-window", "5x");
    char *mistakes = reading_mistakes(reading_base, &list);
    cr_expect(
        eq(str, mistakes,
           "command line: --scale-up-window: found \"5x\", expected a duration such as 30s, at "
           "most 1h\n"));
    free(mistakes);
    overrides_clear(&list);
}

Test(overrides, unknown_flags) {
    OverrideList list = {0};
    cr_expect(not(overrides_add_flag(&list, NULL, "min-replicas", "1")));
    overrides_clear(&list);
}

/* Presets ------------------------------------------------------------------------------------ */

Test(overrides, every_preset_can_be_read) {
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    cr_assert(ge(sz, count, 5));
    for (size_t i = 0; i < count; i++) {
        OverrideList list = {0};
        overrides_add_preset(&list, NULL, &presets[i]);
        scenario_destroy(reading_scenario(reading_base, &list));
        overrides_clear(&list);
    }
}

Test(overrides, presets_are_whole) {
    OverrideList list = {0};
    overrides_add_as(&list, OVERRIDE_SET, "deployments.chat.autoscaling.scale_down_window", "3m");
    overrides_add_preset(&list, NULL, scenario_preset_find("performance"));
    Scenario *scenario = reading_scenario(reading_base, &list);
    const FireworksConfig *config = autoscaling(scenario);
    cr_expect(eq(i64, config->min_replica_count, 2));
    cr_expect(eq(i64, config->max_replica_count, 10));
    cr_expect(eq(i64, config->scale_up_window, 15 * SIM_TIME_SECOND));
    cr_expect(eq(i64, config->scale_down_window, 10 * SIM_TIME_MINUTE));
    cr_expect(ieee_ulp_eq(dbl, config->load_targets.concurrent_requests, 5, 0));
    scenario_destroy(scenario);
    overrides_clear(&list);
    cr_expect(eq(str, (char *)scenario_preset_nearest("cost-optimisation"), "cost-optimization"));
}

/* firectl ------------------------------------------------------------------------------------ */

static Scenario *firectl(const char *command, TextList *notes) {
    OverrideList list = {0};
    ErrorList errors = {0};
    const bool sound = firectl_parse(command, NULL, &list, notes, &errors);
    error_list_print(&errors, stderr);
    cr_assert(sound);
    Scenario *scenario = reading_scenario(reading_base, &list);
    overrides_clear(&list);
    return scenario;
}

/* The documentation's commands with a model in the place of <MODEL_NAME>. */
Test(firectl, cost_optimization) {
    TextList notes = {0};
    Scenario *scenario = firectl("firectl deployment create llama-v3p1-8b-instruct \\\n"
                                 "      --min-replica-count 0 \\\n"
                                 "      --max-replica-count 3 \\\n"
                                 "      --scale-to-zero-window 1h\n",
                                 &notes);
    cr_expect(eq(i64, autoscaling(scenario)->min_replica_count, 0));
    cr_expect(eq(i64, autoscaling(scenario)->max_replica_count, 3));
    cr_expect(eq(i64, autoscaling(scenario)->scale_to_zero_window, SIM_TIME_HOUR));
    cr_expect(eq(sz, notes.count, 0));
    scenario_destroy(scenario);
}

Test(firectl, performance) {
    TextList notes = {0};
    Scenario *scenario = firectl("firectl deployment create llama-v3p1-8b-instruct \\\n"
                                 "      --min-replica-count 2 \\\n"
                                 "      --max-replica-count 10 \\\n"
                                 "      --scale-up-window 15s \\\n"
                                 "      --load-targets concurrent_requests=5\n",
                                 &notes);
    cr_expect(eq(i64, autoscaling(scenario)->min_replica_count, 2));
    cr_expect(eq(i64, autoscaling(scenario)->max_replica_count, 10));
    cr_expect(eq(i64, autoscaling(scenario)->scale_up_window, 15 * SIM_TIME_SECOND));
    cr_expect(ieee_ulp_eq(dbl, autoscaling(scenario)->load_targets.concurrent_requests, 5, 0));
    cr_expect(isnan(autoscaling(scenario)->load_targets.default_load));
    scenario_destroy(scenario);
}

Test(firectl, predictable_traffic) {
    TextList notes = {0};
    Scenario *scenario = firectl("firectl deployment create llama-v3p1-8b-instruct \\\n"
                                 "      --min-replica-count 3 \\\n"
                                 "      --max-replica-count 5 \\\n"
                                 "      --scale-down-window 30m \\\n"
                                 "      --load-targets tokens_generated_per_second=150\n",
                                 &notes);
    cr_expect(eq(i64, autoscaling(scenario)->min_replica_count, 3));
    cr_expect(eq(i64, autoscaling(scenario)->scale_down_window, 30 * SIM_TIME_MINUTE));
    cr_expect(eq(i64, autoscaling(scenario)->load_targets.tokens_generated_per_second, 150));
    scenario_destroy(scenario);
}

Test(firectl, spellings_of_a_shell) {
    TextList notes = {0};
    Scenario *scenario =
        firectl("$ firectl create deployment 'accounts/fireworks/models/llama-v3p1-8b-instruct' "
                "--min-replica-count=1 --load-targets \"default=0.5,requests_per_second=2\" "
                "--load-targets concurrent_requests=4 -o json --wait --wait-timeout 1h0m0s "
                "--draft-model='x y'",
                &notes);
    const FireworksConfig *config = autoscaling(scenario);
    cr_expect(eq(str, scenario->deployments[0].model, "llama-v3p1-8b-instruct"));
    cr_expect(eq(i64, config->min_replica_count, 1));
    cr_expect(ieee_ulp_eq(dbl, config->load_targets.default_load, 0.5, 0));
    cr_expect(ieee_ulp_eq(dbl, config->load_targets.concurrent_requests, 4, 0));
    cr_assert(eq(sz, notes.count, 4));
    cr_expect(eq(str, notes.items[0], "--output: does not matter to the simulation"));
    cr_expect(eq(str, notes.items[3], "--draft-model: is not simulated"));
    text_list_clear(&notes);
    scenario_destroy(scenario);
}

Test(firectl, what_the_command_leaves_out_is_at_firectls_default) {
    OverrideList list = {0};
    TextList notes = {0};
    ErrorList errors = {0};
    overrides_add_as(&list, OVERRIDE_SET, "deployments.chat.autoscaling.scale_up_window", "3m");
    overrides_add_as(&list, OVERRIDE_SET, "deployments.chat.autoscaling.window_rule", "delay");
    cr_assert(
        firectl_parse("deployment create llama-v3p1-8b-instruct", "chat", &list, &notes, &errors));
    Scenario *scenario = reading_scenario(reading_base, &list);
    cr_expect(eq(i64, autoscaling(scenario)->scale_up_window, 30 * SIM_TIME_SECOND));
    cr_expect(eq(int, autoscaling(scenario)->window_rule, FIREWORKS_DELAY));
    scenario_destroy(scenario);
    overrides_clear(&list);
}

Test(firectl, another_model_takes_its_predecessors_figures_away) {
    OverrideList list = {0};
    TextList notes = {0};
    ErrorList errors = {0};
    overrides_add_as(&list, OVERRIDE_SET, "deployments.chat.profile.batch_slots", "8");
    cr_assert(
        firectl_parse("deployment create llama-v3p1-70b-instruct", NULL, &list, &notes, &errors));
    Scenario *scenario = reading_scenario(reading_base, &list);
    cr_expect(eq(i64, scenario->deployments[0].profile.batch_slots, 256));
    scenario_destroy(scenario);
    overrides_clear(&list);
}

Test(firectl, a_placeholder_keeps_the_scenarios_model) {
    TextList notes = {0};
    Scenario *scenario =
        firectl("firectl deployment create <MODEL_NAME> --max-replica-count 3", &notes);
    cr_expect(eq(str, scenario->deployments[0].model, "llama-v3p1-8b-instruct"));
    cr_expect(eq(sz, notes.count, 1));
    text_list_clear(&notes);
    scenario_destroy(scenario);
}

static void expect_refused(const char *command, const char *told) {
    OverrideList list = {0};
    TextList notes = {0};
    ErrorList errors = {0};
    cr_expect(not(firectl_parse(command, NULL, &list, &notes, &errors)), "%s", command);
    cr_expect(eq(sz, list.count, 0));
    char *text = errors.count > 0 ? error_text(&errors.items[0]) : memory_text("");
    cr_expect(strstr(text, told) != NULL, "%s: expected %s, but was told %s", command, told, text);
    free(text);
    error_list_clear(&errors);
    text_list_clear(&notes);
}

Test(firectl, mistakes) {
    expect_refused("", "expected firectl deployment create MODEL");
    expect_refused("firectl deployment delete x", "found \"delete\"");
    expect_refused("firectl deployment create", "found nothing, expected a model's name");
    expect_refused("firectl deployment create a b", "found \"b\", expected one model");
    expect_refused("firectl deployment create a --min-replica-cout 3",
                   "did you mean \"--min-replica-count\"?");
    expect_refused("firectl deployment create a --scale-up-window", "expected a value");
    expect_refused("firectl deployment create 'a", "expected a closing quote");
    expect_refused("firectl deployment create a && rm x", "expected one command alone");
    expect_refused("firectl deployment create a -z", "-z: found an unknown flag");
}
