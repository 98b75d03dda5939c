// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of policies: one line each. */
#include "policy/policies.h"

#include "policy/own.h"

#include <limits.h>
#include <math.h>
#include <string.h>

const char *const policy_replica_states[] = {
    [ASIM_REPLICA_PENDING_SCHEDULING] = "pending_scheduling",
    [ASIM_REPLICA_DOWNLOADING_MODEL] = "downloading_model",
    [ASIM_REPLICA_INITIALIZING] = "initializing",
    [ASIM_REPLICA_READY] = "ready",
    [ASIM_REPLICA_SERVING] = "serving",
    [ASIM_REPLICA_DRAINING] = "draining",
    [ASIM_REPLICA_GONE] = "gone",
    NULL,
};

const char *const policies_load_signals[] = {
    [POLICY_LOAD_MAX] = "max",
    [POLICY_LOAD_SLOTS] = "slots",
    [POLICY_LOAD_KV] = "kv",
    [POLICY_LOAD_BUSY] = "busy",
    NULL,
};

const PolicyKind *const policies[] = {
    &fireworks_kind, &fixed_kind,  &ray_serve_kind, &hpa_kind,     &knative_kind, &keda_kind,
    &dstack_kind,    &dynamo_kind, &lua_kind,       &command_kind, &module_kind,  &foresight_kind,
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

const asim_word policy_signals[] = {
    [POLICY_SIGNAL_REQUESTS] = {"requests", "requests held, running and queued"},
    [POLICY_SIGNAL_RUNNING] = {"running_requests", "requests in the batch"},
    [POLICY_SIGNAL_QUEUED] = {"queued_requests", "requests that wait for a place in the batch"},
    [POLICY_SIGNAL_KV] = {"kv_cache_usage", "share of the KV cache in use, 1 = full"},
    [POLICY_SIGNAL_BUSY] = {"busy", "share of the time that was computed, 1 = all of it"},
    {NULL, NULL},
};

int policy_signal_find(const char *name) {
    for (int i = 0; policy_signals[i].word != NULL; i++) {
        if (name == NULL || strcmp(policy_signals[i].word, name) == 0) {
            return i;
        }
    }
    return -1;
}

double policy_signal_of(PolicySignal signal, const asim_replica *replica) {
    switch (signal) {
    case POLICY_SIGNAL_REQUESTS: return (double)replica->running + (double)replica->queued;
    case POLICY_SIGNAL_RUNNING: return (double)replica->running;
    case POLICY_SIGNAL_QUEUED: return (double)replica->queued;
    case POLICY_SIGNAL_KV: return (double)replica->kv_tokens / (double)replica->kv_tokens_capacity;
    case POLICY_SIGNAL_BUSY: break;
    }
    return replica->busy;
}

double policy_signal_total(PolicySignal signal, const asim_observation *cluster) {
    const bool waits = signal == POLICY_SIGNAL_REQUESTS || signal == POLICY_SIGNAL_QUEUED;
    double total = waits ? (double)cluster->waiting : 0;
    for (size_t i = 0; i < cluster->replica_count; i++) {
        if (cluster->replicas[i].state == ASIM_REPLICA_SERVING) {
            total += policy_signal_of(signal, &cluster->replicas[i]);
        }
    }
    return total;
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
