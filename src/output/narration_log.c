// SPDX-License-Identifier: GPL-3.0-or-later
/* The gathering. Observers are told of a decision before the replicas that it starts or stops, in
 * the same instant: what they do belongs to the deployment's last entry. */
#include "output/narration_log.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Entries ------------------------------------------------------------------------------------ */

static NarratedDeployment *deployment_of(NarrationLog *log, uint32_t index) {
    return &log->deployments[index];
}

static void end_stretch(NarratedDeployment *deployment, sim_time time) {
    NarrationEntry *entry = deployment->current;
    if (entry->stretch_count < NARRATION_STRETCHES) {
        entry->stretches[entry->stretch_count++] =
            stretch_meter_end(&deployment->meter, time, deployment->in_state[ASIM_REPLICA_SERVING],
                              narration_booting(deployment->in_state));
    }
}

static NarrationEntry *add_entry(NarrationLog *log, NarrationKind kind, uint32_t index,
                                 sim_time time) {
    NarratedDeployment *deployment = deployment_of(log, index);
    NarrationEntry *entry = memory_new(1, sizeof *entry);
    *entry = (NarrationEntry){.kind = kind, .deployment = index, .time = time};
    if (deployment->current) {
        end_stretch(deployment, time);
    }
    deployment->current = entry;
    log->entries =
        memory_grow(log->entries, log->entry_count, &log->entry_room, sizeof *log->entries);
    log->entries[log->entry_count++] = entry;
    return entry;
}

/* The state after what happened in the instant of the current entry. */
static void note_state(NarratedDeployment *deployment) {
    NarrationEntry *entry = deployment->current;
    entry->target = deployment->target;
    entry->serving = deployment->in_state[ASIM_REPLICA_SERVING];
    entry->booting = narration_booting(deployment->in_state);
    entry->draining = deployment->in_state[ASIM_REPLICA_DRAINING];
}

/* Life --------------------------------------------------------------------------------------- */

void narration_log_init(NarrationLog *log, const Scenario *scenario, sim_time from, sim_time to) {
    *log = (NarrationLog){.scenario = scenario, .from = from, .to = to, .resumed = from == 0};
    log->deployments = memory_new(scenario->deployment_count, sizeof *log->deployments);
    for (uint32_t i = 0; i < scenario->deployment_count; i++) {
        NarratedDeployment *deployment = deployment_of(log, i);
        stretch_meter_init(&deployment->meter);
        deployment->target = (int)scenario->deployments[i].initial_replica_count;
        add_entry(log, NARRATION_BEGIN, i, 0);
        note_state(deployment);
    }
}

void narration_log_clear(NarrationLog *log) {
    for (size_t i = 0; i < log->scenario->deployment_count; i++) {
        stretch_meter_clear(&log->deployments[i].meter);
        free(log->deployments[i].replicas);
    }
    for (size_t i = 0; i < log->entry_count; i++) {
        free(log->entries[i]->started.items);
        free(log->entries[i]->stopped.items);
        free(log->entries[i]);
    }
    free(log->entries);
    free(log->deployments);
    *log = (NarrationLog){0};
}

/* The time asked for ------------------------------------------------------------------------- */

static void resume(NarrationLog *log) {
    log->resumed = true;
    log->first = log->entry_count;
    for (uint32_t i = 0; i < log->scenario->deployment_count; i++) {
        add_entry(log, NARRATION_RESUME, i, log->from);
        note_state(deployment_of(log, i));
    }
}

static void cut(NarrationLog *log) {
    log->over = true;
    for (size_t i = 0; i < log->scenario->deployment_count; i++) {
        end_stretch(&log->deployments[i], log->to);
    }
}

/* Something happens at `time`. */
static void advance(NarrationLog *log, sim_time time) {
    if (!log->resumed && time >= log->from) {
        resume(log);
    }
    if (!log->over && time > log->to) {
        cut(log);
    }
}

/* Requests ----------------------------------------------------------------------------------- */

/* When the request ended in the deployment: its user sees the last token a little later. */
static sim_time ended_inside(const NarrationLog *log, const asim_request *request) {
    const bool at_replica =
        request->outcome == ASIM_COMPLETED || request->outcome == ASIM_ABANDONED;
    return request->ended -
           (at_replica ? log->scenario->deployments[request->deployment].profile.request_overhead
                       : 0);
}

static void log_request_ended(void *self, const asim_request *request) {
    NarrationLog *log = self;
    if (request->outcome != ASIM_IN_FLIGHT) {
        advance(log, ended_inside(log, request));
    }
    if (!log->over) {
        stretch_meter_request(&deployment_of(log, request->deployment)->meter, request);
    }
}

static void log_send_refused(void *self, const asim_refusal *refusal) {
    NarrationLog *log = self;
    advance(log, refusal->time);
    if (!log->over) {
        stretch_meter_refusal(&deployment_of(log, refusal->deployment)->meter, refusal);
    }
}

/* Replicas ----------------------------------------------------------------------------------- */

static NarratedReplica *replica_of(NarratedDeployment *deployment, uint32_t number) {
    while (deployment->replica_count < number) {
        deployment->replicas = memory_grow(deployment->replicas, deployment->replica_count,
                                           &deployment->replica_room, sizeof *deployment->replicas);
        NarratedReplica *replica = &deployment->replicas[deployment->replica_count++];
        *replica = (NarratedReplica){.number = (uint32_t)deployment->replica_count,
                                     .granted = SIM_TIME_NEVER};
        for (size_t i = 0; i < ASIM_REPLICA_STATE_COUNT; i++) {
            replica->entered[i] = SIM_TIME_NEVER;
        }
    }
    return &deployment->replicas[number - 1];
}

static void add_number(NarratedNumbers *numbers, uint32_t number) {
    numbers->items =
        memory_grow(numbers->items, numbers->count, &numbers->room, sizeof numbers->items[0]);
    numbers->items[numbers->count++] = number;
}

/* A start that no decision of this instant asked for: the quota has room again. */
static void note_start(NarrationLog *log, NarratedDeployment *deployment, NarratedReplica *replica,
                       const asim_replica_change *change) {
    replica->is_warm = strcmp(change->reason, "initial") == 0;
    if (strcmp(change->reason, "quota_freed") == 0 && !log->over &&
        (deployment->current->time != change->time ||
         deployment->current->kind != NARRATION_QUOTA)) {
        add_entry(log, NARRATION_QUOTA, change->deployment, change->time);
    }
    if (!log->over) {
        add_number(&deployment->current->started, replica->number);
    }
}

static void note_end(NarrationLog *log, NarratedDeployment *deployment, NarratedReplica *replica,
                     const asim_replica_change *change) {
    if (change->to == ASIM_REPLICA_DRAINING) {
        replica->held = change->held;
    } else {
        replica->ended = change->reason;
        replica->before = change->from;
    }
    if (change->from != ASIM_REPLICA_DRAINING && !log->over) {
        add_number(&deployment->current->stopped, replica->number);
    }
}

static void log_replica_changed(void *self, const asim_replica_change *change) {
    NarrationLog *log = self;
    NarratedDeployment *deployment = deployment_of(log, change->deployment);
    NarratedReplica *replica = replica_of(deployment, change->replica);
    advance(log, change->time);
    const bool booted = narration_booting(deployment->in_state) > 0;
    if (change->is_new) {
        note_start(log, deployment, replica, change);
    } else {
        deployment->in_state[change->from]--;
    }
    if (change->to == ASIM_REPLICA_DRAINING || change->to == ASIM_REPLICA_GONE) {
        note_end(log, deployment, replica, change);
    }
    deployment->in_state[change->to]++;
    if (change->has_gpus && !replica->has_gpus) {
        replica->granted = change->time;
        replica->reserved_gpus = change->reserved_gpus;
    }
    replica->has_gpus = change->has_gpus;
    replica->cold_download = change->cold_download;
    replica->state = change->to;
    if (replica->entered[change->to] == SIM_TIME_NEVER) {
        replica->entered[change->to] = change->time;
    }
    NarrationEntry *entry = deployment->current;
    if (entry->time == change->time) {
        note_state(deployment);
    } else if (booted && narration_booting(deployment->in_state) == 0 && !log->over &&
               entry->stretch_count == 0) {
        entry->booted = true;
        end_stretch(deployment, change->time);
    }
}

/* Decisions ---------------------------------------------------------------------------------- */

static void keep(NarrationEntry *entry, const asim_decision_taken *taken) {
    entry->taken = *taken;
    entry->decision = *taken->decision;
    entry->taken.decision = &entry->decision;
    if (taken->observation) {
        entry->observation = *taken->observation;
        entry->taken.observation = &entry->observation;
    }
}

static void log_decision_taken(void *self, const asim_decision_taken *taken) {
    NarrationLog *log = self;
    NarratedDeployment *deployment = deployment_of(log, taken->deployment);
    advance(log, taken->time);
    const bool is_deletion = taken->observation == NULL;
    deployment->target = taken->decision->target;
    if (log->over) {
        return;
    }
    stretch_meter_decision(&deployment->meter, taken);
    if (is_deletion || taken->decision->target != taken->from) {
        NarrationEntry *entry =
            add_entry(log, is_deletion ? NARRATION_DELETION : NARRATION_DECISION, taken->deployment,
                      taken->time);
        keep(entry, taken);
        note_state(deployment);
    }
}

/* The end ------------------------------------------------------------------------------------ */

static void log_run_ended(void *self, const asim_run_end *end) {
    NarrationLog *log = self;
    NarratedDeployment *deployment = deployment_of(log, end->deployment);
    deployment->end = *end;
    advance(log, end->drained_at); /* the same for all: nothing may have happened for long */
    if (!log->over) {
        end_stretch(deployment, end->drained_at);
    }
}

asim_observer narration_log_observer(NarrationLog *log) {
    return (asim_observer){.self = log,
                           .request_ended = log_request_ended,
                           .send_refused = log_send_refused,
                           .replica_changed = log_replica_changed,
                           .decision_taken = log_decision_taken,
                           .run_ended = log_run_ended};
}
