// SPDX-License-Identifier: GPL-3.0-or-later
/* Files in directories that others write to as well: small ones that are there whole, or as they
 * were before (made as ".NAME.tmp-..." beside, by a name of their own on any machine, and renamed);
 * and those that say whose something is. */
#ifndef BASE_WHOLE_FILE_H
#define BASE_WHOLE_FILE_H

#include "base/error.h"

/* What the names of unfinished files have after ".NAME". */
#define WHOLE_FILE_TEMPORARY ".tmp-"

/* Writes `length` bytes; what is there is replaced. `durable`: they are on the disk before they
 * have their name, so that a machine that loses power has the one or the other; it costs a few
 * milliseconds, which is much for files by the thousand. False after adding an error. */
bool whole_file_write(const char *path, const char *bytes, size_t length, bool durable,
                      ErrorList *errors);
/* The same, durable, but what is there stays: *existed says so. */
bool whole_file_create(const char *path, const char *bytes, size_t length, bool *existed,
                       ErrorList *errors);
/* Gives the unfinished file, which someone else wrote, its name, durable. False, and without the
 * file, after adding an error. */
bool whole_file_take_name(const char *temporary, const char *path, ErrorList *errors);

/* Writes a file or a directory that is there through to the disk; false with errno. */
bool whole_file_sync(const char *path);
/* And the directory that a path is in, after a rename. Its failure is nobody's loss: what has the
 * name is whole. */
void whole_file_sync_parent(const char *path);

/* Removes unfinished files of all that begins with `prefix` ("": of all) from the directory. */
void whole_file_clean(const char *directory, const char *prefix);

/* Whose an unfinished thing is: a file that its process keeps locked (flock) until it ends, however
 * it ends, with a line that says which process that is. The lock counts, not the number: it holds
 * across containers with process numbers of their own, and between machines where the network file
 * system hands locks on. */
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
