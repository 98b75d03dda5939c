// SPDX-License-Identifier: GPL-3.0-or-later
/* Days of real runs: put together they are the run. */
#include "report/daily_summary.h"

#include "experiment/measurement.h"
#include "report/summary_columns.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* Three days with requests late in the evening, so that some end on the next day, and after the
 * last. */
static Scenario *late_days(const char *duration) {
    char text[1024];
    snprintf(
        text, sizeof text,
        "{\"duration\":\"%s\",\"interval\":\"1h\",\"warmup\":\"2h\",\"slo\":{\"ttft\":\"1s\"},"
        "\"deployments\":{\"d\":{\"model\":\"llama-v3p1-8b-instruct\",\"accelerator\":\"H100\","
        "\"client\":{\"preset\":\"python\",\"timeout\":\"5s\"},"
        "\"autoscaling\":{\"min_replica_count\":0,\"max_replica_count\":2},\"traffic\":{"
        "\"type\":\"diurnal\",\"hourly_rates\":[0,0,0,0,0.1,0.02,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
        "0,0,0.3],\"prompt_tokens\":100,\"output_tokens\":{\"distribution\":\"exponential\","
        "\"mean\":500}}}}}",
        duration);
    ErrorList errors = {0};
    Scenario *scenario = scenario_read_text(text, "days.json", NULL, NULL, 0, &errors);
    cr_assert_not_null(scenario, "%s", error_list_text(&errors));
    return scenario;
}

static DailySummary *run_days(const Scenario *scenario, Measurement *whole) {
    DailySummary *daily = daily_summary_create(scenario);
    const asim_observer observer = daily_summary_observer(daily);
    const asim_observer *const observers[] = {&observer};
    const asim_run_options options = {.observers = observers, .observer_count = 1};
    ErrorList errors = {0};
    cr_assert_eq(measurement_run_observed(scenario, &options, whole, &errors), ASIM_RUN_DONE);
    return daily;
}

static double composed(const Scenario *scenario, const DailySummary *daily, const uint32_t times[],
                       const char *column) {
    Summary *summary = summary_create(scenario);
    daily_summary_compose(daily, times, summary);
    const double value =
        summary_value_number(summary_value(summary_column_find(column), summary, 0));
    summary_destroy(summary);
    return value;
}

Test(daily_summary, each_day_once_is_the_run) {
    Scenario *scenario = late_days("3d");
    Measurement whole;
    DailySummary *daily = run_days(scenario, &whole);
    cr_assert_eq(daily_summary_days(daily), 3);
    cr_assert_not(daily_summary_has_rest(daily));
    const uint32_t once[] = {1, 1, 1};
    Summary *summary = summary_create(scenario);
    daily_summary_compose(daily, once, summary);
    for (size_t column = 0; column < summary_column_count; column++) {
        const double expected = measurement_value(&whole, 0, column);
        const double value =
            summary_value_number(summary_value(&summary_columns[column], summary, 0));
        cr_assert(isnan(expected)   ? isnan(value)
                  : isinf(expected) ? value == expected /* some gave up waiting */
                                    : fabs(value - expected) <= 1e-12 * fabs(expected),
                  "%s: %.17g, not %.17g", summary_columns[column].name, value, expected);
    }
    const double lost = measurement_value(
        &whole, 0, (size_t)(summary_column_find("e2e_never_share") - summary_columns));
    cr_assert(lost > 0.01 && lost < 0.5, "%g", lost);
    summary_destroy(summary);
    measurement_clear(&whole);
    daily_summary_destroy(daily);
    scenario_destroy(scenario);
}

Test(daily_summary, days_come_as_often_as_they_are_drawn) {
    Scenario *scenario = late_days("3d");
    Measurement whole;
    DailySummary *daily = run_days(scenario, &whole);
    static const char *const sums[] = {"requests", "completed", "total_usd", "cold_starts",
                                       "span_s"};
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

Test(daily_summary, what_is_beyond_whole_days_is_left_out) {
    Scenario *scenario = late_days("60h");
    Measurement whole;
    DailySummary *daily = run_days(scenario, &whole);
    cr_assert_eq(daily_summary_days(daily), 2);
    cr_assert(daily_summary_has_rest(daily));
    const uint32_t once[] = {1, 1};
    cr_assert_lt(composed(scenario, daily, once, "requests"), measurement_value(&whole, 0, 0));
    cr_assert_eq(composed(scenario, daily, once, "span_s"), 2 * 86400);
    measurement_clear(&whole);
    daily_summary_destroy(daily);
    scenario_destroy(scenario);
}
