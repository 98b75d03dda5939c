// SPDX-License-Identifier: GPL-3.0-or-later
/* A lesson: a page of Markdown whose every figure is a placeholder, and the runs that fill it.
 * scenarios/lessons/README.md describes pages. A lesson goes through these hands in order:
 *
 *     lesson_read         the page: title, and its runs with their options
 *     (the caller)        gives each run its scenario, read with the run's options
 *     lesson_check        every placeholder: are there such runs, metrics and options?
 *     (the caller)        runs each scenario, lesson_replications times
 *     lesson_fill         the page's text, in figures
 *     lesson_layout_print in lines */
#ifndef EXPERIMENT_LESSON_H
#define EXPERIMENT_LESSON_H

#include "experiment/replications.h"

#include <cJSON.h>

/* One line of the page's block of runs: "always: --min-replica-count 1". */
typedef struct LessonRun {
    char *name;                /* letters, digits, _ */
    char *options;             /* as the page gives them; "" for the scenario as it stands */
    long line;                 /* of the page */
    Scenario *scenario;        /* owned, set by the caller */
    cJSON *as_run;             /* its options, for placeholders */
    size_t replications;       /* that the page's placeholders ask for */
    const ReplicatedRun *done; /* lent, set by the caller; its report has watched the first */
} LessonRun;

#define LESSON_FENCE "```"
#define LESSON_RUNS_FENCE "```runs"

typedef struct Lesson {
    char *file;  /* the page: what errors name */
    char *text;  /* all of it */
    char *title; /* its first heading */
    LessonRun *runs;
    size_t run_count, run_room;
} Lesson;

/* Reads a page. False after adding errors: no heading, no block of runs, a run named twice. The
 * lesson is to be cleared either way. */
bool lesson_read(Lesson *lesson, const char *path, ErrorList *errors);
void lesson_clear(Lesson *lesson);

#endif
