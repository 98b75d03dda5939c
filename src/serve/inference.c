// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/inference.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "scenario/deployment.h"
#include "stats/histogram.h"

#include <stdlib.h>
#include <string.h>

/* A visit of a stream with its write takes about 25 us; so about half a core goes there at most. */
#define PUMP_NS_LEAST INT64_C(2000000)
#define PUMP_NS_PER_STREAM INT64_C(50000)
/* Where neither the request nor the scenario says how long an answer is. */
#define OUTPUT_TOKENS 256

static const char json_type[] = "application/json";
static const char stream_type[] = "text/event-stream; charset=utf-8";

/* One request. It is there as long as its exchange or its life in the run. */
typedef struct Answer {
    Inference *inference;
    Exchange *exchange; /* NULL: nobody is there to take it */
    ApiRequest request;
    LiveId id;
    bool is_sent, has_ended;      /* to the run; there */
    bool has_begun, has_told_end; /* its stream */
    bool is_measured;
    int64_t due; /* of its first token, on the wall's clock */
    ApiResult result;
    uint32_t made, sent; /* tokens: seen by now, and written */
    Text pending, tail;  /* made but not yet written; a whole answer's end */
    size_t pending_at;
    size_t stream; /* its number among the streams */
} Answer;

#define NO_STREAM SIZE_MAX

struct Inference {
    const Scenario *scenario;
    Pace *pace;
    LiveListener listener;
    Answer **streams; /* that have begun and not ended */
    size_t stream_count, stream_room;
    size_t next_stream; /* to be visited, of all that were */
    int64_t pumped;     /* when some were visited last */
    uint64_t requests, hung_up;
    Histogram overhead; /* ns */
};

/* Answers ---------------------------------------------------------------------------------------
 */

static void answer_free(Answer *answer) {
    if (answer->exchange != NULL || (answer->is_sent && !answer->has_ended)) {
        return;
    }
    asim_assert(answer->stream == NO_STREAM);
    api_clear(&answer->request);
    text_clear(&answer->pending);
    text_clear(&answer->tail);
    free(answer);
}

static void stream_opened(Answer *answer) {
    Inference *inference = answer->inference;
    inference->streams = memory_grow(inference->streams, inference->stream_count,
                                     &inference->stream_room, sizeof(Answer *));
    answer->stream = inference->stream_count;
    inference->streams[inference->stream_count++] = answer;
}

static void stream_closed(Answer *answer) {
    Inference *inference = answer->inference;
    if (answer->stream != NO_STREAM) {
        Answer *last = inference->streams[--inference->stream_count];
        last->stream = answer->stream;
        inference->streams[answer->stream] = last;
        answer->stream = NO_STREAM;
    }
}

static void add_time(Exchange *exchange, const char *name, sim_time time) {
    char text[SIM_TIME_TEXT];
    sim_time_format_seconds(time, text);
    exchange_add_header(exchange, name, text);
}

static void add_headers(const Answer *answer) {
    const Inference *inference = answer->inference;
    char id[24];
    snprintf(id, sizeof id, "%llu", (unsigned long long)answer->result.id);
    add_time(answer->exchange, "x-sim-time", live_now(inference->pace->live));
    exchange_add_header(answer->exchange, "x-sim-request-id", id);
}

/* Instants that came to pass. */
static void note_times(Answer *answer, const asim_request *request) {
    ApiResult *result = &answer->result;
    Exchange *exchange = answer->exchange;
    result->id = request->id;
    result->created =
        answer->inference->scenario->start_epoch_s + sim_time_second(request->first_send);
    result->cached_tokens = request->cached_tokens;
    result->output_tokens = request->output_tokens;
    result->sent_s = sim_time_to_seconds(request->first_send);
    add_headers(answer);
    if (request->admitted != SIM_TIME_NEVER) {
        result->queue_wait_s = sim_time_to_seconds(request->admitted - request->last_send);
        add_time(exchange, "x-sim-queue-wait", request->admitted - request->last_send);
    }
    if (request->first_token != SIM_TIME_NEVER) {
        result->ttft_s = sim_time_to_seconds(request->first_token - request->first_send);
        add_time(exchange, "x-sim-ttft", request->first_token - request->first_send);
    }
}

static void measure_overhead(Answer *answer) {
    if (!answer->is_measured) {
        answer->is_measured = true;
        histogram_record(&answer->inference->overhead, http_clock() - answer->due);
    }
}

/* Writing ---------------------------------------------------------------------------------------
 */

/* What comes next of a stream goes into `pending`; HTTP_END: nothing more does. */
static ssize_t make_events(void *self) {
    Answer *answer = self;
    const uint32_t at_once = 256;
    const uint32_t ready = answer->made - answer->sent;
    if (ready > 0) {
        const uint32_t count = ready < at_once ? ready : at_once;
        api_stream_tokens(&answer->request, &answer->result, answer->sent, count, &answer->pending);
        answer->sent += count;
        return 1;
    }
    if (answer->has_ended && !answer->has_told_end) {
        answer->has_told_end = true;
        api_stream_end(&answer->request, &answer->result, &answer->pending);
        return 1;
    }
    return answer->has_told_end ? HTTP_END : HTTP_NOTHING_YET;
}

static ssize_t read_stream(void *self, Exchange *exchange, char *bytes, size_t most) {
    (void)exchange;
    Answer *answer = self;
    return http_hand_out(&answer->pending, &answer->pending_at, bytes, most, make_events, answer);
}

static ssize_t read_first(void *self, Exchange *exchange, char *bytes, size_t most) {
    measure_overhead(self);
    return read_stream(self, exchange, bytes, most);
}

/* Its words are made on the way, so that a long one takes no room. */
static ssize_t read_whole(void *self, Exchange *exchange, char *bytes, size_t most) {
    (void)exchange;
    Answer *answer = self;
    const uint64_t content = (uint64_t)answer->result.output_tokens * API_TOKEN_BYTES;
    const size_t head = answer->pending.length;
    size_t count = 0;
    while (count < most) {
        const size_t at = answer->pending_at;
        if (at < head) {
            count += http_put(&answer->pending, &answer->pending_at, bytes + count, most - count);
        } else if (at - head < content) {
            const uint64_t token = (at - head) / API_TOKEN_BYTES;
            bytes[count++] = api_token((uint32_t)token)[(at - head) % API_TOKEN_BYTES];
            answer->pending_at++;
        } else {
            size_t of_tail = at - head - content;
            const size_t put_now = http_put(&answer->tail, &of_tail, bytes + count, most - count);
            if (put_now == 0) {
                return count > 0 ? (ssize_t)count : HTTP_END;
            }
            answer->pending_at += put_now;
            count += put_now;
        }
    }
    return (ssize_t)count;
}

/* Input by input; `sent` counts them. */
static ssize_t make_embedding(void *self) {
    Answer *answer = self;
    if (answer->sent > answer->request.inputs) {
        return HTTP_END;
    }
    api_embedding_part(&answer->request, &answer->result, answer->sent++, &answer->pending);
    return 1;
}

static ssize_t read_embedding(void *self, Exchange *exchange, char *bytes, size_t most) {
    (void)exchange;
    Answer *answer = self;
    return http_hand_out(&answer->pending, &answer->pending_at, bytes, most, make_embedding,
                         answer);
}

static void answer_text(Exchange *exchange, unsigned status, Text *text) {
    const size_t length = text->length;
    exchange_answer(exchange, status, json_type, text_take(text), length);
}

void answer_error(Exchange *exchange, const ApiError *error) {
    Text text = {0};
    api_error(&text, error);
    answer_text(exchange, error->status, &text);
}

static void answer_whole(Answer *answer) {
    const ApiRequest *request = &answer->request;
    if (request->kind == API_EMBEDDING) {
        exchange_stream(answer->exchange, json_type, HTTP_LENGTH_UNKNOWN, read_embedding, answer);
        return;
    }
    api_answer(request, &answer->result, &answer->pending, &answer->tail);
    const uint64_t content = (uint64_t)answer->result.output_tokens * API_TOKEN_BYTES;
    exchange_stream(answer->exchange, json_type,
                    answer->pending.length + content + answer->tail.length, read_whole, answer);
}

/* What the run tells --------------------------------------------------------------------------- */

static void on_first_token(void *self, void *client, const asim_request *so_far) {
    const Inference *inference = self;
    Answer *answer = client;
    if (answer->exchange == NULL || !answer->request.streams || answer->has_begun) {
        return;
    }
    answer->has_begun = true;
    answer->due = pace_wall(inference->pace, so_far->first_token);
    answer->made = 1;
    note_times(answer, so_far);
    api_stream_begin(&answer->request, &answer->result, &answer->pending);
    exchange_add_header(answer->exchange, "cache-control", "no-cache");
    stream_opened(answer);
    exchange_stream(answer->exchange, stream_type, HTTP_LENGTH_UNKNOWN, read_first, answer);
}

static void completed(Answer *answer, const asim_request *request, uint32_t tokens) {
    if (!answer->has_begun) {
        note_times(answer, request);
        add_time(answer->exchange, "x-sim-e2e", request->ended - request->first_send);
    }
    answer->result.output_tokens = tokens;
    answer->result.e2e_s = sim_time_to_seconds(request->ended - request->first_send);
    answer->made = tokens;
    if (answer->has_begun) {
        exchange_wake(answer->exchange);
    } else {
        answer_whole(answer);
    }
}

static void refused(Answer *answer, const asim_request *request) {
    static const unsigned status[ASIM_ANSWER_COUNT] = {
        [ASIM_ANSWER_400] = 400,
        [ASIM_ANSWER_404] = 404,
        [ASIM_ANSWER_429] = 429,
        [ASIM_ANSWER_503] = 503,
    };
    answer->result.id = request->id;
    add_headers(answer);
    const ApiError error = api_refusal(status[request->last_answer]);
    answer_error(answer->exchange, &error);
}

static void on_ended(void *self, void *client, const asim_request *request, uint32_t tokens) {
    (void)self;
    Answer *answer = client;
    answer->has_ended = true;
    stream_closed(answer);
    if (answer->exchange == NULL) {
        answer_free(answer);
    } else if (request->outcome == ASIM_COMPLETED) {
        completed(answer, request, tokens);
    } else if (request->outcome == ASIM_REJECTED && !answer->has_begun) {
        refused(answer, request);
    } else { /* its replica vanished, or the run was cut */
        exchange_break(answer->exchange);
    }
}

/* Requests --------------------------------------------------------------------------------------
 */

static void refuse_name(Exchange *exchange, const Inference *inference, const char *model) {
    const char *name = api_deployment_name(model);
    const Scenario *scenario = inference->scenario;
    const char *nearest =
        error_nearest_row(name, scenario->deployments, scenario->deployment_count, name);
    ApiError error = api_refusal(404);
    char *line = text_line_cut(model, 200);
    char *message = memory_format(
        "%s: found \"%s\", expected one that GET /v1/models lists%s%s%s", error.message, line,
        nearest != NULL ? "; did you mean \"accounts/sim/deployments/" : ", such as \"",
        nearest != NULL ? nearest : scenario->deployments[0].name, nearest != NULL ? "\"?" : "\"");
    error.message = message;
    answer_error(exchange, &error);
    free(message);
    free(line);
}

/* What was told; 0: as the scenario has it. */
static uint32_t output_tokens(Live *live, const ApiRequest *request, uint32_t deployment) {
    if (request->kind == API_EMBEDDING) {
        return 1;
    }
    if (request->output_tokens > 0 || live_draws_lengths(live, deployment)) {
        return request->output_tokens;
    }
    return request->output_most > 0 ? request->output_most : OUTPUT_TOKENS;
}

static void send(Inference *inference, Answer *answer, uint32_t deployment) {
    const ApiRequest *request = &answer->request;
    Live *live = inference->pace->live;
    LiveRequest sent = {
        .deployment = deployment,
        .prompt_tokens = request->prompt_tokens,
        .output_tokens = output_tokens(live, request, deployment),
        .output_most = request->output_most,
        .session = request->session,
        .hashes = request->block_count > 0 ? request->blocks : NULL,
        .hash_count = (uint32_t)request->block_count,
        .wants_tokens = request->streams,
        .client = answer,
    };
    inference->requests++;
    answer->is_sent = true;
    (void)pace_catch_up(inference->pace);
    answer->id = live_send(live, &sent);
    if (answer->id == 0) {
        answer->is_sent = false;
        answer_error(answer->exchange, &(ApiError){.status = 503,
                                                   .message = "The simulated span is over.",
                                                   .type = "error",
                                                   .code = "SIMULATION_OVER"});
    }
}

void inference_arrived(Inference *inference, Exchange *exchange, ApiKind kind) {
    size_t length;
    const char *body = exchange_body(exchange, &length);
    const ApiHeaders headers = {
        .prompt_tokens = exchange_header(exchange, "x-sim-prompt-tokens"),
        .output_tokens = exchange_header(exchange, "x-sim-output-tokens"),
    };
    ErrorList errors = {0};
    Answer *answer = memory_new(1, sizeof *answer);
    *answer = (Answer){.inference = inference, .exchange = exchange, .stream = NO_STREAM};
    exchange_set_owner(exchange, answer);
    if (!api_read(&answer->request, kind, body, length, &headers, &errors)) {
        Text text = {0};
        api_mistake(&text, &errors);
        answer_text(exchange, 400, &text);
        error_list_clear(&errors);
        return;
    }
    const size_t deployment =
        scenario_deployment_number(inference->scenario, api_deployment_name(answer->request.model));
    if (deployment == SIZE_MAX) {
        refuse_name(exchange, inference, answer->request.model);
        return;
    }
    send(inference, answer, (uint32_t)deployment);
}

void inference_over(Inference *inference, Exchange *exchange) {
    Answer *answer = exchange_owner(exchange);
    if (answer == NULL) {
        return;
    }
    answer->exchange = NULL;
    stream_closed(answer);
    if (answer->is_sent && !answer->has_ended && !inference->pace->is_over) {
        const LiveId id = answer->id;
        inference->hung_up++;
        (void)pace_catch_up(inference->pace); /* it may end meanwhile, and is freed then */
        live_abandon(inference->pace->live, id);
        return;
    }
    answer->has_ended = true;
    answer_free(answer);
}

void inference_models(const Inference *inference, Exchange *exchange) {
    const Scenario *scenario = inference->scenario;
    Text text = {0};
    text_add(&text, "{\"object\": \"list\", \"data\": [");
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        text_add(&text, i == 0 ? "" : ", ");
        api_model(&text, scenario->deployments[i].name, scenario->deployments[i].model,
                  scenario->start_epoch_s);
    }
    text_add(&text, "]}\n");
    answer_text(exchange, 200, &text);
}

/* In turns, so that whoever gets a first token meanwhile need not wait until all have been seen. */
int64_t inference_pump(Inference *inference, int64_t wall) {
    const int64_t passed = wall - inference->pumped;
    if (inference->stream_count == 0) {
        return INT64_MAX;
    }
    if (passed < PUMP_NS_LEAST) {
        return inference->pumped + PUMP_NS_LEAST;
    }
    const size_t due = (size_t)(passed / PUMP_NS_PER_STREAM);
    const size_t visits = due < inference->stream_count ? due : inference->stream_count;
    for (size_t i = 0; i < visits; i++) {
        Answer *answer = inference->streams[inference->next_stream++ % inference->stream_count];
        const uint32_t made = live_tokens(inference->pace->live, answer->id);
        if (made > answer->made) {
            answer->made = made;
            exchange_wake(answer->exchange);
        }
    }
    inference->pumped = wall;
    return wall + PUMP_NS_LEAST;
}

/* Making ----------------------------------------------------------------------------------------
 */

Inference *inference_create(const Scenario *scenario, Pace *pace) {
    Inference *inference = memory_new(1, sizeof *inference);
    *inference = (Inference){.scenario = scenario, .pace = pace};
    inference->listener =
        (LiveListener){.self = inference, .first_token = on_first_token, .ended = on_ended};
    histogram_init(&inference->overhead);
    return inference;
}

void inference_destroy(Inference *inference) {
    if (inference != NULL) {
        asim_assert(inference->stream_count == 0);
        free(inference->streams);
        histogram_clear(&inference->overhead);
        free(inference);
    }
}

const LiveListener *inference_listener(const Inference *inference) {
    return &inference->listener;
}

InferenceFigures inference_figures(const Inference *inference) {
    const Histogram *overhead = &inference->overhead;
    return (InferenceFigures){
        .requests = inference->requests,
        .hung_up = inference->hung_up,
        .streams = inference->stream_count,
        .overheads = overhead->count,
        .overhead_p50_ns = overhead->count > 0 ? histogram_quantile(overhead, 0.5) : 0,
        .overhead_p95_ns = overhead->count > 0 ? histogram_quantile(overhead, 0.95) : 0,
    };
}

void inference_print_overhead(const Inference *inference, FILE *stream) {
    const InferenceFigures figures = inference_figures(inference);
    if (figures.overheads > 0) {
        fprintf(stream,
                "The server added to the time to first token of %llu streams: p50 %.3f ms, p95 "
                "%.3f ms.\n",
                (unsigned long long)figures.overheads, (double)figures.overhead_p50_ns / 1e6,
                (double)figures.overhead_p95_ns / 1e6);
    }
}
