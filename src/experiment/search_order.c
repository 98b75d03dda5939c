// SPDX-License-Identifier: GPL-3.0-or-later
/* Means, doubts and the lists made of them; see search_order.h. */
#include "experiment/search_order.h"

#include "base/memory.h"
#include "stats/inference.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
