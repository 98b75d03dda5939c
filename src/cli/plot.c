// SPDX-License-Identifier: GPL-3.0-or-later
/* `plot`: pictures of an output directory, of one run or of a comparison. */
#include "base/text.h"
#include "cli/commands.h"
#include "output/pictures.h"

#include <stdio.h>

void command_tell_pictures(const char *directory) {
    fprintf(stderr, "Pictures: ");
    text_print(stderr, directory);
    fprintf(stderr, "/plots/*.png and *.svg\n");
}

bool command_draw(const char *directory, bool quiet, ErrorList *errors) {
    const bool drawn = pictures_draw(directory, NULL, errors);
    if (drawn && !quiet) {
        command_tell_pictures(directory);
    }
    return drawn;
}

int command_plot(const Invocation *invocation, ErrorList *errors) {
    return command_draw(invocation->arguments->positional[0], false, errors) ? STATUS_DONE
                                                                             : STATUS_MISTAKE;
}
