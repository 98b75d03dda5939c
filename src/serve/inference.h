// SPDX-License-Identifier: GPL-3.0-or-later
/* Requests for inference on their way: from an exchange into the run, and what the run makes of
 * them back to the client, at the instants at which the run has it. */
#ifndef SERVE_INFERENCE_H
#define SERVE_INFERENCE_H

#include "serve/api.h"
#include "serve/http.h"
#include "serve/pace.h"

#include <stdio.h>

typedef struct Inference Inference;

/* Both are lent; pace->live is there before the first request is. */
Inference *inference_create(const Scenario *scenario, Pace *pace);
void inference_destroy(Inference *inference);
/* For live_create; lent. */
const LiveListener *inference_listener(const Inference *inference);

/* A whole request of that kind: answered now or later. */
void inference_arrived(Inference *inference, Exchange *exchange, ApiKind kind);
/* Its exchange is over. */
void inference_over(Inference *inference, Exchange *exchange);
/* GET /v1/models. */
void inference_models(const Inference *inference, Exchange *exchange);

/* Further tokens are sent, of some streams at a time: each is visited every max(2 ms, N x 50 us) of
 * N that are open, which takes about half a core at most. Returns when the next are (INT64_MAX:
 * there is no stream). */
int64_t inference_pump(Inference *inference, int64_t wall);

/* What the server has added to the time to first token: from the instant at which the run has it,
 * on the wall's clock, until it is written. Prints nothing where no stream began. */
void inference_print_overhead(const Inference *inference, FILE *stream);

typedef struct InferenceFigures {
    uint64_t requests, hung_up; /* from outside */
    size_t streams;             /* that are open */
    int64_t overhead_p50_ns, overhead_p95_ns;
    uint64_t overheads; /* measured */
} InferenceFigures;
InferenceFigures inference_figures(const Inference *inference);

/* {"error": ...} of the server's own; headers x-sim-time and what was added before. */
void answer_error(Exchange *exchange, const ApiError *error);

#endif
