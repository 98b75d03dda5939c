// SPDX-License-Identifier: GPL-3.0-or-later
/* CSV in (RFC 4180): lines cut into fields, in place, for whoever reads a file by lines; and whole
 * files as csv_writer.h writes them, row by row, columns by name. */
#ifndef BASE_CSV_READER_H
#define BASE_CSV_READER_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

/* Lines --------------------------------------------------------------------------------------- */

/* The separator of a header line: a comma, or a tab or semicolon when it has those and no comma,
 * outside quotes. */
char csv_line_delimiter(TextSpan header);

/* Cuts off the first `most` fields and returns how many there are; quotes around a field are left
 * out, doubled quotes inside stay doubled. A quote that is never closed makes the rest of the line
 * its field, with the quote. */
size_t csv_line_split(TextSpan line, char delimiter, TextSpan fields[], size_t most);
size_t csv_line_count(TextSpan line, char delimiter);

/* Whether a quote is open at the line's end: the row goes on in the next one. Of that one
 * csv_line_stays_open says the same. csv_field_is_open: of the last field that was cut off. */
bool csv_line_is_open(TextSpan line, char delimiter);
bool csv_line_stays_open(TextSpan next, char delimiter);
bool csv_field_is_open(TextSpan field);

/* Files: a row that is not as long as the header, or a number that is none, is an error with its
 * line. ---------------------------------------------------------------------------------------- */

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
    char *buffer; /* a line of the file */
    size_t buffer_room;
    Text row;         /* with a NUL after each field */
    TextSpan *fields; /* within it */
    size_t count, fields_room;
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
