// SPDX-License-Identifier: GPL-3.0-or-later
/* Sizes and SHA-256 digests of input files, taken in a thread of their own while a run goes on.
 *
 *     InputDigests *digests = input_digests_begin(paths, count);
 *     const InputDigest *digest = input_digests_wait(digests, paths[0]);
 *     input_digests_end(digests);                                  stops it, if it still reads */
#ifndef OUTPUT_INPUT_DIGESTS_H
#define OUTPUT_INPUT_DIGESTS_H

#include "base/digest.h"

typedef struct InputDigest {
    char *path;
    bool known; /* false: not a regular file, or it could not be read */
    uint64_t size;
    char text[DIGEST_TEXT];
} InputDigest;

typedef struct InputDigests InputDigests;

/* Paths are copied; each should occur once. Only regular files are opened: what is read from a pipe
 * is gone for the run. */
InputDigests *input_digests_begin(const char *const paths[], size_t count);
/* Waits until that file has been read, or reading has been stopped; lent. NULL: no such path. */
const InputDigest *input_digests_wait(InputDigests *digests, const char *path);
/* Stops reading, waits for the thread and gives back its memory. NULL is allowed. */
void input_digests_end(InputDigests *digests);

#endif
