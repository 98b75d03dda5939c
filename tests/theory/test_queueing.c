// SPDX-License-Identifier: GPL-3.0-or-later
/* Replicas as the stations of queueing theory: single servers (Pollaczek and Khinchine), many
 * servers with a queue (Erlang C), without one (Erlang B, by 429), without limit (M/G/infinity),
 * split traffic, other arrivals than Poisson (GI/M/1), impatient clients. Formulas: Kleinrock,
 * Queueing Systems I, 1975; Cohen, The Single Server Queue, 1982. Mean service is 1 s throughout,
 * so that the rate is the load. */
#include "theory/theory_fixture.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

static char *label(const char *station, const char *law, const char *what) {
    return memory_format("%s, %s: %s", station, law, what);
}

static void check(const char *station, const char *law, const char *what, Interval simulated,
                  double formula, double resolution) {
    char *text = label(station, law, what);
    theory_check(text, simulated, formula, resolution);
    free(text);
}

static double has_waited(const TheoryRequest *request) {
    return theory_wait(request) > 2e-6; /* more than for an iteration's end */
}

static double has_waited_2s(const TheoryRequest *request) {
    return theory_wait(request) > 2;
}

/* ---- One server ---- */

/* Wait rho E[S^2] / (2 (1 - rho) E[S]): 1 % more work per request, 1 % / (1 - rho) more wait. */
static void check_mg1(const TheoryLaw *law, double rho, double requests, double resolution) {
    TheoryRun *run = theory_run(&(TheoryScenario){
        .rate_per_s = rho, .requests = requests, .law = law, .profile = THEORY_SERVERS(1)});
    const double wait = rho * law->second_moment / (2 * (1 - rho));
    check("M/G/1", law->name, "wait", theory_mean(run, theory_wait), wait, resolution);
    check("M/G/1", law->name, "utilisation", theory_mean_of_samples(run->busy, run->sample_count),
          rho, 0.01);
    theory_check_little(run);
    theory_run_destroy(run);
}

Test(theory_queueing, mg1_pollaczek_khinchine) {
    check_mg1(&theory_fixed, 0.6, 500000, 0.02);
    check_mg1(&theory_uniform, 0.5, 500000, 0.02);
    check_mg1(&theory_gamma_low, 0.5, 500000, 0.02);
    check_mg1(&theory_lognormal, 0.4, 700000, 0.02);
    check_mg1(&theory_gamma_high, 0.4, 700000, 0.02);
}

Test(theory_queueing, mm1) {
    const double rho = 0.5;
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = rho,
                                                  .requests = 1000000,
                                                  .law = &theory_exponential,
                                                  .profile = THEORY_SERVERS(1)});
    theory_check("M/M/1: wait", theory_mean(run, theory_wait), rho / (1 - rho), 0.015);
    theory_check("M/M/1: sojourn", theory_mean(run, theory_sojourn), 1 / (1 - rho), 0.01);
    theory_check("M/M/1: P(wait > 0)", theory_mean(run, has_waited), rho, 0.005);
    theory_check("M/M/1: P(wait > 2 s)", theory_mean(run, has_waited_2s), rho * exp(-2 * (1 - rho)),
                 0.015);
    theory_check("M/M/1: utilisation", theory_mean_of_samples(run->busy, run->sample_count), rho,
                 0.01);
    theory_check("M/M/1: requests held",
                 theory_mean_of_samples(run->concurrency, run->evaluation_count), rho / (1 - rho),
                 0.02);
    theory_check_little(run);
    theory_run_destroy(run);
}

/* ---- Other arrivals than Poisson ---- */

/* GI/M/1 with gaps of gamma law: a request waits with probability sigma, which solves
 * sigma = E[exp(-(1 - sigma) gap)], and then for 1 / (1 - sigma) s on average. */
static double gamma_sigma(double shape, double mean_gap_s) {
    double sigma = 0.5;
    for (int i = 0; i < 200; i++) {
        sigma = pow(1 + (1 - sigma) * mean_gap_s / shape, -shape);
    }
    return sigma;
}

static void check_gi_m_1(const char *station, const TheoryRun *run, double sigma) {
    check(station, "exponential", "P(wait > 0)", theory_mean(run, has_waited), sigma, 0.01);
    check(station, "exponential", "wait", theory_mean(run, theory_wait), sigma / (1 - sigma), 0.02);
}

Test(theory_queueing, gi_m_1_gamma_gaps) {
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = 0.5,
                                                  .requests = 1000000,
                                                  .law = &theory_exponential,
                                                  .profile = THEORY_SERVERS(1),
                                                  .source = "'type':'gamma','cv':1.5"});
    check_gi_m_1("GI/M/1, gaps of cv 1.5", run, gamma_sigma(1 / 2.25, 2));
    theory_run_destroy(run);
}

/* Every fourth arrival of a Poisson process: gaps of Erlang's law, shape 4. */
Test(theory_queueing, round_robin_makes_erlang_gaps) {
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = 2.4,
                                                  .requests = 800000,
                                                  .law = &theory_exponential,
                                                  .profile = THEORY_SERVERS(1),
                                                  .deployment = ",'load_balancer':'round_robin'",
                                                  .replicas = 4});
    check_gi_m_1("E4/M/1, round robin", run, gamma_sigma(4, 1 / 0.6));
    theory_run_destroy(run);
}

/* A Poisson process split at random is four of a quarter of the rate. */
Test(theory_queueing, random_split) {
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = 2,
                                                  .requests = 1000000,
                                                  .law = &theory_exponential,
                                                  .profile = THEORY_SERVERS(1),
                                                  .deployment = ",'load_balancer':'random'",
                                                  .replicas = 4});
    theory_check("4 x M/M/1, random: wait", theory_mean(run, theory_wait), 1, 0.02);
    theory_check("4 x M/M/1, random: P(wait > 2 s)", theory_mean(run, has_waited_2s), 0.5 * exp(-1),
                 0.02);
    double share[5] = {0};
    for (size_t i = 0; i < run->request_count; i++) {
        share[run->requests[i].replica] += 1 / (double)run->request_count;
    }
    for (uint32_t replica = 1; replica <= 4; replica++) {
        cr_expect_float_eq(share[replica], 0.25, 0.0015); /* 3.3 sigma = 0.0014 */
        theory_check("4 x M/M/1, random: wait at one replica",
                     theory_mean_of_replica(run, theory_wait, replica), 1, 0.04);
    }
    theory_run_destroy(run);
}

/* ---- Many servers ---- */

static double erlang_b(int servers, double load) {
    double b = 1;
    for (int i = 1; i <= servers; i++) {
        b = load * b / (i + load * b);
    }
    return b;
}

/* The probability of a wait with `servers` batch slots and a queue; also the table of engine.md. */
static double erlang_c(int servers, double load) {
    const double b = erlang_b(servers, load);
    return b / (1 - load / servers * (1 - b));
}

static void check_erlang_c(const char *station, int servers, double load, const char *profile,
                           double requests, double resolution) {
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = load,
                                                  .requests = requests,
                                                  .law = &theory_exponential,
                                                  .profile = profile,
                                                  .sample_s = 600,
                                                  .evaluation_s = 600});
    const double c = erlang_c(servers, load);
    check(station, "exponential", "P(wait > 0)", theory_mean(run, has_waited), c, resolution);
    check(station, "exponential", "wait", theory_mean(run, theory_wait), c / (servers - load),
          3 * resolution);
    check(station, "exponential", "requests held",
          theory_mean_of_samples(run->concurrency, run->evaluation_count),
          load + c * load / (servers - load), 2.5 * resolution);
    theory_check_little(run);
    theory_run_destroy(run);
}

Test(theory_queueing, erlang_c) {
    cr_expect_float_eq(erlang_c(2, 1.6), 0.711111, 5e-7); /* the formula itself */
    cr_expect_float_eq(erlang_c(10, 9), 0.668732, 5e-7);
    check_erlang_c("M/M/2", 2, 1.2, THEORY_SERVERS(2), 600000, 0.01);
    check_erlang_c("M/M/10", 10, 8, THEORY_SERVERS(10), 600000, 0.02);
}

/* Poisson, or Poisson cut at `most`. */
static void check_poisson(const char *station, const char *law, const TheoryRun *run, double load,
                          size_t most) {
    double *probabilities = memory_new(most + 1, sizeof *probabilities);
    double total = 0;
    for (size_t i = 0; i <= most; i++) {
        total += probabilities[i] = gsl_ran_poisson_pdf((unsigned)i, load);
    }
    for (size_t i = 0; i <= most; i++) {
        probabilities[i] /= total;
    }
    char *text = label(station, law, "requests held");
    theory_check_held(text, run, probabilities, most + 1);
    free(text);
    free(probabilities);
}

/* The number in service is Poisson with mean rate x mean service, whatever the law. Samples are
 * eight mean services apart, as good as independent; about 6,000 of them tell a mean that is 1 %
 * off (3.3 / sqrt(20 x 6000)), the time average one of 0.7 %. */
static void check_infinite_servers(const TheoryLaw *law) {
    const double load = 20;
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = load,
                                                  .requests = 600000,
                                                  .law = law,
                                                  .profile = THEORY_UNLIMITED,
                                                  .sample_s = 8,
                                                  .evaluation_s = 60});
    check("M/G/infinity", law->name, "requests held",
          theory_mean_of_samples(run->concurrency, run->evaluation_count), load, 0.01);
    /* An arrival in mid-iteration joins at its end: it waits 0 to 999 of 1000 ns. */
    check("M/G/infinity", law->name, "wait for a boundary", theory_mean(run, theory_wait), 499.5e-9,
          0.01);
    check_poisson("M/G/infinity", law->name, run, load, 60);
    theory_run_destroy(run);
}

Test(theory_queueing, infinite_servers) {
    check_infinite_servers(&theory_exponential);
    check_infinite_servers(&theory_fixed);
    check_infinite_servers(&theory_lognormal);
}

/* Beyond `places` requests per replica on every replica, 429, which the client does not retry:
 * Erlang B with all the places, insensitive to the law and to who gets which request. */
static void check_loss(const TheoryLaw *law, int replicas, int places, const char *balancer,
                       double load, double requests) {
    char *members =
        memory_format(",'max_concurrency_per_replica':%d,'load_balancer':'%s'", places, balancer);
    char *station = memory_format("M/G/%d/%d on %d, %s", replicas * places, replicas * places,
                                  replicas, balancer);
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = load,
                                                  .requests = requests,
                                                  .law = law,
                                                  .profile = THEORY_UNLIMITED,
                                                  .deployment = members,
                                                  .replicas = replicas,
                                                  .sample_s = 8,
                                                  .evaluation_s = 60});
    const double b = erlang_b(replicas * places, load);
    check(station, law->name, "429 share", theory_mean(run, theory_refused), b, 0.02);
    check(station, law->name, "carried",
          theory_mean_of_samples(run->concurrency, run->evaluation_count), load * (1 - b), 0.01);
    check_poisson(station, law->name, run, load, (size_t)(replicas * places));
    theory_run_destroy(run);
    free(station);
    free(members);
}

Test(theory_queueing, erlang_b) {
    cr_expect_float_eq(erlang_b(10, 9), 0.167963, 5e-7); /* the formula itself: engine.md */
    cr_expect_float_eq(erlang_b(64, 57.6), 0.043124, 5e-7);
    check_loss(&theory_exponential, 1, 10, "least_outstanding", 9, 400000);
    check_loss(&theory_fixed, 1, 10, "least_outstanding", 9, 400000);
    check_loss(&theory_lognormal, 1, 10, "least_outstanding", 9, 400000);
    check_loss(&theory_gamma_low, 1, 10, "least_outstanding", 9, 400000);
}

Test(theory_queueing, erlang_b_over_replicas) {
    check_loss(&theory_exponential, 5, 2, "least_outstanding", 9, 200000);
    check_loss(&theory_uniform, 5, 2, "round_robin", 9, 200000);
    check_loss(&theory_exponential, 5, 2, "random", 9, 200000);
    check_loss(&theory_lognormal, 5, 2, "power_of_two", 9, 200000);
}

/* ---- Impatient clients ---- */

static double is_abandoned(const TheoryRequest *request) {
    return request->answer == ASIM_ANSWER_NONE;
}

/* M/M/1 whose clients go away tau after the send, from the queue or from service, and take their
 * unfinished work with them: the work ahead of a new request is a dam of capacity tau (Cohen, part
 * III.5). Below tau its density is that without the limit, p0 lambda e^(-(1 - lambda) v); crossings
 * of tau are the requests that do not end in time: lambda P(abandoned) = p0 lambda e^(-(1 - lambda)
 * tau). Also in overload. */
static void check_patience(double rate, double tau) {
    char *client = memory_format("{'max_sends':1,'timeout':'%.9fs'}", tau);
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = rate,
                                                  .requests = 500000,
                                                  .law = &theory_exponential,
                                                  .profile = THEORY_SERVERS(1),
                                                  .client = client});
    const double p0 = 1 / (1 + rate * -expm1(-(1 - rate) * tau) / (1 - rate));
    char *station = memory_format("M/M/1, rate %g, patience %g s", rate, tau);
    check(station, "exponential", "abandoned", theory_mean(run, is_abandoned),
          p0 * exp(-(1 - rate) * tau), 0.01);
    check(station, "exponential", "utilisation",
          theory_mean_of_samples(run->busy, run->sample_count), 1 - p0, 0.01);
    theory_run_destroy(run);
    free(station);
    free(client);
}

Test(theory_queueing, impatient_clients) {
    check_patience(0.8, 2);
    check_patience(1.5, 1);
}
