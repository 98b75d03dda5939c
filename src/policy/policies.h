// SPDX-License-Identifier: GPL-3.0-or-later
/* The policies there are, by name. A new policy is one new file and one line in policies.c: its
 * three functions, the options of its config struct, and what the simulator must ask of that
 * struct. */
#ifndef POLICY_POLICIES_H
#define POLICY_POLICIES_H

#include "autoscale_sim/policy.h"
#include "engine/options.h"
#include "policy/schedules.h"

#include <signal.h>

/* How the load of one replica is measured (ASIM_SIGNAL_LOAD is the sum over replicas). */
typedef enum PolicyLoadSignal {
    POLICY_LOAD_MAX,   /* the larger of the next two */
    POLICY_LOAD_SLOTS, /* requests held / batch slots */
    POLICY_LOAD_KV,    /* KV blocks of the requests held / those there are */
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

/* What a policy's pipeline has to do at an instant of its beat; several may be said at once. */
typedef enum PolicyDue {
    POLICY_DUE_NOTHING = 0,
    POLICY_DUE_SAMPLE = 1,    /* look at the cluster */
    POLICY_DUE_DECISION = 2,  /* and ask the policy */
    POLICY_DUE_IF_CHANGED = 4 /* ask it if targets or serving replicas have changed since, or what
                                 it waits for is due: else it would answer the same */
} PolicyDue;

/* A stage of its own between a simulated cluster and a policy: what the software that the policy is
 * of would have measured, how often, and how late. */
typedef struct PolicyPipeline {
    size_t size; /* of its state, which the caller allocates zeroed */
    void (*init)(void *pipeline, const void *config);
    /* At each evaluation_interval. PolicyDue. */
    unsigned (*due)(void *pipeline, sim_time now);
    void (*sample)(void *pipeline, const asim_observation *cluster);
    /* What the policy sees now; input: the struct of PolicyKind.inputs, at its defaults at first.
     */
    void (*see)(void *pipeline, const asim_observation *cluster, void *input);
    void (*clear)(void *pipeline);
} PolicyPipeline;

/* A part of a policy's options that is a group or a list, for whoever lists all options. */
typedef struct PolicySection {
    const char *path; /* as ScenarioSection's; NULL ends the table */
    const Option *options;
} PolicySection;

/* What is to stand in for a history that was not observed: numbers, and when they came. Lent. */
typedef struct PolicyPastItem {
    sim_time time;
    double number;
} PolicyPastItem;

typedef struct PolicyPast {
    OptionList recommendations, scale_ups, scale_downs; /* of PolicyPastItem, as written */
} PolicyPast;

typedef struct PolicyKind {
    const asim_policy *policy;
    const char *source;            /* where its rules are from */
    const Option *options;         /* of the config struct */
    size_t config_size;            /* in bytes */
    const PolicySection *sections; /* NULL: it has no groups */
    /* Fills in defaults that depend on other options. Called once, after the user's values are in;
     * a second call changes nothing. NULL: there are none. */
    void (*resolve)(void *config);
    /* Adds an error for each option that does not go with another; limits of single options are the
     * table's business. Works on resolved and unresolved configs. *where is the config's own place.
     * NULL: all go with all. */
    void (*check)(const void *config, const Error *where, ErrorList *errors);
    /* The replica count that a deployment begins with unless told otherwise, and the fewest that
     * the policy keeps: 0 = it may go to zero. */
    int (*initial_target)(const void *config);
    /* The most that the policy ever asks for; INT64_MAX: there is no ceiling. */
    int64_t (*most_target)(const void *config);
    /* Its scaling schedules, lent; NULL: the policy has none. */
    const OptionList *(*schedules)(const void *config);
    /* How it is run in a simulation, and what must be said for that beside `check`; pipeline: NULL
     * where it sees the observation itself. */
    PolicyMeasurement (*measurement)(const void *config);
    void (*check_simulated)(const void *config, const Error *where, ErrorList *errors);
    const PolicyPipeline *pipeline;
    bool holds_at_zero;  /* requests wait for the first replica, unless the scenario says else */
    bool deletes_unused; /* after 7 days without traffic, if it may go to zero */
    bool is_own; /* one's own (policy/own.h): its config is an OwnConfig, and a scenario names
                    it by an object {"lua": FILE, ...options} */
    /* Lent for the life of the state: what is waited for in real time is waited for no longer once
     * it is non-zero. NULL: nothing is. */
    void (*watch)(void *state, const volatile sig_atomic_t *stop);
    bool wakes_on_request; /* it is asked when a request finds nothing serving and a target of 0 */
    bool foresees; /* it sees the arrivals to come (a ForesightInput), and its starts take their
                      mean */

    /* What one observation says beside the common part: a struct, and the table to read it by. */
    const Option *inputs;
    size_t input_size;
    bool takes_late; /* observations may come out of their order in time */
    /* Puts it into the observation, whose common part is filled; the struct is lent to it. NULL, or
     * the key without which nothing can be decided. */
    const char *(*take)(const void *input, asim_observation *observation);
    /* Another config, resolved and lent, for a state that lives on. */
    void (*configure)(void *state, const void *config);
    /* Puts numbers in the place of what would have been observed. NULL: it has no such memory. */
    void (*remember)(void *state, const PolicyPast *past);
} PolicyKind;

/* The first is the default. */
extern const PolicyKind *const policies[];
extern const size_t policies_count;

/* The policy with that name (asim_policy.name), or NULL. */
const PolicyKind *policies_find(const char *name);

/* Has init or the last decide failed? */
static inline bool policy_has_failed(const asim_policy *policy, const void *state,
                                     asim_policy_failure *failure) {
    return policy->failure != NULL && policy->failure(state, failure);
}

/* What the policies share -------------------------------------------------------------------------
 */

/* Ours, not any platform's: keeps a slip of the keyboard from asking for a billion replicas. */
#define POLICY_REPLICAS_MOST 100000

/* A count that was reckoned in floating point, as far as an int goes; NaN is 0. */
int policy_count(double replicas);
int policy_within(int replicas, int64_t least, int64_t most);
/* A decision that keeps the target, with nothing said of it yet. */
asim_decision policy_keep(const asim_observation *observation, int64_t least, int64_t most);
/* One more term; the one that wants most is the winner, the first of several. When there is no room
 * only a new winner is told, in the last one's place. */
void policy_add_term(asim_decision *decision, asim_decision_term term);

/* What can be measured of replicas and deployments, by name, for policies that take any metric. */
typedef enum PolicySignal {
    POLICY_SIGNAL_REQUESTS,
    POLICY_SIGNAL_RUNNING,
    POLICY_SIGNAL_QUEUED,
    POLICY_SIGNAL_KV,
    POLICY_SIGNAL_BUSY
} PolicySignal;
extern const asim_word policy_signals[]; /* name and meaning, in this order */
/* -1: there is none of that name (NULL: the first). */
int policy_signal_find(const char *name);
double policy_signal_of(PolicySignal signal, const asim_replica *replica);
/* Of all that serve, with what waits for the first one. */
double policy_signal_total(PolicySignal signal, const asim_observation *cluster);

extern const PolicyKind fireworks_kind, fixed_kind, ray_serve_kind, hpa_kind, knative_kind,
    keda_kind, dstack_kind, dynamo_kind, foresight_kind;

/* fireworks.c -------------------------------------------------------------------------------------
 */

/* The autoscaler of a Fireworks deployment, as documented at
 * docs.fireworks.ai/deployments/autoscaling; where the documentation is silent, by the assumptions
 * of model 5, each an option marked OPTION_ASSUMED or a comment in fireworks.c.
. */
#define FIREWORKS_REPLICAS_MOST POLICY_REPLICAS_MOST

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

/* Owns its schedules (options_clear). fireworks_resolve fills in what depends on other options. */
typedef struct FireworksConfig {
    int64_t min_replica_count;
    int64_t max_replica_count; /* OPTION_ABSENT_INTEGER: max(min_replica_count, 1) */
    sim_time scale_up_window;
    sim_time scale_down_window;
    sim_time scale_to_zero_window;
    FireworksLoadTargets load_targets;
    OptionList scaling_schedules; /* of ScalingSchedule */
    bool default_always;
    int window_rule; /* FireworksWindowRule */
    /* Not the policy's own business: how the simulator measures for it. */
    sim_time evaluation_interval;
    sim_time rate_window;
    int load_signal; /* PolicyLoadSignal */
#ifdef OPTIONS_EXTRA /* a build may have options of its own (tests/cli/test_one_row_option.c) */
#define OPTION_EXTRA(c_type, member, ...) c_type member;
#include OPTIONS_EXTRA
#undef OPTION_EXTRA
#endif
} FireworksConfig;

extern const Option fireworks_options[];
extern const Option fireworks_load_target_options[]; /* keys of load_targets */

/* init copies and resolves its config, so that the caller's need not outlive the call, and a config
 * fresh from options_set_defaults will do. */
extern const asim_policy fireworks_policy;

/* Of fireworks_kind; config is a FireworksConfig. */
void fireworks_resolve(void *config);
void fireworks_check(const void *config, const Error *where, ErrorList *errors);

/* foresight.c -------------------------------------------------------------------------------------
 */

typedef struct ForesightConfig {
    int64_t min_replica_count;
    int64_t max_replica_count; /* OPTION_ABSENT_INTEGER: max(min_replica_count, 1) */
    FireworksLoadTargets load_targets;
    sim_time evaluation_interval; /* load is known by it */
    sim_time rate_window;
    int load_signal; /* PolicyLoadSignal, not POLICY_LOAD_BUSY */
} ForesightConfig;

/* The load of one interval, of all replicas together, by load target; 0: not reckoned. */
typedef struct ForesightLoad {
    double default_load;
    double tokens_generated_per_second;
    double prompt_tokens_per_second;
    double requests_per_second;
    double concurrent_requests;
} ForesightLoad;

typedef struct ForesightInput {
    OptionList ahead; /* of ForesightLoad: the interval that begins now, and those after it */
} ForesightInput;

/* Windows ---------------------------------------------------------------------------------------
 */

/* The smallest or largest value that a step function took in the last `span` of time.
 *
 * A value pushed at time u is in force from u until the next push. The window at time t is closed,
 * [t - span, t], so it sees every value in force at some instant of it: also the one that was in
 * force at t - span, however long ago it was pushed.
 *
 * Kept as a monotone queue (folklore; Lemire, "Streaming maximum-minimum filter", 2006): an entry
 * is dropped as soon as a later one makes it irrelevant, so a push costs O(1) amortised, and there
 * are never more entries than pushes within one span, or than distinct values. */
typedef enum WindowKind { WINDOW_SMALLEST, WINDOW_LARGEST } WindowKind;

typedef struct WindowEntry {
    sim_time since; /* when the run of values that this entry stands for began */
    int key;        /* the run's extremum, times the window's sign */
} WindowEntry;

/* A ring. From first to last, `key` rises strictly and `since` does not fall; an entry's key is the
 * smallest from its `since` until now. */
typedef struct Window {
    sim_time span;
    int sign; /* 1: smallest; -1: largest, kept as the smallest of the negated values */
    WindowEntry *ring;
    size_t capacity; /* a power of two, or 0 */
    size_t first;
    size_t count;
    size_t gone; /* so many of the first fell out of the window with the last push; the next frees
                    them */
} Window;

/* span >= 0, in nanoseconds. Allocates nothing. */
void window_init(Window *window, WindowKind kind, sim_time span);
void window_clear(Window *window);

/* From `time` (not before the last push) on, the value is `value` (not INT_MIN). Of several at one
 * instant all count while they are within the window, and the last stays in force. */
void window_push(Window *window, sim_time time, int value);

/* The extremum over the window that ends with the last push; there must have been one. */
int window_value(const Window *window);

/* Since when the value has been at least `bound` (smallest) or at most `bound` (largest) without a
 * break until now: the time of a push; SIM_TIME_NEVER when the last value is not. Exact when the
 * window has a value beyond the bound, or had one until the last push; otherwise as far back as is
 * remembered, which is the window's start at least. O(log entries). */
sim_time window_since(const Window *window, int bound);

/* "pending_scheduling"; NULL-terminated. */
extern const char *const policy_replica_states[ASIM_REPLICA_STATE_COUNT + 1];

#endif
