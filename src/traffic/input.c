// SPDX-License-Identifier: GPL-3.0-or-later
/* Lines out of a file. Invariant: buffer[begin, end) is text not yet handed out, buffer[end] is
 * '\0', and no '\n' lies in [begin, searched). */
#include "traffic/input.h"

#include "engine/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 256 << 10, SLACK = 16 };

static bool input_fail(TrafficInput *input, const char *found, const char *expected) {
    const Error error = {
        .file = input->path,
        .line = input->line > 0 ? input->line : 0,
        .found = found,
        .expected = expected,
    };
    error_add(input->errors, &error);
    input->failed = true;
    input->ended = true;
    return false;
}

/* Bytes from the file itself, 0 at its end or on failure. */
static size_t read_some(TrafficInput *input, char *to, size_t room) {
    for (;;) {
        const ssize_t got = read(input->descriptor, to, room);
        if (got >= 0) {
            return (size_t)got;
        }
        if (errno != EINTR) {
            input_fail(input, strerror(errno), "a readable file");
            return 0;
        }
    }
}

/* After a gzip member: another one, zero padding, or the end. */
static bool next_member(TrafficInput *input, z_stream *stream) {
    while (stream->avail_in > 0 && *stream->next_in == 0) {
        stream->next_in++;
        stream->avail_in--;
    }
    if (stream->avail_in == 0) {
        return true;
    }
    return *stream->next_in == 0x1f && inflateReset(stream) == Z_OK
               ? true
               : input_fail(input, "other bytes after the compressed data", "a gzip file");
}

/* Inflates at least one byte into the buffer, unless the data end. */
static size_t inflate_some(TrafficInput *input, char *to, size_t room) {
    z_stream *stream = input->inflater;
    stream->next_out = (Bytef *)to;
    stream->avail_out = (uInt)room;
    bool inside = stream->total_in > 0;
    while (stream->avail_out == (uInt)room) {
        if (stream->avail_in == 0) {
            stream->next_in = (Bytef *)input->raw;
            stream->avail_in = (uInt)read_some(input, input->raw, BLOCK);
            if (stream->avail_in == 0) {
                if (inside && !input->failed) {
                    input_fail(input, "compressed data cut short", "a whole gzip file");
                }
                return 0;
            }
        }
        if (!inside && !next_member(input, stream)) {
            return 0;
        }
        if (stream->avail_in == 0) {
            continue;
        }
        const int state = inflate(stream, Z_NO_FLUSH);
        inside = state != Z_STREAM_END;
        if (state == Z_STREAM_END) {
            stream->total_in = 0;
        } else if (state != Z_OK && state != Z_BUF_ERROR) {
            input_fail(input, stream->msg ? stream->msg : "damaged compressed data", "a gzip file");
            return 0;
        }
    }
    return room - stream->avail_out;
}

/* Makes room at the end of the buffer: moves the text to the front, or doubles the buffer. */
static bool input_make_room(TrafficInput *input, size_t most) {
    if (input->begin > 0) {
        memmove(input->buffer, input->buffer + input->begin, input->end - input->begin);
        input->end -= input->begin;
        input->searched -= input->begin;
        input->begin = 0;
    }
    if (input->capacity - input->end >= BLOCK / 2) {
        return true;
    }
    if (input->capacity >= most) {
        return false;
    }
    input->capacity *= 2;
    input->buffer = memory_resize(input->buffer, input->capacity + SLACK, 1);
    return true;
}

/* Reads on. False at the end, on failure, or when the text has `most` bytes already. */
static bool input_fill(TrafficInput *input, size_t most) {
    if (input->ended || !input_make_room(input, most)) {
        return false;
    }
    char *to = input->buffer + input->end;
    size_t room = input->capacity - input->end;
    if (room > BLOCK) {
        room = BLOCK;
    }
    const size_t got = input->inflater ? inflate_some(input, to, room) : read_some(input, to, room);
    input->end += got;
    input->ended = got == 0;
    input->buffer[input->end] = '\0';
    return got > 0;
}

/* The first bytes tell whether the file is compressed, and may be a byte order mark. */
static void input_begin(TrafficInput *input) {
    while (input->end < 3 && input_fill(input, INPUT_LONGEST_LINE)) {
    }
    const unsigned char *first = (const unsigned char *)input->buffer;
    if (input->end >= 2 && first[0] == 0x1f && first[1] == 0x8b) {
        z_stream *stream = memory_new(1, sizeof *stream);
        input->inflater = stream;
        input->raw = memory_new(BLOCK, 1);
        memcpy(input->raw, input->buffer, input->end);
        stream->next_in = (Bytef *)input->raw;
        stream->avail_in = (uInt)input->end;
        input->end = 0;
        input->ended = false;
        if (inflateInit2(stream, 16 + MAX_WBITS) != Z_OK) {
            input_fail(input, "zlib cannot start", "a gzip file");
            return;
        }
        while (input->end < 3 && input_fill(input, INPUT_LONGEST_LINE)) {
        }
    }
    if (input->end >= 3 && memcmp(input->buffer, "\xef\xbb\xbf", 3) == 0) {
        input->begin = 3;
        input->searched = 3;
    }
}

bool input_open(TrafficInput *input, const char *path, const char *directory, ErrorList *errors) {
    *input = (TrafficInput){.descriptor = -1, .errors = errors, .capacity = 2 * (size_t)BLOCK};
    const bool joined = directory != NULL && path[0] != '/' && strcmp(path, "-") != 0;
    input->path = joined ? memory_format("%s/%s", directory, path) : memory_text(path);
    input->buffer = memory_new(input->capacity + SLACK, 1);
    input->descriptor =
        strcmp(path, "-") == 0 ? STDIN_FILENO : open(input->path, O_RDONLY | O_CLOEXEC);
    if (input->descriptor < 0) {
        return input_fail(input, strerror(errno), "a readable file");
    }
    input_begin(input);
    return !input->failed;
}

void input_close(TrafficInput *input) {
    if (input->descriptor > STDIN_FILENO) {
        close(input->descriptor);
    }
    if (input->inflater != NULL) {
        inflateEnd(input->inflater);
    }
    free(input->inflater);
    free(input->raw);
    free(input->buffer);
    free(input->path);
    *input = (TrafficInput){.descriptor = -1};
}

/* Place of the next '\n' at or after input->searched, reading on as needed; SIZE_MAX: none comes.
 */
static size_t find_line_end(TrafficInput *input) {
    for (;;) {
        const char *from = input->buffer + input->searched;
        const char *found = memchr(from, '\n', input->end - input->searched);
        if (found != NULL) {
            return (size_t)(found - input->buffer);
        }
        input->searched = input->end;
        if (!input_fill(input, INPUT_LONGEST_LINE)) {
            return SIZE_MAX;
        }
    }
}

static InputText without_return(const char *start, const char *end) {
    return (InputText){start, end > start && end[-1] == '\r' ? end - 1 : end};
}

bool input_line(TrafficInput *input, InputText *line) {
    const size_t line_end = find_line_end(input);
    if (line_end != SIZE_MAX) {
        *line = without_return(input->buffer + input->begin, input->buffer + line_end);
        input->begin = line_end + 1;
        input->searched = input->begin;
        input->line++;
        return true;
    }
    if (input->failed || input->begin == input->end) {
        return false;
    }
    input->line++;
    if (!input->ended) {
        return input_fail(input, "a line of 64 MiB without an end", "shorter lines");
    }
    *line = without_return(input->buffer + input->begin, input->buffer + input->end);
    input->begin = input->end;
    input->searched = input->end;
    return true;
}

void input_push_back(TrafficInput *input, InputText line, const char *from) {
    input->begin = (size_t)(from - input->buffer);
    input->searched = (size_t)(line.end - input->buffer);
    input->line--;
}

size_t input_peek(TrafficInput *input, InputText lines[], size_t count) {
    size_t ends[8];
    size_t found = 0;
    /* All ends first, as offsets from `begin`: reading on may move the text. */
    while (found < count && found < sizeof ends / sizeof ends[0]) {
        const size_t line_end = find_line_end(input);
        if (line_end == SIZE_MAX) {
            break;
        }
        ends[found++] = line_end - input->begin;
        input->searched = line_end + 1;
    }
    const char *start = input->buffer + input->begin;
    for (size_t i = 0; i < found; i++) {
        lines[i] = without_return(start, input->buffer + input->begin + ends[i]);
        start = input->buffer + input->begin + ends[i] + 1;
    }
    input->searched = input->begin;
    const char *end = input->buffer + input->end;
    if (found < count && start < end && !input->failed) { /* the last line, or what there is of it
                                                           */
        lines[found++] = without_return(start, end);
    }
    return found;
}

bool input_rest(TrafficInput *input, size_t most, InputText *text) {
    while (input_fill(input, most)) {
    }
    if (!input->failed && !input->ended) {
        return input_fail(input, "a longer file", "a file of this format that fits in memory");
    }
    *text = (InputText){input->buffer + input->begin, input->buffer + input->end};
    input->begin = input->end;
    input->searched = input->end;
    return !input->failed;
}
