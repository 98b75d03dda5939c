// SPDX-License-Identifier: GPL-3.0-or-later
/* The cheapest policy that meets stated objectives: what the user asks for in a file, and the
 * search for it (experiment/search.h) with simulations.
 *
 *     {"scenario": "day.json", "slo": ["ttft_p95_s <= 2s", "given_up_share <= 0.1%"],
 *      "options": [{"option": "deployments.chat.autoscaling.min_replica_count", "values": [0, 1,
 * 2]},
 *                  {"option": "deployments.chat.autoscaling.scale_up_window", "from": "0s", "to":
 * "5m"}]}
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

#include "experiment/axis.h"
#include "experiment/base_scenario.h"
#include "experiment/objective.h"
#include "experiment/search.h"

/* A continuous axis is searched on so many points. */
#define OPTIMIZATION_POINTS 65

typedef struct Optimization {
    char *file;     /* what errors name */
    char *question; /* NULL: not given */
    BaseScenario base;
    Scenario *scenario; /* the base as it stands */
    Axes axes;          /* none is continuous any more */
    SearchAxis *grid;   /* of each axis; `away` is owned */
    Metric cost, latency;
    SloLimit *limits;
    size_t limit_count;
    size_t budget; /* simulations */
    bool budget_given;
    size_t confirmation; /* replications */
    double confidence;
    double indifference; /* a share of the cost */
} Optimization;

extern const Option optimization_options[]; /* the keys of the file, for help */

/* Reads the file; changes are those of the command line, behind the scenario's own text. budget: of
 * the command line; 0: the file's, or a fifth of what all combinations would take. False after
 * adding all mistakes; *optimization is to be cleared either way. */
bool optimization_read(Optimization *optimization, const char *path, const OverrideList *changes,
                       size_t budget, ErrorList *errors);
void optimization_clear(Optimization *optimization);

/* Fills in the distances of the grid, once axes and scenario are there. */
void optimization_find_defaults(Optimization *optimization);

/* The changes of a cell, one list per axis, into lists[axes.count]. */
void optimization_changes(const Optimization *optimization, size_t cell,
                          const OverrideList *lists[]);
/* "min_replica_count 1, scale_up_window 15s". Owned by the caller. */
char *optimization_cell_text(const Optimization *optimization, size_t cell);
/* The cell's scenario; SEARCH_BASE: the base as it stands. Owned by the caller. */
Scenario *optimization_scenario(const Optimization *optimization, const BaseScenario *base,
                                size_t cell, int64_t replication, ErrorList *errors);

#endif
