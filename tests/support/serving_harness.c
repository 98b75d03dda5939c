// SPDX-License-Identifier: GPL-3.0-or-later
/* Drives Serving in time order. A boundary that a call moves to the very instant is handled before
 * the next call, as the event queue would. Each call is checked: what it may change and what not.
 */
#include "support/serving_harness.h"

#include "base/memory.h"
#include "cluster/cluster.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define OTHERS                                                                                     \
    5 /* places of the pool taken before the first request: its index is not its number */

typedef struct Harness {
    const ServingScript *script;
    ServingOutcome *outcome;
    HarnessReport *report;
    ServingModel model;
    RequestPool pool;
    Serving serving;
    uint32_t *places; /* in the pool, by request of the script; REQUEST_NONE before and after */
    size_t arrived;
    size_t probes_done;
    sim_time next_abandon;
    sim_time due;  /* as said after the last call; SIM_TIME_NEVER while not computing */
    bool foreseen; /* it is beyond the next boundary */
    bool to_begin;
    bool killed;
} Harness;

__attribute__((format(printf, 2, 3))) static void complain(Harness *harness, const char *format,
                                                           ...) {
    if (harness->report->complaint[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(harness->report->complaint, HARNESS_COMPLAINT, format, arguments);
        va_end(arguments);
    }
}

/* Nothing shows before it was due. */
static void check_due(Harness *harness, sim_time now) {
    const Serving *serving = &harness->serving;
    if (!harness->killed && harness->due != SIM_TIME_NEVER && now < harness->due &&
        serving->left_count + serving->preempted_count > 0) {
        complain(harness, "something shows at %lld, and was due at %lld", (long long)now,
                 (long long)harness->due);
    }
}

static void ask_due(Harness *harness) {
    const Serving *serving = &harness->serving;
    harness->due = serving->computing ? serving_due(serving) : SIM_TIME_NEVER;
    if (serving->computing && harness->due < serving->boundary) {
        complain(harness, "due at %lld, before the boundary %lld", (long long)harness->due,
                 (long long)serving->boundary);
    }
    harness->foreseen = harness->due > serving->boundary;
    harness->report->foreseen += harness->foreseen;
}

/* Takes what has left, and gives its places back. */
static void collect(Harness *harness, sim_time now) {
    Serving *serving = &harness->serving;
    check_due(harness, now);
    for (uint32_t k = 0; k < serving->left_count; k++) {
        Request *request = request_at(&harness->pool, serving->left[k]);
        const size_t i = (size_t)request->id - 1;
        RequestOutcome *outcome = &harness->outcome->requests[i];
        if (harness->places[i] != serving->left[k] || request->stage != REQUEST_LEFT) {
            complain(harness, "request %zu left twice, or not in stage REQUEST_LEFT", i);
            continue;
        }
        outcome->admitted = request->admitted;
        outcome->first_token = request->first_token;
        outcome->preemptions = request->preemptions;
        outcome->cached = request->cached;
        outcome->left = now;
        if (!harness->killed && !request->abandoned) {
            outcome->finish = now + harness->script->profile.request_overhead;
        }
        harness->places[i] = REQUEST_NONE;
        request_release(&harness->pool, serving->left[k]);
    }
    serving->left_count = 0;
}

static void end(Harness *harness, sim_time now) {
    Serving *serving = &harness->serving;
    serving_end(serving);
    harness->report->ends++;
    harness->to_begin = true;
    if (now == harness->due && harness->foreseen && serving->left_count == 0) {
        complain(harness, "nobody leaves at %lld, as was foreseen", (long long)now);
    }
    collect(harness, now);
}

static void check_change(Harness *harness, sim_time now, const Serving *before,
                         ServingChange change, const char *call) {
    const Serving *serving = &harness->serving;
    const bool moved = serving->boundary != before->boundary;
    switch (change) {
    case SERVING_UNCHANGED:
        if (moved) {
            complain(harness, "%s at %lld: boundary moved unsaid", call, (long long)now);
        }
        if (!serving->computing && !harness->to_begin) {
            complain(harness, "%s at %lld: idle, and not to begin", call, (long long)now);
        }
        break;
    case SERVING_TO_BEGIN:
        if (serving->computing) {
            complain(harness, "%s at %lld: to begin while computing", call, (long long)now);
        }
        harness->to_begin = true;
        break;
    case SERVING_RESCHEDULED:
        if (!serving->computing || serving->boundary >= before->boundary ||
            serving->boundary < now) {
            complain(harness, "%s at %lld: boundary %lld rescheduled to %lld", call, (long long)now,
                     (long long)before->boundary, (long long)serving->boundary);
        }
        break;
    }
    if (serving->left_count > 0) {
        complain(harness, "%s at %lld: a request left", call, (long long)now);
    }
    ask_due(harness);
    if (serving->computing && serving->boundary == now) {
        end(harness, now);
    }
}

static void arrive(Harness *harness, sim_time now) {
    const size_t i = harness->arrived++;
    const ScriptRequest *scripted = &harness->script->requests[i];
    const uint32_t place = request_take(&harness->pool);
    harness->places[i] = place;
    Request *request = request_at(&harness->pool, place);
    const ScriptPast past = harness->script->pasts ? harness->script->pasts[i] : (ScriptPast){0};
    *request = (Request){.id = i + 1,
                         .admitted = SIM_TIME_NEVER,
                         .first_token = SIM_TIME_NEVER,
                         .prompt_tokens = scripted->prompt_tokens,
                         .output_tokens = scripted->output_tokens,
                         .next = 12345, /* Serving may not trust these */
                         .previous = 54321,
                         .made = 7,
                         .source = past.source,
                         .past = past.past,
                         .past_kind = (uint8_t)past.kind,
                         .cached = 3,
                         .reused = 4,
                         .stage = REQUEST_OUTSIDE};
    if (past.kind == ASIM_PAST_HASHES) {
        prompt_hashes_hold(past.past.hashes);
    }
    const Serving before = harness->serving;
    const ServingChange change = serving_enqueue(&harness->serving, now, place);
    check_change(harness, now, &before, change, "enqueue");
}

static void abandon(Harness *harness, sim_time now) {
    for (size_t i = 0; i < harness->arrived; i++) {
        if (harness->script->requests[i].abandon == now && harness->places[i] != REQUEST_NONE) {
            const Serving before = harness->serving;
            const ServingChange change =
                serving_abandon(&harness->serving, now, harness->places[i]);
            check_change(harness, now, &before, change, "abandon");
        }
    }
}

static void begin(Harness *harness, sim_time now) {
    Serving *serving = &harness->serving;
    serving_begin(serving, now);
    harness->to_begin = false;
    collect(harness, now);
    const sim_time foreseen = harness->foreseen && now < harness->due ? harness->due : now;
    ask_due(harness);
    if (foreseen > now && harness->due != foreseen) {
        complain(harness, "begin at %lld: due at %lld, and %lld was foreseen", (long long)now,
                 (long long)harness->due, (long long)foreseen);
    }
    if (serving->computing ? serving->boundary <= now : serving->boundary != SIM_TIME_NEVER) {
        complain(harness, "begin at %lld: boundary at %lld", (long long)now,
                 (long long)serving->boundary);
    }
    if (serving->computing != (serving->held > 0)) {
        complain(harness, "begin at %lld: %s with %u held", (long long)now,
                 serving->computing ? "computing" : "idle", serving->held);
    }
    const uint64_t used = serving_kv_at(serving, now) - serving->kv_waiting;
    const uint64_t cached = serving->cache.free << serving->cache.block_bits;
    if (serving->prefilling + serving->decoding > harness->model.batch_slots ||
        used > harness->model.kv_capacity || used > serving->kv_most ||
        used + cached > harness->model.kv_capacity ||
        serving->kv_decoding > used + prefix_cache_twice(&serving->cache)) {
        complain(harness, "begin at %lld: beyond the limits", (long long)now);
    }
}

static void kill_replica(Harness *harness, sim_time now) {
    Serving *serving = &harness->serving;
    serving_evict_all(serving, now);
    serving_tokens_at(serving, now, &harness->outcome->prompt_tokens,
                      &harness->outcome->generated_tokens);
    harness->killed = true;
    collect(harness, now);
    harness->to_begin = false;
    if (serving->computing || serving->boundary != SIM_TIME_NEVER || serving->held != 0 ||
        serving_kv_at(serving, now) != 0 || serving->kv_decoding != 0) {
        complain(harness, "kill at %lld: something is left", (long long)now);
    }
}

static ProbeOutcome look(Harness *harness, sim_time now) {
    ProbeOutcome probe = {.held = harness->serving.held};
    serving_tokens_at(&harness->serving, now, &probe.prompt_tokens, &probe.generated_tokens);
    if (harness->killed) {
        probe.prompt_tokens = harness->outcome->prompt_tokens;
        probe.generated_tokens = harness->outcome->generated_tokens;
    }
    return probe;
}

static sim_time earlier(sim_time a, sim_time b) {
    return a < b ? a : b;
}

static sim_time next_abandonment(const Harness *harness, sim_time now) {
    sim_time next = SIM_TIME_NEVER;
    for (size_t i = 0; i < harness->arrived; i++) {
        const sim_time time = harness->script->requests[i].abandon;
        if (harness->places[i] != REQUEST_NONE && time > now) {
            next = earlier(next, time);
        }
    }
    return next;
}

static sim_time next_instant(const Harness *harness) {
    const ServingScript *script = harness->script;
    sim_time next = harness->serving.boundary;
    if (harness->arrived < script->request_count) {
        next = earlier(next, script->requests[harness->arrived].arrival);
    }
    if (harness->probes_done < script->probe_count) {
        next = earlier(next, script->probes[harness->probes_done]);
    }
    if (harness->serving.held > 0) {
        next = earlier(next, script->kill);
    }
    return earlier(next, harness->next_abandon);
}

static void meter(Harness *harness, sim_time from, sim_time to) {
    if (harness->serving.held > 0) {
        ServingOutcome *outcome = harness->outcome;
        outcome->load_ns += serving_load_ns(&harness->serving, from, to, POLICY_LOAD_MAX);
        outcome->kv_load_ns += serving_load_ns(&harness->serving, from, to, POLICY_LOAD_KV);
    }
}

static void play_instant(Harness *harness, sim_time now) {
    const ServingScript *script = harness->script;
    if (harness->serving.boundary == now) {
        end(harness, now);
    }
    while (harness->arrived < script->request_count &&
           script->requests[harness->arrived].arrival == now) {
        harness->next_abandon =
            earlier(harness->next_abandon, script->requests[harness->arrived].abandon);
        arrive(harness, now);
    }
    if (harness->next_abandon == now) {
        abandon(harness, now);
        harness->next_abandon = next_abandonment(harness, now);
    }
    if (script->kill == now) {
        kill_replica(harness, now);
    }
    const ProbeOutcome before = look(harness, now); /* as a policy would, between the sends and
                                                       begin */
    if (harness->to_begin) {
        begin(harness, now);
    }
    const ProbeOutcome after = look(harness, now);
    if (before.prompt_tokens != after.prompt_tokens ||
        before.generated_tokens != after.generated_tokens) {
        complain(harness, "begin at %lld: tokens appeared", (long long)now);
    }
    while (harness->probes_done < script->probe_count &&
           script->probes[harness->probes_done] == now) {
        ProbeOutcome *probe = &harness->outcome->probes[harness->probes_done++];
        *probe = after;
        probe->kv_held = serving_kv_at(&harness->serving, now);
    }
}

void serving_harness_run(const ServingScript *script, ServingOutcome *outcome,
                         HarnessReport *report) {
    serving_outcome_init(outcome, script);
    *report = (HarnessReport){0};
    Harness harness = {.script = script,
                       .outcome = outcome,
                       .report = report,
                       .next_abandon = SIM_TIME_NEVER,
                       .due = SIM_TIME_NEVER};
    serving_model_init(&harness.model, &script->profile);
    request_pool_init(&harness.pool);
    for (int i = 0; i < OTHERS; i++) {
        request_take(&harness.pool);
    }
    serving_init(&harness.serving, &harness.model, &harness.pool);
    harness.places = memory_new(script->request_count + 1, sizeof *harness.places);
    for (size_t i = 0; i < script->request_count; i++) {
        harness.places[i] = REQUEST_NONE;
    }
    sim_time before = -1;
    for (sim_time now = next_instant(&harness); now != SIM_TIME_NEVER;
         now = next_instant(&harness)) {
        if (now <= before) {
            complain(&harness, "time stands still at %lld", (long long)now);
            break;
        }
        meter(&harness, before, now);
        play_instant(&harness, now);
        before = now;
    }
    if (harness.pool.used != OTHERS && report->complaint[0] == '\0') {
        complain(&harness, "%u requests never left", harness.pool.used - OTHERS);
    }
    if (!harness.killed) {
        outcome->prompt_tokens = harness.serving.prompt_tokens_done;
        outcome->generated_tokens = harness.serving.generated_tokens_done;
    }
    outcome->lost_tokens = harness.serving.lost_tokens;
    outcome->cached_tokens = harness.serving.cached_tokens;
    free(harness.places);
    serving_clear(&harness.serving);
    request_pool_clear(&harness.pool);
    serving_model_clear(&harness.model);
}
