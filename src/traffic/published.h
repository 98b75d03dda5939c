// SPDX-License-Identifier: GPL-3.0-or-later
/* Published traffic by name, as data with its sources: token lengths, and sources with the
 * parameters of real services. */
#ifndef TRAFFIC_PUBLISHED_H
#define TRAFFIC_PUBLISHED_H

#include "traffic/synthetic.h"

typedef struct LengthTable {
    const char *name;                /* heads the row: the choices of `lengths` */
    const char *source;              /* where the figures come from, and what they are */
    double prompt_mean, output_mean; /* of the trace itself; NAN: not known */
    Distribution prompt, output; /* tables are static: never cleared; to be prepared before use */
} LengthTable;

typedef struct TrafficPreset {
    const char *name;       /* heads the row: the choices of `name` */
    const char *help;       /* one line: what it is like */
    const char *source;     /* where the parameters come from */
    const char *kind;       /* of the source that it is */
    const char *lengths;    /* name of its length table */
    SyntheticConfig config; /* what its kind asks for; distributions to be prepared before use */
} TrafficPreset;

/* Both end with a row whose name is NULL. */
extern const LengthTable length_tables[];
extern const TrafficPreset traffic_presets[];

#endif
