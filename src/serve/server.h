// SPDX-License-Identifier: GPL-3.0-or-later
/* A simulated deployment that answers on HTTP: a live run at the wall clock's pace, and whoever
 * asks it something. One thread does both in turns. */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "sim/live.h"

#include <stdio.h>

typedef struct Server Server;

/* All lent for the server's life. */
typedef struct ServerOptions {
    const Scenario *scenario; /* has a duration */
    const char *listen;
    const char *api_key; /* NULL: nobody is asked for one */
    double speed;
    const asim_observer *const *observers; /* beside the server's own */
    size_t observer_count;
} ServerOptions;

/* It listens from now on, its clock stands at the run's beginning. NULL after adding errors. */
Server *server_create(const ServerOptions *options, ErrorList *errors);
/* "127.0.0.1:8080", with the port that it is; lent. */
const char *server_address(const Server *server);
bool server_is_loopback(const Server *server);
/* Serves until *stop is not 0, the span is over or the run fails. */
void server_run(Server *server, const volatile sig_atomic_t *stop);
/* Requests in flight come to their end at once, and are answered. The observers hear the end. On
 * ASIM_RUN_FAILED errors were added. */
asim_run_result server_end(Server *server, ErrorList *errors);
/* What came from outside, and what the server added to it, in two lines. */
void server_print(const Server *server, FILE *stream);
/* For live_write_replay; lent. */
const Live *server_live(const Server *server);
void server_destroy(Server *server);

#endif
