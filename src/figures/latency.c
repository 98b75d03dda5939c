// SPDX-License-Identifier: GPL-3.0-or-later
/* The names of the latency metrics, as columns of files begin with them. */
#include "figures/latency.h"

const char *const latency_names[LATENCY_COUNT] = {
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
