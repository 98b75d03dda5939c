// SPDX-License-Identifier: GPL-3.0-or-later
/* A deployment written as a firectl command and read back is the same deployment. */
#include "base/json.h"
#include "base/text.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/firectl.h"
#include "scenario/option_json.h"
#include "scenario/reading.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *command_of(const char *const sets[], TextList *notes) {
    Scenario *scenario = reading_with(sets);
    char *command = firectl_command(&scenario->deployments[0], NULL, notes);
    scenario_destroy(scenario);
    return command;
}

static char *autoscaling_of(const Scenario *scenario) {
    const DeploymentConfig *deployment = &scenario->deployments[0];
    cJSON *tree = json_object();
    options_to_json(tree, policies[deployment->policy]->options, deployment->autoscaling);
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}

/* The command, over the scenario as it was before the changes, gives what the changes give. */
static void expect_round_trip(const char *const sets[]) {
    TextList notes = {0}, unheard = {0};
    OverrideList list = {0};
    ErrorList errors = {0};
    char *command = command_of(sets, &notes);
    cr_assert(firectl_parse(command, "chat", &list, &unheard, &errors), "%s", command);
    cr_expect_eq(unheard.count, 0, "%s", command);
    Scenario *changed = reading_with(sets), *back = reading_scenario(reading_base, &list);
    char *expected = autoscaling_of(changed), *got = autoscaling_of(back);
    cr_expect_str_eq(got, expected, "%s", command);
    const DeploymentConfig *one = &changed->deployments[0], *other = &back->deployments[0];
    cr_expect_str_eq(other->model, one->model);
    cr_expect_str_eq(other->accelerator, one->accelerator);
    cr_expect_str_eq(other->precision, one->precision);
    cr_expect_eq(other->accelerator_count, one->accelerator_count);
    cr_expect_eq(other->max_concurrency_per_replica, one->max_concurrency_per_replica);
    free(expected);
    free(got);
    scenario_destroy(changed);
    scenario_destroy(back);
    overrides_clear(&list);
    text_list_clear(&notes);
    text_list_clear(&unheard);
    free(command);
}
#define ROUND_TRIP(...) expect_round_trip((const char *const[]){__VA_ARGS__, NULL})

#define SCHEDULES "deployments.chat.autoscaling.scaling_schedules"

/* An object by name, as the API has it; without a name of its own a schedule gets a number. */
Test(firectl_command, scaling_schedules) {
    const char *const sets[] = {
        "deployments.chat.autoscaling.max_replica_count=4",
        SCHEDULES
        "=[{\"name\":\"office\",\"min_replica_count\":2,\"schedule\":\"0 8 * * Mon-Fri\","
        "\"duration\":\"11h\",\"timezone\":\"UTC\",\"description\":\"it's day\"},"
        "{\"name\":\"off\",\"min_replica_count\":0,\"schedule\":\"5 0 1 * *\",\"duration\":"
        "\"5m\",\"timezone\":\"UTC\",\"disabled\":true}]",
        NULL};
    TextList notes = {0};
    char *command = command_of(sets, &notes);
    cr_expect(strstr(command, "{\"office\": {\"minReplicaCount\": 2, \"schedule\": \"0 8 * * "
                              "Mon-Fri\", \"duration\": \"39600s\"") != NULL,
              "%s", command);
    free(command);
    text_list_clear(&notes);
    expect_round_trip(sets);
}

/* The flag says less than the scenario: read, it is told to be the scenario's. */
Test(firectl_command, a_preemptible_deployment) {
    TextList notes = {0};
    OverrideList list = {0};
    ErrorList errors = {0};
    char *command =
        command_of((const char *const[]){"deployments.chat.preemptible=6h", NULL}, &notes);
    cr_expect_not_null(strstr(command, " --preemptible"), "%s", command);
    cr_assert(firectl_parse(command, "chat", &list, &notes, &errors), "%s", command);
    cr_assert_eq(notes.count, 1);
    cr_expect_not_null(
        strstr(notes.items[0], "--preemptible: is simulated where the scenario says"), "%s",
        notes.items[0]);
    overrides_clear(&list);
    text_list_clear(&notes);
    free(command);
    command = command_of((const char *const[]){NULL}, &notes);
    cr_expect_null(strstr(command, "--preemptible"), "%s", command);
    text_list_clear(&notes);
    free(command);
}

Test(firectl_command, reads_back_as_the_same_deployment) {
    ROUND_TRIP("seed=1");
    ROUND_TRIP("deployments.chat.autoscaling.min_replica_count=2",
               "deployments.chat.autoscaling.max_replica_count=7",
               "deployments.chat.autoscaling.scale_up_window=1m30s",
               "deployments.chat.autoscaling.scale_down_window=500ms",
               "deployments.chat.autoscaling.scale_to_zero_window=7d");
    ROUND_TRIP("deployments.chat.autoscaling.max_replica_count=0");
    ROUND_TRIP("deployments.chat.autoscaling.load_targets.default=0.35");
    ROUND_TRIP("deployments.chat.autoscaling.load_targets.concurrent_requests=12.5",
               "deployments.chat.autoscaling.load_targets.tokens_generated_per_second=900");
    ROUND_TRIP("deployments.chat.autoscaling.load_targets=default=0.8,concurrent_requests=4");
    ROUND_TRIP("deployments.chat.accelerator=H200", "deployments.chat.accelerator_count=2",
               "deployments.chat.precision=bf16", "deployments.chat.max_concurrency_per_replica=9");
    ROUND_TRIP("deployments.chat.accelerator=B200");
}

Test(firectl_command, says_only_what_is_not_the_default) {
    TextList notes = {0};
    char *command =
        command_of((const char *const[]){"deployments.chat.autoscaling.scale_up_window=30s",
                                         "deployments.chat.autoscaling.scale_down_window=2m", NULL},
                   &notes);
    cr_expect_null(strstr(command, "--scale-up-window"), "%s", command);
    cr_expect_null(strstr(command, "--load-targets"), "%s", command);
    cr_expect_not_null(strstr(command, "--scale-down-window 2m"), "%s", command);
    cr_expect_not_null(strstr(command, "--min-replica-count 0"), "%s", command);
    cr_expect_not_null(strstr(command, "--max-replica-count "), "%s", command);
    cr_expect_eq(notes.count, 0);
    free(command);
}

/* What was chosen is said, though it is the default. */
Test(firectl_command, says_what_was_changed) {
    TextList notes = {0};
    OverrideList changes = {0};
    overrides_add(&changes, "deployments.*.autoscaling.scale_up_window", "30s", "test");
    overrides_add(&changes, "deployments.chat.autoscaling.load_targets.default", "0.8", "test");
    overrides_add(&changes, "deployments.mail.autoscaling.scale_down_window", "10m", "test");
    overrides_add(&changes, "deployments.chat.max_concurrency_per_replica", "0", "test");
    Scenario *scenario = reading_with((const char *const[]){"seed=1", NULL});
    char *command = firectl_command(&scenario->deployments[0], &changes, &notes);
    cr_expect_not_null(strstr(command, "--scale-up-window 30s"), "%s", command);
    cr_expect_not_null(strstr(command, "--load-targets default=0.8"), "%s", command);
    cr_expect_not_null(strstr(command, "--max-concurrency-per-replica 0"), "%s", command);
    cr_expect_null(strstr(command, "--scale-down-window"), "that is another one's: %s", command);
    free(command);
    scenario_destroy(scenario);
    overrides_clear(&changes);
}

Test(firectl_command, a_region_has_to_be_named_by_the_user) {
    TextList notes = {0};
    char *command =
        command_of((const char *const[]){"deployments.chat.region_restricted=true", NULL}, &notes);
    cr_expect_null(strstr(command, "--region"), "%s", command);
    cr_assert_eq(notes.count, 1);
    cr_expect_not_null(strstr(notes.items[0], "--region"));
    text_list_clear(&notes);
    free(command);
}

Test(firectl_command, which_paths_have_a_flag) {
    cr_expect(firectl_can_set("deployments.chat.autoscaling.load_targets.concurrent_requests"));
    cr_expect(firectl_can_set("deployments.*.autoscaling.min_replica_count"));
    cr_expect(firectl_can_set("deployments.chat.accelerator_count"));
    cr_expect(firectl_can_set("deployments.chat.model"));
    cr_expect_not(firectl_can_set("deployments.chat.autoscaling.window_rule"));
    cr_expect_not(firectl_can_set("deployments.chat.client.max_sends"));
    cr_expect_not(firectl_can_set("deployments.chat.min_replica_count"));
    cr_expect_not(firectl_can_set("pools.H100.reserved_gpus"));
    cr_expect_not(firectl_can_set("seed"));
}
