// SPDX-License-Identifier: GPL-3.0-or-later
/* Panels of Grafana as CSV: series as columns or as rows, summed; values with units. */
#include "autoscale_sim/traffic_source.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <string.h>

#define TOKENS "prompt_tokens=1", "output_tokens=1"
#define MINUTE (60 * SIM_TIME_SECOND)
#define AT(m) "2026-11-16 09:0" #m ":00"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_grafana, .init = setup, .fini = teardown);

/* Requests in the first minute, and in all. */
static void check_counts(const char *text, const char *const options[], size_t first, size_t all) {
    harness_text_file(&harness, "f", text);
    harness_trace(&harness, "f", options);
    cr_assert(!harness.failed, "%s in\n%s", harness_error(&harness), text);
    size_t in_first = 0;
    while (in_first < harness.count && harness.arrivals[in_first].time < MINUTE) {
        in_first++;
    }
    cr_assert_eq(harness.count, all, "%zu requests in\n%s", harness.count, text);
    cr_assert_eq(in_first, first, "%zu requests in the first minute of\n%s", in_first, text);
}

#define WIDE                                                                                       \
    "sep=,\r\n\"Time\",\"a\",\"b\"\r\n" AT(0) ",1,2\r\n" AT(1) ",3,\r\n" AT(2) ",,\r\n" AT(        \
        3) ",4,null\r\n"
#define LONG                                                                                       \
    "\"Series\";\"Time\";\"Value\"\n\"a\";" AT(0) ";1\n\"a\";" AT(1) ";2\n\"b\";" AT(              \
        0) ";10\n"                                                                                 \
           "\"b\";" AT(1) ";20\n"

Test(traffic_grafana, series_are_summed) {
    check_counts(WIDE, OPTIONS(TOKENS), 3, 10);
    cr_assert_eq(harness.source->counts.rows, 4);
    cr_assert_eq(harness.source->counts.outside, 1);
    cr_assert_eq(harness.source->counts.values, ASIM_COUNTS_WITHOUT_UNIT);
    check_counts(WIDE, OPTIONS(TOKENS, "value_column=a"), 1, 8);
    check_counts("Time,a,b,c\n" AT(0) ",1,2,9\n" AT(1) ",3,4,9\n",
                 OPTIONS(TOKENS, "value_column=a", "value_column=B"), 3, 10);
    check_counts(LONG, OPTIONS(TOKENS), 11, 33);
    check_counts(LONG, OPTIONS(TOKENS, "filter=Series=b"), 10, 30);
    check_counts("Time,n\n" AT(0) ",\n" AT(1) ",5\n", OPTIONS(TOKENS), 0, 5);
    check_counts("Time,n\n" AT(0) ",6\n", OPTIONS(TOKENS, "bin=2m", "spread=even"), 3, 6);
    /* a legend of Prometheus's, with the other separator in it */
    check_counts("\"Time\";\"{pod=\"\"a\"\", x=\"\"1\"\"}\";\"b\"\n" AT(0) ";1;2\n" AT(1) ";3;4\n",
                 OPTIONS(TOKENS, "value_column={pod=\"a\", x=\"1\"}"), 1, 4);
    harness_refuses(&harness, "Time,n\n" AT(0) ",6\n", OPTIONS(TOKENS),
                    "bin: found values of one time");
    harness_refuses(&harness, WIDE, OPTIONS(TOKENS, "value_column=aa"), "did you mean \"a\"");
    harness_refuses(&harness, LONG, OPTIONS(TOKENS, "filter=Series=c"), "a (2), b (2)");
    harness_refuses(&harness, "[1]\n", OPTIONS(TOKENS, "value_column=a", "format=counts"),
                    "value_column");
}

/* 60 per second for a minute, as nearly as Poisson has it. */
static void check_rate(const char *text, const char *const options[], bool by_unit) {
    harness_text_file(&harness, "f", text);
    harness_trace(&harness, "f", options);
    cr_assert(!harness.failed, "%s in\n%s", harness_error(&harness), text);
    cr_assert(harness.count > 3300 && harness.count < 3900, "%zu in\n%s", harness.count, text);
    cr_assert_eq(harness.source->counts.values, by_unit ? ASIM_RATES_BY_UNIT : 0, "%s", text);
}

Test(traffic_grafana, values_have_units) {
    check_counts(
        "Time,n\n" AT(0) ",900\n" AT(1) ",1.20 K\n" AT(2) ",0.01 Mil\n" AT(3) ",3 requests\n",
        OPTIONS(TOKENS), 900, 12103);
    check_rate("Time,n\n" AT(0) ",60 req/s\n" AT(1) ",0 req/s\n", OPTIONS(TOKENS), true);
    check_rate("Time,n\n" AT(0) ",0.06 K req/s\n" AT(1) ",0\n", OPTIONS(TOKENS), true);
    check_rate("Time,n\n" AT(0) ",3.6K req/min\n" AT(1) ",0 rpm\n", OPTIONS(TOKENS), true);
    check_rate("Time,n (req/s)\n" AT(0) ",60\n" AT(1) ",0\n", OPTIONS(TOKENS), true);
    check_rate("Time,sum(rate(x[5m]))\n" AT(0) ",60\n" AT(1) ",0\n", OPTIONS(TOKENS), true);
    check_rate("Time,n\n" AT(0) ",60\n" AT(1) ",0\n", OPTIONS(TOKENS, "values=rate_per_s"), false);
    check_counts("Time,n (req/s)\n" AT(0) ",60\n" AT(1) ",0\n", OPTIONS(TOKENS, "values=count"), 60,
                 60);
    harness_refuses(&harness, "Time,n\n" AT(0) ",60 req/s\n" AT(1) ",0\n",
                    OPTIONS(TOKENS, "values=count"), "values: found count");
    harness_refuses(&harness, "Time,n\n" AT(0) ",60 req/s\n" AT(1) ",0\n",
                    OPTIONS(TOKENS, "spread=even"), "spread");
    harness_refuses(&harness, "Time,n,m\n" AT(0) ",60 req/s,5\n" AT(1) ",0,6\n", OPTIONS(TOKENS),
                    "value_column: found m, expected rates or counts, not both");
    check_counts("Time,n,m\n" AT(0) ",60 req/s,5\n" AT(1) ",0,6\n",
                 OPTIONS(TOKENS, "value_column=m"), 5, 11);
}

Test(traffic_grafana, what_is_no_number_of_requests_is_refused) {
    harness_refuses(&harness, "Time;n\n" AT(0) ";12,5\n" AT(1) ";1\n", OPTIONS(TOKENS),
                    "bad:2:21: n: found "
                    "\"12,5\", expected a "
                    "number without commas");
    harness_refuses(&harness, "Time,n\n" AT(0) ",\"1,234\"\n" AT(1) ",1\n", OPTIONS(TOKENS),
                    "a number without commas");
    harness_refuses(&harness, "Time,n\n" AT(0) ",1\n" AT(1) ",3 mil\n", OPTIONS(TOKENS),
                    "bad:3:21: n: found");
    harness_refuses(&harness, "Time,n\n" AT(0) ",12 ms\n" AT(1) ",1\n", OPTIONS(TOKENS),
                    "value_column names");
    harness_refuses(&harness, "Time,n\n" AT(0) ",1.5\n" AT(1) ",1\n", OPTIONS(TOKENS),
                    "a whole number");
}

/* Columns of numbers at uneven times, or of tokens, are something else. */
Test(traffic_grafana, other_columns_of_numbers_are_not_summed) {
    harness_refuses(&harness, "Time,prompt_tokens,output_tokens\n" AT(0) ",5,6\n" AT(1) ",5,6\n",
                    OPTIONS(TOKENS), "prompt_column");
    harness_refuses(&harness, "Time,a,b\n" AT(0) ",5,6\n" AT(1) ",5,6\n" AT(4) ",5,6\n",
                    OPTIONS(TOKENS), "a known format");
}

Test(traffic_grafana, mutilated) {
    harness_mutilate(&harness, LONG, OPTIONS(TOKENS, "on_bad_row=skip"), false);
    harness_mutilate(&harness, "Time,a,b\n" AT(0) ",1,2 req\n" AT(1) ",0.1 K,\n", OPTIONS(TOKENS),
                     false);
}
