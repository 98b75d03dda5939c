// SPDX-License-Identifier: GPL-3.0-or-later
/* A distribution as a JSON object: {"distribution": "lognormal", "mean": "90s", "cv": 0.3}, its
 * values durations (OPTION_SPAN) or numbers (OPTION_LENGTH). Which parameters a kind has is one
 * table. */
#ifndef SCENARIO_DISTRIBUTION_JSON_H
#define SCENARIO_DISTRIBUTION_JSON_H

#include "scenario/reader.h"

/* Replaces *distribution, unless there is a mistake. */
void distribution_read(Reader *reader, const cJSON *node, const Option *option,
                       Distribution *distribution, const char *path);

/* As the user would write it: one value when it is fixed. Owned by the caller. */
cJSON *distribution_write(const Distribution *distribution, OptionType type);

#endif
