// SPDX-License-Identifier: GPL-3.0-or-later
/* `policy`: a name, or a policy of one's own, {"lua": "mine.lua", "threshold": 0.8}: what it is
 * made of, and beside that the options that it knows. */
#ifndef SCENARIO_POLICY_OPTION_H
#define SCENARIO_POLICY_OPTION_H

#include "policy/own.h"
#include "scenario/reader.h"

/* NULL after adding errors. *own: NULL, or what is to be lent to the config of that kind
 * (OwnConfig.own); owned by the caller, also after errors. simulated: only such as a scenario can
 * name. No file but a Lua script is read or run. */
const PolicyKind *policy_option_read(Reader *reader, const cJSON *node, const JsonPath *at,
                                     OwnPolicy **own, bool simulated);
/* As it is read again, files absolute. */
cJSON *policy_option_json(const PolicyKind *kind, const OwnPolicy *own);

#endif
