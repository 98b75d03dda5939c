// SPDX-License-Identifier: GPL-3.0-or-later
/* Several runs side by side: a table for people (rows are metrics, columns runs, each with its
 * difference to the first in percent) and comparison.csv (deployment, metric, one column per run).
 */
#ifndef REPORT_COMPARISON_H
#define REPORT_COMPARISON_H

#include "report/csv_writer.h"
#include "report/summary.h"

#include <stdio.h>

/* A run under the name of its column; both lent. */
typedef struct ComparisonRun {
    const char *label;
    const Summary *summary;
} ComparisonRun;

/* Deployments are matched by name; if every run has just one, these are matched whatever they are
 * called. A run without the deployment has empty fields. count >= 1. */
void comparison_print(FILE *stream, const ComparisonRun runs[], size_t count);
void comparison_write_csv(const ComparisonRun runs[], size_t count, CsvWriter *writer);

/* A JSON array of {"run": label, "summary": what summary_json writes}. Owned by the caller (free).
 */
char *comparison_json(const ComparisonRun runs[], size_t count);

#endif
