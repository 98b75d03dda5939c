// SPDX-License-Identifier: GPL-3.0-or-later
/* What a candidate will show in confirmation, told from what has been seen.
 *
 * A confirmed candidate's fresh replications are the control: on them the other will show what the
 * control has shown, times the ratio of the two over all replications that both have seen (a ratio
 * estimator; W. Cochran, Sampling Techniques, 3rd ed., ch. 6), for on common random numbers a bad
 * day is bad for both. What it has been seen to show itself on fresh replications is taken as it
 * is. The doubt is the spread of what the ratio leaves over. Of the confirmed ones that gives the
 * forecast with the least doubt, figure by figure. */
#ifndef EXPERIMENT_SEARCH_FORECAST_H
#define EXPERIMENT_SEARCH_FORECAST_H

#include "experiment/search_work.h"

typedef struct Forecast {
    double mean;
    double half_width; /* of its confidence interval */
    double error;      /* standard error of the forecast; 0: no doubt */
} Forecast;

/* Of a candidate that is not confirmed. Its mean is NAN if nobody tells: it has not been seen
 * beside a confirmed one, or some of what was seen is no number, or without end. */
Forecast search_forecast(const SearchWork *work, size_t candidate, size_t figure);

/* Of one that is not confirmed: by how many standard errors it is forecast to keep the limit that
 * it keeps worst, with its interval; below 0: to break it. */
double search_forecast_margin(const SearchWork *work, size_t candidate);

#endif
