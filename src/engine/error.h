// SPDX-License-Identifier: GPL-3.0-or-later
/* Users' mistakes as values: where, what was found, what was expected, the nearest valid spelling.
 * They are collected in an ErrorList, carried up, and printed once, by cli. A programmer's mistake
 * is an assert; running out of memory ends the program (engine/memory.h). */
#ifndef ENGINE_ERROR_H
#define ENGINE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* All texts may be NULL ("not applicable"); line and column count from 1, 0 = not applicable. */
typedef struct Error {
    const char *file;  /* "day.json", "-" for standard input, "command line" */
    long line;         /* of that file */
    long column;       /* of that line: the byte */
    const char *place; /* JSON path ("deployments.chat.autoscaling"), CSV column, flag */
    const char *found; /* what was there, as the user wrote it: "\"30 sec\"", "-5", "unknown key" */
    const char *expected;   /* "a duration such as 30s, at most 1h" */
    const char *suggestion; /* the nearest valid spelling, or what to do */
} Error;

typedef struct ErrorList {
    Error *items; /* texts owned by the list */
    size_t count;
    size_t capacity;
} ErrorList;

void error_list_clear(ErrorList *errors);

/* Copies error and its texts. A `found` longer than 200 bytes, any other text beyond 1,000, is cut
 * with "...", and bytes that are not printable ASCII or valid UTF-8 are written as \xNN, so that
 * binary garbage can be shown. */
void error_add(ErrorList *errors, const Error *error);

/* Adds an error at where->place with ".name" after it (name alone where there is no place). */
void error_add_at(const Error *where, const char *name, const char *found, const char *expected,
                  ErrorList *errors);

/* Gives an error of a list another file, line and place (NULL: none), copied as by error_add. */
void error_move(Error *error, const char *file, long line, const char *place);

/* "file:line:column: place: found X, expected Y; did you mean "Z"?" with the parts that are there.
 * Owned by the caller (free). */
char *error_text(const Error *error);

/* All errors, one per line, each line ended; NULL when there are none. Owned by the caller. */
char *error_list_text(const ErrorList *errors);

/* Prints each error on a line of its own, then "N errors" if more than one. */
void error_list_print(const ErrorList *errors, FILE *stream);

/* The name nearest to word (Damerau-Levenshtein, case-insensitive), or NULL when none is near
 * (distance at most 1/3 of the longer length, at least 1 allowed; a name that word is a prefix of
 * counts as near, with a slip per six letters). '-' and '_' count as equal. */
const char *error_nearest(const char *word, const char *const names[], size_t count);

#endif
