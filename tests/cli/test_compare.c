// SPDX-License-Identifier: GPL-3.0-or-later
/* `compare`: a column for each scenario or preset, on the same traffic; and `plot`'s refusals. */
#include "cli/cli_checks.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCALE_FROM_ZERO "scenarios/scale-from-zero.json"
#define DELETED "scenarios/auto-delete.json"
#define CROWD "scenarios/flash-crowd.json", "--set", "duration=20m"
#define LONG_CROWD "scenarios/flash-crowd.json", "--set", "duration=2h"

#define CONSTANT                                                                                   \
    "{\"type\": \"constant\", \"rate_per_s\": 0.01, \"prompt_tokens\": 10, \"output_tokens\": 10}"
/* An hour of an H100 whose price is given. */
#define PRICED(PRICE)                                                                              \
    "{\"duration\": \"1h\", \"deployments\": {\"chat\": {\"model\": \"llama-v3p1-8b-instruct\", "  \
    "\"accelerator\": \"H100\", \"usd_per_gpu_hour\": " PRICE                                      \
    ", \"autoscaling\": {\"min_replica_count\": 1}, \"traffic\": " CONSTANT "}}}"

static char *scratch, *out;

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "out");
}

static void tear_down(void) {
    free(out);
    scratch_remove(scratch);
}

TestSuite(cli_compare, .init = set_up, .fini = tear_down);

/* Both runs are in comparison.csv and have a folder; nothing else is there. */
static void expect_comparison(const char *one, const char *other) {
    char *text = folder_file_bytes(out, "comparison.csv", NULL);
    cr_assert_not_null(text, "there is no comparison.csv");
    cr_assert_not_null(strstr(text, one), "%s is not in: %s", one, text);
    cr_assert_not_null(strstr(text, other), "%s is not in: %s", other, text);
    free(text);
    char *folder = scratch_path(out, one), *other_folder = scratch_path(out, other);
    cr_assert(file_exists(folder) && file_exists(other_folder));
    free(folder);
    free(other_folder);
    cr_assert_eq(folder_count(scratch), 1, "something is left beside the output");
}

static void expect_in_order(const char *text, const char *first, const char *second) {
    const char *at = strstr(text, first);
    cr_assert(at != NULL && strstr(at, second) != NULL, "no \"%s\" before \"%s\" in: %s", first,
              second, text);
}

Test(cli_compare, presets_by_their_names) {
    ProgramResult result = RUN("compare", SCALE_FROM_ZERO, "--preset", "performance", "--preset",
                               "cost-optimization", "--out", out);
    expect_in_order(result.output, "performance", "cost-optimization");
    expect_done(result);
    expect_comparison("performance", "cost-optimization");
}

Test(cli_compare, each_run_has_its_verdict_first) {
    cJSON *json = expect_json(RUN("run", SCALE_FROM_ZERO, "--json", "--preset", "performance"));
    const cJSON *verdict = cJSON_GetObjectItem(json, "verdicts")->child;
    char *line = memory_format("performance, %s: %s: %s\n", verdict->string,
                               cJSON_GetObjectItem(verdict, "verdict")->valuestring,
                               cJSON_GetObjectItem(verdict, "reason")->valuestring);
    ProgramResult result = RUN("compare", SCALE_FROM_ZERO, "--preset", "performance", "--preset",
                               "cost-optimization", "--replications", "1");
    cr_assert_eq(strncmp(result.output, line, strlen(line)), 0, "%s does not begin: %.300s", line,
                 result.output);
    expect_done(result);
    free(line);
    cJSON_Delete(json);
}

Test(cli_compare, scenarios_by_their_names) {
    ProgramResult result = RUN("compare", SCALE_FROM_ZERO, DELETED, "--out", out);
    expect_in_order(result.output, "scale-from-zero", "auto-delete");
    cr_assert_eq(result.status, 0);
    cr_assert_not_null(
        strstr(result.errors, "note: auto-delete has other traffic than scale-from-zero"));
    program_clear(&result);
    expect_comparison("scale-from-zero", "auto-delete");
}

Test(cli_compare, the_same_name_twice_gets_a_number) {
    expect_done(RUN("compare", SCALE_FROM_ZERO, SCALE_FROM_ZERO, "--out", out));
    expect_comparison("scale-from-zero", "scale-from-zero-2");
}

Test(cli_compare, a_column_is_what_run_gives) {
    char *alone = scratch_path(scratch, "alone"), *column = scratch_path(out, "performance");
    expect_done(RUN("compare", SCALE_FROM_ZERO, "--preset", "cost-optimization", "--preset",
                    "performance", "--quiet", "--out", out, "--seed", "3"));
    expect_done(RUN("run", SCALE_FROM_ZERO, "--preset", "performance", "--quiet", "--out", alone,
                    "--seed", "3"));
    expect_same_files(alone, column, result_files);
    free(alone);
    free(column);
}

Test(cli_compare, a_column_for_each_value_of_an_option) {
    char *folder = scratch_path(out, "scale_down_window=1m,window_rule=delay");
    cJSON *json = expect_json(RUN("compare", SCALE_FROM_ZERO, "--vary", "scale-down-window=1m,10m",
                                  "--vary", "window_rule=sustain,delay", "--replications", "1",
                                  "--json", "--out", out));
    cr_expect(file_exists(folder));
    free(folder);
    cJSON_Delete(json);
    ProgramResult result =
        RUN("compare", SCALE_FROM_ZERO, "--replications", "1", "--vary",
            "{\"option\": \"deployments.*.autoscaling.scale_up_window\", \"from\": \"10s\", "
            "\"to\": \"30s\", \"step\": \"10s\"}");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    cr_expect_not_null(strstr(result.output, "scale_up_window=30s"));
    program_clear(&result);
}

/* Each as like the deployment as its options allow, which is told. */
Test(cli_compare, a_column_for_each_policy) {
    char *ray = scratch_path(out, "ray_serve/scenario.json");
    ProgramResult result = RUN("compare", CROWD, "--policy", "fireworks,hpa,keda,ray_serve",
                               "--replications", "1", "--out", out);
    cr_expect_eq(result.status, 0, "%s", result.errors);
    cr_expect_not_null(strstr(result.errors, "chat: hpa has {\"maxReplicas\": 12, "
                                             "\"minReplicas\": 1, \"metrics\": [{\"type\": "
                                             "\"pods\", \"name\": \"requests\", \"target\": "
                                             "16}]}"),
                       "%s", result.errors);
    char *text = file_bytes(ray, NULL);
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, "\"target_ongoing_requests\": 16"));
    free(text);
    free(ray);
    program_clear(&result);
    REFUSED(RUN("compare", CROWD, "--policy", "fireworks,hpaa"), "did you mean \"hpa\"?");
    REFUSED(RUN("compare", CROWD, "--policy", "dynamo"), "a scenario of its own");
    REFUSED(RUN("compare", CROWD, "--policy", "hpa,hpa"), "each once");
    REFUSED(RUN("compare", "scenarios/predictable-traffic.json", "--policy", "hpa"),
            "concurrent_requests");
}

static const char one_length[] =
    "{\"name\": \"one\", \"duration\": \"10m\", \"deployments\": {\"d\": {"
    "\"accelerator\": \"H100\", \"cold_start\": \"30s\", "
    "\"profile\": {\"c0_ms\": 10, \"c_prefill_ms\": 0.01, \"c_decode_ms\": 0.1, "
    "\"batch_slots\": 64, \"kv_capacity_tokens\": 100000}, "
    "\"autoscaling\": {\"max_replica_count\": 4}, \"traffic\": [%s]}}}";
#define LENGTHS "\"prompt_tokens\": %d, \"output_tokens\": 1000"
#define STEADY "{\"type\": \"poisson\", \"rate_per_s\": 1, " LENGTHS "}"
#define USERS "{\"type\": \"closed_loop\", \"users\": 5, \"think_time\": \"1s\", " LENGTHS "}"

/* The requests per replica that a default load of 0.8 stands for with that traffic, as ray_serve
 * has it. */
static void expect_like_load(const char *traffic, int prompt, const char *change,
                             const char *target, const char *why) {
    char *of_length = memory_format(traffic, prompt);
    char *text = memory_format(one_length, of_length);
    char *file = scratch_text(scratch, "one.json", text);
    ProgramResult result =
        RUN("compare", file, "--policy", "ray_serve", "--replications", "1", "--set", change);
    cr_expect_eq(result.status, 0, "%s", result.errors);
    char *words = memory_format("\"target_ongoing_requests\": %s}", target);
    cr_expect_not_null(strstr(result.errors, words), "%s, expected %s", result.errors, words);
    cr_expect_eq(strstr(result.errors, "KV memory fills") != NULL, why != NULL, "%s",
                 result.errors);
    cr_expect(why == NULL || strstr(result.errors, why) != NULL, "%s", result.errors);
    free(words);
    program_clear(&result);
    free(file);
    free(text);
    free(of_length);
}

/* 0.8 of 64 slots, or of 100,000 tokens by those that a request holds in the mean: its prompt and
 * half of its output. */
Test(cli_compare, a_default_load_is_of_what_fills_first) {
    expect_like_load(STEADY, 500, "seed=1", "51", NULL);
    expect_like_load(STEADY, 4500, "seed=1", "16", "holds 5,000 tokens in the mean): ");
    expect_like_load(USERS, 4500, "seed=1", "16", "a replica at its load target has 16");
    expect_like_load(STEADY, 4500, "deployments.d.autoscaling.load_signal=slots", "51", NULL);
    expect_like_load(STEADY, 4500, "deployments.d.autoscaling.load_signal=kv", "16", "5,000");
    expect_like_load(STEADY, 4500,
                     "deployments.d.autoscaling.load_targets={\"concurrent_requests\": 20}", "20",
                     NULL);
    expect_like_load(STEADY, 99000, "seed=1", "1", "has 1");
    REFUSED(RUN("compare", "scenarios/demo.json", "--policy", "hpa", "--set",
                "deployments.chat.traffic=[{\"type\": \"trace\", \"file\": \"-\"}]"),
            "a recording that can be read but once");
}

/* Longer requests stay longer, so that more of those in flight are long. */
Test(cli_compare, a_default_load_is_of_requests_in_flight) {
    expect_like_load("{\"type\": \"poisson\", \"rate_per_s\": 1, \"prompt_tokens\": %d, "
                     "\"output_tokens\": {\"distribution\": \"empirical\", \"values\": [2, 1998]}}",
                     4500, "seed=1", "14", "has 14");
}

static double number_in(const cJSON *object, const char *key) {
    const cJSON *number = cJSON_GetObjectItem(object, key);
    cr_assert(cJSON_IsNumber(number), "%s", key);
    return number->valuedouble;
}

/* What it pays is what it would have paid and what it has not known. */
Test(cli_compare, the_price_of_not_knowing) {
    cJSON *json = expect_json(RUN("compare", LONG_CROWD, "--policy", "fireworks,foresight,hpa",
                                  "--replications", "2", "--json", "--out", out));
    const cJSON *first = json->child;
    const cJSON *price =
        cJSON_GetObjectItem(cJSON_GetObjectItem(first, "price_of_not_knowing"), "chat");
    cr_assert_not_null(price);
    cr_expect_gt(number_in(price, "price_usd"), 0);
    cr_expect_float_eq(number_in(price, "paid_usd") - number_in(price, "least_usd"),
                       number_in(price, "price_usd"), 1e-6);
    cr_expect_str_eq(cJSON_GetObjectItem(price, "against")->valuestring, "foresight");
    for (const cJSON *other = first->next; other != NULL; other = other->next) {
        cr_expect_null(cJSON_GetObjectItem(other, "price_of_not_knowing")->child);
    }
    char *verdict = folder_file_bytes(out, "verdict.json", NULL);
    cr_expect_not_null(strstr(verdict, cJSON_GetObjectItem(price, "text")->valuestring));
    free(verdict);
    cJSON_Delete(json);
}

/* The rest is that of the other load target. */
Test(cli_compare, how_much_of_a_difference_is_not_knowing) {
    ProgramResult result = RUN("compare", LONG_CROWD, "--vary", "concurrent_requests=16,8",
                               "--policy", "fireworks,foresight", "--replications", "1");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    cr_expect_not_null(strstr(result.output, "Against whoever knows what comes"), "%s",
                       result.output);
    cr_expect_not_null(strstr(result.output, "a day more than fireworks-concurrent_requests=16"),
                       "%s", result.output);
    program_clear(&result);
    REFUSED(RUN("compare", "scenarios/autoscalers/hpa.json", "--policy", "foresight"),
            "deployments of fireworks");
    REFUSED(RUN("compare", "scenarios/chat-conversations.json", "--policy", "foresight"),
            "traffic whose users wait for their answers");
}

Test(cli_compare, mistakes_in_what_varies) {
    REFUSED(RUN("compare", CROWD, "--vary", "scale_down_windo=1m"),
            "did you mean \"scale_down_window\"?");
    REFUSED(RUN("compare", CROWD, "--vary", "scale_down_window"), "an option and its values");
    REFUSED(RUN("compare", CROWD, "--vary", "scale_down_window=1m,2h"), "at most 1h");
    REFUSED(
        RUN("compare", CROWD, "--vary", "scale_down_window=1m", "--vary", "scale_down_window=2m"),
        "each option on one axis");
    REFUSED(RUN("compare", CROWD, "--vary",
                "{\"option\": \"deployments.*.autoscaling.scale_up_window\", \"from\": \"1s\", "
                "\"to\": \"9s\", \"step\": \"100ms\"}"),
            "more than 64 columns");
    REFUSED(RUN("compare", CROWD, "--scale-down-window", "1m", "--scale-down-window", "2m"),
            "--vary scale-down-window=1m,2m");
}

Test(cli_compare, json_and_quiet) {
    cJSON *json = expect_json(RUN("compare", CROWD, "scenarios/flash-crowd.json", "--json",
                                  "--replications", "3", "--seed", "4"));
    cr_assert_eq(cJSON_GetArraySize(json), 2);
    const cJSON *second = cJSON_GetArrayItem(json, 1);
    const cJSON *cost = cJSON_GetObjectItem(
        json_deployment(cJSON_GetObjectItem(second, "summary"), "chat"), "total_usd");
    cr_assert(cJSON_IsNumber(cost));
    const cJSON *statistics = cJSON_GetObjectItem(
        cJSON_GetObjectItem(cJSON_GetObjectItem(second, "statistics"), "chat"), "total_usd");
    cr_assert_eq(cli_json_number(statistics, "replications"), 3);
    cr_assert_eq(cli_json_number(statistics, "difference"), 0);
    cr_assert_str_eq(cJSON_GetObjectItem(statistics, "verdict")->valuestring, "the same");
    cr_assert_eq(cJSON_GetArraySize(cJSON_GetObjectItem(second, "verdicts")), 1);
    cJSON_Delete(json);
    ProgramResult result = RUN("compare", SCALE_FROM_ZERO, DELETED, "--quiet");
    cr_assert_str_empty(result.output);
    expect_done(result);
}

Test(cli_compare, one_bad_scenario_and_nothing_is_run) {
    REFUSED(RUN("compare", SCALE_FROM_ZERO, "no-such.json", "--out", out), "no-such.json");
    REFUSED(RUN("compare", SCALE_FROM_ZERO, "--preset", "perfomance", "--out", out),
            "did you mean \"performance\"?");
    cr_assert_eq(folder_count(scratch), 0);
}

Test(cli_compare, a_failure_in_the_second_run_leaves_nothing) {
    char *trace = scratch_text(scratch, "bad.csv",
                               "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                               "2023-11-16 18:17:03.9799600,10,20\n"
                               "2023-11-16 18:17:04.9799600,x,20\n");
    REFUSED(RUN("compare", "scenarios/azure-code.json", "--preset", "performance", "--preset",
                "cost-optimization", "--out", out, "--trace", trace),
            "bad.csv:3:29: ContextTokens: found \"x\"");
    cr_assert_eq(folder_count(scratch), 1);
    free(trace);
}

/* Replications --------------------------------------------------------------------------------- */

#define TWO_PRESETS CROWD, "--preset", "cost-optimization", "--preset", "performance"

/* Rows of a CSV in the output whose first fields are these. */
static size_t rows_of(const char *name, const char *begins) {
    char *text = folder_file_bytes(out, name, NULL);
    cr_assert_not_null(text, "there is no %s", name);
    size_t count = 0;
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        count += strncmp(line, begins, strlen(begins)) == 0;
    }
    free(text);
    return count;
}

Test(cli_compare, replications_give_intervals_and_a_verdict) {
    ProgramResult result = RUN("compare", TWO_PRESETS, "--replications", "4", "--out", out);
    expect_in_order(result.output, " ± ", "Against cost-optimization\n  performance costs $");
    expect_in_order(result.output, "4 replications (0 to 3) on common random numbers", "95 %");
    expect_in_order(result.output, "Holm's correction", "Left to chance, and so replicated: ");
    expect_done(result);
    expect_comparison("cost-optimization", "performance");
    cr_assert_eq(rows_of("replications.csv", "cost-optimization,"), 4);
    cr_assert_eq(rows_of("replications.csv", "performance,3,chat,"), 1);
    cr_assert_eq(rows_of("statistics.csv", "chat,total_usd,"), 2);
    cr_assert_eq(rows_of("statistics.csv",
                         "deployment,metric,run,replications,mean,mean_low,mean_high,difference,"
                         "difference_low,difference_high,p_value,p_adjusted,verdict"),
                 1);
    cr_assert_eq(rows_of("statistics.csv", "chat,total_usd,performance,4,"), 1);
}

Test(cli_compare, one_replication_says_nothing_of_chance) {
    ProgramResult result = RUN("compare", TWO_PRESETS, "--replications", "1");
    cr_assert_not_null(strstr(result.output, "One replication: how much of a difference is chance "
                                             "cannot be said."));
    cr_assert_null(strstr(result.output, "±"));
    expect_done(result);
    result = RUN("compare", CROWD, "--replications", "1");
    cr_assert_not_null(strstr(result.output, "how much of these figures is chance"));
    expect_done(result);
    result = RUN("compare", TWO_PRESETS, "--replications", "1", "--set",
                 "deployments.*.cold_start=60s", "--set", "deployments.*.traffic=" CONSTANT);
    cr_assert_not_null(strstr(result.output, "Nothing is left to chance: the figures are exact"));
    cr_assert_null(strstr(result.output, "eplication"), "%s", result.output);
    expect_done(result);
}

/* One replication of a week, with intervals over its days. */
Test(cli_compare, one_replication_is_not_spoken_of_as_several) {
    ProgramResult result = RUN("compare", TWO_PRESETS, "--replications", "1", "--bootstrap", "days",
                               "--set", "duration=5d", "--set", "deployments.*.traffic=" CONSTANT,
                               "--set", "deployments.*.cold_start=60s");
    expect_in_order(result.output, "he same on every day", "1 replication (0) on common");
    cr_assert_null(strstr(result.output, "in every replication"), "%s", result.output);
    cr_assert_not_null(strstr(result.output, "Left to chance: nothing."));
    expect_done(result);
}

/* Three parts in a thousand of the price are told as nothing, unless asked for. */
Test(cli_compare, what_is_within_the_indifference_is_equal) {
    char *dear = scratch_text(scratch, "dear.json", PRICED("8.024"));
    char *usual = scratch_text(scratch, "usual.json", PRICED("8"));
    ProgramResult result = RUN("compare", usual, dear, "--replications", "2");
    expect_in_order(result.output, "+$0.0240 \u2248", "equal within 0.5 %: cost (+$0.");
    expect_in_order(result.output, "whole interval, within 0.5 % of usual", "");
    expect_done(result);
    result = RUN("compare", usual, dear, "--replications", "2", "--indifference", "0.001");
    expect_in_order(result.output, "+$0.0240 *", "dear costs $0.");
    expect_done(result);
    REFUSED(RUN("compare", usual, dear, "--indifference", "5%"), "--indifference",
            "a share from 0 to 0.5");
    free(usual);
    free(dear);
}

Test(cli_compare, the_number_of_jobs_changes_nothing) {
    char *other = scratch_path(scratch, "other");
    expect_done(RUN("compare", TWO_PRESETS, "--quiet", "--replications", "auto", "--precision",
                    "ttft_p95_s=5%", "--most", "33", "--out", out, "--jobs", "1"));
    expect_done(RUN("compare", TWO_PRESETS, "--quiet", "--replications", "auto", "--precision",
                    "ttft_p95_s=5%", "--most", "33", "--out", other, "--jobs", "5"));
    static const char *const files[] = {"comparison.csv", "statistics.csv", "replications.csv",
                                        NULL};
    expect_same_files(out, other, files);
    free(other);
}

Test(cli_compare, auto_goes_on_until_it_is_precise_or_has_had_the_most) {
    ProgramResult result =
        RUN("compare", CROWD, "--replications", "auto", "--precision", "total_usd=5%");
    expect_in_order(result.output, "10 replications", "Precision reached: total_usd");
    expect_done(result);
    result = RUN("compare", CROWD, "--replications", "auto", "--precision", "ttft_p95_s=0.000001",
                 "--most", "12");
    expect_in_order(result.output, "12 replications", "Precision not reached: ttft_p95_s");
    expect_done(result);
    REFUSED(RUN("compare", SCALE_FROM_ZERO, "--replications", "auto", "--precision",
                "slo_attainment=1%", "--set", "slo={}"),
            "--precision: found a metric that has no value in these runs");
}

Test(cli_compare, without_chance_no_interval_is_pretended) {
    char *tiny = scratch_text(scratch, "tiny.json", tiny_scenario);
    ProgramResult result =
        RUN("compare", tiny, tiny, "--set", "deployments.*.client=none", "--replications", "3");
    cr_assert_not_null(strstr(result.output, "Nothing is left to chance: all 3 replications"));
    cr_assert_null(strstr(result.output, "±"));
    expect_done(result);
    free(tiny);
}

Test(cli_compare, a_recording_is_the_same_day_in_every_replication) {
    ProgramResult result = RUN("compare", "scenarios/azure-code.json", "--preset", "performance",
                               "--preset", "cost-optimization", "--replications", "2");
    for (char *c = result.output; *c; c++) {
        *c = *c == '\n' ? ' ' : *c;
    }
    cr_assert_not_null(strstr(result.output, "The traffic is the recording itself in every "
                                             "replication: the intervals tell nothing about "
                                             "another day. Days are not resampled: the runs have 0 "
                                             "whole days, and 5 are the least."));
    expect_done(result);
}

/* Six days, each with one request more than the one before. */
Test(cli_compare, days_of_a_long_recording_are_drawn) {
    char rows[4096] = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
    for (int day = 0; day < 6; day++) {
        for (int i = 0; i <= day; i++) {
            char row[64];
            snprintf(row, sizeof row, "2023-11-%02d %02d:17:03.9799600,%d,20\n", 16 + day, 8 + i,
                     100 + 300 * day);
            strcat(rows, row);
        }
    }
    char *trace = scratch_text(scratch, "days.csv", rows);
    ProgramResult result =
        RUN("compare", "scenarios/azure-code.json", "--preset", "performance", "--preset",
            "cost-optimization", "--replications", "2", "--trace", trace, "--set", "duration=6d");
    expect_in_order(result.output, "requests  ", "21 ± ");
    /* from 08:17 on the first day to 08:17 after the last */
    expect_in_order(result.output, "each cut into 5 days", "other days like these");
    expect_done(result);
    result = RUN("compare", "scenarios/azure-code.json", "--preset", "performance", "--preset",
                 "cost-optimization", "--replications", "2", "--trace", trace, "--set",
                 "duration=6d", "--bootstrap", "none");
    cr_assert_null(strstr(result.output, "each cut into"));
    expect_done(result);
    free(trace);
}

/* The value of a column in the first row that begins with `row`. */
static double csv_value(const char *folder, const char *name, const char *row, const char *column) {
    char *text = folder_file_bytes(folder, name, NULL);
    cr_assert_not_null(text);
    const char *line = strstr(text, row), *header = text;
    cr_assert_not_null(line, "%s lacks %s", name, row);
    line++;
    while (strcspn(header, ",\n") != strlen(column) ||
           strncmp(header, column, strlen(column)) != 0) {
        header += strcspn(header, ",\n");
        cr_assert_eq(*header, ',', "%s lacks %s", name, column);
        header++;
        line = strchr(line, ',') + 1;
    }
    const double value = strtod(line, NULL);
    free(text);
    return value;
}

/* A week from 00:00:20 on Monday to 23:59:39 on Sunday: seven days, in every file; and one that
 * goes on until the Monday's noon. */
Test(cli_compare, the_last_day_of_a_log_counts) {
    static const char *const ends[] = {"2026-11-22 23:59:39,100,20\n",
                                       "2026-11-23 12:00:00,100,20\n"};
    char rows[4096] = "TIMESTAMP,ContextTokens,GeneratedTokens\n2026-11-16 00:00:20,100,20\n";
    for (int day = 0; day < 7; day++) {
        for (int i = 0; i <= day; i++) {
            char row[64];
            snprintf(row, sizeof row, "2026-11-%02d %02d:17:03,100,20\n", 16 + day, 8 + i);
            strcat(rows, row);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        char *log = memory_format("%s%s", rows, ends[i]);
        char *trace = scratch_text(scratch, "week.csv", log);
        ProgramResult result =
            RUN("compare", "scenarios/azure-code.json", "--preset", "performance", "--replications",
                "2", "--trace", trace, "--out", out, "--force");
        expect_in_order(result.output, "each cut into 7 days", "Time 0 is 2026-11-16T00:00:20Z.");
        cr_expect_eq(strstr(result.output, "beyond whole days") != NULL, i == 1);
        expect_done(result);
        cr_expect_eq(csv_value(out, "replications.csv", "\nperformance,0,code", "requests"), 30);
        cr_expect_eq(csv_value(out, "comparison.csv", "\ncode,requests", "performance"), 30);
        cr_expect_eq(csv_value(out, "statistics.csv", "\ncode,requests,performance", "mean"), 30);
        cr_expect_eq(csv_value(out, "performance/summary.csv", "\ncode,", "requests"), 30);
        const double span = csv_value(out, "performance/summary.csv", "\ncode,", "span_s");
        cr_expect_float_eq(span, i == 0 ? 7 * 86400 - 41 : 7.5 * 86400 - 20, 1e-6);
        cr_expect_float_eq(csv_value(out, "comparison.csv", "\ncode,span_s", "performance"), span,
                           1e-6);
        free(log);
        free(trace);
    }
}

Test(cli_compare, mistakes_in_the_options) {
    REFUSED(RUN("compare", SCALE_FROM_ZERO, "--replications", "0", "--confidence", "95", "--jobs",
                "none", "--bootstrap", "day"),
            "--replications: found 0", "--confidence: found 95", "--jobs: found none",
            "did you mean \"days\"?", "4 errors");
    REFUSED(RUN("compare", SCALE_FROM_ZERO, "--precision", "total_usd=1%"),
            "expected --replications auto beside it");
    REFUSED(RUN("compare", SCALE_FROM_ZERO, "--replications", "auto", "--precision", "totl_usd=1%"),
            "did you mean \"total_usd\"?");
    REFUSED(RUN("compare", SCALE_FROM_ZERO, "--bootstrap", "days", "--out", out),
            "--bootstrap: found the runs have", "5 are the least");
    REFUSED(RUN("compare", "scenarios/azure-code.json", "--trace", "-"),
            "a trace from standard input");
    cr_assert_eq(folder_count(scratch), 0);
}

/* The same name, told apart by "=". */
Test(cli_compare, firectls_precision_is_still_understood) {
    expect_done(RUN("compare", CROWD, "--precision", "BF16", "--replications", "auto",
                    "--precision", "total_usd=50%", "--quiet", "--out", out));
    char *text = folder_file_bytes(out, "flash-crowd/scenario.json", NULL);
    cr_assert_not_null(strstr(text, "\"precision\": \"bf16\""), "%s", text);
    free(text);
}

/* plot ----------------------------------------------------------------------------------------- */

Test(cli_compare, plot_refuses_what_is_no_output) {
    REFUSED(RUN("plot", out), "out");
    REFUSED(RUN("plot", scratch), scratch);
    REFUSED(RUN("plot", SCALE_FROM_ZERO), SCALE_FROM_ZERO);
    cr_assert_eq(folder_count(scratch), 0);
}
