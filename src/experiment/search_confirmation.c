// SPDX-License-Identifier: GPL-3.0-or-later
/* Confirmation on fresh replications: of finalists, of their rivals as long as a forecast says that
 * they may yet win, of points of the front; and who has won. */
#include "experiment/search_work.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "stats/estimate.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

enum {
    LEAST_PLACES = 2, /* in confirmation, beside the base */
    FINALISTS = 5,    /* that are confirmed first */
    FRONT_POINTS = 6, /* of the front that are confirmed at last, if the budget allows */
    RIVALS = 3,       /* that are confirmed side by side */
    RIVAL_PARTS = 4,  /* of a rival's confirmation, between which it may be given up */
    FRONT_RESERVE = 2 /* points of the front that rivals do not take the budget of: its ends */
};
#define RIVAL_DOUBT 2.0 /* standard errors by which a forecast may be wrong */

size_t search_least_budget(size_t confirmation) {
    return 2 * (LEAST_PLACES + 1) * confirmation;
}

size_t search_places(const SearchProblem *problem) {
    const size_t places = problem->budget / 2 / problem->confirmation - 1;
    asim_assert(places >= LEAST_PLACES);
    return places < FINALISTS + FRONT_POINTS ? places : FINALISTS + FRONT_POINTS;
}

/* Forecasts: ratios to a confirmed candidate --------------------------------------------------- */

/* Of a few replications the spread is mixed with this share of the mean, as with so many
 * observations. */
#define PRIOR_SHARE 0.2
#define PRIOR_WEIGHT 2.0

/* Pairs of one figure that both have seen. */
typedef struct Pairs {
    const SearchCandidate *one, *control;
    size_t width, figure;
    size_t seen, fresh; /* pairs of the search, of confirmation */
} Pairs;

static double value_of(const Pairs *pairs, const SearchCandidate *who, size_t pair) {
    const double *figures = pair < pairs->seen ? who->figures : who->fresh;
    const size_t replication = pair < pairs->seen ? pair : pair - pairs->seen;
    return figures[replication * pairs->width + pairs->figure];
}

/* What the one shows where the control shows a value: value * ratio + shift. */
typedef struct Link {
    double ratio, shift, spread;
} Link;

static Link link_of(const Pairs *pairs) {
    const size_t count = pairs->seen + pairs->fresh;
    double one = 0, control = 0, squares = 0;
    asim_assert(count > 0);
    for (size_t i = 0; i < count; i++) {
        one += value_of(pairs, pairs->one, i);
        control += value_of(pairs, pairs->control, i);
    }
    Link link = {.ratio = 1, .shift = (one - control) / (double)count};
    if (one > 0 && control > 0) {
        link = (Link){.ratio = one / control};
    }
    for (size_t i = 0; i < count; i++) {
        const double left = value_of(pairs, pairs->one, i) - link.shift -
                            link.ratio * value_of(pairs, pairs->control, i);
        squares += left * left;
    }
    const double prior = PRIOR_SHARE * one / (double)count;
    link.spread =
        sqrt((squares + PRIOR_WEIGHT * prior * prior) / ((double)count - 1 + PRIOR_WEIGHT));
    return link;
}

/* Standard error of the mean over all fresh replications; INFINITY: one of them is not a number, or
 * without end. */
static double error_of(const SearchWork *work, const Pairs *pairs) {
    const size_t replications = work->problem->confirmation;
    const double control =
        search_mean(pairs->control->fresh, pairs->width, replications, pairs->figure);
    const double count = (double)(pairs->seen + pairs->fresh);
    const double left = (double)(replications - pairs->fresh);
    const double error =
        link_of(pairs).spread * left / (double)replications * sqrt(1 / count + 1 / left);
    return !isfinite(control) || !isfinite(error) ? INFINITY : error;
}

static Forecast forecast_by(const SearchWork *work, const Pairs *pairs, double error) {
    const size_t replications = work->problem->confirmation;
    const Link link = link_of(pairs);
    double *values = memory_new(replications, sizeof *values);
    for (size_t i = 0; i < replications; i++) {
        const bool known = i < pairs->fresh;
        const double value =
            (known ? pairs->one : pairs->control)->fresh[i * pairs->width + pairs->figure];
        values[i] = known ? value : link.shift + link.ratio * value;
    }
    const Estimate estimate = estimate_mean(values, replications, work->problem->confidence);
    free(values);
    asim_assert(error >= 0 && pairs->fresh < replications);
    return (Forecast){.mean = estimate.mean, .half_width = estimate.half_width, .error = error};
}

Forecast search_forecast(const SearchWork *work, size_t candidate, size_t figure) {
    const Search *search = work->search;
    const SearchCandidate *one = &search->candidates[candidate];
    Pairs best = {0};
    double least = INFINITY;
    asim_assert(candidate < search->count && one->fresh_count < work->problem->confirmation);
    for (size_t i = 0; i < search->confirmed_count; i++) {
        const SearchCandidate *control = &search->candidates[search->confirmed[i]];
        const Pairs pairs = {.one = one,
                             .control = control,
                             .width = work->figures,
                             .figure = figure,
                             .seen = one->count < control->count ? one->count : control->count,
                             .fresh = one->fresh_count};
        const double error = pairs.seen + pairs.fresh > 0 ? error_of(work, &pairs) : INFINITY;
        if (error < least) {
            least = error;
            best = pairs;
        }
    }
    return best.control ? forecast_by(work, &best, least)
                        : (Forecast){.mean = NAN, .half_width = NAN, .error = INFINITY};
}

/* In standard errors of the forecast; without any doubt, exactly enough is enough where a limit is
 * to be kept, and no room where a cost is to be beaten. */
static double by_errors(double room, double error, bool enough) {
    return error > 0 ? room / error : room > 0 || (enough && room == 0) ? INFINITY : -INFINITY;
}

double search_forecast_margin(const SearchWork *work, size_t candidate) {
    double least = INFINITY;
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        const Forecast forecast = search_forecast(work, candidate, SEARCH_LIMITS + i);
        const double room =
            search_room(&work->problem->limits[i], forecast.mean) - forecast.half_width;
        least = fmin(least, isnan(room) ? -INFINITY : by_errors(room, forecast.error, true));
    }
    return least;
}

/* Who has won -------------------------------------------------------------------------------- */

SearchVerdict search_limit_verdict(const SearchLimit *limit, Estimate estimate, size_t count) {
    const double worst =
        estimate.mean + (limit->at_least ? -estimate.half_width : estimate.half_width);
    return estimate.count < count || !search_is_within(limit, estimate.mean) ? SEARCH_BROKEN
           : search_is_within(limit, worst)                                  ? SEARCH_CERTAIN
                                                                             : SEARCH_LIKELY;
}

SearchVerdict search_verdict(const SearchProblem *problem, const double *figures, size_t count) {
    SearchVerdict verdict = SEARCH_CERTAIN;
    double *values = memory_new(count, sizeof *values);
    for (size_t i = 0; i < problem->limit_count; i++) {
        search_take(problem, figures, count, SEARCH_LIMITS + i, values);
        const Estimate estimate = estimate_mean(values, count, problem->confidence);
        const SearchVerdict one = search_limit_verdict(&problem->limits[i], estimate, count);
        verdict = one < verdict ? one : verdict;
    }
    free(values);
    const double cost = search_mean(figures, search_width(problem), count, SEARCH_COST);
    return isnan(cost) ? SEARCH_BROKEN : verdict;
}

static SearchVerdict verdict_of(const SearchWork *work, const SearchCandidate *candidate) {
    return search_verdict(work->problem, candidate->fresh, work->problem->confirmation);
}

static double fresh_mean(const SearchWork *work, const SearchCandidate *candidate, size_t figure) {
    return search_mean(candidate->fresh, work->figures, work->problem->confirmation, figure);
}

static bool is_confirmed(const SearchWork *work, const SearchCandidate *candidate) {
    return candidate->fresh_count == work->problem->confirmation;
}

/* By how much the means are beyond the limits, in shares of these. */
static double broken_by(const SearchWork *work, const SearchCandidate *candidate) {
    double sum = 0;
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        const SearchLimit *limit = &work->problem->limits[i];
        const double beyond = -search_room(limit, fresh_mean(work, candidate, SEARCH_LIMITS + i));
        const double share = beyond / (limit->limit != 0 ? fabs(limit->limit) : 1);
        sum += isnan(share) ? INFINITY : share > 0 ? share : 0;
    }
    return sum;
}

static bool is_better(const SearchWork *work, const SearchCandidate *a, const SearchCandidate *b) {
    const SearchVerdict verdict_a = verdict_of(work, a), verdict_b = verdict_of(work, b);
    if (verdict_a != verdict_b) {
        return verdict_a > verdict_b;
    }
    if (verdict_a == SEARCH_BROKEN) {
        const double broken_a = broken_by(work, a), broken_b = broken_by(work, b);
        if (broken_a != broken_b) {
            return broken_a < broken_b;
        }
    }
    const double cost_a = fresh_mean(work, a, SEARCH_COST);
    const double cost_b = fresh_mean(work, b, SEARCH_COST);
    return cost_a < cost_b || (!(cost_b < cost_a) && a->cell < b->cell);
}

/* Those who are equal to the cheapest come first already: by distance, else as they were. */
static void rank_equals(SearchWork *work) {
    Search *search = work->search;
    const SearchCandidate *candidates = search->candidates;
    const SearchCandidate *first = &candidates[search->confirmed[0]];
    const SearchVerdict verdict = verdict_of(work, first);
    const double cost = fresh_mean(work, first, SEARCH_COST);
    const double most = cost + work->problem->indifference * fabs(cost);
    double *away = memory_new(search->count, sizeof *away);
    search->equals = 0;
    while (search->equals < search->confirmed_count && verdict != SEARCH_BROKEN) {
        const size_t who = search->confirmed[search->equals];
        if (fresh_mean(work, &candidates[who], SEARCH_COST) > most ||
            verdict_of(work, &candidates[who]) != verdict) {
            break;
        }
        away[who] = search_distance(work->problem, candidates[who].cell);
        search_sort_last(search->confirmed, ++search->equals, away);
    }
    asim_assert((search->equals == 0) == (verdict == SEARCH_BROKEN));
    free(away);
}

/* The equals, then best first. */
static void rank_confirmed(SearchWork *work) {
    Search *search = work->search;
    const SearchCandidate *candidates = search->candidates;
    free(search->confirmed);
    search->confirmed = memory_new(search->count, sizeof *search->confirmed);
    search->confirmed_count = 0;
    for (size_t i = 0; i < search->count; i++) {
        if (is_confirmed(work, &candidates[i])) {
            size_t at = search->confirmed_count++;
            for (;
                 at > 0 && is_better(work, &candidates[i], &candidates[search->confirmed[at - 1]]);
                 at--) {
                search->confirmed[at] = search->confirmed[at - 1];
            }
            search->confirmed[at] = i;
        }
    }
    asim_assert(search->confirmed_count > 0);
    rank_equals(work);
}

bool search_confirm(SearchWork *work, const CellList *members) {
    const bool done =
        (work->search->base || search_replicate_base(work)) &&
        search_replicate(work, SEARCH_CONFIRMATION, members, work->problem->confirmation);
    if (done) {
        rank_confirmed(work);
    }
    asim_assert(!done || work->search->confirmed_count >= members->count);
    return done;
}

/* Rivals ------------------------------------------------------------------------------------- */

/* The cost that takes the winner's place: of who is nearer the defaults an equal one. */
static double cost_to_win(const SearchWork *work, const SearchCandidate *candidate) {
    const Search *search = work->search;
    const SearchCandidate *winner = &search->candidates[search->confirmed[0]];
    if (verdict_of(work, winner) != SEARCH_CERTAIN) {
        return INFINITY;
    }
    double least = INFINITY;
    for (size_t i = 0; i < search->equals; i++) {
        least =
            fmin(least, fresh_mean(work, &search->candidates[search->confirmed[i]], SEARCH_COST));
    }
    const bool is_nearer = search_distance(work->problem, candidate->cell) <
                           search_distance(work->problem, winner->cell);
    return is_nearer ? least + work->problem->indifference * fabs(least)
                     : fresh_mean(work, winner, SEARCH_COST) / (1 + work->problem->indifference);
}

/* How likely it is to take the winner's place, times what that would save; 0: it is no rival. */
static double promise(const SearchWork *work, size_t candidate) {
    const SearchCandidate *one = &work->search->candidates[candidate];
    if (is_confirmed(work, one)) {
        return 0;
    }
    const Forecast cost = search_forecast(work, candidate, SEARCH_COST);
    const double most = cost_to_win(work, one);
    const double margin = search_forecast_margin(work, candidate);
    const double room = by_errors(most - cost.mean, cost.error, false);
    if (isnan(cost.mean) || !(margin > -RIVAL_DOUBT) || !(room > -RIVAL_DOUBT)) {
        return 0;
    }
    /* An equal that is nearer the defaults saves nothing, and is worth a look. */
    const double least = work->problem->indifference * fabs(most) / 2;
    const double saved = most == INFINITY ? 1 : fmax(fmax(most - cost.mean, least), DBL_MIN);
    return gsl_cdf_ugaussian_P(margin) * gsl_cdf_ugaussian_P(room) * saved;
}

static void keep_rivals(const SearchWork *work, CellList *members) {
    size_t kept = 0;
    for (size_t i = 0; i < members->count; i++) {
        if (promise(work, members->items[i]) > 0) {
            members->items[kept++] = members->items[i];
        }
    }
    members->count = kept;
}

static bool is_twin_of_confirmed(const SearchWork *work, const SearchCandidate *candidate) {
    const Search *search = work->search;
    for (size_t i = 0; i < search->confirmed_count; i++) {
        if (search_is_twin(work, candidate, &search->candidates[search->confirmed[i]])) {
            return true;
        }
    }
    return false;
}

/* Who has not been confirmed and may yet win, the most promising first. */
static CellList rivals(const SearchWork *work, size_t most) {
    const Search *search = work->search;
    CellList members = {0};
    double *key = memory_new(search->count, sizeof *key);
    for (size_t i = 0; i < search->count; i++) {
        key[i] = is_twin_of_confirmed(work, &search->candidates[i]) ? 0 : -promise(work, i);
        if (key[i] < 0) {
            cell_list_add(&members, i);
            search_sort_last(members.items, members.count, key);
        }
    }
    for (size_t i = 1; i < members.count; i++) {
        asim_assert(key[members.items[i - 1]] <= key[members.items[i]]);
    }
    members.count = members.count < most ? members.count : most;
    free(key);
    return members;
}

/* Rivals get their confirmation in parts, and go on only while they may yet win. */
static bool confirm_rivals(SearchWork *work, size_t reserve) {
    const size_t replications = work->problem->confirmation;
    const size_t part = (replications + RIVAL_PARTS - 1) / RIVAL_PARTS;
    bool done = true, any = true;
    while (done && any && work->left >= reserve + replications) {
        const size_t room = (work->left - reserve) / replications;
        CellList members = rivals(work, room < RIVALS ? room : RIVALS);
        any = members.count > 0;
        for (size_t target = part; done && members.count > 0; target += part) {
            done = search_replicate(work, SEARCH_CONFIRMATION, &members,
                                    target < replications ? target : replications);
            keep_rivals(work, &members);
        }
        asim_assert(work->left >= reserve);
        if (done) {
            rank_confirmed(work);
        }
        cell_list_clear(&members);
    }
    return done;
}

/* The front ---------------------------------------------------------------------------------- */

/* Cheapest first; of those that cost the same, one. */
static CellList front_of(const SearchWork *work) {
    const size_t count = work->search->count;
    double *cost = memory_new(count, sizeof *cost), *latency = memory_new(count, sizeof *latency);
    bool *on_front = memory_new(count, sizeof *on_front);
    CellList front = {0};
    for (size_t i = 0; i < count; i++) {
        const SearchCandidate *candidate = &work->search->candidates[i];
        cost[i] = search_mean(candidate->figures, work->figures, candidate->count, SEARCH_COST);
        latency[i] =
            search_mean(candidate->figures, work->figures, candidate->count, SEARCH_LATENCY);
    }
    pareto_front(cost, latency, count, on_front);
    for (size_t i = 0; i < count; i++) {
        bool repeated = false;
        for (size_t k = 0; k < front.count; k++) {
            repeated = repeated || cost[front.items[k]] == cost[i];
        }
        if (on_front[i] && !repeated) {
            cell_list_add(&front, i);
            search_sort_last(front.items, front.count, cost);
        }
    }
    for (size_t k = 1; k < front.count; k++) { /* what costs more is quicker */
        asim_assert(cost[front.items[k - 1]] < cost[front.items[k]] &&
                    latency[front.items[k - 1]] > latency[front.items[k]]);
    }
    free(cost);
    free(latency);
    free(on_front);
    return front;
}

static bool is_listed(const CellList *members, size_t candidate) {
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i] == candidate) {
            return true;
        }
    }
    return false;
}

/* Points of the front, evenly over its length, both ends included. */
static bool confirm_front(SearchWork *work) {
    const size_t room = work->left / work->problem->confirmation;
    const size_t places = room < FRONT_POINTS ? room : FRONT_POINTS;
    CellList members = {0}, front = front_of(work);
    for (size_t i = 0; i < places && front.count > 0; i++) {
        const size_t at = places > 1 ? i * (front.count - 1) / (places - 1) : 0;
        if (!is_listed(&members, front.items[at])) {
            cell_list_add(&members, front.items[at]);
        }
    }
    const bool done = search_confirm(work, &members);
    cell_list_clear(&members);
    cell_list_clear(&front);
    return done;
}

/* First those that have seen as much as the front runners, the best at each level. */
bool search_confirm_finalists(SearchWork *work, size_t places) {
    CellList members = search_candidates(work, work->seen);
    asim_assert(members.count > 0);
    search_keep_best(work, &members, places < FINALISTS ? places : FINALISTS);
    const bool done = search_confirm(work, &members);
    cell_list_clear(&members);
    return done && confirm_rivals(work, FRONT_RESERVE * work->problem->confirmation) &&
           confirm_front(work);
}
