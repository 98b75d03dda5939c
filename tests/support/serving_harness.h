// SPDX-License-Identifier: GPL-3.0-or-later
/* Plays a serving script (tests/oracle/serving_oracle.h) with the real Serving, as a run would: a
 * loop over instants, and within an instant iterations end, requests arrive, clients abandon, the
 * replica is killed, an iteration begins, the probe looks. Every answer of Serving is held against
 * its contract on the way; the first breach is kept as a text. */
#ifndef SUPPORT_SERVING_HARNESS_H
#define SUPPORT_SERVING_HARNESS_H

#include "oracle/serving_oracle.h"

#define HARNESS_COMPLAINT 200

typedef struct HarnessReport {
    char complaint[HARNESS_COMPLAINT]; /* "" if Serving kept its contract */
    size_t ends;                       /* calls of serving_end: what leaping costs */
    size_t foreseen; /* answers of serving_due beyond the next boundary, all of them true */
} HarnessReport;

/* Plays the script; outcome is filled, its owner clears it. */
void serving_harness_run(const ServingScript *script, ServingOutcome *outcome,
                         HarnessReport *report);

#endif
