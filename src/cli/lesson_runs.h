// SPDX-License-Identifier: GPL-3.0-or-later
/* The runs of a lesson: read with the page's options and the reader's, run, and written as those of
 * a comparison. */
#ifndef CLI_LESSON_RUNS_H
#define CLI_LESSON_RUNS_H

#include "cli/commands.h"
#include "experiment/comparison_statistics.h"
#include "experiment/lesson.h"
#include "experiment/lesson_shelf.h"

typedef struct LessonRuns {
    const Invocation *invocation;
    const LessonPlace *place;
    Lesson lesson;
    Replications replications;
    ComparisonStatistics statistics;
    OutputDirectory directory; /* all zero without --out */
} LessonRuns;

/* Reads the page and each run's scenario, changed by the page, then by the reader, whose word is
 * the last; checks the page against them. False after adding errors; to be cleared either way. */
bool lesson_runs_read(LessonRuns *runs, const Invocation *invocation, const LessonPlace *place,
                      ErrorList *errors);

/* Runs them all, as often as the page wants. With --out the directory is written whole or not at
 * all. Returns an exit status. */
int lesson_runs_do(LessonRuns *runs, ErrorList *errors);

void lesson_runs_clear(LessonRuns *runs);

#endif
