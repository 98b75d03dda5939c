// SPDX-License-Identifier: GPL-3.0-or-later
/* Chooses the pictures by what the directory holds. */
#include "cli/drawing.h"

#include "engine/memory.h"
#include "report/plots.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool drawing_draw(const char *directory, bool quiet, ErrorList *errors) {
    char *comparison = memory_format("%s/comparison.csv", directory);
    const bool compares = access(comparison, F_OK) == 0;
    free(comparison);
    const bool drawn = compares ? plots_draw_comparison(directory, NULL, errors)
                                : plots_draw(directory, NULL, errors);
    if (drawn && !quiet) {
        fprintf(stderr, "Pictures: %s/plots/*.png and *.svg\n", directory);
    }
    return drawn;
}
