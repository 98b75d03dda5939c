// SPDX-License-Identifier: GPL-3.0-or-later
/* The JSON and CSV forms; the text is in trace_facts_text.c. */
#include "output/trace_facts.h"

#include "base/csv_writer.h"
#include "base/json.h"
#include "engine/sim_time.h"
#include "output/trace_text.h"

#include <math.h>
#include <stdlib.h>

double trace_facts_concurrency(const TraceFacts *facts, double per_s) {
    const TokenCounts *tokens = &facts->statistics->output_tokens;
    return facts->has_tokens ? per_s * token_counts_mean(tokens) * facts->time_per_token_s : NAN;
}

/* JSON
 * --------------------------------------------------------------------------------------------- */

static void add_number(cJSON *object, const char *key, double number) {
    json_add(object, key, isfinite(number) ? json_number(number) : json_null());
}

static void add_count(cJSON *object, const char *key, uint64_t count) {
    json_add(object, key, json_number((double)count));
}

static cJSON *counts_tree(const asim_traffic_counts *counts) {
    cJSON *tree = json_object();
    add_count(tree, "rows", counts->rows);
    add_count(tree, "requests", counts->requests);
    add_count(tree, "failed", counts->failed);
    add_count(tree, "skipped", counts->skipped);
    add_count(tree, "outside", counts->outside);
    add_count(tree, "ends_minus_durations", counts->ends_moved);
    add_count(tree, "ends_as_arrivals", counts->ends_kept);
    return tree;
}

static cJSON *windows_tree(const ArrivalStatistics *statistics) {
    cJSON *array = json_array();
    for (size_t i = 0; i < ARRIVAL_WINDOWS; i++) {
        const ArrivalWindow *window = &statistics->windows[i];
        cJSON *tree = json_object();
        add_number(tree, "window_s", sim_time_to_seconds(window->width));
        add_number(tree, "peak_rate_per_s", arrival_statistics_peak(statistics, i));
        add_number(tree, "peak_at_s", sim_time_to_seconds(window->peak_begin));
        add_number(tree, "index_of_dispersion", arrival_statistics_dispersion(statistics, i));
        json_append(array, tree);
    }
    return array;
}

static cJSON *idles_tree(const ArrivalStatistics *statistics) {
    const double span_s = sim_time_to_seconds(arrival_statistics_span(statistics));
    cJSON *array = json_array();
    for (size_t i = 0; i < ARRIVAL_IDLES; i++) {
        const ArrivalIdle *idle = &statistics->idles[i];
        cJSON *tree = json_object();
        add_number(tree, "at_least_s", sim_time_to_seconds(idle->length));
        add_count(tree, "gaps", idle->count);
        add_number(tree, "beyond_s", sim_time_to_seconds(idle->beyond));
        add_number(tree, "share_at_zero", sim_time_to_seconds(idle->beyond) / span_s);
        json_append(array, tree);
    }
    return array;
}

static const struct {
    const char *key;
    double share;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"max", 1}};
enum { QUANTILES = sizeof quantiles / sizeof quantiles[0] };

static cJSON *gaps_tree(const Histogram *gaps) {
    cJSON *tree = json_object();
    add_number(tree, "mean", gaps->count ? histogram_mean(gaps) * 1e-9 : NAN);
    for (size_t i = 0; i < QUANTILES; i++) {
        add_number(tree, quantiles[i].key,
                   (double)histogram_quantile(gaps, quantiles[i].share) * 1e-9);
    }
    return tree;
}

static cJSON *tokens_tree(const TokenCounts *tokens) {
    cJSON *tree = json_object();
    add_number(tree, "mean", token_counts_count(tokens) ? token_counts_mean(tokens) : NAN);
    for (size_t i = 0; i < QUANTILES; i++) {
        add_count(tree, quantiles[i].key, token_counts_quantile(tokens, quantiles[i].share));
    }
    return tree;
}

static void add_gaps(cJSON *tree, const ArrivalStatistics *statistics) {
    cJSON *gaps = gaps_tree(&statistics->gaps);
    add_number(gaps, "cv", arrival_statistics_gap_cv(statistics));
    add_number(gaps, "longest_at_s", sim_time_to_seconds(statistics->longest_gap_begin));
    json_add(tree, "gaps_s", gaps);
}

int64_t trace_facts_first_ns(const TraceFacts *facts) {
    return (facts->has_calendar ? facts->start_ns : 0) + facts->statistics->first;
}

int64_t trace_facts_last_ns(const TraceFacts *facts) {
    return trace_facts_first_ns(facts) + arrival_statistics_span(facts->statistics);
}

static cJSON *calendar_json(int64_t ns) {
    char text[SIM_TIME_TEXT];
    return json_text(sim_time_format_calendar(sim_time_second(ns), text));
}

cJSON *trace_facts_json(const TraceFacts *facts) {
    const ArrivalStatistics *statistics = facts->statistics;
    const double rate = arrival_statistics_rate(statistics);
    cJSON *tree = json_object();
    json_add(tree, "file", json_text(facts->file));
    json_add(tree, "format", facts->format ? json_text(facts->format) : json_null());
    json_add(tree, "counts", counts_tree(&facts->counts));
    if (trace_text_unit(facts->counts.units) != NULL) {
        json_add(tree, "times", json_text(trace_text_unit(facts->counts.units)));
    }
    if (facts->has_calendar) {
        json_add(tree, "start", calendar_json(trace_facts_first_ns(facts)));
        json_add(tree, "end", calendar_json(trace_facts_last_ns(facts)));
    }
    add_number(tree, "span_s", sim_time_to_seconds(arrival_statistics_span(statistics)));
    add_number(tree, "mean_rate_per_s", rate);
    json_add(tree, "windows", windows_tree(statistics));
    add_gaps(tree, statistics);
    json_add(tree, "idle", idles_tree(statistics));
    if (facts->has_tokens) {
        json_add(tree, "prompt_tokens", tokens_tree(&statistics->prompt_tokens));
        json_add(tree, "output_tokens", tokens_tree(&statistics->output_tokens));
        add_number(tree, "assumed_time_per_token_s", facts->time_per_token_s);
        add_number(tree, "offered_concurrency", trace_facts_concurrency(facts, rate));
        add_number(tree, "offered_concurrency_peak_60s",
                   trace_facts_concurrency(facts, arrival_statistics_peak(statistics, 2)));
    }
    return tree;
}

/* CSV
 * ---------------------------------------------------------------------------------------------- */

static bool write_rate(const ArrivalSteps *steps, const OutputDirectory *directory,
                       ErrorList *errors) {
    static const char *const header[] = {"time_s", "interval_s", "requests", "rate_per_s"};
    CsvWriter writer;
    output_directory_csv(directory, "rate.csv", &writer, errors);
    csv_writer_header(&writer, header, sizeof header / sizeof header[0]);
    for (size_t i = 0; i < steps->used; i++) {
        csv_writer_time(&writer, (sim_time)i * steps->width);
        csv_writer_time(&writer, steps->width);
        csv_writer_count(&writer, steps->counts[i]);
        csv_writer_number(&writer, (double)steps->counts[i] / sim_time_to_seconds(steps->width));
        csv_writer_end_row(&writer);
    }
    return csv_writer_close(&writer, errors);
}

/* A row of a distribution: a value, requests up to it from the value before, share up to it. */
static void write_value(CsvWriter *writer, const char *what, double value, uint64_t count,
                        double share) {
    if (what != NULL) {
        csv_writer_text(writer, what);
    }
    csv_writer_number(writer, value);
    csv_writer_count(writer, count);
    csv_writer_number(writer, share);
    csv_writer_end_row(writer);
}

/* The upper end of each bucket in use; before: requests below the histogram, of `of` in all. */
static void write_buckets(CsvWriter *writer, const char *what, const Histogram *histogram,
                          double unit, uint64_t before, uint64_t of) {
    uint64_t so_far = before;
    for (uint32_t i = histogram_lowest(histogram);
         histogram->count > 0 && i <= histogram_highest(histogram); i++) {
        const uint64_t count = histogram->counts[i];
        if (count == 0) {
            continue;
        }
        so_far += count;
        const int64_t upper = histogram_bucket_upper(i) - 1;
        write_value(writer, what,
                    (double)(upper < histogram->maximum ? upper : histogram->maximum) * unit, count,
                    (double)so_far / (double)of);
    }
}

/* Every number of tokens that occurs; from TOKEN_COUNTS_EXACT on, buckets. */
static void write_tokens(CsvWriter *writer, const char *what, const TokenCounts *tokens) {
    const uint64_t of = token_counts_count(tokens);
    uint64_t so_far = 0;
    for (uint32_t value = 0; value < tokens->room; value++) {
        const uint64_t count = tokens->counts[value];
        if (count > 0) {
            so_far += count;
            write_value(writer, what, value, count, (double)so_far / (double)of);
        }
    }
    write_buckets(writer, what, &tokens->beyond, 1, so_far, of);
}

static bool write_gaps(const ArrivalStatistics *statistics, const OutputDirectory *directory,
                       ErrorList *errors) {
    static const char *const header[] = {"gap_s", "count", "cumulative"};
    CsvWriter writer;
    output_directory_csv(directory, "gaps.csv", &writer, errors);
    csv_writer_header(&writer, header, sizeof header / sizeof header[0]);
    write_buckets(&writer, NULL, &statistics->gaps, 1e-9, 0, statistics->gaps.count);
    return csv_writer_close(&writer, errors);
}

static bool write_lengths(const TraceFacts *facts, const OutputDirectory *directory,
                          ErrorList *errors) {
    static const char *const header[] = {"length", "tokens", "count", "cumulative"};
    CsvWriter writer;
    output_directory_csv(directory, "lengths.csv", &writer, errors);
    csv_writer_header(&writer, header, sizeof header / sizeof header[0]);
    if (facts->has_tokens) {
        write_tokens(&writer, "prompt", &facts->statistics->prompt_tokens);
        write_tokens(&writer, "output", &facts->statistics->output_tokens);
    }
    return csv_writer_close(&writer, errors);
}

bool trace_facts_write(const TraceFacts *facts, const OutputDirectory *directory,
                       ErrorList *errors) {
    return write_rate(&facts->statistics->steps, directory, errors) &&
           write_gaps(facts->statistics, directory, errors) &&
           write_lengths(facts, directory, errors);
}
