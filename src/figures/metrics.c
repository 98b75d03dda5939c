// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of metrics and their getters. Shares and costs per unit of nothing do not apply. */
#include "figures/metrics.h"

#include "base/csv_writer.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/summary.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_HOUR 3600.0

struct MetricSource {
    const MetricRow *row;
    const Summary *summary;
    const DeploymentSummary *deployment;
};

static MetricValue of_count(uint64_t count) {
    return (MetricValue){.kind = METRIC_VALUE_COUNT, .count = count};
}

static MetricValue of_time(sim_time time) {
    return (MetricValue){.kind = METRIC_VALUE_TIME, .time = time};
}

static MetricValue of_number(double number) {
    return isfinite(number) ? (MetricValue){.kind = METRIC_VALUE_NUMBER, .number = number}
                            : (MetricValue){.kind = METRIC_VALUE_NONE};
}

/* part / whole, where there is a whole. */
static MetricValue of_ratio(double part, double whole) {
    return of_number(whole > 0 ? part / whole : NAN);
}

/* Members as they are ------------------------------------------------------------------------ */

static const void *member(const MetricSource *source) {
    return (const char *)source->deployment + source->row->member;
}

static MetricValue count(const MetricSource *source) {
    const uint64_t *value = member(source);
    return of_count(*value);
}

static MetricValue instant(const MetricSource *source) {
    const sim_time *value = member(source);
    return of_time(*value);
}

static MetricValue number(const MetricSource *source) {
    const double *value = member(source);
    return of_number(*value);
}

static MetricValue hours(const MetricSource *source) {
    const double *seconds = member(source);
    return of_number(*seconds / SECONDS_PER_HOUR);
}

/* Latencies ---------------------------------------------------------------------------------- */

static const Histogram *histogram_of(const MetricSource *source) {
    return &source->deployment->latencies[source->row->member];
}

static MetricValue mean(const MetricSource *source) {
    const Histogram *histogram = histogram_of(source);
    return of_number(histogram->count ? histogram_mean(histogram) / 1e9 : NAN);
}

static MetricValue maximum(const MetricSource *source) {
    const Histogram *histogram = histogram_of(source);
    return histogram->count ? of_time(histogram->maximum) : of_number(NAN);
}

/* Of those that have one: what its mean and maximum are of. */
static MetricValue latency_count(const MetricSource *source) {
    return of_count(histogram_of(source)->count);
}

static MetricValue never_share(const MetricSource *source) {
    const Histogram *histogram = histogram_of(source);
    return of_ratio((double)histogram->never, (double)histogram_members(histogram));
}

static MetricValue quantile(const MetricSource *source) {
    const Histogram *histogram = histogram_of(source);
    if (histogram_members(histogram) == 0) {
        return of_number(NAN);
    }
    const sim_time latency = histogram_quantile(histogram, source->row->share);
    return latency == HISTOGRAM_NEVER
               ? (MetricValue){.kind = METRIC_VALUE_NUMBER, .number = INFINITY}
               : of_time(latency);
}

/* Figures made of others --------------------------------------------------------------------- */

static double total_cost(const MetricSource *source) {
    const asim_costs *costs = &source->deployment->end.costs;
    return costs->on_demand_usd + costs->reserved_usd;
}

static MetricValue total_usd(const MetricSource *source) {
    return of_number(total_cost(source));
}

static MetricValue usd_per_30_days(const MetricSource *source) {
    return of_ratio(total_cost(source) * (double)(30 * SIM_TIME_DAY),
                    (double)source->deployment->end.span);
}

/* All requests' tokens: a serverless service would have turned nobody away. */
static double serverless_cost(const MetricSource *source) {
    const DeploymentSummary *deployment = source->deployment;
    return (double)deployment->asked_prompt_tokens * deployment->serverless_input_usd +
           (double)deployment->asked_output_tokens * deployment->serverless_output_usd;
}

static MetricValue serverless_usd(const MetricSource *source) {
    return of_number(serverless_cost(source));
}

static MetricValue share_of_serverless(const MetricSource *source) {
    return of_ratio(total_cost(source), serverless_cost(source));
}

static MetricValue break_even(const MetricSource *source) {
    const asim_run_end *end = &source->deployment->end;
    return of_ratio((double)end->totals.requests * total_cost(source),
                    serverless_cost(source) * sim_time_to_seconds(end->span));
}

static MetricValue usd_per_million_tokens(const MetricSource *source) {
    return of_ratio(total_cost(source) * 1e6,
                    (double)source->deployment->end.totals.generated_tokens);
}

static MetricValue usd_per_thousand_requests(const MetricSource *source) {
    return of_ratio(total_cost(source) * 1e3,
                    (double)source->deployment->end.totals.outcomes[ASIM_COMPLETED]);
}

static MetricValue idle_share(const MetricSource *source) {
    const asim_costs *costs = &source->deployment->end.costs;
    return of_ratio(costs->idle_gpu_s, costs->billed_gpu_s);
}

/* The row's member is the outcome's counter. */
static MetricValue outcome_share(const MetricSource *source) {
    const uint64_t *outcome = member(source);
    return of_ratio((double)*outcome, (double)source->deployment->end.totals.requests);
}

static MetricValue cached_tokens(const MetricSource *source) {
    const asim_counters *totals = &source->deployment->end.totals;
    uint64_t cached = 0;
    for (size_t age = 0; age < ASIM_REPLICA_AGES; age++) {
        cached += totals->cached_tokens[age];
    }
    return of_count(cached);
}

/* Absent where no request's past is told. */
static MetricValue cache_hit_share(const MetricSource *source) {
    return of_number(summary_cache_hit_share(&source->deployment->end.totals, NULL));
}

/* The row's member is the counter of what was cached at that age. */
static MetricValue cache_hit_share_at_age(const MetricSource *source) {
    const asim_counters *totals = &source->deployment->end.totals;
    const uint64_t *cached = member(source);
    return of_ratio((double)*cached, (double)totals->asked_tokens[cached - totals->cached_tokens]);
}

static MetricValue slo_attainment(const MetricSource *source) {
    const DeploymentSummary *deployment = source->deployment;
    return of_ratio(summary_has_slo(source->summary) ? (double)deployment->met : NAN,
                    (double)deployment->measured);
}

static MetricValue goodput(const MetricSource *source) {
    const DeploymentSummary *deployment = source->deployment;
    return of_ratio(summary_has_slo(source->summary) ? (double)deployment->met : NAN,
                    sim_time_to_seconds(deployment->measured_span));
}

/* The table ---------------------------------------------------------------------------------- */

const MetricRow metric_rows[] = {
#define METRIC(name_, ...) {__VA_ARGS__},
#include "figures/metrics.def"
};

const size_t metric_count = sizeof metric_rows / sizeof metric_rows[0];

const char *const metric_group_titles[METRIC_GROUPS] = {[METRIC_GROUP_COST] = "Cost",
                                                        [METRIC_GROUP_LATENCY] = "Latency",
                                                        [METRIC_GROUP_REQUESTS] =
                                                            "Requests and answers",
                                                        [METRIC_GROUP_REPLICAS] = "Replicas",
                                                        [METRIC_GROUP_TRAFFIC] = "Traffic",
                                                        [METRIC_GROUP_OTHER] = "Other figures"};

/* Use ---------------------------------------------------------------------------------------- */

const MetricRow *metric_find(const char *name) {
    size_t i = 0;
    while (i < metric_count && strcmp(metric_rows[i].name, name) != 0) {
        i++;
    }
    return i < metric_count ? &metric_rows[i] : NULL;
}

const MetricRow **metric_view(MetricView view, size_t *count) {
    const MetricRow **rows = memory_new(metric_count, sizeof rows[0]);
    *count = 0;
    for (size_t i = 0; i < metric_count; i++) {
        size_t at = *count;
        if (metric_rows[i].shown[view] == 0) {
            continue;
        }
        for (; at > 0 && rows[at - 1]->shown[view] > metric_rows[i].shown[view]; at--) {
            rows[at] = rows[at - 1];
        }
        rows[at] = &metric_rows[i];
        ++*count;
    }
    return rows;
}

const char *metric_short_title(const MetricRow *row) {
    return row->short_title ? row->short_title : row->title;
}

MetricValue metric_of(const MetricRow *row, const Summary *summary, size_t deployment) {
    return row->value(&(MetricSource){row, summary, &summary->deployments[deployment]});
}

double metric_number(MetricValue value) {
    switch (value.kind) {
    case METRIC_VALUE_COUNT: return (double)value.count;
    case METRIC_VALUE_TIME: return sim_time_to_seconds(value.time);
    case METRIC_VALUE_NUMBER: return value.number;
    case METRIC_VALUE_NONE: break;
    }
    return NAN;
}

void metric_write(MetricValue value, CsvWriter *writer) {
    switch (value.kind) {
    case METRIC_VALUE_COUNT: csv_writer_count(writer, value.count); break;
    case METRIC_VALUE_TIME: csv_writer_time(writer, value.time); break;
    case METRIC_VALUE_NUMBER: csv_writer_number(writer, value.number); break;
    case METRIC_VALUE_NONE: csv_writer_empty(writer); break;
    }
}

char *metric_markdown(void) {
    static const char *const units[] = {
        [METRIC_UNIT_COUNT] = "",       [METRIC_UNIT_SECONDS] = "s",
        [METRIC_UNIT_HOURS] = "h",      [METRIC_UNIT_USD] = "US$",
        [METRIC_UNIT_SHARE] = "0 to 1", [METRIC_UNIT_PER_SECOND] = "1/s"};
    char *text = NULL;
    size_t length;
    FILE *stream = memory_checked(open_memstream(&text, &length));
    fputs("| column | unit | title | what it is |\n|---|---|---|---|\n", stream);
    for (const MetricRow *row = metric_rows; row < metric_rows + metric_count; row++) {
        fprintf(stream, "| `%s` | %s | %s | %s |\n", row->name, units[row->unit], row->title,
                row->help);
    }
    memory_close(stream, &text);
    return text;
}
