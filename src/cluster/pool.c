// SPDX-License-Identifier: GPL-3.0-or-later
/* Grants: reserved GPUs first, on-demand for the rest; first come first served, except that what
 * fits into free reserved GPUs alone is granted at once, for that is what a reservation guarantees.
 */
#include "cluster/pool.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/sim_time.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char capacity_header[] = "time_s,on_demand_gpus";

static bool is_given(const Distribution *span) {
    return !(span->kind == DISTRIBUTION_FIXED && isnan(span->a));
}

static int64_t market_limit(const PoolConfig *config) {
    return config->on_demand_gpus == OPTION_ABSENT_INTEGER ? INT64_MAX : config->on_demand_gpus;
}

/* ---- Recorded capacity ---- */

typedef struct CapacityFile {
    const char *path;
    long line;
    ErrorList *errors;
} CapacityFile;

static bool capacity_file_error(const CapacityFile *file, const char *found, const char *expected) {
    error_add(
        file->errors,
        &(Error){.file = file->path, .line = file->line, .found = found, .expected = expected});
    return false;
}

static bool capacity_row(const CapacityFile *file, char *text, PoolChange *change) {
    text[strcspn(text, "\r\n")] = '\0';
    char *end;
    const double time_s = strtod(text, &end);
    if (end == text || *end != ',' ||
        !(time_s >= 0 && time_s <= sim_time_to_seconds(SIM_TIME_LONGEST))) {
        return capacity_file_error(file, text, "a time in seconds, from 0 on, then a comma");
    }
    const char *gpus = end + 1;
    change->time = sim_time_from_seconds(time_s);
    if (strcmp(gpus, "unlimited") == 0) {
        change->on_demand_gpus = INT64_MAX;
        return true;
    }
    errno = 0;
    change->on_demand_gpus = strtoll(gpus, &end, 10);
    if (end == gpus || *end != '\0' || errno || change->on_demand_gpus < 0) {
        return capacity_file_error(file, text,
                                   "a whole number of GPUs from 0 on, or \"unlimited\"");
    }
    return true;
}

static bool capacity_read(Pool *pool, FILE *stream, CapacityFile *file) {
    char text[256];
    size_t room = 0;
    while (fgets(text, sizeof text, stream)) {
        file->line++;
        if (file->line == 1) {
            text[strcspn(text, "\r\n")] = '\0';
            if (strcmp(text, capacity_header) != 0) {
                return capacity_file_error(file, text, "the header \"time_s,on_demand_gpus\"");
            }
            continue;
        }
        PoolChange change;
        if (!capacity_row(file, text, &change)) {
            return false;
        }
        if (pool->recorded_count && change.time <= pool->recorded[pool->recorded_count - 1].time) {
            return capacity_file_error(file, text, "a time after the row before");
        }
        pool->recorded = memory_grow(pool->recorded, pool->recorded_count, &room, sizeof change);
        pool->recorded[pool->recorded_count++] = change;
    }
    if (ferror(stream)) {
        return error_unreadable(file->errors, file->path, errno, "a file that can be read");
    }
    return pool->recorded_count > 0 ||
           capacity_file_error(file, "no rows", "at least one row of capacity");
}

static bool read_recorded(Pool *pool, const char *directory, ErrorList *errors) {
    const char *name = pool->config->on_demand_file;
    const bool relative = directory && name[0] != '/';
    char *path = relative ? memory_format("%s/%s", directory, name) : memory_text(name);
    CapacityFile file = {.path = path, .errors = errors};
    FILE *stream = fopen(path, "r");
    const bool read = stream ? capacity_read(pool, stream, &file)
                             : error_unreadable(errors, path, errno, "a file that can be read");
    if (stream) {
        fclose(stream);
    }
    free(path);
    return read;
}

/* ---- The market ---- */

static sim_time period(const Distribution *length, RandomStream *stream) {
    const sim_time drawn = sim_time_from_seconds(distribution_sample(length, stream));
    return drawn > 0 ? drawn : 1; /* a period lasts: time must pass between two changes */
}

void pool_change(Pool *pool) {
    const PoolConfig *config = pool->config;
    if (pool->recorded) {
        asim_assert(pool->recorded_next < pool->recorded_count);
        pool->on_demand_limit = pool->recorded[pool->recorded_next++].on_demand_gpus;
        pool->next_change = pool->recorded_next < pool->recorded_count
                                ? pool->recorded[pool->recorded_next].time
                                : SIM_TIME_NEVER;
        return;
    }
    pool->stocked_out = !pool->stocked_out;
    pool->on_demand_limit = pool->stocked_out ? 0 : market_limit(config);
    const Distribution *length =
        pool->stocked_out ? &config->on_demand_stocked_out : &config->on_demand_available;
    pool->next_change += period(length, &pool->stream);
}

bool pool_init(Pool *pool, const PoolConfig *config, const char *directory, uint64_t seed,
               uint64_t replication, ErrorList *errors) {
    *pool = (Pool){
        .config = config,
        .reserved_free = config->reserved_gpus,
        .on_demand_limit = market_limit(config),
        .next_change = SIM_TIME_NEVER,
    };
    random_stream_init_named(&pool->stream, seed, replication, "capacity.%s", config->accelerator);
    if (config->on_demand_file) {
        if (!read_recorded(pool, directory, errors)) {
            return false;
        }
        pool->next_change = pool->recorded[0].time;
        if (pool->next_change == 0) {
            pool_change(pool);
        }
    } else if (is_given(&config->on_demand_available) && is_given(&config->on_demand_stocked_out)) {
        pool->next_change = period(&config->on_demand_available, &pool->stream);
    }
    return true;
}

void pool_clear(Pool *pool) {
    free(pool->waiters);
    free(pool->recorded);
    pool->waiters = NULL;
    pool->recorded = NULL;
}

/* ---- Grants ---- */

int64_t pool_quota_left(const Pool *pool) {
    if (pool->config->quota_gpus == OPTION_ABSENT_INTEGER) {
        return INT64_MAX;
    }
    const int64_t left = pool->config->quota_gpus - pool->asked;
    return left > 0 ? left : 0;
}

static PoolGrant take(Pool *pool, int64_t gpus) {
    const int64_t reserved = gpus < pool->reserved_free ? gpus : pool->reserved_free;
    const PoolGrant grant = {.reserved = reserved, .on_demand = gpus - reserved};
    pool->reserved_free -= grant.reserved;
    pool->on_demand_used += grant.on_demand;
    asim_assert(pool->reserved_free >= 0 && grant.on_demand >= 0);
    asim_assert(pool->on_demand_used <= pool->asked);
    return grant;
}

static bool fits(const Pool *pool, int64_t gpus) {
    const int64_t on_demand = gpus - pool->reserved_free;
    return on_demand <= 0 || on_demand <= pool->on_demand_limit - pool->on_demand_used;
}

bool pool_ask(Pool *pool, uint32_t replica, int64_t gpus, PoolGrant *grant) {
    asim_assert(gpus > 0);
    asim_assert(gpus <= pool_quota_left(pool));
    pool->asked += gpus;
    const bool first = pool->waiter_count == 0;
    if (gpus <= pool->reserved_free || (first && fits(pool, gpus))) {
        *grant = take(pool, gpus);
        return true;
    }
    pool->waiters =
        memory_grow(pool->waiters, pool->waiter_count, &pool->waiter_room, sizeof *pool->waiters);
    pool->waiters[pool->waiter_count++] = (PoolWaiter){.replica = replica, .gpus = gpus};
    return false;
}

PoolGrant pool_take_warm(Pool *pool, int64_t gpus) {
    pool->asked += gpus;
    return take(pool, gpus);
}

static PoolWaiter remove_waiter(Pool *pool, size_t at) {
    asim_assert(at < pool->waiter_count);
    asim_assert(pool->asked >= pool->waiters[at].gpus);
    const PoolWaiter waiter = pool->waiters[at];
    pool->waiter_count--;
    memmove(&pool->waiters[at], &pool->waiters[at + 1], (pool->waiter_count - at) * sizeof waiter);
    return waiter;
}

void pool_withdraw(Pool *pool, uint32_t replica) {
    size_t at = pool->waiter_count; /* the newest are withdrawn first */
    do {
        asim_assert(at > 0);
    } while (pool->waiters[--at].replica != replica);
    pool->asked -= remove_waiter(pool, at).gpus;
}

void pool_give_back(Pool *pool, PoolGrant grant) {
    asim_assert(grant.reserved >= 0 && grant.on_demand >= 0);
    asim_assert(pool->on_demand_used >= grant.on_demand &&
                pool->asked >= grant.reserved + grant.on_demand);
    pool->reserved_free += grant.reserved;
    pool->on_demand_used -= grant.on_demand;
    pool->asked -= grant.reserved + grant.on_demand;
    asim_assert(pool->reserved_free <= pool->config->reserved_gpus);
}

bool pool_serve_waiter(Pool *pool, uint32_t *replica, PoolGrant *grant) {
    for (size_t i = 0; i < pool->waiter_count; i++) {
        const int64_t gpus = pool->waiters[i].gpus;
        if (gpus <= pool->reserved_free || (i == 0 && fits(pool, gpus))) {
            *replica = remove_waiter(pool, i).replica;
            *grant = take(pool, gpus);
            return true;
        }
    }
    return false;
}
