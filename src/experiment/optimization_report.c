// SPDX-License-Identifier: GPL-3.0-or-later
/* What a search came to: what there is to tell, then as files, as JSON, for people. */
#include "experiment/optimization.h"

#include "base/assertion.h"
#include "base/csv_writer.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/output_directory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "figures/human.h"
#include "scenario/deployment.h"
#include "scenario/firectl.h"
#include "scenario/scenario.h"
#include "stats/estimate.h"
#include "traffic/traffic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is told, whatever the form. Candidates are those of the search. */
typedef struct Report {
    const Optimization *optimization;
    const SearchProblem *problem; /* its */
    const OptimizationResult *result;
    const Search *search; /* its */
    const char *holdout;  /* its name; NULL: none */
    bool found;           /* a policy that keeps the limits */
    size_t *figures;      /* of the search, those whose names are told */
    size_t figure_count;
    size_t *front; /* confirmed, of cost against latency, and the winner; cheapest first */
    size_t front_count;
    /* Confirmed, keeping the limits as well as the winner does, and indistinguishable from it:
     * first its equals (search.equals, but for itself), then those of which it is not shown that
     * they cost more by more than the indifference. */
    size_t *ties;
    size_t tie_count;
    size_t comparisons; /* with how many the winner was compared */
    size_t *twins;      /* not confirmed, for the search gave the winner's very figures */
    size_t twin_count;
    size_t given_up; /* rivals, before all of their fresh replications */
} Report;

/* Figures ------------------------------------------------------------------------------------ */

/* Of one of the figures, over the replications of a confirmation. */
static Estimate estimate_of(const Report *report, const double *figures, size_t figure) {
    const size_t count = report->problem->confirmation;
    double *values = memory_new(count, sizeof *values);
    search_take(report->problem, figures, count, figure, values);
    const Estimate estimate = estimate_mean(values, count, report->problem->confidence);
    free(values);
    return estimate;
}

static void add_figures(Report *report, TextList *names, size_t first, size_t end) {
    for (size_t figure = first; figure < end; figure++) {
        const char *name = optimization_metric(report->optimization, figure)->name;
        if (text_list_place(names, name) == report->figure_count) {
            report->figures[report->figure_count++] = figure;
        }
    }
}

/* The cost, what is only told, the latency and the metrics of the limits: once each. */
static void find_figures(Report *report) {
    const size_t width = optimization_width(report->optimization);
    const size_t told = width - report->problem->told_count;
    TextList names = {0};
    report->figures = memory_new(width, sizeof *report->figures);
    add_figures(report, &names, SEARCH_COST, SEARCH_LATENCY);
    for (size_t figure = told; figure < width; figure++) {
        const Estimate base = estimate_of(report, report->search->base, figure);
        add_figures(report, &names, figure, figure + (base.count > 0));
    }
    add_figures(report, &names, SEARCH_LATENCY, told);
    asim_assert(report->figure_count == names.count);
    text_list_clear(&names);
}

/* What the other costs more than the first; intervals of so many comparisons hold together
 * (Bonferroni; Law, 10.3). */
static Estimate difference_of(const Report *report, const double *first, const double *other,
                              size_t comparisons) {
    const size_t count = report->problem->confirmation;
    const double doubt = 1 - report->problem->confidence;
    double *values = memory_new(2 * count, sizeof *values);
    search_take(report->problem, first, count, SEARCH_COST, values);
    search_take(report->problem, other, count, SEARCH_COST, values + count);
    const Estimate difference = estimate_difference(
        values, values + count, count, 1 - doubt / (double)(comparisons ? comparisons : 1), NULL);
    free(values);
    return difference;
}

static SearchVerdict verdict_of(const Report *report, const double *figures) {
    return search_verdict(report->problem, figures, report->problem->confirmation);
}

static const double *fresh_of(const Report *report, size_t candidate) {
    return report->search->candidates[candidate].fresh;
}

static bool is_chosen(const Report *report, size_t candidate) {
    return report->found && candidate == report->result->winner;
}

/* What the candidate costs more than the winner, among so many comparisons. */
static Estimate more_than_winner(const Report *report, size_t candidate) {
    return difference_of(report, fresh_of(report, report->result->winner),
                         fresh_of(report, candidate), report->comparisons);
}

/* What there is to tell ---------------------------------------------------------------------- */

/* Of points that are the same, the winner or what is nearest the defaults is shown. */
static bool has_better_twin(const Report *report, const double x[], const double y[], size_t i) {
    const Search *search = report->search;
    const double here =
        search_distance(report->problem, search->candidates[search->confirmed[i]].cell);
    for (size_t k = 0; k < search->confirmed_count; k++) {
        if (k != i && x[k] == x[i] && y[k] == y[i]) {
            const double there =
                search_distance(report->problem, search->candidates[search->confirmed[k]].cell);
            if (k == 0 || there < here || (there == here && k < i)) {
                return true;
            }
        }
    }
    return false;
}

static void find_front(Report *report) {
    const Search *search = report->search;
    const size_t confirmed = search->confirmed_count;
    double *cost = memory_new(search->count, sizeof *cost);
    double *x = memory_new(confirmed, sizeof *x), *y = memory_new(confirmed, sizeof *y);
    bool *on_front = memory_new(confirmed, sizeof *on_front);
    report->front = memory_new(confirmed, sizeof *report->front);
    for (size_t i = 0; i < confirmed; i++) {
        const double *fresh = fresh_of(report, search->confirmed[i]);
        const Estimate latency = estimate_of(report, fresh, SEARCH_LATENCY);
        x[i] = estimate_of(report, fresh, SEARCH_COST).mean;
        y[i] = latency.count == report->problem->confirmation ? latency.mean : NAN;
        cost[search->confirmed[i]] = x[i];
    }
    pareto_front(x, y, confirmed, on_front);
    for (size_t i = 0; i < confirmed; i++) {
        if (i == 0 || (on_front[i] && !has_better_twin(report, x, y, i))) {
            report->front[report->front_count++] = search->confirmed[i];
            search_sort_last(report->front, report->front_count, cost);
        }
    }
    for (size_t i = 1; i < report->front_count; i++) {
        asim_assert(!(cost[report->front[i - 1]] > cost[report->front[i]]));
    }
    asim_assert(report->front_count > 0 && report->front_count <= confirmed);
    free(cost);
    free(x);
    free(y);
    free(on_front);
}

static void find_ties(Report *report) {
    const Search *search = report->search;
    report->ties = memory_new(search->confirmed_count, sizeof *report->ties);
    for (size_t i = 1; i < search->confirmed_count; i++) {
        if (verdict_of(report, fresh_of(report, search->confirmed[i])) == report->result->verdict) {
            report->ties[report->comparisons++] = search->confirmed[i];
        }
    }
    const double cost =
        estimate_of(report, fresh_of(report, report->result->winner), SEARCH_COST).mean;
    const double indifferent = report->problem->indifference * fabs(cost);
    for (size_t i = 0; i < report->comparisons; i++) {
        const Estimate more = more_than_winner(report, report->ties[i]);
        if (i + 1 < search->equals || more.mean - more.half_width <= indifferent) {
            report->ties[report->tie_count++] = report->ties[i];
        }
    }
    asim_assert(report->tie_count <= report->comparisons &&
                search->equals <= report->tie_count + 1);
}

static void find_twins(Report *report) {
    const Search *search = report->search;
    const SearchCandidate *winner = &search->candidates[report->result->winner];
    asim_assert(winner->fresh_count == report->problem->confirmation);
    report->twins = memory_new(search->count, sizeof *report->twins);
    for (size_t i = 0; i < search->count && !search->all_confirmed; i++) {
        const SearchCandidate *other = &search->candidates[i];
        const size_t both = other->count < winner->count ? other->count : winner->count;
        if (i != report->result->winner && !other->fresh &&
            search_same(report->problem, winner, other, both)) {
            report->twins[report->twin_count++] = i;
        }
    }
}

static Report report_of(const Optimization *optimization, const OptimizationResult *result,
                        const char *holdout) {
    Report report = {.optimization = optimization,
                     .problem = &optimization->problem,
                     .result = result,
                     .search = &result->search,
                     .holdout = holdout,
                     .found = result->verdict != SEARCH_BROKEN};
    asim_assert(report.search->simulations <= report.problem->budget);
    asim_assert(result->winner == report.search->confirmed[0]);
    for (size_t i = 0; i < report.search->count; i++) {
        const size_t fresh = report.search->candidates[i].fresh_count;
        report.given_up += fresh > 0 && fresh < report.problem->confirmation;
    }
    find_figures(&report);
    find_front(&report);
    find_ties(&report);
    find_twins(&report);
    return report;
}

static void report_clear(Report *report) {
    free(report->figures);
    free(report->front);
    free(report->ties);
    free(report->twins);
}

/* firectl ------------------------------------------------------------------------------------ */

/* Texts of users may have lines of their own, which would be commands. */
static void add_comment(Text *text, const char *comment) {
    char *line = text_line(comment);
    text_addf(text, "# %s\n", line);
    free(line);
}

static void add_command(Text *text, const DeploymentConfig *deployment,
                        const OverrideList *changes) {
    TextList notes = {0};
    char *command = firectl_command(deployment, changes, &notes);
    text_addf(text, "%s\n", command);
    free(command);
    for (size_t i = 0; i < notes.count; i++) {
        add_comment(text, notes.items[i]);
    }
    text_list_clear(&notes);
}

/* Of the winner, by the one of METRIC_SEARCHES. */
static Estimate told_of_winner(const Report *report, MetricId id) {
    size_t figure = optimization_width(report->optimization) - report->problem->told_count;
    while (optimization_metric(report->optimization, figure)->row != &metric_rows[id]) {
        figure++;
    }
    return estimate_of(report, fresh_of(report, report->result->winner), figure);
}

/* "# $1,234.50 ± 12.00 per 30 days, projected from 7d00h" */
static void add_projected_cost(const Report *report, Text *text) {
    const Estimate cost = told_of_winner(report, METRIC_usd_per_30_days);
    char amount[HUMAN_ESTIMATE_TEXT], span[HUMAN_TEXT];
    human_estimate(METRIC_UNIT_USD, HUMAN_ESTIMATE_VALUE, cost.mean, cost.half_width, amount);
    human_seconds(told_of_winner(report, METRIC_span_s).mean, span);
    text_addf(text, "# %s per 30 days, projected from %s\n", amount, span);
}

/* The firectl command of each deployment, its cost, with a line "# ..." for each option of the
 * winner that no flag sets. NULL: nothing meets the limits. Owned by the caller. */
static char *firectl_text(const Report *report) {
    if (!report->found) {
        return NULL;
    }
    ErrorList none = {0};
    const Optimization *optimization = report->optimization;
    const size_t cell = report->search->candidates[report->result->winner].cell;
    Scenario *scenario = optimization_scenario(optimization, &optimization->base, cell, &none);
    OverrideList changes = optimization_changes(optimization, cell);
    Text text = {0};
    for (size_t i = 0; scenario && i < scenario->deployment_count; i++) {
        if (scenario->deployment_count > 1) {
            add_comment(&text, scenario->deployments[i].name);
        }
        add_command(&text, &scenario->deployments[i], &changes);
    }
    for (size_t i = 0; i < changes.count; i++) {
        const ScenarioOverride *change = &changes.items[i];
        if (!firectl_can_set(change->path)) {
            char *unset = memory_format("no flag of firectl: %s = %s", change->path, change->value);
            add_comment(&text, unset);
            free(unset);
        }
    }
    add_projected_cost(report, &text);
    overrides_clear(&changes);
    scenario_destroy(scenario);
    error_list_clear(&none);
    return text_take(&text);
}

/* Files -------------------------------------------------------------------------------------- */

static void write_axis_names(const Report *report, CsvWriter *writer) {
    for (size_t i = 0; i < report->optimization->axes.count; i++) {
        csv_writer_text(writer, report->optimization->axes.items[i].name);
    }
}

/* The candidate's number and its values; the base has none. */
static void write_cell(const Report *report, size_t cell, CsvWriter *writer) {
    const Axes *axes = &report->optimization->axes;
    const bool is_base = cell == SEARCH_BASE;
    if (is_base) {
        csv_writer_text(writer, "base");
    } else {
        csv_writer_count(writer, cell);
    }
    for (size_t i = 0; i < axes->count; i++) {
        csv_writer_text(writer, is_base ? NULL : axes_grid_value(axes, cell, i)->label);
    }
}

static bool write_evaluations(const Report *report, const OutputDirectory *directory,
                              ErrorList *errors) {
    const Optimization *optimization = report->optimization;
    CsvWriter writer;
    bool written = output_directory_csv(directory, "evaluations.csv", &writer, errors);
    csv_writer_text(&writer, "stage");
    csv_writer_text(&writer, "candidate");
    write_axis_names(report, &writer);
    csv_writer_text(&writer, "replications");
    csv_writer_text(&writer, "feasible");
    for (size_t f = 0; f < report->figure_count; f++) {
        csv_writer_text(&writer, optimization_metric(optimization, report->figures[f])->name);
    }
    csv_writer_end_row(&writer);
    for (size_t i = 0; i < report->search->record_count; i++) {
        const SearchRecord *record = &report->search->records[i];
        csv_writer_text(&writer, search_stage_names[record->stage]);
        write_cell(report, record->cell, &writer);
        csv_writer_count(&writer, record->replications);
        csv_writer_text(&writer, record->within ? "true" : "false");
        for (size_t f = 0; f < report->figure_count; f++) {
            csv_writer_number(&writer, record->means[report->figures[f]]);
        }
        csv_writer_end_row(&writer);
    }
    return csv_writer_close(&writer, errors) && written;
}

static void write_estimate(Estimate estimate, CsvWriter *writer) {
    csv_writer_number(writer, estimate.mean);
    csv_writer_number(writer, estimate.low);
    csv_writer_number(writer, estimate.high);
}

static void write_estimate_names(const Metric *metric, CsvWriter *writer) {
    static const char *const ends[] = {"", "_low", "_high"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char *name = memory_format("%s%s", metric->name, ends[i]);
        csv_writer_text(writer, name);
        free(name);
    }
}

static bool write_front(const Report *report, const OutputDirectory *directory, ErrorList *errors) {
    CsvWriter writer;
    bool written = output_directory_csv(directory, "front.csv", &writer, errors);
    csv_writer_text(&writer, "candidate");
    write_axis_names(report, &writer);
    csv_writer_text(&writer, "replications");
    for (size_t f = SEARCH_COST; f <= SEARCH_LATENCY; f++) {
        write_estimate_names(optimization_metric(report->optimization, f), &writer);
    }
    csv_writer_text(&writer, "chosen");
    csv_writer_end_row(&writer);
    for (size_t i = 0; i < report->front_count; i++) {
        write_cell(report, report->search->candidates[report->front[i]].cell, &writer);
        csv_writer_count(&writer, report->problem->confirmation);
        for (size_t f = SEARCH_COST; f <= SEARCH_LATENCY; f++) {
            write_estimate(estimate_of(report, fresh_of(report, report->front[i]), f), &writer);
        }
        csv_writer_text(&writer, is_chosen(report, report->front[i]) ? "true" : "false");
        csv_writer_end_row(&writer);
    }
    return csv_writer_close(&writer, errors) && written;
}

/* JSON --------------------------------------------------------------------------------------- */

static void add_count(cJSON *object, const char *key, size_t count) {
    json_add(object, key, json_number((double)count));
}

static cJSON *estimate_json(Estimate estimate) {
    cJSON *object = json_object();
    json_add(object, "mean", json_number(estimate.mean));
    json_add(object, "low", json_number(estimate.low));
    json_add(object, "high", json_number(estimate.high));
    return object;
}

/* The base has no options. */
static cJSON *cell_json(const Report *report, size_t cell) {
    const Axes *axes = &report->optimization->axes;
    cJSON *object = json_object();
    if (cell == SEARCH_BASE) {
        return object;
    }
    cJSON *options = json_object();
    for (size_t i = 0; i < axes->count; i++) {
        json_add(options, axes->items[i].name, json_text(axes_grid_value(axes, cell, i)->label));
    }
    add_count(object, "candidate", cell);
    json_add(object, "options", options);
    return object;
}

static const char *const met[] = {"no", "on_average", "confirmed"}; /* by verdict */

static cJSON *objectives_json(const Report *report, const double *figures) {
    cJSON *objectives = json_array();
    for (size_t i = 0; i < report->problem->limit_count; i++) {
        const SloLimit *limit = &report->optimization->limits[i];
        cJSON *objective = json_object();
        json_add(objective, "slo", json_text(limit->text));
        json_add(objective, "met",
                 json_text(met[search_limit_verdict(&limit->bound,
                                                    estimate_of(report, figures, SEARCH_LIMITS + i),
                                                    report->problem->confirmation)]));
        json_append(objectives, objective);
    }
    return objectives;
}

/* first: the winner's figures, whose cost is told of the others; NULL: they are its. */
static cJSON *policy_json(const Report *report, size_t cell, const double *figures,
                          const double *first) {
    const Optimization *optimization = report->optimization;
    cJSON *object = cell_json(report, cell), *metrics = json_object();
    json_add(object, "objectives_met", json_text(met[verdict_of(report, figures)]));
    json_add(object, "objectives", objectives_json(report, figures));
    if (first) {
        json_add(object, "difference", estimate_json(difference_of(report, first, figures, 1)));
    }
    for (size_t f = 0; f < report->figure_count; f++) {
        const Estimate estimate = estimate_of(report, figures, report->figures[f]);
        cJSON *metric = estimate_json(estimate);
        json_add(metric, "never_share",
                 json_number((double)estimate.never / (double)estimate.count));
        json_add(metrics, optimization_metric(optimization, report->figures[f])->name, metric);
    }
    json_add(object, "metrics", metrics);
    return object;
}

static cJSON *candidate_json(const Report *report, size_t candidate, const double *first) {
    return policy_json(report, report->search->candidates[candidate].cell,
                       fresh_of(report, candidate), first);
}

/* A winner meets the objectives; else who came nearest is told. */
static void add_winner(const Report *report, cJSON *root) {
    const double *first = fresh_of(report, report->result->winner);
    cJSON *winner = candidate_json(report, report->result->winner, NULL);
    char *command = firectl_text(report);
    if (command) {
        json_add(winner, "firectl", json_text(command));
        json_add(root, "winner", winner);
    } else {
        json_add(root, "winner", json_null());
        json_add(root, "nearest", winner);
    }
    free(command);
    json_add(root, "runner_up",
             report->result->runner_up == SEARCH_NONE
                 ? json_null()
                 : candidate_json(report, report->result->runner_up, first));
    json_add(root, "base", policy_json(report, SEARCH_BASE, report->search->base, first));
}

static void add_lists(const Report *report, cJSON *root) {
    cJSON *ties = json_array(), *twins = json_array(), *front = json_array();
    for (size_t i = 0; i < report->tie_count; i++) {
        cJSON *tie = candidate_json(report, report->ties[i], NULL);
        json_add(tie, "difference", estimate_json(more_than_winner(report, report->ties[i])));
        json_add(tie, "equal", json_boolean(i + 1 < report->search->equals));
        json_append(ties, tie);
    }
    for (size_t i = 0; i < report->twin_count; i++) {
        json_append(twins, cell_json(report, report->search->candidates[report->twins[i]].cell));
    }
    for (size_t i = 0; i < report->front_count; i++) {
        json_append(front, candidate_json(report, report->front[i], NULL));
    }
    json_add(root, "indistinguishable", ties);
    json_add(root, "same_figures", twins);
    json_add(root, "front", front);
}

static cJSON *holdout_json(const Report *report) {
    static const char *const names[] = {"winner", "runner_up", "base"}; /* of who is told of */
    cJSON *object = json_object();
    json_add(object, "file", json_text(report->holdout));
    add_count(object, "simulations", report->result->holdout_simulations);
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        const double *figures = report->result->holdout[who];
        if (figures) {
            json_add(object, names[who],
                     policy_json(report, optimization_told(report->result, who).cell, figures,
                                 who == OPTIMIZATION_WINNER ? NULL : report->result->holdout[0]));
        }
    }
    return object;
}

/* Owned by the caller. */
static char *json_of(const Report *report) {
    const Optimization *optimization = report->optimization;
    const SearchProblem *problem = report->problem;
    cJSON *root = json_object(), *limits = json_array();
    for (size_t i = 0; i < problem->limit_count; i++) {
        json_append(limits, json_text(optimization->limits[i].text));
    }
    json_add(root, "question", json_text(optimization->question));
    json_add(root, "minimize", json_text(optimization->cost.name));
    json_add(root, "latency", json_text(optimization->latency.name));
    json_add(root, "slo", limits);
    add_count(root, "simulations", report->search->simulations);
    add_count(root, "budget", problem->budget);
    add_count(root, "screened", report->search->screened);
    json_add(root, "whole_space", json_boolean(report->search->whole_grid));
    add_count(root, "confirmed", report->search->confirmed_count);
    add_count(root, "compared", report->comparisons);
    add_count(root, "rivals_given_up", report->given_up);
    add_count(root, "confirmation", problem->confirmation);
    json_add(root, "confidence", json_number(problem->confidence));
    json_add(root, "indifference", json_number(problem->indifference));
    add_winner(report, root);
    add_lists(report, root);
    if (report->holdout) {
        json_add(root, "holdout", holdout_json(report));
    }
    char *text = json_print(root);
    cJSON_Delete(root);
    return text;
}

char *optimization_json(const Optimization *optimization, const OptimizationResult *result,
                        const char *holdout) {
    Report report = report_of(optimization, result, holdout);
    char *text = json_of(&report);
    report_clear(&report);
    return text;
}

bool optimization_write(const Optimization *optimization, const OptimizationResult *result,
                        const char *holdout, const OutputDirectory *directory, ErrorList *errors) {
    Report report = report_of(optimization, result, holdout);
    bool written = write_evaluations(&report, directory, errors);
    written = write_front(&report, directory, errors) && written;
    char *command = firectl_text(&report);
    if (command) {
        written =
            output_directory_write(directory, "winner.firectl.txt", command, errors) && written;
    }
    free(command);
    char *json = json_of(&report);
    written = output_directory_write(directory, "optimization.json", json, errors) && written;
    free(json);
    report_clear(&report);
    return written;
}

/* For people --------------------------------------------------------------------------------- */

enum { TOLD_MOST = 5 };

static const char *const verdict_texts[] = {"missed", "on average", "met"};

/* "$432.10 ± 8.10", or the mean alone where there is no interval. */
static const char *estimate_text(const Metric *metric, Estimate estimate,
                                 char text[HUMAN_ESTIMATE_TEXT]) {
    return human_estimate(metric->row->unit, HUMAN_ESTIMATE_VALUE, estimate.mean,
                          estimate.half_width, text);
}

/* "+$1.20 ± 0.30", of the cost. */
static const char *difference_text(const Report *report, Estimate difference,
                                   char text[HUMAN_ESTIMATE_TEXT]) {
    if (difference.mean == 0 && difference.half_width == 0) {
        return strcpy(text, "the same in every run");
    }
    return human_estimate(report->optimization->cost.row->unit, HUMAN_ESTIMATE_DIFFERENCE,
                          difference.mean, difference.half_width, text);
}

static const char *percent(double share, char text[HUMAN_TEXT]) {
    snprintf(text, HUMAN_TEXT, "%.4g %%", 100 * share);
    return text;
}

static void print_cell(FILE *stream, const char *before, const Report *report, size_t candidate) {
    const size_t cell = report->search->candidates[candidate].cell;
    char *text = optimization_cell_text(report->optimization, cell);
    terminal_say(stream, "%s%s\n", before, text);
    free(text);
}

static void add_simulations(FILE *stream, const Report *report) {
    const Search *search = report->search;
    const SearchProblem *problem = report->problem;
    const size_t cells = search_cells(problem->axes, problem->axis_count);
    char text[HUMAN_TEXT];
    text_print(stream, report->optimization->file);
    fprintf(stream, ": %zu options, %s combinations", problem->axis_count,
            human_count(cells, text));
    if (search->whole_grid && report->result->not_allowed > 0) {
        fprintf(stream, ", of which %zu are no scenario", report->result->not_allowed);
    }
    fprintf(stream, "\n%s simulations", human_count(search->simulations, text));
    if (search->all_confirmed) {
        fprintf(stream, ": every combination, %zu replications each\n", problem->confirmation);
        return;
    }
    /* Of what looking at every combination as closely as at the finalists would have taken. */
    const double exhaustive =
        (double)(search->whole_grid ? search->screened : cells) * (double)problem->confirmation;
    fprintf(stream,
            " (%s of an exhaustive search's): %zu candidates screened%s, the best seen %zu "
            "times,\n"
            "%zu confirmed on %zu fresh replications",
            percent((double)search->simulations / exhaustive, text), search->screened,
            search->whole_grid ? "" : " (a sample)", search->replications, search->confirmed_count,
            problem->confirmation);
    if (report->given_up > 0) {
        fprintf(stream, ", %zu rival%s given up on the way", report->given_up,
                report->given_up > 1 ? "s" : "");
    }
    fprintf(stream, "%s\n", search->budget_ended ? "; the budget ended the refinement early" : "");
}

static void print_simulations(FILE *to, const Report *report) {
    TerminalLines lines;
    add_simulations(terminal_lines_begin(&lines, to), report);
    terminal_lines_end(&lines);
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
    terminal_say(stream,
                 "The traffic is recorded: replications differ in cold starts, capacity and "
                 "jitter only, and intervals say nothing of other days (--holdout does).\n");
}

static void print_objective(FILE *stream, const Optimization *optimization) {
    Text limits = {0};
    for (size_t i = 0; i < optimization->problem.limit_count; i++) {
        text_add_listed(&limits, optimization->limits[i].text, i, optimization->problem.limit_count,
                        " and ");
    }
    terminal_say(stream, "\nThe lowest %s with %s:\n", optimization->cost.name, limits.text);
    text_clear(&limits);
}

/* The table ---------------------------------------------------------------------------------- */

/* One cell for each whose figures are shown. Under the cost: what it is more than the winner's,
 * who is the first. */
static void add_rows(Table *table, const Report *report, const double *const shown[], size_t count,
                     size_t figure) {
    const Metric *metric = optimization_metric(report->optimization, figure);
    char text[HUMAN_ESTIMATE_TEXT];
    table_row(table, "  %s", metric->name);
    for (size_t i = 0; i < count; i++) {
        table_cell(table, "%s", estimate_text(metric, estimate_of(report, shown[i], figure), text));
    }
    if (figure == SEARCH_COST) {
        table_row(table, "    more than the first\t");
    }
    for (size_t i = 1; figure == SEARCH_COST && i < count; i++) {
        const Estimate more = difference_of(report, shown[0], shown[i], 1);
        table_cell(table, "%s", difference_text(report, more, text));
    }
}

/* figures: of each who is told of, or NULL. */
static void print_table(FILE *stream, const Report *report, const double *const figures[]) {
    const char *const titles[] = {report->found ? "winner" : "nearest",
                                  report->found ? "runner-up" : "next", "as it stands"};
    const double *shown[OPTIMIZATION_TOLD] = {NULL};
    size_t count = 0;
    Table table = {0};
    table_columns(&table, "%-25*s");
    table_row(&table, "%s", "");
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        if (figures[who]) {
            table_columns(&table, " %-23s");
            table_cell(&table, "%s", titles[who]);
            shown[count++] = figures[who];
        }
    }
    asim_assert(count > 0);
    for (size_t f = 0; f < report->figure_count; f++) {
        add_rows(&table, report, shown, count, report->figures[f]);
    }
    table_row(&table, "  objectives");
    for (size_t i = 0; i < count; i++) {
        table_cell(&table, "%s", verdict_texts[verdict_of(report, shown[i])]);
    }
    table_print(&table, stream);
}

/* The winner --------------------------------------------------------------------------------- */

/* Which limits are not kept, or not for certain. */
static void print_doubts(FILE *stream, const Report *report, size_t candidate) {
    for (size_t i = 0; i < report->problem->limit_count; i++) {
        const SloLimit *limit = &report->optimization->limits[i];
        const Estimate estimate =
            estimate_of(report, fresh_of(report, candidate), SEARCH_LIMITS + i);
        const double worst =
            estimate.mean + (limit->bound.at_least ? -estimate.half_width : estimate.half_width);
        const size_t all = report->problem->confirmation;
        char text[HUMAN_ESTIMATE_TEXT];
        if (estimate.count < all) {
            terminal_say(stream, "    %s: does not apply in %zu of %zu replications\n", limit->text,
                         all - estimate.count, all);
        } else if (limit->bound.at_least ? worst < limit->bound.limit
                                         : worst > limit->bound.limit) {
            terminal_say(stream, "    %s: %s\n", limit->text,
                         estimate_text(&limit->metric, estimate, text));
        }
    }
}

/* What a search found; or the three that come nearest, and what they miss. */
static void print_winner(FILE *stream, const Report *report) {
    const Search *search = report->search;
    char share[HUMAN_TEXT];
    if (!report->found) {
        fputs("\n  No policy within these bounds was found to meet the objectives. The nearest:\n",
              stream);
    }
    for (size_t i = 0; i < (report->found ? 1 : 3) && i < search->confirmed_count; i++) {
        print_cell(stream, "\n  ", report, search->confirmed[i]);
        if (!report->found) {
            print_doubts(stream, report, search->confirmed[i]);
        }
    }
    char *command = firectl_text(report);
    fputc('\n', stream);
    if (command) {
        terminal_script(stream, command, terminal_width(stream), 0);
        fputc('\n', stream);
    }
    free(command);
    if (report->result->verdict == SEARCH_LIKELY) {
        terminal_say(stream, "Its objectives are met on average, but not with %s confidence:\n",
                     percent(report->problem->confidence, share));
        print_doubts(stream, report, report->result->winner);
        fputs("\n", stream);
    }
}

static void print_more(FILE *stream, size_t count) {
    if (count > TOLD_MOST) {
        terminal_say(stream, "    and %zu more\n", count - TOLD_MOST);
    }
}

static void print_some_ties(FILE *stream, const Report *report, size_t first, size_t end) {
    for (size_t i = first; i < end && i < first + TOLD_MOST; i++) {
        char text[HUMAN_ESTIMATE_TEXT];
        terminal_say(stream, "    %s: ",
                     difference_text(report, more_than_winner(report, report->ties[i]), text));
        print_cell(stream, "", report, report->ties[i]);
    }
    print_more(stream, end - first);
}

static void print_ties(FILE *stream, const Report *report) {
    const size_t equals = report->search->equals - 1, others = report->comparisons - equals;
    char share[HUMAN_TEXT], indifference[HUMAN_TEXT];
    percent(report->problem->confidence, share);
    percent(report->problem->indifference, indifference);
    if (equals > 0) {
        terminal_say(
            stream,
            "\nEqual to the winner: the %s is the same within %s (of equals, what is nearest "
            "the defaults wins):\n",
            report->optimization->cost.name, indifference);
        print_some_ties(stream, report, 0, equals);
    }
    if (report->tie_count > equals) {
        terminal_say(
            stream,
            "\nNot to be told from the winner: not shown to cost more by more than %s, with %s "
            "confidence in all of it:\n",
            indifference, share);
        print_some_ties(stream, report, equals, report->tie_count);
    } else if (others > 0) {
        terminal_say(
            stream,
            "\nThe winner is cheaper by more than %s than %s%zu other confirmed polic%s that "
            "meet%s the objectives likewise, with %s confidence in all of it.\n",
            indifference, others > 1 ? "each of the " : "the ", others, others > 1 ? "ies" : "y",
            others > 1 ? "" : "s", share);
    }
    if (report->twin_count > 0) {
        terminal_say(stream, "\nThe very same figures as the winner's in every replication of the "
                             "search, so not confirmed:\n");
    }
    for (size_t i = 0; i < report->twin_count && i < TOLD_MOST; i++) {
        print_cell(stream, "    ", report, report->twins[i]);
    }
    print_more(stream, report->twin_count);
}

/* The front and the whole -------------------------------------------------------------------- */

static void print_front(FILE *stream, const Report *report) {
    const Metric *cost = &report->optimization->cost, *latency = &report->optimization->latency;
    char cost_text[HUMAN_ESTIMATE_TEXT], latency_text[HUMAN_ESTIMATE_TEXT];
    Table table = {0};
    terminal_say(stream, "\nThe front of %s against %s%s:\n", cost->name, latency->name,
                 report->found ? " (*: the winner)" : "");
    table_columns(&table, "%-1s %-23s %-23s %-11s %-s");
    table_row(&table, "\t%s\t%s\tobjectives", cost->name, latency->name);
    for (size_t i = 0; i < report->front_count; i++) {
        const size_t candidate = report->front[i];
        const double *fresh = fresh_of(report, candidate);
        char *options = optimization_cell_text(report->optimization,
                                               report->search->candidates[candidate].cell);
        table_row(&table, "%s\t%s\t%s\t%s\t%s", is_chosen(report, candidate) ? "*" : "",
                  estimate_text(cost, estimate_of(report, fresh, SEARCH_COST), cost_text),
                  estimate_text(latency, estimate_of(report, fresh, SEARCH_LATENCY), latency_text),
                  verdict_texts[verdict_of(report, fresh)], options);
        free(options);
    }
    table_print(&table, stream);
}

static void print_head(FILE *stream, const Report *report) {
    const Optimization *optimization = report->optimization;
    char start[SIM_TIME_TEXT];
    if (optimization->question) {
        text_print(stream, optimization->question);
        terminal_say(stream, "\n\n");
    }
    if (optimization->default_space) {
        fprintf(
            stream, "%s was searched over the usual options%s.\n\n", "The scenario",
            optimization->default_slo
                ? "; NO OBJECTIVE WAS GIVEN, so it is to keep those below (--slo 'METRIC <= LIMIT' "
                  "for others)"
                : "");
    }
    print_simulations(stream, report);
    terminal_say(stream, "Time 0 is %s.\n",
                 sim_time_format_calendar(optimization->scenario->start_epoch_s, start));
    print_trace_note(stream, optimization->scenario);
    print_objective(stream, optimization);
}

void optimization_print(FILE *stream, const Optimization *optimization,
                        const OptimizationResult *result, const char *holdout) {
    Report report = report_of(optimization, result, holdout);
    const double *told[OPTIMIZATION_TOLD];
    char text[HUMAN_TEXT];
    for (size_t who = 0; who < OPTIMIZATION_TOLD; who++) {
        told[who] = optimization_told(result, who).figures;
    }
    print_head(stream, &report);
    print_winner(stream, &report);
    print_table(stream, &report, told);
    terminal_say(stream, "  means over %zu fresh replications and their %s confidence intervals\n",
                 report.problem->confirmation, percent(report.problem->confidence, text));
    if (report.found) {
        print_ties(stream, &report);
    }
    print_front(stream, &report);
    if (holdout) {
        terminal_say(stream, "\nOn ");
        text_print(stream, holdout);
        terminal_say(stream, ", which the search has not seen (%s more simulations):\n\n",
                     human_count(result->holdout_simulations, text));
        print_table(stream, &report, (const double *const *)result->holdout);
    }
    report_clear(&report);
}
