// SPDX-License-Identifier: GPL-3.0-or-later
/* CSV as RFC 4180 has it, with '\n': one header, fields quoted where they must be, `.` as the
 * decimal point whatever the locale, an empty field for what does not apply. Buffered, and quick
 * enough for a row per request. The first failure of a write is kept and reported once, by
 * csv_writer_close. */
#ifndef REPORT_CSV_WRITER_H
#define REPORT_CSV_WRITER_H

#include "autoscale_sim/types.h"
#include "engine/error.h"

typedef struct CsvWriter {
    char *name;     /* of the file, as errors tell it */
    int descriptor; /* -1: not open */
    int failure;    /* errno of the first write that failed; 0 = none */
    bool in_row;    /* a field has been written in this row */
    size_t used;    /* bytes of the buffer */
    char *buffer;
} CsvWriter;

/* Creates or empties the file at `path`; errors call it `name` (NULL: path). Returns false after
 * adding an error; the writer may then still be used and closed: what it is given goes nowhere. */
bool csv_writer_open(CsvWriter *writer, const char *path, const char *name, ErrorList *errors);

/* Writes out what is buffered and closes. Returns false, after adding an error, when this or any
 * earlier write failed. A writer that is all zero, or closed, is left as it is. */
bool csv_writer_close(CsvWriter *writer, ErrorList *errors);

/* Closes without a word: the file is to be thrown away. */
void csv_writer_abandon(CsvWriter *writer);

/* One field each. */
void csv_writer_text(CsvWriter *writer, const char *text); /* NULL: empty */
void csv_writer_count(CsvWriter *writer, uint64_t count);
void csv_writer_integer(CsvWriter *writer, int64_t integer);
/* Exact decimal seconds, as sim_time_format_seconds; SIM_TIME_NEVER: empty. */
void csv_writer_time(CsvWriter *writer, sim_time time);
/* The shortest text that reads back to the same double; not finite: empty. */
void csv_writer_number(CsvWriter *writer, double number);
void csv_writer_empty(CsvWriter *writer);

void csv_writer_end_row(CsvWriter *writer);

/* A row of texts. */
void csv_writer_header(CsvWriter *writer, const char *const names[], size_t count);

#endif
