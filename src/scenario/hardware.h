// SPDX-License-Identifier: GPL-3.0-or-later
/* What a replica runs on and how fast it is: the scenario's own figures over the catalogue's. */
#ifndef SCENARIO_HARDWARE_H
#define SCENARIO_HARDWARE_H

#include "scenario/catalogue.h"
#include "scenario/reader.h"

/* Completes model, accelerator, accelerator_count, precision, weights_gb, profile and
 * profile_source of a deployment whose own options have been read from node. False when mistakes
 * left something open. */
bool hardware_resolve(Reader *reader, const cJSON *node, const char *path,
                      DeploymentConfig *deployment);

/* The catalogue's spelling of an accelerator, or the user's own. Owned by the caller. */
char *hardware_accelerator(const char *name);

#endif
