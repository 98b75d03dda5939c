// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 7 by itself: who is granted what, who waits, and when the market changes. */
#include "cluster/cluster.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S SIM_TIME_SECOND

static PoolConfig config_of(int64_t reserved, int64_t on_demand, int64_t quota) {
    PoolConfig config;
    options_set_defaults(pool_options, &config);
    config.accelerator = (char *)(uintptr_t) "H100";
    config.reserved_gpus = reserved;
    config.on_demand_gpus = on_demand;
    config.quota_gpus = quota;
    return config;
}

#define ABSENT OPTION_ABSENT_INTEGER

static Pool pool_of(const PoolConfig *config) {
    Pool pool;
    ErrorList errors = {0};
    cr_assert(pool_init(&pool, config, NULL, 1, 0, &errors));
    return pool;
}

static void expect_grant(PoolGrant grant, int64_t reserved, int64_t on_demand) {
    cr_expect_eq(grant.reserved, reserved);
    cr_expect_eq(grant.on_demand, on_demand);
}

Test(sim_pool, reserved_first_then_on_demand_then_wait) {
    const PoolConfig config = config_of(6, 4, ABSENT);
    Pool pool = pool_of(&config);
    PoolGrant grant;
    cr_expect(pool_ask(&pool, 1, (PoolNeed){.gpus = 4}, &grant));
    expect_grant(grant, 4, 0);
    cr_expect(pool_ask(&pool, 2, (PoolNeed){.gpus = 4}, &grant));
    expect_grant(grant, 2, 2);
    cr_expect_not(pool_ask(&pool, 3, (PoolNeed){.gpus = 4}, &grant)); /* 2 on-demand are left */
    cr_expect_eq(pool.reserved_free, 0);
    cr_expect_eq(pool.on_demand_used, 2);
    pool_clear(&pool);
}

Test(sim_pool, unlimited_without_a_count) {
    const PoolConfig config = config_of(0, ABSENT, ABSENT);
    Pool pool = pool_of(&config);
    PoolGrant grant;
    for (uint32_t i = 0; i < 1000; i++) {
        cr_expect(pool_ask(&pool, i, (PoolNeed){.gpus = 1024}, &grant));
    }
    cr_expect_eq(pool_quota_left(&pool), INT64_MAX);
    cr_expect_eq(pool.next_change, SIM_TIME_NEVER);
    pool_clear(&pool);
}

/* 10, then 20, then 30 wait for 2 GPUs each; 40 wants 1, which is free: it waits all the same. */
Test(sim_pool, first_come_first_served) {
    const PoolConfig config = config_of(0, 3, ABSENT);
    Pool pool = pool_of(&config);
    PoolGrant first, grant;
    uint32_t replica = 0;
    cr_expect(pool_ask(&pool, 1, (PoolNeed){.gpus = 2}, &first));
    cr_expect_not(pool_ask(&pool, 10, (PoolNeed){.gpus = 2}, &grant));
    cr_expect_not(pool_ask(&pool, 20, (PoolNeed){.gpus = 2}, &grant));
    cr_expect_not(pool_ask(&pool, 40, (PoolNeed){.gpus = 1}, &grant));
    cr_expect_not(pool_serve_waiter(&pool, &replica, &grant));
    pool_give_back(&pool, first);
    cr_expect(pool_serve_waiter(&pool, &replica, &grant));
    cr_expect_eq(replica, 10);
    cr_expect_not(pool_serve_waiter(&pool, &replica, &grant)); /* 20 is next, and 1 is not enough */
    pool_withdraw(&pool, 20);
    cr_expect(pool_serve_waiter(&pool, &replica, &grant));
    cr_expect_eq(replica, 40);
    expect_grant(grant, 0, 1);
    cr_expect_eq(pool.waiter_count, 0);
    pool_clear(&pool);
}

/* What fits into free reserved GPUs alone passes those who wait. */
Test(sim_pool, a_reservation_never_waits) {
    const PoolConfig config = config_of(4, 0, ABSENT);
    Pool pool = pool_of(&config);
    PoolGrant first, grant;
    uint32_t replica = 0;
    cr_expect(pool_ask(&pool, 1, (PoolNeed){.gpus = 2}, &first));
    cr_expect_not(pool_ask(&pool, 2, (PoolNeed){.gpus = 4}, &grant));
    cr_expect(pool_ask(&pool, 3, (PoolNeed){.gpus = 1}, &grant));
    expect_grant(grant, 1, 0);
    cr_expect_not(pool_ask(&pool, 4, (PoolNeed){.gpus = 2}, &grant)); /* 1 is left */
    pool_give_back(&pool, first);
    cr_expect(pool_serve_waiter(&pool, &replica, &grant)); /* 3 of 4: 2 does not fit, 4 does */
    cr_expect_eq(replica, 4);
    cr_expect_not(pool_serve_waiter(&pool, &replica, &grant));
    pool_clear(&pool);
}

/* Warm replicas have theirs whatever the market says. */
Test(sim_pool, warm_replicas) {
    const PoolConfig config = config_of(3, 0, ABSENT);
    Pool pool = pool_of(&config);
    expect_grant(pool_take_warm(&pool, (PoolNeed){.gpus = 4}), 3, 1);
    cr_expect_eq(pool.asked, 4);
    pool_clear(&pool);
}

/* The quota counts what is granted and what waits; never less than 0 is left. */
Test(sim_pool, quota) {
    const PoolConfig config = config_of(0, 4, 10);
    Pool pool = pool_of(&config);
    PoolGrant first, grant;
    cr_expect_eq(pool_quota_left(&pool), 10);
    cr_expect(pool_ask(&pool, 1, (PoolNeed){.gpus = 4}, &first));
    cr_expect_not(pool_ask(&pool, 2, (PoolNeed){.gpus = 4}, &grant));
    cr_expect_eq(pool_quota_left(&pool), 2);
    pool_take_warm(&pool, (PoolNeed){.gpus = 4});
    cr_expect_eq(pool_quota_left(&pool), 0);
    pool_withdraw(&pool, 2);
    cr_expect_eq(pool_quota_left(&pool), 2);
    pool_give_back(&pool, first);
    cr_expect_eq(pool_quota_left(&pool), 6);
    pool_clear(&pool);
}

static Distribution fixed(double seconds) {
    return (Distribution){.kind = DISTRIBUTION_FIXED, .a = seconds, .maximum = INFINITY};
}

/* Available for 100 s, out for 50 s, and so on. Who has GPUs keeps them. */
Test(sim_pool, alternating_market) {
    PoolConfig config = config_of(0, 8, ABSENT);
    config.on_demand_available = fixed(100);
    config.on_demand_stocked_out = fixed(50);
    Pool pool = pool_of(&config);
    PoolGrant first, grant;
    uint32_t replica = 0;
    cr_expect_eq(pool.next_change, 100 * S);
    cr_expect(pool_ask(&pool, 1, (PoolNeed){.gpus = 4}, &first));
    pool_change(&pool);
    cr_expect_eq(pool.on_demand_limit, 0);
    cr_expect_eq(pool.next_change, 150 * S);
    cr_expect_not(pool_ask(&pool, 2, (PoolNeed){.gpus = 4}, &grant));
    cr_expect_eq(pool.on_demand_used, 4);
    pool_give_back(&pool, first); /* during the stock-out: they are not to be had again */
    cr_expect_not(pool_serve_waiter(&pool, &replica, &grant));
    pool_change(&pool);
    cr_expect_eq(pool.on_demand_limit, 8);
    cr_expect_eq(pool.next_change, 250 * S);
    cr_expect(pool_serve_waiter(&pool, &replica, &grant));
    cr_expect_eq(replica, 2);
    pool_clear(&pool);
}

/* Drawn periods follow the pool's own stream: the same for one seed, others for another. */
Test(sim_pool, random_market) {
    PoolConfig config = config_of(0, ABSENT, ABSENT);
    config.on_demand_available =
        (Distribution){.kind = DISTRIBUTION_EXPONENTIAL, .a = 100, .maximum = INFINITY};
    config.on_demand_stocked_out = config.on_demand_available;
    Pool a, b, c;
    ErrorList errors = {0};
    cr_assert(pool_init(&a, &config, NULL, 1, 0, &errors));
    cr_assert(pool_init(&b, &config, NULL, 1, 0, &errors));
    cr_assert(pool_init(&c, &config, NULL, 2, 0, &errors));
    for (int i = 0; i < 100; i++) {
        cr_expect_eq(a.next_change, b.next_change);
        cr_expect_neq(a.next_change, c.next_change);
        const sim_time before = a.next_change;
        pool_change(&a);
        pool_change(&b);
        pool_change(&c);
        cr_expect_gt(a.next_change, before);
    }
    pool_clear(&a);
    pool_clear(&b);
    pool_clear(&c);
}

/* Recorded capacity -------------------------------------------------------------------------- */

/* A pool with this file, NULL if it was refused, with one message that has `expected` in it. */
static bool read_file(const char *text, Pool *pool, PoolConfig *config, const char *expected) {
    char path[] = "/tmp/test_pool_XXXXXX";
    const int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    fputs(text, file);
    fclose(file);
    *config = config_of(0, ABSENT, ABSENT);
    config->on_demand_file = path;
    ErrorList errors = {0};
    const bool read = pool_init(pool, config, NULL, 1, 0, &errors);
    cr_expect_eq(errors.count, read ? 0 : 1);
    if (!read) {
        char *message = error_list_text(&errors);
        cr_expect_not_null(strstr(message, expected), "%s", message);
        free(message);
        pool_clear(pool);
    }
    error_list_clear(&errors);
    unlink(path);
    return read;
}

Test(sim_pool, recorded_market) {
    Pool pool;
    PoolConfig config;
    cr_assert(
        read_file("time_s,on_demand_gpus\r\n0,4\r\n1.5,0\r\n10,unlimited", &pool, &config, ""));
    cr_expect_eq(pool.on_demand_limit, 4);
    cr_expect_eq(pool.next_change, 1500 * SIM_TIME_MILLISECOND);
    pool_change(&pool);
    cr_expect_eq(pool.on_demand_limit, 0);
    cr_expect_eq(pool.next_change, 10 * S);
    pool_change(&pool);
    cr_expect_eq(pool.on_demand_limit, INT64_MAX);
    cr_expect_eq(pool.next_change, SIM_TIME_NEVER);
    pool_clear(&pool);
}

/* Until the first row the market is without limit. */
Test(sim_pool, recorded_market_begins_later) {
    Pool pool;
    PoolConfig config;
    cr_assert(read_file("time_s,on_demand_gpus\n5,2\n", &pool, &config, ""));
    cr_expect_eq(pool.on_demand_limit, INT64_MAX);
    cr_expect_eq(pool.next_change, 5 * S);
    pool_clear(&pool);
}

Test(sim_pool, bad_recorded_markets) {
    Pool pool;
    PoolConfig config;
    cr_expect_not(read_file("", &pool, &config, "a line with the columns' names"));
    cr_expect_not(read_file("time_s,on_demand_gpus\n", &pool, &config, "at least one row"));
    cr_expect_not(read_file("time,gpus\n0,1\n", &pool, &config, ":1"));
    cr_expect_not(read_file("time_s,on_demand_gpus\n0,1\n0,2\n", &pool, &config, ":3"));
    cr_expect_not(read_file("time_s,on_demand_gpus\n-1,1\n", &pool, &config, ":2"));
    cr_expect_not(read_file("time_s,on_demand_gpus\n1,-1\n", &pool, &config, ":2"));
    cr_expect_not(read_file("time_s,on_demand_gpus\n1,2.5\n", &pool, &config, ":2"));
    cr_expect_not(read_file("time_s,on_demand_gpus\nnan,2\n", &pool, &config, ":2"));
    cr_expect_not(
        read_file("time_s,on_demand_gpus\n1,99999999999999999999\n", &pool, &config, ":2"));
}

Test(sim_pool, missing_file) {
    PoolConfig config = config_of(0, ABSENT, ABSENT);
    config.on_demand_file = (char *)(uintptr_t) "no-such-file.csv";
    Pool pool;
    ErrorList errors = {0};
    cr_expect_not(pool_init(&pool, &config, "/no/such/directory", 1, 0, &errors));
    cr_assert_eq(errors.count, 1);
    cr_expect_str_eq(errors.items[0].file, "/no/such/directory/no-such-file.csv");
    error_list_clear(&errors);
    pool_clear(&pool);
}
