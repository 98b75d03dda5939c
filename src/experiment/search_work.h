// SPDX-License-Identifier: GPL-3.0-or-later
/* What the rooms of a search share: search.c has its stages, search_confirmation.c says who wins,
 * search_work.c keeps the candidates and knows how they stand. */
#ifndef EXPERIMENT_SEARCH_WORK_H
#define EXPERIMENT_SEARCH_WORK_H

#include "experiment/search.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct SearchWork {
    const SearchProblem *problem;
    Search *search;
    size_t figures; /* of one simulation */
    size_t left;    /* of the budget */
    size_t seen;    /* replications of the front runners */
} SearchWork;

/* Cells, or candidates by number. */
typedef struct CellList {
    size_t *items;
    size_t count, room;
} CellList;

void cell_list_add(CellList *list, size_t cell);
void cell_list_clear(CellList *list);

/* A Latin hypercube: the axis is cut into `points` equal strata, each of which is met once on each
 * axis. Source: McKay, Beckman & Conover, Technometrics 21 (1979). Cells met twice are listed once.
 */
void search_latin_hypercube(const SearchProblem *problem, size_t points, CellList *cells);

/* Candidates --------------------------------------------------------------------------------- */

/* Adds the candidates of the allowed cells, made if need be. */
void search_add_candidates(SearchWork *work, const CellList *cells, CellList *members);
/* Those that have seen so many replications of the search, or more. */
CellList search_candidates(const SearchWork *work, size_t seen);

/* Runs confirmation's replications of the base and records them; false ends the search. */
bool search_replicate_base(SearchWork *work);
/* Gives each member as many replications as `target`, in one batch, and records it. */
bool search_replicate(SearchWork *work, SearchStage stage, const CellList *members, size_t target);

/* Over `count` replications of `width` figures each. */
double search_mean(const double *figures, size_t width, size_t count, size_t figure);
bool search_is_within(const SearchLimit *limit, double value);
/* By how much the value is within the limit; below 0: beyond it. */
double search_room(const SearchLimit *limit, double value);

/* Standing: who is ahead in a search, with how much doubt ---------------------------------------
 *
 * A candidate stands on the far side of a limit by
 *     excess(z) = mean + margin + z se - limit      (signs turned for a limit from below)
 * where se is the standard error of what it will show in confirmation, predicted by what it has
 * shown so far, sd sqrt(1/n + 1/R), and margin what the confidence interval of the R replications
 * of confirmation's replications will take. At a level z those without excess go first, cheapest
 * first; then the others, least excess (in shares of the limit) first; equals by cell. z = 0 takes
 * the means as they are; at z = -1 every limit is met by one standard error more: a cheap candidate
 * that has been unlucky; at z = 1 by one less: a safe one. All candidates see the same requests, so
 * a bad draw moves all alike, and it is one z for all of them.
 *
 * With two replications a standard deviation of one's own says little. It is mixed with the
 * relative one of all candidates near the limit, as with ORDER_PRIOR observations (as in empirical
 * Bayes: G. Smyth, Stat. Appl. Genet. Mol. Biol. 3 (2004)). */

typedef enum OrderLevel { ORDER_AS_SEEN, ORDER_OPTIMISTIC = 3, ORDER_LEVELS = 5 } OrderLevel;

/* How candidates stand by what the search has seen of them; by candidate. */
typedef struct Order {
    const SearchCandidate *candidates; /* lent */
    double *cost;                      /* means; infinite where a figure does not apply */
    double (*excess)[ORDER_LEVELS];    /* 0: all limits kept */
} Order;

/* Of these candidates; NULL: all of them. */
void order_init(Order *order, const SearchWork *work, const CellList *members);
void order_clear(Order *order);

/* Is candidate a ahead of candidate b at the level? */
bool order_before(const Order *order, size_t level, size_t a, size_t b);

/* Leaves at most `places` members, taking in turn the first of each level that is not taken yet.
 * Members whose every figure is that of another that would win among equals are passed over. */
void search_keep_best(SearchWork *work, CellList *members, size_t places);

/* Have both seen as many replications of the search, and given the very same in all of them? */
bool search_is_twin(const SearchWork *work, const SearchCandidate *a, const SearchCandidate *b);

/* Confirmation ------------------------------------------------------------------------------- */

/* Confirms them, with the base the first time, and ranks all that are confirmed. */
bool search_confirm(SearchWork *work, const CellList *members);
/* Finalists, their rivals, and points of the front: `places` and more, as the budget allows. */
bool search_confirm_finalists(SearchWork *work, size_t places);
/* How many may be confirmed beside the base, if half of the budget at most is kept for it. */
size_t search_places(const SearchProblem *problem);

/* What a candidate will show in confirmation, told from what has been seen.
 *
 * A confirmed candidate's fresh replications are the control: on them the other will show what the
 * control has shown, times the ratio of the two over all replications that both have seen (a ratio
 * estimator; W. Cochran, Sampling Techniques, 3rd ed., ch. 6), for on common random numbers a bad
 * day is bad for both. What it has been seen to show itself on fresh replications is taken as it
 * is. The doubt is the spread of what the ratio leaves over. Of the confirmed ones that gives the
 * forecast with the least doubt, figure by figure. */
typedef struct Forecast {
    double mean;
    double half_width; /* of its confidence interval */
    double error;      /* standard error of the forecast; 0: no doubt */
} Forecast;

/* Of a candidate that is not confirmed. Its mean is NAN if nobody tells: it has not been seen
 * beside a confirmed one, or some of what was seen is no number, or without end. */
Forecast search_forecast(const SearchWork *work, size_t candidate, size_t figure);

/* Of one that is not confirmed: by how many standard errors it is forecast to keep the limit that
 * it keeps worst, with its interval; below 0: to break it. */
double search_forecast_margin(const SearchWork *work, size_t candidate);

#endif
