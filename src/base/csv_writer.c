// SPDX-License-Identifier: GPL-3.0-or-later
/* The CSV writer. Numbers are formatted straight into the buffer, which always has room for one
 * more of them (FIELD_MOST), for a run may write millions of rows. */
#include "base/csv_writer.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 1 << 16, FIELD_MOST = 64 };

/* The file ----------------------------------------------------------------------------------- */

static bool add_file_error(const CsvWriter *writer, int failure, ErrorList *errors) {
    return error_unwritable(errors, writer->name, failure, "a file that can be written");
}

bool csv_writer_open(CsvWriter *writer, const char *path, const char *name, ErrorList *errors) {
    *writer = (CsvWriter){
        .name = memory_text(name ? name : path), .descriptor = -1, .buffer = memory_new(BUFFER, 1)};
    writer->descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return writer->descriptor >= 0 || add_file_error(writer, errno, errors);
}

void csv_writer_open_stream(CsvWriter *writer, FILE *stream) {
    *writer = (CsvWriter){.descriptor = -1, .buffer = memory_new(BUFFER, 1), .stream = stream};
}

void csv_writer_open_memory(CsvWriter *writer) {
    *writer = (CsvWriter){.descriptor = -1, .buffer = memory_new(BUFFER, 1), .in_memory = true};
}

/* After a failure the file is lost: what follows is dropped. */
static void flush(CsvWriter *writer) {
    const char *at = writer->buffer;
    size_t left = writer->used;
    if (writer->in_memory) {
        text_add_bytes(&writer->text, at, left);
    } else if (writer->stream != NULL) {
        fwrite(at, 1, left, writer->stream);
    }
    while (left > 0 && writer->descriptor >= 0 && writer->failure == 0) {
        const ssize_t written = write(writer->descriptor, at, left);
        if (written >= 0) {
            at += written;
            left -= (size_t)written;
        } else if (errno != EINTR) {
            writer->failure = errno;
        }
    }
    writer->used = 0;
}

static void writer_clear(CsvWriter *writer) {
    free(writer->name);
    free(writer->buffer);
    *writer = (CsvWriter){.descriptor = -1};
}

char *csv_writer_take(CsvWriter *writer, size_t *length) {
    flush(writer);
    *length = writer->text.length;
    char *text = text_take(&writer->text);
    writer_clear(writer);
    return text;
}

void csv_writer_move(CsvWriter *writer, Text *text) {
    flush(writer);
    text_add_bytes(text, writer->text.text, writer->text.length);
    text_clear(&writer->text);
}

bool csv_writer_close(CsvWriter *writer, ErrorList *errors) {
    if (writer->buffer == NULL) {
        return true;
    }
    flush(writer);
    if (writer->descriptor >= 0 && close(writer->descriptor) != 0 && writer->failure == 0 &&
        errno != EINTR) {
        writer->failure = errno; /* a full quota on a network file system is told only here */
    }
    const bool good = writer->failure == 0 || add_file_error(writer, writer->failure, errors);
    writer_clear(writer);
    return good;
}

void csv_writer_abandon(CsvWriter *writer) {
    if (writer->buffer == NULL) {
        return;
    }
    if (writer->descriptor >= 0) {
        close(writer->descriptor);
    }
    writer_clear(writer);
}

/* Fields ------------------------------------------------------------------------------------- */

static char *field_begin(CsvWriter *writer) {
    if (writer->used + FIELD_MOST > BUFFER) {
        flush(writer);
    }
    char *at = writer->buffer + writer->used;
    if (writer->in_row) {
        *at++ = ',';
    }
    writer->in_row = true;
    return at;
}

static void field_end(CsvWriter *writer, const char *at) {
    writer->used = (size_t)(at - writer->buffer);
}

void csv_writer_count(CsvWriter *writer, uint64_t count) {
    field_end(writer, text_put_whole(field_begin(writer), count));
}

static uint64_t put_sign(char **at, int64_t value) {
    if (value >= 0) {
        return (uint64_t)value;
    }
    *(*at)++ = '-';
    return -(uint64_t)value;
}

void csv_writer_integer(CsvWriter *writer, int64_t integer) {
    char *at = field_begin(writer);
    const uint64_t magnitude = put_sign(&at, integer);
    field_end(writer, text_put_whole(at, magnitude));
}

void csv_writer_time(CsvWriter *writer, sim_time time) {
    char *at = field_begin(writer);
    if (time != SIM_TIME_NEVER) {
        const uint64_t magnitude = put_sign(&at, time);
        const uint32_t fraction = (uint32_t)(magnitude % (uint64_t)SIM_TIME_SECOND);
        at = text_put_whole(at, magnitude / (uint64_t)SIM_TIME_SECOND);
        if (fraction != 0) {
            at = text_put_fraction(at, fraction);
        }
    }
    field_end(writer, at);
}

void csv_writer_latency(CsvWriter *writer, sim_time latency) {
    if (latency == SIM_TIME_NEVER) {
        csv_writer_number(writer, INFINITY);
    } else {
        csv_writer_time(writer, latency);
    }
}

void csv_writer_number(CsvWriter *writer, double number) {
    char *at = field_begin(writer);
    if (number == floor(number) && fabs(number) < 1e15) {
        const uint64_t magnitude = put_sign(&at, (int64_t)number);
        at = text_put_whole(at, magnitude);
    } else if (isinf(number)) {
        at = stpcpy(at, number > 0 ? "inf" : "-inf");
    } else if (!isnan(number)) {
        at += strlen(text_number(number, at)); /* at most 31 bytes */
    }
    field_end(writer, at);
}

void csv_writer_empty(CsvWriter *writer) {
    field_end(writer, field_begin(writer));
}

static void put_byte(CsvWriter *writer, char byte) {
    if (writer->used == BUFFER) {
        flush(writer);
    }
    writer->buffer[writer->used++] = byte;
}

void csv_writer_raw(CsvWriter *writer, const char *bytes, size_t count) {
    for (const char *end = bytes + count; bytes < end; bytes++) {
        put_byte(writer, *bytes);
    }
}

void csv_writer_text(CsvWriter *writer, const char *text) {
    field_end(writer, field_begin(writer));
    if (text == NULL) {
        return;
    }
    const bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    if (quoted) {
        put_byte(writer, '"');
    }
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            put_byte(writer, '"');
        }
        put_byte(writer, *text);
    }
    if (quoted) {
        put_byte(writer, '"');
    }
}

void csv_writer_end_row(CsvWriter *writer) {
    put_byte(writer, '\n');
    writer->in_row = false;
}

void csv_writer_header(CsvWriter *writer, const char *const names[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        csv_writer_text(writer, names[i]);
    }
    csv_writer_end_row(writer);
}
