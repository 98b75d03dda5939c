// SPDX-License-Identifier: GPL-3.0-or-later
/* The list of all tables. */
#include "scenario/scenario_options.h"

#include "base/memory.h"
#include "base/text.h"
#include "cluster/config.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "traffic/traffic.h"

#include <stdlib.h>
#include <string.h>

static const ScenarioSection fixed_sections[] = {
    {.path = "", .options = scenario_options, .title = "the scenario itself"},
    {.path = "slo", .options = slo_options},
    {.path = "pools.ACCELERATOR", .options = pool_options, .title = "a pool"},
    {.path = "deployments.NAME", .options = deployment_options, .title = "a deployment"},
    {.path = "deployments.NAME.serverless_price", .options = serverless_price_options},
    {.path = "deployments.NAME.profile", .options = profile_options},
    {.path = "deployments.NAME.profile_range", .options = profile_range_options},
    {.path = "deployments.NAME.cold_start", .options = cold_start_options},
    {.path = "deployments.NAME.preemptible", .options = preemptible_options},
    {.path = "deployments.NAME.failures", .options = failures_options},
    {.path = "deployments.NAME.client", .options = client_options},
};

enum { FIXED_SECTIONS = sizeof fixed_sections / sizeof fixed_sections[0] };

#define POLICY_PATH "deployments.NAME.autoscaling"

/* A policy's options, or else a part of them; index counts down. */
static bool policy_section(const PolicyKind *kind, size_t *index, ScenarioSection *section) {
    if (kind->measurement == NULL) { /* scenarios do not know it */
        return false;
    }
    *section = (ScenarioSection){
        .path = POLICY_PATH, .kind = kind->policy->name, .options = kind->options};
    bool found = (*index)-- == 0;
    for (const PolicySection *part = kind->sections; !found && part != NULL && part->path != NULL;
         part++) {
        section->path = part->path;
        section->options = part->options;
        found = (*index)-- == 0;
    }
    return found;
}

bool scenario_section(size_t index, ScenarioSection *section) {
    if (index < FIXED_SECTIONS) {
        *section = fixed_sections[index];
        return true;
    }
    index -= FIXED_SECTIONS;
    for (size_t i = 0; i < policies_count; i++) {
        if (policy_section(policies[i], &index, section)) {
            return true;
        }
    }
    for (const TrafficKind *const *kind = traffic_kinds; *kind != NULL; kind++) {
        if (index-- == 0) {
            *section = (ScenarioSection){.path = "deployments.NAME.traffic",
                                         .kind = (*kind)->name,
                                         .is_traffic = true,
                                         .options = (*kind)->options};
            return true;
        }
    }
    return false;
}

/* "traffic of type gamma", "cold_start", "the scenario itself". Owned by the caller. */
static char *section_name(const ScenarioSection *section) {
    if (section->title != NULL) {
        return memory_text(section->title);
    }
    const char *dot = strrchr(section->path, '.');
    const char *last = dot != NULL ? dot + 1 : section->path;
    if (section->is_traffic) {
        return memory_format("%s of type %s", last, section->kind);
    }
    const bool is_other =
        section->kind != NULL && strcmp(section->kind, policies[0]->policy->name) != 0;
    return is_other ? memory_format("%s of policy %s", last, section->kind) : memory_text(last);
}

/* Of policies of one's own only what no other policy has: their options are called alike. */
static bool is_home(const ScenarioSection *section, const char *key) {
    if (option_find(section->options, key) == NULL) {
        return false;
    }
    const PolicyKind *kind = section->kind != NULL ? policies_find(section->kind) : NULL;
    return kind == NULL || !kind->is_own || option_find(policies[0]->options, key) == NULL;
}

char *scenario_key_home(const Option *context, const char *key) {
    enum { HOMES_TOLD = 3 };
    ScenarioSection section;
    Text text = {0};
    size_t told = 0;
    for (size_t i = 0; scenario_section(i, &section) && told < HOMES_TOLD; i++) {
        if (section.options != context && is_home(&section, key)) {
            char *name = section_name(&section);
            text_addf(&text, "%s%s", told++ == 0 ? "an option of " : ", ", name);
            free(name);
        }
    }
    return text.text;
}
