// SPDX-License-Identifier: GPL-3.0-or-later
/* The stages of a search; see search.h. Decisions are made between batches of simulations, on what
 * all of them gave, so that they do not depend on who ran what when. */
#include "experiment/search.h"

#include "engine/memory.h"
#include "experiment/search_order.h"
#include "experiment/search_space.h"
#include "stats/inference.h"
#include "stats/pareto.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FINALISTS = 5,     /* that are confirmed at least */
    FRONT_POINTS = 6,  /* of the front that are confirmed beside them */
    LAST_ROUND = 20,   /* candidates in the last round of halving */
    DIVISOR = 3,       /* one in so many stays in a round */
    LEAST_PLACES = 2,  /* in confirmation, beside the base */
    SAMPLE_FACTOR = 4, /* a grid of more cells than so many budgets is sampled unseen */
    OPTIMISTIC = 3     /* of order_levels: -2 */
};
/* Shares of what the stages before have left. */
#define SCREENING_SHARE 0.6
#define HALVING_SHARE 0.65

const char *const search_stage_names[] = {"screening", "halving", "refinement", "confirmation",
                                          NULL};

typedef struct Work {
    const SearchProblem *problem;
    Search *search;
    size_t figures; /* of one simulation */
    size_t left;    /* of the budget */
    size_t seen;    /* replications of the front runners */
} Work;

/* Candidates by number. */
typedef CellList Members;

/* Candidates --------------------------------------------------------------------------------- */

/* The candidate of that cell, made if need be; SEARCH_NONE if the cell is not allowed. */
static size_t candidate_of(Work *work, size_t cell) {
    Search *search = work->search;
    for (size_t i = 0; i < search->count; i++) {
        if (search->candidates[i].cell == cell) {
            return i;
        }
    }
    if (!work->problem->allowed(work->problem->self, cell)) {
        return SEARCH_NONE;
    }
    search->candidates =
        memory_grow(search->candidates, search->count, &search->room, sizeof *search->candidates);
    search->candidates[search->count] = (SearchCandidate){.cell = cell};
    return search->count++;
}

static void add_candidates(Work *work, const CellList *cells, Members *members) {
    for (size_t i = 0; i < cells->count; i++) {
        const size_t candidate = candidate_of(work, cells->items[i]);
        if (candidate != SEARCH_NONE) {
            cell_list_add(members, candidate);
        }
    }
}

static Members all_candidates(const Work *work) {
    Members members = {0};
    for (size_t i = 0; i < work->search->count; i++) {
        cell_list_add(&members, i);
    }
    return members;
}

static bool simulate(Work *work, SearchStage stage, const SearchRun runs[], size_t count,
                     double *figures) {
    assert(count <= work->left);
    work->left -= count;
    work->search->simulations += count;
    return count == 0 || work->problem->simulate(work->problem->self, stage, runs, count, figures);
}

/* Gives each member as many replications as `target`, in one batch. */
static bool replicate(Work *work, SearchStage stage, const Members *members, size_t target) {
    const size_t figures = work->figures;
    SearchRun *runs = memory_new(members->count * target + 1, sizeof *runs);
    size_t count = 0;
    for (size_t i = 0; i < members->count; i++) {
        const SearchCandidate *candidate = &work->search->candidates[members->items[i]];
        for (size_t k = candidate->count; k < target; k++) {
            runs[count++] = (SearchRun){.cell = candidate->cell, .replication = k};
        }
    }
    double *got = memory_new(count * figures + 1, sizeof *got);
    const bool done = simulate(work, stage, runs, count, got);
    const double *next = got;
    for (size_t i = 0; done && i < members->count; i++) {
        SearchCandidate *candidate = &work->search->candidates[members->items[i]];
        if (candidate->count < target) {
            const size_t more = (target - candidate->count) * figures;
            candidate->figures =
                memory_resize(candidate->figures, target * figures, sizeof(double));
            memcpy(candidate->figures + candidate->count * figures, next, more * sizeof(double));
            candidate->count = target;
            next += more;
        }
    }
    free(runs);
    free(got);
    return done;
}

/* Records ------------------------------------------------------------------------------------ */

static double mean_of(const double *figures, size_t width, size_t count, size_t figure) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += figures[i * width + figure];
    }
    return sum / (double)count;
}

static bool is_within(const SearchLimit *limit, double value) {
    return limit->at_least ? value >= limit->limit : value <= limit->limit;
}

static void record(Work *work, SearchStage stage, size_t round, size_t cell, const double *figures,
                   size_t count) {
    Search *search = work->search;
    search->records = memory_grow(search->records, search->record_count, &search->record_room,
                                  sizeof *search->records);
    SearchRecord *entry = &search->records[search->record_count++];
    *entry = (SearchRecord){.stage = stage,
                            .round = round,
                            .cell = cell,
                            .replications = count,
                            .within = true,
                            .means = memory_new(work->figures, sizeof(double))};
    for (size_t i = 0; i < work->figures; i++) {
        entry->means[i] = mean_of(figures, work->figures, count, i);
    }
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        entry->within =
            entry->within && is_within(&work->problem->limits[i], entry->means[SEARCH_LIMITS + i]);
    }
    entry->within = entry->within && !isnan(entry->means[SEARCH_COST]);
}

static void record_all(Work *work, SearchStage stage, size_t round, const Members *members) {
    for (size_t i = 0; i < members->count; i++) {
        const SearchCandidate *candidate = &work->search->candidates[members->items[i]];
        record(work, stage, round, candidate->cell, candidate->figures, candidate->count);
    }
}

/* Screening ---------------------------------------------------------------------------------- */

/* Every allowed cell; false if there are too many to look at. */
static bool enumerate(Work *work, CellList *cells) {
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

static bool screen(Work *work, const CellList *whole, bool enumerated, size_t budget) {
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
    Members members = {0};
    add_candidates(work, cells, &members);
    work->search->screened = members.count;
    work->seen = replications;
    const bool done =
        members.count > 0 && replicate(work, SEARCH_SCREENING, &members, replications);
    if (done) {
        record_all(work, SEARCH_SCREENING, 1, &members);
    }
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

static void keep_best(Work *work, Members *members, size_t places) {
    Order order;
    size_t *taken = memory_new(places, sizeof *taken);
    order_init(&order, work->problem, work->search, members->items, members->count);
    const size_t count =
        order_take(&order, work->search, work->problem, members->items, places, taken);
    Members kept = {0};
    for (size_t i = 0; i < count; i++) {
        cell_list_add(&kept, members->items[taken[i]]);
    }
    cell_list_clear(members);
    *members = kept;
    order_clear(&order);
    free(taken);
}

static bool halve(Work *work, size_t budget) {
    Members members = all_candidates(work);
    size_t rounds = rounds_for(members.count), left = (size_t)(HALVING_SHARE * (double)budget);
    bool done = true;
    for (size_t round = 1; done && rounds > 0; round++, rounds--) {
        const size_t next = size_after(members.count);
        const size_t places = next < left ? next : left;
        if (places == 0) {
            break;
        }
        keep_best(work, &members, places);
        size_t more = left / rounds / members.count;
        more = more > 0 ? more : 1;
        const size_t most = work->problem->confirmation;
        const size_t target = work->seen + more < most ? work->seen + more : most;
        left -= (target - work->seen) * members.count;
        work->seen = target;
        done = replicate(work, SEARCH_HALVING, &members, target);
        if (done) {
            record_all(work, SEARCH_HALVING, round, &members);
        }
    }
    cell_list_clear(&members);
    return done;
}

/* Refinement --------------------------------------------------------------------------------- */

/* How all candidates stand. */
static void order_of_all(Work *work, Order *order) {
    Members members = all_candidates(work);
    order_init(order, work->problem, work->search, members.items, members.count);
    cell_list_clear(&members);
}

static double excess_of(const Order *order, size_t candidate, size_t level) {
    return order->excess[candidate * ORDER_LEVELS + level];
}

/* Of those that have seen all that the front runners have. */
static size_t leader_of(Work *work) {
    Order order;
    order_of_all(work, &order);
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
static bool costs_more(const Work *work, size_t candidate, size_t leader) {
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

static bool is_worse(const Work *work, const Order *order, size_t candidate, size_t leader) {
    const double leader_excess = excess_of(order, leader, 0);
    return excess_of(order, candidate, OPTIMISTIC) > leader_excess ||
           (leader_excess == 0 && costs_more(work, candidate, leader));
}

static void drop_worse(Work *work, Members *members, size_t leader) {
    Order order;
    order_of_all(work, &order);
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
static void fit_budget(Work *work, Members *members, size_t target, size_t reserve) {
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

/* More and more replications for those that are not yet shown to be worse than the leader. */
static bool race(Work *work, Members *members, size_t leader, size_t reserve) {
    for (size_t target = 2; members->count > 0; target *= 2) {
        target = target < work->seen ? target : work->seen;
        drop_worse(work, members, leader);
        fit_budget(work, members, target, reserve);
        if (!replicate(work, SEARCH_REFINEMENT, members, target)) {
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
static bool look_around(Work *work, Neighbourhood *neighbourhood, const size_t steps[],
                        size_t reserve, size_t round, size_t *leader) {
    CellList cells = {0};
    Members members = {0};
    neighbourhood(work->problem, work->search->candidates[*leader].cell, steps, &cells);
    add_candidates(work, &cells, &members);
    size_t kept = 0;
    for (size_t i = 0; i < members.count; i++) { /* those that lost against it already */
        if (work->search->candidates[members.items[i]].count < work->seen) {
            members.items[kept++] = members.items[i];
        }
    }
    members.count = kept;
    const bool done = race(work, &members, *leader, reserve);
    if (done) {
        record_all(work, SEARCH_REFINEMENT, round, &members);
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

static bool refine(Work *work, size_t reserve) {
    static Neighbourhood *const neighbourhoods[] = {search_neighbours, search_diagonals};
    const size_t axes = work->problem->axis_count;
    size_t *steps = memory_new(axes, sizeof *steps), leader = leader_of(work);
    for (size_t i = 0; i < axes; i++) {
        steps[i] = work->problem->axes[i].step;
    }
    bool done = true, more = true;
    for (size_t round = 1; done && more && !work->search->budget_ended;) {
        const size_t before = leader;
        for (size_t i = 0; done && i < 2 && leader == before; i++) {
            done = look_around(work, neighbourhoods[i], steps, reserve, round++, &leader);
        }
        more = leader != before || halve_steps(steps, axes);
    }
    free(steps);
    return done;
}

/* Confirmation ------------------------------------------------------------------------------- */

/* The base first, if it is not yet there; in one batch. */
static bool confirm(Work *work, const Members *members) {
    const size_t figures = work->figures, replications = work->problem->confirmation;
    const bool with_base = !work->search->base;
    const size_t candidates = members->count + with_base;
    SearchRun *runs = memory_new(candidates * replications + 1, sizeof *runs);
    double *got = memory_new(candidates * replications * figures + 1, sizeof *got);
    for (size_t i = 0; i < candidates * replications; i++) {
        const size_t at = i / replications;
        runs[i] =
            (SearchRun){.cell = with_base && at == 0
                                    ? SEARCH_BASE
                                    : work->search->candidates[members->items[at - with_base]].cell,
                        .replication = SEARCH_FRESH + i % replications};
    }
    const bool done = simulate(work, SEARCH_CONFIRMATION, runs, candidates * replications, got);
    const size_t bytes = replications * figures * sizeof(double);
    for (size_t i = 0; done && i < candidates; i++) {
        double *fresh = memory_new(replications * figures, sizeof *fresh);
        memcpy(fresh, got + i * replications * figures, bytes);
        if (with_base && i == 0) {
            work->search->base = fresh;
            record(work, SEARCH_CONFIRMATION, 1, SEARCH_BASE, fresh, replications);
        } else {
            SearchCandidate *candidate = &work->search->candidates[members->items[i - with_base]];
            candidate->fresh = fresh;
            record(work, SEARCH_CONFIRMATION, 1, candidate->cell, fresh, replications);
        }
    }
    free(runs);
    free(got);
    return done;
}

SearchVerdict search_verdict(const SearchProblem *problem, const double *figures, size_t count) {
    const size_t width = SEARCH_LIMITS + problem->limit_count;
    SearchVerdict verdict = SEARCH_CERTAIN;
    double *values = memory_new(count, sizeof *values);
    for (size_t i = 0; i < problem->limit_count; i++) {
        const SearchLimit *limit = &problem->limits[i];
        for (size_t k = 0; k < count; k++) {
            values[k] = figures[k * width + SEARCH_LIMITS + i];
        }
        const Estimate estimate = estimate_mean(values, count, problem->confidence);
        const double worst =
            estimate.mean + (limit->at_least ? -estimate.half_width : estimate.half_width);
        if (estimate.count < count || !is_within(limit, estimate.mean)) {
            verdict = SEARCH_BROKEN;
        } else if (!is_within(limit, worst) && verdict == SEARCH_CERTAIN) {
            verdict = SEARCH_LIKELY;
        }
    }
    free(values);
    return isnan(mean_of(figures, width, count, SEARCH_COST)) ? SEARCH_BROKEN : verdict;
}

/* By how much the means are beyond the limits, in shares of these. */
static double broken_by(const Work *work, const double *figures) {
    double sum = 0;
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        const SearchLimit *limit = &work->problem->limits[i];
        const double mean =
            mean_of(figures, work->figures, work->problem->confirmation, SEARCH_LIMITS + i);
        const double beyond = limit->at_least ? limit->limit - mean : mean - limit->limit;
        const double share = beyond / (limit->limit != 0 ? fabs(limit->limit) : 1);
        sum += isnan(share) ? INFINITY : share > 0 ? share : 0;
    }
    return sum;
}

static bool is_better(const Work *work, const SearchCandidate *a, const SearchCandidate *b) {
    const size_t count = work->problem->confirmation;
    const SearchVerdict verdict_a = search_verdict(work->problem, a->fresh, count);
    const SearchVerdict verdict_b = search_verdict(work->problem, b->fresh, count);
    if (verdict_a != verdict_b) {
        return verdict_a > verdict_b;
    }
    if (verdict_a == SEARCH_BROKEN) {
        const double broken_a = broken_by(work, a->fresh), broken_b = broken_by(work, b->fresh);
        if (broken_a != broken_b) {
            return broken_a < broken_b;
        }
    }
    const double cost_a = mean_of(a->fresh, work->figures, count, SEARCH_COST);
    const double cost_b = mean_of(b->fresh, work->figures, count, SEARCH_COST);
    return cost_a < cost_b || (!(cost_b < cost_a) && a->cell < b->cell);
}

/* Best first. */
static void rank_confirmed(Work *work) {
    Search *search = work->search;
    free(search->confirmed);
    search->confirmed = memory_new(search->count, sizeof *search->confirmed);
    search->confirmed_count = 0;
    for (size_t i = 0; i < search->count; i++) {
        if (search->candidates[i].fresh) {
            size_t at = search->confirmed_count++;
            for (; at > 0 && is_better(work, &search->candidates[i],
                                       &search->candidates[search->confirmed[at - 1]]);
                 at--) {
                search->confirmed[at] = search->confirmed[at - 1];
            }
            search->confirmed[at] = i;
        }
    }
}

static bool is_listed(const Members *members, size_t candidate) {
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i] == candidate) {
            return true;
        }
    }
    return false;
}

/* Those that have seen as much as the front runners, the best at each level first. */
static Members front_runners(Work *work, size_t places) {
    Members members = {0};
    for (size_t i = 0; i < work->search->count; i++) {
        if (work->search->candidates[i].count >= work->seen) {
            cell_list_add(&members, i);
        }
    }
    keep_best(work, &members, places);
    return members;
}

/* Points of the front, evenly over its length, both ends included. */
static void add_front(Work *work, size_t places, Members *members) {
    const size_t count = work->search->count;
    double *cost = memory_new(count, sizeof *cost), *latency = memory_new(count, sizeof *latency);
    bool *on_front = memory_new(count, sizeof *on_front);
    for (size_t i = 0; i < count; i++) {
        const SearchCandidate *candidate = &work->search->candidates[i];
        cost[i] = mean_of(candidate->figures, work->figures, candidate->count, SEARCH_COST);
        latency[i] = mean_of(candidate->figures, work->figures, candidate->count, SEARCH_LATENCY);
    }
    pareto_front(cost, latency, count, on_front);
    Members front = {0};
    for (size_t i = 0; i < count; i++) {
        size_t at = front.count;
        bool repeated = false;
        for (size_t k = 0; k < front.count; k++) {
            repeated = repeated || cost[front.items[k]] == cost[i];
        }
        if (!on_front[i] || repeated) {
            continue;
        }
        cell_list_add(&front, i);
        for (; at > 0 && cost[front.items[at - 1]] > cost[i]; at--) {
            front.items[at] = front.items[at - 1];
        }
        front.items[at] = i;
    }
    for (size_t i = 0; i < places && front.count > 0; i++) {
        const size_t at = places > 1 ? i * (front.count - 1) / (places - 1) : 0;
        if (!is_listed(members, front.items[at])) {
            cell_list_add(members, front.items[at]);
        }
    }
    cell_list_clear(&front);
    free(cost);
    free(latency);
    free(on_front);
}

/* By how much cheaper it is, in the replications that both have seen. */
static double saving(const Search *search, size_t figures, size_t one, size_t other) {
    const SearchCandidate *a = &search->candidates[one], *b = &search->candidates[other];
    const size_t count = a->count < b->count ? a->count : b->count;
    return mean_of(b->figures, figures, count, SEARCH_COST) -
           mean_of(a->figures, figures, count, SEARCH_COST);
}

static bool is_twin_of_confirmed(const Work *work, const SearchCandidate *candidate) {
    const Search *search = work->search;
    for (size_t i = 0; i < search->confirmed_count; i++) {
        if (order_same(candidate, &search->candidates[search->confirmed[i]], work->problem)) {
            return true;
        }
    }
    return false;
}

/* Who has not been confirmed and is not shown to be worse than the winner, the likeliest first. */
static Members challengers(Work *work) {
    Search *search = work->search;
    const size_t winner = search->confirmed[0];
    const bool sure = search_verdict(work->problem, search->candidates[winner].fresh,
                                     work->problem->confirmation) == SEARCH_CERTAIN;
    Order order;
    order_of_all(work, &order);
    Members members = {0};
    for (size_t i = 0; i < search->count; i++) {
        const SearchCandidate *candidate = &search->candidates[i];
        if (!candidate->fresh && excess_of(&order, i, OPTIMISTIC) == 0 &&
            (!sure || saving(search, work->figures, i, winner) > 0) &&
            !is_twin_of_confirmed(work, candidate)) {
            cell_list_add(&members, i);
        }
    }
    order_clear(&order);
    if (members.count > 0) {
        keep_best(work, &members, members.count);
    }
    return members;
}

static bool confirm_and_rank(Work *work, const Members *members) {
    const bool done = confirm(work, members);
    if (done) {
        rank_confirmed(work);
    }
    return done;
}

/* Challengers get the replications that the front runners have seen, then a confirmation of their
 * own, while they last and the budget does. */
static bool confirm_challengers(Work *work, size_t round) {
    const size_t replications = work->problem->confirmation;
    bool done = true;
    while (done && work->left >= replications) {
        Members members = challengers(work);
        done = race(work, &members, work->search->confirmed[0], replications);
        if (!done || members.count == 0) {
            cell_list_clear(&members);
            break;
        }
        record_all(work, SEARCH_REFINEMENT, round++, &members);
        const size_t room = work->left / replications;
        members.count = members.count < room ? members.count : room;
        members.count = members.count < FINALISTS ? members.count : FINALISTS;
        done = confirm_and_rank(work, &members);
        cell_list_clear(&members);
    }
    return done;
}

static bool confirm_finalists(Work *work, size_t places) {
    const size_t finalists = places < FINALISTS ? places : FINALISTS;
    Members members = front_runners(work, finalists);
    add_front(work, places - finalists, &members);
    bool done = confirm_and_rank(work, &members);
    cell_list_clear(&members);
    return done && confirm_challengers(work, 1);
}

/* The whole ---------------------------------------------------------------------------------- */

size_t search_least_budget(size_t confirmation) {
    return 2 * (LEAST_PLACES + 1) * confirmation;
}

/* How many may be confirmed beside the base, if half of the budget at most is kept for it. */
static size_t places_for(const SearchProblem *problem) {
    const size_t places = problem->budget / 2 / problem->confirmation - 1;
    return places < FINALISTS + FRONT_POINTS ? places : FINALISTS + FRONT_POINTS;
}

static bool search_by_stages(Work *work, const CellList *cells, bool enumerated) {
    const size_t places = places_for(work->problem);
    const size_t reserve = (places + 1) * work->problem->confirmation;
    if (!screen(work, cells, enumerated, work->left - reserve) ||
        !halve(work, work->left - reserve) || !refine(work, reserve)) {
        return false;
    }
    work->search->replications = work->seen;
    return confirm_finalists(work, places);
}

static bool confirm_everything(Work *work, const CellList *cells) {
    Members members = {0};
    work->search->all_confirmed = true;
    work->search->screened = cells->count;
    add_candidates(work, cells, &members);
    const bool done = members.count > 0 && confirm_and_rank(work, &members);
    cell_list_clear(&members);
    return done;
}

bool search_run(const SearchProblem *problem, Search *search) {
    assert(problem->budget >= search_least_budget(problem->confirmation) &&
           problem->confirmation >= 2 && problem->confirmation <= SEARCH_FRESH);
    *search = (Search){.whole_grid = true};
    Work work = {.problem = problem,
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
