// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace describe`: the facts of a trace. Numbers that it is known by (requests, quantiles) are
 * exact. */
#include "base/csv_writer.h"
#include "base/json.h"
#include "base/output_directory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "output/trace_report.h"
#include "stats/arrival_statistics.h"
#include "traffic/line_prefix.h"
#include "traffic/past_shares.h"
#include "traffic/trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What became of the rows: by its key in the JSON, and in words where it is told only if there are
 * any. */
static const struct {
    const char *key;
    size_t offset;
    const char *words;
} row_counts[] = {
    {"rows", offsetof(asim_traffic_counts, rows), NULL},
    {"requests", offsetof(asim_traffic_counts, requests), NULL},
    {"failed", offsetof(asim_traffic_counts, failed), "of requests that had failed"},
    {"skipped", offsetof(asim_traffic_counts, skipped), "bad ones skipped"},
    {"outside", offsetof(asim_traffic_counts, outside), "left out"},
    {"of_other_programs", offsetof(asim_traffic_counts, foreign), NULL},
    {"ends_minus_durations", offsetof(asim_traffic_counts, ends_moved), NULL},
    {"ends_as_arrivals", offsetof(asim_traffic_counts, ends_kept), NULL},
};
enum { ROW_COUNTS = sizeof row_counts / sizeof row_counts[0] };

static uint64_t row_count(const asim_traffic_counts *counts, size_t i) {
    uint64_t count;
    memcpy(&count, (const char *)counts + row_counts[i].offset, sizeof count);
    return count;
}

static const struct {
    const char *key;
    double share;
    bool of_gaps; /* told of gaps, too */
} quantiles[] = {{"p50", 0.5, true},
                 {"p90", 0.9, true},
                 {"p95", 0.95, false},
                 {"p99", 0.99, true},
                 {"max", 1, false}};
enum { QUANTILES = sizeof quantiles / sizeof quantiles[0] };

static double gap_quantile_s(const ArrivalStatistics *statistics, size_t i) {
    return (double)histogram_quantile(&statistics->gaps, quantiles[i].share) * 1e-9;
}

/* Rate x mean output tokens x time per token (Little's law). per_s: requests per second. */
static double concurrency(const TraceFacts *facts, double per_s) {
    const TokenCounts *tokens = &facts->statistics->output_tokens;
    return facts->has_tokens ? per_s * token_counts_mean(tokens) * facts->time_per_token_s : NAN;
}

/* In the busiest minute. */
static double peak_concurrency(const TraceFacts *facts) {
    return concurrency(facts, arrival_statistics_peak(facts->statistics, 2));
}

static double span_s(const ArrivalStatistics *statistics) {
    return sim_time_to_seconds(arrival_statistics_span(statistics));
}

int64_t trace_facts_first_ns(const TraceFacts *facts) {
    return (facts->has_calendar ? facts->start_ns : 0) + facts->statistics->first;
}

static int64_t last_ns(const TraceFacts *facts) {
    return trace_facts_first_ns(facts) + arrival_statistics_span(facts->statistics);
}

/* JSON --------------------------------------------------------------------------------------- */

static void add_time(cJSON *object, const char *key, sim_time time) {
    json_add(object, key, json_number(sim_time_to_seconds(time)));
}

static void add_calendar(cJSON *object, const char *key, int64_t ns) {
    char text[SIM_TIME_TEXT];
    json_add(object, key, json_text(sim_time_format_calendar(sim_time_second(ns), text)));
}

static cJSON *counts_tree(const asim_traffic_counts *counts) {
    cJSON *tree = json_object();
    for (size_t i = 0; i < ROW_COUNTS; i++) {
        json_add(tree, row_counts[i].key, json_number((double)row_count(counts, i)));
    }
    return tree;
}

static cJSON *windows_tree(const ArrivalStatistics *statistics) {
    cJSON *array = json_array();
    for (size_t i = 0; i < ARRIVAL_WINDOWS; i++) {
        const ArrivalWindow *window = &statistics->windows[i];
        cJSON *tree = json_object();
        add_time(tree, "window_s", window->width);
        json_add(tree, "peak_rate_per_s", json_number(arrival_statistics_peak(statistics, i)));
        add_time(tree, "peak_at_s", window->peak_begin);
        json_add(tree, "index_of_dispersion",
                 json_number(arrival_statistics_dispersion(statistics, i)));
        json_append(array, tree);
    }
    return array;
}

static cJSON *idles_tree(const ArrivalStatistics *statistics) {
    cJSON *array = json_array();
    for (size_t i = 0; i < ARRIVAL_IDLES; i++) {
        const ArrivalIdle *idle = &statistics->idles[i];
        cJSON *tree = json_object();
        add_time(tree, "at_least_s", idle->length);
        json_add(tree, "gaps", json_number((double)idle->count));
        add_time(tree, "beyond_s", idle->beyond);
        json_add(tree, "share_at_zero",
                 json_number(sim_time_to_seconds(idle->beyond) / span_s(statistics)));
        json_append(array, tree);
    }
    return array;
}

static cJSON *gaps_tree(const ArrivalStatistics *statistics) {
    const Histogram *gaps = &statistics->gaps;
    cJSON *tree = json_object();
    json_add(tree, "mean", json_number(gaps->count ? histogram_mean(gaps) * 1e-9 : NAN));
    for (size_t i = 0; i < QUANTILES; i++) {
        json_add(tree, quantiles[i].key, json_number(gap_quantile_s(statistics, i)));
    }
    json_add(tree, "cv", json_number(arrival_statistics_gap_cv(statistics)));
    add_time(tree, "longest_at_s", statistics->longest_gap_begin);
    return tree;
}

static cJSON *tokens_tree(const TokenCounts *tokens) {
    cJSON *tree = json_object();
    json_add(tree, "mean",
             json_number(token_counts_count(tokens) ? token_counts_mean(tokens) : NAN));
    for (size_t i = 0; i < QUANTILES; i++) {
        json_add(tree, quantiles[i].key,
                 json_number((double)token_counts_quantile(tokens, quantiles[i].share)));
    }
    return tree;
}

/* How rows are read --------------------------------------------------------------------------- */

/* What each is to us, by its key in the JSON, and in words. */
static const struct {
    RowRole role;
    const char *key, *words;
} roles[] = {{ROLE_TIME, "time", "time"},
             {ROLE_PROMPT, "prompt_tokens", "prompt tokens"},
             {ROLE_OUTPUT, "output_tokens", "output tokens"},
             {ROLE_DURATION, "duration", "duration"},
             {ROLE_VALUE, "value", "requests"},
             {ROLE_CACHED, "cached_tokens", "cached tokens"},
             {ROLE_SESSION, "session", "session"},
             {ROLE_HASHES, "hash_ids", "ids of blocks"},
             {ROLE_WAITED, "abandoned_after", "time to a hang-up"}};
enum { ROLES = sizeof roles / sizeof roles[0] };

static const char *unit_text(FieldUnit unit) {
    switch (unit) {
    case FIELD_CALENDAR: return "dates";
    case FIELD_SECONDS: return "s";
    case FIELD_MILLISECONDS: return "ms";
    case FIELD_MICROSECONDS: return "us";
    case FIELD_NANOSECONDS: return "ns";
    case FIELD_UNIT_AUTO: break;
    }
    return "dates or numbers, as they read";
}

static const char *rows_text(const TraceTold *told) {
    return told->rates ? "rates of a bin each" : told->format->bins ? "bins" : "requests";
}

/* The instant of an arrival: of the calendar to the millisecond, or since time 0. */
static const char *arrival_text(const TraceFacts *facts, sim_time time, char text[SIM_TIME_TEXT]) {
    if (!facts->has_calendar) {
        return sim_time_format(time, text);
    }
    const int64_t ns = facts->start_ns + time;
    sim_time_format_calendar(sim_time_second(ns), text);
    const int64_t rest = ns - sim_time_second(ns) * SIM_TIME_SECOND;
    if (rest > 0) { /* before the Z */
        snprintf(text + strlen(text) - 1, 6, ".%03dZ", (int)(rest / SIM_TIME_MILLISECOND));
    }
    return text;
}

static cJSON *columns_tree(const TraceTold *told) {
    cJSON *tree = json_object();
    for (size_t i = 0; i < ROLES; i++) {
        const char *name = told->names[roles[i].role];
        json_add(tree, roles[i].key, json_text(*name ? name : NULL));
    }
    return tree;
}

static cJSON *files_tree(const TraceTold *told) {
    cJSON *array = json_array();
    for (size_t i = 0; i < told->file_count; i++) {
        const TraceToldFile *file = &told->files[i];
        cJSON *tree = json_object();
        json_add(tree, "file", json_text(file->name));
        json_add(tree, "format", json_text(file->format));
        json_add(tree, "rows", json_number((double)file->rows));
        if (file->first < INT64_MAX && file->has_dates) {
            add_calendar(tree, "first", file->first);
        } else if (file->first < INT64_MAX) {
            add_time(tree, "first_s", file->first);
        }
        json_append(array, tree);
    }
    return array;
}

static cJSON *conditions_tree(const TraceTold *told) {
    cJSON *array = json_array();
    for (size_t i = 0; i < told->condition_count; i++) {
        cJSON *tree = json_object();
        json_add(tree, "condition", json_text(told->conditions[i].text));
        json_add(tree, "left_out", json_number((double)told->conditions[i].left_out));
        json_append(array, tree);
    }
    return array;
}

static cJSON *first_tree(const TraceFacts *facts) {
    cJSON *array = json_array();
    for (size_t i = 0; i < facts->first_count; i++) {
        char text[SIM_TIME_TEXT];
        const asim_arrival *arrival = &facts->first[i];
        cJSON *tree = json_object();
        json_add(tree, "arrival", json_text(arrival_text(facts, arrival->time, text)));
        json_add(tree, "prompt_tokens",
                 json_number(facts->has_tokens ? (double)arrival->prompt_tokens : NAN));
        json_add(tree, "output_tokens",
                 json_number(facts->has_tokens ? (double)arrival->output_tokens : NAN));
        json_append(array, tree);
    }
    return array;
}

static void add_reading(cJSON *tree, const TraceFacts *facts) {
    const TraceTold *told = facts->told;
    json_add(tree, "rows_are", json_text(rows_text(told)));
    json_add(tree, "columns", columns_tree(told));
    json_add(tree, "time_unit", json_text(unit_text(told->unit)));
    json_add(tree, "time_is", json_text(told->ends ? "end" : "start"));
    json_add(tree, "files", files_tree(told));
    json_add(tree, "filter", conditions_tree(told));
    json_add(tree, "first_requests", first_tree(facts));
    json_add(tree, "run", json_text(facts->run));
    json_add(tree, "init", json_text(facts->init));
}

cJSON *trace_facts_json(const TraceFacts *facts) {
    const ArrivalStatistics *statistics = facts->statistics;
    const double rate = arrival_statistics_rate(statistics);
    const char *unit = trace_text_unit(facts->counts.units);
    cJSON *tree = json_object();
    json_add(tree, "file", json_text(facts->file));
    json_add(tree, "format", json_text(facts->format));
    char *prefix = line_prefix_words(facts->counts.prefixes);
    if (prefix != NULL) {
        json_add(tree, "prefix", json_text(prefix));
    }
    free(prefix);
    json_add(tree, "counts", counts_tree(&facts->counts));
    add_reading(tree, facts);
    if (unit != NULL) {
        json_add(tree, "times", json_text(unit));
    }
    if (trace_text_values(facts->counts.values) != NULL) {
        json_add(tree, "values", json_text(trace_text_values(facts->counts.values)));
    }
    if (facts->has_calendar) {
        add_calendar(tree, "start", trace_facts_first_ns(facts));
        add_calendar(tree, "end", last_ns(facts));
    }
    json_add(tree, "span_s", json_number(span_s(statistics)));
    json_add(tree, "mean_rate_per_s", json_number(rate));
    json_add(tree, "windows", windows_tree(statistics));
    json_add(tree, "gaps_s", gaps_tree(statistics));
    json_add(tree, "idle", idles_tree(statistics));
    if (facts->has_tokens) {
        json_add(tree, "prompt_tokens", tokens_tree(&statistics->prompt_tokens));
        json_add(tree, "output_tokens", tokens_tree(&statistics->output_tokens));
        json_add(tree, "cached_share", json_number(past_shares_cached(facts->past)));
        json_add(tree, "seen_before_share", json_number(past_shares_seen(facts->past)));
        json_add(tree, "assumed_time_per_token_s", json_number(facts->time_per_token_s));
        json_add(tree, "offered_concurrency", json_number(concurrency(facts, rate)));
        json_add(tree, "offered_concurrency_peak_60s", json_number(peak_concurrency(facts)));
    }
    return tree;
}

/* CSV ---------------------------------------------------------------------------------------- */

static void write_rate(const TraceFacts *facts, CsvWriter *writer) {
    const ArrivalSteps *steps = &facts->statistics->steps;
    for (size_t i = 0; i < steps->used; i++) {
        csv_writer_time(writer, (sim_time)i * steps->width);
        csv_writer_time(writer, steps->width);
        csv_writer_count(writer, steps->counts[i]);
        csv_writer_number(writer, (double)steps->counts[i] / sim_time_to_seconds(steps->width));
        csv_writer_end_row(writer);
    }
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
        const uint64_t count = histogram_at(histogram, i);
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

static void write_gaps(const TraceFacts *facts, CsvWriter *writer) {
    const Histogram *gaps = &facts->statistics->gaps;
    write_buckets(writer, NULL, gaps, 1e-9, 0, gaps->count);
}

static void write_lengths(const TraceFacts *facts, CsvWriter *writer) {
    if (facts->has_tokens) {
        write_tokens(writer, "prompt", &facts->statistics->prompt_tokens);
        write_tokens(writer, "output", &facts->statistics->output_tokens);
    }
}

bool trace_facts_write(const TraceFacts *facts, const OutputDirectory *directory,
                       ErrorList *errors) {
    static const struct {
        const char *name;
        const char *header[4];
        size_t columns;
        void (*write)(const TraceFacts *facts, CsvWriter *writer);
    } files[] = {
        {"rate.csv", {"time_s", "interval_s", "requests", "rate_per_s"}, 4, write_rate},
        {"gaps.csv", {"gap_s", "count", "cumulative"}, 3, write_gaps},
        {"lengths.csv", {"length", "tokens", "count", "cumulative"}, 4, write_lengths},
    };
    bool written = true;
    for (size_t i = 0; written && i < sizeof files / sizeof files[0]; i++) {
        CsvWriter writer;
        output_directory_csv(directory, files[i].name, &writer, errors);
        csv_writer_header(&writer, files[i].header, files[i].columns);
        files[i].write(facts, &writer);
        written = csv_writer_close(&writer, errors);
    }
    return written;
}

/* Text --------------------------------------------------------------------------------------- */

#define LABEL "  %-14s"

/* By the recording's clock, if it has one. since: the first request. */
static const char *instant_text(const TraceFacts *facts, sim_time since, char text[HUMAN_TEXT]) {
    const int64_t start = trace_facts_first_ns(facts);
    const DayClock day_clock = day_clock_of(sim_time_second(start));
    return day_clock_text(&day_clock, since + (start - sim_time_second(start) * SIM_TIME_SECOND),
                          text);
}

static const char *weekday(int64_t ns) {
    static const char *const names[] = {"Thursday", "Friday",  "Saturday", "Sunday",
                                        "Monday",   "Tuesday", "Wednesday"};
    const int64_t day = sim_time_second(ns) / 86400, rest = sim_time_second(ns) % 86400;
    return names[((day - (rest < 0)) % 7 + 7) % 7];
}

static void add_reading_lines(FILE *stream, const TraceFacts *facts) {
    const TraceTold *told = facts->told;
    char text[HUMAN_TEXT];
    fprintf(stream, LABEL "%s", "rows are", rows_text(told));
    for (size_t i = 0; i < ROLES; i++) {
        const char *name = told->names[roles[i].role];
        if (*name != '\0') {
            fprintf(stream, "%s%s ", i == 0 ? ": " : ", ", roles[i].words);
            text_print(stream, name);
        }
    }
    fprintf(stream, "; times are %s\n", unit_text(told->unit));
    for (size_t i = 0; i < told->condition_count; i++) {
        fprintf(stream, LABEL, i == 0 ? "filter" : "");
        text_print(stream, told->conditions[i].text);
        fprintf(stream, ": leaves out %s\n", trace_text_count(told->conditions[i].left_out, text));
    }
}

static void print_files(FILE *stream, const TraceFacts *facts) {
    char text[HUMAN_TEXT], first[SIM_TIME_TEXT];
    for (size_t i = 0; i < facts->told->file_count; i++) {
        const TraceToldFile *file = &facts->told->files[i];
        char *name = text_line(file->name);
        terminal_say(stream, LABEL "%s: %s, %s rows%s%s\n", i == 0 ? "files" : "", name,
                     file->format ? file->format : "empty", trace_text_count(file->rows, text),
                     file->first < INT64_MAX ? ", from " : "",
                     file->first == INT64_MAX ? ""
                     : file->has_dates
                         ? sim_time_format_calendar(sim_time_second(file->first), first)
                         : sim_time_format(file->first, first));
        free(name);
    }
}

static void add_first(FILE *stream, const TraceFacts *facts) {
    char time[SIM_TIME_TEXT], text[HUMAN_TEXT];
    for (size_t i = 0; i < facts->first_count; i++) {
        const asim_arrival *arrival = &facts->first[i];
        fprintf(stream, LABEL "%s", i == 0 ? "first" : "",
                arrival_text(facts, arrival->time, time));
        if (facts->has_tokens) {
            fprintf(stream, ", %s prompt tokens", trace_text_count(arrival->prompt_tokens, text));
            fprintf(stream, ", %s output tokens", trace_text_count(arrival->output_tokens, text));
        }
        fputc('\n', stream);
    }
}

/* Whole lines, to be pasted. */
static void print_commands(FILE *stream, const TraceFacts *facts) {
    fprintf(stream, "\n%s\n", facts->run);
    if (facts->init) {
        fprintf(stream, "%s\n", facts->init);
    }
}

static void add_head(FILE *stream, const TraceFacts *facts) {
    const asim_traffic_counts *counts = &facts->counts;
    const TrafficFormat *format = facts->format ? traffic_format_find(facts->format) : NULL;
    char text[HUMAN_TEXT], rows[HUMAN_TEXT], first[SIM_TIME_TEXT], last[SIM_TIME_TEXT];
    text_print(stream, facts->file);
    fprintf(stream, ": format %s\n", facts->format ? facts->format : "told by its content");
    fprintf(stream, LABEL "%s from %s rows", "requests", trace_text_count(counts->requests, text),
            trace_text_count(counts->rows, rows));
    for (size_t i = 0; i < ROW_COUNTS; i++) {
        if (row_counts[i].words != NULL && row_count(counts, i) > 0) {
            fprintf(stream, ", %s %s", trace_text_count(row_count(counts, i), text),
                    row_counts[i].words);
        }
    }
    if (counts->prefixes != 0) {
        fprintf(stream, "\n" LABEL, "prefix");
        trace_text_prefix(stream, counts);
    }
    fprintf(stream, "\n" LABEL "%s", "span", human_seconds(span_s(facts->statistics), text));
    if (facts->has_calendar) {
        fprintf(stream, ", from %s, a %s, to %s, a %s",
                sim_time_format_calendar(sim_time_second(trace_facts_first_ns(facts)), first),
                weekday(trace_facts_first_ns(facts)),
                sim_time_format_calendar(sim_time_second(last_ns(facts)), last),
                weekday(last_ns(facts)));
    }
    fputc('\n', stream);
    if (format == NULL || !format->bins) {
        fprintf(stream, LABEL, "arrivals");
        trace_text_ends(stream, counts);
        fputc('\n', stream);
    }
    if (trace_text_values(counts->values) != NULL) {
        fprintf(stream, LABEL "%s (`values` says otherwise)\n", "values",
                trace_text_values(counts->values));
    }
    if (trace_text_unit(counts->units) != NULL) {
        fprintf(stream, LABEL "%s (time_unit says otherwise)\n", "times",
                trace_text_unit(counts->units));
    }
}

static void print_rates(FILE *stream, const TraceFacts *facts) {
    const ArrivalStatistics *statistics = facts->statistics;
    char text[HUMAN_TEXT], instant[HUMAN_TEXT], dispersion[HUMAN_TEXT];
    terminal_say(stream, LABEL "%s/s on average\n", "rate",
                 human_number(arrival_statistics_rate(statistics), text));
    Table table = {0};
    table_columns(&table, "                %10s%14s%22s%16s");
    table_row(&table, "window\tpeak rate\tat\tdispersion");
    for (size_t i = 0; i < ARRIVAL_WINDOWS; i++) {
        const ArrivalWindow *window = &statistics->windows[i];
        table_row(&table, "%.0f s\t%s/s\t%s\t%s", sim_time_to_seconds(window->width),
                  human_number(arrival_statistics_peak(statistics, i), text),
                  instant_text(facts, window->peak_begin, instant),
                  human_number(arrival_statistics_dispersion(statistics, i), dispersion));
    }
    table_print(&table, stream);
    terminal_say(stream,
                 LABEL "(dispersion: variance of the requests per window over their mean; "
                       "Poisson: 1)\n",
                 "");
}

static void add_gaps(FILE *stream, const TraceFacts *facts) {
    const ArrivalStatistics *statistics = facts->statistics;
    char text[HUMAN_TEXT], other[HUMAN_TEXT];
    fprintf(stream, LABEL "mean %s, CV %s", "gaps",
            human_seconds(histogram_mean(&statistics->gaps) * 1e-9, text),
            human_number(arrival_statistics_gap_cv(statistics), other));
    for (size_t i = 0; i < QUANTILES; i++) {
        if (quantiles[i].of_gaps) {
            fprintf(stream, ", %s %s", quantiles[i].key,
                    human_seconds(gap_quantile_s(statistics, i), text));
        }
    }
    fprintf(stream, "; longest %s, at %s\n",
            human_seconds(sim_time_to_seconds(statistics->longest_gap), text),
            instant_text(facts, statistics->longest_gap_begin, other));
}

static void add_idle(FILE *stream, const TraceFacts *facts) {
    const ArrivalStatistics *statistics = facts->statistics;
    char text[HUMAN_TEXT], share[HUMAN_TEXT], length[SIM_TIME_TEXT];
    fprintf(stream, LABEL, "idle gaps");
    for (size_t i = 0; i < ARRIVAL_IDLES; i++) {
        const ArrivalIdle *idle = &statistics->idles[i];
        fprintf(stream, "%s%s of at least %s", i ? ", " : "", trace_text_count(idle->count, text),
                sim_time_format(idle->length, length));
    }
    fprintf(stream, "\n" LABEL, "to zero");
    /* The shortest window allowed, and the default. */
    for (size_t i = 1; i < ARRIVAL_IDLES; i += 2) {
        const ArrivalIdle *idle = &statistics->idles[i];
        fprintf(stream, "%sscale_to_zero_window %s: %s time%s, %s of the time", i > 1 ? "; " : "",
                sim_time_format(idle->length, length), trace_text_count(idle->count, text),
                idle->count == 1 ? "" : "s",
                human_share(sim_time_to_seconds(idle->beyond) / span_s(statistics), share));
    }
    fprintf(stream, "\n" LABEL "(at most: answers take time, and the window runs from the last)\n",
            "");
}

static void add_length(Table *table, const char *name, const TokenCounts *tokens) {
    char text[HUMAN_TEXT];
    table_row(table, "%s", name);
    for (size_t i = 0; i < QUANTILES; i++) {
        table_cell(table, "%s",
                   trace_text_count(token_counts_quantile(tokens, quantiles[i].share), text));
    }
    table_cell(table, "%s", human_number(token_counts_mean(tokens), text));
}

static void print_past(FILE *stream, const PastShares *past) {
    char text[HUMAN_TEXT];
    if (past_shares_cached(past) > 0) {
        terminal_say(stream, LABEL "%s %% of the prompt tokens, as recorded\n", "cached",
                     human_number(100 * past_shares_cached(past), text));
    }
    if (past->hashed > 0) {
        terminal_say(stream,
                     LABEL "%s %% of the prompt tokens%s: what a cache that forgets nothing would "
                           "hit\n",
                     "seen before", human_number(100 * past_shares_seen(past), text),
                     past->weight > 1 ? ", by a sample of their blocks" : "");
    }
}

static void print_tokens(FILE *stream, const TraceFacts *facts) {
    const ArrivalStatistics *statistics = facts->statistics;
    char text[HUMAN_TEXT], peak[HUMAN_TEXT];
    if (!facts->has_tokens) {
        terminal_say(stream, LABEL "none in this format\n", "tokens");
        return;
    }
    Table table = {0};
    table_columns(&table, LABEL);
    table_row(&table, "tokens");
    for (size_t i = 0; i < QUANTILES; i++) {
        table_columns(&table, "%10s");
        table_cell(&table, "%s", quantiles[i].key);
    }
    table_columns(&table, "%10s");
    table_cell(&table, "mean");
    add_length(&table, "  prompt", &statistics->prompt_tokens);
    add_length(&table, "  output", &statistics->output_tokens);
    table_print(&table, stream);
    print_past(stream, facts->past);
    terminal_say(stream, LABEL "%s requests on average, %s in the busiest minute\n", "concurrency",
                 human_number(concurrency(facts, arrival_statistics_rate(statistics)), text),
                 human_number(peak_concurrency(facts), peak));
    terminal_say(stream,
                 LABEL "(offered: rate x mean output tokens x %s per token, which is assumed: "
                       "--time-per-token)\n",
                 "", human_seconds(facts->time_per_token_s, text));
}

static void print_lines(FILE *to, const TraceFacts *facts,
                        void (*add)(FILE *stream, const TraceFacts *facts)) {
    TerminalLines lines;
    add(terminal_lines_begin(&lines, to), facts);
    terminal_lines_end(&lines);
}

void trace_facts_print(FILE *stream, const TraceFacts *facts) {
    print_lines(stream, facts, add_head);
    print_lines(stream, facts, add_reading_lines);
    print_files(stream, facts);
    if (facts->statistics->count > 0) {
        print_lines(stream, facts, add_first);
        print_rates(stream, facts);
        print_lines(stream, facts, add_gaps);
        print_lines(stream, facts, add_idle);
        print_tokens(stream, facts);
    }
    print_commands(stream, facts);
}

/* Words -------------------------------------------------------------------------------------- */

const char *trace_text_count(uint64_t count, char text[HUMAN_TEXT]) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *at = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

void trace_text_ends(FILE *stream, const asim_traffic_counts *counts) {
    char text[HUMAN_TEXT];
    if (counts->ends_moved == 0 && counts->ends_kept == 0) {
        fputs("as logged", stream);
    }
    if (counts->ends_moved > 0) {
        fprintf(stream, "ends of answers minus their durations (%s rows)",
                trace_text_count(counts->ends_moved, text));
    }
    if (counts->ends_kept > 0) {
        fprintf(stream, "%sends of answers taken for arrivals, for they have no duration (%s rows)",
                counts->ends_moved > 0 ? "; " : "", trace_text_count(counts->ends_kept, text));
    }
}

void trace_text_prefix(FILE *stream, const asim_traffic_counts *counts) {
    char text[HUMAN_TEXT], *words = line_prefix_words(counts->prefixes);
    fprintf(stream, "%s, taken off each line", words);
    if (counts->foreign > 0) {
        fprintf(stream, "; left out: %s lines of other programs",
                trace_text_count(counts->foreign, text));
    }
    free(words);
}

const char *trace_text_values(uint32_t values) {
    return values == 0                          ? NULL
           : values == ASIM_RATES_BY_UNIT       ? "rates, for their unit says so"
           : values == ASIM_COUNTS_WITHOUT_UNIT ? "counts, for no unit says that they are rates"
                                                : "rates or counts, file by file";
}

const char *trace_text_unit(uint32_t units) {
    static const struct {
        uint32_t unit;
        const char *text;
    } texts[] = {
        {ASIM_SECONDS_BY_FRACTION, "read as seconds, for they have fractions"},
        {ASIM_SECONDS_BY_RATE, "read as seconds, for as milliseconds they would be too dense"},
        {ASIM_SECONDS_BY_INSTANT, "read as seconds since 1970"},
        {ASIM_MILLISECONDS_BY_RATE,
         "read as milliseconds, for as seconds they would be too sparse"},
        {ASIM_MILLISECONDS_BY_INSTANT, "read as milliseconds since 1970"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (units == texts[i].unit) {
            return texts[i].text;
        }
    }
    return units == 0 ? NULL : "read as seconds or as milliseconds, file by file";
}
