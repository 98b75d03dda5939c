// SPDX-License-Identifier: GPL-3.0-or-later
/* Nobody is left out of a quantile: what every command says of requests that were lost. */
#include "cli/cli_checks.h"

#include "base/csv_reader.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *scratch, *out;

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "out");
}

static void tear_down(void) {
    free(out);
    scratch_remove(scratch);
}

TestSuite(cli_lost, .init = set_up, .fini = tear_down, .timeout = 120);

/* One slot, 20 s an answer, ten requests 10 s apart, clients that leave after 30 s. With one
 * replica the first two get their answer (after 20 and 30 s); from the third on each sees its first
 * token after 20.01 s and leaves 9.99 s later, in mid-answer. */
static char *write_ten(const char *timeout) {
    char *text = memory_format(
        "{\"name\": \"ten\", \"duration\": \"10m\", \"deployments\": {\"d\": {\"model\": \"m\", "
        "\"accelerator\": \"H100\", \"weights_gb\": 16, \"client\": {\"preset\": \"python\", "
        "\"timeout\": \"%s\"}, \"profile\": {\"c0_ms\": 10, \"c_prefill_ms\": 0, \"c_decode_ms\": "
        "0, \"batch_slots\": 1, \"kv_capacity_tokens\": 1e8, \"request_overhead\": \"0s\"}, "
        "\"cold_start\": \"60s\", \"autoscaling\": {\"min_replica_count\": 1, "
        "\"max_replica_count\": 1}, \"traffic\": {\"type\": \"trace\", \"file\": \"ten.csv\", "
        "\"format\": \"vidur\"}}}, \"slo\": {\"ttft\": \"5s\"}}",
        timeout);
    char *rows = memory_text("arrived_at,num_prefill_tokens,num_decode_tokens\n");
    for (int i = 0; i < 10; i++) {
        char *longer = memory_format("%s%d,10,2000\n", rows, 10 * i);
        free(rows);
        rows = longer;
    }
    free(scratch_text(scratch, "ten.csv", rows));
    char *path = scratch_text(scratch, "ten.json", text);
    free(rows);
    free(text);
    return path;
}

static void expect_said(const char *text, const char *part) {
    cr_expect_not_null(strstr(text, part), "\"%s\" is not in: %s", part, text);
}

static bool is_null(const cJSON *object, const char *key) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert_not_null(found, "no %s", key);
    return cJSON_IsNull(found);
}

Test(cli_lost, a_run_says_never) {
    char *ten = write_ten("30s");
    ProgramResult result = RUN("run", ten);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    expect_said(result.output, "10: 2 completed (20.0 %), 8 abandoned");
    expect_said(result.output,
                "first token (TTFT)        20.0 s    20.0 s    20.0 s    20.0 s    17.0 s\n");
    expect_said(result.output,
                "whole answer (E2E)         never     never     never    30.0 s    25.0 s\n");
    expect_said(result.output,
                "never: 8 of 10 got no whole answer; max and mean are of the others\n");
    program_clear(&result);
    free(ten);
}

Test(cli_lost, json_has_null_and_the_share_beside_it) {
    char *ten = write_ten("30s");
    cJSON *json = expect_json(RUN("run", ten, "--json"));
    const cJSON *d = json_deployment(json, "d");
    cr_expect_float_eq(cli_json_number(d, "ttft_p95_s"), 20.01, 0.0201);
    cr_expect_eq(cli_json_number(d, "ttft_never_share"), 0);
    cr_expect(is_null(d, "e2e_p50_s") && is_null(d, "e2e_p95_s") && is_null(d, "tpot_p99_9_s"));
    cr_expect_eq(cli_json_number(d, "e2e_never_share"), 0.8);
    cr_expect_eq(cli_json_number(d, "e2e_count"), 2);
    cr_expect_eq(cli_json_number(d, "e2e_mean_s"), 25);
    cr_expect_eq(cli_json_number(d, "e2e_max_s"), 30);
    cJSON_Delete(json);
    free(ten);
}

/* Recomputed ----------------------------------------------------------------------------------- */

/* At zero first (503 until a replica serves), then too many: given up, abandoned with and without a
 * first token, and rejected (a prompt that never fits). A warm-up that some are sent in. */
static const char all_fates[] =
    "{'name':'fates','duration':'40m','interval':'2m','warmup':'5m','deployments':{'d':{"
    "'model':'m','accelerator':'H100','weights_gb':16,'client':{'preset':'custom','max_sends':4,"
    "'first_delay':'5s','factor':1.5,'timeout':'12s','retry_on':[503]},'profile':{'c0_ms':10,"
    "'c_prefill_ms':0.5,'c_decode_ms':0.1,'batch_slots':4,'kv_capacity_tokens':5000,"
    "'request_overhead':'0s'},'cold_start':'40s','autoscaling':{'min_replica_count':0,"
    "'max_replica_count':1,'scale_to_zero_window':'5m'},'traffic':{'type':'onoff','on':'3m',"
    "'off':'6m','on_rate_per_s':0.55,'prompt_tokens':{'distribution':'exponential','mean':1500},"
    "'output_tokens':{'distribution':'exponential','mean':500}}}}}";

typedef struct Sample {
    double *values;
    size_t count, room;
} Sample;

static void add(Sample *sample, double value) {
    sample->values =
        memory_grow(sample->values, sample->count, &sample->room, sizeof sample->values[0]);
    sample->values[sample->count++] = value;
}

static int by_size(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The nearest rank; NAN of nothing. */
static double quantile(Sample *sample, double share) {
    if (sample->count == 0) {
        return NAN;
    }
    qsort(sample->values, sample->count, sizeof sample->values[0], by_size);
    const size_t rank = (size_t)ceil(share * (double)sample->count - 1e-9);
    return sample->values[rank > 0 ? rank - 1 : 0];
}

/* A sample of requests.csv: those outside the warm-up that ended in [from, to). */
static Sample latencies(const char *column, double from, double to) {
    Sample sample = {0};
    ErrorList errors = {0};
    CsvReader reader;
    char *path = memory_format("%s/requests.csv", out);
    cr_assert(csv_reader_open(&reader, path, &errors));
    const size_t latency = csv_reader_need(&reader, column);
    const size_t ended = csv_reader_need(&reader, "ended_s");
    const size_t warm = csv_reader_need(&reader, "in_warmup");
    const size_t tokens = csv_reader_need(&reader, "output_tokens");
    while (csv_reader_next(&reader)) {
        const double at = csv_reader_number(&reader, ended);
        const double value = csv_reader_number(&reader, latency);
        const bool applies =
            strcmp(column, "tpot_s") != 0 || csv_reader_number(&reader, tokens) >= 2;
        if (at >= from && at < to && csv_reader_number(&reader, warm) == 0 && applies) {
            add(&sample, isnan(value) ? INFINITY : value);
        }
    }
    cr_assert(csv_reader_close(&reader));
    free(path);
    return sample;
}

static void expect_quantile(const char *name, double found, Sample *sample, double share) {
    const double expected = quantile(sample, share);
    cr_expect(isnan(expected)   ? isnan(found)
              : isinf(expected) ? found == expected
                                : fabs(found - expected) <= 1e-3 * expected + 1e-9,
              "%s: %g, not %g of %zu", name, found, expected, sample->count);
}

static const char *const metrics[] = {"ttft",       "tpot",    "e2e",   "retry_wait",
                                      "queue_wait", "prefill", "decode"};
static const struct {
    const char *name;
    double share;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99_9", 0.999}};

/* The columns of a row that are quantiles of requests that ended in [from, to); how many of them
 * are infinite. */
static size_t check_row(CsvReader *reader, double from, double to) {
    size_t infinite = 0;
    for (size_t m = 0; m < sizeof metrics / sizeof metrics[0]; m++) {
        char *column = memory_format("%s_s", metrics[m]);
        Sample sample = latencies(column, from, to);
        for (size_t q = 0; q < sizeof quantiles / sizeof quantiles[0]; q++) {
            char *name = memory_format("%s_%s_s", metrics[m], quantiles[q].name);
            const size_t place = csv_reader_find(reader, name);
            if (place != CSV_READER_ABSENT) {
                const double found = csv_reader_number(reader, place);
                expect_quantile(name, found, &sample, quantiles[q].share);
                infinite += isinf(found) ? 1 : 0;
            }
            free(name);
        }
        free(sample.values);
        free(column);
    }
    return infinite;
}

static size_t count_of(const cJSON *deployment, const char *fate) {
    return (size_t)cli_json_number(deployment, fate);
}

static void run_all_fates(void) {
    char *text = memory_text(all_fates);
    for (char *c = text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    char *path = scratch_text(scratch, "fates.json", text);
    cJSON *json = expect_json(RUN("run", path, "--json"));
    const cJSON *d = json_deployment(json, "d");
    cr_assert(count_of(d, "completed") > 50 && count_of(d, "given_up") > 0 &&
              count_of(d, "abandoned") > 20 && count_of(d, "rejected") > 5);
    cr_assert_lt(cli_json_number(d, "ttft_never_share"), cli_json_number(d, "e2e_never_share"));
    cJSON_Delete(json);
    ProgramResult result = RUN("run", path, "--requests", "--out", out);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    expect_said(result.output, " got no whole answer, ");
    expect_said(result.output, " no first token; max and mean are of the others\n");
    program_clear(&result);
    free(path);
    free(text);
}

Test(cli_lost, quantiles_are_those_of_requests_csv) {
    run_all_fates();
    ErrorList errors = {0};
    CsvReader reader;
    char *path = memory_format("%s/summary.csv", out);
    cr_assert(csv_reader_open(&reader, path, &errors) && csv_reader_next(&reader));
    const size_t infinite = check_row(&reader, 0, INFINITY);
    cr_assert(infinite >= 6 && infinite <= 29, "%zu infinite", infinite);
    cr_assert(csv_reader_close(&reader));
    free(path);
}

Test(cli_lost, quantiles_of_an_interval_too) {
    run_all_fates();
    ErrorList errors = {0};
    CsvReader reader;
    char *path = memory_format("%s/timeseries.csv", out);
    size_t infinite = 0, rows = 0;
    cr_assert(csv_reader_open(&reader, path, &errors));
    const size_t time = csv_reader_need(&reader, "time_s");
    const size_t interval = csv_reader_need(&reader, "interval_s");
    while (csv_reader_next(&reader)) {
        const double from = csv_reader_number(&reader, time);
        infinite += check_row(&reader, from, from + csv_reader_number(&reader, interval));
        rows++;
    }
    cr_assert(rows >= 20 && infinite > 20, "%zu rows, %zu infinite", rows, infinite);
    cr_assert(csv_reader_close(&reader));
    free(path);
}

/* The cumulative share of each metric ends with those that never came to its end. */
Test(cli_lost, a_distribution_ends_below_all) {
    char *ten = write_ten("30s");
    ProgramResult result = RUN("run", ten, "--out", out);
    program_clear(&result);
    size_t length;
    char *text = folder_file_bytes(out, "latency_histogram.csv", &length);
    expect_said(text, "\nd,e2e,29.997662208,30.03121664,1,0.2\nd,e2e,inf,inf,8,1\nd,ttft_without");
    cr_expect_null(strstr(text, "d,ttft,inf"), "everybody saw a first token");
    free(text);
    free(ten);
}

/* Several runs --------------------------------------------------------------------------------- */

static char *write_goal(const char *minima) {
    char *text = memory_format(
        "{\"scenario\": \"ten.json\", \"slo\": [\"e2e_p95_s <= 1m\", \"given_up_share <= 0.1%%\"], "
        "\"options\": [{\"option\": \"deployments.d.autoscaling.min_replica_count\", \"values\": "
        "%s}, {\"option\": \"deployments.d.autoscaling.max_replica_count\", \"values\": [2]}]}",
        minima);
    char *goal = scratch_text(scratch, "goal.json", text);
    free(text);
    return goal;
}

static ProgramResult optimize(const char *minima, const char *more) {
    char *goal = write_goal(minima);
    const ProgramResult result = RUN("optimize", goal, more);
    free(goal);
    return result;
}

static ProgramResult optimize_into(const char *minima) {
    char *goal = write_goal(minima);
    const ProgramResult result = RUN("optimize", goal, "--out", out);
    free(goal);
    return result;
}

/* One replica is cheaper, and answers 2 of 10. */
Test(cli_lost, optimize_takes_a_policy_that_answers) {
    char *ten = write_ten("30s");
    cJSON *json = expect_json(optimize("[1, 2]", "--json"));
    const cJSON *winner = cJSON_GetObjectItemCaseSensitive(json, "winner");
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(winner, "options");
    cr_expect_str_eq(
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(options, "min_replica_count")), "2");
    cJSON_Delete(json);
    ProgramResult result = optimize("[1]", "--json");
    expect_said(result.output, "\"never_share\": 1\n"); /* beside the null */
    program_clear(&result);
    result = optimize("[1]", NULL);
    expect_said(result.output, "No policy within these bounds was found to meet the objectives");
    expect_said(result.output, "e2e_p95_s <= 1m: never");
    program_clear(&result);
    free(ten);
}

Test(cli_lost, compare_has_no_false_number) {
    char *patient = write_ten("10m");
    char *other = scratch_path(scratch, "patient.json");
    cr_assert_eq(rename(patient, other), 0);
    char *ten = write_ten("30s");
    ProgramResult result = RUN("compare", other, ten, "--replications", "3", "--out", out);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    expect_said(result.output, "  got no whole answer ");
    expect_said(result.output, " never ");
    expect_said(result.output, " to never *\n");
    expect_said(result.output, "raises p95 E2E from 110 s to never (never in 3 of 3");
    program_clear(&result);
    size_t length;
    char *text = folder_file_bytes(out, "comparison.csv", &length);
    expect_said(text, "\nd,e2e_p95_s,110,inf\n");
    free(text);
    text = folder_file_bytes(out, "statistics.csv", &length);
    expect_said(text, "\nd,e2e_p95_s,ten,3,inf,inf,inf,inf,inf,inf,");
    free(text);
    result = RUN("compare", ten, other, "--replications", "3");
    expect_said(result.output, "cuts p95 E2E from never to 110 s");
    expect_said(result.output, " from never *\n");
    program_clear(&result);
    result = RUN("compare", other, ten, "--replications", "1");
    expect_said(result.output, "never   to never\n");
    program_clear(&result);
    free(ten);
    free(other);
    free(patient);
}

/* Read again ----------------------------------------------------------------------------------- */

static void expect_drawn(const char *const pictures[]) {
    ProgramResult result = RUN("plot", out);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    cr_expect(strncmp(result.errors, "Pictures: ", 10) == 0 &&
                  strchr(result.errors, '\n') == strrchr(result.errors, '\n'),
              "gnuplot complains: %s", result.errors);
    program_clear(&result);
    for (size_t i = 0; pictures[i] != NULL; i++) {
        size_t length;
        char *picture = folder_file_bytes(out, pictures[i], &length);
        cr_assert_not_null(picture, "%s", pictures[i]);
        expect_said(picture, ">never");
        free(picture);
    }
    result = RUN("report", out);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    size_t length;
    char *page = folder_file_bytes(out, "report.html", &length);
    expect_said(page, "1e999"); /* Infinity, as a script reads it */
    free(page);
}
#define DRAWN(...) expect_drawn((const char *const[]){__VA_ARGS__, NULL})

static bool has_gnuplot(void) {
    return system("gnuplot --version >/dev/null 2>&1") == 0;
}

static void skip_without_gnuplot(void) {
    if (!has_gnuplot()) {
        cr_skip_test("gnuplot is not installed");
    }
}

Test(cli_lost, pictures_and_page_of_a_run) {
    skip_without_gnuplot();
    run_all_fates();
    DRAWN("plots/run-d.svg", "plots/latency-d.svg");
    ProgramResult result = RUN("explain", out);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    expect_said(result.output, "p95 TTFT never, p95 E2E never");
    program_clear(&result);
}

Test(cli_lost, pictures_and_page_of_a_comparison) {
    skip_without_gnuplot();
    char *patient = write_ten("10m");
    char *other = scratch_path(scratch, "patient.json");
    cr_assert_eq(rename(patient, other), 0);
    char *ten = write_ten("30s");
    ProgramResult result = RUN("compare", other, ten, "--replications", "3", "--out", out);
    program_clear(&result);
    size_t length;
    result = RUN("plot", out);
    program_clear(&result);
    char *picture = folder_file_bytes(out, "plots/differences-d.svg", &length);
    expect_said(picture, ">to never<");
    free(picture);
    DRAWN("plots/comparison-d.svg");
    free(ten);
    free(other);
    free(patient);
}

Test(cli_lost, pictures_and_page_of_a_search) {
    skip_without_gnuplot();
    char *ten = write_ten("30s");
    ProgramResult result = optimize_into("[1, 2]");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    DRAWN("plots/front.svg");
    free(ten);
}

static const char sweep_text[] =
    "{\"scenario\": \"ten.json\", \"replications\": 2, \"axes\": ["
    "{\"option\": \"deployments.d.autoscaling.max_replica_count\", \"values\": [1, 4]},"
    "{\"option\": \"deployments.d.client.timeout\", \"values\": [\"30s\", \"10m\"]}]}";

/* In every replication: then there is nothing to be unsure of. */
Test(cli_lost, a_sweep_that_never_answers) {
    char *ten = write_ten("5ms");
    char *file = scratch_text(scratch, "sweep.json",
                              "{\"scenario\": \"ten.json\", \"replications\": 2, \"axes\": ["
                              "{\"option\": \"deployments.d.autoscaling.max_replica_count\","
                              " \"values\": [1, 4]}]}");
    ProgramResult result = RUN("sweep", file, "--out", out);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    expect_said(result.output, "                 never     0.0 %  and 1 cell alike\n");
    program_clear(&result);
    free(file);
    free(ten);
}

/* What a sweep reads again of its cells is what it wrote. */
Test(cli_lost, a_sweep_and_its_pictures) {
    skip_without_gnuplot();
    char *ten = write_ten("30s"), *file = scratch_text(scratch, "sweep.json", sweep_text);
    ProgramResult result = RUN("sweep", file, "--out", out);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    size_t length;
    char *before = folder_file_bytes(out, "aggregate.csv", &length);
    expect_said(before, "\n0,1,30s,d,2,");
    expect_said(before, ",inf,inf,inf,");
    result = RUN("sweep", file, "--out", out, "--resume");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    char *after = folder_file_bytes(out, "aggregate.csv", &length);
    cr_expect_str_eq(before, after);
    free(before);
    free(after);
    DRAWN("plots/heat-map-d.svg");
    free(file);
    free(ten);
}

Test(cli_lost, a_sweep_along_one_axis) {
    skip_without_gnuplot();
    char *ten = write_ten("30s");
    char *file = scratch_text(scratch, "sweep.json",
                              "{\"scenario\": \"ten.json\", \"replications\": 2, \"axes\": [{"
                              "\"option\": \"deployments.d.client.timeout\", \"values\": "
                              "[\"30s\", \"1m\", \"10m\"]}]}");
    ProgramResult result = RUN("sweep", file, "--out", out);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    DRAWN("plots/front-d.svg");
    size_t length;
    char *picture = folder_file_bytes(out, "plots/curves-d.svg", &length);
    expect_said(picture, "\u25b2 never");
    free(picture);
    free(file);
    free(ten);
}

Test(cli_lost, no_precision_of_what_is_never_reached) {
    char *ten = write_ten("30s"), *other = scratch_path(scratch, "other.json");
    cr_assert_eq(rename(ten, other), 0);
    free(ten);
    ten = write_ten("10m");
    REFUSED(RUN("compare", other, ten, "--replications", "auto", "--precision", "e2e_p95_s=1",
                "--out", out),
            "--precision: found a metric that has no value in these runs, or is never reached");
    free(ten);
    free(other);
}
