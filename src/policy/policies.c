// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of policies: one line each. */
#include "policy/policies.h"

#include <string.h>

const char *const policies_load_signals[] = {
    [POLICY_LOAD_MAX] = "max",
    [POLICY_LOAD_SLOTS] = "slots",
    [POLICY_LOAD_KV] = "kv",
    [POLICY_LOAD_BUSY] = "busy",
    NULL,
};

const PolicyKind policies[] = {
    {&fireworks_policy, fireworks_options, sizeof(FireworksConfig), fireworks_resolve,
     fireworks_check, fireworks_initial_target, fireworks_most_target, fireworks_measurement},
};

const size_t policies_count = sizeof policies / sizeof *policies;

const PolicyKind *policies_find(const char *name) {
    for (size_t i = 0; i < policies_count; i++) {
        if (strcmp(policies[i].policy->name, name) == 0) {
            return &policies[i];
        }
    }
    return NULL;
}
