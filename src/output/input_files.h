// SPDX-License-Identifier: GPL-3.0-or-later
/* The files that scenarios read: each once. Found through the option tables: every text option
 * called "file" or "..._file" of traffic sources and pools. */
#ifndef OUTPUT_INPUT_FILES_H
#define OUTPUT_INPUT_FILES_H

#include "scenario/scenario.h"

typedef struct InputFiles {
    char **names; /* each once */
    size_t count;
    size_t capacity;
} InputFiles;

/* directory: that a relative name starts from (NULL: the working directory). */
void input_files_add(InputFiles *files, const char *directory, const char *name);
void input_files_add_scenario(InputFiles *files, const Scenario *scenario);
void input_files_clear(InputFiles *files);

#endif
