// SPDX-License-Identifier: GPL-3.0-or-later
/* Draws an output directory: of a run, a comparison, a sweep or a search. */
#ifndef CLI_DRAWING_H
#define CLI_DRAWING_H

#include "base/error.h"

/* Draws into DIR/plots. A directory with statistics.csv or comparison.csv is a comparison's, with
 * sweep.json a sweep's, with front.csv a search's, any other a run's. Says where, unless quiet.
 * False after adding errors. */
bool drawing_draw(const char *directory, bool quiet, ErrorList *errors);

/* Says where the pictures are. */
void drawing_tell(const char *directory);

#endif
