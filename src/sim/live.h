// SPDX-License-Identifier: GPL-3.0-or-later
/* A run that is advanced from outside (model 11): its clock is the caller's, and requests come from
 * outside beside the scenario's own traffic. The loop, the order of events within an instant, the
 * books and the observers are those of a run (simulation.c): without anything from outside the same
 * bytes come of it.
 *
 * What comes from outside (a send, a client that hangs up, a change, a loss) takes place at the
 * first nanosecond after live_now at which nothing else does, and live_now moves there. So instants
 * from outside are unique, and a recording of them replays to the same run whatever else happens.
 *
 * The listener is told what a client sees, at the instant at which it sees it (request_overhead
 * included), in the order of these instants; it is called from within live_send, live_advance and
 * all that moves time, and must call nothing of this but live_now and live_state. Deployments are
 * numbered as in the scenario. */
#ifndef SIM_LIVE_H
#define SIM_LIVE_H

#include "autoscale_sim/simulation.h"
#include "base/error.h"
#include "scenario/scenario.h"

typedef struct Live Live;
typedef struct OutputDirectory OutputDirectory;

/* A request from outside while it is in flight; 0 is none. Ids of those that have ended are never
 * used again. */
typedef uint64_t LiveId;

/* Prompt tokens of a block that LiveRequest.hashes tell the content of. */
#define LIVE_BLOCK_TOKENS 16

/* All lent for the call. */
typedef struct LiveRequest {
    uint32_t deployment;
    uint32_t prompt_tokens, output_tokens; /* 0: as of a request of the scenario's own
                                              (live_draws_lengths) */
    uint32_t output_most;                  /* of output tokens that are drawn; 0: as they are */
    /* What is known of its prompt's past, for the prefix cache and balancing by session: */
    const char *session;    /* a conversation, session or user; NULL: none */
    uint32_t cached_tokens; /* of the prompt, that hit the cache as it was recorded, on a replica
                               that has served the session before; ignored beside hashes */
    const uint64_t *hashes; /* what each block of LIVE_BLOCK_TOKENS is, together with all before it
                               (two prompts that begin alike begin with the same ids); NULL: not
                               known. At most one for each block of the prompt, the last may be
                               short */
    uint32_t hash_count;
    bool wants_tokens; /* the listener is told each further token */
    void *client;      /* handed back to the listener */
} LiveRequest;

/* Any function may be NULL. `so_far`: instants that have not come to pass are SIM_TIME_NEVER; its
 * outcome and last answer mean nothing before the end. */
typedef struct LiveListener {
    void *self;
    /* The gateway holds it for a first replica (at_zero: hold), at its send. */
    void (*held)(void *self, void *client);
    /* It has its first token: so_far->admitted - last_send is the queue wait, cached_tokens what
     * the prefix cache had. */
    void (*first_token)(void *self, void *client, const asim_request *so_far);
    /* It has so many output tokens by now, after the first one; the last ones come with the end at
     * the latest, which says how many there are in all. */
    void (*tokens)(void *self, void *client, uint32_t tokens);
    /* It has ended, and its id is no more. outcome COMPLETED (200); REJECTED with the answer (503
     * at zero, 400, 404, 429) at the send or later; BROKEN: its replica vanished; ABANDONED by
     * live_abandon; IN_FLIGHT: the run was cut. tokens: output tokens that the client has seen. */
    void (*ended)(void *self, void *client, const asim_request *request, uint32_t tokens);
} LiveListener;

/* scenario, options with the observers and the listener are lent for the life of the run. The
 * scenario must have a duration, and no policy that knows what comes. NULL after adding errors. */
Live *live_create(const Scenario *scenario, const asim_run_options *options,
                  const LiveListener *listener, ErrorList *errors);
void live_destroy(Live *live);

/* Up to and including this instant all has happened. */
sim_time live_now(const Live *live);
/* The instant of whatever happens next (an event, or that a listener is told); SIM_TIME_NEVER once
 * the run is over. */
sim_time live_next(const Live *live);
/* All that happens up to and including `until` happens; live_now is `until` then, unless it was
 * later, or the run is over. False: the run has failed or was stopped (live_finish says why). */
bool live_advance(Live *live, sim_time until);
/* The span has ended and nobody is in flight any more (or the drain is over): only live_finish is
 * left. */
bool live_is_over(const Live *live);

/* Sends a request now, of a client that never sends it again. The listener may have been told its
 * end before this returns. 0: the span has ended, or the run failed; nothing was sent. */
LiveId live_send(Live *live, const LiveRequest *request);
/* Does the deployment's own traffic have requests whose lengths others can be given? Not if it can
 * be read but once. */
bool live_draws_lengths(Live *live, uint32_t deployment);
/* The client hangs up: the request has ended, as abandoned, and leaves its replica at the next
 * boundary. Nothing happens if it has ended, or its last token is on its way. */
void live_abandon(Live *live, LiveId id);

/* Output tokens that a client has seen by now; 0 if it has ended. */
uint32_t live_tokens(const Live *live, LiveId id);

/* ---- Control ---- */

/* Requests of the deployment's own clients, with lengths like its own traffic's, evenly over so
 * much time from now on. False if that has none, or the span has ended. */
bool live_burst(Live *live, uint32_t deployment, uint32_t requests, sim_time over);

/* A replica (its number; 0: the one that has served longest) vanishes, as one that fails: what it
 * holds breaks off, and its GPUs are free. False after adding an error: there is none. */
bool live_take_replica(Live *live, uint32_t deployment, uint32_t replica, ErrorList *errors);
/* An option of the deployment's autoscaling, without the path to that: "scale_down_window=5m",
 * "load_targets.default=0.6". False after adding errors, with nothing changed: it is wrong, or one
 * that cannot change while a run goes on. */
bool live_set_option(Live *live, uint32_t deployment, const char *assignment, ErrorList *errors);

/* ---- Sight ---- */

typedef struct LiveState {
    sim_time time;
    uint32_t replicas[ASIM_REPLICA_STATE_COUNT];
    int target, not_asked;
    uint32_t in_flight, held, queued, waiting_at_zero; /* as in asim_interval */
    uint32_t running;                                  /* in the batches of serving replicas */
    uint64_t kv_tokens;                                /* that these hold */
    asim_counters totals;
    asim_costs costs;
    asim_decision decision; /* of the last evaluation: loads against targets, window, reason;
                               term_count 0 before the first */
    sim_time decided;       /* when; 0 before the first */
    bool deleted;
} LiveState;

/* Reading changes nothing of the run. */
LiveState live_state(Live *live, uint32_t deployment);

/* ---- The end ---- */

/* Ends the span here, unless it is over, and the run as any run ends: requests in flight drain (the
 * listener is told), the books are checked, the observers hear the end. On ASIM_RUN_FAILED errors
 * were added. To be called once. */
asim_run_result live_finish(Live *live, ErrorList *errors);

/* After live_finish: writes what came from outside into `folder` of the directory, replay.json (the
 * scenario) and what it names. `run` makes the same of it, to the nanosecond and the cent. False
 * after adding errors. */
bool live_write_replay(const Live *live, const OutputDirectory *directory, const char *folder,
                       ErrorList *errors);

#endif
