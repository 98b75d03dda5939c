// SPDX-License-Identifier: GPL-3.0-or-later
/* Which of several choices nobody would pass over: less of x is better, and so is less of y. */
#ifndef STATS_PARETO_H
#define STATS_PARETO_H

#include <stdbool.h>
#include <stddef.h>

/* on_front[i]: no other point is at most as large in both coordinates and smaller in one. Exact
 * duplicates share the answer, so all or none of them are on it. A point with a NAN is never on the
 * front and dominates nothing. O(n log n). */
void pareto_front(const double x[], const double y[], size_t count, bool on_front[]);

#endif
