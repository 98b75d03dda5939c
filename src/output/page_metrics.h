// SPDX-License-Identifier: GPL-3.0-or-later
/* The columns of a summary as people read them: a title, a group, a unit. */
#ifndef OUTPUT_PAGE_METRICS_H
#define OUTPUT_PAGE_METRICS_H

#include "figures/human.h"
#include "figures/metrics.h"

#define PAGE_METRIC_TITLE 64

typedef struct PageMetric {
    char title[PAGE_METRIC_TITLE]; /* "TTFT p95"; the name itself where nobody has given a title */
    const char *group;             /* "Latency" */
    bool in_short;                 /* among those that decide between two policies */
    bool known;                    /* a column of this version's summaries */
    MetricUnit unit;
} PageMetric;

#define PAGE_METRIC_GROUPS 6
extern const char *const page_metric_groups[PAGE_METRIC_GROUPS]; /* in the order of a page */

PageMetric page_metric(const char *name);

/* "1.23 s", "$12.30", "1,234"; a mean of counts with its fraction; "–" for NAN. A negative number
 * has its sign before the rest. */
const char *page_metric_value(MetricUnit unit, double number, char text[HUMAN_TEXT]);
/* The same with "+" before what is above 0. Shares are in percentage points. */
const char *page_metric_difference(MetricUnit unit, double number, char text[HUMAN_TEXT]);

/* The unit as the page's script knows it: "s", "usd", "share", "count", "h", "per_s". */
const char *page_metric_unit(MetricUnit unit);

#endif
