// SPDX-License-Identifier: GPL-3.0-or-later
/* Another policy in the place of a deployment's, as like it as its options allow: with the same
 * limits, and so many requests in flight per replica as the load target stands for with this
 * traffic (of batch slots or KV memory, whichever fills first). Everything else is as the other's
 * software has it by default. */
#ifndef EXPERIMENT_POLICY_TRANSLATION_H
#define EXPERIMENT_POLICY_TRANSLATION_H

#include "scenario/scenario.h"

typedef struct OverrideList OverrideList;
typedef struct TextList TextList;

/* Adds the changes that give the deployment of the scenario that policy, none if it has it already.
 * flag: what errors name. notes: what was taken for the same. False after adding an error: there is
 * no such policy, it needs what cannot be translated, the deployment's load target is none of
 * requests, or its traffic cannot be read. */
bool policy_translate(const Scenario *scenario, const DeploymentConfig *deployment,
                      const char *policy, const char *flag, OverrideList *changes, TextList *notes,
                      ErrorList *errors);

#endif
