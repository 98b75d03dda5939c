// SPDX-License-Identifier: GPL-3.0-or-later
/* A closed loop: a number of users, each of whom sends, waits until the request has ended
 * (answered, given up or abandoned), thinks, and sends again. Load falls off by itself when answers
 * are slow. */
#ifndef TRAFFIC_CLOSED_LOOP_H
#define TRAFFIC_CLOSED_LOOP_H

#include "traffic/synthetic.h"

#define CLOSED_LOOP_USERS_MOST 1000000

typedef struct ClosedLoopConfig {
    SyntheticConfig common;
    int64_t users;
    Distribution think_time;
} ClosedLoopConfig;

extern const Option closed_loop_options[];
void closed_loop_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *closed_loop_open(const void *config, const TrafficContext *context);

#endif
