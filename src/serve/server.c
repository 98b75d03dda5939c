// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/server.h"

#include "base/memory.h"
#include "base/text.h"
#include "serve/control.h"
#include "serve/feed.h"
#include "serve/inference.h"
#include "serve/page.h"
#include "serve/prometheus.h"

#include <stdlib.h>
#include <string.h>

/* The longest wait: a signal that comes just before it is seen so late. */
#define WAIT_NS_MOST INT64_C(100000000)
/* Events that are so near to each other are waited for together. */
#define WAIT_NS_LEAST INT64_C(200000)
/* What is answered at the end has so long to be read, since somebody has read all of his last. */
#define FAREWELL_NS INT64_C(1000000000)
#define FAREWELL_NS_MOST INT64_C(10000000000)

/* Whoever has asked for a jump is answered when it is made. */
typedef struct Jump {
    Exchange *exchange;
    sim_time until;
} Jump;

struct Server {
    ServerOptions options;
    HttpServer *http;
    Live *live;
    Pace pace;
    Inference *inference;
    Prometheus *prometheus;
    Feed *feed;
    char *page; /* NULL: none can be made, page_errors say why */
    ErrorList page_errors;
    Jump *jumps;
    size_t jump_count, jump_room;
    asim_run_options run_options;
    const asim_observer **observers;
    asim_observer own_observer;
};

/* Routes ----------------------------------------------------------------------------------------
 */

typedef struct Route {
    const char *method, *path;
    bool is_open; /* to whoever has no key: it only looks */
    void (*answer)(Server *server, Exchange *exchange);
} Route;

static void answer_chat(Server *server, Exchange *exchange) {
    inference_arrived(server->inference, exchange, API_CHAT);
}

static void answer_completion(Server *server, Exchange *exchange) {
    inference_arrived(server->inference, exchange, API_COMPLETION);
}

static void answer_embedding(Server *server, Exchange *exchange) {
    inference_arrived(server->inference, exchange, API_EMBEDDING);
}

static void answer_models(Server *server, Exchange *exchange) {
    inference_models(server->inference, exchange);
}

static void answer_text(Exchange *exchange, unsigned status, const char *type, char *text) {
    exchange_answer(exchange, status, type, text, strlen(text));
}

static void answer_metrics(Server *server, Exchange *exchange) {
    Text text = {0};
    prometheus_write(server->prometheus, &server->pace, server->inference, http_clock(), &text);
    answer_text(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", text_take(&text));
}

static void answer_events(Server *server, Exchange *exchange) {
    feed_arrived(server->feed, exchange);
}

static void answer_page(Server *server, Exchange *exchange) {
    if (server->page != NULL) {
        answer_text(exchange, 200, "text/html; charset=utf-8", memory_text(server->page));
        return;
    }
    answer_text(exchange, 503, "text/plain; charset=utf-8", error_list_text(&server->page_errors));
}

static void answer_state(Server *server, Exchange *exchange) {
    char *state = control_state(server->options.scenario, &server->pace, http_clock());
    answer_text(exchange, 200, "application/json", memory_format("%s\n", state));
    free(state);
}

/* Whoever looks sees it at once, too. */
static void answer_change(Server *server, Exchange *exchange) {
    answer_state(server, exchange);
    feed_tell_state(server->feed, http_clock());
}

static void answer_mistake(Exchange *exchange, const ErrorList *errors) {
    Text text = {0};
    api_mistake(&text, errors);
    answer_text(exchange, 400, "application/json", text_take(&text));
}

static void wait_for_jump(Server *server, Exchange *exchange, sim_time until) {
    server->jumps =
        memory_grow(server->jumps, server->jump_count, &server->jump_room, sizeof *server->jumps);
    server->jumps[server->jump_count++] = (Jump){exchange, until};
}

static void answer_control(Server *server, Exchange *exchange) {
    const char *name = strrchr(exchange_path(exchange), '/') + 1;
    ControlKind kind = 0;
    while (strcmp(control_names[kind], name) != 0) {
        kind++;
    }
    size_t length;
    sim_time until;
    Control control;
    ErrorList errors = {0};
    const char *body = exchange_body(exchange, &length);
    (void)pace_catch_up(&server->pace);
    if (!control_read(&control, kind, body, length, server->options.scenario, &errors) ||
        !control_perform(&control, &server->pace, &until, &errors)) {
        answer_mistake(exchange, &errors);
    } else if (kind == CONTROL_JUMP) {
        wait_for_jump(server, exchange, until);
    } else {
        answer_change(server, exchange);
    }
    control_clear(&control);
    error_list_clear(&errors);
}

static const Route routes[] = {
    {"POST", "/v1/chat/completions", false, answer_chat},
    {"POST", "/v1/completions", false, answer_completion},
    {"POST", "/v1/embeddings", false, answer_embedding},
    {"GET", "/v1/models", false, answer_models},
    {"GET", "/metrics", true, answer_metrics},
    {"GET", "/", true, answer_page},
    {"GET", "/events", true, answer_events},
    {"GET", "/sim/state", true, answer_state},
    {"POST", "/sim/jump", false, answer_control},
    {"POST", "/sim/set", false, answer_control},
    {"POST", "/sim/burst", false, answer_control},
    {"POST", "/sim/take-replica", false, answer_control},
    {"POST", "/sim/pause", false, answer_control},
    {"POST", "/sim/resume", false, answer_control},
    {"POST", "/sim/speed", false, answer_control},
};
#define ROUTES (sizeof routes / sizeof *routes)

/* Fireworks has inference below /inference, and metrics below the account. */
static const char *path_of(const Exchange *exchange) {
    const char *path = exchange_path(exchange);
    const char *of_account =
        strncmp(path, "/v1/accounts/", 13) == 0 ? strchr(path + 13, '/') : NULL;
    if (of_account != NULL && strcmp(of_account, "/metrics") == 0) {
        return of_account;
    }
    return strncmp(path, "/inference/v1/", 14) == 0 ? path + 10 : path;
}

/* A HEAD is a GET whose body libmicrohttpd keeps to itself. */
static const char *method_of(const Exchange *exchange) {
    const char *method = exchange_method(exchange);
    return strcmp(method, "HEAD") == 0 ? "GET" : method;
}

static void refuse(Exchange *exchange, unsigned status, const char *code, const char *message) {
    answer_error(exchange, &(ApiError){.status = status,
                                       .message = message,
                                       .type = "invalid_request_error",
                                       .code = code});
}

static void refuse_route(Exchange *exchange, const Route *other_method) {
    const char *path = path_of(exchange);
    char *line = text_line_cut(path, 200), *message;
    if (other_method != NULL) {
        message = memory_format("%s %s: expected %s", exchange_method(exchange), line,
                                other_method->method);
        exchange_add_header(exchange, "allow", other_method->method);
        refuse(exchange, 405, "method_not_allowed", message);
    } else {
        const char *nearest = error_nearest_row(path, routes, ROUTES, path);
        message = memory_format("%s: there is nothing%s%s%s", line,
                                nearest != NULL ? "; did you mean \"" : "",
                                nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
        refuse(exchange, 404, "not_found", message);
    }
    free(message);
    free(line);
}

/* Takes as long whatever the key is. */
static bool has_key(const Server *server, const Exchange *exchange) {
    const char *key = server->options.api_key;
    const char *header = exchange_header(exchange, "authorization");
    if (key == NULL) {
        return true;
    }
    if (header == NULL || strncmp(header, "Bearer ", 7) != 0) {
        return false;
    }
    const char *given = header + 7;
    const size_t length = strlen(key);
    unsigned differs = strlen(given) != length;
    for (size_t i = 0; i < length && given[i] != '\0'; i++) {
        differs |= (unsigned)(given[i] ^ key[i]);
    }
    return differs == 0;
}

/* A page of another site may make a browser send things; it may not make it steer a run. */
static bool is_foreign(const Exchange *exchange) {
    const char *origin = exchange_header(exchange, "origin");
    const char *host = exchange_header(exchange, "host");
    if (origin == NULL || strcmp(exchange_method(exchange), "POST") != 0) {
        return false;
    }
    const char *of_origin = strstr(origin, "://");
    return of_origin == NULL || host == NULL || strcmp(of_origin + 3, host) != 0;
}

static const Route *find_route(const Exchange *exchange, const Route **other_method) {
    const char *path = path_of(exchange), *method = method_of(exchange);
    for (size_t i = 0; i < ROUTES; i++) {
        if (strcmp(routes[i].path, path) == 0) {
            if (strcmp(routes[i].method, method) == 0) {
                return &routes[i];
            }
            *other_method = &routes[i];
        }
    }
    return NULL;
}

static void on_arrived(void *self, Exchange *exchange) {
    Server *server = self;
    const Route *other_method = NULL;
    const Route *route = find_route(exchange, &other_method);
    const unsigned refused = exchange_refused(exchange);
    if (server->pace.is_over) {
        refuse(exchange, 503, "SIMULATION_OVER", "The simulated span is over.");
    } else if (route == NULL) {
        refuse_route(exchange, other_method);
    } else if (!route->is_open && !has_key(server, exchange)) {
        exchange_add_header(exchange, "www-authenticate", "Bearer");
        refuse(exchange, 401, "invalid_api_key",
               "expected the key of --api-key as \"Authorization: Bearer KEY\"");
    } else if (is_foreign(exchange)) {
        refuse(exchange, 403, "foreign_origin", "a page of another site asked for this");
    } else if (refused == 413) {
        refuse(exchange, 413, "body_too_large", "expected a body of at most 4 MiB");
    } else if (refused != 0) {
        refuse(exchange, refused, "bodies_too_large",
               "the bodies of all requests that are being read exceed 256 MiB");
    } else {
        route->answer(server, exchange);
    }
}

static void on_over(void *self, Exchange *exchange, bool sent) {
    (void)sent;
    Server *server = self;
    for (size_t i = 0; i < server->jump_count; i++) {
        if (server->jumps[i].exchange == exchange) {
            server->jumps[i] = server->jumps[--server->jump_count];
            return;
        }
    }
    if (!feed_over(server->feed, exchange)) {
        inference_over(server->inference, exchange);
    }
}

/* The loop --------------------------------------------------------------------------------------
 */

static int64_t least(int64_t one, int64_t other) {
    return one < other ? one : other;
}

static void answer_jumps(Server *server) {
    for (size_t i = 0; i < server->jump_count;) {
        if (live_now(server->live) >= server->jumps[i].until) {
            answer_change(server, server->jumps[i].exchange);
            server->jumps[i] = server->jumps[--server->jump_count];
        } else {
            i++;
        }
    }
}

/* When there is something to do again, but for whoever comes. */
static int64_t next_turn(const Server *server, bool is_even, int64_t pump) {
    const int64_t now = http_clock();
    const int64_t event = pace_wall(&server->pace, live_next(server->live));
    const int64_t together = event < now + WAIT_NS_LEAST ? now + WAIT_NS_LEAST : event;
    return is_even ? least(least(together, pump), now + WAIT_NS_MOST) : now;
}

/* One turn: the run catches up, what it made is written, whoever is there is read. */
static void turn(Server *server) {
    pace_turn(&server->pace, http_clock());
    const bool is_even = pace_catch_up(&server->pace);
    const int64_t now = http_clock();
    answer_jumps(server);
    prometheus_note(server->prometheus, server->live, now);
    feed_tell(server->feed, now);
    const int64_t pump = inference_pump(server->inference, now);
    const int64_t wait = next_turn(server, is_even, pump) - http_clock();
    http_serve(server->http, wait > 0 ? wait : 0);
}

/* The last answers are written, as long as somebody reads. */
static void say_farewell(Server *server) {
    const int64_t latest = http_clock() + FAREWELL_NS_MOST;
    int64_t idle = http_clock() + FAREWELL_NS;
    size_t open = http_open_exchanges(server->http);
    http_stop_listening(server->http);
    while (open > 0 && http_clock() < least(idle, latest)) {
        http_serve(server->http, WAIT_NS_LEAST);
        const size_t left = http_open_exchanges(server->http);
        idle = left < open ? http_clock() + FAREWELL_NS : idle;
        open = left;
    }
}

void server_run(Server *server, const volatile sig_atomic_t *stop) {
    server->pace = pace_begin(server->live, server->options.speed, http_clock());
    while (*stop == 0 && !server->pace.is_over && !live_is_over(server->live)) {
        turn(server);
    }
}

asim_run_result server_end(Server *server, ErrorList *errors) {
    for (size_t i = 0; i < server->jump_count; i++) {
        server->jumps[i].until = 0;
    }
    answer_jumps(server);
    feed_tell_state(server->feed, http_clock());
    const asim_run_result result = live_finish(server->live, errors);
    server->pace.is_over = true;
    feed_end(server->feed);
    say_farewell(server);
    return result;
}

/* Making ----------------------------------------------------------------------------------------
 */

static void gather_observers(Server *server) {
    const ServerOptions *options = &server->options;
    size_t count = options->observer_count;
    server->observers = memory_new(count + FEED_OBSERVERS + 1, sizeof(asim_observer *));
    for (size_t i = 0; i < count; i++) {
        server->observers[i] = options->observers[i];
    }
    server->own_observer = prometheus_observer(server->prometheus);
    server->observers[count++] = &server->own_observer;
    count = feed_observers(server->feed, server->observers, count);
    server->run_options =
        (asim_run_options){.observers = server->observers, .observer_count = count};
}

Server *server_create(const ServerOptions *options, ErrorList *errors) {
    Server *server = memory_new(1, sizeof *server);
    server->options = *options;
    server->inference = inference_create(options->scenario, &server->pace);
    server->prometheus = prometheus_create(options->scenario);
    server->feed = feed_create(options->scenario, &server->pace);
    gather_observers(server);
    server->page = page_live(options->scenario, &server->page_errors);
    server->live = live_create(options->scenario, &server->run_options,
                               inference_listener(server->inference), errors);
    const HttpHandler handler = {.self = server, .arrived = on_arrived, .over = on_over};
    server->http = server->live != NULL ? http_open(options->listen, &handler, errors) : NULL;
    if (server->http == NULL) {
        server_destroy(server);
        return NULL;
    }
    return server;
}

const char *server_address(const Server *server) {
    return http_address(server->http);
}

bool server_is_loopback(const Server *server) {
    return http_is_loopback(server->http);
}

void server_print(const Server *server, FILE *stream) {
    const InferenceFigures figures = inference_figures(server->inference);
    fprintf(stream, "From outside: %llu requests, %llu of which hung up.\n",
            (unsigned long long)figures.requests, (unsigned long long)figures.hung_up);
    inference_print_overhead(server->inference, stream);
}

const Live *server_live(const Server *server) {
    return server->live;
}

void server_destroy(Server *server) {
    if (server == NULL) {
        return;
    }
    if (server->http != NULL) {
        http_close(server->http);
    }
    if (server->live != NULL) {
        live_destroy(server->live);
    }
    inference_destroy(server->inference);
    prometheus_destroy(server->prometheus);
    feed_destroy(server->feed);
    error_list_clear(&server->page_errors);
    free(server->page);
    free(server->jumps);
    free(server->observers);
    free(server);
}
