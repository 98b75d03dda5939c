// SPDX-License-Identifier: GPL-3.0-or-later
/* What there is to tell of a search; see optimization_report.h. */
#include "experiment/optimization_report.h"

#include "base/memory.h"
#include "base/text.h"
#include "experiment/search_order.h"
#include "scenario/firectl.h"
#include "stats/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const optimization_told_names[] = {"winner", "runner_up", "base", NULL};
const char *const search_verdict_names[] = {"no", "on_average", "confirmed", NULL};

/* Figures ------------------------------------------------------------------------------------ */

static void add_figure(ReportedFigure figures[], size_t *count, const Metric *metric,
                       size_t figure) {
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(figures[i].metric->name, metric->name) == 0) {
            return;
        }
    }
    figures[(*count)++] = (ReportedFigure){.metric = metric, .figure = figure};
}

ReportedFigure *optimization_figures(const Optimization *optimization, size_t *count) {
    ReportedFigure *figures =
        memory_new(SEARCH_LIMITS + optimization->limit_count, sizeof *figures);
    *count = 0;
    add_figure(figures, count, &optimization->cost, SEARCH_COST);
    add_figure(figures, count, &optimization->latency, SEARCH_LATENCY);
    for (size_t i = 0; i < optimization->limit_count; i++) {
        add_figure(figures, count, &optimization->limits[i].metric, SEARCH_LIMITS + i);
    }
    return figures;
}

/* The front ---------------------------------------------------------------------------------- */

static void insert_by(const double key[], size_t items[], size_t *count, size_t item) {
    size_t at = (*count)++;
    for (; at > 0 && key[items[at - 1]] > key[item]; at--) {
        items[at] = items[at - 1];
    }
    items[at] = item;
}

/* Of points that are the same, the winner or what is nearest the defaults is shown. */
static bool has_better_twin(const SearchProblem *problem, const Search *search, const double x[],
                            const double y[], size_t i) {
    for (size_t k = 0; k < search->confirmed_count; k++) {
        if (k != i && x[k] == x[i] && y[k] == y[i]) {
            const double there =
                search_distance(problem, search->candidates[search->confirmed[k]].cell);
            const double here =
                search_distance(problem, search->candidates[search->confirmed[i]].cell);
            if (k == 0 || there < here || (there == here && k < i)) {
                return true;
            }
        }
    }
    return false;
}

size_t *optimization_front(const Optimization *optimization, const OptimizationResult *result,
                           size_t *count) {
    const Search *search = &result->search;
    const size_t confirmed = search->confirmed_count;
    double *cost = memory_new(search->count, sizeof *cost);
    double *x = memory_new(confirmed, sizeof *x), *y = memory_new(confirmed, sizeof *y);
    bool *on_front = memory_new(confirmed, sizeof *on_front);
    size_t *front = memory_new(confirmed, sizeof *front);
    for (size_t i = 0; i < confirmed; i++) {
        const double *fresh = search->candidates[search->confirmed[i]].fresh;
        const Estimate latency = optimization_estimate(optimization, fresh, SEARCH_LATENCY);
        x[i] = optimization_estimate(optimization, fresh, SEARCH_COST).mean;
        y[i] = latency.count == optimization->confirmation ? latency.mean : NAN;
        cost[search->confirmed[i]] = x[i];
    }
    pareto_front(x, y, confirmed, on_front);
    const SearchProblem problem = optimization_problem(optimization);
    *count = 0;
    for (size_t i = 0; i < confirmed; i++) {
        if (i == 0 || (on_front[i] && !has_better_twin(&problem, search, x, y, i))) {
            insert_by(cost, front, count, search->confirmed[i]);
        }
    }
    free((void *)problem.limits);
    free(cost);
    free(x);
    free(y);
    free(on_front);
    return front;
}

/* Ties --------------------------------------------------------------------------------------- */

static SearchVerdict verdict_of(const Optimization *optimization, const double *figures) {
    const SearchProblem problem = optimization_problem(optimization);
    const SearchVerdict verdict = search_verdict(&problem, figures, problem.confirmation);
    free((void *)problem.limits);
    return verdict;
}

size_t *optimization_ties(const Optimization *optimization, const OptimizationResult *result,
                          size_t *count, size_t *comparisons) {
    const Search *search = &result->search;
    const double *winner = search->candidates[result->winner].fresh;
    size_t *equals = memory_new(search->confirmed_count, sizeof *equals);
    *count = *comparisons = 0;
    for (size_t i = 1; i < search->confirmed_count; i++) {
        if (verdict_of(optimization, search->candidates[search->confirmed[i]].fresh) ==
            result->verdict) {
            equals[(*comparisons)++] = search->confirmed[i];
        }
    }
    const double cost = optimization_estimate(optimization, winner, SEARCH_COST).mean;
    const double indifferent = optimization->indifference * fabs(cost);
    for (size_t i = 0; i < *comparisons; i++) {
        const Estimate difference = optimization_difference(
            optimization, winner, search->candidates[equals[i]].fresh, *comparisons);
        if (i + 1 < search->equals || difference.mean - difference.half_width <= indifferent) {
            equals[(*count)++] = equals[i];
        }
    }
    return equals;
}

size_t optimization_given_up(const Optimization *optimization, const OptimizationResult *result) {
    size_t count = 0;
    for (size_t i = 0; i < result->search.count; i++) {
        const size_t fresh = result->search.candidates[i].fresh_count;
        count += fresh > 0 && fresh < optimization->confirmation;
    }
    return count;
}

size_t *optimization_twins(const Optimization *optimization, const OptimizationResult *result,
                           size_t *count) {
    const Search *search = &result->search;
    const SearchProblem problem = optimization_problem(optimization);
    const SearchCandidate *winner = &search->candidates[result->winner];
    size_t *twins = memory_new(search->count, sizeof *twins);
    *count = 0;
    for (size_t i = 0; i < search->count && !search->all_confirmed; i++) {
        const SearchCandidate *candidate = &search->candidates[i];
        SearchCandidate both = *winner;
        both.count = candidate->count < winner->count ? candidate->count : winner->count;
        SearchCandidate other = *candidate;
        other.count = both.count;
        if (i != result->winner && !candidate->fresh && order_same(&both, &other, &problem)) {
            twins[(*count)++] = candidate->cell;
        }
    }
    free((void *)problem.limits);
    return twins;
}

/* firectl ------------------------------------------------------------------------------------ */

static void append(char **text, char *more) {
    char *longer = memory_format("%s%s", *text, more);
    free(*text);
    free(more);
    *text = longer;
}

/* Texts of users may have lines of their own, which would be commands. */
static void append_comment(char **text, char *comment) {
    char *line = text_line(comment);
    append(text, memory_format("# %s\n", line));
    free(line);
    free(comment);
}

/* All changes of the cell, owned by the caller. */
static OverrideList changes_of(const Optimization *optimization, size_t cell) {
    OverrideList all = {0};
    const OverrideList **lists = memory_new(optimization->axes.count, sizeof *lists);
    optimization_changes(optimization, cell, lists);
    for (size_t i = 0; i < optimization->axes.count; i++) {
        overrides_add_all(&all, lists[i]);
    }
    free(lists);
    return all;
}

/* Options of the winner that no flag sets. */
static void append_unset(const OverrideList *changes, char **text) {
    for (size_t i = 0; i < changes->count; i++) {
        const ScenarioOverride *change = &changes->items[i];
        if (!firectl_can_set(change->path)) {
            append_comment(
                text, memory_format("no flag of firectl: %s = %s", change->path, change->value));
        }
    }
}

char *optimization_firectl(const Optimization *optimization, const OptimizationResult *result) {
    if (result->verdict == SEARCH_BROKEN) {
        return NULL;
    }
    ErrorList none = {0};
    const size_t cell = optimization_told_cell(result, OPTIMIZATION_WINNER);
    Scenario *scenario = optimization_scenario(optimization, &optimization->base, cell, -1, &none);
    OverrideList changes = changes_of(optimization, cell);
    char *text = memory_text("");
    for (size_t i = 0; scenario && i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        FirectlNotes notes = {0};
        if (scenario->deployment_count > 1) {
            append_comment(&text, memory_text(deployment->name));
        }
        char *command = firectl_command(deployment, &changes, &notes);
        append(&text, memory_format("%s\n", command));
        free(command);
        for (size_t k = 0; k < notes.count; k++) {
            append_comment(&text, memory_text(notes.items[k]));
        }
        firectl_notes_clear(&notes);
    }
    append_unset(&changes, &text);
    overrides_clear(&changes);
    scenario_destroy(scenario);
    error_list_clear(&none);
    return text;
}
