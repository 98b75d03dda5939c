// SPDX-License-Identifier: GPL-3.0-or-later
/* Whoever knows the arrivals to come: what others are measured against, and nothing that can be
 * had. In each of its intervals it needs as many replicas as keep the load targets with the load
 * that the arrivals make in it (sim/foreseen.c); its target is the most that is needed from now
 * until one start ahead.
 *
 * That is the cheapest schedule of targets that has what is needed at every instant. A replica
 * serves at t only if it has been wanted all through [t - start, t] (when fewer are wanted, those
 * that boot are given up first), so whoever has n(t) serving has had a target of n(t) since t -
 * start; the largest of these bounds is the least target there can be at each instant, it is kept
 * by no more than itself, and a bill never falls when a target rises. A dip that is shorter than
 * a start is paid for: nobody can leave it out who has one target. */
#include "policy/policies.h"

#include "base/assertion.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>

#define FORESIGHT_TOLERANCE 1e-9 /* as fireworks has it */
#define FORESIGHT_DEFAULT_LOAD 0.8

/* What cannot be known ahead, how long replicas compute, is not among them. */
static const char *const foresight_load_signals[] = {
    [POLICY_LOAD_MAX] = "max", [POLICY_LOAD_SLOTS] = "slots", [POLICY_LOAD_KV] = "kv", NULL};

#define ROW(member, type, basis) OPTION_ROW(ForesightConfig, member, type, basis)
static const Option foresight_options[] = {
    {ROW(min_replica_count, INTEGER, OURS), .maximum = POLICY_REPLICAS_MOST, .default_text = "0",
     .help = "fewest replicas"},
    {ROW(max_replica_count, INTEGER, OURS), .maximum = POLICY_REPLICAS_MOST,
     .help = "most replicas, by default max(min_replica_count, 1)"},
    {ROW(load_targets, GROUP, OURS), .group = fireworks_load_target_options,
     .help = "load per replica that is kept; with several, the largest replica count wins"},
    {ROW(evaluation_interval, DURATION, OURS), .minimum = 0.1, .maximum = 3600,
     .default_text = "5s", .help = "time between two decisions, and over which load is averaged"},
    {ROW(rate_window, DURATION, OURS), .minimum = 1, .maximum = 3600, .default_text = "60s",
     .help = "span over which requests and tokens per second are taken; a whole number of "
             "evaluation_interval if such a target is kept"},
    {ROW(load_signal, CHOICE, OURS), .default_text = "max", .choices = foresight_load_signals,
     .help = "load of a replica: share of its batch slots, of its KV cache, or the larger of both"},
    OPTION_END,
};
#undef ROW

#define ROW(member, words)                                                                         \
    {                                                                                              \
        OPTION_ROW(ForesightLoad, member, NUMBER, OURS), .maximum = OPTION_NO_LIMIT,               \
                                                         .default_text = "0", .help = words        \
    }
static const Option foresight_load_options[] = {
    {.name = "default",
     .type = OPTION_NUMBER,
     .basis = OPTION_OURS,
     .offset = offsetof(ForesightLoad, default_load),
     .maximum = OPTION_NO_LIMIT,
     .default_text = "0",
     .help = "sum of the loads, 1 = one full replica"},
    ROW(tokens_generated_per_second, "output tokens per second that are asked for"),
    ROW(prompt_tokens_per_second, "prompt tokens per second that are asked for"),
    ROW(requests_per_second, "requests per second that come"),
    ROW(concurrent_requests, "requests held at a time"),
    OPTION_END,
};
#undef ROW

static const Option foresight_inputs[] = {
    {OPTION_ROW(ForesightInput, ahead, LIST, OURS), .group = foresight_load_options,
     .item_size = sizeof(ForesightLoad),
     .help = "the load of each interval from now until one start ahead"},
    OPTION_END,
};

typedef struct ForesightState {
    const ForesightConfig *config;
} ForesightState;

/* A load target, and where its load is. */
typedef struct ForesightKey {
    const char *name;
    double target; /* NAN: not in force */
    size_t offset; /* in ForesightLoad */
} ForesightKey;

enum { FORESIGHT_KEYS = 5 };

static double foresight_integer(int64_t target) {
    return target == OPTION_ABSENT_INTEGER ? NAN : (double)target;
}

static void foresight_list_keys(const FireworksLoadTargets *targets,
                                ForesightKey keys[FORESIGHT_KEYS]) {
    keys[0] =
        (ForesightKey){"default", targets->default_load, offsetof(ForesightLoad, default_load)};
    keys[1] = (ForesightKey){"tokens_generated_per_second",
                             foresight_integer(targets->tokens_generated_per_second),
                             offsetof(ForesightLoad, tokens_generated_per_second)};
    keys[2] = (ForesightKey){"prompt_tokens_per_second",
                             foresight_integer(targets->prompt_tokens_per_second),
                             offsetof(ForesightLoad, prompt_tokens_per_second)};
    keys[3] = (ForesightKey){"requests_per_second", targets->requests_per_second,
                             offsetof(ForesightLoad, requests_per_second)};
    keys[4] = (ForesightKey){"concurrent_requests", targets->concurrent_requests,
                             offsetof(ForesightLoad, concurrent_requests)};
}

/* The largest load of all intervals, and the replicas that keep the target with it. */
static asim_decision_term foresight_weigh(const ForesightKey *key, const ForesightInput *input) {
    asim_decision_term term = {.key = key->name, .target = key->target};
    const ForesightLoad *items = input->ahead.items;
    for (size_t i = 0; i < input->ahead.count; i++) {
        const double load = *(const double *)(const void *)((const char *)&items[i] + key->offset);
        term.measured = fmax(term.measured, load);
    }
    term.wanted =
        policy_count(fmax(0, ceil(term.measured / key->target * (1 - FORESIGHT_TOLERANCE))));
    return term;
}

static void foresight_decide(void *opaque, const asim_observation *observation,
                             asim_decision *decision) {
    const ForesightState *state = opaque;
    const ForesightConfig *config = state->config;
    ForesightKey keys[FORESIGHT_KEYS];
    foresight_list_keys(&config->load_targets, keys);
    *decision = policy_keep(observation, config->min_replica_count, config->max_replica_count);
    for (size_t i = 0; i < FORESIGHT_KEYS; i++) {
        if (!isnan(keys[i].target)) {
            policy_add_term(decision, foresight_weigh(&keys[i], observation->seen));
        }
    }
    asim_assert(decision->winner >= 0);
    decision->recommended = decision->terms[decision->winner].wanted;
    decision->target =
        policy_within(decision->recommended, config->min_replica_count, config->max_replica_count);
    asim_assert(decision->target >= 0);
    decision->limited_by = decision->target < decision->recommended   ? "max_replica_count"
                           : decision->target > decision->recommended ? "min_replica_count"
                                                                      : NULL;
    decision->window_target = decision->target;
    decision->reason = decision->target > observation->target   ? "scale_up"
                       : decision->target < observation->target ? "scale_down"
                                                                : "hold_on_target";
}

static void foresight_configure(void *opaque, const void *config) {
    ForesightState *state = opaque;
    state->config = config;
}

static void foresight_init(void *opaque, const void *config, int initial_target) {
    (void)initial_target;
    foresight_configure(opaque, config);
}

static void foresight_clear(void *opaque) {
    (void)opaque;
}

/* Configuration ---------------------------------------------------------------------------- */

static bool foresight_has_rate(const FireworksLoadTargets *targets) {
    return targets->tokens_generated_per_second != OPTION_ABSENT_INTEGER ||
           targets->prompt_tokens_per_second != OPTION_ABSENT_INTEGER ||
           !isnan(targets->requests_per_second);
}

static int64_t foresight_max_replica_count(const ForesightConfig *config) {
    if (config->max_replica_count != OPTION_ABSENT_INTEGER) {
        return config->max_replica_count;
    }
    return config->min_replica_count > 1 ? config->min_replica_count : 1;
}

static void foresight_resolve(void *opaque) {
    ForesightConfig *config = opaque;
    FireworksLoadTargets *targets = &config->load_targets;
    config->max_replica_count = foresight_max_replica_count(config);
    if (isnan(targets->default_load) && isnan(targets->concurrent_requests) &&
        !foresight_has_rate(targets)) {
        targets->default_load = FORESIGHT_DEFAULT_LOAD;
    }
}

static void foresight_check(const void *opaque, const Error *where, ErrorList *errors) {
    const ForesightConfig *config = opaque;
    const ErrorRule rules[] = {
        {foresight_max_replica_count(config) < config->min_replica_count, "max_replica_count",
         "less than min_replica_count", "at least min_replica_count"},
        {foresight_has_rate(&config->load_targets) &&
             config->rate_window % config->evaluation_interval != 0,
         "rate_window", "no whole number of evaluation_interval",
         "one, for loads are known by the interval"},
    };
    error_add_broken(where, rules, errors);
}

static int foresight_initial_target(const void *config) {
    return (int)((const ForesightConfig *)config)->min_replica_count;
}

static int64_t foresight_most_target(const void *config) {
    return ((const ForesightConfig *)config)->max_replica_count;
}

static const char *foresight_take(const void *input, asim_observation *observation) {
    observation->seen = input;
    return ((const ForesightInput *)input)->ahead.count > 0 ? NULL : "ahead";
}

static PolicyMeasurement foresight_measurement(const void *opaque) {
    const ForesightConfig *config = opaque;
    return (PolicyMeasurement){.evaluation_interval = config->evaluation_interval,
                               .rate_window = config->rate_window,
                               .load_signal = (PolicyLoadSignal)config->load_signal};
}

/* Tables ------------------------------------------------------------------------------------- */

static const asim_word foresight_reasons[] = {
    {"scale_up", "within one start there comes what needs more"},
    {"scale_down", "nothing that comes within one start needs as many"},
    {"hold_on_target", "the target is what the next start's time needs"},
    {NULL, NULL},
};

static const asim_word foresight_terms[] = {
    {"default", "the largest sum of loads ahead, 1 = one full replica"},
    {"tokens_generated_per_second", "most output tokens per second asked for ahead"},
    {"prompt_tokens_per_second", "most prompt tokens per second asked for ahead"},
    {"requests_per_second", "most requests per second ahead"},
    {"concurrent_requests", "most requests held at a time ahead"},
    {NULL, NULL},
};

static const asim_policy foresight_policy = {
    .name = "foresight",
    .state_size = sizeof(ForesightState),
    .init = foresight_init,
    .decide = foresight_decide,
    .clear = foresight_clear,
    .reasons = foresight_reasons,
    .terms = foresight_terms,
};

static const PolicySection foresight_sections[] = {
    {"deployments.NAME.autoscaling.load_targets", fireworks_load_target_options},
    {NULL, NULL},
};

const PolicyKind foresight_kind = {
    .policy = &foresight_policy,
    .source = "ours",
    .options = foresight_options,
    .config_size = sizeof(ForesightConfig),
    .sections = foresight_sections,
    .resolve = foresight_resolve,
    .check = foresight_check,
    .initial_target = foresight_initial_target,
    .most_target = foresight_most_target,
    .measurement = foresight_measurement,
    .foresees = true,
    .inputs = foresight_inputs,
    .input_size = sizeof(ForesightInput),
    .take = foresight_take,
    .configure = foresight_configure,
};
