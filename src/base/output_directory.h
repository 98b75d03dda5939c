// SPDX-License-Identifier: GPL-3.0-or-later
/* Outputs that are written whole or not at all. A directory: made in a workplace beside it, synced,
 * and renamed at the end. A directory of that name is refused; with `force` an empty one or an
 * earlier output of ours changes places with it, and what others have put into that moves into the
 * new one: only what the program wrote is removed. */
#ifndef BASE_OUTPUT_DIRECTORY_H
#define BASE_OUTPUT_DIRECTORY_H

#include "base/error.h"
#include "base/workplace.h"

#include <stdio.h>

typedef struct CsvWriter CsvWriter;

typedef struct OutputDirectory {
    char *path;      /* as the user wrote it, without slashes at its end */
    Workplace *work; /* NULL: not begun, or ended */
    bool force;
} OutputDirectory;

/* Makes the workplace, and the parents of `path` where they are missing. Returns false
 * after adding an error. An OutputDirectory that is all zero is one that was never begun. */
bool output_directory_begin(OutputDirectory *directory, const char *path, bool force,
                            ErrorList *errors);

/* Makes a folder within it ("a" or "a/b"); it is well if it is there already. */
bool output_directory_make_folder(const OutputDirectory *directory, const char *folder,
                                  ErrorList *errors);

/* Where to write file `name` ("summary.csv", "a/summary.csv") now. Owned by the caller (free). */
char *output_directory_file(const OutputDirectory *directory, const char *name);

/* A table within it; the writer may be used and closed even after a failure. */
bool output_directory_csv(const OutputDirectory *directory, const char *name, CsvWriter *writer,
                          ErrorList *errors);
/* A whole file at once. */
bool output_directory_write(const OutputDirectory *directory, const char *name, const char *text,
                            ErrorList *errors);

/* Gives it its name, for good. On failure adds an error, removes what was made and leaves what was
 * there before in place. Frees the members either way. */
bool output_directory_commit(OutputDirectory *directory, ErrorList *errors);

/* Removes all that was made; does nothing after a commit, or a second time. Writers are closed
 * before: with all descriptors in use nothing can be removed. */
void output_directory_abandon(OutputDirectory *directory);

/* For an output that is filled bit by bit: makes the directory, and its parents; it is well if it
 * is there. */
bool output_directory_make(const char *path, ErrorList *errors);
/* Whether --force may begin such an output there anew; adds an error if not. Then what an earlier
 * output wrote is removed, but for the folder `spared`, and what others have put there stays. */
bool output_directory_may_replace(const char *path, ErrorList *errors);
bool output_directory_empty(const char *path, const char *spared, ErrorList *errors);

/* One file: made in a workplace beside it, renamed at the end. What is there already is refused, or
 * replaced with `force`. "-" is standard output; a device or a pipe is written to directly. */
typedef struct OutputFile {
    const char *path; /* lent */
    Workplace *work;  /* NULL: written directly */
    FILE *stream;
} OutputFile;

/* False after adding an error. */
bool output_file_begin(OutputFile *file, const char *path, bool force, ErrorList *errors);
/* Gives it its name; on failure adds an error and leaves nothing. */
bool output_file_commit(OutputFile *file, ErrorList *errors);
/* Removes what was written; nothing after a commit. */
void output_file_abandon(OutputFile *file);

#endif
