// SPDX-License-Identifier: GPL-3.0-or-later
/* The files of one recorded source as one file: their rows, merged in order of time. Files follow
 * each other in the order of their first rows, whatever their names (rotated logs); of rows at one
 * instant the earlier file's comes first. Each is told and sorted for itself: formats may differ,
 * but not in what a row is. A file is opened when its turn comes, so that memory holds those whose
 * times overlap. One without any line is passed over if others have some.
 *
 * Bare numbers of several files tell their order only if no file begins within another: else the
 * user says whether all are of one clock, or each begins anew; then files follow each other as
 * given, each a mean gap after the last row of the one before. */
#ifndef TRAFFIC_ROW_FILES_H
#define TRAFFIC_ROW_FILES_H

#include "traffic/row_reader.h"
#include "traffic/traffic.h"

/* Files that are read at a time, with half a MiB of buffer each. */
#define ROW_FILES_OPEN_MOST 128

typedef struct RowFile RowFile;

typedef struct RowFiles {
    const TraceConfig *config;
    TrafficContext context;
    asim_traffic_counts *counts; /* one file's directly; of several, when one is closed */
    RowFile **files;             /* in order of their first rows, once that is known */
    size_t count;
    const RowFile *model; /* the first that was opened, with which all others must agree */
    bool is_sorted;
    OrderedRows *rows; /* of the row given out last, or of what failed; open within a pass */
    RowFile *current;  /* whose rows come as long as they are before the rival's next one */
    const RowFile *rival;
    size_t used; /* the files before it have rows to give, as far as is known */
    size_t next; /* those before it have been opened in this pass */
    size_t open_count;
    TraceToldCondition *conditions; /* of files that were closed */
    size_t condition_count;
} RowFiles;

/* All is lent for the life of the files, of the context what is lent for the life of a source. */
void row_files_init(RowFiles *files, const TraceConfig *config, const TrafficContext *context,
                    asim_traffic_counts *counts);
void row_files_clear(RowFiles *files);

/* A pass over all rows: false after adding an error; ending it is due in either case. */
bool row_files_begin(RowFiles *files);
/* The rows that were read and never given out are counted as outside. */
void row_files_end(RowFiles *files);

bool row_files_next_of_several(RowFiles *files, TrafficRow *row);
/* The next row; false at the end, or after adding an error (files->rows->reader.failed). */
static inline bool row_files_next(RowFiles *files, TrafficRow *row) {
    return files->count == 1 ? ordered_rows_next(files->rows, row)
                             : row_files_next_of_several(files, row);
}

/* The earliest time of a row that was left out, as failed or by the filter; INT64_MAX: none yet. */
int64_t row_files_earliest_left_out(const RowFiles *files);

/* After a pass: the files in their order, if there are several, and the conditions. */
void row_files_tell(const RowFiles *files, TraceTold *told);

/* Counts all further rows as outside, whatever they are, and widens [*first, *last] to them. False
 * if some cannot be read to the end, as a pipe may never be. */
bool row_files_count_rest(RowFiles *files, int64_t *first, int64_t *last);

#endif
