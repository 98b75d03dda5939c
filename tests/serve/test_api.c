// SPDX-License-Identifier: GPL-3.0-or-later
/* What clients send, as it is understood or refused, and the bodies that they get. */
#include "serve/api.h"

#include "base/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static bool read(ApiRequest *request, ApiKind kind, const char *body, ErrorList *errors) {
    const ApiHeaders headers = {0};
    return api_read(request, kind, body, strlen(body), &headers, errors);
}

static ApiRequest understood(ApiKind kind, const char *body) {
    ApiRequest request;
    ErrorList errors = {0};
    cr_assert(read(&request, kind, body, &errors), "%s: %s", body, error_list_text(&errors));
    return request;
}

/* The first mistake is of that parameter, and its text has these words. */
static void refused(ApiKind kind, const char *body, const char *place, const char *words) {
    ApiRequest request;
    ErrorList errors = {0};
    Text text = {0};
    cr_assert_not(read(&request, kind, body, &errors), "%s", body);
    api_mistake(&text, &errors);
    cr_expect_not_null(strstr(text.text, words), "%s: %s", body, text.text);
    const char *of = errors.items[0].place;
    cr_expect(place == NULL ? of == NULL : of != NULL && strcmp(of, place) == 0, "%s: %s", body,
              text.text);
    text_clear(&text);
    error_list_clear(&errors);
    api_clear(&request);
}

#define CHAT(more)                                                                                 \
    "{\"model\": \"chat\", \"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]" more "}"

Test(serve_api, a_chat_is_understood) {
    ApiRequest request = understood(
        API_CHAT, CHAT(", \"max_tokens\": 7, \"stream\": true, \"temperature\": 0.5, "
                       "\"stream_options\": {\"include_usage\": true}, \"user\": \"me\""));
    cr_expect_str_eq(request.model, "chat");
    cr_expect_eq(request.output_most, 7);
    cr_expect_eq(request.output_tokens, 0);
    cr_expect(request.streams && request.usage_apart);
    cr_expect_str_eq(request.session, "me");
    cr_expect_eq(request.prompt_tokens, 3, "(4 + 5 characters) / 4, rounded up: %u",
                 request.prompt_tokens);
    api_clear(&request);
}

Test(serve_api, null_is_what_was_not_given) {
    ApiRequest request = understood(API_CHAT, CHAT(", \"max_tokens\": null, \"stream\": null, "
                                                   "\"n\": null, \"user\": null"));
    cr_expect_eq(request.output_most, 0);
    cr_expect_not(request.streams);
    api_clear(&request);
}

Test(serve_api, characters_are_counted_not_bytes_and_images_are_none) {
    ApiRequest request = understood(
        API_CHAT, "{\"model\": \"chat\", \"messages\": [{\"role\": \"user\", \"content\": "
                  "[{\"type\": \"text\", \"text\": \"\xc3\xa4\xc3\xb6\xc3\xbc\xe2\x82\xac\"}, "
                  "{\"type\": \"image_url\", \"image_url\": {\"url\": \"data:image/png;base64,"
                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}]}]}");
    cr_expect_eq(request.prompt_tokens, 6, "user, text, 4 characters, image_url: 21 / 4: %u",
                 request.prompt_tokens);
    api_clear(&request);
}

Test(serve_api, headers_say_how_long_prompt_and_answer_are) {
    ApiRequest request;
    ErrorList errors = {0};
    const char body[] = CHAT(", \"max_completion_tokens\": 20");
    const ApiHeaders headers = {.prompt_tokens = "1000", .output_tokens = "30"};
    cr_assert(api_read(&request, API_CHAT, body, strlen(body), &headers, &errors));
    cr_expect_eq(request.prompt_tokens, 1000);
    cr_expect_eq(request.output_tokens, 20, "no more than it may");
    cr_expect_eq(request.block_count, 0, "a text of another length says nothing of its blocks");
    api_clear(&request);
    static const char *const bad[] = {"0", "-1", "1.5", "ten", "", "2147483649", " 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const ApiHeaders wrong = {.output_tokens = bad[i]};
        cr_expect_not(api_read(&request, API_CHAT, body, strlen(body), &wrong, &errors), "%s",
                      bad[i]);
        cr_expect_str_eq(errors.items[0].place, "x-sim-output-tokens");
        error_list_clear(&errors);
        api_clear(&request);
    }
}

Test(serve_api, prompts_that_begin_alike_have_blocks_alike) {
    char body[2][400];
    for (int i = 0; i < 2; i++) {
        snprintf(body[i], sizeof body[i], "{\"model\": \"m\", \"prompt\": \"%0128d%s\"}", 7,
                 i == 0 ? "0000000000000000000000000000000000000000000000000000000000000000!"
                        : "0000000000000000000000000000000000000000000000000000000000000001!");
    }
    ApiRequest one = understood(API_COMPLETION, body[0]);
    ApiRequest other = understood(API_COMPLETION, body[1]);
    cr_assert_eq(one.block_count, 3, "of 64 characters each: %zu", one.block_count);
    cr_assert_eq(other.block_count, 3);
    cr_expect_eq(one.blocks[0], other.blocks[0]);
    cr_expect_eq(one.blocks[1], other.blocks[1]);
    cr_expect_neq(one.blocks[0], one.blocks[1]);
    cr_expect_neq(one.blocks[2], other.blocks[2]);
    cr_expect_geq(one.prompt_tokens, one.block_count * API_BLOCK_TOKENS);
    api_clear(&one);
    api_clear(&other);
}

Test(serve_api, prompts_may_be_tokens) {
    ApiRequest request = understood(API_COMPLETION, "{\"model\": \"m\", \"prompt\": [1, 2, 3]}");
    cr_expect_eq(request.prompt_tokens, 3);
    api_clear(&request);
    request = understood(API_EMBEDDING,
                         "{\"model\": \"m\", \"input\": [\"abcd\", \"efgh\"], \"dimensions\": 3, "
                         "\"encoding_format\": \"base64\"}");
    cr_expect_eq(request.inputs, 2);
    cr_expect_eq(request.prompt_tokens, 2);
    cr_expect_eq(request.dimensions, 3);
    cr_expect(request.base64);
    api_clear(&request);
    request = understood(API_EMBEDDING, "{\"model\": \"m\", \"input\": [[1, 2], [3]]}");
    cr_expect_eq(request.inputs, 2);
    cr_expect_eq(request.prompt_tokens, 3);
    api_clear(&request);
}

Test(serve_api, what_is_wrong_is_named) {
    static const struct {
        ApiKind kind;
        const char *body, *place, *words;
    } cases[] = {
        {API_CHAT, "", NULL, "body"},
        {API_CHAT, "{", NULL, "body:1"},
        {API_CHAT, "[]", NULL, "expected an object"},
        {API_CHAT, "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}", "model",
         "found nothing"},
        {API_CHAT, "{\"model\": 7, \"messages\": [{\"role\": \"user\"}]}", "model", "found 7"},
        {API_CHAT, "{\"model\": \"m\"}", "messages", "array of messages"},
        {API_CHAT, "{\"model\": \"m\", \"messages\": []}", "messages", "array of messages"},
        {API_CHAT, "{\"model\": \"m\", \"messages\": [\"hi\"]}", "messages", "array of messages"},
        {API_CHAT, "{\"model\": \"m\", \"messages\": [{\"content\": \"hi\"}]}", "messages", "role"},
        {API_CHAT, CHAT(", \"max_tokens\": 0"), "max_tokens", "found 0, expected a whole number"},
        {API_CHAT, CHAT(", \"max_tokens\": 1.5"), "max_tokens", "whole number"},
        {API_CHAT, CHAT(", \"max_tokens\": \"7\""), "max_tokens", "whole number"},
        {API_CHAT, CHAT(", \"max_tokens\": 1, \"max_completion_tokens\": 1"), "max_tokens",
         "not both"},
        {API_CHAT, CHAT(", \"stream\": \"yes\""), "stream", "true or false"},
        {API_CHAT, CHAT(", \"stream_options\": true"), "stream_options", "object"},
        {API_CHAT, CHAT(", \"n\": 2"), "n", "one answer is simulated"},
        {API_CHAT, CHAT(", \"user\": 2"), "user", "a text"},
        {API_COMPLETION, "{\"model\": \"m\", \"prompt\": [\"a\", \"b\"]}", "prompt", "one text"},
        {API_COMPLETION, "{\"model\": \"m\", \"prompt\": []}", "prompt", "one text"},
        {API_COMPLETION, "{\"model\": \"m\", \"prompt\": [1, \"a\"]}", "prompt", "one text"},
        {API_EMBEDDING, "{\"model\": \"m\", \"input\": {}}", "input", "2048 texts"},
        {API_EMBEDDING, "{\"model\": \"m\", \"input\": \"a\", \"encoding_format\": \"hex\"}",
         "encoding_format", "base64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refused(cases[i].kind, cases[i].body, cases[i].place, cases[i].words);
    }
}

Test(serve_api, deployments_are_named_as_fireworks_does) {
    cr_expect_str_eq(api_deployment_name("accounts/me/deployments/chat"), "chat");
    cr_expect_str_eq(api_deployment_name("accounts/f/models/m#accounts/me/deployments/chat"),
                     "chat");
    cr_expect_str_eq(api_deployment_name("chat"), "chat");
}

Test(serve_api, the_documented_503_word_for_word) {
    Text text = {0};
    const ApiError error = api_refusal(503);
    api_error(&text, &error);
    cr_expect_str_eq(text.text,
                     "{\"error\": {\"message\": \"Deployment is currently scaled to zero and is "
                     "scaling up. Please retry your request in a few minutes.\", \"code\": "
                     "\"DEPLOYMENT_SCALING_UP\", \"type\": \"error\"}}\n");
    text_clear(&text);
}

static const cJSON *at(const cJSON *tree, const char *key) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(tree, key);
    cr_assert_not_null(node, "%s", key);
    return node;
}

static const ApiResult result = {.id = 5,
                                 .created = 1794787200,
                                 .output_tokens = 3,
                                 .cached_tokens = 16,
                                 .ttft_s = 0.25,
                                 .e2e_s = 1.5};

static void expect_usage(const cJSON *tree, double prompt) {
    const cJSON *usage = at(tree, "usage");
    cr_expect_eq(at(usage, "prompt_tokens")->valuedouble, prompt);
    cr_expect_eq(at(usage, "completion_tokens")->valuedouble, 3);
    cr_expect_eq(at(usage, "total_tokens")->valuedouble, prompt + 3);
    cr_expect_eq(at(at(usage, "prompt_tokens_details"), "cached_tokens")->valuedouble, 16);
}

Test(serve_api, a_whole_answer) {
    ApiRequest request = understood(API_CHAT, CHAT(", \"max_tokens\": 3"));
    Text head = {0}, tail = {0};
    api_answer(&request, &result, &head, &tail);
    for (uint32_t i = 0; i < 3; i++) {
        text_add_bytes(&head, api_token(i), API_TOKEN_BYTES);
    }
    text_add(&head, tail.text);
    cJSON *tree = cJSON_Parse(head.text);
    cr_assert_not_null(tree, "%s", head.text);
    const cJSON *choice = cJSON_GetArrayItem(at(tree, "choices"), 0);
    cr_expect_str_eq(at(tree, "object")->valuestring, "chat.completion");
    cr_expect_str_eq(at(at(choice, "message"), "content")->valuestring, "this text only ");
    cr_expect_str_eq(at(choice, "finish_reason")->valuestring, "length");
    cr_expect_eq(at(at(tree, "sim"), "ttft_s")->valuedouble, 0.25);
    expect_usage(tree, 3);
    cJSON_Delete(tree);
    text_clear(&head);
    text_clear(&tail);
    api_clear(&request);
}

/* The JSON of each event; [DONE] is the last. Returns how many there are before it. */
static size_t read_events(char *text, cJSON *events[], size_t most) {
    size_t count = 0;
    for (char *event = text; *event != '\0';) {
        char *end = strstr(event, "\n\n");
        cr_assert(end != NULL && strncmp(event, "data: ", 6) == 0, "%s", event);
        *end = '\0';
        if (strcmp(event + 6, "[DONE]") == 0) {
            cr_expect_eq(end[2], '\0');
            return count;
        }
        cr_assert_lt(count, most);
        events[count] = cJSON_Parse(event + 6);
        cr_assert_not_null(events[count++], "%s", event);
        event = end + 2;
    }
    cr_assert_fail("no [DONE]");
    return count;
}

static void expect_stream(ApiKind kind, const char *body, size_t count) {
    ApiRequest request = understood(kind, body);
    Text text = {0};
    cJSON *events[8];
    api_stream_begin(&request, &result, &text);
    api_stream_tokens(&request, &result, 0, 1, &text);
    api_stream_tokens(&request, &result, 1, 2, &text);
    api_stream_end(&request, &result, &text);
    cr_expect_eq(read_events(text.text, events, 8), count, "%s", body);
    const cJSON *tokens = cJSON_GetArrayItem(at(events[kind == API_CHAT ? 2 : 1], "choices"), 0);
    cr_expect_str_eq(kind == API_CHAT ? at(at(tokens, "delta"), "content")->valuestring
                                      : at(tokens, "text")->valuestring,
                     "text only ");
    cr_expect_eq(cJSON_GetArraySize(at(events[count - 1], "choices")), request.usage_apart ? 0 : 1);
    expect_usage(events[count - 1], request.prompt_tokens);
    for (size_t i = 0; i < count; i++) {
        cJSON_Delete(events[i]);
    }
    text_clear(&text);
    api_clear(&request);
}

Test(serve_api, a_stream_ends_with_its_usage) {
    expect_stream(API_CHAT, CHAT(", \"stream\": true"), 4);
    expect_stream(API_CHAT,
                  CHAT(", \"stream\": true, \"stream_options\": {\"include_usage\": true}"), 5);
    expect_stream(API_COMPLETION, "{\"model\": \"m\", \"prompt\": \"x\", \"stream\": true}", 3);
}

static void write_embedding(const ApiRequest *request, Text *text) {
    for (uint32_t part = 0; part <= request->inputs; part++) {
        api_embedding_part(request, &result, part, text);
    }
}

Test(serve_api, embeddings_are_unit_vectors) {
    ApiRequest request = understood(
        API_EMBEDDING, "{\"model\": \"m\", \"input\": [\"a\", \"b\"], \"dimensions\": 4}");
    Text text = {0};
    write_embedding(&request, &text);
    cJSON *tree = cJSON_Parse(text.text);
    cr_assert_not_null(tree, "%s", text.text);
    cr_expect_eq(cJSON_GetArraySize(at(tree, "data")), 2);
    const cJSON *vector = at(cJSON_GetArrayItem(at(tree, "data"), 1), "embedding");
    cr_expect_eq(cJSON_GetArraySize(vector), 4);
    cr_expect_eq(vector->child->valuedouble, 0.5);
    cJSON_Delete(tree);
    text.length = 0;
    request.base64 = true;
    write_embedding(&request, &text);
    cr_expect_not_null(strstr(text.text, "\"AAAAPwAAAD8AAAA/AAAAPw==\""), "%s", text.text);
    text_clear(&text);
    api_clear(&request);
}
