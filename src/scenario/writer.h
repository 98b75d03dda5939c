// SPDX-License-Identifier: GPL-3.0-or-later
/* The scenario as it is run, as JSON: every option that has a value, defaults included, in the
 * order of the tables. Reading it again gives the same scenario, and writing that the same bytes.
 */
#ifndef SCENARIO_WRITER_H
#define SCENARIO_WRITER_H

#include "scenario/scenario.h"

#include <cJSON.h>

/* Owned by the caller. */
char *scenario_write(const Scenario *scenario);

/* The options of one config as an object (CUSTOM rows left out): for reports. Owned by the caller.
 */
cJSON *writer_options(const Option table[], const void *config);

#endif
