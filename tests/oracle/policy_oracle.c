// SPDX-License-Identifier: GPL-3.0-or-later
/* The policy `fireworks` by the words of model 5: see policy_oracle.h. */
#include "oracle/policy_oracle.h"

#include <math.h>
#include <stdlib.h>

void policy_oracle_init(PolicyOracle *oracle, const FireworksConfig *config, int initial_target,
                        size_t most) {
    *oracle = (PolicyOracle){.config = *config,
                             .initial_target = initial_target,
                             .minimum = (int)config->min_replica_count,
                             .lowered = INT64_MIN};
    oracle->records = calloc(most, sizeof *oracle->records);
}

void policy_oracle_clear(PolicyOracle *oracle) {
    free(oracle->records);
}

/* "min_replica_count 0, max_replica_count max(min, 1)" */
static int oracle_base(const PolicyOracle *oracle) {
    return (int)oracle->config.min_replica_count;
}

/* "While windows are open the largest of their minima holds instead of the base minimum" */
static int oracle_min(const PolicyOracle *oracle) {
    return oracle->minimum;
}

static int oracle_max(const PolicyOracle *oracle) {
    if (oracle->config.max_replica_count >= 0) {
        return (int)oracle->config.max_replica_count;
    }
    return oracle_base(oracle) > 1 ? oracle_base(oracle) : 1;
}

/* "The scale-down window never goes below max(1, min)" */
static int oracle_floor(const PolicyOracle *oracle) {
    return oracle_min(oracle) > 1 ? oracle_min(oracle) : 1;
}

static int oracle_at_least_floor(const PolicyOracle *oracle, int replicas) {
    return replicas < oracle_floor(oracle) ? oracle_floor(oracle) : replicas;
}

/* "Wanted for one key = ceil(measured total / target), with a relative tolerance of 1e-9": so few
 * replicas that each gets at most the target. */
static int oracle_wanted(double measured, double target) {
    int replicas = 0;
    while (replicas * target * (1 + 1e-9) < measured) {
        replicas++;
    }
    return replicas;
}

static int oracle_clamped(const PolicyOracle *oracle, int replicas) {
    replicas = replicas < oracle_min(oracle) ? oracle_min(oracle) : replicas;
    return replicas > oracle_max(oracle) ? oracle_max(oracle) : replicas;
}

/* "recommended = the largest over keys, clamped to [min, max]" */
static int oracle_recommended(const PolicyOracle *oracle, const asim_observation *observation) {
    const FireworksLoadTargets *targets = &oracle->config.load_targets;
    const double *signals = observation->signals;
    int most = 0, wanted[5] = {0};
    bool any = false;
    if (targets->tokens_generated_per_second > 0) {
        wanted[0] = oracle_wanted(signals[ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND],
                                  (double)targets->tokens_generated_per_second);
        any = true;
    }
    if (targets->prompt_tokens_per_second > 0) {
        wanted[1] = oracle_wanted(signals[ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND],
                                  (double)targets->prompt_tokens_per_second);
        any = true;
    }
    if (targets->requests_per_second > 0) {
        wanted[2] =
            oracle_wanted(signals[ASIM_SIGNAL_REQUESTS_PER_SECOND], targets->requests_per_second);
        any = true;
    }
    if (targets->concurrent_requests > 0) {
        wanted[3] =
            oracle_wanted(signals[ASIM_SIGNAL_CONCURRENT_REQUESTS], targets->concurrent_requests);
        any = true;
    }
    /* "`default` is in force when it is written, and, at 0.8, when no key is. `default_always`: the
     * unwritten 0.8 counts beside other keys too" */
    if (targets->default_load > 0) {
        wanted[4] = oracle_wanted(signals[ASIM_SIGNAL_LOAD], targets->default_load);
    } else if (!any || oracle->config.default_always) {
        wanted[4] = oracle_wanted(signals[ASIM_SIGNAL_LOAD], 0.8);
    }
    for (int i = 0; i < 5; i++) {
        most = wanted[i] > most ? wanted[i] : most;
    }
    /* "An observation with no serving replica recommends the current target" */
    if (observation->serving == 0) {
        most = observation->target;
    }
    return oracle_clamped(oracle, most);
}

/* 1: the recommendation asks for more than the target; -1: for less; 0: neither. */
static int oracle_side(const PolicyOracleRecord *record) {
    if (record->recommended > record->target) {
        return 1;
    }
    const int floor = record->minimum > 1 ? record->minimum : 1;
    return (record->recommended > floor ? record->recommended : floor) < record->target ? -1 : 0;
}

static sim_time oracle_span(const PolicyOracle *oracle, int side) {
    return side > 0 ? oracle->config.scale_up_window : oracle->config.scale_down_window;
}

/* stabilize: the smallest (side 1) or largest (side -1) recommendation in force at some instant of
 * [now - span, now]. "Before the first observation the windows are filled with the initial target."
 */
static int oracle_extremum(const PolicyOracle *oracle, int side, sim_time now) {
    sim_time start = now - oracle_span(oracle, side), from = INT64_MIN;
    int in_force = oracle->initial_target, extremum = 0;
    bool found = false;
    for (size_t i = 0; i <= oracle->count; i++) {
        if (i < oracle->count && !oracle->records[i].evaluation && !oracle->records[i].change) {
            continue;
        }
        /* in_force holds on [from, until) */
        sim_time until = i < oracle->count ? oracle->records[i].time : INT64_MAX;
        bool inside = from <= now && until > start;
        if (inside && (!found || (side > 0 ? in_force < extremum : in_force > extremum))) {
            extremum = in_force;
            found = true;
        }
        if (i < oracle->count) {
            from = until;
            in_force = oracle->records[i].recommended;
        }
    }
    return extremum;
}

/* stabilize: since when recommendations have been at least (side 1) or at most `bound`. */
static sim_time oracle_run(const PolicyOracle *oracle, int side, int bound) {
    sim_time since = SIM_TIME_NEVER;
    for (size_t i = oracle->count; i-- > 0;) {
        const PolicyOracleRecord *record = &oracle->records[i];
        if (!record->evaluation && !record->change) {
            continue;
        }
        if (side > 0 ? record->recommended < bound : record->recommended > bound) {
            break;
        }
        since = record->time;
    }
    return since;
}

static bool oracle_stabilize(const PolicyOracle *oracle, PolicyOracleAnswer *answer, int side) {
    const PolicyOracleRecord *last = &oracle->records[oracle->count - 1];
    int extremum = oracle_extremum(oracle, side, last->time);
    if (side < 0) {
        extremum = oracle_at_least_floor(oracle, extremum);
    }
    bool acts = side > 0 ? extremum > last->target : extremum < last->target;
    answer->since = oracle_run(oracle, side, acts ? extremum : last->target + side);
    answer->target = acts ? extremum : last->target;
    return acts;
}

/* sustain: "a timer starts when recommended first differs in one direction, is reset when it stops
 * differing or turns round, and on expiry the latest recommendation is applied". */
static bool oracle_sustain(const PolicyOracle *oracle, PolicyOracleAnswer *answer, int side) {
    const PolicyOracleRecord *last = &oracle->records[oracle->count - 1];
    for (size_t i = oracle->count; i-- > 0;) {
        const PolicyOracleRecord *record = &oracle->records[i];
        if (record->change && !record->cut) {
            continue; /* says nothing of the load */
        }
        if (record->cut || record->acted || oracle_side(record) != side) {
            break;
        }
        answer->since = record->time;
    }
    if (last->time - answer->since < oracle_span(oracle, side)) {
        return false;
    }
    answer->target = oracle_at_least_floor(oracle, last->recommended);
    return true;
}

/* delay: "fires one window after the first crossing, whatever happened between". A fired timer
 * waits for the next crossing, whether or not anything came of it. */
static bool oracle_delay(const PolicyOracle *oracle, PolicyOracleAnswer *answer, int side) {
    const PolicyOracleRecord *last = &oracle->records[oracle->count - 1];
    sim_time armed = SIM_TIME_NEVER;
    bool fires = false;
    for (const PolicyOracleRecord *record = oracle->records; record <= last; record++) {
        if (record->cut || record->change) {
            armed = record->cut ? SIM_TIME_NEVER : armed;
            continue;
        }
        if (armed == SIM_TIME_NEVER && oracle_side(record) == side) {
            armed = record->time;
        }
        if (record == last) {
            answer->since = armed;
        }
        fires = armed != SIM_TIME_NEVER && record->time - armed >= oracle_span(oracle, side);
        if (fires) {
            armed = SIM_TIME_NEVER;
        }
    }
    if (!fires) {
        return false;
    }
    answer->target = oracle_at_least_floor(oracle, last->recommended);
    return true;
}

static bool oracle_window(const PolicyOracle *oracle, PolicyOracleAnswer *answer, int side) {
    switch (oracle->config.window_rule) {
    case FIREWORKS_SUSTAIN: return oracle_sustain(oracle, answer, side);
    case FIREWORKS_DELAY: return oracle_delay(oracle, answer, side);
    default: return oracle_stabilize(oracle, answer, side);
    }
}

static const char *oracle_hold(const PolicyOracle *oracle, const asim_observation *observation,
                               PolicyOracleAnswer *answer) {
    if (observation->target == 0) {
        return "hold_at_zero";
    }
    if (observation->serving == 0) {
        return "hold_no_serving_replica";
    }
    if (answer->recommended == 0 && oracle_min(oracle) == 0 &&
        observation->idle_since != SIM_TIME_NEVER) {
        answer->since = observation->idle_since;
        return "hold_scale_to_zero_window";
    }
    return "hold_on_target";
}

static PolicyOracleAnswer oracle_evaluate(PolicyOracle *oracle,
                                          const asim_observation *observation) {
    PolicyOracleAnswer answer = {.target = observation->target,
                                 .recommended = oracle_recommended(oracle, observation),
                                 .since = SIM_TIME_NEVER};
    PolicyOracleRecord *record = &oracle->records[oracle->count++];
    *record = (PolicyOracleRecord){.time = observation->time,
                                   .target = observation->target,
                                   .recommended = answer.recommended,
                                   .minimum = oracle_min(oracle),
                                   .evaluation = true};
    /* "To zero only when min = 0 and idle for scale_to_zero_window, from any count"; "a lowered one
     * passes the scale-down window" */
    const bool passed = oracle->lowered == INT64_MIN ||
                        observation->time - oracle->lowered >= oracle->config.scale_down_window;
    if (passed && oracle_min(oracle) == 0 && observation->target > 0 &&
        observation->idle_since != SIM_TIME_NEVER &&
        observation->time - observation->idle_since >= oracle->config.scale_to_zero_window) {
        record->cut = true;
        answer.target = 0;
        answer.since = observation->idle_since;
        answer.reason = "scale_to_zero";
        return answer;
    }
    int side = oracle_side(record);
    if (side == 0) {
        answer.reason = oracle_hold(oracle, observation, &answer);
    } else if (oracle_window(oracle, &answer, side)) {
        record->acted = true;
        answer.reason = side > 0 ? "scale_up" : "scale_down";
    } else {
        answer.reason = side > 0 ? "hold_scale_up_window" : "hold_scale_down_window";
    }
    return answer;
}

/* "a raised minimum acts at once"; what was recommended last is brought within the limits. */
static PolicyOracleAnswer oracle_change(PolicyOracle *oracle, const asim_observation *observation,
                                        bool raised) {
    int recommended = oracle->initial_target;
    for (size_t i = 0; i < oracle->count; i++) {
        const PolicyOracleRecord *record = &oracle->records[i];
        recommended = record->evaluation || record->change ? record->recommended : recommended;
    }
    PolicyOracleAnswer answer = {.target = observation->target,
                                 .recommended = oracle_clamped(oracle, recommended),
                                 .reason = raised ? "minimum_raised" : "minimum_lowered",
                                 .since = SIM_TIME_NEVER};
    const bool lifts = observation->target < oracle_min(oracle);
    answer.target = lifts ? oracle_min(oracle) : answer.target;
    oracle->records[oracle->count++] = (PolicyOracleRecord){.time = observation->time,
                                                            .target = observation->target,
                                                            .recommended = answer.recommended,
                                                            .minimum = oracle_min(oracle),
                                                            .cut = lifts,
                                                            .change = true};
    return answer;
}

PolicyOracleAnswer policy_oracle_decide(PolicyOracle *oracle, const asim_observation *observation) {
    const int before = oracle->minimum;
    oracle->minimum =
        observation->schedule.name ? observation->schedule.minimum : oracle_base(oracle);
    if (oracle->minimum < before) {
        oracle->lowered = observation->time;
    }
    /* "max_replica_count 0 parks the deployment ... nothing wakes it" */
    if (oracle_max(oracle) == 0) {
        return (PolicyOracleAnswer){.reason = "parked", .since = SIM_TIME_NEVER};
    }
    if (observation->minimum_changed) {
        return oracle_change(oracle, observation, oracle->minimum > before);
    }
    if (!observation->request_at_zero) {
        return oracle_evaluate(oracle, observation);
    }
    /* "0 -> 1 skips the scale-up window: the first request sets target max(1, min)" */
    oracle->records[oracle->count++] = (PolicyOracleRecord){.time = observation->time, .cut = true};
    return (PolicyOracleAnswer){.target = oracle_floor(oracle),
                                .recommended = oracle_floor(oracle),
                                .reason = "wake",
                                .since = SIM_TIME_NEVER};
}
