// SPDX-License-Identifier: GPL-3.0-or-later
/* stats/fit and its company: what was put in comes out, within a few standard errors. */
#include "stats/traffic_fit.h"

#include "engine/random.h"

#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

enum { SAMPLE = 20000 };
#define KS_MOST (1.95 / sqrt(SAMPLE)) /* a chance of 0.1 % */

#define PI 3.141592653589793

typedef struct Draws {
    RandomStream stream;
    double values[SAMPLE];
} Draws;

static void draw(Draws *draws, double (*sampler)(const gsl_rng *, double, double), double a,
                 double b) {
    random_stream_init(&draws->stream, 7, 0, "fit");
    for (size_t i = 0; i < SAMPLE; i++) {
        draws->values[i] = sampler(&draws->stream.gsl, a, b);
    }
    gsl_sort(draws->values, 1, SAMPLE);
}

Test(fit, gamma_comes_back) {
    static const double shapes[] = {0.23, 1, 7};
    static Draws draws;
    for (size_t i = 0; i < 3; i++) {
        draw(&draws, gsl_ran_gamma, shapes[i], 2.5);
        const Fit fit = fit_family(FIT_GAMMA, draws.values, SAMPLE);
        cr_assert(fit.converged);
        cr_expect_float_eq(fit.a, shapes[i], 0.04 * shapes[i], "%g", fit.a);
        cr_expect_float_eq(fit.b, 2.5, 0.04 * 2.5 / fmin(sqrt(shapes[i]), 1), "%g", fit.b);
        cr_expect_lt(fit.ks, KS_MOST);
    }
}

/* GSL takes the scale first. */
Test(fit, weibull_comes_back) {
    static const double shapes[] = {0.419, 1, 4};
    static Draws draws;
    for (size_t i = 0; i < 3; i++) {
        draw(&draws, gsl_ran_weibull, 0.063, shapes[i]);
        const Fit fit = fit_family(FIT_WEIBULL, draws.values, SAMPLE);
        cr_assert(fit.converged);
        cr_expect_float_eq(fit.a, shapes[i], 0.03 * shapes[i], "%g", fit.a);
        cr_expect_float_eq(fit.b, 0.063, 0.03 * 0.063 / shapes[i], "%g", fit.b);
        cr_expect_lt(fit.ks, KS_MOST);
    }
}

Test(fit, lognormal_comes_back) {
    static Draws draws;
    draw(&draws, gsl_ran_lognormal, 6.999, 1.36);
    const Fit fit = fit_family(FIT_LOGNORMAL, draws.values, SAMPLE);
    cr_assert(fit.converged);
    cr_expect_float_eq(fit.a, 6.999, 4 * 1.36 / sqrt(SAMPLE));
    cr_expect_float_eq(fit.b, 1.36, 4 * 1.36 / sqrt(2.0 * SAMPLE));
    cr_expect_lt(fit.ks, KS_MOST);
}

/* The right family has the least AIC. */
Test(fit, likelihood_tells_the_family) {
    static Draws draws;
    draw(&draws, gsl_ran_weibull, 1, 0.5);
    const Fit weibull = fit_family(FIT_WEIBULL, draws.values, SAMPLE);
    const Fit gamma = fit_family(FIT_GAMMA, draws.values, SAMPLE);
    const Fit exponential = fit_family(FIT_EXPONENTIAL, draws.values, SAMPLE);
    cr_expect_lt(weibull.aic, gamma.aic);
    cr_expect_lt(gamma.aic, exponential.aic);
}

Test(fit, densities_belong_to_their_distributions) {
    static const Fit fits[] = {{.family = FIT_EXPONENTIAL, .a = 2},
                               {.family = FIT_GAMMA, .a = 0.7, .b = 3},
                               {.family = FIT_WEIBULL, .a = 1.3, .b = 2},
                               {.family = FIT_LOGNORMAL, .a = 0.4, .b = 0.8},
                               {.family = FIT_ON_OFF, .a = 9, .b = 1.5, .c = 4}};
    for (size_t i = 0; i < 5; i++) {
        for (double x = 0.1; x < 6; x += 0.37) {
            const double h = 1e-5;
            const double slope =
                (fit_distribution(&fits[i], x + h) - fit_distribution(&fits[i], x - h)) / (2 * h);
            cr_expect_float_eq(exp(fit_density_log(&fits[i], x)), slope, 1e-6 + 1e-5 * slope);
        }
        cr_expect_float_eq(fit_distribution(&fits[i], 1e4), 1, 1e-6);
    }
}

Test(fit, what_cannot_be_fitted_does_not_converge) {
    const double alike[] = {2, 2, 2}, zero[] = {0, 1, 2};
    for (int family = FIT_EXPONENTIAL; family <= FIT_LOGNORMAL; family++) {
        cr_expect(!fit_family((FitFamily)family, alike, 3).converged);
        cr_expect(!fit_family((FitFamily)family, zero, 3).converged);
        cr_expect(!fit_family((FitFamily)family, zero, 1).converged);
    }
}

Test(fit, ties_are_lifted) {
    double sample[] = {0, 0, 0.5, 3};
    cr_expect_eq(fit_lift_zeros(sample, 4), 2);
    cr_expect_float_eq(sample[0], 0.25, 0);
    double zeros[] = {0, 0};
    cr_expect_eq(fit_lift_zeros(zeros, 2), 2);
    cr_expect_float_eq(zeros[1], 0, 0);
}

Test(fit, a_reservoir_is_a_fair_sample) {
    static Reservoir reservoir;
    reservoir_init(&reservoir, 1000, "test");
    double sum = 0;
    for (size_t i = 0; i < 100000; i++) {
        reservoir_add(&reservoir, (double)i);
    }
    for (size_t i = 0; i < reservoir.count; i++) {
        sum += reservoir.values[i] / 1000;
    }
    cr_expect_eq(reservoir.count, 1000);
    cr_expect_float_eq(sum, 50000, 4 * 1e5 / sqrt(12.0 * 1000));
    reservoir_clear(&reservoir);
}

/* Streams ----------------------------------------------------------------------------------------
 */

static TrafficFit *new_fit(int64_t start_s) {
    TrafficFit *fit = malloc(sizeof *fit);
    traffic_fit_init(fit, start_s, 0);
    return fit;
}

static void end_fit(TrafficFit *fit) {
    traffic_fit_clear(fit);
    free(fit);
}

static void send(TrafficFit *fit, double time_s) {
    const asim_arrival arrival = {
        .time = (sim_time)llrint(time_s * 1e9), .prompt_tokens = 100, .output_tokens = 10};
    traffic_fit_add(fit, &arrival, 1);
}

/* Bursts of 20 s at 10 a second, pauses of 50 s: the likeliest threshold finds them. */
Test(fit, bursts_come_back) {
    TrafficFit *fit = new_fit(0);
    RandomStream stream;
    random_stream_init(&stream, 3, 0, "bursts");
    double time_s = 0;
    for (int burst = 0; burst < 2000; burst++) {
        const double end_s = time_s + 20 * random_exponential(&stream);
        while ((time_s += random_exponential(&stream) / 10) < end_s) {
            send(fit, time_s);
        }
        time_s = end_s + 50 * random_exponential(&stream);
    }
    traffic_fit_end(fit, false, true);
    cr_assert_not_null(fit->bursts);
    cr_expect_float_eq(fit->on_off.a, 10, 0.5, "%g", fit->on_off.a);
    cr_expect_float_eq(fit->on_off.b, 20, 3, "%g", fit->on_off.b);
    cr_expect_float_eq(fit->on_off.c, 50, 6, "%g", fit->on_off.c);
    cr_expect_lt(fit->on_off.ks, 0.01);
    cr_expect_lt(fit->on_off.aic, fit->renewals[2].aic);
    end_fit(fit);
}

/* Four weeks of 1 request/s on weekdays, a cosine of the day on it, half of that at weekends. */
Test(fit, the_day_comes_back) {
    TrafficFit *fit = new_fit(1715299200); /* Friday 2024-05-10 */
    RandomStream stream;
    random_stream_init(&stream, 5, 0, "day");
    for (double time_s = 0; (time_s += random_exponential(&stream) / 1.8) < 28 * 86400;) {
        const double day = floor(time_s / 86400), hour = fmod(time_s, 86400) / 3600;
        const bool weekend = fmod(day, 7) == 1 || fmod(day, 7) == 2;
        const double rate = 1 + 0.6 * cos(PI / 12 * (hour - 18)) + 0.2 * cos(PI / 6 * (hour - 5));
        if (random_uniform(&stream) * 1.8 < rate * (weekend ? 0.5 : 1)) {
            send(fit, time_s);
        }
    }
    traffic_fit_end(fit, true, false);
    const DailyProfile *profile = &fit->profile;
    cr_assert(profile->known && profile->has_weekend);
    cr_expect_float_eq(profile->mean_rate_per_s, 1, 0.004, "%g", profile->mean_rate_per_s);
    cr_expect_float_eq(profile->amplitudes[0], 0.6, 0.005);
    cr_expect_float_eq(profile->peak_hours[0], 18, 0.05);
    cr_expect_float_eq(profile->amplitudes[1], 0.2, 0.005);
    cr_expect_float_eq(profile->peak_hours[1], 5, 0.1);
    cr_expect_lt(profile->amplitudes[2], 0.006);
    cr_expect_float_eq(profile->weekend_factor, 0.5, 0.005);
    cr_expect_float_eq(profile->dispersion, 1, 0.02);
    cr_expect_gt(profile->harmonics_r2, 0.98);
    cr_expect_float_eq(profile->hourly_rates[17], 1 + 0.6 * cos(PI / 24) + 0.2 * cos(PI / 12),
                       0.03);
    end_fit(fit);
}

Test(fit, too_little_is_told) {
    TrafficFit *fit = new_fit(0);
    send(fit, 1);
    traffic_fit_end(fit, true, true);
    cr_expect_null(fit->bursts);
    cr_expect(!fit->profile.known);
    cr_expect(!fit->renewals[1].converged);
    cr_expect(!fit->prompt_tokens.lognormal.converged);
    end_fit(fit);
    fit = new_fit(0);
    traffic_fit_end(fit, true, true);
    cr_expect_eq(fit->requests, 0);
    end_fit(fit);
}
