// SPDX-License-Identifier: GPL-3.0-or-later
/* What a run pays beside one that knows the arrivals to come (policy foresight), and so has only
 * what the same load target needs: the price of not knowing. */
#include "base/memory.h"
#include "base/text.h"
#include "experiment/comparison.h"
#include "experiment/plan.h"
#include "figures/human.h"
#include "figures/metrics.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <math.h>
#include <stdlib.h>

static size_t place_of(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const ComparisonDeployments *deployments = &statistics->deployments;
    return deployments->places[deployment * deployments->run_count + run];
}

/* NULL: that run has no such deployment. */
static const DeploymentConfig *config_of(const ComparisonStatistics *statistics, size_t run,
                                         size_t deployment) {
    const size_t place = place_of(statistics, run, deployment);
    return place == COMPARISON_ABSENT
               ? NULL
               : &statistics->replications->cells[run].scenario->deployments[place];
}

static bool foresees(const DeploymentConfig *config) {
    return config != NULL && policies[config->policy]->foresees;
}

static bool is_same(double one, double other) {
    return one == other || (isnan(one) && isnan(other));
}

static bool have_same_targets(const FireworksLoadTargets *one, const FireworksLoadTargets *other) {
    return is_same(one->default_load, other->default_load) &&
           is_same(one->requests_per_second, other->requests_per_second) &&
           is_same(one->concurrent_requests, other->concurrent_requests) &&
           one->tokens_generated_per_second == other->tokens_generated_per_second &&
           one->prompt_tokens_per_second == other->prompt_tokens_per_second;
}

/* Does the one that knows keep what the other aims at, within the same limits? What is not
 * fireworks has another idea of load. */
static bool keeps_the_same(const DeploymentConfig *knows, const DeploymentConfig *other) {
    const ForesightConfig *one = knows->autoscaling;
    const FireworksConfig *two = other->autoscaling;
    return policies[other->policy] == &fireworks_kind &&
           one->min_replica_count == two->min_replica_count &&
           one->max_replica_count == two->max_replica_count &&
           one->load_signal == two->load_signal &&
           have_same_targets(&one->load_targets, &two->load_targets);
}

/* The run that knows what comes, and keeps the run's load target; SIZE_MAX: there is none. */
static size_t find_knowing(const ComparisonStatistics *statistics, size_t run, size_t deployment) {
    const DeploymentConfig *own = config_of(statistics, run, deployment);
    if (own == NULL || foresees(own)) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < statistics->deployments.run_count; i++) {
        const DeploymentConfig *other = config_of(statistics, i, deployment);
        if (foresees(other) && keeps_the_same(other, own)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static double *values_of(const ComparisonStatistics *statistics, size_t run, size_t deployment,
                         size_t metric) {
    const Plan *plan = statistics->replications;
    double *values = memory_new(plan->count, sizeof *values);
    plan_values(plan, run, place_of(statistics, run, deployment), metric, values);
    return values;
}

static double mean_of(const ComparisonStatistics *statistics, size_t run, size_t deployment,
                      size_t metric) {
    return comparison_metric(statistics, run, deployment, metric)->level.mean;
}

/* Days that money is told for: totals of spans that differ cannot be told by the day. NAN. */
static double days_of_both(const ComparisonStatistics *statistics, size_t run, size_t other,
                           size_t deployment) {
    const double one = mean_of(statistics, run, deployment, METRIC_span_s) / 86400;
    const double two = mean_of(statistics, other, deployment, METRIC_span_s) / 86400;
    return one > 0 && fabs(one - two) < 1e-9 * one ? one : NAN;
}

bool comparison_not_knowing(const ComparisonStatistics *statistics, size_t run, size_t deployment,
                            NotKnowing *told) {
    const size_t other = find_knowing(statistics, run, deployment);
    if (other == SIZE_MAX) {
        return false;
    }
    double *dear = values_of(statistics, run, deployment, METRIC_total_usd);
    double *cheap = values_of(statistics, other, deployment, METRIC_total_usd);
    *told = (NotKnowing){
        .knowing = other,
        .paid_usd = mean_of(statistics, run, deployment, METRIC_total_usd),
        .least_usd = mean_of(statistics, other, deployment, METRIC_total_usd),
        .price_usd = estimate_difference(cheap, dear, statistics->replications->count,
                                         statistics->confidence, NULL),
    };
    free(dear);
    free(cheap);
    return true;
}

/* Money by the day, where totals can be told so. */
typedef struct Telling {
    double by;
    const char *of; /* " a day" */
} Telling;

static const char *put_usd(double usd, double half_width, const Telling *telling,
                           char text[HUMAN_ESTIMATE_TEXT]) {
    return human_estimate(METRIC_UNIT_USD, HUMAN_ESTIMATE_AMOUNT, telling->by * usd,
                          telling->by * half_width, text);
}

/* Of what it pays more than the first run, how much is not due to what it aims at. */
static void add_share_of_more(Text *text, const ComparisonStatistics *statistics, size_t run,
                              size_t deployment, const NotKnowing *told, const Telling *telling) {
    NotKnowing first;
    if (run == 0 || !comparison_not_knowing(statistics, 0, deployment, &first)) {
        return;
    }
    const double more = told->paid_usd - first.paid_usd;
    const double share = told->price_usd.mean - first.price_usd.mean;
    char all[HUMAN_ESTIMATE_TEXT], part[HUMAN_ESTIMATE_TEXT];
    if (more > 0 && share > 0 && share <= more * (1 + 1e-9)) {
        text_addf(text, " Of the %s%s more than %s, %s is the price of not knowing.",
                  put_usd(more, NAN, telling, all), telling->of,
                  statistics->replications->cells[0].label, put_usd(share, NAN, telling, part));
    }
}

char *comparison_not_knowing_text(const ComparisonStatistics *statistics, size_t run,
                                  size_t deployment) {
    NotKnowing told;
    if (!comparison_not_knowing(statistics, run, deployment, &told)) {
        return NULL;
    }
    const PlanCell *cells = statistics->replications->cells;
    const double days = days_of_both(statistics, run, told.knowing, deployment);
    const Telling telling = {isnan(days) ? 1 : 1 / days, isnan(days) ? " in all" : " a day"};
    char paid[HUMAN_ESTIMATE_TEXT], least[HUMAN_ESTIMATE_TEXT], price[HUMAN_ESTIMATE_TEXT];
    put_usd(told.paid_usd, NAN, &telling, paid);
    put_usd(told.least_usd, NAN, &telling, least);
    put_usd(fabs(told.price_usd.mean), told.price_usd.half_width, &telling, price);
    const bool several = statistics->deployments.count > 1;
    Text text = {0};
    text_addf(&text, "%s%s", several ? statistics->deployments.names[deployment] : "",
              several ? ": " : "");
    if (told.price_usd.mean < 0) {
        text_addf(&text,
                  "%s pays %s%s, %s less than %s, which keeps the load target: it did not keep it.",
                  cells[run].label, paid, telling.of, price, cells[told.knowing].label);
        return text_take(&text);
    }
    text_addf(&text,
              "%s the %s%s that %s pays, %s is the price of not knowing what comes: %s keeps the "
              "same load target, within the same limits, for %s.",
              several ? "of" : "Of", paid, telling.of, cells[run].label, price,
              cells[told.knowing].label, least);
    add_share_of_more(&text, statistics, run, deployment, &told, &telling);
    return text_take(&text);
}
