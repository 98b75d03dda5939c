// SPDX-License-Identifier: GPL-3.0-or-later
/* An earlier output that is to make room: which of its files the program wrote (its manifests list
 * them; a sweep's cells have names of their own), and what others have put there since, which is
 * never removed. */
#ifndef BASE_OLD_OUTPUT_H
#define BASE_OLD_OUTPUT_H

#include "base/error.h"

#include <cJSON.h>

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

/* The change of places that a killed process has begun: the old gets its name back, or if the new
 * has it already, gives up what is not ours, and goes. What finds no room stays. */
void old_output_recover(const char *path, const char *final);

#endif
