// SPDX-License-Identifier: GPL-3.0-or-later
/* The scenario's own options, and the list of all tables. */
#include "scenario/scenario_options.h"

#include "base/memory.h"
#include "policy/policies.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_S 315619200.0 /* SIM_TIME_LONGEST */
#define DEPLOYMENT(member) offsetof(DeploymentConfig, member)

const Option slo_options[] = {
    {.name = "ttft",
     .type = OPTION_DURATION,
     .basis = OPTION_OURS,
     .offset = offsetof(SloConfig, ttft),
     .above_minimum = true,
     .maximum = LONGEST_S,
     .help = "longest good time to first token, retry wait included"},
    {.name = "tpot",
     .type = OPTION_DURATION,
     .basis = OPTION_OURS,
     .offset = offsetof(SloConfig, tpot),
     .above_minimum = true,
     .maximum = LONGEST_S,
     .help = "longest good time per output token after the first"},
    {.name = "e2e",
     .type = OPTION_DURATION,
     .basis = OPTION_OURS,
     .offset = offsetof(SloConfig, e2e),
     .above_minimum = true,
     .maximum = LONGEST_S,
     .help = "longest good time from the first send to the last token"},
    OPTION_END,
};

const Option scenario_options[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     .is_name = true,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, name),
     .help = "what reports call the scenario; by default the file's name"},
    {.name = "question",
     .type = OPTION_TEXT,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, question),
     .help = "what the scenario is to find out"},
    {.name = "seed",
     .type = OPTION_INTEGER,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, seed),
     .minimum = 0,
     .maximum = 9007199254740991.0,
     .default_text = "1",
     .help = "all random streams follow from it"},
    {.name = "replication",
     .type = OPTION_INTEGER,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, replication),
     .minimum = 0,
     .maximum = 9007199254740991.0,
     .default_text = "0",
     .help = "another one is another run of the same seed"},
    {.name = "duration",
     .type = OPTION_DURATION,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, duration),
     .above_minimum = true,
     .maximum = LONGEST_S,
     .help = "traffic comes for this long; by default until it ends by itself"},
    {.name = "start",
     .type = OPTION_INSTANT,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, start_epoch_s),
     .help = "calendar instant of time 0 (default: the whole second of the first row of all "
             "recorded traffic with dates, else 2026-11-16T00:00:00Z, a Monday)"},
    {.name = "warmup",
     .type = OPTION_DURATION,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, warmup),
     .minimum = 0,
     .maximum = LONGEST_S,
     .default_text = "0s",
     .help = "simulated and billed, but left out of the latency metrics"},
    {.name = "drain",
     .type = OPTION_BOOLEAN,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, drain),
     .default_text = "true",
     .help = "requests in flight at the end are finished, without new arrivals"},
    {.name = "drain_limit",
     .type = OPTION_DURATION,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, drain_limit),
     .minimum = 0,
     .maximum = 315619200,
     .default_text = "7d",
     .needs = "drain",
     .help = "how long after the end requests may still take; what is left is cut"},
    {.name = "interval",
     .type = OPTION_DURATION,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, interval),
     .minimum = 1,
     .maximum = LONGEST_S,
     .default_text = "1m",
     .help = "length of a row of timeseries.csv"},
    {.name = "write_requests",
     .type = OPTION_BOOLEAN,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, write_requests),
     .default_text = "false",
     .help = "write requests.csv, a row per request"},
    {.name = "slo",
     .type = OPTION_GROUP,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, slo),
     .group = slo_options,
     .help = "limits that a good request meets"},
    {.name = "pools",
     .type = OPTION_CUSTOM,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, pools),
     .help = "GPUs by accelerator"},
    {.name = "deployments",
     .type = OPTION_CUSTOM,
     .basis = OPTION_OURS,
     .offset = offsetof(Scenario, deployments),
     .help = "deployments by name"},
    OPTION_END,
};

const Option deployment_options[] = {
    {.name = "model",
     .type = OPTION_TEXT,
     .is_name = true,
     .basis = OPTION_OURS,
     .offset = DEPLOYMENT(model),
     .help = "a model of the catalogue, or any name with weights and coefficients beside it; "
             "without one, the deployment's name"},
    {.name = "accelerator",
     .type = OPTION_TEXT,
     .is_name = true,
     .basis = OPTION_DOCUMENTED,
     .offset = DEPLOYMENT(accelerator),
     .flag = "accelerator-type",
     .help = "H100, H200, B200, ... (NVIDIA_H100_80GB is understood); by default the catalogue's"},
    {.name = "accelerator_count",
     .type = OPTION_INTEGER,
     .basis = OPTION_DOCUMENTED,
     .offset = DEPLOYMENT(accelerator_count),
     .minimum = 1,
     .maximum = 1024,
     .flag = "accelerator-count",
     .help = "GPUs per replica; by default the catalogue's, or 1"},
    {.name = "precision",
     .type = OPTION_TEXT,
     .is_name = true,
     .basis = OPTION_DOCUMENTED,
     .offset = DEPLOYMENT(precision),
     .flag = "precision",
     .help = "of the weights: bf16, fp16, fp8, fp4; by default the catalogue's"},
    {.name = "weights_gb",
     .type = OPTION_NUMBER,
     .basis = OPTION_ASSUMED,
     .offset = DEPLOYMENT(weights_gb),
     .minimum = 0,
     .maximum = 1e6,
     .help = "size of the weights in 10^9 bytes; by default from the model and its precision"},
    {.name = "parameters_b",
     .type = OPTION_NUMBER,
     .basis = OPTION_ASSUMED,
     .offset = DEPLOYMENT(parameters_b),
     .minimum = 0,
     .above_minimum = true,
     .maximum = 1e6,
     .help = "parameters in billions, for a model that is not in the catalogue"},
    {.name = "profile",
     .type = OPTION_CUSTOM,
     .basis = OPTION_ASSUMED,
     .offset = DEPLOYMENT(profile),
     .help = "performance of a replica, over the catalogue's"},
    {.name = "profile_source",
     .type = OPTION_TEXT,
     .basis = OPTION_OURS,
     .offset = DEPLOYMENT(profile_source),
     .help = "where the coefficients come from"},
    {.name = "initial_replica_count",
     .type = OPTION_INTEGER,
     .basis = OPTION_OURS,
     .offset = DEPLOYMENT(initial_replica_count),
     .minimum = 0,
     .maximum = 1e6,
     .help = "warm replicas at the start; by default the policy's minimum"},
    {.name = "max_concurrency_per_replica",
     .type = OPTION_INTEGER,
     .basis = OPTION_ASSUMED,
     .offset = DEPLOYMENT(max_concurrency_per_replica),
     .minimum = 0,
     .maximum = 1e9,
     .default_text = "0",
     .flag = "max-concurrency-per-replica",
     .help = "requests that a replica holds before a further one gets 429; 0 = no limit"},
    {.name = "load_balancer",
     .type = OPTION_CHOICE,
     .basis = OPTION_ASSUMED,
     .offset = DEPLOYMENT(load_balancer),
     .default_text = "least_outstanding",
     .choices = load_balancing_names,
     .help = "which serving replica gets a request"},
    {.name = "region_restricted",
     .type = OPTION_BOOLEAN,
     .basis = OPTION_DOCUMENTED,
     .offset = DEPLOYMENT(region_restricted),
     .default_text = "false",
     .flag = "region",
     .help = "in one region only, at 1.5 times the price (--region other than global)"},
    {.name = "bill_startup",
     .type = OPTION_BOOLEAN,
     .basis = OPTION_DOCUMENTED,
     .offset = DEPLOYMENT(bill_startup),
     .default_text = "false",
     .help = "bill replicas while they start, as other clouds do"},
    {.name = "usd_per_gpu_hour",
     .type = OPTION_NUMBER,
     .basis = OPTION_DOCUMENTED,
     .offset = DEPLOYMENT(usd_per_gpu_hour),
     .minimum = 0,
     .maximum = 1e6,
     .help = "on-demand price for this deployment; by default its pool's"},
    {.name = "policy",
     .type = OPTION_CUSTOM,
     .basis = OPTION_OURS,
     .offset = DEPLOYMENT(policy),
     .help = "the autoscaler: fireworks"},
    {.name = "autoscaling",
     .type = OPTION_CUSTOM,
     .basis = OPTION_DOCUMENTED,
     .offset = DEPLOYMENT(autoscaling),
     .help = "the policy's options"},
    {.name = "cold_start",
     .type = OPTION_CUSTOM,
     .basis = OPTION_ASSUMED,
     .offset = DEPLOYMENT(cold_start),
     .help = "how long a replica's start takes"},
    {.name = "client",
     .type = OPTION_CUSTOM,
     .basis = OPTION_DOCUMENTED,
     .offset = DEPLOYMENT(client),
     .help = "how clients retry: a preset's name, or its options"},
    {.name = "traffic",
     .type = OPTION_CUSTOM,
     .basis = OPTION_OURS,
     .offset = DEPLOYMENT(traffic),
     .help = "one source of requests, or an array of them"},
    OPTION_END,
};

/* Sections ----------------------------------------------------------------------------------- */

static const ScenarioSection fixed_sections[] = {
    {"", NULL, scenario_options},
    {"slo", NULL, slo_options},
    {"pools.ACCELERATOR", NULL, pool_options},
    {"deployments.NAME", NULL, deployment_options},
    {"deployments.NAME.profile", NULL, profile_options},
    {"deployments.NAME.cold_start", NULL, cold_start_options},
    {"deployments.NAME.client", NULL, client_options},
};

enum { FIXED_SECTIONS = sizeof fixed_sections / sizeof fixed_sections[0] };

static bool group_section(const PolicyKind *kind, size_t index, ScenarioSection *section) {
    for (const Option *option = kind->options; option->name != NULL; option++) {
        if (option->type == OPTION_GROUP && index-- == 0) {
            *section = (ScenarioSection){"deployments.NAME.autoscaling.load_targets",
                                         kind->policy->name, option->group};
            return true;
        }
    }
    return false;
}

/* A policy's options, and then its groups'. Every group is a policy's load targets so far. */
static bool policy_section(size_t index, ScenarioSection *section) {
    for (size_t i = 0; i < policies_count; i++) {
        if (index-- == 0) {
            *section = (ScenarioSection){"deployments.NAME.autoscaling", policies[i].policy->name,
                                         policies[i].options};
            return true;
        }
        size_t groups = 0;
        while (group_section(&policies[i], groups, section)) {
            if (groups++ == index) {
                return true;
            }
        }
        index -= groups;
    }
    return false;
}

static size_t policy_section_count(void) {
    ScenarioSection section;
    size_t count = 0;
    while (policy_section(count, &section)) {
        count++;
    }
    return count;
}

static bool traffic_section(size_t index, ScenarioSection *section) {
    for (const TrafficKind *const *kind = traffic_kinds; *kind != NULL; kind++) {
        if (index-- == 0) {
            *section =
                (ScenarioSection){"deployments.NAME.traffic", (*kind)->name, (*kind)->options};
            return true;
        }
    }
    return false;
}

bool scenario_section(size_t index, ScenarioSection *section) {
    if (index < FIXED_SECTIONS) {
        *section = fixed_sections[index];
        return true;
    }
    index -= FIXED_SECTIONS;
    const size_t policy_sections = policy_section_count();
    return index < policy_sections ? policy_section(index, section)
                                   : traffic_section(index - policy_sections, section);
}

/* "traffic of type gamma", "cold_start", "the scenario itself" */
static char *section_name(const ScenarioSection *section) {
    const char *dot = strrchr(section->path, '.');
    const char *last = dot != NULL ? dot + 1 : section->path;
    if (strcmp(last, "NAME") == 0) {
        return memory_text("a deployment");
    }
    if (strcmp(last, "ACCELERATOR") == 0) {
        return memory_text("a pool");
    }
    if (strcmp(last, "traffic") == 0) {
        return memory_format("traffic of type %s", section->kind);
    }
    return memory_text(*last != '\0' ? last : "the scenario itself");
}

char *scenario_key_home(const void *context, const char *key) {
    enum { HOMES_TOLD = 3 };
    ScenarioSection section;
    char *text = NULL;
    size_t told = 0;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        if (section.options == context || option_find(section.options, key) == NULL) {
            continue;
        }
        if (told++ == HOMES_TOLD) {
            break;
        }
        char *name = section_name(&section);
        char *longer = text == NULL ? memory_format("an option of %s", name)
                                    : memory_format("%s, %s", text, name);
        free(name);
        free(text);
        text = longer;
    }
    return text;
}
