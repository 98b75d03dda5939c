// SPDX-License-Identifier: GPL-3.0-or-later
/* A source of requests, read in blocks so that its cost per request is a loop's, and streamed: its
 * memory does not grow with the number of requests. */
#ifndef AUTOSCALE_SIM_TRAFFIC_SOURCE_H
#define AUTOSCALE_SIM_TRAFFIC_SOURCE_H

#include "autoscale_sim/types.h"

/* What is known of the part of a prompt that was seen before (model 2). */
typedef enum asim_past_kind {
    ASIM_PAST_NONE,         /* nothing: all of it is new */
    ASIM_PAST_CACHED,       /* `tokens` of it hit the recorded cache; `key`: whose they are */
    ASIM_PAST_CONVERSATION, /* all before its new tokens, of conversation `key`; it begins with
                               `tokens` that all conversations of its source share */
    ASIM_PAST_HASHES        /* what each of its blocks is: `hashes` */
} asim_past_kind;

/* Blocks of a prompt by content: an id stands for a block together with all that is before it.
 * Shared by count between a source, the replications of a plan and the requests in flight
 * (traffic/prompt_hashes.h). */
typedef struct asim_prompt_hashes asim_prompt_hashes;

typedef union asim_past {
    struct {
        uint32_t key; /* conversation, user or the like, within its source; 0 if the log has none */
        uint32_t tokens;
    } seen;
    asim_prompt_hashes *hashes; /* one count of it is the arrival's, and whoever takes it over */
} asim_past;

/* One request as it first comes from its user. */
typedef struct asim_arrival {
    sim_time time;
    uint32_t prompt_tokens; /* >= 1 */
    uint32_t output_tokens; /* >= 1 */
    uint32_t user;          /* of a closed loop, from 0; else 0 */
    uint16_t source;        /* which of the deployment's sources, from 0 */
    uint8_t past_kind;      /* asim_past_kind */
    asim_past past;
    /* 0: its client does as the deployment's clients do. Else it sends this once, whatever answer
     * it gets, and hangs up after so long, if it has none by then (SIM_TIME_NEVER: it waits). */
    sim_time waits;
} asim_arrival;

/* What decided the unit of a recording's times where its format leaves that open: bits. */
enum {
    ASIM_SECONDS_BY_FRACTION = 1 << 0,
    ASIM_SECONDS_BY_RATE = 1 << 1,
    ASIM_SECONDS_BY_INSTANT = 1 << 2,
    ASIM_MILLISECONDS_BY_RATE = 1 << 3,
    ASIM_MILLISECONDS_BY_INSTANT = 1 << 4
};

/* What the values of bins were taken for where neither the user nor the format says it: bits. */
enum { ASIM_COUNTS_WITHOUT_UNIT = 1 << 0, ASIM_RATES_BY_UNIT = 1 << 1 };

/* What was taken off the lines of a log before they were read: bits. */
enum {
    ASIM_PREFIX_DOCKER = 1 << 0, /* its json-file */
    ASIM_PREFIX_CRI = 1 << 1,
    ASIM_PREFIX_KUBECTL = 1 << 2,
    ASIM_PREFIX_COMPOSE = 1 << 3,
    ASIM_PREFIX_SYSLOG = 1 << 4,
    ASIM_PREFIX_TIMESTAMPS = 1 << 5
};

typedef struct asim_traffic_counts {
    uint64_t rows;     /* data rows read so far (recorded sources) */
    uint64_t requests; /* arrivals given out so far */
    uint64_t failed;   /* rows that record a failed request (BurstGPT's 0 response tokens): left out
                        */
    uint64_t skipped;  /* bad rows left out because of on_bad_row: skip */
    uint64_t outside;  /* rows left out by from/to or by the scenario's end */
    uint64_t foreign;  /* of these, lines of other programs behind prefixes */
    /* Good rows that tell when an answer ended: */
    uint64_t ends_moved; /* and how long it took: it arrived that much earlier */
    uint64_t ends_kept;  /* and nothing else: the end is taken for the arrival */
    uint32_t units;      /* ASIM_SECONDS_BY_FRACTION, ... */
    uint32_t prefixes;   /* ASIM_PREFIX_DOCKER, ... */
    uint32_t values;     /* ASIM_COUNTS_WITHOUT_UNIT, ... */
} asim_traffic_counts;

typedef struct asim_traffic_source asim_traffic_source;
struct asim_traffic_source {
    /* Writes up to `room` (>= 1) arrivals in order of time and returns how many; 0 means the end,
     * or an error when *failed is set, which the source has then added to the list it was opened
     * with, unless it was told to halt. */
    size_t (*next)(asim_traffic_source *source, asim_arrival *block, size_t room, bool *failed);
    void (*destroy)(asim_traffic_source *source);
    /* A closed loop, whose users send again some time after their last request has ended: `next`
     * gives out each user's first request, this function the one after that which ended, in
     * whatever way, at `ended`. False: the user sends no more. NULL for every other source. */
    bool (*again)(asim_traffic_source *source, uint32_t user, sim_time ended,
                  asim_arrival *arrival);
    asim_traffic_counts counts;
};

#endif
