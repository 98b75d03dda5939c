// SPDX-License-Identifier: GPL-3.0-or-later
/* One deployment of a scenario, read and completed. */
#ifndef SCENARIO_DEPLOYMENT_H
#define SCENARIO_DEPLOYMENT_H

#include "scenario/catalogue.h"
#include "scenario/reader.h"

#define DEPLOYMENT_NAME_MOST 64
#define DEPLOYMENT_SOURCES_MOST 65535

/* Fills *deployment from the member node of "deployments"; pool is the caller's to set. */
void deployment_read(Reader *reader, const cJSON *node, const char *path,
                     DeploymentConfig *deployment);
void deployment_clear(DeploymentConfig *deployment);

/* Does its traffic go on for ever, so that the scenario has to say how long? */
bool deployment_is_endless(const DeploymentConfig *deployment);

#endif
