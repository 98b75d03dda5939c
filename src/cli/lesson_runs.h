// SPDX-License-Identifier: GPL-3.0-or-later
/* The runs of a lesson: read with the page's options and the reader's, run, and written as those of
 * a comparison. */
#ifndef CLI_LESSON_RUNS_H
#define CLI_LESSON_RUNS_H

#include "cli/commands.h"
#include "experiment/lesson.h"
#include "experiment/lesson_shelf.h"
#include "report/run_report.h"

/* Reads the page and each run's scenario, changed by the page, then by the reader, whose word is
 * the last; checks the page against them. False after adding errors; the lesson is to be cleared
 * either way. */
bool lesson_runs_read(Lesson *lesson, const LessonPlace *place, const Arguments *arguments,
                      ErrorList *errors);

/* Runs them all, and the replications that the page wants. reports[] has room for one each; the
 * caller destroys them, NULL or not, and the lesson before them. With --out the directory is
 * written whole or not at all. Returns an exit status. */
int lesson_runs_do(const Invocation *invocation, Lesson *lesson, const LessonPlace *place,
                   RunReport *reports[], ErrorList *errors);

#endif
