// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/comparison_text.h"

#include "base/memory.h"
#include "base/terminal.h"
#include "engine/sim_time.h"
#include "experiment/chance.h"
#include "experiment/day_bootstrap.h"
#include "experiment/verdicts.h"
#include "figures/human_estimate.h"
#include "figures/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 100, INDENT = 2 };

static void say(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(FILE *stream, const char *format, ...) {
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    terminal_wrap(stream, text, WIDTH, 0, 0);
}

static void print_verdicts(FILE *stream, const ComparisonStatistics *statistics) {
    const size_t runs = statistics->deployments.run_count;
    if (runs < 2) {
        return;
    }
    fprintf(stream, "\nAgainst %s\n", statistics->replications->cells[0].label);
    for (size_t deployment = 0; deployment < statistics->deployments.count; deployment++) {
        for (size_t run = 1; run < runs; run++) {
            char *text = verdict_text(statistics, run, deployment);
            terminal_wrap(stream, text, WIDTH, INDENT, 2 * INDENT);
            free(text);
        }
    }
}

/* What "a day" means where a run is not one. */
static void print_scale(FILE *stream, const ComparisonStatistics *statistics) {
    const double days = verdict_days(statistics, 0, 0);
    char length[HUMAN_TEXT];
    human_seconds(days * 86400, length);
    if (statistics->deployments.run_count < 2 || !(days > 0) || fabs(days - 1) < 1e-9) {
        return;
    }
    if (days < 1) {
        say(stream, "\"A day\" is 24 h of such traffic: the runs last %s and are scaled up.",
            length);
    } else {
        say(stream, "\"A day\" is the average over the run's %s.", length);
    }
}

static void print_equal(FILE *stream, const ComparisonStatistics *statistics) {
    const ComparisonDeployments *deployments = &statistics->deployments;
    const size_t count = deployments->count * deployments->run_count * metric_count;
    for (size_t i = 0; i < count; i++) {
        if (statistics->metrics[i].verdict == VERDICT_EQUAL) {
            say(stream,
                "\u2248 marks a difference that is, with its whole interval, within %g %% of "
                "%s.",
                100 * statistics->indifference, statistics->replications->cells[0].label);
            return;
        }
    }
}

static void print_method(FILE *stream, const ComparisonStatistics *statistics) {
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
        say(stream,
            "%s, each cut into %zu days; \u00b1 is the longer half of a %g %% interval, by drawing "
            "days%s with replacement %d times%s: it speaks of other days like these.",
            replicated, statistics->days, 100 * statistics->confidence,
            all->count > 1 ? " and replications" : "", DAY_BOOTSTRAP_DRAWS,
            compares ? ", the same for every run" : "");
    } else {
        say(stream, "%s; \u00b1 is half a %g %% confidence interval (Student's t).", replicated,
            100 * statistics->confidence);
    }
    if (statistics->days > 0 && daily_summary_rest(all->cells[0].days[0]) > 0) {
        say(stream, "What the runs have beyond whole days is in every draw as it was.");
    }
    if (statistics->judged > 0) {
        say(stream,
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

static void print_chance(FILE *stream, const ComparisonStatistics *statistics,
                         const ComparisonTextOptions *options) {
    const Plan *all = statistics->replications;
    const unsigned chance = chance_of_all(all);
    bool recording = false;
    for (size_t run = 0; run < all->cell_count; run++) {
        recording = recording || chance_has_recording(all->cells[run].scenario);
    }
    char *text = chance_text(chance);
    say(stream, "Left to chance%s: %s.",
        chance == 0       ? ""
        : all->count == 1 ? " in this one replication"
                          : ", and so replicated",
        text);
    free(text);
    if (recording && statistics->days == 0) {
        say(stream, "%s: the intervals tell nothing about another day.%s%s%s",
            chance & CHANCE_OF_TRAFFIC
                ? "What is recorded of the traffic is the same in every replication"
                : "The traffic is the recording itself in every replication",
            options->no_days ? " Days are not resampled: " : "",
            options->no_days ? options->no_days : "", options->no_days ? "." : "");
    }
}

static void print_precision(FILE *stream, const ComparisonStatistics *statistics,
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
        say(stream, "Precision reached: %s is known to \u00b1 %s; asked for was \u00b1 %s.",
            column->name, have, wanted);
    } else {
        say(stream,
            "Precision not reached: %s is known to \u00b1 %s after %zu replications, the most "
            "(--most); asked for was \u00b1 %s.",
            column->name, have, statistics->replications->count, wanted);
    }
}

/* Runs of one beginning are told it once. */
static void print_calendar(FILE *stream, const Plan *replications) {
    const PlanCell *runs = replications->cells;
    char start[SIM_TIME_TEXT];
    bool is_shared = true;
    for (size_t run = 1; run < replications->cell_count; run++) {
        is_shared =
            is_shared && runs[run].scenario->start_epoch_s == runs[0].scenario->start_epoch_s;
    }
    for (size_t run = 0; run < (is_shared ? 1 : replications->cell_count); run++) {
        say(stream, "Time 0%s%s is %s.", is_shared ? "" : " of ", is_shared ? "" : runs[run].label,
            sim_time_format_calendar(runs[run].scenario->start_epoch_s, start));
    }
}

/* Of one replication. */
static void print_no_intervals(FILE *stream, const Plan *all) {
    if (chance_of_all(all) == 0) {
        say(stream, "Nothing is left to chance: the figures are exact for these requests, and tell "
                    "nothing about others.");
    } else {
        say(stream,
            "One replication: how much of %s is chance cannot be said. --replications 10 "
            "runs ten.",
            all->cell_count > 1 ? "a difference" : "these figures");
    }
}

void comparison_text_print(FILE *stream, const ComparisonStatistics *statistics,
                           const ComparisonTextOptions *options) {
    if (!comparison_statistics_have_intervals(statistics)) {
        fputc('\n', stream);
        print_no_intervals(stream, statistics->replications);
        print_calendar(stream, statistics->replications);
        return;
    }
    print_verdicts(stream, statistics);
    fputc('\n', stream);
    if (statistics->all_alike && statistics->days == 0) {
        say(stream,
            "Nothing is left to chance: all %zu replications came out the same in every metric. "
            "The "
            "figures are exact for these requests, have no intervals, and tell nothing about "
            "others.",
            statistics->replications->count);
        print_equal(stream, statistics);
    } else {
        print_method(stream, statistics);
        print_equal(stream, statistics);
        print_chance(stream, statistics, options);
    }
    print_scale(stream, statistics);
    print_calendar(stream, statistics->replications);
    print_precision(stream, statistics, options);
}
