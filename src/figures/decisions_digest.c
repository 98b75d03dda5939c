// SPDX-License-Identifier: GPL-3.0-or-later
/* The digest of decisions. A hold is a run of evaluations that name the same window and leave the
 * target; it lasts from the first of them to the evaluation that ends it. */
#include "figures/decisions_digest.h"

#include "base/memory.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

DecisionsDigest *decisions_digest_create(const Scenario *scenario) {
    DecisionsDigest *digest = memory_new(1, sizeof *digest);
    digest->count = scenario->deployment_count;
    digest->deployments = memory_new(digest->count, sizeof digest->deployments[0]);
    for (size_t i = 0; i < digest->count; i++) {
        DeploymentDigest *deployment = &digest->deployments[i];
        deployment->first_wake = deployment->first_to_zero = SIM_TIME_NEVER;
        deployment->last_change = deployment->deleted_at = SIM_TIME_NEVER;
        deployment->highest_target = (int)scenario->deployments[i].initial_replica_count;
    }
    return digest;
}

void decisions_digest_destroy(DecisionsDigest *digest) {
    if (digest != NULL) {
        free(digest->deployments);
        free(digest);
    }
}

/* Holds -------------------------------------------------------------------------------------- */

static DigestHold *find_hold(DeploymentDigest *deployment, const char *window) {
    for (size_t i = 0; i < deployment->hold_count; i++) {
        if (strcmp(deployment->holds[i].window, window) == 0) {
            return &deployment->holds[i];
        }
    }
    if (deployment->hold_count == DIGEST_WINDOWS) {
        return NULL;
    }
    DigestHold *hold = &deployment->holds[deployment->hold_count++];
    *hold = (DigestHold){.window = window, .since = SIM_TIME_NEVER};
    return hold;
}

static void end_hold(DigestHold *hold, sim_time now) {
    if (hold->since != SIM_TIME_NEVER && now - hold->since > hold->longest) {
        hold->longest = now - hold->since;
        hold->longest_from = hold->since;
    }
    hold->since = SIM_TIME_NEVER;
}

static void follow_holds(DeploymentDigest *deployment, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    const bool holds = decision->window != NULL && decision->target == taken->from;
    DigestHold *held = holds ? find_hold(deployment, decision->window) : NULL;
    for (size_t i = 0; i < deployment->hold_count; i++) {
        if (&deployment->holds[i] != held) {
            end_hold(&deployment->holds[i], taken->time);
        }
    }
    if (held != NULL && held->since == SIM_TIME_NEVER) {
        held->since = taken->time;
    }
}

/* Changes ------------------------------------------------------------------------------------ */

static void count_win(DeploymentDigest *deployment, const char *key) {
    size_t i = 0;
    while (i < deployment->key_count && strcmp(deployment->keys[i].key, key) != 0) {
        i++;
    }
    if (i == ASIM_DECISION_TERMS) {
        return;
    }
    if (i == deployment->key_count) {
        deployment->keys[deployment->key_count++] = (DigestKey){.key = key};
    }
    deployment->keys[i].wins++;
}

static void note_scale_up(DeploymentDigest *deployment, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    const bool won = decision->winner >= 0 && decision->winner < decision->term_count;
    const int step = decision->target - taken->from;
    if (won) {
        count_win(deployment, decision->terms[decision->winner].key);
    }
    if (!deployment->has_step || step > deployment->step_to - deployment->step_from) {
        deployment->has_step = true;
        deployment->step_at = taken->time;
        deployment->step_from = taken->from;
        deployment->step_to = decision->target;
        deployment->step_has_term = won;
        deployment->step_term = won ? decision->terms[decision->winner] : (asim_decision_term){0};
    }
}

static void note_wake(DeploymentDigest *deployment, sim_time time) {
    deployment->wakes++;
    if (deployment->first_wake == SIM_TIME_NEVER) {
        deployment->first_wake = time;
    }
}

static void note_change(DeploymentDigest *deployment, const asim_decision_taken *taken) {
    const int to = taken->decision->target;
    deployment->last_change = taken->time;
    if (to < taken->from) {
        deployment->scale_downs++;
    } else {
        deployment->scale_ups++;
        if (taken->at_evaluation) {
            note_scale_up(deployment, taken);
        } else if (!taken->observation || !taken->observation->minimum_changed) {
            note_wake(deployment, taken->time);
        }
    }
    if (to == 0 && taken->observation != NULL) {
        deployment->to_zero++;
        if (deployment->first_to_zero == SIM_TIME_NEVER) {
            deployment->first_to_zero = taken->time;
        }
    }
    if (to > deployment->highest_target) {
        deployment->highest_target = to;
        deployment->highest_at = taken->time;
    }
}

static void digest_decision_taken(void *self, const asim_decision_taken *taken) {
    DecisionsDigest *digest = self;
    DeploymentDigest *deployment = &digest->deployments[taken->deployment];
    deployment->evaluations += taken->at_evaluation;
    if (taken->not_asked > deployment->most_not_asked) {
        deployment->most_not_asked = taken->not_asked;
    }
    follow_holds(deployment, taken);
    if (taken->decision->target != taken->from) {
        note_change(deployment, taken);
    }
    if (taken->observation == NULL && deployment->deleted_at == SIM_TIME_NEVER) {
        deployment->deleted_at = taken->time;
    }
}

static void digest_run_ended(void *self, const asim_run_end *end) {
    DecisionsDigest *digest = self;
    DeploymentDigest *deployment = &digest->deployments[end->deployment];
    for (size_t i = 0; i < deployment->hold_count; i++) {
        end_hold(&deployment->holds[i], end->span);
    }
}

asim_observer decisions_digest_observer(DecisionsDigest *digest) {
    return (asim_observer){
        .self = digest, .decision_taken = digest_decision_taken, .run_ended = digest_run_ended};
}

const DigestKey *decisions_digest_winner(const DeploymentDigest *deployment) {
    const DigestKey *winner = NULL;
    for (size_t i = 0; i < deployment->key_count; i++) {
        if (winner == NULL || deployment->keys[i].wins > winner->wins) {
            winner = &deployment->keys[i];
        }
    }
    return winner;
}
