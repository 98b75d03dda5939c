// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as a sweep's file: read or refused; its cells are scenarios or are refused; its plan,
 * written and read again, is the same. */
#include "base/text.h"
#include "experiment/cells.h"
#include "experiment/sweep_directory.h"
#include "experiment/sweep_file.h"
#include "fuzzing.h"
#include "output/inputs.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS_MOST = 3 };

static void try_cells(const SweepFile *sweep) {
    for (size_t cell = 0; cell < sweep->cells.count && cell < CELLS_MOST; cell++) {
        ErrorList errors = {0};
        Scenario *scenario = sweep_cell_scenario(sweep, cell, &errors);
        fuzz_errors(&errors, scenario == NULL);
        scenario_destroy(scenario);
        free(sweep_cell_text(sweep, cell));
    }
}

static void plan_again(const SweepFile *sweep) {
    static const char *const names[] = {"sweep.json"};
    const TextList inputs = {0};
    ErrorList errors = {0};
    SweepPlan plan, again;
    sweep_plan_make(&plan, sweep, &inputs, "0");
    const FuzzPart part = {(const uint8_t *)plan.text, strlen(plan.text)};
    const char *folder = fuzz_folder(names, &part, 1);
    const bool read = sweep_plan_read(&again, folder, &errors);
    fuzz_errors(&errors, !read);
    fuzz_require(read && strcmp(plan.digest, again.digest) == 0, "the plan reads the same again");
    fuzz_require(sweep_plan_same(&plan, &again, folder, "", &errors), "the plan is the same");
    sweep_plan_clear(&plan);
    sweep_plan_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ErrorList errors = {0};
    SweepFile sweep;
    const bool read = sweep_file_read(&sweep, fuzz_file(1, data, size), 0, &errors);
    fuzz_errors(&errors, !read);
    if (read) {
        fuzz_require(sweep.cells.count > 0, "a sweep has cells");
        try_cells(&sweep);
        if (sweep.cells.count < 1000) {
            plan_again(&sweep);
        }
    }
    sweep_file_clear(&sweep);
    return 0;
}
