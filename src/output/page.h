// SPDX-License-Identifier: GPL-3.0-or-later
/* One self-contained HTML page of output directories: a run, a comparison, a sweep, an
 * optimisation. It fetches nothing, and a Content-Security-Policy in it forbids what it might: only
 * the scripts whose digests it names may run, and nothing may be loaded. The program embeds the
 * files of the directories as JSON, by a table that says of each which columns are numbers and how
 * it is thinned, with its own tables that they are shown by: metrics, load keys, assumptions. The
 * script makes all that is shown of them. */
#ifndef OUTPUT_PAGE_H
#define OUTPUT_PAGE_H

#include "base/error.h"

typedef struct CsvReader CsvReader;
typedef struct Page Page;

/* For the page of one directory, by what it holds (statistics.csv or comparison.csv: a comparison;
 * sweep.json: a sweep; front.csv: an optimisation; else a run), or of several runs side by side.
 * Finds out what they are and loads the library for charts; folders are lent for the page's life.
 * NULL after adding errors. */
Page *page_create(const char *const folders[], size_t count, ErrorList *errors);
/* False after adding errors; the stream has nothing of it then. */
bool page_write(const Page *page, FILE *stream, ErrorList *errors);
void page_destroy(Page *page);

/* The data (page_data.c) ----------------------------------------------------------------- */

/* Whether there can be a page of the directories: each is an output, and several are runs. False
 * after adding errors. */
bool page_data_check(const char *const folders[], size_t count, ErrorList *errors);
/* {"kind", "groups", "metrics", "load_keys", "rules", "sections", "folders": [{"label", "files":
 * {NAME: ...}}]}. A table is {"columns": names, "rows": rows}; empty fields are null, what never
 * came Infinity (1e999). False after adding errors; the stream then holds a part. */
bool page_data_write(FILE *stream, const char *const folders[], size_t count, ErrorList *errors);

/* What a page shows its figures by, as members of an object: "groups", "metrics", "load_keys",
 * "rules", "sections". */
void page_put_program(FILE *stream);

/* For the rooms of a page. What comes from a user's file is written by page_put_text only, so that
 * no name can become markup. */

typedef enum PageFileKind {
    PAGE_DOCUMENT,  /* JSON, as a text */
    PAGE_TEXT,      /* any other text */
    PAGE_TABLE,     /* every row; all columns are numbers but those in `texts` */
    PAGE_FIGURES,   /* every row; texts, but for metrics and what has its bounds beside it */
    PAGE_SERIES,    /* columns over time, by deployment, thinned to extremes */
    PAGE_DECISIONS, /* what the policy decided, by deployment, thinned to the largest changes */
} PageFileKind;

typedef struct PageFile {
    const char *name;
    PageFileKind kind;
    enum {
        PAGE_OPTIONAL = 1,
        PAGE_IN_SHORT = 2, /* of the metrics only those that decide between two policies */
        PAGE_BOUNDED = 4   /* at least two columns have theirs, _low and _high, beside them */
    } flags;
    int digits;         /* of numbers; 0: all that they have */
    const char *needed; /* columns, between blanks, as are the others */
    const char *texts;  /* columns; of a document, members that no page shows */
} PageFile;

/* A JSON string; '<', '>' and '&' are escaped, so that it cannot end a script element; what cannot
 * be shown is written as \xNN. NULL: "". */
void page_put_text(FILE *stream, const char *text);
/* `digits` significant ones, 0: all; NAN: null; infinite: beyond what a script can hold, which it
 * reads as Infinity. */
void page_put_number(FILE *stream, double number, int digits);
/* What goes between the parts of an array or object: nothing before the first. */
void page_put_comma(FILE *stream, bool *begun, const char *comma);

bool page_has_word(const char *words, const char *word);

typedef enum PageColumn { PAGE_LEFT_OUT, PAGE_COLUMN_TEXT, PAGE_COLUMN_NUMBER } PageColumn;

/* What each column of the header is. Owned by the caller. Errors are the reader's. */
PageColumn *page_find_columns(const PageFile *file, CsvReader *reader);

/* A file by deployments, thinned (page_series.c): [{"deployment", "rows" (of the file), "columns",
 * "data": an array for each column; what is empty throughout is left out}]. Of a series "stretch",
 * rows to a stretch (1: none thinned); of decisions "changes" of the target, and "left_out": how
 * many decisions are not here. False after adding an error. */
bool page_put_thinned(FILE *stream, const PageFile *file, const char *path, ErrorList *errors);

#endif
