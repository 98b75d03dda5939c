// SPDX-License-Identifier: GPL-3.0-or-later
/* The stages of a search, one after the other; see search.h. Decisions are made between batches of
 * simulations, on what all of them gave, so that they do not depend on who ran what when. */
#include "experiment/search_work.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/random.h"
#include "stats/inference.h"

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
}

static size_t cell_at(const SearchAxis axes[], size_t axis_count, const size_t positions[]) {
    size_t cell = 0;
    for (size_t i = 0; i < axis_count; i++) {
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

void cell_list_add(CellList *list, size_t cell) {
    list->items = memory_grow(list->items, list->count, &list->room, sizeof *list->items);
    list->items[list->count++] = cell;
}

void cell_list_clear(CellList *list) {
    free(list->items);
    *list = (CellList){0};
}

/* Latin hypercube ---------------------------------------------------------------------------- */

static void shuffle(size_t items[], size_t count, RandomStream *stream) {
    for (size_t i = count; i > 1; i--) {
        const size_t other = (size_t)random_below(stream, i), kept = items[i - 1];
        items[i - 1] = items[other];
        items[other] = kept;
    }
}

static int by_number(const void *left, const void *right) {
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

static void drop_repeated(CellList *cells) {
    size_t kept = 0;
    qsort(cells->items, cells->count, sizeof *cells->items, by_number);
    for (size_t i = 0; i < cells->count; i++) {
        if (i == 0 || cells->items[i] != cells->items[i - 1]) {
            cells->items[kept++] = cells->items[i];
        }
    }
    cells->count = kept;
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
    drop_repeated(cells);
    free(strata);
    free(positions);
}

/* Neighbours --------------------------------------------------------------------------------- */

/* Moves by a step up or down; false at the end of the axis. */
static bool move(const SearchAxis *axis, size_t *position, size_t step, bool up) {
    if (up ? *position + step >= axis->count : *position < step) {
        return false;
    }
    *position = up ? *position + step : *position - step;
    return true;
}

static void search_neighbours(const SearchProblem *problem, size_t cell, const size_t steps[],
                              CellList *cells) {
    const size_t axes = problem->axis_count;
    size_t *positions = memory_new(axes, sizeof *positions);
    for (size_t i = 0; i < 2 * axes; i++) {
        const size_t axis = i / 2;
        search_positions(problem->axes, axes, cell, positions);
        if (move(&problem->axes[axis], &positions[axis], steps[axis], i % 2 == 1)) {
            cell_list_add(cells, cell_at(problem->axes, axes, positions));
        }
    }
    free(positions);
}

static void search_diagonals(const SearchProblem *problem, size_t cell, const size_t steps[],
                             CellList *cells) {
    const size_t axes = problem->axis_count;
    size_t *positions = memory_new(axes, sizeof *positions);
    for (size_t one = 0; one < axes; one++) {
        for (size_t i = 2 * (one + 1); i < 2 * axes; i++) {
            const size_t other = i / 2;
            for (int up = 0; up < 2; up++) {
                search_positions(problem->axes, axes, cell, positions);
                if (move(&problem->axes[one], &positions[one], steps[one], up == 1) &&
                    move(&problem->axes[other], &positions[other], steps[other], i % 2 == 1)) {
                    cell_list_add(cells, cell_at(problem->axes, axes, positions));
                }
            }
        }
    }
    free(positions);
}

enum {
    LAST_ROUND = 20, /* candidates in the last round */
    DIVISOR = 3      /* one in so many stays in a round */
};
/* Shares of what the stages before have left. */
#define SCREENING_SHARE 0.6
#define HALVING_SHARE 0.65

/* Screening ---------------------------------------------------------------------------------- */

static bool search_screen(SearchWork *work, const CellList *whole, bool enumerated, size_t budget) {
    const size_t most = (size_t)(SCREENING_SHARE * (double)budget);
    size_t replications = 2;
    CellList sample = {0};
    const CellList *cells = whole;
    if (enumerated && whole->count <= most) {
        replications = 2 * whole->count <= most ? 2 : 1;
    } else {
        search_latin_hypercube(work->problem, most / 2, &sample);
        cells = &sample;
        work->search->whole_grid = false;
    }
    CellList members = {0};
    search_add_candidates(work, cells, &members);
    work->search->screened = members.count;
    work->seen = replications;
    const bool done =
        members.count > 0 && search_replicate(work, SEARCH_SCREENING, &members, replications);
    cell_list_clear(&sample);
    cell_list_clear(&members);
    return done;
}

/* Halving ------------------------------------------------------------------------------------ */

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

static bool search_halve(SearchWork *work, size_t budget) {
    CellList members = search_all_candidates(work);
    size_t rounds = rounds_for(members.count), left = (size_t)(HALVING_SHARE * (double)budget);
    bool done = true;
    for (; done && rounds > 0; rounds--) {
        const size_t next = size_after(members.count);
        const size_t places = next < left ? next : left;
        if (places == 0) {
            break;
        }
        search_keep_best(work, &members, places);
        size_t more = left / rounds / members.count;
        more = more > 0 ? more : 1;
        const size_t most = work->problem->confirmation;
        const size_t target = work->seen + more < most ? work->seen + more : most;
        left -= (target - work->seen) * members.count;
        work->seen = target;
        done = search_replicate(work, SEARCH_HALVING, &members, target);
    }
    cell_list_clear(&members);
    return done;
}

/* Refinement: the neighbours of the best, until none wins -------------------------------------- */

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

static bool search_refine(SearchWork *work, size_t reserve) {
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

/* The whole ---------------------------------------------------------------------------------- */

enum {
    LEAST_PLACES = 2, /* in confirmation, beside the base */
    SAMPLE_FACTOR = 4 /* a grid of more cells than so many budgets is sampled unseen */
};

/* Every allowed cell; false if there are too many to look at. */
static bool enumerate(SearchWork *work, CellList *cells) {
    const SearchProblem *problem = work->problem;
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

size_t search_least_budget(size_t confirmation) {
    return 2 * (LEAST_PLACES + 1) * confirmation;
}

/* How many may be confirmed beside the base, if half of the budget at most is kept for it. */
static size_t places_for(const SearchProblem *problem) {
    const size_t places = problem->budget / 2 / problem->confirmation - 1;
    return places < FINALISTS + FRONT_POINTS ? places : FINALISTS + FRONT_POINTS;
}

static bool search_by_stages(SearchWork *work, const CellList *cells, bool enumerated) {
    const size_t places = places_for(work->problem);
    const size_t reserve = (places + 1) * work->problem->confirmation;
    if (!search_screen(work, cells, enumerated, work->left - reserve) ||
        !search_halve(work, work->left - reserve) || !search_refine(work, reserve)) {
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

bool search_run(const SearchProblem *problem, Search *search) {
    asim_assert(problem->budget >= search_least_budget(problem->confirmation) &&
                problem->confirmation >= 2 && problem->confirmation <= SEARCH_FRESH);
    *search = (Search){.whole_grid = true};
    SearchWork work = {.problem = problem,
                       .search = search,
                       .figures = SEARCH_LIMITS + problem->limit_count,
                       .left = problem->budget};
    CellList cells = {0};
    const bool enumerated = enumerate(&work, &cells);
    const bool done = enumerated && cells.count < problem->budget / problem->confirmation
                          ? confirm_everything(&work, &cells)
                          : search_by_stages(&work, &cells, enumerated);
    cell_list_clear(&cells);
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
