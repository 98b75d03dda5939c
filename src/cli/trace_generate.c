// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace generate`: the requests of a scenario's deployment, as a file. A source by itself, or an
 * array of them, is taken as the traffic of a scenario with one deployment. */
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/interrupt.h"
#include "cli/trace.h"
#include "scenario/overrides.h"

#include <stdlib.h>
#include <string.h>

/* Reading -----------------------------------------------------------------------------------------
 */

static bool collect_overrides(OverrideList *list, const Arguments *arguments, bool is_source,
                              ErrorList *errors) {
    bool ok = true;
    for (size_t i = 0; i < arguments->given_count; i++) {
        const char *name = arguments->given[i].name, *value = arguments->given[i].value;
        if (strcmp(name, "duration") == 0 || strcmp(name, "seed") == 0 ||
            strcmp(name, "replication") == 0) {
            char *flag = memory_format("--%s", name);
            overrides_add(list, name, value, flag);
            free(flag);
        } else if (strcmp(name, "set") == 0) {
            char *text = is_source ? memory_format("deployments.source.traffic.%s", value)
                                   : memory_text(value);
            ok = overrides_add_set(list, text, errors) && ok;
            free(text);
        }
    }
    return ok;
}

/* The source as the traffic of a scenario. */
static void wrap_source(JsonTree *tree) {
    const long line = json_place(tree, tree->root).line;
    cJSON *root = json_object(), *deployments = json_object(), *deployment = json_object();
    json_add(deployment, "model", json_text("llama-v3p1-8b-instruct"));
    json_add(deployment, "accelerator", json_text("H100"));
    json_add(deployment, "traffic", tree->root);
    json_add(deployments, "source", deployment);
    json_add(root, "deployments", deployments);
    json_place_set(tree, (JsonPlace){.node = root, .line = line});
    tree->root = root;
}

static Scenario *read_tree(JsonTree *tree, const char *file, const Arguments *arguments,
                           ErrorList *errors) {
    const bool is_source = cJSON_IsArray(tree->root) ||
                           (cJSON_GetObjectItemCaseSensitive(tree->root, "type") != NULL &&
                            cJSON_GetObjectItemCaseSensitive(tree->root, "deployments") == NULL);
    OverrideList overrides = {0};
    Scenario *scenario = NULL;
    if (collect_overrides(&overrides, arguments, is_source, errors)) {
        if (is_source) {
            wrap_source(tree);
        }
        char *directory = file_name_directory(file);
        scenario = scenario_read(tree, file, directory, overrides.items, overrides.count, errors);
        free(directory);
    }
    overrides_clear(&overrides);
    return scenario;
}

static Scenario *read_scenario(const char *file, const Arguments *arguments, ErrorList *errors) {
    JsonTree tree;
    json_read(&tree, file, errors);
    Scenario *scenario = errors->count == 0 ? read_tree(&tree, file, arguments, errors) : NULL;
    json_clear(&tree);
    return scenario;
}

/* The only deployment, or the one that --deployment names; NULL after adding an error. */
static const DeploymentConfig *choose(const Scenario *scenario, const Arguments *arguments,
                                      ErrorList *errors) {
    const char *name = arguments_value(arguments, "deployment");
    if (name == NULL && scenario->deployment_count == 1) {
        return &scenario->deployments[0];
    }
    const DeploymentConfig *chosen = NULL, *all = scenario->deployments;
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        if (name != NULL && strcmp(name, all[i].name) == 0) {
            chosen = &scenario->deployments[i];
        }
    }
    if (chosen == NULL) {
        error_in_option(errors, "--deployment", name ? name : "nothing",
                        "the name of one of the scenario's deployments",
                        name ? error_nearest_row(name, all, scenario->deployment_count, name)
                             : all->name);
    }
    return chosen;
}

/* Opening -----------------------------------------------------------------------------------------
 */

static bool refuse_loop(const DeploymentConfig *deployment, size_t number, ErrorList *errors) {
    char *place = memory_format("deployments.%s.traffic.%zu", deployment->name, number);
    error_add(errors,
              &(Error){.place = place,
                       .found = "a closed loop, whose requests depend on their answers",
                       .expected = "a source that does not wait: simulate it with `run` instead"});
    free(place);
    return false;
}

static asim_traffic_source *open_source(const Scenario *scenario,
                                        const DeploymentConfig *deployment, size_t number,
                                        ErrorList *errors) {
    char *stream = memory_format("traffic.%s.%zu", deployment->name, number);
    const TrafficContext context = {
        .seed = (uint64_t)scenario->seed,
        .replication = (uint64_t)scenario->replication,
        .stream = stream,
        .source = (uint32_t)number,
        .until = scenario->duration,
        .start_epoch_s = scenario->start_epoch_s,
        .directory = scenario->directory,
        .head = scenario->head,
        .errors = errors,
        .halt = interrupt_mark(),
    };
    const TrafficConfig *config = &deployment->traffic[number];
    asim_traffic_source *source = config->kind->open(config->kind, config->config, &context);
    free(stream);
    if (source != NULL && source->again != NULL) {
        source->destroy(source);
        source = NULL;
        refuse_loop(deployment, number, errors);
    }
    return source;
}

/* All of the deployment's traffic, merged; NULL after adding errors. */
static asim_traffic_source *open_traffic(const Scenario *scenario,
                                         const DeploymentConfig *deployment, ErrorList *errors) {
    asim_traffic_source **sources = memory_new(deployment->traffic_count, sizeof *sources);
    asim_traffic_source *merged = NULL;
    size_t opened = 0;
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        sources[opened] = open_source(scenario, deployment, i, errors);
        opened += sources[opened] != NULL;
    }
    if (opened == deployment->traffic_count) {
        merged = trace_watched(traffic_merge(sources, opened));
    } else {
        for (size_t i = 0; i < opened; i++) {
            sources[i]->destroy(sources[i]);
        }
    }
    free(sources);
    return merged;
}

int trace_generate(const Invocation *invocation, const char *file, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    TraceWriterFormat format;
    if (!trace_read_target(arguments, &format, errors)) {
        return STATUS_MISTAKE;
    }
    Scenario *scenario = read_scenario(file, arguments, errors);
    const DeploymentConfig *deployment = scenario ? choose(scenario, arguments, errors) : NULL;
    asim_traffic_source *source = deployment ? open_traffic(scenario, deployment, errors) : NULL;
    int status = STATUS_MISTAKE;
    if (source != NULL) {
        status = trace_write_out(source, format, scenario->start_epoch_s, arguments, errors);
        source->destroy(source);
    } else {
        status = trace_failed_status();
    }
    scenario_destroy(scenario);
    return status;
}
