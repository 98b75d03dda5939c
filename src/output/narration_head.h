// SPDX-License-Identifier: GPL-3.0-or-later
/* What stands before and after a story: the deployment with the numbers that its decisions and
 * starts follow from, and what it came to in the end. */
#ifndef OUTPUT_NARRATION_HEAD_H
#define OUTPUT_NARRATION_HEAD_H

#include "base/paragraph.h"
#include "figures/summary.h"

/* Model, hardware, the policy's options as they were run, what its load is, how a replica starts;
 * then an empty line. */
void narration_print_head(FILE *stream, const Scenario *scenario, size_t deployment);

/* Requests, latencies and the bill of the whole run. */
void narration_say_end(Paragraph *paragraph, const DeploymentConfig *config, const Summary *summary,
                       size_t deployment);

#endif
