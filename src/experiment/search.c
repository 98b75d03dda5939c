// SPDX-License-Identifier: GPL-3.0-or-later
/* The stages of a search, one after the other; see search.h. Decisions are made between batches of
 * simulations, on what all of them gave, so that they do not depend on who ran what when. */
#include "experiment/search_work.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/random.h"
#include "experiment/cells.h"
#include "stats/estimate.h"

#include <math.h>
#include <stdlib.h>

/* The grid ----------------------------------------------------------------------------------- */

size_t search_cells(const SearchAxis axes[], size_t axis_count) {
    size_t cells = 1;
    for (size_t i = 0; i < axis_count; i++) {
        if (axes[i].count != 0 && cells > (SIZE_MAX - 1) / axes[i].count) {
            return SIZE_MAX;
        }
        cells *= axes[i].count;
    }
    return cells;
}

void search_positions(const SearchAxis axes[], size_t axis_count, size_t cell, size_t positions[]) {
    for (size_t i = axis_count; i-- > 0;) {
        positions[i] = cell % axes[i].count;
        cell /= axes[i].count;
    }
    asim_assert(cell == 0); /* it is on the grid */
}

static size_t cell_at(const SearchAxis axes[], size_t axis_count, const size_t positions[]) {
    size_t cell = 0;
    for (size_t i = 0; i < axis_count; i++) {
        asim_assert(positions[i] < axes[i].count);
        cell = cell * axes[i].count + positions[i];
    }
    return cell;
}

/* Rounded: the order in which shares are added up must not tell equals apart. */
double search_distance(const SearchProblem *problem, size_t cell) {
    double distance = 0;
    for (size_t i = problem->axis_count; i-- > 0;) {
        const SearchAxis *axis = &problem->axes[i];
        distance += axis->away ? axis->away[cell % axis->count] : 0;
        cell /= axis->count;
    }
    return round(1e9 * distance) / 1e9;
}

/* Screening ---------------------------------------------------------------------------------- */

static void shuffle(size_t items[], size_t count, RandomStream *stream) {
    for (size_t i = count; i > 1; i--) {
        const size_t other = (size_t)random_below(stream, i), kept = items[i - 1];
        items[i - 1] = items[other];
        items[other] = kept;
    }
}

void search_latin_hypercube(const SearchProblem *problem, size_t points, CellList *cells) {
    const size_t axes = problem->axis_count;
    size_t *strata = memory_new(points, sizeof *strata);
    size_t *positions = memory_new(points * axes, sizeof *positions);
    for (size_t axis = 0; axis < axes; axis++) {
        RandomStream stream;
        random_stream_init_named(&stream, problem->seed, 0, "search.sample.%zu", axis);
        for (size_t i = 0; i < points; i++) {
            strata[i] = i;
        }
        shuffle(strata, points, &stream);
        for (size_t i = 0; i < points; i++) {
            const double share = ((double)strata[i] + random_uniform(&stream)) / (double)points;
            const size_t count = problem->axes[axis].count;
            const size_t position = (size_t)(share * (double)count);
            positions[i * axes + axis] = position < count ? position : count - 1;
        }
    }
    for (size_t i = 0; i < points; i++) {
        cell_list_add(cells, cell_at(problem->axes, axes, positions + i * axes));
    }
    cells->count = cells_distinct(cells->items, cells->count);
    free(strata);
    free(positions);
}

/* Shares of what the stages before have left. */
#define SCREENING_SHARE 0.6
#define HALVING_SHARE 0.65

/* whole: every allowed cell, if enumerated. */
static bool screen(SearchWork *work, const CellList *whole, bool enumerated, size_t budget) {
    const size_t most = (size_t)(SCREENING_SHARE * (double)budget);
    CellList sample = {0}, members = {0};
    work->seen = 2;
    work->search->whole_grid = enumerated && whole->count <= most;
    if (work->search->whole_grid) {
        work->seen = 2 * whole->count <= most ? 2 : 1;
        search_add_candidates(work, whole, &members);
    } else {
        search_latin_hypercube(work->problem, most / 2, &sample);
        search_add_candidates(work, &sample, &members);
    }
    work->search->screened = members.count;
    asim_assert(members.count * work->seen <= budget);
    const bool done =
        members.count > 0 && search_replicate(work, SEARCH_SCREENING, &members, work->seen);
    cell_list_clear(&sample);
    cell_list_clear(&members);
    return done;
}

/* Halving ------------------------------------------------------------------------------------ */

enum {
    LAST_ROUND = 20, /* candidates in the last round */
    DIVISOR = 3      /* one in so many stays in a round */
};

static size_t size_after(size_t size) {
    const size_t next = (size + DIVISOR - 1) / DIVISOR;
    return next > LAST_ROUND ? next : LAST_ROUND;
}

/* At least one: even a few candidates get more replications than screening had. */
static size_t rounds_for(size_t size) {
    size_t rounds = 1;
    while (size_after(size) > LAST_ROUND) {
        size = size_after(size);
        rounds++;
    }
    return rounds;
}

static bool halve(SearchWork *work, size_t budget) {
    const size_t most = work->problem->confirmation;
    CellList members = search_candidates(work, 0);
    size_t left = (size_t)(HALVING_SHARE * (double)budget);
    bool done = true;
    for (size_t rounds = rounds_for(members.count); done && rounds > 0; rounds--) {
        const size_t next = size_after(members.count), places = next < left ? next : left;
        if (places == 0) {
            break;
        }
        search_keep_best(work, &members, places);
        asim_assert(members.count > 0 && members.count <= places);
        const size_t more = left / rounds / members.count;
        const size_t wanted = work->seen + (more > 0 ? more : 1);
        const size_t target = wanted < most ? wanted : most;
        asim_assert((target - work->seen) * members.count <= left);
        left -= (target - work->seen) * members.count;
        work->seen = target;
        done = search_replicate(work, SEARCH_HALVING, &members, target);
    }
    cell_list_clear(&members);
    return done;
}

/* Refinement: the neighbours of the best, until none wins -------------------------------------- */

static void order_all(const SearchWork *work, Order *order) {
    CellList all = search_candidates(work, 0);
    order_init(order, work, &all);
    cell_list_clear(&all);
}

/* Of those that have seen all that the front runners have. */
static size_t leader_of(const SearchWork *work) {
    Order order;
    order_all(work, &order);
    size_t leader = SEARCH_NONE;
    for (size_t i = 0; i < work->search->count; i++) {
        if (work->search->candidates[i].count >= work->seen &&
            (leader == SEARCH_NONE || order_before(&order, ORDER_AS_SEEN, i, leader))) {
            leader = i;
        }
    }
    order_clear(&order);
    asim_assert(leader != SEARCH_NONE);
    return leader;
}

/* Whether it costs more than the leader beyond doubt, in the replications that both have seen. */
static bool costs_more(const SearchWork *work, const SearchCandidate *one,
                       const SearchCandidate *leader) {
    const size_t count = one->count < leader->count ? one->count : leader->count;
    double *costs = memory_new(2 * count + 1, sizeof *costs);
    search_take(work->problem, leader->figures, count, SEARCH_COST, costs);
    search_take(work->problem, one->figures, count, SEARCH_COST, costs + count);
    const Estimate difference =
        estimate_difference(costs, costs + count, count, work->problem->confidence, NULL);
    free(costs);
    return difference.count >= 2 && difference.mean - difference.half_width > 0;
}

static bool is_worse(const SearchWork *work, const Order *order, size_t candidate, size_t leader) {
    const double least = order->excess[leader][ORDER_AS_SEEN];
    return order->excess[candidate][ORDER_OPTIMISTIC] > least ||
           (least == 0 &&
            costs_more(work, &order->candidates[candidate], &order->candidates[leader]));
}

static void drop_worse(const SearchWork *work, CellList *members, size_t leader) {
    Order order;
    order_all(work, &order);
    size_t kept = 0;
    for (size_t i = 0; i < members->count; i++) {
        const size_t candidate = members->items[i];
        if (order.candidates[candidate].count < 2 || !is_worse(work, &order, candidate, leader)) {
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
    asim_assert(kept == members->count || work->search->budget_ended);
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
        asim_assert(work->left >= reserve);
        if (target == work->seen) {
            break;
        }
    }
    return true;
}

typedef struct Move {
    size_t axis;
    bool up;
} Move;

/* Adds the cell that these moves lead to, unless one of them ends beyond its axis. */
static void add_moved(const SearchProblem *problem, size_t cell, const size_t steps[],
                      const Move moves[], size_t count, CellList *cells) {
    size_t *positions = memory_new(problem->axis_count, sizeof *positions);
    bool within = true;
    search_positions(problem->axes, problem->axis_count, cell, positions);
    for (size_t i = 0; i < count; i++) {
        const size_t axis = moves[i].axis, step = steps[axis];
        within = within && (moves[i].up ? positions[axis] + step < problem->axes[axis].count
                                        : positions[axis] >= step);
        positions[axis] = moves[i].up ? positions[axis] + step : positions[axis] - step;
    }
    if (within) {
        cell_list_add(cells, cell_at(problem->axes, problem->axis_count, positions));
    }
    free(positions);
}

/* Cells one step away: on one axis; or on two at once, for where a limit runs slantwise, cheaper is
 * to be had only by giving a little on one and taking it on another. */
static void add_neighbours(const SearchProblem *problem, size_t cell, const size_t steps[],
                           bool diagonal, CellList *cells) {
    for (size_t one = 0; one < problem->axis_count; one++) {
        for (int up = 0; up < 2 && !diagonal; up++) {
            add_moved(problem, cell, steps, &(Move){one, up}, 1, cells);
        }
        for (size_t other = one + 1; other < problem->axis_count && diagonal; other++) {
            for (int turn = 0; turn < 4; turn++) {
                const Move moves[] = {{one, turn % 2 == 1}, {other, turn / 2 == 1}};
                add_moved(problem, cell, steps, moves, 2, cells);
            }
        }
    }
}

/* Looks at the neighbours of the leader; *leader becomes the best of them all. */
static bool look_around(SearchWork *work, bool diagonal, const size_t steps[], size_t reserve,
                        size_t *leader) {
    CellList cells = {0}, members = {0};
    add_neighbours(work->problem, work->search->candidates[*leader].cell, steps, diagonal, &cells);
    search_add_candidates(work, &cells, &members);
    size_t kept = 0;
    for (size_t i = 0; i < members.count; i++) { /* others lost against it already */
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

/* Leaves `reserve` of the budget alone. */
static bool refine(SearchWork *work, size_t reserve) {
    const size_t axes = work->problem->axis_count;
    size_t *steps = memory_new(axes, sizeof *steps), leader = leader_of(work);
    for (size_t i = 0; i < axes; i++) {
        steps[i] = work->problem->axes[i].step;
    }
    bool done = true, more = true;
    while (done && more && !work->search->budget_ended) {
        const size_t before = leader;
        for (int diagonal = 0; done && diagonal < 2 && leader == before; diagonal++) {
            done = look_around(work, diagonal, steps, reserve, &leader);
        }
        more = leader != before || halve_steps(steps, axes);
    }
    free(steps);
    return done;
}

/* The whole ---------------------------------------------------------------------------------- */

enum { SAMPLE_FACTOR = 4 }; /* a grid of more cells than so many budgets is sampled unseen */

/* Every allowed cell; false if there are too many to look at. */
static bool enumerate(const SearchProblem *problem, CellList *cells) {
    const size_t count = search_cells(problem->axes, problem->axis_count);
    if (count / SAMPLE_FACTOR > problem->budget) {
        return false;
    }
    for (size_t cell = 0; cell < count; cell++) {
        if (problem->allowed(problem->self, cell)) {
            cell_list_add(cells, cell);
        }
    }
    return true;
}

static bool search_by_stages(SearchWork *work, const CellList *cells, bool enumerated) {
    const size_t places = search_places(work->problem);
    const size_t reserve = (places + 1) * work->problem->confirmation;
    if (!screen(work, cells, enumerated, work->left - reserve) ||
        !halve(work, work->left - reserve) || !refine(work, reserve)) {
        return false;
    }
    work->search->replications = work->seen;
    return search_confirm_finalists(work, places);
}

static bool confirm_everything(SearchWork *work, const CellList *cells) {
    CellList members = {0};
    work->search->all_confirmed = true;
    work->search->screened = cells->count;
    search_add_candidates(work, cells, &members);
    const bool done = members.count > 0 && search_confirm(work, &members);
    cell_list_clear(&members);
    return done;
}

size_t search_width(const SearchProblem *problem) {
    return SEARCH_LIMITS + problem->limit_count + problem->told_count;
}

bool search_run(const SearchProblem *problem, Search *search) {
    asim_assert(problem->budget >= search_least_budget(problem->confirmation) &&
                problem->confirmation >= 2 && problem->confirmation <= SEARCH_FRESH);
    *search = (Search){.whole_grid = true};
    SearchWork work = {.problem = problem,
                       .search = search,
                       .figures = search_width(problem),
                       .left = problem->budget};
    CellList cells = {0};
    const bool enumerated = enumerate(problem, &cells);
    const bool done = enumerated && cells.count < problem->budget / problem->confirmation
                          ? confirm_everything(&work, &cells)
                          : search_by_stages(&work, &cells, enumerated);
    cell_list_clear(&cells);
    asim_assert(!done || (search->confirmed_count > 0 && search->simulations <= problem->budget));
    return done;
}

void search_clear(Search *search) {
    for (size_t i = 0; i < search->count; i++) {
        free(search->candidates[i].figures);
        free(search->candidates[i].fresh);
    }
    for (size_t i = 0; i < search->record_count; i++) {
        free(search->records[i].means);
    }
    free(search->candidates);
    free(search->records);
    free(search->base);
    free(search->confirmed);
    *search = (Search){0};
}
