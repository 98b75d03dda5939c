// SPDX-License-Identifier: GPL-3.0-or-later
/* A scenario from its text: parsed, changed by the command line, read by the tables, checked as a
 * whole, and written down again as it will be run. */
#include "scenario/scenario.h"

#include "base/file_name.h"
#include "base/json_scan.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "scenario/deployment.h"
#include "scenario/overrides.h"
#include "scenario/pools.h"
#include "scenario/reader.h"
#include "scenario/scenario_options.h"
#include "scenario/writer.h"
#include "traffic/input.h"

#include <stdlib.h>
#include <string.h>

#define DEPLOYMENTS_MOST 65535

static void read_deployments(Reader *reader, const cJSON *node, Scenario *scenario) {
    const int count = cJSON_IsObject(node) ? cJSON_GetArraySize(node) : 0;
    if (node != NULL && !cJSON_IsObject(node)) {
        reader_refuse(reader, node, "deployments", "an object of deployments by name", NULL);
        return;
    }
    if (count == 0 || count > DEPLOYMENTS_MOST) {
        char *found = memory_format("%d deployments", count);
        reader_error(reader, "deployments", found, "1 to 65535 of them", NULL);
        free(found);
        return;
    }
    scenario->deployments = memory_new((size_t)count, sizeof scenario->deployments[0]);
    const cJSON *member;
    cJSON_ArrayForEach (member, node) {
        char *path = json_path("deployments", member->string);
        if (!text_is_name(member->string)) {
            reader_error(reader, "deployments", member->string, text_name_expected, NULL);
        }
        deployment_read(reader, member, path, &scenario->deployments[scenario->deployment_count++]);
        free(path);
    }
}

static void check_duration(Reader *reader, const Scenario *scenario) {
    if (scenario->duration != SIM_TIME_NEVER) {
        if (scenario->warmup >= scenario->duration) {
            char text[SIM_TIME_TEXT];
            reader_error(reader, "warmup", sim_time_format(scenario->warmup, text),
                         "a duration shorter than the scenario's", NULL);
        }
        return;
    }
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        if (deployment_is_endless(&scenario->deployments[i])) {
            reader_error(reader, "duration", "nothing",
                         "a duration such as 24h, for there is traffic without an end", NULL);
            return;
        }
    }
}

/* Time 0 where the user does not say -------------------------------------------------------- */

/* A trace from standard input or a pipe is looked at without being lost. */
static void read_head(Scenario *scenario, const TrafficConfig *traffic) {
    char *file = option_value_text(option_find(traffic->kind->options, "file"), traffic->config);
    InputHead head;
    if (scenario->head == NULL && input_head_read(&head, file)) {
        scenario->head = memory_new(1, sizeof head);
        *scenario->head = head;
    }
    free(file);
}

static int64_t first_recorded(Scenario *scenario, const DeploymentConfig *deployment,
                              ErrorList *errors) {
    int64_t earliest = INT64_MAX;
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        const TrafficConfig *traffic = &deployment->traffic[i];
        int64_t begins;
        if (traffic->kind->begins == NULL) {
            continue;
        }
        read_head(scenario, traffic);
        const TrafficContext context = {.stream = "start",
                                        .until = SIM_TIME_NEVER,
                                        .directory = scenario->directory,
                                        .head = scenario->head,
                                        .errors = errors};
        if (traffic->kind->begins(traffic->config, &context, &begins) && begins < earliest) {
            earliest = begins;
        }
    }
    return earliest;
}

/* Recordings that cannot be read are told when they are run. */
static void settle_start(Scenario *scenario, ErrorList *errors) {
    if (scenario->start_epoch_s != OPTION_ABSENT_INTEGER) {
        return;
    }
    int64_t earliest = INT64_MAX;
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const int64_t first = first_recorded(scenario, &scenario->deployments[i], errors);
        earliest = first < earliest ? first : earliest;
    }
    scenario->start_epoch_s = earliest < INT64_MAX ? sim_time_second(earliest) : SCENARIO_START_S;
}

static Scenario *scenario_create(const char *file_name, const char *directory) {
    Scenario *scenario = memory_new(1, sizeof *scenario);
    options_set_defaults(scenario_options, scenario);
    scenario->directory = memory_text(directory != NULL ? directory : "");
    char *stem = file_name_stem(file_name);
    scenario->name = strcmp(file_name, "-") == 0 ? memory_text("scenario") : text_file_name(stem);
    free(stem);
    return scenario;
}

static void read_scenario(Reader *reader, const cJSON *root, Scenario *scenario) {
    const ReaderKeys keys = {.foreign = scenario_key_home, .context = scenario_options};
    reader_options(reader, root, scenario_options, scenario, "", &keys);
    pools_read(reader, reader_member(root, "pools"), scenario);
    read_deployments(reader, reader_member(root, "deployments"), scenario);
    pools_assign(scenario);
    pools_check(reader, scenario);
    check_duration(reader, scenario);
}

/* mistakes, kept: of the list, before this scenario. */
static Scenario *read_tree(Reader *reader, cJSON *root, size_t mistakes, size_t kept) {
    Scenario *scenario = scenario_create(reader->file, reader->directory);
    overrides_apply(reader->overrides, reader->override_count, root, reader->errors);
    read_scenario(reader, root, scenario);
    reader_locate(reader, root, kept);
    if (reader->errors->count == mistakes) {
        settle_start(scenario, reader->errors);
    }
    if (reader->errors->count > mistakes) {
        scenario_destroy(scenario);
        return NULL;
    }
    scenario->as_run = scenario_write(scenario);
    return scenario;
}

static Scenario *read_bytes(const char *text, size_t length, const char *file_name,
                            const char *directory, const ScenarioOverride overrides[], size_t count,
                            ErrorList *errors) {
    const size_t mistakes = errors->count, kept = errors->kept;
    Reader reader = {.file = file_name,
                     .directory = directory,
                     .overrides = overrides,
                     .override_count = count,
                     .errors = errors};
    cJSON *root = json_parse(text, length, file_name, errors);
    Scenario *scenario = NULL;
    if (cJSON_IsObject(root)) {
        scenario = read_tree(&reader, root, mistakes, kept);
    } else if (root != NULL) {
        char *found = json_found(root);
        error_add(errors, &(Error){.file = file_name,
                                   .line = root->valueint,
                                   .found = found,
                                   .expected = "a scenario: an object { ... }"});
        free(found);
    }
    cJSON_Delete(root);
    return scenario;
}

Scenario *scenario_read_text(const char *json, const char *file_name, const char *directory,
                             const ScenarioOverride overrides[], size_t count, ErrorList *errors) {
    return read_bytes(json, strlen(json), file_name, directory, overrides, count, errors);
}

Scenario *scenario_read_file(const char *path, const ScenarioOverride overrides[], size_t count,
                             ErrorList *errors) {
    size_t length;
    char *text = json_file_read(path, &length, errors);
    if (text == NULL) {
        return NULL;
    }
    char *directory = strcmp(path, "-") == 0 ? memory_text(".") : file_name_directory(path);
    Scenario *scenario = read_bytes(text, length, path, directory, overrides, count, errors);
    free(directory);
    free(text);
    return scenario;
}

void scenario_destroy(Scenario *scenario) {
    if (scenario == NULL) {
        return;
    }
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        deployment_clear(&scenario->deployments[i]);
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        pool_config_clear(&scenario->pools[i]);
    }
    options_clear(scenario_options, scenario);
    free(scenario->deployments);
    free(scenario->pools);
    free(scenario->directory);
    if (scenario->head != NULL) {
        input_head_clear(scenario->head);
        free(scenario->head);
    }
    free(scenario->as_run);
    free(scenario);
}
