// SPDX-License-Identifier: GPL-3.0-or-later
/* The cheapest of many candidates that keeps within limits, when looking at one costs a simulation
 * and what is seen is noisy. It knows positions on a grid and figures only; what they stand for is
 * the caller's business (experiment/optimization.h).
 *
 * 1. Screening: every candidate on one or two replications; a Latin hypercube of them where the
 *    grid is too large for that.
 * 2. Successive halving: a third stays in each round and gets more replications, each round with
 *    the same share of the budget (Karnin, Koren & Somekh, ICML 2013; Jamieson & Talwalkar, AISTATS
 *    2016). Replication n has the same requests for all: common random numbers (Law, Simulation
 *    Modeling and Analysis, 5th ed., 11.2). Who stays is said in search_work.h.
 * 3. Refinement: the neighbours of the best on the grid, on as many replications, each dropped as
 *    soon as it is shown to be worse; until none wins.
 * 4. Confirmation: the base and finalists, on replications that the search has never seen, for the
 *    winner of a search has been lucky too. Then the winner's rivals: whoever may yet beat it, by a
 *    forecast of what it will show there (search_work.h), the most promising first; each is
 *    given up as soon as the forecast says that it cannot. What is left of the budget goes to
 * points of the front of cost against latency.
 *
 * A limit is kept if the mean over replications is within it, with certainty if the confidence
 * interval of the mean is (Law, 10.4). The winner is sought among the confirmed ones that keep
 * every limit with certainty; if none does, among those whose means do. Those whose mean cost is at
 * most the indifference above the lowest are equal, as in Bechhofer's indifference zone
 * (Law, 10.4), and of them the one nearest the defaults wins (search_distance), then the cheapest,
 * then the first on the grid. */
#ifndef EXPERIMENT_SEARCH_H
#define EXPERIMENT_SEARCH_H

#include "stats/estimate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEARCH_BASE SIZE_MAX /* for a cell: the base as it stands, which is no candidate */
#define SEARCH_NONE SIZE_MAX /* for a candidate: none */
/* Confirmation's replications are numbered from here; the search never gets that far. */
#define SEARCH_FRESH 1000

/* What each simulation gives: SEARCH_COST, SEARCH_LATENCY, then one figure per limit, then those
 * that are only told. A NAN does not apply, and keeps no limit. */
enum { SEARCH_COST, SEARCH_LATENCY, SEARCH_LIMITS };

typedef struct SearchAxis {
    size_t count; /* positions, >= 1 */
    size_t step;  /* that refinement begins with: 1, or more on a fine axis; it is halved down to 1
                   */
    const double *away; /* how far each position is from the default, 0 .. 1; NULL: none is */
} SearchAxis;

typedef struct SearchLimit {
    double limit;
    bool at_least; /* else at most */
} SearchLimit;

/* Replications of a cell, from `first` on, whose figures go one after the other to `figures`. */
typedef struct SearchRun {
    size_t cell; /* the last axis changes fastest; or SEARCH_BASE */
    size_t first, count;
    double *figures;
} SearchRun;

typedef enum SearchStage {
    SEARCH_SCREENING,
    SEARCH_HALVING,
    SEARCH_REFINEMENT,
    SEARCH_CONFIRMATION
} SearchStage;
extern const char *const search_stage_names[];

typedef struct SearchProblem {
    const SearchAxis *axes;
    size_t axis_count;
    const SearchLimit *limits;
    size_t limit_count;
    size_t told_count;   /* further figures of a simulation, which decide nothing */
    size_t budget;       /* simulations at most; see search_least_budget */
    size_t confirmation; /* replications, 2 .. SEARCH_FRESH */
    double confidence;
    double indifference; /* costs no further apart than this share of the lower are equal */
    uint64_t seed;       /* of the Latin hypercube */
    /* Is the combination one that may be run? */
    bool (*allowed)(void *self, size_t cell);
    /* Runs all. False ends the search. */
    bool (*simulate)(void *self, SearchStage stage, const SearchRun runs[], size_t count);
    void *self;
} SearchProblem;

typedef struct SearchCandidate {
    size_t cell;
    size_t count;       /* replications of the search: 0 .. count - 1 */
    double *figures;    /* of these, one after the other */
    double *fresh;      /* of confirmation: fresh_count replications */
    size_t fresh_count; /* confirmed if all; fewer: given up as no rival */
} SearchCandidate;

/* How a candidate stood after each batch of its replications. */
typedef struct SearchRecord {
    SearchStage stage;
    size_t cell;
    size_t replications; /* so far, of the search or of confirmation */
    bool within;         /* the means keep every limit */
    double *means;       /* of each figure */
} SearchRecord;

typedef enum SearchVerdict {
    SEARCH_BROKEN, /* a mean is beyond its limit */
    SEARCH_LIKELY, /* the means are within, an interval is not */
    SEARCH_CERTAIN /* the intervals are */
} SearchVerdict;

typedef struct Search {
    SearchCandidate *candidates;
    size_t count, room;
    SearchRecord *records;
    size_t record_count, record_room;
    double *base;           /* its fresh figures */
    size_t *confirmed;      /* candidates: the equals, the winner first; then best first */
    size_t confirmed_count; /* >= 1 after a search */
    size_t equals;          /* how many are equal, the winner included; 0: no limit is kept */
    size_t simulations;
    size_t screened;     /* candidates */
    size_t replications; /* that the best have seen before confirmation; 0: all were confirmed */
    bool whole_grid;     /* screening saw every allowed candidate */
    bool all_confirmed;  /* the budget was enough to confirm every candidate at once */
    bool budget_ended;   /* before refinement came to its end */
} Search;

/* Figures of a simulation. */
size_t search_width(const SearchProblem *problem);

/* The least budget a search can do with. */
size_t search_least_budget(size_t confirmation);

/* False: no candidate is allowed, or simulate returned false. *search is to be cleared either way.
 */
bool search_run(const SearchProblem *problem, Search *search);
void search_clear(Search *search);

/* Of what is estimated from `count` replications, against one limit. */
SearchVerdict search_limit_verdict(const SearchLimit *limit, Estimate estimate, size_t count);
/* Of a confirmed candidate; or of any figures of `count` replications. */
SearchVerdict search_verdict(const SearchProblem *problem, const double *figures, size_t count);

/* Cells of the grid; SIZE_MAX if it does not fit. */
size_t search_cells(const SearchAxis axes[], size_t axis_count);
/* How far from the defaults: the distances on the axes, added up. */
double search_distance(const SearchProblem *problem, size_t cell);

/* One of the figures in each of `count` replications. */
void search_take(const SearchProblem *problem, const double *figures, size_t count, size_t figure,
                 double values[]);

/* Have both given the very same in the first `count` replications of the search? */
bool search_same(const SearchProblem *problem, const SearchCandidate *a, const SearchCandidate *b,
                 size_t count);

/* Puts the last item where it belongs: before those whose key is greater. */
void search_sort_last(size_t items[], size_t count, const double key[]);

/* The position on each axis. */
void search_positions(const SearchAxis axes[], size_t axis_count, size_t cell, size_t positions[]);

#endif
