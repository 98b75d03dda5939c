// SPDX-License-Identifier: GPL-3.0-or-later
/* The Kubernetes horizontal pod autoscaler, for itself and for what drives it (KEDA). */
#ifndef POLICY_HPA_H
#define POLICY_HPA_H

#include "policy/policies.h"

typedef enum HpaMetricType { HPA_RESOURCE, HPA_PODS, HPA_OBJECT, HPA_EXTERNAL } HpaMetricType;
typedef enum HpaTargetType { HPA_UTILIZATION, HPA_VALUE, HPA_AVERAGE_VALUE } HpaTargetType;
typedef enum HpaPodState {
    HPA_POD_READY,
    HPA_POD_UNREADY,
    HPA_POD_MISSING,
    HPA_POD_IGNORED
} HpaPodState;

/* One rule of how fast: so many pods, or percent, per period. */
typedef struct HpaScalingPolicy {
    int type; /* 0: Pods; 1: Percent */
    int64_t value, periodSeconds;
} HpaScalingPolicy;

typedef struct HpaRules {
    int64_t stabilizationWindowSeconds;
    int selectPolicy;
    OptionList policies; /* of HpaScalingPolicy */
    double tolerance;    /* NAN: the controller's */
} HpaRules;

/* A metric to scale by; in a simulation, of what. */
typedef struct HpaMetricSpec {
    int type; /* HpaMetricType, or the same spelt as Kubernetes has it */
    char *name;
    int target_type; /* absent: Utilization of resource, AverageValue of pods, else Value */
    double target;
} HpaMetricSpec;

typedef struct HpaConfig {
    int64_t minReplicas, maxReplicas;
    OptionList metrics; /* of HpaMetricSpec */
    bool has_behavior;
    struct {
        HpaRules scaleUp, scaleDown;
    } behavior;
    sim_time sync_period, downscale_stabilization;
    double tolerance;
    int tolerance_rule, rate_rule;
    bool initial_recommendation;
} HpaConfig;

/* What is known of one pod. */
typedef struct HpaPod {
    int state;
    double value, request; /* NAN: not known */
} HpaPod;

/* What to aim at, as Kubernetes has it: one of the three. */
typedef struct HpaTarget {
    int type; /* HpaTargetType; absent: which of them it is says it, or value may be any */
    double value, averageValue, averageUtilization;
} HpaTarget;

/* One metric as it was measured. */
typedef struct HpaMetric {
    int type;         /* absent: the config's, at the same place */
    int target_type;  /* likewise */
    HpaTarget target; /* likewise */
    double value;     /* of object and external */
    OptionList pods;  /* HpaPod: of resource and pods; of the others, when given, who is ready */
    bool error;       /* it could not be had */
} HpaMetric;

/* What a log remembers. */
typedef struct HpaRecord {
    sim_time time;
    int replicas; /* recommended, or by how many the count changed */
} HpaRecord;

typedef struct HpaLog {
    HpaRecord *items;
    size_t count, room;
} HpaLog;

typedef struct HpaState {
    const HpaConfig *config;
    HpaLog recommendations, scale_ups, scale_downs;
    bool has_synced;
    bool scaled_to_zero; /* it was this policy that did so */
} HpaState;

extern const Option hpa_behavior_options[], hpa_rules_options[], hpa_policy_options[];

HpaTarget hpa_target(double value); /* of any type; NAN: none */

/* Fills in what Kubernetes fills in. */
void hpa_resolve(HpaConfig *config);

/* One pass of the controller over a target that asks for `current` replicas, `ready` of them ready:
 * fills the decision, whose limits and target are set. Metrics: of HpaMetric. */
void hpa_sync(HpaState *state, sim_time now, int current, int ready, const OptionList *metrics,
              asim_decision *decision);
void hpa_recall(HpaState *state, const PolicyPast *past);
void hpa_forget(HpaState *state);

#endif
