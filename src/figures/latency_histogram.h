// SPDX-License-Identifier: GPL-3.0-or-later
/* latency_histogram.csv, for plots of distributions: deployment, metric, bounds of the bucket
 * (lower <= latency < upper), its count, and the share of all requests up to its end. Empty buckets
 * are left out. Those that never came to the metric's end are a last bucket from inf to inf. */
#ifndef FIGURES_LATENCY_HISTOGRAM_H
#define FIGURES_LATENCY_HISTOGRAM_H

#include "base/csv_writer.h"
#include "figures/summary.h"

/* Needs a summary whose run has ended. */
void latency_histogram_write(const Summary *summary, CsvWriter *writer);

#endif
