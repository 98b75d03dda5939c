// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary. summary_request_ended is called for every request of a run, millions a second: it
 * allocates nothing but the histograms' growth and records only what differs. */
#include "report/summary.h"

#include "engine/assertion.h"
#include "engine/memory.h"

#include <stdlib.h>

/* Life --------------------------------------------------------------------------------------- */

static void deployment_init(DeploymentSummary *deployment, const char *name) {
    *deployment = (DeploymentSummary){.name = memory_text(name)};
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        histogram_init(&deployment->latencies[i]);
    }
    histogram_init(&deployment->retried_ttft);
    histogram_init(&deployment->retried_e2e);
}

static void deployment_clear(DeploymentSummary *deployment) {
    free(deployment->name);
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        histogram_clear(&deployment->latencies[i]);
    }
    histogram_clear(&deployment->retried_ttft);
    histogram_clear(&deployment->retried_e2e);
}

Summary *summary_create(const Scenario *scenario) {
    Summary *summary = memory_new(1, sizeof *summary);
    *summary = (Summary){
        .scenario = memory_text(scenario->name),
        .seed = scenario->seed,
        .replication = scenario->replication,
        .runs = 1,
        .warmup = scenario->warmup,
        .slo = scenario->slo,
        .deployments = memory_new(scenario->deployment_count, sizeof summary->deployments[0]),
        .deployment_count = scenario->deployment_count,
    };
    for (size_t i = 0; i < summary->deployment_count; i++) {
        deployment_init(&summary->deployments[i], scenario->deployments[i].name);
    }
    return summary;
}

void summary_destroy(Summary *summary) {
    if (summary == NULL) {
        return;
    }
    for (size_t i = 0; i < summary->deployment_count; i++) {
        deployment_clear(&summary->deployments[i]);
    }
    free(summary->deployments);
    free(summary->scenario);
    free(summary);
}

bool summary_has_slo(const Summary *summary) {
    return summary->slo.ttft != SIM_TIME_NEVER || summary->slo.tpot != SIM_TIME_NEVER ||
           summary->slo.e2e != SIM_TIME_NEVER;
}

/* Requests ----------------------------------------------------------------------------------- */

static void record_completed(Summary *summary, DeploymentSummary *deployment,
                             const asim_request *request) {
    const sim_time ttft = latency_ttft(request), e2e = latency_e2e(request);
    const sim_time retry_wait = latency_retry_wait(request);
    Histogram *latencies = deployment->latencies;
    if (retry_wait == 0) {
        histogram_record(&latencies[LATENCY_TTFT], ttft);
        histogram_record(&latencies[LATENCY_E2E], e2e);
    } else {
        histogram_record(&deployment->retried_ttft, ttft);
        histogram_record(&deployment->retried_e2e, e2e);
        histogram_record(&latencies[LATENCY_TTFT_WITHOUT_RETRY], ttft - retry_wait);
        histogram_record(&latencies[LATENCY_E2E_WITHOUT_RETRY], e2e - retry_wait);
    }
    histogram_record(&latencies[LATENCY_RETRY_WAIT], retry_wait);
    histogram_record(&latencies[LATENCY_QUEUE_WAIT], request->admitted - request->last_send);
    histogram_record(&latencies[LATENCY_PREFILL], request->first_token - request->admitted);
    histogram_record(&latencies[LATENCY_DECODE], request->ended - request->first_token);
    sim_time tpot = 0; /* without a second token no limit on it is broken */
    if (latency_has_tpot(request)) {
        tpot = latency_tpot(request);
        histogram_record(&latencies[LATENCY_TPOT], tpot);
    }
    const SloConfig *slo = &summary->slo; /* SIM_TIME_NEVER, where not stated, is never passed */
    deployment->met += ttft <= slo->ttft && tpot <= slo->tpot && e2e <= slo->e2e;
}

static void summary_request_ended(void *self, const asim_request *request) {
    Summary *summary = self;
    DeploymentSummary *deployment = &summary->deployments[request->deployment];
    if (request->in_warmup) {
        return;
    }
    deployment->measured++;
    if (request->outcome == ASIM_COMPLETED) {
        record_completed(summary, deployment, request);
    }
}

/* The end ------------------------------------------------------------------------------------ */

/* Requests sent once are the same with and without the retry wait. */
void summary_join_retried(DeploymentSummary *deployment) {
    Histogram *latencies = deployment->latencies;
    histogram_merge(&latencies[LATENCY_TTFT_WITHOUT_RETRY], &latencies[LATENCY_TTFT]);
    histogram_merge(&latencies[LATENCY_E2E_WITHOUT_RETRY], &latencies[LATENCY_E2E]);
    histogram_merge(&latencies[LATENCY_TTFT], &deployment->retried_ttft);
    histogram_merge(&latencies[LATENCY_E2E], &deployment->retried_e2e);
    histogram_reset(&deployment->retried_ttft);
    histogram_reset(&deployment->retried_e2e);
}

static void summary_run_ended(void *self, const asim_run_end *end) {
    Summary *summary = self;
    DeploymentSummary *deployment = &summary->deployments[end->deployment];
    asim_assert(!deployment->ended && "a run ends once");
    summary_join_retried(deployment);
    deployment->end = *end;
    deployment->measured_span = end->span > summary->warmup ? end->span - summary->warmup : 0;
    deployment->ended = true;
}

asim_observer summary_observer(Summary *summary) {
    return (asim_observer){
        .self = summary, .request_ended = summary_request_ended, .run_ended = summary_run_ended};
}

/* Merging ------------------------------------------------------------------------------------ */

static void merge_counters(asim_counters *into, const asim_counters *from) {
    into->requests += from->requests;
    into->sends += from->sends;
    for (size_t i = 0; i < ASIM_ANSWER_COUNT; i++) {
        into->answers[i] += from->answers[i];
    }
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        into->outcomes[i] += from->outcomes[i];
    }
    into->prompt_tokens += from->prompt_tokens;
    into->generated_tokens += from->generated_tokens;
    into->cold_starts += from->cold_starts;
    into->cancelled_starts += from->cancelled_starts;
    into->scale_ups += from->scale_ups;
    into->scale_downs += from->scale_downs;
}

static void merge_costs(asim_costs *into, const asim_costs *from) {
    into->on_demand_usd += from->on_demand_usd;
    into->reserved_usd += from->reserved_usd;
    into->billed_gpu_s += from->billed_gpu_s;
    into->covered_gpu_s += from->covered_gpu_s;
    into->booting_gpu_s += from->booting_gpu_s;
    into->busy_gpu_s += from->busy_gpu_s;
    into->idle_gpu_s += from->idle_gpu_s;
    into->draining_gpu_s += from->draining_gpu_s;
    into->replica_s += from->replica_s;
    into->zero_s += from->zero_s;
    into->deleted_s += from->deleted_s;
    into->quota_limited_s += from->quota_limited_s;
}

static void merge_traffic(asim_traffic_counts *into, const asim_traffic_counts *from) {
    into->rows += from->rows;
    into->requests += from->requests;
    into->failed += from->failed;
    into->skipped += from->skipped;
    into->outside += from->outside;
}

void summary_merge_figures(DeploymentSummary *into, const DeploymentSummary *from) {
    asim_assert(into->ended && from->ended);
    into->measured += from->measured;
    into->met += from->met;
    into->measured_span += from->measured_span;
    into->end.span += from->end.span;
    into->end.drained_at += from->end.drained_at;
    merge_counters(&into->end.totals, &from->end.totals);
    merge_costs(&into->end.costs, &from->end.costs);
    merge_traffic(&into->end.traffic, &from->end.traffic);
}

void summary_merge(Summary *into, const Summary *from) {
    asim_assert(into->deployment_count == from->deployment_count);
    for (size_t i = 0; i < into->deployment_count; i++) {
        DeploymentSummary *sum = &into->deployments[i];
        for (size_t metric = 0; metric < LATENCY_COUNT; metric++) {
            histogram_merge(&sum->latencies[metric], &from->deployments[i].latencies[metric]);
        }
        summary_merge_figures(sum, &from->deployments[i]);
    }
    into->runs += from->runs;
}
