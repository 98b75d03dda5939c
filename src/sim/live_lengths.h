// SPDX-License-Identifier: GPL-3.0-or-later
/* Requests like those of a deployment's own traffic: a second reader of it, with random streams of
 * its own, which begins anew when it has come to its end. */
#ifndef SIM_LIVE_LENGTHS_H
#define SIM_LIVE_LENGTHS_H

#include "autoscale_sim/traffic_source.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

typedef struct LiveLengths LiveLengths;

/* Owned by the caller (live_lengths_destroy); nothing is read before somebody asks. */
LiveLengths *live_lengths_create(const Scenario *scenario, const DeploymentConfig *deployment);
void live_lengths_destroy(LiveLengths *lengths);

/* Tokens of the next request, into those that are 0. False if there never was one: the traffic can
 * be read but once, cannot be read, or is none at all. */
bool live_lengths_draw(LiveLengths *lengths, uint32_t *prompt_tokens, uint32_t *output_tokens);
/* Would it be true? */
bool live_lengths_is_there(LiveLengths *lengths);

#endif
