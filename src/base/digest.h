// SPDX-License-Identifier: GPL-3.0-or-later
/* SHA-256 by nettle, so that a manifest says exactly which input a run had. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_TEXT 65   /* 64 hexadecimal digits, in lower case, and the terminator */
#define DIGEST_BASE64 45 /* as a page's policy names it */

void digest_of(const void *bytes, size_t count, char text[DIGEST_TEXT]);
void digest_base64(const void *bytes, size_t count, char text[DIGEST_BASE64]);

/* Bytes as base64, for a text that carries them. Owned by the caller. */
char *digest_bytes_base64(const void *bytes, size_t count);

/* Of a whole file, with its size in bytes. False, with errno set, when it cannot be read; ECANCELED
 * when *stop (NULL: never) came true meanwhile. */
bool digest_file(const char *path, const atomic_bool *stop, uint64_t *size, char text[DIGEST_TEXT]);

#endif
