// SPDX-License-Identifier: GPL-3.0-or-later
/* docs/accuracy.md shows what `make accuracy` prints. The runs are other people's and not part of
 * the project: without them there is nothing to hold the page against. */
#include "support/program.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char page[] = "docs/accuracy.md", begin[] = "<!-- replays -->\n",
                  end[] = "<!-- end -->\n";

static char *accuracy_program(void) {
    const char *binary = getenv("ASIM_BINARY");
    const char *slash = binary ? strrchr(binary, '/') : NULL;
    return memory_format("%.*s/accuracy/accuracy", slash ? (int)(slash - binary) : 1,
                         slash ? binary : ".");
}

Test(accuracy, is_what_replays_find, .timeout = 300) {
    if (access("../shared/reference/vllm_llama31_8b_sweeps.csv", R_OK) != 0 ||
        access("../shared/traces/vllm_runs", R_OK) != 0) {
        cr_skip_test("no ../shared: nothing to replay");
    }
    char *program = accuracy_program(), *text = file_bytes(page, NULL);
    const ProgramPlace place = {.program = program, .seconds = 300};
    ProgramResult tables = program_run(&place, (const char *const[]){NULL});
    cr_assert_eq(tables.status, 0, "%s", tables.errors);
    char *at = strstr(text, begin), *after = at ? strstr(at, end) : NULL;
    cr_assert_not_null(after, "%s: no %s", page, begin);
    char *wanted =
        memory_format("%.*s\n%s\n%s", (int)(at + strlen(begin) - text), text, tables.output, after);
    const char *wish = getenv("DOCS_UPDATE");
    if (wish && strcmp(wish, "1") == 0) {
        FILE *file = fopen(page, "wb");
        cr_assert_not_null(file);
        cr_assert_geq(fputs(wanted, file), 0);
        cr_assert_eq(fclose(file), 0);
    } else {
        cr_expect_str_eq(text, wanted, "%s is not what `make accuracy` prints; `make docs`", page);
    }
    program_clear(&tables);
    free(wanted);
    free(text);
    free(program);
}
