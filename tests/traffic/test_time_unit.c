// SPDX-License-Identifier: GPL-3.0-or-later
/* Seconds or milliseconds, and which options a format takes. */
#include "traffic/trace.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <string.h>

#define SECOND SIM_TIME_SECOND
#define MS SIM_TIME_MILLISECOND

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_time_unit, .init = setup, .fini = teardown);

/* Rows at these times, as JSON lines or as CSV. */
static void write_rows(bool json, const char *const times[]) {
    char text[16384] = "";
    strcat(text, json ? "" : "timestamp,input_length,output_length\n");
    for (size_t i = 0; times[i] != NULL; i++) {
        char *p = text + strlen(text);
        sprintf(p,
                json ? "{\"timestamp\": %s, \"input_length\": 10, \"output_length\": 5}\n"
                     : "%s,10,5\n",
                times[i]);
    }
    harness_text_file(&harness, "f", text);
    harness_gzip_file(&harness, "f.gz", text);
}

#define TIMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The last row's time, told by `units`, plain and compressed. */
static void check_last(const char *const times[], sim_time json_time, sim_time csv_time,
                       uint32_t units) {
    for (int form = 0; form < 4; form++) {
        write_rows(form < 2, times);
        harness_trace(&harness, form % 2 == 0 ? "f" : "f.gz", NO_OPTIONS);
        cr_assert(!harness.failed, "%s: %s", times[1], harness_error(&harness));
        const sim_time last = harness.arrivals[harness.count - 1].time;
        cr_assert_eq(last, form < 2 ? json_time : csv_time, "%s, form %d: %lld ns", times[1], form,
                     (long long)last);
        cr_assert_eq(harness.source->counts.units, units, "%s: %u", times[1],
                     harness.source->counts.units);
    }
}

static void check_error(const char *const options[], const char *expected) {
    harness_trace(&harness, "f", options);
    cr_assert(harness.failed, "no error: %s", expected);
    cr_assert(strstr(harness_error(&harness), expected), "%s", harness_error(&harness));
}

Test(traffic_time_unit, fractions_mean_seconds) {
    const sim_time last = 60 * SECOND + 400 * MS;
    check_last(TIMES("0.0", "0.2", "60.4"), last, last, ASIM_SECONDS_BY_FRACTION);
    check_last(TIMES("1700000000", "1700000000.5", "1700000060.4"), last, last,
               ASIM_SECONDS_BY_FRACTION);
}

Test(traffic_time_unit, whole_numbers_go_by_the_rate) {
    /* Mooncake's ticks of 3 s, with ties: one request in 50 minutes, or one per second. */
    check_last(TIMES("0", "0", "0", "3000", "3000", "6000"), 6 * SECOND, 6 * SECOND,
               ASIM_MILLISECONDS_BY_RATE);
    check_last(TIMES("27482", "30535", "30600"), 3118 * MS, 3118 * MS, ASIM_MILLISECONDS_BY_RATE);
    check_last(TIMES("0.0", "3000.0", "6000.0"), 6 * SECOND, 6 * SECOND, ASIM_MILLISECONDS_BY_RATE);
    /* One a second, or a thousand. */
    check_last(TIMES("0", "1", "2", "3"), 3 * SECOND, 3 * SECOND, ASIM_SECONDS_BY_RATE);
    /* Since 1970. */
    check_last(TIMES("1700000000", "1700000020", "1700000040"), 40 * SECOND, 40 * SECOND,
               ASIM_SECONDS_BY_INSTANT);
    check_last(TIMES("1700000000000", "1700000000020", "1700000000040"), 40 * MS, 40 * MS,
               ASIM_MILLISECONDS_BY_INSTANT);
    check_last(TIMES("1700000000000.5", "1700000000020", "1700000000040.5"), 40 * MS, 40 * MS,
               ASIM_MILLISECONDS_BY_INSTANT);
}

/* Dates have no unit; what is neither seconds nor milliseconds is asked for. */
Test(traffic_time_unit, dates_and_finer_units) {
    check_last(TIMES("\"2026-11-16T09:00:00Z\"", "\"2026-11-16T09:00:20Z\""), 20 * SECOND,
               20 * SECOND, 0);
    write_rows(true, TIMES("1700000000000000", "1700000000020000", "1700000000040000"));
    check_error(NO_OPTIONS, "expected a time in milliseconds (see time_unit)");
    harness_trace(&harness, "f", OPTIONS("time_unit=us"));
    cr_assert_eq(harness.arrivals[2].time, 40 * MS);
}

Test(traffic_time_unit, what_nothing_decides_is_asked_for) {
    static const char asked[] = "time_unit: s (GuideLLM, vLLM's timed_trace) or ms (Mooncake)";
    for (int json = 0; json < 2; json++) {
        write_rows(json, TIMES("0", "20", "40", "60")); /* 0.05/s or 50/s */
        check_error(NO_OPTIONS, asked);
        check_error(NO_OPTIONS, "timestamp: found whole numbers that can be seconds (0.05 "
                                "requests/s) as well as milliseconds (50/s)");
        harness_trace(&harness, "f", OPTIONS("time_unit=s"));
        cr_assert_eq(harness.arrivals[3].time, 60 * SECOND);
        harness_trace(&harness, "f", OPTIONS("time_unit=ms"));
        cr_assert_eq(harness.arrivals[3].time, 60 * MS);
        cr_assert_eq(harness.source->counts.units, 0);
    }
    /* Of one request, or of requests that all come at once, the unit says nothing. */
    write_rows(true, TIMES("5"));
    harness_trace(&harness, "f", NO_OPTIONS);
    cr_assert_eq(harness.count, 1);
    write_rows(false, TIMES("7", "7"));
    harness_trace(&harness, "f", NO_OPTIONS);
    cr_assert_eq(harness.count, 2);
}

/* A format that is named names its unit. */
Test(traffic_time_unit, a_named_format_has_its_unit) {
    write_rows(true, TIMES("0", "20", "40"));
    harness_trace(&harness, "f", OPTIONS("format=mooncake"));
    cr_assert_eq(harness.arrivals[2].time, 40 * MS);
    harness_trace(&harness, "f", OPTIONS("format=timed_trace"));
    cr_assert_eq(harness.arrivals[2].time, 40 * SECOND);
    write_rows(false, TIMES("0", "20", "40"));
    harness_trace(&harness, "f", OPTIONS("format=guidellm"));
    cr_assert_eq(harness.arrivals[2].time, 40 * SECOND);
}

/* Only the first rows are looked at: what stands behind them cannot be waited for. */
Test(traffic_time_unit, decides_on_the_first_rows) {
    static char text[400000];
    char *p = text;
    for (int i = 0; i < 5000; i++) {
        p += sprintf(p, "{\"timestamp\": %d%s, \"input_length\": 1, \"output_length\": 1}\n",
                     3000 * (i / 3), i == 4999 ? ".5" : "");
    }
    harness_text_file(&harness, "f", text);
    harness_trace(&harness, "f", NO_OPTIONS);
    cr_assert_eq(harness.source->counts.units, ASIM_MILLISECONDS_BY_RATE);
    cr_assert_eq(harness.count, 5000);
}

/* Every format with numeric times, with one file of it read in ms. */
Test(traffic_time_unit, holds_for_every_format_with_numbers) {
    static const struct {
        const char *text;
        sim_time last;
    } files[] = {
        {"Timestamp,Request tokens,Response tokens\n5,1,1\n45,1,1\n", 40 * MS},
        {"arrived_at,num_prefill_tokens,num_decode_tokens\n0.0,1,1\n4.5,1,1\n", 4500000},
        {"arrival_timestamp,prompt_size,token_size\n1,1,1\n3,1,1\n", 2 * MS},
        {"{\"chat_id\":1,\"timestamp\":1,\"input_length\":1,\"output_length\":1}\n"
         "{\"chat_id\":1,\"timestamp\":9.5,\"input_length\":1,\"output_length\":1}\n",
         8500000},
        {"{\"input_toks\":1,\"output_toks\":1,\"arrival_time_ns\":5}\n"
         "{\"input_toks\":1,\"output_toks\":1,\"arrival_time_ns\":7}\n",
         2 * MS},
        {"{\"input_toks\":1,\"output_toks\":1,\"arrival_time\":5}\n"
         "{\"input_toks\":1,\"output_toks\":1,\"arrival_time\":7}\n",
         2 * MS},
        {"{\"backend\":\"vllm\",\"model_id\":\"m\",\"input_lens\":[1,1],\"output_lens\":[1,1],"
         "\"start_times\":[1000.5,1001]}",
         500000},
        {"app,func,end_timestamp,duration\na,f,1000,0\na,f,1002,0\n", 2 * MS},
        {"metric_name,timestamp,metric_value\nhttp_reqs,1000,1\nhttp_reqs,1002,1\n", 2 * MS},
        {"0,3\n10,0\n20,1\n", 25 * MS},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
         "\"values\":[[0,\"1\"],[10,\"1\"],[20,\"2\"]]}]}}",
         15 * MS},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const bool counter = strstr(files[i].text, "matrix") != NULL;
        const bool counts = counter || files[i].text[0] == '0';
        harness_text_file(&harness, "f", files[i].text);
        harness_trace(
            &harness, "f",
            counter  ? OPTIONS("time_unit=ms", "values=counter", "spread=even", "prompt_tokens=1",
                               "output_tokens=1")
            : counts ? OPTIONS("time_unit=ms", "spread=even", "prompt_tokens=1", "output_tokens=1")
                     : OPTIONS("time_unit=ms", "prompt_tokens=1", "output_tokens=1"));
        cr_assert(!harness.failed, "%s: %s", files[i].text, harness_error(&harness));
        const sim_time last = harness.arrivals[harness.count - 1].time;
        cr_assert_eq(last, files[i].last, "%s: %lld", files[i].text, (long long)last);
    }
}

/* An option that a format does not take is refused, whether the format is named or found. */
Test(traffic_time_unit, options_of_other_formats_are_refused) {
    static const char azure[] =
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,1\n";
    static const char nginx[] = "1.2.3.4 - - [16/Nov/2023:23:59:50 +0000] \"GET /\" 200 1\n";
    static const char counts[] = "0,3\n10,0\n";
    static const struct {
        const char *text, *option, *expected;
    } refused[] = {
        {azure, "time_unit=s",
         "time_unit: found s for the format azure, expected a format that "
         "takes it: autoscale_sim, burstgpt, vidur,"},
        {azure, "time_unit=auto", "time_unit: found auto for the format azure"},
        {azure, "bin=10s",
         "bin: found 10s for the format azure, expected a format that takes it: "
         "servegen, grafana, counts"},
        {azure, "spread=poisson", "spread: found poisson for the format azure"},
        {azure, "values=count", "values: found count for the format azure"},
        {azure, "gaps=zero",
         "gaps: found zero for the format azure, expected a format that takes "
         "it: prometheus"},
        {azure, "bin_label=start", "bin_label: found start for the format azure"},
        {azure, "time_is=end", "time_is: found end for the format azure"},
        {azure, "repeat_every=1h", "repeat_every: found 1h, expected repeat of at least 2"},
        {azure, "rate_scale_jitter=1m", "rate_scale_jitter: found 1m, expected rate_scale above 1"},
        {nginx, "time_unit=s", "time_unit: found s for the format nginx"},
        {counts, "gaps=hold", "gaps: found hold for the format counts"},
        {counts, "values=counter",
         "values: found counter for the format counts, expected a format "
         "that takes it: prometheus"},
        {counts, "filter=a=b", "filter: found a=b for the format counts"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        harness_text_file(&harness, "f", refused[i].text);
        check_error(OPTIONS(refused[i].option, "prompt_tokens=1", "output_tokens=1"),
                    refused[i].expected);
    }
    harness_text_file(&harness, "f", azure);
    check_error(OPTIONS("format=azure", "time_column=x"), "time_column: found a column's name");
    check_error(OPTIONS("format=azure", "bin=1s"), "bin: found 1s for the format azure");
    harness_text_file(&harness, "f", counts);
    check_error(OPTIONS("values=rate_per_s", "spread=even", "prompt_tokens=1", "output_tokens=1"),
                "spread: found a spread of rates");
    harness_text_file(&harness, "f", "5\n6\n");
    check_error(OPTIONS("time_unit=ms", "bin=1s", "prompt_tokens=1", "output_tokens=1"),
                "time_unit: found nothing, expected no unit: the counts have no times");
    harness_text_file(&harness, "f", "t,a,b\n1,1,1\n");
    check_error(OPTIONS("time_column=t", "prompt_column=a", "output_column=b", "output_tokens=4"),
                "output_column: found a column beside lengths that are drawn");
    check_error(OPTIONS("time_column=t", "prompt_column=a", "output_column=b", "duration_unit=ms"),
                "duration_unit: found a unit without a duration");
}
