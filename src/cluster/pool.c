// SPDX-License-Identifier: GPL-3.0-or-later
/* GPUs: what a scenario says of a pool, who gets them, and who pays. Grants: reserved GPUs first,
 * on-demand for the rest; first come first served, except that what fits into free reserved GPUs
 * alone is granted at once, for that is what a reservation guarantees. Billed GPUs change only when
 * replicas do, so accounts are brought up to date then and when asked. Prices: fireworks.ai/pricing
 * from 2026-09-01 (A100: the last one published, 2025). */
#include "cluster/cluster.h"

#include "base/assertion.h"
#include "base/csv_reader.h"
#include "base/file_name.h"
#include "base/memory.h"
#include "engine/sim_time.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a scenario says ----------------------------------------------------------------------------
 */

#define ROW(member, type, basis) OPTION_ROW(PoolConfig, member, type, basis)
#define GPUS_MOST 10000000

const Option pool_options[] = {
    {ROW(reserved_gpus, INTEGER, OURS), .maximum = GPUS_MOST, .default_text = "0",
     .help = "GPUs of a reservation: granted at once, always, and paid for all the time"},
    {ROW(on_demand_gpus, INTEGER, ASSUMED), .maximum = GPUS_MOST,
     .help = "GPUs beyond the reservation; absent: unlimited"},
    {ROW(on_demand_available, SPAN, ASSUMED), .minimum = 0.001, .maximum = 315360000,
     .help = "length of a period with on-demand GPUs; absent: they are always there"},
    {ROW(on_demand_stocked_out, SPAN, ASSUMED), .minimum = 0.001, .maximum = 315360000,
     .help = "length of a period without on-demand GPUs, between two with"},
    {ROW(on_demand_file, TEXT, OURS), .is_file = true,
     .help = "recorded on-demand capacity: CSV with the columns time_s, on_demand_gpus"},
    {ROW(quota_gpus, INTEGER, ASSUMED), .maximum = GPUS_MOST,
     .help = "the account's quota, reservation included; absent: none"},
    {ROW(usd_per_gpu_hour, NUMBER, DOCUMENTED), .maximum = 1e6,
     .help = "on-demand price; absent: the list price"},
    {ROW(reserved_usd_per_gpu_hour, NUMBER, ASSUMED), .maximum = 1e6, .needs = "reserved_gpus",
     .help = "price of a reserved GPU, used or not; absent: the on-demand price"},
    OPTION_END,
};

void pool_config_check(const void *of, const Error *where, ErrorList *errors) {
    const PoolConfig *config = of;
    const bool available = distribution_is_given(&config->on_demand_available);
    const bool stocked_out = distribution_is_given(&config->on_demand_stocked_out);
    if (available != stocked_out) {
        error_add_at(where, available ? "on_demand_available" : "on_demand_stocked_out",
                     available ? "on_demand_available without on_demand_stocked_out"
                               : "on_demand_stocked_out without on_demand_available",
                     "both, for the periods alternate", errors);
    }
    const bool simulated =
        available || stocked_out || config->on_demand_gpus != OPTION_ABSENT_INTEGER;
    if (config->on_demand_file != NULL && simulated) {
        error_add_at(where, "on_demand_file", "on_demand_file beside simulated on-demand capacity",
                     "either the file, or on_demand_gpus and its periods", errors);
    }
}

/* Prices ------------------------------------------------------------------------------------- */

static const struct {
    const char *accelerator;
    double usd_per_gpu_hour;
} prices[] = {{"H100", 8.0},  {"H200", 8.0},   {"B200", 13.0},
              {"B300", 15.0}, {"GB300", 20.0}, {"A100", 2.9}};

double price_list_usd_per_gpu_hour(const char *accelerator) {
    for (size_t i = 0; i < sizeof prices / sizeof prices[0]; i++) {
        if (strcmp(prices[i].accelerator, accelerator) == 0) {
            return prices[i].usd_per_gpu_hour;
        }
    }
    return NAN;
}

/* Recorded capacity -------------------------------------------------------------------------------
 */

static int64_t market_limit(const PoolConfig *config) {
    return config->on_demand_gpus == OPTION_ABSENT_INTEGER ? INT64_MAX : config->on_demand_gpus;
}

static bool capacity_row(Pool *pool, CsvReader *reader, size_t time, size_t gpus, size_t *room) {
    const Error where = {.file = reader->path, .line = reader->line};
    const char *text = csv_reader_text(reader, gpus);
    const double time_s = csv_reader_number(reader, time);
    PoolChange change = {.on_demand_gpus = INT64_MAX};
    char *end = "";
    errno = 0;
    if (!(time_s >= 0 && time_s <= sim_time_to_seconds(SIM_TIME_LONGEST))) {
        return !reader->failed && error_at(reader->errors, &where, csv_reader_text(reader, time),
                                           "a time in seconds, from 0 on", NULL);
    }
    if (strcmp(text, "unlimited") != 0) {
        change.on_demand_gpus = strtoll(text, &end, 10);
    }
    if (*text == '\0' || *end != '\0' || errno != 0 || change.on_demand_gpus < 0) {
        return error_at(reader->errors, &where, text,
                        "a whole number of GPUs from 0 on, or \"unlimited\"", NULL);
    }
    change.time = sim_time_from_seconds(time_s);
    if (pool->recorded_count && change.time <= pool->recorded[pool->recorded_count - 1].time) {
        return error_at(reader->errors, &where, csv_reader_text(reader, time),
                        "a time after the row before", NULL);
    }
    pool->recorded = memory_grow(pool->recorded, pool->recorded_count, room, sizeof change);
    pool->recorded[pool->recorded_count++] = change;
    return true;
}

static bool read_recorded(Pool *pool, const char *directory, ErrorList *errors) {
    char *path = file_name_from(directory, pool->config->on_demand_file);
    CsvReader reader = {0};
    size_t room = 0, time = 0, gpus = 0;
    bool read = csv_reader_open(&reader, path, errors) &&
                (time = csv_reader_need(&reader, "time_s")) != CSV_READER_ABSENT &&
                (gpus = csv_reader_need(&reader, "on_demand_gpus")) != CSV_READER_ABSENT;
    while (read && csv_reader_next(&reader)) {
        read = capacity_row(pool, &reader, time, gpus, &room);
    }
    read = csv_reader_close(&reader) && read;
    if (read && pool->recorded_count == 0) {
        read = error_in_file(errors, path, "no rows", "at least one row of capacity", NULL);
    }
    free(path);
    return read;
}

/* The market --------------------------------------------------------------------------------------
 */

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
    } else if (distribution_is_given(&config->on_demand_available) &&
               distribution_is_given(&config->on_demand_stocked_out)) {
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

/* Grants ------------------------------------------------------------------------------------------
 */

int64_t pool_quota_left(const Pool *pool) {
    if (pool->config->quota_gpus == OPTION_ABSENT_INTEGER) {
        return INT64_MAX;
    }
    const int64_t left = pool->config->quota_gpus - pool->asked;
    return left > 0 ? left : 0;
}

/* Of the reserved GPUs, those that are free for it. */
static int64_t reserved_for(const Pool *pool, PoolNeed need) {
    return need.preemptible ? 0 : pool->reserved_free;
}

static PoolGrant take(Pool *pool, PoolNeed need) {
    const int64_t free = reserved_for(pool, need);
    const int64_t reserved = need.gpus < free ? need.gpus : free;
    const PoolGrant grant = {.reserved = reserved, .on_demand = need.gpus - reserved};
    pool->reserved_free -= grant.reserved;
    pool->on_demand_used += grant.on_demand;
    asim_assert(pool->reserved_free >= 0 && grant.on_demand >= 0);
    asim_assert(pool->on_demand_used <= pool->asked);
    return grant;
}

static bool fits(const Pool *pool, PoolNeed need) {
    const int64_t on_demand = need.gpus - reserved_for(pool, need);
    return on_demand <= 0 ||
           on_demand <= pool->on_demand_limit - pool->on_demand_used - pool->in_repair.on_demand;
}

/* first: nobody waits before it. */
static bool may_take(const Pool *pool, PoolNeed need, bool first) {
    return need.gpus <= reserved_for(pool, need) || (first && fits(pool, need));
}

bool pool_can_take(const Pool *pool, PoolNeed need) {
    return may_take(pool, need, pool->waiter_count == 0);
}

bool pool_ask(Pool *pool, uint32_t replica, PoolNeed need, PoolGrant *grant) {
    asim_assert(need.gpus > 0);
    asim_assert(need.gpus <= pool_quota_left(pool));
    pool->asked += need.gpus;
    if (may_take(pool, need, pool->waiter_count == 0)) {
        *grant = take(pool, need);
        return true;
    }
    pool->waiters =
        memory_grow(pool->waiters, pool->waiter_count, &pool->waiter_room, sizeof *pool->waiters);
    pool->waiters[pool->waiter_count++] = (PoolWaiter){.replica = replica, .need = need};
    return false;
}

PoolGrant pool_take_warm(Pool *pool, PoolNeed need) {
    pool->asked += need.gpus;
    return take(pool, need);
}

static PoolWaiter remove_waiter(Pool *pool, size_t at) {
    asim_assert(at < pool->waiter_count);
    asim_assert(pool->asked >= pool->waiters[at].need.gpus);
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
    pool->asked -= remove_waiter(pool, at).need.gpus;
}

void pool_break(Pool *pool, PoolGrant grant) {
    asim_assert(grant.reserved >= 0 && grant.on_demand >= 0);
    asim_assert(pool->on_demand_used >= grant.on_demand &&
                pool->asked >= grant.reserved + grant.on_demand);
    pool->on_demand_used -= grant.on_demand;
    pool->asked -= grant.reserved + grant.on_demand;
    pool->in_repair.reserved += grant.reserved;
    pool->in_repair.on_demand += grant.on_demand;
}

void pool_repair(Pool *pool, PoolGrant grant) {
    asim_assert(pool->in_repair.reserved >= grant.reserved);
    asim_assert(pool->in_repair.on_demand >= grant.on_demand);
    pool->in_repair.reserved -= grant.reserved;
    pool->in_repair.on_demand -= grant.on_demand;
    pool->reserved_free += grant.reserved;
    asim_assert(pool->reserved_free + pool->in_repair.reserved <= pool->config->reserved_gpus);
}

void pool_give_back(Pool *pool, PoolGrant grant) {
    pool_break(pool, grant);
    pool_repair(pool, grant);
}

bool pool_serve_waiter(Pool *pool, uint32_t *replica, PoolGrant *grant) {
    for (size_t i = 0; i < pool->waiter_count; i++) {
        const PoolNeed need = pool->waiters[i].need;
        if (may_take(pool, need, i == 0)) {
            *replica = remove_waiter(pool, i).replica;
            *grant = take(pool, need);
            return true;
        }
    }
    return false;
}

/* Billing -----------------------------------------------------------------------------------------
 */

void billing_init(Billing *billing, int64_t reserved_gpus) {
    *billing = (Billing){.reserved_gpus = reserved_gpus, .end = SIM_TIME_NEVER};
}

void billing_clear(Billing *billing) {
    free(billing->accounts);
    billing->accounts = NULL;
}

void billing_add(Billing *billing, BillingAccount *account) {
    billing->accounts =
        memory_grow(billing->accounts, billing->count, &billing->room, sizeof *billing->accounts);
    billing->accounts[billing->count++] = account;
}

void billing_advance(Billing *billing, sim_time now) {
    const sim_time until = now < billing->end ? now : billing->end;
    if (until <= billing->until) {
        return;
    }
    const sim_time elapsed = until - billing->until;
    const int64_t reserved = billing->reserved_gpus;
    const int64_t covered = billing->gpus < reserved ? billing->gpus : reserved;
    asim_assert(elapsed > 0 && billing->count > 0);
    asim_assert(covered >= 0);
    const double covered_share = billing->gpus ? (double)covered / (double)billing->gpus : 0;
    const double unused = (double)(reserved - covered) * (double)elapsed / (double)billing->count;
    billing->until = until;
    for (size_t i = 0; i < billing->count; i++) {
        BillingAccount *account = billing->accounts[i];
        const BillingSum used = (BillingSum)account->gpus * elapsed;
        const double of_reservation = (double)used * covered_share;
        account->billed += used;
        account->covered_gpu_ns += of_reservation;
        account->reserved_gpu_ns += of_reservation + unused;
        account->on_demand_gpu_ns += (double)used - of_reservation;
    }
}

void billing_change(Billing *billing, BillingAccount *account, sim_time now, int64_t change) {
    billing_advance(billing, now);
    billing->gpus += change;
    account->gpus += change;
    asim_assert(account->gpus >= 0 && account->gpus <= billing->gpus);
    asim_assert(billing->gpus >= 0);
}
