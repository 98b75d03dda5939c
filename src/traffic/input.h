// SPDX-License-Identifier: GPL-3.0-or-later
/* A file, or standard input ("-"), as lines. Bytes come by read() in blocks of 256 KiB, faster than
 * mmap (measured); gzip is known by its first bytes, not by the name, and
 * inflated on the way. Memory is one buffer, which grows only for a line longer than it. */
#ifndef TRAFFIC_INPUT_H
#define TRAFFIC_INPUT_H

#include "base/error.h"
#include "base/text.h"

#include <signal.h>

/* Bytes that are read, or inflated, at a time. The fuzzers have few, so that their small files are
 * many blocks. */
#ifndef TRAFFIC_BLOCK
#define TRAFFIC_BLOCK (256 << 10)
#endif

/* Who waits for bytes looks so often whether it is to halt: a signal ends only the main thread's
 * waits, and a pipe may stay silent for ever. */
#define INPUT_PATIENCE_MS 50

#define INPUT_LONGEST_LINE ((size_t)64 << 20)

#define INPUT_LONGEST_RECORD ((size_t)1 << 20)

typedef TextSpan InputText;

typedef struct Inflater Inflater;

typedef struct TrafficInput {
    int descriptor;
    char *path;         /* as messages name it: "-" for standard input */
    Inflater *inflater; /* NULL: the bytes are taken as they are */
    char *buffer;
    size_t capacity;   /* bytes of buffer for text; a few more follow for a terminator */
    size_t begin, end; /* the text that is not yet handed out */
    size_t searched;   /* no line ends before this place */
    bool ended;
    bool failed;                       /* the reason is in errors */
    long line;                         /* number of the line handed out last, from 1 */
    long extra;                        /* lines that were added to it */
    const volatile sig_atomic_t *halt; /* may be NULL; see input_open */
    ErrorList *errors;
} TrafficInput;

/* What was read already of standard input, or of a pipe, by who had to look at it first. */
typedef struct InputHead {
    char *file; /* as the config names it */
    int descriptor;
    char *bytes;
    size_t length;
} InputHead;

typedef struct InputHeads {
    InputHead *items;
    size_t count, room;
    bool are_all; /* the rest of each is not touched: the head is all there is */
} InputHeads;

/* Can it be read but once? Standard input ("-"), or a pipe. */
bool input_is_stream(const char *file);
/* Reads standard input or a pipe up to its end, but not more than a MiB; nothing, if the file can
 * be read more than once, or was read already. */
void input_heads_read(InputHeads *heads, const char *file);
void input_heads_clear(InputHeads *heads);

/* A relative path starts from directory (NULL: the working directory). False after adding an error;
 * input_close is due in either case. Once *halt is set reading fails, without an error; what sets
 * it is a signal, which ends the wait for somebody to open a pipe. */
bool input_open(TrafficInput *input, const char *path, const char *directory,
                const InputHeads *heads, const volatile sig_atomic_t *halt, ErrorList *errors);
void input_close(TrafficInput *input);
/* Whether it ends, as a pipe may never do. */
bool input_is_file(const TrafficInput *input);

/* The next line without its LF or CRLF, lent until the next call; the byte at line->end may be read
 * and is no digit. False at the end of the file, or on failure (input->failed). */
bool input_line(TrafficInput *input, InputText *line);

/* Adds the next line of the file, *added, to the line handed out last, with the line end between.
 * Lent as by input_line. False at the end of the file, or if it would be a record of more than a
 * MiB. */
bool input_extend(TrafficInput *input, InputText *line, InputText *added);
/* Makes the line what it was when it was handed out, `length` bytes: what was added comes again. */
void input_shorten(TrafficInput *input, InputText *line, size_t length);

/* Gives the rest of the line handed out last, from `from` on, back: it is the next line, and will
 * be counted as one. */
void input_push_back(TrafficInput *input, InputText line, const char *from);

/* Up to `count` lines ahead (at most INPUT_PEEK_MOST) without moving on; returns how many there
 * are, or, after the first INPUT_PEEK_LEAST, how many a MiB holds. Lent as by input_line. */
#define INPUT_PEEK_LEAST 8
#define INPUT_PEEK_MOST 256
size_t input_peek(TrafficInput *input, InputText lines[], size_t count);

/* What is at hand of the text ahead, at least `least` bytes of it or all that there is. Lent as by
 * input_line, before a '\0'. */
InputText input_head(TrafficInput *input, size_t least);

/* For what does not go by lines: the text that was read and not handed out, lent until the next
 * call. input_more reads on, and may move it: false at the end of the file, on failure, or when
 * there are 64 MiB of it. input_take hands out what is before `to`. */
InputText input_ahead(const TrafficInput *input);
bool input_more(TrafficInput *input);
void input_take(TrafficInput *input, const char *to);

/* Adds an error at the line handed out last; false. */
bool input_refuse(TrafficInput *input, const char *found, const char *expected);

/* All that is left, at most `most` bytes, as one text that ends in '\0'. False after adding an
 * error. */
bool input_rest(TrafficInput *input, size_t most, InputText *text);

/* inflater.c: The bytes of a gzip file, inflated ahead by a thread of its own: inflating costs
 * twice what parsing does, and the two go on side by side. (Plain files gain nothing from that: the
 * system reads ahead.) A file of one block starts no thread. */

/* Begins with the bytes that have been read from the descriptor, and reads on there; it stays the
 * caller's, and must outlive the inflater. Once *halt is set (halt may be NULL) it reads no more.
 */
Inflater *inflater_open(int descriptor, const char *first, size_t length,
                        const volatile sig_atomic_t *halt);
void inflater_close(Inflater *inflater);

/* At least one byte and at most `room`; 0 at the end, or on failure with *problem set to what was
 * found (lent as long as the inflater lives), and *reason to errno if the file cannot be read. */
size_t inflater_read(Inflater *inflater, char *to, size_t room, const char **problem, int *reason);

#endif
