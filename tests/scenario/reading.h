// SPDX-License-Identifier: GPL-3.0-or-later
/* Scenarios from texts, for tests. */
#ifndef TESTS_SCENARIO_READING_H
#define TESTS_SCENARIO_READING_H

#include "scenario/overrides.h"
#include "scenario/scenario.h"

/* A whole small scenario: one deployment "chat" with Poisson traffic. */
extern const char reading_base[];

/* All mistakes, one per line; "" if there were none. Owned by the caller. */
char *reading_mistakes(const char *json, const OverrideList *overrides);

/* Fails the test, with the mistakes, if there were any. Owned by the caller (scenario_destroy). */
Scenario *reading_scenario(const char *json, const OverrideList *overrides);

/* The base scenario with "path=value" changes, NULL-terminated. */
Scenario *reading_with(const char *const sets[]);

#endif
