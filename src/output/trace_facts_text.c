// SPDX-License-Identifier: GPL-3.0-or-later
/* The facts for people: numbers that a trace is known by (requests, quantiles) are exact. */
#include "output/trace_facts.h"

#include "base/text.h"
#include "engine/sim_time.h"
#include "figures/human.h"
#include "output/trace_text.h"
#include "traffic/format.h"

#include <math.h>

#define LABEL "  %-14s"

static void print_part(FILE *stream, uint64_t count, const char *what) {
    char text[HUMAN_TEXT];
    if (count > 0) {
        fprintf(stream, ", %s %s", trace_text_count(count, text), what);
    }
}

static void print_head(FILE *stream, const TraceFacts *facts) {
    const asim_traffic_counts *counts = &facts->counts;
    char text[HUMAN_TEXT];
    text_print(stream, facts->file);
    fprintf(stream, ": format %s\n", facts->format ? facts->format : "told by its content");
    fprintf(stream, LABEL "%s", "requests", trace_text_count(counts->requests, text));
    fprintf(stream, " from %s rows", trace_text_count(counts->rows, text));
    print_part(stream, counts->failed, "of requests that had failed");
    print_part(stream, counts->skipped, "bad ones skipped");
    print_part(stream, counts->outside, "left out");
    fputc('\n', stream);
    const sim_time span = arrival_statistics_span(facts->statistics);
    fprintf(stream, LABEL "%s", "span", human_seconds(sim_time_to_seconds(span), text));
    if (facts->has_calendar) {
        char first[SIM_TIME_TEXT], last[SIM_TIME_TEXT];
        fprintf(stream, ", from %s to %s",
                sim_time_format_calendar(sim_time_second(trace_facts_first_ns(facts)), first),
                sim_time_format_calendar(sim_time_second(trace_facts_last_ns(facts)), last));
    }
    fputc('\n', stream);
    const TrafficFormat *format = facts->format ? traffic_format_find(facts->format) : NULL;
    if (format == NULL || !format->bins) {
        fprintf(stream, LABEL, "arrivals");
        trace_text_ends(stream, counts);
        fputc('\n', stream);
    }
    if (trace_text_unit(counts->units) != NULL) {
        fprintf(stream, LABEL "%s (time_unit says otherwise)\n", "times",
                trace_text_unit(counts->units));
    }
}

/* By the recording's clock, if it has one. since: the first request. */
static const char *instant_text(const TraceFacts *facts, sim_time since, char text[HUMAN_TEXT]) {
    const int64_t start = trace_facts_first_ns(facts);
    const DayClock day_clock = day_clock_of(sim_time_second(start));
    return day_clock_text(&day_clock, since + (start - sim_time_second(start) * SIM_TIME_SECOND),
                          text);
}

static void print_rates(FILE *stream, const TraceFacts *facts) {
    const ArrivalStatistics *statistics = facts->statistics;
    char text[HUMAN_TEXT], instant[HUMAN_TEXT];
    fprintf(stream, LABEL "%s/s on average\n", "rate",
            human_number(arrival_statistics_rate(statistics), text));
    fprintf(stream, LABEL "%10s%14s%22s%16s\n", "", "window", "peak rate", "at", "dispersion");
    for (size_t i = 0; i < ARRIVAL_WINDOWS; i++) {
        const ArrivalWindow *window = &statistics->windows[i];
        fprintf(stream, LABEL "%8.0f s", "", sim_time_to_seconds(window->width));
        fprintf(stream, "%12s/s", human_number(arrival_statistics_peak(statistics, i), text));
        fprintf(stream, "%22s", instant_text(facts, window->peak_begin, instant));
        fprintf(stream, "%16s\n", human_number(arrival_statistics_dispersion(statistics, i), text));
    }
    fprintf(stream,
            LABEL "(dispersion: variance of the requests per window over their mean; "
                  "Poisson: 1)\n",
            "");
}

static void print_gaps(FILE *stream, const TraceFacts *facts) {
    const ArrivalStatistics *statistics = facts->statistics;
    static const double shares[] = {0.5, 0.9, 0.99};
    char text[HUMAN_TEXT], instant[HUMAN_TEXT];
    fprintf(stream, LABEL "mean %s", "gaps",
            human_seconds(histogram_mean(&statistics->gaps) * 1e-9, text));
    fprintf(stream, ", CV %s", human_number(arrival_statistics_gap_cv(statistics), text));
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        const double gap = (double)histogram_quantile(&statistics->gaps, shares[i]) * 1e-9;
        fprintf(stream, ", p%g %s", 100 * shares[i], human_seconds(gap, text));
    }
    fprintf(stream, "; longest %s, at %s\n",
            human_seconds(sim_time_to_seconds(statistics->longest_gap), text),
            instant_text(facts, statistics->longest_gap_begin, instant));
}

static void print_idle(FILE *stream, const ArrivalStatistics *statistics) {
    const double span_s = sim_time_to_seconds(arrival_statistics_span(statistics));
    char text[HUMAN_TEXT], other[SIM_TIME_TEXT];
    fprintf(stream, LABEL, "idle gaps");
    for (size_t i = 0; i < ARRIVAL_IDLES; i++) {
        const ArrivalIdle *idle = &statistics->idles[i];
        fprintf(stream, "%s%s of at least %s", i ? ", " : "", trace_text_count(idle->count, text),
                sim_time_format(idle->length, other));
    }
    fprintf(stream, "\n" LABEL, "to zero");
    for (size_t i = 1; i < ARRIVAL_IDLES; i += 2) { /* the shortest window allowed, and the default
                                                     */
        const ArrivalIdle *idle = &statistics->idles[i];
        fprintf(stream, "%sscale_to_zero_window %s: %s time%s, ", i > 1 ? "; " : "",
                sim_time_format(idle->length, other), trace_text_count(idle->count, text),
                idle->count == 1 ? "" : "s");
        fprintf(stream, "%s of the time",
                human_share(sim_time_to_seconds(idle->beyond) / span_s, text));
    }
    fprintf(stream, "\n" LABEL "(at most: answers take time, and the window runs from the last)\n",
            "");
}

static void print_length(FILE *stream, const char *name, const TokenCounts *tokens) {
    static const double shares[] = {0.5, 0.9, 0.95, 0.99, 1};
    char text[HUMAN_TEXT];
    fprintf(stream, LABEL, name);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        fprintf(stream, "%10s", trace_text_count(token_counts_quantile(tokens, shares[i]), text));
    }
    fprintf(stream, "%10s\n", human_number(token_counts_mean(tokens), text));
}

static void print_tokens(FILE *stream, const TraceFacts *facts) {
    const ArrivalStatistics *statistics = facts->statistics;
    char text[HUMAN_TEXT];
    if (!facts->has_tokens) {
        fprintf(stream, LABEL "none in this format\n", "tokens");
        return;
    }
    fprintf(stream, LABEL "%10s%10s%10s%10s%10s%10s\n", "tokens", "p50", "p90", "p95", "p99", "max",
            "mean");
    print_length(stream, "  prompt", &statistics->prompt_tokens);
    print_length(stream, "  output", &statistics->output_tokens);
    const double mean = trace_facts_concurrency(facts, arrival_statistics_rate(statistics));
    fprintf(stream, LABEL "%s requests on average", "concurrency", human_number(mean, text));
    const double peak = trace_facts_concurrency(facts, arrival_statistics_peak(statistics, 2));
    fprintf(stream, ", %s in the busiest minute\n", human_number(peak, text));
    fprintf(stream,
            LABEL "(offered: rate x mean output tokens x %s per token, which is assumed: "
                  "--time-per-token)\n",
            "", human_seconds(facts->time_per_token_s, text));
}

void trace_facts_print(FILE *stream, const TraceFacts *facts) {
    print_head(stream, facts);
    if (facts->statistics->count == 0) {
        return;
    }
    print_rates(stream, facts);
    print_gaps(stream, facts);
    print_idle(stream, facts->statistics);
    print_tokens(stream, facts);
}
