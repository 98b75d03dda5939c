// SPDX-License-Identifier: GPL-3.0-or-later
/* cells/000123.csv: what came of one cell. Its first line bears the plan's digest and that of the
 * rest, so that a file that is torn, stale or another sweep's is as good as none. Written beside
 * and renamed; the same cell gives the same bytes. */
#ifndef EXPERIMENT_SWEEP_CELL_H
#define EXPERIMENT_SWEEP_CELL_H

#include "base/error.h"

#include <stdbool.h>

/* What a cell that is no scenario has for a body, before the reason. */
#define SWEEP_CELL_SKIPPED "skipped\n"

/* Where it is in a sweep's directory: "cells/000123.csv"; owned by the caller. */
char *sweep_cell_name(size_t cell);

/* body: CSV with a header. */
bool sweep_cell_write(const char *directory, const char *plan, size_t cell, const char *body,
                      ErrorList *errors);
/* The body, or NULL if there is no sound file of that plan, or, after adding an error, if one that
 * is there cannot be read. Owned by the caller. */
char *sweep_cell_read(const char *directory, const char *plan, size_t cell, ErrorList *errors);

#endif
