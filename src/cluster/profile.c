// SPDX-License-Identifier: GPL-3.0-or-later
/* Reads and prepares performance profiles. The coverage of experts, 1 - (1 - k/E)^n, is a table
 * over n, for pow() has no place in the loop. */
#include "cluster/config.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

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
