// SPDX-License-Identifier: GPL-3.0-or-later
/* The loop of a replay: the earlier of the replica's next boundary and the next send. Within an
 * instant iterations end, requests are sent, an iteration begins, as in a whole simulation. */
#include "cluster/replay.h"

#include "base/memory.h"
#include "cluster/cluster.h"

#include <stdlib.h>

typedef struct Replay {
    const ReplayScript *script;
    ReplayWatch watch;
    ReplayOutcome *outcomes;
    ServingModel model;
    RequestPool pool;
    Serving serving;
    size_t next;     /* request to be sent */
    size_t accepted; /* requests sent that were not refused */
    sim_time *ends;  /* when their clients saw requests end, in order of it; no limit: NULL */
    size_t ended;
    sim_time begun; /* when the leap that goes on began */
} Replay;

/* The n-th that is accepted beyond the limit takes the place of the n-th that ended. */
static sim_time next_send(const Replay *replay) {
    const ReplayScript *script = replay->script;
    if (replay->next == script->count) {
        return SIM_TIME_NEVER;
    }
    const sim_time arrival = script->requests[replay->next].arrival;
    if (script->concurrency == 0 || replay->accepted < script->concurrency) {
        return arrival;
    }
    const size_t place = replay->accepted - script->concurrency;
    if (place >= replay->ended) {
        return SIM_TIME_NEVER;
    }
    return replay->ends[place] > arrival ? replay->ends[place] : arrival;
}

/* Request.id, from 1, is its place in the script. */
static uint32_t new_request(Replay *replay, sim_time now) {
    const ReplayRequest *wanted = &replay->script->requests[replay->next];
    const uint32_t index = request_take(&replay->pool);
    *request_at(&replay->pool, index) = (Request){
        .id = (replay->next + 1) & REQUEST_ID_MOST,
        .first_send = now,
        .last_send = now,
        .admitted = SIM_TIME_NEVER,
        .first_token = SIM_TIME_NEVER,
        .prompt_tokens = wanted->prompt_tokens,
        .output_tokens = wanted->output_tokens,
        .stage = REQUEST_OUTSIDE,
    };
    return index;
}

static bool send_next(Replay *replay, sim_time now) {
    const ReplayRequest *wanted = &replay->script->requests[replay->next];
    replay->outcomes[replay->next] = (ReplayOutcome){.sent = now,
                                                     .admitted = SIM_TIME_NEVER,
                                                     .first_token = SIM_TIME_NEVER,
                                                     .finish = SIM_TIME_NEVER};
    bool begins = false;
    if (serving_can_fit(&replay->model, wanted->prompt_tokens, wanted->output_tokens)) {
        const uint32_t index = new_request(replay, now);
        begins = serving_enqueue(&replay->serving, now, index) == SERVING_TO_BEGIN;
        replay->accepted++;
    }
    replay->next++;
    return begins;
}

static void settle_left(Replay *replay, sim_time now) {
    Serving *serving = &replay->serving;
    for (uint32_t i = 0; i < serving->left_count; i++) {
        const Request *request = request_at(&replay->pool, serving->left[i]);
        ReplayOutcome *outcome = &replay->outcomes[request->id - 1];
        asim_assert(request->stage == REQUEST_LEFT && request->first_token != SIM_TIME_NEVER);
        asim_assert(request->id >= 1 && request->id <= replay->next);
        outcome->admitted = request->admitted;
        outcome->first_token = request->first_token;
        outcome->finish = now + replay->model.request_overhead;
        outcome->preemptions = request->preemptions;
        if (replay->ends) {
            replay->ends[replay->ended++] = outcome->finish;
        }
        request_release(&replay->pool, serving->left[i]);
    }
    serving->left_count = 0;
}

static void end_leap(Replay *replay, sim_time now) {
    const Serving *serving = &replay->serving;
    asim_assert(now > replay->begun);
    const ReplayLeap leap = {
        .begin = replay->begun,
        .end = now,
        .iterations = (uint64_t)(serving->phase_end - serving->phase_done),
        .decoding = serving->decoding,
        .prompt_tokens = serving->phase_prompt_tokens,
        .kv_tokens = serving->kv_decoding,
    };
    serving_end(&replay->serving);
    settle_left(replay, now);
    if (replay->watch.leap) {
        replay->watch.leap(replay->watch.self, &leap);
    }
}

/* All that happens at one instant. */
static void step(Replay *replay, sim_time now) {
    Serving *serving = &replay->serving;
    bool begins = serving->computing && serving->boundary == now;
    if (begins) {
        end_leap(replay, now);
    }
    while (next_send(replay) == now) {
        begins |= send_next(replay, now);
    }
    if (begins) {
        serving_begin(serving, now);
        replay->begun = now;
    }
}

void replay_run(const Profile *profile, const ReplayScript *script, ReplayWatch watch,
                ReplayOutcome outcomes[]) {
    Replay replay = {.script = script, .watch = watch, .outcomes = outcomes};
    replay.ends =
        script->concurrency > 0 ? memory_new(script->count + 1, sizeof *replay.ends) : NULL;
    serving_model_init(&replay.model, profile);
    request_pool_init(&replay.pool);
    serving_init(&replay.serving, &replay.model, &replay.pool);
    for (;;) {
        const Serving *serving = &replay.serving;
        const sim_time boundary = serving->computing ? serving->boundary : SIM_TIME_NEVER;
        const sim_time send = next_send(&replay);
        const sim_time now = boundary < send ? boundary : send;
        if (now == SIM_TIME_NEVER) {
            break;
        }
        step(&replay, now);
    }
    asim_assert(replay.next == script->count);
    asim_assert(replay.serving.held == 0 && replay.pool.used == 0);
    serving_clear(&replay.serving);
    request_pool_clear(&replay.pool);
    serving_model_clear(&replay.model);
    free(replay.ends);
}
