// SPDX-License-Identifier: GPL-3.0-or-later
/* What may be done with a recorded file, and every way in which one may be bad. */
#include "traffic/traffic_harness.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND SIM_TIME_SECOND
#define VIDUR_OPTIONS "time_column=t", "prompt_column=p", "output_column=o"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_trace, .init = setup, .fini = teardown);

static void check_times(size_t count, const double seconds[]) {
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, count, "%zu requests", harness.count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_float_eq((double)harness.arrivals[i].time * 1e-9, seconds[i], 1e-9,
                           "request %zu at %lld", i, (long long)harness.arrivals[i].time);
    }
    const asim_traffic_counts *counts = &harness.source->counts;
    cr_assert_eq(counts->rows,
                 counts->requests + counts->failed + counts->skipped + counts->outside);
}

#define SIX "t,p,o\n100,1,1\n101,2,1\n102,3,1\n104,4,1\n104,5,1\n110,6,1\n"

Test(traffic_trace, span_scale_origin) {
    harness_text_file(&harness, "f", SIX);
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS));
    check_times(6, (double[]){0, 1, 2, 4, 4, 10});
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "from=1s", "to=10s"));
    check_times(4, (double[]){0, 1, 3, 3});
    cr_assert_eq(harness.source->counts.outside, 2);
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "time_scale=2.5"));
    check_times(6, (double[]){0, 2.5, 5, 10, 10, 25});
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "origin=101.5"));
    check_times(4, (double[]){0.5, 2.5, 2.5, 8.5});
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "origin=1970-01-01T00:01:00Z"));
    check_times(6, (double[]){40, 41, 42, 44, 44, 50});
    harness.context.until = 4 * SECOND;
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS));
    check_times(3, (double[]){0, 1, 2});
}

Test(traffic_trace, repeat) {
    harness_text_file(&harness, "f", "t,p,o\n100,1,1\n101,2,1\n104,6,1\n");
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "repeat=2"));
    check_times(6, (double[]){0, 1, 4, 6, 7, 10}); /* span 4 and mean gap 2 */
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "repeat=3", "to=4s", "time_scale=10"));
    check_times(6, (double[]){0, 10, 40, 50, 80, 90});
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "repeat=2", "repeat_every=1h"));
    check_times(6, (double[]){0, 1, 4, 3600, 3601, 3604});
    harness.context.until = 3602 * SECOND;
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "repeat=1000000000", "repeat_every=1h"));
    check_times(5, (double[]){0, 1, 4, 3600, 3601});
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "repeat=2", "repeat_every=2s"));
    cr_assert(harness.failed);
    cr_assert(strstr(harness_error(&harness), "repeat_every: found less than the trace's span"),
              "%s", harness_error(&harness));
}

Test(traffic_trace, repeated_bins_follow_each_other) {
    harness_text_file(&harness, "f", "t,n\n0,1\n10,1\n");
    harness_trace(&harness, "f",
                  OPTIONS("spread=even", "prompt_tokens=1", "output_tokens=1", "repeat=2"));
    cr_assert_eq(harness.count, 4);
    cr_assert_eq(harness.arrivals[3].time, 35 * SECOND);
}

Test(traffic_trace, rows_a_little_out_of_order_are_sorted) {
    harness_text_file(&harness, "f", "t,p,o\n5,1,1\n3,2,1\n7,3,1\n7,4,1\n6,5,1\n12,6,1\n7,7,1\n");
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "reorder_window=5s"));
    check_times(7, (double[]){0, 2, 3, 4, 4, 4, 9});
    static const uint32_t in_order[] = {2, 1, 5, 3, 4, 7, 6};
    for (size_t i = 0; i < 7; i++) {
        cr_assert_eq(harness.arrivals[i].prompt_tokens, in_order[i]);
    }
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "reorder_window=4999ms"));
    cr_assert(harness.failed);
    cr_assert(strstr(harness_error(&harness), "/f:8:1: t: found a row 5s before the latest one, "
                                              "expected rows in order of time, or at most "
                                              "reorder_window (4.999s) late"),
              "%s", harness_error(&harness));
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "reorder_window=4s", "on_bad_row=skip"));
    check_times(6, (double[]){0, 2, 3, 4, 4, 9});
    cr_assert_eq(harness.source->counts.skipped, 1);
    harness.context.until = 3 * SECOND;
    harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, "reorder_window=5s"));
    check_times(2, (double[]){0, 2});
}

Test(traffic_trace, rates_make_poisson_arrivals) {
    harness_text_file(&harness, "f", "t,rate\n0,100.5\n100,0\n200,50\n");
    harness_trace(&harness, "f",
                  OPTIONS("values=rate_per_s", "prompt_tokens=1", "output_tokens=1"));
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    size_t parts[3] = {0};
    for (size_t i = 0; i < harness.count; i++) {
        parts[harness.arrivals[i].time / (100 * SECOND)]++;
    }
    cr_assert_float_eq((double)parts[0], 10050, 500);
    cr_assert_eq(parts[1], 0);
    cr_assert_float_eq((double)parts[2], 5000, 350);
}

Test(traffic_trace, the_same_seed_gives_the_same_and_lengths_shift_nothing) {
    harness_text_file(&harness, "f", "t,n\n0,50\n10,60\n");
    harness_trace(&harness, "f", OPTIONS("prompt_tokens=1", "output_tokens=1"));
    asim_arrival first[110];
    cr_assert_eq(harness.count, 110);
    memcpy(first, harness.arrivals, sizeof first);
    harness_trace(&harness, "f", OPTIONS("prompt_tokens=7", "output_tokens=9"));
    for (size_t i = 0; i < 110; i++) {
        cr_assert_eq(first[i].time, harness.arrivals[i].time);
    }
    harness.context.seed = 2;
    harness_trace(&harness, "f", OPTIONS("prompt_tokens=7", "output_tokens=9"));
    cr_assert_neq(first[0].time, harness.arrivals[0].time);
}

/* Bad files -------------------------------------------------------------------------------------
 */

#define AZURE "TIMESTAMP,ContextTokens,GeneratedTokens\n"
#define GOOD "2023-11-16 18:15:46.5,374,44\n"
#define MOONCAKE "{\"timestamp\": 1, \"input_length\": 2, \"output_length\": 3}\n"

Test(traffic_trace, bad_rows_name_their_place) {
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {AZURE GOOD "2023-11-16 18:15:47,-5,44",
         "bad:3:21: ContextTokens: found \"-5\", expected a whole number from 1 to 2147483648"},
        {AZURE GOOD "2023-11-16 18:15:47,5,0",
         "bad:3:23: GeneratedTokens: found \"0\", expected a whole"},
        {AZURE GOOD "2023-11-16 18:15:47,nan,1", ":3:21: ContextTokens: found \"nan\""},
        {AZURE GOOD "2023-11-16 18:15:47,1e400,1", ":3:21: ContextTokens: found \"1e400\""},
        {AZURE GOOD "2023-11-16 18:15:47,2147483649,1",
         ":3:21: ContextTokens: found \"2147483649\""},
        {AZURE GOOD "2023-11-16 18:15:47,99999999999999999999999,1", ":3:21: ContextTokens"},
        {AZURE GOOD "2023-11-16 18:15:47,1.5,1", ":3:21: ContextTokens: found \"1.5\""},
        {AZURE GOOD "2023-11-16 18:15:47,0x10,1", ":3:21: ContextTokens: found \"0x10\""},
        {AZURE GOOD "2023-11-16 18:15:47,1",
         ":3:22: GeneratedTokens: found nothing, expected as many"},
        {AZURE GOOD "2023-11-16 18:15:47,1,1,7",
         ":3:25: found \"7\", expected no more fields than the header"},
        {"a,Timestamp,Request tokens,Response tokens,b\n1,2,3,4",
         ":2:8: found nothing, expected as many"},
        {AZURE GOOD "2023-13-16 18:15:47,1,1", ":3:1: TIMESTAMP: found \"2023-13-16 18:15:47\", "
                                               "expected a date and time such as"},
        {AZURE GOOD "2023-02-29 18:15:47,1,1", ":3:1: TIMESTAMP"},
        {AZURE GOOD "2023-11-16 24:15:47,1,1", ":3:1: TIMESTAMP"},
        {AZURE GOOD "2023-11-16 18:15:47.,1,1", ":3:1: TIMESTAMP"},
        {AZURE GOOD "2023-11-16 18:15:47+00,1,1\n2023-11-16 18:15:47+0,1,1", ":4:1: TIMESTAMP"},
        {AZURE GOOD "\"2023-11-16 18:15:47,1,1",
         ":3:1: found \"\"2023-11-16 18:15:47,1,1\", expected a quote that ends"},
        {AZURE GOOD "x\xff\x00y", ":3:3: ContextTokens: found nothing"},
        {AZURE GOOD "2023-11-16 18:15:45,1,1", "bad:3:1: TIMESTAMP: found a row 1.5s before the "
                                               "latest one, expected rows in order of time"},
        {AZURE GOOD "2073-11-16 18:15:45,1,1", ":3:1: TIMESTAMP: found a time more than ten years"},
        {MOONCAKE "{\"timestamp\": 2, \"input_length\": \"2\", \"output_length\": 3",
         "bad:2:57: found \"\", expected \",\" or \"}\""},
        {MOONCAKE "{\"timestamp\": 2, \"input_length\": 2}", ":2: output_length: found nothing"},
        {MOONCAKE "{\"timestamp\": true, \"input_length\": 2, \"output_length\": 3}",
         ":2:15: timestamp: found \"true\", expected a time in milliseconds"},
        {MOONCAKE "{\"timestamp\": 2, \"input_length\": 2.5, \"output_length\": 3}",
         ":2:34: input_length"},
        {MOONCAKE "{\"timestamp\": 1e400, \"input_length\": 2, \"output_length\": 3}",
         ":2:15: timestamp"},
        {MOONCAKE "{\"timestamp\": 2, \"hash_ids\": [1, 2}, \"input_length\": 2}",
         ":2:35: found \"}, "},
        {MOONCAKE "[1]", ":2:1: found \"[1]\", expected a JSON object {...}"},
        {MOONCAKE "{}{}", ":2:3: found \"{}\", expected nothing after the object"},
        {"Timestamp,Model,Request tokens,Response tokens\n1,m,x,0\n",
         ":2:5: Request tokens: found \"x\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        harness_refuses(&harness, rows[i].text, NO_OPTIONS, rows[i].expected);
    }
}

#define NOTED "\"t\",\"a\nnote\",p,o\r\n1,\"one, \"\"two\"\"\r\n3\",2,1\r\n"

static void read_noted(const char *rows, const char *more) {
    char *text = memory_format(NOTED "%s", rows);
    harness_text_file(&harness, "f", text);
    free(text);
    if (more != NULL) {
        harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS, more));
    } else {
        harness_trace(&harness, "f", OPTIONS(VIDUR_OPTIONS));
    }
}

Test(traffic_trace, line_ends_within_quotes) {
    read_noted("2,\"\n\n\",\"4\",5\n3,x,6,7", NULL);
    check_times(3, (double[]){0, 1, 2});
    cr_assert_eq(harness.arrivals[1].prompt_tokens, 4);
    cr_assert_eq(harness.arrivals[2].output_tokens, 7);
    read_noted("2,\"\n\n\",x,5\n", NULL); /* the place in the file */
    cr_assert(strstr(harness_error(&harness), "/f:7:3: p: found \"x\""), "%s",
              harness_error(&harness));
    read_noted("2,b,1,1\n0,\"\n\",4,5\n", NULL);
    cr_assert(strstr(harness_error(&harness), "/f:6:1: t: found a row 2s before"), "%s",
              harness_error(&harness));
}

/* A quote that is a slip spoils its own line alone. */
Test(traffic_trace, quotes_that_never_end) {
    read_noted("2,\"b,4,5\n3,c,1,1\n4,d,1,1\n", "on_bad_row=skip");
    check_times(3, (double[]){0, 2, 3});
    cr_assert_eq(harness.source->counts.skipped, 1);
    read_noted("2,\"b,4,5\n3,c,1,1\n4,\"d,1,1\n5,e,1,1\n", "on_bad_row=skip");
    check_times(3, (double[]){0, 2, 4});
    cr_assert_eq(harness.source->counts.skipped, 2);
    read_noted("2,b,4,\"5\n3,c,1,1\n", NULL);
    cr_assert(strstr(harness_error(&harness), "/f:5:7: found \"\"5\", expected a quote that ends"),
              "%s", harness_error(&harness));
}

Test(traffic_trace, bad_counts_name_their_place) {
#define TOKENS "prompt_tokens=1", "output_tokens=1"
    harness_refuses(&harness, "t,n\n0,5\n10,-1\n", OPTIONS(TOKENS), "bad:3:4: count: found \"-1\"");
    harness_refuses(&harness, "t,n\n0,5\n10,2.5\n", OPTIONS(TOKENS),
                    "count: found 2.5 requests, expected a whole");
    harness_refuses(&harness, "t,n\n0,5\n10,1,7\n", OPTIONS(TOKENS),
                    "bad:3:6: found \"10,1,7\", expected two fields");
    harness_refuses(&harness, "t,n\n0,5\n10,many\n", OPTIONS(TOKENS), "count: found \"many\"");
    harness_refuses(&harness, "t,n\n0,5\n10,5\n15,5\n", OPTIONS(TOKENS),
                    ":4:1: time: found a bin 5s after the one before");
    harness_refuses(&harness, "t,n\n0,5\n", OPTIONS(TOKENS), "bin: found a single row");
    harness_refuses(&harness, "t,n\n0,5\n10,5\n", NO_OPTIONS,
                    "prompt_tokens: found nothing, expected a number of tokens");
}

Test(traffic_trace, unusable_files) {
    harness_refuses(&harness, "", NO_OPTIONS, "bad: found an empty file, expected a trace");
    harness_refuses(&harness, "a,b,c\n1,2,3\n", NO_OPTIONS,
                    "bad:1: found CSV with the columns a, b, c, expected a known format");
    harness_refuses(&harness,
                    "\x7f"
                    "ELF\x01\x02",
                    NO_OPTIONS, "bad: found binary data of an unknown kind");
    harness_refuses(
        &harness, "TIMESTAMP,ContextTokens\n", OPTIONS("format=azure"),
        "bad:1: GeneratedTokens: found \"TIMESTAMP,ContextTokens\", expected a header with");
    harness_refuses(&harness, "TIMESTAMP,ContextTokens,Generated_Tokens\n", OPTIONS("format=azure"),
                    "did you mean \"Generated_Tokens\"?");
    harness_refuses(&harness, "", OPTIONS("format=azure"), "bad: found nothing, expected a header");
    harness_trace(&harness, "absent", NO_OPTIONS);
    cr_assert(strstr(harness_error(&harness), "absent: found No such file or directory"));
    harness_trace(&harness, "/tmp/", NO_OPTIONS);
    cr_assert(strstr(harness_error(&harness), "found a directory, expected a file"), "%s",
              harness_error(&harness));
}

Test(traffic_trace, damaged_gzip) {
    harness_gzip_file(&harness, "whole", AZURE GOOD GOOD GOOD);
    char *path = malloc(256), bytes[4096];
    snprintf(path, 256, "%s/whole", harness.directory);
    FILE *file = fopen(path, "rb");
    const size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    free(path);
    for (size_t cut = 0; cut < length; cut++) {
        harness_file(&harness, "cut", bytes, cut);
        harness_trace(&harness, "cut", NO_OPTIONS);
        cr_assert(harness.failed && harness.errors.count > 0, "cut at %zu", cut);
    }
    memcpy(bytes + length, bytes, length); /* members one after another are one file */
    harness_file(&harness, "twice", bytes, 2 * length);
    harness_trace(&harness, "twice", OPTIONS("on_bad_row=skip"));
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, 6);
    cr_assert_eq(harness.source->counts.skipped, 1); /* the second header */
    bytes[length] = 'x';
    harness_file(&harness, "tail", bytes, length + 5);
    harness_trace(&harness, "tail", NO_OPTIONS);
    cr_assert(strstr(harness_error(&harness), "other bytes after the compressed data"));
}

/* More than a block: a thread reads ahead. */
Test(traffic_trace, long_gzip) {
    enum { ROWS = 40000 };
    char *text = malloc(32 * (size_t)ROWS + 64), path[128];
    char *p = stpcpy(text, AZURE);
    for (int i = 0; i < ROWS; i++) {
        p += sprintf(p, "2023-11-16 %02d:%02d:%02d.%d,%d,44\n", i / 36000, i / 600 % 60,
                     i / 10 % 60, i % 10, i + 1);
    }
    harness_gzip_file(&harness, "long", text);
    harness_trace(&harness, "long", NO_OPTIONS);
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        cr_assert_eq(harness.arrivals[i].prompt_tokens, i + 1);
        cr_assert_eq(harness.arrivals[i].time, (sim_time)i * SECOND / 10);
    }
    harness_trace(&harness, "long", OPTIONS("to=1s", "repeat=3")); /* closed early, twice */
    cr_assert_eq(harness.count, 30);
    free(text);

    /* A pipe that falls silent must not keep the source from being closed. */
    snprintf(path, sizeof path, "%s/long", harness.directory);
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 20);
    const size_t length = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    snprintf(path, sizeof path, "file=%s/pipe", harness.directory);
    cr_assert_eq(mkfifo(path + 5, 0600), 0);
    const int pipe = open(path + 5, O_RDWR | O_NONBLOCK);
    const ssize_t written = write(pipe, bytes, length / 4 < 60000 ? length / 4 : 60000);
    cr_assert_gt(written, 1000);
    cr_assert(harness_open(&harness, "trace", OPTIONS(path, "origin=first_row")), "%s",
              harness_error(&harness));
    harness_read(&harness, 1000);
    cr_assert_eq(harness.count, 1000);
    harness.source->destroy(harness.source);
    harness.source = NULL;
    close(pipe);
    free(bytes);
}

Test(traffic_trace, options_that_contradict) {
    harness_trace(&harness, "f", OPTIONS("from=5s", "to=5s"));
    cr_assert(
        strstr(harness_error(&harness), "to: found 5s, expected a duration longer than from"));
    harness_trace(&harness, "f", OPTIONS("format=azure", "time_column=x"));
    cr_assert(strstr(harness_error(&harness), "time_column: found a column's name"));
    harness_trace(&harness, "f", OPTIONS("format=csv"));
    cr_assert_eq(harness.errors.count, 3);
    harness_trace(&harness, "-", OPTIONS("repeat=2"));
    cr_assert(strstr(harness_error(&harness), "repeat: found a repetition of standard input"));
    cr_assert(!harness_open(&harness, "trace", NO_OPTIONS));
    cr_assert(strstr(harness_error(&harness), "file: found nothing"));
}

/* Cut at every byte, and with any byte changed, a file is read or refused, and nothing is lost. */
Test(traffic_trace, mutilated_files_never_crash) {
    static const char azure[] = AZURE GOOD GOOD "2023-11-16 18:15:47,1,1";
    static const char burst[] =
        "Timestamp,Model,Request tokens,Response tokens\n5,C,472,18\n45,C,17,0\n";
    static const char mooncake[] =
        MOONCAKE "{\"timestamp\": 2, \"hash_ids\": [1, {\"a\": \"b\"}], \"input_length\": 2, "
                 "\"output_length\": 3}";
    harness_mutilate(&harness, azure, NO_OPTIONS, true);
    harness_mutilate(&harness, azure, OPTIONS("on_bad_row=skip"), true);
    harness_mutilate(&harness, burst, OPTIONS("on_bad_row=skip"), true);
    harness_mutilate(&harness, mooncake, NO_OPTIONS, true);
    harness_mutilate(&harness, mooncake, OPTIONS("time_unit=ms"), true);
    harness_mutilate(&harness, mooncake,
                     OPTIONS("time_unit=ms", "on_bad_row=skip", "reorder_window=10s"), true);
    harness_mutilate(&harness, "t,n\n0,5\n10,4\n20,0\n",
                     OPTIONS(TOKENS, "to=100s", "on_bad_row=skip"), false);
}
