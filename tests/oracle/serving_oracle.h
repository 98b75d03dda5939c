// SPDX-License-Identifier: GPL-3.0-or-later
/* The slow, obvious implementation of one replica's serving rules (model 8 and the head of
 * cluster/serving.h): every iteration is stepped through, requests sit in a plain array, and every
 * question is a linear scan. It shares no code with cluster/serving.c and was written before that
 * file was read, so that the two can only agree by following the same rules.
 *
 * A script says what happens to the replica, an outcome what came of it; whoever plays a script
 * (this oracle, or tests/support/serving_harness.h with the real thing) fills the same outcome. */
#ifndef ORACLE_SERVING_ORACLE_H
#define ORACLE_SERVING_ORACLE_H

#include "cluster/config.h"
#include "traffic/prompt_hashes.h"

/* One request as it comes to the replica. */
typedef struct ScriptRequest {
    sim_time arrival;
    uint32_t prompt_tokens; /* at least 1, as output_tokens; together within the KV capacity */
    uint32_t output_tokens;
    sim_time abandon; /* at or after arrival; SIM_TIME_NEVER: it waits for ever */
} ScriptRequest;

/* What of its prompt was seen before. */
typedef struct ScriptPast {
    asim_past_kind kind;
    asim_past past; /* hashes are lent */
    uint16_t source;
} ScriptPast;

/* What happens at one instant, in this order: iterations end, requests arrive (in the order of the
 * array), clients abandon, the replica is killed, an iteration begins, the probe looks. */
typedef struct ServingScript {
    Profile profile;
    const ScriptRequest *requests; /* arrivals do not fall; lent */
    const ScriptPast *pasts;       /* of each request; NULL: they have none */
    size_t request_count;
    const sim_time *probes; /* instants that do not fall; lent */
    size_t probe_count;
    sim_time kill; /* all requests held leave at this instant; nothing may arrive then or later */
} ServingScript;

typedef struct RequestOutcome {
    sim_time admitted;    /* SIM_TIME_NEVER if it never was; so the others */
    sim_time first_token; /* as the client sees it, with request_overhead */
    sim_time finish;      /* likewise; SIM_TIME_NEVER if it was abandoned or killed first */
    sim_time left;        /* when the replica was rid of it */
    uint32_t preemptions;
    uint32_t cached; /* tokens of its prompt that were not computed when it was first admitted */
} RequestOutcome;

typedef struct ProbeOutcome {
    uint64_t prompt_tokens; /* of all iterations ended at or before the probe */
    uint64_t generated_tokens;
    uint32_t held;    /* requests here, queued and running */
    uint64_t kv_held; /* tokens of their blocks, had or, in the queue, needed to be admitted */
} ProbeOutcome;

typedef struct ServingOutcome {
    RequestOutcome *requests;
    ProbeOutcome *probes;
    uint64_t prompt_tokens, generated_tokens; /* at the end */
    uint64_t lost_tokens;                     /* to preemptions: computed, and to be done again */
    uint64_t cached_tokens;                   /* of all requests */
    double load_ns, kv_load_ns;               /* integrals of the load signals max and kv */
} ServingOutcome;

/* What only stepping can tell. */
typedef struct OracleTrace {
    sim_time *boundaries; /* end of every iteration, rising */
    size_t boundary_count, boundary_room;
    size_t phases;
    size_t evictions; /* known blocks that were taken */
    size_t shared;    /* blocks that a request found in use by another */
    size_t recovered; /* preempted requests that found something of theirs */
    /* Sanity of the definition of boundary times. Iteration times are also added up one by one, in
     * long doubles: from the phase's start, and from the moment the replica last ceased to be idle.
     */
    double worst_phase_drift_ns;     /* largest distance of a boundary from the former */
    double worst_busy_drift_ns;      /* ... from the latter, */
    double worst_drift_per_phase_ns; /* ... over the number of phases since */
} OracleTrace;

/* Plays the script. outcome (and trace, unless NULL) is filled; its owner clears it. */
void serving_oracle_run(const ServingScript *script, ServingOutcome *outcome, OracleTrace *trace);

/* An outcome in which nothing has happened yet. */
void serving_outcome_init(ServingOutcome *outcome, const ServingScript *script);
void serving_outcome_clear(ServingOutcome *outcome);
void oracle_trace_clear(OracleTrace *trace);

#endif
