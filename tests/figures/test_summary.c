// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary: what counts as a latency, quantiles against exact ones, objectives, merging, and the
 * one table of columns behind CSV and JSON. */
#include "figures/summary.h"

#include "base/csv_writer.h"
#include "base/memory.h"
#include "figures/metrics.h"
#include "figures/names.h"
#include "figures/run_files.h"
#include "figures/summary.h"
#include "output/report_fixture.h"

#include <cJSON.h>
#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell(Summary *summary, const asim_request *request) {
    const asim_observer observer = summary_observer(summary);
    observer.request_ended(observer.self, request);
}

static void end_run(Summary *summary, sim_time span, asim_counters totals) {
    const asim_observer observer = summary_observer(summary);
    for (uint32_t d = 0; d < summary->deployment_count; d++) {
        const asim_run_end end = {
            .deployment = d, .span = span, .drained_at = span, .totals = totals};
        observer.run_ended(observer.self, &end);
    }
}

static double number_of(const Summary *summary, size_t deployment, const char *column) {
    return metric_number(metric_of(metric_find(column), summary, deployment));
}

Test(summary, separates_the_parts_of_a_retried_request) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    Summary *summary = summary_create(&fixture.scenario);
    asim_request request = fixture_request(1, 0, 5100, 5300, 7300, 11);
    request.sends = 2;
    request.last_send = 5 * SIM_TIME_SECOND;
    tell(summary, &request);
    end_run(summary, SIM_TIME_MINUTE, (asim_counters){0});
    static const struct {
        const char *column;
        double seconds;
    } expected[] = {
        {"ttft_max_s", 5.3},     {"ttft_without_retry_max_s", 0.3},
        {"e2e_max_s", 7.3},      {"e2e_without_retry_max_s", 2.3},
        {"retry_wait_max_s", 5}, {"queue_wait_max_s", 0.1},
        {"prefill_max_s", 0.2},  {"decode_max_s", 2},
        {"tpot_max_s", 0.2},     {"ttft_mean_s", 5.3},
        {"ttft_p50_s", 5.3},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        cr_assert_eq(number_of(summary, 0, expected[i].column), expected[i].seconds, "%s",
                     expected[i].column);
    }
    cr_assert(isnan(number_of(summary, 1, "ttft_max_s")), "the other deployment has none");
    summary_destroy(summary);
}

Test(summary, leaves_out_the_warm_up_and_nobody_else) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    fixture.scenario.slo.ttft = SIM_TIME_SECOND;
    fixture.scenario.warmup = 20 * SIM_TIME_SECOND;
    Summary *summary = summary_create(&fixture.scenario);
    asim_request warm = fixture_request(1, 0, 0, 100, 200, 5);
    warm.in_warmup = true;
    tell(summary, &warm);
    asim_request good = fixture_request(2, 30000, 30000, 31000, 31200, 1);
    tell(summary, &good);
    asim_request late = fixture_request(3, 30000, 30000, 31001, 31200, 5);
    tell(summary, &late);
    asim_request lost = fixture_request(4, 30000, 30000, 30001, 31200, 5);
    lost.outcome = ASIM_ABANDONED;
    tell(summary, &lost);
    end_run(summary, SIM_TIME_MINUTE, (asim_counters){0});
    cr_assert_eq(number_of(summary, 0, "ttft_count"), 3, "the abandoned one saw its first token");
    cr_assert_eq(number_of(summary, 0, "ttft_never_share"), 0);
    cr_assert_eq(number_of(summary, 0, "e2e_count"), 2);
    cr_assert_eq(number_of(summary, 0, "e2e_never_share"), 1.0 / 3);
    cr_assert_eq(number_of(summary, 0, "tpot_count"), 1, "one token has no next");
    cr_assert_eq(number_of(summary, 0, "tpot_never_share"), 0.5);
    cr_assert_eq(number_of(summary, 0, "slo_attainment"), 1.0 / 3);
    cr_assert_eq(number_of(summary, 0, "goodput_per_s"), 1.0 / 40);
    summary_destroy(summary);
}

/* One of each fate, all sent at 1 s, and again at 3 s, but for the completed one, and the one that
 * was rejected at once. What each metric is of: docs/outputs.md. */
Test(summary, each_part_counts_those_that_never_came_to_its_end) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    Summary *summary = summary_create(&fixture.scenario);
    asim_request completed = fixture_request(1, 1000, 1100, 1300, 2300, 11);
    asim_request in_decode = fixture_request(2, 1000, 3200, 3500, 4000, 11);
    in_decode.last_send = 3 * SIM_TIME_SECOND;
    in_decode.outcome = ASIM_ABANDONED;
    asim_request in_queue = in_decode;
    in_queue.admitted = in_queue.first_token = SIM_TIME_NEVER;
    asim_request given_up = in_queue;
    given_up.outcome = ASIM_GIVEN_UP;
    given_up.ended = given_up.last_send;
    asim_request rejected = given_up;
    rejected.outcome = ASIM_REJECTED;
    rejected.ended = rejected.last_send = rejected.first_send;
    rejected.output_tokens = 1;   /* no time per token, whatever becomes of it */
    asim_request cut = in_decode; /* has not ended: in none */
    cut.outcome = ASIM_IN_FLIGHT;
    cut.ended = SIM_TIME_NEVER;
    const asim_request *const all[] = {&completed, &in_decode, &in_queue,
                                       &given_up,  &rejected,  &cut};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        tell(summary, all[i]);
    }
    end_run(summary, SIM_TIME_MINUTE, (asim_counters){0});
    static const struct {
        const char *name;
        double count, never_share, p20, p40, p60, mean;
    } expected[] = {
        {"ttft", 2, 0.6, 0.3, 2.5, INFINITY, 1.4},
        {"ttft_without_retry", 2, 0.6, 0.3, 0.5, INFINITY, 0.4},
        {"e2e", 1, 0.8, 1.3, INFINITY, INFINITY, 1.3},
        {"e2e_without_retry", 1, 0.8, 1.3, INFINITY, INFINITY, 1.3},
        {"tpot", 1, 0.75, 0.1, INFINITY, INFINITY, 0.1},
        {"retry_wait", 5, 0, 0, 0, 2, 1.2},
        {"queue_wait", 2, 0.6, 0.1, 0.2, INFINITY, 0.15},
        {"prefill", 2, 0.6, 0.2, 0.3, INFINITY, 0.25},
        {"decode", 1, 0.8, 1, INFINITY, INFINITY, 1},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const Histogram *histogram = NULL;
        for (size_t metric = 0; metric < LATENCY_COUNT; metric++) {
            if (strcmp(names_of_latencies[metric], expected[i].name) == 0) {
                histogram = &summary->deployments[0].latencies[metric];
            }
        }
        const double shares[] = {0.2, 0.4, 0.6};
        const double seconds[] = {expected[i].p20, expected[i].p40, expected[i].p60};
        for (size_t q = 0; q < 3; q++) {
            const int64_t found = histogram_quantile(histogram, shares[q]);
            const double found_s = found == HISTOGRAM_NEVER ? INFINITY : (double)found / 1e9;
            cr_expect(found_s == seconds[q] || fabs(found_s / seconds[q] - 1) < 1e-3,
                      "%s p%g: %g s, not %g", expected[i].name, 100 * shares[q], found_s,
                      seconds[q]);
        }
        char column[64];
        snprintf(column, sizeof column, "%s_count", expected[i].name);
        cr_expect_eq(number_of(summary, 0, column), expected[i].count, "%s", column);
        snprintf(column, sizeof column, "%s_never_share", expected[i].name);
        cr_expect_eq(number_of(summary, 0, column), expected[i].never_share, "%s", column);
        snprintf(column, sizeof column, "%s_mean_s", expected[i].name);
        cr_expect_float_eq(number_of(summary, 0, column), expected[i].mean, 1e-9, "%s", column);
    }
    summary_destroy(summary);
}

Test(summary, every_stated_limit_must_hold) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    fixture.scenario.slo = (SloConfig){
        .ttft = SIM_TIME_SECOND, .tpot = 10 * SIM_TIME_MILLISECOND, .e2e = 2 * SIM_TIME_SECOND};
    Summary *summary = summary_create(&fixture.scenario);
    const asim_request requests[] = {
        fixture_request(1, 0, 0, 1000, 1100, 11),  /* all at their limits */
        fixture_request(2, 0, 0, 1000, 1101, 11),  /* TPOT 10.1 ms */
        fixture_request(3, 0, 0, 1000, 2000, 101), /* E2E 2 s */
        fixture_request(4, 0, 0, 900, 2001, 1001), /* E2E too long */
        fixture_request(5, 0, 0, 900, 1900, 1),    /* no TPOT to break */
    };
    for (size_t i = 0; i < 5; i++) {
        tell(summary, &requests[i]);
    }
    end_run(summary, 10 * SIM_TIME_SECOND, (asim_counters){0});
    cr_assert_eq(summary->deployments[0].met, 3);
    cr_assert_eq(number_of(summary, 0, "slo_attainment"), 0.6);
    summary_destroy(summary);
}

Test(summary, has_no_attainment_without_an_objective) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    Summary *summary = summary_create(&fixture.scenario);
    const asim_request request = fixture_request(1, 0, 0, 1, 2, 2);
    tell(summary, &request);
    end_run(summary, SIM_TIME_SECOND, (asim_counters){0});
    cr_assert(isnan(number_of(summary, 0, "slo_attainment")));
    cr_assert(isnan(number_of(summary, 0, "goodput_per_s")));
    summary_destroy(summary);
}

Test(summary, rounds_time_per_token_to_the_nearest_nanosecond) {
    static const struct {
        sim_time decode;
        uint32_t tokens;
        sim_time expected;
    } cases[] = {{10, 4, 3},
                 {11, 4, 4},
                 {7, 3, 4},
                 {0, 2, 0},
                 {5, 2, 5},
                 {INT64_C(8589934593), 3, INT64_C(4294967297)},
                 {UINT32_MAX, 3, INT64_C(2147483648)}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const asim_request request = {
            .first_token = 17, .ended = 17 + cases[i].decode, .output_tokens = cases[i].tokens};
        cr_assert_eq(latency_tpot(&request), cases[i].expected, "case %zu", i);
    }
}

/* The quotient of doubles against that of whole numbers, near whole quotients too. */
Test(summary, divides_by_tokens_as_whole_numbers_do) {
    gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
    for (size_t i = 0; i < 1000000; i++) {
        const sim_time tokens =
            1 + (sim_time)(gsl_rng_get(random) >> gsl_rng_uniform_int(random, 32));
        const sim_time tpot = (sim_time)gsl_rng_get(random) << gsl_rng_uniform_int(random, 20);
        sim_time decode = tokens * (tpot % ((INT64_C(1) << 54) / tokens)) - tokens / 2;
        decode += (sim_time)gsl_rng_uniform_int(random, 3) - 1;
        if (decode < 0 || tokens >= UINT32_MAX) {
            continue;
        }
        const asim_request request = {.ended = decode, .output_tokens = (uint32_t)tokens + 1};
        cr_assert_eq(latency_tpot(&request), (decode + tokens / 2) / tokens);
    }
    gsl_rng_free(random);
}

static int compare_times(const void *a, const void *b) {
    const sim_time x = *(const sim_time *)a, y = *(const sim_time *)b;
    return (x > y) - (x < y);
}

/* Lognormal latencies, some requests retried: the column against the sorted values. */
Test(summary, quantiles_are_within_a_thousandth_of_exact_ones) {
    enum { COUNT = 20000 };
    static const struct {
        const char *column;
        double share;
    } quantiles[] = {{"ttft_p50_s", 0.5},  {"ttft_p90_s", 0.9},     {"ttft_p95_s", 0.95},
                     {"ttft_p99_s", 0.99}, {"ttft_p99_9_s", 0.999}, {"ttft_max_s", 1}};
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    Summary *summary = summary_create(&fixture.scenario);
    gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
    sim_time *exact = memory_new(COUNT, sizeof *exact);
    double sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        asim_request request = fixture_request(i + 1, 1000, 1000, 1000, 1000, 10);
        request.last_send += i % 3 == 0 ? 5 * SIM_TIME_SECOND : 0;
        request.admitted = request.last_send;
        request.first_token =
            request.last_send + (sim_time)(1e9 * gsl_ran_lognormal(random, -1, 1));
        request.ended = request.first_token + SIM_TIME_SECOND;
        exact[i] = request.first_token - request.first_send;
        sum += (double)exact[i];
        tell(summary, &request);
    }
    end_run(summary, SIM_TIME_MINUTE, (asim_counters){0});
    qsort(exact, COUNT, sizeof *exact, compare_times);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        const double wanted = (double)exact[(size_t)ceil(quantiles[i].share * COUNT) - 1] / 1e9;
        cr_assert_float_eq(number_of(summary, 0, quantiles[i].column), wanted, wanted / 1000, "%s",
                           quantiles[i].column);
    }
    cr_assert_float_eq(number_of(summary, 0, "ttft_mean_s"), sum / COUNT / 1e9, 1e-9);
    free(exact);
    gsl_rng_free(random);
    summary_destroy(summary);
}

/* Columns ------------------------------------------------------------------------------------ */

static Summary *summary_with_costs(FixtureScenario *fixture) {
    fixture_scenario(fixture);
    Summary *summary = summary_create(&fixture->scenario);
    const asim_request request = fixture_request(1, 0, 0, 120, 1120, 101);
    tell(summary, &request);
    const asim_observer observer = summary_observer(summary);
    const asim_run_end end = {
        .span = SIM_TIME_HOUR,
        .drained_at = SIM_TIME_HOUR + 1,
        .totals = {.requests = 4, .sends = 5, .generated_tokens = 2000000, .outcomes = {2, 2}},
        .costs = {.on_demand_usd = 6, .reserved_usd = 2, .billed_gpu_s = 7200, .idle_gpu_s = 1800},
        .traffic = {.rows = 9, .failed = 1, .skipped = 2, .outside = 3},
    };
    observer.run_ended(observer.self, &end);
    const asim_run_end empty = {
        .deployment = 1, .span = SIM_TIME_HOUR, .drained_at = SIM_TIME_HOUR};
    observer.run_ended(observer.self, &empty);
    return summary;
}

static char *written(const Summary *summary, void (*write)(const Summary *, CsvWriter *)) {
    char *place = fixture_place();
    char *path = fixture_path(place, "t.csv");
    CsvWriter writer;
    ErrorList errors = {0};
    cr_assert(csv_writer_open(&writer, path, NULL, &errors));
    write(summary, &writer);
    cr_assert(csv_writer_close(&writer, &errors));
    char *text = fixture_read(path);
    free(path);
    fixture_remove_place(place);
    return text;
}

Test(summary, csv_has_one_row_per_deployment) {
    FixtureScenario fixture;
    Summary *summary = summary_with_costs(&fixture);
    char *text = written(summary, summary_write_csv);
    FixtureCsv csv = fixture_csv(text);
    cr_assert_eq(csv.rows, 2);
    static const char *const expected[][2] = {
        {"deployment", "chat"},
        {"requests", "4"},
        {"completed", "2"},
        {"given_up", "2"},
        {"ttft_p50_s", "0.12"},
        {"e2e_max_s", "1.12"},
        {"tpot_p99_9_s", "0.01"},
        {"span_s", "3600"},
        {"drained_s", "3600.000000001"},
        {"billed_gpu_hours", "2"},
        {"total_usd", "8"},
        {"usd_per_30_days", "5760"}, /* of one hour */
        {"usd_per_million_output_tokens", "4"},
        {"usd_per_thousand_requests", "4000"},
        {"idle_share_of_paid_time", "0.25"},
        {"slo_attainment", ""},
        {"trace_rows", "9"},
        {"trace_outside", "3"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        cr_assert_str_eq(fixture_field(&csv, 0, expected[i][0]), expected[i][1], "%s",
                         expected[i][0]);
    }
    cr_assert_str_eq(fixture_field(&csv, 1, "deployment"), "batch, \"nightly\"");
    cr_assert_str_eq(fixture_field(&csv, 1, "ttft_p50_s"), "");
    cr_assert_str_eq(fixture_field(&csv, 1, "usd_per_thousand_requests"), "");
    fixture_csv_clear(&csv);
    free(text);
    summary_destroy(summary);
}

Test(summary, columns_have_names_of_their_own) {
    for (size_t i = 0; i < metric_count; i++) {
        cr_assert_eq(metric_find(metric_rows[i].name), &metric_rows[i], "%s twice",
                     metric_rows[i].name);
    }
}

Test(summary, json_has_the_same_numbers) {
    FixtureScenario fixture;
    Summary *summary = summary_with_costs(&fixture);
    char *text = summary_json(summary);
    cJSON *tree = cJSON_Parse(text);
    cr_assert_not_null(tree);
    const cJSON *deployments = cJSON_GetObjectItem(tree, "deployments");
    for (size_t d = 0; d < summary->deployment_count; d++) {
        const cJSON *deployment =
            cJSON_GetObjectItemCaseSensitive(deployments, summary->deployments[d].name);
        for (size_t i = 0; i < metric_count; i++) {
            const cJSON *item = cJSON_GetObjectItemCaseSensitive(deployment, metric_rows[i].name);
            const double number = number_of(summary, d, metric_rows[i].name);
            cr_assert_not_null(item, "%s", metric_rows[i].name);
            cr_assert(isnan(number) ? cJSON_IsNull(item) : item->valuedouble == number, "%s",
                      metric_rows[i].name);
        }
    }
    cJSON_Delete(tree);
    free(text);
    summary_destroy(summary);
}

Test(summary, histogram_csv_holds_every_latency_once) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    Summary *summary = summary_create(&fixture.scenario);
    for (size_t i = 0; i < 1000; i++) {
        const sim_time e2e = (sim_time)(i % 100);
        const asim_request request = fixture_request(i + 1, 0, 0, e2e / 2, e2e, 2);
        tell(summary, &request);
    }
    end_run(summary, SIM_TIME_SECOND, (asim_counters){0});
    char *text = written(summary, latency_histogram_write);
    FixtureCsv csv = fixture_csv(text);
    double counts[LATENCY_COUNT] = {0}, last[LATENCY_COUNT] = {0};
    for (size_t row = 0; row < csv.rows; row++) {
        size_t metric = 0;
        while (strcmp(names_of_latencies[metric], fixture_field(&csv, row, "metric")) != 0) {
            metric++;
        }
        const double cumulative = strtod(fixture_field(&csv, row, "cumulative"), NULL);
        const double lower = strtod(fixture_field(&csv, row, "lower_s"), NULL);
        cr_assert_lt(lower, strtod(fixture_field(&csv, row, "upper_s"), NULL));
        cr_assert_gt(cumulative, last[metric]);
        last[metric] = cumulative;
        counts[metric] += strtod(fixture_field(&csv, row, "count"), NULL);
    }
    for (size_t metric = 0; metric < LATENCY_COUNT; metric++) {
        cr_assert_eq(counts[metric], 1000, "%s", names_of_latencies[metric]);
        cr_assert_eq(last[metric], 1, "%s", names_of_latencies[metric]);
    }
    fixture_csv_clear(&csv);
    free(text);
    summary_destroy(summary);
}
