// SPDX-License-Identifier: GPL-3.0-or-later
/* Published traffic is what was published: tables have their trace's mean within 2 % and its
 * deciles within 5 %, presets its rate and its day. The traces' own figures are constants here, and
 * are computed again where the trace is present (../shared/traces). */
#include "engine/sim_time.h"
#include "traffic/synthetic.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACES "../shared/traces/"
enum { DRAWS = 400000 };

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_published, .init = setup, .fini = teardown);

/* Means, and deciles from 10 % to 90 %, of the traces. */
static const struct {
    const char *name;
    double mean[2]; /* prompt, output */
    double deciles[2][9];
} published[] = {
    {"azure-code",
     {2047.85, 27.88},
     {{147, 385.6, 770, 1075, 1469, 1909, 2433, 3192.4, 5187.6},
      {7, 8, 9, 11, 13, 16, 20, 29, 55}}},
    {"azure-conv",
     {1154.7, 211.13},
     {{207, 387, 403, 703, 1020, 1071, 1130, 1315, 2734.5},
      {54, 77, 91, 103, 129, 177, 384, 400, 424}}},
    {"burstgpt-conversation",
     {614.51, 167.80},
     {{26.7, 62.4, 132.5, 214.2, 328, 432, 553.4, 726.6, 1133.3},
      {16, 34, 50, 69, 97, 138.4, 184.6, 280.6, 415.9}}},
    {"mooncake-conversation",
     {12035.06, 342.62},
     {{964, 1662, 3263, 4993, 6909, 9570, 13196, 17869, 27367},
      {24, 100, 213, 291, 350, 399, 447, 504, 597}}},
    {"mooncake-synthetic",
     {15325.48, 149.12},
     {{30, 88, 912.6, 4364.8, 11587, 16290.2, 19408.6, 28425.2, 38611.2},
      {4, 8, 16, 32, 69, 126, 210.4, 288.6, 389}}},
};
enum { PUBLISHED = sizeof published / sizeof published[0] };

static int compare_tokens(const void *a, const void *b) {
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* The quantile of sorted values, straight between neighbours. */
static double quantile_of(const uint32_t values[], size_t count, double share) {
    const double place = share * (double)(count - 1);
    const size_t below = (size_t)place;
    const double rest = place - (double)below;
    return below + 1 < count ? values[below] + rest * ((double)values[below + 1] - values[below])
                             : values[below];
}

/* The request's lengths: 0 prompt, 1 output; sorted, owned by the caller. */
static uint32_t *lengths_of(int which, double *mean) {
    uint32_t *values = malloc(harness.count * sizeof values[0]);
    double sum = 0;
    cr_assert_gt(harness.count, 0);
    for (size_t i = 0; i < harness.count; i++) {
        values[i] =
            which == 0 ? harness.arrivals[i].prompt_tokens : harness.arrivals[i].output_tokens;
        sum += values[i];
    }
    qsort(values, harness.count, sizeof values[0], compare_tokens);
    *mean = sum / (double)harness.count;
    return values;
}

/* What was read is, within the tolerances, what is published under that number. */
static void check_lengths(size_t number, double mean_within, double decile_within) {
    for (int which = 0; which < 2; which++) {
        double mean;
        uint32_t *values = lengths_of(which, &mean);
        const double expected = published[number].mean[which];
        cr_expect_leq(fabs(mean / expected - 1), mean_within, "%s %d: mean %g, published %g",
                      published[number].name, which, mean, expected);
        for (int i = 0; i < 9; i++) {
            const double decile = quantile_of(values, harness.count, (i + 1) / 10.0);
            const double true_one = published[number].deciles[which][i];
            cr_expect_leq(fabs(decile / true_one - 1), decile_within, "%s %d: %d0 %%: %g, not %g",
                          published[number].name, which, i + 1, decile, true_one);
        }
        free(values);
    }
}

Test(traffic_published, tables_have_the_mean_and_the_deciles_of_their_traces) {
    for (size_t i = 0; i < PUBLISHED; i++) {
        char lengths[64];
        snprintf(lengths, sizeof lengths, "lengths=%s", published[i].name);
        cr_assert(harness_open(&harness, "constant", OPTIONS("rate_per_s=1", lengths)));
        harness_read(&harness, DRAWS);
        check_lengths(i, 0.02, 0.05);
    }
}

/* Every table either says how far it is from its trace, or that nobody knows. */
Test(traffic_published, tables_know_the_means_of_their_traces) {
    size_t known = 0;
    for (const LengthTable *table = length_tables; table->name != NULL; table++) {
        for (size_t i = 0; i < PUBLISHED; i++) {
            if (strcmp(published[i].name, table->name) == 0) {
                cr_assert_eq(table->prompt_mean, published[i].mean[0]);
                cr_assert_eq(table->output_mean, published[i].mean[1]);
                known++;
            }
        }
        cr_assert(!isnan(table->prompt_mean) || strstr(table->source, "not known"), "%s",
                  table->name);
    }
    cr_assert_eq(known, PUBLISHED);
}

Test(traffic_published, the_traces_have_these_figures) {
    const struct {
        const char *name, *file;
        const char *const *options;
    } traces[] = {
        {"azure-code", TRACES "azure_llm_2023/AzureLLMInferenceTrace_code.csv", NO_OPTIONS},
        {"burstgpt-conversation", TRACES "burstgpt3_sample/burstgpt3_conv_first418.csv",
         OPTIONS("time_column=t_s", "prompt_column=request_tokens",
                 "output_column=response_tokens")},
        {"mooncake-synthetic", TRACES "mooncake_fast25/synthetic_trace.jsonl", NO_OPTIONS},
    };
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        size_t number = 0;
        if (access(traces[i].file, R_OK) != 0) {
            cr_skip("the trace %s is not here\n", traces[i].file);
        }
        while (strcmp(published[number].name, traces[i].name) != 0) {
            number++;
        }
        harness_trace(&harness, traces[i].file, traces[i].options);
        check_lengths(number, 0.0005, 0.002);
    }
}

/* A day's requests in each hour, of the preset on that day. */
static void count_hours(const char *name, int64_t day_epoch_s, double hours[24]) {
    memset(hours, 0, 24 * sizeof hours[0]);
    harness.context.start_epoch_s = day_epoch_s;
    harness.context.until = SIM_TIME_DAY;
    cr_assert(
        harness_open(&harness, "preset", OPTIONS(name, "prompt_tokens=1", "output_tokens=1")));
    for (int hour = 0; hour < 24; hour++) {
        hours[hour] = 0;
    }
    asim_arrival block[512];
    bool failed = false;
    size_t count;
    while ((count = harness.source->next(harness.source, block, 512, &failed)) > 0) {
        for (size_t i = 0; i < count; i++) {
            hours[block[i].time / SIM_TIME_HOUR] += 1 / 3600.0;
        }
    }
}

static void check_day(const char *name, double mean, double peak_to_valley, double weekend) {
    double hours[24], sum = 0, least = INFINITY, most = 0, sunday = 0;
    count_hours(name, 1715558400, hours); /* Monday, 2024-05-13 */
    for (int hour = 0; hour < 24; hour++) {
        sum += hours[hour] / 24;
        least = fmin(least, hours[hour]);
        most = fmax(most, hours[hour]);
    }
    cr_assert_float_eq(sum / mean, 1, 0.02, "%s: mean %g", name, sum);
    cr_assert_float_eq(most / least / peak_to_valley, 1, 0.05, "%s: peak to valley %g", name,
                       most / least);
    count_hours(name, 1715472000, hours);
    for (int hour = 0; hour < 24; hour++) {
        sunday += hours[hour] / 24;
    }
    cr_assert_float_eq(sunday / mean / weekend, 1, 0.02, "%s: %g on Sunday", name, sunday);
}

/* 2024-05-12 and the weekdays after it, from the files. */
Test(traffic_published, presets_have_the_days_of_their_traces) {
    check_day("name=azure-code-weekday", 34.5, 9.76, 0.3186);
    check_day("name=azure-conv-weekday", 51.5, 1.92, 0.568);
}

/* "2024-05-13 00:00:10,146": requests in 10 s; 10 May was a Friday. The last day is cut short. */
Test(traffic_published, the_trace_has_these_hours) {
    static const char file[] = TRACES "azure_llm_2024_10s/invocations_ten_second_Coding.csv";
    double sums[24] = {0};
    int day, hour, count, bins[24] = {0};
    FILE *stream = fopen(file, "r");
    if (stream == NULL) {
        cr_skip("the trace %s is not here\n", file);
    }
    char line[128];
    while (fgets(line, sizeof line, stream) != NULL) {
        if (sscanf(line, "2024-05-%d %d:%*d:%*d,%d", &day, &hour, &count) == 3 && day != 11 &&
            day != 12) {
            sums[hour] += count / 10.0;
            bins[hour]++;
        }
    }
    fclose(stream);
    for (hour = 0; hour < 24; hour++) {
        cr_assert_float_eq(sums[hour] / bins[hour] /
                               traffic_presets[0].config.hourly_rates.values[hour],
                           1, 0.0001, "hour %d: %g", hour, sums[hour] / bins[hour]);
    }
}

Test(traffic_published, presets_have_the_rates_of_their_traces) {
    static const struct {
        const char *name;
        double rate; /* rows / span of the trace */
        sim_time span;
    } presets[] = {{"name=azure-code-bursts", 8819 / 3436.0, 20 * SIM_TIME_DAY},
                   {"name=burstgpt-campus", 5344021 / 9503873.0, 20 * SIM_TIME_DAY}};
    for (size_t i = 0; i < 2; i++) {
        harness.context.start_epoch_s = 1715558400;
        harness.context.until = presets[i].span;
        cr_assert(harness_open(&harness, "preset", OPTIONS(presets[i].name)));
        asim_arrival block[512];
        bool failed = false;
        while (harness.source->next(harness.source, block, 512, &failed) > 0) {
        }
        const double rate =
            (double)harness.source->counts.requests / sim_time_to_seconds(presets[i].span);
        cr_assert_float_eq(rate / presets[i].rate, 1, 0.02, "%s: %g", presets[i].name, rate);
    }
}
