// SPDX-License-Identifier: GPL-3.0-or-later
/* Where something is made before it takes its name: ".NAME.tmp-PID", a hidden directory beside it
 * with a lock of its process (".owner"), what is made ("new"), and while they change places what
 * was there before ("old"). However the program ends, nothing of it stays: on failure
 * workplace_end; through exit() (out of memory) a handler; on a second Ctrl-C
 * workplace_remove_all; and if it is killed, the next that works on the same name clears it away,
 * or puts back what was there before. Paths are kept ready, so that removing needs neither memory
 * nor a descriptor. */
#ifndef BASE_WORKPLACE_H
#define BASE_WORKPLACE_H

#include "base/error.h"

#include <cJSON.h>

typedef struct Workplace Workplace;

/* Clears what killed processes have left, and makes one for `path`, whose parent is there. NULL
 * after adding an error, which expects `expected`. */
Workplace *workplace_begin(const char *path, const char *expected, ErrorList *errors);

/* What is made, and where what was there before is put meanwhile: no file or folder yet; lent. */
const char *workplace_new(const Workplace *self);
const char *workplace_old(const Workplace *self);

/* A path below these, to be removed with it; lent. `name`: "new/summary.csv". */
const char *workplace_path(Workplace *self, const char *name);
/* The same for a folder ("new", "new/performance"), which is made; it is well if it is there. NULL:
 * errno says why. */
const char *workplace_folder(Workplace *self, const char *name);

/* The n-th name of a path, the newest first, as it was given; NULL: no more. */
const char *workplace_name(const Workplace *self, size_t n);

/* Writes what has been made through to the disk: all files and folders below "new". False after
 * adding an error, which calls a file by its name to be. */
bool workplace_sync(const Workplace *self, ErrorList *errors);

/* Removes it with all that is in it, but for what is in "old" and was not given a path; NULL is
 * none. False if such things stay. */
bool workplace_end(Workplace *self);

/* All there are, at once. May be called from a signal handler; the program must end then. */
void workplace_remove_all(void);

/* A file, or a directory with all it holds; errno says what failed. No symbolic link is followed.
 */
bool workplace_remove_tree(int parent, const char *name);

/* An earlier output that is to make room: which of its files the program wrote (its manifests list
 * them; a sweep's cells have names of their own), and what others have put there since, which is
 * never removed. */
typedef struct OldOutput {
    char **names; /* "summary.csv", "plots/run-chat.svg": regular files that are there, sorted */
    size_t count, room;
} OldOutput;

/* The manifest.json of a directory; NULL if there is none of ours. Owned by the caller
 * (cJSON_Delete). */
cJSON *old_output_manifest(const char *directory, ErrorList *errors);

/* False after adding an error: it is not ours, or does not say which files are. */
bool old_output_read(OldOutput *old, const char *path, ErrorList *errors);
void old_output_clear(OldOutput *old);

/* Whether all that others have put there finds room in `new`, which takes its place: adds an error
 * with the names that do not. */
bool old_output_fits(const OldOutput *old, const char *path, const char *new, ErrorList *errors);
/* Moves it there. False, with errno, if something could not be moved; it is where it was. */
bool old_output_move(const OldOutput *old, const char *path, const char *new);

/* Removes what is ours, sparing one folder (NULL: none), and the directory if nothing else is in
 * it. False with errno. */
bool old_output_remove(const OldOutput *old, const char *path, const char *spared);

#endif
