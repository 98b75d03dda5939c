// SPDX-License-Identifier: GPL-3.0-or-later
/* Tables of words, indexed by the enumerations of autoscale_sim/observer.h and policy.h. */
#include "figures/names.h"

#include <string.h>

const char *const names_of_outcomes[ASIM_OUTCOME_COUNT] = {
    [ASIM_COMPLETED] = "completed", [ASIM_GIVEN_UP] = "given_up", [ASIM_ABANDONED] = "abandoned",
    [ASIM_REJECTED] = "rejected",   [ASIM_BROKEN] = "broken",     [ASIM_IN_FLIGHT] = "in_flight",
};

const char *const names_of_answers[ASIM_ANSWER_COUNT] = {
    [ASIM_ANSWER_200] = "200", [ASIM_ANSWER_400] = "400", [ASIM_ANSWER_404] = "404",
    [ASIM_ANSWER_429] = "429", [ASIM_ANSWER_503] = "503", [ASIM_ANSWER_BROKEN] = "broken",
    [ASIM_ANSWER_NONE] = "",
};

const char *const names_of_latencies[LATENCY_COUNT] = {
    [LATENCY_TTFT] = "ttft",
    [LATENCY_TPOT] = "tpot",
    [LATENCY_E2E] = "e2e",
    [LATENCY_TTFT_WITHOUT_RETRY] = "ttft_without_retry",
    [LATENCY_E2E_WITHOUT_RETRY] = "e2e_without_retry",
    [LATENCY_RETRY_WAIT] = "retry_wait",
    [LATENCY_QUEUE_WAIT] = "queue_wait",
    [LATENCY_PREFILL] = "prefill",
    [LATENCY_DECODE] = "decode",
};

const char *const names_of_load_keys[NAMES_LOAD_KEYS] = {
#define NAME(signal, name) [signal] = name,
    NAMES_OF_LOAD(NAME)
#undef NAME
};

size_t names_load_key(const char *key) {
    size_t i = 0;
    while (i < NAMES_LOAD_KEYS && strcmp(names_of_load_keys[i], key) != 0) {
        i++;
    }
    return i;
}
