// SPDX-License-Identifier: GPL-3.0-or-later
/* File names: made absolute, so that the scenario as run can be run from anywhere; their parts; and
 * those in a directory. */
#ifndef BASE_FILE_NAME_H
#define BASE_FILE_NAME_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct TextList TextList;

/* The name, from directory (NULL or "": the working directory), without links or dots if the file
 * is there; "-" and "" as they are. Owned by the caller. */
char *file_name_absolute(const char *directory, const char *name);

/* The path of a file that is named from a directory (NULL: the working directory). Owned by the
 * caller. */
char *file_name_from(const char *directory, const char *name);

/* The name of a file, given from the root, as seen from a directory (from the working directory):
 * "../logs/access.log"; as it is where the two have nothing in common. Owned by the caller. */
char *file_name_relative(const char *directory, const char *name);

/* realpath: from the root, without links and dots; NULL if the file is not there. Owned by the
 * caller. */
char *file_name_real(const char *path);

/* Adds to the list what the name stands for: itself, or, if it is a pattern (glob(3)) and no file
 * has that very name, the files that match, by name. False: none does. */
bool file_name_expand(const char *name, TextList *files);
extern const char file_name_expand_expected[];

/* The directory part of a path: "." for a bare name. Owned by the caller. */
char *file_name_directory(const char *path);

/* "day" of "runs/day.json". Owned by the caller. */
char *file_name_stem(const char *path);

/* The first of these places that suits, from the folder that the program is in (build,
 * build/VARIANT, PREFIX/bin); NULL if none does. Owned by the caller. */
char *file_name_near_program(const char *const places[], size_t count,
                             bool (*suits)(const char *folder));

/* access(mode) of a file in a folder. */
bool file_name_is_there(const char *folder, const char *name, int mode);

/* The next name in a directory, in no order, but "." and ".."; lent until the next call. NULL at
 * the end, which closes the stream and makes it NULL; of a NULL stream nothing. */
const char *file_name_next(DIR **stream);

#endif
