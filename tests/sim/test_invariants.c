// SPDX-License-Identifier: GPL-3.0-or-later
/* Hundreds of random small scenarios of all kinds: random policies, clients, limits, pools, cold
 * starts, traffic. The simulation checks its own books at the end of each run (and its asserts on
 * the way); here they are drawn up once more from what the observers were told: nobody is lost,
 * every send is answered once, states follow one another, money is what the replicas' lives cost,
 * nobody has more GPUs than there are. */
#include "sim/random_scenario.h"
#include "sim/sim_fixture.h"

#include "base/memory.h"
#include "scenario/deployment.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The books once more ------------------------------------------------------------------------ */

typedef struct Book {
    const char *text; /* of the scenario, for messages */
    const RecordedRun *run;
    uint32_t deployment;
    const DeploymentConfig *config;
    const asim_run_end *end;
} Book;

#define MUST(book, condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s\ndeployment %u: %s: ", (book)->text, (book)->deployment,           \
                    #condition);                                                                   \
            fprintf(stderr, __VA_ARGS__);                                                          \
            cr_assert_fail("the books do not balance: see stderr");                                \
        }                                                                                          \
    } while (0)

static bool near(double a, double b) {
    return fabs(a - b) <= 1e-6 + 1e-9 * fabs(b);
}

/* requests = completed + given up + abandoned + rejected + broken + in flight; sends = answers. */
static void check_requests(const Book *book) {
    const asim_counters *totals = &book->end->totals;
    uint64_t requests = 0, sends = 0, outcomes[ASIM_OUTCOME_COUNT] = {0};
    const sim_time overhead = book->config->profile.request_overhead;
    for (size_t i = 0; i < book->run->request_count; i++) {
        const asim_request *request = &book->run->requests[i];
        if (request->deployment != book->deployment) {
            continue;
        }
        requests++;
        sends += request->sends;
        outcomes[request->outcome]++;
        MUST(book, request->id == i + 1, "id %llu\n", (unsigned long long)request->id);
        MUST(book, request->first_send <= request->last_send, "sends\n");
        MUST(book, request->first_send < book->end->span, "sent at or after the end\n");
        MUST(book, request->sends <= book->config->client.max_sends, "%u sends\n", request->sends);
        if (request->outcome == ASIM_COMPLETED) {
            MUST(book,
                 request->last_send <= request->admitted &&
                     request->admitted + overhead < request->first_token &&
                     request->first_token <= request->ended && request->replica > 0,
                 "request %zu\n", i + 1);
            MUST(book, request->output_tokens > 1 || request->first_token == request->ended, "\n");
            MUST(book, request->ended - request->last_send <= book->config->client.timeout, "\n");
            MUST(book,
                 (uint64_t)request->prompt_tokens + request->output_tokens <=
                     (uint64_t)book->config->profile.kv_capacity_tokens,
                 "\n");
        }
        if (request->outcome == ASIM_ABANDONED) {
            MUST(book, request->ended == request->last_send + book->config->client.timeout, "\n");
        }
        if (request->outcome == ASIM_BROKEN) {
            MUST(book, request->last_answer == ASIM_ANSWER_BROKEN && request->replica > 0, "\n");
            MUST(book, !book->config->client.retry_broken, "\n");
        }
        if (request->outcome == ASIM_GIVEN_UP) {
            MUST(book, request->sends == book->config->client.max_sends, "\n");
        }
    }
    MUST(book, requests == totals->requests, "%llu records\n", (unsigned long long)requests);
    MUST(book, sends == totals->sends, "%llu sends\n", (unsigned long long)sends);
    uint64_t ended = 0, answers = 0;
    for (int i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        MUST(book, outcomes[i] == totals->outcomes[i], "outcome %d\n", i);
        ended += totals->outcomes[i];
    }
    for (int i = 0; i < ASIM_ANSWER_COUNT; i++) {
        answers += totals->answers[i];
    }
    MUST(book, ended == totals->requests, "%llu ended\n", (unsigned long long)ended);
    MUST(book, answers == totals->sends, "%llu answers\n", (unsigned long long)answers);
}

/* Tokens of completed requests are among those made; none of a request is made twice. */
static void check_tokens(const Book *book) {
    const bool broken = book->end->totals.answers[ASIM_ANSWER_BROKEN] > 0;
    uint64_t least_prompt = 0, least_output = 0, most_prompt = 0, most_output = 0;
    for (size_t i = 0; i < book->run->request_count; i++) {
        const asim_request *request = &book->run->requests[i];
        if (request->deployment == book->deployment && request->replica > 0) {
            const bool completed = request->outcome == ASIM_COMPLETED;
            least_prompt += completed ? request->prompt_tokens : 0;
            least_output += completed ? request->output_tokens : 0;
            most_prompt += (uint64_t)request->prompt_tokens * (broken ? request->sends : 1);
            most_output += request->output_tokens;
        }
    }
    const asim_counters *totals = &book->end->totals;
    most_output += totals->broken_tokens;
    /* What was preempted is computed again, with one token more: the last one made. */
    most_prompt += totals->recomputed_tokens + totals->preemptions;
    MUST(book, least_prompt <= totals->prompt_tokens && totals->prompt_tokens <= most_prompt, "\n");
    MUST(book, least_output <= totals->generated_tokens && totals->generated_tokens <= most_output,
         "\n");
}

/* Seconds that a replica spends in a state, within [0, end of the scenario). */
static double within(const Book *book, sim_time from, sim_time to) {
    to = to < book->end->span ? to : book->end->span;
    return to > from ? (double)(to - from) / 1e9 : 0;
}

/* pending_scheduling -> downloading_model -> initializing -> ready -> serving -> draining -> gone,
 * from which a boot may be cancelled, and all may vanish. */
static bool vanishes(const asim_replica_change *change) {
    return change->to == ASIM_REPLICA_GONE &&
           (strcmp(change->reason, "preempted") == 0 || strcmp(change->reason, "failed") == 0);
}

static void check_replicas(const Book *book) {
    double seconds[ASIM_REPLICA_STATE_COUNT] = {0};
    double waiting = 0; /* for a grant of GPUs: pending, and no GPU-time */
    uint64_t cold = 0, cancelled = 0;
    const uint32_t count = sim_created(book->run, book->deployment);
    for (uint32_t replica = 1; replica <= count; replica++) {
        const asim_replica_change *last = NULL;
        for (size_t i = 0; i < book->run->change_count; i++) {
            const asim_replica_change *change = &book->run->changes[i];
            if (change->deployment != book->deployment || change->replica != replica) {
                continue;
            }
            MUST(book, change->is_new == !last, "replica %u\n", replica);
            if (last) {
                const bool cancel =
                    change->to == ASIM_REPLICA_GONE && last->to < ASIM_REPLICA_SERVING;
                const bool initial = strcmp(change->reason, "initial") == 0;
                MUST(book, change->from == last->to && change->time >= last->time, "\n");
                const bool grant = !last->has_gpus && change->has_gpus;
                MUST(book,
                     change->to == last->to + 1 || cancel || initial || grant || vanishes(change),
                     "%d to %d\n", last->to, change->to);
                waiting += last->has_gpus ? 0 : within(book, last->time, change->time);
                cancelled += cancel;
                seconds[last->to] += within(book, last->time, change->time);
            }
            cold += change->is_new && strcmp(change->reason, "initial") != 0;
            last = change;
        }
        waiting += last->has_gpus || last->to == ASIM_REPLICA_GONE
                       ? 0
                       : within(book, last->time, SIM_TIME_NEVER);
        seconds[last->to] +=
            last->to == ASIM_REPLICA_GONE ? 0 : within(book, last->time, SIM_TIME_NEVER);
    }
    const asim_costs *costs = &book->end->costs;
    const double gpus = (double)book->config->accelerator_count;
    const double booting =
        seconds[ASIM_REPLICA_PENDING_SCHEDULING] + seconds[ASIM_REPLICA_DOWNLOADING_MODEL] +
        seconds[ASIM_REPLICA_INITIALIZING] + seconds[ASIM_REPLICA_READY] - waiting;
    MUST(book, near(costs->booting_gpu_s, booting * gpus), "%.17g\n", booting * gpus);
    MUST(book, near(costs->busy_gpu_s + costs->idle_gpu_s, seconds[ASIM_REPLICA_SERVING] * gpus),
         "%.17g\n", seconds[ASIM_REPLICA_SERVING] * gpus);
    MUST(book, near(costs->draining_gpu_s, seconds[ASIM_REPLICA_DRAINING] * gpus), "%.17g\n",
         seconds[ASIM_REPLICA_DRAINING] * gpus);
    MUST(book, costs->busy_gpu_s >= 0 && costs->idle_gpu_s >= -1e-9, "%g busy\n",
         costs->busy_gpu_s);
    MUST(book, cold == book->end->totals.cold_starts, "%llu\n", (unsigned long long)cold);
    MUST(book, cancelled == book->end->totals.cancelled_starts, "%llu\n",
         (unsigned long long)cancelled);
    const double billed = (seconds[ASIM_REPLICA_SERVING] + seconds[ASIM_REPLICA_DRAINING]) * gpus;
    const double startup = book->config->bill_startup ? booting * gpus : 0;
    MUST(book, near(costs->billed_gpu_s, billed + startup), "%.17g\n", billed + startup);
    MUST(book, near(costs->replica_s * gpus, costs->billed_gpu_s), "\n");
}

static bool is_preemptible(const RecordedRun *run, size_t deployment) {
    return preemptible_is_given(&run->scenario->deployments[deployment].preemptible);
}

/* A pool's bill, instant by instant, from the replicas' lives: on-demand is what exceeds the
 * reservation; preemptible GPUs are apart. Not for bill_startup, whose grants are not announced. */
static void check_money(const char *text, const RecordedRun *run, size_t pool) {
    const PoolConfig *config = &run->scenario->pools[pool];
    const sim_time span = run->ends[0].span;
    int64_t gpus[8] = {0}, all = 0, preemptible = 0, existing = 0;
    double on_demand[8] = {0}, fee = 0;
    sim_time now = 0;
    bool startup = false;
    for (size_t i = 0; i <= run->change_count; i++) {
        const asim_replica_change *change = i < run->change_count ? &run->changes[i] : NULL;
        sim_time until = change && change->time < span ? change->time : span;
        const double seconds = until > now ? (double)(until - now) / 1e9 : 0;
        const int64_t reserved = all < config->reserved_gpus ? all : config->reserved_gpus;
        for (size_t d = 0; d < run->scenario->deployment_count; d++) {
            on_demand[d] += is_preemptible(run, d) ? (double)gpus[d] * seconds
                            : all > 0
                                ? (double)gpus[d] * (double)(all - reserved) / (double)all * seconds
                                : 0;
        }
        now = until;
        if (!change || run->scenario->deployments[change->deployment].pool != pool) {
            continue;
        }
        const int64_t each = run->scenario->deployments[change->deployment].accelerator_count;
        const bool billed =
            change->to == ASIM_REPLICA_SERVING || change->to == ASIM_REPLICA_DRAINING;
        const bool was = !change->is_new && (change->from == ASIM_REPLICA_SERVING ||
                                             change->from == ASIM_REPLICA_DRAINING);
        gpus[change->deployment] += (billed - was) * each;
        *(is_preemptible(run, change->deployment) ? &preemptible : &all) += (billed - was) * each;
        existing += change->is_new ? each : change->to == ASIM_REPLICA_GONE ? -each : 0;
        const Book book = {.text = text, .run = run, .deployment = change->deployment};
        MUST(&book, config->quota_gpus < 0 || existing <= config->quota_gpus, "%lld GPUs\n",
             (long long)existing);
        MUST(&book,
             config->on_demand_gpus < 0 ||
                 (all + preemptible <= config->reserved_gpus + config->on_demand_gpus &&
                  preemptible <= config->on_demand_gpus),
             "%lld GPUs\n", (long long)all);
    }
    for (size_t d = 0; d < run->scenario->deployment_count; d++) {
        startup |= run->scenario->deployments[d].bill_startup;
        if (run->scenario->deployments[d].pool == pool) {
            fee += run->ends[d].costs.reserved_usd;
        }
    }
    bool used = false;
    for (size_t d = 0; d < run->scenario->deployment_count; d++) {
        const DeploymentConfig *deployment = &run->scenario->deployments[d];
        if (deployment->pool != pool) {
            continue;
        }
        used = true;
        const Book book = {.text = text, .run = run, .deployment = (uint32_t)d};
        const double price = (strcmp(deployment->accelerator, "H100") == 0 ? 8 : 13) *
                             (deployment->region_restricted ? 1.5 : 1) *
                             (is_preemptible(run, d) ? 0.5 : 1);
        const double usd = on_demand[d] / 3600 * price;
        MUST(&book, startup || near(run->ends[d].costs.on_demand_usd, usd), "%.17g, not %.17g\n",
             usd, run->ends[d].costs.on_demand_usd);
    }
    const Book book = {.text = text, .run = run};
    MUST(&book, !used || near(fee, (double)config->reserved_gpus * 8 * (double)span / 3600e9),
         "a fee of %.17g\n", fee);
}

/* Of the intervals within the span, the last of which may be short; the drain has none. */
static void check_state_times(const Book *book) {
    double gpu_s[ASIM_REPLICA_STATE_COUNT] = {0};
    for (size_t i = 0; i < book->run->interval_count; i++) {
        const asim_interval *interval = &book->run->intervals[i];
        for (int state = 0; state <= ASIM_REPLICA_GONE; state++) {
            const double mean = interval->replicas[state];
            MUST(book, isnan(mean) == (interval->from >= book->end->span), "%g\n", mean);
            if (interval->deployment == book->deployment && !isnan(mean)) {
                gpu_s[state] += mean * (double)(interval->to - interval->from) / 1e9 *
                                (double)book->config->accelerator_count;
            }
        }
    }
    const asim_costs *costs = &book->end->costs;
    double booting = 0;
    for (int state = 0; state < ASIM_REPLICA_SERVING; state++) {
        booting += gpu_s[state];
    }
    MUST(book, near(gpu_s[ASIM_REPLICA_SERVING], costs->busy_gpu_s + costs->idle_gpu_s),
         "%.17g serving\n", gpu_s[ASIM_REPLICA_SERVING]);
    MUST(book, near(gpu_s[ASIM_REPLICA_DRAINING], costs->draining_gpu_s), "%.17g draining\n",
         gpu_s[ASIM_REPLICA_DRAINING]);
    MUST(book, booting > costs->booting_gpu_s || near(booting, costs->booting_gpu_s),
         "%.17g booting, of which some wait for GPUs\n", booting);
    MUST(book, gpu_s[ASIM_REPLICA_GONE] == 0, "\n");
}

/* Running totals never fall, and the last interval has them all. */
static void check_intervals(const Book *book) {
    const asim_interval *last = NULL;
    for (size_t i = 0; i < book->run->interval_count; i++) {
        const asim_interval *interval = &book->run->intervals[i];
        if (interval->deployment != book->deployment) {
            continue;
        }
        MUST(book, interval->from == (last ? last->to : 0) && interval->to > interval->from, "\n");
        MUST(book,
             interval->held <= interval->in_flight + interval->totals.outcomes[ASIM_ABANDONED],
             "%u held\n", interval->held);
        MUST(book, interval->queued <= interval->held, "%u queued\n", interval->queued);
        uint64_t ended = 0;
        for (int outcome = 0; outcome < ASIM_IN_FLIGHT; outcome++) {
            ended += interval->totals.outcomes[outcome];
        }
        ended += interval->totals.outcomes[ASIM_IN_FLIGHT];
        MUST(book, interval->totals.requests == ended + interval->in_flight, "%llu\n",
             (unsigned long long)ended);
        if (last) {
            MUST(book, interval->totals.sends >= last->totals.sends, "\n");
            MUST(book, interval->totals.generated_tokens >= last->totals.generated_tokens, "\n");
            MUST(book, interval->costs.billed_gpu_s >= last->costs.billed_gpu_s, "\n");
        }
        last = interval;
    }
    MUST(book, last && last->totals.requests == book->end->totals.requests, "\n");
    MUST(book, last->totals.generated_tokens == book->end->totals.generated_tokens, "\n");
    MUST(book, memcmp(&last->costs, &book->end->costs, sizeof last->costs) == 0, "\n");
}

static size_t check_run(ScenarioDraw *draw, int n) {
    const char *text = random_scenario(draw, n);
    RecordedRun *run = recorded_run(text, NULL);
    cr_assert_eq(run->end_count, run->scenario->deployment_count);
    for (uint32_t d = 0; d < run->scenario->deployment_count; d++) {
        const Book book = {.text = text,
                           .run = run,
                           .deployment = d,
                           .config = &run->scenario->deployments[d],
                           .end = &run->ends[d]};
        check_requests(&book);
        check_tokens(&book);
        check_replicas(&book);
        check_intervals(&book);
        check_state_times(&book);
    }
    for (size_t pool = 0; pool < run->scenario->pool_count; pool++) {
        check_money(text, run, pool);
    }
    const size_t requests = run->request_count;
    recorded_run_destroy(run);
    return requests;
}

static void check_runs(int from, int to) {
    ScenarioDraw *draw = memory_new(1, sizeof *draw);
    size_t requests = 0;
    const char *only = getenv("ASIM_INVARIANT"); /* one of them again: its number */
    for (int n = from; n < to; n++) {
        if (!only || atoi(only) == n) {
            requests += check_run(draw, n);
        }
    }
    cr_expect(only || requests > 10000, "%zu requests", requests);
    free(draw);
}

Test(sim_invariants, random_scenarios_1) {
    check_runs(0, 150);
}

Test(sim_invariants, random_scenarios_2) {
    check_runs(150, 300);
}
