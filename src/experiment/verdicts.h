// SPDX-License-Identifier: GPL-3.0-or-later
/* The comparison in plain words: "performance costs $31.20 ± 0.80 more a day and cuts p95 E2E by
 * 4.1 ± 0.3 s". Only of what a decision turns on: cost, how it feels, who is lost; only differences
 * that are shown; money and counts per day of simulated time. */
#ifndef EXPERIMENT_VERDICTS_H
#define EXPERIMENT_VERDICTS_H

#include "experiment/comparison_statistics.h"

/* The sentences on a run (>= 1) and a deployment against the first run; one line. Owned by the
 * caller. */
char *verdict_text(const ComparisonStatistics *statistics, size_t run, size_t deployment);

/* Simulated days that a run of that scenario is money for: its duration, or the mean span. */
double verdict_days(const ComparisonStatistics *statistics, size_t run, size_t deployment);

#endif
