// SPDX-License-Identifier: GPL-3.0-or-later
/* timeseries.csv: one row per deployment and interval: traffic, answers, replicas by state, load
 * against its target, tokens, the latency quantiles of the requests that completed in it, cost so
 * far. */
#ifndef FIGURES_TIMESERIES_H
#define FIGURES_TIMESERIES_H

#include "autoscale_sim/observer.h"
#include "base/csv_writer.h"
#include "scenario/scenario.h"

typedef struct Timeseries Timeseries;

/* Writes to `writer`, which is lent and is the caller's to close; the header at once. Owned by the
 * caller (timeseries_destroy). */
Timeseries *timeseries_create(const Scenario *scenario, CsvWriter *writer);
void timeseries_destroy(Timeseries *timeseries);

asim_observer timeseries_observer(Timeseries *timeseries);

#endif
