// SPDX-License-Identifier: GPL-3.0-or-later
/* Candidates, batches and records of a search, and how its candidates stand. */
#include "experiment/search_work.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "stats/inference.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const search_stage_names[] = {"screening", "halving", "refinement", "confirmation",
                                          NULL};

/* Candidates ---------------------------------------------------------------------------------- */

size_t search_candidate(SearchWork *work, size_t cell) {
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

void search_add_candidates(SearchWork *work, const CellList *cells, CellList *members) {
    for (size_t i = 0; i < cells->count; i++) {
        const size_t candidate = search_candidate(work, cells->items[i]);
        if (candidate != SEARCH_NONE) {
            cell_list_add(members, candidate);
        }
    }
}

CellList search_all_candidates(const SearchWork *work) {
    CellList members = {0};
    for (size_t i = 0; i < work->search->count; i++) {
        cell_list_add(&members, i);
    }
    return members;
}

/* Records ---------------------------------------------------------------------------------- */

double search_mean(const double *figures, size_t width, size_t count, size_t figure) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += figures[i * width + figure];
    }
    return sum / (double)count;
}

bool search_is_within(const SearchLimit *limit, double value) {
    return limit->at_least ? value >= limit->limit : value <= limit->limit;
}

void search_record(SearchWork *work, SearchStage stage, size_t cell, const double *figures,
                   size_t count) {
    Search *search = work->search;
    search->records = memory_grow(search->records, search->record_count, &search->record_room,
                                  sizeof *search->records);
    SearchRecord *entry = &search->records[search->record_count++];
    *entry = (SearchRecord){.stage = stage,
                            .cell = cell,
                            .replications = count,
                            .within = true,
                            .means = memory_new(work->figures, sizeof(double))};
    for (size_t i = 0; i < work->figures; i++) {
        entry->means[i] = search_mean(figures, work->figures, count, i);
    }
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        entry->within = entry->within && search_is_within(&work->problem->limits[i],
                                                          entry->means[SEARCH_LIMITS + i]);
    }
    entry->within = entry->within && !isnan(entry->means[SEARCH_COST]);
}

/* Batches ---------------------------------------------------------------------------------- */

bool search_simulate(SearchWork *work, SearchStage stage, const SearchRun runs[], size_t count,
                     double *figures) {
    asim_assert(count <= work->left);
    work->left -= count;
    work->search->simulations += count;
    return count == 0 || work->problem->simulate(work->problem->self, stage, runs, count, figures);
}

/* What a candidate has seen in the search, or in confirmation. */
typedef struct Seen {
    double **figures;
    size_t *count;
} Seen;

static Seen seen_of(SearchWork *work, size_t candidate, SearchStage stage) {
    SearchCandidate *who = &work->search->candidates[candidate];
    return stage == SEARCH_CONFIRMATION ? (Seen){&who->fresh, &who->fresh_count}
                                        : (Seen){&who->figures, &who->count};
}

/* Appends what the replications up to the target gave; returns what is behind it. */
static const double *keep(SearchWork *work, SearchStage stage, size_t candidate, size_t target,
                          const double *got) {
    const Seen seen = seen_of(work, candidate, stage);
    if (*seen.count >= target) {
        return got;
    }
    const size_t more = (target - *seen.count) * work->figures;
    *seen.figures = memory_resize(*seen.figures, target * work->figures, sizeof(double));
    memcpy(*seen.figures + *seen.count * work->figures, got, more * sizeof(double));
    *seen.count = target;
    search_record(work, stage, work->search->candidates[candidate].cell, *seen.figures, target);
    return got + more;
}

bool search_replicate(SearchWork *work, SearchStage stage, const CellList *members, size_t target) {
    const size_t first = stage == SEARCH_CONFIRMATION ? SEARCH_FRESH : 0;
    SearchRun *runs = memory_new(members->count * target + 1, sizeof *runs);
    size_t count = 0;
    for (size_t i = 0; i < members->count; i++) {
        const size_t cell = work->search->candidates[members->items[i]].cell;
        for (size_t k = *seen_of(work, members->items[i], stage).count; k < target; k++) {
            runs[count++] = (SearchRun){.cell = cell, .replication = first + k};
        }
    }
    double *got = memory_new(count * work->figures + 1, sizeof *got);
    const bool done = search_simulate(work, stage, runs, count, got);
    const double *next = got;
    for (size_t i = 0; done && i < members->count; i++) {
        next = keep(work, stage, members->items[i], target, next);
    }
    free(runs);
    free(got);
    return done;
}

#define ORDER_PRIOR 4.0
/* Taken for the relative standard deviation until any candidate has been seen twice. */
#define ORDER_RELATIVE_UNKNOWN 0.25
#define ORDER_NEAR 3.0 /* a mean within this factor of the limit is near it */

const double order_levels[ORDER_LEVELS] = {0, -1, 1, -2, 2};

/* Means and spreads -------------------------------------------------------------------------- */

typedef struct Moments {
    double mean, variance; /* of one replication; variance 0 when count < 2 */
} Moments;

/* A replication in which the figure does not apply spoils the mean. */
static Moments moments_of(const SearchCandidate *candidate, size_t figures, size_t figure) {
    Moments moments = {0, 0};
    const double *at = candidate->figures + figure;
    for (size_t i = 0; i < candidate->count; i++) {
        moments.mean += at[i * figures];
    }
    moments.mean /= (double)candidate->count;
    for (size_t i = 0; i < candidate->count; i++) {
        const double deviation = at[i * figures] - moments.mean;
        moments.variance += deviation * deviation;
    }
    moments.variance = candidate->count < 2 ? 0 : moments.variance / (double)(candidate->count - 1);
    return moments;
}

static bool is_near(double mean, double limit) {
    return fabs(mean) <= ORDER_NEAR * fabs(limit) && fabs(mean) * ORDER_NEAR >= fabs(limit);
}

/* The square of the relative standard deviation, over candidates near the limit, or over all. */
static double relative_variance(const Search *search, const size_t members[], size_t count,
                                size_t figures, size_t figure, double limit, bool near_only) {
    double sum = 0, weight = 0;
    for (size_t i = 0; i < count; i++) {
        const SearchCandidate *candidate = &search->candidates[members[i]];
        const Moments moments = moments_of(candidate, figures, figure);
        const bool counts = candidate->count >= 2 && isfinite(moments.variance) &&
                            moments.mean != 0 && (!near_only || is_near(moments.mean, limit));
        if (counts) {
            const double degrees = (double)(candidate->count - 1);
            sum += degrees * moments.variance / (moments.mean * moments.mean);
            weight += degrees;
        }
    }
    if (weight > 0) {
        return sum / weight;
    }
    return near_only ? relative_variance(search, members, count, figures, figure, limit, false)
                     : ORDER_RELATIVE_UNKNOWN * ORDER_RELATIVE_UNKNOWN;
}

/* Of one replication. */
static double doubt(Moments moments, size_t count, double relative) {
    const double own = (double)(count - 1);
    const double prior = relative * moments.mean * moments.mean;
    return sqrt((ORDER_PRIOR * prior + own * moments.variance) / (ORDER_PRIOR + own));
}

static void add_limit(Order *order, const SearchProblem *problem, const Search *search,
                      const size_t members[], size_t limit_index) {
    const SearchLimit *limit = &problem->limits[limit_index];
    const size_t figures = SEARCH_LIMITS + problem->limit_count;
    const size_t figure = SEARCH_LIMITS + limit_index;
    const double relative =
        relative_variance(search, members, order->count, figures, figure, limit->limit, true);
    const double n = (double)problem->confirmation;
    const double share_of_sd =
        gsl_cdf_tdist_Pinv(0.5 + problem->confidence / 2, n - 1) / sqrt(n); /* of the margin */
    const double sign = limit->at_least ? -1 : 1;
    const double scale = limit->limit != 0 ? fabs(limit->limit) : 1;
    for (size_t i = 0; i < order->count; i++) {
        const SearchCandidate *candidate = &search->candidates[members[i]];
        const Moments moments = moments_of(candidate, figures, figure);
        const double sd = doubt(moments, candidate->count, relative);
        const double se = sd * sqrt(1 / (double)candidate->count + 1 / n);
        for (size_t level = 0; level < ORDER_LEVELS; level++) {
            const double excess =
                sign * (moments.mean - limit->limit) + share_of_sd * sd + order_levels[level] * se;
            const double share = isnan(excess) ? INFINITY : excess / scale;
            order->excess[i * ORDER_LEVELS + level] += share > 0 ? share : 0;
        }
    }
}

void order_init(Order *order, const SearchProblem *problem, const Search *search,
                const size_t members[], size_t count) {
    const size_t figures = SEARCH_LIMITS + problem->limit_count;
    *order = (Order){.count = count,
                     .cost = memory_new(count, sizeof *order->cost),
                     .excess = memory_new(count * ORDER_LEVELS, sizeof *order->excess),
                     .cells = memory_new(count, sizeof *order->cells)};
    for (size_t i = 0; i < count; i++) {
        const SearchCandidate *candidate = &search->candidates[members[i]];
        const double mean = moments_of(candidate, figures, SEARCH_COST).mean;
        order->cells[i] = candidate->cell;
        order->cost[i] = isnan(mean) ? INFINITY : mean;
        for (size_t level = 0; isnan(mean) && level < ORDER_LEVELS; level++) {
            order->excess[i * ORDER_LEVELS + level] = INFINITY;
        }
    }
    for (size_t i = 0; i < problem->limit_count; i++) {
        add_limit(order, problem, search, members, i);
    }
}

void order_clear(Order *order) {
    free(order->cost);
    free(order->excess);
    free(order->cells);
    *order = (Order){0};
}

bool order_before(const Order *order, size_t level, size_t a, size_t b) {
    const double excess_a = order->excess[a * ORDER_LEVELS + level];
    const double excess_b = order->excess[b * ORDER_LEVELS + level];
    if (excess_a != excess_b) {
        return excess_a < excess_b;
    }
    if (order->cost[a] != order->cost[b]) {
        return order->cost[a] < order->cost[b];
    }
    return order->cells[a] < order->cells[b];
}

/* Twins -------------------------------------------------------------------------------------- */

bool order_same(const SearchCandidate *a, const SearchCandidate *b, const SearchProblem *problem) {
    const size_t figures = SEARCH_LIMITS + problem->limit_count;
    return a->count == b->count && a->count > 0 &&
           memcmp(a->figures, b->figures, a->count * figures * sizeof(double)) == 0;
}

/* Would the other win if both were equal? */
static bool goes_before(const SearchProblem *problem, size_t other, size_t cell) {
    const double one = search_distance(problem, other), two = search_distance(problem, cell);
    return one != two ? one < two : other < cell;
}

/* Is it a member nearer the defaults under another name, such as another scale-to-zero window where
 * nothing scales to zero? */
static bool is_twin(const Order *order, const Search *search, const SearchProblem *problem,
                    const size_t members[], size_t member) {
    for (size_t i = 0; i < order->count; i++) {
        if (order->cost[i] == order->cost[member] && i != member &&
            goes_before(problem, order->cells[i], order->cells[member]) &&
            order_same(&search->candidates[members[i]], &search->candidates[members[member]],
                       problem)) {
            return true;
        }
    }
    return false;
}

/* Taking ------------------------------------------------------------------------------------- */

/* The first at the level that is still free; SEARCH_NONE. */
static size_t first_free(const Order *order, size_t level, const bool gone[]) {
    size_t best = SEARCH_NONE;
    for (size_t i = 0; i < order->count; i++) {
        if (!gone[i] && (best == SEARCH_NONE || order_before(order, level, i, best))) {
            best = i;
        }
    }
    return best;
}

size_t order_take(const Order *order, const Search *search, const SearchProblem *problem,
                  const size_t members[], size_t places, size_t taken[]) {
    bool *gone = memory_new(order->count, sizeof *gone);
    for (size_t i = 0; i < order->count; i++) {
        gone[i] = is_twin(order, search, problem, members, i);
    }
    size_t count = 0;
    for (size_t turn = 0; count < places; turn++) {
        const size_t member = first_free(order, turn % ORDER_LEVELS, gone);
        if (member == SEARCH_NONE) {
            break;
        }
        gone[member] = true;
        taken[count++] = member;
    }
    free(gone);
    return count;
}

/* Standing ---------------------------------------------------------------------------------- */

void search_keep_best(SearchWork *work, CellList *members, size_t places) {
    Order order;
    size_t *taken = memory_new(places, sizeof *taken);
    order_init(&order, work->problem, work->search, members->items, members->count);
    const size_t count =
        order_take(&order, work->search, work->problem, members->items, places, taken);
    CellList kept = {0};
    for (size_t i = 0; i < count; i++) {
        cell_list_add(&kept, members->items[taken[i]]);
    }
    cell_list_clear(members);
    *members = kept;
    order_clear(&order);
    free(taken);
}

void search_order_all(SearchWork *work, Order *order) {
    CellList members = search_all_candidates(work);
    order_init(order, work->problem, work->search, members.items, members.count);
    cell_list_clear(&members);
}

double search_excess(const Order *order, size_t candidate, size_t level) {
    return order->excess[candidate * ORDER_LEVELS + level];
}
