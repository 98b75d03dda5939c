// SPDX-License-Identifier: GPL-3.0-or-later
/* What happens in a run is announced through this one interface; every report is an observer. All
 * structures are lent for the call only. Deployments are numbered in the scenario's order. */
#ifndef AUTOSCALE_SIM_OBSERVER_H
#define AUTOSCALE_SIM_OBSERVER_H

#include "autoscale_sim/policy.h"
#include "autoscale_sim/traffic_source.h"
#include "autoscale_sim/types.h"

typedef enum asim_outcome {
    ASIM_COMPLETED,
    ASIM_GIVEN_UP,  /* ran out of sends */
    ASIM_ABANDONED, /* the client's timeout passed */
    ASIM_REJECTED,  /* an answer that the client does not retry */
    ASIM_BROKEN,    /* its replica vanished, and the client does not send again after that */
    ASIM_IN_FLIGHT, /* cut at the end of the run */
    ASIM_OUTCOME_COUNT
} asim_outcome;

/* Answers to sends, and sends that got none. */
typedef enum asim_answer {
    ASIM_ANSWER_200,
    ASIM_ANSWER_400,
    ASIM_ANSWER_404,
    ASIM_ANSWER_429,
    ASIM_ANSWER_503,
    ASIM_ANSWER_BROKEN, /* the connection broke: its replica vanished */
    ASIM_ANSWER_NONE,   /* the client went away, or the run was cut, before the answer */
    ASIM_ANSWER_COUNT
} asim_answer;

/* A request's whole life. Instants that did not come to pass are SIM_TIME_NEVER. */
typedef struct asim_request {
    uint64_t id; /* from 1, in order of arrival over the whole scenario */
    uint32_t deployment;
    uint32_t source;
    uint32_t prompt_tokens;
    uint32_t output_tokens;
    uint32_t cached_tokens; /* of its prompt, that its replica's prefix cache had when it was first
                               admitted there: not computed */
    bool has_past;          /* what of its prompt was seen before is told */
    uint32_t sends;
    uint32_t preemptions;
    uint32_t replica; /* number of the replica that held it last, from 1 within its deployment; 0 =
                         none */
    asim_outcome outcome;
    asim_answer last_answer;
    sim_time first_send;
    sim_time last_send; /* retry wait = last_send - first_send */
    sim_time admitted;  /* first, into a batch: queue wait = admitted - last_send, with the wait at
                           the gateway (at_zero: hold); this and what follows are of the last send
                           that a replica took */
    sim_time first_token; /* as its user sees it (request_overhead included): prefill = first_token
                             - admitted; never one after the request has ended */
    sim_time ended;       /* last token seen, or given up, abandoned, rejected; decode = ended -
                             first_token */
    bool in_warmup;       /* first sent during the warm-up: not part of the latency metrics */
} asim_request;

/* A running request that gave its KV blocks back, and waits at the head of its replica's queue to
 * be computed again. */
typedef struct asim_preemption {
    sim_time time;
    uint64_t request; /* id */
    uint32_t deployment;
    uint32_t replica;     /* its number */
    uint32_t made;        /* output tokens so far: they stay */
    uint32_t preemptions; /* of this request up to this one */
} asim_preemption;

typedef struct asim_replica_change {
    sim_time time;
    uint32_t deployment;
    uint32_t replica; /* from 1 within its deployment, in order of creation */
    bool is_new;      /* it did not exist before: `from` means nothing */
    asim_replica_state from;
    asim_replica_state to;
    const char *reason; /* static: "scale_up", "gpus_granted", "cancelled", "drained", "deleted",
                           "preempted", "failed", ... */
    uint32_t held;      /* requests it held at that instant */
    bool has_gpus; /* false: waits for a grant; a grant that was waited for is a change of its own,
                      from pending_scheduling to pending_scheduling */
    int64_t reserved_gpus; /* of those it has, from a reservation */
    bool cold_download;    /* its weights do not come from the region's cache: cold_region */
} asim_replica_change;

/* A decision of the autoscaler, or a change of the deployment's life that no policy takes. */
typedef struct asim_decision_taken {
    sim_time time;
    uint32_t deployment;
    int from;                       /* target before */
    int serving, booting, draining; /* replicas before */
    int not_asked;                  /* replicas of the new target beyond the quota */
    bool at_evaluation;             /* false: woken by a request, another minimum (observation), or
                                       deleted */
    uint64_t request;               /* id of the request that woke it; 0: none did */
    uint32_t held;                  /* requests at replicas, draining ones included */
    uint32_t queued;                /* of these, not yet in a batch */
    uint32_t waiting_at_zero;       /* requests that the gateway holds for a first replica */
    const asim_decision *decision;
    const asim_observation *observation; /* NULL for a deletion */
} asim_decision_taken;

/* A send that was not served, and what its client makes of it. */
typedef struct asim_refusal {
    sim_time time;
    sim_time sent;    /* earlier than `time` if the gateway held it, or a replica that vanished */
    uint64_t request; /* id */
    uint32_t deployment;
    uint32_t sends; /* of that request up to this one */
    asim_answer answer;
    sim_time delay;               /* the client's wait before jitter, if it sends again */
    sim_time again;               /* when it does; SIM_TIME_NEVER: the request ends here */
    int target, serving, booting; /* replicas, after what the send may have woken */
    uint32_t replica;             /* of a broken connection: number of the one that vanished */
} asim_refusal;

/* How long ago a replica began to serve: less than 1, 5, 15 or 60 minutes, or longer. */
enum { ASIM_REPLICA_AGES = 5 };

/* Counters of a deployment; as running totals since the start. */
typedef struct asim_counters {
    uint64_t requests; /* arrivals */
    uint64_t sends;
    uint64_t answers[ASIM_ANSWER_COUNT];
    uint64_t outcomes[ASIM_OUTCOME_COUNT]; /* IN_FLIGHT: filled at the end */
    uint64_t prompt_tokens;                /* of finished iterations */
    uint64_t generated_tokens;
    uint64_t preemptions;
    uint64_t recomputed_tokens; /* in KV memory when their request was preempted, and not in
                                   the prefix cache when it was admitted again */
    /* By the age of the replica that admits them: prompt tokens of requests whose past is told, and
     * how many of these its prefix cache had. */
    uint64_t asked_tokens[ASIM_REPLICA_AGES];
    uint64_t cached_tokens[ASIM_REPLICA_AGES];
    uint64_t broken_tokens;      /* output tokens made of answers that broke off */
    uint64_t replicas_preempted; /* taken: preemptible ones */
    uint64_t replicas_failed;
    uint64_t cold_starts;            /* replicas that began to boot */
    uint64_t cancelled_starts;       /* of these, cancelled before they served */
    uint64_t scale_ups, scale_downs; /* decisions that raised / lowered the target */
} asim_counters;

/* Money and time, as running totals from the start to min(now, the scenario's end). */
typedef struct asim_costs {
    double on_demand_usd;
    double reserved_usd;  /* this deployment's share of the reservations' fees */
    double billed_gpu_s;  /* paid for: serving and draining, and booting with bill_startup */
    double covered_gpu_s; /* of these, covered by a reservation */
    double booting_gpu_s;
    double busy_gpu_s; /* serving, computing */
    double idle_gpu_s; /* serving, not computing */
    double draining_gpu_s;
    double replica_s; /* replicas billed, times seconds */
    double zero_s;    /* no serving replica: at zero, or still booting; not when deleted */
    double deleted_s;
    double quota_limited_s; /* target beyond the quota */
} asim_costs;

/* An interval [from, to) of a deployment: the state at its end, where nothing else is said. */
typedef struct asim_interval {
    sim_time from, to;
    uint32_t deployment;
    uint32_t in_flight;       /* arrived, not ended: waiting for a retry included */
    uint32_t held;            /* by replicas */
    uint32_t queued;          /* of these, not yet in a batch */
    uint32_t waiting_at_zero; /* requests that the gateway holds for a first replica */
    /* By state, means over the interval: x (to - from) they add up to the times by state of
     * costs. NAN after the span, which these cover. */
    double replicas[ASIM_REPLICA_STATE_COUNT];
    int target;
    int recommended;
    int not_asked;
    asim_decision last_decision; /* of the last evaluation; term_count 0 before the first */
    asim_counters totals;        /* running totals at `to`: subtract the previous interval's */
    asim_costs costs;            /* running totals at `to` */
} asim_interval;

/* What iterations there were beside the load at which the deployment's profile was measured. */
typedef struct asim_profile_use {
    uint64_t measured_decoding; /* sequences, at most; 0: not known */
    uint64_t measured_kv_tokens;
    uint64_t iterations;
    uint64_t beyond; /* of these, with more than 1.25 times as much of either */
    uint64_t most_decoding, most_kv_tokens; /* of any iteration */
} asim_profile_use;

/* The end of a run, once per deployment. */
typedef struct asim_run_end {
    uint32_t deployment;
    sim_time span;       /* the scenario's duration, or the last arrival when that was left open */
    sim_time drained_at; /* when the last request ended; = span when nothing was in flight */
    asim_counters totals;
    asim_costs costs;
    uint64_t events;             /* of the whole run: arrivals, departures, evaluations, ... */
    asim_traffic_counts traffic; /* of all its sources together */
    asim_profile_use profile_use;
} asim_run_end;

#define ASIM_NO_DEPLOYMENT UINT32_MAX

/* Something that the loop is about to handle. An iteration's end, if something may show at it from
 * outside: a request that leaves, or is preempted. */
typedef struct asim_event {
    sim_time time;
    const char *kind;    /* static: "arrival", "iteration_end", "evaluation", ... */
    uint32_t deployment; /* ASIM_NO_DEPLOYMENT: of the run, or of a pool */
    uint64_t subject; /* the request's id, the replica's number, the pool's; 0: the deployment is */
    uint32_t slot;    /* its place among what is pending; UINT32_MAX: an arrival, which has none */
} asim_event;

/* Any function may be NULL. self is handed back in each call. */
typedef struct asim_observer {
    void *self;
    void (*request_ended)(void *self, const asim_request *request);
    void (*send_refused)(void *self, const asim_refusal *refusal);
    void (*request_preempted)(void *self, const asim_preemption *preemption);
    void (*replica_changed)(void *self, const asim_replica_change *change);
    void (*decision_taken)(void *self, const asim_decision_taken *taken);
    void (*interval_ended)(void *self, const asim_interval *interval);
    void (*run_ended)(void *self, const asim_run_end *end);
    void (*event_begins)(void *self, const asim_event *event);
    /* Asked now and then: is what it writes lost (a full disk)? The run then ends early, as failed,
     * without a message: the observer's owner has the reason. */
    bool (*has_failed)(const void *self);
} asim_observer;

#endif
