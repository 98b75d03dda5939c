// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/precision.h"

#include "base/memory.h"
#include "experiment/comparison.h"
#include "figures/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool read_metric(const char *name, const char *place, size_t *column, ErrorList *errors) {
    const MetricRow *row = metric_find(name);
    if (row != NULL) {
        *column = (size_t)(row - metric_rows);
        return true;
    }
    return error_in_option(errors, place, name,
                           "a metric, as summary.csv names them: total_usd, ttft_p95_s, ...",
                           error_nearest_row(name, metric_rows, metric_count, name));
}

bool precision_read(const char *text, const char *place, Precision *precision, ErrorList *errors) {
    static const char expected[] = "METRIC=WIDTH, such as total_usd=1% (of the baseline's mean) or "
                                   "ttft_p95_s=0.2 (in the metric's unit)";
    const char *equals = strchr(text, '=');
    if (!equals) {
        return error_in_option(errors, place, text, expected, NULL);
    }
    char *name = memory_text_n(text, (size_t)(equals - text));
    bool sound = read_metric(name, place, &precision->column, errors);
    free(name);
    char *end;
    precision->width = strtod(equals + 1, &end);
    precision->relative = *end == '%';
    end += precision->relative;
    if (end == equals + 1 || *end != '\0' || !(precision->width > 0) || isinf(precision->width)) {
        sound = error_in_option(errors, place, text, expected, NULL);
    }
    precision->width /= precision->relative ? 100 : 1;
    return sound;
}

/* The part of an interval that is furthest from its target, as a share of that. */
static void look_at(const Precision *precision, const IntervalEstimate *estimate, double baseline,
                    double *worst, PrecisionState *state) {
    const double half_width = interval_half_width(estimate);
    const double target =
        precision->relative ? precision->width * fabs(baseline) : precision->width;
    if (isnan(half_width) || isnan(target)) {
        return;
    }
    const double share = half_width == 0 ? 0 : half_width / target;
    state->applies = true;
    if (!(share <= *worst)) {
        *worst = share;
        state->half_width = half_width;
        state->target = target;
        state->reached = share <= 1;
    }
}

PrecisionState precision_state(const Precision *precision, const ComparisonStatistics *statistics) {
    PrecisionState state = {.reached = false};
    double worst = -1;
    const size_t runs = statistics->deployments.run_count;
    for (size_t deployment = 0; deployment < statistics->deployments.count; deployment++) {
        const MetricStatistics *first =
            comparison_metric(statistics, 0, deployment, precision->column);
        for (size_t run = 0; run < runs; run++) {
            if (comparison_metric(statistics, run, deployment, precision->column)->never > 0) {
                return (PrecisionState){.applies = false};
            }
        }
        if (runs == 1) {
            look_at(precision, &first->mean, first->mean.value, &worst, &state);
        }
        for (size_t run = 1; run < runs; run++) {
            const MetricStatistics *metric =
                comparison_metric(statistics, run, deployment, precision->column);
            look_at(precision, &metric->difference, first->mean.value, &worst, &state);
        }
    }
    return state;
}

/* The half-width falls with the square root of their number. */
size_t precision_next(const PrecisionState *state, size_t count, size_t most) {
    const double ratio = state->half_width / state->target;
    const double wanted = ceil((double)count * ratio * ratio);
    const size_t least = count + PRECISION_LEAST / 2, doubled = 2 * count;
    size_t next = wanted < (double)least     ? least
                  : wanted > (double)doubled ? doubled
                                             : (size_t)wanted;
    next = next > count ? next : count + 1;
    return next < most ? next : most;
}
