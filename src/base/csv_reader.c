// SPDX-License-Identifier: GPL-3.0-or-later
/* The CSV reader. A file is read by lines, which are put together where quotes hold their ends. */
#include "base/csv_reader.h"

#include "base/decimal.h"
#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lines --------------------------------------------------------------------------------------- */

char csv_line_delimiter(TextSpan header) {
    bool is_quoted = false, tab = false, semicolon = false;
    for (const char *p = header.start; p < header.end; p++) {
        is_quoted = is_quoted != (*p == '"');
        if (!is_quoted && *p == ',') {
            return ',';
        }
        tab = tab || (!is_quoted && *p == '\t');
        semicolon = semicolon || (!is_quoted && *p == ';');
    }
    return tab ? '\t' : semicolon ? ';' : ',';
}

/* The quote that closes a text which is within quotes at p, or NULL when it does not end. */
static const char *closing_quote(const char *p, const char *end) {
    for (; p < end; p++) {
        if (*p == '"') {
            if (p + 1 < end && p[1] == '"') {
                p++;
            } else {
                return p;
            }
        }
    }
    return NULL;
}

/* One field from *p; moves *p to the delimiter after it, or to the end. */
static TextSpan next_field(const char **p, const char *end, char delimiter) {
    const char *const start = *p;
    if (start < end && *start == '"') {
        const char *const close = closing_quote(start + 1, end);
        if (close == NULL) {
            *p = end;
            return (TextSpan){start, end};
        }
        if (close + 1 == end || close[1] == delimiter) {
            *p = close + 1;
            return (TextSpan){start + 1, close};
        }
    }
    const char *q = start;
    while (q < end && *q != delimiter) {
        q++;
    }
    *p = q;
    return (TextSpan){start, q};
}

size_t csv_line_split(TextSpan line, char delimiter, TextSpan fields[], size_t most) {
    const char *p = line.start;
    size_t count = 0;
    while (count < most) {
        fields[count++] = next_field(&p, line.end, delimiter);
        if (p == line.end) {
            break;
        }
        p++;
    }
    return count;
}

size_t csv_line_count(TextSpan line, char delimiter) {
    const char *p = line.start;
    size_t count = 1;
    for (;;) {
        next_field(&p, line.end, delimiter);
        if (p == line.end) {
            return count;
        }
        p++;
        count++;
    }
}

bool csv_field_is_open(TextSpan field) {
    return field.start < field.end && *field.start == '"' &&
           closing_quote(field.start + 1, field.end) == NULL;
}

bool csv_line_is_open(TextSpan line, char delimiter) {
    TextSpan field = next_field(&line.start, line.end, delimiter);
    while (line.start < line.end) {
        line.start++;
        field = next_field(&line.start, line.end, delimiter);
    }
    return csv_field_is_open(field);
}

bool csv_line_stays_open(TextSpan next, char delimiter) {
    const char *close = closing_quote(next.start, next.end);
    return close == NULL || csv_line_is_open((TextSpan){close + 1, next.end}, delimiter);
}

/* Files --------------------------------------------------------------------------------------- */

static bool fail(CsvReader *reader, const char *place, const char *found, const char *expected) {
    const Error where = {.file = reader->path, .line = reader->line, .place = place};
    reader->failed = true;
    return error_at(reader->errors, &where, found, expected, NULL);
}

static bool unreadable(CsvReader *reader) {
    reader->failed = true;
    return error_unreadable(reader->errors, reader->path, errno, "a file that can be read");
}

/* Adds the next line of the file to the row, and says where it is, without its end and a byte order
 * mark. False at the end of the file, or on failure. */
static bool add_line(CsvReader *reader, TextSpan *added) {
    const ssize_t got = getline(&reader->buffer, &reader->buffer_room, reader->stream);
    if (got < 0) {
        return feof(reader->stream) ? false : unreadable(reader);
    }
    const bool marked = reader->next_line++ == 1 && strncmp(reader->buffer, "\xef\xbb\xbf", 3) == 0;
    const size_t before = reader->row.length;
    text_add_bytes(&reader->row, reader->buffer + (marked ? 3 : 0), (size_t)got - (marked ? 3 : 0));
    *added = (TextSpan){reader->row.text + before, reader->row.text + reader->row.length};
    added->end -= added->end > added->start && added->end[-1] == '\n';
    added->end -= added->end > added->start && added->end[-1] == '\r';
    return true;
}

/* The field between its quotes, doubled ones made one, or as it is; terminated. */
static void finish_field(TextSpan field, const char *row) {
    char *to = (char *)field.start;
    const bool quoted = field.start > row && field.start[-1] == '"';
    for (const char *from = field.start; from < field.end; from++) {
        from += quoted && *from == '"';
        *to++ = *from;
    }
    *to = '\0';
}

/* The fields of the next line that is not empty. False at the end of the file. */
static bool take_row(CsvReader *reader) {
    TextSpan line;
    do {
        reader->line = reader->next_line;
        reader->row.length = 0;
        if (!add_line(reader, &line)) {
            return false;
        }
    } while (line.start == line.end);
    for (bool open = csv_line_is_open(line, ','); open; open = csv_line_stays_open(line, ',')) {
        if (!add_line(reader, &line)) {
            return !reader->failed && fail(reader, NULL, "a quote that is not closed",
                                           "a quote at the end of the field");
        }
    }
    line.start = reader->row.text;
    reader->count = csv_line_count(line, ',');
    if (reader->count > reader->fields_room) {
        reader->fields_room = reader->count;
        reader->fields = memory_resize(reader->fields, reader->count, sizeof reader->fields[0]);
    }
    csv_line_split(line, ',', reader->fields, reader->count);
    for (size_t i = 0; i < reader->count; i++) {
        finish_field(reader->fields[i], line.start);
    }
    return true;
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
    free(reader->buffer);
    text_clear(&reader->row);
    free(reader->fields);
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
    return column == CSV_READER_ABSENT ? "" : reader->fields[column].start;
}

double csv_reader_number(CsvReader *reader, size_t column) {
    const char *text = csv_reader_text(reader, column);
    if (*text == '\0') {
        return NAN;
    }
    if (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0) {
        return *text == '-' ? -INFINITY : INFINITY;
    }
    double number;
    if (decimal_read(text, text + strlen(text), &number)) {
        return number;
    }
    char *end;
    number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number)) {
        fail(reader, reader->header[column], text, "a number, or nothing");
        return NAN;
    }
    return number;
}
