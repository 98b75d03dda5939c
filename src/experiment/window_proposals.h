// SPDX-License-Identifier: GPL-3.0-or-later
/* Scaling schedules to be tried, found in the traffic. An axis of a search
 *
 *     {"option": "deployments.chat.autoscaling.scaling_schedules",
 *      "windows": {"timezone": "Europe/Berlin", "minima": [1, 2]}}
 *
 * has the values that follow from the course of the deployment's day: no schedule, and, for each of
 * the minima, the shortest time of day that holds all hours with more than a twentieth, a quarter
 * or half of the busiest hour's requests, from ten minutes before. It is the working days' where
 * weekends have less than half of their traffic, else every day's. */
#ifndef EXPERIMENT_WINDOW_PROPOSALS_H
#define EXPERIMENT_WINDOW_PROPOSALS_H

#include "engine/options.h"
#include "scenario/reader.h"

typedef struct asim_scenario Scenario;

extern const Option window_proposal_options[]; /* the keys of "windows", for help */

/* Gives each axis of an array, at that path, that has "windows" such values; what else is in it
 * stays. False after adding errors (the traffic cannot be read, there is no such deployment). */
bool window_proposals_expand(Reader *reader, cJSON *axes, const JsonPath *at,
                             const Scenario *scenario);

/* Requests by the clock of a zone: for each weekday (0: Sunday) and hour, and how many hours of
 * that kind were seen. */
typedef struct WeekProfile {
    double requests[7][24];
    double hours[7][24];
} WeekProfile;

/* The values: an array of arrays of schedules, owned by the caller. */
cJSON *window_proposals_values(const WeekProfile *profile, const char *zone,
                               const OptionNumbers *minima);

#endif
