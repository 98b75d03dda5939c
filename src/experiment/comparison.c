// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/comparison.h"

#include "base/memory.h"
#include "experiment/plan.h"
#include "figures/metrics.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "stats/inference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const verdict_names[] = {
    "", "the same", "lower", "higher", "no difference shown", "equal within the indifference"};

MetricStatistics *comparison_metric(const ComparisonStatistics *statistics, size_t run,
                                    size_t deployment, size_t column) {
    const size_t runs = statistics->deployments.run_count;
    return &statistics->metrics[(deployment * runs + run) * metric_count + column];
}

double interval_half_width(const IntervalEstimate *estimate) {
    return fmax(estimate->value - estimate->low, estimate->high - estimate->value);
}

static IntervalEstimate interval_of(const Estimate *estimate) {
    return (IntervalEstimate){.value = estimate->mean,
                              .low = estimate->mean - estimate->half_width,
                              .high = estimate->mean + estimate->half_width};
}

/* By the logarithms, which are pairs too. */
static IntervalEstimate ratio_of(const double baseline[], const double values[], size_t count,
                                 double confidence) {
    double *logarithms = memory_new(count, sizeof *logarithms);
    bool positive = true;
    for (size_t i = 0; i < count; i++) {
        positive = positive && baseline[i] > 0 && values[i] > 0 && isfinite(baseline[i]) &&
                   isfinite(values[i]);
        logarithms[i] = positive ? log(values[i] / baseline[i]) : NAN;
    }
    const Estimate estimate = estimate_mean(logarithms, count, confidence);
    free(logarithms);
    return positive
               ? (IntervalEstimate){exp(estimate.mean), exp(estimate.mean - estimate.half_width),
                                    exp(estimate.mean + estimate.half_width)}
               : (IntervalEstimate){NAN, NAN, NAN};
}

static size_t place_of(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const ComparisonDeployments *deployments = &statistics->deployments;
    return deployments->places[deployment * deployments->run_count + run];
}

static void estimate_metric(ComparisonStatistics *statistics, size_t deployment, size_t column,
                            double *baseline, double *values) {
    const Plan *replications = statistics->replications;
    plan_values(replications, 0, place_of(statistics, 0, deployment), column, baseline);
    for (size_t run = 0; run < replications->cell_count; run++) {
        MetricStatistics *metric = comparison_metric(statistics, run, deployment, column);
        plan_values(replications, run, place_of(statistics, run, deployment), column, values);
        const Estimate mean = estimate_mean(values, replications->count, statistics->confidence);
        *metric = (MetricStatistics){.count = mean.count,
                                     .never = mean.never,
                                     .mean = interval_of(&mean),
                                     .difference = {NAN, NAN, NAN},
                                     .ratio = {NAN, NAN, NAN},
                                     .p_value = NAN,
                                     .p_adjusted = NAN};
        statistics->all_alike = statistics->all_alike && !(mean.sd > 0) &&
                                (mean.count == 0 || mean.count == replications->count);
        if (run > 0) {
            const Estimate difference = estimate_difference(
                baseline, values, replications->count, statistics->confidence, &metric->p_value);
            metric->difference = interval_of(&difference);
            metric->ratio = ratio_of(baseline, values, replications->count, statistics->confidence);
        }
    }
}

/* Of what does not vary no p-value is needed: the differences are what they are. */
static void trust_constants(ComparisonStatistics *statistics) {
    const size_t count =
        statistics->deployments.count * statistics->deployments.run_count * metric_count;
    for (size_t i = 0; i < count; i++) {
        MetricStatistics *metric = &statistics->metrics[i];
        if (!isnan(metric->p_value)) {
            metric->p_value = metric->difference.value == 0 ? 1 : 0;
        }
    }
}

static bool each_has_one(const Plan *replications) {
    for (size_t run = 0; run < replications->cell_count; run++) {
        if (replications->cells[run].scenario->deployment_count != 1) {
            return false;
        }
    }
    return true;
}

static size_t find_deployment(const Scenario *scenario, const char *name) {
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        if (strcmp(scenario->deployments[i].name, name) == 0) {
            return i;
        }
    }
    return COMPARISON_ABSENT;
}

/* The first of the runs that has the deployment. */
static size_t first_with(const Plan *replications, const char *name) {
    size_t run = 0;
    while (find_deployment(replications->cells[run].scenario, name) == COMPARISON_ABSENT) {
        run++;
    }
    return run;
}

static ComparisonDeployments match_deployments(const Plan *replications) {
    const size_t runs = replications->cell_count;
    ComparisonDeployments deployments = {.run_count = runs};
    const bool single = each_has_one(replications);
    size_t room = 0;
    for (size_t run = 0; run < (single ? 1 : runs); run++) {
        const Scenario *scenario = replications->cells[run].scenario;
        for (size_t i = 0; i < scenario->deployment_count; i++) {
            if (first_with(replications, scenario->deployments[i].name) == run) {
                deployments.names = memory_grow(deployments.names, deployments.count, &room,
                                                sizeof *deployments.names);
                deployments.names[deployments.count++] = memory_text(scenario->deployments[i].name);
            }
        }
    }
    deployments.places = memory_new(deployments.count * runs, sizeof *deployments.places);
    for (size_t i = 0; i < deployments.count * runs; i++) {
        deployments.places[i] = single ? 0
                                       : find_deployment(replications->cells[i % runs].scenario,
                                                         deployments.names[i / runs]);
    }
    return deployments;
}

ComparisonStatistics comparison_statistics(const Plan *replications, double confidence,
                                           double indifference) {
    ComparisonStatistics statistics = {.replications = replications,
                                       .confidence = confidence,
                                       .indifference = indifference,
                                       .all_alike = true};
    const size_t runs = replications->cell_count;
    statistics.deployments = match_deployments(replications);
    const size_t deployments = statistics.deployments.count;
    statistics.metrics = memory_new(deployments * runs * metric_count, sizeof *statistics.metrics);
    double *baseline = memory_new(replications->count, sizeof *baseline);
    double *values = memory_new(replications->count, sizeof *values);
    for (size_t deployment = 0; deployment < deployments; deployment++) {
        for (size_t column = 0; column < metric_count; column++) {
            estimate_metric(&statistics, deployment, column, baseline, values);
        }
    }
    free(baseline);
    free(values);
    if (statistics.all_alike) {
        trust_constants(&statistics);
    }
    comparison_judge(&statistics);
    return statistics;
}

void comparison_statistics_clear(ComparisonStatistics *statistics) {
    for (size_t i = 0; i < statistics->deployments.count; i++) {
        free(statistics->deployments.names[i]);
    }
    free(statistics->deployments.names);
    free(statistics->deployments.places);
    free(statistics->metrics);
    *statistics = (ComparisonStatistics){0};
}

bool comparison_says_something(const ComparisonStatistics *statistics, size_t deployment,
                               size_t column) {
    for (size_t run = 0; run < statistics->deployments.run_count; run++) {
        const double mean = comparison_metric(statistics, run, deployment, column)->mean.value;
        if (!isnan(mean) && mean != 0) {
            return true;
        }
    }
    return false;
}

/* Judging ------------------------------------------------------------------------------------ */

/* Exactly alike in all pairs: no difference is in question, so it does not count as a test. */
static bool is_same(const MetricStatistics *metric) {
    return metric->difference.value == 0 && metric->difference.low == 0 &&
           metric->difference.high == 0;
}

/* The largest difference that is none, against a first run's mean; next to never nothing is small.
 */
static double largest_none(MetricUnit unit, double first, double indifference) {
    if (isinf(first)) {
        return 0;
    }
    return indifference * (unit == METRIC_UNIT_SHARE ? fmin(first, 1 - first) : fabs(first));
}

/* indifferent: the largest difference that is none. */
static Verdict verdict_of(const MetricStatistics *metric, double indifferent, double level) {
    if (isnan(metric->p_value)) {
        return VERDICT_NONE;
    }
    if (is_same(metric)) {
        return VERDICT_SAME;
    }
    if (metric->difference.low >= -indifferent && metric->difference.high <= indifferent) {
        return VERDICT_EQUAL;
    }
    if (isnan(metric->p_adjusted) || metric->p_adjusted > level) {
        return VERDICT_NOT_SHOWN;
    }
    return metric->difference.value < 0 ? VERDICT_LOWER : VERDICT_HIGHER;
}

void comparison_judge(ComparisonStatistics *statistics) {
    const size_t runs = statistics->deployments.run_count;
    size_t row_count;
    const MetricRow **rows = metric_view(METRIC_TABLE, &row_count);
    const size_t most = statistics->deployments.count * runs * row_count;
    MetricStatistics **judged = memory_new(most, sizeof(MetricStatistics *));
    double *p_values = memory_new(most, sizeof *p_values);
    double *none = memory_new(most, sizeof *none);
    size_t count = 0;
    statistics->judged = 0;
    for (size_t deployment = 0; deployment < statistics->deployments.count; deployment++) {
        for (size_t row = 0; row < row_count; row++) {
            const size_t number = (size_t)(rows[row] - metric_rows);
            const MetricStatistics *first = comparison_metric(statistics, 0, deployment, number);
            for (size_t run = 1; run < runs; run++) {
                MetricStatistics *metric = comparison_metric(statistics, run, deployment, number);
                judged[count] = metric;
                none[count] =
                    largest_none(rows[row]->unit, first->mean.value, statistics->indifference);
                p_values[count] = is_same(metric) ? NAN : metric->p_value;
                statistics->judged += isnan(p_values[count]) ? 0 : 1;
                count++;
            }
        }
    }
    holm_adjust(p_values, count, p_values);
    for (size_t i = 0; i < count; i++) {
        judged[i]->p_adjusted = p_values[i];
        judged[i]->verdict = verdict_of(judged[i], none[i], 1 - statistics->confidence + 1e-12);
    }
    free(rows);
    free(judged);
    free(p_values);
    free(none);
}

bool comparison_has_intervals(const ComparisonStatistics *statistics) {
    return statistics->replications->count > 1 || statistics->days > 0;
}
