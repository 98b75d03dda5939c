// SPDX-License-Identifier: GPL-3.0-or-later
/* One self-contained HTML page of output directories: a run, a comparison, a sweep, an
 * optimisation. It fetches nothing, and a Content-Security-Policy in it forbids what it might: only
 * the scripts whose digests it names may run, and nothing may be loaded. */
#ifndef OUTPUT_PAGE_H
#define OUTPUT_PAGE_H

#include "base/error.h"

typedef struct Page Page;

/* For the page of one directory, by what it holds (statistics.csv or comparison.csv: a comparison;
 * sweep.json: a sweep; front.csv: an optimisation; else a run), or of several runs side by side.
 * Finds out what they are and loads the library for charts; folders are lent for the page's life.
 * NULL after adding errors. */
Page *page_create(const char *const folders[], size_t count, ErrorList *errors);
/* False after adding errors; the stream has nothing of it then. */
bool page_write(const Page *page, FILE *stream, ErrorList *errors);
void page_destroy(Page *page);

#endif
