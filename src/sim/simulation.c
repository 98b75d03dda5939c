// SPDX-License-Identifier: GPL-3.0-or-later
/* One run of a scenario: sets up, owns the loop, cleans up. The loop takes the earlier of the next
 * arrival and the next event; within an instant the order of model 1 decides (sim/run.h). */
#include "sim/simulation.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "client/client.h"
#include "engine/sim_time.h"
#include "scenario/deployment.h"
#include "sim/run.h"
#include "traffic/ahead.h"
#include "traffic/prompt_hashes.h"
#include "traffic/traffic.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* ---- What is happening: for assertions that fail, and for observers ---- */

static const char *const order_names[] = {
    [ORDER_TICK] = "tick",
    [ORDER_ITERATION_END] = "iteration_end",
    [ORDER_TRANSITION] = "transition",
    [ORDER_VANISH] = "vanish",
    [ORDER_LOSS] = "loss",
    [ORDER_REPAIR] = "repair",
    [ORDER_CAPACITY] = "capacity",
    [ORDER_CHANGE] = "change",
    [ORDER_SCHEDULE] = "schedule",
    [ORDER_DELETION] = "deletion",
    [ORDER_ARRIVAL] = "return",
    [ORDER_CLIENT] = "client",
    [ORDER_RATE_SAMPLE] = "rate_sample",
    [ORDER_EVALUATION] = "evaluation",
    [ORDER_ITERATION_BEGIN] = "iteration_begin",
};

static void find_subject(const Run *run, Order order, uint32_t subject, asim_event *event) {
    switch (order) {
    case ORDER_ITERATION_END:
    case ORDER_ITERATION_BEGIN:
    case ORDER_TRANSITION:
    case ORDER_VANISH:
        event->deployment = run->replicas[subject]->deployment;
        event->subject = run->replicas[subject]->number;
        return;
    case ORDER_CLIENT:
        event->deployment = request_at(&run->requests, subject)->deployment;
        event->subject = request_at(&run->requests, subject)->id;
        return;
    case ORDER_ARRIVAL:
        event->deployment = run->returns[subject].deployment;
        event->subject = run->next_id;
        return;
    case ORDER_LOSS:
    case ORDER_CHANGE:
    case ORDER_SCHEDULE:
    case ORDER_DELETION:
    case ORDER_RATE_SAMPLE:
    case ORDER_EVALUATION: event->deployment = subject; return;
    case ORDER_REPAIR: event->subject = run->repairs[subject].pool; return;
    case ORDER_CAPACITY: event->subject = subject; return;
    case ORDER_TICK: return;
    }
}

static asim_event event_of(const Run *run) {
    if (run->handled == 0) {
        return (asim_event){.time = run->now,
                            .kind = "arrival",
                            .deployment = run->subject,
                            .subject = run->next_id,
                            .slot = UINT32_MAX};
    }
    asim_event event = {.time = run->now,
                        .kind = order_names[event_queue_key_order(run->handled)],
                        .deployment = ASIM_NO_DEPLOYMENT,
                        .slot = event_queue_key_slot(run->handled)};
    find_subject(run, (Order)event_queue_key_order(run->handled), run->subject, &event);
    return event;
}

void run_tell_place(const void *self, FILE *stream) {
    const Run *run = self;
    fprintf(stream, "seed %" PRId64 ", replication %" PRId64 ", at %" PRId64 " ns",
            (int64_t)run->scenario->seed, (int64_t)run->scenario->replication, run->now);
    if (run->events > 0) {
        const asim_event event = event_of(run);
        fprintf(stream, ", %s, slot %" PRIu32 ", deployment %s", event.kind, event.slot,
                event.deployment == ASIM_NO_DEPLOYMENT
                    ? "-"
                    : run->scenario->deployments[event.deployment].name);
    }
}

static void tell_event(Run *run) {
    if (run->wants_events) {
        const asim_event event = event_of(run);
        accounts_event(run, &event);
    }
}

/* ---- Traffic ---- */

/* The time of a deployment's next arrival goes into the tree that merges deployments. */
static void refill(Run *run, Deployment *deployment) {
    if (deployment->block_next == deployment->block_count) {
        bool failed = false;
        deployment->block_next = 0;
        deployment->block_count =
            deployment->source->next(deployment->source, deployment->block, ARRIVAL_BLOCK, &failed);
        run->failed |= failed;
    }
}

static void find_next_arrival(Run *run, Deployment *deployment) {
    refill(run, deployment);
    asim_assert(deployment->block_next <= deployment->block_count);
    asim_assert(deployment->block_count == 0 ||
                deployment->block[deployment->block_next].time >= run->now);
    const bool is_over = deployment->block_count == 0;
    const sim_time time = is_over ? SIM_TIME_NEVER : deployment->block[deployment->block_next].time;
    if (run->scenario->deployment_count == 1) {
        run->next_arrival = time;
        return;
    }
    min_tree_set(&run->arrivals, deployment->index, is_over ? MIN_TREE_NONE : (uint64_t)time);
    const uint64_t next = min_tree_least(&run->arrivals);
    run->next_arrival = next == MIN_TREE_NONE ? SIM_TIME_NEVER : (sim_time)next;
}

static inline __attribute__((always_inline)) void arrive(Run *run) {
    const uint32_t winner =
        run->scenario->deployment_count == 1 ? 0 : min_tree_winner(&run->arrivals);
    Deployment *deployment = &run->deployments[winner];
    const asim_arrival arrival = deployment->block[deployment->block_next++];
    asim_assert_often(arrival.time == run->next_arrival);
    asim_assert(arrival.time >= run->now);
    run->now = arrival.time;
    run->subject = winner;
    run->handled = 0;
    tell_event(run);
    find_next_arrival(run, deployment);
    gateway_arrival(run, deployment, &arrival, false);
    if (run->next_arrival == SIM_TIME_NEVER && run->span == SIM_TIME_NEVER) {
        event_queue_schedule(&run->queue, run->span_slot, run->now + 1, ORDER_TICK);
    }
}

static void keep_loop(Deployment *deployment, size_t number, asim_traffic_source *source) {
    if (source->again) {
        const size_t count = deployment->config->traffic_count + 1; /* and none from outside */
        deployment->loops =
            deployment->loops ? deployment->loops : memory_new(count, sizeof *deployment->loops);
        deployment->loops[number] = source;
    }
}

/* So many threads at most, one for a deployment: together they take a tenth of the run's time, more
 * where files are read. */
enum { READ_AHEAD_MOST = 8 };

/* What a closed loop sends hangs on the run. */
static bool reads_ahead(const Run *run, const Deployment *deployment) {
    const DeploymentConfig *config = deployment->config;
    bool loops = false;
    for (size_t i = 0; i < config->traffic_count; i++) {
        loops = loops || config->traffic[i].kind->loops;
    }
    return run->options->reads_ahead && !loops && deployment->index < READ_AHEAD_MOST;
}

static void take_source(const Run *run, Deployment *deployment, asim_traffic_source *source) {
    const asim_run_options *options = run->options;
    deployment->source = options->arrivals && !deployment->loops
                             ? options->arrivals(options->arrivals_self, deployment->index, source)
                             : source;
}

static bool open_traffic(Run *run, Deployment *deployment) {
    const Scenario *scenario = run->scenario;
    const DeploymentConfig *config = deployment->config;
    const bool ahead = reads_ahead(run, deployment);
    ErrorList *errors = ahead ? &deployment->traffic_errors : &run->errors;
    asim_traffic_source **sources = memory_new(config->traffic_count, sizeof *sources);
    size_t opened = 0;
    for (size_t i = 0; i < config->traffic_count && !run_is_stopped(run); i++) {
        asim_traffic_source *source =
            scenario_open_source(scenario, config, i, run->options->stop, errors);
        if (source) {
            sources[opened++] = source;
            keep_loop(deployment, i, source);
        }
    }
    if (ahead) { /* what opening had to say */
        error_add_all(&run->errors, errors);
        error_list_clear(errors);
    }
    if (opened == config->traffic_count) {
        asim_traffic_source *whole = traffic_merge(sources, opened);
        take_source(run, deployment, ahead ? traffic_ahead(whole, errors, &run->errors) : whole);
        deployment->block = memory_resize(NULL, ARRIVAL_BLOCK, sizeof *deployment->block);
    } else {
        for (size_t i = 0; i < opened; i++) {
            sources[i]->destroy(sources[i]);
        }
        run->failed = true;
    }
    free(sources);
    return opened == config->traffic_count;
}

/* ---- Setting up ---- */

static double price_of(double own, double otherwise) {
    return isnan(own) ? otherwise : own;
}

static void init_prices(Deployment *deployment, const PoolConfig *pool) {
    const DeploymentConfig *config = deployment->config;
    const double list = price_list_usd_per_gpu_hour(pool->accelerator);
    const double on_demand = price_of(pool->usd_per_gpu_hour, list);
    const double region = config->region_restricted ? 1.5 : 1.0;
    const double share =
        preemptible_is_given(&config->preemptible) ? config->preemptible.price_share : 1.0;
    deployment->usd_per_gpu_hour = price_of(config->usd_per_gpu_hour, on_demand) * region * share;
    deployment->reserved_usd_per_gpu_hour = price_of(
        pool->reserved_usd_per_gpu_hour, price_of(on_demand, deployment->usd_per_gpu_hour));
}

static void init_client(Deployment *deployment) {
    const ClientConfig *client = &deployment->config->client;
    deployment->delays = memory_new((size_t)client->max_sends + 1, sizeof *deployment->delays);
    for (uint32_t sends = 1; sends <= client->max_sends; sends++) {
        deployment->delays[sends] = client_delay(client, sends);
    }
    for (asim_answer answer = ASIM_ANSWER_400; answer <= ASIM_ANSWER_503; answer++) {
        deployment->retried[answer] = client_retries(client, gateway_status_code(answer));
    }
    deployment->retried[ASIM_ANSWER_BROKEN] = client->retry_broken;
}

/* Of preemptible GPUs no reservation covers any. */
static void init_billing(Run *run, Deployment *deployment) {
    const DeploymentConfig *config = deployment->config;
    billing_init(&deployment->own_billing, 0);
    deployment->own_billing.end = run->scenario->duration;
    deployment->billing = preemptible_is_given(&config->preemptible) ? &deployment->own_billing
                                                                     : &run->billings[config->pool];
    billing_add(deployment->billing, &deployment->account);
}

/* 0: not known. */
static uint64_t measured(int64_t most) {
    return most == OPTION_ABSENT_INTEGER ? 0 : (uint64_t)most;
}

static bool init_deployment(Run *run, uint32_t index) {
    Deployment *deployment = &run->deployments[index];
    const DeploymentConfig *config = &run->scenario->deployments[index];
    deployment->config = config;
    deployment->index = index;
    deployment->pool = &run->pools[config->pool];
    init_billing(run, deployment);
    init_prices(deployment, &run->scenario->pools[config->pool]);
    serving_model_init(&deployment->model, &config->profile);
    deployment->profile_use = (asim_profile_use){
        .measured_decoding = measured(config->profile_range.decoding_most),
        .measured_kv_tokens = measured(config->profile_range.kv_tokens_most),
    };
    load_balancer_init(&deployment->balancer, (LoadBalancing)config->load_balancer,
                       config->max_concurrency_per_replica, config->imbalance,
                       (uint64_t)run->scenario->seed, (uint64_t)run->scenario->replication,
                       config->name);
    init_client(deployment);
    const bool scales = autoscaler_init(run, deployment);
    const bool vanishes = vanish_init(run, deployment);
    return open_traffic(run, deployment) && autoscaler_foresee(run, deployment) && vanishes &&
           scales;
}

static void init_pools(Run *run) {
    const Scenario *scenario = run->scenario;
    run->pools = memory_new(scenario->pool_count, sizeof *run->pools);
    run->billings = memory_new(scenario->pool_count, sizeof *run->billings);
    run->pool_slots = memory_new(scenario->pool_count, sizeof *run->pool_slots);
    for (size_t i = 0; i < scenario->pool_count; i++) {
        Pool *pool = &run->pools[i];
        run->failed |=
            !pool_init(pool, &scenario->pools[i], scenario->directory, (uint64_t)scenario->seed,
                       (uint64_t)scenario->replication, &run->errors);
        billing_init(&run->billings[i], scenario->pools[i].reserved_gpus);
        run->billings[i].end = scenario->duration;
        run->pool_slots[i] = event_queue_open(&run->queue, (uint32_t)i);
        if (pool->next_change != SIM_TIME_NEVER) {
            event_queue_schedule(&run->queue, run->pool_slots[i], pool->next_change,
                                 ORDER_CAPACITY);
        }
    }
}

static void find_wishes(Run *run) {
    for (size_t i = 0; i < run->options->observer_count; i++) {
        run->wants_refusals |= run->options->observers[i]->send_refused != NULL;
        run->wants_events |= run->options->observers[i]->event_begins != NULL;
    }
}

void run_init(Run *run, const Scenario *scenario, const asim_run_options *options) {
    *run = (Run){.scenario = scenario,
                 .options = options,
                 .span = scenario->duration,
                 .next_arrival = SIM_TIME_NEVER,
                 .instant = -1,
                 .next_id = 1,
                 .free_return = EVENT_SLOT_IDLE,
                 .free_repair = EVENT_SLOT_IDLE};
    find_wishes(run);
    event_queue_init(&run->queue);
    request_pool_init(&run->requests);
    min_tree_init(&run->arrivals, (uint32_t)scenario->deployment_count);
    init_pools(run);
    run->deployments = memory_new(scenario->deployment_count, sizeof *run->deployments);
    for (uint32_t i = 0; i < scenario->deployment_count; i++) {
        run->failed |= !init_deployment(run, i);
    }
    run->tick_slot = event_queue_open(&run->queue, 0);
    run->span_slot = event_queue_open(&run->queue, 1);
    event_queue_schedule(&run->queue, run->tick_slot, scenario->interval, ORDER_TICK);
    if (scenario->duration != SIM_TIME_NEVER) {
        event_queue_schedule(&run->queue, run->span_slot, scenario->duration, ORDER_TICK);
    }
}

/* Arrivals that have not become requests. */
static void drop_arrivals(Run *run) {
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        const Deployment *deployment = &run->deployments[i];
        for (size_t k = deployment->block_next; k < deployment->block_count; k++) {
            arrival_drop(&deployment->block[k]);
        }
    }
    for (uint32_t i = 0; i < run->return_count; i++) {
        arrival_drop(&run->returns[i].arrival);
    }
}

void run_clear(Run *run) {
    drop_arrivals(run);
    fleet_clear(run);
    vanish_clear(run);
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        Deployment *deployment = &run->deployments[i];
        autoscaler_clear(deployment);
        free(deployment->seen);
        free(deployment->waiting);
        free(deployment->delays);
        free(deployment->block);
        free(deployment->loops);
        if (deployment->source) {
            deployment->source->destroy(deployment->source);
        }
        load_balancer_clear(&deployment->balancer);
        billing_clear(&deployment->own_billing);
        serving_model_clear(&deployment->model);
    }
    for (size_t i = 0; i < run->scenario->pool_count; i++) {
        pool_clear(&run->pools[i]);
        billing_clear(&run->billings[i]);
    }
    free(run->deployments);
    free(run->pools);
    free(run->billings);
    free(run->pool_slots);
    free(run->returns);
    min_tree_clear(&run->arrivals);
    request_pool_clear(&run->requests);
    event_queue_clear(&run->queue);
    error_list_clear(&run->errors);
}

/* ---- The loop ---- */

static void interval_tick(Run *run) {
    asim_assert(run->now > run->interval_from);
    asim_assert(run->scenario->interval > 0);
    accounts_interval(run, run->now);
    event_queue_schedule(&run->queue, run->tick_slot, run->now + run->scenario->interval,
                         ORDER_TICK);
}

static void span_tick(Run *run) {
    asim_assert(!run->span_over);
    asim_assert(run->span == SIM_TIME_NEVER || run->now == run->span);
    event_queue_cancel(&run->queue, run->span_slot);
    accounts_end_span(run, run->now);
    if (run->now > run->interval_from) { /* the last interval within the span may be short */
        interval_tick(run);
    }
}

/* Far more than what comes to an end does at one instant: so many events, and so many for each
 * request in flight, which may be refused 30 times. Arrivals and ends of iterations are not
 * counted: by themselves they come to an end. */
#define EVENTS_AT_INSTANT_MOST 10000000
#define EVENTS_OF_REQUEST_MOST 100

/* Users who send again at once, and are answered at once, hold time up for ever. */
static void refuse_standstill(Run *run) {
    char time[SIM_TIME_TEXT];
    const uint32_t concerned = event_of(run).deployment;
    const DeploymentConfig *deployments = run->scenario->deployments;
    char *place = memory_format("deployments.%s",
                                deployments[concerned == ASIM_NO_DEPLOYMENT ? 0 : concerned].name);
    const Error where = {.place = place};
    error_found(
        &run->errors, &where,
        "users and clients that wait before they send again: a think_time, or a first_delay "
        "and few max_sends",
        NULL, "%llu events at %s of simulated time, which does not move on",
        (unsigned long long)run->at_instant, sim_time_format(run->now, time));
    free(place);
    run->failed = true;
}

/* Does time move on? */
static bool time_moves(Run *run) {
    if (run->now != run->instant) {
        run->instant = run->now;
        run->at_instant = 0;
    }
    const uint64_t of_requests = EVENTS_OF_REQUEST_MOST * (uint64_t)run->in_flight;
    if (++run->at_instant < EVENTS_AT_INSTANT_MOST + of_requests) {
        return true;
    }
    refuse_standstill(run);
    return false;
}

static void dispatch(Run *run, EventKey key) {
    const uint32_t subject = run->subject;
    if (!time_moves(run)) {
        return;
    }
    switch ((Order)event_queue_key_order(key)) {
    case ORDER_ITERATION_END: gateway_iteration_end(run, run->replicas[subject]); return;
    case ORDER_ITERATION_BEGIN: gateway_iteration_begin(run, run->replicas[subject]); return;
    case ORDER_ARRIVAL: gateway_return(run, subject); return;
    case ORDER_CLIENT: gateway_client_timer(run, subject); return;
    case ORDER_EVALUATION: autoscaler_evaluate(run, &run->deployments[subject]); return;
    case ORDER_RATE_SAMPLE: autoscaler_rate_sample(run, &run->deployments[subject]); return;
    case ORDER_TRANSITION: fleet_transition(run, run->replicas[subject]); return;
    case ORDER_VANISH: vanish_replica(run, run->replicas[subject]); return;
    case ORDER_LOSS: vanish_loss(run, &run->deployments[subject]); return;
    case ORDER_REPAIR: vanish_repaired(run, subject); return;
    case ORDER_CAPACITY: fleet_capacity_changed(run, subject); return;
    case ORDER_CHANGE: autoscaler_change(run, &run->deployments[subject]); return;
    case ORDER_SCHEDULE: autoscaler_schedule(run, &run->deployments[subject]); return;
    case ORDER_DELETION: gateway_delete_due(run, &run->deployments[subject]); return;
    case ORDER_TICK:
        if (event_queue_key_slot(key) == run->span_slot) {
            span_tick(run);
        } else {
            interval_tick(run);
        }
    }
}

static bool arrival_is_first(const Run *run) {
    const sim_time event = event_queue_top_time(&run->queue);
    if (run->next_arrival != event) {
        return run->next_arrival < event;
    }
    return event_queue_key_order(event_queue_top(&run->queue)) >= ORDER_ARRIVAL;
}

/* After the span the run goes on until the last request has ended, or for drain_limit. */
static bool is_over(const Run *run) {
    if (!run->span_over) {
        return false;
    }
    return run->in_flight == 0 || !run->scenario->drain ||
           event_queue_top_time(&run->queue) - run->span > run->scenario->drain_limit;
}

static void report_progress(const Run *run) {
    if (!run->options->progress) {
        return;
    }
    const bool known = run->span != SIM_TIME_NEVER;
    const double share = known ? fmin(1.0, (double)run->now / (double)run->span) : -1;
    run->options->progress(run->options->progress_self, share, run->next_id - 1);
}

static bool has_lost_observer(const Run *run) {
    for (size_t i = 0; i < run->options->observer_count; i++) {
        const asim_observer *observer = run->options->observers[i];
        if (observer->has_failed && observer->has_failed(observer->self)) {
            return true;
        }
    }
    return false;
}

#define STEPS_BETWEEN_REPORTS 16384

/* Part of both loops: called, it costs a run half a percent. */
static inline __attribute__((always_inline)) void step(Run *run) {
    run->events++;
    if (arrival_is_first(run)) {
        arrive(run);
        return;
    }
    const EventKey key = event_queue_top(&run->queue);
    asim_assert_often(event_queue_key_time(key) >= run->now);
    run->now = event_queue_key_time(key);
    run->handled = key;
    run->subject = run->queue.slots[event_queue_key_slot(key)].subject;
    tell_event(run);
    if (event_queue_key_order(key) == ORDER_ITERATION_END) { /* nearly always, and well predicted */
        gateway_iteration_end(run, run->replicas[run->subject]);
        return;
    }
    dispatch(run, key);
}

/* A single step may take long (a hundred thousand replicas are looked at), so each is followed by a
 * look at whether to stop. */
static bool goes_on(const Run *run) {
    return !run->failed && !run_is_stopped(run) && !is_over(run);
}

static asim_run_result result_of(const Run *run) {
    if (run_is_stopped(run)) { /* it makes sources fail, too */
        return ASIM_RUN_STOPPED;
    }
    return run->failed ? ASIM_RUN_FAILED : ASIM_RUN_DONE;
}

/* A hostile build checks the books after every event. */
static inline void step_and_check(Run *run) {
    step(run);
#ifdef ASIM_HOSTILE
    run->failed |= !accounts_check_now(run);
#endif
}

static void loop(Run *run) {
    while (goes_on(run)) {
        for (int i = 0; i < STEPS_BETWEEN_REPORTS && goes_on(run); i++) {
            step_and_check(run);
        }
        report_progress(run);
        run->failed = run->failed || has_lost_observer(run);
    }
}

void run_begin(Run *run) {
    for (uint32_t i = 0; i < run->scenario->deployment_count; i++) {
        fleet_start_warm(run, &run->deployments[i], (uint32_t)run->deployments[i].target);
        find_next_arrival(run, &run->deployments[i]);
    }
    for (uint32_t i = 0; i < run->scenario->deployment_count; i++) {
        autoscaler_begin(run, &run->deployments[i]);
    }
    if (run->next_arrival == SIM_TIME_NEVER && run->span == SIM_TIME_NEVER) {
        run->span = 0; /* no traffic at all and no duration: nothing to simulate */
        event_queue_schedule(&run->queue, run->span_slot, 0, ORDER_TICK);
    }
}

asim_run_result run_end(Run *run) {
    const asim_run_result result = result_of(run);
    if (result != ASIM_RUN_DONE) {
        return result;
    }
    const bool is_cut = run->in_flight > 0;
    const bool is_drained = is_cut && run->scenario->drain;
    const sim_time until = is_drained ? run->span + run->scenario->drain_limit : run->now - 1;
    const bool passed = is_cut && gateway_catch_up_to_end(run, until) && is_drained;
    if (passed || run->events > run->events_told) { /* the drain's last interval, as long as the
                                                       others */
        accounts_interval(run, run->interval_from + run->scenario->interval);
    }
    gateway_cut(run);
    return accounts_end_run(run) ? ASIM_RUN_DONE : ASIM_RUN_FAILED;
}

static asim_run_result run_to_end(Run *run) {
    run_begin(run);
    loop(run);
    return run_end(run);
}

/* ---- The loop, from outside ---- */

bool run_is_over(const Run *run) {
    return !goes_on(run);
}

sim_time run_next(const Run *run) {
    const sim_time event = event_queue_top_time(&run->queue);
    return run_is_over(run)            ? SIM_TIME_NEVER
           : run->next_arrival < event ? run->next_arrival
                                       : event;
}

void run_advance(Run *run, sim_time until) {
    while (run_next(run) <= until) {
        for (int i = 0; i < STEPS_BETWEEN_REPORTS && run_next(run) <= until; i++) {
            step_and_check(run);
        }
        report_progress(run);
        run->failed = run->failed || has_lost_observer(run);
    }
}

void run_arrival(Run *run, Deployment *deployment, const asim_arrival *arrival, bool is_watched) {
    asim_assert(arrival->time >= run->now);
    asim_assert(run_next(run) > arrival->time && !run->span_over);
    run->events++;
    run->now = arrival->time;
    run->subject = deployment->index;
    run->handled = 0;
    tell_event(run);
    deployment->from_outside++;
    gateway_arrival(run, deployment, arrival, is_watched);
}

void run_intervene(Run *run, const Deployment *deployment, sim_time now) {
    asim_assert(now >= run->now);
    asim_assert(run_next(run) > now && !run->span_over);
    run->events++;
    run->now = now;
    run->subject = deployment->index;
    run->handled = 0;
}

void run_cut_span(Run *run, sim_time at) {
    asim_assert(!run->span_over && at >= run->now && at <= run->span);
    asim_assert(run_next(run) >= at);
    run->span = at;
    run->next_arrival = SIM_TIME_NEVER;
    event_queue_schedule(&run->queue, run->span_slot, at, ORDER_TICK);
    for (uint32_t i = 0; i < run->return_count; i++) { /* of users who think */
        if (run->returns[i].arrival.time != SIM_TIME_NEVER) {
            event_queue_cancel(&run->queue, run->returns[i].slot);
        }
    }
    for (size_t i = 0; i < run->scenario->pool_count; i++) {
        run->billings[i].end = at;
    }
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        run->deployments[i].own_billing.end = at;
    }
}

asim_run_result simulation_run(const Scenario *scenario, const asim_run_options *options,
                               ErrorList *errors) {
    Run run;
    const AssertionScope outer =
        assertion_enter((AssertionScope){.tell = run_tell_place, .self = &run});
    run_init(&run, scenario, options);
    const asim_run_result result = run.failed ? result_of(&run) : run_to_end(&run);
    error_add_all(errors, &run.errors);
    run_clear(&run);
    assertion_enter(outer);
    return result;
}

asim_run_result asim_run(const asim_scenario *scenario, const asim_run_options *options,
                         char **message) {
    ErrorList errors = {0};
    const asim_run_result result = simulation_run(scenario, options, &errors);
    if (message) {
        *message = error_list_text(&errors);
    }
    error_list_clear(&errors);
    return result;
}
