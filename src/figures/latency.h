// SPDX-License-Identifier: GPL-3.0-or-later
/* The parts of a request's life that reports measure, defined once.
 *
 * Nobody is left out of a quantile (model 10): each metric is of all requests that ended, whatever
 * became of them, and one that never came to the metric's end (its first token, its last, a batch)
 * counts as infinite. Every request that ended has a retry wait; a time per output token only those
 * that ask for two or more. Requests cut at the end of a run have not ended: they are in none. */
#ifndef FIGURES_LATENCY_H
#define FIGURES_LATENCY_H

#include "autoscale_sim/observer.h"
#include "stats/histogram.h"

typedef enum LatencyMetric {
    LATENCY_TTFT, /* time to the first token, as the user feels it: from the first send */
    LATENCY_TPOT, /* time per output token after the first; needs two */
    LATENCY_E2E,  /* from the first send to the last token */
    LATENCY_TTFT_WITHOUT_RETRY, /* from the last send, the one that was answered */
    LATENCY_E2E_WITHOUT_RETRY,
    LATENCY_RETRY_WAIT, /* from the first to the last send */
    LATENCY_QUEUE_WAIT, /* from the last send into a batch */
    LATENCY_PREFILL,    /* from there to the first token */
    LATENCY_DECODE,     /* from there to the last */
    LATENCY_COUNT
} LatencyMetric;

static inline bool latency_ended(const asim_request *request) {
    return request->outcome != ASIM_IN_FLIGHT;
}
static inline bool latency_has_first_token(const asim_request *request) {
    return request->first_token != SIM_TIME_NEVER;
}
static inline bool latency_has_answer(const asim_request *request) {
    return request->outcome == ASIM_COMPLETED;
}
/* One that never came to the end of the part is infinite. */
static inline void latency_record(Histogram *histogram, bool came, sim_time part) {
    if (came) {
        histogram_record(histogram, part);
    } else {
        histogram_record_never(histogram);
    }
}

/* The parts as they are; they mean something where both instants came to pass. */
static inline sim_time latency_ttft(const asim_request *request) {
    return request->first_token - request->first_send;
}
static inline sim_time latency_e2e(const asim_request *request) {
    return request->ended - request->first_send;
}
static inline sim_time latency_retry_wait(const asim_request *request) {
    return request->last_send - request->first_send;
}
static inline bool latency_has_tpot(const asim_request *request) {
    return request->output_tokens >= 2;
}
/* Rounded to the nearest nanosecond; needs latency_has_tpot. Below 2^53 ns (104 days) a quotient of
 * doubles cannot reach the next whole number by rounding, so its floor is exact; and it is quicker.
 */
static inline sim_time latency_tpot(const asim_request *request) {
    const sim_time tokens = (sim_time)request->output_tokens - 1;
    const sim_time decode = request->ended - request->first_token + tokens / 2;
    return decode < INT64_C(1) << 53 ? (sim_time)((double)decode / (double)tokens)
                                     : decode / tokens;
}

#endif
