// SPDX-License-Identifier: GPL-3.0-or-later
/* One simulation for a command: progress bar, interruption, exit status. */
#ifndef CLI_SIMULATE_H
#define CLI_SIMULATE_H

#include "cli/commands.h"
#include "output/run_report.h"

/* --plot needs --out, --json and --quiet exclude each other: false after adding errors. */
bool simulate_options_agree(const Arguments *arguments, ErrorList *errors);

/* Runs the scenario under the report's observers, with a progress bar (label: before it, may be
 * NULL) on a terminal unless quiet. Returns an exit status; on anything but STATUS_DONE the report
 * has been abandoned. */
int simulate(const Scenario *scenario, RunReport *report, const char *label, bool quiet,
             ErrorList *errors);

#endif
