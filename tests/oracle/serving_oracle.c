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
    uint32_t prompt_done;
    uint32_t made;    /* tokens generated */
    bool client_gone; /* leaves at the next boundary */
    Work work, work_before;
} Subject;

typedef struct Oracle {
    const ServingScript *script;
    ServingOutcome *outcome;
    OracleTrace *trace; /* or NULL */
    Subject *subjects;
    size_t count;
    size_t probes_done;

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

static uint64_t reservation(const Oracle *oracle, size_t i) {
    const ScriptRequest *request = &oracle->script->requests[i];
    return (uint64_t)request->prompt_tokens + request->output_tokens;
}

static void leave(Oracle *oracle, size_t i, sim_time now) {
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
            if (subject->prompt_done == oracle->script->requests[i].prompt_tokens) {
                subject->state = DECODING;
                subject->made = 1;
                outcome->generated_tokens++;
                outcome->requests[i].first_token = now + oracle->script->profile.request_overhead;
                finish_if_complete(oracle, i, now);
            }
        }
    }
    oracle->running = false;
    oracle->ended_now = true;
}

/* First come first served, while batch slots and KV capacity allow; nobody overtakes. */
static void admit(Oracle *oracle, sim_time now) {
    const Profile *profile = &oracle->script->profile;
    int64_t in_batch = 0;
    uint64_t reserved = 0;
    for (size_t i = 0; i < oracle->count; i++) {
        if (oracle->subjects[i].state == PREFILLING || oracle->subjects[i].state == DECODING) {
            in_batch++;
            reserved += reservation(oracle, i);
        }
    }
    for (size_t i = 0; i < oracle->count; i++) {
        if (oracle->subjects[i].state != WAITING) {
            continue;
        }
        reserved += reservation(oracle, i);
        if (in_batch == profile->batch_slots || reserved > (uint64_t)profile->kv_capacity_tokens) {
            break;
        }
        in_batch++;
        oracle->subjects[i].state = PREFILLING;
        oracle->outcome->requests[i].admitted = now;
    }
}

/* Every decoding sequence yields a token; what is left of the budget goes to prompts in order. */
static void share_out(Oracle *oracle) {
    int64_t budget = oracle->script->profile.max_batched_tokens;
    for (size_t i = 0; i < oracle->count; i++) {
        Subject *subject = &oracle->subjects[i];
        subject->work_before = subject->work;
        subject->work = (Work){.decodes = subject->state == DECODING};
        budget -= subject->work.decodes ? 1 : 0;
    }
    for (size_t i = 0; i < oracle->count; i++) {
        Subject *subject = &oracle->subjects[i];
        if (subject->state == PREFILLING && budget > 0) {
            const int64_t left =
                oracle->script->requests[i].prompt_tokens - (int64_t)subject->prompt_done;
            const int64_t given = left < budget ? left : budget;
            subject->work.prompt_tokens = (uint32_t)given;
            budget -= given;
        }
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
    admit(oracle, now);
    share_out(oracle);
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

static ProbeOutcome look(const Oracle *oracle) {
    ProbeOutcome probe = {.prompt_tokens = oracle->outcome->prompt_tokens,
                          .generated_tokens = oracle->outcome->generated_tokens};
    for (size_t i = 0; i < oracle->count; i++) {
        if (is_held(&oracle->subjects[i])) {
            probe.held++;
            probe.kv_held += reservation(oracle, i);
        }
    }
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

void serving_oracle_run(const ServingScript *script, ServingOutcome *outcome, OracleTrace *trace) {
    serving_outcome_init(outcome, script);
    if (trace != NULL) {
        *trace = (OracleTrace){0};
    }
    Oracle oracle = {.script = script, .outcome = outcome, .trace = trace};
    oracle.count = script->request_count;
    oracle.subjects = memory_new(oracle.count + 1, sizeof *oracle.subjects);
    sim_time before = -1;
    for (sim_time now = next_instant(&oracle); now != SIM_TIME_NEVER; now = next_instant(&oracle)) {
        assert(now > before);
        play_instant(&oracle, now);
        before = now;
    }
    free(oracle.subjects);
}

void serving_outcome_init(ServingOutcome *outcome, const ServingScript *script) {
    *outcome = (ServingOutcome){0};
    outcome->requests = memory_new(script->request_count + 1, sizeof *outcome->requests);
    outcome->probes = memory_new(script->probe_count + 1, sizeof *outcome->probes);
    for (size_t i = 0; i < script->request_count; i++) {
        outcome->requests[i] =
            (RequestOutcome){SIM_TIME_NEVER, SIM_TIME_NEVER, SIM_TIME_NEVER, SIM_TIME_NEVER};
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
