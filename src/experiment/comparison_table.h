// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of a comparison with replications: rows are metrics, columns runs; each value with half
 * its confidence interval, all but the first run's with the paired difference to it, and "*" where
 * that is shown not to be chance. */
#ifndef EXPERIMENT_COMPARISON_TABLE_H
#define EXPERIMENT_COMPARISON_TABLE_H

#include "experiment/comparison_statistics.h"

#include <stdio.h>

void comparison_table_print(FILE *stream, const ComparisonStatistics *statistics);

#endif
