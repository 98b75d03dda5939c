// SPDX-License-Identifier: GPL-3.0-or-later
/* The engine of pages in Node against the program (playground_engine.js): the same bytes of all
 * that both print and write. Where it was not built (make playground), or before the program was,
 * these are skipped. */
#include "base/memory.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *scratch;

static void setup(void) {
    scratch = scratch_make();
}

static void teardown(void) {
    scratch_remove(scratch);
}

TestSuite(playground_engine, .init = setup, .fini = teardown);

/* Beside the program; owned by the caller. */
static char *find_module(const char *program) {
    const char *slash = strrchr(program, '/');
    char *module = memory_format("%.*s/playground.wasm.gz", (int)(slash - program), program);
    struct stat of_program, of_module;
    if (stat(module, &of_module) != 0) {
        cr_skip_test("the engine of pages was not built: make playground");
    }
    cr_assert_eq(stat(program, &of_program), 0);
    if (of_module.st_mtime < of_program.st_mtime) {
        cr_skip_test("the engine of pages is older than the program: make playground");
    }
    if (system("command -v node >/dev/null 2>&1") != 0) {
        cr_skip_test("node is not here");
    }
    return module;
}

static void expect_same(const char *group) {
    const char *program = getenv("ASIM_BINARY");
    cr_assert_not_null(program);
    char *module = find_module(program);
    const ProgramPlace place = {.program = "tests/wasi/playground_engine.js", .seconds = 1200};
    ProgramResult result = RUN_IN(place, program, module, scratch, group);
    cr_expect_eq(result.status, 0, "%s%s", result.output, result.errors);
    cr_expect_str_empty(result.output);
    cr_log_info("%s", result.errors);
    program_clear(&result);
    free(module);
}

Test(playground_engine, runs_every_scenario) {
    expect_same("runs");
}

Test(playground_engine, explains_every_scenario) {
    expect_same("explains");
}

Test(playground_engine, validates_every_scenario) {
    expect_same("validates");
}

Test(playground_engine, compares_every_scenario) {
    expect_same("comparisons");
}

Test(playground_engine, tells_every_lesson) {
    expect_same("lessons");
}

Test(playground_engine, reads_and_writes_traces) {
    expect_same("traces");
}

Test(playground_engine, does_what_else_it_can) {
    expect_same("others");
}

Test(playground_engine, tells_mistakes) {
    expect_same("mistakes");
}

Test(playground_engine, tells_errors_of_scripts) {
    expect_same("scripts");
}

Test(playground_engine, refuses_what_no_page_can) {
    expect_same("refused");
}
