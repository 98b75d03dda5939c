// SPDX-License-Identifier: GPL-3.0-or-later
/* A run whose clock is somebody else's: see live.h. The engine's instants come first, then the
 * boundaries of replicas at which a watched request makes a token, then what clients see; all that
 * was made and not yet seen (request_overhead) waits in a heap of notices. To look at a replica's
 * boundary cuts no leap: it passes those that have come, which nobody can tell from the outside,
 * and the one that goes on ends where it ends, whoever comes. */
#include "sim/live.h"

#include "base/assertion.h"
#include "base/json.h"
#include "base/memory.h"
#include "cluster/cluster.h"
#include "scenario/changes.h"
#include "scenario/deployment.h"
#include "sim/live_lengths.h"
#include "sim/live_replay.h"
#include "sim/run.h"
#include "traffic/prompt_hashes.h"
#include "traffic/row_past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is to be done for a request or a replica when all that the engine has at an instant has
 * happened. */
#define NOTICE_END UINT32_MAX
#define NOTICE_LOOK (UINT32_MAX - 1)
#define NOTICE_BURST (UINT32_MAX - 2)

typedef struct LiveNotice {
    sim_time time;
    uint64_t sequence; /* of those of one instant the first comes first */
    uint32_t tokens;   /* that the client has then, or NOTICE_... */
    uint32_t number;   /* of the watched request; LOOK: the replica's index; BURST: its own */
    uint32_t generation;
} LiveNotice;

#define NOBODY UINT32_MAX

typedef enum LivePlace {
    PLACE_NONE,
    PLACE_QUEUED,   /* at a replica, without a first token */
    PLACE_STREAMING /* at a replica, each further token is told */
} LivePlace;

/* A request from outside, until its client has seen its end. */
typedef struct LiveWatch {
    void *client;
    asim_request record;     /* once it has ended */
    uint64_t row;            /* in the replay */
    uint64_t last_iteration; /* of its replica, in which it makes its last token: of this turn */
    uint32_t turn;           /* of its request; NOBODY: not looked at */
    uint32_t generation;     /* of this place */
    uint32_t request;        /* its place in the pool, while it has not ended */
    uint32_t replica;
    uint32_t previous, next; /* in its replica's list; next: the next free place */
    uint32_t made, seen;     /* output tokens: told to the heap, and to the listener */
    uint8_t place;
    bool wants_tokens, is_held, has_ended, is_free;
} LiveWatch;

/* Requests without a first token, in order of admission, and those that stream. */
typedef struct LiveList {
    uint32_t first, last;
} LiveList;

typedef struct LiveReplica {
    LiveList queued, streaming;
    sim_time look; /* when its next boundary is looked at; SIM_TIME_NEVER: not */
} LiveReplica;

/* Requests to come, evenly. */
typedef struct LiveBurst {
    uint32_t deployment, requests, sent;
    sim_time begun, over;
} LiveBurst;

/* Options of a deployment's policy that were set; the run has them. */
typedef struct LiveOptions {
    uint32_t deployment;
    void *options;
} LiveOptions;

struct Live {
    Run run;
    RunWatcher watcher;
    const LiveListener *listener;
    LiveReplay *replay;
    LiveLengths **lengths; /* of each deployment */
    LiveBurst *bursts;
    size_t burst_count, burst_room;
    LiveOptions *options;
    size_t option_count, option_room;
    sim_time now; /* no earlier than the run's */
    LiveNotice *notices;
    size_t notice_count, notice_room;
    uint64_t sequence;
    LiveWatch *watches;
    size_t watch_count, watch_room;
    uint32_t free_watch;
    LiveReplica *replicas; /* by their index in the run */
    size_t replica_room;
    AssertionScope outside;
};

/* What it is called from must not be told of by assertions that fail later. */
static void enter(Live *live) {
    live->outside = assertion_enter((AssertionScope){.tell = run_tell_place, .self = &live->run});
}

static void leave(const Live *live) {
    assertion_enter(live->outside);
}

/* ---- Notices: a binary heap by time and order of making ---- */

static bool is_before(const LiveNotice *a, const LiveNotice *b) {
    return a->time != b->time ? a->time < b->time : a->sequence < b->sequence;
}

static void notice_push(Live *live, LiveNotice notice) {
    asim_assert(notice.time >= live->now);
    live->notices =
        memory_grow(live->notices, live->notice_count, &live->notice_room, sizeof *live->notices);
    notice.sequence = live->sequence++;
    size_t at = live->notice_count++;
    while (at > 0 && is_before(&notice, &live->notices[(at - 1) / 2])) {
        live->notices[at] = live->notices[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    live->notices[at] = notice;
}

static LiveNotice notice_pop(Live *live) {
    asim_assert(live->notice_count > 0);
    LiveNotice *heap = live->notices;
    const LiveNotice first = heap[0], last = heap[--live->notice_count];
    const size_t count = live->notice_count;
    size_t at = 0;
    for (size_t child = 1; child < count; child = 2 * at + 1) {
        child += child + 1 < count && is_before(&heap[child + 1], &heap[child]);
        if (!is_before(&heap[child], &last)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

static sim_time next_notice(const Live *live) {
    return live->notice_count > 0 ? live->notices[0].time : SIM_TIME_NEVER;
}

static void notice_of(Live *live, uint32_t number, sim_time time, uint32_t tokens) {
    notice_push(live, (LiveNotice){.time = time,
                                   .tokens = tokens,
                                   .number = number,
                                   .generation = live->watches[number].generation});
}

/* ---- Watched requests ---- */

static uint32_t watch_take(Live *live, const LiveRequest *request) {
    uint32_t number = live->free_watch;
    if (number == NOBODY) {
        live->watches =
            memory_grow(live->watches, live->watch_count, &live->watch_room, sizeof *live->watches);
        number = (uint32_t)live->watch_count++;
        live->watches[number].generation = 0;
    } else {
        live->free_watch = live->watches[number].next;
    }
    asim_assert(number != NOBODY);
    live->watches[number] = (LiveWatch){.client = request->client,
                                        .turn = NOBODY,
                                        .generation = live->watches[number].generation + 1,
                                        .request = REQUEST_NONE,
                                        .wants_tokens = request->wants_tokens};
    return number;
}

static void watch_free(Live *live, uint32_t number) {
    LiveWatch *watch = &live->watches[number];
    asim_assert(!watch->is_free && watch->place == PLACE_NONE);
    watch->is_free = true;
    watch->next = live->free_watch;
    live->free_watch = number;
}

static LiveId id_of(const Live *live, uint32_t number) {
    return (uint64_t)live->watches[number].generation << 32 | number;
}

/* NULL: it has ended, and its client knows. */
static LiveWatch *watch_find(const Live *live, LiveId id) {
    const uint32_t number = (uint32_t)id;
    if (number >= live->watch_count) {
        return NULL;
    }
    LiveWatch *watch = &live->watches[number];
    return watch->is_free || watch->generation != id >> 32 ? NULL : watch;
}

static LiveList *list_of(Live *live, const LiveWatch *watch) {
    LiveReplica *replica = &live->replicas[watch->replica];
    return watch->place == PLACE_QUEUED ? &replica->queued : &replica->streaming;
}

static void place(Live *live, uint32_t number, LivePlace to) {
    LiveWatch *watch = &live->watches[number];
    asim_assert(watch->place == PLACE_NONE && to != PLACE_NONE);
    watch->place = (uint8_t)to;
    LiveList *list = list_of(live, watch);
    watch->previous = list->last;
    watch->next = NOBODY;
    *(list->last == NOBODY ? &list->first : &live->watches[list->last].next) = number;
    list->last = number;
}

static void unplace(Live *live, uint32_t number) {
    LiveWatch *watch = &live->watches[number];
    if (watch->place == PLACE_NONE) {
        return;
    }
    LiveList *list = list_of(live, watch);
    *(watch->previous == NOBODY ? &list->first : &live->watches[watch->previous].next) =
        watch->next;
    *(watch->next == NOBODY ? &list->last : &live->watches[watch->next].previous) = watch->previous;
    watch->place = PLACE_NONE;
}

static void look_at(Live *live, uint32_t index, sim_time time) {
    live->replicas[index].look = time;
    notice_push(live, (LiveNotice){.time = time, .tokens = NOTICE_LOOK, .number = index});
}

static void make_replica_room(Live *live, size_t count) {
    while (live->replica_room < count) {
        const size_t room = live->replica_room > 0 ? 2 * live->replica_room : MEMORY_FIRST_ROOM(16);
        live->replicas = memory_resize(live->replicas, room, sizeof *live->replicas);
        for (size_t i = live->replica_room; i < room; i++) {
            live->replicas[i] = (LiveReplica){{NOBODY, NOBODY}, {NOBODY, NOBODY}, SIM_TIME_NEVER};
        }
        live->replica_room = room;
    }
}

/* RunWatcher: in the course of an event, so nothing is done but noted. */

static void held(void *self, const Request *request, uint32_t index) {
    const Live *live = self;
    LiveWatch *watch = &live->watches[request->user];
    watch->request = index;
    watch->is_held = true;
}

static void handed(void *self, const Request *request, uint32_t index) {
    Live *live = self;
    LiveWatch *watch = &live->watches[request->user];
    watch->request = index;
    watch->replica = request->replica;
    make_replica_room(live, (size_t)request->replica + 1);
    place(live, request->user, PLACE_QUEUED);
    look_at(live, request->replica, live->run.now);
}

static void ended(void *self, const Request *request, const asim_request *record) {
    Live *live = self;
    LiveWatch *watch = &live->watches[request->user];
    asim_assert(!watch->is_free && !watch->has_ended);
    unplace(live, request->user);
    watch->record = *record;
    watch->has_ended = true;
    live_replay_ended(live->replay, watch->row,
                      record->outcome == ASIM_ABANDONED ? record->ended - record->first_send
                                                        : SIM_TIME_NEVER);
    const sim_time now = live->run.now > live->now ? live->run.now : live->now;
    const bool is_later = record->ended != SIM_TIME_NEVER && record->ended > now;
    notice_of(live, request->user, is_later ? record->ended : now, NOTICE_END);
}

/* ---- Tokens ---- */

/* Output tokens by boundaries up to now. */
static uint32_t made_by_now(LiveWatch *watch, const Request *request, const Serving *serving,
                            uint64_t iterations) {
    if (request->stage != REQUEST_DECODING) { /* preempted: it keeps those it has made */
        watch->turn = NOBODY;
        return request->made;
    }
    if (watch->turn != request->turn) {
        watch->turn = request->turn;
        watch->last_iteration = serving_last_iteration(serving, watch->request);
    }
    asim_assert(watch->last_iteration > iterations);
    return request->output_tokens - (uint32_t)(watch->last_iteration - iterations);
}

/* Prompts are computed in order of admission. */
static void note_first_tokens(Live *live, LiveReplica *at) {
    for (uint32_t number = at->queued.first; number != NOBODY; number = at->queued.first) {
        LiveWatch *watch = &live->watches[number];
        const Request *request = request_at(&live->run.requests, watch->request);
        if (request->first_token == SIM_TIME_NEVER) {
            return;
        }
        unplace(live, number);
        watch->made = 1;
        notice_of(live, number, request->first_token, 1);
        if (watch->wants_tokens) {
            place(live, number, PLACE_STREAMING);
        }
    }
}

/* Nobody sees another token before the first. */
static void note_tokens(Live *live, const LiveReplica *at, const Serving *serving,
                        sim_time overhead) {
    const uint64_t iterations = serving_iterations_at(serving, live->now);
    for (uint32_t number = at->streaming.first; number != NOBODY;) {
        LiveWatch *watch = &live->watches[number];
        const Request *request = request_at(&live->run.requests, watch->request);
        const uint32_t made = made_by_now(watch, request, serving, iterations);
        asim_assert(made >= watch->made);
        if (made > watch->made) {
            const sim_time seen = live->now + overhead;
            watch->made = made;
            notice_of(live, number, seen > request->first_token ? seen : request->first_token,
                      made);
        }
        number = watch->next;
    }
}

/* All that the engine has at this instant has happened. */
static void look(Live *live, const LiveNotice *notice) {
    LiveReplica *at = &live->replicas[notice->number];
    if (at->look != notice->time) { /* it was looked at, or will be sooner */
        return;
    }
    at->look = SIM_TIME_NEVER;
    if ((at->queued.first == NOBODY && at->streaming.first == NOBODY) || run_is_over(&live->run)) {
        return; /* what goes on beyond the end is cut */
    }
    Replica *replica = live->run.replicas[notice->number];
    const Deployment *deployment = &live->run.deployments[replica->deployment];
    gateway_replica_pass(&live->run, replica, live->now);
    note_first_tokens(live, at);
    note_tokens(live, at, &replica->serving, deployment->model.request_overhead);
    if (at->queued.first != NOBODY || at->streaming.first != NOBODY) {
        look_at(live, notice->number, serving_boundary_after(&replica->serving, live->now));
    }
}

/* ---- What clients see ---- */

static void see_first_token(Live *live, LiveWatch *watch, sim_time time) {
    const LiveListener *listener = live->listener;
    watch->seen = 1;
    if (listener->first_token == NULL) {
        return;
    }
    asim_request so_far =
        watch->has_ended
            ? watch->record
            : accounts_record(&live->run, request_at(&live->run.requests, watch->request));
    so_far.first_token = time;
    listener->first_token(listener->self, watch->client, &so_far);
}

static void see_end(Live *live, uint32_t number) {
    LiveWatch *watch = &live->watches[number];
    const LiveListener *listener = live->listener;
    const asim_request *record = &watch->record;
    if (watch->seen == 0 && record->first_token != SIM_TIME_NEVER) {
        see_first_token(live, watch, record->first_token);
    }
    if (record->outcome == ASIM_COMPLETED) {
        watch->seen = record->output_tokens;
    }
    if (listener->ended != NULL) {
        listener->ended(listener->self, watch->client, record, watch->seen);
    }
    watch_free(live, number);
}

static void see(Live *live, const LiveNotice *notice) {
    LiveWatch *watch = &live->watches[notice->number];
    if (watch->is_free || watch->generation != notice->generation) {
        return; /* its client had gone before it could see that */
    }
    if (notice->tokens == NOTICE_END) {
        see_end(live, notice->number);
        return;
    }
    if (run_is_over(&live->run) && !watch->has_ended) {
        return; /* it is cut, and what it has seen until then comes with that */
    }
    if (watch->seen == 0) {
        see_first_token(live, watch, notice->time);
    }
    if (notice->tokens > watch->seen) {
        watch->seen = notice->tokens;
        if (live->listener->tokens != NULL) {
            live->listener->tokens(live->listener->self, watch->client, watch->seen);
        }
    }
}

/* ---- Bursts ---- */

static sim_time burst_next(const LiveBurst *burst) {
    const double share = (double)burst->sent / (double)burst->requests;
    return burst->begun + (sim_time)(share * (double)burst->over);
}

/* One of its requests at `time`, at which nothing else happens. */
static void burst_send(Live *live, uint32_t number, sim_time time) {
    LiveBurst *burst = &live->bursts[number];
    Deployment *deployment = &live->run.deployments[burst->deployment];
    asim_arrival arrival = {.time = time,
                            .source = (uint16_t)deployment->config->traffic_count,
                            .past_kind = ASIM_PAST_CACHED};
    asim_assert(live_lengths_draw(live->lengths[burst->deployment], &arrival.prompt_tokens,
                                  &arrival.output_tokens));
    live_replay_ended(live->replay, live_replay_add(live->replay, burst->deployment, &arrival, 0),
                      0);
    run_arrival(&live->run, deployment, &arrival, false);
    burst->sent++;
}

/* All else has happened at this instant: true if a request of it has come at the next one. */
static bool burst_goes_on(Live *live, uint32_t number) {
    const LiveBurst *burst = &live->bursts[number];
    const Run *run = &live->run;
    const sim_time time = live->now + 1;
    const bool is_free = run_next(run) > time;
    if (run->span_over || run_is_over(run)) {
        return false;
    }
    if (is_free) {
        burst_send(live, number, time);
        live->now = time;
    }
    if (burst->sent < burst->requests) {
        const sim_time next = burst_next(burst);
        notice_push(live, (LiveNotice){.time = next > time ? next : time,
                                       .tokens = NOTICE_BURST,
                                       .number = number});
    }
    return is_free;
}

/* ---- The clock ---- */

static sim_time next_of(const Live *live) {
    const sim_time event = run_next(&live->run), notice = next_notice(live);
    return event < notice ? event : notice;
}

/* What is noted for this instant; a burst that is due then, or NOBODY. */
static uint32_t see_to_notices(Live *live) {
    uint32_t burst = NOBODY;
    while (next_notice(live) <= live->now) {
        const LiveNotice notice = notice_pop(live);
        if (notice.tokens == NOTICE_LOOK) {
            look(live, &notice);
        } else if (notice.tokens != NOTICE_BURST) {
            see(live, &notice);
        } else if (burst == NOBODY) {
            burst = notice.number;
        } else { /* another one comes first */
            LiveNotice again = notice;
            again.time = live->now + 1;
            notice_push(live, again);
        }
    }
    return burst;
}

static void advance(Live *live, sim_time until) {
    for (sim_time time = next_of(live); time <= until && time != SIM_TIME_NEVER;
         time = next_of(live)) {
        run_advance(&live->run, time);
        live->now = time > live->now ? time : live->now;
        const uint32_t burst = see_to_notices(live);
        if (burst != NOBODY && burst_goes_on(live, burst) && live->now > until) {
            until = live->now;
        }
    }
    if (until != SIM_TIME_NEVER && until > live->now) {
        live->now = until;
    }
}

/* Moves on to the next instant at which the engine has nothing; false: the span is over by then. */
static bool make_room(Live *live, sim_time *time) {
    while (!live->run.span_over && !run_is_over(&live->run)) {
        *time = live->now + 1;
        if (run_next(&live->run) > *time) {
            return true;
        }
        advance(live, *time);
    }
    return false;
}

sim_time live_now(const Live *live) {
    return live->now;
}

sim_time live_next(const Live *live) {
    return next_of(live);
}

bool live_advance(Live *live, sim_time until) {
    enter(live);
    advance(live, until);
    leave(live);
    return !live->run.failed && !run_is_stopped(&live->run);
}

bool live_is_over(const Live *live) {
    return run_is_over(&live->run) && live->notice_count == 0;
}

/* ---- From outside ---- */

/* Its name in the replay; never 0. */
static uint32_t session_name(const char *session) {
    return session != NULL ? row_past_key((InputText){session, session + strlen(session)}) : 0;
}

/* What the replay's reader makes of that name. */
static uint32_t session_key(uint32_t session) {
    char name[12];
    const int length = snprintf(name, sizeof name, "%08x", session);
    return session != 0 ? row_past_key((InputText){name, name + length}) : 0;
}

static void tell_past(asim_arrival *arrival, const LiveRequest *request, uint32_t key) {
    const uint32_t prompt = arrival->prompt_tokens;
    const uint32_t blocks =
        (uint32_t)(((uint64_t)prompt + LIVE_BLOCK_TOKENS - 1) / LIVE_BLOCK_TOKENS);
    if (request->hashes != NULL && request->hash_count > 0) {
        arrival->past_kind = ASIM_PAST_HASHES;
        arrival->past.hashes = prompt_hashes_new(
            request->hashes, request->hash_count < blocks ? request->hash_count : blocks,
            LIVE_BLOCK_TOKENS);
        arrival->past.hashes->key = key;
        return;
    }
    arrival->past_kind = ASIM_PAST_CACHED;
    arrival->past.seen.key = key;
    arrival->past.seen.tokens = request->cached_tokens < prompt ? request->cached_tokens : prompt;
}

static bool send(Live *live, const LiveRequest *request, LiveId *id) {
    sim_time time;
    if (!make_room(live, &time)) {
        return false;
    }
    Run *run = &live->run;
    Deployment *deployment = &run->deployments[request->deployment];
    const uint32_t number = watch_take(live, request);
    *id = id_of(live, number);
    uint32_t prompt = request->prompt_tokens, output = request->output_tokens;
    if (prompt == 0 || output == 0) {
        asim_assert(live_lengths_draw(live->lengths[request->deployment], &prompt, &output));
    }
    const uint32_t most = request->output_most;
    if (request->output_tokens == 0 && most > 0 && output > most) {
        output = most;
    }
    asim_arrival arrival = {
        .time = time,
        .prompt_tokens = prompt,
        .output_tokens = output,
        .user = number,
        .source = (uint16_t)deployment->config->traffic_count,
        .waits = SIM_TIME_NEVER,
    };
    const uint32_t session = session_name(request->session);
    tell_past(&arrival, request, session_key(session));
    live->watches[number].row =
        live_replay_add(live->replay, request->deployment, &arrival, session);
    run_arrival(run, deployment, &arrival, true);
    live->now = time;
    const LiveWatch *watch = &live->watches[number];
    if (watch->is_held && live->listener->held != NULL) {
        live->listener->held(live->listener->self, watch->client);
    }
    advance(live, time);
    return true;
}

LiveId live_send(Live *live, const LiveRequest *request) {
    LiveId id = 0;
    asim_assert(request->deployment < live->run.scenario->deployment_count);
    enter(live);
    const bool sent = send(live, request, &id);
    leave(live);
    return sent ? id : 0;
}

bool live_draws_lengths(Live *live, uint32_t deployment) {
    asim_assert(deployment < live->run.scenario->deployment_count);
    return live_lengths_is_there(live->lengths[deployment]);
}

void live_abandon(Live *live, LiveId id) {
    sim_time time;
    enter(live);
    if (make_room(live, &time)) {
        const LiveWatch *watch = watch_find(live, id);
        if (watch != NULL && !watch->has_ended) {
            gateway_hang_up(&live->run, watch->request, time);
            advance(live, time);
        }
    }
    leave(live);
}

uint32_t live_tokens(const Live *live, LiveId id) {
    const LiveWatch *watch = watch_find(live, id);
    return watch != NULL ? watch->seen : 0;
}

/* ---- Control ---- */

bool live_burst(Live *live, uint32_t deployment, uint32_t requests, sim_time over) {
    asim_assert(over >= 0 && over <= SIM_TIME_LONGEST);
    if (live->run.span_over || !live_draws_lengths(live, deployment)) {
        return false;
    }
    if (requests > 0) {
        live->bursts =
            memory_grow(live->bursts, live->burst_count, &live->burst_room, sizeof *live->bursts);
        live->bursts[live->burst_count] = (LiveBurst){
            .deployment = deployment, .requests = requests, .begun = live->now, .over = over};
        notice_push(live, (LiveNotice){.time = live->now,
                                       .tokens = NOTICE_BURST,
                                       .number = (uint32_t)live->burst_count++});
    }
    return true;
}

/* The next free instant, for a deployment that can be changed; false after adding an error. */
static bool make_room_for_change(Live *live, uint32_t deployment, sim_time *time,
                                 ErrorList *errors) {
    const Deployment *changed = &live->run.deployments[deployment];
    if (!make_room(live, time)) {
        error_at(errors, NULL, "a run whose span is over", "a change while it goes on", NULL);
        return false;
    }
    if (changed->deleted) {
        error_at(errors, &(Error){.place = changed->config->name}, "a deployment that was deleted",
                 "one that is there", NULL);
        return false;
    }
    return true;
}

static bool refuse_replica(const Deployment *deployment, uint32_t number, ErrorList *errors) {
    Text expected = {0};
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        if (deployment->replicas[i]->has_gpus) {
            text_addf(&expected, "%s%u", expected.length == 0 ? "one that has GPUs: " : ", ",
                      deployment->replicas[i]->number);
        }
    }
    const Error where = {.place = deployment->config->name};
    error_found(errors, &where,
                expected.length > 0 ? expected.text : "to wait until a replica has GPUs", NULL,
                number > 0 ? "replica %u" : "no replica that serves", number);
    text_clear(&expected);
    return false;
}

static bool take_replica(Live *live, uint32_t number, uint32_t replica, ErrorList *errors) {
    sim_time time;
    Deployment *deployment = &live->run.deployments[number];
    if (!make_room_for_change(live, number, &time, errors)) {
        return false;
    }
    const LoadBalancer *serving = &deployment->balancer;
    Replica *taken = replica > 0          ? vanish_find(deployment, replica)
                     : serving->count > 0 ? serving->replicas[0]
                                          : NULL;
    if (taken == NULL) {
        return refuse_replica(deployment, replica, errors);
    }
    live_replay_change(live->replay, number, time, NULL, taken->number);
    run_intervene(&live->run, deployment, time);
    live->now = time;
    vanish_one(&live->run, deployment, taken);
    advance(live, time);
    return true;
}

bool live_take_replica(Live *live, uint32_t deployment, uint32_t replica, ErrorList *errors) {
    asim_assert(deployment < live->run.scenario->deployment_count);
    enter(live);
    const bool is_taken = take_replica(live, deployment, replica, errors);
    leave(live);
    return is_taken;
}

/* The options with what is set over them; NULL after adding errors. */
static void *options_with(const Deployment *deployment, const cJSON *set, ErrorList *errors) {
    JsonTree tree = {0};
    Reader reader = {.tree = &tree, .file = deployment->config->name, .errors = errors};
    return change_options_of(&reader, deployment->config, deployment->options, set,
                             &(JsonPath){.key = "autoscaling"});
}

static bool set_options(Live *live, uint32_t number, cJSON *set, ErrorList *errors) {
    sim_time time;
    Deployment *deployment = &live->run.deployments[number];
    void *options = make_room_for_change(live, number, &time, errors)
                        ? options_with(deployment, set, errors)
                        : NULL;
    if (options == NULL) {
        cJSON_Delete(set);
        return false;
    }
    live->options =
        memory_grow(live->options, live->option_count, &live->option_room, sizeof *live->options);
    live->options[live->option_count++] = (LiveOptions){number, options};
    live_replay_change(live->replay, number, time, set, 0);
    run_intervene(&live->run, deployment, time);
    live->now = time;
    autoscaler_configure(&live->run, deployment, options);
    advance(live, time);
    return true;
}

bool live_set_option(Live *live, uint32_t deployment, const char *assignment, ErrorList *errors) {
    asim_assert(deployment < live->run.scenario->deployment_count);
    cJSON *set = change_parse_set(assignment, errors);
    if (set == NULL) {
        return false;
    }
    enter(live);
    const bool is_set = set_options(live, deployment, set, errors);
    leave(live);
    return is_set;
}

/* ---- Sight ---- */

/* Billing forward and back, since sums of parts are no part of the run. */
static asim_costs costs_now(const Live *live, uint32_t number) {
    Run run = live->run;
    Deployment deployment = run.deployments[number];
    Billing billing = *deployment.billing;
    BillingAccount *accounts = memory_new(billing.count, sizeof *accounts);
    BillingAccount **places = memory_new(billing.count, sizeof *places);
    for (size_t i = 0; i < billing.count; i++) {
        accounts[i] = *billing.accounts[i];
        places[i] = billing.accounts[i] == &run.deployments[number].account ? &deployment.account
                                                                            : &accounts[i];
    }
    billing.accounts = places;
    deployment.billing = &billing;
    run.now = live->now > 0 ? live->now : 0;
    const asim_costs costs = accounts_costs(&run, &deployment);
    free(accounts);
    free(places);
    return costs;
}

LiveState live_state(Live *live, uint32_t number) {
    asim_assert(number < live->run.scenario->deployment_count);
    const Deployment *deployment = &live->run.deployments[number];
    for (uint32_t i = 0;
         i < deployment->replica_count && !run_is_over(&live->run) && live->now >= 0; i++) {
        gateway_replica_pass(&live->run, deployment->replicas[i], live->now);
    }
    LiveState state = {
        .time = live->now,
        .target = deployment->target,
        .not_asked = deployment->not_asked,
        .in_flight = deployment->in_flight,
        .held = deployment->held,
        .queued = accounts_queued(deployment),
        .waiting_at_zero = deployment->waits,
        .totals = accounts_counters(deployment, live->now),
        .costs = costs_now(live, number),
        .decision = deployment->decision,
        .decided = deployment->last_evaluation,
        .deleted = deployment->deleted,
    };
    for (size_t i = 0; i < ASIM_REPLICA_STATE_COUNT; i++) {
        state.replicas[i] = deployment->in_state[i];
    }
    for (uint32_t i = 0; i < deployment->replica_count; i++) {
        Serving *serving = &deployment->replicas[i]->serving;
        if (deployment->replicas[i]->state == ASIM_REPLICA_SERVING && serving->held > 0) {
            state.running += serving->held - serving->waiting;
            state.kv_tokens += serving_kv_at(serving, live->now) - serving->kv_waiting;
        }
    }
    return state;
}

/* ---- Beginning and end ---- */

static bool can_live(const Scenario *scenario, ErrorList *errors) {
    const size_t before = errors->count;
    if (scenario->duration == SIM_TIME_NEVER) {
        error_at(errors, &(Error){.place = "duration"}, "nothing",
                 "how long the run goes on, for requests from outside have no end", NULL);
    }
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        const PolicyKind *kind = policies[deployment->policy];
        if (kind->foresees) {
            char *place = memory_format("deployments.%s.policy", deployment->name);
            error_at(errors, &(Error){.place = place}, kind->policy->name,
                     "a policy that need not know what comes from outside", NULL);
            free(place);
        }
    }
    return errors->count == before;
}

Live *live_create(const Scenario *scenario, const asim_run_options *options,
                  const LiveListener *listener, ErrorList *errors) {
    if (!can_live(scenario, errors)) {
        return NULL;
    }
    Live *live = memory_new(1, sizeof *live);
    live->listener = listener;
    live->replay = live_replay_create(scenario);
    live->lengths = memory_new(scenario->deployment_count, sizeof(LiveLengths *));
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        live->lengths[i] = live_lengths_create(scenario, &scenario->deployments[i]);
    }
    live->free_watch = NOBODY;
    live->now = -1; /* nothing has happened, not even at 0 */
    live->watcher = (RunWatcher){.self = live, .held = held, .handed = handed, .ended = ended};
    enter(live);
    run_init(&live->run, scenario, options);
    live->run.watcher = &live->watcher;
    if (live->run.failed) {
        error_add_all(errors, &live->run.errors);
        leave(live);
        live_destroy(live);
        return NULL;
    }
    run_begin(&live->run);
    leave(live);
    return live;
}

void live_destroy(Live *live) {
    if (live == NULL) {
        return;
    }
    for (size_t i = 0; i < live->run.scenario->deployment_count; i++) {
        live_lengths_destroy(live->lengths[i]);
    }
    const DeploymentConfig *deployments = live->run.scenario->deployments;
    run_clear(&live->run);
    for (size_t i = 0; i < live->option_count; i++) {
        change_destroy_options(&deployments[live->options[i].deployment], live->options[i].options);
    }
    free(live->options);
    live_replay_destroy(live->replay);
    free(live->lengths);
    free(live->bursts);
    free(live->notices);
    free(live->watches);
    free(live->replicas);
    free(live);
}

asim_run_result live_finish(Live *live, ErrorList *errors) {
    enter(live);
    if (!live->run.span_over && !run_is_over(&live->run)) {
        run_cut_span(&live->run, live->now + 1);
    }
    advance(live, SIM_TIME_NEVER);
    const asim_run_result result = run_end(&live->run);
    advance(live, SIM_TIME_NEVER); /* of requests that were cut */
    error_add_all(errors, &live->run.errors);
    leave(live);
    return result;
}

bool live_write_replay(const Live *live, const OutputDirectory *directory, const char *folder,
                       ErrorList *errors) {
    asim_assert(live->run.span_over);
    return live_replay_write(live->replay, live->run.span, directory, folder, errors);
}
