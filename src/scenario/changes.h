// SPDX-License-Identifier: GPL-3.0-or-later
/* What is done to a deployment while a run goes on (model 5, 7): options of its autoscaling that
 * are set, replicas that are taken away. */
#ifndef SCENARIO_CHANGES_H
#define SCENARIO_CHANGES_H

#include "scenario/deployment.h"
#include "scenario/reader.h"

extern const Option change_options[]; /* of a DeploymentChange */

/* Fills changes, in order of time, from the member node; the policy's options have been read. */
void changes_read(Reader *reader, const cJSON *node, const JsonPath *at,
                  DeploymentConfig *deployment);
/* NULL: there are none. */
cJSON *changes_json(const DeploymentConfig *deployment);
void changes_clear(DeploymentConfig *deployment);

/* The policy's options `current` with those of the object `set` over them, checked and resolved;
 * NULL after adding errors: one is wrong, or cannot change while a run goes on. To be destroyed by
 * change_destroy_options. */
void *change_options_of(Reader *reader, const DeploymentConfig *deployment, const void *current,
                        const cJSON *set, const JsonPath *at);
/* "scale_down_window=5m", "load_targets.default=0.6" as such an object, owned by the caller
 * (cJSON_Delete); NULL after adding an error. */
cJSON *change_parse_set(const char *assignment, ErrorList *errors);
void change_destroy_options(const DeploymentConfig *deployment, void *options);

#endif
