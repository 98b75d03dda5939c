// SPDX-License-Identifier: GPL-3.0-or-later
/* The scenario that an experiment varies: its text, read from the disk once, and the changes that
 * the command line makes in it. Each cell, candidate or replication is it with more changes on top.
 */
#ifndef EXPERIMENT_BASE_SCENARIO_H
#define EXPERIMENT_BASE_SCENARIO_H

#include "scenario/overrides.h"

typedef struct BaseScenario {
    char *text;
    char *file;      /* what errors name */
    char *directory; /* that relative file names start from */
    OverrideList changes;
} BaseScenario;

/* Reads the file ("-": standard input). False after adding an error; what was read is to be cleared
 * either way. */
bool base_scenario_read(BaseScenario *base, const char *path, ErrorList *errors);
/* From a text: a scenario written within a file of an experiment. All are copied. */
void base_scenario_set(BaseScenario *base, const char *text, const char *file,
                       const char *directory);
/* From the object that is the member `key` of an experiment's file, with its lines. False if the
 * text has no such member. */
bool base_scenario_set_within(BaseScenario *base, const char *text, const char *key,
                              const char *file, const char *directory);
void base_scenario_clear(BaseScenario *base);

/* The scenario with its own changes, then those of each list in order (NULL: none), then the
 * replication (< 0: as it says itself). May be called from several threads at once. NULL after
 * adding errors; owned by the caller (scenario_destroy). */
Scenario *base_scenario_vary(const BaseScenario *base, const OverrideList *const lists[],
                             size_t count, int64_t replication, ErrorList *errors);

#endif
