// SPDX-License-Identifier: GPL-3.0-or-later
/* The cheapest policy that meets stated objectives: what the user asks for in a file
 * (optimization_read.c), the search for it (experiment/search.h) with simulations
 * (optimization.c), and what came of it (optimization_report.c).
 *
 *     {"scenario": "day.json", "slo": ["ttft_p95_s <= 2s", "given_up_share <= 0.1%"],
 *      "options": [{"option": "deployments.chat.autoscaling.min_replica_count", "values": [0, 1]},
 *                  {"option": "deployments.chat.autoscaling.scale_up_window",
 *                   "from": "0s", "to": "5m"}]}
 *
 * Combinations that are no scenario (more replicas at least than at most) are left out.
 *
 * Of policies that cost the same within `indifference` the one nearest the defaults wins: on an
 * axis of numbers the distance is the steps from the value to the option's default (the values
 * passed on the way, and one more unless it is the default itself) as a share of the axis' values;
 * on another axis 1, or 0 if everything that the value sets is at its default; over the axes it
 * adds up. The default is the option's own, or, where it has none (a load target), what the
 * scenario has as it stands; where that has nothing, the axis does not count. */
#ifndef EXPERIMENT_OPTIMIZATION_H
#define EXPERIMENT_OPTIMIZATION_H

#include "autoscale_sim/simulation.h"
#include "engine/options.h"
#include "experiment/axis.h"
#include "experiment/base_scenario.h"
#include "experiment/search.h"
#include "figures/metrics.h"

#include <signal.h>
#include <stdio.h>

typedef struct Measurement Measurement;
typedef struct OutputDirectory OutputDirectory;
typedef struct TextList TextList;

/* A metric of summary.csv, of one deployment or of all, as its user writes it: "total_usd",
 * "chat: ttft_p95_s". */
typedef struct Metric {
    const MetricRow *row;
    char *deployment; /* NULL: all of them */
    char *name;       /* of a column of CSV: "ttft_p95_s", "chat.ttft_p95_s" */
} Metric;

/* "ttft_p95_s <= 2s", "chat: given_up_share <= 0.1%". */
typedef struct SloLimit {
    Metric metric;
    SearchLimit bound; /* in the metric's unit: s, a share of 1 */
    char *text;        /* as it was written */
} SloLimit;

/* where: file, line and place of the text. False after adding an error; what was read is to be
 * cleared either way. */
bool metric_read(const char *text, const Error *where, Metric *metric, ErrorList *errors);
bool slo_limit_read(const char *text, const Error *where, SloLimit *limit, ErrorList *errors);
void metric_clear(Metric *metric);
void slo_limit_clear(SloLimit *limit);
/* A copy, of one deployment where the metric is of all (NULL: as it is). */
Metric metric_of_deployment(const Metric *metric, const char *deployment);
/* Of one run: of its deployment; or, of all of them, the sum of what adds up, else the largest. NAN
 * where it does not apply to one of them. */
double metric_value(const Metric *metric, const Scenario *scenario, const Measurement *measurement);

typedef struct Optimization {
    char *file;                      /* what errors name */
    bool default_space, default_slo; /* the file is a scenario; and nobody has said what to keep */
    char *question;                  /* NULL: not given */
    BaseScenario base;
    Scenario *scenario; /* the base as it stands */
    Axes axes;          /* none is continuous any more */
    SearchAxis *grid;   /* of each axis; `away` is owned */
    Metric cost, latency;
    SloLimit *limits;
    SearchLimit *bounds;   /* of each of these */
    Metric *told;          /* beside them: METRIC_SEARCHES, problem.told_count */
    SearchProblem problem; /* what all that comes to, but for its functions */
} Optimization;

extern const Option optimization_options[]; /* the keys of the file, for help */

/* Reads the file, or a scenario, whose usual options are searched then; changes are those of the
 * command line, behind the scenario's own text. slo: limits in place of the file's (none: these;
 * of a scenario: its own slo at the 95th percentile, else ttft_p95_s <= 2s). budget: of the
 * command line; 0: the file's, or a fifth of what all combinations would take. False after
 * adding all mistakes; *optimization is to be cleared either way. */
bool optimization_read(Optimization *optimization, const char *path, const OverrideList *changes,
                       const TextList *slo, size_t budget, ErrorList *errors);
void optimization_clear(Optimization *optimization);

/* Where to run what the search found: a scenario, or a recorded trace in the place of the base's.
 * False after adding errors; *holdout is to be cleared either way. */
bool optimization_holdout(const Optimization *optimization, const char *path, BaseScenario *holdout,
                          ErrorList *errors);

/* Figures of a simulation: the cost, the latency, one for each limit, those that are only told. */
size_t optimization_width(const Optimization *optimization);
const Metric *optimization_metric(const Optimization *optimization, size_t figure);

/* All changes of a cell, owned by the caller. SEARCH_BASE: none. */
OverrideList optimization_changes(const Optimization *optimization, size_t cell);
/* "min_replica_count 1, scale_up_window 15s". Owned by the caller. */
char *optimization_cell_text(const Optimization *optimization, size_t cell);
/* The cell's scenario. Owned by the caller. */
Scenario *optimization_scenario(const Optimization *optimization, const BaseScenario *base,
                                size_t cell, ErrorList *errors);

/* The search, run on several threads, and then on a day it has not seen. All lent. */
typedef struct OptimizationWork {
    size_t jobs;
    const volatile sig_atomic_t *stop;
    const BaseScenario *holdout; /* NULL: none */
    /* After each simulation; what: the stage. May be NULL. */
    void (*progress)(void *self, const char *what, size_t done, size_t budget);
    void *progress_self;
} OptimizationWork;

/* Who is told of, beside the front. */
enum { OPTIMIZATION_WINNER, OPTIMIZATION_RUNNER_UP, OPTIMIZATION_BASE, OPTIMIZATION_TOLD };

typedef struct OptimizationResult {
    Search search;
    /* Candidates; the runner-up is the next best that is not the same in every figure. SEARCH_NONE:
     * there is none. */
    size_t winner, runner_up;
    SearchVerdict verdict;              /* of the winner */
    size_t not_allowed;                 /* combinations looked at that are no scenario */
    double *holdout[OPTIMIZATION_TOLD]; /* figures; NULL: no holdout, or nobody to run */
    size_t holdout_simulations;
} OptimizationResult;

/* On anything but ASIM_RUN_DONE errors have been added, or it was stopped. *result is to be cleared
 * either way. */
asim_run_result optimization_run(const Optimization *optimization, const OptimizationWork *work,
                                 OptimizationResult *result, ErrorList *errors);
void optimization_result_clear(OptimizationResult *result);

/* One who is told of: its cell, and its figures on fresh replications (NULL: there is nobody). */
typedef struct ToldPolicy {
    size_t cell;
    const double *figures;
} ToldPolicy;
ToldPolicy optimization_told(const OptimizationResult *result, size_t who);

/* What it came to: for people, as JSON (owned by the caller). holdout: its name, or NULL. */
void optimization_print(FILE *stream, const Optimization *optimization,
                        const OptimizationResult *result, const char *holdout);
char *optimization_json(const Optimization *optimization, const OptimizationResult *result,
                        const char *holdout);
/* evaluations.csv, front.csv, winner.firectl.txt and optimization.json, which is
 * optimization_json's. False after adding errors. */
bool optimization_write(const Optimization *optimization, const OptimizationResult *result,
                        const char *holdout, const OutputDirectory *directory, ErrorList *errors);

#endif
