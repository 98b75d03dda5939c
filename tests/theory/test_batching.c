// SPDX-License-Identifier: GPL-3.0-or-later
/* Continuous batching against what is known of it: throughput of a full batch, the fixed point of
 * the iteration time, processor sharing in the limit of long requests, bulk service of short ones,
 * prefill as a single server of tokens, KV capacity as a limit of places. */
#include "theory/theory_fixture.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

/* ---- Sharing: c0 and c_decode ---- */

/* An iteration of n sequences takes c0 + n c, a prompt of one token costs as much as a decoding
 * sequence. With requests of very many tokens this is generalised processor sharing (Cohen 1979):
 * with A = rate x E[N] c0 and d = rate x E[N] c, the number held is negative binomial,
 *
 *     P(n) ~ product over k = 1..n of (A + d k) / k,  mean (A + d) / (1 - d)
 *
 * for any law of N, and a request of N tokens takes N (c0 + c) / (1 - d) on average. c = 0 is
 * M/G/infinity, c0 = 0 is M/G/1-PS. The fixed point B = A + d B, which leaves out that the batch
 * varies, is d / (1 - d) below. */
typedef struct Sharing {
    double c0_us, c_us;
    double rate;
    double requests;
    double sample_s; /* so far apart that samples are as good as independent */
    double resolution;
} Sharing;

static double slowdown(const TheoryRequest *request) {
    return theory_sojourn(request) / (request->output_tokens / 1e6);
}

static void check_held(const char *what, const TheoryRun *run, double a, double d) {
    enum { CELLS = 150 };
    double probabilities[CELLS] = {pow(1 - d, 1 + a / d)}, rest = 1;
    for (int n = 0; n + 1 < CELLS; n++) {
        probabilities[n + 1] = probabilities[n] * (a + d * (n + 1)) / (n + 1);
        rest -= probabilities[n];
    }
    probabilities[CELLS - 1] = rest;
    theory_check_held(what, run, probabilities, CELLS);
}

static void check_sharing(const char *what, const Sharing *sharing, const TheoryLaw *law,
                          TheoryMeasure *measure) {
    char *profile =
        memory_format("'c0_ms':%.17g,'c_prefill_ms':%.17g,'c_decode_ms':%.17g,"
                      "'kv_capacity_tokens':1e15,'batch_slots':1048576",
                      sharing->c0_us * 1e-3, sharing->c_us * 1e-3, sharing->c_us * 1e-3);
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = sharing->rate,
                                                  .requests = sharing->requests,
                                                  .law = law,
                                                  .profile = profile,
                                                  .sample_s = sharing->sample_s,
                                                  .evaluation_s = sharing->sample_s});
    const double a = sharing->rate * sharing->c0_us, d = sharing->rate * sharing->c_us;
    char *text = memory_format("%s, %s: %s", what, law->name,
                               measure == slowdown ? "time per 1e6 tokens" : "sojourn");
    theory_check(text, theory_mean(run, measure), (sharing->c0_us + sharing->c_us) / (1 - d),
                 sharing->resolution);
    free(text);
    text = memory_format("%s, %s: requests held", what, law->name);
    theory_check(text, theory_mean_of_samples(run->concurrency, run->evaluation_count),
                 (a + d) / (1 - d), 2.5 * sharing->resolution);
    check_held(text, run, a, d);
    free(text);
    theory_check_little(run);
    theory_run_destroy(run);
    free(profile);
}

Test(theory_batching, processor_sharing) {
    const Sharing sharing = {0.001, 1, 0.5, 500000, 60, 0.02};
    check_sharing("M/G/1-PS", &sharing, &theory_exponential, theory_sojourn);
    check_sharing("M/G/1-PS", &sharing, &theory_fixed, theory_sojourn);
    check_sharing("M/G/1-PS", &sharing, &theory_lognormal, slowdown);
}

Test(theory_batching, generalised_sharing) {
    const Sharing sharing = {0.5, 0.05, 12, 400000, 60, 0.01};
    check_sharing("c0 + n c", &sharing, &theory_exponential, theory_sojourn);
    check_sharing("c0 + n c", &sharing, &theory_fixed, theory_sojourn);
    check_sharing("c0 + n c", &sharing, &theory_lognormal, slowdown);
}

/* ---- Real profiles: a full batch, and the fixed point ---- */

/* The fit of model 8 to a real vLLM. */
#define VLLM_C0 6.444
#define VLLM_PREFILL 0.02357
#define VLLM_DECODE 0.02028
#define VLLM_KV 4.68e-5
#define VLLM                                                                                       \
    "'c0_ms':6.444,'c_prefill_ms':0.02357,'c_decode_ms':0.02028,'c_kv_ms':4.68e-5,"                \
    "'kv_capacity_tokens':1e15,'max_batched_tokens':1e9"

/* What a request adds to the iterations it takes part in, in ms: its prompt, N - 1 decoding
 * iterations, and in the j-th of these prompt + j tokens of KV. */
static double own_ms(double prompt, double output) {
    const double decoded = output - 1;
    return VLLM_PREFILL * prompt + VLLM_DECODE * decoded +
           VLLM_KV * (decoded * prompt + decoded * (decoded + 1) / 2);
}

static int by_time(const void *a, const void *b) {
    const sim_time x = *(const sim_time *)a, y = *(const sim_time *)b;
    return (x > y) - (x < y);
}

/* Seconds from the end of the first-th request to that of the last-th. */
static double between_ends(const TheoryRun *run, size_t first, size_t last) {
    sim_time *ends = memory_new(run->request_count, sizeof *ends);
    for (size_t i = 0; i < run->request_count; i++) {
        ends[i] = run->requests[i].ended;
    }
    qsort(ends, run->request_count, sizeof *ends, by_time);
    const double span_s = (double)(ends[last] - ends[first]) / 1e9;
    free(ends);
    return span_s;
}

static const TheoryLaw tokens_1025 = {"1025", "1025", 1};
static const TheoryLaw tokens_257 = {"257", "257", 1};
static const TheoryLaw tokens_varied = {"lognormal, mean 200",
                                        "{'distribution':'lognormal','mean':200,'cv':0.8}", 1};

/* More requests than it can serve, all at once: the batch is always full, B = 64. */
static TheoryRun *run_full(const char *profile, const TheoryLaw *law, const char *prompt) {
    return theory_run(&(TheoryScenario){.rate_per_s = 1e6,
                                        .requests = 60000,
                                        .law = law,
                                        .profile = profile,
                                        .prompt_tokens = prompt,
                                        .source = "'type':'constant'"});
}

/* Of equal requests B end together every N iterations, which together take N (c0 + B delta):
 * T(B) = c0 + B delta, B / (N T(B)) requests per second. (profiles.md counts out = N - 1.) */
Test(theory_batching, throughput_of_a_full_batch) {
    const double batch = 64, prompt = 1024, out = 256;
    TheoryRun *run = run_full(VLLM ",'batch_slots':64", &tokens_257, "1024");
    const double delta =
        (VLLM_PREFILL * prompt + VLLM_DECODE * out + VLLM_KV * out * (prompt + (out + 1) / 2)) /
        (out + 1);
    const double per_s = batch / ((out + 1) * (VLLM_C0 + batch * delta)) * 1e3;
    const double simulated = 640 * batch / between_ends(run, 10, 10 + 640 * 64);
    cr_log_info("full batch: formula %.9g per s, simulated %.9g", per_s, simulated);
    cr_expect_float_eq(simulated / per_s, 1, 1e-7);
    theory_run_destroy(run);
}

/* Of unequal requests: sum of N / B iterations, and what each request adds. The ends are those of
 * other requests than the n-th that began, by up to a batch: B of 40,000, 0.16 %. */
static void check_full(const char *what, const char *profile, double c0_ms) {
    TheoryRun *run =
        run_full(profile, &tokens_varied, "{'distribution':'lognormal','mean':1000,'cv':1}");
    const size_t first = 10000, last = 50000;
    double formula_s = 0;
    for (size_t i = first; i < last; i++) {
        const TheoryRequest *request = &run->requests[i];
        const double output = request->output_tokens;
        formula_s += (output * c0_ms / 64 + own_ms(request->prompt_tokens, output)) / 1e3;
    }
    const double simulated_s = between_ends(run, first, last);
    cr_log_info("%s: formula %.6g s, simulated %.6g s", what, formula_s, simulated_s);
    cr_expect_float_eq(simulated_s / formula_s, 1, 0.003, "%s: %.6g s, not %.6g s", what,
                       simulated_s, formula_s);
    theory_run_destroy(run);
}

Test(theory_batching, throughput_of_varied_requests) {
    check_full("full batch, lognormal lengths", VLLM ",'batch_slots':64", VLLM_C0);
    /* 8 of 128 experts: 64 sequences touch 1 - (1 - 1/16)^64 of the weights. */
    check_full("full batch, mixture of experts",
               VLLM ",'batch_slots':64,'c_moe_ms':20,'experts':128,'active_experts':8",
               VLLM_C0 + 20 * (1 - pow(1 - 8.0 / 128, 64)));
}

static double in_batch(const TheoryRequest *request) {
    return theory_sojourn(request) - theory_wait(request);
}

/* Evenly spaced equal requests with short prompts, so that the batch hardly varies: B = rate N
 * T(B), T(B) = c0 + B delta, hence T = c0 / (1 - rate N delta), and a request is in the batch for N
 * T(B). The number of other prompts that it sees is whole: +- 3 ms of several seconds. */
static void check_fixed_point(double rate) {
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = rate,
                                                  .requests = 20000,
                                                  .law = &tokens_1025,
                                                  .profile = VLLM ",'batch_slots':1048576",
                                                  .prompt_tokens = "128",
                                                  .source = "'type':'constant'"});
    const double formula_s = 1025 * VLLM_C0 / (1 - rate * own_ms(128, 1025) / 1e3) / 1e3;
    const size_t skipped = run->request_count / 4;
    double simulated_s = 0;
    for (size_t i = skipped; i < run->request_count - skipped; i++) {
        simulated_s += in_batch(&run->requests[i]) / (double)(run->request_count - 2 * skipped);
    }
    cr_log_info("fixed point at %g per s: formula %.6g s, simulated %.6g s", rate, formula_s,
                simulated_s);
    cr_expect_float_eq(simulated_s / formula_s, 1, 0.002, "at %g per s: %.6g s, not %.6g s", rate,
                       simulated_s, formula_s);
    theory_run_destroy(run);
}

Test(theory_batching, fixed_point_of_iteration_time) {
    check_fixed_point(4);
    check_fixed_point(10);
    check_fixed_point(15);
}

/* ---- Short requests: iterations as bulk service ---- */

static const TheoryLaw one_token = {"one token", "1", 1};

/* One output token and iterations of 1 s whatever is in them: all who came during an iteration are
 * served by the next. The replica computes for 1 s and, with probability e^-l, then idles for 1 /
 * l; those who come meanwhile wait half an iteration on average, the first one after idling not at
 * all. A request that had to wait for the next tick even at an idle replica would wait 1 / 2. */
static void check_bulk(double rate) {
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = rate,
                                                  .requests = 300000,
                                                  .law = &one_token,
                                                  .sample_s = 600,
                                                  .profile = "'c0_ms':1000,'c_prefill_ms':0,"
                                                             "'c_decode_ms':0,"
                                                             "'kv_capacity_tokens':1e15,"
                                                             "'batch_slots':1048576"});
    const double busy = 1 / (1 + exp(-rate) / rate);
    char *text = memory_format("bulk service, rate %g: wait", rate);
    theory_check(text, theory_mean(run, theory_wait), busy / 2, 0.01);
    free(text);
    text = memory_format("bulk service, rate %g: utilisation", rate);
    theory_check(text, theory_mean_of_samples(run->busy, run->sample_count), busy, 0.01);
    free(text);
    theory_run_destroy(run);
}

Test(theory_batching, bulk_service) {
    check_bulk(0.5);
    check_bulk(1);
    check_bulk(3);
}

/* ---- Prefill and KV capacity ---- */

/* A token budget far below the prompts: one server of prompt tokens, first come first served, that
 * loses nothing where one prompt ends and the next begins. M/G/1 with 1 us per prompt token. */
static void check_prefill(const TheoryLaw *law, double rho) {
    TheoryRun *run = theory_run(
        &(TheoryScenario){.rate_per_s = rho,
                          .requests = 300000,
                          .law = law,
                          .law_is_of_prompts = true,
                          .profile = "'c0_ms':0.000001,'c_prefill_ms':0.001,'c_decode_ms':0,"
                                     "'kv_capacity_tokens':1e15,'batch_slots':1048576,"
                                     "'max_batched_tokens':1000"});
    char *text = memory_format("chunked prefill as M/G/1, %s: time to first token", law->name);
    theory_check(text, theory_mean(run, theory_sojourn),
                 1 + rho * law->second_moment / (2 * (1 - rho)), 0.015);
    free(text);
    theory_check("chunked prefill as M/G/1: utilisation",
                 theory_mean_of_samples(run->busy, run->sample_count), rho, 0.015);
    theory_run_destroy(run);
}

Test(theory_batching, prefill_is_a_single_server) {
    check_prefill(&theory_fixed, 0.6);
    check_prefill(&theory_exponential, 0.5);
}

/* KV capacity for one request and a half, set aside whole: one at a time, M/D/1. */
Test(theory_batching, kv_capacity_for_one) {
    const double rho = 0.6;
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = rho,
                                                  .requests = 400000,
                                                  .law = &theory_fixed,
                                                  .profile = "'c0_ms':0.001,'c_prefill_ms':0,"
                                                             "'c_decode_ms':0,"
                                                             "'kv_admission':'output',"
                                                             "'kv_capacity_tokens':1500000"});
    theory_check("M/D/1 by KV capacity: wait", theory_mean(run, theory_wait), rho / (2 * (1 - rho)),
                 0.02);
    theory_run_destroy(run);
}
