// SPDX-License-Identifier: GPL-3.0-or-later
/* What a search found, for people. */
#include "experiment/optimization_report.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "figures/human_estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE_WIDTH = 26, VALUE_WIDTH = 24, VERDICT_WIDTH = 12, TOLD_MOST = 5 };
static const char *const winner_titles[] = {"winner", "runner-up", "as it stands"};
static const char *const nearest_titles[] = {"nearest", "next", "as it stands"};

/* Texts -------------------------------------------------------------------------------------- */

/* A line of columns. Blanks are printed before the next column, so that no line ends with them. */
typedef struct Line {
    FILE *stream;
    int missing; /* blanks before the next column */
} Line;

static void put(Line *line, const char *text, int width) {
    const int seen = text_width(text);
    if (seen > 0) {
        fprintf(line->stream, "%*s%s", line->missing, "", text);
        line->missing = 0;
    }
    line->missing += seen < width ? width - seen : 1;
}

static void end_line(Line *line) {
    fputs("\n", line->stream);
    line->missing = 0;
}

/* "$432.10 ± 8.10", or the mean alone where there is no interval. */
static const char *estimate_text(const Metric *metric, Estimate estimate,
                                 char text[HUMAN_ESTIMATE_TEXT]) {
    return human_estimate(metric_column(metric)->unit, HUMAN_ESTIMATE_VALUE, estimate.mean,
                          estimate.half_width, text);
}

/* "+$1.20 ± 0.30". */
static const char *difference_text(const Metric *metric, Estimate difference,
                                   char text[HUMAN_ESTIMATE_TEXT]) {
    if (difference.mean == 0 && difference.half_width == 0) {
        return strcpy(text, "the same in every run");
    }
    return human_estimate(metric_column(metric)->unit, HUMAN_ESTIMATE_DIFFERENCE, difference.mean,
                          difference.half_width, text);
}

static const char *percent(double share, char text[HUMAN_TEXT]) {
    snprintf(text, HUMAN_TEXT, "%.4g %%", 100 * share);
    return text;
}

/* How the search went ------------------------------------------------------------------------ */

static void print_simulations(FILE *stream, const Optimization *optimization,
                              const OptimizationResult *result) {
    const Search *search = &result->search;
    const size_t cells = search_cells(optimization->grid, optimization->axes.count);
    char used[HUMAN_TEXT], all[HUMAN_TEXT], share[HUMAN_TEXT];
    human_count(search->simulations, used);
    human_count(cells, all);
    text_print(stream, optimization->file);
    fprintf(stream, ": %zu options, %s combinations", optimization->axes.count, all);
    if (search->whole_grid && result->not_allowed > 0) {
        fprintf(stream, ", of which %zu are no scenario", result->not_allowed);
    }
    fprintf(stream, "\n%s simulations", used);
    if (search->all_confirmed) {
        fprintf(stream, ": every combination, %zu replications each\n", optimization->confirmation);
        return;
    }
    char rivals[64] = "";
    const size_t given_up = optimization_given_up(optimization, result);
    if (given_up > 0) {
        snprintf(rivals, sizeof rivals, ", %zu rival%s given up on the way", given_up,
                 given_up > 1 ? "s" : "");
    }
    /* Of what looking at every combination as closely as at the finalists would have taken. */
    const double exhaustive = (double)(search->whole_grid ? search->screened : cells) *
                              (double)optimization->confirmation;
    fprintf(stream,
            " (%s of an exhaustive search's): %zu candidates screened%s, the best seen %zu "
            "times,\n%zu confirmed on %zu fresh replications%s%s\n",
            percent((double)search->simulations / exhaustive, share), search->screened,
            search->whole_grid ? "" : " (a sample)", search->replications, search->confirmed_count,
            optimization->confirmation, rivals,
            search->budget_ended ? "; the budget ended the refinement early" : "");
}

/* All traffic replayed: what varies between replications is little. */
static void print_trace_note(FILE *stream, const Scenario *scenario) {
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        for (size_t k = 0; k < deployment->traffic_count; k++) {
            if (!deployment->traffic[k].kind->recorded) {
                return;
            }
        }
    }
    fprintf(stream, "The traffic is recorded: replications differ in cold starts, capacity and "
                    "jitter only, and intervals say nothing of other days (--holdout does).\n");
}

static void print_objective(FILE *stream, const Optimization *optimization) {
    fprintf(stream, "\nThe lowest %s with ", optimization->cost.name);
    for (size_t i = 0; i < optimization->limit_count; i++) {
        fprintf(stream, "%s%s",
                i == 0                              ? ""
                : i + 1 < optimization->limit_count ? ", "
                                                    : " and ",
                optimization->limits[i].text);
    }
    fputs(":\n", stream);
}

/* The table ---------------------------------------------------------------------------------- */

static SearchVerdict verdict_of(const Optimization *optimization, const double *figures) {
    const SearchProblem problem = optimization_problem(optimization);
    const SearchVerdict verdict = search_verdict(&problem, figures, problem.confirmation);
    free((void *)problem.limits);
    return verdict;
}

static const char *const verdict_texts[] = {"missed", "on average", "met"};

/* Under the first row: what it is more than the winner's. */
static void print_differences(Line *line, const Optimization *optimization,
                              const double *const figures[]) {
    char text[HUMAN_ESTIMATE_TEXT];
    put(line, "    more than the first", TITLE_WIDTH);
    put(line, "", VALUE_WIDTH);
    for (size_t who = OPTIMIZATION_RUNNER_UP; who < OPTIMIZATION_TOLD; who++) {
        if (figures[who]) {
            const Estimate difference = optimization_difference(
                optimization, figures[OPTIMIZATION_WINNER], figures[who], 1);
            put(line, difference_text(&optimization->cost, difference, text), VALUE_WIDTH);
        }
    }
    end_line(line);
}

static void print_row(Line *line, const Optimization *optimization, const double *const figures[],
                      const ReportedFigure *row) {
    char text[HUMAN_ESTIMATE_TEXT], title[HUMAN_ESTIMATE_TEXT];
    snprintf(title, sizeof title, "  %s", row->metric->name);
    put(line, title, TITLE_WIDTH);
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        if (figures[who]) {
            const Estimate estimate =
                optimization_estimate(optimization, figures[who], row->figure);
            put(line, estimate_text(row->metric, estimate, text), VALUE_WIDTH);
        }
    }
    end_line(line);
}

/* figures: of each who is told of, or NULL. titles: likewise. */
static void print_table(FILE *stream, const Optimization *optimization,
                        const double *const figures[], const char *const titles[]) {
    size_t count;
    Line line = {.stream = stream};
    ReportedFigure *rows = optimization_figures(optimization, &count);
    put(&line, "", TITLE_WIDTH);
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        put(&line, figures[who] ? titles[who] : "", figures[who] ? VALUE_WIDTH : 0);
    }
    end_line(&line);
    for (size_t i = 0; i < count; i++) {
        print_row(&line, optimization, figures, &rows[i]);
        if (rows[i].figure == SEARCH_COST) {
            print_differences(&line, optimization, figures);
        }
    }
    put(&line, "  objectives", TITLE_WIDTH);
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        if (figures[who]) {
            put(&line, verdict_texts[verdict_of(optimization, figures[who])], VALUE_WIDTH);
        }
    }
    end_line(&line);
    free(rows);
}

/* The winner --------------------------------------------------------------------------------- */

static void print_cell(FILE *stream, const Optimization *optimization, size_t cell) {
    char *text = optimization_cell_text(optimization, cell);
    fputs(text, stream);
    free(text);
}

/* Which limits are not kept, or not for certain. */
static void print_doubts(FILE *stream, const Optimization *optimization, const double *figures) {
    for (size_t i = 0; i < optimization->limit_count; i++) {
        const SloLimit *limit = &optimization->limits[i];
        const Estimate estimate = optimization_estimate(optimization, figures, SEARCH_LIMITS + i);
        char text[HUMAN_ESTIMATE_TEXT];
        const double worst =
            estimate.mean + (limit->at_least ? -estimate.half_width : estimate.half_width);
        if (estimate.count < optimization->confirmation) {
            fprintf(stream, "    %s: does not apply in %zu of %zu replications\n", limit->text,
                    optimization->confirmation - estimate.count, optimization->confirmation);
        } else if (limit->at_least ? worst < limit->limit : worst > limit->limit) {
            fprintf(stream, "    %s: %s\n", limit->text,
                    estimate_text(&limit->metric, estimate, text));
        }
    }
}

static void print_winner(FILE *stream, const Optimization *optimization,
                         const OptimizationResult *result) {
    char share[HUMAN_TEXT];
    fputs("\n  ", stream);
    print_cell(stream, optimization, optimization_told_cell(result, OPTIMIZATION_WINNER));
    char *command = optimization_firectl(optimization, result);
    fprintf(stream, "\n\n%s\n", command);
    free(command);
    if (result->verdict == SEARCH_LIKELY) {
        fprintf(stream, "Its objectives are met on average, but not with %s confidence:\n",
                percent(optimization->confidence, share));
        print_doubts(stream, optimization, optimization_fresh(result, OPTIMIZATION_WINNER));
        fputs("\n", stream);
    }
}

/* The three that come nearest, and what they miss. */
static void print_failure(FILE *stream, const Optimization *optimization,
                          const OptimizationResult *result) {
    const Search *search = &result->search;
    fputs("\n  No policy within these bounds was found to meet the objectives. The nearest:\n",
          stream);
    for (size_t i = 0; i < search->confirmed_count && i < 3; i++) {
        const SearchCandidate *candidate = &search->candidates[search->confirmed[i]];
        fputs("\n  ", stream);
        print_cell(stream, optimization, candidate->cell);
        fputs("\n", stream);
        print_doubts(stream, optimization, candidate->fresh);
    }
    fputs("\n", stream);
}

static void print_more(FILE *stream, size_t count, size_t told) {
    if (count > told) {
        fprintf(stream, "    and %zu more\n", count - told);
    }
}

static void print_tie(FILE *stream, const Optimization *optimization,
                      const OptimizationResult *result, size_t tie, size_t comparisons) {
    const SearchCandidate *candidate = &result->search.candidates[tie];
    char text[HUMAN_ESTIMATE_TEXT];
    const Estimate difference =
        optimization_difference(optimization, optimization_fresh(result, OPTIMIZATION_WINNER),
                                candidate->fresh, comparisons);
    fprintf(stream, "    %s: ", difference_text(&optimization->cost, difference, text));
    print_cell(stream, optimization, candidate->cell);
    fputs("\n", stream);
}

/* From the number `first` of ties[] to before the number `end`. */
static void print_some_ties(FILE *stream, const Optimization *optimization,
                            const OptimizationResult *result, const size_t ties[], size_t first,
                            size_t end, size_t comparisons) {
    for (size_t i = first; i < end && i < first + TOLD_MOST; i++) {
        print_tie(stream, optimization, result, ties[i], comparisons);
    }
    print_more(stream, end - first, TOLD_MOST);
}

static void print_ties(FILE *stream, const Optimization *optimization,
                       const OptimizationResult *result) {
    size_t count, comparisons;
    char share[HUMAN_TEXT], indifference[HUMAN_TEXT];
    size_t *ties = optimization_ties(optimization, result, &count, &comparisons);
    const size_t equals = result->search.equals - 1, others = comparisons - equals;
    percent(optimization->confidence, share);
    percent(optimization->indifference, indifference);
    if (equals > 0) {
        fprintf(stream,
                "\nEqual to the winner: the %s is the same within %s (of equals, what is nearest "
                "the defaults wins):\n",
                optimization->cost.name, indifference);
        print_some_ties(stream, optimization, result, ties, 0, equals, comparisons);
    }
    if (count > equals) {
        fprintf(stream,
                "\nNot to be told from the winner: not shown to cost more by more than %s, with %s "
                "confidence in all of it:\n",
                indifference, share);
        print_some_ties(stream, optimization, result, ties, equals, count, comparisons);
    } else if (others > 0) {
        fprintf(stream,
                "\nThe winner is cheaper by more than %s than %s%zu other confirmed polic%s that "
                "meet%s the objectives likewise, with %s confidence in all of it.\n",
                indifference, others > 1 ? "each of the " : "the ", others,
                others > 1 ? "ies" : "y", others > 1 ? "" : "s", share);
    }
    free(ties);
}

static void print_twins(FILE *stream, const Optimization *optimization,
                        const OptimizationResult *result) {
    size_t count;
    size_t *twins = optimization_twins(optimization, result, &count);
    if (count > 0) {
        fprintf(stream, "\nThe very same figures as the winner's in every replication of the "
                        "search, so not confirmed:\n");
    }
    for (size_t i = 0; i < count && i < TOLD_MOST; i++) {
        fputs("    ", stream);
        print_cell(stream, optimization, twins[i]);
        fputs("\n", stream);
    }
    print_more(stream, count, TOLD_MOST);
    free(twins);
}

/* The front and the holdout ------------------------------------------------------------------ */

static void print_point(Line *line, const Optimization *optimization,
                        const SearchCandidate *candidate, bool chosen) {
    char text[HUMAN_ESTIMATE_TEXT];
    const Estimate cost = optimization_estimate(optimization, candidate->fresh, SEARCH_COST);
    const Estimate latency = optimization_estimate(optimization, candidate->fresh, SEARCH_LATENCY);
    char *options = optimization_cell_text(optimization, candidate->cell);
    put(line, chosen ? "*" : "", 2);
    put(line, estimate_text(&optimization->cost, cost, text), VALUE_WIDTH);
    put(line, estimate_text(&optimization->latency, latency, text), VALUE_WIDTH);
    put(line, verdict_texts[verdict_of(optimization, candidate->fresh)], VERDICT_WIDTH);
    put(line, options, 0);
    end_line(line);
    free(options);
}

static void print_front(FILE *stream, const Optimization *optimization,
                        const OptimizationResult *result) {
    size_t count;
    Line line = {.stream = stream};
    size_t *front = optimization_front(optimization, result, &count);
    fprintf(stream, "\nThe front of %s against %s%s:\n", optimization->cost.name,
            optimization->latency.name, result->verdict == SEARCH_BROKEN ? "" : " (*: the winner)");
    put(&line, "", 2);
    put(&line, optimization->cost.name, VALUE_WIDTH);
    put(&line, optimization->latency.name, VALUE_WIDTH);
    put(&line, "objectives", VERDICT_WIDTH);
    end_line(&line);
    for (size_t i = 0; i < count; i++) {
        print_point(&line, optimization, &result->search.candidates[front[i]],
                    front[i] == result->winner && result->verdict != SEARCH_BROKEN);
    }
    free(front);
}

static void print_holdout(FILE *stream, const Optimization *optimization,
                          const OptimizationResult *result, const char *holdout) {
    char count[HUMAN_TEXT];
    human_count(result->holdout_simulations, count);
    fprintf(stream, "\nOn ");
    text_print(stream, holdout);
    fprintf(stream, ", which the search has not seen (%s more simulations):\n\n", count);
    print_table(stream, optimization, (const double *const *)result->holdout,
                result->verdict == SEARCH_BROKEN ? nearest_titles : winner_titles);
}

void optimization_print(FILE *stream, const Optimization *optimization,
                        const OptimizationResult *result, const char *holdout) {
    char share[HUMAN_TEXT];
    const double *told[OPTIMIZATION_TOLD];
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        told[who] = optimization_fresh(result, who);
    }
    if (optimization->question) {
        text_print(stream, optimization->question);
        fprintf(stream, "\n\n");
    }
    print_simulations(stream, optimization, result);
    char start[SIM_TIME_TEXT];
    fprintf(stream, "Time 0 is %s.\n",
            sim_time_format_calendar(optimization->scenario->start_epoch_s, start));
    print_trace_note(stream, optimization->scenario);
    print_objective(stream, optimization);
    if (result->verdict == SEARCH_BROKEN) {
        print_failure(stream, optimization, result);
    } else {
        print_winner(stream, optimization, result);
    }
    print_table(stream, optimization, told,
                result->verdict == SEARCH_BROKEN ? nearest_titles : winner_titles);
    fprintf(stream, "  means over %zu fresh replications and their %s confidence intervals\n",
            optimization->confirmation, percent(optimization->confidence, share));
    if (result->verdict != SEARCH_BROKEN) {
        print_ties(stream, optimization, result);
        print_twins(stream, optimization, result);
    }
    print_front(stream, optimization, result);
    if (holdout) {
        print_holdout(stream, optimization, result, holdout);
    }
}
