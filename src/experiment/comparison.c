// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/comparison.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "base/text.h"
#include "engine/random.h"
#include "experiment/plan.h"
#include "figures/metrics.h"
#include "figures/summary.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const verdict_names[] = {
    "", "the same", "lower", "higher", "no difference shown", "equal within the indifference"};

MetricStatistics *comparison_metric(const ComparisonStatistics *statistics, size_t run,
                                    size_t deployment, size_t column) {
    const size_t runs = statistics->deployments.run_count;
    asim_assert(run < runs && deployment < statistics->deployments.count);
    asim_assert(column < metric_count);
    return &statistics->metrics[(deployment * runs + run) * metric_count + column];
}

static size_t place_of(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const ComparisonDeployments *deployments = &statistics->deployments;
    asim_assert(run < deployments->run_count && deployment < deployments->count);
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
        *metric = (MetricStatistics){.level = mean,
                                     .difference = ESTIMATE_NONE,
                                     .ratio = ESTIMATE_NONE,
                                     .p_value = NAN,
                                     .p_adjusted = NAN};
        statistics->all_alike = statistics->all_alike && !(mean.sd > 0) &&
                                (mean.count == 0 || mean.count == replications->count);
        if (run > 0) {
            metric->difference = estimate_difference(baseline, values, replications->count,
                                                     statistics->confidence, &metric->p_value);
            metric->ratio =
                estimate_ratio(baseline, values, replications->count, statistics->confidence);
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
            metric->p_value = metric->difference.mean == 0 ? 1 : 0;
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

_Static_assert(COMPARISON_ABSENT == SIZE_MAX, "scenario_deployment_number says the same");

static ComparisonDeployments match_deployments(const Plan *replications) {
    const size_t runs = replications->cell_count;
    ComparisonDeployments deployments = {.run_count = runs};
    const bool single = each_has_one(replications);
    TextList names = {0};
    for (size_t run = 0; run < (single ? 1 : runs); run++) {
        const Scenario *scenario = replications->cells[run].scenario;
        for (size_t i = 0; i < scenario->deployment_count; i++) {
            text_list_place(&names, scenario->deployments[i].name);
        }
    }
    deployments.names = names.items;
    deployments.count = names.count;
    deployments.places = memory_new(deployments.count * runs, sizeof *deployments.places);
    for (size_t i = 0; i < deployments.count * runs; i++) {
        deployments.places[i] =
            single ? 0
                   : scenario_deployment_number(replications->cells[i % runs].scenario,
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
        const double mean = comparison_metric(statistics, run, deployment, column)->level.mean;
        if (!isnan(mean) && mean != 0) {
            return true;
        }
    }
    return false;
}

/* Judging ------------------------------------------------------------------------------------ */

/* Exactly alike in all pairs: no difference is in question, so it does not count as a test. */
static bool is_same(const MetricStatistics *metric) {
    return metric->difference.mean == 0 && metric->difference.low == 0 &&
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
    return metric->difference.mean < 0 ? VERDICT_LOWER : VERDICT_HIGHER;
}

/* The total that the row is per time, where the runs are of one length and so both are one
 * question; NULL: it is a question of its own. */
static const MetricStatistics *same_question(const ComparisonStatistics *statistics,
                                             const MetricRow *row, size_t run, size_t deployment) {
    const bool alike =
        row->rate_of != 0 && is_same(comparison_metric(statistics, run, deployment, METRIC_span_s));
    return alike ? comparison_metric(statistics, run, deployment, row->rate_of) : NULL;
}

void comparison_judge(ComparisonStatistics *statistics) {
    const size_t runs = statistics->deployments.run_count;
    size_t row_count;
    const MetricRow **rows = metric_view(METRIC_TABLE, &row_count);
    const size_t most = statistics->deployments.count * runs * row_count;
    MetricStatistics **judged = memory_new(most, sizeof(MetricStatistics *));
    const MetricStatistics **same = memory_new(most, sizeof(const MetricStatistics *));
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
                same[count] = same_question(statistics, rows[row], run, deployment);
                none[count] =
                    largest_none(rows[row]->unit, first->level.mean, statistics->indifference);
                p_values[count] = is_same(metric) || same[count] ? NAN : metric->p_value;
                statistics->judged += isnan(p_values[count]) ? 0 : 1;
                count++;
            }
        }
    }
    asim_assert(count <= most && statistics->judged <= count);
    holm_adjust(p_values, count, p_values);
    for (size_t i = 0; i < count; i++) {
        asim_assert(isnan(p_values[i]) || p_values[i] >= judged[i]->p_value); /* never kinder */
        judged[i]->p_adjusted = same[i] ? same[i]->p_adjusted : p_values[i];
        judged[i]->verdict = verdict_of(judged[i], none[i], 1 - statistics->confidence + 1e-12);
    }
    free(rows);
    free(judged);
    free(same);
    free(p_values);
    free(none);
}

bool comparison_has_intervals(const ComparisonStatistics *statistics) {
    return statistics->replications->count > 1 || statistics->days > 0;
}

/* Days as they might have been: one task per draw; its metrics go into a row of their own, and the
 * rows are sorted metric by metric at the end. --------------------------------------------------
 */

typedef struct Bootstrap {
    ComparisonStatistics *statistics;
    const Plan *replications;
    size_t days;
    double rest;   /* beyond them, in days */
    size_t values; /* of a draw: one per metric, run and deployment, as statistics->metrics */
    double *original;
    double *drawn; /* DAY_BOOTSTRAP_DRAWS rows */
} Bootstrap;

char *comparison_days_obstacle(const Plan *replications) {
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
    asim_assert(count > 0);
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
    asim_assert(number < DAY_BOOTSTRAP_DRAWS);
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

/* Infinite ones (a quantile that is never reached) are alike. */
static double draws_difference(const double *values, size_t index, size_t first) {
    return values[index] == values[first] ? 0 : values[index] - values[first];
}

/* NAN: there is none, of 0 or of what is never reached. */
static double draws_ratio(const double *values, size_t index, size_t first) {
    const double ratio = values[index] / values[first];
    return isfinite(ratio) && isfinite(values[first]) ? ratio : NAN;
}

/* Differences, or ratios, of those draws in which the metric applies to both runs. */
static size_t pair_draws(const Bootstrap *bootstrap, size_t index, size_t first, bool ratio,
                         double *draws) {
    size_t pairs = 0;
    for (size_t i = 0; i < DAY_BOOTSTRAP_DRAWS; i++) {
        const double *row = bootstrap->drawn + i * bootstrap->values;
        const double value =
            ratio ? draws_ratio(row, index, first) : draws_difference(row, index, first);
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

static void replace_metric(const Bootstrap *bootstrap, size_t index, size_t first, double *values) {
    ComparisonStatistics *statistics = bootstrap->statistics;
    MetricStatistics *metric = &statistics->metrics[index];
    const double *original = bootstrap->original;
    EstimateDraws draws = {.draws = values,
                           .least = DAY_BOOTSTRAP_DRAWS / 2,
                           .blocks = bootstrap->days,
                           .rest = bootstrap->rest};
    for (size_t i = 0; i < DAY_BOOTSTRAP_DRAWS; i++) {
        const double *row = bootstrap->drawn + i * bootstrap->values;
        if (!isnan(row[index])) {
            values[draws.count++] = row[index];
        }
    }
    const size_t count = metric->level.count;
    metric->level = estimate_of_draws(original[index], &draws, statistics->confidence);
    metric->level.count = count;
    metric->level.never = isinf(original[index]) ? count : 0;
    asim_assert(first <= index && index < bootstrap->values);
    asim_assert(draws.count <= DAY_BOOTSTRAP_DRAWS);
    if (index == first) {
        return;
    }
    asim_assert(index > first && (index - first) % metric_count == 0); /* one metric, two runs */
    draws.count = pair_draws(bootstrap, index, first, false, values);
    double difference = draws_difference(original, index, first);
    if (isinf(original[index]) && difference == 0 && !all_are(values, draws.count, 0)) {
        difference = NAN; /* both never, but not always */
    }
    metric->difference = estimate_of_draws(difference, &draws, statistics->confidence);
    metric->p_value = estimate_draws_p_value(difference, &draws);
    draws.count = pair_draws(bootstrap, index, first, true, values);
    const bool positive = original[first] > 0 && original[index] > 0;
    metric->ratio = estimate_of_draws(positive ? draws_ratio(original, index, first) : NAN, &draws,
                                      statistics->confidence);
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

bool comparison_resample_days(ComparisonStatistics *statistics, size_t jobs,
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

/* How many are enough -------------------------------------------------------------------------- */

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
static void look_at(const Precision *precision, const Estimate *estimate, double baseline,
                    double *worst, PrecisionState *state) {
    const double half_width = estimate->half_width;
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
            if (comparison_metric(statistics, run, deployment, precision->column)->level.never >
                0) {
                return (PrecisionState){.applies = false};
            }
        }
        if (runs == 1) {
            look_at(precision, &first->level, first->level.mean, &worst, &state);
        }
        for (size_t run = 1; run < runs; run++) {
            const MetricStatistics *metric =
                comparison_metric(statistics, run, deployment, precision->column);
            look_at(precision, &metric->difference, first->level.mean, &worst, &state);
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
    asim_assert(count < most && next > count);
    return next < most ? next : most;
}
