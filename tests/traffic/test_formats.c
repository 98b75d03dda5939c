// SPDX-License-Identifier: GPL-3.0-or-later
/* Each recorded format, with tiny files of our own making and with the real ones where they are
 * there. */
#include "traffic/format.h"
#include "traffic/prompt_hashes.h"
#include "traffic/synthetic.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND SIM_TIME_SECOND
#define MS SIM_TIME_MILLISECOND

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_formats, .init = setup, .fini = teardown);

static void check_end(size_t count) {
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, count, "%zu requests", harness.count);
    const asim_traffic_counts *counts = &harness.source->counts;
    cr_assert_eq(counts->requests, count);
    cr_assert_eq(counts->rows,
                 counts->requests + counts->failed + counts->skipped + counts->outside);
}

/* Three requests at 0, 0.1 s and 2 s. */
static void check_three(void) {
    harness_gives(&harness, 0, 0, 374, 44);
    harness_gives(&harness, 1, 100 * MS, 396, 109);
    harness_gives(&harness, 2, 2 * SECOND, 1, 2147483648);
    check_end(3);
}

#define AZURE_ROWS(END)                                                                            \
    "TIMESTAMP,ContextTokens,GeneratedTokens" END "2023-11-16 18:15:46.9000000,374,44" END         \
    "2023-11-16 18:15:47.0000000,396,109" END "2023-11-16 18:15:48.9000000,1,2147483648"

Test(traffic_formats, azure_2023_with_any_line_ends) {
    static const char *const texts[] = {
        AZURE_ROWS("\n"),
        AZURE_ROWS("\r\n"),
        AZURE_ROWS("\n") "\n",
        AZURE_ROWS("\r\n") "\r\n\r\n",
        "\xef\xbb\xbf" AZURE_ROWS("\n"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        harness_text_file(&harness, "day.txt", texts[i]);
        harness_trace(&harness, "day.txt", NO_OPTIONS);
        check_three();
        harness_gzip_file(&harness, "day.bin", texts[i]);
        harness_trace(&harness, "day.bin", NO_OPTIONS);
        check_three();
    }
}

Test(traffic_formats, azure_2024_and_2025) {
    harness_text_file(&harness, "a",
                      "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                      "2024-05-10 00:00:10.900000+00:00,374,44\n"
                      "2024-05-10 00:00:11+00:00,396,109\n"
                      "2024-05-10 00:00:12.900000+00:00,1,2147483648\n");
    harness_trace(&harness, "a", NO_OPTIONS);
    check_three();
    harness_text_file(&harness, "b",
                      "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n"
                      "2024-05-10 23:59:59.900000+00:00,0,374,44\n"
                      "2024-05-11 02:00:00+02:00,1,396,109\n"
                      "\"2024-05-10T19:00:01.9-05:00\",2,\"1\",2147483648\n");
    harness_trace(&harness, "b", NO_OPTIONS);
    check_three();
}

Test(traffic_formats, burstgpt_versions_and_failed_requests) {
    harness_text_file(&harness, "v1",
                      "Timestamp,Model,Request tokens,Response tokens,Total tokens,"
                      "Log Type\n"
                      "5,ChatGPT,472,18,490,Conversation log\n"
                      "45,ChatGPT,1087,0,1087,API log\n"
                      "118,GPT-4,417,276,693,Conversation log\n");
    harness_trace(&harness, "v1", NO_OPTIONS);
    harness_gives(&harness, 0, 0, 472, 18);
    harness_gives(&harness, 1, 113 * SECOND, 417, 276);
    check_end(2);
    cr_assert_eq(harness.source->counts.failed, 1);
    harness_trace(&harness, "v1", OPTIONS("origin=0"));
    harness_gives(&harness, 0, 5 * SECOND, 472, 18);
    harness_text_file(&harness, "v2",
                      "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,"
                      "Total tokens,Log Type\n"
                      "19440110.0,1722ac82-0a46,43,GPT-4,906,446,1352,Conversation log\n"
                      "19440161.5,,2,ChatGPT,36,29,65,API log\n");
    harness_trace(&harness, "v2", NO_OPTIONS);
    harness_gives(&harness, 0, 0, 906, 446);
    harness_gives(&harness, 1, 51500 * MS, 36, 29);
    check_end(2);
}

Test(traffic_formats, mooncake) {
    harness_text_file(
        &harness, "m",
        "{\"timestamp\": 27482, \"input_length\": 6955, \"output_length\": 52, \"hash_ids\": [46, "
        "47]}\n"
        "{ \"output_length\":7,\"tools\":[[1],{\"a\":\"]}\\\"\"}],\"input_length\":5,"
        "\"timestamp\":30535 }");
    harness_trace(&harness, "m", NO_OPTIONS);
    harness_gives(&harness, 0, 0, 6955, 52);
    harness_gives(&harness, 1, 3053 * MS, 5, 7);
    check_end(2);
}

Test(traffic_formats, mooncake_line_of_ten_megabytes) {
    enum { IDS = 2000000 };
    char *text = malloc(8 * (size_t)IDS);
    char *p = stpcpy(text, "{\"timestamp\": 1, \"input_length\": 1024000512, \"hash_ids\": [0");
    for (size_t i = 0; i < IDS; i++) {
        p = stpcpy(p, ",12345");
    }
    strcpy(
        p,
        "], \"output_length\": 3}\n{\"timestamp\": 2, \"input_length\": 9, \"output_length\": 9}");
    harness_text_file(&harness, "m", text);
    harness_trace(&harness, "m", OPTIONS("time_unit=ms"));
    harness_gives(&harness, 0, 0, 1024000512, 3);
    cr_assert_eq(harness.arrivals[0].past.hashes->count, IDS + 1);
    harness_gives(&harness, 1, MS, 9, 9);
    check_end(2);
    free(text);
}

static const char *const tokens[] = {"prompt_tokens=100", "output_tokens=10", NULL};

Test(traffic_formats, counts_evenly) {
    harness_text_file(&harness, "c",
                      "Time,TIMESTAMP\n2024-05-10 00:00:00,2\n2024-05-10 00:00:10,0\n"
                      "2024-05-10 00:00:20,1\n");
    harness_trace(&harness, "c", OPTIONS("spread=even", tokens[0], tokens[1]));
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, 3);
    cr_assert_eq(harness.source->counts.rows, 3);
    harness_gives(&harness, 0, 2500 * MS, 100, 10);
    harness_gives(&harness, 1, 7500 * MS, 100, 10);
    harness_gives(&harness, 2, 25 * SECOND, 100, 10);
    harness_trace(&harness, "c",
                  OPTIONS("spread=even", "bin_label=centre", "from=7s", "origin=2024-05-10",
                          tokens[0], tokens[1]));
    cr_assert_eq(harness.count, 1);
    harness_gives(&harness, 0, 13 * SECOND, 100, 10);
}

Test(traffic_formats, counts_of_many_shapes) {
    static const char *const texts[] = {
        "0,3\n60,4\n",
        "timestamp,value\n2014-02-14 14:30:00,3\n2014-02-14 14:31:00,4.0\n",
        "minute\tx\n60\t3\n120\t4",
        "\"Time\";\"n\"\r\n\"2014-02-14\";\"3\"\r\n\"2014-02-15\";\"4\"\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        harness_text_file(&harness, "c", texts[i]);
        harness_trace(&harness, "c", tokens);
        cr_assert(!harness.failed, "%zu: %s", i, harness_error(&harness));
        cr_assert_eq(harness.count, 7, "%zu: %zu", i, harness.count);
    }
}

Test(traffic_formats, csv_with_named_columns) {
    harness_text_file(&harness, "c",
                      "when;who;in;out\n1700000000500;x;374;44\n"
                      "1700000000600;\"a;b\";396;109\n1700000002500;y;1;2147483648\n");
    harness_trace(
        &harness, "c",
        OPTIONS("time_column=when", "time_unit=ms", "prompt_column=in", "output_column=out"));
    check_three();
    harness_trace(&harness, "c",
                  OPTIONS("format=csv", "time_column=when", "time_unit=us", "output_column=out",
                          "prompt_tokens=7"));
    harness_gives(&harness, 2, 2 * MS, 7, 2147483648);
    check_end(3);
}

Test(traffic_formats, lengths_replace_those_of_the_file) {
    harness_text_file(&harness, "a", AZURE_ROWS("\n"));
    harness_trace(&harness, "a", OPTIONS("output_tokens=5"));
    harness_gives(&harness, 0, 0, 374, 5);
    harness_gives(&harness, 2, 2 * SECOND, 1, 5);
    check_end(3);
}

Test(traffic_formats, presets_name_kinds_and_lengths) {
    for (size_t i = 0; traffic_presets[i].name != NULL; i++) {
        size_t table = 0;
        cr_assert_not_null(traffic_kind_find(traffic_presets[i].kind));
        while (length_tables[table].name != NULL &&
               strcmp(length_tables[table].name, traffic_presets[i].lengths) != 0) {
            table++;
        }
        cr_assert_not_null(length_tables[table].name);
    }
}

/* The real files --------------------------------------------------------------------------------
 */

#define TRACES "../shared/traces/"

static void read_real(const char *file, const char *const options[]) {
    if (access(file, R_OK) != 0) {
        cr_skip_test("%s is not here", file);
    }
    harness_trace(&harness, file, options);
    cr_assert(!harness.failed, "%s", harness_error(&harness));
}

Test(traffic_formats, real_azure_code) {
    read_real(TRACES "azure_llm_2023/AzureLLMInferenceTrace_code.csv", NO_OPTIONS);
    harness_gives(&harness, 0, 0, 4808, 10);
    harness_gives(&harness, 1, 52 * MS, 3180, 8);
    check_end(8819);
}

Test(traffic_formats, real_mooncake) {
    read_real(TRACES "mooncake_fast25/synthetic_trace.jsonl", NO_OPTIONS);
    harness_gives(&harness, 0, 0, 40160, 6);
    check_end(3993);
}

Test(traffic_formats, real_burstgpt_sample_with_its_idle_gaps) {
    read_real(TRACES "burstgpt3_sample/burstgpt3_conv_first418.csv",
              OPTIONS("time_column=t_s", "prompt_column=request_tokens",
                      "output_column=response_tokens"));
    size_t ten_minutes = 0, hour = 0;
    for (size_t i = 1; i < harness.count; i++) {
        const sim_time gap = harness.arrivals[i].time - harness.arrivals[i - 1].time;
        ten_minutes += gap >= 10 * SIM_TIME_MINUTE;
        hour += gap >= SIM_TIME_HOUR;
    }
    check_end(418);
    cr_assert_eq(ten_minutes, 13);
    cr_assert_eq(hour, 1);
}

Test(traffic_formats, real_coding_week_of_counts) {
    const char *file = TRACES "azure_llm_2024_10s/invocations_ten_second_Coding.csv";
    if (access(file, R_OK) != 0) {
        cr_skip_test("%s is not here", file);
    }
    harness.context.directory = NULL;
    cr_assert(
        harness_open(&harness, "trace",
                     OPTIONS("file=" TRACES "azure_llm_2024_10s/invocations_ten_second_Coding.csv",
                             "bin_label=centre", "origin=first_row", tokens[0], tokens[1])));
    asim_arrival block[1000];
    sim_time latest = 0;
    for (size_t count;
         (count = harness.source->next(harness.source, block, 1000, &harness.failed));) {
        cr_assert_geq(block[0].time, latest);
        for (size_t i = 1; i < count; i++) {
            cr_assert(block[i].time >= block[i - 1].time);
        }
        latest = block[count - 1].time;
    }
    cr_assert(!harness.failed);
    cr_assert_eq(harness.source->counts.requests, 16803695);
    cr_assert_eq(harness.source->counts.rows, 60481);
    cr_assert_lt(latest, 604810 * SECOND);
    cr_assert_gt(latest, 604800 * SECOND);
}

/* A bin that would never end: more requests per second than any source gives out. */
Test(traffic_formats, a_bin_beyond_all_rates_is_refused_at_its_place) {
    harness_text_file(&harness, "c",
                      "Time,TIMESTAMP\n2024-05-10 00:00:00,5\n"
                      "2024-05-10 00:00:10,900000000000000\n");
    harness_trace(&harness, "c", OPTIONS(tokens[0], tokens[1]));
    cr_assert(harness.failed);
    cr_assert_not_null(strstr(harness_error(&harness), "c:3:21: count: found 9e+13"), "%s",
                       harness_error(&harness));
    harness_trace(&harness, "c", OPTIONS("on_bad_row=skip", tokens[0], tokens[1]));
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.source->counts.skipped, 1);
}
