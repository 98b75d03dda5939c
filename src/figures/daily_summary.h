// SPDX-License-Identifier: GPL-3.0-or-later
/* A run cut into days of its calendar: an observer that keeps what each came to, so that days can
 * be put together anew (experiment/comparison.h). Days end at the end of the interval nearest to
 * midnight. The first and the last may be parts; a day is whole that lacks at most a minute, as a
 * log's last one does. A request belongs to the day in which it ended, as the running totals count
 * it; what is drained after the end, to the last day. All of them, put together once each, are the
 * run's summary. */
#ifndef FIGURES_DAILY_SUMMARY_H
#define FIGURES_DAILY_SUMMARY_H

#include "figures/summary.h"

typedef struct DailySummary DailySummary;

/* Whether an interval ends within a minute of each midnight: the totals of a day are read there. */
bool daily_summary_possible(const Scenario *scenario);

DailySummary *daily_summary_create(const Scenario *scenario);
void daily_summary_destroy(DailySummary *daily);
asim_observer daily_summary_observer(DailySummary *daily);

/* Whole days, once the run has ended. */
size_t daily_summary_days(const DailySummary *daily);
/* What the span has beyond them, in days. */
double daily_summary_rest(const DailySummary *daily);

/* The summary of a run made of whole day d times[d] times, in the order of days, and of the rest as
 * it was: put into `into`, which summary_create made of the same scenario, in place of what it
 * held. */
void daily_summary_compose(const DailySummary *daily, const uint32_t times[], Summary *into);

#endif
