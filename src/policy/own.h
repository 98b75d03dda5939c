// SPDX-License-Identifier: GPL-3.0-or-later
/* Policies of one's own, which a scenario names by a file: a Lua script, a program that is asked by
 * lines of JSON, a shared object. What they are told and what they may answer is the same for all
 * three; this is its home. */
#ifndef POLICY_OWN_H
#define POLICY_OWN_H

#include "base/text.h"
#include "policy/policies.h"

/* Texts that stay where they are until the policy goes, for reasons and keys outlive a run. Any
 * thread may add to them. */
typedef struct OwnWords OwnWords;

/* What is written in the scenario's `policy`. */
typedef struct OwnPolicy {
    const PolicyKind *kind;
    char *file;                  /* absolute: the script or shared object; NULL: a command */
    char *script;                /* its text, with a NUL behind it, or NULL */
    TextList command;            /* words; those that name files are absolute */
    TextList files;              /* all that it is made of, as far as is known: inputs of a run */
    asim_policy_option *options; /* names and texts are its own */
    size_t option_count, option_room;
    OwnWords *words;
} OwnPolicy;

OwnPolicy *own_policy_create(const PolicyKind *kind);
void own_policy_destroy(OwnPolicy *self);
/* Copies the texts. */
void own_policy_add(OwnPolicy *self, asim_policy_option option);
/* "lua mine.lua", "command python3 mine.py"; owned by the caller. */
char *own_policy_title(const OwnPolicy *self);
const asim_policy_option *own_policy_option(const OwnPolicy *self, const char *name);
/* Its value. Owned by the caller. */
struct cJSON *own_option_json(const asim_policy_option *option);

/* The config of all three, and its options. */
typedef struct OwnConfig {
    const OwnPolicy *own; /* lent */
    int64_t min_replica_count, max_replica_count;
    sim_time evaluation_interval, rate_window;
    int load_signal;  /* PolicyLoadSignal */
    sim_time timeout; /* of a command */
} OwnConfig;

extern const Option own_options[], own_command_options[];
void own_check(const void *config, const Error *where, ErrorList *errors);
int own_initial_target(const void *config);
int64_t own_most_target(const void *config);
PolicyMeasurement own_measurement(const void *config);

/* Observations of others. */
typedef struct OwnInputReplica {
    int state;
    double age_s, busy;
    int64_t running, queued, kv_tokens, kv_tokens_capacity, prompt_tokens_queued;
} OwnInputReplica;

typedef struct OwnInput {
    double signals[ASIM_SIGNAL_COUNT];
    double idle_s;
    int64_t booting, requests, waiting;
    bool request_at_zero;
    OptionList replicas; /* of OwnInputReplica */
} OwnInput;

extern const Option own_inputs[], own_input_replica_options[];
const char *own_take(const void *input, asim_observation *observation);

/* Other options for a state that lives on, and the limits with them; a state begins with its
 * config. */
void own_configure(void *state, const void *config);

/* What the rows of the table of policies have alike. */
#define OWN_KIND                                                                                   \
    .config_size = sizeof(OwnConfig), .check = own_check, .initial_target = own_initial_target,    \
    .most_target = own_most_target, .measurement = own_measurement, .is_own = true,                \
    .wakes_on_request = true, .inputs = own_inputs, .input_size = sizeof(OwnInput),                \
    .take = own_take, .configure = own_configure

/* What is told of an observation, in order, as numbers and booleans: the keys that a policy sees.
 * Beside them it sees `replicas`. */
typedef struct OwnKey {
    const char *name; /* NULL ends the table */
    bool is_boolean;
    double (*value)(const asim_observation *observation); /* NAN: not known, or not applicable */
} OwnKey;

extern const OwnKey own_keys[];
#define OWN_REPLICAS "replicas"

typedef struct OwnReplicaKey {
    const char *name; /* NULL ends the table */
    double (*value)(const asim_replica *replica, sim_time now);
} OwnReplicaKey;

#define OWN_REPLICA_STATE "state"
extern const OwnReplicaKey own_replica_keys[];

/* What went wrong, if it did. {0}: nothing. */
typedef struct OwnFailure {
    char *found; /* NULL: nothing went wrong; owned */
    const char *file, *expected;
    long line;
} OwnFailure;

/* What the state of all three has. {0} is empty. */
typedef struct OwnMemory {
    const char **words; /* reasons and keys so far: no thread waits for another for them */
    size_t word_count, word_room;
    asim_replica *replicas; /* room for those of observations of others */
    OwnFailure failure;
} OwnMemory;

void own_memory_clear(OwnMemory *memory);
/* The observation as it is shown: lines of others have their replicas in an input. */
asim_observation own_observe(OwnMemory *memory, const asim_observation *observation);

/* What was found by printf's rules; only the first failure counts. expected: static. */
void own_fail(OwnMemory *memory, const char *expected, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As asim_policy.failure. */
bool own_has_failed(const OwnMemory *memory, asim_policy_failure *told);

/* The parts of an answer, and what its terms consist of. */
extern const char *const own_answer_keys[]; /* NULL-terminated */
extern const char *const own_term_keys[];

/* An answer as it was given. Texts are lent. */
typedef struct OwnAnswer {
    double target;
    double recommended; /* NAN: as target */
    const char *reason; /* NULL: none */
    asim_decision_term terms[ASIM_DECISION_TERMS];
    double wanted[ASIM_DECISION_TERMS]; /* of the terms, as they were given */
    int term_count;
} OwnAnswer;

/* The word for as long as the policy lives; NULL after a failure: it is none (NULL, too), or there
 * are too many. */
const char *own_word(const OwnPolicy *self, OwnMemory *memory, const char *word);

/* The answer as a decision, within the limits of the config; or a failure. */
void own_decide(const OwnConfig *config, OwnMemory *memory, const asim_observation *observation,
                const OwnAnswer *answer, asim_decision *decision);
/* A decision that keeps the target, of a policy that failed. */
asim_decision own_keep(const OwnConfig *config, const asim_observation *observation);
/* Brings the target within the config's limits. */
void own_limit(const OwnConfig *config, asim_decision *decision);
/* The reason of one who gives none: up, down, hold. */
const char *own_usual_reason(const asim_observation *observation, const asim_decision *decision);
/* Can it be a number of replicas? */
bool own_is_count(double replicas);

extern const asim_word own_reasons[];

extern const PolicyKind lua_kind, command_kind, module_kind;

/* Loads the script once, as each run will: adds what is wrong with it or with the options, and
 * takes the options that are not written from the script. */
void own_lua_check(OwnPolicy *self, const Error *where, ErrorList *errors);

#endif
