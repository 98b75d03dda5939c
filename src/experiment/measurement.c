// SPDX-License-Identifier: GPL-3.0-or-later
/* A run with the one observer that sums it up. */
#include "experiment/measurement.h"

#include "engine/memory.h"
#include "report/summary_columns.h"

#include <stdlib.h>

void measurement_of_summary(const Summary *summary, Measurement *measurement) {
    const size_t deployments = summary->deployment_count;
    measurement->deployment_count = deployments;
    measurement->values = memory_new(deployments * summary_column_count, sizeof(double));
    for (size_t deployment = 0; deployment < deployments; deployment++) {
        double *values = measurement->values + deployment * summary_column_count;
        for (size_t column = 0; column < summary_column_count; column++) {
            values[column] =
                summary_value_number(summary_value(&summary_columns[column], summary, deployment));
        }
    }
}

asim_run_result measurement_run(const Scenario *scenario, const volatile sig_atomic_t *stop,
                                Measurement *measurement, ErrorList *errors) {
    Summary *summary = summary_create(scenario);
    const asim_observer observer = summary_observer(summary);
    const asim_observer *const observers[] = {&observer};
    const asim_run_options options = {.observers = observers, .observer_count = 1, .stop = stop};
    const asim_run_result result = simulation_run(scenario, &options, errors);
    *measurement = (Measurement){0};
    if (result == ASIM_RUN_DONE) {
        measurement_of_summary(summary, measurement);
    }
    summary_destroy(summary);
    return result;
}

void measurement_clear(Measurement *measurement) {
    free(measurement->values);
    *measurement = (Measurement){0};
}

double measurement_value(const Measurement *measurement, size_t deployment, size_t column) {
    return measurement->values[deployment * summary_column_count + column];
}
