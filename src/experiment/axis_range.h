// SPDX-License-Identifier: GPL-3.0-or-later
/* The numbers of a range: by a step, a count on a straight or logarithmic scale, or anywhere in it.
 * Values are rounded far below their distance, so that they read well: 0.3 and not
 * 0.30000000000000004, 23.4s and not 23.403473193s. */
#ifndef EXPERIMENT_AXIS_RANGE_H
#define EXPERIMENT_AXIS_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#define AXIS_VALUES_MOST 100000

typedef struct AxisRange {
    double from, to; /* from < to; durations in seconds; above 0 if is_log */
    double step;     /* > 0; 0: by count */
    size_t count;    /* >= 2; 0 with a step or a continuous range */
    bool is_duration, is_integer, is_log;
} AxisRange;

/* How many values a stepped or counted range has; more than AXIS_VALUES_MOST count as one more than
 * that. */
size_t axis_range_count(const AxisRange *range);
/* The index-th of them; whole numbers may come twice. The ends are exact. */
double axis_range_value(const AxisRange *range, size_t index);
/* The value at a share in [0, 1]; each whole number has its share of an integer range. */
double axis_range_at(const AxisRange *range, double share);

/* As a user would write it: "30s", "0.5". Owned by the caller. */
char *axis_range_text(const AxisRange *range, double value);

#endif
