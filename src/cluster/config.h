// SPDX-License-Identifier: GPL-3.0-or-later
/* What a scenario says of the cluster: pools of GPUs, a replica's start and its performance. The
 * rules are beside the code: pool.c, cold_start.c, serving.c. */
#ifndef CLUSTER_CONFIG_H
#define CLUSTER_CONFIG_H

#include "engine/distribution.h"
#include "engine/options.h"

/* A pool of GPUs of one accelerator type, shared by the deployments of a scenario (model 7):
 * reserved GPUs are taken first and granted at once, then on-demand ones, else the replica waits,
 * first come first served. A waiting replica that fits into free reserved GPUs alone never waits
 * behind another. */
typedef struct PoolConfig {
    char *accelerator; /* "H100" */
    int64_t reserved_gpus;
    int64_t on_demand_gpus;           /* absent: unlimited */
    Distribution on_demand_available; /* lengths of alternating periods, beginning with an available
                                         one; */
    Distribution on_demand_stocked_out; /* absent: always available */
    char *on_demand_file;    /* recorded capacity: CSV "time_s,on_demand_gpus"; instead of the three
                                above */
    int64_t quota_gpus;      /* absent: none */
    double usd_per_gpu_hour; /* absent: the list price */
    double reserved_usd_per_gpu_hour; /* absent: the on-demand price */
} PoolConfig;

extern const Option pool_options[];

void pool_config_check(const void *config, const Error *where, ErrorList *errors);

/* A deployment on preemptible GPUs (model 7): they cost a share of the on-demand price, are never
 * reserved ones, and are taken away one by one. Losses are of the deployment, whatever it has: one
 * that finds no replica takes none. */
typedef struct PreemptibleConfig {
    Distribution gaps; /* between two losses, and before the first; absent: the file's losses */
    char *file; /* recorded losses: CSV "time_s", and "replicas" if several are taken at once */
    sim_time notice;    /* from when the replica is routed to no more until it is gone */
    double price_share; /* of the on-demand price */
} PreemptibleConfig;

extern const Option preemptible_options[];
void preemptible_config_check(const void *config, const Error *where, ErrorList *errors);
static inline bool preemptible_is_given(const PreemptibleConfig *config) {
    return distribution_is_given(&config->gaps) || config->file != NULL;
}

/* Replicas that fail (model 7). */
typedef struct FailuresConfig {
    Distribution time_to_failure; /* of a replica, from when it begins to serve; absent: never */
    Distribution time_to_repair;  /* after which its GPUs can be had again */
} FailuresConfig;

extern const Option failures_options[];
void failures_config_check(const void *config, const Error *where, ErrorList *errors);
static inline bool failures_are_given(const FailuresConfig *config) {
    return distribution_is_given(&config->time_to_failure);
}

/* List price of an accelerator in USD per GPU-hour; NAN when it is not listed. */
double price_list_usd_per_gpu_hour(const char *accelerator);
/* The values of the option load_balancer. */
typedef enum LoadBalancing {
    LOAD_BALANCING_LEAST_OUTSTANDING,
    LOAD_BALANCING_ROUND_ROBIN,
    LOAD_BALANCING_RANDOM,
    LOAD_BALANCING_POWER_OF_TWO,
    LOAD_BALANCING_SESSION,
    LOAD_BALANCING_CACHE_AWARE,
    LOAD_BALANCINGS
} LoadBalancing;
extern const char *const load_balancing_names[]; /* NULL-terminated */

/* How long a replica's start takes, phase by phase (model 6). All draws of one start are made at
 * once, from a stream of its own named after deployment and replica number, so that the n-th start
 * of a deployment has the same luck under every policy. */
/* A phase given as a plain duration is a mean, to which cv and the tail apply; given as a
 * distribution it stands by itself. */
typedef struct ColdStartConfig {
    Distribution total; /* given: the whole start from the grant of GPUs to serving, exactly so; no
                           phases */
    Distribution node_allocation;
    Distribution downloading_model; /* absent: weight bytes / bandwidth */
    Distribution initializing; /* absent: initialize_base + initialize_s_per_gb_per_gpu * GB per GPU
                                */
    Distribution routing_lag;
    double bandwidth_gb_per_s;
    double cold_bandwidth_gb_per_s; /* of a model's first start in a run, with cold_region */
    bool cold_region;
    sim_time initialize_base;
    double initialize_s_per_gb_per_gpu;
    double cv;
    double tail_probability;
    double tail_factor;
} ColdStartConfig;

/* An absent OPTION_SPAN is a fixed distribution of NAN. */
extern const Option cold_start_options[];

/* Durations of one start from the grant of its GPUs on. */
typedef struct ColdStart {
    sim_time node_allocation; /* spent in pending_scheduling */
    sim_time downloading_model;
    sim_time initializing;
    sim_time routing_lag; /* ready, not routed to */
    bool cold_download;   /* at cold_bandwidth_gb_per_s */
} ColdStart;

typedef struct ColdStartModel {
    double weight_bytes;
    int64_t accelerator_count;
} ColdStartModel;

/* first_of_model: no replica of this model has started or been warm before in this run. */
ColdStart cold_start_draw(const ColdStartConfig *config, const ColdStartModel *model,
                          bool first_of_model, uint64_t seed, uint64_t replication,
                          const char *deployment, uint32_t replica);

/* Mean of each phase, without the tail; all zero but `initializing` when the start is given in
 * one. */
ColdStart cold_start_mean(const ColdStartConfig *config, const ColdStartModel *model,
                          bool first_of_model);

/* Mean of the whole start in seconds, for the summary of a scenario. */
double cold_start_mean_s(const ColdStartConfig *config, const ColdStartModel *model);

/* What must be free for a request to be admitted (model 8). */
typedef enum KvAdmission {
    KV_ADMISSION_PROMPT, /* all that is known of it fits now */
    KV_ADMISSION_CHUNK,  /* its first chunk fits now */
    KV_ADMISSION_OUTPUT  /* prompt and output, set aside until its end: nobody is preempted */
} KvAdmission;

/* A replica's performance profile (model 8): the coefficients of the iteration time
 *
 *   c0 + c_moe * (1 - (1 - k/E)^n) + c_prefill * prompt tokens + c_decode * decoding sequences
 *      + c_kv * KV tokens held by decoding sequences + c_token * tokens beyond free_tokens
 *      + c_attention * pairs of a prompt token and one that it attends to
 *
 * and the limits of its scheduler. How far it is from real runs: docs/accuracy.md. ServingModel is
 * the profile made ready for the hot path. */
typedef struct Profile {
    double c0_ms;
    double c_moe_ms;
    double c_prefill_ms;    /* per prompt token */
    double c_decode_ms;     /* per decoding sequence */
    double c_kv_ms;         /* per KV token held by decoding sequences */
    double c_token_ms;      /* per token, of a prompt or decoding, beyond free_tokens */
    double c_attention_ms;  /* per pair of a prompt token and itself or a token before it */
    int64_t free_tokens;    /* of an iteration, computed while the weights are read */
    int64_t experts;        /* E; 0 = dense */
    int64_t active_experts; /* k */
    int64_t batch_slots;    /* sequences in a batch, prefilling ones included */
    int64_t kv_capacity_tokens;
    int64_t kv_block_tokens; /* a power of two */
    int kv_admission;        /* KvAdmission */
    bool prefix_cache;
    int64_t max_batched_tokens; /* token budget of an iteration */
    sim_time request_overhead;  /* added to what the client sees of each token */
    sim_time stream_overhead;   /* added to a first token, per sequence that decodes beside it */
} Profile;

extern const Option profile_options[];

/* The load at which a profile was measured, where that is known (`calibrate`): the 99th percentile
 * over the time that the replica computed (of decoding sequences the first one too). Absent: not
 * known. */
typedef struct ProfileRange {
    int64_t decoding_least, decoding_most; /* sequences */
    int64_t kv_tokens_most;                /* held by these */
    int64_t prompt_tokens_most;            /* of an iteration that has some */
} ProfileRange;

extern const Option profile_range_options[];

/* Checks across options: k <= E, c_moe needs experts. */
void profile_check(const void *config, const Error *where, ErrorList *errors);

typedef struct ServingModel {
    double c0_ns, c_prefill_ns, c_decode_ns, c_kv_ns, c_token_ns, c_attention_ns;
    double *coverage_ns; /* by sequences in the iteration, 0..batch_slots; NULL when dense */
    uint32_t batch_slots;
    uint32_t token_budget;
    uint32_t free_tokens;
    uint32_t kv_block;    /* tokens; a power of two */
    uint64_t kv_capacity; /* tokens, whole blocks */
    KvAdmission kv_admission;
    bool prefix_cache;
    sim_time request_overhead, stream_overhead;
} ServingModel;

void serving_model_init(ServingModel *model, const Profile *profile);
void serving_model_clear(ServingModel *model);

#endif
