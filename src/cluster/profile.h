// SPDX-License-Identifier: GPL-3.0-or-later
/* A replica's performance profile (SPEC 8): the coefficients of the iteration time
 *
 *   c0 + c_moe * (1 - (1 - k/E)^n) + c_prefill * prompt tokens + c_decode * decoding sequences
 *      + c_kv * KV tokens held by decoding sequences
 *
 * and the limits of its scheduler. The form fits 138 operating points of a real vLLM within 3 %
 * (reference/profiles.md). ServingModel is the profile made ready for the hot path. */
#ifndef CLUSTER_PROFILE_H
#define CLUSTER_PROFILE_H

#include "autoscale_sim/types.h"
#include "engine/options.h"

typedef struct Profile {
    double c0_ms;
    double c_moe_ms;
    double c_prefill_ms;    /* per prompt token */
    double c_decode_ms;     /* per decoding sequence */
    double c_kv_ms;         /* per KV token held by decoding sequences */
    int64_t experts;        /* E; 0 = dense */
    int64_t active_experts; /* k */
    int64_t batch_slots;    /* sequences in a batch, prefilling ones included */
    int64_t kv_capacity_tokens;
    int64_t max_batched_tokens; /* token budget of an iteration */
    sim_time request_overhead;  /* added to what the client sees of each token */
} Profile;

extern const Option profile_options[];

/* Checks across options: k <= E, c_moe needs experts. */
void profile_check(const void *config, const Error *where, ErrorList *errors);

typedef struct ServingModel {
    double c0_ns, c_prefill_ns, c_decode_ns, c_kv_ns;
    double *coverage_ns; /* by sequences in the iteration, 0..batch_slots; NULL when dense */
    uint32_t batch_slots;
    uint32_t token_budget;
    uint64_t kv_capacity;
    sim_time request_overhead;
} ServingModel;

void serving_model_init(ServingModel *model, const Profile *profile);
void serving_model_clear(ServingModel *model);

#endif
