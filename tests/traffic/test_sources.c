// SPDX-License-Identifier: GPL-3.0-or-later
/* Synthetic sources: each against its distribution (GSL), their order, their streams, and the
 * merge. Seeds are fixed, so a test that passes once passes always; the levels are those of a fair
 * test. */
#include "traffic/traffic_harness.h"

#include "engine/sim_time.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
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

TestSuite(traffic_sources, .init = setup, .fini = teardown);

static void read_source(const char *kind, size_t most, const char *const options[]) {
    cr_assert(harness_open(&harness, kind, options), "%s", harness_error(&harness));
    harness_read(&harness, most);
    cr_assert(!harness.failed);
    for (size_t i = 1; i < harness.count; i++) {
        cr_assert(harness.arrivals[i].time >= harness.arrivals[i - 1].time);
    }
}

/* Kolmogorov and Smirnov's distance between the gaps and a distribution, times sqrt(n): above 1.63
 * in one fair sample of a hundred. */
static double gaps_distance(double (*cdf)(double, const double *), const double *parameters) {
    const size_t n = harness.count;
    double *gaps = malloc(n * sizeof *gaps);
    double distance = 0;
    for (size_t i = 0; i < n; i++) {
        gaps[i] =
            1e-9 * (double)(harness.arrivals[i].time - (i > 0 ? harness.arrivals[i - 1].time : 0));
    }
    gsl_sort(gaps, 1, n);
    for (size_t i = 0; i < n; i++) {
        const double p = cdf(gaps[i], parameters);
        distance = fmax(distance, fmax((double)(i + 1) / (double)n - p, p - (double)i / (double)n));
    }
    free(gaps);
    return distance * sqrt((double)n);
}

/* Chi-square statistic of the counts in bins of equal length against what the rate's integral asks
 * for; returns its upper tail. */
static double counts_tail(sim_time bin, size_t bins, double (*mean)(double from_s, double to_s)) {
    double *counts = calloc(bins, sizeof *counts);
    double statistic = 0;
    for (size_t i = 0; i < harness.count; i++) {
        counts[harness.arrivals[i].time / bin]++;
    }
    for (size_t i = 0; i < bins; i++) {
        const double width = (double)bin * 1e-9;
        const double expected = mean((double)i * width, (double)(i + 1) * width);
        cr_assert(expected > 5 || counts[i] == 0);
        statistic += expected > 5 ? (counts[i] - expected) * (counts[i] - expected) / expected : 0;
    }
    free(counts);
    return gsl_cdf_chisq_Q(statistic, (double)bins);
}

/* Renewal ---------------------------------------------------------------------------------------
 */

Test(traffic_sources, constant) {
    read_source("constant", 4, OPTIONS("rate_per_s=3", "start=10s", TOKENS));
    cr_assert_eq(harness.arrivals[0].time, 10 * SECOND);
    cr_assert_eq(harness.arrivals[1].time, 10333333333);
    cr_assert_eq(harness.arrivals[2].time, 10666666667);
    cr_assert_eq(harness.arrivals[3].time, 11 * SECOND);
    cr_assert_eq(harness.arrivals[0].prompt_tokens, 100);
    cr_assert_eq(harness.arrivals[0].output_tokens, 10);
    harness.context.until = 12 * SECOND;
    read_source("constant", SIZE_MAX, OPTIONS("rate_per_s=3", "start=10s", TOKENS));
    cr_assert_eq(harness.count, 6);
    read_source("constant", SIZE_MAX, OPTIONS("rate_per_s=3", "stop=1s", TOKENS));
    cr_assert_eq(harness.count, 3);
    read_source("constant", SIZE_MAX, OPTIONS("rate_per_s=3", "start=12s", TOKENS));
    cr_assert_eq(harness.count, 0);
}

static double exponential_cdf(double x, const double *p) {
    return gsl_cdf_exponential_P(x, p[0]);
}

static double gamma_cdf(double x, const double *p) {
    return gsl_cdf_gamma_P(x, p[0], p[1]);
}

Test(traffic_sources, poisson_gaps) {
    read_source("poisson", 100000, OPTIONS("rate_per_s=2.5", TOKENS));
    cr_assert_lt(gaps_distance(exponential_cdf, (double[]){0.4}), 1.63);
}

Test(traffic_sources, gamma_gaps) {
    read_source("gamma", 50000, OPTIONS("rate_per_s=4", "cv=0.5", TOKENS));
    cr_assert_lt(gaps_distance(gamma_cdf, (double[]){4, 0.0625}), 1.63);
    read_source("gamma", 50000, OPTIONS("rate_per_s=4", "cv=2", TOKENS));
    cr_assert_lt(gaps_distance(gamma_cdf, (double[]){0.25, 1}), 1.63);
}

Test(traffic_sources, no_rate_is_lost_to_rounding) {
    harness.context.until = SECOND / 10;
    read_source("poisson", SIZE_MAX, OPTIONS("rate_per_s=10000000", TOKENS)); /* 100 ns apart */
    cr_assert_float_eq((double)harness.count, 1e6, 4000);
}

/* Changing rates --------------------------------------------------------------------------------
 */

static double ramp_mean(double from, double to) {
    /* 0 to 40/s over 100 s, 40 down to 10 over 50 s, then 10 */
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
        const double t = from + (to - from) * (i + 0.5) / 1000;
        sum += t < 100 ? 0.4 * t : t < 150 ? 40 - 0.6 * (t - 100) : 10;
    }
    return sum * (to - from) / 1000;
}

Test(traffic_sources, piecewise_counts) {
    harness.context.until = 300 * SECOND;
    read_source("piecewise", SIZE_MAX, OPTIONS("points=0s:0,100s:40,150s:10", TOKENS));
    cr_assert_float_eq((double)harness.count, 2000 + 1250 + 1500, 250);
    cr_assert_gt(counts_tail(10 * SECOND, 30, ramp_mean), 0.01);
    read_source("piecewise", SIZE_MAX, OPTIONS("points=100s:0,101s:0,102s:50,103s:0", TOKENS));
    cr_assert_gt(harness.count, 25);
    cr_assert_gt(harness.arrivals[0].time, 101 * SECOND);
    cr_assert_lt(harness.arrivals[harness.count - 1].time, 103 * SECOND);
}

static const double amplitudes[] = {0.935, 0.28, 0.066}, peaks[] = {18.1, 5.1, 2};

static double day_rate(double hour) {
    const double pi = 3.14159265358979323846;
    double sum = 1;
    for (int k = 0; k < 3; k++) {
        sum += amplitudes[k] * cos(2 * pi * (k + 1) * (hour - peaks[k]) / 24);
    }
    return fmax(sum, 0);
}

/* From Friday 06:00 on, local time two hours ahead of UTC; weekends at a third. */
static double week_mean(double from, double to) {
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
        const double hours = 8 + (from + (to - from) * (i + 0.5) / 1000) / 3600;
        const int day = (4 + (int)(hours / 24)) % 7;
        sum += 2 * day_rate(fmod(hours, 24)) * (day >= 5 ? 1.0 / 3 : 1);
    }
    return sum * (to - from) / 1000;
}

Test(traffic_sources, diurnal_counts) {
    int32_t fraction;
    cr_assert(
        sim_time_parse_calendar("2024-05-10T06:00:00Z", &harness.context.start_epoch_s, &fraction));
    harness.context.until = 4 * SIM_TIME_DAY;
    read_source("diurnal", SIZE_MAX,
                OPTIONS("mean_rate_per_s=2", "amplitudes=0.935,0.28,0.066", "peak_hours=18.1,5.1,2",
                        "weekend_factor=0.33333333333333333", "utc_offset_hours=2", TOKENS));
    cr_assert_gt(counts_tail(20 * SIM_TIME_MINUTE, 4 * 72, week_mean), 0.01);
}

static double table_mean(double from, double to) {
    /* Friday 22:30 on; the rate is the hour of the week / 10 */
    const double hour = floor(22.5 + (from + to) / 7200);
    return (to - from) * fmod(96 + hour, 168) / 100;
}

Test(traffic_sources, hourly_table_counts) {
    char table[2048] = "hourly_rates=";
    for (int i = 0; i < 168; i++) {
        sprintf(table + strlen(table), "%s%d.%02d", i ? "," : "", i / 100, i % 100);
    }
    int32_t fraction;
    cr_assert(
        sim_time_parse_calendar("2024-05-10T22:30:00Z", &harness.context.start_epoch_s, &fraction));
    harness.context.until = 60 * SIM_TIME_HOUR;
    read_source("diurnal", SIZE_MAX, OPTIONS(table, TOKENS));
    cr_assert_gt(counts_tail(SIM_TIME_HOUR / 2, 120, table_mean), 0.01);
}

Test(traffic_sources, onoff_bursts) {
    read_source("onoff", 20, OPTIONS("on=1s", "off=10m", "on_rate_per_s=10", TOKENS));
    for (size_t i = 0; i < harness.count; i++) {
        cr_assert_lt(harness.arrivals[i].time % (601 * SECOND), SECOND);
    }
    read_source(
        "onoff", 2000,
        OPTIONS("on=1s", "off=1m", "on_rate_per_s=10", "begin=off", "off_rate_per_s=0.1", TOKENS));
    size_t inside = 0;
    for (size_t i = 0; i < harness.count; i++) {
        inside += harness.arrivals[i].time % (61 * SECOND) >= 60 * SECOND;
    }
    cr_assert_float_eq((double)inside, 1250, 100); /* 10 of 16 */
}

/* Streams ---------------------------------------------------------------------------------------
 */

Test(traffic_sources, lengths_shift_no_arrival_and_rates_no_burst) {
    read_source("onoff", 1000, OPTIONS("on=16.7s", "off=43.3s", "on_rate_per_s=9.1", TOKENS));
    asim_arrival *first = harness.arrivals;
    harness.arrivals = NULL;
    read_source("onoff", 1000,
                OPTIONS("on=16.7s", "off=43.3s", "on_rate_per_s=9.1", "prompt_tokens=5",
                        "output_tokens=70"));
    for (size_t i = 0; i < 1000; i++) {
        cr_assert_eq(first[i].time, harness.arrivals[i].time);
    }
    harness.context.stream = "traffic.test.1";
    read_source("onoff", 1000, OPTIONS("on=16.7s", "off=43.3s", "on_rate_per_s=9.1", TOKENS));
    cr_assert_neq(first[0].time, harness.arrivals[0].time);
    harness.context.stream = "traffic.test.0";
    harness.context.replication = 1;
    read_source("onoff", 1000, OPTIONS("on=16.7s", "off=43.3s", "on_rate_per_s=9.1", TOKENS));
    cr_assert_neq(first[0].time, harness.arrivals[0].time);
    free(first);
}

Test(traffic_sources, block_sizes_change_nothing) {
    read_source("gamma", 1000, OPTIONS("rate_per_s=3", "cv=2", TOKENS));
    const sim_time last = harness.arrivals[999].time;
    cr_assert(harness_open(&harness, "gamma", OPTIONS("rate_per_s=3", "cv=2", TOKENS)));
    asim_arrival block[7];
    size_t count = 0;
    while (count < 1000) {
        const size_t room = 1 + count % 7 < 1000 - count ? 1 + count % 7 : 1000 - count;
        const size_t got = harness.source->next(harness.source, block, room, &harness.failed);
        cr_assert_eq(got, room);
        count += got;
        cr_assert(count < 1000 || block[got - 1].time == last);
    }
}

Test(traffic_sources, every_kind_is_found_by_name) {
    cr_assert_str_eq(traffic_kind_find("diurnal")->name, "diurnal");
    cr_assert_null(traffic_kind_find("diurnall"));
    cr_assert_str_eq(traffic_kind_nearest("diurnall"), "diurnal");
    cr_assert(!harness_open(&harness, "poisson", NO_OPTIONS));
    cr_assert_eq(harness.errors.count, 3); /* rate_per_s, prompt_tokens, output_tokens */
    cr_assert(
        !harness_open(&harness, "diurnal",
                      OPTIONS("mean_rate_per_s=1", "amplitudes=1,2", "peak_hours=3", TOKENS)));
    cr_assert(strstr(harness_error(&harness), "peak_hours: found 1 numbers, expected as many as"));
    cr_assert(!harness_open(&harness, "onoff", OPTIONS(TOKENS)));
    cr_assert_eq(harness.errors.count, 3);
    cr_assert(!harness_open(&harness, "piecewise", OPTIONS(TOKENS)));
    cr_assert_eq(harness.errors.count, 1);
}

/* Merge -----------------------------------------------------------------------------------------
 */

static asim_traffic_source *numbered(uint32_t number, const char *kind, void **config,
                                     const char *const options[]) {
    *config = harness_config(&harness, kind, options);
    harness.context.source = number;
    return harness.kind->open(harness.kind, *config, &harness.context);
}

static void check_merge(size_t count) {
    asim_traffic_source *sources[16];
    void *configs[16];
    const char *const options[] = {"rate_per_s=7", TOKENS, NULL};
    for (size_t i = 0; i < count; i++) {
        sources[i] = numbered((uint32_t)i, i % 2 ? "constant" : "poisson", &configs[i], options);
    }
    asim_traffic_source *merged = traffic_merge(sources, count);
    size_t by_source[16] = {0}, total = 0;
    asim_arrival block[77], last = {.time = -1};
    bool failed = false;
    for (size_t got; (got = merged->next(merged, block, 77, &failed)) > 0; total += got) {
        for (size_t i = 0; i < got; i++) {
            cr_assert(block[i].time > last.time ||
                      (block[i].time == last.time && block[i].source >= last.source));
            by_source[block[i].source]++;
            last = block[i];
        }
    }
    cr_assert(!failed);
    cr_assert_eq(merged->counts.requests, total);
    for (size_t i = 1; i < count; i += 2) {
        cr_assert_eq(by_source[i], 7000);
    }
    merged->destroy(merged);
    for (size_t i = 0; i < count; i++) {
        free(configs[i]);
    }
}

Test(traffic_sources, merge_is_in_order_and_stable) {
    harness.context.until = 1000 * SECOND;
    for (size_t count = 1; count <= 16; count += count < 4 ? 1 : 6) {
        check_merge(count);
    }
    asim_traffic_source *empty = traffic_merge(NULL, 0);
    asim_arrival arrival;
    bool failed = false;
    cr_assert_eq(empty->next(empty, &arrival, 1, &failed), 0);
    cr_assert(!failed);
    empty->destroy(empty);
}

Test(traffic_sources, merge_stops_when_a_part_fails) {
    harness_text_file(&harness, "bad", "t,n\n0,3\n10,3\n20,x\n");
    asim_traffic_source *sources[2];
    void *configs[2];
    char file[128];
    sprintf(file, "file=%s/bad", harness.directory);
    sources[0] = numbered(0, "constant", &configs[0], OPTIONS("rate_per_s=1", TOKENS));
    sources[1] = numbered(1, "trace", &configs[1], OPTIONS(file, TOKENS));
    cr_assert_not_null(sources[1]);
    asim_traffic_source *merged = traffic_merge(sources, 2);
    asim_arrival block[64];
    bool failed = false;
    size_t total = 0;
    for (size_t got; (got = merged->next(merged, block, 64, &failed)) > 0;) {
        total += got;
        cr_assert_lt(total, 1000);
    }
    cr_assert(failed);
    cr_assert_eq(harness.errors.count, 1);
    merged->destroy(merged);
    options_clear(harness.kind->options, configs[1]);
    free(configs[0]);
    free(configs[1]);
}
