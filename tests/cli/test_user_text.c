// SPDX-License-Identifier: GPL-3.0-or-later
/* One nasty text through every way in: as the name of files, as the value of options, as names.
 * Nothing of it reaches a terminal raw, makes a line of its own in what is read line by line, or
 * becomes markup. */
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli_checks.h"

#include <cJSON.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line end, an escape sequence, a C1 control, a turn of direction; quotes of shells, markup. */
#define STEERS "\ntouch PWNED\n\x1b[31m\xc2\x9b\xe2\x80\xae"
#define NASTY "x" STEERS "'\"$(id)`id`</script><b>&\\|,=1+2@{_}"

static char *scratch, *file, *out;

#define TRAFFIC                                                                                    \
    "\"traffic\": [{\"type\": \"poisson\", \"rate_per_s\": 0.2, \"prompt_tokens\": 100, "          \
    "\"output_tokens\": 50}]"
#define SCENARIO                                                                                   \
    "{\"duration\": \"20m\", \"deployments\": {\"chat\": {\"model\": "                             \
    "\"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", " TRAFFIC "}}}"

static void set_up(void) {
    scratch = scratch_make();
    file = scratch_text(scratch, "x" STEERS "'\"$(id)<b>&,=1.json", SCENARIO);
    out = scratch_path(scratch, "out" STEERS "'\"$(id)<b>&,=1");
}

static void tear_down(void) {
    scratch_remove(scratch);
    free(file);
    free(out);
}

TestSuite(cli_user_text, .init = set_up, .fini = tear_down, .timeout = 120);

/* Lines of ours are shown; progress has no place in a file. */
static void expect_shown(const char *text, const char *what) {
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        const size_t length = *p == '\n' || *p == '\t' ? 1 : text_shown_length(p);
        cr_assert_neq(length, 0, "%s: byte 0x%02x in: %.200s", what, (unsigned)*p,
                      (const char *)p > text + 60 ? (const char *)p - 60 : text);
        p += length;
    }
    cr_assert_null(strstr(text, "\ntouch PWNED"), "%s: a line of its own: %s", what, text);
}

static void expect_status(ProgramResult result, int status, const char *what) {
    cr_assert_eq(result.status, status, "%s: %d: %s", what, result.status, result.errors);
    expect_shown(result.output, what);
    expect_shown(result.errors, what);
    program_clear(&result);
}

static void expect_file(const char *folder, const char *name) {
    char *text = folder_file_bytes(folder, name, NULL);
    cr_assert_not_null(text, "%s", name);
    cJSON *tree = cJSON_Parse(text);
    cr_assert_not_null(tree, "%s", name);
    expect_shown(text, name);
    cJSON_Delete(tree);
    free(text);
}

/* Scripts of the page's own end in it, and no others: as many as open. */
static void expect_page(const char *page) {
    char *text = file_bytes(page, NULL);
    cr_assert_not_null(text);
    cr_assert_null(strstr(text, "</script><b>"));
    cr_assert_null(strstr(text, "<b>&"));
    cr_assert_null(strstr(text, "\x1b"));
    cr_assert_null(strstr(text, "\xe2\x80\xae"));
    cr_assert(strstr(text, "\\u003cb\\u003e\\u0026"), "it is shown as text");
    free(text);
}

Test(cli_user_text, names_of_files) {
    char *plain = scratch_path(scratch, "plain"), *page = scratch_path(scratch, "page" STEERS);
    char *trace = scratch_text(scratch, "t" STEERS ".csv",
                               "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                               "2023-11-16 18:17:03.9799600,10,20\n"
                               "2023-11-16 18:17:04.9799600,10,20\n");
    char *copy = scratch_path(scratch, "copy" STEERS ".csv");
    expect_status(RUN("validate", file), 0, "validate");
    expect_status(RUN("run", file, "--out", out, "--set", "question=" NASTY), 0, "run");
    expect_file(out, "manifest.json");
    expect_file(out, "scenario.json");
    expect_status(RUN("run", file, "--out", out), 2, "run again");
    expect_status(RUN("explain", out), 0, "explain");
    expect_status(RUN("report", out, "--out", page), 0, "report");
    expect_page(page);
    expect_status(RUN("compare", file, file, "--out", plain, "--set", "question=" NASTY), 0,
                  "compare");
    expect_status(RUN("report", plain, "--force"), 0, "report of a comparison");
    expect_status(RUN("trace", "describe", trace), 0, "describe");
    expect_status(RUN("trace", "convert", trace, "--to", "vidur", "--out", copy), 0, "convert");
    expect_status(RUN("trace", "describe", copy, "--format", NASTY), 2, "describe");
    expect_status(RUN("run", NASTY), 2, "a file that is not there");
    expect_status(RUN(NASTY), 2, "a command");
    free(plain);
    free(page);
    free(trace);
    free(copy);
}

Test(cli_user_text, names_are_refused) {
    static const char *const sets[] = {"name=" NASTY, "deployments.chat.model=" NASTY,
                                       "deployments.chat.accelerator=" NASTY,
                                       "deployments.chat.precision=" NASTY};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        expect_status(RUN("run", file, "--set", sets[i]), 2, sets[i]);
    }
    char *other =
        scratch_text(scratch, "other.json",
                     "{\"duration\": \"20m\", \"deployments\": {\"a\\nb\": {\"model\": "
                     "\"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", " TRAFFIC "}}}");
    REFUSED(RUN("run", other), "found a\\x0ab, expected a text without control characters");
    free(other);
}

#define SOURCE "\"deployments.chat.profile_source\""
#define VALUES "[\"a\\ntouch PWNED\\n\\u001b[31m\\u009b\\u202e'</script><b>&\", \"b\"]"

Test(cli_user_text, values_of_a_sweep) {
    char *sweep = scratch_text(scratch, "s.json",
                               "{\"scenario\": " SCENARIO ", \"replications\": 1, \"question\": "
                               "\"</script><b>&\\ntouch PWNED\", \"axes\": [{\"option\": " SOURCE
                               ", \"values\": " VALUES "}]}");
    expect_status(RUN("sweep", sweep, "--out", out), 0, "sweep");
    expect_file(out, "sweep.json");
    char *csv = folder_file_bytes(out, "results.csv", NULL);
    expect_shown(csv, "results.csv");
    free(csv);
    char *page = scratch_path(out, "report.html");
    expect_status(RUN("report", out), 0, "report");
    expect_page(page);
    expect_status(RUN("plot", out), access("/usr/bin/gnuplot", X_OK) == 0 ? 0 : 1, "plot");
    free(page);
    free(sweep);
}

/* Whoever pastes the winner runs nothing but firectl. */
Test(cli_user_text, the_winner_has_no_commands_but_firectl) {
    char *task = scratch_text(scratch, "o.json",
                              "{\"scenario\": " SCENARIO ", \"question\": \"</script><b>&\\ntouch "
                              "PWNED\", \"slo\": [\"given_up_share <= 50%\"], "
                              "\"options\": [{\"option\": " SOURCE ", \"values\": " VALUES "}]}");
    expect_status(RUN("optimize", task, "--out", out), 0, "optimize");
    char *text = folder_file_bytes(out, "winner.firectl.txt", NULL);
    cr_assert_not_null(text);
    expect_shown(text, "winner.firectl.txt");
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        cr_assert(strncmp(line, "firectl ", 8) == 0 || *line == '#' || *line == ' ', "%s", line);
    }
    free(text);
    char *page = scratch_path(out, "report.html");
    expect_status(RUN("report", out), 0, "report");
    expect_page(page);
    free(page);
    free(task);
}

/* Folders of runs stand beside the comparison's own files, whatever the scenarios' files are
 * called. */
Test(cli_user_text, runs_have_folders_that_nothing_else_has) {
    char *plots = scratch_text(scratch, "plots.json", SCENARIO);
    char *upper = scratch_text(scratch, "Plots.json", SCENARIO);
    char *manifest = scratch_text(scratch, "manifest.json.json", SCENARIO);
    char *dash = scratch_text(scratch, "-x.json", SCENARIO);
    char *plain = scratch_path(scratch, "plain"), *folder = scratch_path(plain, "_x");
    expect_done(RUN("compare", plots, upper, manifest, dash, "--out", plain, "--quiet"));
    expect_file(plain, "manifest.json");
    expect_file(plain, "plots-2/manifest.json");
    expect_file(plain, "Plots-3/manifest.json");
    expect_file(plain, "manifest.json-2/manifest.json");
    cr_assert(file_exists(folder));
    free(plots);
    free(upper);
    free(manifest);
    free(dash);
    free(plain);
    free(folder);
}
