// SPDX-License-Identifier: GPL-3.0-or-later
/* An output directory read again: which kind it is, and whether the run in it can be repeated. */
#ifndef OUTPUT_RUN_DIRECTORY_H
#define OUTPUT_RUN_DIRECTORY_H

#include "base/error.h"
#include "scenario/scenario.h"

bool run_directory_is(const char *path);

/* What a directory holds, told by the files that only it has. */
typedef enum OutputKind {
    OUTPUT_NOTHING,
    OUTPUT_RUN,
    OUTPUT_COMPARISON,
    OUTPUT_SWEEP,
    OUTPUT_SEARCH,
    OUTPUT_KINDS
} OutputKind;

OutputKind run_directory_kind(const char *directory);

/* The scenario as run of a directory that `run` wrote, or of a run's folder in a comparison: the
 * file's name, owned by the caller. NULL after adding an error: it is no output, or one of several
 * runs, whose folders are named. */
char *run_directory_scenario(const char *directory, ErrorList *errors);

/* Whether the files that the scenario (as read from there) names are those that the run read, by
 * the digests of its manifest: adds an error for each that has changed or is gone. The scenario
 * file that the run was given does not matter, for the scenario as run stands for it.
 * *other_version: NULL, or the version that wrote it if that is not `version`, owned by the caller.
 */
bool run_directory_check(const char *directory, const Scenario *scenario, const char *version,
                         char **other_version, ErrorList *errors);

#endif
