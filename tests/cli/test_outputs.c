// SPDX-License-Identifier: GPL-3.0-or-later
/* What is left where the program ends before its time, and what --force takes away. */
#include "base/memory.h"
#include "base/whole_file.h"
#include "base/workplace.h"
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char *scratch, *out, *quick, *endless;

#define SCENARIO(duration)                                                                         \
    "{\"duration\": \"" duration "\", \"deployments\": {\"chat\": {\n"                             \
    "\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\",\n"                          \
    "\"traffic\": [{\"type\": \"poisson\", \"rate_per_s\": 2, \"prompt_tokens\": 100,\n"           \
    "\"output_tokens\": 50}]}}}"

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "out/r");
    quick = scratch_text(scratch, "quick.json", SCENARIO("10m"));
    endless = scratch_text(scratch, "endless.json", SCENARIO("3650d"));
}

static void tear_down(void) {
    scratch_remove(scratch);
    free(out);
    free(quick);
    free(endless);
}

TestSuite(cli_outputs, .init = set_up, .fini = tear_down);

static size_t entries(const char *name) {
    char *path = scratch_path(scratch, name);
    const size_t count = folder_count(path);
    free(path);
    return count;
}

static void wait_a_little(void) {
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/* Once it has begun to write. */
static ProgramResult stopped_by(int signal_number, int times, const char *const arguments[]) {
    RunningProgram program = program_start(NULL, arguments);
    char *parent = scratch_path(scratch, "out");
    while (access(parent, F_OK) != 0 || folder_count(parent) == 0) {
        wait_a_little();
    }
    free(parent);
    wait_a_little();
    for (int i = 0; i < times; i++) {
        kill(program.process, signal_number);
    }
    return program_finish(&program);
}

Test(cli_outputs, a_killed_run_is_cleared_away_by_the_next) {
    const char *const run[] = {"run", endless, "--out", out, "--requests", "--quiet", NULL};
    ProgramResult killed = stopped_by(SIGKILL, 1, run);
    program_clear(&killed);
    cr_assert_eq(entries("out"), 1, "what it was making");
    expect_done(RUN("run", quick, "--out", out, "--quiet"));
    cr_assert_eq(entries("out"), 1, "the new output alone");
    cr_assert(file_exists(out));
}

Test(cli_outputs, signals_leave_nothing_however_many) {
    const char *const run[] = {"run", endless, "--out", out, "--requests", "--quiet", NULL};
    const char *const compare[] = {"compare", endless, quick, "--out", out, "--quiet", NULL};
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < 3; i++) {
        for (int times = 1; times <= 2; times++) {
            ProgramResult result = stopped_by(signals[i], times, i == 0 ? compare : run);
            cr_assert_eq(result.status, 128 + signals[i], "%d", result.status);
            cr_assert_eq(entries("out"), 0);
            program_clear(&result);
        }
    }
}

Test(cli_outputs, force_takes_away_only_what_the_program_wrote) {
    expect_done(
        RUN("compare", quick, "--preset", "performance", "--out", out, "--quiet", "--plot"));
    expect_done(RUN("report", out, "--quiet"));
    char *notes = scratch_text(scratch, "out/r/performance/notes.md", "notes");
    char *picture = scratch_text(scratch, "out/r/plots/mine.svg", "mine");
    expect_done(RUN("run", quick, "--out", out, "--quiet", "--force"));
    cr_assert(file_exists(notes) && file_exists(picture));
    cr_assert_eq(entries("out/r/performance"), 1);
    cr_assert_eq(entries("out/r/plots"), 1);
    cr_assert_eq(entries("out"), 1);
    char *mine = scratch_text(scratch, "out/r/comparison.csv", "mine");
    REFUSED(RUN("compare", quick, "--out", out, "--quiet", "--force"),
            "found comparison.csv that autoscale-sim did not write");
    cr_assert(file_exists(mine));
    free(mine);
    free(notes);
    free(picture);
}

static char *sweep_file(void) {
    return scratch_text(scratch, "s.json",
                        "{\"scenario\": " SCENARIO(
                            "10m") ", \"replications\": 1,\n"
                                   "\"axes\": [{\"option\": \"seed\", \"values\": [1, 2, 3, 4]}]}");
}

Test(cli_outputs, force_of_a_sweep_spares_other_files) {
    char *file = sweep_file();
    expect_done(RUN("sweep", file, "--out", out, "--quiet"));
    char *notes = scratch_text(scratch, "out/r/notes.md", "notes");
    char *cell = scratch_text(scratch, "out/r/cells/mine.csv", "mine");
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--force", "--replications", "2"));
    cr_assert(file_exists(notes) && file_exists(cell));
    cr_assert_eq(entries("out/r/cells"), 5);
    free(file);
    free(notes);
    free(cell);
}

/* Shards go side by side; nobody goes beside one that has the whole, nor beside its own like. */
Test(cli_outputs, two_sweeps_do_not_work_on_the_same_cells) {
    char *file = sweep_file(), *whose, me[64];
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--shard", "1/2"));
    char *all = scratch_path(scratch, "out/r/shards/all");
    char *second = scratch_path(scratch, "out/r/shards/2-of-2");
    snprintf(me, sizeof me, "a sweep that process %ld on ", (long)getpid());
    int descriptor;
    cr_assert_eq(owner_take(second, &descriptor, &whose), OWNER_TAKEN);
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--shard", "1/2"));
    REFUSED(RUN("sweep", file, "--out", out, "--shard", "2/2"), me);
    REFUSED(RUN("sweep", file, "--out", out, "--resume"), me);
    REFUSED(RUN("sweep", file, "--out", out, "--force"), me);
    close(descriptor);
    cr_assert_eq(owner_take(all, &descriptor, &whose), OWNER_TAKEN);
    REFUSED(RUN("sweep", file, "--out", out, "--shard", "2/2"), me);
    REFUSED(RUN("sweep", file, "--out", out, "--resume"), me);
    close(descriptor);
    expect_done(RUN("sweep", file, "--out", out, "--quiet", "--resume"));
    cr_assert_eq(entries("out/r"), 6, "no shards/ any more");
    free(file);
    free(all);
    free(second);
}

Test(cli_outputs, few_descriptors_leave_nothing) {
    for (int most = 4; most < 9; most++) {
        char *command =
            memory_format("ulimit -n %d; exec \"$ASIM_BINARY\" compare %s --preset performance "
                          "--out %s --requests --quiet 2>/dev/null",
                          most, quick, out);
        const bool done = system(command) == 0;
        char *parent = scratch_path(scratch, "out");
        cr_assert(!file_exists(parent) || folder_count(parent) == done, "%d", most);
        free(parent);
        free(command);
        char *left = scratch_path(scratch, "out");
        cr_assert(workplace_remove_tree(AT_FDCWD, left) || !file_exists(left));
        free(left);
    }
}

/* The story is told for minutes where nothing has an end; what was told comes out. */
Test(cli_outputs, a_story_can_be_interrupted) {
    char *busy = scratch_text(
        scratch, "busy.json",
        "{\"duration\": \"60d\", \"deployments\": {\"chat\": {\n"
        "\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", \"autoscaling\":\n"
        "{\"min_replica_count\": 0, \"max_replica_count\": 8, \"scale_up_window\": \"0s\",\n"
        "\"scale_down_window\": \"0s\", \"load_targets\": {\"concurrent_requests\": 2}},\n"
        "\"traffic\": [{\"type\": \"gamma\", \"rate_per_s\": 0.5, \"cv\": 5,\n"
        "\"prompt_tokens\": 1000, \"output_tokens\": 200}]}}}");
    RunningProgram program = program_start(NULL, (const char *const[]){"explain", busy, NULL});
    struct stat told = {0};
    while (told.st_size == 0) {
        wait_a_little();
        cr_assert_eq(fstat(program.output, &told), 0);
    }
    kill(program.process, SIGTERM);
    ProgramResult result = program_finish(&program);
    cr_assert_eq(result.status, 128 + SIGTERM);
    cr_assert(strstr(result.errors, "interrupted"), "%s", result.errors);
    cr_assert_null(strstr(result.output, "\nend "), "not to the end");
    program_clear(&result);
    free(busy);
}
