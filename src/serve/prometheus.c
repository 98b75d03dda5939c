// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/prometheus.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/names.h"
#include "policy/policies.h"
#include "scenario/deployment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_NS INT64_C(5000000000)
#define NOTES 13 /* the oldest is a minute old */

/* Histograms ----------------------------------------------------------------------------------- */

/* 1, 2, 5, 10, ... 1,000,000 ms; 1, 2, 4, ... 2^18 tokens; and what is larger. */
#define BUCKETS 20
static const double ms_bounds[BUCKETS - 1] = {1,   2,   5,   1e1, 2e1, 5e1, 1e2, 2e2, 5e2, 1e3,
                                              2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6};

typedef double HistogramValue(const asim_request *request);

static double ms(sim_time from, sim_time to) {
    return (double)(to - from) / 1e6;
}
static double generation_per_token_ms(const asim_request *request) {
    return request->output_tokens > 1
               ? ms(request->first_token, request->ended) / (request->output_tokens - 1)
               : NAN;
}
static double overall_ms(const asim_request *request) {
    return ms(request->last_send, request->ended);
}
static double to_first_token_ms(const asim_request *request) {
    return ms(request->last_send, request->first_token);
}
static double prefill_ms(const asim_request *request) {
    return ms(request->admitted, request->first_token);
}
static double prefill_queue_ms(const asim_request *request) {
    return ms(request->last_send, request->admitted);
}
static double tokens_generated(const asim_request *request) {
    return request->output_tokens;
}
static double tokens_prompt(const asim_request *request) {
    return request->prompt_tokens;
}

static const struct {
    const char *name;
    bool in_ms;
    HistogramValue *value; /* NAN: it has none */
    const char *help;
} histograms[] = {
    {"latency_generation_per_token_ms", true, generation_per_token_ms,
     "time per output token after the first"},
    {"latency_overall_ms", true, overall_ms, "end-to-end latency, from the last send on"},
    {"latency_to_first_token_ms", true, to_first_token_ms, "time to first token"},
    {"latency_prefill_ms", true, prefill_ms, "prefill"},
    {"latency_prefill_queue_ms", true, prefill_queue_ms, "wait before prefill"},
    {"tokens_generated_per_request", false, tokens_generated, "output tokens of a request"},
    {"tokens_prompt_per_request", false, tokens_prompt, "prompt tokens of a request"},
};
#define HISTOGRAMS (sizeof histograms / sizeof *histograms)

static double bound(size_t histogram, size_t bucket) {
    return histograms[histogram].in_ms ? ms_bounds[bucket] : (double)(UINT64_C(1) << bucket);
}

/* Notes ---------------------------------------------------------------------------------------- */

/* Of a deployment at an instant: counters. */
typedef struct Note {
    sim_time time;
    uint64_t requests, prompt_tokens, cached_tokens;
    uint64_t answers[ASIM_ANSWER_COUNT];
    uint64_t buckets[HISTOGRAMS][BUCKETS];
} Note;

typedef struct Noted {
    Note now; /* of it the buckets go on */
    Note notes[NOTES];
} Noted;

struct Prometheus {
    const Scenario *scenario;
    Noted *deployments;
    int64_t noted; /* wall */
    size_t count;  /* of notes, all in all */
};

static uint64_t sum(const uint64_t *counters, size_t count) {
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++) {
        all += counters[i];
    }
    return all;
}

static void read_counters(Note *note, const LiveState *state) {
    note->time = state->time;
    note->requests = state->totals.sends;
    note->prompt_tokens = state->totals.prompt_tokens;
    note->cached_tokens = sum(state->totals.cached_tokens, ASIM_REPLICA_AGES);
    memcpy(note->answers, state->totals.answers, sizeof note->answers);
}

static void on_request_ended(void *self, const asim_request *request) {
    Prometheus *prometheus = self;
    Note *now = &prometheus->deployments[request->deployment].now;
    if (request->outcome != ASIM_COMPLETED) {
        return;
    }
    for (size_t h = 0; h < HISTOGRAMS; h++) {
        const double value = histograms[h].value(request);
        size_t bucket = 0;
        while (bucket < BUCKETS - 1 && value > bound(h, bucket)) {
            bucket++;
        }
        now->buckets[h][bucket] += isnan(value) ? 0 : 1;
    }
}

void prometheus_note(Prometheus *prometheus, Live *live, int64_t wall) {
    if (prometheus->count > 0 && wall - prometheus->noted < NOTE_NS) {
        return;
    }
    prometheus->noted = wall;
    for (uint32_t d = 0; d < prometheus->scenario->deployment_count; d++) {
        Noted *noted = &prometheus->deployments[d];
        const LiveState state = live_state(live, d);
        read_counters(&noted->now, &state);
        noted->notes[prometheus->count % NOTES] = noted->now;
    }
    prometheus->count++;
}

static const Note *oldest_note(const Prometheus *prometheus, uint32_t deployment) {
    asim_assert(prometheus->count > 0);
    const size_t oldest = prometheus->count < NOTES ? 0 : prometheus->count % NOTES;
    return &prometheus->deployments[deployment].notes[oldest];
}

/* Writing -------------------------------------------------------------------------------------- */

/* What all writers see of a deployment. */
typedef struct View {
    const DeploymentConfig *config;
    LiveState state;
    Note now;
    const Note *before;
    double seconds; /* since then */
} View;

typedef struct Writer {
    Text *text;
    const View *views;
    size_t count;
} Writer;

static void add_label(Text *text, const char *value) {
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\n') {
            text_add(text, "\\n");
        } else {
            if (*p == '"' || *p == '\\') {
                text_add_char(text, '\\');
            }
            text_add_char(text, *p);
        }
    }
}

static void add_sample(Text *text, const char *name, const char *suffix, const View *view,
                       const char *label, const char *word, double value) {
    char number[32];
    text_addf(text, "%s%s{base_model=\"", name, suffix);
    add_label(text, view->config->model);
    text_add(text, "\",deployment=\"accounts/sim/deployments/");
    add_label(text, view->config->name);
    text_add(text, "\",deployment_account=\"sim\",deployment_id=\"");
    add_label(text, view->config->name);
    if (label != NULL) {
        text_addf(text, "\",%s=\"", label);
        add_label(text, word);
    }
    text_addf(text, "\"} %s\n", isnan(value) ? "NaN" : text_number(value, number));
}

static void add_head(Text *text, const char *name, const char *suffix, const char *type,
                     const char *help) {
    text_addf(text, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, type);
}

static double rate(const View *view, uint64_t now, uint64_t before) {
    return view->seconds > 0 ? (double)(now - before) / view->seconds : 0;
}

/* Fireworks' ----------------------------------------------------------------------------------- */

static double request_rate(const View *view) {
    return rate(view, view->now.requests, view->before->requests);
}
static double cached_rate(const View *view) {
    return rate(view, view->now.cached_tokens, view->before->cached_tokens);
}
static double prompt_rate(const View *view) {
    return rate(view, view->now.prompt_tokens + view->now.cached_tokens,
                view->before->prompt_tokens + view->before->cached_tokens);
}

/* Means of the replicas that serve; nothing serves: 0. */
static double of_serving(const View *view, double sum_of_all) {
    const uint32_t serving = view->state.replicas[ASIM_REPLICA_SERVING];
    return serving > 0 ? sum_of_all / serving : 0;
}
static double concurrent(const View *view) {
    return of_serving(view, view->state.held);
}
static double kv_blocks(const View *view) {
    return of_serving(view, (double)view->state.kv_tokens /
                                (double)view->config->profile.kv_capacity_tokens);
}
static double kv_slots(const View *view) {
    return of_serving(view,
                      (double)view->state.running / (double)view->config->profile.batch_slots);
}

static const struct {
    const char *name, *suffix, *help;
    double (*value)(const View *view);
} fireworks_gauges[] = {
    {"request_counter_total", ":sum_by_deployment", "requests per second", request_rate},
    {"tokens_cached_prompt_total", ":sum_by_deployment",
     "prompt tokens per second that the prefix cache had", cached_rate},
    {"tokens_prompt_total", ":sum_by_deployment", "prompt tokens per second, cached ones too",
     prompt_rate},
    {"generator_kv_blocks_fraction", ":avg_by_deployment",
     "share of the KV cache in use, mean of the serving replicas", kv_blocks},
    {"generator_kv_slots_fraction", ":avg_by_deployment",
     "share of the batch slots in use, mean of the serving replicas", kv_slots},
    {"requests_coordinator_concurrent_count", ":avg_by_deployment",
     "requests held, running and queued, mean of the serving replicas", concurrent},
};

static void write_errors(const Writer *writer) {
    static const char name[] = "requests_error_total", suffix[] = ":sum_by_deployment";
    add_head(writer->text, name, suffix, "gauge", "answers per second other than 200, by code");
    for (size_t d = 0; d < writer->count; d++) {
        const View *view = &writer->views[d];
        for (asim_answer answer = ASIM_ANSWER_400; answer <= ASIM_ANSWER_503; answer++) {
            add_sample(writer->text, name, suffix, view, "http_code", names_of_answers[answer],
                       rate(view, view->now.answers[answer], view->before->answers[answer]));
        }
    }
}

static void write_histogram(const Writer *writer, size_t h) {
    static const char suffix[] = "_bucket:sum_by_deployment";
    Text *text = writer->text;
    text_addf(text, "# HELP %s%s %s: requests per second up to le\n# TYPE %s%s gauge\n",
              histograms[h].name, suffix, histograms[h].help, histograms[h].name, suffix);
    for (size_t d = 0; d < writer->count; d++) {
        const View *view = &writer->views[d];
        uint64_t now = 0, before = 0;
        for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
            char le[32] = "+Inf";
            now += view->now.buckets[h][bucket];
            before += view->before->buckets[h][bucket];
            if (bucket < BUCKETS - 1) {
                text_number(bound(h, bucket), le);
            }
            add_sample(text, histograms[h].name, suffix, view, "le", le, rate(view, now, before));
        }
    }
}

static void write_fireworks(const Writer *writer) {
    for (size_t i = 0; i < sizeof fireworks_gauges / sizeof *fireworks_gauges; i++) {
        add_head(writer->text, fireworks_gauges[i].name, fireworks_gauges[i].suffix, "gauge",
                 fireworks_gauges[i].help);
        for (size_t d = 0; d < writer->count; d++) {
            add_sample(writer->text, fireworks_gauges[i].name, fireworks_gauges[i].suffix,
                       &writer->views[d], NULL, NULL, fireworks_gauges[i].value(&writer->views[d]));
        }
    }
    write_errors(writer);
    for (size_t h = 0; h < HISTOGRAMS; h++) {
        write_histogram(writer, h);
    }
}

/* Ours ----------------------------------------------------------------------------------------- */

static double replicas(const LiveState *state, size_t i) {
    return state->replicas[i];
}
static double target(const LiveState *state, size_t i) {
    (void)i;
    return state->target;
}
static double requests_in(const LiveState *state, size_t i) {
    const uint32_t counts[] = {state->in_flight, state->held, state->queued,
                               state->waiting_at_zero};
    return counts[i];
}
static double arrivals(const LiveState *state, size_t i) {
    (void)i;
    return (double)state->totals.requests;
}
static double answers(const LiveState *state, size_t i) {
    return (double)state->totals.answers[i];
}
static double outcomes(const LiveState *state, size_t i) {
    return (double)state->totals.outcomes[i];
}
static double tokens(const LiveState *state, size_t i) {
    const uint64_t counts[] = {state->totals.prompt_tokens, state->totals.generated_tokens,
                               sum(state->totals.cached_tokens, ASIM_REPLICA_AGES)};
    return (double)counts[i];
}
static double scalings(const LiveState *state, size_t i) {
    const uint64_t counts[] = {state->totals.scale_ups, state->totals.scale_downs};
    return (double)counts[i];
}
static double cold_starts(const LiveState *state, size_t i) {
    (void)i;
    return (double)state->totals.cold_starts;
}
static double cost(const LiveState *state, size_t i) {
    return i == 0 ? state->costs.on_demand_usd : state->costs.reserved_usd;
}
static double gpu_seconds(const LiveState *state, size_t i) {
    const double seconds[] = {state->costs.billed_gpu_s, state->costs.busy_gpu_s,
                              state->costs.idle_gpu_s, state->costs.booting_gpu_s,
                              state->costs.draining_gpu_s};
    return seconds[i];
}

static const char *const request_places[] = {"in_flight", "held", "queued", "waiting_at_zero"};
static const char *const token_kinds[] = {"prompt", "generated", "cached"};
static const char *const directions[] = {"up", "down"};
static const char *const cost_kinds[] = {"on_demand", "reserved"};
static const char *const gpu_kinds[] = {"billed", "busy", "idle", "booting", "draining"};

static const struct {
    const char *name, *type, *help, *label;
    const char *const *words; /* NULL: it has no label */
    size_t first, last;       /* of the words */
    double (*value)(const LiveState *state, size_t i);
} own[] = {
    {"autoscale_sim_replicas", "gauge", "Replicas, by state.", "state", policy_replica_states, 0,
     ASIM_REPLICA_DRAINING, replicas},
    {"autoscale_sim_target_replicas", "gauge", "Replicas that the autoscaler asks for.", NULL, NULL,
     0, 0, target},
    {"autoscale_sim_requests", "gauge",
     "Requests now: in flight, held by replicas, of these queued, waiting at the gateway.", "place",
     request_places, 0, 3, requests_in},
    {"autoscale_sim_requests_total", "counter", "Requests that came.", NULL, NULL, 0, 0, arrivals},
    {"autoscale_sim_answers_total", "counter", "Answers to sends, by status.", "code",
     names_of_answers, ASIM_ANSWER_200, ASIM_ANSWER_503, answers},
    {"autoscale_sim_outcomes_total", "counter", "Requests that ended, by how.", "outcome",
     names_of_outcomes, ASIM_COMPLETED, ASIM_BROKEN, outcomes},
    {"autoscale_sim_tokens_total", "counter", "Tokens computed, and those that the cache spared.",
     "kind", token_kinds, 0, 2, tokens},
    {"autoscale_sim_scalings_total", "counter", "Decisions that changed the target.", "direction",
     directions, 0, 1, scalings},
    {"autoscale_sim_cold_starts_total", "counter", "Replicas that began to boot.", NULL, NULL, 0, 0,
     cold_starts},
    {"autoscale_sim_cost_usd_total", "counter", "Cost so far.", "kind", cost_kinds, 0, 1, cost},
    {"autoscale_sim_gpu_seconds_total", "counter", "GPU-seconds so far, by what for.", "kind",
     gpu_kinds, 0, 4, gpu_seconds},
};

static void write_own(const Writer *writer, size_t i) {
    add_head(writer->text, own[i].name, "", own[i].type, own[i].help);
    for (size_t d = 0; d < writer->count; d++) {
        const View *view = &writer->views[d];
        for (size_t word = own[i].first; word <= own[i].last; word++) {
            add_sample(writer->text, own[i].name, "", view, own[i].label,
                       own[i].words != NULL ? own[i].words[word] : NULL,
                       own[i].value(&view->state, word));
        }
    }
}

/* Of the last evaluation. */
static void write_loads(const Writer *writer) {
    static const char *const names[] = {"autoscale_sim_load", "autoscale_sim_load_target"};
    static const char *const helps[] = {"What the policy measured over the deployment.",
                                        "What a replica may carry of it."};
    for (size_t i = 0; i < 2; i++) {
        add_head(writer->text, names[i], "", "gauge", helps[i]);
        for (size_t d = 0; d < writer->count; d++) {
            const asim_decision *decision = &writer->views[d].state.decision;
            for (int term = 0; term < decision->term_count; term++) {
                const asim_decision_term *of = &decision->terms[term];
                add_sample(writer->text, names[i], "", &writer->views[d], "key", of->key,
                           i == 0 ? of->measured : of->target);
            }
        }
    }
}

static void write_server(Text *text, const Pace *pace, const Inference *inference, int64_t wall) {
    const InferenceFigures figures = inference_figures(inference);
    const struct {
        const char *name, *type, *help;
        double value;
    } rows[] = {
        {"autoscale_sim_time_seconds", "gauge", "Simulated time.",
         sim_time_to_seconds(live_now(pace->live))},
        {"autoscale_sim_speed", "gauge", "Simulated seconds a second; 0 while paused.",
         pace->is_paused ? 0 : pace->speed},
        {"autoscale_sim_lag_seconds", "gauge", "Simulated time that the run is behind its clock.",
         sim_time_to_seconds(pace_lag(pace, wall))},
        {"autoscale_sim_outside_requests_total", "counter", "Requests that came by HTTP.",
         (double)figures.requests},
        {"autoscale_sim_outside_hang_ups_total", "counter", "Of these, whose client hung up.",
         (double)figures.hung_up},
        {"autoscale_sim_open_streams", "gauge", "Streams that are being sent.",
         (double)figures.streams},
    };
    char number[32];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        add_head(text, rows[i].name, "", rows[i].type, rows[i].help);
        text_addf(text, "%s %s\n", rows[i].name, text_number(rows[i].value, number));
    }
}

void prometheus_write(const Prometheus *prometheus, const Pace *pace, const Inference *inference,
                      int64_t wall, Text *text) {
    const size_t count = prometheus->scenario->deployment_count;
    View *views = memory_new(count, sizeof *views);
    for (uint32_t d = 0; d < count; d++) {
        views[d] = (View){.config = &prometheus->scenario->deployments[d],
                          .state = live_state(pace->live, d),
                          .now = prometheus->deployments[d].now,
                          .before = oldest_note(prometheus, d)};
        read_counters(&views[d].now, &views[d].state);
        views[d].seconds = sim_time_to_seconds(views[d].now.time - views[d].before->time);
    }
    const Writer writer = {text, views, count};
    write_fireworks(&writer);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        write_own(&writer, i);
    }
    write_loads(&writer);
    write_server(text, pace, inference, wall);
    free(views);
}

/* Making --------------------------------------------------------------------------------------- */

Prometheus *prometheus_create(const Scenario *scenario) {
    Prometheus *prometheus = memory_new(1, sizeof *prometheus);
    prometheus->scenario = scenario;
    prometheus->deployments =
        memory_new(scenario->deployment_count, sizeof *prometheus->deployments);
    return prometheus;
}

void prometheus_destroy(Prometheus *prometheus) {
    if (prometheus != NULL) {
        free(prometheus->deployments);
        free(prometheus);
    }
}

asim_observer prometheus_observer(Prometheus *prometheus) {
    return (asim_observer){.self = prometheus, .request_ended = on_request_ended};
}
