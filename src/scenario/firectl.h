// SPDX-License-Identifier: GPL-3.0-or-later
/* firectl's flags as changes of a scenario: one by one (which option a flag sets is written in the
 * option tables), in a pasted `firectl deployment create MODEL --min-replica-count 0 ...`, and the
 * other way round, a deployment as the command that creates it. */
#ifndef SCENARIO_FIRECTL_H
#define SCENARIO_FIRECTL_H

#include "scenario/overrides.h"

typedef struct Option Option;
typedef struct OptionSpelling OptionSpelling;
typedef struct DeploymentConfig DeploymentConfig;
typedef struct TextList TextList;

/* How firectl spells values of its own kind, for the rows of options. */
extern const OptionSpelling firectl_accelerator, firectl_precision, firectl_region;

typedef struct ScenarioFlag {
    const char *name;    /* without dashes: "min-replica-count" */
    const char *section; /* below the deployment: "autoscaling", or "" */
    const Option *option;
} ScenarioFlag;

/* The flags one by one from 0; false past the last. */
bool scenario_flag(size_t index, ScenarioFlag *flag);
bool scenario_flag_find(const char *name, ScenarioFlag *flag);

/* Adds the override for --name value, for the deployment (NULL or "*": every one). The keys of a
 * load target given in several flags are joined, as firectl does. False if there is no such flag.
 */
bool overrides_add_flag(OverrideList *list, const char *deployment, const char *name,
                        const char *value);

/* The command as one text, quoted and continued as in a shell. deployment: a name, or NULL for
 * every one. notes: what was understood but changes nothing, "--wait: does not matter to the
 * simulation". False after adding errors; list then holds nothing new. */
bool firectl_parse(const char *command, const char *deployment, OverrideList *list, TextList *notes,
                   ErrorList *errors);

/* "firectl deployment create MODEL --min-replica-count 1 ...", with the replica counts, every flag
 * whose option is not at its default, and those that one of the changes (NULL: none) sets; on
 * several lines, continued by a backslash. Owned by the caller. notes: of what firectl wants to
 * know and the scenario does not say (the region); what was there is kept. */
char *firectl_command(const DeploymentConfig *deployment, const OverrideList *changes,
                      TextList *notes);

/* Is there a flag for what the path of a change sets: deployments.chat.autoscaling.load_targets?
 * (True too for "policy" while it is fireworks, which is what firectl creates.) */
bool firectl_can_set(const char *path);

#endif
