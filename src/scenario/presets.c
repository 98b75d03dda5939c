// SPDX-License-Identifier: GPL-3.0-or-later
/* The documentation's common patterns, two other published sets of values, and the settings of
 * other software by its users' names. Those of closed services are approximate: an open policy that
 * comes near what their documentation says. */
#include "scenario/presets.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char autoscaling_page[] =
    "docs.fireworks.ai/deployments/autoscaling, \"Common patterns\"";

static const ScenarioPreset presets[] = {
    {"cost-optimization",
     "scale to zero when idle to minimize costs",
     autoscaling_page,
     {{"min_replica_count", "0"},
      {"max_replica_count", "3"},
      {"scale_up_window", "30s"},
      {"scale_down_window", "10m"},
      {"scale_to_zero_window", "1h"},
      {"load_targets", "default=0.8"},
      {NULL, NULL}},
     NULL},
    {"performance",
     "keep replicas running for instant response",
     autoscaling_page,
     {{"min_replica_count", "2"},
      {"max_replica_count", "10"},
      {"scale_up_window", "15s"},
      {"scale_down_window", "10m"},
      {"scale_to_zero_window", "1h"},
      {"load_targets", "concurrent_requests=5"},
      {NULL, NULL}},
     NULL},
    {"predictable-traffic",
     "match known traffic patterns",
     autoscaling_page,
     {{"min_replica_count", "3"},
      {"max_replica_count", "5"},
      {"scale_up_window", "30s"},
      {"scale_down_window", "30m"},
      {"scale_to_zero_window", "1h"},
      {"load_targets", "tokens_generated_per_second=150"},
      {NULL, NULL}},
     NULL},
    {"quickstart",
     "the values of the first steps: one replica that goes soon",
     "docs.fireworks.ai/getting-started/ondemand-quickstart",
     {{"min_replica_count", "0"},
      {"max_replica_count", "1"},
      {"scale_up_window", "30s"},
      {"scale_down_window", "5m"},
      {"scale_to_zero_window", "5m"},
      {"load_targets", "default=0.8"},
      {NULL, NULL}},
     NULL},
    {"build-sdk",
     "the older Build SDK's own defaults, for experiments",
     "Fireworks Build SDK, LLM(), as documented in 2025",
     {{"min_replica_count", "0"},
      {"max_replica_count", "1"},
      {"scale_up_window", "1s"},
      {"scale_down_window", "1m"},
      {"scale_to_zero_window", "5m"},
      {"load_targets", "default=0.8"},
      {NULL, NULL}},
     NULL},
    {"ray-llm",
     "Ray Serve LLM's quick start: Ray Serve's own policy, one or two replicas",
     "docs.ray.io, Serving LLMs, quickstart",
     {{"min_replicas", "1"}, {"max_replicas", "2"}, {NULL, NULL}},
     "ray_serve"},
    {"kserve",
     "KServe on Knative: at least one replica, everything else as Knative has it",
     "kserve.github.io, KPA autoscaler; Knative's config-autoscaler",
     {{"min-scale", "1"}, {NULL, NULL}},
     "knative"},
    {"keda-epp",
     "llm-d with KEDA and the endpoint picker's metrics: one queued or 16 running requests a "
     "replica",
     "llm-d/llm-d, guides/workload-autoscaling/keda-epp",
     {{"triggers", "[{\"name\": \"queued_requests\", \"threshold\": 1}, {\"name\": "
                   "\"running_requests\", \"threshold\": 16}]"},
      {"minReplicaCount", "1"},
      {"maxReplicaCount", "8"},
      {"pollingInterval", "15"},
      {"cooldownPeriod", "300"},
      {NULL, NULL}},
     "keda"},
    {"huggingface",
     "approximate: Hugging Face's endpoints, 80 % of the accelerator or 1.5 pending requests a "
     "replica; their zero is not in it",
     "huggingface.co/docs/inference-endpoints/autoscaling; max is ours",
     {{"metrics", "[{\"type\": \"resource\", \"name\": \"busy\", \"target\": 80}, {\"name\": "
                  "\"queued_requests\", \"target\": 1.5}]"},
      {"minReplicas", "1"},
      {"maxReplicas", "8"},
      {"sync_period", "1m"},
      {"downscale_stabilization", "5m"},
      {NULL, NULL}},
     "hpa"},
    {"sagemaker",
     "approximate: SageMaker's target tracking of 5 concurrent requests a replica, out fast, in "
     "after "
     "15 minutes below",
     "docs.aws.amazon.com, application auto scaling, target tracking; alarm periods are reported, "
     "max "
     "is ours",
     {{"metrics", "[{\"name\": \"requests\", \"target\": 5}]"},
      {"minReplicas", "1"},
      {"maxReplicas", "8"},
      {"sync_period", "1m"},
      {"behavior", "{\"scaleUp\": {\"policies\": [{\"type\": \"Percent\", \"value\": 1000, "
                   "\"periodSeconds\": 60}]}, \"scaleDown\": {\"stabilizationWindowSeconds\": "
                   "900}}"},
      {NULL, NULL}},
     "hpa"},
};

enum { PRESETS = sizeof presets / sizeof presets[0] };

const ScenarioPreset *scenario_presets(size_t *count) {
    *count = PRESETS;
    return presets;
}

const ScenarioPreset *scenario_preset_find(const char *name) {
    for (size_t i = 0; i < PRESETS; i++) {
        if (strcmp(presets[i].name, name) == 0) {
            return &presets[i];
        }
    }
    return NULL;
}

const char *scenario_preset_nearest(const char *name) {
    return error_nearest_row(name, presets, PRESETS, name);
}

static void add(OverrideList *list, const char *deployment, const char *key, const char *value,
                const char *flag) {
    char *path = memory_format("deployments.%s.%s", deployment != NULL ? deployment : "*", key);
    overrides_add(list, path, value, flag);
    free(path);
}

void overrides_add_preset(OverrideList *list, const char *deployment,
                          const ScenarioPreset *preset) {
    char *flag = memory_format("--preset %s", preset->name);
    add(list, deployment, "policy", preset->policy != NULL ? preset->policy : "fireworks", flag);
    if (preset->policy != NULL) { /* options of another policy would not be understood */
        add(list, deployment, "autoscaling", "{}", flag);
    }
    for (const PresetValue *value = preset->values; value->key != NULL; value++) {
        char *key = memory_format("autoscaling.%s", value->key);
        add(list, deployment, key, value->value, flag);
        free(key);
    }
    free(flag);
}
