// SPDX-License-Identifier: GPL-3.0-or-later
/* A run in progress: the state that the rooms of this floor share. simulation.c owns the loop,
 * gateway.c answers sends, fleet.c starts and stops replicas, vanish.c takes them away,
 * autoscaler.c turns cluster state into observations and decisions into targets, accounts.c keeps
 * the books and tells the observers. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "autoscale_sim/simulation.h"
#include "cluster/cluster.h"
#include "engine/event_queue.h"
#include "policy/policies.h"
#include "policy/schedules.h"
#include "scenario/scenario.h"

#include <stdio.h>

/* The order of events within one instant (model 1); arrivals, which never enter the queue, come
 * just before ORDER_CLIENT. The order tells the kind of an event too. */
typedef enum Order {
    ORDER_TICK, /* an interval [from, to) ends, or the span: before all that happens at `to` */
    ORDER_ITERATION_END,
    ORDER_TRANSITION,  /* of a replica */
    ORDER_VANISH,      /* a replica fails, or its notice is over */
    ORDER_LOSS,        /* a preemptible deployment loses replicas */
    ORDER_REPAIR,      /* GPUs that failed can be had again */
    ORDER_CAPACITY,    /* the market changes */
    ORDER_CHANGE,      /* of a deployment, by the scenario */
    ORDER_SCHEDULE,    /* a scaling schedule's window opens or closes */
    ORDER_DELETION,    /* the 7-day rule */
    ORDER_ARRIVAL,     /* of a closed loop's user */
    ORDER_CLIENT,      /* retries, and clients that lose patience */
    ORDER_RATE_SAMPLE, /* counters are noted for a later evaluation */
    ORDER_EVALUATION,
    ORDER_ITERATION_BEGIN
} Order;

#define ARRIVAL_BLOCK 512

/* Counters at an instant, for rates over a window. */
typedef struct RateSample {
    sim_time time;
    uint64_t handed; /* requests handed to replicas */
    uint64_t prompt_tokens;
    uint64_t generated_tokens;
} RateSample;

typedef struct RateSamples {
    RateSample *items; /* a ring, oldest first */
    size_t first, count, room;
} RateSamples;

/* A request that waits at the gateway; it may have gone meanwhile. */
typedef struct Waiting {
    uint32_t request;
    uint64_t id;
    sim_time hangs_up; /* its client, who sends once; SIM_TIME_NEVER: it does not */
} Waiting;

/* Who is told of requests that are watched. */
typedef struct RunWatcher {
    void *self;
    /* It waits at the gateway. */
    void (*held)(void *self, const Request *request, uint32_t index);
    /* It has been queued at its replica. */
    void (*handed)(void *self, const Request *request, uint32_t index);
    /* Once the books have it: as the observers are told. */
    void (*ended)(void *self, const Request *request, const asim_request *record);
} RunWatcher;

/* Replicas x ns by state: times accelerator_count it is GPU-time. */
typedef struct StateTimes {
    sim_time until;
    BillingSum replicas[ASIM_REPLICA_STATE_COUNT];
    BillingSum without_gpus; /* of those pending: they boot no GPU */
    sim_time zero, deleted, quota_limited;
} StateTimes;

typedef struct Foreseen Foreseen; /* foreseen.c */

typedef struct Deployment {
    const DeploymentConfig *config;
    uint32_t index;
    ServingModel model;
    asim_profile_use profile_use;
    LoadBalancer balancer; /* holds the serving replicas */
    Pool *pool;
    Billing *billing; /* its pool's; its own, without a reservation, if it is preemptible */
    Billing own_billing;
    BillingAccount account;
    double usd_per_gpu_hour; /* on demand, region included */
    double reserved_usd_per_gpu_hour;

    /* The fleet. */
    Replica **replicas; /* all that are not gone, in order of creation */
    uint32_t replica_count;
    size_t replica_room;
    uint32_t created;
    uint32_t in_state[ASIM_REPLICA_STATE_COUNT];
    uint32_t without_gpus; /* of the pending ones: wait for a grant */
    int target;
    int not_asked; /* replicas of the target beyond the quota */
    bool deleted;

    /* Losses. */
    Losses losses;
    uint32_t loss_slot; /* EVENT_SLOT_IDLE: there are none */

    /* The autoscaler. */
    const asim_policy *policy;
    const void *options;            /* the scenario's policy's, as they are by now; lent */
    size_t next_change;             /* of the config's */
    uint32_t change_slot;           /* EVENT_SLOT_IDLE: there are none */
    const PolicyPipeline *pipeline; /* NULL: the policy sees the observation itself */
    void *pipeline_state;
    void *policy_input; /* what the pipeline makes */
    bool wakes_on_request;
    Foreseen *foreseen; /* of a policy that knows what comes; NULL: it does not */
    ForesightInput foreseen_input;
    bool is_shown_replicas;          /* a policy from outside, or of one's own */
    int asked_target, asked_serving; /* when the policy was asked last */
    asim_replica *seen;              /* room for the observation */
    size_t seen_room;
    uint32_t refused_at_zero; /* since nothing serves */
    void *policy_state;
    PolicyMeasurement measurement;
    asim_decision decision; /* the last evaluation's */
    sim_time last_evaluation;
    uint32_t evaluation_slot, sample_slot, deletion_slot;
    Schedules *schedules;   /* NULL: there are none */
    asim_schedule schedule; /* in force */
    uint32_t schedule_slot;
    RateSamples samples;
    RateSample serving_began;   /* counters when the deployment began to serve; time NEVER while it
                                   does not */
    uint64_t retired_tokens[2]; /* prompt, generated: made by replicas up to when they began to
                                   drain */
    uint64_t gone_tokens[2];    /* made by replicas that are gone */
    uint64_t handed;

    /* At the gateway, while nothing serves. */
    bool holds_at_zero;
    Waiting *waiting; /* in order of coming; those that went are still in it */
    size_t waiting_count, waiting_room;
    uint32_t waits; /* those that are there */

    /* Traffic and clients. */
    asim_traffic_source *source;
    ErrorList traffic_errors;    /* of a source that is read ahead, until their place is read */
    asim_traffic_source **loops; /* by number of source: the closed loops; NULL: none at all */
    uint64_t returned;           /* requests of closed loops after their users' first */
    uint64_t from_outside;       /* requests: a replay reads them as rows */
    asim_arrival *block;
    size_t block_next, block_count;
    sim_time *delays; /* after the n-th send, from 1 */
    bool retried[ASIM_ANSWER_COUNT];
    uint32_t in_flight;
    uint32_t held;            /* by replicas, draining ones included */
    sim_time last_traffic;    /* last send */
    sim_time last_completion; /* a replica was left by a request */

    /* The books. */
    asim_counters counters;
    StateTimes times;
    BillingSum replicas_told[ASIM_REPLICA_STATE_COUNT]; /* of these, up to the last interval's end
                                                         */
    sim_time retired_busy_ns; /* of replicas up to when they ceased to serve */
    BillingSum held_ns;       /* integral of requests held by replicas, for Little's law */
    BillingSum residence_ns;  /* sum of the times that requests were held */
    asim_costs costs_at_end;  /* fixed when the span ends */
} Deployment;

/* The next request of a closed loop's user, who thinks. */
typedef struct Return {
    asim_arrival arrival; /* its time is SIM_TIME_NEVER when the place is free */
    uint32_t deployment;
    uint32_t slot; /* its event slot; next free place when free */
} Return;

/* GPUs of a replica that failed. */
typedef struct Repair {
    PoolGrant gpus;
    size_t pool;
    uint32_t slot; /* its event slot; next free place when free */
} Repair;

typedef struct Run {
    const Scenario *scenario;
    const asim_run_options *options;
    const RunWatcher *watcher; /* lent; NULL: no request is watched */
    EventQueue queue;
    RequestPool requests;
    Deployment *deployments;
    Pool *pools;
    Billing *billings;
    uint32_t *pool_slots;
    Replica **replicas; /* by number; freed ones are reused */
    size_t replica_count, replica_room;
    uint32_t *free_replicas;
    size_t free_replica_count, free_replica_room;
    const char **models_started; /* lent names: their weights are cached in the region */
    size_t model_count, model_room;
    Return *returns;
    uint32_t return_count, free_return; /* free_return: EVENT_SLOT_IDLE if none */
    size_t return_room;
    Repair *repairs;
    uint32_t repair_count, free_repair; /* likewise */
    size_t repair_room;
    MinTree arrivals; /* next arrival of each deployment */
    sim_time next_arrival;
    sim_time now;
    EventKey handled; /* the event that is handled; 0: an arrival */
    uint32_t subject; /* of that event; of an arrival its deployment */
    sim_time span;    /* SIM_TIME_NEVER while it is not known */
    bool span_over;
    sim_time interval_from;
    uint32_t tick_slot, span_slot;
    uint32_t in_flight;
    sim_time last_ended; /* the latest end of a request, as its user saw it */
    uint64_t next_id;
    sim_time instant; /* of the latest event that was neither an arrival nor an iteration's end */
    uint64_t at_instant;  /* events like it at that instant so far */
    uint64_t events;      /* handled */
    uint64_t events_told; /* of these, up to the last interval's end */
    bool wants_refusals;  /* an observer is told each refused send */
    bool wants_events;    /* each event */
    bool failed;
    ErrorList errors;
} Run;

/* Replicas on their way to serving. */
static inline int deployment_booting(const Deployment *deployment) {
    return (int)(deployment->replica_count - deployment->in_state[ASIM_REPLICA_SERVING] -
                 deployment->in_state[ASIM_REPLICA_DRAINING]);
}

/* The run is to end early: what is then left undone is never told. */
static inline bool run_is_stopped(const Run *run) {
    return run->options->stop && *run->options->stop;
}

/* ---- simulation.c ---- */
/* Sets up; what fails is told by `failed` and `errors`. To be cleared. */
void run_init(Run *run, const Scenario *scenario, const asim_run_options *options);
void run_clear(Run *run);
/* For the scope of assertions: where the run is. */
void run_tell_place(const void *run, FILE *stream);
/* All that is there as the run begins. */
void run_begin(Run *run);
/* The instant of the next event or arrival; SIM_TIME_NEVER: there is none, or the run is over. */
sim_time run_next(const Run *run);
/* All that happens up to and including `until`, or until the run is over, fails or is stopped. */
void run_advance(Run *run, sim_time until);
/* Has it come to its end, be it early? */
bool run_is_over(const Run *run);
/* A request from outside, now or later, at an instant at which nothing else happens; its past is
 * the run's then. */
void run_arrival(Run *run, Deployment *deployment, const asim_arrival *arrival, bool is_watched);
/* Something else from outside is done at an instant, likewise, by the caller. */
void run_intervene(Run *run, const Deployment *deployment, sim_time now);
/* The span ends at an instant, now or later, before which nothing else happens: no traffic comes
 * any more. */
void run_cut_span(Run *run, sim_time at);
/* What is left once it is over: the end is told and the books are checked. */
asim_run_result run_end(Run *run);

/* ---- accounts.c ---- */
asim_costs accounts_costs(Run *run, Deployment *deployment);
asim_counters accounts_counters(const Deployment *deployment, sim_time until);
uint32_t accounts_queued(const Deployment *deployment);
void accounts_state_times(Deployment *deployment, sim_time now);
void accounts_replica_changed(Run *run, const Replica *replica, bool is_new,
                              asim_replica_state from, const char *reason);
void accounts_request_ended(Run *run, const Request *request, asim_outcome outcome,
                            asim_answer answer, sim_time ended);
/* Of a request that is in flight. */
asim_request accounts_record(const Run *run, const Request *request);
/* A send was answered with an error. Only where an observer wants to know (wants_refusals). */
/* Those of the last serving_begin. */
void accounts_preempted(Run *run, const Replica *replica);
void accounts_refused(Run *run, const Request *request, asim_answer answer, sim_time delay,
                      sim_time again);
/* request: id of the one that woke the deployment, 0 if none did. */
void accounts_decision(Run *run, const Deployment *deployment, int from, bool at_evaluation,
                       uint64_t request, const asim_decision *decision,
                       const asim_observation *observation);
void accounts_interval(Run *run, sim_time to);
void accounts_end_span(Run *run, sim_time span);
/* Tells the observers the end, after checking the books: false, with errors, when they do not
 * balance. */
bool accounts_end_run(Run *run);

/* The books in mid-run, event by event: false, with errors, when they do not balance. */
bool accounts_check_now(Run *run);
void accounts_event(Run *run, const asim_event *event);

/* ---- fleet.c ---- */
void fleet_start_warm(Run *run, Deployment *deployment, uint32_t count);
/* Brings the replicas there are in line with the target. reason: static. */
void fleet_reconcile(Run *run, Deployment *deployment, const char *reason);
/* How many replicas of the target the quota does not let be asked for. */
int fleet_beyond_quota(const Deployment *deployment);
void fleet_transition(Run *run, Replica *replica);
void fleet_capacity_changed(Run *run, size_t pool);
/* A draining replica is empty: it goes. */
void fleet_drained(Run *run, Replica *replica);
/* A serving replica is routed to no more, and goes when it is empty. reason: static. */
void fleet_drain(Run *run, Replica *replica, const char *reason);
/* A replica ends at once; what it holds is answered with `answer`. Its GPUs are free, or out of the
 * pool until pool_repair. reason: static. */
void fleet_kill(Run *run, Replica *replica, const char *reason, asim_answer answer,
                bool needs_repair);
/* GPUs are free again: they go to those who wait. */
void fleet_released(Run *run, size_t pool);
/* All replicas end at once. */
void fleet_delete(Run *run, Deployment *deployment);
void fleet_clear(Run *run);

/* ---- vanish.c ---- */
/* False after adding errors. */
bool vanish_init(Run *run, Deployment *deployment);
/* A replica begins to serve: it may fail. */
void vanish_serves(Run *run, const Deployment *deployment, Replica *replica);
/* A replica fails, or its notice is over. */
void vanish_replica(Run *run, Replica *replica);
void vanish_loss(Run *run, Deployment *deployment);
/* One fails by somebody's word; it has GPUs. */
void vanish_one(Run *run, Deployment *deployment, Replica *replica);
/* The replica of that number, if it has GPUs; NULL. */
Replica *vanish_find(const Deployment *deployment, int64_t number);
void vanish_repaired(Run *run, uint32_t number);
/* The deployment is deleted. */
void vanish_no_more(Run *run, const Deployment *deployment);
void vanish_clear(Run *run);

/* ---- gateway.c ---- */
/* A replica serves: those who wait for it are handed over. */
void gateway_serves(Run *run, Deployment *deployment);
/* The deployment is no more: those who wait get 404. */
void gateway_deleted(Run *run, Deployment *deployment);
int gateway_status_code(asim_answer answer);
void gateway_arrival(Run *run, Deployment *deployment, const asim_arrival *arrival,
                     bool is_watched);
/* The client of one that sends once will hang up at an instant to come. */
void gateway_hang_up(Run *run, uint32_t request, sim_time at);
void gateway_return(Run *run, uint32_t number);
void gateway_client_timer(Run *run, uint32_t request);
void gateway_iteration_end(Run *run, Replica *replica);
void gateway_iteration_begin(Run *run, Replica *replica);
/* Has all replicas pass the boundaries up to `until` (at most now) at which nothing shows: call
 * before what they hold is looked at. In an instant, ends of iterations come before all but ticks,
 * for which `until` is before now. */
void gateway_catch_up(Run *run, const Deployment *deployment, sim_time until);
void gateway_replica_catch_up(Run *run, Replica *replica); /* one, up to now */
/* One, up to an instant, now or later, up to which all else has happened. */
void gateway_replica_pass(Run *run, Replica *replica, sim_time until);
/* The same, at the end of a run, beyond now: that becomes the last of these boundaries. False if
 * there is none. */
bool gateway_catch_up_to_end(Run *run, sim_time until);
void gateway_delete_due(Run *run, Deployment *deployment);
/* The run is cut: all requests in flight end so. */
void gateway_cut(Run *run);
/* Answers the requests that were evicted from a killed replica. */
void gateway_evicted(Run *run, Replica *replica, asim_answer answer);

/* ---- autoscaler.c ---- */
/* False after adding errors. */
bool autoscaler_init(Run *run, Deployment *deployment);
void autoscaler_clear(Deployment *deployment);
void autoscaler_evaluate(Run *run, Deployment *deployment);
/* The next of the config's changes. */
void autoscaler_change(Run *run, Deployment *deployment);
/* Other options of the policy, lent for the rest of the run. */
void autoscaler_configure(Run *run, Deployment *deployment, const void *options);
/* Windows of scaling schedules open or close. */
void autoscaler_schedule(Run *run, Deployment *deployment);
void autoscaler_rate_sample(Run *run, Deployment *deployment);
/* A request (its id) found a target of zero and nothing serving. */
void autoscaler_wake(Run *run, Deployment *deployment, uint64_t request);
/* A replica begins to serve / ceases to: its tokens begin / cease to count. */
void autoscaler_serving_began(Run *run, Deployment *deployment);
void autoscaler_replica_retired(Run *run, Deployment *deployment, Replica *replica);

/* Opens what a policy that knows the arrivals sees of them. False after adding errors. */
bool autoscaler_foresee(Run *run, Deployment *deployment);
/* Such a policy is asked as the run begins: what it wants then has been started before. */
void autoscaler_begin(Run *run, Deployment *deployment);

/* Tokens of finished iterations of all replicas, up to and including now. */
void autoscaler_total_tokens(const Deployment *deployment, sim_time now, uint64_t tokens[2]);

/* ---- foreseen.c ---- */
/* A second reader of the deployment's traffic. False after adding errors. */
bool foreseen_open(Run *run, Deployment *deployment);
/* Puts what is ahead at now, a multiple of the interval, into foreseen_input. False if the source
 * has failed. */
bool foreseen_look(Deployment *deployment, sim_time now);
/* How long starts take of a deployment that knows what comes: their means. */
ColdStart foreseen_start(const DeploymentConfig *config);
void foreseen_close(Deployment *deployment);

#endif
