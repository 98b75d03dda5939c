// SPDX-License-Identifier: GPL-3.0-or-later
/* asim_run for the rest of the program: mistakes are added to an ErrorList. */
#ifndef SIM_SIMULATION_H
#define SIM_SIMULATION_H

#include "autoscale_sim/simulation.h"
#include "scenario/scenario.h"

/* As asim_run; errors that the traffic or a broken invariant cause are added to errors. */
asim_run_result simulation_run(const Scenario *scenario, const asim_run_options *options,
                               ErrorList *errors);

#endif
