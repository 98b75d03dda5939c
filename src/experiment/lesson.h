// SPDX-License-Identifier: GPL-3.0-or-later
/* A lesson: a page of Markdown whose every figure is a placeholder, and the runs that fill it.
 * scenarios/lessons/README.md describes pages. A lesson goes through these hands in order:
 *
 *     lesson_read         the page: title, and its runs with their options
 *     (the caller)        gives each run its scenario, read with the run's options
 *     lesson_check        every placeholder: are there such runs, metrics and options?
 *     (the caller)        runs each scenario and gives the run its summary
 *     lesson_replicate    what the page wants to know of replications
 *     lesson_fill         the page's text, in figures */
#ifndef EXPERIMENT_LESSON_H
#define EXPERIMENT_LESSON_H

#include "experiment/base_scenario.h"
#include "experiment/measurement.h"

/* One line of the page's block of runs: "always: --min-replica-count 1". */
typedef struct LessonRun {
    char *name;             /* letters, digits, _ */
    char *options;          /* as the page gives them; "" for the scenario as it stands */
    long line;              /* of the page */
    BaseScenario base;      /* the scenario's text with all changes; owned, filled by the caller */
    Scenario *scenario;     /* read from it; owned, set by the caller */
    const Summary *summary; /* of its run; lent, set by the caller */
    cJSON *as_run;          /* its scenario's options, for placeholders */
    Measurement *replications;    /* from the scenario's own replication on */
    size_t replications_wanted;   /* what the page's placeholders ask for */
    size_t replications_measured; /* 0 until lesson_replicate */
} LessonRun;

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

/* Checks every placeholder against the runs' scenarios, and notes how many replications they want.
 * False after adding all mistakes. */
bool lesson_check(Lesson *lesson, ErrorList *errors);

/* Runs the replications that the page wants, on `jobs` threads. ASIM_RUN_DONE at once where it
 * wants none. */
asim_run_result lesson_replicate(Lesson *lesson, size_t jobs, const volatile sig_atomic_t *stop,
                                 ErrorList *errors);

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
