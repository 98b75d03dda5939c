// SPDX-License-Identifier: GPL-3.0-or-later
/* What the tests of whole simulations share: scenarios written short, with ' for ", of requests at
 * given instants on replicas whose every iteration takes 10 ms, so that a request of N output
 * tokens that is alone takes N x 10 ms. */
#ifndef SIM_SIM_FIXTURE_H
#define SIM_SIM_FIXTURE_H

#include "support/recorded_run.h"

#define S SIM_TIME_SECOND
#define MS SIM_TIME_MILLISECOND
#define HOUR SIM_TIME_HOUR
#define DAY SIM_TIME_DAY

/* A source of one request, at the instant `time` ("12.5s"). */
#define ONE(time, prompt, output)                                                                  \
    "{'type':'constant','rate_per_s':1e-9,'start':'" time "','prompt_tokens':" #prompt             \
    ",'output_tokens':" #output "}"
/* A source of evenly spaced requests in [start, stop). */
#define EVERY(rate, start, stop, prompt, output)                                                   \
    "{'type':'constant','rate_per_s':" #rate ",'start':'" start "','stop':'" stop                  \
    "','prompt_tokens':" #prompt ",'output_tokens':" #output "}"

/* Members of a deployment. Iterations of 10 ms whatever is in them, 8 batch slots; KV memory set
 * aside token by token, so that what a request holds does not change. */
#define HARDWARE "'model':'m','accelerator':'H100','weights_gb':16"
#define PROFILE(slots, kv)                                                                         \
    "'profile':{'c0_ms':10,'c_prefill_ms':0,'c_decode_ms':0,'kv_block_tokens':1,"                  \
    "'kv_admission':'output','kv_capacity_tokens':" #kv ",'batch_slots':" #slots                   \
    ",'request_overhead':'0s'}"
#define PLAIN HARDWARE "," PROFILE(8, 1000000)

/* Runs a scenario of one deployment, "d", with the given members of both (printf formats; ' for ").
 */
RecordedRun *sim_run_one(const char *scenario, const char *deployment, ...)
    __attribute__((format(printf, 2, 3)));
/* Runs a whole scenario (printf format; ' for "). */
RecordedRun *sim_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The n-th request (from 1). */
const asim_request *sim_request(const RecordedRun *run, size_t n);
/* The n-th decision that changed deployment 0's target (from 0): that it was taken at `time`, and
 * from what to what. */
void sim_check_scaling(const RecordedRun *run, size_t n, sim_time time, int from, int to);
/* What the autoscaler of deployment 0 observed at its evaluation at `time`. */
const asim_observation *sim_observed(const RecordedRun *run, sim_time time);
/* Seconds as nanoseconds. */
sim_time sim_seconds(double seconds);

/* When the n-th replica of a deployment entered a state; SIM_TIME_NEVER if it did not. */
sim_time sim_entered(const RecordedRun *run, uint32_t deployment, uint32_t replica,
                     asim_replica_state state);
/* Replicas of a deployment that were ever created. */
uint32_t sim_created(const RecordedRun *run, uint32_t deployment);
/* The decision that deleted a deployment, NULL if none did. */
const asim_decision_taken *sim_deletion(const RecordedRun *run, uint32_t deployment);

#endif
