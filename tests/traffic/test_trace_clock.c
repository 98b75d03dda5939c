// SPDX-License-Identifier: GPL-3.0-or-later
/* Where recordings lie on the run's calendar. */
#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static TrafficHarness harness;

static void begin(void) {
    harness_init(&harness);
}

static void end(void) {
    harness_clear(&harness);
}

TestSuite(trace_clock, .init = begin, .fini = end);

#define AZURE "TIMESTAMP,ContextTokens,GeneratedTokens\n"
#define NAMED "format=csv", "time_column=t", "prompt_column=p", "output_column=o"

/* The run begins at `start` and lasts `until`. */
static void run_of(const char *start, sim_time until) {
    int32_t fraction;
    cr_assert(sim_time_parse_calendar(start, &harness.context.start_epoch_s, &fraction));
    harness.context.until = until;
}

static bool opened(const char *text, const char *const options[]) {
    const char *all[16] = {"file=f"};
    for (size_t i = 0; options[i]; i++) {
        all[i + 1] = options[i];
    }
    harness_text_file(&harness, "f", text);
    return harness_open(&harness, "trace", all);
}

/* Reads the text as a recording: requests at just these seconds. */
static void expect_at(const char *text, const char *const options[], size_t count,
                      const double seconds[]) {
    cr_assert(opened(text, options), "%s", harness_error(&harness));
    harness_read(&harness, 1000);
    cr_assert_not(harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, count, "%zu requests", harness.count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(harness.arrivals[i].time, sim_time_from_seconds(seconds[i]), "%zu: %.9f", i,
                     sim_time_to_seconds(harness.arrivals[i].time));
    }
}
#define AT(text, options, ...)                                                                     \
    expect_at(text, options, sizeof((double[]){__VA_ARGS__}) / sizeof(double),                     \
              (double[]){__VA_ARGS__})

static void expect_outside(uint64_t rows, uint64_t outside) {
    const asim_traffic_counts *counts = &harness.source->counts;
    cr_expect_eq(counts->rows, rows, "%lu rows", (unsigned long)counts->rows);
    cr_expect_eq(counts->outside, outside, "%lu outside", (unsigned long)counts->outside);
    cr_expect_eq(counts->rows, counts->requests + counts->failed + counts->skipped + outside);
}

static void expect_refused(const char *text, const char *const options[],
                           const char *const parts[]) {
    if (opened(text, options)) {
        harness_read(&harness, 1000);
    }
    cr_expect_eq(harness.count, 0);
    cr_assert_eq(harness.errors.count, 1);
    for (size_t i = 0; parts[i]; i++) {
        cr_expect(strstr(harness_error(&harness), parts[i]), "%s\nlacks: %s",
                  harness_error(&harness), parts[i]);
    }
}
#define REFUSED(text, options, ...)                                                                \
    expect_refused(text, options, (const char *const[]){__VA_ARGS__, NULL})

/* When the recording says that it begins; NULL: it tells nothing. */
static void expect_begins(const char *text, const char *const options[], const char *expected) {
    cr_assert(opened(text, options), "%s", harness_error(&harness));
    int64_t begins, wanted = 0;
    int32_t fraction = 0;
    const bool tells = harness.kind->begins(harness.config, &harness.context, &begins);
    cr_assert_eq(tells, expected != NULL, "%s", text);
    cr_assert(!expected || sim_time_parse_calendar(expected, &wanted, &fraction));
    cr_expect(!expected || begins == wanted * SIM_TIME_SECOND + fraction, "%lld, not %s",
              (long long)begins, expected);
}

static const char two[] = AZURE "2026-11-16 09:00:00.1800000,5,1\n2026-11-16 09:10:00.0000000,5,1";

Test(trace_clock, dates_lie_where_they_are) {
    run_of("2026-11-16T09:00:00Z", SIM_TIME_NEVER);
    AT(two, NO_OPTIONS, 0.18, 600);
    run_of("2026-11-16T07:00:00Z", SIM_TIME_NEVER);
    AT(two, NO_OPTIONS, 7200.18, 7800);
    run_of("2026-11-16T00:00:00Z", SIM_TIME_NEVER);
    AT(two, OPTIONS("shift=1h"), 36000.18, 36600);
    /* over midnight, the year's end, a leap day; with offsets */
    run_of("2026-12-31T23:59:50Z", SIM_TIME_NEVER);
    AT(AZURE "2026-12-31 23:59:59,5,1\n2027-01-01 00:00:01,5,1", NO_OPTIONS, 9, 11);
    run_of("2028-02-28T23:00:00Z", SIM_TIME_NEVER);
    AT(AZURE "2028-02-28 23:59:59,5,1\n2028-02-29 00:00:01,5,1\n2028-03-01 00:00:00,5,1",
       NO_OPTIONS, 3599, 3601, 90000);
    run_of("2026-11-16T00:00:00Z", SIM_TIME_NEVER);
    AT("t,p,o\n2026-11-16T09:00:00+09:00,5,1\n2026-11-15T23:30:00-01:00,5,1\n", OPTIONS(NAMED), 0,
       1800);
}

Test(trace_clock, bare_numbers_begin_with_the_run) {
    static const char text[] = "t,p,o\n100,5,1\n160.5,5,1\n";
    run_of("2026-11-16T09:00:00Z", SIM_TIME_NEVER);
    AT(text, OPTIONS(NAMED), 0, 60.5);
    AT(text, OPTIONS(NAMED, "origin=zero"), 100, 160.5);
    AT(text, OPTIONS(NAMED, "origin=90"), 10, 70.5);
    AT(text, OPTIONS(NAMED, "origin=zero", "from=2m"), 40.5);
    /* from 2001-09-09 on they are seconds since 1970, in any unit */
    AT("t,p,o\n1794819610,5,1\n1794819670,5,1\n", OPTIONS(NAMED), 10, 70);
    AT("t,p,o\n1794819610250,5,1\n", OPTIONS(NAMED, "time_unit=ms"), 10.25);
    AT("t,p,o\n999999999,5,1\n", OPTIONS(NAMED), 0);
}

Test(trace_clock, origin_lays_a_recording_on_time_0) {
    run_of("2026-11-10T00:00:00Z", SIM_TIME_NEVER);
    AT(two, OPTIONS("origin=first_row"), 0, 599.82);
    AT(two, OPTIONS("origin=2026-11-16T08:00:00Z"), 3600.18, 4200);
    AT(two, OPTIONS("origin=first_row", "from=1m"), 539.82);
    REFUSED(two, OPTIONS("origin=zero"), "f: origin: found zero, expected first_row or an instant");
    REFUSED(two, OPTIONS("origin=first"), "f: origin: found first, expected first_row, zero, an");
}

Test(trace_clock, spans_scales_and_repetitions_keep_the_place) {
    run_of("2026-11-16T08:59:00Z", SIM_TIME_NEVER);
    AT(two, OPTIONS("from=5m"), 660);
    AT(two, OPTIONS("to=5m"), 60.18);
    AT(two, OPTIONS("time_scale=2"), 60.18, 60.18 + 2 * 599.82);
    AT(two, OPTIONS("repeat=2", "repeat_every=1d"), 60.18, 660, 86460.18, 87060);
    /* bins: labelled by their end, the first begins before it */
    static const char bins[] = "t,n\n2026-11-16 09:01:00,1\n2026-11-16 09:02:00,0\n"
                               "2026-11-16 09:03:00,1\n";
    AT(bins, OPTIONS("spread=even", "prompt_tokens=1", "output_tokens=1", "bin_label=end"), 90,
       210);
}

Test(trace_clock, what_lies_beyond_the_run_is_counted) {
    static const char day[] = AZURE "2026-11-16 09:00:00,5,1\n2026-11-16 10:00:00,5,1\n"
                                    "2026-11-16 11:00:00,5,1\n2026-11-16 12:00:00,5,1\n"
                                    "2026-11-16 13:00:00,5,1\n";
    run_of("2026-11-16T09:30:00Z", 2 * SIM_TIME_HOUR);
    AT(day, NO_OPTIONS, 1800, 5400);
    expect_outside(5, 3);
    AT(day, OPTIONS("shift=1h"), 1800, 5400); /* of 09:00 and 10:00 */
    expect_outside(5, 3);
    /* an end is no part of the run, a beginning is */
    run_of("2026-11-16T10:00:00Z", 2 * SIM_TIME_HOUR);
    AT(day, NO_OPTIONS, 0, 3600);
    expect_outside(5, 3);
    /* what comes after the end is not judged */
    run_of("2026-11-16T09:00:00Z", SIM_TIME_HOUR);
    AT(AZURE "2026-11-16 09:00:00,5,1\n2026-11-16 10:00:00,5,1\nrubbish,5,1\n", NO_OPTIONS, 0);
    expect_outside(3, 2);
    /* a day that is repeated may begin before the run */
    run_of("2026-11-17T09:30:00Z", SIM_TIME_HOUR);
    AT(AZURE "2026-11-16 09:45:00,5,1\n2026-11-16 09:50:00,5,1\n",
       OPTIONS("repeat=9", "repeat_every=1d"), 900, 1200);
}

Test(trace_clock, bins_beyond_the_run_are_counted) {
    static const char bins[] = "t,n\n2026-11-16 09:00:00,1\n2026-11-16 09:10:00,1\n"
                               "2026-11-16 09:20:00,1\n2026-11-16 09:30:00,1\n";
    run_of("2026-11-16T09:10:00Z", 20 * SIM_TIME_MINUTE);
    AT(bins, OPTIONS("spread=even", "prompt_tokens=1", "output_tokens=1"), 300, 900);
    cr_expect_eq(harness.source->counts.outside, 2);
    /* silence within the run is no mistake */
    run_of("2026-11-16T09:10:00Z", 10 * SIM_TIME_MINUTE);
    cr_assert(opened("t,n\n2026-11-16 09:00:00,1\n2026-11-16 09:10:00,0\n",
                     OPTIONS("prompt_tokens=1", "output_tokens=1")));
    harness_read(&harness, 10);
    cr_expect_not(harness.failed, "%s", harness_error(&harness));
    cr_expect_eq(harness.count, 0);
}

Test(trace_clock, a_recording_quite_beyond_the_run_is_refused) {
    run_of("2026-11-16T10:00:00Z", SIM_TIME_HOUR);
    REFUSED(two, NO_OPTIONS, "f: found rows from 2026-11-16T09:00:00Z to 2026-11-16T09:10:00Z",
            "which is from 2026-11-16T10:00:00Z to 2026-11-16T11:00:00Z", "start", "duration",
            "origin: first_row");
    run_of("2026-11-16T10:00:00Z", SIM_TIME_NEVER);
    REFUSED(two, NO_OPTIONS, "which is from 2026-11-16T10:00:00Z on");
    run_of("2026-11-15T00:00:00Z", SIM_TIME_DAY);
    REFUSED(two, NO_OPTIONS, "to 2026-11-16T09:10:00Z",
            "from 2026-11-15T00:00:00Z to 2026-11-16T00:00:00Z");
    run_of("1990-01-01T00:00:00Z", SIM_TIME_NEVER);
    REFUSED(two, NO_OPTIONS, "from 2026-11-16T09:00:00Z");
    run_of("9999-12-31T00:00:00Z", SIM_TIME_NEVER);
    REFUSED(two, NO_OPTIONS, "from 9999-12-31T00:00:00Z on");
    run_of("2026-11-16T00:00:00Z", SIM_TIME_HOUR);
    REFUSED("t,p,o\n7200,5,1\n9000,5,1\n", OPTIONS(NAMED, "origin=zero"), "rows from 2h to 2h30m",
            "from 0s to 1h");
    REFUSED("t,n\n2026-11-16 09:00:00,1\n2026-11-16 09:10:00,1\n",
            OPTIONS("prompt_tokens=1", "output_tokens=1"), "2026-11-16T09:10:00Z");
}

Test(trace_clock, a_recording_tells_when_it_begins) {
    expect_begins(two, NO_OPTIONS, "2026-11-16T09:00:00.18Z");
    expect_begins(two, OPTIONS("from=5m"), "2026-11-16T09:05:00.18Z");
    expect_begins(two, OPTIONS("origin=2026-11-16T08:00:00Z"), "2026-11-16T08:00:00Z");
    expect_begins(two, OPTIONS("origin=first_row"), "2026-11-16T09:00:00.18Z");
    expect_begins("t,p,o\n100,5,1\n", OPTIONS(NAMED), NULL);
    expect_begins("t,p,o\n1794819610.9,5,1\n", OPTIONS(NAMED), "2026-11-16T09:00:10.9Z");
    expect_begins("t,p,o\n1969-12-31T23:59:59.5Z,5,1\n", OPTIONS(NAMED), "1969-12-31T23:59:59.5Z");
    /* the earliest within the window, filtered or not */
    static const char late[] = "t,p,o\n2026-11-16 09:00:02,5,1\n2026-11-16 09:00:01,5,1\n"
                               "2026-11-16 09:00:00,6,1\n";
    expect_begins(late, OPTIONS(NAMED, "reorder_window=5s"), "2026-11-16T09:00:00Z");
    expect_begins(late, OPTIONS(NAMED, "reorder_window=5s", "filter=p=5"), "2026-11-16T09:00:00Z");
    expect_begins("t,n\n2026-11-16 09:01:00,1\n2026-11-16 09:02:00,1\n",
                  OPTIONS("prompt_tokens=1", "output_tokens=1", "bin_label=end"),
                  "2026-11-16T09:00:00Z");
    expect_begins("{\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":"
                  "[[1794819600,\"1\"],[1794819660,\"2\"]]}]},\"status\":\"success\"}",
                  OPTIONS("prompt_tokens=1", "output_tokens=1"), "2026-11-16T09:00:00Z");
    expect_begins("t,p,o\nrubbish,5,1\n", OPTIONS(NAMED), NULL);
}
