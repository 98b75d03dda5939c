// SPDX-License-Identifier: GPL-3.0-or-later
/* The catalogue as it is compiled in: every row sane and sourced, the figures those of its source,
 * the physics rule as good as model 8 says, and every way to ask for a replica. */
#include "scenario/catalogue.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PHYSICS "physics rule (docs/model.md, 8), not measured"

static const Error here = {.file = "day.json", .line = 7, .place = "deployments.chat"};

/* The answer to a query that must have one. */
static CatalogueAnswer resolved(CatalogueQuery query) {
    ErrorList errors = {0};
    CatalogueAnswer answer;
    const bool fine = catalogue_resolve(&query, &here, &errors, &answer);
    if (!fine) {
        error_list_print(&errors, stderr);
    }
    cr_assert(fine);
    cr_assert_eq(errors.count, 0);
    return answer;
}

static CatalogueAnswer of_model(const char *model, const char *accelerator, int64_t count,
                                const char *precision) {
    return resolved((CatalogueQuery){.model = model,
                                     .accelerator = accelerator,
                                     .accelerator_count = count,
                                     .precision = precision});
}

/* The text of the one mistake in a query that must have one. Owned by the caller. */
static char *refusal(CatalogueQuery query) {
    ErrorList errors = {0};
    CatalogueAnswer answer;
    cr_assert_not(catalogue_resolve(&query, &here, &errors, &answer));
    cr_assert_eq(errors.count, 1);
    char *text = error_text(&errors.items[0]);
    error_list_clear(&errors);
    return text;
}

static void expect_refusal(CatalogueQuery query, const char *expected) {
    char *text = refusal(query);
    cr_expect_str_eq(text, expected);
    free(text);
}

static void expect_near(double actual, double expected, double relative, const char *what) {
    cr_expect(fabs(actual - expected) <= relative * fabs(expected), "%s: %.6g, expected %.6g", what,
              actual, expected);
}

/* Rows --------------------------------------------------------------------------------------- */

Test(catalogue, is_all_there) {
    cr_expect_eq(catalogue.accelerator_count, 25);
    cr_expect_eq(catalogue.model_count, 40);
    cr_expect_geq(catalogue.profile_count, 85);
}

Test(catalogue, models_from_memory_are_left_out) {
    const char *const unverified[] = {"glm-5", "minimax-m2.5", "minimax-m2p5", "qwen3.5-397b-a17b",
                                      "qwen3p5-397b-a17b"};
    for (size_t i = 0; i < sizeof unverified / sizeof unverified[0]; i++) {
        cr_expect_null(catalogue_model(unverified[i]), "%s", unverified[i]);
    }
}

Test(catalogue, every_row_is_sourced) {
    for (size_t i = 0; i < catalogue.model_count; i++) {
        cr_expect_gt(strlen(catalogue.models[i].source), 20);
    }
    for (size_t i = 0; i < catalogue.accelerator_count; i++) {
        cr_expect(strstr(catalogue.accelerators[i].source, "data sheet") != NULL);
    }
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *row = &catalogue.profiles[i];
        cr_expect(strstr(row->source, "aiconfigurator") != NULL ||
                      strstr(row->source, "llm-inferno") != NULL ||
                      strstr(row->source, "vidur") != NULL,
                  "%s", row->source);
    }
}

/* A fit that is not of kernels says how good it is, over how many points, and at which load. */
Test(catalogue, every_fit_has_its_error) {
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *row = &catalogue.profiles[i];
        const bool kernels = strcmp(row->c_prefill_from, "kernels") == 0;
        cr_expect_eq(kernels, row->points == 0);
        cr_expect_eq(kernels, isnan(row->tpot_error_percent) != 0);
        cr_expect(kernels || row->tpot_error_percent < 10, "%s", row->source);
        cr_expect(kernels || row->points >= 8, "%s", row->source);
        cr_expect(kernels || row->concurrency_least <= 16, "%s", row->source);
        cr_expect(kernels || row->concurrency_most >= 16, "%s", row->source);
        cr_expect_eq(row->c_moe_ms > 0, row->model->experts > 0, "%s", row->source);
    }
}

Test(catalogue, coefficients_are_those_of_the_csv) {
    static const struct {
        const char *model, *accelerator;
        int64_t count;
        const char *precision;
        double c0, c_moe, c_prefill, c_decode, c_kv;
        const char *cited;
    } expected[] = {
        {"llama-3.1-8b", "H100", 1, "bf16", 6.87, 0, 0.0031, 0.0229, 3.9e-5, "TPOT within 2.7 %"},
        {"llama-3.1-8b", "H100", 2, "bf16", 4.38, 0, 0.012, 0.012, 2.2e-5, "trtllm"},
        {"llama-3.1-70b", "H100", 4, "fp8", 11.08, 0, 0.052, 0.0448, 2.93e-5, "2.1 %"},
        {"llama-3.1-70b", "H200", 1, "fp8", 19.75, 0, 0.1593, 0.1036, 8.36e-5, "vllm"},
        {"llama-3.1-70b", "B200", 8, "fp4", 6.51, 0, 0.0218, 0.0215, 5.36e-6, "7.2 %"},
        {"llama-3-70b", "A100", 4, "fp16", 31.59, 0, 0.176, 0.1402, 5.02e-5, "vidur"},
        {"qwen3-32b", "H100", 2, "bf16", 13.83, 0, 0.0484, 0.0484, 6.33e-5, "vllm"},
        {"deepseek-v3", "H200", 8, "fp8", 7.11, 21.46, 0.0262, 0.0374, 2.82e-6, "sglang"},
        {"deepseek-r1", "B200", 8, "fp8", 4.6, 13.58, 0.0388, 0.0405, 2.26e-6, "sglang"},
        {"gpt-oss-120b", "H100", 2, "mxfp4", 3.71, 9.02, 0.0289, 0.0225, 2.49e-6, "1.4 %"},
        {"qwen3-235b-a22b", "H100", 8, "fp8", 8.85, 7.11, 0.044, 0.044, 2.87e-5, "trtllm"},
        {"kimi-k2.5", "H200", 8, "int4", 8.08, 22.19, 0.0508, 0.0454, 1.16e-5, "1.6 %"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        CatalogueAnswer answer = of_model(expected[i].model, expected[i].accelerator,
                                          expected[i].count, expected[i].precision);
        cr_expect(answer.measured);
        cr_expect_eq(answer.profile.c0_ms, expected[i].c0, "%s", answer.source);
        cr_expect_eq(answer.profile.c_moe_ms, expected[i].c_moe, "%s", answer.source);
        cr_expect_eq(answer.profile.c_prefill_ms, expected[i].c_prefill, "%s", answer.source);
        cr_expect_eq(answer.profile.c_decode_ms, expected[i].c_decode, "%s", answer.source);
        cr_expect_eq(answer.profile.c_kv_ms, expected[i].c_kv, "%s", answer.source);
        cr_expect(strstr(answer.source, expected[i].cited) != NULL, "%s", answer.source);
        catalogue_answer_clear(&answer);
    }
}

/* The table of profiles.md, section 2. */
Test(catalogue, kv_capacities_are_those_of_the_reference) {
    static const struct {
        const char *model, *accelerator;
        int64_t count;
        const char *precision;
        double tokens;
    } expected[] = {
        {"llama-3.1-8b", "H100", 1, "bf16", 421e3},  {"llama-3.1-8b", "H100", 2, "bf16", 1.0e6},
        {"llama-3-8b", "A100", 1, "fp16", 421e3},    {"llama-3-70b", "A100", 4, "fp16", 487e3},
        {"llama-3.1-70b", "H100", 2, "fp8", 234e3},  {"llama-3.1-70b", "H100", 4, "fp8", 702e3},
        {"llama-3.1-70b", "H100", 8, "fp8", 1.64e6}, {"llama-3.1-70b", "H200", 2, "fp8", 594e3},
        {"qwen2.5-7b", "H100", 1, "bf16", 977e3},    {"qwen3-32b", "H100", 1, "fp8", 147e3},
        {"qwen3-32b", "H100", 2, "bf16", 312e3},     {"qwen3-32b", "H100", 4, "bf16", 897e3},
        {"qwen2.5-72b", "A100", 4, "bf16", 474e3},   {"mixtral-8x7b", "H100", 4, "bf16", 1.56e6},
        {"deepseek-v3", "H200", 8, "fp8", 721e3},    {"deepseek-v3", "B200", 8, "fp8", 1.26e6},
        {"gpt-oss-120b", "H100", 2, "fp4", 1.07e6},  {"qwen3-235b", "H100", 4, "fp8", 328e3},
        {"qwen3-235b", "H100", 8, "fp8", 1.92e6},    {"kimi-k2.5", "H200", 8, "int4", 893e3},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        CatalogueAnswer answer = of_model(expected[i].model, expected[i].accelerator,
                                          expected[i].count, expected[i].precision);
        expect_near((double)answer.profile.kv_capacity_tokens, expected[i].tokens, 0.01,
                    answer.source);
        catalogue_answer_clear(&answer);
    }
}

Test(catalogue, scheduler_limits_are_the_profile_s_defaults) {
    CatalogueAnswer answer = of_model("llama-3.1-70b", NULL, 0, NULL);
    cr_expect_eq(answer.profile.batch_slots, 256);
    cr_expect_eq(answer.profile.max_batched_tokens, 8192);
    cr_expect_eq(answer.profile.request_overhead, 7 * SIM_TIME_MILLISECOND);
    cr_expect_eq(answer.profile.stream_overhead, 0);
    catalogue_answer_clear(&answer);
}

Test(catalogue, a_replayed_row_has_the_limits_of_its_runs) {
    CatalogueAnswer answer = of_model("llama-3.1-8b", "H100", 1, NULL);
    cr_expect_eq(answer.profile.batch_slots, 512);
    cr_expect_eq(answer.profile.max_batched_tokens, 8192);
    cr_expect_eq(answer.profile.request_overhead, 6800 * 1000);
    cr_expect_eq(answer.profile.stream_overhead, 50 * 1000);
    cr_expect_eq(answer.profile.free_tokens, 142);
    cr_expect_eq(answer.profile.c_token_ms, 0.0184);
    cr_expect_eq(answer.profile.c_attention_ms, 1.3e-6);
    catalogue_answer_clear(&answer);
}

/* vLLM on an RTX 4090 reported 41,408 KV tokens for Llama-3.1-8B, with its default budget. */
Test(catalogue, small_cards_have_small_budgets_and_what_they_leave) {
    CatalogueAnswer answer = of_model("llama-3.1-8b", "RTX 4090", 1, NULL);
    cr_expect_not(answer.measured);
    cr_expect_eq(answer.profile.max_batched_tokens, 2048);
    expect_near((double)answer.profile.kv_capacity_tokens, 41408, 0.02, "KV of an RTX 4090");
    catalogue_answer_clear(&answer);
}

/* Spellings ---------------------------------------------------------------------------------- */

Test(catalogue, models_go_by_many_names) {
    const CatalogueModel *model = catalogue_model("llama-v3p1-8b-instruct");
    cr_assert_not_null(model);
    cr_expect_eq(catalogue_model("accounts/fireworks/models/llama-v3p1-8b-instruct"), model);
    cr_expect_eq(catalogue_model("meta-llama/Llama-3.1-8B-Instruct"), model);
    cr_expect_eq(catalogue_model("llama_v3p1_8b"), model);
    cr_expect_null(catalogue_model("llama-v3p1-9b"));
    cr_expect_null(catalogue_model(""));
    cr_expect_str_eq(catalogue_nearest_model("llama-v3p1-8b-instrct"), "llama-v3p1-8b-instruct");
    cr_expect_null(catalogue_nearest_model("zzzzzzzzzzzzzzz"));
}

Test(catalogue, accelerators_go_by_many_names) {
    const char *const spellings[] = {"H100",      "h100",         "NVIDIA_H100_80GB",
                                     "H100_80GB", "h100_sxm",     "nvidia-h100-80gb",
                                     "H100 SXM",  "H100-80GB-SXM"};
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        const CatalogueAccelerator *accelerator = catalogue_accelerator(spellings[i]);
        cr_assert_not_null(accelerator, "%s", spellings[i]);
        cr_expect_str_eq(accelerator->name, "H100");
    }
    const char *const of_firectl[][2] = {
        {"NVIDIA_A100_80GB", "A100"},
        {"NVIDIA_H200_141GB", "H200"},
        {"NVIDIA_B200_180GB", "B200"},
        {"NVIDIA_B300_288GB", "B300"},
        {"GB300", "GB300"},
    };
    for (size_t i = 0; i < sizeof of_firectl / sizeof of_firectl[0]; i++) {
        const CatalogueAccelerator *accelerator = catalogue_accelerator(of_firectl[i][0]);
        cr_assert_not_null(accelerator, "%s", of_firectl[i][0]);
        cr_expect_str_eq(accelerator->name, of_firectl[i][1]);
    }
    cr_expect_str_eq(catalogue_accelerator("NVIDIA RTX PRO 6000")->name, "RTX_PRO_6000");
    cr_expect_str_eq(catalogue_accelerator("A100-40GB")->name, "A100_40GB");
    cr_expect_str_eq(catalogue_accelerator("rtx4090")->name, "RTX_4090");
    cr_expect_str_eq(catalogue_accelerator("AMD Instinct MI300X")->name, "MI300X");
    cr_expect_null(catalogue_accelerator("H10"));
    cr_expect_null(catalogue_accelerator("nvidia"));
    cr_expect_null(catalogue_accelerator(""));
}

Test(catalogue, precisions_go_by_many_names) {
    CataloguePrecision precision;
    cr_expect(catalogue_precision("FP16", &precision) && precision == PRECISION_BF16);
    cr_expect(catalogue_precision("nvfp4", &precision) && precision == PRECISION_FP4);
    cr_expect_not(catalogue_precision("fp32", &precision));
    cr_expect_str_eq(catalogue_precision_name(PRECISION_INT4), "int4");
}

/* Choices ------------------------------------------------------------------------------------ */

static void expect_choice(CatalogueQuery query, const char *accelerator, int64_t count,
                          const char *precision, bool measured) {
    CatalogueAnswer answer = resolved(query);
    cr_expect_str_eq(answer.accelerator, accelerator, "%s", answer.source);
    cr_expect_eq(answer.accelerator_count, count, "%s", answer.source);
    cr_expect_str_eq(answer.precision, precision, "%s", answer.source);
    cr_expect_eq(answer.measured, measured, "%s", answer.source);
    cr_expect_eq(strncmp(answer.source, PHYSICS, strlen(PHYSICS)) == 0, !measured);
    catalogue_answer_clear(&answer);
}

Test(catalogue, a_model_alone_is_enough) {
    expect_choice((CatalogueQuery){.model = "llama-3.1-8b"}, "H100", 1, "bf16", true);
    expect_choice((CatalogueQuery){.model = "llama-3.3-70b"}, "H100", 2, "fp8", true);
    expect_choice((CatalogueQuery){.model = "llama-v3p1-405b-instruct"}, "H100", 8, "fp8", false);
    expect_choice((CatalogueQuery){.model = "deepseek-r1"}, "H200", 8, "fp8", true);
    expect_choice((CatalogueQuery){.model = "gpt-oss-120b"}, "H100", 2, "fp4", true);
    expect_choice((CatalogueQuery){.model = "mixtral-8x7b"}, "H100", 2, "bf16", false);
    expect_choice((CatalogueQuery){.model = "qwen3-32b"}, "H100", 2, "bf16", true);
}

Test(catalogue, every_model_has_an_answer_on_its_own_accelerator) {
    for (size_t i = 0; i < catalogue.model_count; i++) {
        CatalogueAnswer answer = of_model(catalogue.models[i].name, NULL, 0, NULL);
        ErrorList errors = {0};
        profile_check(&answer.profile, &here, &errors);
        cr_expect_eq(errors.count, 0);
        cr_expect_str_eq(answer.model, catalogue.models[i].name);
        cr_expect(
            option_within_limits(option_find(profile_options, "c0_ms"), answer.profile.c0_ms));
        cr_expect_gt(answer.weight_bytes, 1e9);
        catalogue_answer_clear(&answer);
        error_list_clear(&errors);
    }
}

Test(catalogue, another_measured_precision_is_better_than_the_rule) {
    expect_choice((CatalogueQuery){.model = "llama-3.1-70b", .accelerator = "A100"}, "A100", 4,
                  "bf16", true);
    expect_choice((CatalogueQuery){.model = "qwen3-32b", .accelerator_count = 1}, "H100", 1, "fp8",
                  true);
    expect_choice(
        (CatalogueQuery){.model = "qwen3-32b", .accelerator_count = 1, .precision = "bf16"}, "H100",
        1, "bf16", false);
    expect_choice((CatalogueQuery){.model = "kimi-k2.5", .accelerator = "B300"}, "B300", 4, "fp4",
                  true);
}

Test(catalogue, other_weights_are_not_what_was_measured) {
    expect_choice((CatalogueQuery){.model = "llama-3.1-70b", .weights_gb = 72}, "H100", 2, "fp8",
                  true);
    expect_choice((CatalogueQuery){.model = "llama-3.1-70b", .weights_gb = 141}, "H100", 2, "bf16",
                  false);
    expect_choice((CatalogueQuery){.model = "llama-3.1-70b", .weights_gb = 40}, "H100", 1, "int4",
                  false);
    CatalogueAnswer answer =
        resolved((CatalogueQuery){.model = "llama-3.1-70b", .weights_gb = 72, .parameters_b = 70});
    cr_expect_eq(answer.weight_bytes, 72e9);
    catalogue_answer_clear(&answer);
}

Test(catalogue, absent_options_count_as_not_said) {
    expect_choice((CatalogueQuery){.model = "llama-3.1-8b",
                                   .accelerator_count = OPTION_ABSENT_INTEGER,
                                   .layers = OPTION_ABSENT_INTEGER,
                                   .weights_gb = NAN,
                                   .parameters_b = NAN,
                                   .kv_bytes_per_token = NAN},
                  "H100", 1, "bf16", true);
}

Test(catalogue, a_model_may_be_described) {
    expect_choice((CatalogueQuery){.model = "mine", .parameters_b = 8}, "H100", 1, "bf16", false);
    expect_choice(
        (CatalogueQuery){
            .model = "mine", .parameters_b = 70, .weights_gb = 70, .accelerator = "B200"},
        "B200", 1, "fp8", false);
    expect_choice((CatalogueQuery){.weights_gb = 140}, "H100", 2, "bf16", false);
    CatalogueAnswer mine = resolved((CatalogueQuery){
        .model = "accounts/me/models/mine", .parameters_b = 8.03, .accelerator = "H200"});
    CatalogueAnswer known = of_model("llama-3.1-8b", "H200", 1, "bf16");
    cr_expect_str_eq(mine.model, "accounts/me/models/mine");
    cr_expect(strstr(mine.source, "estimated") != NULL);
    cr_expect_eq(mine.profile.c0_ms, known.profile.c0_ms);
    cr_expect_eq(mine.profile.kv_capacity_tokens, known.profile.kv_capacity_tokens);
    cr_expect_eq(mine.weight_bytes, known.weight_bytes);
    catalogue_answer_clear(&mine);
    catalogue_answer_clear(&known);
    mine = resolved((CatalogueQuery){.parameters_b = 8, .layers = 10, .kv_bytes_per_token = 1000});
    cr_expect_null(mine.model);
    cr_expect(strstr(mine.source, "described by the scenario") != NULL);
    expect_near(mine.profile.c0_ms, 0.95 * 16 / 3.35 + 0.065 * 10, 1e-12, "c0");
    expect_near(mine.profile.c_kv_ms, 1000 / (0.8 * 3350e6), 1e-12, "c_kv");
    catalogue_answer_clear(&mine);
}

/* Layers of the published dense models, which the estimate was made from. */
Test(catalogue, layers_are_estimated_well) {
    static const double known[][3] = {
        {8.03, 131072, 0.02}, {32.8, 262144, 0.2}, {70.6, 327680, 0.15}, {405.9, 516096, 0.1}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        CatalogueAnswer answer = resolved((CatalogueQuery){
            .parameters_b = known[i][0], .accelerator = "B300", .accelerator_count = 8});
        const double kv_bytes = answer.profile.c_kv_ms * 0.8 * 8 * 8e9;
        expect_near(kv_bytes, known[i][1], known[i][2], "KV bytes per token");
        catalogue_answer_clear(&answer);
    }
}

Test(catalogue, a_scenario_with_coefficients_needs_no_catalogue) {
    CatalogueAnswer answer = resolved(
        (CatalogueQuery){.model = "mine", .accelerator = "L40S", .own_coefficients = true});
    cr_expect_str_eq(answer.model, "mine");
    cr_expect_str_eq(answer.accelerator, "L40S");
    cr_expect_eq(answer.accelerator_count, 1);
    cr_expect(isnan(answer.weight_bytes));
    cr_expect_eq(answer.profile.kv_capacity_tokens, OPTION_ABSENT_INTEGER);
    cr_expect(isnan(answer.profile.c0_ms));
    cr_expect_null(answer.source);
    catalogue_answer_clear(&answer);
    answer = resolved((CatalogueQuery){
        .model = "llama-3.1-8b", .accelerator_count = 16, .own_coefficients = true});
    expect_near(answer.weight_bytes, 16.06e9, 1e-12, "weights");
    cr_expect_eq(answer.accelerator_count, 16);
    cr_expect_gt(answer.profile.kv_capacity_tokens, 8000000);
    catalogue_answer_clear(&answer);
    answer = resolved((CatalogueQuery){.own_coefficients = true});
    cr_expect_null(answer.model);
    cr_expect_str_eq(answer.accelerator, "H100");
    cr_expect_str_eq(answer.precision, "bf16");
    catalogue_answer_clear(&answer);
}

/* Mistakes ----------------------------------------------------------------------------------- */

Test(catalogue, mistakes_are_told_with_their_place) {
    expect_refusal((CatalogueQuery){.model = "llama-v3p1-8b-instrct"},
                   "day.json:7: deployments.chat.model: found \"llama-v3p1-8b-instrct\", expected "
                   "a model of the catalogue, or parameters_b or weights_gb; did you mean "
                   "\"llama-v3p1-8b-instruct\"?");
    expect_refusal((CatalogueQuery){.accelerator = "H100"},
                   "day.json:7: deployments.chat.model: found no model, expected a model of the "
                   "catalogue, or parameters_b or weights_gb");
    expect_refusal((CatalogueQuery){.model = "llama-3.1-8b", .accelerator = "NVIDIA_H300"},
                   "day.json:7: deployments.chat.accelerator: found \"NVIDIA_H300\", expected one "
                   "of A100, H100, H200, B200, B300, GB300, A100_40GB, H100_NVL, "
                   "H20, GB200, L40S, L40, L4, A10G, A10, A40, RTX_4090, "
                   "RTX_5090, RTX_3090, RTX_6000_Ada, RTX_PRO_6000, "
                   "RTX_PRO_6000_Server, MI300X, MI325X, MI355X; "
                   "did you mean \"H100\"?");
    expect_refusal(
        (CatalogueQuery){.model = "llama-3.1-8b", .precision = "fp6"},
        "day.json:7: deployments.chat.precision: found \"fp6\", expected bf16 (or fp16), "
        "fp8, fp4 or int4; did you mean \"fp8\"?");
    expect_refusal((CatalogueQuery){.model = "llama-3.1-8b", .parameters_b = 70},
                   "day.json:7: deployments.chat.parameters_b: found 70, expected 8.03, or none: "
                   "llama-v3p1-8b-instruct is in the catalogue");
    expect_refusal(
        (CatalogueQuery){.model = "llama-3.1-8b", .accelerator_count = 16},
        "day.json:7: deployments.chat.accelerator_count: found 16, expected at most 8: "
        "the GPUs of one machine; give the profile's coefficients for a replica of more");
}

Test(catalogue, a_model_that_does_not_fit_says_what_it_needs) {
    expect_refusal(
        (CatalogueQuery){.model = "llama-3.1-70b", .accelerator_count = 1},
        "day.json:7: deployments.chat.accelerator_count: found 70.6 GB of weights in fp8 "
        "on 1 x H100, expected at least 2 x H100");
    expect_refusal((CatalogueQuery){.model = "deepseek-v3", .accelerator = "A100"},
                   "day.json:7: deployments.chat.accelerator_count: found 671 GB of weights in fp8 "
                   "on 8 x A100, expected at least 16 x A100; a replica has at most 8 GPUs, and "
                   "8 x H200 would do");
    expect_refusal((CatalogueQuery){.weights_gb = 1e6},
                   "day.json:7: deployments.chat.accelerator_count: found 1e+06 GB of weights in "
                   "bf16 on 8 x H100, expected fewer weights");
}

Test(catalogue, all_mistakes_are_told_at_once) {
    ErrorList errors = {0};
    CatalogueAnswer answer;
    const CatalogueQuery query = {
        .model = "x", .accelerator = "y", .precision = "z", .accelerator_count = -1};
    cr_expect_not(catalogue_resolve(&query, &here, &errors, &answer));
    cr_expect_eq(errors.count, 4);
    error_list_clear(&errors);
}

/* The rows ----------------------------------------------------------------------------------- */

static bool is_within(double number, double least, double most) {
    return number >= least && number <= most;
}

static bool is_unknown_or_within(double number, double least, double most) {
    return isnan(number) || is_within(number, least, most);
}

Test(catalogue, accelerators_are_sane) {
    for (size_t i = 0; i < catalogue.accelerator_count; i++) {
        const CatalogueAccelerator *row = &catalogue.accelerators[i];
        cr_expect(strlen(row->name) > 0 && strlen(row->name) < CATALOGUE_NAME_MOST);
        cr_expect(is_within(row->memory_gib, 1, 1e4), "%s", row->name);
        cr_expect(is_within(row->bandwidth_gb_per_s, 10, 1e6), "%s", row->name);
        cr_expect(is_within(row->tflops[PRECISION_BF16], 1, 1e6), "%s", row->name);
        for (size_t k = 0; k < PRECISION_COUNT; k++) {
            cr_expect(row->tflops[k] == 0 || is_within(row->tflops[k], 1, 1e6), "%s", row->name);
        }
        cr_expect_eq(catalogue_accelerator(row->name), row, "%s", row->name);
        for (size_t k = 0; k < row->aliases.count; k++) {
            cr_expect_eq(catalogue_accelerator(row->aliases.items[k]), row, "%s", row->name);
        }
    }
}

Test(catalogue, models_are_sane) {
    for (size_t i = 0; i < catalogue.model_count; i++) {
        const CatalogueModel *row = &catalogue.models[i];
        cr_expect(is_within(row->parameters_b, 0.01, 1e5), "%s", row->name);
        cr_expect(is_within(row->active_parameters_b, 0.01, row->parameters_b), "%s", row->name);
        cr_expect(row->expert_parameters_b >= 0 && row->expert_parameters_b < row->parameters_b);
        cr_expect(row->active_experts >= 0 && row->active_experts <= row->experts, "%s", row->name);
        cr_expect_eq(row->experts > 0, row->expert_parameters_b > 0, "%s", row->name);
        cr_expect(row->layers >= 1 && row->layers <= 1000, "%s", row->name);
        cr_expect(is_within(row->kv_bytes_per_token, 1024, 1e8), "%s", row->name);
        for (size_t k = 0; k < PRECISION_COUNT; k++) {
            cr_expect(row->weights_gb[k] == 0 || is_within(row->weights_gb[k], 0.01, 1e5));
        }
        cr_expect_not_null(catalogue_accelerator(row->accelerator), "%s", row->name);
        cr_expect_eq(catalogue_model(row->name), row, "%s", row->name);
        for (size_t k = 0; k < row->aliases.count; k++) {
            cr_expect_eq(catalogue_model(row->aliases.items[k]), row, "%s", row->aliases.items[k]);
        }
    }
}

Test(catalogue, profiles_are_sane) {
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *row = &catalogue.profiles[i];
        const CatalogueModel *model = row->model;
        cr_expect(row->accelerator_count >= 1 && row->accelerator_count <= CATALOGUE_GPUS_MOST);
        cr_expect(row->expert_parallel >= 1 && row->expert_parallel <= CATALOGUE_GPUS_MOST);
        cr_expect_gt(strlen(row->engine), 0);
        cr_expect(is_within(row->c0_ms, 0.1, 1000), "%s", row->source);
        cr_expect(is_within(row->c_moe_ms, 0, model->experts > 0 ? 1000 : 0), "%s", row->source);
        cr_expect(is_within(row->c_prefill_ms, 1e-4, 10), "%s", row->source);
        cr_expect(is_within(row->c_decode_ms, 0, 10), "%s", row->source);
        cr_expect(is_within(row->c_kv_ms, 0, 0.01), "%s", row->source);
        cr_expect(is_within((double)row->points, 0, 1e6), "%s", row->source);
        cr_expect(is_unknown_or_within(row->concurrency_least, 0.1, 1e6), "%s", row->source);
        cr_expect(is_unknown_or_within(row->concurrency_most, 1, 1e6), "%s", row->source);
        cr_expect(is_unknown_or_within(row->tpot_error_percent, 0, 50), "%s", row->source);
        const double kv_tokens = catalogue_kv_capacity(
            catalogue_weight_bytes(model, row->precision), model->kv_bytes_per_token,
            model->experts > 0, model->kv_on_each_gpu, row->accelerator->memory_gib,
            row->accelerator_count);
        cr_expect_geq(kv_tokens, CATALOGUE_KV_LEAST_TOKENS, "%s", row->source);
    }
}

/* What scripts/catalogue-tables says of a file with one text in the place of another. */
static int tables_status(const char *sed) {
    char command[512];
    snprintf(command, sizeof command,
             "d=$(mktemp -d) && sed '%s' src/scenario/catalogue.json > $d/c && "
             "{ scripts/catalogue-tables $d/c > $d/c.c && "
             "cc -Isrc -Iinclude -Werror -Wall -Wextra -fsyntax-only $d/c.c; } 2> $d/errors; "
             "s=$?; rm -r $d; exit $((s != 0))",
             sed);
    return system(command);
}

Test(catalogue, a_field_that_is_missing_or_unknown_does_not_compile) {
    cr_expect_eq(tables_status(""), 0);
    cr_expect_neq(tables_status("5s/\"memory_gib\": [0-9]*, //"), 0);
    cr_expect_neq(tables_status("s/\"memory_gib\": /\"colour\": /"), 0);
    cr_expect_neq(tables_status("s/\"precision\": \"fp8\"/\"precision\": \"fp7\"/"), 0);
    cr_expect_neq(tables_status("s/\"accelerator\": \"H100\"/\"accelerator\": \"H101\"/"), 0);
}

/* The physics rule --------------------------------------------------------------------------- */

/* What the rule says of a dense model of the catalogue, measured or not: asked as if it were
 * unknown. */
static Profile by_physics(const char *model, double weights_gb, const char *accelerator,
                          int64_t count, const char *precision) {
    const CatalogueModel *known = catalogue_model(model);
    CatalogueAnswer answer =
        resolved((CatalogueQuery){.model = "described",
                                  .parameters_b = known->parameters_b,
                                  .weights_gb = weights_gb,
                                  .layers = known->layers,
                                  .kv_bytes_per_token = known->kv_bytes_per_token,
                                  .accelerator = accelerator,
                                  .accelerator_count = count,
                                  .precision = precision});
    const Profile profile = answer.profile;
    cr_expect_not(answer.measured);
    catalogue_answer_clear(&answer);
    return profile;
}

/* profiles.md: "70B fp8 H100 TP2/4/8 predicts 16.1/11.1/8.6; 8B: 6.6-6.7". */
Test(catalogue, physics_predicts_what_the_reference_says) {
    const double expected[] = {16.1, 11.1, 8.6};
    for (int i = 0; i < 3; i++) {
        const Profile profile = by_physics("llama-3.1-70b", 70.6, "H100", 2 << i, "fp8");
        cr_expect_float_eq(profile.c0_ms, expected[i], 0.05, "%g", profile.c0_ms);
    }
    const Profile small = by_physics("llama-3.1-8b", 16.06, "H100", 1, "bf16");
    cr_expect(small.c0_ms >= 6.6 && small.c0_ms <= 6.7, "%g", small.c0_ms);
    expect_near(small.c_prefill_ms + small.c_token_ms, 0.0222, 0.05, "prefill");
    expect_near((double)small.free_tokens, 142, 0.05, "tokens while weights are read");
    expect_near(small.c_kv_ms, 5.33e-5, 0.1, "KV");
    CatalogueAnswer qwen = of_model("qwen2.5-7b", "H100", 1, "bf16");
    expect_near(qwen.profile.c0_ms, 6.3, 0.05, "c0 of Qwen2.5-7B");
    expect_near(qwen.profile.c_prefill_ms + qwen.profile.c_token_ms, 0.022, 0.05,
                "prefill of Qwen2.5-7B");
    expect_near(qwen.profile.c_kv_ms, 2.1e-5, 0.05, "KV of Qwen2.5-7B");
    catalogue_answer_clear(&qwen);
}

/* Against all 24 whole-step fits of dense models on H100 and H200. */
Test(catalogue, physics_agrees_with_the_dense_fits) {
    size_t rows = 0;
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *row = &catalogue.profiles[i];
        if (row->model->experts > 0 || row->points == 0 || row->accelerator->name[0] != 'H') {
            continue;
        }
        const double weights_gb = catalogue_weight_bytes(row->model, row->precision) / 1e9;
        const Profile profile =
            by_physics(row->model->name, weights_gb, row->accelerator->name, row->accelerator_count,
                       catalogue_precision_name(row->precision));
        expect_near(profile.c0_ms, row->c0_ms, 0.3, row->source);
        rows++;
    }
    cr_expect_eq(rows, 24);
}

/* Experts are read, as far as the batch needs them: gpt-oss-120b on two H100 was measured at 9.02
 * ms for 61 GiB of experts, at twice 3.35 TB/s. */
Test(catalogue, physics_knows_experts) {
    const CatalogueModel *model = catalogue_model("gpt-oss-120b");
    CatalogueAnswer answer = resolved(
        (CatalogueQuery){.model = "gpt-oss-120b", .precision = "fp8", .accelerator_count = 4});
    cr_expect_not(answer.measured);
    cr_expect_eq(answer.profile.experts, 128);
    cr_expect_eq(answer.profile.active_experts, 4);
    expect_near(answer.profile.c_moe_ms, 1.25 * model->expert_parameters_b / (4 * 3.35), 1e-9,
                "experts");
    expect_near(answer.profile.c0_ms,
                0.95 * (model->parameters_b - model->expert_parameters_b) / (4 * 3.35) + 3.6, 1e-9,
                "the rest");
    catalogue_answer_clear(&answer);
}

Test(catalogue, more_gpus_are_faster_by_the_rule) {
    for (size_t i = 0; i < catalogue.accelerator_count; i++) {
        Profile before = {.c0_ms = 1e9, .c_prefill_ms = 1e9, .c_kv_ms = 1e9};
        for (int64_t count = 3; count <= 8; count++) {
            const Profile profile =
                by_physics("qwen2.5-14b", 14.8, catalogue.accelerators[i].name, count, "fp8");
            cr_expect_lt(profile.c0_ms, before.c0_ms);
            cr_expect_lt(profile.c_prefill_ms, before.c_prefill_ms);
            cr_expect_lt(profile.c_kv_ms, before.c_kv_ms);
            cr_expect_gt(profile.kv_capacity_tokens, before.kv_capacity_tokens);
            before = profile;
        }
    }
}

/* Saturation --------------------------------------------------------------------------------- */

/* profiles.md section 4.4: what one sequence adds to the time of an iteration, averaged over its
 * life; an iteration with B of them takes c0 + c_moe x coverage(B) + B x delta. */
static double delta_ms(const Profile *profile, double in, double out) {
    return (profile->c_prefill_ms * in + profile->c_decode_ms * out +
            profile->c_kv_ms * out * (in + (out + 1) / 2)) /
           (out + 1);
}

static double iteration_ms(const Profile *profile, double in, double out, double batch) {
    double moe = 0;
    if (profile->experts > 0) {
        const double missed = 1 - (double)profile->active_experts / (double)profile->experts;
        moe = profile->c_moe_ms * (1 - pow(missed, batch));
    }
    const double beyond = batch * (in + out) / (out + 1) - (double)profile->free_tokens;
    return profile->c0_ms + moe + batch * delta_ms(profile, in, out) +
           profile->c_token_ms * fmax(0, beyond);
}

/* Per second, of one replica with full batch slots. */
static double output_tokens_per_s(const Profile *profile, double in, double out) {
    const double in_kv = (double)profile->kv_capacity_tokens / (in + out / 2);
    const double batch = fmin((double)profile->batch_slots, in_kv);
    return batch * 1000 / iteration_ms(profile, in, out, batch);
}

/* No row promises more than its GPUs can do: two FLOP per active parameter and prompt token, one
 * reading of the weights per iteration. Nor so little that it must be a slip: 50 tokens/s per GPU.
 */
Test(catalogue, saturation_is_plausible) {
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *row = &catalogue.profiles[i];
        CatalogueAnswer answer =
            of_model(row->model->name, row->accelerator->name, row->accelerator_count,
                     catalogue_precision_name(row->precision));
        cr_expect(answer.measured);
        const double gpus = (double)answer.accelerator_count;
        const double rate = output_tokens_per_s(&answer.profile, 1000, 200) / gpus;
        cr_expect(rate > 50 && rate < 20000, "%g: %s", rate, answer.source);
        const double best_prefill_ms = 2 * row->model->active_parameters_b /
                                       (gpus * fmax(row->accelerator->tflops[PRECISION_BF16],
                                                    fmax(row->accelerator->tflops[PRECISION_FP8],
                                                         row->accelerator->tflops[PRECISION_FP4])));
        cr_expect_gt(answer.profile.c_prefill_ms + answer.profile.c_token_ms, best_prefill_ms, "%s",
                     answer.source);
        const double dense_bytes =
            answer.weight_bytes * (1 - row->model->expert_parameters_b / row->model->parameters_b);
        cr_expect_gt(answer.profile.c0_ms,
                     0.9 * dense_bytes / (gpus * row->accelerator->bandwidth_gb_per_s * 1e6), "%s",
                     answer.source);
        catalogue_answer_clear(&answer);
    }
}
