// SPDX-License-Identifier: GPL-3.0-or-later
/* Finds names in the catalogue, and completes what a deployment says of itself. A configuration
 * that was measured gets its fit; any other the physics rule, with the constants of
 * model 8, which were checked against the fits: an iteration reads the
 * weights once and the KV cache of its sequences, and multiplies its prompt tokens. */
#include "scenario/catalogue.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Those of equal bytes have several names; the canonical ones come first, in the order of the type.
 */
static const struct {
    const char *name;
    CataloguePrecision precision;
} precisions[] = {
    {"bf16", PRECISION_BF16},     {"fp8", PRECISION_FP8},   {"fp4", PRECISION_FP4},
    {"int4", PRECISION_INT4},     {"fp16", PRECISION_BF16}, {"float16", PRECISION_BF16},
    {"bfloat16", PRECISION_BF16}, {"nvfp4", PRECISION_FP4}, {"mxfp4", PRECISION_FP4},
};

/* 4-bit weights carry a scale for each block of 16 or 32. */
static const double bytes_per_parameter[PRECISION_COUNT] = {2, 1, 0.5625, 0.5625};

/* Spellings ---------------------------------------------------------------------------------- */

/* ASCII only, whatever the locale. */
static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "accounts/fireworks/models/X" and "meta-llama/X" are X. */
static const char *model_base(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash != NULL ? slash + 1 : name;
}

static bool same_model_name(const char *a, const char *b) {
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if (lower(*a == '_' ? '-' : *a) != lower(*b == '_' ? '-' : *b)) {
            return false;
        }
    }
    return *a == *b;
}

/* The next letter or digit, in lower case; '\0' at the end. */
static char next_significant(const char **text) {
    while (**text != '\0') {
        const char c = lower(*(*text)++);
        if (is_letter_or_digit(c)) {
            return c;
        }
    }
    return '\0';
}

static const char *without_vendor(const char *name) {
    const char *const vendor = "nvidia";
    const char *rest = name;
    for (const char *v = vendor; *v != '\0'; v++) {
        if (next_significant(&rest) != *v) {
            return name;
        }
    }
    return rest + strspn(rest, "-_ ");
}

static bool same_accelerator_name(const char *a, const char *b) {
    a = without_vendor(a);
    b = without_vendor(b);
    for (;;) {
        const char c = next_significant(&a);
        if (c != next_significant(&b)) {
            return false;
        }
        if (c == '\0') {
            return true;
        }
    }
}

static bool has_name(const char *word, const char *name, const CatalogueNames *aliases,
                     bool (*same)(const char *, const char *)) {
    bool found = same(word, name);
    for (size_t i = 0; i < aliases->count && !found; i++) {
        found = same(word, aliases->items[i]);
    }
    return found;
}

const CatalogueModel *catalogue_model(const char *name) {
    const char *base = model_base(name);
    for (size_t i = 0; i < catalogue.model_count; i++) {
        const CatalogueModel *model = &catalogue.models[i];
        if (has_name(base, model->name, &model->aliases, same_model_name)) {
            return model;
        }
    }
    return NULL;
}

const CatalogueAccelerator *catalogue_accelerator(const char *name) {
    for (size_t i = 0; i < catalogue.accelerator_count; i++) {
        const CatalogueAccelerator *accelerator = &catalogue.accelerators[i];
        if (has_name(name, accelerator->name, &accelerator->aliases, same_accelerator_name)) {
            return accelerator;
        }
    }
    return NULL;
}

static void try_names(NearestName *nearest, const char *name, const CatalogueNames *aliases) {
    nearest_try(nearest, name);
    for (size_t i = 0; i < aliases->count; i++) {
        nearest_try(nearest, aliases->items[i]);
    }
}

const char *catalogue_nearest_model(const char *name) {
    NearestName nearest = {.word = model_base(name)};
    for (size_t i = 0; i < catalogue.model_count; i++) {
        try_names(&nearest, catalogue.models[i].name, &catalogue.models[i].aliases);
    }
    return nearest.name;
}

const char *catalogue_nearest_accelerator(const char *name) {
    NearestName nearest = {.word = without_vendor(name)};
    for (size_t i = 0; i < catalogue.accelerator_count; i++) {
        try_names(&nearest, catalogue.accelerators[i].name, &catalogue.accelerators[i].aliases);
    }
    return nearest.name;
}

bool catalogue_precision(const char *name, CataloguePrecision *precision) {
    for (size_t i = 0; i < sizeof precisions / sizeof precisions[0]; i++) {
        if (same_model_name(name, precisions[i].name)) {
            *precision = precisions[i].precision;
            return true;
        }
    }
    return false;
}

const char *catalogue_precision_name(CataloguePrecision precision) {
    return precisions[precision].name;
}

double catalogue_weight_bytes(const CatalogueModel *model, CataloguePrecision precision) {
    const double given = model->weights_gb[precision];
    const double computed = model->parameters_b * bytes_per_parameter[precision];
    return 1e9 * (given > 0 ? given : computed);
}

enum { SEARCH_MOST = 1024 }; /* GPUs that a message may ask for */

static const char default_accelerator[] = "H100";

/* The physics rule --------------------------------------------------------------------------- */

/* The token budget of an iteration that vLLM takes by itself. */
static int64_t token_budget(double memory_gib) {
    return memory_gib >= 70 ? 8192 : 2048;
}

/* What is left of 90 % of the memory beside weights, activations of as many tokens as an iteration
 * may have, and each GPU's own buffers. */
double catalogue_kv_capacity(double weight_bytes, double kv_bytes_per_token, bool mixture,
                             bool kv_on_each_gpu, double memory_gib, int64_t accelerator_count) {
    const double gib = 1073741824.0;
    const double gpus = (double)accelerator_count;
    const double activations_gib = (mixture ? 8 : 5.5) * (double)token_budget(memory_gib) / 8192;
    const double buffers_gib = accelerator_count > 1 ? 0.6 * gpus : 0.15;
    const double free_bytes =
        (0.9 * memory_gib * gpus - activations_gib - buffers_gib) * gib - weight_bytes;
    return free_bytes / (kv_bytes_per_token * (kv_on_each_gpu ? gpus : 1));
}

/* Share of the tensor FLOP/s that prompts get: known for 1, 2, 4, 8 GPUs, straight in the logarithm
 * between. The mixtures of the catalogue reach less than a third of it: their 47 fits need 1 to
 * 16 times the time, in the median 3.6. */
static double prompt_efficiency(int64_t accelerator_count, bool mixture) {
    static const double known[] = {0.7, 0.6, 0.45, 0.33};
    const double doublings = log2((double)accelerator_count);
    const size_t below = (size_t)fmin(floor(doublings), 2);
    const double beyond = fmin(doublings - (double)below, 1);
    const double dense = known[below] + beyond * (known[below + 1] - known[below]);
    return mixture ? 0.28 * dense : dense;
}

/* Tensor FLOP/s of the GPU; weights in a precision it has no units for are widened first. */
static double tensor_flops(const CatalogueAccelerator *accelerator, CataloguePrecision precision) {
    const double own = accelerator->tflops[precision];
    return 1e12 * (own > 0 ? own : accelerator->tflops[PRECISION_BF16]);
}

/* A dense model computes tokens while it reads its weights. The corner of this roofline is as round
 * as that of the replayed row: a seventh of a token's time from the first one on, the rest from
 * 0.7 of the tokens on that would take as long as the weights. What a decoding sequence takes
 * beyond that, and a stream of the host, is that row's. */
static void apply_roofline(double token_ms, double weights_ms, Profile *profile) {
    profile->c_prefill_ms = 0.14 * token_ms;
    profile->c_token_ms = 0.86 * token_ms;
    profile->free_tokens = (int64_t)(0.7 * weights_ms / token_ms);
    profile->c_decode_ms = 0.023;
    profile->stream_overhead = SIM_TIME_MILLISECOND / 20;
}

static void apply_physics(const CatalogueModel *model, const CatalogueAccelerator *accelerator,
                          CataloguePrecision precision, int64_t accelerator_count,
                          double weight_bytes, Profile *profile) {
    const double gpus = (double)accelerator_count;
    const bool mixture = model->experts > 0;
    const double bytes_per_ms = accelerator->bandwidth_gb_per_s * 1e6; /* of one GPU */
    const double flops_per_ms = tensor_flops(accelerator, precision) * 1e-3;
    const double expert_bytes = weight_bytes * model->expert_parameters_b / model->parameters_b;
    /* Launches and, with several GPUs, all-reduces; a mixture routes on top. With 0.1 ms per layer
     * and 1.25 (between 1.0 and 1.5) the fits of mixtures are met in the median. */
    const double per_layer_ms = mixture ? 0.1 : accelerator_count > 1 ? 0.076 : 0.065;

    profile->c0_ms = 0.95 * (weight_bytes - expert_bytes) / (gpus * bytes_per_ms) +
                     per_layer_ms * (double)model->layers;
    profile->c_moe_ms = 1.25 * expert_bytes / (gpus * bytes_per_ms);
    const double token_ms = 2 * model->active_parameters_b * 1e9 /
                            (gpus * flops_per_ms * prompt_efficiency(accelerator_count, mixture));
    if (mixture) {
        profile->c_prefill_ms = profile->c_decode_ms = token_ms; /* a token is a token */
    } else {
        apply_roofline(token_ms, weight_bytes / (gpus * bytes_per_ms), profile);
    }
    profile->c_kv_ms =
        model->kv_bytes_per_token / (0.8 * bytes_per_ms * (model->kv_on_each_gpu ? 1 : gpus));
}

/* Resolving ---------------------------------------------------------------------------------- */

/* A query on its way to an answer. */
typedef struct Inquiry {
    const CatalogueQuery *query;
    const Error *where;
    ErrorList *errors;
    const CatalogueModel *model; /* of the catalogue, or `described` */
    CatalogueModel described;    /* parameters_b NAN: nothing is known */
    const CatalogueAccelerator *accelerator;
    bool precision_said;
    CataloguePrecision precision;
    int64_t count;                   /* 0 = not said */
    const CatalogueProfile *profile; /* measured, or NULL */
    Error of_field;                  /* see `at` */
    char *place;
} Inquiry;

/* Where the field stands; until the next call. */
static const Error *at(Inquiry *inquiry, const char *field) {
    const char *above = inquiry->where->place;
    free(inquiry->place);
    inquiry->place = memory_format("%s%s%s", above ? above : "", above ? "." : "", field);
    inquiry->of_field = *inquiry->where;
    inquiry->of_field.place = inquiry->place;
    return &inquiry->of_field;
}

static bool said(double number) {
    return number > 0 && isfinite(number);
}

/* What weights of that many bytes per parameter are written in. */
static CataloguePrecision precision_of(double bytes) {
    return bytes > 1.5 ? PRECISION_BF16 : bytes > 0.8 ? PRECISION_FP8 : PRECISION_INT4;
}

/* A model that only the user knows. Layers follow the published dense models (32 at 8e9, 80 at
 * 70e9, 126 at 405e9 parameters), KV bytes the usual 8 heads of 128 for keys and for values at 2
 * bytes. */
static void describe_model(Inquiry *inquiry) {
    const CatalogueQuery *query = inquiry->query;
    CatalogueModel *model = &inquiry->described;
    *model = (CatalogueModel){
        .name = query->model, .precision = PRECISION_BF16, .accelerator = default_accelerator};
    if (inquiry->precision_said) {
        model->precision = inquiry->precision;
    } else if (said(query->weights_gb) && said(query->parameters_b)) {
        model->precision = precision_of(query->weights_gb / query->parameters_b);
    }
    model->parameters_b = said(query->parameters_b) ? query->parameters_b
                          : said(query->weights_gb)
                              ? query->weights_gb / bytes_per_parameter[model->precision]
                              : NAN;
    model->active_parameters_b = model->parameters_b;
    if (!isnan(model->parameters_b)) {
        model->layers = query->layers > 0
                            ? query->layers
                            : (int64_t)fmax(1, round(32 * pow(model->parameters_b / 8.03, 0.37)));
    }
    model->kv_bytes_per_token = said(query->kv_bytes_per_token) ? query->kv_bytes_per_token
                                                                : 4096.0 * (double)model->layers;
    inquiry->model = model;
}

static void find_model(Inquiry *inquiry) {
    const CatalogueQuery *query = inquiry->query;
    inquiry->model = query->model != NULL ? catalogue_model(query->model) : NULL;
    if (inquiry->model != NULL) {
        const double known = inquiry->model->parameters_b;
        if (said(query->parameters_b) && fabs(query->parameters_b / known - 1) > 0.05) {
            char *expected =
                memory_format("%g, or none: %s is in the catalogue", known, inquiry->model->name);
            error_found(inquiry->errors, at(inquiry, "parameters_b"), expected, NULL, "%g",
                        query->parameters_b);
            free(expected);
        }
        return;
    }
    describe_model(inquiry);
    if (isnan(inquiry->described.parameters_b) && !query->own_coefficients) {
        static const char expected[] = "a model of the catalogue, or parameters_b or weights_gb";
        if (query->model != NULL) {
            error_found(inquiry->errors, at(inquiry, "model"), expected,
                        catalogue_nearest_model(query->model), "\"%s\"", query->model);
        } else {
            error_found(inquiry->errors, at(inquiry, "model"), expected, NULL, "no model");
        }
    }
}

static void find_precision(Inquiry *inquiry) {
    const char *name = inquiry->query->precision;
    inquiry->precision_said = name != NULL;
    if (name != NULL && !catalogue_precision(name, &inquiry->precision)) {
        error_found(inquiry->errors, at(inquiry, "precision"), "bf16 (or fp16), fp8, fp4 or int4",
                    error_nearest_row(name, precisions, PRECISION_COUNT, name), "\"%s\"", name);
    }
}

static void find_accelerator(Inquiry *inquiry) {
    const char *name = inquiry->query->accelerator;
    inquiry->accelerator = catalogue_accelerator(name != NULL ? name : inquiry->model->accelerator);
    const bool may_be_unknown =
        inquiry->query->own_coefficients && name != NULL && strlen(name) < CATALOGUE_NAME_MOST;
    if (inquiry->accelerator == NULL && !may_be_unknown) {
        Text known = {0};
        for (size_t i = 0; i < catalogue.accelerator_count; i++) {
            text_addf(&known, "%s%s", i == 0 ? "one of " : ", ", catalogue.accelerators[i].name);
        }
        error_found(inquiry->errors, at(inquiry, "accelerator"), known.text,
                    catalogue_nearest_accelerator(name), "\"%s\"", name);
        text_clear(&known);
    }
}

static void find_count(Inquiry *inquiry) {
    const int64_t count = inquiry->query->accelerator_count;
    inquiry->count = count == OPTION_ABSENT_INTEGER ? 0 : count;
    if (inquiry->count < 0 ||
        (inquiry->count > CATALOGUE_GPUS_MOST && !inquiry->query->own_coefficients)) {
        error_found(inquiry->errors, at(inquiry, "accelerator_count"),
                    "at most 8: the GPUs of one machine",
                    count > 0 ? "give the profile's coefficients for a replica of more" : NULL,
                    "%lld", (long long)count);
    }
}

static double weight_bytes_in(const Inquiry *inquiry, CataloguePrecision precision) {
    return said(inquiry->query->weights_gb) ? inquiry->query->weights_gb * 1e9
                                            : catalogue_weight_bytes(inquiry->model, precision);
}

/* Tokens; NAN when nothing is known of the model or the accelerator. */
static double kv_capacity_on(const Inquiry *inquiry, const CatalogueAccelerator *accelerator,
                             CataloguePrecision precision, int64_t count) {
    const CatalogueModel *model = inquiry->model;
    return accelerator == NULL
               ? NAN
               : catalogue_kv_capacity(weight_bytes_in(inquiry, precision),
                                       model->kv_bytes_per_token, model->experts > 0,
                                       model->kv_on_each_gpu, accelerator->memory_gib, count);
}

/* A measurement is no longer one of weights that the user says are others. */
static bool is_of_these_weights(const Inquiry *inquiry, CataloguePrecision precision) {
    const double ratio =
        weight_bytes_in(inquiry, precision) / catalogue_weight_bytes(inquiry->model, precision);
    return fabs(ratio - 1) <= 0.1;
}

/* The measured profile with the fewest GPUs; of several the first, which is the preferred one. */
static const CatalogueProfile *smallest_measured(const Inquiry *inquiry, bool any_precision) {
    const CatalogueProfile *smallest = NULL;
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *row = &catalogue.profiles[i];
        if (row->model == inquiry->model && row->accelerator == inquiry->accelerator &&
            (any_precision || row->precision == inquiry->precision) &&
            (inquiry->count == 0 || row->accelerator_count == inquiry->count) &&
            is_of_these_weights(inquiry, row->precision) &&
            (smallest == NULL || row->accelerator_count < smallest->accelerator_count)) {
            smallest = row;
        }
    }
    return smallest;
}

/* The smallest power of two of GPUs that hold weights and a long prompt; 0 if none. */
static int64_t smallest_that_fits(const Inquiry *inquiry, const CatalogueAccelerator *accelerator) {
    for (int64_t count = 1; count <= SEARCH_MOST; count *= 2) {
        if (kv_capacity_on(inquiry, accelerator, inquiry->precision, count) >=
            CATALOGUE_KV_LEAST_TOKENS) {
            return count;
        }
    }
    return 0;
}

static void choose(Inquiry *inquiry) {
    if (!inquiry->precision_said) {
        inquiry->precision = inquiry->model->precision;
        if (said(inquiry->query->weights_gb) && !is_of_these_weights(inquiry, inquiry->precision)) {
            inquiry->precision =
                precision_of(inquiry->query->weights_gb / inquiry->model->parameters_b);
        }
    }
    inquiry->profile = smallest_measured(inquiry, false);
    if (inquiry->profile == NULL && !inquiry->precision_said) {
        inquiry->profile = smallest_measured(inquiry, true);
    }
    if (inquiry->profile != NULL) {
        inquiry->precision = inquiry->profile->precision;
        inquiry->count = inquiry->profile->accelerator_count;
    } else if (inquiry->count == 0) {
        const int64_t count = smallest_that_fits(inquiry, inquiry->accelerator);
        const bool nothing_known = isnan(inquiry->model->parameters_b);
        inquiry->count = count > 0 ? count : nothing_known ? 1 : CATALOGUE_GPUS_MOST;
        if (inquiry->count > CATALOGUE_GPUS_MOST) {
            inquiry->count = CATALOGUE_GPUS_MOST;
        }
    }
}

static void refuse_for_memory(Inquiry *inquiry) {
    const int64_t needed = smallest_that_fits(inquiry, inquiry->accelerator);
    char *expected = needed > 0 ? memory_format("at least %lld x %s", (long long)needed,
                                                inquiry->accelerator->name)
                                : memory_text("fewer weights");
    char *suggestion = NULL;
    for (size_t i = 0; i < catalogue.accelerator_count && suggestion == NULL; i++) {
        const CatalogueAccelerator *other = &catalogue.accelerators[i];
        const int64_t enough = smallest_that_fits(inquiry, other);
        if (needed > CATALOGUE_GPUS_MOST && enough > 0 && enough <= CATALOGUE_GPUS_MOST) {
            suggestion = memory_format("a replica has at most %d GPUs, and %lld x %s would do",
                                       CATALOGUE_GPUS_MOST, (long long)enough, other->name);
        }
    }
    error_found(inquiry->errors, at(inquiry, "accelerator_count"), expected, suggestion,
                "%.3g GB of weights in %s on %lld x %s",
                weight_bytes_in(inquiry, inquiry->precision) / 1e9,
                catalogue_precision_name(inquiry->precision), (long long)inquiry->count,
                inquiry->accelerator->name);
    free(expected);
    free(suggestion);
}

static char *source_text(const Inquiry *inquiry) {
    const CatalogueProfile *row = inquiry->profile;
    const char *precision = catalogue_precision_name(inquiry->precision);
    if (row == NULL) {
        const bool ours = inquiry->model != &inquiry->described;
        return memory_format("physics rule (docs/model.md, 8), not measured: %lld x %s, %s%s",
                             (long long)inquiry->count, inquiry->accelerator->name, precision,
                             ours ? ""
                             : inquiry->query->layers > 0 ||
                                     said(inquiry->query->kv_bytes_per_token)
                                 ? "; a dense model as described by the scenario"
                                 : "; a dense model, layers and KV cache estimated from its size");
    }
    char *error = isnan(row->tpot_error_percent)
                      ? memory_text("kernels measured, iterations summed up")
                      : memory_format("TPOT within %g %% over %lld points", row->tpot_error_percent,
                                      (long long)row->points);
    char *text = memory_format("%s; %lld x %s, %s, %s; %s", row->source, (long long)inquiry->count,
                               row->accelerator->name, precision, row->engine, error);
    free(error);
    return text;
}

static void apply_measured(const CatalogueProfile *row, Profile *profile) {
    profile->c0_ms = row->c0_ms;
    profile->c_moe_ms = row->c_moe_ms;
    profile->c_prefill_ms = row->c_prefill_ms;
    profile->c_decode_ms = row->c_decode_ms;
    profile->c_kv_ms = row->c_kv_ms;
    profile->c_token_ms = row->c_token_ms;
    profile->free_tokens = row->free_tokens;
    profile->c_attention_ms = row->c_attention_ms;
    if (!isnan(row->request_overhead_ms)) {
        profile->request_overhead = (sim_time)round(row->request_overhead_ms * 1e6);
        profile->stream_overhead = (sim_time)round(row->stream_overhead_ms * 1e6);
        profile->batch_slots = (int64_t)row->batch_slots;
    }
}

static void answer_coefficients(const Inquiry *inquiry, CatalogueAnswer *answer) {
    Profile *profile = &answer->profile;
    if (inquiry->profile != NULL) {
        apply_measured(inquiry->profile, profile);
    } else {
        apply_physics(inquiry->model, inquiry->accelerator, inquiry->precision, inquiry->count,
                      answer->weight_bytes, profile);
    }
    profile->experts = inquiry->model->experts;
    profile->active_experts = inquiry->model->active_experts;
    answer->measured = inquiry->profile != NULL;
    answer->source = source_text(inquiry);
}

static void give_answer(const Inquiry *inquiry, double kv_tokens, CatalogueAnswer *answer) {
    const CatalogueQuery *query = inquiry->query;
    const CatalogueAccelerator *accelerator = inquiry->accelerator;
    *answer = (CatalogueAnswer){.accelerator_count = inquiry->count};
    options_set_defaults(profile_options, &answer->profile);
    if (accelerator != NULL) {
        answer->profile.max_batched_tokens = token_budget(accelerator->memory_gib);
    }
    answer->profile.kv_capacity_tokens =
        kv_tokens >= 2 ? (int64_t)kv_tokens : OPTION_ABSENT_INTEGER;
    answer->weight_bytes = weight_bytes_in(inquiry, inquiry->precision);
    answer->model = memory_text(inquiry->model->name);
    snprintf(answer->accelerator, sizeof answer->accelerator, "%s",
             accelerator != NULL ? accelerator->name : query->accelerator);
    snprintf(answer->precision, sizeof answer->precision, "%s",
             catalogue_precision_name(inquiry->precision));
    if (!query->own_coefficients) {
        answer_coefficients(inquiry, answer);
    }
}

bool catalogue_resolve(const CatalogueQuery *query, const Error *where, ErrorList *errors,
                       CatalogueAnswer *answer) {
    Inquiry inquiry = {.query = query, .where = where, .errors = errors};
    const size_t before = errors->count;
    find_precision(&inquiry);
    find_model(&inquiry);
    find_accelerator(&inquiry);
    find_count(&inquiry);
    if (errors->count == before) {
        choose(&inquiry);
        const double kv_tokens =
            kv_capacity_on(&inquiry, inquiry.accelerator, inquiry.precision, inquiry.count);
        if (kv_tokens < CATALOGUE_KV_LEAST_TOKENS && !query->own_coefficients) {
            refuse_for_memory(&inquiry);
        } else {
            give_answer(&inquiry, kv_tokens, answer);
        }
    }
    free(inquiry.place);
    return errors->count == before;
}

void catalogue_answer_clear(CatalogueAnswer *answer) {
    free(answer->model);
    free(answer->source);
    answer->model = answer->source = NULL;
}
