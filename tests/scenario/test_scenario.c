// SPDX-License-Identifier: GPL-3.0-or-later
/* What a scenario says, what follows when it does not, and that the scenario as run is the same
 * again. */
#include "scenario/reading.h"
#include "scenario/scenario_options.h"

#include "autoscale_sim/scenario.h"
#include "base/memory.h"
#include "client/client.h"
#include "cluster/config.h"
#include "policy/policies.h"
#include "scenario/deployment.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(scenario, defaults) {
    Scenario *scenario = reading_scenario(reading_base, NULL);
    const DeploymentConfig *chat = &scenario->deployments[0];
    const FireworksConfig *autoscaling = chat->autoscaling;
    cr_expect(eq(str, scenario->name, "day"));
    cr_expect(eq(i64, scenario->seed, 1));
    cr_expect(eq(i64, scenario->start_epoch_s, 1794787200)); /* Monday 2026-11-16 */
    cr_expect(scenario->drain);
    cr_expect(eq(i64, scenario->interval, SIM_TIME_MINUTE));
    cr_expect(eq(i64, scenario->slo.ttft, SIM_TIME_NEVER));
    cr_assert(eq(sz, scenario->deployment_count, 1));
    cr_expect(eq(str, chat->name, "chat"));
    cr_expect(eq(str, chat->accelerator, "H100"));
    cr_expect(eq(i64, chat->accelerator_count, 1));
    cr_expect(eq(i64, chat->initial_replica_count, 0));
    cr_expect(eq(i64, chat->client.max_sends, 30));
    cr_expect(eq(i64, chat->client.cap, SIM_TIME_MINUTE));
    cr_expect(eq(i64, autoscaling->max_replica_count, 1));
    cr_expect(ieee_ulp_eq(dbl, autoscaling->load_targets.default_load, 0.8, 0));
    cr_assert(eq(sz, scenario->pool_count, 1));
    cr_expect(eq(str, scenario->pools[0].accelerator, "H100"));
    cr_expect(eq(i64, scenario->pools[0].on_demand_gpus, OPTION_ABSENT_INTEGER));
    cr_expect(ieee_ulp_eq(dbl, scenario->pools[0].usd_per_gpu_hour, 8, 0));
    cr_expect(ieee_ulp_eq(dbl, scenario->pools[0].reserved_usd_per_gpu_hour, 8, 0));
    scenario_destroy(scenario);
}

Test(scenario, comments_are_allowed_everywhere_but_in_texts) {
    Scenario *scenario = reading_scenario(
        "// a day\n{\"name\": \"http://x /* y */\", /* one\n two */ \"duration\": \"1h\", "
        "\"deployments\": {\"a\": {\"model\": \"llama-v3p1-8b-instruct\", // model\n"
        "\"traffic\": {\"type\": \"constant\", \"rate_per_s\": 1, \"prompt_tokens\": 1, "
        "\"output_tokens\": 1}}}} // end",
        NULL);
    cr_expect(eq(str, scenario->name, "http://x /* y */"));
    scenario_destroy(scenario);
}

Test(scenario, own_coefficients_need_no_catalogue) {
    Scenario *scenario = reading_scenario(
        "{\"duration\": \"1h\", \"deployments\": {\"a\": {\"model\": \"mine\", \"cold_start\": "
        "\"100s\", \"profile\": {\"c0_ms\": 5, \"c_prefill_ms\": 0.02, \"c_decode_ms\": 0.01, "
        "\"kv_capacity_tokens\": 1000}, \"traffic\": {\"type\": \"constant\", \"rate_per_s\": 1, "
        "\"prompt_tokens\": 1, \"output_tokens\": 1}}}}",
        NULL);
    const DeploymentConfig *deployment = &scenario->deployments[0];
    cr_expect(ieee_ulp_eq(dbl, deployment->profile.c0_ms, 5, 0));
    cr_expect(eq(i64, deployment->profile.batch_slots, 256));
    cr_expect(eq(str, deployment->profile_source, "scenario"));
    cr_expect(ieee_ulp_eq(dbl, deployment->cold_start.total.a, 100, 0));
    scenario_destroy(scenario);
}

Test(scenario, single_coefficients_go_over_the_catalogue) {
    Scenario *scenario =
        reading_with((const char *const[]){"deployments.chat.profile.batch_slots=8", NULL});
    const DeploymentConfig *chat = &scenario->deployments[0];
    cr_expect(eq(i64, chat->profile.batch_slots, 8));
    cr_expect(gt(dbl, chat->profile.c0_ms, 0));
    cr_expect(strstr(chat->profile_source, "changed by the scenario") != NULL);
    scenario_destroy(scenario);
}

Test(scenario, a_client_of_ones_own_begins_with_a_preset) {
    Scenario *scenario =
        reading_with((const char *const[]){"deployments.chat.client={\"preset\": \"curl\", "
                                           "\"max_sends\": 7, \"retry_on\": [429, 503]}",
                                           NULL});
    const ClientConfig *client = &scenario->deployments[0].client;
    cr_expect(ieee_ulp_eq(dbl, client->factor, 2, 0));
    cr_expect(eq(i64, client->max_sends, 7));
    cr_expect(client_retries(client, 429));
    scenario_destroy(scenario);
}

Test(scenario, null_takes_the_default_and_no_cap_is_one) {
    Scenario *scenario = reading_with(
        (const char *const[]){"deployments.chat.client.cap=null", "seed=9", "seed=null", NULL});
    cr_expect(eq(i64, scenario->deployments[0].client.cap, SIM_TIME_NEVER));
    cr_expect(eq(i64, scenario->seed, 1));
    scenario_destroy(scenario);
}

/* Round trip --------------------------------------------------------------------------------- */

static void expect_same_again(const Scenario *scenario) {
    Scenario *again = reading_scenario(scenario->as_run, NULL);
    cr_expect(eq(str, again->as_run, scenario->as_run));
    scenario_destroy(again);
}

Test(scenario, as_run_reads_to_the_same_bytes) {
    static const char *const sets[][6] = {
        {NULL},
        {"name=\"a \\\"quoted\\\" name\"", "question=why?\\n", "slo.ttft=1500ms", NULL},
        {"deployments.chat.client=curl", "deployments.chat.cold_start=100s", NULL},
        {"deployments.chat.cold_start={\"distribution\":\"gamma\",\"mean\":\"80s\",\"cv\":0.1}",
         "deployments.chat.traffic.prompt_tokens={\"distribution\":\"zipf\",\"exponent\":1.1,"
         "\"largest\":4000,\"maximum\":2000}",
         "deployments.chat.traffic.output_tokens={\"distribution\":\"quantiles\",\"table\":[[0,10],"
         "[0.5,100],[1,4000]]}",
         NULL},
        {"deployments.chat.cold_start.routing_lag={\"distribution\":\"fixed\",\"value\":\"12s\"}",
         "deployments.chat.cold_start.initializing={\"distribution\":\"empirical\",\"values\":["
         "\"1s\",\"2500ms\"]}",
         "pools.H100={\"reserved_gpus\":8,\"on_demand_gpus\":4,\"on_demand_available\":\"1h\","
         "\"on_demand_stocked_out\":{\"distribution\":\"weibull\",\"scale\":\"10m\",\"shape\":0.7}"
         "}",
         NULL},
        {"deployments.chat.traffic={\"type\":\"piecewise\",\"points\":[[\"0s\",0.1],[\"30m\",3.7],"
         "[\"1h\",0.30000000000000004]],\"prompt_tokens\":1,\"output_tokens\":1}",
         "deployments.chat.autoscaling.load_targets=requests_per_second=2.5,default=0.5",
         "deployments.chat.autoscaling.min_replica_count=3", NULL},
    };
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        Scenario *scenario = reading_with(sets[i]);
        expect_same_again(scenario);
        scenario_destroy(scenario);
    }
}

Test(scenario, files_are_absolute_in_as_run) {
    char directory[] = "/tmp/asim_scenario_XXXXXX";
    cr_assert(mkdtemp(directory) != NULL);
    char *trace = memory_format("%s/trace.csv", directory);
    char *path = memory_format("%s/day.json", directory);
    FILE *file = fopen(trace, "w");
    cr_assert(file != NULL);
    fclose(file);
    file = fopen(path, "w");
    fputs("{\"deployments\": {\"chat\": {\"model\": \"llama-v3p1-8b-instruct\", \"traffic\": "
          "{\"type\": \"trace\", \"file\": \"./trace.csv\"}}}}",
          file);
    fclose(file);
    ErrorList errors = {0};
    Scenario *scenario = scenario_read_file(path, NULL, 0, &errors);
    error_list_print(&errors, stderr);
    cr_assert(scenario != NULL);
    cr_expect(eq(str, scenario->name, "day"));
    cr_expect(eq(str, scenario->directory, directory));
    char *written = memory_format("\"file\": \"%s\"", trace);
    cr_expect(strstr(scenario->as_run, written) != NULL, "%s", scenario->as_run);
    expect_same_again(scenario);
    scenario_destroy(scenario);
    unlink(trace);
    unlink(path);
    rmdir(directory);
    free(written);
    free(trace);
    free(path);
}

/* Options ------------------------------------------------------------------------------------ */

/* "deployments.NAME.traffic" -> "deployments.chat.traffic" */
static char *real_path(const char *path, const char *option) {
    char *text = memory_format("%s%s%s", path, *path ? "." : "", option);
    char *name = strstr(text, "NAME"), *accelerator = strstr(text, "ACCELERATOR");
    char *tail = name ? name + 4 : accelerator ? accelerator + 11 : NULL;
    if (tail == NULL) {
        return text;
    }
    char *real = memory_format("%.*s%s%s", (int)((name ? name : accelerator) - text), text,
                               name ? "chat" : "H100", tail);
    free(text);
    return real;
}

/* A value that the option takes. */
static char *good_value(const Option *option) {
    const bool limited = option->maximum > option->minimum;
    switch (option->type) {
    case OPTION_BOOLEAN: return memory_text("true");
    case OPTION_INTEGER:
    case OPTION_NUMBER:
    case OPTION_LENGTH:
        return memory_text(limited && option->maximum <= 1 ? "1"
                           : option->minimum > 3           ? "403"
                                                           : "3");
    case OPTION_DURATION:
    case OPTION_SPAN: return memory_text(option->minimum > 60 ? "30m" : "30s");
    case OPTION_CHOICE: return memory_text(option_choice(option, 0));
    case OPTION_INSTANT: return memory_text("2026-11-20T00:00:00Z");
    case OPTION_NUMBERS: return memory_text(option->minimum > 3 ? "[503]" : "[1]");
    case OPTION_POINTS: return memory_text("[[\"1m\", 1]]");
    case OPTION_GROUP: return memory_text("{}");
    default: return memory_text("text");
    }
}

Test(scenario, every_option_can_be_set_and_is_checked) {
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        for (const Option *option = section.options; option->name != NULL; option++) {
            if (option->type == OPTION_CUSTOM) {
                continue;
            }
            OverrideList list = {0};
            char *path = real_path(section.path, option->name);
            char *value = good_value(option);
            if (strcmp(section.path, "deployments.NAME.traffic") == 0) {
                overrides_add_as(&list, OVERRIDE_SET, "deployments.chat.traffic.type",
                                 section.kind);
            }
            if (section.kind != NULL && !section.is_traffic) {
                char *policy = policies_find(section.kind)->is_own
                                   ? memory_format("{\"%s\": %s}", section.kind,
                                                   strcmp(section.kind, "command") == 0
                                                       ? "[\"true\"]"
                                                       : "\"scenarios/policies/headroom.lua\"")
                                   : memory_text(section.kind);
                overrides_add_as(&list, OVERRIDE_SET, "deployments.chat.policy", policy);
                free(policy);
            }
            overrides_add_as(&list, OVERRIDE_SET, path, value);
            char *mistakes = reading_mistakes(reading_base, &list);
            /* Other options may have to go with it, but it is known and of the right type. */
            char *unknown = memory_format("--set %s: found an unknown key", path);
            char *foreign = memory_format("--set %s: found an option of", path);
            cr_expect(strstr(mistakes, unknown) == NULL && strstr(mistakes, foreign) == NULL,
                      "%s=%s: %s", path, value, mistakes);
            free(unknown);
            free(foreign);
            free(mistakes);

            overrides_add_as(&list, OVERRIDE_SET, path, "[[[]]]");
            mistakes = reading_mistakes(reading_base, &list);
            if (option->type != OPTION_TEXT) {
                char *below = memory_format("--set %s", path);
                cr_expect(strstr(mistakes, below) != NULL, "%s=[[[]]]: %s", path, mistakes);
                free(below);
            }
            free(mistakes);
            free(path);
            free(value);
            overrides_clear(&list);
        }
    }
}

/* For other programs ------------------------------------------------------------------------- */

Test(scenario, public_interface) {
    char *message = NULL;
    const char *const overrides[] = {"seed=42", NULL};
    asim_scenario *scenario = asim_scenario_read_text(reading_base, overrides, &message);
    cr_assert(scenario != NULL);
    cr_expect(eq(ptr, message, NULL));
    cr_expect(eq(sz, asim_scenario_deployment_count(scenario), 1));
    cr_expect(eq(str, (char *)asim_scenario_deployment_name(scenario, 0), "chat"));
    cr_expect(strstr(asim_scenario_json(scenario), "\"seed\": 42") != NULL);
    asim_scenario_destroy(scenario);

    const char *const bad[] = {"seed", "sed=1", NULL};
    scenario = asim_scenario_read_text(reading_base, bad, &message);
    cr_expect(eq(ptr, scenario, NULL));
    cr_assert(message != NULL);
    cr_expect(strstr(message, "--set: found \"seed\"") != NULL, "%s", message);
    cr_expect(strstr(message, "--set sed: found an unknown key; did you mean \"seed\"?") != NULL,
              "%s", message);
    free(message);
}
