// SPDX-License-Identifier: GPL-3.0-or-later
/* A byte that says to what, and a body that somebody sends there: understood or refused with a
 * reason, and what is answered to it is JSON. */
#include "fuzzing.h"

#include "scenario/deployment.h"
#include "serve/api.h"
#include "serve/control.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

enum { API_KINDS = 3 };

static void require_json(const char *text) {
    cJSON *tree = cJSON_Parse(text);
    fuzz_require(tree != NULL, "an answer is JSON");
    cJSON_Delete(tree);
}

/* Each event's data, but for [DONE]. */
static void require_events(char *text) {
    for (char *event = text, *end; *event != '\0'; event = end + 2) {
        end = strstr(event, "\n\n");
        fuzz_require(end != NULL && strncmp(event, "data: ", 6) == 0, "an event has its form");
        *end = '\0';
        if (strcmp(event + 6, "[DONE]") != 0) {
            require_json(event + 6);
        }
    }
}

static void answer(const ApiRequest *request) {
    const ApiResult result = {.id = 1, .output_tokens = 3, .ttft_s = 0.1};
    Text text = {0}, tail = {0};
    if (request->kind == API_EMBEDDING) {
        fuzz_require(request->inputs > 0 && request->dimensions > 0, "something is embedded");
        if (request->inputs * request->dimensions < 10000) {
            for (uint32_t part = 0; part <= request->inputs; part++) {
                api_embedding_part(request, &result, part, &text);
            }
            require_json(text.text);
        }
    } else {
        api_answer(request, &result, &text, &tail);
        text_add(&text, tail.text);
        require_json(text.text);
        text.length = 0;
        api_stream_begin(request, &result, &text);
        api_stream_tokens(request, &result, 0, 3, &text);
        api_stream_end(request, &result, &text);
        require_events(text.text);
    }
    text_clear(&text);
    text_clear(&tail);
}

static void try_api(ApiKind kind, const char *body, size_t length) {
    ApiRequest request;
    ErrorList errors = {0};
    const ApiHeaders headers = {0};
    const bool understood = api_read(&request, kind, body, length, &headers, &errors);
    if (understood) {
        fuzz_require(request.model != NULL && request.prompt_tokens > 0, "a request has a prompt");
        fuzz_require(request.block_count * API_BLOCK_TOKENS <= request.prompt_tokens,
                     "blocks are no more than the prompt");
        answer(&request);
    } else {
        Text text = {0};
        api_mistake(&text, &errors);
        require_json(text.text);
        text_clear(&text);
    }
    fuzz_errors(&errors, !understood);
    api_clear(&request);
}

static void try_control(ControlKind kind, const char *body, size_t length) {
    static DeploymentConfig deployments[] = {{.name = "chat"}, {.name = "search"}};
    static const Scenario scenario = {.deployments = deployments, .deployment_count = 2};
    Control control;
    ErrorList errors = {0};
    const bool understood = control_read(&control, kind, body, length, &scenario, &errors);
    fuzz_require(!understood || control.deployment < 2, "a deployment that is there");
    fuzz_require(!understood || kind != CONTROL_SET || control.assignment != NULL, "an option");
    fuzz_errors(&errors, !understood);
    control_clear(&control);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const unsigned which = (unsigned)(data[0] - '0') % (API_KINDS + CONTROL_KINDS);
    char *body = fuzz_text(data + 1, size - 1);
    const size_t length = strlen(body) == size - 1 ? size - 1 : strlen(body);
    if (which < API_KINDS) {
        try_api((ApiKind)which, body, length);
    } else {
        try_control((ControlKind)(which - API_KINDS), body, length);
    }
    free(body);
    return 0;
}
