// SPDX-License-Identifier: GPL-3.0-or-later
/* The bytes of a gzip file, inflated ahead by a thread of its own: inflating costs twice what
 * parsing does, and the two go on side by side. (Plain files gain nothing from that: the system
 * reads ahead.) A file of one block starts no thread. */
#ifndef TRAFFIC_INFLATER_H
#define TRAFFIC_INFLATER_H

#include <signal.h>
#include <stddef.h>

/* Bytes that are read, or inflated, at a time. The fuzzers have few, so that their small files are
 * many blocks. */
#ifndef TRAFFIC_BLOCK
#define TRAFFIC_BLOCK (256 << 10)
#endif

typedef struct Inflater Inflater;

/* Begins with the bytes that have been read from the descriptor, and reads on there; it stays the
 * caller's, and must outlive the inflater. Once *halt is set (halt may be NULL) it reads no more.
 */
Inflater *inflater_open(int descriptor, const char *first, size_t length,
                        const volatile sig_atomic_t *halt);
void inflater_close(Inflater *inflater);

/* At least one byte and at most `room`; 0 at the end, or on failure with *problem set to what was
 * found (lent as long as the inflater lives), and *reason to errno if the file cannot be read. */
size_t inflater_read(Inflater *inflater, char *to, size_t room, const char **problem, int *reason);

#endif
