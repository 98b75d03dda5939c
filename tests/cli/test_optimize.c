// SPDX-License-Identifier: GPL-3.0-or-later
/* `optimize`: what it finds, what it says of its doubts, and what it leaves behind. */
#include "cli/cli_checks.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *scratch, *out;

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "out");
}

static void tear_down(void) {
    free(out);
    scratch_remove(scratch);
}

TestSuite(cli_optimize, .init = set_up, .fini = tear_down, .timeout = 120);

/* Twenty minutes with bursts; starts take time, so that flags matter. */
#define SCENARIO(MORE)                                                                             \
    "{\"name\": \"bursts\", \"duration\": \"20m\", \"deployments\": {\"chat\": {"                  \
    "\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\","                            \
    "\"autoscaling\": {\"min_replica_count\": 1, \"max_replica_count\": 4}, \"traffic\": ["        \
    "{\"type\": \"poisson\", \"rate_per_s\": 0.2, \"prompt_tokens\": 500, \"output_tokens\": 99}," \
    "{\"type\": \"onoff\", \"on\": \"2m\", \"off\": {\"distribution\": \"exponential\","           \
    "\"mean\": \"4m\"}, \"on_rate_per_s\": 4, \"prompt_tokens\": 2000, \"output_tokens\": 300}]"   \
    "}" MORE "}}"
#define MINIMUM "{\"option\": \"deployments.chat.autoscaling.min_replica_count\", "
#define UP "{\"option\": \"deployments.chat.autoscaling.scale_up_window\", "
#define LOAD "{\"option\": \"deployments.chat.autoscaling.load_targets.concurrent_requests\", "
#define SMALL                                                                                      \
    "[" MINIMUM "\"values\": [0, 1, 2]}, " UP "\"values\": [\"0s\", \"30s\", \"2m\"]}, " LOAD      \
    "\"values\": [2, 4, 8, 16]}]"

static char *write_file(const char *scenario, const char *slo, const char *options,
                        const char *more) {
    char *text = memory_format("{\"scenario\": %s,\n\"slo\": [%s],\n\"options\": %s%s}\n", scenario,
                               slo, options, more);
    char *path = scratch_text(scratch, "goal.json", text);
    free(text);
    return path;
}

static void expect_said(const char *text, const char *part) {
    cr_expect_not_null(strstr(text, part), "\"%s\" is not in: %s", part, text);
}

static const cJSON *member(const cJSON *object, const char *key) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert_not_null(found, "no %s", key);
    return found;
}

/* What it finds ------------------------------------------------------------------------------ */

/* The exhaustive search: a budget that is enough for every combination. The criterion itself, on a
 * larger space, is tests/statistics/optimize_against_exhaustive.c. */
Test(cli_optimize, finds_what_the_exhaustive_search_finds) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 150ms\"", SMALL,
                            ", \"confirmation\": 15, \"budget\": 160");
    for (int seed = 1; seed <= 3; seed++) {
        char number[12];
        snprintf(number, sizeof number, "%d", seed);
        cJSON *some = expect_json(RUN("optimize", goal, "--json", "--seed", number));
        cJSON *all =
            expect_json(RUN("optimize", goal, "--json", "--seed", number, "--budget", "100000"));
        cr_expect_leq(cli_json_number(some, "simulations"), 160);
        cr_expect_eq(cli_json_number(all, "simulations"), (36 + 1) * 15);
        cr_expect_eq(cli_json_number(member(some, "winner"), "candidate"),
                     cli_json_number(member(all, "winner"), "candidate"), "seed %d", seed);
        cr_expect_str_eq(member(member(some, "winner"), "objectives_met")->valuestring,
                         "confirmed");
        cJSON_Delete(some);
        cJSON_Delete(all);
    }
    free(goal);
}

Test(cli_optimize, the_same_bytes_for_any_number_of_jobs) {
    static const char *const files[] = {"evaluations.csv", "front.csv", "winner.firectl.txt",
                                        "optimization.json", NULL};
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 150ms\"", SMALL,
                            ", \"confirmation\": 4, \"budget\": 60");
    char *other = scratch_path(scratch, "other");
    ProgramResult one = RUN("optimize", goal, "--jobs", "1", "--json", "--out", out);
    ProgramResult two = RUN("optimize", goal, "--jobs", "2", "--json", "--out", other);
    cr_expect_str_eq(one.output, two.output);
    expect_same_files(out, other, files);
    cr_expect_eq(folder_count(out), 5, "four files and the manifest");
    char *json = folder_file_bytes(out, "optimization.json", NULL);
    cr_expect_str_eq(json, one.output);
    free(json);
    expect_done(one);
    expect_done(two);
    free(other);
    free(goal);
}

Test(cli_optimize, files_say_what_was_seen) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 150ms\", \"given_up_share <= 0.1%\"",
                            SMALL, ", \"confirmation\": 4, \"budget\": 60");
    expect_done(RUN("optimize", goal, "--quiet", "--out", out));
    char *evaluations = folder_file_bytes(out, "evaluations.csv", NULL);
    char *front = folder_file_bytes(out, "front.csv", NULL);
    expect_said(
        evaluations,
        "stage,candidate,min_replica_count,scale_up_window,concurrent_requests,replications,"
        "feasible,total_usd,usd_per_30_days,span_s,ttft_p95_s,given_up_share\nscreening,");
    expect_said(evaluations, "\nhalving,");
    expect_said(evaluations, "\nconfirmation,base,,,,4,");
    expect_said(front, "candidate,min_replica_count,scale_up_window,concurrent_requests,"
                       "replications,total_usd,total_usd_low,total_usd_high,ttft_p95_s,"
                       "ttft_p95_s_low,ttft_p95_s_high,chosen\n");
    expect_said(front, ",true\n");
    free(evaluations);
    free(front);
    free(goal);
}

/* The command that is printed is the winner: pasted, it gives the winner's figures. */
Test(cli_optimize, the_command_can_be_pasted) {
    char *base = scratch_text(scratch, "base.json", SCENARIO(""));
    char *goal =
        write_file("\"base.json\"", "\"ttft_p95_s <= 150ms\"", SMALL, ", \"confirmation\": 2");
    cJSON *json = expect_json(RUN("optimize", goal, "--json", "--out", out));
    char *command = folder_file_bytes(out, "winner.firectl.txt", NULL);
    double cost = 0;
    for (int i = 0; i < 2; i++) {
        cJSON *run = expect_json(RUN("run", base, "--json", "--firectl", command, "--replication",
                                     i == 0 ? "1000" : "1001"));
        cost += cli_json_number(json_deployment(run, "chat"), "total_usd") / 2;
        cJSON_Delete(run);
    }
    const cJSON *usd = member(member(member(json, "winner"), "metrics"), "total_usd");
    cr_expect_float_eq(cli_json_number(usd, "mean"), cost, 1e-9);
    cJSON_Delete(json);
    free(command);
    free(base);
    free(goal);
}

#define OFFICE                                                                                     \
    "{\"name\": \"office\", \"duration\": \"1d\", \"deployments\": {\"chat\": {"                   \
    "\"model\": \"llama-v3p1-8b-instruct\", \"autoscaling\": {\"max_replica_count\": 2},"          \
    "\"traffic\": {\"type\": \"constant\", \"rate_per_s\": 0.01, \"start\": \"9h\","               \
    "\"stop\": \"17h\", \"prompt_tokens\": 500, \"output_tokens\": 99}}}}"
#define WINDOWS(keys)                                                                              \
    "[{\"option\": \"deployments.chat.autoscaling.scaling_schedules\", \"windows\": {" keys "}}]"

/* Requests come from 9 to 17 h: nobody is to find the deployment at zero, and one replica will do.
 */
Test(cli_optimize, windows_that_follow_from_the_traffic) {
    char *path = write_file(OFFICE, "\"ttft_max_s <= 5s\"",
                            WINDOWS("\"timezone\": \"UTC\", \"minima\": [1, 2]"), "");
    ProgramResult told = RUN("optimize", path);
    expect_said(told.output, "3 combinations");
    expect_said(told.output, "--scaling-schedules '{\"09:00-17:00, 1\": {\"minReplicaCount\": 1, "
                             "\"schedule\": \"50 8 * * *\", \"duration\": \"29400s\"");
    expect_done(told);
    free(path);
}

Test(cli_optimize, windows_that_cannot_be_found) {
    const struct {
        const char *keys, *said;
    } cases[] = {{"", "options.0.windows.timezone: found nothing"},
                 {"\"timezone\": \"UTC\", \"minima\": [1.5]", "windows.minima.0: found 1.5"},
                 {"\"timezone\": \"UTC\", \"days\": 5", "windows.days: found an unknown key"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *options = memory_format(WINDOWS("%s"), cases[i].keys);
        char *path = write_file(OFFICE, "\"ttft_max_s <= 5s\"", options, "");
        REFUSED(RUN("optimize", path), cases[i].said);
        free(path);
        free(options);
    }
}

Test(cli_optimize, options_without_a_flag_are_named) {
    char *goal =
        write_file(SCENARIO(""), "\"e2e_p95_s <= 1h\"",
                   "[{\"option\": \"deployments.chat.client.max_sends\", \"values\": [3]}, " MINIMUM
                   "\"values\": [1]}]",
                   ", \"confirmation\": 2");
    expect_done(RUN("optimize", goal, "--quiet", "--out", out));
    char *command = folder_file_bytes(out, "winner.firectl.txt", NULL);
    expect_said(command, "--min-replica-count 1");
    expect_said(command, "# no flag of firectl: deployments.chat.client.max_sends = 3");
    free(command);
    free(goal);
}

/* A range that is searched, not listed. */
Test(cli_optimize, a_continuous_option) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 150ms\"",
                            "[" UP "\"from\": \"0s\", \"to\": \"2m\"}, " LOAD
                            "\"from\": 1, \"to\": 32, \"scale\": \"log\"}]",
                            ", \"confirmation\": 4, \"budget\": 90");
    cJSON *json = expect_json(RUN("optimize", goal, "--json"));
    cr_expect(cJSON_IsFalse(member(json, "whole_space")));
    cr_expect_leq(cli_json_number(json, "simulations"), 90);
    cr_expect_str_eq(member(member(json, "winner"), "objectives_met")->valuestring, "confirmed");
    cJSON_Delete(json);
    free(goal);
}

/* Doubts ------------------------------------------------------------------------------------- */

/* The window to zero does not matter where nothing scales to zero. */
Test(cli_optimize, an_option_that_does_not_matter) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 1s\"",
                            "[{\"option\": \"deployments.chat.autoscaling.scale_to_zero_window\", "
                            "\"values\": [\"20m\", \"1h\", \"5h\"]}]",
                            ", \"confirmation\": 3");
    ProgramResult result = RUN("optimize", goal);
    expect_said(result.output, "Equal to the winner: the total_usd is the same within 0.5 %");
    expect_said(result.output, "the same in every run: scale_to_zero_window 20m");
    expect_said(result.output, "the same in every run: scale_to_zero_window 5h");
    expect_said(result.output, "\n  scale_to_zero_window 1h\n"); /* the default of the equals */
    expect_done(result);
    free(goal);
}

/* Of points of the front that are the same, what is nearest the defaults stands for them. */
Test(cli_optimize, the_front_shows_what_is_nearest_the_defaults) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 1s\"",
                            "[" LOAD "\"values\": [1, 32]}, "
                            "{\"option\": \"deployments.chat.autoscaling.scale_to_zero_window\", "
                            "\"values\": [\"20m\", \"1h\"]}]",
                            ", \"confirmation\": 3");
    cJSON *json = expect_json(RUN("optimize", goal, "--json"));
    const cJSON *front = member(json, "front"), *point;
    cr_expect_gt(cJSON_GetArraySize(front), 1);
    cJSON_ArrayForEach (point, front) {
        char *text = cJSON_PrintUnformatted(point);
        cr_expect(strstr(text, "\"scale_to_zero_window\":\"1h\""), "%s", text);
        cJSON_free(text);
    }
    cJSON_Delete(json);
    free(goal);
}

/* One dollar in a thousand is no reason to leave the defaults; without indifference it is. The
 * deployment without load is priced by the hour, so the costs are known exactly. */
#define PRICED(PRICES, MORE)                                                                       \
    write_file("{\"duration\": \"1h\", \"deployments\": {\"chat\": {\"model\": "                   \
               "\"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", \"autoscaling\": "          \
               "{\"min_replica_count\": 1}, \"traffic\": {\"type\": \"constant\", "                \
               "\"rate_per_s\": 0.01, \"prompt_tokens\": 10, \"output_tokens\": 10}}}}",           \
               "\"ttft_p95_s <= 1s\"",                                                             \
               "[{\"name\": \"both\", \"zip\": [" UP                                               \
               "\"values\": [\"0s\", \"30s\", \"2m\"]}, {\"option\": "                             \
               "\"deployments.chat.usd_per_gpu_hour\", \"values\": " PRICES "}]}]",                \
               ", \"confirmation\": 2" MORE)

static void expect_winner(char *goal, int candidate, size_t equals) {
    cJSON *json = expect_json(RUN("optimize", goal, "--json"));
    size_t equal = 0;
    const cJSON *tie;
    cJSON_ArrayForEach (tie, member(json, "indistinguishable")) {
        equal += (size_t)cJSON_IsTrue(member(tie, "equal"));
    }
    cr_expect_eq(cli_json_number(member(json, "winner"), "candidate"), candidate);
    cr_expect_eq(equal, equals);
    cJSON_Delete(json);
    free(goal);
}

Test(cli_optimize, of_equals_the_nearest_to_the_defaults) {
    expect_winner(PRICED("[10, 10.04, 10.06]", ""), 1, 1);
    expect_winner(PRICED("[10, 10.04, 10.06]", ", \"indifference\": 0"), 0, 0);
    expect_winner(PRICED("[10, 10.04, 10.06]", ", \"indifference\": 0.01"), 1, 2);
    expect_winner(PRICED("[10, 10.06, 10.04]", ""), 0, 1); /* 0s and 2m are as far */
}

Test(cli_optimize, nothing_meets_the_objectives) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 1ms\", \"given_up_share <= 1%\"",
                            "[" MINIMUM "\"values\": [1, 2]}]", ", \"confirmation\": 3");
    ProgramResult result = RUN("optimize", goal, "--out", out);
    expect_said(result.output, "No policy within these bounds was found to meet the objectives");
    expect_said(result.output, "    ttft_p95_s <= 1ms: ");
    cr_expect_null(strstr(result.output, "firectl deployment create"));
    cr_expect_null(strstr(result.output, "given_up_share <= 1%: "), "that one is met");
    expect_done(result);
    char *command = scratch_path(out, "winner.firectl.txt");
    cr_expect_not(file_exists(command));
    free(command);
    char *front = folder_file_bytes(out, "front.csv", NULL);
    cr_expect_null(strstr(front, ",true\n"));
    free(front);
    cJSON *json = expect_json(RUN("optimize", goal, "--json"));
    cr_expect(cJSON_IsNull(member(json, "winner")));
    cr_expect_str_eq(member(member(json, "nearest"), "objectives_met")->valuestring, "no");
    cJSON_Delete(json);
    free(goal);
}

/* Parked, it costs nothing and serves nobody. */
Test(cli_optimize, a_policy_that_serves_nobody_meets_nothing) {
    char *goal = write_file(
        SCENARIO(""), "\"ttft_p95_s <= 10m\"",
        "[{\"name\": \"replicas\", \"zip\": [" MINIMUM "\"values\": [0, 1]}, "
        "{\"option\": \"deployments.chat.autoscaling.max_replica_count\", \"values\": [0, 1]}]}]",
        ", \"confirmation\": 2");
    cJSON *json = expect_json(RUN("optimize", goal, "--json"));
    cr_expect_eq(cli_json_number(member(json, "winner"), "candidate"), 1);
    cJSON_Delete(json);
    free(goal);
}

Test(cli_optimize, combinations_that_are_no_scenario_are_left_out) {
    char *goal =
        write_file(SCENARIO(""), "\"ttft_p95_s <= 1s\"",
                   "[" MINIMUM "\"values\": [1, 3]}, {\"option\": "
                   "\"deployments.chat.autoscaling.max_replica_count\", \"values\": [2, 6]}]",
                   ", \"confirmation\": 2");
    ProgramResult result = RUN("optimize", goal);
    expect_said(result.output, "4 combinations, of which 1 are no scenario");
    expect_done(result);
    free(goal);
}

/* The holdout -------------------------------------------------------------------------------- */

Test(cli_optimize, holdout_of_another_scenario) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 150ms\"",
                            "[" LOAD "\"values\": [2, 16]}]", ", \"confirmation\": 2");
    char *other = scratch_text(scratch, "other.json",
                               SCENARIO(", \"mail\": {\"model\": "
                                        "\"llama-v3p1-8b-instruct\", "
                                        "\"traffic\": []}"));
    char *quiet = scratch_text(
        scratch, "quiet.json",
        "{\"duration\": \"20m\", \"deployments\": {\"chat\": {\"model\": "
        "\"llama-v3p1-8b-instruct\", \"autoscaling\": {\"min_replica_count\": 1, "
        "\"max_replica_count\": 4}, \"traffic\": {\"type\": \"constant\", \"rate_per_s\": 0.1, "
        "\"prompt_tokens\": 10, \"output_tokens\": 10}}}}");
    cJSON *json = expect_json(RUN("optimize", goal, "--json", "--holdout", quiet));
    const cJSON *holdout = member(json, "holdout");
    const cJSON *usd = member(member(member(holdout, "winner"), "metrics"), "total_usd");
    cr_expect_eq(cli_json_number(holdout, "simulations"), 3 * 2);
    cr_expect_float_eq(cli_json_number(usd, "mean"), 8.0 / 3, 1e-6, "one H100 for 20 minutes");
    const cJSON *seen = member(member(member(json, "winner"), "metrics"), "ttft_p95_s");
    const cJSON *unseen = member(member(member(holdout, "winner"), "metrics"), "ttft_p95_s");
    cr_expect_lt(cli_json_number(unseen, "mean"), cli_json_number(seen, "mean"));
    cJSON_Delete(json);
    ProgramResult told = RUN("optimize", goal, "--holdout", quiet);
    expect_said(told.output, "quiet.json, which the search has not seen (6 more simulations)");
    expect_done(told);
    REFUSED(RUN("optimize", goal, "--holdout", other, "--out", out), "other.json");
    REFUSED(RUN("optimize", goal, "--holdout", "missing.json", "--out", out), "missing.json");
    REFUSED(RUN("optimize", goal, "--holdout", "scenarios/traces/azure-sample.csv"), "--holdout",
            "a source of type \"trace\"");
    cr_expect_not(file_exists(out));
    free(quiet);
    free(other);
    free(goal);
}

Test(cli_optimize, holdout_of_a_trace) {
    static const char first[] = "arrived_at,num_prefill_tokens,num_decode_tokens\n"
                                "0,100,20\n60,100,20\n120,100,20\n";
    static const char second[] = "arrived_at,num_prefill_tokens,num_decode_tokens\n"
                                 "0,100,20\n600,100,2000\n1200,100,20\n";
    char *trace = scratch_text(scratch, "monday.csv", first);
    char *other = scratch_text(scratch, "tuesday.csv", second);
    char *goal =
        write_file("{\"deployments\": {\"chat\": {\"model\": \"llama-v3p1-8b-instruct\", "
                   "\"autoscaling\": {\"min_replica_count\": 1}, "
                   "\"traffic\": {\"type\": \"trace\", \"file\": \"monday.csv\"}}}}",
                   "\"e2e_max_s <= 5s\"", "[" MINIMUM "\"values\": [1]}]", ", \"confirmation\": 2");
    ProgramResult told = RUN("optimize", goal, "--holdout", other);
    expect_said(told.output, "The traffic is recorded");
    const char *held_out = strstr(told.output, "tuesday.csv, which the search has not seen");
    cr_assert_not_null(held_out, "%s", told.output);
    expect_said(held_out, "missed"); /* 2,000 tokens take longer than 5 s */
    expect_done(told);
    free(trace);
    free(other);
    free(goal);
}

/* Several deployments ------------------------------------------------------------------------ */

#define MAIL                                                                                       \
    ", \"mail\": {\"model\": \"llama-v3p1-8b-instruct\", \"autoscaling\": "                        \
    "{\"min_replica_count\": 1}, \"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 0.1, "       \
    "\"prompt_tokens\": 100, \"output_tokens\": 20}}"

Test(cli_optimize, costs_add_up_over_deployments_and_each_has_its_objectives) {
    char *goal = write_file(SCENARIO(MAIL), "\"ttft_p95_s <= 1s\", \"chat: e2e_p95_s <= 1h\"",
                            "[" MINIMUM "\"values\": [1, 2]}]", ", \"confirmation\": 2");
    cJSON *json = expect_json(RUN("optimize", goal, "--json"));
    const cJSON *metrics = member(member(json, "winner"), "metrics");
    cr_expect_geq(cli_json_number(member(metrics, "total_usd"), "mean"), 2 * 8.0 / 3 - 1e-6);
    member(metrics, "chat.ttft_p95_s");
    member(metrics, "mail.ttft_p95_s");
    member(metrics, "chat.e2e_p95_s");
    cr_expect_null(cJSON_GetObjectItemCaseSensitive(metrics, "mail.e2e_p95_s"));
    cJSON_Delete(json);
    ProgramResult told = RUN("optimize", goal);
    expect_said(told.output, "# chat\nfirectl deployment create ");
    expect_said(told.output, "# mail\nfirectl deployment create ");
    expect_done(told);
    free(goal);
    goal =
        write_file(SCENARIO(MAIL), "\"chta: ttft_p95_s <= 1s\"", "[" MINIMUM "\"values\": [1, 2]}]",
                   ", \"minimize\": \"usd_per_thousand_requests\"");
    REFUSED(RUN("optimize", goal), "did you mean \"chat\"?", "adds up over the deployments");
    free(goal);
}

/* Mistakes ----------------------------------------------------------------------------------- */

Test(cli_optimize, all_mistakes_at_once) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95 <= 2s\", \"ttft_p95_s < 2s\", 7",
                            "[{\"optoin\": \"deployments.chat.model\", \"values\": [1]}]",
                            ",\n\"minimise\": \"total_usd\", \"confirmation\": 1,\n"
                            "\"latency\": \"ttft_p59_s\", \"confidence\": 1.5");
    REFUSED(RUN("optimize", goal, "--out", out), "goal.json:2: slo.0: found \"ttft_p95\"",
            "slo.1: found \"ttft_p95_s < 2s\", expected METRIC <= LIMIT", "slo.2: found 7",
            "did you mean \"option\"?", "goal.json:4: minimise", "did you mean \"minimize\"?",
            "a whole number from 2 to 1000", "goal.json:5: latency: found \"ttft_p59_s\"",
            "confidence");
    free(goal);
    goal = scratch_text(scratch, "goal.json", "{}");
    REFUSED(RUN("optimize", goal), "scenario: found nothing", "slo: found nothing",
            "options: found nothing");
    free(goal);
    goal = scratch_text(scratch, "goal.json", "[]");
    REFUSED(RUN("optimize", goal), "goal.json:1", "an optimisation");
    REFUSED(RUN("optimize", "nothing.json"), "nothing.json");
    free(goal);
    cr_expect_not(file_exists(out));
}

/* Lines are those of the file that the scenario is written in. */
Test(cli_optimize, mistakes_in_the_scenario_and_in_values) {
    char *goal = write_file("{\"duration\": \"1h\",\n \"deployments\": {\n\"chat\": "
                            "{\"model\": \"llama-v3p1-8b-instruct\",\n \"trafic\": []}}}",
                            "\"ttft_p95_s <= 2s\"", "[" UP "\"values\": [\"1s\"]}]", "");
    REFUSED(RUN("optimize", goal), "goal.json:4: deployments.chat.trafic",
            "did you mean \"traffic\"?");
    free(goal);
    goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 2s\"",
                      "[" UP "\"values\": [\"1s\", \"2h\"]},\n" LOAD "\"values\": [1, -1]}]", "");
    REFUSED(RUN("optimize", goal), "goal.json:3", "scale_up_window", "2h", "goal.json:4",
            "concurrent_requests");
    free(goal);
    goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 2s\"",
                      "[{\"option\": \"deployments.chat.autoscaling.scale_up_windw\", "
                      "\"values\": [\"1s\"]}]",
                      "");
    REFUSED(RUN("optimize", goal), "did you mean \"scale_up_window\"?");
    free(goal);
}

Test(cli_optimize, options_that_make_no_sense) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 2s\"", SMALL, "");
    REFUSED(RUN("optimize", goal, "--budget", "100"), "--budget", "at least 120");
    REFUSED(RUN("optimize", goal, "--budget", "many"), "--budget", "a whole number");
    REFUSED(RUN("optimize", goal, "--jobs", "0"), "--jobs", "a whole number");
    REFUSED(RUN("optimize", goal, "--plot"), "--plot");
    REFUSED(RUN("optimize", goal, "--json", "--quiet"), "--quiet");
    REFUSED(RUN("optimize", goal, "--set", "deployments.chta.model=x"), "did you mean \"chat\"?");
    REFUSED(RUN("optimize", goal, "--holdot", "x.json"), "did you mean \"--holdout\"?");
    free(goal);
}

Test(cli_optimize, changes_of_the_command_line_go_to_the_base) {
    char *goal = write_file(SCENARIO(""), "\"e2e_p95_s <= 1h\"", "[" LOAD "\"values\": [16]}]",
                            ", \"confirmation\": 2");
    cJSON *json = expect_json(RUN("optimize", goal, "--json", "--set", "duration=10m", "--set",
                                  "deployments.chat.autoscaling.max_replica_count=1"));
    const cJSON *usd = member(member(member(json, "winner"), "metrics"), "total_usd");
    cr_expect_float_eq(cli_json_number(usd, "mean"), 8.0 / 6, 0.2, "one H100 for 10 minutes");
    cJSON_Delete(json);
    free(goal);
}

Test(cli_optimize, an_interrupted_search_leaves_nothing) {
    char *goal = write_file(SCENARIO(""), "\"ttft_p95_s <= 2s\"", SMALL,
                            ", \"confirmation\": 1000, \"budget\": 1000000");
    const char *const arguments[] = {"optimize", goal, "--out", out, NULL};
    RunningProgram program = program_start(NULL, arguments);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    kill(program.process, SIGINT);
    ProgramResult result = program_finish(&program);
    cr_expect_eq(result.status, 130);
    expect_said(result.errors, "interrupted; nothing was written");
    program_clear(&result);
    cr_expect_eq(folder_count(scratch), 1, "only the file is there");
    free(goal);
}
