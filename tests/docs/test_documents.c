// SPDX-License-Identifier: GPL-3.0-or-later
/* README and docs/ show what the program prints. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void check_examples(const char *page) {
    char *scratch = scratch_make();
    const ProgramPlace place = {.program = "tests/docs/check-examples", .seconds = 300};
    ProgramResult result = RUN_IN(place, page, scratch);
    cr_assert_eq(result.status, 0, "%s%s", result.output, result.errors);
    program_clear(&result);
    scratch_remove(scratch);
}

#define PAGE(name, file)                                                                           \
    Test(documents, name) {                                                                        \
        check_examples(file);                                                                      \
    }

PAGE(readme, "README.md")
PAGE(experiments, "docs/experiments.md")
PAGE(limits, "docs/limits.md")
PAGE(many_machines, "docs/many-machines.md")
PAGE(outputs, "docs/outputs.md")
PAGE(policies, "docs/policies.md")
PAGE(scenarios, "docs/scenarios.md")
PAGE(traffic, "docs/traffic.md")

/* One page: what it answers, a first experiment, where to read on. */
Test(documents, the_readme_is_one_page) {
    char *text = file_bytes("README.md", NULL);
    size_t words = 0;
    for (const char *at = text; *at != '\0'; words++) {
        at += strspn(at, " \n");
        at += strcspn(at, " \n");
    }
    cr_assert_leq(words, 2000);
    free(text);
}
