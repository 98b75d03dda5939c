// SPDX-License-Identifier: GPL-3.0-or-later
/* README and docs/ show what the program prints. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
PAGE(identify, "docs/identify.md")
PAGE(limits, "docs/limits.md")
PAGE(many_machines, "docs/many-machines.md")
PAGE(outputs, "docs/outputs.md")
PAGE(policies, "docs/policies.md")
PAGE(autoscalers, "docs/autoscalers.md")
PAGE(accuracy, "docs/accuracy.md")
PAGE(calibration, "docs/calibration.md")
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

/* "`src/policy/fireworks.c`, `window_push`": the file is there, and names what is named behind it.
 */
static size_t check_paths(const char *page, const char *start) {
    char *text = file_bytes(page, NULL);
    size_t paths = 0;
    for (char *at = text; (at = strstr(at, start)) != NULL; paths++) {
        char path[200] = "", name[200] = "";
        const int fields = sscanf(at, "`%199[^` ]`, `%199[^`]`", path, name);
        cr_expect_eq(access(path, F_OK), 0, "%s: %s is not there", page, path);
        if (fields == 2) {
            char *file = file_bytes(path, NULL);
            cr_expect(strstr(file, name) != NULL, "%s: %s has no %s", page, path, name);
            free(file);
        }
        at += strlen(start);
    }
    free(text);
    return paths;
}

Test(documents, the_files_that_they_name_are_there) {
    cr_expect_gt(check_paths("CONTRIBUTING.md", "`src/"), 10);
    cr_expect_gt(check_paths("docs/model.md", "`src/"), 3);
    check_paths("src/README.md", "`scripts/");
}
