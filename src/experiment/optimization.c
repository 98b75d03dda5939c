// SPDX-License-Identifier: GPL-3.0-or-later
/* Objectives, cells of an optimisation as scenarios, their simulations in batches. */
#include "experiment/optimization.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "experiment/plan.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Objectives --------------------------------------------------------------------------------- */

bool metric_read(const char *text, const Error *where, Metric *metric, ErrorList *errors) {
    const char *colon = strchr(text, ':');
    char *name = text_trimmed(colon ? colon + 1 : text, text + strlen(text));
    *metric =
        (Metric){.row = metric_find(name), .deployment = colon ? text_trimmed(text, colon) : NULL};
    if (metric->row) {
        metric->name = colon ? memory_format("%s.%s", metric->deployment, name) : memory_text(name);
    } else {
        const char *nearest = error_nearest_row(name, metric_rows, metric_count, name);
        error_found(errors, where, nearest ? NULL : "a column of summary.csv, such as ttft_p95_s",
                    nearest, "\"%s\"", name);
    }
    free(name);
    return metric->row != NULL;
}

void metric_clear(Metric *metric) {
    free(metric->deployment);
    free(metric->name);
    *metric = (Metric){0};
}

Metric metric_of_deployment(const Metric *metric, const char *deployment) {
    return (Metric){.row = metric->row,
                    .deployment = memory_text(deployment ? deployment : metric->deployment),
                    .name = deployment ? memory_format("%s.%s", deployment, metric->name)
                                       : memory_text(metric->name)};
}

double metric_value(const Metric *metric, const Scenario *scenario,
                    const Measurement *measurement) {
    const size_t column = (size_t)(metric->row - metric_rows);
    double whole = NAN;
    asim_assert(column < metric_count);
    asim_assert(measurement->deployment_count == scenario->deployment_count);
    for (size_t i = 0; i < measurement->deployment_count; i++) {
        if (metric->deployment && strcmp(metric->deployment, scenario->deployments[i].name) != 0) {
            continue;
        }
        const double value = measurement_value(measurement, i, column);
        if (isnan(value)) {
            return NAN;
        }
        whole = isnan(whole) ? value : metric->row->is_total ? whole + value : fmax(whole, value);
    }
    return whole;
}

/* A plain number; of times also a duration, of shares a percentage, of dollars with their sign. The
 * text has no blanks; it is changed. */
static bool read_in_unit(MetricUnit unit, char *text, double *value) {
    const size_t length = strlen(text);
    const bool percent = unit == METRIC_UNIT_SHARE && length > 0 && text[length - 1] == '%';
    const char *number = unit == METRIC_UNIT_USD && *text == '$' ? text + 1 : text;
    char *end;
    sim_time time;
    if (percent) {
        text[length - 1] = '\0';
    }
    *value = strtod(number, &end) / (percent ? 100 : 1);
    if (*number != '\0' && *end == '\0' && isfinite(*value) &&
        strspn(number, "0123456789.+-eE") == strlen(number)) {
        return unit != METRIC_UNIT_SHARE || (*value >= 0 && *value <= 1);
    }
    const bool is_time =
        (unit == METRIC_UNIT_SECONDS || unit == METRIC_UNIT_HOURS) && sim_time_parse(text, &time);
    *value = is_time ? sim_time_to_seconds(time) / (unit == METRIC_UNIT_HOURS ? 3600 : 1) : 0;
    return is_time;
}

static void drop_blanks(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (!isspace((unsigned char)*from)) {
            *to++ = *from;
        }
    }
    *to = '\0';
}

/* Where the sign is, and how long; NULL: there is none. */
static const char *find_sign(const char *text, size_t *length, bool *at_least) {
    static const struct {
        const char *sign;
        bool at_least;
    } signs[] = {{"<=", false}, {">=", true}, {"\xe2\x89\xa4", false}, {"\xe2\x89\xa5", true}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        const char *at = strstr(text, signs[i].sign);
        if (at) {
            *length = strlen(signs[i].sign);
            *at_least = signs[i].at_least;
            return at;
        }
    }
    return NULL;
}

bool slo_limit_read(const char *text, const Error *where, SloLimit *limit, ErrorList *errors) {
    static const char *const expected[] = {
        [METRIC_UNIT_COUNT] = "a number",
        [METRIC_UNIT_SECONDS] = "a time, such as 2s or 500ms",
        [METRIC_UNIT_HOURS] = "hours, such as 12 or 12h",
        [METRIC_UNIT_USD] = "dollars, such as $400 or 400",
        [METRIC_UNIT_SHARE] = "a share, such as 0.1% or 0.001",
        [METRIC_UNIT_PER_SECOND] = "a number per second",
    };
    size_t length = 0;
    *limit = (SloLimit){.text = text_line(text)};
    const char *sign = find_sign(text, &length, &limit->bound.at_least);
    if (!sign) {
        return error_found(errors, where,
                           "METRIC <= LIMIT or METRIC >= LIMIT, such as ttft_p95_s <= 2s", NULL,
                           "\"%s\"", text);
    }
    char *metric = memory_text_n(text, (size_t)(sign - text));
    bool read = metric_read(metric, where, &limit->metric, errors);
    free(metric);
    if (read) {
        const MetricUnit unit = limit->metric.row->unit;
        char *found = text_trimmed(sign + length, sign + strlen(sign)), *value = memory_text(found);
        drop_blanks(value);
        read = read_in_unit(unit, value, &limit->bound.limit) ||
               error_found(errors, where, expected[unit], NULL, "\"%s\"", found);
        free(found);
        free(value);
    }
    return read;
}

void slo_limit_clear(SloLimit *limit) {
    metric_clear(&limit->metric);
    free(limit->text);
    *limit = (SloLimit){0};
}

/* Cells -------------------------------------------------------------------------------------- */

size_t optimization_width(const Optimization *optimization) {
    return search_width(&optimization->problem);
}

const Metric *optimization_metric(const Optimization *optimization, size_t figure) {
    asim_assert(figure < optimization_width(optimization));
    const size_t told = SEARCH_LIMITS + optimization->problem.limit_count;
    return figure == SEARCH_COST      ? &optimization->cost
           : figure == SEARCH_LATENCY ? &optimization->latency
           : figure < told            ? &optimization->limits[figure - SEARCH_LIMITS].metric
                                      : &optimization->told[figure - told];
}

OverrideList optimization_changes(const Optimization *optimization, size_t cell) {
    const size_t count = cell == SEARCH_BASE ? 0 : optimization->axes.count;
    OverrideList changes = {0};
    for (size_t i = 0; i < count; i++) {
        overrides_add_all(&changes, &axes_grid_value(&optimization->axes, cell, i)->changes);
    }
    return changes;
}

char *optimization_cell_text(const Optimization *optimization, size_t cell) {
    const Axes *axes = &optimization->axes;
    Text text = {0};
    for (size_t i = 0; i < axes->count; i++) {
        text_addf(&text, "%s%s %s", i > 0 ? ", " : "", axes->items[i].name,
                  axes_grid_value(axes, cell, i)->label);
    }
    return text_take(&text);
}

Scenario *optimization_scenario(const Optimization *optimization, const BaseScenario *base,
                                size_t cell, ErrorList *errors) {
    OverrideList changes = optimization_changes(optimization, cell);
    const OverrideList *const lists[] = {&changes};
    Scenario *scenario = base_scenario_vary(base, lists, 1, -1, errors);
    overrides_clear(&changes);
    return scenario;
}

/* Batches ------------------------------------------------------------------------------------ */

typedef struct Runner {
    const Optimization *optimization;
    const OptimizationWork *work;
    const BaseScenario *base; /* that the runs of this batch start from */
    OptimizationResult *result;
    ErrorList *errors;
    asim_run_result outcome; /* of the last batch */
    const char *what;
    size_t done;           /* simulations of earlier batches */
    const SearchRun *runs; /* of the batch: the plan's cells */
} Runner;

static Scenario *read_cell(void *self, const PlanCell *cell, ErrorList *errors) {
    const Runner *runner = self;
    return optimization_scenario(runner->optimization, runner->base,
                                 runner->runs[cell->number].cell, errors);
}

static bool take_figures(void *self, const PlanCell *cell, ErrorList *errors) {
    const Runner *runner = self;
    const size_t width = optimization_width(runner->optimization);
    double *figures = runner->runs[cell->number].figures;
    (void)errors;
    for (size_t r = 0; r < cell->count; r++) {
        for (size_t f = 0; f < width; f++) {
            figures[r * width + f] = metric_value(optimization_metric(runner->optimization, f),
                                                  cell->scenario, &cell->measurements[r]);
        }
    }
    return true;
}

static void tell_progress(void *self, size_t done, size_t count) {
    const Runner *runner = self;
    asim_assert(done <= count);
    runner->work->progress(runner->work->progress_self, runner->what, runner->done + done,
                           runner->optimization->problem.budget);
}

static bool run_batch(Runner *runner, const char *what, const SearchRun runs[], size_t count) {
    const OptimizationWork *work = runner->work;
    const PlanOwner owner = {.self = runner, .read = read_cell, .ended = take_figures};
    const PlanOptions options = {.jobs = work->jobs,
                                 .stop = work->stop,
                                 .progress = work->progress ? tell_progress : NULL,
                                 .progress_self = runner};
    PlanCell *cells = memory_new(count, sizeof *cells);
    size_t simulations = 0;
    for (size_t i = 0; i < count; i++) {
        const int64_t own = runner->optimization->scenario->replication;
        cells[i] =
            (PlanCell){.number = i, .first = own + (int64_t)runs[i].first, .count = runs[i].count};
        simulations += runs[i].count;
    }
    runner->runs = runs;
    runner->what = what;
    runner->outcome = plan_pass(cells, count, &owner, &options, runner->errors);
    runner->done += simulations;
    free(cells);
    return runner->outcome == ASIM_RUN_DONE;
}

/* The search --------------------------------------------------------------------------------- */

static bool simulate(void *self, SearchStage stage, const SearchRun runs[], size_t count) {
    return run_batch(self, search_stage_names[stage], runs, count);
}

static bool is_allowed(void *self, size_t cell) {
    Runner *runner = self;
    ErrorList unheard = {0};
    Scenario *scenario = optimization_scenario(runner->optimization, runner->base, cell, &unheard);
    const bool allowed = scenario != NULL;
    runner->result->not_allowed += !allowed;
    scenario_destroy(scenario);
    error_list_clear(&unheard);
    return allowed;
}

static bool search(Runner *runner) {
    SearchProblem problem = runner->optimization->problem;
    problem.allowed = is_allowed;
    problem.simulate = simulate;
    problem.self = runner;
    const bool done = search_run(&problem, &runner->result->search);
    if (!done && runner->outcome == ASIM_RUN_DONE) {
        runner->outcome = ASIM_RUN_FAILED;
        error_at(runner->errors, &(Error){.file = runner->optimization->file, .place = "options"},
                 "no combination that makes a scenario",
                 "values that go together: min_replica_count at most max_replica_count", NULL);
    }
    return done;
}

static void choose(const Optimization *optimization, OptimizationResult *result) {
    const Search *found = &result->search;
    const SearchProblem *problem = &optimization->problem;
    const double *winner = found->candidates[found->confirmed[0]].fresh;
    const size_t bytes = problem->confirmation * optimization_width(optimization) * sizeof *winner;
    asim_assert(found->confirmed_count > 0 && found->equals <= found->confirmed_count);
    result->winner = found->confirmed[0];
    result->verdict = search_verdict(problem, winner, problem->confirmation);
    for (size_t i = 1; i < found->confirmed_count && result->runner_up == SEARCH_NONE; i++) {
        if (memcmp(winner, found->candidates[found->confirmed[i]].fresh, bytes) != 0) {
            result->runner_up = found->confirmed[i];
        }
    }
}

/* The holdout -------------------------------------------------------------------------------- */

static bool hold_out(Runner *runner) {
    const size_t count = runner->optimization->problem.confirmation;
    OptimizationResult *result = runner->result;
    bool done = true;
    runner->base = runner->work->holdout;
    for (size_t who = 0; done && who < OPTIMIZATION_TOLD; who++) {
        const ToldPolicy told = optimization_told(result, who);
        if (told.figures) {
            double *figures =
                memory_new(count * optimization_width(runner->optimization), sizeof *figures);
            const SearchRun run = {
                .cell = told.cell, .first = SEARCH_FRESH, .count = count, .figures = figures};
            result->holdout[who] = figures;
            done = run_batch(runner, "holdout", &run, 1);
            result->holdout_simulations += done ? count : 0;
        }
    }
    return done;
}

asim_run_result optimization_run(const Optimization *optimization, const OptimizationWork *work,
                                 OptimizationResult *result, ErrorList *errors) {
    *result = (OptimizationResult){.winner = SEARCH_NONE, .runner_up = SEARCH_NONE};
    Runner runner = {.optimization = optimization,
                     .work = work,
                     .base = &optimization->base,
                     .result = result,
                     .errors = errors,
                     .outcome = ASIM_RUN_DONE};
    if (search(&runner)) {
        choose(optimization, result);
        asim_assert(runner.done == result->search.simulations);
        if (work->holdout) {
            hold_out(&runner);
        }
    }
    return runner.outcome;
}

void optimization_result_clear(OptimizationResult *result) {
    search_clear(&result->search);
    for (size_t i = 0; i < OPTIMIZATION_TOLD; i++) {
        free(result->holdout[i]);
    }
    *result = (OptimizationResult){0};
}

/* What is told ------------------------------------------------------------------------------- */

ToldPolicy optimization_told(const OptimizationResult *result, size_t who) {
    if (who == OPTIMIZATION_BASE) {
        return (ToldPolicy){SEARCH_BASE, result->search.base};
    }
    const size_t candidate = who == OPTIMIZATION_WINNER ? result->winner : result->runner_up;
    if (candidate == SEARCH_NONE) {
        return (ToldPolicy){SEARCH_NONE, NULL};
    }
    const SearchCandidate *found = &result->search.candidates[candidate];
    return (ToldPolicy){found->cell, found->fresh};
}
