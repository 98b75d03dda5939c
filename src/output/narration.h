// SPDX-License-Identifier: GPL-3.0-or-later
/* A run explained: told in order, or one request's life, or why nothing happened at an instant. It
 * makes the observers that the run is given, and prints what they gathered.
 *
 *     Narration *narration = narration_create(scenario, &question);
 *     run_options.observer_count = narration_observers(narration, &run_options.observers);
 *     if (simulation_run(...) == ASIM_RUN_DONE) narration_print(stdout, narration, &errors);
 *     narration_destroy(narration); */
#ifndef OUTPUT_NARRATION_H
#define OUTPUT_NARRATION_H

#include "output/narration_story.h"

typedef enum NarrationSubject {
    NARRATION_STORY,   /* what happened from `from` to `to` */
    NARRATION_REQUEST, /* the life of `request` */
    NARRATION_WHY_NOT  /* why nothing happened at `to` */
} NarrationSubject;

typedef struct NarrationQuestion {
    NarrationSubject subject;
    sim_time from, to;     /* 0 and SIM_TIME_NEVER: the whole run */
    uint64_t request;      /* id, from 1 */
    size_t deployment;     /* index, or NARRATION_ALL; not for a request */
    const char *from_text; /* as the user wrote them, for errors: "--from 3h"; may be NULL */
    const char *to_text;
    const char *request_text;
    const volatile sig_atomic_t *stop; /* the story ends when it comes true; NULL: never */
} NarrationQuestion;

typedef struct Narration Narration;

/* The scenario is lent for the narration's life. Owned by the caller (narration_destroy). */
Narration *narration_create(const Scenario *scenario, const NarrationQuestion *question);
void narration_destroy(Narration *narration);

/* Points *observers at the list for asim_run_options, lent; returns their count. */
size_t narration_observers(const Narration *narration, const asim_observer *const **observers);

/* After the run. False, with nothing printed and an error added, if it had no such request or had
 * ended before the time asked for; without an error if it was stopped. */
bool narration_print(FILE *stream, const Narration *narration, ErrorList *errors);

#endif
