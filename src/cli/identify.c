// SPDX-License-Identifier: GPL-3.0-or-later
/* `identify`: what is assumed of an autoscaler, read from a recording of it. */
#include "base/memory.h"
#include "base/output_directory.h"
#include "base/task_pool.h"
#include "base/text.h"
#include "cli/commands.h"
#include "experiment/identification.h"
#include "experiment/recording.h"
#include "scenario/deployment.h"
#include "scenario/overrides.h"
#include "scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Only what an autoscaler is told of it matters. */
static const char default_scenario[] =
    "{\"duration\": \"1m\", \"deployments\": {\"recorded\": {\"model\": "
    "\"llama-v3p1-8b-instruct\", \"traffic\": {\"type\": \"constant\", \"rate_per_s\": 1, "
    "\"prompt_tokens\": 1, \"output_tokens\": 1}}}}";

typedef struct Settings {
    int64_t jobs;
} Settings;

/* clang-format off */
static const Option setting_options[] = {
    {OPTION_ROW(Settings, jobs, INTEGER, OURS), .minimum = 1, .maximum = 1024}, OPTION_END};
/* clang-format on */

/* The deployment that the scenario and the command line describe; NULL after adding an error. */
static const DeploymentConfig *find_deployment(const Scenario *scenario, const char *name,
                                               bool is_default, ErrorList *errors) {
    if (scenario->deployment_count == 1 && (is_default || name == NULL)) {
        return &scenario->deployments[0];
    }
    const size_t number = name != NULL ? scenario_deployment_number(scenario, name) : SIZE_MAX;
    if (number == SIZE_MAX) {
        error_in_option(errors, "--deployment", name != NULL ? name : "several deployments",
                        "the name of a deployment of the scenario", NULL);
        return NULL;
    }
    return &scenario->deployments[number];
}

static Scenario *read_scenario(const Arguments *arguments, ErrorList *errors) {
    const char *file = arguments_value(arguments, "scenario");
    OverrideList changes = {0};
    Scenario *scenario = NULL;
    if (scenario_one_preset(arguments, errors) &&
        scenario_changes(&changes, arguments_value(arguments, "preset"), arguments, errors)) {
        scenario = file != NULL ? scenario_read_file(file, changes.items, changes.count, errors)
                                : scenario_read_text(default_scenario, "identify", NULL,
                                                     changes.items, changes.count, errors);
    }
    overrides_clear(&changes);
    return scenario;
}

/* Other policies are known to the letter. */
static void check_policy(const Arguments *arguments, const DeploymentConfig *deployment,
                         ErrorList *errors) {
    const char *name = arguments_value(arguments, "policy");
    const char *own = policies[deployment->policy]->policy->name;
    if (name != NULL && strcmp(name, fireworks_policy.name) != 0) {
        error_in_option(errors, "--policy", *name != '\0' ? name : "nothing",
                        "fireworks: of the others nothing is assumed",
                        error_nearest(name, &fireworks_policy.name, 1));
    } else if (strcmp(own, fireworks_policy.name) != 0) {
        error_in_option(errors, "--scenario", own, "a deployment with the policy fireworks", NULL);
    }
}

static void list_columns(const Arguments *arguments, RecordingQuestion *question) {
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].name, "column") == 0 && !arguments->given[i].is_flag) {
            text_list_add(&question->columns, memory_text(arguments->given[i].value));
        }
    }
}

static bool write_fragment(const Arguments *arguments, const Identification *identification,
                           ErrorList *errors) {
    const char *path = arguments_value(arguments, "out");
    OutputFile file;
    if (path == NULL) {
        return true;
    }
    if (!output_file_begin(&file, path, arguments_has(arguments, "force"), errors)) {
        return false;
    }
    char *text = identification_fragment(identification);
    fputs(text, file.stream);
    free(text);
    return output_file_commit(&file, errors);
}

static void print(const Arguments *arguments, const Identification *identification) {
    IdentificationAdvice advice;
    const char *out = arguments_value(arguments, "out");
    if (arguments_has(arguments, "quiet")) {
        return;
    }
    identification_advise(identification, &advice);
    if (arguments_has(arguments, "json")) {
        command_print_json(identification_json(identification, &advice));
    } else {
        identification_print(stdout, identification, &advice);
        if (out != NULL) {
            command_tell_written(out);
        }
    }
    identification_advice_clear(&advice);
}

static int identify(const Arguments *arguments, Identification *identification, ErrorList *errors) {
    if (!identification_run(identification, errors)) {
        return errors->count > 0 ? STATUS_MISTAKE : interrupt_tell("nothing was written");
    }
    if (!write_fragment(arguments, identification, errors)) {
        return STATUS_MISTAKE;
    }
    print(arguments, identification);
    return STATUS_DONE;
}

static int read_and_identify(const Arguments *arguments, const Scenario *scenario,
                             const Settings *settings, ErrorList *errors) {
    const char *name = arguments_value(arguments, "deployment");
    const bool has_scenario = arguments_has(arguments, "scenario");
    const DeploymentConfig *deployment = find_deployment(scenario, name, !has_scenario, errors);
    RecordingQuestion question = {.deployment = name};
    Recording recording = {0};
    int status = STATUS_MISTAKE;
    if (deployment == NULL) {
        return status;
    }
    check_policy(arguments, deployment, errors);
    list_columns(arguments, &question);
    if (errors->count == 0 && recording_read(&recording, arguments->positional,
                                             arguments->positional_count, &question, errors)) {
        const bool has_model = has_scenario || arguments_has(arguments, "model") ||
                               arguments_has(arguments, "firectl");
        Identification identification = {
            .recording = &recording,
            .known = *(const FireworksConfig *)deployment->autoscaling,
            .slots = has_model ? (double)deployment->profile.batch_slots : 0,
            .jobs = (size_t)settings->jobs,
            .stop = interrupt_mark()};
        status = identify(arguments, &identification, errors);
        identification_clear(&identification);
    }
    text_list_clear(&question.columns);
    recording_clear(&recording);
    return status;
}

int command_identify(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    Settings settings = {.jobs = (int64_t)task_pool_default_jobs()};
    simulate_options_agree(arguments, errors);
    arguments_settings(arguments, setting_options, &settings, errors);
    Scenario *scenario = read_scenario(arguments, errors);
    const int status = scenario != NULL && errors->count == 0
                           ? read_and_identify(arguments, scenario, &settings, errors)
                           : STATUS_MISTAKE;
    scenario_destroy(scenario);
    return status;
}
