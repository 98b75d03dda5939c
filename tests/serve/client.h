// SPDX-License-Identifier: GPL-3.0-or-later
/* The program as a server beside the test, and a client of it: plain sockets, so that what goes
 * over the wire is what the test says. */
#ifndef TESTS_SERVE_CLIENT_H
#define TESTS_SERVE_CLIENT_H

#include "support/program.h"

typedef struct Served {
    RunningProgram program;
    int port;
} Served;

/* `serve --listen 127.0.0.1:0` with these arguments more, ended by NULL, once it listens. */
Served serve_start(const char *const arguments[]);
#define SERVE(...) serve_start((const char *const[]){__VA_ARGS__, NULL})
/* By SIGINT: what it printed, and how it ended. */
ProgramResult serve_stop(Served *served);
/* When it ends by itself. */
ProgramResult serve_wait(Served *served);
/* At the end of each test, which may have failed: none is left. */
void serve_end(void);

/* A connection; reads and writes that take 20 s fail the test. */
int client_connect(const Served *served);
void client_send(int connection, const char *bytes, size_t length);

typedef struct ClientAnswer {
    int status; /* 0: none came */
    char *text; /* all that came, with a NUL after it */
    char *body; /* behind its head, chunks joined; lent of text */
} ClientAnswer;
/* All that comes until the other side closes. */
ClientAnswer client_read(int connection);
void client_clear(ClientAnswer *answer);

/* One request on a connection of its own: headers are whole lines, each with its "\r\n"; body may
 * be NULL. */
ClientAnswer client_ask(const Served *served, const char *method, const char *path,
                        const char *headers, const char *body);
/* The request's text, owned by the caller. */
char *client_request(const char *method, const char *path, const char *headers, const char *body);

#endif
