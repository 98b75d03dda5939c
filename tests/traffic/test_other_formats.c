// SPDX-License-Identifier: GPL-3.0-or-later
/* The recorded formats of simulators, proxies, load testers and metrics. */
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND SIM_TIME_SECOND
#define MS SIM_TIME_MILLISECOND
#define TOKENS "prompt_tokens=100", "output_tokens=10"
#define SAMPLES "../shared/traces/_format_samples/"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_other_formats, .init = setup, .fini = teardown);

static void check_counts(uint64_t rows, uint64_t requests, uint64_t failed, uint64_t outside) {
    const asim_traffic_counts *counts = &harness.source->counts;
    cr_assert_eq(counts->rows, rows, "%lu rows", (unsigned long)counts->rows);
    cr_assert_eq(counts->requests, requests, "%lu requests", (unsigned long)counts->requests);
    cr_assert_eq(counts->failed, failed);
    cr_assert_eq(counts->outside, outside, "%lu outside", (unsigned long)counts->outside);
    cr_assert_eq(harness.count, requests);
}

Test(traffic_other_formats, autoscale_sim) {
    static const char columns[] = "arrived_ns,prompt_tokens,output_tokens,cached_tokens,session,"
                                  "hash_ids,abandoned_after_ns\n";
    char text[400];
    snprintf(text, sizeof text, "%s7,374,44,300,0a0b,,\n7,16,1,0,,\"[9,1]\",250\n", columns);
    harness_reads(&harness, text, OPTIONS("origin=zero", "hash_block_tokens=8"));
    harness_gives(&harness, 0, 7, 374, 44);
    harness_gives(&harness, 1, 7, 16, 1);
    const asim_arrival *arrivals = harness.arrivals;
    cr_assert_eq(arrivals[0].past.seen.tokens, 300);
    cr_assert_neq(arrivals[0].past.seen.key, 0);
    cr_assert_eq(arrivals[0].waits, SIM_TIME_NEVER);
    cr_assert_eq(arrivals[1].past_kind, ASIM_PAST_HASHES);
    cr_assert_eq(arrivals[1].waits, 250);
    harness_reads(&harness, "arrived_ns,prompt_tokens,output_tokens\n5,3,2\n", NO_OPTIONS);
    cr_assert_eq(harness.arrivals[0].waits, 0);
    snprintf(text, sizeof text, "%s7,374,44,300,,,0\n", columns);
    harness_reads(&harness, text, NO_OPTIONS);
    cr_assert_eq(harness.arrivals[0].waits, 0);
    snprintf(text, sizeof text, "%s7,374,44,300,,,-1\n", columns);
    harness_refuses(
        &harness, text, NO_OPTIONS,
        "abandoned_after_ns: found \"-1\", expected nothing, or a whole number of nanoseconds");
}

Test(traffic_other_formats, simulators) {
    harness_reads(&harness,
                  "arrived_at,num_prefill_tokens,num_decode_tokens\n0.0,374,44\n4.314579,396,109\n",
                  NO_OPTIONS);
    harness_gives(&harness, 1, 4314579000, 396, 109);
    harness_reads(&harness,
                  "request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,"
                  "token_size\n0,2,0,1,1,4096,32\n1,2,0,3,1,2048,8\n",
                  NO_OPTIONS);
    harness_gives(&harness, 1, 2 * SECOND, 2048, 8);
    harness_reads(
        &harness,
        "{\"chat_id\": 1, \"parent_chat_id\": -1, \"timestamp\": 61.114, \"input_length\": 521, "
        "\"output_length\": 132, \"type\": \"text\", \"turn\": 2, \"hash_ids\": [1]}\n"
        "{\"chat_id\": 2, \"timestamp\": 62, \"input_length\": 5, \"output_length\": 1}\n",
        NO_OPTIONS);
    harness_gives(&harness, 1, 886 * MS, 5, 1);
    harness_reads(
        &harness,
        "{\"request_id\": \"b\", \"input_toks\": 2358, \"output_toks\": 531, "
        "\"arrival_time\": 1787267980.0827403}\n{\"request_id\": \"c\", \"input_toks\": 1, "
        "\"output_toks\": 2, \"arrival_time\": 1787267980.3478317}\n",
        NO_OPTIONS);
    harness_gives(&harness, 1, 265091400, 1, 2);
}

#define SESSION                                                                                    \
    "{\"session_id\": \"t\", \"arrival_time_ns\": 4059740, \"sub_requests\": [{\"input_toks\": "   \
    "1, "                                                                                          \
    "\"output_toks\": 2, \"tool_duration_ns\": 3}]}\n"

Test(traffic_other_formats, llmservingsim_chains_are_refused) {
    harness_reads(&harness,
                  "{\"input_toks\": 128, \"output_toks\": 512, \"arrival_time_ns\": 0}\n" SESSION
                  "{\"input_toks\": 1, \"output_toks\": 2, \"arrival_time_ns\": 4059741}\n",
                  OPTIONS("on_bad_row=skip"));
    check_counts(3, 2, 0, 0);
    harness_gives(&harness, 1, 4059741, 1, 2);
    harness_refuses(&harness, SESSION, NO_OPTIONS,
                    "bad:1:1: sub_requests: found \"{\"session_id\": \"t\"");
}

Test(traffic_other_formats, vllm_results) {
    static const char result[] =
        "{\"date\": \"20260101-000000\", \"backend\": \"vllm\",\n \"model_id\": \"m\", "
        "\"tokenizer_id\": \"m\", \"num_prompts\": 3, \"request_rate\": \"inf\",\n \"input_lens\": "
        "[10, 20, 30], \"output_lens\": [5, 0, 7], \"start_times\": [1000.5, 1001, 1000.25],\n "
        "\"errors\": [\"\", \"refused\", \"\"]}\n";
    harness_reads(&harness, result, NO_OPTIONS);
    harness_gives(&harness, 0, 0, 30, 7);
    harness_gives(&harness, 1, 250 * MS, 10, 5);
    check_counts(3, 2, 1, 0);
    harness_refuses(&harness, "{\"backend\": \"vllm\", \"model_id\": \"m\", \"start_times\": [1]}",
                    NO_OPTIONS, "start_times: found no list");
    harness_refuses(
        &harness,
        "{\"backend\": \"vllm\", \"model_id\": \"m\", \"start_times\": [1], \"input_lens\": [1,2], "
        "\"output_lens\": [1]}",
        NO_OPTIONS, "start_times: found lists of different lengths");
    harness_refuses(
        &harness,
        "{\"backend\": \"vllm\", \"model_id\": \"m\", \"start_times\": [1], \"input_lens\": [-1], "
        "\"output_lens\": [1]}",
        NO_OPTIONS, "bad:1:73: input_lens: found -1, expected a whole number");
    harness_refuses(&harness,
                    "{\"backend\": \"vllm\", \"model_id\": \"m\", \"input_lens\": [1, 2],\n"
                    "\"start_times\": [\n 1,\n  \"x\"], \"output_lens\": [1, 1]}",
                    NO_OPTIONS, "bad:4:3: start_times: found \"x\", expected a time in seconds");
    /* json.dumps(indent=2, sort_keys=True) */
    harness_reads(
        &harness,
        "{\n  \"backend\": \"vllm\",\n  \"burstiness\": 1.0,\n  \"completed\": 1,\n  \"date\": "
        "\"2026\",\n  \"duration\": 1.5,\n  \"errors\": [\n    \"\"\n  ],\n  \"input_lens\": [\n   "
        " "
        "10\n  ],\n  \"model_id\": \"m\",\n  \"output_lens\": [\n    5\n  ],\n  "
        "\"start_times\": [\n    1000.5\n  ]\n}\n",
        NO_OPTIONS);
    harness_gives(&harness, 0, 0, 10, 5);
    harness_refuses(&harness, "{\"backend\": \"vllm\", \"model_id\": \"m\",\n \"start_times\": [1}",
                    NO_OPTIONS, "bad:2:19: found \"}\", expected a whole JSON document");
}

#define SERIES(NAME, VALUES) "{\"metric\":{\"deployment\":\"" NAME "\"},\"values\":[" VALUES "]}"
#define MATRIX(SERIES_LIST)                                                                        \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[" SERIES_LIST "]}}"

Test(traffic_other_formats, prometheus_rates) {
    harness_reads(
        &harness,
        MATRIX(SERIES("a", "[1435781430.781,\"20\"],[1435781490.781,\"NaN\"],[1435781550.781,"
                           "\"1e1\"]") "," SERIES("b", "[1435781430.781,\"30\"]")),
        OPTIONS(TOKENS));
    size_t parts[3] = {0};
    for (size_t i = 0; i < harness.count; i++) {
        cr_assert_lt(harness.arrivals[i].time, 240 * SECOND);
        parts[harness.arrivals[i].time / (120 * SECOND)]++;
    }
    /* without the NaN the shortest step is 120 s */
    cr_assert_float_eq((double)parts[0], 6000, 310);
    cr_assert_float_eq((double)parts[1], 1200, 140);
    harness_reads(&harness,
                  MATRIX(SERIES("a", "[10,\"20\"]") "," SERIES("b", "[10,\"2\"],[20,\"2\"]")),
                  OPTIONS(TOKENS, "filter=deployment=b"));
    cr_assert_float_eq((double)harness.count, 40, 25);
    harness_refuses(&harness, MATRIX(SERIES("a", "[10,\"20\"]")),
                    OPTIONS(TOKENS, "filter=deployment=c"),
                    "filter: found none of 1 series with deployment=c");
    harness_refuses(&harness, MATRIX(SERIES("a", "[10,\"-1\"]")), OPTIONS(TOKENS),
                    "values: found [10,\"-1\"]");
    harness_refuses(&harness, MATRIX(SERIES("a", "[10,\"+Inf\"]")), OPTIONS(TOKENS),
                    "values: found [10,\"+Inf\"]");
    harness_refuses(&harness, MATRIX(SERIES("a", "[10,\"1\"],[10,\"1\"]")), OPTIONS(TOKENS),
                    "expected times that rise");
    harness_refuses(
        &harness,
        "{\"status\":\"success\",\n\"data\":{\"resultType\":\"matrix\",\"result\":[\n" SERIES(
            "a", "[10,\"1\"]") ",\n" SERIES("b", "[10,\"1\"],\n [20,\"x\"]") "]}}",
        OPTIONS(TOKENS), "bad:5:2: values: found [20,\"x\"]");
    harness_refuses(&harness,
                    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
                    OPTIONS(TOKENS), "data.resultType: found vector");
}

Test(traffic_other_formats, prometheus_gaps_and_counters) {
    harness_reads(&harness, MATRIX(SERIES("a", "[0,\"10\"],[10,\"10\"],[40,\"10\"],[50,\"0\"]")),
                  OPTIONS(TOKENS));
    cr_assert_float_eq((double)harness.count, 300, 70);
    harness_reads(&harness, MATRIX(SERIES("a", "[0,\"10\"],[10,\"10\"],[40,\"10\"],[50,\"0\"]")),
                  OPTIONS(TOKENS, "gaps=hold"));
    cr_assert_float_eq((double)harness.count, 500, 90);
    harness_reads(&harness,
                  MATRIX(SERIES("a", "[0,\"1000\"],[10,\"1005\"],[20,\"3\"],[30,\"3\"]") "," SERIES(
                      "b", "[0,\"7\"],[20,\"9\"]")),
                  OPTIONS(TOKENS, "values=counter"));
    cr_assert_eq(harness.count, 5 + 3 + 2);
    for (size_t i = 0; i < 10; i++) {
        cr_assert_lt(harness.arrivals[i].time, 20 * SECOND);
    }
}

/* As json.dumps(indent=2, sort_keys=True) and jq -S write it. */
Test(traffic_other_formats, prometheus_indented_and_sorted) {
    harness_reads(
        &harness,
        "{\n  \"data\": {\n    \"result\": [\n      {\n        \"metric\": {\n          "
        "\"deployment\": \"a\",\n          \"job\": \"j\"\n        },\n        \"values\": [\n"
        "          [\n            10,\n            \"20\"\n          ],\n          [\n"
        "            20,\n            \"20\"\n          ]\n        ]\n      }\n    ],\n"
        "    \"resultType\": \"matrix\"\n  },\n  \"status\": \"success\"\n}\n",
        OPTIONS(TOKENS));
    cr_assert_float_eq((double)harness.count, 400, 80);
    harness_refuses(
        &harness,
        "{\n \"data\": {\n  \"resultType\": \"vector\",\n  \"x\": {\n   \"a\": 1,\n   \"b\": 1,\n"
        "   \"c\": 1\n  }\n },\n \"status\": \"success\"\n}\n",
        OPTIONS(TOKENS), "data.resultType: found vector");
    harness_refuses(&harness, "{\n \"data\": [\n  1\n ]\n}\n", OPTIONS(TOKENS),
                    "expected a known format");
}

Test(traffic_other_formats, azure_functions) {
    char text[20000] = "HashOwner,HashApp,HashFunction,Trigger";
    char *p = text + strlen(text);
    for (int i = 1; i <= 1440; i++) {
        p += sprintf(p, ",%d", i);
    }
    static const char *const functions[] = {"\no1,a1,f1,http", "\no1,a2,f2,timer"};
    for (int function = 0; function < 2; function++) {
        p = stpcpy(p, functions[function]);
        for (int i = 1; i <= 1440; i++) {
            p = stpcpy(p, i == 60 ? ",3" : i == 61 + function ? ",1" : ",0");
        }
    }
    harness_reads(&harness, text, OPTIONS(TOKENS, "spread=even"));
    cr_assert_eq(harness.count, 8);
    cr_assert_eq(harness.source->counts.rows, 2);
    harness_gives(&harness, 0, 59 * 60 * SECOND + 5 * SECOND, 100, 10);
    harness_gives(&harness, 7, 61 * 60 * SECOND + 30 * SECOND, 100, 10);
    harness_reads(&harness, text, OPTIONS(TOKENS, "spread=even", "filter=Trigger=http"));
    cr_assert_eq(harness.count, 4);
    strcpy(p, "\no1,a1,f1,http,0,x\n");
    harness_refuses(&harness, text, OPTIONS(TOKENS), "bad:4:");
    harness_reads(&harness,
                  "app,func,end_timestamp,duration\na,f,10.5,0.25\nb,g,3.0999999046325684,3."
                  "0999999046325684\n"
                  "a,f,11,5\n",
                  OPTIONS(TOKENS));
    harness_gives(&harness, 0, 0, 100, 10);
    harness_gives(&harness, 1, 6 * SECOND, 100, 10);
    harness_gives(&harness, 2, 10250 * MS, 100, 10);
    harness_refuses(&harness, "app,func,end_timestamp,duration\na,f,10.5,-1\n", OPTIONS(TOKENS),
                    "bad:2:10: duration: found \"-1\"");
}

Test(traffic_other_formats, access_logs) {
    harness_reads(
        &harness,
        "203.0.113.7 - - [16/Nov/2023:23:59:59 +0000] \"POST /v1 HTTP/1.1\" 200 512 \"-\" "
        "\"x/1.3\"\n"
        "203.0.113.7 - bob [17/Nov/2023:02:00:02 +0200] \"GET /[a] HTTP/1.1\" 503 - \"-\" "
        "\"x\" 2.500\n",
        OPTIONS(TOKENS));
    harness_gives(&harness, 0, 0, 100, 10);
    harness_gives(&harness, 1, 500 * MS, 100, 10);
    check_counts(2, 2, 0, 0);
    /* A whole number there is Apache's %D in microseconds or a length, not seconds. */
    harness_reads(&harness,
                  "1.2.3.4 - - [16/Nov/2023:23:59:50 +0000] \"GET /\" 200 512 \"-\" \"x\" 532117\n"
                  "1.2.3.4 - - [16/Nov/2023:23:59:52 +0000] \"GET /\" 200 512 \"-\" \"x\" 3\n",
                  OPTIONS(TOKENS));
    harness_gives(&harness, 0, 0, 100, 10);
    harness_gives(&harness, 1, 2 * SECOND, 100, 10);
    harness_refuses(&harness,
                    "1.2.3.4 - - [16/Nov/2023:23:59:50 +0000] \"GET /\" 200 1\n"
                    "1.2.3.4 - - [16/Nov/2023:22:39:50 +0000] \"GET /\" 200 1\n",
                    OPTIONS(TOKENS), "bad:2:14: found a row 1h20m before the latest one");
    harness_refuses(&harness,
                    "[2023-11-16T18:15:46.680Z] \"P\"\n[2023-11-16T17:05:46.680Z] \"P\"\n",
                    OPTIONS(TOKENS), "bad:2:2: found a row 1h10m before the latest one");
    harness_reads(
        &harness,
        "[2023-11-16T18:15:46.680Z] \"POST /v1 HTTP/2\" 200 - 1540 512 2210 2205 \"1\" \"x\"\n"
        "[2023-11-16T18:15:45.180Z] \"POST /v1 HTTP/2\" 200 - 1540 512 2210 2205 \"1\" \"x\"\n",
        OPTIONS(TOKENS));
    harness_gives(&harness, 1, 1500 * MS, 100, 10);
    harness_refuses(
        &harness,
        "203.0.113.7 - - [16/Nov/2023:23:59:59 +0000] \"POST\" 200 1\nx [16/Now/2023:23:59:59 "
        "+0000] \"POST\" 200 1\n",
        OPTIONS(TOKENS), "bad:2:4: time: found \"16/Now/2023");
    harness_refuses(&harness,
                    "203.0.113.7 - - [16/Nov/2023:23:59:59 +0000] \"POST\" 200 1\nrubbish\n",
                    OPTIONS(TOKENS), "bad:2:1: found \"rubbish\", expected a log line");
    harness_refuses(&harness, "[2023-11-16T18:15:46.680Z] \"P\"\n", NO_OPTIONS,
                    "prompt_tokens: found nothing");
    harness_refuses(&harness, "[2023-11-16T18:15:46.680Z] \"P\"\n", OPTIONS(TOKENS, "filter=a=b"),
                    "filter: found a");
}

Test(traffic_other_formats, load_testers) {
    harness_reads(
        &harness,
        "metric_name,timestamp,metric_value,check,extra_tags\nhttp_reqs,1595325560,1.000000,,\n"
        "http_req_duration,1595325560,221.899000,,\nhttp_reqs,1595325562,1.000000,,\nvus,"
        "1595325562,1,,\n",
        OPTIONS(TOKENS));
    check_counts(2, 2, 0, 0);
    harness_gives(&harness, 1, 2 * SECOND, 100, 10);
    harness_reads(&harness,
                  "metric_name,timestamp,metric_value\nhttp_reqs,1595325560123,1\nhttp_reqs,"
                  "1595325560125,1\n",
                  OPTIONS(TOKENS));
    harness_gives(&harness, 1, 2 * MS, 100, 10);
    /* A first row that is no time leaves the unit of the others open. */
    harness_reads(&harness,
                  "metric_name,timestamp,metric_value\nhttp_reqs,x,1\nhttp_reqs,1595325560,1\n",
                  OPTIONS(TOKENS, "on_bad_row=skip"));
    check_counts(2, 1, 0, 0);
    harness_reads(&harness,
                  "Timestamp,User Count,Type,Name,Requests/s,Total Request Count\n"
                  "1700000000,0,,Aggregated,0.0,0\n1700000001,1,GET,/x,9.9,4\n"
                  "1700000001,1,,Aggregated,N/"
                  "A,4\n1700000003,1,,Aggregated,1.2,6\n1700000004,1,,Aggregated,1,1\n",
                  OPTIONS(TOKENS, "spread=even"));
    cr_assert_eq(harness.count, 7);
    cr_assert_eq(harness.source->counts.rows, 4);
    harness_gives(&harness, 0, 1125 * MS, 100, 10);
    harness_gives(&harness, 4, 2500 * MS, 100, 10);
    harness_gives(&harness, 6, 4500 * MS, 100, 10);
    /* Cut from a longer history: what came before the first row is not known. */
    harness_reads(&harness,
                  "Timestamp,Name,Total Request Count\n1700000000,Aggregated,90000\n"
                  "1700000001,Aggregated,90002\n",
                  OPTIONS(TOKENS, "spread=even"));
    cr_assert_eq(harness.count, 2);
    harness_gives(&harness, 0, 1250 * MS, 100, 10);
    harness_refuses(&harness,
                    "Timestamp,Name,Total Request Count\n1,Aggregated,5\n2,Aggregated,-1\n",
                    OPTIONS(TOKENS), "bad:3:14: Total Request Count: found \"-1\"");
    harness_refuses(&harness,
                    "Timestamp,Name,Total Request Count\n2,Aggregated,5\n2,Aggregated,6\n",
                    OPTIONS(TOKENS), "bad:3:1: Timestamp: found \"2\", expected a later time");
}

Test(traffic_other_formats, servegen_clients) {
    harness_reads(
        &harness,
        "0,10,2.0,Gamma,0.25,0.4\r\n600,0.0,0,,0,0\r\n1200,5e0,1.5,Weibull,0.7,0.1\r\n1800,0,0,,,",
        OPTIONS(TOKENS));
    size_t parts[4] = {0};
    double counts[60] = {0}, sum = 0, squares = 0;
    for (size_t i = 0; i < harness.count; i++) {
        const sim_time second = harness.arrivals[i].time / SECOND;
        parts[second / 600]++;
        if (second < 600) {
            counts[second / 10]++;
        }
    }
    for (int i = 0; i < 60; i++) {
        sum += counts[i];
        squares += counts[i] * counts[i];
    }
    cr_assert_float_eq((double)parts[0], 6000, 600); /* its count varies as much as CV 2 makes it */
    cr_assert_eq(parts[1], 0);
    cr_assert_float_eq((double)parts[2], 3000, 350);
    cr_assert_eq(parts[3], 0);
    const double dispersion = (squares - sum * sum / 60) / sum;
    cr_assert(dispersion > 2 && dispersion < 7, "%g", dispersion); /* 4 in the limit */
    harness_refuses(&harness, "0,10,2.0,Gamma,0.25,0.4\n600,10,2.0,Gauss,0.25,0.4\n",
                    OPTIONS(TOKENS), "bad:2:12: family: found \"Gauss\"");
    harness_refuses(&harness, "0,10,2.0,Gamma,0,0.4\n", OPTIONS(TOKENS, "bin=10m"),
                    "shape: found \"0\"");
}

Test(traffic_other_formats, bare_counts) {
    harness_reads(&harness, "3 0 2\n1\n\n0 1", OPTIONS(TOKENS, "bin=10s", "spread=even"));
    cr_assert_eq(harness.count, 7);
    cr_assert_eq(harness.source->counts.rows, 6);
    harness_gives(&harness, 3, 22500 * MS, 100, 10);
    harness_gives(&harness, 5, 35 * SECOND, 100, 10);
    harness_gives(&harness, 6, 55 * SECOND, 100, 10);
    harness_refuses(&harness, "3\n4\n", OPTIONS(TOKENS),
                    "bin: found nothing, expected the length of a bin");
    harness_refuses(&harness, "3\n4 x 5\n", OPTIONS(TOKENS, "bin=1s"),
                    "bad:2:3: count: found \"x\"");
    harness_refuses(&harness, "3\n4 5 2.5\n", OPTIONS(TOKENS, "bin=1s"),
                    "bad:2:5: count: found 2.5 requests");
    harness_reads(&harness, "3\t0\t2\n1\t0\t1\n", OPTIONS(TOKENS, "bin=10s"));
    cr_assert_eq(harness.count, 7);
    harness_reads(&harness, "\n\r\n3\n0\n\n2\n", OPTIONS(TOKENS, "bin=10s"));
    cr_assert_eq(harness.count, 5);
    harness_reads(&harness, "\ntime,n\n10,3\n20,4\n", OPTIONS(TOKENS));
    cr_assert_eq(harness.count, 7);
    harness_reads(&harness, "10\t3\n20\t4\n", OPTIONS(TOKENS)); /* two with a tab: times and counts
                                                                 */
    cr_assert_eq(harness.count, 7);
    cr_assert_eq(harness.source->counts.rows, 2);
    harness_refuses(&harness, "1700000000\tGET\t/x\n", OPTIONS(TOKENS, "bin=1s"),
                    "expected a known format");
    harness_refuses(&harness, "10,3\n20,4\n25,5\n", OPTIONS(TOKENS),
                    "bad:3:1: time: found a bin 5s after");
    harness_refuses(&harness, "10,3\n20,4.5\n", OPTIONS(TOKENS),
                    "bad:2:4: count: found 4.5 requests");
}

/* Quotes, a line for Excel, points without a value. */
Test(traffic_other_formats, counts_as_grafana_exports_them) {
    harness_reads(&harness,
                  "\xef\xbb\xbfsep=;\r\n\"Time\";\"requests\"\r\n\"2026-10-25 00:00:00\";12\r\n"
                  "\"2026-10-25 00:01:00\";\r\n\"2026-10-25 00:02:00\";null\r\n"
                  "\"2026-10-25 00:03:00\";NaN\r\n\"2026-10-25 00:04:00\";4\r\n",
                  OPTIONS(TOKENS, "bin=1m"));
    cr_assert_eq(harness.count, 16);
    cr_assert_eq(harness.source->counts.rows, 5);
    cr_assert_eq(harness.source->counts.outside, 3);
    harness_reads(&harness, "Time,requests\n1793145600000,1\n1793145660000,2\n", OPTIONS(TOKENS));
    cr_assert_eq(harness.count, 3);
    cr_assert_lt(harness.arrivals[2].time, 120 * SECOND);
    cr_assert_geq(harness.arrivals[2].time, 60 * SECOND);
    harness_refuses(&harness, "sep=;\nTime;n\n10;3\n20;x\n", OPTIONS(TOKENS),
                    "bad:4:4: n: found \"x\"");
}

Test(traffic_other_formats, json_lines_and_filters) {
    static const char text[] =
        "{\"t\": \"2024-05-10T00:00:00Z\", \"in\": \"5\", \"out\": 7, \"m\": \"a\"}\n"
        "{\"t\": \"2024-05-10T00:00:01Z\", \"in\": 6, \"out\": 8, \"m\": \"b\"}\n"
        "{\"t\": \"2024-05-10T00:00:02Z\", \"in\": 7, \"out\": 9}\n";
    harness_reads(&harness, text,
                  OPTIONS("time_column=t", "prompt_column=in", "output_column=out"));
    check_counts(3, 3, 0, 0);
    harness_gives(&harness, 1, SECOND, 6, 8);
    harness_reads(&harness, text,
                  OPTIONS("time_column=t", "prompt_column=in", "output_column=out", "filter=m=b"));
    check_counts(3, 1, 0, 2);
    harness_reads(
        &harness,
        "Timestamp,Model,Request tokens,Response tokens\n5,GPT-4,1,2\n6,ChatGPT,3,4\n7,GPT-4,5,0\n",
        OPTIONS("filter=Model=GPT-4"));
    check_counts(3, 1, 1, 1);
    /* The filter moves nothing: two sources of one file, each with its half, stay in step. */
    harness_reads(
        &harness,
        "Timestamp,Model,Request tokens,Response tokens\n5,GPT-4,1,0\n6,ChatGPT,3,4\n9,GPT-4,5,6\n",
        OPTIONS("filter=Model=ChatGPT"));
    harness_gives(&harness, 0, SECOND, 3, 4);
    harness_reads(
        &harness,
        "Timestamp,Model,Request tokens,Response tokens\n5,GPT-4,1,0\n6,ChatGPT,3,4\n9,GPT-4,5,6\n",
        OPTIONS("filter=Model=GPT-4"));
    harness_gives(&harness, 0, 4 * SECOND, 5, 6);
    harness_refuses(&harness, "Timestamp,Model,Request tokens,Response tokens\n5,GPT-4,1,2\n",
                    OPTIONS("filter=model_name=x"), "bad:1: model_name: found");
    harness_refuses(&harness, "x", OPTIONS("filter=model"),
                    "filter: found model, expected NAME=VALUE");
}

/* The samples of each format, where they are at hand. */
Test(traffic_other_formats, samples) {
    static const struct {
        const char *file;
        uint64_t requests;
    } samples[] = {
        {"azure_llm_2024.csv", 1},
        {"burstgpt_v1_6col.csv", 3},
        {"burstgpt_v2_8col.csv", 4},
        {"k6.csv", 1},
        {"qwen_bailian.jsonl", 1},
        {"splitwise_sim.csv", 3},
        {"vidur.csv", 2},
        {"fireworks_billing_metrics.csv", 1},
        {"locust_stats_history.header.csv", 0},
    };
    if (access(SAMPLES, R_OK) != 0) {
        cr_skip_test("no samples here");
    }
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, SAMPLES "%s", samples[i].file);
        harness_trace(&harness, path, OPTIONS(TOKENS));
        cr_assert(!harness.failed, "%s: %s", path, harness_error(&harness));
        cr_assert_eq(harness.count, samples[i].requests, "%s: %zu", path, harness.count);
    }
    harness_trace(&harness, SAMPLES "prometheus_query_range_matrix.json", OPTIONS(TOKENS));
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_float_eq((double)harness.count, 60, 30);
    harness_trace(&harness, SAMPLES "../vllm_runs/RTX4090_Llama-3.1-8B.requests.jsonl", NO_OPTIONS);
    cr_assert_eq(harness.count, 300);
}

/* Counts that a changed byte makes huge are cut off by the span. */
Test(traffic_other_formats, mutilated_files_never_crash) {
#define SKIP "on_bad_row=skip"
    harness.context.until = SECOND;
    harness_mutilate(&harness,
                     "arrived_at,num_prefill_tokens,num_decode_tokens\n0.0,374,44\n4.3,3,1\n",
                     OPTIONS(SKIP), true);
    harness_mutilate(&harness,
                     SESSION "{\"input_toks\": 1, \"output_toks\": 2, \"arrival_time_ns\": 4}\n",
                     OPTIONS(SKIP), true);
    harness_mutilate(&harness,
                     "{\"backend\": \"v\", \"model_id\": \"m\", \"input_lens\": [1, 2], "
                     "\"output_lens\": [5, 0], \"start_times\": [1.5, 1]}",
                     OPTIONS(SKIP), true);
    harness_mutilate(&harness, MATRIX(SERIES("a", "[1,\"2\"],[2,\"NaN\"]")), OPTIONS(SKIP, TOKENS),
                     false);
    harness_mutilate(&harness, "app,func,end_timestamp,duration\na,f,10.5,0.25\nb,g,3.1,2\n",
                     OPTIONS(SKIP, TOKENS), true);
    harness_mutilate(&harness,
                     "metric_name,timestamp,metric_value\nhttp_reqs,1595325560,1\nvus,1,1\n",
                     OPTIONS(SKIP, TOKENS), true);
    harness_mutilate(&harness,
                     "Timestamp,Name,Total Request Count\n1,Aggregated,5\n2,Aggregated,6\n",
                     OPTIONS(SKIP, TOKENS), false);
    harness_mutilate(&harness,
                     "1.2.3.4 - - [16/Nov/2023:23:59:59 +0000] \"GET\" 200 1 \"-\" \"x\" 2.5\n",
                     OPTIONS(SKIP, TOKENS), true);
    harness_mutilate(&harness, "[2023-11-16T18:15:46.680Z] \"POST /v1 HTTP/2\" 200\n",
                     OPTIONS(SKIP, TOKENS), true);
    harness_mutilate(&harness,
                     "0,1,2.0,Gamma,0.25,0.4\r\n600,0.0,0,,0,0\r\n1200,5e0,1.5,Weibull,0.7,1",
                     OPTIONS(SKIP, TOKENS), false);
    harness_mutilate(&harness, "3 0 2\n1\n\n0 1", OPTIONS(SKIP, TOKENS, "bin=10s"), false);
}

/* A series without a point holds its own last value, whatever the others have: 110/s for 75 s; as
 * silence, 15 s of 100/s are missing. */
Test(traffic_other_formats, prometheus_holds_each_series) {
    harness_text_file(
        &harness, "p",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
        "{\"metric\":{\"j\":\"a\"},\"values\":[[0,\"100\"],[15,\"100\"],[30,\"NaN\"],"
        "[45,\"100\"],[60,\"100\"]]},{\"metric\":{\"j\":\"b\"},\"values\":[[0,\"10\"],"
        "[15,\"10\"],[30,\"10\"],[45,\"10\"],[60,\"10\"]]}]}}");
    harness_trace(&harness, "p", OPTIONS(TOKENS, "gaps=hold"));
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_float_eq((double)harness.count, 8250, 400);
    harness_trace(&harness, "p", OPTIONS(TOKENS, "gaps=zero"));
    cr_assert_float_eq((double)harness.count, 6750, 400);
}
