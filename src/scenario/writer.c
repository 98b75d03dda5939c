// SPDX-License-Identifier: GPL-3.0-or-later
/* From config structs to JSON, by the tables that read them. An absent option is left out: that is
 * how it is read again. */
#include "scenario/writer.h"

#include "base/json_print.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "policy/policies.h"
#include "scenario/distribution_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static cJSON *write_integer(int64_t integer) {
    return integer == OPTION_ABSENT_INTEGER ? NULL : json_number((double)integer);
}

static cJSON *write_duration(sim_time duration) {
    char text[SIM_TIME_TEXT];
    return duration == SIM_TIME_NEVER ? NULL : json_text(sim_time_format(duration, text));
}

static cJSON *write_instant(int64_t epoch_s) {
    char text[SIM_TIME_TEXT];
    return epoch_s == OPTION_ABSENT_INTEGER ? NULL
                                            : json_text(sim_time_format_calendar(epoch_s, text));
}

static cJSON *write_numbers(const OptionNumbers *numbers) {
    cJSON *array = json_array();
    for (size_t i = 0; i < numbers->count; i++) {
        json_append(array, json_number(numbers->values[i]));
    }
    return array;
}

static cJSON *write_points(const OptionPoints *points) {
    cJSON *array = json_array();
    for (size_t i = 0; i < points->count; i++) {
        cJSON *pair = json_array();
        json_append(pair, write_duration(points->times[i]));
        json_append(pair, json_number(points->values[i]));
        json_append(array, pair);
    }
    return array;
}

static cJSON *write_distribution(const Distribution *distribution, OptionType type) {
    const bool absent = distribution->kind == DISTRIBUTION_FIXED && isnan(distribution->a);
    return absent ? NULL : distribution_write(distribution, type);
}

/* NULL when absent. */
static cJSON *write_option(const Option *option, const void *config) {
    const void *value = (const char *)config + option->offset;
    switch (option->type) {
    case OPTION_BOOLEAN: return json_boolean(*(const bool *)value);
    case OPTION_INTEGER: return write_integer(*(const int64_t *)value);
    case OPTION_NUMBER:
        return isnan(*(const double *)value) ? NULL : json_number(*(const double *)value);
    case OPTION_DURATION: return write_duration(*(const sim_time *)value);
    case OPTION_TEXT:
        return *(char *const *)value != NULL ? json_text(*(char *const *)value) : NULL;
    case OPTION_CHOICE:
        return *(const int *)value < 0
                   ? NULL
                   : json_text(option_choice(option, (size_t) * (const int *)value));
    case OPTION_INSTANT: return write_instant(*(const int64_t *)value);
    case OPTION_SPAN:
    case OPTION_LENGTH: return write_distribution(value, option->type);
    case OPTION_NUMBERS: return write_numbers(value);
    case OPTION_POINTS: return write_points(value);
    case OPTION_GROUP: return writer_options(option->group, value);
    case OPTION_CUSTOM: break;
    }
    return NULL;
}

static void add_if_there(cJSON *object, const char *key, cJSON *value) {
    if (value != NULL) {
        json_add(object, key, value);
    }
}

static void add_options(cJSON *object, const Option table[], const void *config) {
    for (const Option *option = table; option->name != NULL; option++) {
        if (!option_is_moot(table, option, config)) {
            add_if_there(object, option->name, write_option(option, config));
        }
    }
}

cJSON *writer_options(const Option table[], const void *config) {
    cJSON *object = json_object();
    add_options(object, table, config);
    return object;
}

/* Parts that no row describes --------------------------------------------------------------- */

/* "custom" adds nothing to what is written. */
static cJSON *write_client(const ClientConfig *client) {
    cJSON *object = json_object();
    json_add(object, "preset", json_text("custom"));
    add_options(object, client_options, client);
    return object;
}

static cJSON *write_traffic(const DeploymentConfig *deployment) {
    cJSON *array = json_array();
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        const TrafficConfig *source = &deployment->traffic[i];
        cJSON *object = json_object();
        json_add(object, "type", json_text(source->kind->name));
        add_options(object, source->kind->options, source->config);
        json_append(array, object);
    }
    return array;
}

static cJSON *write_deployment_part(const char *key, const DeploymentConfig *deployment) {
    const PolicyKind *policy = &policies[deployment->policy];
    if (strcmp(key, "profile") == 0) {
        return writer_options(profile_options, &deployment->profile);
    }
    if (strcmp(key, "policy") == 0) {
        return json_text(policy->policy->name);
    }
    if (strcmp(key, "autoscaling") == 0) {
        return writer_options(policy->options, deployment->autoscaling);
    }
    if (strcmp(key, "cold_start") == 0) {
        return writer_options(cold_start_options, &deployment->cold_start);
    }
    return strcmp(key, "client") == 0 ? write_client(&deployment->client)
                                      : write_traffic(deployment);
}

static cJSON *write_deployment(const DeploymentConfig *deployment) {
    cJSON *object = json_object();
    for (const Option *option = deployment_options; option->name != NULL; option++) {
        add_if_there(object, option->name,
                     option->type == OPTION_CUSTOM ? write_deployment_part(option->name, deployment)
                                                   : write_option(option, deployment));
    }
    return object;
}

static cJSON *write_scenario_part(const char *key, const Scenario *scenario) {
    cJSON *object = json_object();
    if (strcmp(key, "pools") == 0) {
        for (size_t i = 0; i < scenario->pool_count; i++) {
            const PoolConfig *pool = &scenario->pools[i];
            json_add(object, pool->accelerator, writer_options(pool_options, pool));
        }
    } else {
        for (size_t i = 0; i < scenario->deployment_count; i++) {
            const DeploymentConfig *deployment = &scenario->deployments[i];
            json_add(object, deployment->name, write_deployment(deployment));
        }
    }
    return object;
}

char *scenario_write(const Scenario *scenario) {
    cJSON *root = json_object();
    for (const Option *option = scenario_options; option->name != NULL; option++) {
        if (!option_is_moot(scenario_options, option, scenario)) {
            add_if_there(root, option->name,
                         option->type == OPTION_CUSTOM ? write_scenario_part(option->name, scenario)
                                                       : write_option(option, scenario));
        }
    }
    char *text = json_print(root);
    cJSON_Delete(root);
    return text;
}
