// SPDX-License-Identifier: GPL-3.0-or-later
/* Metrics and limits as users write them. */
#include "experiment/optimization.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const Error where = {.file = "goal.json", .line = 3, .place = "slo[0]"};

static void expect_limit(const char *text, const char *name, double limit, bool at_least) {
    ErrorList errors = {0};
    SloLimit read;
    cr_assert(slo_limit_read(text, &where, &read, &errors), "%s", text);
    cr_expect_str_eq(read.metric.name, name, "%s", text);
    cr_expect_float_eq(read.bound.limit, limit, 1e-15, "%s: %g", text, read.bound.limit);
    cr_expect_eq(read.bound.at_least, at_least, "%s", text);
    cr_expect_str_eq(read.text, text);
    slo_limit_clear(&read);
}

Test(objective, limits_in_the_unit_of_their_metric) {
    expect_limit("ttft_p95_s <= 2s", "ttft_p95_s", 2, false);
    expect_limit("ttft_p95_s<=1m30s", "ttft_p95_s", 90, false);
    expect_limit("ttft_p95_s \xe2\x89\xa4 2 s", "ttft_p95_s", 2, false);
    expect_limit("ttft_p95_s <= 0.5", "ttft_p95_s", 0.5, false);
    expect_limit("given_up_share <= 0.1%", "given_up_share", 0.001, false);
    expect_limit("given_up_share <= 0.001", "given_up_share", 0.001, false);
    expect_limit("slo_attainment >= 99 %", "slo_attainment", 0.99, true);
    expect_limit("goodput_per_s \xe2\x89\xa5 3", "goodput_per_s", 3, true);
    expect_limit("total_usd <= $400", "total_usd", 400, false);
    expect_limit("billed_gpu_hours <= 36h", "billed_gpu_hours", 36, false);
    expect_limit("given_up <= 0", "given_up", 0, false);
    expect_limit(" chat : e2e_p99_s <= 30s", "chat.e2e_p99_s", 30, false);
}

static void expect_mistake(const char *text, const char *part) {
    ErrorList errors = {0};
    SloLimit read;
    cr_expect_not(slo_limit_read(text, &where, &read, &errors), "%s", text);
    slo_limit_clear(&read);
    char *told = error_list_text(&errors);
    cr_assert_not_null(told, "%s", text);
    cr_expect_not_null(strstr(told, part), "\"%s\" is not in: %s", part, told);
    cr_expect_not_null(strstr(told, "goal.json:3"), "%s", told);
    free(told);
    error_list_clear(&errors);
}

Test(objective, mistakes_say_what_is_expected) {
    expect_mistake("ttft_p95_s < 2s", "METRIC <= LIMIT");
    expect_mistake("ttft_p95 <= 2s", "did you mean \"ttft_p95_s\"");
    expect_mistake("p95 TTFT <= 2s", "summary.csv");
    expect_mistake("ttft_p95_s <= two", "a time, such as 2s");
    expect_mistake("ttft_p95_s <= ", "a time, such as 2s");
    expect_mistake("ttft_p95_s <= 2%", "a time, such as 2s");
    expect_mistake("given_up_share <= 2s", "a share, such as 0.1%");
    expect_mistake("given_up_share <= 200%", "a share, such as 0.1%");
    expect_mistake("total_usd <= 4EUR", "dollars");
    expect_mistake("given_up <= nan", "a number");
    expect_mistake("", "METRIC <= LIMIT");
}

Test(objective, what_adds_up) {
    static const struct {
        const char *name;
        bool adds_up;
    } metrics[] = {{"total_usd", true},
                   {"billed_gpu_hours", true},
                   {"completed", true},
                   {"usd_per_30_days", true},
                   {"usd_per_million_output_tokens", false},
                   {"ttft_p95_s", false},
                   {"given_up_share", false}};
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        ErrorList errors = {0};
        Metric metric;
        cr_assert(metric_read(metrics[i].name, &where, &metric, &errors));
        cr_expect_eq(metric.row->is_total, metrics[i].adds_up, "%s", metrics[i].name);
        metric_clear(&metric);
    }
}
