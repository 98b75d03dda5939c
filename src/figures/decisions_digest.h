// SPDX-License-Identifier: GPL-3.0-or-later
/* The story of a policy's decisions in a few figures: an observer that counts changes of the
 * target, the load target that won, the longest wait in each window, and keeps the first wake, the
 * largest step and the highest target. It knows no policy's words: reasons, keys and windows are
 * told as they come. */
#ifndef FIGURES_DECISIONS_DIGEST_H
#define FIGURES_DECISIONS_DIGEST_H

#include "autoscale_sim/observer.h"

typedef struct asim_scenario Scenario;

#define DIGEST_WINDOWS 4 /* windows of one policy that are told apart */

/* Decisions that raised the target because of one load target. */
typedef struct DigestKey {
    const char *key; /* static, the policy's */
    uint64_t wins;
} DigestKey;

/* The longest time that a window kept the target from changing without a break. */
typedef struct DigestHold {
    const char *window; /* static, the policy's */
    sim_time longest;
    sim_time longest_from;
    sim_time since; /* of the hold that goes on; SIM_TIME_NEVER if none */
} DigestHold;

typedef struct DeploymentDigest {
    uint64_t evaluations;
    uint64_t scale_ups, scale_downs; /* wakes and scalings to zero included */
    uint64_t wakes;                  /* raised by a request, not at an evaluation */
    uint64_t to_zero;
    sim_time first_wake, first_to_zero; /* SIM_TIME_NEVER: none */
    int highest_target;
    sim_time highest_at;
    /* The scale-up of most replicas at once: an evaluation's. */
    bool has_step;
    sim_time step_at;
    int step_from, step_to;
    bool step_has_term; /* the load target that won it: key is static, the policy's */
    asim_decision_term step_term;
    DigestKey keys[ASIM_DECISION_TERMS];
    size_t key_count;
    DigestHold holds[DIGEST_WINDOWS];
    size_t hold_count;
    int most_not_asked;   /* replicas beyond the quota */
    sim_time last_change; /* SIM_TIME_NEVER: the target never changed */
    sim_time deleted_at;  /* SIM_TIME_NEVER: was not */
} DeploymentDigest;

typedef struct DecisionsDigest {
    DeploymentDigest *deployments; /* in the scenario's order */
    size_t count;
} DecisionsDigest;

/* Owned by the caller (decisions_digest_destroy). */
DecisionsDigest *decisions_digest_create(const Scenario *scenario);
void decisions_digest_destroy(DecisionsDigest *digest);

asim_observer decisions_digest_observer(DecisionsDigest *digest);

/* The load target that won most scale-ups, NULL if none did. */
const DigestKey *decisions_digest_winner(const DeploymentDigest *deployment);

#endif
