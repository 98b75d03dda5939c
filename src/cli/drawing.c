// SPDX-License-Identifier: GPL-3.0-or-later
/* Chooses the pictures by what the directory holds. */
#include "cli/drawing.h"

#include "base/memory.h"
#include "base/text.h"
#include "output/plots.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a directory is told by, and who draws it. */
static const struct {
    const char *file;
    bool (*draw)(const char *directory, const char *scripts_directory, ErrorList *errors);
} kinds[] = {
    {"statistics.csv", plots_draw_comparison},
    {"comparison.csv", plots_draw_comparison},
    {"sweep.json", plots_draw_sweep},
    {"front.csv", plots_draw_search},
};

static bool has_file(const char *directory, const char *name) {
    char *path = memory_format("%s/%s", directory, name);
    const bool has = access(path, F_OK) == 0;
    free(path);
    return has;
}

void drawing_tell(const char *directory) {
    fprintf(stderr, "Pictures: ");
    text_print(stderr, directory);
    fprintf(stderr, "/plots/*.png and *.svg\n");
}

bool drawing_draw(const char *directory, bool quiet, ErrorList *errors) {
    size_t kind = 0;
    while (kind < sizeof kinds / sizeof kinds[0] && !has_file(directory, kinds[kind].file)) {
        kind++;
    }
    const bool drawn = kind < sizeof kinds / sizeof kinds[0]
                           ? kinds[kind].draw(directory, NULL, errors)
                           : plots_draw(directory, NULL, errors);
    if (drawn && !quiet) {
        drawing_tell(directory);
    }
    return drawn;
}
