// SPDX-License-Identifier: GPL-3.0-or-later
/* The policy's options are taken from the scenario as run, so that every policy's are told. */
#include "report/narration_head.h"

#include "engine/sim_time.h"
#include "report/human.h"
#include "report/names.h"
#include "report/narration_replica.h"
#include "scenario/json_print.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_LABEL = 10 };

/* The policy ---------------------------------------------------------------------------------- */

/* "30s", not "\"30s\"". */
static void say_value(Page *page, const cJSON *value) {
    char *text = cJSON_IsString(value) ? NULL : json_print_line(value);
    page_say(page, "%s", text ? text : value->valuestring);
    free(text);
}

/* "min_replica_count 0, load_targets (default 0.8)" */
static void say_options(Page *page, const cJSON *object, const char **between) {
    const cJSON *item;
    cJSON_ArrayForEach (item, object) {
        if (cJSON_IsNull(item)) {
            continue;
        }
        page_say(page, "%s%s ", *between, item->string);
        *between = ", ";
        if (cJSON_IsObject(item)) {
            const char *inside = "";
            page_say(page, "(");
            say_options(page, item, &inside);
            page_say(page, ")");
        } else {
            say_value(page, item);
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

static void say_load(Page *page, const DeploymentConfig *config) {
    const PolicyMeasurement measurement = policies[config->policy].measurement(config->autoscaling);
    char slots[HUMAN_TEXT], kv[HUMAN_TEXT];
    human_count((uint64_t)config->profile.batch_slots, slots);
    human_count((uint64_t)config->profile.kv_capacity_tokens, kv);
    page_say(page, "of a replica is ");
    switch (measurement.load_signal) {
    case POLICY_LOAD_MAX:
        page_say(page, "the larger of requests held ÷ %s batch slots and KV tokens of these ÷ %s",
                 slots, kv);
        break;
    case POLICY_LOAD_SLOTS: page_say(page, "requests held ÷ %s batch slots", slots); break;
    case POLICY_LOAD_KV: page_say(page, "KV tokens of the requests held ÷ %s", kv); break;
    case POLICY_LOAD_BUSY: page_say(page, "the share of time in which it computes"); break;
    }
    page_say(page, "; summed over those that serve, a mean since the last evaluation");
}

static void print_policy(Page *page, const Scenario *scenario, const DeploymentConfig *config) {
    cJSON *tree = scenario->as_run ? cJSON_Parse(scenario->as_run) : NULL;
    const cJSON *autoscaling = autoscaling_of(tree, config->name);
    const char *between = "";
    page_begin(page, "  ", "policy");
    page_say(page, "%s: ", policies[config->policy].policy->name);
    say_options(page, autoscaling, &between);
    page_end(page);
    if (aims_at_load(autoscaling)) {
        page_begin(page, "  ", "load");
        say_load(page, config);
        page_end(page);
    }
    cJSON_Delete(tree);
}

void narration_print_head(FILE *stream, const Scenario *scenario, size_t deployment) {
    const DeploymentConfig *config = &scenario->deployments[deployment];
    Page page;
    page_init(&page, stream, HEAD_LABEL);
    fprintf(stream, "%s: %s on %lld x %s\n", config->name, config->model,
            (long long)config->accelerator_count, config->accelerator);
    print_policy(&page, scenario, config);
    page_begin(&page, "  ", "starts");
    narration_say_start_means(&page, config);
    page_end(&page);
    fputc('\n', stream);
    page_clear(&page);
}

/* The end ------------------------------------------------------------------------------------ */

static void say_latency(Page *page, const char *name, const Histogram *histogram) {
    if (histogram->count > 0) {
        page_say(page, ", %s ", name);
        narration_say_span(page, histogram_quantile(histogram, 0.95));
    }
}

static void say_cost(Page *page, const DeploymentConfig *config, const asim_costs *costs) {
    const double on_demand_gpu_h = (costs->billed_gpu_s - costs->covered_gpu_s) / 3600;
    char hours[HUMAN_TEXT], usd[HUMAN_TEXT], reserved[HUMAN_TEXT];
    page_say(page, "cost ");
    if (on_demand_gpu_h > 0) {
        human_number(on_demand_gpu_h / (double)config->accelerator_count, hours);
        page_say(page, "%s replica-hours on demand × ", hours);
        narration_say_count(page, (uint64_t)config->accelerator_count, "GPU");
        page_say(page, " × %s = ", human_usd(costs->on_demand_usd / on_demand_gpu_h, usd));
    }
    page_say(page, "%s", human_usd(costs->on_demand_usd, usd));
    if (costs->reserved_usd > 0) {
        page_say(page, ", and %s for the reservation: %s", human_usd(costs->reserved_usd, reserved),
                 human_usd(costs->on_demand_usd + costs->reserved_usd, usd));
    }
}

void narration_say_end(Page *page, const DeploymentConfig *config, const Summary *summary,
                       size_t deployment) {
    const DeploymentSummary *own = &summary->deployments[deployment];
    const asim_counters *totals = &own->end.totals;
    char count[HUMAN_TEXT];
    page_say(page, "the whole run: ");
    narration_say_count(page, totals->requests, "request");
    page_say(page, ", %s completed", human_count(totals->outcomes[ASIM_COMPLETED], count));
    say_latency(page, "p95 TTFT", &own->latencies[LATENCY_TTFT]);
    say_latency(page, "p95 E2E", &own->latencies[LATENCY_E2E]);
    for (size_t answer = ASIM_ANSWER_400; answer < ASIM_ANSWER_NONE; answer++) {
        if (totals->answers[answer] > 0) {
            page_say(page, ", %s × %s", human_count(totals->answers[answer], count),
                     names_of_answers[answer]);
        }
    }
    page_say(page, "; ");
    say_cost(page, config, &own->end.costs);
}
