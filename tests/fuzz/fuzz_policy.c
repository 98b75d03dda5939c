// SPDX-License-Identifier: GPL-3.0-or-later
/* Bytes as a configuration and a life: what the policy decides is what its oracle, slow and
 * obvious, decides, and keeps to what was promised: never beyond its limits, never to zero before
 * its window, never on its own way without a window. */
#include "fuzzing.h"
#include "oracle/policy_oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OBSERVATIONS_MOST = 200 };

typedef struct Bytes {
    const uint8_t *at, *end;
} Bytes;

static int64_t take(Bytes *bytes, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++) {
        value = value << 8 | (bytes->at < bytes->end ? *bytes->at++ : 0U);
    }
    return (int64_t)value;
}

/* Windows of whole and of broken seconds. */
static sim_time take_window(Bytes *bytes, sim_time most) {
    const int64_t value = take(bytes, 2);
    const sim_time window = value & 1 ? (value >> 1) * SIM_TIME_SECOND / 8 : value * 60000000;
    return window < most ? window : most;
}

static void take_config(Bytes *bytes, FireworksConfig *config) {
    const int64_t kinds = take(bytes, 2);
    options_set_defaults(fireworks_options, config);
    config->min_replica_count = take(bytes, 1) % 8;
    if (kinds & 1) {
        config->max_replica_count = config->min_replica_count + take(bytes, 1) % 32;
    }
    config->scale_up_window = take_window(bytes, SIM_TIME_HOUR);
    config->scale_down_window = take_window(bytes, SIM_TIME_HOUR);
    config->scale_to_zero_window = 300 * SIM_TIME_SECOND + take_window(bytes, SIM_TIME_HOUR);
    FireworksLoadTargets *targets = &config->load_targets;
    targets->default_load = kinds & 2 ? (double)(1 + take(bytes, 1)) / 256 : NAN;
    targets->tokens_generated_per_second = kinds & 4 ? 1 + take(bytes, 2) : OPTION_ABSENT_INTEGER;
    targets->prompt_tokens_per_second = kinds & 8 ? 1 + take(bytes, 2) : OPTION_ABSENT_INTEGER;
    targets->requests_per_second = kinds & 16 ? (double)(1 + take(bytes, 1)) / 7 : NAN;
    targets->concurrent_requests = kinds & 32 ? (double)(1 + take(bytes, 1)) / 3 : NAN;
    config->default_always = (kinds & 64) != 0;
    config->window_rule = (int)((kinds >> 8) % 3);
}

static void take_observation(Bytes *bytes, asim_observation *seen) {
    const int64_t kinds = take(bytes, 1);
    seen->time += kinds & 1 ? 5 * SIM_TIME_SECOND : take(bytes, 2) * 40000000;
    for (int i = 0; i < ASIM_SIGNAL_COUNT; i++) {
        static const double units[] = {0.1, 0.5, 0.25, 37, 37};
        seen->signals[i] = kinds & 2 ? (double)take(bytes, 1) * units[i] : seen->signals[i];
    }
    seen->serving = kinds & 4 ? (int)(take(bytes, 1) % 40) : seen->target;
    seen->booting = seen->serving < seen->target ? seen->target - seen->serving : 0;
    seen->idle_since = SIM_TIME_NEVER;
    if (kinds & 8) {
        const sim_time since = seen->time - take(bytes, 2) * SIM_TIME_SECOND;
        seen->idle_since = since > 0 ? since : 0;
    }
    seen->request_at_zero = seen->target == 0 && (kinds & 16) != 0;
}

/* What acts need not remember a run that began before its window (tests/policy). */
static bool since_agrees(const asim_observation *seen, const asim_decision *decision,
                         const PolicyOracleAnswer *answer) {
    const bool acts =
        strcmp(answer->reason, "scale_up") == 0 || strcmp(answer->reason, "scale_down") == 0;
    return decision->window_since == answer->since ||
           (acts && decision->window_since >= answer->since &&
            decision->window_until <= seen->time);
}

static void check_decision(const FireworksConfig *config, const asim_observation *seen,
                           const asim_decision *decision) {
    const int least = (int)config->min_replica_count, most = (int)config->max_replica_count;
    const bool is_wake = seen->request_at_zero;
    fuzz_require(decision->target >= 0 && decision->target <= most, "at most the most");
    fuzz_require(decision->target >= (least < most ? least : most), "at least the least");
    fuzz_require(decision->recommended <= most, "recommended within the limits");
    fuzz_require(decision->limits[0] == least && decision->limits[1] == most, "its limits");
    fuzz_require(decision->reason != NULL, "a reason");
    if (decision->target == 0 && seen->target > 0 && most > 0) {
        fuzz_require(least == 0 && !is_wake && seen->idle_since != SIM_TIME_NEVER &&
                         seen->time - seen->idle_since >= config->scale_to_zero_window,
                     "to zero only when it has idled long enough");
    }
    if (is_wake && most > 0) {
        fuzz_require(decision->target >= 1, "a request wakes it");
    }
    fuzz_require(decision->term_count >= 0 && decision->term_count <= ASIM_DECISION_TERMS &&
                     decision->winner >= -1 && decision->winner < decision->term_count,
                 "terms and their winner");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Bytes bytes = {data, data + size};
    FireworksConfig config;
    take_config(&bytes, &config);
    FireworksConfig resolved = config;
    fireworks_resolve(&resolved);
    const int initial = fireworks_kind.initial_target(&resolved);
    void *state = calloc(1, fireworks_policy.state_size);
    fuzz_require(state != NULL, "memory");
    PolicyOracle oracle;
    policy_oracle_init(&oracle, &config, initial, OBSERVATIONS_MOST);
    fireworks_policy.init(state, &config, initial);
    asim_observation seen = {.target = initial};
    for (int i = 0; i < OBSERVATIONS_MOST && bytes.at < bytes.end; i++) {
        asim_decision decision;
        take_observation(&bytes, &seen);
        fireworks_policy.decide(state, &seen, &decision);
        const PolicyOracleAnswer answer = policy_oracle_decide(&oracle, &seen);
        fuzz_require(decision.target == answer.target, "the oracle's target");
        fuzz_require(decision.recommended == answer.recommended, "the oracle's recommendation");
        fuzz_require(strcmp(decision.reason, answer.reason) == 0, "the oracle's reason");
        fuzz_require(since_agrees(&seen, &decision, &answer), "since when, as the oracle");
        check_decision(&resolved, &seen, &decision);
        seen.target = decision.target;
    }
    fireworks_policy.clear(state);
    policy_oracle_clear(&oracle);
    free(state);
    return 0;
}
