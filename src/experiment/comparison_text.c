// SPDX-License-Identifier: GPL-3.0-or-later
/* What `compare` prints: the table, the verdicts, and what they rest on. */
#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "experiment/chance.h"
#include "experiment/comparison.h"
#include "experiment/plan.h"
#include "figures/human.h"
#include "figures/summary.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 100, INDENT = 2 };

/* The table ---------------------------------------------------------------------------------- */

enum { LABEL_MOST = 40, EXACT_LABEL_MOST = 30, CHANGE_WIDTH = 11 };

static void add_value(Table *table, const MetricStatistics *metric, MetricUnit unit) {
    char text[HUMAN_ESTIMATE_TEXT];
    if (metric->level.never > 0 && metric->level.never < metric->level.count) {
        table_cell(table, "never in %zu of %zu", metric->level.never, metric->level.count);
    } else {
        table_cell(table, "%s",
                   human_estimate(unit, HUMAN_ESTIMATE_VALUE, metric->level.mean,
                                  metric->level.half_width, text));
    }
}

static void add_difference(Table *table, const MetricStatistics *metric, MetricUnit unit) {
    static const char *const marks[] = {[VERDICT_LOWER] = "*",
                                        [VERDICT_HIGHER] = "*",
                                        [VERDICT_NOT_SHOWN] = " ",
                                        [VERDICT_EQUAL] = "\u2248"};
    char text[HUMAN_ESTIMATE_TEXT];
    if (metric->verdict == VERDICT_NONE) {
        table_cell(table, "%s", "");
    } else if (metric->verdict == VERDICT_SAME) {
        table_cell(table, "=  "); /* over the digits */
    } else {
        human_estimate(unit, HUMAN_ESTIMATE_DIFFERENCE, metric->difference.mean,
                       metric->difference.half_width, text);
        table_cell(table, "%s %s", text, marks[metric->verdict]);
    }
}

/* "+12.3 %" against the first run; a share's difference is in percentage points; what rounds to
 * nothing is neither more nor less. */
static const char *put_change(MetricUnit unit, double first, double number, char text[HUMAN_TEXT]) {
    const double points = 100 * (number - first);
    text[0] = '\0';
    if (number == first) {
        strcpy(text, "=");
    } else if (isinf(points)) {
        strcpy(text, human_never(points));
    } else if (unit == METRIC_UNIT_SHARE && !isnan(points)) {
        snprintf(text, HUMAN_TEXT, "%+.1f pp", fabs(points) < 1e6 ? points : 0);
    } else if (first > 0 && fabs(points / first) < 999.5) {
        snprintf(text, HUMAN_TEXT, "%+.1f %%", points / first);
    } else if (first > 0 && !isnan(points)) {
        snprintf(text, HUMAN_TEXT, "x %.3g", number / first);
    }
    return human_shows_zero(text) ? strcpy(text, "\u2248") : text;
}

/* Without intervals: a run's value and its change are one cell. */
static void add_exact(Table *table, MetricUnit unit, double first, double number, bool is_first) {
    char text[HUMAN_TEXT], change[HUMAN_TEXT];
    human_value(unit, number, text);
    if (is_first) {
        table_cell(table, "%s", text);
    } else {
        put_change(unit, first, number, change);
        table_cell(table, "%s%*s%s", text, CHANGE_WIDTH - text_width(change), "", change);
    }
}

static void add_row(Table *table, const ComparisonStatistics *statistics, size_t deployment,
                    const MetricRow *row) {
    const size_t number = (size_t)(row - metric_rows);
    if (!comparison_says_something(statistics, deployment, number)) {
        return;
    }
    const double first = comparison_metric(statistics, 0, deployment, number)->level.mean;
    table_row(table, "%s", metric_short_title(row));
    for (size_t run = 0; run < statistics->deployments.run_count; run++) {
        const MetricStatistics *metric = comparison_metric(statistics, run, deployment, number);
        if (!comparison_has_intervals(statistics)) {
            add_exact(table, row->unit, first, metric->level.mean, run == 0);
            continue;
        }
        add_value(table, metric, row->unit);
        if (run > 0) {
            add_difference(table, metric, row->unit);
        }
    }
}

/* With intervals the label is over a value and a difference. */
static void add_columns(Table *table, const ComparisonStatistics *statistics, size_t run) {
    const char *label = statistics->replications->cells[run].label;
    if (comparison_has_intervals(statistics)) {
        table_columns(table, run == 0 ? "   %*s" : "   %*s   %*s");
        table_cell(table, run == 0 ? "%.*s" : "%.*s\t", LABEL_MOST, label);
    } else {
        table_columns(table, run == 0 ? "  %10*s" : "  %21*s"); /* with room for the change */
        table_cell(table, "%.*s", EXACT_LABEL_MOST, label);
    }
}

static void print_table(FILE *stream, const ComparisonStatistics *statistics) {
    Table table = {0};
    table_columns(&table, "  %-22s");
    table_head(&table, "%s", "");
    for (size_t run = 0; run < statistics->deployments.run_count; run++) {
        add_columns(&table, statistics, run);
    }
    size_t count;
    const MetricRow **rows = metric_view(METRIC_TABLE, &count);
    for (size_t i = 0; i < statistics->deployments.count; i++) {
        table_line(&table, "%s", statistics->deployments.names[i]);
        for (size_t row = 0; row < count; row++) {
            add_row(&table, statistics, i, rows[row]);
        }
    }
    free(rows);
    table_print(&table, stream);
}

/* Verdicts ----------------------------------------------------------------------------------- */

/* What happens to a metric: clauses of one verb are told together. */
typedef enum Verb { VERB_CUTS, VERB_RAISES, VERB_LOWERS, VERB_COUNT } Verb;

static const char *const verbs[VERB_COUNT] = {"cuts", "raises", "lowers"};

/* A verdict's metrics: clauses of what is shown, else a list. */
typedef struct Sorted {
    TextList shown, not_shown, equal, same;
    TextList by_verb[VERB_COUNT]; /* of what is shown */
    Verb order[VERB_COUNT];
    size_t verb_count;
} Sorted;

/* One metric of a run against the first run. */
typedef struct Told {
    const MetricRow *row;
    const MetricStatistics *metric, *first;
    double scale; /* from a total to one per day; NAN: totals stay totals */
} Told;

/* last: between the last two, such as " and ". Empties the list; owned by the caller. */
static char *join(TextList *phrases, const char *last) {
    char *text = text_join((const char *const *)phrases->items, phrases->count, last);
    text_list_clear(phrases);
    return text;
}

/* Simulated days that a run of that scenario is money for: its duration, or the mean span. */
static double days_of(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    return comparison_metric(statistics, run, deployment, METRIC_span_s)->level.mean / 86400;
}

/* Totals of runs of different lengths are not to be told per day: then they stay totals. */
static double day_scale(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const double days = days_of(statistics, run, deployment);
    const double first = days_of(statistics, 0, deployment);
    return days > 0 && fabs(days - first) < 1e-9 * days ? 1 / days : NAN;
}

static bool is_per_day(const Told *told) {
    return told->row->is_total && told->row->rate_of == 0 && !isnan(told->scale);
}

/* "$31.20 ± 0.80" of a difference, of totals per day. */
static const char *put_amount(const Told *told, HumanEstimate kind,
                              char text[HUMAN_ESTIMATE_TEXT]) {
    const double by = is_per_day(told) ? told->scale : 1;
    return human_estimate(told->row->unit, kind, by * told->metric->difference.mean,
                          by * told->metric->difference.half_width, text);
}

static const char *a_day(const Told *told) {
    return is_per_day(told) ? " a day" : "";
}

/* "never in 10 of 10 replications, against 1 of 10" */
static char *never_text(const Told *told) {
    return memory_format("never in %zu of %zu replications, against %zu of %zu",
                         told->metric->level.never, told->metric->level.count,
                         told->first->level.never, told->first->level.count);
}

static bool is_ever_never(const Told *told) {
    return told->metric->level.never > 0 || told->first->level.never > 0;
}

/* "by 4.1 ± 0.3 s"; what is never reached is no amount more: "from 12.0 s to never". */
static char *change_text(const Told *told) {
    char from[HUMAN_ESTIMATE_TEXT], to[HUMAN_ESTIMATE_TEXT];
    if (!is_ever_never(told)) {
        return memory_format("by %s%s", put_amount(told, HUMAN_ESTIMATE_AMOUNT, to), a_day(told));
    }
    human_estimate(told->row->unit, HUMAN_ESTIMATE_VALUE, told->first->level.mean, NAN, from);
    human_estimate(told->row->unit, HUMAN_ESTIMATE_VALUE, told->metric->level.mean, NAN, to);
    char *never = never_text(told);
    char *text = memory_format("from %s to %s (%s)", from, to, never);
    free(never);
    return text;
}

/* "costs $31.20 ± 0.80 more a day (4.35 ± 0.07 times as much)": of money, which grows with the
 * traffic, the ratio is the sharper statement. */
static char *cost_phrase(const Told *told) {
    const Estimate *ratio = &told->metric->ratio;
    const double half_width = ratio->half_width;
    char amount[HUMAN_ESTIMATE_TEXT], times[HUMAN_ESTIMATE_TEXT];
    put_amount(told, HUMAN_ESTIMATE_AMOUNT, amount);
    const char *more = told->metric->verdict == VERDICT_HIGHER ? "more" : "less";
    const char *a_day_or_all = is_per_day(told) ? " a day" : " in all";
    if (isnan(half_width) || half_width > ratio->mean / 2) {
        return memory_format("costs %s %s%s", amount, more, a_day_or_all);
    }
    human_estimate(METRIC_UNIT_PER_SECOND, HUMAN_ESTIMATE_AMOUNT, ratio->mean, half_width, times);
    return memory_format("costs %s %s%s (%s times as much)", amount, more, a_day_or_all, times);
}

static const char *words_of(const Told *told) {
    return told->row->verdict ? told->row->verdict : told->row->title;
}

static void add_with_amount(TextList *phrases, const Told *told) {
    char amount[HUMAN_ESTIMATE_TEXT];
    char *text = is_ever_never(told)
                     ? never_text(told)
                     : memory_format("%s%s", put_amount(told, HUMAN_ESTIMATE_DIFFERENCE, amount),
                                     a_day(told));
    text_list_add(phrases, memory_format("%s (%s)", words_of(told), text));
    free(text);
}

static void add_with_verb(Sorted *sorted, const Told *told) {
    const Verb verb = told->metric->verdict == VERDICT_HIGHER ? VERB_RAISES
                      : told->row->better == METRIC_LOWER     ? VERB_CUTS
                                                              : VERB_LOWERS;
    if (sorted->by_verb[verb].count == 0) {
        sorted->order[sorted->verb_count++] = verb;
    }
    char *change = change_text(told);
    text_list_add(&sorted->by_verb[verb], memory_format("%s %s", words_of(told), change));
    free(change);
}

/* A difference that is shown not to be chance, and too small to be seen in what is told. */
static bool shows_nothing(const Told *told) {
    char amount[HUMAN_ESTIMATE_TEXT];
    return human_shows_zero(put_amount(told, HUMAN_ESTIMATE_AMOUNT, amount));
}

static void sort_metric(Sorted *sorted, const Told *told) {
    const Verdict verdict = told->metric->verdict;
    if (verdict == VERDICT_SAME) {
        text_list_add(&sorted->same, memory_text(words_of(told)));
    } else if (verdict == VERDICT_NOT_SHOWN ||
               (isnan(told->metric->difference.mean) && is_ever_never(told))) {
        add_with_amount(&sorted->not_shown, told);
    } else if (verdict == VERDICT_NONE) {
        return;
    } else if (verdict == VERDICT_EQUAL || shows_nothing(told)) {
        add_with_amount(&sorted->equal, told);
    } else if (told->row == &metric_rows[METRIC_total_usd]) {
        text_list_add(&sorted->shown, cost_phrase(told));
    } else {
        add_with_verb(sorted, told);
    }
}

static void sort_metrics(const ComparisonStatistics *statistics, size_t run, size_t deployment,
                         Sorted *sorted) {
    size_t count;
    const MetricRow **rows = metric_view(METRIC_VERDICTS, &count);
    for (size_t i = 0; i < count; i++) {
        const size_t metric = (size_t)(rows[i] - metric_rows);
        if (comparison_says_something(statistics, deployment, metric)) {
            sort_metric(sorted,
                        &(Told){.row = rows[i],
                                .metric = comparison_metric(statistics, run, deployment, metric),
                                .first = comparison_metric(statistics, 0, deployment, metric),
                                .scale = day_scale(statistics, run, deployment)});
        }
    }
    free(rows);
    for (size_t i = 0; i < sorted->verb_count; i++) {
        char *list = join(&sorted->by_verb[sorted->order[i]], " and ");
        text_list_add(&sorted->shown, memory_format("%s %s", verbs[sorted->order[i]], list));
        free(list);
    }
}

/* Takes the list's items; last: between the last two. */
static void add_list(Text *text, const char *before, TextList *phrases, const char *last) {
    char *list = join(phrases, last);
    text_addf(text, "%s%s.", before, list);
    free(list);
}

/* A sentence of its own behind others, or the first one behind a colon; none of an empty list. */
static void add_sentence(Text *text, bool *begun, const char *opening, TextList *phrases) {
    if (phrases->count > 0) {
        const int first = (unsigned char)*opening;
        text_addf(text, "%s%c", *begun ? " " : ": ", *begun ? toupper(first) : first);
        add_list(text, opening + 1, phrases, " and ");
        *begun = true;
    }
}

char *comparison_verdict(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const ComparisonDeployments *deployments = &statistics->deployments;
    const size_t *places = &deployments->places[deployment * deployments->run_count];
    const char *name = deployments->names[deployment];
    if (places[0] == COMPARISON_ABSENT || places[run] == COMPARISON_ABSENT) {
        return memory_format("%s: only one of the two runs has it.", name);
    }
    Sorted sorted = {0};
    sort_metrics(statistics, run, deployment, &sorted);
    Text text = {0};
    text_addf(&text, "%s%s%s", deployments->count > 1 ? name : "",
              deployments->count > 1 ? ": " : "", statistics->replications->cells[run].label);
    bool begun = sorted.shown.count > 0;
    if (begun) { /* clauses may have an "and" of their own */
        add_list(&text, " ", &sorted.shown, sorted.shown.count > 2 ? ", and " : " and ");
    }
    char *within = memory_format("equal within %g %%: ", 100 * statistics->indifference);
    add_sentence(&text, &begun, "no difference shown in ", &sorted.not_shown);
    add_sentence(&text, &begun, within, &sorted.equal);
    add_sentence(&text, &begun,
                 statistics->replications->count > 1 ? "the same in every replication: "
                                                     : "the same on every day: ",
                 &sorted.same);
    free(within);
    text_add(&text, begun ? "" : ": nothing to compare.");
    return text_take(&text);
}

/* Below the table ---------------------------------------------------------------------------- */

#define SAY(said, ...) text_list_add(said, memory_format(__VA_ARGS__))

static void print_verdicts(FILE *stream, const ComparisonStatistics *statistics) {
    const size_t runs = statistics->deployments.run_count;
    if (runs < 2) {
        return;
    }
    terminal_say(stream, "\nAgainst %s\n", statistics->replications->cells[0].label);
    for (size_t deployment = 0; deployment < statistics->deployments.count; deployment++) {
        for (size_t run = 1; run < runs; run++) {
            char *text = comparison_verdict(statistics, run, deployment);
            terminal_wrap(stream, text, terminal_line_width(stream, WIDTH), INDENT, 2 * INDENT);
            free(text);
        }
    }
}

static void print_not_knowing(FILE *stream, const ComparisonStatistics *statistics) {
    bool begun = false;
    for (size_t deployment = 0; deployment < statistics->deployments.count; deployment++) {
        for (size_t run = 0; run < statistics->deployments.run_count; run++) {
            char *text = comparison_not_knowing_text(statistics, run, deployment);
            if (text != NULL) {
                terminal_say(stream, "%s", begun ? "" : "\nAgainst whoever knows what comes\n");
                terminal_wrap(stream, text, terminal_line_width(stream, WIDTH), INDENT, 2 * INDENT);
                begun = true;
            }
            free(text);
        }
    }
}

/* What "a day" means where a run is not one. */
static void tell_scale(TextList *said, const ComparisonStatistics *statistics) {
    const double days = days_of(statistics, 0, 0);
    char length[HUMAN_TEXT];
    human_seconds(days * 86400, length);
    if (!(days > 0) || fabs(days - 1) < 1e-9) {
        return;
    }
    if (days < 1) {
        SAY(said,
            "\"A day\" and \"per 30 days\" are of such traffic on and on: the runs last %s and are "
            "scaled up.",
            length);
    } else if (statistics->deployments.run_count > 1) {
        SAY(said, "\"A day\" is the average over the run's %s.", length);
    }
}

static void tell_equal(TextList *said, const ComparisonStatistics *statistics) {
    const ComparisonDeployments *deployments = &statistics->deployments;
    const size_t count = deployments->count * deployments->run_count * metric_count;
    for (size_t i = 0; i < count; i++) {
        if (statistics->metrics[i].verdict == VERDICT_EQUAL) {
            SAY(said,
                "\u2248 marks a difference that is, with its whole interval, within %g %% of "
                "%s.",
                100 * statistics->indifference, statistics->replications->cells[0].label);
            return;
        }
    }
}

static void tell_method(TextList *said, const ComparisonStatistics *statistics) {
    const Plan *all = statistics->replications;
    const int64_t first = all->cells[0].scenario->replication;
    const int64_t last = first + (int64_t)all->count - 1;
    const bool compares = all->cell_count > 1, one = all->count == 1;
    char replicated[160];
    const char *common = compares ? " on common random numbers" : "";
    if (one) {
        snprintf(replicated, sizeof replicated, "1 replication (%" PRId64 ")%s", first, common);
    } else {
        snprintf(replicated, sizeof replicated, "%zu replications (%" PRId64 " to %" PRId64 ")%s",
                 all->count, first, last, common);
    }
    if (statistics->days > 0) {
        SAY(said,
            "%s, each cut into %zu days; \u00b1 is the longer half of a %g %% interval, by drawing "
            "days%s with replacement %d times%s: it speaks of other days like these.",
            replicated, statistics->days, 100 * statistics->confidence,
            all->count > 1 ? " and replications" : "", DAY_BOOTSTRAP_DRAWS,
            compares ? ", the same for every run" : "");
    } else {
        SAY(said, "%s; \u00b1 is half a %g %% confidence interval (Student's t).", replicated,
            100 * statistics->confidence);
    }
    if (statistics->days > 0 && daily_summary_rest(all->cells[0].days[0]) > 0) {
        SAY(said, "What the runs have beyond whole days is in every draw as it was.");
    }
    if (statistics->judged > 0) {
        SAY(said,
            "* marks a difference that is shown at the %g %% level, with Holm's correction for the "
            "%zu differences tested; = is the same %s.",
            100 * (1 - statistics->confidence), statistics->judged,
            one ? "on every day" : "in every replication");
    }
}

static unsigned chance_of_all(const Plan *all) {
    unsigned chance = 0;
    for (size_t run = 0; run < all->cell_count; run++) {
        chance |= chance_of(all->cells[run].scenario);
    }
    return chance;
}

static void tell_chance(TextList *said, const ComparisonStatistics *statistics,
                        const ComparisonTextOptions *options) {
    const Plan *all = statistics->replications;
    const unsigned chance = chance_of_all(all);
    bool recording = false;
    for (size_t run = 0; run < all->cell_count; run++) {
        recording = recording || chance_has_recording(all->cells[run].scenario);
    }
    char *text = chance_text(chance);
    SAY(said, "Left to chance%s: %s.",
        chance == 0       ? ""
        : all->count == 1 ? " in this one replication"
                          : ", and so replicated",
        text);
    free(text);
    if (recording && statistics->days == 0) {
        SAY(said, "%s: the intervals tell nothing about another day.%s%s%s",
            chance & CHANCE_OF_TRAFFIC
                ? "What is recorded of the traffic is the same in every replication"
                : "The traffic is the recording itself in every replication",
            options->no_days ? " Days are not resampled: " : "",
            options->no_days ? options->no_days : "", options->no_days ? "." : "");
    }
}

static void tell_precision(TextList *said, const ComparisonStatistics *statistics,
                           const ComparisonTextOptions *options) {
    if (!options->precision) {
        return;
    }
    const MetricRow *column = &metric_rows[options->precision->column];
    const PrecisionState state = precision_state(options->precision, statistics);
    char have[HUMAN_ESTIMATE_TEXT], wanted[HUMAN_ESTIMATE_TEXT];
    human_estimate(column->unit, HUMAN_ESTIMATE_AMOUNT, state.half_width, 0, have);
    human_estimate(column->unit, HUMAN_ESTIMATE_AMOUNT, state.target, 0, wanted);
    if (state.reached) {
        SAY(said, "Precision reached: %s is known to \u00b1 %s; asked for was \u00b1 %s.",
            column->name, have, wanted);
    } else {
        SAY(said,
            "Precision not reached: %s is known to \u00b1 %s after %zu replications, the most "
            "(--most); asked for was \u00b1 %s.",
            column->name, have, statistics->replications->count, wanted);
    }
}

/* Runs of one beginning are told it once. */
static void tell_calendar(TextList *said, const Plan *replications) {
    const PlanCell *runs = replications->cells;
    char start[SIM_TIME_TEXT];
    bool is_shared = true;
    for (size_t run = 1; run < replications->cell_count; run++) {
        is_shared =
            is_shared && runs[run].scenario->start_epoch_s == runs[0].scenario->start_epoch_s;
    }
    for (size_t run = 0; run < (is_shared ? 1 : replications->cell_count); run++) {
        SAY(said, "Time 0%s%s is %s.", is_shared ? "" : " of ", is_shared ? "" : runs[run].label,
            sim_time_format_calendar(runs[run].scenario->start_epoch_s, start));
    }
}

/* Of one replication. */
static void tell_no_intervals(TextList *said, const Plan *all) {
    if (chance_of_all(all) == 0) {
        SAY(said, "Nothing is left to chance: the figures are exact for these requests, and tell "
                  "nothing about others.");
    } else {
        SAY(said,
            "One replication: how much of %s is chance cannot be said. --replications 10 "
            "runs ten.",
            all->cell_count > 1 ? "a difference" : "these figures");
    }
}

void comparison_basis(const ComparisonStatistics *statistics, const ComparisonTextOptions *options,
                      TextList *said) {
    if (!comparison_has_intervals(statistics)) {
        tell_no_intervals(said, statistics->replications);
        tell_calendar(said, statistics->replications);
        return;
    }
    if (statistics->all_alike && statistics->days == 0) {
        SAY(said,
            "Nothing is left to chance: all %zu replications came out the same in every metric. "
            "The figures are exact for these requests, have no intervals, and tell nothing about "
            "others.",
            statistics->replications->count);
        tell_equal(said, statistics);
    } else {
        tell_method(said, statistics);
        tell_equal(said, statistics);
        tell_chance(said, statistics, options);
    }
    tell_scale(said, statistics);
    tell_calendar(said, statistics->replications);
    tell_precision(said, statistics, options);
}

void comparison_print(FILE *stream, const ComparisonStatistics *statistics,
                      const ComparisonTextOptions *options) {
    TextList basis = {0};
    print_table(stream, statistics);
    if (comparison_has_intervals(statistics)) {
        print_verdicts(stream, statistics);
    }
    print_not_knowing(stream, statistics);
    fputc('\n', stream);
    comparison_basis(statistics, options, &basis);
    for (size_t i = 0; i < basis.count; i++) {
        terminal_wrap(stream, basis.items[i], terminal_line_width(stream, WIDTH), 0, 0);
    }
    text_list_clear(&basis);
}
