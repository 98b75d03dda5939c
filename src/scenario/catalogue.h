// SPDX-License-Identifier: GPL-3.0-or-later
/* The catalogue: models, accelerators, and what replicas of the one on the other were measured to
 * do.
 *
 * It is data (catalogue.json, which scripts/catalogue-tables makes constant tables of), each row
 * with its source. What was not measured follows from a physics rule (weights and KV cache are read
 * from memory, prompts are multiplied), and the answer says so. */
#ifndef SCENARIO_CATALOGUE_H
#define SCENARIO_CATALOGUE_H

#include "base/error.h"
#include "cluster/config.h"

enum {
    CATALOGUE_NAME_MOST = 32,        /* bytes of a precision or accelerator, terminator included */
    CATALOGUE_GPUS_MOST = 8,         /* of one replica: one machine */
    CATALOGUE_KV_LEAST_TOKENS = 8192 /* a replica that cannot hold one long prompt does not fit */
};

typedef enum CataloguePrecision {
    PRECISION_BF16, /* fp16 too */
    PRECISION_FP8,
    PRECISION_FP4,  /* weights in nvfp4 or mxfp4: 4 bits and a scale for each block */
    PRECISION_INT4, /* weights only, likewise */
    PRECISION_COUNT
} CataloguePrecision;

typedef struct CatalogueNames {
    const char *const *items;
    size_t count;
} CatalogueNames;

typedef struct CatalogueModel {
    const char *name; /* as Fireworks spells it: "llama-v3p1-8b-instruct" */
    CatalogueNames aliases;
    double parameters_b; /* 10^9 */
    double active_parameters_b;
    double expert_parameters_b; /* those of the experts, of all layers; 0 = dense */
    int64_t experts;            /* 0 = dense */
    int64_t active_experts;
    int64_t layers;
    double kv_bytes_per_token;
    bool kv_on_each_gpu; /* latent attention: every GPU of a replica holds the whole cache */
    double weights_gb[PRECISION_COUNT]; /* 10^9 bytes; 0 = parameters x bytes per parameter */
    CataloguePrecision precision;       /* defaults */
    const char *accelerator;
    const char *source;
} CatalogueModel;

typedef struct CatalogueAccelerator {
    const char *name; /* "H100" */
    CatalogueNames aliases;
    double memory_gib;
    double bandwidth_gb_per_s;
    double tflops[PRECISION_COUNT]; /* dense; 0: no such units, weights are widened to bf16 */
    const char *source;
} CatalogueAccelerator;

typedef struct CatalogueProfile {
    const CatalogueModel *model;
    const CatalogueAccelerator *accelerator;
    int64_t accelerator_count; /* tensor parallelism */
    int64_t expert_parallel;
    CataloguePrecision precision;
    const char *engine; /* "vllm" */
    double c0_ms, c_moe_ms, c_prefill_ms, c_decode_ms, c_kv_ms, c_token_ms;
    int64_t free_tokens;
    double c_attention_ms;
    double request_overhead_ms, stream_overhead_ms, batch_slots; /* NAN: the profile's default */
    const char *c_prefill_from; /* "ttft": fitted on times to first token; "tpot": on times per
                                   output token, one coefficient with c_decode; "kernels"; "replay":
                                   all coefficients chosen by replays of whole runs */
    int64_t points;             /* measured ones; 0 = kernels were measured, not whole iterations */
    double concurrency_least, concurrency_most; /* NAN: not known */
    double tpot_error_percent; /* mean of |fit - measured| / measured; NAN: not known */
    const char *source;
} CatalogueProfile;

typedef struct Catalogue {
    const CatalogueModel *models;
    size_t model_count;
    const CatalogueAccelerator *accelerators;
    size_t accelerator_count;
    const CatalogueProfile *profiles; /* those of one configuration together, the preferred first */
    size_t profile_count;
} Catalogue;

extern const Catalogue catalogue;

/* By name or alias, whatever the case, '-' or '_', and a path before it
 * ("accounts/fireworks/models/", "meta-llama/"). NULL if there is none. */
const CatalogueModel *catalogue_model(const char *name);
/* By any spelling: "H100", "NVIDIA_H100_80GB", "h100-sxm". NULL if there is none. */
const CatalogueAccelerator *catalogue_accelerator(const char *name);
/* The nearest spelling among names and aliases, or NULL. Lent. */
const char *catalogue_nearest_model(const char *name);
const char *catalogue_nearest_accelerator(const char *name);
/* "bf16", "fp8", ...; false if unknown. */
bool catalogue_precision(const char *name, CataloguePrecision *precision);
const char *catalogue_precision_name(CataloguePrecision precision);
double catalogue_weight_bytes(const CatalogueModel *model, CataloguePrecision precision);

/* What a deployment says of itself. Texts NULL, integers 0, numbers 0 or NAN: not said. */
typedef struct CatalogueQuery {
    const char *model;
    const char *accelerator;   /* default: the model's; H100 for a model that is not known */
    int64_t accelerator_count; /* OPTION_ABSENT_INTEGER counts as not said too */
    const char *precision;
    double weights_gb;         /* 10^9 bytes; takes the place of the catalogue's figure */
    double parameters_b;       /* for a model that is not in the catalogue */
    int64_t layers;            /* likewise; default estimated from the parameters */
    double kv_bytes_per_token; /* likewise */
    bool own_coefficients; /* the scenario has them: c0_ms .. active_experts are left unset, a model
                              that is not known is no mistake, and c_kv and memory are not checked
                            */
} CatalogueQuery;

typedef struct CatalogueAnswer {
    Profile profile;     /* what neither the row nor the rule says is at its default */
    double weight_bytes; /* of a whole replica; NAN if own_coefficients and nothing is known */
    bool measured;       /* false: the physics rule */
    char *model;         /* canonical name, or as the user wrote it; NULL if not said */
    char *source;        /* a citation, one line; NULL with own_coefficients */
    char accelerator[CATALOGUE_NAME_MOST]; /* canonical */
    int64_t accelerator_count;
    char precision[CATALOGUE_NAME_MOST]; /* canonical */
} CatalogueAnswer;

/* Completes the query. Without accelerator_count: the smallest measured one that fits (of the
 * precision asked for, else of the model's default one, else of any), else the smallest power of
 * two that fits into memory. Mistakes go to errors, with where's file, line, and place + ".model"
 * etc.; then false, and *answer needs no clearing. profile.kv_capacity_tokens is
 * OPTION_ABSENT_INTEGER if own_coefficients and nothing is known. */
bool catalogue_resolve(const CatalogueQuery *query, const Error *where, ErrorList *errors,
                       CatalogueAnswer *answer);
void catalogue_answer_clear(CatalogueAnswer *answer);

/* KV tokens that fit beside the weights at 90 % of the GPUs' memory; negative when the weights
 * alone do not fit. */
double catalogue_kv_capacity(double weight_bytes, double kv_bytes_per_token, bool mixture,
                             bool kv_on_each_gpu, double memory_gib, int64_t accelerator_count);

#endif
