// SPDX-License-Identifier: GPL-3.0-or-later
/* Ratios to a confirmed candidate; see search_forecast.h. */
#include "experiment/search_forecast.h"

#include "base/memory.h"
#include "stats/inference.h"

#include <math.h>
#include <stdlib.h>

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
    return (Forecast){.mean = estimate.mean, .half_width = estimate.half_width, .error = error};
}

Forecast search_forecast(const SearchWork *work, size_t candidate, size_t figure) {
    const Search *search = work->search;
    const SearchCandidate *one = &search->candidates[candidate];
    Pairs best = {0};
    double least = INFINITY;
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

double search_forecast_margin(const SearchWork *work, size_t candidate) {
    double least = INFINITY;
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        const SearchLimit *limit = &work->problem->limits[i];
        const Forecast forecast = search_forecast(work, candidate, SEARCH_LIMITS + i);
        const double room =
            (limit->at_least ? forecast.mean - limit->limit : limit->limit - forecast.mean) -
            forecast.half_width;
        least = fmin(least, isnan(room)          ? -INFINITY
                            : forecast.error > 0 ? room / forecast.error
                            : room >= 0          ? INFINITY
                                                 : -INFINITY);
    }
    return least;
}
