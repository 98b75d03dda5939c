// SPDX-License-Identifier: GPL-3.0-or-later
/* Which rows of a recording count: conditions that all hold.
 *
 *     NAME=VALUE[,VALUE...]    NAME!=VALUE[,VALUE...]
 *
 * NAME is a column, a key, a label, or a field that the format names. A VALUE is a text with its
 * case, in which * stands for anything; a range of numbers, 200..299, ..299 or 500..; a class of
 * status, 2xx; nothing, for what is empty or not there; or in double quotes the very text. Blanks
 * around names and values do not count. */
#ifndef TRAFFIC_ROW_FILTER_H
#define TRAFFIC_ROW_FILTER_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

#define ROW_FILTER_MOST 16 /* conditions */

typedef struct RowPattern RowPattern;
typedef struct RowTally RowTally;

typedef struct RowCondition {
    char *text; /* as the user wrote it; owned, like the rest */
    char *name;
    bool excludes;
    RowPattern *patterns;
    size_t pattern_count;
    size_t column; /* of the values that row_filter_passes gets: whoever opens a file says which */
    uint64_t met;  /* rows */
    RowTally *tally; /* of the values in rows that were left out, until one passes */
} RowCondition;

typedef struct RowFilter {
    RowCondition conditions[ROW_FILTER_MOST];
    size_t count;
    uint64_t asked, passed; /* rows */
} RowFilter;

/* Reads conditions; false after adding an error at where->place for each that is none. To be
 * cleared in either case. */
bool row_filter_read(RowFilter *filter, const TextList *conditions, const Error *where,
                     ErrorList *errors);
void row_filter_clear(RowFilter *filter);

/* Adds a condition that the format has by itself, unless one of the user's has its name. */
void row_filter_add_default(RowFilter *filter, const char *condition);
/* Is there a condition on this name, whatever the case? */
bool row_filter_names(const RowFilter *filter, const char *name);

/* Does a row count, by its values (start NULL: not there)? Counts it. */
bool row_filter_passes(RowFilter *filter, const TextSpan values[]);

/* As if no row had been asked. */
void row_filter_forget(RowFilter *filter);

/* At the end of a file: false, after adding an error that tells which values there were, if none of
 * its rows (or whatever `things` are called) has passed. */
bool row_filter_check(const RowFilter *filter, const char *things, const char *file,
                      ErrorList *errors);

#endif
