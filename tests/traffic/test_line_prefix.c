// SPDX-License-Identifier: GPL-3.0-or-later
/* What containers and collectors put before the lines of a log: taken off, whatever is behind. */
#include "autoscale_sim/traffic_source.h"
#include "base/text.h"
#include "traffic/line_prefix.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SECOND SIM_TIME_SECOND
#define TOKENS "prompt_tokens=1", "output_tokens=1"
#define NGINX(s)                                                                                   \
    "10.0.0.1 - - [16/Nov/2026:09:00:0" #s " +0000] \"GET /v1 HTTP/1.1\" 200 5 \"-\" \"x\""
#define NGINX_ESCAPED(s)                                                                           \
    "10.0.0.1 - - [16/Nov/2026:09:00:0" #s " +0000] \\\"GET /v1 HTTP/1.1\\\" 200 5 \\\"-\\\" "     \
    "\\\"\\u003cx\\u003e\\\""
#define CADDY(s)                                                                                   \
    "{\"level\":\"info\",\"ts\":" #s ",\"msg\":\"handled request\",\"request\":{\"method\":"       \
    "\"GET\",\"uri\":\"/v1\"},\"status\":200}"
#define AT "2026-11-16T09:00:00.123456789Z "

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_prefix, .init = setup, .fini = teardown);

/* Two requests, two seconds apart. */
static void check_two(const char *text, uint32_t prefixes, uint64_t foreign) {
    const asim_traffic_counts *counts = &harness.source->counts;
    cr_assert_eq(harness.count, 2, "%zu requests in\n%s", harness.count, text);
    cr_assert_eq(harness.arrivals[1].time, 2 * SECOND, "%s", text);
    cr_assert_eq(counts->prefixes, prefixes, "%u in\n%s", counts->prefixes, text);
    cr_assert_eq(counts->foreign, foreign, "%s", text);
    cr_assert_eq(counts->outside, foreign, "%s", text);
    cr_assert_eq(counts->rows, 2 + foreign, "%s", text);
}

Test(traffic_prefix, of_all_kinds) {
    static const struct {
        const char *text;
        uint32_t prefixes;
        uint64_t foreign;
    } files[] = {
        {"{\"log\":\"" NGINX_ESCAPED(
             1) "\\n\",\"stream\":\"stdout\",\"time\":\"" AT "\"}\n"
                "{\"log\":\"" NGINX_ESCAPED(
                    3) "\\r\\n\",\"stream\":\"stdout\",\"attrs\":{\"a\":\"b\"},"
                       "\"time\":\"" AT "\"}\n",
         ASIM_PREFIX_DOCKER, 0},
        {AT "stdout F " NGINX(1) "\n" AT "stderr F " NGINX(3) "\n", ASIM_PREFIX_CRI, 0},
        {"2026-11-16T10:00:00.1+01:00 stdout F " NGINX(
             1) "\r\n2026-11-16T10:00:00+01:00 stdout F " NGINX(3),
         ASIM_PREFIX_CRI, 0},
        {"[pod/a-b/c] " NGINX(1) "\n\n[pod/a-b/c] " NGINX(3) "\n", ASIM_PREFIX_KUBECTL, 0},
        {"Attaching to web-1\nweb-1   | " NGINX(1) "\nproxy-1 | " NGINX(3) "\nweb-1   | \n",
         ASIM_PREFIX_COMPOSE, 1},
        {"Nov 16 09:00:01 host nginx[123]: " NGINX(1) "\nNov  6 09:00:01 host nginx: " NGINX(
             3) "\n",
         ASIM_PREFIX_SYSLOG, 0},
        {"-- Journal begins at Mon 2026-11-16 08:00:00 UTC. --\n"
         "2026-11-16T09:00:01+0000 host nginx[123]: " NGINX(
             1) "\n"
                "2026-11-16T09:00:01.123456+00:00 host nginx: " NGINX(3) "\n",
         ASIM_PREFIX_SYSLOG, 1},
        {AT NGINX(1) "\n" AT NGINX(3) "\n", ASIM_PREFIX_TIMESTAMPS, 0},
        {"[pod/a-b/c] " AT NGINX(1) "\n[pod/a-b/c] " AT NGINX(3) "\n",
         ASIM_PREFIX_KUBECTL | ASIM_PREFIX_TIMESTAMPS, 0},
        {"web-1  | " AT NGINX(1) "\nweb-1  | " AT NGINX(3) "\n",
         ASIM_PREFIX_COMPOSE | ASIM_PREFIX_TIMESTAMPS, 0},
        {AT "stdout F [2026-11-16T09:00:01.250Z] \"GET /v1 HTTP/1.1\" 200 - 0 5 12 11\n" AT
            "stdout F [2026-11-16T09:00:03.250Z] \"GET /v1 HTTP/1.1\" 200 - 0 5 12 11\n",
         ASIM_PREFIX_CRI, 0},
        {AT "stdout F " CADDY(1790000001) "\n" AT "stdout F " CADDY(1790000003) "\n",
         ASIM_PREFIX_CRI, 0},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        harness_reads(&harness, files[i].text, OPTIONS(TOKENS));
        check_two(files[i].text, files[i].prefixes, files[i].foreign);
    }
    harness_gzip_file(&harness, "f.gz", files[0].text);
    harness_trace(&harness, "f.gz", OPTIONS(TOKENS));
    check_two("gzip", ASIM_PREFIX_DOCKER, 0);
}

/* What a format's own lines begin with is no prefix of theirs, nor is what only some lines have. */
Test(traffic_prefix, of_its_own_lines_stay) {
    static const char *const texts[] = {
        NGINX(1) "\n" NGINX(3) "\n",
        "[2026-11-16T09:00:01.250Z] \"GET /v1 HTTP/1.1\" 200 - 0 5 12 11\n"
        "[2026-11-16T09:00:03.250Z] \"GET /v1 HTTP/1.1\" 200 - 0 5 12 11\n",
        CADDY(1790000001) "\n" CADDY(1790000003) "\n",
        "2026-11-16T09:00:01.186641Z lb 192.0.2.39:2817 10.0.0.1:80 0.1 0.1 0.1 200 200 0 57 \"GET "
        "http://h:80/v1 HTTP/1.1\" \"curl\" - -\n"
        "2026-11-16T09:00:03.186641Z lb 192.0.2.39:2817 10.0.0.1:80 0.1 0.1 0.1 200 200 0 57 \"GET "
        "http://h:80/v1 HTTP/1.1\" \"curl\" - -\n",
        AT "stdout F " NGINX(1) "\n" NGINX(3) "\n" NGINX(3) "\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        harness_reads(&harness, texts[i], OPTIONS(TOKENS));
        cr_assert_eq(harness.source->counts.prefixes, 0, "%s", texts[i]);
        cr_assert_eq(harness.arrivals[1].time, 2 * SECOND, "%s", texts[i]);
    }
    /* the user wants the times of the runtime */
    harness_reads(&harness,
                  "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-16T09:00:01Z\"}\n"
                  "{\"log\":\"b\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-16T09:00:03Z\"}\n",
                  OPTIONS("time_column=time", TOKENS));
    check_two("the outer time", 0, 0);
}

/* Runtimes cut after 16 KiB; each stream's lines are its own. */
Test(traffic_prefix, parts_are_joined) {
    static const char cri[] =
        AT "stdout P {\"t\": 1, \"long\": \"aaaa\n" AT "stderr P a message\n" AT
           "stdout P aaaa\", \"in\": 10\n" AT "stderr F  of two parts\n" AT
           "stdout F , \"out\": 2}\n" AT "stdout F {\"t\": 3, \"in\": 30, \"out\": 4}\n";
    static const char docker[] =
        "{\"log\":\"{\\\"t\\\": 1, \\\"in\\\": 10\",\"stream\":\"stdout\",\"time\":\"" AT "\"}\n"
        "{\"log\":\"a message\\n\",\"stream\":\"stderr\",\"time\":\"" AT "\"}\n"
        "{\"log\":\", \\\"out\\\": 2}\\n\",\"stream\":\"stdout\",\"time\":\"" AT "\"}\n"
        "{\"log\":\"{\\\"t\\\": 3, \\\"in\\\": 30, \\\"out\\\": 4}\",\"stream\":\"stdout\","
        "\"time\":\"" AT "\"}\n";
    const char *const options[] = {"time_column=t", "prompt_column=in", "output_column=out", NULL};
    for (int i = 0; i < 2; i++) {
        harness_reads(&harness, i ? docker : cri, options);
        check_two(i ? docker : cri, i ? ASIM_PREFIX_DOCKER : ASIM_PREFIX_CRI, 1);
        cr_assert_eq(harness.arrivals[0].prompt_tokens, 10);
        cr_assert_eq(harness.arrivals[1].output_tokens, 4);
    }
}

/* Start-up messages, more than a first look takes in, and errors between. */
Test(traffic_prefix, lines_of_other_programs_are_left_out) {
    Text text = {0};
    for (int i = 0; i < 60; i++) {
        text_addf(&text, AT "stderr F 2026/11/16 09:00:00 [notice] 1#1: start worker %d\n", i);
    }
    text_add(&text, AT "stdout F " NGINX(1) "\n" AT "stderr F panic: \"x\" [1]\n" AT
                                            "stdout F {\"level\":\"warn\"}\n" AT
                                            "stdout F " NGINX(3) "\n");
    harness_reads(&harness, text.text, OPTIONS(TOKENS));
    check_two(text.text, ASIM_PREFIX_CRI, 62);
    text_clear(&text);
    harness_refuses(&harness, AT "stdout F started\n" AT "stdout F ready\n", NO_OPTIONS, "bad:1");
}

Test(traffic_prefix, errors_have_the_place_in_the_file) {
    const char *const options[] = {"time_column=t", "prompt_column=in", "output_column=out", NULL};
    harness_refuses(&harness,
                    "[pod/a/b] {\"t\": 1, \"in\": 1, \"out\": 2}\n"
                    "[pod/a/b] {\"t\": 2, \"in\": -1, \"out\": 2}\n",
                    options, "bad:2:26: in");
    harness_refuses(
        &harness,
        "{\"log\":\"{\\\"t\\\": 1, \\\"in\\\": 1, \\\"out\\\": 2}\\n\",\"stream\":\"stdout\","
        "\"time\":\"\"}\n"
        "{\"log\":\"{\\\"t\\\": 2, \\\"in\\\": -1, \\\"out\\\": 2}\\n\",\"stream\":\"stdout\","
        "\"time\":\"\"}\n",
        options, "bad:2:28: in");
    harness_refuses(&harness,
                    AT "stdout F {\"t\": 1, \"in\": 1, \"out\": 2}\n" AT
                       "stdout P {\"t\": 2, \"in\": -1\n" AT "stdout F , \"out\": 2}\n",
                    options, "bad:2: in");
}

Test(traffic_prefix, with_all_else_a_log_takes) {
    harness_reads(
        &harness,
        AT "stdout F " NGINX(
            1) "\n" AT
               "stdout F 10.0.0.1 - - [16/Nov/2026:09:00:02 +0000] \"GET /healthz HTTP/1.1\" 200 5 "
               "\"-\" \"x\"\n" AT "stdout F " NGINX(3) "\n",
        OPTIONS("filter=path!=/healthz", "format=nginx", TOKENS));
    cr_assert_eq(harness.count, 2);
    cr_assert_eq(harness.source->counts.outside, 1);
    cr_assert_eq(harness.source->counts.foreign, 0);
}

Test(traffic_prefix, in_words) {
    char *two = line_prefix_words(ASIM_PREFIX_TIMESTAMPS | ASIM_PREFIX_KUBECTL);
    cr_assert_str_eq(two, "kubectl's and timestamps");
    free(two);
    cr_assert_null(line_prefix_words(0));
}

Test(traffic_prefix, mutilated) {
    harness_mutilate(
        &harness,
        "{\"log\":\"" NGINX_ESCAPED(1) "\\n\",\"stream\":\"stdout\",\"time\":\"\"}\n"
                                       "{\"log\":\"" NGINX_ESCAPED(
                                           3) "\\n\",\"stream\":\"stdout\",\"time\":\"\"}\n",
        OPTIONS(TOKENS, "on_bad_row=skip"), false);
    harness_mutilate(&harness,
                     AT
                     "stdout P {\"timestamp\": 1.5, \"input_length\": 3\n" AT
                     "stdout F , \"output_length\": 2}\n" AT
                     "stdout F {\"timestamp\": 2.5, \"input_length\": 3, \"output_length\": 2}\n",
                     OPTIONS("on_bad_row=skip"), false);
}
