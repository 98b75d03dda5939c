// SPDX-License-Identifier: GPL-3.0-or-later
/* Experiments are tasks of a pool; each has one thread for its replications. */
#include "experiment/experiments.h"

#include "autoscale_sim/simulation.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "experiment/comparison.h"
#include "experiment/plan.h"
#include "figures/metrics.h"
#include "scenario/overrides.h"
#include "scenario/scenario.h"
#include "stats/estimate.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define TRUTH_SEED 900000000
static const double confidence = 0.95;

typedef struct Tally {
    size_t covered, intervals, alarms;
} Tally;

typedef struct Outcome {
    bool covered[EXPERIMENT_METRICS_MOST], applies[EXPERIMENT_METRICS_MOST],
        alarm[EXPERIMENT_METRICS_MOST];
    bool family_alarm; /* any metric of the table is called different */
    size_t replications;
} Outcome;

typedef struct Experiments {
    const ExperimentDesign *design;
    size_t count;
    const Scenario *first, *second;
    double truths[EXPERIMENT_METRICS_MOST];
    size_t columns[EXPERIMENT_METRICS_MOST], metric_count;
    Outcome *outcomes;
} Experiments;

size_t experiments_wanted(void) {
    const char *text = getenv("ASIM_EXPERIMENTS");
    const long wanted = text ? strtol(text, NULL, 10) : 0;
    return wanted > 0 ? (size_t)wanted : 200;
}

bool experiments_thorough(void) {
    return experiments_wanted() >= 1000;
}

Scenario *experiments_scenario(const char *text, const char *const changes[]) {
    ErrorList errors = {0};
    OverrideList list = {0};
    char *json = memory_text(text);
    for (char *c = json; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    for (size_t i = 0; changes && changes[i]; i++) {
        overrides_add_set(&list, changes[i], &errors);
    }
    Scenario *scenario =
        scenario_read_text(json, "experiment.json", NULL, list.items, list.count, &errors);
    char *mistakes = error_list_text(&errors);
    cr_assert_null(mistakes, "%s", mistakes);
    overrides_clear(&list);
    free(json);
    return scenario;
}

/* One comparison; the replications are to be cleared. */
static ComparisonStatistics compare(const Experiments *all, int64_t seed, size_t count,
                                    Scenario scenarios[2], Plan *replications) {
    const ExperimentDesign *design = all->design;
    ErrorList errors = {0};
    scenarios[0] = *all->first;
    scenarios[1] = *all->second;
    scenarios[0].seed = seed;
    scenarios[1].seed = design->independent ? seed + TRUTH_SEED / 2 : seed;
    plan_add(replications, "first", &scenarios[0], NULL);
    plan_add(replications, "second", &scenarios[1], NULL);
    const PlanOptions options = {.jobs = 1};
    cr_assert_eq(plan_run(replications, count, &options, &errors), ASIM_RUN_DONE);
    return comparison_statistics(replications, confidence, 0);
}

static bool one_experiment(void *self, size_t number) {
    const Experiments *all = self;
    const ExperimentDesign *design = all->design;
    Outcome *outcome = &all->outcomes[number];
    Scenario scenarios[2];
    Plan replications = {0};
    ComparisonStatistics statistics =
        compare(all, (int64_t)number + 1, design->replications, scenarios, &replications);
    while (design->precision) {
        const PrecisionState state = precision_state(design->precision, &statistics);
        if (state.reached || replications.count >= PRECISION_MOST) {
            break;
        }
        const PlanOptions options = {.jobs = 1};
        ErrorList errors = {0};
        plan_run(&replications, precision_next(&state, replications.count, PRECISION_MOST),
                 &options, &errors);
        comparison_statistics_clear(&statistics);
        statistics = comparison_statistics(&replications, confidence, 0);
    }
    for (size_t i = 0; i < all->metric_count; i++) {
        const MetricStatistics *metric = comparison_metric(&statistics, 1, 0, all->columns[i]);
        outcome->applies[i] = !isnan(metric->difference.low);
        outcome->covered[i] =
            metric->difference.low <= all->truths[i] && all->truths[i] <= metric->difference.high;
        outcome->alarm[i] = metric->p_value <= 0.05;
    }
    for (size_t column = 0; column < metric_count; column++) {
        const Verdict verdict = comparison_metric(&statistics, 1, 0, column)->verdict;
        outcome->family_alarm =
            outcome->family_alarm || verdict == VERDICT_LOWER || verdict == VERDICT_HIGHER;
    }
    outcome->replications = replications.count;
    comparison_statistics_clear(&statistics);
    plan_clear(&replications);
    return true;
}

/* Truths ------------------------------------------------------------------------------------- */

/* Of seeds that no experiment has. The error of this mean is as that of so many replications: with
 * 100 times those of an experiment it changes the coverage by less than a tenth of a point. */
static void estimate_truths(Experiments *all) {
    bool needed = false;
    for (size_t i = 0; i < all->metric_count; i++) {
        all->truths[i] = all->design->metrics[i].truth;
        needed = needed || isnan(all->truths[i]);
    }
    if (!needed) {
        return;
    }
    Scenario scenarios[2] = {*all->first, *all->second};
    scenarios[0].seed = scenarios[1].seed = TRUTH_SEED;
    Plan replications = {0};
    ErrorList errors = {0};
    plan_add(&replications, "first", &scenarios[0], NULL);
    plan_add(&replications, "second", &scenarios[1], NULL);
    const PlanOptions options = {.jobs = task_pool_default_jobs()};
    cr_assert_eq(plan_run(&replications, all->design->truth_runs, &options, &errors),
                 ASIM_RUN_DONE);
    ComparisonStatistics statistics = comparison_statistics(&replications, confidence, 0);
    for (size_t i = 0; i < all->metric_count; i++) {
        if (isnan(all->truths[i])) {
            all->truths[i] = comparison_metric(&statistics, 1, 0, all->columns[i])->difference.mean;
        }
    }
    comparison_statistics_clear(&statistics);
    plan_clear(&replications);
}

static Experiments run(const ExperimentDesign *design, size_t count) {
    Experiments all = {.design = design,
                       .count = count,
                       .first = experiments_scenario(design->scenario, NULL),
                       .second = experiments_scenario(design->scenario, design->changes),
                       .outcomes = memory_new(count, sizeof *all.outcomes)};
    while (design->metrics[all.metric_count].column &&
           (experiments_thorough() || !isnan(design->metrics[all.metric_count].truth))) {
        all.columns[all.metric_count] =
            (size_t)(metric_find(design->metrics[all.metric_count].column) - metric_rows);
        all.metric_count++;
    }
    estimate_truths(&all);
    const TaskPool pool = {.jobs = task_pool_default_jobs()};
    cr_assert(task_pool_run(&pool, count, one_experiment, &all));
    return all;
}

static Tally tally(const Experiments *all, size_t metric) {
    Tally tally = {0};
    for (size_t i = 0; i < all->count; i++) {
        tally.intervals += all->outcomes[i].applies[metric] ? 1 : 0;
        tally.covered += all->outcomes[i].covered[metric] ? 1 : 0;
        tally.alarms += all->outcomes[i].alarm[metric] ? 1 : 0;
    }
    return tally;
}

static void clear(Experiments *all) {
    scenario_destroy((Scenario *)all->first);
    scenario_destroy((Scenario *)all->second);
    free(all->outcomes);
}

static double two_standard_errors(double share, size_t count) {
    return 2 * sqrt(share * (1 - share) / (double)count);
}

void experiments_check_coverage(const ExperimentDesign *design) {
    const size_t count = experiments_wanted();
    Experiments all = run(design, count);
    double replications = 0;
    for (size_t i = 0; i < count; i++) {
        replications += (double)all.outcomes[i].replications / (double)count;
    }
    for (size_t i = 0; i < all.metric_count; i++) {
        const ExperimentMetric *metric = &design->metrics[i];
        const Tally found = tally(&all, i);
        const double share = (double)found.covered / (double)found.intervals;
        const double slack = experiments_thorough() ? 0 : two_standard_errors(0.95, count);
        const double least = (metric->least > 0 ? metric->least : 0.93) - slack;
        const double most = (metric->most > 0 ? metric->most : 0.97) + slack;
        if (experiments_thorough()) {
            printf("%-26s %-16s difference %12.6g %-10s covered in %5.1f %% of %zu (%.1f "
                   "replications)\n",
                   design->name, metric->column, all.truths[i],
                   isnan(metric->truth) ? "(long run)" : "(formula)", 100 * share, found.intervals,
                   replications);
        }
        cr_expect_eq(found.intervals, count, "%s: %s does not apply", design->name, metric->column);
        cr_expect(share >= least && share <= most, "%s: %s: %.1f %% of %zu, not %.1f to %.1f",
                  design->name, metric->column, 100 * share, found.intervals, 100 * least,
                  100 * most);
    }
    fflush(stdout);
    clear(&all);
}

void experiments_check_alarms(const ExperimentDesign *design) {
    const size_t count = experiments_wanted() * (experiments_thorough() ? 5 : 1);
    Experiments all = run(design, count);
    const double most = 0.05 + two_standard_errors(0.05, count);
    size_t family = 0;
    for (size_t i = 0; i < count; i++) {
        family += all.outcomes[i].family_alarm ? 1 : 0;
    }
    for (size_t i = 0; i < all.metric_count; i++) {
        const Tally found = tally(&all, i);
        const double share = (double)found.alarms / (double)count;
        if (experiments_thorough()) {
            printf("%-26s %-16s no difference: false alarms in %5.1f %% of %zu\n", design->name,
                   design->metrics[i].column, 100 * share, count);
        }
        cr_expect(share <= most, "%s: %s: %.1f %% false alarms", design->name,
                  design->metrics[i].column, 100 * share);
        cr_expect(share > 0, "%s: %s never differs", design->name, design->metrics[i].column);
    }
    const double share = (double)family / (double)count;
    if (experiments_thorough()) {
        printf("%-26s any metric       no difference: false alarms in %5.1f %% of %zu (Holm)\n",
               design->name, 100 * share, count);
    }
    cr_expect(share <= most, "%s: %.1f %% false alarms by Holm", design->name, 100 * share);
    fflush(stdout);
    clear(&all);
}
