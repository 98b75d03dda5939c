// SPDX-License-Identifier: GPL-3.0-or-later
/* What is written is read back as the same requests, to the format's resolution. */
#include "traffic/trace.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_trace_writer, .init = setup, .fini = teardown);

static void write_file(TraceWriterFormat format, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", harness.directory, name);
    FILE *file = fopen(path, "wb");
    cr_assert(trace_write(harness.source, format, 1700158546, NULL, file, &(bool){false}));
    fclose(file);
}

/* What prompts have in common is not written, and the writer knows. */
Test(traffic_trace_writer, tells_what_it_forgets) {
    static const char *const rows[] = {"", ", \"session_id\": \"s\"", ", \"hash_ids\": [1]"};
    for (size_t i = 0; i < 3; i++) {
        char text[128];
        bool forgets = i == 0;
        snprintf(text, sizeof text,
                 "{\"timestamp\": 0, \"input_length\": 9, \"output_length\": 5%s}\n", rows[i]);
        harness_text_file(&harness, "m", text);
        cr_assert(harness_open(&harness, "trace", OPTIONS("file=m")));
        FILE *file = fopen("/dev/null", "w");
        cr_assert(trace_write(harness.source, TRACE_WRITER_VIDUR, 0, NULL, file, &forgets));
        fclose(file);
        cr_assert_eq(forgets, i > 0);
    }
}

static void check_round_trip(TraceWriterFormat format, sim_time resolution) {
    harness.context.until = 3000 * SIM_TIME_SECOND;
    harness.context.start_epoch_s = 1700158546;
    cr_assert(harness_open(
        &harness, "gamma",
        OPTIONS("rate_per_s=1", "cv=3", "prompt_tokens=7", "output_tokens=2147483648")));
    harness_read(&harness, SIZE_MAX);
    const size_t count = harness.count;
    cr_assert_gt(count, 2000);
    asim_arrival *first = harness.arrivals;
    harness.arrivals = NULL;
    cr_assert(harness_open(
        &harness, "gamma",
        OPTIONS("rate_per_s=1", "cv=3", "prompt_tokens=7", "output_tokens=2147483648")));
    write_file(format, "out");
    harness_trace(&harness, "out",
                  format == TRACE_WRITER_VIDUR ? OPTIONS("origin=0")
                                               : OPTIONS("origin=2023-11-16T18:15:46Z"));
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(harness.arrivals[i].time, first[i].time - first[i].time % resolution);
        cr_assert_eq(harness.arrivals[i].output_tokens, 2147483648);
    }
    free(first);
}

Test(traffic_trace_writer, azure) {
    check_round_trip(TRACE_WRITER_AZURE, 100);
    check_round_trip(TRACE_WRITER_AZURE_2024, 1000);
    check_round_trip(TRACE_WRITER_VIDUR, 1);
}

Test(traffic_trace_writer, the_forms_to_the_byte) {
    static const char *const expected[] = {
        "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.0000000,7,30\r\n"
        "2023-11-16 18:15:46.5000000,7,30",
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46+00:00,7,30\n"
        "2023-11-16 18:15:46.500000+00:00,7,30\n",
        "arrived_at,num_prefill_tokens,num_decode_tokens\n0,7,30\n0.5,7,30\n",
    };
    harness.context.until = SIM_TIME_SECOND;
    for (int format = 0; trace_writer_format_names[format] != NULL; format++) {
        cr_assert(harness_open(&harness, "constant",
                               OPTIONS("rate_per_s=2", "prompt_tokens=7", "output_tokens=30")));
        write_file((TraceWriterFormat)format, "out");
        char path[128], text[256] = "";
        snprintf(path, sizeof path, "%s/out", harness.directory);
        FILE *file = fopen(path, "rb");
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        cr_assert_str_eq(text, expected[format]);
    }
}

Test(traffic_trace_writer, full_disk) {
    FILE *full = fopen("/dev/full", "wb");
    if (full == NULL) {
        cr_skip_test("no /dev/full");
    }
    cr_assert(
        harness_open(&harness, "constant",
                     OPTIONS("rate_per_s=2", "stop=10s", "prompt_tokens=7", "output_tokens=30")));
    cr_assert(!trace_write(harness.source, TRACE_WRITER_AZURE, 0, NULL, full, &(bool){false}));
    fclose(full);
}
