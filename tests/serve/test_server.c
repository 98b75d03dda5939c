// SPDX-License-Identifier: GPL-3.0-or-later
/* The program as a server, over loopback: what clients get, and what is left when it ends. */
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli_checks.h"
#include "serve/client.h"
#include "serve/http.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Nothing comes but from outside; a cold start takes a minute, which is a second here. */
static const char cold[] =
    "{\"name\": \"cold\", \"duration\": \"1d\", \"deployments\": {\"chat\": {\"model\": \"ours\",\n"
    "\"accelerator\": \"H100\", \"accelerator_count\": 1, \"weights_gb\": 16,\n"
    "\"profile\": {\"c0_ms\": 10, \"c_prefill_ms\": 0.02, \"c_decode_ms\": 0.1,\n"
    "\"batch_slots\": 64, \"kv_capacity_tokens\": 100000},\n"
    "\"cold_start\": {\"total\": \"1m\"}, \"client\": \"none\",\n"
    "\"autoscaling\": {\"min_replica_count\": 0, \"max_replica_count\": 2},\n"
    "\"traffic\": [{\"type\": \"constant\", \"rate_per_s\": 1, \"start\": \"23h\",\n"
    "\"prompt_tokens\": 10, \"output_tokens\": 5}]}}}";

static char *scratch, *scenario, *out;

static void begin(void) {
    scratch = scratch_make();
    scenario = scratch_text(scratch, "cold.json", cold);
    out = scratch_path(scratch, "out");
}

static void end(void) {
    serve_end();
    scratch_remove(scratch);
    free(scenario);
    free(out);
}

TestSuite(serve_http, .init = begin, .fini = end, .timeout = 120);

#define WARM "--set", "deployments.chat.autoscaling.min_replica_count=1"
#define CHAT "/v1/chat/completions"

static const char hello[] = "{\"model\": \"accounts/me/deployments/chat\", \"max_tokens\": 5, "
                            "\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]}";
static const char hello_stream[] = "{\"model\": \"chat\", \"max_tokens\": 40, \"stream\": true, "
                                   "\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]}";

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void expect_answer(const Served *served, const char *method, const char *path,
                          const char *body, int status, const char *words) {
    ClientAnswer answer = client_ask(served, method, path, NULL, body);
    cr_expect_eq(answer.status, status, "%s %s: %s\n%s", method, path, answer.text, answer.body);
    cr_expect_not_null(strstr(answer.body, words), "%s %s: %s", method, path, answer.body);
    client_clear(&answer);
}

static double state_of(const Served *served, const char *name) {
    ClientAnswer answer = client_ask(served, "GET", "/sim/state", NULL, NULL);
    cJSON *tree = cJSON_Parse(answer.body);
    cr_assert_not_null(tree, "%s", answer.body);
    const cJSON *top = cJSON_GetObjectItem(tree, name);
    const cJSON *chat = cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "deployments"), "chat");
    const cJSON *node = top != NULL ? top : cJSON_GetObjectItem(chat, name);
    cr_assert_not_null(node, "%s", name);
    const double value = node->valuedouble;
    cJSON_Delete(tree);
    client_clear(&answer);
    return value;
}

/* The most memory that the server has had, in KiB. */
static long peak_kib(const Served *served) {
    char *path = memory_format("/proc/%ld/status", (long)served->program.process), line[256];
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    long peak = -1;
    while (fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "VmHWM: %ld", &peak);
    }
    fclose(file);
    free(path);
    cr_assert_gt(peak, 0);
    return peak;
}

static void expect_end(Served *served, const char *words) {
    ProgramResult result = serve_stop(served);
    cr_expect_eq(result.status, 0, "%d: %s", result.status, result.errors);
    cr_expect_str_empty(result.errors);
    cr_expect_not_null(strstr(result.output, words), "%s", result.output);
    program_clear(&result);
}

Test(serve_http, a_cold_deployment_refuses_until_it_serves) {
    Served served = SERVE(scenario, "--speed", "60", "--out", out, "--requests");
    expect_answer(&served, "POST", CHAT, hello, 503, "\"code\": \"DEPLOYMENT_SCALING_UP\"");
    int tries = 0;
    ClientAnswer answer;
    while ((answer = client_ask(&served, "POST", "/inference" CHAT, NULL, hello)).status == 503) {
        cr_assert_lt(++tries, 200, "it does not come to serve");
        client_clear(&answer);
        pause_ms(50);
    }
    cr_expect_gt(tries, 3);
    cr_expect_eq(answer.status, 200, "%s", answer.text);
    cr_expect_not_null(strstr(answer.body, "\"content\": \"this text only says that \""), "%s",
                       answer.body);
    cr_expect_not_null(strstr(answer.text, "x-sim-ttft: 0.0"), "%s", answer.text);
    client_clear(&answer);
    expect_end(&served, "1 completed");
    cr_expect(file_exists(out));
    size_t length;
    char *rows = folder_file_bytes(out, "requests.csv", &length);
    cr_assert_not_null(rows);
    cr_expect_not_null(strstr(rows, ",completed,"), "%s", rows);
    free(rows);
}

Test(serve_http, a_stream_comes_in_parts) {
    Served served = SERVE(scenario, WARM);
    ClientAnswer answer =
        client_ask(&served, "POST", CHAT, "x-sim-output-tokens: 40\r\n", hello_stream);
    cr_expect_eq(answer.status, 200);
    cr_expect_not_null(strstr(answer.text, "text/event-stream"), "%s", answer.text);
    size_t events = 0, words = 0;
    for (const char *at = answer.body; (at = strstr(at, "data: ")) != NULL; at += 6) {
        events++;
    }
    for (const char *at = answer.body; (at = strstr(at, "\"delta\": {\"content\": \"")) != NULL;) {
        at += 22;
        words += (strcspn(at, "\"")) / 5;
    }
    cr_expect_eq(words, 40, "each token once: %zu", words);
    cr_expect_gt(events, 10, "as they are made: %zu", events);
    cr_expect_not_null(strstr(answer.body, "\"completion_tokens\": 40"));
    cr_expect_not_null(strstr(answer.body, "data: [DONE]\n\n"));
    client_clear(&answer);
    expect_end(&served, "The server added to the time to first token of 1 streams");
}

Test(serve_http, answers_are_as_long_as_the_traffic_has_them) {
    Served served = SERVE(scenario, WARM);
    static const char any[] =
        "{\"model\": \"chat\", \"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]}";
    expect_answer(&served, "POST", CHAT, any, 200,
                  "\"finish_reason\": \"stop\"}], \"usage\": {\"prompt_tokens\": 3, "
                  "\"completion_tokens\": 5,");
    expect_answer(&served, "POST", CHAT,
                  "{\"model\": \"chat\", \"max_tokens\": 4, \"messages\": [{\"role\": \"user\"}]}",
                  200, "\"finish_reason\": \"length\"");
    expect_end(&served, "2 completed");
}

Test(serve_http, a_prompt_that_was_there_is_cached) {
    Served served = SERVE(scenario, WARM);
    char *body = memory_format("{\"model\": \"chat\", \"prompt\": \"%0128d once\"}", 0);
    expect_answer(&served, "POST", "/v1/completions", body, 200, "\"cached_tokens\": 0}");
    expect_answer(&served, "POST", "/v1/completions", body, 200, "\"cached_tokens\": 32}");
    free(body);
    expect_end(&served, "2 completed");
}

Test(serve_http, errors_are_told_as_json) {
    Served served = SERVE(scenario, WARM);
    expect_answer(&served, "POST", CHAT, "{", 400, "\"type\": \"invalid_request_error\"");
    expect_answer(&served, "POST", CHAT,
                  "{\"model\": \"chad\", \"messages\": [{\"role\": \"user\"}]}", 404,
                  "did you mean \\\"accounts/sim/deployments/chat\\\"?");
    expect_answer(&served, "GET", CHAT, NULL, 405, "expected POST");
    expect_answer(&served, "POST", "/v1/chat/completion", hello, 404,
                  "did you mean \\\"/v1/chat/completions\\\"?");
    expect_answer(&served, "GET", "/v1/models", NULL, 200, "accounts/sim/deployments/chat");
    expect_answer(&served, "POST", "/v1/embeddings", "{\"model\": \"chat\", \"input\": \"a\"}", 200,
                  "\"embedding\": [0.25");
    ClientAnswer answer =
        client_ask(&served, "POST", CHAT, "x-sim-prompt-tokens: 100001\r\n", hello);
    cr_expect_eq(answer.status, 400, "it can never fit: %s", answer.text);
    client_clear(&answer);
    expect_end(&served, "From outside: ");
}

/* So many requests are in flight at the deployment. */
static void wait_for_flight(const Served *served, double count) {
    for (int tries = 0; state_of(served, "in_flight") < count; tries++) {
        cr_assert_lt(tries, 500, "%g", state_of(served, "in_flight"));
        pause_ms(10);
    }
}

Test(serve_http, what_is_held_at_zero_is_served_in_the_end) {
    Served served = SERVE(scenario, "--speed", "60", "--set", "deployments.chat.at_zero=hold",
                          "--set", "deployments.chat.hold_limit=1");
    char *request = client_request("POST", CHAT, NULL, hello);
    const int connection = client_connect(&served);
    client_send(connection, request, strlen(request));
    free(request);
    wait_for_flight(&served, 1);
    expect_answer(&served, "POST", CHAT, hello, 429, "RESOURCE_EXHAUSTED");
    ClientAnswer answer = client_read(connection);
    cr_expect_eq(answer.status, 200, "%s", answer.text);
    cr_expect_not_null(strstr(answer.text, "x-sim-queue-wait: 60"), "%s", answer.text);
    client_clear(&answer);
    expect_end(&served, "1 completed");
}

Test(serve_http, beyond_the_cap_is_429_and_after_deletion_404) {
    Served served = SERVE(scenario, "--for", "20d", "--set", "deployments.chat.client=none",
                          "--set", "deployments.chat.initial_replica_count=1", "--set",
                          "deployments.chat.max_concurrency_per_replica=1", "--set",
                          "deployments.chat.traffic.0.start=19d");
    char *request = client_request("POST", CHAT, "x-sim-output-tokens: 5000\r\n",
                                   "{\"model\": \"chat\", \"messages\": [{\"role\": \"user\"}]}");
    const int connection = client_connect(&served);
    client_send(connection, request, strlen(request));
    free(request);
    wait_for_flight(&served, 1);
    expect_answer(&served, "POST", CHAT, hello, 429, "RESOURCE_EXHAUSTED");
    close(connection);
    expect_answer(&served, "POST", "/sim/jump", "{\"by\": \"8d\"}", 200, "\"deleted\": true");
    expect_answer(&served, "POST", CHAT, hello, 404, "NOT_FOUND");
    expect_end(&served, "1 x 404");
}

Test(serve_http, a_key_is_asked_for) {
    Served served = SERVE(scenario, WARM, "--api-key", "secret");
    expect_answer(&served, "POST", CHAT, hello, 401, "invalid_api_key");
    expect_answer(&served, "POST", "/sim/pause", "{}", 401, "invalid_api_key");
    expect_answer(&served, "GET", "/metrics", NULL, 200, "autoscale_sim_replicas");
    static const struct {
        const char *header;
        int status;
    } cases[] = {{"Authorization: Bearer secret\r\n", 200},
                 {"Authorization: Bearer secre\r\n", 401},
                 {"Authorization: Bearer secrets\r\n", 401},
                 {"Authorization: Basic secret\r\n", 401}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ClientAnswer answer = client_ask(&served, "POST", CHAT, cases[i].header, hello);
        cr_expect_eq(answer.status, cases[i].status, "%s", cases[i].header);
        client_clear(&answer);
    }
    expect_end(&served, "1 completed");
}

Test(serve_http, pages_of_other_sites_do_not_steer) {
    Served served = SERVE(scenario, WARM);
    ClientAnswer answer =
        client_ask(&served, "POST", "/sim/pause", "Origin: http://evil.example\r\n", "{}");
    cr_expect_eq(answer.status, 403);
    client_clear(&answer);
    answer = client_ask(&served, "POST", "/sim/pause", "Origin: http://127.0.0.1\r\n", "{}");
    cr_expect_eq(answer.status, 200, "its own page may");
    client_clear(&answer);
    expect_end(&served, "");
}

Test(serve_http, time_is_steered) {
    Served served = SERVE(scenario, "--speed", "60");
    expect_answer(&served, "POST", "/sim/pause", "", 200, "\"paused\": true");
    const double before = state_of(&served, "time_s");
    pause_ms(100);
    cr_expect_eq(state_of(&served, "time_s"), before);
    expect_answer(&served, "POST", "/sim/jump", "{\"by\": \"2h\"}", 200, "\"deployments\"");
    cr_expect_float_eq(state_of(&served, "time_s"), before + 7200, 1);
    expect_answer(&served, "POST", "/sim/resume", "", 200, "\"paused\": false");
    expect_answer(&served, "POST", "/sim/speed", "{\"speed\": 600}", 200, "\"speed\": 600");
    pause_ms(100);
    cr_expect_gt(state_of(&served, "time_s"), before + 7200 + 30);
    expect_answer(&served, "POST", "/sim/jump", "{\"by\": \"soon\"}", 400, "simulated time");
    expect_end(&served, "");
}

Test(serve_http, the_run_is_steered) {
    Served served = SERVE(scenario, WARM, "--speed", "10", "--out", out);
    expect_answer(&served, "POST", "/sim/burst", "{\"requests\": 50, \"over\": \"2s\"}", 200,
                  "\"deployments\"");
    for (int tries = 0; state_of(&served, "requests") < 50; tries++) {
        cr_assert_lt(tries, 500);
        pause_ms(10);
    }
    expect_answer(&served, "POST", "/sim/set", "{\"option\": \"min_replica_count\", \"value\": 2}",
                  200, "\"deployments\"");
    for (int tries = 0; state_of(&served, "target") < 2; tries++) {
        cr_assert_lt(tries, 500, "it is as if nothing had been set");
        pause_ms(10);
    }
    expect_answer(&served, "POST", "/sim/set", "{\"option\": \"min_replica_cont\", \"value\": 2}",
                  400, "did you mean \\\"min_replica_count\\\"?");
    expect_answer(&served, "POST", "/sim/take-replica", "{\"replica\": 99}", 400, "found");
    expect_answer(&served, "POST", "/sim/take-replica", "{\"replica\": 1}", 200, "\"serving\": 0");
    ProgramResult result = serve_stop(&served);
    cr_expect_eq(result.status, 0, "%s", result.errors);
    cr_expect_not_null(strstr(result.output, "1 scale-up, 0 scale-downs, 1 failed"), "%s",
                       result.output);
    program_clear(&result);
    char *replay = scratch_path(out, "outside/replay.json"),
         *again = scratch_path(scratch, "again");
    expect_done(RUN("run", replay, "--out", again, "--quiet"));
    expect_same_files(out, again, (const char *const[]){"summary.csv", "events.csv", NULL});
    free(replay);
    free(again);
}

Test(serve_http, a_replica_that_vanishes_breaks_its_connections) {
    Served served = SERVE(scenario, WARM);
    int connections[2];
    for (int i = 0; i < 2; i++) {
        char *request = client_request(
            "POST", CHAT, "x-sim-output-tokens: 5000\r\n",
            i ? "{\"model\": \"chat\", \"stream\": true, \"messages\": [{\"role\": \"user\"}]}"
              : "{\"model\": \"chat\", \"messages\": [{\"role\": \"user\"}]}");
        connections[i] = client_connect(&served);
        client_send(connections[i], request, strlen(request));
        free(request);
    }
    wait_for_flight(&served, 2);
    pause_ms(200); /* its first tokens come */
    expect_answer(&served, "POST", "/sim/take-replica", "", 200, "\"in_flight\": 0");
    ClientAnswer whole = client_read(connections[0]), stream = client_read(connections[1]);
    cr_expect_eq(whole.status, 0, "nothing comes any more: %s", whole.text);
    cr_expect_eq(stream.status, 200);
    cr_expect_null(strstr(stream.body, "[DONE]"));
    client_clear(&whole);
    client_clear(&stream);
    expect_end(&served, "2 broken");
}

Test(serve_http, metrics_have_fireworks_names) {
    Served served = SERVE(scenario, WARM);
    expect_answer(&served, "POST", CHAT, hello, 200, "chat.completion");
    static const char *const names[] = {
        "request_counter_total:sum_by_deployment{base_model=\"ours\",deployment=\"accounts/sim/"
        "deployments/chat\",deployment_account=\"sim\",deployment_id=\"chat\"} ",
        "latency_to_first_token_ms_bucket:sum_by_deployment{",
        "generator_kv_slots_fraction:avg_by_deployment{",
        "autoscale_sim_answers_total{base_model=\"ours\",deployment=\"accounts/sim/deployments/"
        "chat\",deployment_account=\"sim\",deployment_id=\"chat\",code=\"200\"} 1\n",
        "state=\"serving\"} 1\n",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect_answer(&served, "GET", i == 0 ? "/v1/accounts/sim/metrics" : "/metrics", NULL, 200,
                      names[i]);
    }
    expect_end(&served, "");
}

Test(serve_http, events_are_told) {
    Served served = SERVE(scenario, "--speed", "3600", "--for", "10m");
    char *request = client_request("GET", "/events", NULL, NULL);
    const int connection = client_connect(&served);
    client_send(connection, request, strlen(request));
    ClientAnswer answer = client_read(connection); /* until the run is over */
    static const char *const words[] = {"event: columns\n", "event: timeseries\ndata: chat,0,60,",
                                        "event: events\n", "event: state\n", "event: end\n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        cr_expect_not_null(strstr(answer.body, words[i]), "%s: %s", words[i], answer.body);
    }
    client_clear(&answer);
    free(request);
    ProgramResult result = serve_wait(&served);
    cr_expect_eq(result.status, 0, "it ends by itself");
    program_clear(&result);
}

/* Whoever looks at the page sees it at once, not at the state's next second. */
Test(serve_http, what_is_steered_is_told_at_once) {
    Served served = SERVE(scenario);
    char *request = client_request("GET", "/events", NULL, NULL);
    const int connection = client_connect(&served);
    client_send(connection, request, strlen(request));
    free(request);
    static const char *const speeds[] = {"11", "12", "13", "14", "15"};
    const size_t count = sizeof speeds / sizeof *speeds;
    for (size_t i = 0; i < count; i++) {
        char *body = memory_format("{\"speed\": %s}", speeds[i]);
        expect_answer(&served, "POST", "/sim/speed", body, 200, speeds[i]);
        free(body);
    }
    expect_end(&served, "");
    ClientAnswer answer = client_read(connection);
    size_t told = 0;
    for (size_t i = 0; i < count; i++) {
        char *words = memory_format("\"speed\": %s", speeds[i]);
        told += strstr(answer.body, words) != NULL;
        free(words);
    }
    cr_expect_geq(told, 3, "%zu: %s", told, answer.body);
    client_clear(&answer);
}

/* Robust ---------------------------------------------------------------------------------------
 */

Test(serve_http, huge_bodies_are_refused) {
    Served served = SERVE(scenario, WARM);
    char *head = memory_format("POST " CHAT " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                               "Content-Length: %zu\r\n\r\n",
                               HTTP_BODY_MOST + 1);
    int connection = client_connect(&served);
    client_send(connection, head, strlen(head));
    ClientAnswer answer = client_read(connection);
    cr_expect_eq(answer.status, 413, "at once: %s", answer.text);
    client_clear(&answer);
    free(head);

    connection = client_connect(&served); /* the same without a length */
    static const char chunked[] = "POST " CHAT " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n";
    client_send(connection, chunked, strlen(chunked));
    char *part = memory_new(65536 + 1, 1);
    memset(part, ' ', 65536);
    for (size_t sent = 0; sent <= HTTP_BODY_MOST; sent += 65536) {
        client_send(connection, "10000\r\n", 7);
        client_send(connection, part, 65536);
        client_send(connection, "\r\n", 2);
    }
    client_send(connection, "0\r\n\r\n", 5);
    answer = client_read(connection);
    cr_expect_eq(answer.status, 413, "%s", answer.text);
    client_clear(&answer);
    free(part);
    expect_answer(&served, "POST", CHAT, hello, 200, "chat.completion");
    expect_end(&served, "");
}

enum { LONG_PROMPTS = HTTP_BODIES_MOST / HTTP_BODY_MOST + 6 };

Test(serve_http, bodies_of_requests_in_flight_take_no_room) {
    Served served = SERVE(scenario, WARM);
    char *body = memory_format("{\"model\": \"chat\",%*s\"messages\": [{\"role\": \"user\"}]}",
                               (int)HTTP_BODY_MOST - 100, "");
    char *request = client_request("POST", CHAT, "x-sim-output-tokens: 80000\r\n", body);
    int connections[LONG_PROMPTS];
    for (int i = 0; i < LONG_PROMPTS; i++) {
        connections[i] = client_connect(&served);
        client_send(connections[i], request, strlen(request));
    }
    free(request);
    free(body);
    wait_for_flight(&served, LONG_PROMPTS);
    for (int i = 0; i < LONG_PROMPTS; i++) {
        close(connections[i]);
    }
    expect_end(&served, "");
}

enum { EMBEDDERS = 4, EMBEDDERS_MB = 150 };

/* Each answer has 100 MB. */
Test(serve_http, large_embeddings_are_made_as_they_are_read) {
    Served served = SERVE(scenario, WARM);
    Text body = {0};
    text_add(&body, "{\"model\": \"chat\", \"dimensions\": 4096, \"input\": [\"\"");
    for (int i = 1; i < 2048; i++) {
        text_add(&body, ", \"\"");
    }
    text_add(&body, "]}");
    char *request = client_request("POST", "/v1/embeddings", NULL, body.text);
    text_clear(&body);
    int connections[EMBEDDERS];
    for (int i = 0; i < EMBEDDERS; i++) {
        char status[12];
        connections[i] = client_connect(&served);
        client_send(connections[i], request, strlen(request));
        cr_assert_eq(recv(connections[i], status, sizeof status, MSG_WAITALL), sizeof status);
        cr_expect_eq(memcmp(status, "HTTP/1.1 200", sizeof status), 0);
    }
    free(request);
    cr_expect_lt(peak_kib(&served), EMBEDDERS_MB * 1024);
    for (int i = 0; i < EMBEDDERS; i++) {
        close(connections[i]);
    }
    expect_end(&served, "");
}

Test(serve_http, broken_http_breaks_nothing) {
    Served served = SERVE(scenario, WARM);
    static const char *const broken[] = {
        "",
        "\r\n\r\n",
        "GET\r\n\r\n",
        "POST " CHAT " HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}",
        "POST " CHAT " HTTP/1.1\r\nContent-Length: 1e9\r\n\r\n{}",
        "POST " CHAT " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST " CHAT " HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"model\"",
        "POST " CHAT " HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "GET /%00%ff%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const int connection = client_connect(&served);
        client_send(connection, broken[i], strlen(broken[i]));
        pause_ms(10);
        close(connection);
    }
    expect_answer(&served, "POST", CHAT, hello, 200, "chat.completion");
    expect_end(&served, "From outside: 1 requests, 0 of which hung up.");
}

enum { HANG_UPS = 300 };

Test(serve_http, hundreds_hang_up_and_the_books_balance) {
    Served served =
        SERVE(scenario, WARM, "--set", "deployments.chat.max_concurrency_per_replica=0");
    int connections[HANG_UPS];
    for (int i = 0; i < HANG_UPS; i++) {
        char *request = client_request("POST", CHAT, "x-sim-output-tokens: 2000\r\n",
                                       i % 2 ? hello : hello_stream);
        char *patient = strstr(request, "max_tokens");
        memcpy(patient, "min_tokens", 10); /* unknown, and so no bound */
        connections[i] = client_connect(&served);
        client_send(connections[i], request, strlen(request));
        free(request);
    }
    while (state_of(&served, "requests") < HANG_UPS) {
        pause_ms(20);
    }
    cr_expect_eq(state_of(&served, "in_flight"), HANG_UPS);
    for (int i = 0; i < HANG_UPS; i++) {
        close(connections[i]);
    }
    for (int tries = 0; state_of(&served, "in_flight") > 0; tries++) {
        cr_assert_lt(tries, 500, "%g are still there", state_of(&served, "in_flight"));
        pause_ms(20);
    }
    expect_end(&served, "From outside: 300 requests, 300 of which hung up.");
}

Test(serve_http, a_slow_reader_gets_all_in_the_end) {
    Served served = SERVE(scenario, WARM, "--speed", "600");
    char *request = client_request(
        "POST", CHAT, "x-sim-output-tokens: 60000\r\n",
        "{\"model\": \"chat\", \"stream\": true, \"messages\": [{\"role\": \"user\"}]}");
    const int connection = client_connect(&served);
    client_send(connection, request, strlen(request));
    free(request);
    pause_ms(2500); /* it is made long before it is read */
    ClientAnswer answer = client_read(connection);
    cr_expect_not_null(strstr(answer.body, "\"completion_tokens\": 60000"));
    cr_expect_not_null(strstr(answer.body, "[DONE]"));
    client_clear(&answer);
    expect_end(&served, "1 completed");
}

Test(serve_http, who_is_in_flight_at_the_end_is_answered) {
    Served served = SERVE(scenario, WARM);
    char *request = client_request("POST", CHAT, "x-sim-output-tokens: 5000\r\n",
                                   "{\"model\": \"chat\", \"messages\": [{\"role\": \"user\"}]}");
    const int connection = client_connect(&served);
    client_send(connection, request, strlen(request));
    free(request);
    while (state_of(&served, "in_flight") < 1) {
        pause_ms(10);
    }
    expect_end(&served, "1 completed");
    ClientAnswer answer = client_read(connection);
    cr_expect_eq(answer.status, 200, "%s", answer.text);
    cr_expect_not_null(strstr(answer.body, "\"completion_tokens\": 5000"));
    client_clear(&answer);
}

/* Replayed -------------------------------------------------------------------------------------
 */

Test(serve_http, without_anybody_outside_it_is_a_run) {
    static const char *const files[] = {"summary.csv",   "timeseries.csv",        "events.csv",
                                        "scenario.json", "latency_histogram.csv", NULL};
    static const char crowd[] = "scenarios/flash-crowd.json";
    char *again = scratch_path(scratch, "again");
    ProgramResult result = RUN("serve", crowd, "--listen", "127.0.0.1:0", "--speed", "1000000",
                               "--for", "1h10m", "--out", out, "--quiet");
    cr_expect_eq(result.status, 0, "%s", result.errors);
    cr_expect_str_empty(result.output);
    program_clear(&result);
    expect_done(RUN("run", crowd, "--set", "duration=1h10m", "--out", again, "--quiet"));
    expect_same_files(out, again, files);
    free(again);
}

Test(serve_http, what_came_from_outside_is_replayed_to_the_byte) {
    static const char *const files[] = {
        "summary.csv",  "timeseries.csv",        "events.csv", "requests.csv",
        "refusals.csv", "latency_histogram.csv", NULL};
    Served served = SERVE(scenario, "--speed", "60", "--out", out, "--requests");
    for (int i = 0; i < 40; i++) {
        char *request = client_request("POST", CHAT, NULL, i % 3 ? hello : hello_stream);
        const int connection = client_connect(&served);
        client_send(connection, request, strlen(request));
        free(request);
        if (i % 4 == 3) { /* this one does not wait */
            pause_ms(1);
            close(connection);
        } else {
            ClientAnswer answer = client_read(connection);
            client_clear(&answer);
        }
        pause_ms(40);
    }
    ProgramResult result = serve_stop(&served);
    cr_expect_eq(result.status, 0, "%s", result.errors);
    cr_expect_not_null(strstr(result.output, "outside/replay.json"), "%s", result.output);
    program_clear(&result);
    char *replay = scratch_path(out, "outside/replay.json"),
         *again = scratch_path(scratch, "again");
    expect_done(RUN("run", replay, "--out", again, "--requests", "--quiet"));
    expect_same_files(out, again, files);
    REFUSED(RUN("explain", out), "outside/replay.json");
    SAYS(RUN("explain", replay), "request");
    free(replay);
    free(again);
}

/* Command lines -------------------------------------------------------------------------------- */

Test(serve_http, bad_arguments_are_refused) {
    REFUSED(RUN("serve", scenario, "--listen", "8080"), "--listen", "127.0.0.1:8080");
    REFUSED(RUN("serve", scenario, "--listen", "127.0.0.1:99999"), "--listen");
    REFUSED(RUN("serve", scenario, "--listen", "::1:80"), "--listen", "[::1]:8080");
    REFUSED(RUN("serve", scenario, "--speed", "0"), "--speed", "from 0.001");
    REFUSED(RUN("serve", scenario, "--speed", "fast"), "--speed");
    REFUSED(RUN("serve", scenario, "--for", "0s"), "--for");
    REFUSED(RUN("serve", scenario, "--api-key", ""), "--api-key");
    Served served = SERVE(scenario, WARM);
    char *taken = memory_format("127.0.0.1:%d", served.port);
    REFUSED(RUN("serve", scenario, "--listen", taken), "--listen", "already in use");
    free(taken);
    expect_end(&served, "");
}

Test(serve_http, another_address_is_warned_of) {
    RunningProgram program =
        program_start(NULL, (const char *const[]){"serve", scenario, "--listen", "0.0.0.0:0",
                                                  "--speed", "1000000", "--for", "1h", NULL});
    ProgramResult result = program_finish(&program);
    cr_expect_eq(result.status, 0);
    cr_expect_not_null(strstr(result.errors, "can be reached from other machines"), "%s",
                       result.errors);
    program_clear(&result);
}
