// SPDX-License-Identifier: GPL-3.0-or-later
/* What a comparison page shows, read: the runs, and a figure for each deployment, metric and run.
 */
#ifndef OUTPUT_PAGE_COMPARED_H
#define OUTPUT_PAGE_COMPARED_H

#include "output/page_decisions.h"
#include "output/page_series.h"
#include "output/page_summary.h"

#include <cJSON.h>

typedef struct PageComparedRun {
    char *label;
    char *folder;
    cJSON *scenario;
    PageSummary summary;
    PageSeries series;
    PageDecisions decisions;
} PageComparedRun;

/* NAN: not known. Differences are to the first run. */
typedef struct PageFigure {
    double mean, mean_low, mean_high;
    double difference, difference_low, difference_high;
    char *verdict; /* owned; NULL: none */
} PageFigure;

typedef struct PageCompared {
    PageComparedRun *runs;
    size_t run_count, run_room;
    char **deployments;
    size_t deployment_count, deployment_room;
    char **metrics; /* lent by the first run */
    size_t metric_count;
    PageFigure *figures;
    bool has_statistics;
    double replications; /* with statistics; 1: the intervals are over days */
} PageCompared;

/* Adds a run; the label gets a number if an earlier run has it. */
void page_compared_add(PageCompared *compared, const char *label, const char *folder);
/* Reads the files of all runs. False after adding errors; page_compared_clear is due in any case.
 */
bool page_compared_read(PageCompared *compared, ErrorList *errors);
/* After that: the means of comparison.csv, and statistics.csv if it is there, in place of the
 * figures of the runs' own files. */
bool page_compared_read_means(PageCompared *compared, const char *folder, ErrorList *errors);
void page_compared_clear(PageCompared *compared);

/* The run's own name for that deployment: the same, or if every run has just one, that one; NULL
 * where it has none. Lent. */
const char *page_compared_match(const PageCompared *compared, size_t run, size_t deployment);

PageFigure *page_compared_figure(const PageCompared *compared, size_t deployment, size_t metric,
                                 size_t run);

#endif
