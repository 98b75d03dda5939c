// SPDX-License-Identifier: GPL-3.0-or-later
/* Who is ahead in a search, with how much doubt.
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
#ifndef EXPERIMENT_SEARCH_ORDER_H
#define EXPERIMENT_SEARCH_ORDER_H

#include "experiment/search.h"

enum { ORDER_LEVELS = 5 };
extern const double order_levels[ORDER_LEVELS]; /* 0, -1, 1, -2, 2 */

/* How candidates stand by what the search has seen of them. */
typedef struct Order {
    size_t count;
    double *cost;   /* means; infinite where a figure does not apply */
    double *excess; /* ORDER_LEVELS for each candidate; 0: all limits kept */
    size_t *cells;
} Order;

/* Of the candidates numbered in members[]. */
void order_init(Order *order, const SearchProblem *problem, const Search *search,
                const size_t members[], size_t count);
void order_clear(Order *order);

/* Is member a ahead of member b at the level? */
bool order_before(const Order *order, size_t level, size_t a, size_t b);

/* Fills taken[] with at most `places` numbers of members, taking in turn the first of each level
 * that is not taken yet. Members whose every figure is that of another that would win among equals
 * are passed over. Returns how many were taken. */
size_t order_take(const Order *order, const Search *search, const SearchProblem *problem,
                  const size_t members[], size_t places, size_t taken[]);

/* Have both given the very same in all replications so far? */
bool order_same(const SearchCandidate *a, const SearchCandidate *b, const SearchProblem *problem);

#endif
