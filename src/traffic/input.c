// SPDX-License-Identifier: GPL-3.0-or-later
/* Lines out of a file. Invariant: buffer[begin, end) is text not yet handed out, buffer[end] is
 * '\0', and no '\n' lies in [begin, searched). */
#include "traffic/input.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = TRAFFIC_BLOCK, SLACK = 16 };

static bool input_fail_for(TrafficInput *input, const char *found, const char *expected,
                           ErrorKind kind) {
    const Error error = {
        .file = input->path,
        .line = input->line > 0 ? input->line : 0,
        .found = found,
        .expected = expected,
        .kind = kind,
    };
    error_add(input->errors, &error);
    input->failed = true;
    input->ended = true;
    return false;
}

bool input_refuse(TrafficInput *input, const char *found, const char *expected) {
    return input_fail_for(input, found, expected, ERROR_MISTAKE);
}

static bool input_unreadable(TrafficInput *input, int reason) {
    if (reason == EISDIR) {
        return input_refuse(input, "a directory", "a file, such as one of those in it");
    }
    return input_fail_for(input, strerror(reason), "a readable file",
                          error_kind_of_reading(reason));
}

static bool is_halted(const TrafficInput *input) {
    return input->halt != NULL && *input->halt;
}

/* Bytes from the file itself, 0 at its end or on failure. */
static size_t read_some(TrafficInput *input, char *to, size_t room) {
    struct pollfd waiting = {.fd = input->descriptor, .events = POLLIN};
    while (!is_halted(input)) {
        if (poll(&waiting, 1, INPUT_PATIENCE_MS) <= 0) { /* nothing yet, or a signal */
            continue;
        }
        const ssize_t got = read(input->descriptor, to, room);
        if (got >= 0) {
            return (size_t)got;
        }
        if (errno != EINTR) {
            input_unreadable(input, errno);
            return 0;
        }
    }
    input->failed = true;
    return 0;
}

static size_t inflate_some(TrafficInput *input, char *to, size_t room) {
    const char *problem = NULL;
    int reason = 0;
    const size_t got = inflater_read(input->inflater, to, room, &problem, &reason);
    if (is_halted(input)) {
        input->failed = true;
    } else if (reason != 0) {
        input_unreadable(input, reason);
    } else if (problem != NULL) {
        input_refuse(input, problem, "a whole gzip file");
    }
    return got;
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
        input->inflater = inflater_open(input->descriptor, input->buffer, input->end, input->halt);
        input->end = 0;
        input->ended = false;
        while (input->end < 3 && input_fill(input, INPUT_LONGEST_LINE)) {
        }
    }
    if (input->end >= 3 && memcmp(input->buffer, "\xef\xbb\xbf", 3) == 0) {
        input->begin = 3;
        input->searched = 3;
    }
}

bool input_is_stream(const char *file) {
    struct stat status;
    return strcmp(file, "-") == 0 ||
           (stat(file, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

static const InputHead *find_head(const InputHeads *heads, const char *file) {
    for (size_t i = 0; heads != NULL && i < heads->count; i++) {
        if (strcmp(heads->items[i].file, file) == 0) {
            return &heads->items[i];
        }
    }
    return NULL;
}

void input_heads_read(InputHeads *heads, const char *file) {
    enum { MOST = 1 << 20 };
    if (!input_is_stream(file) || find_head(heads, file) != NULL) {
        return;
    }
    const int descriptor = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    char *bytes = memory_new(MOST, 1);
    size_t length = 0;
    ssize_t got = 1;
    /* A failure meets who reads on; a signal ends the wait for a pipe that is silent. */
    while (descriptor >= 0 && length < MOST && got > 0) {
        got = read(descriptor, bytes + length, MOST - length);
        length += got > 0 ? (size_t)got : 0;
    }
    heads->items = memory_grow(heads->items, heads->count, &heads->room, sizeof heads->items[0]);
    heads->items[heads->count++] = (InputHead){memory_text(file), descriptor, bytes, length};
}

void input_heads_clear(InputHeads *heads) {
    for (size_t i = 0; i < heads->count; i++) {
        if (heads->items[i].descriptor > STDIN_FILENO) {
            close(heads->items[i].descriptor);
        }
        free(heads->items[i].file);
        free(heads->items[i].bytes);
    }
    free(heads->items);
    *heads = (InputHeads){0};
}

static void take_head(TrafficInput *input, const InputHead *head) {
    while (input->capacity < head->length + BLOCK) {
        input->capacity *= 2;
    }
    input->buffer = memory_resize(input->buffer, input->capacity + SLACK, 1);
    memcpy(input->buffer, head->bytes, head->length);
    input->end = head->length;
    input->buffer[input->end] = '\0';
}

static int open_descriptor(const TrafficInput *input, const InputHead *head, bool is_all) {
    if (head != NULL && is_all) {
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    if (strcmp(input->path, "-") == 0) {
        return STDIN_FILENO;
    }
    return head != NULL && head->descriptor >= 0 ? dup(head->descriptor)
                                                 : open(input->path, O_RDONLY | O_CLOEXEC);
}

bool input_open(TrafficInput *input, const char *path, const char *directory,
                const InputHeads *heads, const volatile sig_atomic_t *halt, ErrorList *errors) {
    *input = (TrafficInput){
        .descriptor = -1, .errors = errors, .halt = halt, .capacity = 2 * (size_t)BLOCK};
    const InputHead *head = find_head(heads, path);
    const bool joined = directory != NULL && path[0] != '/' && strcmp(path, "-") != 0;
    input->path = joined ? memory_format("%s/%s", directory, path) : memory_text(path);
    input->buffer = memory_new(input->capacity + SLACK, 1);
    input->descriptor = open_descriptor(input, head, head != NULL && heads->are_all);
    if (input->descriptor < 0 && is_halted(input)) { /* a pipe that nobody writes to */
        input->failed = true;
        return false;
    }
    if (input->descriptor < 0) {
        return input_unreadable(input, errno);
    }
    if (head != NULL) {
        take_head(input, head);
    }
    input_begin(input);
    return !input->failed;
}

bool input_is_file(const TrafficInput *input) {
    struct stat status;
    return fstat(input->descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

void input_close(TrafficInput *input) {
    if (input->inflater != NULL) { /* it may be reading still */
        inflater_close(input->inflater);
    }
    if (input->descriptor > STDIN_FILENO) {
        close(input->descriptor);
    }
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
        input->line += 1 + input->extra;
        input->extra = 0;
        return true;
    }
    if (input->failed || input->begin == input->end) {
        return false;
    }
    input->line += 1 + input->extra;
    input->extra = 0;
    if (!input->ended) {
        return input_refuse(input, "a line of 64 MiB without an end", "shorter lines");
    }
    *line = without_return(input->buffer + input->begin, input->buffer + input->end);
    input->begin = input->end;
    input->searched = input->end;
    return true;
}

bool input_extend(TrafficInput *input, InputText *line, InputText *added) {
    const size_t length = (size_t)(line->end - line->start);
    const size_t next = input->begin - (size_t)(line->start - input->buffer);
    input->searched = input->begin;
    input->begin -= next; /* what the line is part of stays in the buffer */
    size_t line_end = next < INPUT_LONGEST_RECORD ? find_line_end(input) : SIZE_MAX;
    const char *start = input->buffer + input->begin; /* which may have moved */
    *line = (InputText){start, start + length};
    input->begin += next;
    input->searched = input->begin;
    if (line_end == SIZE_MAX) {
        if (next >= INPUT_LONGEST_RECORD || input->failed || !input->ended ||
            input->begin == input->end) {
            return false;
        }
        line_end = input->end;
    }
    *added = without_return(input->buffer + input->begin, input->buffer + line_end);
    line->end = added->end;
    input->begin = line_end < input->end ? line_end + 1 : line_end;
    input->searched = input->begin;
    input->extra++;
    return true;
}

void input_shorten(TrafficInput *input, InputText *line, size_t length) {
    line->end = line->start + length;
    const char *end = memchr(line->end, '\n', (size_t)(input->buffer + input->begin - line->end));
    input->begin = (size_t)(end + 1 - input->buffer);
    input->searched = input->begin;
    input->extra = 0;
}

void input_push_back(TrafficInput *input, InputText line, const char *from) {
    input->begin = (size_t)(from - input->buffer);
    input->searched = (size_t)(line.end - input->buffer);
}

size_t input_peek(TrafficInput *input, InputText lines[], size_t count) {
    enum { PLENTY = 1 << 20 };
    size_t ends[INPUT_PEEK_MOST];
    size_t found = 0;
    bool is_plenty = false;
    /* All ends first, as offsets from `begin`: reading on may move the text. */
    while (found < count && found < INPUT_PEEK_MOST && !is_plenty) {
        const size_t line_end = find_line_end(input);
        if (line_end == SIZE_MAX) {
            break;
        }
        ends[found++] = line_end - input->begin;
        input->searched = line_end + 1;
        is_plenty = found >= INPUT_PEEK_LEAST && line_end - input->begin > PLENTY;
    }
    const char *start = input->buffer + input->begin;
    for (size_t i = 0; i < found; i++) {
        lines[i] = without_return(start, input->buffer + input->begin + ends[i]);
        start = input->buffer + input->begin + ends[i] + 1;
    }
    input->searched = input->begin;
    const char *end = input->buffer + input->end;
    if (found < count && start < end && !input->failed && !is_plenty) { /* the last line, or what
                                                                         * there is of it
                                                                         */
        lines[found++] = without_return(start, end);
    }
    return found;
}

InputText input_head(TrafficInput *input, size_t least) {
    while (input->end - input->begin < least && input_fill(input, INPUT_LONGEST_LINE)) {
    }
    return (InputText){input->buffer + input->begin, input->buffer + input->end};
}

InputText input_ahead(const TrafficInput *input) {
    return (InputText){input->buffer + input->begin, input->buffer + input->end};
}

bool input_more(TrafficInput *input) {
    return input_fill(input, INPUT_LONGEST_LINE);
}

void input_take(TrafficInput *input, const char *to) {
    input->begin = (size_t)(to - input->buffer);
    input->searched = input->begin;
}

bool input_rest(TrafficInput *input, size_t most, InputText *text) {
    while (input_fill(input, most)) {
    }
    if (!input->failed && !input->ended) {
        return input_refuse(input, "a longer file", "a file of this format that fits in memory");
    }
    *text = (InputText){input->buffer + input->begin, input->buffer + input->end};
    input->begin = input->end;
    input->searched = input->end;
    return !input->failed;
}
