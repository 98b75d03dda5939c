// SPDX-License-Identifier: GPL-3.0-or-later
/* What a narration tells of, gathered as a run goes on: an entry for each thing that happened to a
 * deployment's target, the replicas with the instants of their lives, and the stretches between.
 * Evaluations that change nothing leave no entry, so that memory follows what happened. */
#ifndef OUTPUT_NARRATION_LOG_H
#define OUTPUT_NARRATION_LOG_H

#include "output/narration_stretch.h"
#include "scenario/scenario.h"

typedef enum NarrationKind {
    NARRATION_BEGIN,
    NARRATION_DECISION, /* the target changed */
    NARRATION_DELETION,
    NARRATION_QUOTA,  /* replicas were asked for that the quota had no room for before */
    NARRATION_RESUME, /* the time asked for begins here, in the middle of things */
} NarrationKind;

/* The stretch after an entry is cut where the last replica that boots begins to serve. */
#define NARRATION_STRETCHES 2

/* Numbers of replicas, in order of time. */
typedef struct NarratedNumbers {
    uint32_t *items;
    size_t count, room;
} NarratedNumbers;

typedef struct NarrationEntry {
    NarrationKind kind;
    uint32_t deployment;
    sim_time time;
    int target, serving, booting, draining; /* after it */
    asim_decision_taken taken;              /* of a decision or deletion, with copies of: */
    asim_decision decision;
    asim_observation observation;
    Stretch stretches[NARRATION_STRETCHES];
    size_t stretch_count;
    bool booted;                      /* the first stretch ended because nothing booted any more */
    NarratedNumbers started, stopped; /* replicas, in its instant and until the next entry */
} NarrationEntry;

typedef struct NarratedReplica {
    uint32_t number;
    bool is_warm; /* there from the beginning */
    bool has_gpus;
    bool cold_download;
    int64_t reserved_gpus;
    sim_time granted;                           /* SIM_TIME_NEVER: not yet */
    sim_time entered[ASIM_REPLICA_STATE_COUNT]; /* SIM_TIME_NEVER: did not */
    asim_replica_state state;                   /* at the end */
    asim_replica_state before;                  /* the state that it left when it went */
    const char *ended; /* why it went: static; NULL: it is there at the end */
    uint32_t held;     /* requests, when it began to drain */
} NarratedReplica;

typedef struct NarratedDeployment {
    NarratedReplica *replicas; /* by number, from 1 */
    size_t replica_count, replica_room;
    NarrationEntry *current; /* whose stretch goes on */
    StretchMeter meter;
    int target, in_state[ASIM_REPLICA_STATE_COUNT];
    asim_run_end end;
} NarratedDeployment;

typedef struct NarrationLog {
    const Scenario *scenario; /* lent */
    NarrationEntry **entries; /* of all deployments, in order of time */
    size_t entry_count, entry_room;
    NarratedDeployment *deployments;
    sim_time from, to; /* the time asked for */
    bool resumed, over;
    size_t first; /* entry of the time asked for */
} NarrationLog;

/* from, to: entries and stretches are cut there; 0 and SIM_TIME_NEVER for the whole run. */
void narration_log_init(NarrationLog *log, const Scenario *scenario, sim_time from, sim_time to);
void narration_log_clear(NarrationLog *log);

/* `self` is the log. */
asim_observer narration_log_observer(NarrationLog *log);

static inline int narration_booting(const int in_state[ASIM_REPLICA_STATE_COUNT]) {
    return in_state[ASIM_REPLICA_PENDING_SCHEDULING] + in_state[ASIM_REPLICA_DOWNLOADING_MODEL] +
           in_state[ASIM_REPLICA_INITIALIZING] + in_state[ASIM_REPLICA_READY];
}

#endif
