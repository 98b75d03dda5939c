// SPDX-License-Identifier: GPL-3.0-or-later
/* What `run` prints at its end: each deployment's requests by fate, latencies, scaling, cost, and
 * what its policy decided and why, to be read at a glance. */
#ifndef OUTPUT_SUMMARY_TEXT_H
#define OUTPUT_SUMMARY_TEXT_H

#include <stdio.h>

typedef struct asim_scenario Scenario;
typedef struct DecisionsDigest DecisionsDigest;
typedef struct Summary Summary;

/* scenario names models and policies; digest may be NULL. All three have the same deployments. */
void summary_text_print(FILE *stream, const Scenario *scenario, const Summary *summary,
                        const DecisionsDigest *digest);

#endif
