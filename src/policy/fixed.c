// SPDX-License-Identifier: GPL-3.0-or-later
/* No autoscaler: as many replicas as are asked for, whatever happens. What others are measured
 * against. */
#include "policy/policies.h"

typedef struct FixedConfig {
    int64_t replicas;
} FixedConfig;

typedef struct FixedState {
    const FixedConfig *config;
} FixedState;

static const Option fixed_options[] = {
    {OPTION_ROW(FixedConfig, replicas, INTEGER, OURS), .maximum = POLICY_REPLICAS_MOST,
     .default_text = "1", .help = "replicas, always"},
    OPTION_END,
};

static void fixed_configure(void *opaque, const void *config) {
    FixedState *state = opaque;
    state->config = config;
}

static void fixed_init(void *opaque, const void *config, int initial_target) {
    (void)initial_target;
    fixed_configure(opaque, config);
}

static void fixed_decide(void *opaque, const asim_observation *observation,
                         asim_decision *decision) {
    const FixedState *state = opaque;
    const int64_t replicas = state->config->replicas;
    *decision = policy_keep(observation, replicas, replicas);
    decision->target = decision->recommended = decision->window_target = (int)replicas;
    decision->reason = "fixed";
}

static void fixed_clear(void *opaque) {
    (void)opaque;
}

static int fixed_initial_target(const void *config) {
    return (int)((const FixedConfig *)config)->replicas;
}

static int64_t fixed_most_target(const void *config) {
    return ((const FixedConfig *)config)->replicas;
}

static const char *fixed_take(const void *input, asim_observation *observation) {
    (void)input, (void)observation;
    return NULL;
}

static PolicyMeasurement fixed_measurement(const void *config) {
    (void)config;
    return (PolicyMeasurement){.evaluation_interval = SIM_TIME_MINUTE,
                               .rate_window = SIM_TIME_MINUTE,
                               .load_signal = POLICY_LOAD_MAX};
}

static const Option fixed_inputs[] = {OPTION_END};

static const asim_word fixed_reasons[] = {
    {"fixed", "as many replicas as are configured"},
    {NULL, NULL},
};

static const asim_policy fixed_policy = {
    .name = "fixed",
    .state_size = sizeof(FixedState),
    .init = fixed_init,
    .decide = fixed_decide,
    .clear = fixed_clear,
    .reasons = fixed_reasons,
};

const PolicyKind fixed_kind = {
    .policy = &fixed_policy,
    .source = "ours",
    .options = fixed_options,
    .config_size = sizeof(FixedConfig),
    .initial_target = fixed_initial_target,
    .most_target = fixed_most_target,
    .measurement = fixed_measurement,
    .inputs = fixed_inputs,
    .take = fixed_take,
    .configure = fixed_configure,
};
