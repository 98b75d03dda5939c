// SPDX-License-Identifier: GPL-3.0-or-later
/* The words that reports use for what observers are told: one spelling for every file. */
#ifndef FIGURES_NAMES_H
#define FIGURES_NAMES_H

#include "autoscale_sim/observer.h"
#include "figures/latency.h"

extern const char *const names_of_outcomes[ASIM_OUTCOME_COUNT]; /* "completed", "given_up", ... */
extern const char *const names_of_answers[ASIM_ANSWER_COUNT];   /* "200", ...; "" for none */

extern const char *const names_of_latencies[LATENCY_COUNT]; /* "ttft", ... */

/* The load targets that CSV files have columns for: what each measures. */
#define NAMES_LOAD_KEYS ASIM_SIGNAL_COUNT
#define NAMES_OF_LOAD(NAME)                                                                        \
    NAME(ASIM_SIGNAL_LOAD, "default")                                                              \
    NAME(ASIM_SIGNAL_CONCURRENT_REQUESTS, "concurrent_requests")                                   \
    NAME(ASIM_SIGNAL_REQUESTS_PER_SECOND, "requests_per_second")                                   \
    NAME(ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND, "prompt_tokens_per_second")                         \
    NAME(ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND, "tokens_generated_per_second")
extern const char *const names_of_load_keys[NAMES_LOAD_KEYS];

/* Index of a load key, NAMES_LOAD_KEYS when it has no column. */
size_t names_load_key(const char *key);

#endif
