// SPDX-License-Identifier: GPL-3.0-or-later
/* The books of a run (model 9): times by state, money, counters; what the observers are told; and
 * the invariants that every run must keep, checked at its end. */
#include "base/assertion.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "scenario/deployment.h"
#include "sim/run.h"

#include <math.h>
#include <stdlib.h>

#define ANNOUNCE(run, function, ...)                                                               \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < (run)->options->observer_count; i_++) {                           \
            const asim_observer *observer_ = (run)->options->observers[i_];                        \
            if (observer_->function) {                                                             \
                observer_->function(observer_->self, __VA_ARGS__);                                 \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* ---- What happens ---- */

void accounts_replica_changed(Run *run, const Replica *replica, bool is_new,
                              asim_replica_state from, const char *reason) {
    const asim_replica_change change = {
        .time = run->now,
        .deployment = replica->deployment,
        .replica = replica->number,
        .is_new = is_new,
        .from = from,
        .to = replica->state,
        .reason = reason,
        .held = replica->serving.held,
        .has_gpus = replica->has_gpus,
        .reserved_gpus = replica->grant.reserved,
        .cold_download = replica->start.cold_download,
    };
    ANNOUNCE(run, replica_changed, &change);
}

static inline asim_request record_of(const Run *run, const Request *request, asim_outcome outcome,
                                     asim_answer answer, sim_time ended) {
    /* A first token still on its way (request_overhead) when the request ends is never seen. */
    const sim_time seen_until = outcome == ASIM_IN_FLIGHT ? run->now : ended;
    const bool seen = request->first_token <= seen_until;
    return (asim_request){
        .id = request->id,
        .deployment = request->deployment,
        .source = request->source,
        .prompt_tokens = request->prompt_tokens,
        .output_tokens = request->output_tokens,
        .cached_tokens = request->cached,
        .has_past = request->past_kind != ASIM_PAST_NONE,
        .sends = request->sends,
        .preemptions = request->preemptions,
        .replica = request->replica == REQUEST_NONE ? 0 : run->replicas[request->replica]->number,
        .outcome = outcome,
        .last_answer = answer,
        .first_send = request->first_send,
        .last_send = request->last_send,
        .admitted = request->admitted,
        .first_token = seen ? request->first_token : SIM_TIME_NEVER,
        .ended = ended,
        .in_warmup = request->first_send < run->scenario->warmup,
    };
}

asim_request accounts_record(const Run *run, const Request *request) {
    return record_of(run, request, ASIM_IN_FLIGHT, ASIM_ANSWER_NONE, SIM_TIME_NEVER);
}

void accounts_request_ended(Run *run, const Request *request, asim_outcome outcome,
                            asim_answer answer, sim_time ended) {
    Deployment *deployment = &run->deployments[request->deployment];
    const asim_request record = record_of(run, request, outcome, answer, ended);
    asim_assert(deployment->in_flight > 0 && run->in_flight > 0);
    asim_assert(request->sends > 0);
    deployment->counters.outcomes[outcome]++;
    if (outcome != ASIM_IN_FLIGHT && ended > run->last_ended) {
        run->last_ended = ended;
    }
    deployment->in_flight--;
    run->in_flight--;
    ANNOUNCE(run, request_ended, &record);
    if (request->is_watched) {
        run->watcher->ended(run->watcher->self, request, &record);
    }
}

void accounts_refused(Run *run, const Request *request, asim_answer answer, sim_time delay,
                      sim_time again) {
    const Deployment *deployment = &run->deployments[request->deployment];
    const asim_refusal refusal = {
        .time = run->now,
        .sent = request->last_send,
        .request = request->id,
        .deployment = request->deployment,
        .sends = request->sends,
        .answer = answer,
        .delay = delay,
        .again = again,
        .target = deployment->target,
        .serving = (int)deployment->in_state[ASIM_REPLICA_SERVING],
        .booting = deployment_booting(deployment),
        .replica = answer == ASIM_ANSWER_BROKEN ? run->replicas[request->replica]->number : 0,
    };
    ANNOUNCE(run, send_refused, &refusal);
}

void accounts_preempted(Run *run, const Replica *replica) {
    const Serving *serving = &replica->serving;
    run->deployments[replica->deployment].counters.preemptions += serving->preempted_count;
    for (uint32_t i = 0; i < serving->preempted_count; i++) {
        const Request *request = request_at(&run->requests, serving->preempted[i]);
        const asim_preemption preemption = {
            .time = run->now,
            .request = request->id,
            .deployment = replica->deployment,
            .replica = replica->number,
            .made = request->made,
            .preemptions = request->preemptions,
        };
        ANNOUNCE(run, request_preempted, &preemption);
    }
}

void accounts_event(Run *run, const asim_event *event) {
    ANNOUNCE(run, event_begins, event);
}

uint32_t accounts_queued(const Deployment *deployment) {
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        waiting += deployment->replicas[i]->serving.waiting;
    }
    return waiting;
}

void accounts_decision(Run *run, const Deployment *deployment, int from, bool at_evaluation,
                       uint64_t request, const asim_decision *decision,
                       const asim_observation *observation) {
    const asim_decision_taken taken = {
        .time = run->now,
        .deployment = deployment->index,
        .from = from,
        .serving = (int)deployment->in_state[ASIM_REPLICA_SERVING],
        .booting = deployment_booting(deployment),
        .draining = (int)deployment->in_state[ASIM_REPLICA_DRAINING],
        .not_asked = fleet_beyond_quota(deployment),
        .at_evaluation = at_evaluation,
        .request = request,
        .held = deployment->held,
        .queued = accounts_queued(deployment),
        .waiting_at_zero = deployment->waits,
        .decision = decision,
        .observation = observation,
    };
    ANNOUNCE(run, decision_taken, &taken);
}

/* ---- Time and money ---- */

void accounts_state_times(Deployment *deployment, sim_time now) {
    StateTimes *times = &deployment->times;
    const sim_time elapsed = now - times->until;
    asim_assert(elapsed >= 0);
    asim_assert(deployment->without_gpus <= deployment->replica_count);
    if (elapsed == 0) {
        return;
    }
    times->until = now;
    for (size_t state = 0; state < ASIM_REPLICA_STATE_COUNT; state++) {
        times->replicas[state] += (BillingSum)deployment->in_state[state] * elapsed;
    }
    times->without_gpus += (BillingSum)deployment->without_gpus * elapsed;
    const bool serves = deployment->in_state[ASIM_REPLICA_SERVING] > 0;
    times->zero += !serves && !deployment->deleted ? elapsed : 0;
    times->deleted += deployment->deleted ? elapsed : 0;
    times->quota_limited += deployment->not_asked > 0 ? elapsed : 0;
}

static sim_time busy_ns(const Deployment *deployment, sim_time now) {
    sim_time busy = deployment->retired_busy_ns;
    for (uint32_t i = 0; i < deployment->balancer.count; i++) {
        busy += replica_busy_ns(deployment->balancer.replicas[i], now);
    }
    return busy;
}

static double seconds(BillingSum ns) {
    return (double)ns / (double)SIM_TIME_SECOND;
}

static BillingSum booting_ns(const StateTimes *times) {
    BillingSum booting = -times->without_gpus;
    for (size_t state = ASIM_REPLICA_PENDING_SCHEDULING; state < ASIM_REPLICA_SERVING; state++) {
        booting += times->replicas[state];
    }
    return booting;
}

static asim_costs costs_now(Run *run, Deployment *deployment) {
    accounts_state_times(deployment, run->now);
    billing_advance(deployment->billing, run->now);
    const StateTimes *times = &deployment->times;
    const BillingAccount *account = &deployment->account;
    const BillingSum gpus = deployment->config->accelerator_count;
    const BillingSum busy = busy_ns(deployment, run->now);
    const double hour_ns = (double)SIM_TIME_HOUR;
    return (asim_costs){
        .on_demand_usd = account->on_demand_gpu_ns / hour_ns * deployment->usd_per_gpu_hour,
        .reserved_usd = account->reserved_gpu_ns / hour_ns * deployment->reserved_usd_per_gpu_hour,
        .billed_gpu_s = seconds(account->billed),
        .covered_gpu_s = account->covered_gpu_ns / (double)SIM_TIME_SECOND,
        .booting_gpu_s = seconds(booting_ns(times) * gpus),
        .busy_gpu_s = seconds(busy * gpus),
        .idle_gpu_s = seconds((times->replicas[ASIM_REPLICA_SERVING] - busy) * gpus),
        .draining_gpu_s = seconds(times->replicas[ASIM_REPLICA_DRAINING] * gpus),
        .replica_s = seconds(account->billed) / (double)gpus,
        .zero_s = seconds(times->zero),
        .deleted_s = seconds(times->deleted),
        .quota_limited_s = seconds(times->quota_limited),
    };
}

asim_costs accounts_costs(Run *run, Deployment *deployment) {
    return run->span_over ? deployment->costs_at_end : costs_now(run, deployment);
}

void accounts_end_span(Run *run, sim_time span) {
    asim_assert(!run->span_over);
    asim_assert(span == run->now);
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        run->deployments[i].costs_at_end = costs_now(run, &run->deployments[i]);
    }
    run->span = span;
    run->span_over = true;
}

/* ---- Intervals ---- */

asim_counters accounts_counters(const Deployment *deployment, sim_time until) {
    asim_counters totals = deployment->counters;
    uint64_t tokens[2];
    autoscaler_total_tokens(deployment, until, tokens);
    totals.prompt_tokens = tokens[0];
    totals.generated_tokens = tokens[1];
    return totals;
}

/* Times by state cover [0, duration), as the money does: an interval of the drain has no means. */
static void mean_replicas(const Run *run, Deployment *deployment, sim_time to,
                          double means[ASIM_REPLICA_STATE_COUNT]) {
    const double length = (double)(to - run->interval_from);
    const bool in_span = run->interval_from < run->span;
    accounts_state_times(deployment, run->now);
    for (size_t state = 0; state < ASIM_REPLICA_STATE_COUNT; state++) {
        const BillingSum until = deployment->times.replicas[state];
        means[state] = in_span ? (double)(until - deployment->replicas_told[state]) / length : NAN;
        deployment->replicas_told[state] = until;
    }
}

void accounts_interval(Run *run, sim_time to) {
    asim_assert(to > run->interval_from);
    asim_assert(run->events >= run->events_told);
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        Deployment *deployment = &run->deployments[i];
        gateway_catch_up(run, deployment, run->now - 1);
        asim_interval interval = {
            .from = run->interval_from,
            .to = to,
            .deployment = (uint32_t)i,
            .in_flight = deployment->in_flight,
            .held = deployment->held,
            .queued = accounts_queued(deployment),
            .waiting_at_zero = deployment->waits,
            .target = deployment->target,
            .recommended = deployment->decision.recommended,
            .not_asked = deployment->not_asked,
            .last_decision = deployment->decision,
            /* [from, to): what ends at `to` is the next one's; the last one of a run ends after all
             */
            .totals = accounts_counters(deployment, to > run->now ? run->now : to - 1),
            .costs = accounts_costs(run, deployment),
        };
        mean_replicas(run, deployment, to, interval.replicas);
        ANNOUNCE(run, interval_ended, &interval);
    }
    run->interval_from = to;
    run->events_told = run->events;
}

/* ---- The end ---- */

static void broken(Run *run, const Deployment *deployment, const char *what, double found,
                   double expected) {
    const Error where = {.place = deployment->config->name};
    char *expected_text =
        memory_format("%.17g (a defect of the simulator: please report it)", expected);
    error_found(&run->errors, &where, expected_text, NULL, "%s: %.17g", what, found);
    free(expected_text);
    run->failed = true;
}

static void must_equal(Run *run, const Deployment *deployment, const char *what, uint64_t found,
                       uint64_t expected) {
    if (found != expected) {
        broken(run, deployment, what, (double)found, (double)expected);
    }
}

static void must_be_near(Run *run, const Deployment *deployment, const char *what, double found,
                         double expected) {
    if (fabs(found - expected) > 1e-9 * fmax(1.0, fabs(expected))) {
        broken(run, deployment, what, found, expected);
    }
}

static uint64_t sum(const uint64_t values[], size_t count) {
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += values[i];
    }
    return total;
}

/* Little's law, exact: the integral of the requests held = the sum of the times each was held. */
static BillingSum held_integral(Deployment *deployment, sim_time now) {
    BillingSum held_ns = deployment->held_ns;
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        Replica *replica = deployment->replicas[i];
        replica_meter(replica, now, deployment->measurement.load_signal);
        held_ns += replica->held_ns;
    }
    return held_ns;
}

/* Requests still held when the run was cut have been held until now. */
static BillingSum held_until_cut(const Run *run, uint32_t deployment) {
    BillingSum held_ns = 0;
    for (size_t chunk = 0; chunk < run->requests.chunk_count; chunk++) {
        for (uint32_t i = 0; i < REQUEST_CHUNK; i++) {
            const Request *request = &run->requests.chunks[chunk][i];
            if (request->stage != REQUEST_FREE && request->stage != REQUEST_OUTSIDE &&
                request->stage != REQUEST_WAITING && request->deployment == deployment) {
                held_ns += run->now - request->last_send;
            }
        }
    }
    return held_ns;
}

static uint64_t given_out(const Deployment *deployment) {
    return deployment->source->counts.requests + deployment->returned + deployment->from_outside -
           (deployment->block_count - deployment->block_next);
}

static void check_books(Run *run, Deployment *deployment) {
    const asim_counters *totals = &deployment->counters;
    must_equal(run, deployment, "requests by outcome", sum(totals->outcomes, ASIM_OUTCOME_COUNT),
               totals->requests);
    must_equal(run, deployment, "answers and unanswered sends",
               sum(totals->answers, ASIM_ANSWER_COUNT), totals->sends);
    must_equal(run, deployment, "200 answers", totals->answers[ASIM_ANSWER_200],
               totals->outcomes[ASIM_COMPLETED]);
    must_equal(run, deployment, "requests in flight after the end", deployment->in_flight, 0);
    must_equal(run, deployment, "arrivals from the traffic", totals->requests,
               given_out(deployment));
    const BillingSum residence = deployment->residence_ns + held_until_cut(run, deployment->index);
    must_be_near(run, deployment, "request-seconds held (Little's law)",
                 seconds(held_integral(deployment, run->now)), seconds(residence));
    const asim_costs *end = &deployment->costs_at_end;
    const double startup_gpu_s = deployment->config->bill_startup ? end->booting_gpu_s : 0;
    must_be_near(run, deployment, "GPU-seconds by state",
                 end->busy_gpu_s + end->idle_gpu_s + end->draining_gpu_s + startup_gpu_s,
                 end->billed_gpu_s);
}

/* What must hold between any two events of a deployment. */
static void check_now(Run *run, const Deployment *deployment) {
    const asim_counters *totals = &deployment->counters;
    uint64_t held = 0;
    uint32_t active = 0, in_state[ASIM_REPLICA_STATE_COUNT] = {0};
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        const Serving *serving = &deployment->replicas[i]->serving;
        held += serving->held;
        in_state[deployment->replicas[i]->state]++;
        active += deployment->replicas[i]->state != ASIM_REPLICA_DRAINING;
        must_equal(run, deployment, "requests of a replica",
                   serving->prefilling + serving->waiting + serving->decoding, serving->held);
        if (serving->prefilling + serving->decoding == 0) {
            must_equal(run, deployment, "prefix blocks held by nobody", serving->cache.held, 0);
        }
    }
    must_equal(run, deployment, "requests held by replicas", held, deployment->held);
    must_equal(run, deployment, "requests ended and in flight",
               sum(totals->outcomes, ASIM_OUTCOME_COUNT) + deployment->in_flight, totals->requests);
    for (size_t state = 0; state < ASIM_REPLICA_STATE_COUNT; state++) {
        must_equal(run, deployment, "replicas in a state", in_state[state],
                   deployment->in_state[state]);
    }
    must_equal(run, deployment, "replicas that serve", deployment->balancer.count,
               deployment->in_state[ASIM_REPLICA_SERVING]);
    must_equal(run, deployment, "replicas wanted", active + (uint64_t)deployment->not_asked,
               (uint64_t)deployment->target);
}

bool accounts_check_now(Run *run) {
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        check_now(run, &run->deployments[i]);
    }
    return !run->failed;
}

bool accounts_end_run(Run *run) {
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        check_books(run, &run->deployments[i]);
    }
    if (run->failed) {
        return false;
    }
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        Deployment *deployment = &run->deployments[i];
        asim_traffic_counts traffic = deployment->source->counts;
        traffic.requests = given_out(deployment);
        traffic.rows += deployment->from_outside;
        const asim_run_end end = {
            .deployment = (uint32_t)i,
            .span = run->span,
            .drained_at = run->last_ended > run->now ? run->last_ended : run->now,
            .totals = accounts_counters(deployment, run->now),
            .costs = deployment->costs_at_end,
            .events = run->events,
            .traffic = traffic,
            .profile_use = deployment->profile_use,
        };
        ANNOUNCE(run, run_ended, &end);
    }
    return true;
}
