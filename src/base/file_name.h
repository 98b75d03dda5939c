// SPDX-License-Identifier: GPL-3.0-or-later
/* File names made absolute, so that the scenario as run can be run from anywhere. */
#ifndef BASE_FILE_NAME_H
#define BASE_FILE_NAME_H

/* The name, from directory (NULL or "": the working directory), without links or dots if the file
 * is there; "-" and "" as they are. Owned by the caller. */
char *file_name_absolute(const char *directory, const char *name);

/* realpath: from the root, without links and dots; NULL if the file is not there. Owned by the
 * caller. */
char *file_name_real(const char *path);

/* The directory part of a path: "." for a bare name. Owned by the caller. */
char *file_name_directory(const char *path);

/* "day" of "runs/day.json". Owned by the caller. */
char *file_name_stem(const char *path);

#endif
