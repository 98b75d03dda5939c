// SPDX-License-Identifier: GPL-3.0-or-later
/* The cluster while a run goes on: requests in flight, what a replica computes, the GPUs that
 * replicas hold and who pays for them, a replica's life, and which of them gets the next request.
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include "autoscale_sim/observer.h"
#include "base/assertion.h"
#include "cluster/config.h"
#include "cluster/prefix_cache.h"
#include "engine/min_tree.h"
#include "policy/policies.h"

/* Requests ----------------------------------------------------------------------------------------
 */

/* Requests in flight, in a pool: chunks that never move, freed places reused first, so that memory
 * follows the number in flight and the loop allocates nothing. A request carries what its record
 * will need on its one way up and out. */
#define REQUEST_NONE UINT32_MAX

/* Where a request is. */
typedef enum RequestStage {
    REQUEST_FREE,    /* not in use */
    REQUEST_OUTSIDE, /* with its client: being sent, or waiting for a retry */
    REQUEST_WAITING, /* at the gateway, for a first replica to serve */
    REQUEST_QUEUED,  /* at a replica, not yet in its batch */
    REQUEST_PREFILLING,
    REQUEST_DECODING,
    REQUEST_LEFT /* has left its replica at the last boundary */
} RequestStage;

#define REQUEST_ID_MOST ((UINT64_C(1) << 48) - 1)

typedef struct Request {
    uint64_t id : 48; /* from 1, in order of arrival */
    uint64_t sends : 16;
    asim_past past; /* of past_kind; its hashes are the request's */
    sim_time first_send;
    sim_time last_send;
    sim_time admitted;    /* first; SIM_TIME_NEVER until then */
    sim_time first_token; /* SIM_TIME_NEVER until then */
    uint32_t next;        /* in its replica's queue, or the next free place */
    union {
        uint32_t previous; /* in the queue */
        uint32_t turn;     /* decoding: among those of its replica, in order of admission */
    };
    uint32_t prompt_tokens;
    uint32_t output_tokens;
    uint32_t made;   /* output tokens, when it began to decode or was preempted */
    uint32_t cached; /* of its prompt, in the prefix cache when it was first admitted */
    /* Tokens in the prefix cache: prefilling, what of it need not be computed; decoding, what it
     * holds there; queued again, what was in KV memory when it was preempted. */
    uint32_t reused;
    uint32_t replica; /* slot of the replica that holds it */
    uint32_t timer;   /* event slot of its client's timer; EVENT_SLOT_IDLE if none */
    uint32_t user;    /* of a closed loop; or the watcher's number for it */
    uint16_t deployment;
    uint16_t source;
    uint16_t preemptions;   /* sticks at the most it holds */
    uint8_t past_kind;      /* asim_past_kind */
    uint8_t stage : 5;      /* RequestStage */
    uint8_t sends_once : 1; /* its client never sends again; its timer says when it hangs up */
    uint8_t is_watched : 1; /* somebody outside is told of it (RunWatcher) */
    uint8_t abandoned : 1;  /* its client has gone; it leaves at the next boundary */
} Request;

/* A hostile build has chunks of one. */
#ifdef ASIM_HOSTILE
#define REQUEST_CHUNK_BITS 0
#else
#define REQUEST_CHUNK_BITS 12
#endif
#define REQUEST_CHUNK (UINT32_C(1) << REQUEST_CHUNK_BITS)

typedef struct RequestPool {
    Request **chunks;
    size_t chunk_count;
    size_t chunk_room;
    uint32_t free; /* first free place, REQUEST_NONE if none */
    uint32_t used; /* requests in flight */
    uint32_t most; /* the most there ever were */
} RequestPool;

void request_pool_init(RequestPool *pool);
void request_pool_clear(RequestPool *pool);
void request_pool_add_chunk(RequestPool *pool);

static inline Request *request_at(const RequestPool *pool, uint32_t index) {
    return &pool->chunks[index >> REQUEST_CHUNK_BITS][index & (REQUEST_CHUNK - 1)];
}

/* A place for one more request; all its members are the caller's to set. */
static inline uint32_t request_take(RequestPool *pool) {
    if (pool->free == REQUEST_NONE) {
        request_pool_add_chunk(pool);
    }
    const uint32_t index = pool->free;
    asim_assert_often(request_at(pool, index)->stage == REQUEST_FREE);
    asim_assert_often(pool->used < pool->chunk_count << REQUEST_CHUNK_BITS);
    pool->free = request_at(pool, index)->next;
    pool->used++;
    if (pool->used > pool->most) {
        pool->most = pool->used;
    }
    return index;
}

static inline void request_release(RequestPool *pool, uint32_t index) {
    Request *request = request_at(pool, index);
    asim_assert_often(request->stage != REQUEST_FREE);
    asim_assert_often(pool->used > 0);
    if (request->past_kind == ASIM_PAST_HASHES) {
        prompt_hashes_release(request->past.hashes);
    }
    request->stage = REQUEST_FREE;
    request->next = pool->free;
    pool->free = index;
    pool->used--;
}

/* Serving -----------------------------------------------------------------------------------------
 */

/* Where a time lies in a leap. */
typedef struct PhaseLook {
    sim_time time;      /* SIM_TIME_NEVER: none has been looked at */
    int64_t iterations; /* of the phase, after which its first boundary at or after `time` is */
    sim_time boundary;  /* that one */
} PhaseLook;

/* What the decoding sequences have so many iterations after the next, in whole blocks. */
typedef struct KvAhead {
    uint64_t ahead, padded;
} KvAhead;

/* What one replica computes: continuous batching at iteration level, by the rules of model 8,
 * exact, without stepping through iterations.
 *
 * Time. A phase is a maximal run of consecutive iterations that do the same work: the same decoding
 * sequences and the same prompt with the same number of its tokens (or none). Its j-th boundary is
 * at
 *
 *     start + floor(j * T0 + G * (j * (j - 1) / 2) + 0.5)   nanoseconds, in doubles, with
 *     T0 = c0 + coverage[n] + c_prefill * p + c_decode * d + c_kv * KV
 *        + c_token * max(0, p + d - free) + c_attention * A       (summed in this order)
 *     G  = c_kv * d + c_attention * p * p
 *
 * d decoding sequences, p prompt tokens per iteration, n sequences in the iteration (d and the
 * prompts that are given tokens), and at the phase's first iteration KV the tokens held by decoding
 * sequences and A the pairs of a prompt token and itself or one before it. Only one prompt can be
 * given tokens in more than one iteration of a phase: each of them then has p * p pairs more than
 * the one before. Within a phase nothing happens at a boundary, so the replica leaps to its last
 * one in a single event; an arrival that can enter the batch, or a request that leaves, cuts the
 * leap at the next boundary. The step-by-step oracle in tests/oracle/ computes the same from these
 * rules, to the nanosecond. */
typedef struct Serving {
    const ServingModel *model; /* lent */
    RequestPool *requests;     /* lent */

    /* The queue: prefilling requests first, then those not in the batch. Only one prompt, the
     * last of an iteration, can be processed in part; at the boundary it is the head. */
    uint32_t head, tail;
    uint32_t first_waiting;
    uint32_t prefilling, waiting;
    uint32_t head_left; /* prompt tokens of the head that are still to do, with made ones that it
                           must do again */
    uint32_t turns;     /* sequences that have begun to decode */

    uint32_t decoding;
    uint64_t *finishes; /* heap of decoding sequences: (last iteration - base) << 32 | request */
    uint32_t finishes_room;
    uint64_t base;      /* iteration number that the heap's keys count from */
    uint64_t iteration; /* iterations done */

    uint32_t held; /* requests here, queued and running */
    /* KV memory, in tokens; "padded": up to whole blocks. */
    uint64_t kv_decoding; /* of decoding sequences, in the iteration that is next or goes on */
    uint32_t *kv_classes; /* how many of these have length - iteration = k, modulo the block; once
                             more after the last, so that a walk round them need not turn */
    uint64_t kv_decoding_padded; /* of all of them */
    KvAhead kv_ahead;            /* in an iteration of the leap */
    uint64_t kv_waiting;         /* padded: what those not in the batch need to be admitted */
    uint64_t kv_reserved; /* padded: set aside for those in the batch; KV_ADMISSION_OUTPUT only */
    uint64_t kv_prompts;  /* padded: of the phase's prompts that it completes at once, but the head
                           */
    uint64_t kv_most;     /* padded: no less than is used until `boundary` */

    bool computing;     /* an iteration is running */
    bool batch_changed; /* since the last iteration began: the next one opens a new phase */
    sim_time boundary;  /* end of the leap; SIM_TIME_NEVER when not computing */
    sim_time phase_start;
    double phase_first_ns;        /* T0 */
    double phase_growth_ns;       /* G */
    int64_t phase_done;           /* iterations of the phase done */
    int64_t phase_end;            /* iterations of the phase done at `boundary` */
    uint32_t phase_prompt_tokens; /* p: prompt tokens of each of its iterations */
    uint32_t phase_head_tokens;   /* of these, the first prompt's */
    uint32_t phase_completing;    /* prompts that its last iteration completes */
    PhaseLook look;               /* the last one in the leap */

    uint64_t prompt_tokens_done; /* up to the last boundary handled */
    uint64_t generated_tokens_done;
    uint64_t lost_tokens;  /* that were in the KV memory of preempted sequences, less those that the
                              prefix cache still had: computed again */
    uint64_t asked_tokens; /* prompts whose past is told, of requests when first admitted */
    uint64_t cached_tokens; /* of these, in the prefix cache */
    uint32_t *preempted;    /* requests, at the last serving_begin, in the order of it */
    uint32_t preempted_count, preempted_room;

    uint32_t *leaving; /* abandoned requests that leave at the next boundary */
    uint32_t leaving_count, leaving_room;
    uint32_t *left; /* requests that have left: finished, or abandoned; the caller empties it */
    uint32_t left_count, left_room;

    PrefixCache cache; /* what is known of its free blocks, and which are shared */
} Serving;

typedef enum ServingChange {
    SERVING_UNCHANGED,
    SERVING_TO_BEGIN, /* not computing: call serving_begin at this instant, after all sends of it */
    SERVING_RESCHEDULED /* `boundary` has moved nearer */
} ServingChange;

void serving_init(Serving *serving, const ServingModel *model, RequestPool *requests);
void serving_clear(Serving *serving);

/* Whether a request can ever be admitted: prompt + output tokens within the KV blocks. */
bool serving_can_fit(const ServingModel *model, uint32_t prompt_tokens, uint32_t output_tokens);

/* Queues a request (which can fit) at `now`. */
ServingChange serving_enqueue(Serving *serving, sim_time now, uint32_t request);

/* Its client has gone: the request leaves at the next boundary at or after now. */
ServingChange serving_abandon(Serving *serving, sim_time now, uint32_t request);

/* The boundary has come: tokens are credited, first_token is set, and requests that end here are
 * put into `left` (stage REQUEST_LEFT; the caller releases them and sets left_count to 0). Call
 * serving_begin next, in the same instant. */
void serving_end(Serving *serving);

/* Begins the next iteration at `now`, a boundary: preempts, admits, and sets `boundary`, or stops
 * computing. Abandoned requests that leave here are added to `left`, `preempted` is of this call.
 */
void serving_begin(Serving *serving, sim_time now);

/* When something is seen from outside next, if nobody comes or goes before: a departure, where that
 * can be foreseen, or else the next boundary, at which something may be. At a boundary before it
 * nobody leaves and nobody is preempted. While computing. */
sim_time serving_due(const Serving *serving);

/* The request that leaves next will be looked at soon, and has not been for long. */
static inline void serving_expect_departure(const Serving *serving) {
    if (serving->decoding > 0) {
        const Request *request = request_at(serving->requests, (uint32_t)serving->finishes[0]);
        __builtin_prefetch(request);
        __builtin_prefetch((const char *)request + 64);
    }
}

/* For who watches a request's tokens; nothing is changed. While computing, once serving_end has
 * been called for all boundaries at or before now: the next one (nobody can come or go before it,
 * so it stays where it is); how many iterations are done; and the number of the last one of a
 * sequence that decodes: it has made all of its output then, and a token less for each that is
 * still to do.
 */
sim_time serving_boundary_after(const Serving *serving, sim_time now);
uint64_t serving_iterations_at(const Serving *serving, sim_time now);
uint64_t serving_last_iteration(const Serving *serving, uint32_t request);

/* Tokens of all iterations finished at or before now, without stepping; a boundary that has come
 * but whose serving_end has not been called does not count. */
void serving_tokens_at(Serving *serving, sim_time now, uint64_t *prompt, uint64_t *generated);

/* KV tokens, in whole blocks, that the requests held have at `now`, or, queued, need to be
 * admitted; for a time in the leap that goes on. */
uint64_t serving_kv_at(Serving *serving, sim_time now);

/* How many tokens of a request's prompt the prefix cache has at `now`, a time in the leap that goes
 * on; 0 if its past is not told. */
uint32_t serving_cached_tokens(Serving *serving, sim_time now, const Request *request);

/* The integral of the load (1 = full, model 5) over a time within the leap that goes on: of the
 * KV's share, or of the larger of it and held / slots at each instant. Loads x ns. */
double serving_load_ns(Serving *serving, sim_time from, sim_time to, PolicyLoadSignal signal);

/* The replica is killed at `now`: all requests held leave at once, into `left`; tokens of finished
 * iterations still count. */
void serving_evict_all(Serving *serving, sim_time now);

/* Pools -------------------------------------------------------------------------------------------
 */

/* The GPUs of one accelerator type while a run goes on: who holds how many, who waits, and what the
 * on-demand market has left. */
/* What a replica holds. */
typedef struct PoolGrant {
    int64_t reserved;
    int64_t on_demand;
} PoolGrant;

/* What a replica needs. */
typedef struct PoolNeed {
    int64_t gpus;
    bool preemptible; /* takes none of the reserved ones */
} PoolNeed;

typedef struct PoolWaiter {
    uint32_t replica; /* the caller's number for it */
    PoolNeed need;
} PoolWaiter;

typedef struct PoolChange {
    sim_time time;
    int64_t on_demand_gpus;
} PoolChange;

typedef struct Pool {
    const PoolConfig *config; /* lent */
    int64_t reserved_free;
    int64_t on_demand_used;
    int64_t on_demand_limit; /* now; INT64_MAX: unlimited */
    PoolGrant in_repair;     /* neither free nor used, nor asked for */
    int64_t asked; /* GPUs of all replicas there are: granted and waiting; the quota's measure */
    PoolWaiter *waiters; /* in order of asking */
    size_t waiter_count, waiter_room;
    RandomStream stream;
    bool stocked_out;
    sim_time next_change; /* of the on-demand limit; SIM_TIME_NEVER: none */
    PoolChange *recorded; /* from on_demand_file, in order of time */
    size_t recorded_count, recorded_next;
} Pool;

/* Returns false after adding errors: the recorded capacity cannot be read. */
bool pool_init(Pool *pool, const PoolConfig *config, const char *directory, uint64_t seed,
               uint64_t replication, ErrorList *errors);
void pool_clear(Pool *pool);

/* How many GPUs more may be asked for under the quota; INT64_MAX without one. */
int64_t pool_quota_left(const Pool *pool);

/* Whether pool_ask would grant them at once. */
bool pool_can_take(const Pool *pool, PoolNeed need);
/* Asks for a replica's GPUs. True: granted at once, *grant is set; else it waits. */
bool pool_ask(Pool *pool, uint32_t replica, PoolNeed need, PoolGrant *grant);
/* Takes GPUs that a warm replica already has at time 0, whatever the market says then. */
PoolGrant pool_take_warm(Pool *pool, PoolNeed need);
/* A waiting replica no longer wants its GPUs. */
void pool_withdraw(Pool *pool, uint32_t replica);
void pool_give_back(Pool *pool, PoolGrant grant);
/* GPUs that have failed: nobody has them until they are repaired. */
void pool_break(Pool *pool, PoolGrant grant);
void pool_repair(Pool *pool, PoolGrant grant);

/* The next waiter that can be served now: removed from the queue, *replica and *grant are set. Call
 * until false after GPUs have come back or the market has changed. */
bool pool_serve_waiter(Pool *pool, uint32_t *replica, PoolGrant *grant);

/* The market changes at next_change: sets the new limit and the time of the change after. */
void pool_change(Pool *pool);

/* Losses ------------------------------------------------------------------------------------------
 */

/* When a preemptible deployment loses replicas, how many, and which. The n-th loss has the same
 * instant and the same luck whatever replicas there are, so policies that are compared meet the
 * same losses. */
typedef struct RecordedLoss {
    sim_time time;
    uint32_t replicas;
} RecordedLoss;

typedef struct Losses {
    const PreemptibleConfig *config; /* lent */
    RandomStream gaps, chosen;
    sim_time next;          /* SIM_TIME_NEVER: none */
    RecordedLoss *recorded; /* of the file, in order of time */
    size_t recorded_count, recorded_next;
} Losses;

/* Of a deployment without losses `next` stays SIM_TIME_NEVER. Must not be moved afterwards. Returns
 * false after adding errors: the recorded losses cannot be read. */
bool losses_init(Losses *losses, const PreemptibleConfig *config, const char *directory,
                 uint64_t seed, uint64_t replication, const char *deployment, ErrorList *errors);
void losses_clear(Losses *losses);

/* The loss of `next` takes place: how many replicas it takes; sets `next`. */
uint32_t losses_take(Losses *losses);
/* Which of so many (0: none is left), once for each that a loss takes. */
uint64_t losses_choose(Losses *losses, uint64_t count);

/* When a replica fails after it began to serve, and how long its repair takes: drawn at once, from
 * a stream of its own named after deployment and replica number. */
typedef struct Failure {
    sim_time after, repair; /* > 0 */
} Failure;

Failure failure_draw(const FailuresConfig *config, uint64_t seed, uint64_t replication,
                     const char *deployment, uint32_t replica);

/* Billing -----------------------------------------------------------------------------------------
 */

/* Who pays for which GPUs (model 9). At each instant min(reserved, billed) of a pool's GPUs are
 * covered by its reservation and the rest is on-demand; each deployment bears on-demand and covered
 * GPUs in proportion to those it has billed. The reservation's fee runs for the whole span, used or
 * not. */
__extension__ typedef __int128 BillingSum; /* GPU-nanoseconds, exact */

/* One deployment's account. */
typedef struct BillingAccount {
    int64_t gpus;           /* billed now */
    BillingSum billed;      /* GPU-nanoseconds so far */
    double covered_gpu_ns;  /* of these, by the reservation */
    double reserved_gpu_ns; /* of the reservation, used or not: this account pays for them */
    double on_demand_gpu_ns;
} BillingAccount;

/* The bill of one pool. */
typedef struct Billing {
    BillingAccount **accounts; /* of the deployments on it; lent */
    size_t count, room;
    int64_t reserved_gpus;
    int64_t gpus;   /* billed now, over all accounts */
    sim_time until; /* accounted for up to here */
    sim_time end;   /* nothing is accounted for after it */
} Billing;

void billing_init(Billing *billing, int64_t reserved_gpus);
void billing_clear(Billing *billing);
void billing_add(Billing *billing, BillingAccount *account);

/* Accounts for the time up to now (never beyond end). */
void billing_advance(Billing *billing, sim_time now);
/* From now on the account has `change` billed GPUs more. */
void billing_change(Billing *billing, BillingAccount *account, sim_time now, int64_t change);

/* Replicas ----------------------------------------------------------------------------------------
 */

/* One replica: its life from pending_scheduling to gone, what it serves, and the meters that the
 * autoscaler and the bill read. A replica's one event slot carries its next transition while it
 * boots and, while it serves, the next boundary at which something shows (serving_due); it passes
 * those before when somebody asks (gateway_catch_up). A second one, where replicas can vanish, has
 * the instant at which it fails or its notice is over. */
typedef struct Replica {
    asim_replica_state state;
    uint32_t deployment;
    uint32_t index; /* among all replicas of the run */
    uint32_t slot;  /* its event slot */
    uint32_t rank;  /* its place in the load balancer while it serves */
    sim_time due;   /* its event, while it computes: no boundary before it shows */
    /* Meters. */
    sim_time metered_until;
    uint64_t held_ns;    /* requests held x ns since the last evaluation */
    double load_ns;      /* load x ns since the last evaluation */
    sim_time busy_since; /* SIM_TIME_NEVER when not computing */
    Serving serving;     /* what is read at every event is in the lines of it and of those before */
    sim_time busy_ns;    /* computed in all, up to busy_since */
    sim_time busy_ns_at_evaluation;
    sim_time since;    /* created; serving: when it began to */
    uint32_t number;   /* from 1 within its deployment, in order of creation */
    uint32_t end_slot; /* EVENT_SLOT_IDLE: it has none */
    bool noticed;      /* it will be taken when its notice is over */
    bool has_gpus;
    PoolGrant grant;
    ColdStart start;
    sim_time serves_since;
    sim_time fails_at; /* SIM_TIME_NEVER: it does not, or has not served yet */
    sim_time repair;   /* how long it then takes */
} Replica;

/* Brings held and load meters up to now; call before what it holds changes. */
static inline void replica_meter(Replica *replica, sim_time now, PolicyLoadSignal signal) {
    const sim_time elapsed = now - replica->metered_until;
    if (elapsed > 0) {
        replica->held_ns += (uint64_t)replica->serving.held * (uint64_t)elapsed;
        Serving *serving = &replica->serving;
        const uint64_t kv = serving->kv_most + serving->kv_waiting; /* at most */
        const bool by_slots =
            signal == POLICY_LOAD_MAX
                ? kv * serving->model->batch_slots <= serving->held * serving->model->kv_capacity
                : signal != POLICY_LOAD_KV;
        replica->load_ns +=
            by_slots ? (double)serving->held / serving->model->batch_slots * (double)elapsed
                     : serving_load_ns(serving, replica->metered_until, now, signal);
        replica->metered_until = now;
    }
}

/* Nanoseconds in which it has computed up to now. */
static inline sim_time replica_busy_ns(const Replica *replica, sim_time now) {
    return replica->busy_ns +
           (replica->busy_since == SIM_TIME_NEVER ? 0 : now - replica->busy_since);
}

static inline bool replica_is_booting(const Replica *replica) {
    return replica->state < ASIM_REPLICA_SERVING;
}

/* Balancing ---------------------------------------------------------------------------------------
 */

/* Which replica gets the next request (model 4). The serving replicas stand in order of service,
 * the longest-serving first, in a tournament tree keyed by what they hold: picking the least loaded
 * of 1,000 costs ten steps, and ties go to the one that has served longest. */
typedef struct LoadBalancer {
    LoadBalancing balancing;
    uint64_t limit;     /* requests that a replica may hold; MIN_TREE_NONE: no limit */
    uint64_t imbalance; /* requests that a hit may cost beyond the least that a replica holds */
    Replica **replicas; /* serving ones, in order of service; lent */
    uint32_t count;
    size_t room;
    uint32_t turn; /* round robin: whose turn it is */
    MinTree held;
    RandomStream stream;
} LoadBalancer;

/* max_concurrency: 0 = no limit. imbalance: of LOAD_BALANCING_CACHE_AWARE. */
void load_balancer_init(LoadBalancer *balancer, LoadBalancing balancing, int64_t max_concurrency,
                        int64_t imbalance, uint64_t seed, uint64_t replication,
                        const char *deployment);
void load_balancer_clear(LoadBalancer *balancer);

/* A replica begins / ceases to be routed to. */
void load_balancer_add(LoadBalancer *balancer, Replica *replica);
void load_balancer_remove(LoadBalancer *balancer, Replica *replica);

/* Call after the number of requests that a replica holds has changed; nothing happens if it is not
 * routed to. */
static inline void load_balancer_update(LoadBalancer *balancer, const Replica *replica) {
    if (replica->state == ASIM_REPLICA_SERVING) {
        min_tree_set(&balancer->held, replica->rank, replica->serving.held);
    }
}

/* Whether it asks the replicas' caches about this request: they must have passed all boundaries up
 * to now. */
static inline bool load_balancer_asks(const LoadBalancer *balancer, const Request *request) {
    return balancer->balancing == LOAD_BALANCING_CACHE_AWARE &&
           request->past_kind != ASIM_PAST_NONE;
}

/* The replica for a request that is sent at `now`, NULL when every one holds as many as it may (or
 * there is none). */
Replica *load_balancer_pick(LoadBalancer *balancer, const Request *request, sim_time now);

#endif
