// SPDX-License-Identifier: GPL-3.0-or-later
/* What differs between two replications of a scenario: which of its random streams are drawn from.
 * Confidence intervals speak of this, and of nothing else. */
#ifndef EXPERIMENT_CHANCE_H
#define EXPERIMENT_CHANCE_H

#include "scenario/scenario.h"

typedef enum Chance {
    CHANCE_ARRIVALS = 1 << 0,
    CHANCE_TOKENS = 1 << 1,
    CHANCE_SAMPLING = 1 << 2, /* a recording thinned or multiplied by rate_scale */
    CHANCE_BINS = 1 << 3,     /* arrivals within the bins of a recording of counts */
    CHANCE_COLD_STARTS = 1 << 4,
    CHANCE_CAPACITY = 1 << 5,
    CHANCE_JITTER = 1 << 6,
    CHANCE_BALANCING = 1 << 7,
    CHANCE_LOSSES = 1 << 8
} Chance;

/* Of the traffic: without them all replications have the same requests. */
#define CHANCE_OF_TRAFFIC (CHANCE_ARRIVALS | CHANCE_TOKENS | CHANCE_SAMPLING | CHANCE_BINS)

/* Chance bits. A recording's first rows are read, to see whether it holds requests or counts; what
 * is wrong with it is told by the run. */
unsigned chance_of(const Scenario *scenario);

/* Whether any of the traffic is a recording. */
bool chance_has_recording(const Scenario *scenario);
/* Whether a recording is read from standard input, which can be done once. */
bool chance_reads_standard_input(const Scenario *scenario);

/* "arrivals, token counts and cold starts"; "nothing". Owned by the caller. */
char *chance_text(unsigned chance);

#endif
