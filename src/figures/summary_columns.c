// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of summary columns and its getters. Shares and costs per unit of nothing do not apply.
 */
#include "figures/summary_columns.h"

#include "base/assertion.h"
#include "engine/sim_time.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define SECONDS_PER_HOUR 3600.0

static SummaryValue none(void) {
    return (SummaryValue){.kind = SUMMARY_NONE};
}

static SummaryValue of_time(sim_time time) {
    return (SummaryValue){.kind = SUMMARY_TIME, .time = time};
}

static SummaryValue of_number(double number) {
    return isfinite(number) ? (SummaryValue){.kind = SUMMARY_NUMBER, .number = number} : none();
}

/* part / whole, where there is a whole. */
static SummaryValue of_ratio(double part, double whole) {
    return whole > 0 ? of_number(part / whole) : none();
}

/* Members as they are ------------------------------------------------------------------------ */

static const void *member(const SummaryColumn *column, const DeploymentSummary *deployment) {
    return (const char *)deployment + column->member;
}

static SummaryValue count(const SummaryColumn *column, const Summary *summary,
                          const DeploymentSummary *deployment) {
    (void)summary;
    const uint64_t *value = member(column, deployment);
    return (SummaryValue){.kind = SUMMARY_COUNT, .count = *value};
}

static SummaryValue instant(const SummaryColumn *column, const Summary *summary,
                            const DeploymentSummary *deployment) {
    (void)summary;
    const sim_time *value = member(column, deployment);
    return of_time(*value);
}

static SummaryValue number(const SummaryColumn *column, const Summary *summary,
                           const DeploymentSummary *deployment) {
    (void)summary;
    const double *value = member(column, deployment);
    return of_number(*value);
}

static SummaryValue hours(const SummaryColumn *column, const Summary *summary,
                          const DeploymentSummary *deployment) {
    (void)summary;
    const double *seconds = member(column, deployment);
    return of_number(*seconds / SECONDS_PER_HOUR);
}

/* Latencies ---------------------------------------------------------------------------------- */

static SummaryValue mean(const SummaryColumn *column, const Summary *summary,
                         const DeploymentSummary *deployment) {
    (void)summary;
    const Histogram *histogram = &deployment->latencies[column->member];
    return histogram->count ? of_number(histogram_mean(histogram) / 1e9) : none();
}

static SummaryValue maximum(const SummaryColumn *column, const Summary *summary,
                            const DeploymentSummary *deployment) {
    (void)summary;
    const Histogram *histogram = &deployment->latencies[column->member];
    return histogram->count ? of_time(histogram->maximum) : none();
}

/* Of those that have one: what its mean and maximum are of. */
static SummaryValue latency_count(const SummaryColumn *column, const Summary *summary,
                                  const DeploymentSummary *deployment) {
    (void)summary;
    return (SummaryValue){.kind = SUMMARY_COUNT,
                          .count = deployment->latencies[column->member].count};
}

static SummaryValue never_share(const SummaryColumn *column, const Summary *summary,
                                const DeploymentSummary *deployment) {
    (void)summary;
    const Histogram *histogram = &deployment->latencies[column->member];
    return of_ratio((double)histogram->never, (double)histogram_members(histogram));
}

static SummaryValue quantile(const SummaryColumn *column, const Summary *summary,
                             const DeploymentSummary *deployment) {
    (void)summary;
    const Histogram *histogram = &deployment->latencies[column->member];
    if (histogram_members(histogram) == 0) {
        return none();
    }
    const sim_time latency = histogram_quantile(histogram, column->share);
    if (latency == HISTOGRAM_NEVER) {
        return (SummaryValue){.kind = SUMMARY_NEVER};
    }
    return of_time(latency);
}

/* Figures made of others --------------------------------------------------------------------- */

static double total_cost(const DeploymentSummary *deployment) {
    return deployment->end.costs.on_demand_usd + deployment->end.costs.reserved_usd;
}

static SummaryValue total_usd(const SummaryColumn *column, const Summary *summary,
                              const DeploymentSummary *deployment) {
    (void)column, (void)summary;
    return of_number(total_cost(deployment));
}

static SummaryValue usd_per_million_tokens(const SummaryColumn *column, const Summary *summary,
                                           const DeploymentSummary *deployment) {
    (void)column, (void)summary;
    return of_ratio(total_cost(deployment) * 1e6, (double)deployment->end.totals.generated_tokens);
}

/* Of completed ones: a deployment that turns its users away is not the cheaper for it. */
static SummaryValue usd_per_thousand_requests(const SummaryColumn *column, const Summary *summary,
                                              const DeploymentSummary *deployment) {
    (void)column, (void)summary;
    return of_ratio(total_cost(deployment) * 1e3,
                    (double)deployment->end.totals.outcomes[ASIM_COMPLETED]);
}

static SummaryValue idle_share(const SummaryColumn *column, const Summary *summary,
                               const DeploymentSummary *deployment) {
    (void)column, (void)summary;
    return of_ratio(deployment->end.costs.idle_gpu_s, deployment->end.costs.billed_gpu_s);
}

/* The column's member is the outcome's counter. */
static SummaryValue outcome_share(const SummaryColumn *column, const Summary *summary,
                                  const DeploymentSummary *deployment) {
    (void)summary;
    const uint64_t *outcome = member(column, deployment);
    return of_ratio((double)*outcome, (double)deployment->end.totals.requests);
}

static SummaryValue slo_attainment(const SummaryColumn *column, const Summary *summary,
                                   const DeploymentSummary *deployment) {
    (void)column;
    return summary_has_slo(summary)
               ? of_ratio((double)deployment->met, (double)deployment->measured)
               : none();
}

static SummaryValue goodput(const SummaryColumn *column, const Summary *summary,
                            const DeploymentSummary *deployment) {
    (void)column;
    return summary_has_slo(summary)
               ? of_ratio((double)deployment->met, sim_time_to_seconds(deployment->measured_span))
               : none();
}

/* The table ---------------------------------------------------------------------------------- */

#define END(path) offsetof(DeploymentSummary, end.path)
#define COUNT(name, path)                                                                          \
    { name, SUMMARY_UNIT_COUNT, count, END(path), 0 }
#define SECONDS(name, path)                                                                        \
    { name, SUMMARY_UNIT_SECONDS, number, END(path), 0 }
#define INSTANT(name, path)                                                                        \
    { name, SUMMARY_UNIT_SECONDS, instant, END(path), 0 }
#define HOURS(name, path)                                                                          \
    { name, SUMMARY_UNIT_HOURS, hours, END(path), 0 }
#define USD(name, path)                                                                            \
    { name, SUMMARY_UNIT_USD, number, END(path), 0 }
#define MADE(name, unit, getter)                                                                   \
    { name, unit, getter, 0, 0 }
#define OUTCOME_SHARE(name, outcome)                                                               \
    { name, SUMMARY_UNIT_SHARE, outcome_share, END(totals.outcomes[outcome]), 0 }
#define QUANTILE(name, metric, share)                                                              \
    { name, SUMMARY_UNIT_SECONDS, quantile, metric, share }
#define LATENCY(name, metric)                                                                      \
    {name "_mean_s", SUMMARY_UNIT_SECONDS, mean, metric, 0}, QUANTILE(name "_p50_s", metric, 0.5), \
        QUANTILE(name "_p90_s", metric, 0.9), QUANTILE(name "_p95_s", metric, 0.95),               \
        QUANTILE(name "_p99_s", metric, 0.99), QUANTILE(name "_p99_9_s", metric, 0.999),           \
        {name "_max_s", SUMMARY_UNIT_SECONDS, maximum, metric, 0},                                 \
        {name "_count", SUMMARY_UNIT_COUNT, latency_count, metric, 0}, {                           \
        name "_never_share", SUMMARY_UNIT_SHARE, never_share, metric, 0                            \
    }

const SummaryColumn summary_columns[] = {
    COUNT("requests", totals.requests),
    COUNT("completed", totals.outcomes[ASIM_COMPLETED]),
    COUNT("given_up", totals.outcomes[ASIM_GIVEN_UP]),
    COUNT("abandoned", totals.outcomes[ASIM_ABANDONED]),
    COUNT("rejected", totals.outcomes[ASIM_REJECTED]),
    COUNT("in_flight", totals.outcomes[ASIM_IN_FLIGHT]),
    COUNT("sends", totals.sends),
    COUNT("answers_200", totals.answers[ASIM_ANSWER_200]),
    COUNT("answers_400", totals.answers[ASIM_ANSWER_400]),
    COUNT("answers_404", totals.answers[ASIM_ANSWER_404]),
    COUNT("answers_429", totals.answers[ASIM_ANSWER_429]),
    COUNT("answers_503", totals.answers[ASIM_ANSWER_503]),
    COUNT("unanswered", totals.answers[ASIM_ANSWER_NONE]),
    LATENCY("ttft", LATENCY_TTFT),
    LATENCY("tpot", LATENCY_TPOT),
    LATENCY("e2e", LATENCY_E2E),
    LATENCY("ttft_without_retry", LATENCY_TTFT_WITHOUT_RETRY),
    LATENCY("e2e_without_retry", LATENCY_E2E_WITHOUT_RETRY),
    LATENCY("retry_wait", LATENCY_RETRY_WAIT),
    LATENCY("queue_wait", LATENCY_QUEUE_WAIT),
    LATENCY("prefill", LATENCY_PREFILL),
    LATENCY("decode", LATENCY_DECODE),
    COUNT("cold_starts", totals.cold_starts),
    COUNT("cancelled_starts", totals.cancelled_starts),
    COUNT("scale_ups", totals.scale_ups),
    COUNT("scale_downs", totals.scale_downs),
    SECONDS("time_at_zero_s", costs.zero_s),
    SECONDS("time_deleted_s", costs.deleted_s),
    SECONDS("quota_limited_s", costs.quota_limited_s),
    INSTANT("span_s", span),
    INSTANT("drained_s", drained_at),
    HOURS("replica_hours", costs.replica_s),
    HOURS("billed_gpu_hours", costs.billed_gpu_s),
    HOURS("covered_gpu_hours", costs.covered_gpu_s),
    HOURS("booting_gpu_hours", costs.booting_gpu_s),
    HOURS("busy_gpu_hours", costs.busy_gpu_s),
    HOURS("idle_gpu_hours", costs.idle_gpu_s),
    HOURS("draining_gpu_hours", costs.draining_gpu_s),
    USD("on_demand_usd", costs.on_demand_usd),
    USD("reserved_usd", costs.reserved_usd),
    MADE("total_usd", SUMMARY_UNIT_USD, total_usd),
    MADE("usd_per_million_output_tokens", SUMMARY_UNIT_USD, usd_per_million_tokens),
    MADE("usd_per_thousand_requests", SUMMARY_UNIT_USD, usd_per_thousand_requests),
    MADE("idle_share_of_paid_time", SUMMARY_UNIT_SHARE, idle_share),
    COUNT("prompt_tokens", totals.prompt_tokens),
    COUNT("generated_tokens", totals.generated_tokens),
    OUTCOME_SHARE("completed_share", ASIM_COMPLETED),
    OUTCOME_SHARE("given_up_share", ASIM_GIVEN_UP),
    OUTCOME_SHARE("abandoned_share", ASIM_ABANDONED),
    OUTCOME_SHARE("rejected_share", ASIM_REJECTED),
    MADE("slo_attainment", SUMMARY_UNIT_SHARE, slo_attainment),
    MADE("goodput_per_s", SUMMARY_UNIT_PER_SECOND, goodput),
    COUNT("trace_rows", traffic.rows),
    COUNT("trace_failed", traffic.failed),
    COUNT("trace_skipped", traffic.skipped),
    COUNT("trace_outside", traffic.outside),
};

const size_t summary_column_count = sizeof summary_columns / sizeof summary_columns[0];

/* Use ---------------------------------------------------------------------------------------- */

SummaryValue summary_value(const SummaryColumn *column, const Summary *summary, size_t deployment) {
    return column->value(column, summary, &summary->deployments[deployment]);
}

double summary_value_number(SummaryValue value) {
    switch (value.kind) {
    case SUMMARY_COUNT: return (double)value.count;
    case SUMMARY_TIME: return sim_time_to_seconds(value.time);
    case SUMMARY_NUMBER: return value.number;
    case SUMMARY_NEVER: return INFINITY;
    case SUMMARY_NONE: break;
    }
    return NAN;
}

void summary_value_write(SummaryValue value, CsvWriter *writer) {
    switch (value.kind) {
    case SUMMARY_COUNT: csv_writer_count(writer, value.count); break;
    case SUMMARY_TIME: csv_writer_time(writer, value.time); break;
    case SUMMARY_NUMBER: csv_writer_number(writer, value.number); break;
    case SUMMARY_NEVER: csv_writer_number(writer, INFINITY); break;
    case SUMMARY_NONE: csv_writer_empty(writer); break;
    }
}

const SummaryColumn *summary_column_find(const char *name) {
    size_t i = 0;
    while (i < summary_column_count && strcmp(summary_columns[i].name, name) != 0) {
        i++;
    }
    asim_assert(i < summary_column_count); /* no such summary column */
    return &summary_columns[i];
}

void summary_write_csv(const Summary *summary, CsvWriter *writer) {
    csv_writer_text(writer, "deployment");
    for (size_t i = 0; i < summary_column_count; i++) {
        csv_writer_text(writer, summary_columns[i].name);
    }
    csv_writer_end_row(writer);
    for (size_t d = 0; d < summary->deployment_count; d++) {
        csv_writer_text(writer, summary->deployments[d].name);
        for (size_t i = 0; i < summary_column_count; i++) {
            summary_value_write(summary_value(&summary_columns[i], summary, d), writer);
        }
        csv_writer_end_row(writer);
    }
}
