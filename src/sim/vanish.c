// SPDX-License-Identifier: GPL-3.0-or-later
/* Replicas that vanish (model 7). A preemptible deployment loses replicas at instants that its
 * traffic and its autoscaler have no part in; each replica fails when its own time has come. What a
 * replica holds that vanishes is cut off, and the fleet is brought in line with its target at once.
 */
#include "base/assertion.h"
#include "base/memory.h"
#include "scenario/deployment.h"
#include "sim/run.h"

#include <stdlib.h>

bool vanish_init(Run *run, Deployment *deployment) {
    const DeploymentConfig *config = deployment->config;
    deployment->loss_slot = EVENT_SLOT_IDLE;
    if (!losses_init(&deployment->losses, &config->preemptible, run->scenario->directory,
                     (uint64_t)run->scenario->seed, (uint64_t)run->scenario->replication,
                     config->name, &run->errors)) {
        return false;
    }
    if (deployment->losses.next != SIM_TIME_NEVER) {
        deployment->loss_slot = event_queue_open(&run->queue, deployment->index);
        event_queue_schedule(&run->queue, deployment->loss_slot, deployment->losses.next,
                             ORDER_LOSS);
    }
    return true;
}

void vanish_no_more(Run *run, const Deployment *deployment) {
    asim_assert(deployment->deleted);
    if (deployment->loss_slot != EVENT_SLOT_IDLE) {
        event_queue_cancel(&run->queue, deployment->loss_slot);
    }
}

void vanish_clear(Run *run) {
    for (size_t i = 0; i < run->scenario->deployment_count; i++) {
        losses_clear(&run->deployments[i].losses);
    }
    free(run->repairs);
}

/* ---- Repairs ---- */

static void repair_later(Run *run, size_t pool, PoolGrant gpus, sim_time time) {
    uint32_t number = run->free_repair;
    if (number == EVENT_SLOT_IDLE) {
        run->repairs =
            memory_grow(run->repairs, run->repair_count, &run->repair_room, sizeof *run->repairs);
        number = run->repair_count++;
    } else {
        run->free_repair = run->repairs[number].slot;
    }
    asim_assert(time > run->now);
    asim_assert(number < run->repair_count && pool < run->scenario->pool_count);
    run->repairs[number] =
        (Repair){.gpus = gpus, .pool = pool, .slot = event_queue_open(&run->queue, number)};
    event_queue_schedule(&run->queue, run->repairs[number].slot, time, ORDER_REPAIR);
}

void vanish_repaired(Run *run, uint32_t number) {
    const Repair repair = run->repairs[number];
    asim_assert(number < run->repair_count);
    asim_assert(repair.pool < run->scenario->pool_count);
    event_queue_close(&run->queue, repair.slot);
    run->repairs[number].slot = run->free_repair;
    run->free_repair = number;
    pool_repair(&run->pools[repair.pool], repair.gpus);
    fleet_released(run, repair.pool);
}

/* ---- A replica vanishes ---- */

/* Who waits for GPUs comes first, then what has vanished is started anew. */
static void refill(Run *run, Deployment *deployment, const char *reason) {
    fleet_released(run, deployment->config->pool);
    fleet_reconcile(run, deployment, reason);
}

static void fail(Run *run, Deployment *deployment, Replica *replica) {
    const PoolGrant gpus = replica->grant;
    const sim_time repaired = run->now + replica->repair;
    asim_assert(replica->has_gpus && !replica_is_booting(replica));
    asim_assert(failures_are_given(&deployment->config->failures));
    deployment->counters.replicas_failed++;
    fleet_kill(run, replica, "failed", ASIM_ANSWER_BROKEN, true);
    repair_later(run, deployment->config->pool, gpus, repaired);
    refill(run, deployment, "after_failure");
}

void vanish_replica(Run *run, Replica *replica) {
    Deployment *deployment = &run->deployments[replica->deployment];
    asim_assert(replica->state == ASIM_REPLICA_SERVING || replica->state == ASIM_REPLICA_DRAINING);
    asim_assert(replica->noticed || replica->fails_at == run->now);
    event_queue_cancel(&run->queue, replica->end_slot);
    if (replica->fails_at == run->now) {
        fail(run, deployment, replica);
    } else {
        fleet_kill(run, replica, "preempted", ASIM_ANSWER_BROKEN, false);
        fleet_released(run, deployment->config->pool);
    }
}

static void vanish_at(Run *run, Replica *replica, sim_time time) {
    asim_assert(time > run->now);
    asim_assert(replica->has_gpus);
    if (replica->end_slot == EVENT_SLOT_IDLE) {
        replica->end_slot = event_queue_open(&run->queue, replica->index);
    }
    event_queue_schedule(&run->queue, replica->end_slot, time, ORDER_VANISH);
}

void vanish_serves(Run *run, const Deployment *deployment, Replica *replica) {
    const DeploymentConfig *config = deployment->config;
    asim_assert(replica->state == ASIM_REPLICA_SERVING);
    asim_assert(!replica->noticed);
    if (failures_are_given(&config->failures)) {
        const Failure failure =
            failure_draw(&config->failures, (uint64_t)run->scenario->seed,
                         (uint64_t)run->scenario->replication, config->name, replica->number);
        replica->fails_at = run->now + failure.after;
        replica->repair = failure.repair;
        vanish_at(run, replica, replica->fails_at);
    }
}

Replica *vanish_find(const Deployment *deployment, int64_t number) {
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        Replica *replica = deployment->replicas[i];
        if (replica->number == number && replica->has_gpus) {
            return replica;
        }
    }
    return NULL;
}

void vanish_one(Run *run, Deployment *deployment, Replica *replica) {
    asim_assert(replica->has_gpus && replica->deployment == deployment->index);
    asim_assert(!deployment->deleted);
    deployment->counters.replicas_failed++;
    fleet_kill(run, replica, "failed", ASIM_ANSWER_BROKEN, false);
    refill(run, deployment, "after_failure");
}

/* ---- Losses of a preemptible deployment ---- */

/* Who has GPUs, and has not been told to go. */
static bool can_be_taken(const Replica *replica) {
    return replica->has_gpus && !replica->noticed;
}

static Replica *choose(Deployment *deployment) {
    uint64_t candidates = 0;
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        candidates += can_be_taken(deployment->replicas[i]);
    }
    uint64_t left = losses_choose(&deployment->losses, candidates);
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        if (can_be_taken(deployment->replicas[i]) && left-- == 0) {
            return deployment->replicas[i];
        }
    }
    asim_assert(candidates == 0);
    return NULL;
}

static void take(Run *run, Deployment *deployment, Replica *replica) {
    const sim_time notice = deployment->config->preemptible.notice;
    asim_assert(can_be_taken(replica));
    asim_assert(replica->deployment == deployment->index);
    deployment->counters.replicas_preempted++;
    if (notice == 0 || replica->serving.held == 0) {
        fleet_kill(run, replica, "preempted", ASIM_ANSWER_BROKEN, false);
        return;
    }
    const sim_time over = run->now + notice;
    replica->noticed = true;
    vanish_at(run, replica, over < replica->fails_at ? over : replica->fails_at);
    if (replica->state == ASIM_REPLICA_SERVING) {
        fleet_drain(run, replica, "preemption_notice");
    }
}

void vanish_loss(Run *run, Deployment *deployment) {
    asim_assert(!deployment->deleted);
    asim_assert(deployment->losses.next == run->now);
    const uint32_t replicas = losses_take(&deployment->losses);
    if (deployment->losses.next == SIM_TIME_NEVER) {
        event_queue_cancel(&run->queue, deployment->loss_slot);
    } else {
        event_queue_schedule(&run->queue, deployment->loss_slot, deployment->losses.next,
                             ORDER_LOSS);
    }
    for (uint32_t i = 0; i < replicas; i++) {
        Replica *replica = choose(deployment);
        if (replica != NULL) {
            take(run, deployment, replica);
        }
    }
    refill(run, deployment, "after_preemption");
}
