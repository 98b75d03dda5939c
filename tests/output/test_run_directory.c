// SPDX-License-Identifier: GPL-3.0-or-later
/* An output directory that someone has touched. */
#include "output/manifest.h"
#include "scenario/scenario.h"

#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(run_directory, a_manifest_with_a_key_twice_is_refused) {
    char *scratch = scratch_make();
    char *path = scratch_text(scratch, "manifest.json", "{\"version\": \"1\", \"version\": \"2\"}");
    const Scenario nothing = {0};
    ErrorList errors = {0};
    char *version;
    cr_expect_not(run_directory_check(scratch, &nothing, "1", &version, &errors));
    cr_expect_null(version);
    cr_expect_eq(errors.count, 1);
    error_list_clear(&errors);
    free(path);
    scratch_remove(scratch);
}
