// SPDX-License-Identifier: GPL-3.0-or-later
/* The Kubernetes horizontal pod autoscaler, autoscaling/v2 (kubernetes/kubernetes,
 * pkg/controller/podautoscaler: horizontal.go, replica_calculator.go, metrics/utilization.go, 2021
 * to 2026), rule by rule: integers where it has integers (values in thousandths, averages cut off,
 * utilisation in whole percent), and its comparisons, strict or not.
 *
 * metrics -> a proposal each -> the largest -> stabilised by the log of recommendations -> limited
 * in its rate by the logs of changes, and to [min, max]. Without `behavior` the old path: only a
 * window down, and at most max(2 * current, 4) up.
 *
 * What is outdated in a log is overwritten one entry a pass, the last outdated one; else the log
 * grows. A count of 0 is left alone, unless the minimum is 0 or it was scaled there (1.37). */
#include "policy/hpa.h"

#include "base/memory.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

/* Options --------------------------------------------------------------------------------- */

/* Modulo 4 they are HpaMetricType. */
static const char *const hpa_metric_types[] = {"resource",          "pods", "object", "external",
                                               "Resource",          "Pods", "Object", "External",
                                               "ContainerResource", NULL};
static const char *const hpa_target_types[] = {
    [HPA_UTILIZATION] = "Utilization",
    [HPA_VALUE] = "Value",
    [HPA_AVERAGE_VALUE] = "AverageValue",
    NULL,
};
static const char *const hpa_pod_states[] = {
    [HPA_POD_READY] = "ready",
    [HPA_POD_UNREADY] = "unready",
    [HPA_POD_MISSING] = "missing",
    [HPA_POD_IGNORED] = "ignored",
    NULL,
};

typedef enum HpaPolicyType { HPA_POLICY_PODS, HPA_POLICY_PERCENT } HpaPolicyType;
static const char *const hpa_policy_types[] = {"Pods", "Percent", NULL};

typedef enum HpaSelect { HPA_SELECT_MAX, HPA_SELECT_MIN, HPA_SELECT_DISABLED } HpaSelect;
static const char *const hpa_selects[] = {"Max", "Min", "Disabled", NULL};

typedef enum HpaToleranceRule { HPA_TOLERANCE_NEW, HPA_TOLERANCE_OLD } HpaToleranceRule;
static const char *const hpa_tolerance_rules[] = {"new", "old", NULL};

typedef enum HpaRateRule { HPA_RATE_NET, HPA_RATE_OWN } HpaRateRule;
static const char *const hpa_rate_rules[] = {"net", "own", NULL};

#define ROW(config, member, type) OPTION_ROW(config, member, type, DOCUMENTED)
const Option hpa_policy_options[] = {
    {ROW(HpaScalingPolicy, type, CHOICE), .choices = hpa_policy_types, .default_text = "Pods",
     .help = "whether value is pods or percent of the count at the period's start"},
    {ROW(HpaScalingPolicy, value, INTEGER), .minimum = 1, .maximum = INT32_MAX, .default_text = "1",
     .help = "so many per period"},
    {ROW(HpaScalingPolicy, periodSeconds, INTEGER), .minimum = 1, .maximum = 1800,
     .default_text = "15", .help = "the period, in s"},
    OPTION_END,
};

const Option hpa_rules_options[] = {
    {ROW(HpaRules, stabilizationWindowSeconds, INTEGER), .maximum = 3600,
     .help = "span of recommendations of which the most cautious counts; by default 0 up, and "
             "downscale_stabilization down"},
    {ROW(HpaRules, selectPolicy, CHOICE), .choices = hpa_selects, .default_text = "Max",
     .help = "which of the policies counts: of the largest change, the smallest, or none may be"},
    {ROW(HpaRules, policies, LIST), .group = hpa_policy_options,
     .item_size = sizeof(HpaScalingPolicy),
     .help = "how fast; by default 4 pods and 100 % per 15 s up, 100 % per 15 s down"},
    {ROW(HpaRules, tolerance, NUMBER), .maximum = OPTION_NO_LIMIT,
     .help = "of this direction; by default the controller's"},
    OPTION_END,
};

const Option hpa_behavior_options[] = {
    {.name = "scaleUp",
     .type = OPTION_GROUP,
     .basis = OPTION_DOCUMENTED,
     .offset = offsetof(HpaConfig, behavior.scaleUp) - offsetof(HpaConfig, behavior),
     .group = hpa_rules_options,
     .help = "rules of the way up"},
    {.name = "scaleDown",
     .type = OPTION_GROUP,
     .basis = OPTION_DOCUMENTED,
     .offset = offsetof(HpaConfig, behavior.scaleDown) - offsetof(HpaConfig, behavior),
     .group = hpa_rules_options,
     .help = "rules of the way down"},
    OPTION_END,
};

static const Option hpa_spec_options[] = {
    {ROW(HpaMetricSpec, type, CHOICE), .choices = hpa_metric_types, .default_text = "pods",
     .help = "of what it is a metric"},
    {ROW(HpaMetricSpec, name, TEXT), .is_name = true, .help = "the metric's name"},
    {ROW(HpaMetricSpec, target_type, CHOICE), .choices = hpa_target_types,
     .help = "what target is; by default Utilization (percent of requests) of resource, "
             "AverageValue (per pod) of pods, and Value (of all) of object and external"},
    {ROW(HpaMetricSpec, target, NUMBER), .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .help = "what to aim at"},
    OPTION_END,
};

static const Option hpa_options[] = {
    {ROW(HpaConfig, minReplicas, INTEGER), .maximum = POLICY_REPLICAS_MOST, .default_text = "1",
     .help = "fewest replicas; 0 allows scaling to zero, by object and external metrics"},
    {ROW(HpaConfig, maxReplicas, INTEGER), .minimum = 1, .maximum = POLICY_REPLICAS_MOST,
     .help = "most replicas"},
    {ROW(HpaConfig, metrics, LIST), .group = hpa_spec_options, .item_size = sizeof(HpaMetricSpec),
     .help = "what to scale by; with several, the largest replica count wins"},
    {ROW(HpaConfig, behavior, GROUP), .group = hpa_behavior_options,
     .given = offsetof(HpaConfig, has_behavior),
     .help = "rules of speed and stabilisation; without it at most max(2 * current, 4) up"},
    {ROW(HpaConfig, sync_period, DURATION), .minimum = 0.1, .maximum = 3600, .default_text = "15s",
     .help = "time between two passes of the controller"},
    {ROW(HpaConfig, downscale_stabilization, DURATION), .maximum = 86400, .default_text = "5m",
     .help = "span of recommendations of which the largest counts, on the way down"},
    {ROW(HpaConfig, tolerance, NUMBER), .maximum = OPTION_NO_LIMIT, .default_text = "0.1",
     .help = "a ratio of measured to target so near 1 changes nothing"},
    {ROW(HpaConfig, tolerance_rule, CHOICE), .choices = hpa_tolerance_rules, .default_text = "new",
     .help = "new: 1 - t <= ratio <= 1 + t; old (before 1.33): |1 - ratio| <= t, which differs at "
             "1.1"},
    {ROW(HpaConfig, rate_rule, CHOICE), .choices = hpa_rate_rules, .default_text = "net",
     .help = "net: a period's start is reckoned from changes both ways; own (2021): of its own "
             "direction only"},
    {ROW(HpaConfig, initial_recommendation, BOOLEAN), .default_text = "false",
     .help = "the first pass notes the current count as recommended, as the controller does since "
             "1.13: a new one then keeps its count for the window down"},
    OPTION_END,
};

static const Option hpa_pod_options[] = {
    {ROW(HpaPod, state, CHOICE), .choices = hpa_pod_states, .default_text = "ready",
     .help = "ready; unready (pending, or still initialising); missing (without a sample); ignored "
             "(failed, or being deleted)"},
    {ROW(HpaPod, value, NUMBER), .maximum = OPTION_NO_LIMIT,
     .help = "of the metric; a ready pod without one is missing"},
    {ROW(HpaPod, request, NUMBER), .maximum = OPTION_NO_LIMIT,
     .help = "what the pod requests of the resource, for Utilization"},
    OPTION_END,
};

/* One of the numbers. */
static const char *const hpa_not_average[] = {"averageUtilization", NULL};
static const char *const hpa_not_value[] = {"averageUtilization", "averageValue", NULL};

static const Option hpa_target_options[] = {
    {ROW(HpaTarget, type, CHOICE), .choices = hpa_target_types,
     .help = "what it is; by default which of the others there is says it"},
    {ROW(HpaTarget, averageUtilization, NUMBER), .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .help = "percent of what the pods request"},
    {ROW(HpaTarget, averageValue, NUMBER), .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .not_with = hpa_not_average, .help = "per pod"},
    {ROW(HpaTarget, value, NUMBER), .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .not_with = hpa_not_value, .help = "a number, of what the type says"},
    OPTION_END,
};

static const Option hpa_metric_options[] = {
    {ROW(HpaMetric, type, CHOICE), .choices = hpa_metric_types,
     .help = "of what it is a metric; by default as the policy's metrics have it"},
    {ROW(HpaMetric, target_type, CHOICE), .choices = hpa_target_types,
     .help = "what target is; likewise"},
    {ROW(HpaMetric, target, GROUP), .group = hpa_target_options, .short_for = "value",
     .help = "what to aim at; likewise"},
    {ROW(HpaMetric, value, NUMBER), .maximum = OPTION_NO_LIMIT,
     .help = "what was measured, of object and external"},
    {ROW(HpaMetric, pods, LIST), .group = hpa_pod_options, .item_size = sizeof(HpaPod),
     .help = "what was measured, pod by pod, of resource and pods; of object and external who is "
             "ready, in place of the line's"},
    {ROW(HpaMetric, error, BOOLEAN), .default_text = "false", .help = "it could not be had"},
    OPTION_END,
};
#undef ROW

typedef struct HpaInput {
    OptionList metrics; /* of HpaMetric */
    int64_t desired;    /* in their place */
    bool has_metrics;   /* be there none */
} HpaInput;

static const Option hpa_inputs[] = {
    {OPTION_ROW(HpaInput, metrics, LIST, OURS), .group = hpa_metric_options,
     .item_size = sizeof(HpaMetric), .given = offsetof(HpaInput, has_metrics),
     .help = "what was measured"},
    {OPTION_ROW(HpaInput, desired, INTEGER, OURS), .maximum = INT32_MAX,
     .help = "in place of metrics: the replicas that they propose together"},
    OPTION_END,
};

/* Configuration --------------------------------------------------------------------------- */

static void hpa_fill_rules(HpaRules *rules, int64_t window_s, const HpaScalingPolicy usual[],
                           size_t count) {
    if (rules->stabilizationWindowSeconds == OPTION_ABSENT_INTEGER) {
        rules->stabilizationWindowSeconds = window_s;
    }
    if (rules->policies.count == 0) {
        HpaScalingPolicy *items = memory_new(count, sizeof *items);
        for (size_t i = 0; i < count; i++) {
            items[i] = usual[i];
        }
        rules->policies = (OptionList){items, count};
    }
}

void hpa_resolve(HpaConfig *config) {
    static const HpaScalingPolicy usual[] = {{HPA_POLICY_PERCENT, 100, 15},
                                             {HPA_POLICY_PODS, 4, 15}};
    if (config->has_behavior) {
        hpa_fill_rules(&config->behavior.scaleUp, 0, usual, 2);
        hpa_fill_rules(&config->behavior.scaleDown,
                       config->downscale_stabilization / SIM_TIME_SECOND, usual, 1);
    }
}

static void check_config(const HpaConfig *config, const Error *where, ErrorList *errors) {
    const ErrorRule rules[] = {
        {config->maxReplicas == OPTION_ABSENT_INTEGER, "maxReplicas", "nothing",
         "the most replicas: Kubernetes has no default for it"},
        {config->maxReplicas != OPTION_ABSENT_INTEGER && config->maxReplicas < config->minReplicas,
         "maxReplicas", "less than minReplicas", "at least minReplicas"},
    };
    error_add_broken(where, rules, errors);
}

static void hpa_resolve_any(void *config) {
    hpa_resolve(config);
}

static void hpa_check(const void *config, const Error *where, ErrorList *errors) {
    check_config(config, where, errors);
}

static int hpa_initial_target(const void *config) {
    return (int)((const HpaConfig *)config)->minReplicas;
}

static int64_t hpa_most_target(const void *config) {
    return ((const HpaConfig *)config)->maxReplicas;
}

/* Replicas for one metric ----------------------------------------------------------------- */

/* Thousandths; fractions of one are rounded up, but for what binary fractions leave. */
static int64_t hpa_milli(double value) {
    const double milli = value * 1000, nearest = round(milli);
    if (!(milli < 9e18)) {
        return INT64_MAX;
    }
    return (int64_t)(fabs(milli - nearest) <= 1e-9 * fabs(milli) ? nearest : ceil(milli));
}

static double hpa_tolerance(const HpaConfig *config, bool up) {
    const HpaRules *rules = up ? &config->behavior.scaleUp : &config->behavior.scaleDown;
    return config->has_behavior && !isnan(rules->tolerance) ? rules->tolerance : config->tolerance;
}

static bool hpa_is_within(const HpaConfig *config, double ratio) {
    if (config->tolerance_rule == HPA_TOLERANCE_OLD) {
        return fabs(1.0 - ratio) <= hpa_tolerance(config, ratio > 1);
    }
    return 1.0 - hpa_tolerance(config, false) <= ratio &&
           ratio <= 1.0 + hpa_tolerance(config, true);
}

/* A metric, with what the config says of it filled in. */
typedef struct HpaProposal {
    HpaMetricType type;
    HpaTargetType target_type;
    double target;
    double measured; /* to tell */
    int replicas;    /* proposed */
} HpaProposal;

/* Sums over pods that have a sample, real or assumed. */
typedef struct HpaSums {
    int64_t value, request;
    int samples;
    int ready, unready, missing;
} HpaSums;

static bool hpa_has_sample(const HpaPod *pod) {
    return pod->state == HPA_POD_READY && !isnan(pod->value);
}

static bool hpa_is_missing(const HpaPod *pod) {
    return pod->state == HPA_POD_MISSING || (pod->state == HPA_POD_READY && isnan(pod->value));
}

/* As much as can be counted. */
static int64_t hpa_add(int64_t a, int64_t b) {
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

__extension__ typedef __int128 HpaWide;

static int64_t hpa_percent_of(int64_t value, int64_t percent) {
    const HpaWide share = (HpaWide)value * percent / 100;
    return share > INT64_MAX ? INT64_MAX : (int64_t)share;
}

static void hpa_add_sample(HpaSums *sums, const HpaPod *pod, int64_t milli) {
    sums->value = hpa_add(sums->value, milli);
    sums->request = hpa_add(sums->request, isnan(pod->request) ? 0 : hpa_milli(pod->request));
    sums->samples++;
}

static HpaSums hpa_sum(const OptionList *pods) {
    HpaSums sums = {0};
    const HpaPod *items = pods->items;
    for (size_t i = 0; i < pods->count; i++) {
        if (hpa_has_sample(&items[i])) {
            hpa_add_sample(&sums, &items[i], hpa_milli(items[i].value));
            sums.ready++;
        }
        sums.unready += items[i].state == HPA_POD_UNREADY;
        sums.missing += hpa_is_missing(&items[i]);
    }
    return sums;
}

/* What pods without a sample are taken to use, against the direction: down, the target (of a
 * resource what they request, or more); up, nothing. */
static void hpa_assume(HpaSums *sums, const OptionList *pods, const HpaProposal *proposal,
                       double ratio) {
    const HpaPod *items = pods->items;
    const int64_t percent = policy_count(fmax(proposal->target, 100));
    for (size_t i = 0; i < pods->count; i++) {
        if (hpa_is_missing(&items[i]) && ratio < 1) {
            hpa_add_sample(sums, &items[i],
                           proposal->target_type == HPA_UTILIZATION
                               ? hpa_percent_of(hpa_milli(items[i].request), percent)
                               : hpa_milli(proposal->target));
        } else if ((hpa_is_missing(&items[i]) || items[i].state == HPA_POD_UNREADY) && ratio > 1) {
            hpa_add_sample(sums, &items[i], 0);
        }
    }
}

/* NAN: there is nothing to reckon it from. */
static double hpa_ratio(const HpaSums *sums, HpaProposal *proposal) {
    if (proposal->target_type != HPA_UTILIZATION) {
        const int64_t average = sums->value / sums->samples;
        proposal->measured = (double)average / 1000;
        return (double)average / (double)hpa_milli(proposal->target);
    }
    if (sums->request == 0) {
        return NAN;
    }
    const HpaWide wide = (HpaWide)sums->value * 100 / sums->request;
    const int64_t percent = wide > INT32_MAX ? INT32_MAX : (int64_t)wide;
    proposal->measured = (double)percent;
    return (double)percent / floor(proposal->target);
}

static bool hpa_lacks_requests(const OptionList *pods) {
    const HpaPod *items = pods->items;
    for (size_t i = 0; i < pods->count; i++) {
        if (isnan(items[i].request) && items[i].state != HPA_POD_IGNORED) {
            return true;
        }
    }
    return false;
}

/* False: the metric has failed. */
static bool hpa_propose_by_pods(const HpaConfig *config, int current, const HpaMetric *metric,
                                HpaProposal *proposal) {
    HpaSums sums = hpa_sum(&metric->pods);
    const bool lacks =
        proposal->target_type == HPA_UTILIZATION && hpa_lacks_requests(&metric->pods);
    if (sums.samples == 0 || lacks) {
        return false;
    }
    const double ratio = hpa_ratio(&sums, proposal);
    const double measured = proposal->measured;
    const bool with_unready = sums.unready > 0 && ratio > 1;
    if (isnan(ratio)) {
        return false;
    }
    proposal->replicas = current;
    if (!with_unready && sums.missing == 0) {
        if (!hpa_is_within(config, ratio)) {
            proposal->replicas = policy_count(ceil(ratio * (double)sums.ready));
        }
        return true;
    }
    hpa_assume(&sums, &metric->pods, proposal, ratio);
    const double again = hpa_ratio(&sums, proposal);
    proposal->measured = measured;
    if (isnan(again)) {
        return false;
    }
    if (hpa_is_within(config, again) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) {
        return true;
    }
    const int wanted = policy_count(ceil(again * (double)sums.samples));
    const bool turns = (again < 1 && wanted > current) || (again > 1 && wanted < current);
    proposal->replicas = turns ? current : wanted;
    return true;
}

/* What was measured is told of what the target is of: all pods, or one. */
static double hpa_told(const HpaMetric *metric, HpaTargetType type, int current) {
    return type == HPA_AVERAGE_VALUE && current > 0
               ? ceil((double)hpa_milli(metric->value) / (double)current) / 1000
               : metric->value;
}

static int hpa_ready_pods(const OptionList *pods) {
    const HpaPod *items = pods->items;
    int ready = 0;
    for (size_t i = 0; i < pods->count; i++) {
        ready += items[i].state == HPA_POD_READY || items[i].state == HPA_POD_MISSING;
    }
    return ready;
}

static bool hpa_propose_by_value(const HpaConfig *config, int current, int ready,
                                 const HpaMetric *metric, HpaProposal *proposal) {
    if (isnan(metric->value)) {
        return false;
    }
    const double usage = (double)hpa_milli(metric->value);
    const double target = (double)hpa_milli(proposal->target);
    proposal->measured = hpa_told(metric, proposal->target_type, current);
    proposal->replicas = current;
    ready = metric->pods.count > 0 ? hpa_ready_pods(&metric->pods) : ready;
    if (proposal->target_type == HPA_AVERAGE_VALUE) {
        if (!hpa_is_within(config, usage / (target * (double)current))) {
            proposal->replicas = policy_count(ceil(usage / target));
        }
    } else if (current == 0) {
        proposal->replicas = policy_count(ceil(usage / target));
    } else if (!hpa_is_within(config, usage / target)) {
        proposal->replicas = policy_count(ceil(usage / target * (double)ready));
    }
    return true;
}

HpaTarget hpa_target(double value) {
    return (HpaTarget){OPTION_ABSENT_CHOICE, value, NAN, NAN};
}

/* Absent: it is not said. */
static int hpa_target_type(const HpaMetric *metric) {
    const HpaTarget *target = &metric->target;
    if (metric->target_type != OPTION_ABSENT_CHOICE || target->type != OPTION_ABSENT_CHOICE) {
        return metric->target_type != OPTION_ABSENT_CHOICE ? metric->target_type : target->type;
    }
    return !isnan(target->averageValue)         ? (int)HPA_AVERAGE_VALUE
           : !isnan(target->averageUtilization) ? (int)HPA_UTILIZATION
                                                : OPTION_ABSENT_CHOICE;
}

static double hpa_target_value(const HpaTarget *target) {
    return !isnan(target->averageValue)         ? target->averageValue
           : !isnan(target->averageUtilization) ? target->averageUtilization
                                                : target->value;
}

/* What is not said of a metric is as the config has it, at its place. */
static HpaProposal hpa_begin(const HpaConfig *config, const HpaMetric *metric, size_t place) {
    static const HpaTargetType usual[] = {HPA_UTILIZATION, HPA_AVERAGE_VALUE, HPA_VALUE, HPA_VALUE};
    const HpaMetricSpec none = {
        .type = HPA_PODS, .target_type = OPTION_ABSENT_CHOICE, .target = NAN};
    const HpaMetricSpec *specs = config->metrics.items;
    const HpaMetricSpec *spec = place < config->metrics.count ? &specs[place] : &none;
    const int type = (metric->type != OPTION_ABSENT_CHOICE ? metric->type : spec->type) % 4;
    const double target = hpa_target_value(&metric->target);
    int target_type = hpa_target_type(metric);
    target_type = target_type != OPTION_ABSENT_CHOICE ? target_type : spec->target_type;
    if (target_type == OPTION_ABSENT_CHOICE || type == HPA_PODS) {
        target_type = (int)usual[type];
    }
    return (HpaProposal){.type = (HpaMetricType)type,
                         .target_type = (HpaTargetType)target_type,
                         .target = isnan(target) ? spec->target : target};
}

static const char *hpa_key(const HpaConfig *config, size_t place, HpaMetricType type) {
    const HpaMetricSpec *specs = config->metrics.items;
    return place < config->metrics.count && specs[place].name != NULL ? specs[place].name
                                                                      : hpa_metric_types[type];
}

/* The largest proposal; -1: all metrics have failed, or some, and the others ask for less. */
static int hpa_propose(const HpaConfig *config, int current, int ready, const OptionList *metrics,
                       asim_decision *decision) {
    const HpaMetric *items = metrics->items;
    size_t failed = 0;
    int most = 0;
    for (size_t i = 0; i < metrics->count; i++) {
        HpaProposal proposal = hpa_begin(config, &items[i], i);
        const bool by_pods = proposal.type == HPA_RESOURCE || proposal.type == HPA_PODS;
        const bool good =
            !items[i].error && !isnan(proposal.target) &&
            (by_pods ? hpa_propose_by_pods(config, current, &items[i], &proposal)
                     : hpa_propose_by_value(config, current, ready, &items[i], &proposal));
        if (!good) {
            failed++;
            continue;
        }
        policy_add_term(decision,
                        (asim_decision_term){hpa_key(config, i, proposal.type), proposal.measured,
                                             proposal.target, proposal.replicas});
        most = proposal.replicas > most ? proposal.replicas : most;
    }
    decision->recommended = most;
    return failed >= metrics->count || (failed > 0 && most < current) ? -1 : most;
}

/* Logs ------------------------------------------------------------------------------------ */

static sim_time hpa_seconds(int64_t seconds) {
    return seconds * SIM_TIME_SECOND;
}

/* Into the slot, or behind all others. */
static void hpa_note(HpaLog *log, size_t slot, HpaRecord record) {
    if (slot < log->count) {
        log->items[slot] = record;
        return;
    }
    log->items = memory_grow(log->items, log->count, &log->room, sizeof *log->items);
    log->items[log->count++] = record;
}

/* The last record that is older than the span, or past the end. */
static size_t hpa_outdated(const HpaLog *log, sim_time now, sim_time span) {
    size_t slot = log->count;
    for (size_t i = 0; i < log->count; i++) {
        if (now - log->items[i].time > span) {
            slot = i;
        }
    }
    return slot;
}

/* Sum of the changes that are younger than the period. */
static int64_t hpa_changes(const HpaLog *log, sim_time now, int64_t period_s) {
    int64_t sum = 0;
    for (size_t i = 0; i < log->count; i++) {
        if (now - log->items[i].time < hpa_seconds(period_s)) {
            sum += log->items[i].replicas;
        }
    }
    return sum;
}

static void hpa_note_change(HpaState *state, sim_time now, int current, int target) {
    const HpaConfig *config = state->config;
    if (!config->has_behavior || target == current) {
        return;
    }
    const bool up = target > current;
    const HpaRules *rules = up ? &config->behavior.scaleUp : &config->behavior.scaleDown;
    const HpaScalingPolicy *policies_of = rules->policies.items;
    HpaLog *log = up ? &state->scale_ups : &state->scale_downs;
    int64_t longest = 0;
    for (size_t i = 0; i < rules->policies.count; i++) {
        longest = policies_of[i].periodSeconds > longest ? policies_of[i].periodSeconds : longest;
    }
    hpa_note(log, hpa_outdated(log, now, hpa_seconds(longest)),
             (HpaRecord){now, up ? target - current : current - target});
}

/* Stabilisation --------------------------------------------------------------------------- */

static int hpa_stabilize_old(HpaState *state, sim_time now, int desired) {
    HpaLog *log = &state->recommendations;
    const sim_time window = state->config->downscale_stabilization;
    int best = desired;
    for (size_t i = 0; i < log->count; i++) {
        const HpaRecord *record = &log->items[i];
        if (now - record->time <= window && record->replicas > best) {
            best = record->replicas;
        }
    }
    hpa_note(log, hpa_outdated(log, now, window), (HpaRecord){now, desired});
    return best;
}

/* The current count, moved no farther than into the band that the log leaves. */
static int hpa_stabilize(HpaState *state, sim_time now, int current, int desired) {
    HpaLog *log = &state->recommendations;
    const HpaConfig *config = state->config;
    const sim_time up = hpa_seconds(config->behavior.scaleUp.stabilizationWindowSeconds);
    const sim_time down = hpa_seconds(config->behavior.scaleDown.stabilizationWindowSeconds);
    int least = desired, most = desired;
    for (size_t i = 0; i < log->count; i++) {
        const HpaRecord *record = &log->items[i];
        const sim_time age = now - record->time;
        least = age < up && record->replicas < least ? record->replicas : least;
        most = age < down && record->replicas > most ? record->replicas : most;
    }
    hpa_note(log, hpa_outdated(log, now, up > down ? up : down), (HpaRecord){now, desired});
    const int raised = current < least ? least : current;
    return raised > most ? most : raised;
}

/* Limits ---------------------------------------------------------------------------------- */

/* How far one rule lets go: the count at its period's start, and so many more or fewer. */
static int hpa_rule_limit(const HpaState *state, sim_time now, int current,
                          const HpaScalingPolicy *rule, bool up) {
    const bool net = state->config->rate_rule == HPA_RATE_NET;
    const int64_t added = up || net ? hpa_changes(&state->scale_ups, now, rule->periodSeconds) : 0;
    const int64_t removed =
        !up || net ? hpa_changes(&state->scale_downs, now, rule->periodSeconds) : 0;
    const int64_t start = current - added + removed;
    if (rule->type == HPA_POLICY_PODS) {
        return policy_count((double)start + (up ? (double)rule->value : -(double)rule->value));
    }
    const double share = (double)rule->value / 100;
    return up ? policy_count(ceil((double)start * (1 + share)))
              : policy_count(trunc((double)start * (1 - share)));
}

static int hpa_rate_limit(const HpaState *state, sim_time now, int current, bool up) {
    const HpaConfig *config = state->config;
    const HpaRules *rules = up ? &config->behavior.scaleUp : &config->behavior.scaleDown;
    const HpaScalingPolicy *items = rules->policies.items;
    if (rules->selectPolicy == HPA_SELECT_DISABLED) {
        return current;
    }
    const bool largest = up == (rules->selectPolicy == HPA_SELECT_MAX);
    int limit = largest ? INT_MIN : INT_MAX;
    for (size_t i = 0; i < rules->policies.count; i++) {
        const int one = hpa_rule_limit(state, now, current, &items[i], up);
        limit = largest == (one > limit) ? one : limit;
    }
    return limit;
}

static int hpa_limit_up(const HpaConfig *config, int desired, int limit, asim_decision *decision) {
    const int most = config->maxReplicas > limit ? limit : (int)config->maxReplicas;
    if (desired <= most) {
        return desired;
    }
    decision->limited_by = config->maxReplicas > limit ? "ScaleUpLimit" : "TooManyReplicas";
    return most;
}

static int hpa_limit_down(const HpaConfig *config, int desired, int limit,
                          asim_decision *decision) {
    const int least = config->minReplicas < limit ? limit : (int)config->minReplicas;
    if (desired >= least) {
        return desired;
    }
    decision->limited_by = config->minReplicas < limit ? "ScaleDownLimit" : "TooFewReplicas";
    return least;
}

static int hpa_limit_old(const HpaConfig *config, int current, int desired,
                         asim_decision *decision) {
    const double twice = 2.0 * (double)current;
    if (desired < config->minReplicas) {
        return hpa_limit_down(config, desired, INT_MIN, decision);
    }
    return hpa_limit_up(config, desired, policy_count(twice > 4 ? twice : 4), decision);
}

static int hpa_limit(const HpaState *state, sim_time now, int current, int desired,
                     asim_decision *decision) {
    const HpaConfig *config = state->config;
    if (desired > current) {
        const int limit = hpa_rate_limit(state, now, current, true);
        return hpa_limit_up(config, desired, limit < current ? current : limit, decision);
    }
    if (desired < current) {
        const int limit = hpa_rate_limit(state, now, current, false);
        return hpa_limit_down(config, desired, limit > current ? current : limit, decision);
    }
    return desired;
}

/* A pass ---------------------------------------------------------------------------------- */

static void hpa_say(asim_decision *decision, int current, int desired, int stabilized) {
    if (decision->target != current) {
        decision->reason = decision->target > current ? "scale_up" : "scale_down";
    } else if (desired == current) {
        decision->reason = "hold_on_target";
    } else {
        decision->reason = stabilized == current ? "hold_stabilized" : "hold_limited";
    }
    if (stabilized != desired) {
        decision->window = desired >= current ? "ScaleUpStabilized" : "ScaleDownStabilized";
        decision->window_target = stabilized;
        decision->limited_by =
            decision->limited_by != NULL ? decision->limited_by : decision->window;
    }
}

static void hpa_normalize(HpaState *state, sim_time now, int current, int desired,
                          asim_decision *decision) {
    int stabilized;
    if (state->config->has_behavior) {
        stabilized = hpa_stabilize(state, now, current, desired);
        decision->target = hpa_limit(state, now, current, stabilized, decision);
    } else {
        stabilized = hpa_stabilize_old(state, now, desired);
        decision->target = hpa_limit_old(state->config, current, stabilized, decision);
    }
    if (current == 0 && decision->target < state->config->minReplicas) {
        decision->target = (int)state->config->minReplicas;
    }
    hpa_say(decision, current, desired, stabilized);
}

/* The count is set whatever the metrics say; false: it is not. */
static bool hpa_is_beyond(const HpaState *state, int current, asim_decision *decision) {
    const HpaConfig *config = state->config;
    if (current == 0 && config->minReplicas != 0 && !state->scaled_to_zero) {
        decision->reason = "disabled_at_zero";
        decision->target = 0;
        return true;
    }
    if (current > config->maxReplicas) {
        decision->reason = "above_max";
        decision->limited_by = "TooManyReplicas";
        decision->target = decision->recommended = (int)config->maxReplicas;
        return true;
    }
    if (current < config->minReplicas && current > 0) {
        decision->reason = "below_min";
        decision->limited_by = "TooFewReplicas";
        decision->target = decision->recommended = (int)config->minReplicas;
        return true;
    }
    return false;
}

/* desired: below 0: the metrics say. */
static void hpa_pass(HpaState *state, sim_time now, int current, int ready,
                     const OptionList *metrics, int desired, asim_decision *decision) {
    const HpaConfig *config = state->config;
    if (config->initial_recommendation && !state->has_synced && state->recommendations.count == 0) {
        hpa_note(&state->recommendations, 0, (HpaRecord){now, current});
    }
    state->has_synced = true;
    decision->target = current;
    if (!hpa_is_beyond(state, current, decision)) {
        if (desired < 0) {
            desired = hpa_propose(config, current, ready, metrics, decision);
        } else {
            decision->recommended = desired;
        }
        if (desired < 0) {
            decision->reason = "hold_metrics_failed";
            return;
        }
        hpa_normalize(state, now, current, desired, decision);
    }
    if (decision->target != current) {
        hpa_note_change(state, now, current, decision->target);
        state->scaled_to_zero = decision->target == 0 && config->minReplicas == 0;
    }
}

void hpa_sync(HpaState *state, sim_time now, int current, int ready, const OptionList *metrics,
              asim_decision *decision) {
    hpa_pass(state, now, current, ready, metrics, -1, decision);
}

/* The past -------------------------------------------------------------------------------- */

static void hpa_recall_log(HpaLog *log, const OptionList *past) {
    const PolicyPastItem *items = past->items;
    log->count = 0;
    for (size_t i = 0; i < past->count; i++) {
        hpa_note(log, log->count, (HpaRecord){items[i].time, policy_count(items[i].number)});
    }
}

void hpa_recall(HpaState *state, const PolicyPast *past) {
    state->has_synced = true;
    hpa_recall_log(&state->recommendations, &past->recommendations);
    hpa_recall_log(&state->scale_ups, &past->scale_ups);
    hpa_recall_log(&state->scale_downs, &past->scale_downs);
}

void hpa_forget(HpaState *state) {
    free(state->recommendations.items);
    free(state->scale_ups.items);
    free(state->scale_downs.items);
    *state = (HpaState){.config = state->config};
}

/* The policy ------------------------------------------------------------------------------ */

static void hpa_configure(void *opaque, const void *config) {
    HpaState *state = opaque;
    state->config = config;
}

static void hpa_init(void *opaque, const void *config, int initial_target) {
    (void)initial_target;
    hpa_configure(opaque, config);
}

static void hpa_clear(void *opaque) {
    hpa_forget(opaque);
}

static void hpa_remember(void *opaque, const PolicyPast *past) {
    hpa_recall(opaque, past);
}

static void hpa_decide(void *opaque, const asim_observation *observation, asim_decision *decision) {
    HpaState *state = opaque;
    const HpaInput *input = observation->seen;
    *decision = policy_keep(observation, state->config->minReplicas, state->config->maxReplicas);
    hpa_pass(state, observation->time, observation->target, observation->serving, &input->metrics,
             input->desired == OPTION_ABSENT_INTEGER ? -1 : (int)input->desired, decision);
}

static const char *hpa_take(const void *input, asim_observation *observation) {
    observation->seen = input;
    const HpaInput *own = input;
    return !own->has_metrics && own->desired == OPTION_ABSENT_INTEGER ? "metrics" : NULL;
}

/* In a simulation ------------------------------------------------------------------------- */

/* All metrics are as fresh as can be: measured at each pass. */
typedef struct HpaPipeline {
    const HpaConfig *config;
    HpaMetric *metrics;
    HpaPod *pods; /* of all metrics, one after another */
    size_t room;
} HpaPipeline;

static HpaPod hpa_pod(PolicySignal signal, const asim_replica *replica) {
    HpaPod pod = {.state = HPA_POD_READY, .value = policy_signal_of(signal, replica), .request = 1};
    if (replica->state != ASIM_REPLICA_SERVING) {
        pod.state = replica->state < ASIM_REPLICA_SERVING ? HPA_POD_UNREADY : HPA_POD_IGNORED;
    }
    return pod;
}

/* One metric of a spec, measured on a simulated cluster; its pods are in room for all replicas. */
static HpaMetric measure_metric(int type, PolicySignal signal, const asim_observation *cluster,
                                HpaPod *pods) {
    HpaMetric metric = {.type = type,
                        .target_type = OPTION_ABSENT_CHOICE,
                        .target = hpa_target(NAN),
                        .value = policy_signal_total(signal, cluster)};
    if (type % 4 == HPA_OBJECT || type % 4 == HPA_EXTERNAL) {
        return metric;
    }
    for (size_t i = 0; i < cluster->replica_count; i++) {
        pods[i] = hpa_pod(signal, &cluster->replicas[i]);
    }
    metric.pods = (OptionList){pods, cluster->replica_count};
    return metric;
}

static void hpa_pipeline_init(void *opaque, const void *config) {
    HpaPipeline *pipeline = opaque;
    pipeline->config = config;
    pipeline->metrics = memory_new(pipeline->config->metrics.count, sizeof *pipeline->metrics);
}

static unsigned hpa_due(void *pipeline, sim_time now) {
    (void)pipeline, (void)now;
    return POLICY_DUE_SAMPLE | POLICY_DUE_DECISION;
}

static void hpa_sample(void *opaque, const asim_observation *cluster) {
    HpaPipeline *pipeline = opaque;
    const HpaMetricSpec *specs = pipeline->config->metrics.items;
    const size_t count = pipeline->config->metrics.count;
    if (cluster->replica_count * count > pipeline->room) {
        pipeline->room = 2 * cluster->replica_count * count;
        pipeline->pods = memory_resize(pipeline->pods, pipeline->room, sizeof *pipeline->pods);
    }
    for (size_t i = 0; i < count; i++) {
        pipeline->metrics[i] =
            measure_metric(specs[i].type, (PolicySignal)policy_signal_find(specs[i].name), cluster,
                           pipeline->pods + i * cluster->replica_count);
    }
}

static void hpa_see(void *opaque, const asim_observation *cluster, void *input) {
    const HpaPipeline *pipeline = opaque;
    (void)cluster;
    ((HpaInput *)input)->metrics = (OptionList){pipeline->metrics, pipeline->config->metrics.count};
}

static void hpa_pipeline_clear(void *opaque) {
    HpaPipeline *pipeline = opaque;
    free(pipeline->metrics);
    free(pipeline->pods);
}

static const PolicyPipeline hpa_pipeline = {
    .size = sizeof(HpaPipeline),
    .init = hpa_pipeline_init,
    .due = hpa_due,
    .sample = hpa_sample,
    .see = hpa_see,
    .clear = hpa_pipeline_clear,
};

/* What is scaled by must be something that is simulated, with a target. */
static void hpa_check_simulated(const void *opaque, const Error *where, ErrorList *errors) {
    const HpaConfig *config = opaque;
    const HpaMetricSpec *specs = config->metrics.items;
    bool lacks_target = false, is_unknown = false;
    for (size_t i = 0; i < config->metrics.count; i++) {
        lacks_target = lacks_target || isnan(specs[i].target);
        is_unknown = is_unknown || policy_signal_find(specs[i].name) < 0;
    }
    const ErrorRule rules[] = {
        {config->metrics.count == 0, "metrics", "nothing",
         "what to scale by, such as [{\"type\": \"pods\", \"name\": \"requests\", \"target\": 8}]"},
        {lacks_target, "metrics", "a metric without target", "a target for each"},
        {is_unknown, "metrics", "a name that is not measured",
         "requests, running_requests, queued_requests, kv_cache_usage or busy"},
    };
    error_add_broken(where, rules, errors);
}

static PolicyMeasurement hpa_measurement(const void *config) {
    const HpaConfig *own = config;
    return (PolicyMeasurement){.evaluation_interval = own->sync_period,
                               .rate_window = SIM_TIME_MINUTE,
                               .load_signal = POLICY_LOAD_MAX};
}

/* Tables ---------------------------------------------------------------------------------- */

static const asim_word hpa_reasons[] = {
    {"scale_up", "the largest of the metrics asks for more"},
    {"scale_down", "all metrics ask for less"},
    {"hold_on_target", "the count is what the metrics ask for, within the tolerance"},
    {"hold_stabilized", "recent recommendations keep the count"},
    {"hold_limited", "the rules of speed, or min and max, keep the count"},
    {"hold_metrics_failed", "no metric could be had, or not all, and those there are ask for less"},
    {"disabled_at_zero", "a count of 0 is left alone"},
    {"above_max", "the count was above maxReplicas"},
    {"below_min", "the count was below minReplicas"},
    {NULL, NULL},
};

static const asim_word hpa_terms[] = {
    {"resource", "average utilisation in percent of what pods request, or value per pod"},
    {"pods", "average value per pod"},
    {"object", "value of all pods together, or per pod"},
    {"external", "value of all pods together, or per pod"},
    {NULL, NULL},
};

#define END_OF_ROWS                                                                                \
    { NULL, ASIM_STATE_INT, 0, NULL, 0, 0 }
static const asim_state_row hpa_recommendation_rows[] = {
    {"time_s", ASIM_STATE_TIME, offsetof(HpaRecord, time), NULL, 0, 0},
    {"replicas", ASIM_STATE_INT, offsetof(HpaRecord, replicas), NULL, 0, 0},
    END_OF_ROWS,
};

#define LOG(member)                                                                                \
    {                                                                                              \
#member, ASIM_STATE_LIST, offsetof(HpaState, member.items), hpa_recommendation_rows,       \
            sizeof(HpaRecord), offsetof(HpaState, member.count)                                    \
    }
static const asim_state_row hpa_rows[] = {
    LOG(recommendations),
    LOG(scale_ups),
    LOG(scale_downs),
    {"scaled_to_zero", ASIM_STATE_BOOLEAN, offsetof(HpaState, scaled_to_zero), NULL, 0, 0},
    END_OF_ROWS,
};
#undef LOG

static const asim_policy hpa_policy = {
    .name = "hpa",
    .state_size = sizeof(HpaState),
    .init = hpa_init,
    .decide = hpa_decide,
    .clear = hpa_clear,
    .reasons = hpa_reasons,
    .terms = hpa_terms,
    .rows = hpa_rows,
};

const PolicyKind hpa_kind = {
    .policy = &hpa_policy,
    .source = "kubernetes/kubernetes, pkg/controller/podautoscaler, 2021 to 2026",
    .options = hpa_options,
    .config_size = sizeof(HpaConfig),
    .resolve = hpa_resolve_any,
    .check = hpa_check,
    .initial_target = hpa_initial_target,
    .most_target = hpa_most_target,
    .measurement = hpa_measurement,
    .check_simulated = hpa_check_simulated,
    .pipeline = &hpa_pipeline,
    .holds_at_zero = true,
    .inputs = hpa_inputs,
    .input_size = sizeof(HpaInput),
    .take = hpa_take,
    .configure = hpa_configure,
    .remember = hpa_remember,
};
