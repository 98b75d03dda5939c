// SPDX-License-Identifier: GPL-3.0-or-later
/* The scenario's pools: those it names, and one of unlimited on-demand GPUs for each other
 * accelerator that a deployment asks for. */
#ifndef SCENARIO_POOLS_H
#define SCENARIO_POOLS_H

#include "scenario/catalogue.h"
#include "scenario/reader.h"

/* Reads "pools" (node may be NULL) into scenario->pools. */
void pools_read(Reader *reader, const cJSON *node, Scenario *scenario);

/* Gives every deployment its pool, adding those that are missing, and every pool its prices. */
void pools_assign(Scenario *scenario);

/* Checks that all that is used has a price, and that the replicas of the start find their GPUs. */
void pools_check(Reader *reader, const Scenario *scenario);

void pool_config_clear(PoolConfig *pool);

#endif
