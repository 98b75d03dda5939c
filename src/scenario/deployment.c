// SPDX-License-Identifier: GPL-3.0-or-later
/* A deployment's parts, each read by its own table. What one part needs of another (the replicas at
 * the start of the policy, the weights of the model) is settled after both are read. */
#include "scenario/deployment.h"

#include "base/json_scan.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "policy/policies.h"
#include "scenario/hardware.h"
#include "scenario/scenario_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Policy ------------------------------------------------------------------------------------- */

static char *policy_names(void) {
    char *text = memory_text("one of ");
    for (size_t i = 0; i < policies_count; i++) {
        char *longer = memory_format("%s%s%s", text, i > 0 ? ", " : "", policies[i].policy->name);
        free(text);
        text = longer;
    }
    return text;
}

static void refuse_policy(Reader *reader, const cJSON *node, const char *path) {
    const char *names[64];
    size_t count = 0;
    while (count < policies_count && count < 64) {
        names[count] = policies[count].policy->name;
        count++;
    }
    char *expected = policy_names();
    reader_refuse(reader, node, path, expected,
                  cJSON_IsString(node) ? error_nearest(node->valuestring, names, count) : NULL);
    free(expected);
}

/* The index of the policy asked for; the default one after a mistake. */
static int read_policy_name(Reader *reader, const cJSON *node, const char *path) {
    if (node == NULL) {
        return 0;
    }
    const PolicyKind *kind = cJSON_IsString(node) ? policies_find(node->valuestring) : NULL;
    if (kind == NULL) {
        refuse_policy(reader, node, path);
        return 0;
    }
    return (int)(kind - policies);
}

static void read_policy(Reader *reader, const cJSON *node, const char *path,
                        DeploymentConfig *deployment) {
    char *policy_path = json_path(path, "policy"), *place = json_path(path, "autoscaling");
    deployment->policy = read_policy_name(reader, reader_member(node, "policy"), policy_path);
    const PolicyKind *kind = &policies[deployment->policy];
    const ReaderKeys keys = {.foreign = scenario_key_home, .context = kind->options};
    const Error where = {.place = place};
    const cJSON *autoscaling = reader_member(node, "autoscaling");
    deployment->autoscaling = memory_new(1, kind->config_size);
    options_set_defaults(kind->options, deployment->autoscaling);
    if (autoscaling != NULL) {
        reader_options(reader, autoscaling, kind->options, deployment->autoscaling, place, &keys);
    }
    kind->check(deployment->autoscaling, &where, reader->errors);
    kind->resolve(deployment->autoscaling);
    free(policy_path);
    free(place);
}

/* Every policy with a ceiling has it under this name. */
static int64_t most_replicas(const PolicyKind *kind, const void *config) {
    const Option *option = option_find(kind->options, "max_replica_count");
    if (option == NULL || option->type != OPTION_INTEGER) {
        return INT64_MAX;
    }
    return *(const int64_t *)(const void *)((const char *)config + option->offset);
}

static void settle_initial_replicas(Reader *reader, const char *path,
                                    DeploymentConfig *deployment) {
    const PolicyKind *kind = &policies[deployment->policy];
    if (deployment->initial_replica_count == OPTION_ABSENT_INTEGER) {
        deployment->initial_replica_count = kind->initial_target(deployment->autoscaling);
        return;
    }
    const int64_t most = most_replicas(kind, deployment->autoscaling);
    if (deployment->initial_replica_count > most) {
        char *place = json_path(path, "initial_replica_count");
        char *found = memory_format("%lld", (long long)deployment->initial_replica_count);
        char *expected = memory_format("at most max_replica_count, %lld", (long long)most);
        reader_error(reader, place, found, expected, NULL);
        free(place);
        free(found);
        free(expected);
    }
}

/* Cold start --------------------------------------------------------------------------------- */

static void read_cold_start(Reader *reader, const cJSON *node, const char *path,
                            ColdStartConfig *config) {
    const ReaderKeys keys = {.foreign = scenario_key_home, .context = cold_start_options};
    options_set_defaults(cold_start_options, config);
    if (node == NULL) {
        return;
    }
    if (cJSON_IsObject(node) && reader_member(node, "distribution") == NULL) {
        reader_options(reader, node, cold_start_options, config, path, &keys);
    } else { /* the whole start, as one duration or distribution */
        reader_option(reader, node, option_find(cold_start_options, "total"), config, path);
    }
}

static bool is_given(const Distribution *span) {
    return !(span->kind == DISTRIBUTION_FIXED && isnan(span->a));
}

/* Phases that follow from the weights need them. */
static void check_weights(Reader *reader, const char *path, DeploymentConfig *deployment) {
    const ColdStartConfig *start = &deployment->cold_start;
    const bool needed = !is_given(&start->total) &&
                        !(is_given(&start->downloading_model) && is_given(&start->initializing));
    if (isnan(deployment->weights_gb) && needed) {
        char *place = json_path(path, "weights_gb");
        reader_error(reader, place, "nothing",
                     "the size of the weights, or parameters_b, or a cold_start that does not "
                     "follow from it, such as \"90s\"",
                     NULL);
        free(place);
    }
}

/* Client ------------------------------------------------------------------------------------- */

static void refuse_preset(Reader *reader, const cJSON *node, const char *path) {
    size_t count = 0;
    while (client_preset_names[count] != NULL) {
        count++;
    }
    reader_refuse(
        reader, node, path, "one of python, javascript, curl, none, custom, or an object",
        cJSON_IsString(node) ? error_nearest(node->valuestring, client_preset_names, count) : NULL);
}

/* The default is the documentation's first sample. */
static void read_preset(Reader *reader, const cJSON *node, const char *path, ClientConfig *config) {
    if (node == NULL) {
        client_preset("python", config);
    } else if (!cJSON_IsString(node) || !client_preset(node->valuestring, config)) {
        refuse_preset(reader, node, path);
        client_preset("python", config);
    }
}

static void read_client(Reader *reader, const cJSON *node, const char *path, ClientConfig *config) {
    static const char *const also[] = {"preset", NULL};
    if (!cJSON_IsObject(node)) {
        read_preset(reader, node, path, config);
        return;
    }
    const ReaderKeys keys = {.also = also, .foreign = scenario_key_home, .context = client_options};
    const Error where = {.place = path};
    char *preset_path = json_path(path, "preset");
    read_preset(reader, reader_member(node, "preset"), preset_path, config);
    free(preset_path);
    reader_options(reader, node, client_options, config, path, &keys);
    client_check(config, &where, reader->errors);
}

/* Traffic ------------------------------------------------------------------------------------ */

static char *traffic_names(void) {
    char *text = memory_text("one of ");
    for (size_t i = 0; traffic_kinds[i] != NULL; i++) {
        char *longer = memory_format("%s%s%s", text, i > 0 ? ", " : "", traffic_kinds[i]->name);
        free(text);
        text = longer;
    }
    return text;
}

static const TrafficKind *read_type(Reader *reader, const cJSON *node, const char *path) {
    const cJSON *type = reader_member(node, "type");
    const TrafficKind *kind = cJSON_IsString(type) ? traffic_kind_find(type->valuestring) : NULL;
    if (kind != NULL) {
        return kind;
    }
    char *place = json_path(path, "type");
    char *expected = traffic_names();
    if (type == NULL) {
        reader_error(reader, place, "nothing", expected, NULL);
    } else {
        reader_refuse(reader, type, place, expected,
                      cJSON_IsString(type) ? traffic_kind_nearest(type->valuestring) : NULL);
    }
    free(place);
    free(expected);
    return NULL;
}

static void read_source(Reader *reader, const cJSON *node, const char *path,
                        DeploymentConfig *deployment) {
    static const char *const also[] = {"type", NULL};
    if (!cJSON_IsObject(node)) {
        reader_refuse(reader, node, path, "a source such as {\"type\": \"poisson\", ...}", NULL);
        return;
    }
    const TrafficKind *kind = read_type(reader, node, path);
    if (kind == NULL) {
        return;
    }
    const ReaderKeys keys = {.also = also, .foreign = scenario_key_home, .context = kind->options};
    const Error where = {.place = path};
    TrafficConfig *source = &deployment->traffic[deployment->traffic_count++];
    source->kind = kind;
    source->config = memory_new(1, kind->config_size);
    options_set_defaults(kind->options, source->config);
    reader_options(reader, node, kind->options, source->config, path, &keys);
    kind->check(kind, source->config, &where, reader->errors);
}

static void read_sources(Reader *reader, const cJSON *array, const char *path,
                         DeploymentConfig *deployment) {
    const int count = cJSON_GetArraySize(array);
    if (count == 0 || count > DEPLOYMENT_SOURCES_MOST) {
        char *found = memory_format("%d sources", count);
        reader_error(reader, path, found, "1 to 65535 sources of traffic", NULL);
        free(found);
        return;
    }
    deployment->traffic = memory_new((size_t)count, sizeof deployment->traffic[0]);
    size_t index = 0;
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        char *place = json_path_index(path, index++);
        read_source(reader, node, place, deployment);
        free(place);
    }
}

static void read_traffic(Reader *reader, const cJSON *node, const char *path,
                         DeploymentConfig *deployment) {
    if (cJSON_IsArray(node)) {
        read_sources(reader, node, path, deployment);
    } else if (cJSON_IsObject(node)) {
        deployment->traffic = memory_new(1, sizeof deployment->traffic[0]);
        read_source(reader, node, path, deployment);
    } else if (node == NULL) {
        reader_error(reader, path, "nothing",
                     "a source of requests, such as {\"type\": \"poisson\", \"rate_per_s\": 2, "
                     "\"prompt_tokens\": 500, \"output_tokens\": 100}",
                     NULL);
    } else {
        reader_refuse(reader, node, path, "a source of requests, or an array of them", NULL);
    }
}

/* Every endless kind can be told to stop. */
static bool source_is_endless(const TrafficConfig *source) {
    const Option *stop = option_find(source->kind->options, "stop");
    if (!source->kind->endless || stop == NULL || stop->type != OPTION_DURATION) {
        return source->kind->endless;
    }
    const char *config = source->config;
    return *(const sim_time *)(const void *)(config + stop->offset) == SIM_TIME_NEVER;
}

bool deployment_is_endless(const DeploymentConfig *deployment) {
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        if (source_is_endless(&deployment->traffic[i])) {
            return true;
        }
    }
    return false;
}

/* The whole ---------------------------------------------------------------------------------- */

static void check_name(Reader *reader, const char *name, const char *path) {
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const size_t length = strlen(name);
    if (length == 0 || length > DEPLOYMENT_NAME_MOST || strspn(name, allowed) != length) {
        char *found = memory_format("the name \"%s\"", name);
        reader_error(reader, path, found, "1 to 64 letters, digits, _ and -", NULL);
        free(found);
    }
}

/* The member as it stands under the deployment's path. */
static void read_part(Reader *reader, const cJSON *node, const char *path, const char *key,
                      DeploymentConfig *deployment) {
    char *place = json_path(path, key);
    const cJSON *member = reader_member(node, key);
    if (strcmp(key, "cold_start") == 0) {
        read_cold_start(reader, member, place, &deployment->cold_start);
    } else if (strcmp(key, "client") == 0) {
        read_client(reader, member, place, &deployment->client);
    } else {
        read_traffic(reader, member, place, deployment);
    }
    free(place);
}

void deployment_read(Reader *reader, const cJSON *node, const char *path,
                     DeploymentConfig *deployment) {
    const ReaderKeys keys = {.foreign = scenario_key_home, .context = deployment_options};
    *deployment = (DeploymentConfig){.name = memory_text(node->string)};
    options_set_defaults(deployment_options, deployment);
    options_set_defaults(cold_start_options, &deployment->cold_start);
    options_set_defaults(client_options, &deployment->client);
    check_name(reader, node->string, path);
    if (!cJSON_IsObject(node)) {
        reader_refuse(reader, node, path, "an object", NULL);
        return;
    }
    reader_options(reader, node, deployment_options, deployment, path, &keys);
    read_policy(reader, node, path, deployment);
    settle_initial_replicas(reader, path, deployment);
    options_clear(cold_start_options, &deployment->cold_start);
    options_clear(client_options, &deployment->client);
    read_part(reader, node, path, "cold_start", deployment);
    read_part(reader, node, path, "client", deployment);
    read_part(reader, node, path, "traffic", deployment);
    if (hardware_resolve(reader, node, path, deployment)) {
        check_weights(reader, path, deployment);
    }
}

void deployment_clear(DeploymentConfig *deployment) {
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        options_clear(deployment->traffic[i].kind->options, deployment->traffic[i].config);
        free(deployment->traffic[i].config);
    }
    free(deployment->traffic);
    if (deployment->autoscaling != NULL) {
        options_clear(policies[deployment->policy].options, deployment->autoscaling);
        free(deployment->autoscaling);
    }
    options_clear(cold_start_options, &deployment->cold_start);
    options_clear(client_options, &deployment->client);
    options_clear(deployment_options, deployment);
    free(deployment->name);
    *deployment = (DeploymentConfig){0};
}
