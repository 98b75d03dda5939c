// SPDX-License-Identifier: GPL-3.0-or-later
/* A run cut into days: an observer that keeps what each 24 hours from the start came to, so that
 * days can be put together anew (experiment/day_bootstrap.h). A request belongs to the day in which
 * it ended, as the running totals count it; what is drained after the end, to the last day. The
 * days of a run of whole days, put together once each, are its summary. */
#ifndef REPORT_DAILY_SUMMARY_H
#define REPORT_DAILY_SUMMARY_H

#include "report/summary.h"

typedef struct DailySummary DailySummary;

/* Whether intervals end at the ends of days, which the totals of a day are read at. */
bool daily_summary_possible(const Scenario *scenario);

DailySummary *daily_summary_create(const Scenario *scenario);
void daily_summary_destroy(DailySummary *daily);
asim_observer daily_summary_observer(DailySummary *daily);

/* Whole days, once the run has ended. What the span has beyond them is in none. */
size_t daily_summary_days(const DailySummary *daily);
/* Whether it has something beyond them. */
bool daily_summary_has_rest(const DailySummary *daily);

/* The summary of a run made of day d times[d] times, in the order of days: put into `into`, which
 * summary_create made of the same scenario, in place of what it held. */
void daily_summary_compose(const DailySummary *daily, const uint32_t times[], Summary *into);

#endif
