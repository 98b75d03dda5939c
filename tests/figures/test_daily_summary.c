// SPDX-License-Identifier: GPL-3.0-or-later
/* Days of real runs: put together they are the run. */
#include "experiment/plan.h"
#include "figures/metrics.h"
#include "figures/summary.h"
#include "scenario/scenario.h"
#include "sim/simulation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* Three days with requests late in the evening, so that some end on the next day, and after the
 * last. */
static Scenario *late_days_from(const char *start, const char *duration, const char *interval) {
    char text[1200];
    snprintf(
        text, sizeof text,
        "{\"start\":\"%s\",\"duration\":\"%s\",\"interval\":\"%s\",\"warmup\":\"2h\",\"slo\":{"
        "\"ttft\":\"1s\"},"
        "\"deployments\":{\"d\":{\"model\":\"llama-v3p1-8b-instruct\",\"accelerator\":\"H100\","
        "\"serverless_price\":{\"input_usd_per_million_tokens\":1,"
        "\"output_usd_per_million_tokens\":10},"
        "\"client\":{\"preset\":\"python\",\"timeout\":\"5s\"},"
        "\"autoscaling\":{\"min_replica_count\":0,\"max_replica_count\":2},\"traffic\":{"
        "\"type\":\"diurnal\",\"hourly_rates\":[0,0,0,0,0.1,0.02,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
        "0,0,0.3],\"prompt_tokens\":100,\"output_tokens\":{\"distribution\":\"exponential\","
        "\"mean\":500}}}}}",
        start, duration, interval);
    ErrorList errors = {0};
    Scenario *scenario = scenario_read_text(text, "days.json", NULL, NULL, 0, &errors);
    cr_assert_not_null(scenario, "%s", error_list_text(&errors));
    return scenario;
}

static Scenario *late_days(const char *duration) {
    return late_days_from("2026-11-16", duration, "1h");
}

static DailySummary *run_days(const Scenario *scenario, Measurement *whole) {
    DailySummary *daily = daily_summary_create(scenario);
    const asim_observer observer = daily_summary_observer(daily);
    const asim_observer *const observers[] = {&observer};
    const asim_run_options options = {.observers = observers, .observer_count = 1};
    ErrorList errors = {0};
    cr_assert_eq(measurement_run(scenario, &options, whole, &errors), ASIM_RUN_DONE);
    return daily;
}

static double composed(const Scenario *scenario, const DailySummary *daily, const uint32_t times[],
                       const char *column) {
    Summary *summary = summary_create(scenario);
    daily_summary_compose(daily, times, summary);
    const double value = metric_number(metric_of(metric_find(column), summary, 0));
    summary_destroy(summary);
    return value;
}

static void expect_whole(const Scenario *scenario, const DailySummary *daily,
                         const Measurement *whole) {
    const uint32_t once[] = {1, 1, 1};
    Summary *summary = summary_create(scenario);
    daily_summary_compose(daily, once, summary);
    for (size_t column = 0; column < metric_count; column++) {
        const double expected = measurement_value(whole, 0, column);
        const double value = metric_number(metric_of(&metric_rows[column], summary, 0));
        cr_assert(isnan(expected)   ? isnan(value)
                  : isinf(expected) ? value == expected /* some gave up waiting */
                                    : fabs(value - expected) <= 1e-12 * fabs(expected),
                  "%s: %.17g, not %.17g", metric_rows[column].name, value, expected);
    }
    summary_destroy(summary);
}

/* Whole days and parts, put together once each: whatever the run begins and ends with. */
Test(daily_summary, each_day_once_is_the_run) {
    static const struct {
        const char *start, *duration, *interval;
        size_t days;
        double rest_h;
    } runs[] = {
        {"2026-11-16", "3d", "1h", 3, 0},
        {"2026-11-16", "71h59m39s", "1h", 3, 0},           /* the last minute may be missing */
        {"2026-11-16", "71h59m", "1m", 3, 0},              /* all of it */
        {"2026-11-16", "71h58m59s", "1m", 2, 23.98305556}, /* but no more */
        {"2026-11-16", "60h", "1h", 2, 12},
        {"2026-11-16T09:00:00Z", "3d", "1h", 2, 24},
        {"2026-11-16T23:00:00Z", "50h", "1h", 2, 2},       /* a warm-up into the next day */
        {"2026-11-16T00:00:20Z", "71h59m19s", "1m", 3, 0}, /* 00:00:20 to 23:59:39 */
        {"2026-11-16T00:00:50Z", "71h58m49s", "1m", 3, 0},
        {"2026-11-16T00:01:01Z", "71h58m59s", "1m", 2, 23.98333333},
        {"2026-12-31T23:59:40Z", "3d", "1m", 3, 0},
        {"2026-12-31T23:59:40Z", "71h59m20s", "20s", 3, 0.00555556},
        {"2024-02-28T12:00:00Z", "2d", "5m", 1, 24}, /* the 29th */
        {"2026-11-16", "3h", "1m", 0, 3},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        Scenario *scenario = late_days_from(runs[i].start, runs[i].duration, runs[i].interval);
        Measurement whole;
        cr_assert(daily_summary_possible(scenario));
        DailySummary *daily = run_days(scenario, &whole);
        cr_expect_eq(daily_summary_days(daily), runs[i].days, "%zu: %zu days", i,
                     daily_summary_days(daily));
        cr_expect_float_eq(24 * daily_summary_rest(daily), runs[i].rest_h, 1e-6, "%zu: %g", i,
                           24 * daily_summary_rest(daily));
        expect_whole(scenario, daily, &whole);
        if (i == 0) { /* some gave up waiting */
            const double lost = measurement_value(
                &whole, 0, (size_t)(metric_find("e2e_never_share") - metric_rows));
            cr_assert(lost > 0.01 && lost < 0.5, "%g", lost);
        }
        measurement_clear(&whole);
        daily_summary_destroy(daily);
        scenario_destroy(scenario);
    }
}

Test(daily_summary, intervals_must_end_with_days) {
    static const struct {
        const char *start, *interval;
        bool possible;
    } runs[] = {
        {"2026-11-16", "1h", true},           {"2026-11-16", "7m", false},
        {"2026-11-16T09:00:00Z", "1h", true}, {"2026-11-16T09:13:00Z", "1h", false},
        {"2026-11-16T09:01:00Z", "1h", true}, {"2026-11-16T08:59:00Z", "1h", true},
        {"2026-11-16T09:13:27Z", "2m", true}, {"2026-11-16T09:13:27Z", "1d", false},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        Scenario *scenario = late_days_from(runs[i].start, "3d", runs[i].interval);
        cr_expect_eq(daily_summary_possible(scenario), runs[i].possible, "%zu", i);
        scenario_destroy(scenario);
    }
}

Test(daily_summary, days_come_as_often_as_they_are_drawn) {
    Scenario *scenario = late_days("3d");
    Measurement whole;
    DailySummary *daily = run_days(scenario, &whole);
    static const char *const sums[] = {"requests",    "completed", "total_usd",
                                       "cold_starts", "span_s",    "serverless_usd"};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        double days[3];
        for (size_t k = 0; k < 3; k++) {
            const uint32_t one[] = {k == 0, k == 1, k == 2};
            days[k] = composed(scenario, daily, one, sums[i]);
        }
        const uint32_t drawn[] = {0, 2, 1};
        cr_assert_float_eq(composed(scenario, daily, drawn, sums[i]), 2 * days[1] + days[2], 1e-9,
                           "%s", sums[i]);
    }
    /* A quantile of days drawn lies between those of the days. */
    const uint32_t second[] = {0, 1, 0}, third[] = {0, 0, 1}, both[] = {0, 1, 1};
    const double a = composed(scenario, daily, second, "e2e_p50_s");
    const double b = composed(scenario, daily, third, "e2e_p50_s");
    const double ab = composed(scenario, daily, both, "e2e_p50_s");
    cr_assert(ab >= fmin(a, b) && ab <= fmax(a, b) && a != b);
    measurement_clear(&whole);
    daily_summary_destroy(daily);
    scenario_destroy(scenario);
}

Test(daily_summary, what_is_beyond_whole_days_comes_once) {
    Scenario *scenario = late_days("60h");
    Measurement whole;
    DailySummary *daily = run_days(scenario, &whole);
    const uint32_t none[] = {0, 0}, once[] = {1, 1}, twice[] = {2, 2};
    const double rest = composed(scenario, daily, none, "requests");
    cr_assert_eq(composed(scenario, daily, none, "span_s"), 12 * 3600);
    cr_assert_eq(composed(scenario, daily, twice, "requests") - rest,
                 2 * (composed(scenario, daily, once, "requests") - rest));
    measurement_clear(&whole);
    daily_summary_destroy(daily);
    scenario_destroy(scenario);
}
