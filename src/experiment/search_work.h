// SPDX-License-Identifier: GPL-3.0-or-later
/* What the stages of a search share (search.c): its state, and candidates by number. */
#ifndef EXPERIMENT_SEARCH_WORK_H
#define EXPERIMENT_SEARCH_WORK_H

#include "experiment/search_order.h"
#include "experiment/search_space.h"

enum {
    FINALISTS = 5,    /* that are confirmed first */
    FRONT_POINTS = 6, /* of the front that are confirmed at last, if the budget allows */
    OPTIMISTIC = 3    /* of order_levels: -2 */
};

typedef struct SearchWork {
    const SearchProblem *problem;
    Search *search;
    size_t figures; /* of one simulation */
    size_t left;    /* of the budget */
    size_t seen;    /* replications of the front runners */
} SearchWork;

/* Candidates --------------------------------------------------------------------------------- */

/* The candidate of that cell, made if need be; SEARCH_NONE if the cell is not allowed. */
size_t search_candidate(SearchWork *work, size_t cell);
/* Those of the allowed cells. */
void search_add_candidates(SearchWork *work, const CellList *cells, CellList *members);
CellList search_all_candidates(const SearchWork *work);

bool search_simulate(SearchWork *work, SearchStage stage, const SearchRun runs[], size_t count,
                     double *figures);
/* Gives each member as many replications as `target`, in one batch, and records it. */
bool search_replicate(SearchWork *work, SearchStage stage, const CellList *members, size_t target);

/* Records and figures ------------------------------------------------------------------------ */

/* Over `count` replications of `width` figures each. */
double search_mean(const double *figures, size_t width, size_t count, size_t figure);
bool search_is_within(const SearchLimit *limit, double value);
void search_record(SearchWork *work, SearchStage stage, size_t cell, const double *figures,
                   size_t count);

/* Standing ----------------------------------------------------------------------------------- */

/* Leaves those that order_take takes, in its order. */
void search_keep_best(SearchWork *work, CellList *members, size_t places);
/* How all candidates stand: member i is candidate i. */
void search_order_all(SearchWork *work, Order *order);
double search_excess(const Order *order, size_t candidate, size_t level);

/* Stages ------------------------------------------------------------------------------------- */

/* whole: every allowed cell, if enumerated. */
bool search_screen(SearchWork *work, const CellList *whole, bool enumerated, size_t budget);
bool search_halve(SearchWork *work, size_t budget);
/* Leaves `reserve` of the budget alone. */
bool search_refine(SearchWork *work, size_t reserve);
/* Confirms them, with the base the first time, and ranks all that are confirmed. */
bool search_confirm(SearchWork *work, const CellList *members);
bool search_confirm_finalists(SearchWork *work, size_t places);

#endif
