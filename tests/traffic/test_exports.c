// SPDX-License-Identifier: GPL-3.0-or-later
/* What gateways, observability tools, providers and proxies give out as JSON, or the same as CSV.
 * The shapes are theirs, the data ours. */
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
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

TestSuite(traffic_exports, .init = setup, .fini = teardown);

static void check_counts(uint64_t rows, uint64_t requests, uint64_t failed) {
    const asim_traffic_counts *counts = &harness.source->counts;
    cr_assert_eq(counts->rows, rows, "%lu rows", (unsigned long)counts->rows);
    cr_assert_eq(counts->failed, failed, "%lu failed", (unsigned long)counts->failed);
    cr_assert_eq(harness.count, requests, "%zu requests", harness.count);
}

/* Newest first, as the API gives them; one that failed has no completion. */
#define SPEND(TIME, PROMPT, COMPLETION)                                                            \
    "{\"request_id\": \"r\", \"call_type\": \"acompletion\", \"spend\": 0.1, \"total_tokens\": "   \
    "0, "                                                                                          \
    "\"prompt_tokens\": " PROMPT ", \"completion_tokens\": " COMPLETION ", \"startTime\": " TIME   \
    ", \"endTime\": " TIME ", \"model\": \"m\", \"metadata\": {\"startTime\": 1}}"

Test(traffic_exports, litellm) {
    static const char *const texts[] = {
        "[" SPEND("\"2026-05-17T08:02:10.250000Z\"", "10",
                  "5") ",\n" SPEND("\"2026-05-17T08:00:05Z\"", "7",
                                   "0") "," SPEND("\"2026-05-17T08:00:00.000Z\"", "30", "4") "]",
        SPEND("1778976130.25", "10",
              "5") "\n" SPEND("1778976005", "7", "0") "\n" SPEND("1778976000.0", "30", "4") "\n",
        "\"request_id\",\"call_type\",\"prompt_tokens\",\"completion_tokens\",\"startTime\","
        "\"endTime\"\na,acompletion,10,5,2026-05-17 08:02:10.25,x\nb,acompletion,7,0,2026-05-17 "
        "08:00:05,x\nc,completion,30,4,2026-05-17 08:00:00,x\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        harness_reads(&harness, texts[i], NO_OPTIONS);
        check_counts(3, 2, 1);
        harness_gives(&harness, 0, 0, 30, 4);
        harness_gives(&harness, 1, 130 * SECOND + 250 * MS, 10, 5);
    }
    /* What does not fall is sorted within an hour, and no further. */
    harness_refuses(
        &harness,
        "[" SPEND("7000", "1", "1") "," SPEND("8000", "1", "1") "," SPEND("1000", "1", "1") "]",
        NO_OPTIONS, "startTime: found a row 1h56m40s before the latest one");
}

#define OBSERVED(TYPE, TIME, USAGE)                                                                \
    "{\"id\": \"1\", \"traceId\": \"t\", \"type\": \"" TYPE "\", \"startTime\": \"" TIME           \
    "\", \"endTime\": null, " USAGE "}"

Test(traffic_exports, langfuse_by_any_of_its_names) {
    static const char *const usages[][2] = {
        {"\"usageDetails\": {\"input\": 11, \"output\": 3}, \"usage\": {\"input\": 1}",
         "\"usageDetails\": {\"input\": 12, \"output\": 4}"},
        {"\"usage\": {\"input\": 11, \"output\": 3, \"unit\": \"TOKENS\"}",
         "\"usage\": {\"input\": 12, \"output\": 4}"},
        {"\"promptTokens\": 11, \"completionTokens\": 3",
         "\"promptTokens\": 12, \"completionTokens\": 4"},
        {"\"inputUsage\": 11, \"outputUsage\": 3", "\"inputUsage\": 12, \"outputUsage\": 4"},
    };
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        char text[1024];
        snprintf(
            text, sizeof text,
            "{\"data\": [" OBSERVED("GENERATION", "2026-05-17T08:00:03.000Z", "%s") ", " OBSERVED(
                "GENERATION", "2026-05-17T08:00:01.500Z", "%s") "], \"meta\": {\"page\": 1}}",
            usages[i][1], usages[i][0]);
        harness_reads(&harness, text, NO_OPTIONS);
        harness_gives(&harness, 0, 0, 11, 3);
        harness_gives(&harness, 1, 1500 * MS, 12, 4);
    }
    harness_reads(
        &harness,
        "id,trace_id,type,start_time,input,prompt_tokens,completion_tokens\n1,t,GENERATION,"
        "2026-05-17 08:00:01.500000,\"{\"\"a\"\": \n1}\",11,3\n"
        "2,t,GENERATION,2026-05-17 08:00:03.000000,,12,4\n",
        NO_OPTIONS);
    harness_gives(&harness, 1, 1500 * MS, 12, 4);
}

Test(traffic_exports, helicone) {
    harness_reads(
        &harness,
        "[\n{\n  \"response_id\": \"r\",\n  \"request_created_at\": "
        "\"2026-05-17T08:00:05.5Z\",\n  \"response_created_at\": \"2026-05-17T08:00:09Z\",\n  "
        "\"response_status\": 200,\n  \"prompt_tokens\": 10,\n  \"completion_tokens\": 5\n},\n"
        "{\"request_created_at\": \"2026-05-17T08:00:01Z\", \"response_status\": 200, "
        "\"prompt_tokens\": 20, \"completion_tokens\": 6}\n]\n",
        NO_OPTIONS);
    harness_gives(&harness, 0, 0, 20, 6);
    harness_gives(&harness, 1, 4500 * MS, 10, 5);
    harness_reads(
        &harness,
        "response_id,response_created_at,response_status,request_created_at,request_body,"
        "model,prompt_tokens,completion_tokens,latency,cost\n"
        "\"r\",\"2026-05-17T08:00:09Z\",\"200\",\"2026-05-17T08:00:01Z\",\"{\"\"a\"\":1}\","
        "\"m\",\"20\",\"6\",\"1200\",\"\"\n",
        NO_OPTIONS);
    harness_gives(&harness, 0, 0, 20, 6);
}

Test(traffic_exports, aiperf) {
    harness_reads(
        &harness,
        "{\"metadata\": {\"session_num\": 0, \"request_start_ns\": 1759813207532900363, "
        "\"benchmark_phase\": \"profiling\"}, \"metrics\": {\"inter_chunk_latency\": "
        "{\"value\": [4.8, 5.3], \"unit\": \"ms\"}, \"input_sequence_length\": {\"value\": "
        "550, \"unit\": \"tokens\"}, \"output_sequence_length\": {\"value\": 9.0, \"unit\": "
        "\"tokens\"}}, \"error\": null}\n"
        "{\"metadata\": {\"request_start_ns\": 1759813208532900363}, \"metrics\": "
        "{\"error_isl\": {\"value\": 5}}, \"error\": {\"code\": 499}}\n"
        "{\"metadata\": {\"request_start_ns\": 1759813207532900362}, \"metrics\": "
        "{\"input_sequence_length\": {\"value\": 7}, \"output_sequence_length\": {\"value\": "
        "8}}, \"error\": null}\n",
        NO_OPTIONS);
    check_counts(3, 2, 1);
    harness_gives(&harness, 0, 0, 7, 8);
    harness_gives(&harness, 1, 1, 550, 9);
}

#define POINT(METRIC, TIME)                                                                        \
    "{\"type\":\"Point\",\"data\":{\"time\":\"" TIME "\",\"value\":1,\"tags\":{\"time\":\"x\"}},"  \
    "\"metric\":\"" METRIC "\"}\n"

Test(traffic_exports, k6_points) {
    harness_reads(&harness,
                  "{\"type\":\"Metric\",\"data\":{\"name\":\"http_reqs\",\"type\":\"counter\"},"
                  "\"metric\":\"http_reqs\"}\n" POINT("http_reqs", "2026-05-17T10:00:01.5+02:00")
                      POINT("http_req_duration", "2026-05-17T10:00:01.5+02:00")
                          POINT("http_reqs", "2026-05-17T10:00:03.75+02:00"),
                  OPTIONS(TOKENS));
    check_counts(2, 2, 0);
    harness_gives(&harness, 1, 2250 * MS, 100, 10);
    cr_assert_eq(harness.source->counts.ends_kept, 2);
    harness_refuses(&harness, POINT("http_reqs", "noon"), OPTIONS(TOKENS),
                    "data.time: found \"noon\"");
}

Test(traffic_exports, access_logs) {
    static const char *const ends[] = {
        "{\"level\":\"info\",\"ts\":1789000000.5,\"msg\":\"handled "
        "request\",\"request\":{\"method\":"
        "\"POST\",\"uri\":\"/v1/x?y=1\"},\"duration\":0.5,\"status\":200}\n"
        "{\"level\":\"info\",\"ts\":1789000002.25,\"msg\":\"handled "
        "request\",\"request\":{\"method\":"
        "\"POST\",\"uri\":\"/v1/x\"},\"duration\":1.25,\"status\":429}\n",
        "{\"time_iso8601\":\"2026-05-17T08:00:01+00:00\",\"request_time\":\"0.500\",\"status\":"
        "\"200\","
        "\"msec\":\"1789000000.500\",\"remote_addr\":\"192.0.2.1\"}\n"
        "{\"time_iso8601\":\"2026-05-17T08:00:01+00:00\",\"request_time\":\"1.250\",\"status\":"
        "\"200\","
        "\"msec\":\"1789000002.250\",\"remote_addr\":\"192.0.2.1\"}\n",
        "{\"@timestamp\":\"2026-05-17T08:00:01.5Z\",\"request_time\":0.5,\"http_user_agent\":\"x\"}"
        "\n"
        "{\"@timestamp\":\"2026-05-17T08:00:03.25Z\",\"request_time\":1.25,\"http_user_agent\":"
        "\"x\"}"
        "\n",
    };
    static const char *const starts[] = {
        "{\"DownstreamStatus\":200,\"Duration\":9,\"RequestPath\":\"/v1\",\"StartUTC\":"
        "\"2026-05-17T08:00:01.5Z\",\"time\":\"x\"}\n{\"DownstreamStatus\":200,\"Duration\":9,"
        "\"RequestPath\":\"/v1\",\"StartUTC\":\"2026-05-17T08:00:00.5Z\"}\n",
        "{\"start_time\":\"2026-05-17T08:00:01.500Z\",\"duration\":9,\"response_code\":200}\n"
        "{\"start_time\":\"2026-05-17T08:00:02.500Z\",\"duration\":9,\"response_code\":200}\n",
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        harness_reads(&harness, ends[i], OPTIONS(TOKENS));
        harness_gives(&harness, 1, SECOND, 100, 10);
        cr_assert_eq(harness.source->counts.ends_moved, 2);
    }
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        harness_reads(&harness, starts[i], OPTIONS(TOKENS));
        harness_gives(&harness, 1, SECOND, 100, 10);
        cr_assert_eq(harness.source->counts.ends_moved, 0);
    }
    harness_reads(&harness, ends[0], OPTIONS(TOKENS, "time_is=start"));
    harness_gives(&harness, 1, 1750 * MS, 100, 10);
}

/* method, path without its query, and status, by whatever keys. */
Test(traffic_exports, fields_of_access_logs) {
    static const char *const texts[] = {
        "{\"ts\":5,\"request\":{\"method\":\"POST\",\"uri\":\"/v1/x?y=1\"},\"status\":200}\n"
        "{\"ts\":6,\"request\":{\"method\":\"GET\",\"uri\":\"/healthz\"},\"status\":204}\n",
        "{\"msec\":5,\"request\":\"POST /v1/x?y=1 "
        "HTTP/1.1\",\"response\":\"200\",\"remote_ip\":1}\n"
        "{\"msec\":6,\"request\":\"GET /healthz HTTP/1.1\",\"response\":\"204\",\"remote_ip\":1}\n",
        "{\"StartUTC\":5,\"RequestMethod\":\"POST\",\"RequestPath\":\"/v1/x?y=1\","
        "\"DownstreamStatus\":200}\n{\"StartUTC\":6,\"RequestMethod\":\"GET\",\"RequestPath\":"
        "\"/healthz\",\"DownstreamStatus\":204}\n",
        "{\"start_time\":5,\"method\":\"POST\",\"path\":\"/v1/x?y=1\",\"response_code\":200}\n"
        "{\"start_time\":6,\"method\":\"GET\",\"path\":\"/healthz\",\"response_code\":204}\n",
    };
    static const char *const filters[] = {"filter=path=/v1/x", "filter=path!=/healthz",
                                          "filter=method=POST", "filter=status=200"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t j = 0; j < sizeof filters / sizeof filters[0]; j++) {
            harness_reads(&harness, texts[i], OPTIONS(TOKENS, filters[j]));
            cr_assert_eq(harness.count, 1, "%s of %s: %zu", filters[j], texts[i], harness.count);
            cr_assert_eq(harness.source->counts.outside, 1);
        }
    }
}

Test(traffic_exports, what_generates_no_text_is_left_out) {
    harness_reads(
        &harness,
        "{\"call_type\":\"aembedding\",\"startTime\":1778976000,\"prompt_tokens\":5,"
        "\"completion_tokens\":0}\n{\"call_type\":\"acompletion\",\"startTime\":1778976001,"
        "\"prompt_tokens\":5,\"completion_tokens\":6}\n",
        NO_OPTIONS);
    check_counts(2, 1, 0);
    cr_assert_eq(harness.source->counts.outside, 1);
}

#define RESULT(REQUESTS, INPUT, OUTPUT)                                                            \
    "{\"object\": \"organization.usage.completions.result\", \"input_tokens\": " INPUT             \
    ", \"output_tokens\": " OUTPUT ", \"num_model_requests\": " REQUESTS ", \"model\": null}"
#define BUCKET(FROM, TO, RESULTS)                                                                  \
    "{\"object\": \"bucket\", \"start_time\": " FROM ", \"end_time\": " TO                         \
    ", \"results\": [" RESULTS "]}"
#define PAGE(BUCKETS)                                                                              \
    "{\"object\": \"page\", \"data\": [" BUCKETS "], \"has_more\": false, \"next_page\": null}"

Test(traffic_exports, openai_usage) {
    static const char first[] =
        PAGE(BUCKET("1730419200", "1730419260",
                    RESULT("3", "300", "29") ", " RESULT(
                        "1", "104", "10")) ", " BUCKET("1730419260", "1730419320", ""));
    static const char second[] = PAGE(BUCKET("1730419320", "1730419380", RESULT("2", "500", "8")));
    static const char *const between[][3] = {{"", "\n", "\n"}, {"[", ", ", "]"}};
    for (size_t i = 0; i < 2; i++) {
        for (int newest = 0; newest < 2; newest++) {
            char text[4096];
            snprintf(text, sizeof text, "%s%s%s%s%s", between[i][0], newest ? second : first,
                     between[i][1], newest ? first : second, between[i][2]);
            harness_reads(&harness, text, OPTIONS("spread=even"));
            cr_assert_eq(harness.source->counts.rows, 3);
            cr_assert_eq(harness.count, 6);
            harness_gives(&harness, 0, 7500 * MS, 101, 10); /* 404 / 4, 39 / 4 */
            harness_gives(&harness, 5, 165 * SECOND, 250, 4);
        }
    }
    harness_reads(&harness, second, OPTIONS("spread=even", "output_tokens=7"));
    harness_gives(&harness, 0, 15 * SECOND, 250, 7);
    harness_refuses(&harness,
                    PAGE(BUCKET("1730419320", "1730419380", "{\"num_model_requests\": 2}")),
                    NO_OPTIONS, "bad:1:112: input_tokens: found nothing");
    harness_refuses(&harness, PAGE(BUCKET("1730419320", "1730419380", RESULT("2", "500", "0"))),
                    NO_OPTIONS,
                    "output_tokens: found nothing, expected tokens of the bucket's requests");
    harness_refuses(&harness, PAGE(BUCKET("5", "5", "")), NO_OPTIONS, "end_time: found \"5\"");
}

#define OLDER(TIME, MODEL, REQUESTS, INPUT, OUTPUT)                                                \
    "{\"aggregation_timestamp\": " TIME ", \"n_requests\": " REQUESTS                              \
    ", \"operation\": \"completion\", \"snapshot_id\": \"" MODEL                                   \
    "\", \"n_context_tokens_total\": " INPUT ", \"n_generated_tokens_total\": " OUTPUT "}"

Test(traffic_exports, openai_older_usage) {
    harness_reads(
        &harness,
        "{\"object\": \"list\", \"data\": [" OLDER("1683000000", "a", "2", "100", "10") ", " OLDER(
            "1683000000", "b", "2", "100", "10") ",\n" OLDER("1683000900", "a", "1", "7",
                                                             "3") "], \"ft_data\": []}",
        OPTIONS("spread=even"));
    cr_assert_eq(harness.count, 5);
    harness_gives(&harness, 0, 37500 * MS, 50, 5);
    harness_gives(&harness, 4, 1050 * SECOND, 7, 3);
}

#define SERIES "[[1784000000, \"0.5\"], [1784000015, \"0.5\"]]"

Test(traffic_exports, prometheus_lists) {
    static const char *const texts[] = {
        "{\"status\": \"success\", \"data\": {\"resultType\": \"matrix\", \"result\": "
        "[{\"metric\": "
        "{\"a\": \"x\"}, \"values\": " SERIES "}]}}",
        "[{\"metric\": {\"a\": \"x\"}, \"values\": " SERIES "}]",
        SERIES,
    };
    size_t counts[3];
    for (size_t i = 0; i < 3; i++) {
        harness_reads(&harness, texts[i], OPTIONS(TOKENS));
        counts[i] = harness.count;
        cr_assert_eq(harness.source->counts.rows, 2);
    }
    cr_assert(counts[0] > 0 && counts[0] == counts[1] && counts[1] == counts[2]);
    harness_refuses(&harness, "[[1784000000, \"0.5\"],\n [1784000015, \"x\"]]", OPTIONS(TOKENS),
                    "bad:2:2: values: found [1784000015,\"x\"]");
}

Test(traffic_exports, mutilated) {
    harness_mutilate(
        &harness,
        "{\"data\": [" OBSERVED(
            "SPAN", "2026-05-17T08:00:03.500Z",
            "\"usageDetails\": {}, \"usage\": null") ", " OBSERVED("GENERATION",
                                                                   "2026-05-17T08:00:03Z",
                                                                   "\"promptTokens\": 1, "
                                                                   "\"completionTokens\": 2") "]}",
        NO_OPTIONS, true);
    harness_mutilate(&harness, PAGE(BUCKET("5", "65", RESULT("3", "300", "29"))), NO_OPTIONS,
                     false);
}
