// SPDX-License-Identifier: GPL-3.0-or-later
/* Turns the state of the cluster into observations, and decisions into targets (model 5).
 * Everything is measured over the replicas that serve and do not drain. */
#include "base/assertion.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "scenario/deployment.h"
#include "sim/run.h"

#include <math.h>
#include <stdlib.h>

enum { PROMPT, GENERATED };

/* ---- Tokens and rates ---- */

/* `before`, and what the replicas have made since. */
static void sum_tokens(const uint64_t before[2], Replica *const replicas[], uint32_t count,
                       sim_time now, uint64_t tokens[2]) {
    tokens[PROMPT] = before[PROMPT];
    tokens[GENERATED] = before[GENERATED];
    for (uint32_t i = 0; i < count; i++) {
        uint64_t prompt, generated;
        serving_tokens_at(&replicas[i]->serving, now, &prompt, &generated);
        tokens[PROMPT] += prompt;
        tokens[GENERATED] += generated;
    }
}

void autoscaler_total_tokens(const Deployment *deployment, sim_time now, uint64_t tokens[2]) {
    sum_tokens(deployment->gone_tokens, deployment->replicas, deployment->replica_count, now,
               tokens);
}

static RateSample sample_now(const Deployment *deployment, sim_time now) {
    uint64_t tokens[2];
    sum_tokens(deployment->retired_tokens, deployment->balancer.replicas,
               deployment->balancer.count, now, tokens);
    return (RateSample){.time = now,
                        .handed = deployment->handed,
                        .prompt_tokens = tokens[PROMPT],
                        .generated_tokens = tokens[GENERATED]};
}

/* The room is a power of two, so that no index needs a division. */
static RateSample *sample_at(const RateSamples *samples, size_t index) {
    return &samples->items[(samples->first + index) & (samples->room - 1)];
}

static void samples_push(RateSamples *samples, RateSample sample) {
    if (samples->count == samples->room) { /* unroll the ring into twice the room */
        const size_t room = samples->room ? 2 * samples->room : MEMORY_FIRST_ROOM(16);
        RateSample *items = memory_new(room, sizeof *items);
        for (size_t i = 0; i < samples->count; i++) {
            items[i] = *sample_at(samples, i);
        }
        free(samples->items);
        *samples = (RateSamples){.items = items, .count = samples->count, .room = room};
    }
    asim_assert(samples->count < samples->room);
    asim_assert(samples->count == 0 || sample_at(samples, samples->count - 1)->time <= sample.time);
    *sample_at(samples, samples->count++) = sample;
}

/* The counters at `time`, which have been noted; forgets older ones. Before the run all were 0. */
static RateSample samples_take(RateSamples *samples, sim_time time) {
    while (samples->count > 0 && sample_at(samples, 0)->time < time) {
        samples->first++;
        samples->count--;
    }
    if (samples->count > 0 && sample_at(samples, 0)->time == time) {
        return *sample_at(samples, 0);
    }
    asim_assert(time <= 0);
    return (RateSample){.time = time};
}

void autoscaler_rate_sample(Run *run, Deployment *deployment) {
    asim_assert(!deployment->deleted);
    asim_assert(deployment->measurement.evaluation_interval > 0);
    gateway_catch_up(run, deployment, run->now);
    samples_push(&deployment->samples, sample_now(deployment, run->now));
    event_queue_schedule(&run->queue, deployment->sample_slot,
                         run->now + deployment->measurement.evaluation_interval, ORDER_RATE_SAMPLE);
}

/* Each evaluation at t needs the counters of t - window. Evaluations note them when the window is a
 * whole number of intervals; otherwise the samples have a beat of their own. */
static bool samples_have_own_beat(const Deployment *deployment) {
    return deployment->pipeline == NULL &&
           deployment->measurement.rate_window % deployment->measurement.evaluation_interval != 0;
}

static void measure_rates(Deployment *deployment, sim_time now, asim_observation *observation) {
    asim_assert(now == observation->time);
    asim_assert(deployment->measurement.rate_window > 0);
    const RateSample to = sample_now(deployment, now);
    RateSample from = samples_take(&deployment->samples, now - deployment->measurement.rate_window);
    if (!samples_have_own_beat(deployment)) {
        samples_push(&deployment->samples, to);
    }
    if (deployment->balancer.count == 0) {
        return;
    }
    if (deployment->serving_began.time > from.time) {
        from = deployment->serving_began;
    }
    if (to.time <= from.time) {
        return;
    }
    const double seconds = (double)(to.time - from.time) / (double)SIM_TIME_SECOND;
    asim_assert(to.handed >= from.handed);
    asim_assert(to.prompt_tokens >= from.prompt_tokens &&
                to.generated_tokens >= from.generated_tokens);
    observation->signals[ASIM_SIGNAL_REQUESTS_PER_SECOND] =
        (double)(to.handed - from.handed) / seconds;
    observation->signals[ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND] =
        (double)(to.prompt_tokens - from.prompt_tokens) / seconds;
    observation->signals[ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND] =
        (double)(to.generated_tokens - from.generated_tokens) / seconds;
}

void autoscaler_serving_began(Run *run, Deployment *deployment) {
    asim_assert(deployment->balancer.count == 1);
    asim_assert(deployment->serving_began.time == SIM_TIME_NEVER);
    deployment->serving_began = sample_now(deployment, run->now);
    deployment->refused_at_zero = 0;
}

void autoscaler_replica_retired(Run *run, Deployment *deployment, Replica *replica) {
    uint64_t prompt, generated;
    asim_assert(replica->deployment == deployment->index);
    asim_assert(replica->metered_until == run->now);
    serving_tokens_at(&replica->serving, run->now, &prompt, &generated);
    deployment->retired_tokens[PROMPT] += prompt;
    deployment->retired_tokens[GENERATED] += generated;
    deployment->retired_busy_ns += replica_busy_ns(replica, run->now);
    if (deployment->balancer.count == 0) {
        deployment->serving_began.time = SIM_TIME_NEVER;
    }
}

/* ---- Load and concurrency ---- */

/* Time averages since the last evaluation; the meters start afresh. */
static void measure_load(Deployment *deployment, sim_time now, asim_observation *observation) {
    const double interval = (double)(now - deployment->last_evaluation);
    asim_assert(now > deployment->last_evaluation);
    asim_assert(observation->serving == (int)deployment->balancer.count);
    const PolicyLoadSignal signal = deployment->measurement.load_signal;
    BillingSum held_ns = 0;
    double load_ns = 0;
    for (uint32_t i = 0; i < deployment->balancer.count; i++) {
        Replica *replica = deployment->balancer.replicas[i];
        replica_meter(replica, now, signal);
        const sim_time busy_ns = replica_busy_ns(replica, now);
        held_ns += replica->held_ns;
        load_ns += signal == POLICY_LOAD_BUSY ? (double)(busy_ns - replica->busy_ns_at_evaluation)
                                              : replica->load_ns;
        deployment->held_ns += replica->held_ns;
        replica->held_ns = 0;
        replica->load_ns = 0;
        replica->busy_ns_at_evaluation = busy_ns;
    }
    observation->signals[ASIM_SIGNAL_LOAD] = load_ns / interval;
    observation->signals[ASIM_SIGNAL_CONCURRENT_REQUESTS] = (double)held_ns / interval;
}

static sim_time idle_since(const Deployment *deployment) {
    if (deployment->held > 0 || deployment->balancer.count == 0) {
        return SIM_TIME_NEVER;
    }
    sim_time since = deployment->serving_began.time;
    since = deployment->last_traffic > since ? deployment->last_traffic : since;
    return deployment->last_completion > since ? deployment->last_completion : since;
}

/* ---- What a policy's own pipeline looks at ---- */

static asim_replica see_replica(const Deployment *deployment, Replica *replica, sim_time now) {
    Serving *serving = &replica->serving;
    const sim_time elapsed = now - deployment->last_evaluation;
    const uint64_t kv = serving->held > 0 ? serving_kv_at(serving, now) : 0;
    asim_assert(serving->held >= serving->waiting);
    asim_assert(kv >= serving->kv_waiting || serving->held == 0);
    const bool serves = replica->state == ASIM_REPLICA_SERVING;
    return (asim_replica){
        .state = replica->state,
        .since = replica->since,
        .running = serving->held - serving->waiting,
        .queued = serving->waiting,
        .busy = serves && elapsed > 0
                    ? (double)(replica_busy_ns(replica, now) - replica->busy_ns_at_evaluation) /
                          (double)elapsed
                    : 0,
        .kv_tokens = kv - serving->kv_waiting,
        .kv_tokens_capacity = deployment->model.kv_capacity,
        .prompt_tokens_queued = serving->kv_waiting,
    };
}

static void see_replicas(Deployment *deployment, asim_observation *observation) {
    if (deployment->replica_count > deployment->seen_room) {
        deployment->seen_room = 2 * (size_t)deployment->replica_count;
        deployment->seen =
            memory_resize(deployment->seen, deployment->seen_room, sizeof *deployment->seen);
    }
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        deployment->seen[i] = see_replica(deployment, deployment->replicas[i], observation->time);
    }
    asim_assert(deployment->replica_count <= deployment->seen_room);
    asim_assert(observation->serving <= (int)deployment->replica_count);
    observation->replicas = deployment->seen;
    observation->replica_count = deployment->replica_count;
}

/* Has anything changed that a policy which waits would answer otherwise to? */
static bool is_news(const Deployment *deployment, sim_time now) {
    return deployment->target != deployment->asked_target ||
           (int)deployment->balancer.count != deployment->asked_serving ||
           now >= deployment->decision.window_until;
}

static void look(Deployment *deployment, unsigned due, asim_observation *observation) {
    const PolicyPipeline *pipeline = deployment->pipeline;
    if (deployment->is_shown_replicas || (pipeline != NULL && (due & POLICY_DUE_SAMPLE))) {
        see_replicas(deployment, observation);
    }
    if (pipeline != NULL && (due & POLICY_DUE_SAMPLE)) {
        pipeline->sample(deployment->pipeline_state, observation);
    }
    if (pipeline != NULL && (due & (POLICY_DUE_DECISION | POLICY_DUE_IF_CHANGED))) {
        pipeline->see(deployment->pipeline_state, observation, deployment->policy_input);
        observation->seen = deployment->policy_input;
    }
    if (deployment->foreseen != NULL) {
        observation->seen = &deployment->foreseen_input;
    }
}

static asim_observation observe(const Run *run, const Deployment *deployment) {
    const double rate = deployment->pipeline != NULL ? NAN : 0; /* not measured; nothing serves */
    return (asim_observation){
        .time = run->now,
        .target = deployment->target,
        .serving = (int)deployment->balancer.count,
        .booting = deployment_booting(deployment),
        .signals = {[ASIM_SIGNAL_REQUESTS_PER_SECOND] = rate,
                    [ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND] = rate,
                    [ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND] = rate},
        .idle_since = idle_since(deployment),
        .schedule = deployment->schedule,
        .requests = deployment->counters.sends,
        .waiting = deployment->holds_at_zero ? deployment->waits : deployment->refused_at_zero,
    };
}

/* ---- Decisions ---- */

/* The run ends: at what instant, and why. */
static void fail(Run *run, const Deployment *deployment, const asim_policy_failure *failure) {
    char time[SIM_TIME_TEXT];
    char *place = memory_format("policy of %s at %s", deployment->config->name,
                                sim_time_format(run->now, time));
    error_at(&run->errors, &(Error){.file = failure->file, .line = failure->line, .place = place},
             failure->found, failure->expected, NULL);
    free(place);
    run->failed = true;
}

/* False: it could not decide, and the run is over. */
static bool ask(Run *run, Deployment *deployment, const asim_observation *observation,
                asim_decision *decision) {
    asim_policy_failure failure;
    asim_assert(observation->time == run->now);
    asim_assert(deployment->policy_state != NULL);
    deployment->policy->decide(deployment->policy_state, observation, decision);
    if (policy_has_failed(deployment->policy, deployment->policy_state, &failure)) {
        fail(run, deployment, &failure);
        return false;
    }
    return true;
}

static void act(Run *run, Deployment *deployment, uint64_t request,
                const asim_observation *observation, const asim_decision *decision) {
    asim_assert(decision->target >= 0);
    asim_assert(decision->reason != NULL && !deployment->deleted);
    const int from = deployment->target;
    deployment->target = decision->target;
    deployment->counters.scale_ups += decision->target > from;
    deployment->counters.scale_downs += decision->target < from;
    const bool at_evaluation = !observation->request_at_zero && !observation->minimum_changed;
    accounts_decision(run, deployment, from, at_evaluation, request, decision, observation);
    if (decision->target != from) {
        fleet_reconcile(run, deployment, decision->reason);
    }
}

void autoscaler_evaluate(Run *run, Deployment *deployment) {
    asim_assert(!deployment->deleted);
    asim_assert(run->now >= deployment->last_evaluation);
    event_queue_schedule(&run->queue, deployment->evaluation_slot,
                         run->now + deployment->measurement.evaluation_interval, ORDER_EVALUATION);
    unsigned due = deployment->pipeline != NULL
                       ? deployment->pipeline->due(deployment->pipeline_state, run->now)
                       : POLICY_DUE_DECISION;
    if ((due & POLICY_DUE_IF_CHANGED) && is_news(deployment, run->now)) {
        due |= POLICY_DUE_DECISION;
    }
    if (!(due & (POLICY_DUE_SAMPLE | POLICY_DUE_DECISION))) {
        return;
    }
    if (deployment->foreseen != NULL && !foreseen_look(deployment, run->now)) {
        run->failed = true;
        return;
    }
    gateway_catch_up(run, deployment, run->now);
    asim_observation observation = observe(run, deployment);
    look(deployment, due, &observation);
    if (!(due & POLICY_DUE_DECISION)) {
        return;
    }
    deployment->asked_target = deployment->target;
    deployment->asked_serving = observation.serving;
    measure_load(deployment, run->now, &observation);
    if (deployment->pipeline == NULL) {
        measure_rates(deployment, run->now, &observation);
    }
    deployment->last_evaluation = run->now;
    if (ask(run, deployment, &observation, &deployment->decision)) {
        act(run, deployment, 0, &observation, &deployment->decision);
    }
}

void autoscaler_wake(Run *run, Deployment *deployment, uint64_t request) {
    asim_assert(deployment->target == 0 && deployment->balancer.count == 0);
    asim_assert(request > 0 && request < run->next_id);
    gateway_catch_up(run, deployment, run->now); /* those that drain */
    asim_observation observation = observe(run, deployment);
    observation.request_at_zero = true;
    look(deployment, POLICY_DUE_SAMPLE | POLICY_DUE_DECISION, &observation);
    asim_decision decision;
    if (ask(run, deployment, &observation, &decision) &&
        decision.target != deployment->target) { /* a parked deployment stays as it is */
        act(run, deployment, request, &observation, &decision);
    }
}

/* ---- Schedules ---- */

/* Until then no schedule changes what the policy sees; SIM_TIME_NEVER: none will any more. */
static sim_time next_schedule_change(const Deployment *deployment) {
    return deployment->schedules != NULL ? schedules_next_change(deployment->schedules)
                                         : SIM_TIME_NEVER;
}

static void await_schedule(Run *run, const Deployment *deployment) {
    const sim_time next = next_schedule_change(deployment);
    asim_assert(next > run->now);
    if (next <= SIM_TIME_LONGEST) {
        event_queue_schedule(&run->queue, deployment->schedule_slot, next, ORDER_SCHEDULE);
    } else {
        event_queue_cancel(&run->queue, deployment->schedule_slot);
    }
}

/* The minimum in force: that of an open window, or the policy's own. */
static int minimum_of(const Deployment *deployment, const asim_schedule *schedule) {
    const PolicyKind *kind = policies[deployment->config->policy];
    return schedule->name != NULL ? schedule->minimum : kind->initial_target(deployment->options);
}

/* The policy is told that another minimum holds. */
static void tell_minimum(Run *run, Deployment *deployment) {
    gateway_catch_up(run, deployment, run->now);
    asim_observation observation = observe(run, deployment);
    observation.minimum_changed = true;
    asim_decision decision;
    deployment->policy->decide(deployment->policy_state, &observation, &decision);
    act(run, deployment, 0, &observation, &decision);
}

void autoscaler_schedule(Run *run, Deployment *deployment) {
    asim_assert(!deployment->deleted && deployment->schedules != NULL);
    asim_assert(schedules_next_change(deployment->schedules) == run->now);
    const asim_schedule before = deployment->schedule;
    schedules_advance(deployment->schedules, run->now);
    deployment->schedule = schedules_now(deployment->schedules);
    await_schedule(run, deployment);
    if (minimum_of(deployment, &deployment->schedule) == minimum_of(deployment, &before)) {
        return;
    }
    tell_minimum(run, deployment);
}

/* A policy from outside has no schedules. False after adding errors. */
static bool open_schedules(Run *run, Deployment *deployment) {
    const OptionList *list = deployment_config_schedules(deployment->config);
    deployment->schedule_slot = event_queue_open(&run->queue, deployment->index);
    if (list == NULL || run->options->policy != NULL) {
        return true;
    }
    deployment->schedules =
        schedules_open(list, run->scenario->start_epoch_s, &(Error){0}, &run->errors);
    if (deployment->schedules == NULL) {
        return false;
    }
    deployment->schedule = schedules_now(deployment->schedules);
    await_schedule(run, deployment);
    return true;
}

/* ---- Changes ---- */

/* The 7-day rule holds while the policy may go to zero. */
static void await_deletion(Run *run, const Deployment *deployment) {
    const PolicyKind *kind = policies[deployment->config->policy];
    const sim_time due = deployment->last_traffic + 7 * SIM_TIME_DAY;
    if (!kind->deletes_unused || kind->initial_target(deployment->options) != 0) {
        event_queue_cancel(&run->queue, deployment->deletion_slot);
    } else if (!event_queue_is_pending(&run->queue, deployment->deletion_slot)) {
        event_queue_schedule(&run->queue, deployment->deletion_slot,
                             due > run->now ? due : run->now, ORDER_DELETION);
    }
}

/* A parked deployment answers at once: nobody would come for those who wait. */
static bool holds_at_zero(const Deployment *deployment) {
    const PolicyKind *kind = policies[deployment->config->policy];
    const bool is_parked =
        deployment->policy == kind->policy && kind->most_target(deployment->options) == 0;
    return deployment->config->at_zero == AT_ZERO_HOLD && !is_parked;
}

void autoscaler_configure(Run *run, Deployment *deployment, const void *options) {
    const PolicyKind *kind = policies[deployment->config->policy];
    asim_assert(!deployment->deleted && kind->pipeline == NULL && kind->configure != NULL);
    if (deployment->policy != kind->policy) {
        return; /* another one is asked in its place */
    }
    const int before = minimum_of(deployment, &deployment->schedule);
    deployment->options = options;
    kind->configure(deployment->policy_state, options);
    deployment->holds_at_zero = holds_at_zero(deployment);
    await_deletion(run, deployment);
    if (kind->schedules != NULL && minimum_of(deployment, &deployment->schedule) != before) {
        tell_minimum(run, deployment);
    }
}

static void await_change(Run *run, const Deployment *deployment) {
    const DeploymentConfig *config = deployment->config;
    if (deployment->next_change < config->change_count) {
        event_queue_schedule(&run->queue, deployment->change_slot,
                             config->changes[deployment->next_change].at, ORDER_CHANGE);
    } else {
        event_queue_cancel(&run->queue, deployment->change_slot);
    }
}

void autoscaler_change(Run *run, Deployment *deployment) {
    const DeploymentChange *change = &deployment->config->changes[deployment->next_change++];
    asim_assert(change->at == run->now && !deployment->deleted);
    asim_assert(deployment->next_change <= deployment->config->change_count);
    await_change(run, deployment);
    if (change->autoscaling != NULL) {
        autoscaler_configure(run, deployment, change->autoscaling);
    }
    Replica *lost = change->lose_replica != OPTION_ABSENT_INTEGER
                        ? vanish_find(deployment, change->lose_replica)
                        : NULL;
    if (lost != NULL) {
        vanish_one(run, deployment, lost);
    }
}

static void open_changes(Run *run, Deployment *deployment) {
    deployment->change_slot = EVENT_SLOT_IDLE;
    if (deployment->config->change_count > 0) {
        deployment->change_slot = event_queue_open(&run->queue, deployment->index);
        await_change(run, deployment);
    }
}

/* ---- From beginning to end ---- */

/* Its state; the run fails where it cannot begin. */
static void begin_policy(Run *run, Deployment *deployment, const void *config) {
    asim_policy_failure failure;
    asim_assert(deployment->policy_state == NULL);
    asim_assert(deployment->target >= 0);
    deployment->policy_state = memory_new(1, deployment->policy->state_size);
    deployment->policy->init(deployment->policy_state, config, deployment->target);
    if (policy_has_failed(deployment->policy, deployment->policy_state, &failure)) {
        fail(run, deployment, &failure);
    }
}

/* A policy from outside sees the observation itself. */
static void take_policy(Run *run, Deployment *deployment) {
    const PolicyKind *kind = policies[deployment->config->policy];
    const void *config = deployment->options = deployment->config->autoscaling;
    const asim_run_options *options = run->options;
    deployment->measurement = kind->measurement(config);
    deployment->policy = kind->policy;
    deployment->pipeline = kind->pipeline;
    deployment->wakes_on_request = kind->wakes_on_request;
    deployment->is_shown_replicas = kind->is_own;
    if (options->policy != NULL) {
        asim_assert(options->policy_interval > 0);
        config = options->policy_config;
        deployment->policy = options->policy;
        deployment->pipeline = NULL;
        deployment->wakes_on_request = deployment->is_shown_replicas = true;
        deployment->measurement.evaluation_interval = options->policy_interval;
    }
    deployment->holds_at_zero = holds_at_zero(deployment);
    begin_policy(run, deployment, config);
    if (deployment->policy == kind->policy && kind->watch != NULL) {
        kind->watch(deployment->policy_state, options->stop);
    }
    if (deployment->pipeline != NULL) {
        deployment->pipeline_state = memory_new(1, deployment->pipeline->size);
        deployment->policy_input = memory_new(1, kind->input_size);
        options_set_defaults(kind->inputs, deployment->policy_input);
        deployment->pipeline->init(deployment->pipeline_state, config);
    }
}

void autoscaler_clear(Deployment *deployment) {
    deployment->policy->clear(deployment->policy_state);
    free(deployment->policy_state);
    if (deployment->pipeline != NULL) {
        deployment->pipeline->clear(deployment->pipeline_state);
    }
    free(deployment->pipeline_state);
    free(deployment->policy_input);
    foreseen_close(deployment);
    free(deployment->samples.items);
    schedules_close(deployment->schedules);
}

bool autoscaler_init(Run *run, Deployment *deployment) {
    const PolicyKind *kind = policies[deployment->config->policy];
    deployment->target = (int)deployment->config->initial_replica_count;
    take_policy(run, deployment);
    deployment->decision = (asim_decision){.target = deployment->target,
                                           .recommended = deployment->target,
                                           .reason = "initial",
                                           .winner = -1,
                                           .window_since = SIM_TIME_NEVER,
                                           .window_until = SIM_TIME_NEVER};
    deployment->serving_began.time = SIM_TIME_NEVER;
    deployment->evaluation_slot = event_queue_open(&run->queue, deployment->index);
    deployment->sample_slot = event_queue_open(&run->queue, deployment->index);
    deployment->deletion_slot = event_queue_open(&run->queue, deployment->index);
    const sim_time interval = deployment->measurement.evaluation_interval;
    event_queue_schedule(&run->queue, deployment->evaluation_slot, interval, ORDER_EVALUATION);
    if (samples_have_own_beat(deployment)) {
        /* The evaluations k * interval, k >= 1, look back to k * interval - window: the first of
         * these after 0. */
        const sim_time window = deployment->measurement.rate_window;
        const sim_time first = window < interval ? interval - window : interval - window % interval;
        event_queue_schedule(&run->queue, deployment->sample_slot, first, ORDER_RATE_SAMPLE);
    }
    if (kind->deletes_unused && kind->initial_target(deployment->config->autoscaling) == 0) {
        event_queue_schedule(&run->queue, deployment->deletion_slot, 7 * SIM_TIME_DAY,
                             ORDER_DELETION);
    }
    open_changes(run, deployment);
    return open_schedules(run, deployment);
}

bool autoscaler_foresee(Run *run, Deployment *deployment) {
    const PolicyKind *kind = policies[deployment->config->policy];
    return !kind->foresees || run->options->policy != NULL || foreseen_open(run, deployment);
}

void autoscaler_begin(Run *run, Deployment *deployment) {
    asim_assert(run->now == 0 && !deployment->deleted);
    if (deployment->foreseen == NULL) {
        return;
    }
    if (!foreseen_look(deployment, 0)) {
        run->failed = true;
        return;
    }
    asim_observation observation = observe(run, deployment);
    look(deployment, POLICY_DUE_DECISION, &observation);
    asim_decision decision;
    deployment->policy->decide(deployment->policy_state, &observation, &decision);
    asim_assert(decision.target >= 0);
    if (decision.target > deployment->target) {
        deployment->decision = decision;
        act(run, deployment, 0, &observation, &decision);
    }
}
