// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of policies: one line each. */
#include "policy/policies.h"

#include <limits.h>
#include <math.h>
#include <string.h>

const char *const policies_load_signals[] = {
    [POLICY_LOAD_MAX] = "max",
    [POLICY_LOAD_SLOTS] = "slots",
    [POLICY_LOAD_KV] = "kv",
    [POLICY_LOAD_BUSY] = "busy",
    NULL,
};

const PolicyKind *const policies[] = {
    &fireworks_kind, &fixed_kind, &ray_serve_kind, &hpa_kind,
    &knative_kind,   &keda_kind,  &dstack_kind,    &dynamo_kind,
};

const size_t policies_count = sizeof policies / sizeof *policies;

const PolicyKind *policies_find(const char *name) {
    for (size_t i = 0; i < policies_count; i++) {
        if (strcmp(policies[i]->policy->name, name) == 0) {
            return policies[i];
        }
    }
    return NULL;
}

int policy_count(double replicas) {
    if (isnan(replicas)) {
        return 0;
    }
    return replicas >= INT_MAX ? INT_MAX : replicas <= INT_MIN ? INT_MIN : (int)replicas;
}

int policy_within(int replicas, int64_t least, int64_t most) {
    const int64_t raised = replicas > least ? replicas : least;
    return (int)(raised < most ? raised : most);
}

asim_decision policy_keep(const asim_observation *observation, int64_t least, int64_t most) {
    return (asim_decision){.target = observation->target,
                           .recommended = observation->target,
                           .limits = {policy_count((double)least), policy_count((double)most)},
                           .winner = -1,
                           .window_since = SIM_TIME_NEVER,
                           .window_until = SIM_TIME_NEVER,
                           .window_target = observation->target};
}

void policy_add_term(asim_decision *decision, asim_decision_term term) {
    const bool wins =
        decision->winner < 0 || term.wanted > decision->terms[decision->winner].wanted;
    if (decision->term_count < ASIM_DECISION_TERMS) {
        decision->term_count++;
    } else if (!wins) {
        return;
    }
    decision->terms[decision->term_count - 1] = term;
    decision->winner = wins ? decision->term_count - 1 : decision->winner;
}
