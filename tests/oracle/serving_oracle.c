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

typedef struct Subject {
    State state;
    uint64_t prompt_done;
    uint32_t made;      /* tokens generated */
    uint32_t made_last; /* as many were when it was last queued: they are part of its prompt */
    uint64_t blocks;    /* of KV memory, that it has */
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
    uint64_t free_blocks;

    bool running;   /* an iteration is running, */
    sim_time ends;  /* until then */
    bool ended_now; /* an iteration has ended at this very instant: no gap before the next */

    sim_time phase_start;
    double phase_first;       /* T0 */
    double phase_growth;      /* c_kv * d */
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

static void free_blocks(Oracle *oracle, size_t i) {
    oracle->free_blocks += oracle->subjects[i].blocks;
    oracle->subjects[i].blocks = 0;
}

static void leave(Oracle *oracle, size_t i, sim_time now) {
    free_blocks(oracle, i);
    take_out(oracle->queue, &oracle->queued, i);
    take_out(oracle->batch, &oracle->runs, i);
    oracle->subjects[i].state = GONE;
    oracle->outcome->requests[i].left = now;
}

static void finish_if_complete(Oracle *oracle, size_t i, sim_time now) {
    if (oracle->subjects[i].made == oracle->script->requests[i].output_tokens) {
        leave(oracle, i, now);
        if (!oracle->subjects[i].client_gone) {
            oracle->outcome->requests[i].finish = now + oracle->script->profile.request_overhead;
        }
    }
}

/* Every decoding sequence has yielded a token; prompts that are complete have yielded their first.
 */
static void end_iteration(Oracle *oracle, sim_time now) {
    ServingOutcome *outcome = oracle->outcome;
    for (size_t i = 0; i < oracle->count; i++) {
        Subject *subject = &oracle->subjects[i];
        if (subject->work.decodes) {
            subject->made++;
            outcome->generated_tokens++;
            finish_if_complete(oracle, i, now);
        } else if (subject->work.prompt_tokens > 0) {
            subject->prompt_done += subject->work.prompt_tokens;
            outcome->prompt_tokens += subject->work.prompt_tokens;
            if (subject->prompt_done == whole_prompt(oracle, i)) {
                subject->state = DECODING;
                subject->made++;
                outcome->generated_tokens++;
                if (subject->made == 1) {
                    outcome->requests[i].first_token =
                        now + oracle->script->profile.request_overhead;
                }
                finish_if_complete(oracle, i, now);
            }
        }
    }
    oracle->running = false;
    oracle->ended_now = true;
}

/* The running sequence that was admitted last goes to the head of the queue. */
static void preempt(Oracle *oracle) {
    const size_t i = oracle->batch[--oracle->runs];
    Subject *subject = &oracle->subjects[i];
    oracle->outcome->lost_tokens +=
        subject->state == DECODING
            ? whole_prompt(oracle, i) + subject->made - subject->made_last - 1
            : subject->prompt_done;
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
    while (needed > subject->blocks && needed - subject->blocks > oracle->free_blocks) {
        const bool is_last = oracle->batch[oracle->runs - 1] == i;
        preempt(oracle);
        if (is_last) {
            return false;
        }
    }
    if (needed > subject->blocks) {
        oracle->free_blocks -= needed - subject->blocks;
        subject->blocks = needed;
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

/* Blocks that must be free for a request to be admitted where a prompt is given so many tokens. */
static uint64_t blocks_wanted(const Oracle *oracle, size_t i, int64_t budget) {
    const uint64_t prompt = whole_prompt(oracle, i);
    switch (oracle->script->profile.kv_admission) {
    case KV_ADMISSION_PROMPT: return blocks_for(oracle, prompt);
    case KV_ADMISSION_CHUNK:
        return blocks_for(oracle, prompt < (uint64_t)budget ? prompt : (uint64_t)budget);
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
        const uint64_t wanted = blocks_wanted(oracle, i, budget);
        if (wanted > oracle->free_blocks) {
            return;
        }
        const int64_t prompt = (int64_t)whole_prompt(oracle, i);
        const int64_t given = prompt < budget ? prompt : budget;
        take_out(oracle->queue, &oracle->queued, i);
        insert(oracle->batch, &oracle->runs, oracle->runs, i);
        subject->state = PREFILLING;
        if (oracle->outcome->requests[i].admitted == SIM_TIME_NEVER) {
            oracle->outcome->requests[i].admitted = now;
        }
        subject->blocks = profile->kv_admission == KV_ADMISSION_OUTPUT
                              ? wanted
                              : blocks_for(oracle, (uint64_t)given);
        oracle->free_blocks -= subject->blocks;
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
            sums.prompt_tokens += (double)subject->work.prompt_tokens;
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
    for (size_t i = 0; i < oracle->count; i++) {
        if (is_held(&oracle->subjects[i]) && oracle->subjects[i].client_gone) {
            leave(oracle, i, now);
        }
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
        oracle->phase_growth = oracle->script->profile.c_kv_ms * 1e6 * sums.decoding;
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
    for (size_t k = 0; k < oracle->queued; k++) {
        blocks += blocks_wanted(oracle, oracle->queue[k], profile->max_batched_tokens);
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
}

void serving_outcome_init(ServingOutcome *outcome, const ServingScript *script) {
    *outcome = (ServingOutcome){0};
    outcome->requests = memory_new(script->request_count + 1, sizeof *outcome->requests);
    outcome->probes = memory_new(script->probe_count + 1, sizeof *outcome->probes);
    for (size_t i = 0; i < script->request_count; i++) {
        outcome->requests[i] =
            (RequestOutcome){SIM_TIME_NEVER, SIM_TIME_NEVER, SIM_TIME_NEVER, SIM_TIME_NEVER, 0};
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
