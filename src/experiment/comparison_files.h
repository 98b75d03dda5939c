// SPDX-License-Identifier: GPL-3.0-or-later
/* A comparison with replications as files: comparison.csv (means), statistics.csv (intervals,
 * differences, verdicts), replications.csv (every value) and JSON. */
#ifndef EXPERIMENT_COMPARISON_FILES_H
#define EXPERIMENT_COMPARISON_FILES_H

#include "experiment/comparison_statistics.h"

/* deployment,metric,RUN...: exact values of one replication, means of several. */
void comparison_means_write(const ComparisonStatistics *statistics, CsvWriter *writer);
/* One row per deployment, metric and run; the first run is the baseline and has no difference. */
void comparison_statistics_write(const ComparisonStatistics *statistics, CsvWriter *writer);
/* run,replication,deployment, and the columns of summary.csv. */
void comparison_replications_write(const ComparisonStatistics *statistics, CsvWriter *writer);

/* An array, one object per run: its label, the summary of its first replication, and of all of
 * them the statistics by deployment and metric and the verdicts in words. Owned by the caller. */
char *comparison_statistics_json(const ComparisonStatistics *statistics);

#endif
