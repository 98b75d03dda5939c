// SPDX-License-Identifier: GPL-3.0-or-later
/* A deployment's parts, each read by its own table and written by it again. What one part needs of
 * another (the replicas at the start of the policy, the weights of the model) is settled after both
 * are read. A deployment that gives the three coefficients that every profile has (own
 * coefficients) needs no catalogue; else the catalogue answers, and the scenario's keys go over it.
 */
#include "scenario/deployment.h"

#include "base/memory.h"
#include "base/text.h"
#include "cluster/config.h"
#include "engine/sim_time.h"
#include "policy/own.h"
#include "scenario/catalogue.h"
#include "scenario/changes.h"
#include "scenario/firectl.h"
#include "scenario/option_json.h"
#include "scenario/policy_option.h"
#include "scenario/profile_file.h"
#include "scenario/scenario_options.h"
#include "traffic/synthetic.h"
#include "traffic/trace.h"
#include "traffic/traffic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPLOYMENT_NAME_MOST 64
#define DEPLOYMENT_SOURCES_MOST 65535

/* Policy ------------------------------------------------------------------------------------- */

static void read_policy(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    DeploymentConfig *deployment = config;
    if (node == NULL) {
        return;
    }
    const PolicyKind *kind = policy_option_read(reader, node, at, &deployment->own_policy, true);
    if (kind == NULL && deployment->own_policy != NULL) {
        kind = deployment->own_policy->kind; /* so that its options are read as its own */
    }
    while (kind != NULL && policies[deployment->policy] != kind) {
        deployment->policy++;
    }
}

static cJSON *write_policy(const void *config) {
    const DeploymentConfig *deployment = config;
    return policy_option_json(policies[deployment->policy], deployment->own_policy);
}

static void read_autoscaling(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    DeploymentConfig *deployment = config;
    const PolicyKind *kind = policies[deployment->policy];
    deployment->autoscaling = memory_new(1, kind->config_size);
    options_set_defaults(kind->options, deployment->autoscaling);
    if (kind->is_own) {
        ((OwnConfig *)deployment->autoscaling)->own = deployment->own_policy;
    }
    if (node != NULL) {
        reader_section(reader, node, kind->options, deployment->autoscaling, at, NULL);
    }
    if (kind->check != NULL) {
        reader_check(reader, at, kind->check, deployment->autoscaling);
    }
    if (kind->check_simulated != NULL) {
        reader_check(reader, at, kind->check_simulated, deployment->autoscaling);
    }
    if (kind->resolve != NULL) {
        kind->resolve(deployment->autoscaling);
    }
}

static cJSON *write_autoscaling(const void *config) {
    const DeploymentConfig *deployment = config;
    return options_json(policies[deployment->policy]->options, deployment->autoscaling);
}

static const char *const at_zero_names[] = {
    [AT_ZERO_REFUSE] = "refuse", [AT_ZERO_HOLD] = "hold", NULL};

#define HOLD_TIMEOUT (10 * SIM_TIME_MINUTE) /* as the table has it */

/* As the policy's software does, unless it is said. A hold that is none must not be described. */
static void settle_at_zero(Reader *reader, const JsonPath *at, DeploymentConfig *deployment) {
    if (deployment->at_zero == OPTION_ABSENT_CHOICE) {
        deployment->at_zero =
            policies[deployment->policy]->holds_at_zero ? AT_ZERO_HOLD : AT_ZERO_REFUSE;
    }
    const bool limited = deployment->hold_limit != 0;
    if (deployment->at_zero == AT_ZERO_REFUSE &&
        (limited || deployment->hold_timeout != HOLD_TIMEOUT)) {
        const JsonPath place = {.above = at, .key = limited ? "hold_limit" : "hold_timeout"};
        reader_error(reader, &place, "at_zero: hold beside it, without which nobody waits", NULL,
                     "a limit of waiting");
    }
}

static void settle_initial_replicas(Reader *reader, const JsonPath *at,
                                    DeploymentConfig *deployment) {
    const PolicyKind *kind = policies[deployment->policy];
    if (deployment->initial_replica_count == OPTION_ABSENT_INTEGER) {
        if (deployment_config_schedules(deployment) == NULL) {
            deployment->initial_replica_count = kind->initial_target(deployment->autoscaling);
        }
        return;
    }
    const int64_t most = kind->most_target(deployment->autoscaling);
    if (deployment->initial_replica_count > most) {
        const JsonPath place = {.above = at, .key = "initial_replica_count"};
        char *expected = memory_format("at most max_replica_count, %lld", (long long)most);
        reader_error(reader, &place, expected, NULL, "%lld",
                     (long long)deployment->initial_replica_count);
        free(expected);
    }
}

const OptionList *deployment_config_schedules(const DeploymentConfig *deployment) {
    const PolicyKind *kind = policies[deployment->policy];
    const bool has_some = kind->schedules != NULL && deployment->autoscaling != NULL;
    const OptionList *list = has_some ? kind->schedules(deployment->autoscaling) : NULL;
    return list != NULL && list->count > 0 ? list : NULL;
}

void deployment_config_settle_start(DeploymentConfig *deployment, int64_t start_epoch_s,
                                    ErrorList *errors) {
    const OptionList *list = deployment_config_schedules(deployment);
    if (list == NULL || deployment->initial_replica_count != OPTION_ABSENT_INTEGER) {
        return;
    }
    char *place = memory_format("deployments.%s.autoscaling", deployment->name);
    Schedules *schedules = schedules_open(list, start_epoch_s, &(Error){.place = place}, errors);
    free(place);
    if (schedules != NULL) {
        const asim_schedule now = schedules_now(schedules);
        deployment->initial_replica_count =
            now.name != NULL
                ? now.minimum
                : policies[deployment->policy]->initial_target(deployment->autoscaling);
    }
    schedules_close(schedules);
}

#define IMBALANCE_DEFAULT 64

static void settle_imbalance(Reader *reader, const JsonPath *at, DeploymentConfig *deployment) {
    const bool is_aware = deployment->load_balancer == LOAD_BALANCING_CACHE_AWARE;
    if (deployment->imbalance != OPTION_ABSENT_INTEGER && !is_aware) {
        const JsonPath place = {.above = at, .key = "imbalance"};
        reader_error(reader, &place, "load_balancer cache_aware beside it", NULL,
                     "load_balancer %s", load_balancing_names[deployment->load_balancer]);
    } else if (is_aware && deployment->imbalance == OPTION_ABSENT_INTEGER) {
        deployment->imbalance = IMBALANCE_DEFAULT;
    }
}

/* Why a source's arrivals cannot be known before they come; NULL: they can. */
static const char *foresight_obstacle(const TrafficConfig *traffic) {
    if (traffic->kind->loops) {
        return "traffic whose users wait for their answers";
    }
    return traffic->kind->recorded && trace_reads_once(traffic->config)
               ? "a recording that can be read but once"
               : NULL;
}

static void check_foresight(Reader *reader, const JsonPath *at,
                            const DeploymentConfig *deployment) {
    const PolicyKind *kind = policies[deployment->policy];
    const JsonPath list = {.above = at, .key = "traffic"};
    JsonPath place = {.above = &list};
    for (size_t i = 0; kind->foresees && i < deployment->traffic_count; i++) {
        const char *obstacle = foresight_obstacle(&deployment->traffic[i]);
        place.index = i;
        if (obstacle != NULL) {
            reader_error(reader, &place, "traffic that can be read ahead of the run", NULL,
                         "%s, under policy %s", obstacle, kind->policy->name);
        }
    }
}

/* Cold start --------------------------------------------------------------------------------- */

static void read_cold_start(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    DeploymentConfig *deployment = config;
    ColdStartConfig *start = &deployment->cold_start;
    if (cJSON_IsObject(node) && reader_member(node, "distribution") == NULL) {
        reader_section(reader, node, cold_start_options, start, at, NULL);
    } else if (node != NULL) { /* the whole start, as one duration or distribution */
        reader_option(reader, node, option_find(cold_start_options, "total"), start, at);
    }
}

static cJSON *write_cold_start(const void *config) {
    return options_json(cold_start_options, &((const DeploymentConfig *)config)->cold_start);
}

/* Phases that follow from the weights need them. */
static void check_weights(Reader *reader, const JsonPath *at, const DeploymentConfig *deployment) {
    const ColdStartConfig *start = &deployment->cold_start;
    const bool needed = !distribution_is_given(&start->total) &&
                        !(distribution_is_given(&start->downloading_model) &&
                          distribution_is_given(&start->initializing));
    if (isnan(deployment->weights_gb) && needed) {
        reader_refuse(reader, NULL, &(JsonPath){.above = at, .key = "weights_gb"},
                      "the size of the weights, or parameters_b, or a cold_start that does not "
                      "follow from it, such as \"90s\"",
                      NULL);
    }
}

/* Replicas that vanish ----------------------------------------------------------------------- */

static void read_preemptible(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    PreemptibleConfig *preemptible = &((DeploymentConfig *)config)->preemptible;
    if (cJSON_IsObject(node) && reader_member(node, "distribution") == NULL) {
        reader_section(reader, node, preemptible_options, preemptible, at, NULL);
        reader_check(reader, at, preemptible_config_check, preemptible);
    } else if (node != NULL) { /* the gaps, as one duration or distribution */
        reader_option(reader, node, option_find(preemptible_options, "gaps"), preemptible, at);
    }
}

static cJSON *write_preemptible(const void *config) {
    const PreemptibleConfig *preemptible = &((const DeploymentConfig *)config)->preemptible;
    return preemptible_is_given(preemptible) ? options_json(preemptible_options, preemptible)
                                             : NULL;
}

static void read_failures(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    FailuresConfig *failures = &((DeploymentConfig *)config)->failures;
    if (cJSON_IsObject(node) && reader_member(node, "distribution") == NULL) {
        reader_section(reader, node, failures_options, failures, at, NULL);
        reader_check(reader, at, failures_config_check, failures);
    } else if (node != NULL) { /* the time to failure likewise */
        reader_option(reader, node, option_find(failures_options, "time_to_failure"), failures, at);
    }
}

static cJSON *write_failures(const void *config) {
    const FailuresConfig *failures = &((const DeploymentConfig *)config)->failures;
    return failures_are_given(failures) ? options_json(failures_options, failures) : NULL;
}

static void read_changes(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    changes_read(reader, node, at, config);
}

static cJSON *write_changes(const void *config) {
    return changes_json(config);
}

/* Client ------------------------------------------------------------------------------------- */

/* The default is the documentation's first sample. */
static void read_preset(Reader *reader, const cJSON *node, const JsonPath *at,
                        ClientConfig *config) {
    if (cJSON_IsString(node) && client_preset(node->valuestring, config)) {
        return;
    }
    client_preset("python", config);
    if (node != NULL) {
        NearestName nearest = {.word = cJSON_IsString(node) ? node->valuestring : ""};
        for (size_t i = 0; client_preset_names[i] != NULL; i++) {
            nearest_try(&nearest, client_preset_names[i]);
        }
        reader_refuse(reader, node, at,
                      "one of python, javascript, curl, none, custom, or an object", nearest.name);
    }
}

static void read_client(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    ClientConfig *client = &((DeploymentConfig *)config)->client;
    static const char preset[] = "preset";
    options_clear(client_options, client);
    if (!cJSON_IsObject(node)) {
        read_preset(reader, node, at, client);
        return;
    }
    read_preset(reader, reader_member(node, preset), &(JsonPath){.above = at, .key = preset},
                client);
    reader_section(reader, node, client_options, client, at, preset);
    reader_check(reader, at, client_check, client);
}

/* "custom" adds nothing to what is written. */
static cJSON *write_client(const void *config) {
    cJSON *object = json_object();
    json_add(object, "preset", json_text("custom"));
    options_to_json(object, client_options, &((const DeploymentConfig *)config)->client);
    return object;
}

/* Traffic ------------------------------------------------------------------------------------ */

static const TrafficKind *read_type(Reader *reader, const cJSON *type, const JsonPath *at) {
    const TrafficKind *kind = cJSON_IsString(type) ? traffic_kind_find(type->valuestring) : NULL;
    if (kind == NULL) {
        Text expected = {0};
        for (size_t i = 0; traffic_kinds[i] != NULL; i++) {
            text_addf(&expected, "%s%s", i == 0 ? "one of " : ", ", traffic_kinds[i]->name);
        }
        reader_refuse(reader, type, at, expected.text,
                      cJSON_IsString(type) ? traffic_kind_nearest(type->valuestring) : NULL);
        text_clear(&expected);
    }
    return kind;
}

static void read_source(Reader *reader, const cJSON *node, const JsonPath *at,
                        DeploymentConfig *deployment) {
    static const char type[] = "type";
    if (!cJSON_IsObject(node)) {
        reader_refuse(reader, node, at, "a source such as {\"type\": \"poisson\", ...}", NULL);
        return;
    }
    const TrafficKind *kind =
        read_type(reader, reader_member(node, type), &(JsonPath){.above = at, .key = type});
    if (kind == NULL) {
        return;
    }
    TrafficConfig *source = &deployment->traffic[deployment->traffic_count++];
    source->kind = kind;
    source->config = memory_new(1, kind->config_size);
    options_set_defaults(kind->options, source->config);
    reader_section(reader, node, kind->options, source->config, at, type);
    char *place = json_path_text(at);
    kind->check(kind, source->config, &(Error){.place = place}, reader->errors);
    free(place);
}

static void read_sources(Reader *reader, const cJSON *array, const JsonPath *at,
                         DeploymentConfig *deployment) {
    const int count = cJSON_GetArraySize(array);
    if (count == 0 || count > DEPLOYMENT_SOURCES_MOST) {
        reader_error(reader, at, "1 to 65535 sources of traffic", NULL, "%d sources", count);
        return;
    }
    deployment->traffic = memory_new((size_t)count, sizeof deployment->traffic[0]);
    JsonPath place = {.above = at};
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        read_source(reader, node, &place, deployment);
        place.index++;
    }
}

static void read_traffic(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    DeploymentConfig *deployment = config;
    if (cJSON_IsArray(node)) {
        read_sources(reader, node, at, deployment);
    } else if (cJSON_IsObject(node)) {
        deployment->traffic = memory_new(1, sizeof deployment->traffic[0]);
        read_source(reader, node, at, deployment);
    } else {
        reader_refuse(reader, node, at,
                      node == NULL
                          ? "a source of requests, such as {\"type\": \"poisson\", "
                            "\"rate_per_s\": 2, \"prompt_tokens\": 500, \"output_tokens\": 100}"
                          : "a source of requests, or an array of them",
                      NULL);
    }
}

static cJSON *write_traffic(const void *config) {
    const DeploymentConfig *deployment = config;
    cJSON *array = json_array();
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        const TrafficConfig *source = &deployment->traffic[i];
        cJSON *object = json_object();
        json_add(object, "type", json_text(source->kind->name));
        options_to_json(object, source->kind->options, source->config);
        json_append(array, object);
    }
    return array;
}

/* Every endless kind can be told to stop; loops go on for as long as there are answers. */
bool deployment_config_is_endless(const DeploymentConfig *deployment) {
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        const TrafficConfig *source = &deployment->traffic[i];
        if (source->kind->endless &&
            (source->kind->loops ||
             ((const SyntheticConfig *)source->config)->stop == SIM_TIME_NEVER)) {
            return true;
        }
    }
    return false;
}

/* Hardware ----------------------------------------------------------------------------------- */

static bool has_own_coefficients(const cJSON *profile) {
    return reader_member(profile, "c0_ms") != NULL &&
           reader_member(profile, "c_prefill_ms") != NULL &&
           reader_member(profile, "c_decode_ms") != NULL;
}

static CatalogueQuery query_of(const DeploymentConfig *deployment, bool own_coefficients) {
    return (CatalogueQuery){
        .model = deployment->model,
        .accelerator = deployment->accelerator,
        .accelerator_count = deployment->accelerator_count,
        .precision = deployment->precision,
        .weights_gb = deployment->weights_gb,
        .parameters_b = deployment->parameters_b,
        .layers = OPTION_ABSENT_INTEGER,
        .kv_bytes_per_token = NAN,
        .own_coefficients = own_coefficients,
    };
}

static void replace(char **text, const char *by) {
    char *copy = by != NULL && *by != '\0' ? memory_text(by) : NULL;
    if (copy != NULL) {
        free(*text);
        *text = copy;
    }
}

/* What was not said is the catalogue's. A model without a name is the deployment's own, so that
 * nobody has to ask whether there is a name, and no two deployments share its weights. */
static void take_answer(const CatalogueAnswer *answer, bool own_coefficients,
                        DeploymentConfig *deployment) {
    replace(&deployment->model, answer->model);
    if (deployment->model == NULL) {
        replace(&deployment->model, deployment->name);
    }
    replace(&deployment->accelerator, answer->accelerator);
    replace(&deployment->precision, answer->precision);
    deployment->accelerator_count = answer->accelerator_count;
    if (isnan(deployment->weights_gb)) {
        deployment->weights_gb = answer->weight_bytes / 1e9;
    }
    if (own_coefficients) {
        deployment->profile.kv_capacity_tokens = answer->profile.kv_capacity_tokens;
    } else {
        deployment->profile = answer->profile;
    }
}

/* A citation; with the scenario's word where it has changed what is cited. */
static char *source_of(const CatalogueAnswer *answer, bool own_coefficients, const cJSON *profile) {
    if (own_coefficients || answer->source == NULL) {
        return memory_text("scenario");
    }
    const bool changed = cJSON_IsObject(profile) && profile->child != NULL;
    return memory_format("%s%s", answer->source, changed ? "; changed by the scenario" : "");
}

static void check_profile(Reader *reader, const Profile *profile, const JsonPath *at) {
    const struct {
        bool given;
        const char *name;
    } required[] = {{!isnan(profile->c0_ms), "c0_ms"},
                    {!isnan(profile->c_prefill_ms), "c_prefill_ms"},
                    {!isnan(profile->c_decode_ms), "c_decode_ms"},
                    {profile->kv_capacity_tokens != OPTION_ABSENT_INTEGER, "kv_capacity_tokens"}};
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (!required[i].given) {
            reader_refuse(reader, NULL, &(JsonPath){.above = at, .key = required[i].name},
                          "a figure, for nothing is known of the model from which it would follow",
                          NULL);
        }
    }
}

/* Where the keys of a profile are: in the scenario, or in the file that it names. */
typedef struct ProfilePlace {
    Reader *reader;
    const cJSON *node; /* NULL: there is none */
    JsonPath at;
} ProfilePlace;

/* Do both name the same, by any spelling? */
static bool is_same(const char *a, const char *b, bool is_model) {
    const void *of_a = is_model ? (const void *)catalogue_model(a) : catalogue_accelerator(a);
    const void *of_b = is_model ? (const void *)catalogue_model(b) : catalogue_accelerator(b);
    return of_a != NULL ? of_a == of_b : strcmp(a, b) == 0;
}

/* What the deployment does not say of itself, the profile's file does. */
static void take_text(Reader *reader, const JsonPath *at, const char *key, const char *of_file,
                      char **of_deployment) {
    const JsonPath place = {.above = at, .key = key};
    if (*of_deployment == NULL) {
        replace(of_deployment, of_file);
    } else if (of_file != NULL && !is_same(*of_deployment, of_file, strcmp(key, "model") == 0)) {
        char *expected = memory_format("%s, which the profile is of", of_file);
        reader_error(reader, &place, expected, NULL, "\"%s\"", *of_deployment);
        free(expected);
    }
}

static void take_file(Reader *reader, const JsonPath *at, const ProfileFile *file,
                      DeploymentConfig *deployment) {
    const ProfileFileConfig *config = &file->config;
    take_text(reader, at, "model", config->model, &deployment->model);
    take_text(reader, at, "accelerator", config->accelerator, &deployment->accelerator);
    if (deployment->accelerator_count == OPTION_ABSENT_INTEGER) {
        deployment->accelerator_count = config->accelerator_count;
    }
    if (deployment->precision == NULL) {
        replace(&deployment->precision, config->precision);
    }
    if (isnan(deployment->weights_gb) && isnan(deployment->parameters_b)) {
        deployment->weights_gb = config->weights_gb;
    }
    if (deployment->profile_source == NULL) {
        replace(&deployment->profile_source, config->profile_source);
    }
    if (option_is_absent(&profile_range_options[0], &deployment->profile_range)) {
        deployment->profile_range = config->profile_range;
    }
    deployment->profile_file = memory_text(file->path);
}

static void resolve_by(Reader *reader, const ProfilePlace *place, const JsonPath *at,
                       DeploymentConfig *deployment) {
    const bool own = has_own_coefficients(place->node);
    const CatalogueQuery query = query_of(deployment, own);
    char *where = json_path_text(at);
    CatalogueAnswer answer;
    options_set_defaults(profile_options, &deployment->profile);
    const bool known = catalogue_resolve(&query, &(Error){.place = where}, reader->errors, &answer);
    free(where);
    if (!known) {
        if (place->node != NULL) { /* its own mistakes can be told all the same */
            reader_options(place->reader, place->node, profile_options, &deployment->profile,
                           &place->at);
        }
        return;
    }
    take_answer(&answer, own, deployment);
    if (deployment->profile_source == NULL) {
        deployment->profile_source = source_of(&answer, own, place->node);
    }
    catalogue_answer_clear(&answer);
    if (place->node != NULL) {
        reader_section(place->reader, place->node, profile_options, &deployment->profile,
                       &place->at, NULL);
    }
    check_profile(place->reader, &deployment->profile, &place->at);
    reader_check(place->reader, &place->at, profile_check, &deployment->profile);
}

/* Completes model, accelerator, accelerator_count, precision, weights_gb, profile and
 * profile_source. False when mistakes left something open. */
static bool resolve_hardware(Reader *reader, const cJSON *node, const JsonPath *at,
                             DeploymentConfig *deployment) {
    const size_t mistakes = reader->errors->count;
    ProfilePlace place = {.reader = reader,
                          .node = reader_member(node, "profile"),
                          .at = {.above = at, .key = "profile"}};
    if (!cJSON_IsString(place.node)) {
        resolve_by(reader, &place, at, deployment);
        return reader->errors->count == mistakes;
    }
    ProfileFile file;
    if (profile_file_open(&file, reader, place.node)) {
        take_file(reader, at, &file, deployment);
        place =
            (ProfilePlace){.reader = &file.reader, .node = file.profile, .at = {.key = "profile"}};
        resolve_by(reader, &place, at, deployment);
    }
    profile_file_close(&file, reader->errors);
    return reader->errors->count == mistakes;
}

static cJSON *write_profile(const void *config) {
    return options_json(profile_options, &((const DeploymentConfig *)config)->profile);
}

/* The whole ---------------------------------------------------------------------------------- */

static const OptionPart profile_part = {NULL, write_profile}; /* read last: resolve_hardware */
static const OptionPart policy_part = {read_policy, write_policy};
static const OptionPart autoscaling_part = {read_autoscaling, write_autoscaling};
static const OptionPart cold_start_part = {read_cold_start, write_cold_start};
static const OptionPart preemptible_part = {read_preemptible, write_preemptible};
static const OptionPart failures_part = {read_failures, write_failures};
static const OptionPart changes_part = {read_changes, write_changes};
static const OptionPart client_part = {read_client, write_client};
static const OptionPart traffic_part = {read_traffic, write_traffic};

/* clang-format off */
const Option serverless_price_options[] = {
    {.name = "input_usd_per_million_tokens", .type = OPTION_NUMBER, .basis = OPTION_OURS,
     .offset = offsetof(ServerlessPrice, input), .minimum = 0, .maximum = 1e6,
     .help = "of prompt tokens"},
    {.name = "output_usd_per_million_tokens", .type = OPTION_NUMBER, .basis = OPTION_OURS,
     .offset = offsetof(ServerlessPrice, output), .minimum = 0, .maximum = 1e6,
     .help = "of output tokens"},
    OPTION_END};
#define ROW(member, type, basis) OPTION_ROW(DeploymentConfig, member, type, basis)
const Option deployment_options[] = {
    {ROW(model, TEXT, OURS), .is_name = true,
     .help = "a model of the catalogue, or any name with weights and coefficients beside it; "
             "without one, the deployment's name"},
    {ROW(accelerator, TEXT, DOCUMENTED), .is_name = true, .of_model = true,
     .flag = "accelerator-type", .spelling = &firectl_accelerator,
     .help = "H100, H200, B200, ... (NVIDIA_H100_80GB is understood); by default the catalogue's"},
    {ROW(accelerator_count, INTEGER, DOCUMENTED), .of_model = true, .minimum = 1, .maximum = 1024,
     .flag = "accelerator-count", .help = "GPUs per replica; by default the catalogue's, or 1"},
    {ROW(precision, TEXT, DOCUMENTED), .is_name = true, .of_model = true, .flag = "precision", .spelling = &firectl_precision,
     .help = "of the weights: bf16, fp16, fp8, fp4; by default the catalogue's"},
    {ROW(weights_gb, NUMBER, ASSUMED), .of_model = true, .minimum = 0, .maximum = 1e6,
     .help = "size of the weights in 10^9 bytes; by default from the model and its precision"},
    {ROW(parameters_b, NUMBER, ASSUMED), .of_model = true, .minimum = 0, .above_minimum = true,
     .maximum = 1e6, .help = "parameters in billions, for a model that is not in the catalogue"},
    {ROW(profile, CUSTOM, ASSUMED), .part = &profile_part, .of_model = true,
     .help = "performance of a replica, over the catalogue's; or the name of a file that calibrate "
             "wrote"},
    {ROW(profile_source, TEXT, OURS), .of_model = true,
     .help = "where the coefficients come from"},
    {ROW(profile_range, GROUP, OURS), .of_model = true, .group = profile_range_options,
     .help = "the load at which the profile was measured: a run far beyond it is told so"},
    {ROW(initial_replica_count, INTEGER, OURS), .minimum = 0, .maximum = 1e6,
     .help = "warm replicas at the start; by default the policy's minimum, or that of a scaling "
             "schedule that is open then"},
    {ROW(max_concurrency_per_replica, INTEGER, ASSUMED), .minimum = 0, .maximum = 1e9,
     .default_text = "0", .flag = "max-concurrency-per-replica",
     .help = "requests that a replica holds before a further one gets 429; 0 = no limit"},
    {ROW(at_zero, CHOICE, DOCUMENTED), .choices = at_zero_names,
     .help = "what a request meets while no replica serves: 503 at once, or it waits for the first "
             "one; by default as the policy's software does (fireworks, dynamo, dstack and foresight refuse)"},
    {ROW(hold_limit, INTEGER, ASSUMED), .minimum = 0, .maximum = 1e9, .default_text = "0",
     .help = "requests that wait so at most, before a further one gets 429; 0 = no limit"},
    {ROW(hold_timeout, DURATION, ASSUMED), .minimum = 1, .maximum = OPTION_NO_LIMIT,
     .default_text = "10m", .help = "how long each waits at most, before it gets 503"},
    {ROW(load_balancer, CHOICE, ASSUMED), .default_text = "least_outstanding",
     .choices = load_balancing_names,
     .help = "which serving replica gets a request: session by its conversation, user or first "
             "block, cache_aware where most of its prompt is cached"},
    {ROW(imbalance, INTEGER, ASSUMED), .minimum = 0, .maximum = 1e9,
     .help = "with load_balancer cache_aware: how many requests more than the least loaded replica "
             "one may hold and still get a request; by default 64 (balance_abs_threshold of "
             "SGLang's router)"},
    {ROW(region_restricted, BOOLEAN, DOCUMENTED), .default_text = "false", .flag = "region", .spelling = &firectl_region,
     .help = "in one region only, at 1.5 times the price (--region other than global)"},
    {ROW(bill_startup, BOOLEAN, DOCUMENTED), .default_text = "false",
     .help = "bill replicas while they start, as other clouds do"},
    {ROW(usd_per_gpu_hour, NUMBER, DOCUMENTED), .minimum = 0, .maximum = 1e6,
     .help = "on-demand price for this deployment; by default its pool's"},
    {ROW(serverless_price, GROUP, OURS), .group = serverless_price_options,
     .help = "what a serverless service asks per token: the run is told beside it, and the traffic "
             "from which the deployment is the cheaper one"},
    {ROW(policy, CUSTOM, OURS), .part = &policy_part, .help = "the autoscaler: fireworks, that of other software, or one of one's own, "
             "{\"lua\": \"FILE.lua\", ...}"},
    {ROW(autoscaling, CUSTOM, DOCUMENTED), .part = &autoscaling_part,
     .help = "the policy's options"},
    {ROW(cold_start, CUSTOM, ASSUMED), .part = &cold_start_part, .short_for = "total",
     .help = "how long a replica's start takes"},
    {ROW(preemptible, CUSTOM, DOCUMENTED), .part = &preemptible_part, .short_for = "gaps",
     .help = "on preemptible GPUs: cheaper, never reserved ones, and lost now and then"},
    {ROW(failures, CUSTOM, OURS), .part = &failures_part, .short_for = "time_to_failure",
     .help = "replicas fail, and their GPUs are repaired"},
    {ROW(changes, CUSTOM, OURS), .part = &changes_part,
     .help = "what is done to it while the run goes on: [{\"at\": \"2h\", \"set\": {options of "
             "autoscaling}, \"lose_replica\": number}, ...]"},
    {ROW(client, CUSTOM, DOCUMENTED), .part = &client_part, .short_for = "preset",
     .help = "how clients retry: a preset's name, or its options"},
    {ROW(traffic, CUSTOM, OURS), .part = &traffic_part,
     .help = "one source of requests, or an array of them"},
    OPTION_END};
#undef ROW
/* clang-format on */

/* One price alone says nothing. */
static void check_serverless(Reader *reader, const JsonPath *at, const ServerlessPrice *price) {
    const JsonPath place = {.above = at, .key = "serverless_price"};
    if (isnan(price->input) != isnan(price->output)) {
        reader_error(reader, &place,
                     "both input_usd_per_million_tokens and output_usd_per_million_tokens", NULL,
                     "one price");
    }
}

static void check_name(Reader *reader, const char *name, const JsonPath *at) {
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const size_t length = strlen(name);
    if (length == 0 || length > DEPLOYMENT_NAME_MOST || strspn(name, allowed) != length) {
        reader_error(reader, at, "1 to 64 letters, digits, _ and -", NULL, "the name \"%s\"", name);
    }
}

void deployment_config_read(Reader *reader, const cJSON *node, const JsonPath *at,
                            DeploymentConfig *deployment) {
    *deployment = (DeploymentConfig){.name = memory_text(node->string)};
    options_set_defaults(deployment_options, deployment);
    options_set_defaults(cold_start_options, &deployment->cold_start);
    options_set_defaults(preemptible_options, &deployment->preemptible);
    options_set_defaults(failures_options, &deployment->failures);
    options_set_defaults(client_options, &deployment->client);
    check_name(reader, node->string, at);
    reader_section(reader, node, deployment_options, deployment, at, NULL);
    if (deployment->autoscaling == NULL) {
        return; /* it is no object */
    }
    settle_initial_replicas(reader, at, deployment);
    settle_at_zero(reader, at, deployment);
    settle_imbalance(reader, at, deployment);
    check_foresight(reader, at, deployment);
    check_serverless(reader, at, &deployment->serverless_price);
    if (resolve_hardware(reader, node, at, deployment)) {
        check_weights(reader, at, deployment);
    }
}

void deployment_config_clear(DeploymentConfig *deployment) {
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        options_clear(deployment->traffic[i].kind->options, deployment->traffic[i].config);
        free(deployment->traffic[i].config);
    }
    free(deployment->traffic);
    changes_clear(deployment);
    if (deployment->autoscaling != NULL) {
        options_clear(policies[deployment->policy]->options, deployment->autoscaling);
        free(deployment->autoscaling);
    }
    options_clear(cold_start_options, &deployment->cold_start);
    options_clear(preemptible_options, &deployment->preemptible);
    options_clear(failures_options, &deployment->failures);
    options_clear(client_options, &deployment->client);
    options_clear(deployment_options, deployment);
    own_policy_destroy(deployment->own_policy);
    free(deployment->name);
    free(deployment->profile_file);
    *deployment = (DeploymentConfig){0};
}
