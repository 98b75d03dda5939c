// SPDX-License-Identifier: GPL-3.0-or-later
/* Token lengths of requests that come without them, each kind from a random stream of its own, so
 * that another length distribution shifts no arrival. */
#ifndef TRAFFIC_LENGTHS_H
#define TRAFFIC_LENGTHS_H

#include "engine/distribution.h"
#include "traffic/traffic.h"

typedef struct TrafficLengths {
    const Distribution *prompt; /* lent; NULL: not drawn */
    const Distribution *output;
    RandomStream prompt_stream;
    RandomStream output_stream;
} TrafficLengths;

/* Was the option given? (An absent one reads as 0 tokens, which nobody can ask for.) */
static inline bool lengths_given(const Distribution *lengths) {
    return lengths->kind != DISTRIBUTION_FIXED || lengths->a > 0;
}

void lengths_init(TrafficLengths *lengths, const Distribution *prompt, const Distribution *output,
                  const TrafficContext *context);

/* Fills the lengths of the block that are drawn. */
void lengths_draw(TrafficLengths *lengths, asim_arrival *block, size_t count);

/* Adds an error for each of the two options that is absent. */
void lengths_check(const Distribution *prompt, const Distribution *output, const Error *where,
                   ErrorList *errors);

/* Adds an error at the option: where->place with ".name" after it. */
void traffic_option_error(const Error *where, const char *name, const char *found,
                          const char *expected, ErrorList *errors);

#endif
