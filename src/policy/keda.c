// SPDX-License-Identifier: GPL-3.0-or-later
/* KEDA (kedacore/keda@8b4f083c, pkg/scaling/executor/scale_scaledobjects.go, pkg/fallback): at each
 * poll of its triggers it decides between 0 and 1 replica, or the idle count and the minimum; the
 * rest is the work of a horizontal pod autoscaler that it makes, with external metrics of
 * AverageValue and a minimum of at least 1, in a loop of its own (policy/hpa.c).
 *
 * To zero in one step from any count: at the first poll that is later than the cooldown after the
 * last active one. What is active only between two polls is never seen. */
#include "policy/hpa.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Options --------------------------------------------------------------------------------- */

typedef enum KedaFallback {
    KEDA_STATIC,
    KEDA_CURRENT,
    KEDA_CURRENT_IF_HIGHER,
    KEDA_CURRENT_IF_LOWER
} KedaFallback;
static const char *const keda_fallbacks[] = {"static", "currentReplicas", "currentReplicasIfHigher",
                                             "currentReplicasIfLower", NULL};

typedef enum KedaErrorRule { KEDA_HOLD, KEDA_SET } KedaErrorRule;
static const char *const keda_error_rules[] = {"hold", "set", NULL};

typedef enum KedaMetricType { KEDA_AVERAGE_VALUE, KEDA_VALUE } KedaMetricType;
static const char *const keda_metric_types[] = {"AverageValue", "Value", NULL};

typedef struct KedaTrigger {
    char *name;
    int metricType;
    double threshold, activationThreshold;
} KedaTrigger;

typedef struct KedaConfig {
    int64_t pollingInterval, cooldownPeriod, initialCooldownPeriod;
    int64_t minReplicaCount, maxReplicaCount, idleReplicaCount;
    OptionList triggers; /* of KedaTrigger */
    bool has_fallback;
    struct {
        int64_t failureThreshold, replicas;
        int behavior;
    } fallback;
    HpaConfig hpa; /* what KEDA makes of all this */
    int64_t paused_replicas;
    bool paused_scale_in, paused_scale_out, force_activation;
    int error_rule;
} KedaConfig;

#define ROW(config, member, type) OPTION_ROW(config, member, type, DOCUMENTED)
static const Option keda_trigger_options[] = {
    {ROW(KedaTrigger, name, TEXT), .is_name = true, .help = "the trigger's name"},
    {ROW(KedaTrigger, metricType, CHOICE), .choices = keda_metric_types,
     .default_text = "AverageValue", .help = "whether threshold is per replica or of all together"},
    {ROW(KedaTrigger, threshold, NUMBER), .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .help = "what the autoscaler aims at"},
    {ROW(KedaTrigger, activationThreshold, NUMBER), .maximum = OPTION_NO_LIMIT, .default_text = "0",
     .help = "the trigger is active above this"},
    OPTION_END,
};

#define FALLBACK(member) offsetof(KedaConfig, fallback.member) - offsetof(KedaConfig, fallback)
static const Option keda_fallback_options[] = {
    {.name = "failureThreshold",
     .type = OPTION_INTEGER,
     .basis = OPTION_DOCUMENTED,
     .offset = FALLBACK(failureThreshold),
     .maximum = 1e9,
     .default_text = "3",
     .help = "failures in a row after which a trigger falls back"},
    {.name = "replicas",
     .type = OPTION_INTEGER,
     .basis = OPTION_DOCUMENTED,
     .offset = FALLBACK(replicas),
     .maximum = POLICY_REPLICAS_MOST,
     .default_text = "0",
     .help = "replicas that it asks for then"},
    {.name = "behavior",
     .type = OPTION_CHOICE,
     .basis = OPTION_DOCUMENTED,
     .offset = FALLBACK(behavior),
     .choices = keda_fallbacks,
     .default_text = "static",
     .help = "whether that, or the current count (if it is higher, or lower)"},
    OPTION_END,
};

/* The groups lie in one another, at the config's own place. */
static const Option keda_hpa_options[] = {
    {.name = "behavior",
     .type = OPTION_GROUP,
     .basis = OPTION_DOCUMENTED,
     .offset = offsetof(KedaConfig, hpa.behavior),
     .group = hpa_behavior_options,
     .given = offsetof(KedaConfig, hpa.has_behavior),
     .help = "rules of speed and stabilisation, as hpa has them"},
    OPTION_END,
};
static const Option keda_advanced_options[] = {
    {.name = "horizontalPodAutoscalerConfig",
     .type = OPTION_GROUP,
     .basis = OPTION_DOCUMENTED,
     .offset = 0,
     .group = keda_hpa_options,
     .help = "passed on to the autoscaler"},
    OPTION_END,
};

static const Option keda_options[] = {
    {ROW(KedaConfig, pollingInterval, INTEGER), .minimum = 1, .maximum = 86400,
     .default_text = "30", .help = "time between two polls of the triggers, in s"},
    {ROW(KedaConfig, cooldownPeriod, INTEGER), .maximum = 1e9, .default_text = "300",
     .help = "time after the last active poll before going to zero, in s"},
    {ROW(KedaConfig, initialCooldownPeriod, INTEGER), .maximum = 1e9, .default_text = "0",
     .help = "the same for what was never active, from its creation, in s"},
    {ROW(KedaConfig, minReplicaCount, INTEGER), .maximum = POLICY_REPLICAS_MOST,
     .default_text = "0", .help = "fewest replicas"},
    {ROW(KedaConfig, maxReplicaCount, INTEGER), .minimum = 1, .maximum = POLICY_REPLICAS_MOST,
     .default_text = "100", .help = "most replicas"},
    {ROW(KedaConfig, idleReplicaCount, INTEGER), .maximum = POLICY_REPLICAS_MOST,
     .help = "replicas while no trigger is active, in place of minReplicaCount"},
    {ROW(KedaConfig, triggers, LIST), .group = keda_trigger_options,
     .item_size = sizeof(KedaTrigger), .help = "what is polled"},
    {ROW(KedaConfig, fallback, GROUP), .group = keda_fallback_options,
     .given = offsetof(KedaConfig, has_fallback), .help = "what a trigger that fails asks for"},
    {.name = "advanced",
     .type = OPTION_GROUP,
     .basis = OPTION_DOCUMENTED,
     .offset = 0,
     .group = keda_advanced_options,
     .help = "options of the autoscaler that KEDA makes"},
    {ROW(KedaConfig, paused_replicas, INTEGER), .maximum = POLICY_REPLICAS_MOST,
     .help = "autoscaling is paused at so many"},
    {ROW(KedaConfig, paused_scale_in, BOOLEAN), .default_text = "false",
     .help = "scaling in is paused"},
    {ROW(KedaConfig, paused_scale_out, BOOLEAN), .default_text = "false",
     .help = "scaling out is paused"},
    {ROW(KedaConfig, force_activation, BOOLEAN), .default_text = "false",
     .help = "taken for active, whatever the triggers say"},
    {ROW(KedaConfig, error_rule, CHOICE), .choices = keda_error_rules, .default_text = "hold",
     .help =
         "of a poll where all triggers that answer are inactive and one fails, with a fallback: "
         "hold, or set its replicas at once (before 2025)"},
    {.name = "sync_period",
     .type = OPTION_DURATION,
     .basis = OPTION_DOCUMENTED,
     .offset = offsetof(KedaConfig, hpa.sync_period),
     .minimum = 0.1,
     .maximum = 3600,
     .default_text = "15s",
     .help = "time between two passes of the autoscaler"},
    {.name = "downscale_stabilization",
     .type = OPTION_DURATION,
     .basis = OPTION_DOCUMENTED,
     .offset = offsetof(KedaConfig, hpa.downscale_stabilization),
     .maximum = 86400,
     .default_text = "5m",
     .help = "span of recommendations of which the largest counts, likewise"},
    {.name = "tolerance",
     .type = OPTION_NUMBER,
     .basis = OPTION_DOCUMENTED,
     .offset = offsetof(KedaConfig, hpa.tolerance),
     .maximum = OPTION_NO_LIMIT,
     .default_text = "0.1",
     .help = "a ratio so near 1 changes nothing, likewise"},
    OPTION_END,
};
#undef ROW

/* Observations ---------------------------------------------------------------------------- */

typedef struct KedaInput {
    OptionNumbers triggers;
    bool active, has_active; /* in place of the triggers */
    bool error;
    bool polls, syncs;
    double last_active_age_s, age_s;
} KedaInput;

#define ROW(member, type) OPTION_ROW(KedaInput, member, type, OURS)
static const Option keda_inputs[] = {
    {ROW(triggers, NUMBERS), .maximum = OPTION_NO_LIMIT, .may_lack = true,
     .help = "values of the triggers, in their order; those for which there is none (null, or the "
             "array is shorter) have failed"},
    {ROW(active, BOOLEAN), .given = offsetof(KedaInput, has_active),
     .help = "whether a trigger is active, in place of the values: then the "
             "autoscaler has no pass"},
    {ROW(error, BOOLEAN), .default_text = "false", .help = "a trigger has failed"},
    {ROW(polls, BOOLEAN), .default_text = "true", .help = "the triggers are polled now"},
    {ROW(syncs, BOOLEAN), .default_text = "true",
     .help = "the autoscaler has a pass now, unless the poll changes the count"},
    {ROW(last_active_age_s, NUMBER), .maximum = 9e9,
     .help = "how long ago a poll was active last, in place of what is remembered"},
    {ROW(age_s, NUMBER), .maximum = 9e9, .help = "how long ago all this was created, likewise"},
    OPTION_END,
};
#undef ROW

/* State ----------------------------------------------------------------------------------- */

typedef struct KedaState {
    const KedaConfig *config;
    HpaState hpa;
    bool begun;
    sim_time created;
    sim_time last_active; /* SIM_TIME_NEVER: it never was */
    HpaMetric *metrics;   /* for the autoscaler, one a trigger */
    int *failures;        /* in a row, of each */
    size_t trigger_count;
} KedaState;

static sim_time keda_seconds(int64_t seconds) {
    return seconds * SIM_TIME_SECOND;
}

static const KedaTrigger *keda_trigger(const KedaState *state, size_t i) {
    return (const KedaTrigger *)state->config->triggers.items + i;
}

/* Polls ----------------------------------------------------------------------------------- */

static bool keda_has_failed(const KedaInput *input, size_t trigger) {
    return trigger >= input->triggers.count || isnan(input->triggers.values[trigger]);
}

typedef struct KedaPoll {
    bool active, error;
} KedaPoll;

static KedaPoll keda_poll(KedaState *state, const KedaInput *input) {
    KedaPoll poll = {(input->has_active && input->active) || state->config->force_activation,
                     input->error};
    for (size_t i = 0; i < state->trigger_count && !input->has_active; i++) {
        const KedaTrigger *trigger = keda_trigger(state, i);
        if (keda_has_failed(input, i)) {
            poll.error = true;
            state->failures[i]++;
            continue;
        }
        const double value = input->triggers.values[i];
        state->failures[i] = 0;
        poll.active = poll.active || value > trigger->activationThreshold;
    }
    return poll;
}

static bool keda_has_idle(const KedaConfig *config) {
    return config->idleReplicaCount != OPTION_ABSENT_INTEGER;
}

static void keda_set(asim_decision *decision, int64_t replicas, const char *reason) {
    decision->target = decision->recommended = (int)replicas;
    decision->reason = reason;
}

static void keda_be_active(KedaState *state, sim_time now, int current, bool error,
                           asim_decision *decision) {
    const KedaConfig *config = state->config;
    const int64_t least = config->minReplicaCount > 1 ? config->minReplicaCount : 1;
    if (current == 0 || (keda_has_idle(config) && current < config->minReplicaCount)) {
        keda_set(decision, least, "activated");
        state->last_active = now;
    } else if (error) {
        decision->reason = "hold_trigger_error";
    } else {
        decision->reason = "hold_active";
        state->last_active = now;
    }
}

static bool keda_has_cooled(const KedaState *state, sim_time now) {
    const KedaConfig *config = state->config;
    if (state->last_active == SIM_TIME_NEVER) {
        return config->initialCooldownPeriod == 0 ||
               state->created + keda_seconds(config->initialCooldownPeriod) < now;
    }
    return state->last_active + keda_seconds(config->cooldownPeriod) < now;
}

static void keda_cool(const KedaState *state, sim_time now, asim_decision *decision) {
    const KedaConfig *config = state->config;
    const bool was_active = state->last_active != SIM_TIME_NEVER;
    decision->window = was_active ? "cooldownPeriod" : "initialCooldownPeriod";
    decision->window_since = was_active ? state->last_active : state->created;
    decision->window_until =
        decision->window_since +
        keda_seconds(was_active ? config->cooldownPeriod : config->initialCooldownPeriod);
    decision->window_target =
        (int)(keda_has_idle(config) ? config->idleReplicaCount : config->minReplicaCount);
    if (keda_has_cooled(state, now)) {
        keda_set(decision, decision->window_target, "deactivated");
    } else {
        decision->reason = "hold_cooldown";
    }
}

static void keda_be_inactive(KedaState *state, sim_time now, int current, bool error,
                             asim_decision *decision) {
    const KedaConfig *config = state->config;
    if (error && config->has_fallback && config->fallback.replicas != 0 &&
        config->error_rule == KEDA_SET) {
        keda_set(decision,
                 config->fallback.behavior == KEDA_CURRENT ? current : config->fallback.replicas,
                 "fallback");
    } else if (error && (!config->has_fallback || config->fallback.replicas != 0)) {
        decision->reason = "hold_trigger_error";
    } else if ((keda_has_idle(config) && current > config->idleReplicaCount) ||
               (current > 0 && config->minReplicaCount == 0)) {
        keda_cool(state, now, decision);
    } else if (!keda_has_idle(config) && current < config->minReplicaCount) {
        keda_set(decision, config->minReplicaCount, "below_min");
    } else {
        decision->reason = current == 0 ? "hold_at_zero" : "hold_inactive";
    }
}

/* The autoscaler -------------------------------------------------------------------------- */

/* What a trigger that has failed too often stands for: so many replicas. */
static double keda_fallback_count(const KedaConfig *config, int current) {
    const double fixed = (double)config->fallback.replicas, now = (double)current;
    switch ((KedaFallback)config->fallback.behavior) {
    case KEDA_STATIC: break;
    case KEDA_CURRENT: return now;
    case KEDA_CURRENT_IF_HIGHER: return fmax(now, fixed);
    case KEDA_CURRENT_IF_LOWER: return fmin(now, fixed);
    }
    return fixed;
}

/* What a trigger that has failed is taken to measure, in whole thousandths: the count's worth, of
 * all replicas or (Value) of those that are ready. NAN: it stays an error. */
static double keda_fallback_value(const KedaState *state, size_t i,
                                  const asim_observation *observation) {
    const KedaConfig *config = state->config;
    const KedaTrigger *trigger = keda_trigger(state, i);
    double count = keda_fallback_count(config, observation->target);
    if (!config->has_fallback || state->failures[i] <= config->fallback.failureThreshold) {
        return NAN;
    }
    if (trigger->metricType == KEDA_VALUE) {
        count = observation->serving > 0 ? count / (double)observation->serving : NAN;
    }
    return trunc(trigger->threshold * 1000 * count) / 1000;
}

static HpaMetric keda_metric(const KedaState *state, const KedaInput *input, size_t i,
                             const asim_observation *observation) {
    const KedaTrigger *trigger = keda_trigger(state, i);
    const bool average = trigger->metricType == KEDA_AVERAGE_VALUE;
    HpaMetric metric = {.type = HPA_EXTERNAL,
                        .target_type = average ? HPA_AVERAGE_VALUE : HPA_VALUE,
                        .target = hpa_target(trigger->threshold),
                        .value = NAN};
    metric.value = keda_has_failed(input, i) ? keda_fallback_value(state, i, observation)
                                             : input->triggers.values[i];
    metric.error = isnan(metric.value);
    return metric;
}

static void keda_sync(KedaState *state, const asim_observation *observation, const KedaInput *input,
                      asim_decision *decision) {
    const int current = observation->target;
    for (size_t i = 0; i < state->trigger_count; i++) {
        state->metrics[i] = keda_metric(state, input, i, observation);
    }
    const OptionList metrics = {state->metrics, state->trigger_count};
    hpa_sync(&state->hpa, observation->time, current, observation->serving, &metrics, decision);
    for (int i = 0; i < decision->term_count; i++) {
        const char *name =
            (size_t)i < state->trigger_count ? keda_trigger(state, (size_t)i)->name : NULL;
        decision->terms[i].key = name != NULL ? name : "trigger";
    }
}

/* The policy ------------------------------------------------------------------------------ */

static void keda_pause(const KedaConfig *config, int current, asim_decision *decision) {
    const bool in = decision->target<current, out = decision->target> current;
    if ((in && config->paused_scale_in) || (out && config->paused_scale_out)) {
        decision->limited_by = in ? "paused_scale_in" : "paused_scale_out";
        decision->reason = "hold_paused";
        decision->target = current;
    }
}

static void keda_begin(KedaState *state, const KedaInput *input, sim_time now) {
    if (!state->begun) {
        state->begun = true;
        state->created = now;
    }
    if (!isnan(input->age_s)) {
        state->created = now - (sim_time)(input->age_s * (double)SIM_TIME_SECOND);
    }
    if (!isnan(input->last_active_age_s)) {
        state->last_active = now - (sim_time)(input->last_active_age_s * (double)SIM_TIME_SECOND);
    }
}

static void keda_decide(void *opaque, const asim_observation *observation,
                        asim_decision *decision) {
    KedaState *state = opaque;
    const KedaConfig *config = state->config;
    const KedaInput *input = observation->seen;
    const int current = observation->target;
    *decision = policy_keep(observation, config->minReplicaCount, config->maxReplicaCount);
    keda_begin(state, input, observation->time);
    if (config->paused_replicas != OPTION_ABSENT_INTEGER) {
        keda_set(decision, config->paused_replicas, "paused");
        return;
    }
    decision->reason = "hold_between_polls";
    if (input->polls) {
        const KedaPoll poll = keda_poll(state, input);
        (poll.active ? keda_be_active : keda_be_inactive)(state, observation->time, current,
                                                          poll.error, decision);
        keda_pause(config, current, decision);
    }
    if (input->syncs && decision->target == current && current > 0 && state->trigger_count > 0 &&
        !input->has_active) {
        keda_sync(state, observation, input, decision);
        keda_pause(config, current, decision);
    }
}

static void keda_configure(void *opaque, const void *config) {
    KedaState *state = opaque;
    state->config = config;
    state->hpa.config = &state->config->hpa;
    state->trigger_count = state->config->triggers.count;
    free(state->metrics);
    free(state->failures);
    state->metrics = memory_new(state->trigger_count, sizeof *state->metrics);
    state->failures = memory_new(state->trigger_count, sizeof *state->failures);
}

static void keda_init(void *opaque, const void *config, int initial_target) {
    KedaState *state = opaque;
    (void)initial_target;
    *state = (KedaState){.last_active = SIM_TIME_NEVER};
    keda_configure(state, config);
}

static void keda_clear(void *opaque) {
    KedaState *state = opaque;
    hpa_forget(&state->hpa);
    free(state->metrics);
    free(state->failures);
}

static void keda_remember(void *opaque, const PolicyPast *past) {
    hpa_recall(&((KedaState *)opaque)->hpa, past);
}

static void keda_resolve(void *opaque) {
    KedaConfig *config = opaque;
    config->hpa.minReplicas = config->minReplicaCount > 1 ? config->minReplicaCount : 1;
    config->hpa.maxReplicas = config->maxReplicaCount;
    hpa_resolve(&config->hpa);
}

static void keda_check(const void *opaque, const Error *where, ErrorList *errors) {
    const KedaConfig *config = opaque;
    const KedaTrigger *triggers = config->triggers.items;
    bool lacks_threshold = false;
    for (size_t i = 0; i < config->triggers.count; i++) {
        lacks_threshold = lacks_threshold || isnan(triggers[i].threshold);
    }
    const ErrorRule rules[] = {
        {config->maxReplicaCount < config->minReplicaCount, "maxReplicaCount",
         "less than minReplicaCount", "at least minReplicaCount"},
        {keda_has_idle(config) && config->idleReplicaCount >= config->minReplicaCount,
         "idleReplicaCount", "not less than minReplicaCount", "less than minReplicaCount"},
        {lacks_threshold, "triggers", "a trigger without threshold", "a threshold for each"},
    };
    error_add_broken(where, rules, errors);
}

static int keda_initial_target(const void *opaque) {
    const KedaConfig *config = opaque;
    return (int)config->minReplicaCount;
}

static int64_t keda_most_target(const void *opaque) {
    return ((const KedaConfig *)opaque)->maxReplicaCount;
}

static const char *keda_take(const void *opaque, asim_observation *observation) {
    const KedaInput *input = opaque;
    observation->seen = input;
    return NULL;
}

/* In a simulation ------------------------------------------------------------------------- */

/* Triggers are called like what they measure; polls and passes have beats of their own. */
typedef struct KedaPipeline {
    const KedaConfig *config;
    double *values;
} KedaPipeline;

static void keda_pipeline_init(void *opaque, const void *config) {
    KedaPipeline *pipeline = opaque;
    pipeline->config = config;
    pipeline->values = memory_new(pipeline->config->triggers.count, sizeof *pipeline->values);
}

static bool keda_polls(const KedaConfig *config, sim_time now) {
    return now % keda_seconds(config->pollingInterval) == 0;
}

static bool keda_syncs(const KedaConfig *config, sim_time now) {
    return now % config->hpa.sync_period == 0;
}

static unsigned keda_due(void *opaque, sim_time now) {
    const KedaConfig *config = ((const KedaPipeline *)opaque)->config;
    return keda_polls(config, now) || keda_syncs(config, now)
               ? POLICY_DUE_SAMPLE | POLICY_DUE_DECISION
               : POLICY_DUE_NOTHING;
}

static void keda_sample(void *opaque, const asim_observation *cluster) {
    KedaPipeline *pipeline = opaque;
    const KedaTrigger *triggers = pipeline->config->triggers.items;
    for (size_t i = 0; i < pipeline->config->triggers.count; i++) {
        pipeline->values[i] =
            policy_signal_total((PolicySignal)policy_signal_find(triggers[i].name), cluster);
    }
}

static void keda_see(void *opaque, const asim_observation *cluster, void *opaque_input) {
    const KedaPipeline *pipeline = opaque;
    KedaInput *input = opaque_input;
    input->triggers = (OptionNumbers){pipeline->values, pipeline->config->triggers.count};
    input->polls = keda_polls(pipeline->config, cluster->time);
    input->syncs = keda_syncs(pipeline->config, cluster->time);
}

static void keda_pipeline_clear(void *opaque) {
    free(((KedaPipeline *)opaque)->values);
}

static const PolicyPipeline keda_pipeline = {
    .size = sizeof(KedaPipeline),
    .init = keda_pipeline_init,
    .due = keda_due,
    .sample = keda_sample,
    .see = keda_see,
    .clear = keda_pipeline_clear,
};

static sim_time keda_beat(sim_time a, sim_time b) {
    while (b != 0) {
        const sim_time rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void keda_check_simulated(const void *opaque, const Error *where, ErrorList *errors) {
    const KedaConfig *config = opaque;
    const KedaTrigger *triggers = config->triggers.items;
    bool is_unknown = false;
    for (size_t i = 0; i < config->triggers.count; i++) {
        is_unknown = is_unknown || policy_signal_find(triggers[i].name) < 0;
    }
    const ErrorRule rules[] = {
        {config->triggers.count == 0, "triggers", "nothing",
         "what to scale by, such as [{\"name\": \"requests\", \"threshold\": 8}]"},
        {is_unknown, "triggers", "a name that is not measured",
         "requests, running_requests, queued_requests, kv_cache_usage or busy"},
    };
    error_add_broken(where, rules, errors);
}

static PolicyMeasurement keda_measurement(const void *config) {
    const KedaConfig *own = config;
    return (PolicyMeasurement){
        .evaluation_interval = keda_beat(keda_seconds(own->pollingInterval), own->hpa.sync_period),
        .rate_window = SIM_TIME_MINUTE,
        .load_signal = POLICY_LOAD_MAX};
}

/* Tables ---------------------------------------------------------------------------------- */

static const asim_word keda_reasons[] = {
    {"activated", "a trigger is active: from zero, or from the idle count, to the minimum"},
    {"deactivated", "no trigger was active for the cooldown: to zero, or the idle count, at once"},
    {"below_min", "the count was below minReplicaCount"},
    {"fallback", "a trigger has failed, and none is active"},
    {"paused", "autoscaling is paused"},
    {"hold_paused", "scaling in this direction is paused"},
    {"hold_cooldown", "no trigger is active, the cooldown is not over"},
    {"hold_trigger_error", "a trigger has failed"},
    {"hold_active", "a trigger is active: the autoscaler does the rest"},
    {"hold_inactive", "no trigger is active, and there is nothing to take away"},
    {"hold_at_zero", "no trigger is active"},
    {"hold_between_polls", "neither a poll nor a pass of the autoscaler is due"},
    {"scale_up", "the largest of the triggers asks for more"},
    {"scale_down", "all triggers ask for less"},
    {"hold_on_target", "the count is what the triggers ask for, within the tolerance"},
    {"hold_stabilized", "recent recommendations keep the count"},
    {"hold_limited", "the rules of speed, or min and max, keep the count"},
    {"hold_metrics_failed", "no trigger answers, or not all, and those that do ask for less"},
    {"above_max", "the count was above maxReplicaCount"},
    {"disabled_at_zero", "the autoscaler leaves a count of 0 alone"},
    {NULL, NULL},
};

static const asim_word keda_terms[] = {
    {"trigger", "value of a trigger, per replica or (Value) of all together"},
    {NULL, NULL},
};

static const asim_state_row keda_record_rows[] = {
    {"time_s", ASIM_STATE_TIME, offsetof(HpaRecord, time), NULL, 0, 0},
    {"replicas", ASIM_STATE_INT, offsetof(HpaRecord, replicas), NULL, 0, 0},
    {NULL, ASIM_STATE_INT, 0, NULL, 0, 0},
};
#define LOG(member)                                                                                \
    {                                                                                              \
#member, ASIM_STATE_LIST, offsetof(KedaState, hpa.member.items), keda_record_rows,         \
            sizeof(HpaRecord), offsetof(KedaState, hpa.member.count)                               \
    }
static const asim_state_row keda_rows[] = {
    {"created_s", ASIM_STATE_TIME, offsetof(KedaState, created), NULL, 0, 0},
    {"last_active_s", ASIM_STATE_TIME, offsetof(KedaState, last_active), NULL, 0, 0},
    LOG(recommendations),
    LOG(scale_ups),
    LOG(scale_downs),
    {NULL, ASIM_STATE_INT, 0, NULL, 0, 0},
};

static const asim_policy keda_policy = {
    .name = "keda",
    .state_size = sizeof(KedaState),
    .init = keda_init,
    .decide = keda_decide,
    .clear = keda_clear,
    .reasons = keda_reasons,
    .terms = keda_terms,
    .rows = keda_rows,
};

const PolicyKind keda_kind = {
    .policy = &keda_policy,
    .source = "kedacore/keda@8b4f083c, pkg/scaling/executor and pkg/fallback",
    .options = keda_options,
    .config_size = sizeof(KedaConfig),
    .resolve = keda_resolve,
    .check = keda_check,
    .initial_target = keda_initial_target,
    .most_target = keda_most_target,
    .measurement = keda_measurement,
    .check_simulated = keda_check_simulated,
    .pipeline = &keda_pipeline,
    .holds_at_zero = true,
    .inputs = keda_inputs,
    .input_size = sizeof(KedaInput),
    .take = keda_take,
    .configure = keda_configure,
    .remember = keda_remember,
};
