// SPDX-License-Identifier: GPL-3.0-or-later
/* Steps through every iteration of a replica. Read it beside model 8: each rule is one function,
 * and nothing is clever. The only thing remembered between iterations, beyond the requests' own
 * state, is what the last one worked on, to see whether the next one belongs to the same phase. */
#include "oracle/serving_oracle.h"

#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum State { TO_COME, WAITING, PREFILLING, DECODING, GONE } State;

/* What one request does in one iteration: a decoding sequence, a prompt that is given tokens, or
 * neither. Two iterations do the same work if these are the same for every request. */
typedef struct Work {
    bool decodes;
    uint32_t prompt_tokens;
} Work;

/* What is in a block: the n-th of a stretch of content. Ids are of one kind of past and source. */
typedef enum Kind { NOTHING, BEGINNING, CONVERSATION, HASHED, SEEN } Kind;

typedef struct Content {
    Kind kind;
    uint16_t source;
    uint64_t id, n;
    const asim_prompt_hashes *hashes; /* of the prompt: all up to number `id` of them */
} Content;

/* A block whose content is known. Without users it is free, and kept until it is taken. */
typedef struct Known {
    Content content;
    uint32_t users;
    uint64_t last_use; /* of its stretch */
} Known;

typedef struct Subject {
    State state;
    uint64_t prompt_done;
    uint32_t made;      /* tokens generated */
    uint32_t made_last; /* as many were when it was last queued: they are part of its prompt */
    uint64_t blocks;    /* of KV memory, that it alone has */
    uint64_t shared;    /* its first blocks, which are known */
    uint64_t had;       /* tokens in KV memory when it was last preempted */
    bool client_gone;   /* leaves at the next boundary */
    Work work, work_before;
} Subject;

typedef struct Oracle {
    const ServingScript *script;
    ServingOutcome *outcome;
    OracleTrace *trace; /* or NULL */
    Subject *subjects;
    size_t count;
    size_t probes_done;
    size_t *queue, *batch; /* numbers of requests, in order of service and of admission */
    size_t queued, runs;
    size_t *going; /* whose clients have gone, in the order of it */
    size_t goes;
    uint64_t free_blocks; /* of which nothing is known */
    Known *known;
    size_t known_count, known_room;
    uint64_t uses;

    bool running;   /* an iteration is running, */
    sim_time ends;  /* until then */
    bool ended_now; /* an iteration has ended at this very instant: no gap before the next */

    sim_time phase_start;
    double phase_first;       /* T0 */
    double phase_growth;      /* G */
    int64_t phase_iterations; /* j, of the iteration that runs */

    long double phase_sum, busy_sum; /* iteration times added up one by one */
    sim_time busy_start;
    size_t busy_phases;
} Oracle;

static bool is_held(const Subject *subject) {
    return subject->state == WAITING || subject->state == PREFILLING || subject->state == DECODING;
}

static uint64_t blocks_for(const Oracle *oracle, uint64_t tokens) {
    const uint64_t block = (uint64_t)oracle->script->profile.kv_block_tokens;
    return tokens / block + (tokens % block > 0);
}

static uint64_t whole_prompt(const Oracle *oracle, size_t i) {
    return (uint64_t)oracle->script->requests[i].prompt_tokens + oracle->subjects[i].made_last;
}

static void insert(size_t *list, size_t *count, size_t at, size_t i) {
    memmove(list + at + 1, list + at, (*count - at) * sizeof *list);
    list[at] = i;
    (*count)++;
}

static void take_out(size_t *list, size_t *count, size_t i) {
    for (size_t at = 0; at < *count; at++) {
        if (list[at] == i) {
            memmove(list + at, list + at + 1, (*count - at - 1) * sizeof *list);
            (*count)--;
            return;
        }
    }
}

/* ---- The prefix cache ---- */

static ScriptPast past_of(const Oracle *oracle, size_t i) {
    const ScriptPast *pasts = oracle->script->pasts;
    return pasts && oracle->script->profile.prefix_cache ? pasts[i] : (ScriptPast){0};
}

/* Where the n-th hashed block of a prompt begins, in tokens. */
static uint64_t hash_begin(const asim_prompt_hashes *hashes, uint64_t prompt, uint64_t n) {
    const uint64_t begin = n * hashes->block_tokens;
    return begin < prompt ? begin : prompt;
}

static Content hashed_content(const ScriptPast *past, uint64_t prompt, uint64_t block, uint64_t n) {
    const asim_prompt_hashes *hashes = past->past.hashes;
    for (uint32_t k = 0; k < hashes->count; k++) {
        const uint64_t first = hash_begin(hashes, prompt, k) / block;
        if (n >= first && n < hash_begin(hashes, prompt, k + 1) / block) {
            return (Content){HASHED, past->source, k, n - first, hashes};
        }
    }
    return (Content){0};
}

/* What a request's n-th whole block holds; NOTHING: none can tell. */
static Content content_of(const Oracle *oracle, size_t i, uint64_t n) {
    const ScriptPast past = past_of(oracle, i);
    const uint64_t block = (uint64_t)oracle->script->profile.kv_block_tokens;
    const uint32_t beginning = past.past.seen.tokens, key = past.past.seen.key;
    switch (past.kind) {
    case ASIM_PAST_CONVERSATION:
        return n < beginning / block ? (Content){BEGINNING, past.source, beginning, n, NULL}
                                     : (Content){CONVERSATION, past.source, key, n, NULL};
    case ASIM_PAST_HASHES:
        return hashed_content(&past, oracle->script->requests[i].prompt_tokens, block, n);
    case ASIM_PAST_CACHED: return (Content){SEEN, past.source, key, n, NULL};
    default: return (Content){0};
    }
}

static bool same_stretch(const Content *a, const Content *b) {
    return a->kind == b->kind && a->source == b->source && a->id == b->id &&
           (a->kind != HASHED ||
            memcmp(a->hashes->ids, b->hashes->ids, (a->id + 1) * sizeof a->hashes->ids[0]) == 0);
}

static Known *find_known(const Oracle *oracle, const Content *content) {
    for (size_t k = 0; k < oracle->known_count && content->kind != NOTHING; k++) {
        Known *known = &oracle->known[k];
        if (same_stretch(&known->content, content) && known->content.n == content->n) {
            return known;
        }
    }
    return NULL;
}

/* The stretches of a request's first blocks have been used: later ones count as earlier. */
static void use(Oracle *oracle, size_t i, uint64_t blocks) {
    for (uint64_t n = blocks; n-- > 0;) {
        const Content content = content_of(oracle, i, n);
        const Content before = n + 1 < blocks ? content_of(oracle, i, n + 1) : (Content){0};
        if (same_stretch(&content, &before)) {
            continue;
        }
        oracle->uses++;
        for (size_t k = 0; k < oracle->known_count; k++) {
            if (same_stretch(&oracle->known[k].content, &content)) {
                oracle->known[k].last_use = oracle->uses;
            }
        }
    }
}

static uint64_t available(const Oracle *oracle) {
    uint64_t blocks = oracle->free_blocks;
    for (size_t k = 0; k < oracle->known_count; k++) {
        blocks += oracle->known[k].users == 0;
    }
    return blocks;
}

/* The last block of the stretch that was used longest ago is forgotten. */
static void evict(Oracle *oracle) {
    Known *victim = NULL;
    for (size_t k = 0; k < oracle->known_count; k++) {
        Known *known = &oracle->known[k];
        if (known->users == 0 &&
            (!victim || known->last_use < victim->last_use ||
             (known->last_use == victim->last_use && known->content.n > victim->content.n))) {
            victim = known;
        }
    }
    assert(victim != NULL);
    *victim = oracle->known[--oracle->known_count];
    oracle->free_blocks++;
    if (oracle->trace != NULL) {
        oracle->trace->evictions++;
    }
}

/* A request takes so many blocks, which are free, known or not. */
static void take(Oracle *oracle, size_t i, uint64_t blocks) {
    while (oracle->free_blocks < blocks) {
        evict(oracle);
    }
    oracle->free_blocks -= blocks;
    oracle->subjects[i].blocks += blocks;
}

/* A request's n-th block, of which it has the only copy so far, becomes known; if such a block is
 * known already, the copy is given up. */
static void tell(Oracle *oracle, size_t i, uint64_t n) {
    const Content content = content_of(oracle, i, n);
    assert(oracle->subjects[i].blocks > 0);
    oracle->subjects[i].blocks--;
    if (find_known(oracle, &content) != NULL) {
        oracle->free_blocks++;
        return;
    }
    oracle->known =
        memory_grow(oracle->known, oracle->known_count, &oracle->known_room, sizeof *oracle->known);
    oracle->known[oracle->known_count++] = (Known){.content = content};
}

/* Blocks of its first tokens of which the content can be told. */
static uint64_t told_blocks(const Oracle *oracle, size_t i, uint64_t tokens) {
    uint64_t blocks = 0;
    while (blocks < tokens / (uint64_t)oracle->script->profile.kv_block_tokens &&
           content_of(oracle, i, blocks).kind != NOTHING) {
        blocks++;
    }
    return blocks;
}

/* The prompt has been computed: all may share it. */
static void share_prompt(Oracle *oracle, size_t i) {
    Subject *subject = &oracle->subjects[i];
    if (past_of(oracle, i).kind == ASIM_PAST_CACHED) {
        return;
    }
    const uint64_t blocks = told_blocks(oracle, i, whole_prompt(oracle, i));
    for (uint64_t n = subject->shared; n < blocks; n++) {
        tell(oracle, i, n);
        const Content content = content_of(oracle, i, n);
        find_known(oracle, &content)->users++;
    }
    subject->shared = blocks;
    use(oracle, i, blocks);
}

static uint64_t tokens_in_memory(const Oracle *oracle, size_t i) {
    const Subject *subject = &oracle->subjects[i];
    return subject->state == DECODING
               ? whole_prompt(oracle, i) + subject->made - subject->made_last - 1
           : subject->state == PREFILLING ? subject->prompt_done
                                          : 0;
}

/* All its blocks are given back; what can be told of them stays known. */
static void free_blocks(Oracle *oracle, size_t i) {
    Subject *subject = &oracle->subjects[i];
    const uint64_t told = told_blocks(oracle, i, tokens_in_memory(oracle, i));
    for (uint64_t n = subject->shared; n < told; n++) {
        tell(oracle, i, n);
    }
    for (uint64_t n = 0; n < subject->shared; n++) {
        const Content content = content_of(oracle, i, n);
        find_known(oracle, &content)->users--;
    }
    use(oracle, i, told > subject->shared ? told : subject->shared);
    oracle->free_blocks += subject->blocks;
    subject->blocks = subject->shared = 0;
}

/* What of a prompt is known when its request is admitted. */
typedef struct Hit {
    uint64_t tokens, blocks, in_use;
} Hit;

static uint64_t seen_tokens(const Oracle *oracle, size_t i) {
    const uint64_t tokens = past_of(oracle, i).past.seen.tokens;
    const uint64_t prompt = whole_prompt(oracle, i);
    return tokens < prompt ? tokens : prompt - 1;
}

static Hit hit_of(const Oracle *oracle, size_t i) {
    Hit hit = {0};
    const uint64_t block = (uint64_t)oracle->script->profile.kv_block_tokens;
    if (past_of(oracle, i).kind == ASIM_PAST_CACHED) {
        const Content content = content_of(oracle, i, 0);
        hit.tokens = find_known(oracle, &content) ? seen_tokens(oracle, i) : 0;
        return hit;
    }
    while ((hit.blocks + 1) * block < whole_prompt(oracle, i)) {
        const Content content = content_of(oracle, i, hit.blocks);
        const Known *known = find_known(oracle, &content);
        if (known == NULL) {
            break;
        }
        hit.in_use += known->users > 0;
        hit.blocks++;
    }
    hit.tokens = hit.blocks * block;
    return hit;
}

static void hold(Oracle *oracle, size_t i, const Hit *hit) {
    Subject *subject = &oracle->subjects[i];
    const bool seen = past_of(oracle, i).kind == ASIM_PAST_CACHED;
    for (uint64_t n = 0; n < hit->blocks; n++) {
        const Content content = content_of(oracle, i, n);
        find_known(oracle, &content)->users++;
    }
    use(oracle, i, seen && hit->tokens > 0 ? 1 : hit->blocks);
    subject->shared = hit->blocks;
    subject->prompt_done = hit->tokens;
    oracle->outcome->lost_tokens -= subject->had < hit->tokens ? subject->had : hit->tokens;
    if (oracle->trace != NULL) {
        oracle->trace->shared += hit->in_use;
        oracle->trace->recovered += subject->had > 0 && hit->tokens > 0;
    }
}

/* ---- Leaving ---- */

static void leave(Oracle *oracle, size_t i, sim_time now) {
    free_blocks(oracle, i);
    take_out(oracle->going, &oracle->goes, i);
    take_out(oracle->queue, &oracle->queued, i);
    take_out(oracle->batch, &oracle->runs, i);
    oracle->subjects[i].state = GONE;
    oracle->outcome->requests[i].left = now;
}

static void finish_if_complete(Oracle *oracle, size_t i, sim_time now) {
    if (oracle->subjects[i].made == oracle->script->requests[i].output_tokens) {
        leave(oracle, i, now);
        RequestOutcome *outcome = &oracle->outcome->requests[i];
        const sim_time seen = now + oracle->script->profile.request_overhead;
        if (outcome->first_token > seen) {
            outcome->first_token = seen;
        }
        if (!oracle->subjects[i].client_gone) {
            outcome->finish = seen;
        }
    }
}

static void end_decode(Oracle *oracle, size_t i, sim_time now) {
    if (oracle->subjects[i].work.decodes) {
        oracle->subjects[i].made++;
        oracle->outcome->generated_tokens++;
        finish_if_complete(oracle, i, now);
    }
}

/* `beside` so many that decoded. */
static void end_chunk(Oracle *oracle, size_t i, sim_time now, size_t beside) {
    ServingOutcome *outcome = oracle->outcome;
    Subject *subject = &oracle->subjects[i];
    if (subject->work.prompt_tokens == 0) {
        return;
    }
    subject->prompt_done += subject->work.prompt_tokens;
    outcome->prompt_tokens += subject->work.prompt_tokens;
    if (subject->prompt_done == whole_prompt(oracle, i)) {
        share_prompt(oracle, i);
        subject->state = DECODING;
        subject->made++;
        outcome->generated_tokens++;
        if (subject->made == 1) {
            const Profile *profile = &oracle->script->profile;
            outcome->requests[i].first_token =
                now + profile->request_overhead + (sim_time)beside * profile->stream_overhead;
        }
        finish_if_complete(oracle, i, now);
    }
}

/* Every decoding sequence has yielded a token; then prompts that are complete have yielded their
 * first; each in order of admission. */
static void end_iteration(Oracle *oracle, sim_time now) {
    const size_t runs = oracle->runs;
    size_t *batch = memory_new(runs + 1, sizeof *batch);
    memcpy(batch, oracle->batch, runs * sizeof *batch);
    size_t beside = 0;
    for (size_t k = 0; k < runs; k++) {
        beside += oracle->subjects[batch[k]].work.decodes;
    }
    for (size_t k = 0; k < runs; k++) {
        end_decode(oracle, batch[k], now);
    }
    for (size_t k = 0; k < runs; k++) {
        end_chunk(oracle, batch[k], now, beside);
    }
    free(batch);
    oracle->running = false;
    oracle->ended_now = true;
}

/* The running sequence that was admitted last goes to the head of the queue. */
static void preempt(Oracle *oracle) {
    const size_t i = oracle->batch[--oracle->runs];
    Subject *subject = &oracle->subjects[i];
    subject->had = tokens_in_memory(oracle, i);
    oracle->outcome->lost_tokens += subject->had;
    oracle->outcome->requests[i].preemptions++;
    free_blocks(oracle, i);
    subject->state = WAITING;
    subject->made_last = subject->made;
    subject->prompt_done = 0;
    subject->work = (Work){0};
    insert(oracle->queue, &oracle->queued, 0, i);
}

/* Blocks for so many tokens, of which it has some; false if it was itself preempted for them. */
static bool take_blocks(Oracle *oracle, size_t i, uint64_t tokens) {
    Subject *subject = &oracle->subjects[i];
    const uint64_t needed = blocks_for(oracle, tokens);
    while (needed > subject->blocks + subject->shared &&
           needed - subject->blocks - subject->shared > available(oracle)) {
        const bool is_last = oracle->batch[oracle->runs - 1] == i;
        preempt(oracle);
        if (is_last) {
            return false;
        }
    }
    if (needed > subject->blocks + subject->shared) {
        take(oracle, i, needed - subject->blocks - subject->shared);
    }
    return true;
}

/* Every decoding sequence yields a token; a prompt that was begun goes on with what the budget has
 * left. False if anybody was preempted. */
static bool go_on(Oracle *oracle, int64_t *budget) {
    const size_t before = oracle->queued;
    for (size_t k = 0; k < oracle->runs; k++) {
        *budget -= oracle->subjects[oracle->batch[k]].state == DECODING;
    }
    for (size_t k = 0; k < oracle->runs; k++) {
        const size_t i = oracle->batch[k];
        Subject *subject = &oracle->subjects[i];
        if (subject->state == DECODING) {
            const uint64_t prompt = oracle->script->requests[i].prompt_tokens;
            if (take_blocks(oracle, i, prompt + subject->made)) {
                subject->work.decodes = true;
            }
            continue;
        }
        const int64_t left = (int64_t)(whole_prompt(oracle, i) - subject->prompt_done);
        const int64_t most = *budget > 0 ? *budget : 0;
        const int64_t given = left < most ? left : most;
        if (take_blocks(oracle, i, subject->prompt_done + (uint64_t)given)) {
            subject->work.prompt_tokens = (uint32_t)given;
            *budget -= given;
        }
    }
    return oracle->queued == before;
}

/* Blocks that a request needs to be admitted where it is given so many tokens after the first. */
static uint64_t blocks_wanted(const Oracle *oracle, size_t i, uint64_t first, int64_t budget) {
    const uint64_t prompt = whole_prompt(oracle, i);
    switch (oracle->script->profile.kv_admission) {
    case KV_ADMISSION_PROMPT: return blocks_for(oracle, prompt);
    case KV_ADMISSION_CHUNK: {
        const uint64_t chunk = first + (uint64_t)budget;
        return blocks_for(oracle, prompt < chunk ? prompt : chunk);
    }
    default:
        return blocks_for(oracle, (uint64_t)oracle->script->requests[i].prompt_tokens +
                                      oracle->script->requests[i].output_tokens);
    }
}

/* First come first served, while slots, budget and blocks allow; nobody overtakes. */
static void admit(Oracle *oracle, sim_time now, int64_t budget) {
    const Profile *profile = &oracle->script->profile;
    while (oracle->queued > 0 && budget > 0 && (int64_t)oracle->runs < profile->batch_slots) {
        const size_t i = oracle->queue[0];
        Subject *subject = &oracle->subjects[i];
        const Hit hit = hit_of(oracle, i);
        const bool seen = profile->prefix_cache && past_of(oracle, i).kind == ASIM_PAST_CACHED;
        const uint64_t wanted =
            blocks_wanted(oracle, i, seen ? seen_tokens(oracle, i) : hit.tokens, budget);
        if (wanted - hit.in_use > available(oracle)) {
            return;
        }
        const int64_t left = (int64_t)(whole_prompt(oracle, i) - hit.tokens);
        const int64_t given = left < budget ? left : budget;
        take_out(oracle->queue, &oracle->queued, i);
        insert(oracle->batch, &oracle->runs, oracle->runs, i);
        subject->state = PREFILLING;
        if (oracle->outcome->requests[i].admitted == SIM_TIME_NEVER) {
            oracle->outcome->requests[i].admitted = now;
            oracle->outcome->requests[i].cached = (uint32_t)hit.tokens;
            oracle->outcome->cached_tokens += hit.tokens;
        }
        hold(oracle, i, &hit);
        const uint64_t needed = profile->kv_admission == KV_ADMISSION_OUTPUT
                                    ? wanted
                                    : blocks_for(oracle, hit.tokens + (uint64_t)given);
        take(oracle, i, needed - hit.blocks);
        subject->work.prompt_tokens = (uint32_t)given;
        budget -= given;
    }
}

static void schedule(Oracle *oracle, sim_time now) {
    int64_t budget = oracle->script->profile.max_batched_tokens;
    for (size_t i = 0; i < oracle->count; i++) {
        oracle->subjects[i].work_before = oracle->subjects[i].work;
        oracle->subjects[i].work = (Work){0};
    }
    if (go_on(oracle, &budget)) {
        admit(oracle, now, budget);
    }
}

typedef struct Sums {
    double prompt_tokens; /* p */
    double decoding;      /* d */
    double sequences;     /* n */
    double kv;            /* KV, as the iteration begins */
    double pairs;         /* A */
    double growth;        /* of A, per iteration of the phase */
} Sums;

static Sums add_up(const Oracle *oracle) {
    Sums sums = {0};
    for (size_t i = 0; i < oracle->count; i++) {
        const Subject *subject = &oracle->subjects[i];
        if (subject->work.decodes) {
            sums.decoding += 1;
            sums.sequences += 1;
            sums.kv += (double)oracle->script->requests[i].prompt_tokens + (double)subject->made;
        } else if (subject->work.prompt_tokens > 0) {
            sums.sequences += 1;
            const double tokens = (double)subject->work.prompt_tokens;
            sums.prompt_tokens += tokens;
            for (uint32_t t = 1; t <= subject->work.prompt_tokens; t++) {
                sums.pairs += (double)(subject->prompt_done + t);
            }
            sums.growth += tokens * tokens;
        }
    }
    return sums;
}

/* In the order of serving.h, and of it alone: doubles are not associative. */
static double iteration_ns(const Profile *profile, const Sums *sums) {
    double time = profile->c0_ms * 1e6;
    if (profile->c_moe_ms > 0) {
        const double share = (double)profile->active_experts / (double)profile->experts;
        time += profile->c_moe_ms * 1e6 * (1.0 - pow(1.0 - share, sums->sequences));
    }
    time += profile->c_prefill_ms * 1e6 * sums->prompt_tokens;
    time += profile->c_decode_ms * 1e6 * sums->decoding;
    time += profile->c_kv_ms * 1e6 * sums->kv;
    const double free_tokens = (double)profile->free_tokens;
    time += profile->c_token_ms * 1e6 * fmax(0, sums->prompt_tokens + sums->decoding - free_tokens);
    time += profile->c_attention_ms * 1e6 * sums->pairs;
    return time;
}

static bool same_work(const Oracle *oracle) {
    for (size_t i = 0; i < oracle->count; i++) {
        const Subject *subject = &oracle->subjects[i];
        if (subject->work.decodes != subject->work_before.decodes ||
            subject->work.prompt_tokens != subject->work_before.prompt_tokens) {
            return false;
        }
    }
    return true;
}

static void keep_larger(double *worst, double value) {
    *worst = value > *worst ? value : *worst;
}

static void record(const Oracle *oracle) {
    OracleTrace *trace = oracle->trace;
    trace->boundaries = memory_grow(trace->boundaries, trace->boundary_count, &trace->boundary_room,
                                    sizeof *trace->boundaries);
    trace->boundaries[trace->boundary_count++] = oracle->ends;
    trace->phases += oracle->phase_iterations == 1;
    const long double phase = (long double)(oracle->ends - oracle->phase_start);
    const long double busy = (long double)(oracle->ends - oracle->busy_start);
    const double busy_drift = (double)fabsl(busy - oracle->busy_sum);
    keep_larger(&trace->worst_phase_drift_ns, (double)fabsl(phase - oracle->phase_sum));
    keep_larger(&trace->worst_busy_drift_ns, busy_drift);
    keep_larger(&trace->worst_drift_per_phase_ns, busy_drift / (double)oracle->busy_phases);
}

static void begin_iteration(Oracle *oracle, sim_time now) {
    while (oracle->goes > 0) {
        leave(oracle, oracle->going[0], now);
    }
    schedule(oracle, now);
    const Sums sums = add_up(oracle);
    if (sums.sequences == 0) {
        return;
    }
    const double time = iteration_ns(&oracle->script->profile, &sums);
    if (!oracle->ended_now) {
        oracle->busy_start = now;
        oracle->busy_sum = 0;
        oracle->busy_phases = 0;
    }
    if (oracle->ended_now && same_work(oracle)) {
        oracle->phase_iterations++;
    } else {
        oracle->phase_start = now;
        oracle->phase_first = time;
        oracle->phase_growth = oracle->script->profile.c_kv_ms * 1e6 * sums.decoding +
                               oracle->script->profile.c_attention_ms * 1e6 * sums.growth;
        oracle->phase_iterations = 1;
        oracle->phase_sum = 0;
        oracle->busy_phases++;
    }
    const double j = (double)oracle->phase_iterations;
    oracle->ends =
        oracle->phase_start +
        (sim_time)floor(j * oracle->phase_first + oracle->phase_growth * (j * (j - 1) / 2) + 0.5);
    oracle->running = true;
    oracle->phase_sum += time;
    oracle->busy_sum += time;
    if (oracle->trace != NULL) {
        record(oracle);
    }
}

/* Tokens of the blocks that requests have, or need to be admitted. */
static uint64_t kv_held(const Oracle *oracle) {
    const Profile *profile = &oracle->script->profile;
    uint64_t blocks = 0;
    for (size_t k = 0; k < oracle->runs; k++) {
        blocks += oracle->subjects[oracle->batch[k]].blocks;
    }
    for (size_t k = 0; k < oracle->known_count; k++) {
        blocks += oracle->known[k].users > 0;
    }
    for (size_t k = 0; k < oracle->queued; k++) {
        blocks += blocks_wanted(oracle, oracle->queue[k], 0, profile->max_batched_tokens);
    }
    return blocks * (uint64_t)profile->kv_block_tokens;
}

static ProbeOutcome look(const Oracle *oracle) {
    ProbeOutcome probe = {.prompt_tokens = oracle->outcome->prompt_tokens,
                          .generated_tokens = oracle->outcome->generated_tokens};
    for (size_t i = 0; i < oracle->count; i++) {
        probe.held += is_held(&oracle->subjects[i]);
    }
    probe.kv_held = kv_held(oracle);
    return probe;
}

static void keep_earlier(sim_time *earliest, sim_time time) {
    *earliest = time < *earliest ? time : *earliest;
}

/* The next instant at which anything happens; SIM_TIME_NEVER if nothing ever will. */
static sim_time next_instant(const Oracle *oracle) {
    const ServingScript *script = oracle->script;
    sim_time next = oracle->running ? oracle->ends : SIM_TIME_NEVER;
    for (size_t i = 0; i < oracle->count; i++) {
        if (oracle->subjects[i].state == TO_COME) {
            keep_earlier(&next, script->requests[i].arrival);
        } else if (is_held(&oracle->subjects[i]) && !oracle->subjects[i].client_gone) {
            keep_earlier(&next, script->requests[i].abandon);
        }
    }
    if (oracle->probes_done < script->probe_count) {
        keep_earlier(&next, script->probes[oracle->probes_done]);
    }
    if (look(oracle).held > 0) {
        keep_earlier(&next, script->kill);
    }
    return next;
}

static void play_instant(Oracle *oracle, sim_time now) {
    const ServingScript *script = oracle->script;
    oracle->ended_now = false;
    if (oracle->running && oracle->ends == now) {
        end_iteration(oracle, now);
    }
    for (size_t i = 0; i < oracle->count; i++) {
        if (script->requests[i].arrival == now) {
            oracle->subjects[i].state = WAITING;
            insert(oracle->queue, &oracle->queued, oracle->queued, i);
        }
    }
    for (size_t i = 0; i < oracle->count; i++) {
        if (script->requests[i].abandon == now && is_held(&oracle->subjects[i])) {
            oracle->subjects[i].client_gone = true;
            insert(oracle->going, &oracle->goes, oracle->goes, i);
        }
    }
    if (script->kill == now) {
        for (size_t i = 0; i < oracle->count; i++) {
            if (is_held(&oracle->subjects[i])) {
                leave(oracle, i, now);
            }
        }
        oracle->running = false;
    }
    if (!oracle->running) {
        begin_iteration(oracle, now);
    }
    while (oracle->probes_done < script->probe_count &&
           script->probes[oracle->probes_done] == now) {
        oracle->outcome->probes[oracle->probes_done++] = look(oracle);
    }
}

/* Nothing changes between two instants. */
static void meter(Oracle *oracle, sim_time elapsed) {
    const Profile *profile = &oracle->script->profile;
    const double slots = (double)look(oracle).held / (double)profile->batch_slots;
    const int64_t capacity = profile->kv_capacity_tokens / profile->kv_block_tokens;
    const double kv = (double)kv_held(oracle) / (double)(capacity * profile->kv_block_tokens);
    oracle->outcome->load_ns += (kv > slots ? kv : slots) * (double)elapsed;
    oracle->outcome->kv_load_ns += kv * (double)elapsed;
}

void serving_oracle_run(const ServingScript *script, ServingOutcome *outcome, OracleTrace *trace) {
    serving_outcome_init(outcome, script);
    if (trace != NULL) {
        *trace = (OracleTrace){0};
    }
    Oracle oracle = {.script = script, .outcome = outcome, .trace = trace};
    oracle.count = script->request_count;
    oracle.subjects = memory_new(oracle.count + 1, sizeof *oracle.subjects);
    oracle.queue = memory_new(oracle.count + 1, sizeof *oracle.queue);
    oracle.batch = memory_new(oracle.count + 1, sizeof *oracle.batch);
    oracle.going = memory_new(oracle.count + 1, sizeof *oracle.going);
    oracle.free_blocks =
        (uint64_t)(script->profile.kv_capacity_tokens / script->profile.kv_block_tokens);
    sim_time before = -1;
    for (sim_time now = next_instant(&oracle); now != SIM_TIME_NEVER; now = next_instant(&oracle)) {
        assert(now > before);
        meter(&oracle, before < 0 ? 0 : now - before);
        play_instant(&oracle, now);
        before = now;
    }
    free(oracle.subjects);
    free(oracle.queue);
    free(oracle.batch);
    free(oracle.going);
    free(oracle.known);
}

void serving_outcome_init(ServingOutcome *outcome, const ServingScript *script) {
    *outcome = (ServingOutcome){0};
    outcome->requests = memory_new(script->request_count + 1, sizeof *outcome->requests);
    outcome->probes = memory_new(script->probe_count + 1, sizeof *outcome->probes);
    for (size_t i = 0; i < script->request_count; i++) {
        outcome->requests[i] =
            (RequestOutcome){SIM_TIME_NEVER, SIM_TIME_NEVER, SIM_TIME_NEVER, SIM_TIME_NEVER, 0, 0};
    }
}

void serving_outcome_clear(ServingOutcome *outcome) {
    free(outcome->requests);
    free(outcome->probes);
    *outcome = (ServingOutcome){0};
}

void oracle_trace_clear(OracleTrace *trace) {
    free(trace->boundaries);
    *trace = (OracleTrace){0};
}
