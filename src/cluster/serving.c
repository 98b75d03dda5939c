// SPDX-License-Identifier: GPL-3.0-or-later
/* Continuous batching by leaps: see cluster.h for the rules and the definition of a phase. */
#include "cluster/cluster.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The profile. The coverage of experts, 1 - (1 - k/E)^n, is a table over n, for pow() has no
 * place in the loop. ---- */

static const char batch_slots_help[] = "sequences that a batch holds (vLLM's max_num_seqs)";

static const char *const kv_admissions[] = {[KV_ADMISSION_PROMPT] = "prompt",
                                            [KV_ADMISSION_CHUNK] = "chunk",
                                            [KV_ADMISSION_OUTPUT] = "output",
                                            NULL};

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
    {ROW(c_token_ms, NUMBER, ASSUMED), .maximum = 1e6, .default_text = "0",
     .help = "ms per token of an iteration, of prompts or decoding, beyond free_tokens, on top of "
             "c_prefill_ms or c_decode_ms"},
    {ROW(free_tokens, INTEGER, ASSUMED), .maximum = 1e9, .default_text = "0", .needs = "c_token_ms",
     .help = "tokens of an iteration that are computed while its weights are read (a roofline)"},
    {ROW(c_attention_ms, NUMBER, ASSUMED), .maximum = 1e3, .default_text = "0",
     .help = "ms per pair of a prompt token and itself or a token before it (attention over long "
             "prompts)"},
    {ROW(experts, INTEGER, ASSUMED), .maximum = 1e5, .default_text = "0", .needs = "c_moe_ms",
     .help = "experts of a mixture-of-experts layer; 0 = dense"},
    {ROW(active_experts, INTEGER, ASSUMED), .maximum = 1e5, .default_text = "0",
     .needs = "c_moe_ms", .help = "experts that one token uses"},
    {ROW(batch_slots, INTEGER, ASSUMED), .minimum = 1, .maximum = 1048576, .default_text = "256",
     .help = batch_slots_help},
    {ROW(kv_capacity_tokens, INTEGER, ASSUMED), .minimum = 2, .maximum = 1e15,
     .help = "tokens that the KV cache holds"},
    {ROW(kv_block_tokens, INTEGER, ASSUMED), .minimum = 1, .maximum = 1024, .default_text = "16",
     .help = "tokens of a block of the KV cache, a power of two (vLLM's block_size)"},
    {ROW(kv_admission, CHOICE, ASSUMED), .choices = kv_admissions, .default_text = "prompt",
     .help = "what must fit into free KV blocks for a request to be admitted: its prompt (vLLM's "
             "scheduler_reserve_full_isl), its first chunk (vLLM without it), or its prompt and "
             "all of its output, set aside (TensorRT-LLM's guaranteed no evict)"},
    {ROW(prefix_cache, BOOLEAN, DOCUMENTED), .default_text = "true",
     .help = "whether free KV blocks keep what was computed, for prompts that begin with the same "
             "(on for all deployments of Fireworks)"},
    {ROW(max_batched_tokens, INTEGER, ASSUMED), .minimum = 1, .maximum = 1e9,
     .default_text = "8192",
     .help = "token budget of an iteration (vLLM's max_num_batched_tokens)"},
    {ROW(request_overhead, DURATION, ASSUMED), .maximum = 60, .default_text = "7ms",
     .help = "HTTP and tokenising, added to all that the client sees (fitted on vLLM: 5-7 ms)"},
    {ROW(stream_overhead, DURATION, ASSUMED), .maximum = 1, .default_text = "0s",
     .help = "added to what a first token takes for every sequence that decodes in its iteration: "
             "tokens are handed out one after the other (never seen later than the last token)"},
    OPTION_END,
};

#undef ROW
#define ROW(member) OPTION_ROW(ProfileRange, member, INTEGER, OURS), .maximum = 1e15
const Option profile_range_options[] = {
    {ROW(decoding_least), .help = "the fewest decoding sequences that the profile was measured at"},
    {ROW(decoding_most), .help = "the most decoding sequences that the profile was measured at"},
    {ROW(kv_tokens_most), .help = "the most KV tokens held by decoding sequences, likewise"},
    {ROW(prompt_tokens_most), .help = "the most prompt tokens of an iteration, likewise"},
    OPTION_END,
};
#undef ROW

void profile_check(const void *config, const Error *where, ErrorList *errors) {
    const Profile *profile = config;
    const int64_t block = profile->kv_block_tokens, capacity = profile->kv_capacity_tokens;
    if ((block & (block - 1)) != 0) {
        error_found(errors, where, "a power of two as kv_block_tokens, such as 16", NULL,
                    "%" PRId64 " as kv_block_tokens", block);
    }
    if (capacity != OPTION_ABSENT_INTEGER && capacity < block) {
        error_at(errors, where, "kv_capacity_tokens below kv_block_tokens",
                 "a KV cache of at least one block", NULL);
    }
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
        .c_token_ns = profile->c_token_ms * 1e6,
        .c_attention_ns = profile->c_attention_ms * 1e6,
        .free_tokens = (uint32_t)profile->free_tokens,
        .coverage_ns = coverage_table(profile),
        .batch_slots = (uint32_t)profile->batch_slots,
        .token_budget = (uint32_t)profile->max_batched_tokens,
        .kv_block = (uint32_t)profile->kv_block_tokens,
        .kv_capacity = (uint64_t)(profile->kv_capacity_tokens & ~(profile->kv_block_tokens - 1)),
        .kv_admission = (KvAdmission)profile->kv_admission,
        .prefix_cache = profile->prefix_cache,
        .request_overhead = profile->request_overhead,
        .stream_overhead = profile->stream_overhead,
    };
}

void serving_model_clear(ServingModel *model) {
    free(model->coverage_ns);
    model->coverage_ns = NULL;
}

/* ---- Requests in flight: the pool grows by chunks of 4,096, so that places keep their address,
 * and a growing pool is never copied. ---- */

static_assert(sizeof(Request) <= 96,
              "a request in flight takes at most 120 bytes with its timer's 24");

void request_pool_init(RequestPool *pool) {
    *pool = (RequestPool){.free = REQUEST_NONE};
}

static void drop_pasts(const Request *chunk) {
    for (uint32_t i = 0; i < REQUEST_CHUNK; i++) {
        if (chunk[i].stage != REQUEST_FREE && chunk[i].past_kind == ASIM_PAST_HASHES) {
            prompt_hashes_release(chunk[i].past.hashes);
        }
    }
}

void request_pool_clear(RequestPool *pool) {
    for (size_t i = 0; i < pool->chunk_count; i++) {
        drop_pasts(pool->chunks[i]);
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
        .kv_classes = memory_new(2 * (size_t)model->kv_block, sizeof *serving->kv_classes),
    };
    prefix_cache_init(&serving->cache, model->kv_block);
}

void serving_clear(Serving *serving) {
    prefix_cache_clear(&serving->cache);
    free(serving->kv_classes);
    serving->kv_classes = NULL;
    free(serving->finishes);
    free(serving->leaving);
    free(serving->left);
    free(serving->preempted);
    serving->finishes = NULL;
    serving->leaving = serving->left = serving->preempted = NULL;
}

/* ---- KV memory, in tokens. All that is paged is a function of the sequences' lengths: a sequence
 * of so many tokens has them padded to whole blocks. The decoding sequences' sum is kept for the
 * next iteration; all of them grow by a token in each, so each further one gives a block to one
 * class of them, those that have just filled theirs: to all in turn, the class before the last
 * one's. ---- */

static inline uint64_t kv_padded(const ServingModel *model, uint64_t tokens) {
    return (tokens + model->kv_block - 1) & ~((uint64_t)model->kv_block - 1);
}

/* What a request's prompt is by now: tokens made before a preemption are computed again with it. */
static inline uint64_t known_tokens(const Request *request) {
    return (uint64_t)request->prompt_tokens + request->made;
}

static inline uint64_t all_tokens(const Request *request) {
    return (uint64_t)request->prompt_tokens + request->output_tokens;
}

bool serving_can_fit(const ServingModel *model, uint32_t prompt_tokens, uint32_t output_tokens) {
    return kv_padded(model, (uint64_t)prompt_tokens + output_tokens) <= model->kv_capacity;
}

/* What a request needs to be admitted where it is given so many tokens after what is cached. */
static inline uint64_t kv_to_admit(const ServingModel *model, const Request *request,
                                   uint64_t tokens) {
    switch (model->kv_admission) {
    case KV_ADMISSION_OUTPUT: return kv_padded(model, all_tokens(request));
    case KV_ADMISSION_CHUNK: {
        const uint64_t known = known_tokens(request);
        return kv_padded(model, tokens < known ? tokens : known);
    }
    default: return kv_padded(model, known_tokens(request));
    }
}

/* Whatever is cached: who waits is not told so before it is admitted. */
static uint64_t kv_of_waiting(const ServingModel *model, const Request *request) {
    return kv_to_admit(model, request, model->token_budget);
}

/* A decoding sequence of so many tokens comes (1) or goes (-1). */
static inline void kv_count(Serving *serving, uint64_t tokens, int change) {
    const uint32_t mask = serving->model->kv_block - 1;
    const uint32_t k = (uint32_t)(tokens - serving->iteration) & mask;
    const uint64_t padded = kv_padded(serving->model, tokens);
    asim_assert_often(change > 0 || serving->kv_classes[k] > 0);
    serving->kv_classes[k] += (uint32_t)change;
    serving->kv_classes[k + mask + 1] += (uint32_t)change;
    serving->kv_decoding += change > 0 ? tokens : 0 - tokens;
    serving->kv_decoding_padded += change > 0 ? padded : 0 - padded;
    serving->kv_ahead = (KvAhead){.padded = serving->kv_decoding_padded};
}

/* The class without padding `ahead` iterations after the next. */
static inline uint32_t kv_full_class(const Serving *serving, uint64_t ahead) {
    return (0 - (uint32_t)(serving->iteration + ahead)) & (serving->model->kv_block - 1);
}

/* Where the class is that gets a block `later` iterations (at most a block's length) after class s
 * does; those before it follow. */
static inline const uint32_t *kv_class_at(const Serving *serving, uint32_t s, uint32_t later) {
    return serving->kv_classes + serving->model->kv_block + s - later;
}

/* Tokens of the blocks that the decoding sequences get in so many iterations after the one that is
 * `ahead` iterations after the next. */
static uint64_t kv_coming(const Serving *serving, uint64_t ahead, uint64_t iterations) {
    const uint32_t block = serving->model->kv_block, s = kv_full_class(serving, ahead);
    const uint32_t some = (uint32_t)iterations & (block - 1);
    const uint32_t *const end = kv_class_at(serving, s, 0) + 1;
    uint64_t blocks = 0;
    for (const uint32_t *classed = end - some; classed < end; classed++) {
        blocks += *classed;
    }
    return (iterations - some) * serving->decoding + blocks * block;
}

static uint64_t kv_go_ahead(Serving *serving, uint64_t ahead) {
    KvAhead *last = &serving->kv_ahead;
    if (ahead < last->ahead) {
        *last = (KvAhead){.padded = serving->kv_decoding_padded};
    }
    last->padded += kv_coming(serving, last->ahead, ahead - last->ahead);
    last->ahead = ahead;
    return last->padded;
}

/* Padded, of the decoding sequences, `ahead` iterations after the next. It is asked for as time
 * goes on, so it goes on from the last answer. */
static inline uint64_t kv_of_decoding(Serving *serving, uint64_t ahead) {
    return ahead == serving->kv_ahead.ahead ? serving->kv_ahead.padded
                                            : kv_go_ahead(serving, ahead);
}

/* Padded, of the head when it has got `more` of its tokens; 0 if it is not in the batch. */
static inline uint64_t kv_of_head(const Serving *serving, uint64_t more) {
    if (serving->prefilling == 0) {
        return 0;
    }
    const Request *head = request_at(serving->requests, serving->head);
    return kv_padded(serving->model, known_tokens(head) - serving->head_left + more);
}

/* The same of all in the batch, with so many tokens for the head in each of them; `decoding` is
 * kv_of_decoding. */
static inline uint64_t kv_used_beside(const Serving *serving, uint64_t decoding, uint64_t ahead,
                                      uint64_t head_tokens) {
    return serving->model->kv_admission == KV_ADMISSION_OUTPUT
               ? serving->kv_reserved - prefix_cache_twice(&serving->cache)
               : decoding + kv_of_head(serving, (ahead + 1) * head_tokens) + serving->kv_prompts -
                     prefix_cache_twice(&serving->cache);
}

static inline uint64_t kv_used(Serving *serving, uint64_t ahead, uint64_t head_tokens) {
    return kv_used_beside(serving, kv_of_decoding(serving, ahead), ahead, head_tokens);
}

/* No less than that, cheaply. */
static inline uint64_t kv_used_at_most(const Serving *serving, uint64_t ahead,
                                       uint64_t head_tokens) {
    return serving->model->kv_admission == KV_ADMISSION_OUTPUT
               ? serving->kv_reserved - prefix_cache_twice(&serving->cache)
               : serving->kv_decoding + (ahead + serving->model->kv_block - 1) * serving->decoding +
                     kv_of_head(serving, (ahead + 1) * head_tokens) + serving->kv_prompts -
                     prefix_cache_twice(&serving->cache);
}

/* Whether so much more fits into the next iteration. */
static inline bool kv_fits(Serving *serving, uint64_t head_tokens, uint64_t more) {
    const uint64_t capacity = serving->model->kv_capacity;
    return kv_used_at_most(serving, 0, head_tokens) + more <= capacity ||
           kv_used(serving, 0, head_tokens) + more <= capacity;
}

/* How many of the next iterations have the blocks that they need, at most `most`, which is more
 * than there are blocks for. What is used never shrinks from one to the next; without padding it
 * would be enough for so many that only a block's length of them is in doubt. */
static int64_t kv_iterations_within(Serving *serving, int64_t most, uint64_t head_tokens) {
    const uint64_t capacity = serving->model->kv_capacity, block = serving->model->kv_block;
    uint64_t enough = 0, many = (uint64_t)most;
    if (head_tokens == 0 && serving->decoding > 0 && serving->kv_prompts == 0) {
        const uint64_t unpadded =
            (capacity + prefix_cache_twice(&serving->cache) - serving->kv_decoding) /
                serving->decoding +
            1;
        enough = unpadded > block ? unpadded - block : 0;
        many = unpadded < many ? unpadded + 1 : many;
    }
    while (many - enough > 1) {
        const uint64_t middle = enough + (many - enough) / 2;
        if (kv_used(serving, middle - 1, head_tokens) <= capacity) {
            enough = middle;
        } else {
            many = middle;
        }
    }
    asim_assert(enough > 0);
    return (int64_t)enough;
}

/* How many of the next iterations have the blocks that they need, at most `iterations`; sets
 * kv_most. */
static inline int64_t kv_iterations(Serving *serving, int64_t iterations, uint64_t head_tokens) {
    const uint64_t capacity = serving->model->kv_capacity, last = (uint64_t)iterations - 1;
    serving->kv_most = kv_used_at_most(serving, last, head_tokens);
    if (serving->kv_most <= capacity) {
        return iterations;
    }
    serving->kv_most = capacity;
    return kv_used(serving, last, head_tokens) <= capacity
               ? iterations
               : kv_iterations_within(serving, iterations, head_tokens);
}

/* ---- The prefix cache ---- */

static inline bool is_known_to_cache(const Serving *serving, const Request *request) {
    return request->past_kind != ASIM_PAST_NONE && serving->model->prefix_cache;
}

static PrefixPrompt prompt_of(const Request *request) {
    return (PrefixPrompt){.past = request->past,
                          .kind = (asim_past_kind)request->past_kind,
                          .source = request->source,
                          .tokens = request->prompt_tokens};
}

/* Of a request in the batch, in blocks. */
static uint32_t held_blocks(const Serving *serving, const Request *request) {
    return request->past_kind == ASIM_PAST_CACHED ? 0
                                                  : request->reused >> serving->cache.block_bits;
}

static PrefixHit cache_hit(const Serving *serving, const Request *request) {
    if (!is_known_to_cache(serving, request)) {
        return (PrefixHit){0};
    }
    const PrefixPrompt prompt = prompt_of(request);
    return prefix_cache_hit(&serving->cache, &prompt, known_tokens(request));
}

/* A request enters the batch. */
static void cache_enter(Serving *serving, Request *request, const PrefixHit *hit) {
    const bool first = request->admitted == SIM_TIME_NEVER;
    if (request->past_kind != ASIM_PAST_NONE && first) {
        serving->asked_tokens += request->prompt_tokens;
    }
    if (!is_known_to_cache(serving, request)) {
        return;
    }
    asim_assert(hit->tokens < known_tokens(request) && hit->in_use <= hit->blocks);
    const PrefixPrompt prompt = prompt_of(request);
    serving->lost_tokens -= request->reused < hit->tokens ? request->reused : hit->tokens;
    request->reused = hit->tokens;
    if (first) {
        request->cached = hit->tokens;
        serving->cached_tokens += hit->tokens;
    }
    if (hit->tokens > 0) {
        const uint32_t seen = request->past_kind == ASIM_PAST_CACHED;
        prefix_cache_move(&serving->cache, &prompt, seen ? seen : hit->blocks, 0, hit->blocks);
    }
}

/* All of its prompt has been computed: it shares it from now on. */
static void cache_prompt(Serving *serving, Request *request) {
    if (is_known_to_cache(serving, request)) {
        const PrefixPrompt prompt = prompt_of(request);
        const uint32_t blocks = prefix_cache_holds(&serving->cache, &prompt, known_tokens(request));
        prefix_cache_move(&serving->cache, &prompt, blocks, held_blocks(serving, request), blocks);
        request->reused = blocks << serving->cache.block_bits;
    }
}

/* A request with so many tokens in KV memory leaves the batch. */
static void cache_leave(Serving *serving, Request *request, uint64_t tokens) {
    if (is_known_to_cache(serving, request)) {
        const PrefixPrompt prompt = prompt_of(request);
        const uint32_t blocks = (uint32_t)(tokens >> serving->cache.block_bits);
        prefix_cache_move(&serving->cache, &prompt, blocks, held_blocks(serving, request), 0);
        request->reused = (uint32_t)tokens;
    }
}

static void cache_trim_free(Serving *serving, uint64_t ahead, uint64_t head_tokens) {
    PrefixCache *cache = &serving->cache;
    const uint64_t capacity = serving->model->kv_capacity;
    uint64_t used = kv_used_at_most(serving, ahead, head_tokens);
    if (used + (cache->free << cache->block_bits) > capacity) {
        used = kv_used(serving, ahead, head_tokens);
        prefix_cache_trim(cache, used < capacity ? (capacity - used) >> cache->block_bits : 0);
    }
}

/* Blocks that are used are free no more: `ahead` iterations after the next. */
static inline void cache_trim(Serving *serving, uint64_t ahead, uint64_t head_tokens) {
    if (serving->cache.free > 0) {
        cache_trim_free(serving, ahead, head_tokens);
    }
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

/* A list of requests that grows. */
static void add_to(uint32_t **list, uint32_t *count, uint32_t *room, uint32_t index) {
    if (*count == *room) {
        *room = *room ? 2 * *room : MEMORY_FIRST_ROOM(16);
        *list = memory_resize(*list, *room, sizeof **list);
    }
    (*list)[(*count)++] = index;
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
        serving->head_left = (uint32_t)known_tokens(request);
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
        const Request *head = request_at(serving->requests, serving->head);
        serving->head_left =
            (uint32_t)known_tokens(head) - (head->stage == REQUEST_PREFILLING ? head->reused : 0);
    }
}

/* Before all others; nobody is in the batch with its prompt. */
static void queue_push_front(Serving *serving, uint32_t index, Request *request) {
    asim_assert_often(serving->prefilling == 0);
    request->previous = REQUEST_NONE;
    request->next = serving->head;
    if (serving->head == REQUEST_NONE) {
        serving->tail = index;
    } else {
        request_at(serving->requests, serving->head)->previous = index;
    }
    serving->head = serving->first_waiting = index;
    serving->head_left = (uint32_t)known_tokens(request);
    serving->waiting++;
}

/* ---- Phases ---- */

/* In ns: longer than a run can last. A boundary beyond it never comes. */
#define PHASE_LONGEST 4e18

static inline sim_time boundary_after(sim_time start, double first_ns, double growth_ns, double j) {
    const double elapsed = j * first_ns + growth_ns * (j * (j - 1.0) / 2.0);
    return elapsed >= PHASE_LONGEST ? SIM_TIME_NEVER : start + (sim_time)(elapsed + 0.5);
}

static inline sim_time phase_boundary(const Serving *serving, int64_t iterations) {
    return boundary_after(serving->phase_start, serving->phase_first_ns, serving->phase_growth_ns,
                          (double)iterations);
}

/* What the next iteration does with prompts. */
typedef struct PromptWork {
    uint32_t tokens;
    uint32_t head_tokens; /* of these, the first prompt's */
    uint32_t completing;  /* prompts that it completes */
    uint32_t sequences;   /* prompts that it gives tokens */
    uint64_t pairs;       /* of one of these tokens and itself or one before it */
} PromptWork;

/* The next so many tokens of a prompt, after `before`. */
static inline void give_prompt(PromptWork *work, uint64_t before, uint32_t tokens, bool completes) {
    work->head_tokens = work->sequences == 0 ? tokens : work->head_tokens;
    work->tokens += tokens;
    work->sequences++;
    work->completing += completes;
    work->pairs += tokens * before + (uint64_t)tokens * (tokens + UINT64_C(1)) / 2;
}

/* T0 of a phase. */
static inline double first_iteration_ns(const ServingModel *model, uint32_t decoding,
                                        const PromptWork *work, uint64_t kv) {
    const uint32_t tokens = work->tokens + decoding;
    double first = model->c0_ns;
    if (model->coverage_ns) {
        first += model->coverage_ns[decoding + work->sequences];
    }
    if (work->tokens > 0) {
        first += model->c_prefill_ns * (double)work->tokens;
    }
    first += model->c_decode_ns * (double)decoding;
    first += model->c_kv_ns * (double)(int64_t)kv;
    if (tokens > model->free_tokens) {
        first += model->c_token_ns * (double)(tokens - model->free_tokens);
    }
    if (work->pairs > 0) {
        first += model->c_attention_ns * (double)(int64_t)work->pairs;
    }
    return first;
}

/* G of a phase. */
static inline double growth_ns(const ServingModel *model, uint32_t decoding,
                               uint32_t prompt_tokens) {
    const double of_decoding = model->c_kv_ns * (double)decoding;
    if (prompt_tokens == 0) {
        return of_decoding;
    }
    const double pairs = (double)prompt_tokens * (double)prompt_tokens;
    return of_decoding + model->c_attention_ns * pairs;
}

/* The least j > phase_done whose boundary is at or after `time`: the positive root of the quadratic
 * in the form that does not cancel, cut to a whole number, then corrected by the exact boundaries;
 * the root cut off is never beyond that j. */
static inline int64_t phase_find(const Serving *serving, sim_time time, sim_time *boundary) {
    const double elapsed = (double)(time - serving->phase_start);
    const double half_growth = serving->phase_growth_ns / 2.0;
    const double linear = serving->phase_first_ns - half_growth;
    const double root = sqrt(linear * linear + 4.0 * half_growth * elapsed);
    int64_t j = (int64_t)(2.0 * elapsed / (linear + root));
    if (j <= serving->phase_done) {
        j = serving->phase_done + 1;
    }
    while ((*boundary = phase_boundary(serving, j)) < time) {
        j++;
    }
    return j;
}

/* Kept for the leap: the meters and the cut ask for an arrival's in turn. */
static void phase_look(Serving *serving, sim_time time) {
    if (serving->look.time == time) {
        return;
    }
    sim_time boundary;
    const int64_t iterations = phase_find(serving, time, &boundary);
    serving->look = (PhaseLook){.time = time, .iterations = iterations, .boundary = boundary};
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
    phase_look(serving, now);
    if (serving->look.iterations >= serving->phase_end) {
        return SERVING_UNCHANGED;
    }
    serving->phase_end = serving->look.iterations;
    serving->phase_completing = 0;
    serving->boundary = serving->look.boundary;
    return SERVING_RESCHEDULED;
}

/* Whether a request that comes now may enter at the next boundary of the leap, were it the only one
 * that waits. While a leap goes on, KV memory only fills. */
static bool may_enter(const Serving *serving, const Request *request) {
    const ServingModel *model = serving->model;
    return serving->waiting == 0 && serving->phase_prompt_tokens == 0 &&
           serving->prefilling + serving->decoding < model->batch_slots &&
           serving->decoding < model->token_budget &&
           (is_known_to_cache(serving, request) ||
            kv_to_admit(model, request, model->token_budget - serving->decoding) +
                    (model->kv_admission == KV_ADMISSION_OUTPUT ? serving->kv_reserved
                                                                : serving->kv_decoding) -
                    prefix_cache_twice(&serving->cache) <=
                model->kv_capacity);
}

ServingChange serving_enqueue(Serving *serving, sim_time now, uint32_t index) {
    Request *request = request_at(serving->requests, index);
    asim_assert(request->prompt_tokens > 0 && request->output_tokens > 0);
    asim_assert(serving_can_fit(serving->model, request->prompt_tokens, request->output_tokens));
    request->made = request->cached = request->reused = 0;
    const bool enters_next = may_enter(serving, request);
    request->stage = REQUEST_QUEUED;
    queue_append(serving, index, request);
    serving->held++;
    serving->kv_waiting += kv_of_waiting(serving->model, request);
    if (serving->computing && !enters_next) {
        return SERVING_UNCHANGED;
    }
    return phase_cut(serving, now);
}

ServingChange serving_abandon(Serving *serving, sim_time now, uint32_t index) {
    asim_assert_often(serving->leaving_count < serving->held);
    asim_assert_often(!request_at(serving->requests, index)->abandoned);
    request_at(serving->requests, index)->abandoned = true;
    add_to(&serving->leaving, &serving->leaving_count, &serving->leaving_room, index);
    return phase_cut(serving, now);
}

/* ---- Leaving ---- */

static void leave(Serving *serving, uint32_t index, Request *request) {
    asim_assert_often(serving->held > 0);
    add_to(&serving->left, &serving->left_count, &serving->left_room, index);
    if (request->stage == REQUEST_QUEUED) {
        serving->kv_waiting -= kv_of_waiting(serving->model, request);
    } else if (serving->model->kv_admission == KV_ADMISSION_OUTPUT) {
        serving->kv_reserved -= kv_padded(serving->model, all_tokens(request));
    }
    serving->held--;
    request->stage = REQUEST_LEFT;
}

/* Takes a decoding sequence off before its end: `made` is what it has made. */
static void remove_decoding(Serving *serving, uint32_t index, Request *request) {
    uint32_t at = 0;
    while ((uint32_t)serving->finishes[at] != index) {
        at++;
        asim_assert(at < serving->decoding);
    }
    const uint64_t to_do = serving->base + (serving->finishes[at] >> 32) - serving->iteration;
    request->made = request->output_tokens - (uint32_t)to_do;
    kv_count(serving, known_tokens(request), -1);
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
            cache_leave(serving, request, known_tokens(request) - 1);
            serving->batch_changed = true;
        } else {
            if (request->stage == REQUEST_PREFILLING) {
                cache_leave(serving, request, known_tokens(request) - serving->head_left);
            }
            serving->batch_changed |= index == serving->head && serving->phase_prompt_tokens > 0;
            queue_unlink(serving, index);
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

static inline uint64_t iterations_ahead(Serving *serving, sim_time time);

/* What they have made by then: those that are in mid-answer are not asked again. */
static void note_made(Serving *serving, sim_time now) {
    const uint64_t iteration =
        serving->iteration + (serving->computing ? iterations_ahead(serving, now) : 0);
    for (uint32_t i = 0; i < serving->decoding; i++) {
        Request *request = request_at(serving->requests, (uint32_t)serving->finishes[i]);
        const uint64_t last = serving->base + (serving->finishes[i] >> 32);
        asim_assert_often(last >= iteration);
        request->made = request->output_tokens - (uint32_t)(last - iteration);
    }
}

void serving_evict_all(Serving *serving, sim_time now) {
    asim_assert_often(serving->held == serving->prefilling + serving->waiting + serving->decoding);
    asim_assert_often(!serving->computing || serving->boundary >= now);
    uint64_t prompt, generated;
    note_made(serving, now);
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
        leave(serving, index, request);
        index = next;
    }
    asim_assert_often(serving->held == 0 && serving->kv_waiting == 0);
    asim_assert_often(serving->kv_reserved == 0);
    prefix_cache_clear(&serving->cache);
    memset(serving->kv_classes, 0, 2 * serving->model->kv_block * sizeof *serving->kv_classes);
    serving->head = serving->tail = serving->first_waiting = REQUEST_NONE;
    serving->prefilling = serving->waiting = serving->decoding = 0;
    serving->kv_decoding = serving->kv_decoding_padded = serving->kv_prompts = 0;
    serving->kv_most = 0;
    serving->kv_ahead = (KvAhead){0};
    serving->computing = false;
    serving->boundary = SIM_TIME_NEVER;
    serving->batch_changed = true;
}

/* ---- The end of an iteration ---- */

static bool is_later(const Serving *serving, uint32_t a, uint32_t b) {
    const uint32_t ahead =
        request_at(serving->requests, a)->turn - request_at(serving->requests, b)->turn;
    return ahead < UINT32_C(1) << 31;
}

/* Those that have just left are put into the order of their admission: the last is the most
 * recently used. */
static void cache_finished(Serving *serving, uint32_t first) {
    uint32_t *left = serving->left;
    for (uint32_t i = first + 1; i < serving->left_count; i++) {
        const uint32_t index = left[i];
        uint32_t at = i;
        for (; at > first && is_later(serving, left[at - 1], index); at--) {
            left[at] = left[at - 1];
        }
        left[at] = index;
    }
    for (uint32_t i = first; i < serving->left_count; i++) {
        Request *request = request_at(serving->requests, left[i]);
        cache_leave(serving, request, all_tokens(request) - 1);
    }
}

/* Nobody sees a first token after the last one. */
static inline void see_last_token(const Serving *serving, Request *request) {
    const sim_time last = serving->boundary + serving->model->request_overhead;
    request->first_token = request->first_token < last ? request->first_token : last;
}

static void finish_decoding(Serving *serving) {
    const uint32_t left_before = serving->left_count;
    bool is_known = false;
    while (serving->decoding > 0 && finishes_first(serving) == serving->iteration) {
        const uint32_t index = (uint32_t)finishes_pop(serving);
        Request *request = request_at(serving->requests, index);
        kv_count(serving, all_tokens(request), -1);
        serving->batch_changed = true;
        is_known |= is_known_to_cache(serving, request);
        see_last_token(serving, request);
        leave(serving, index, request);
    }
    if (is_known) {
        cache_finished(serving, left_before);
    }
}

/* `beside`: sequences that decoded in the iteration. */
static void complete_prompt(Serving *serving, uint32_t beside) {
    const ServingModel *model = serving->model;
    const uint32_t index = serving->head;
    asim_assert_often(serving->prefilling > 0 && index != REQUEST_NONE);
    asim_assert_often(request_at(serving->requests, index)->stage == REQUEST_PREFILLING);
    Request *request = request_at(serving->requests, index);
    queue_unlink(serving, index);
    cache_prompt(serving, request);
    serving->prefilling--;
    serving->generated_tokens_done++;
    serving->batch_changed = true;
    if (request->made++ == 0) {
        request->first_token =
            serving->boundary + model->request_overhead + beside * model->stream_overhead;
    }
    if (request->made == request->output_tokens) {
        see_last_token(serving, request);
        cache_leave(serving, request, known_tokens(request) - 1);
        leave(serving, index, request);
        return;
    }
    request->stage = REQUEST_DECODING;
    request->turn = serving->turns++; /* prompts are computed in order of admission */
    kv_count(serving, known_tokens(request), 1);
    finishes_push(serving, serving->iteration + request->output_tokens - request->made, index);
}

/* Blocks come to those that go on; most often the load has been metered up to the last iteration.
 */
static inline void kv_pass(Serving *serving, uint64_t iterations) {
    const uint64_t padded = kv_of_decoding(serving, iterations - 1);
    const uint32_t growing = serving->kv_classes[kv_full_class(serving, iterations - 1)];
    serving->kv_decoding_padded = padded + (uint64_t)growing * serving->model->kv_block;
    serving->kv_ahead = (KvAhead){.padded = serving->kv_decoding_padded};
}

void serving_end(Serving *serving) {
    asim_assert(serving->computing);
    const uint64_t iterations = (uint64_t)(serving->phase_end - serving->phase_done);
    const uint32_t beside = serving->decoding;
    const uint64_t generated = iterations * beside;
    uint64_t prompt_tokens = iterations * serving->phase_prompt_tokens;
    cache_trim(serving, iterations - 1, serving->phase_head_tokens);
    serving->phase_done = serving->phase_end;
    kv_pass(serving, iterations);
    serving->iteration += iterations;
    serving->kv_decoding += generated;
    serving->generated_tokens_done += generated;
    serving->prompt_tokens_done += prompt_tokens;
    finish_decoding(serving);
    for (uint32_t i = 0; i < serving->phase_completing; i++) {
        prompt_tokens -= serving->head_left;
        complete_prompt(serving, beside);
    }
    asim_assert_often(serving->head == REQUEST_NONE ? prompt_tokens == 0
                                                    : prompt_tokens <= serving->head_left);
    asim_assert_often(serving->prefilling + serving->waiting + serving->decoding == serving->held);
    serving->head_left -= (uint32_t)prompt_tokens;
    serving->computing = false;
    serving->boundary = SIM_TIME_NEVER;
    forget_finished(serving);
}

/* ---- The beginning of an iteration: running sequences first, then those that wait ---- */

/* Tokens that the budget has left for prompts. */
static uint32_t prompt_room(const Serving *serving, const PromptWork *work) {
    const uint32_t budget = serving->model->token_budget;
    return budget <= serving->decoding ? 0 : budget - serving->decoding - work->tokens;
}

/* The decoding sequence that was admitted last. Turns may wrap around: no two that are here are so
 * far apart. */
static uint32_t last_admitted(const Serving *serving) {
    uint32_t last = (uint32_t)serving->finishes[0];
    for (uint32_t i = 1; i < serving->decoding; i++) {
        const uint32_t index = (uint32_t)serving->finishes[i];
        const uint32_t ahead =
            request_at(serving->requests, index)->turn - request_at(serving->requests, last)->turn;
        last = ahead < UINT32_C(1) << 31 ? index : last;
    }
    return last;
}

/* The running sequence that was admitted last gives its blocks back and goes to the head of the
 * queue, where the one in mid-prompt is anyway. */
static void preempt_last(Serving *serving, PromptWork *work) {
    uint32_t index = serving->head;
    Request *request;
    if (serving->prefilling > 0) {
        asim_assert_often(serving->prefilling == 1);
        request = request_at(serving->requests, index);
        serving->lost_tokens += known_tokens(request) - serving->head_left;
        cache_leave(serving, request, known_tokens(request) - serving->head_left);
        serving->head_left = (uint32_t)known_tokens(request);
        serving->prefilling--;
        serving->waiting++;
        serving->first_waiting = index;
        *work = (PromptWork){0};
    } else {
        asim_assert(serving->decoding > 1);
        index = last_admitted(serving);
        request = request_at(serving->requests, index);
        remove_decoding(serving, index, request);
        serving->lost_tokens += known_tokens(request) - 1; /* its last token was not yet in it */
        cache_leave(serving, request, known_tokens(request) - 1);
        serving->batch_changed = true;
        queue_push_front(serving, index, request);
    }
    request->stage = REQUEST_QUEUED;
    if (request->preemptions < UINT16_MAX) {
        request->preemptions++;
    }
    add_to(&serving->preempted, &serving->preempted_count, &serving->preempted_room, index);
    serving->kv_waiting += kv_of_waiting(serving->model, request);
}

/* The running sequences: each decoding one has its token, the prompt in work what the budget has
 * left. */
static void run_on(Serving *serving, PromptWork *work) {
    const uint32_t room = prompt_room(serving, work);
    if (serving->prefilling > 0 && room > 0) {
        const uint32_t left = serving->head_left;
        const uint64_t known = known_tokens(request_at(serving->requests, serving->head));
        give_prompt(work, known - left, left < room ? left : room, left <= room);
    }
    while (!kv_fits(serving, work->head_tokens, 0)) {
        cache_trim(serving, 0, 0); /* those before it have taken what was free */
        preempt_last(serving, work);
    }
    cache_trim(serving, 0, work->head_tokens);
}

/* Whether the first that waits can enter where a prompt is given so many tokens; sets *hit. Blocks
 * that it shares with the batch need not be free. */
static bool can_admit(Serving *serving, const Request *request, const PromptWork *work,
                      uint32_t room, PrefixHit *hit) {
    const ServingModel *model = serving->model;
    if (serving->prefilling + serving->decoding >= model->batch_slots || room == 0) {
        return false;
    }
    *hit = cache_hit(serving, request);
    const uint64_t needed = kv_to_admit(model, request, (uint64_t)hit->at_least + room);
    const uint64_t in_use = (uint64_t)hit->in_use << serving->cache.block_bits;
    return kv_fits(serving, work->head_tokens, needed > in_use ? needed - in_use : 0);
}

static inline void enter(Serving *serving, Request *request, sim_time now, const PrefixHit *hit) {
    const ServingModel *model = serving->model;
    asim_assert_often(request->stage == REQUEST_QUEUED);
    serving->kv_waiting -= kv_of_waiting(model, request);
    if (model->kv_admission == KV_ADMISSION_OUTPUT) {
        serving->kv_reserved += kv_padded(model, all_tokens(request));
    }
    request->stage = REQUEST_PREFILLING;
    cache_enter(serving, request, hit);
    if (serving->prefilling == 0) {
        serving->head_left = (uint32_t)known_tokens(request) - request->reused;
    }
    request->admitted = request->admitted == SIM_TIME_NEVER ? now : request->admitted;
    serving->prefilling++;
    serving->waiting--;
    serving->first_waiting = request->next;
}

/* Waiting requests, first come first served; true if one of them would enter but for `only_look`.
 */
static bool admit(Serving *serving, sim_time now, PromptWork *work, bool only_look) {
    while (serving->waiting > 0) {
        Request *request = request_at(serving->requests, serving->first_waiting);
        const uint32_t room = prompt_room(serving, work);
        PrefixHit hit;
        if (!can_admit(serving, request, work, room, &hit)) {
            return false;
        }
        if (only_look) {
            return true;
        }
        const bool is_head = serving->prefilling == 0;
        enter(serving, request, now, &hit);
        const uint64_t left = known_tokens(request) - request->reused;
        const uint32_t chunk = left < room ? (uint32_t)left : room;
        give_prompt(work, request->reused, chunk, chunk == left);
        serving->kv_prompts +=
            is_head ? 0 : kv_padded(serving->model, (uint64_t)request->reused + chunk);
        cache_trim(serving, 0, work->head_tokens);
    }
    return false;
}

static inline void phase_open(Serving *serving, sim_time now, const PromptWork *work) {
    const ServingModel *model = serving->model;
    const uint32_t decoding = serving->decoding;
    serving->phase_start = now;
    serving->phase_first_ns = first_iteration_ns(model, decoding, work, serving->kv_decoding);
    serving->phase_growth_ns = growth_ns(model, decoding, work->tokens);
    serving->phase_prompt_tokens = work->tokens;
    serving->phase_done = 0;
    serving->batch_changed = false;
    asim_assert_often(serving->phase_first_ns > 0 || model->c0_ns == 0);
    asim_assert_often(work->tokens + decoding > 0);
}

/* How many iterations can do just this work, before a prompt or a sequence ends or blocks run out:
 * at most one if somebody can enter at the next boundary. */
static int64_t plan_iterations(Serving *serving, PromptWork *work, bool enters_later) {
    /* a prompt that takes all there is, as often as it can; or each of them its last tokens */
    const bool alone = work->sequences == 1 && prompt_room(serving, work) == 0;
    const int64_t of_prompts = alone              ? serving->head_left / work->tokens
                               : work->tokens > 0 ? 1
                                                  : INT64_MAX;
    int64_t iterations = enters_later ? 1 : of_prompts;
    if (serving->decoding > 0) {
        const int64_t to_first_finish = (int64_t)(finishes_first(serving) - serving->iteration);
        iterations = iterations < to_first_finish ? iterations : to_first_finish;
    }
    iterations = kv_iterations(serving, iterations, work->head_tokens);
    if (iterations < of_prompts) {
        work->completing = 0;
    } else if (alone) {
        work->completing = serving->head_left % work->tokens == 0;
    }
    return iterations;
}

static inline void phase_leap(Serving *serving, int64_t iterations) {
    asim_assert_often(iterations > 0);
    serving->phase_end = serving->phase_done + iterations;
    serving->boundary = phase_boundary(serving, serving->phase_end);
    serving->look.time = SIM_TIME_NEVER;
    serving->computing = true;
}

/* What nearly always comes next, by itself: nobody waits, comes or goes, and the decoding sequences
 * have blocks enough to the end of the first of them. */
static bool begin_decoding(Serving *serving, sim_time now) {
    if (serving->held > serving->decoding || serving->decoding == 0 || serving->leaving_count > 0) {
        return false;
    }
    const int64_t iterations = (int64_t)(finishes_first(serving) - serving->iteration);
    serving->kv_most = kv_used_at_most(serving, (uint64_t)iterations - 1, 0);
    if (serving->kv_most > serving->model->kv_capacity) {
        return false;
    }
    cache_trim(serving, 0, 0);
    if (serving->batch_changed || serving->phase_prompt_tokens > 0) {
        phase_open(serving, now, &(PromptWork){0});
    }
    serving->phase_completing = serving->phase_head_tokens = 0;
    phase_leap(serving, iterations);
    return true;
}

/* The next in frequency: the only one that waits enters, and its whole prompt is computed at once.
 */
static bool begin_joining(Serving *serving, sim_time now) {
    const ServingModel *model = serving->model;
    if (serving->waiting != 1 || serving->prefilling > 0 || serving->leaving_count > 0 ||
        serving->decoding >= model->batch_slots || model->kv_admission == KV_ADMISSION_OUTPUT) {
        return false;
    }
    Request *request = request_at(serving->requests, serving->first_waiting);
    const uint64_t known = known_tokens(request), padded = kv_padded(model, known);
    const uint64_t most = kv_used_at_most(serving, 0, 0) + padded;
    if (known + serving->decoding > model->token_budget || most > model->kv_capacity ||
        is_known_to_cache(serving, request)) {
        return false;
    }
    enter(serving, request, now, &(PrefixHit){0});
    cache_trim(serving, 0, known);
    PromptWork work = {0};
    give_prompt(&work, 0, (uint32_t)known, true);
    if (serving->batch_changed || work.tokens != serving->phase_prompt_tokens) {
        phase_open(serving, now, &work);
    }
    serving->kv_most = most;
    serving->phase_completing = 1;
    serving->phase_head_tokens = work.tokens;
    phase_leap(serving, 1);
    return true;
}

void serving_begin(Serving *serving, sim_time now) {
    serving->preempted_count = 0;
    serving->kv_prompts = 0;
    if (begin_decoding(serving, now) || begin_joining(serving, now)) {
        return;
    }
    PromptWork work = {0};
    remove_leaving(serving);
    run_on(serving, &work);
    const bool enters_later = admit(serving, now, &work, serving->preempted_count > 0);
    if (serving->prefilling + serving->decoding == 0) {
        serving->computing = false;
        serving->boundary = SIM_TIME_NEVER;
        serving->batch_changed = true;
        serving->kv_most = 0;
        return;
    }
    const int64_t iterations = plan_iterations(serving, &work, enters_later);
    /* The same work as before goes on in the same phase: the decoding sequences have not changed
     * and one prompt, the same one, is given as many tokens (or none is given any). */
    const bool same_work = !serving->batch_changed && work.tokens == serving->phase_prompt_tokens &&
                           work.sequences <= 1;
    if (!same_work) {
        phase_open(serving, now, &work);
    }
    serving->phase_completing = work.completing;
    serving->phase_head_tokens = work.head_tokens;
    phase_leap(serving, iterations);
}

/* ---- The next departure, foreseen ---- */

/* What the decoding sequences will be at a boundary. */
typedef struct Outlook {
    sim_time time;
    uint64_t kv; /* tokens in the iteration that begins there */
    uint32_t decoding;
    int64_t to_finish; /* iterations to the first end */
} Outlook;

/* Its prompt is complete: it decodes, unless that was all. */
static bool outlook_add(Outlook *outlook, const Request *request) {
    const int64_t left = (int64_t)request->output_tokens - request->made - 1;
    outlook->decoding++;
    outlook->kv += known_tokens(request) + 1;
    outlook->to_finish = left < outlook->to_finish ? left : outlook->to_finish;
    return left > 0;
}

/* Those that wait, a few, enter together, and have their prompts computed in one iteration; false
 * if that is not certain, or one of the batch leaves with it. */
static bool outlook_admit(Outlook *outlook, const Serving *serving, uint32_t index) {
    const ServingModel *model = serving->model;
    const uint32_t decoding = outlook->decoding, sequences = decoding + serving->waiting;
    PromptWork work = {0};
    uint64_t tokens = 0;
    const bool fits = sequences <= model->batch_slots &&
                      (model->kv_admission != KV_ADMISSION_OUTPUT ||
                       serving->kv_reserved + serving->kv_waiting <= model->kv_capacity);
    bool stays = fits && --outlook->to_finish > 0;
    const uint64_t kv = outlook->kv;
    outlook->kv += decoding;
    for (uint32_t i = 0; i < serving->waiting && stays; i++) {
        const Request *request = request_at(serving->requests, index);
        tokens += known_tokens(request);
        give_prompt(&work, 0, (uint32_t)known_tokens(request), true);
        stays = !is_known_to_cache(serving, request) && outlook_add(outlook, request);
        index = request->next;
    }
    if (!stays || tokens + decoding > model->token_budget) {
        return false;
    }
    const double first_ns = first_iteration_ns(model, decoding, &work, kv);
    outlook->time = boundary_after(outlook->time, first_ns, 0, 1);
    return true;
}

/* Whether blocks are enough for all of them to the first end, however they are padded. */
static bool outlook_fits(const Outlook *outlook, const ServingModel *model) {
    const uint64_t iterations = (uint64_t)outlook->to_finish;
    return model->kv_admission == KV_ADMISSION_OUTPUT ||
           outlook->kv + (iterations + model->kv_block) * outlook->decoding <= model->kv_capacity;
}

/* More than so many that wait are not looked at: each that comes looks at all of them. */
#define FORESEEN_WAITING 4

/* Apart, as load_ns_of_leap is. */
static __attribute__((noinline)) sim_time foresee(const Serving *serving) {
    const ServingModel *model = serving->model;
    const uint64_t ahead = (uint64_t)(serving->phase_end - serving->phase_done);
    Outlook outlook = {.time = serving->boundary,
                       .kv = serving->kv_decoding + ahead * serving->decoding,
                       .decoding = serving->decoding,
                       .to_finish = INT64_MAX};
    if (serving->decoding > 0) {
        outlook.to_finish = (int64_t)(finishes_first(serving) - serving->iteration - ahead);
    }
    bool stays = outlook.to_finish > 0 && serving->leaving_count == 0 &&
                 serving->phase_completing == serving->prefilling;
    uint32_t index = serving->head;
    for (uint32_t i = 0; i < serving->phase_completing && stays; i++) {
        const Request *request = request_at(serving->requests, index);
        stays = outlook_add(&outlook, request);
        index = request->next;
    }
    if (stays && serving->waiting > 0 && outlook.decoding < model->batch_slots) {
        stays = serving->waiting <= FORESEEN_WAITING && outlook_admit(&outlook, serving, index);
    }
    if (!stays || outlook.decoding == 0 || !outlook_fits(&outlook, model)) {
        return serving->boundary;
    }
    const uint32_t decoding = outlook.decoding;
    return boundary_after(outlook.time,
                          first_iteration_ns(model, decoding, &(PromptWork){0}, outlook.kv),
                          growth_ns(model, decoding, 0), (double)outlook.to_finish);
}

sim_time serving_due(const Serving *serving) {
    return serving->held == serving->decoding ? serving->boundary : foresee(serving);
}

/* Of the phase: which iteration goes on at `time`, counted from the leap's first; the leap's end
 * has an event of its own. */
static uint64_t iterations_inside(Serving *serving, sim_time time) {
    phase_look(serving, time);
    int64_t done = serving->look.iterations - (serving->look.boundary > time);
    done = done < serving->phase_done ? serving->phase_done : done;
    return (uint64_t)((done < serving->phase_end ? done : serving->phase_end - 1) -
                      serving->phase_done);
}

static inline uint64_t iterations_ahead(Serving *serving, sim_time time) {
    const int64_t last = serving->phase_end - serving->phase_done - 1;
    if (last == 0 || time == serving->boundary) {
        return (uint64_t)last;
    }
    return time == serving->phase_start ? 0 : iterations_inside(serving, time);
}

sim_time serving_boundary_after(const Serving *serving, sim_time now) {
    asim_assert(serving->computing && serving->boundary > now);
    sim_time next;
    phase_find(serving, now + 1, &next);
    asim_assert(next > now && next <= serving->boundary);
    return next;
}

uint64_t serving_iterations_at(const Serving *serving, sim_time now) {
    asim_assert(serving->computing && serving->boundary > now);
    sim_time next;
    const int64_t done = phase_find(serving, now + 1, &next) - 1 - serving->phase_done;
    asim_assert(done >= 0 && done < serving->phase_end - serving->phase_done);
    return serving->iteration + (uint64_t)done;
}

uint64_t serving_last_iteration(const Serving *serving, uint32_t request) {
    uint32_t at = 0;
    while ((uint32_t)serving->finishes[at] != request) {
        at++;
        asim_assert(at < serving->decoding);
    }
    return serving->base + (serving->finishes[at] >> 32);
}

void serving_tokens_at(Serving *serving, sim_time now, uint64_t *prompt, uint64_t *generated) {
    const uint64_t iterations = serving->computing ? iterations_ahead(serving, now) : 0;
    *prompt = serving->prompt_tokens_done + iterations * serving->phase_prompt_tokens;
    *generated = serving->generated_tokens_done + iterations * serving->decoding;
}

uint32_t serving_cached_tokens(Serving *serving, sim_time now, const Request *request) {
    if (!is_known_to_cache(serving, request)) {
        return 0;
    }
    if (serving->computing) {
        cache_trim(serving, iterations_ahead(serving, now), serving->phase_head_tokens);
    }
    const PrefixPrompt prompt = prompt_of(request);
    return prefix_cache_hit(&serving->cache, &prompt, request->prompt_tokens).tokens;
}

static uint64_t kv_in_iteration(Serving *serving, uint64_t ahead) {
    return kv_used(serving, ahead, serving->phase_head_tokens) + serving->kv_waiting;
}

uint64_t serving_kv_at(Serving *serving, sim_time now) {
    return serving->computing ? kv_in_iteration(serving, iterations_ahead(serving, now))
                              : serving->kv_waiting;
}

/* How many blocks come in some iterations, and the sums of their iterations' numbers and of the
 * squares of these. */
typedef struct BlockSums {
    int64_t count, sum, squares;
} BlockSums;

/* Of the classes that get their next block `begin` to `end` - 1 iterations after the one in which
 * class s - 1 does, counted from there. */
static inline BlockSums blocks_of_classes(const Serving *serving, uint32_t s, uint32_t begin,
                                          uint32_t end) {
    const uint32_t *const last = kv_class_at(serving, s, begin);
    /* A block q iterations after `begin` is counted once, q + 1 times, and 1 + 2 + ... + (q + 1)
     * times: sums of sums need no product. */
    int64_t count = 0, once = 0, twice = 0;
    for (const uint32_t *classed = last - (end - begin) + 1; classed <= last; classed++) {
        count += *classed;
        once += count;
        twice += once;
    }
    const int64_t sum = once - count, squares = 2 * twice - 3 * once + count;
    return (BlockSums){.count = count,
                       .sum = sum + begin * count,
                       .squares = squares + begin * (2 * sum + begin * count)};
}

/* When they came, in all, as ns after `from`, before rounding: each of them so many times, a
 * block's length apart, and r = 0 being iteration `zero` of the phase. */
static inline double blocks_came_ns(const Serving *serving, sim_time from, double zero,
                                    double times, const BlockSums *blocks) {
    const double block = (double)serving->model->kv_block, count = (double)blocks->count;
    const double shifted = zero * count + (double)blocks->sum;
    double sum = times * shifted;
    double squares =
        times * (zero * shifted + zero * (double)blocks->sum + (double)blocks->squares);
    if (times > 1) {
        const double pairs = times * (times - 1) / 2, triples = pairs * (2 * times - 1) / 3;
        sum += block * pairs * count;
        squares += block * (2 * pairs * shifted + block * triples * count);
    }
    return times * count * (double)(serving->phase_start - from) + sum * serving->phase_first_ns +
           serving->phase_growth_ns * (squares - sum) / 2;
}

/* The same of the blocks that the head gets; its prompt is long, its iterations are few. */
static double head_came_ns(const Serving *serving, uint64_t first, uint64_t last, sim_time from) {
    const uint64_t tokens = serving->phase_head_tokens;
    double ns = 0;
    for (uint64_t ahead = first + 1; ahead <= last && tokens > 0; ahead++) {
        const BlockSums blocks = {.count = (int64_t)(kv_of_head(serving, (ahead + 1) * tokens) -
                                                     kv_of_head(serving, ahead * tokens))};
        ns += blocks_came_ns(serving, from, (double)serving->phase_done + (double)(int64_t)ahead, 1,
                             &blocks);
    }
    return ns;
}

/* KV x ns over iterations first to last, more than one, from `from` to `to` in these, in closed
 * form: what is held at the end all the time, less every block that came later until it came.
 * Blocks of decoding sequences come at equal distances in each class. */
static double kv_ns_of_leap(Serving *serving, uint64_t first, uint64_t last, sim_time from,
                            sim_time to) {
    const uint32_t block = serving->model->kv_block;
    const double ns = (double)(to - from);
    if (serving->model->kv_admission == KV_ADMISSION_OUTPUT) {
        return (double)(int64_t)kv_in_iteration(serving, last) * ns;
    }
    const double zero = (double)serving->phase_done + (double)(int64_t)(first + 1);
    const uint64_t cycles = (last - first) >> serving->cache.block_bits;
    const double times = (double)(int64_t)cycles;
    const uint32_t once_more = (uint32_t)(last - first) & (block - 1);
    const uint32_t s = kv_full_class(serving, first);
    BlockSums blocks = blocks_of_classes(serving, s, 0, once_more);
    const uint64_t came = cycles * serving->decoding + (uint64_t)blocks.count;
    serving->kv_ahead = (KvAhead){last, kv_of_decoding(serving, first) + came * block};
    const double whole_ns = (double)(int64_t)kv_in_iteration(serving, last) * ns;
    double came_ns = blocks_came_ns(serving, from, zero, times + 1, &blocks);
    if (times > 0) {
        blocks = blocks_of_classes(serving, s, once_more, block);
        came_ns += blocks_came_ns(serving, from, zero, times, &blocks);
    }
    return whole_ns - block * came_ns - head_came_ns(serving, first, last, from);
}

/* The first of these iterations whose KV is more than so much, or one beyond the last. */
static uint64_t first_above(Serving *serving, uint64_t first, uint64_t last, double kv) {
    const uint64_t unpadded =
        serving->kv_decoding + first * serving->decoding + serving->kv_waiting;
    const double twice = (double)(int64_t)prefix_cache_twice(&serving->cache);
    if ((double)(int64_t)unpadded > kv + twice || (double)kv_in_iteration(serving, first) > kv) {
        return first;
    }
    if (first == last || !((double)kv_in_iteration(serving, last) > kv)) {
        return last + 1;
    }
    while (last - first > 1) { /* first is not above, last is */
        const uint64_t middle = first + (last - first) / 2;
        if ((double)kv_in_iteration(serving, middle) > kv) {
            last = middle;
        } else {
            first = middle;
        }
    }
    return last;
}

static inline double kv_ns(Serving *serving, uint64_t first, uint64_t last, sim_time from,
                           sim_time to) {
    return first == last ? (double)(int64_t)kv_in_iteration(serving, last) * (double)(to - from)
                         : kv_ns_of_leap(serving, first, last, from, to);
}

/* Apart, so that a leap of one iteration, the most frequent, saves no registers for it. */
static __attribute__((noinline)) double load_ns_of_leap(Serving *serving, sim_time from,
                                                        sim_time to, double by_slots) {
    const double capacity = (double)(int64_t)serving->model->kv_capacity;
    const uint64_t first = iterations_ahead(serving, from), last = iterations_ahead(serving, to);
    const uint64_t above = first_above(serving, first, last, by_slots * capacity);
    if (above > last) {
        return by_slots * (double)(to - from);
    }
    if (above == first) {
        return kv_ns(serving, first, last, from, to) / capacity;
    }
    const sim_time turn = phase_boundary(serving, serving->phase_done + (int64_t)above);
    return by_slots * (double)(turn - from) + kv_ns(serving, above, last, turn, to) / capacity;
}

double serving_load_ns(Serving *serving, sim_time from, sim_time to, PolicyLoadSignal signal) {
    const double by_slots =
        signal == POLICY_LOAD_KV ? 0 : (double)serving->held / (double)serving->model->batch_slots;
    if (!serving->computing) {
        asim_assert(serving->held == 0);
        return 0;
    }
    if (serving->phase_end - serving->phase_done > 1) {
        return load_ns_of_leap(serving, from, to, by_slots);
    }
    const double capacity = (double)(int64_t)serving->model->kv_capacity, ns = (double)(to - from);
    const uint64_t kv = serving->kv_waiting + kv_used_beside(serving, serving->kv_decoding_padded,
                                                             0, serving->phase_head_tokens);
    return (double)(int64_t)kv > by_slots * capacity ? (double)(int64_t)kv * ns / capacity
                                                     : by_slots * ns;
}
