// SPDX-License-Identifier: GPL-3.0-or-later
/* What people give for a trace and what is none: told by its first bytes or its keys, called by its
 * name, with what to do next. docs/traffic.md tells the table to users. What nothing knows is told
 * by what it looks like, with the command that names its columns. */
#ifndef TRAFFIC_NO_TRACE_H
#define TRAFFIC_NO_TRACE_H

#include "traffic/input.h"

typedef struct NoTrace NoTrace;
struct NoTrace {
    const char *name; /* "a zip archive" */
    const char *next; /* what to do: a command, in which FILE stands for the file, or a sentence */
    /* One of these tells it: */
    const char *bytes; /* so many, `length`, that stand `at` so many from the beginning */
    size_t length, at;
    const char *zeros;   /* of each four bytes those at 0 are zero, the others are not */
    const char *begins;  /* the text, whatever the case, after blanks */
    const char *keys[3]; /* all are keys of the first JSON object */
    bool (*is)(const NoTrace *kind, InputText head);
    const char *holds; /* and this is in the beginning too; NULL: nothing */
    /* Rows of a known format, or with the key that the user names, are read all the same. */
    bool unless_read;
};

/* Ends with a row whose name is NULL. */
extern const NoTrace no_traces[];

/* The kind of file that begins with these bytes, which lie before a '\0', among those that are so
 * whatever reads it, or unless_read; NULL: none. */
const NoTrace *no_trace_find(InputText head, bool unless_read);

/* Adds the error that the file is of that kind. Always false. */
bool no_trace_refuse(const NoTrace *kind, const TrafficInput *input);
/* That nothing knows it, from its first lines: what it looks like, and the command that names its
 * columns or keys. Always false. */
bool no_trace_refuse_unknown(const TrafficInput *input, const InputText lines[], size_t count);

#endif
