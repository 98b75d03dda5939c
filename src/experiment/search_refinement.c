// SPDX-License-Identifier: GPL-3.0-or-later
/* Refinement: the neighbours of the best, until none wins. */
#include "experiment/search_work.h"

#include "base/memory.h"
#include "stats/inference.h"

#include <stdlib.h>

/* Of those that have seen all that the front runners have. */
static size_t leader_of(SearchWork *work) {
    Order order;
    search_order_all(work, &order);
    size_t leader = SEARCH_NONE;
    for (size_t i = 0; i < work->search->count; i++) {
        if (work->search->candidates[i].count >= work->seen &&
            (leader == SEARCH_NONE || order_before(&order, 0, i, leader))) {
            leader = i;
        }
    }
    order_clear(&order);
    return leader;
}

/* Whether it costs more than the leader beyond doubt, in the replications that both have seen. */
static bool costs_more(const SearchWork *work, size_t candidate, size_t leader) {
    const SearchCandidate *one = &work->search->candidates[candidate];
    const SearchCandidate *first = &work->search->candidates[leader];
    const size_t count = one->count < first->count ? one->count : first->count;
    double *costs = memory_new(2 * count + 1, sizeof *costs);
    for (size_t i = 0; i < count; i++) {
        costs[i] = first->figures[i * work->figures + SEARCH_COST];
        costs[count + i] = one->figures[i * work->figures + SEARCH_COST];
    }
    const Estimate difference =
        estimate_difference(costs, costs + count, count, work->problem->confidence, NULL);
    free(costs);
    return difference.count >= 2 && difference.mean - difference.half_width > 0;
}

static bool is_worse(const SearchWork *work, const Order *order, size_t candidate, size_t leader) {
    const double leader_excess = search_excess(order, leader, 0);
    return search_excess(order, candidate, OPTIMISTIC) > leader_excess ||
           (leader_excess == 0 && costs_more(work, candidate, leader));
}

static void drop_worse(SearchWork *work, CellList *members, size_t leader) {
    Order order;
    search_order_all(work, &order);
    size_t kept = 0;
    for (size_t i = 0; i < members->count; i++) {
        const size_t candidate = members->items[i];
        if (work->search->candidates[candidate].count < 2 ||
            !is_worse(work, &order, candidate, leader)) {
            members->items[kept++] = candidate;
        }
    }
    members->count = kept;
    order_clear(&order);
}

/* As many of them, from the first, as the budget has room for. */
static void fit_budget(SearchWork *work, CellList *members, size_t target, size_t reserve) {
    size_t cost = 0, kept = 0;
    for (; kept < members->count; kept++) {
        const size_t count = work->search->candidates[members->items[kept]].count;
        cost += count < target ? target - count : 0;
        if (cost + reserve > work->left) {
            work->search->budget_ended = true;
            break;
        }
    }
    members->count = kept;
}

/* More and more replications for those that are not yet shown to be worse than the leader, until
 * they have seen as many as the front runners; the others are dropped from the list. */
static bool race(SearchWork *work, CellList *members, size_t leader, size_t reserve) {
    for (size_t target = 2; members->count > 0; target *= 2) {
        target = target < work->seen ? target : work->seen;
        drop_worse(work, members, leader);
        fit_budget(work, members, target, reserve);
        if (!search_replicate(work, SEARCH_REFINEMENT, members, target)) {
            return false;
        }
        if (target == work->seen) {
            break;
        }
    }
    return true;
}

typedef void Neighbourhood(const SearchProblem *problem, size_t cell, const size_t steps[],
                           CellList *cells);

/* Looks at the neighbours of the leader; *leader becomes the best of them all. */
static bool look_around(SearchWork *work, Neighbourhood *neighbourhood, const size_t steps[],
                        size_t reserve, size_t *leader) {
    CellList cells = {0};
    CellList members = {0};
    neighbourhood(work->problem, work->search->candidates[*leader].cell, steps, &cells);
    search_add_candidates(work, &cells, &members);
    size_t kept = 0;
    for (size_t i = 0; i < members.count; i++) { /* those that lost against it already */
        if (work->search->candidates[members.items[i]].count < work->seen) {
            members.items[kept++] = members.items[i];
        }
    }
    members.count = kept;
    const bool done = race(work, &members, *leader, reserve);
    if (done) {
        *leader = leader_of(work);
    }
    cell_list_clear(&cells);
    cell_list_clear(&members);
    return done;
}

static bool halve_steps(size_t steps[], size_t count) {
    bool halved = false;
    for (size_t i = 0; i < count; i++) {
        halved = halved || steps[i] > 1;
        steps[i] = steps[i] > 1 ? steps[i] / 2 : 1;
    }
    return halved;
}

bool search_refine(SearchWork *work, size_t reserve) {
    static Neighbourhood *const neighbourhoods[] = {search_neighbours, search_diagonals};
    const size_t axes = work->problem->axis_count;
    size_t *steps = memory_new(axes, sizeof *steps), leader = leader_of(work);
    for (size_t i = 0; i < axes; i++) {
        steps[i] = work->problem->axes[i].step;
    }
    bool done = true, more = true;
    while (done && more && !work->search->budget_ended) {
        const size_t before = leader;
        for (size_t i = 0; done && i < 2 && leader == before; i++) {
            done = look_around(work, neighbourhoods[i], steps, reserve, &leader);
        }
        more = leader != before || halve_steps(steps, axes);
    }
    free(steps);
    return done;
}
