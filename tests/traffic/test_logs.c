// SPDX-License-Identifier: GPL-3.0-or-later
/* Access logs of balancers and proxies: when the requests came, line by line. */
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define MS SIM_TIME_MILLISECOND
#define TOKENS "prompt_tokens=100", "output_tokens=10"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_logs, .init = setup, .fini = teardown);

#define NO_TIME INT64_MIN

/* The text is of the format, and has requests this many ms after the first one. NO_TIME ends. */
static void check_log(const char *text, const char *format, const int64_t after_ms[]) {
    harness_text_file(&harness, "log", text);
    harness_trace(&harness, "log", OPTIONS(TOKENS));
    cr_assert(!harness.failed, "%s: %s", format, harness_error(&harness));
    size_t count = 0;
    for (; after_ms[count] != NO_TIME; count++) {
        cr_assert_lt(count, harness.count, "%s: request %zu is missing", format, count);
        cr_expect_eq(harness.arrivals[count].time, after_ms[count] * MS, "%s: request %zu: %lld ms",
                     format, count, (long long)(harness.arrivals[count].time / MS));
    }
    cr_expect_eq(harness.count, count, "%s: %zu", format, harness.count);
}

/* How many arrivals are ends less durations, and how many are ends. */
static void check_ends(uint64_t moved, uint64_t kept) {
    cr_expect_eq(harness.source->counts.ends_moved, moved, "%lu moved",
                 (unsigned long)harness.source->counts.ends_moved);
    cr_expect_eq(harness.source->counts.ends_kept, kept, "%lu kept",
                 (unsigned long)harness.source->counts.ends_kept);
}

#define TIMES(...) ((const int64_t[]){__VA_ARGS__, NO_TIME})

/* AWS's load balancers ------------------------------------------------------------------------- */

#define ALB_TAIL " \"curl/7.46 (a \\\"b\\\")\" - - arn:x \"Root=1\" \"www.example.com\" \"arn\" 1 "

Test(traffic_logs, alb_tells_when_requests_came) {
    check_log(
        "https 2026-07-02T22:23:00.186641Z app/lb/50 192.0.2.39:2817 10.0.0.1:80 0.086 "
        "12.048 0.037 200 200 0 57 \"POST https://www.example.com:443/v1?x=1 HTTP/1.1\"" ALB_TAIL
        "2026-07-02T22:22:48.000000Z \"forward\" \"-\" \"-\" \"10.0.0.1:80\" \"200\" \"-\" "
        "\"-\" TID_1\n"
        "h2 2026-07-02T22:22:50.500000Z app/lb/50 2001:db8::1:2817 - -1 -1 -1 502 - 0 57 \"- "
        "http://lb:80- -\" \"-\" - - - \"-\" \"-\" \"-\" - 2026-07-02T22:22:49.250000Z \"-\"\n",
        "alb", TIMES(0, 1250));
    check_ends(0, 0);
}

/* Lines of before 2018: 23:08.0 is 23:10.0 less 0.25 + 1.5 + 0.25 s; what was never passed on has
 * its end alone. */
Test(traffic_logs, alb_without_the_instant_of_creation) {
    check_log(
        "http 2026-07-02T22:23:10.000000Z app/lb/50 192.0.2.39:2817 10.0.0.1:80 0.250 1.500 "
        "0.250 200 200 0 57 \"GET http://x:80/ HTTP/1.1\" \"curl\" - - arn:x \"Root=1\"\n"
        "ws 2026-07-02T22:23:10.500000Z app/lb/50 192.0.2.39:2817 - -1 -1 -1 504 - 0 57 \"GET "
        "http://x:80/ HTTP/1.1\" \"curl\" - - arn:x \"Root=1\"\n",
        "alb", TIMES(0, 2500));
    check_ends(1, 1);
    harness_refuses(
        &harness,
        "http 2026-07-02T22:23:10.000000Z app/lb/50 192.0.2.39:2817 10.0.0.1:80 0.250 1.500 "
        "0.250 200 200 0 57 \"GET http://x:80/ HTTP/1.1\" \"curl\"\nhttp 2026-07-02T22:2\n",
        OPTIONS(TOKENS), "bad:2:1: found \"http 2026-07-02T22:2\", expected a line of an ALB");
    harness_refuses(
        &harness,
        "http 2026-07-02T22:23:10Z app/lb/50 192.0.2.39:2817 10.0.0.1:80 0.250 1.500 0.250 "
        "200 200 0 57 \"GET http://x:80/ HTTP/1.1\" \"curl\"\n"
        "http 2026-07-02T22:23:10Z app/lb/50 192.0.2.39:2817 10.0.0.1:80 0.250 x 0.250 "
        "200 200 0 57 \"GET http://x:80/ HTTP/1.1\" \"curl\"\n",
        OPTIONS(TOKENS), "bad:2:65: processing times: found \"0.250 x 0.250\"");
}

/* A Classic Load Balancer's time is when it got the request. */
Test(traffic_logs, elb) {
    check_log(
        "2026-07-02T22:23:00.250000Z my-elb 192.0.2.39:2817 10.0.0.1:80 0.000073 0.001048 "
        "0.000057 200 200 0 29 \"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.38.0\" - -\n"
        "2026-07-02T22:23:01.000000Z my-elb 192.0.2.39:2817 - -1 -1 -1 503 0 0 0 \"GET "
        "http://www.example.com:80/ HTTP/1.1\" \"curl/7.38.0\" - -\n",
        "elb", TIMES(0, 750));
    check_ends(0, 0);
}

/* W3C ------------------------------------------------------------------------------------------ */

/* In seconds, between tabs; statuses of clients that left are 000. */
Test(traffic_logs, cloudfront) {
    check_log(
        "#Version: 1.0\n"
        "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem "
        "sc-status cs(User-Agent) time-taken\n"
        "2026-10-10\t12:00:10\tLHR62-P1\t512\t2001:db8::1\tPOST\td1.cloudfront.net\t/v1\t200\t"
        "curl/8%20x\t9.750\n"
        "2026-10-10\t12:00:11\tLHR62-P1\t0\t192.0.2.1\tPOST\td1.cloudfront.net\t/v1\t000\t-\t"
        "0.500\n",
        "w3c", TIMES(0, 10250));
    check_ends(2, 0);
}

/* In milliseconds; a restart writes the head again, with other columns. */
Test(traffic_logs, iis) {
    check_log("#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
              "#Date: 2026-10-10 12:00:00\r\n"
              "#Fields: date time s-ip cs-method cs-uri-stem sc-status time-taken\r\n"
              "2026-10-10 12:00:00 192.0.2.1 GET /a 200 250\r\n"
              "2026-10-10 12:00:10 192.0.2.1 GET /a 200 -\r\n"
              "#Software: Microsoft Internet Information Services 10.0\r\n"
              "#Date: 2026-10-11 00:00:00\r\n"
              "#Fields: time cs-method time-taken\r\n"
              "00:00:01 GET 1000\r\n",
              "w3c", TIMES(0, 10250, 43200250));
    check_ends(2, 1);
    cr_expect_eq(harness.source->counts.rows, 3, "heads are no rows");
}

Test(traffic_logs, w3c_without_what_is_needed) {
    harness_refuses(
        &harness, "#Fields: cs-method time-taken\nGET 1\n", OPTIONS(TOKENS),
        "bad:1: found \"#Fields: cs-method time-taken\", expected columns that tell when");
    harness_refuses(&harness, "#Version: 1.0\n#Fields: time cs-method\n12:00:00 GET\n",
                    OPTIONS(TOKENS),
                    "bad:2: found \"#Fields: time cs-method\", expected columns that tell when");
    harness_refuses(&harness, "#Fields: date time\n2026-10-10 12:00:00\n2026-10-10 12:00:01 x\n",
                    OPTIONS(TOKENS),
                    "bad:3:1: found \"2026-10-10 12:00:01 x\", expected as many fields");
    harness_refuses(&harness, "#Fields: date time\n2026-10-10 12:00:00\n2026-10-10 12:60:01\n",
                    OPTIONS(TOKENS), "bad:3:12: time: found \"12:60:01\"");
    harness_refuses(&harness, "a b\n", OPTIONS(TOKENS, "format=w3c"),
                    "expected #Fields: and the columns' names");
    harness_refuses(&harness, "#Version: 1.0\n", OPTIONS(TOKENS, "format=w3c"),
                    "expected #Fields:");
    /* seconds, as the standard has it; the start, if the user says so */
    check_log("#Fields: date time time-taken\n2026-10-10 12:00:05 5\n2026-10-10 12:00:06 2\n",
              "w3c", TIMES(0, 4000));
    harness_trace(&harness, "log", OPTIONS(TOKENS, "time_is=start"));
    cr_expect_eq(harness.arrivals[1].time, 1000 * MS);
}

/* HAProxy -------------------------------------------------------------------------------------- */

Test(traffic_logs, haproxy_behind_syslog_and_alone) {
    check_log(
        "Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] "
        "http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET "
        "/index.html HTTP/1.1\"\n"
        "10.0.1.2:33317 [06/Feb/2009:12:14:15.000] http-in http-in/<NOSRV> -1/-1/-1/-1/50 400 "
        "187 - - PR-- 1/1/0/0/0 0/0 \"<BADREQ>\"\n",
        "haproxy", TIMES(0, 345));
    check_ends(0, 0);
    harness_refuses(&harness,
                    "10.0.1.2:33317 [06/Feb/2009:12:14:15.000] a b/c 0/0/0/0/50 400 1 \"GET / "
                    "HTTP/1.1\"\n10.0.1.2:33317 [06/Feb/2009:12:14:15.000] a b/c 0/0/5007 212 --\n",
                    OPTIONS(TOKENS), "bad:2:1: found \"10.0.1.2:33317");
}

/* nginx and its kin ---------------------------------------------------------------------------- */

#define UA "\"-\" \"python-httpx/0.27\" "

/* The first bracket of an older ingress-nginx is an address; users may have blanks; what is no
 * request in the log's eyes is one in ours. */
Test(traffic_logs, the_time_is_the_bracket_that_reads_as_one) {
    check_log(
        "203.0.113.7 - [203.0.113.7] - - [16/Nov/2026:18:16:46 +0000] \"POST /v1 HTTP/1.1\" 200 "
        "5316 " UA "1024 40.250 [llm-80] 10.0.1.5:8000 5316 40.249 200\n"
        "2001:db8::7 - [2001:db8::7] - John Doe [16/Nov/2026:18:16:47 +0000] \"POST /v1 "
        "HTTP/1.1\" 200 16 " UA "1024 0.500 [llm-80] 10.0.1.5:8000 16 0.499 200\n",
        "nginx", TIMES(0, 40750));
    check_ends(2, 0);
    check_log("[16/Nov/2026:18:16:46 +0000] 203.0.113.7 \"POST /v1 HTTP/1.1\" 200 16 0.250\n"
              "[16/Nov/2026:18:16:47 +0000] 203.0.113.7 \"POST /v1 HTTP/1.1\" 200 16 0.250\n",
              "nginx", TIMES(0, 1000));
}

Test(traffic_logs, malformed_requests_are_rows) {
    check_log(
        "203.0.113.7 - - [16/Nov/2026:18:16:46 +0000] \"\\x16\\x03\\x01\\x02\" 400 157 \"-\" "
        "\"-\" 0.000\n"
        "203.0.113.7 - - [16/Nov/2026:18:16:47 +0000] \"-\" 408 0 \"-\" \"-\" 0.000\n"
        "203.0.113.7 - - [16/Nov/2026:18:16:48 +0000] \"\" 400 0 \"-\" \"-\" 0.000\n"
        "203.0.113.7 - a\\\"b [16/Nov/2026:18:16:49 +0000] \"GET /\\\"x\\x22 HTTP/1.1\" 404 0 "
        "\"-\" \"a \\\"b\\\" 9.999\" 0.500\n",
        "nginx", TIMES(0, 1000, 2000, 2500));
}

Test(traffic_logs, durations_between_tabs_and_in_milliseconds) {
    static const char *const tails[][2] = {
        {"\t200\t16\t40.250\t40.249", "\t200\t16\t0.500\t-"},
        {" 200 16 " UA "request_time_ms=40250", " 200 16 " UA "request_time_ms=500"},
        {" 200 16 " UA "rt=40250ms urt=\"40249ms\"", " 200 16 " UA "rt=500ms urt=\"-\""},
        {" 200 16 " UA "40.250 kong_request_id: \"0f0e\"",
         " 200 16 " UA "0.500 kong_request_id: \"0f0f\""},
        {" 200 16 " UA "\"203.0.113.9, 10.0.0.1\" \"40.250\" \"40.249\" .",
         " 200 16 " UA "\"-\" \"0.500\" \"-\" ."},
        {" 200 16 " UA "rt=\"40.250\"; uct=\"0.001\"", " 200 16 " UA "rt=\"0.500\"; uct=\"-\""},
    };
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "203.0.113.7 - - [16/Nov/2026:18:16:46 +0000] \"POST /v1 HTTP/1.1\"%s\n"
                 "203.0.113.7 - - [16/Nov/2026:18:16:47 +0000] \"POST /v1 HTTP/1.1\"%s\n",
                 tails[i][0], tails[i][1]);
        check_log(text, tails[i][0], TIMES(0, 40750));
        check_ends(2, 0);
    }
}

/* Filters -------------------------------------------------------------------------------------- */

static void check_filter(const char *text, const char *condition, uint64_t requests) {
    char option[128];
    snprintf(option, sizeof option, "filter=%s", condition);
    error_list_clear(&harness.errors);
    harness_text_file(&harness, "log", text);
    harness_trace(&harness, "log", OPTIONS(TOKENS, option));
    cr_assert(!harness.failed, "%s: %s", condition, harness_error(&harness));
    cr_expect_eq(harness.count, requests, "%s: %zu requests", condition, harness.count);
    cr_expect_eq(harness.source->counts.rows, 2, "%s", condition);
}

/* One of the two lines: each log, and what of its first line alone is so. */
Test(traffic_logs, each_log_can_be_filtered_by_its_parts) {
    static const struct {
        const char *text;
        const char *conditions[10];
    } logs[] = {
        {"203.0.113.7 - a b [16/Nov/2026:18:16:46 +0000] \"POST /v1/chat?x=/healthz HTTP/1.1\" 200 "
         "5 "
         "\"-\" \"httpx \\\"q\\\"\" 40.250\n"
         "2001:db8::7 - - [16/Nov/2026:18:16:47 +0000] \"\\x16\\x03\" 400 5 \"-\" \"-\" 0.500\n",
         {"method=POST", "path=/v1/chat", "path=/v1/*", "status=2xx", "status!=400",
          "client=203.0.113.7", "agent=httpx*", "duration=40..", "method!="}},
        {"www.example.com:443 203.0.113.7 - - [16/Nov/2026:18:16:46 +0000] \"POST /v1 HTTP/1.1\" "
         "200 "
         "5 \"-\" \"httpx\"\n"
         "api.example.com:443 203.0.113.8 - - [16/Nov/2026:18:16:46 +0000] \"-\" 408 0 \"-\" "
         "\"-\"\n",
         {"host=www.example.com", "client=203.0.113.7", "method=POST", "path=/v1", "status=200"}},
        {"203.0.113.7 - - [16/Nov/2026:18:16:46 +0000] \"POST /v1 HTTP/1.1\" 200 5 \"-\" \"httpx\" "
         "1 "
         "\"r\" \"u\" 4500ms\n"
         "203.0.113.8 - - [16/Nov/2026:18:16:46 +0000] \"GET /ping HTTP/1.1\" 200 5 \"-\" \"x\" 1 "
         "\"r\" \"u\" 5ms\n",
         {"duration=1000..", "method=POST", "path!=/ping", "client=203.0.113.7"}},
        {"203.0.113.7 - - [16/Nov/2026:18:16:46 +0000] \"POST /v1 HTTP/1.1\" 200 5 \"-\" \"httpx\" "
         "4500\n"
         "203.0.113.8 - - [16/Nov/2026:18:16:46 +0000] \"GET /ping HTTP/1.1\" 200 5 \"-\" \"x\" "
         "5\n",
         {"duration=1000..", "agent=httpx"}},
        {"[2023-11-16T18:15:46.680Z] \"POST /v1/chat HTTP/2\" 200 - 1540 512 2210 2205 "
         "\"203.0.113.7\" \"openai\" \"id\" \"llm.example:443\" \"10.0.2.1:8000\"\n"
         "[2023-11-16T18:15:46.680Z] \"GET /healthz HTTP/2\" 503 UF 0 5 3 - \"-\" \"kube\" \"id\" "
         "\"x\" \"-\"\n",
         {"method=POST", "path!=/healthz", "status=200", "duration=1000..", "client=203.0.113.7",
          "agent=openai", "host=llm.example"}},
        {"[2023-11-16T18:15:46.680Z] \"POST /v1/chat HTTP/2\" 200 - via_upstream - \"-\" 1540 512 "
         "2210 "
         "2205 \"203.0.113.7\" \"openai\" \"id\" \"llm.example\" \"10.0.2.1:8000\" inbound|8000|| "
         "- - "
         "- -\n"
         "[2023-11-16T18:15:46.680Z] \"GET /healthz HTTP/2\" 503 UF x - \"-\" 0 5 3 - \"-\" "
         "\"kube\" "
         "\"id\" \"x\" \"-\"\n",
         {"duration=1000..", "client=203.0.113.7", "agent=openai", "host=llm.example"}},
        {"https 2026-07-02T22:23:00.186641Z app/lb/50 192.0.2.39:2817 10.0.0.1:80 0.086 12.048 "
         "0.037 "
         "200 201 0 57 \"POST https://www.example.com:443/v1?x=1 HTTP/1.1\"" ALB_TAIL
         "2026-07-02T22:22:48.000000Z \"forward\"\n"
         "h2 2026-07-02T22:22:50.500000Z app/lb/50 2001:db8::1:2817 - -1 -1 -1 502 - 0 57 \"- "
         "http://lb:80- -\" \"-\" - - - \"-\" \"-\" \"-\" - 2026-07-02T22:22:49.250000Z \"-\"\n",
         {"method=POST", "path=/v1", "status=200", "target_status=201", "host=www.example.com",
          "client=192.0.2.39", "agent=curl*", "duration=12.."}},
        {"2026-07-02T22:23:00.250000Z my-elb 192.0.2.39:2817 10.0.0.1:80 0.000073 2.5 0.000057 200 "
         "200 0 29 \"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.38.0\" - -\n"
         "2026-07-02T22:23:01.000000Z my-elb [2001:db8::1]:2817 - -1 -1 -1 503 0 0 0 \"GET "
         "http://x:80/y HTTP/1.1\" \"x\" - -\n",
         {"host=www.example.com", "path=/", "status=200", "client!=2001:db8::1", "duration=1.."}},
        {"#Version: 1.0\n#Fields: date time c-ip cs-method cs(Host) cs-uri-stem sc-status "
         "cs(User-Agent) time-taken\n"
         "2026-10-10\t12:00:10\t192.0.2.1\tPOST\td1.cloudfront.net\t/v1\t200\tcurl\t9.750\n"
         "2026-10-10\t12:00:11\t192.0.2.2\tGET\td2.cloudfront.net\t/\t000\t-\t0.500\n",
         {"method=POST", "path=/v1", "status=200", "host=d1*", "client=192.0.2.1", "agent=curl",
          "duration=9.."}},
        {"10.0.1.2:33317 [06/Feb/2009:12:14:14.655] in static/srv1 10/0/30/69/109 200 2750 - - "
         "---- "
         "1/1/1/1/0 0/0 \"GET /index.html HTTP/1.1\"\n"
         "10.0.1.3:33317 [06/Feb/2009:12:14:15.000] in in/<NOSRV> -1/-1/-1/-1/50 400 187 - - PR-- "
         "1/1/0/0/0 0/0 \"<BADREQ>\"\n",
         {"method=GET", "path=/index.html", "status=200", "client=10.0.1.2", "duration=100.."}},
    };
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        for (size_t k = 0; logs[i].conditions[k] != NULL; k++) {
            check_filter(logs[i].text, logs[i].conditions[k], 1);
        }
    }
}

Test(traffic_logs, a_part_that_no_log_has_is_refused) {
    harness_refuses(
        &harness, "203.0.113.7 - - [16/Nov/2026:18:16:46 +0000] \"POST /v1 HTTP/1.1\" 200 5\n",
        OPTIONS(TOKENS, "filter=stauts=200"),
        "filter: found stauts, expected method, path, status, target_status, host, client, "
        "agent or duration; did you mean \"status\"?");
}

/* A line whose time cannot be read, and which does not count, is no error. */
Test(traffic_logs, rows_that_do_not_count_are_not_judged) {
    static const char text[] =
        "#Fields: date time cs-uri-stem\n2026-10-10 12:00:00 /v1\n2026-10-10 - /healthz\n";
    harness_refuses(&harness, text, OPTIONS(TOKENS), "bad:3:12: time");
    check_filter(text, "path=/v1", 1);
}
