// SPDX-License-Identifier: GPL-3.0-or-later
/* The value of one option in JSON, in and out, by its row: texts and numbers, arrays, and
 * distributions, {"distribution": "lognormal", "mean": "90s", "cv": 0.3}. */
#ifndef SCENARIO_OPTION_JSON_H
#define SCENARIO_OPTION_JSON_H

#include "scenario/reader.h"

/* Reads any but GROUP and CUSTOM; on a mistake the old value stays. */
void option_from_json(Reader *reader, const cJSON *node, const Option *option, void *config,
                      const JsonPath *at);

/* The file that a node names, absolute: from the command line it starts from where the user is,
 * from a file at its directory. NULL: it is no text. Owned by the caller. */
char *option_file_name(const Reader *reader, const cJSON *node);

/* The options of one config that are there, as far as none leaves another without effect: into the
 * object, or as one of their own, owned by the caller. Each is read again as the same value. */
void options_to_json(cJSON *object, const Option table[], const void *config);
cJSON *options_json(const Option table[], const void *config);

#endif
