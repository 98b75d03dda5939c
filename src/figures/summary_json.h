// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary as JSON, for --json: {"scenario", "seed", "replication", "deployments": {NAME:
 * {COLUMN: number or null, ...}}}, with the columns of summary.csv. */
#ifndef FIGURES_SUMMARY_JSON_H
#define FIGURES_SUMMARY_JSON_H

#include "figures/summary.h"

#include <cJSON.h>

/* Owned by the caller (free). Ends with a line feed. */
char *summary_json(const Summary *summary);

/* The same as a tree, owned by the caller (cJSON_Delete). */
cJSON *summary_json_tree(const Summary *summary);

#endif
