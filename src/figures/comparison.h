// SPDX-License-Identifier: GPL-3.0-or-later
/* Several runs side by side: a table for people (rows are metrics, columns runs, each with its
 * difference to the first in percent) and comparison.csv (deployment, metric, one column per run).
 */
#ifndef FIGURES_COMPARISON_H
#define FIGURES_COMPARISON_H

#include "base/csv_writer.h"
#include "figures/summary.h"

#include <stdio.h>

/* A run under the name of its column; both lent. */
typedef struct ComparisonRun {
    const char *label;
    const Summary *summary;
} ComparisonRun;

/* A row of the table: what a decision between the runs would look at. */
typedef struct ComparisonRow {
    const char *title;
    const char *column; /* of metric_rows[] */
} ComparisonRow;

extern const ComparisonRow comparison_rows[];
extern const size_t comparison_row_count;

/* Which deployment of each run stands in which row. */
typedef struct ComparisonDeployments {
    char **names;
    size_t *places; /* [deployment * run_count + run]: its number in that run's summary */
    size_t count, run_count;
} ComparisonDeployments;

#define COMPARISON_ABSENT SIZE_MAX /* a place: that run has no such deployment */

/* By name, in the order of the runs; if every run has just one, these are matched whatever they are
 * called, under the first one's name. To be cleared. */
ComparisonDeployments comparison_match(const Summary *const summaries[], size_t count);
void comparison_match_clear(ComparisonDeployments *deployments);

/* Deployments are matched by name; if every run has just one, these are matched whatever they are
 * called. A run without the deployment has empty fields. count >= 1. */
void comparison_print(FILE *stream, const ComparisonRun runs[], size_t count);
void comparison_write_csv(const ComparisonRun runs[], size_t count, CsvWriter *writer);

/* A JSON array of {"run": label, "summary": what summary_json writes}. Owned by the caller (free).
 */
char *comparison_json(const ComparisonRun runs[], size_t count);

#endif
