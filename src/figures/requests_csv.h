// SPDX-License-Identifier: GPL-3.0-or-later
/* requests.csv: one row per request, in the order in which they end. */
#ifndef FIGURES_REQUESTS_CSV_H
#define FIGURES_REQUESTS_CSV_H

#include "autoscale_sim/observer.h"
#include "base/csv_writer.h"
#include "scenario/scenario.h"

typedef struct RequestsCsv RequestsCsv;

/* Writes to `writer`, which is lent and is the caller's to close; the header at once. Owned by the
 * caller (requests_csv_destroy). */
RequestsCsv *requests_csv_create(const Scenario *scenario, CsvWriter *writer);
void requests_csv_destroy(RequestsCsv *requests);

asim_observer requests_csv_observer(RequestsCsv *requests);

#endif
