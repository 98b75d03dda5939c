// SPDX-License-Identifier: GPL-3.0-or-later
/* What every source shares, recorded or generated: token lengths of requests that come without
 * them, and more or less of the source, later. Less is thinning: each request is kept with the same
 * probability. More is superposition: further copies of the source, with random streams of their
 * own; copies of one recorded file are moved by a random time each, lest its bursts coincide. */
#ifndef TRAFFIC_REQUESTS_H
#define TRAFFIC_REQUESTS_H

#include "engine/distribution.h"
#include "traffic/traffic.h"

typedef struct Distribution Distribution;
typedef struct RandomStream RandomStream;

#define REQUESTS_COPIES_MOST 1000

typedef struct RequestsConfig {
    Distribution prompt_tokens, output_tokens;
    int lengths; /* index into length_tables, or OPTION_ABSENT_CHOICE */
    double rate_scale;
    sim_time shift; /* added to all times */
} RequestsConfig;

/* The rows of the option table of a config with the RequestsConfig `requests`. */
#define REQUESTS_TOKENS(Config, member, text)                                                      \
    {                                                                                              \
        .name = #member, .type = OPTION_LENGTH, .offset = offsetof(Config, requests.member),       \
        .minimum = 1, .maximum = 2147483648.0, .help = text                                        \
    }
#define REQUESTS_OPTIONS(Config, which)                                                            \
    REQUESTS_TOKENS(Config, prompt_tokens, "prompt tokens per request" which),                     \
        REQUESTS_TOKENS(Config, output_tokens, "output tokens per request" which),                 \
        {.name = "lengths",                                                                        \
         .type = OPTION_CHOICE,                                                                    \
         .offset = offsetof(Config, requests.lengths),                                             \
         .choices = &length_tables[0].name,                                                        \
         .choice_size = sizeof length_tables[0],                                                   \
         .help = "token lengths of a published trace, for what prompt_tokens and output_tokens "   \
                 "leave open"},                                                                    \
        {.name = "rate_scale",                                                                     \
         .type = OPTION_NUMBER,                                                                    \
         .offset = offsetof(Config, requests.rate_scale),                                          \
         .maximum = REQUESTS_COPIES_MOST,                                                          \
         .above_minimum = true,                                                                    \
         .default_text = "1",                                                                      \
         .help = "multiplies the rate: below 1 by leaving requests out at random, above 1 by "     \
                 "adding independent copies of the source"},                                       \
    {                                                                                              \
        .name = "shift", .type = OPTION_DURATION, .offset = offsetof(Config, requests.shift),      \
        .maximum = 315619200, .default_text = "0s",                                                \
        .help = "the whole source comes this much later"                                           \
    }

/* Token lengths of published traces by name, as data with their sources: published.c. */
typedef struct LengthTable {
    const char *name;                /* heads the row: the choices of `lengths` */
    const char *source;              /* where the figures come from, and what they are */
    double prompt_mean, output_mean; /* of the trace itself; NAN: not known */
    Distribution prompt, output; /* tables are static: never cleared; to be prepared before use */
} LengthTable;

/* Ends with a row whose name is NULL. */
extern const LengthTable length_tables[];

/* Lengths, each kind from a random stream of its own, so that another distribution shifts no
 * arrival. */
typedef struct RequestLengths {
    const Distribution *prompt; /* lent, or below; NULL: not drawn */
    const Distribution *output;
    Distribution named_prompt; /* of the table that the user names */
    Distribution named_output;
    RandomStream prompt_stream;
    RandomStream output_stream;
} RequestLengths;

/* Was the option given? (An absent one reads as 0 tokens, which nobody can ask for.) */
static inline bool lengths_given(const Distribution *lengths) {
    return lengths->kind != DISTRIBUTION_FIXED || lengths->a > 0;
}

/* Are the prompts' lengths drawn, whatever a file says of them? */
bool lengths_draw_prompts(const RequestsConfig *config);

/* The config is lent; the lengths must not be moved afterwards. */
void lengths_init(RequestLengths *lengths, const RequestsConfig *config,
                  const TrafficContext *context);
/* Fills the lengths of the block that are drawn. */
void lengths_draw(RequestLengths *lengths, asim_arrival *block, size_t count);
/* Adds an error when the two leave nothing open that the named table could fill. */
void lengths_check_named(const RequestsConfig *config, const Error *where, ErrorList *errors);
/* So, and one for each of the two options that is absent. */
void lengths_check(const RequestsConfig *config, const Error *where, ErrorList *errors);

/* All counts but that of the requests. */
void traffic_counts_add_rows(asim_traffic_counts *sum, const asim_traffic_counts *more);

typedef asim_traffic_source *RequestsOpen(const TrafficKind *kind, const void *config,
                                          const TrafficContext *context);

/* Opens the source by `open`, and copies of it by the config's rate_scale, which begin up to
 * `jitter` late, at random. */
asim_traffic_source *requests_open(const RequestsConfig *requests, sim_time jitter,
                                   const TrafficKind *kind, const void *config,
                                   const TrafficContext *context, RequestsOpen *open);

#endif
