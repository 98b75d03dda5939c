// SPDX-License-Identifier: GPL-3.0-or-later
/* A program with one more row in the table of recorded formats (tests/cli/one_row.h): the row is
 * all that it takes to be told by its content, chosen, completed, suggested and read. */
#include "support/program.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *program;

static void set_up(void) {
    const char *binary = getenv("ASIM_BINARY");
    const char *slash = binary ? strrchr(binary, '/') : NULL;
    program =
        memory_format("%.*s/one-row", slash ? (int)(slash - binary) : 1, slash ? binary : ".");
    if (access(program, X_OK) != 0) {
        cr_skip_test("no %s", program);
    }
}

static void tear_down(void) {
    free(program);
}

TestSuite(one_row, .init = set_up, .fini = tear_down);

static const char rows[] = "sent_at,words_in,words_out\n"
                           "2026-11-16T09:00:00Z,1200,40\n"
                           "2026-11-16T09:00:02Z,300,15\n";

/* The program's two outputs hold the text, and it ended so. */
static void expect(ProgramResult result, int status, const char *text) {
    cr_expect_eq(result.status, status, "%s%s", result.output, result.errors);
    cr_expect(strstr(result.output, text) || strstr(result.errors, text), "\"%s\" is not in %s%s",
              text, result.output, result.errors);
    program_clear(&result);
}

Test(one_row, is_told_by_its_content_and_read) {
    const ProgramPlace place = {.program = program};
    char *scratch = scratch_make(), *file = scratch_text(scratch, "chats.csv", rows);
    expect(RUN_IN(place, "trace", "describe", file), 0, "format chat_export");
    expect(RUN_IN(place, "trace", "convert", file, "--to", "vidur", "--out", "-"), 0, "2,300,15");
    expect(RUN("trace", "describe", file), 2, "expected a known format");
    free(file);
    scratch_remove(scratch);
}

Test(one_row, is_a_choice_with_its_spelling) {
    const ProgramPlace place = {.program = program};
    char *scratch = scratch_make(), *file = scratch_text(scratch, "chats.csv", rows);
    expect(RUN_IN(place, "trace", "describe", file, "--format", "chat_export"), 0,
           "format chat_export");
    expect(RUN_IN(place, "trace", "describe", file, "--format", "chatexport"), 2,
           "did you mean \"chat_export\"");
    expect(RUN_IN(place, "trace", "describe", file, "--format", "x"), 2, "jsonl, chat_export");
    expect(RUN_IN(place, "trace", "describe", file, "--set", "bin=10s"), 2,
           "10s for the format chat_export");
    expect(RUN("trace", "describe", file, "--format", "chat_export"), 2, "\"chat_export\"");
    free(file);
    scratch_remove(scratch);
}

Test(one_row, is_in_what_is_completed_and_listed) {
    const ProgramPlace place = {.program = program};
    expect(RUN_IN(place, "help", "--completion", "bash"), 0, "|jsonl|chat_export'");
    expect(RUN_IN(place, "help", "traffic"), 0, "chat_export");
}
