// SPDX-License-Identifier: GPL-3.0-or-later
/* Several files as one source: whatever their names and order, the requests of one file. */
#include "traffic/traffic_harness.h"

#include "base/memory.h"
#include "base/text.h"
#include "traffic/row_files.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COLUMNS "time_column=t", "prompt_column=p", "output_column=o"
#define HEADER "t,p,o\n"
#define DAY "2026-11-10T"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_row_files, .init = setup, .fini = teardown);

/* The prompt tokens tell rows apart. */
static void check(size_t count, const double seconds[], const uint32_t prompts[]) {
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, count, "%zu requests", harness.count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_float_eq((double)harness.arrivals[i].time * 1e-9, seconds[i], 1e-9,
                           "request %zu at %lld", i, (long long)harness.arrivals[i].time);
        cr_expect_eq(harness.arrivals[i].prompt_tokens, prompts[i], "request %zu is %u", i,
                     harness.arrivals[i].prompt_tokens);
    }
    const asim_traffic_counts *counts = &harness.source->counts;
    cr_expect_eq(counts->rows,
                 counts->requests + counts->failed + counts->skipped + counts->outside);
}

static void refused(const char *text) {
    cr_assert(harness.failed);
    cr_expect(strstr(harness_error(&harness), text), "%s", harness_error(&harness));
}

/* log.1 is the older one, and neither the name nor the order given says so. */
static void write_rotated(void) {
    harness_text_file(&harness, "a", HEADER DAY "00:00:30Z,4,1\n" DAY "00:00:40Z,5,1\n");
    harness_gzip_file(&harness, "b", HEADER DAY "00:00:00Z,1,1\n" DAY "00:00:10Z,2,1\n");
    harness_text_file(&harness, "c", HEADER DAY "00:00:20Z,3,1\n");
}

Test(traffic_row_files, follow_their_first_rows) {
    write_rotated();
    harness_trace(&harness, "a,b,c", OPTIONS(COLUMNS));
    check(5, (double[]){0, 10, 20, 30, 40}, (uint32_t[]){1, 2, 3, 4, 5});
}

Test(traffic_row_files, overlapping_ones_are_merged_and_ties_keep_their_order) {
    harness_text_file(&harness, "a",
                      HEADER DAY "00:00:05Z,10,1\n" DAY "00:00:20Z,11,1\n" DAY "00:00:20Z,12,1\n");
    harness_text_file(&harness, "b",
                      HEADER DAY "00:00:00Z,20,1\n" DAY "00:00:20Z,21,1\n" DAY "00:00:30Z,22,1\n");
    harness_text_file(&harness, "c", HEADER DAY "00:00:05Z,30,1\n");
    harness_trace(&harness, "a,b,c", OPTIONS(COLUMNS));
    check(7, (double[]){0, 5, 5, 20, 20, 20, 30}, (uint32_t[]){20, 10, 30, 21, 11, 12, 22});
}

/* A row may be early in its file's window: each file is put in order by itself. */
Test(traffic_row_files, each_has_its_reorder_window) {
    harness_text_file(&harness, "a", HEADER DAY "00:00:20Z,3,1\n" DAY "00:00:12Z,2,1\n");
    harness_text_file(&harness, "b", HEADER DAY "00:00:10Z,1,1\n" DAY "00:00:25Z,4,1\n");
    harness_trace(&harness, "a,b", OPTIONS(COLUMNS, "reorder_window=10s"));
    check(4, (double[]){0, 2, 10, 15}, (uint32_t[]){1, 2, 3, 4});
    harness_trace(&harness, "a,b", OPTIONS(COLUMNS));
    refused("/a:3:1: t: found a row 8s before the latest one");
}

Test(traffic_row_files, spans_and_repetitions_are_of_the_whole) {
    write_rotated();
    harness_trace(&harness, "a,b,c", OPTIONS(COLUMNS, "from=10s", "to=35s"));
    check(3, (double[]){0, 10, 20}, (uint32_t[]){2, 3, 4});
    harness_trace(&harness, "a,b,c", OPTIONS(COLUMNS, "repeat=2"));
    check(10, (double[]){0, 10, 20, 30, 40, 50, 60, 70, 80, 90},
          (uint32_t[]){1, 2, 3, 4, 5, 1, 2, 3, 4, 5});
    harness_trace(&harness, "a,b,c", OPTIONS(COLUMNS, "rate_scale=2", "rate_scale_jitter=0s"));
    cr_assert_eq(harness.count, 10);
    harness.context.until = 25 * SIM_TIME_SECOND;
    harness_trace(&harness, "a,b,c", OPTIONS(COLUMNS));
    check(3, (double[]){0, 10, 20}, (uint32_t[]){1, 2, 3});
    cr_expect_eq(harness.source->counts.outside, 2); /* of a file that was not opened yet, too */
}

Test(traffic_row_files, empty_ones_are_passed_over) {
    write_rotated();
    harness_text_file(&harness, "none", "");
    harness_gzip_file(&harness, "none.gz", "");
    harness_text_file(&harness, "header", HEADER);
    harness_trace(&harness, "none,a,none.gz,b,c,header", OPTIONS(COLUMNS));
    check(5, (double[]){0, 10, 20, 30, 40}, (uint32_t[]){1, 2, 3, 4, 5});
    harness_trace(&harness, "none,header", OPTIONS(COLUMNS));
    check(0, NULL, NULL);
    harness_trace(&harness, "none,none.gz", OPTIONS(COLUMNS));
    refused("/none: found nothing");
}

/* A file all of whose rows are left out is counted, in each pass. */
Test(traffic_row_files, rows_left_out_are_counted) {
    harness_text_file(&harness, "a", "t,p,o,m\n" DAY "00:00:00Z,1,1,x\n");
    harness_text_file(&harness, "b", "t,p,o,m\n" DAY "00:00:05Z,2,1,y\n" DAY "00:00:10Z,3,1,y\n");
    harness_trace(&harness, "b,a", OPTIONS(COLUMNS, "filter=m=y", "repeat=2", "repeat_every=1m"));
    check(4, (double[]){5, 10, 65, 70}, (uint32_t[]){2, 3, 2, 3});
    cr_expect_eq(harness.source->counts.outside, 2);
}

Test(traffic_row_files, an_error_names_its_file) {
    write_rotated();
    harness_text_file(&harness, "d", HEADER DAY "00:01:00Z,6,1\n" DAY "00:01:10Z,x,1\n");
    harness_trace(&harness, "d,a,b,c", OPTIONS(COLUMNS));
    refused("/d:3:22: p: found \"x\"");
    harness_trace(&harness, "d,a,b,c", OPTIONS(COLUMNS, "on_bad_row=skip"));
    check(6, (double[]){0, 10, 20, 30, 40, 60}, (uint32_t[]){1, 2, 3, 4, 5, 6});
    harness_trace(&harness, "a,gone", OPTIONS(COLUMNS));
    refused("/gone: found No such file");
    harness_trace(&harness, "a,b,a", OPTIONS(COLUMNS));
    refused("file: found one file twice, expected each once");
}

Test(traffic_row_files, formats_may_differ_but_not_in_what_a_row_is) {
    harness_text_file(&harness, "a",
                      "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                      "2026-11-10 00:00:10.0000000,2,1\n");
    harness_text_file(&harness, "b", HEADER DAY "00:00:00Z,1,1\n");
    harness_text_file(&harness, "log",
                      "1.2.3.4 - - [10/Nov/2026:00:00:20 +0000] \"GET / HTTP/1.1\" 200 1\n");
    harness_text_file(&harness, "counts", "time,count\n" DAY "00:00:00Z,1\n" DAY "00:01:00Z,1\n");
    harness_trace(&harness, "a,log", NO_OPTIONS);
    refused("/log: found the format nginx, beside azure of a, expected files that agree in having "
            "token counts, or a source of traffic for each");
    harness_trace(&harness, "log,counts", OPTIONS("prompt_tokens=1", "output_tokens=1"));
    refused("/counts: found the format counts, beside nginx of log, expected files that agree in "
            "what a row is");
    harness_text_file(&harness, "f",
                      "arrived_at,num_prefill_tokens,num_decode_tokens\n"
                      "1794268830,3,1\n"); /* 2026-11-10 00:00:30 */
    harness_trace(&harness, "f,a", NO_OPTIONS);
    check(2, (double[]){0, 20}, (uint32_t[]){2, 3});
}

Test(traffic_row_files, bins_follow_each_other) {
    harness_text_file(&harness, "a", "time,count\n" DAY "00:02:00Z,1\n" DAY "00:03:00Z,1\n");
    harness_text_file(&harness, "b", "time,count\n" DAY "00:00:00Z,1\n" DAY "00:01:00Z,1\n");
    harness_trace(&harness, "a,b", OPTIONS("spread=even", "prompt_tokens=1", "output_tokens=1"));
    check(4, (double[]){30, 90, 150, 210}, (uint32_t[]){1, 1, 1, 1});
}

/* Bare numbers --------------------------------------------------------------------------------- */

Test(traffic_row_files, one_clock_without_dates_needs_no_word) {
    harness_text_file(&harness, "a", HEADER "30,3,1\n40,4,1\n");
    harness_text_file(&harness, "b", HEADER "10,1,1\n30,2,1\n");
    harness_trace(&harness, "a,b", OPTIONS(COLUMNS));
    check(4, (double[]){0, 20, 20, 30}, (uint32_t[]){1, 2, 3, 4});
}

Test(traffic_row_files, clocks_that_begin_anew_are_the_users_to_tell) {
    harness_text_file(&harness, "a", HEADER "0,1,1\n10,2,1\n20,3,1\n");
    harness_text_file(&harness, "b", HEADER "0,4,1\n5,5,1\n");
    harness_trace(&harness, "a,b", OPTIONS(COLUMNS));
    refused("/b: clocks: found numbers without dates that begin within those of a");
    harness_trace(&harness, "a,b", OPTIONS(COLUMNS, "clocks=one"));
    check(5, (double[]){0, 0, 5, 10, 20}, (uint32_t[]){1, 4, 5, 2, 3});
    harness_trace(&harness, "a,b", OPTIONS(COLUMNS, "clocks=each")); /* a mean gap between them */
    check(5, (double[]){0, 10, 20, 30, 35}, (uint32_t[]){1, 2, 3, 4, 5});
    harness_trace(&harness, "b,a", OPTIONS(COLUMNS, "clocks=each", "repeat=2"));
    check(10, (double[]){0, 5, 10, 20, 30, 37.5, 42.5, 47.5, 57.5, 67.5},
          (uint32_t[]){4, 5, 1, 2, 3, 4, 5, 1, 2, 3});
}

Test(traffic_row_files, dates_have_one_clock) {
    write_rotated();
    harness_text_file(&harness, "n", HEADER "0,1,1\n");
    harness_trace(&harness, "a,n", OPTIONS(COLUMNS));
    refused("/n: found times without dates, beside those of a, expected dates in all files");
    harness_trace(&harness, "a,b", OPTIONS(COLUMNS, "clocks=each"));
    refused("/a: clocks: found each, of a file with dates");
}

/* Open files --------------------------------------------------------------------------------- */

/* `count` files, whose rows are a minute apart; each goes on for `minutes` more. */
static char *many(size_t count, size_t minutes) {
    Text names = {0};
    for (size_t i = 0; i < count; i++) {
        char *name = memory_format("many%zu", i),
             *rows = memory_format(HEADER "%zu,1,1\n%zu,1,1\n", 1794268800 + 60 * i,
                                   1794268800 + 60 * (i + minutes) + 30);
        harness_text_file(&harness, name, rows);
        text_addf(&names, "%s%s", i > 0 ? "," : "", name);
        free(name);
        free(rows);
    }
    return text_take(&names);
}

Test(traffic_row_files, are_closed_when_they_end) {
    char *names = many(ROW_FILES_OPEN_MOST + 100, ROW_FILES_OPEN_MOST / 2);
    harness_trace(&harness, names, OPTIONS(COLUMNS));
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, 2 * (ROW_FILES_OPEN_MOST + 100));
    free(names);
}

Test(traffic_row_files, too_many_that_overlap_are_refused) {
    char *names = many(ROW_FILES_OPEN_MOST + 1, 2 * ROW_FILES_OPEN_MOST);
    harness_trace(&harness, names, OPTIONS(COLUMNS));
    refused("many128: found files whose times overlap, 128 before this one, expected at most 128");
    free(names);
}
