// SPDX-License-Identifier: GPL-3.0-or-later
/* What a search found, for programs. */
#include "experiment/optimization_report.h"

#include "base/json.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

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
