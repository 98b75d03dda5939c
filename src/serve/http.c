// SPDX-License-Identifier: GPL-3.0-or-later
#define _GNU_SOURCE /* EPOLLRDHUP */
#include "serve/http.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Of a connection: the request's line and headers, and what is about to be written. */
#define CONNECTION_MEMORY ((size_t)16 * 1024)
/* A connection that neither reads nor writes for so long is closed. */
#define IDLE_SECONDS_MOST 75u
/* Of one read of a stream. */
#define STREAM_BLOCK 4096
#define LISTEN_BACKLOG 4096
#define HANG_UPS_AT_ONCE 256
/* A body beyond HTTP_BODY_MOST whose length was not told is read on and dropped, so that its sender
 * reads the 413; so much of it. */
#define DROPPED_MOST (16 * HTTP_BODY_MOST)

struct HttpServer {
    struct MHD_Daemon *daemon;
    int socket, events, watch; /* listening; MHD's epoll; ours, of suspended connections */
    HttpHandler handler;
    Text address;
    bool is_loopback;
    Exchange *first;
    size_t exchanges;
    size_t body_bytes; /* of all exchanges */
};

struct Exchange {
    HttpServer *server;
    struct MHD_Connection *connection;
    char *path;
    const char *method; /* lent */
    Text body;
    unsigned refused;
    size_t dropped;
    Exchange *previous, *next; /* of all that are open */
    void *owner;
    struct MHD_Response *response; /* made, not yet queued */
    Text headers;                  /* "name\0value\0" until there is a response */
    unsigned status;
    HttpReader *reader;
    void *reader_self;
    bool has_arrived, is_suspended, is_watched, is_broken;
};

int64_t http_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Suspending, and whoever hangs up meanwhile ----------------------------------------------------
 */

static int socket_of(const Exchange *exchange) {
    return MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
        ->connect_fd;
}

static void suspend(Exchange *exchange) {
    asim_assert(!exchange->is_suspended);
    exchange->is_suspended = true;
    MHD_suspend_connection(exchange->connection);
    if (!exchange->is_watched) {
        struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = exchange};
        exchange->is_watched =
            epoll_ctl(exchange->server->watch, EPOLL_CTL_ADD, socket_of(exchange), &event) == 0;
    }
}

static void unwatch(Exchange *exchange) {
    if (exchange->is_watched) {
        epoll_ctl(exchange->server->watch, EPOLL_CTL_DEL, socket_of(exchange), NULL);
        exchange->is_watched = false;
    }
}

void exchange_wake(Exchange *exchange) {
    if (exchange->is_suspended) {
        exchange->is_suspended = false;
        MHD_resume_connection(exchange->connection);
    }
}

void exchange_break(Exchange *exchange) {
    exchange->is_broken = true;
    exchange_wake(exchange);
}

static void look_for_hang_ups(HttpServer *server) {
    struct epoll_event events[HANG_UPS_AT_ONCE];
    const int count = epoll_wait(server->watch, events, HANG_UPS_AT_ONCE, 0);
    for (int i = 0; i < count; i++) {
        Exchange *exchange = events[i].data.ptr;
        unwatch(exchange);
        exchange_break(exchange);
    }
}

/* A request comes in ----------------------------------------------------------------------------
 */

static enum MHD_Result exchange_begin(HttpServer *server, struct MHD_Connection *connection,
                                      const char *path, const char *method, void **kept) {
    Exchange *exchange = memory_new(1, sizeof *exchange);
    *exchange = (Exchange){.server = server, .connection = connection};
    exchange->path = memory_text(path);
    exchange->method = method;
    exchange->next = server->first;
    if (server->first != NULL) {
        server->first->previous = exchange;
    }
    server->first = exchange;
    server->exchanges++;
    *kept = exchange;
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (length != NULL && strtoull(length, NULL, 10) > HTTP_BODY_MOST) {
        exchange->refused = MHD_HTTP_CONTENT_TOO_LARGE; /* before it is sent */
        exchange->has_arrived = true;
        server->handler.arrived(server->handler.self, exchange);
    }
    return MHD_YES;
}

static void drop_body(Exchange *exchange) {
    exchange->server->body_bytes -= exchange->body.length;
    text_clear(&exchange->body);
}

static enum MHD_Result read_body(Exchange *exchange, const char *bytes, size_t *count) {
    HttpServer *server = exchange->server;
    const size_t more = *count;
    *count = 0;
    const bool fits = exchange->body.length + more <= HTTP_BODY_MOST;
    if (exchange->refused == 0 && fits && server->body_bytes + more <= HTTP_BODIES_MOST) {
        text_add_bytes(&exchange->body, bytes, more);
        server->body_bytes += more;
        return MHD_YES;
    }
    if (exchange->refused == 0) {
        exchange->refused = fits ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_CONTENT_TOO_LARGE;
    }
    exchange->dropped += more;
    drop_body(exchange);
    return exchange->dropped > DROPPED_MOST ? MHD_NO : MHD_YES;
}

static enum MHD_Result send_answer(Exchange *exchange) {
    const enum MHD_Result queued =
        MHD_queue_response(exchange->connection, exchange->status, exchange->response);
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    return queued;
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **kept) {
    (void)version;
    if (*kept == NULL) {
        const enum MHD_Result began = exchange_begin(self, connection, path, method, kept);
        Exchange *refused = *kept;
        return refused->response != NULL ? send_answer(refused) : began;
    }
    Exchange *exchange = *kept;
    if (*upload_size > 0) {
        return read_body(exchange, upload, upload_size);
    }
    if (!exchange->has_arrived) {
        exchange->has_arrived = true;
        exchange->server->handler.arrived(exchange->server->handler.self, exchange);
        drop_body(exchange); /* an answer may take long */
    }
    if (exchange->is_broken) {
        return MHD_NO;
    }
    if (exchange->response != NULL) {
        return send_answer(exchange);
    }
    suspend(exchange);
    return MHD_YES;
}

static void on_over(void *self, struct MHD_Connection *connection, void **kept,
                    enum MHD_RequestTerminationCode how) {
    (void)self;
    (void)connection;
    Exchange *exchange = *kept;
    if (exchange == NULL) {
        return;
    }
    HttpServer *server = exchange->server;
    unwatch(exchange);
    server->handler.over(server->handler.self, exchange,
                         how == MHD_REQUEST_TERMINATED_COMPLETED_OK && !exchange->is_broken);
    *(exchange->previous != NULL ? &exchange->previous->next : &server->first) = exchange->next;
    if (exchange->next != NULL) {
        exchange->next->previous = exchange->previous;
    }
    server->exchanges--;
    drop_body(exchange);
    if (exchange->response != NULL) {
        MHD_destroy_response(exchange->response);
    }
    text_clear(&exchange->headers);
    free(exchange->path);
    free(exchange);
    *kept = NULL;
}

/* Requests and answers --------------------------------------------------------------------------
 */

const char *exchange_method(const Exchange *exchange) {
    return exchange->method;
}

const char *exchange_path(const Exchange *exchange) {
    return exchange->path;
}

const char *exchange_header(const Exchange *exchange, const char *name) {
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

const char *exchange_body(const Exchange *exchange, size_t *length) {
    *length = exchange->body.length;
    return exchange->body.text != NULL ? exchange->body.text : "";
}

unsigned exchange_refused(const Exchange *exchange) {
    return exchange->refused;
}

void *exchange_owner(const Exchange *exchange) {
    return exchange->owner;
}

void exchange_set_owner(Exchange *exchange, void *owner) {
    exchange->owner = owner;
}

void exchange_add_header(Exchange *exchange, const char *name, const char *value) {
    text_add_bytes(&exchange->headers, name, strlen(name) + 1);
    text_add_bytes(&exchange->headers, value, strlen(value) + 1);
}

static void respond(Exchange *exchange, unsigned status, const char *type,
                    struct MHD_Response *response) {
    asim_assert(exchange->response == NULL);
    exchange->response = memory_checked(response);
    exchange->status = status;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    const char *end = exchange->headers.text + exchange->headers.length;
    for (const char *name = exchange->headers.text; name != NULL && name < end;) {
        const char *value = name + strlen(name) + 1;
        MHD_add_response_header(response, name, value);
        name = value + strlen(value) + 1;
    }
    text_clear(&exchange->headers);
    exchange_wake(exchange);
}

void exchange_answer(Exchange *exchange, unsigned status, const char *type, char *body,
                     size_t length) {
    respond(exchange, status, type,
            MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE));
}

static ssize_t read_stream(void *self, uint64_t at, char *bytes, size_t most) {
    (void)at;
    Exchange *exchange = self;
    if (exchange->is_broken) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    const ssize_t count = exchange->reader(exchange->reader_self, exchange, bytes, most);
    if (count > 0) {
        return count;
    }
    if (count == HTTP_NOTHING_YET) {
        suspend(exchange);
        return 0;
    }
    return count == HTTP_END ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

size_t http_put(const Text *text, size_t *at, char *bytes, size_t most) {
    const size_t left = text->length - *at;
    const size_t count = left < most ? left : most;
    if (count > 0) {
        memcpy(bytes, text->text + *at, count);
        *at += count;
    }
    return count;
}

ssize_t http_hand_out(Text *pending, size_t *at, char *bytes, size_t most,
                      ssize_t (*make)(void *self), void *self) {
    size_t count = 0;
    while (count < most) {
        if (*at == pending->length) {
            pending->length = *at = 0;
            const ssize_t made = make(self);
            if (made <= 0) {
                return count > 0 ? (ssize_t)count : made;
            }
        }
        count += http_put(pending, at, bytes + count, most - count);
    }
    return (ssize_t)count;
}

void exchange_stream(Exchange *exchange, const char *type, uint64_t length, HttpReader *reader,
                     void *self) {
    exchange->reader = reader;
    exchange->reader_self = self;
    respond(exchange, MHD_HTTP_OK, type,
            MHD_create_response_from_callback(length, STREAM_BLOCK, read_stream, exchange, NULL));
}

/* Listening -------------------------------------------------------------------------------------
 */

/* "[::1]:8080" -> "::1" and "8080". */
static bool split_address(const char *address, char **host, const char **port) {
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address) {
        return false;
    }
    const bool bracketed = *address == '[' && colon[-1] == ']';
    const char *start = bracketed ? address + 1 : address;
    const size_t length = (size_t)(colon - start) - bracketed;
    char *end;
    const unsigned long number = strtoul(colon + 1, &end, 10);
    *host = memory_text_n(start, length);
    *port = colon + 1;
    return length > 0 && colon[1] >= '0' && colon[1] <= '9' && *end == '\0' && number <= 65535 &&
           (bracketed || memchr(start, ':', length) == NULL);
}

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *inet = (const struct sockaddr_in *)(const void *)address;
        return ntohl(inet->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *inet6 = (const struct sockaddr_in6 *)(const void *)address;
    return IN6_IS_ADDR_LOOPBACK(&inet6->sin6_addr);
}

static bool bind_to(HttpServer *server, const struct addrinfo *info) {
    const int yes = 1;
    server->socket = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->socket < 0) {
        return false;
    }
    setsockopt(server->socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(server->socket, info->ai_addr, info->ai_addrlen) != 0 ||
        listen(server->socket, LISTEN_BACKLOG) != 0) {
        const int reason = errno;
        close(server->socket);
        server->socket = -1;
        errno = reason;
        return false;
    }
    server->is_loopback = is_loopback(info->ai_addr);
    return true;
}

static void name_address(HttpServer *server) {
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    struct sockaddr *address = (struct sockaddr *)(void *)&bound;
    if (getsockname(server->socket, address, &length) == 0 &&
        getnameinfo(address, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        text_addf(&server->address, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    }
}

static bool listen_at(HttpServer *server, const char *address, ErrorList *errors) {
    char *host = NULL;
    const char *port = NULL;
    struct addrinfo *found = NULL;
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    const char expected[] = "HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080 (port 0: a free one)";
    const bool is_address = split_address(address, &host, &port);
    const int missing = is_address ? getaddrinfo(host, port, &wanted, &found) : 0;
    free(host);
    if (!is_address) {
        return error_found_in_option(errors, "listen", expected, "%s", address);
    }
    if (missing != 0) {
        return error_found_in_option(errors, "listen", expected, "%s (%s)", address,
                                     gai_strerror(missing));
    }
    const bool bound = bind_to(server, found);
    const int reason = errno;
    freeaddrinfo(found);
    if (!bound) {
        return error_found_in_option(errors, "listen",
                                     "an address of this machine and a port that is free",
                                     "%s (%s)", address, strerror(reason));
    }
    name_address(server);
    return true;
}

/* As many connections as the system lets us have, less some files. */
static unsigned connections_most(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 256;
    }
    const rlim_t wanted = HTTP_CONNECTIONS_MOST + 128;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    const rlim_t most = limit.rlim_cur > 256 ? limit.rlim_cur - 128 : limit.rlim_cur / 2;
    return most < HTTP_CONNECTIONS_MOST ? (unsigned)most : HTTP_CONNECTIONS_MOST;
}

static void say_nothing(void *self, const char *format, va_list arguments) {
    (void)self;
    (void)format;
    (void)arguments;
}

static bool start_daemon(HttpServer *server) {
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request,
        server, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_LISTEN_SOCKET,
        server->socket, MHD_OPTION_CONNECTION_LIMIT, connections_most(),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT,
        IDLE_SECONDS_MOST, MHD_OPTION_NOTIFY_COMPLETED, on_over, NULL, MHD_OPTION_END);
    if (server->daemon == NULL) {
        return false;
    }
    server->events = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return true;
}

HttpServer *http_open(const char *address, const HttpHandler *handler, ErrorList *errors) {
    HttpServer *server = memory_new(1, sizeof *server);
    server->handler = *handler;
    server->socket = -1;
    server->watch = epoll_create1(EPOLL_CLOEXEC);
    if (server->watch < 0 || !listen_at(server, address, errors) || !start_daemon(server)) {
        if (errors->count == 0) {
            error_unwritable(errors, address, errno, "a socket to listen at");
        }
        http_close(server);
        return NULL;
    }
    return server;
}

const char *http_address(const HttpServer *server) {
    return server->address.text;
}

bool http_is_loopback(const HttpServer *server) {
    return server->is_loopback;
}

size_t http_open_exchanges(const HttpServer *server) {
    return server->exchanges;
}

void http_serve(HttpServer *server, int64_t wait_ns) {
    MHD_UNSIGNED_LONG_LONG idle_ms;
    if (MHD_get_timeout(server->daemon, &idle_ms) == MHD_YES &&
        (int64_t)idle_ms * 1000000 < wait_ns) {
        wait_ns = (int64_t)idle_ms * 1000000;
    }
    fd_set reading;
    FD_ZERO(&reading);
    FD_SET(server->events, &reading);
    FD_SET(server->watch, &reading);
    const struct timespec wait = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
    const int highest = server->events > server->watch ? server->events : server->watch;
    if (pselect(highest + 1, &reading, NULL, NULL, &wait, NULL) > 0 &&
        FD_ISSET(server->watch, &reading)) {
        look_for_hang_ups(server);
    }
    MHD_run(server->daemon);
}

void http_stop_listening(HttpServer *server) {
    if (server->socket >= 0) {
        const int socket = (int)MHD_quiesce_daemon(server->daemon);
        if (socket >= 0) {
            close(socket);
        }
        server->socket = -1;
    }
}

void http_close(HttpServer *server) {
    if (server->daemon != NULL) {
        http_stop_listening(server);
        for (Exchange *exchange = server->first; exchange != NULL; exchange = exchange->next) {
            exchange_break(exchange); /* none may be suspended when it stops */
        }
        MHD_stop_daemon(server->daemon);
    } else if (server->socket >= 0) {
        close(server->socket);
    }
    if (server->watch >= 0) {
        close(server->watch);
    }
    text_clear(&server->address);
    free(server);
}
