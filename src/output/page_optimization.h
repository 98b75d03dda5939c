// SPDX-License-Identifier: GPL-3.0-or-later
/* The page of a search for a policy, from front.csv, evaluations.csv, winner.firectl.txt and
 * manifest.json. */
#ifndef OUTPUT_PAGE_OPTIMIZATION_H
#define OUTPUT_PAGE_OPTIMIZATION_H

#include "base/error.h"

/* False after adding errors. */
bool page_optimization_write(FILE *stream, const char *folder, ErrorList *errors);

#endif
