// SPDX-License-Identifier: GPL-3.0-or-later
/* Random small scenarios of all kinds: policies, clients, limits, pools, cold starts, losses,
 * traffic. */
#ifndef SIM_RANDOM_SCENARIO_H
#define SIM_RANDOM_SCENARIO_H

#include "engine/random.h"

#include <stddef.h>

typedef struct ScenarioDraw {
    RandomStream stream;
    char text[16384];
    size_t length;
} ScenarioDraw;

/* Text of the n-th, in double quotes, in the draw; whose stream goes on. */
const char *random_scenario(ScenarioDraw *draw, int n);

#endif
