// SPDX-License-Identifier: GPL-3.0-or-later
/* Places that cannot be written to, outputs that are there already, and runs that are stopped: said
 * so, and nothing half-written is left. */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SCALE_FROM_ZERO "scenarios/scale-from-zero.json"

static char *scratch, *out;

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "out");
}

static void tear_down(void) {
    free(out);
    scratch_remove(scratch);
}

TestSuite(cli_places, .init = set_up, .fini = tear_down);

/* An output that is there ---------------------------------------------------------------------- */

Test(cli_places, an_output_is_replaced_only_by_force) {
    expect_done(RUN("run", SCALE_FROM_ZERO, "--quiet", "--out", out));
    char *before = folder_file_bytes(out, "manifest.json", NULL);
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--out", out), out, "found a directory that exists",
            "--force");
    char *after = folder_file_bytes(out, "manifest.json", NULL);
    cr_assert_str_eq(after, before, "the refused run changed it");
    expect_done(RUN("run", SCALE_FROM_ZERO, "--quiet", "--out", out, "--force", "--seed", "9"));
    char *replaced = folder_file_bytes(out, "manifest.json", NULL);
    cr_assert_str_neq(replaced, before);
    cr_assert_eq(folder_count(scratch), 1);
    free(before);
    free(after);
    free(replaced);
}

Test(cli_places, a_failing_run_leaves_the_earlier_output) {
    expect_done(RUN("run", SCALE_FROM_ZERO, "--quiet", "--out", out));
    char *before = folder_file_bytes(out, "manifest.json", NULL);
    const ProgramPlace full = {.file_bytes = 2048};
    FAILED(RUN_IN(full, "run", SCALE_FROM_ZERO, "--force", "--out", out), "found File too large");
    char *after = folder_file_bytes(out, "manifest.json", NULL);
    cr_assert_str_eq(after, before);
    cr_assert_eq(folder_count(scratch), 1);
    free(before);
    free(after);
}

Test(cli_places, force_does_not_remove_what_is_not_ours) {
    cr_assert_eq(mkdir(out, 0777), 0);
    char *letter = scratch_text(out, "letter.txt", "dear");
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--force", "--out", out), out,
            "not an earlier output of autoscale-sim");
    cr_assert(file_exists(letter));
    cr_assert_eq(folder_count(scratch), 1);
    cr_assert_eq(folder_count(out), 1);
    free(letter);
}

Test(cli_places, a_link_is_not_followed_into_someone_s_directory) {
    char *other = scratch_path(scratch, "other");
    expect_done(RUN("run", SCALE_FROM_ZERO, "--quiet", "--out", other));
    cr_assert_eq(symlink(other, out), 0);
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--force", "--out", out), out, "expected a new directory");
    cr_assert_eq(folder_count(other), 9);
    free(other);
}

Test(cli_places, names_that_no_directory_can_have) {
    char *file = scratch_text(scratch, "file", "text"), *below = scratch_path(file, "out");
    char name[400] = "";
    memset(name, 'x', sizeof name - 1);
    char *too_long = scratch_path(scratch, name);
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--out", ""), "expected the name of a new directory");
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--out", "."), ".: found no name");
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--out", "/", "--force"), "/: found no name");
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--out", file), "a file that is no directory");
    if (access("/dev", W_OK) == 0) { /* else it is told that nothing may be written there */
        REFUSED(RUN("run", SCALE_FROM_ZERO, "--out", "/dev/full"), "a file that is no directory");
    }
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--out", below), "found Not a directory");
    REFUSED(RUN("run", SCALE_FROM_ZERO, "--out", too_long), "found File name too long");
    FAILED(RUN("run", SCALE_FROM_ZERO, "--out", "/proc/out"), "/proc/out: found",
           "expected a directory that can be made");
    cr_assert_eq(folder_count(scratch), 1);
    free(file);
    free(below);
    free(too_long);
}

/* A full disk ---------------------------------------------------------------------------------- */

Test(cli_places, standard_output_on_a_full_disk) {
    const ProgramPlace full = {.output = "/dev/full"};
    if (!file_exists(full.output)) {
        tear_down(); /* a test that is skipped does not get there */
        cr_skip_test("there is no /dev/full");
    }
    static const char expected[] = "standard output: found ";
    FAILED(RUN_IN(full, "run", SCALE_FROM_ZERO, "--json"), expected);
    FAILED(RUN_IN(full, "run", SCALE_FROM_ZERO), expected);
    FAILED(RUN_IN(full, "compare", SCALE_FROM_ZERO, "--json"), expected);
    FAILED(RUN_IN(full, "validate", SCALE_FROM_ZERO, "--print"), expected);
    FAILED(RUN_IN(full, "presets"), expected);
    FAILED(RUN_IN(full, "help"), expected);
    FAILED(RUN_IN(full, "--version"), expected);
}

/* The limit is reached in another file each time; only the whole output, or none of it, is there.
 * What the program says must fit in it too. */
Test(cli_places, output_on_a_full_disk) {
    for (long long room = 1024; room <= 16384; room *= 4) {
        const ProgramPlace full = {.file_bytes = room};
        FAILED(RUN_IN(full, "run", SCALE_FROM_ZERO, "--out", out), out, "found File too large");
        FAILED(RUN_IN(full, "compare", SCALE_FROM_ZERO, "--out", out), out, "found File too large");
        cr_assert_eq(folder_count(scratch), 0, "something is left with room for %lld bytes", room);
    }
    const ProgramPlace roomy = {.file_bytes = 1 << 20};
    expect_done(RUN_IN(roomy, "run", SCALE_FROM_ZERO, "--quiet", "--out", out));
    cr_assert_eq(folder_count(scratch), 1);
}

/* A closed pipe -------------------------------------------------------------------------------- */

/* As of any tool before `| head`: not a word, and the signal's status. */
static void expect_ended_by_pipe(ProgramResult result) {
    cr_assert_eq(result.status, 128 + SIGPIPE, "status %d: %s", result.status, result.errors);
    cr_assert_str_empty(result.errors);
    program_clear(&result);
}

Test(cli_places, a_reader_that_has_seen_enough) {
    const ProgramPlace closed = {.closed_pipe = true};
    expect_ended_by_pipe(RUN_IN(closed, "help", "scenario"));
    expect_ended_by_pipe(RUN_IN(closed, "explain", SCALE_FROM_ZERO));
    expect_ended_by_pipe(RUN_IN(closed, "presets"));
    expect_ended_by_pipe(RUN_IN(closed, "--version"));
    expect_ended_by_pipe(RUN_IN(closed, "trace", "describe", "scenarios/traces/azure-sample.csv"));
    cr_assert_eq(folder_count(scratch), 0);
    expect_ended_by_pipe(RUN_IN(closed, "run", SCALE_FROM_ZERO, "--out", out));
    cr_assert_eq(folder_count(scratch), 1); /* it was whole before the summary was printed */
    cr_assert_eq(folder_count(out), 9);
}

/* Stopped -------------------------------------------------------------------------------------- */

/* Ten years of traffic: longer than any test waits. */
static const char endless[] =
    "{\"duration\": \"3650d\", \"deployments\": {\"a\": {\"model\": \"llama-v3p1-8b-instruct\","
    "\"autoscaling\": {\"min_replica_count\": 1}, \"traffic\": {\"type\": \"constant\","
    "\"rate_per_s\": 50, \"prompt_tokens\": 50, \"output_tokens\": 2}}}}";

/* Until the program writes beside the scenario. */
static void wait_for_files(void) {
    const struct timespec pause = {.tv_nsec = 5000000};
    for (int i = 0; i < 4000 && folder_count(scratch) < 2; i++) {
        nanosleep(&pause, NULL);
    }
    cr_assert_eq(folder_count(scratch), 2, "it does not begin");
}

static void expect_stopped(const char *const arguments[], int signal) {
    RunningProgram running = program_start(NULL, arguments);
    wait_for_files();
    kill(running.process, signal);
    ProgramResult result = program_finish(&running);
    cr_assert_eq(result.status, 128 + signal, "status %d: %s", result.status, result.errors);
    cr_assert_str_eq(result.errors, "autoscale-sim: interrupted; nothing was written\n");
    cr_assert_str_empty(result.output);
    cr_assert_eq(folder_count(scratch), 1, "something is left");
    program_clear(&result);
}

Test(cli_places, a_run_that_is_interrupted) {
    char *file = scratch_text(scratch, "endless.json", endless);
    const char *const arguments[] = {"run", file, "--out", out, NULL};
    expect_stopped(arguments, SIGINT);
    expect_stopped(arguments, SIGTERM);
    expect_stopped(arguments, SIGHUP);
    free(file);
}

Test(cli_places, a_comparison_that_is_interrupted) {
    char *file = scratch_text(scratch, "endless.json", endless);
    const char *const arguments[] = {"compare", SCALE_FROM_ZERO, file, "--quiet", "--out", out,
                                     NULL};
    expect_stopped(arguments, SIGINT);
    free(file);
}

Test(cli_places, an_interruption_leaves_the_earlier_output) {
    expect_done(RUN("run", SCALE_FROM_ZERO, "--quiet", "--out", out));
    char *before = folder_file_bytes(out, "manifest.json", NULL);
    const ProgramPlace place = {.input = endless};
    const char *const arguments[] = {"run", "-", "--force", "--out", out, NULL};
    RunningProgram running = program_start(&place, arguments);
    wait_for_files();
    kill(running.process, SIGINT);
    ProgramResult result = program_finish(&running);
    cr_assert_eq(result.status, 130);
    char *after = folder_file_bytes(out, "manifest.json", NULL);
    cr_assert_str_eq(after, before);
    cr_assert_eq(folder_count(scratch), 1);
    program_clear(&result);
    free(before);
    free(after);
}
