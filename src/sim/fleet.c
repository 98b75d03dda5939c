// SPDX-License-Identifier: GPL-3.0-or-later
/* The replicas of a deployment follow its target (model 4, 6 and 7): missing ones are started, as
 * far as the quota goes; surplus ones stop, those still booting first, then the least loaded, then
 * the newest. */
#include "base/assertion.h"
#include "base/memory.h"
#include "scenario/deployment.h"
#include "sim/run.h"

#include <stdlib.h>
#include <string.h>

/* ---- One replica's states ---- */

static void enter_state(Run *run, Replica *replica, asim_replica_state state, const char *reason) {
    Deployment *deployment = &run->deployments[replica->deployment];
    const asim_replica_state from = replica->state;
    asim_assert(from != ASIM_REPLICA_GONE && state > from);
    asim_assert(deployment->in_state[from] > 0);
    accounts_state_times(deployment, run->now);
    deployment->in_state[from]--;
    deployment->in_state[state]++;
    replica->state = state;
    accounts_replica_changed(run, replica, false, from, reason);
}

static bool is_billed(const Deployment *deployment, const Replica *replica) {
    if (replica->state == ASIM_REPLICA_SERVING || replica->state == ASIM_REPLICA_DRAINING) {
        return true;
    }
    return deployment->config->bill_startup && replica->has_gpus && replica_is_booting(replica);
}

static void bill(Run *run, Deployment *deployment, int64_t replicas) {
    asim_assert(replicas == 1 || replicas == -1);
    asim_assert(deployment->account.gpus + replicas * deployment->config->accelerator_count >= 0);
    billing_change(deployment->billing, &deployment->account, run->now,
                   replicas * deployment->config->accelerator_count);
}

static void schedule_transition(Run *run, const Replica *replica, sim_time delay) {
    asim_assert(delay >= 0);
    asim_assert(replica_is_booting(replica) && replica->has_gpus);
    event_queue_schedule(&run->queue, replica->slot, run->now + delay, ORDER_TRANSITION);
}

static void serve(Run *run, Deployment *deployment, Replica *replica, const char *reason) {
    asim_assert(replica->has_gpus && replica->serving.held == 0);
    asim_assert(replica_is_booting(replica));
    const bool was_billed = is_billed(deployment, replica);
    enter_state(run, replica, ASIM_REPLICA_SERVING, reason);
    if (!was_billed) {
        bill(run, deployment, 1);
    }
    event_queue_cancel(&run->queue, replica->slot);
    replica->metered_until = replica->since = run->now;
    replica->serves_since = run->now;
    load_balancer_add(&deployment->balancer, replica);
    vanish_serves(run, deployment, replica);
    if (deployment->balancer.count == 1) {
        autoscaler_serving_began(run, deployment);
    }
    gateway_serves(run, deployment);
}

void fleet_transition(Run *run, Replica *replica) {
    asim_assert(replica->index < run->replica_count);
    asim_assert(replica_is_booting(replica) && replica->has_gpus);
    Deployment *deployment = &run->deployments[replica->deployment];
    switch (replica->state) {
    case ASIM_REPLICA_PENDING_SCHEDULING:
        enter_state(run, replica, ASIM_REPLICA_DOWNLOADING_MODEL, "node_allocated");
        schedule_transition(run, replica, replica->start.downloading_model);
        return;
    case ASIM_REPLICA_DOWNLOADING_MODEL:
        enter_state(run, replica, ASIM_REPLICA_INITIALIZING, "model_downloaded");
        schedule_transition(run, replica, replica->start.initializing);
        return;
    case ASIM_REPLICA_INITIALIZING:
        enter_state(run, replica, ASIM_REPLICA_READY, "initialized");
        schedule_transition(run, replica, replica->start.routing_lag);
        return;
    default: serve(run, deployment, replica, "routed_to"); return;
    }
}

/* ---- Beginning and end of a replica ---- */

static Replica *replica_create(Run *run, Deployment *deployment) {
    Replica *replica;
    uint32_t index;
    if (run->free_replica_count > 0) {
        index = run->free_replicas[--run->free_replica_count];
        replica = run->replicas[index];
    } else {
        run->replicas = memory_grow(run->replicas, run->replica_count, &run->replica_room,
                                    sizeof *run->replicas);
        index = (uint32_t)run->replica_count++;
        replica = run->replicas[index] = memory_new(1, sizeof *replica);
    }
    *replica = (Replica){
        .state = ASIM_REPLICA_PENDING_SCHEDULING,
        .since = run->now,
        .deployment = deployment->index,
        .number = ++deployment->created,
        .index = index,
        .slot = event_queue_open(&run->queue, index),
        .end_slot = EVENT_SLOT_IDLE,
        .fails_at = SIM_TIME_NEVER,
        .metered_until = run->now,
        .busy_since = SIM_TIME_NEVER,
    };
    serving_init(&replica->serving, &deployment->model, &run->requests);
    deployment->replicas = memory_grow(deployment->replicas, deployment->replica_count,
                                       &deployment->replica_room, sizeof *deployment->replicas);
    accounts_state_times(deployment, run->now); /* of those there were */
    deployment->replicas[deployment->replica_count++] = replica;
    deployment->without_gpus++;
    deployment->in_state[ASIM_REPLICA_PENDING_SCHEDULING]++;
    asim_assert(deployment->without_gpus <= deployment->in_state[ASIM_REPLICA_PENDING_SCHEDULING]);
    asim_assert(run->replicas[replica->index] == replica);
    return replica;
}

static void give_up_gpus(Deployment *deployment, const Replica *replica, bool needs_repair) {
    asim_assert(replica->state == ASIM_REPLICA_GONE);
    asim_assert(replica->has_gpus || (deployment->without_gpus > 0 && !needs_repair));
    if (!replica->has_gpus) {
        pool_withdraw(deployment->pool, replica->index);
        deployment->without_gpus--;
    } else if (needs_repair) {
        pool_break(deployment->pool, replica->grant);
    } else {
        pool_give_back(deployment->pool, replica->grant);
    }
}

/* It is no more, but for what it holds. */
static void replica_leave(Run *run, Deployment *deployment, Replica *replica, const char *reason,
                          bool needs_repair) {
    const bool was_billed = is_billed(deployment, replica);
    enter_state(run, replica, ASIM_REPLICA_GONE, reason);
    deployment->in_state[ASIM_REPLICA_GONE]--;
    if (was_billed) {
        bill(run, deployment, -1);
    }
    give_up_gpus(deployment, replica, needs_repair);
    event_queue_close(&run->queue, replica->slot);
    if (replica->end_slot != EVENT_SLOT_IDLE) {
        event_queue_close(&run->queue, replica->end_slot);
    }
}

static void replica_forget(Run *run, Deployment *deployment, Replica *replica) {
    asim_assert(replica->serving.held == 0 && replica->serving.left_count == 0);
    asim_assert(deployment->replica_count > 0);
    deployment->gone_tokens[0] += replica->serving.prompt_tokens_done;
    deployment->gone_tokens[1] += replica->serving.generated_tokens_done;
    deployment->held_ns += replica->held_ns;
    serving_clear(&replica->serving);
    uint32_t at = 0;
    while (deployment->replicas[at] != replica) {
        at++;
        asim_assert(at < deployment->replica_count);
    }
    deployment->replica_count--;
    memmove(&deployment->replicas[at], &deployment->replicas[at + 1],
            (deployment->replica_count - at) * sizeof replica);
    run->free_replicas = memory_grow(run->free_replicas, run->free_replica_count,
                                     &run->free_replica_room, sizeof *run->free_replicas);
    run->free_replicas[run->free_replica_count++] = replica->index;
}

/* One that holds nothing. */
static void replica_end(Run *run, Deployment *deployment, Replica *replica, const char *reason) {
    asim_assert(replica->serving.held == 0);
    asim_assert(deployment->replica_count > 0);
    replica_leave(run, deployment, replica, reason, false);
    replica_forget(run, deployment, replica);
}

/* ---- Starting ---- */

static bool model_is_known(Run *run, const char *model) {
    for (size_t i = 0; i < run->model_count; i++) {
        if (strcmp(run->models_started[i], model) == 0) {
            return true;
        }
    }
    run->models_started = memory_grow(run->models_started, run->model_count, &run->model_room,
                                      sizeof *run->models_started);
    run->models_started[run->model_count++] = model;
    return false;
}

static void hold_gpus(Run *run, Deployment *deployment, Replica *replica, PoolGrant grant) {
    asim_assert(!replica->has_gpus && deployment->without_gpus > 0);
    asim_assert(grant.reserved + grant.on_demand == deployment->config->accelerator_count);
    accounts_state_times(deployment, run->now);
    deployment->without_gpus--;
    replica->grant = grant;
    replica->has_gpus = true;
    if (deployment->config->bill_startup) {
        bill(run, deployment, 1);
    }
}

static void granted(Run *run, Replica *replica, PoolGrant grant) {
    asim_assert(replica->state == ASIM_REPLICA_PENDING_SCHEDULING);
    asim_assert(grant.reserved >= 0 && grant.on_demand >= 0);
    hold_gpus(run, &run->deployments[replica->deployment], replica, grant);
    schedule_transition(run, replica, replica->start.node_allocation);
}

static PoolNeed need_of(const Deployment *deployment) {
    return (PoolNeed){.gpus = deployment->config->accelerator_count,
                      .preemptible = preemptible_is_given(&deployment->config->preemptible)};
}

static void start_replica(Run *run, Deployment *deployment, const char *reason) {
    asim_assert(!deployment->deleted);
    asim_assert(deployment->config->accelerator_count <= pool_quota_left(deployment->pool));
    const DeploymentConfig *config = deployment->config;
    Replica *replica = replica_create(run, deployment);
    const ColdStartModel model = {.weight_bytes = config->weights_gb * 1e9,
                                  .accelerator_count = config->accelerator_count};
    deployment->counters.cold_starts++;
    replica->start =
        deployment->foreseen != NULL
            ? foreseen_start(config)
            : cold_start_draw(&config->cold_start, &model, !model_is_known(run, config->model),
                              (uint64_t)run->scenario->seed, (uint64_t)run->scenario->replication,
                              config->name, replica->number);
    PoolGrant grant;
    if (pool_ask(deployment->pool, replica->index, need_of(deployment), &grant)) {
        granted(run, replica, grant);
    }
    accounts_replica_changed(run, replica, true, replica->state, reason);
}

static void start_warm(Run *run, Deployment *deployment) {
    asim_assert(run->now == 0 && !deployment->deleted);
    asim_assert(deployment->replica_count < (uint32_t)deployment->target);
    Replica *replica = replica_create(run, deployment);
    hold_gpus(run, deployment, replica, pool_take_warm(deployment->pool, need_of(deployment)));
    accounts_replica_changed(run, replica, true, replica->state, "initial");
    model_is_known(run, deployment->config->model);
    serve(run, deployment, replica, "initial");
}

void fleet_start_warm(Run *run, Deployment *deployment, uint32_t count) {
    asim_assert(run->now == 0 && deployment->replica_count == 0);
    asim_assert(count == (uint32_t)deployment->target);
    for (uint32_t i = 0; i < count; i++) {
        start_warm(run, deployment);
    }
}

/* What is wanted as the run begins by who knew it before: as far as there were GPUs. */
static bool was_started_before(const Run *run, const Deployment *deployment) {
    return run->now == 0 && deployment->foreseen != NULL &&
           pool_can_take(deployment->pool, need_of(deployment));
}

/* ---- Stopping ---- */

/* It is routed to no more: from here on it counts for nothing that the autoscaler sees. */
static void retire(Run *run, Deployment *deployment, Replica *replica) {
    gateway_replica_catch_up(run, replica);
    replica_meter(replica, run->now, deployment->measurement.load_signal);
    if (replica->state == ASIM_REPLICA_SERVING) {
        asim_assert(deployment->balancer.count > 0);
        load_balancer_remove(&deployment->balancer, replica);
        autoscaler_replica_retired(run, deployment, replica);
    }
    asim_assert(replica->metered_until == run->now);
}

void fleet_drain(Run *run, Replica *replica, const char *reason) {
    asim_assert(replica->state == ASIM_REPLICA_SERVING);
    retire(run, &run->deployments[replica->deployment], replica);
    enter_state(run, replica, ASIM_REPLICA_DRAINING, reason);
    if (replica->serving.held == 0) {
        fleet_drained(run, replica);
    }
    asim_assert(replica->state != ASIM_REPLICA_SERVING);
}

void fleet_kill(Run *run, Replica *replica, const char *reason, asim_answer answer,
                bool needs_repair) {
    Deployment *deployment = &run->deployments[replica->deployment];
    asim_assert(replica->state != ASIM_REPLICA_GONE);
    retire(run, deployment, replica);
    deployment->counters.cancelled_starts += replica_is_booting(replica);
    replica_leave(run, deployment, replica, reason, needs_repair);
    serving_evict_all(&replica->serving, run->now);
    gateway_evicted(run, replica, answer);
    replica_forget(run, deployment, replica);
    asim_assert(replica->state == ASIM_REPLICA_GONE);
}

static bool stops_before(const Replica *a, const Replica *b) {
    const bool a_boots = replica_is_booting(a);
    const bool b_boots = replica_is_booting(b);
    if (a_boots != b_boots) {
        return a_boots;
    }
    if (a->serving.held != b->serving.held) {
        return a->serving.held < b->serving.held;
    }
    return a->number > b->number;
}

static void stop_one(Run *run, Deployment *deployment) {
    Replica *first = NULL;
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        Replica *replica = deployment->replicas[i];
        if (replica->state != ASIM_REPLICA_DRAINING && (!first || stops_before(replica, first))) {
            first = replica;
        }
    }
    asim_assert(first); /* there are more than the target, so one of them is active */
    if (replica_is_booting(first)) {
        deployment->counters.cancelled_starts++;
        replica_end(run, deployment, first, "cancelled");
    } else {
        fleet_drain(run, first, "scale_down");
    }
}

void fleet_drained(Run *run, Replica *replica) {
    asim_assert(replica->state == ASIM_REPLICA_DRAINING);
    asim_assert(replica->serving.held == 0 && replica->serving.left_count == 0);
    Deployment *deployment = &run->deployments[replica->deployment];
    replica_end(run, deployment, replica, "drained");
    fleet_released(run, deployment->config->pool);
}

void fleet_delete(Run *run, Deployment *deployment) {
    asim_assert(!deployment->deleted);
    asim_assert(run->now >= deployment->last_traffic);
    const asim_decision deletion = {.reason = "deleted_after_7_days_without_traffic",
                                    .winner = -1,
                                    .window_since = deployment->last_traffic,
                                    .window_until = run->now};
    const int from = deployment->target;
    gateway_catch_up(run, deployment, run->now);
    accounts_state_times(deployment, run->now);
    deployment->deleted = true;
    deployment->target = 0;
    deployment->not_asked = 0;
    accounts_decision(run, deployment, from, false, 0, &deletion, NULL);
    event_queue_cancel(&run->queue, deployment->evaluation_slot);
    event_queue_cancel(&run->queue, deployment->sample_slot);
    event_queue_cancel(&run->queue, deployment->schedule_slot);
    if (deployment->change_slot != EVENT_SLOT_IDLE) {
        event_queue_cancel(&run->queue, deployment->change_slot);
    }
    vanish_no_more(run, deployment);
    gateway_deleted(run, deployment);
    while (deployment->replica_count > 0) {
        fleet_kill(run, deployment->replicas[deployment->replica_count - 1], "deleted",
                   ASIM_ANSWER_404, false);
    }
    asim_assert(deployment->held == 0 && deployment->balancer.count == 0);
    asim_assert(deployment->without_gpus == 0);
    fleet_released(run, deployment->config->pool);
}

/* ---- Target and fleet ---- */

static uint32_t active_replicas(const Deployment *deployment) {
    return deployment->replica_count - deployment->in_state[ASIM_REPLICA_DRAINING];
}

int fleet_beyond_quota(const Deployment *deployment) {
    const int64_t missing = (int64_t)deployment->target - active_replicas(deployment);
    const int64_t possible =
        pool_quota_left(deployment->pool) / deployment->config->accelerator_count;
    return missing > possible ? (int)(missing - possible) : 0;
}

static void set_not_asked(Run *run, Deployment *deployment, int not_asked) {
    asim_assert(not_asked >= 0 && not_asked <= deployment->target);
    asim_assert(run->now >= deployment->times.until);
    accounts_state_times(deployment, run->now);
    deployment->not_asked = not_asked;
}

static void start_missing(Run *run, Deployment *deployment, const char *reason) {
    const int64_t gpus = deployment->config->accelerator_count;
    int64_t missing = (int64_t)deployment->target - active_replicas(deployment);
    while (missing > 0 && gpus <= pool_quota_left(deployment->pool)) {
        if (was_started_before(run, deployment)) {
            start_warm(run, deployment);
        } else {
            start_replica(run, deployment, reason);
        }
        missing--;
    }
    set_not_asked(run, deployment, missing > 0 ? (int)missing : 0);
}

void fleet_reconcile(Run *run, Deployment *deployment, const char *reason) {
    start_missing(run, deployment, reason);
    const uint32_t before = deployment->replica_count;
    while ((int64_t)active_replicas(deployment) > deployment->target && !run_is_stopped(run)) {
        stop_one(run, deployment); /* each is looked for among all there are */
    }
    asim_assert(run_is_stopped(run) ||
                (int64_t)active_replicas(deployment) + deployment->not_asked == deployment->target);
    asim_assert(deployment->replica_count >= deployment->balancer.count);
    if (deployment->replica_count < before) {
        fleet_released(run, deployment->config->pool);
    }
}

void fleet_released(Run *run, size_t pool) {
    uint32_t index;
    PoolGrant grant;
    while (pool_serve_waiter(&run->pools[pool], &index, &grant)) {
        granted(run, run->replicas[index], grant);
        accounts_replica_changed(run, run->replicas[index], false, run->replicas[index]->state,
                                 "gpus_granted");
    }
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        Deployment *deployment = &run->deployments[i];
        if (deployment->config->pool == pool && deployment->not_asked > 0) {
            start_missing(run, deployment, "quota_freed");
        }
    }
}

void fleet_capacity_changed(Run *run, size_t pool) {
    asim_assert(pool < run->scenario->pool_count);
    asim_assert(run->pools[pool].next_change == run->now);
    pool_change(&run->pools[pool]);
    if (run->pools[pool].next_change == SIM_TIME_NEVER) {
        event_queue_cancel(&run->queue, run->pool_slots[pool]);
    } else {
        event_queue_schedule(&run->queue, run->pool_slots[pool], run->pools[pool].next_change,
                             ORDER_CAPACITY);
    }
    fleet_released(run, pool);
}

void fleet_clear(Run *run) {
    for (size_t d = 0; d < run->scenario->deployment_count; d++) {
        Deployment *deployment = &run->deployments[d];
        for (uint32_t i = 0; i < deployment->replica_count; i++) {
            serving_clear(&deployment->replicas[i]->serving);
        }
        free(deployment->replicas);
    }
    for (size_t i = 0; i < run->replica_count; i++) {
        free(run->replicas[i]);
    }
    free(run->replicas);
    free(run->free_replicas);
    free(run->models_started);
}
