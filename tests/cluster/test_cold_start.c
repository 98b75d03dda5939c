// SPDX-License-Identifier: GPL-3.0-or-later
/* A replica's start, phase by phase, and the luck of its draws. */
#include "cluster/config.h"

#include "engine/sim_time.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static const ColdStartModel model_8b = {.weight_bytes = 16e9, .accelerator_count = 1};

static ColdStartConfig defaults(void) {
    ColdStartConfig config;
    options_set_defaults(cold_start_options, &config);
    return config;
}

static sim_time sum(ColdStart start) {
    return start.node_allocation + start.downloading_model + start.initializing + start.routing_lag;
}

static ColdStart draw(const ColdStartConfig *config, uint32_t replica) {
    return cold_start_draw(config, &model_8b, false, 1, 0, "chat", replica);
}

Test(cold_start, an_8b_replica_without_luck_takes_its_means) {
    ColdStartConfig config = defaults();
    config.cv = 0;
    const ColdStart start = draw(&config, 0);
    cr_expect(eq(i64, start.node_allocation, 10 * SIM_TIME_SECOND));
    cr_expect(eq(i64, start.downloading_model, 1280 * SIM_TIME_MILLISECOND));
    cr_expect(eq(i64, start.initializing, 41400 * SIM_TIME_MILLISECOND));
    cr_expect(eq(i64, start.routing_lag, 10 * SIM_TIME_SECOND));
    cr_expect(ieee_ulp_eq(dbl, cold_start_mean_s(&config, &model_8b), 62.68, 4));
}

Test(cold_start, weights_are_loaded_by_each_gpu_for_its_part) {
    ColdStartConfig config = defaults();
    config.cv = 0;
    const ColdStartModel model = {.weight_bytes = 405e9, .accelerator_count = 8};
    const ColdStart start = cold_start_draw(&config, &model, false, 1, 0, "big", 0);
    cr_expect(eq(i64, start.downloading_model, 32400 * SIM_TIME_MILLISECOND));
    cr_expect(eq(i64, start.initializing, 55250 * SIM_TIME_MILLISECOND));
}

Test(cold_start, a_cold_region_slows_only_the_first_download) {
    ColdStartConfig config = defaults();
    config.cv = 0;
    config.cold_region = true;
    const ColdStart first = cold_start_draw(&config, &model_8b, true, 1, 0, "chat", 0);
    const ColdStart second = cold_start_draw(&config, &model_8b, false, 1, 0, "chat", 1);
    cr_expect(eq(i64, first.downloading_model, 8 * SIM_TIME_SECOND));
    cr_expect(eq(i64, second.downloading_model, 1280 * SIM_TIME_MILLISECOND));
    config.cold_region = false;
    cr_expect(eq(i64, cold_start_draw(&config, &model_8b, true, 1, 0, "chat", 0).downloading_model,
                 1280 * SIM_TIME_MILLISECOND));
}

Test(cold_start, a_cold_download_is_told) {
    ColdStartConfig config = defaults();
    config.cold_region = true;
    cr_expect(cold_start_draw(&config, &model_8b, true, 1, 0, "chat", 0).cold_download);
    cr_expect(not(cold_start_draw(&config, &model_8b, false, 1, 0, "chat", 1).cold_download));
    config.cold_region = false;
    cr_expect(not(cold_start_draw(&config, &model_8b, true, 1, 0, "chat", 0).cold_download));
}

/* Without luck a start takes its means, phase by phase. */
Test(cold_start, means_are_those_of_a_start_without_luck) {
    ColdStartConfig config = defaults();
    const ColdStart mean = cold_start_mean(&config, &model_8b, false);
    config.cv = 0;
    const ColdStart start = draw(&config, 0);
    cr_expect(eq(i64, mean.node_allocation, start.node_allocation));
    cr_expect(eq(i64, mean.downloading_model, start.downloading_model));
    cr_expect(eq(i64, mean.initializing, start.initializing));
    cr_expect(eq(i64, mean.routing_lag, start.routing_lag));
    config.total = (Distribution){.kind = DISTRIBUTION_FIXED, .a = 100};
    const ColdStart total = cold_start_mean(&config, &model_8b, false);
    cr_expect(eq(i64, sum(total), 100 * SIM_TIME_SECOND));
    cr_expect(eq(i64, total.initializing, 100 * SIM_TIME_SECOND));
}

Test(cold_start, a_total_is_taken_exactly) {
    ColdStartConfig config = defaults();
    config.total = distribution_fixed(100);
    cr_expect(eq(i64, sum(draw(&config, 3)), 100 * SIM_TIME_SECOND));
    cr_expect(ieee_ulp_eq(dbl, cold_start_mean_s(&config, &model_8b), 100, 0));
}

Test(cold_start, a_phase_given_as_a_distribution_stands_by_itself) {
    ColdStartConfig config = defaults();
    config.tail_probability = 1;
    config.routing_lag =
        (Distribution){.kind = DISTRIBUTION_UNIFORM, .a = 20, .b = 20, .maximum = INFINITY};
    cr_assert(eq(ptr, (void *)distribution_prepare(&config.routing_lag), NULL));
    cr_expect(eq(i64, draw(&config, 0).routing_lag, 20 * SIM_TIME_SECOND));
    options_clear(cold_start_options, &config);
}

Test(cold_start, a_phase_given_as_a_duration_is_a_mean) {
    ColdStartConfig config = defaults();
    config.cv = 0;
    config.tail_probability = 1;
    config.tail_factor = 4;
    config.downloading_model = distribution_fixed(5);
    cr_expect(eq(i64, draw(&config, 0).downloading_model, 20 * SIM_TIME_SECOND));
    cr_expect(ieee_ulp_eq(dbl, cold_start_mean_s(&config, &model_8b), 4 * (10 + 5 + 41.4 + 10), 4));
}

Test(cold_start, the_nth_start_has_the_same_luck_whatever_else_is_set) {
    ColdStartConfig plain = defaults(), other = defaults();
    other.routing_lag = distribution_fixed(1);
    other.tail_probability = 1e-12;
    other.bandwidth_gb_per_s = 1;
    for (uint32_t replica = 0; replica < 50; replica++) {
        const ColdStart a = draw(&plain, replica), b = draw(&other, replica);
        cr_expect(eq(i64, a.node_allocation, b.node_allocation));
        cr_expect(eq(i64, a.initializing, b.initializing));
        cr_expect(
            epsilon_eq(dbl, (double)b.downloading_model / (double)a.downloading_model, 12.5, 1e-6));
    }
}

Test(cold_start, starts_differ_by_replica_deployment_seed_and_replication) {
    const ColdStartConfig config = defaults();
    const sim_time first = sum(draw(&config, 0));
    cr_expect(ne(i64, first, sum(draw(&config, 1))));
    cr_expect(ne(i64, first, sum(cold_start_draw(&config, &model_8b, false, 1, 0, "code", 0))));
    cr_expect(ne(i64, first, sum(cold_start_draw(&config, &model_8b, false, 2, 0, "chat", 0))));
    cr_expect(ne(i64, first, sum(cold_start_draw(&config, &model_8b, false, 1, 1, "chat", 0))));
}

Test(cold_start, factors_have_mean_one_and_the_given_variation) {
    const ColdStartConfig config = defaults();
    const int starts = 20000;
    double total = 0, squares = 0;
    for (int i = 0; i < starts; i++) {
        const double lag = sim_time_to_seconds(draw(&config, (uint32_t)i).routing_lag);
        total += lag;
        squares += lag * lag;
    }
    const double mean = total / starts;
    const double deviation = sqrt(squares / starts - mean * mean);
    cr_expect(epsilon_eq(dbl, mean, 10, 0.1));
    cr_expect(epsilon_eq(dbl, deviation / mean, 0.35, 0.02));
}

Test(cold_start, tails_come_as_often_as_asked) {
    ColdStartConfig config = defaults();
    config.cv = 0;
    config.tail_probability = 0.05;
    int tails = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        tails += draw(&config, i).node_allocation == 30 * SIM_TIME_SECOND;
    }
    cr_expect(gt(int, tails, 400));
    cr_expect(lt(int, tails, 600));
}
