// SPDX-License-Identifier: GPL-3.0-or-later
/* The life of one request: each send with its answer and why, each wait with its arithmetic, what
 * the autoscaler did meanwhile, and its way through a replica. */
#ifndef OUTPUT_NARRATION_REQUEST_H
#define OUTPUT_NARRATION_REQUEST_H

#include "base/paragraph.h"
#include "output/narration_log.h"

typedef struct RequestLife {
    uint64_t id;
    bool ended; /* `request` is filled */
    asim_request request;
    asim_refusal *refusals; /* of its sends, in order */
    size_t refusal_count, refusal_room;
} RequestLife;

void request_life_init(RequestLife *life, uint64_t id);
void request_life_clear(RequestLife *life);
asim_observer request_life_observer(RequestLife *life);

/* log: of the whole run. The request has ended. */
void request_life_print(FILE *stream, const RequestLife *life, const NarrationLog *log);

#endif
