// SPDX-License-Identifier: GPL-3.0-or-later
/* A directory that is written whole or not at all. Files are made in a temporary directory beside
 * it
 * (".NAME.tmp-PID"), which takes its name in one rename at the end. A directory of that name is
 * refused, or with `force` replaced: moved aside, then removed, but only if it is empty or an
 * earlier output of ours, as its manifest.json or sweep.json
 * tells. */
#ifndef REPORT_OUTPUT_DIRECTORY_H
#define REPORT_OUTPUT_DIRECTORY_H

#include "engine/error.h"

typedef struct OutputDirectory {
    char *path;      /* as the user wrote it, without slashes at its end */
    char *temporary; /* NULL once it has been renamed or removed */
    bool force;
} OutputDirectory;

/* Makes the temporary directory, and the parents of `path` where they are missing. Returns false
 * after adding an error. An OutputDirectory that is all zero is one that was never begun. */
bool output_directory_begin(OutputDirectory *directory, const char *path, bool force,
                            ErrorList *errors);

/* Makes a folder within it ("a" or "a/b"); it is well if it is there already. */
bool output_directory_make_folder(const OutputDirectory *directory, const char *folder,
                                  ErrorList *errors);

/* Where to write file `name` ("summary.csv", "a/summary.csv") now, and what to call it in messages:
 * where it will be. Both are owned by the caller (free). */
char *output_directory_file(const OutputDirectory *directory, const char *name);
char *output_directory_final_file(const OutputDirectory *directory, const char *name);

/* A whole file at once. */
bool output_directory_write(const OutputDirectory *directory, const char *name, const char *text,
                            ErrorList *errors);

/* Gives it its name, for good. On failure adds an error, removes the temporary directory and leaves
 * what was there before in place. Frees the members either way. */
bool output_directory_commit(OutputDirectory *directory, ErrorList *errors);

/* Removes the temporary directory with all that is in it; does nothing after a commit, or a second
 * time. May be called from an atexit handler. */
void output_directory_abandon(OutputDirectory *directory);

/* For an output that is filled bit by bit: makes the directory, and its parents; it is well if it
 * is there. */
bool output_directory_make(const char *path, ErrorList *errors);
/* Removes an earlier output of ours, or an empty directory, whole; true if there is none. */
bool output_directory_remove(const char *path, ErrorList *errors);

#endif
