// SPDX-License-Identifier: GPL-3.0-or-later
/* Whose an unfinished thing is: a file that its process keeps locked (flock) until it ends, however
 * it ends, with a line that says which process that is. The lock counts, not the number: it holds
 * across containers with process numbers of their own, and between machines where the network file
 * system hands locks on. */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

#include <stdbool.h>

typedef enum OwnerAnswer {
    OWNER_TAKEN, /* ours until the descriptor is closed */
    OWNER_OTHER, /* a living process has it */
    OWNER_FAILED /* errno says why */
} OwnerAnswer;

/* Makes the file, or takes it from one that has died. A file system without locks gives it to
 * anyone. OWNER_OTHER: *whose is "process 4711 on HOST", owned by the caller; else NULL. */
OwnerAnswer owner_take(const char *path, int *descriptor, char **whose);

/* "process 4711 on HOST", owned by the caller, if a living process has the file; else NULL. */
char *owner_living(const char *path);

/* The file `name` in an open directory, taken from a process that has died for certain: locked in
 * vain by nobody, and of this machine, for other machines' locks may not be seen. -1: not so. A
 * file without a line counts if `unsigned_too` (its owner died before it could write it). */
int owner_inherit(int directory, const char *name, bool unsigned_too);

#endif
