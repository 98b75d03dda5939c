// SPDX-License-Identifier: GPL-3.0-or-later
/* The serving model against the step-by-step oracle: thousands of small random scripts, drawn so
 * that the awkward cases are common (instants that coincide with boundaries or miss them by a
 * nanosecond, prompts that are multiples of the budget, budgets below the number of decoders, tight
 * KV limits), and a few large ones. Every time must agree to the nanosecond, every count exactly. A
 * script that fails is made as small as it will go and printed. */
#include "base/memory.h"
#include "engine/random.h"
#include "oracle/serving_oracle.h"
#include "support/serving_harness.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A script that owns its arrays. */
typedef struct Play {
    Profile profile;
    ScriptRequest *requests;
    ScriptPast *pasts; /* or NULL */
    size_t request_count;
    sim_time *probes;
    size_t probe_count;
    sim_time kill;
} Play;

static ServingScript script_of(const Play *play) {
    return (ServingScript){.profile = play->profile,
                           .requests = play->requests,
                           .pasts = play->pasts,
                           .request_count = play->request_count,
                           .probes = play->probes,
                           .probe_count = play->probe_count,
                           .kill = play->kill};
}

static void play_clear(Play *play) {
    for (size_t i = 0; play->pasts && i < play->request_count; i++) {
        if (play->pasts[i].kind == ASIM_PAST_HASHES) {
            prompt_hashes_release(play->pasts[i].past.hashes);
        }
    }
    free(play->pasts);
    free(play->requests);
    free(play->probes);
}

/* ---- Drawing ------------------------------------------------------------------------------------
 */

typedef enum Style {
    WHOLE, /* whole milliseconds, so that everything happens at the same instants */
    NANO,  /* half nanoseconds, so that rounding is all there is */
    REAL,  /* as measured */
    HEAVY, /* the KV term rules, so that leaps are quadratic */
    STYLES
} Style;

static uint64_t from_to(RandomStream *random, uint64_t low, uint64_t high) {
    return low + random_below(random, high - low + 1);
}

static bool chance(RandomStream *random, double probability) {
    return random_uniform(random) < probability;
}

static double between(RandomStream *random, double low, double high) {
    return low + (high - low) * random_uniform(random);
}

static double one_of(RandomStream *random, const double values[], size_t count) {
    return values[random_below(random, count)];
}

#define ONE_OF(random, ...)                                                                        \
    one_of(random, (const double[]){__VA_ARGS__}, sizeof(double[]){__VA_ARGS__} / sizeof(double))

static void draw_experts(RandomStream *random, Profile *profile, double c_moe_ms) {
    profile->c_moe_ms = c_moe_ms;
    profile->experts = chance(random, 0.5) ? 2 : (int64_t)from_to(random, 1, 256);
    profile->active_experts = (int64_t)from_to(random, 1, (uint64_t)profile->experts);
}

/* What is beyond the linear form; `unit` is of time, in ms. */
static void draw_roofline(RandomStream *random, Profile *profile, double unit) {
    profile->c_token_ms = unit * ONE_OF(random, 0, 0.1, 0.5, 1);
    profile->free_tokens = (int64_t)ONE_OF(random, 0, 1, 2, 5, 20, 100);
    profile->c_attention_ms = unit * ONE_OF(random, 0, 0.01, 0.25, 0.5);
    profile->stream_overhead = (sim_time)ONE_OF(random, 0, 1, 5e4, 2e6);
}

static Profile draw_profile(RandomStream *random, Style style) {
    Profile profile = {0};
    switch (style) {
    case WHOLE:
        profile.c0_ms = ONE_OF(random, 1, 1, 2, 3);
        profile.c_prefill_ms = ONE_OF(random, 0, 0, 0.25, 1);
        profile.c_decode_ms = ONE_OF(random, 0, 0, 1);
        profile.c_kv_ms = ONE_OF(random, 0, 0, 0.5, 1);
        break;
    case NANO:
        profile.c0_ms = ONE_OF(random, 1e-6, 1.1e-6, 1.5e-6, 2.5e-6, 3.25e-6, 7e-6);
        profile.c_prefill_ms = ONE_OF(random, 0, 0.1e-6, 0.5e-6, 1e-6);
        profile.c_decode_ms = ONE_OF(random, 0, 0, 0.1e-6, 0.5e-6, 1e-6);
        profile.c_kv_ms = ONE_OF(random, 0, 0.01e-6, 0.1e-6, 0.5e-6, 1e-6);
        break;
    case REAL:
        profile.c0_ms = between(random, 3, 30);
        profile.c_prefill_ms = between(random, 0.01, 0.2);
        profile.c_decode_ms = between(random, 0.01, 0.2);
        profile.c_kv_ms = chance(random, 0.2) ? 0 : between(random, 1e-6, 1e-3);
        break;
    default:
        profile.c0_ms = ONE_OF(random, 1e-6, 1e-3, 1, 10);
        profile.c_prefill_ms = ONE_OF(random, 0, 1e-6, 0.1);
        profile.c_decode_ms = ONE_OF(random, 0, 1e-6, 0.1);
        profile.c_kv_ms = between(random, 0.001, 10);
        break;
    }
    if (chance(random, 0.25)) {
        draw_experts(random, &profile, profile.c0_ms * ONE_OF(random, 0.5, 1, 2, 4));
    }
    profile.batch_slots = (int64_t)from_to(random, 1, 16);
    profile.kv_block_tokens = (int64_t)ONE_OF(random, 1, 2, 4, 16, 16, 256);
    profile.kv_admission = (int)random_below(random, 3);
    profile.prefix_cache = chance(random, 0.9);
    profile.max_batched_tokens = (int64_t)ONE_OF(random, 1, 2, 3, 4, 7, 8, 16, 64, 8192);
    profile.request_overhead = (sim_time)ONE_OF(random, 0, 1, 7e6);
    RandomStream apart;
    random_stream_init(&apart, random_below(random, UINT64_C(1) << 40), 0, "roofline");
    if (chance(&apart, 0.5)) {
        draw_roofline(&apart, &profile, style == NANO ? 1e-6 : 1);
    }
    return profile;
}

static uint32_t draw_prompt(RandomStream *random, const Profile *profile) {
    const uint64_t budget = (uint64_t)profile->max_batched_tokens;
    const bool small = budget <= 64;
    switch (random_below(random, 5)) {
    case 0: return 1;
    case 1: return (uint32_t)from_to(random, 1, 10);
    case 2: return (uint32_t)(small ? budget * from_to(random, 1, 12) : from_to(random, 1, 50));
    case 3: return (uint32_t)(small ? budget * from_to(random, 1, 5) + 1 : budget);
    default: return (uint32_t)from_to(random, 1, 100);
    }
}

static uint32_t draw_output(RandomStream *random) {
    switch (random_below(random, 6)) {
    case 0: return 1;
    case 1: return 2;
    case 2: return (uint32_t)from_to(random, 1, 6);
    case 3: return (uint32_t)from_to(random, 20, 200);
    default: return (uint32_t)from_to(random, 1, 30);
    }
}

/* An instant near a boundary of what is there so far, at `earliest` or after it: most often the
 * boundary itself. Falls back on `earliest`. */
static sim_time draw_near_boundary(RandomStream *random, const Play *play, sim_time earliest) {
    const ServingScript script = script_of(play);
    ServingOutcome outcome;
    OracleTrace trace;
    serving_oracle_run(&script, &outcome, &trace);
    size_t first = 0;
    while (first < trace.boundary_count && trace.boundaries[first] < earliest) {
        first++;
    }
    sim_time instant = earliest;
    if (first < trace.boundary_count) {
        size_t choice = trace.boundary_count - first;
        choice = chance(random, 0.5) && choice > 8 ? 8 : choice;
        instant = trace.boundaries[first + random_below(random, choice)];
        const sim_time shift = (sim_time)ONE_OF(random, 0, 0, 0, -1, 1);
        instant = instant + shift < earliest ? earliest : instant + shift;
    }
    serving_outcome_clear(&outcome);
    oracle_trace_clear(&trace);
    return instant;
}

/* A gap of up to `iterations` iterations or so. */
static sim_time draw_gap(RandomStream *random, const Profile *profile, double iterations) {
    const double unit = profile->c0_ms * 1e6;
    const double steps = iterations * random_uniform(random);
    return (sim_time)(chance(random, 0.7) ? unit * floor(steps) : floor(unit * steps));
}

static int64_t whole_blocks(const Profile *profile, uint64_t tokens) {
    const int64_t block = profile->kv_block_tokens;
    return ((int64_t)tokens + block - 1) / block * block;
}

/* What of a play's prompts was seen before. */
typedef struct PastDraw {
    asim_past_kind kind;
    uint32_t beginning;    /* tokens */
    uint32_t lengths[4];   /* of conversations, by now */
    uint32_t block_tokens; /* that an id stands for */
    uint64_t next_id;
    uint32_t longest; /* new prompts */
    bool reckless;    /* ids stand for blocks wherever these are: what no trace should have */
} PastDraw;

static PastDraw begin_past(RandomStream *random, const Profile *profile) {
    PastDraw draw = {.kind = (asim_past_kind)random_below(random, 4)};
    const uint64_t block = (uint64_t)profile->kv_block_tokens;
    draw.beginning = chance(random, 0.3) ? 0
                                         : (uint32_t)from_to(random, 1,
                                                             block < 4     ? 10
                                                             : block < 100 ? 80
                                                                           : 300);
    draw.block_tokens = (uint32_t)ONE_OF(random, 1, 3, 4, 16, 16, 48, 256);
    draw.longest = block < 4 ? 30 : 200;
    draw.reckless = chance(random, 0.1);
    return draw;
}

static void draw_conversation(RandomStream *random, PastDraw *draw, ScriptRequest *request,
                              ScriptPast *past) {
    const uint32_t key = (uint32_t)random_below(random, chance(random, 0.5) ? 1 : 4);
    uint32_t *length = &draw->lengths[key];
    if (*length < 2 * draw->longest && chance(random, 0.8)) { /* else any length: a client that
                                                                 repeats itself */
        request->prompt_tokens = (*length > 0 ? *length : draw->beginning) + request->prompt_tokens;
        *length = request->prompt_tokens + request->output_tokens;
    }
    past->past.seen.key = key;
    past->past.seen.tokens = draw->beginning;
}

/* The blocks of an earlier prompt, as many as are whole in both, and others after them. */
static void draw_hashes(RandomStream *random, PastDraw *draw, const Play *play, size_t i) {
    ScriptRequest *request = &play->requests[i];
    const size_t chosen = i > 0 ? random_below(random, i) : 0;
    const bool can_model =
        i > 0 && play->pasts[chosen].kind == ASIM_PAST_HASHES && !chance(random, 0.2);
    const ScriptRequest *model = can_model ? &play->requests[chosen] : NULL;
    if (model && chance(random, 0.3)) {
        request->prompt_tokens = model->prompt_tokens;
    } else if (model && model->prompt_tokens < draw->longest && chance(random, 0.5)) {
        request->prompt_tokens += model->prompt_tokens;
    }
    const uint32_t size = draw->block_tokens;
    const uint32_t count = (request->prompt_tokens + size - 1) / size;
    uint32_t same = 0;
    if (model) {
        const uint32_t whole = model->prompt_tokens < request->prompt_tokens
                                   ? model->prompt_tokens / size
                                   : request->prompt_tokens / size;
        same = model->prompt_tokens == request->prompt_tokens ? count : whole;
        same = chance(random, 0.5) ? same : (uint32_t)from_to(random, 0, same);
    }
    uint64_t *ids = memory_new(count + 1, sizeof *ids);
    for (uint32_t k = 0; k < count; k++) {
        ids[k] = draw->reckless ? random_below(random, 6)
                 : k < same     ? play->pasts[chosen].past.hashes->ids[k]
                                : draw->next_id++;
    }
    play->pasts[i].past.hashes = prompt_hashes_new(ids, count, size);
    free(ids);
}

static void draw_past(RandomStream *random, PastDraw *draw, const Play *play, size_t i) {
    ScriptRequest *request = &play->requests[i];
    ScriptPast *past = &play->pasts[i];
    past->kind = chance(random, 0.9) ? draw->kind : ASIM_PAST_NONE;
    past->source = chance(random, 0.2);
    if (past->kind != ASIM_PAST_NONE) { /* the oracle looks at each block, and for each at all */
        request->prompt_tokens = 1 + (request->prompt_tokens - 1) % draw->longest;
    }
    switch (past->kind) {
    case ASIM_PAST_CACHED:
        past->past.seen.key = (uint32_t)random_below(random, 3);
        past->past.seen.tokens =
            (uint32_t)from_to(random, 0, request->prompt_tokens + (chance(random, 0.1) ? 5 : 0));
        break;
    case ASIM_PAST_CONVERSATION: draw_conversation(random, draw, request, past); break;
    case ASIM_PAST_HASHES: draw_hashes(random, draw, play, i); break;
    default: break;
    }
}

static void draw_requests(RandomStream *random, Play *play) {
    const bool chasing = chance(random, 0.4); /* boundaries */
    const size_t count = from_to(random, 1, chasing ? 8 : 24);
    const double spread = ONE_OF(random, 0, 2, 10, 50);
    play->requests = memory_new(count, sizeof *play->requests);
    play->pasts = memory_new(count, sizeof *play->pasts);
    const uint32_t same_output = chance(random, 0.3) ? draw_output(random) : 0;
    uint64_t largest = 0;
    PastDraw past = begin_past(random, &play->profile);
    sim_time now = chance(random, 0.5) ? 0 : (sim_time)from_to(random, 0, 10000000);
    for (size_t i = 0; i < count; i++) {
        ScriptRequest *request = &play->requests[i];
        *request = (ScriptRequest){.prompt_tokens = draw_prompt(random, &play->profile),
                                   .output_tokens = same_output ? same_output : draw_output(random),
                                   .abandon = SIM_TIME_NEVER};
        draw_past(random, &past, play, i);
        const uint64_t need = (uint64_t)request->prompt_tokens + request->output_tokens;
        largest = need > largest ? need : largest;
    }
    const uint64_t more = random_below(random, chance(random, 0.5) ? 20 : 3 * largest);
    play->profile.kv_capacity_tokens =
        chance(random, 0.3) ? 1000000 : whole_blocks(&play->profile, largest) + (int64_t)more;
    while (play->request_count < count) {
        if (play->request_count > 0 && !chance(random, 0.3)) {
            now = chasing ? draw_near_boundary(random, play, now)
                          : now + draw_gap(random, &play->profile, spread);
        }
        ScriptRequest *request = &play->requests[play->request_count++];
        request->arrival = now;
        if (chance(random, 0.1)) {
            request->abandon = now + draw_gap(random, &play->profile, 40);
        }
    }
}

static int compare_times(const void *a, const void *b) {
    const sim_time x = *(const sim_time *)a, y = *(const sim_time *)b;
    return (x > y) - (x < y);
}

static void draw_probes(RandomStream *random, Play *play, size_t count) {
    sim_time *probes = memory_new(count, sizeof *probes);
    for (size_t i = 0; i < count; i++) {
        probes[i] = draw_near_boundary(random, play, play->requests[0].arrival);
        if (chance(random, 0.3)) {
            probes[i] += draw_gap(random, &play->profile, 20);
        }
    }
    qsort(probes, count, sizeof *probes, compare_times);
    play->probes = probes;
    play->probe_count = count;
}

static Play draw_play(RandomStream *random, Style style) {
    Play play = {.profile = draw_profile(random, style), .kill = SIM_TIME_NEVER};
    draw_requests(random, &play);
    for (int i = 0; i < 2 && chance(random, 0.5); i++) {
        ScriptRequest *request = &play.requests[random_below(random, play.request_count)];
        request->abandon = draw_near_boundary(random, &play, request->arrival);
    }
    if (chance(random, 0.05)) {
        const sim_time last = play.requests[play.request_count - 1].arrival;
        play.kill = draw_near_boundary(random, &play, last + 1);
    }
    if (chance(random, 0.5)) {
        draw_probes(random, &play, from_to(random, 1, 6));
    }
    return play;
}

/* ---- Comparing ----------------------------------------------------------------------------------
 */

#define DIFFERENCE 300

static bool differ(char *text, const char *what, size_t i, const char *member, int64_t oracle,
                   int64_t serving) {
    snprintf(text, DIFFERENCE, "%s %zu: %s: oracle %" PRId64 ", serving %" PRId64, what, i, member,
             oracle, serving);
    return true;
}

#define DIFFER(a, b, what, i, member)                                                              \
    ((a).member != (b).member &&                                                                   \
     differ(text, what, i, #member, (int64_t)(a).member, (int64_t)(b).member))

/* Serving's sums have boundaries before rounding: half a nanosecond at most for each block that
 * comes, and no more come in a leap than there are, which are a load of 1. */
static bool loads_differ(const char *what, double oracle, double serving, size_t leaps,
                         char text[DIFFERENCE]) {
    if (fabs(oracle - serving) <= 1e-9 * fabs(oracle) + 0.5 * (double)(leaps + 1)) {
        return false;
    }
    snprintf(text, DIFFERENCE, "%s: oracle %.17g, serving %.17g ns", what, oracle, serving);
    return true;
}

/* Whether oracle and serving disagree; text says where. */
static bool outcomes_differ(const ServingScript *script, const ServingOutcome *oracle,
                            const ServingOutcome *serving, size_t leaps, char text[DIFFERENCE]) {
    for (size_t i = 0; i < script->request_count; i++) {
        const RequestOutcome *a = &oracle->requests[i], *b = &serving->requests[i];
        if (DIFFER(*a, *b, "request", i, admitted) || DIFFER(*a, *b, "request", i, first_token) ||
            DIFFER(*a, *b, "request", i, finish) || DIFFER(*a, *b, "request", i, left) ||
            DIFFER(*a, *b, "request", i, preemptions) || DIFFER(*a, *b, "request", i, cached)) {
            return true;
        }
    }
    for (size_t i = 0; i < script->probe_count; i++) {
        const ProbeOutcome *a = &oracle->probes[i], *b = &serving->probes[i];
        if (DIFFER(*a, *b, "probe", i, prompt_tokens) ||
            DIFFER(*a, *b, "probe", i, generated_tokens) || DIFFER(*a, *b, "probe", i, held) ||
            DIFFER(*a, *b, "probe", i, kv_held)) {
            return true;
        }
    }
    return DIFFER(*oracle, *serving, "end", (size_t)0, prompt_tokens) ||
           DIFFER(*oracle, *serving, "end", (size_t)0, generated_tokens) ||
           DIFFER(*oracle, *serving, "end", (size_t)0, lost_tokens) ||
           DIFFER(*oracle, *serving, "end", (size_t)0, cached_tokens) ||
           loads_differ("load", oracle->load_ns, serving->load_ns, leaps, text) ||
           loads_differ("kv load", oracle->kv_load_ns, serving->kv_load_ns, leaps, text);
}

/* What the scripts of a test were made of: a draw that never draws the case is no test of it. */
typedef struct Tally {
    size_t requests, iterations, phases, ends, foreseen;
    size_t preemptions, preempted_twice, lost_tokens;
    size_t hits, evictions, shared, recovered;
    size_t arrivals_at_boundaries, abandoned_queued, abandoned_prefilling, abandoned_decoding;
    double worst_phase_drift_ns, worst_drift_per_phase_ns;
} Tally;

static bool is_boundary(const OracleTrace *trace, sim_time time) {
    return trace->boundary_count > 0 && bsearch(&time, trace->boundaries, trace->boundary_count,
                                                sizeof time, compare_times) != NULL;
}

static void count_in(Tally *tally, const ServingScript *script, const ServingOutcome *outcome,
                     const OracleTrace *trace, size_t ends) {
    tally->requests += script->request_count;
    tally->iterations += trace->boundary_count;
    tally->phases += trace->phases;
    tally->ends += ends;
    tally->lost_tokens += outcome->lost_tokens;
    tally->evictions += trace->evictions;
    tally->shared += trace->shared;
    tally->recovered += trace->recovered;
    for (size_t i = 0; i < script->request_count; i++) {
        const RequestOutcome *request = &outcome->requests[i];
        tally->preemptions += request->preemptions;
        tally->preempted_twice += request->preemptions > 1;
        tally->hits += request->cached > 0;
        tally->arrivals_at_boundaries += is_boundary(trace, script->requests[i].arrival);
        if (script->requests[i].abandon != SIM_TIME_NEVER && request->finish == SIM_TIME_NEVER) {
            tally->abandoned_queued += request->admitted == SIM_TIME_NEVER;
            tally->abandoned_prefilling +=
                request->admitted != SIM_TIME_NEVER && request->first_token == SIM_TIME_NEVER;
            tally->abandoned_decoding += request->first_token != SIM_TIME_NEVER;
        }
    }
    tally->worst_phase_drift_ns = fmax(tally->worst_phase_drift_ns, trace->worst_phase_drift_ns);
    tally->worst_drift_per_phase_ns =
        fmax(tally->worst_drift_per_phase_ns, trace->worst_drift_per_phase_ns);
}

static bool play_differs(const Play *play, char text[DIFFERENCE], Tally *tally) {
    const ServingScript script = script_of(play);
    ServingOutcome oracle, serving;
    OracleTrace trace;
    HarnessReport report;
    serving_oracle_run(&script, &oracle, &trace);
    serving_harness_run(&script, &serving, &report);
    bool differs = outcomes_differ(&script, &oracle, &serving, report.ends, text);
    if (!differs && report.complaint[0] != '\0') {
        snprintf(text, DIFFERENCE, "%s", report.complaint);
        differs = true;
    }
    if (!differs && play->kill == SIM_TIME_NEVER && report.ends > trace.boundary_count) {
        snprintf(text, DIFFERENCE, "%zu leaps for %zu iterations", report.ends,
                 trace.boundary_count);
        differs = true;
    }
    if (tally != NULL) {
        count_in(tally, &script, &oracle, &trace, report.ends);
        tally->foreseen += report.foreseen;
    }
    serving_outcome_clear(&oracle);
    serving_outcome_clear(&serving);
    oracle_trace_clear(&trace);
    return differs;
}

/* ---- Showing a script that fails ----------------------------------------------------------------
 */

static ScriptPast take_past(Play *play, size_t i, size_t after) {
    ScriptPast past = {0};
    if (play->pasts) {
        past = play->pasts[i];
        memmove(&play->pasts[i], &play->pasts[i + 1], after * sizeof past);
    }
    return past;
}

static void put_past_back(Play *play, size_t i, size_t after, ScriptPast past) {
    if (play->pasts) {
        memmove(&play->pasts[i + 1], &play->pasts[i], after * sizeof past);
        play->pasts[i] = past;
    }
}

/* Does without whatever it can while the script still fails. */
static void shrink(Play *play) {
    char text[DIFFERENCE];
    bool shrunk = true;
    while (shrunk) {
        shrunk = false;
        for (size_t i = 0; i < play->request_count && play->request_count > 1; i++) {
            ScriptRequest *place = &play->requests[i];
            const ScriptRequest without = *place;
            const size_t after = --play->request_count - i;
            memmove(place, place + 1, after * sizeof *place);
            const ScriptPast past = take_past(play, i, after);
            if (play_differs(play, text, NULL)) {
                shrunk = true;
                break;
            }
            put_past_back(play, i, after, past);
            memmove(place + 1, place, after * sizeof *place);
            *place = without;
            play->request_count++;
        }
        for (size_t i = 0; i < play->request_count; i++) {
            ScriptRequest *request = &play->requests[i];
            const ScriptRequest before = *request;
            ScriptRequest smaller[] = {before, before, before, before, before};
            smaller[0].abandon = SIM_TIME_NEVER;
            smaller[1].prompt_tokens = (before.prompt_tokens + 1) / 2;
            smaller[2].output_tokens = (before.output_tokens + 1) / 2;
            smaller[3].prompt_tokens--;
            smaller[4].output_tokens--;
            for (size_t k = 0; k < sizeof smaller / sizeof smaller[0]; k++) {
                if (smaller[k].prompt_tokens == 0 || smaller[k].output_tokens == 0 ||
                    memcmp(&smaller[k], request, sizeof *request) == 0) {
                    continue;
                }
                *request = smaller[k];
                if (play_differs(play, text, NULL)) {
                    shrunk = true;
                    break;
                }
                *request = before;
            }
        }
        if (play->probe_count > 0) {
            const size_t probes = play->probe_count;
            play->probe_count = 0;
            shrunk = play_differs(play, text, NULL) || shrunk;
            play->probe_count = play_differs(play, text, NULL) ? 0 : probes;
        }
    }
}

static void show_time(const char *name, sim_time time) {
    if (time == SIM_TIME_NEVER) {
        fprintf(stderr, "%s = SIM_TIME_NEVER", name);
    } else {
        fprintf(stderr, "%s = %" PRId64, name, time);
    }
}

static void show_past(const ScriptPast *past) {
    fprintf(stderr, " /* source %u, kind %d", past->source, (int)past->kind);
    if (past->kind == ASIM_PAST_HASHES) {
        fprintf(stderr, ", blocks of %u:", past->past.hashes->block_tokens);
        for (uint32_t i = 0; i < past->past.hashes->count; i++) {
            fprintf(stderr, " %" PRIu64, past->past.hashes->ids[i]);
        }
    } else if (past->kind != ASIM_PAST_NONE) {
        fprintf(stderr, ", key %u, tokens %u", past->past.seen.key, past->past.seen.tokens);
    }
    fprintf(stderr, " */");
}

static void show(const Play *play) {
    const Profile *profile = &play->profile;
    fprintf(stderr,
            "{.profile = {.c0_ms = %.17g, .c_moe_ms = %.17g, .c_prefill_ms = %.17g,\n"
            "    .c_decode_ms = %.17g, .c_kv_ms = %.17g, .experts = %" PRId64
            ", .active_experts = %" PRId64 ",\n"
            "    .batch_slots = %" PRId64 ", .kv_capacity_tokens = %" PRId64
            ", .kv_block_tokens = %" PRId64
            ", .kv_admission = %d, .prefix_cache = %d, .max_batched_tokens = %" PRId64
            ", .request_overhead = %" PRId64 ",\n"
            "    .c_token_ms = %.17g, .free_tokens = %" PRId64
            ", .c_attention_ms = %.17g, .stream_overhead = %" PRId64 "},\n",
            profile->c0_ms, profile->c_moe_ms, profile->c_prefill_ms, profile->c_decode_ms,
            profile->c_kv_ms, profile->experts, profile->active_experts, profile->batch_slots,
            profile->kv_capacity_tokens, profile->kv_block_tokens, profile->kv_admission,
            profile->prefix_cache, profile->max_batched_tokens, profile->request_overhead,
            profile->c_token_ms, profile->free_tokens, profile->c_attention_ms,
            profile->stream_overhead);
    fprintf(stderr, " .requests = (ScriptRequest[]){\n");
    for (size_t i = 0; i < play->request_count; i++) {
        const ScriptRequest *request = &play->requests[i];
        fprintf(stderr, "    {.arrival = %" PRId64 ", .prompt_tokens = %u, .output_tokens = %u, ",
                request->arrival, request->prompt_tokens, request->output_tokens);
        show_time(".abandon", request->abandon);
        if (play->pasts) {
            show_past(&play->pasts[i]);
        }
        fprintf(stderr, "},\n");
    }
    fprintf(stderr, " }, .request_count = %zu, .probes = (sim_time[]){", play->request_count);
    for (size_t i = 0; i < play->probe_count; i++) {
        fprintf(stderr, "%s%" PRId64, i > 0 ? ", " : "", play->probes[i]);
    }
    fprintf(stderr, "}, .probe_count = %zu, ", play->probe_count);
    show_time(".kill", play->kill);
    fprintf(stderr, "}\n");
}

static void check_play(Play *play, const char *name, uint64_t seed, Tally *tally) {
    char text[DIFFERENCE];
    if (play_differs(play, text, tally)) {
        fprintf(stderr, "%s, draw %" PRIu64 ": %s\nmade as small as it will go:\n", name, seed,
                text);
        if (play->request_count < 100) {
            shrink(play);
        }
        play_differs(play, text, NULL);
        show(play);
        cr_assert_fail("%s, draw %" PRIu64 ": %s", name, seed, text);
    }
}

/* ---- Small scripts ------------------------------------------------------------------------------
 */

static void check_style(Style style, const char *name, uint64_t draws) {
    Tally tally = {0};
    for (uint64_t draw = 0; draw < draws; draw++) {
        RandomStream random;
        random_stream_init(&random, 1, draw, name);
        Play play = draw_play(&random, style);
        check_play(&play, name, draw, &tally);
        play_clear(&play);
    }
    if (getenv("SERVING_TALLY") != NULL) {
        fprintf(stderr,
                "%s: %zu requests, %zu iterations, %zu phases, %zu leaps, %zu arrivals at a "
                "boundary, %zu preemptions, %zu hits, %zu evictions, %zu shared, %zu recovered, "
                "abandoned %zu queued %zu prefilling %zu decoding, "
                "drift %.3f ns of a "
                "phase, %.3f ns per phase\n",
                name, tally.requests, tally.iterations, tally.phases, tally.ends,
                tally.arrivals_at_boundaries, tally.preemptions, tally.hits, tally.evictions,
                tally.shared, tally.recovered, tally.abandoned_queued, tally.abandoned_prefilling,
                tally.abandoned_decoding, tally.worst_phase_drift_ns,
                tally.worst_drift_per_phase_ns);
    }
    cr_expect_gt(tally.arrivals_at_boundaries, draws / 2);
    cr_expect_gt(tally.preemptions, draws / 4);
    cr_expect_gt(tally.preempted_twice, draws / 50);
    cr_expect_gt(tally.hits, draws / 4);
    cr_expect_gt(tally.evictions, draws / 4);
    cr_expect_gt(tally.shared, draws / 4);
    cr_expect_gt(tally.recovered, draws / 50);
    cr_expect_gt(tally.abandoned_queued, draws / 100);
    cr_expect_gt(tally.abandoned_prefilling, draws / 100);
    cr_expect_gt(tally.abandoned_decoding, draws / 100);
    cr_expect_gt(tally.iterations, 3 * tally.phases);
    cr_expect_gt(tally.foreseen, draws);
    /* Rounding once per boundary is all that sets the definition apart from adding up. */
    cr_expect_lt(tally.worst_phase_drift_ns, 0.51);
    cr_expect_lt(tally.worst_drift_per_phase_ns, 0.51);
}

/* Sanitizers slow it down tenfold. */
#if defined __SANITIZE_ADDRESS__
#define DRAWS 600
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define DRAWS 600
#endif
#endif
#ifndef DRAWS
#define DRAWS 3000
#endif

Test(serving_oracle, whole_milliseconds) {
    check_style(WHOLE, "whole", DRAWS);
}

Test(serving_oracle, fractions_of_a_nanosecond) {
    check_style(NANO, "nano", DRAWS);
}

Test(serving_oracle, measured_profiles) {
    check_style(REAL, "real", DRAWS);
}

Test(serving_oracle, quadratic_leaps) {
    check_style(HEAVY, "heavy", DRAWS);
}

/* Few requests, thousands of iterations each: the leap's root is found from far away. */
Test(serving_oracle, long_leaps) {
    for (uint64_t draw = 0; draw < 40; draw++) {
        RandomStream random;
        random_stream_init(&random, 1, draw, "long");
        Play play = {.profile = draw_profile(&random, (Style)(draw % STYLES)),
                     .kill = SIM_TIME_NEVER};
        play.profile.kv_capacity_tokens = 1000000;
        play.profile.max_batched_tokens = (int64_t)from_to(&random, 1, 16);
        const size_t count = from_to(&random, 2, 4);
        play.requests = memory_new(count, sizeof *play.requests);
        sim_time now = 0;
        while (play.request_count < count) {
            now = play.request_count > 0 ? draw_near_boundary(&random, &play, now) : 0;
            play.requests[play.request_count++] =
                (ScriptRequest){.arrival = now,
                                .prompt_tokens = (uint32_t)from_to(&random, 1, 20000),
                                .output_tokens = (uint32_t)from_to(&random, 1, 20000),
                                .abandon = SIM_TIME_NEVER};
        }
        if (draw % 2 == 0) {
            ScriptRequest *request = &play.requests[random_below(&random, count)];
            request->abandon = draw_near_boundary(&random, &play, request->arrival);
        }
        draw_probes(&random, &play, 2);
        check_play(&play, "long", draw, NULL);
        play_clear(&play);
    }
}

/* ---- Large scripts ------------------------------------------------------------------------------
 */

static Play draw_large(RandomStream *random, const Profile *profile, size_t count,
                       double mean_gap_ns, uint64_t prompt, uint64_t output, double abandoning) {
    Play play = {.profile = *profile, .kill = SIM_TIME_NEVER, .request_count = count};
    play.requests = memory_new(count, sizeof *play.requests);
    double now = 0;
    for (size_t i = 0; i < count; i++) {
        now += mean_gap_ns * random_exponential(random);
        play.requests[i] =
            (ScriptRequest){.arrival = (sim_time)now,
                            .prompt_tokens = (uint32_t)from_to(random, 1, 2 * prompt),
                            .output_tokens = (uint32_t)from_to(random, 1, 2 * output),
                            .abandon = SIM_TIME_NEVER};
        if (chance(random, abandoning)) {
            play.requests[i].abandon =
                (sim_time)now + (sim_time)(500 * mean_gap_ns * random_exponential(random));
        }
    }
    play.probe_count = 200;
    play.probes = memory_new(play.probe_count, sizeof *play.probes);
    for (size_t i = 0; i < play.probe_count; i++) {
        play.probes[i] = (sim_time)(now * 1.5 * (double)i / (double)play.probe_count);
    }
    return play;
}

/* Llama-3.1-8B on one H100 (model 8), at twice what it can do. */
static const Profile llama_8b = {.c0_ms = 6.67,
                                 .c_prefill_ms = 0.0222,
                                 .c_decode_ms = 0.0235,
                                 .c_kv_ms = 5.33e-5,
                                 .batch_slots = 64,
                                 .kv_capacity_tokens = 421000,
                                 .kv_block_tokens = 16,
                                 .max_batched_tokens = 8192,
                                 .request_overhead = 7000000};

Test(serving_oracle, saturated) {
    RandomStream random;
    random_stream_init(&random, 1, 0, "saturated");
    Play play = draw_large(&random, &llama_8b, 4000, 10e6, 512, 128, 0);
    Tally tally = {0};
    check_play(&play, "saturated", 0, &tally);
    cr_expect_lt(tally.ends, tally.iterations);
    play_clear(&play);
}

Test(serving_oracle, saturated_in_kv_with_small_budget_and_impatient_clients) {
    RandomStream random;
    random_stream_init(&random, 1, 0, "impatient");
    Profile profile = llama_8b;
    profile.kv_capacity_tokens = 20000;
    profile.max_batched_tokens = 128;
    Play play = draw_large(&random, &profile, 4000, 10e6, 512, 128, 0.5);
    check_play(&play, "impatient", 0, NULL);
    play_clear(&play);
}

/* A mixture of experts, not saturated: the replica runs idle and starts again. */
Test(serving_oracle, mixture_of_experts_with_idle_spells) {
    RandomStream random;
    random_stream_init(&random, 1, 0, "experts");
    Profile profile = {.c0_ms = 3.71,
                       .c_moe_ms = 9.02,
                       .c_prefill_ms = 0.0225,
                       .c_decode_ms = 0.0225,
                       .c_kv_ms = 2.5e-6,
                       .experts = 128,
                       .active_experts = 4,
                       .batch_slots = 256,
                       .kv_capacity_tokens = 1070000,
                       .kv_block_tokens = 16,
                       .max_batched_tokens = 8192,
                       .request_overhead = 7000000};
    Play play = draw_large(&random, &profile, 500, 800e6, 512, 64, 0.02);
    Tally tally = {0};
    check_play(&play, "experts", 0, &tally);
    cr_expect_gt(tally.iterations, 5 * tally.ends); /* what leaping is for */
    play_clear(&play);
}
