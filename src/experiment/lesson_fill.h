// SPDX-License-Identifier: GPL-3.0-or-later
/* The placeholders of a lesson's page, checked and filled. */
#ifndef EXPERIMENT_LESSON_FILL_H
#define EXPERIMENT_LESSON_FILL_H

#include "experiment/lesson.h"

/* Checks every placeholder against the runs' scenarios, and notes how many replications they want.
 * False after adding all mistakes. */
bool lesson_check(Lesson *lesson, ErrorList *errors);

/* What stands in the place of the block of runs, and of commands in code. */
typedef struct LessonNames {
    const char *program;  /* for `autoscale-sim` at the beginning of a command */
    const char *folder;   /* for `scenarios/lessons` */
    const char *commands; /* the block of runs, as commands; lines */
} LessonNames;

/* Stands for a blank within a figure, at which no line may end. lesson_layout.h makes it one. */
#define LESSON_HARD_BLANK '\x01'

/* The page with its figures. Owned by the caller. Asserts what lesson_check has checked. */
char *lesson_fill(Lesson *lesson, const LessonNames *names);

#endif
