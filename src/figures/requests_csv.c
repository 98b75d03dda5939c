// SPDX-License-Identifier: GPL-3.0-or-later
/* Request rows. Instants and waits are written as far as the request came; a request that did not
 * complete has no decode, time per token or end-to-end latency. */
#include "figures/requests_csv.h"

#include "base/memory.h"
#include "figures/latency.h"
#include "figures/names.h"

#include <stdlib.h>

struct RequestsCsv {
    CsvWriter *writer;
    char **names; /* of deployments */
    size_t count;
};

static const char *const columns[] = {
    "request",       "deployment", "source",        "first_send_s",  "last_send_s", "admitted_s",
    "first_token_s", "ended_s",    "prompt_tokens", "output_tokens", "sends",       "outcome",
    "answer",        "replica",    "retry_wait_s",  "queue_wait_s",  "prefill_s",   "decode_s",
    "ttft_s",        "tpot_s",     "e2e_s",         "in_warmup",
};

RequestsCsv *requests_csv_create(const Scenario *scenario, CsvWriter *writer) {
    RequestsCsv *requests = memory_new(1, sizeof *requests);
    requests->writer = writer;
    requests->count = scenario->deployment_count;
    requests->names = memory_new(requests->count, sizeof requests->names[0]);
    for (size_t i = 0; i < requests->count; i++) {
        requests->names[i] = memory_text(scenario->deployments[i].name);
    }
    csv_writer_header(writer, columns, sizeof columns / sizeof columns[0]);
    return requests;
}

void requests_csv_destroy(RequestsCsv *requests) {
    if (requests == NULL) {
        return;
    }
    for (size_t i = 0; i < requests->count; i++) {
        free(requests->names[i]);
    }
    free(requests->names);
    free(requests);
}

static void write_instants(CsvWriter *writer, const asim_request *request) {
    csv_writer_time(writer, request->first_send);
    csv_writer_time(writer, request->last_send);
    csv_writer_time(writer, request->admitted);
    csv_writer_time(writer, request->first_token);
    csv_writer_time(writer, request->ended);
}

static void write_fate(CsvWriter *writer, const asim_request *request) {
    csv_writer_count(writer, request->sends);
    csv_writer_text(writer, names_of_outcomes[request->outcome]);
    csv_writer_text(writer, names_of_answers[request->last_answer]);
    if (request->replica != 0) {
        csv_writer_count(writer, request->replica);
    } else {
        csv_writer_empty(writer);
    }
}

/* A part of the request's life, if it came to pass. */
static void write_part(CsvWriter *writer, bool passed, sim_time part) {
    csv_writer_time(writer, passed ? part : SIM_TIME_NEVER);
}

static void write_latencies(CsvWriter *writer, const asim_request *request) {
    const bool admitted = request->admitted != SIM_TIME_NEVER;
    const bool first_token = request->first_token != SIM_TIME_NEVER;
    const bool completed = request->outcome == ASIM_COMPLETED;
    const bool has_tpot = completed && latency_has_tpot(request);
    write_part(writer, true, latency_retry_wait(request));
    write_part(writer, admitted, request->admitted - request->last_send);
    write_part(writer, first_token, request->first_token - request->admitted);
    write_part(writer, completed, request->ended - request->first_token);
    write_part(writer, first_token, latency_ttft(request));
    write_part(writer, has_tpot, has_tpot ? latency_tpot(request) : 0);
    write_part(writer, completed, latency_e2e(request));
}

static void requests_csv_request_ended(void *self, const asim_request *request) {
    const RequestsCsv *requests = self;
    CsvWriter *writer = requests->writer;
    csv_writer_count(writer, request->id);
    csv_writer_text(writer, requests->names[request->deployment]);
    csv_writer_count(writer, request->source);
    write_instants(writer, request);
    csv_writer_count(writer, request->prompt_tokens);
    csv_writer_count(writer, request->output_tokens);
    write_fate(writer, request);
    write_latencies(writer, request);
    csv_writer_count(writer, request->in_warmup);
    csv_writer_end_row(writer);
}

asim_observer requests_csv_observer(RequestsCsv *requests) {
    return (asim_observer){.self = requests, .request_ended = requests_csv_request_ended};
}
