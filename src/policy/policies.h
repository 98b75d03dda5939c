// SPDX-License-Identifier: GPL-3.0-or-later
/* The policies there are, by name. A new policy is one new file and one line in policies.c: its
 * three functions, the options of its config struct, and what the simulator must ask of that
 * struct. */
#ifndef POLICY_POLICIES_H
#define POLICY_POLICIES_H

#include "autoscale_sim/policy.h"
#include "engine/options.h"

/* How the load of one replica is measured (ASIM_SIGNAL_LOAD is the sum over replicas). */
typedef enum PolicyLoadSignal {
    POLICY_LOAD_MAX,   /* the larger of the next two */
    POLICY_LOAD_SLOTS, /* requests held / batch slots */
    POLICY_LOAD_KV,    /* KV tokens reserved by the requests held / KV capacity */
    POLICY_LOAD_BUSY   /* share of the interval in which the replica computed */
} PolicyLoadSignal;

/* "max", "slots", ...: the choices of an option, indexed by PolicyLoadSignal. NULL-terminated. */
extern const char *const policies_load_signals[];

/* What is measured for a policy, and how often it is asked. */
typedef struct PolicyMeasurement {
    sim_time evaluation_interval; /* between evaluations; > 0 */
    sim_time rate_window;         /* over which rates are taken; > 0 */
    PolicyLoadSignal load_signal;
} PolicyMeasurement;

typedef struct PolicyKind {
    const asim_policy *policy;
    const Option *options; /* of the config struct */
    size_t config_size;    /* in bytes */
    /* Fills in defaults that depend on other options. Called once, after the user's values are in;
     * a second call changes nothing. */
    void (*resolve)(void *config);
    /* Adds an error for each option that does not go with another; limits of single options are the
     * table's business. Works on resolved and unresolved configs. *where is the config's own place.
     */
    void (*check)(const void *config, const Error *where, ErrorList *errors);
    /* The replica count that a deployment begins with unless told otherwise, and the fewest that
     * the policy keeps: 0 = it may go to zero. */
    int (*initial_target)(const void *config);
    /* The most that the policy ever asks for; INT64_MAX: there is no ceiling. */
    int64_t (*most_target)(const void *config);
    PolicyMeasurement (*measurement)(const void *config);
} PolicyKind;

/* The first is the default. */
extern const PolicyKind policies[];
extern const size_t policies_count;

/* The policy with that name (asim_policy.name), or NULL. */
const PolicyKind *policies_find(const char *name);

#endif
