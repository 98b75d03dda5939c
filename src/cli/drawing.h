// SPDX-License-Identifier: GPL-3.0-or-later
/* Draws an output directory, of one run or of a comparison. */
#ifndef CLI_DRAWING_H
#define CLI_DRAWING_H

#include "engine/error.h"

/* Draws into DIR/plots; a directory with comparison.csv is a comparison's. Says where, unless
 * quiet. False after adding errors. */
bool drawing_draw(const char *directory, bool quiet, ErrorList *errors);

#endif
