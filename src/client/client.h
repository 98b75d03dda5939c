// SPDX-License-Identifier: GPL-3.0-or-later
/* What a client does on an error (model 3): which answers it sends again after, how long it waits,
 * when it gives up. The presets are the documentation's three samples. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "engine/options.h"

typedef enum ClientJitter {
    CLIENT_JITTER_NONE,
    CLIENT_JITTER_FULL,
    CLIENT_JITTER_EQUAL
} ClientJitter;

typedef struct ClientConfig {
    int64_t max_sends;    /* in all, the first included */
    sim_time first_delay; /* before the second send */
    double factor;        /* of each delay to the one before */
    sim_time cap;         /* of a delay; SIM_TIME_NEVER: none */
    int jitter; /* none; full: uniform on [0, delay]; equal: delay/2 + uniform on [0, delay/2] */
    bool retry_broken;      /* after a connection that broke in mid-answer too */
    OptionNumbers retry_on; /* status codes, among 400 404 429 503; default [503] */
    sim_time timeout;       /* of one send until its whole answer; SIM_TIME_NEVER: none */
} ClientConfig;

extern const Option client_options[];

#define CLIENT_SENDS_MOST 1000

/* The presets: "python", "javascript", "curl", "none", and "custom": the table's defaults, no cap.
 */
extern const char *const client_preset_names[]; /* NULL-terminated */
/* Fills config, whose old content is not freed, with a preset (its lists are allocated:
 * options_clear(client_options, config)); false, leaving it, if there is none of that name. */
bool client_preset(const char *name, ClientConfig *config);

/* Checks that retry_on holds statuses that a deployment can answer. */
void client_check(const void *config, const Error *where, ErrorList *errors);

/* Delay after the n-th send (n >= 1) before jitter: first_delay * factor^(n-1), capped; computed by
 * repeated multiplication, as the samples do, in seconds. At most SIM_TIME_LONGEST. */
sim_time client_delay(const ClientConfig *config, uint32_t sends);

bool client_retries(const ClientConfig *config, int status);

#endif
