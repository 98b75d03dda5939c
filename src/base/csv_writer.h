// SPDX-License-Identifier: GPL-3.0-or-later
/* CSV as RFC 4180 has it, with '\n': one header, fields quoted where they must be, `.` as the
 * decimal point whatever the locale, an empty field for what does not apply. Buffered, and quick
 * enough for a row per request. The first failure of a write is kept and reported once, by
 * csv_writer_close. */
#ifndef BASE_CSV_WRITER_H
#define BASE_CSV_WRITER_H

#include "autoscale_sim/types.h"
#include "base/error.h"
#include "base/text.h"

typedef struct CsvWriter {
    char *name;     /* of the file, as errors tell it */
    int descriptor; /* -1: not open */
    int failure;    /* errno of the first write that failed; 0 = none */
    bool in_row;    /* a field has been written in this row */
    size_t used;    /* bytes of the buffer */
    char *buffer;
    FILE *stream;   /* lent; NULL: none */
    bool in_memory; /* no file: what the buffer does not hold is in text */
    Text text;
} CsvWriter;

/* Creates or empties the file at `path`; errors call it `name` (NULL: path). Returns false after
 * adding an error; the writer may then still be used and closed: what it is given goes nowhere. */
bool csv_writer_open(CsvWriter *writer, const char *path, const char *name, ErrorList *errors);

/* Writes to a stream, which the caller asks whether all went well. */
void csv_writer_open_stream(CsvWriter *writer, FILE *stream);

/* Writes into memory: csv_writer_take is how it ends. */
void csv_writer_open_memory(CsvWriter *writer);
/* Closes a writer in memory; the text, with a NUL after it, is the caller's (free). */
char *csv_writer_take(CsvWriter *writer, size_t *length);

/* What has been written into memory so far goes to the end of `text`, and is the writer's no more.
 */
void csv_writer_move(CsvWriter *writer, Text *text);

/* Writes out what is buffered and closes. Returns false, after adding an error, when this or any
 * earlier write failed. A writer that is all zero, or closed, is left as it is. */
bool csv_writer_close(CsvWriter *writer, ErrorList *errors);

/* Closes without a word: the file is to be thrown away. */
void csv_writer_abandon(CsvWriter *writer);

/* Bytes as they are: rows, or fields of one, that were written before. */
void csv_writer_raw(CsvWriter *writer, const char *bytes, size_t count);

/* One field each. */
void csv_writer_text(CsvWriter *writer, const char *text); /* NULL: empty */
void csv_writer_count(CsvWriter *writer, uint64_t count);
void csv_writer_integer(CsvWriter *writer, int64_t integer);
/* Exact decimal seconds, as sim_time_format_seconds; SIM_TIME_NEVER: empty. */
void csv_writer_time(CsvWriter *writer, sim_time time);
/* The same of a latency; SIM_TIME_NEVER, one that never came: "inf". */
void csv_writer_latency(CsvWriter *writer, sim_time latency);
/* The shortest text that reads back to the same double: "inf" and "-inf" too; NAN: empty. */
void csv_writer_number(CsvWriter *writer, double number);
void csv_writer_empty(CsvWriter *writer);

void csv_writer_end_row(CsvWriter *writer);

/* A row of texts. */
void csv_writer_header(CsvWriter *writer, const char *const names[], size_t count);

#endif
