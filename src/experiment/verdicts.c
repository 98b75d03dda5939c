// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/verdicts.h"

#include "base/memory.h"
#include "figures/human_estimate.h"
#include "figures/metrics.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A metric in words. */
typedef struct MetricWords {
    const char *column;
    const char *words;
    bool lower_is_better;
    bool per_day; /* a total: told per day of simulated time */
} MetricWords;

/* The first is the cost, which has a sentence of its own. In the order in which they are told. */
static const MetricWords metric_words[] = {
    {"total_usd", "cost", true, true},
    {"ttft_p95_s", "p95 TTFT", true, false},
    {"e2e_p95_s", "p95 E2E", true, false},
    {"slo_attainment", "the share of requests that meet the objective", false, false},
    {"given_up", "requests given up", true, true},
    {"abandoned", "requests abandoned", true, true},
    {"rejected", "requests rejected", true, true},
    {"answers_503", "503 answers", true, true},
};

enum { WORDS = sizeof metric_words / sizeof metric_words[0] };

/* What happens to a metric: clauses of one verb are told together. */
typedef enum Verb { VERB_CUTS, VERB_RAISES, VERB_LOWERS, VERB_COUNT } Verb;

static const char *const verbs[VERB_COUNT] = {"cuts", "raises", "lowers"};

static Verb verb_of(const MetricWords *words, Verdict verdict) {
    return verdict == VERDICT_HIGHER ? VERB_RAISES
           : words->lower_is_better  ? VERB_CUTS
                                     : VERB_LOWERS;
}

/* A list that grows: "a", "a and b", "a, b and c" once it is joined. */
typedef struct Phrases {
    char **items;
    size_t count, room;
} Phrases;

static void add_phrase(Phrases *phrases, char *owned) {
    phrases->items =
        memory_grow(phrases->items, phrases->count, &phrases->room, sizeof *phrases->items);
    phrases->items[phrases->count++] = owned;
}

/* last: between the last two, such as " and ". Empties the list; owned by the caller. */
static char *join(Phrases *phrases, const char *last) {
    char *text = memory_text("");
    for (size_t i = 0; i < phrases->count; i++) {
        const char *before = i == 0 ? "" : i + 1 == phrases->count ? last : ", ";
        char *longer = memory_format("%s%s%s", text, before, phrases->items[i]);
        free(text);
        free(phrases->items[i]);
        text = longer;
    }
    free(phrases->items);
    *phrases = (Phrases){0};
    return text;
}

static size_t column_number(const char *name) {
    return (size_t)(metric_find(name) - metric_rows);
}

double verdict_days(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const IntervalEstimate *span =
        &comparison_metric(statistics, run, deployment, column_number("span_s"))->mean;
    return span->value / 86400;
}

/* Totals of runs of different lengths are not to be told per day: then they stay totals. */
static double day_scale(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const double days = verdict_days(statistics, run, deployment);
    const double first = verdict_days(statistics, 0, deployment);
    return days > 0 && fabs(days - first) < 1e-9 * days ? 1 / days : NAN;
}

/* "$31.20 ± 0.80" of a difference, and " a day" where it is per day. */
static char *amount_text(const MetricStatistics *metric, const MetricWords *words, double scale,
                         HumanEstimate kind) {
    const double by = words->per_day && !isnan(scale) ? scale : 1;
    const MetricUnit unit = metric_find(words->column)->unit;
    char text[HUMAN_ESTIMATE_TEXT];
    human_estimate(unit, kind, by * metric->difference.value,
                   by * interval_half_width(&metric->difference), text);
    return memory_format("%s%s", text, words->per_day && !isnan(scale) ? " a day" : "");
}

/* "never in 10 of 10 replications, against 1 of 10" */
static char *never_text(const MetricStatistics *metric, const MetricStatistics *first) {
    return memory_format("never in %zu of %zu replications, against %zu of %zu", metric->never,
                         metric->count, first->never, first->count);
}

static bool is_ever_never(const MetricStatistics *metric, const MetricStatistics *first) {
    return metric->never > 0 || first->never > 0;
}

/* "by 4.1 ± 0.3 s"; what is never reached is no amount more: "from 12.0 s to never". */
static char *change_text(const MetricStatistics *metric, const MetricStatistics *first,
                         const MetricWords *words, double scale) {
    if (!is_ever_never(metric, first)) {
        char *amount = amount_text(metric, words, scale, HUMAN_ESTIMATE_AMOUNT);
        char *text = memory_format("by %s", amount);
        free(amount);
        return text;
    }
    const MetricUnit unit = metric_find(words->column)->unit;
    char from[HUMAN_ESTIMATE_TEXT], to[HUMAN_ESTIMATE_TEXT];
    human_estimate(unit, HUMAN_ESTIMATE_VALUE, first->mean.value, NAN, from);
    human_estimate(unit, HUMAN_ESTIMATE_VALUE, metric->mean.value, NAN, to);
    char *never = never_text(metric, first);
    char *text = memory_format("from %s to %s (%s)", from, to, never);
    free(never);
    return text;
}

/* "4.35 ± 0.07 times as much": of money, which grows with the traffic, the sharper statement. */
static char *times_text(const MetricStatistics *metric) {
    const double half_width = interval_half_width(&metric->ratio);
    if (isnan(half_width) || half_width > metric->ratio.value / 2) {
        return memory_text("");
    }
    char text[HUMAN_ESTIMATE_TEXT];
    human_estimate(METRIC_UNIT_PER_SECOND, HUMAN_ESTIMATE_AMOUNT, metric->ratio.value, half_width,
                   text);
    return memory_format(" (%s times as much)", text);
}

static char *cost_phrase(const MetricStatistics *metric, double scale) {
    char text[HUMAN_ESTIMATE_TEXT];
    const double by = isnan(scale) ? 1 : scale;
    human_estimate(METRIC_UNIT_USD, HUMAN_ESTIMATE_AMOUNT, by * metric->difference.value,
                   by * interval_half_width(&metric->difference), text);
    char *times = times_text(metric);
    char *phrase =
        memory_format("costs %s %s%s%s", text, metric->verdict == VERDICT_HIGHER ? "more" : "less",
                      isnan(scale) ? " in all" : " a day", times);
    free(times);
    return phrase;
}

/* A verdict's metrics: clauses of what is shown, else a list. */
typedef struct Sorted {
    Phrases shown, not_shown, equal, same;
} Sorted;

static void add_with_amount(Phrases *phrases, const MetricStatistics *metric,
                            const MetricStatistics *first, const MetricWords *words, double scale) {
    char *amount = is_ever_never(metric, first)
                       ? never_text(metric, first)
                       : amount_text(metric, words, scale, HUMAN_ESTIMATE_DIFFERENCE);
    add_phrase(phrases, memory_format("%s (%s)", words->words, amount));
    free(amount);
}

/* A difference that is shown not to be chance, and too small to be seen in what is told. */
static bool shows_nothing(const MetricStatistics *metric, const MetricWords *words, double scale) {
    char *amount = amount_text(metric, words, scale, HUMAN_ESTIMATE_AMOUNT);
    const bool nothing = metric->verdict != VERDICT_NONE && human_shows_zero(amount);
    free(amount);
    return nothing;
}

static void sort_metrics(const ComparisonStatistics *statistics, size_t run, size_t deployment,
                         Sorted *sorted) {
    const double scale = day_scale(statistics, run, deployment);
    Phrases by_verb[VERB_COUNT] = {{0}};
    Verb order[VERB_COUNT];
    size_t verb_count = 0;
    for (size_t i = 0; i < WORDS; i++) {
        const MetricWords *words = &metric_words[i];
        const size_t column = column_number(words->column);
        const MetricStatistics *metric = comparison_metric(statistics, run, deployment, column);
        const MetricStatistics *first = comparison_metric(statistics, 0, deployment, column);
        if (!comparison_says_something(statistics, deployment, column)) {
            continue;
        }
        if (metric->verdict == VERDICT_SAME) {
            add_phrase(&sorted->same, memory_text(words->words));
        } else if (metric->verdict == VERDICT_NOT_SHOWN ||
                   (isnan(metric->difference.value) && is_ever_never(metric, first))) {
            add_with_amount(&sorted->not_shown, metric, first, words, scale);
        } else if (metric->verdict == VERDICT_EQUAL || shows_nothing(metric, words, scale)) {
            add_with_amount(&sorted->equal, metric, first, words, scale);
        } else if (metric->verdict != VERDICT_NONE && i == 0) {
            add_phrase(&sorted->shown, cost_phrase(metric, scale));
        } else if (metric->verdict != VERDICT_NONE) {
            const Verb verb = verb_of(words, metric->verdict);
            char *change = change_text(metric, first, words, scale);
            if (by_verb[verb].count == 0) {
                order[verb_count++] = verb;
            }
            add_phrase(&by_verb[verb], memory_format("%s %s", words->words, change));
            free(change);
        }
    }
    for (size_t i = 0; i < verb_count; i++) {
        char *list = join(&by_verb[order[i]], " and ");
        add_phrase(&sorted->shown, memory_format("%s %s", verbs[order[i]], list));
        free(list);
    }
}

static bool has_metrics(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const ComparisonDeployments *deployments = &statistics->deployments;
    const size_t *places = &deployments->places[deployment * deployments->run_count];
    return places[0] != COMPARISON_ABSENT && places[run] != COMPARISON_ABSENT;
}

/* Takes the list's items; last: between the last two. */
static void append_list(char **text, const char *before, Phrases *phrases, const char *last) {
    char *list = join(phrases, last);
    char *longer = memory_format("%s%s%s.", *text, before, list);
    free(list);
    free(*text);
    *text = longer;
}

/* A sentence of its own behind others, or the first one behind a colon; none of an empty list. */
static void append_sentence(char **text, bool *begun, const char *opening, Phrases *phrases) {
    if (phrases->count > 0) {
        char *before = memory_format("%s%s", *begun ? " " : ": ", opening);
        before[*begun ? 1 : 2] = (char)(*begun ? toupper((unsigned char)*opening) : *opening);
        append_list(text, before, phrases, " and ");
        free(before);
        *begun = true;
    }
}

/* Of one replication only days have been compared. */
static const char *same_words(const ComparisonStatistics *statistics) {
    return statistics->replications->count > 1 ? "the same in every replication: "
                                               : "the same on every day: ";
}

char *verdict_text(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const char *label = statistics->replications->cells[run].label;
    const char *name = statistics->deployments.names[deployment];
    const bool several = statistics->deployments.count > 1;
    if (!has_metrics(statistics, run, deployment)) {
        return memory_format("%s: only one of the two runs has it.", name);
    }
    Sorted sorted = {0};
    sort_metrics(statistics, run, deployment, &sorted);
    char *text = memory_format("%s%s%s", several ? name : "", several ? ": " : "", label);
    const bool commas = sorted.shown.count > 2; /* clauses may have an "and" of their own */
    const bool claims = sorted.shown.count > 0;
    if (claims) {
        append_list(&text, " ", &sorted.shown, commas ? ", and " : " and ");
    }
    char *within = memory_format("equal within %g %%: ", 100 * statistics->indifference);
    bool begun = claims;
    append_sentence(&text, &begun, "no difference shown in ", &sorted.not_shown);
    append_sentence(&text, &begun, within, &sorted.equal);
    append_sentence(&text, &begun, same_words(statistics), &sorted.same);
    free(within);
    if (!begun) {
        char *longer = memory_format("%s: nothing to compare.", text);
        free(text);
        text = longer;
    }
    return text;
}
