// SPDX-License-Identifier: GPL-3.0-or-later
/* One task per draw; its metrics go into a row of their own, and the rows are sorted metric by
 * metric at the end. */
#include "experiment/day_bootstrap.h"

#include "base/memory.h"
#include "base/task_pool.h"
#include "engine/random.h"
#include "experiment/comparison.h"
#include "experiment/plan.h"
#include "figures/metrics.h"
#include "figures/summary.h"
#include "scenario/scenario.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Bootstrap {
    ComparisonStatistics *statistics;
    const Plan *replications;
    size_t days;
    double rest;   /* beyond them, in days */
    size_t values; /* of a draw: one per metric, run and deployment, as statistics->metrics */
    double *original;
    double *drawn; /* DAY_BOOTSTRAP_DRAWS rows */
} Bootstrap;

char *day_bootstrap_obstacle(const Plan *replications) {
    size_t least = SIZE_MAX, most = 0;
    for (size_t run = 0; run < replications->cell_count; run++) {
        for (size_t r = 0; r < replications->count; r++) {
            const size_t days = daily_summary_days(replications->cells[run].days[r]);
            least = days < least ? days : least;
            most = days > most ? days : most;
        }
    }
    if (least < DAY_BOOTSTRAP_LEAST) {
        return memory_format("the runs have %zu whole day%s, and %d are the least", least,
                             least == 1 ? "" : "s", DAY_BOOTSTRAP_LEAST);
    }
    return least == most ? NULL
                         : memory_format("the runs have from %zu to %zu whole days", least, most);
}

/* Of a normal's deviate to that of Student's t. */
static double shrink_of(size_t blocks, double rest) {
    const double n = (double)blocks;
    return sqrt((n - 1) / (n + rest));
}

double day_bootstrap_tail(double confidence, size_t blocks, double rest) {
    const double t = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, (double)blocks - 1);
    return gsl_cdf_ugaussian_Q(t / shrink_of(blocks, rest));
}

/* Metrics of days and replications so many times each: of every replication's run put together
 * from days, the mean over replications, where the metric applies. */
static void evaluate(const Bootstrap *bootstrap, const uint32_t days[], const uint32_t times[],
                     double values[]) {
    const ComparisonDeployments *deployments = &bootstrap->statistics->deployments;
    double *weights = memory_new(bootstrap->values, sizeof *weights);
    memset(values, 0, bootstrap->values * sizeof *values);
    for (size_t run = 0; run < deployments->run_count; run++) {
        const PlanCell *replicated = &bootstrap->replications->cells[run];
        Summary *summary = summary_create(replicated->scenario);
        for (size_t r = 0; r < bootstrap->replications->count; r++) {
            if (times[r] == 0) {
                continue;
            }
            daily_summary_compose(replicated->days[r], days, summary);
            for (size_t i = 0; i < deployments->count; i++) {
                const size_t place = deployments->places[i * deployments->run_count + run];
                const size_t row = (i * deployments->run_count + run) * metric_count;
                for (size_t column = 0; place != COMPARISON_ABSENT && column < metric_count;
                     column++) {
                    const double value =
                        metric_number(metric_of(&metric_rows[column], summary, place));
                    if (!isnan(value)) {
                        values[row + column] += times[r] * value;
                        weights[row + column] += times[r];
                    }
                }
            }
        }
        summary_destroy(summary);
    }
    for (size_t i = 0; i < bootstrap->values; i++) {
        values[i] = weights[i] > 0 ? values[i] / weights[i] : NAN;
    }
    free(weights);
}

static void draw_times(RandomStream *stream, size_t count, uint32_t times[]) {
    memset(times, 0, count * sizeof *times);
    for (size_t i = 0; i < count; i++) {
        times[random_below(stream, count)]++;
    }
}

static bool draw(void *self, size_t number) {
    const Bootstrap *bootstrap = self;
    const Scenario *scenario = bootstrap->replications->cells[0].scenario;
    const size_t replications = bootstrap->replications->count;
    uint32_t *days = memory_new(bootstrap->days, sizeof *days);
    uint32_t *times = memory_new(replications, sizeof *times);
    RandomStream stream;
    random_stream_init_named(&stream, (uint64_t)scenario->seed, (uint64_t)scenario->replication,
                             "bootstrap.%zu", number);
    draw_times(&stream, bootstrap->days, days);
    draw_times(&stream, replications, times);
    evaluate(bootstrap, days, times, bootstrap->drawn + number * bootstrap->values);
    free(days);
    free(times);
    return true;
}

static void evaluate_original(const Bootstrap *bootstrap) {
    const size_t replications = bootstrap->replications->count;
    uint32_t *days = memory_new(bootstrap->days, sizeof *days);
    uint32_t *times = memory_new(replications, sizeof *times);
    for (size_t i = 0; i < bootstrap->days; i++) {
        days[i] = 1;
    }
    for (size_t i = 0; i < replications; i++) {
        times[i] = 1;
    }
    evaluate(bootstrap, days, times, bootstrap->original);
    free(days);
    free(times);
}

/* Intervals ---------------------------------------------------------------------------------- */

static int by_size(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The share q of sorted values, linear between them. */
static double percentile(const double sorted[], size_t count, double q) {
    const double at = q * (double)(count - 1);
    const size_t below = (size_t)at;
    const double rest = at - (double)below;
    return rest > 0 && isfinite(sorted[below])
               ? sorted[below] + rest * (sorted[below + 1] - sorted[below])
               : sorted[below];
}

/* The draws must not all be of days on which the metric does not apply. */
static IntervalEstimate interval_of(double value, double draws[], size_t count, double tail) {
    if (isnan(value) || count < DAY_BOOTSTRAP_DRAWS / 2) {
        return (IntervalEstimate){value, NAN, NAN};
    }
    qsort(draws, count, sizeof *draws, by_size);
    /* With every draw alike rounding may differ from the value in the last digit. */
    return (IntervalEstimate){value, fmin(value, percentile(draws, count, tail)),
                              fmax(value, percentile(draws, count, 1 - tail))};
}

/* The level at which the interval would just touch 0. Beyond the last draw: by Student's t, with
 * the draws' standard deviation, and not more than what one draw more would have given. */
static double p_value_of(double value, const double draws[], size_t count, size_t blocks,
                         double rest) {
    if (isnan(value) || count < DAY_BOOTSTRAP_DRAWS / 2) {
        return NAN;
    }
    size_t beyond = 0;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        beyond += value > 0 ? draws[i] <= 0 : draws[i] >= 0;
        sum += draws[i];
    }
    for (size_t i = 0; i < count; i++) {
        squares += (draws[i] - sum / (double)count) * (draws[i] - sum / (double)count);
    }
    const double n = (double)blocks, share = ((double)beyond + 1) / ((double)count + 1);
    const double shrink = shrink_of(blocks, rest);
    const double by_percentile =
        share >= 0.5 ? 1 : 2 * gsl_cdf_tdist_Q(gsl_cdf_ugaussian_Qinv(share) * shrink, n - 1);
    const double sd = sqrt(squares / (double)count);
    if (beyond > 0 || value == 0 || !isfinite(sd)) {
        return by_percentile;
    }
    return sd > 0 ? fmin(by_percentile, 2 * gsl_cdf_tdist_Q(fabs(value) / sd * shrink, n - 1)) : 0;
}

/* Infinite ones (a quantile that is never reached) are alike. */
static double difference_of(const double *values, size_t index, size_t first) {
    return values[index] == values[first] ? 0 : values[index] - values[first];
}

/* NAN: there is none, of 0 or of what is never reached. */
static double ratio_of(const double *values, size_t index, size_t first) {
    const double ratio = values[index] / values[first];
    return isfinite(ratio) && isfinite(values[first]) ? ratio : NAN;
}

/* Differences, or ratios, of those draws in which the metric applies to both runs. */
static size_t pair_draws(const Bootstrap *bootstrap, size_t index, size_t first, bool ratio,
                         double *draws) {
    size_t pairs = 0;
    for (size_t i = 0; i < DAY_BOOTSTRAP_DRAWS; i++) {
        const double *row = bootstrap->drawn + i * bootstrap->values;
        const double value = ratio ? ratio_of(row, index, first) : difference_of(row, index, first);
        if (!isnan(value)) {
            draws[pairs++] = value;
        }
    }
    return pairs;
}

static bool all_are(const double draws[], size_t count, double value) {
    size_t same = 0;
    while (same < count && draws[same] == value) {
        same++;
    }
    return same == count;
}

static void replace_metric(const Bootstrap *bootstrap, size_t index, size_t first, double *draws) {
    ComparisonStatistics *statistics = bootstrap->statistics;
    MetricStatistics *metric = &statistics->metrics[index];
    const double tail =
        day_bootstrap_tail(statistics->confidence, bootstrap->days, bootstrap->rest);
    size_t count = 0;
    for (size_t i = 0; i < DAY_BOOTSTRAP_DRAWS; i++) {
        const double *row = bootstrap->drawn + i * bootstrap->values;
        if (!isnan(row[index])) {
            draws[count++] = row[index];
        }
    }
    metric->mean = interval_of(bootstrap->original[index], draws, count, tail);
    metric->never = isinf(bootstrap->original[index]) ? metric->count : 0;
    if (index == first) {
        return;
    }
    const double *original = bootstrap->original;
    const size_t pairs = pair_draws(bootstrap, index, first, false, draws);
    double difference = difference_of(original, index, first);
    if (isinf(original[index]) && difference == 0 && !all_are(draws, pairs, 0)) {
        difference = NAN; /* both never, but not always */
    }
    metric->difference = interval_of(difference, draws, pairs, tail);
    metric->p_value = p_value_of(difference, draws, pairs, bootstrap->days, bootstrap->rest);
    const size_t ratios = pair_draws(bootstrap, index, first, true, draws);
    const bool positive = original[first] > 0 && original[index] > 0;
    metric->ratio =
        interval_of(positive ? ratio_of(original, index, first) : NAN, draws, ratios, tail);
}

static void replace_all(const Bootstrap *bootstrap) {
    const size_t runs = bootstrap->statistics->deployments.run_count;
    double *draws = memory_new(DAY_BOOTSTRAP_DRAWS, sizeof *draws);
    for (size_t i = 0; i < bootstrap->values; i++) {
        const size_t column = i % metric_count;
        const size_t deployment = i / metric_count / runs;
        replace_metric(bootstrap, i, deployment * runs * metric_count + column, draws);
    }
    free(draws);
}

bool day_bootstrap(ComparisonStatistics *statistics, size_t jobs,
                   const volatile sig_atomic_t *stop) {
    const Plan *replications = statistics->replications;
    const size_t values =
        statistics->deployments.count * statistics->deployments.run_count * metric_count;
    Bootstrap bootstrap = {.statistics = statistics,
                           .replications = replications,
                           .days = daily_summary_days(replications->cells[0].days[0]),
                           .rest = daily_summary_rest(replications->cells[0].days[0]),
                           .values = values,
                           .original = memory_new(values, sizeof(double)),
                           .drawn = memory_new(values * DAY_BOOTSTRAP_DRAWS, sizeof(double))};
    evaluate_original(&bootstrap);
    const TaskPool pool = {.jobs = jobs, .stop = stop};
    const bool done = task_pool_run(&pool, DAY_BOOTSTRAP_DRAWS, draw, &bootstrap);
    if (done) {
        replace_all(&bootstrap);
        statistics->days = bootstrap.days;
        comparison_judge(statistics);
    }
    free(bootstrap.original);
    free(bootstrap.drawn);
    return done;
}
