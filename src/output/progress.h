// SPDX-License-Identifier: GPL-3.0-or-later
/* A progress bar, on a terminal only: the share of simulated time, requests per second of real
 * time, and when it will be done. Redrawn at most ten times a second; nothing of it stays. */
#ifndef OUTPUT_PROGRESS_H
#define OUTPUT_PROGRESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRESS_TEXT 512

typedef struct Progress {
    FILE *stream;      /* NULL: no terminal, nothing is drawn */
    const char *label; /* before the bar, lent; may be NULL */
    double started_s;  /* of CLOCK_MONOTONIC */
    double drawn_s;    /* the last time; 0 = never */
} Progress;

/* Draws on stream if it is a terminal. */
void progress_init(Progress *progress, FILE *stream, const char *label);

/* For asim_run_options.progress; self is the Progress. share < 0: the end is not known. */
void progress_update(void *self, double share, uint64_t requests);

/* The same for many tasks: the share that is done, and how many of them ("cells"). */
void progress_update_tasks(Progress *progress, double share, size_t done, size_t count,
                           const char *tasks);

/* Wipes the bar, so that what is printed next begins on a clean line. */
void progress_clear(Progress *progress);

/* The line that is drawn: exposed for the tests. */
const char *progress_text(double share, uint64_t requests, double elapsed_s,
                          char text[PROGRESS_TEXT]);

#endif
