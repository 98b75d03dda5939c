// SPDX-License-Identifier: GPL-3.0-or-later
/* The documentation's common patterns, and two other published sets of values. */
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
      {NULL, NULL}}},
    {"performance",
     "keep replicas running for instant response",
     autoscaling_page,
     {{"min_replica_count", "2"},
      {"max_replica_count", "10"},
      {"scale_up_window", "15s"},
      {"scale_down_window", "10m"},
      {"scale_to_zero_window", "1h"},
      {"load_targets", "concurrent_requests=5"},
      {NULL, NULL}}},
    {"predictable-traffic",
     "match known traffic patterns",
     autoscaling_page,
     {{"min_replica_count", "3"},
      {"max_replica_count", "5"},
      {"scale_up_window", "30s"},
      {"scale_down_window", "30m"},
      {"scale_to_zero_window", "1h"},
      {"load_targets", "tokens_generated_per_second=150"},
      {NULL, NULL}}},
    {"quickstart",
     "the values of the first steps: one replica that goes soon",
     "docs.fireworks.ai/getting-started/ondemand-quickstart",
     {{"min_replica_count", "0"},
      {"max_replica_count", "1"},
      {"scale_up_window", "30s"},
      {"scale_down_window", "5m"},
      {"scale_to_zero_window", "5m"},
      {"load_targets", "default=0.8"},
      {NULL, NULL}}},
    {"build-sdk",
     "the older Build SDK's own defaults, for experiments",
     "Fireworks Build SDK, LLM(), as documented in 2025",
     {{"min_replica_count", "0"},
      {"max_replica_count", "1"},
      {"scale_up_window", "1s"},
      {"scale_down_window", "1m"},
      {"scale_to_zero_window", "5m"},
      {"load_targets", "default=0.8"},
      {NULL, NULL}}},
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
    add(list, deployment, "policy", "fireworks", flag);
    for (const PresetValue *value = preset->values; value->key != NULL; value++) {
        char *key = memory_format("autoscaling.%s", value->key);
        add(list, deployment, key, value->value, flag);
        free(key);
    }
    free(flag);
}
