// SPDX-License-Identifier: GPL-3.0-or-later
/* SHA-256 (FIPS 180-4), so that a manifest says exactly which input a run had. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BLOCK 64
#define DIGEST_TEXT 65 /* 64 hexadecimal digits and the terminator */

typedef struct Digest {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[DIGEST_BLOCK];
} Digest;

void digest_init(Digest *digest);
void digest_add(Digest *digest, const void *bytes, size_t count);
/* Ends it: the digest is used up. Lower-case hexadecimal. */
void digest_text(Digest *digest, char text[DIGEST_TEXT]);

/* Of a whole file, with its size in bytes. False, with errno set, when it cannot be read; ECANCELED
 * when *stop (NULL: never) came true meanwhile. */
bool digest_file(const char *path, const atomic_bool *stop, uint64_t *size, char text[DIGEST_TEXT]);

#endif
