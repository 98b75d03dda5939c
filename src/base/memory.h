// SPDX-License-Identifier: GPL-3.0-or-later
/* Memory that is there, or the program ends: "autoscale-sim: out of memory (asked for N bytes)",
 * exit status 1 through exit(), so that atexit handlers remove half-written output. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdio.h>

/* Zeroed memory for count items of size bytes; owned by the caller (free). Overflow is out of
 * memory. */
void *memory_new(size_t count, size_t size);

/* As realloc for count items; the part that is new is not zeroed. */
void *memory_resize(void *memory, size_t count, size_t size);

/* Copies of a text / of at most length bytes of it; owned by the caller (free). NULL gives NULL. */
char *memory_text(const char *text);
char *memory_text_n(const char *text, size_t length);

/* printf into a fresh text, owned by the caller (free). */
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The room that a growing container begins with, before it doubles: in a hostile build (make
 * hostile) for one item, so that the tests meet every growth. */
#ifdef ASIM_HOSTILE
#define MEMORY_FIRST_ROOM(usual) 1
#else
#define MEMORY_FIRST_ROOM(usual) (usual)
#endif

/* What a library has made: NULL is out of memory. */
void *memory_checked(void *made);
/* Ends an open_memstream of *text: what could not be written is out of memory, also where the C
 * library tells so by no text alone. */
void memory_close(FILE *stream, char *const *text);

/* Makes room for one more item in an array of `count` used and `*capacity` reserved: doubles. */
void *memory_grow(void *array, size_t count, size_t *capacity, size_t size);

#endif
