// SPDX-License-Identifier: GPL-3.0-or-later
/* Numbers between two ends. */
#include "experiment/axis_range.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/options.h"
#include "engine/sim_time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Without what the arithmetic of doubles leaves in the 16th digit. */
static double cleaned(double value) {
    char text[32];
    snprintf(text, sizeof text, "%.14g", value);
    return strtod(text, NULL);
}

/* To a thousandth of the distance's power of ten. */
static double rounded(double value, double distance) {
    const double power = floor(log10(distance)) - 3;
    const double unit = pow(10, fabs(power));
    return cleaned(power < 0 ? round(value * unit) / unit : round(value / unit) * unit);
}

static double within(const AxisRange *range, double value) {
    return fmin(fmax(value, range->from), range->to);
}

size_t axis_range_count(const AxisRange *range) {
    if (range->count > 0) {
        return range->count;
    }
    /* The end counts if a step hits it but for rounding. */
    const double steps = floor((range->to - range->from) / range->step * (1 + 1e-12));
    return steps >= AXIS_VALUES_MOST ? AXIS_VALUES_MOST + 1 : (size_t)steps + 1;
}

static double counted_value(const AxisRange *range, size_t index) {
    const double parts = (double)(range->count - 1), share = (double)index / parts;
    if (index == 0 || index == range->count - 1) {
        return index == 0 ? range->from : range->to;
    }
    if (!range->is_log) {
        const double distance = (range->to - range->from) / parts;
        return rounded(range->from + (range->to - range->from) * share, distance);
    }
    const double ratio = pow(range->to / range->from, 1 / parts);
    const double value = range->from * pow(range->to / range->from, share);
    return rounded(value, value * (1 - 1 / ratio));
}

double axis_range_value(const AxisRange *range, size_t index) {
    const double value = range->step > 0 ? cleaned(range->from + (double)index * range->step)
                                         : counted_value(range, index);
    return within(range, range->is_integer ? round(value) : value);
}

double axis_range_at(const AxisRange *range, double share) {
    const double from = range->from, to = range->to + (range->is_integer ? 1 : 0);
    const double value = range->is_log ? from * pow(to / from, share) : from + (to - from) * share;
    if (range->is_integer) {
        return within(range, floor(value));
    }
    return within(range, rounded(value, range->is_log ? value : to - from));
}

char *axis_range_text(const AxisRange *range, double value) {
    char text[SIM_TIME_TEXT];
    _Static_assert(SIM_TIME_TEXT >= 32, "a number fits too");
    return memory_text(range->is_duration ? sim_time_format(sim_time_from_seconds(value), text)
                                          : text_number(value, text));
}
