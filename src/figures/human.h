// SPDX-License-Identifier: GPL-3.0-or-later
/* Numbers for people: three digits that matter, and a unit that fits. What does not apply is "-".
 */
#ifndef FIGURES_HUMAN_H
#define FIGURES_HUMAN_H

#include "autoscale_sim/types.h"
#include "figures/metrics.h"

#define HUMAN_TEXT 40

/* Each fills `text` and returns it. */
const char *human_count(uint64_t count, char text[HUMAN_TEXT]);   /* "8,819", "1.23M" */
const char *human_seconds(double seconds, char text[HUMAN_TEXT]); /* "123 ms", "1.23 s", "4m12s",
                                                                     "3h05m", "2d03h"; "never" for
                                                                     INFINITY */
const char *human_usd(double usd, char text[HUMAN_TEXT]);         /* "$1,234.50", "$0.0012" */
const char *human_share(double share, char text[HUMAN_TEXT]);     /* "12.3 %" */
const char *human_number(double number, char text[HUMAN_TEXT]);   /* "0.0123", "12.3", "1,235",
                                                                     "1.23M" */
/* An instant since the run's beginning, to the second (to the millisecond in the first minute). */
const char *human_instant(sim_time instant, char text[HUMAN_TEXT]); /* "03:05:10", "day 2 03:05:10"
                                                                     */

/* A column's value in its unit. */
const char *human_value(MetricUnit unit, MetricValue value, char text[HUMAN_TEXT]);

#endif
