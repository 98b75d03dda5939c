// SPDX-License-Identifier: GPL-3.0-or-later
/* Reads the CSV files that reports write (RFC 4180, csv_writer.h), row by row, columns by name. A
 * row that is not as long as the header, or a number that is none, is an error with its line. */
#ifndef BASE_CSV_READER_H
#define BASE_CSV_READER_H

#include "base/error.h"

#include <stdint.h>

#define CSV_READER_ABSENT SIZE_MAX

typedef struct CsvReader {
    char *path;   /* as errors tell it */
    FILE *stream; /* NULL: not open */
    ErrorList *errors;
    bool failed; /* an error has been added */
    long line;   /* of the row's beginning, from 1 */
    long next_line;
    char **header; /* the names of the columns, in their order */
    size_t header_count;
    /* The row: a text with a NUL after each field. */
    char *text;
    size_t text_room;
    size_t *starts; /* of the fields in it */
    size_t count, starts_room;
} CsvReader;

/* Opens the file and reads its header; errors is lent until csv_reader_close, which is due in
 * either case. False after adding an error. */
bool csv_reader_open(CsvReader *reader, const char *path, ErrorList *errors);
/* The next row. False at the end, or after an error (reader->failed). */
bool csv_reader_next(CsvReader *reader);
/* False when an error was added. A reader that is all zero is left as it is. */
bool csv_reader_close(CsvReader *reader);

/* The column of that name, or CSV_READER_ABSENT. */
size_t csv_reader_find(const CsvReader *reader, const char *name);
/* The same, but its absence is an error, added. */
size_t csv_reader_need(CsvReader *reader, const char *name);

/* A field of the row, lent until the next row; "" for CSV_READER_ABSENT. */
const char *csv_reader_text(const CsvReader *reader, size_t column);
/* As a number, INFINITY for "inf" (a latency that never came); NAN where it is empty or absent, and
 * after adding an error. */
double csv_reader_number(CsvReader *reader, size_t column);

#endif
