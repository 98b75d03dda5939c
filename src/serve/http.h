// SPDX-License-Identifier: GPL-3.0-or-later
/* HTTP by libmicrohttpd, in the caller's own thread: the engine that answers runs in the same one,
 * so that neither waits for the other's lock, and a request meets the engine at the instant at
 * which it was read (docs/serve.md has what that adds to an answer's time). Connections that wait
 * for the engine are suspended; their sockets are watched meanwhile, for whoever hangs up. What is
 * streamed is made when its reader has room for it: a slow one costs no memory.
 *
 * An exchange is one request and its answer. It begins when the request is whole and ends when the
 * answer is sent, or nobody is there to take it. */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "base/error.h"
#include "base/text.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct HttpServer HttpServer;
typedef struct Exchange Exchange;

#define HTTP_BODY_MOST ((size_t)4 * 1024 * 1024)     /* larger bodies are answered with 413 */
#define HTTP_BODIES_MOST ((size_t)256 * 1024 * 1024) /* of all being read; then 503 */
#define HTTP_CONNECTIONS_MOST 20000

typedef struct HttpHandler {
    void *self;
    /* A request is whole: to be answered now or later, once. */
    void (*arrived)(void *self, Exchange *exchange);
    /* The exchange is over, and is freed: sent whole, or not. Called once, also of one that was
     * never answered. */
    void (*over)(void *self, Exchange *exchange, bool sent);
} HttpHandler;

/* Makes what is to be sent next of a stream, into at most `most` bytes. */
enum { HTTP_NOTHING_YET = 0, HTTP_END = -1, HTTP_BREAK = -2 };
typedef ssize_t HttpReader(void *self, Exchange *exchange, char *bytes, size_t most);

/* For readers. As much of a text, from *at on, as there is room for. */
size_t http_put(const Text *text, size_t *at, char *bytes, size_t most);
/* All of `pending`, from *at on, and what make(self) puts in its place each time that it is at its
 * end; make returns above 0, or why it puts nothing there. */
ssize_t http_hand_out(Text *pending, size_t *at, char *bytes, size_t most,
                      ssize_t (*make)(void *self), void *self);

/* Listens at "127.0.0.1:8080", "[::1]:0", "localhost:8080" (port 0: a free one). NULL after adding
 * errors, which name the option --listen. */
HttpServer *http_open(const char *address, const HttpHandler *handler, ErrorList *errors);
/* "127.0.0.1:8080", with the port that it is; lent. */
const char *http_address(const HttpServer *server);
/* Can it be reached from this machine only? */
bool http_is_loopback(const HttpServer *server);
/* Serves what is there, and waits for more, at most `wait_ns`, or until a signal. */
void http_serve(HttpServer *server, int64_t wait_ns);
/* How many exchanges there are. */
size_t http_open_exchanges(const HttpServer *server);
/* No new connections from now on. */
void http_stop_listening(HttpServer *server);
/* Ends all exchanges, told over() each. */
void http_close(HttpServer *server);

/* Monotonic time of the wall in ns. */
int64_t http_clock(void);

/* The request; texts are lent for the exchange's life, the body until arrived() returns. */
const char *exchange_method(const Exchange *exchange);
const char *exchange_path(const Exchange *exchange);
const char *exchange_header(const Exchange *exchange, const char *name); /* NULL: none */
const char *exchange_body(const Exchange *exchange, size_t *length);     /* with a NUL after it */
/* 413 or 503: its body was too large, or there was no room for it, and is not there; else 0. */
unsigned exchange_refused(const Exchange *exchange);
/* What its owner keeps with it; NULL at first. */
void *exchange_owner(const Exchange *exchange);
void exchange_set_owner(Exchange *exchange, void *owner);

/* The answer, headers first (after exchange_answer or exchange_stream they are gone). */
void exchange_add_header(Exchange *exchange, const char *name, const char *value);
/* type: Content-Type. The body, made by malloc, is the exchange's from then on. */
void exchange_answer(Exchange *exchange, unsigned status, const char *type, char *body,
                     size_t length);
/* 200; reader(self, ...) is asked for the body, of `length` bytes (HTTP_LENGTH_UNKNOWN: until it
 * says so), whenever there is room, and, after HTTP_NOTHING_YET, when exchange_wake says that there
 * is more. */
#define HTTP_LENGTH_UNKNOWN UINT64_MAX
void exchange_stream(Exchange *exchange, const char *type, uint64_t length, HttpReader *reader,
                     void *self);
void exchange_wake(Exchange *exchange);
/* Breaks the connection off, without another word. */
void exchange_break(Exchange *exchange);

#endif
