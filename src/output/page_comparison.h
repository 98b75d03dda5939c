// SPDX-License-Identifier: GPL-3.0-or-later
/* The page of several runs side by side: their metrics in a table with the differences to the first
 * run, and its intervals and verdicts where there is a statistics.csv; their charts on one time
 * axis. */
#ifndef OUTPUT_PAGE_COMPARISON_H
#define OUTPUT_PAGE_COMPARISON_H

#include "base/error.h"

/* Of what `compare --out` wrote. False after adding errors. */
bool page_comparison_write(FILE *stream, const char *folder, ErrorList *errors);

/* Of directories of one run each; they are called by the last part of their path,
 * or where these are alike by the whole. */
bool page_comparison_write_runs(FILE *stream, const char *const folders[], size_t count,
                                ErrorList *errors);

#endif
