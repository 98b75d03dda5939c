// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs the program itself as a user would, and sees what he would see: what it printed, how it
 * ended, and what it left in a directory. The program is the one that ASIM_BINARY names. */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where the program runs; all that is NULL or 0 is as the test itself has it. */
typedef struct ProgramPlace {
    const char *folder;   /* working directory */
    const char *input;    /* a text for its standard input; NULL: nothing */
    const char *output;   /* a file for its standard output, "/dev/full" */
    bool closed_pipe;     /* its standard output is a pipe that nobody reads */
    long long file_bytes; /* no file may grow longer: a full disk */
    const char *program;  /* a script instead of the program */
    int seconds;          /* it may take so long, instead of a minute */
} ProgramPlace;

typedef struct ProgramResult {
    int status;   /* exit status, or 128 + the signal that ended it */
    char *output; /* "" when it went to a file */
    char *errors;
    size_t output_length, errors_length;
} ProgramResult;

/* Arguments end with NULL and begin after the program's name. Fails the test if the program cannot
 * be run, or takes too long. */
ProgramResult program_run(const ProgramPlace *place, const char *const arguments[]);
void program_clear(ProgramResult *result);

#define RUN(...) program_run(NULL, (const char *const[]){__VA_ARGS__, NULL})
#define RUN_IN(place, ...) program_run(&(place), (const char *const[]){__VA_ARGS__, NULL})

/* A program that runs beside the test. */
typedef struct RunningProgram {
    pid_t process;
    int output, errors;
    int seconds; /* it may take */
} RunningProgram;

RunningProgram program_start(const ProgramPlace *place, const char *const arguments[]);
ProgramResult program_finish(RunningProgram *program);

/* Directories ---------------------------------------------------------------------------------- */

/* A new directory of its own under $TMPDIR; owned by the caller, gone after scratch_remove. */
char *scratch_make(void);
void scratch_remove(char *scratch);

/* "scratch/name"; owned by the caller. */
char *scratch_path(const char *scratch, const char *name);
/* Writes a file in it; returns its path, owned by the caller. */
char *scratch_write(const char *scratch, const char *name, const void *bytes, size_t length);
char *scratch_text(const char *scratch, const char *name, const char *text);

/* The whole file with a NUL after it, or NULL if there is none; owned by the caller. */
char *file_bytes(const char *path, size_t *length);
/* "folder/name" likewise. */
char *folder_file_bytes(const char *folder, const char *name, size_t *length);

bool file_exists(const char *path);
/* Names in a directory, hidden ones too, but for "." and "..". */
size_t folder_count(const char *folder);

#endif
