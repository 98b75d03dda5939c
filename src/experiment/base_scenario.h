// SPDX-License-Identifier: GPL-3.0-or-later
/* The scenario that an experiment varies: its tree, read from the disk once, and the changes that
 * the command line makes in it. Each cell, candidate or replication is it with more changes on top.
 */
#ifndef EXPERIMENT_BASE_SCENARIO_H
#define EXPERIMENT_BASE_SCENARIO_H

#include "scenario/overrides.h"

#include <stdint.h>

typedef struct asim_scenario Scenario;

typedef struct BaseScenario {
    JsonTree tree;
    char *file;      /* what errors name */
    char *directory; /* that relative file names start from */
    OverrideList changes;
} BaseScenario;

/* Reads the file ("-": standard input). False after adding an error; what was read is to be cleared
 * either way. */
bool base_scenario_read(BaseScenario *base, const char *path, ErrorList *errors);
/* The name of a file as another file in that directory means it, from the working directory. Owned
 * by the caller. */
char *base_scenario_beside(const char *directory, const char *name);
/* From a node of a tree: a scenario written within the file of an experiment. All are copied. */
void base_scenario_set(BaseScenario *base, const JsonTree *tree, const cJSON *node,
                       const char *file, const char *directory);
void base_scenario_clear(BaseScenario *base);

/* The scenario with its own changes, then those of each list in order (NULL: none), then the
 * replication (< 0: as it says itself). May be called from several threads at once. NULL after
 * adding errors; owned by the caller (scenario_destroy). */
Scenario *base_scenario_vary(const BaseScenario *base, const OverrideList *const lists[],
                             size_t count, int64_t replication, ErrorList *errors);

#endif
