// SPDX-License-Identifier: GPL-3.0-or-later
/* events.csv: every transition of a replica and every decision with its reason. An evaluation that
 * changes nothing gets a row only when its reason, what the load asks for or what the window yields
 * is news against the last row of that deployment's decisions. */
#ifndef FIGURES_EVENTS_H
#define FIGURES_EVENTS_H

#include "autoscale_sim/observer.h"
#include "base/csv_writer.h"
#include "scenario/scenario.h"

typedef struct Events Events;

/* Writes to `writer`, which is lent and is the caller's to close; the header at once. Owned by the
 * caller (events_destroy). */
Events *events_create(const Scenario *scenario, CsvWriter *writer);
void events_destroy(Events *events);

asim_observer events_observer(Events *events);

#endif
