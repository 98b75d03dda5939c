// SPDX-License-Identifier: GPL-3.0-or-later
/* Which rows count: the language of conditions, and that they come before all other judgement. */
#include "base/memory.h"
#include "traffic/row_filter.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SECOND SIM_TIME_SECOND
#define OWN "time_column=t", "prompt_column=p", "output_column=o"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_row_filter, .init = setup, .fini = teardown);

static TextSpan span(const char *text) {
    return (TextSpan){text, text == NULL ? NULL : text + strlen(text)};
}

/* Does the value of x meet the condition? */
static bool meets(const char *text, const char *value) {
    TextList conditions = {0};
    ErrorList errors = {0};
    RowFilter filter;
    text_list_add(&conditions, memory_text(text));
    cr_assert(row_filter_read(&filter, &conditions, &(Error){0}, &errors), "%s", text);
    cr_assert_str_eq(filter.conditions[0].name, "x");
    const TextSpan values[] = {span(value)};
    const bool passes = row_filter_passes(&filter, values);
    row_filter_clear(&filter);
    text_list_clear(&conditions);
    return passes;
}

Test(traffic_row_filter, conditions) {
    static const struct {
        const char *condition, *meet, *miss;
    } cases[] = {
        {"x=chat", "chat", "Chat"},
        {"x=chat", " chat ", "chats"},
        {"x = chat", "chat", "cha"},
        {"x=a,b", "b", "a,b"},
        {"x=a, b", "b", "c"},
        {"x!=a,b", "c", "b"},
        {"x=2xx", "299", "300"},
        {"x=2xx", "200", "1999"},
        {"x=2XX,404", "404", "405"},
        {"x=2xx", "2xx", "3xx"}, /* labels say so themselves */
        {"x!=5xx", "499", "500"},
        {"x=200..299", "200", "300"},
        {"x=200..299", "299.0", "299.5"},
        {"x=..-1.5", "-2", "-1"},
        {"x=500..", "1e3", "499"},
        {"x=500..", "500", "many"},
        {"x=0.5..1e3", "1000", "0.4"},
        {"x=/v1/*", "/v1/chat", "/v2/chat"},
        {"x=*/chat", "/v1/chat", "/v1/chats"},
        {"x=/v*/c*s", "/v1/chat/completions", "/v1/chat"},
        {"x=*a*b", "aab", "aba"},
        {"x!=/health*", "/v1", "/healthz"},
        {"x=\"a,b\"", "a,b", "a"},
        {"x=\"2xx\",\"*\"", "*", "200"},
        {"x=", "", "a"},
        {"x!=", "a", ""},
        {"x=a..b", "a..b", "a"},
        {"x=*", "", NULL}, /* what is not there is as an empty text */
        {"x=a=b", "a=b", "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect(meets(cases[i].condition, cases[i].meet), "%s misses %s", cases[i].condition,
                  cases[i].meet);
        cr_expect(cases[i].miss == NULL || !meets(cases[i].condition, cases[i].miss), "%s meets %s",
                  cases[i].condition, cases[i].miss);
    }
    cr_expect(meets("x=", NULL) && meets("x!=a", NULL) && !meets("x=a", NULL));
}

Test(traffic_row_filter, mistakes) {
    static const char file[] = "t,p,o,kind\n1,2,3,chat\n2,2,3,image\n3,2,3,chat\n";
    harness_refuses(&harness, file, OPTIONS(OWN, "filter=kind"),
                    "filter: found kind, expected NAME=VALUE");
    harness_refuses(&harness, file, OPTIONS(OWN, "filter==chat"),
                    "filter: found =chat, expected NAME=VALUE");
    harness_refuses(&harness, file, OPTIONS(OWN, "filter=p==2"),
                    "filter: found p==2, expected NAME=VALUE");
    harness_refuses(&harness, file, OPTIONS(OWN, "filter=p>=2"),
                    "expected a range, such as status=500..");
    harness_refuses(&harness, file, OPTIONS(OWN, "filter=p=3..2"),
                    "expected a range of numbers that rises");
    harness_refuses(&harness, file, OPTIONS(OWN, "filter=p=3..x"),
                    "expected a range of numbers that rises");
    harness_refuses(
        &harness, file, OPTIONS(OWN, "filter=knd=chat"),
        "bad:1: knd: found \"t,p,o,kind\", expected a header with the column \"knd\"; did "
        "you mean \"kind\"?");
    /* none passes: the values that there are, the most frequent first */
    harness_refuses(
        &harness, file, OPTIONS(OWN, "filter=Kind=chta,imge"),
        "bad: filter: found none of 3 rows with Kind=chta,imge, expected a condition on Kind, "
        "which is chat (2), image (1); did you mean \"Kind=chat\"?");
    harness_refuses(
        &harness, "{\"t\":1,\"p\":2,\"o\":3}\n", OPTIONS(OWN, "filter=kind=chat"),
        "filter: found none of 1 rows with kind=chat, expected a condition on kind, which is "
        "empty (1)");
}

/* Several conditions all hold; the one that no row meets is named. */
Test(traffic_row_filter, several_conditions) {
    static const char file[] = "t,p,o,kind\n1,2,3,chat\n2,7,3,image\n3,8,3,chat\n4,9,3,chat\n";
    harness_text_file(&harness, "f", file);
    harness_trace(&harness, "f", OPTIONS(OWN, "filter=kind=chat", "filter=p=5.."));
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    cr_assert_eq(harness.count, 2);
    cr_assert_eq(harness.arrivals[0].prompt_tokens, 8);
    cr_assert_eq(harness.source->counts.outside, 2);
    harness_refuses(&harness, file, OPTIONS(OWN, "filter=kind=chat", "filter=p=5..", "filter=o=4"),
                    "found none of 2 rows with o=4, expected a condition on o, which is 3 (2)");
}

static void expect(const char *text, const char *const options[], uint64_t rows, uint64_t requests,
                   uint64_t outside) {
    harness_text_file(&harness, "f", text);
    harness_trace(&harness, "f", options);
    cr_assert(!harness.failed, "%s", harness_error(&harness));
    const asim_traffic_counts *counts = &harness.source->counts;
    cr_expect_eq(counts->rows, rows, "%lu rows", (unsigned long)counts->rows);
    cr_expect_eq(counts->requests, requests, "%lu requests", (unsigned long)counts->requests);
    cr_expect_eq(counts->failed + counts->skipped, 0);
    cr_expect_eq(counts->outside, outside, "%lu outside", (unsigned long)counts->outside);
}

/* Whether a row counts is known before its fields are judged. */
Test(traffic_row_filter, rows_left_out_are_not_judged) {
    expect("t,kind,p,o\n2026-11-16T09:00:00Z,chat,100,10\nnever,image,,\n"
           "2026-11-16T09:00:02Z,chat,300,20\n",
           OPTIONS(OWN, "filter=kind=chat"), 3, 2, 1);
    cr_assert_eq(harness.arrivals[1].time, 2 * SECOND);
    expect("{\"t\":1,\"kind\":\"chat\",\"p\":100,\"o\":10}\n{\"t\":null,\"kind\":\"image\"}\n"
           "{\"t\":3,\"kind\":null,\"p\":1,\"o\":1}\n",
           OPTIONS(OWN, "filter=kind=chat,"), 3, 2, 1);
    /* but it must be a row of the file */
    harness_refuses(&harness, "t,kind,p,o\n1,chat,1,1\n2,image\n", OPTIONS(OWN, "filter=kind=chat"),
                    "expected as many fields as the header has columns");
    harness_refuses(&harness,
                    "{\"t\":1,\"kind\":\"chat\",\"p\":1,\"o\":1}\n{\"t\":2,\"kind\":\"image\"\n",
                    OPTIONS(OWN, "filter=kind=chat"), "bad:2:");
    /* its time is part of the recording all the same */
    expect("t,kind,p,o\n5,image,,\n7,chat,1,1\n", OPTIONS(OWN, "filter=kind=chat"), 2, 1, 1);
    cr_assert_eq(harness.arrivals[0].time, 2 * SECOND);
}

#define BILLING                                                                                    \
    "start_time,usage_type,accelerator_seconds,prompt_tokens,completion_tokens\n"                  \
    "2026-10-20 17:16:48 UTC,TEXT_COMPLETION_INFERENCE_USAGE,,803,109\n"                           \
    "2026-10-20 17:17:00 UTC,DEDICATED_DEPLOYMENT_USAGE,3600,,\n"                                  \
    "2026-10-20 17:17:10 UTC,DEDICATED_DEPLOYMENT_USAGE,3600,0,0\n"                                \
    "2026-10-20 17:17:48 UTC,TEXT_COMPLETION_INFERENCE_USAGE,,100,10\n"                            \
    "2026-10-20 17:18:48 UTC,EMBEDDING_USAGE,,100,5\n"

/* A GPU's bill is no request, and no failed one. */
Test(traffic_row_filter, billing_of_other_usage) {
    expect(BILLING, NO_OPTIONS, 5, 2, 3);
    cr_assert_eq(harness.arrivals[1].time, 60 * SECOND);
    expect(BILLING, OPTIONS("filter=prompt_tokens=500.."), 5, 1, 4);
    expect(BILLING, OPTIONS("filter=Usage_Type=TEXT*,EMBEDDING_USAGE"), 5, 3, 2);
    harness_text_file(&harness, "f",
                      BILLING "2026-10-20 17:19:48 UTC,TEXT_COMPLETION_INFERENCE_USAGE,,7,0\n");
    harness_trace(&harness, "f", NO_OPTIONS);
    cr_assert_eq(harness.source->counts.failed, 1);
}

/* k6 and Locust write lines that are no requests; the user's filter may choose others. */
Test(traffic_row_filter, formats_with_lines_of_their_own) {
    static const char k6[] = "metric_name,timestamp,metric_value,status\n"
                             "http_reqs,1700000000,1,200\nhttp_req_duration,1700000000,1,200\n"
                             "http_reqs,1700000001,1,503\niterations,1700000001,1,\n";
    expect(k6, OPTIONS("prompt_tokens=1", "output_tokens=1", "filter=status=2xx"), 2, 1, 1);
    expect(k6, OPTIONS("prompt_tokens=1", "output_tokens=1", "filter=metric_name=iterations"), 4, 1,
           3);
    static const char locust[] = "Timestamp,Name,Total Request Count\n10,/a,1\n10,Aggregated,5\n"
                                 "11,/a,3\n11,Aggregated,9\n";
    expect(locust, OPTIONS("prompt_tokens=1", "output_tokens=1", "filter=Name=/a"), 4, 2, 2);
}

Test(traffic_row_filter, series_and_functions) {
    static const char matrix[] =
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
        "{\"metric\":{\"code\":\"2xx\"},\"values\":[[10,\"3\"],[20,\"3\"]]},"
        "{\"metric\":{\"code\":\"503\"},\"values\":[[10,\"9\"]]}]}}";
    expect(matrix, OPTIONS("prompt_tokens=1", "output_tokens=1", "values=count", "filter=code=2xx"),
           3, 6, 1);
    harness_refuses(
        &harness, matrix, OPTIONS("prompt_tokens=1", "output_tokens=1", "filter=code=4xx"),
        "found none of 2 series with code=4xx, expected a condition on code, which is 2xx "
        "(1), 503 (1)");
}
