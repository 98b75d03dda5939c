// SPDX-License-Identifier: GPL-3.0-or-later
/* dstack's autoscaler by requests per second (dstackai/dstack@5192caf2,
 * src/dstack/_internal/server/services/services/autoscalers.py): requests of the last minute,
 * divided by the target; a delay after whatever scaled last; from zero at once; to zero in one
 * step. */
#include "policy/policies.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct DstackConfig {
    int64_t min_replicas, max_replicas;
    double target;
    double scale_up_delay, scale_down_delay;
    sim_time interval;
} DstackConfig;

#define ROW(member, type, basis) OPTION_ROW(DstackConfig, member, type, basis)
static const Option dstack_options[] = {
    {ROW(min_replicas, INTEGER, DOCUMENTED), .maximum = POLICY_REPLICAS_MOST, .default_text = "1",
     .help = "fewest replicas (replicas: MIN..MAX)"},
    {ROW(max_replicas, INTEGER, DOCUMENTED), .maximum = POLICY_REPLICAS_MOST, .default_text = "1",
     .help = "most replicas"},
    {ROW(target, NUMBER, DOCUMENTED), .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .help = "requests per second, per replica, to aim at"},
    {ROW(scale_up_delay, NUMBER, DOCUMENTED), .maximum = OPTION_NO_LIMIT, .default_text = "300",
     .help = "time since whatever scaled last before scaling up, in s"},
    {ROW(scale_down_delay, NUMBER, DOCUMENTED), .maximum = OPTION_NO_LIMIT, .default_text = "600",
     .help = "time since whatever scaled last before scaling down, in s"},
    {ROW(interval, DURATION, ASSUMED), .minimum = 0.1, .maximum = 60, .default_text = "10s",
     .help = "time between two calls of the policy"},
    OPTION_END,
};
#undef ROW

typedef struct DstackInput {
    double requests_60s; /* NAN: there are no statistics */
} DstackInput;

static const Option dstack_inputs[] = {
    {OPTION_ROW(DstackInput, requests_60s, NUMBER, OURS), .maximum = OPTION_NO_LIMIT,
     .help = "requests of the last 60 s; without it there are no statistics"},
    OPTION_END,
};

typedef struct DstackState {
    const DstackConfig *config;
    sim_time last_scaled; /* SIM_TIME_NEVER: never */
} DstackState;

/* Is it too early after the last change? */
static bool dstack_waits(const DstackState *state, const asim_observation *observation, bool up,
                         asim_decision *decision) {
    const double delay_s = up ? state->config->scale_up_delay : state->config->scale_down_delay;
    if (state->last_scaled == SIM_TIME_NEVER || (up && observation->target == 0)) {
        return false;
    }
    const double since_s =
        (double)(observation->time - state->last_scaled) / (double)SIM_TIME_SECOND;
    decision->window = up ? "scale_up_delay" : "scale_down_delay";
    decision->window_since = state->last_scaled;
    decision->window_target = decision->recommended;
    if (delay_s < 1e9) {
        decision->window_until = state->last_scaled + (sim_time)(delay_s * (double)SIM_TIME_SECOND);
    }
    return since_s < delay_s;
}

static void dstack_decide(void *opaque, const asim_observation *observation,
                          asim_decision *decision) {
    DstackState *state = opaque;
    const DstackConfig *config = state->config;
    const double requests = ((const DstackInput *)observation->seen)->requests_60s;
    const int current = observation->target;
    *decision = policy_keep(observation, config->min_replicas, config->max_replicas);
    if (isnan(requests)) {
        decision->reason = "hold_no_statistics";
        return;
    }
    const double rate = requests / 60;
    const int wanted = policy_count(ceil(rate / config->target));
    const int within = policy_within(wanted, config->min_replicas, config->max_replicas);
    policy_add_term(decision,
                    (asim_decision_term){"requests_per_second", rate, config->target, wanted});
    decision->recommended = within;
    decision->limited_by = within < wanted   ? "max_replicas"
                           : within > wanted ? "min_replicas"
                                             : NULL;
    if (within == current) {
        decision->reason = "hold_on_target";
    } else if (dstack_waits(state, observation, within > current, decision)) {
        decision->reason = within > current ? "hold_scale_up_delay" : "hold_scale_down_delay";
    } else {
        decision->target = within;
        decision->reason = within > current ? "scale_up" : "scale_down";
        state->last_scaled = observation->time;
    }
}

static void dstack_configure(void *opaque, const void *config) {
    DstackState *state = opaque;
    state->config = config;
}

static void dstack_init(void *opaque, const void *config, int initial_target) {
    DstackState *state = opaque;
    (void)initial_target;
    state->last_scaled = SIM_TIME_NEVER;
    dstack_configure(state, config);
}

static void dstack_clear(void *opaque) {
    (void)opaque;
}

/* What scaled last, up or down. */
static void dstack_remember(void *opaque, const PolicyPast *past) {
    DstackState *state = opaque;
    const OptionList *const lists[] = {&past->scale_ups, &past->scale_downs};
    state->last_scaled = SIM_TIME_NEVER;
    for (size_t k = 0; k < 2; k++) {
        const PolicyPastItem *items = lists[k]->items;
        for (size_t i = 0; i < lists[k]->count; i++) {
            if (state->last_scaled == SIM_TIME_NEVER || items[i].time > state->last_scaled) {
                state->last_scaled = items[i].time;
            }
        }
    }
}

static void dstack_check(const void *opaque, const Error *where, ErrorList *errors) {
    const DstackConfig *config = opaque;
    const ErrorRule rules[] = {
        {isnan(config->target), "target", "nothing", "requests per second per replica"},
        {config->max_replicas < config->min_replicas, "max_replicas", "less than min_replicas",
         "at least min_replicas"},
    };
    error_add_broken(where, rules, errors);
}

static int dstack_initial_target(const void *config) {
    return (int)((const DstackConfig *)config)->min_replicas;
}

static int64_t dstack_most_target(const void *config) {
    return ((const DstackConfig *)config)->max_replicas;
}

static const char *dstack_take(const void *input, asim_observation *observation) {
    observation->seen = input;
    return NULL;
}

/* In a simulation: how many requests had come at the calls of the last minute. */
typedef struct DstackPipeline {
    uint64_t *counts; /* a ring */
    size_t room, next;
    uint64_t now;
} DstackPipeline;

static void dstack_pipeline_init(void *opaque, const void *config) {
    DstackPipeline *pipeline = opaque;
    const sim_time interval = ((const DstackConfig *)config)->interval;
    pipeline->room = (size_t)((SIM_TIME_MINUTE + interval - 1) / interval);
    pipeline->counts = memory_new(pipeline->room, sizeof *pipeline->counts);
}

static unsigned dstack_due(void *pipeline, sim_time now) {
    (void)pipeline, (void)now;
    return POLICY_DUE_SAMPLE | POLICY_DUE_DECISION;
}

static void dstack_sample(void *opaque, const asim_observation *cluster) {
    ((DstackPipeline *)opaque)->now = cluster->requests;
}

static void dstack_see(void *opaque, const asim_observation *cluster, void *input) {
    DstackPipeline *pipeline = opaque;
    uint64_t *before = &pipeline->counts[pipeline->next];
    (void)cluster;
    ((DstackInput *)input)->requests_60s = (double)(pipeline->now - *before);
    *before = pipeline->now;
    pipeline->next = (pipeline->next + 1) % pipeline->room;
}

static void dstack_pipeline_clear(void *opaque) {
    free(((DstackPipeline *)opaque)->counts);
}

static const PolicyPipeline dstack_pipeline = {
    .size = sizeof(DstackPipeline),
    .init = dstack_pipeline_init,
    .due = dstack_due,
    .sample = dstack_sample,
    .see = dstack_see,
    .clear = dstack_pipeline_clear,
};

static PolicyMeasurement dstack_measurement(const void *config) {
    const DstackConfig *own = config;
    return (PolicyMeasurement){.evaluation_interval = own->interval,
                               .rate_window = SIM_TIME_MINUTE,
                               .load_signal = POLICY_LOAD_MAX};
}

static const asim_word dstack_reasons[] = {
    {"scale_up", "requests per second ask for more"},
    {"scale_down", "requests per second ask for less"},
    {"hold_on_target", "the count is what the requests ask for"},
    {"hold_scale_up_delay", "more are asked for, too early after the last change"},
    {"hold_scale_down_delay", "fewer are asked for, too early after the last change"},
    {"hold_no_statistics", "nothing is known of the requests"},
    {NULL, NULL},
};

static const asim_word dstack_terms[] = {
    {"requests_per_second", "requests of the last 60 s, divided by 60"},
    {NULL, NULL},
};

static const asim_state_row dstack_rows[] = {
    {"last_scaled_s", ASIM_STATE_TIME, offsetof(DstackState, last_scaled), NULL, 0, 0},
    {NULL, ASIM_STATE_INT, 0, NULL, 0, 0},
};

static const asim_policy dstack_policy = {
    .name = "dstack",
    .state_size = sizeof(DstackState),
    .init = dstack_init,
    .decide = dstack_decide,
    .clear = dstack_clear,
    .reasons = dstack_reasons,
    .terms = dstack_terms,
    .rows = dstack_rows,
};

const PolicyKind dstack_kind = {
    .policy = &dstack_policy,
    .source = "dstackai/dstack@5192caf2, services/autoscalers.py",
    .options = dstack_options,
    .config_size = sizeof(DstackConfig),
    .check = dstack_check,
    .initial_target = dstack_initial_target,
    .most_target = dstack_most_target,
    .measurement = dstack_measurement,
    .pipeline = &dstack_pipeline,
    .inputs = dstack_inputs,
    .input_size = sizeof(DstackInput),
    .take = dstack_take,
    .configure = dstack_configure,
    .remember = dstack_remember,
};
