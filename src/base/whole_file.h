// SPDX-License-Identifier: GPL-3.0-or-later
/* A small file in a directory that others write to as well: there whole, or as it was before. It is
 * made as ".NAME.tmp-..." beside, by a name of its own on any machine, and renamed. */
#ifndef BASE_WHOLE_FILE_H
#define BASE_WHOLE_FILE_H

#include "base/error.h"

/* What the names of unfinished files have after ".NAME". */
#define WHOLE_FILE_TEMPORARY ".tmp-"

/* A new name for the unfinished file; owned by the caller. */
char *whole_file_temporary(const char *path);

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

#endif
