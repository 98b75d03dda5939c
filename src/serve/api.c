// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/api.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EMBEDDING_INPUTS_MOST 2048
#define EMBEDDING_DIMENSIONS 16 /* unless the request says how many */
#define EMBEDDING_DIMENSIONS_MOST 4096

/* Members ---------------------------------------------------------------------------------------
 */

static bool refuse(ErrorList *errors, const char *place, const cJSON *node, const char *expected) {
    return json_refuse(errors, &(Error){.place = place}, node, expected, NULL);
}

/* NULL: not there, or null, which OpenAI's clients send for what is not given. */
static const cJSON *member(const cJSON *object, const char *name) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNull(node) ? NULL : node;
}

/* A whole number from 1 on; 0: not there, or a mistake. */
static uint32_t read_count(const cJSON *object, const char *name, uint32_t most,
                           ErrorList *errors) {
    const cJSON *node = member(object, name);
    if (node == NULL) {
        return 0;
    }
    if (!cJSON_IsNumber(node) || node->valuedouble < 1 || node->valuedouble > most ||
        floor(node->valuedouble) != node->valuedouble) {
        char *expected = memory_format("a whole number from 1 to %u", (unsigned)most);
        refuse(errors, name, node, expected);
        free(expected);
        return 0;
    }
    return (uint32_t)node->valuedouble;
}

static bool read_switch(const cJSON *object, const char *name, ErrorList *errors) {
    const cJSON *node = member(object, name);
    if (node != NULL && !cJSON_IsBool(node)) {
        refuse(errors, name, node, "true or false");
    }
    return cJSON_IsTrue(node);
}

static uint32_t read_header(const char *value, const char *name, ErrorList *errors) {
    if (value == NULL) {
        return 0;
    }
    char *end;
    const unsigned long long number = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || number < 1 || number > API_TOKENS_MOST) {
        const Error where = {.place = name};
        error_found(errors, &where, "a header with a whole number from 1 to 2147483648", NULL,
                    "\"%s\"", value);
        return 0;
    }
    return (uint32_t)number;
}

/* Texts -----------------------------------------------------------------------------------------
 */

/* FNV-1a of what a prompt has so far, a block's id at the end of each. */
typedef struct PromptText {
    ApiRequest *request;
    uint64_t characters, hash, tokens;
} PromptText;

static void end_block(PromptText *prompt) {
    ApiRequest *request = prompt->request;
    request->blocks = memory_grow(request->blocks, request->block_count, &request->block_room,
                                  sizeof *request->blocks);
    request->blocks[request->block_count++] = prompt->hash;
}

static void add_text(PromptText *prompt, const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        const bool begins = (*p & 0xC0) != 0x80; /* a code point */
        const uint64_t block = API_BLOCK_TOKENS * API_CHARACTERS_PER_TOKEN;
        if (begins && prompt->characters > 0 && prompt->characters % block == 0 &&
            prompt->request->block_count < prompt->characters / block) {
            end_block(prompt);
        }
        prompt->characters += begins;
        prompt->hash = (prompt->hash ^ *p) * UINT64_C(0x100000001b3);
    }
}

/* All texts below a node; a text that is data (an image) is none. */
static void add_texts(PromptText *prompt, const cJSON *node) {
    if (cJSON_IsString(node) && strncmp(node->valuestring, "data:", 5) != 0) {
        add_text(prompt, node->valuestring);
    }
    for (const cJSON *part = node->child; part != NULL; part = part->next) {
        add_texts(prompt, part);
    }
}

static bool is_array_of(const cJSON *node, cJSON_bool (*is)(const cJSON *)) {
    for (const cJSON *part = cJSON_IsArray(node) ? node->child : NULL; part != NULL;
         part = part->next) {
        if (!is(part)) {
            return false;
        }
    }
    return cJSON_IsArray(node) && node->child != NULL;
}

static void read_messages(const cJSON *root, PromptText *prompt, ErrorList *errors) {
    const cJSON *messages = member(root, "messages");
    if (!is_array_of(messages, cJSON_IsObject)) {
        refuse(errors, "messages", messages,
               "an array of messages, each an object with role and content");
        return;
    }
    for (const cJSON *message = messages->child; message != NULL; message = message->next) {
        if (!cJSON_IsString(member(message, "role"))) {
            refuse(errors, "messages", message, "a message with a role, such as \"user\"");
            return;
        }
    }
    const cJSON *tools = member(root, "tools");
    if (tools != NULL) { /* templates put them before the messages */
        add_texts(prompt, tools);
    }
    add_texts(prompt, messages);
}

/* A text, or an array of numbers, which are tokens. */
static bool read_prompt(PromptText *prompt, const cJSON *node) {
    if (cJSON_IsString(node)) {
        add_text(prompt, node->valuestring);
        return true;
    }
    prompt->tokens += (uint64_t)cJSON_GetArraySize(node);
    return is_array_of(node, cJSON_IsNumber);
}

/* One of them, or an array of at most `most`. Returns how many, 0 after adding an error. */
static uint32_t read_prompts(const cJSON *root, const char *name, uint32_t most, PromptText *prompt,
                             ErrorList *errors) {
    const cJSON *node = member(root, name);
    const bool is_one = cJSON_IsString(node) || is_array_of(node, cJSON_IsNumber);
    const bool are_many = cJSON_IsArray(node) && node->child != NULL && !is_one;
    bool ok = is_one ? read_prompt(prompt, node) : are_many;
    uint32_t count = is_one;
    for (const cJSON *part = are_many ? node->child : NULL; part != NULL; part = part->next) {
        ok = ok && read_prompt(prompt, part);
        count++;
    }
    if (!ok || count > most) {
        refuse(errors, name, node,
               most == 1 ? "one text, or an array of one text, or of tokens"
                         : "a text, or an array of at most 2048 texts or arrays of tokens");
        return 0;
    }
    return count;
}

/* Reading ---------------------------------------------------------------------------------------
 */

static void read_limits(ApiRequest *request, const cJSON *root, ErrorList *errors) {
    const uint32_t older = read_count(root, "max_tokens", API_TOKENS_MOST, errors);
    const uint32_t newer = read_count(root, "max_completion_tokens", API_TOKENS_MOST, errors);
    if (older > 0 && newer > 0) {
        refuse(errors, "max_tokens", member(root, "max_tokens"),
               "either max_tokens or max_completion_tokens, not both");
    }
    request->output_most = older > 0 ? older : newer;
    static const char *const ways[] = {"n", "best_of"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (read_count(root, ways[i], API_TOKENS_MOST, errors) > 1) {
            refuse(errors, ways[i], member(root, ways[i]), "1: one answer is simulated");
        }
    }
}

static void read_stream(ApiRequest *request, const cJSON *root, ErrorList *errors) {
    request->streams = read_switch(root, "stream", errors);
    const cJSON *options = member(root, "stream_options");
    if (options != NULL && !cJSON_IsObject(options)) {
        refuse(errors, "stream_options", options, "an object such as {\"include_usage\": true}");
        return;
    }
    request->usage_apart = options != NULL && read_switch(options, "include_usage", errors);
}

static void read_embedding(ApiRequest *request, const cJSON *root, PromptText *prompt,
                           ErrorList *errors) {
    const cJSON *format = member(root, "encoding_format");
    request->inputs = read_prompts(root, "input", EMBEDDING_INPUTS_MOST, prompt, errors);
    request->dimensions = read_count(root, "dimensions", EMBEDDING_DIMENSIONS_MOST, errors);
    if (request->dimensions == 0) {
        request->dimensions = EMBEDDING_DIMENSIONS;
    }
    request->base64 = cJSON_IsString(format) && strcmp(format->valuestring, "base64") == 0;
    if (format != NULL && !request->base64 &&
        !(cJSON_IsString(format) && strcmp(format->valuestring, "float") == 0)) {
        refuse(errors, "encoding_format", format, "\"float\" or \"base64\"");
    }
}

static void read_session(ApiRequest *request, const cJSON *root, ErrorList *errors) {
    static const char *const names[] = {"prompt_cache_key", "user"};
    for (size_t i = 0; i < sizeof names / sizeof *names && request->session == NULL; i++) {
        const cJSON *node = member(root, names[i]);
        if (cJSON_IsString(node)) {
            request->session = memory_text(node->valuestring);
        } else if (node != NULL) {
            refuse(errors, names[i], node, "a text");
        }
    }
}

static void read_root(ApiRequest *request, const cJSON *root, PromptText *prompt,
                      ErrorList *errors) {
    const cJSON *model = member(root, "model");
    if (!cJSON_IsString(model) || *model->valuestring == '\0') {
        refuse(errors, "model", model,
               "the name of a deployment, such as \"accounts/me/deployments/chat\"");
    } else {
        request->model = memory_text(model->valuestring);
    }
    switch (request->kind) {
    case API_CHAT: read_messages(root, prompt, errors); break;
    case API_COMPLETION: read_prompts(root, "prompt", 1, prompt, errors); break;
    case API_EMBEDDING: read_embedding(request, root, prompt, errors); break;
    }
    if (request->kind != API_EMBEDDING) {
        read_limits(request, root, errors);
        read_stream(request, root, errors);
    }
    read_session(request, root, errors);
}

static void settle_tokens(ApiRequest *request, const PromptText *prompt, uint32_t told) {
    const uint64_t estimated =
        prompt->tokens +
        (prompt->characters + API_CHARACTERS_PER_TOKEN - 1) / API_CHARACTERS_PER_TOKEN;
    request->prompt_tokens = told > 0 ? told : estimated > 0 ? (uint32_t)estimated : 1;
    if (told > 0 || prompt->tokens > 0) { /* what the texts are says nothing of its blocks */
        request->block_count = 0;
    }
}

bool api_read(ApiRequest *request, ApiKind kind, const char *body, size_t length,
              const ApiHeaders *headers, ErrorList *errors) {
    *request = (ApiRequest){.kind = kind};
    JsonTree tree = {0};
    PromptText prompt = {.request = request, .hash = UINT64_C(0xcbf29ce484222325)};
    const bool is_json = json_parse(&tree, body, length, "body", errors);
    if (is_json && cJSON_IsObject(tree.root)) {
        read_root(request, tree.root, &prompt, errors);
    } else if (is_json) {
        refuse(errors, NULL, tree.root, "an object");
    }
    json_clear(&tree);
    request->output_tokens = read_header(headers->output_tokens, "x-sim-output-tokens", errors);
    settle_tokens(request, &prompt,
                  read_header(headers->prompt_tokens, "x-sim-prompt-tokens", errors));
    if (request->output_most > 0 && request->output_tokens > request->output_most) {
        request->output_tokens = request->output_most;
    }
    return errors->count == 0;
}

void api_clear(ApiRequest *request) {
    free(request->model);
    free(request->session);
    free(request->blocks);
    *request = (ApiRequest){0};
}

const char *api_deployment_name(const char *model) {
    const char *slash = strrchr(model, '/');
    return slash != NULL ? slash + 1 : model;
}

/* Errors ----------------------------------------------------------------------------------------
 */

/* Many places at once write into one text, so no tree is made of it. */
static void add_json_text(Text *text, const char *value) {
    if (value == NULL) {
        text_add(text, "null");
        return;
    }
    cJSON *node = json_text(value);
    char *printed = json_print_line(node);
    text_add(text, printed);
    free(printed);
    cJSON_Delete(node);
}

/* In the order of the documentation's; OpenAI's has a param too. */
void api_error(Text *text, const ApiError *error) {
    text_add(text, "{\"error\": {\"message\": ");
    add_json_text(text, error->message);
    text_add(text, ", \"code\": ");
    add_json_text(text, error->code);
    text_add(text, ", \"type\": ");
    add_json_text(text, error->type);
    if (error->param != NULL) {
        text_add(text, ", \"param\": ");
        add_json_text(text, error->param);
    }
    text_add(text, "}}\n");
}

void api_mistake(Text *text, const ErrorList *errors) {
    const Error *first = &errors->items[0];
    char *message = error_text(first);
    api_error(text, &(ApiError){.status = 400,
                                .message = message,
                                .type = "invalid_request_error",
                                .param = first->place});
    free(message);
}

/* 503: word for word docs.fireworks.ai/deployments/autoscaling; the others as the page on error
 * codes describes them. */
ApiError api_refusal(unsigned status) {
    static const ApiError refusals[] = {
        {503,
         "Deployment is currently scaled to zero and is scaling up. Please retry your request in a "
         "few minutes.",
         "error", "DEPLOYMENT_SCALING_UP", NULL},
        {404, "Model not found, inaccessible, and/or not deployed", "error", "NOT_FOUND", "model"},
        {429,
         "The number of queued and active requests exceeds what the deployment can handle. Please "
         "retry your request later.",
         "error", "RESOURCE_EXHAUSTED", NULL},
        {400,
         "The prompt and the tokens asked for exceed what a replica of this deployment can hold.",
         "invalid_request_error", "context_length_exceeded", NULL},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (refusals[i].status == status) {
            return refusals[i];
        }
    }
    return (ApiError){status, "The request failed.", "error", NULL, NULL};
}

/* Answers ---------------------------------------------------------------------------------------
 */

/* Words of four letters: an answer's length is known before it is made. */
static const char words[][API_TOKEN_BYTES + 1] = {
    "this ", "text ", "only ", "says ", "that ", "each ", "word ", "here ",
    "took ", "some ", "time ", "with ", "none ", "made ", "from ", "real ",
};
#define WORDS (sizeof words / sizeof *words)

const char *api_token(uint32_t i) {
    return words[i % WORDS];
}

static const struct {
    const char *id, *object, *chunk;
} forms[] = {
    [API_CHAT] = {"chatcmpl", "chat.completion", "chat.completion.chunk"},
    [API_COMPLETION] = {"cmpl", "text_completion", "text_completion"},
    [API_EMBEDDING] = {"embd", "list", NULL},
};

static void add_frame(Text *text, const ApiRequest *request, const ApiResult *result,
                      const char *object) {
    text_addf(text, "{\"id\": \"%s-%llu\", \"object\": \"%s\", \"created\": %lld, \"model\": ",
              forms[request->kind].id, (unsigned long long)result->id, object,
              (long long)result->created);
    add_json_text(text, request->model);
}

static void add_usage(Text *text, const ApiRequest *request, const ApiResult *result) {
    text_addf(text,
              "\"usage\": {\"prompt_tokens\": %u, \"completion_tokens\": %u, \"total_tokens\": "
              "%llu, \"prompt_tokens_details\": {\"cached_tokens\": %u}}",
              (unsigned)request->prompt_tokens, (unsigned)result->output_tokens,
              (unsigned long long)request->prompt_tokens + result->output_tokens,
              (unsigned)result->cached_tokens);
}

/* What headers can no longer say of a stream. */
static void add_timings(Text *text, const ApiResult *result) {
    text_addf(text,
              "\"sim\": {\"request_id\": %llu, \"sent_s\": %.9g, \"queue_wait_s\": %.9g, "
              "\"ttft_s\": %.9g, \"e2e_s\": %.9g}",
              (unsigned long long)result->id, result->sent_s, result->queue_wait_s, result->ttft_s,
              result->e2e_s);
}

/* As long as it was allowed to be: cut. */
static const char *finish_reason(const ApiRequest *request, const ApiResult *result) {
    return request->output_most > 0 && result->output_tokens >= request->output_most ? "length"
                                                                                     : "stop";
}

void api_answer(const ApiRequest *request, const ApiResult *result, Text *head, Text *tail) {
    const bool is_chat = request->kind == API_CHAT;
    add_frame(head, request, result, forms[request->kind].object);
    text_add(head, ", \"choices\": [{\"index\": 0, ");
    text_add(head, is_chat ? "\"message\": {\"role\": \"assistant\", \"content\": \""
                           : "\"logprobs\": null, \"text\": \"");
    text_addf(tail, "\"%s, \"finish_reason\": \"%s\"}], ", is_chat ? "}" : "",
              finish_reason(request, result));
    add_usage(tail, request, result);
    text_add(tail, ", ");
    add_timings(tail, result);
    text_add(tail, "}\n");
}

/* A unit vector, the same for every input: all its numbers are alike. */
static void add_vector(Text *text, const ApiRequest *request) {
    const float number = 1.0f / sqrtf((float)request->dimensions);
    unsigned char bytes[sizeof number];
    memcpy(bytes, &number, sizeof number);
    if (!request->base64) {
        char printed[32];
        snprintf(printed, sizeof printed, "%.9g", (double)number);
        for (uint32_t i = 0; i < request->dimensions; i++) {
            text_add(text, i == 0 ? "[" : ", ");
            text_add(text, printed);
        }
        text_add_char(text, ']');
        return;
    }
    Text raw = {0};
    for (uint32_t i = 0; i < request->dimensions; i++) {
        text_add_bytes(&raw, (const char *)bytes, sizeof bytes);
    }
    char *base64 = digest_bytes_base64(raw.text, raw.length);
    text_addf(text, "\"%s\"", base64);
    free(base64);
    text_clear(&raw);
}

void api_embedding_part(const ApiRequest *request, const ApiResult *result, uint32_t part,
                        Text *text) {
    if (part == 0) {
        text_add(text, "{\"object\": \"list\", \"model\": ");
        add_json_text(text, request->model);
        text_add(text, ", \"data\": [");
    }
    if (part < request->inputs) {
        text_addf(text, "%s{\"object\": \"embedding\", \"index\": %u, \"embedding\": ",
                  part == 0 ? "" : ", ", (unsigned)part);
        add_vector(text, request);
        text_add_char(text, '}');
        return;
    }
    text_addf(text,
              "], \"usage\": {\"prompt_tokens\": %u, \"total_tokens\": %u, "
              "\"prompt_tokens_details\": {\"cached_tokens\": %u}}, ",
              (unsigned)request->prompt_tokens, (unsigned)request->prompt_tokens,
              (unsigned)result->cached_tokens);
    add_timings(text, result);
    text_add(text, "}\n");
}

/* Streams ---------------------------------------------------------------------------------------
 */

static void event_begin(const ApiRequest *request, const ApiResult *result, Text *text) {
    text_add(text, "data: ");
    add_frame(text, request, result, forms[request->kind].chunk);
    text_add(text, ", \"choices\": [");
}

void api_stream_begin(const ApiRequest *request, const ApiResult *result, Text *text) {
    if (request->kind == API_CHAT) {
        event_begin(request, result, text);
        text_add(text, "{\"index\": 0, \"delta\": {\"role\": \"assistant\", \"content\": \"\"}, "
                       "\"finish_reason\": null}]}\n\n");
    }
}

void api_stream_tokens(const ApiRequest *request, const ApiResult *result, uint32_t first,
                       uint32_t count, Text *text) {
    const bool is_chat = request->kind == API_CHAT;
    event_begin(request, result, text);
    text_add(text, is_chat ? "{\"index\": 0, \"delta\": {\"content\": \""
                           : "{\"index\": 0, \"logprobs\": null, \"text\": \"");
    for (uint32_t i = 0; i < count; i++) {
        text_add_bytes(text, api_token(first + i), API_TOKEN_BYTES);
    }
    text_add(text, is_chat ? "\"}, \"finish_reason\": null}]}\n\n"
                           : "\", \"finish_reason\": null}]}\n\n");
}

void api_stream_end(const ApiRequest *request, const ApiResult *result, Text *text) {
    event_begin(request, result, text);
    text_addf(text, "{\"index\": 0, %s, \"finish_reason\": \"%s\"}]",
              request->kind == API_CHAT ? "\"delta\": {}" : "\"logprobs\": null, \"text\": \"\"",
              finish_reason(request, result));
    if (request->usage_apart) { /* as OpenAI has it; else as Fireworks, in the last chunk */
        text_add(text, "}\n\n");
        event_begin(request, result, text);
        text_add_char(text, ']');
    }
    text_add(text, ", ");
    add_usage(text, request, result);
    text_add(text, ", ");
    add_timings(text, result);
    text_add(text, "}\n\ndata: [DONE]\n\n");
}

void api_model(Text *text, const char *deployment, const char *model, int64_t created) {
    char *id = memory_format("accounts/sim/deployments/%s", deployment);
    text_add(text, "{\"id\": ");
    add_json_text(text, id);
    text_addf(text,
              ", \"object\": \"model\", \"created\": %lld, \"owned_by\": \"autoscale-sim\", "
              "\"kind\": \"DEPLOYMENT\", \"base_model\": ",
              (long long)created);
    add_json_text(text, model);
    text_add_char(text, '}');
    free(id);
}
