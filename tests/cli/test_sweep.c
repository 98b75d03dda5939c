// SPDX-License-Identifier: GPL-3.0-or-later
/* `sweep`: the same bytes whoever computes the cells, whatever happens meanwhile; and its mistakes.
 */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char *scratch, *out, *file;

/* 3 x 2 cells of a quick hour; random arrivals, so that replications differ. */
#define SCENARIO                                                                                   \
    "{\"duration\": \"2h\", \"deployments\": {\"chat\": {\n"                                       \
    "\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\",\n"                          \
    "\"autoscaling\": {\"min_replica_count\": 0, \"max_replica_count\": 3},\n"                     \
    "\"traffic\": [{\"type\": \"poisson\", \"rate_per_s\": 0.2, \"prompt_tokens\": 100,\n"         \
    "\"output_tokens\": 50}]}}}"
#define MIN "\"deployments.chat.autoscaling.min_replica_count\""
#define MAX "\"deployments.chat.autoscaling.max_replica_count\""
#define UP "\"deployments.chat.autoscaling.scale_up_window\""
#define AXES                                                                                       \
    "\"axes\": [{\"option\": " MIN ", \"values\": [0, 1, 2]},\n"                                   \
    "{\"option\": " UP ", \"values\": [\"5s\", \"1m\"]}]"

#define DAY "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,10,"

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "out");
    file = scratch_text(scratch, "s.json",
                        "{\"scenario\": " SCENARIO ",\n" AXES ",\n\"replications\": 3}");
}

static void tear_down(void) {
    free(out);
    free(file);
    scratch_remove(scratch);
}

TestSuite(cli_sweep, .init = set_up, .fini = tear_down);

static const char *const sweep_files[] = {"sweep.json",
                                          "results.csv",
                                          "aggregate.csv",
                                          "axes.csv",
                                          "cells/000000.csv",
                                          "cells/000001.csv",
                                          "cells/000002.csv",
                                          "cells/000003.csv",
                                          "cells/000004.csv",
                                          "cells/000005.csv",
                                          NULL};

static char *whole_sweep(const char *name) {
    char *folder = scratch_path(scratch, name);
    expect_done(RUN("sweep", file, "--out", folder, "--quiet"));
    return folder;
}

/* What an unhindered run gives, and nothing else. */
static void expect_whole(const char *folder) {
    char *whole = whole_sweep("whole"), *cells = scratch_path(folder, "cells");
    expect_same_files(whole, folder, sweep_files);
    cr_assert_eq(folder_count(folder), 6, "%zu names in it", folder_count(folder));
    cr_assert_eq(folder_count(cells), 6);
    free(whole);
    free(cells);
}

static void write_text(const char *path, const char *text) {
    FILE *stream = fopen(path, "w");
    cr_assert(stream != NULL && fputs(text, stream) >= 0 && fclose(stream) == 0);
}

/* Results -------------------------------------------------------------------------------------- */

Test(cli_sweep, the_same_bytes_for_any_number_of_threads) {
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--jobs", "1"));
    char *five = scratch_path(scratch, "five");
    expect_done(RUN("sweep", file, "--out", five, "--quiet", "--jobs", "5"));
    expect_same_files(out, five, sweep_files);
    free(five);
    expect_whole(out);
}

Test(cli_sweep, a_cell_is_what_run_gives) {
    expect_done(RUN("sweep", file, "--out", out, "--quiet"));
    char *scenario = scratch_text(scratch, "scenario.json", SCENARIO);
    char *run = scratch_path(scratch, "run");
    expect_done(RUN("run", scenario, "--out", run, "--quiet", "--replication", "2",
                    "--min-replica-count", "1", "--scale-up-window", "1m"));
    char *summary = folder_file_bytes(run, "summary.csv", NULL);
    char *results = folder_file_bytes(out, "results.csv", NULL);
    char row[8192];
    snprintf(row, sizeof row, "\n3,1,1m,2,%s", strchr(summary, '\n') + 1);
    cr_assert_not_null(strstr(results, row), "no row %s", row);
    free(scenario);
    free(run);
    free(summary);
    free(results);
}

/* The number of a column in a row of CSV without quotes. */
static double number_of(const char *text, size_t row, const char *column) {
    size_t number = 0;
    const char *at = strstr(text, column);
    cr_assert_not_null(at);
    for (const char *p = text; p <= at; p++) {
        number += *p == ',';
    }
    for (; row > 0; row--) {
        text = strchr(text, '\n') + 1;
    }
    for (; number > 0; number--) {
        text = strchr(text, ',') + 1;
    }
    return atof(text);
}

Test(cli_sweep, aggregates_are_means_of_the_results_and_their_intervals) {
    expect_done(RUN("sweep", file, "--out", out, "--quiet"));
    char *results = folder_file_bytes(out, "results.csv", NULL);
    char *aggregate = folder_file_bytes(out, "aggregate.csv", NULL);
    for (size_t cell = 0; cell < 6; cell++) {
        double sum = 0, squares = 0;
        for (size_t r = 0; r < 3; r++) {
            const double value = number_of(results, 1 + 3 * cell + r, ",requests,");
            sum += value;
            squares += value * value;
        }
        const double mean = sum / 3, variance = (squares - sum * sum / 3) / 2;
        const double half = 4.302652729749464 * sqrt(variance / 3); /* t, 2 degrees, 97.5 % */
        cr_assert_float_eq(number_of(aggregate, cell + 1, ",requests,"), mean, 1e-9);
        cr_assert_float_eq(number_of(aggregate, cell + 1, ",requests_low"), mean - half, 1e-6);
        cr_assert_float_eq(number_of(aggregate, cell + 1, ",requests_high"), mean + half, 1e-6);
        cr_assert_gt(half, 0);
    }
    free(results);
    free(aggregate);
}

Test(cli_sweep, metrics_that_are_wanted_and_replications_of_the_command_line) {
    char *few = scratch_text(scratch, "few.json",
                             "{\"scenario\": " SCENARIO ", " AXES
                             ", \"metrics\": [\"total_usd\", \"requests\"]}");
    expect_done(RUN("sweep", few, "--out", out, "--quiet", "--replications", "1"));
    char *results = folder_file_bytes(out, "results.csv", NULL);
    char *aggregate = folder_file_bytes(out, "aggregate.csv", NULL);
    const char head[] = "cell,min_replica_count,scale_up_window,replication,deployment,requests,"
                        "total_usd\n0,0,5s,0,chat,";
    cr_assert_eq(strncmp(results, head, strlen(head)), 0, "%.200s", results);
    cr_assert_eq(number_of(results, 6, ",replication,"), 0);
    const char *row = strstr(aggregate, "\n0,0,5s,chat,1,");
    cr_assert(row != NULL && strstr(row, ",,,") != NULL, "an interval of one run: %s", aggregate);
    free(few);
    free(results);
    free(aggregate);
}

Test(cli_sweep, axes_in_order_and_a_latin_hypercube) {
    char *latin = scratch_text(
        scratch, "latin.json",
        "{\"scenario\": " SCENARIO ", \"replications\": 1, \"sample\": {\"latin_hypercube\": 8},"
        "\"axes\": [{\"option\": " UP ", \"from\": \"5s\", \"to\": \"5m\", \"scale\": \"log\"},"
        "{\"name\": \"preset\", \"presets\": [\"performance\", \"quickstart\"]}]}");
    REFUSED(RUN("sweep", latin, "--out", out), "put the presets first");
    free(latin);
    latin = scratch_text(
        scratch, "latin.json",
        "{\"scenario\": " SCENARIO ", \"replications\": 1, \"sample\": {\"latin_hypercube\": 8},"
        "\"axes\": [{\"presets\": [\"performance\", \"quickstart\"]},"
        "{\"option\": " UP ", \"from\": \"5s\", \"to\": \"5m\", \"scale\": \"log\"}]}");
    expect_done(RUN("sweep", latin, "--out", out, "--quiet"));
    char *axes = folder_file_bytes(out, "axes.csv", NULL);
    const char head[] = "axis,position,value\npreset,0,performance\npreset,1,quickstart\n"
                        "scale_up_window,0,";
    cr_assert_eq(strncmp(axes, head, strlen(head)), 0, "%s", axes);
    cr_assert_not_null(strstr(axes, "scale_up_window,7,"));
    free(axes);
    free(latin);
}

Test(cli_sweep, what_it_says_at_its_end) {
    ProgramResult result = RUN("sweep", file, "--out", out);
    cr_assert_not_null(strstr(result.output, "6 cells x 3 replications"));
    cr_assert_not_null(strstr(result.output, "total cost"));
    cr_assert_not_null(strstr(result.output, "autoscale-sim plot"));
    expect_done(result);
}

Test(cli_sweep, json_has_every_cell_and_the_best) {
    cJSON *json = expect_json(RUN("sweep", file, "--out", out, "--json"));
    const cJSON *cells = cJSON_GetObjectItem(json, "cells"), *best;
    cr_assert_eq(cJSON_GetArraySize(cells), 6);
    const cJSON *last = cJSON_GetArrayItem(cells, 5);
    cr_assert_str_eq(cJSON_GetStringValue(
                         cJSON_GetObjectItem(cJSON_GetObjectItem(last, "axes"), "scale_up_window")),
                     "1m");
    cr_assert_eq(cli_json_number(json, "replications"), 3);
    /* No other one is cheaper and as quick. */
    cr_assert_gt(cJSON_GetArraySize(cJSON_GetObjectItem(json, "best")), 0);
    cJSON_ArrayForEach (best, cJSON_GetObjectItem(json, "best")) {
        const cJSON *chosen = cJSON_GetArrayItem(cells, (int)cli_json_number(best, "cell")), *cell;
        const double usd = cli_json_number(cJSON_GetObjectItem(chosen, "total_usd"), "mean");
        const double latency = cli_json_number(cJSON_GetObjectItem(chosen, "ttft_p95_s"), "mean");
        cJSON_ArrayForEach (cell, cells) {
            cr_assert(cli_json_number(cJSON_GetObjectItem(cell, "total_usd"), "mean") >= usd ||
                      cli_json_number(cJSON_GetObjectItem(cell, "ttft_p95_s"), "mean") > latency);
        }
    }
    cJSON *merged = expect_json(RUN("sweep", "--merge", out, "--json"));
    cr_assert(cJSON_Compare(json, merged, true), "it is merged otherwise");
    cJSON_Delete(merged);
    cJSON_Delete(json);
    REFUSED(RUN("sweep", file, "--out", out, "--json", "--quiet"), "--quiet: found --json");
    REFUSED(RUN("sweep", file, "--out", out, "--json", "--shard", "1/2"), "--shard: found --json");
}

/* Interruptions -------------------------------------------------------------------------------- */

static size_t cells_there(const char *folder) {
    char *cells = scratch_path(folder, "cells");
    const size_t count = file_exists(cells) ? folder_count(cells) : 0;
    free(cells);
    return count;
}

/* Runs the sweep until so many cells are there, or it has ended, and sends the signal. */
static ProgramResult interrupted(int signal_number, size_t cells) {
    RunningProgram program =
        program_start(NULL, (const char *const[]){"sweep", file, "--out", out, "--quiet", "--jobs",
                                                  "1", "--resume", NULL});
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 20000 && cells_there(out) < cells; i++) {
        nanosleep(&pause, NULL);
    }
    kill(program.process, signal_number);
    return program_finish(&program);
}

Test(cli_sweep, killed_at_any_moment_it_goes_on_to_the_same_bytes) {
    for (size_t cells = 0; cells < 6; cells++) {
        ProgramResult result = interrupted(SIGKILL, cells);
        program_clear(&result);
    }
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--resume"));
    expect_whole(out);
}

Test(cli_sweep, interrupted_it_keeps_whole_cells_and_says_how_to_go_on) {
    free(file);
    file = scratch_text(scratch, "long.json",
                        "{\"scenario\": " SCENARIO ",\n" AXES ",\n\"replications\": 3000}");
    ProgramResult result = interrupted(SIGINT, 1);
    cr_assert_eq(result.status, 130);
    cr_assert_not_null(strstr(result.errors, "of 6 cells are kept"), "%s", result.errors);
    cr_assert_not_null(strstr(result.errors, "--resume goes on"));
    program_clear(&result);
    char *results = scratch_path(out, "results.csv");
    cr_assert_not(file_exists(results));
    free(results);
}

Test(cli_sweep, cells_that_are_torn_foreign_or_stale_are_computed_again) {
    char *first = whole_sweep("first");
    expect_done(RUN("sweep", file, "--out", out, "--quiet"));
    char *torn = scratch_path(out, "cells/000000.csv"), *foreign = NULL, *stale = NULL;
    char *bytes = folder_file_bytes(out, "cells/000001.csv", NULL);
    foreign = scratch_path(out, "cells/000003.csv");
    write_text(foreign, bytes); /* another cell's */
    bytes[strlen(bytes) - 10] ^= 1;
    stale = scratch_path(out, "cells/000001.csv");
    write_text(stale, bytes); /* one bit of a number */
    bytes[strlen(bytes) / 2] = '\0';
    write_text(torn, bytes);
    char *left = scratch_path(out, "cells/.000004.csv.tmp-1-2f");
    write_text(left, "x");
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--resume"));
    expect_same_files(first, out, sweep_files);
    expect_whole(out);
    free(first);
    free(torn);
    free(foreign);
    free(stale);
    free(left);
    free(bytes);
}

Test(cli_sweep, a_sweep_that_is_there_is_not_touched_unasked) {
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--force")); /* nothing is there */
    REFUSED(RUN("sweep", file, "--out", out), "--resume goes on with it");
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--force", "--replications", "2"));
    char *results = folder_file_bytes(out, "results.csv", NULL);
    cr_assert_null(strstr(results, "\n5,2,1m,2,"));
    free(results);
    REFUSED(RUN("sweep", file, "--out", scratch, "--force"), "not an earlier output");
    REFUSED(RUN("sweep", file, "--out", scratch), "a directory with other things in it");
}

Test(cli_sweep, whatever_has_changed_is_told) {
    char *trace = scratch_text(scratch, "day.csv", DAY "20\n");
    char *scenario = scratch_text(scratch, "base.json",
                                  "{\"deployments\": {\"chat\": {\"model\": "
                                  "\"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", "
                                  "\"traffic\": [{\"type\": \"trace\", \"file\": \"day.csv\"}]}}}");
    free(file);
    file = scratch_text(scratch, "s.json",
                        "{\"scenario\": \"base.json\", " AXES ", \"replications\": 1}");
    expect_done(RUN("sweep", file, "--out", out, "--quiet"));
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--resume"));
    REFUSED(RUN("sweep", file, "--out", out, "--resume", "--seed", "2"),
            "the options of the command line: found", "--force to begin anew");
    REFUSED(RUN("sweep", file, "--out", out, "--resume", "--replications", "2"),
            "replications: found 1, and now 2");
    write_text(trace, DAY "21\n");
    REFUSED(RUN("sweep", file, "--out", out, "--resume"), "the input day.csv: found digest");
    REFUSED(RUN("sweep", file, "--out", out, "--shard", "1/2"), "the input day.csv: found digest");
    write_text(trace, DAY "20\n");
    write_text(file, "{\"scenario\": \"base.json\", " AXES ", \"replications\": 1} // the same");
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--resume"));
    write_text(scenario, "{\"seed\": 9, \"deployments\": {\"chat\": {\"model\": "
                         "\"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", "
                         "\"traffic\": [{\"type\": \"trace\", \"file\": \"day.csv\"}]}}}");
    REFUSED(RUN("sweep", file, "--out", out, "--resume"), "the scenario: found digest");
    char *plan = folder_file_bytes(out, "sweep.json", NULL),
         *path = scratch_path(out, "sweep.json");
    plan[strlen(plan) / 2] ^= 1;
    write_text(path, plan);
    REFUSED(RUN("sweep", "--merge", out), "sweep.json");
    free(plan);
    free(path);
    free(trace);
    free(scenario);
}

/* Shards --------------------------------------------------------------------------------------- */

Test(cli_sweep, shards_in_one_directory_make_the_whole) {
    for (int k = 1; k <= 4; k++) {
        char shard[16];
        snprintf(shard, sizeof shard, "%d/4", k);
        ProgramResult result = RUN("sweep", file, "--out", out, "--shard", shard);
        cr_assert_not_null(strstr(result.output, "is complete"));
        expect_done(result);
    }
    expect_done(RUN("sweep", "--merge", out, "--quiet"));
    expect_whole(out);
}

Test(cli_sweep, shards_at_the_same_time) {
    RunningProgram programs[4];
    for (int k = 0; k < 4; k++) {
        char shard[16];
        snprintf(shard, sizeof shard, "%d/4", k + 1);
        programs[k] = program_start(NULL, (const char *const[]){"sweep", file, "--out", out,
                                                                "--quiet", "--shard", shard, NULL});
    }
    for (int k = 0; k < 4; k++) {
        expect_done(program_finish(&programs[k]));
    }
    expect_done(RUN("sweep", "--merge", out, "--quiet"));
    expect_whole(out);
}

Test(cli_sweep, shards_in_directories_of_their_own_and_by_the_environment) {
    char *one = scratch_path(scratch, "one"), *two = scratch_path(scratch, "two");
    setenv("JOB_COMPLETION_INDEX", "0", 1);
    expect_done(RUN("sweep", file, "--out", one, "--quiet", "--shard", "auto/2"));
    REFUSED(RUN("sweep", "--merge", one), "found 3 of 6 cells missing: 1, 3, 5", "--shard 2/2");
    cr_assert_eq(cells_there(one), 3);
    setenv("JOB_COMPLETION_INDEX", "1", 1);
    expect_done(RUN("sweep", file, "--out", two, "--quiet", "--shard", "auto/2"));
    REFUSED(RUN("sweep", "--merge", one, two), "--out DIR beside it");
    expect_done(RUN("sweep", "--merge", one, two, "--out", out, "--quiet"));
    expect_whole(out);
    unsetenv("JOB_COMPLETION_INDEX");
    free(one);
    free(two);
}

Test(cli_sweep, shards_of_different_sweeps_are_not_merged) {
    char *one = scratch_path(scratch, "one"), *two = scratch_path(scratch, "two");
    expect_done(RUN("sweep", file, "--out", one, "--quiet", "--shard", "1/2"));
    expect_done(RUN("sweep", file, "--out", two, "--quiet", "--shard", "2/2", "--seed", "2"));
    REFUSED(RUN("sweep", "--merge", one, two, "--out", out), "the options of the command line");
    cr_assert_not(file_exists(out));
    free(one);
    free(two);
}

/* Mistakes ------------------------------------------------------------------------------------- */

static void refuse_file(const char *text, const char *told) {
    char *bad = scratch_text(scratch, "bad.json", text);
    REFUSED(RUN("sweep", bad, "--out", out), told);
    cr_assert_not(file_exists(out));
    free(bad);
}

Test(cli_sweep, mistakes_of_the_file) {
    refuse_file("{\"scenario\": " SCENARIO ", " AXES ",\n\"replicatons\": 3}",
                "bad.json:7: replicatons: found an unknown key; did you mean \"replications\"?");
    refuse_file("{\"scenario\": " SCENARIO "}", "axes: found nothing");
    refuse_file("{" AXES "}", "scenario: found nothing");
    refuse_file("{\"scenario\": \"nowhere.json\", " AXES "}", "nowhere.json");
    refuse_file("[]", "expected a sweep");
    refuse_file("{\"scenario\": " SCENARIO ", " AXES ", \"sample\": {\"random\": 6}}",
                "found 6 cells of 6");
    refuse_file("{\"scenario\": " SCENARIO ", " AXES ", \"sample\": {\"randm\": 6}}",
                "did you mean \"random\"?");
    refuse_file("{\"scenario\": " SCENARIO ", " AXES ", \"sample\": {\"seed\": 6}}", "no kind");
    refuse_file("{\"scenario\": " SCENARIO ", " AXES ", \"metrics\": [\"total_us\"]}",
                "did you mean \"total_usd\"?");
    refuse_file("{\"scenario\": " SCENARIO ", \"axes\": [{\"option\": " UP
                ", \"from\": \"1s\", \"to\": \"2s\"}]}",
                "found a range without steps");
}

Test(cli_sweep, values_are_told_with_their_axis_and_all_at_once) {
    char *bad = scratch_text(scratch, "bad.json",
                             "{\"scenario\": " SCENARIO ",\n\"axes\": [\n"
                             "{\"option\": " UP ", \"values\": [\"5s\", \"5 sec\"]},\n"
                             "{\"option\": \"deployments.chat.autoscaling.max_replica\","
                             " \"values\": [2, 3]}]}");
    REFUSED(RUN("sweep", bad, "--out", out), "bad.json:7: axis scale_up_window=5 sec",
            "bad.json:8: axis max_replica=2", "did you mean \"max_replica_count\"?");
    cr_assert_not(file_exists(out));
    free(bad);
}

Test(cli_sweep, mistakes_of_a_scenario_within_are_told_with_its_lines) {
    refuse_file("{\n\"scenario\": {\"duration\": \"1h\",\n\"deployments\": {\"chat\": {\n"
                "\"modl\": \"llama-v3p1-8b-instruct\"}}},\n" AXES "}",
                "bad.json:4: deployments.chat.modl");
}

#define CROSSED                                                                                    \
    "\"axes\": [{\"option\": " MIN ", \"values\": [0, 4]}, {\"option\": " MAX                      \
    ", \"values\": [3, 5]}]"

Test(cli_sweep, combinations_that_are_no_scenario_are_refused_or_skipped) {
    refuse_file("{\"scenario\": " SCENARIO ", " CROSSED "}",
                "cell 2 (min_replica_count=4, max_replica_count=3): found 3, expected at least");
    char *skips = scratch_text(scratch, "skips.json",
                               "{\"scenario\": " SCENARIO ", " CROSSED
                               ", \"replications\": 1, \"invalid_cells\": \"skip\"}");
    ProgramResult result = RUN("sweep", skips, "--out", out);
    cr_assert_not_null(strstr(result.output, "1 cells are no scenarios and were skipped"));
    expect_done(result);
    char *results = folder_file_bytes(out, "results.csv", NULL);
    cr_assert_null(strstr(results, "\n2,"));
    cr_assert_not_null(strstr(results, "\n3,4,5,0,chat,"));
    char *cell = folder_file_bytes(out, "cells/000002.csv", NULL);
    cr_assert_not_null(strstr(cell, "\nskipped\n"));
    free(results);
    free(cell);
    free(skips);
}

Test(cli_sweep, mistakes_of_the_command_line) {
    REFUSED(RUN("sweep", file), "no --out");
    REFUSED(RUN("sweep", file, file, "--out", out), "one FILE");
    REFUSED(RUN("sweep", file, "--out", out, "--jobs", "0"), "--jobs: found \"0\"");
    REFUSED(RUN("sweep", file, "--out", out, "--replications", "x"), "--replications: found \"x\"");
    REFUSED(RUN("sweep", file, "--out", out, "--shard", "5/4"), "part 5 of 4");
    REFUSED(RUN("sweep", file, "--out", out, "--shard", "auto"), "JOB_COMPLETION_INDEX");
    REFUSED(RUN("sweep", file, "--out", out, "--force", "--resume"), "--force beside it");
    REFUSED(RUN("sweep", file, "--out", out, "--force", "--shard", "1/2"), "--force beside it");
    REFUSED(RUN("sweep", "--merge", out, "--seed", "2"), "--merge beside it");
    REFUSED(RUN("sweep", "--merge", out), "sweep.json");
    REFUSED(RUN("sweep", file, "--out", out, "--set", "deployments.chat.modl=x"), "--set");
    cr_assert_not(file_exists(out));
}

Test(cli_sweep, help_lists_the_keys) {
    ProgramResult result = RUN("help", "sweep");
    cr_assert_not_null(strstr(result.output, "latin_hypercube"));
    cr_assert_not_null(strstr(result.output, "invalid_cells"));
    cr_assert_not_null(strstr(result.output, "presets"));
    cr_assert_not_null(strstr(result.output, "--shard K/N"));
    expect_done(result);
}

Test(cli_sweep, the_shipped_sweeps_are_valid) {
    expect_done(RUN("sweep", "scenarios/sweeps/thousand.json", "--out", out, "--quiet", "--shard",
                    "1000/1000"));
}
