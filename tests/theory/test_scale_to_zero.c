// SPDX-License-Identifier: GPL-3.0-or-later
/* The share of requests that find no replica when a deployment scales to zero: Poisson requests at
 * rate l, services of any law, at most one replica, no retries.
 *
 * A cycle begins with a request at zero. It and the l D requests of its boot get 503; then the
 * replica is ready for R, until an evaluation finds it idle for W; the next request comes 1/l
 * later. So P(503) = (1 + l D) / (1 + l D + l E[R]), and with evaluations at every instant
 *
 *     l E[R] = (e^(l W) - 1) e^(l E[S])
 *
 * With evaluations every d, and W a whole number m of them, R is longer, and the formula is still
 * exact. From an evaluation that finds the replica empty, count trials: with probability e^(-l d)
 * no request comes until the next evaluation; else wait for the next one that finds it empty. m
 * successes in a row take (e^(l W) - 1) / (1 - e^(-l d)) trials on average; a trial is the time
 * between two evaluations that find it empty, on average d / P(empty) = d e^(l E[S])
 * (M/G/infinity). Hence
 *
 *     E[R] = E[r] + E[X] + d (e^(l W) - 1) e^(l E[S]) / (1 - e^(-l d))
 *
 * with r from ready to the next evaluation, and X from there to the first that finds it empty. The
 * scale-down was decided at an evaluation and the next request comes exponentially later, so the
 * law of r is known. With u(t) = P(empty at t | empty at 0) = exp(-l int_0^t P(S > x) dx), the
 * theory of delayed renewals gives E[X | r] = d e^(l E[S]) sum over j >= 0 of u(j d) - u(r + j d).
 */
#include "theory/theory_fixture.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

typedef struct Zero {
    double rate;     /* l */
    double service;  /* E[S] */
    double boot_min; /* D: uniform from boot_min to boot_max */
    double boot_max;
    double window;   /* W */
    double interval; /* d */
    const TheoryLaw *law;
    double requests;
} Zero;

static double boot_mean(const Zero *zero) {
    return (zero->boot_min + zero->boot_max) / 2;
}

static double share_503(const Zero *zero, double ready_s) {
    const double refused = 1 + zero->rate * boot_mean(zero);
    return refused / (refused + zero->rate * ready_s);
}

static double ready_without_evaluations(const Zero *zero) {
    return expm1(zero->rate * zero->window) * exp(zero->rate * zero->service) / zero->rate;
}

/* The mean of f(r) over the phase of the moment at which the replica is ready. */
static double mean_over_phase(const Zero *zero, double (*f)(const Zero *, double r)) {
    enum { STEPS = 100 };
    double sum = 0, weights = 0;
    for (int i = 0; i < STEPS; i++) {
        const double request = (i + 0.5) / STEPS * zero->interval; /* after an evaluation */
        const double weight = exp(-zero->rate * request);
        for (int k = 0; k < STEPS; k++) {
            const double boot =
                zero->boot_min + (k + 0.5) / STEPS * (zero->boot_max - zero->boot_min);
            const double phase = fmod(request + boot, zero->interval);
            sum += weight * f(zero, phase > 0 ? zero->interval - phase : 0);
            weights += weight;
        }
    }
    return sum / weights;
}

/* int_0^t P(S > x) dx */
static double survival_integral(const Zero *zero, double t) {
    const double mean = zero->service;
    if (zero->law == &theory_exponential) {
        return mean * -expm1(-t / mean);
    }
    if (zero->law == &theory_uniform) {
        return t < 2 * mean ? t - t * t / (4 * mean) : mean;
    }
    return fmin(t, mean); /* fixed */
}

static double empty_again(const Zero *zero, double t) {
    return exp(-zero->rate * survival_integral(zero, t));
}

static double until_found_empty(const Zero *zero, double r) {
    double sum = 0;
    for (int j = 0; j * zero->interval < 40 * zero->service + zero->interval; j++) {
        sum += empty_again(zero, j * zero->interval) - empty_again(zero, r + j * zero->interval);
    }
    return r + zero->interval * exp(zero->rate * zero->service) * sum;
}

static double ready_with_evaluations(const Zero *zero) {
    return mean_over_phase(zero, until_found_empty) +
           zero->interval * expm1(zero->rate * zero->window) * exp(zero->rate * zero->service) /
               -expm1(-zero->rate * zero->interval);
}

static TheoryRun *run_zero(const Zero *zero) {
    char *profile = memory_format("'c0_ms':%.17g,'c_prefill_ms':0,'c_decode_ms':0,"
                                  "'kv_capacity_tokens':1e15,'batch_slots':1048576",
                                  zero->service * 1e-3);
    char *deployment =
        memory_format(",'cold_start':{'total':{'distribution':'uniform','minimum':'%.9fs',"
                      "'maximum':'%.9fs'}}",
                      zero->boot_min, zero->boot_max);
    char *autoscaling = memory_format(
        "'min_replica_count':0,'max_replica_count':1,'scale_to_zero_window':'%.9fs'", zero->window);
    TheoryRun *run = theory_run(&(TheoryScenario){.rate_per_s = zero->rate,
                                                  .requests = zero->requests,
                                                  .law = zero->law,
                                                  .profile = profile,
                                                  .deployment = deployment,
                                                  .autoscaling = autoscaling,
                                                  .evaluation_s = zero->interval});
    free(autoscaling);
    free(deployment);
    free(profile);
    return run;
}

/* The share of 503s, the share of time at zero, which is the same (Poisson requests see time
 * averages), and the number of boots. */
static Interval check_zero(const char *what, const Zero *zero, double ready_s, double resolution) {
    TheoryRun *run = run_zero(zero);
    const double formula = share_503(zero, ready_s);
    const Interval refused = theory_mean(run, theory_refused);
    char *text = memory_format("scale to zero, %s: 503 share", what);
    theory_check(text, refused, formula, resolution);
    free(text);
    text = memory_format("scale to zero, %s: time at zero", what);
    theory_check(text, theory_mean_of_samples(run->zero, run->sample_count), formula,
                 2 * resolution);
    free(text);
    const double boots = (double)run->end.totals.cold_starts;
    const double cycle_s = 1 / zero->rate + boot_mean(zero) + ready_s;
    cr_expect_float_eq(boots * cycle_s / run->span_s, 1, 3.3 / sqrt(boots), "%s: %g boots, not %g",
                       what, boots, run->span_s / cycle_s);
    theory_run_destroy(run);
    return refused;
}

/* Evaluations far apart, so that their part shows: what holds without them must be refuted. */
static void check_evaluations(const char *what, const Zero *zero) {
    const Interval refused = check_zero(what, zero, ready_with_evaluations(zero), 0.02);
    cr_expect_not(interval_holds(refused, share_503(zero, ready_without_evaluations(zero))));
}

/* The formulas themselves, against engine.md's figures. */
Test(theory_scale_to_zero, formula) {
    const Zero instant = {0.01, 0.001, 90, 90, 300, 1e-3, &theory_fixed, 0};
    cr_expect_float_eq(share_503(&instant, ready_without_evaluations(&instant)), 0.090539, 2e-6);
    const Zero longer = {0.005, 20, 150, 150, 300, 1, &theory_exponential, 0};
    cr_expect_float_eq(share_503(&longer, ready_without_evaluations(&longer)), 0.312619, 2e-6);
    cr_expect_float_eq(share_503(&longer, ready_with_evaluations(&longer)), 0.312619, 1e-3);
}

Test(theory_scale_to_zero, short_services) {
    check_evaluations("S 1 ms", &(Zero){1 / 300.0, 0.001, 90, 90, 300, 60, &theory_fixed, 300000});
}

/* Requests in service keep it awake, whatever their law. */
Test(theory_scale_to_zero, long_services) {
    check_evaluations("S exponential 20 s",
                      &(Zero){0.005, 20, 150, 150, 300, 60, &theory_exponential, 300000});
    check_evaluations("S fixed 20 s", &(Zero){0.005, 20, 150, 150, 300, 60, &theory_fixed, 300000});
    check_evaluations("S uniform 60 s",
                      &(Zero){0.005, 60, 120, 120, 300, 100, &theory_uniform, 300000});
}

/* Only the mean boot counts. */
Test(theory_scale_to_zero, random_boots) {
    check_evaluations("boot 60-120 s",
                      &(Zero){0.004, 10, 60, 120, 300, 60, &theory_exponential, 300000});
}

/* The default 5 s: the formula without evaluations is 0.6 % off, too little to be seen here. */
Test(theory_scale_to_zero, default_interval) {
    const Zero zero = {0.004, 5, 90, 90, 300, 5, &theory_exponential, 60000};
    check_zero("every 5 s", &zero, ready_with_evaluations(&zero), 0.03);
}

/* W no whole number of intervals: W = m d - g with 0 < g < d, and S short. After a request in the
 * first g of an interval m - 1 whole ones without request are enough, after a later one it takes m.
 * Let from(n) be the mean time from an evaluation on when n more intervals without request are
 * needed: from(n) = c (1 - q^n) / (1 - q) with q = e^(-l d), c = d + p from(m - 1) + p' from(m), p
 * and p' the probabilities of an interval's last request being early or late. */
static double from(const Zero *zero, double needed) {
    const double m = ceil(zero->window / zero->interval);
    const double g = m * zero->interval - zero->window;
    const double none = exp(-zero->rate * zero->interval);
    const double none_late = exp(-zero->rate * (zero->interval - g));
    const double early = none_late - none, late = 1 - none_late;
    const double c = zero->interval * (1 - none) / (early * pow(none, m - 1) + late * pow(none, m));
    return c * (1 - pow(none, needed)) / (1 - none);
}

static double ready_from_phase(const Zero *zero, double r) {
    const double m = ceil(zero->window / zero->interval);
    const double late_part = zero->window - (m - 1) * zero->interval; /* d - g */
    if (r < late_part) {
        return r + from(zero, m);
    }
    const double none_late = exp(-zero->rate * late_part);
    return r + none_late * from(zero, m - 1) + (1 - none_late) * from(zero, m);
}

Test(theory_scale_to_zero, window_between_evaluations) {
    const Zero zero = {1 / 300.0, 0.001, 90, 90, 330, 60, &theory_fixed, 300000};
    const double ready_s = mean_over_phase(&zero, ready_from_phase);
    const Interval refused = check_zero("W 330 s, d 60 s", &zero, ready_s, 0.02);
    const double rounded[] = {300, 360}; /* W rounded to whole intervals is refuted */
    for (int i = 0; i < 2; i++) {
        Zero other = zero;
        other.window = rounded[i];
        cr_expect_not(interval_holds(refused, share_503(&other, ready_with_evaluations(&other))));
    }
}
