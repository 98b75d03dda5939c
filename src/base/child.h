// SPDX-License-Identifier: GPL-3.0-or-later
/* A program that answers lines: a line in, a line out. It is in a process group of its own, so that
 * a terminal's interrupt is ours to hand on, inherits nothing but its three streams, and is gone,
 * with all that it started, when child_end returns. */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include "base/text.h"

#include <signal.h>
#include <sys/types.h>

#define CHILD_SAID_MOST 2000
#define CHILD_LINE_MOST (16 << 20)

/* {0}: none runs. */
typedef struct Child {
    pid_t process; /* 0: none */
    int stream;    /* its input and output */
    int messages;  /* its standard error */
    char *buffer;  /* of its output: what was not taken */
    size_t taken, used, room;
    char said[CHILD_SAID_MOST + 1]; /* the end of what it wrote to its standard error */
    size_t said_length;
    int status; /* as waitpid's, once it is gone */
} Child;

typedef enum ChildAnswer {
    CHILD_ANSWERED,
    CHILD_SILENT,   /* for too long */
    CHILD_ENDED,    /* or closed its output */
    CHILD_TOO_LONG, /* a line of more than CHILD_LINE_MOST bytes */
    CHILD_STOPPED   /* by *stop */
} ChildAnswer;

/* words: the program, looked for in PATH, and its arguments; NULL-terminated. An errno value, 0 if
 * it runs. */
int child_start(Child *self, char *const words[]);
/* Hands it the line (with its line feed) and waits for one, which is lent until the next call,
 * without its end. patience: in ns of real time. stop: as in task_pool.h; may be NULL. */
ChildAnswer child_ask(Child *self, const char *line, size_t length, int64_t patience,
                      const volatile sig_atomic_t *stop, TextSpan *answer);
/* Closes its input, lets it end for at most `patience` ns, then kills what is left of its group.
 * What it said stays. */
void child_end(Child *self, int64_t patience);
/* How it ended: "ended with status 1", and the last lines that it said. Owned by the caller. */
char *child_last_words(const Child *self);
void child_clear(Child *self);

#endif
