// SPDX-License-Identifier: GPL-3.0-or-later
/* Candidates, batches and records of a search, and how its candidates stand. */
#include "experiment/search_work.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const search_stage_names[] = {"screening", "halving", "refinement", "confirmation"};

/* Lists -------------------------------------------------------------------------------------- */

void cell_list_add(CellList *list, size_t cell) {
    list->items = memory_grow(list->items, list->count, &list->room, sizeof *list->items);
    list->items[list->count++] = cell;
}

void cell_list_clear(CellList *list) {
    free(list->items);
    *list = (CellList){0};
}

void search_sort_last(size_t items[], size_t count, const double key[]) {
    const size_t item = items[count - 1];
    size_t at = count - 1;
    for (; at > 0 && key[items[at - 1]] > key[item]; at--) {
        items[at] = items[at - 1];
    }
    items[at] = item;
}

/* Candidates ---------------------------------------------------------------------------------- */

static size_t candidate_of(SearchWork *work, size_t cell) {
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
        const size_t candidate = candidate_of(work, cells->items[i]);
        if (candidate != SEARCH_NONE) {
            cell_list_add(members, candidate);
        }
    }
}

CellList search_candidates(const SearchWork *work, size_t seen) {
    CellList members = {0};
    for (size_t i = 0; i < work->search->count; i++) {
        if (work->search->candidates[i].count >= seen) {
            cell_list_add(&members, i);
        }
    }
    return members;
}

/* Figures and records ------------------------------------------------------------------------- */

double search_mean(const double *figures, size_t width, size_t count, size_t figure) {
    double sum = 0;
    asim_assert(figure < width);
    for (size_t i = 0; i < count; i++) {
        sum += figures[i * width + figure];
    }
    return sum / (double)count;
}

void search_take(const SearchProblem *problem, const double *figures, size_t count, size_t figure,
                 double values[]) {
    const size_t width = search_width(problem);
    asim_assert(figure < width);
    for (size_t i = 0; i < count; i++) {
        values[i] = figures[i * width + figure];
    }
}

double search_room(const SearchLimit *limit, double value) {
    return limit->at_least ? value - limit->limit : limit->limit - value;
}

bool search_is_within(const SearchLimit *limit, double value) {
    return search_room(limit, value) >= 0;
}

static void record(SearchWork *work, SearchStage stage, size_t cell, const double *figures,
                   size_t count) {
    Search *search = work->search;
    search->records = memory_grow(search->records, search->record_count, &search->record_room,
                                  sizeof *search->records);
    SearchRecord *entry = &search->records[search->record_count++];
    *entry = (SearchRecord){.stage = stage,
                            .cell = cell,
                            .replications = count,
                            .means = memory_new(work->figures, sizeof(double))};
    for (size_t i = 0; i < work->figures; i++) {
        entry->means[i] = search_mean(figures, work->figures, count, i);
    }
    entry->within = !isnan(entry->means[SEARCH_COST]);
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        entry->within = entry->within && search_is_within(&work->problem->limits[i],
                                                          entry->means[SEARCH_LIMITS + i]);
    }
}

/* Batches ------------------------------------------------------------------------------------ */

static bool simulate(SearchWork *work, SearchStage stage, const SearchRun runs[], size_t count) {
    size_t simulations = 0;
    for (size_t i = 0; i < count; i++) {
        simulations += runs[i].count;
    }
    asim_assert(simulations <= work->left);
    work->left -= simulations;
    work->search->simulations += simulations;
    asim_assert(work->search->simulations + work->left == work->problem->budget);
    return count == 0 || work->problem->simulate(work->problem->self, stage, runs, count);
}

/* What a candidate has seen in the search, or in confirmation. */
static double **figures_of(SearchCandidate *candidate, SearchStage stage) {
    return stage == SEARCH_CONFIRMATION ? &candidate->fresh : &candidate->figures;
}

static size_t *count_of(SearchCandidate *candidate, SearchStage stage) {
    return stage == SEARCH_CONFIRMATION ? &candidate->fresh_count : &candidate->count;
}

bool search_replicate(SearchWork *work, SearchStage stage, const CellList *members, size_t target) {
    const size_t first = stage == SEARCH_CONFIRMATION ? SEARCH_FRESH : 0;
    SearchCandidate *candidates = work->search->candidates;
    SearchRun *runs = memory_new(members->count, sizeof *runs);
    size_t count = 0;
    asim_assert(target <= SEARCH_FRESH);
    for (size_t i = 0; i < members->count; i++) {
        SearchCandidate *who = &candidates[members->items[i]];
        const size_t seen = *count_of(who, stage);
        double **figures = figures_of(who, stage);
        asim_assert(members->items[i] < work->search->count);
        if (seen < target) {
            *figures = memory_resize(*figures, target * work->figures, sizeof **figures);
            runs[count] = (SearchRun){.cell = who->cell,
                                      .first = first + seen,
                                      .count = target - seen,
                                      .figures = *figures + seen * work->figures};
            count++;
        }
    }
    const bool done = simulate(work, stage, runs, count);
    for (size_t i = 0; done && i < members->count; i++) {
        SearchCandidate *who = &candidates[members->items[i]];
        if (*count_of(who, stage) < target) {
            *count_of(who, stage) = target;
            record(work, stage, who->cell, *figures_of(who, stage), target);
        }
    }
    free(runs);
    return done;
}

bool search_replicate_base(SearchWork *work) {
    const size_t count = work->problem->confirmation;
    const SearchRun run = {.cell = SEARCH_BASE,
                           .first = SEARCH_FRESH,
                           .count = count,
                           .figures = memory_new(count * work->figures, sizeof(double))};
    work->search->base = run.figures;
    const bool done = simulate(work, SEARCH_CONFIRMATION, &run, 1);
    if (done) {
        record(work, SEARCH_CONFIRMATION, SEARCH_BASE, run.figures, count);
    }
    return done;
}

/* Standing ----------------------------------------------------------------------------------- */

#define ORDER_PRIOR 4.0
/* Taken for the relative standard deviation until any candidate has been seen twice. */
#define ORDER_RELATIVE_UNKNOWN 0.25
#define ORDER_NEAR 3.0 /* a mean within this factor of the limit is near it */

static const double levels[ORDER_LEVELS] = {0, -1, 1, -2, 2};

typedef struct Moments {
    double mean, variance; /* of one replication; variance 0 when count < 2 */
} Moments;

/* A replication in which the figure does not apply spoils the mean. */
static Moments moments_of(const SearchCandidate *candidate, size_t figures, size_t figure) {
    Moments moments = {search_mean(candidate->figures, figures, candidate->count, figure), 0};
    for (size_t i = 0; i < candidate->count; i++) {
        const double deviation = candidate->figures[i * figures + figure] - moments.mean;
        moments.variance += deviation * deviation;
    }
    moments.variance = candidate->count < 2 ? 0 : moments.variance / (double)(candidate->count - 1);
    return moments;
}

static bool is_near(double mean, double limit) {
    return fabs(mean) <= ORDER_NEAR * fabs(limit) && fabs(mean) * ORDER_NEAR >= fabs(limit);
}

/* The square of the relative standard deviation, over candidates near the limit, or over all. */
static double relative_variance(const SearchWork *work, const CellList *members, size_t figure,
                                double limit, bool near_only) {
    double sum = 0, weight = 0;
    for (size_t i = 0; i < members->count; i++) {
        const SearchCandidate *candidate = &work->search->candidates[members->items[i]];
        const Moments moments = moments_of(candidate, work->figures, figure);
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
    return near_only ? relative_variance(work, members, figure, limit, false)
                     : ORDER_RELATIVE_UNKNOWN * ORDER_RELATIVE_UNKNOWN;
}

/* Of one replication. */
static double doubt(Moments moments, size_t count, double relative) {
    const double own = (double)(count - 1);
    const double prior = relative * moments.mean * moments.mean;
    return sqrt((ORDER_PRIOR * prior + own * moments.variance) / (ORDER_PRIOR + own));
}

static void add_limit(Order *order, const SearchWork *work, const CellList *members,
                      size_t limit_index) {
    const SearchLimit *limit = &work->problem->limits[limit_index];
    const size_t figure = SEARCH_LIMITS + limit_index;
    const double relative = relative_variance(work, members, figure, limit->limit, true);
    const double n = (double)work->problem->confirmation;
    const double share_of_sd =
        gsl_cdf_tdist_Pinv(0.5 + work->problem->confidence / 2, n - 1) / sqrt(n); /* margin */
    const double scale = limit->limit != 0 ? fabs(limit->limit) : 1;
    for (size_t i = 0; i < members->count; i++) {
        const SearchCandidate *candidate = &order->candidates[members->items[i]];
        const Moments moments = moments_of(candidate, work->figures, figure);
        const double sd = doubt(moments, candidate->count, relative);
        const double se = sd * sqrt(1 / (double)candidate->count + 1 / n);
        for (size_t level = 0; level < ORDER_LEVELS; level++) {
            const double excess =
                -search_room(limit, moments.mean) + share_of_sd * sd + levels[level] * se;
            const double share = isnan(excess) ? INFINITY : excess / scale;
            order->excess[members->items[i]][level] += share > 0 ? share : 0;
        }
    }
}

void order_init(Order *order, const SearchWork *work, const CellList *members) {
    const size_t count = work->search->count;
    *order = (Order){.candidates = work->search->candidates,
                     .cost = memory_new(count, sizeof *order->cost),
                     .excess = memory_new(count, sizeof *order->excess)};
    for (size_t i = 0; i < members->count; i++) {
        const size_t who = members->items[i];
        asim_assert(who < count);
        const SearchCandidate *candidate = &order->candidates[who];
        const double mean =
            search_mean(candidate->figures, work->figures, candidate->count, SEARCH_COST);
        order->cost[who] = isnan(mean) ? INFINITY : mean;
        for (size_t level = 0; level < ORDER_LEVELS; level++) {
            order->excess[who][level] = isnan(mean) ? INFINITY : 0;
        }
    }
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        add_limit(order, work, members, i);
    }
}

void order_clear(Order *order) {
    free(order->cost);
    free(order->excess);
    *order = (Order){0};
}

bool order_before(const Order *order, size_t level, size_t a, size_t b) {
    const double excess_a = order->excess[a][level], excess_b = order->excess[b][level];
    if (excess_a != excess_b) {
        return excess_a < excess_b;
    }
    if (order->cost[a] != order->cost[b]) {
        return order->cost[a] < order->cost[b];
    }
    return order->candidates[a].cell < order->candidates[b].cell;
}

/* Taking ------------------------------------------------------------------------------------- */

bool search_same(const SearchProblem *problem, const SearchCandidate *a, const SearchCandidate *b,
                 size_t count) {
    asim_assert(count <= a->count && count <= b->count);
    return count > 0 &&
           memcmp(a->figures, b->figures, count * search_width(problem) * sizeof(double)) == 0;
}

bool search_is_twin(const SearchWork *work, const SearchCandidate *a, const SearchCandidate *b) {
    return a->count == b->count && search_same(work->problem, a, b, a->count);
}

/* Would the other win if both were equal? */
static bool goes_before(const SearchProblem *problem, size_t other, size_t cell) {
    const double one = search_distance(problem, other), two = search_distance(problem, cell);
    return one != two ? one < two : other < cell;
}

/* Is it a member nearer the defaults under another name, such as another scale-to-zero window where
 * nothing scales to zero? */
static bool is_another(const SearchWork *work, const Order *order, const CellList *members,
                       size_t member) {
    const SearchCandidate *one = &order->candidates[member];
    for (size_t i = 0; i < members->count; i++) {
        const size_t who = members->items[i];
        const SearchCandidate *other = &order->candidates[who];
        if (order->cost[who] == order->cost[member] && who != member &&
            goes_before(work->problem, other->cell, one->cell) &&
            search_is_twin(work, other, one)) {
            return true;
        }
    }
    return false;
}

void search_keep_best(SearchWork *work, CellList *members, size_t places) {
    Order order;
    CellList kept = {0};
    order_init(&order, work, members);
    bool *gone = memory_new(members->count, sizeof *gone);
    for (size_t i = 0; i < members->count; i++) {
        gone[i] = is_another(work, &order, members, members->items[i]);
    }
    for (size_t turn = 0; kept.count < places; turn++) {
        size_t first = SEARCH_NONE;
        for (size_t i = 0; i < members->count; i++) {
            if (!gone[i] &&
                (first == SEARCH_NONE || order_before(&order, turn % ORDER_LEVELS,
                                                      members->items[i], members->items[first]))) {
                first = i;
            }
        }
        if (first == SEARCH_NONE) {
            break;
        }
        gone[first] = true;
        cell_list_add(&kept, members->items[first]);
    }
    asim_assert(kept.count <= members->count);
    cell_list_clear(members);
    *members = kept;
    order_clear(&order);
    free(gone);
}
