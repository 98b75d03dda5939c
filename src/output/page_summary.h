// SPDX-License-Identifier: GPL-3.0-or-later
/* summary.csv of a run, as a page shows it. */
#ifndef OUTPUT_PAGE_SUMMARY_H
#define OUTPUT_PAGE_SUMMARY_H

#include "base/error.h"

typedef struct PageSummary {
    char **metrics; /* the columns after `deployment` */
    size_t metric_count;
    char **deployments;
    double *values; /* by deployment, then metric; NAN: does not apply */
    size_t deployment_count, deployment_room, value_room;
} PageSummary;

/* False after adding an error; page_summary_clear is due in either case. */
bool page_summary_read(PageSummary *summary, const char *path, ErrorList *errors);
void page_summary_clear(PageSummary *summary);

/* NAN for a metric that is not there. */
double page_summary_value(const PageSummary *summary, size_t deployment, const char *metric);

/* The tables of one deployment: key figures, latencies, the rest by groups. */
void page_summary_write_key_figures(const PageSummary *summary, size_t deployment, FILE *stream);
void page_summary_write_tables(const PageSummary *summary, size_t deployment, FILE *stream);

#endif
