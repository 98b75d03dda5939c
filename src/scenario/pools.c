// SPDX-License-Identifier: GPL-3.0-or-later
/* Pools by accelerator. */
#include "scenario/pools.h"

#include "base/json_scan.h"
#include "base/memory.h"
#include "scenario/hardware.h"
#include "scenario/scenario_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static void read_pool(Reader *reader, const cJSON *node, Scenario *scenario) {
    const ReaderKeys keys = {.foreign = scenario_key_home, .context = pool_options};
    char *path = json_path("pools", node->string);
    const Error where = {.place = path};
    char *accelerator = hardware_accelerator(node->string);
    if (find_pool(scenario, accelerator) < scenario->pool_count) {
        char *found = memory_format("a second pool of %s", accelerator);
        reader_error(reader, path, found, "one pool for each accelerator", NULL);
        free(found);
    }
    PoolConfig *pool = add_pool(scenario, accelerator);
    reader_options(reader, node, pool_options, pool, path, &keys);
    pool_config_check(pool, &where, reader->errors);
    free(path);
}

void pools_read(Reader *reader, const cJSON *node, Scenario *scenario) {
    if (node != NULL && !cJSON_IsObject(node)) {
        reader_refuse(reader, node, "pools", "an object of pools by accelerator", NULL);
        return;
    }
    const cJSON *member;
    cJSON_ArrayForEach (member, node) {
        read_pool(reader, member, scenario);
    }
}

static void set_prices(PoolConfig *pool) {
    if (isnan(pool->usd_per_gpu_hour)) {
        pool->usd_per_gpu_hour = price_list_usd_per_gpu_hour(pool->accelerator);
    }
    if (isnan(pool->reserved_usd_per_gpu_hour)) {
        pool->reserved_usd_per_gpu_hour = pool->usd_per_gpu_hour;
    }
}

void pools_assign(Scenario *scenario) {
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

static char *deployment_place(const DeploymentConfig *deployment, const char *key) {
    char *path = json_path("deployments", deployment->name);
    char *place = json_path(path, key);
    free(path);
    return place;
}

static void check_price(Reader *reader, const DeploymentConfig *deployment,
                        const PoolConfig *pool) {
    if (!isnan(deployment->usd_per_gpu_hour) || !isnan(pool->usd_per_gpu_hour)) {
        return;
    }
    char *place = deployment_place(deployment, "usd_per_gpu_hour");
    char *expected =
        memory_format("a price, for %s is not on the price list", deployment->accelerator);
    reader_error(reader, place, "nothing", expected, NULL);
    free(place);
    free(expected);
}

static void check_reserved_price(Reader *reader, const PoolConfig *pool) {
    if (pool->reserved_gpus > 0 && isnan(pool->reserved_usd_per_gpu_hour)) {
        char *path = json_path("pools", pool->accelerator);
        char *place = json_path(path, "reserved_usd_per_gpu_hour");
        reader_error(reader, place, "nothing",
                     "a price, for the accelerator is not on the price list", NULL);
        free(path);
        free(place);
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
    char *place = deployment_place(deployment, "initial_replica_count");
    char *found = memory_format("%lld warm replicas, with which %lld GPUs are in use",
                                (long long)deployment->initial_replica_count, (long long)*used);
    char *expected = memory_format("at most the %lld that pool %s has at the start",
                                   (long long)available, pool->accelerator);
    reader_error(reader, place, found, expected, NULL);
    free(place);
    free(found);
    free(expected);
}

/* Its reservation would cost money that no deployment's bill shows. */
static void refuse_unused(Reader *reader, const PoolConfig *pool) {
    char *path = json_path("pools", pool->accelerator);
    reader_error(reader, path, "a pool that no deployment uses",
                 "the accelerator of a deployment of this scenario", NULL);
    free(path);
}

void pools_check(Reader *reader, const Scenario *scenario) {
    int64_t *used = memory_new(scenario->pool_count, sizeof used[0]);
    bool *is_used = memory_new(scenario->pool_count, sizeof is_used[0]);
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
        is_used[deployment->pool] = true;
        check_price(reader, deployment, pool);
        check_fit(reader, deployment, pool, &used[deployment->pool]);
    }
    for (size_t i = 0; i < scenario->pool_count && reader->errors->count == 0; i++) {
        if (!is_used[i]) {
            refuse_unused(reader, &scenario->pools[i]);
        }
    }
    free(is_used);
    free(used);
}

void pool_config_clear(PoolConfig *pool) {
    options_clear(pool_options, pool);
    free(pool->accelerator);
    pool->accelerator = NULL;
}
