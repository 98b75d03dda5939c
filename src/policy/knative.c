// SPDX-License-Identifier: GPL-3.0-or-later
/* Knative's pod autoscaler (knative/serving@98e5ef90: pkg/autoscaler/scaling, aggregation, and
 * pkg/reconciler/autoscaling/kpa), in its order of floating-point operations.
 *
 * Two averages of one metric, over the stable and over the panic window -> pods wanted by each, not
 * faster than the rates allow -> panic: while the panic window asks for twice what is ready, and
 * for a stable window after that, the count only rises -> the largest of the delay window -> [min,
 * max]
 * -> zero, by a machine of its own: a revision is active, then inactive, and goes when the
 * activator has stood before it for the grace period, so that no request is lost.
 *
 * Excess burst capacity below 0 keeps the activator in the path. It is taken to be there as soon as
 * that is decided, unless an observation says what a probe of it found. */
#include "policy/policies.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Options --------------------------------------------------------------------------------- */

typedef enum KnativeMetric { KNATIVE_CONCURRENCY, KNATIVE_RPS } KnativeMetric;
static const char *const knative_metrics[] = {"concurrency", "rps", NULL};

typedef enum KnativeAverage { KNATIVE_LINEAR, KNATIVE_WEIGHTED } KnativeAverage;
static const char *const knative_averages[] = {"linear", "weightedExponential", NULL};

typedef struct KnativeConfig {
    int metric;
    double target;                /* NAN: not annotated */
    double container_concurrency; /* 0: no limit */
    double concurrency_default, rps_default;
    double utilization_percentage, concurrency_percentage; /* the first NAN: not annotated */
    double target_burst_capacity, activator_capacity;
    sim_time stable_window;
    double panic_window_percentage, panic_threshold_percentage;
    double max_scale_up_rate, max_scale_down_rate;
    int64_t min_scale, max_scale, initial_scale, activation_scale;
    sim_time scale_down_delay;
    bool enable_scale_to_zero;
    sim_time grace_period, retention_period, progress_deadline;
    int aggregation;
    sim_time tick_interval;
} KnativeConfig;

#define ROW(key, member, type_)                                                                    \
    .name = key, .type = OPTION_##type_, .basis = OPTION_DOCUMENTED,                               \
    .offset = offsetof(KnativeConfig, member)
#define NUMBER_ABOVE_0 .maximum = OPTION_NO_LIMIT, .above_minimum = true
static const Option knative_options[] = {
    {ROW("metric", metric, CHOICE), .choices = knative_metrics, .default_text = "concurrency",
     .help = "what pods are counted by: requests at a time, or per second"},
    {ROW("target", target, NUMBER), NUMBER_ABOVE_0,
     .help =
         "of the metric, per pod, before utilisation; by default containerConcurrency, else the "
         "target default"},
    {ROW("containerConcurrency", container_concurrency, NUMBER), .maximum = OPTION_NO_LIMIT,
     .default_text = "0", .help = "requests at a time that a pod is given at most; 0: no limit"},
    {ROW("container-concurrency-target-default", concurrency_default, NUMBER), NUMBER_ABOVE_0,
     .default_text = "100", .help = "target of concurrency where nothing else says one"},
    {ROW("requests-per-second-target-default", rps_default, NUMBER), NUMBER_ABOVE_0,
     .default_text = "200", .help = "target of rps where nothing else says one"},
    {ROW("target-utilization-percentage", utilization_percentage, NUMBER), .maximum = 100,
     .above_minimum = true,
     .help = "of the target that is aimed at; up to 1 it is a share; by default "
             "container-concurrency-target-percentage of concurrency, and 70 of rps"},
    {ROW("container-concurrency-target-percentage", concurrency_percentage, NUMBER), .maximum = 100,
     .above_minimum = true, .default_text = "70",
     .help = "the same for all revisions, of concurrency"},
    {ROW("target-burst-capacity", target_burst_capacity, NUMBER), .minimum = -1,
     .maximum = OPTION_NO_LIMIT, .default_text = "211",
     .help = "a burst that is to be borne without the activator; 0: it stands before pods at zero "
             "only; -1: always"},
    {ROW("activator-capacity", activator_capacity, NUMBER), .minimum = 1,
     .maximum = OPTION_NO_LIMIT, .default_text = "100",
     .help = "requests at a time that one activator bears"},
    {ROW("stable-window", stable_window, DURATION), .minimum = 6, .maximum = 3600,
     .default_text = "60s", .help = "span of the average that counts when nothing is amiss"},
    {ROW("panic-window-percentage", panic_window_percentage, NUMBER), .minimum = 1, .maximum = 100,
     .default_text = "10", .help = "of the stable window, for the average that can start a panic"},
    {ROW("panic-threshold-percentage", panic_threshold_percentage, NUMBER), .minimum = 110,
     .maximum = OPTION_NO_LIMIT, .default_text = "200",
     .help = "of the pods that are ready: from so many wanted on it is a panic; Knative's own "
             "settings go up to 1000"},
    {ROW("max-scale-up-rate", max_scale_up_rate, NUMBER), .minimum = 1, .above_minimum = true,
     .maximum = OPTION_NO_LIMIT, .default_text = "1000",
     .help = "of the pods that are ready: so many at most at a tick"},
    {ROW("max-scale-down-rate", max_scale_down_rate, NUMBER), .minimum = 1, .above_minimum = true,
     .maximum = OPTION_NO_LIMIT, .default_text = "2",
     .help = "the pods that are ready, divided by it: so many at least at a tick"},
    {ROW("min-scale", min_scale, INTEGER), .maximum = POLICY_REPLICAS_MOST, .default_text = "0",
     .help = "fewest pods"},
    {ROW("max-scale", max_scale, INTEGER), .maximum = POLICY_REPLICAS_MOST, .default_text = "0",
     .help = "most pods; 0: no limit"},
    {ROW("initial-scale", initial_scale, INTEGER), .maximum = POLICY_REPLICAS_MOST,
     .default_text = "1", .help = "pods that a new revision must have had once"},
    {ROW("activation-scale", activation_scale, INTEGER), .minimum = 1,
     .maximum = POLICY_REPLICAS_MOST, .default_text = "1",
     .help = "fewest pods when there are any"},
    {ROW("scale-down-delay", scale_down_delay, DURATION), .maximum = 3600, .default_text = "0s",
     .help = "span of which the largest count is kept"},
    {ROW("enable-scale-to-zero", enable_scale_to_zero, BOOLEAN), .default_text = "true",
     .help = "false: one pod stays"},
    {ROW("scale-to-zero-grace-period", grace_period, DURATION), .minimum = 6,
     .maximum = OPTION_NO_LIMIT, .default_text = "30s",
     .help = "how long the activator must have stood before a revision that goes to zero"},
    {ROW("scale-to-zero-pod-retention-period", retention_period, DURATION),
     .maximum = OPTION_NO_LIMIT, .default_text = "0s",
     .help = "how long the last pod stays at least"},
    {ROW("progress-deadline", progress_deadline, DURATION), .minimum = 1,
     .maximum = OPTION_NO_LIMIT, .default_text = "10m",
     .help = "a revision that is not ready so long, and 30 s, has failed"},
    {ROW("metric-aggregation-algorithm", aggregation, CHOICE), .choices = knative_averages,
     .default_text = "linear", .help = "how the seconds of a window are averaged"},
    {ROW("tick-interval", tick_interval, DURATION), .minimum = 0.1, .maximum = 3600,
     .default_text = "2s", .help = "time between two calls of the policy"},
    OPTION_END,
};
#undef ROW

/* Observations ---------------------------------------------------------------------------- */

typedef enum KnativeCondition {
    KNATIVE_ACTIVATING,
    KNATIVE_ACTIVE,
    KNATIVE_INACTIVE
} KnativeCondition;
static const char *const knative_conditions[] = {"activating", "active", "inactive", NULL};

typedef struct KnativeInput {
    double stable, panic; /* NAN: there are no data */
    double value;
    int64_t wanted; /* in place of all averages */
    bool reachable;
    int64_t created_ready;
    int condition;
    double condition_for_s, proxied_for_s;
    bool activator_probe, has_probe;
} KnativeInput;

#define ROW(member, type) OPTION_ROW(KnativeInput, member, type, OURS)
static const Option knative_inputs[] = {
    {ROW(stable, NUMBER), .maximum = OPTION_NO_LIMIT,
     .help = "average of the metric, of all pods, over the stable window"},
    {ROW(panic, NUMBER), .maximum = OPTION_NO_LIMIT, .help = "the same over the panic window"},
    {ROW(value, NUMBER), .maximum = OPTION_NO_LIMIT,
     .help = "in their place: the metric as it was scraped in this second, which the policy "
             "averages; not there on a line after that: nothing was scraped"},
    {ROW(wanted, INTEGER), .minimum = -1, .maximum = INT32_MAX,
     .help = "in place of all averages: what the autoscaler wants, -1 for what it does not know"},
    {ROW(reachable, BOOLEAN), .default_text = "true",
     .help = "false: no route leads to the revision"},
    {ROW(created_ready, INTEGER), .maximum = 1e6,
     .help = "of a new state: pods that were ready when the autoscaler was created; more than one "
             "begin a panic"},
    {ROW(condition, CHOICE), .choices = knative_conditions,
     .help = "of the revision, in place of what the policy remembers"},
    {ROW(condition_for_s, NUMBER), .maximum = 9e9, .help = "how long it has been that"},
    {ROW(proxied_for_s, NUMBER), .maximum = 9e9,
     .help = "how long the activator has stood before it, likewise"},
    {ROW(activator_probe, BOOLEAN), .given = offsetof(KnativeInput, has_probe),
     .help = "whether a probe found the activator before it"},
    OPTION_END,
};
#undef ROW

/* Averages -------------------------------------------------------------------------------- */

#define KNATIVE_BUCKET SIM_TIME_SECOND
#define KNATIVE_LEAST_DECAY 0.2
#define KNATIVE_WEIGHT_SUM 0.9999

/* A ring of seconds, each the sum of what was recorded in it. */
typedef struct KnativeWindow {
    double *buckets;
    int64_t count;
    int64_t first, last; /* seconds of the first and the last record; INT64_MIN: none */
    double total;
    double decay; /* weight of the newest second, of the weighted average */
} KnativeWindow;

static void knative_window_init(KnativeWindow *window, sim_time span) {
    const int64_t count = (span + KNATIVE_BUCKET - 1) / KNATIVE_BUCKET;
    const double decay = 1 - pow(1 - KNATIVE_WEIGHT_SUM, 1 / (double)count);
    *window = (KnativeWindow){.buckets = memory_new((size_t)count, sizeof(double)),
                              .count = count,
                              .first = INT64_MIN,
                              .last = INT64_MIN,
                              .decay = decay > KNATIVE_LEAST_DECAY ? decay : KNATIVE_LEAST_DECAY};
}

static double *knative_bucket(const KnativeWindow *window, int64_t second) {
    return &window->buckets[second % window->count];
}

/* Empties what fell out of the window up to now: all of it after a silence as long as the window,
 * which begins it anew. */
static void knative_window_advance(KnativeWindow *window, int64_t second) {
    if (window->last == INT64_MIN || second - window->last >= window->count) {
        memset(window->buckets, 0, (size_t)window->count * sizeof(double));
        window->total = 0;
        window->first = second;
    } else {
        for (int64_t s = window->last + 1; s <= second; s++) {
            window->total -= *knative_bucket(window, s);
            *knative_bucket(window, s) = 0;
        }
    }
    window->last = second;
}

/* What comes late belongs to its own second, while that is in the window. */
static void knative_window_record(KnativeWindow *window, sim_time now, double value) {
    const int64_t second = now / KNATIVE_BUCKET;
    if (window->last == INT64_MIN || second > window->last) {
        knative_window_advance(window, second);
    } else if (window->last - second >= window->count) {
        return;
    }
    window->first = second < window->first ? second : window->first;
    *knative_bucket(window, second) += value;
    window->total += value;
}

static double knative_weighted(const KnativeWindow *window, int64_t silent) {
    double weight = window->decay, sum = 0;
    if (silent > 0) {
        weight *= pow(1 - window->decay, (double)silent);
    }
    for (int64_t i = 0; i < window->count - silent; i++) {
        const int64_t second = window->last - i;
        sum += second >= 0 ? *knative_bucket(window, second) * weight : 0;
        weight *= 1 - window->decay;
    }
    return sum;
}

static double knative_linear(const KnativeWindow *window, int64_t silent) {
    double sum = window->total;
    for (int64_t s = window->last + 1; s <= window->last + silent; s++) {
        sum -= *knative_bucket(window, s);
    }
    const int64_t seen = window->last - window->first + 1, there = window->count - silent;
    return round(sum / (double)(seen < there ? seen : there) * 1e6) / 1e6;
}

/* NAN: nothing was ever recorded. */
static double knative_window_average(const KnativeWindow *window, sim_time now, int aggregation) {
    if (window->last == INT64_MIN) {
        return NAN;
    }
    const int64_t since = now / KNATIVE_BUCKET - window->last, silent = since > 0 ? since : 0;
    if (silent >= window->count) {
        return 0;
    }
    return aggregation == KNATIVE_WEIGHTED ? knative_weighted(window, silent)
                                           : knative_linear(window, silent);
}

/* Both of a metric. */
typedef struct KnativeWindows {
    KnativeWindow stable, panic;
} KnativeWindows;

static void knative_windows_init(KnativeWindows *windows, const KnativeConfig *config) {
    const double panic_s = round((double)config->stable_window / (double)SIM_TIME_SECOND *
                                 config->panic_window_percentage / 100);
    knative_window_init(&windows->stable, config->stable_window);
    knative_window_init(&windows->panic, (sim_time)(panic_s > 1 ? panic_s : 1) * SIM_TIME_SECOND);
}

static void knative_windows_record(KnativeWindows *windows, sim_time now, double value) {
    knative_window_record(&windows->stable, now, value);
    knative_window_record(&windows->panic, now, value);
}

static void knative_windows_clear(KnativeWindows *windows) {
    free(windows->stable.buckets);
    free(windows->panic.buckets);
}

/* What of the old window is in the new one too. All seconds of another span count as seen, as if
 * the old one had been full. */
static void knative_window_take(KnativeWindow *window, const KnativeWindow *old, sim_time now) {
    const bool is_same = window->count == old->count;
    if (old->last == INT64_MIN || now / KNATIVE_BUCKET - old->last > old->count) {
        return;
    }
    const int64_t kept = window->count < old->count ? window->count : old->count;
    for (int64_t s = old->last; s >= 0 && s > old->last - kept; s--) {
        *knative_bucket(window, s) = *knative_bucket(old, s);
        window->total += *knative_bucket(old, s);
    }
    window->total = is_same ? old->total : window->total;
    window->first = is_same ? old->first : old->last - old->count + 1;
    window->last = old->last;
}

static void knative_windows_resize(KnativeWindows *windows, const KnativeConfig *config,
                                   sim_time now) {
    KnativeWindows old = *windows;
    knative_windows_init(windows, config);
    knative_window_take(&windows->stable, &old.stable, now);
    knative_window_take(&windows->panic, &old.panic, now);
    knative_windows_clear(&old);
}

/* State ----------------------------------------------------------------------------------- */

/* What was wanted in a slot of two seconds. */
typedef struct KnativeSlot {
    int64_t index;
    int wanted;
} KnativeSlot;

#define KNATIVE_SLOT (2 * SIM_TIME_SECOND)

typedef struct KnativeState {
    const KnativeConfig *config;
    bool begun;           /* an observation has been seen */
    sim_time panic_since; /* SIM_TIME_NEVER: no panic */
    int panic_most;
    KnativeSlot *slots; /* of the delay: falling, the newest last */
    size_t slot_count, slot_room;
    KnativeWindows windows; /* of what observations gave raw */
    bool has_windows, is_reconfigured;
    bool initialized; /* initial-scale has been reached */
    KnativeCondition condition;
    const char *condition_word;
    sim_time condition_since;
    bool is_proxied; /* the activator is in the path */
    sim_time proxied_since;
    int excess_burst_capacity;
    int activators;
} KnativeState;

#define KNATIVE_RPS_PERCENTAGE 70 /* fixed upstream */

static double knative_total(const KnativeConfig *config) {
    if (config->metric == KNATIVE_RPS) {
        return isnan(config->target) ? config->rps_default : config->target;
    }
    const bool is_limited = config->container_concurrency > 0;
    if (isnan(config->target)) {
        return is_limited ? config->container_concurrency : config->concurrency_default;
    }
    return is_limited ? fmin(config->target, config->container_concurrency) : config->target;
}

static double knative_percentage(const KnativeConfig *config) {
    const double general =
        config->metric == KNATIVE_RPS ? KNATIVE_RPS_PERCENTAGE : config->concurrency_percentage;
    return isnan(config->utilization_percentage) ? general : config->utilization_percentage;
}

static double knative_target(const KnativeConfig *config) {
    const double percentage = knative_percentage(config);
    const double share = percentage > 1 ? percentage / 100 : percentage;
    return fmax(0.01, knative_total(config) * share);
}

/* What is wanted -------------------------------------------------------------------------- */

/* Records what is wanted now, and gives the largest of the delay. */
static int knative_delay(KnativeState *state, sim_time now, int wanted) {
    const int64_t index = now / SIM_TIME_SECOND / 2;
    const int64_t slots = (state->config->scale_down_delay + KNATIVE_SLOT - 1) / KNATIVE_SLOT;
    size_t gone = 0;
    while (state->slot_count > 0 && wanted >= state->slots[state->slot_count - 1].wanted) {
        state->slot_count--;
    }
    while (gone < state->slot_count && index - state->slots[gone].index >= slots) {
        gone++;
    }
    state->slot_count -= gone;
    if (gone > 0) {
        memmove(state->slots, state->slots + gone, state->slot_count * sizeof *state->slots);
    }
    if (state->slot_count == 0 || state->slots[state->slot_count - 1].index != index) {
        state->slots =
            memory_grow(state->slots, state->slot_count, &state->slot_room, sizeof *state->slots);
        state->slots[state->slot_count++] = (KnativeSlot){index, wanted};
    }
    return state->slots[0].wanted;
}

static int knative_rated(double wanted, double least, double most, const KnativeConfig *config) {
    const int rated = policy_count(fmin(fmax(wanted, least), most));
    return config->activation_scale > 1 && wanted > 0 && config->activation_scale > rated
               ? (int)config->activation_scale
               : rated;
}

static void knative_panic(KnativeState *state, sim_time now, bool over) {
    if (over) {
        state->panic_since = now;
    } else if (state->panic_since != SIM_TIME_NEVER &&
               state->panic_since + state->config->stable_window < now) {
        state->panic_since = SIM_TIME_NEVER;
        state->panic_most = 0;
    }
}

static void knative_burst(KnativeState *state, int ready, double panic) {
    const KnativeConfig *config = state->config;
    const double burst = config->target_burst_capacity;
    const double capacity = (double)ready * knative_total(config);
    const double covered = capacity + (burst >= 0 ? burst : 0);
    const double activators = ceil(covered / config->activator_capacity);
    state->excess_burst_capacity = -1;
    if (burst == 0) {
        state->excess_burst_capacity = 0;
    } else if (burst > 0) {
        state->excess_burst_capacity = policy_count(floor(capacity - burst - panic));
    }
    state->activators = activators > 2 ? policy_count(activators) : 2;
}

static void knative_say_rate(int rated, double wanted, double least, double most,
                             asim_decision *decision) {
    if (rated != policy_count(wanted)) {
        decision->limited_by = wanted > most    ? "max-scale-up-rate"
                               : wanted < least ? "max-scale-down-rate"
                                                : "activation-scale";
    }
}

/* Pods wanted by both averages. */
static int knative_want(KnativeState *state, const asim_observation *observation, double stable,
                        double panic, bool reachable, asim_decision *decision) {
    const KnativeConfig *config = state->config;
    const sim_time now = observation->time;
    const double ready = observation->serving > 1 ? (double)observation->serving : 1;
    const double most = ceil(config->max_scale_up_rate * ready);
    const double least = reachable ? floor(ready / config->max_scale_down_rate) : 0;
    const double target = knative_target(config);
    const double by_stable = ceil(stable / target), by_panic = ceil(panic / target);
    int wanted = knative_rated(by_stable, least, most, config);
    const int in_panic = knative_rated(by_panic, least, most, config);
    policy_add_term(decision,
                    (asim_decision_term){"stable", stable, target, policy_count(by_stable)});
    policy_add_term(decision, (asim_decision_term){"panic", panic, target, policy_count(by_panic)});
    knative_panic(state, now, by_panic / ready >= config->panic_threshold_percentage / 100);
    knative_say_rate(wanted, by_stable, least, most, decision);
    if (state->panic_since != SIM_TIME_NEVER) {
        wanted = in_panic > wanted ? in_panic : wanted;
        state->panic_most = wanted > state->panic_most ? wanted : state->panic_most;
        decision->limited_by = state->panic_most > wanted ? "panic" : decision->limited_by;
        wanted = state->panic_most;
        decision->window = "panic";
        decision->window_since = state->panic_since;
        decision->window_until = state->panic_since + config->stable_window;
        decision->window_target = wanted;
    }
    if (reachable && config->scale_down_delay > 0) {
        const int delayed = knative_delay(state, now, wanted);
        decision->limited_by = delayed != wanted ? "scale-down-delay" : decision->limited_by;
        wanted = delayed;
    }
    knative_burst(state, observation->serving, panic);
    return wanted;
}

/* To zero, or not ------------------------------------------------------------------------- */

#define KNATIVE_UNKNOWN (-1)
#define KNATIVE_DEADLINE_BUFFER (30 * SIM_TIME_SECOND)

/* The pods that a revision must have to be active. */
static int64_t knative_threshold(const KnativeState *state, bool reachable) {
    const KnativeConfig *config = state->config;
    const int64_t least = reachable ? config->min_scale : 0;
    const int64_t other = state->initialized ? 1 : config->initial_scale;
    return least > other ? least : other;
}

static int knative_bound(const KnativeState *state, int wanted, bool reachable,
                         asim_decision *decision) {
    const KnativeConfig *config = state->config;
    int64_t least = reachable ? config->min_scale : 0;
    if (reachable && config->initial_scale > 1 && !state->initialized &&
        config->initial_scale > least) {
        least = config->initial_scale;
    }
    if (wanted < least) {
        decision->limited_by = "min-scale";
        return (int)least;
    }
    if (config->max_scale != 0 && wanted > config->max_scale) {
        decision->limited_by = "max-scale";
        return (int)config->max_scale;
    }
    return wanted;
}

/* What comes of a wish: a count, and whether it is applied, or why it waits. */
typedef struct KnativeStep {
    int count;
    const char *waits; /* NULL: it is applied */
} KnativeStep;

static KnativeStep knative_leave(const KnativeState *state, const KnativeInput *input,
                                 sim_time now) {
    const KnativeConfig *config = state->config;
    const bool probed = input->has_probe ? input->activator_probe : state->is_proxied;
    const sim_time inactive = now - state->condition_since;
    const sim_time grace = config->grace_period, retention = config->retention_period;
    const sim_time proxied = state->is_proxied ? now - state->proxied_since : 0;
    if (config->target_burst_capacity != -1 && !probed) {
        return (KnativeStep){0, "hold_activator_probe"};
    }
    if (inactive >= (grace > retention ? grace : retention)) {
        return (KnativeStep){0, NULL};
    }
    if (retention > 0 && inactive < retention) {
        return (KnativeStep){0, "hold_pod_retention"};
    }
    return (KnativeStep){0, proxied >= grace ? NULL : "hold_grace_period"};
}

static KnativeStep knative_to_zero(const KnativeState *state, const KnativeInput *input,
                                   sim_time now, asim_decision *decision) {
    const KnativeConfig *config = state->config;
    const sim_time since = now - state->condition_since;
    if (!config->enable_scale_to_zero) {
        decision->limited_by = "enable-scale-to-zero";
        return (KnativeStep){1, NULL};
    }
    switch (state->condition) {
    case KNATIVE_ACTIVATING:
        return since > config->progress_deadline + KNATIVE_DEADLINE_BUFFER
                   ? (KnativeStep){0, NULL}
                   : (KnativeStep){KNATIVE_UNKNOWN, "hold_activating"};
    case KNATIVE_ACTIVE:
        if (since >= config->stable_window) {
            return (KnativeStep){0, "hold_marked_inactive"};
        }
        decision->limited_by = "stable-window";
        return (KnativeStep){1, NULL};
    case KNATIVE_INACTIVE: break;
    }
    return knative_leave(state, input, now);
}

static void knative_mark(KnativeState *state, KnativeCondition condition, sim_time now) {
    if (state->condition != condition) {
        state->condition = condition;
        state->condition_since = now;
    }
    state->condition_word = knative_conditions[condition];
}

static void knative_mark_wish(KnativeState *state, int wanted, int ready, bool reachable,
                              sim_time now) {
    const int64_t threshold = knative_threshold(state, reachable);
    state->initialized = state->initialized || ready >= threshold;
    if (wanted == 0 || threshold == 0) {
        knative_mark(state, KNATIVE_INACTIVE, now);
    } else if (wanted > 0 || state->condition != KNATIVE_INACTIVE) {
        knative_mark(state, ready < threshold ? KNATIVE_ACTIVATING : KNATIVE_ACTIVE, now);
    }
}

/* The activator leaves the path when there is room for a burst, and something to serve it. */
static void knative_route(KnativeState *state, int wanted, sim_time now) {
    const bool proxies = wanted == 0 || state->excess_burst_capacity < 0 ||
                         (wanted == KNATIVE_UNKNOWN && state->condition == KNATIVE_INACTIVE);
    if (proxies && !state->is_proxied) {
        state->proxied_since = now;
    }
    state->is_proxied = proxies;
}

static void knative_say(const KnativeState *state, const asim_observation *observation,
                        const char *waits, asim_decision *decision) {
    const int current = observation->target, target = decision->target;
    if (waits != NULL) {
        decision->reason = waits;
    } else if (target > current) {
        decision->reason = state->panic_since != SIM_TIME_NEVER ? "scale_up_panic" : "scale_up";
    } else if (target < current) {
        decision->reason = target == 0 ? "scale_to_zero" : "scale_down";
    } else {
        decision->reason = current == 0 ? "hold_at_zero" : "hold_on_target";
    }
}

static void knative_reconcile(KnativeState *state, const asim_observation *observation,
                              const KnativeInput *input, int wanted, asim_decision *decision) {
    const sim_time now = observation->time;
    KnativeStep step = {wanted, NULL};
    if (wanted < 0 && state->condition != KNATIVE_ACTIVATING) {
        step.waits = "hold_no_data";
    } else {
        step.count = knative_bound(state, wanted, input->reachable, decision);
        if (step.count == 0) {
            step = knative_to_zero(state, input, now, decision);
        } else if (step.count < 0) {
            step.waits = "hold_no_data";
        }
    }
    if (step.count == 0 && observation->target == 0) {
        step.waits = NULL; /* it is there */
    }
    if (step.waits == NULL) {
        decision->target = step.count;
    }
    knative_route(state, step.count, now);
    knative_say(state, observation, step.waits, decision);
    knative_mark_wish(state, step.count, observation->serving, input->reachable, now);
}

/* The policy ------------------------------------------------------------------------------ */

static void knative_begin(KnativeState *state, const asim_observation *observation,
                          const KnativeInput *input) {
    const sim_time now = observation->time;
    const int64_t created = input->created_ready;
    state->begun = true;
    /* One at zero has been through its beginning; one that is said to activate has not. */
    state->initialized =
        input->condition == OPTION_ABSENT_CHOICE
            ? observation->target == 0 ||
                  observation->serving >= knative_threshold(state, input->reachable)
            : input->condition != KNATIVE_ACTIVATING;
    state->condition_since = state->proxied_since = now;
    knative_mark(state,
                 observation->target == 0 ? KNATIVE_INACTIVE
                 : state->initialized     ? KNATIVE_ACTIVE
                                          : KNATIVE_ACTIVATING,
                 now);
    if (created > 1) { /* absent: it is less */
        state->panic_since = now;
        state->panic_most = (int)created;
    }
}

/* What an observation knows better than the state. */
static void knative_correct(KnativeState *state, const KnativeInput *input, sim_time now) {
    if (input->condition != OPTION_ABSENT_CHOICE) {
        knative_mark(state, (KnativeCondition)input->condition, now);
    }
    if (!isnan(input->condition_for_s)) {
        state->condition_since = now - (sim_time)(input->condition_for_s * (double)SIM_TIME_SECOND);
    }
    if (!isnan(input->proxied_for_s)) {
        state->is_proxied = true;
        state->proxied_since = now - (sim_time)(input->proxied_for_s * (double)SIM_TIME_SECOND);
    }
}

/* What was scraped, averaged by the policy itself; once that has begun, without a scrape too. */
static void knative_average(KnativeState *state, const KnativeInput *input, sim_time now,
                            double *stable, double *panic) {
    const bool is_scraped = !isnan(input->value);
    if (!is_scraped && (!state->has_windows || !isnan(input->stable))) {
        return;
    }
    if (!state->has_windows) {
        knative_windows_init(&state->windows, state->config);
        state->has_windows = true;
    } else if (state->is_reconfigured) {
        knative_windows_resize(&state->windows, state->config, now);
    }
    state->is_reconfigured = false;
    if (is_scraped) {
        knative_windows_record(&state->windows, now, input->value);
    }
    *stable = knative_window_average(&state->windows.stable, now, state->config->aggregation);
    *panic = knative_window_average(&state->windows.panic, now, state->config->aggregation);
}

static void knative_decide(void *opaque, const asim_observation *observation,
                           asim_decision *decision) {
    KnativeState *state = opaque;
    const KnativeConfig *config = state->config;
    const KnativeInput *input = observation->seen;
    const sim_time now = observation->time;
    double stable = input->stable, panic = input->panic;
    int wanted = KNATIVE_UNKNOWN;
    *decision = policy_keep(observation, config->min_scale,
                            config->max_scale > 0 ? config->max_scale : POLICY_REPLICAS_MOST);
    if (!state->begun) {
        knative_begin(state, observation, input);
    }
    knative_correct(state, input, now);
    knative_average(state, input, now, &stable, &panic);
    if (input->wanted != OPTION_ABSENT_INTEGER) {
        wanted = (int)input->wanted;
        decision->recommended = wanted >= 0 ? wanted : decision->recommended;
    } else if (!isnan(stable)) {
        wanted = knative_want(state, observation, stable, panic, input->reachable, decision);
        decision->recommended = wanted;
    }
    knative_reconcile(state, observation, input, wanted, decision);
}

static void knative_configure(void *opaque, const void *config) {
    KnativeState *state = opaque;
    state->config = config;
    state->is_reconfigured = true;
}

static void knative_init(void *opaque, const void *config, int initial_target) {
    KnativeState *state = opaque;
    (void)initial_target;
    *state =
        (KnativeState){.panic_since = SIM_TIME_NEVER, .excess_burst_capacity = -1, .activators = 2};
    knative_configure(state, config);
    knative_mark(state, KNATIVE_ACTIVATING, 0);
}

static void knative_clear(void *opaque) {
    KnativeState *state = opaque;
    free(state->slots);
    knative_windows_clear(&state->windows);
}

static int knative_by_time(const void *left, const void *right) {
    const sim_time a = ((const PolicyPastItem *)left)->time;
    const sim_time b = ((const PolicyPastItem *)right)->time;
    return (a > b) - (a < b);
}

/* What was wanted before, for scale-down-delay. */
static void knative_remember(void *opaque, const PolicyPast *past) {
    KnativeState *state = opaque;
    const size_t count = past->recommendations.count;
    PolicyPastItem *items = memory_new(count, sizeof *items);
    if (count > 0) {
        memcpy(items, past->recommendations.items, count * sizeof *items);
    }
    qsort(items, count, sizeof *items, knative_by_time);
    state->slot_count = 0;
    for (size_t i = 0; i < count; i++) {
        knative_delay(state, items[i].time, policy_count(items[i].number));
    }
    free(items);
}

static const char *knative_take(const void *opaque, asim_observation *observation) {
    const KnativeInput *input = opaque;
    observation->seen = input;
    if (isnan(input->stable) != isnan(input->panic)) {
        return isnan(input->stable) ? "stable" : "panic";
    }
    return NULL;
}

static void knative_check(const void *opaque, const Error *where, ErrorList *errors) {
    const KnativeConfig *config = opaque;
    const ErrorRule rules[] = {
        {config->max_scale > 0 && config->max_scale < config->min_scale, "max-scale",
         "less than min-scale", "at least min-scale, or 0 for no limit"},
    };
    error_add_broken(where, rules, errors);
}

static int knative_initial_target(const void *opaque) {
    const KnativeConfig *config = opaque;
    return (int)(config->min_scale > config->initial_scale ? config->min_scale
                                                           : config->initial_scale);
}

static int64_t knative_most_target(const void *opaque) {
    const KnativeConfig *config = opaque;
    return config->max_scale > 0 ? config->max_scale : INT64_MAX;
}

/* In a simulation ------------------------------------------------------------------------- */

/* Scraped every second: requests at the pods and at the activator, or how many have come. The
 * policy is asked at each tick. */
typedef struct KnativePipeline {
    const KnativeConfig *config;
    KnativeWindows windows;
    sim_time next_tick;
    uint64_t requests; /* that had come at the last scrape */
} KnativePipeline;

static void knative_pipeline_init(void *opaque, const void *config) {
    KnativePipeline *pipeline = opaque;
    pipeline->config = config;
    pipeline->next_tick = pipeline->config->tick_interval;
    knative_windows_init(&pipeline->windows, pipeline->config);
}

static unsigned knative_due(void *opaque, sim_time now) {
    KnativePipeline *pipeline = opaque;
    if (now < pipeline->next_tick) {
        return POLICY_DUE_SAMPLE;
    }
    pipeline->next_tick += pipeline->config->tick_interval;
    return POLICY_DUE_SAMPLE | POLICY_DUE_DECISION;
}

static void knative_sample(void *opaque, const asim_observation *cluster) {
    KnativePipeline *pipeline = opaque;
    const double value = pipeline->config->metric == KNATIVE_RPS
                             ? (double)(cluster->requests - pipeline->requests)
                             : policy_signal_total(POLICY_SIGNAL_REQUESTS, cluster);
    knative_windows_record(&pipeline->windows, cluster->time, value);
    pipeline->requests = cluster->requests;
}

static void knative_see(void *opaque, const asim_observation *cluster, void *opaque_input) {
    KnativePipeline *pipeline = opaque;
    KnativeInput *input = opaque_input;
    const int aggregation = pipeline->config->aggregation;
    input->reachable = true;
    input->stable = knative_window_average(&pipeline->windows.stable, cluster->time, aggregation);
    input->panic = knative_window_average(&pipeline->windows.panic, cluster->time, aggregation);
}

static void knative_pipeline_clear(void *opaque) {
    knative_windows_clear(&((KnativePipeline *)opaque)->windows);
}

static const PolicyPipeline knative_pipeline = {
    .size = sizeof(KnativePipeline),
    .init = knative_pipeline_init,
    .due = knative_due,
    .sample = knative_sample,
    .see = knative_see,
    .clear = knative_pipeline_clear,
};

static PolicyMeasurement knative_measurement(const void *config) {
    const KnativeConfig *own = config;
    return (PolicyMeasurement){.evaluation_interval = own->tick_interval < SIM_TIME_SECOND
                                                          ? own->tick_interval
                                                          : SIM_TIME_SECOND,
                               .rate_window = SIM_TIME_MINUTE,
                               .load_signal = POLICY_LOAD_MAX};
}

/* Tables ---------------------------------------------------------------------------------- */

static const asim_word knative_reasons[] = {
    {"scale_up", "the averages ask for more"},
    {"scale_up_panic", "the averages ask for more, in a panic"},
    {"scale_down", "the averages ask for less"},
    {"scale_to_zero", "nothing is asked, and the activator stands before the revision"},
    {"hold_on_target", "the count is what is wanted"},
    {"hold_at_zero", "waits for a request"},
    {"hold_no_data", "nothing has been measured"},
    {"hold_activating", "the revision is not ready yet: it does not go to zero"},
    {"hold_marked_inactive",
     "nothing is asked: the revision is marked inactive, and goes when that has taken effect"},
    {"hold_activator_probe", "waits until a probe finds the activator before it"},
    {"hold_pod_retention", "the last pod stays for scale-to-zero-pod-retention-period"},
    {"hold_grace_period", "the activator has not stood there for scale-to-zero-grace-period"},
    {NULL, NULL},
};

static const asim_word knative_terms[] = {
    {"stable", "the metric, of all pods, averaged over the stable window"},
    {"panic", "the metric, of all pods, averaged over the panic window"},
    {NULL, NULL},
};

#define STATE(member, type)                                                                        \
    { #member, ASIM_STATE_##type, offsetof(KnativeState, member), NULL, 0, 0 }
static const asim_state_row knative_slot_rows[] = {
    {"slot", ASIM_STATE_COUNT, offsetof(KnativeSlot, index), NULL, 0, 0},
    {"wanted", ASIM_STATE_INT, offsetof(KnativeSlot, wanted), NULL, 0, 0},
    {NULL, ASIM_STATE_INT, 0, NULL, 0, 0},
};
static const asim_state_row knative_rows[] = {
    {"panic_since_s", ASIM_STATE_TIME, offsetof(KnativeState, panic_since), NULL, 0, 0},
    {"panic_most", ASIM_STATE_INT, offsetof(KnativeState, panic_most), NULL, 0, 0},
    {"condition", ASIM_STATE_WORD, offsetof(KnativeState, condition_word), NULL, 0, 0},
    {"condition_since_s", ASIM_STATE_TIME, offsetof(KnativeState, condition_since), NULL, 0, 0},
    STATE(initialized, BOOLEAN),
    STATE(is_proxied, BOOLEAN),
    {"proxied_since_s", ASIM_STATE_TIME, offsetof(KnativeState, proxied_since), NULL, 0, 0},
    STATE(excess_burst_capacity, INT),
    STATE(activators, INT),
    {"delay_slots", ASIM_STATE_LIST, offsetof(KnativeState, slots), knative_slot_rows,
     sizeof(KnativeSlot), offsetof(KnativeState, slot_count)},
    {NULL, ASIM_STATE_INT, 0, NULL, 0, 0},
};

static const asim_policy knative_policy = {
    .name = "knative",
    .state_size = sizeof(KnativeState),
    .init = knative_init,
    .decide = knative_decide,
    .clear = knative_clear,
    .reasons = knative_reasons,
    .terms = knative_terms,
    .rows = knative_rows,
};

const PolicyKind knative_kind = {
    .policy = &knative_policy,
    .source = "knative/serving@98e5ef90, pkg/autoscaler and pkg/reconciler/autoscaling/kpa",
    .options = knative_options,
    .config_size = sizeof(KnativeConfig),
    .check = knative_check,
    .initial_target = knative_initial_target,
    .most_target = knative_most_target,
    .measurement = knative_measurement,
    .pipeline = &knative_pipeline,
    .holds_at_zero = true,
    .wakes_on_request = true,
    .inputs = knative_inputs,
    .input_size = sizeof(KnativeInput),
    .takes_late = true,
    .take = knative_take,
    .configure = knative_configure,
    .remember = knative_remember,
};
