// SPDX-License-Identifier: GPL-3.0-or-later
/* `compare`: a column for each scenario or preset, on the same traffic; and `plot`'s refusals. */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SCALE_FROM_ZERO "scenarios/scale-from-zero.json"
#define DELETED "scenarios/auto-delete.json"

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

Test(cli_compare, json_and_quiet) {
    cJSON *json = expect_json(RUN("compare", SCALE_FROM_ZERO, SCALE_FROM_ZERO, "--json"));
    cr_assert_not_null(json);
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

/* plot ----------------------------------------------------------------------------------------- */

Test(cli_compare, plot_refuses_what_is_no_output) {
    REFUSED(RUN("plot", out), "out");
    REFUSED(RUN("plot", scratch), scratch);
    REFUSED(RUN("plot", SCALE_FROM_ZERO), SCALE_FROM_ZERO);
    cr_assert_eq(folder_count(scratch), 0);
}
