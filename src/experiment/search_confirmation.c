// SPDX-License-Identifier: GPL-3.0-or-later
/* Confirmation on fresh replications, and who has won. */
#include "experiment/search_work.h"

#include "engine/memory.h"
#include "stats/inference.h"
#include "stats/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The base first, if it is not yet there; in one batch. */
static bool confirm(SearchWork *work, const CellList *members) {
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
    const bool done =
        search_simulate(work, SEARCH_CONFIRMATION, runs, candidates * replications, got);
    const size_t bytes = replications * figures * sizeof(double);
    for (size_t i = 0; done && i < candidates; i++) {
        double *fresh = memory_new(replications * figures, sizeof *fresh);
        memcpy(fresh, got + i * replications * figures, bytes);
        if (with_base && i == 0) {
            work->search->base = fresh;
            search_record(work, SEARCH_CONFIRMATION, SEARCH_BASE, fresh, replications);
        } else {
            SearchCandidate *candidate = &work->search->candidates[members->items[i - with_base]];
            candidate->fresh = fresh;
            search_record(work, SEARCH_CONFIRMATION, candidate->cell, fresh, replications);
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
        if (estimate.count < count || !search_is_within(limit, estimate.mean)) {
            verdict = SEARCH_BROKEN;
        } else if (!search_is_within(limit, worst) && verdict == SEARCH_CERTAIN) {
            verdict = SEARCH_LIKELY;
        }
    }
    free(values);
    return isnan(search_mean(figures, width, count, SEARCH_COST)) ? SEARCH_BROKEN : verdict;
}

/* By how much the means are beyond the limits, in shares of these. */
static double broken_by(const SearchWork *work, const double *figures) {
    double sum = 0;
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        const SearchLimit *limit = &work->problem->limits[i];
        const double mean =
            search_mean(figures, work->figures, work->problem->confirmation, SEARCH_LIMITS + i);
        const double beyond = limit->at_least ? limit->limit - mean : mean - limit->limit;
        const double share = beyond / (limit->limit != 0 ? fabs(limit->limit) : 1);
        sum += isnan(share) ? INFINITY : share > 0 ? share : 0;
    }
    return sum;
}

static bool is_better(const SearchWork *work, const SearchCandidate *a, const SearchCandidate *b) {
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
    const double cost_a = search_mean(a->fresh, work->figures, count, SEARCH_COST);
    const double cost_b = search_mean(b->fresh, work->figures, count, SEARCH_COST);
    return cost_a < cost_b || (!(cost_b < cost_a) && a->cell < b->cell);
}

static double fresh_cost(const SearchWork *work, const SearchCandidate *candidate) {
    return search_mean(candidate->fresh, work->figures, work->problem->confirmation, SEARCH_COST);
}

static bool is_nearer(const SearchProblem *problem, const SearchCandidate *a,
                      const SearchCandidate *b) {
    return search_distance(problem, a->cell) < search_distance(problem, b->cell);
}

/* Those who are equal to the cheapest come first already: by distance, else as they were. */
static void rank_equals(SearchWork *work) {
    Search *search = work->search;
    const SearchCandidate *candidates = search->candidates;
    const SearchCandidate *first = &candidates[search->confirmed[0]];
    const size_t replications = work->problem->confirmation;
    const SearchVerdict verdict = search_verdict(work->problem, first->fresh, replications);
    const double cost = fresh_cost(work, first);
    const double most = cost + work->problem->indifference * fabs(cost);
    search->equals = 0;
    for (size_t i = 0; i < search->confirmed_count && verdict != SEARCH_BROKEN; i++) {
        const size_t who = search->confirmed[i];
        if (fresh_cost(work, &candidates[who]) > most ||
            search_verdict(work->problem, candidates[who].fresh, replications) != verdict) {
            break;
        }
        size_t at = search->equals++;
        for (; at > 0 &&
               is_nearer(work->problem, &candidates[who], &candidates[search->confirmed[at - 1]]);
             at--) {
            search->confirmed[at] = search->confirmed[at - 1];
        }
        search->confirmed[at] = who;
    }
}

/* The equals, then best first. */
static void rank_confirmed(SearchWork *work) {
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
    rank_equals(work);
}

static bool is_listed(const CellList *members, size_t candidate) {
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i] == candidate) {
            return true;
        }
    }
    return false;
}

/* Those that have seen as much as the front runners, the best at each level first. */
static CellList front_runners(SearchWork *work, size_t places) {
    CellList members = {0};
    for (size_t i = 0; i < work->search->count; i++) {
        if (work->search->candidates[i].count >= work->seen) {
            cell_list_add(&members, i);
        }
    }
    search_keep_best(work, &members, places);
    return members;
}

/* Points of the front, evenly over its length, both ends included. */
static void add_front(SearchWork *work, size_t places, CellList *members) {
    const size_t count = work->search->count;
    double *cost = memory_new(count, sizeof *cost), *latency = memory_new(count, sizeof *latency);
    bool *on_front = memory_new(count, sizeof *on_front);
    for (size_t i = 0; i < count; i++) {
        const SearchCandidate *candidate = &work->search->candidates[i];
        cost[i] = search_mean(candidate->figures, work->figures, candidate->count, SEARCH_COST);
        latency[i] =
            search_mean(candidate->figures, work->figures, candidate->count, SEARCH_LATENCY);
    }
    pareto_front(cost, latency, count, on_front);
    CellList front = {0};
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
    return search_mean(b->figures, figures, count, SEARCH_COST) -
           search_mean(a->figures, figures, count, SEARCH_COST);
}

static bool is_twin_of_confirmed(const SearchWork *work, const SearchCandidate *candidate) {
    const Search *search = work->search;
    for (size_t i = 0; i < search->confirmed_count; i++) {
        if (order_same(candidate, &search->candidates[search->confirmed[i]], work->problem)) {
            return true;
        }
    }
    return false;
}

/* Who has not been confirmed and is not shown to be worse than the winner, the likeliest first. */
static CellList challengers(SearchWork *work) {
    Search *search = work->search;
    const size_t winner = search->confirmed[0];
    const bool sure = search_verdict(work->problem, search->candidates[winner].fresh,
                                     work->problem->confirmation) == SEARCH_CERTAIN;
    Order order;
    search_order_all(work, &order);
    CellList members = {0};
    for (size_t i = 0; i < search->count; i++) {
        const SearchCandidate *candidate = &search->candidates[i];
        if (!candidate->fresh && search_excess(&order, i, OPTIMISTIC) == 0 &&
            (!sure || saving(search, work->figures, i, winner) > 0) &&
            !is_twin_of_confirmed(work, candidate)) {
            cell_list_add(&members, i);
        }
    }
    order_clear(&order);
    if (members.count > 0) {
        search_keep_best(work, &members, members.count);
    }
    return members;
}

bool search_confirm(SearchWork *work, const CellList *members) {
    const bool done = confirm(work, members);
    if (done) {
        rank_confirmed(work);
    }
    return done;
}

/* Challengers get the replications that the front runners have seen, then a confirmation of their
 * own, while they last and the budget does. */
static bool confirm_challengers(SearchWork *work) {
    const size_t replications = work->problem->confirmation;
    bool done = true;
    while (done && work->left >= replications) {
        CellList members = challengers(work);
        done = search_race(work, &members, work->search->confirmed[0], replications);
        if (!done || members.count == 0) {
            cell_list_clear(&members);
            break;
        }
        search_record_all(work, SEARCH_REFINEMENT, &members);
        const size_t room = work->left / replications;
        members.count = members.count < room ? members.count : room;
        members.count = members.count < FINALISTS ? members.count : FINALISTS;
        done = search_confirm(work, &members);
        cell_list_clear(&members);
    }
    return done;
}

bool search_confirm_finalists(SearchWork *work, size_t places) {
    const size_t finalists = places < FINALISTS ? places : FINALISTS;
    CellList members = front_runners(work, finalists);
    add_front(work, places - finalists, &members);
    bool done = search_confirm(work, &members);
    cell_list_clear(&members);
    return done && confirm_challengers(work);
}
