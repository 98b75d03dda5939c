// SPDX-License-Identifier: GPL-3.0-or-later
/* A pasted `firectl deployment create MODEL --min-replica-count 0 ...`, as a change of a
 * deployment: the model, what the flags say, and firectl's defaults for the autoscaling flags that
 * are not there. */
#ifndef SCENARIO_FIRECTL_H
#define SCENARIO_FIRECTL_H

#include "scenario/overrides.h"

/* What was understood but changes nothing: "--wait: does not matter to the simulation". */
typedef struct FirectlNotes {
    char **items;
    size_t count;
    size_t capacity;
} FirectlNotes;

void firectl_notes_clear(FirectlNotes *notes);

/* The command as one text, quoted and continued as in a shell. deployment: a name, or NULL for
 * every one. False after adding errors; list then holds nothing new. */
bool firectl_parse(const char *command, const char *deployment, OverrideList *list,
                   FirectlNotes *notes, ErrorList *errors);

/* The command as words, "firectl" first or left out. */
bool firectl_parse_words(const char *const words[], size_t count, const char *deployment,
                         OverrideList *list, FirectlNotes *notes, ErrorList *errors);

#endif
