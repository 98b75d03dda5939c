// SPDX-License-Identifier: GPL-3.0-or-later
/* What clients of OpenAI's interface send, as Fireworks takes it, and what they are answered:
 * texts in, texts out. Nothing here knows of sockets or of the simulation.
 *
 * A token is four characters (Unicode code points) of all texts of a prompt, rounded up: the usual
 * rule of thumb for English. Whoever knows better says so in a header, x-sim-prompt-tokens. */
#ifndef SERVE_API_H
#define SERVE_API_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

#define API_TOKENS_MOST (UINT32_C(1) << 31)
#define API_CHARACTERS_PER_TOKEN 4
#define API_BLOCK_TOKENS 16 /* of a prompt, that the prefix cache knows by their content */
#define API_TOKEN_BYTES 5   /* of an answer: a word of four letters and a blank */

typedef enum ApiKind { API_CHAT, API_COMPLETION, API_EMBEDDING } ApiKind;

/* What headers say; NULL: nothing. */
typedef struct ApiHeaders {
    const char *prompt_tokens; /* x-sim-prompt-tokens */
    const char *output_tokens; /* x-sim-output-tokens */
} ApiHeaders;

typedef struct ApiRequest {
    ApiKind kind;
    char *model;
    uint32_t prompt_tokens;
    uint32_t output_tokens; /* told by the header; 0: not told */
    uint32_t output_most;   /* max_tokens; 0: none */
    bool streams;
    bool usage_apart; /* stream_options.include_usage: in an event of its own */
    uint64_t *blocks; /* the prompt's whole blocks by content: an id stands for a block and all
                         that is before it; none where the header told the prompt's tokens */
    size_t block_count, block_room;
    char *session; /* `prompt_cache_key`, else `user`; NULL: none */
    /* An embedding's: */
    uint32_t inputs, dimensions;
    bool base64;
} ApiRequest;

/* Reads a body of so many bytes with a NUL after it. False after adding the mistakes; place: the
 * parameter. The request is to be cleared either way. */
bool api_read(ApiRequest *request, ApiKind kind, const char *body, size_t length,
              const ApiHeaders *headers, ErrorList *errors);
void api_clear(ApiRequest *request);

/* "chat" of "accounts/me/deployments/chat", "accounts/me/models/m#accounts/me/deployments/chat" or
 * "chat"; lent of the model's text. */
const char *api_deployment_name(const char *model);

/* {"error": {...}}, one of those that a deployment gives. */
typedef struct ApiError {
    unsigned status;
    const char *message, *type, *code, *param; /* code and param may be NULL: null */
} ApiError;
void api_error(Text *text, const ApiError *error);
/* Of the first mistake that api_read added: 400. */
void api_mistake(Text *text, const ErrorList *errors);
/* The documentation's words for what a gateway answers: 503, 404, 429, 400. */
ApiError api_refusal(unsigned status);

/* How an answer came to be, for its end; seconds of simulated time. */
typedef struct ApiResult {
    uint64_t id;
    int64_t created; /* since 1970 */
    uint32_t output_tokens;
    uint32_t cached_tokens;
    double sent_s, queue_wait_s, ttft_s, e2e_s;
} ApiResult;

/* A whole answer, all but its content: `head`, output_tokens words, `tail`. */
void api_answer(const ApiRequest *request, const ApiResult *result, Text *head, Text *tail);
/* An embedding's answer in parts, 0 to request->inputs: each input's vector, then its end. All
 * 2048 at once may have 100 MB. */
void api_embedding_part(const ApiRequest *request, const ApiResult *result, uint32_t part,
                        Text *text);

/* Events of a stream: the first, `count` tokens from the first-th on, what stands at its end
 * (usage, timings, [DONE]). */
void api_stream_begin(const ApiRequest *request, const ApiResult *result, Text *text);
void api_stream_tokens(const ApiRequest *request, const ApiResult *result, uint32_t first,
                       uint32_t count, Text *text);
void api_stream_end(const ApiRequest *request, const ApiResult *result, Text *text);

/* The i-th token of any answer: API_TOKEN_BYTES bytes. */
const char *api_token(uint32_t i);

/* One of GET /v1/models. */
void api_model(Text *text, const char *deployment, const char *model, int64_t created);

#endif
