// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary. summary_request_ended is called for every request of a run, millions a second: it
 * allocates nothing but the histograms' growth and records only what differs. */
#include "figures/summary.h"

#include "base/assertion.h"
#include "base/csv_writer.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/metrics.h"
#include "scenario/scenario.h"

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
        .start_epoch_s = scenario->start_epoch_s,
        .warmup = scenario->warmup,
        .slo_ttft = scenario->slo.ttft,
        .slo_tpot = scenario->slo.tpot,
        .slo_e2e = scenario->slo.e2e,
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
    return summary->slo_ttft != SIM_TIME_NEVER || summary->slo_tpot != SIM_TIME_NEVER ||
           summary->slo_e2e != SIM_TIME_NEVER;
}

/* Requests ----------------------------------------------------------------------------------- */

/* From the first send, and from the last. */
static void record_both(Histogram latencies[], LatencyMetric metric, LatencyMetric without_retry,
                        Histogram *retried, bool came, sim_time latency, sim_time retry_wait) {
    if (!came || retry_wait == 0) {
        latency_record(&latencies[metric], came, latency);
    } else {
        histogram_record(retried, latency);
        histogram_record(&latencies[without_retry], latency - retry_wait);
    }
}

static void record_ended(DeploymentSummary *deployment, const asim_request *request) {
    const bool admitted = request->admitted != SIM_TIME_NEVER;
    const bool first_token = latency_has_first_token(request);
    const bool answer = latency_has_answer(request);
    const sim_time retry_wait = latency_retry_wait(request);
    Histogram *latencies = deployment->latencies;
    record_both(latencies, LATENCY_TTFT, LATENCY_TTFT_WITHOUT_RETRY, &deployment->retried_ttft,
                first_token, latency_ttft(request), retry_wait);
    record_both(latencies, LATENCY_E2E, LATENCY_E2E_WITHOUT_RETRY, &deployment->retried_e2e, answer,
                latency_e2e(request), retry_wait);
    histogram_record(&latencies[LATENCY_RETRY_WAIT], retry_wait);
    latency_record(&latencies[LATENCY_QUEUE_WAIT], admitted,
                   request->admitted - request->last_send);
    latency_record(&latencies[LATENCY_PREFILL], first_token,
                   request->first_token - request->admitted);
    latency_record(&latencies[LATENCY_DECODE], answer, request->ended - request->first_token);
    if (latency_has_tpot(request)) {
        latency_record(&latencies[LATENCY_TPOT], answer, answer ? latency_tpot(request) : 0);
    }
}

static bool meets(const Summary *summary, const asim_request *request) {
    /* Without a second token no limit on the time per token is broken. SIM_TIME_NEVER, where no
     * limit is stated, is never passed. */
    return latency_has_answer(request) && latency_ttft(request) <= summary->slo_ttft &&
           latency_e2e(request) <= summary->slo_e2e &&
           (!latency_has_tpot(request) || latency_tpot(request) <= summary->slo_tpot);
}

static void summary_request_ended(void *self, const asim_request *request) {
    Summary *summary = self;
    DeploymentSummary *deployment = &summary->deployments[request->deployment];
    if (request->in_warmup) {
        return;
    }
    deployment->measured++;
    deployment->met += meets(summary, request);
    if (latency_ended(request)) {
        record_ended(deployment, request);
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
    asim_assert(!deployment->ended); /* a run ends once */
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
    into->ends_moved += from->ends_moved;
    into->ends_kept += from->ends_kept;
    into->units |= from->units;
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

/* Files -------------------------------------------------------------------------------------- */

void summary_write_csv(const Summary *summary, CsvWriter *writer) {
    csv_writer_text(writer, "deployment");
    for (size_t i = 0; i < metric_count; i++) {
        csv_writer_text(writer, metric_rows[i].name);
    }
    csv_writer_end_row(writer);
    for (size_t d = 0; d < summary->deployment_count; d++) {
        csv_writer_text(writer, summary->deployments[d].name);
        for (size_t i = 0; i < metric_count; i++) {
            metric_write(metric_of(&metric_rows[i], summary, d), writer);
        }
        csv_writer_end_row(writer);
    }
}

cJSON *summary_json_tree(const Summary *summary) {
    char start[SIM_TIME_TEXT];
    cJSON *tree = json_object(), *deployments = json_object();
    json_add(tree, "scenario", summary->scenario ? json_text(summary->scenario) : json_null());
    json_add(tree, "seed", json_number((double)summary->seed));
    json_add(tree, "replication", json_number((double)summary->replication));
    json_add(tree, "start", json_text(sim_time_format_calendar(summary->start_epoch_s, start)));
    for (size_t i = 0; i < summary->deployment_count; i++) {
        cJSON *metrics = json_object();
        for (const MetricRow *row = metric_rows; row < metric_rows + metric_count; row++) {
            json_add(metrics, row->name, json_number(metric_number(metric_of(row, summary, i))));
        }
        json_add(deployments, summary->deployments[i].name, metrics);
    }
    json_add(tree, "deployments", deployments);
    return tree;
}

char *summary_json(const Summary *summary) {
    cJSON *tree = summary_json_tree(summary);
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}
