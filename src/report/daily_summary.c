// SPDX-License-Identifier: GPL-3.0-or-later
/* A live summary per deployment, closed and packed at each day's end. The span may be known only at
 * the end, so days are closed while the run goes on, beyond the span too; run_ended then sees which
 * were whole. */
#include "report/daily_summary.h"

#include "engine/memory.h"
#include "stats/packed_histogram.h"

#include <stdlib.h>
#include <string.h>

#define DAY (86400 * SIM_TIME_SECOND)

/* A day of one deployment. */
typedef struct Day {
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
    size_t whole; /* days, once the run has ended */
    bool has_rest;
};

bool daily_summary_possible(const Scenario *scenario) {
    return DAY % scenario->interval == 0;
}

DailySummary *daily_summary_create(const Scenario *scenario) {
    DailySummary *daily = memory_new(1, sizeof *daily);
    daily->live = summary_create(scenario);
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

/* What the totals have gained since the last day's end, which becomes this one. */
static asim_counters counters_since(asim_counters *last, const asim_counters *now) {
    enum { MEMBERS = sizeof(asim_counters) / sizeof(uint64_t) };
    _Static_assert(sizeof(asim_counters) == MEMBERS * sizeof(uint64_t), "counters only");
    uint64_t before[MEMBERS], gain[MEMBERS];
    memcpy(before, last, sizeof before);
    memcpy(gain, now, sizeof gain);
    for (size_t i = 0; i < MEMBERS; i++) {
        gain[i] -= before[i];
    }
    asim_counters counters;
    memcpy(&counters, gain, sizeof counters);
    *last = *now;
    return counters;
}

static asim_costs costs_since(asim_costs *last, const asim_costs *now) {
    enum { MEMBERS = sizeof(asim_costs) / sizeof(double) };
    _Static_assert(sizeof(asim_costs) == MEMBERS * sizeof(double), "amounts only");
    double before[MEMBERS], gain[MEMBERS];
    memcpy(before, last, sizeof before);
    memcpy(gain, now, sizeof gain);
    for (size_t i = 0; i < MEMBERS; i++) {
        gain[i] -= before[i];
    }
    asim_costs costs;
    memcpy(&costs, gain, sizeof costs);
    *last = *now;
    return costs;
}

/* Packs the live summary, in place of which an empty one begins. */
static void close_day(DailySummary *daily, uint32_t deployment, sim_time length,
                      const asim_counters *counters, const asim_costs *costs) {
    DeploymentSummary *live = &daily->live->deployments[deployment];
    DeploymentDays *own = &daily->deployments[deployment];
    own->days = memory_grow(own->days, own->count, &own->room, sizeof *own->days);
    Day *day = &own->days[own->count];
    const sim_time warmup = own->count == 0 ? daily->live->warmup : 0;
    *day = (Day){.figures = {
                     .ended = true,
                     .measured = live->measured,
                     .met = live->met,
                     .measured_span = length > warmup ? length - warmup : 0,
                     .end = {.deployment = deployment,
                             .span = length,
                             .drained_at = length,
                             .totals = counters_since(&own->counters, counters),
                             .costs = costs_since(&own->costs, costs)},
                 }};
    own->count++;
    summary_join_retried(live);
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        day->latencies[i] = histogram_pack(&live->latencies[i]);
        histogram_reset(&live->latencies[i]);
    }
    live->measured = live->met = 0;
}

static void request_ended(void *self, const asim_request *request) {
    const DailySummary *daily = self;
    const asim_observer live = summary_observer(daily->live);
    live.request_ended(live.self, request);
}

static void interval_ended(void *self, const asim_interval *interval) {
    if (interval->to % DAY == 0) {
        close_day(self, interval->deployment, DAY, &interval->totals, &interval->costs);
    }
}

/* Into the last whole day, when the run ends with it and only drains after it. */
static void merge_rest(DeploymentDays *own, size_t whole, Summary *scratch, uint32_t deployment) {
    DeploymentSummary *sum = &scratch->deployments[deployment];
    Day *last = &own->days[whole - 1];
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        histogram_reset(&sum->latencies[i]);
        histogram_merge_packed(&sum->latencies[i], &last->latencies[i], 1);
    }
    for (size_t k = whole; k < own->count; k++) {
        for (size_t i = 0; i < LATENCY_COUNT; i++) {
            histogram_merge_packed(&sum->latencies[i], &own->days[k].latencies[i], 1);
        }
        own->days[k].figures.measured_span = 0;
        own->days[k].figures.end.span = own->days[k].figures.end.drained_at = 0;
        summary_merge_figures(&last->figures, &own->days[k].figures);
    }
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        packed_histogram_clear(&last->latencies[i]);
        last->latencies[i] = histogram_pack(&sum->latencies[i]);
        histogram_reset(&sum->latencies[i]);
    }
}

static void run_ended(void *self, const asim_run_end *end) {
    DailySummary *daily = self;
    DeploymentDays *own = &daily->deployments[end->deployment];
    const size_t whole = (size_t)(end->span / DAY);
    close_day(daily, end->deployment, 0, &end->totals, &end->costs);
    daily->has_rest = end->span % DAY != 0;
    if (whole > 0 && !daily->has_rest) {
        merge_rest(own, whole, daily->live, end->deployment);
        own->days[whole - 1].figures.end.drained_at += end->drained_at - end->span;
    }
    own->traffic = end->traffic;
    daily->whole = whole;
}

asim_observer daily_summary_observer(DailySummary *daily) {
    return (asim_observer){.self = daily,
                           .request_ended = request_ended,
                           .interval_ended = interval_ended,
                           .run_ended = run_ended};
}

/* Putting days together ---------------------------------------------------------------------- */

size_t daily_summary_days(const DailySummary *daily) {
    return daily->whole;
}

bool daily_summary_has_rest(const DailySummary *daily) {
    return daily->has_rest;
}

void daily_summary_compose(const DailySummary *daily, const uint32_t times[], Summary *into) {
    for (size_t d = 0; d < into->deployment_count; d++) {
        DeploymentSummary *sum = &into->deployments[d];
        sum->measured = sum->met = 0;
        sum->measured_span = 0;
        sum->end = (asim_run_end){.deployment = (uint32_t)d};
        sum->ended = true;
        for (size_t i = 0; i < LATENCY_COUNT; i++) {
            histogram_reset(&sum->latencies[i]);
        }
        for (size_t k = 0; k < daily->whole; k++) {
            const Day *day = &daily->deployments[d].days[k];
            for (uint32_t copy = 0; copy < times[k]; copy++) {
                summary_merge_figures(sum, &day->figures);
            }
            for (size_t i = 0; i < LATENCY_COUNT; i++) {
                histogram_merge_packed(&sum->latencies[i], &day->latencies[i], times[k]);
            }
        }
        sum->end.traffic = daily->deployments[d].traffic;
    }
}
