// SPDX-License-Identifier: GPL-3.0-or-later
/* What the arrivals of a deployment tell before a run. */
#ifndef SIM_FORESEEN_H
#define SIM_FORESEEN_H

#include "policy/policies.h"
#include "scenario/scenario.h"

/* Tokens of KV memory that a request in flight holds, in the mean over time, if each stays for as
 * long as it would on a replica at the load targets (of concurrent_requests or default; signal: a
 * PolicyLoadSignal); 0: nothing comes. Reads all of the traffic. False after adding errors. */
bool foreseen_kv_tokens(const Scenario *scenario, const DeploymentConfig *config,
                        const FireworksLoadTargets *targets, int signal, double *tokens,
                        ErrorList *errors);

#endif
