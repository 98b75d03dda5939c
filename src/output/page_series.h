// SPDX-License-Identifier: GPL-3.0-or-later
/* timeseries.csv as columns of JSON for the charts of a page. A long run is thinned: of each
 * stretch of rows every series keeps its least and its greatest value, in the order in which they
 * came, so that no peak is lost. */
#ifndef OUTPUT_PAGE_SERIES_H
#define OUTPUT_PAGE_SERIES_H

#include "base/error.h"

enum { PAGE_SERIES_POINTS = 2000 }; /* at most, of each series */

typedef struct PageTrack PageTrack;

typedef struct PageSeries {
    PageTrack *tracks; /* by deployment */
    size_t count;
} PageSeries;

/* False after adding an error; page_series_clear is due in either case. */
bool page_series_read(PageSeries *series, const char *path, ErrorList *errors);
void page_series_clear(PageSeries *series);

/* Lent; the index of a name that is not there is series->count. */
const char *page_series_name(const PageSeries *series, size_t index);
size_t page_series_find(const PageSeries *series, const char *name);

/* Members of an object, without braces: "rows" (of the file), "stretch" (rows to a stretch; 1: none
 * thinned), "time" (s; the end of each interval), "series": {name: [...]}. Names are the file's
 * columns; counts are per second of their interval, money is "usd_per_hour" and "usd_total" so far.
 * What is empty or 0 throughout is left out. */
void page_series_write(const PageSeries *series, size_t index, FILE *stream);

#endif
