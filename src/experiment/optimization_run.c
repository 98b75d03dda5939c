// SPDX-License-Identifier: GPL-3.0-or-later
/* Batches of simulations for the search; see optimization.h. */
#include "experiment/optimization.h"

#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/task_pool.h"

#include <stdlib.h>
#include <string.h>

typedef struct Runner {
    const Optimization *optimization;
    const OptimizationWork *work;
    const BaseScenario *base; /* that the runs of this batch start from */
    OptimizationResult *result;
    ErrorList *errors;
    asim_run_result outcome; /* of the batch that went wrong */
    const char *what;
    size_t done_before; /* simulations of earlier batches */
    /* Of the batch. */
    const SearchRun *runs;
    double *figures;
    ErrorList *mistakes; /* of each run */
    asim_run_result *outcomes;
} Runner;

static size_t width_of(const Optimization *optimization) {
    return SEARCH_LIMITS + optimization->limit_count;
}

/* One simulation ----------------------------------------------------------------------------- */

static void take_figures(const Optimization *optimization, const Scenario *scenario,
                         const Measurement *measurement, double figures[]) {
    figures[SEARCH_COST] = metric_value(&optimization->cost, scenario, measurement);
    figures[SEARCH_LATENCY] = metric_value(&optimization->latency, scenario, measurement);
    for (size_t i = 0; i < optimization->limit_count; i++) {
        figures[SEARCH_LIMITS + i] =
            metric_value(&optimization->limits[i].metric, scenario, measurement);
    }
}

static bool run_one(void *self, size_t index) {
    Runner *runner = self;
    const Optimization *optimization = runner->optimization;
    const SearchRun *run = &runner->runs[index];
    Scenario *scenario = optimization_scenario(
        optimization, runner->base, run->cell,
        optimization->scenario->replication + (int64_t)run->replication, &runner->mistakes[index]);
    runner->outcomes[index] = ASIM_RUN_FAILED;
    if (scenario) {
        Measurement measurement;
        runner->outcomes[index] =
            measurement_run(scenario, runner->work->stop, &measurement, &runner->mistakes[index]);
        if (runner->outcomes[index] == ASIM_RUN_DONE) {
            take_figures(optimization, scenario, &measurement,
                         runner->figures + index * width_of(optimization));
        }
        measurement_clear(&measurement);
    }
    scenario_destroy(scenario);
    return runner->outcomes[index] == ASIM_RUN_DONE;
}

/* Batches ------------------------------------------------------------------------------------ */

static void tell_progress(void *self, size_t done, size_t count) {
    const Runner *runner = self;
    (void)count;
    runner->work->progress(runner->work->progress_self, runner->what, runner->done_before + done,
                           runner->optimization->budget);
}

/* The first run that failed, whichever ended first: all before it have been begun. */
static void take_failure(Runner *runner, size_t count) {
    runner->outcome = ASIM_RUN_STOPPED;
    for (size_t i = 0; i < count; i++) {
        if (runner->mistakes[i].count > 0) {
            runner->outcome = ASIM_RUN_FAILED;
            error_add_all(runner->errors, &runner->mistakes[i]);
            return;
        }
    }
}

static bool run_batch(Runner *runner, const SearchRun runs[], size_t count, double *figures) {
    const OptimizationWork *work = runner->work;
    runner->runs = runs;
    runner->figures = figures;
    runner->mistakes = memory_new(count, sizeof *runner->mistakes);
    runner->outcomes = memory_new(count, sizeof *runner->outcomes);
    const TaskPool pool = {.jobs = work->jobs,
                           .stop = work->stop,
                           .progress = work->progress ? tell_progress : NULL,
                           .progress_self = runner};
    const bool done = task_pool_run(&pool, count, run_one, runner);
    if (!done) {
        take_failure(runner, count);
    }
    for (size_t i = 0; i < count; i++) {
        error_list_clear(&runner->mistakes[i]);
    }
    free(runner->mistakes);
    free(runner->outcomes);
    runner->done_before += count;
    return done;
}

/* The search --------------------------------------------------------------------------------- */

static bool simulate(void *self, SearchStage stage, const SearchRun runs[], size_t count,
                     double *figures) {
    Runner *runner = self;
    runner->what = search_stage_names[stage];
    return run_batch(runner, runs, count, figures);
}

static bool is_allowed(void *self, size_t cell) {
    Runner *runner = self;
    ErrorList unheard = {0};
    Scenario *scenario =
        optimization_scenario(runner->optimization, runner->base, cell, -1, &unheard);
    const bool allowed = scenario != NULL;
    runner->result->not_allowed += !allowed;
    scenario_destroy(scenario);
    error_list_clear(&unheard);
    return allowed;
}

SearchProblem optimization_problem(const Optimization *optimization) {
    SearchLimit *limits = memory_new(optimization->limit_count, sizeof *limits);
    for (size_t i = 0; i < optimization->limit_count; i++) {
        limits[i] = (SearchLimit){.limit = optimization->limits[i].limit,
                                  .at_least = optimization->limits[i].at_least};
    }
    return (SearchProblem){.axes = optimization->grid,
                           .axis_count = optimization->axes.count,
                           .limits = limits,
                           .limit_count = optimization->limit_count,
                           .budget = optimization->budget,
                           .confirmation = optimization->confirmation,
                           .confidence = optimization->confidence,
                           .indifference = optimization->indifference,
                           .seed = (uint64_t)optimization->scenario->seed};
}

static bool search(Runner *runner) {
    SearchProblem problem = optimization_problem(runner->optimization);
    problem.allowed = is_allowed;
    problem.simulate = simulate;
    problem.self = runner;
    const bool done = search_run(&problem, &runner->result->search);
    free((void *)problem.limits);
    if (!done && runner->outcome == ASIM_RUN_DONE) {
        runner->outcome = ASIM_RUN_FAILED;
        error_add(runner->errors,
                  &(Error){.file = runner->optimization->file,
                           .place = "options",
                           .found = "no combination that makes a scenario",
                           .expected = "values that go together: min_replica_count at most "
                                       "max_replica_count"});
    }
    return done;
}

static bool is_same(const Optimization *optimization, const double *one, const double *other) {
    const size_t bytes = optimization->confirmation * width_of(optimization) * sizeof(double);
    return memcmp(one, other, bytes) == 0;
}

static void choose(Runner *runner) {
    OptimizationResult *result = runner->result;
    const Search *found = &result->search;
    SearchProblem problem = optimization_problem(runner->optimization);
    const SearchCandidate *winner = &found->candidates[found->confirmed[0]];
    result->winner = found->confirmed[0];
    result->verdict = search_verdict(&problem, winner->fresh, problem.confirmation);
    for (size_t i = 1; i < found->confirmed_count && result->runner_up == SEARCH_NONE; i++) {
        const SearchCandidate *next = &found->candidates[found->confirmed[i]];
        if (!is_same(runner->optimization, winner->fresh, next->fresh)) {
            result->runner_up = found->confirmed[i];
        }
    }
    free((void *)problem.limits);
}

/* The holdout -------------------------------------------------------------------------------- */

static bool is_scenario(const char *path) {
    const size_t length = strlen(path);
    if (length < 5 || strcmp(path + length - 5, ".json") != 0) {
        return false;
    }
    ErrorList unheard = {0};
    cJSON *root = json_load(path, &unheard);
    /* What cannot be read or parsed is told by whoever reads it as a scenario. */
    const bool scenario = !root || cJSON_GetObjectItemCaseSensitive(root, "deployments") != NULL;
    cJSON_Delete(root);
    error_list_clear(&unheard);
    return scenario;
}

static void set_trace(const Optimization *optimization, const char *path, BaseScenario *holdout) {
    const BaseScenario *base = &optimization->base;
    base_scenario_set(holdout, &base->tree, base->tree.root, base->file, base->directory);
    overrides_add_all(&holdout->changes, &base->changes);
    char *absolute = file_name_absolute(NULL, path);
    overrides_add(&holdout->changes, "deployments.*.traffic.*.file", absolute, "--holdout");
    free(absolute);
}

bool optimization_holdout(const Optimization *optimization, const char *path, BaseScenario *holdout,
                          ErrorList *errors) {
    const size_t before = errors->count;
    *holdout = (BaseScenario){0};
    if (!is_scenario(path)) {
        set_trace(optimization, path, holdout);
    } else if (!base_scenario_read(holdout, path, errors)) {
        return false;
    } else {
        overrides_add_all(&holdout->changes, &optimization->base.changes);
    }
    Scenario *scenario = base_scenario_vary(holdout, NULL, 0, -1, errors);
    for (size_t i = 0; scenario && i < optimization->scenario->deployment_count; i++) {
        const char *name = optimization->scenario->deployments[i].name;
        bool there = false;
        for (size_t k = 0; k < scenario->deployment_count; k++) {
            there = there || strcmp(name, scenario->deployments[k].name) == 0;
        }
        if (!there) {
            char *found = memory_format("no deployment \"%s\"", name);
            error_add(errors, &(Error){.file = path,
                                       .place = "deployments",
                                       .found = found,
                                       .expected = "the deployments of the scenario that the "
                                                   "search is for"});
            free(found);
        }
    }
    scenario_destroy(scenario);
    return errors->count == before;
}

static bool run_told(Runner *runner, size_t who) {
    const Optimization *optimization = runner->optimization;
    const size_t count = optimization->confirmation;
    SearchRun *runs = memory_new(count, sizeof *runs);
    for (size_t i = 0; i < count; i++) {
        runs[i] = (SearchRun){.cell = optimization_told_cell(runner->result, who),
                              .replication = SEARCH_FRESH + i};
    }
    double *figures = memory_new(count * width_of(optimization), sizeof *figures);
    const bool done = run_batch(runner, runs, count, figures);
    runner->result->holdout[who] = figures;
    runner->result->holdout_simulations += done ? count : 0;
    free(runs);
    return done;
}

static bool hold_out(Runner *runner) {
    runner->base = runner->work->holdout;
    runner->what = "holdout";
    bool done = true;
    for (size_t who = 0; done && who < OPTIMIZATION_TOLD; who++) {
        done = !optimization_fresh(runner->result, who) || run_told(runner, who);
    }
    return done;
}

/* The whole ---------------------------------------------------------------------------------- */

asim_run_result optimization_run(const Optimization *optimization, const OptimizationWork *work,
                                 OptimizationResult *result, ErrorList *errors) {
    *result = (OptimizationResult){.winner = SEARCH_NONE, .runner_up = SEARCH_NONE};
    Runner runner = {.optimization = optimization,
                     .work = work,
                     .base = &optimization->base,
                     .result = result,
                     .errors = errors,
                     .outcome = ASIM_RUN_DONE};
    if (!search(&runner)) {
        return runner.outcome;
    }
    choose(&runner);
    if (work->holdout && !hold_out(&runner)) {
        return runner.outcome;
    }
    return ASIM_RUN_DONE;
}

void optimization_result_clear(OptimizationResult *result) {
    search_clear(&result->search);
    for (size_t i = 0; i < OPTIMIZATION_TOLD; i++) {
        free(result->holdout[i]);
    }
    *result = (OptimizationResult){0};
}

/* What is told ------------------------------------------------------------------------------- */

static size_t told_candidate(const OptimizationResult *result, size_t who) {
    return who == OPTIMIZATION_WINNER ? result->winner : result->runner_up;
}

const double *optimization_fresh(const OptimizationResult *result, size_t who) {
    if (who == OPTIMIZATION_BASE) {
        return result->search.base;
    }
    const size_t candidate = told_candidate(result, who);
    return candidate == SEARCH_NONE ? NULL : result->search.candidates[candidate].fresh;
}

size_t optimization_told_cell(const OptimizationResult *result, size_t who) {
    return who == OPTIMIZATION_BASE ? SEARCH_BASE
                                    : result->search.candidates[told_candidate(result, who)].cell;
}

static void take_values(const Optimization *optimization, const double *figures, size_t figure,
                        double values[]) {
    for (size_t i = 0; i < optimization->confirmation; i++) {
        values[i] = figures[i * width_of(optimization) + figure];
    }
}

Estimate optimization_estimate(const Optimization *optimization, const double *figures,
                               size_t figure) {
    double *values = memory_new(optimization->confirmation, sizeof *values);
    take_values(optimization, figures, figure, values);
    const Estimate estimate =
        estimate_mean(values, optimization->confirmation, optimization->confidence);
    free(values);
    return estimate;
}

Estimate optimization_difference(const Optimization *optimization, const double *first,
                                 const double *other, size_t comparisons) {
    const size_t count = optimization->confirmation;
    double *values = memory_new(2 * count, sizeof *values);
    take_values(optimization, first, SEARCH_COST, values);
    take_values(optimization, other, SEARCH_COST, values + count);
    const double confidence =
        1 - (1 - optimization->confidence) / (double)(comparisons ? comparisons : 1);
    const Estimate difference =
        estimate_difference(values, values + count, count, confidence, NULL);
    free(values);
    return difference;
}
