// SPDX-License-Identifier: GPL-3.0-or-later
/* The policy's options are taken from the scenario as run, so that every policy's are told. */
#include "output/narration_head.h"

#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/human.h"
#include "figures/names.h"
#include "output/narration_replica.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_LABEL = 10 };

/* The policy ---------------------------------------------------------------------------------- */

/* "30s", not "\"30s\"". */
static void say_value(Paragraph *paragraph, const cJSON *value) {
    char *text = cJSON_IsString(value) ? NULL : json_print_line(value);
    paragraph_say(paragraph, "%s", text ? text : value->valuestring);
    free(text);
}

/* "min_replica_count 0, load_targets (default 0.8)" */
static void say_options(Paragraph *paragraph, const cJSON *object, const char **between) {
    const cJSON *item;
    cJSON_ArrayForEach (item, object) {
        if (cJSON_IsNull(item)) {
            continue;
        }
        paragraph_say(paragraph, "%s%s ", *between, item->string);
        *between = ", ";
        if (cJSON_IsObject(item)) {
            const char *inside = "";
            paragraph_say(paragraph, "(");
            say_options(paragraph, item, &inside);
            paragraph_say(paragraph, ")");
        } else {
            say_value(paragraph, item);
        }
    }
}

static const cJSON *autoscaling_of(const cJSON *tree, const char *deployment) {
    const cJSON *deployments = cJSON_GetObjectItemCaseSensitive(tree, "deployments");
    const cJSON *own = cJSON_GetObjectItemCaseSensitive(deployments, deployment);
    return cJSON_GetObjectItemCaseSensitive(own, "autoscaling");
}

static bool aims_at_load(const cJSON *autoscaling) {
    const cJSON *targets = cJSON_GetObjectItemCaseSensitive(autoscaling, "load_targets");
    return cJSON_IsNumber(
        cJSON_GetObjectItemCaseSensitive(targets, names_of_load_keys[ASIM_SIGNAL_LOAD]));
}

static void say_load(Paragraph *paragraph, const DeploymentConfig *config) {
    const PolicyMeasurement measurement = policies[config->policy].measurement(config->autoscaling);
    char slots[HUMAN_TEXT], kv[HUMAN_TEXT];
    human_count((uint64_t)config->profile.batch_slots, slots);
    human_count((uint64_t)config->profile.kv_capacity_tokens, kv);
    paragraph_say(paragraph, "of a replica is ");
    switch (measurement.load_signal) {
    case POLICY_LOAD_MAX:
        paragraph_say(paragraph,
                      "the larger of requests held ÷ %s batch slots and KV tokens of these ÷ %s",
                      slots, kv);
        break;
    case POLICY_LOAD_SLOTS:
        paragraph_say(paragraph, "requests held ÷ %s batch slots", slots);
        break;
    case POLICY_LOAD_KV: paragraph_say(paragraph, "KV tokens of the requests held ÷ %s", kv); break;
    case POLICY_LOAD_BUSY:
        paragraph_say(paragraph, "the share of time in which it computes");
        break;
    }
    paragraph_say(paragraph, "; summed over those that serve, a mean since the last evaluation");
}

static void print_policy(Paragraph *paragraph, const Scenario *scenario,
                         const DeploymentConfig *config) {
    cJSON *tree = scenario->as_run ? memory_checked(cJSON_Parse(scenario->as_run)) : NULL;
    const cJSON *autoscaling = autoscaling_of(tree, config->name);
    const char *between = "";
    paragraph_begin(paragraph, "  ", "policy");
    paragraph_say(paragraph, "%s: ", policies[config->policy].policy->name);
    say_options(paragraph, autoscaling, &between);
    paragraph_end(paragraph);
    if (aims_at_load(autoscaling)) {
        paragraph_begin(paragraph, "  ", "load");
        say_load(paragraph, config);
        paragraph_end(paragraph);
    }
    cJSON_Delete(tree);
}

void narration_print_head(FILE *stream, const Scenario *scenario, size_t deployment) {
    const DeploymentConfig *config = &scenario->deployments[deployment];
    Paragraph paragraph;
    paragraph_init(&paragraph, stream, HEAD_LABEL);
    fprintf(stream, "%s: %s on %lld x %s\n", config->name, config->model,
            (long long)config->accelerator_count, config->accelerator);
    print_policy(&paragraph, scenario, config);
    paragraph_begin(&paragraph, "  ", "starts");
    narration_say_start_means(&paragraph, config);
    paragraph_end(&paragraph);
    fputc('\n', stream);
    paragraph_clear(&paragraph);
}

/* The end ------------------------------------------------------------------------------------ */

static void say_latency(Paragraph *paragraph, const char *name, const Histogram *histogram) {
    if (histogram_members(histogram) > 0) {
        paragraph_say(paragraph, ", %s ", name);
        narration_say_span(paragraph, histogram_quantile(histogram, 0.95));
    }
}

static void say_cost(Paragraph *paragraph, const DeploymentConfig *config,
                     const asim_costs *costs) {
    const double on_demand_gpu_h = (costs->billed_gpu_s - costs->covered_gpu_s) / 3600;
    char hours[HUMAN_TEXT], usd[HUMAN_TEXT], reserved[HUMAN_TEXT];
    paragraph_say(paragraph, "cost ");
    if (on_demand_gpu_h > 0) {
        human_number(on_demand_gpu_h / (double)config->accelerator_count, hours);
        paragraph_say(paragraph, "%s replica-hours on demand × ", hours);
        narration_say_count(paragraph, (uint64_t)config->accelerator_count, "GPU");
        paragraph_say(paragraph,
                      " × %s = ", human_usd(costs->on_demand_usd / on_demand_gpu_h, usd));
    }
    paragraph_say(paragraph, "%s", human_usd(costs->on_demand_usd, usd));
    if (costs->reserved_usd > 0) {
        paragraph_say(paragraph, ", and %s for the reservation: %s",
                      human_usd(costs->reserved_usd, reserved),
                      human_usd(costs->on_demand_usd + costs->reserved_usd, usd));
    }
}

void narration_say_end(Paragraph *paragraph, const DeploymentConfig *config, const Summary *summary,
                       size_t deployment) {
    const DeploymentSummary *own = &summary->deployments[deployment];
    const asim_counters *totals = &own->end.totals;
    char count[HUMAN_TEXT];
    paragraph_say(paragraph, "the whole run: ");
    narration_say_count(paragraph, totals->requests, "request");
    paragraph_say(paragraph, ", %s completed",
                  human_count(totals->outcomes[ASIM_COMPLETED], count));
    say_latency(paragraph, "p95 TTFT", &own->latencies[LATENCY_TTFT]);
    say_latency(paragraph, "p95 E2E", &own->latencies[LATENCY_E2E]);
    for (size_t answer = ASIM_ANSWER_400; answer < ASIM_ANSWER_NONE; answer++) {
        if (totals->answers[answer] > 0) {
            paragraph_say(paragraph, ", %s × %s", human_count(totals->answers[answer], count),
                          names_of_answers[answer]);
        }
    }
    paragraph_say(paragraph, "; ");
    say_cost(paragraph, config, &own->end.costs);
}
