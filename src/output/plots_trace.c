// SPDX-License-Identifier: GPL-3.0-or-later
/* The picture of a recorded trace. The data is ours as it is: nothing in it needs a copy. */
#include "output/plots.h"

#include "base/memory.h"
#include "output/plot_folder.h"

#include <inttypes.h>
#include <stdlib.h>

bool plots_draw_trace(const char *directory, const char *scripts_directory, const char *title,
                      int64_t start_epoch_s, ErrorList *errors) {
    char *part = plot_last_part(title);
    char *start_s = memory_format("%" PRId64, start_epoch_s);
    PlotFolder folder;
    const bool ok = plot_folder_begin(&folder, directory, scripts_directory, errors) &&
                    plot_folder_draw(&folder, "trace", "trace.gp", folder.directory,
                                     (const char *[]){part, start_s, NULL});
    plot_folder_end(&folder);
    free(start_s);
    free(part);
    return ok;
}
