// SPDX-License-Identifier: GPL-3.0-or-later
#include "figures/verdict.h"

#include "engine/sim_time.h"

#include <stdio.h>

const char *const verdict_words[VERDICT_WORDS] = {"OVERLOADED", "FLAPPING", "BACKLOGGED", "IDLE",
                                                  "STABLE"};

typedef struct Facts {
    uint64_t requests;
    double waited; /* shares; 0 of nothing */
    double capped;
    double busy, at_zero;
    double turns_per_hour, requests_per_hour;
} Facts;

static double share_of(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

static Facts facts_of(const DeploymentSummary *deployment) {
    const asim_costs *costs = &deployment->end.costs;
    const double span_s = sim_time_to_seconds(deployment->end.span), hours = span_s / 3600;
    const uint64_t requests = deployment->end.totals.requests;
    return (Facts){
        .requests = requests,
        .waited = share_of((double)deployment->waited, (double)deployment->measured),
        .capped = share_of((double)deployment->decisions.capped,
                           (double)deployment->decisions.evaluations),
        .busy = share_of(costs->busy_gpu_s, costs->busy_gpu_s + costs->idle_gpu_s),
        .at_zero = share_of(costs->zero_s + costs->deleted_s, span_s),
        .turns_per_hour = share_of((double)deployment->decisions.turns, hours),
        .requests_per_hour = share_of((double)requests, hours),
    };
}

static VerdictWord word_of(const DeploymentSummary *deployment, const Facts *facts) {
    const bool waited = facts->waited > VERDICT_WAITED;
    if (waited && facts->capped > VERDICT_CAPPED) {
        return VERDICT_WORD_OVERLOADED;
    }
    if (facts->turns_per_hour > VERDICT_TURNS &&
        deployment->decisions.turns >= VERDICT_TURNS_LEAST) {
        return VERDICT_WORD_FLAPPING;
    }
    if (facts->requests == 0 ||
        (facts->requests_per_hour < VERDICT_HARDLY && facts->at_zero > VERDICT_AT_ZERO)) {
        return VERDICT_WORD_IDLE;
    }
    if (waited) {
        return VERDICT_WORD_BACKLOGGED;
    }
    return facts->busy < VERDICT_BUSY ? VERDICT_WORD_IDLE : VERDICT_WORD_STABLE;
}

#define SAY(verdict, ...) snprintf((verdict)->reason, sizeof(verdict)->reason, __VA_ARGS__)

static void say_idle(Verdict *verdict, const Facts *facts) {
    char share[HUMAN_TEXT], rate[HUMAN_TEXT];
    if (facts->requests == 0) {
        SAY(verdict, "no request came");
    } else if (facts->requests_per_hour < VERDICT_HARDLY && facts->at_zero > VERDICT_AT_ZERO) {
        SAY(verdict, "no replica served for %s of the time, and %s requests came an hour",
            human_share(facts->at_zero, share), human_number(facts->requests_per_hour, rate));
    } else {
        SAY(verdict, "replicas computed in %s of the time that they served",
            human_share(facts->busy, share));
    }
}

Verdict verdict_of(const DeploymentSummary *deployment) {
    const Facts facts = facts_of(deployment);
    Verdict verdict = {.word = word_of(deployment, &facts)};
    char waited[HUMAN_TEXT], other[HUMAN_TEXT];
    human_share(facts.waited, waited);
    switch (verdict.word) {
    case VERDICT_WORD_OVERLOADED:
        SAY(&verdict,
            "in %s of the evaluations the load asked for more than the most replicas allowed (%d); "
            "%s of the requests waited more than 1 s, or were never served",
            human_share(facts.capped, other), deployment->decisions.most, waited);
        break;
    case VERDICT_WORD_FLAPPING:
        SAY(&verdict, "the target rose again within 10 minutes of a fall %s times an hour",
            human_number(facts.turns_per_hour, other));
        break;
    case VERDICT_WORD_BACKLOGGED:
        SAY(&verdict,
            "%s of the requests waited more than 1 s, or were never served; in %s of the "
            "evaluations "
            "the load asked for more than the most replicas allowed",
            waited, human_share(facts.capped, other));
        break;
    case VERDICT_WORD_IDLE: say_idle(&verdict, &facts); break;
    default:
        SAY(&verdict,
            "%s of the requests began to be served within 1 s; replicas computed in %s of the time "
            "that "
            "they served",
            human_share(1 - facts.waited, waited), human_share(facts.busy, other));
    }
    return verdict;
}

const char *verdict_warning(const DeploymentSummary *deployment, char text[VERDICT_WARNING]) {
    const asim_profile_use *use = &deployment->end.profile_use;
    const double beyond = share_of((double)use->beyond, (double)use->iterations);
    char share[HUMAN_TEXT], decoding[HUMAN_TEXT], kv[HUMAN_TEXT];
    char most_decoding[HUMAN_TEXT], most_kv[HUMAN_TEXT];
    text[0] = '\0';
    if (beyond > VERDICT_BEYOND) {
        snprintf(text, VERDICT_WARNING,
                 "%s of the iterations are beyond the load at which the profile was measured (%s "
                 "sequences decoding, %s KV tokens) by more than a quarter: up to %s, and %s",
                 human_share(beyond, share), human_count(use->measured_decoding, decoding),
                 human_count(use->measured_kv_tokens, kv),
                 human_count(use->most_decoding, most_decoding),
                 human_count(use->most_kv_tokens, most_kv));
    }
    return text;
}
