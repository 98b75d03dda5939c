// SPDX-License-Identifier: GPL-3.0-or-later
/* A replica's start and end in words, phase by phase with where each comes from. */
#ifndef OUTPUT_NARRATION_REPLICA_H
#define OUTPUT_NARRATION_REPLICA_H

#include "output/narration_decision.h"
#include "output/narration_log.h"

/* "a start takes 1m08s on average: pending 10 s, download 70 GB at 12.5 GB/s = 5.6 s, ..." */
void narration_say_start_means(Paragraph *paragraph, const DeploymentConfig *config);

/* "replica 2: pending 10.0 s, download 70 GB at 12.5 GB/s 5.60 s, init 42.0 s, routing lag 10.0 s:
 * serving at 09:02:08, after 1m08s"; or how far it came. */
void narration_say_start(Paragraph *paragraph, const DayClock *day_clock,
                         const DeploymentConfig *config, bool has_reservation,
                         const NarratedReplica *replica);

/* "replica 2 drains 14 requests for 12.3 s: gone at 09:12:03"; "replica 3: its start is cancelled
 * after 12.0 s, in downloading_model, and costs nothing". */
void narration_say_stop(Paragraph *paragraph, const DayClock *day_clock,
                        const DeploymentConfig *config, const NarratedReplica *replica);

#endif
