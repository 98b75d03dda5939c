// SPDX-License-Identifier: GPL-3.0-or-later
/* Ends of answers and arrivals: logs that tell the end, with a duration or without, and logs that
 * tell the start. */
#include "traffic/trace.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SECOND SIM_TIME_SECOND
#define MS SIM_TIME_MILLISECOND
#define TOKENS "prompt_tokens=100", "output_tokens=10"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_ends, .init = setup, .fini = teardown);

/* Three lines of an access log that are written at 18:16:46, 18:16:47 and 18:17:47, with these
 * texts behind the status and size. */
static void write_log(const char *first, const char *second, const char *third) {
    char text[4096];
    snprintf(text, sizeof text,
             "203.0.113.7 - - [16/Nov/2026:18:16:46 +0000] \"POST /v1 HTTP/1.1\" 200 5316 %s\n"
             "203.0.113.8 - - [16/Nov/2026:18:16:47 +0000] \"POST /v1 HTTP/1.1\" 200 16 %s\n"
             "203.0.113.8 - - [16/Nov/2026:18:17:47 +0000] \"POST /v1 HTTP/1.1\" 503 16 %s\n",
             first, second, third);
    harness_text_file(&harness, "log", text);
}

static void check_times(const char *what, sim_time second, sim_time third, uint64_t moved,
                        uint64_t kept) {
    cr_assert(!harness.failed, "%s: %s", what, harness_error(&harness));
    cr_assert_eq(harness.count, 3);
    cr_assert_eq(harness.arrivals[1].time - harness.arrivals[0].time, second, "%s: %lld", what,
                 (long long)(harness.arrivals[1].time - harness.arrivals[0].time));
    cr_assert_eq(harness.arrivals[2].time - harness.arrivals[1].time, third, "%s: %lld", what,
                 (long long)(harness.arrivals[2].time - harness.arrivals[1].time));
    cr_assert_eq(harness.source->counts.ends_moved, moved, "%s", what);
    cr_assert_eq(harness.source->counts.ends_kept, kept, "%s", what);
}

#define UA "\"-\" \"python-httpx/0.27 (x; 1.234)\" "

/* 40.250, 0.500 and 0.001 s, wherever they stand: arrivals at 18:16:05.75, 18:16:46.5, 18:17:46.999
 */
Test(traffic_ends, durations_are_taken_off_wherever_they_stand) {
    static const char *const logs[][3] = {
        {UA "1024 40.250 [llm-vllm-8000] [] 10.0.1.5:8000 5316 40.249 200 0f0e0d0c0b0a0908",
         UA "1024 0.500 [llm-vllm-8000] [] 10.0.1.5:8000 16 0.499 200 0f0e0d0c0b0a0909",
         UA "1024 0.001 [llm-vllm-8000] [] - - - - 0f0e0d0c0b0a0910"},
        {UA "rt=40.250 uct=\"0.000\" uht=\"0.010\" urt=\"40.250\"",
         UA "rt=0.500 uct=\"0.000\" uht=\"0.010\" urt=\"0.500\"",
         UA "rt=0.001 uct=\"-\" uht=\"-\" urt=\"-\""},
        {UA "uct=0.000 uht=0.010 urt=40.250 rt=40.250", UA "uct=0.000 uht=0.010 urt=0.5 rt=0.500",
         UA "uct=- uht=- urt=- rt=0.001"},
        {UA "40.250", UA "0.500", UA "0.001"},
        {UA "\"40.250\"", UA "\"0.500\"", UA "\"0.001\""},
        {UA "40.250 40.249", UA "0.500 0.499", UA "0.001 -"},
        {UA "40.249 40.250", UA "0.499 0.500", UA "- 0.001"},
        {UA "40.250 0.010, 40.240", UA "0.500 0.100, 0.200 : 0.199", UA "0.001 -, -"},
        {UA "\"0.010, 40.240\"", UA "\"0.100, 0.200 : 0.200\"", UA "\"0.001\""},
        {UA "request_time=40.250", UA "request_time=0.500", UA "request_time=0.001"},
        {UA "request_time: 40.250, upstream_response_time: 40.249",
         UA "request_time: 0.500, upstream_response_time: 0.499",
         UA "request_time: 0.001, upstream_response_time: -"},
        {UA "request_time:40.250", UA "request_time:0.500", UA "request_time:0.001"},
        {UA "rt=\"40.250\" \"10.0.0.1\"", UA "rt=\"0.500\" \"-\"", UA "rt=\"0.001\" \"-\""},
        {UA "1794853006.000 40.250", UA "1794853007.000 0.500", UA "1794853067.000 0.001"},
        {"40.250 " UA, "0.500 " UA, "0.001 " UA},
        {"\"-\" 40.250", "\"-\" 0.500", "\"-\" 0.001"},
        {UA "[40.250]", UA "[0.500]", UA "[0.001]"},
        {"\"-\" \"x 99.999\" 40.250", "\"-\" \"x 99.999\" 0.500", "\"-\" \"x 99.999\" 0.001"},
    };
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        write_log(logs[i][0], logs[i][1], logs[i][2]);
        harness_trace(&harness, "log", OPTIONS(TOKENS));
        check_times(logs[i][0], 40750 * MS, 60499 * MS, 3, 0);
        /* The user knows better. */
        harness_trace(&harness, "log", OPTIONS(TOKENS, "time_is=start"));
        check_times(logs[i][0], SECOND, 60 * SECOND, 0, 0);
    }
    /* $msec is the end to the millisecond. */
    write_log(UA "1794853006.999 1.000", UA "1794853007.500 1.000", UA "1794853067.000 1.000");
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    check_times("$msec", 501 * MS, 59500 * MS, 3, 0);
}

/* Before the request, before all, and with the time as $time_iso8601. */
Test(traffic_ends, durations_before_the_request) {
    static const char *const logs[] = {
        "1.2.3.4 - - [16/Nov/2026:18:16:46 +0000] 40.250 \"POST /\" 200 16 \"-\" \"x\"\n"
        "1.2.3.4 - - [16/Nov/2026:18:16:47 +0000] 0.500 \"POST /\" 200 16 \"-\" \"x\"\n"
        "1.2.3.4 - - [16/Nov/2026:18:17:47 +0000] 0.001 \"POST /\" 200 16 \"-\" \"x\"\n",
        "rt=40.250 1.2.3.4 - - [16/Nov/2026:18:16:46 +0000] \"POST /\" 200 16\n"
        "rt=0.500 1.2.3.4 - - [16/Nov/2026:18:16:47 +0000] \"POST /\" 200 16\n"
        "rt=0.001 1.2.3.4 - - [16/Nov/2026:18:17:47 +0000] \"POST /\" 200 16\n",
        "1.2.3.4 - - [2026-11-16T18:16:46+00:00] \"POST /\" 200 16 40.250\n"
        "1.2.3.4 - - [2026-11-16T18:16:47+00:00] \"POST /\" 200 16 0.500\n"
        "1.2.3.4 - - [2026-11-16T19:17:47+01:00] \"POST /\" 200 16 0.001\n",
    };
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        harness_text_file(&harness, "log", logs[i]);
        harness_trace(&harness, "log", OPTIONS(TOKENS));
        check_times(logs[i], 40750 * MS, 60499 * MS, 3, 0);
    }
}

Test(traffic_ends, ends_without_a_duration_are_arrivals_and_counted) {
    write_log(UA, UA, UA);
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    check_times("combined", SECOND, 60 * SECOND, 0, 3);
    write_log("", "", "");
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    check_times("common", SECOND, 60 * SECOND, 0, 3);
    write_log(UA "0.250", UA "-", UA "1.000");
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    check_times("some", 1250 * MS, 59 * SECOND, 2, 1);
    /* Ratios, versions, lengths and addresses are no durations. */
    write_log(UA "3.45 12 1.2.3.4", UA "2.10 532117 1.2.3.4", UA "- 3 1.2.3.4");
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    check_times("no durations", SECOND, 60 * SECOND, 0, 3);
}

/* An answer of 40 minutes began before all that was written since. */
Test(traffic_ends, long_answers_are_put_in_order) {
    write_log(UA "1.000", UA "2400.000", UA "3000.000");
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    check_times("long", 540 * SECOND, 2398 * SECOND, 3, 0);
}

Test(traffic_ends, starts_stay_as_they_are) {
    /* Traefik: requests, router, server, duration. */
    write_log(UA "1 \"llm@docker\" \"http://10.0.0.2:8000\" 40250ms",
              UA "2 \"llm@docker\" \"http://10.0.0.2:8000\" 500ms",
              UA "3 \"llm@docker\" \"http://10.0.0.2:8000\" 1ms");
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    check_times("traefik", SECOND, 60 * SECOND, 0, 0);
    /* Apache's %D in microseconds, %T in seconds, and both. */
    static const char *const apache[][3] = {{UA "40250000", UA "500000", UA "1000"},
                                            {UA "40", UA "0", UA "0"},
                                            {UA "40/40250000", UA "0/500000", UA "0/1000"}};
    for (size_t i = 0; i < 3; i++) {
        write_log(apache[i][0], apache[i][1], apache[i][2]);
        harness_trace(&harness, "log", OPTIONS(TOKENS));
        check_times(apache[i][0], SECOND, 60 * SECOND, 0, 0);
    }
    write_log(UA, UA, UA);
    harness_trace(&harness, "log", OPTIONS(TOKENS, "format=apache"));
    check_times("apache combined", SECOND, 60 * SECOND, 0, 0);
    harness_text_file(
        &harness, "log",
        "llm.example:443 1.2.3.4 - - [16/Nov/2026:18:16:46 +0000] \"POST /\" 200 1 \"-\" \"x\"\n"
        "llm.example:443 1.2.3.4 - - [16/Nov/2026:18:16:47 +0000] \"POST /\" 200 1 \"-\" \"x\"\n"
        "llm.example:443 1.2.3.4 - - [16/Nov/2026:18:17:47 +0000] \"POST /\" 200 1 \"-\" \"x\"\n");
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    check_times("vhost_combined", SECOND, 60 * SECOND, 0, 0);
    harness_text_file(&harness, "log",
                      "[2026-11-16T18:16:46Z] \"P\" 200 - 1 5 40250 40249 \"-\" \"x\"\n"
                      "[2026-11-16T18:16:47Z] \"P\" 200 - 1 5 500 499 \"-\" \"x\"\n"
                      "[2026-11-16T18:17:47Z] \"P\" 200 - 1 5 1 1 \"-\" \"x\"\n");
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    check_times("envoy", SECOND, 60 * SECOND, 0, 0);
}

#define OWN "time_column=t", "prompt_column=in", "output_column=out"

/* The user's own columns and keys. */
Test(traffic_ends, duration_columns) {
    static const char csv[] = "t,in,out,took\n2026-11-16T18:16:46Z,1,1,40.25\n"
                              "2026-11-16T18:16:47Z,1,1,0.5\n2026-11-16T18:17:47Z,1,1,0.001\n";
    static const char json[] = "{\"t\": 1000, \"in\": 1, \"out\": 1, \"took\": 40250}\n"
                               "{\"t\": 1001, \"in\": 1, \"out\": 1, \"took\": \"500\"}\n"
                               "{\"t\": 1061, \"in\": 1, \"out\": 1, \"took\": 1.0}\n";
    harness_text_file(&harness, "f", csv);
    harness_trace(&harness, "f", OPTIONS(OWN, "duration_column=took"));
    check_times("csv", 40750 * MS, 60499 * MS, 3, 0);
    harness_trace(&harness, "f", OPTIONS(OWN, "duration_column=took", "time_is=start"));
    check_times("starts", SECOND, 60 * SECOND, 0, 0);
    harness_trace(&harness, "f", OPTIONS(OWN, "time_is=end"));
    check_times("ends", SECOND, 60 * SECOND, 0, 3);
    harness_trace(&harness, "f", OPTIONS(OWN));
    check_times("nothing said", SECOND, 60 * SECOND, 0, 0);
    harness_text_file(&harness, "f", json);
    harness_trace(&harness, "f", OPTIONS(OWN, "duration_column=took", "duration_unit=ms"));
    check_times("jsonl", 40750 * MS, 60499 * MS, 3, 0);
    /* Rows whose duration is not known. */
    harness_text_file(&harness, "f", "t,in,out,took\n10,1,1,-\n20,1,1,\n30,1,1,2\n");
    harness_trace(&harness, "f", OPTIONS(OWN, "duration_column=took"));
    check_times("some", 10 * SECOND, 8 * SECOND, 1, 2);
    harness_text_file(&harness, "f",
                      "{\"t\": 10, \"in\": 1, \"out\": 1}\n"
                      "{\"t\": 20, \"in\": 1, \"out\": 1, \"took\": null}\n"
                      "{\"t\": 30, \"in\": 1, \"out\": 1, \"took\": 2}\n");
    harness_trace(&harness, "f", OPTIONS(OWN, "duration_column=took"));
    check_times("keys", 10 * SECOND, 8 * SECOND, 1, 2);
    harness_text_file(&harness, "f", "t,in,out,took\n10,1,1,x\n");
    harness_trace(&harness, "f", OPTIONS(OWN, "duration_column=took", "duration_unit=us"));
    cr_assert(
        strstr(harness_error(&harness), "took: found \"x\", expected a duration in microseconds"),
        "%s", harness_error(&harness));
    harness_trace(&harness, "f", OPTIONS(OWN, "duration_column=tok"));
    cr_assert(strstr(harness_error(&harness), "tok: found"), "%s", harness_error(&harness));
}

/* k6 writes ends, and durations in rows of their own. */
Test(traffic_ends, formats_that_tell_ends) {
    harness_text_file(&harness, "f",
                      "metric_name,timestamp,metric_value\nhttp_reqs,1595325560,1\n"
                      "http_reqs,1595325561,1\nhttp_reqs,1595325562,1\n");
    harness_trace(&harness, "f", OPTIONS(TOKENS));
    check_times("k6", SECOND, SECOND, 0, 3);
    harness_text_file(&harness, "f",
                      "app,func,end_timestamp,duration\na,f,10,1\na,f,20,2\na,f,30,3\n");
    harness_trace(&harness, "f", OPTIONS(TOKENS));
    check_times("azure_functions_2021", 9 * SECOND, 9 * SECOND, 3, 0);
}
