// SPDX-License-Identifier: GPL-3.0-or-later
/* The files that scenarios read, each once, with their sizes and SHA-256 digests, which are taken
 * in a thread of their own while a run goes on.
 *
 *     InputDigests *digests = input_digests_begin(&files);
 *     const InputDigest *digest = input_digests_wait(digests, files.names[0]);
 *     input_digests_end(digests);                                  stops it, if it still reads */
#ifndef OUTPUT_INPUTS_H
#define OUTPUT_INPUTS_H

#include "base/digest.h"

typedef struct asim_scenario Scenario;
typedef struct TextList TextList;

/* To a list of files, each once. directory: that a relative name starts from (NULL: the working
 * directory). */
void input_files_add(TextList *files, const char *directory, const char *name);
/* Found through the option tables: every option that names files (Option.is_file) of traffic
 * sources and pools; the zone files of scaling schedules; what policies of one's own are made of.
 */
void input_files_add_scenario(TextList *files, const Scenario *scenario);

typedef struct InputDigest {
    char *path;
    bool known; /* false: not a regular file, or it could not be read */
    uint64_t size;
    char text[DIGEST_TEXT];
} InputDigest;

typedef struct InputDigests InputDigests;

/* Names are copied. Only regular files are opened: what is read from a pipe
 * is gone for the run. */
InputDigests *input_digests_begin(const TextList *files);
/* Waits until that file has been read, or reading has been stopped; lent. NULL: no such path. */
const InputDigest *input_digests_wait(InputDigests *digests, const char *path);
/* Stops reading, waits for the thread and gives back its memory. NULL is allowed. */
void input_digests_end(InputDigests *digests);

#endif
