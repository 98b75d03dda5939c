// SPDX-License-Identifier: GPL-3.0-or-later
/* The autoscaler of a Fireworks deployment, as documented at
 * docs.fireworks.ai/deployments/autoscaling; where the documentation is silent, by the assumptions
 * of SPEC 5, each an option marked OPTION_ASSUMED or a comment in fireworks.c.
 *
 * Reasons of its decisions:
 *   scale_up, scale_down         the window of that name let it through
 *   scale_to_zero                idle for scale_to_zero_window
 *   wake                         a request found a target of zero
 *   hold_scale_up_window         load asks for more, the window does not yet let it through
 *   hold_scale_down_window       load asks for less, likewise
 *   hold_scale_to_zero_window    no load on the last replica: waits until it has idled long enough
 *   hold_no_serving_replica      all replicas boot: nothing is known of the load
 *   hold_at_zero                 waits for a request
 *   hold_on_target               the target is what the load asks for
 *   parked                       max_replica_count is 0 */
#ifndef POLICY_FIREWORKS_H
#define POLICY_FIREWORKS_H

#include "policy/policies.h"

/* Ours, not the platform's: keeps a slip of the keyboard from asking for a billion replicas. */
#define FIREWORKS_REPLICAS_MOST 100000

typedef enum FireworksWindowRule {
    FIREWORKS_STABILIZE, /* up to the smallest, down to the largest recommendation of the window */
    FIREWORKS_SUSTAIN,   /* a timer that a dip resets */
    FIREWORKS_DELAY      /* a timer that nothing resets */
} FireworksWindowRule;

/* Per replica; NAN or OPTION_ABSENT_INTEGER when not given. */
typedef struct FireworksLoadTargets {
    double default_load; /* key "default"; once resolved, NAN: not in force */
    int64_t tokens_generated_per_second;
    int64_t prompt_tokens_per_second;
    double requests_per_second;
    double concurrent_requests;
} FireworksLoadTargets;

/* Owns nothing. fireworks_resolve fills in what depends on other options. */
typedef struct FireworksConfig {
    int64_t min_replica_count;
    int64_t max_replica_count; /* OPTION_ABSENT_INTEGER: max(min_replica_count, 1) */
    sim_time scale_up_window;
    sim_time scale_down_window;
    sim_time scale_to_zero_window;
    FireworksLoadTargets load_targets;
    bool default_always;
    int window_rule; /* FireworksWindowRule */
    /* Not the policy's own business: how the simulator measures for it. */
    sim_time evaluation_interval;
    sim_time rate_window;
    int load_signal; /* PolicyLoadSignal */
} FireworksConfig;

extern const Option fireworks_options[];
extern const Option fireworks_load_target_options[]; /* keys of load_targets */

/* init copies and resolves its config, so that the caller's need not outlive the call, and a config
 * fresh from options_set_defaults will do. */
extern const asim_policy fireworks_policy;

/* The functions of the table of policies (policy/policies.h); config is a FireworksConfig. */
void fireworks_resolve(void *config);
void fireworks_check(const void *config, const Error *where, ErrorList *errors);
int fireworks_initial_target(const void *config);
int64_t fireworks_most_target(const void *config);
PolicyMeasurement fireworks_measurement(const void *config);

#endif
