// SPDX-License-Identifier: GPL-3.0-or-later
/* A run with the one observer that sums it up. */
#include "experiment/measurement.h"

#include "base/memory.h"
#include "figures/metrics.h"
#include "figures/summary.h"
#include "sim/simulation.h"

#include <stdlib.h>

void measurement_of_summary(const Summary *summary, Measurement *measurement) {
    const size_t deployments = summary->deployment_count;
    measurement->deployment_count = deployments;
    measurement->values = memory_new(deployments * metric_count, sizeof(double));
    for (size_t deployment = 0; deployment < deployments; deployment++) {
        double *values = measurement->values + deployment * metric_count;
        for (size_t column = 0; column < metric_count; column++) {
            values[column] = metric_number(metric_of(&metric_rows[column], summary, deployment));
        }
    }
}

asim_run_result measurement_run_observed(const Scenario *scenario, const asim_run_options *options,
                                         Measurement *measurement, ErrorList *errors) {
    Summary *summary = summary_create(scenario);
    const asim_observer own = summary_observer(summary);
    const asim_observer **observers = memory_new(options->observer_count + 1, sizeof *observers);
    for (size_t i = 0; i < options->observer_count; i++) {
        observers[i] = options->observers[i];
    }
    observers[options->observer_count] = &own;
    asim_run_options all = *options;
    all.observers = observers;
    all.observer_count++;
    const asim_run_result result = simulation_run(scenario, &all, errors);
    *measurement = (Measurement){0};
    if (result == ASIM_RUN_DONE) {
        measurement_of_summary(summary, measurement);
    }
    free(observers);
    summary_destroy(summary);
    return result;
}

asim_run_result measurement_run(const Scenario *scenario, const volatile sig_atomic_t *stop,
                                Measurement *measurement, ErrorList *errors) {
    return measurement_run_observed(scenario, &(asim_run_options){.stop = stop}, measurement,
                                    errors);
}

void measurement_clear(Measurement *measurement) {
    free(measurement->values);
    *measurement = (Measurement){0};
}

double measurement_value(const Measurement *measurement, size_t deployment, size_t column) {
    return measurement->values[deployment * metric_count + column];
}
