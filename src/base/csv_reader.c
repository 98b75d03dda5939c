// SPDX-License-Identifier: GPL-3.0-or-later
/* The CSV reader: one byte at a time through the stream's buffer, for quotes may hold line ends. */
#include "base/csv_reader.h"

#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool fail(CsvReader *reader, const char *place, const char *found, const char *expected) {
    error_add(reader->errors, &(Error){.file = reader->path,
                                       .line = reader->line,
                                       .place = place,
                                       .found = found,
                                       .expected = expected});
    reader->failed = true;
    return false;
}

static bool unreadable(CsvReader *reader) {
    reader->failed = true;
    return error_unreadable(reader->errors, reader->path, errno, "a file that can be read");
}

static void put(CsvReader *reader, size_t *used, int byte) {
    if (*used == reader->text_room) {
        reader->text_room = reader->text_room > 0 ? 2 * reader->text_room : 1024;
        reader->text = memory_resize(reader->text, reader->text_room, 1);
    }
    reader->text[(*used)++] = (char)byte;
}

static void begin_field(CsvReader *reader, size_t used) {
    reader->starts =
        memory_grow(reader->starts, reader->count, &reader->starts_room, sizeof reader->starts[0]);
    reader->starts[reader->count++] = used;
}

/* What is within quotes, to the closing one. Returns the byte after it. */
static int take_quoted(CsvReader *reader, size_t *used) {
    for (;;) {
        int byte = getc_unlocked(reader->stream);
        if (byte == '"') {
            byte = getc_unlocked(reader->stream);
            if (byte != '"') {
                return byte;
            }
        } else if (byte == EOF) {
            fail(reader, NULL, "a quote that is not closed", "a quote at the end of the field");
            return EOF;
        }
        reader->next_line += byte == '\n';
        put(reader, used, byte);
    }
}

/* The fields of the next line that is not empty. False at the end of the file. */
static bool take_row(CsvReader *reader) {
    int byte;
    while ((byte = getc_unlocked(reader->stream)) == '\n' || byte == '\r') {
        reader->next_line += byte == '\n';
    }
    if (byte == EOF) {
        return false;
    }
    size_t used = 0;
    reader->line = reader->next_line;
    reader->count = 0;
    begin_field(reader, used);
    for (;; byte = getc_unlocked(reader->stream)) {
        if (byte == '"' && used == reader->starts[reader->count - 1]) {
            byte = take_quoted(reader, &used);
        }
        if (byte == EOF || byte == '\n') {
            break;
        }
        if (byte == ',') {
            put(reader, &used, '\0');
            begin_field(reader, used);
        } else if (byte != '\r') {
            put(reader, &used, byte);
        }
    }
    put(reader, &used, '\0');
    reader->next_line += byte == '\n';
    return !reader->failed;
}

bool csv_reader_open(CsvReader *reader, const char *path, ErrorList *errors) {
    *reader = (CsvReader){.path = memory_text(path), .errors = errors, .next_line = 1};
    reader->stream = fopen(path, "rb");
    if (reader->stream == NULL) {
        return unreadable(reader);
    }
    if (!take_row(reader)) {
        if (ferror(reader->stream)) {
            return unreadable(reader);
        }
        return !reader->failed && fail(reader, NULL, "nothing", "a line with the columns' names");
    }
    reader->header_count = reader->count;
    reader->header = memory_new(reader->count, sizeof reader->header[0]);
    for (size_t i = 0; i < reader->count; i++) {
        reader->header[i] = memory_text(csv_reader_text(reader, i));
    }
    return true;
}

bool csv_reader_next(CsvReader *reader) {
    if (reader->failed || reader->stream == NULL || !take_row(reader)) {
        if (!reader->failed && reader->stream != NULL && ferror(reader->stream)) {
            unreadable(reader);
        }
        return false;
    }
    if (reader->count != reader->header_count) {
        char *found = memory_format("%zu fields", reader->count);
        char *expected = memory_format("%zu, as in the first line", reader->header_count);
        fail(reader, NULL, found, expected);
        free(found);
        free(expected);
    }
    return !reader->failed;
}

bool csv_reader_close(CsvReader *reader) {
    const bool good = !reader->failed;
    if (reader->stream != NULL) {
        fclose(reader->stream);
    }
    for (size_t i = 0; i < reader->header_count; i++) {
        free(reader->header[i]);
    }
    free(reader->header);
    free(reader->text);
    free(reader->starts);
    free(reader->path);
    *reader = (CsvReader){0};
    return good;
}

size_t csv_reader_find(const CsvReader *reader, const char *name) {
    for (size_t i = 0; i < reader->header_count; i++) {
        if (strcmp(reader->header[i], name) == 0) {
            return i;
        }
    }
    return CSV_READER_ABSENT;
}

size_t csv_reader_need(CsvReader *reader, const char *name) {
    const size_t column = csv_reader_find(reader, name);
    if (column == CSV_READER_ABSENT && !reader->failed) {
        char *expected = memory_format("a column \"%s\"", name);
        fail(reader, NULL, "no such column", expected);
        free(expected);
    }
    return column;
}

const char *csv_reader_text(const CsvReader *reader, size_t column) {
    return column == CSV_READER_ABSENT ? "" : reader->text + reader->starts[column];
}

double csv_reader_number(CsvReader *reader, size_t column) {
    const char *text = csv_reader_text(reader, column);
    if (*text == '\0') {
        return NAN;
    }
    if (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0) {
        return *text == '-' ? -INFINITY : INFINITY;
    }
    char *end;
    const double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number)) {
        fail(reader, reader->header[column], text, "a number, or nothing");
        return NAN;
    }
    return number;
}
