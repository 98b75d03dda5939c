// SPDX-License-Identifier: GPL-3.0-or-later
/* Where the lessons stand: in the repository beside the program, or where they were installed. */
#ifndef EXPERIMENT_LESSON_SHELF_H
#define EXPERIMENT_LESSON_SHELF_H

#include "base/error.h"

/* One page: NN-NAME.md, and its scenario NN-NAME.json beside it. */
typedef struct LessonPlace {
    unsigned number;
    char *page, *scenario; /* paths */
} LessonPlace;

typedef struct LessonShelf {
    char *folder;
    LessonPlace *places; /* by number */
    size_t count, room;
} LessonShelf;

/* folder NULL: scenarios/lessons or share/autoscale-sim/lessons near the program, else where it was
 * installed. A path below the working directory is told from there. False after adding an error;
 * to be cleared either way. */
bool lesson_shelf_open(LessonShelf *shelf, const char *folder, ErrorList *errors);
void lesson_shelf_clear(LessonShelf *shelf);

/* The lesson of a number as the user wrote it, or NULL after adding an error. */
const LessonPlace *lesson_shelf_find(const LessonShelf *shelf, const char *number,
                                     ErrorList *errors);

#endif
