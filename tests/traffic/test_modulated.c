// SPDX-License-Identifier: GPL-3.0-or-later
/* Sources whose rate changes, jumps or is random, and what transforms do to any source. */
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND SIM_TIME_SECOND
#define TOKENS "prompt_tokens=100", "output_tokens=10"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_modulated, .init = setup, .fini = teardown);

static void read_source(const char *kind, size_t most, const char *const options[]) {
    cr_assert(harness_open(&harness, kind, options), "%s", harness_error(&harness));
    harness_read(&harness, most);
    cr_assert(!harness.failed);
    for (size_t i = 1; i < harness.count; i++) {
        cr_assert(harness.arrivals[i].time >= harness.arrivals[i - 1].time);
    }
}

/* Upper tail of the chi-square of counts per bin against a rate. */
static double rate_tail(sim_time bin, size_t bins, double (*rate)(double t_s)) {
    double *counts = calloc(bins, sizeof *counts), statistic = 0;
    for (size_t i = 0; i < harness.count; i++) {
        counts[harness.arrivals[i].time / bin]++;
    }
    for (size_t i = 0; i < bins; i++) {
        const double width = (double)bin * 1e-9;
        double expected = 0;
        for (int j = 0; j < 1000; j++) {
            expected += rate(((double)i + (j + 0.5) / 1000) * width) * width / 1000;
        }
        statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    free(counts);
    return gsl_cdf_chisq_Q(statistic, (double)bins);
}

/* Variance over mean of the counts per bin. */
static double dispersion(sim_time bin, size_t bins) {
    double *counts = calloc(bins, sizeof *counts), sum = 0, squares = 0;
    for (size_t i = 0; i < harness.count && harness.arrivals[i].time / bin < (sim_time)bins; i++) {
        counts[harness.arrivals[i].time / bin]++;
    }
    for (size_t i = 0; i < bins; i++) {
        sum += counts[i];
        squares += counts[i] * counts[i];
    }
    free(counts);
    return (squares - sum * sum / (double)bins) / sum;
}

static double ramp_rate(double t) {
    return t < 20 ? 5 : t < 120 ? 5 * pow(16, (t - 20) / 100) : 80;
}

static double fall_rate(double t) {
    return t < 20 ? 80 : t < 120 ? 80 - 75 * (t - 20) / 100 : 5;
}

static double step_rate(double t) {
    return t < 100 ? 7 : 70;
}

Test(traffic_modulated, ramps_and_steps) {
    harness.context.until = 200 * SECOND;
    read_source("ramp", SIZE_MAX,
                OPTIONS("from_rate_per_s=5", "to_rate_per_s=80", "at=20s", "over=100s",
                        "shape=exponential", TOKENS));
    cr_assert_gt(rate_tail(5 * SECOND, 40, ramp_rate), 0.01);
    read_source("ramp", SIZE_MAX,
                OPTIONS("from_rate_per_s=80", "to_rate_per_s=5", "at=20s", "over=100s", TOKENS));
    cr_assert_gt(rate_tail(5 * SECOND, 40, fall_rate), 0.01);
    read_source("step", SIZE_MAX,
                OPTIONS("from_rate_per_s=7", "to_rate_per_s=70", "at=100s", TOKENS));
    cr_assert_gt(rate_tail(5 * SECOND, 40, step_rate), 0.01);
}

static double crowd_rate(double t) {
    return t < 50 ? 2 : t < 60 ? 2 + 9.8 * (t - 50) : t < 65 ? 100 : 2 + 98 * exp(-(t - 65) / 30);
}

Test(traffic_modulated, flash_crowd) {
    harness.context.until = 400 * SECOND;
    read_source("flash_crowd", SIZE_MAX,
                OPTIONS("base_rate_per_s=2", "peak_rate_per_s=100", "at=50s", "rise=10s", "hold=5s",
                        "decay=30s", TOKENS));
    cr_assert_gt(rate_tail(5 * SECOND, 80, crowd_rate), 0.01);
    cr_assert(!harness_open(&harness, "flash_crowd",
                            OPTIONS("base_rate_per_s=2", "peak_rate_per_s=1", TOKENS)));
    cr_assert(strstr(harness_error(&harness), "peak_rate_per_s: found less than base_rate_per_s"));
}

Test(traffic_modulated, weibull_gaps) {
    read_source("weibull", 50000, OPTIONS("rate_per_s=2", "shape=0.6", TOKENS));
    const double scale = 0.5 / gsl_sf_gamma(1 + 1 / 0.6);
    double *gaps = malloc(harness.count * sizeof *gaps), distance = 0;
    for (size_t i = 0; i < harness.count; i++) {
        gaps[i] =
            1e-9 * (double)(harness.arrivals[i].time - (i ? harness.arrivals[i - 1].time : 0));
    }
    gsl_sort(gaps, 1, harness.count);
    for (size_t i = 0; i < harness.count; i++) {
        const double p = gsl_cdf_weibull_P(gaps[i], scale, 0.6), n = (double)harness.count;
        distance = fmax(distance, fmax((double)(i + 1) / n - p, p - (double)i / n));
    }
    free(gaps);
    cr_assert_lt(distance * sqrt((double)harness.count), 1.63);
}

Test(traffic_modulated, mmpp) {
    harness.context.until = 100000 * SECOND;
    read_source("mmpp", SIZE_MAX,
                OPTIONS("rates_per_s=0,1,4", "mean_durations_s=10,20,10", TOKENS));
    /* Each state is visited as often: the mean rate is (0 x 10 + 1 x 20 + 4 x 10) / 40. */
    cr_assert_float_eq((double)harness.count, 150000, 6000);
    cr_assert_gt(dispersion(10 * SECOND, 10000), 5);
    cr_assert(
        !harness_open(&harness, "mmpp", OPTIONS("rates_per_s=1", "mean_durations_s=1,2", TOKENS)));
    cr_assert_eq(harness.errors.count, 2);
}

Test(traffic_modulated, client_mix) {
    harness.context.until = 20000 * SECOND;
    read_source(
        "client_mix", SIZE_MAX,
        OPTIONS("rate_per_s=10", "clients=50", "zipf_exponent=0", "cv=1", "cv_spread=0", TOKENS));
    cr_assert_float_eq((double)harness.count, 200000, 1500); /* Poisson, and so is the sum */
    const double plain = dispersion(SECOND, 20000);
    cr_assert_float_eq(plain, 1, 0.04, "%g", plain);
    read_source("client_mix", SIZE_MAX,
                OPTIONS("rate_per_s=10", "clients=50", "zipf_exponent=1.5", "cv=3", TOKENS));
    cr_assert_float_eq((double)harness.count, 200000, 8000);
    cr_assert_gt(dispersion(10 * SECOND, 2000), 3);
    read_source("client_mix", 10, OPTIONS("rate_per_s=10", "clients=1", TOKENS));
    cr_assert_eq(harness.count, 10);
}

Test(traffic_modulated, overdispersion) {
    harness.context.until = 40000 * SECOND;
    read_source("piecewise", SIZE_MAX, OPTIONS("points=0s:5", "dispersion=4.5", TOKENS));
    cr_assert_float_eq((double)harness.count, 200000, 4000);
    const double wide = dispersion(10 * SECOND, 4000);
    cr_assert_float_eq(wide, 4.5, 0.35, "%g", wide);
    read_source("piecewise", SIZE_MAX, OPTIONS("points=0s:2,40000s:8", "dispersion=1", TOKENS));
    const size_t count = harness.count;
    read_source("piecewise", SIZE_MAX,
                OPTIONS("points=0s:2,40000s:8", "dispersion=3", "dispersion_window=1m", TOKENS));
    cr_assert_float_eq((double)count, 200000, 2000);
    cr_assert_float_eq((double)harness.count, 200000, 3500);
    harness.context.until = 2 * SIM_TIME_DAY;
    read_source(
        "diurnal", SIZE_MAX,
        OPTIONS("mean_rate_per_s=1", "amplitudes=0.5", "peak_hours=12", "dispersion=4", TOKENS));
    cr_assert_float_eq((double)harness.count, 172800, 4000);
}

/* The factor of a window is judged by all that the window holds, not by the rate at its begin: days
 * whose first hours are empty differ from each other too. */
Test(traffic_modulated, overdispersion_of_windows_that_begin_empty) {
    harness.context.until = 400 * SIM_TIME_DAY;
    char table[512] = "hourly_rates=0";
    for (int hour = 1; hour < 24; hour++) {
        strcat(table, hour < 8 || hour > 18 ? ",0" : ",0.01");
    }
    const char *const of_days[] = {table, "dispersion=20", "dispersion_window=1d", TOKENS, NULL};
    read_source("diurnal", SIZE_MAX, of_days);
    cr_assert_float_eq((double)harness.count, 400 * 396, 9000, "%zu", harness.count);
    const double days = dispersion(SIM_TIME_DAY, 400);
    cr_assert_float_eq(days, 20, 4, "%g", days);
    /* Within a day all hours share its factor: the morning tells the afternoon. */
    const char *const points[] = {"points=0s:0,12h:0,12h1s:0.01", "dispersion=8",
                                  "dispersion_window=1d", TOKENS, NULL};
    harness.context.until = SIM_TIME_DAY;
    double sum = 0, squares = 0;
    for (uint64_t replication = 0; replication < 300; replication++) {
        harness.context.replication = replication;
        read_source("piecewise", SIZE_MAX, points);
        sum += (double)harness.count;
        squares += (double)harness.count * (double)harness.count;
    }
    const double spread = (squares - sum * sum / 300) / sum;
    cr_assert_float_eq(spread, 8, 1.8, "%g", spread);
}

/* Transforms ------------------------------------------------------------------------------------
 */

Test(traffic_modulated, rate_scale_thins) {
    harness.context.until = 20000 * SECOND;
    read_source("onoff", SIZE_MAX, OPTIONS("on=10s", "off=10s", "on_rate_per_s=10", TOKENS));
    const double whole = dispersion(5 * SECOND, 4000), count = (double)harness.count;
    read_source("onoff", SIZE_MAX,
                OPTIONS("on=10s", "off=10s", "on_rate_per_s=10", "rate_scale=0.25", TOKENS));
    const double thin = dispersion(5 * SECOND, 4000);
    cr_assert_float_eq((double)harness.count, count / 4, 5 * sqrt(count / 4));
    cr_assert_eq(harness.source->counts.requests, harness.count);
    /* Thinning takes the excess over 1 down by the same factor. */
    cr_assert_float_eq(thin - 1, (whole - 1) / 4, 0.5, "%g %g", whole, thin);
}

Test(traffic_modulated, rate_scale_superposes) {
    harness.context.until = 20000 * SECOND;
    static const char *const options[] = {"rate_per_s=4", "cv=3", TOKENS, NULL};
    read_source("gamma", SIZE_MAX, options);
    const double single = dispersion(10 * SECOND, 2000), count = (double)harness.count;
    read_source("gamma", SIZE_MAX, OPTIONS("rate_per_s=4", "cv=3", TOKENS, "rate_scale=3"));
    const double triple = dispersion(10 * SECOND, 2000);
    cr_assert_float_eq((double)harness.count, 3 * count, 0.06 * 3 * count);
    cr_assert_float_eq(triple / single, 1, 0.2, "%g %g", single, triple); /* kept */
    read_source("gamma", SIZE_MAX, OPTIONS("rate_per_s=4", "cv=3", TOKENS, "rate_scale=2.5"));
    cr_assert_float_eq((double)harness.count, 2.5 * count, 0.06 * 2.5 * count);
}

Test(traffic_modulated, shift) {
    harness.context.until = 102 * SECOND;
    read_source("constant", SIZE_MAX, OPTIONS("rate_per_s=2", "shift=100s", TOKENS));
    cr_assert_eq(harness.count, 4);
    cr_assert_eq(harness.arrivals[0].time, 100 * SECOND);
    cr_assert_eq(harness.arrivals[3].time, 101500 * SIM_TIME_MILLISECOND);
    read_source("constant", SIZE_MAX, OPTIONS("rate_per_s=2", "shift=3h", TOKENS));
    cr_assert_eq(harness.count, 0);
}

Test(traffic_modulated, transforms_of_a_trace_lose_no_row) {
    char text[20000] = "arrived_at,num_prefill_tokens,num_decode_tokens\n";
    char *p = text + strlen(text);
    for (int i = 0; i < 1000; i++) {
        p += sprintf(p, "%d,%d,1\n", i, i + 1);
    }
    harness_text_file(&harness, "f", text);
    static const char *const scales[] = {"rate_scale=0.3", "rate_scale=2.5", "rate_scale=1"};
    static const double expected[] = {300, 2500, 1000};
    for (int i = 0; i < 3; i++) {
        harness_trace(&harness, "f", OPTIONS(scales[i], "shift=10s"));
        const asim_traffic_counts *counts = &harness.source->counts;
        cr_assert_float_eq((double)harness.count, expected[i], 60);
        cr_assert_eq(counts->requests, harness.count);
        cr_assert_eq(counts->rows,
                     counts->requests + counts->failed + counts->skipped + counts->outside);
        cr_assert_geq(harness.arrivals[0].time, 10 * SECOND);
    }
    harness_trace(&harness, "-", OPTIONS("rate_scale=1.5"));
    cr_assert(strstr(harness_error(&harness), "rate_scale: found copies of standard input"));
    harness_trace(&harness, "missing", OPTIONS("rate_scale=3"));
    cr_assert_eq(harness.errors.count, 1);
}

/* Published traffic -----------------------------------------------------------------------------
 */

static double mean_tokens(bool prompt) {
    double sum = 0;
    for (size_t i = 0; i < harness.count; i++) {
        sum += prompt ? harness.arrivals[i].prompt_tokens : harness.arrivals[i].output_tokens;
    }
    return sum / (double)harness.count;
}

Test(traffic_modulated, presets) {
    static const struct {
        const char *name;
        double mean_rate_per_s; /* over a day from Monday on */
        double prompt, output;
    } presets[] = {
        {"name=azure-code-weekday", 34.5, 2048, 27.9},
        {"name=azure-conv-weekday", 51.5, 1154.7, 211.1},
        {"name=azure-code-bursts", 9.1 * 16.7 / 60, 2048, 27.9},
        {"name=burstgpt-campus", 0.56, 614, 168},
        {"name=flash-crowd-aapl", 0.26, 1154.7, 211.1},
        {"name=servegen-clients", 10, 1154.7, 211.1},
    };
    harness.context.start_epoch_s = 1715558400; /* Monday, 2024-05-13 */
    harness.context.until = SIM_TIME_DAY;
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        read_source("preset", SIZE_MAX, OPTIONS(presets[i].name));
        const double rate = (double)harness.count / 86400;
        cr_assert_float_eq(rate / presets[i].mean_rate_per_s, 1, 0.1, "%s: %g", presets[i].name,
                           rate);
        cr_assert_float_eq(mean_tokens(true) / presets[i].prompt, 1, 0.1, "%g", mean_tokens(true));
        cr_assert_float_eq(mean_tokens(false) / presets[i].output, 1, 0.1, "%g",
                           mean_tokens(false));
    }
    cr_assert(!harness_open(&harness, "preset", NO_OPTIONS));
    read_source("preset", 10,
                OPTIONS("name=burstgpt-campus", "prompt_tokens=7", "lengths=azure-code"));
    cr_assert_eq(harness.arrivals[0].prompt_tokens, 7);
    read_source("poisson", 20000, OPTIONS("rate_per_s=1", "lengths=mooncake-synthetic"));
    cr_assert_float_eq(mean_tokens(true) / 15325, 1, 0.1, "%g", mean_tokens(true));
}
