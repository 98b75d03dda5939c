// SPDX-License-Identifier: GPL-3.0-or-later
/* The gathering. Observers are told of a decision before the replicas that it starts or stops, in
 * the same instant: what they do belongs to the deployment's last entry. */
#include "base/memory.h"
#include "figures/latency.h"
#include "output/explain.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "stats/histogram.h"

#include <stdlib.h>
#include <string.h>

/* The account of the stretch that goes on. One pair of histograms serves all stretches of a
 * deployment: their quantiles are taken when they end. */
struct StretchMeter {
    Stretch now;
    Histogram ttft, e2e;
    struct StretchWait {
        const char *window; /* static, the policy's; NULL: none */
        sim_time since;     /* as the policy says */
        sim_time from, to;
    } wait; /* in the window that holds now, or held last; it goes on under a rule that no dip
               resets, as `since` tells */
    bool waits;
    sim_time last_evaluation;
    int asked_beyond; /* at the last evaluation, the replicas beyond the most; 0: none */
};

/* What holds the autoscaler back -------------------------------------------------------------- */

static void count_hold(Stretch *stretch, const char *window, sim_time lasted) {
    size_t i = 0;
    while (i < stretch->hold_count && strcmp(stretch->holds[i].window, window) != 0) {
        i++;
    }
    if (i == STRETCH_WINDOWS) {
        return;
    }
    stretch->hold_count += i == stretch->hold_count;
    StretchHold *hold = &stretch->holds[i];
    hold->window = window;
    hold->times++;
    hold->longest = lasted > hold->longest ? lasted : hold->longest;
}

/* The wait that was is over, and nothing came of it. */
static void give_up_wait(StretchMeter *meter) {
    if (meter->wait.window) {
        count_hold(&meter->now, meter->wait.window, meter->wait.to - meter->wait.from);
    }
    meter->wait = (struct StretchWait){0};
}

/* The same wait goes on: without a break, or since the same instant, as the policy says. */
static bool waits_on(const StretchMeter *meter, const asim_decision *decision) {
    const struct StretchWait *wait = &meter->wait;
    return wait->window && decision->window && strcmp(wait->window, decision->window) == 0 &&
           (meter->waits || wait->since == decision->window_since);
}

/* A wait that ends with a change of the target was the wait for it, which is told there. */
static void follow_wait(StretchMeter *meter, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    const bool changes = decision->target != taken->from, goes_on = waits_on(meter, decision);
    if (meter->waits) {
        meter->wait.to = taken->time;
    }
    if ((changes || decision->window) && !goes_on) {
        give_up_wait(meter);
    }
    meter->waits = decision->window && !changes;
    if (changes) {
        meter->wait = (struct StretchWait){0};
    } else if (meter->waits) {
        meter->wait = (struct StretchWait){.window = decision->window,
                                           .since = decision->window_since,
                                           .from = goes_on ? meter->wait.from : taken->time,
                                           .to = taken->time};
    }
}

/* What is asked for is in force from one evaluation to the next. */
static void follow_limit(StretchMeter *meter, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    Stretch *now = &meter->now;
    if (meter->asked_beyond > 0) {
        const sim_time since =
            meter->last_evaluation > now->from ? meter->last_evaluation : now->from;
        now->clamped += taken->time - since;
    }
    const bool has_winner = decision->winner >= 0 && decision->winner < decision->term_count;
    const int wanted = has_winner ? decision->terms[decision->winner].wanted : 0;
    meter->asked_beyond = wanted > decision->limits[1] ? wanted : 0;
    meter->last_evaluation = taken->time;
    if (meter->asked_beyond > now->clamped_most) {
        now->clamped_most = meter->asked_beyond;
    }
}

/* Before the stretch ends, where the decision ends it. */
static void follow_decision(StretchMeter *meter, const asim_decision_taken *taken) {
    follow_wait(meter, taken);
    if (taken->at_evaluation) {
        follow_limit(meter, taken);
    }
    if (taken->queued > meter->now.queued_most) {
        meter->now.queued_most = taken->queued;
    }
    if (taken->at_evaluation && taken->waiting_at_zero > meter->now.waiting_most) {
        meter->now.waiting_most = taken->waiting_at_zero;
    }
}

/* Entries and stretches ----------------------------------------------------------------------- */

static sim_time p95_of(Histogram *histogram) {
    const sim_time p95 =
        histogram_members(histogram) > 0 ? histogram_quantile(histogram, 0.95) : STRETCH_NONE;
    histogram_reset(histogram);
    return p95;
}

static int booting(const ExplainDeployment *deployment) {
    const int *in_state = deployment->in_state;
    return in_state[ASIM_REPLICA_PENDING_SCHEDULING] + in_state[ASIM_REPLICA_DOWNLOADING_MODEL] +
           in_state[ASIM_REPLICA_INITIALIZING] + in_state[ASIM_REPLICA_READY];
}

/* The stretch ends at `time` with the replicas of now; the next one begins there. */
static void end_stretch(ExplainDeployment *deployment, sim_time time) {
    ExplainEntry *entry = deployment->current;
    StretchMeter *meter = deployment->meter;
    if (entry->stretch_count == sizeof entry->stretches / sizeof *entry->stretches) {
        return;
    }
    if (!meter->waits) {
        give_up_wait(meter);
    }
    Stretch *ended = &entry->stretches[entry->stretch_count++];
    *ended = meter->now;
    ended->to = time;
    ended->serving = deployment->in_state[ASIM_REPLICA_SERVING];
    ended->booting = booting(deployment);
    ended->ttft_p95 = p95_of(&meter->ttft);
    ended->e2e_p95 = p95_of(&meter->e2e);
    meter->now = (Stretch){.from = time, .clamped_most = meter->asked_beyond};
}

static ExplainEntry *add_entry(ExplainLog *log, ExplainKind kind, uint32_t index, sim_time time) {
    ExplainDeployment *deployment = &log->deployments[index];
    ExplainEntry *entry = memory_new(1, sizeof *entry);
    *entry = (ExplainEntry){.kind = kind, .deployment = index, .time = time};
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
static void note_state(ExplainDeployment *deployment) {
    ExplainEntry *entry = deployment->current;
    entry->target = deployment->target;
    entry->serving = deployment->in_state[ASIM_REPLICA_SERVING];
    entry->booting = booting(deployment);
    entry->draining = deployment->in_state[ASIM_REPLICA_DRAINING];
}

/* Life --------------------------------------------------------------------------------------- */

void explain_log_init(ExplainLog *log, const Scenario *scenario, sim_time from, sim_time to) {
    *log = (ExplainLog){.scenario = scenario, .from = from, .to = to, .resumed = from == 0};
    log->deployments = memory_new(scenario->deployment_count, sizeof *log->deployments);
    for (uint32_t i = 0; i < scenario->deployment_count; i++) {
        ExplainDeployment *deployment = &log->deployments[i];
        deployment->meter = memory_new(1, sizeof *deployment->meter);
        histogram_init(&deployment->meter->ttft);
        histogram_init(&deployment->meter->e2e);
        deployment->target = (int)scenario->deployments[i].initial_replica_count;
        add_entry(log, EXPLAIN_BEGIN, i, 0);
        note_state(deployment);
    }
}

void explain_log_clear(ExplainLog *log) {
    for (size_t i = 0; i < log->scenario->deployment_count; i++) {
        histogram_clear(&log->deployments[i].meter->ttft);
        histogram_clear(&log->deployments[i].meter->e2e);
        free(log->deployments[i].meter);
        free(log->deployments[i].replicas);
    }
    for (size_t i = 0; i < log->entry_count; i++) {
        free(log->entries[i]->stopped);
        free(log->entries[i]);
    }
    free(log->entries);
    free(log->deployments);
    *log = (ExplainLog){0};
}

/* Something happens at `time`: the time asked for may begin there, or end. */
static void advance(ExplainLog *log, sim_time time) {
    const uint32_t count = (uint32_t)log->scenario->deployment_count;
    if (!log->resumed && time >= log->from) {
        log->resumed = true;
        log->first = log->entry_count;
        for (uint32_t i = 0; i < count; i++) {
            add_entry(log, EXPLAIN_RESUME, i, log->from);
            note_state(&log->deployments[i]);
        }
    }
    if (!log->over && time > log->to) {
        log->over = true;
        for (uint32_t i = 0; i < count; i++) {
            end_stretch(&log->deployments[i], log->to);
        }
    }
}

/* Requests ----------------------------------------------------------------------------------- */

/* When the request ended in the deployment: its user sees the last token a little later. */
static sim_time ended_inside(const ExplainLog *log, const asim_request *request) {
    const bool at_replica =
        request->outcome == ASIM_COMPLETED || request->outcome == ASIM_ABANDONED;
    return request->ended -
           (at_replica ? log->scenario->deployments[request->deployment].profile.request_overhead
                       : 0);
}

static void log_request_ended(void *self, const asim_request *request) {
    ExplainLog *log = self;
    StretchMeter *meter = log->deployments[request->deployment].meter;
    if (latency_ended(request)) {
        advance(log, ended_inside(log, request));
    }
    if (log->over) {
        return;
    }
    meter->now.outcomes[request->outcome]++;
    if (latency_ended(request)) {
        latency_record(&meter->ttft, latency_has_first_token(request), latency_ttft(request));
        latency_record(&meter->e2e, latency_has_answer(request), latency_e2e(request));
    }
}

static void log_send_refused(void *self, const asim_refusal *refusal) {
    ExplainLog *log = self;
    advance(log, refusal->time);
    log->deployments[refusal->deployment].meter->now.refused[refusal->answer] += !log->over;
}

/* Replicas ----------------------------------------------------------------------------------- */

static ExplainReplica *replica_of(ExplainDeployment *deployment, uint32_t number) {
    while (deployment->replica_count < number) {
        deployment->replicas = memory_grow(deployment->replicas, deployment->replica_count,
                                           &deployment->replica_room, sizeof *deployment->replicas);
        ExplainReplica *replica = &deployment->replicas[deployment->replica_count++];
        *replica = (ExplainReplica){.number = (uint32_t)deployment->replica_count,
                                    .granted = SIM_TIME_NEVER};
        for (size_t i = 0; i < ASIM_REPLICA_STATE_COUNT; i++) {
            replica->entered[i] = SIM_TIME_NEVER;
        }
    }
    return &deployment->replicas[number - 1];
}

/* "quota_freed": a start that no decision of this instant asked for. */
static void note_start(ExplainLog *log, ExplainDeployment *deployment, ExplainReplica *replica,
                       const asim_replica_change *change) {
    replica->is_warm = strcmp(change->reason, "initial") == 0;
    if (log->over) {
        return;
    }
    if (strcmp(change->reason, "quota_freed") == 0 &&
        (deployment->current->time != change->time || deployment->current->kind != EXPLAIN_QUOTA)) {
        add_entry(log, EXPLAIN_QUOTA, change->deployment, change->time);
    }
    ExplainEntry *entry = deployment->current;
    entry->started_first = entry->started_count++ == 0 ? replica->number : entry->started_first;
}

static void note_stop(ExplainEntry *entry, uint32_t number) {
    entry->stopped = memory_grow(entry->stopped, entry->stopped_count, &entry->stopped_room,
                                 sizeof *entry->stopped);
    size_t at = entry->stopped_count++;
    for (; at > 0 && entry->stopped[at - 1] > number; at--) {
        entry->stopped[at] = entry->stopped[at - 1];
    }
    entry->stopped[at] = number;
}

/* What no decision has asked for. */
static bool is_lost(const asim_replica_change *change) {
    static const char *const reasons[] = {"preempted", "preemption_notice", "failed"};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(change->reason, reasons[i]) == 0) {
            return change->from != ASIM_REPLICA_DRAINING;
        }
    }
    return false;
}

static void note_end(ExplainLog *log, ExplainDeployment *deployment, ExplainReplica *replica,
                     const asim_replica_change *change) {
    if (change->from != ASIM_REPLICA_DRAINING) {
        replica->held = change->held;
    }
    if (change->to != ASIM_REPLICA_DRAINING) {
        replica->ended = change->reason;
        replica->before = change->from;
    }
    if (change->from != ASIM_REPLICA_DRAINING && !log->over) {
        note_stop(deployment->current, replica->number);
    }
}

static void follow_replica(ExplainReplica *replica, const asim_replica_change *change) {
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
}

static void log_replica_changed(void *self, const asim_replica_change *change) {
    ExplainLog *log = self;
    ExplainDeployment *deployment = &log->deployments[change->deployment];
    ExplainReplica *replica = replica_of(deployment, change->replica);
    advance(log, change->time);
    if (is_lost(change) && !log->over &&
        (deployment->current->time != change->time || deployment->current->kind != EXPLAIN_LOSS)) {
        add_entry(log, EXPLAIN_LOSS, change->deployment, change->time);
    }
    const bool booted = booting(deployment) > 0;
    if (change->is_new) {
        note_start(log, deployment, replica, change);
    } else {
        deployment->in_state[change->from]--;
    }
    if (change->to == ASIM_REPLICA_DRAINING || change->to == ASIM_REPLICA_GONE) {
        note_end(log, deployment, replica, change);
    }
    deployment->in_state[change->to]++;
    follow_replica(replica, change);
    ExplainEntry *entry = deployment->current;
    if (entry->time == change->time) {
        note_state(deployment);
    } else if (booted && booting(deployment) == 0 && !log->over && entry->stretch_count == 0) {
        entry->booted = true;
        end_stretch(deployment, change->time);
    }
}

/* Decisions and the end ---------------------------------------------------------------------- */

void explain_keep(ExplainDecision *kept, const asim_decision_taken *taken) {
    kept->taken = *taken;
    kept->decision = *taken->decision;
    kept->taken.decision = &kept->decision;
    if (taken->observation) {
        kept->observation = *taken->observation;
        kept->taken.observation = &kept->observation;
    }
}

static void log_decision_taken(void *self, const asim_decision_taken *taken) {
    ExplainLog *log = self;
    ExplainDeployment *deployment = &log->deployments[taken->deployment];
    advance(log, taken->time);
    const bool is_deletion = taken->observation == NULL;
    deployment->target = taken->decision->target;
    if (log->over) {
        return;
    }
    follow_decision(deployment->meter, taken);
    if (is_deletion || taken->decision->target != taken->from) {
        ExplainEntry *entry = add_entry(log, is_deletion ? EXPLAIN_DELETION : EXPLAIN_DECISION,
                                        taken->deployment, taken->time);
        explain_keep(&entry->why, taken);
        note_state(deployment);
    }
}

static void log_run_ended(void *self, const asim_run_end *end) {
    ExplainLog *log = self;
    ExplainDeployment *deployment = &log->deployments[end->deployment];
    deployment->end = *end;
    advance(log, end->drained_at); /* the same for all: nothing may have happened for long */
    if (!log->over) {
        end_stretch(deployment, end->drained_at);
    }
}

asim_observer explain_log_observer(ExplainLog *log) {
    return (asim_observer){.self = log,
                           .request_ended = log_request_ended,
                           .send_refused = log_send_refused,
                           .replica_changed = log_replica_changed,
                           .decision_taken = log_decision_taken,
                           .run_ended = log_run_ended};
}
