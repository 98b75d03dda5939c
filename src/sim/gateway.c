// SPDX-License-Identifier: GPL-3.0-or-later
/* A request's way (model 3 and 4): from its client through the gateway to a replica, and out again
 * with an answer, or back to its client, who waits and sends it again. This is the hot path: one
 * arrival and one departure per request. Of its boundaries a replica has an event only for the next
 * at which something shows from outside; whoever asks it something first has it pass those before
 * (catch_up), so that nobody can tell. */
#include "base/assertion.h"
#include "base/memory.h"
#include "client/client.h"
#include "scenario/deployment.h"
#include "sim/run.h"

#include <assert.h>

static const int status_codes[ASIM_ANSWER_COUNT] = {
    [ASIM_ANSWER_200] = 200, [ASIM_ANSWER_400] = 400, [ASIM_ANSWER_404] = 404,
    [ASIM_ANSWER_429] = 429, [ASIM_ANSWER_503] = 503, /* a connection that broke has none */
};

int gateway_status_code(asim_answer answer) {
    return status_codes[answer];
}

/* ---- The client ---- */

/* Later than any run lasts, and still a time that the queue takes. */
#define LATEST (2 * SIM_TIME_LONGEST + SIM_TIME_DAY)

static void schedule_due(Run *run, Replica *replica) {
    asim_assert_often(replica->serving.computing);
    replica->due = serving_due(&replica->serving);
    asim_assert_often(replica->due >= run->now && replica->due >= replica->serving.boundary);
    event_queue_schedule(&run->queue, replica->slot, replica->due < LATEST ? replica->due : LATEST,
                         ORDER_ITERATION_END);
}

static void timer_start(Run *run, uint32_t index, Request *request, sim_time delay) {
    asim_assert(delay >= 0);
    asim_assert(request == request_at(&run->requests, index) && request->stage != REQUEST_FREE);
    if (request->timer == EVENT_SLOT_IDLE) {
        request->timer = event_queue_open(&run->queue, index);
    }
    const sim_time due = delay < LATEST - run->now ? run->now + delay : LATEST;
    event_queue_schedule(&run->queue, request->timer, due, ORDER_CLIENT);
}

static void timer_stop(Run *run, Request *request) {
    asim_assert(request->stage != REQUEST_FREE);
    asim_assert(request->timer == EVENT_SLOT_IDLE || request->timer < run->queue.slot_count);
    if (request->timer != EVENT_SLOT_IDLE) {
        event_queue_close(&run->queue, request->timer);
        request->timer = EVENT_SLOT_IDLE;
    }
}

/* When a client that sends once hangs up; SIM_TIME_NEVER: it does not. */
static inline sim_time hangs_up_at(const Run *run, const Request *request) {
    return request->sends_once && request->timer != EVENT_SLOT_IDLE
               ? event_queue_due(&run->queue, request->timer)
               : SIM_TIME_NEVER;
}

/* Each retry has a stream of its own, so that it has the same luck whatever other requests meet. */
static double jitter(const Run *run, const Deployment *deployment, const Request *request) {
    RandomStream stream;
    random_stream_init_named(&stream, (uint64_t)run->scenario->seed,
                             (uint64_t)run->scenario->replication, "client.%s.%llu.%u",
                             deployment->config->name, (unsigned long long)request->id,
                             request->sends);
    return random_uniform(&stream);
}

static sim_time jittered(const Run *run, const Deployment *deployment, const Request *request) {
    const sim_time delay = deployment->delays[request->sends];
    switch (deployment->config->client.jitter) {
    case CLIENT_JITTER_FULL: return (sim_time)(jitter(run, deployment, request) * (double)delay);
    case CLIENT_JITTER_EQUAL:
        return delay / 2 +
               (sim_time)(jitter(run, deployment, request) * (double)(delay - delay / 2));
    default: return delay;
    }
}

/* The user of a closed loop thinks, and sends again. */
static void user_returns(Run *run, Deployment *deployment, const Request *request, sim_time ended) {
    asim_traffic_source *loop = deployment->loops[request->source];
    asim_arrival arrival;
    if (!loop || run->span_over || !loop->again(loop, request->user, ended, &arrival)) {
        return;
    }
    uint32_t number = run->free_return;
    if (number == EVENT_SLOT_IDLE) {
        run->returns =
            memory_grow(run->returns, run->return_count, &run->return_room, sizeof *run->returns);
        number = run->return_count++;
    } else {
        run->free_return = run->returns[number].slot;
    }
    asim_assert(arrival.time >= run->now);
    asim_assert(number < run->return_count);
    run->returns[number] = (Return){.arrival = arrival,
                                    .deployment = deployment->index,
                                    .slot = event_queue_open(&run->queue, number)};
    event_queue_schedule(&run->queue, run->returns[number].slot, arrival.time, ORDER_ARRIVAL);
}

void gateway_return(Run *run, uint32_t number) {
    const Return back = run->returns[number];
    asim_assert(number < run->return_count);
    asim_assert(back.arrival.time == run->now);
    event_queue_close(&run->queue, back.slot);
    run->returns[number].slot = run->free_return;
    run->returns[number].arrival = (asim_arrival){.time = SIM_TIME_NEVER}; /* the request's now */
    run->free_return = number;
    run->deployments[back.deployment].returned++;
    gateway_arrival(run, &run->deployments[back.deployment], &back.arrival, false);
}

static void request_over(Run *run, Request *request, asim_outcome outcome, asim_answer answer,
                         sim_time ended) {
    Deployment *deployment = &run->deployments[request->deployment];
    timer_stop(run, request);
    asim_assert(deployment->in_flight > 0);
    asim_assert(ended >= request->first_send);
    accounts_request_ended(run, request, outcome, answer, ended);
    if (deployment->loops && !request->sends_once) {
        user_returns(run, deployment, request, ended);
    }
}

static void tell_refusal(Run *run, const Deployment *deployment, const Request *request,
                         asim_answer answer, sim_time wait) {
    if (run->wants_refusals) {
        const bool ends = wait == SIM_TIME_NEVER;
        accounts_refused(run, request, answer, ends ? 0 : deployment->delays[request->sends],
                         ends ? SIM_TIME_NEVER : run->now + wait);
    }
}

static bool is_retried(const Deployment *deployment, const Request *request, asim_answer answer) {
    return deployment->retried[answer] && !request->sends_once;
}

/* What becomes of a request that is not sent again. */
static asim_outcome outcome_of(const Deployment *deployment, const Request *request,
                               asim_answer answer) {
    if (is_retried(deployment, request, answer)) {
        return ASIM_GIVEN_UP;
    }
    return answer == ASIM_ANSWER_BROKEN ? ASIM_BROKEN : ASIM_REJECTED;
}

/* A send is not served, or not to its end. */
static void refuse(Run *run, Deployment *deployment, uint32_t index, asim_answer answer) {
    Request *request = request_at(&run->requests, index);
    deployment->counters.answers[answer]++;
    request->stage = REQUEST_OUTSIDE;
    asim_assert(answer != ASIM_ANSWER_200 && answer != ASIM_ANSWER_NONE);
    asim_assert(request->sends > 0);
    if (!is_retried(deployment, request, answer) ||
        request->sends >= deployment->config->client.max_sends) {
        tell_refusal(run, deployment, request, answer, SIM_TIME_NEVER);
        request_over(run, request, outcome_of(deployment, request, answer), answer, run->now);
        request_release(&run->requests, index);
        return;
    }
    request->admitted = request->first_token = SIM_TIME_NEVER; /* all begins anew */
    const sim_time wait = jittered(run, deployment, request);
    tell_refusal(run, deployment, request, answer, wait);
    timer_start(run, index, request, wait);
}

/* ---- The gateway ---- */

/* Whether anything else is still to happen at this very instant; while an event is handled it
 * stands at the top of the queue, so the next one is the second. */
static bool instant_is_over(const Run *run, bool handling_top) {
    const sim_time next =
        handling_top ? event_queue_second_time(&run->queue) : event_queue_top_time(&run->queue);
    return next > run->now && run->next_arrival > run->now;
}

/* Others that wait at the gateway are handed over in this instant too. */
static void begin_or_defer(Run *run, Replica *replica, bool handling_top) {
    if (run->deployments[replica->deployment].waits == 0 && instant_is_over(run, handling_top)) {
        gateway_iteration_begin(run, replica);
    } else {
        event_queue_schedule(&run->queue, replica->slot, run->now, ORDER_ITERATION_BEGIN);
    }
}

/* ---- Boundaries at which nothing shows ---- */

static inline void meter(Run *run, Replica *replica, sim_time time) {
    replica_meter(replica, time, run->deployments[replica->deployment].measurement.load_signal);
}

static size_t age_of(const Replica *replica, sim_time time) {
    static const sim_time limits[ASIM_REPLICA_AGES - 1] = {SIM_TIME_MINUTE, 5 * SIM_TIME_MINUTE,
                                                           15 * SIM_TIME_MINUTE, SIM_TIME_HOUR};
    size_t age = 0;
    while (age < ASIM_REPLICA_AGES - 1 && time - replica->serves_since >= limits[age]) {
        age++;
    }
    return age;
}

/* The next iteration, and what the prefix cache makes of those that it admits. */
static inline void begin_iteration(Run *run, Replica *replica, sim_time time) {
    Serving *serving = &replica->serving;
    asim_counters *counters = &run->deployments[replica->deployment].counters;
    const uint64_t lost = serving->lost_tokens, asked = serving->asked_tokens;
    const uint64_t cached = serving->cached_tokens;
    serving_begin(serving, time);
    counters->recomputed_tokens += serving->lost_tokens - lost;
    if (serving->asked_tokens > asked) {
        const size_t age = age_of(replica, time);
        counters->asked_tokens[age] += serving->asked_tokens - asked;
        counters->cached_tokens[age] += serving->cached_tokens - cached;
        asim_assert(counters->cached_tokens[age] < counters->asked_tokens[age]);
    }
}

/* One that is now is the end of an iteration only: as everywhere, the next one begins when all else
 * has happened in this instant. */
static void pass_boundary(Run *run, Replica *replica) {
    Serving *serving = &replica->serving;
    const sim_time boundary = serving->boundary;
    asim_assert(boundary < replica->due);
    meter(run, replica, boundary);
    serving_end(serving);
    if (boundary == run->now) {
        event_queue_schedule(&run->queue, replica->slot, run->now, ORDER_ITERATION_BEGIN);
    } else {
        begin_iteration(run, replica, boundary);
    }
    asim_assert(serving->left_count == 0 && serving->preempted_count == 0);
}

static inline void catch_up(Run *run, Replica *replica, sim_time until) {
    while (replica->serving.boundary <= until) {
        pass_boundary(run, replica);
    }
}

void gateway_replica_catch_up(Run *run, Replica *replica) {
    catch_up(run, replica, run->now);
}

void gateway_replica_pass(Run *run, Replica *replica, sim_time until) {
    const sim_time now = run->now;
    asim_assert(until >= now && (!replica->serving.computing || replica->due > until));
    run->now = until + 1;
    catch_up(run, replica, until);
    run->now = now;
}

void gateway_catch_up(Run *run, const Deployment *deployment, sim_time until) {
    asim_assert(until <= run->now);
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        catch_up(run, deployment->replicas[i], until);
    }
}

bool gateway_catch_up_to_end(Run *run, sim_time until) {
    const sim_time now = run->now;
    sim_time last = SIM_TIME_NEVER;
    run->now = until + 1;
    for (size_t d = 0; d < run->scenario->deployment_count; d++) {
        const Deployment *deployment = &run->deployments[d];
        for (uint32_t i = 0; i < deployment->replica_count; i++) {
            const Serving *serving = &deployment->replicas[i]->serving;
            while (serving->boundary <= until) {
                last =
                    last == SIM_TIME_NEVER || serving->boundary > last ? serving->boundary : last;
                pass_boundary(run, deployment->replicas[i]);
            }
        }
    }
    run->now = last != SIM_TIME_NEVER && last > now ? last : now;
    return last != SIM_TIME_NEVER;
}

static void hand_over(Run *run, Deployment *deployment, Replica *replica, uint32_t index,
                      Request *request) {
    asim_assert(replica->state == ASIM_REPLICA_SERVING);
    asim_assert(request->stage == REQUEST_OUTSIDE);
    catch_up(run, replica, run->now);
    meter(run, replica, run->now);
    request->replica = replica->index;
    const ServingChange change = serving_enqueue(&replica->serving, run->now, index);
    load_balancer_update(&deployment->balancer, replica);
    deployment->held++;
    deployment->handed++;
    deployment->residence_ns -= run->now - request->last_send; /* waited, not at a replica */
    const sim_time timeout = deployment->config->client.timeout;
    if (timeout != SIM_TIME_NEVER && !request->sends_once) {
        timer_start(run, index, request, timeout - (run->now - request->last_send));
    }
    if (request->is_watched) {
        run->watcher->handed(run->watcher->self, request, index);
    }
    if (change == SERVING_TO_BEGIN) {
        begin_or_defer(run, replica, false);
    } else if (change == SERVING_RESCHEDULED || replica->due > replica->serving.boundary) {
        schedule_due(run, replica);
    }
}

/* Something serves: a replica gets it, or it is refused. */
static void route(Run *run, Deployment *deployment, uint32_t index) {
    Request *request = request_at(&run->requests, index);
    asim_assert(deployment->balancer.count > 0);
    asim_assert(request->stage == REQUEST_OUTSIDE);
    if (!serving_can_fit(&deployment->model, request->prompt_tokens, request->output_tokens)) {
        refuse(run, deployment, index, ASIM_ANSWER_400);
        return;
    }
    if (load_balancer_asks(&deployment->balancer, request)) {
        gateway_catch_up(run, deployment, run->now);
    }
    Replica *replica = load_balancer_pick(&deployment->balancer, request, run->now);
    if (!replica) {
        refuse(run, deployment, index, ASIM_ANSWER_429);
        return;
    }
    hand_over(run, deployment, replica, index, request);
}

/* ---- At zero ---- */

/* Until the hold is over, or the client's patience. */
static void hold(Run *run, Deployment *deployment, uint32_t index) {
    Request *request = request_at(&run->requests, index);
    const DeploymentConfig *config = deployment->config;
    if (config->hold_limit > 0 && deployment->waits >= (uint64_t)config->hold_limit) {
        refuse(run, deployment, index, ASIM_ANSWER_429);
        return;
    }
    asim_assert(request->stage == REQUEST_OUTSIDE);
    asim_assert(deployment->waits <= deployment->waiting_count);
    request->stage = REQUEST_WAITING;
    deployment->waiting = memory_grow(deployment->waiting, deployment->waiting_count,
                                      &deployment->waiting_room, sizeof *deployment->waiting);
    const sim_time hangs_up = hangs_up_at(run, request);
    const sim_time patience = request->sends_once ? SIM_TIME_NEVER : config->client.timeout;
    deployment->waiting[deployment->waiting_count++] = (Waiting){index, request->id, hangs_up};
    deployment->waits++;
    const sim_time most = patience < config->hold_timeout ? patience : config->hold_timeout;
    if (hangs_up == SIM_TIME_NEVER || hangs_up - run->now > most) {
        timer_start(run, index, request, most);
    }
    if (request->is_watched) {
        run->watcher->held(run->watcher->self, request, index);
    }
}

/* It waits no more; the caller says what becomes of it. */
static void release(Run *run, Deployment *deployment, Request *request) {
    asim_assert(request->stage == REQUEST_WAITING);
    asim_assert(deployment->waits > 0);
    timer_stop(run, request);
    request->stage = REQUEST_OUTSIDE;
    deployment->waits--;
}

/* All that wait, in order of coming. */
static void release_all(Run *run, Deployment *deployment,
                        void (*then)(Run *run, Deployment *deployment, uint32_t index)) {
    for (size_t i = 0; i < deployment->waiting_count; i++) {
        const Waiting waiting = deployment->waiting[i];
        Request *request = request_at(&run->requests, waiting.request);
        if (request->stage == REQUEST_WAITING && request->id == waiting.id) {
            release(run, deployment, request);
            if (waiting.hangs_up != SIM_TIME_NEVER) {
                timer_start(run, waiting.request, request, waiting.hangs_up - run->now);
            }
            then(run, deployment, waiting.request);
        }
    }
    asim_assert(deployment->waits == 0);
    asim_assert(deployment->waiting_count <= deployment->waiting_room);
    deployment->waiting_count = 0;
}

void gateway_serves(Run *run, Deployment *deployment) {
    release_all(run, deployment, route);
}

static void answer_404(Run *run, Deployment *deployment, uint32_t index) {
    refuse(run, deployment, index, ASIM_ANSWER_404);
}

void gateway_deleted(Run *run, Deployment *deployment) {
    release_all(run, deployment, answer_404);
}

/* The client's patience is over, or the gateway's. */
static void give_up_waiting(Run *run, Deployment *deployment, uint32_t index) {
    Request *request = request_at(&run->requests, index);
    const sim_time waited = run->now - request->last_send;
    release(run, deployment, request);
    if (deployment->waits == 0) {
        deployment->waiting_count = 0;
    }
    const bool is_patient = request->sends_once ? waited >= deployment->config->hold_timeout
                                                : waited < deployment->config->client.timeout;
    if (is_patient) {
        refuse(run, deployment, index, ASIM_ANSWER_503);
        return;
    }
    deployment->counters.answers[ASIM_ANSWER_NONE]++;
    request_over(run, request, ASIM_ABANDONED, ASIM_ANSWER_NONE, run->now);
    request_release(&run->requests, index);
}

static void meet_zero(Run *run, Deployment *deployment, uint32_t index) {
    const uint64_t id = request_at(&run->requests, index)->id;
    const bool wakes = deployment->target == 0 && deployment->wakes_on_request;
    asim_assert(deployment->balancer.count == 0);
    asim_assert(!deployment->deleted);
    if (deployment->holds_at_zero) {
        hold(run, deployment, index);
    } else {
        deployment->refused_at_zero++;
    }
    if (wakes) {
        autoscaler_wake(run, deployment, id);
    }
    if (!deployment->holds_at_zero) {
        refuse(run, deployment, index, ASIM_ANSWER_503);
    }
}

static void send(Run *run, Deployment *deployment, uint32_t index) {
    Request *request = request_at(&run->requests, index);
    asim_assert(request->stage == REQUEST_OUTSIDE && !request->abandoned);
    asim_assert(request->sends < deployment->config->client.max_sends || request->sends == 0);
    deployment->counters.sends++;
    request->sends++;
    request->last_send = run->now;
    deployment->last_traffic = run->now;
    if (deployment->deleted) {
        refuse(run, deployment, index, ASIM_ANSWER_404);
        return;
    }
    if (deployment->balancer.count == 0) {
        meet_zero(run, deployment, index);
        return;
    }
    route(run, deployment, index);
}

/* A client that sends once. */
static void begin_once(Run *run, uint32_t index, Request *request, sim_time waits) {
    asim_assert(waits > 0 && request->sends == 0);
    request->sends_once = true;
    if (waits != SIM_TIME_NEVER) {
        timer_start(run, index, request, waits);
    }
}

void gateway_arrival(Run *run, Deployment *deployment, const asim_arrival *arrival,
                     bool is_watched) {
    asim_assert(arrival->time == run->now);
    asim_assert(arrival->prompt_tokens > 0 && arrival->output_tokens > 0);
    const uint32_t index = request_take(&run->requests);
    Request *request = request_at(&run->requests, index);
    *request = (Request){
        .id = run->next_id++ & REQUEST_ID_MOST,
        .past = arrival->past,
        .first_send = run->now,
        .admitted = SIM_TIME_NEVER,
        .first_token = SIM_TIME_NEVER,
        .prompt_tokens = arrival->prompt_tokens,
        .output_tokens = arrival->output_tokens,
        .timer = EVENT_SLOT_IDLE,
        .user = arrival->user,
        .replica = REQUEST_NONE,
        .deployment = (uint16_t)deployment->index,
        .source = arrival->source,
        .stage = REQUEST_OUTSIDE,
        .is_watched = is_watched,
        .past_kind = arrival->past_kind,
    };
    deployment->counters.requests++;
    deployment->in_flight++;
    run->in_flight++;
    if (arrival->waits != 0) {
        begin_once(run, index, request, arrival->waits);
    }
    send(run, deployment, index);
}

void gateway_hang_up(Run *run, uint32_t index, sim_time at) {
    Request *request = request_at(&run->requests, index);
    asim_assert(request->sends_once && !request->abandoned && at > run->now);
    timer_start(run, index, request, at - run->now);
}

static void abandon(Run *run, Deployment *deployment, uint32_t index) {
    Request *request = request_at(&run->requests, index);
    asim_assert(!request->abandoned);
    asim_assert(request->replica < run->replica_count);
    Replica *replica = run->replicas[request->replica];
    catch_up(run, replica, run->now);
    deployment->counters.answers[ASIM_ANSWER_NONE]++;
    request_over(run, request, ASIM_ABANDONED, ASIM_ANSWER_NONE, run->now);
    const ServingChange change = serving_abandon(&replica->serving, run->now, index);
    if (change == SERVING_TO_BEGIN) {
        event_queue_schedule(&run->queue, replica->slot, run->now, ORDER_ITERATION_BEGIN);
    } else {
        schedule_due(run, replica);
    }
}

void gateway_client_timer(Run *run, uint32_t index) {
    Request *request = request_at(&run->requests, index);
    asim_assert(request->stage != REQUEST_FREE);
    asim_assert(request->timer != EVENT_SLOT_IDLE);
    Deployment *deployment = &run->deployments[request->deployment];
    if (request->stage == REQUEST_WAITING) {
        event_queue_cancel(&run->queue, request->timer);
        give_up_waiting(run, deployment, index);
        return;
    }
    if (request->stage != REQUEST_OUTSIDE) {
        abandon(run, deployment, index);
        return;
    }
    /* Off the queue first: what the send brings about finds this instant's other events at the top.
     */
    event_queue_cancel(&run->queue, request->timer);
    send(run, deployment, index);
}

/* ---- Out of the replica ---- */

/* When its client goes that is still there. */
static inline sim_time gone_at(const Run *run, const Deployment *deployment,
                               const Request *request) {
    const sim_time timeout = deployment->config->client.timeout;
    if (request->sends_once) {
        return hangs_up_at(run, request);
    }
    return timeout != SIM_TIME_NEVER ? request->last_send + timeout : SIM_TIME_NEVER;
}

static void complete(Run *run, Deployment *deployment, Request *request) {
    const sim_time seen = run->now + deployment->model.request_overhead;
    const sim_time gone = gone_at(run, deployment, request);
    if (seen > gone) {
        /* The last token was still on its way to a client that had gone. */
        deployment->counters.answers[ASIM_ANSWER_NONE]++;
        request_over(run, request, ASIM_ABANDONED, ASIM_ANSWER_NONE, gone);
        return;
    }
    deployment->counters.answers[ASIM_ANSWER_200]++;
    request_over(run, request, ASIM_COMPLETED, ASIM_ANSWER_200, seen);
}

/* Settles the requests that have left a replica. */
static void settle_left(Run *run, Deployment *deployment, Replica *replica) {
    Serving *serving = &replica->serving;
    asim_assert(serving->left_count > 0);
    asim_assert(deployment->held >= serving->left_count);
    for (uint32_t i = 0; i < serving->left_count; i++) {
        const uint32_t index = serving->left[i];
        Request *request = request_at(&run->requests, index);
        deployment->residence_ns += run->now - request->last_send;
        if (!request->abandoned) {
            complete(run, deployment, request);
        }
        request_release(&run->requests, index);
    }
    deployment->held -= serving->left_count;
    deployment->last_completion = run->now;
    serving->left_count = 0;
    load_balancer_update(&deployment->balancer, replica);
}

/* What is further than a quarter beyond the measured is not told by it. */
static bool is_beyond(uint64_t amount, uint64_t measured) {
    return measured > 0 && 4 * amount > 5 * measured;
}

/* Of the leap that ends. */
static void note_use(asim_profile_use *use, const Serving *serving) {
    const uint64_t iterations = (uint64_t)(serving->phase_end - serving->phase_done);
    const uint64_t decoding = serving->decoding, kv = serving->kv_decoding;
    asim_assert_often(iterations > 0 && use->beyond <= use->iterations);
    use->iterations += iterations;
    use->most_decoding = decoding > use->most_decoding ? decoding : use->most_decoding;
    use->most_kv_tokens = kv > use->most_kv_tokens ? kv : use->most_kv_tokens;
    if (is_beyond(decoding, use->measured_decoding) || is_beyond(kv, use->measured_kv_tokens)) {
        use->beyond += iterations;
    }
}

void gateway_iteration_end(Run *run, Replica *replica) {
    Deployment *deployment = &run->deployments[replica->deployment];
    serving_expect_departure(&replica->serving);
    catch_up(run, replica, run->now - 1);
    asim_assert(replica->serving.boundary == run->now);
    asim_assert_often(deployment->held >= replica->serving.held);
    meter(run, replica, run->now);
    note_use(&deployment->profile_use, &replica->serving);
    serving_end(&replica->serving);
    if (replica->serving.left_count > 0) {
        settle_left(run, deployment, replica);
        if (replica->serving.held == 0 && replica->state == ASIM_REPLICA_DRAINING) {
            fleet_drained(run, replica); /* a transition: before this instant's sends */
            return;
        }
    }
    begin_or_defer(run, replica, true);
}

void gateway_iteration_begin(Run *run, Replica *replica) {
    Deployment *deployment = &run->deployments[replica->deployment];
    Serving *serving = &replica->serving;
    asim_assert(serving->left_count == 0);
    asim_assert(replica->state == ASIM_REPLICA_SERVING || replica->state == ASIM_REPLICA_DRAINING);
    if (serving->leaving_count > 0) {
        meter(run, replica, run->now);
    }
    begin_iteration(run, replica, run->now);
    if (serving->preempted_count > 0) {
        accounts_preempted(run, replica);
    }
    if (serving->left_count > 0) {
        settle_left(run, deployment, replica);
    }
    if (serving->computing) {
        if (replica->busy_since == SIM_TIME_NEVER) {
            replica->busy_since = run->now;
        }
        schedule_due(run, replica);
        return;
    }
    replica->busy_ns = replica_busy_ns(replica, run->now);
    replica->busy_since = SIM_TIME_NEVER;
    event_queue_cancel(&run->queue, replica->slot);
    if (replica->state == ASIM_REPLICA_DRAINING && serving->held == 0) {
        fleet_drained(run, replica);
    }
}

void gateway_evicted(Run *run, Replica *replica, asim_answer answer) {
    Deployment *deployment = &run->deployments[replica->deployment];
    Serving *serving = &replica->serving;
    asim_assert(serving->held == 0);
    asim_assert(deployment->held >= serving->left_count);
    for (uint32_t i = 0; i < serving->left_count; i++) {
        const uint32_t index = serving->left[i];
        const Request *request = request_at(&run->requests, index);
        deployment->residence_ns += run->now - request->last_send;
        if (request->abandoned) {
            request_release(&run->requests, index);
        } else {
            deployment->counters.broken_tokens += request->made;
            refuse(run, deployment, index, answer);
        }
    }
    if (serving->left_count > 0) {
        deployment->last_completion = run->now;
    }
    deployment->held -= serving->left_count;
    serving->left_count = 0;
}

/* ---- The end ---- */

#define DELETE_AFTER (7 * SIM_TIME_DAY)

void gateway_delete_due(Run *run, Deployment *deployment) {
    asim_assert(!deployment->deleted);
    asim_assert(deployment->last_traffic <= run->now);
    const sim_time due = deployment->last_traffic + DELETE_AFTER;
    if (run->now < due) {
        event_queue_schedule(&run->queue, deployment->deletion_slot, due, ORDER_DELETION);
        return;
    }
    event_queue_cancel(&run->queue, deployment->deletion_slot);
    fleet_delete(run, deployment);
}

void gateway_cut(Run *run) {
    for (size_t chunk = 0; chunk < run->requests.chunk_count; chunk++) {
        for (uint32_t i = 0; i < REQUEST_CHUNK; i++) {
            const uint32_t index = (uint32_t)(chunk << REQUEST_CHUNK_BITS) + i;
            Request *request = request_at(&run->requests, index);
            if (request->stage == REQUEST_FREE || request->abandoned) {
                continue;
            }
            const bool unanswered = request->stage != REQUEST_OUTSIDE;
            run->deployments[request->deployment].counters.answers[ASIM_ANSWER_NONE] += unanswered;
            request_over(run, request, ASIM_IN_FLIGHT, ASIM_ANSWER_NONE, SIM_TIME_NEVER);
        }
    }
}
