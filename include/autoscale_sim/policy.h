// SPDX-License-Identifier: GPL-3.0-or-later
/* An autoscaling policy: a pure function of its configuration, its own state and what it observes.
 * It has no clock, no engine and no access to the cluster, so recorded metrics can be fed to it,
 * and any policy can take another's place. */
#ifndef AUTOSCALE_SIM_POLICY_H
#define AUTOSCALE_SIM_POLICY_H

#include "autoscale_sim/types.h"

/* What is measured: totals over the replicas that serve and do not drain (model 5). */
typedef enum asim_signal {
    ASIM_SIGNAL_LOAD, /* sum of the replicas' loads, 1 = one full replica; time average since the
                         last evaluation */
    ASIM_SIGNAL_CONCURRENT_REQUESTS, /* requests held, running and queued; time average since the
                                        last evaluation */
    ASIM_SIGNAL_REQUESTS_PER_SECOND, /* requests handed to replicas, over the rate window */
    ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND,    /* prompt tokens of finished iterations, over the rate
                                                window */
    ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND, /* output tokens of finished iterations, over the rate
                                                window */
    ASIM_SIGNAL_COUNT
} asim_signal;

/* One replica, as whoever watches replicas sees it. */
typedef struct asim_replica {
    asim_replica_state state;
    sim_time since; /* when it was asked for; of one that serves or drains: when it began to serve
                     */
    uint32_t running, queued;    /* requests in the batch; waiting for a place in it */
    double busy;                 /* share of the time since the last observation that it computed */
    uint64_t kv_tokens;          /* held by the batch */
    uint64_t kv_tokens_capacity; /* there are */
    uint64_t prompt_tokens_queued; /* of the requests that wait */
} asim_replica;

/* The window of a scaling schedule that sets the minimum: of those that are open the one with the
 * largest. */
typedef struct asim_schedule {
    const char *name; /* the configuration's; NULL: none is open, and the rest says nothing */
    int minimum;
    sim_time since, until; /* when it opened and closes; SIM_TIME_NEVER: not known */
} asim_schedule;

/* One observation: the periodic evaluation, a request refused because nothing serves, or the
 * calendar's word that another minimum holds. */
typedef struct asim_observation {
    sim_time time;
    bool request_at_zero; /* not an evaluation: a request found no serving replica and a target of
                             zero */
    bool minimum_changed; /* not an evaluation: `schedule` asks for another minimum from now on;
                             nothing was measured */
    asim_schedule schedule;
    int target;  /* in force now, booting replicas included */
    int serving; /* serving and not draining */
    int booting;
    double signals[ASIM_SIGNAL_COUNT];
    sim_time idle_since; /* SIM_TIME_NEVER while requests are held or nothing has begun to serve */
    uint64_t requests;   /* sent to the deployment so far, retries too */
    uint32_t waiting;    /* requests that have found no serving replica: those held for one, or else
                            those refused since nothing serves */
    const asim_replica *replicas; /* all there are, or NULL where only totals are known; lent */
    size_t replica_count;
    const void *seen; /* what the policy's own metric pipeline has made of it all, or NULL; lent */
} asim_observation;

#define ASIM_DECISION_TERMS 8

/* One load target's part of a decision: wanted = ceil(measured / target). */
typedef struct asim_decision_term {
    const char *key; /* static: the policy's name for it, "concurrent_requests" */
    double measured; /* total over the deployment, in the key's unit */
    double target;   /* per replica */
    int wanted;      /* replicas */
} asim_decision_term;

/* What was decided and why. All texts are static and belong to the policy. */
typedef struct asim_decision {
    int target;         /* the replica count to have from now on */
    int recommended;    /* what the load asks for, before any window, delay or limit of a rate */
    int limits[2];      /* the policy's: fewest and most replicas */
    const char *reason; /* one of the policy's short codes: "scale_up", "hold_scale_up_window", ...
                         */
    int term_count;
    int winner; /* index of the term with the most replicas, -1 if none */
    asim_decision_term terms[ASIM_DECISION_TERMS];
    const char *window;    /* the window that acted or holds ("scale_up_window"), NULL if none */
    sim_time window_since; /* since when the load has asked for it; SIM_TIME_NEVER if not applicable
                            */
    sim_time window_until; /* when it may be acted on if the load stays as it is; SIM_TIME_NEVER if
                              not applicable */
    int window_target;     /* the replica count that the window yields now */
    const char *window_rule; /* how its windows work ("stabilize"), NULL if there is but one way */
    const char *limited_by; /* what else kept the target from what was recommended, NULL: nothing */
} asim_decision;

/* A word of a policy, and what it means: one line, no final stop. */
typedef struct asim_word {
    const char *word; /* NULL ends a table */
    const char *meaning;
} asim_word;

/* How to show a member of a policy's state. */
typedef enum asim_state_type {
    ASIM_STATE_BOOLEAN, /* bool */
    ASIM_STATE_INT,     /* int */
    ASIM_STATE_COUNT,   /* int64_t */
    ASIM_STATE_NUMBER,  /* double */
    ASIM_STATE_TIME,    /* sim_time, told in seconds; SIM_TIME_NEVER: null */
    ASIM_STATE_WORD,    /* const char * */
    ASIM_STATE_LIST     /* a pointer to items in a row, how many: a size_t */
} asim_state_type;

typedef struct asim_state_row {
    const char *name; /* NULL ends a table */
    asim_state_type type;
    size_t offset;                      /* in the state, or in an item */
    const struct asim_state_row *items; /* LIST: of one item */
    size_t item_size, count_offset;     /* LIST; the count's offset is in the state */
} asim_state_row;

/* Why a policy cannot decide. All texts are lent until the state is cleared; file and expected may
 * be NULL, line 0. */
typedef struct asim_policy_failure {
    const char *file; /* of the policy */
    long line;
    const char *found;    /* what was wrong: "it divides by zero" */
    const char *expected; /* and what would have been right */
} asim_policy_failure;

/* A policy: three functions over an opaque state of state_size bytes, which the caller allocates
 * zeroed. */
typedef struct asim_policy {
    const char *name;
    size_t state_size;
    /* config: the policy's own struct, lent for as long as the state lives. */
    void (*init)(void *state, const void *config, int initial_target);
    /* Observations come in order of time. Fills *decision whole. */
    void (*decide)(void *state, const asim_observation *observation, asim_decision *decision);
    void (*clear)(void *state);
    /* What follows may be NULL. Reports tell words that they do not know by these tables. */
    const asim_word *reasons;   /* of decisions */
    const asim_word *terms;     /* keys of terms */
    const asim_state_row *rows; /* of the state, to show it */
    /* Asked after init and after each decide: true when that failed. The run then ends, and the
     * decision counts for nothing. NULL: it never does. */
    bool (*failure)(const void *state, asim_policy_failure *failure);
} asim_policy;

/* Policies in shared objects --------------------------------------------------------------------
 */

/* An option of the scenario's, as it is written there. */
typedef enum asim_option_type {
    ASIM_OPTION_NUMBER,
    ASIM_OPTION_BOOLEAN,
    ASIM_OPTION_TEXT
} asim_option_type;

typedef struct asim_policy_option {
    const char *name;
    asim_option_type type;
    double number;    /* of a boolean: 0 or 1 */
    const char *text; /* of a text */
} asim_policy_option;

/* The config of a policy in a shared object: its options in the order of the scenario. */
typedef struct asim_policy_options {
    const asim_policy_option *items;
    size_t count;
} asim_policy_options;

/* What a shared object shows as `asim_policy_module`: the policy, and what it was compiled
 * against. */
#define ASIM_POLICY_ABI 1
typedef struct asim_module {
    uint32_t abi;
    uint32_t policy_size, observation_size, replica_size, decision_size; /* bytes */
    const asim_policy *policy;
} asim_module;

/* ASIM_POLICY_MODULE(policy); on a line of its own makes the file a module. */
#define ASIM_POLICY_MODULE(policy_)                                                                \
    extern const asim_module asim_policy_module;                                                   \
    const asim_module asim_policy_module = {ASIM_POLICY_ABI,          sizeof(asim_policy),         \
                                            sizeof(asim_observation), sizeof(asim_replica),        \
                                            sizeof(asim_decision),    &(policy_)}

#endif
