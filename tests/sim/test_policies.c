// SPDX-License-Identifier: GPL-3.0-or-later
/* Policies of other software in whole simulations, what a request meets at zero, and a policy from
 * outside. The rules of the policies themselves are tests/policy/test_decide.c's. */
#include "sim/sim_fixture.h"

#include "autoscale_sim/simulation.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* At zero ------------------------------------------------------------------------------------ */

#define HOLD PLAIN ",'client':'none','cold_start':'100s','at_zero':'hold'"

/* The first request, at 3 s, starts the boot of 100 s; both wait and are served at 103 s. */
Test(sim_policies, held_requests_are_served_by_the_first_replica) {
    RecordedRun *run = sim_run_one("'duration':'5m'",
                                   HOLD ",'traffic':[" ONE("3s", 1, 1) "," ONE("50s", 1, 1) "]");
    for (size_t i = 1; i <= 2; i++) {
        cr_expect_eq(sim_request(run, i)->outcome, ASIM_COMPLETED);
        cr_expect_eq(sim_request(run, i)->ended, 103 * S + 10 * MS);
        cr_expect_eq(sim_request(run, i)->sends, 1);
    }
    sim_check_scaling(run, 0, 3 * S, 0, 1);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_503], 0);
    recorded_run_destroy(run);
}

Test(sim_policies, a_hold_has_a_limit_and_an_end) {
    RecordedRun *run = sim_run_one("'duration':'5m'",
                                   HOLD ",'hold_limit':1,'hold_timeout':'60s','traffic':[" ONE(
                                       "3s", 1, 1) "," ONE("4s", 1, 1) "," ONE("64s", 1, 1) "]");
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_503);
    cr_expect_eq(sim_request(run, 1)->ended, 63 * S);
    cr_expect_eq(sim_request(run, 2)->last_answer, ASIM_ANSWER_429);
    cr_expect_eq(sim_request(run, 2)->ended, 4 * S);
    cr_expect_eq(sim_request(run, 3)->outcome, ASIM_COMPLETED);
    recorded_run_destroy(run);
}

/* A client's patience counts from its send, whether it waits at the gateway or at a replica. */
Test(sim_policies, a_client_loses_patience_at_the_gateway) {
    RecordedRun *run =
        sim_run_one("'duration':'5m'", PLAIN
                    ",'client':{'preset':'none','timeout':'20s'},'cold_start':'100s',"
                    "'at_zero':'hold','traffic':[" ONE("3s", 1, 1) "," ONE("102s", 1, 500) "]");
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_ABANDONED);
    cr_expect_eq(sim_request(run, 1)->ended, 23 * S);
    cr_expect_eq(sim_request(run, 2)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 2)->ended, 108 * S);
    recorded_run_destroy(run);
}

/* A run that is cut while requests wait for their first replica keeps its books. */
Test(sim_policies, a_run_may_end_while_requests_wait) {
    RecordedRun *run = sim_run_one("'duration':'60s','interval':'30s','drain_limit':'0s'",
                                   HOLD ",'traffic':[" ONE("3s", 1, 1) "," ONE("50s", 1, 1) "]");
    for (size_t i = 1; i <= 2; i++) {
        cr_expect_eq(sim_request(run, i)->outcome, ASIM_IN_FLIGHT);
        cr_expect_eq(sim_request(run, i)->replica, 0);
    }
    cr_assert_geq(run->interval_count, 2);
    cr_expect_eq(run->intervals[0].waiting_at_zero, 1);
    cr_expect_eq(run->intervals[1].waiting_at_zero, 2);
    cr_expect_eq(run->intervals[1].held, 0);
    recorded_run_destroy(run);
}

/* Nobody would ever come for them. */
Test(sim_policies, a_parked_deployment_holds_nobody) {
    RecordedRun *run =
        sim_run_one("'duration':'5m'",
                    HOLD ",'autoscaling':{'max_replica_count':0},'traffic':[" ONE("3s", 1, 1) "]");
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_503);
    cr_expect_eq(sim_request(run, 1)->ended, 3 * S);
    recorded_run_destroy(run);
}

/* What is told of a refusal: when it was sent, for the gateway may have held it. */
Test(sim_policies, a_refusal_says_when_it_was_sent) {
    RecordedRun *run = sim_run_one("'duration':'5m'",
                                   HOLD ",'hold_timeout':'60s','traffic':[" ONE("3s", 1, 1) "]");
    cr_assert_eq(run->refusal_count, 1);
    cr_expect_eq(run->refusals[0].sent, 3 * S);
    cr_expect_eq(run->refusals[0].time, 63 * S);
    recorded_run_destroy(run);
}

Test(sim_policies, refused_is_the_policy_of_fireworks) {
    RecordedRun *run =
        sim_run_one("'duration':'5m'",
                    PLAIN ",'client':'none','cold_start':'100s','traffic':[" ONE("3s", 1, 1) "]");
    cr_expect_eq(sim_request(run, 1)->last_answer, ASIM_ANSWER_503);
    recorded_run_destroy(run);
}

/* Policies ----------------------------------------------------------------------------------- */

/* 24 requests at a time from 1 m to 10 m, 8 slots a replica; nothing before and after. */
#define CROWD                                                                                      \
    "'traffic':{'type':'constant','rate_per_s':2.4,'start':'1m','stop':'10m','prompt_tokens':1,"   \
    "'output_tokens':1000}"

static RecordedRun *crowd(const char *policy, const char *options) {
    return sim_run_one(
        "'duration':'40m'",
        PLAIN ",'client':'none','cold_start':'30s','policy':'%s','autoscaling':{%s}," CROWD, policy,
        options);
}

static int most_target(const RecordedRun *run) {
    int most = 0;
    for (size_t i = 0; i < recorded_scalings(run, 0); i++) {
        const int target = recorded_scaling(run, 0, i)->decision->target;
        most = target > most ? target : most;
    }
    return most;
}

static const struct {
    const char *policy, *options;
    int least, most;   /* of the largest target */
    bool goes_to_zero; /* at the end */
} crowds[] = {
    {"ray_serve", "'min_replicas':0,'max_replicas':9,'target_ongoing_requests':8", 3, 9, true},
    {"ray_serve", "'min_replicas':0,'max_replicas':9,'target_ongoing_requests':8,'generation':'B2'",
     3, 9, true},
    {"hpa", "'maxReplicas':9,'metrics':[{'name':'requests','target':8}]", 3, 9, false},
    {"hpa",
     "'minReplicas':0,'maxReplicas':9,'metrics':[{'type':'external','name':'requests',"
     "'target_type':'AverageValue','target':8}],'behavior':{}",
     3, 9, true},
    {"hpa", "'maxReplicas':9,'metrics':[{'type':'resource','name':'busy','target':80}]", 2, 9,
     false},
    {"knative", "'target':8,'target-utilization-percentage':100,'max-scale':9", 3, 9, true},
    {"knative", "'metric':'rps','target':1,'max-scale':9", 3, 9, true},
    {"keda", "'maxReplicaCount':9,'triggers':[{'name':'requests','threshold':8}]", 3, 9, true},
    {"dynamo", "'max_gpu_budget':9,'max_kv_tokens':4000", 2, 9, false},
    {"dstack", "'min_replicas':0,'max_replicas':9,'target':1", 3, 9, true},
    {"fixed", "'replicas':4", 0, 0, false},
};

Test(sim_policies, each_follows_a_crowd_and_leaves_with_it, .timeout = 120) {
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        RecordedRun *run = crowd(crowds[i].policy, crowds[i].options);
        const int most = most_target(run);
        const int last = recorded_target_at(run, 0, 39 * SIM_TIME_MINUTE, -1);
        cr_expect_geq(most, crowds[i].least, "%s %s: %d", crowds[i].policy, crowds[i].options,
                      most);
        cr_expect_leq(most, crowds[i].most, "%s %s: %d", crowds[i].policy, crowds[i].options, most);
        cr_expect_eq(last == 0, crowds[i].goes_to_zero, "%s %s ends with %d", crowds[i].policy,
                     crowds[i].options, last);
        recorded_run_destroy(run);
    }
}

/* Woken by the request itself; then pushes every 10 s, of notes every 6 s; the two delays of the
 * way down one after the other. */
Test(sim_policies, ray_serve_has_the_lags_of_its_metrics) {
    RecordedRun *run = sim_run_one(
        "'duration':'40m'", PLAIN
        ",'client':'none','cold_start':'30s','policy':'ray_serve','autoscaling':{'min_replicas':0,"
        "'max_replicas':9,'target_ongoing_requests':8,'downscale_to_zero_delay_s':300},"
        "'traffic':{'type':'constant','rate_per_s':2.4,'start':'61s','stop':'10m',"
        "'prompt_tokens':1,'output_tokens':1000}");
    const asim_decision_taken *first = recorded_scaling(run, 0, 0);
    cr_expect_str_eq(first->decision->reason, "cold_start");
    cr_expect_eq(first->time, sim_request(run, 1)->first_send);
    const size_t last = recorded_scalings(run, 0) - 1;
    cr_expect_str_eq(recorded_scaling(run, 0, last)->decision->reason, "scale_to_zero");
    cr_expect_eq(recorded_scaling(run, 0, last)->time - recorded_scaling(run, 0, last - 1)->time,
                 300 * S + 100 * MS);
    recorded_run_destroy(run);
}

/* Without at_zero: hold a policy that is not woken by requests sees those that were refused. */
Test(sim_policies, keda_sees_refused_requests_at_its_poll) {
    RecordedRun *run = sim_run_one(
        "'duration':'5m'",
        PLAIN ",'client':'none','cold_start':'30s','policy':'keda','at_zero':'refuse',"
              "'autoscaling':{'triggers':[{'name':'requests','threshold':8}]},'traffic':[" ONE(
                  "61s", 1, 1) "," ONE("70s", 1, 1) "]");
    sim_check_scaling(run, 0, 90 * S, 0, 1);
    recorded_run_destroy(run);
}

/* A policy from outside ---------------------------------------------------------------------- */

typedef struct Steps {
    int asked;
} Steps;

/* In order of creation, each as it is: those that serve are as many as are counted. */
static void check_replicas(const asim_observation *observation) {
    int serving = 0;
    for (size_t i = 0; i < observation->replica_count; i++) {
        const asim_replica *replica = &observation->replicas[i];
        serving += replica->state == ASIM_REPLICA_SERVING;
        cr_expect_leq(replica->since, observation->time);
        cr_expect(replica->state != ASIM_REPLICA_SERVING || replica->kv_tokens_capacity > 0);
    }
    cr_expect_eq(serving, observation->serving);
    cr_expect_eq((int)observation->replica_count, observation->serving + observation->booting);
}

static void steps_init(void *state, const void *config, int initial_target) {
    ((Steps *)state)->asked = *(const int *)config + 0 * initial_target;
}

static void steps_decide(void *state, const asim_observation *observation,
                         asim_decision *decision) {
    check_replicas(observation);
    *decision = (asim_decision){.target = ((Steps *)state)->asked++,
                                .recommended = observation->target,
                                .reason = "one_more",
                                .winner = -1,
                                .window_since = SIM_TIME_NEVER,
                                .window_until = SIM_TIME_NEVER};
}

static void steps_clear(void *state) {
    ((Steps *)state)->asked = -1;
}

static void keep_most(void *self, const asim_decision_taken *taken) {
    int *most = self;
    *most = taken->decision->target > *most ? taken->decision->target : *most;
}

Test(sim_policies, a_program_may_bring_its_own) {
    static const asim_policy steps = {.name = "steps",
                                      .state_size = sizeof(Steps),
                                      .init = steps_init,
                                      .decide = steps_decide,
                                      .clear = steps_clear};
    const int begin = 2;
    int most = 0;
    const asim_observer observer = {.self = &most, .decision_taken = keep_most};
    const asim_observer *const observers[] = {&observer};
    char *message = NULL;
    asim_scenario *scenario = asim_scenario_read_text(
        "{\"duration\":\"1m\",\"deployments\":{\"d\":{\"model\":\"llama-v3p1-8b-instruct\","
        "\"traffic\":{\"type\":\"constant\",\"rate_per_s\":1,\"prompt_tokens\":1,"
        "\"output_tokens\":1}}}}",
        NULL, &message);
    cr_assert_not_null(scenario, "%s", message);
    const asim_run_options options = {.observers = observers,
                                      .observer_count = 1,
                                      .policy = &steps,
                                      .policy_config = &begin,
                                      .policy_interval = 20 * S};
    cr_expect_eq(asim_run(scenario, &options, &message), ASIM_RUN_DONE, "%s", message);
    cr_expect_geq(most, 4); /* by the first request, at 20 s and at 40 s */
    asim_scenario_destroy(scenario);
}
