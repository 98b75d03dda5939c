// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables of a comparison in its output directory, beside the folders of its runs. */
#ifndef EXPERIMENT_COMPARISON_OUTPUT_H
#define EXPERIMENT_COMPARISON_OUTPUT_H

#include "base/output_directory.h"
#include "experiment/comparison_statistics.h"

/* Writes comparison.csv (of one replication the exact values of the reports, else means),
 * statistics.csv and replications.csv. False after adding an error. */
bool comparison_output_write(const ComparisonStatistics *statistics,
                             const OutputDirectory *directory, ErrorList *errors);

#endif
