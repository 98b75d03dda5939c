// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as an optimisation's file: read or refused, and its cells are scenarios or refused. */
#include "base/text.h"
#include "experiment/optimization.h"
#include "fuzzing.h"

#include <stdlib.h>

enum { CELLS_MOST = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ErrorList errors = {0};
    Optimization optimization;
    const OverrideList none = {0};
    const bool read = optimization_read(&optimization, fuzz_file(0, data, size), &none,
                                        &(TextList){0}, 0, &errors);
    fuzz_errors(&errors, !read);
    const size_t cells = read ? search_cells(optimization.grid, optimization.axes.count) : 0;
    fuzz_require(!read || cells > 0, "there is something to choose from");
    for (size_t cell = 0; cell < cells && cell < CELLS_MOST; cell++) {
        Scenario *scenario =
            optimization_scenario(&optimization, &optimization.base, cell, &errors);
        fuzz_errors(&errors, scenario == NULL);
        scenario_destroy(scenario);
        free(optimization_cell_text(&optimization, cell));
    }
    optimization_clear(&optimization);
    return 0;
}
