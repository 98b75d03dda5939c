// SPDX-License-Identifier: GPL-3.0-or-later
/* What container runtimes and collectors of logs put before every line of a program: taken off, the
 * line is what the program wrote. Runtimes cut long lines into parts, which are joined. Prefixes
 * may stand behind each other (`docker compose logs --timestamps`). */
#ifndef TRAFFIC_LINE_PREFIX_H
#define TRAFFIC_LINE_PREFIX_H

#include "traffic/input.h"

#define LINE_PREFIXES_MOST 3

enum { LINE_STREAMS = 2 }; /* stdout, stderr: the parts of each are a line */

typedef struct LinePart {
    Text text;
    long line; /* of its first part */
} LinePart;

/* {0}: lines have no prefix. */
typedef struct LinePrefix {
    int kinds[LINE_PREFIXES_MOST]; /* the outermost first */
    size_t count;
    Text decoded, peeked, before;
    LinePart parts[LINE_STREAMS]; /* not ended yet */
    bool is_open[LINE_STREAMS];
    /* Of the line handed out last: */
    long line;          /* of the file, where it begins */
    InputText raw;      /* start NULL: it was joined */
    const char *string; /* in raw, what `decoded` was made of; NULL: it is a piece of raw */
} LinePrefix;

/* The prefixes that all of the file's first lines have, if any: false if they have none. In *texts
 * (room for `count`) what line_prefix_peek gives. Clearing is due in either case. */
bool line_prefix_find(LinePrefix *self, const InputText lines[], InputText texts[], size_t count);
void line_prefix_clear(LinePrefix *self);

/* The lines without prefixes; what is not ended is empty. Lent until the next call. */
void line_prefix_peek(LinePrefix *self, const InputText lines[], InputText texts[], size_t count);

/* The next line without its prefix; one that has none as it is. Lent until the next call. False at
 * the end, or on failure. */
bool line_prefix_next(LinePrefix *self, TrafficInput *input, InputText *text);

/* How far into the file's line a place of the text handed out last is; SIZE_MAX: not known, for
 * parts were joined. */
size_t line_prefix_offset(LinePrefix *self, const char *at);

/* ASIM_PREFIX_..., one bit for each. */
uint32_t line_prefix_bits(const LinePrefix *self);

/* "kubectl's and timestamps"; owned by the caller, NULL if there are none. */
char *line_prefix_words(uint32_t bits);

#endif
