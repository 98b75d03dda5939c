// SPDX-License-Identifier: GPL-3.0-or-later
/* One run as numbers only: every metric of the summary (figures/metrics.h), per deployment.
 * What experiments compare, average and search by. */
#ifndef EXPERIMENT_MEASUREMENT_H
#define EXPERIMENT_MEASUREMENT_H

#include "autoscale_sim/simulation.h"
#include "base/error.h"

#include <signal.h>

typedef struct asim_scenario Scenario;
typedef struct Summary Summary;

typedef struct Measurement {
    size_t deployment_count;
    double *values; /* owned; deployment by deployment, metric_count each; NAN: does not
                       apply */
} Measurement;

/* Runs the scenario and takes all its metrics. On anything but ASIM_RUN_DONE *measurement holds
 * nothing, and errors are added as simulation_run does. */
asim_run_result measurement_run(const Scenario *scenario, const volatile sig_atomic_t *stop,
                                Measurement *measurement, ErrorList *errors);

/* The same beside the observers, the stop mark and the progress of options (lent, not changed). */
asim_run_result measurement_run_observed(const Scenario *scenario, const asim_run_options *options,
                                         Measurement *measurement, ErrorList *errors);

/* Of a run that was summarised elsewhere. */
void measurement_of_summary(const Summary *summary, Measurement *measurement);

void measurement_clear(Measurement *measurement);

/* column: a number of metric_rows[]. */
double measurement_value(const Measurement *measurement, size_t deployment, size_t column);

#endif
