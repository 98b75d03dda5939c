// SPDX-License-Identifier: GPL-3.0-or-later
/* The policy against its oracle: random configurations on random lives. A life is either closed
 * loop (a crude deployment follows the decisions: replicas boot, load comes and goes, requests wake
 * it) or recorded (targets and replica counts change as they please, as in metrics of another
 * system). */
#include "oracle/policy_oracle.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <gsl/gsl_rng.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIVES 2000
#define OBSERVATIONS 240

static int pick(gsl_rng *random, int count) {
    return (int)gsl_rng_uniform_int(random, (unsigned long)count);
}

static bool chance(gsl_rng *random, double probability) {
    return gsl_rng_uniform(random) < probability;
}

static sim_time random_window(gsl_rng *random) {
    static const int seconds[] = {0, 0, 5, 7, 15, 30, 32, 60, 600};
    if (chance(random, 0.2)) {
        return (sim_time)(gsl_rng_uniform(random) * 120e9);
    }
    return seconds[pick(random, 9)] * SIM_TIME_SECOND;
}

/* Targets that make about one replica of one unit of load. */
static FireworksLoadTargets random_targets(gsl_rng *random) {
    FireworksLoadTargets targets = {NAN, OPTION_ABSENT_INTEGER, OPTION_ABSENT_INTEGER, NAN, NAN};
    if (chance(random, 0.5)) {
        targets.default_load = 0.1 + 0.9 * gsl_rng_uniform(random);
    }
    if (chance(random, 0.3)) {
        targets.tokens_generated_per_second = 1 + pick(random, 2000);
    }
    if (chance(random, 0.3)) {
        targets.prompt_tokens_per_second = 1 + pick(random, 2000);
    }
    if (chance(random, 0.3)) {
        targets.requests_per_second = 0.5 + pick(random, 4);
    }
    if (chance(random, 0.4)) {
        targets.concurrent_requests = 0.5 + pick(random, 8);
    }
    return targets;
}

static FireworksConfig random_config(gsl_rng *random, int rule) {
    FireworksConfig config;
    options_set_defaults(fireworks_options, &config);
    config.min_replica_count = chance(random, 0.5) ? 0 : pick(random, 4);
    if (chance(random, 0.95)) {
        config.max_replica_count = config.min_replica_count + pick(random, 12);
    }
    config.scale_up_window = random_window(random);
    config.scale_down_window = random_window(random);
    config.scale_to_zero_window = (300 + pick(random, 200)) * SIM_TIME_SECOND;
    config.load_targets = random_targets(random);
    config.default_always = chance(random, 0.3);
    config.window_rule = rule;
    return config;
}

/* What the policy sees of: load in units of replicas, and how restless it is. */
typedef struct Life {
    gsl_rng *random;
    bool recorded;
    sim_time interval;
    double jitter; /* of the interval */
    double level, noise;
    sim_time booted;      /* when the target's replicas will all serve */
    int minimum, maximum; /* the configuration's; maximum 0: no schedules */
    asim_observation seen;
} Life;

static void life_init(Life *life, gsl_rng *random, int initial_target) {
    *life = (Life){.random = random, .recorded = chance(random, 0.25)};
    life->interval = chance(random, 0.6) ? 5 * SIM_TIME_SECOND : 10 * SIM_TIME_SECOND;
    life->jitter = chance(random, 0.5) ? 0 : gsl_rng_uniform(random);
    life->noise = chance(random, 0.3) ? 0 : gsl_rng_uniform(random);
    life->level = 4 * gsl_rng_uniform(random);
    life->seen.target = life->seen.serving = initial_target;
    life->seen.idle_since = SIM_TIME_NEVER;
    life->seen.time = chance(random, 0.5) ? 0 : pick(random, 1000000);
}

static void life_load(Life *life) {
    gsl_rng *random = life->random;
    if (chance(random, 0.05)) {
        life->level = chance(random, 0.4) ? 0 : 10 * gsl_rng_uniform(random);
    }
    for (int i = 0; i < ASIM_SIGNAL_COUNT; i++) {
        static const double units[] = {0.8, 4, 2, 1000, 1000};
        double factor = 1 + life->noise * (2 * gsl_rng_uniform(random) - 1);
        life->seen.signals[i] = units[i] * life->level * factor;
        if (chance(random, 0.3)) {
            life->seen.signals[i] = round(life->seen.signals[i]);
        }
    }
}

/* Replicas boot all at once; the deployment idles while it serves and there is no load. */
static void life_follow(Life *life) {
    asim_observation *seen = &life->seen;
    if (seen->serving > seen->target) {
        seen->serving = seen->target;
    }
    if (seen->serving < seen->target && seen->time >= life->booted) {
        seen->serving = seen->target;
        life->booted = seen->time + pick(life->random, 90) * SIM_TIME_SECOND;
    }
    seen->booting = seen->target - seen->serving;
    if (seen->serving == 0 || life->level > 0) {
        seen->idle_since = SIM_TIME_NEVER;
    } else if (seen->idle_since == SIM_TIME_NEVER) {
        seen->idle_since = seen->time - pick(life->random, 5);
    }
}

static void life_record(Life *life) {
    asim_observation *seen = &life->seen;
    if (chance(life->random, 0.3)) {
        seen->target = pick(life->random, 12);
        seen->serving = chance(life->random, 0.2) ? 0 : pick(life->random, 12);
    }
    seen->idle_since = SIM_TIME_NEVER;
    if (chance(life->random, 0.3)) {
        seen->idle_since = (sim_time)((double)seen->time * gsl_rng_uniform(life->random));
    }
}

static void life_step(Life *life) {
    asim_observation *seen = &life->seen;
    double share = 1 + life->jitter * (gsl_rng_uniform(life->random) - 0.5);
    seen->time += (sim_time)((double)life->interval * share);
    seen->request_at_zero = false;
    life_load(life);
    if (life->recorded) {
        life_record(life);
    } else {
        life_follow(life);
    }
    if (seen->target == 0 && chance(life->random, 0.1)) {
        seen->request_at_zero = true;
        seen->serving = 0;
        life->level = 1 + pick(life->random, 5);
        life->booted = seen->time + pick(life->random, 90) * SIM_TIME_SECOND;
    }
}

static int minimum_in_force(const Life *life) {
    return life->seen.schedule.name ? life->seen.schedule.minimum : life->minimum;
}

/* A window opens or closes: that is told only where the minimum is another one then. */
static void life_calendar(Life *life) {
    asim_observation *seen = &life->seen;
    const int before = minimum_in_force(life);
    seen->minimum_changed = false;
    if (life->maximum == 0 || !chance(life->random, 0.1)) {
        return;
    }
    seen->schedule.name = chance(life->random, 0.6) ? "window" : NULL;
    seen->schedule.minimum = pick(life->random, life->maximum + 1);
    seen->minimum_changed = minimum_in_force(life) != before;
    seen->request_at_zero = seen->request_at_zero && !seen->minimum_changed;
}

static bool acts(const char *reason) {
    return strcmp(reason, "scale_up") == 0 || strcmp(reason, "scale_down") == 0;
}

/* In a recorded life the target may come to lie beside a run that began before all windows: then
 * the policy need not remember when, but not later than the window's start. */
static bool since_agrees(const Life *life, const asim_decision *decision,
                         const PolicyOracleAnswer *answer) {
    if (decision->window_since == answer->since) {
        return true;
    }
    return life->recorded && acts(answer->reason) && decision->window_since >= answer->since &&
           decision->window_until <= life->seen.time;
}

static void live(gsl_rng *random, int rule, int number, size_t *scaled) {
    const FireworksConfig config = random_config(random, rule);
    int initial_target =
        (int)config.min_replica_count + (chance(random, 0.5) ? 0 : pick(random, 5));
    Life life;
    life_init(&life, random, initial_target);
    life.minimum = (int)config.min_replica_count;
    life.maximum =
        chance(random, 0.4) && config.max_replica_count > 0 ? (int)config.max_replica_count : 0;
    PolicyOracle oracle;
    policy_oracle_init(&oracle, &config, initial_target, OBSERVATIONS);
    void *state = calloc(1, fireworks_policy.state_size);
    fireworks_policy.init(state, &config, initial_target);
    for (int i = 0; i < OBSERVATIONS; i++) {
        life_step(&life);
        life_calendar(&life);
        asim_decision decision;
        fireworks_policy.decide(state, &life.seen, &decision);
        const PolicyOracleAnswer answer = policy_oracle_decide(&oracle, &life.seen);
        cr_assert(decision.target == answer.target && decision.recommended == answer.recommended &&
                      strcmp(decision.reason, answer.reason) == 0 &&
                      since_agrees(&life, &decision, &answer),
                  "life %d (%s), observation %d at %" PRId64
                  " of target %d: policy %d %d %s %" PRId64 ", oracle %d %d %s %" PRId64,
                  number, life.recorded ? "recorded" : "closed loop", i, life.seen.time,
                  life.seen.target, decision.target, decision.recommended, decision.reason,
                  decision.window_since, answer.target, answer.recommended, answer.reason,
                  answer.since);
        *scaled += decision.target != life.seen.target;
        life.seen.target = decision.target;
    }
    fireworks_policy.clear(state);
    free(state);
    policy_oracle_clear(&oracle);
}

ParameterizedTestParameters(policy_oracle, agrees) {
    static int rules[] = {FIREWORKS_STABILIZE, FIREWORKS_SUSTAIN, FIREWORKS_DELAY};
    return cr_make_param_array(int, rules, 3);
}

ParameterizedTest(int *rule, policy_oracle, agrees) {
    gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(random, 20260901u + (unsigned long)*rule);
    size_t scaled = 0;
    for (int i = 0; i < LIVES; i++) {
        live(random, *rule, i, &scaled);
    }
    cr_assert_gt(scaled, LIVES * 5, "the lives are too quiet to prove anything");
    gsl_rng_free(random);
}
