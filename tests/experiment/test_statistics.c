// SPDX-License-Identifier: GPL-3.0-or-later
/* Do the intervals keep what they promise? Iterations of 1 us make a replica of n batch slots a
 * queue with n servers (theory/theory_fixture.h), whose formulas are known. Where there is no
 * formula the truth is the mean of many more replications with another seed. */
#include "experiment/experiments.h"

#include "autoscale_sim/simulation.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "experiment/comparison.h"
#include "experiment/plan.h"
#include "figures/metrics.h"
#include "scenario/overrides.h"
#include "scenario/presets.h"
#include "scenario/scenario.h"
#include "stats/estimate.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(statistics, .timeout = 3600);

static void skip_unless_thorough(void) {
    if (!experiments_thorough()) {
        cr_skip_test("it takes a minute: make statistics");
    }
}

/* Every request has a server of its own: its E2E is tokens x iteration, and nothing else. 20 %
 * longer iterations: the mean E2E is 0.2 x 1e6 x 1 us longer, whatever else happens. */
#define OWN_SERVERS                                                                                \
    "{'duration':'60s','interval':'1h','deployments':{'d':{'model':'m','accelerator':'H100',"      \
    "'weights_gb':16,'client':'none','profile':{'c0_ms':0.001,'c_prefill_ms':0,'c_decode_ms':0,"   \
    "'kv_capacity_tokens':1e15,'batch_slots':1048576,'request_overhead':'0s'},"                    \
    "'autoscaling':{'min_replica_count':1,'max_replica_count':1,'evaluation_interval':'1h',"       \
    "'rate_window':'1h'},"                                                                         \
    "'traffic':{'type':'poisson','rate_per_s':2,'prompt_tokens':1,"                                \
    "'output_tokens':{'distribution':'exponential','mean':1000000}}}}}"

Test(statistics, coverage_of_latencies) {
    experiments_check_coverage(&(ExperimentDesign){
        .name = "services 20 % longer",
        .scenario = OWN_SERVERS,
        .changes = {"deployments.d.profile.c0_ms=0.0012"},
        .replications = 10,
        .truth_runs = 4000,
        .metrics = {
            {"e2e_mean_s", 0.2, 0, 0}, {"e2e_p95_s", NAN, 0, 0}, {"e2e_p50_s", NAN, 0, 0}}});
}

/* One server against two, a load of 0.5: E[Wq] = rho / (mu - lambda) = 1 s, and with two servers
 * (Erlang C) rho^2 / (mu (1 - rho^2)) with rho = 0.25 per server: 1/15 s. The warm-up takes the
 * empty start away. Waits have a long tail, but the mean over 10 replications of 2,000 requests is
 * as good as normal. */
Test(statistics, coverage_of_queues) {
    skip_unless_thorough();
    experiments_check_coverage(&(ExperimentDesign){
        .name = "one server or two",
        .scenario =
            "{'duration':'1600s','warmup':'100s','interval':'1h','deployments':{'d':{'model':'m',"
            "'accelerator':'H100','weights_gb':16,'client':'none','profile':{'c0_ms':0.001,"
            "'c_prefill_ms':0,'c_decode_ms':0,'kv_capacity_tokens':1e15,'batch_slots':1,"
            "'request_overhead':'0s'},'autoscaling':{'min_replica_count':1,'max_replica_count':1,"
            "'evaluation_interval':'1h','rate_window':'1h'},'traffic':{'type':'poisson',"
            "'rate_per_s':0.5,'prompt_tokens':1,'output_tokens':{'distribution':'exponential',"
            "'mean':1000000}}}}}",
        .changes = {"deployments.d.profile.batch_slots=2"},
        .replications = 10,
        .truth_runs = 4000,
        .metrics = {{"queue_wait_mean_s", 1.0 / 15 - 1, 0, 0}, {"ttft_p95_s", NAN, 0, 0}}});
}

/* A deployment at zero, woken once: it is paid for from A + D on, A the first arrival and D the
 * boot, and what comes before gets 503. Boots of 20 s +- 10 s, or 60 s +- 30 s: 40 s less to pay,
 * of 4 $ an hour. Both runs' boots come from the same draws. */
#define WOKEN_ONCE                                                                                 \
    "{'duration':'1h','interval':'1h','pools':{'H100':{'usd_per_gpu_hour':4}},'deployments':{'d':" \
    "{'model':'m','accelerator':'H100','accelerator_count':1,'weights_gb':16,'client':'none',"     \
    "'profile':{'c0_ms':1,'c_prefill_ms':0,'c_decode_ms':0,'kv_capacity_tokens':1e15,"             \
    "'batch_slots':1048576,'request_overhead':'0s'},"                                              \
    "'cold_start':{'total':{'distribution':'uniform','minimum':'10s','maximum':'30s'}},"           \
    "'autoscaling':{'min_replica_count':0,'max_replica_count':1,'scale_to_zero_window':'1h',"      \
    "'evaluation_interval':'30s','rate_window':'1h'},"                                             \
    "'traffic':{'type':'poisson','rate_per_s':0.2,'prompt_tokens':1,'output_tokens':10}}}}"
#define LONGER_BOOTS                                                                               \
    "deployments.d.cold_start.total={\"distribution\":\"uniform\",\"minimum\":\"30s\","            \
    "\"maximum\":\"90s\"}"

Test(statistics, coverage_of_costs) {
    experiments_check_coverage(
        &(ExperimentDesign){.name = "boots 40 s longer",
                            .scenario = WOKEN_ONCE,
                            .changes = {LONGER_BOOTS},
                            .replications = 10,
                            .truth_runs = 4000,
                            .metrics = {{"total_usd", -4.0 * 40 / 3600, 0, 0},
                                        {"time_at_zero_s", 40, 0, 0},
                                        {"completed", -0.2 * 40, 0, 0}}});
}

/* Scaling to zero after 5 or after 10 minutes without requests, over six hours. */
#define TO_ZERO                                                                                    \
    "{'duration':'6h','interval':'1h','deployments':{'d':{'model':'m','accelerator':'H100',"       \
    "'accelerator_count':1,'weights_gb':16,'client':'none','profile':{'c0_ms':1,"                  \
    "'c_prefill_ms':0,'c_decode_ms':0,'kv_capacity_tokens':1e15,'batch_slots':1048576,"            \
    "'request_overhead':'0s'},'cold_start':{'total':{'distribution':'uniform','minimum':'60s',"    \
    "'maximum':'120s'}},'autoscaling':{'min_replica_count':0,'max_replica_count':1,"               \
    "'scale_to_zero_window':'5m','evaluation_interval':'30s','rate_window':'1h'},"                 \
    "'traffic':{'type':'poisson','rate_per_s':0.004,'prompt_tokens':1,'output_tokens':"            \
    "{'distribution':'exponential','mean':5000}}}}}"

Test(statistics, coverage_of_scaling_to_zero) {
    skip_unless_thorough();
    experiments_check_coverage(
        &(ExperimentDesign){.name = "to zero after 5 or 10 min",
                            .scenario = TO_ZERO,
                            .changes = {"deployments.d.autoscaling.scale_to_zero_window=10m"},
                            .replications = 10,
                            .truth_runs = 4000,
                            .metrics = {{"total_usd", NAN, 0, 0}, {"answers_503", NAN, 0, 0}}});
}

/* Replications until the difference of the mean E2E is known to 6 ms. What stops when it looks
 * narrow covers a little less: 90 % at least. */
Test(statistics, coverage_of_auto) {
    Precision precision;
    ErrorList errors = {0};
    cr_assert(precision_read("e2e_mean_s=0.006", "--precision", &precision, &errors));
    experiments_check_coverage(
        &(ExperimentDesign){.name = "auto, services 20 % longer",
                            .scenario = OWN_SERVERS,
                            .changes = {"deployments.d.profile.c0_ms=0.0012"},
                            .replications = PRECISION_LEAST,
                            .precision = &precision,
                            .metrics = {{"e2e_mean_s", 0.2, 0.90, 0.97}}});
}

/* The same scenario twice, with seeds of their own: every difference is noise. */
Test(statistics, false_alarms) {
    experiments_check_alarms(&(ExperimentDesign){.name = "twice the same",
                                                 .scenario = TO_ZERO,
                                                 .changes = {NULL},
                                                 .independent = true,
                                                 .replications = 10,
                                                 .metrics = {{"total_usd", 0, 0, 0},
                                                             {"requests", 0, 0, 0},
                                                             {"ttft_mean_s", 0, 0, 0},
                                                             {"e2e_mean_s", 0, 0, 0},
                                                             {"answers_503", 0, 0, 0},
                                                             {"time_at_zero_s", 0, 0, 0}}});
}

/* Days ----------------------------------------------------------------------------------------- */

/* A week of days that are alike but for chance: an hour of requests, each with a rate of its own.
 * One replication; the intervals by drawing days should hold the truth of all such weeks. */
static const char one_week[] =
    "{'duration':'7d','interval':'1d','deployments':{'d':{'model':'m','accelerator':'H100',"
    "'weights_gb':16,'client':'none','profile':{'c0_ms':1,'c_prefill_ms':0,'c_decode_ms':0,"
    "'kv_capacity_tokens':1e15,'batch_slots':1048576,'request_overhead':'0s'},'cold_start':'60s',"
    "'autoscaling':{'min_replica_count':0,'max_replica_count':1,'scale_to_zero_window':'5m',"
    "'evaluation_interval':'1m','rate_window':'1h'},'traffic':{'type':'diurnal','hourly_rates':"
    "[0,0,0,0,0,0,0,0,0.01,0.003,0.003,0,0,0,0,0,0,0,0,0,0,0,0,0],'dispersion':4,"
    "'dispersion_window':'20m','prompt_tokens':1,'output_tokens':10}}}}";

enum { WEEKS = 300, WEEKS_OF_TRUTH = 5000, WEEK_METRICS = 3 };

typedef struct Weeks {
    const Scenario *scenarios[2];
    size_t columns[WEEK_METRICS];
    double truths[WEEK_METRICS];
    bool covered[WEEKS][WEEK_METRICS];
} Weeks;

static bool one_week_more(void *self, size_t number) {
    Weeks *weeks = self;
    Scenario first = *weeks->scenarios[0], second = *weeks->scenarios[1];
    first.seed = second.seed = (int64_t)number + 1;
    Plan replications = {.by_days = true};
    plan_add(&replications, "first", &first, NULL);
    plan_add(&replications, "second", &second, NULL);
    ErrorList errors = {0};
    const PlanOptions options = {.jobs = 1};
    bool well = plan_run(&replications, 1, &options, &errors) == ASIM_RUN_DONE;
    ComparisonStatistics statistics = comparison_statistics(&replications, 0.95, 0);
    well = well && comparison_resample_days(&statistics, 1, NULL);
    for (size_t i = 0; i < WEEK_METRICS; i++) {
        const Estimate *found =
            &comparison_metric(&statistics, 1, 0, weeks->columns[i])->difference;
        weeks->covered[number][i] =
            found->low <= weeks->truths[i] && weeks->truths[i] <= found->high;
    }
    comparison_statistics_clear(&statistics);
    plan_clear(&replications);
    return well;
}

static void find_truths(Weeks *weeks) {
    Plan replications = {0};
    Scenario first = *weeks->scenarios[0], second = *weeks->scenarios[1];
    first.seed = second.seed = 1000000;
    plan_add(&replications, "first", &first, NULL);
    plan_add(&replications, "second", &second, NULL);
    ErrorList errors = {0};
    const PlanOptions options = {.jobs = task_pool_default_jobs()};
    plan_run(&replications, WEEKS_OF_TRUTH, &options, &errors);
    ComparisonStatistics statistics = comparison_statistics(&replications, 0.95, 0);
    for (size_t i = 0; i < WEEK_METRICS; i++) {
        weeks->truths[i] = comparison_metric(&statistics, 1, 0, weeks->columns[i])->difference.mean;
    }
    comparison_statistics_clear(&statistics);
    plan_clear(&replications);
}

Test(statistics, coverage_of_days) {
    skip_unless_thorough();
    static const char *const metrics[WEEK_METRICS] = {"total_usd", "answers_503", "time_at_zero_s"};
    Weeks *weeks = memory_new(1, sizeof *weeks);
    Scenario *first = experiments_scenario(one_week, NULL);
    Scenario *second = experiments_scenario(
        one_week,
        (const char *const[]){"deployments.d.autoscaling.scale_to_zero_window=10m", NULL});
    weeks->scenarios[0] = first;
    weeks->scenarios[1] = second;
    for (size_t i = 0; i < WEEK_METRICS; i++) {
        weeks->columns[i] = (size_t)(metric_find(metrics[i]) - metric_rows);
    }
    find_truths(weeks);
    const TaskPool pool = {.jobs = task_pool_default_jobs()};
    cr_assert(task_pool_run(&pool, WEEKS, one_week_more, weeks));
    for (size_t i = 0; i < WEEK_METRICS; i++) {
        size_t covered = 0;
        for (size_t k = 0; k < WEEKS; k++) {
            covered += weeks->covered[k][i] ? 1 : 0;
        }
        const double share = (double)covered / WEEKS;
        printf("%-26s %-16s difference %12.6g (long run) covered in %5.1f %% of %d (bootstrap over "
               "7 days)\n",
               "to zero after 5 or 10 min", metrics[i], weeks->truths[i], 100 * share, WEEKS);
        cr_expect(share >= 0.90 && share <= 0.99, "%s: %g", metrics[i], share);
    }
    fflush(stdout);
    scenario_destroy(first);
    scenario_destroy(second);
    free(weeks);
}

/* Common random numbers ------------------------------------------------------------------------ */

/* What the interval of the difference would be with seeds of their own over what it is, from the
 * same runs: their variances are the same either way, only the covariance is gone. */
static double narrowing(const double first[], const double second[], size_t count) {
    const Estimate paired = estimate_difference(first, second, count, 0.95, NULL);
    const Estimate apart = estimate_independent_difference(first, count, second, count, 0.95);
    return apart.sd / paired.sd;
}

/* The most that it can be: with perfect correlation the difference still varies by the difference
 * of the standard deviations. */
static double narrowing_at_most(const double first[], const double second[], size_t count) {
    const double a = estimate_mean(first, count, 0.95).sd,
                 b = estimate_mean(second, count, 0.95).sd;
    return sqrt(a * a + b * b) / fabs(a - b);
}

enum { DEMO_MOST = 200 };

/* The shipped comparison, `make demo`. Both policies' costs follow the day's demand, so that
 * pairing takes most of it away. Latencies hardly vary under performance: there the difference
 * varies as cost optimisation does, however common the numbers. */
Test(statistics, common_random_numbers_pay) {
    static const char *const metrics[] = {
        "total_usd",   "ttft_mean_s",    "ttft_p95_s",
        "e2e_mean_s",  "e2e_p95_s",      "goodput_per_s",
        "cold_starts", "slo_attainment", "idle_share_of_paid_time"};
    const size_t count = experiments_thorough() ? DEMO_MOST : 16;
    ErrorList errors = {0};
    Plan replications = {0};
    Scenario *scenarios[2];
    static const char *const presets[] = {"cost-optimization", "performance"};
    for (size_t i = 0; i < 2; i++) {
        OverrideList list = {0};
        overrides_add_preset(&list, NULL, scenario_preset_find(presets[i]));
        scenarios[i] = scenario_read_file("scenarios/demo.json", list.items, list.count, &errors);
        cr_assert_not_null(scenarios[i]);
        overrides_clear(&list);
        plan_add(&replications, presets[i], scenarios[i], NULL);
    }
    const PlanOptions options = {.jobs = task_pool_default_jobs()};
    cr_assert_eq(plan_run(&replications, count, &options, &errors), ASIM_RUN_DONE);
    double first[DEMO_MOST], second[DEMO_MOST], cost = 0;
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        const size_t column = (size_t)(metric_find(metrics[i]) - metric_rows);
        plan_values(&replications, 0, 0, column, first);
        plan_values(&replications, 1, 0, column, second);
        const double difference = narrowing(first, second, count);
        const double most = narrowing_at_most(first, second, count);
        cost = i == 0 ? difference : cost;
        if (experiments_thorough()) {
            printf("%-26s %-24s common random numbers: difference %4.2f times narrower (at most "
                   "%4.2f)\n",
                   "demo, two presets", metrics[i], difference, most);
        }
        /* No stream is in the way: without common ones this would be about 1 everywhere. */
        cr_expect(difference > 0.9 && difference <= most * (1 + 1e-9), "%s: %g of %g", metrics[i],
                  difference, most);
    }
    fflush(stdout);
    cr_expect(cost >= 3, "the interval of the difference in cost is %g times narrower", cost);
    plan_clear(&replications);
    scenario_destroy(scenarios[0]);
    scenario_destroy(scenarios[1]);
}
