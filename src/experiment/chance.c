// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/chance.h"

#include "base/memory.h"
#include "base/text.h"
#include "client/client.h"
#include "cluster/config.h"
#include "scenario/deployment.h"
#include "traffic/format.h"
#include "traffic/synthetic.h"
#include "traffic/trace.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    Chance chance;
    const char *words;
} chance_words[] = {
    {CHANCE_ARRIVALS, "arrivals"},
    {CHANCE_BINS, "arrivals within the recording's bins"},
    {CHANCE_SAMPLING, "which of the recording's requests come, and when (rate_scale)"},
    {CHANCE_TOKENS, "token counts"},
    {CHANCE_COLD_STARTS, "cold starts"},
    {CHANCE_CAPACITY, "GPUs in stock"},
    {CHANCE_JITTER, "the clients' jitter"},
    {CHANCE_BALANCING, "load balancing"},
    {CHANCE_LOSSES, "replicas that vanish"},
};

enum { WORDS = sizeof chance_words / sizeof chance_words[0] };

/* A fixed value, or none. */
static bool varies(const Distribution *distribution) {
    return distribution->kind != DISTRIBUTION_FIXED;
}

static unsigned of_lengths(const RequestsConfig *requests) {
    const Distribution *prompt = &requests->prompt_tokens, *output = &requests->output_tokens;
    const bool from_table = requests->lengths != OPTION_ABSENT_CHOICE &&
                            !(distribution_is_given(prompt) && distribution_is_given(output));
    return varies(prompt) || varies(output) || from_table ? CHANCE_TOKENS : 0;
}

/* What the file's content tells; no bins when it cannot be read. */
static bool has_bins(const TraceConfig *config, const Scenario *scenario) {
    TraceTold told = {0};
    TraceConfig probe = *config;
    probe.told = &told;
    ErrorList errors = {0};
    const TrafficContext context = {.stream = "probe",
                                    .until = SIM_TIME_NEVER,
                                    .start_epoch_s = scenario->start_epoch_s,
                                    .directory = scenario->directory,
                                    .heads = scenario->heads,
                                    .errors = &errors};
    asim_traffic_source *source =
        trace_reads_standard_input(config) ? NULL : trace_open(&trace_kind, &probe, &context);
    if (source) {
        source->destroy(source);
    }
    error_list_clear(&errors);
    return told.format && told.format->bins;
}

static unsigned of_trace(const TraceConfig *config, const Scenario *scenario) {
    return of_lengths(&config->requests) |
           (config->requests.rate_scale != 1 ? CHANCE_SAMPLING : 0) |
           (has_bins(config, scenario) ? CHANCE_BINS : 0);
}

static unsigned of_traffic(const TrafficConfig *traffic, const Scenario *scenario) {
    if (traffic->kind->recorded) {
        return of_trace(traffic->config, scenario);
    }
    if (traffic->kind->even) {
        const SyntheticConfig *config = traffic->config;
        return of_lengths(&config->requests) |
               (config->requests.rate_scale != 1 ? CHANCE_ARRIVALS : 0);
    }
    return CHANCE_ARRIVALS | CHANCE_TOKENS;
}

static bool cold_starts_vary(const ColdStartConfig *config) {
    if (distribution_is_given(&config->total)) {
        return varies(&config->total);
    }
    return config->cv > 0 || config->tail_probability > 0 || varies(&config->node_allocation) ||
           varies(&config->downloading_model) || varies(&config->initializing) ||
           varies(&config->routing_lag);
}

/* Which replica is taken is drawn even where the instants are not. */
static unsigned of_losses(const DeploymentConfig *deployment) {
    const FailuresConfig *failures = &deployment->failures;
    return preemptible_is_given(&deployment->preemptible) || varies(&failures->time_to_failure) ||
                   (failures_are_given(failures) && varies(&failures->time_to_repair))
               ? CHANCE_LOSSES
               : 0;
}

unsigned chance_of(const Scenario *scenario) {
    unsigned chance = 0;
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        for (size_t k = 0; k < deployment->traffic_count; k++) {
            chance |= of_traffic(&deployment->traffic[k], scenario);
        }
        chance |= cold_starts_vary(&deployment->cold_start) ? CHANCE_COLD_STARTS : 0;
        chance |=
            deployment->client.max_sends > 1 && deployment->client.jitter != CLIENT_JITTER_NONE
                ? CHANCE_JITTER
                : 0;
        chance |= deployment->load_balancer == LOAD_BALANCING_RANDOM ||
                          deployment->load_balancer == LOAD_BALANCING_POWER_OF_TWO
                      ? CHANCE_BALANCING
                      : 0;
        chance |= of_losses(deployment);
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const PoolConfig *pool = &scenario->pools[i];
        chance |= varies(&pool->on_demand_available) || varies(&pool->on_demand_stocked_out)
                      ? CHANCE_CAPACITY
                      : 0;
    }
    return chance;
}

static bool is_any(const TraceConfig *config) {
    (void)config;
    return true;
}

static bool has_trace(const Scenario *scenario, bool (*is_one)(const TraceConfig *config)) {
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        for (size_t k = 0; k < scenario->deployments[i].traffic_count; k++) {
            const TrafficConfig *traffic = &scenario->deployments[i].traffic[k];
            if (traffic->kind->recorded && is_one(traffic->config)) {
                return true;
            }
        }
    }
    return false;
}

bool chance_has_recording(const Scenario *scenario) {
    return has_trace(scenario, is_any);
}

bool chance_reads_standard_input(const Scenario *scenario) {
    return has_trace(scenario, trace_reads_standard_input);
}

char *chance_text(unsigned chance) {
    const char *words[WORDS];
    size_t count = 0;
    for (size_t i = 0; i < WORDS; i++) {
        if (chance & chance_words[i].chance) {
            words[count++] = chance_words[i].words;
        }
    }
    return count == 0 ? memory_text("nothing") : text_join(words, count, " and ");
}
