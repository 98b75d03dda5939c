// SPDX-License-Identifier: GPL-3.0-or-later
/* The page of a sweep, from axes.csv, aggregate.csv, sweep.json and manifest.json: heat maps and a
 * Pareto plot, which the page's script draws from the cells. */
#ifndef OUTPUT_PAGE_SWEEP_H
#define OUTPUT_PAGE_SWEEP_H

#include "base/error.h"

/* False after adding errors. */
bool page_sweep_write(FILE *stream, const char *folder, ErrorList *errors);

#endif
