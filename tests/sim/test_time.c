// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 1 on whole simulations: the order of what happens in one instant, determinism, common
 * random numbers, the end of a run and the warm-up. */
#include "base/assertion.h"
#include "base/error.h"
#include "sim/sim_fixture.h"
#include "sim/simulation.h"
#include "support/abortion.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WARM PLAIN ",'autoscaling':{'min_replica_count':1},'traffic':"

/* Order within an instant --------------------------------------------------------------------- */

/* The second request comes at a boundary, 20 ms, and joins the iteration that begins there: first
 * token at 30 ms; a nanosecond later it waits for the next, and has it at 40 ms. */
Test(sim_time, arrival_at_a_boundary_joins) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'", WARM "[" ONE("0s", 1, 100) "," ONE("20ms", 1, 1) "]");
    cr_expect_eq(sim_request(run, 2)->admitted, 20 * MS);
    cr_expect_eq(sim_request(run, 2)->ended, 30 * MS);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'1m'", WARM "[" ONE("0s", 1, 100) "," ONE("20ms1ns", 1, 1) "]");
    cr_expect_eq(sim_request(run, 2)->admitted, 30 * MS);
    cr_expect_eq(sim_request(run, 2)->ended, 40 * MS);
    recorded_run_destroy(run);
}

/* At the boundary where the other ends: it starts at once. */
Test(sim_time, arrival_at_the_last_boundary) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'", WARM "[" ONE("0s", 1, 100) "," ONE("1s", 1, 1) "]");
    cr_expect_eq(sim_request(run, 1)->ended, 1 * S);
    cr_expect_eq(sim_request(run, 2)->admitted, 1 * S);
    recorded_run_destroy(run);
}

/* Three prompts of 5 tokens that come together at an idle replica are one iteration of
 * 10 + 15 x 1 ms. One of them comes as a retry: refused at 1 s, sent again at 6 s. */
Test(sim_time, together_at_an_idle_replica) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'",
                    HARDWARE ",'profile':{'c0_ms':10,'c_prefill_ms':1,'c_decode_ms':0,"
                             "'kv_capacity_tokens':1000,'request_overhead':'0s'},'cold_start':'3s',"
                             "'client':'python','traffic':[" ONE("1s", 5, 1) "," ONE(
                                 "6s", 5, 1) "," ONE("6s", 5, 1) "]");
    for (size_t i = 1; i <= 3; i++) {
        cr_expect_eq(sim_request(run, i)->admitted, 6 * S);
        cr_expect_eq(sim_request(run, i)->ended, 6 * S + 25 * MS);
    }
    recorded_run_destroy(run);
}

/* Arrivals come before retries: place for one, free at 2 s. Refused at 0.5 s and again at 2 s by a
 * newcomer of that instant; the third send, at 3.5 s, is served. */
Test(sim_time, arrivals_before_retries) {
    RecordedRun *run = sim_run_one(
        "'duration':'1m'",
        PLAIN ",'autoscaling':{'min_replica_count':1},'max_concurrency_per_replica':1,"
              "'client':{'preset':'custom','retry_on':[429],'first_delay':'1500ms','factor':1},"
              "'traffic':[" ONE("0s", 1, 200) "," ONE("500ms", 1, 1) "," ONE("2s", 1, 1) "]");
    cr_expect_eq(sim_request(run, 3)->sends, 1);
    cr_expect_eq(sim_request(run, 3)->ended, 2 * S + 10 * MS);
    cr_expect_eq(sim_request(run, 2)->sends, 3);
    cr_expect_eq(sim_request(run, 2)->last_send, 3500 * MS);
    recorded_run_destroy(run);
}

/* Arrivals of one instant come in the order of the sources; place for one. */
Test(sim_time, arrivals_in_traffic_order) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'", PLAIN
                    ",'autoscaling':{'min_replica_count':1},'max_concurrency_per_replica':1,"
                    "'traffic':[" ONE("1s", 11, 1) "," ONE("1s", 22, 1) "," ONE("1s", 33, 1) "]");
    for (size_t i = 1; i <= 3; i++) {
        cr_expect_eq(sim_request(run, i)->source, i - 1);
        cr_expect_eq(sim_request(run, i)->prompt_tokens, 11 * i);
        cr_expect_eq(sim_request(run, i)->last_answer, i == 1 ? ASIM_ANSWER_200 : ASIM_ANSWER_429);
    }
    recorded_run_destroy(run);
}

/* Sends come before evaluations, iterations begin after: the request of 5 s is held when the
 * evaluation of 5 s drains its replica (the newest of two idle ones, picked by round robin), so the
 * replica finishes it, 10 ms later. */
Test(sim_time, send_then_evaluation_then_iteration) {
    RecordedRun *run =
        sim_run_one("'duration':'1m'",
                    PLAIN ",'initial_replica_count':2,'load_balancer':'round_robin','autoscaling':{"
                          "'min_replica_count':1,'max_replica_count':2,'scale_down_window':'0s'},"
                          "'traffic':[" ONE("1s", 1, 1000) "," ONE("5s", 1, 1) "]");
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_DRAINING), 5 * S);
    cr_expect_eq(sim_request(run, 2)->replica, 2);
    cr_expect_eq(sim_request(run, 2)->admitted, 5 * S);
    cr_expect_eq(sim_request(run, 2)->ended, 5 * S + 10 * MS);
    cr_expect_eq(sim_entered(run, 0, 2, ASIM_REPLICA_GONE), 5 * S + 10 * MS);
    recorded_run_destroy(run);
}

/* A replica that begins to serve at an evaluation's instant is observed as serving: 10 s. */
Test(sim_time, transition_before_evaluation) {
    RecordedRun *run = sim_run_one("'duration':'1m'", PLAIN
                                   ",'client':'none','cold_start':'7s','traffic':" ONE("3s", 1, 1));
    cr_expect_eq(sim_entered(run, 0, 1, ASIM_REPLICA_SERVING), 10 * S);
    cr_expect_eq(sim_observed(run, 10 * S)->serving, 1);
    cr_expect_eq(sim_observed(run, 10 * S)->idle_since, 10 * S);
    recorded_run_destroy(run);
}

/* An interval is [from, to): what comes or ends at 60 s belongs to the second one. */
Test(sim_time, intervals_are_half_open) {
    RecordedRun *run =
        sim_run_one("'duration':'2m'",
                    WARM "[" ONE("59s", 1, 100) "," ONE("59s500ms", 1, 1) "," ONE("60s", 1, 1) "]");
    cr_assert_eq(run->interval_count, 2);
    const asim_interval *first = &run->intervals[0];
    cr_expect_eq(first->from, 0);
    cr_expect_eq(first->to, 60 * S);
    cr_expect_eq(first->totals.requests, 2);
    cr_expect_eq(first->totals.outcomes[ASIM_COMPLETED], 1);
    cr_expect_eq(first->totals.generated_tokens, 100); /* 99 of the first one's by then */
    cr_expect_eq(first->held, 1);
    cr_expect_eq(run->intervals[1].totals.requests, 3);
    cr_expect_eq(run->intervals[1].totals.generated_tokens, 102);
    cr_expect_eq(run->intervals[1].held, 0);
    recorded_run_destroy(run);
}

static void expect_means(const asim_interval *interval, double initializing, double serving) {
    cr_expect_float_eq(interval->replicas[ASIM_REPLICA_INITIALIZING], initializing, 1e-12);
    cr_expect_float_eq(interval->replicas[ASIM_REPLICA_SERVING], serving, 1e-12);
}

/* A boot of 66 s is 66 s in the series, wherever the intervals end; what drains after the span has
 * no time by state, as it has no cost. */
Test(sim_time, replicas_are_means_over_the_interval) {
    RecordedRun *run = sim_run_one(
        "'duration':'2m30s'",
        PLAIN ",'cold_start':{'initializing':'66s','node_allocation':'0s','downloading_model':'0s',"
              "'routing_lag':'0s','cv':0},'client':'python','traffic':" ONE("12s", 1, 100000));
    cr_assert_geq(run->interval_count, 4);
    expect_means(&run->intervals[0], 48.0 / 60, 0); /* from 12 s, to 78 s */
    expect_means(&run->intervals[1], 18.0 / 60, 42.0 / 60);
    cr_expect_eq(run->intervals[2].to - run->intervals[2].from, 30 * S);
    expect_means(&run->intervals[2], 0, 1);
    cr_expect(isnan(run->intervals[3].replicas[ASIM_REPLICA_SERVING]));
    recorded_run_destroy(run);
}

/* Determinism ---------------------------------------------------------------------------------- */

#define BUSY_DAY(seed, policy, output)                                                             \
    "{'seed':" #seed ",'duration':'30m','pools':{'H100':{'reserved_gpus':3,'on_demand_available':" \
    "{'distribution':'exponential','mean':'4m'},'on_demand_stocked_out':{'distribution':"          \
    "'exponential','mean':'3m'}}},'deployments':{'d':{" HARDWARE "," PROFILE(                      \
        4,                                                                                         \
        3000) ",'load_balancer':'power_of_two','client':{'preset':'custom','jitter':'full',"       \
              "'retry_on':[429,503],'timeout':'20s'},'max_concurrency_per_replica':6,"             \
              "'autoscaling':{" policy                                                             \
              "},'traffic':[{'type':'poisson','rate_per_s':3,'prompt_tokens':{'distribution':"     \
              "'lognormal','mean':200,'cv':1,'maximum':2000},'output_tokens':" output              \
              "},{'type':'onoff','on':{'distribution':'exponential','mean':'1m'},'off':"           \
              "{'distribution':'exponential','mean':'3m'},'on_rate_per_s':8,'prompt_tokens':100,"  \
              "'output_tokens':30}]}}}"
#define SMALL "'max_replica_count':2"
#define LARGE "'min_replica_count':1,'max_replica_count':8,'scale_up_window':'5s'"
#define LOGNORMAL "{'distribution':'lognormal','mean':60,'cv':0.8,'maximum':900}"

/* Structs of whole words compare as memory; what has padding or pointers, member by member. */
static void check_same(const RecordedRun *a, const RecordedRun *b) {
    cr_assert_eq(a->request_count, b->request_count);
    cr_assert_eq(a->change_count, b->change_count);
    cr_assert_eq(a->decision_count, b->decision_count);
    cr_assert_eq(a->interval_count, b->interval_count);
    for (size_t i = 0; i < a->request_count; i++) {
        const asim_request *x = &a->requests[i];
        const asim_request *y = &b->requests[i];
        cr_assert(x->first_send == y->first_send && x->last_send == y->last_send &&
                  x->admitted == y->admitted && x->first_token == y->first_token &&
                  x->ended == y->ended && x->sends == y->sends && x->replica == y->replica &&
                  x->outcome == y->outcome && x->last_answer == y->last_answer);
    }
    for (size_t i = 0; i < a->change_count; i++) {
        const asim_replica_change *x = &a->changes[i];
        const asim_replica_change *y = &b->changes[i];
        cr_assert(x->time == y->time && x->replica == y->replica && x->to == y->to &&
                  x->held == y->held);
    }
    for (size_t i = 0; i < a->decision_count; i++) {
        cr_assert_eq(
            memcmp(&a->observed[i].signals, &b->observed[i].signals, sizeof a->observed[i].signals),
            0);
        cr_assert_eq(a->decided[i].target, b->decided[i].target);
    }
    for (size_t i = 0; i < a->interval_count; i++) {
        cr_assert_eq(memcmp(&a->intervals[i].costs, &b->intervals[i].costs, sizeof(asim_costs)), 0);
        cr_assert_eq(
            memcmp(&a->intervals[i].totals, &b->intervals[i].totals, sizeof(asim_counters)), 0);
    }
}

Test(sim_time, same_seed_same_run) {
    RecordedRun *a = sim_run("%s", BUSY_DAY(7, LARGE, LOGNORMAL));
    RecordedRun *b = sim_run("%s", BUSY_DAY(7, LARGE, LOGNORMAL));
    cr_expect_gt(a->request_count, 4000);
    check_same(a, b);
    recorded_run_destroy(a);
    recorded_run_destroy(b);
}

/* The scenario as run, all defaults filled in, gives the same run again. */
Test(sim_time, as_run_gives_the_same_run) {
    RecordedRun *a = sim_run("%s", BUSY_DAY(7, LARGE, LOGNORMAL));
    RecordedRun *b = recorded_run(a->scenario->as_run, NULL);
    check_same(a, b);
    recorded_run_destroy(a);
    recorded_run_destroy(b);
}

/* Common random numbers: how many requests of both runs are alike in what is asked for. */
typedef struct Alike {
    size_t times, prompts, outputs;
} Alike;

static Alike count_alike(const RecordedRun *a, const RecordedRun *b) {
    Alike alike = {0};
    for (size_t i = 0; i < a->request_count && i < b->request_count; i++) {
        alike.times += a->requests[i].first_send == b->requests[i].first_send;
        alike.prompts += a->requests[i].prompt_tokens == b->requests[i].prompt_tokens;
        alike.outputs += a->requests[i].output_tokens == b->requests[i].output_tokens;
    }
    return alike;
}

/* Another policy, another seed for comparison. */
Test(sim_time, a_policy_leaves_the_traffic_alone) {
    RecordedRun *a = sim_run("%s", BUSY_DAY(7, LARGE, LOGNORMAL));
    RecordedRun *b = sim_run("%s", BUSY_DAY(7, SMALL, LOGNORMAL));
    RecordedRun *c = sim_run("%s", BUSY_DAY(8, LARGE, LOGNORMAL));
    cr_assert_eq(a->request_count, b->request_count);
    const Alike policy = count_alike(a, b);
    cr_expect_eq(policy.times, a->request_count);
    cr_expect_eq(policy.prompts, a->request_count);
    cr_expect_eq(policy.outputs, a->request_count);
    cr_expect_eq(count_alike(a, c).times, 0);
    recorded_run_destroy(a);
    recorded_run_destroy(b);
    recorded_run_destroy(c);
}

/* Other answer lengths move neither arrivals nor prompts. */
Test(sim_time, lengths_leave_the_arrivals_alone) {
    RecordedRun *a = sim_run("%s", BUSY_DAY(7, LARGE, LOGNORMAL));
    RecordedRun *b = sim_run("%s", BUSY_DAY(7, LARGE, "77"));
    cr_assert_eq(a->request_count, b->request_count);
    const Alike lengths = count_alike(a, b);
    cr_expect_eq(lengths.times, a->request_count);
    cr_expect_eq(lengths.prompts, a->request_count);
    cr_expect_lt(lengths.outputs, a->request_count);
    recorded_run_destroy(a);
    recorded_run_destroy(b);
}

/* Nor does a second deployment, or another source beside the first. */
#define POISSON(rate, prompt)                                                                      \
    "{'type':'poisson','rate_per_s':" #rate ",'prompt_tokens':" #prompt                            \
    ",'output_tokens':{'distribution':'uniform','minimum':1,'maximum':50}}"

static size_t source_0_alike(const RecordedRun *a, const RecordedRun *b) {
    size_t alike = 0, j = 0;
    for (size_t i = 0; i < a->request_count; i++) {
        while (j < b->request_count &&
               (b->requests[j].source != 0 || b->requests[j].deployment != 0)) {
            j++;
        }
        if (j == b->request_count) {
            break;
        }
        alike += a->requests[i].first_send == b->requests[j].first_send &&
                 a->requests[i].output_tokens == b->requests[j].output_tokens;
        j++;
    }
    return alike;
}

Test(sim_time, neighbours_leave_the_traffic_alone) {
    RecordedRun *alone = sim_run_one("'duration':'10m'", WARM POISSON(2, 10));
    RecordedRun *beside =
        sim_run_one("'duration':'10m'", WARM "[" POISSON(2, 10) "," POISSON(3, 20) "]");
    RecordedRun *shared = sim_run("{'duration':'10m','deployments':{'d':{%s},'e':{%s}}}",
                                  WARM POISSON(2, 10), WARM POISSON(3, 20));
    cr_expect_gt(beside->request_count, alone->request_count + 1000);
    cr_expect_gt(shared->request_count, alone->request_count + 1000);
    cr_expect_eq(source_0_alike(alone, beside), alone->request_count);
    cr_expect_eq(source_0_alike(alone, shared), alone->request_count);
    recorded_run_destroy(alone);
    recorded_run_destroy(beside);
    recorded_run_destroy(shared);
}

/* Another replication of one seed is another run. */
Test(sim_time, replications_differ) {
    RecordedRun *a = sim_run_one("'duration':'10m'", WARM POISSON(2, 10));
    RecordedRun *b = sim_run_one("'duration':'10m','replication':1", WARM POISSON(2, 10));
    cr_expect_eq(count_alike(a, b).times, 0);
    recorded_run_destroy(a);
    recorded_run_destroy(b);
}

/* The stock-outs of a pool are the same whoever asks for GPUs, and when. */
Test(sim_time, policies_meet_the_same_market) {
    static const char market[] =
        "'duration':'2h','pools':{'H100':{'on_demand_available':{'distribution':'exponential',"
        "'mean':'2m'},'on_demand_stocked_out':{'distribution':'exponential','mean':'1h'}}}";
    static const char members[] = PLAIN ",'client':'none','cold_start':'0s','traffic':%s";
    RecordedRun *a = sim_run_one(market, members, ONE("20m", 1, 1));
    RecordedRun *b = sim_run_one(market, members, ONE("21m", 1, 1));
    const sim_time served = sim_entered(a, 0, 1, ASIM_REPLICA_SERVING);
    cr_expect_gt(served, 21 * SIM_TIME_MINUTE); /* this seed is stocked out from 20 to 21 min */
    cr_expect_eq(sim_entered(b, 0, 1, ASIM_REPLICA_SERVING), served);
    recorded_run_destroy(a);
    recorded_run_destroy(b);
}

/* The end ------------------------------------------------------------------------------------ */

/* One request per second in [0, 10 s): ten. Each takes 1.5 s; the last is in flight at 10 s. */
#define TEN                                                                                        \
    PLAIN ",'autoscaling':{'min_replica_count':1},'traffic':{'type':'constant','rate_per_s':1,"    \
          "'prompt_tokens':1,'output_tokens':150}"

Test(sim_time, drains_by_default) {
    RecordedRun *run = sim_run_one("'duration':'10s'", TEN);
    cr_assert_eq(run->request_count, 10);
    cr_expect_eq(sim_request(run, 10)->first_send, 9 * S);
    cr_expect_eq(sim_request(run, 10)->ended, 10500 * MS);
    cr_expect_eq(run->ends[0].totals.outcomes[ASIM_COMPLETED], 10);
    cr_expect_eq(run->ends[0].span, 10 * S);
    cr_expect_eq(run->ends[0].drained_at, 10500 * MS);
    recorded_run_destroy(run);
}

Test(sim_time, cut_when_asked_to) {
    RecordedRun *run = sim_run_one("'duration':'10s','drain':false", TEN);
    cr_assert_eq(run->request_count, 10);
    cr_expect_eq(run->ends[0].totals.outcomes[ASIM_COMPLETED], 9);
    cr_expect_eq(run->ends[0].totals.outcomes[ASIM_IN_FLIGHT], 1);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_NONE], 1);
    cr_expect_eq(sim_request(run, 10)->outcome, ASIM_IN_FLIGHT);
    cr_expect_eq(sim_request(run, 10)->ended, SIM_TIME_NEVER);
    cr_expect_eq(sim_request(run, 10)->first_token, 9 * S + 10 * MS);
    cr_expect_eq(run->ends[0].drained_at, 10 * S);
    recorded_run_destroy(run);
}

/* The span is [0, 10 s): what would end at 10 s is cut. */
Test(sim_time, the_span_is_half_open) {
    static const char members[] = WARM "[" ONE("9s", 1, 100) "," ONE("10s", 1, 1) "]";
    RecordedRun *run = sim_run_one("'duration':'10s','drain':false", members);
    cr_expect_eq(run->request_count, 1);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_IN_FLIGHT);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'10000000001ns','drain':false", members);
    cr_expect_eq(run->request_count, 2);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    recorded_run_destroy(run);
}

/* A client in mid-wait is in flight too: drained, it sends until it is served, at 103.9 s; cut,
 * none of its sends is without an answer. */
Test(sim_time, a_waiting_client_is_in_flight) {
    static const char members[] =
        PLAIN ",'cold_start':'100s','client':'python','traffic':" ONE("0s", 1, 1);
    RecordedRun *run = sim_run_one("'duration':'30s'", members);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    cr_expect_eq(sim_request(run, 1)->last_send, sim_seconds(103.90625));
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'30s','drain':false", members);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_IN_FLIGHT);
    cr_expect_eq(sim_request(run, 1)->sends, 4); /* 0, 5, 12.5, 23.75 s */
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_503], 4);
    cr_expect_eq(run->ends[0].totals.answers[ASIM_ANSWER_NONE], 0);
    recorded_run_destroy(run);
}

/* The drain has a limit: a request from 5 to 65 s, after 10 s and a limit of 54 s or 55 s. */
Test(sim_time, drain_limit) {
    static const char members[] = WARM ONE("5s", 1, 6000);
    RecordedRun *run = sim_run_one("'duration':'10s','drain_limit':'54s'", members);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_IN_FLIGHT);
    recorded_run_destroy(run);
    run = sim_run_one("'duration':'10s','drain_limit':'55s'", members);
    cr_expect_eq(sim_request(run, 1)->outcome, ASIM_COMPLETED);
    recorded_run_destroy(run);
}

/* No traffic at all within the span. */
Test(sim_time, nothing_happens) {
    RecordedRun *run = sim_run_one("'duration':'1m'", WARM ONE("2m", 1, 1));
    cr_expect_eq(run->request_count, 0);
    cr_expect_eq(run->ends[0].costs.billed_gpu_s, 60);
    cr_expect_eq(run->ends[0].span, 60 * S);
    recorded_run_destroy(run);
}

/* Warm-up ------------------------------------------------------------------------------------ */

/* Requests first sent in [0, 5 s) are marked; all is billed. */
Test(sim_time, warmup) {
    RecordedRun *run = sim_run_one("'duration':'10s','warmup':'5s'", TEN);
    for (size_t i = 1; i <= 10; i++) {
        cr_expect_eq(sim_request(run, i)->in_warmup, i <= 5);
    }
    cr_expect_eq(run->ends[0].totals.requests, 10);
    cr_expect_eq(run->ends[0].costs.billed_gpu_s, 10);
    recorded_run_destroy(run);
}

/* What the loop does, told event by event ----------------------------------------------------- */

typedef struct Told {
    char text[4096];
    size_t length;
} Told;

static void tell(void *self, const asim_event *event) {
    Told *told = self;
    if (event->time <= 30 * MS) {
        told->length +=
            (size_t)snprintf(told->text + told->length, sizeof told->text - told->length,
                             "%lld %s %u %llu\n", (long long)(event->time / MS), event->kind,
                             event->deployment, (unsigned long long)event->subject);
    }
}

/* Two requests of one and two tokens at 0 and 10 ms: iterations of 10 ms begin and end. Nothing
 * shows at the one that ends at 20 ms with a first token. */
Test(sim_time, events_are_told_before_they_happen) {
    Told told = {.length = 0};
    const asim_observer observer = {.self = &told, .event_begins = tell};
    const asim_observer *const observers[] = {&observer};
    const asim_run_options options = {.observers = observers, .observer_count = 1};
    RecordedRun *run = sim_run_one("'duration':'1s'",
                                   PLAIN ",'autoscaling':{'min_replica_count':1},'traffic':[" ONE(
                                       "0s", 1, 1) "," ONE("10ms", 1, 2) "]");
    ErrorList errors = {0};
    cr_assert_eq(simulation_run(run->scenario, &options, &errors), ASIM_RUN_DONE);
    recorded_run_destroy(run);
    cr_assert_str_eq(told.text, "0 arrival 0 1\n"
                                "10 iteration_end 0 1\n"
                                "10 arrival 0 2\n"
                                "10 iteration_begin 0 1\n"
                                "30 iteration_end 0 1\n");
}

/* An assertion that fails within a run names seed, replication, instant and event. */
static void fail(void *self, const asim_event *event) {
    (void)self;
    asim_assert(event->time < 10 * MS);
}

static void run_until_it_fails(void) {
    const asim_observer observer = {.event_begins = fail};
    const asim_observer *const observers[] = {&observer};
    const asim_run_options options = {.observers = observers, .observer_count = 1};
    RecordedRun *run =
        sim_run_one("'seed':7,'replication':3,'duration':'1s'",
                    PLAIN ",'autoscaling':{'min_replica_count':1},'traffic':[" ONE("0s", 1, 1) "]");
    ErrorList errors = {0};
    simulation_run(run->scenario, &options, &errors);
}

Test(sim_time, a_failing_assertion_tells_where_the_run_was) {
    char text[ABORTION_TEXT];
    printed_by_abort(run_until_it_fails, text);
    cr_assert_not_null(strstr(text, "event->time < 10 * MS does not hold; seed 7, replication 3, "
                                    "at 10000000 ns, iteration_end, slot "),
                       "%s", text);
    cr_assert_not_null(strstr(text, ", deployment d\n"), "%s", text);
}
