// SPDX-License-Identifier: GPL-3.0-or-later
/* The kinds of traffic source, in one table; a new kind is one row, beside its code, and its name
 * in the table. A kind has a config struct, the option table that reads it, a check across its
 * options, and `open`, which makes a running source (include/autoscale_sim/traffic_source.h) from a
 * config.
 */
#ifndef TRAFFIC_TRAFFIC_H
#define TRAFFIC_TRAFFIC_H

#include "autoscale_sim/traffic_source.h"
#include "base/error.h"

#include <signal.h>

typedef struct InputHeads InputHeads;
typedef struct Option Option;
typedef struct SyntheticWay SyntheticWay;
typedef struct TrafficKind TrafficKind;

/* What a source is opened with: the struct and its stream name are lent for the call, directory and
 * errors for the life of the source. */
typedef struct TrafficContext {
    uint64_t seed;
    uint64_t replication;
    const char *stream; /* prefix of its random streams: "traffic.chat.0" */
    uint16_t source;    /* its number within the deployment, stamped on its arrivals */
    uint32_t copy;      /* of those that a rate_scale above 1 makes, from 0 */
    sim_time since;     /* recorded arrivals before it are not given out: the run's time 0 */
    sim_time until; /* arrivals at or after it are not given out; SIM_TIME_NEVER = until the source
                       ends */
    int64_t start_epoch_s;   /* the calendar instant of time 0 */
    const char *directory;   /* relative file names start here; NULL = the working directory */
    const InputHeads *heads; /* of what can be read but once, or NULL */
    ErrorList *errors;       /* bad rows are reported here */
    /* When it becomes non-zero the source fails, without an error, however long it has been looking
     * for its next arrival; may be NULL. Lent for the life of the source. */
    const volatile sig_atomic_t *halt;
} TrafficContext;

/* A source that works without giving anything out looks at `halt` once in so many steps. */
#define TRAFFIC_LOOK 4096

static inline bool traffic_halted(const volatile sig_atomic_t *halt) {
    return halt != NULL && *halt;
}

struct TrafficKind {
    const char *name;      /* the scenario's "type": "poisson", "trace", ... */
    const char *help;      /* one line */
    const Option *options; /* of the config struct */
    size_t config_size;
    bool recorded; /* the config is a TraceConfig (traffic/trace.h), else a SyntheticConfig */
    bool even;     /* nothing of its arrivals is left to chance */
    bool loops;    /* its sources have `again`: they are not merged, copied or told beforehand */
    bool endless;  /* goes on until context.until: a scenario without `duration` needs a source that
                      ends */
    /* Checks across options (each is already within its limits). Adds errors with the option's name
     * as `place` appended to where->place. */
    void (*check)(const TrafficKind *kind, const void *config, const Error *where,
                  ErrorList *errors);
    /* Returns the source, or NULL after adding errors (file missing, format not recognised). The
     * config is lent. */
    asim_traffic_source *(*open)(const TrafficKind *kind, const void *config,
                                 const TrafficContext *context);
    /* The calendar instant at which the source begins; false when it tells none, or cannot be read.
     * NULL: it never does. Times of the context are not used; only failures of the system are added
     * to its errors. */
    bool (*begins)(const void *config, const TrafficContext *context, int64_t *epoch_ns);
    const SyntheticWay *way; /* of a generated kind */
};

extern const TrafficKind trace_kind, constant_kind, poisson_kind, gamma_kind, onoff_kind,
    diurnal_kind, piecewise_kind, weibull_kind, mmpp_kind, ramp_kind, step_kind, flash_crowd_kind,
    client_mix_kind, closed_loop_kind, conversation_kind, preset_kind;

/* The table, NULL-terminated. */
extern const TrafficKind *const traffic_kinds[];
const TrafficKind *traffic_kind_find(const char *name);
/* The kind's name nearest to a misspelt one, or NULL. */
const char *traffic_kind_nearest(const char *name);

/* Merges sources in order of time (ties: the lower-numbered source first). Takes ownership of the
 * sources; count 0 gives an empty source; a single source is returned as it is. The merged source's
 * counts are those of all its parts together. */
asim_traffic_source *traffic_merge(asim_traffic_source **sources, size_t count);

#endif
