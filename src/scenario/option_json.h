// SPDX-License-Identifier: GPL-3.0-or-later
/* The value of one option in JSON, in and out, by its row: texts and numbers, arrays, and
 * distributions, {"distribution": "lognormal", "mean": "90s", "cv": 0.3}. */
#ifndef SCENARIO_OPTION_JSON_H
#define SCENARIO_OPTION_JSON_H

#include "scenario/reader.h"

/* Reads any but GROUP and CUSTOM; on a mistake the old value stays. */
void option_from_json(Reader *reader, const cJSON *node, const Option *option, void *config,
                      const JsonPath *at);

/* What is read again as the same value, or NULL when it is absent. Owned by the caller. */
cJSON *option_to_json(const Option *option, const void *config);
/* The options of one config, as far as none leaves another without effect, into the object. */
void options_to_json(cJSON *object, const Option table[], const void *config);

#endif
