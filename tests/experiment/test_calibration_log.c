// SPDX-License-Identifier: GPL-3.0-or-later
/* Logs of benchmarks: each format by a small file with invented values. */
#include "base/memory.h"
#include "base/text.h"
#include "experiment/calibration_log.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 24 /* enough for a fit */

static char *scratch;
static CalibrationLog logged;
static ErrorList errors;

static void set_up(void) {
    scratch = scratch_make();
}

static void tear_down(void) {
    calibration_log_clear(&logged);
    error_list_clear(&errors);
    scratch_remove(scratch);
}

TestSuite(calibration_log, .init = set_up, .fini = tear_down);

static bool read_text(const char *name, const char *text, double unit_s) {
    calibration_log_clear(&logged);
    char *path = scratch_text(scratch, name, text);
    const bool ok = calibration_log_read(&logged, path, unit_s, NULL, &errors);
    free(path);
    return ok;
}

/* The text so often, with the row's number wherever it has a '#'. */
static void add_rows(Text *text, const char *row, const char *between) {
    for (int i = 0; i < ROWS; i++) {
        text_add(text, i == 0 ? "" : between);
        for (const char *c = row; *c != '\0'; c++) {
            if (*c == '#') {
                text_addf(text, "%d", i);
            } else {
                text_add_char(text, *c);
            }
        }
    }
}

static char *rows_text(const char *before, const char *row, const char *between,
                       const char *after) {
    Text text = {0};
    text_add(&text, before);
    add_rows(&text, row, between);
    text_add(&text, after);
    return text_take(&text);
}

static void expect_reads(const char *name, char *text) {
    const bool ok = read_text(name, text, 1);
    char *told = error_list_text(&errors);
    cr_assert(ok, "%s", told);
    free(told);
    free(text);
    cr_assert_eq(logged.count, ROWS);
}

static void expect_request(size_t number, double arrival_s, double ttft_s, double tpot_s,
                           double e2e_s) {
    const LoggedRequest *request = &logged.requests[number];
    cr_expect_float_eq((double)request->request.arrival / 1e9, arrival_s, 1e-6);
    cr_expect_eq(request->request.prompt_tokens, 100);
    cr_expect_eq(request->request.output_tokens, 11);
    cr_expect_float_eq(request->seconds[LOGGED_TTFT], ttft_s, 1e-6);
    cr_expect_float_eq(request->seconds[LOGGED_TPOT], tpot_s, 1e-6);
    cr_expect_float_eq(request->seconds[LOGGED_E2E], e2e_s, 1e-6);
}

static void expect_refused(const char *name, const char *text, const char *const parts[]) {
    cr_assert_not(read_text(name, text, 1));
    char *told = error_list_text(&errors);
    cr_assert_not_null(told);
    for (size_t i = 0; parts[i] != NULL; i++) {
        cr_expect_not_null(strstr(told, parts[i]), "\"%s\" is not in %s", parts[i], told);
    }
    free(told);
    calibration_log_clear(&logged);
    error_list_clear(&errors);
}

#define REFUSED(name, text, ...)                                                                   \
    expect_refused(name, text, (const char *const[]){__VA_ARGS__, NULL})

Test(calibration_log, engine_and_client_with_clocks_of_their_own) {
    expect_reads("a.jsonl",
                 rows_text("",
                           "{\"request_id\": \"r-#\", \"input_toks\": 100, \"output_toks\": 11, "
                           "\"arrival_time\": 17e8, \"queued_ts\": 500.5, \"scheduled_ts\": 501, "
                           "\"first_token_ts\": 501.5, \"last_token_ts\": 502.5}",
                           "\n", "\n"));
    cr_expect(logged.two_clocks);
    expect_request(0, 0, 1, 0.1, 2); /* the quickest way from client to engine counts as none */
}

Test(calibration_log, csv_with_units_in_its_names) {
    expect_reads("a.csv", rows_text("start_ms;prompt_tokens;completion_tokens;ttft_ms;latency_ms\n",
                                    "#00;100;11;500;1500", "\n", "\n"));
    cr_expect_str_eq(logged.format, "CSV");
    cr_expect_not(logged.bare_times);
    expect_request(3, 0.3, 0.5, 0.1, 1.5);
}

Test(calibration_log, units_that_are_open_are_given) {
    char *text = rows_text("arrival,input_tokens,output_tokens,ttft,tpot\n", "#00,100,11,500,100",
                           "\n", "\n");
    cr_assert(read_text("a.csv", text, 1e-3));
    cr_expect(logged.bare_times);
    expect_request(2, 0.2, 0.5, 0.1, 1.5);
    free(text);
}

Test(calibration_log, failed_rows_are_left_out_and_counted) {
    char *rows = rows_text("",
                           "{\"arrival_s\": #, \"prompt_tokens\": 100, \"output_tokens\": 11, "
                           "\"ttft_s\": 0.5, \"e2e_s\": 1.5, \"error\": null}",
                           "\n", "\n");
    char *text = memory_format(
        "%s%s", rows,
        "{\"arrival_s\": 40, \"prompt_tokens\": 100, \"output_tokens\": 11, \"ttft_s\": 1, "
        "\"e2e_s\": 2, \"error\": \"timeout\"}\n"
        "{\"arrival_s\": 41, \"prompt_tokens\": 100, \"output_tokens\": 0}\n"
        "{\"arrival_s\": 42, \"prompt_tokens\": 100, \"output_tokens\": 5, \"ttft_s\": null}\n"
        "{\"arrival_s\": 43, \"prompt_tokens\": 100, \"output_tokens\": 11, \"ttft_s\": -1}\n");
    free(rows);
    expect_reads("a.jsonl", text);
    cr_expect_eq(logged.left_out, 4);
}

Test(calibration_log, rows_in_any_order_are_sorted_by_arrival) {
    Text text = {0};
    text_add(&text, "arrival_s,prompt_tokens,output_tokens,ttft_s,e2e_s\n");
    for (int i = ROWS; i-- > 0;) {
        text_addf(&text, "%d,100,11,0.5,1.5\n", 10 + i);
    }
    expect_reads("a.csv", text_take(&text));
    expect_request(0, 0, 0.5, 0.1, 1.5);
    expect_request(ROWS - 1, ROWS - 1, 0.5, 0.1, 1.5);
}

static char *vllm_result(const char *starts) {
    Text text = {0};
    text_add(&text, "{\"date\": \"x\", \"input_lens\": [");
    add_rows(&text, "100", ", ");
    text_add(&text, ", 100], \"output_lens\": [");
    add_rows(&text, "11", ", ");
    text_add(&text, ", 0], \"ttfts\": [");
    add_rows(&text, "0.5", ", ");
    text_add(&text, ", 0.0], \"itls\": [");
    add_rows(&text, "[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2]", ", ");
    text_add(&text, ", []], \"errors\": [");
    add_rows(&text, "\"\"", ", ");
    text_add(&text, ", \"Connection reset\"]");
    if (starts != NULL) {
        text_add(&text, ", \"start_times\": [");
        add_rows(&text, starts, ", ");
        text_add(&text, ", 99]");
    }
    text_add(&text, "}");
    return text_take(&text);
}

Test(calibration_log, vllm_bench_serve) {
    expect_reads("bench.json", vllm_result("5#"));
    cr_expect_str_eq(logged.format, "vLLM benchmark");
    cr_expect_eq(logged.left_out, 1);
    expect_request(0, 0, 0.5, 0.1, 1.5);
}

Test(calibration_log, vllm_without_start_times_says_what_is_needed) {
    char *text = vllm_result(NULL);
    cr_assert_not(read_text("bench.json", text, 1));
    char *told = error_list_text(&errors);
    cr_expect_not_null(strstr(told, "start_times: found nothing, expected the details"), "%s",
                       told);
    cr_expect_not_null(strstr(told, "--save-detailed"));
    free(told);
    free(text);
}

Test(calibration_log, vllm_with_means_alone_says_what_is_needed) {
    REFUSED("bench.json",
            "{\"backend\": \"vllm\", \"completed\": 99, \"total_input_tokens\": 9900, "
            "\"request_throughput\": 3.1, \"mean_ttft_ms\": 40.5, \"mean_tpot_ms\": 9.5}\n",
            "bench.json:1: input_lens: found nothing, expected the details", "--save-detailed");
}

Test(calibration_log, instants_may_be_dates) {
    Text text = {0};
    text_add(&text, "timestamp,prompt_tokens,output_tokens,ttft_s,e2e_s\n");
    for (int i = 0; i < ROWS; i++) {
        text_addf(&text, "2026-08-20T23:19:%02d.5Z,100,11,0.5,1.5\n", i);
    }
    expect_reads("a.csv", text_take(&text));
    cr_expect_not(logged.bare_times);
    expect_request(3, 3, 0.5, 0.1, 1.5);
    REFUSED("a.csv", "timestamp,prompt_tokens,output_tokens,ttft_s\nyesterday,2,4,1\n",
            "a.csv:2: timestamp: found yesterday, expected a number, or a date and time");
}

Test(calibration_log, names_what_there_is_where_nothing_can_be_used) {
    REFUSED("a.csv", "when,inp,outp,first\n1,2,3,4\n", "of those with when,inp,outp,first,");
    REFUSED("a.jsonl", "{\"when\": 1, \"inp\": 3}\n{\"when\": 2, \"inp\": 3}\n",
            "(2 left out) of those with when, inp, expected");
}

Test(calibration_log, guidellm_has_benchmarks_with_requests) {
    static const char before[] =
        "{\"benchmarks\": [{\"requests\": {\"errored\": [{}], \"incomplete\": "
        "[{}, {}], \"successful\": [";
    static const char row[] =
        "{\"info\": {\"timings\": {\"request_start\": 170000#}}, \"prompt_tokens\": 100, "
        "\"output_tokens\": 11, \"time_to_first_token_ms\": 500.0, \"inter_token_latency_ms\": "
        "100.0, \"time_per_output_token_ms\": 136.4, \"request_latency\": 1.5}";
    expect_reads("benchmarks.json", rows_text(before, row, ", ", "]}}]}"));
    cr_expect_str_eq(logged.format, "GuideLLM");
    cr_expect_eq(logged.left_out, 3);
    expect_request(0, 0, 0.5, 0.1, 1.5);
}

Test(calibration_log, aiperf_has_metrics_with_units) {
    static const char row[] =
        "{\"metadata\": {\"request_start_ns\": 170000000#000000000, \"was_cancelled\": false}, "
        "\"metrics\": {\"input_sequence_length\": {\"value\": 100, \"unit\": \"tokens\"}, "
        "\"output_sequence_length\": {\"value\": 11, \"unit\": \"tokens\"}, "
        "\"time_to_first_token\": {\"value\": 500, \"unit\": \"ms\"}, \"request_latency\": "
        "{\"value\": 1500, \"unit\": \"ms\"}, \"inter_token_latency\": {\"value\": 100, \"unit\": "
        "\"ms\"}}, \"error\": null}";
    char *rows = rows_text("", row, "\n", "\n");
    char *text = memory_format("%s%s", rows,
                               "{\"metadata\": {\"request_start_ns\": 1, \"was_cancelled\": true}, "
                               "\"metrics\": {}, \"error\": {\"code\": 499}}\n");
    free(rows);
    expect_reads("profile_export.jsonl", text);
    cr_expect_eq(logged.left_out, 1);
    expect_request(1, 1, 0.5, 0.1, 1.5);
}

Test(calibration_log, a_sweep_of_points) {
    char *text = rows_text("sweep,rps,concurrency,in_mean,in_sd,out_mean,out_sd,n_ok,duration_s,"
                           "ttft_mean_ms,itl_mean_ms,e2e_mean_s\n",
                           "x,1.5,2,1000,100,200,20,500,360,50,10,2", "\n", "\n");
    cr_assert(read_text("sweep.csv", text, 1));
    cr_expect_eq(logged.point_count, ROWS);
    cr_expect_float_eq(logged.points[0].rate_per_s, 1.5, 1e-9);
    cr_expect_float_eq(logged.points[0].prompt_sd, 100, 1e-9);
    cr_expect_float_eq(logged.points[0].seconds[LOGGED_TTFT], 0.05, 1e-9);
    cr_expect_float_eq(logged.points[0].seconds[LOGGED_TPOT], 0.01, 1e-9);
    cr_expect_float_eq(logged.points[0].seconds[LOGGED_E2E], 2, 1e-9);
    free(text);
}

/* So many at a time, whatever rate came of it; and means that cannot be are left out. */
Test(calibration_log, points_of_closed_loops) {
    static const char header[] =
        "strategy,rps,concurrency,in_mean,out_mean,ttft_mean_ms,itl_mean_ms\n";
    char *rows = rows_text(header, "throughput,9,100,1000,200,50,10", "\n", "\n");
    char *text = memory_format("%s%s", rows,
                               "constant,3,7,1000,200,-50,10\n"
                               "constant,3,7,1000,200,50,10\n");
    cr_assert(read_text("sweep.csv", text, 1));
    cr_expect_eq(logged.point_count, ROWS + 1);
    cr_expect_eq(logged.left_out, 1);
    cr_expect(isnan(logged.points[0].rate_per_s));
    cr_expect_float_eq(logged.points[0].concurrency, 100, 1e-9);
    cr_expect_float_eq(logged.points[ROWS].rate_per_s, 3, 1e-9);
    free(rows);
    free(text);
}

Test(calibration_log, mistakes_name_place_and_key) {
    REFUSED("a.jsonl",
            "{\"arrival_s\": 0, \"prompt_tokens\": 9, \"output_tokens\": 9, \"ttft_s\": 1}\n"
            "{\"arrival_s\": \"x\", \"prompt_tokens\": 9, \"output_tokens\": 9, \"ttft_s\": 1}\n",
            "a.jsonl:2: arrival_s: found \"x\", expected a number");
    REFUSED("a.jsonl", "{\"arrival_s\": 0,\n", "a.jsonl:");
    REFUSED("a.csv", "when,prompt_tokens,output_tokens,ttft_s\n1,2,3,4\n", "a.csv:2",
            "when the request was sent");
    REFUSED("a.csv", "arrival_s,prompt_tokens,ttft_s\n1,2,4\n", "output_tokens");
    REFUSED("a.csv", "arrival_s,prompt_tokens,output_tokens\n1,2,4\n", "ttft_ms");
    REFUSED("a.csv", "arrival_s,prompt_tokens,output_tokens,ttft_s\n1,2,4,x\n",
            "a.csv:2: ttft_s: found x");
    REFUSED("a.csv", "", "empty file");
    REFUSED("a.csv", "rps,in_mean,ttft_mean_ms\n1,2,4\n", "out_mean");
    REFUSED("a.csv", "arrival_s,prompt_tokens,output_tokens,ttft_s\n1,2,4,1\n",
            "1 requests that can be used (0 left out), expected 20 at least");
}
