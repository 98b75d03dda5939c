// SPDX-License-Identifier: GPL-3.0-or-later
/* Users' mistakes, and failures of the system, as values: where, what was found, what was expected,
 * the nearest valid spelling. They are collected in an ErrorList, carried up, and printed once, by
 * cli. A programmer's mistake is an assert; running out of memory ends the program
 * (base/memory.h). */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Whose it is; the exit status tells it (2 and 1). One rule, kept by error_unreadable and
 * error_unwritable: a name that nothing can have (too long, through a file), and a file to be read
 * that is not there or may not be read, are the user's mistake, as is all that we refuse by
 * ourselves; whatever else the system refuses (a place that cannot be written, a full disk, no
 * memory, no descriptor, no such program) is its failure. */
typedef enum ErrorKind { ERROR_MISTAKE, ERROR_SYSTEM } ErrorKind;

/* All texts may be NULL ("not applicable"); line and column count from 1, 0 = not applicable. */
typedef struct Error {
    const char *file;  /* "day.json", "-" for standard input, "command line" */
    long line;         /* of that file */
    long column;       /* of that line: the byte */
    const char *place; /* JSON path ("deployments.chat.autoscaling"), CSV column, flag */
    const char *found; /* what was there, as the user wrote it: "\"30 sec\"", "-5", "unknown key" */
    const char *expected;   /* "a duration such as 30s, at most 1h" */
    const char *suggestion; /* the nearest valid spelling, or what to do */
    ErrorKind kind;
} Error;

/* How many there were of what is expected alike. */
typedef struct ErrorSort {
    char *text;
    size_t count;
} ErrorSort;

typedef struct ErrorList {
    Error *items; /* the first ones of each sort; texts owned by the list */
    size_t kept;  /* items */
    size_t count; /* of all that were added */
    size_t capacity;
    ErrorSort *sorts;
    size_t sort_count, sort_capacity;
    bool system; /* one of them was ERROR_SYSTEM */
} ErrorList;

void error_list_clear(ErrorList *errors);
/* Of those kept since `from`: dropped[0] is of the first of them. */
void error_list_drop(ErrorList *errors, size_t from, const bool dropped[]);

/* Copies error and its texts; false, so that `return error_add(...)` refuses. Counts it only, when
 * a thousand like it (nothing but numbers differs in what was expected) or a hundred other sorts
 * are there: nobody reads them. A `found` longer than 200 bytes, any other text beyond 1,000, is
 * cut with "...", and bytes that are not printable ASCII or valid UTF-8 are written as \xNN, so
 * that binary garbage can be shown. */
bool error_add(ErrorList *errors, const Error *error);

/* The same for what was found at a place: where says file, line, column, place and kind (NULL:
 * nowhere). */
bool error_at(ErrorList *errors, const Error *where, const char *found, const char *expected,
              const char *suggestion);
/* In a file, and at an option or argument of the command line. */
bool error_in_file(ErrorList *errors, const char *file, const char *found, const char *expected,
                   const char *suggestion);
bool error_in_option(ErrorList *errors, const char *place, const char *found, const char *expected,
                     const char *suggestion);
/* error_at with what was found by printf's rules: error_found(errors, &where, "a policy", nearest,
 * "\"%s\"", name). */
bool error_found(ErrorList *errors, const Error *where, const char *expected,
                 const char *suggestion, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The same at the option "--NAME" of the command line. */
bool error_found_in_option(ErrorList *errors, const char *name, const char *expected,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds all of another list. */
void error_add_all(ErrorList *errors, const ErrorList *others);

/* Adds what errno `reason` says of the file, with its kind; false. */
bool error_unreadable(ErrorList *errors, const char *file, int reason, const char *expected);
bool error_unwritable(ErrorList *errors, const char *file, int reason, const char *expected);
ErrorKind error_kind_of_reading(int reason);

/* Adds an error at where->place with ".name" after it (name alone where there is no place). */
void error_add_at(const Error *where, const char *name, const char *found, const char *expected,
                  ErrorList *errors);

/* What would be a mistake, and how it is told. */
typedef struct ErrorRule {
    bool broken;
    const char *name, *found, *expected;
} ErrorRule;
/* So for each rule of an array that is broken. */
#define error_add_broken(where, rules, errors)                                                     \
    error_add_rules(where, rules, sizeof(rules) / sizeof *(rules), errors)
void error_add_rules(const Error *where, const ErrorRule rules[], size_t count, ErrorList *errors);

/* Gives an error of a list another file, line and place (NULL: none), copied as by error_add. */
void error_move(Error *error, const char *file, long line, const char *place);

/* "file:line:column: place: found X, expected Y; did you mean "Z"?" with the parts that are there.
 * Owned by the caller (free). */
char *error_text(const Error *error);

/* One per line, each line ended: the first 20 that are alike of each file, then "and N more"; NULL
 * when there are none. Owned by the caller. */
char *error_list_text(const ErrorList *errors);

/* Prints that text, then "N errors" if more than one. */
void error_list_print(const ErrorList *errors, FILE *stream);

/* The name nearest to word (Damerau-Levenshtein, case-insensitive), or NULL when none is near
 * (distance at most 1/3 of the longer length, at least 1 allowed; a name that word is a prefix of
 * counts as near, with a slip per six letters; of equally near ones the shorter). '-' and '_' count
 * as equal. */
const char *error_nearest(const char *word, const char *const names[], size_t count);
/* The same of the member `name` of a table's rows: error_nearest_row(word, policies, count, name).
 */
#define error_nearest_row(word, table, count, name)                                                \
    error_nearest_of(word, &(table)->name, count, sizeof *(table))
const char *error_nearest_of(const char *word, const void *first, size_t count, size_t stride);

/* The same of names that come one by one: begin with {.word = word}; afterwards `name` is it. */
typedef struct NearestName {
    const char *word;
    const char *name;
    size_t distance; /* of that name */
} NearestName;

void nearest_try(NearestName *nearest, const char *name);

#endif
