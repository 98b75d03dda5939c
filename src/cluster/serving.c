// SPDX-License-Identifier: GPL-3.0-or-later
/* Continuous batching by leaps: see cluster.h for the rules and the definition of a phase. */
#include "cluster/cluster.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* ---- The profile. The coverage of experts, 1 - (1 - k/E)^n, is a table over n, for pow() has no
 * place in the loop. ---- */

static const char batch_slots_help[] = "sequences that a batch holds (vLLM's max_num_seqs)";

#define ROW(member, type, basis) OPTION_ROW(Profile, member, type, basis)
const Option profile_options[] = {
    {ROW(c0_ms, NUMBER, ASSUMED), .minimum = 0.000001, .maximum = 1e6,
     .help = "time of an iteration that does nothing, in ms"},
    {ROW(c_moe_ms, NUMBER, ASSUMED), .maximum = 1e6, .default_text = "0",
     .help = "mixture of experts: time to read all experts' weights, in ms"},
    {ROW(c_prefill_ms, NUMBER, ASSUMED), .maximum = 1e6,
     .help = "ms per prompt token of an iteration"},
    {ROW(c_decode_ms, NUMBER, ASSUMED), .maximum = 1e6,
     .help = "ms per decoding sequence of an iteration"},
    {ROW(c_kv_ms, NUMBER, ASSUMED), .maximum = 1e3, .default_text = "0",
     .help = "ms per KV token held by decoding sequences"},
    {ROW(experts, INTEGER, ASSUMED), .maximum = 1e5, .default_text = "0", .needs = "c_moe_ms",
     .help = "experts of a mixture-of-experts layer; 0 = dense"},
    {ROW(active_experts, INTEGER, ASSUMED), .maximum = 1e5, .default_text = "0",
     .needs = "c_moe_ms", .help = "experts that one token uses"},
    {ROW(batch_slots, INTEGER, ASSUMED), .minimum = 1, .maximum = 1048576, .default_text = "256",
     .help = batch_slots_help},
    {ROW(kv_capacity_tokens, INTEGER, ASSUMED), .minimum = 2, .maximum = 1e15,
     .help = "tokens that the KV cache holds"},
    {ROW(max_batched_tokens, INTEGER, ASSUMED), .minimum = 1, .maximum = 1e9,
     .default_text = "8192",
     .help = "token budget of an iteration (vLLM's max_num_batched_tokens)"},
    {ROW(request_overhead, DURATION, ASSUMED), .maximum = 60, .default_text = "7ms",
     .help = "HTTP and tokenising, added to all that the client sees (fitted on vLLM: 5-7 ms)"},
    OPTION_END,
};

void profile_check(const void *config, const Error *where, ErrorList *errors) {
    const Profile *profile = config;
    if (profile->active_experts > profile->experts) {
        error_at(errors, where, "active_experts above experts", "active_experts of at most experts",
                 NULL);
    }
    if (profile->c_moe_ms > 0 && (profile->experts == 0 || profile->active_experts == 0)) {
        error_at(errors, where, "c_moe_ms without experts",
                 "experts and active_experts beside c_moe_ms", NULL);
    }
}

static double *coverage_table(const Profile *profile) {
    if (!(profile->c_moe_ms > 0)) {
        return NULL;
    }
    double *coverage = memory_new((size_t)profile->batch_slots + 1, sizeof *coverage);
    const double missed = 1.0 - (double)profile->active_experts / (double)profile->experts;
    for (int64_t n = 0; n <= profile->batch_slots; n++) {
        coverage[n] = profile->c_moe_ms * 1e6 * (1.0 - pow(missed, (double)n));
    }
    return coverage;
}

void serving_model_init(ServingModel *model, const Profile *profile) {
    *model = (ServingModel){
        .c0_ns = profile->c0_ms * 1e6,
        .c_prefill_ns = profile->c_prefill_ms * 1e6,
        .c_decode_ns = profile->c_decode_ms * 1e6,
        .c_kv_ns = profile->c_kv_ms * 1e6,
        .coverage_ns = coverage_table(profile),
        .batch_slots = (uint32_t)profile->batch_slots,
        .token_budget = (uint32_t)profile->max_batched_tokens,
        .kv_capacity = (uint64_t)profile->kv_capacity_tokens,
        .request_overhead = profile->request_overhead,
    };
}

void serving_model_clear(ServingModel *model) {
    free(model->coverage_ns);
    model->coverage_ns = NULL;
}

/* ---- Requests in flight: the pool grows by chunks of 4,096, so that places keep their address,
 * and a growing pool is never copied. ---- */

static_assert(sizeof(Request) <= 72,
              "a request in flight takes at most 100 bytes with its timer's 24");

void request_pool_init(RequestPool *pool) {
    *pool = (RequestPool){.free = REQUEST_NONE};
}

void request_pool_clear(RequestPool *pool) {
    for (size_t i = 0; i < pool->chunk_count; i++) {
        free(pool->chunks[i]);
    }
    free(pool->chunks);
    request_pool_init(pool);
}

void request_pool_add_chunk(RequestPool *pool) {
    const size_t first = pool->chunk_count << REQUEST_CHUNK_BITS;
    asim_assert(first + REQUEST_CHUNK < REQUEST_NONE);
    pool->chunks =
        memory_grow(pool->chunks, pool->chunk_count, &pool->chunk_room, sizeof *pool->chunks);
    Request *chunk = memory_resize(NULL, REQUEST_CHUNK, sizeof *chunk);
    pool->chunks[pool->chunk_count++] = chunk;
    for (uint32_t i = 0; i < REQUEST_CHUNK; i++) {
        chunk[i].stage = REQUEST_FREE;
        chunk[i].next = (uint32_t)(first + i + 1);
    }
    chunk[REQUEST_CHUNK - 1].next = pool->free;
    pool->free = (uint32_t)first;
}

void serving_init(Serving *serving, const ServingModel *model, RequestPool *requests) {
    *serving = (Serving){
        .model = model,
        .requests = requests,
        .head = REQUEST_NONE,
        .tail = REQUEST_NONE,
        .first_waiting = REQUEST_NONE,
        .boundary = SIM_TIME_NEVER,
        .batch_changed = true,
    };
}

void serving_clear(Serving *serving) {
    free(serving->finishes);
    free(serving->leaving);
    free(serving->left);
    serving->finishes = NULL;
    serving->leaving = serving->left = NULL;
}

static uint64_t kv_needed(const Request *request) {
    return (uint64_t)request->prompt_tokens + request->output_tokens;
}

bool serving_can_fit(const ServingModel *model, uint32_t prompt_tokens, uint32_t output_tokens) {
    return (uint64_t)prompt_tokens + output_tokens <= model->kv_capacity;
}

/* ---- The heap of decoding sequences by their last iteration: binary, 8-byte keys ---- */

static void finishes_sift_up(uint64_t *heap, uint32_t at, uint64_t key) {
    while (at > 0) {
        const uint32_t parent = (at - 1) / 2;
        if (heap[parent] <= key) {
            break;
        }
        heap[at] = heap[parent];
        at = parent;
    }
    heap[at] = key;
}

/* Refills the hole at `at`: the smaller child moves up all the way, then `key` climbs from the
 * bottom; the last key nearly always belongs there, so this saves its compares on the way down. */
static void finishes_fill(uint64_t *heap, uint32_t count, uint32_t at, uint64_t key) {
    uint32_t child = 2 * at + 1;
    const uint32_t top = at;
    while (child + 1 < count) {
        child += heap[child + 1] < heap[child];
        heap[at] = heap[child];
        at = child;
        child = 2 * at + 1;
    }
    if (child < count) {
        heap[at] = heap[child];
        at = child;
    }
    while (at > top && heap[(at - 1) / 2] > key) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = key;
}

static uint64_t finishes_first(const Serving *serving) {
    return serving->base + (serving->finishes[0] >> 32);
}

static uint64_t finishes_pop(Serving *serving) {
    asim_assert_often(serving->decoding > 0 && serving->decoding <= serving->finishes_room);
    asim_assert_often(serving->finishes[0] <= serving->finishes[serving->decoding - 1]);
    const uint64_t first = serving->finishes[0];
    const uint32_t count = --serving->decoding;
    if (count > 0) {
        finishes_fill(serving->finishes, count, 0, serving->finishes[count]);
    }
    return first;
}

/* Keys count iterations from `base` in 32 bits; once in four billion iterations the base moves up.
 */
static void finishes_rebase(Serving *serving) {
    asim_assert_often(serving->iteration >= serving->base);
    asim_assert_often(serving->decoding == 0 || finishes_first(serving) >= serving->iteration);
    const uint64_t shift = (serving->iteration - serving->base) << 32;
    for (uint32_t i = 0; i < serving->decoding; i++) {
        serving->finishes[i] -= shift;
    }
    serving->base = serving->iteration;
}

static void finishes_push(Serving *serving, uint64_t last_iteration, uint32_t request) {
    asim_assert_often(last_iteration > serving->iteration);
    asim_assert_often(serving->decoding < serving->model->batch_slots);
    if (last_iteration - serving->base > UINT32_MAX) {
        finishes_rebase(serving);
    }
    if (serving->decoding == serving->finishes_room) {
        serving->finishes_room =
            serving->finishes_room ? 2 * serving->finishes_room : MEMORY_FIRST_ROOM(16);
        serving->finishes =
            memory_resize(serving->finishes, serving->finishes_room, sizeof *serving->finishes);
    }
    const uint64_t key = (last_iteration - serving->base) << 32 | request;
    finishes_sift_up(serving->finishes, serving->decoding++, key);
}

/* ---- The queue: a doubly linked list through the pool ---- */

static void queue_append(Serving *serving, uint32_t index, Request *request) {
    asim_assert_often(request->stage == REQUEST_QUEUED);
    asim_assert_often((serving->head == REQUEST_NONE) == (serving->tail == REQUEST_NONE));
    request->next = REQUEST_NONE;
    request->previous = serving->tail;
    if (serving->tail == REQUEST_NONE) {
        serving->head = index;
        serving->head_left = request->prompt_tokens;
    } else {
        request_at(serving->requests, serving->tail)->next = index;
    }
    serving->tail = index;
    if (serving->waiting++ == 0) {
        serving->first_waiting = index;
    }
}

static void queue_unlink(Serving *serving, uint32_t index) {
    const Request *request = request_at(serving->requests, index);
    asim_assert_often(request->stage == REQUEST_QUEUED || request->stage == REQUEST_PREFILLING);
    asim_assert_often(serving->prefilling + serving->waiting > 0);
    if (request->next == REQUEST_NONE) {
        serving->tail = request->previous;
    } else {
        request_at(serving->requests, request->next)->previous = request->previous;
    }
    if (serving->first_waiting == index) {
        serving->first_waiting = request->next;
    }
    if (request->previous != REQUEST_NONE) {
        request_at(serving->requests, request->previous)->next = request->next;
        return;
    }
    serving->head = request->next;
    if (serving->head != REQUEST_NONE) {
        serving->head_left = request_at(serving->requests, serving->head)->prompt_tokens;
    }
}

/* ---- Phases ---- */

/* In ns: longer than a run can last. A boundary beyond it never comes. */
#define PHASE_LONGEST 4e18

static inline sim_time phase_boundary(const Serving *serving, int64_t iterations) {
    const double j = (double)iterations;
    const double elapsed =
        j * serving->phase_first_ns + serving->phase_growth_ns * (j * (j - 1.0) / 2.0);
    if (elapsed >= PHASE_LONGEST) {
        return SIM_TIME_NEVER;
    }
    return serving->phase_start + (sim_time)(elapsed + 0.5);
}

/* The least j > phase_done whose boundary is at or after `time`: the positive root of the quadratic
 * in the form that does not cancel, cut to a whole number, then corrected by the exact boundaries;
 * the root cut off is never beyond that j. */
static int64_t phase_iterations_until(const Serving *serving, sim_time time) {
    const double elapsed = (double)(time - serving->phase_start);
    const double half_growth = serving->phase_growth_ns / 2.0;
    const double linear = serving->phase_first_ns - half_growth;
    const double root = sqrt(linear * linear + 4.0 * half_growth * elapsed);
    int64_t j = (int64_t)(2.0 * elapsed / (linear + root));
    if (j <= serving->phase_done) {
        j = serving->phase_done + 1;
    }
    while (phase_boundary(serving, j) < time) {
        j++;
    }
    return j;
}

/* Cuts the leap at the first boundary at or after now. */
static ServingChange phase_cut(Serving *serving, sim_time now) {
    if (!serving->computing) {
        return SERVING_TO_BEGIN;
    }
    if (serving->phase_end == serving->phase_done + 1) {
        return SERVING_UNCHANGED;
    }
    asim_assert_often(serving->phase_done < serving->phase_end);
    asim_assert_often(now >= serving->phase_start && now <= serving->boundary);
    const int64_t end = phase_iterations_until(serving, now);
    if (end >= serving->phase_end) {
        return SERVING_UNCHANGED;
    }
    serving->phase_end = end;
    serving->phase_completing = 0;
    serving->boundary = phase_boundary(serving, end);
    return SERVING_RESCHEDULED;
}

static bool can_admit(const Serving *serving, const Request *request) {
    return serving->prefilling + serving->decoding < serving->model->batch_slots &&
           serving->kv_reserved + kv_needed(request) <= serving->model->kv_capacity;
}

ServingChange serving_enqueue(Serving *serving, sim_time now, uint32_t index) {
    Request *request = request_at(serving->requests, index);
    asim_assert(request->prompt_tokens > 0 && request->output_tokens > 0);
    asim_assert(kv_needed(request) <= serving->model->kv_capacity);
    const bool enters_next = serving->waiting == 0 && can_admit(serving, request);
    request->stage = REQUEST_QUEUED;
    queue_append(serving, index, request);
    serving->held++;
    serving->kv_held += kv_needed(request);
    if (serving->computing && !enters_next) {
        return SERVING_UNCHANGED;
    }
    return phase_cut(serving, now);
}

ServingChange serving_abandon(Serving *serving, sim_time now, uint32_t index) {
    asim_assert_often(serving->leaving_count < serving->held);
    asim_assert_often(!request_at(serving->requests, index)->abandoned);
    request_at(serving->requests, index)->abandoned = true;
    if (serving->leaving_count == serving->leaving_room) {
        serving->leaving_room =
            serving->leaving_room ? 2 * serving->leaving_room : MEMORY_FIRST_ROOM(16);
        serving->leaving =
            memory_resize(serving->leaving, serving->leaving_room, sizeof *serving->leaving);
    }
    serving->leaving[serving->leaving_count++] = index;
    return phase_cut(serving, now);
}

/* ---- Leaving ---- */

static void leave(Serving *serving, uint32_t index, Request *request) {
    asim_assert_often(serving->held > 0 && serving->kv_held >= kv_needed(request));
    asim_assert_often(request->stage == REQUEST_QUEUED ||
                      serving->kv_reserved >= kv_needed(request));
    if (serving->left_count == serving->left_room) {
        serving->left_room = serving->left_room ? 2 * serving->left_room : MEMORY_FIRST_ROOM(16);
        serving->left = memory_resize(serving->left, serving->left_room, sizeof *serving->left);
    }
    serving->left[serving->left_count++] = index;
    if (request->stage != REQUEST_QUEUED) {
        serving->kv_reserved -= kv_needed(request);
    }
    serving->held--;
    serving->kv_held -= kv_needed(request);
    request->stage = REQUEST_LEFT;
}

static void remove_decoding(Serving *serving, uint32_t index, const Request *request) {
    uint32_t at = 0;
    while ((uint32_t)serving->finishes[at] != index) {
        at++;
        asim_assert(at < serving->decoding);
    }
    const uint64_t to_do = serving->base + (serving->finishes[at] >> 32) - serving->iteration;
    serving->kv_decoding -= kv_needed(request) - to_do;
    const uint32_t count = --serving->decoding;
    if (at == count) {
        return;
    }
    const uint64_t last = serving->finishes[count];
    if (at > 0 && last < serving->finishes[(at - 1) / 2]) {
        finishes_sift_up(serving->finishes, at, last);
    } else {
        finishes_fill(serving->finishes, count, at, last);
    }
}

/* Abandoned requests leave at a boundary, wherever they are by now. */
static void remove_leaving(Serving *serving) {
    for (uint32_t i = 0; i < serving->leaving_count; i++) {
        const uint32_t index = serving->leaving[i];
        Request *request = request_at(serving->requests, index);
        if (request->stage == REQUEST_DECODING) {
            remove_decoding(serving, index, request);
            serving->batch_changed = true;
        } else {
            serving->batch_changed |= index == serving->head && serving->phase_prompt_tokens > 0;
            queue_unlink(serving, index);
            request->first_token = SIM_TIME_NEVER;
            serving->prefilling -= request->stage == REQUEST_PREFILLING;
            serving->waiting -= request->stage == REQUEST_QUEUED;
        }
        leave(serving, index, request);
    }
    serving->leaving_count = 0;
}

/* An abandoned request that finishes at the very boundary has left before it could be removed. */
static void forget_finished(Serving *serving) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < serving->leaving_count; i++) {
        const uint32_t index = serving->leaving[i];
        serving->leaving[kept] = index;
        kept += request_at(serving->requests, index)->stage != REQUEST_LEFT;
    }
    serving->leaving_count = kept;
}

void serving_evict_all(Serving *serving, sim_time now) {
    asim_assert_often(serving->held == serving->prefilling + serving->waiting + serving->decoding);
    asim_assert_often(!serving->computing || serving->boundary >= now);
    uint64_t prompt, generated;
    serving_tokens_at(serving, now, &prompt, &generated);
    serving->prompt_tokens_done = prompt;
    serving->generated_tokens_done = generated;
    serving->leaving_count = 0;
    for (uint32_t i = 0; i < serving->decoding; i++) {
        const uint32_t index = (uint32_t)serving->finishes[i];
        leave(serving, index, request_at(serving->requests, index));
    }
    for (uint32_t index = serving->head; index != REQUEST_NONE;) {
        Request *request = request_at(serving->requests, index);
        const uint32_t next = request->next;
        request->first_token = SIM_TIME_NEVER;
        leave(serving, index, request);
        index = next;
    }
    asim_assert_often(serving->held == 0 && serving->kv_held == 0);
    asim_assert_often(serving->kv_reserved == 0);
    serving->head = serving->tail = serving->first_waiting = REQUEST_NONE;
    serving->prefilling = serving->waiting = serving->decoding = 0;
    serving->kv_decoding = 0;
    serving->computing = false;
    serving->boundary = SIM_TIME_NEVER;
    serving->batch_changed = true;
}

/* ---- The end of an iteration ---- */

static void finish_decoding(Serving *serving) {
    while (serving->decoding > 0 && finishes_first(serving) == serving->iteration) {
        const uint32_t index = (uint32_t)finishes_pop(serving);
        Request *request = request_at(serving->requests, index);
        serving->kv_decoding -= kv_needed(request);
        serving->batch_changed = true;
        leave(serving, index, request);
    }
}

static void complete_prompt(Serving *serving) {
    const uint32_t index = serving->head;
    asim_assert_often(serving->prefilling > 0 && index != REQUEST_NONE);
    asim_assert_often(request_at(serving->requests, index)->stage == REQUEST_PREFILLING);
    Request *request = request_at(serving->requests, index);
    queue_unlink(serving, index);
    serving->prefilling--;
    serving->generated_tokens_done++;
    serving->batch_changed = true;
    request->first_token = serving->boundary + serving->model->request_overhead;
    if (request->output_tokens == 1) {
        leave(serving, index, request);
        return;
    }
    request->stage = REQUEST_DECODING;
    serving->kv_decoding += (uint64_t)request->prompt_tokens + 1;
    finishes_push(serving, serving->iteration + request->output_tokens - 1, index);
}

void serving_end(Serving *serving) {
    asim_assert(serving->computing);
    const uint64_t iterations = (uint64_t)(serving->phase_end - serving->phase_done);
    const uint64_t generated = iterations * serving->decoding;
    uint64_t prompt_tokens = iterations * serving->phase_prompt_tokens;
    serving->phase_done = serving->phase_end;
    serving->iteration += iterations;
    serving->kv_decoding += generated;
    serving->generated_tokens_done += generated;
    serving->prompt_tokens_done += prompt_tokens;
    finish_decoding(serving);
    for (uint32_t i = 0; i < serving->phase_completing; i++) {
        prompt_tokens -= serving->head_left;
        complete_prompt(serving);
    }
    asim_assert_often(serving->head == REQUEST_NONE ? prompt_tokens == 0
                                                    : prompt_tokens <= serving->head_left);
    asim_assert_often(serving->prefilling + serving->waiting + serving->decoding == serving->held);
    serving->head_left -= (uint32_t)prompt_tokens;
    serving->computing = false;
    forget_finished(serving);
}

/* ---- The beginning of an iteration ---- */

static void admit(Serving *serving, sim_time now) {
    while (serving->waiting > 0) {
        Request *request = request_at(serving->requests, serving->first_waiting);
        if (!can_admit(serving, request)) {
            return;
        }
        asim_assert_often(request->stage == REQUEST_QUEUED);
        asim_assert_often(serving->kv_reserved <= serving->model->kv_capacity);
        request->stage = REQUEST_PREFILLING;
        request->admitted = now;
        serving->kv_reserved += kv_needed(request);
        serving->prefilling++;
        serving->waiting--;
        serving->first_waiting = request->next;
    }
}

/* What the next iteration does with prompts. */
typedef struct PromptWork {
    uint32_t tokens;
    uint32_t completing; /* prompts that it completes */
    uint32_t sequences;  /* prompts that it gives tokens */
    int64_t repeats;     /* iterations that can do just this */
} PromptWork;

static PromptWork plan_prompts(const Serving *serving) {
    const uint32_t budget = serving->model->token_budget;
    PromptWork work = {.repeats = INT64_MAX};
    if (serving->prefilling == 0 || budget <= serving->decoding) {
        return work;
    }
    const uint32_t room = budget - serving->decoding;
    if (serving->head_left >= room) { /* one prompt takes it all, as often as it can */
        work.tokens = room;
        work.sequences = 1;
        work.repeats = serving->head_left / room;
        work.completing = serving->head_left % room == 0;
        return work;
    }
    work.repeats = 1;
    uint32_t left = serving->head_left;
    uint32_t index = serving->head;
    for (uint32_t i = 0; i < serving->prefilling && work.tokens < room; i++) {
        const uint32_t given = left < room - work.tokens ? left : room - work.tokens;
        work.tokens += given;
        work.sequences++;
        work.completing += given == left;
        index = request_at(serving->requests, index)->next;
        left = index == REQUEST_NONE ? 0 : request_at(serving->requests, index)->prompt_tokens;
    }
    return work;
}

static void phase_open(Serving *serving, sim_time now, const PromptWork *work) {
    const ServingModel *model = serving->model;
    const double decoding = (double)serving->decoding;
    double first = model->c0_ns;
    if (model->coverage_ns) {
        first += model->coverage_ns[serving->decoding + work->sequences];
    }
    first += model->c_prefill_ns * (double)work->tokens;
    first += model->c_decode_ns * decoding;
    first += model->c_kv_ns * (double)serving->kv_decoding;
    asim_assert_often(first > 0 || model->c0_ns == 0);
    asim_assert_often(work->tokens + serving->decoding > 0);
    serving->phase_start = now;
    serving->phase_first_ns = first;
    serving->phase_growth_ns = model->c_kv_ns * decoding;
    serving->phase_prompt_tokens = work->tokens;
    serving->phase_done = 0;
    serving->batch_changed = false;
}

void serving_begin(Serving *serving, sim_time now) {
    remove_leaving(serving);
    admit(serving, now);
    if (serving->prefilling + serving->decoding == 0) {
        serving->computing = false;
        serving->boundary = SIM_TIME_NEVER;
        serving->batch_changed = true;
        return;
    }
    const PromptWork work = plan_prompts(serving);
    int64_t iterations = work.repeats;
    bool completes = true;
    if (serving->decoding > 0) {
        const int64_t to_first_finish = (int64_t)(finishes_first(serving) - serving->iteration);
        completes = iterations <= to_first_finish;
        iterations = completes ? iterations : to_first_finish;
    }
    /* The same work as before goes on in the same phase: the decoding sequences have not changed
     * and one prompt, the same one, is given as many tokens (or none is given any). */
    const bool same_work = !serving->batch_changed && work.tokens == serving->phase_prompt_tokens &&
                           work.sequences <= 1;
    if (!same_work) {
        phase_open(serving, now, &work);
    }
    asim_assert_often(iterations > 0);
    asim_assert_often(serving->kv_decoding <= serving->kv_reserved);
    serving->phase_end = serving->phase_done + iterations;
    serving->phase_completing = completes ? work.completing : 0;
    serving->boundary = phase_boundary(serving, serving->phase_end);
    serving->computing = true;
}

void serving_tokens_at(const Serving *serving, sim_time now, uint64_t *prompt,
                       uint64_t *generated) {
    *prompt = serving->prompt_tokens_done;
    *generated = serving->generated_tokens_done;
    if (!serving->computing) {
        return;
    }
    int64_t done = phase_iterations_until(serving, now);
    done -= phase_boundary(serving, done) > now;
    if (done >= serving->phase_end) {
        done = serving->phase_end - 1; /* the last boundary has an event of its own */
    }
    if (done > serving->phase_done) {
        const uint64_t iterations = (uint64_t)(done - serving->phase_done);
        *prompt += iterations * serving->phase_prompt_tokens;
        *generated += iterations * serving->decoding;
    }
}
