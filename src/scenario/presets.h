// SPDX-License-Identifier: GPL-3.0-or-later
/* Published autoscaling settings, by name. A preset says all that the documentation's table of
 * flags has: what a pattern leaves out is there at its default, so that a preset is the same in
 * every scenario. */
#ifndef SCENARIO_PRESETS_H
#define SCENARIO_PRESETS_H

#include "scenario/overrides.h"

typedef struct PresetValue {
    const char *key; /* option of autoscaling; NULL ends the list */
    const char *value;
} PresetValue;

typedef struct ScenarioPreset {
    const char *name; /* "cost-optimization" */
    const char *title;
    const char *source; /* where it is published */
    PresetValue values[8];
    const char *policy; /* whose options they are; NULL: fireworks */
} ScenarioPreset;

const ScenarioPreset *scenario_presets(size_t *count);
const ScenarioPreset *scenario_preset_find(const char *name);
/* The nearest spelling, or NULL. */
const char *scenario_preset_nearest(const char *name);

/* Adds its overrides for the deployment (NULL or "*": every one). */
void overrides_add_preset(OverrideList *list, const char *deployment, const ScenarioPreset *preset);

#endif
