// SPDX-License-Identifier: GPL-3.0-or-later
/* From replications to verdicts, on runs made up and real. */
#include "autoscale_sim/simulation.h"
#include "base/memory.h"
#include "base/output_directory.h"
#include "experiment/chance.h"
#include "experiment/comparison.h"
#include "experiment/experiments.h"
#include "experiment/plan.h"
#include "figures/metrics.h"
#include "output/report_fixture.h"
#include "scenario/overrides.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Precision ------------------------------------------------------------------------------------ */

Test(precision, is_read_or_refused) {
    Precision precision;
    ErrorList errors = {0};
    cr_assert(precision_read("total_usd=1%", "--precision", &precision, &errors));
    cr_assert(precision.relative);
    cr_assert_float_eq(precision.width, 0.01, 1e-12);
    cr_assert(precision_read("ttft_p95_s=0.2", "--precision", &precision, &errors));
    cr_assert(!precision.relative && precision.width == 0.2);
    cr_assert_str_eq(metric_rows[precision.column].name, "ttft_p95_s");
    static const char *const wrong[] = {"total_usd",     "total_usd=",   "total_usd=0",
                                        "total_usd=-1%", "total_usd=1s", "=1%",
                                        "cost=1%",       "total_usd=inf"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_not(precision_read(wrong[i], "--precision", &precision, &errors), "%s", wrong[i]);
    }
    cr_assert_eq(errors.count, sizeof wrong / sizeof wrong[0]);
    error_list_clear(&errors);
}

/* As many as the variance calls for, but neither few more nor more than twice as many. */
Test(precision, next_number_of_replications) {
    PrecisionState state = {.half_width = 1.2, .target = 1};
    cr_assert_eq(precision_next(&state, 10, 1000), 15, "14.4 is less than five more");
    state.half_width = sqrt(1.8);
    cr_assert_eq(precision_next(&state, 100, 1000), 180);
    state.half_width = 100;
    cr_assert_eq(precision_next(&state, 10, 1000), 20);
    cr_assert_eq(precision_next(&state, 700, 1000), 1000);
    state.target = 0;
    cr_assert_eq(precision_next(&state, 10, 12), 12);
}

/* Chance --------------------------------------------------------------------------------------- */

static void expect_chance(const char *const changes[], const char *text) {
    Scenario *scenario = experiments_scenario(
        "{'duration':'1h','deployments':{'d':{'model':'llama-v3p1-8b-instruct','accelerator':"
        "'H100','client':'none','traffic':{'type':'constant','rate_per_s':1,'prompt_tokens':10,"
        "'output_tokens':10}}}}",
        changes);
    char *found = chance_text(chance_of(scenario));
    cr_expect_str_eq(found, text);
    free(found);
    scenario_destroy(scenario);
}
#define CHANCE(text, ...) expect_chance((const char *const[]){__VA_ARGS__, NULL}, text)

Test(chance, what_replications_draw_anew) {
    CHANCE("cold starts", "seed=1");
    CHANCE("nothing", "deployments.d.cold_start=60s");
    CHANCE("nothing", "deployments.d.cold_start.cv=0");
    CHANCE("token counts", "deployments.d.cold_start=60s",
           "deployments.d.traffic.output_tokens={\"distribution\":\"exponential\",\"mean\":9}");
    CHANCE("arrivals, token counts, cold starts and load balancing",
           "deployments.d.traffic.type=poisson", "deployments.d.load_balancer=random");
    CHANCE("replicas that vanish", "deployments.d.cold_start=60s", "deployments.d.preemptible=1h");
    CHANCE("nothing", "deployments.d.cold_start=60s", "deployments.d.failures=1h");
    CHANCE("replicas that vanish", "deployments.d.cold_start=60s",
           "deployments.d.failures={\"distribution\":\"exponential\",\"mean\":\"1h\"}");
    CHANCE("cold starts and the clients' jitter", "deployments.d.client=python",
           "deployments.d.client.jitter=full");
}

Test(chance, a_recording_is_the_same_in_every_replication) {
    ErrorList errors = {0};
    Scenario *scenario = scenario_read_file("scenarios/azure-code.json", NULL, 0, &errors);
    cr_assert(chance_has_recording(scenario));
    cr_assert_eq(chance_of(scenario) & CHANCE_OF_TRAFFIC, 0);
    scenario_destroy(scenario);
    const ScenarioOverride half = {.form = OVERRIDE_SET,
                                   .path = "deployments.*.traffic.*.rate_scale",
                                   .value = "0.5",
                                   .flag = "--set"};
    scenario = scenario_read_file("scenarios/azure-code.json", &half, 1, &errors);
    cr_assert_eq(chance_of(scenario) & CHANCE_OF_TRAFFIC, CHANCE_SAMPLING);
    scenario_destroy(scenario);
}

/* Verdicts ------------------------------------------------------------------------------------- */

typedef struct Made {
    Scenario *scenarios[2];
    Plan replications;
    ComparisonStatistics statistics;
} Made;

static const char two_policies[] =
    "{'duration':'12h','slo':{'ttft':'2s'},'deployments':{'d':{'model':'llama-v3p1-8b-instruct',"
    "'accelerator':'H100','autoscaling':{'min_replica_count':0,'max_replica_count':2,"
    "'scale_to_zero_window':'5m'},'traffic':{'type':'poisson','rate_per_s':0.004,"
    "'prompt_tokens':100,'output_tokens':{'distribution':'exponential','mean':300}}}}}";

/* In place: statistics point to the replications. */
static void make(Made *made, const char *const changes[], size_t replications, bool by_days) {
    *made = (Made){.scenarios = {experiments_scenario(two_policies, NULL),
                                 experiments_scenario(two_policies, changes)},
                   .replications = {.by_days = by_days}};
    plan_add(&made->replications, "frugal", made->scenarios[0], NULL);
    plan_add(&made->replications, "ready", made->scenarios[1], NULL);
    ErrorList errors = {0};
    const PlanOptions options = {.jobs = 2};
    cr_assert_eq(plan_run(&made->replications, replications, &options, &errors), ASIM_RUN_DONE);
    made->statistics = comparison_statistics(&made->replications, 0.95, 0);
}

static void unmake(Made *made) {
    comparison_statistics_clear(&made->statistics);
    plan_clear(&made->replications);
    scenario_destroy(made->scenarios[0]);
    scenario_destroy(made->scenarios[1]);
}

static const MetricStatistics *statistics_of(const Made *made, const char *column) {
    return comparison_metric(&made->statistics, 1, 0, (size_t)(metric_find(column) - metric_rows));
}

static void expect_says(const char *text, const char *part) {
    cr_expect_not_null(strstr(text, part), "no \"%s\" in: %s", part, text);
}

Test(verdicts, in_plain_words_and_per_day) {
    Made made;
    make(&made, (const char *const[]){"deployments.d.autoscaling.min_replica_count=1", NULL}, 10,
         false);
    char *text = comparison_verdict(&made.statistics, 1, 0);
    expect_says(text, "ready costs $");
    expect_says(text, " more a day (");
    expect_says(text, ", cuts p95 TTFT by ");
    expect_says(text, "raises the share of requests that meet the objective by ");
    const MetricStatistics *cost = statistics_of(&made, "total_usd");
    char amount[64];
    snprintf(amount, sizeof amount, "costs $%.2f ", 2 * cost->difference.mean);
    expect_says(text, amount); /* the run is half a day */
    cr_assert_eq(cost->verdict, VERDICT_HIGHER);
    cr_assert_eq(statistics_of(&made, "requests")->verdict, VERDICT_SAME);
    cr_assert_eq(statistics_of(&made, "ttft_mean_s")->verdict, VERDICT_NONE, "not in the table");
    free(text);
    unmake(&made);
}

Test(verdicts, the_other_way_round) {
    Made made;
    make(&made,
         (const char *const[]){"deployments.d.autoscaling.scale_to_zero_window=20m",
                               "deployments.d.accelerator_count=1", NULL},
         10, false);
    char *text = comparison_verdict(&made.statistics, 1, 0);
    expect_says(text, "more a day");
    expect_says(text, " and 503 answers by ");
    free(text);
    unmake(&made);
    /* Too few replications for anything but a guess. */
    make(&made, (const char *const[]){"seed=77", NULL}, 3, false);
    text = comparison_verdict(&made.statistics, 1, 0);
    expect_says(text, "ready: no difference shown in cost (");
    free(text);
    unmake(&made);
    make(&made, (const char *const[]){"name=\"other\"", NULL}, 3, false);
    text = comparison_verdict(&made.statistics, 1, 0);
    expect_says(text, "ready: the same in every replication: cost, p95 TTFT");
    cr_assert_eq(made.statistics.judged, 0);
    free(text);
    unmake(&made);
}

/* Three parts in a thousand are shown not to be chance, and do not matter. */
Test(verdicts, what_is_within_the_indifference_is_equal) {
    Made made;
    make(&made, (const char *const[]){"deployments.d.usd_per_gpu_hour=8.024", NULL}, 10, false);
    cr_assert_eq(statistics_of(&made, "total_usd")->verdict, VERDICT_HIGHER);
    made.statistics.indifference = 0.005;
    comparison_judge(&made.statistics);
    cr_assert_eq(statistics_of(&made, "total_usd")->verdict, VERDICT_EQUAL);
    cr_assert_eq(statistics_of(&made, "usd_per_30_days")->verdict, VERDICT_EQUAL);
    char *text = comparison_verdict(&made.statistics, 1, 0);
    expect_says(text, "ready: equal within 0.5 %: cost (+$0.");
    expect_says(text, ". The same in every replication: p95 TTFT");
    free(text);
    unmake(&made);
}

/* Of runs of one length cost and cost per 30 days are one test, not two; else they are two. */
Test(verdicts, a_cost_per_time_is_tested_once) {
    static const char *const changes[][3] = {{"deployments.d.usd_per_gpu_hour=9", NULL},
                                             {"deployments.d.usd_per_gpu_hour=9", "duration=2h"}};
    for (size_t longer = 0; longer < 2; longer++) {
        Made made;
        make(&made, changes[longer], 10, false);
        const MetricStatistics *cost = statistics_of(&made, "total_usd");
        const MetricStatistics *projected = statistics_of(&made, "usd_per_30_days");
        size_t tested = 0, count;
        const MetricRow **rows = metric_view(METRIC_TABLE, &count);
        for (size_t i = 0; i < count; i++) {
            const MetricStatistics *one = statistics_of(&made, rows[i]->name);
            tested += !isnan(one->p_value) && one->verdict != VERDICT_SAME;
        }
        free(rows);
        cr_expect_eq(made.statistics.judged, tested - (longer == 0));
        cr_expect_eq(longer == 0, cost->p_adjusted == projected->p_adjusted);
        cr_expect(longer == 1 || projected->verdict == VERDICT_HIGHER);
        unmake(&made);
    }
}

Test(verdicts, without_chance_a_difference_is_a_difference) {
    Made made;
    make(&made, (const char *const[]){"deployments.d.autoscaling.min_replica_count=1", NULL}, 3,
         false);
    cr_assert_not(made.statistics.all_alike);
    unmake(&made);
    static const char constant[] =
        "{'duration':'1h','deployments':{'d':{'model':'llama-v3p1-8b-instruct','accelerator':"
        "'H100','client':'none','cold_start':'60s','autoscaling':{'min_replica_count':%d,"
        "'max_replica_count':1},'traffic':{'type':'constant','rate_per_s':0.1,'prompt_tokens':10,"
        "'output_tokens':10}}}}";
    char zero[512], one[512];
    snprintf(zero, sizeof zero, constant, 0);
    snprintf(one, sizeof one, constant, 1);
    made = (Made){.scenarios = {experiments_scenario(zero, NULL), experiments_scenario(one, NULL)}};
    plan_add(&made.replications, "zero", made.scenarios[0], NULL);
    plan_add(&made.replications, "one", made.scenarios[1], NULL);
    ErrorList errors = {0};
    const PlanOptions options = {.jobs = 1};
    plan_run(&made.replications, 2, &options, &errors);
    made.statistics = comparison_statistics(&made.replications, 0.95, 0);
    cr_assert(made.statistics.all_alike);
    cr_assert_eq(statistics_of(&made, "total_usd")->verdict, VERDICT_HIGHER);
    unmake(&made);
}

/* Side by side ------------------------------------------------------------------------------- */

typedef struct Value {
    MetricId metric;
    double value;
} Value;

/* One replication whose metrics are all alike in every deployment, and do not apply where nothing
 * is said; ends with a value of NAN. */
static void add_run(Plan *replications, const char *label, const Scenario *scenario,
                    const Value values[]) {
    plan_add(replications, label, scenario, NULL);
    Measurement measurement = {.deployment_count = scenario->deployment_count};
    const size_t count = measurement.deployment_count * metric_count;
    measurement.values = memory_new(count, sizeof(double));
    for (size_t i = 0; i < count; i++) {
        measurement.values[i] = NAN;
        for (const Value *value = values; !isnan(value->value); value++) {
            measurement.values[i] =
                value->metric == i % metric_count ? value->value : measurement.values[i];
        }
    }
    PlanCell *run = &replications->cells[replications->cell_count - 1];
    run->measurements = memory_new(1, sizeof *run->measurements);
    run->measurements[0] = measurement;
}

static const Value one_day[] = {
    {METRIC_requests, 1013}, {METRIC_total_usd, 122.5}, {METRIC_abandoned, 0}, {0, NAN}};
static const Value other_day[] = {
    {METRIC_requests, 1013}, {METRIC_total_usd, 220}, {METRIC_abandoned, 0}, {0, NAN}};
static const Value like_day[] = {{METRIC_total_usd, 122.516}, {0, NAN}};

static char *printed(const ComparisonStatistics *statistics) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    comparison_print(stream, statistics, &(ComparisonTextOptions){0});
    fclose(stream);
    return text;
}

static char *compared(const Value first[], const Value second[]) {
    Made made = {.scenarios = {experiments_scenario(two_policies, NULL),
                               experiments_scenario(two_policies, NULL)}};
    add_run(&made.replications, "cost-optimization", made.scenarios[0], first);
    add_run(&made.replications, "performance", made.scenarios[1], second);
    made.replications.count = 1;
    made.statistics = comparison_statistics(&made.replications, 0.95, 0);
    char *text = printed(&made.statistics);
    unmake(&made);
    return text;
}

Test(comparison, puts_runs_side_by_side) {
    char *text = compared(one_day, other_day);
    expect_says(text, "  cost                              $122.50     $220.00    +79.6 %\n");
    expect_says(text, "  requests                            1,013       1,013          =\n");
    cr_assert_null(strstr(text, "abandoned"), "nothing in either run");
    free(text);
}

/* $122.50 and $122.52: rounded, neither more nor less. */
Test(comparison, what_rounds_to_nothing_has_no_sign) {
    char *text = compared(one_day, like_day);
    expect_says(text, "$122.52          \u2248\n");
    cr_assert_null(strstr(text, "+0.0"), "%s", text);
    free(text);
}

static const char two_deployments[] =
    "{'duration':'1h','deployments':{'chat':{'model':'llama-v3p1-8b-instruct','accelerator':"
    "'H100','traffic':{'type':'constant','rate_per_s':1,'prompt_tokens':10,'output_tokens':10}},"
    "'%s':{'model':'llama-v3p1-8b-instruct','accelerator':'H100','traffic':{'type':'constant',"
    "'rate_per_s':1,'prompt_tokens':10,'output_tokens':10}}}}";

/* comparison.csv of the two; to be freed. */
static char *written(const Scenario *first, const Scenario *second) {
    Plan replications = {0};
    add_run(&replications, "a", first, one_day);
    add_run(&replications, "b", second, other_day);
    replications.count = 1;
    ComparisonStatistics statistics = comparison_statistics(&replications, 0.95, 0);
    char *place = fixture_place(), *path = fixture_path(place, "out");
    OutputDirectory directory = {0};
    ErrorList errors = {0};
    cr_assert(output_directory_begin(&directory, path, false, &errors));
    cr_assert(comparison_write(&statistics, &(ComparisonTextOptions){0}, &directory, &errors));
    cr_assert(output_directory_commit(&directory, &errors));
    free(path);
    path = fixture_path(place, "out/comparison.csv");
    char *text = fixture_read(path);
    free(path);
    fixture_remove_place(place);
    comparison_statistics_clear(&statistics);
    plan_clear(&replications);
    return text;
}

Test(comparison, csv_has_a_row_per_deployment_and_metric) {
    char text[1024];
    snprintf(text, sizeof text, two_deployments, "batch");
    Scenario *first = experiments_scenario(text, NULL);
    snprintf(text, sizeof text, two_deployments, "extra");
    Scenario *second = experiments_scenario(text, NULL);
    char *table = written(first, second);
    FixtureCsv csv = fixture_csv(table);
    cr_assert_eq(csv.rows, 3 * metric_count, "chat, the batch of one, the extra of the other");
    cr_assert_str_eq(fixture_field(&csv, 0, "metric"), "requests");
    cr_assert_str_eq(fixture_field(&csv, 0, "a"), "1013");
    cr_assert_str_eq(fixture_field(&csv, 0, "b"), "1013");
    cr_assert_str_eq(fixture_field(&csv, metric_count, "deployment"), "batch");
    cr_assert_str_eq(fixture_field(&csv, metric_count, "b"), "");
    cr_assert_str_eq(fixture_field(&csv, 2 * metric_count, "deployment"), "extra");
    cr_assert_str_eq(fixture_field(&csv, 2 * metric_count, "a"), "");
    fixture_csv_clear(&csv);
    free(table);
    scenario_destroy(first);
    scenario_destroy(second);
}

Test(comparison, matches_single_deployments_whatever_their_names) {
    static const char talk[] = "{'duration':'1h','deployments':{'talk':{'model':"
                               "'llama-v3p1-8b-instruct','accelerator':'H100','traffic':{'type':"
                               "'constant','rate_per_s':1,'prompt_tokens':1,'output_tokens':1}}}}";
    Scenario *first = experiments_scenario(two_policies, NULL);
    Scenario *second = experiments_scenario(talk, NULL);
    char *table = written(first, second);
    FixtureCsv csv = fixture_csv(table);
    cr_assert_eq(csv.rows, metric_count);
    cr_assert_str_eq(fixture_field(&csv, 0, "deployment"), "d");
    cr_assert_str_eq(fixture_field(&csv, 0, "b"), "1013");
    fixture_csv_clear(&csv);
    free(table);
    scenario_destroy(first);
    scenario_destroy(second);
}

/* The bootstrap over days -------------------------------------------------------------------- */

/* Seven days of traffic that differ: the interval over days is wide where that over replications of
 * the same days would not be, and is the same for any number of threads. */
Test(day_bootstrap, speaks_of_other_days) {
    static const char *const week[] = {
        "duration=7d", "deployments.d.autoscaling.min_replica_count=1",
        "deployments.d.traffic={\"type\":\"diurnal\",\"hourly_rates\":[0,0,0,0,0,0,0,0,0.05,0.01,0,"
        "0,0,0,0,0,0,0,0,0,0,0,0,0],\"dispersion\":40,\"dispersion_window\":\"1h\",\"prompt_"
        "tokens\":"
        "10,\"output_tokens\":100}",
        NULL};
    const char *const frugal[] = {week[0], week[2], NULL};
    Made made = {.scenarios = {experiments_scenario(two_policies, frugal),
                               experiments_scenario(two_policies, week)},
                 .replications = {.by_days = true}};
    plan_add(&made.replications, "frugal", made.scenarios[0], NULL);
    plan_add(&made.replications, "ready", made.scenarios[1], NULL);
    ErrorList errors = {0};
    const PlanOptions options = {.jobs = 2};
    plan_run(&made.replications, 2, &options, &errors);
    cr_assert_null(comparison_days_obstacle(&made.replications));
    MetricStatistics found[2];
    for (size_t jobs = 1; jobs <= 2; jobs++) {
        made.statistics = comparison_statistics(&made.replications, 0.95, 0);
        const double mean = statistics_of(&made, "requests")->level.mean;
        cr_assert(comparison_resample_days(&made.statistics, jobs, NULL));
        cr_assert_eq(made.statistics.days, 7);
        const MetricStatistics *requests = statistics_of(&made, "requests");
        cr_assert_float_eq(requests->level.mean, mean, 1e-9 * mean, "all days once");
        cr_assert(requests->level.low < 0.95 * mean && requests->level.high > 1.05 * mean);
        cr_assert_eq(requests->verdict, VERDICT_SAME, "days are drawn for both alike");
        cr_assert_eq(statistics_of(&made, "total_usd")->verdict, VERDICT_HIGHER);
        found[jobs - 1] = *statistics_of(&made, "e2e_p95_s");
        comparison_statistics_clear(&made.statistics);
    }
    cr_assert(memcmp(&found[0].level, &found[1].level, sizeof found[0].level) == 0);
    cr_assert(memcmp(&found[0].difference, &found[1].difference, sizeof found[0].level) == 0);
    unmake(&made);
}

/* Who asks first each morning is refused and does not ask again: 2 or 3 % of the requests, so that
 * their p99 is never reached, whatever days are drawn. */
Test(day_bootstrap, what_is_never_reached_has_a_direction) {
    static const char *const week[] = {
        "duration=7d",
        "deployments.d.autoscaling.min_replica_count=1",
        "deployments.d.traffic={\"type\":\"diurnal\",\"hourly_rates\":[0,0,0,0,0,0,0,0,0.03,0,0,0,"
        "0,"
        "0,0,0,0,0,0,0,0,0,0,0],\"prompt_tokens\":10,\"output_tokens\":100}",
        "deployments.d.client=none",
        "deployments.d.cold_start=120s",
        NULL};
    const char *const frugal[] = {week[0], week[2], week[3], week[4], NULL};
    Made made = {.scenarios = {experiments_scenario(two_policies, frugal),
                               experiments_scenario(two_policies, week)},
                 .replications = {.by_days = true}};
    plan_add(&made.replications, "frugal", made.scenarios[0], NULL);
    plan_add(&made.replications, "ready", made.scenarios[1], NULL);
    ErrorList errors = {0};
    const PlanOptions options = {.jobs = 2};
    plan_run(&made.replications, 1, &options, &errors);
    made.statistics = comparison_statistics(&made.replications, 0.95, 0);
    cr_assert(comparison_resample_days(&made.statistics, 2, NULL));
    const MetricStatistics *p99 = statistics_of(&made, "e2e_p99_s");
    cr_assert(isfinite(p99->level.mean) && p99->level.never == 0);
    cr_assert(p99->difference.mean == -INFINITY && p99->difference.high == -INFINITY);
    cr_assert(isnan(p99->ratio.mean));
    /* Seven days alike are 2^-6 by the sign test: no draw can make more of them. */
    cr_assert(p99->p_value > 0.0156 && p99->p_value < 0.05, "%g", p99->p_value);
    const MetricStatistics *median = statistics_of(&made, "e2e_p50_s");
    cr_assert(isfinite(median->difference.mean) && isfinite(median->difference.low));
    unmake(&made);
}

/* Hesterberg 2015, table 3 gives, for n = 5 and 10, what a 95 % interval's tails should be: 0.1 %
 * and 0.9 %; for many blocks 2.5 %. */
Test(day_bootstrap, few_days_have_wider_tails) {
    cr_assert_float_eq(estimate_draws_tail(0.95, 5, 0), 0.0010, 5e-5);
    cr_assert_float_eq(estimate_draws_tail(0.95, 10, 0), 0.0086, 5e-4);
    cr_assert_float_eq(estimate_draws_tail(0.95, 100000, 0), 0.025, 1e-5);
    cr_assert_gt(estimate_draws_tail(0.95, DAY_BOOTSTRAP_LEAST, 0) * DAY_BOOTSTRAP_DRAWS, 1);
}

Test(day_bootstrap, too_few_days) {
    Made made;
    make(&made, (const char *const[]){NULL}, 1, true);
    char *obstacle = comparison_days_obstacle(&made.replications);
    expect_says(obstacle, "0 whole days");
    free(obstacle);
    unmake(&made);
}
