// SPDX-License-Identifier: GPL-3.0-or-later
/* A scenario: traffic, clients, deployments with their policies, and capacity, read from JSON. */
#ifndef AUTOSCALE_SIM_SCENARIO_H
#define AUTOSCALE_SIM_SCENARIO_H

#include "autoscale_sim/types.h"

typedef struct asim_scenario asim_scenario;

/* Both return NULL on a mistake and set *message to a text with one mistake per line (free it);
 * message may be NULL. overrides: NULL-terminated list of "path=value" texts, or NULL. */
asim_scenario *asim_scenario_read_file(const char *path, const char *const overrides[],
                                       char **message);
asim_scenario *asim_scenario_read_text(const char *json, const char *const overrides[],
                                       char **message);
void asim_scenario_destroy(asim_scenario *scenario);

/* Number of deployments, and the name of one; lent by the scenario. */
size_t asim_scenario_deployment_count(const asim_scenario *scenario);
const char *asim_scenario_deployment_name(const asim_scenario *scenario, size_t deployment);

/* The scenario as it will be run, all defaults filled in, as JSON; lent by the scenario. */
const char *asim_scenario_json(const asim_scenario *scenario);

#endif
