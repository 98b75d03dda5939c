// SPDX-License-Identifier: GPL-3.0-or-later
/* Each table stands here once, as a list of columns: name and how it is written. COLUMN makes of
 * the list first the header, then the code of a row, for that is called for every request. */
#include "figures/run_files.h"

#include "base/csv_writer.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/latency.h"
#include "figures/names.h"
#include "figures/summary.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "stats/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is kept of a deployment. */
typedef struct Track {
    char *name;
    /* timeseries.csv */
    Histogram ttft, e2e;              /* of requests ended in this interval, outside the warm-up */
    asim_counters before;             /* totals at the interval's beginning */
    double serving;                   /* replicas at the last evaluation; NAN before the first */
    double measured[NAMES_LOAD_KEYS]; /* over these */
    double targets[NAMES_LOAD_KEYS];  /* of the last evaluation that weighed the load; NAN: not in
                                         force */
    /* events.csv: the last decision that got a row; texts are static and belong to the policy. */
    const char *reason; /* NULL before the first */
    int recommended;
    int window_target;
} Track;

struct RunFile {
    RunFileKind kind;
    CsvWriter *writer;
    Track *tracks; /* by deployment */
    size_t count;
};

const char *const run_file_names[RUN_FILES] = {"timeseries.csv", "events.csv", "requests.csv",
                                               "refusals.csv"};

#define TEXT(text) csv_writer_text(writer, text)
#define COUNT(count) csv_writer_count(writer, count)
#define INTEGER(integer) csv_writer_integer(writer, integer)
#define NUMBER(number) csv_writer_number(writer, number)
#define TIME(time) csv_writer_time(writer, time)
#define TIME_IF(passed, time) csv_writer_time(writer, (passed) ? (time) : SIM_TIME_NEVER)
#define EMPTY csv_writer_empty(writer)

/* timeseries.csv ----------------------------------------------------------------------------- */

static void write_quantile(CsvWriter *writer, const Histogram *histogram, double share) {
    if (histogram_members(histogram) > 0) {
        csv_writer_latency(writer, histogram_quantile(histogram, share));
    } else {
        csv_writer_empty(writer);
    }
}

/* clang-format off */
#define COUNTED(counter) COUNT(now->counter - before->counter)
#define STATE(state) NUMBER(interval->replicas[ASIM_REPLICA_##state])
#define PER_SECOND(counter) NUMBER((double)(now->counter - before->counter) / seconds)
#define QUANTILE(latency, share) write_quantile(writer, &track->latency, share)
#define SERIES_LOAD(signal, key)                                                                   \
    COLUMN(key "_measured", VALUE, NUMBER(track->measured[signal]))                                \
    COLUMN(key "_target", VALUE, NUMBER(track->targets[signal]))
#define SERIES_COLUMNS                                                                             \
    COLUMN("deployment", KEY, TEXT(track->name))                                                   \
    COLUMN("time_s", KEY, TIME(interval->from))                                                    \
    COLUMN("interval_s", KEY, TIME(interval->to - interval->from))                                 \
    COLUMN("arrivals", COUNT, COUNTED(requests))                                                   \
    COLUMN("sends", COUNT, COUNTED(sends))                                                         \
    COLUMN("answers_200", COUNT, COUNTED(answers[ASIM_ANSWER_200]))                                \
    COLUMN("answers_400", COUNT, COUNTED(answers[ASIM_ANSWER_400]))                                \
    COLUMN("answers_404", COUNT, COUNTED(answers[ASIM_ANSWER_404]))                                \
    COLUMN("answers_429", COUNT, COUNTED(answers[ASIM_ANSWER_429]))                                \
    COLUMN("answers_503", COUNT, COUNTED(answers[ASIM_ANSWER_503]))                                \
    COLUMN("answers_broken", COUNT, COUNTED(answers[ASIM_ANSWER_BROKEN]))                          \
    COLUMN("in_flight", VALUE, COUNT(interval->in_flight))                                         \
    COLUMN("held", VALUE, COUNT(interval->held))                                                   \
    COLUMN("queued", VALUE, COUNT(interval->queued))                                               \
    COLUMN("waiting_at_zero", VALUE, COUNT(interval->waiting_at_zero))                             \
    COLUMN("replicas_pending_scheduling", PART, STATE(PENDING_SCHEDULING))                         \
    COLUMN("replicas_downloading_model", PART, STATE(DOWNLOADING_MODEL))                           \
    COLUMN("replicas_initializing", PART, STATE(INITIALIZING))                                     \
    COLUMN("replicas_ready", PART, STATE(READY))                                                   \
    COLUMN("replicas_serving", PART, STATE(SERVING))                                               \
    COLUMN("replicas_draining", PART, STATE(DRAINING))                                             \
    COLUMN("target", VALUE, INTEGER(interval->target))                                             \
    COLUMN("recommended", VALUE, INTEGER(interval->recommended))                                   \
    COLUMN("not_asked_quota", VALUE, INTEGER(interval->not_asked))                                 \
    COLUMN("serving_measured", VALUE, NUMBER(track->serving))                                      \
    NAMES_OF_LOAD(SERIES_LOAD)                                                                     \
    COLUMN("prompt_tokens_per_s", VALUE, PER_SECOND(prompt_tokens))                                \
    COLUMN("generated_tokens_per_s", VALUE, PER_SECOND(generated_tokens))                          \
    COLUMN("cache_hit_share", VALUE, NUMBER(summary_cache_hit_share(now, before)))                 \
    COLUMN("preemptions", COUNT, COUNTED(preemptions))                                             \
    COLUMN("replicas_lost", COUNT,                                                                 \
           COUNT(now->replicas_preempted - before->replicas_preempted + now->replicas_failed -     \
                 before->replicas_failed))                                                         \
    COLUMN("completed", COUNT, COUNTED(outcomes[ASIM_COMPLETED]))                                  \
    COLUMN("ttft_p50_s", VALUE, QUANTILE(ttft, 0.5))                                               \
    COLUMN("ttft_p95_s", VALUE, QUANTILE(ttft, 0.95))                                              \
    COLUMN("ttft_p99_s", VALUE, QUANTILE(ttft, 0.99))                                              \
    COLUMN("e2e_p50_s", VALUE, QUANTILE(e2e, 0.5))                                                 \
    COLUMN("e2e_p95_s", VALUE, QUANTILE(e2e, 0.95))                                                \
    COLUMN("e2e_p99_s", VALUE, QUANTILE(e2e, 0.99))                                                \
    COLUMN("cost_usd", TOTAL, NUMBER(costs->on_demand_usd + costs->reserved_usd))                  \
    COLUMN("gpu_hours", TOTAL, NUMBER(costs->billed_gpu_s / 3600.0))
/* clang-format on */

const SeriesColumn series_columns[] = {
#define COLUMN(name, kind, write) {name, SERIES_##kind},
    SERIES_COLUMNS
#undef COLUMN
};
const size_t series_column_count = sizeof series_columns / sizeof series_columns[0];

bool series_is_short(double interval_s, double usual_s) {
    return interval_s < 0.5 * usual_s;
}

static void series_request_ended(void *self, const asim_request *request) {
    RunFile *file = self;
    if (latency_ended(request) && !request->in_warmup) {
        Track *track = &file->tracks[request->deployment];
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

static void series_decision_taken(void *self, const asim_decision_taken *taken) {
    RunFile *file = self;
    Track *track = &file->tracks[taken->deployment];
    if (!taken->at_evaluation || taken->observation == NULL) {
        return;
    }
    track->serving = taken->observation->serving;
    memcpy(track->measured, taken->observation->signals, sizeof track->measured);
    remember_targets(track, taken->decision);
}

static void series_interval_ended(void *self, const asim_interval *interval) {
    const RunFile *file = self;
    CsvWriter *writer = file->writer;
    Track *track = &file->tracks[interval->deployment];
    const asim_counters *now = &interval->totals, *before = &track->before;
    const asim_costs *costs = &interval->costs;
    const double seconds = sim_time_to_seconds(interval->to - interval->from);
#define COLUMN(name, kind, write) write;
    SERIES_COLUMNS
#undef COLUMN
    csv_writer_end_row(writer);
    track->before = interval->totals;
    histogram_reset(&track->ttft);
    histogram_reset(&track->e2e);
}

/* events.csv --------------------------------------------------------------------------------- */

static const char *winner(const asim_decision *decision) {
    return decision->winner >= 0 && decision->winner < decision->term_count
               ? decision->terms[decision->winner].key
               : NULL;
}

static double target_of(const asim_decision *decision, size_t key) {
    double target = NAN;
    for (int i = 0; i < decision->term_count; i++) {
        target = names_load_key(decision->terms[i].key) == key ? decision->terms[i].target : target;
    }
    return target;
}

/* Name, of a replica's change, of a decision: what only the other kind has stays empty. */
/* clang-format off */
#define EVENT_LOAD(signal, key)                                                                    \
    COLUMN(key "_measured", EMPTY, NUMBER(signals ? signals[signal] : NAN))                        \
    COLUMN(key "_target", EMPTY, NUMBER(target_of(decision, signal)))
#define EVENT_COLUMNS                                                                              \
    COLUMN("time_s", TIME(change->time), TIME(taken->time))                                        \
    COLUMN("deployment", TEXT(name), TEXT(name))                                                   \
    COLUMN("event", TEXT("replica"), TEXT("decision"))                                             \
    COLUMN("replica", COUNT(change->replica), EMPTY)                                               \
    COLUMN("from", TEXT(change->is_new ? NULL : states[change->from]), INTEGER(taken->from))       \
    COLUMN("to", TEXT(states[change->to]), INTEGER(decision->target))                              \
    COLUMN("reason", TEXT(change->reason), TEXT(decision->reason))                                 \
    COLUMN("recommended", EMPTY, INTEGER(decision->recommended))                                   \
    COLUMN("winner", EMPTY, TEXT(winner(decision)))                                                \
    NAMES_OF_LOAD(EVENT_LOAD)                                                                      \
    COLUMN("window", EMPTY, TEXT(window.name))                                                     \
    COLUMN("window_since_s", EMPTY, TIME_IF(window.name, window.since))                            \
    COLUMN("window_until_s", EMPTY, TIME_IF(window.name, window.until))                            \
    COLUMN("window_target", EMPTY, INTEGER(decision->window_target))                               \
    COLUMN("serving", EMPTY, INTEGER(taken->serving))                                              \
    COLUMN("booting", EMPTY, INTEGER(taken->booting))                                              \
    COLUMN("draining", EMPTY, INTEGER(taken->draining))                                            \
    COLUMN("not_asked_quota", EMPTY, INTEGER(taken->not_asked))                                    \
    COLUMN("held", COUNT(change->held), EMPTY)
/* clang-format on */

static void events_replica_changed(void *self, const asim_replica_change *change) {
    const RunFile *file = self;
    CsvWriter *writer = file->writer;
    const char *name = file->tracks[change->deployment].name;
    const char *const *states = policy_replica_states;
#define COLUMN(name, of_change, of_decision) of_change;
    EVENT_COLUMNS
#undef COLUMN
    csv_writer_end_row(writer);
}

/* The window that acted or holds: of a schedule, where it is what changed the minimum. */
static asim_schedule acting_window(const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    if (taken->observation && taken->observation->minimum_changed) {
        return taken->observation->schedule;
    }
    return (asim_schedule){
        .name = decision->window, .since = decision->window_since, .until = decision->window_until};
}

static void write_decision(const RunFile *file, const asim_decision_taken *taken) {
    const asim_schedule window = acting_window(taken);
    CsvWriter *writer = file->writer;
    const char *name = file->tracks[taken->deployment].name;
    const asim_decision *decision = taken->decision;
    const double *signals =
        taken->at_evaluation && taken->observation ? taken->observation->signals : NULL;
#define COLUMN(name, of_change, of_decision) of_decision;
    EVENT_COLUMNS
#undef COLUMN
    csv_writer_end_row(writer);
}

static void events_decision_taken(void *self, const asim_decision_taken *taken) {
    RunFile *file = self;
    Track *last = &file->tracks[taken->deployment];
    const asim_decision *decision = taken->decision;
    const bool is_news = decision->target != taken->from || last->reason == NULL ||
                         strcmp(last->reason, decision->reason) != 0 ||
                         last->recommended != decision->recommended ||
                         last->window_target != decision->window_target;
    if (is_news) {
        write_decision(file, taken);
        last->reason = decision->reason;
        last->recommended = decision->recommended;
        last->window_target = decision->window_target;
    }
}

/* requests.csv ------------------------------------------------------------------------------- */

/* Instants and waits as far as the request came; one that did not complete has no decode, time per
 * token or end-to-end latency. */
/* clang-format off */
#define REQUEST_COLUMNS                                                                            \
    COLUMN("request", COUNT(request->id))                                                          \
    COLUMN("deployment", TEXT(file->tracks[request->deployment].name))                             \
    COLUMN("source", COUNT(request->source))                                                       \
    COLUMN("first_send_s", TIME(request->first_send))                                              \
    COLUMN("last_send_s", TIME(request->last_send))                                                \
    COLUMN("admitted_s", TIME(request->admitted))                                                  \
    COLUMN("first_token_s", TIME(request->first_token))                                            \
    COLUMN("ended_s", TIME(request->ended))                                                        \
    COLUMN("prompt_tokens", COUNT(request->prompt_tokens))                                         \
    COLUMN("output_tokens", COUNT(request->output_tokens))                                         \
    COLUMN("cached_tokens", request->has_past && admitted ? COUNT(request->cached_tokens) : EMPTY) \
    COLUMN("sends", COUNT(request->sends))                                                         \
    COLUMN("preemptions", COUNT(request->preemptions))                                             \
    COLUMN("outcome", TEXT(names_of_outcomes[request->outcome]))                                   \
    COLUMN("answer", TEXT(names_of_answers[request->last_answer]))                                 \
    COLUMN("replica", request->replica ? COUNT(request->replica) : EMPTY)                          \
    COLUMN("retry_wait_s", TIME(latency_retry_wait(request)))                                      \
    COLUMN("queue_wait_s", TIME_IF(admitted, request->admitted - request->last_send))              \
    COLUMN("prefill_s", TIME_IF(first_token, request->first_token - request->admitted))            \
    COLUMN("decode_s", TIME_IF(completed, request->ended - request->first_token))                  \
    COLUMN("ttft_s", TIME_IF(first_token, latency_ttft(request)))                                  \
    COLUMN("tpot_s", TIME_IF(completed && latency_has_tpot(request), latency_tpot(request)))       \
    COLUMN("e2e_s", TIME_IF(completed, latency_e2e(request)))                                      \
    COLUMN("in_warmup", COUNT(request->in_warmup))
/* clang-format on */

static void requests_request_ended(void *self, const asim_request *request) {
    const RunFile *file = self;
    CsvWriter *writer = file->writer;
    const bool admitted = request->admitted != SIM_TIME_NEVER;
    const bool first_token = latency_has_first_token(request);
    const bool completed = latency_has_answer(request);
#define COLUMN(name, write) write;
    REQUEST_COLUMNS
#undef COLUMN
    csv_writer_end_row(writer);
}

/* refusals.csv ------------------------------------------------------------------------------- */

/* clang-format off */
#define REFUSAL_COLUMNS                                                                            \
    COLUMN("time_s", TIME(refusal->time))                                                          \
    COLUMN("deployment", TEXT(file->tracks[refusal->deployment].name))                             \
    COLUMN("request", COUNT(refusal->request))                                                     \
    COLUMN("send", COUNT(refusal->sends))                                                          \
    COLUMN("sent_s", TIME(refusal->sent))                                                          \
    COLUMN("answer", TEXT(names_of_answers[refusal->answer]))                                      \
    COLUMN("again_s", TIME(refusal->again))                                                        \
    COLUMN("replica", refusal->replica ? COUNT(refusal->replica) : EMPTY)
/* clang-format on */

static void refusals_send_refused(void *self, const asim_refusal *refusal) {
    const RunFile *file = self;
    CsvWriter *writer = file->writer;
#define COLUMN(name, write) write;
    REFUSAL_COLUMNS
#undef COLUMN
    csv_writer_end_row(writer);
}

/* Life --------------------------------------------------------------------------------------- */

static void write_header(RunFileKind kind, CsvWriter *writer) {
#define COLUMN(name, ...) csv_writer_text(writer, name);
    switch (kind) {
    case RUN_FILE_TIMESERIES: SERIES_COLUMNS break;
    case RUN_FILE_EVENTS: EVENT_COLUMNS break;
    case RUN_FILE_REQUESTS: REQUEST_COLUMNS break;
    case RUN_FILE_REFUSALS: REFUSAL_COLUMNS break;
    case RUN_FILES: break;
    }
#undef COLUMN
    csv_writer_end_row(writer);
}

RunFile *run_file_create(RunFileKind kind, const Scenario *scenario, CsvWriter *writer) {
    RunFile *file = memory_new(1, sizeof *file);
    *file = (RunFile){.kind = kind, .writer = writer, .count = scenario->deployment_count};
    file->tracks = memory_new(file->count, sizeof file->tracks[0]);
    for (size_t i = 0; i < file->count; i++) {
        Track *track = &file->tracks[i];
        track->name = memory_text(scenario->deployments[i].name);
        histogram_init(&track->ttft);
        histogram_init(&track->e2e);
        track->serving = NAN;
        for (size_t key = 0; key < NAMES_LOAD_KEYS; key++) {
            track->measured[key] = track->targets[key] = NAN;
        }
    }
    write_header(kind, writer);
    return file;
}

void run_file_destroy(RunFile *file) {
    if (file == NULL) {
        return;
    }
    for (size_t i = 0; i < file->count; i++) {
        free(file->tracks[i].name);
        histogram_clear(&file->tracks[i].ttft);
        histogram_clear(&file->tracks[i].e2e);
    }
    free(file->tracks);
    free(file);
}

asim_observer run_file_observer(RunFile *file) {
    static const asim_observer observers[RUN_FILES] = {
        [RUN_FILE_TIMESERIES] = {.request_ended = series_request_ended,
                                 .decision_taken = series_decision_taken,
                                 .interval_ended = series_interval_ended},
        [RUN_FILE_EVENTS] = {.replica_changed = events_replica_changed,
                             .decision_taken = events_decision_taken},
        [RUN_FILE_REQUESTS] = {.request_ended = requests_request_ended},
        [RUN_FILE_REFUSALS] = {.send_refused = refusals_send_refused}};
    asim_observer observer = observers[file->kind];
    observer.self = file;
    return observer;
}

/* latency_histogram.csv ---------------------------------------------------------------------- */

/* clang-format off */
#define BUCKET_COLUMNS                                                                             \
    COLUMN("deployment", TEXT(deployment->name))                                                   \
    COLUMN("metric", TEXT(names_of_latencies[metric]))                                             \
    COLUMN("lower_s", csv_writer_latency(writer, lower))                                           \
    COLUMN("upper_s", csv_writer_latency(writer, upper))                                           \
    COLUMN("count", COUNT(count))                                                                  \
    COLUMN("cumulative", NUMBER(cumulative))
/* clang-format on */

static void write_bucket(const DeploymentSummary *deployment, LatencyMetric metric, sim_time lower,
                         sim_time upper, uint64_t count, double cumulative, CsvWriter *writer) {
#define COLUMN(name, write) write;
    BUCKET_COLUMNS
#undef COLUMN
    csv_writer_end_row(writer);
}

static void write_latency(const DeploymentSummary *deployment, LatencyMetric metric,
                          CsvWriter *writer) {
    const Histogram *histogram = &deployment->latencies[metric];
    const double members = (double)histogram_members(histogram);
    uint64_t seen = 0;
    for (uint32_t bucket = histogram_lowest(histogram);
         histogram->count > 0 && bucket <= histogram_highest(histogram); bucket++) {
        const uint64_t count = histogram_at(histogram, bucket);
        seen += count;
        if (count > 0) {
            write_bucket(deployment, metric, histogram_bucket_lower(bucket),
                         histogram_bucket_upper(bucket), count, (double)seen / members, writer);
        }
    }
    if (histogram->never > 0) {
        write_bucket(deployment, metric, SIM_TIME_NEVER, SIM_TIME_NEVER, histogram->never, 1,
                     writer);
    }
}

void latency_histogram_write(const Summary *summary, CsvWriter *writer) {
#define COLUMN(name, write) csv_writer_text(writer, name);
    BUCKET_COLUMNS
#undef COLUMN
    csv_writer_end_row(writer);
    for (size_t d = 0; d < summary->deployment_count; d++) {
        for (LatencyMetric metric = 0; metric < LATENCY_COUNT; metric++) {
            write_latency(&summary->deployments[d], metric, writer);
        }
    }
}
