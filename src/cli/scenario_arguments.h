// SPDX-License-Identifier: GPL-3.0-or-later
/* The scenario that a command line asks for: a file, and what the options change in it. */
#ifndef CLI_SCENARIO_ARGUMENTS_H
#define CLI_SCENARIO_ARGUMENTS_H

#include "cli/commands.h"

typedef struct asim_scenario Scenario;
typedef struct OverrideList OverrideList;

/* Adds the changes of all options in the order they were given, and of `preset` (NULL: none) before
 * them. The options --preset themselves are the caller's business. Prints firectl's notes on
 * stderr. False after adding errors. */
bool scenario_changes(OverrideList *list, const char *preset, const Arguments *arguments,
                      ErrorList *errors);

/* Reads `file` with these changes. NULL after adding errors. */
Scenario *scenario_from_arguments(const char *file, const char *preset, const Arguments *arguments,
                                  ErrorList *errors);

/* False, after adding an error, when --preset is given more than once: run and validate take one.
 */
bool scenario_one_preset(const Arguments *arguments, ErrorList *errors);

#endif
