// SPDX-License-Identifier: GPL-3.0-or-later
/* The time series. Counters come as running totals, so each row subtracts those of the row before;
 * histograms of the interval are emptied after each row and keep their memory. */
#include "figures/timeseries.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/latency.h"
#include "figures/names.h"
#include "stats/histogram.h"

#include <math.h>
#include <stdlib.h>

typedef struct Track {
    char *name;
    Histogram ttft, e2e;              /* of requests ended in this interval, outside the warm-up */
    asim_counters before;             /* totals at the interval's beginning */
    double measured[NAMES_LOAD_KEYS]; /* at the last evaluation; NAN before the first */
    double serving;                   /* replicas that it was measured over */
    double targets[NAMES_LOAD_KEYS];  /* of the last evaluation that weighed the load; NAN: not in
                                         force */
} Track;

struct Timeseries {
    CsvWriter *writer;
    Track *tracks; /* by deployment */
    size_t track_count;
};

/* Columns ------------------------------------------------------------------------------------ */

static const char *const first_columns[] = {
    "deployment",
    "time_s",
    "interval_s",
    "arrivals",
    "sends",
    "answers_200",
    "answers_400",
    "answers_404",
    "answers_429",
    "answers_503",
    "in_flight",
    "held",
    "queued",
    "replicas_pending_scheduling",
    "replicas_downloading_model",
    "replicas_initializing",
    "replicas_ready",
    "replicas_serving",
    "replicas_draining",
    "target",
    "recommended",
    "not_asked_quota",
    "serving_measured",
};

static const char *const last_columns[] = {
    "prompt_tokens_per_s", "generated_tokens_per_s",
    "completed",           "ttft_p50_s",
    "ttft_p95_s",          "ttft_p99_s",
    "e2e_p50_s",           "e2e_p95_s",
    "e2e_p99_s",           "cost_usd",
    "gpu_hours",
};

static void write_names(CsvWriter *writer, const char *const names[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        csv_writer_text(writer, names[i]);
    }
}

static void write_header(CsvWriter *writer) {
    write_names(writer, first_columns, sizeof first_columns / sizeof first_columns[0]);
    names_write_load_columns(writer);
    write_names(writer, last_columns, sizeof last_columns / sizeof last_columns[0]);
    csv_writer_end_row(writer);
}

static void write_traffic(CsvWriter *writer, const asim_counters *now,
                          const asim_counters *before) {
    csv_writer_count(writer, now->requests - before->requests);
    csv_writer_count(writer, now->sends - before->sends);
    for (size_t i = ASIM_ANSWER_200; i <= ASIM_ANSWER_503; i++) {
        csv_writer_count(writer, now->answers[i] - before->answers[i]);
    }
}

static void write_state(CsvWriter *writer, const asim_interval *interval) {
    csv_writer_count(writer, interval->in_flight);
    csv_writer_count(writer, interval->held);
    csv_writer_count(writer, interval->queued);
    for (size_t i = ASIM_REPLICA_PENDING_SCHEDULING; i <= ASIM_REPLICA_DRAINING; i++) {
        csv_writer_number(writer, interval->replicas[i]);
    }
    csv_writer_integer(writer, interval->target);
    csv_writer_integer(writer, interval->recommended);
    csv_writer_integer(writer, interval->not_asked);
}

static void write_load(CsvWriter *writer, const Track *track) {
    csv_writer_number(writer, track->serving);
    for (size_t key = 0; key < NAMES_LOAD_KEYS; key++) {
        csv_writer_number(writer, track->measured[key]);
        csv_writer_number(writer, track->targets[key]);
    }
}

static void write_quantile(CsvWriter *writer, const Histogram *histogram, double share) {
    if (histogram_members(histogram) > 0) {
        csv_writer_latency(writer, histogram_quantile(histogram, share));
    } else {
        csv_writer_empty(writer);
    }
}

static void write_latencies(CsvWriter *writer, const Track *track) {
    const Histogram *const histograms[] = {&track->ttft, &track->e2e};
    for (size_t i = 0; i < 2; i++) {
        write_quantile(writer, histograms[i], 0.5);
        write_quantile(writer, histograms[i], 0.95);
        write_quantile(writer, histograms[i], 0.99);
    }
}

/* Life --------------------------------------------------------------------------------------- */

static void track_init(Track *track, const char *name) {
    *track = (Track){.name = memory_text(name), .serving = NAN};
    histogram_init(&track->ttft);
    histogram_init(&track->e2e);
    for (size_t key = 0; key < NAMES_LOAD_KEYS; key++) {
        track->measured[key] = track->targets[key] = NAN;
    }
}

Timeseries *timeseries_create(const Scenario *scenario, CsvWriter *writer) {
    Timeseries *timeseries = memory_new(1, sizeof *timeseries);
    timeseries->writer = writer;
    timeseries->track_count = scenario->deployment_count;
    timeseries->tracks = memory_new(timeseries->track_count, sizeof timeseries->tracks[0]);
    for (size_t i = 0; i < timeseries->track_count; i++) {
        track_init(&timeseries->tracks[i], scenario->deployments[i].name);
    }
    write_header(writer);
    return timeseries;
}

void timeseries_destroy(Timeseries *timeseries) {
    if (timeseries == NULL) {
        return;
    }
    for (size_t i = 0; i < timeseries->track_count; i++) {
        free(timeseries->tracks[i].name);
        histogram_clear(&timeseries->tracks[i].ttft);
        histogram_clear(&timeseries->tracks[i].e2e);
    }
    free(timeseries->tracks);
    free(timeseries);
}

/* What it is told ---------------------------------------------------------------------------- */

static void timeseries_request_ended(void *self, const asim_request *request) {
    Timeseries *timeseries = self;
    if (latency_ended(request) && !request->in_warmup) {
        Track *track = &timeseries->tracks[request->deployment];
        latency_record(&track->ttft, latency_has_first_token(request), latency_ttft(request));
        latency_record(&track->e2e, latency_has_answer(request), latency_e2e(request));
    }
}

/* A key's target outlives evaluations that do not weigh the load (nothing serves): it is in force.
 */
static void remember_targets(Track *track, const asim_decision *decision) {
    for (size_t key = 0; key < NAMES_LOAD_KEYS && decision->term_count > 0; key++) {
        track->targets[key] = NAN;
    }
    for (int i = 0; i < decision->term_count; i++) {
        const size_t key = names_load_key(decision->terms[i].key);
        if (key < NAMES_LOAD_KEYS) {
            track->targets[key] = decision->terms[i].target;
        }
    }
}

static void timeseries_decision_taken(void *self, const asim_decision_taken *taken) {
    Timeseries *timeseries = self;
    Track *track = &timeseries->tracks[taken->deployment];
    if (!taken->at_evaluation || taken->observation == NULL) {
        return;
    }
    track->serving = taken->observation->serving;
    for (size_t key = 0; key < NAMES_LOAD_KEYS; key++) {
        track->measured[key] = taken->observation->signals[key];
    }
    remember_targets(track, taken->decision);
}

static void timeseries_interval_ended(void *self, const asim_interval *interval) {
    Timeseries *timeseries = self;
    CsvWriter *writer = timeseries->writer;
    Track *track = &timeseries->tracks[interval->deployment];
    const asim_counters *now = &interval->totals, *before = &track->before;
    const double seconds = sim_time_to_seconds(interval->to - interval->from);
    csv_writer_text(writer, track->name);
    csv_writer_time(writer, interval->from);
    csv_writer_time(writer, interval->to - interval->from);
    write_traffic(writer, now, before);
    write_state(writer, interval);
    write_load(writer, track);
    csv_writer_number(writer, (double)(now->prompt_tokens - before->prompt_tokens) / seconds);
    csv_writer_number(writer, (double)(now->generated_tokens - before->generated_tokens) / seconds);
    csv_writer_count(writer, now->outcomes[ASIM_COMPLETED] - before->outcomes[ASIM_COMPLETED]);
    write_latencies(writer, track);
    csv_writer_number(writer, interval->costs.on_demand_usd + interval->costs.reserved_usd);
    csv_writer_number(writer, interval->costs.billed_gpu_s / 3600.0);
    csv_writer_end_row(writer);
    track->before = interval->totals;
    histogram_reset(&track->ttft);
    histogram_reset(&track->e2e);
}

asim_observer timeseries_observer(Timeseries *timeseries) {
    return (asim_observer){.self = timeseries,
                           .request_ended = timeseries_request_ended,
                           .decision_taken = timeseries_decision_taken,
                           .interval_ended = timeseries_interval_ended};
}
