// SPDX-License-Identifier: GPL-3.0-or-later
/* manifest.json: what made the files beside it: version, command line, scenarios with seeds, input
 * files with sizes and SHA-256 digests, wall time and peak memory. It also tells --force which
 * files in the directory are ours. It is the one file that may differ between two runs of a
 * scenario. */
#ifndef OUTPUT_MANIFEST_H
#define OUTPUT_MANIFEST_H

#include "base/output_directory.h"
#include "output/inputs.h"

#include <time.h>

/* All lent. */
typedef struct Manifest {
    const char *version;
    const char *const *command_line; /* arguments, the program first */
    size_t command_line_count;
    const char *const *input_files; /* beside those that the scenarios name: the scenario files */
    size_t input_file_count;
    const Scenario *const *scenarios;
    size_t scenario_count;
    struct timespec started; /* of CLOCK_MONOTONIC */
    TextList *warnings;      /* why figures may be wrong; NULL: nothing is known against them */
    InputDigests *digests;   /* of all its files; NULL: they are read by manifest_text */
} Manifest;

/* Begins to read the input files in another thread, for their digests; ended by the caller. */
InputDigests *manifest_begin_digests(const Manifest *manifest);
/* Real time since it was started. */
double manifest_elapsed_s(const Manifest *manifest);
/* Waits for the digests; the wall time includes that. `files` is lent: the names of the files
 * beside it, with its own. Owned by the caller (free). */
char *manifest_text(const Manifest *manifest, const char *const files[], size_t file_count);
/* Writes it as the last file of an output directory or a folder of it ("" or "performance/"). */
bool manifest_write(const Manifest *manifest, const OutputDirectory *directory, const char *folder,
                    ErrorList *errors);

/* A file that was added to a directory later on becomes one of ours. Nothing happens where there is
 * no manifest that lists files. */
bool manifest_add_file(const char *directory, const char *name, ErrorList *errors);

/* An output directory read again: which kind it is, and whether the run in it can be repeated. */
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

bool run_directory_is(const char *path);

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
