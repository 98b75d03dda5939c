// SPDX-License-Identifier: GPL-3.0-or-later
/* Changes of a scenario from the command line or an experiment. They edit the JSON tree before it
 * is read, so that they pass the same checks as the file, and each node they make remembers its
 * flag (json_text.h).
 *
 * A path is dotted; array elements go by number; * stands for every member or element (sources of
 * traffic without the option left out). What is not there is made, except deployments. A text in
 * the place of an object becomes the object it is short for: "client": "curl" and client.cap=30s
 * give both. */
#ifndef SCENARIO_OVERRIDES_H
#define SCENARIO_OVERRIDES_H

#include "scenario/scenario.h"

#include <cJSON.h>

/* The flag of a model that a pasted command names. One that is not the deployment's takes the
 * figures of its predecessor away: accelerator, weights, profile. */
#define OVERRIDE_FIRECTL "--firectl"

/* Overrides with texts of their own. */
typedef struct OverrideList {
    ScenarioOverride *items;
    size_t count;
    size_t capacity;
} OverrideList;

void overrides_add(OverrideList *list, const char *path, const char *value, const char *flag);
/* A change that a line of a file makes: that is what errors name. */
void overrides_add_from(OverrideList *list, const char *path, const char *value, const char *flag,
                        const char *file, long line);
/* Copies of all of them, behind those that are there. */
void overrides_add_all(OverrideList *list, const OverrideList *others);
void overrides_clear(OverrideList *list);

/* "path=value" after a --set; false after adding an error. */
bool overrides_add_set(OverrideList *list, const char *text, ErrorList *errors);

/* In order, later ones over earlier ones. Mistakes in paths are added to errors. */
void overrides_apply(const ScenarioOverride overrides[], size_t count, cJSON *root,
                     ErrorList *errors);

#endif
