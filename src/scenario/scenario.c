// SPDX-License-Identifier: GPL-3.0-or-later
/* A scenario from its text: parsed, changed by the command line, read by the tables, checked as a
 * whole, and written down again as it will be run. */
#include "scenario/scenario.h"

#include "autoscale_sim/scenario.h"
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "cluster/config.h"
#include "engine/sim_time.h"
#include "scenario/catalogue.h"
#include "scenario/deployment.h"
#include "scenario/option_json.h"
#include "scenario/overrides.h"
#include "scenario/scenario_options.h"
#include "traffic/input.h"
#include "traffic/trace.h"
#include "traffic/traffic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPLOYMENTS_MOST 65535
#define LONGEST_S 315619200.0 /* SIM_TIME_LONGEST */

/* Pools -------------------------------------------------------------------------------------- */

static PoolConfig *add_pool(Scenario *scenario, char *accelerator) {
    scenario->pools =
        memory_resize(scenario->pools, scenario->pool_count + 1, sizeof scenario->pools[0]);
    PoolConfig *pool = &scenario->pools[scenario->pool_count++];
    *pool = (PoolConfig){.accelerator = accelerator};
    options_set_defaults(pool_options, pool);
    return pool;
}

/* Index of the accelerator's pool, or the number of pools. */
static size_t find_pool(const Scenario *scenario, const char *accelerator) {
    size_t i = 0;
    while (i < scenario->pool_count && strcmp(scenario->pools[i].accelerator, accelerator) != 0) {
        i++;
    }
    return i;
}

static void read_pool(Reader *reader, const cJSON *node, const JsonPath *at, Scenario *scenario) {
    const CatalogueAccelerator *known = catalogue_accelerator(node->string);
    char *accelerator = memory_text(known != NULL ? known->name : node->string);
    if (find_pool(scenario, accelerator) < scenario->pool_count) {
        reader_error(reader, at, "one pool for each accelerator", NULL, "a second pool of %s",
                     accelerator);
    }
    PoolConfig *pool = add_pool(scenario, accelerator);
    reader_section(reader, node, pool_options, pool, at, NULL);
    reader_check(reader, at, pool_config_check, pool);
}

static void read_pools(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    if (node != NULL && !cJSON_IsObject(node)) {
        reader_refuse(reader, node, at, "an object of pools by accelerator", NULL);
        return;
    }
    const cJSON *member;
    cJSON_ArrayForEach (member, node) {
        read_pool(reader, member, &(JsonPath){.above = at, .key = member->string}, config);
    }
}

static cJSON *write_pools(const void *config) {
    const Scenario *scenario = config;
    cJSON *object = json_object();
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const PoolConfig *pool = &scenario->pools[i];
        json_add(object, pool->accelerator, options_json(pool_options, pool));
    }
    return object;
}

static const OptionPart pools_part = {read_pools, write_pools};

static void set_prices(PoolConfig *pool) {
    if (isnan(pool->usd_per_gpu_hour)) {
        pool->usd_per_gpu_hour = price_list_usd_per_gpu_hour(pool->accelerator);
    }
    if (isnan(pool->reserved_usd_per_gpu_hour)) {
        pool->reserved_usd_per_gpu_hour = pool->usd_per_gpu_hour;
    }
}

/* Gives every deployment its pool, adding those that are missing, and every pool its prices. */
static void assign_pools(Scenario *scenario) {
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        DeploymentConfig *deployment = &scenario->deployments[i];
        if (deployment->accelerator == NULL) {
            continue; /* refused */
        }
        deployment->pool = find_pool(scenario, deployment->accelerator);
        if (deployment->pool == scenario->pool_count) {
            add_pool(scenario, memory_text(deployment->accelerator));
        }
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        set_prices(&scenario->pools[i]);
    }
}

/* Adds an error at deployments.NAME.KEY or pools.NAME.KEY. */
static void refuse_of(Reader *reader, const char *section, const char *name, const char *key,
                      const char *found, const char *expected) {
    const JsonPath all = {.key = section}, one = {.above = &all, .key = name};
    const JsonPath place = {.above = &one, .key = key};
    reader_error(reader, key != NULL ? &place : &one, expected, NULL, "%s", found);
}

static void check_price(Reader *reader, const DeploymentConfig *deployment,
                        const PoolConfig *pool) {
    if (isnan(deployment->usd_per_gpu_hour) && isnan(pool->usd_per_gpu_hour)) {
        char *expected =
            memory_format("a price, for %s is not on the price list", deployment->accelerator);
        refuse_of(reader, "deployments", deployment->name, "usd_per_gpu_hour", "nothing", expected);
        free(expected);
    }
}

static void check_reserved_price(Reader *reader, const PoolConfig *pool) {
    if (pool->reserved_gpus > 0 && isnan(pool->reserved_usd_per_gpu_hour)) {
        refuse_of(reader, "pools", pool->accelerator, "reserved_usd_per_gpu_hour", "nothing",
                  "a price, for the accelerator is not on the price list");
    }
}

/* GPUs that the pool can give at the start; a recorded capacity is not known here. */
static int64_t gpus_at_start(const PoolConfig *pool) {
    int64_t gpus = INT64_MAX;
    if (pool->on_demand_gpus != OPTION_ABSENT_INTEGER && pool->on_demand_file == NULL) {
        gpus = pool->reserved_gpus + pool->on_demand_gpus;
    }
    if (pool->quota_gpus != OPTION_ABSENT_INTEGER && pool->quota_gpus < gpus) {
        gpus = pool->quota_gpus;
    }
    return gpus;
}

/* Told at the deployment whose replicas are too many, in the order of the file. */
static void check_fit(Reader *reader, const DeploymentConfig *deployment, const PoolConfig *pool,
                      int64_t *used) {
    const int64_t wanted = deployment->initial_replica_count * deployment->accelerator_count;
    const int64_t available = gpus_at_start(pool);
    *used += wanted;
    if (wanted == 0 || *used <= available) {
        return;
    }
    char *found = memory_format("%lld warm replicas, with which %lld GPUs are in use",
                                (long long)deployment->initial_replica_count, (long long)*used);
    char *expected = memory_format("at most the %lld that pool %s has at the start",
                                   (long long)available, pool->accelerator);
    refuse_of(reader, "deployments", deployment->name, "initial_replica_count", found, expected);
    free(found);
    free(expected);
}

/* Preemptible ones are never reserved. */
static void check_preemptible_fit(Reader *reader, const DeploymentConfig *deployment,
                                  const PoolConfig *pool, int64_t *used) {
    *used += deployment->initial_replica_count * deployment->accelerator_count;
    if (pool->on_demand_gpus == OPTION_ABSENT_INTEGER || *used <= pool->on_demand_gpus) {
        return;
    }
    char *found = memory_format("%lld warm preemptible replicas, with which %lld GPUs are in use",
                                (long long)deployment->initial_replica_count, (long long)*used);
    char *expected =
        memory_format("at most the %lld on-demand GPUs of pool %s: preemptible ones are never "
                      "reserved",
                      (long long)pool->on_demand_gpus, pool->accelerator);
    refuse_of(reader, "deployments", deployment->name, "initial_replica_count", found, expected);
    free(found);
    free(expected);
}

typedef struct PoolUse {
    int64_t gpus, preemptible_gpus; /* of warm replicas */
    bool is_used, takes_reserved;
} PoolUse;

static void check_use(Reader *reader, const PoolConfig *pool, const PoolUse *use) {
    if (!use->is_used) {
        refuse_of(reader, "pools", pool->accelerator, NULL, "a pool that no deployment uses",
                  "the accelerator of a deployment of this scenario");
    } else if (pool->reserved_gpus > 0 && !use->takes_reserved) {
        refuse_of(reader, "pools", pool->accelerator, "reserved_gpus",
                  "a reservation that no deployment takes, for all of its pool are preemptible",
                  "a deployment on it that is not, or none reserved");
    }
}

/* All that is used has a price, and the replicas of the start find their GPUs. An unused
 * reservation would cost money that no deployment's bill shows. */
static void check_pools(Reader *reader, const Scenario *scenario) {
    PoolUse *uses = memory_new(scenario->pool_count, sizeof uses[0]);
    for (size_t i = 0; i < scenario->pool_count; i++) {
        check_reserved_price(reader, &scenario->pools[i]);
    }
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        if (deployment->accelerator == NULL || deployment->accelerator_count < 1 ||
            deployment->initial_replica_count < 0) {
            continue; /* refused */
        }
        const PoolConfig *pool = &scenario->pools[deployment->pool];
        PoolUse *use = &uses[deployment->pool];
        use->is_used = true;
        check_price(reader, deployment, pool);
        check_fit(reader, deployment, pool, &use->gpus);
        if (preemptible_is_given(&deployment->preemptible)) {
            check_preemptible_fit(reader, deployment, pool, &use->preemptible_gpus);
        } else {
            use->takes_reserved = true;
        }
    }
    for (size_t i = 0; i < scenario->pool_count && reader->errors->count == 0; i++) {
        check_use(reader, &scenario->pools[i], &uses[i]);
    }
    free(uses);
}

/* Deployments -------------------------------------------------------------------------------- */

static void read_deployments(Reader *reader, const cJSON *node, const JsonPath *at, void *config) {
    Scenario *scenario = config;
    const int count = cJSON_IsObject(node) ? cJSON_GetArraySize(node) : 0;
    if (node != NULL && !cJSON_IsObject(node)) {
        reader_refuse(reader, node, at, "an object of deployments by name", NULL);
        return;
    }
    if (count == 0 || count > DEPLOYMENTS_MOST) {
        reader_error(reader, at, "1 to 65535 of them", NULL, "%d deployments", count);
        return;
    }
    scenario->deployments = memory_new((size_t)count, sizeof scenario->deployments[0]);
    const cJSON *member;
    cJSON_ArrayForEach (member, node) {
        const JsonPath place = {.above = at, .key = member->string};
        if (!text_is_name(member->string)) {
            reader_error(reader, at, text_name_expected, NULL, "%s", member->string);
        }
        deployment_config_read(reader, member, &place,
                               &scenario->deployments[scenario->deployment_count++]);
    }
}

static cJSON *write_deployments(const void *config) {
    const Scenario *scenario = config;
    cJSON *object = json_object();
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        cJSON *options = json_object();
        options_to_json(options, deployment_options, &scenario->deployments[i]);
        json_add(object, scenario->deployments[i].name, options);
    }
    return object;
}

static const OptionPart deployments_part = {read_deployments, write_deployments};

/* Options ------------------------------------------------------------------------------------ */

/* clang-format off */
#define ROW(member, type, basis) OPTION_ROW(SloConfig, member, type, basis)
const Option slo_options[] = {
    {ROW(ttft, DURATION, OURS), .above_minimum = true, .maximum = LONGEST_S,
     .help = "longest good time to first token, retry wait included"},
    {ROW(tpot, DURATION, OURS), .above_minimum = true, .maximum = LONGEST_S,
     .help = "longest good time per output token after the first"},
    {ROW(e2e, DURATION, OURS), .above_minimum = true, .maximum = LONGEST_S,
     .help = "longest good time from the first send to the last token"},
    OPTION_END};
#undef ROW
/* clang-format on */

/* clang-format off */
#define ROW(member, type, basis) OPTION_ROW(Scenario, member, type, basis)
const Option scenario_options[] = {
    {ROW(name, TEXT, OURS), .is_name = true,
     .help = "what reports call the scenario; by default the file's name"},
    {ROW(question, TEXT, OURS), .help = "what the scenario is to find out"},
    {ROW(seed, INTEGER, OURS), .minimum = 0, .maximum = 9007199254740991.0, .default_text = "1",
     .help = "all random streams follow from it"},
    {ROW(replication, INTEGER, OURS), .minimum = 0, .maximum = 9007199254740991.0,
     .default_text = "0", .help = "another one is another run of the same seed"},
    {ROW(duration, DURATION, OURS), .above_minimum = true, .maximum = LONGEST_S,
     .help = "traffic comes for this long; by default until it ends by itself"},
    {.name = "start", .type = OPTION_INSTANT, .basis = OPTION_OURS,
     .offset = offsetof(Scenario, start_epoch_s),
     .help = "calendar instant of time 0 (default: the whole second of the first row of all "
             "recorded traffic with dates, else 2026-11-16T00:00:00Z, a Monday)"},
    {ROW(warmup, DURATION, OURS), .minimum = 0, .maximum = LONGEST_S, .default_text = "0s",
     .help = "simulated and billed, but left out of the latency metrics"},
    {ROW(drain, BOOLEAN, OURS), .default_text = "true",
     .help = "requests in flight at the end are finished, without new arrivals"},
    {ROW(drain_limit, DURATION, OURS), .minimum = 0, .maximum = 315619200, .default_text = "7d",
     .needs = "drain",
     .help = "how long after the end requests may still take; what is left is cut"},
    {ROW(interval, DURATION, OURS), .minimum = 1, .maximum = LONGEST_S, .default_text = "1m",
     .help = "length of a row of timeseries.csv"},
    {ROW(write_requests, BOOLEAN, OURS), .default_text = "false",
     .help = "write requests.csv and refusals.csv, a row per request and per refused send"},
    {ROW(slo, GROUP, OURS), .group = slo_options, .help = "limits that a good request meets"},
    {ROW(pools, CUSTOM, OURS), .part = &pools_part, .help = "GPUs by accelerator"},
    {ROW(deployments, CUSTOM, OURS), .part = &deployments_part,
     .help = "deployments by name"},
    OPTION_END};
#undef ROW
/* clang-format on */

static void check_duration(Reader *reader, const Scenario *scenario) {
    if (scenario->duration != SIM_TIME_NEVER) {
        if (scenario->warmup >= scenario->duration) {
            char text[SIM_TIME_TEXT];
            reader_error(reader, &(JsonPath){.key = "warmup"},
                         "a duration shorter than the scenario's", NULL, "%s",
                         sim_time_format(scenario->warmup, text));
        }
        return;
    }
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        if (deployment_config_is_endless(&scenario->deployments[i])) {
            reader_refuse(reader, NULL, &(JsonPath){.key = "duration"},
                          "a duration such as 24h, for there is traffic without an end", NULL);
            return;
        }
    }
}

/* Time 0 where the user does not say -------------------------------------------------------- */

static int64_t first_recorded(Scenario *scenario, const DeploymentConfig *deployment,
                              ErrorList *errors) {
    int64_t earliest = INT64_MAX;
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        const TrafficConfig *traffic = &deployment->traffic[i];
        int64_t begins;
        if (traffic->kind->begins == NULL) {
            continue;
        }
        if (traffic->kind->recorded) { /* one from standard input or a pipe is not to be lost */
            trace_read_heads(scenario->heads, traffic->config);
        }
        const TrafficContext context = {.stream = "start",
                                        .until = SIM_TIME_NEVER,
                                        .directory = scenario->directory,
                                        .heads = scenario->heads,
                                        .errors = errors};
        if (traffic->kind->begins(traffic->config, &context, &begins) && begins < earliest) {
            earliest = begins;
        }
    }
    return earliest;
}

/* Recordings that cannot be read are told when they are run. */
static void find_start(Scenario *scenario, ErrorList *errors) {
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

/* And what hangs on it: the replicas to begin with. */
static void settle_start(Scenario *scenario, ErrorList *errors) {
    find_start(scenario, errors);
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        deployment_config_settle_start(&scenario->deployments[i], scenario->start_epoch_s, errors);
    }
}

/* The whole ---------------------------------------------------------------------------------- */

static Scenario *scenario_create(const char *file_name, const char *directory) {
    Scenario *scenario = memory_new(1, sizeof *scenario);
    scenario->heads = memory_new(1, sizeof *scenario->heads);
    options_set_defaults(scenario_options, scenario);
    scenario->directory = memory_text(directory != NULL ? directory : "");
    char *stem = file_name_stem(file_name);
    scenario->name = strcmp(file_name, "-") == 0 ? memory_text("scenario") : text_file_name(stem);
    free(stem);
    return scenario;
}

static char *write_scenario(const Scenario *scenario) {
    cJSON *root = json_object();
    options_to_json(root, scenario_options, scenario);
    char *text = json_print(root);
    cJSON_Delete(root);
    return text;
}

void scenario_write_again(Scenario *scenario) {
    free(scenario->as_run);
    scenario->as_run = write_scenario(scenario);
}

/* before, kept: of the errors, before the tree was parsed. */
static void read_root(Reader *reader, const ScenarioOverride overrides[], size_t count,
                      size_t before, size_t kept, Scenario *scenario) {
    overrides_apply(overrides, count, reader->tree, reader->errors);
    reader_section(reader, reader->tree->root, scenario_options, scenario, NULL, NULL);
    assign_pools(scenario);
    check_duration(reader, scenario);
    if (reader->errors->count == before) {
        settle_start(scenario, reader->errors);
    }
    check_pools(reader, scenario);
    reader_locate(reader, kept);
}

/* before: the errors, before the tree was parsed. */
static Scenario *read_tree(Reader *reader, const ScenarioOverride overrides[], size_t count,
                           size_t before, size_t kept) {
    if (!reader_is_object(reader, "a scenario: an object { ... }")) {
        return NULL;
    }
    Scenario *scenario = scenario_create(reader->file, reader->directory);
    read_root(reader, overrides, count, before, kept, scenario);
    if (reader->errors->count > before) {
        scenario_destroy(scenario);
        return NULL;
    }
    scenario->as_run = write_scenario(scenario);
    return scenario;
}

Scenario *scenario_read(JsonTree *tree, const char *file_name, const char *directory,
                        const ScenarioOverride overrides[], size_t count, ErrorList *errors) {
    Reader reader = {.tree = tree, .file = file_name, .directory = directory, .errors = errors};
    return read_tree(&reader, overrides, count, errors->count, errors->kept);
}

Scenario *scenario_read_text(const char *json, const char *file_name, const char *directory,
                             const ScenarioOverride overrides[], size_t count, ErrorList *errors) {
    const size_t before = errors->count, kept = errors->kept;
    JsonTree tree;
    json_parse(&tree, json, strlen(json), file_name, errors);
    Reader reader = {.tree = &tree, .file = file_name, .directory = directory, .errors = errors};
    Scenario *scenario = read_tree(&reader, overrides, count, before, kept);
    json_clear(&tree);
    return scenario;
}

Scenario *scenario_read_file(const char *path, const ScenarioOverride overrides[], size_t count,
                             ErrorList *errors) {
    const size_t before = errors->count, kept = errors->kept;
    JsonTree tree;
    json_read(&tree, path, errors);
    char *directory = file_name_directory(path);
    Reader reader = {.tree = &tree, .file = path, .directory = directory, .errors = errors};
    Scenario *scenario = read_tree(&reader, overrides, count, before, kept);
    free(directory);
    json_clear(&tree);
    return scenario;
}

void scenario_destroy(Scenario *scenario) {
    if (scenario == NULL) {
        return;
    }
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        deployment_config_clear(&scenario->deployments[i]);
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        options_clear(pool_options, &scenario->pools[i]);
        free(scenario->pools[i].accelerator);
    }
    options_clear(scenario_options, scenario);
    free(scenario->deployments);
    free(scenario->pools);
    free(scenario->directory);
    input_heads_clear(scenario->heads);
    free(scenario->heads);
    free(scenario->as_run);
    free(scenario);
}

/* As other programs see it: opaque, with mistakes as one text -------------------------------- */

/* One mistake per line, without the end of the last. */
static char *errors_text(const ErrorList *errors) {
    char *text = error_list_text(errors);
    text[strlen(text) - 1] = '\0';
    return text;
}

/* NULL and a message if there were mistakes anywhere. */
static asim_scenario *settle(Scenario *scenario, OverrideList *list, ErrorList *errors,
                             char **message) {
    const bool sound = errors->count == 0;
    if (message != NULL) {
        *message = sound ? NULL : errors_text(errors);
    }
    if (!sound) {
        scenario_destroy(scenario);
    }
    overrides_clear(list);
    error_list_clear(errors);
    return sound ? scenario : NULL;
}

static void take_overrides(const char *const texts[], OverrideList *list, ErrorList *errors) {
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++) {
        overrides_add_set(list, texts[i], errors);
    }
}

asim_scenario *asim_scenario_read_file(const char *path, const char *const overrides[],
                                       char **message) {
    ErrorList errors = {0};
    OverrideList list = {0};
    take_overrides(overrides, &list, &errors);
    Scenario *scenario = scenario_read_file(path, list.items, list.count, &errors);
    return settle(scenario, &list, &errors, message);
}

asim_scenario *asim_scenario_read_text(const char *json, const char *const overrides[],
                                       char **message) {
    ErrorList errors = {0};
    OverrideList list = {0};
    take_overrides(overrides, &list, &errors);
    Scenario *scenario =
        scenario_read_text(json, "scenario", NULL, list.items, list.count, &errors);
    return settle(scenario, &list, &errors, message);
}

void asim_scenario_destroy(asim_scenario *scenario) {
    scenario_destroy(scenario);
}

size_t asim_scenario_deployment_count(const asim_scenario *scenario) {
    return scenario->deployment_count;
}

const char *asim_scenario_deployment_name(const asim_scenario *scenario, size_t deployment) {
    return deployment < scenario->deployment_count ? scenario->deployments[deployment].name : NULL;
}

const char *asim_scenario_json(const asim_scenario *scenario) {
    return scenario->as_run;
}

size_t scenario_deployment_number(const Scenario *scenario, const char *name) {
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        if (strcmp(scenario->deployments[i].name, name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

asim_traffic_source *scenario_open_source(const Scenario *scenario,
                                          const DeploymentConfig *deployment, size_t number,
                                          const volatile sig_atomic_t *halt, ErrorList *errors) {
    const TrafficConfig *traffic = &deployment->traffic[number];
    char *stream = memory_format("traffic.%s.%zu", deployment->name, number);
    const TrafficContext context = {
        .seed = (uint64_t)scenario->seed,
        .replication = (uint64_t)scenario->replication,
        .stream = stream,
        .source = (uint16_t)number,
        .until = scenario->duration,
        .start_epoch_s = scenario->start_epoch_s,
        .directory = scenario->directory,
        .heads = scenario->heads,
        .errors = errors,
        .halt = halt,
    };
    asim_traffic_source *source = traffic->kind->open(traffic->kind, traffic->config, &context);
    free(stream);
    // cppcheck-suppress returnDanglingLifetime ; `open` keeps no pointer to its context
    return source;
}
