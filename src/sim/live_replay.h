// SPDX-License-Identifier: GPL-3.0-or-later
/* What came from outside of a live run, as files that `run` replays: requests in the format
 * autoscale_sim, a file for each deployment. A row is written once all before it have ended, so
 * that memory follows the requests in flight; until the end rows are in files without a name. */
#ifndef SIM_LIVE_REPLAY_H
#define SIM_LIVE_REPLAY_H

#include "autoscale_sim/traffic_source.h"
#include "base/error.h"
#include "scenario/scenario.h"

typedef struct LiveReplay LiveReplay;
typedef struct OutputDirectory OutputDirectory;
typedef struct cJSON cJSON;

/* Owned by the caller (live_replay_destroy). */
LiveReplay *live_replay_create(const Scenario *scenario);
void live_replay_destroy(LiveReplay *replay);

/* A request from outside; session: its name, 0 for none. Later than all before it. Returns its
 * number, by which its end is told. */
uint64_t live_replay_add(LiveReplay *replay, uint32_t deployment, const asim_arrival *arrival,
                         uint32_t session);
/* SIM_TIME_NEVER: its client did not hang up; 0: it is one of the deployment's, and nothing more is
 * to be told of it. */
void live_replay_ended(LiveReplay *replay, uint64_t number, sim_time abandoned_after);

/* A change of the deployment; set: an object, which is the replay's then, or NULL; replica: one
 * that is lost, or 0. */
void live_replay_change(LiveReplay *replay, uint32_t deployment, sim_time at, cJSON *set,
                        uint32_t replica);

/* Once all have ended, with the span of the run. False after adding errors. */
bool live_replay_write(LiveReplay *replay, sim_time span, const OutputDirectory *directory,
                       const char *folder, ErrorList *errors);

#endif
