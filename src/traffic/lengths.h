// SPDX-License-Identifier: GPL-3.0-or-later
/* Token lengths of requests that come without them, each kind from a random stream of its own, so
 * that another length distribution shifts no arrival. */
#ifndef TRAFFIC_LENGTHS_H
#define TRAFFIC_LENGTHS_H

#include "engine/distribution.h"
#include "traffic/length_tables.h"
#include "traffic/traffic.h"

typedef struct TrafficLengths {
    const Distribution *prompt; /* lent, or below; NULL: not drawn */
    const Distribution *output;
    Distribution named_prompt; /* of the table that the user names */
    Distribution named_output;
    RandomStream prompt_stream;
    RandomStream output_stream;
} TrafficLengths;

/* Was the option given? (An absent one reads as 0 tokens, which nobody can ask for.) */
static inline bool lengths_given(const Distribution *lengths) {
    return lengths->kind != DISTRIBUTION_FIXED || lengths->a > 0;
}

/* named: index into length_tables, for what is not given, or OPTION_ABSENT_CHOICE. The lengths must
 * not be moved afterwards. */
void lengths_init(TrafficLengths *lengths, const Distribution *prompt, const Distribution *output,
                  int named, const TrafficContext *context);

/* Fills the lengths of the block that are drawn. */
void lengths_draw(TrafficLengths *lengths, asim_arrival *block, size_t count);

/* The row of the option table for a table of lengths by name. */
#define LENGTHS_OPTION(Config, member)                                                             \
    {                                                                                              \
        .name = "lengths", .type = OPTION_CHOICE, .offset = offsetof(Config, member),              \
        .choices = length_table_choices,                                                           \
        .help = "token lengths of a published trace, for what prompt_tokens and output_tokens "    \
                "leave open"                                                                       \
    }

/* Adds an error when the two leave nothing open that the named table could fill. */
void lengths_check_named(const Distribution *prompt, const Distribution *output, int named,
                         const Error *where, ErrorList *errors);
/* So, and one for each of the two options that is absent. */
void lengths_check(const Distribution *prompt, const Distribution *output, int named,
                   const Error *where, ErrorList *errors);

#endif
