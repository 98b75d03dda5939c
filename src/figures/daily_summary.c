// SPDX-License-Identifier: GPL-3.0-or-later
/* A live summary per deployment, closed and packed at each day's end. The span may be known only at
 * the end, so days are closed while the run goes on, beyond the span too; run_ended then puts what
 * came after it into the day that it ends in. */
#include "figures/daily_summary.h"

#include "base/memory.h"
#include "scenario/scenario.h"
#include "stats/histogram.h"

#include <stdlib.h>
#include <string.h>

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

/* From the midnight before it. */
static sim_time since_midnight(int64_t epoch_s) {
    return (epoch_s % 86400 + 86400) % 86400 * SIM_TIME_SECOND;
}

/* From midnight to the end of the interval nearest to it, where intervals divide a day. */
static sim_time offset_of(const Scenario *scenario) {
    const sim_time after = since_midnight(scenario->start_epoch_s) % scenario->interval;
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
    daily->since_midnight = since_midnight(scenario->start_epoch_s);
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
    Day *day = &own->days[own->count];
    *day = (Day){.figures = {
                     .ended = true,
                     .measured = live->measured,
                     .met = live->met,
                     .end = {.deployment = deployment,
                             .totals = counters_since(&own->counters, counters),
                             .costs = costs_since(&own->costs, costs)},
                 }};
    set_end(daily, own, own->count, end);
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
        summary_merge_figures(&into->figures, &own->days[k].figures);
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

static void run_ended(void *self, const asim_run_end *end) {
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
                           .request_ended = request_ended,
                           .interval_ended = interval_ended,
                           .run_ended = run_ended};
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
        summary_merge_figures(sum, &day->figures);
    }
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        histogram_merge_packed(&sum->latencies[i], &day->latencies[i], times);
    }
}

void daily_summary_compose(const DailySummary *daily, const uint32_t times[], Summary *into) {
    for (size_t d = 0; d < into->deployment_count; d++) {
        const DeploymentDays *own = &daily->deployments[d];
        DeploymentSummary *sum = &into->deployments[d];
        sum->measured = sum->met = 0;
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
