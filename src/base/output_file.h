// SPDX-License-Identifier: GPL-3.0-or-later
/* One output file, written whole or not at all: made as ".NAME.tmp-PID" beside it, renamed at the
 * end. What is there already is refused, or replaced with `force`. "-" is standard output; a
 * device or a pipe is written to directly. */
#ifndef BASE_OUTPUT_FILE_H
#define BASE_OUTPUT_FILE_H

#include "base/error.h"
#include "base/workplace.h"

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
