// SPDX-License-Identifier: GPL-3.0-or-later
/* What a search came to: what there is to tell, then as files, as JSON, for people. */
#include "experiment/optimization.h"

#include "base/csv_writer.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "figures/human.h"
#include "scenario/firectl.h"
#include "stats/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A column of the evaluations: the cost, the latency and the metrics of the limits, each once. */
typedef struct ReportedFigure {
    const Metric *metric;
    size_t figure; /* of the search */
} ReportedFigure;

static const char *const optimization_told_names[] = {"winner", "runner_up", "base"};
static const char *const search_verdict_names[] = {"no", "on_average", "confirmed"};

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

static ReportedFigure *optimization_figures(const Optimization *optimization, size_t *count) {
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

static size_t *optimization_front(const Optimization *optimization,
                                  const OptimizationResult *result, size_t *count) {
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
            front[(*count)++] = search->confirmed[i];
            search_sort_last(front, *count, cost);
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

static size_t *optimization_ties(const Optimization *optimization, const OptimizationResult *result,
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

static size_t optimization_given_up(const Optimization *optimization,
                                    const OptimizationResult *result) {
    size_t count = 0;
    for (size_t i = 0; i < result->search.count; i++) {
        const size_t fresh = result->search.candidates[i].fresh_count;
        count += fresh > 0 && fresh < optimization->confirmation;
    }
    return count;
}

static size_t *optimization_twins(const Optimization *optimization,
                                  const OptimizationResult *result, size_t *count) {
    const Search *search = &result->search;
    const SearchProblem problem = optimization_problem(optimization);
    const SearchCandidate *winner = &search->candidates[result->winner];
    size_t *twins = memory_new(search->count, sizeof *twins);
    *count = 0;
    for (size_t i = 0; i < search->count && !search->all_confirmed; i++) {
        const SearchCandidate *candidate = &search->candidates[i];
        const size_t both = candidate->count < winner->count ? candidate->count : winner->count;
        if (i != result->winner && !candidate->fresh &&
            search_same(&problem, winner, candidate, both)) {
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

static char *optimization_firectl(const Optimization *optimization,
                                  const OptimizationResult *result) {
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

/* Files --------------------------------------------------------------------------------------- */

static void write_axis_names(const Optimization *optimization, CsvWriter *writer) {
    for (size_t i = 0; i < optimization->axes.count; i++) {
        csv_writer_text(writer, optimization->axes.items[i].name);
    }
}

/* The candidate's number and its values; the base has none. */
static void write_cell(const Optimization *optimization, size_t cell, CsvWriter *writer) {
    const size_t count = optimization->axes.count;
    const AxisValue **values = memory_new(count, sizeof *values);
    if (cell == SEARCH_BASE) {
        csv_writer_text(writer, "base");
    } else {
        csv_writer_count(writer, cell);
        axes_grid_cell(&optimization->axes, cell, values);
    }
    for (size_t i = 0; i < count; i++) {
        csv_writer_text(writer, values[i] ? values[i]->label : NULL);
    }
    free(values);
}

/* evaluations.csv ---------------------------------------------------------------------------- */

static bool write_evaluations(const Optimization *optimization, const OptimizationResult *result,
                              const OutputDirectory *directory, ErrorList *errors) {
    CsvWriter writer;
    size_t count;
    ReportedFigure *figures = optimization_figures(optimization, &count);
    bool written = output_directory_csv(directory, "evaluations.csv", &writer, errors);
    csv_writer_text(&writer, "stage");
    csv_writer_text(&writer, "candidate");
    write_axis_names(optimization, &writer);
    csv_writer_text(&writer, "replications");
    csv_writer_text(&writer, "feasible");
    for (size_t i = 0; i < count; i++) {
        csv_writer_text(&writer, figures[i].metric->name);
    }
    csv_writer_end_row(&writer);
    for (size_t i = 0; i < result->search.record_count; i++) {
        const SearchRecord *record = &result->search.records[i];
        csv_writer_text(&writer, search_stage_names[record->stage]);
        write_cell(optimization, record->cell, &writer);
        csv_writer_count(&writer, record->replications);
        csv_writer_text(&writer, record->within ? "true" : "false");
        for (size_t k = 0; k < count; k++) {
            csv_writer_number(&writer, record->means[figures[k].figure]);
        }
        csv_writer_end_row(&writer);
    }
    written = csv_writer_close(&writer, errors) && written;
    free(figures);
    return written;
}

/* front.csv ---------------------------------------------------------------------------------- */

static void write_estimate_names(const Metric *metric, CsvWriter *writer) {
    static const char *const ends[] = {"", "_low", "_high"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char *name = memory_format("%s%s", metric->name, ends[i]);
        csv_writer_text(writer, name);
        free(name);
    }
}

static void write_estimate(Estimate estimate, CsvWriter *writer) {
    csv_writer_number(writer, estimate.mean);
    csv_writer_number(writer, estimate.mean - estimate.half_width);
    csv_writer_number(writer, estimate.mean + estimate.half_width);
}

static bool write_front(const Optimization *optimization, const OptimizationResult *result,
                        const OutputDirectory *directory, ErrorList *errors) {
    CsvWriter writer;
    size_t count;
    size_t *front = optimization_front(optimization, result, &count);
    bool written = output_directory_csv(directory, "front.csv", &writer, errors);
    csv_writer_text(&writer, "candidate");
    write_axis_names(optimization, &writer);
    csv_writer_text(&writer, "replications");
    write_estimate_names(&optimization->cost, &writer);
    write_estimate_names(&optimization->latency, &writer);
    csv_writer_text(&writer, "chosen");
    csv_writer_end_row(&writer);
    for (size_t i = 0; i < count; i++) {
        const SearchCandidate *candidate = &result->search.candidates[front[i]];
        write_cell(optimization, candidate->cell, &writer);
        csv_writer_count(&writer, optimization->confirmation);
        write_estimate(optimization_estimate(optimization, candidate->fresh, SEARCH_COST), &writer);
        write_estimate(optimization_estimate(optimization, candidate->fresh, SEARCH_LATENCY),
                       &writer);
        const bool chosen = front[i] == result->winner && result->verdict != SEARCH_BROKEN;
        csv_writer_text(&writer, chosen ? "true" : "false");
        csv_writer_end_row(&writer);
    }
    written = csv_writer_close(&writer, errors) && written;
    free(front);
    return written;
}

bool optimization_write(const Optimization *optimization, const OptimizationResult *result,
                        const OutputDirectory *directory, ErrorList *errors) {
    bool written = write_evaluations(optimization, result, directory, errors);
    written = write_front(optimization, result, directory, errors) && written;
    char *command = optimization_firectl(optimization, result);
    if (command) {
        written =
            output_directory_write(directory, "winner.firectl.txt", command, errors) && written;
    }
    free(command);
    return written;
}

/* JSON ---------------------------------------------------------------------------------------- */

static cJSON *estimate_json(Estimate estimate) {
    cJSON *object = json_object();
    json_add(object, "mean", json_number(estimate.mean));
    json_add(object, "low", json_number(estimate.mean - estimate.half_width));
    json_add(object, "high", json_number(estimate.mean + estimate.half_width));
    return object;
}

static cJSON *options_json(const Optimization *optimization, size_t cell) {
    cJSON *object = json_object();
    const AxisValue **values = memory_new(optimization->axes.count, sizeof *values);
    axes_grid_cell(&optimization->axes, cell, values);
    for (size_t i = 0; i < optimization->axes.count; i++) {
        json_add(object, optimization->axes.items[i].name, json_text(values[i]->label));
    }
    free(values);
    return object;
}

/* cell: SEARCH_BASE has no options. */
static cJSON *policy_json(const Optimization *optimization, size_t cell, const double *figures) {
    cJSON *object = json_object();
    size_t count;
    if (cell != SEARCH_BASE) {
        json_add(object, "candidate", json_number((double)cell));
        json_add(object, "options", options_json(optimization, cell));
    }
    const SearchProblem problem = optimization_problem(optimization);
    const SearchVerdict verdict = search_verdict(&problem, figures, problem.confirmation);
    json_add(object, "objectives_met", json_text(search_verdict_names[verdict]));
    free((void *)problem.limits);
    cJSON *metrics = json_object();
    ReportedFigure *reported = optimization_figures(optimization, &count);
    for (size_t i = 0; i < count; i++) {
        const Estimate estimate = optimization_estimate(optimization, figures, reported[i].figure);
        cJSON *metric = estimate_json(estimate);
        json_add(metric, "never_share",
                 json_number((double)estimate.never / (double)estimate.count));
        json_add(metrics, reported[i].metric->name, metric);
    }
    free(reported);
    json_add(object, "metrics", metrics);
    return object;
}

static cJSON *candidate_json(const Optimization *optimization, const OptimizationResult *result,
                             size_t candidate) {
    const SearchCandidate *found = &result->search.candidates[candidate];
    return policy_json(optimization, found->cell, found->fresh);
}

static cJSON *limits_json(const Optimization *optimization) {
    cJSON *array = json_array();
    for (size_t i = 0; i < optimization->limit_count; i++) {
        json_append(array, json_text(optimization->limits[i].text));
    }
    return array;
}

static cJSON *ties_json(const Optimization *optimization, const OptimizationResult *result) {
    size_t count, comparisons;
    cJSON *array = json_array();
    size_t *ties = optimization_ties(optimization, result, &count, &comparisons);
    const double *winner = optimization_fresh(result, OPTIMIZATION_WINNER);
    for (size_t i = 0; i < count; i++) {
        cJSON *tie = candidate_json(optimization, result, ties[i]);
        const Estimate difference = optimization_difference(
            optimization, winner, result->search.candidates[ties[i]].fresh, comparisons);
        json_add(tie, "difference", estimate_json(difference));
        json_add(tie, "equal", json_boolean(i + 1 < result->search.equals));
        json_append(array, tie);
    }
    free(ties);
    return array;
}

static cJSON *twins_json(const Optimization *optimization, const OptimizationResult *result) {
    size_t count;
    cJSON *array = json_array();
    size_t *twins = optimization_twins(optimization, result, &count);
    for (size_t i = 0; i < count; i++) {
        cJSON *twin = json_object();
        json_add(twin, "candidate", json_number((double)twins[i]));
        json_add(twin, "options", options_json(optimization, twins[i]));
        json_append(array, twin);
    }
    free(twins);
    return array;
}

static cJSON *front_json(const Optimization *optimization, const OptimizationResult *result) {
    size_t count;
    cJSON *array = json_array();
    size_t *front = optimization_front(optimization, result, &count);
    for (size_t i = 0; i < count; i++) {
        json_append(array, candidate_json(optimization, result, front[i]));
    }
    free(front);
    return array;
}

static cJSON *holdout_json(const Optimization *optimization, const OptimizationResult *result,
                           const char *holdout) {
    cJSON *object = json_object();
    json_add(object, "file", json_text(holdout));
    json_add(object, "simulations", json_number((double)result->holdout_simulations));
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        if (result->holdout[who]) {
            json_add(object, optimization_told_names[who],
                     policy_json(optimization, optimization_told_cell(result, who),
                                 result->holdout[who]));
        }
    }
    return object;
}

char *optimization_json(const Optimization *optimization, const OptimizationResult *result,
                        const char *holdout) {
    const bool found = result->verdict != SEARCH_BROKEN;
    cJSON *root = json_object();
    json_add(root, "minimize", json_text(optimization->cost.name));
    json_add(root, "latency", json_text(optimization->latency.name));
    json_add(root, "slo", limits_json(optimization));
    json_add(root, "simulations", json_number((double)result->search.simulations));
    json_add(root, "budget", json_number((double)optimization->budget));
    json_add(root, "screened", json_number((double)result->search.screened));
    json_add(root, "whole_space", json_boolean(result->search.whole_grid));
    json_add(root, "confirmed", json_number((double)result->search.confirmed_count));
    json_add(root, "rivals_given_up",
             json_number((double)optimization_given_up(optimization, result)));
    json_add(root, "confirmation", json_number((double)optimization->confirmation));
    json_add(root, "confidence", json_number(optimization->confidence));
    json_add(root, "indifference", json_number(optimization->indifference));
    /* A winner meets the objectives; else who came nearest is told. */
    cJSON *winner = candidate_json(optimization, result, result->winner);
    char *command = optimization_firectl(optimization, result);
    if (command) {
        json_add(winner, "firectl", json_text(command));
    }
    free(command);
    json_add(root, "winner", found ? winner : json_null());
    if (!found) {
        json_add(root, "nearest", winner);
    }
    json_add(root, "runner_up",
             result->runner_up == SEARCH_NONE
                 ? json_null()
                 : candidate_json(optimization, result, result->runner_up));
    json_add(root, "base", policy_json(optimization, SEARCH_BASE, result->search.base));
    json_add(root, "indistinguishable", ties_json(optimization, result));
    json_add(root, "same_figures", twins_json(optimization, result));
    json_add(root, "front", front_json(optimization, result));
    if (holdout) {
        json_add(root, "holdout", holdout_json(optimization, result, holdout));
    }
    char *text = json_print(root);
    cJSON_Delete(root);
    return text;
}

/* For people ---------------------------------------------------------------------------------- */

enum { TOLD_MOST = 5 };
static const char *const winner_titles[] = {"winner", "runner-up", "as it stands"};
static const char *const nearest_titles[] = {"nearest", "next", "as it stands"};

/* Texts -------------------------------------------------------------------------------------- */

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

static const char *const verdict_texts[] = {"missed", "on average", "met"};

static void add_row(Table *table, const Optimization *optimization, const double *const figures[],
                    const ReportedFigure *row) {
    char text[HUMAN_ESTIMATE_TEXT];
    table_row(table, "  %s", row->metric->name);
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        if (figures[who]) {
            const Estimate estimate =
                optimization_estimate(optimization, figures[who], row->figure);
            table_cell(table, "%s", estimate_text(row->metric, estimate, text));
        }
    }
}

/* Under the first row: what it is more than the winner's. */
static void add_differences(Table *table, const Optimization *optimization,
                            const double *const figures[]) {
    char text[HUMAN_ESTIMATE_TEXT];
    table_row(table, "    more than the first\t");
    for (size_t who = OPTIMIZATION_RUNNER_UP; who < OPTIMIZATION_TOLD; who++) {
        if (figures[who]) {
            const Estimate difference = optimization_difference(
                optimization, figures[OPTIMIZATION_WINNER], figures[who], 1);
            table_cell(table, "%s", difference_text(&optimization->cost, difference, text));
        }
    }
}

/* figures: of each who is told of, or NULL. titles: likewise. */
static void print_table(FILE *stream, const Optimization *optimization,
                        const double *const figures[], const char *const titles[]) {
    size_t count;
    Table table = {0};
    ReportedFigure *rows = optimization_figures(optimization, &count);
    table_columns(&table, "%-25s");
    table_row(&table, "%s", "");
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        if (figures[who]) {
            table_columns(&table, " %-23s");
            table_cell(&table, "%s", titles[who]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        add_row(&table, optimization, figures, &rows[i]);
        if (rows[i].figure == SEARCH_COST) {
            add_differences(&table, optimization, figures);
        }
    }
    table_row(&table, "  objectives");
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        if (figures[who]) {
            table_cell(&table, "%s", verdict_texts[verdict_of(optimization, figures[who])]);
        }
    }
    table_print(&table, stream);
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

static void add_point(Table *table, const Optimization *optimization,
                      const SearchCandidate *candidate, bool chosen) {
    char usd[HUMAN_ESTIMATE_TEXT], time[HUMAN_ESTIMATE_TEXT];
    const Estimate cost = optimization_estimate(optimization, candidate->fresh, SEARCH_COST);
    const Estimate latency = optimization_estimate(optimization, candidate->fresh, SEARCH_LATENCY);
    char *options = optimization_cell_text(optimization, candidate->cell);
    table_row(table, "%s\t%s\t%s\t%s\t%s", chosen ? "*" : "",
              estimate_text(&optimization->cost, cost, usd),
              estimate_text(&optimization->latency, latency, time),
              verdict_texts[verdict_of(optimization, candidate->fresh)], options);
    free(options);
}

static void print_front(FILE *stream, const Optimization *optimization,
                        const OptimizationResult *result) {
    size_t count;
    Table table = {0};
    size_t *front = optimization_front(optimization, result, &count);
    fprintf(stream, "\nThe front of %s against %s%s:\n", optimization->cost.name,
            optimization->latency.name, result->verdict == SEARCH_BROKEN ? "" : " (*: the winner)");
    table_columns(&table, "%-1s %-23s %-23s %-11s %-s");
    table_row(&table, "\t%s\t%s\tobjectives", optimization->cost.name, optimization->latency.name);
    for (size_t i = 0; i < count; i++) {
        add_point(&table, optimization, &result->search.candidates[front[i]],
                  front[i] == result->winner && result->verdict != SEARCH_BROKEN);
    }
    table_print(&table, stream);
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
