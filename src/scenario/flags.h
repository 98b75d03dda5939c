// SPDX-License-Identifier: GPL-3.0-or-later
/* firectl's own flags as changes of a scenario: which option a flag sets is written in the option
 * tables. */
#ifndef SCENARIO_FLAGS_H
#define SCENARIO_FLAGS_H

#include "scenario/overrides.h"

typedef struct ScenarioFlag {
    const char *name;    /* without dashes: "min-replica-count" */
    const char *section; /* below the deployment: "autoscaling", or "" */
    const Option *option;
} ScenarioFlag;

/* The flags one by one from 0; false past the last. */
bool scenario_flag(size_t index, ScenarioFlag *flag);
bool scenario_flag_find(const char *name, ScenarioFlag *flag);
/* The nearest spelling, or NULL. */
const char *scenario_flag_nearest(const char *name);

/* Adds the override for --name value, for the deployment (NULL or "*": every one). The keys of a
 * load target given in several flags are joined, as firectl does. False if there is no such flag.
 */
bool overrides_add_flag(OverrideList *list, const char *deployment, const char *name,
                        const char *value);

/* Adds the override that sets the flag's option to its default. */
void overrides_add_flag_default(OverrideList *list, const char *deployment,
                                const ScenarioFlag *flag, const char *from);

#endif
