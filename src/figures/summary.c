// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary. summary_request_ended is called for every request of a run, millions a second: it
 * allocates nothing but the histograms' growth and records only what differs. */
#include "figures/summary.h"

#include "base/assertion.h"
#include "base/csv_writer.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/human.h"
#include "figures/verdict.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Life --------------------------------------------------------------------------------------- */

static void deployment_init(DeploymentSummary *deployment, const DeploymentConfig *config) {
    *deployment =
        (DeploymentSummary){.name = memory_text(config->name),
                            .serverless_input_usd = config->serverless_price.input / 1e6,
                            .serverless_output_usd = config->serverless_price.output / 1e6,
                            .decisions = {.lowered = SIM_TIME_NEVER}};
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
        .start_epoch_s = scenario->start_epoch_s,
        .warmup = scenario->warmup,
        .slo_ttft = scenario->slo.ttft,
        .slo_tpot = scenario->slo.tpot,
        .slo_e2e = scenario->slo.e2e,
        .deployments = memory_new(scenario->deployment_count, sizeof summary->deployments[0]),
        .deployment_count = scenario->deployment_count,
    };
    for (size_t i = 0; i < summary->deployment_count; i++) {
        deployment_init(&summary->deployments[i], &scenario->deployments[i]);
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
    if (retry_wait == 0) {
        deployment->sent_once++;
    } else {
        histogram_record(&latencies[LATENCY_RETRY_WAIT], retry_wait);
    }
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

/* Cut in flight at the end: not told of. */
static bool has_waited(const asim_request *request) {
    return latency_ended(request) &&
           (!latency_has_answer(request) || request->admitted - request->first_send > VERDICT_WAIT);
}

static void summary_request_ended(void *self, const asim_request *request) {
    Summary *summary = self;
    DeploymentSummary *deployment = &summary->deployments[request->deployment];
    deployment->asked_prompt_tokens += request->prompt_tokens;
    deployment->asked_output_tokens += request->output_tokens;
    if (request->in_warmup) {
        return;
    }
    deployment->measured++;
    deployment->met += meets(summary, request);
    deployment->waited += has_waited(request);
    if (latency_ended(request)) {
        record_ended(deployment, request);
    }
}

/* Decisions ---------------------------------------------------------------------------------- */

static void summary_decision_taken(void *self, const asim_decision_taken *taken) {
    Summary *summary = self;
    SummaryDecisions *decisions = &summary->deployments[taken->deployment].decisions;
    const asim_decision *decision = taken->decision;
    const bool has_winner = decision->winner >= 0 && decision->winner < decision->term_count;
    decisions->evaluations += taken->at_evaluation;
    if (taken->at_evaluation && has_winner &&
        decision->terms[decision->winner].wanted > decision->limits[1]) {
        decisions->capped++;
        decisions->most = decision->limits[1];
    }
    if (decision->target < taken->from) {
        decisions->lowered = taken->time;
    } else if (decision->target > taken->from && decisions->lowered != SIM_TIME_NEVER) {
        decisions->turns += taken->time - decisions->lowered <= VERDICT_TURN;
        decisions->lowered = SIM_TIME_NEVER;
    }
}

/* The end ------------------------------------------------------------------------------------ */

/* Requests sent once are the same with and without the retry wait. */
static void join_retried(DeploymentSummary *deployment) {
    Histogram *latencies = deployment->latencies;
    histogram_merge(&latencies[LATENCY_TTFT_WITHOUT_RETRY], &latencies[LATENCY_TTFT]);
    histogram_merge(&latencies[LATENCY_E2E_WITHOUT_RETRY], &latencies[LATENCY_E2E]);
    histogram_merge(&latencies[LATENCY_TTFT], &deployment->retried_ttft);
    histogram_merge(&latencies[LATENCY_E2E], &deployment->retried_e2e);
    histogram_reset(&deployment->retried_ttft);
    histogram_reset(&deployment->retried_e2e);
    histogram_record_times(&latencies[LATENCY_RETRY_WAIT], 0, deployment->sent_once);
    deployment->sent_once = 0;
}

static void summary_run_ended(void *self, const asim_run_end *end) {
    Summary *summary = self;
    DeploymentSummary *deployment = &summary->deployments[end->deployment];
    asim_assert(!deployment->ended); /* a run ends once */
    join_retried(deployment);
    deployment->end = *end;
    deployment->measured_span = end->span > summary->warmup ? end->span - summary->warmup : 0;
    deployment->ended = true;
}

asim_observer summary_observer(Summary *summary) {
    return (asim_observer){.self = summary,
                           .request_ended = summary_request_ended,
                           .decision_taken = summary_decision_taken,
                           .run_ended = summary_run_ended};
}

double summary_cache_hit_share(const asim_counters *now, const asim_counters *before) {
    uint64_t asked = 0, cached = 0;
    for (size_t age = 0; age < ASIM_REPLICA_AGES; age++) {
        asked += now->asked_tokens[age] - (before ? before->asked_tokens[age] : 0);
        cached += now->cached_tokens[age] - (before ? before->cached_tokens[age] : 0);
    }
    return asked > 0 ? (double)cached / (double)asked : NAN;
}

/* Adding up ---------------------------------------------------------------------------------- */

/* *into += sign x *from, member by member; sign: 1, or -1 (which wraps round). */
static void add_counters(asim_counters *into, const asim_counters *from, uint64_t sign) {
    enum { MEMBERS = sizeof(asim_counters) / sizeof(uint64_t) };
    _Static_assert(sizeof(asim_counters) == MEMBERS * sizeof(uint64_t), "counters only");
    uint64_t sums[MEMBERS], added[MEMBERS];
    memcpy(sums, into, sizeof sums);
    memcpy(added, from, sizeof added);
    for (size_t i = 0; i < MEMBERS; i++) {
        sums[i] += sign * added[i];
    }
    memcpy(into, sums, sizeof sums);
}

static void add_costs(asim_costs *into, const asim_costs *from, double sign) {
    enum { MEMBERS = sizeof(asim_costs) / sizeof(double) };
    _Static_assert(sizeof(asim_costs) == MEMBERS * sizeof(double), "amounts only");
    double sums[MEMBERS], added[MEMBERS];
    memcpy(sums, into, sizeof sums);
    memcpy(added, from, sizeof added);
    for (size_t i = 0; i < MEMBERS; i++) {
        sums[i] += sign * added[i];
    }
    memcpy(into, sums, sizeof sums);
}

/* All but the histograms, and the traffic, which is told of a run only. */
static void merge_figures(DeploymentSummary *into, const DeploymentSummary *from) {
    asim_assert(into->ended && from->ended);
    into->measured += from->measured;
    into->asked_prompt_tokens += from->asked_prompt_tokens;
    into->asked_output_tokens += from->asked_output_tokens;
    into->met += from->met;
    into->measured_span += from->measured_span;
    into->end.span += from->end.span;
    into->end.drained_at += from->end.drained_at;
    add_counters(&into->end.totals, &from->end.totals, 1);
    add_costs(&into->end.costs, &from->end.costs, 1);
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

cJSON *summary_verdicts(const Summary *summary) {
    cJSON *verdicts = json_object();
    for (size_t i = 0; i < summary->deployment_count; i++) {
        const Verdict word = verdict_of(&summary->deployments[i]);
        cJSON *verdict = json_object();
        json_add(verdict, "verdict", json_text(verdict_words[word.word]));
        json_add(verdict, "reason", json_text(word.reason));
        char warning[VERDICT_WARNING];
        if (verdict_warning(&summary->deployments[i], warning)[0] != '\0') {
            json_add(verdict, "warning", json_text(warning));
        }
        json_add(verdicts, summary->deployments[i].name, verdict);
    }
    return verdicts;
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
    json_add(tree, "verdicts", summary_verdicts(summary));
    json_add(tree, "deployments", deployments);
    return tree;
}

char *summary_json(const Summary *summary) {
    cJSON *tree = summary_json_tree(summary);
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}

/* By days --------------------------------------------------------------------------------------
 *
 * A live summary per deployment, closed and packed at each day's end. The span may be known only at
 * the end, so days are closed while the run goes on, beyond the span too; run_ended then puts what
 * came after it into the day that it ends in. */

#define SLACK SIM_TIME_MINUTE /* that a whole day may lack */

/* A day of one deployment, or a part of one. */
typedef struct Day {
    sim_time end;
    DeploymentSummary figures; /* without histograms and name; `ended` */
    PackedHistogram latencies[LATENCY_COUNT];
} Day;

typedef struct DeploymentDays {
    Day *days;
    size_t count, room;
    asim_counters counters; /* running totals at the end of the last of them */
    asim_costs costs;
    asim_traffic_counts traffic; /* of the whole run: files are not read by days */
} DeploymentDays;

struct DailySummary {
    Summary *live; /* of the day that goes on */
    DeploymentDays *deployments;
    sim_time interval;
    sim_time since_midnight; /* of time 0 */
    sim_time offset;         /* of the ends of days from midnight */
    /* Once the run has ended: */
    size_t whole;
    double rest;
};

/* From midnight to the end of the interval nearest to it, where intervals divide a day. */
static sim_time offset_of(const Scenario *scenario) {
    const sim_time after =
        day_clock_of(scenario->start_epoch_s).since_midnight % scenario->interval;
    return after <= scenario->interval / 2 ? after : after - scenario->interval;
}

bool daily_summary_possible(const Scenario *scenario) {
    return SIM_TIME_DAY % scenario->interval == 0 && llabs(offset_of(scenario)) <= SLACK;
}

static bool ends_day(const DailySummary *daily, sim_time end) {
    return end % daily->interval == 0 &&
           (end + daily->since_midnight - daily->offset) % SIM_TIME_DAY == 0;
}

DailySummary *daily_summary_create(const Scenario *scenario) {
    DailySummary *daily = memory_new(1, sizeof *daily);
    daily->live = summary_create(scenario);
    daily->interval = scenario->interval;
    daily->since_midnight = day_clock_of(scenario->start_epoch_s).since_midnight;
    daily->offset = offset_of(scenario);
    daily->deployments = memory_new(scenario->deployment_count, sizeof *daily->deployments);
    return daily;
}

static void day_clear(Day *day) {
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        packed_histogram_clear(&day->latencies[i]);
    }
}

void daily_summary_destroy(DailySummary *daily) {
    if (daily == NULL) {
        return;
    }
    for (size_t d = 0; d < daily->live->deployment_count; d++) {
        for (size_t i = 0; i < daily->deployments[d].count; i++) {
            day_clear(&daily->deployments[d].days[i]);
        }
        free(daily->deployments[d].days);
    }
    free(daily->deployments);
    summary_destroy(daily->live);
    free(daily);
}

/* Closing a day ------------------------------------------------------------------------------ */

static sim_time begin_of(const DeploymentDays *own, size_t day) {
    return day > 0 ? own->days[day - 1].end : 0;
}

/* The day lasts until `end`. */
static void set_end(const DailySummary *daily, DeploymentDays *own, size_t index, sim_time end) {
    const sim_time begin = begin_of(own, index);
    const sim_time measured = begin > daily->live->warmup ? begin : daily->live->warmup;
    Day *day = &own->days[index];
    day->end = end;
    day->figures.measured_span = end > measured ? end - measured : 0;
    day->figures.end.span = day->figures.end.drained_at = end - begin;
}

/* Packs the live summary, in place of which an empty one begins. */
static void close_day(DailySummary *daily, uint32_t deployment, sim_time end,
                      const asim_counters *counters, const asim_costs *costs) {
    DeploymentSummary *live = &daily->live->deployments[deployment];
    DeploymentDays *own = &daily->deployments[deployment];
    own->days = memory_grow(own->days, own->count, &own->room, sizeof *own->days);
    asim_counters gained = *counters;
    asim_costs spent = *costs;
    add_counters(&gained, &own->counters, UINT64_MAX);
    add_costs(&spent, &own->costs, -1);
    own->counters = *counters;
    own->costs = *costs;
    Day *day = &own->days[own->count];
    *day = (Day){.figures = {
                     .ended = true,
                     .measured = live->measured,
                     .asked_prompt_tokens = live->asked_prompt_tokens,
                     .asked_output_tokens = live->asked_output_tokens,
                     .met = live->met,
                     .end = {.deployment = deployment, .totals = gained, .costs = spent},
                 }};
    set_end(daily, own, own->count, end);
    own->count++;
    join_retried(live);
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        day->latencies[i] = histogram_pack(&live->latencies[i]);
        histogram_reset(&live->latencies[i]);
    }
    live->measured = live->met = live->asked_prompt_tokens = live->asked_output_tokens = 0;
}

static void daily_request_ended(void *self, const asim_request *request) {
    const DailySummary *daily = self;
    const asim_observer live = summary_observer(daily->live);
    live.request_ended(live.self, request);
}

static void daily_interval_ended(void *self, const asim_interval *interval) {
    if (ends_day(self, interval->to)) {
        close_day(self, interval->deployment, interval->to, &interval->totals, &interval->costs);
    }
}

/* Puts the days after the last one into it: the run ends in it, and only drains after that. */
static void merge_drained(DailySummary *daily, DeploymentDays *own, size_t last) {
    DeploymentSummary *sum = &daily->live->deployments[own - daily->deployments];
    Day *into = &own->days[last];
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        histogram_reset(&sum->latencies[i]);
        for (size_t k = last; k < own->count; k++) {
            histogram_merge_packed(&sum->latencies[i], &own->days[k].latencies[i], 1);
        }
        packed_histogram_clear(&into->latencies[i]);
        into->latencies[i] = histogram_pack(&sum->latencies[i]);
        histogram_reset(&sum->latencies[i]);
    }
    for (size_t k = last + 1; k < own->count; k++) {
        merge_figures(&into->figures, &own->days[k].figures);
        day_clear(&own->days[k]);
    }
    own->count = last + 1;
}

/* Only the first day's beginning and the last one's end may be missing. */
static bool is_whole(const DailySummary *daily, const DeploymentDays *own, size_t day) {
    const sim_time length = own->days[day].end - begin_of(own, day);
    const sim_time begin = day > 0 ? daily->offset : 0;
    const sim_time end = day + 1 < own->count ? daily->offset : 0;
    return SIM_TIME_DAY - length - begin + end <= SLACK;
}

static void daily_run_ended(void *self, const asim_run_end *end) {
    DailySummary *daily = self;
    DeploymentDays *own = &daily->deployments[end->deployment];
    const sim_time closed = begin_of(own, own->count);
    close_day(daily, end->deployment, end->span > closed ? end->span : closed, &end->totals,
              &end->costs);
    size_t last = 0;
    while (own->days[last].end < end->span) {
        last++;
    }
    merge_drained(daily, own, last);
    set_end(daily, own, last, end->span);
    own->days[last].figures.end.drained_at += end->drained_at - end->span;
    own->traffic = end->traffic;
    daily->whole = 0;
    daily->rest = 0;
    for (size_t k = 0; k <= last; k++) {
        const double length = (double)(own->days[k].end - begin_of(own, k)) / (double)SIM_TIME_DAY;
        const bool whole = is_whole(daily, own, k);
        daily->whole += whole;
        daily->rest += whole ? 0 : length;
    }
}

asim_observer daily_summary_observer(DailySummary *daily) {
    return (asim_observer){.self = daily,
                           .request_ended = daily_request_ended,
                           .interval_ended = daily_interval_ended,
                           .run_ended = daily_run_ended};
}

/* Putting days together ---------------------------------------------------------------------- */

size_t daily_summary_days(const DailySummary *daily) {
    return daily->whole;
}

double daily_summary_rest(const DailySummary *daily) {
    return daily->rest;
}

static void add_day(DeploymentSummary *sum, const Day *day, uint32_t times) {
    for (uint32_t copy = 0; copy < times; copy++) {
        merge_figures(sum, &day->figures);
    }
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        histogram_merge_packed(&sum->latencies[i], &day->latencies[i], times);
    }
}

void daily_summary_compose(const DailySummary *daily, const uint32_t times[], Summary *into) {
    for (size_t d = 0; d < into->deployment_count; d++) {
        const DeploymentDays *own = &daily->deployments[d];
        DeploymentSummary *sum = &into->deployments[d];
        sum->measured = sum->met = sum->asked_prompt_tokens = sum->asked_output_tokens = 0;
        sum->measured_span = 0;
        sum->end = (asim_run_end){.deployment = (uint32_t)d};
        sum->ended = true;
        for (size_t i = 0; i < LATENCY_COUNT; i++) {
            histogram_reset(&sum->latencies[i]);
        }
        for (size_t k = 0, whole = 0; k < own->count; k++) {
            add_day(sum, &own->days[k], is_whole(daily, own, k) ? times[whole++] : 1);
        }
        sum->end.traffic = own->traffic;
    }
}
