// SPDX-License-Identifier: GPL-3.0-or-later
/* A deployment as the firectl command that creates it: scenario/firectl.h the other way round. */
#ifndef SCENARIO_FIRECTL_COMMAND_H
#define SCENARIO_FIRECTL_COMMAND_H

#include "scenario/firectl.h"

/* "firectl deployment create MODEL --min-replica-count 1 ...", with the replica counts, every flag
 * whose option is not at its default, and those that one of the changes (NULL: none) sets; on
 * several lines, continued by a backslash. Owned by the caller. notes: of what firectl wants to
 * know and the scenario does not say (the region); what was there is kept. */
char *firectl_command(const DeploymentConfig *deployment, const OverrideList *changes,
                      FirectlNotes *notes);

/* Is there a flag for what the path of a change sets: deployments.chat.autoscaling.load_targets?
 * (True too for "policy" while it is fireworks, which is what firectl creates.) */
bool firectl_can_set(const char *path);

#endif
