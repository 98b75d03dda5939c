// SPDX-License-Identifier: GPL-3.0-or-later
/* What comes of a run does not depend on who else runs, on how many threads there are, and on
 * whether its arrivals are its own, shared, or shared as far as they fit: each is held against the
 * same run alone. */
#include "experiment/plan.h"

#include "base/memory.h"
#include "experiment/experiments.h"
#include "figures/metrics.h"
#include "scenario/scenario.h"

#include <cJSON.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 6, REPLICATIONS = 3 };

static const char two_sources[] =
    "{'duration':'2h','deployments':{'one':{'model':'llama-v3p1-8b-instruct','accelerator':'H100',"
    "'autoscaling':{'min_replica_count':0,'max_replica_count':2},'traffic':[{'type':'poisson',"
    "'rate_per_s':0.5,'prompt_tokens':100,'output_tokens':{'distribution':'exponential','mean':"
    "300}},{'type':'onoff','on_rate_per_s':2,'on':'1m','off':'5m','prompt_tokens':200,"
    "'output_tokens':50}]},'two':{'model':'llama-v3p1-8b-instruct','accelerator':'H100',"
    "'autoscaling':{'min_replica_count':1,'max_replica_count':1},'traffic':{'type':'poisson',"
    "'rate_per_s':0.2,'prompt_tokens':10,'output_tokens':10}}}}";

/* Some with the same traffic, some not, in no order; one with users that wait for answers. */
static const char *const changes[CELLS][2] = {
    {NULL},
    {"deployments.two.traffic.0.rate_per_s=0.4", NULL},
    {"deployments.one.autoscaling.max_replica_count=1", NULL},
    {"deployments.two.traffic={\"type\":\"closed_loop\",\"users\":3,\"think_time\":\"9s\","
     "\"prompt_tokens\":9,\"output_tokens\":9}",
     NULL},
    {"deployments.two.traffic.0.rate_per_s=0.4", NULL},
    {"deployments.one.autoscaling.scale_up_window=1m", NULL},
};

typedef struct Alone {
    Scenario *scenarios[CELLS];
    Measurement measurements[CELLS][REPLICATIONS];
    size_t ended; /* cells, of a plan that passes */
} Alone;

static void run_alone(Alone *alone) {
    *alone = (Alone){.ended = 0};
    for (size_t i = 0; i < CELLS; i++) {
        alone->scenarios[i] = experiments_scenario(two_sources, changes[i]);
        for (size_t r = 0; r < REPLICATIONS; r++) {
            Scenario scenario = *alone->scenarios[i];
            ErrorList errors = {0};
            scenario.replication = (int64_t)r;
            cr_assert_eq(measurement_run(&scenario, &(asim_run_options){0},
                                         &alone->measurements[i][r], &errors),
                         ASIM_RUN_DONE);
        }
    }
}

static void forget(Alone *alone) {
    for (size_t i = 0; i < CELLS; i++) {
        scenario_destroy(alone->scenarios[i]);
        for (size_t r = 0; r < REPLICATIONS; r++) {
            measurement_clear(&alone->measurements[i][r]);
        }
    }
}

static bool is_same(const Measurement *one, const Measurement *other) {
    return one->deployment_count == other->deployment_count &&
           memcmp(one->values, other->values,
                  one->deployment_count * metric_count * sizeof(double)) == 0;
}

/* Bytes of arrivals: all fit, some do, none do (4,096 at a time). */
static const size_t rooms[] = {0, 300000, 1000};
enum { ROOMS = sizeof rooms / sizeof *rooms };

Test(plan, runs_that_are_kept_are_the_same_as_alone) {
    Alone alone;
    run_alone(&alone);
    for (size_t i = 0; i < 2 * ROOMS; i++) {
        const PlanOptions options = {.jobs = i % 2 ? 4 : 1, .arrivals = rooms[i / 2]};
        Plan plan = {.by_days = false};
        ErrorList errors = {0};
        for (size_t k = 0; k < CELLS; k++) {
            plan_add(&plan, "cell", alone.scenarios[k], NULL);
        }
        cr_assert_eq(plan_run(&plan, 1, &options, &errors), ASIM_RUN_DONE);
        cr_assert_eq(plan_run(&plan, REPLICATIONS, &options, &errors), ASIM_RUN_DONE);
        for (size_t k = 0; k < CELLS * REPLICATIONS; k++) {
            const size_t cell = k / REPLICATIONS, r = k % REPLICATIONS;
            cr_expect(is_same(&plan.cells[cell].measurements[r], &alone.measurements[cell][r]),
                      "cell %zu, replication %zu, %zu bytes", cell, r, options.arrivals);
        }
        plan_clear(&plan);
    }
    forget(&alone);
}

/* Cell 2 is passed over. */
static Scenario *read_cell(void *self, const PlanCell *cell, ErrorList *errors) {
    (void)self;
    (void)errors;
    return cell->number == 2 ? NULL : experiments_scenario(two_sources, changes[cell->number]);
}

static bool cell_ended(void *self, const PlanCell *cell, ErrorList *errors) {
    Alone *alone = self;
    (void)errors;
    for (size_t r = 0; r < cell->count; r++) {
        const Measurement *expected = &alone->measurements[cell->number][(size_t)cell->first + r];
        cr_expect(is_same(&cell->measurements[r], expected), "cell %zu, replication %zu",
                  cell->number, r);
    }
    __atomic_add_fetch(&alone->ended, 1, __ATOMIC_RELAXED);
    return true;
}

Test(plan, runs_that_pass_are_the_same_as_alone) {
    Alone alone;
    run_alone(&alone);
    const PlanOwner owner = {.self = &alone, .read = read_cell, .ended = cell_ended};
    for (size_t i = 0; i < 2 * ROOMS; i++) {
        const PlanOptions options = {.jobs = i % 2 ? 4 : 1, .arrivals = rooms[i / 2]};
        ErrorList errors = {0};
        PlanCell cells[CELLS];
        for (size_t k = 0; k < CELLS; k++) { /* of unequal counts */
            const size_t first = k % REPLICATIONS;
            cells[k] =
                (PlanCell){.number = k, .first = (int64_t)first, .count = REPLICATIONS - first};
        }
        alone.ended = 0;
        cr_assert_eq(plan_pass(cells, CELLS, &owner, &options, &errors), ASIM_RUN_DONE);
        cr_expect_eq(alone.ended, CELLS - 1);
    }
    forget(&alone);
}

/* A bad row far behind: what was read ahead is not said before its time, and of several cells the
 * first is told of. */
static void blame(void *self, const PlanCell *cell, ErrorList *errors) {
    (void)self;
    cr_assert_eq(errors->kept, 1);
    char *place = memory_format("cell %zu", cell->number);
    error_move(&errors->items[0], errors->items[0].file, errors->items[0].line, place);
    free(place);
}

static char bad_trace[] = "/tmp/test_plan_XXXXXX";

static Scenario *read_bad(void *self, const PlanCell *cell, ErrorList *errors) {
    char *change =
        memory_format("deployments.one.traffic={\"type\":\"trace\",\"file\":\"%s\"}", bad_trace);
    const char *const list[] = {change, NULL};
    Scenario *scenario = experiments_scenario(two_sources, list);
    (void)self;
    (void)cell;
    (void)errors;
    free(change);
    return scenario;
}

static bool never_ends(void *self, const PlanCell *cell, ErrorList *errors) {
    (void)self;
    (void)cell;
    (void)errors;
    cr_assert_fail("a cell whose runs fail does not end");
    return true;
}

Test(plan, the_first_run_that_failed_is_told_of) {
    FILE *trace = fdopen(mkstemp(bad_trace), "w");
    fputs("TIMESTAMP,ContextTokens,GeneratedTokens\n", trace);
    for (int i = 0; i < 1000; i++) {
        fprintf(trace, "2023-11-16 18:%02d:%02d.0000000,%s,10\n", i / 60, i % 60,
                i == 900 ? "many" : "100");
    }
    fclose(trace);
    const PlanOwner owner = {.read = read_bad, .ended = never_ends, .blame = blame};
    for (size_t jobs = 1; jobs <= 4; jobs += 3) {
        const PlanOptions options = {.jobs = jobs};
        PlanCell cells[] = {{.number = 7, .count = 2}, {.number = 8, .count = 2}};
        ErrorList errors = {0};
        cr_assert_eq(plan_pass(cells, 2, &owner, &options, &errors), ASIM_RUN_FAILED);
        cr_assert_eq(errors.count, 1);
        cr_expect_eq(errors.items[0].line, 902);
        cr_expect_str_eq(errors.items[0].place, "cell 7");
        error_list_clear(&errors);
    }
    remove(bad_trace);
}

Test(plan, what_is_stopped_has_not_failed) {
    static const volatile sig_atomic_t stop = 1;
    const PlanOptions options = {.jobs = 2, .stop = &stop};
    Scenario *scenario = experiments_scenario(two_sources, NULL);
    Plan plan = {.by_days = false};
    ErrorList errors = {0};
    plan_add(&plan, "one", scenario, NULL);
    plan_add(&plan, "other", scenario, NULL);
    cr_expect_eq(plan_run(&plan, 2, &options, &errors), ASIM_RUN_STOPPED);
    cr_expect_eq(plan.count, 0);
    cr_expect_eq(errors.count, 0);
    plan_clear(&plan);
    scenario_destroy(scenario);
}

/* A seed that was set after reading counts, too. */
Test(plan, seeds_of_their_own_give_arrivals_of_their_own) {
    Scenario *scenario = experiments_scenario(two_sources, NULL);
    Scenario other = *scenario;
    const PlanOptions options = {.jobs = 2};
    Plan plan = {.by_days = false};
    ErrorList errors = {0};
    other.seed++;
    plan_add(&plan, "one", scenario, NULL);
    plan_add(&plan, "other", &other, NULL);
    plan_add(&plan, "same", scenario, NULL);
    cr_assert_eq(plan_run(&plan, 2, &options, &errors), ASIM_RUN_DONE);
    cr_expect(is_same(&plan.cells[0].measurements[1], &plan.cells[2].measurements[1]));
    cr_expect_not(is_same(&plan.cells[0].measurements[1], &plan.cells[1].measurements[1]));
    plan_clear(&plan);
    scenario_destroy(scenario);
}

/* The part of a scenario that decides its arrivals, which a policy is not of. */
Test(plan, traffic_is_what_decides_the_requests) {
    Scenario *scenarios[CELLS];
    cJSON *traffics[CELLS];
    for (size_t i = 0; i < CELLS; i++) {
        scenarios[i] = experiments_scenario(two_sources, changes[i]);
        traffics[i] = plan_traffic(scenarios[i]);
    }
    cr_expect(cJSON_Compare(traffics[0], traffics[2], true));
    cr_expect(cJSON_Compare(traffics[0], traffics[5], true));
    cr_expect(cJSON_Compare(traffics[1], traffics[4], true));
    cr_expect_not(cJSON_Compare(traffics[0], traffics[1], true));
    cr_expect_not(cJSON_Compare(traffics[0], traffics[3], true));
    for (size_t i = 0; i < CELLS; i++) {
        cJSON_Delete(traffics[i]);
        scenario_destroy(scenarios[i]);
    }
}
