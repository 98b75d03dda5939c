// SPDX-License-Identifier: GPL-3.0-or-later
/* `plot`: pictures of an output directory, of one run or of a comparison. */
#include "cli/commands.h"
#include "cli/drawing.h"

int command_plot(const Invocation *invocation, ErrorList *errors) {
    return drawing_draw(invocation->arguments->positional[0], false, errors) ? STATUS_DONE
                                                                             : STATUS_MISTAKE;
}
